//! Whatever stops a writer, what it acknowledged is kept, the case opens by itself, and verifies.
//!
//! A worker adds to a case in a process of its own: this test program started again (`worker`). System calls of it are made
//! to fail one by one, it is killed at random moments, its disk is full or read-only. After each, the case is opened,
//! compared with what the worker said it had kept, and verified.
//!
//! The short form runs with all other tests. `make crash` runs the long one: every call, every error, a thousand kills.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod disk;
mod kills;
#[path = "../scratch_case/mod.rs"]
mod scratch_case;
mod system_calls;
#[path = "../witness_server/mod.rs"]
mod witness_server;
mod worker;

use std::collections::BTreeMap;
use std::path::Path;

use scratch_case::{Seeded, commit, failures, open, recovered, unlocked};
use witnessmark_model::Digest;
use witnessmark_vault::{Recovery, Vault};

/// Whether everything is to be tried: set by `make crash`.
fn in_full() -> bool {
    std::env::var_os("WITNESSMARK_CRASH_ROUNDS").is_some()
}

/// How many kills: the number that `WITNESSMARK_CRASH_ROUNDS` gives, or `short`.
fn rounds(short: u64) -> u64 {
    std::env::var("WITNESSMARK_CRASH_ROUNDS").map_or(short, |rounds| rounds.parse().unwrap())
}

/// The payloads' digests, by index, that a worker said it had kept.
type Acknowledged = BTreeMap<u64, Digest>;

/// Opens the case as the next command does, and checks that nothing acknowledged is lost and that `verify` finds nothing.
/// There are at least `least` entries. Returns what was mended.
fn assert_kept(
    case: &Path,
    acknowledged: &Acknowledged,
    least: u64,
    context: &dyn std::fmt::Display,
) -> Recovery {
    let (vault, recovery) = recovered(case);
    let mut kept = Acknowledged::new();
    vault
        .for_each_entry(0, &mut |entry| {
            kept.insert(
                entry.index,
                Digest::of(&entry.content.expect("nothing is erased").payload),
            );
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{context}: {error}"));
    assert!(kept.len() as u64 >= least, "{context}: {} entries of {least}", kept.len());
    for (index, digest) in acknowledged {
        assert_eq!(kept.get(index), Some(digest), "{context}: entry {index}");
    }
    let (_, checkpoint) = vault.checkpoint().unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(checkpoint.size, vault.size(), "{context}");
    drop(vault);
    assert_eq!(failures(case), [""; 0], "{context}");
    assert_eq!(std::fs::read_to_string(case.join("lock")).unwrap(), "", "{context}: settled");
    recovery
}

/// And it can be written to as before.
fn assert_goes_on(case: &Path, context: &dyn std::fmt::Display) {
    let mut vault: Vault = open(case);
    commit(&mut vault, 2, &mut Seeded(4711));
    drop(vault);
    assert_eq!(failures(case), [""; 0], "{context}, after one more commit");
    assert!(Vault::open(case, unlocked(case)).is_ok());
}
