//! `datapackage.json`: what it must say, and that it says it of the files that are there.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Parts, signature};
use crate::check::Report;
use crate::digest::{Algorithm, DigestField};
use crate::problem::{Code, Problem};

const FILE: &str = "datapackage.json";

/// What other parts are compared with.
pub(super) struct Package {
    pub(super) created: Option<String>,
}

/// Checks the package's own form and every resource.
pub(super) fn check(report: &mut Report, json: &Value, parts: &Parts) -> Option<Package> {
    let mut add = |code: Code, detail: String| report.add(Problem::inside(FILE, code, 0, detail));
    let Some(object) = json.as_object() else {
        add(Code::WaczPackageInvalid, "it is no JSON object".to_owned());
        return None;
    };
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let version = text("wacz_version");
    match version {
        Some(version) if version == "1.1" || version.starts_with("1.1.") => {}
        Some(version) => add(Code::WaczVersion, format!("wacz_version is {version:?}, not 1.1.1")),
        None => add(Code::WaczVersion, "wacz_version is missing".to_owned()),
    }
    match object.get("profile") {
        None => add(Code::WaczProfileMissing, "it says no profile".to_owned()),
        Some(profile) if profile == "data-package" => {}
        Some(profile) => {
            let detail = format!("profile is {profile}, not \"data-package\"");
            add(Code::WaczPackageInvalid, detail);
        }
    }
    match object.get("resources").and_then(Value::as_array) {
        Some(resources) => check_resources(report, resources, parts),
        None => add(Code::WaczPackageInvalid, "resources is no list".to_owned()),
    }
    report.version = version.map(str::to_owned);
    Some(Package { created: text("created").map(str::to_owned) })
}

fn check_resources(report: &mut Report, resources: &[Value], parts: &Parts) {
    let mut names = BTreeSet::new();
    let mut listed = BTreeSet::new();
    for (number, resource) in resources.iter().enumerate() {
        let text = |name: &str| resource.get(name).and_then(Value::as_str);
        let mut add = |code, detail: String| report.add(Problem::inside(FILE, code, 0, detail));
        let Some(path) = text("path") else {
            add(Code::WaczPackageInvalid, format!("resource {number} has no path"));
            continue;
        };
        match text("name") {
            None => add(Code::WaczResourceName, format!("the resource {path:?} has no name")),
            Some(name) if !is_resource_name(name) => {
                let detail = format!("the name {name:?} has other characters than a-z 0-9 - . _ /");
                add(Code::WaczResourceName, detail);
            }
            Some(name) if !names.insert(name) => {
                add(Code::WaczResourceName, format!("the name {name:?} occurs more than once"));
            }
            Some(_) => {}
        }
        if !listed.insert(path) {
            add(Code::WaczPackageInvalid, format!("the path {path:?} is listed more than once"));
        }
        let Some(part) = parts.get(path) else {
            add(Code::WaczResourceMissing, format!("{path:?} is listed and not in the ZIP"));
            continue;
        };
        let mut add = |code, detail: String| report.add(Problem::inside(path, code, 0, detail));
        // WACZ 1.0 kept size and hash under `stats`, the hash without a label.
        let stats = resource.get("stats");
        let old_bytes = stats.and_then(|stats| stats.get("bytes"));
        let old_hash = stats.and_then(|stats| stats.get("hash")).and_then(Value::as_str);
        match resource.get("bytes").or(old_bytes).and_then(Value::as_u64) {
            Some(bytes) if bytes == part.bytes => {}
            Some(bytes) => {
                let detail = format!("{} bytes, where datapackage.json says {bytes}", part.bytes);
                add(Code::WaczResourceSize, detail);
            }
            None => add(Code::WaczResourceSize, "datapackage.json says no size".to_owned()),
        }
        let hash = match (text("hash"), old_hash) {
            (None, Some(old)) => Some(format!("{}:{old}", text("hashing").unwrap_or("sha256"))),
            (hash, _) => hash.map(str::to_owned),
        };
        match hash.as_deref().map(DigestField::parse) {
            Some(DigestField::Known(Algorithm::Sha256, bytes)) => {
                let said = data_encoding::HEXLOWER.encode(&bytes);
                if said != part.sha256 {
                    let detail =
                        format!("SHA-256 is {}, datapackage.json says {said}", part.sha256);
                    add(Code::WaczResourceHash, detail);
                }
            }
            Some(_) => {
                let detail = format!("the hash {hash:?} is no sha256:<hex>");
                add(Code::WaczResourceHash, detail);
            }
            None => add(Code::WaczResourceHash, "datapackage.json says no hash".to_owned()),
        }
    }
    for name in parts.keys() {
        let own = name == FILE || name == signature::FILE;
        if !own && !listed.contains(name.as_str()) {
            let detail = "it is in the ZIP and not listed in datapackage.json";
            report.add(Problem::inside(name, Code::WaczResourceUnlisted, 0, detail));
        }
    }
}

/// Frictionless Data's rule for names: `^([-a-z0-9._/])+$`.
fn is_resource_name(name: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'-' | b'.' | b'_' | b'/')
    };
    !name.is_empty() && name.bytes().all(allowed)
}
