//! What happened around a thing: what it went into, what left the case, what vouches for it, holds and erasures.

use std::collections::BTreeSet;

use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::{Erasure, ErasureRequested, Payload, Timestamp};
use witnessmark_verify::Trust;

use super::{CustodyEvent, CustodyStory, event};
use crate::casebook::CaptureRow;
use crate::{Case, CaseError, ERASURE_LIMITS};

impl Case {
    /// What went out of the case with a capture in it, and what vouches for its entry; `told` are the entries of its story.
    pub(super) fn events_around(
        &self,
        row: &CaptureRow,
        told: &[CustodyEvent],
        trust: &Trust,
    ) -> Result<Vec<CustodyEvent>, CaseError> {
        let mut ids: BTreeSet<String> = BTreeSet::from([row.capture.to_string()]);
        let mut claims = BTreeSet::new();
        for index in told.iter().map(|event| event.entry) {
            let Some(id) = self.stored(index)?.id else { continue };
            claims.extend(Some(id.clone()).filter(|id| id.starts_with("clm-")));
            ids.insert(id);
        }
        let mut events = self.made_from(&ids, &claims, row.entry)?;
        events.extend(self.vouched_for(row.entry, trust)?);
        for entry in self.casebook.entries_of_kind("copy")? {
            let Some(Payload::CaseCopy(copy)) = &entry.payload else { continue };
            if entry.index < row.entry {
                continue;
            }
            let label = copy.label.as_ref();
            let called = label.map(|label| format!(" (“{label}”)")).unwrap_or_default();
            let what = match copy.kind.as_str() {
                "s3" => "a copy of the case in S3 storage",
                "bag" => "a copy of the case as a bag",
                _ => "a copy of the case in another folder",
            };
            let happened = match copy.event.as_str() {
                "gone" => "A person said that it is gone:",
                _ => "It went into",
            };
            events.push(event(&entry, format!("{happened} {what}{called}.")));
        }
        for id in &ids {
            for entry in self.casebook.entries_about(id, "hold")? {
                let Some(Payload::Hold(hold)) = &entry.payload else { continue };
                let happened = if hold.held { "was put on hold" } else { "was taken off hold" };
                events.push(event(
                    &entry,
                    format!("{id} {happened}: what is on hold cannot be erased."),
                ));
            }
        }
        for entry in self.casebook.entries_of_kind("erasure-requested")? {
            let Some(Payload::ErasureRequested(asked)) = &entry.payload else { continue };
            if asked.of.iter().any(|id| ids.contains(id))
                && self.erasure_entry(&asked.id)?.is_none()
            {
                let ground = &asked.ground;
                events.push(event(
                    &entry,
                    format!("A person asked that it be erased, ground {ground}."),
                ));
            }
        }
        Ok(events)
    }

    /// Estimates, dossiers and exports that it went into.
    fn made_from(
        &self,
        ids: &BTreeSet<String>,
        claims: &BTreeSet<String>,
        from: u64,
    ) -> Result<Vec<CustodyEvent>, CaseError> {
        let mut events = Vec::new();
        for entry in self.casebook.entries_of_kind("estimate")? {
            let Some(Payload::Estimate(found)) = &entry.payload else { continue };
            if found.claims.iter().any(|claim| claims.contains(&claim.to_string())) {
                let text = found.text.trim_end_matches('.');
                events.push(event(&entry, format!("A claim on it went into an estimate: {text}.")));
            }
        }
        let mut first_claim = u64::MAX;
        for claim in claims {
            let entry = self.casebook.entry_of_id(claim)?;
            first_claim = first_claim.min(entry.map_or(u64::MAX, |entry| entry.index));
        }
        for entry in self.casebook.entries_of_kind("publication")? {
            let Some(Payload::Publication(found)) = &entry.payload else { continue };
            if found.size > first_claim {
                let sums = found.sums_sha256;
                events.push(event(
                    &entry,
                    format!("A dossier with a claim on it was written ({} profile, SHA-256 of its SHA256SUMS {sums}).", found.profile),
                ));
            }
        }
        let archive = self.stored(from)?.id.unwrap_or_default();
        for entry in self.casebook.entries_of_kind("export")? {
            let Some(Payload::Export(found)) = &entry.payload else { continue };
            if found.of.iter().any(|id| ids.contains(id) || *id == archive) {
                let masked = if found.masked { ", secrets masked" } else { "" };
                events.push(event(
                    &entry,
                    format!(
                        "It was exported as {}{masked} (SHA-256 {}).",
                        found.format, found.sha256
                    ),
                ));
            }
        }
        Ok(events)
    }

    /// The first timestamps and cosignatures that cover an entry: one token of each authority, one proof of OpenTimestamps
    /// that leads to a block (or, where there is none yet, one that is promised), one cosignature of each witness.
    fn vouched_for(&self, index: u64, trust: &Trust) -> Result<Vec<CustodyEvent>, CaseError> {
        let (mut events, mut seen) = (Vec::new(), BTreeSet::new());
        let mut promised = None;
        for entry in self.casebook.entries_of_kind("timestamp")? {
            let Some(Payload::Timestamp(stamp)) = &entry.payload else { continue };
            if stamp.size <= index {
                continue;
            }
            if stamp.method == Timestamp::OPENTIMESTAMPS {
                let told = event(&entry, self.word_of_blocks(stamp, trust));
                if stamp.completes.is_none() {
                    promised.get_or_insert(told);
                } else if seen.insert(stamp.method.clone()) {
                    events.push(told);
                }
                continue;
            }
            let who = stamp.authority.as_deref().unwrap_or("an authority");
            if seen.insert(who.to_owned()) {
                let label =
                    stamp.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
                let time = stamp.time.as_deref().unwrap_or("a time that its entry does not give");
                events.push(event(
                    &entry,
                    format!(
                        "An outside timestamp covers its entry: by the word of {who}{label} it existed no later than {time}."
                    ),
                ));
            }
        }
        events.extend(promised.filter(|_| !seen.contains(Timestamp::OPENTIMESTAMPS)));
        for entry in self.casebook.entries_of_kind("cosigned")? {
            let Some(Payload::Cosigned(cosigned)) = &entry.payload else { continue };
            let name = cosigned.witness.split('+').next().unwrap_or_default();
            if cosigned.size > index && seen.insert(cosigned.witness.clone()) {
                events.push(event(
                    &entry,
                    format!("The witness {name} cosigned a log that holds its entry."),
                ));
            }
        }
        Ok(events)
    }

    /// The story of something that was erased: what the log still says of it.
    pub(super) fn erased_story(&self, id: &str) -> Result<Option<CustodyStory>, CaseError> {
        if self.erased_id(id)?.is_none() {
            return Ok(None);
        }
        let (mut events, mut full) = (Vec::new(), id.to_owned());
        for entry in self.casebook.entries_of_kind("erasure-requested")? {
            let Some(Payload::ErasureRequested(ErasureRequested {
                id: request, of, ground, ..
            })) = &entry.payload
            else {
                continue;
            };
            let Some(named) = of.iter().find(|named| named.starts_with(id)) else { continue };
            full.clone_from(named);
            events
                .push(event(&entry, format!("A person asked that it be erased, ground {ground}.")));
            if let Some((done, Erasure { entries, blobs, .. })) = self.erasure_entry(request)? {
                events.push(event(
                    &done,
                    format!(
                        "It was erased, with all that was made of it ({}, {}); the keys to them were destroyed.",
                        counted(entries.len(), "entry", "entries"),
                        counted(blobs.len(), "stored object", "stored objects")
                    ),
                ));
            }
            for confirmed in
                self.casebook.entries_about(&request.to_string(), "erasure-confirmed")?
            {
                let Some(Payload::ErasureConfirmed(found)) = &confirmed.payload else { continue };
                let what = &found.what;
                events.push(event(
                    &confirmed,
                    format!("A person said that {what} can no longer reveal it."),
                ));
            }
        }
        events.sort_by_key(|event| event.entry);
        self.name_actors(&mut events)?;
        Ok(Some(CustodyStory {
            subject: format!("{full}: erased"),
            object: None,
            events,
            standing: vec![format!(
                "What it said is not known any more. {}.",
                capital(ERASURE_LIMITS)
            )],
        }))
    }

    /// The capture that a story is told of, as it stands in the tables.
    pub(super) fn object_of(&self, capture: &CaptureId) -> Result<Option<CaptureRow>, CaseError> {
        self.casebook.capture(capture)
    }

    /// Who wrote the entries of a story, by name where there is one.
    pub(super) fn name_actors(&self, events: &mut [CustodyEvent]) -> Result<(), CaseError> {
        for event in events {
            event.name = self.actor_name(&event.actor)?;
        }
        Ok(())
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
