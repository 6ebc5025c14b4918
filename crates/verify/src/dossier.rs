//! Verification of a dossier (`docs/format.md`, section *Dossier*): sums, checkpoint, entries, numbers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::id::{CaptureId, ClaimId, EstimateId};
use witnessmark_model::note::Verifier;
use witnessmark_model::payload::{Payload, Timestamp};
use witnessmark_model::{Digest, merkle, moment};

use crate::case::counted;
use crate::files::{self, Files, Listed};
use crate::findings::{Findings, Group};
use crate::report::{Kind, Report};
use crate::timestamps::{self, Beside, Outside};
use crate::trust::Trust;

mod entries;
mod numbers;
mod sums;

const CHECKPOINT: &str = "data/checkpoint";
const KEY: &str = "data/log.vkey";
const MANIFEST: &str = "data/dossier.json";
/// The version of a dossier of an open case: `object` is the digest of the payload that is shown.
const OPEN: u8 = 1;
/// The version of a dossier of a sealed case: `object` is the digest of bytes that only the case's keeper has.
const SEALED: u8 = 2;
/// The version of a dossier that carries timestamps: it says itself whether its case is sealed.
const TIMED: u8 = 3;
/// The folder of what vouches for checkpoints from outside.
const TIMESTAMPS: &str = "timestamps";
/// A consistency proof has at most two hashes a level of the tree.
const MOST_CONSISTENCY: usize = 128;
/// Checkpoints, keys and notes are a few lines.
const LARGEST_NOTE: u64 = 1 << 20;
/// A dossier's manifest, an entry file or a payload; payloads hold at most a quoted passage.
const LARGEST_JSON: u64 = 64 << 20;

type Names = BTreeMap<String, Listed>;

/// `data/dossier.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    v: u8,
    /// Shown on the pages; every text may stand here.
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "notice")]
    _notice: Option<String>,
    #[serde(rename = "profile")]
    _profile: String,
    day: String,
    log: String,
    size: u64,
    root: Digest,
    entries: Vec<u64>,
    numbers: Vec<Number>,
    estimates: Vec<Estimate>,
    exhibits: Vec<Exhibit>,
    /// From version 3 on: whether the case is sealed.
    sealed: Option<bool>,
    /// From version 3 on.
    timestamps: Option<Vec<Stamped>>,
}

impl Manifest {
    /// Whether the case is sealed; what is wrong with the version otherwise.
    fn is_sealed(&self) -> Result<bool, String> {
        match (self.v, self.sealed, &self.timestamps) {
            (OPEN, None, None) => Ok(false),
            (SEALED, None, None) => Ok(true),
            (TIMED, Some(sealed), Some(_)) => Ok(sealed),
            (OPEN | SEALED | TIMED, ..) => {
                Err("`sealed` and `timestamps` stand in version 3, and in no other".to_owned())
            }
            (other, ..) => Err(format!("it is of version {other}, which is not known here")),
        }
    }
}

/// A timestamp that is handed over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stamped {
    /// The entry that names it.
    entry: u64,
    /// That the log of its size is the beginning of the log of the checkpoint (RFC 6962, section 2.1.2).
    consistency: Vec<Digest>,
}

/// A number on a page, and the entries it rests on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    id: String,
    page: String,
    claim: ClaimId,
    claim_entry: u64,
    changes: Vec<u64>,
    passage_entry: u64,
    extraction_entry: u64,
    capture_entry: u64,
    capture_part: u64,
    exhibit: String,
}

/// An estimate on a page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Estimate {
    id: String,
    page: String,
    estimate: EstimateId,
    entry: u64,
    numbers: Vec<String>,
}

/// An exhibit with a page of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exhibit {
    id: String,
    page: String,
    capture: CaptureId,
    entry: u64,
    part: u64,
    text_part: Option<PartRef>,
}

/// One part of one entry.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartRef {
    entry: u64,
    part: u64,
}

/// Verifies a dossier. Every failure is named; none stops the rest. `trust` says whom the reader believes about time.
pub fn verify(files: &dyn Files, trust: &Trust) -> Report {
    let mut findings = Findings::default();
    for problem in files.problems() {
        findings.fail(Group::Container, "the zip", problem);
    }
    let names = match files.list() {
        Ok(listed) => by_name(listed, &mut findings),
        Err(error) => {
            findings.fail(Group::Files, "the dossier", error);
            return findings.report(Kind::Dossier, Vec::new(), Vec::new());
        }
    };
    let verifier = key(files, &mut findings);
    sums::check(files, &names, verifier.as_ref(), &mut findings);
    let manifest = manifest(files, &mut findings);
    let checkpoint = checkpoint(files, verifier.as_ref(), manifest.as_ref(), &mut findings);
    let entries = entries::check(
        files,
        &names,
        manifest.as_ref().map(entries::Claimed::of),
        checkpoint.as_ref().map(|(note, _)| note.as_slice()),
        verifier.as_ref(),
        &mut findings,
    );
    if let Some(manifest) = &manifest {
        numbers::check(files, &names, manifest, &entries, &mut findings);
    }
    let signed = checkpoint.as_ref().map(|(_, checkpoint)| checkpoint);
    let outside = manifest.as_ref().map(|manifest| {
        let of_log = (verifier.as_ref(), signed);
        outside(files, &names, manifest, of_log, &entries, trust, &mut findings)
    });
    let outside = outside.unwrap_or_default();
    for name in names.keys().filter(|name| name.starts_with("timestamps/")) {
        if manifest.is_some() && !outside.files.contains(name) {
            findings.fail(Group::Timestamps, name, "no entry names it");
        }
    }
    let size = signed.map_or(0, |checkpoint| checkpoint.size);
    let root = signed.map(|checkpoint| checkpoint.root.hex()).unwrap_or_default();
    outside.count_uncovered(size, 0, &mut findings);
    let fingerprint =
        |name| files::fingerprint(files, name).map(|found| found.sha256.hex()).unwrap_or_default();
    let sealed = manifest.as_ref().is_some_and(|manifest| manifest.is_sealed() == Ok(true));
    let marks = Marks { size, root, key: fingerprint(KEY), checkpoint: fingerprint(CHECKPOINT) };
    report(findings, &marks, entries.opened.len() as u64, sealed, &outside)
}

/// Checks the timestamps that are handed over: each named by an opened entry, over a checkpoint that is the beginning of
/// the log shown here.
fn outside(
    files: &dyn Files,
    names: &Names,
    manifest: &Manifest,
    (verifier, checkpoint): (Option<&Verifier>, Option<&Checkpoint>),
    entries: &entries::Entries,
    trust: &Trust,
    findings: &mut Findings,
) -> Outside {
    let listed = manifest.timestamps.as_deref().unwrap_or_default();
    let mut named: Vec<(u64, Timestamp)> = Vec::new();
    let mut paths: BTreeMap<u64, &[Digest]> = BTreeMap::new();
    for one in listed {
        let payload = entries.opened.get(&one.entry).and_then(|opened| opened.payload.as_ref());
        let Some(Payload::Timestamp(timestamp)) = payload else {
            let detail = format!("entry {} is no timestamp that is shown here", one.entry);
            findings.fail(Group::Timestamps, MANIFEST, detail);
            continue;
        };
        if one.consistency.len() > MOST_CONSISTENCY
            || named.iter().any(|(entry, _)| *entry == one.entry)
        {
            let detail = format!("entry {} stands twice, or its proof is too long", one.entry);
            findings.fail(Group::Timestamps, MANIFEST, detail);
            continue;
        }
        // A proof between two sizes has one form only, so two timestamps over one size show the same.
        let first: &[Digest] = paths.entry(timestamp.size).or_insert(&one.consistency);
        if first != one.consistency.as_slice() {
            let detail = format!(
                "entry {} has another proof than the timestamp before it over the same {} entries",
                one.entry, timestamp.size
            );
            findings.fail(Group::Timestamps, MANIFEST, detail);
            continue;
        }
        named.push((one.entry, timestamp.clone()));
    }
    let joins = |size: u64, root: &Digest| {
        let (Some(now), Some(path)) = (checkpoint, paths.get(&size)) else {
            return Err("there is no checkpoint to hold it against".to_owned());
        };
        match merkle::is_consistent(size, *root, now.size, now.root, path) {
            true => Ok(()),
            false => Err(format!(
                "its log of {size} entries is not shown to be the beginning of the log of data/checkpoint"
            )),
        }
    };
    let beside = Beside { files, names, below: TIMESTAMPS, joins: &joins, verifier };
    timestamps::check(&beside, &named, trust, findings)
}

/// The listing by name; a name that stands twice is a finding.
fn by_name(listed: Vec<Listed>, findings: &mut Findings) -> Names {
    let mut names = Names::new();
    let mut folded = BTreeSet::new();
    for one in listed {
        if !folded.insert(one.name.to_lowercase()) {
            let detail = "another name here differs from it at most in its capitals";
            findings.fail(Group::Files, &one.name, detail);
        }
        if !one.name.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            findings.fail(Group::Files, &one.name, "its name is not plain ASCII");
        }
        names.insert(one.name.clone(), one);
    }
    names
}

fn key(files: &dyn Files, findings: &mut Findings) -> Option<Verifier> {
    let text = files::bytes(files, KEY, LARGEST_NOTE).map_err(|error| error.to_string());
    let parsed = text.and_then(|bytes| {
        let text = String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Verifier::parse(line).map_err(|error| error.to_string())
    });
    match parsed {
        Ok(verifier) => Some(verifier),
        Err(detail) => {
            findings.fail(Group::Keys, KEY, detail);
            None
        }
    }
}

fn manifest(files: &dyn Files, findings: &mut Findings) -> Option<Manifest> {
    let parsed =
        json::<Manifest>(files, MANIFEST).and_then(|manifest| match manifest.is_sealed() {
            Ok(_) if moment::is_day(&manifest.day) => Ok(manifest),
            Ok(_) => Err("its day is not one".to_owned()),
            Err(wrong) => Err(wrong),
        });
    match parsed {
        Ok(manifest) => Some(manifest),
        Err(detail) => {
            findings.fail(Group::Numbers, MANIFEST, detail);
            None
        }
    }
}

/// A JSON file of the dossier; what is wrong with it, in words.
fn json<T: serde::de::DeserializeOwned>(files: &dyn Files, name: &str) -> Result<T, String> {
    let bytes = files::bytes(files, name, LARGEST_JSON).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

/// The checkpoint, its signature verified; compared with what the manifest says of it.
fn checkpoint(
    files: &dyn Files,
    verifier: Option<&Verifier>,
    manifest: Option<&Manifest>,
    findings: &mut Findings,
) -> Option<(Vec<u8>, Checkpoint)> {
    let note = match files::bytes(files, CHECKPOINT, LARGEST_NOTE) {
        Ok(note) => note,
        Err(error) => {
            findings.fail(Group::Checkpoint, CHECKPOINT, error);
            return None;
        }
    };
    let Some(verifier) = verifier else {
        findings.fail(Group::Checkpoint, CHECKPOINT, "there is no key to check its signature with");
        return None;
    };
    let checkpoint = match Checkpoint::open(&note, verifier) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            findings.fail(Group::Checkpoint, CHECKPOINT, error);
            return None;
        }
    };
    findings.pass(Group::Checkpoint);
    if let Some(manifest) = manifest {
        let same = (manifest.log.as_str(), manifest.size, manifest.root)
            == (checkpoint.log_name.as_str(), checkpoint.size, checkpoint.root);
        if same {
            findings.pass(Group::Root);
        } else {
            let detail = "its log, size or root is not that of data/checkpoint";
            findings.fail(Group::Root, MANIFEST, detail);
        }
    }
    Some((note, checkpoint))
}

/// What a reader compares with what was obtained elsewhere.
struct Marks {
    size: u64,
    root: String,
    /// SHA-256 of `data/log.vkey`.
    key: String,
    /// SHA-256 of `data/checkpoint`.
    checkpoint: String,
}

fn report(
    findings: Findings,
    marks: &Marks,
    opened: u64,
    sealed: bool,
    outside: &Outside,
) -> Report {
    use Group::*;
    let Marks { size, root, key, checkpoint } = marks;
    let mut proves: Vec<(&[Group], String)> = vec![
        (
            &[Sums, SumsNote, Files],
            "Every file here is one that the log's key signed for, and none was added.".into(),
        ),
        (
            &[Checkpoint, Root, Proofs],
            format!(
                "The {} shown here stand in a log of {}, whose root {root} the same key signed.",
                counted(opened, "entry", "entries"),
                counted(*size, "entry", "entries")
            ),
        ),
        (
            &[Openings, Payloads, Parts],
            "Each exhibit's digest equals the one recorded at acquisition by the process described, and \
             each payload is the one that the log committed to."
                .into(),
        ),
        (
            &[Numbers],
            "Each number leads through its claim, its passage and its text to the capture that they name."
                .into(),
        ),
        (
            &[Passages],
            "Each quotation whose text is here stands in it word for word, at its place.".into(),
        ),
    ];
    // Each stands for itself: the root that it covers leads to the one that is signed here.
    proves.extend(outside.shown.iter().map(|sentence| (&[Checkpoint][..], sentence.clone())));
    let mut does_not_prove: Vec<String> = vec![
        "That what the sources say is true, that they were written by whom they name, or that nothing \
         was left out."
            .into(),
        format!(
            "That this is the log you think it is: key and checkpoint came with the dossier. Compare the \
             fingerprint of the key, {key}, and that of the checkpoint, {checkpoint}, with ones obtained \
             elsewhere."
        ),
        outside.not_shown(*size, 0),
        "Who held a key, or whether they signed freely: a signature shows that the key signed.".into(),
        "That the pages for people say what the entries say: the files are those that were signed, but \
         only the numbers' chains in data/dossier.json were followed."
            .into(),
        "What was left out, redacted or not handed over: a part without its bytes shows only that its \
         digest was recorded."
            .into(),
    ];
    if sealed {
        does_not_prove.push(
            "That the case keeps what is shown under the digests in `object`: those are of sealed bytes, which \
             only its keeper has. What is shown is bound to the log by each entry's `commit`."
                .into(),
        );
    }
    findings.report(Kind::Dossier, proves, does_not_prove)
}
