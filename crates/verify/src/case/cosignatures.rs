//! Cosignatures: what witnesses said of the log, as entries name it (C2SP tlog-cosignature).

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::cosignature::WitnessKey;
use witnessmark_model::note::Verifier;
use witnessmark_model::payload::{Cosigned, Payload, checkpoint_beside};
use witnessmark_model::{Digest, Moment};

use super::tree::Tree;
use crate::files::{self, Files};
use crate::findings::{Findings, Group};

/// A checkpoint or a line is a few hundred bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// What entries say of witnesses.
#[derive(Default)]
pub(super) struct Witnessed {
    /// The witnesses' keys, each with the first entry that names it.
    keys: BTreeMap<String, u64>,
    cosigned: Vec<(u64, Cosigned)>,
    files: BTreeSet<String>,
}

/// What the sound cosignatures amount to.
#[derive(Default)]
pub(super) struct Covered {
    /// How many entries, from the first, at least one of them covers.
    pub size: u64,
    /// Those that vouch for them: name and key of the witness, with the latest moment at that size, in its own words.
    pub by: BTreeMap<String, Moment>,
}

impl Witnessed {
    /// Notes what an entry says of witnesses.
    pub(super) fn add(&mut self, index: u64, payload: &Payload) {
        self.files.extend(payload.files_beside_checkpoints());
        match payload {
            Payload::Witness(witness) => {
                self.keys.entry(witness.key.clone()).or_insert(index);
            }
            Payload::Cosigned(cosigned) => self.cosigned.push((index, cosigned.clone())),
            _ => {}
        }
    }

    /// Whether an entry names this file beside a checkpoint.
    pub(super) fn names(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    /// Checks every cosignature that an entry names.
    pub(super) fn check(
        &self,
        files: &dyn Files,
        verifier: Option<&Verifier>,
        tree: &Tree,
        findings: &mut Findings,
    ) -> Covered {
        let mut covered = Covered::default();
        for (index, cosigned) in &self.cosigned {
            match self.one(*index, cosigned, files, verifier, tree) {
                Ok(()) => {
                    findings.pass(Group::Cosignatures);
                    covered.add(cosigned);
                }
                Err((subject, detail)) => findings.fail(Group::Cosignatures, subject, detail),
            }
        }
        covered
    }

    /// Why the cosignature does not hold, if so: in which file or entry, and what is wrong.
    fn one(
        &self,
        index: u64,
        cosigned: &Cosigned,
        files: &dyn Files,
        verifier: Option<&Verifier>,
        tree: &Tree,
    ) -> Result<(), (String, String)> {
        let entry = format!("entry {index}");
        let size = cosigned.size;
        if size > index {
            let detail =
                format!("it names a log of {size} entries, more than were there before it");
            return Err((entry, detail));
        }
        if self.keys.get(&cosigned.witness).is_none_or(|named| *named > index) {
            return Err((entry, "its witness is named by no earlier entry".into()));
        }
        let key = WitnessKey::parse(&cosigned.witness)
            .map_err(|error| (entry, format!("its witness: {error}")))?;
        let path = cosigned.path();
        let read = |path: &str| {
            files::bytes(files, path, LARGEST_FILE).map_err(|error| {
                (path.to_owned(), format!("entry {index} names it, and it cannot be read: {error}"))
            })
        };
        let line = read(&path)?;
        if Digest::of(&line) != cosigned.sha256 {
            let detail = format!("it does not have the digest that entry {index} recorded");
            return Err((path, detail));
        }
        let checkpoint = checkpoint_beside(size);
        let note = read(&checkpoint)?;
        let verifier = verifier
            .ok_or_else(|| (checkpoint.clone(), "the log's key is not known".to_owned()))?;
        let said = Checkpoint::open(&note, verifier)
            .map_err(|error| (checkpoint.clone(), error.to_string()))?;
        if said.size != size || tree.root(size) != Some(said.root) {
            let detail = format!("it is not the checkpoint of the first {size} entries");
            return Err((checkpoint, detail));
        }
        let text = verifier.open(&note).map_err(|error| (checkpoint, error.to_string()))?;
        let found = key.find(text, &line).map_err(|error| (path.clone(), error.to_string()))?;
        if found.time != cosigned.time || found.line.as_bytes() != line {
            return Err((path, format!("it does not say what entry {index} recorded")));
        }
        Ok(())
    }
}

impl Covered {
    fn add(&mut self, cosigned: &Cosigned) {
        if cosigned.size < self.size {
            return;
        }
        if cosigned.size > self.size {
            self.by.clear();
            self.size = cosigned.size;
        }
        let millis = i64::try_from(cosigned.time).unwrap_or(i64::MAX).saturating_mul(1000);
        let time = Moment::from_unix_millis(millis);
        let latest = self.by.entry(cosigned.witness.clone()).or_insert(time);
        *latest = time.max(*latest);
    }

    /// What a reader who knows the witnesses' keys from elsewhere may conclude.
    pub(super) fn in_words(&self) -> String {
        let by: Vec<_> = self.by.iter().map(|(key, time)| format!("{key} at {time}")).collect();
        format!(
            "By the word of these witnesses, whose keys the reader must know from elsewhere, the first {} \
             stood as they do now, and continued what each witness had seen of this log before: {}.",
            super::counted(self.size, "entry", "entries"),
            by.join(", ")
        )
    }
}
