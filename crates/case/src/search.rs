//! Searching the texts of a case.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde::Serialize;
use witnessmark_claims::gazetteer::Found as GazetteerFound;
use witnessmark_document::process::Stop;
use witnessmark_model::Entropy;
use witnessmark_model::id::CaptureId;
use witnessmark_text::{
    Document, Index, IndexError, IndexKey, Match, SearchOptions, Writer, places_in_query,
};

use witnessmark_vault::Vault;

use crate::casebook::CaptureRow;
use crate::reading::{TextRow, read_capture};
use crate::{Case, CaseError};

/// The index's folder, opened when it is needed.
#[derive(Debug)]
pub(crate) struct SearchFolder {
    folder: PathBuf,
    /// Of a sealed case.
    key: Option<IndexKey>,
    /// Kept from the first search on: what was read of a sealed index need not be unsealed again.
    opened: Option<Index>,
}

/// Adds texts to the index.
pub(crate) struct IndexWriter {
    writer: Writer,
    /// The index was empty before.
    is_new: bool,
}

/// Memory that indexing may take, in bytes.
const BUDGET: usize = 64 << 20;

impl SearchFolder {
    pub(crate) const NAME: &str = "index";

    pub(crate) fn at(vault: &Vault, entropy: &mut dyn Entropy) -> Self {
        let key = vault.derived_key("index").map(|key| IndexKey::new(&key, entropy));
        Self { folder: vault.folder().join(Self::NAME), key, opened: None }
    }

    fn open(&self) -> Result<Index, IndexError> {
        if self.folder.exists() {
            return Index::open(&self.folder, self.key.as_ref());
        }
        let index = Index::create_without_texts(&self.folder, self.key.as_ref())?;
        // Like the case's folder, so that a copy of the index alone does not lose that protection.
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&self.folder, mode)
            .map_err(|cause| IndexError::Failed(cause.to_string()))?;
        Ok(index)
    }

    /// Whether there is an index that cannot be used: one that a crash cut off in the making, or of another version.
    pub(crate) fn is_unusable(&self) -> bool {
        self.folder.exists() && matches!(self.open(), Err(IndexError::Unusable { .. }))
    }

    /// The index as it was last committed, for reading.
    fn current(&mut self) -> Result<&Index, IndexError> {
        match self.opened.take() {
            Some(index) if self.folder.exists() && index.refresh().is_ok() => {
                Ok(self.opened.insert(index))
            }
            _ => {
                let index = self.open()?;
                Ok(self.opened.insert(index))
            }
        }
    }

    pub(crate) fn remove(&mut self) -> Result<(), CaseError> {
        self.opened = None;
        match std::fs::remove_dir_all(&self.folder) {
            Ok(()) => Ok(()),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(cause) => Err(CaseError::file("remove", &self.folder, &cause)),
        }
    }

    pub(crate) fn writer(&self) -> Result<IndexWriter, CaseError> {
        let index = self.open()?;
        Ok(IndexWriter { is_new: index.is_empty(), writer: index.writer(BUDGET)? })
    }
}

impl IndexWriter {
    pub(crate) fn add(
        &mut self,
        row: &CaptureRow,
        text: &TextRow,
        words: &str,
    ) -> Result<(), CaseError> {
        self.writer.add(&Document {
            capture: row.capture.to_string(),
            title: text.title.clone().unwrap_or_default(),
            url: row.url.clone().unwrap_or_default(),
            language: text.language.clone(),
            published: row.published.clone().or_else(|| text.published.clone()),
            text: words.to_owned(),
        })?;
        Ok(())
    }

    /// Takes out what an index that was here before may hold of a capture.
    pub(crate) fn delete(&mut self, capture: &str) {
        if !self.is_new {
            self.writer.delete(capture);
        }
    }

    pub(crate) fn commit(self) -> Result<(), CaseError> {
        Ok(self.writer.finish()?)
    }
}

/// The answer to a search.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The best captures, best first.
    pub hits: Vec<SearchHit>,
    /// How many captures match.
    pub total: usize,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What makes this search less reliable than it looks.
    pub warnings: Vec<String>,
}

/// One capture that matches.
#[derive(Clone, Debug, Serialize)]
pub struct SearchHit {
    /// The capture.
    pub capture: CaptureId,
    /// Its title, or its name where it has none.
    pub title: String,
    /// Its address.
    pub url: Option<String>,
    /// Its language.
    pub language: String,
    /// What the capture is judged to be.
    pub verdict: String,
    /// The rank's value; only good for comparing hits of one search.
    pub score: f32,
    /// Where the words stand: best place first, in code points of the capture's text.
    pub passages: Vec<Match>,
    /// The captures that match less well and whose texts are nearly the same: this hit stands for them too.
    pub folded: Vec<CaptureId>,
    /// The words before and after the best place, for the screen.
    #[serde(skip)]
    pub around: Option<(String, String)>,
}

/// Code points shown on each side of a hit.
const AROUND: usize = 40;

impl Case {
    /// Finds captures by the words in their texts, and with `place` only those that name it, by any of its names in the
    /// gazetteer. `took_ms` is left for the caller, who has a clock.
    pub fn search(
        &mut self,
        query: &str,
        place: Option<&str>,
        options: &SearchOptions,
    ) -> Result<Found, CaseError> {
        let behind = self.unread()?;
        let mut options = options.clone();
        for place in places_in_query(query)? {
            let names = self.names_of(&place)?;
            options.places.insert(place, names);
        }
        if let Some(place) = place {
            options.place_names = self.names_of(place)?;
        }
        let index = self.index.current()?;
        let (texts, casebook, store) = (&self.texts, &self.casebook, self.vault.store());
        let readers = &self.readers;
        let text_of = |capture: &str| {
            if let Some(found) = texts.get(capture).ok().flatten() {
                return found.text;
            }
            let row = casebook.capture(&capture.parse().ok()?).ok()??;
            read_capture(readers, store, &row, &Stop::default()).ok()?.text
        };
        let results = index.search_with(query, &options, text_of)?;
        let mut warnings = results.warnings;
        if behind > 0 {
            warnings.push(format!(
                "{behind} captures are not read yet and cannot be found; repeat `witnessmark add`, or `witnessmark rebuild`"
            ));
        }
        let outdated = self.texts.outdated()?;
        if outdated > 0 {
            warnings.push(format!(
                "{outdated} texts were read by another version of the program, which may have missed words; `witnessmark rebuild` reads them again"
            ));
        }
        let mut hits = Vec::new();
        for hit in results.hits {
            let Ok(capture) = hit.capture.parse::<CaptureId>() else { continue };
            // The index may hold what the casebook, read while somebody writes, does not know yet.
            let Some(row) = self.casebook.capture(&capture)? else { continue };
            let row = self.with_verdict(row)?;
            let around = match hit.passages.first() {
                Some(place) => self.around(&row, place.start, place.end)?,
                None => None,
            };
            let title = if hit.title.is_empty() { row.name.clone() } else { hit.title };
            hits.push(SearchHit {
                capture,
                title,
                language: hit.language,
                verdict: row.is().to_owned(),
                url: row.url,
                score: hit.score,
                passages: hit.passages,
                folded: hit.folded.iter().filter_map(|id| id.parse().ok()).collect(),
                around,
            });
        }
        Ok(Found { hits, total: results.total, took_ms: 0, warnings })
    }

    /// Every name of a place.
    fn names_of(&self, place: &str) -> Result<Vec<String>, CaseError> {
        let gazetteer = self.gazetteer()?;
        let found = match gazetteer.find(place) {
            GazetteerFound::Place(found) => found,
            GazetteerFound::Ambiguous(several) => {
                let keys: Vec<_> = several.iter().map(|place| place.name.as_str()).collect();
                return Err(CaseError::input(
                    format!("several places are called `{place}`"),
                    format!("name one of them by its key: {}", keys.join(", ")),
                ));
            }
            GazetteerFound::Unknown(near) => {
                let hint = match near.as_slice() {
                    [] => "`witnessmark list places` shows them".to_owned(),
                    near => format!("did you mean {}?", near.join(", ")),
                };
                return Err(CaseError::input(
                    format!("the gazetteer has no place `{place}`"),
                    hint,
                ));
            }
        };
        Ok(std::iter::once(&found.name).chain(&found.names).cloned().collect())
    }

    fn around(
        &mut self,
        row: &CaptureRow,
        start: usize,
        end: usize,
    ) -> Result<Option<(String, String)>, CaseError> {
        // The text that was indexed, though another reader is here now: the places are places in it.
        let text = match self.texts.get(&row.capture.to_string())? {
            Some(indexed) => indexed.text,
            None => self.text_of(row)?.text,
        };
        let Some(text) = text else { return Ok(None) };
        let before: String =
            text.chars().skip(start.saturating_sub(AROUND)).take(start.min(AROUND)).collect();
        let after: String = text.chars().skip(end).take(AROUND).collect();
        Ok(Some((before, after)))
    }
}
