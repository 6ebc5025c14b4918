//! A crash at every step of a commit: the case opens again, holds what was acknowledged, and verifies.
//!
//! A commit writes files one after another, each durable before the next (docs/format.md, State). Its traces are taken apart
//! here: what the folder holds before and after is compared, and the differences are laid one by one over the folder as it was.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod scratch_case;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use scratch_case::{
    KINDS, Seeded, capture, commit, failures, files, make, moment, open, origins, recovered, stray,
    unlocked, write,
};
use witnessmark_model::Digest;
use witnessmark_vault::Vault;

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// One thing that a commit does to a file.
#[derive(Clone, Debug)]
enum Step {
    Write(PathBuf, Vec<u8>),
    Remove(PathBuf),
}

/// What a commit did, in the order in which the vault does it.
fn steps(before: &Files, after: &Files, sealed: bool) -> Vec<Step> {
    let mut ranked = Vec::new();
    for (path, bytes) in after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)) {
        let name = path.to_str().unwrap();
        let rank = match name {
            "lock" => continue,
            // What seals comes before what is sealed; in an open case seeds only salt, and come before the pack.
            "keys/1/objects" => usize::from(!sealed) * 2,
            _ if name.starts_with("blobs/") => {
                if bytes.starts_with(b"witnessmark pack 1\n") {
                    3
                } else {
                    1
                }
            }
            _ if name.starts_with("log/staging/") => 4,
            "log/state" => 5,
            _ if name.starts_with("log/tile/") => 6,
            "log/checkpoint" => 7,
            other => panic!("a commit wrote {other}"),
        };
        ranked.push((rank, path.clone(), Step::Write(path.clone(), bytes.clone())));
    }
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        let rank = if path.starts_with("log/tile") { 8 } else { 9 };
        ranked.push((rank, path.clone(), Step::Remove(path.clone())));
    }
    ranked.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    ranked.into_iter().map(|(_, _, step)| step).collect()
}

/// The folder as a crash after these steps leaves it. The step that was under way has left half a file.
fn crash(folder: &Path, before: &Files, done: &[Step], under_way: Option<&Step>) {
    write(folder, before);
    for step in done {
        match step {
            Step::Write(path, bytes) => {
                write(folder, &Files::from([(path.clone(), bytes.clone())]))
            }
            Step::Remove(path) => fs::remove_file(folder.join(path)).unwrap(),
        }
    }
    if let Some(Step::Write(path, bytes)) = under_way {
        let half = bytes.get(..bytes.len() / 2).unwrap().to_vec();
        let (name, half) = match before.get(path) {
            // The keystore is appended to where it lies: some of the new bytes are there, up to the middle of a line.
            Some(old) if path.starts_with("keys") => {
                (path.clone(), bytes.get(..(old.len() + bytes.len()) / 2 + 31).unwrap().to_vec())
            }
            _ => (path.with_file_name(".tmp-4711-0"), half),
        };
        write(folder, &Files::from([(name, half)]));
    }
    fs::write(folder.join("lock"), "process 4711 (witnessmark add)").unwrap();
}

#[test]
fn a_crash_at_any_step_of_a_commit_loses_nothing() {
    for sealed in KINDS {
        // How many entries there are, and how many are added: within a tile, up to a full one, over the border, from a full one.
        for (size, added) in [(3, 2), (250, 6), (250, 12), (256, 1)] {
            let scratch = tempfile::tempdir().unwrap();
            let origin = scratch.path().join("case");
            let mut entropy = Seeded(size);
            make(&origin, sealed, &mut entropy);
            let mut vault = open(&origin);
            commit(&mut vault, size - 1, &mut entropy);
            drop(vault);
            let before = files(&origin);
            let mut vault = open(&origin);
            commit(&mut vault, added, &mut entropy);
            drop(vault);
            let steps = steps(&before, &files(&origin), sealed);
            assert!(steps.len() >= 8, "a commit does {} things", steps.len());

            for done in 0..=steps.len() {
                let folder = scratch.path().join(format!("crashed-{done}"));
                let (past, rest) = steps.split_at(done);
                crash(&folder, &before, past, rest.first());
                let promised = past.iter().any(
                    |step| matches!(step, Step::Write(path, _) if path == Path::new("log/state")),
                );
                let expected = if promised { size + added } else { size };
                let context = format!("{size} + {added}, after {:?}", past.last());

                let (mut vault, recovery) =
                    Vault::open_for_writing(&folder, "process 2 (test)", unlocked(&folder))
                        .expect(&context);
                assert_eq!(vault.size(), expected, "{context}");
                let mut read = 0;
                vault
                    .for_each_entry(0, &mut |_| {
                        read += 1;
                        Ok(())
                    })
                    .expect(&context);
                assert_eq!(read, expected, "{context}");
                let (_, checkpoint) = vault.checkpoint().expect(&context);
                assert_eq!(checkpoint.size, expected, "{context}: recovery {recovery:?}");
                drop(vault);
                // Both ways for the small case; checking hundreds of entries twice over would only take time.
                if size < 10 {
                    assert_eq!(failures(&folder), [""; 0], "{context}");
                }

                vault = open(&folder);
                commit(&mut vault, 7, &mut entropy);
                drop(vault);
                assert_eq!(failures(&folder), [""; 0], "{context}, after one more commit");
                fs::remove_dir_all(&folder).unwrap();
            }
        }
    }
}

/// The tail of the keystore may be torn at any byte: whole lines stay, the rest is cut off.
#[test]
fn a_torn_keystore_is_mended() {
    for sealed in KINDS {
        let scratch = tempfile::tempdir().unwrap();
        let origin = scratch.path().join("case");
        let mut entropy = Seeded(11);
        make(&origin, sealed, &mut entropy);
        let mut vault = open(&origin);
        commit(&mut vault, 3, &mut entropy);
        drop(vault);
        let before = files(&origin);
        let objects = before.get(Path::new("keys/1/objects")).unwrap();
        let mut vault = open(&origin);
        commit(&mut vault, 3, &mut entropy);
        drop(vault);
        let after = fs::read(origin.join("keys/1/objects")).unwrap();
        for torn in [1, 4, 31, 32, 70] {
            let folder = scratch.path().join(format!("torn-{torn}"));
            let mut crashed = before.clone();
            let torn_file = after.get(..objects.len() + torn).unwrap().to_vec();
            crashed.insert("keys/1/objects".into(), torn_file);
            crashed.insert("lock".into(), b"process 4711 (witnessmark add)".to_vec());
            write(&folder, &crashed);
            let vault = open(&folder);
            // The evidence of this entry needs a seed that was written before the tear.
            let pending = origins(1, &mut entropy);
            let mut named = Vec::new();
            vault
                .for_each_entry(0, &mut |entry| {
                    named.push(entry.key);
                    Ok(())
                })
                .unwrap();
            for key in named {
                vault.seed(&key).unwrap();
            }
            drop(vault);
            assert_eq!(failures(&folder), [""; 0], "torn after {torn} bytes");
            let mut vault = open(&folder);
            vault.commit(pending, moment(), &mut entropy).unwrap();
            drop(vault);
            assert_eq!(failures(&folder), [""; 0], "torn after {torn} bytes, then written to");
        }
    }
}

/// A blob that was stored and whose entry never came is put aside, not deleted: it may be all that is left of a page.
#[test]
fn blobs_without_an_entry_are_put_aside_after_a_crash() {
    for sealed in KINDS {
        let scratch = tempfile::tempdir().unwrap();
        let case = scratch.path().join("case");
        let mut entropy = Seeded(12);
        make(&case, sealed, &mut entropy);
        let mut vault = open(&case);
        let kept = capture(&mut vault, "kept", &mut entropy);
        vault.commit(vec![kept], moment(), &mut entropy).unwrap();
        let orphan = stray(&mut vault, "孤".as_bytes(), &mut entropy);
        let crashed = scratch.path().join("crashed");
        // The holder still holds the case: what a crash leaves is a copy of this moment.
        write(&crashed, &files(&case));
        fs::write(crashed.join("blobs").join(".tmp-4711-1"), "half").unwrap();
        fs::write(crashed.join("log").join(".tmp-4711-2"), "half").unwrap();

        let (vault, recovery) = recovered(&crashed);
        assert_eq!(recovery.quarantined, [orphan.sha256.hex()]);
        assert_eq!(vault.size(), 2);
        drop(vault);
        let aside = crashed.join("quarantine").join(orphan.sha256.hex());
        assert_eq!(Digest::of(&fs::read(aside).unwrap()), orphan.sha256);
        assert_eq!(failures(&crashed), [""; 0]);
    }
}
