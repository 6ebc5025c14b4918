//! Copies: cut anywhere and gone on with, older, newer and forked ones, damage on either side, and back again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod scratch_case;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use scratch_case::{Seeded, commit, failures, files, look, make, open, recovered, write};
use witnessmark_model::Digest;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::id::{CaseId, CopyId};
use witnessmark_model::note::Verifier;
use witnessmark_vault::copies::{
    self, Brought, Choice, CopyError, CopyNote, FolderTarget, Part, Seen, SeenCopy, Source,
    Standing, Target,
};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What is signed for in a case, its id, and the log's key.
fn signed(case: &Path) -> (Checkpoint, CaseId, Verifier) {
    let vault = look(case);
    (vault.checkpoint().unwrap().1, vault.case_id(), vault.verifier())
}

/// Brings a copy up to a case, as the workflow does.
fn bring(case: &Path, target: &dyn Target, holds: &str) -> Result<Brought, CopyError> {
    let (here, id, verifier) = signed(case);
    let found = copies::look(target, "the copy", &verifier)?;
    let new = || CopyNote {
        case: id,
        copy: CopyId::random(&mut Seeded(7)),
        holds: holds.to_owned(),
        root: None,
        size: 0,
        v: 1,
    };
    let note = found.note.clone().unwrap_or_else(new);
    copies::bring(
        target,
        &Choice { case, here: &here, note, found: &found, erased: &BTreeSet::new() },
        &|_| true,
    )
}

fn to_folder(case: &Path, copy: &Path) -> Result<Brought, CopyError> {
    bring(case, &FolderTarget::open_for_writing(copy, "process 1 (test)")?, "all")
}

/// The files of the case that a copy holds.
fn truth(folder: &Path) -> Files {
    let mut found = files(folder);
    found.retain(|name, _| Part::of(name.to_str().unwrap()).is_some());
    found
}

/// A case with more entries than one tile holds.
fn large(folder: &Path, sealed: bool, entropy: &mut Seeded) {
    make(folder, sealed, entropy);
    let mut vault = open(folder);
    commit(&mut vault, 270, entropy);
    commit(&mut vault, 3, entropy);
}

/// A folder that is looked at before and after everything that is done to it, as a crash would leave it.
struct Watched {
    inner: FolderTarget,
    snapshots: Mutex<Vec<Files>>,
}

impl Watched {
    fn watch<T>(&self, act: impl FnOnce(&FolderTarget) -> T) -> T {
        let mut snapshots = self.snapshots.lock().unwrap();
        snapshots.push(files(self.inner.folder()));
        let done = act(&self.inner);
        snapshots.push(files(self.inner.folder()));
        done
    }
}

impl Target for Watched {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }
    fn files(&self) -> Result<BTreeMap<String, u64>, CopyError> {
        self.inner.files()
    }
    fn read(&self, name: &str, sink: &mut dyn Write) -> Result<bool, CopyError> {
        self.inner.read(name, sink)
    }
    fn put(&self, name: &str, source: &mut Source<'_>, once: bool) -> Result<(), CopyError> {
        self.watch(|inner| inner.put(name, source, once))
    }
    fn has(&self, name: &str, bytes: u64, digest: &Digest) -> Result<bool, CopyError> {
        self.inner.has(name, bytes, digest)
    }
    fn set_aside(&self, name: &str) -> Result<(), CopyError> {
        self.watch(|inner| inner.set_aside(name))
    }
    fn remove(&self, name: &str) -> Result<(), CopyError> {
        self.watch(|inner| inner.remove(name))
    }
    fn settle(&self) -> Result<(), CopyError> {
        self.watch(FolderTarget::settle)
    }
    fn has_room(&self, bytes: u64, largest: u64) -> Result<(), CopyError> {
        self.inner.has_room(bytes, largest)
    }
    fn at_once(&self) -> usize {
        self.inner.at_once()
    }
    fn forgets(&self) -> Result<(), CopyError> {
        self.inner.forgets()
    }
    fn finish(&self) -> Result<(), CopyError> {
        self.watch(Target::finish)
    }
}

/// Whatever moment a copy is cut off at, it is no case yet, or one that opens and verifies; and the next run finishes it.
#[test]
fn a_copy_that_is_cut_off_anywhere_is_an_older_one_or_is_finished_by_the_next_run() {
    for sealed in [false, true] {
        cut_off_anywhere(sealed);
    }
}

fn cut_off_anywhere(sealed: bool) {
    let folder = tempfile::tempdir().unwrap();
    let (case, copy) = (folder.path().join("case"), folder.path().join("copy"));
    let mut entropy = Seeded(1);
    large(&case, sealed, &mut entropy);
    let mut seen = 0;
    for round in 0..2 {
        if round == 1 {
            // Several batches more, so that the staged one does not join what was copied before.
            let mut vault = open(&case);
            commit(&mut vault, 2, &mut entropy);
            commit(&mut vault, 300, &mut entropy);
            commit(&mut vault, 1, &mut entropy);
        }
        let inner = FolderTarget::open_for_writing(&copy, "process 1 (test)").unwrap();
        let watched = Watched { inner, snapshots: Mutex::default() };
        bring(&case, &watched, "all").unwrap();
        let mut snapshots = watched.snapshots.lock().unwrap().clone();
        snapshots.dedup();
        for (number, snapshot) in snapshots.iter().enumerate() {
            let cut = folder.path().join(format!("cut-{round}-{number}"));
            write(&cut, snapshot);
            if snapshot.contains_key(Path::new("case.toml")) {
                drop(recovered(&cut));
                assert_eq!(failures(&cut), Vec::<String>::new(), "round {round}, cut {number}");
                fs::remove_dir_all(&cut).unwrap();
                write(&cut, snapshot);
            }
            to_folder(&case, &cut).unwrap();
            assert_eq!(truth(&cut), truth(&case), "round {round}, cut {number}: gone on with");
            fs::remove_dir_all(&cut).unwrap();
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} moments were looked at");
    assert_eq!(failures(&copy), Vec::<String>::new());
}

#[test]
fn what_is_there_is_not_sent_again_and_what_the_case_gives_up_goes() {
    let folder = tempfile::tempdir().unwrap();
    let (case, copy) = (folder.path().join("case"), folder.path().join("copy"));
    let mut entropy = Seeded(2);
    large(&case, false, &mut entropy);
    to_folder(&case, &copy).unwrap();
    let again = to_folder(&case, &copy).unwrap();
    assert_eq!((again.sent, again.removed), (vec![], vec![]));
    commit(&mut open(&case), 1, &mut entropy);
    // An old keystore epoch goes from the copy as it goes from the case; an object that the case has lost does not.
    fs::create_dir(copy.join("keys/0")).unwrap();
    fs::write(copy.join("keys/0/objects"), "old").unwrap();
    let stray = format!("blobs/2d/{}", Digest::of(b"x"));
    fs::create_dir_all(copy.join("blobs/2d")).unwrap();
    fs::write(copy.join(&stray), b"x").unwrap();
    let more = to_folder(&case, &copy).unwrap();
    assert!(more.removed.contains(&"keys/0/objects".to_owned()), "{more:?}");
    assert_eq!(more.strange, std::slice::from_ref(&stray));
    fs::remove_file(copy.join(stray)).unwrap();
    assert_eq!(truth(&copy), truth(&case));
}

#[test]
fn older_newer_and_other_copies_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (case, copy) = (path("case"), path("copy"));
    let mut entropy = Seeded(3);
    large(&case, false, &mut entropy);
    to_folder(&case, &copy).unwrap();
    let old = files(&case);
    commit(&mut open(&case), 5, &mut entropy);
    write(&path("put-back"), &old);
    write(&path("forked"), &old);
    commit(&mut open(&path("forked")), 2, &mut entropy);
    write(&path("forked-to-the-same-size"), &old);
    commit(&mut open(&path("forked-to-the-same-size")), 5, &mut entropy);
    to_folder(&case, &path("new")).unwrap();
    let cases = [
        ("case", "copy", Standing::Older),
        ("case", "new", Standing::Same),
        ("put-back", "copy", Standing::Same),
        ("put-back", "new", Standing::Newer),
        ("forked", "copy", Standing::Older),
        ("forked", "new", Standing::Other),
        ("forked-to-the-same-size", "new", Standing::Other),
    ];
    for (case, copy, expected) in cases {
        let (here, _, verifier) = signed(&path(case));
        let target = FolderTarget::open(&path(copy)).unwrap();
        let found = copies::look(&target, copy, &verifier).unwrap();
        let there = found.checkpoint.as_ref();
        let standing = copies::standing(&path(case), &here, &target, there).unwrap();
        assert_eq!(standing, expected, "{case} and {copy}");
    }
    // What was seen of a copy tells the same without it.
    let (new, ..) = signed(&case);
    let seen = SeenCopy {
        copy: CopyId::random(&mut entropy),
        day: "2026-11-23".to_owned(),
        root: new.root,
        size: new.size,
    };
    Seen::default().keep(&case, seen).unwrap();
    for (name, expected) in [
        ("case", None),
        ("put-back", Some(Standing::Newer)),
        ("forked-to-the-same-size", Some(Standing::Other)),
    ] {
        let (here, ..) = signed(&path(name));
        let found = copies::rolled_back(&path(name), &here, &Seen::read(&case).unwrap()).unwrap();
        assert_eq!(found.first().map(|(_, standing)| *standing), expected, "{name}");
    }
}

#[test]
fn places_that_hold_something_else_are_refused_and_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut entropy = Seeded(4);
    make(&path("case"), false, &mut entropy);
    make(&path("other"), false, &mut entropy);
    fs::create_dir(path("photos")).unwrap();
    fs::write(path("photos/a.jpg"), "x").unwrap();
    to_folder(&path("other"), &path("copy-of-other")).unwrap();
    // A copy whose folder of objects leads elsewhere.
    to_folder(&path("case"), &path("linked")).unwrap();
    fs::rename(path("linked/blobs"), path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(path("elsewhere"), path("linked/blobs")).unwrap();
    let before = files(folder.path());
    for (name, words) in [
        ("photos", "no copy of a case"),
        ("other", "no copy of a case"),
        ("copy-of-other", "another case"),
        ("linked", "no ordinary file"),
    ] {
        let error = to_folder(&path("case"), &path(name)).unwrap_err();
        assert!(error.to_string().contains(words), "{name}: {error}");
    }
    let mut after = files(folder.path());
    after.retain(|name, _| !name.ends_with("lock"));
    let mut before = before;
    before.retain(|name, _| !name.ends_with("lock"));
    assert_eq!(after, before);
}

#[test]
fn a_damaged_object_of_the_case_is_not_copied_and_the_copy_stays_an_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let (case, copy) = (folder.path().join("case"), folder.path().join("copy"));
    let mut entropy = Seeded(5);
    large(&case, false, &mut entropy);
    to_folder(&case, &copy).unwrap();
    let (old, ..) = signed(&copy);
    let new = commit(&mut open(&case), 2, &mut entropy);
    let digest = new[1].payload.blobs()[0].sha256;
    let blob = case.join(format!("blobs/{}/{digest}", &digest.hex()[..2]));
    let sound = fs::read(&blob).unwrap();
    let mut bent = sound.clone();
    bent[0] ^= 1;
    fs::write(&blob, &bent).unwrap();
    let error = to_folder(&case, &copy).unwrap_err();
    assert!(
        matches!(&error, CopyError::Damaged { first, count: 1 } if first.contains(&digest.hex()))
    );
    assert_eq!(signed(&copy).0, old);
    assert!(!copy.join(format!("blobs/{}/{digest}", &digest.hex()[..2])).exists());
    fs::write(&blob, &sound).unwrap();
    to_folder(&case, &copy).unwrap();
    assert_eq!(truth(&copy), truth(&case));
}

/// Every file of log and objects, changed and removed, one at a time: named, mended, and all as before.
#[test]
fn whatever_is_damaged_is_named_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (case, copy) = (folder.path().join("case"), folder.path().join("copy"));
    let mut entropy = Seeded(6);
    large(&case, false, &mut entropy);
    to_folder(&case, &copy).unwrap();
    let (_, _, verifier) = signed(&case);
    let named: BTreeSet<Digest> = {
        let mut named = BTreeSet::new();
        let vault = look(&case);
        vault
            .for_each_entry(0, &mut |entry| {
                let payload =
                    witnessmark_model::payload::Payload::parse(&entry.content.unwrap().payload)
                        .unwrap();
                named.extend(payload.blobs().iter().map(|evidence| evidence.sha256));
                Ok(())
            })
            .unwrap();
        named
    };
    let target = FolderTarget::open(&copy).unwrap();
    let sound = truth(&case);
    let mut looked_at = 0;
    for (name, bytes) in &sound {
        let text = name.to_str().unwrap();
        if !text.starts_with("log/") && !text.starts_with("blobs/") {
            continue;
        }
        for change in ["flip", "remove", "cut"] {
            let path = case.join(name);
            match change {
                "flip" => {
                    let mut bent = bytes.clone();
                    let at = usize::try_from(entropy.next()).unwrap() % bent.len();
                    bent[at] ^= 1 << (entropy.next() % 8);
                    fs::write(&path, bent).unwrap();
                }
                "remove" => fs::remove_file(&path).unwrap(),
                _ => fs::write(&path, &bytes[..bytes.len() - 1]).unwrap(),
            }
            let found = copies::check(&case, &verifier, &named, &|_| true).unwrap();
            let pack_gone = change == "remove" && bytes.starts_with(b"witnessmark pack");
            if !pack_gone {
                // Which packs there are, only the chain of packs tells.
                assert!(
                    found.flaws.iter().any(|flaw| flaw.name == text),
                    "{change} {text}: {found:?}"
                );
            }
            let mut flaws = found.flaws;
            if pack_gone {
                let digest = text.rsplit('/').next().unwrap().parse().unwrap();
                flaws = copies::missing(&case, &BTreeSet::from([digest])).unwrap();
            }
            let mended = copies::mend(&case, &flaws, &target, &verifier, &|_| true).unwrap();
            assert!(mended.iter().all(|one| one.failed.is_none()), "{change} {text}: {mended:?}");
            assert_eq!(truth(&case), sound, "{change} {text}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 30, "{looked_at} changes were made");
    assert_eq!(failures(&case), Vec::<String>::new());
}

#[test]
fn nothing_is_mended_by_setting_the_log_back_or_from_a_damaged_copy() {
    let folder = tempfile::tempdir().unwrap();
    let (case, copy) = (folder.path().join("case"), folder.path().join("copy"));
    let mut entropy = Seeded(8);
    large(&case, false, &mut entropy);
    to_folder(&case, &copy).unwrap();
    let (_, _, verifier) = signed(&case);
    commit(&mut open(&case), 1, &mut entropy);
    let target = FolderTarget::open(&copy).unwrap();
    fs::write(case.join("log/state"), "x").unwrap();
    let blob = truth(&copy).keys().find(|name| name.starts_with("blobs")).unwrap().clone();
    fs::remove_file(case.join(&blob)).unwrap();
    let mut bent = fs::read(copy.join(&blob)).unwrap();
    bent[0] ^= 1;
    fs::write(copy.join(&blob), bent).unwrap();
    let digest: Digest = blob.file_name().unwrap().to_str().unwrap().parse().unwrap();
    let flaws =
        copies::check(&case, &verifier, &BTreeSet::from([digest]), &|_| true).unwrap().flaws;
    assert_eq!(flaws.len(), 2, "{flaws:?}");
    let mended = copies::mend(&case, &flaws, &target, &verifier, &|_| true).unwrap();
    let why: Vec<&str> = mended.iter().filter_map(|one| one.failed.as_deref()).collect();
    assert!(
        why[0].contains("digest in its name") && why[1].contains("set the log back"),
        "{why:?}"
    );
    assert!(!case.join(&blob).exists());
    assert_eq!(fs::read(case.join("log/state")).unwrap(), b"x");
}

#[test]
fn a_case_comes_back_from_a_copy_also_in_two_runs_and_with_keys_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut entropy = Seeded(9);
    large(&path("case"), false, &mut entropy);
    let write_to = |name: &str, holds: &str| {
        let target = FolderTarget::open_for_writing(&path(name), "process 1 (test)").unwrap();
        bring(&path("case"), &target, holds).unwrap();
    };
    write_to("evidence", "evidence");
    write_to("keys", "keys");
    assert!(!path("evidence/keys").exists() && !path("keys/blobs").exists());
    let back = path("back");
    let stopping = std::sync::atomic::AtomicU64::new(0);
    let mut tries = 0;
    loop {
        let target = FolderTarget::open(&path("evidence")).unwrap();
        let found = copies::contents(&target).unwrap();
        // Stops a little later each time.
        let left = std::sync::atomic::AtomicU64::new(tries * 3);
        let done = copies::restore(&target, &found, &back, &|_| {
            let after = left.load(std::sync::atomic::Ordering::Relaxed);
            left.store(after.saturating_sub(1), std::sync::atomic::Ordering::Relaxed);
            stopping.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            after > 0 || tries > 8
        });
        match done {
            Ok(_) => break,
            Err(CopyError::Stopped) => assert!(!back.join("case.toml").exists()),
            Err(error) => panic!("{error}"),
        }
        tries += 1;
    }
    assert!(tries > 3);
    let target = FolderTarget::open(&path("keys")).unwrap();
    fs::rename(back.join("case.toml"), path("case.toml")).unwrap();
    copies::restore(&target, &copies::contents(&target).unwrap(), &back, &|_| true).unwrap();
    fs::rename(path("case.toml"), back.join("case.toml")).unwrap();
    assert_eq!(truth(&back), truth(&path("case")));
    assert_eq!(failures(&back), Vec::<String>::new());
}
