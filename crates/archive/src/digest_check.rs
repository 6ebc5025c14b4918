//! Compares a record's block and payload with the digests its header says, hashing each byte once
//! for every region and algorithm.

use crate::chunked::Chunked;
use crate::digest::{Algorithm, DigestField, Hasher};
use crate::field::Known;
use crate::head::{Format, Head, RecordType, decimal};
use crate::http::{HttpHead, head_end, is_http};

/// A head longer than this is none.
const HEAD_LIMIT: usize = 1024 * 1024;

/// What a record's digest field said of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DigestVerdict {
    /// The record has no such field.
    Absent,
    /// The bytes are not in this record: a revisit's payload is in the record it refers to, and a
    /// segmented record's is spread over several.
    NotHere,
    /// It names an algorithm this program does not compute.
    UnknownAlgorithm,
    /// It matches as the specification asks: the payload without transfer encoding.
    Matches,
    /// A payload digest that matches only with the transfer encoding left on.
    MatchesWithTransferEncoding,
    /// It cannot be read in any encoding.
    Malformed,
    /// It does not match.
    Differs,
}

/// The bytes a digest is computed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    Block,
    /// The body as sent.
    Body,
    /// The body without transfer encoding.
    Entity,
}

enum Split {
    /// No HTTP: the payload is the block.
    Whole,
    /// Bytes of a head whose end has not come.
    Head(Vec<u8>),
    Body,
}

/// What was found, once the block has been read.
pub(crate) struct DigestReport {
    pub(crate) block: DigestVerdict,
    pub(crate) payload: DigestVerdict,
    pub(crate) head_malformed: bool,
    pub(crate) chunking_malformed: bool,
    /// The HTTP head, when one was parsed.
    pub(crate) http: Option<HttpHead>,
    /// SHA-256 of the payload as it stands, where it was asked for and no header says a digest.
    pub(crate) payload_sha256: Option<Vec<u8>>,
}

/// What [`DigestCheck`] finds out beside whether digests match.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The HTTP head, also where no digest needs it.
    pub(crate) http: bool,
    /// SHA-256 of a payload that has no digest.
    pub(crate) payload_sha256: bool,
}

pub(crate) struct DigestCheck {
    block: Vec<DigestField>,
    payload: Vec<DigestField>,
    payload_here: bool,
    split: Split,
    chunked: Option<Chunked>,
    hashers: Vec<(Region, Algorithm, Hasher)>,
    head_malformed: bool,
    http: Option<HttpHead>,
    /// What the HTTP head says of the body's length, and how much of it came.
    content_length: Option<u64>,
    body_bytes: u64,
    payload_sha256: bool,
    /// Whether it matters that head and chunks are well formed.
    judge_form: bool,
}

impl DigestCheck {
    pub(crate) fn new(head: &Head, wanted: Wanted) -> Self {
        let mut block = Vec::new();
        let mut payload = Vec::new();
        for (name, value) in head.fields() {
            if name.eq_ignore_ascii_case("WARC-Block-Digest") {
                block.push(DigestField::parse(value));
            } else if name.eq_ignore_ascii_case("WARC-Payload-Digest") {
                payload.push(DigestField::parse(value));
            }
        }
        let payload_here =
            !matches!(head.record_type(), RecordType::Revisit | RecordType::Continuation)
                && head.known(Known::SegmentNumber).is_none();
        let http = is_http(head) && (wanted.http || (payload_here && !payload.is_empty()));
        let split = if http { Split::Head(Vec::new()) } else { Split::Whole };
        let mut check = Self {
            block,
            payload,
            payload_here,
            split,
            chunked: None,
            hashers: Vec::new(),
            head_malformed: false,
            http: None,
            content_length: None,
            body_bytes: 0,
            payload_sha256: wanted.payload_sha256,
            judge_form: false,
        };
        check.payload_sha256 &= check.payload.is_empty();
        // The same whatever else is wanted, so that every way of checking says the same.
        let needed = head.format() == Format::Arc || !check.payload.is_empty();
        check.judge_form = payload_here && needed;
        watch(&mut check.hashers, Region::Block, &check.block);
        if !http {
            check.watch_payload(Region::Block);
        }
        check
    }

    /// Hashes a region as the payload.
    fn watch_payload(&mut self, region: Region) {
        if self.payload_here {
            watch(&mut self.hashers, region, &self.payload);
        }
        if self.payload_sha256 {
            watch(&mut self.hashers, region, &[DigestField::Known(Algorithm::Sha256, Vec::new())]);
        }
    }

    fn update(&mut self, region: Region, data: &[u8]) {
        for (at, _, hasher) in &mut self.hashers {
            if *at == region {
                hasher.update(data);
            }
        }
    }

    /// Takes the next bytes of the block.
    pub(crate) fn push(&mut self, data: &[u8]) {
        self.update(Region::Block, data);
        match &mut self.split {
            Split::Whole => {}
            Split::Body => self.push_body(data),
            Split::Head(held) if held.is_empty() => match head_end(data) {
                Some(end) => {
                    let (head, body) = data.split_at(end);
                    self.begin_body(head, body);
                }
                None => held.extend_from_slice(data),
            },
            Split::Head(held) => {
                // The blank line may straddle two pieces.
                let searched = held.len().saturating_sub(3);
                held.extend_from_slice(data);
                let end = head_end(held.get(searched..).unwrap_or_default());
                if end.is_some() || held.len() > HEAD_LIMIT {
                    let held = std::mem::take(held);
                    let (head, body) = held.split_at(end.map_or(0, |end| searched + end));
                    self.begin_body(head, body);
                }
            }
        }
    }

    fn begin_body(&mut self, head: &[u8], body: &[u8]) {
        self.split = Split::Body;
        self.watch_payload(Region::Body);
        match HttpHead::parse(head) {
            Some(parsed) => {
                self.content_length = parsed.get("Content-Length").and_then(decimal);
                if parsed.is_chunked() {
                    self.chunked = Some(Chunked::new());
                    watch(&mut self.hashers, Region::Entity, &self.payload);
                }
                self.http = Some(parsed);
            }
            None => {
                self.head_malformed = !(head.is_empty() && body.is_empty());
                self.push_body(head);
            }
        }
        self.push_body(body);
    }

    /// Whether the HTTP message in the block is complete by its own `Content-Length`. A block that
    /// reached too far may hold the line end after the record too.
    pub(crate) fn message_is_complete(&self) -> bool {
        let beyond = |length: u64| self.body_bytes.checked_sub(length);
        matches!(self.split, Split::Body)
            && self.content_length.and_then(beyond).is_some_and(|rest| rest <= 2)
    }

    fn push_body(&mut self, data: &[u8]) {
        self.body_bytes += data.len() as u64;
        self.update(Region::Body, data);
        if let Some(chunked) = &mut self.chunked {
            let hashers = &mut self.hashers;
            chunked.push(data, |bytes| {
                for (region, _, hasher) in hashers.iter_mut() {
                    if *region == Region::Entity {
                        hasher.update(bytes);
                    }
                }
            });
        }
    }

    pub(crate) fn finish(mut self) -> DigestReport {
        if let Split::Head(held) = &mut self.split {
            let held = std::mem::take(held);
            self.begin_body(&held, &[]);
        }
        let chunking = self.chunked.as_ref().map(Chunked::is_complete);
        let sums: Vec<(Region, Algorithm, Vec<u8>)> = std::mem::take(&mut self.hashers)
            .into_iter()
            .map(|(region, algorithm, hasher)| (region, algorithm, hasher.finish()))
            .collect();
        let matches = |region: Region, field: &DigestField| match field {
            DigestField::Known(algorithm, bytes) => {
                sums.iter().any(|(at, of, sum)| (*at, *of) == (region, *algorithm) && sum == bytes)
            }
            _ => false,
        };
        let block = judge(&self.block, |field| {
            if matches(Region::Block, field) {
                DigestVerdict::Matches
            } else {
                DigestVerdict::Differs
            }
        });
        let whole = matches!(self.split, Split::Whole);
        let payload_sha256 = sums
            .iter()
            .find(|(at, of, _)| {
                let region = if whole { Region::Block } else { Region::Body };
                self.payload_sha256 && (*at, *of) == (region, Algorithm::Sha256)
            })
            .map(|(_, _, sum)| sum.clone());
        let payload = judge(&self.payload, |field| {
            if !self.payload_here {
                return DigestVerdict::NotHere;
            }
            let by_rule = match chunking {
                Some(true) => Region::Entity,
                _ if whole => Region::Block,
                _ => Region::Body,
            };
            if matches(by_rule, field) {
                DigestVerdict::Matches
            } else if chunking.is_some() && matches(Region::Body, field) {
                DigestVerdict::MatchesWithTransferEncoding
            } else if chunking.is_some() && matches(Region::Entity, field) {
                DigestVerdict::Matches
            } else {
                DigestVerdict::Differs
            }
        });
        DigestReport {
            block,
            payload,
            head_malformed: self.judge_form && self.head_malformed,
            http: self.http,
            payload_sha256,
            chunking_malformed: self.judge_form && chunking == Some(false),
        }
    }
}

/// Adds a hasher for every algorithm of `fields` that has none over this region.
fn watch(hashers: &mut Vec<(Region, Algorithm, Hasher)>, region: Region, fields: &[DigestField]) {
    for field in fields {
        if let DigestField::Known(algorithm, _) = field
            && !hashers.iter().any(|(at, of, _)| (*at, *of) == (region, *algorithm))
        {
            hashers.push((region, *algorithm, Hasher::new(*algorithm)));
        }
    }
}

/// The worst verdict over all fields of one name.
fn judge(fields: &[DigestField], known: impl Fn(&DigestField) -> DigestVerdict) -> DigestVerdict {
    let one = |field: &DigestField| match field {
        DigestField::Known(..) => known(field),
        DigestField::UnknownAlgorithm(_) => DigestVerdict::UnknownAlgorithm,
        DigestField::Malformed => DigestVerdict::Malformed,
    };
    fields.iter().map(one).max().unwrap_or(DigestVerdict::Absent)
}
