//! What a redacted copy says of itself, and of each record in it that is not the original's.

use serde::Serialize;
use witnessmark_archive::{NewRecord, RecordType};
use witnessmark_model::canonical::{self, CanonicalError};
use witnessmark_model::{Digest, Entropy, Moment};

use super::{Finding, SecretKind, SecretPlace};

/// The shape of a note, so that a reader knows what it reads.
const SCHEMA: &str = "witnessmark/redacted-record/1";

/// Makes the records that the copy has and the original has not.
pub(super) struct NoteMaker<'e> {
    pub(super) entropy: &'e mut dyn Entropy,
    pub(super) now: Moment,
}

/// What the copy as a whole says.
pub(super) struct CopyFacts<'s> {
    pub(super) software: &'s str,
    /// The original's digest; none when it would tell what was masked.
    pub(super) original: Option<Digest>,
    pub(super) masked: u64,
    pub(super) changed: u64,
    pub(super) left_out: u64,
    pub(super) unread: u64,
    pub(super) not_text: u64,
}

#[derive(Serialize)]
struct Note<'f> {
    schema: &'static str,
    statement: String,
    masked: Vec<MaskedPlace<'f>>,
}

#[derive(Serialize)]
struct MaskedPlace<'f> {
    kind: SecretKind,
    place: SecretPlace,
    offset: u64,
    length: u64,
    in_decoded_body: bool,
    name: &'f str,
}

impl NoteMaker<'_> {
    /// The first record of a copy: a warcinfo, and its block.
    pub(super) fn copy(&mut self, facts: &CopyFacts<'_>) -> (NewRecord, Vec<u8>) {
        let original = match facts.original {
            Some(digest) => format!("of sha256:{digest}"),
            None => "of an archive whose digest is not given, because what was masked could be found by trying against it".to_owned(),
        };
        let statement = format!(
            "this is a redacted copy {original}, {} places masked in {} records, {} records left out; it cannot be \
             checked against the original without it; known patterns were searched, {} records were not read to their \
             end and {} hold no text; this does not mean safe to publish",
            facts.masked, facts.changed, facts.left_out, facts.unread, facts.not_text,
        );
        let block = format!(
            "software: {}\r\nformat: WARC File Format 1.1\r\nconformsTo: \
             http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\ndescription: \
             {statement}\r\n",
            facts.software,
        );
        let record = self.record(RecordType::Warcinfo, "application/warc-fields", None);
        (record, block.into_bytes())
    }

    /// The note on a record that was masked: which places, and what else is not as it was.
    pub(super) fn changed(
        &mut self,
        record_id: Option<&str>,
        findings: &[Finding],
        is_decoded: bool,
        payload_elsewhere: bool,
    ) -> Result<(NewRecord, Vec<u8>), CanonicalError> {
        let mut statement = format!("{} places of this record were masked", findings.len());
        if is_decoded {
            statement.push_str("; its body is written without transfer and content encoding");
        }
        if payload_elsewhere {
            statement = "its payload digest is that of the masked record it refers to".to_owned();
        }
        self.note(("WARC-Concurrent-To", record_id), statement, findings)
    }

    /// The note on a record that is not in the copy.
    pub(super) fn left_out(
        &mut self,
        record_id: Option<&str>,
        why: &str,
        findings: &[Finding],
    ) -> Result<(NewRecord, Vec<u8>), CanonicalError> {
        let statement = format!("this record was left out: {why}");
        self.note(("WARC-Refers-To", record_id), statement, findings)
    }

    fn note(
        &mut self,
        about: (&str, Option<&str>),
        statement: String,
        findings: &[Finding],
    ) -> Result<(NewRecord, Vec<u8>), CanonicalError> {
        let masked = findings
            .iter()
            .map(|finding| MaskedPlace {
                kind: finding.kind,
                place: finding.place,
                offset: finding.offset,
                length: finding.length,
                in_decoded_body: finding.in_decoded_body,
                name: finding.hint.as_str(),
            })
            .collect();
        let block = canonical::to_bytes(&Note { schema: SCHEMA, statement, masked })?;
        let (field, record_id) = about;
        let link = record_id.map(|id| (field.to_owned(), format!("<{id}>")));
        Ok((self.record(RecordType::Metadata, "application/json", link), block))
    }

    fn record(
        &mut self,
        record_type: RecordType,
        content_type: &str,
        link: Option<(String, String)>,
    ) -> NewRecord {
        NewRecord {
            record_type,
            record_id: self.fresh_id(),
            date: self.now.to_string(),
            target_uri: None,
            content_type: Some(content_type.to_owned()),
            payload_digest: None,
            fields: link.into_iter().collect(),
        }
    }

    /// A random UUID (RFC 9562, version 4) as a URN.
    fn fresh_id(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        self.entropy.fill(&mut bytes);
        let mut number = u128::from_be_bytes(bytes);
        number &= !(0xf << 76 | 0x3 << 62);
        number |= 0x4 << 76 | 0x2 << 62;
        let hex = format!("{number:032x}");
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
}
