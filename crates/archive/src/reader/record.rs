//! One record as its caller sees it.

use std::io::{self, BufRead, Read};

use super::{Reader, RecordEnd};
use crate::head::Head;
use crate::http::{self, HttpHead};
use crate::payload::{Payload, PayloadReader};

/// One record: its header, and its block as a stream.
///
/// Reading gives the block's bytes. Where the block breaks off, reading fails with
/// [`io::ErrorKind::UnexpectedEof`] and the [`Problem`](crate::Problem) inside, so that a cut block is never taken
/// for a whole one.
pub struct Record<'a, 'r> {
    reader: &'a mut Reader<'r>,
    http: Option<Option<HttpHead>>,
    body_prefix: Vec<u8>,
}

impl<'a, 'r> Record<'a, 'r> {
    pub(super) fn new(reader: &'a mut Reader<'r>) -> Self {
        Self { reader, http: None, body_prefix: Vec::new() }
    }

    /// The header.
    pub fn head(&self) -> &Head {
        // A record is only made after its header was parsed.
        self.reader.head.as_ref().expect("next_record sets the header before it gives a record")
    }

    /// The header's bytes as they stand, from `WARC/` to the blank line included.
    pub fn head_bytes(&self) -> &[u8] {
        &self.reader.raw
    }

    /// Offset in the file of the record, or of the compressed member it begins in.
    pub fn offset(&self) -> u64 {
        self.reader.current.as_ref().map_or(0, |record| record.stored_start)
    }

    /// Block bytes not yet read.
    pub fn remaining(&self) -> u64 {
        self.reader.current.as_ref().map_or(0, |record| record.remaining)
    }

    /// Reads on until block bytes are there; empty at the end, or where the block breaks off.
    pub(crate) fn fill_block(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_block()
    }

    pub(crate) fn consume_block(&mut self, count: usize) {
        self.reader.consume_block(count);
    }

    /// The HTTP head a block begins with, which is read away: what is left is the body as it was
    /// sent. `None` when the record holds no HTTP, or a head that cannot be parsed.
    pub fn http(&mut self) -> io::Result<Option<&HttpHead>> {
        if self.http.is_none() {
            let mut bytes = Vec::new();
            let mut parsed = None;
            if http::is_http(self.head()) {
                let end = http::read_head(self, &mut bytes)?;
                parsed = end.and_then(|end| HttpHead::parse(bytes.get(..end)?));
                if parsed.is_some() {
                    bytes.drain(..end.unwrap_or(0));
                }
            }
            self.body_prefix = bytes;
            self.http = Some(parsed);
        }
        Ok(self.http.as_ref().and_then(Option::as_ref))
    }

    /// The payload as a reader would see it: without HTTP head, transfer and content encoding.
    /// At most `limit` bytes are kept, whatever a compressed body inflates to.
    ///
    /// Fails like reading does when the block breaks off; damaged encodings do not fail, they are
    /// said in the [`Payload`].
    pub fn payload(&mut self, limit: usize) -> io::Result<Payload> {
        self.http()?;
        let head = self.http.take().flatten();
        let mut decoder = PayloadReader::new(head.as_ref(), limit);
        self.http = Some(head);
        decoder.push(&std::mem::take(&mut self.body_prefix));
        loop {
            let data = self.fill_buf()?;
            if data.is_empty() || decoder.is_full() {
                return Ok(decoder.finish());
            }
            decoder.push(data);
            let count = data.len();
            self.consume_block(count);
        }
    }

    /// Reads the rest of the record and says where it lies and whether it is whole.
    pub fn finish(self) -> io::Result<RecordEnd> {
        self.reader.end_current()?;
        Ok(self.reader.last_end.clone().expect("end_current sets the end of a current record"))
    }
}

impl Read for Record<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let data = self.fill_buf()?;
        let count = data.len().min(out.len());
        if let (Some(out), Some(data)) = (out.get_mut(..count), data.get(..count)) {
            out.copy_from_slice(data);
        }
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Record<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.body_prefix.is_empty() {
            return Ok(&self.body_prefix);
        }
        self.reader.fill_block()?;
        if let Some(problem) = self.reader.current.as_ref().and_then(|record| record.broken.clone())
        {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
        }
        self.reader.fill_block()
    }

    fn consume(&mut self, count: usize) {
        if self.body_prefix.is_empty() {
            self.reader.consume_block(count);
        } else {
            let count = count.min(self.body_prefix.len());
            self.body_prefix.drain(..count);
        }
    }
}
