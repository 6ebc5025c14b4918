//! CDXJ lines for the records of a file (CDXJ 0.1.0).

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::head::{Format, Head, RecordType};
use crate::http::{essence, media_type};
use crate::problem::Problem;
use crate::reader::{Layout, Reader};
use crate::surt::surt;

/// One line of an index: where the record of a URL at a time lies.
///
/// The JSON part holds strings only, as pywb and py-wacz write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdxjLine {
    /// The SURT key.
    pub key: String,
    /// The capture's time as 14 digits, UTC.
    pub timestamp: String,
    /// What the line says of the record.
    pub fields: CdxjFields,
}

/// The JSON object of a [`CdxjLine`]. Numbers are read too, and kept as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdxjFields {
    /// The target URI.
    #[serde(default)]
    pub url: String,
    /// The payload's digest: as the record says it, else computed as SHA-256.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub digest: Option<String>,
    /// The payload's media type; `warc/revisit` for a revisit.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub mime: Option<String>,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub filename: Option<String>,
    /// First stored byte.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub offset: Option<String>,
    /// Stored bytes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub length: Option<String>,
    /// The HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub status: Option<String>,
    /// SHA-256 of the record's stored bytes.
    #[serde(
        default,
        rename = "recordDigest",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub record_digest: Option<String>,
    /// Everything else, such as `referrer` or `requestBody`.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Reads a string or a number as text.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        other => Err(D::Error::custom(format!("{other} is neither a string nor a number"))),
    }
}

/// Why a line is no CDXJ line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CdxjError {
    /// There are not three parts.
    #[error("the line is not a key, a timestamp and a JSON object, each after one space")]
    Parts,
    /// The timestamp is not 14 or 17 digits.
    #[error("the timestamp {0:?} is not 14 or 17 digits")]
    Timestamp(String),
    /// The rest is no JSON object of the expected members.
    #[error("the JSON object is malformed: {0}")]
    Json(String),
}

impl CdxjLine {
    /// Reads a line without its line end (CDXJ 0.1.0).
    pub fn parse(line: &str) -> Result<Self, CdxjError> {
        let mut parts = line.splitn(3, ' ');
        let (Some(key), Some(timestamp), Some(json)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(CdxjError::Parts);
        };
        if key.is_empty() {
            return Err(CdxjError::Parts);
        }
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !matches!(timestamp.len(), 14 | 17) {
            return Err(CdxjError::Timestamp(timestamp.chars().take(40).collect()));
        }
        let fields =
            serde_json::from_str(json).map_err(|error| CdxjError::Json(error.to_string()))?;
        Ok(Self { key: key.to_owned(), timestamp: timestamp.to_owned(), fields })
    }
}

impl std::fmt::Display for CdxjLine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = serde_json::to_string(&self.fields).map_err(|_| std::fmt::Error)?;
        write!(formatter, "{} {} {json}", self.key, self.timestamp)
    }
}

/// Hands a line for every whole response, revisit, resource, metadata and conversion record that
/// has a target URI to `line`, in the order of the file, and returns what was wrong. Resources and
/// metadata of the type `application/warc-fields` describe a crawl and have no line.
///
/// `file` is the name the lines carry. A record that cannot be read at random (a file compressed
/// as a whole) gets a line without length.
pub fn index<R: Read>(
    file: &str,
    input: R,
    line: &mut dyn FnMut(CdxjLine) -> io::Result<()>,
) -> io::Result<Vec<Problem>> {
    let mut reader = Reader::new(input)?.without_record_digests();
    let mut problems = Vec::new();
    while let Some(mut record) = reader.next_record()? {
        let Some(mut fields) = fields_of(record.head()) else { continue };
        let key = surt(&fields.url);
        let timestamp = record.head().date().map(timestamp).unwrap_or_default();
        let is_revisit = *record.head().record_type() == RecordType::Revisit;
        let block_type = record.head().content_type().and_then(media_type);
        let hash_body = fields.digest.is_none();
        // A broken block shows in the record's end.
        let http = record.http().ok().flatten().map(|head| (head.status, head.media_type()));
        if let Some((status, mime)) = http {
            fields.status = status.map(|status| status.to_string());
            fields.mime = mime;
        } else {
            fields.mime = block_type;
        }
        if is_revisit {
            fields.mime = Some("warc/revisit".to_owned());
        }
        if hash_body {
            let mut sha256 = Sha256::new();
            io::copy(&mut record, &mut HashWriter(&mut sha256)).ok();
            fields.digest =
                Some(format!("sha256:{}", data_encoding::HEXLOWER.encode(&sha256.finalize())));
        }
        let end = record.finish()?;
        if end.whole {
            fields.filename = Some(file.to_owned());
            fields.offset = Some(end.offset.to_string());
            fields.length = end.length.map(|length| length.to_string());
            debug_assert!(end.length.is_some() || end.layout == Layout::SharedMember);
            line(CdxjLine { key, timestamp, fields })?;
        }
        problems.append(&mut reader.take_problems());
    }
    problems.append(&mut reader.take_problems());
    Ok(problems)
}

/// All lines of [`index`] sorted by their bytes, as an index file must be. They are held in
/// memory.
pub fn index_sorted<R: Read>(file: &str, input: R) -> io::Result<(Vec<CdxjLine>, Vec<Problem>)> {
    let mut lines = Vec::new();
    let problems = index(file, input, &mut |line| {
        lines.push(line);
        Ok(())
    })?;
    lines.sort_by_cached_key(|line| line.to_string().into_bytes());
    Ok((lines, problems))
}

/// Whether an index has a line for such a record: for what was captured, and for what was said or
/// made of it, except in fields that only describe the crawl. As cdxj-indexer 1.5.0 does, and
/// conversions too, which are all there is in some archives.
pub(crate) fn is_indexed(head: &Head) -> bool {
    let described = || {
        let kind = head.content_type().and_then(essence);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/warc-fields"))
    };
    match head.record_type() {
        RecordType::Response | RecordType::Revisit | RecordType::Conversion => true,
        RecordType::Resource | RecordType::Metadata => !described(),
        _ => false,
    }
}

fn fields_of(head: &Head) -> Option<CdxjFields> {
    let url = head.target_uri().filter(|_| is_indexed(head))?.into_owned();
    let digest = match head.format() {
        Format::Warc => head.get("WARC-Payload-Digest").map(str::to_owned),
        Format::Arc => None,
    };
    Some(CdxjFields { url, digest, ..CdxjFields::default() })
}

/// 14 digits of a date: `2017-03-06T04:03:53.5Z` is `20170306040353`; what is left out is the
/// first month, day or moment.
pub(crate) fn timestamp(date: &str) -> String {
    let mut digits: String = date
        .split('.')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .collect();
    let earliest = "00000101000000";
    digits.push_str(earliest.get(digits.len()..).unwrap_or_default());
    digits
}

struct HashWriter<'h>(&'h mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
