//! Writes WARC 1.1 (ISO 28500:2017), the same bytes for the same input.

use std::io::{self, Read, Write};

use flate2::{Compression, GzBuilder};

use crate::digest::{Algorithm, Hasher, write_digest};
use crate::head::RecordType;

/// A record to write. Ids and dates come from the caller, so that the same input gives the same
/// bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// What it is.
    pub record_type: RecordType,
    /// Its own URI, without angle brackets: `urn:uuid:…`.
    pub record_id: String,
    /// Moment of capture: RFC 3339 in UTC with `Z`, at most nine fraction digits.
    pub date: String,
    /// The URI it is about; none on a warcinfo.
    pub target_uri: Option<String>,
    /// The block's media type, such as `application/http;msgtype=response`.
    pub content_type: Option<String>,
    /// Digest of the payload without transfer encoding, as [`write_digest`] writes it; only the
    /// caller knows where the payload begins. For a block without head and coding leave it out:
    /// [`WarcWriter::write`] then sets it for resources and conversions.
    pub payload_digest: Option<String>,
    /// Further fields in the order in which they are to stand. URIs of records go in angle
    /// brackets: `("WARC-Concurrent-To", "<urn:uuid:…>")`.
    pub fields: Vec<(String, String)>,
}

/// Where a record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// First stored byte.
    pub offset: u64,
    /// Stored bytes.
    pub length: u64,
}

/// Why a record was not written. Nothing of it is in the output then.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A field breaks a rule of the format; the output would be flawed.
    #[error("the record {record_id} was not written: {detail}")]
    Rule {
        /// The record.
        record_id: String,
        /// The rule.
        detail: String,
    },
    /// The block could not be read or the output not written.
    #[error(transparent)]
    Machine(#[from] io::Error),
}

/// Writes records one after another, each in a gzip member of its own or all uncompressed.
pub struct WarcWriter<W> {
    output: W,
    gzip: bool,
    offset: u64,
}

impl<W: Write> WarcWriter<W> {
    /// Writes gzip members; the file's name should end in `.warc.gz`.
    pub fn gzip(output: W) -> Self {
        Self { output, gzip: true, offset: 0 }
    }

    /// Writes plain records.
    pub fn plain(output: W) -> Self {
        Self { output, gzip: false, offset: 0 }
    }

    /// Goes on writing at the end of a file of `length` bytes.
    pub fn resume_at(mut self, length: u64) -> Self {
        self.offset = length;
        self
    }

    /// Writes one record. The block is given twice, because its digest stands before it: it is
    /// read once to hash it, then once more to write it, and must give the same bytes.
    ///
    /// Before anything is written the record is held against the rules that `check` holds it to.
    pub fn write<B: Read>(
        &mut self,
        record: &NewRecord,
        mut block: impl FnMut() -> io::Result<B>,
    ) -> Result<Written, WriteError> {
        let mut counted = Digests::new();
        io::copy(&mut block()?, &mut counted)?;
        let length = counted.length;
        let head = head_of(record, length, counted.finish());
        if let Some(detail) = forged_line(record).or_else(|| broken_rule(&head)) {
            return Err(WriteError::Rule { record_id: record.record_id.clone(), detail });
        }
        let offset = self.offset;
        let mut output = Counted { output: &mut self.output, written: 0 };
        let copied = if self.gzip {
            // No name and no time stamp in the member: they would change the bytes.
            let mut member = GzBuilder::new().write(&mut output, Compression::default());
            let copied = copy_record(&head, &mut block()?, length, &mut member)?;
            member.finish()?;
            copied
        } else {
            copy_record(&head, &mut block()?, length, &mut output)?
        };
        let written = output.written;
        self.offset += written;
        if copied != length {
            let detail =
                format!("the block had {length} bytes when hashed and {copied} when written");
            return Err(WriteError::Machine(io::Error::new(io::ErrorKind::InvalidData, detail)));
        }
        // Uncompressed, the two line ends after the block are not part of the record.
        let length = if self.gzip { written } else { written.saturating_sub(4) };
        Ok(Written { offset, length })
    }

    /// Gives the output back, everything written and flushed.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }
}

fn copy_record<B: Read>(
    head: &str,
    block: &mut B,
    length: u64,
    output: &mut impl Write,
) -> io::Result<u64> {
    output.write_all(head.as_bytes())?;
    let copied = io::copy(&mut block.take(length), output)?;
    output.write_all(b"\r\n\r\n")?;
    Ok(copied)
}

/// The header, from the version to the blank line.
fn head_of(record: &NewRecord, length: u64, block_digest: String) -> String {
    let whole_block = matches!(record.record_type, RecordType::Resource | RecordType::Conversion);
    let payload_digest = match &record.payload_digest {
        Some(digest) => Some(digest.clone()),
        None if whole_block => Some(block_digest.clone()),
        None => None,
    };
    let mut head = "WARC/1.1\r\n".to_owned();
    let mut field = |name: &str, value: &str| {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    };
    field("WARC-Type", record.record_type.as_str());
    field("WARC-Record-ID", &format!("<{}>", record.record_id));
    field("WARC-Date", &record.date);
    if let Some(uri) = &record.target_uri {
        field("WARC-Target-URI", uri);
    }
    for (name, value) in &record.fields {
        field(name, value);
    }
    field("WARC-Block-Digest", &block_digest);
    if let Some(digest) = payload_digest {
        field("WARC-Payload-Digest", &digest);
    }
    if let Some(kind) = &record.content_type {
        field("Content-Type", kind);
    }
    field("Content-Length", &length.to_string());
    head.push_str("\r\n");
    head
}

/// A control character in any part of the header: a line end would make a field of its own.
fn forged_line(record: &NewRecord) -> Option<String> {
    let own = [
        Some(&record.record_id),
        Some(&record.date),
        record.target_uri.as_ref(),
        record.content_type.as_ref(),
        record.payload_digest.as_ref(),
    ];
    let further = record.fields.iter().flat_map(|(name, value)| [name, value]);
    let forged =
        own.into_iter().flatten().chain(further).find(|text| text.contains(char::is_control));
    forged.map(|text| format!("{text:?} holds a control character"))
}

/// The first rule this header breaks, in a sentence. Reading it back is the test.
fn broken_rule(head: &str) -> Option<String> {
    let (parsed, deviations) = crate::head::Head::parse_warc(head.as_bytes());
    if deviations != crate::head::Deviations::default() {
        return Some("a field holds a line end or has no name".to_owned());
    }
    let mut again = "WARC/1.1\r\n".to_owned();
    for (name, value) in parsed.fields() {
        again.push_str(&format!("{name}: {value}\r\n"));
    }
    again.push_str("\r\n");
    if again != head {
        return Some("a field does not read back as it was given".to_owned());
    }
    let problem = crate::rules::broken_rules(&parsed, 0).into_iter().next()?;
    Some(problem.detail)
}

/// Hashes and counts a block.
struct Digests {
    sha256: Hasher,
    length: u64,
}

impl Digests {
    fn new() -> Self {
        Self { sha256: Hasher::new(Algorithm::Sha256), length: 0 }
    }

    fn finish(self) -> String {
        write_digest(Algorithm::Sha256, &self.sha256.finish())
    }
}

impl Write for Digests {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.sha256.update(data);
        self.length += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts what goes out.
struct Counted<W> {
    output: W,
    written: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let count = self.output.write(data)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
