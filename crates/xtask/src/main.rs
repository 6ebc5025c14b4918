//! What Cargo cannot do: `cargo run -p xtask -- gazetteer OUT` builds the list of places, `… languages FOLDER` the table by which
//! languages are told apart.

mod division;
mod languages;
mod packages;
mod sheet;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p xtask -- gazetteer OUT.csv [--from FOLDER]
       cargo run -p xtask -- languages OUT-FOLDER [--from FOLDER]

`gazetteer` builds a gazetteer (place,parent,level,population,names) for `init --gazetteer` and `extract --gazetteer`.
`languages` builds the files of crates/text/data/languages, by which the languages of one script are told apart.
Without --from, the sources are downloaded by pip, npm and cargo into a folder that is removed afterwards.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["gazetteer", out] => gazetteer(Path::new(out), None),
        ["gazetteer", out, "--from", folder] => gazetteer(Path::new(out), Some(folder.into())),
        ["languages", out] => languages(Path::new(out), None),
        ["languages", out, "--from", folder] => languages(Path::new(out), Some(folder.into())),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

fn gazetteer(out: &Path, from: Option<PathBuf>) -> Result<(), String> {
    let temporary = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let folder = match from {
        Some(folder) => folder,
        None => {
            packages::download(temporary.path())?;
            temporary.path().to_owned()
        }
    };
    let sources = packages::open(&folder)?;
    let mut sheet = sheet::Sheet::default();
    world::countries(&mut sheet, &sources.countries)?;
    let left_out = division::china(&mut sheet, &sources)?;
    world::cities(&mut sheet, &sources.cities, &sources.countries)?;
    let written = sheet.write(&sources.described);
    std::fs::write(out, &written).map_err(|error| format!("{}: {error}", out.display()))?;
    println!("{}: {} places, {} bytes", out.display(), sheet.len(), written.len());
    for (level, count) in sheet.levels() {
        println!("  {level}: {count}");
    }
    println!("  left out, because what they lie in is not known: {left_out}");
    Ok(())
}

fn languages(out: &Path, from: Option<PathBuf>) -> Result<(), String> {
    let temporary = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let folder = match from {
        Some(folder) => folder,
        None => {
            languages::download(temporary.path())?;
            temporary.path().to_owned()
        }
    };
    let (files, about) = languages::table(&folder)?;
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    for (name, text) in files {
        let path = out.join(name);
        std::fs::write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}: {} bytes", path.display(), text.len());
    }
    about.iter().for_each(|line| println!("  {line}"));
    Ok(())
}
