//! Custody: what happened to one thing, entry by entry, in plain words.

mod elsewhere;
mod premis;
mod prov;

use serde::Serialize;
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::{Framing, Payload};

use witnessmark_verify::Trust;

use crate::casebook::{CaptureRow, EntryBefore, StoredEntry};
use crate::{Case, CaseError};

/// What happened to one thing.
#[derive(Clone, Debug, Serialize)]
pub struct CustodyStory {
    /// What it is about.
    pub subject: String,
    /// The capture that it comes down to; none once that is erased.
    #[serde(skip)]
    pub object: Option<CaptureRow>,
    /// What happened, oldest first.
    pub events: Vec<CustodyEvent>,
    /// What this story does and does not show.
    pub standing: Vec<String>,
}

/// One event of a story.
#[derive(Clone, Debug, Serialize)]
pub struct CustodyEvent {
    /// The log entry that says so.
    pub entry: u64,
    /// When, by the clock of the computer that wrote it.
    pub at: String,
    /// The day.
    pub day: String,
    /// Who wrote it.
    pub actor: String,
    /// What people call the one who wrote it, if that is known.
    pub name: Option<String>,
    /// The entry's kind.
    pub kind: String,
    /// What happened.
    pub text: String,
    /// What the entry was in the case that this one was copied from; its own time is that of the copying then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<EntryBefore>,
}

/// How finely the texts of a story tell when something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// As finely as it is known.
    Full,
    /// To the day: what strangers read must not show when people work.
    Days,
}

fn event(entry: &StoredEntry, text: String) -> CustodyEvent {
    CustodyEvent {
        entry: entry.index,
        at: entry.at(),
        day: entry.day(),
        actor: entry.actor(),
        name: None,
        kind: entry.kind(),
        text,
        before: None,
    }
}

impl Case {
    /// The story of a capture, a passage or a claim. `trust` holds the block headers that the reader brings: by them alone
    /// times of blocks are told.
    pub fn custody(&self, id: &str, trust: &Trust) -> Result<CustodyStory, CaseError> {
        let full = match self.find_id(id) {
            Ok(full) => full,
            Err(error) => match (self.find_capture(id), self.erased_story(id)?) {
                (Ok(row), _) => row.capture.to_string(),
                (_, Some(story)) => return Ok(story),
                _ => return Err(error),
            },
        };
        let (capture, passage) = if let Ok(capture) = full.parse::<CaptureId>() {
            (capture, None)
        } else {
            let entry = self.casebook.entry_of_id(&full)?;
            match entry.and_then(|entry| entry.payload) {
                Some(Payload::Passage(passage)) => (passage.capture, Some(passage.id.to_string())),
                Some(Payload::Claim(claim)) => {
                    let of = claim.passage.to_string();
                    let passage = self.casebook.entry_of_id(&of)?;
                    let Some(Payload::Passage(passage)) = passage.and_then(|e| e.payload) else {
                        return Err(CaseError::machine(format!("{full} has no passage")));
                    };
                    (passage.capture, Some(of))
                }
                _ => {
                    return Err(CaseError::input(
                        format!("{full} is neither a capture, a passage nor a claim"),
                        "ask for one of these; `witnessmark show` prints anything else",
                    ));
                }
            }
        };
        let mut events = self.events_of_capture(&capture, passage.as_deref(), Times::Full)?;
        // The last of its own story is the last to be covered; what vouches for it comes after.
        let last = events.iter().map(|event| event.entry).max().unwrap_or(0);
        let row = self.object_of(&capture)?;
        if let Some(row) = &row {
            let around = self.events_around(row, &events, trust)?;
            events.extend(around);
        }
        events.sort_by_key(|event| event.entry);
        for event in &mut events {
            event.before = self.casebook.entry_before(event.entry)?;
        }
        self.name_actors(&mut events)?;
        let name = row.as_ref().map(|row| self.label(row)).transpose()?.unwrap_or_default();
        let time = self.time_of_entry(last)?;
        let mut standing = vec![
            format!(
                "The log's own key signs all {} entries in one checkpoint; `witnessmark verify` checks them.",
                self.vault.size()
            ),
            time,
            "Times are those of the clock of the computer that wrote the entry.".to_owned(),
        ];
        if events.iter().any(|event| event.before.is_some()) {
            standing.push(
                "The case was copied from another one when it was sealed; it keeps that one's log, which shows the times and \
                 authors of before, and `witnessmark verify` checks it."
                    .to_owned(),
            );
        }
        let subject = format!("{full}: {name}");
        Ok(CustodyStory { subject, object: row, events, standing })
    }

    /// What happened to a capture; with `passage`, only what bears on that passage. `times` is about the texts alone: each
    /// event keeps the time of its entry apart.
    pub(crate) fn events_of_capture(
        &self,
        id: &CaptureId,
        passage: Option<&str>,
        times: Times,
    ) -> Result<Vec<CustodyEvent>, CaseError> {
        let Some(row) = self.casebook.capture(id)? else {
            return Err(CaseError::machine(format!("the casebook has no {id}")));
        };
        let first = self.stored(row.entry)?;
        let mut events = vec![event(&first, kept(&row, first.payload.as_ref(), times))];
        let about = id.to_string();
        for entry in self.casebook.entries_about(&about, "judgement")? {
            let Some(Payload::Judgement(found)) = &entry.payload else { continue };
            let text = if found.code == found.was {
                format!("A person agreed that it is: {}.", found.code)
            } else {
                let (code, was) = (&found.code, &found.was);
                format!("A person said that it is: {code}. The program had taken it for: {was}.")
            };
            events.push(event(&entry, text));
        }
        let mut wanted_extraction = None;
        for entry in self.casebook.entries_about(&about, "passage")? {
            let Some(Payload::Passage(found)) = &entry.payload else { continue };
            let own = found.id.to_string();
            if passage.is_some_and(|wanted| wanted != own) {
                continue;
            }
            wanted_extraction = Some(found.extraction);
            events.push(event(
                &entry,
                format!("{} characters of it were quoted as a passage.", found.end - found.start),
            ));
            for entry in self.casebook.entries_about(&own, "passage-on-picture")? {
                let Some(Payload::PassageOnPicture(found)) = &entry.payload else { continue };
                let text = format!("A program read the passage in a picture: {}.", found.reader);
                events.push(event(&entry, text));
            }
            for entry in self.casebook.entries_about(&own, "passage-confirmed")? {
                let Some(Payload::PassageConfirmed(found)) = &entry.payload else { continue };
                let who = match &found.by {
                    Some(name) => format!("A person ({name})"),
                    None => "A person".to_owned(),
                };
                let what = match &found.reads {
                    Some(words) => format!("and reads there: “{words}”."),
                    None => "and reads there the same words.".to_owned(),
                };
                let text = format!("{who} compared the passage with the picture, {what}");
                events.push(event(&entry, text));
            }
            for claim in self.casebook.entries_about(&own, "claim")? {
                events
                    .push(event(&claim, "A person said in a claim what the passage says.".into()));
                let claim_id = claim.id.clone().unwrap_or_default();
                for change in self.casebook.entries_about(&claim_id, "claim-change")? {
                    let Some(Payload::ClaimChange(found)) = &change.payload else { continue };
                    let reason = found.reason.trim_end_matches('.');
                    events.push(event(&change, format!("The claim was changed: {reason}.")));
                }
            }
        }
        for entry in self.casebook.entries_about(&about, "extraction")? {
            let Some(Payload::Extraction(found)) = &entry.payload else { continue };
            if passage.is_some() && wanted_extraction != Some(found.id) {
                continue;
            }
            events.push(event(
                &entry,
                format!(
                    "Its text was read by {} {} and kept, so that quotations point into a text that cannot change.",
                    found.extractor.name, found.extractor.version
                ),
            ));
        }
        for entry in self.casebook.entries_about(&about, "origin")? {
            let Some(Payload::Origin(found)) = &entry.payload else { continue };
            events.push(event(&entry, format!("A person declared it an origin: {}.", found.name)));
        }
        for entry in self.casebook.entries_about(&about, "lineage")? {
            let Some(Payload::Lineage(found)) = &entry.payload else { continue };
            let earlier = match found.earlier.parse::<CaptureId>() {
                Ok(earlier) => {
                    self.casebook.capture(&earlier)?.map(|row| self.label(&row)).transpose()?
                }
                Err(_) => self.casebook.entry_of_id(&found.earlier)?.and_then(|entry| match entry
                    .payload
                {
                    Some(Payload::Origin(origin)) => Some(origin.name),
                    _ => None,
                }),
            };
            let does = if found.decision == "confirmed" { "rests" } else { "does not rest" };
            let earlier = earlier.unwrap_or_else(|| found.earlier.clone());
            events.push(event(
                &entry,
                format!("A person decided that it {does} on “{earlier}” ({}).", found.kind),
            ));
        }
        events.sort_by_key(|event| event.entry);
        Ok(events)
    }
}

/// How the bytes of a capture came to be kept.
fn kept(row: &CaptureRow, payload: Option<&Payload>, times: Times) -> String {
    let size = witnessmark_estimate::grouped(row.bytes);
    let archive = payload.and_then(Payload::archive);
    let archive = archive.map_or(row.blob.0, |archive| archive.evidence.plain_sha256);
    match row.record {
        Some((_, offset, length)) if let Some(Payload::Recording(recording)) = payload => {
            let way = match recording.egress.as_str() {
                "direct" => "by a direct connection",
                "tor" => "through Tor",
                _ => "through a proxy",
            };
            let how = match recording.method.as_str() {
                "browser" => "with a browser",
                _ => "by HTTP",
            };
            format!(
                "{} was captured {how}, {way}, by {}{}. What passed was kept in {} \
                 (SHA-256 {}); this record lies at byte {offset}, {length} bytes long, and its plain bytes have \
                 SHA-256 {}.",
                row.url.as_deref().unwrap_or("It"),
                recording.software,
                row.captured
                    .as_ref()
                    .map(|at| match times {
                        Times::Full => format!(" at {at} by this computer's clock"),
                        Times::Days =>
                            format!(" on {} by this computer's clock", at.get(..10).unwrap_or("?")),
                    })
                    .unwrap_or_default(),
                recording.name,
                archive,
                row.sha256
            )
        }
        None if row.method != "file" => format!(
            "It was fetched by {}, another program: “{}”, {size} bytes, SHA-256 {}.",
            row.method, row.name, row.sha256
        ),
        None => format!(
            "The file “{}” was kept as it was: {size} bytes, SHA-256 {}.",
            row.name, row.sha256
        ),
        Some((framing, offset, length)) => {
            let place = match framing {
                Framing::Inflated => "of the uncompressed archive",
                Framing::Plain | Framing::Member => "of the archive",
            };
            format!(
                "The archive with {} was kept whole, byte for byte (SHA-256 {}); this record lies at byte {offset} \
                 {place}, {length} bytes long, and its plain bytes have SHA-256 {}.",
                row.name, archive, row.sha256
            )
        }
    }
}
