//! Numbers, estimates and exhibits: each walked along its chain.

use std::collections::BTreeSet;

use witnessmark_model::payload::{Capture, Claim, ClaimChange, Extraction, Passage, Payload};

use super::entries::Entries;
use super::{Estimate, Exhibit, MANIFEST, Manifest, Names, Number, PartRef};
use crate::case::stands;
use crate::files::{self, Files};
use crate::findings::{Findings, Group};

/// Longer texts are not read to compare a quotation.
const LONGEST_TEXT: u64 = 256 << 20;

/// Why a chain does not hold.
enum Broken {
    /// It is wrong.
    Wrong(String),
    /// It cannot be told from what was handed over.
    Unknown(String),
}

pub(super) fn check(
    files: &dyn Files,
    names: &Names,
    manifest: &Manifest,
    entries: &Entries,
    findings: &mut Findings,
) {
    let exhibits: BTreeSet<&str> = manifest.exhibits.iter().map(|one| one.id.as_str()).collect();
    let numbers: BTreeSet<&str> = manifest.numbers.iter().map(|one| one.id.as_str()).collect();
    let all = manifest.numbers.len() + manifest.estimates.len() + manifest.exhibits.len();
    let estimates: BTreeSet<&str> = manifest.estimates.iter().map(|one| one.id.as_str()).collect();
    if exhibits.len() + numbers.len() + estimates.len() != all {
        findings.fail(Group::Numbers, MANIFEST, "an id stands twice in it");
    }
    let chain = Chain { names, entries };
    for number in &manifest.numbers {
        let exhibit = manifest.exhibits.iter().find(|one| one.id == number.exhibit);
        let followed = chain.number(number, exhibit);
        settle(Group::Numbers, &number.id, &followed, findings);
        if let Ok((passage, extraction)) = followed {
            let text = chain.text(files, number, passage, extraction);
            settle(Group::Passages, &number.id, &text, findings);
        }
    }
    for estimate in &manifest.estimates {
        let found = chain.estimate(estimate, &manifest.numbers);
        settle(Group::Estimates, &estimate.id, &found, findings);
    }
    for exhibit in &manifest.exhibits {
        let found = chain.exhibit(exhibit);
        settle(Group::Exhibits, &exhibit.id, &found, findings);
    }
}

fn settle<T>(group: Group, id: &str, found: &Result<T, Broken>, findings: &mut Findings) {
    match found {
        Ok(_) => findings.pass(group),
        Err(Broken::Wrong(detail)) => findings.fail(group, id, detail),
        Err(Broken::Unknown(detail)) => findings.unchecked(group, id, detail),
    }
}

struct Chain<'c> {
    names: &'c Names,
    entries: &'c Entries,
}

impl<'c> Chain<'c> {
    /// The payload of an entry, if it is one of the kind that `pick` takes.
    fn payload<T>(
        &self,
        index: u64,
        noun: &str,
        pick: impl FnOnce(&'c Payload) -> Option<&'c T>,
    ) -> Result<&'c T, Broken> {
        let Some(opened) = self.entries.opened.get(&index) else {
            return Err(Broken::Wrong(match self.entries.broken.contains(&index) {
                true => format!("entry {index}, its {noun}, does not hold"),
                false => format!("entry {index}, its {noun}, is not here"),
            }));
        };
        let Some(payload) = &opened.payload else {
            let detail = format!("the payload of entry {index}, its {noun}, was not handed over");
            return Err(Broken::Wrong(detail));
        };
        pick(payload).ok_or_else(|| {
            Broken::Wrong(format!("entry {index} is a {}, not a {noun}", payload.kind()))
        })
    }

    fn page(&self, page: &str) -> Result<(), Broken> {
        match self.names.contains_key(page) {
            true => Ok(()),
            false => Err(Broken::Wrong(format!("its page {page} is not here"))),
        }
    }

    /// The passage and the extraction that a number rests on, once the whole chain has been followed.
    fn number(
        &self,
        number: &Number,
        exhibit: Option<&Exhibit>,
    ) -> Result<(&'c Passage, &'c Extraction), Broken> {
        let wrong = |detail: String| Err(Broken::Wrong(detail));
        self.page(&number.page)?;
        let claim: &Claim = self.payload(number.claim_entry, "claim", |payload| match payload {
            Payload::Claim(claim) => Some(claim),
            _ => None,
        })?;
        if claim.id != number.claim {
            return wrong(format!("entry {} is the claim {}", number.claim_entry, claim.id));
        }
        let passage: &Passage =
            self.payload(number.passage_entry, "passage", |payload| match payload {
                Payload::Passage(passage) => Some(passage),
                _ => None,
            })?;
        if claim.passage != passage.id {
            return wrong(format!("its claim rests on {}, not {}", claim.passage, passage.id));
        }
        let extraction: &Extraction =
            self.payload(number.extraction_entry, "extraction", |payload| match payload {
                Payload::Extraction(extraction) => Some(extraction),
                _ => None,
            })?;
        if passage.extraction != extraction.id {
            let detail =
                format!("its passage counts in {}, not {}", passage.extraction, extraction.id);
            return wrong(detail);
        }
        if passage.capture != extraction.capture {
            return wrong("its passage and its text are of two captures".to_owned());
        }
        let Some(opened) = self.entries.opened.get(&number.capture_entry) else {
            return wrong(format!("entry {}, its capture, is not here", number.capture_entry));
        };
        match &opened.payload {
            Some(Payload::Capture(capture)) if capture.id != extraction.capture => {
                return wrong(format!(
                    "entry {} is {}, its text was read from {}",
                    number.capture_entry, capture.id, extraction.capture
                ));
            }
            Some(Payload::Capture(_) | Payload::Import(_) | Payload::Recording(_)) | None => {}
            Some(other) => {
                let detail =
                    format!("entry {} is a {}, not a capture", number.capture_entry, other.kind());
                return wrong(detail);
            }
        }
        match opened.parts.get(&number.capture_part) {
            Some((digest, _)) if *digest == extraction.of && number.capture_part > 0 => {}
            Some(_) => {
                return wrong(format!(
                    "its text was not read from part {} of entry {}",
                    number.capture_part, number.capture_entry
                ));
            }
            None => {
                return wrong(format!(
                    "part {} of entry {} is not shown",
                    number.capture_part, number.capture_entry
                ));
            }
        }
        for index in &number.changes {
            let change: &ClaimChange = self.payload(*index, "change", |payload| match payload {
                Payload::ClaimChange(change) => Some(change),
                _ => None,
            })?;
            if change.claim != number.claim {
                return wrong(format!("entry {index} changes another claim, {}", change.claim));
            }
        }
        match exhibit {
            Some(exhibit)
                if (exhibit.capture, exhibit.entry, exhibit.part)
                    == (extraction.capture, number.capture_entry, number.capture_part) =>
            {
                Ok((passage, extraction))
            }
            Some(exhibit) => wrong(format!(
                "its exhibit {} is {}, part {} of entry {}, and not the capture that it rests on",
                exhibit.id, exhibit.capture, exhibit.part, exhibit.entry
            )),
            None => wrong(format!("there is no exhibit {}", number.exhibit)),
        }
    }

    /// Compares the quotation with the text, where that was handed over.
    fn text(
        &self,
        files: &dyn Files,
        number: &Number,
        passage: &Passage,
        extraction: &Extraction,
    ) -> Result<(), Broken> {
        let part = self
            .entries
            .opened
            .get(&number.extraction_entry)
            .and_then(|opened| opened.parts.get(&1))
            .filter(|(digest, _)| *digest == extraction.text.plain_sha256);
        let Some((_, Some(file))) = part else {
            let detail = "the text that it quotes was not handed over".to_owned();
            return Err(Broken::Unknown(detail));
        };
        let bytes = files::bytes(files, file, LONGEST_TEXT)
            .map_err(|error| Broken::Unknown(format!("its text {file}: {error}")))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Broken::Wrong(format!("its text {file} is not UTF-8")))?;
        match stands(&text, passage) {
            None => Ok(()),
            Some(detail) => Err(Broken::Wrong(format!("{detail} in {file}"))),
        }
    }

    fn estimate(&self, estimate: &Estimate, numbers: &[Number]) -> Result<(), Broken> {
        self.page(&estimate.page)?;
        let found = self.payload(estimate.entry, "estimate", |payload| match payload {
            Payload::Estimate(found) => Some(found),
            _ => None,
        })?;
        if found.id != estimate.estimate {
            let detail = format!("entry {} is the estimate {}", estimate.entry, found.id);
            return Err(Broken::Wrong(detail));
        }
        for id in &estimate.numbers {
            let Some(number) = numbers.iter().find(|number| number.id == *id) else {
                return Err(Broken::Wrong(format!("there is no number {id}")));
            };
            if !found.claims.contains(&number.claim) {
                let detail = format!("the claim of its number {id} is not among its claims");
                return Err(Broken::Wrong(detail));
            }
        }
        Ok(())
    }

    fn exhibit(&self, exhibit: &Exhibit) -> Result<(), Broken> {
        self.page(&exhibit.page)?;
        let shown = |PartRef { entry, part }| {
            let opened = self.entries.opened.get(&entry);
            match opened.is_some_and(|opened| opened.parts.contains_key(&part)) {
                true => Ok(()),
                false => Err(Broken::Wrong(format!("part {part} of entry {entry} is not shown"))),
            }
        };
        shown(PartRef { entry: exhibit.entry, part: exhibit.part })?;
        exhibit.text_part.map_or(Ok(()), shown)?;
        let payload = self.entries.opened.get(&exhibit.entry).and_then(|one| one.payload.as_ref());
        match payload {
            Some(Payload::Capture(Capture { id, .. })) if *id != exhibit.capture => {
                let detail = format!("entry {} is the capture {id}", exhibit.entry);
                Err(Broken::Wrong(detail))
            }
            Some(Payload::Capture(_)) => Ok(()),
            Some(Payload::Import(_) | Payload::Recording(_)) => Err(Broken::Unknown(
                "which record of the archive is this capture stands in the manifest, which is not here"
                    .to_owned(),
            )),
            Some(other) => {
                let detail = format!("entry {} is a {}, not a capture", exhibit.entry, other.kind());
                Err(Broken::Wrong(detail))
            }
            None => Err(Broken::Unknown("its payload was not handed over".to_owned())),
        }
    }
}
