//! The input with every reference followed: what the pages are written from.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::id::{CaptureId, ClaimId};
use witnessmark_model::note::Verifier;
use witnessmark_model::payload::{self, Payload};
use witnessmark_model::{Digest, moment, text_position};

use crate::entry::Entry;
use crate::error::PublishError;
use crate::figure::OwnFigures;
use crate::input::{self, DossierInput};
use crate::timestamps::Stamped;

/// A dossier's content, checked and linked.
pub(crate) struct Edition<'i> {
    pub(crate) input: &'i DossierInput,
    pub(crate) checkpoint: Checkpoint,
    /// The verifier key without a newline.
    pub(crate) key: &'i str,
    pub(crate) verifier: Verifier,
    pub(crate) entries: BTreeMap<u64, Entry<'i>>,
    pub(crate) exhibits: Vec<Exhibit<'i>>,
    pub(crate) numbers: Vec<Number<'i>>,
    pub(crate) estimates: Vec<Estimate<'i>>,
    /// What vouches for the log from outside.
    pub(crate) timestamps: Vec<Stamped<'i>>,
}

/// An exhibit with its id and the passages read in it.
pub(crate) struct Exhibit<'i> {
    /// `e001`.
    pub(crate) id: String,
    pub(crate) given: &'i input::Exhibit,
    /// The day its capture, or its archive, entered the log.
    pub(crate) day: &'i str,
    /// SHA-256 of the bytes that were read.
    pub(crate) sha256: Digest,
    /// Whether those bytes are handed over.
    pub(crate) has_bytes: bool,
    /// Whether it is a record of an archive.
    pub(crate) in_archive: bool,
    /// Its passages, in the order of the text.
    pub(crate) passages: Vec<Passage>,
}

/// A passage of an exhibit, with the numbers that rest on it.
pub(crate) struct Passage {
    /// `p1`, `p2`, …: the anchor on the exhibit's page.
    pub(crate) anchor: String,
    pub(crate) passage: payload::Passage,
    /// Whether it counts in the text that is shown.
    pub(crate) in_text: bool,
    /// Positions in [`Edition::numbers`].
    pub(crate) numbers: Vec<usize>,
}

/// A number with its id and what its payloads say.
pub(crate) struct Number<'i> {
    /// `n001`.
    pub(crate) id: String,
    pub(crate) given: &'i input::Number,
    pub(crate) passage: payload::Passage,
    pub(crate) extraction: payload::Extraction,
    /// Its changes, each with its entry.
    pub(crate) changes: Vec<(u64, payload::ClaimChange)>,
    /// For a passage that OCR read: what read it, and what the person said who compared it.
    pub(crate) scan: Option<(payload::PassageOnPicture, payload::PassageConfirmed)>,
    /// Position in [`Edition::exhibits`].
    pub(crate) exhibit: usize,
    /// The day the claim entered the log.
    pub(crate) day: &'i str,
}

/// An estimate with its id and what its payload says.
pub(crate) struct Estimate<'i> {
    /// `s001`.
    pub(crate) id: String,
    pub(crate) given: &'i input::Estimate,
    pub(crate) payload: payload::Estimate,
    /// Positions in [`Edition::numbers`].
    pub(crate) numbers: Vec<usize>,
    /// How its own figures are printed.
    pub(crate) figures: OwnFigures,
}

/// Whether the passage's words, and those it keeps beside them, stand in the text at the place it names.
fn stands_in(passage: &payload::Passage, text: &str) -> bool {
    let byte = |position: u64| text_position::byte_offset(text, usize::try_from(position).ok()?);
    let (Some(start), Some(end)) = (byte(passage.start), byte(passage.end)) else { return false };
    text.get(start..end) == Some(passage.exact.as_str())
        && text.get(..start).is_some_and(|before| before.ends_with(&passage.prefix))
        && text.get(end..).is_some_and(|after| after.starts_with(&passage.suffix))
}

impl<'i> Edition<'i> {
    /// Follows every reference; the first that leads nowhere, or to something that disagrees, is an error.
    pub(crate) fn resolve(input: &'i DossierInput) -> Result<Self, PublishError> {
        let key = input.log.verifier_key.trim_end_matches('\n');
        let verifier = Verifier::parse(key)?;
        let checkpoint = Checkpoint::open(&input.log.checkpoint, &verifier)?;
        if !moment::is_day(&input.day) {
            let what = format!("`{}` is not a day YYYY-MM-DD", input.day);
            return Err(PublishError::input("the dossier's day", what));
        }
        let mut entries = BTreeMap::new();
        for given in &input.entries {
            let entry = Entry::check(given, input, &checkpoint)?;
            if entries.insert(given.index, entry).is_some() {
                let place = format!("entry {}", given.index);
                return Err(PublishError::input(place, "it is given twice"));
            }
        }
        let exhibits = Vec::new();
        let mut edition = Self {
            input,
            checkpoint,
            key,
            verifier,
            entries,
            exhibits,
            numbers: Vec::new(),
            estimates: Vec::new(),
            timestamps: Vec::new(),
        };
        for given in &input.timestamps {
            let stamped = edition.stamped(given)?;
            edition.timestamps.push(stamped);
        }
        for (position, given) in (1..).zip(&input.exhibits) {
            let exhibit = edition.exhibit(format!("e{position:03}"), given)?;
            edition.exhibits.push(exhibit);
        }
        for (position, given) in (1..).zip(&input.numbers) {
            let number = edition.number(format!("n{position:03}"), given)?;
            edition.numbers.push(number);
        }
        edition.place_passages();
        for (position, given) in (1..).zip(&input.estimates) {
            let estimate = edition.estimate(format!("s{position:03}"), given)?;
            edition.estimates.push(estimate);
        }
        Ok(edition)
    }

    pub(crate) fn entry(&self, index: u64, place: &str) -> Result<&Entry<'i>, PublishError> {
        let missing = || PublishError::input(place, format!("entry {index} is not opened"));
        self.entries.get(&index).ok_or_else(missing)
    }

    fn exhibit(&self, id: String, given: &'i input::Exhibit) -> Result<Exhibit<'i>, PublishError> {
        let place = format!("exhibit {id} ({})", given.capture);
        let bad = |what: String| PublishError::input(&place, what);
        if self.exhibits.iter().any(|other| other.given.capture == given.capture) {
            return Err(bad("its capture is an exhibit already".into()));
        }
        let entry = self.entry(given.entry, &place)?;
        let in_archive = match &entry.payload {
            Some(Payload::Capture(capture)) if capture.id == given.capture => false,
            Some(Payload::Import(_) | Payload::Recording(_)) => true,
            Some(other) => {
                return Err(bad(format!("entry {} is {}, not it", given.entry, other.kind())));
            }
            None => return Err(bad(format!("the payload of entry {} is not shown", given.entry))),
        };
        let missing = |part| bad(format!("part {part} of entry {} is not shown", given.entry));
        let part = entry.part(given.part).filter(|part| part.index > 0);
        let part = part.ok_or_else(|| missing(given.part))?;
        if let Some(cleared) = &given.text {
            let text_entry = self.entry(cleared.entry, &place)?;
            let text_part = text_entry.part(cleared.part).filter(|part| part.bytes.is_some());
            let is_of_this = matches!(&text_entry.payload,
                Some(Payload::Extraction(extraction)) if extraction.capture == given.capture);
            let agrees =
                text_part.is_some_and(|part| part.sha256 == Digest::of(cleared.text.as_bytes()));
            if !is_of_this || !agrees {
                return Err(bad(format!(
                    "its cleared text is not part {} of entry {}, with bytes, of this capture",
                    cleared.part, cleared.entry
                )));
            }
        }
        Ok(Exhibit {
            id,
            given,
            day: entry.day,
            sha256: part.sha256,
            has_bytes: part.bytes.is_some(),
            in_archive,
            passages: Vec::new(),
        })
    }

    fn number(&self, id: String, given: &'i input::Number) -> Result<Number<'i>, PublishError> {
        let place = format!("number {id} ({})", given.claim);
        let bad = |what: String| PublishError::input(&place, what);
        let not = |index: u64, what: &str| bad(format!("entry {index} does not show {what}"));
        let claim_entry = self.entry(given.claim_entry, &place)?;
        let claim = match &claim_entry.payload {
            Some(Payload::Claim(claim)) if claim.id == given.claim => claim,
            _ => return Err(not(given.claim_entry, "its claim")),
        };
        let passage = match &self.entry(given.passage_entry, &place)?.payload {
            Some(Payload::Passage(passage)) if passage.id == claim.passage => passage.clone(),
            _ => return Err(not(given.passage_entry, "the passage of its claim")),
        };
        let extraction = match &self.entry(given.extraction_entry, &place)?.payload {
            Some(Payload::Extraction(found)) if found.id == passage.extraction => found.clone(),
            _ => return Err(not(given.extraction_entry, "the extraction of its passage")),
        };
        let mut changes = Vec::new();
        for index in &given.changes {
            match &self.entry(*index, &place)?.payload {
                Some(Payload::ClaimChange(change)) if change.claim == given.claim => {
                    changes.push((*index, change.clone()));
                }
                _ => return Err(not(*index, "a change of its claim")),
            }
        }
        let exhibit = self.exhibits.iter().position(|other| other.given.capture == given.capture);
        let exhibit = exhibit.ok_or_else(|| bad("its capture is not an exhibit".into()))?;
        let shown = self.exhibits.get(exhibit);
        if passage.capture != given.capture || extraction.capture != given.capture {
            return Err(bad("its passage or extraction is of another capture".into()));
        }
        if shown.map(|exhibit| exhibit.sha256) != Some(extraction.of) {
            return Err(bad("its extraction was not made from the exhibit's part".into()));
        }
        if let Some(cleared) = shown.and_then(|exhibit| exhibit.given.text.as_ref())
            && cleared.entry == given.extraction_entry
            && !stands_in(&passage, &cleared.text)
        {
            return Err(bad("its passage does not stand in the exhibit's text".into()));
        }
        let scan = match given.scan {
            None => None,
            Some(input::Scan { place_entry, confirmed_entry }) => {
                let on_picture = match &self.entry(place_entry, &place)?.payload {
                    Some(Payload::PassageOnPicture(found)) if found.passage == passage.id => found,
                    _ => return Err(not(place_entry, "where its passage stands on a picture")),
                };
                let confirmed = match &self.entry(confirmed_entry, &place)?.payload {
                    Some(Payload::PassageConfirmed(found)) if found.passage == passage.id => found,
                    _ => return Err(not(confirmed_entry, "that a person compared its passage")),
                };
                Some((on_picture.clone(), confirmed.clone()))
            }
        };
        let day = claim_entry.day;
        Ok(Number { id, given, passage, extraction, changes, scan, exhibit, day })
    }

    fn place_passages(&mut self) {
        for (position, exhibit) in self.exhibits.iter_mut().enumerate() {
            let mut passages: Vec<Passage> = Vec::new();
            for (index, number) in self.numbers.iter().enumerate() {
                if number.exhibit != position {
                    continue;
                }
                let same = passages.iter_mut().find(|other| other.passage.id == number.passage.id);
                match same {
                    Some(passage) => passage.numbers.push(index),
                    None => passages.push(Passage {
                        anchor: String::new(),
                        passage: number.passage.clone(),
                        in_text: exhibit
                            .given
                            .text
                            .as_ref()
                            .is_some_and(|text| text.entry == number.given.extraction_entry),
                        numbers: vec![index],
                    }),
                }
            }
            passages.sort_by_key(|passage| (passage.passage.start, passage.passage.end));
            for (place, passage) in (1..).zip(&mut passages) {
                passage.anchor = format!("p{place}");
            }
            exhibit.passages = passages;
        }
    }

    fn estimate(
        &self,
        id: String,
        given: &'i input::Estimate,
    ) -> Result<Estimate<'i>, PublishError> {
        let place = format!("estimate {id} ({})", given.estimate);
        let payload = match &self.entry(given.entry, &place)?.payload {
            Some(Payload::Estimate(found)) if found.id == given.estimate => found.clone(),
            _ => {
                let what = format!("entry {} does not show it", given.entry);
                return Err(PublishError::input(place, what));
            }
        };
        let known: BTreeSet<&str> = given.statements.iter().map(|line| line.id.as_str()).collect();
        let rows = given.by_place.iter().flat_map(|row| &row.statements);
        for named in rows.chain(given.contradictions.iter().flatten()) {
            if !known.contains(named.as_str()) {
                let what = format!("`{named}` is not among its statements");
                return Err(PublishError::input(place, what));
            }
        }
        let used: Vec<usize> = (0..self.numbers.len())
            .filter(|at| {
                let number = self.numbers.get(*at);
                number.is_some_and(|number| payload.claims.contains(&number.given.claim))
            })
            .collect();
        let mut quoted: Vec<u64> = given.population.into_iter().chain(given.documented).collect();
        quoted.extend(given.by_place.iter().filter_map(|row| row.population));
        for number in used.iter().filter_map(|at| self.numbers.get(*at)) {
            if let Some(quantity) = &number.given.act.quantity {
                let figures = [&quantity.value, &quantity.low, &quantity.high];
                quoted.extend(
                    figures.into_iter().flatten().filter_map(|text| text.parse::<u64>().ok()),
                );
            }
        }
        let figures = OwnFigures::beside(quoted);
        Ok(Estimate { id, given, payload, numbers: used, figures })
    }

    /// The exhibit of a capture, if it is one.
    pub(crate) fn exhibit_of(&self, capture: Option<CaptureId>) -> Option<&Exhibit<'i>> {
        let capture = capture?;
        self.exhibits.iter().find(|exhibit| exhibit.given.capture == capture)
    }

    /// The number of a claim, if it is one.
    pub(crate) fn number_of(&self, claim: Option<ClaimId>) -> Option<&Number<'i>> {
        let claim = claim?;
        self.numbers.iter().find(|number| number.given.claim == claim)
    }

    /// The exhibit that a number was read in.
    pub(crate) fn exhibit_for(&self, number: &Number<'i>) -> Option<&Exhibit<'i>> {
        self.exhibits.get(number.exhibit)
    }
}
