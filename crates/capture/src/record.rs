//! Exchanges as records of a WARC 1.1 file (ISO 28500:2017): one way, whoever made them.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Map, Value, json};
use witnessmark_archive::{
    Algorithm, NewRecord, RecordType, WarcWriter, WriteError, Written, write_digest,
};
use witnessmark_model::canonical::{self, CanonicalError};
use witnessmark_model::{Digest, Entropy, Moment};

use crate::exchange::{Exchange, FailureKind, Tls};
use crate::spool::Spool;

/// The profile of a revisit that has the same payload (WARC 1.1, section 6.7.2).
const SAME_PAYLOAD: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

/// Where a payload was kept before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPayload {
    /// The response record that holds it: `urn:uuid:…`.
    pub record_id: String,
    /// What that record is about.
    pub target_uri: String,
    /// Its WARC-Date.
    pub date: String,
}

/// The payloads that a case has already.
pub trait KnownPayloads {
    /// Where the payload of this SHA-256 is kept whole; `None` when it is not, or must be kept again.
    fn find(&self, payload: &Digest) -> Option<KnownPayload>;
}

/// Knows nothing, so that everything is kept whole.
#[derive(Clone, Copy, Debug)]
pub struct NothingKnown;

impl KnownPayloads for NothingKnown {
    fn find(&self, _payload: &Digest) -> Option<KnownPayload> {
        None
    }
}

impl KnownPayloads for BTreeMap<Digest, KnownPayload> {
    fn find(&self, payload: &Digest) -> Option<KnownPayload> {
        self.get(payload).cloned()
    }
}

/// What the first record of a file says: how it was made, and nothing about who made it or where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAbout {
    /// Program and version, such as `witnessmark/0.1.0`.
    pub software: String,
    /// `obey` or `ignore`.
    pub robots: String,
    /// The way out, without address or credentials: `direct`, `socks5`, `tor`, `http`.
    pub egress: String,
    /// The `User-Agent` that was sent.
    pub user_agent: String,
}

/// A record that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenRecord {
    /// What it is.
    pub record_type: RecordType,
    /// Its own URI: `urn:uuid:…`.
    pub record_id: String,
    /// What it is about.
    pub target_uri: Option<String>,
    /// Its WARC-Date.
    pub date: String,
    /// Its payload's SHA-256.
    pub payload_digest: Option<Digest>,
    /// Whether nothing of it was cut.
    pub is_whole: bool,
    /// Where it is in the file.
    pub place: Written,
}

impl WrittenRecord {
    /// Adds the payload of a whole response to those that are known, unless it is there.
    pub fn remember(&self, known: &mut BTreeMap<Digest, KnownPayload>) {
        let (Some(digest), Some(uri)) = (self.payload_digest, &self.target_uri) else { return };
        if self.record_type == RecordType::Response && self.is_whole {
            known.entry(digest).or_insert_with(|| KnownPayload {
                record_id: self.record_id.clone(),
                target_uri: uri.clone(),
                date: self.date.clone(),
            });
        }
    }
}

/// Bytes that something made about a page, to be kept as a `resource` record.
#[derive(Debug)]
pub struct NewResource<'r> {
    /// What it is about: `urn:view:<url>` a picture, `urn:pdf:<url>`, `urn:dom:<url>`, `urn:text:<url>`,
    /// `urn:pageinfo:<url>`.
    pub uri: String,
    /// Its media type.
    pub content_type: String,
    /// When it was made.
    pub date: Moment,
    /// A record of the same capture: `urn:uuid:…`.
    pub concurrent_to: Option<String>,
    /// The bytes.
    pub body: &'r Spool,
}

/// Why a record was not written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The record breaks a rule, or the disk failed. The file may hold part of it after [`RecordWriter::length`].
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The description of an exchange has no canonical bytes.
    #[error("the description of {url} was not written: {cause}")]
    Description {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        cause: CanonicalError,
    },
    /// What came cannot be read again.
    #[error("what {url} sent cannot be read again: {cause}")]
    Spool {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

/// Writes exchanges into one WARC file, one after another.
///
/// An exchange becomes: a `response` (or a `revisit`, when its payload is known), a `request`, and a `metadata` record
/// that says who answered, when, and what failed. The three name each other. The chain of a TLS connection is a
/// `resource` record, written once a file and named by its digest afterwards.
pub struct RecordWriter<W> {
    warc: WarcWriter<W>,
    length: u64,
    warcinfo_id: String,
    /// Digest of a chain in PEM, and the record that holds it.
    chains: BTreeMap<Digest, String>,
}

impl<W: Write> RecordWriter<W> {
    /// Begins a file: each record is a gzip member. `now` is this computer's clock.
    pub fn begin(
        output: W,
        about: &FileAbout,
        now: Moment,
        ids: &mut dyn Entropy,
    ) -> Result<(Self, WrittenRecord), RecordError> {
        let warcinfo_id = fresh_id(ids);
        let warc = WarcWriter::gzip(output);
        let mut writer = Self { warc, length: 0, warcinfo_id, chains: BTreeMap::new() };
        let one_line = |text: &str| text.replace(|c: char| c.is_control(), " ");
        let fields = format!(
            "software: {}\r\nformat: WARC File Format 1.1\r\n\
             conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n\
             robots: {}\r\nhttp-header-user-agent: {}\r\nwitnessmark-egress: {}\r\n",
            one_line(&about.software),
            one_line(&about.robots),
            one_line(&about.user_agent),
            one_line(&about.egress)
        );
        let record = NewRecord {
            record_type: RecordType::Warcinfo,
            record_id: writer.warcinfo_id.clone(),
            date: now.to_string(),
            target_uri: None,
            content_type: Some("application/warc-fields".to_owned()),
            payload_digest: None,
            fields: Vec::new(),
        };
        let written = writer.put(record, None, || Ok(fields.as_bytes()))?;
        Ok((writer, written))
    }

    /// Where the last whole record ends. After an error, cut the file here.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Writes one exchange; gives what was written in the order of the file. The response or revisit, if there is one, is
    /// among the first.
    pub fn exchange(
        &mut self,
        exchange: &Exchange,
        known: &dyn KnownPayloads,
        ids: &mut dyn Entropy,
    ) -> Result<Vec<WrittenRecord>, RecordError> {
        let mut written = Vec::new();
        let chain = match &exchange.connection.tls {
            Some(tls) => Some(self.chain(tls, exchange.began, ids, &mut written)?),
            None => None,
        };
        let date = exchange.began.to_string();
        let answer_id = (!exchange.response.is_empty()).then(|| fresh_id(ids));
        let request_id = (!exchange.request.is_empty()).then(|| fresh_id(ids));
        let metadata_id = fresh_id(ids);
        let all = [&answer_id, &request_id, &Some(metadata_id.clone())];
        let common = |own: &str| -> Vec<(String, String)> {
            let mut fields = Vec::new();
            if let Some(address) = exchange.connection.address {
                fields.push(("WARC-IP-Address".to_owned(), address.ip().to_string()));
            }
            fields.extend(
                all.iter()
                    .filter_map(|id| id.as_deref())
                    .filter(|id| *id != own)
                    .map(|id| ("WARC-Concurrent-To".to_owned(), format!("<{id}>"))),
            );
            fields
        };
        if let Some(id) = answer_id.clone() {
            let fields = common(&id);
            written.push(self.answer(exchange, id, &date, fields, known)?);
        }
        if let Some(id) = request_id.clone() {
            let mut fields = common(&id);
            if exchange.request_cut {
                fields.push(("WARC-Truncated".to_owned(), "length".to_owned()));
            }
            let record = NewRecord {
                record_type: RecordType::Request,
                record_id: id,
                date: date.clone(),
                target_uri: Some(exchange.url.clone()),
                content_type: Some("application/http;msgtype=request".to_owned()),
                payload_digest: None,
                fields,
            };
            written.push(self.put(record, None, || Ok(exchange.request.as_slice()))?);
        }
        let description = canonical::to_bytes(&describe(exchange, chain.as_ref()))
            .map_err(|cause| RecordError::Description { url: exchange.url.clone(), cause })?;
        let record = NewRecord {
            record_type: RecordType::Metadata,
            fields: common(&metadata_id),
            record_id: metadata_id,
            date,
            target_uri: Some(exchange.url.clone()),
            content_type: Some("application/json".to_owned()),
            payload_digest: None,
        };
        written.push(self.put(record, None, || Ok(description.as_slice()))?);
        Ok(written)
    }

    fn answer(
        &mut self,
        exchange: &Exchange,
        record_id: String,
        date: &str,
        mut fields: Vec<(String, String)>,
        known: &dyn KnownPayloads,
    ) -> Result<WrittenRecord, RecordError> {
        let spool = &exchange.response;
        if exchange.head.is_none() {
            // It is no message of HTTP, so no reader may be told that it is.
            let record = NewRecord {
                record_type: RecordType::Resource,
                record_id,
                date: date.to_owned(),
                target_uri: Some(format!("urn:raw:{}", exchange.url)),
                content_type: Some("application/octet-stream".to_owned()),
                payload_digest: None,
                fields,
            };
            return self.put(record, None, || Ok(spool.reader()));
        }
        let payload = exchange.payload.filter(|payload| payload.length > 0);
        let same =
            payload.filter(|_| exchange.is_whole()).and_then(|payload| known.find(&payload.digest));
        if let Some(cut) = exchange.response_cut {
            fields.push(("WARC-Truncated".to_owned(), cut.as_str().to_owned()));
        }
        let mut record_type = RecordType::Response;
        let mut length = spool.len();
        if let Some(same) = same {
            record_type = RecordType::Revisit;
            length = head_length(spool)
                .map_err(|cause| RecordError::Spool { url: exchange.url.clone(), cause })?;
            fields.extend([
                ("WARC-Profile".to_owned(), SAME_PAYLOAD.to_owned()),
                ("WARC-Refers-To".to_owned(), format!("<{}>", same.record_id)),
                ("WARC-Refers-To-Target-URI".to_owned(), same.target_uri),
                ("WARC-Refers-To-Date".to_owned(), same.date),
                ("WARC-Truncated".to_owned(), "length".to_owned()),
            ]);
        }
        let record = NewRecord {
            record_type,
            record_id,
            date: date.to_owned(),
            target_uri: Some(exchange.url.clone()),
            content_type: Some("application/http;msgtype=response".to_owned()),
            payload_digest: exchange
                .payload
                .map(|payload| write_digest(Algorithm::Sha256, &payload.digest.0)),
            fields,
        };
        let digest = exchange.payload.map(|payload| payload.digest);
        self.put(record, digest, || Ok(spool.reader().take(length)))
    }

    /// Writes the chain, unless the file has it already; gives its digest and its record.
    fn chain(
        &mut self,
        tls: &Tls,
        date: Moment,
        ids: &mut dyn Entropy,
        written: &mut Vec<WrittenRecord>,
    ) -> Result<(Digest, String), RecordError> {
        let pem = to_pem(&tls.chain);
        let digest = Digest::of(pem.as_bytes());
        if let Some(id) = self.chains.get(&digest) {
            return Ok((digest, id.clone()));
        }
        let record = NewRecord {
            record_type: RecordType::Resource,
            record_id: fresh_id(ids),
            date: date.to_string(),
            target_uri: Some(format!("urn:tls-chain:sha256:{digest}")),
            // RFC 8555, section 9.1.
            content_type: Some("application/pem-certificate-chain".to_owned()),
            payload_digest: None,
            fields: Vec::new(),
        };
        let one = self.put(record, Some(digest), || Ok(pem.as_bytes()))?;
        self.chains.insert(digest, one.record_id.clone());
        let id = one.record_id.clone();
        written.push(one);
        Ok((digest, id))
    }

    /// Writes what something made about a page.
    pub fn resource(
        &mut self,
        resource: &NewResource<'_>,
        ids: &mut dyn Entropy,
    ) -> Result<WrittenRecord, RecordError> {
        let digest = resource
            .body
            .digest()
            .map_err(|cause| RecordError::Spool { url: resource.uri.clone(), cause })?;
        let concurrent = resource.concurrent_to.iter();
        let record = NewRecord {
            record_type: RecordType::Resource,
            record_id: fresh_id(ids),
            date: resource.date.to_string(),
            target_uri: Some(resource.uri.clone()),
            content_type: Some(resource.content_type.clone()),
            payload_digest: None,
            fields: concurrent
                .map(|id| ("WARC-Concurrent-To".to_owned(), format!("<{id}>")))
                .collect(),
        };
        self.put(record, Some(digest), || Ok(resource.body.reader()))
    }

    fn put<B: Read>(
        &mut self,
        mut record: NewRecord,
        payload_digest: Option<Digest>,
        block: impl FnMut() -> io::Result<B>,
    ) -> Result<WrittenRecord, RecordError> {
        if record.record_type != RecordType::Warcinfo {
            let warcinfo = ("WARC-Warcinfo-ID".to_owned(), format!("<{}>", self.warcinfo_id));
            record.fields.push(warcinfo);
        }
        let is_whole = record.fields.iter().all(|(name, _)| name != "WARC-Truncated");
        let place = self.warc.write(&record, block)?;
        self.length = place.offset + place.length;
        Ok(WrittenRecord {
            record_type: record.record_type,
            record_id: record.record_id,
            target_uri: record.target_uri,
            date: record.date,
            payload_digest,
            is_whole,
            place,
        })
    }

    /// Gives the output back, everything written and flushed.
    pub fn finish(self) -> io::Result<W> {
        self.warc.finish()
    }
}

/// What the metadata record says. Its shape is `witnessmark/exchange/1`; absent members are left out.
fn describe(exchange: &Exchange, chain: Option<&(Digest, String)>) -> Value {
    let mut about = Map::new();
    about.insert("schema".to_owned(), json!("witnessmark/exchange/1"));
    about.insert("url".to_owned(), json!(exchange.url));
    about.insert("purpose".to_owned(), json!(exchange.purpose.as_str()));
    about.insert(
        "clock".to_owned(),
        json!({ "began": exchange.began.to_string(), "ended": exchange.ended.to_string() }),
    );
    if let Some(date) = exchange.head.as_ref().and_then(|head| head.get("Date")) {
        about.insert("server_clock".to_owned(), json!(date));
    }
    about.insert("through".to_owned(), json!(exchange.connection.through.as_str()));
    if let Some(address) = exchange.connection.address {
        about.insert("address".to_owned(), json!(address.to_string()));
    }
    if let (Some(tls), Some((digest, record))) = (&exchange.connection.tls, chain) {
        let certificates: Vec<String> = tls.chain.iter().map(|der| Digest::of(der).hex()).collect();
        about.insert(
            "tls".to_owned(),
            json!({
                "version": tls.version,
                "cipher": tls.cipher,
                "server_name": tls.server_name,
                "verified": tls.verified.is_ok(),
                "chain": { "sha256": digest.hex(), "record": record, "certificates_sha256": certificates },
            }),
        );
        if let (Err(reason), Some(Value::Object(tls))) = (&tls.verified, about.get_mut("tls")) {
            tls.insert("not_verified_because".to_owned(), json!(reason));
        }
    }
    if !exchange.interim.is_empty() {
        about.insert("interim".to_owned(), json!(BASE64.encode(&exchange.interim)));
    }
    if !exchange.trailing.is_empty() {
        about.insert("trailing".to_owned(), json!(BASE64.encode(&exchange.trailing)));
    }
    if !exchange.private_fields.is_empty() {
        about.insert("private_fields".to_owned(), json!(exchange.private_fields));
    }
    if let Some(cut) = exchange.response_cut {
        about.insert("cut".to_owned(), json!(cut.as_str()));
    }
    if let Some(failure) = &exchange.failure {
        // What a failed proxy says names its address, which may lead to whoever uses it.
        let detail = match failure.kind {
            FailureKind::Egress => "the declared way out failed",
            _ => failure.detail.as_str(),
        };
        about.insert(
            "failure".to_owned(),
            json!({ "kind": failure.kind.as_str(), "detail": detail }),
        );
    }
    Value::Object(about)
}

/// Certificates in the textual form of RFC 7468.
fn to_pem(chain: &[Vec<u8>]) -> String {
    let mut pem = String::new();
    for der in chain {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = BASE64.encode(der);
        let mut rest = text.as_str();
        while let Some((line, after)) = rest.split_at_checked(64.min(rest.len()))
            && !line.is_empty()
        {
            pem.push_str(line);
            pem.push('\n');
            rest = after;
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    pem
}

/// Bytes of the head, blank line included.
fn head_length(spool: &Spool) -> io::Result<u64> {
    let mut bytes = Vec::new();
    let mut reader = io::BufReader::new(spool.reader());
    loop {
        let before = bytes.len();
        io::BufRead::read_until(&mut reader, b'\n', &mut bytes)?;
        let line = bytes.get(before..).unwrap_or_default();
        if line.is_empty() || (before > 0 && matches!(line, b"\n" | b"\r\n" | b"\r\r\n")) {
            return Ok(bytes.len() as u64);
        }
    }
}

/// A random UUID (RFC 9562, version 4) as a URN.
fn fresh_id(ids: &mut dyn Entropy) -> String {
    let mut bytes = [0; 16];
    ids.fill(&mut bytes);
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let hex = HEXLOWER.encode(&bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}
