//! Looking things up in the casebook.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use witnessmark_capture::KnownPayload;
use witnessmark_model::Digest;
use witnessmark_model::id::{CaptureId, ClaimId, KeyId, SourceId};
use witnessmark_model::leaf::Values;
use witnessmark_model::payload::{Claim, Evidence, Framing, Payload};

use super::Casebook;
use super::project::ERASED;
use crate::CaseError;

/// A capture: a file, or one record of an archive.
#[derive(Clone, Debug, Serialize)]
pub struct CaptureRow {
    /// Its id.
    pub capture: CaptureId,
    /// The entry that says so.
    pub entry: u64,
    /// Which part of the entry's commitment its bytes are.
    #[serde(skip)]
    pub part: u64,
    /// The source it is a copy of.
    pub source: SourceId,
    /// The source's address.
    pub url: Option<String>,
    /// The path below what was added, or the archive's with the record's number.
    pub name: String,
    /// The media type.
    pub media_type: String,
    /// When the adder says that it was published.
    pub published: Option<String>,
    /// What the program judges it to be.
    pub verdict: String,
    /// On what grounds.
    pub grounds: String,
    /// What a person says that it is.
    pub confirmed: Option<String>,
    /// When the bytes were captured: as the record says, or when the file was added (RFC 3339, UTC).
    pub captured: Option<String>,
    /// How it was made: `file` (somebody had it), `http`, `browser` or `yt-dlp`.
    pub method: String,
    /// The blob that its bytes lie in, and the key of its seed.
    #[serde(skip)]
    pub blob: (Digest, KeyId),
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of the file, or of the record's plain bytes.
    #[serde(rename = "digest")]
    pub sha256: Digest,
    /// For a record: how it lies in the blob, where, and how long.
    #[serde(skip)]
    pub record: Option<(Framing, u64, u64)>,
}

/// An entry as the tables hold it.
#[derive(Clone, Debug)]
pub(crate) struct StoredEntry {
    pub(crate) index: u64,
    pub(crate) id: Option<String>,
    pub(crate) key: KeyId,
    /// None once the entry is erased.
    pub(crate) values: Option<Values>,
    /// None if the payload was of no kind known here.
    pub(crate) payload: Option<Payload>,
    /// The payload's canonical bytes.
    pub(crate) bytes: Vec<u8>,
}

impl StoredEntry {
    /// When it was written; empty once it is erased.
    pub(crate) fn at(&self) -> String {
        self.values.as_ref().map(|values| values.at.clone()).unwrap_or_default()
    }

    /// On which day it was written; empty once it is erased.
    pub(crate) fn day(&self) -> String {
        self.values.as_ref().map(|values| values.day.clone()).unwrap_or_default()
    }

    /// Who wrote it; empty once it is erased.
    pub(crate) fn actor(&self) -> String {
        self.values.as_ref().map(|values| values.actor.to_string()).unwrap_or_default()
    }

    /// Its kind, which is `erased` once it is.
    pub(crate) fn kind(&self) -> String {
        self.values.as_ref().map_or_else(|| ERASED.to_owned(), |values| values.kind.clone())
    }
}

const CAPTURE_COLUMNS: &str = "id, entry, part, source, url, name, media_type, published, verdict, \
     grounds, blob, bytes, sha256, framing, offset, length, captured, method, confirmed, \
     (SELECT seed FROM evidence WHERE evidence.sha256 = blob)";
const ENTRY_COLUMNS: &str = "entry, id, seed, vals, payload";

fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

fn optional_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => json(row, column).map(Some),
    }
}

fn capture_row(row: &Row<'_>) -> rusqlite::Result<CaptureRow> {
    let framing: Option<String> = row.get(13)?;
    let framing = match framing.as_deref() {
        Some("plain") => Some(Framing::Plain),
        Some("member") => Some(Framing::Member),
        Some("inflated") => Some(Framing::Inflated),
        _ => None,
    };
    let (offset, length): (Option<u64>, Option<u64>) = (row.get(14)?, row.get(15)?);
    Ok(CaptureRow {
        capture: parsed(row, 0)?,
        entry: row.get(1)?,
        part: row.get(2)?,
        source: parsed(row, 3)?,
        url: row.get(4)?,
        name: row.get(5)?,
        media_type: row.get(6)?,
        published: row.get(7)?,
        verdict: row.get(8)?,
        grounds: row.get(9)?,
        captured: row.get(16)?,
        method: row.get(17)?,
        confirmed: row.get(18)?,
        blob: (parsed(row, 10)?, parsed(row, 19)?),
        bytes: row.get(11)?,
        sha256: parsed(row, 12)?,
        record: framing
            .zip(offset)
            .zip(length)
            .map(|((framing, at), length)| (framing, at, length)),
    })
}

fn entry_row(row: &Row<'_>) -> rusqlite::Result<StoredEntry> {
    let payload: Option<String> = row.get(4)?;
    let bytes = payload.unwrap_or_default().into_bytes();
    Ok(StoredEntry {
        index: row.get(0)?,
        id: row.get(1)?,
        key: parsed(row, 2)?,
        values: optional_json(row, 3)?,
        payload: Payload::parse(&bytes).ok(),
        bytes,
    })
}

impl Casebook {
    fn captures_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<CaptureRow>, CaseError> {
        let sql = format!("SELECT {CAPTURE_COLUMNS} FROM captures {condition}");
        let mut found = self.db.prepare_cached(&sql)?;
        let rows = found.query_map(values, capture_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All captures, in the order in which they came.
    pub(crate) fn captures(&self) -> Result<Vec<CaptureRow>, CaseError> {
        self.captures_where("ORDER BY entry, part", [])
    }

    /// The captures of entry `from` and later.
    pub(crate) fn captures_since(&self, from: u64) -> Result<Vec<CaptureRow>, CaseError> {
        self.captures_where("WHERE entry >= ?1 ORDER BY entry, part", [from])
    }

    /// At most `limit` captures of entry `from` and later behind `last`, in the order in which they came.
    pub(crate) fn captures_behind(
        &self,
        from: u64,
        last: Option<&CaptureRow>,
        limit: usize,
    ) -> Result<Vec<CaptureRow>, CaseError> {
        let (entry, part) = last.map_or((from, 0), |last| (last.entry, last.part));
        let id = last.map(|last| last.capture.to_string()).unwrap_or_default();
        self.captures_where(
            "WHERE (entry, part, id) > (?1, ?2, ?3) ORDER BY entry, part, id LIMIT ?4",
            params![entry, part, id, limit],
        )
    }

    /// How many captures came with entry `from` and later. Reads no row, as an index says it.
    pub(crate) fn count_since(&self, from: u64) -> Result<u64, CaseError> {
        let sql = "SELECT COUNT(*) FROM captures WHERE entry >= ?1";
        let mut counted = self.db.prepare_cached(sql)?;
        Ok(counted.query_row([from], |row| row.get(0))?)
    }

    /// How many bytes the captures have that came with entry `from` and later.
    pub(crate) fn bytes_since(&self, from: u64) -> Result<u64, CaseError> {
        let sql = "SELECT COALESCE(SUM(bytes), 0) FROM captures WHERE entry >= ?1";
        let mut counted = self.db.prepare_cached(sql)?;
        Ok(counted.query_row([from], |row| row.get(0))?)
    }

    /// The captures that one entry brought in.
    pub(crate) fn captures_of_entry(&self, entry: u64) -> Result<Vec<CaptureRow>, CaseError> {
        self.captures_where("WHERE entry = ?1 ORDER BY part", [entry])
    }

    /// Where a payload is kept whole, if a recording has it.
    pub(crate) fn payload(&self, payload: &Digest) -> Result<Option<KnownPayload>, CaseError> {
        let mut found = self.db.prepare_cached(
            "SELECT record_id, record_uri, captured FROM captures
             WHERE payload = ?1 AND verdict NOT IN ('duplicate', 'partial') AND record_uri IS NOT NULL
               AND captured IS NOT NULL
             ORDER BY entry, part LIMIT 1",
        )?;
        let row = found.query_row([payload.hex()], |row| {
            Ok(KnownPayload { record_id: row.get(0)?, target_uri: row.get(1)?, date: row.get(2)? })
        });
        Ok(row.optional()?)
    }

    /// The first capture that keeps a payload whole.
    pub(crate) fn capture_of_payload(
        &self,
        payload: &Digest,
    ) -> Result<Option<CaptureRow>, CaseError> {
        let condition = "WHERE payload = ?1 AND verdict NOT IN ('duplicate', 'partial') ORDER BY entry, part LIMIT 1";
        Ok(self.captures_where(condition, [payload.hex()])?.pop())
    }

    /// The WARC record that a capture is, by its own URI.
    pub(crate) fn record_of(&self, row: &CaptureRow) -> Result<Option<String>, CaseError> {
        let mut found = self.db.prepare_cached("SELECT record_id FROM captures WHERE id = ?1")?;
        let id: Option<Option<String>> =
            found.query_row([row.capture.to_string()], |row| row.get(0)).optional()?;
        Ok(id.flatten().map(|id| id.trim_matches(['<', '>']).to_owned()))
    }

    /// For a capture that repeats another: the one that keeps the payload whole.
    pub(crate) fn original_of(&self, row: &CaptureRow) -> Result<Option<CaptureRow>, CaseError> {
        let mut found = self.db.prepare_cached("SELECT payload FROM captures WHERE id = ?1")?;
        let payload: Option<Option<String>> =
            found.query_row([row.capture.to_string()], |row| row.get(0)).optional()?;
        match payload.flatten().and_then(|hex| hex.parse().ok()) {
            Some(payload) => self.capture_of_payload(&payload),
            None => Ok(None),
        }
    }

    pub(crate) fn capture(&self, id: &CaptureId) -> Result<Option<CaptureRow>, CaseError> {
        Ok(self.captures_where("WHERE id = ?1", [id.to_string()])?.pop())
    }

    /// The captures with these bytes.
    pub(crate) fn captures_of_bytes(&self, sha256: &Digest) -> Result<Vec<CaptureRow>, CaseError> {
        self.captures_where("WHERE sha256 = ?1 ORDER BY entry, part", [sha256.hex()])
    }

    /// The captures that are this whole blob.
    pub(crate) fn captures_of_blob(&self, blob: &Digest) -> Result<Vec<CaptureRow>, CaseError> {
        let condition = "WHERE blob = ?1 AND framing IS NULL ORDER BY entry, part";
        self.captures_where(condition, [blob.hex()])
    }

    /// The captures whose name or address is `name`.
    pub(crate) fn captures_named(&self, name: &str) -> Result<Vec<CaptureRow>, CaseError> {
        self.captures_where(
            "WHERE name = ?1 OR url = ?1 OR name LIKE '%/' || ?2 ESCAPE '\\' OR url LIKE '%/' || ?2 ESCAPE '\\'
             ORDER BY entry, part",
            params![name, name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")],
        )
    }

    pub(crate) fn count(&self, table: &str) -> Result<u64, CaseError> {
        Ok(self.db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?)
    }

    /// How many entries there are of a kind.
    pub(crate) fn count_of_kind(&self, kind: &str) -> Result<u64, CaseError> {
        let sql = "SELECT count(*) FROM entries WHERE kind = ?1";
        Ok(self.db.query_row(sql, [kind], |row| row.get(0))?)
    }

    pub(crate) fn source_of(&self, url: &str) -> Result<Option<SourceId>, CaseError> {
        let mut found = self.db.prepare_cached("SELECT id FROM sources WHERE url = ?1")?;
        Ok(found.query_row([url], |row| parsed(row, 0)).optional()?)
    }

    pub(crate) fn sources(&self) -> Result<Vec<(SourceId, Option<String>, u64)>, CaseError> {
        let mut found = self.db.prepare(
            "SELECT s.id, s.url, count(c.id), min(c.entry), min(c.part) FROM sources s
             JOIN captures c ON c.source = s.id GROUP BY s.id ORDER BY 4, 5",
        )?;
        let rows = found.query_map([], |row| Ok((parsed(row, 0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Evidence with these plain bytes, if the case holds it already.
    pub(crate) fn evidence_of(&self, plain: &Digest) -> Result<Option<Evidence>, CaseError> {
        let mut found = self.db.prepare_cached(
            "SELECT bytes, seed, plain_sha256, sha256, plain_bytes FROM evidence WHERE plain_sha256 = ?1 LIMIT 1",
        )?;
        let row = found.query_row([plain.hex()], |row| {
            Ok(Evidence {
                bytes: row.get(0)?,
                key: parsed(row, 1)?,
                plain_sha256: parsed(row, 2)?,
                sha256: parsed(row, 3)?,
                plain_bytes: row.get(4)?,
            })
        });
        Ok(row.optional()?)
    }

    fn entries_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<StoredEntry>, CaseError> {
        let sql = format!("SELECT {ENTRY_COLUMNS} FROM entries {condition}");
        let mut found = self.db.prepare_cached(&sql)?;
        let rows = found.query_map(values, entry_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn entry(&self, index: u64) -> Result<Option<StoredEntry>, CaseError> {
        Ok(self.entries_where("WHERE entry = ?1", [index])?.pop())
    }

    pub(crate) fn entry_of_id(&self, id: &str) -> Result<Option<StoredEntry>, CaseError> {
        Ok(self.entries_where("WHERE id = ?1", [id])?.pop())
    }

    pub(crate) fn entries_of_kind(&self, kind: &str) -> Result<Vec<StoredEntry>, CaseError> {
        self.entries_where("WHERE kind = ?1 ORDER BY entry", [kind])
    }

    /// The entries of a kind that are about `id`.
    pub(crate) fn entries_about(
        &self,
        id: &str,
        kind: &str,
    ) -> Result<Vec<StoredEntry>, CaseError> {
        self.entries_where("WHERE about = ?1 AND kind = ?2 ORDER BY entry", [id, kind])
    }

    /// How many entries each actor signed.
    pub(crate) fn entries_by_actor(&self) -> Result<BTreeMap<String, u64>, CaseError> {
        let mut found = self.db.prepare(
            "SELECT json_extract(vals, '$.actor'), count(*) FROM entries WHERE vals IS NOT NULL GROUP BY 1",
        )?;
        let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last `limit` entries, oldest first.
    pub(crate) fn last_entries(&self, limit: u64) -> Result<Vec<StoredEntry>, CaseError> {
        let condition =
            "WHERE entry >= (SELECT max(0, max(entry) + 1 - ?1) FROM entries) ORDER BY entry";
        self.entries_where(condition, [limit])
    }

    /// Ids that begin with `prefix`, at most three.
    pub(crate) fn ids_beginning(&self, prefix: &str) -> Result<Vec<String>, CaseError> {
        let mut found = self.db.prepare_cached(
            "SELECT id FROM (SELECT id FROM entries WHERE id IS NOT NULL UNION SELECT id FROM captures
             UNION SELECT id FROM sources)
             WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 3",
        )?;
        let rows = found.query_map([prefix], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All claims as they stand now, in the order in which they were made.
    pub(crate) fn claims(&self) -> Result<Vec<(u64, Claim)>, CaseError> {
        let mut found = self.db.prepare_cached("SELECT entry, claim FROM claims ORDER BY entry")?;
        let rows = found.query_map([], |row| Ok((row.get(0)?, json(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn claim(&self, id: &ClaimId) -> Result<Option<(u64, Claim)>, CaseError> {
        let mut found = self.db.prepare_cached("SELECT entry, claim FROM claims WHERE id = ?1")?;
        let row = found.query_row([id.to_string()], |row| Ok((row.get(0)?, json(row, 1)?)));
        Ok(row.optional()?)
    }
}
