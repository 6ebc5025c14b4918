//! Rules on other people's code: bans and licences of deny.toml, held also where cargo-deny is not installed.

use super::{finds, hold, read, root};
use std::collections::BTreeSet;
use std::process::Command;
use toml::{Table, Value};

/// Crates that deny.toml must ban: AGPL code, and code whose build downloads binaries.
const MUST_BE_BANNED: &[&str] = &["mupdf", "mupdf-sys", "ort", "ort-sys"];

/// The names that deny.toml bans; every ban gives its reason.
fn bans(deny: &Table, breaches: &mut Vec<String>) -> BTreeSet<String> {
    let entries = deny.get("bans").and_then(|bans| bans.get("deny")).and_then(Value::as_array);
    let mut names = BTreeSet::new();
    for entry in entries.into_iter().flatten() {
        let name = entry.get("crate").and_then(Value::as_str).unwrap_or("");
        if entry.get("reason").and_then(Value::as_str).unwrap_or("").is_empty() {
            breaches.push(format!("deny.toml bans `{name}` without a reason"));
        }
        names.insert(name.to_owned());
    }
    names
}

fn ban_breaches(deny: &Table, lock: &Table) -> Vec<String> {
    let mut breaches = Vec::new();
    let banned = bans(deny, &mut breaches);
    for name in MUST_BE_BANNED.iter().filter(|name| !banned.contains(**name)) {
        breaches.push(format!("deny.toml does not ban `{name}`"));
    }
    let packages = lock.get("package").and_then(Value::as_array);
    for package in packages.into_iter().flatten() {
        let name = package.get("name").and_then(Value::as_str).unwrap_or("");
        if banned.contains(name) {
            breaches.push(format!("Cargo.lock holds `{name}`, which deny.toml bans"));
        }
    }
    breaches
}

/// One package of the tree and the licence expression it declares (SPDX; old manifests write `/` for `OR`).
type Package = (String, String);

fn licence_breaches(deny: &Table, packages: &[Package]) -> Vec<String> {
    let mut breaches = Vec::new();
    let listed =
        deny.get("licenses").and_then(|licenses| licenses.get("allow")).and_then(Value::as_array);
    let allowed: BTreeSet<&str> = listed.into_iter().flatten().filter_map(Value::as_str).collect();
    for name in allowed.iter().filter(|name| name.contains("GPL") || name.starts_with("SSPL")) {
        breaches
            .push(format!("deny.toml allows {name}, which would bind the users of the program"));
    }
    for (package, expression) in packages {
        if !satisfied(expression, &allowed) {
            breaches
                .push(format!("{package} is under `{expression}`, which deny.toml does not allow"));
        }
    }
    for name in &allowed {
        let mut without = allowed.clone();
        without.remove(name);
        if packages.iter().all(|(_, expression)| {
            satisfied(expression, &without) || !satisfied(expression, &allowed)
        }) {
            breaches.push(format!("deny.toml allows {name}, but nothing in the tree needs it"));
        }
    }
    breaches
}

/// Whether an SPDX expression can be met with the allowed licences alone (SPDX 2.3, annex D).
/// An exception (`WITH …`) only adds permissions, so the licence before it decides.
fn satisfied(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    either(&mut words, allowed) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    let mut met = both(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= both(words, allowed);
    }
    met
}

fn both(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        let met = either(words, allowed);
        return words.next() == Some(")") && met;
    }
    if words.next_if_eq(&"WITH").is_some() {
        words.next();
    }
    allowed.contains(word)
}

/// Every package that the program, its tests and its tools are built from on 64-bit Linux, ours left out.
fn packages() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = "x86_64-unknown-linux-gnu";
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--all-features",
        "--filter-platform",
        target,
    ];
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs, since it runs this test");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`cargo {}` failed:\n{said}", arguments.join(" "));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
    // `packages` lists every platform's; `resolve` only those of the one asked for.
    let nodes = metadata["resolve"]["nodes"].as_array().expect("cargo metadata resolves the tree");
    let used: BTreeSet<String> = nodes.iter().map(|node| text(&node["id"])).collect();
    let list = metadata["packages"].as_array().expect("cargo metadata lists packages");
    let others = list
        .iter()
        .filter(|package| used.contains(&text(&package["id"])) && !package["source"].is_null());
    others.map(|package| (text(&package["name"]), text(&package["license"]))).collect()
}

fn table(text: &str) -> Table {
    let parsed = text.parse();
    assert!(parsed.is_ok(), "not TOML: {:?}", parsed.err());
    parsed.unwrap_or_default()
}

#[test]
fn no_banned_crate_is_in_the_tree() {
    hold(
        &ban_breaches(&table(&read("deny.toml")), &table(&read("Cargo.lock"))),
        "find who brings it in with `cargo tree -i NAME` and choose another crate; the reason stands beside the ban in deny.toml.",
    );
}

#[test]
fn every_licence_in_the_tree_is_allowed_and_needed() {
    let packages = packages();
    assert!(packages.len() > 20, "cargo metadata lists only {} packages", packages.len());
    hold(
        &licence_breaches(&table(&read("deny.toml")), &packages),
        "choose a crate under a licence that deny.toml allows, or, after reading the licence, add it there with its reason; \
         remove an allowance that nothing needs any more.",
    );
}

#[test]
fn a_banned_crate_is_found() {
    let deny = table(
        "[bans]\ndeny = [{ crate = \"ort\", reason = \"x\" }, { crate = \"mupdf\" }, { crate = \"mupdf-sys\", reason = \"x\" }]",
    );
    let lock = table("[[package]]\nname = \"ort\"\n[[package]]\nname = \"serde\"\n");
    finds(
        &ban_breaches(&deny, &lock),
        &["`mupdf` without a reason", "does not ban `ort-sys`", "Cargo.lock holds `ort`"],
    );
}

#[test]
fn a_foreign_licence_is_found() {
    let deny = table("[licenses]\nallow = [\"AGPL-3.0\", \"MIT\", \"Zlib\"]");
    let packages =
        [("good", "MIT OR GPL-3.0"), ("bad", "MPL-2.0"), ("server", "AGPL-3.0"), ("silent", "")];
    let packages: Vec<Package> = packages
        .iter()
        .map(|(name, licence)| ((*name).to_owned(), (*licence).to_owned()))
        .collect();
    finds(
        &licence_breaches(&deny, &packages),
        &[
            "allows AGPL-3.0, which would bind",
            "bad is under `MPL-2.0`",
            "silent is under ``",
            "allows Zlib, but nothing",
        ],
    );
}

#[test]
fn licence_expressions_are_read() {
    let allowed = BTreeSet::from(["Apache-2.0", "MIT"]);
    let cases = [
        ("MIT", true),
        ("MIT/BSL-1.0", true),
        ("BSL-1.0 OR Apache-2.0", true),
        ("MIT AND BSL-1.0", false),
        ("(MIT OR BSL-1.0) AND Apache-2.0", true),
        ("BSL-1.0 AND MIT OR Apache-2.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("(MIT OR BSL-1.0) AND BSL-1.0", false),
        ("(MIT", false),
        ("MIT BSL-1.0", false),
        ("", false),
    ];
    for (expression, expected) in cases {
        assert_eq!(satisfied(expression, &allowed), expected, "of `{expression}`");
    }
}
