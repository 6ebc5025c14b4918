//! Looking up a key in an index, plain or compressed in blocks, without reading all of it.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::cdxj::CdxjLine;
use crate::digest::{Algorithm, DigestField};
use crate::problem::Code;
use crate::sorted_lines::{SortedLines, invalid};

/// A block of a compressed index may be this long, stored; blocks hold some thousand lines.
pub(crate) const BLOCK_LIMIT: u64 = 16 << 20;
/// A block may inflate to this much.
const BLOCK_PLAIN_LIMIT: u64 = 256 << 20;

/// A sorted CDXJ index that is searched by key (CDXJ 0.1.0).
pub struct CdxjFile<F>(SortedLines<F>);

impl<F: Read + Seek> CdxjFile<F> {
    /// Takes an index; nothing is read yet.
    pub fn new(file: F) -> io::Result<Self> {
        Ok(Self(SortedLines::new(file, Code::CdxjMalformed)?))
    }

    /// The first `limit` lines of a key (see [`surt`](crate::surt)), in the order of the file, that
    /// is, of their time. A few pieces of 8 KiB are read for it, whatever the index's size.
    ///
    /// Fails with [`io::ErrorKind::InvalidData`] and a [`Problem`](crate::Problem) inside when a
    /// line of the key cannot be read. In a file that is not sorted, lines may be missed.
    pub fn lookup(&mut self, key: &str, limit: usize) -> io::Result<Vec<CdxjLine>> {
        let target = format!("{key} ");
        let (mut next, _) = self.0.search(target.as_bytes())?;
        let mut lines = Vec::new();
        while let Some(line) = next.filter(|line| line.bytes.starts_with(target.as_bytes())) {
            if lines.len() >= limit {
                break;
            }
            lines.push(parse(&line.bytes, line.start)?);
            next = self.0.line_at(line.next)?;
        }
        Ok(lines)
    }
}

/// A compressed index (`.cdx.gz`) with the table of its blocks (`.idx`), searched by key.
///
/// The table is the one of WACZ 1.1.1 (a JSON object a block) or of pywb and Common Crawl (values
/// parted by tabs). Only the blocks that may hold the key are read.
pub struct ZipNum<T, F> {
    table: SortedLines<T>,
    index: F,
    length: u64,
}

impl<T: Read + Seek, F: Read + Seek> ZipNum<T, F> {
    /// Takes the table and the compressed index it is for; nothing is read yet.
    pub fn new(table: T, mut index: F) -> io::Result<Self> {
        let table = SortedLines::new(table, Code::ZipnumMalformed)?;
        let length = index.seek(SeekFrom::End(0))?;
        Ok(Self { table, index, length })
    }

    /// The first `limit` lines of a key (see [`surt`](crate::surt)), in the order of the index.
    ///
    /// Fails with [`io::ErrorKind::InvalidData`] and a [`Problem`](crate::Problem) inside when the
    /// table or a block it needs is damaged: a block outside the index or over another, with
    /// another digest than the table says, or one that does not begin as it says.
    pub fn lookup(&mut self, key: &str, limit: usize) -> io::Result<Vec<CdxjLine>> {
        let target = format!("{key} ");
        let (after, before) = self.table.search(target.as_bytes())?;
        // The key may begin inside the block before the first that begins with it.
        let mut next = before.or(after);
        let (mut lines, mut end) = (Vec::new(), None);
        while let Some(line) = next {
            next = self.table.line_at(line.next)?;
            let block = parse_block(line.start, &line.bytes)
                .map_err(|detail| invalid(Code::ZipnumMalformed, line.start, detail))?;
            let Some(block) = block else { continue };
            let start = block.start.as_bytes();
            if start > target.as_bytes() && !start.starts_with(target.as_bytes()) {
                break;
            }
            if end.is_some_and(|end| block.offset != end) {
                let detail =
                    format!("the block at byte {} does not follow the one before", block.offset);
                return Err(invalid(Code::ZipnumMismatch, line.start, detail));
            }
            end = Some(block.offset.saturating_add(block.length));
            let plain = self.read_block(&block)?;
            for found in plain.split(|byte| *byte == b'\n') {
                if found.starts_with(target.as_bytes()) {
                    if lines.len() >= limit {
                        return Ok(lines);
                    }
                    lines.push(parse(found, block.offset)?);
                }
            }
        }
        Ok(lines)
    }

    /// The lines of a block, which must be what the table says.
    fn read_block(&mut self, block: &Block) -> io::Result<Vec<u8>> {
        let mismatch = |what: &str| {
            let detail = format!("the block at byte {} {what}", block.offset);
            invalid(Code::ZipnumMismatch, block.line, detail)
        };
        let end = block.offset.checked_add(block.length);
        if end.is_none_or(|end| end > self.length) {
            return Err(mismatch("reaches past the index"));
        }
        if block.length > BLOCK_LIMIT {
            return Err(mismatch("is too long"));
        }
        let mut bytes = Vec::new();
        self.index.seek(SeekFrom::Start(block.offset))?;
        (&mut self.index).take(block.length).read_to_end(&mut bytes)?;
        if block.digest_differs(&bytes) {
            return Err(mismatch("does not have the digest the table says"));
        }
        let mut plain = Vec::new();
        let read = MultiGzDecoder::new(bytes.as_slice())
            .take(BLOCK_PLAIN_LIMIT + 1)
            .read_to_end(&mut plain);
        if read.is_err() || plain.len() as u64 > BLOCK_PLAIN_LIMIT {
            return Err(mismatch("cannot be decompressed"));
        }
        if !block.begins(&plain) {
            return Err(mismatch("does not begin as the table says"));
        }
        Ok(plain)
    }
}

fn parse(line: &[u8], offset: u64) -> io::Result<CdxjLine> {
    let text = std::str::from_utf8(line.trim_ascii_end())
        .map_err(|_| invalid(Code::CdxjMalformed, offset, "the line is not UTF-8".to_owned()))?;
    CdxjLine::parse(text).map_err(|error| invalid(Code::CdxjMalformed, offset, error.to_string()))
}

/// One line of a table: where a block of the compressed index lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Key and timestamp of the block's first line.
    pub(crate) start: String,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    digest: Option<String>,
    /// The compressed index the block is in.
    pub(crate) filename: Option<String>,
    /// Offset of the line in the table.
    pub(crate) line: u64,
}

#[derive(Deserialize)]
struct BlockFields {
    offset: u64,
    length: u64,
    digest: Option<String>,
    filename: Option<String>,
}

impl Block {
    /// Whether the stored bytes have another digest than the table says. SHA-256 is the one that
    /// WACZ names; where the table says none, none differs.
    pub(crate) fn digest_differs(&self, bytes: &[u8]) -> bool {
        let Some(digest) = &self.digest else { return false };
        match DigestField::parse(digest) {
            DigestField::Known(Algorithm::Sha256, said) => {
                said.as_slice() != Sha256::digest(bytes).as_slice()
            }
            _ => true,
        }
    }

    /// Whether the decompressed block begins with the line the table says.
    pub(crate) fn begins(&self, plain: &[u8]) -> bool {
        let rest = plain.strip_prefix(self.start.as_bytes());
        rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'\n' | b'\r') | None))
    }
}

/// Reads a line of a table: `None` for the `!meta` line.
pub(crate) fn parse_block(at: u64, line: &[u8]) -> Result<Option<Block>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8".to_owned())?;
    if text.contains('\t') {
        return tabbed_block(at, text).map(Some).ok_or_else(|| "values are missing".to_owned());
    }
    let json_at = text.find('{').ok_or_else(|| "the line has no JSON object".to_owned())?;
    let (start, json) = text.split_at(json_at);
    let start = start.trim_end();
    if start.starts_with("!meta") {
        let meta: serde_json::Value =
            serde_json::from_str(json).map_err(|error| error.to_string())?;
        return match meta.get("format").and_then(serde_json::Value::as_str) {
            Some("cdxj-gzip-1.0") => Ok(None),
            other => Err(format!("format is {other:?}, not \"cdxj-gzip-1.0\"")),
        };
    }
    let fields: BlockFields = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let BlockFields { offset, length, digest, filename } = fields;
    Ok(Some(Block { start: start.to_owned(), offset, length, digest, filename, line: at }))
}

/// `key timestamp`, file, offset, length and perhaps more, parted by tabs.
fn tabbed_block(at: u64, text: &str) -> Option<Block> {
    let mut values = text.split('\t');
    let start = values.next()?.to_owned();
    let filename = Some(values.next()?.to_owned());
    let offset = values.next()?.parse().ok()?;
    let length = values.next()?.trim_end().parse().ok()?;
    Some(Block { start, offset, length, digest: None, filename, line: at })
}
