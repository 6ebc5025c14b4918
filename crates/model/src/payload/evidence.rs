//! What payloads say of bytes that were kept.

use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::id::{CaptureId, KeyId, SourceId};

/// One stored blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The length of the stored bytes.
    pub bytes: u64,
    /// The seed that the salts of its parts come from.
    pub key: KeyId,
    /// SHA-256 of the bytes before sealing.
    pub plain_sha256: Digest,
    /// SHA-256 of the stored bytes: the blob's name.
    pub sha256: Digest,
    /// In a sealed case: the length of the bytes before sealing. Where nothing is sealed it is `bytes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_bytes: Option<u64>,
}

impl Evidence {
    /// The length of the bytes before sealing.
    pub fn plain_length(&self) -> u64 {
        self.plain_bytes.unwrap_or(self.bytes)
    }
}

/// What the world published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRef {
    /// The source; one id for one address throughout a case.
    pub id: SourceId,
    /// Its address, if it has one.
    pub url: Option<String>,
}

/// What a capture is judged to be, and on what grounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// `content`, `login-wall`, `bot-block`, `geo-block`, `removal-notice`, `soft-404`, `error`, `empty`, `partial`,
    /// `duplicate` or `unclear`.
    pub code: String,
    /// The grounds, in words.
    pub evidence: Vec<String>,
}

/// What is wrong with an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A short code, the same as `warc check` gives.
    pub code: String,
    /// Where in the file.
    pub offset: u64,
    /// In words.
    pub detail: String,
}

/// How a record lies in the stored archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// As it is.
    Plain,
    /// In one gzip member of its own.
    Member,
    /// Within a compressed stream; offset and length count bytes after inflating the whole file.
    Inflated,
}

/// One record of an imported archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestLine {
    /// Which record, from 0; it is part `n` + 1 of the import's commitment.
    pub n: u64,
    /// Where the record starts in the archive.
    pub offset: u64,
    /// How many bytes it takes there.
    pub length: u64,
    /// How `offset` and `length` count.
    pub framing: Framing,
    /// The WARC type.
    #[serde(rename = "type")]
    pub record_type: String,
    /// The WARC record id.
    pub record_id: Option<String>,
    /// The address it is about.
    pub uri: Option<String>,
    /// The record's date, as it gives it.
    pub date: Option<String>,
    /// The HTTP status, if it is a response.
    pub status: Option<u16>,
    /// The media type of its content.
    pub media_type: Option<String>,
    /// SHA-256 of the record's plain bytes.
    pub sha256: Digest,
    /// How many plain bytes.
    pub bytes: u64,
    /// The capture that this record is, if it is one.
    pub capture: Option<CaptureId>,
    /// The source of that capture.
    pub source: Option<SourceId>,
    /// In a recording, on a capture: SHA-256 of the response's body without transfer encoding, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Digest>,
    /// In a recording, on a capture: the address that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// In a recording, on a capture: what the program judged it to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}
