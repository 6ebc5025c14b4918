//! What was committed is there when the case is opened again, and nothing that was not committed is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod scratch_case;

use std::fs;

use scratch_case::{
    KINDS, Seeded, capture, commit, failures, look, make, moment, open, origins, recovered, stray,
    unlocked,
};
use witnessmark_vault::{Vault, VaultError};

#[test]
fn every_entry_survives_reopening() {
    for sealed in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(1);
        make(&case, sealed, &mut entropy);
        let mut written = Vec::new();
        // Across the borders of tiles: 256 entries fill one.
        for count in [1, 2, 251, 1, 1, 3, 258] {
            let mut vault = open(&case);
            written.extend(commit(&mut vault, count, &mut entropy));
            drop(vault);

            let vault = look(&case);
            assert_eq!(vault.size(), written.len() as u64 + 1);
            let mut read = Vec::new();
            vault
                .for_each_entry(1, &mut |entry| {
                    read.push(entry);
                    Ok(())
                })
                .unwrap();
            assert_eq!(read.len(), written.len());
            for (read, written) in read.iter().zip(&written) {
                assert_eq!(read.index, written.index);
                let content = read.content.as_ref().unwrap();
                assert_eq!(content.values, written.values);
                assert_eq!(content.payload, written.payload.to_bytes().unwrap());
                let seed = vault.seed(&read.key).unwrap();
                let leaf = content.values.leaf(&seed).unwrap().to_bytes().unwrap();
                assert_eq!(vault.leaf(read.index).unwrap(), leaf, "entry {}", read.index);
            }
            let (_, checkpoint) = vault.checkpoint().unwrap();
            assert_eq!((checkpoint.size, Some(checkpoint.root)), (vault.size(), vault.root()));
            assert_eq!(vault.prove(&[0, vault.size() - 1]).unwrap().len(), 2);
        }
        assert_eq!(failures(&case), [""; 0]);
    }
}

#[test]
fn one_writes_and_others_read() {
    for sealed in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(2);
        make(&case, sealed, &mut entropy);
        let (mut vault, _) =
            Vault::open_for_writing(&case, "process 7 (add)", unlocked(&case)).unwrap();
        match Vault::open_for_writing(&case, "process 8 (claim)", unlocked(&case)) {
            Err(VaultError::Locked { holder }) => assert_eq!(holder, "process 7 (add)"),
            other => panic!("the second writer got {other:?}"),
        }
        let before = look(&case);
        commit(&mut vault, 3, &mut entropy);
        assert_eq!(before.size(), 1, "a reader sees what was there when it looked");
        assert_eq!(look(&case).size(), 4);
        drop(vault);
        assert_eq!(open(&case).size(), 4, "the lock goes with its holder");
    }
}

/// Found by the command line's tests: a sheet of claims that was refused had left texts under `blobs/`, and `verify` failed
/// from then on, because only a crash made the next writer clear up.
#[test]
fn a_command_that_gives_up_leaves_no_blob_without_an_entry() {
    for sealed in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(3);
        make(&case, sealed, &mut entropy);
        let mut vault = open(&case);
        let kept = capture(&mut vault, "kept", &mut entropy);
        let given_up = stray(&mut vault, b"given up", &mut entropy);
        vault.commit(vec![kept], moment(), &mut entropy).unwrap();
        drop(vault);
        assert_eq!(failures(&case), [""; 0]);
        assert!(case.join("quarantine").join(given_up.sha256.hex()).is_file());
        let mut named = Vec::new();
        look(&case)
            .for_each_entry(1, &mut |entry| {
                named.push(entry.content.unwrap().values.kind);
                Ok(())
            })
            .unwrap();
        assert_eq!(named, ["capture"]);
        assert_eq!(fs::read_to_string(case.join("lock")).unwrap(), "", "it said goodbye");
    }
}

#[test]
fn after_a_failed_commit_the_next_writer_clears_up() {
    for sealed in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let (case, other) = (folder.path().join("case"), folder.path().join("other"));
        let mut entropy = Seeded(4);
        make(&case, sealed, &mut entropy);
        make(&other, sealed, &mut entropy);
        let mut vault = open(&case);
        // Its key is in another case's keystore, so that the entry cannot be made.
        let foreign = capture(&mut open(&other), "elsewhere", &mut entropy);
        let stray = stray(&mut vault, b"stray", &mut entropy);
        let mut pending = origins(2, &mut entropy);
        pending.push(foreign);
        assert!(vault.commit(pending, moment(), &mut entropy).is_err());
        drop(vault);
        let (vault, recovery) = recovered(&case);
        assert_eq!(recovery.quarantined, [stray.sha256.hex()]);
        assert_eq!(vault.size(), 1);
        drop(vault);
        assert_eq!(failures(&case), [""; 0]);
    }
}

#[test]
fn a_case_is_made_whole_or_not_at_all() {
    for sealed in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let mut entropy = Seeded(5);
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("letter.txt"), "mine").unwrap();
        let made = Vault::create(&taken, "process 1", None, None, moment(), &mut entropy);
        assert!(matches!(made, Err(VaultError::Exists(_))));
        let file = folder.path().join("file");
        fs::write(&file, "mine").unwrap();
        let made = Vault::create(&file, "process 1", None, None, moment(), &mut entropy);
        assert!(matches!(made, Err(VaultError::Exists(_))));
        // An empty folder is taken as the place.
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).unwrap();
        make(&empty, sealed, &mut entropy);
        assert_eq!(failures(&empty), [""; 0]);
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 3, "nothing half-made is left: {names:?}");
    }
}

/// Found by failing system calls: a cosignature was kept beside its checkpoint, and the command ended before the entry that
/// names it. Nobody was told, and `verify` failed from then on.
#[test]
fn a_file_beside_a_checkpoint_that_no_entry_came_to_name_is_removed() {
    for sealed in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(6);
        make(&case, sealed, &mut entropy);
        let mut vault = open(&case);
        commit(&mut vault, 2, &mut entropy);
        let file = ("cosignature-00000000-7".to_owned(), b"a line\n".to_vec());
        vault.keep_beside_checkpoint(vault.size(), &[file]).unwrap();
        drop(vault);
        assert_ne!(failures(&case), [""; 0], "it lies there, and nobody named it");
        drop(open(&case));
        assert_eq!(failures(&case), [""; 0]);
        assert!(!case.join("log/timestamps/3").exists());
    }
}

/// Found by failing system calls: where the disk could not say whether `log/state` or the keystore is there, it was taken
/// for absent, and a new log, or a keystore cut to nothing, would have been begun over the old one.
#[test]
fn a_log_without_its_state_is_damaged_and_never_begun_anew() {
    for sealed in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(7);
        make(&case, sealed, &mut entropy);
        fs::remove_file(case.join("log/state")).unwrap();
        let opened = Vault::open_for_writing(&case, "process 1 (test)", unlocked(&case));
        let error = opened.unwrap_err().to_string();
        assert!(error.ends_with("log/state is damaged: it is missing"), "{error}");
    }
}

/// Found by failing system calls: a writer died and left its words in the lock; the next could not read them, took the
/// case for one in good order, and left what the dead one had not finished.
#[test]
fn words_in_the_lock_that_are_no_text_are_still_words() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case");
    let mut entropy = Seeded(8);
    make(&case, false, &mut entropy);
    fs::write(case.join("lock"), [0xff, 0xfe]).unwrap();
    fs::write(case.join("blobs/.tmp-4711-1"), "half").unwrap();
    drop(recovered(&case));
    assert_eq!(failures(&case), [""; 0]);
}
