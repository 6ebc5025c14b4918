//! Rules on the crates: who may depend on whom, who may do what, and what every manifest says.

use super::{File, files, finds, hold, read};
use crate::sources::{code_only, is_test_file, without_tests};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Who may depend on whom: a crate's folder, and the folders it may name in its normal and build dependencies.
/// ARCHITECTURE.md prints the same table, and another rule holds the two together.
/// A wall stands where trust changes (socket, disk, hostile parser) or where an outsider builds one part alone.
pub(crate) const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("estimate", &[]),
    ("timestamp", &[]),
    ("seal", &["model"]),
    ("archive", &["model", "timestamp"]),
    ("verify", &["archive", "model", "seal", "timestamp"]),
    ("vault", &["model", "seal", "verify"]),
    ("capture", &["archive", "model"]),
    ("text", &["archive", "model"]),
    ("document", &["text"]),
    ("claims", &["estimate", "model"]),
    ("publish", &["archive", "claims", "model"]),
    (
        "case",
        &[
            "archive",
            "capture",
            "claims",
            "document",
            "estimate",
            "model",
            "publish",
            "seal",
            "text",
            "timestamp",
            "vault",
            "verify",
        ],
    ),
    ("witnessmark", &["case"]),
    ("xtask", &[]),
];

/// Crates that turn values into values: no file, no socket, no clock, no environment.
const PURE: &[&str] = &["claims", "estimate", "model", "seal", "timestamp"];

/// Modules of `std` that a pure crate has no business with.
const IMPURE_MODULES: &[&str] = &["env", "fs", "net", "os", "process"];

/// Types that ask the clock. (Clippy bans the call; this also bans passing the clock's types around in a pure crate.)
const CLOCK_TYPES: &[&str] = &["Instant", "SystemTime"];

/// Libraries that reach the disk, the machine or its randomness, which a pure crate therefore does not depend on.
const IMPURE_LIBRARIES: &[&str] =
    &["getrandom", "rand", "rusqlite", "rustix", "signal-hook", "tantivy", "tempfile", "walkdir"];

/// Libraries that open connections. `capture` is to be the only library with sockets to the world.
const NETWORK_LIBRARIES: &[&str] = &[
    "async-std",
    "attohttpc",
    "curl",
    "hyper",
    "isahc",
    "mio",
    "native-tls",
    "quinn",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "surf",
    "tokio",
    "tokio-rustls",
    "tungstenite",
    "ureq",
];

/// Types of `std` that open or accept connections.
const SOCKET_TYPES: &[&str] = &["TcpListener", "TcpStream", "ToSocketAddrs", "UdpSocket"];

/// Types of `std` that talk to other processes of this computer.
const LOCAL_SOCKET_TYPES: &[&str] = &["UnixDatagram", "UnixListener", "UnixStream"];

/// The one place that uses them: the agent holds the key of a sealed case, and hands it to commands of the same user. Nothing
/// of the network is reached through it.
const LOCAL_SOCKETS: &str = "crates/witnessmark/src/agent/";

/// One crate: its folder's name, its manifest, its source files.
struct Crate<'a> {
    folder: &'a str,
    manifest: Table,
    sources: Vec<&'a File>,
}

/// Reads the crates out of the files of a checkout.
fn crates(files: &[File]) -> Vec<Crate<'_>> {
    let mut found: BTreeMap<&str, Crate<'_>> = BTreeMap::new();
    for file in files {
        let Some((folder, rest)) =
            file.path.strip_prefix("crates/").and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        let entry = found.entry(folder).or_insert(Crate {
            folder,
            manifest: Table::new(),
            sources: Vec::new(),
        });
        if rest == "Cargo.toml" {
            let parsed = file.text().parse();
            assert!(parsed.is_ok(), "{} is not TOML: {:?}", file.path, parsed.err());
            entry.manifest = parsed.unwrap_or_default();
        } else if rest.starts_with("src/") && rest.ends_with(".rs") {
            entry.sources.push(file);
        }
    }
    found.into_values().collect()
}

/// The package names in a crate's tables of dependencies whose names pass `wanted`, at the top and below `target`.
fn dependencies<'a>(manifest: &'a Table, wanted: &[&str]) -> Vec<&'a str> {
    let mut tables = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(Value::as_table) {
        tables.extend(targets.values().filter_map(Value::as_table));
    }
    let mut names = Vec::new();
    for table in tables {
        for (key, value) in wanted.iter().filter_map(|name| table.get(*name)?.as_table()).flatten()
        {
            // `renamed = { package = "real-name" }` counts under its real name.
            names.push(value.get("package").and_then(Value::as_str).unwrap_or(key));
        }
    }
    names.sort_unstable();
    names
}

/// Libraries bear the project's name before their own; the two programs are called by theirs alone.
fn package_name(folder: &str) -> String {
    match folder {
        "witnessmark" | "xtask" => folder.to_owned(),
        _ => format!("witnessmark-{folder}"),
    }
}

fn dependency_breaches(crates: &[Crate<'_>]) -> Vec<String> {
    let mut breaches = Vec::new();
    for one in crates {
        let folder = one.folder;
        let Some((_, allowed)) = MAY_DEPEND_ON.iter().find(|(name, _)| *name == folder) else {
            breaches.push(format!("crates/{folder} is not in the table of who may depend on whom"));
            continue;
        };
        for name in dependencies(&one.manifest, &["dependencies", "build-dependencies"]) {
            let ours = name == "witnessmark" || name.starts_with("witnessmark-");
            if ours && !allowed.iter().any(|other| package_name(other) == name) {
                let list = if allowed.is_empty() {
                    "no crate of ours".to_owned()
                } else {
                    allowed.join(", ")
                };
                breaches.push(format!(
                    "crates/{folder}/Cargo.toml depends on {name}; {folder} may depend on: {list}"
                ));
            }
            if folder != "capture" && NETWORK_LIBRARIES.contains(&name) {
                breaches.push(format!(
                    "crates/{folder}/Cargo.toml depends on {name}, which opens connections"
                ));
            }
            if PURE.contains(&folder) && IMPURE_LIBRARIES.contains(&name) {
                breaches.push(format!(
                    "crates/{folder}/Cargo.toml depends on {name}, but {folder} is pure"
                ));
            }
        }
    }
    breaches
}

/// Libraries for connections that came into the tree by way of others. Nothing needs one before `capture` is there.
fn network_breaches(crates: &[Crate<'_>], lock: &Table) -> Vec<String> {
    if crates.iter().any(|one| one.folder == "capture") {
        return Vec::new();
    }
    let packages = lock.get("package").and_then(Value::as_array).into_iter().flatten();
    packages
        .filter_map(|package| package.get("name")?.as_str())
        .filter(|name| NETWORK_LIBRARIES.contains(name))
        .map(|name| format!("Cargo.lock holds {name}, which opens connections"))
        .collect()
}

fn manifest_breaches(crates: &[Crate<'_>]) -> Vec<String> {
    let mut breaches = Vec::new();
    for one in crates {
        let manifest = format!("crates/{}/Cargo.toml", one.folder);
        let package = one.manifest.get("package");
        let name =
            package.and_then(|table| table.get("name")).and_then(Value::as_str).unwrap_or("");
        if name != package_name(one.folder) {
            breaches.push(format!(
                "{manifest}: the package is named `{name}`, not `{}`",
                package_name(one.folder)
            ));
        }
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            if !from_workspace(package.and_then(|table| table.get(key))) {
                breaches.push(format!(
                    "{manifest}: `{key}.workspace = true` is missing under [package]"
                ));
            }
        }
        if !from_workspace(one.manifest.get("lints")) {
            breaches.push(format!("{manifest}: `workspace = true` is missing under [lints]"));
        }
        if !one.sources.iter().any(|file| {
            code_only(file.text()).lines().filter(|line| !line.trim().is_empty()).count() > 5
        }) {
            breaches.push(format!(
                "crates/{}: no source file has any code; a crate is made when it has content",
                one.folder
            ));
        }
    }
    breaches
}

fn from_workspace(value: Option<&Value>) -> bool {
    value.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
}

fn reach_breaches(crates: &[Crate<'_>]) -> Vec<String> {
    let mut breaches = Vec::new();
    for one in crates {
        for file in one.sources.iter().filter(|file| !is_test_file(&file.path)) {
            let code = code_only(without_tests(file.text()));
            if PURE.contains(&one.folder) {
                for name in std_modules(&code)
                    .into_iter()
                    .filter(|name| IMPURE_MODULES.contains(&name.as_str()))
                {
                    breaches.push(format!(
                        "{}: names std::{name}, but {} is pure",
                        file.path, one.folder
                    ));
                }
                for name in CLOCK_TYPES.iter().filter(|name| has_word(&code, name)) {
                    breaches.push(format!(
                        "{}: names {name}, but {} asks no clock",
                        file.path, one.folder
                    ));
                }
            }
            if one.folder != "capture" {
                for name in SOCKET_TYPES.iter().filter(|name| has_word(&code, name)) {
                    breaches.push(format!(
                        "{}: names {name}; only `capture` may open a connection",
                        file.path
                    ));
                }
                let local = LOCAL_SOCKET_TYPES.iter().filter(|name| has_word(&code, name));
                for name in local.filter(|_| !file.path.starts_with(LOCAL_SOCKETS)) {
                    breaches.push(format!(
                        "{}: names {name}; only {LOCAL_SOCKETS} talks to other processes",
                        file.path
                    ));
                }
            }
        }
    }
    breaches
}

/// The first path segments that follow `std::`, those in braces (`use std::{fs, io::Read}`) among them.
fn std_modules(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("std::") {
        let rest = code.get(at + "std::".len()..).unwrap_or("").trim_start();
        let Some(group) = rest.strip_prefix('{') else {
            names.push(first_word(rest));
            continue;
        };
        let mut depth = 1;
        let mut starts = true;
        for (offset, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => starts = true,
                _ if starts && !character.is_whitespace() => {
                    names.push(first_word(group.get(offset..).unwrap_or("")));
                    starts = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

fn has_word(code: &str, word: &str) -> bool {
    code.split(|character: char| !character.is_alphanumeric() && character != '_')
        .any(|part| part == word)
}

#[test]
fn crates_depend_only_on_those_below_them() {
    hold(
        &dependency_breaches(&crates(&files())),
        "move the code to the crate that may know both sides, or hand the thing in as a parameter or a trait. \
         If the table itself must change, change MAY_DEPEND_ON in crates/witnessmark/tests/house_rules/crates.rs and the \
         code map in ARCHITECTURE.md in a commit of their own that says why. Dev-dependencies are free.",
    );
}

#[test]
fn every_manifest_takes_its_settings_from_the_workspace() {
    hold(
        &manifest_breaches(&crates(&files())),
        "copy the head and the [lints] of another crate's Cargo.toml. Remove a crate that has nothing in it yet.",
    );
}

#[test]
fn pure_crates_reach_nothing_and_only_capture_has_sockets() {
    hold(
        &reach_breaches(&crates(&files())),
        "take bytes, a day or a moment as a parameter, and let `case` or `vault` read the file or ask the clock. \
         Connections belong to the crate `capture` alone.",
    );
}

#[test]
fn no_library_for_connections_is_in_the_tree() {
    let lock = read("Cargo.lock").parse().expect("Cargo.lock is TOML");
    hold(
        &network_breaches(&crates(&files()), &lock),
        "find who brings it in with `cargo tree -i NAME`, and switch off the feature that does, or choose another crate. \
         SECURITY.md promises users that there is none.",
    );
}

#[test]
fn a_hidden_library_for_connections_is_found() {
    let lock: Table =
        "[[package]]\nname = \"tokio\"\n[[package]]\nname = \"serde\"".parse().expect("it is TOML");
    let before = [manifest("crates/text/Cargo.toml", "")];
    finds(&network_breaches(&crates(&before), &lock), &["Cargo.lock holds tokio"]);
    let after = [manifest("crates/capture/Cargo.toml", "")];
    finds(&network_breaches(&crates(&after), &lock), &[]);
}

#[test]
fn a_forbidden_dependency_is_found() {
    let files = [
        manifest(
            "crates/archive/Cargo.toml",
            "[dependencies]\nwitnessmark-text.workspace = true\nserde = \"1\"",
        ),
        manifest(
            "crates/estimate/Cargo.toml",
            "[build-dependencies]\nclock = { package = \"witnessmark-model\", path = \"\" }",
        ),
        manifest(
            "crates/model/Cargo.toml",
            "[target.'cfg(unix)'.dependencies]\nrustix = \"1\"\n[dev-dependencies]\ntempfile = \"3\"",
        ),
        manifest("crates/stray/Cargo.toml", ""),
        manifest(
            "crates/text/Cargo.toml",
            "[dependencies]\nureq = \"3\"\nwitnessmark-archive = { path = \"\" }",
        ),
        manifest(
            "crates/witnessmark/Cargo.toml",
            "[dependencies]\nwitnessmark-case = { path = \"\" }",
        ),
    ];
    finds(
        &dependency_breaches(&crates(&files)),
        &[
            "crates/archive/Cargo.toml depends on witnessmark-text",
            "estimate may depend on: no crate of ours",
            "depends on rustix, but model is pure",
            "crates/stray is not in the table",
            "depends on ureq, which opens connections",
        ],
    );
}

#[test]
fn a_manifest_that_goes_its_own_way_is_found() {
    let inherited = "version.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n";
    let head = format!(
        "[package]\nname = \"text\"\nedition = \"2021\"\n{inherited}[lints]\nworkspace = false\n"
    );
    finds(
        &manifest_breaches(&crates(&[
            manifest("crates/text/Cargo.toml", &head),
            manifest("crates/text/src/lib.rs", "//! Empty.\n"),
        ])),
        &[
            "named `text`, not `witnessmark-text`",
            "`edition.workspace = true`",
            "under [lints]",
            "no source file has any code",
        ],
    );
}

#[test]
fn a_pure_crate_that_reaches_out_is_found() {
    let files = [
        manifest(
            "crates/estimate/src/a.rs",
            "use std::{\n    fs,\n    io::{Read, Write},\n    env::args,\n};\n",
        ),
        manifest(
            "crates/estimate/src/b.rs",
            "/// Not std::fs.\nfn now() -> std::time::SystemTime { todo() }\n",
        ),
        manifest(
            "crates/estimate/src/c.rs",
            "fn pure() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n",
        ),
        manifest("crates/vault/src/d.rs", "use std::fs;\nuse std::net::TcpStream;\n"),
        manifest("crates/vault/src/e.rs", "use std::os::unix::net::UnixListener;\n"),
        manifest(
            "crates/witnessmark/src/agent/f.rs",
            "use std::os::unix::net::UnixListener;\nuse std::net::UdpSocket;\n",
        ),
    ];
    finds(
        &reach_breaches(&crates(&files)),
        &[
            "a.rs: names std::fs",
            "a.rs: names std::env",
            "b.rs: names SystemTime",
            "d.rs: names TcpStream",
            "e.rs: names UnixListener",
            "f.rs: names UdpSocket",
        ],
    );
}

fn manifest(path: &str, text: &str) -> File {
    File { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
}
