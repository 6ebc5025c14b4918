//! A small case to be written to, broken and opened again.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use witnessmark_model::id::{CaptureId, OriginId, SourceId};
use witnessmark_model::payload::{Capture, Evidence, Origin, SourceRef, Verdict};
use witnessmark_model::{Entropy, Moment};
use witnessmark_seal::wraps::Unlocked;
use witnessmark_seal::{Cost, Passphrase};
use witnessmark_vault::{Committed, NewSeal, Pending, Recovery, Vault};

/// Bytes that differ from call to call and are the same in every run (splitmix64).
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next().to_be_bytes()[0];
        }
    }
}

/// A moment in 2026.
pub(crate) fn moment() -> Moment {
    Moment::from_unix_millis(1_795_000_000_000)
}

/// The two kinds of case: whether it is sealed.
pub(crate) const KINDS: [bool; 2] = [false, true];

/// A new case with only its first entry.
pub(crate) fn make(folder: &Path, sealed: bool, entropy: &mut Seeded) {
    let seal = sealed.then(new_seal);
    let holder = "process 1 (test)";
    drop(Vault::create(folder, holder, seal.as_ref(), None, moment(), entropy).unwrap());
}

/// The seal of every sealed case here; a try of its passphrase is cheap.
pub(crate) fn new_seal() -> NewSeal {
    let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    NewSeal { passphrase: passphrase(), cost, recipients: Vec::new() }
}

fn passphrase() -> Passphrase {
    Passphrase::new("a passphrase for tests").unwrap()
}

/// What opens the case, if it is sealed.
pub(crate) fn unlocked(folder: &Path) -> Option<Arc<Unlocked>> {
    let wraps = Vault::wraps(folder).unwrap();
    wraps.map(|wraps| Arc::new(wraps.unlock(&passphrase()).unwrap()))
}

/// The case, for reading.
pub(crate) fn look(folder: &Path) -> Vault {
    Vault::open(folder, unlocked(folder)).unwrap()
}

/// The case, open for writing.
pub(crate) fn open(folder: &Path) -> Vault {
    recovered(folder).0
}

/// The case, open for writing, and what was mended.
pub(crate) fn recovered(folder: &Path) -> (Vault, Recovery) {
    Vault::open_for_writing(folder, "process 1 (test)", unlocked(folder)).unwrap()
}

/// Stores bytes as evidence that no entry names.
pub(crate) fn stray(vault: &mut Vault, bytes: &[u8], entropy: &mut Seeded) -> Evidence {
    vault.put_evidence(bytes, entropy).unwrap()
}

/// `count` entries, each of which names no evidence.
pub(crate) fn origins(count: u64, entropy: &mut Seeded) -> Vec<Pending> {
    let origin = |number| {
        let (name, reason) = (format!("Origin {number}"), "it was there first".to_owned());
        Origin { id: OriginId::random(entropy), name, capture: None, reason }.into()
    };
    (0..count).map(origin).collect()
}

/// An entry that names a blob of its own, which is stored.
pub(crate) fn capture(vault: &mut Vault, text: &str, entropy: &mut Seeded) -> Pending {
    let evidence = vault.put_evidence(text.as_bytes(), entropy).unwrap();
    Capture {
        id: CaptureId::random(entropy),
        source: SourceRef { id: SourceId::random(entropy), url: None },
        method: "file".to_owned(),
        name: "page.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        published: None,
        evidence: vec![evidence],
        verdict: Verdict { code: "content".to_owned(), evidence: vec!["it has text".to_owned()] },
    }
    .into()
}

/// Commits `count` entries, the last of which has a blob of its own.
pub(crate) fn commit(vault: &mut Vault, count: u64, entropy: &mut Seeded) -> Vec<Committed> {
    let mut pending = origins(count.saturating_sub(1), entropy);
    let text = format!("{}", entropy.next());
    pending.push(capture(vault, &text, entropy));
    vault.commit(pending, moment(), entropy).unwrap()
}

/// What `verify` finds wrong with the case; nothing if it is intact.
pub(crate) fn failures(folder: &Path) -> Vec<String> {
    let unlocked = unlocked(folder);
    let files = witnessmark_verify::Folder::open(folder).unwrap();
    let report = witnessmark_verify::verify(
        &files,
        unlocked.as_deref().map(Unlocked::key),
        &witnessmark_verify::Trust::default(),
    );
    let failed = |check: &witnessmark_verify::Check| {
        format!("{}: {} – {}", check.name, check.subject, check.detail)
    };
    report.unwrap().failures().map(failed).collect()
}

/// Every file below a folder with its bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Writes files below a folder.
pub(crate) fn write(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
