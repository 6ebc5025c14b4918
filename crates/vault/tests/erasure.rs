//! An erasure, whole and cut off: what the log gave up does not open again, and all else does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod scratch_case;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use scratch_case::{
    Seeded, capture, commit, failures, files, look, make, moment, open, recovered, stray, write,
};
use witnessmark_model::id::{ConfigurationId, ErasureId};
use witnessmark_model::payload::{Erasure, ErasureRequested, ErasureRule, Evidence, Payload};
use witnessmark_vault::{Committed, Pending, Vault};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A sealed case with something to keep and something to erase, the request for it, and what waits to be committed.
struct Scene {
    scratch: tempfile::TempDir,
    entropy: Seeded,
    kept: Committed,
    gone: Committed,
    evidence: Evidence,
    pending: Vec<Pending>,
}

impl Scene {
    fn set(seed: u64) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let case = scratch.path().join("case");
        let mut entropy = Seeded(seed);
        make(&case, true, &mut entropy);
        let mut vault = open(&case);
        let kept = capture(&mut vault, "what stays", &mut entropy);
        let gone = capture(&mut vault, "what goes", &mut entropy);
        let mut committed = vault.commit(vec![kept, gone], moment(), &mut entropy).unwrap();
        let (gone, kept) = (committed.pop().unwrap(), committed.pop().unwrap());
        commit(&mut vault, 3, &mut entropy);
        let request = ErasureId::random(&mut entropy);
        let ground = "court-order".to_owned();
        let rule = ErasureRule { id: ConfigurationId::random(&mut entropy), people: 1 };
        let asked =
            ErasureRequested { id: request, of: Vec::new(), ground: ground.clone(), note: None };
        vault.commit(vec![rule.into(), asked.into()], moment(), &mut entropy).unwrap();
        drop(vault);
        let evidence = gone.payload.blobs()[0].clone();
        let pending = vec![
            Erasure {
                request,
                ground,
                entries: vec![gone.index],
                keys: vec![gone.key, evidence.key],
                blobs: vec![evidence.sha256],
            }
            .into(),
        ];
        Self { scratch, entropy, kept, gone, evidence, pending }
    }

    fn case(&self) -> PathBuf {
        self.scratch.path().join("case")
    }

    /// Checks a case in which the erasure was carried out.
    fn assert_gone(&self, folder: &Path, context: &str) {
        let vault = look(folder);
        let mut contents = BTreeMap::new();
        vault
            .for_each_entry(0, &mut |entry| {
                contents.insert(entry.index, entry.content.is_some());
                Ok(())
            })
            .expect(context);
        let unread: Vec<_> =
            contents.iter().filter(|(_, read)| !**read).map(|(at, _)| *at).collect();
        assert_eq!(unread, [self.gone.index], "{context}");
        assert!(vault.seed(&self.gone.key).is_err(), "{context}");
        assert!(vault.seed(&self.evidence.key).is_err(), "{context}");
        assert!(!vault.store().path(&self.evidence.sha256).exists(), "{context}");
        let kept = self.kept.payload.blobs()[0].clone();
        assert_eq!(vault.store().read(&kept).expect(context), b"what stays", "{context}");
        let epochs: Vec<_> = fs::read_dir(folder.join("keys")).unwrap().collect();
        assert_eq!(epochs.len(), 1, "{context}: one epoch is left");
        assert_eq!(failures(folder), [""; 0], "{context}");
    }
}

#[test]
fn what_is_erased_does_not_open_and_all_else_does() {
    let mut scene = Scene::set(1);
    let case = scene.case();
    let mut vault = open(&case);
    // Something that was stored and never committed, as a crash leaves it: nobody can say what it holds.
    let loose = stray(&mut vault, b"what goes, in part", &mut scene.entropy);
    for name in ["casebook.db", "casebook.db-wal", "cache.db", "index/segment", "quarantine/x"] {
        write(&case, &Files::from([(name.into(), b"derived".to_vec())]));
    }
    let old = fs::read(case.join("keys/1/objects")).unwrap();
    let pending = std::mem::take(&mut scene.pending);
    vault.erase(pending, moment(), &mut scene.entropy).unwrap();
    assert!(vault.seed(&loose.key).is_err(), "a key that no entry names went as well");
    drop(vault);
    for name in ["casebook.db", "casebook.db-wal", "cache.db", "index", "keys/1"] {
        assert!(!case.join(name).exists(), "{name}");
    }
    let left = files(&case);
    assert!(left.values().all(|bytes| *bytes != old), "no file holds the old epoch");
    fs::remove_dir_all(case.join("quarantine")).unwrap(); // The stray blob, put aside when the writer went.
    scene.assert_gone(&case, "erased");
    // The case goes on.
    let mut vault = open(&case);
    assert_eq!(vault.author(), vault.actors().first().copied());
    commit(&mut vault, 2, &mut scene.entropy);
    drop(vault);
    scene.assert_gone(&case, "and went on");
}

/// A key that was put back, from a copy of the folder, does not go unnoticed.
#[test]
fn an_old_epoch_that_is_put_back_is_destroyed_again() {
    let mut scene = Scene::set(2);
    let case = scene.case();
    let before = files(&case);
    let mut vault = open(&case);
    let pending = std::mem::take(&mut scene.pending);
    vault.erase(pending, moment(), &mut scene.entropy).unwrap();
    drop(vault);
    let old: Files = before.into_iter().filter(|(name, _)| name.starts_with("keys/1")).collect();
    write(&case, &old);
    fs::write(case.join("lock"), "process 4711 (witnessmark erase)").unwrap();
    let (vault, recovery) = recovered(&case);
    assert!(!recovery.unfinished_erasure, "the epoch in force holds no erased key");
    drop(vault);
    scene.assert_gone(&case, "put back");
}

#[test]
fn a_crash_at_any_step_of_an_erasure_is_made_good() {
    let mut scene = Scene::set(3);
    let case = scene.case();
    let mut vault = open(&case);
    let pending = std::mem::take(&mut scene.pending);
    vault.commit(pending, moment(), &mut scene.entropy).unwrap();
    let promised = files(&case);
    assert!(vault.finish_erasures(&mut scene.entropy).unwrap());
    drop(vault);
    let after = files(&case);
    let of_new_epoch = |name: &Path| name.starts_with("keys/2");
    let new: Files = after.iter().filter(|(name, _)| of_new_epoch(name)).map(owned).collect();
    assert_eq!(new.len(), 3, "a sealed epoch is three files");
    let making: Files = new
        .iter()
        .map(|(name, bytes)| {
            let name = Path::new("keys/.making").join(name.file_name().unwrap());
            (name, bytes[..bytes.len() / 2].to_vec())
        })
        .collect();
    let old: Vec<PathBuf> =
        promised.keys().filter(|name| name.starts_with("keys/1")).cloned().collect();
    let erased: Files = promised
        .iter()
        .map(owned)
        .map(
            |(name, bytes)| {
                if old.contains(&name) { (name, vec![0; bytes.len()]) } else { (name, bytes) }
            },
        )
        .collect();
    let without_old: Files =
        promised.iter().filter(|(name, _)| !old.contains(name)).map(owned).collect();
    let joined = |one: &Files, two: &Files| -> Files { one.iter().chain(two).map(owned).collect() };
    let states = [
        ("promised", promised.clone()),
        ("new epoch half made", joined(&promised, &making)),
        ("new epoch in force", joined(&promised, &new)),
        ("old epoch overwritten", joined(&erased, &new)),
        ("old epoch gone", joined(&without_old, &new)),
        ("done, lock not given back", after.clone()),
    ];
    for (context, state) in states {
        let folder = scene.scratch.path().join(context.replace(' ', "-"));
        write(&folder, &state);
        fs::write(folder.join("lock"), "process 4711 (witnessmark erase)").unwrap();
        assert_eq!(failures(&folder), [""; 0], "{context}: verified before anybody mends it");
        let (mut vault, recovery) = recovered(&folder);
        assert_eq!(
            recovery.unfinished_erasure,
            context != "done, lock not given back",
            "{context}"
        );
        assert_eq!(recovery.quarantined, [""; 0], "{context}");
        assert_eq!(vault.finish_erasures(&mut scene.entropy).unwrap(), recovery.unfinished_erasure);
        drop(vault);
        scene.assert_gone(&folder, context);
        commit(&mut open(&folder), 2, &mut scene.entropy);
        scene.assert_gone(&folder, context);
    }
}

/// Whoever is asked for nothing but an open vault, and drops it, leaves the erasure to the next one.
#[test]
fn an_unfinished_erasure_is_not_forgotten() {
    let mut scene = Scene::set(4);
    let case = scene.case();
    let mut vault = open(&case);
    let pending = std::mem::take(&mut scene.pending);
    vault.commit(pending, moment(), &mut scene.entropy).unwrap();
    drop(vault);
    fs::write(case.join("lock"), "process 4711 (witnessmark erase)").unwrap();
    for _ in 0..2 {
        let (_, recovery) = recovered(&case);
        assert!(recovery.unfinished_erasure);
    }
    let (mut vault, _) = recovered(&case);
    vault.finish_erasures(&mut scene.entropy).unwrap();
    drop(vault);
    let (_, recovery) = recovered(&case);
    assert!(!recovery.unfinished_erasure);
    scene.assert_gone(&case, "in the end");
}

#[test]
fn who_erases_without_being_asked_is_named_by_verify() {
    let mut scene = Scene::set(5);
    let case = scene.case();
    let mut vault: Vault = open(&case);
    let pending = std::mem::take(&mut scene.pending);
    let changed = pending.into_iter().map(|one| match one.payload {
        Payload::Erasure(erasure) => {
            Erasure { request: ErasureId::random(&mut Seeded(77)), ..erasure }.into()
        }
        _ => one,
    });
    let changed = changed.collect();
    vault.erase(changed, moment(), &mut scene.entropy).unwrap();
    drop(vault);
    let found = failures(&case);
    assert!(found.iter().any(|one| one.contains("nobody asked before it")), "{found:?}");
}

fn owned((name, bytes): (&PathBuf, &Vec<u8>)) -> (PathBuf, Vec<u8>) {
    (name.clone(), bytes.clone())
}
