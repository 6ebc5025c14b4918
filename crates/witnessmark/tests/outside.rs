//! An outside verifier on Go's checksum database (`outside/verify.go`) agrees with us: on a case's log, on cosignatures, on a
//! dossier's proofs; and where a byte is changed, it says so.
//!
//! Wants Debian's `golang-go` and `golang-golang-x-mod-dev`; `.ci/tools` installs them. Without them it is skipped, except in CI.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;
#[path = "../../vault/tests/witness_server/mod.rs"]
mod witness_server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use program::{demo, json, make_case, one, shared};
use witness_server::WitnessServer;
use witnessmark_case::model::note::Verifier;

/// Debian's folder of Go libraries.
const GOPATH: &str = "/usr/share/gocode";

/// The compiled verifier; none where Go or its library is absent, which is said.
fn verifier(folder: &Path) -> Option<PathBuf> {
    let library = Path::new(GOPATH).join("src/golang.org/x/mod/sumdb/tlog");
    let go = Command::new("go").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !go.is_ok_and(|status| status.success()) || !library.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "in CI, .ci/tools installs Go and its library");
        println!("skipped: needs Debian's golang-go and golang-golang-x-mod-dev");
        return None;
    }
    let built = folder.join("outside-verify");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside/verify.go");
    // Compiled packages stay beside the build, so that the next run is quick.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    let output = Command::new("go")
        .args(["build", "-o"])
        .args([&built, &source])
        .envs([("GO111MODULE", "off"), ("GOPATH", GOPATH), ("GOFLAGS", "")])
        .env("GOCACHE", cache)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(built)
}

/// What the verifier says; an error if it ends with another status than 0.
fn ask(verifier: &Path, words: &[&str]) -> Result<String, String> {
    let output = Command::new(verifier).args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Changes the middle byte of a file, asks, and changes it back.
fn with_a_byte_changed<T>(path: &Path, ask: impl FnOnce() -> T) -> T {
    let sound = fs::read(path).unwrap();
    let mut changed = sound.clone();
    changed[sound.len() / 2] ^= 1;
    fs::write(path, changed).unwrap();
    let said = ask();
    fs::write(path, sound).unwrap();
    said
}

#[test]
fn go_verifies_tesseras_log() {
    let scratch = tempfile::tempdir().unwrap();
    let (Some(verifier), Some(shared)) = (verifier(scratch.path()), shared()) else { return };
    let log = shared.join("data/integrity/tessera/testdata/log");
    let key = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    let said = ask(&verifier, &["log", log.to_str().unwrap(), key]).unwrap();
    assert!(said.starts_with("log: 15 entries proven, 15 earlier sizes consistent"), "{said}");
}

#[test]
fn go_verifies_our_log_and_our_cosignatures() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let Some(verifier) = verifier(folder) else { return };
    make_case(folder, &[]);
    let case = |words: &[&str]| one(json(folder, 0, &[&["--case", "case"], words].concat()));
    case(&["egress", "direct"]);
    let servers = [("w.example/one", 5), ("w.example/two", 6)]
        .map(|(name, seed)| WitnessServer::start(name, seed));
    let listed = case(&["witness", "list"]);
    let key = listed["log_key"].as_str().unwrap();
    for server in &servers {
        server.knows(&Verifier::parse(key).unwrap());
        case(&["witness", "add", &server.vkey(), &server.url]);
    }
    case(&["cosign", "--allow-private-network"]);
    // More than one tile, and the last one not full.
    fs::create_dir(folder.join("pages")).unwrap();
    for number in 0..290 {
        fs::write(folder.join(format!("pages/{number}.txt")), format!("Page {number}.\n")).unwrap();
    }
    json(folder, 0, &["--case", "case", "add", "pages"]);
    case(&["cosign", "--allow-private-network"]);

    let log = folder.join("case/log");
    let place = log.to_str().unwrap();
    let status = case(&["status"]);
    let (size, root) = (status["entries"].as_u64().unwrap(), status["root"].as_str().unwrap());
    let said = ask(&verifier, &["log", place, key]).unwrap();
    let expected =
        format!("log: {size} entries proven, {size} earlier sizes consistent, root {root}");
    assert_eq!(said, expected);
    assert!(size > 290);
    let witnesses = servers.each_ref().map(WitnessServer::vkey);
    let cosigned = ["cosigned", place, key, &witnesses[0], &witnesses[1]];
    assert_eq!(ask(&verifier, &cosigned).unwrap(), "cosigned: 4 cosignatures on 2 checkpoints");

    for name in ["checkpoint", "tile/0/000", "tile/entries/000", "tile/1/000.p/1"] {
        let said = with_a_byte_changed(&log.join(name), || ask(&verifier, &["log", place, key]));
        assert!(said.is_err(), "{name}: {said:?}");
    }
    let mut beside: Vec<PathBuf> = Vec::new();
    for size in fs::read_dir(log.join("timestamps")).unwrap() {
        let files = fs::read_dir(size.unwrap().path()).unwrap();
        beside.extend(files.map(|file| file.unwrap().path()));
    }
    assert_eq!(beside.len(), 6);
    for path in beside {
        let said = with_a_byte_changed(&path, || ask(&verifier, &cosigned));
        assert!(said.is_err(), "{}: {said:?}", path.display());
    }
    assert!(ask(&verifier, &cosigned[..4]).is_err(), "a witness that the reader does not know");
    let other = "log-a+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert!(ask(&verifier, &["log", place, other]).is_err(), "another log's key");
}

#[test]
fn go_verifies_the_proofs_of_a_dossier() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let Some(verifier) = verifier(folder) else { return };
    let codebook = demo("codebook.toml");
    make_case(folder, &["--codebook", codebook.to_str().unwrap()]);
    let page = demo("sources/original-report.html");
    json(folder, 0, &["--case", "case", "add", page.to_str().unwrap()]);
    let words = ["cite", "original-report.html", "--exact", "300,000 people in Delvoru Province"];
    let cited = one(json(folder, 0, &[&["--case", "case"], &words[..]].concat()));
    let passage = cited["passage"].as_str().unwrap();
    let claim =
        ["--case", "case", "claim", passage, "--act", "dna-collection", "--count", "300000"];
    json(folder, 0, &[&claim[..], &["--unit", "people", "--bound", "exact"]].concat());
    json(folder, 0, &["--case", "case", "publish", "dossier"]);

    let dossier = folder.join("dossier");
    let place = dossier.to_str().unwrap();
    let said = ask(&verifier, &["dossier", place]).unwrap();
    assert!(
        said.starts_with("dossier: ") && said.contains(" entries proven to be in a log of "),
        "{said}"
    );
    let first = |of: &str| {
        let mut found: Vec<_> =
            fs::read_dir(dossier.join(of)).unwrap().map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found.remove(0)
    };
    let damaged = [
        dossier.join("data/checkpoint"),
        dossier.join("data/log.vkey"),
        dossier.join("SHA256SUMS"),
        dossier.join("SHA256SUMS.note"),
        first("proofs"),
    ];
    for path in damaged {
        let said = with_a_byte_changed(&path, || ask(&verifier, &["dossier", place]));
        assert!(said.is_err(), "{}: {said:?}", path.display());
    }
    // A leaf that says something else is not the one that was proven.
    let entry = first("entries");
    let text = fs::read_to_string(&entry).unwrap();
    let at = text.find("\\\"kind\\\":\\\"").unwrap() + 11;
    let mut changed = text.clone().into_bytes();
    changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
    fs::write(&entry, changed).unwrap();
    let said = ask(&verifier, &["dossier", place]).unwrap_err();
    assert!(said.contains(".tlog-proof"), "{said}");
}
