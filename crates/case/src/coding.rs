//! Passages and claims: quoting exactly, and saying what the quoted words say.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use witnessmark_claims::Draft;
use witnessmark_claims::change::difference;
use witnessmark_claims::import::read_claims;
use witnessmark_model::id::{CaptureId, ClaimId, ExtractionId, PassageId};
use witnessmark_model::payload::{
    Claim, ClaimChange, Evidence, Extraction, Extractor, Passage, Payload,
};
use witnessmark_model::text_position::{code_points_before, slice};
use witnessmark_model::{Digest, Entropy};
use witnessmark_text::find_as_seen;
use witnessmark_vault::Pending;

use crate::casebook::CaptureRow;
use crate::on_pictures::{not_compared, place_on_picture};
use crate::{Case, CaseError};

/// Code points kept before and after a passage, so that it is found again in another extraction.
const CONTEXT: usize = 32;

/// A passage that was made, or was there already.
#[derive(Clone, Debug, Serialize)]
pub struct Cited {
    /// The passage.
    pub passage: PassageId,
    /// The capture.
    pub capture: CaptureId,
    /// The extraction that `start` and `end` count in.
    pub extraction: ExtractionId,
    /// The quoted words.
    pub exact: String,
    /// The first code point.
    pub start: u64,
    /// The code point just past the last.
    pub end: u64,
    /// Whether it was made now.
    pub new: bool,
    /// Whether a program read it in a picture, and no person has compared it yet: no claim may rest on it.
    pub unconfirmed: bool,
}

/// A claim as it stands now.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimRow {
    /// The claim.
    pub claim: ClaimId,
    /// The entry that made it.
    pub entry: u64,
    /// The capture of its passage.
    pub capture: CaptureId,
    /// The quoted words.
    pub exact: String,
    /// What it says.
    #[serde(flatten)]
    pub stands: Claim,
    /// How often it was changed.
    pub changes: u64,
}

/// What an import of a sheet of claims did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportedClaims {
    /// Claims that were made.
    pub claims: Vec<ClaimId>,
    /// Passages that were made for them.
    pub passages: usize,
    /// Rows that were there already.
    pub repeated: usize,
}

/// Entries of one batch that refer to each other before they are committed.
#[derive(Default)]
struct Batch {
    entries: Vec<Pending>,
    /// Texts that the entries freeze, stored already; a batch that is refused takes them back.
    texts: BTreeMap<Digest, Evidence>,
    extractions: BTreeMap<CaptureId, Extraction>,
    passages: BTreeMap<(CaptureId, u64, u64), Passage>,
    /// Passages among them that a program read in a picture.
    on_pictures: BTreeSet<PassageId>,
}

impl Case {
    /// Quotes a capture: finds `exact` in its text, and makes a passage of it. Where it stands more than once,
    /// `occurrence` (from 1) says which is meant.
    pub fn cite(
        &mut self,
        capture: &str,
        exact: &str,
        occurrence: Option<usize>,
    ) -> Result<Cited, CaseError> {
        let row = self.find_capture(capture)?;
        let mut batch = Batch::default();
        let (passage, new) = self.passage(&row, exact, occurrence, &mut batch)?;
        self.commit_batch(batch)?;
        let Passage { id, capture, extraction, exact, start, end, .. } = passage;
        let unconfirmed = self.picture_standing(&id)?.is_some_and(|standing| !standing.confirmed);
        Ok(Cited { passage: id, capture, extraction, exact, start, end, new, unconfirmed })
    }

    /// The passage of these words in a capture: the one that is there, or a new one in `batch`.
    fn passage(
        &mut self,
        row: &CaptureRow,
        exact: &str,
        occurrence: Option<usize>,
        batch: &mut Batch,
    ) -> Result<(Passage, bool), CaseError> {
        self.seen_by_a_person(row)?;
        let text = self.text_of(row)?;
        let Some(words) = text.text.clone() else {
            let why = text.warnings.join("; ");
            return Err(CaseError::input(
                format!("{} has no text that this version can read: {why}", row.capture),
                "add a version of it in HTML or plain text",
            ));
        };
        let (start, end) = place_of(&words, exact, occurrence, row)?;
        let extraction = self.frozen(row, &text, &words, batch)?;
        if let Some(found) = batch.passages.get(&(row.capture, start, end)) {
            return Ok((found.clone(), false));
        }
        for entry in self.casebook.entries_about(&row.capture.to_string(), "passage")? {
            if let Some(Payload::Passage(found)) = entry.payload
                && (found.extraction, found.start, found.end) == (extraction.id, start, end)
            {
                return Ok((found, false));
            }
        }
        let (from, to) = (index(start), index(end));
        let before = from.saturating_sub(CONTEXT);
        let after = (to + CONTEXT).min(words.chars().count());
        let passage = Passage {
            id: PassageId::random(self.environment.entropy.as_mut()),
            capture: row.capture,
            extraction: extraction.id,
            // As it stands there, whatever the white space between the words that were typed.
            exact: slice(&words, from, to).unwrap_or(exact).to_owned(),
            prefix: slice(&words, before, from).unwrap_or_default().to_owned(),
            suffix: slice(&words, to, after).unwrap_or_default().to_owned(),
            start,
            end,
        };
        batch.entries.push(passage.clone().into());
        if let Some(place) = place_on_picture(&passage, &text) {
            batch.entries.push(place.into());
            batch.on_pictures.insert(passage.id);
        }
        batch.passages.insert((row.capture, start, end), passage.clone());
        Ok((passage, true))
    }

    /// The extraction that holds exactly this text: the one in the log, or a new one in `batch`.
    fn frozen(
        &mut self,
        row: &CaptureRow,
        text: &crate::TextRow,
        words: &str,
        batch: &mut Batch,
    ) -> Result<Extraction, CaseError> {
        if let Some(found) = batch.extractions.get(&row.capture) {
            return Ok(found.clone());
        }
        let digest = Digest::of(words.as_bytes());
        for entry in self.casebook.entries_about(&row.capture.to_string(), "extraction")? {
            if let Some(Payload::Extraction(found)) = entry.payload
                && found.text.plain_sha256 == digest
            {
                return Ok(found);
            }
        }
        let evidence = match self.casebook.evidence_of(&digest)? {
            Some(evidence) => evidence,
            None => {
                let entropy = self.environment.entropy.as_mut();
                match batch.texts.entry(digest) {
                    Entry::Occupied(found) => found.get().clone(),
                    Entry::Vacant(place) => {
                        place.insert(self.vault.put_evidence(words.as_bytes(), entropy)?).clone()
                    }
                }
            }
        };
        let (name, version) = text.extractor.split_once('/').unwrap_or((&text.extractor, ""));
        let extraction = Extraction {
            id: ExtractionId::random(self.environment.entropy.as_mut()),
            capture: row.capture,
            of: row.sha256,
            extractor: Extractor { name: name.to_owned(), version: version.to_owned() },
            media_type: text.media_type.clone(),
            language: text.language.clone(),
            title: text.title.clone(),
            published: text.published.clone(),
            text: evidence,
        };
        batch.entries.push(extraction.clone().into());
        batch.extractions.insert(row.capture, extraction.clone());
        Ok(extraction)
    }

    /// Takes back what a batch that is refused has stored.
    fn refuse_batch(&self, batch: &Batch) -> Result<(), CaseError> {
        for text in batch.texts.values() {
            self.vault.store().discard(text)?;
        }
        Ok(())
    }

    /// Logs the entries of a batch.
    fn commit_batch(&mut self, batch: Batch) -> Result<(), CaseError> {
        self.commit(batch.entries)?;
        Ok(())
    }

    /// Says what a passage says.
    pub fn claim(&mut self, passage: &str, draft: &Draft) -> Result<Claim, CaseError> {
        let id = self.find_id(passage)?;
        let entry = self.casebook.entry_of_id(&id)?;
        let Some(Payload::Passage(passage)) = entry.and_then(|entry| entry.payload) else {
            return Err(CaseError::input(
                format!("{passage} is not a passage"),
                "make one with `witnessmark cite CAPTURE --exact TEXT`",
            ));
        };
        self.compared_with_picture(&passage.id)?;
        let (codebook, digest) = self.codebook()?;
        let coded = draft.check(&codebook, &self.gazetteer()?)?;
        let id = ClaimId::random(self.environment.entropy.as_mut());
        let claim = coded.into_claim(id, passage.id, digest);
        self.commit(vec![claim.clone().into()])?;
        Ok(claim)
    }

    /// Changes a claim: the fields of `changed` replace what stood there, and the log keeps both with the reason.
    pub fn change_claim(
        &mut self,
        claim: &str,
        change: &dyn Fn(&mut Draft),
        reason: &str,
    ) -> Result<ClaimChange, CaseError> {
        if reason.trim().is_empty() {
            return Err(CaseError::usage(
                "a change of a claim needs a reason",
                "say why with `--reason`",
            ));
        }
        let id = self.find_id(claim)?;
        let stands = id.parse().ok().map(|id: ClaimId| self.casebook.claim(&id)).transpose()?;
        let Some((_, stands)) = stands.flatten() else {
            return Err(CaseError::input(
                format!("{claim} is not a claim"),
                "`witnessmark list claims` shows them",
            ));
        };
        let mut draft = Draft::of(&stands);
        change(&mut draft);
        let (codebook, _) = self.codebook()?;
        let coded = draft.check(&codebook, &self.gazetteer()?)?;
        let changes = difference(&stands, &coded);
        if changes.is_empty() {
            return Err(CaseError::input(
                format!("{} says that already; nothing was changed", stands.id),
                "`witnessmark show` prints what it says",
            ));
        }
        let change = ClaimChange { claim: stands.id, changes, reason: reason.trim().to_owned() };
        self.commit(vec![change.clone().into()])?;
        Ok(change)
    }

    /// Imports a sheet of claims. Everything that is wrong with it is told at once, and then nothing is imported.
    pub fn import_claims(&mut self, path: &Path) -> Result<ImportedClaims, CaseError> {
        let bytes = std::fs::read(path).map_err(|cause| CaseError::file("read", path, &cause))?;
        let (codebook, digest) = self.codebook()?;
        let sheet = read_claims(&bytes, &codebook, &self.gazetteer()?);
        let mut wrong: Vec<(String, Option<String>)> = Vec::new();
        for error in sheet.errors.iter() {
            wrong.push((error.to_string(), error.hint()));
        }
        let (mut batch, mut done) = (Batch::default(), ImportedClaims::default());
        let standing = self.casebook.claims()?;
        for row in &sheet.rows {
            let found = self.find_capture(&row.source);
            let capture = match found {
                Ok(capture) => capture,
                Err(error) => {
                    let place = row.location("source");
                    wrong.push((format!("{place}: {}", error.fact), error.hint));
                    continue;
                }
            };
            let (passage, new) = match self.passage(&capture, &row.exact, None, &mut batch) {
                Ok(passage) => passage,
                Err(error) => {
                    let place = row.location("exact");
                    wrong.push((format!("{place}: {}", error.fact), error.hint));
                    continue;
                }
            };
            let compared = match batch.on_pictures.contains(&passage.id) {
                true => Err(not_compared(None)),
                false => self.compared_with_picture(&passage.id),
            };
            if let Err(error) = compared {
                let place = row.location("exact");
                wrong.push((format!("{place}: {}", error.fact), error.hint));
                continue;
            }
            let Some(coded) = row.coded.clone() else { continue };
            done.passages += usize::from(new);
            let entropy: &mut dyn Entropy = self.environment.entropy.as_mut();
            let claim = coded.into_claim(ClaimId::random(entropy), passage.id, digest);
            let same = |other: &Claim| Claim { id: claim.id, ..other.clone() } == claim;
            if standing.iter().any(|(_, other)| same(other)) {
                done.repeated += 1;
                continue;
            }
            done.claims.push(claim.id);
            batch.entries.push(claim.into());
        }
        if !wrong.is_empty() {
            self.refuse_batch(&batch)?;
            let shown = path.display();
            let mut facts = vec![format!("{shown}: nothing was imported")];
            facts.extend(wrong.into_iter().map(|(fact, hint)| match hint {
                Some(hint) => format!("{fact} ({hint})"),
                None => fact,
            }));
            return Err(CaseError::input(
                facts.join("\n"),
                "mend all of these and import it again",
            ));
        }
        self.commit_batch(batch)?;
        Ok(done)
    }

    /// All claims as they stand now, in the order in which they were made.
    pub fn claims(&self) -> Result<Vec<ClaimRow>, CaseError> {
        let mut rows = Vec::new();
        for (entry, claim) in self.casebook.claims()? {
            let passage = self.casebook.entry_of_id(&claim.passage.to_string())?;
            let Some(Payload::Passage(passage)) = passage.and_then(|entry| entry.payload) else {
                continue;
            };
            let changes = self.casebook.entries_about(&claim.id.to_string(), "claim-change")?;
            rows.push(ClaimRow {
                claim: claim.id,
                entry,
                capture: passage.capture,
                exact: passage.exact,
                stands: claim,
                changes: changes.len() as u64,
            });
        }
        Ok(rows)
    }
}

fn index(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// Where words stand in `text`, in code points: letter by letter, or else as they are seen.
fn place_of(
    text: &str,
    words: &str,
    occurrence: Option<usize>,
    row: &CaptureRow,
) -> Result<(u64, u64), CaseError> {
    if words.is_empty() {
        return Err(CaseError::usage("there is nothing to quote", "give the words with `--exact`"));
    }
    let mut places: Vec<Range<usize>> =
        text.match_indices(words).map(|(at, found)| at..at + found.len()).collect();
    if places.is_empty() {
        places = find_as_seen(text, words);
    }
    let chosen = match (places.as_slice(), occurrence) {
        ([], _) => return Err(not_found(words, row)),
        ([only], None) => only.clone(),
        (several, Some(wanted)) => match wanted.checked_sub(1).and_then(|at| several.get(at)) {
            Some(place) => place.clone(),
            None => {
                return Err(CaseError::input(
                    format!("the words stand {} times in {}", several.len(), row.capture),
                    format!("choose with `--occurrence` 1 to {}", several.len()),
                ));
            }
        },
        (several, None) => {
            return Err(CaseError::input(
                format!("the words stand {} times in {}", several.len(), row.capture),
                "quote more of the sentence, or choose with `--occurrence`",
            ));
        }
    };
    let point = |byte| code_points_before(text, byte).unwrap_or_default() as u64;
    Ok((point(chosen.start), point(chosen.end)))
}

fn not_found(words: &str, row: &CaptureRow) -> CaseError {
    let shown: String = words.chars().take(60).collect();
    let hint = "every letter counts, and that there is a space, not how wide it is: copy it from `witnessmark show CAPTURE --text`";
    CaseError::input(format!("“{shown}” does not stand in {} ({})", row.capture, row.name), hint)
}
