//! `data/dossier.json`: what is claimed, for machines.

use serde::Serialize;
use witnessmark_model::Digest;
use witnessmark_model::canonical::{self, CanonicalError};
use witnessmark_model::id::{CaptureId, ClaimId, EstimateId};

use crate::resolve::Edition;

#[derive(Serialize)]
struct Manifest<'e> {
    v: u8,
    title: &'e str,
    notice: Option<&'e str>,
    profile: &'static str,
    day: &'e str,
    log: &'e str,
    size: u64,
    root: String,
    entries: Vec<u64>,
    numbers: Vec<NumberLine<'e>>,
    estimates: Vec<EstimateLine<'e>>,
    exhibits: Vec<ExhibitLine<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamps: Option<Vec<TimestampLine<'e>>>,
}

#[derive(Serialize)]
struct TimestampLine<'e> {
    entry: u64,
    consistency: &'e [Digest],
}

#[derive(Serialize)]
struct NumberLine<'e> {
    id: &'e str,
    page: String,
    claim: ClaimId,
    claim_entry: u64,
    changes: &'e [u64],
    passage_entry: u64,
    extraction_entry: u64,
    capture_entry: u64,
    capture_part: u64,
    exhibit: &'e str,
}

#[derive(Serialize)]
struct EstimateLine<'e> {
    id: &'e str,
    page: &'static str,
    estimate: EstimateId,
    entry: u64,
    numbers: Vec<&'e str>,
}

#[derive(Serialize)]
struct ExhibitLine<'e> {
    id: &'e str,
    page: String,
    capture: CaptureId,
    entry: u64,
    part: u64,
    text_part: Option<TextPart>,
}

#[derive(Serialize)]
struct TextPart {
    entry: u64,
    part: u64,
}

/// The page of a number, from the dossier's folder.
pub(crate) fn number_page(id: &str) -> String {
    format!("numbers/{id}.html")
}

/// The page of an exhibit, from the dossier's folder.
pub(crate) fn exhibit_page(id: &str) -> String {
    format!("exhibits/{id}.html")
}

/// The page of every estimate.
pub(crate) const ESTIMATE_PAGE: &str = "index.html";

/// The bytes of `data/dossier.json` (`docs/format.md`, section Dossier).
pub(crate) fn file(edition: &Edition<'_>) -> Result<Vec<u8>, CanonicalError> {
    let numbers = edition.numbers.iter().filter_map(|number| {
        let exhibit = edition.exhibit_for(number)?;
        Some(NumberLine {
            id: &number.id,
            page: number_page(&number.id),
            claim: number.given.claim,
            claim_entry: number.given.claim_entry,
            changes: &number.given.changes,
            passage_entry: number.given.passage_entry,
            extraction_entry: number.given.extraction_entry,
            capture_entry: exhibit.given.entry,
            capture_part: exhibit.given.part,
            exhibit: &exhibit.id,
        })
    });
    let estimates = edition.estimates.iter().map(|estimate| EstimateLine {
        id: &estimate.id,
        page: ESTIMATE_PAGE,
        estimate: estimate.given.estimate,
        entry: estimate.given.entry,
        numbers: estimate
            .numbers
            .iter()
            .filter_map(|at| edition.numbers.get(*at))
            .map(|number| number.id.as_str())
            .collect(),
    });
    let exhibits = edition.exhibits.iter().map(|exhibit| ExhibitLine {
        id: &exhibit.id,
        page: exhibit_page(&exhibit.id),
        capture: exhibit.given.capture,
        entry: exhibit.given.entry,
        part: exhibit.given.part,
        text_part: exhibit
            .given
            .text
            .as_ref()
            .map(|text| TextPart { entry: text.entry, part: text.part }),
    });
    let timed = !edition.timestamps.is_empty();
    let timestamps = edition
        .timestamps
        .iter()
        .map(|one| TimestampLine { entry: one.given.entry, consistency: &one.given.consistency });
    let mut bytes = canonical::to_bytes(&Manifest {
        v: crate::entry::version(edition.input),
        title: &edition.input.title,
        notice: edition.input.notice.as_deref(),
        profile: edition.input.profile.word(),
        day: &edition.input.day,
        log: &edition.checkpoint.log_name,
        size: edition.checkpoint.size,
        root: edition.checkpoint.root.hex(),
        entries: edition.entries.keys().copied().collect(),
        numbers: numbers.collect(),
        estimates: estimates.collect(),
        exhibits: exhibits.collect(),
        sealed: timed.then_some(edition.input.sealed),
        timestamps: timed.then(|| timestamps.collect()),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}
