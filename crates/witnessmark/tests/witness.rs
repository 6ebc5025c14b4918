//! Witnesses by the command line: named, asked, kept, verified; and a split view said plainly.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;
#[path = "../../vault/tests/witness_server/mod.rs"]
mod witness_server;

use std::fs;
use std::path::Path;
use std::process::Command;

use program::{assert_intact, json, make_case, one, run, status};
use serde_json::Value;
use witness_server::{Fault, WitnessServer};
use witnessmark_case::model::note::Verifier;

const COSIGN: [&str; 4] = ["--case", "case", "cosign", "--allow-private-network"];

fn case(folder: &Path, words: &[&str]) -> Value {
    one(json(folder, 0, &[&["--case", "case"], words].concat()))
}

fn log_key(folder: &Path) -> Verifier {
    let listed = case(folder, &["witness", "list"]);
    Verifier::parse(listed["log_key"].as_str().unwrap()).unwrap()
}

fn said(folder: &Path, words: &[&str]) -> (i32, String) {
    let output = run(folder, words);
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    (status(&output), String::from_utf8(said).unwrap())
}

fn add_page(folder: &Path, text: &str) {
    fs::write(folder.join("page.txt"), text).unwrap();
    json(folder, 0, &["--case", "case", "add", "page.txt"]);
}

/// The words of `verify` about what nobody outside covers.
fn uncovered(folder: &Path) -> String {
    let report = one(json(folder, 0, &["verify", "case"]));
    let checks = report["checks"].as_array().unwrap().iter();
    let found = checks.filter(|check| check["name"] == "timestamps").map(|check| &check["detail"]);
    found.map(|detail| detail.as_str().unwrap()).collect()
}

#[test]
fn two_witnesses_cosign_a_growing_case_and_verify_counts_what_they_do_not_cover() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    make_case(folder, &[]);
    let servers = [("w.example/one", 5), ("w.example/two", 6)]
        .map(|(name, seed)| WitnessServer::start(name, seed));
    for server in &servers {
        let row = case(folder, &["witness", "add", &server.vkey(), &format!("{}/", server.url)]);
        assert_eq!(row["url"], server.url);
        assert_eq!(row["cosigned"], Value::Null);
    }
    // Nothing leaves before a person has said which way.
    let (ended, told) = said(folder, &COSIGN);
    assert_eq!(ended, 1, "{told}");
    assert!(told.contains("no connection leaves before you say which way"), "{told}");
    case(folder, &["egress", "direct"]);
    // And not to this computer, unless that is said too.
    let (ended, told) = said(folder, &COSIGN[..3]);
    assert_eq!(ended, 1, "{told}");
    assert!(told.contains("the witness `w.example/one` could not be asked"), "{told}");
    let (ended, told) = said(folder, &COSIGN);
    assert_eq!(ended, 1, "{told}");
    assert!(told.contains("the witness `w.example/one` does not know this log"), "{told}");

    servers.iter().for_each(|server| server.knows(&log_key(folder)));
    let entries = case(folder, &["status"])["entries"].as_u64().unwrap();
    let done = case(folder, &COSIGN[2..]);
    assert_eq!(done["size"], entries);
    for (place, answer) in done["witnesses"].as_array().unwrap().iter().enumerate() {
        assert_eq!(answer["at"], "2026-11-18T11:07:40.000Z");
        assert_eq!(answer["entry"], entries + place as u64);
    }
    assert!(uncovered(folder).contains("covers the last 2 entries"), "{}", uncovered(folder));
    add_page(folder, "One more page.\n");
    assert_intact(folder, "case");
    case(folder, &COSIGN[2..]);
    let asked = servers[0].asked();
    assert_eq!(asked.last(), Some(&(entries, 200)), "told from what it cosigned last: {asked:?}");

    // A witness that is asked no longer still covers what it cosigned.
    case(folder, &["witness", "remove", "w.example/two"]);
    assert_intact(folder, "case");
    let (_, told) = said(folder, &["--case", "case", "witness", "list"]);
    assert!(told.contains("asked no longer, cosigned"), "{told}");
    let done = case(folder, &COSIGN[2..]);
    assert_eq!(done["witnesses"].as_array().unwrap().len(), 1);
    let twice = said(folder, &["--case", "case", "witness", "remove", "w.example/two"]);
    assert_eq!(twice.0, 2, "{}", twice.1);

    // All of it is in the log: the casebook is made again from there.
    let before = case(folder, &["witness", "list"]);
    json(folder, 0, &["--case", "case", "rebuild"]);
    assert_eq!(case(folder, &["witness", "list"]), before);
    assert_intact(folder, "case");
}

/// One witness refuses, another answers: what it said is kept, and the command says that not all is well.
#[test]
fn one_witness_that_fails_stops_no_other() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    make_case(folder, &[]);
    case(folder, &["egress", "direct"]);
    let servers = [("w.example/bad", 7), ("w.example/good", 8)]
        .map(|(name, seed)| WitnessServer::start(name, seed));
    for server in &servers {
        case(folder, &["witness", "add", &server.vkey(), &server.url]);
        server.knows(&log_key(folder));
    }
    servers[0].misbehaves(Some(Fault::CosignsAnotherRoot));
    let done = one(json(folder, 1, &COSIGN));
    let answers = done["witnesses"].as_array().unwrap();
    assert_eq!(
        answers[0]["error"],
        "the cosignature by `w.example/bad` does not fit the checkpoint"
    );
    assert_eq!((&answers[0]["alarm"], &answers[0]["at"]), (&false.into(), &Value::Null));
    assert_eq!(answers[1]["error"], Value::Null);
    assert!(uncovered(folder).contains("covers the last 1 entry"), "{}", uncovered(folder));
    assert_intact(folder, "case");
}

/// The case was put back to a copy and written to: the witness remembers the other history, and so does a friend.
#[test]
fn a_case_put_back_and_written_to_is_told_that_two_histories_exist() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    make_case(folder, &[]);
    case(folder, &["egress", "direct"]);
    let server = WitnessServer::start("w.example/one", 9);
    case(folder, &["witness", "add", &server.vkey(), &server.url]);
    server.knows(&log_key(folder));
    let copy = Command::new("cp").args(["-r", "case", "copy"]).current_dir(folder).status();
    assert!(copy.unwrap().success());
    add_page(folder, "What was found.\n");
    case(folder, &COSIGN[2..]);
    add_page(folder, "More that was found.\n");
    fs::copy(folder.join("case/log/checkpoint"), folder.join("friend.txt")).unwrap();
    let compared = case(folder, &["witness", "compare", "friend.txt"]);
    assert_eq!(compared["standing"], "same");
    case(folder, &COSIGN[2..]);
    let compared = case(folder, &["witness", "compare", "friend.txt"]);
    assert_eq!(compared["standing"], "earlier");

    fs::rename(folder.join("case"), folder.join("away")).unwrap();
    fs::rename(folder.join("copy"), folder.join("case")).unwrap();
    let (ended, told) = said(folder, &COSIGN);
    assert_eq!(ended, 1, "{told}");
    assert!(told.contains("! the witness `w.example/one` has seen "), "{told}");
    assert!(told.contains("this is an older copy of the case, or somebody else writes"), "{told}");
    let (ended, told) = said(folder, &["--case", "case", "witness", "compare", "friend.txt"]);
    assert_eq!(ended, 1, "{told}");
    assert!(told.starts_with("error: friend.txt has seen "), "{told}");

    for page in 0..6 {
        add_page(folder, &format!("What is told instead, page {page}.\n"));
    }
    let (ended, told) = said(folder, &COSIGN);
    assert_eq!(ended, 1, "{told}");
    let split = "split view of the log: the witness `w.example/one` shows another root";
    assert!(told.contains(split), "{told}");
    let (ended, told) = said(folder, &["--case", "case", "witness", "compare", "friend.txt"]);
    assert_eq!(ended, 1, "{told}");
    assert!(
        told.starts_with("error: split view of the log: friend.txt shows another root"),
        "{told}"
    );
    // For itself each of the two histories is sound. That is why witnesses are asked.
    assert_intact(folder, "case");
    assert_intact(folder, "away");
}

#[test]
fn keys_and_addresses_that_are_none_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    make_case(folder, &[]);
    let good = WitnessServer::start("w.example/one", 9).vkey();
    let entries = case(folder, &["status"])["entries"].clone();
    for (key, url, expected) in [
        ("w.example+1234", "https://w.example/", "it does not have three fields"),
        (&good.replace("one", "two"), "https://w.example/", "the hash does not belong to the key"),
        (&good, "ftp://w.example/", "is not the address of a witness"),
        (&good, "https://user:word@w.example/", "is not the address of a witness"),
        (&good, "w.example", "is not the address of a witness"),
    ] {
        let (ended, told) = said(folder, &["--case", "case", "witness", "add", key, url]);
        assert_eq!(ended, 2, "{told}");
        assert!(told.contains(expected) && told.contains("hint: "), "{told}");
    }
    let (ended, told) = said(folder, &COSIGN);
    assert_eq!(ended, 1, "{told}");
    assert_eq!(case(folder, &["status"])["entries"], entries, "nothing was logged");
}
