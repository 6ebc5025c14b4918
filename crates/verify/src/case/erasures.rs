//! Erasures: what the log says it gave up is told from what is missing.

use std::collections::BTreeMap;

use witnessmark_model::Digest;
use witnessmark_model::id::{ActorId, ErasureId, KeyId};
use witnessmark_model::leaf::Values;
use witnessmark_model::payload::{Erasure, Evidence, Payload};

use super::keys::Keyring;
use crate::findings::{Findings, Group};

/// When and why something was erased, in words.
type Told = String;

/// What the entries of a log say about erasures.
#[derive(Default)]
pub(super) struct Erasures {
    requests: BTreeMap<ErasureId, ActorId>,
    /// How many people an erasure takes; none said so yet: two.
    people: Option<u64>,
    entries: BTreeMap<u64, Told>,
    keys: BTreeMap<KeyId, Told>,
    blobs: BTreeMap<Digest, Told>,
    /// Entries whose seed is not there, with their key.
    missing_entries: Vec<(u64, KeyId)>,
    /// Evidence whose seed is not there, with the entry that names it.
    missing_evidence: Vec<(u64, Evidence)>,
}

impl Erasures {
    /// Takes in what an entry that can be read says about erasures.
    pub(super) fn note(
        &mut self,
        index: u64,
        values: &Values,
        payload: &Payload,
        findings: &mut Findings,
    ) {
        match payload {
            Payload::ErasureRule(rule) => self.people = Some(rule.people),
            Payload::ErasureRequested(request) => {
                self.requests.insert(request.id, values.actor);
            }
            Payload::Erasure(erasure) => {
                self.judge(index, values, erasure, findings);
                let told = format!("erased on {}, ground {}", values.day, erasure.ground);
                self.entries.extend(erasure.entries.iter().map(|entry| (*entry, told.clone())));
                self.keys.extend(erasure.keys.iter().map(|key| (*key, told.clone())));
                self.blobs.extend(erasure.blobs.iter().map(|blob| (*blob, told.clone())));
            }
            _ => {}
        }
    }

    fn judge(&self, index: u64, values: &Values, erasure: &Erasure, findings: &mut Findings) {
        let subject = format!("entry {index}");
        let wrong = match self.requests.get(&erasure.request) {
            None => Some("nobody asked before it for what it erases"),
            Some(_) if erasure.entries.iter().any(|entry| *entry >= index) => {
                Some("it erases what comes after it")
            }
            Some(asked) if *asked == values.actor && self.people != Some(1) => {
                Some("one actor asked for it and carried it out, where an erasure takes two")
            }
            Some(_) => None,
        };
        match wrong {
            Some(detail) => findings.fail(Group::Erasures, subject, detail),
            None => findings.pass(Group::Erasures),
        }
    }

    /// An entry whose seed is not there.
    pub(super) fn miss_entry(&mut self, index: u64, key: KeyId) {
        self.missing_entries.push((index, key));
    }

    /// Evidence whose seed is not there.
    pub(super) fn miss_evidence(&mut self, index: u64, evidence: &Evidence) {
        self.missing_evidence.push((index, evidence.clone()));
    }

    /// Whether anything was erased.
    pub(super) fn any(&self) -> bool {
        !self.keys.is_empty()
    }

    /// How many entries were erased.
    pub(super) fn count(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Whether a key was given up.
    pub(super) fn has_key(&self, key: &KeyId) -> bool {
        self.keys.contains_key(key)
    }

    /// When and why a blob was erased.
    pub(super) fn of_blob(&self, digest: &Digest) -> Option<&str> {
        self.blobs.get(digest).map(String::as_str)
    }

    /// Whether the keystore still holds a key that was given up.
    pub(super) fn unfinished(&self, keys: &Keyring) -> bool {
        self.keys.keys().any(|key| keys.seed(key).is_some())
    }

    /// Tells what is erased from what is missing. Returns the evidence that should be there, with the entry that names it,
    /// and how many entries are missing that nothing erased.
    pub(super) fn settle(
        &self,
        keys: &Keyring,
        findings: &mut Findings,
    ) -> (Vec<(u64, Evidence)>, u64) {
        let mut unread = 0;
        for (index, key) in &self.missing_entries {
            let subject = format!("entry {index}");
            match self.entries.get(index).filter(|_| self.keys.contains_key(key)) {
                Some(told) => findings.unchecked(Group::Erased, subject, told),
                None => {
                    let detail = format!(
                        "{} holds no seed {key}, so its leaf cannot be made anew",
                        keys.objects
                    );
                    findings.fail(Group::Entries, subject, detail);
                    unread += 1;
                }
            }
        }
        let mut missing = Vec::new();
        for (index, evidence) in &self.missing_evidence {
            let path = super::blobs::path(&evidence.sha256);
            match self.keys.get(&evidence.key) {
                Some(told) => {
                    findings.unchecked(
                        Group::Erased,
                        path,
                        format!("{told}; entry {index} names it"),
                    );
                }
                None => {
                    let detail = format!(
                        "it holds no seed {} of {path}, which entry {index} names",
                        evidence.key
                    );
                    findings.fail(Group::Keys, &keys.objects, detail);
                    missing.push((*index, evidence.clone()));
                }
            }
        }
        if self.unfinished(keys) {
            let detail = "an erasure was cut off: it still holds keys that the log gave up; any writing command finishes it";
            findings.unchecked(Group::Unfinished, &keys.objects, detail);
        }
        (missing, unread)
    }
}
