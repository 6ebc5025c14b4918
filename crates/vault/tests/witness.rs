//! Witnesses are asked for cosignatures, and what they saw is compared with what is here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod scratch_case;
mod witness_server;

use std::fs;
use std::path::Path;

use scratch_case::{Seeded, commit, files, make, open, write};
use witness_server::{Fault, Loopback, WitnessServer};
use witnessmark_model::cosignature::{CosignatureError, WitnessKey};
use witnessmark_model::transport::TransportError;
use witnessmark_vault::{Standing, Vault, Witness, WitnessError};

/// The witness as a person configured it.
fn configured(server: &WitnessServer) -> Witness {
    Witness { key: WitnessKey::parse(&server.vkey()).unwrap(), url: server.url.clone() }
}

/// Asks; gives size and time of the cosignature.
fn ask(
    vault: &Vault,
    server: &WitnessServer,
    cosigned: Option<u64>,
) -> Result<(u64, u64), WitnessError> {
    let (size, cosignature) = vault.ask_witness(&configured(server), cosigned, &Loopback)?;
    // What came is what a reader of the checkpoint and the line alone can verify.
    let (note, _) = vault.checkpoint().unwrap();
    let text = vault.verifier().open(&note).unwrap().to_owned();
    let again = configured(server).key.find(&text, cosignature.line.as_bytes()).unwrap();
    assert_eq!(again, cosignature);
    Ok((size, cosignature.time))
}

/// A case of `size` entries, and a witness that knows its log.
fn case(folder: &Path, size: u64, seed: u64) -> (Vault, WitnessServer, Seeded) {
    let mut entropy = Seeded(seed);
    make(folder, false, &mut entropy);
    let mut vault = open(folder);
    if size > 1 {
        commit(&mut vault, size - 1, &mut entropy);
    }
    let server = WitnessServer::start("witness.example/w1", 5);
    server.knows(&vault.verifier());
    (vault, server, entropy)
}

#[test]
fn a_witness_cosigns_a_log_as_it_grows() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut vault, server, mut entropy) = case(&scratch.path().join("case"), 3, 1);
    assert_eq!(ask(&vault, &server, None).unwrap(), (3, 1_795_000_060));
    assert_eq!(server.asked(), [(0, 200)], "the first time from nothing");
    // Asked again, nothing having changed; then over the borders of tiles.
    assert_eq!(ask(&vault, &server, Some(3)).unwrap(), (3, 1_795_000_120));
    let mut last = 3;
    for added in [1, 252, 1, 300, 2] {
        commit(&mut vault, added, &mut entropy);
        assert_eq!(ask(&vault, &server, Some(last)).unwrap().0, last + added);
        last += added;
    }
    assert_eq!(server.asked(), [(3, 200), (3, 200), (4, 200), (256, 200), (257, 200), (557, 200)]);
}

/// What the witness cosigned last is not known here: it says so itself, and is told from there on.
#[test]
fn a_witness_that_is_ahead_of_what_we_remember_is_asked_again() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut vault, server, mut entropy) = case(&scratch.path().join("case"), 4, 2);
    ask(&vault, &server, None).unwrap();
    commit(&mut vault, 6, &mut entropy);
    server.asked();
    assert_eq!(ask(&vault, &server, None).unwrap().0, 10);
    assert_eq!(server.asked(), [(0, 409), (4, 200)]);
    commit(&mut vault, 3, &mut entropy);
    assert_eq!(ask(&vault, &server, Some(4)).unwrap().0, 13);
    assert_eq!(server.asked(), [(4, 409), (10, 200)]);
}

#[test]
fn a_witness_that_does_not_know_the_log_or_its_key_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let (vault, _, _) = case(&scratch.path().join("case"), 2, 3);
    let (other, _, _) = case(&scratch.path().join("other"), 2, 4);
    let server = WitnessServer::start("witness.example/w2", 6);
    assert!(matches!(ask(&vault, &server, None), Err(WitnessError::UnknownLog(_))));
    // It knows a log of that name by another key.
    let name = vault.verifier().name().to_owned();
    server.memory.lock().unwrap().logs.insert(name, other.verifier());
    assert!(matches!(ask(&vault, &server, None), Err(WitnessError::KeyRefused(_))));
}

/// A copy of the case was written to as well, and shown to the witness first: two histories under one key.
#[test]
fn a_split_view_is_noticed_at_a_larger_and_at_the_same_size() {
    let scratch = tempfile::tempdir().unwrap();
    let (vault, server, mut entropy) = case(&scratch.path().join("case"), 5, 5);
    drop(vault);
    let twin = scratch.path().join("twin");
    write(&twin, &files(&scratch.path().join("case")));
    let mut ours = open(&scratch.path().join("case"));
    let mut theirs = open(&twin);
    commit(&mut theirs, 4, &mut Seeded(55));
    ask(&theirs, &server, None).unwrap();

    // Here there are 5: the witness has seen more.
    match ask(&ours, &server, None) {
        Err(error @ WitnessError::Behind { seen: 9, here: 5, .. }) => {
            assert!(error.is_alarm());
            assert!(error.to_string().contains("has seen 9 entries of this log"), "{error}");
            assert!(error.hint().unwrap().contains("older copy"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    // As many, but others.
    commit(&mut ours, 4, &mut entropy);
    let split_at_nine = |found| match found {
        Err(error @ WitnessError::SplitView { size: 9, .. }) => {
            assert!(error.is_alarm());
            let said = "split view of the log: the witness `witness.example/w1` shows another root \
                        for the first 9 entries than this case has";
            assert_eq!(error.to_string(), said);
        }
        other => panic!("{other:?}"),
    };
    server.asked();
    split_at_nine(ask(&ours, &server, None));
    assert_eq!(server.asked(), [(0, 409), (9, 409)]);
    // More than the witness has seen, and no proof leads there.
    commit(&mut ours, 4, &mut entropy);
    split_at_nine(ask(&ours, &server, Some(5)));
    assert_eq!(server.asked(), [(5, 409), (9, 422)]);
    // The other history is cosigned on: the witness did nothing wrong.
    commit(&mut theirs, 1, &mut Seeded(56));
    assert_eq!(ask(&theirs, &server, Some(9)).unwrap().0, 10);
}

#[test]
fn a_checkpoint_noted_elsewhere_is_compared() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut ours, _, mut entropy) = case(&scratch.path().join("case"), 5, 6);
    let (five, _) = ours.checkpoint().unwrap();
    assert_eq!(ours.compare(&five, "a friend").unwrap(), Standing::Same { size: 5 });
    drop(ours);
    let twin = scratch.path().join("twin");
    write(&twin, &files(&scratch.path().join("case")));
    let mut theirs = open(&twin);
    commit(&mut theirs, 300, &mut Seeded(66));
    let (theirs_at_305, _) = theirs.checkpoint().unwrap();

    ours = open(&scratch.path().join("case"));
    let behind = ours.compare(&theirs_at_305, "a friend").unwrap_err();
    assert_eq!(
        behind.to_string(),
        "a friend has seen 305 entries of this log, and here there are only 5"
    );
    commit(&mut ours, 300, &mut entropy);
    assert_eq!(ours.compare(&five, "a friend").unwrap(), Standing::Earlier { size: 5 });
    let split = ours.compare(&theirs_at_305, "a friend").unwrap_err();
    assert!(matches!(split, WitnessError::SplitView { size: 305, .. }), "{split}");
    // A note by nobody that is known says nothing about the log.
    let mut changed = theirs_at_305;
    let at = changed.len() - 10;
    changed[at] ^= 1;
    let refused = ours.compare(&changed, "a friend").unwrap_err();
    assert!(matches!(refused, WitnessError::Checkpoint(_)) && !refused.is_alarm(), "{refused}");
}

#[test]
fn a_witness_that_misbehaves_gives_no_cosignature() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut vault, server, mut entropy) = case(&scratch.path().join("case"), 4, 7);
    ask(&vault, &server, None).unwrap();
    commit(&mut vault, 3, &mut entropy);
    let asked_with = |fault| {
        server.misbehaves(Some(fault));
        let found = ask(&vault, &server, Some(4)).unwrap_err();
        server.misbehaves(None);
        found
    };
    let odd = |error: &WitnessError, with: u16, words: &str| matches!(error, WitnessError::OddAnswer { status, said, .. } if *status == with && said == words);

    // It refuses what it has to accept: that is told as what it may be.
    let error = asked_with(Fault::RefusesProofs);
    assert!(matches!(error, WitnessError::SplitView { size: 4, .. }), "{error}");

    let error = asked_with(Fault::CosignsAnotherRoot);
    assert!(matches!(error, WitnessError::Cosignature(CosignatureError::Bad(_))), "{error}");
    let error = asked_with(Fault::SignsPlainly);
    assert!(matches!(error, WitnessError::Cosignature(CosignatureError::Bad(_))), "{error}");
    let error = asked_with(Fault::SaysItTwice);
    assert!(matches!(error, WitnessError::Cosignature(CosignatureError::Malformed(_))), "{error}");
    let error = asked_with(Fault::SendsHtml);
    assert!(matches!(error, WitnessError::Cosignature(CosignatureError::Malformed(_))), "{error}");
    let error = asked_with(Fault::NeverAgrees);
    assert!(matches!(error, WitnessError::WentBack { cosigned: 4, seen: 1, .. }), "{error}");
    let error = asked_with(Fault::Redirects);
    assert!(odd(&error, 302, "elsewhere"), "{error}");
    let error = asked_with(Fault::NeverEnds);
    let too_long = TransportError::TooLong(65_536);
    assert!(matches!(error, WitnessError::Transport { cause, .. } if cause == too_long));
    let error = asked_with(Fault::HangsUp);
    assert!(matches!(error, WitnessError::Transport { .. }), "{error}");

    // It loses its memory after it has cosigned.
    server.misbehaves(Some(Fault::Forgets));
    assert_eq!(ask(&vault, &server, Some(7)).unwrap().0, 7);
    let error = ask(&vault, &server, Some(7)).unwrap_err();
    assert!(matches!(error, WitnessError::WentBack { cosigned: 7, seen: 0, .. }), "{error}");
    assert!(error.is_alarm());
    // To somebody who remembers nothing it can tell what it likes, but not for ever.
    server.misbehaves(Some(Fault::NeverAgrees));
    let error = ask(&vault, &server, None).unwrap_err();
    assert!(odd(&error, 409, "2"), "{error}");
}

/// Damage on our own disk is our own: no witness is asked to judge it, and none is accused.
#[test]
fn damaged_tiles_are_not_taken_for_a_split_view() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    let (mut vault, server, mut entropy) = case(&folder, 4, 8);
    ask(&vault, &server, None).unwrap();
    commit(&mut vault, 3, &mut entropy);
    server.asked();
    let tile = folder.join("log/tile/0/000.p/7");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[40] ^= 1;
    fs::write(&tile, bytes).unwrap();
    let error = ask(&vault, &server, Some(4)).unwrap_err();
    assert!(matches!(error, WitnessError::Vault(_)) && !error.is_alarm(), "{error}");
    assert_eq!(server.asked(), []);
}

#[test]
fn nobody_at_the_address_is_said_with_the_witnesss_name() {
    let scratch = tempfile::tempdir().unwrap();
    let (vault, server, _) = case(&scratch.path().join("case"), 2, 9);
    let away = Witness { url: "http://127.0.0.1:9/".into(), ..configured(&server) };
    let error = vault.ask_witness(&away, None, &Loopback).unwrap_err();
    assert!(error.to_string().starts_with("the witness `witness.example/w1` could not be asked: "));
}
