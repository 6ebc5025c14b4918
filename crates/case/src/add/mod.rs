//! Bringing sources in: files, folders, WARC files and pages of the web, in batches that a crash cannot halve.

mod file;
mod list;
mod warc;
mod web;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rayon::prelude::*;
use serde::Serialize;
use witnessmark_model::Digest;
use witnessmark_model::id::{CaptureId, SourceId};
use witnessmark_model::payload::{Capture, Evidence, SourceRef, Verdict};
use witnessmark_vault::Pending;

use self::file::Looked;
use crate::reading::TextRow;
use crate::{Case, CaseError, Progress};
pub use list::{Listed, SourceRow};
pub(crate) use web::UNDER_WAY;
pub use web::{Follow, Method, Reach, WebOptions};

/// How many files are committed together, and how many of their bytes.
const BATCH_ITEMS: usize = 128;
const BATCH_BYTES: u64 = 256 << 20;
/// How many bytes of their texts are kept until then; further ones are read once more. A file may unpack to far more than it has.
const BATCH_TEXT: usize = 256 << 20;

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
    /// Something was kept as `id`.
    fn of(source: String, id: String, verdict: Verdict) -> Self {
        Self {
            capture: Some(id),
            source,
            verdict: verdict.code,
            evidence: verdict.evidence,
            bytes: 0,
            digest: None,
            captures: None,
            verdicts: BTreeMap::new(),
            failed: false,
            hint: None,
        }
    }

    /// The very same was added before, as `id`.
    fn known(item: &Item, plain: &Digest, bytes: u64, id: impl ToString) -> Self {
        let grounds = vec![format!("already in the case as {}", id.to_string())];
        let verdict = Verdict { code: "duplicate".to_owned(), evidence: grounds };
        let source = item.path.display().to_string();
        Self { bytes, digest: Some(*plain), ..Self::of(source, id.to_string(), verdict) }
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
        self.vault.reserve(batch.len(), self.environment.entropy.as_mut())?;
        let (store, readers) = (self.vault.store(), self.readers.as_ref());
        let room = AtomicUsize::new(BATCH_TEXT);
        let look = |item| {
            (!progress.stopped()).then(|| {
                let mut looked = file::look_at(store, readers, item, progress);
                if let Ok(Some(Looked::Document { text, .. })) = &mut looked {
                    let size = text.text.as_ref().map_or(0, String::len);
                    let taken = room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(size));
                    if taken.is_err() {
                        text.put_off();
                    }
                }
                (item, looked)
            })
        };
        let looked: Vec<_> = batch.par_iter().map(look).collect();
        let (mut pending, mut archives) = (Pendings::default(), Vec::new());
        let mut documents = Vec::new();
        for (item, result) in looked.into_iter().flatten() {
            match result {
                Ok(Some(Looked::Archive(kept))) => archives.push((item, kept)),
                Ok(Some(Looked::Large { kept, text })) => {
                    self.prepare_capture(item, kept, *text, &mut pending)?;
                }
                Ok(Some(Looked::Document { bytes, digest, text })) => {
                    documents.push((item, bytes, digest, text));
                }
                Ok(None) => {}
                Err(error) => pending.outcomes.push(Outcome::failure(&item.path, &error)),
            }
        }
        for (item, kept, text) in self.keep_documents(documents, progress)? {
            self.prepare_capture(item, kept, text, &mut pending)?;
        }
        self.commit(pending.entries)?;
        self.texts.put(&pending.texts)?;
        pending.outcomes.iter().for_each(&mut *on_outcome);
        let mut imported = Vec::new();
        for (item, kept) in archives {
            if progress.stopped() {
                break;
            }
            let outcome = self.import_warc(item, kept, progress)?;
            if outcome.verdict == "duplicate" {
                on_outcome(&outcome);
            } else {
                imported.push(outcome);
            }
        }
        Ok(imported)
    }

    /// Keeps the bytes of documents, on all cores; what the case has already is not stored again.
    fn keep_documents<'i>(
        &self,
        documents: Vec<(&'i Item, Vec<u8>, Digest, Box<TextRow>)>,
        progress: &Progress,
    ) -> Result<Vec<(&'i Item, Evidence, TextRow)>, CaseError> {
        let mut first = BTreeMap::new();
        let mut known = Vec::with_capacity(documents.len());
        for (index, (_, _, digest, _)) in documents.iter().enumerate() {
            let before = match self.casebook.evidence_of(digest)? {
                Some(evidence) => Some(evidence),
                None => {
                    first.entry(*digest).or_insert(index);
                    None
                }
            };
            known.push(before);
        }
        let store = self.vault.store();
        let keep = |(index, before): (usize, Option<Evidence>)| {
            let Some((_, bytes, digest, _)) = documents.get(index) else { return Ok(None) };
            progress.advance(1, bytes.len() as u64);
            match before {
                Some(evidence) => Ok(Some(evidence)),
                None if first.get(digest) == Some(&index) => store.put_bytes(bytes).map(Some),
                None => Ok(None),
            }
        };
        let kept: Vec<Option<Evidence>> =
            known.into_par_iter().enumerate().map(keep).collect::<Result<_, _>>()?;
        let same_bytes = |digest| first.get(digest).and_then(|index| kept.get(*index)?.clone());
        let found = documents
            .iter()
            .zip(&kept)
            .map(|((_, _, digest, _), kept)| kept.clone().or_else(|| same_bytes(digest)));
        let found: Vec<_> = found.collect();
        let joined = documents.into_iter().zip(found);
        let joined = joined.filter_map(|((item, _, _, text), kept)| Some((item, kept?, *text)));
        Ok(joined.collect())
    }

    /// The entry of a file that was kept, unless the very same is there already.
    fn prepare_capture(
        &mut self,
        item: &Item,
        kept: Evidence,
        text: TextRow,
        pending: &mut Pendings,
    ) -> Result<(), CaseError> {
        let (bytes, digest) = (kept.plain_length(), kept.plain_sha256);
        let before = self.casebook.captures_of_bytes(&digest)?;
        let same = before.iter().find(|row| row.name == item.name && row.record.is_none());
        if let Some(row) = same {
            self.vault.store().discard(&kept)?;
            pending.outcomes.push(Outcome::known(item, &digest, bytes, row.capture));
            return Ok(());
        }
        let twin = before
            .first()
            .map(|row| row.capture)
            .or_else(|| pending.new_bytes.get(&digest).copied());
        let evidence = self.known_or_new(kept, pending)?;
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
        pending.new_bytes.insert(digest, id);
        pending.entries.push(capture.into());
        pending.texts.push((id.to_string(), text));
        let source = item.path.display().to_string();
        let outcome = Outcome::of(source, id.to_string(), verdict);
        pending.outcomes.push(Outcome { bytes, digest: Some(digest), ..outcome });
        Ok(())
    }

    /// The evidence with these plain bytes: what the case has already, or what was just put.
    fn known_or_new(
        &mut self,
        kept: Evidence,
        pending: &mut Pendings,
    ) -> Result<Evidence, CaseError> {
        let before = match self.casebook.evidence_of(&kept.plain_sha256)? {
            Some(before) => Some(before),
            None => pending.new_evidence.get(&kept.plain_sha256).cloned(),
        };
        if let Some(before) = before {
            if before.sha256 != kept.sha256 {
                self.vault.store().discard(&kept)?;
            }
            return Ok(before);
        }
        pending.new_evidence.insert(kept.plain_sha256, kept.clone());
        Ok(kept)
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
