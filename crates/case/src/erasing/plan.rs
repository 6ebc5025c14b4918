//! What goes with what is to be erased.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use witnessmark_model::Digest;
use witnessmark_model::id::{CaptureId, KeyId};
use witnessmark_model::payload::{Evidence, Payload};

use crate::casebook::StoredEntry;
use crate::{Case, CaseError};

/// What an erasure takes with it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ErasurePlan {
    /// What was named, by full id.
    pub of: Vec<String>,
    /// The entries that are erased, in the log's order.
    pub goes: Vec<Going>,
    /// What stays although it may hold the same: worth a look before going on.
    pub stays: Vec<String>,
    /// The keys that are destroyed.
    #[serde(skip)]
    pub keys: BTreeSet<KeyId>,
    /// The blobs that are removed.
    #[serde(skip)]
    pub blobs: BTreeSet<Digest>,
    /// Of archives that stay: the records that go, by entry and number.
    #[serde(skip)]
    pub(super) records: BTreeMap<u64, BTreeSet<u64>>,
    /// Captures that go.
    #[serde(skip)]
    pub(super) captures: BTreeSet<CaptureId>,
}

/// One entry that goes.
#[derive(Clone, Debug, Serialize)]
pub struct Going {
    /// Its index.
    pub entry: u64,
    /// Its kind.
    pub kind: String,
    /// The id that it brought.
    pub id: Option<String>,
    /// Why it goes.
    pub why: String,
}

impl ErasurePlan {
    /// The entries that go, sorted.
    pub(super) fn entries(&self) -> Vec<u64> {
        self.goes.iter().map(|going| going.entry).collect()
    }
}

/// What cannot be erased: without it the rest cannot be read or trusted.
const KEPT: [&str; 20] = [
    "case-created",
    "actor-added",
    "configuration",
    "codebook",
    "gazetteer",
    "egress",
    "erasure-rule",
    "erasure-requested",
    "erase",
    "erasure-confirmed",
    "hold",
    "publication",
    "export",
    "copy",
    "escrow",
    "witness",
    "cosigned",
    "time-authority",
    "timestamp",
    "predecessor",
];

/// The plan in the making.
struct Planner<'c> {
    case: &'c Case,
    plan: ErasurePlan,
    goes: BTreeMap<u64, (StoredEntry, String)>,
    waiting: Vec<(StoredEntry, String)>,
    /// Evidence of entries that stay whose own words go: the policies of publications.
    loose: Vec<Evidence>,
    /// Of archives that were looked into: for each record the first of those that it belongs to.
    joined: BTreeMap<u64, BTreeMap<u64, u64>>,
}

impl Case {
    /// What goes if these things are erased: captures, records of archives (as a capture, or as `imp-…:N`, counted from 0),
    /// passages, claims, origins, decisions, estimates, whole imports.
    pub fn erasure_plan(&self, ids: &[String]) -> Result<ErasurePlan, CaseError> {
        if !self.vault.is_sealed() {
            return Err(CaseError::usage(
                "an open case cannot erase: whoever has its disk, or a copy, can read all of it",
                "copy it into a sealed one first: `witnessmark seal OLD NEW`",
            ));
        }
        let mut planner = Planner {
            case: self,
            plan: ErasurePlan::default(),
            goes: BTreeMap::new(),
            waiting: Vec::new(),
            loose: Vec::new(),
            joined: BTreeMap::new(),
        };
        for id in ids {
            planner.name(id)?;
        }
        planner.finish()
    }
}

impl Planner<'_> {
    /// Takes in one thing that a person named.
    fn name(&mut self, text: &str) -> Result<(), CaseError> {
        if let Some((archive, number)) = text.trim().split_once(':')
            && archive.starts_with("imp-")
        {
            return self.name_record(archive, number);
        }
        let id = match self.case.find_id(text) {
            Ok(id) => id,
            Err(error) => match self.case.find_capture(text) {
                Ok(row) => row.capture.to_string(),
                Err(_) => return Err(error),
            },
        };
        self.plan.of.push(id.clone());
        if let Ok(capture) = id.parse::<CaptureId>() {
            return self.capture(&capture, "it was named");
        }
        let Some(entry) = self.case.casebook.entry_of_id(&id)? else {
            return Err(CaseError::input(
                format!("{id} is a source: it has no entry of its own"),
                "name its captures; `witnessmark list captures` shows them",
            ));
        };
        if KEPT.contains(&entry.kind().as_str()) {
            return Err(CaseError::input(
                format!("{id} is of the kind `{}`, which is never erased", entry.kind()),
                "the case cannot be read, or what was done to it not told, without such entries",
            ));
        }
        if let Some(Payload::Passage(passage)) = &entry.payload {
            let capture = passage.capture;
            self.stays(format!(
                "{capture}, which {id} quotes, still holds these words: name it as well to erase it"
            ));
        }
        self.go(entry, "it was named");
        Ok(())
    }

    fn name_record(&mut self, archive: &str, number: &str) -> Result<(), CaseError> {
        let id = self.case.find_id(archive)?;
        let entry = self.case.casebook.entry_of_id(&id)?;
        let records = entry.as_ref().and_then(|entry| entry.payload.as_ref());
        let records = records.and_then(Payload::archive).map(|archive| archive.records);
        let number = number.parse::<u64>().ok().filter(|n| records.is_some_and(|all| *n < all));
        let (Some(entry), Some(number)) = (entry, number) else {
            return Err(CaseError::input(
                format!("there is no record {archive}:{}", number.unwrap_or_default()),
                "records are counted from 0; `witnessmark show` on the archive says how many there are",
            ));
        };
        self.plan.of.push(format!("{id}:{number}"));
        self.record(entry.index, number)
    }

    fn record(&mut self, entry: u64, number: u64) -> Result<(), CaseError> {
        if !self.plan.records.entry(entry).or_default().insert(number) {
            return Ok(());
        }
        if !self.joined.contains_key(&entry) {
            self.joined.insert(entry, self.case.joined_records(entry)?);
        }
        let joined = self.joined.get(&entry);
        let first = joined.and_then(|joined| joined.get(&number)).copied();
        let others = joined.into_iter().flatten().filter(|(_, of)| Some(**of) == first);
        for other in others.map(|(other, _)| *other).collect::<Vec<_>>() {
            self.record(entry, other)?;
        }
        for row in self.case.casebook.captures_of_entry(entry)? {
            if row.part == number + 1 {
                self.capture(&row.capture, "it is a record that goes")?;
            }
        }
        Ok(())
    }

    /// A capture goes, with all that was made of it.
    fn capture(&mut self, id: &CaptureId, why: &str) -> Result<(), CaseError> {
        if !self.plan.captures.insert(*id) {
            return Ok(());
        }
        let Some(row) = self.case.casebook.capture(id)? else {
            return Err(CaseError::input(
                format!("the case has no {id}"),
                "`witnessmark list captures` shows what it has",
            ));
        };
        if row.record.is_some() {
            self.record(row.entry, row.part.saturating_sub(1))?;
        } else {
            let entry = self.case.stored(row.entry)?;
            self.go(entry, why);
            for twin in self.case.casebook.captures_of_blob(&row.blob.0)? {
                self.capture(&twin.capture, "it is kept as the same bytes")?;
            }
        }
        self.about(&id.to_string())
    }

    /// What is about a thing that goes, goes as well.
    fn about(&mut self, id: &str) -> Result<(), CaseError> {
        let casebook = &self.case.casebook;
        for (kind, why) in [
            ("extraction", "it is the text of what goes"),
            ("passage", "it quotes what goes"),
            ("passage-on-picture", "it says where a passage that goes stands"),
            ("passage-confirmed", "it says what a person reads there"),
            ("claim", "it says what a passage that goes says"),
            ("claim-change", "it changes a claim that goes"),
            ("judgement", "it says what a capture that goes is"),
            ("origin", "it names a capture that goes"),
            ("lineage", "it is a decision on what goes"),
        ] {
            for entry in casebook.entries_about(id, kind)? {
                self.waiting.push((entry, why.to_owned()));
            }
        }
        for entry in casebook.entries_of_kind("lineage")? {
            if matches!(&entry.payload, Some(Payload::Lineage(edge)) if edge.earlier == id) {
                self.waiting.push((entry, "it is a decision on what goes".to_owned()));
            }
        }
        if id.starts_with("clm-") {
            for entry in casebook.entries_of_kind("estimate")? {
                let rests = matches!(&entry.payload, Some(Payload::Estimate(found))
                    if found.claims.iter().any(|claim| claim.to_string() == id));
                if rests {
                    self.waiting.push((entry, "it was computed from a claim that goes".to_owned()));
                }
            }
        }
        Ok(())
    }

    fn go(&mut self, entry: StoredEntry, why: &str) {
        self.waiting.push((entry, why.to_owned()));
    }

    fn stays(&mut self, text: String) {
        if !self.plan.stays.contains(&text) {
            self.plan.stays.push(text);
        }
    }

    fn follow(&mut self) -> Result<(), CaseError> {
        while let Some((entry, why)) = self.waiting.pop() {
            if self.goes.contains_key(&entry.index) {
                continue;
            }
            if let Some(archive) = entry.payload.as_ref().and_then(Payload::archive) {
                let blob = archive.evidence.sha256;
                for row in self.case.casebook.captures_of_entry(entry.index)? {
                    self.plan.captures.insert(row.capture);
                    self.about(&row.capture.to_string())?;
                }
                for twin in self.case.archives_of_blob(&blob)? {
                    self.go(twin, "it is kept as the same bytes");
                }
            }
            if let Some(id) = &entry.id {
                self.about(&id.clone())?;
            }
            self.goes.insert(entry.index, (entry, why));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<ErasurePlan, CaseError> {
        self.follow()?;
        // An archive of which records go is replaced as a whole.
        for index in self.plan.records.keys().copied().collect::<Vec<_>>() {
            let entry = self.case.stored(index)?;
            let whole = self.goes.contains_key(&index);
            let archive = entry.payload.as_ref().and_then(Payload::archive);
            let all = archive.is_some_and(|archive| {
                self.plan
                    .records
                    .get(&index)
                    .is_some_and(|gone| gone.len() as u64 == archive.records)
            });
            if whole || all {
                self.plan.records.remove(&index);
            }
            if !whole {
                if let Some(archive) = archive.filter(|_| !all) {
                    let blob = archive.evidence.sha256;
                    if self.case.archives_of_blob(&blob)?.len() > 1 {
                        return Err(CaseError::input(
                            format!("{} was imported under two names", archive.id),
                            "erase one of the two imports whole first (imp-…)",
                        ));
                    }
                }
                let why = if all {
                    "all its records go".to_owned()
                } else {
                    let gone = self.plan.records.get(&index).map_or(0, BTreeSet::len);
                    let of = archive.map_or(0, |archive| archive.records);
                    format!("{gone} of its {of} records go: a copy without them takes its place")
                };
                self.goes.insert(index, (entry, why));
            }
        }
        self.clear_policies()?;
        self.clear_log_of_before()?;
        let gone: BTreeSet<u64> = self.goes.keys().copied().collect();
        let entries: Vec<StoredEntry> =
            self.goes.values().map(|(entry, _)| entry.clone()).collect();
        let mut evidence: Vec<Evidence> = self.loose.clone();
        for entry in &entries {
            self.plan.keys.insert(entry.key);
            evidence.extend(entry.payload.iter().flat_map(Payload::blobs).cloned());
        }
        for one in evidence {
            let others = self.case.others_naming(&one.sha256, &gone)?;
            if others.is_empty() {
                self.plan.blobs.insert(one.sha256);
                self.plan.keys.insert(one.key);
            }
            for other in others {
                self.stays(format!("{other} holds the same text: name it as well to erase it"));
            }
        }
        for (index, (entry, why)) in self.goes {
            let (kind, id) = (entry.kind(), entry.id);
            self.plan.goes.push(Going { entry: index, kind, id, why });
        }
        if self.plan.goes.is_empty() {
            return Err(CaseError::usage(
                "nothing was named",
                "name what is to be erased, by its id",
            ));
        }
        Ok(self.plan)
    }

    /// A case that was copied from an open one keeps that one's log whole, with the words of every entry in it. No part can be
    /// taken out of it.
    fn clear_log_of_before(&mut self) -> Result<(), CaseError> {
        let Some(first) = self.goes.keys().next().copied() else { return Ok(()) };
        for entry in self.case.casebook.entries_of_kind("predecessor")? {
            let Some(Payload::Predecessor(found)) = &entry.payload else { continue };
            if first < entry.index && self.case.vault.store().path(&found.log.sha256).exists() {
                self.loose.push(found.log.clone());
                self.stays(
                    "the log of the open case that this one was copied from goes whole, since it holds what goes: who wrote \
                     what when in that case can then not be shown any more"
                        .to_owned(),
                );
                self.stays(format!("{}, that open case, is not reached from here", found.case));
            }
        }
        Ok(())
    }

    /// The policy of a publication names captures, and why they were shown: where it names one that goes, it goes as well.
    /// The publication's entry stays, since the dossier is out in the world.
    fn clear_policies(&mut self) -> Result<(), CaseError> {
        let first = self.goes.keys().next().copied().unwrap_or(u64::MAX);
        for entry in self.case.casebook.entries_of_kind("publication")? {
            let Some(Payload::Publication(found)) = &entry.payload else { continue };
            if found.size > first && !self.goes.contains_key(&entry.index) {
                let day = entry.day();
                self.stays(format!(
                    "{}, a dossier of {day}, was written from a log that held it",
                    found.id
                ));
            }
            let Some(policy) = &found.policy else { continue };
            if !self.case.vault.store().path(&policy.sha256).exists() {
                continue;
            }
            let text = self.case.vault.store().read(policy)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            let mut names = false;
            for capture in self.plan.captures.clone() {
                let Some(row) = self.case.casebook.capture(&capture)? else { continue };
                let id = capture.to_string();
                let words = [Some(id.as_str()), row.url.as_deref(), Some(row.name.as_str())];
                names |= words.into_iter().flatten().any(|word| text.contains(word));
                names |= text.contains(id.get(..14).unwrap_or(&id));
            }
            if names {
                self.loose.push(policy.clone());
                self.stays(format!(
                    "the entry of {} stays; the policy that it was made with goes",
                    found.id
                ));
            }
        }
        for entry in self.case.casebook.entries_of_kind("export")? {
            let Some(Payload::Export(found)) = &entry.payload else { continue };
            let holds = found.of.iter().any(|id| {
                self.goes.values().any(|(entry, _)| entry.id.as_deref() == Some(id))
                    || id.parse().is_ok_and(|id| self.plan.captures.contains(&id))
            });
            if holds {
                let day = entry.day();
                self.stays(format!("{}, a file that left the case on {day}, held it", found.id));
            }
        }
        Ok(())
    }
}

impl Case {
    /// Imports and recordings whose archive is this blob.
    fn archives_of_blob(&self, blob: &Digest) -> Result<Vec<StoredEntry>, CaseError> {
        let mut found = Vec::new();
        for kind in ["import", "recording"] {
            found.extend(self.casebook.entries_of_kind(kind)?.into_iter().filter(|entry| {
                let archive = entry.payload.as_ref().and_then(Payload::archive);
                archive.is_some_and(|archive| archive.evidence.sha256 == *blob)
            }));
        }
        Ok(found)
    }

    /// What stays and names this blob.
    fn others_naming(
        &self,
        blob: &Digest,
        gone: &BTreeSet<u64>,
    ) -> Result<BTreeSet<String>, CaseError> {
        let mut others = BTreeSet::new();
        for row in self.casebook.captures_of_blob(blob)? {
            if !gone.contains(&row.entry) {
                others.insert(row.capture.to_string());
            }
        }
        for kind in ["extraction", "import", "recording"] {
            for entry in self.casebook.entries_of_kind(kind)? {
                let names = entry.payload.as_ref().is_some_and(|payload| {
                    payload.blobs().iter().any(|evidence| evidence.sha256 == *blob)
                });
                if names && !gone.contains(&entry.index) {
                    let about = match &entry.payload {
                        Some(Payload::Extraction(found)) => found.capture.to_string(),
                        _ => entry.id.unwrap_or_default(),
                    };
                    others.insert(about);
                }
            }
        }
        Ok(others)
    }
}
