//! The index on disk or in memory, and writing to it.

use std::path::Path;

use tantivy::directory::{Directory, MmapDirectory};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{
    IndexReader, IndexSettings, IndexWriter, ReloadPolicy, SegmentMeta, SegmentReader,
    TantivyDocument, Term,
};

use super::analyzer::{DictionaryWords, TERMS, Terms, WORDS};
use super::error::IndexError;
use super::folding;
use super::sealed::{IndexKey, SealedDirectory};
use crate::radicals::without_radicals;

/// A text to be found, with what is shown of it.
///
/// Two documents with the same `capture` may both be in the index; [`Writer::delete`] takes out
/// all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The id of the capture the text was read from; comes back with a hit.
    pub capture: String,
    /// Its title; found too, and counted for more than the text.
    pub title: String,
    /// Its address, shown, and found by its words and by the name of its site.
    pub url: String,
    /// BCP 47 tag of its language; a search for `zh` finds `zh-Hans` too.
    pub language: String,
    /// Its day of publication, ISO 8601, to the year, month or day; none where it is not known.
    pub published: Option<String>,
    /// The text. Offsets of hits are code points of exactly this string.
    pub text: String,
}

/// The fields of the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) capture: Field,
    pub(super) title: Field,
    pub(super) url: Field,
    pub(super) site: Field,
    pub(super) language: Field,
    pub(super) language_prefix: Field,
    pub(super) published: Field,
    pub(super) first_day: Field,
    pub(super) last_day: Field,
    pub(super) body: Field,
    pub(super) words: Field,
    pub(super) sketch: Field,
}

/// The field of the sketches. Change its name whenever they change, so that an index of an older version is noticed.
pub(super) const SKETCH: &str = "sketch-128";

/// The schema; `stores_texts` decides whether a hit's passages need the text from elsewhere.
fn schema(stores_texts: bool) -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let terms = |option| TextFieldIndexing::default().set_tokenizer(TERMS).set_index_option(option);
    let with_positions = TextOptions::default()
        .set_indexing_options(terms(IndexRecordOption::WithFreqsAndPositions));
    let body =
        if stores_texts { with_positions.clone().set_stored() } else { with_positions.clone() };
    let words = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(WORDS)
            .set_index_option(IndexRecordOption::WithFreqs),
    );
    let fields = Fields {
        capture: builder.add_text_field("capture", STRING | STORED),
        title: builder.add_text_field("title", with_positions.clone().set_stored()),
        url: builder.add_text_field("url", with_positions.set_stored()),
        site: builder.add_text_field("site", STRING),
        language: builder.add_text_field("language", STORED),
        language_prefix: builder.add_text_field("language_prefix", STRING),
        published: builder.add_text_field("published", STORED),
        first_day: builder.add_u64_field("first_day", INDEXED),
        last_day: builder.add_u64_field("last_day", INDEXED),
        body: builder.add_text_field("body", body),
        words: builder.add_text_field("words", words),
        sketch: builder.add_u64_field(SKETCH, FAST),
    };
    (builder.build(), fields)
}

/// A search index over texts in any script.
///
/// Cheap to clone: all clones are the same index.
#[derive(Clone)]
pub struct Index {
    pub(super) inner: tantivy::Index,
    pub(super) reader: IndexReader,
    pub(super) fields: Fields,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Index").finish_non_exhaustive()
    }
}

impl Index {
    /// Makes an empty index in a folder, which is created if need be and must not hold one. It
    /// keeps a copy of every text, so that hits show their passages without anything else.
    ///
    /// With a key, nothing of it is ever on disk that can be read without the key.
    pub fn create(folder: &Path, key: Option<&IndexKey>) -> Result<Index, IndexError> {
        Index::create_in(folder, key, true)
    }

    /// Like [`Index::create`], but without the copies, at about a third of the size: passages come
    /// from the texts that [`Index::search_with`] is given.
    pub fn create_without_texts(
        folder: &Path,
        key: Option<&IndexKey>,
    ) -> Result<Index, IndexError> {
        Index::create_in(folder, key, false)
    }

    fn create_in(
        folder: &Path,
        key: Option<&IndexKey>,
        stores_texts: bool,
    ) -> Result<Index, IndexError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| IndexError::Failed(format!("{}: {error}", folder.display())))?;
        let directory = directory(folder, key)?;
        if is_index(directory.as_ref()) {
            return Err(unusable(folder, "is there already"));
        }
        let (schema, fields) = schema(stores_texts);
        let inner = tantivy::Index::create(directory, schema, IndexSettings::default())?;
        Index::with(inner, fields)
    }

    /// Opens the index in a folder, with the key it was made with. One made by a version that cut
    /// words otherwise is refused, and so is one that was made without a key or with another one.
    pub fn open(folder: &Path, key: Option<&IndexKey>) -> Result<Index, IndexError> {
        let directory = directory(folder, key)?;
        if !is_index(directory.as_ref()) {
            return Err(unusable(folder, "is not there"));
        }
        let inner = tantivy::Index::open(directory).map_err(|_| {
            let with_key = "cannot be read with this key, or was altered";
            unusable(folder, key.map_or("cannot be read", |_| with_key))
        })?;
        let found = inner.schema();
        let known = [true, false].into_iter().map(schema).find(|(schema, _)| *schema == found);
        match known {
            Some((_, fields)) => Index::with(inner, fields),
            None => Err(unusable(folder, "was made by another version")),
        }
    }

    /// An empty index in memory, gone when it is dropped.
    pub fn in_memory() -> Result<Index, IndexError> {
        let (schema, fields) = schema(true);
        Index::with(tantivy::Index::create_in_ram(schema), fields)
    }

    fn with(inner: tantivy::Index, fields: Fields) -> Result<Index, IndexError> {
        inner.tokenizers().register(TERMS, TextAnalyzer::from(Terms::default()));
        inner.tokenizers().register(WORDS, TextAnalyzer::from(DictionaryWords::default()));
        let reader = inner.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Index { inner, reader, fields })
    }

    /// How many documents can be found.
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Whether there is nothing to be found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sees what other processes have committed since. What a [`Writer`] of this index commits is
    /// seen without it. Costs little where nothing was committed.
    pub fn refresh(&self) -> Result<(), IndexError> {
        if !self.is_current()? {
            self.reader.reload()?;
        }
        Ok(())
    }

    /// Whether what is read is what was last committed: opening the files again costs time.
    fn is_current(&self) -> Result<bool, IndexError> {
        let committed = self.inner.searchable_segment_metas()?;
        let searcher = self.reader.searcher();
        let read = searcher.segment_readers();
        let same = |(committed, read): (&SegmentMeta, &SegmentReader)| {
            committed.id() == read.segment_id() && committed.num_docs() == read.num_docs()
        };
        Ok(committed.len() == read.len() && committed.iter().zip(read).all(same))
    }

    /// Starts writing; only one writer can exist for an index on disk.
    ///
    /// `budget` is the memory in bytes for documents not yet written out, shared by the writing
    /// threads, of which there is one for every core and every 15 MB at most;
    /// [`Writer::DEFAULT_BUDGET`] is a good choice.
    pub fn writer(&self, budget: usize) -> Result<Writer, IndexError> {
        if budget < Writer::LEAST_BUDGET {
            return Err(IndexError::Budget { given: budget, least: Writer::LEAST_BUDGET });
        }
        Ok(Writer { inner: self.inner.writer(budget)?, index: self.clone() })
    }
}

/// The folder as Tantivy sees it.
fn directory(folder: &Path, key: Option<&IndexKey>) -> Result<Box<dyn Directory>, IndexError> {
    Ok(match key {
        Some(key) => Box::new(SealedDirectory::new(folder, key)),
        None => {
            let opened = MmapDirectory::open(folder);
            Box::new(opened.map_err(|_| unusable(folder, "is not there"))?)
        }
    })
}

fn is_index(directory: &dyn Directory) -> bool {
    tantivy::Index::exists(directory).unwrap_or(false)
}

fn unusable(folder: &Path, reason: &'static str) -> IndexError {
    IndexError::Unusable { path: folder.display().to_string(), reason }
}

/// Adds and removes documents. Nothing shows before [`Writer::commit`]; dropping the writer
/// forgets what was not committed.
pub struct Writer {
    inner: IndexWriter,
    index: Index,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// 64 MiB: enough for two threads to write segments of useful size.
    pub const DEFAULT_BUDGET: usize = 64 << 20;
    /// The least memory that one thread can work with.
    pub const LEAST_BUDGET: usize = 16 << 20;

    /// Queues a document. Indexing goes on in other threads; this waits only when they are far
    /// behind.
    pub fn add(&self, document: &Document) -> Result<(), IndexError> {
        let fields = self.index.fields;
        let mut stored = TantivyDocument::default();
        stored.add_text(fields.capture, &document.capture);
        stored.add_text(fields.title, &document.title);
        stored.add_text(fields.url, &document.url);
        for site in sites(&document.url) {
            stored.add_text(fields.site, site);
        }
        stored.add_text(fields.language, &document.language);
        let tag = document.language.to_lowercase();
        for (at, _) in tag.match_indices('-') {
            stored.add_text(fields.language_prefix, tag.get(..at).unwrap_or(""));
        }
        stored.add_text(fields.language_prefix, &tag);
        if let Some(published) = &document.published {
            stored.add_text(fields.published, published);
            if let Some((first, last)) = day_range(published) {
                stored.add_u64(fields.first_day, first);
                stored.add_u64(fields.last_day, last);
            }
        }
        if let Some(sketch) = folding::sketch(&document.text) {
            for number in sketch.numbers() {
                stored.add_u64(fields.sketch, number);
            }
        }
        stored.add_text(fields.body, &document.text);
        if super::segment::has_han(&without_radicals(&document.text)) {
            stored.add_text(fields.words, &document.text);
        }
        self.inner.add_document(stored)?;
        Ok(())
    }

    /// Removes every document of a capture that was added before.
    pub fn delete(&self, capture: &str) {
        self.inner.delete_term(Term::from_field_text(self.index.fields.capture, capture));
    }

    /// Makes everything so far durable and findable.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        self.inner.commit()?;
        self.index.refresh()
    }

    /// Commits, and waits until the files are merged as far as they need to be.
    pub fn finish(mut self) -> Result<(), IndexError> {
        self.inner.commit()?;
        self.inner.wait_merging_threads()?;
        self.index.refresh()
    }
}

/// The name of the computer in an address, and every longer and longer end of it: `www.example.org`, `example.org`,
/// `org`.
fn sites(url: &str) -> Vec<String> {
    let address = url::Url::parse(url).ok();
    let host = address.as_ref().and_then(|address| address.host_str());
    let Some(host) = host.map(str::to_lowercase) else { return Vec::new() };
    let ends = host.match_indices('.').filter_map(|(dot, _)| host.get(dot + 1..));
    std::iter::once(host.as_str()).chain(ends).map(str::to_owned).collect()
}

/// The first and last day of a year, month or day in ISO 8601, as the number `yyyymmdd`.
pub(super) fn day_range(date: &str) -> Option<(u64, u64)> {
    let mut parts = date.trim().splitn(3, '-');
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let year = number(parts.next()?, 4)?;
    let of = |month: u32, day: u32| u64::from(year * 10_000 + month * 100 + day);
    let Some(month) = parts.next() else { return Some((of(1, 1), of(12, 31))) };
    let month = number(month, 2).filter(|month| (1..=12).contains(month))?;
    let days = crate::dates::days_in(year, month);
    let Some(day) = parts.next() else { return Some((of(month, 1), of(month, days))) };
    // A time may follow the day.
    let day = number(day.get(..2)?, 2).filter(|day| (1..=days).contains(day))?;
    if day_tail_is_wrong(date) {
        return None;
    }
    Some((of(month, day), of(month, day)))
}

fn day_tail_is_wrong(date: &str) -> bool {
    date.trim().get(10..).is_some_and(|tail| !tail.is_empty() && !tail.starts_with(['T', ' ']))
}
