//! Opened entries: each shown to be in the log, to say what it says, and to hold the parts that are handed over.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use witnessmark_model::Digest;
use witnessmark_model::id::ActorId;
use witnessmark_model::leaf::{self, Field, Leaf, Opening, Salt, Values};
use witnessmark_model::merkle;
use witnessmark_model::moment;
use witnessmark_model::note::Verifier;
use witnessmark_model::payload::Payload;
use witnessmark_model::proof::LogProof;

use super::{LARGEST_JSON, LARGEST_NOTE, MANIFEST, Manifest, Names, OPEN, SEALED, TIMED, json};
use crate::files::{self, Files};
use crate::findings::{Findings, Group};

/// The fields that every entry of a dossier opens.
const ALWAYS: [Field; 4] = [Field::Kind, Field::Object, Field::Commit, Field::Day];

/// `entries/<index>.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryFile {
    v: u8,
    index: u64,
    leaf: String,
    open: BTreeMap<Field, Opening>,
    payload: Option<String>,
    proof: String,
    part_count: u64,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    index: u64,
    salt: Salt,
    sha256: Digest,
    path: Vec<Digest>,
    file: Option<String>,
}

/// An entry whose proof, openings, payload and parts held.
pub(super) struct Opened {
    /// The payload, if it was handed over.
    pub payload: Option<Payload>,
    /// The opened values.
    values: BTreeMap<Field, String>,
    /// The parts that are shown: digest, and the file if the bytes are here.
    pub parts: BTreeMap<u64, (Digest, Option<String>)>,
}

/// The entries that held, by index.
#[derive(Default)]
pub(super) struct Entries {
    pub opened: BTreeMap<u64, Opened>,
    /// Entries that are here and did not hold.
    pub broken: BTreeSet<u64>,
}

/// What the manifest says of all entries.
#[derive(Clone, Copy)]
pub(super) struct Claimed<'m> {
    version: u8,
    sealed: bool,
    listed: &'m [u64],
}

impl<'m> Claimed<'m> {
    pub(super) fn of(manifest: &'m Manifest) -> Self {
        let sealed = manifest.is_sealed() == Ok(true);
        Self { version: manifest.v, sealed, listed: &manifest.entries }
    }
}

fn path(index: u64) -> String {
    format!("entries/{index}.json")
}

pub(super) fn check(
    files: &dyn Files,
    names: &Names,
    claimed: Option<Claimed<'_>>,
    checkpoint: Option<&[u8]>,
    verifier: Option<&Verifier>,
    findings: &mut Findings,
) -> Entries {
    let mut wanted: BTreeSet<u64> = names
        .keys()
        .filter_map(|name| name.strip_prefix("entries/")?.strip_suffix(".json")?.parse().ok())
        .filter(|index| names.contains_key(&path(*index)))
        .collect();
    if let Some(claimed) = claimed {
        let listed: BTreeSet<u64> = claimed.listed.iter().copied().collect();
        for index in wanted.symmetric_difference(&listed) {
            let detail = match listed.contains(index) {
                true => format!("it lists entry {index}, whose file is missing"),
                false => format!("it does not list entry {index}, whose file is here"),
            };
            findings.fail(Group::Proofs, MANIFEST, detail);
        }
        wanted.extend(listed.iter().filter(|index| names.contains_key(&path(**index))));
    }
    let mut entries = Entries::default();
    let mut checker = Checker { files, claimed, checkpoint, verifier, findings };
    let mut used = BTreeSet::new();
    for index in wanted {
        match checker.entry(index, &mut used) {
            Some(opened) => {
                entries.opened.insert(index, opened);
            }
            None => {
                entries.broken.insert(index);
            }
        }
    }
    for name in names.keys() {
        let owned = ["payloads/", "proofs/", "parts/"].iter().any(|top| name.starts_with(top));
        if owned && !used.contains(name) {
            findings.fail(Group::Proofs, name, "no entry names it");
        }
    }
    signatures(&entries, findings);
    entries
}

struct Checker<'c> {
    files: &'c dyn Files,
    /// The dossier's version, which each entry repeats, and what it says else; none if the manifest could not be read.
    claimed: Option<Claimed<'c>>,
    checkpoint: Option<&'c [u8]>,
    verifier: Option<&'c Verifier>,
    findings: &'c mut Findings,
}

impl Checker<'_> {
    fn entry(&mut self, index: u64, used: &mut BTreeSet<String>) -> Option<Opened> {
        let name = path(index);
        let entry: EntryFile = match json(self.files, &name) {
            Ok(entry) => entry,
            Err(detail) => {
                self.findings.fail(Group::Openings, name, detail);
                return None;
            }
        };
        used.insert(entry.proof.clone());
        used.extend(entry.payload.clone());
        used.extend(entry.parts.iter().filter_map(|part| part.file.clone()));
        let fits = match self.claimed {
            Some(claimed) => entry.v == claimed.version,
            None => matches!(entry.v, OPEN | SEALED | TIMED),
        };
        if !fits || entry.index != index {
            let detail = format!("it says version {} and index {}", entry.v, entry.index);
            self.findings.fail(Group::Openings, name, detail);
            return None;
        }
        let proven = self.proof(index, &entry);
        let opened = self.openings(&name, &entry);
        let values: BTreeMap<Field, String> =
            entry.open.iter().map(|(field, opening)| (*field, opening.value.clone())).collect();
        // In an open case `object` is the digest of what the entry says; in a sealed one, of bytes that are not here, and
        // what it says is bound by part 0 alone.
        let own = entry.parts.iter().find(|part| part.index == 0).map(|part| part.sha256);
        let says = if self.is_sealed(&entry) { own } else { digest(&values, Field::Object) };
        let (payload, sound) = self.payload(index, &entry, says, values.get(&Field::Kind));
        let whole =
            self.parts(&name, &entry, says, digest(&values, Field::Commit), payload.as_ref());
        let parts = entry.parts.into_iter().map(|part| (part.index, (part.sha256, part.file)));
        let parts = parts.collect();
        (proven && opened && sound && whole).then_some(Opened { payload, values, parts })
    }

    /// Whether `object` is of bytes that are not here; where nothing says so, what is here cannot be held against it.
    fn is_sealed(&self, entry: &EntryFile) -> bool {
        self.claimed.map_or(entry.v != OPEN, |claimed| claimed.sealed)
    }

    fn proof(&mut self, index: u64, entry: &EntryFile) -> bool {
        let name = &entry.proof;
        let found = files::bytes(self.files, name, LARGEST_NOTE)
            .map_err(|error| error.to_string())
            .and_then(|bytes| LogProof::parse(&bytes).map_err(|error| error.to_string()))
            .and_then(|proof| {
                if *name != format!("proofs/{index}.tlog-proof") {
                    return Err(format!("it is not the file for entry {index}"));
                }
                if proof.index != index {
                    return Err(format!("it is one for entry {}, not {index}", proof.index));
                }
                match (self.checkpoint, self.verifier) {
                    (Some(checkpoint), _) if proof.checkpoint != checkpoint => {
                        Err("its checkpoint is not data/checkpoint, byte for byte".into())
                    }
                    (Some(_), Some(verifier)) => proof
                        .verify(entry.leaf.as_bytes(), verifier)
                        .map_err(|error| format!("entry {index}: {error}")),
                    _ => Err("there is no checkpoint, or no key, to check it with".into()),
                }
            });
        match found {
            Ok(_) => {
                self.findings.pass(Group::Proofs);
                true
            }
            Err(detail) => {
                self.findings.fail(Group::Proofs, name, detail);
                false
            }
        }
    }

    fn openings(&mut self, name: &str, entry: &EntryFile) -> bool {
        let leaf = match Leaf::parse(entry.leaf.as_bytes()) {
            Ok(leaf) => leaf,
            Err(error) => {
                self.findings.fail(Group::Openings, name, error);
                return false;
            }
        };
        let mut all = true;
        for field in ALWAYS {
            if !entry.open.contains_key(&field) {
                let detail = format!("it does not open `{}`", field.name());
                self.findings.fail(Group::Openings, name, detail);
                all = false;
            }
        }
        for (field, opening) in &entry.open {
            if leaf.opens(*field, opening) {
                self.findings.pass(Group::Openings);
            } else {
                let detail = format!("what it opens as `{}` is not in the leaf", field.name());
                self.findings.fail(Group::Openings, name, detail);
                all = false;
            }
        }
        if entry.open.get(&Field::Day).is_some_and(|day| !moment::is_day(&day.value)) {
            self.findings.fail(Group::Openings, name, "its day is not one");
            all = false;
        }
        all
    }

    /// The payload, and whether nothing about it is wrong.
    fn payload(
        &mut self,
        index: u64,
        entry: &EntryFile,
        says: Option<Digest>,
        kind: Option<&String>,
    ) -> (Option<Payload>, bool) {
        let Some(name) = &entry.payload else { return (None, true) };
        let found = files::bytes(self.files, name, LARGEST_JSON)
            .map_err(|error| error.to_string())
            .and_then(|bytes| {
                if *name != format!("payloads/{index}.json") {
                    return Err(format!("it is not the file for entry {index}"));
                }
                let digest = Digest::of(&bytes);
                if says != Some(digest) {
                    let named = if self.is_sealed(entry) { "part 0" } else { "the `object`" };
                    return Err(format!("its digest {digest} is not {named} of entry {index}"));
                }
                Payload::parse(&bytes).map_err(|error| error.to_string())
            })
            .and_then(|payload| match kind {
                Some(kind) if kind == payload.kind() => Ok(payload),
                _ => Err(format!("it is a {}, the leaf says otherwise", payload.kind())),
            });
        match found {
            Ok(payload) => {
                self.findings.pass(Group::Payloads);
                (Some(payload), true)
            }
            Err(detail) => {
                self.findings.fail(Group::Payloads, name, detail);
                (None, false)
            }
        }
    }

    fn parts(
        &mut self,
        name: &str,
        entry: &EntryFile,
        says: Option<Digest>,
        commit: Option<Digest>,
        payload: Option<&Payload>,
    ) -> bool {
        let mut wrong = Vec::new();
        let named = payload.map(|payload| match payload.archive() {
            Some(archive) => (archive.records, Vec::new()),
            None => (payload.parts().len() as u64, payload.parts()),
        });
        if named.as_ref().is_some_and(|(count, _)| count.checked_add(1) != Some(entry.part_count)) {
            let detail = format!("it says {} parts, its payload otherwise", entry.part_count);
            wrong.push((name.to_owned(), detail));
        }
        let mut seen = BTreeSet::new();
        for part in &entry.parts {
            let mut part_wrong = |detail: String| wrong.push((name.to_owned(), detail));
            if !seen.insert(part.index) {
                part_wrong(format!("part {} stands twice", part.index));
            }
            let item = leaf::part_leaf(&part.salt, &part.sha256);
            let root = merkle::root_from_inclusion(item, part.index, entry.part_count, &part.path);
            if root.is_none() || root != commit {
                part_wrong(format!("part {} does not lead to its `commit`", part.index));
            }
            let recorded = match (part.index.checked_sub(1), &named) {
                (None, _) => says,
                (Some(at), Some((_, parts))) => {
                    let at = usize::try_from(at).unwrap_or(usize::MAX);
                    parts.get(at).map(|evidence| evidence.plain_sha256)
                }
                (Some(_), None) => None,
            };
            if recorded.is_some_and(|recorded| recorded != part.sha256) {
                part_wrong(format!("part {} is not the one that its payload names", part.index));
            }
            if let Some(file) = &part.file {
                let found = files::fingerprint(self.files, file);
                let detail = match found {
                    Ok(found) if found.sha256 != part.sha256 => Some(format!(
                        "its digest {} is not that of part {} of {name}, {}",
                        found.sha256, part.index, part.sha256
                    )),
                    Ok(_) if *file != format!("parts/{}", part.sha256) => {
                        Some(format!("it is not named by the digest of part {}", part.index))
                    }
                    Ok(_) => None,
                    Err(error) => Some(format!("part {} of {name}: {error}", part.index)),
                };
                wrong.extend(detail.map(|detail| (file.clone(), detail)));
            }
        }
        if !seen.contains(&0) {
            wrong.push((name.to_owned(), "it does not show part 0, the payload's own".to_owned()));
        }
        let whole = wrong.is_empty();
        for (subject, detail) in wrong {
            self.findings.fail(Group::Parts, subject, detail);
        }
        if whole {
            self.findings.pass(Group::Parts);
        }
        whole
    }
}

fn digest(values: &BTreeMap<Field, String>, field: Field) -> Option<Digest> {
    values.get(&field)?.parse().ok()
}

/// Where an entry opens author, time and signature, and the author's key is among the payloads, checks the signature.
fn signatures(entries: &Entries, findings: &mut Findings) {
    let mut keys: BTreeMap<ActorId, (u64, &str)> = BTreeMap::new();
    for (index, opened) in &entries.opened {
        let (actor, key) = match &opened.payload {
            Some(Payload::CaseCreated(created)) => {
                (created.founder.actor, created.founder.public_key.as_str())
            }
            Some(Payload::ActorAdded(added)) => (added.actor, added.public_key.as_str()),
            _ => continue,
        };
        keys.entry(actor).or_insert((*index, key));
    }
    for (index, opened) in &entries.opened {
        let Some(sig) = opened.values.get(&Field::Sig) else { continue };
        let name = path(*index);
        let get = |field| opened.values.get(&field).cloned();
        let values = (|| {
            Some(Values {
                actor: get(Field::Actor)?.parse().ok()?,
                at: get(Field::At)?,
                commit: digest(&opened.values, Field::Commit)?,
                day: get(Field::Day)?,
                kind: get(Field::Kind)?,
                object: digest(&opened.values, Field::Object)?,
                sig: sig.clone(),
            })
        })();
        let Some(values) = values else {
            let detail = "it opens the signature, but not all that it signs";
            findings.unchecked(Group::Signatures, name, detail);
            continue;
        };
        match keys.get(&values.actor) {
            Some((from, key)) if from <= index && values.is_signed_by(key) => {
                findings.pass(Group::Signatures);
            }
            Some(_) => {
                let detail = format!("its signature is not one by the key of {}", values.actor);
                findings.fail(Group::Signatures, name, detail);
            }
            None => {
                let detail = format!("the key of {} is not among the payloads here", values.actor);
                findings.unchecked(Group::Signatures, name, detail);
            }
        }
    }
}
