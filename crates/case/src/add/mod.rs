//! Bringing sources in: files, folders, WARC files and pages of the web, in batches that a crash cannot halve.

mod file;
mod list;
mod warc;
mod web;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;
use witnessmark_model::Digest;
use witnessmark_model::id::{CaptureId, SourceId};
use witnessmark_model::payload::{Capture, Evidence, SourceRef, Verdict};
use witnessmark_vault::{Pending, Stored};

use crate::{Case, CaseError, Progress};
pub use list::{Listed, SourceRow};
pub use web::{Follow, Method, Reach, WebOptions};

/// How many files are committed together, and how many of their bytes.
const BATCH_ITEMS: usize = 128;
const BATCH_BYTES: u64 = 256 << 20;

/// What is to be added.
#[derive(Clone, Debug, Default)]
pub struct AddOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Files with what is known of their sources.
    pub listed: Vec<SourceRow>,
    /// Pages of the web.
    pub web: Option<WebOptions>,
}

/// What became of one item.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The capture; for an archive the import; none if nothing was kept.
    pub capture: Option<String>,
    /// What it was made from: the path that was given.
    pub source: String,
    /// The verdict.
    pub verdict: String,
    /// On what grounds.
    pub evidence: Vec<String>,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes.
    pub digest: Option<Digest>,
    /// How many captures an archive holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captures: Option<u64>,
    /// Of an archive that was brought in: how many captures there are of each verdict.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<String, u64>,
    /// Whether the item failed, so that the command ends with exit code 1.
    #[serde(skip)]
    pub failed: bool,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Outcome {
    /// The very same was added before, as `id`.
    fn known(item: &Item, stored: &Stored, id: String) -> Self {
        Self {
            source: item.path.display().to_string(),
            verdict: "duplicate".to_owned(),
            evidence: vec![format!("already in the case as {id}")],
            bytes: stored.bytes,
            digest: Some(stored.digest),
            captures: None,
            verdicts: BTreeMap::new(),
            failed: false,
            hint: None,
            capture: Some(id),
        }
    }

    fn failure(source: &Path, error: &CaseError) -> Self {
        Self {
            capture: None,
            source: source.display().to_string(),
            verdict: "error".to_owned(),
            evidence: vec![error.fact.clone()],
            bytes: 0,
            digest: None,
            captures: None,
            verdicts: BTreeMap::new(),
            failed: true,
            hint: error.hint.clone(),
        }
    }
}

/// One file to be added, and what is known of its source.
#[derive(Clone, Debug)]
struct Item {
    path: PathBuf,
    /// The path below what was given, with `/`.
    name: String,
    url: Option<String>,
    published: Option<String>,
}

impl Case {
    /// Adds files, folders and archives. Each item's outcome is told once it is durable; items that fail do not stop
    /// the others. When `progress` is asked to stop, what was told stays, and the same call goes on where it stopped.
    pub fn add(
        &mut self,
        options: &AddOptions,
        progress: &Progress,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<(), CaseError> {
        self.keep_unfinished(on_outcome)?;
        let (items, failures) = list::expand(options)?;
        for failure in &failures {
            on_outcome(failure);
        }
        let sizes: Vec<u64> =
            items.iter().map(|item| item.path.metadata().map_or(0, |found| found.len())).collect();
        progress.begin("adding", items.len() as u64, sizes.iter().sum());
        let (mut at, mut archives) = (0, Vec::new());
        while at < items.len() && !progress.stopped() {
            let (mut end, mut bytes) = (at, 0);
            while end < items.len() && end - at < BATCH_ITEMS && (bytes < BATCH_BYTES || end == at)
            {
                bytes += sizes.get(end).copied().unwrap_or(0);
                end += 1;
            }
            let batch = items.get(at..end).unwrap_or_default();
            archives.extend(self.add_batch(batch, progress, on_outcome)?);
            at = end;
        }
        if let Some(web) = options.web.as_ref().filter(|_| !progress.stopped()) {
            self.add_web(web, progress, on_outcome)?;
        }
        if !progress.stopped() {
            self.read_new_texts(progress)?;
        }
        // What the pages of an archive are is known once they are read.
        for mut outcome in archives {
            self.judge_archive(&mut outcome)?;
            on_outcome(&outcome);
        }
        Ok(())
    }

    /// Says of an archive what its captures are judged to be.
    fn judge_archive(&self, outcome: &mut Outcome) -> Result<(), CaseError> {
        let id = outcome.capture.clone().unwrap_or_default();
        let Some(entry) = self.casebook.entry_of_id(&id)? else { return Ok(()) };
        for row in self.casebook.captures_of_entry(entry.index)? {
            *outcome.verdicts.entry(self.with_verdict(row)?.is().to_owned()).or_default() += 1;
        }
        if outcome.verdict != "content" {
            return Ok(());
        }
        let most =
            outcome.verdicts.iter().max_by_key(|(code, count)| (*code == "content", **count));
        outcome.verdict = most.map_or("empty", |(code, _)| code).to_owned();
        if outcome.verdicts.len() > 1 {
            let counts = outcome.verdicts.iter().map(|(code, count)| format!("{count} {code}"));
            outcome.evidence.push(counts.collect::<Vec<_>>().join(", "));
        }
        Ok(())
    }

    /// Adds a batch: the bytes on all cores, then one commit for all its files; archives one after another, whose
    /// outcomes are given back until they are read.
    fn add_batch(
        &mut self,
        batch: &[Item],
        progress: &Progress,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<Vec<Outcome>, CaseError> {
        let blobs = self.vault.blobs();
        let keep = |item| (!progress.stopped()).then(|| (item, file::keep(blobs, item, progress)));
        let kept: Vec<_> = batch.par_iter().map(keep).collect();
        let mut pending = Pendings::default();
        let mut archives = Vec::new();
        for (item, result) in kept.into_iter().flatten() {
            match result {
                Ok(Some(file::Kept { stored, archive: true, .. })) => archives.push((item, stored)),
                Ok(Some(kept)) => self.prepare_capture(item, kept, &mut pending)?,
                Ok(None) => {}
                Err(error) => pending.outcomes.push(Outcome::failure(&item.path, &error)),
            }
        }
        self.commit(pending.entries)?;
        self.texts.put(&pending.texts)?;
        pending.outcomes.iter().for_each(&mut *on_outcome);
        let mut imported = Vec::new();
        for (item, stored) in archives {
            if progress.stopped() {
                break;
            }
            let outcome = self.import_warc(item, stored, progress)?;
            if outcome.verdict == "duplicate" {
                on_outcome(&outcome);
            } else {
                imported.push(outcome);
            }
        }
        Ok(imported)
    }

    /// The entry of a file that was kept, unless the very same is there already.
    fn prepare_capture(
        &mut self,
        item: &Item,
        kept: file::Kept,
        pending: &mut Pendings,
    ) -> Result<(), CaseError> {
        let file::Kept { stored, text, .. } = kept;
        let before = self.casebook.captures_of_bytes(&stored.digest)?;
        let same = before.iter().find(|row| row.name == item.name && row.record.is_none());
        if let Some(row) = same {
            pending.outcomes.push(Outcome::known(item, &stored, row.capture.to_string()));
            return Ok(());
        }
        let twin = before
            .first()
            .map(|row| row.capture)
            .or_else(|| pending.new_bytes.get(&stored.digest).copied());
        let evidence = self.evidence_for(&stored, pending)?;
        let id = CaptureId::random(self.environment.entropy.as_mut());
        let verdict = match twin {
            Some(twin) => Verdict {
                code: "duplicate".to_owned(),
                evidence: vec![format!("the same bytes as {twin}, under another name")],
            },
            None => text.verdict.clone(),
        };
        let source_id = self.source_id(item.url.as_deref(), &mut pending.new_sources)?;
        let capture = Capture {
            id,
            source: SourceRef { id: source_id, url: item.url.clone() },
            method: "file".to_owned(),
            name: item.name.clone(),
            media_type: text.media_type.clone(),
            published: item.published.clone(),
            evidence: vec![evidence],
            verdict: verdict.clone(),
        };
        pending.new_bytes.insert(stored.digest, id);
        pending.entries.push(capture.into());
        pending.texts.push((id.to_string(), text));
        pending.outcomes.push(Outcome {
            capture: Some(id.to_string()),
            source: item.path.display().to_string(),
            verdict: verdict.code,
            evidence: verdict.evidence,
            bytes: stored.bytes,
            digest: Some(stored.digest),
            captures: None,
            verdicts: BTreeMap::new(),
            failed: false,
            hint: None,
        });
        Ok(())
    }

    /// Evidence for stored bytes: what the case has already, or a new piece with a fresh key.
    fn evidence_for(
        &mut self,
        stored: &Stored,
        pending: &mut Pendings,
    ) -> Result<Evidence, CaseError> {
        if let Some(found) = self.casebook.evidence_of(&stored.digest)? {
            return Ok(found);
        }
        if let Some(found) = pending.new_evidence.get(&stored.digest) {
            return Ok(found.clone());
        }
        let key = self.vault.new_key(self.environment.entropy.as_mut());
        let evidence = Evidence {
            bytes: stored.bytes,
            key,
            plain_sha256: stored.digest,
            sha256: stored.digest,
        };
        pending.new_evidence.insert(stored.digest, evidence.clone());
        Ok(evidence)
    }

    /// The source with this address: one id for one address throughout a case.
    fn source_id(
        &mut self,
        url: Option<&str>,
        new: &mut BTreeMap<String, SourceId>,
    ) -> Result<SourceId, CaseError> {
        let entropy = self.environment.entropy.as_mut();
        let Some(url) = url else { return Ok(SourceId::random(entropy)) };
        if let Some(found) = self.casebook.source_of(url)? {
            return Ok(found);
        }
        Ok(*new.entry(url.to_owned()).or_insert_with(|| SourceId::random(entropy)))
    }
}

/// What a batch will say once it is committed.
#[derive(Default)]
struct Pendings {
    entries: Vec<Pending>,
    texts: Vec<(String, crate::reading::TextRow)>,
    outcomes: Vec<Outcome>,
    new_evidence: BTreeMap<Digest, Evidence>,
    new_bytes: BTreeMap<Digest, CaptureId>,
    new_sources: BTreeMap<String, SourceId>,
}
