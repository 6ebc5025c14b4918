//! What entries say about each other: every id that is named exists, and every quoted passage stands in its text.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_model::id::*;
use witnessmark_model::payload::{
    Erasure, ErasureConfirmed, Evidence, ManifestLine, Passage, PassageConfirmed, PassageOnPicture,
    Payload,
};
use witnessmark_model::{Digest, text_position};

use super::blobs;
use super::plain::Plain;
use crate::findings::{Findings, Group};

/// Longer texts are not read to compare a quotation; no reader of documents gives any.
const LONGEST_TEXT: u64 = 256 << 20;

/// The bytes of a capture that can be read into a text.
enum Captured {
    Files(Box<[Digest]>),
    Record(Digest),
}

struct Frozen {
    capture: CaptureId,
    text: Evidence,
}

/// Why a reference does not hold.
enum Broken {
    /// What it names is not known, or not yet.
    Missing(String),
    /// What it names says otherwise.
    Wrong(Group, String),
    /// It cannot be told, because a blob is damaged.
    Unknown(String),
}

/// Ids seen so far, and payloads that wait for ids that were not.
#[derive(Default)]
pub(super) struct Index {
    captures: BTreeMap<CaptureId, Captured>,
    extractions: BTreeMap<ExtractionId, Frozen>,
    passages: BTreeSet<PassageId>,
    /// Passages that a program read in a picture, and whether a person has compared them.
    on_pictures: BTreeMap<PassageId, bool>,
    /// Claims on passages that nobody had compared by then.
    too_early: Vec<(u64, PassageId)>,
    claims: BTreeSet<ClaimId>,
    origins: BTreeSet<OriginId>,
    codebooks: BTreeSet<Digest>,
    others: BTreeSet<[u8; 16]>,
    waiting: Vec<(u64, Payload)>,
    /// The entries now are copies out of another log, whose sizes they name.
    copying: bool,
    /// Entries that bring an id that an earlier one has.
    twice: Vec<(u64, String)>,
    text: Option<(Digest, String)>,
}

impl Index {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Notes a record of an archive that is a capture.
    pub(super) fn add_record(&mut self, index: u64, line: &ManifestLine) {
        let Some(capture) = line.capture else { return };
        if self.captures.insert(capture, Captured::Record(line.sha256)).is_some() {
            self.twice.push((index, capture.to_string()));
        }
    }

    /// Notes the ids that an entry brings, and checks those that it names.
    pub(super) fn add(
        &mut self,
        index: u64,
        payload: Payload,
        bytes: &Plain<'_>,
        findings: &mut Findings,
    ) {
        if let Some(id) = self.note(&payload) {
            self.twice.push((index, id));
        }
        if let Payload::Claim(claim) = &payload
            && self.on_pictures.get(&claim.passage) == Some(&false)
        {
            self.too_early.push((index, claim.passage));
        }
        match self.follow(index, &payload, bytes) {
            Ok(checked) => passed(checked, findings),
            Err(Broken::Missing(_)) => self.waiting.push((index, payload)),
            Err(Broken::Wrong(group, detail)) => {
                findings.fail(group, format!("entry {index}"), detail);
            }
            Err(Broken::Unknown(detail)) => {
                findings.unchecked(Group::Passages, format!("entry {index}"), detail);
            }
        }
    }

    /// Checks what had to wait. `unread`: some entries could not be read, and may hold what is named. `replaced`: an erasure
    /// is not finished, so that an archive and the copy that takes its place are both there.
    pub(super) fn finish(
        mut self,
        bytes: &Plain<'_>,
        unread: bool,
        replaced: bool,
        size: u64,
        findings: &mut Findings,
    ) {
        for (index, id) in std::mem::take(&mut self.twice) {
            let (subject, detail) =
                (format!("entry {index}"), format!("it brings {id}, which an earlier entry has"));
            match replaced {
                true => findings.unchecked(Group::Unfinished, subject, detail),
                false => findings.fail(Group::Links, subject, detail),
            }
        }
        for (index, passage) in std::mem::take(&mut self.too_early) {
            let subject = format!("entry {index}");
            let detail = format!(
                "it rests on {passage}, which OCR read and nobody had compared with its picture"
            );
            match unread {
                true => {
                    let detail =
                        format!("{detail}; an entry that cannot be read may say that somebody did");
                    findings.unchecked(Group::Links, subject, detail);
                }
                false => findings.fail(Group::Links, subject, detail),
            }
        }
        for (index, payload) in std::mem::take(&mut self.waiting) {
            let subject = format!("entry {index}");
            match self.follow(index.max(size), &payload, bytes) {
                Ok(checked) => passed(checked, findings),
                Err(Broken::Missing(detail)) if unread => {
                    let detail = format!("{detail}; an entry that cannot be read may hold it");
                    findings.unchecked(Group::Links, subject, detail);
                }
                Err(Broken::Missing(detail)) => findings.fail(Group::Links, subject, detail),
                Err(Broken::Wrong(group, detail)) => findings.fail(group, subject, detail),
                Err(Broken::Unknown(detail)) => {
                    findings.unchecked(Group::Passages, subject, detail);
                }
            }
        }
    }

    /// The id that this payload brings, if it was there before.
    fn note(&mut self, payload: &Payload) -> Option<String> {
        let (new, id) = match payload {
            Payload::Capture(capture) => {
                let parts = capture.evidence.iter().map(|evidence| evidence.plain_sha256);
                let captured = Captured::Files(parts.collect());
                (self.captures.insert(capture.id, captured).is_none(), capture.id.to_string())
            }
            Payload::Extraction(extraction) => {
                let frozen = Frozen { capture: extraction.capture, text: extraction.text.clone() };
                let new = self.extractions.insert(extraction.id, frozen).is_none();
                (new, extraction.id.to_string())
            }
            Payload::Passage(passage) => (self.passages.insert(passage.id), passage.id.to_string()),
            Payload::Claim(claim) => (self.claims.insert(claim.id), claim.id.to_string()),
            Payload::Origin(origin) => (self.origins.insert(origin.id), origin.id.to_string()),
            Payload::Codebook(codebook) => {
                self.codebooks.insert(codebook.evidence.plain_sha256);
                (self.others.insert(codebook.id.bytes()), codebook.id.to_string())
            }
            Payload::Gazetteer(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Configuration(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Egress(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Export(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::OutsideSearch(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Witness(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Recording(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Import(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Lineage(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Estimate(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Publication(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::TimeAuthority(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::Timestamp(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::CaseCreated(created) => {
                self.copying = created.previous.is_some();
                return None;
            }
            Payload::Predecessor(_) => {
                self.copying = false;
                return None;
            }
            Payload::ErasureRule(one) => (self.others.insert(one.id.bytes()), one.id.to_string()),
            Payload::ErasureRequested(one) => {
                (self.others.insert(one.id.bytes()), one.id.to_string())
            }
            Payload::ActorAdded(_)
            | Payload::ActorNamed(_)
            | Payload::Erasure(_)
            | Payload::ErasureConfirmed(_)
            | Payload::Hold(_)
            | Payload::CaseCopy(_)
            | Payload::ClaimChange(_)
            | Payload::Cosigned(_)
            | Payload::Escrow(_)
            | Payload::Judgement(_) => return None,
            Payload::PassageOnPicture(found) => {
                self.on_pictures.entry(found.passage).or_insert(false);
                return None;
            }
            Payload::PassageConfirmed(confirmed) => {
                self.on_pictures.insert(confirmed.passage, true);
                return None;
            }
        };
        (!new).then_some(id)
    }

    /// Follows every reference of a payload. `index` entries come before it.
    fn follow(
        &mut self,
        index: u64,
        payload: &Payload,
        bytes: &Plain<'_>,
    ) -> Result<Option<Group>, Broken> {
        let named = |there: bool, id: &dyn std::fmt::Display| {
            if there {
                Ok(())
            } else {
                Err(Broken::Missing(format!("it names {id}, which no entry holds")))
            }
        };
        match payload {
            Payload::Extraction(extraction) => {
                let captured = self.captures.get(&extraction.capture);
                named(captured.is_some(), &extraction.capture)?;
                let read = match captured {
                    Some(Captured::Files(parts)) => parts.contains(&extraction.of),
                    Some(Captured::Record(record)) => *record == extraction.of,
                    None => false,
                };
                if !read {
                    let detail = format!(
                        "it was read from bytes with the digest {}, which are not those of {}",
                        extraction.of, extraction.capture
                    );
                    return Err(Broken::Wrong(Group::Links, detail));
                }
            }
            Payload::Passage(passage) => {
                named(self.captures.contains_key(&passage.capture), &passage.capture)?;
                self.passage(passage, bytes)?;
                return Ok(Some(Group::Passages));
            }
            Payload::Claim(claim) => {
                named(self.passages.contains(&claim.passage), &claim.passage)?;
                let codebook = format!("the codebook {}", claim.codebook);
                named(self.codebooks.contains(&claim.codebook), &codebook)?;
            }
            Payload::ClaimChange(change) => {
                named(self.claims.contains(&change.claim), &change.claim)?;
            }
            Payload::Judgement(judgement) => {
                named(self.captures.contains_key(&judgement.capture), &judgement.capture)?;
            }
            Payload::PassageOnPicture(PassageOnPicture { passage, .. })
            | Payload::PassageConfirmed(PassageConfirmed { passage, .. }) => {
                named(self.passages.contains(passage), passage)?;
            }
            Payload::OutsideSearch(search) => {
                if search.captures.is_empty() {
                    return Ok(None);
                }
                for capture in &search.captures {
                    named(self.captures.contains_key(capture), capture)?;
                }
            }
            Payload::Export(export) => {
                for id in &export.of {
                    let capture = id.parse().is_ok_and(|id| self.captures.contains_key(&id));
                    let archive = id.parse::<ImportId>();
                    let archive = archive.is_ok_and(|id| self.others.contains(&id.bytes()));
                    named(capture || archive, id)?;
                }
            }
            Payload::Origin(origin) => match &origin.capture {
                Some(capture) => named(self.captures.contains_key(capture), capture)?,
                None => return Ok(None),
            },
            Payload::Lineage(lineage) => {
                named(self.captures.contains_key(&lineage.later), &lineage.later)?;
                let capture =
                    lineage.earlier.parse().is_ok_and(|id| self.captures.contains_key(&id));
                let origin = lineage.earlier.parse().is_ok_and(|id| self.origins.contains(&id));
                named(capture || origin, &lineage.earlier)?;
            }
            Payload::Estimate(estimate) => {
                for claim in &estimate.claims {
                    named(self.claims.contains(claim), claim)?;
                }
            }
            Payload::Publication(publication) => {
                if publication.size > index && !self.copying {
                    let detail = format!(
                        "it names a log of {} entries, more than were there before it",
                        publication.size
                    );
                    return Err(Broken::Wrong(Group::Links, detail));
                }
            }
            Payload::Erasure(Erasure { request, .. })
            | Payload::ErasureConfirmed(ErasureConfirmed { request, .. }) => {
                named(self.others.contains(&request.bytes()), request)?;
            }
            // What a request or a hold names may be erased, and is not looked for.
            Payload::ErasureRequested(_)
            | Payload::ErasureRule(_)
            | Payload::Hold(_)
            | Payload::ActorNamed(_)
            | Payload::CaseCreated(_)
            | Payload::Predecessor(_)
            | Payload::ActorAdded(_)
            | Payload::CaseCopy(_)
            | Payload::Configuration(_)
            | Payload::Codebook(_)
            | Payload::Gazetteer(_)
            | Payload::Capture(_)
            | Payload::Egress(_)
            | Payload::Witness(_)
            | Payload::Cosigned(_)
            | Payload::TimeAuthority(_)
            | Payload::Escrow(_)
            | Payload::Recording(_)
            | Payload::Import(_) => return Ok(None),
            Payload::Timestamp(timestamp) => match timestamp.completes {
                Some(earlier) => named(self.others.contains(&earlier.bytes()), &earlier)?,
                None => return Ok(None),
            },
        }
        Ok(Some(Group::Links))
    }

    fn passage(&mut self, passage: &Passage, bytes: &Plain<'_>) -> Result<(), Broken> {
        let Some(frozen) = self.extractions.get(&passage.extraction) else {
            let detail = format!("it names {}, which no entry holds", passage.extraction);
            return Err(Broken::Missing(detail));
        };
        let wrong = |detail: String| Err(Broken::Wrong(Group::Passages, detail));
        if frozen.capture != passage.capture {
            return wrong(format!(
                "its extraction is one of {}, not of its capture",
                frozen.capture
            ));
        }
        let path = blobs::path(&frozen.text.sha256);
        if self.text.as_ref().is_none_or(|(digest, _)| *digest != frozen.text.sha256) {
            let sound = bytes.blobs.get(&frozen.text.sha256).is_some_and(|blob| blob.sound);
            if !sound {
                return Err(Broken::Unknown(format!("its text {path} is missing or damaged")));
            }
            let bytes = bytes
                .read(&frozen.text, LONGEST_TEXT)
                .map_err(|error| Broken::Unknown(format!("its text {path}: {error}")))?;
            let text = String::from_utf8(bytes).map_err(|_| {
                Broken::Wrong(Group::Passages, format!("its text {path} is not UTF-8"))
            })?;
            self.text = Some((frozen.text.sha256, text));
        }
        let text = self.text.as_ref().map(|(_, text)| text.as_str()).unwrap_or_default();
        match stands(text, passage) {
            None => Ok(()),
            Some(detail) => wrong(format!("{detail} in {path}")),
        }
    }
}

/// Why the passage does not stand in the text where it says, if so.
pub(crate) fn stands(text: &str, passage: &Passage) -> Option<&'static str> {
    let range = usize::try_from(passage.start).ok().zip(usize::try_from(passage.end).ok());
    let found = range.and_then(|(start, end)| {
        let exact = text_position::slice(text, start, end)?;
        let from = text_position::byte_offset(text, start)?;
        Some((exact, text.get(..from)?, text.get(from + exact.len()..)?))
    });
    match found {
        None => Some("its range lies outside the text"),
        Some((exact, _, _)) if exact != passage.exact => {
            Some("other words than it quotes stand at its place")
        }
        Some((_, before, _)) if !before.ends_with(&passage.prefix) => {
            Some("other words than its prefix stand before it")
        }
        Some((_, _, after)) if !after.starts_with(&passage.suffix) => {
            Some("other words than its suffix stand after it")
        }
        Some(_) if passage.exact.is_empty() => Some("it quotes nothing"),
        Some(_) => None,
    }
}

fn passed(checked: Option<Group>, findings: &mut Findings) {
    if let Some(group) = checked {
        if group == Group::Passages {
            findings.pass(Group::Links);
        }
        findings.pass(group);
    }
}
