//! The index of a WACZ that is being written.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufRead, BufReader, Cursor, Write};

use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use crate::cdxj::{CdxjFields, CdxjLine, is_indexed, timestamp};
use crate::head::RecordType;
use crate::http::{self, HttpHead, media_type};
use crate::reader::Record;
use crate::surt::surt;

/// So many bytes of lines are sorted at once and then kept compressed.
const RUN: usize = 8 << 20;
/// Lines in a block of the index, as cdxj-indexer has it.
const BLOCK: usize = 3000;

/// What an index line says of a record, but for its place.
pub(super) struct Line(CdxjLine);

impl Line {
    /// The line of a record in the archive `file`.
    pub(super) fn at(self, file: &str, offset: u64, length: u64) -> CdxjLine {
        let mut line = self.0;
        line.fields.filename = Some(file.to_owned());
        line.fields.offset = Some(offset.to_string());
        line.fields.length = Some(length.to_string());
        line
    }
}

/// Reads a record to the end of its block and writes its bytes, header and block, to `copy`.
/// Gives its line when a viewer can show it: responses, revisits and resources. A line for the
/// metadata of a page would make viewers show it in the page's place.
pub(super) fn line_of(
    record: &mut Record<'_, '_>,
    copy: &mut impl Write,
) -> io::Result<Option<Line>> {
    copy.write_all(record.head_bytes())?;
    let head = record.head();
    let is_revisit = *head.record_type() == RecordType::Revisit;
    let listed = is_indexed(head)
        && !matches!(head.record_type(), RecordType::Metadata | RecordType::Conversion);
    let url = head.target_uri().filter(|_| listed).map(|uri| uri.into_owned());
    let timestamp = head.date().map(timestamp).unwrap_or_default();
    let digest = head.get("WARC-Payload-Digest").map(str::to_owned);
    let mut mime = head.content_type().and_then(media_type);
    let mut status = None;
    let mut start = Vec::new();
    let mut payload = Sha256::new();
    if url.is_some() && http::is_http(head) {
        let end = http::read_head(record, &mut start)?;
        let http = end.and_then(|end| HttpHead::parse(start.get(..end)?));
        let body = if http.is_some() { end.unwrap_or(0) } else { 0 };
        payload.update(start.get(body..).unwrap_or_default());
        if let Some(http) = http {
            status = http.status.map(|status| status.to_string());
            mime = http.media_type();
        }
        copy.write_all(&start)?;
    }
    let hashed = url.is_some() && digest.is_none();
    loop {
        let data = record.fill_buf()?;
        if data.is_empty() {
            break;
        }
        if hashed {
            payload.update(data);
        }
        copy.write_all(data)?;
        let count = data.len();
        record.consume(count);
    }
    let Some(url) = url else { return Ok(None) };
    let digest = digest.or_else(|| {
        Some(format!("sha256:{}", data_encoding::HEXLOWER.encode(&payload.finalize())))
    });
    if is_revisit {
        mime = Some("warc/revisit".to_owned());
    }
    let key = surt(&url);
    let fields = CdxjFields { url, digest, mime, status, ..CdxjFields::default() };
    Ok(Some(Line(CdxjLine { key, timestamp, fields })))
}

/// Lines that are to be sorted: the newest as text, the others as compressed sorted runs.
#[derive(Default)]
pub(super) struct IndexLines {
    lines: Vec<String>,
    bytes: usize,
    runs: Vec<Vec<u8>>,
}

impl IndexLines {
    pub(super) fn push(&mut self, line: &CdxjLine) -> io::Result<()> {
        let line = line.to_string();
        self.bytes += line.len() + 1;
        self.lines.push(line);
        if self.bytes >= RUN {
            self.end_run()?;
        }
        Ok(())
    }

    fn end_run(&mut self) -> io::Result<()> {
        self.lines.sort_unstable();
        let mut run = GzEncoder::new(Vec::new(), Compression::fast());
        for line in self.lines.drain(..) {
            run.write_all(line.as_bytes())?;
            run.write_all(b"\n")?;
        }
        self.runs.push(run.finish()?);
        self.bytes = 0;
        Ok(())
    }

    /// Writes all lines in the order of their bytes, in blocks of a gzip member each, to the file
    /// `name`, and gives the table of the blocks (cdxj-gzip-1.0).
    pub(super) fn write_blocks(
        mut self,
        name: &str,
        output: &mut impl Write,
    ) -> io::Result<String> {
        self.end_run()?;
        let mut lines = MergedLines { runs: Vec::new(), next: BinaryHeap::new() };
        for (number, run) in self.runs.into_iter().enumerate() {
            lines.runs.push(BufReader::new(GzDecoder::new(Cursor::new(run))));
            lines.load(number)?;
        }
        let mut table =
            format!("!meta 0 {{\"format\":\"cdxj-gzip-1.0\",\"filename\":\"{name}\"}}\n");
        let mut offset = 0;
        while let Some(first) = lines.next()? {
            let start = first.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
            // No name and no time in the member: they would change the bytes.
            let mut member = GzBuilder::new().write(Vec::new(), Compression::default());
            member.write_all(first.as_bytes())?;
            for _ in 1..BLOCK {
                let Some(line) = lines.next()? else { break };
                member.write_all(line.as_bytes())?;
            }
            let block = member.finish()?;
            output.write_all(&block)?;
            let length = block.len();
            let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&block));
            table.push_str(&format!(
                "{start} {{\"offset\":{offset},\"length\":{length},\
                 \"digest\":\"sha256:{digest}\",\"filename\":\"{name}\"}}\n"
            ));
            offset += length;
        }
        Ok(table)
    }
}

/// Merges sorted runs.
struct MergedLines {
    runs: Vec<BufReader<GzDecoder<Cursor<Vec<u8>>>>>,
    next: BinaryHeap<Reverse<(String, usize)>>,
}

impl MergedLines {
    fn load(&mut self, number: usize) -> io::Result<()> {
        let mut line = String::new();
        let Some(run) = self.runs.get_mut(number) else { return Ok(()) };
        if run.read_line(&mut line)? > 0 {
            self.next.push(Reverse((line, number)));
        }
        Ok(())
    }

    /// The next line with its line end.
    fn next(&mut self) -> io::Result<Option<String>> {
        let Some(Reverse((line, number))) = self.next.pop() else { return Ok(None) };
        self.load(number)?;
        Ok(Some(line))
    }
}
