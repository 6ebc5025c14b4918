//! Texts of captures: read from the stored bytes, kept in a cache, put into the search index.
//!
//! A text is a function of the bytes, so that nothing here is evidence; a text that somebody cites is frozen in the
//! log (see `coding`).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use witnessmark_archive::{Reader, read_record_at};
use witnessmark_document::process::{Readers, Stop, Stopped};
use witnessmark_document::{Layout, Limits, is_current, is_read_apart, read_joined};
use witnessmark_model::Digest;
use witnessmark_model::payload::{Framing, Verdict};
use witnessmark_text::verdict::{BrowserView, FailedRequest, Response, judge};
use witnessmark_text::{Content, ExtractError, Extraction, Hints, extract};
use witnessmark_vault::{Store, Vault};

use crate::casebook::{CaptureRow, remove_database};
use crate::database::{self, DatabaseKey};
use crate::search::{IndexWriter, SearchFolder};
use crate::{Case, CaseError, Progress};

const NAME: &str = "cache.db";
/// Raised whenever the tables change: the texts are then read again.
const SHAPE: u32 = 5;
/// The extractor of a text that was not read for a reason that may not come again.
const ANOTHER_TIME: &str = "witnessmark-document/0";
/// What stands for it where the bytes themselves could not be had.
const NO_BYTES: &str = "witnessmark-case/0";

/// Larger documents are kept, but not read.
pub(crate) const LARGEST_TEXT: usize = 64 << 20;
/// How many texts are read between two writes to cache and index.
const BATCH: usize = 256;
/// How many texts are read before those that are read are indexed.
const AT_A_TIME: usize = 16;

/// What an extractor read in a capture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TextRow {
    /// The extractor, `name/version`.
    pub extractor: String,
    /// The media type it took the bytes for.
    pub media_type: String,
    /// The title, if one was found.
    pub title: Option<String>,
    /// The language, BCP 47.
    pub language: String,
    /// The date of publication that the page gives.
    pub published: Option<String>,
    /// All visible text; none if this version cannot read the format.
    pub text: Option<String>,
    /// What went wrong, or may have.
    pub warnings: Vec<String>,
    /// What it is judged to be by what was read.
    #[serde(skip)]
    pub verdict: Verdict,
    /// Which documents the text is made of, and where their lines stand on their pages.
    #[serde(skip)]
    pub layout: Layout,
    /// Whether pages of it are pictures that no OCR has read, because none was installed.
    pub waits_for_ocr: bool,
}

/// A text with what else was found while it was read.
pub(crate) struct Reading {
    pub(crate) text: TextRow,
    /// Where its links lead.
    pub(crate) links: Vec<String>,
}

/// What is known of how a document came, for the verdict on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Circumstances {
    /// The address that was asked for, and the one that answered.
    pub(crate) requested: Option<String>,
    pub(crate) landed_on: Option<String>,
    /// Why the body is not whole.
    pub(crate) cut: Option<String>,
    /// The status and header fields of the answer, where they do not stand in the record that is read.
    pub(crate) status: Option<u16>,
    pub(crate) fields: Vec<(String, String)>,
    /// What a browser saw.
    pub(crate) seen: Option<Seen>,
}

/// What a browser saw of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The visible text.
    pub(crate) text: String,
    /// How many requests were made.
    pub(crate) requests: usize,
    /// Those that failed, with why.
    pub(crate) failed: Vec<(String, String)>,
}

impl TextRow {
    /// Leaves the text to be read when it is indexed, for want of room.
    pub(crate) fn put_off(&mut self) {
        self.extractor = ANOTHER_TIME.to_owned();
        (self.text, self.layout) = (None, Layout::default());
    }

    /// What is known of a capture whose bytes could not be had.
    fn without_bytes(row: &CaptureRow, why: &CaseError) -> Self {
        let unread = Self::unread(row.media_type.as_str(), why.to_string());
        Self { extractor: NO_BYTES.to_owned(), ..unread }
    }

    /// What is known of a document that was not read, and why it was not.
    pub(crate) fn unread(media_type: impl Into<String>, why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            extractor: witnessmark_text::EXTRACTOR.to_owned(),
            media_type: media_type.into(),
            title: None,
            language: "und".to_owned(),
            published: None,
            text: None,
            verdict: Verdict { code: "unclear".to_owned(), evidence: vec![why.clone()] },
            warnings: vec![why],
            layout: Layout::default(),
            waits_for_ocr: false,
        }
    }
}

/// The cache of texts: a database that can be thrown away.
#[derive(Debug)]
pub(crate) struct Texts {
    db: Connection,
}

impl Texts {
    /// Opens the cache, or makes it. In a sealed case one of another key is left by an erasure that was cut off, and is thrown
    /// away.
    pub(crate) fn open(vault: &Vault) -> Result<Self, CaseError> {
        Self::open_as_it_is(vault).or_else(|error| {
            let other_key = error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase);
            if !(other_key && vault.is_sealed()) {
                return Err(error.into());
            }
            Self::remove(vault.folder())?;
            Ok(Self::open_as_it_is(vault)?)
        })
    }

    /// One that holds nothing, in memory: while the files of the real one are removed.
    pub(crate) fn closed() -> Result<Self, CaseError> {
        Ok(Self { db: Connection::open_in_memory()? })
    }

    fn open_as_it_is(vault: &Vault) -> rusqlite::Result<Self> {
        let (case, key) = (vault.folder(), vault.derived_key("cache"));
        let key = key.map(|key| DatabaseKey::new(&key));
        let path = case.join(NAME);
        let is_new = !path.exists();
        let db = database::open(&path, key.as_ref(), true)?;
        if is_new {
            // The folder of the case is closed to others anyway.
            let _ = crate::casebook::make_private(&path);
        }
        db.pragma_update(None, "journal_mode", "wal")?;
        db.pragma_update(None, "synchronous", "off")?;
        let made_by: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if made_by != SHAPE {
            db.execute_batch("DROP TABLE IF EXISTS texts; DROP TABLE IF EXISTS indexed;")?;
            db.pragma_update(None, "user_version", SHAPE)?;
        }
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS texts (
               capture TEXT PRIMARY KEY, extractor TEXT NOT NULL, media_type TEXT NOT NULL, title TEXT,
               language TEXT NOT NULL, published TEXT, text TEXT, warnings TEXT NOT NULL, verdict TEXT NOT NULL,
               grounds TEXT NOT NULL, layout TEXT, waits_for_ocr INTEGER NOT NULL)
               WITHOUT ROWID;
             CREATE INDEX IF NOT EXISTS texts_waiting ON texts (capture) WHERE waits_for_ocr;
             CREATE INDEX IF NOT EXISTS texts_extractor ON texts (extractor);
             CREATE TABLE IF NOT EXISTS indexed (upto INTEGER NOT NULL);",
        )?;
        if !case.join(SearchFolder::NAME).exists() {
            // Somebody removed the index: nothing can be found until it is made again.
            db.execute("DELETE FROM indexed", [])?;
        }
        Ok(Self { db })
    }

    pub(crate) fn remove(case: &Path) -> Result<(), CaseError> {
        remove_database(&case.join(NAME))
    }

    pub(crate) fn get(&self, capture: &str) -> Result<Option<TextRow>, CaseError> {
        let mut found = self.db.prepare_cached(
            "SELECT extractor, media_type, title, language, published, text, warnings, verdict, grounds,
               layout, waits_for_ocr
             FROM texts WHERE capture = ?1",
        )?;
        let row = found.query_row([capture], |row| {
            let warnings: String = row.get(6)?;
            let grounds: String = row.get(8)?;
            let evidence = serde_json::from_str(&grounds).unwrap_or_default();
            let layout: Option<String> = row.get(9)?;
            let layout = layout.and_then(|layout| serde_json::from_str(&layout).ok());
            Ok(TextRow {
                layout: layout.unwrap_or_default(),
                waits_for_ocr: row.get(10)?,
                verdict: Verdict { code: row.get(7)?, evidence },
                extractor: row.get(0)?,
                media_type: row.get(1)?,
                title: row.get(2)?,
                language: row.get(3)?,
                published: row.get(4)?,
                text: row.get(5)?,
                warnings: serde_json::from_str(&warnings).unwrap_or_default(),
            })
        });
        Ok(row.optional()?)
    }

    /// Title and language alone, for lists.
    pub(crate) fn title_of(
        &self,
        capture: &str,
    ) -> Result<Option<(Option<String>, String)>, CaseError> {
        let mut found =
            self.db.prepare_cached("SELECT title, language FROM texts WHERE capture = ?1")?;
        Ok(found.query_row([capture], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// What a capture is judged to be by its text, if it was read.
    pub(crate) fn verdict_of(&self, capture: &str) -> Result<Option<Verdict>, CaseError> {
        let mut found =
            self.db.prepare_cached("SELECT verdict, grounds FROM texts WHERE capture = ?1")?;
        let row = found.query_row([capture], |row| {
            let grounds: String = row.get(1)?;
            let evidence = serde_json::from_str(&grounds).unwrap_or_default();
            Ok(Verdict { code: row.get(0)?, evidence })
        });
        Ok(row.optional()?)
    }

    pub(crate) fn put(&mut self, rows: &[(String, TextRow)]) -> Result<(), CaseError> {
        let transaction = self.db.transaction()?;
        for (capture, row) in rows {
            let has_layout = !row.layout.parts.is_empty();
            let layout = has_layout.then(|| serde_json::to_string(&row.layout)).transpose()?;
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO texts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                )?
                .execute(params![
                    capture,
                    row.extractor,
                    row.media_type,
                    row.title,
                    row.language,
                    row.published,
                    row.text,
                    serde_json::to_string(&row.warnings)?,
                    row.verdict.code,
                    serde_json::to_string(&row.verdict.evidence)?,
                    layout,
                    row.waits_for_ocr,
                ])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The captures that wait for OCR.
    pub(crate) fn waiting_for_ocr(&self) -> Result<Vec<String>, CaseError> {
        self.captures_where("waits_for_ocr")
    }

    /// The captures whose bytes could not be had.
    fn without_bytes(&self) -> Result<Vec<String>, CaseError> {
        self.captures_where(&format!("extractor = '{NO_BYTES}'"))
    }

    fn captures_where(&self, condition: &str) -> Result<Vec<String>, CaseError> {
        let sql = format!("SELECT capture FROM texts WHERE {condition} ORDER BY capture");
        let mut found = self.db.prepare_cached(&sql)?;
        let rows = found.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many texts another version of the program read, in another way than this one would.
    pub(crate) fn outdated(&self) -> Result<u64, CaseError> {
        // From one extractor to the next along the index, as there are few of them.
        let mut found = self.db.prepare_cached(
            "WITH RECURSIVE used (extractor) AS (
               SELECT min(extractor) FROM texts
               UNION ALL SELECT (SELECT min(extractor) FROM texts WHERE extractor > used.extractor)
               FROM used WHERE extractor IS NOT NULL)
             SELECT extractor FROM used WHERE extractor IS NOT NULL",
        )?;
        let used = found.query_map([], |row| row.get::<_, String>(0))?;
        let mut outdated = 0;
        for extractor in used {
            let extractor = extractor?;
            if extractor != NO_BYTES && extractor != ANOTHER_TIME && !is_current(&extractor) {
                let sql = "SELECT count(*) FROM texts WHERE extractor = ?1";
                let mut counted = self.db.prepare_cached(sql)?;
                outdated += counted.query_row([extractor], |row| row.get::<_, u64>(0))?;
            }
        }
        Ok(outdated)
    }

    /// Up to which entry everything is read and indexed.
    pub(crate) fn indexed_up_to(&self) -> Result<u64, CaseError> {
        let found = self.db.query_row("SELECT max(upto) FROM indexed", [], |row| row.get(0));
        Ok(found.optional()?.flatten().unwrap_or(0))
    }

    pub(crate) fn set_indexed_up_to(&mut self, entries: u64) -> Result<(), CaseError> {
        let transaction = self.db.transaction()?;
        transaction.execute("DELETE FROM indexed", [])?;
        transaction.execute("INSERT INTO indexed VALUES (?1)", [entries])?;
        transaction.commit()?;
        Ok(())
    }
}

/// Why a document larger than [`LARGEST_TEXT`] has no text.
pub(crate) fn too_large() -> String {
    format!("it is larger than {} MiB", LARGEST_TEXT >> 20)
}

/// The text in `bytes`, as far as this version can read it, and what they are judged to be.
///
/// Pages of the web and plain text are read here, all else in a process of its own, which ends soon when `stop` is asked for.
pub(crate) fn read_text(
    readers: &Readers,
    bytes: &[u8],
    hints: &Hints,
    known: &Circumstances,
    stop: &Stop,
) -> Reading {
    let apart = is_read_apart(bytes, hints);
    let (mut layout, mut stopped, mut waits_for_ocr) = (Layout::default(), None, false);
    let read = if apart {
        let joined = read_joined(readers, bytes, hints, &Limits::default(), LARGEST_TEXT, stop);
        (layout, stopped, waits_for_ocr) = (joined.layout, joined.stopped, joined.waits_for_ocr);
        joined.content.map(Content::finish)
    } else {
        extract(bytes, hints)
    };
    let document = ExtractError::Unsupported { media_type: String::new() };
    let seen = known.seen.clone().unwrap_or_default();
    let failed: Vec<_> = seen.failed.iter().map(|(url, why)| FailedRequest { url, why }).collect();
    let browser =
        BrowserView { visible_text: &seen.text, requests: seen.requests, failed: &failed };
    let judgement = judge(&Response {
        requested: known.requested.as_deref(),
        landed_on: known.landed_on.as_deref(),
        status: known.status,
        fields: &known.fields,
        cut: known.cut.as_deref(),
        media_type: hints.media_type.as_deref(),
        body: bytes,
        // The words of a page may say that it is a wall; those of a document are its own.
        read: Some(if apart { Err(&document) } else { read.as_ref() }),
        browser: known.seen.is_some().then_some(&browser),
        ..Response::default()
    });
    let mut verdict =
        Verdict { code: judgement.code.as_str().to_owned(), evidence: judgement.evidence };
    if apart {
        judge_document(&mut verdict, read.as_ref(), stopped.as_ref(), &layout);
    }
    let links = match &read {
        Ok(found) => found.links.iter().map(|link| link.href.clone()).collect(),
        Err(_) => Vec::new(),
    };
    let text = match read {
        Ok(found) => TextRow {
            extractor: found.extractor,
            // The first line of a plain text is no title that anybody gave it.
            title: found.title.filter(|_| found.media_type != "text/plain"),
            media_type: found.media_type,
            language: found.language,
            published: found.published.map(|published| published.date),
            text: Some(found.text),
            warnings: found.warnings,
            verdict,
            layout,
            waits_for_ocr,
        },
        Err(error) => {
            let media_type = hints.media_type.clone().unwrap_or_default();
            TextRow { verdict, ..TextRow::unread(media_type, error.to_string()) }
        }
    };
    let text = match stopped {
        Some(why) if may_go_well_later(&why) => {
            TextRow { extractor: ANOTHER_TIME.to_owned(), ..text }
        }
        _ => text,
    };
    Reading { text, links }
}

/// Whether a text is what reading would give today.
fn stands(text: &TextRow, readers: &Readers) -> bool {
    let is_read = text.extractor != NO_BYTES && is_current(&text.extractor);
    is_read && !(text.waits_for_ocr && readers.can_recognise())
}

/// Whether the same file may be read another time: what stopped its reader may lie in the computer.
fn may_go_well_later(why: &Stopped) -> bool {
    matches!(
        why,
        Stopped::NoExecutable
            | Stopped::Start { .. }
            | Stopped::Time { .. }
            | Stopped::Signal { .. }
            | Stopped::Asked
    )
}

/// Says what a document is that came whole, by what was read in it.
fn judge_document(
    verdict: &mut Verdict,
    read: Result<&Extraction, &ExtractError>,
    stopped: Option<&Stopped>,
    layout: &Layout,
) {
    if !matches!(verdict.code.as_str(), "content" | "unclear" | "partial") {
        return;
    }
    let scans = || layout.parts.iter().flat_map(|part| &part.pages).filter(|page| page.scanned);
    let (scanned, unread) = (scans().count(), scans().filter(|page| page.lines.is_empty()).count());
    let failed = |found: &Extraction| {
        let failed = |warning: &&String| {
            warning.starts_with("ocr: page ") && warning.contains("was not recognised")
        };
        found.warnings.iter().find(failed).cloned()
    };
    let (code, ground) = match (read, stopped) {
        (Ok(_), Some(why)) => ("partial", why.to_string()),
        // Nothing was tried: a person may still look at it.
        (Err(_), Some(why @ (Stopped::NoExecutable | Stopped::Start { .. }))) => {
            ("unclear", why.to_string())
        }
        (Err(_), Some(why)) => ("error", why.to_string()),
        (Err(ExtractError::Unsupported { .. }), None) => return,
        (Err(error), None) => ("error", error.to_string()),
        (Ok(found), None) if let Some(why) = failed(found) => {
            (if found.text.trim().is_empty() { "error" } else { "partial" }, why)
        }
        (Ok(_), None) if unread > 0 => (
            verdict.code.as_str(),
            format!("{scanned} of its pages are pictures, {unread} of them without a text"),
        ),
        (Ok(found), None) if scanned > 0 => {
            let letters = found.text.chars().count();
            ("content", format!("{letters} letters of text were read, on {scanned} pages by OCR"))
        }
        (Ok(found), None) if found.text.trim().is_empty() => {
            ("empty", "the document shows no text".to_owned())
        }
        (Ok(found), None) => {
            let code = if verdict.code == "partial" { "partial" } else { "content" };
            (code, format!("{} letters of text were read", found.text.chars().count()))
        }
    };
    verdict.code = code.to_owned();
    verdict.evidence.insert(0, ground);
}

/// Reads the text of one capture from its blob.
pub(crate) fn read_capture(
    readers: &Readers,
    store: &Store,
    row: &CaptureRow,
    stop: &Stop,
) -> Result<TextRow, CaseError> {
    Ok(read_whole(readers, store, row, stop)?.text)
}

/// Where the links of a capture lead.
pub(crate) fn links_of_capture(
    readers: &Readers,
    store: &Store,
    row: &CaptureRow,
) -> Result<Vec<String>, CaseError> {
    Ok(read_whole(readers, store, row, &Stop::default())?.links)
}

fn read_whole(
    readers: &Readers,
    store: &Store,
    row: &CaptureRow,
    stop: &Stop,
) -> Result<Reading, CaseError> {
    let unread = |why: String| Reading {
        text: TextRow::unread(row.media_type.as_str(), why),
        links: Vec::new(),
    };
    let path = store.path(&row.blob.0);
    let mut file = store.open(&row.blob.0, &row.blob.1)?;
    let fail = |cause: std::io::Error| CaseError::file("read", &path, &cause);
    let Some((framing, offset, length)) = row.record else {
        if row.bytes > LARGEST_TEXT as u64 {
            return Ok(unread(too_large()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail)?;
        let hints = Hints {
            media_type: Some(row.media_type.clone()).filter(|kind| !kind.is_empty()),
            charset: None,
            url: row.url.clone(),
            file_name: Some(row.name.clone()),
        };
        return Ok(read_text(readers, &bytes, &hints, &Circumstances::default(), stop));
    };
    let walked;
    let mut reader = if framing == Framing::Inflated {
        walked = record_in_stream(store, row)?;
        Reader::new(walked.as_slice()).map_err(fail)?
    } else {
        read_record_at(file, offset, length).map_err(fail)?
    };
    match reader.next_record().map_err(fail)? {
        Some(mut record) => {
            let known = Circumstances {
                requested: row.url.clone(),
                landed_on: row.url.clone(),
                ..Circumstances::default()
            };
            let media_type = Some(row.media_type.clone()).filter(|kind| !kind.is_empty());
            read_record(readers, &mut record, media_type, known, stop).map_err(fail)
        }
        None => Ok(unread("the record is no longer found where the manifest says".to_owned())),
    }
}

/// The plain bytes of a record that has no compressed member of its own, found by walking the whole archive: among
/// the records of its length, the one with its digest.
fn record_in_stream(store: &Store, row: &CaptureRow) -> Result<Vec<u8>, CaseError> {
    let path = store.path(&row.blob.0);
    let fail = |cause: std::io::Error| CaseError::file("read", &path, &cause);
    let mut reader = Reader::new(store.open(&row.blob.0, &row.blob.1)?).map_err(fail)?;
    while let Some(mut record) = reader.next_record().map_err(fail)? {
        let length = record.head_bytes().len() as u64 + record.head().content_length().unwrap_or(0);
        if length == row.bytes {
            let mut bytes = record.head_bytes().to_vec();
            // A block that breaks off is no whole record, and so not the one looked for.
            if record.read_to_end(&mut bytes).is_ok() && Digest::of(&bytes) == row.sha256 {
                return Ok(bytes);
            }
        }
        record.finish().map_err(fail)?;
    }
    Err(CaseError::input(
        format!("the record of {} is not found in its archive", row.capture),
        "`witnessmark verify` says what is damaged",
    ))
}

/// Reads the text of a record's content. Without a media type the record's own counts.
pub(crate) fn read_record(
    readers: &Readers,
    record: &mut witnessmark_archive::Record<'_, '_>,
    media_type: Option<String>,
    mut known: Circumstances,
    stop: &Stop,
) -> std::io::Result<Reading> {
    let mut declared = record.head().content_type().map(str::to_owned);
    let mut charset = None;
    if let Some(head) = record.http()? {
        charset = head.charset();
        declared = head.media_type();
        known.status = head.status;
        known.fields.clone_from(&head.fields);
    }
    let payload = record.payload(LARGEST_TEXT)?;
    if payload.cut && known.cut.is_none() {
        known.cut = Some(format!("only the first {} bytes were read", payload.bytes.len()));
    }
    let hints = Hints {
        media_type: media_type.or(declared),
        charset,
        url: known.landed_on.clone(),
        file_name: None,
    };
    let mut reading = read_text(readers, &payload.bytes, &hints, &known, stop);
    reading.text.warnings.extend(payload.warnings);
    Ok(reading)
}

impl Case {
    /// The text of a capture: from the cache, or read now.
    pub fn text_of(&mut self, row: &CaptureRow) -> Result<TextRow, CaseError> {
        let id = row.capture.to_string();
        let cached = self.texts.get(&id)?;
        let is_new = cached.is_none();
        if let Some(found) = cached.filter(|found| stands(found, &self.readers)) {
            return Ok(found);
        }
        let read = read_capture(&self.readers, self.vault.store(), row, &Stop::default())?;
        // What the cache has is what the index has: another reading of it belongs in both, which `add` or `rebuild` sees to.
        if is_new {
            self.texts.put(&[(id, read.clone())])?;
        }
        Ok(read)
    }

    /// The plain bytes of a capture, as they were kept: the file, or the record from `WARC/` to the end of its block.
    pub fn bytes_of(&self, row: &CaptureRow) -> Result<Box<dyn Read>, CaseError> {
        let path = self.vault.store().path(&row.blob.0);
        let Some((framing, offset, length)) = row.record else {
            return Ok(Box::new(self.vault.store().open(&row.blob.0, &row.blob.1)?));
        };
        if framing == Framing::Inflated {
            let bytes = record_in_stream(self.vault.store(), row)?;
            return Ok(Box::new(std::io::Cursor::new(bytes)));
        }
        let fail = |cause: std::io::Error| CaseError::file("read", &path, &cause);
        let file = self.vault.store().open(&row.blob.0, &row.blob.1)?;
        let mut reader = read_record_at(file, offset, length).map_err(fail)?;
        let mut bytes = Vec::new();
        if let Some(mut record) = reader.next_record().map_err(fail)? {
            bytes.extend_from_slice(record.head_bytes());
            record.read_to_end(&mut bytes).map_err(fail)?;
        }
        Ok(Box::new(std::io::Cursor::new(bytes)))
    }

    /// The plain bytes of the document of a capture, without the head of a record, and what is known of them.
    pub(crate) fn document_of(&self, row: &CaptureRow) -> Result<(Vec<u8>, Hints), CaseError> {
        let fail = |cause: std::io::Error| {
            CaseError::file("read", &self.vault.store().path(&row.blob.0), &cause)
        };
        let mut bytes = Vec::new();
        let media_type = Some(row.media_type.clone()).filter(|kind| !kind.is_empty());
        let url = row.url.clone();
        let mut kept = self.bytes_of(row)?.take(LARGEST_TEXT as u64 + (1 << 20));
        if row.record.is_none() {
            kept.read_to_end(&mut bytes).map_err(fail)?;
            let hints = Hints { media_type, charset: None, url, file_name: Some(row.name.clone()) };
            return Ok((bytes, hints));
        }
        let mut reader = Reader::new(std::io::BufReader::new(kept)).map_err(fail)?;
        if let Some(mut record) = reader.next_record().map_err(fail)? {
            record.http().map_err(fail)?;
            bytes = record.payload(LARGEST_TEXT).map_err(fail)?.bytes;
        }
        Ok((bytes, Hints { media_type, charset: None, url, file_name: None }))
    }

    /// Reads and indexes every capture that is not yet: after `add`, and after a crash. Returns how many.
    pub fn read_new_texts(&mut self, progress: &Progress) -> Result<u64, CaseError> {
        if self.index.is_unusable() {
            self.index.remove()?;
            self.texts.set_indexed_up_to(0)?;
        }
        let from = self.texts.indexed_up_to()?;
        let to = self.vault.size();
        let waiting = self.readable_before(from)?;
        if from >= to && waiting.is_empty() {
            return Ok(0);
        }
        let count = self.casebook.count_since(from)? + waiting.len() as u64;
        let waiting_bytes: u64 = waiting.iter().map(|row| row.bytes).sum();
        progress.begin("reading", count, self.casebook.bytes_since(from)? + waiting_bytes);
        let mut writer = self.index.writer()?;
        let mut kept = Kept::default();
        // Batch by batch: the rows of all captures of a large case at once would take more memory than all else here.
        let mut batch: Vec<CaptureRow> = Vec::new();
        while !progress.stopped() {
            batch = self.casebook.captures_behind(from, batch.last(), BATCH)?;
            if batch.is_empty() {
                break;
            }
            for few in batch.chunks(AT_A_TIME).take_while(|_| !progress.stopped()) {
                self.read_few(few, &mut writer, &mut kept, progress)?;
                kept.put_if_many(&mut self.texts)?;
            }
            kept.put(&mut self.texts)?;
        }
        for few in waiting.chunks(AT_A_TIME).take_while(|_| !progress.stopped()) {
            self.read_few(few, &mut writer, &mut kept, progress)?;
            kept.put_if_many(&mut self.texts)?;
        }
        writer.commit()?;
        // Only now: what the cache has is not looked for again, and a crash before would leave it out of the index.
        kept.put(&mut self.texts)?;
        if progress.stopped() {
            return Ok(0);
        }
        self.texts.set_indexed_up_to(to)?;
        Ok(count)
    }

    /// How many captures are not read and cannot be found: those that came since, and those whose bytes could not be had.
    pub(crate) fn unread(&self) -> Result<u64, CaseError> {
        let from = self.texts.indexed_up_to()?;
        let lost = self.rows_before(from, self.texts.without_bytes()?)?;
        Ok(self.casebook.count_since(from)? + lost.len() as u64)
    }

    /// The captures of entries before `from` that could not be read before and may be now: there is OCR, or their bytes are back.
    fn readable_before(&self, from: u64) -> Result<Vec<CaptureRow>, CaseError> {
        let mut ids = self.texts.without_bytes()?;
        if self.readers.can_recognise() {
            ids.extend(self.texts.waiting_for_ocr()?);
        }
        self.rows_before(from, ids)
    }

    fn rows_before(&self, from: u64, ids: Vec<String>) -> Result<Vec<CaptureRow>, CaseError> {
        let mut rows = Vec::new();
        for id in ids {
            let row = id.parse().ok().map(|id| self.casebook.capture(&id)).transpose()?;
            rows.extend(row.flatten().filter(|row| row.entry < from));
        }
        Ok(rows)
    }

    /// Reads a few captures on all cores, but for what the cache holds, has them indexed, and adds what is new to `kept`. When
    /// `progress` is asked to stop, what is being read is given up.
    fn read_few(
        &self,
        rows: &[CaptureRow],
        writer: &mut IndexWriter,
        kept: &mut Kept,
        progress: &Progress,
    ) -> Result<(), CaseError> {
        let (store, readers) = (self.vault.store(), &self.readers);
        let mut cached = Vec::new();
        for row in rows {
            let text = self.texts.get(&row.capture.to_string())?;
            cached.push(text.filter(|text| stands(text, readers)));
        }
        let read = |(row, cached): (&CaptureRow, Option<TextRow>)| {
            let is_new = cached.is_none();
            // One damaged blob keeps no other text from being read.
            let text = cached.unwrap_or_else(|| {
                let read = read_capture(readers, store, row, progress.stop_wish());
                read.unwrap_or_else(|error| TextRow::without_bytes(row, &error))
            });
            progress.advance(1, row.bytes);
            (text, is_new)
        };
        let texts: Vec<_> = rows.par_iter().zip(cached).map(read).collect();
        let stopped = progress.stopped();
        for (row, (text, is_new)) in rows.iter().zip(texts) {
            if stopped && text.extractor == ANOTHER_TIME {
                continue;
            }
            let id = row.capture.to_string();
            writer.delete(&id);
            if let Some(words) = &text.text {
                writer.add(row, &text, words)?;
            }
            if is_new {
                kept.0.push((id, text));
            }
        }
        Ok(())
    }
}

/// Texts that were read and are not yet in the cache. A few at a time: a file of some kilobytes may unpack to megabytes of text.
#[derive(Default)]
struct Kept(Vec<(String, TextRow)>);

impl Kept {
    fn put(&mut self, texts: &mut Texts) -> Result<(), CaseError> {
        texts.put(&std::mem::take(&mut self.0))
    }

    fn put_if_many(&mut self, texts: &mut Texts) -> Result<(), CaseError> {
        let size = |(_, text): &(String, TextRow)| text.text.as_ref().map_or(0, String::len);
        let many = self.0.iter().map(size).sum::<usize>() > LARGEST_TEXT;
        if many { self.put(texts) } else { Ok(()) }
    }
}

/// The first bytes of a file, for judging what it is.
pub(crate) fn first_bytes(file: &mut File, wanted: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.by_ref().take(wanted).read_to_end(&mut bytes)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(bytes)
}
