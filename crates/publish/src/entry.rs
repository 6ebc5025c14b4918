//! One opened entry: checked before it is published, and as the file of the dossier.

use std::collections::BTreeMap;

use serde::Serialize;
use witnessmark_model::canonical::{self, CanonicalError};
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::leaf::{self, Field, Leaf, Opening, Salt};
use witnessmark_model::payload::Payload;
use witnessmark_model::{Digest, merkle};

use crate::error::PublishError;
use crate::input::{DossierInput, OpenedEntry, OpenedPart, Profile};

/// An entry that was checked.
pub(crate) struct Entry<'i> {
    /// As given.
    pub(crate) given: &'i OpenedEntry,
    /// The day it was written.
    pub(crate) day: &'i str,
    /// Its payload, if it is shown.
    pub(crate) payload: Option<Payload>,
}

impl<'i> Entry<'i> {
    /// The entry, once everything that a verifier would check of it holds, so that no dossier is made that fails.
    pub(crate) fn check(
        given: &'i OpenedEntry,
        input: &DossierInput,
        checkpoint: &Checkpoint,
    ) -> Result<Self, PublishError> {
        let bad = |what: String| PublishError::input(format!("entry {}", given.index), what);
        let value = |field: Field| {
            let opening = given.open.get(&field);
            opening
                .map(|opening| opening.value.as_str())
                .ok_or_else(|| bad(format!("`{}` is not opened", field.name())))
        };
        match input.profile {
            Profile::Public => refuse_what_is_not_public(given, value(Field::Kind)?)?,
        }
        let leaf = Leaf::parse(&given.leaf).map_err(|error| bad(error.to_string()))?;
        for (field, opening) in &given.open {
            if !leaf.opens(*field, opening) {
                return Err(bad(format!("the opening of `{}` is not the leaf's", field.name())));
            }
        }
        let day = value(Field::Day)?;
        if given.proof.index != given.index || given.proof.checkpoint != input.log.checkpoint {
            return Err(bad("its proof is of another index or another checkpoint".into()));
        }
        let hash = merkle::leaf_hash(&given.leaf);
        let path = &given.proof.path;
        let root = merkle::root_from_inclusion(hash, given.index, checkpoint.size, path);
        if root != Some(checkpoint.root) {
            return Err(bad("its proof does not lead to the checkpoint's root".into()));
        }
        let commit = value(Field::Commit)?;
        check_parts(given, commit).map_err(&bad)?;
        // What is sealed has another digest than what it says; what it says is part 0 of the commitment in both kinds.
        let object = Some(value(Field::Object)?).filter(|_| !input.sealed);
        let payload = match &given.payload {
            None => None,
            Some(bytes) => {
                Some(check_payload(given, bytes, value(Field::Kind)?, object).map_err(bad)?)
            }
        };
        Ok(Self { given, day, payload })
    }

    /// A part that is shown.
    pub(crate) fn part(&self, index: u64) -> Option<&'i OpenedPart> {
        self.given.parts.iter().find(|part| part.index == index)
    }
}

fn refuse_what_is_not_public(given: &OpenedEntry, kind: &str) -> Result<(), PublishError> {
    let refuse = |what| Err(PublishError::NotForPublic { entry: given.index, what });
    if given.open.contains_key(&Field::At) {
        return refuse("a moment finer than a day (the value `at`)");
    }
    if kind == "import" && given.parts.iter().any(|part| part.bytes.is_some()) {
        return refuse("a record of an archive, with the headers of its transport,");
    }
    Ok(())
}

fn check_parts(given: &OpenedEntry, commit: &str) -> Result<(), String> {
    for part in &given.parts {
        let item = leaf::part_leaf(&part.salt, &part.sha256);
        let root = merkle::root_from_inclusion(item, part.index, given.part_count, &part.path);
        if root.map(|root| root.hex()).as_deref() != Some(commit) {
            return Err(format!("part {} does not lead to `commit`", part.index));
        }
        if part.index == 0 && part.bytes.is_some() {
            return Err("part 0 is the payload; its bytes are not given twice".into());
        }
        if given.parts.iter().filter(|other| other.index == part.index).count() > 1 {
            return Err(format!("part {} is given twice", part.index));
        }
    }
    Ok(())
}

fn check_payload(
    given: &OpenedEntry,
    bytes: &[u8],
    kind: &str,
    object: Option<&str>,
) -> Result<Payload, String> {
    let digest = Digest::of(bytes);
    if object.is_some_and(|object| digest.hex() != object) {
        return Err("its payload is not the object that the leaf names".into());
    }
    let payload = Payload::parse(bytes).map_err(|error| format!("its payload: {error}"))?;
    if payload.kind() != kind {
        return Err(format!("its payload is of kind {}, its leaf of kind {kind}", payload.kind()));
    }
    let shown = |index: u64| given.parts.iter().find(|part| part.index == index);
    if shown(0).map(|part| part.sha256) != Some(digest) {
        return Err("part 0, the payload, is not among its parts".into());
    }
    let evidence = payload.parts();
    let archive = payload.archive();
    let expected = archive.map_or(evidence.len() as u64, |archive| archive.records);
    if given.part_count != expected.saturating_add(1) {
        return Err(format!("it has {} parts, its payload names {expected}", given.part_count));
    }
    if archive.is_none() {
        for (index, item) in (1..).zip(evidence) {
            if shown(index).is_some_and(|part| part.sha256 != item.plain_sha256) {
                return Err(format!("part {index} is not the evidence that the payload names"));
            }
        }
    }
    Ok(payload)
}

#[derive(Serialize)]
struct EntryFile<'e> {
    v: u8,
    index: u64,
    leaf: &'e str,
    open: BTreeMap<&'static str, &'e Opening>,
    payload: Option<String>,
    proof: String,
    part_count: u64,
    parts: Vec<PartLine<'e>>,
}

#[derive(Serialize)]
struct PartLine<'e> {
    index: u64,
    salt: &'e Salt,
    sha256: &'e Digest,
    path: &'e [Digest],
    file: Option<String>,
}

/// The version of a dossier and of its entries: 1 of an open case, 2 of a sealed one, 3 of either with timestamps.
pub(crate) fn version(input: &DossierInput) -> u8 {
    match (input.timestamps.is_empty(), input.sealed) {
        (false, _) => 3,
        (true, true) => 2,
        (true, false) => 1,
    }
}

/// `entries/<index>.json`.
pub(crate) fn entry_path(index: u64) -> String {
    format!("entries/{index}.json")
}

/// `payloads/<index>.json`.
pub(crate) fn payload_path(index: u64) -> String {
    format!("payloads/{index}.json")
}

/// `proofs/<index>.tlog-proof`.
pub(crate) fn proof_path(index: u64) -> String {
    format!("proofs/{index}.tlog-proof")
}

/// `parts/<sha256>`.
pub(crate) fn part_path(sha256: &Digest) -> String {
    format!("parts/{sha256}")
}

/// The bytes of the entry's file (`docs/format.md`, section Dossier).
pub(crate) fn file(given: &OpenedEntry, version: u8) -> Result<Vec<u8>, CanonicalError> {
    let mut parts: Vec<&OpenedPart> = given.parts.iter().collect();
    parts.sort_by_key(|part| part.index);
    let leaf = String::from_utf8_lossy(&given.leaf);
    let mut bytes = canonical::to_bytes(&EntryFile {
        v: version,
        index: given.index,
        leaf: &leaf,
        open: given.open.iter().map(|(field, opening)| (field.name(), opening)).collect(),
        payload: given.payload.as_ref().map(|_| payload_path(given.index)),
        proof: proof_path(given.index),
        part_count: given.part_count,
        parts: parts
            .into_iter()
            .map(|part| PartLine {
                index: part.index,
                salt: &part.salt,
                sha256: &part.sha256,
                path: &part.path,
                file: part.bytes.as_ref().map(|_| part_path(&part.sha256)),
            })
            .collect(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}
