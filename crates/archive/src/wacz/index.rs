//! `indexes/`: every line against its record, and every record against the lines.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::{LINE_LIMIT, Lines, Part, PartError, Parts, lines};
use crate::cdxj::{CdxjLine, is_indexed, timestamp};
use crate::check::Report;
use crate::digest::{Algorithm, DigestField};
use crate::head::RecordType;
use crate::problem::{Code, Problem};
use crate::surt::surt;
use crate::survey::SurveyedRecord;
use crate::zipnum::{BLOCK_LIMIT, Block, parse_block};

/// So many missing lines are listed one by one.
const UNLISTED_SHOWN: u64 = 100;

/// The records of all archives, by file and offset. A record takes about a hundred bytes, so that
/// a million fit in memory.
#[derive(Default)]
pub(super) struct Records {
    files: Vec<String>,
    places: BTreeMap<(usize, u64), Place>,
}

/// What is kept of a record; texts as the first half of their SHA-256.
struct Place {
    length: Option<u64>,
    url: [u8; 16],
    payload_digest: Option<(Algorithm, [u8; 16])>,
    timestamp: u64,
    status: Option<u16>,
    indexed: bool,
    listed: bool,
}

impl Records {
    /// Takes a record of the file `path`.
    pub(super) fn add(&mut self, path: &str, record: &SurveyedRecord<'_>) {
        if self.files.last().is_none_or(|last| last != path) {
            self.files.push(path.to_owned());
        }
        let head = record.head();
        let url = head.target_uri().unwrap_or_default();
        let place = Place {
            length: record.end().length,
            url: short_hash(url.as_bytes()),
            payload_digest: head.get("WARC-Payload-Digest").and_then(digest_hash),
            timestamp: head.date().and_then(|date| timestamp(date).parse().ok()).unwrap_or(0),
            status: record.http().and_then(|http| http.status),
            indexed: is_indexed(head)
                && matches!(
                    head.record_type(),
                    RecordType::Response | RecordType::Revisit | RecordType::Resource
                ),
            listed: false,
        };
        self.places.insert((self.files.len() - 1, record.end().offset), place);
    }
}

fn short_hash(bytes: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(bytes);
    let mut short = [0; 16];
    short.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    short
}

/// The same for every spelling of a digest. Old indexes leave out the label, which was sha1.
fn digest_hash(text: &str) -> Option<(Algorithm, [u8; 16])> {
    let labelled = match text.contains(':') {
        true => DigestField::parse(text),
        false => DigestField::parse(&format!("sha1:{text}")),
    };
    match labelled {
        DigestField::Known(algorithm, bytes) => Some((algorithm, short_hash(&bytes))),
        _ => None,
    }
}

/// Checks every index of the WACZ.
pub(super) fn check<F: Read + Seek>(
    report: &mut Report,
    zip: &mut ZipArchive<F>,
    parts: &Parts,
    records: &mut Records,
) -> Result<(), PartError> {
    let mut read_any = false;
    for (name, part) in parts.iter().filter(|(name, _)| name.starts_with("indexes/")) {
        let mut check = LineCheck::default();
        if name.ends_with(".cdxj") || name.ends_with(".cdx") {
            let mut found = Vec::new();
            read_lines(&mut lines(zip, part.number)?, |offset, line| {
                found.extend(check.line(offset, line, parts, records));
            })?;
            add_all(report, name, found);
            record_digests(report, zip, parts, name, check.digests)?;
            read_any = true;
        } else if name.ends_with(".cdx.gz") {
            let table = name.trim_end_matches(".cdx.gz").to_owned() + ".idx";
            match parts.get(&table) {
                Some(table_part) => {
                    let blocks = read_table(report, zip, &table, table_part, name)?;
                    check_blocks(report, zip, &table, part, name, &blocks)?;
                }
                None => {
                    let detail = format!("its table {table:?} is missing");
                    report.add(Problem::inside(name, Code::ZipnumMalformed, 0, detail));
                }
            }
            let mut found = Vec::new();
            let input = MultiGzDecoder::new(zip.by_index(part.number)?);
            let read = read_lines(&mut Lines::new(input), |offset, line| {
                found.extend(check.line(offset, line, parts, records));
            });
            add_all(report, name, found);
            match read {
                Ok(()) => {}
                Err(PartError::Content(detail)) => {
                    let detail = format!("the compressed lines cannot be read: {detail}");
                    report.add(Problem::inside(name, Code::ZipnumMalformed, 0, detail));
                }
                Err(machine) => return Err(machine),
            }
            record_digests(report, zip, parts, name, check.digests)?;
            read_any = true;
        }
    }
    if read_any {
        report_unlisted(report, records);
    }
    Ok(())
}

fn add_all(report: &mut Report, name: &str, found: Vec<(Code, u64, String)>) {
    for (code, offset, detail) in found {
        report.add(Problem::inside(name, code, offset, detail));
    }
}

fn read_lines<R: Read>(
    lines: &mut Lines<R>,
    mut each: impl FnMut(u64, &[u8]),
) -> Result<(), PartError> {
    while let Some((offset, line)) = lines.next()? {
        if !line.is_empty() {
            each(offset, line);
        }
    }
    Ok(())
}

fn report_unlisted(report: &mut Report, records: &Records) {
    let unlisted = records.places.iter().filter(|(_, place)| place.indexed && !place.listed);
    let mut count = 0;
    for ((file, offset), _) in unlisted {
        count += 1;
        if count <= UNLISTED_SHOWN {
            let path = records.files.get(*file).map_or("", String::as_str);
            let detail = "no index line names this record";
            report.add(Problem::inside(path, Code::CdxjRecordUnlisted, *offset, detail));
        }
    }
    if count > UNLISTED_SHOWN {
        let detail = format!("{count} records have no index line; {UNLISTED_SHOWN} are listed");
        report.add(Problem::new(Code::CdxjRecordUnlisted, 0, None, detail));
    }
}

/// A record's stored bytes that an index line says a digest of.
struct RecordDigest {
    line: u64,
    path: String,
    offset: u64,
    length: u64,
    digest: Vec<u8>,
}

/// Checks the lines of one index in their order.
#[derive(Default)]
struct LineCheck {
    last: Vec<u8>,
    digests: Vec<RecordDigest>,
}

impl LineCheck {
    fn line(
        &mut self,
        at: u64,
        line: &[u8],
        parts: &Parts,
        records: &mut Records,
    ) -> Vec<(Code, u64, String)> {
        let mut found = Vec::new();
        if line < self.last.as_slice() {
            found.push((Code::CdxjOrder, at, "the line sorts before the one above it".to_owned()));
        }
        self.last.clear();
        self.last.extend_from_slice(line);
        let parsed = match std::str::from_utf8(line) {
            Ok(text) => CdxjLine::parse(text).map_err(|error| error.to_string()),
            Err(_) => Err("the line is not UTF-8".to_owned()),
        };
        match parsed {
            Ok(line) => self.compare(at, &line, parts, records, &mut found),
            Err(detail) => found.push((Code::CdxjMalformed, at, detail)),
        }
        found
    }

    fn compare(
        &mut self,
        at: u64,
        line: &CdxjLine,
        parts: &Parts,
        records: &mut Records,
        found: &mut Vec<(Code, u64, String)>,
    ) {
        let fields = &line.fields;
        let number =
            |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<u64>().ok());
        let (Some(filename), Some(offset), Some(length)) =
            (&fields.filename, number(&fields.offset), number(&fields.length))
        else {
            let detail = "filename, offset or length is missing or no number".to_owned();
            found.push((Code::CdxjMalformed, at, detail));
            return;
        };
        let path = format!("archive/{filename}");
        let file = records.files.iter().position(|name| *name == path);
        let Some(place) = file.and_then(|file| records.places.get_mut(&(file, offset))) else {
            let what = if parts.contains_key(&path) { "no whole record begins" } else { "no file" };
            let detail = format!("{what} at {path:?}, byte {offset}");
            found.push((Code::CdxjRecordAbsent, at, detail));
            return;
        };
        place.listed = true;
        let mut differ = |what: &str, said: &str| {
            let detail =
                format!("{what} {said:?} is not that of the record at {path:?}, byte {offset}");
            found.push((Code::CdxjMismatch, at, detail));
        };
        if place.length.is_some_and(|real| real != length) {
            differ("length", &length.to_string());
        }
        if place.url != short_hash(fields.url.as_bytes()) {
            differ("url", &fields.url);
        }
        let seconds = line.timestamp.get(..14).and_then(|digits| digits.parse::<u64>().ok());
        if seconds != Some(place.timestamp) {
            differ("timestamp", &line.timestamp);
        }
        // An index may say a digest by another algorithm than the record; that one is not compared.
        if let (Some(said), Some((algorithm, real))) = (&fields.digest, place.payload_digest)
            && digest_hash(said).is_none_or(|(other, hash)| other == algorithm && hash != real)
        {
            differ("digest", said);
        }
        if let (Some(said), Some(real)) = (&fields.status, place.status)
            && said.parse() != Ok(real)
        {
            differ("status", said);
        }
        let posted =
            fields.other.contains_key("method") || fields.other.contains_key("requestBody");
        if !posted && line.key != surt(&fields.url) {
            let detail = format!("the key {:?} is not {:?}", line.key, surt(&fields.url));
            found.push((Code::CdxjKey, at, detail));
        }
        if let Some(DigestField::Known(_, digest)) =
            fields.record_digest.as_deref().map(DigestField::parse)
            && self.digests.len() < 1_000_000
        {
            self.digests.push(RecordDigest { line: at, path, offset, length, digest });
        }
    }
}

/// Compares `recordDigest` with the record's stored bytes.
fn record_digests<F: Read + Seek>(
    report: &mut Report,
    zip: &mut ZipArchive<F>,
    parts: &Parts,
    name: &str,
    digests: Vec<RecordDigest>,
) -> Result<(), PartError> {
    for wanted in digests {
        let Some(part) = parts.get(&wanted.path).filter(|part| part.stored) else { continue };
        let mut file = zip.by_index_seek(part.number)?;
        file.seek(SeekFrom::Start(wanted.offset))?;
        let mut sha256 = HashSink(Sha256::new());
        io::copy(&mut file.take(wanted.length), &mut sha256)?;
        if sha256.0.finalize().as_slice() != wanted.digest.as_slice() {
            let detail = format!(
                "recordDigest is not that of the {} bytes at {:?}, byte {}",
                wanted.length, wanted.path, wanted.offset
            );
            report.add(Problem::inside(name, Code::CdxjMismatch, wanted.line, detail));
        }
    }
    Ok(())
}

struct HashSink(Sha256);

impl io::Write for HashSink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read_table<F: Read + Seek>(
    report: &mut Report,
    zip: &mut ZipArchive<F>,
    name: &str,
    part: &Part,
    index: &str,
) -> Result<Vec<Block>, PartError> {
    let mut blocks = Vec::new();
    read_lines(&mut lines(zip, part.number)?, |offset, line| match parse_block(offset, line) {
        Ok(Some(block)) if block.filename.as_ref().is_some_and(|own| !index.ends_with(own)) => {
            let detail = format!("the block's file is {:?}, not {index:?}", block.filename);
            report.add(Problem::inside(name, Code::ZipnumMalformed, offset, detail));
        }
        Ok(block) => blocks.extend(block),
        Err(detail) => {
            report.add(Problem::inside(name, Code::ZipnumMalformed, offset, detail));
        }
    })?;
    Ok(blocks)
}

/// Checks that the blocks follow each other without gaps, and each is what the table says.
fn check_blocks<F: Read + Seek>(
    report: &mut Report,
    zip: &mut ZipArchive<F>,
    table: &str,
    part: &Part,
    name: &str,
    blocks: &[Block],
) -> Result<(), PartError> {
    let mut end = 0u64;
    for block in blocks {
        let mut add = |detail: String| {
            report.add(Problem::inside(table, Code::ZipnumMismatch, block.line, detail));
        };
        if block.offset != end {
            add(format!(
                "the block at byte {} does not follow the one that ends at {end}",
                block.offset
            ));
        }
        end = block.offset.saturating_add(block.length);
        if end > part.bytes || block.length > BLOCK_LIMIT {
            add(format!(
                "the block at byte {} reaches past the index or is too long",
                block.offset
            ));
            continue;
        }
        if !part.stored {
            continue;
        }
        let mut bytes = Vec::new();
        let mut file = zip.by_index_seek(part.number)?;
        file.seek(SeekFrom::Start(block.offset))?;
        file.take(block.length).read_to_end(&mut bytes)?;
        if block.digest_differs(&bytes) {
            add(format!("the block at byte {} does not have the digest it says", block.offset));
        }
        let mut lines = Lines::new(MultiGzDecoder::new(bytes.as_slice()).take(LINE_LIMIT));
        let begins = match lines.next() {
            Ok(line) => line.is_some_and(|(_, line)| block.begins(line)),
            Err(PartError::Content(_)) => false,
            Err(machine) => return Err(machine),
        };
        if !begins {
            add(format!(
                "the block at byte {} does not begin with {:?}",
                block.offset, block.start
            ));
        }
    }
    if end != part.bytes {
        let detail = format!("the table describes {end} of the {} bytes of {name}", part.bytes);
        report.add(Problem::inside(table, Code::ZipnumMismatch, 0, detail));
    }
    Ok(())
}
