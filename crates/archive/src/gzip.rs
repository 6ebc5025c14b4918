//! Gzip members (RFC 1952) to batches, going on after a damaged member.

use std::io::{self, Read};

use crc32fast::Hasher as Crc;
use flate2::{Decompress, FlushDecompress, Status};

use crate::feed::{BATCH, Batch, Feed, Mark, ROOM, find_member, looks_like_a_record};
use crate::problem::Code;
use crate::stored::{Stored, WINDOW};

/// A gzip header with its extra field, name and comment may be this long.
const HEADER_LIMIT: usize = WINDOW / 2;
const TRAILER: usize = 8;

enum State {
    Between,
    Inside { start: u64 },
    Done,
}

pub(crate) struct GzipFeed<R> {
    stored: Stored<R>,
    inflate: Decompress,
    crc: Crc,
    state: State,
    /// Where the last damaged member broke; the search for members never returns before it, so
    /// that hostile input costs at most twice its length.
    broke_at: u64,
}

impl<R: Read> GzipFeed<R> {
    pub(crate) fn new(stored: Stored<R>) -> Self {
        let inflate = Decompress::new(false);
        Self { stored, inflate, crc: Crc::new(), state: State::Between, broke_at: 0 }
    }

    fn begin(&mut self, batch: &mut Batch) -> io::Result<()> {
        let start = self.stored.offset();
        let mut wanted = 32;
        loop {
            let available = self.stored.want(wanted)?;
            if available.is_empty() {
                self.state = State::Done;
                return Ok(());
            }
            match header_length(available) {
                Header::Whole(length) => {
                    self.stored.consume(length);
                    self.inflate.reset(false);
                    self.crc.reset();
                    self.state = State::Inside { start };
                    batch.mark(Mark::Start(start));
                    return Ok(());
                }
                Header::Short if available.len() < wanted => {
                    let detail = format!("the input ends in a gzip header begun at byte {start}");
                    batch.damage(Code::GzipTruncated, start, detail);
                    self.state = State::Done;
                    return Ok(());
                }
                Header::Short if wanted < HEADER_LIMIT => wanted *= 4,
                Header::Short | Header::Invalid => return self.not_a_member(batch),
            }
        }
    }

    /// Zeros to the end are padding; anything else is damage, and the next member is looked for.
    fn not_a_member(&mut self, batch: &mut Batch) -> io::Result<()> {
        let start = self.stored.offset();
        loop {
            let available = self.stored.want(WINDOW / 2)?;
            if available.is_empty() {
                let detail = format!("{} zero bytes", self.stored.offset() - start);
                batch.damage(Code::GzipTrailingZeros, start, detail);
                self.state = State::Done;
                return Ok(());
            }
            let zeros = available.iter().take_while(|byte| **byte == 0).count();
            let all = zeros == available.len();
            self.stored.consume(zeros);
            if !all {
                break;
            }
        }
        let detail = format!("no gzip member begins at byte {start}");
        batch.damage(Code::GzipHeaderInvalid, start, detail);
        self.find_member(batch)
    }

    /// Moves to the next gzip header whose data inflates; ends the feed when there is none.
    fn find_member(&mut self, batch: &mut Batch) -> io::Result<()> {
        let found = find_member(&mut self.stored, batch, &[0x1f, 0x8b, 0x08], begins_a_member)?;
        self.state = if found { State::Between } else { State::Done };
        Ok(())
    }

    fn inflate(&mut self, batch: &mut Batch, start: u64) -> io::Result<()> {
        let available = self.stored.want(1)?;
        let (in_before, out_before) = (self.inflate.total_in(), batch.bytes.len());
        let result =
            self.inflate.decompress_vec(available, &mut batch.bytes, FlushDecompress::None);
        let given = available.len();
        let used = (self.inflate.total_in() - in_before) as usize;
        self.stored.consume(used);
        self.crc.update(batch.bytes.get(out_before..).unwrap_or_default());
        match result {
            Ok(Status::StreamEnd) => self.trailer(batch, start),
            Ok(_) if used == 0 && batch.bytes.len() == out_before => {
                if self.stored.want(given + 1)?.len() > given {
                    return Ok(());
                }
                let rest = self.stored.available().len();
                self.stored.consume(rest);
                let detail = format!("the input ends inside the member begun at byte {start}");
                batch.damage(Code::GzipTruncated, self.stored.offset(), detail);
                self.state = State::Done;
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(_) => {
                let at = self.stored.offset();
                let detail = format!("invalid deflate data in the member begun at byte {start}");
                batch.damage(Code::GzipDataInvalid, at, detail);
                self.look_again(batch, start)
            }
        }
    }

    /// Looks for the next member from the first byte of the damaged one on: the damage may have
    /// led the decoder past it.
    fn look_again(&mut self, batch: &mut Batch, start: u64) -> io::Result<()> {
        self.stored.restart_after(start, &mut self.broke_at);
        self.find_member(batch)
    }

    fn trailer(&mut self, batch: &mut Batch, start: u64) -> io::Result<()> {
        let crc = self.crc.clone().finalize();
        // ISIZE is the length modulo 2^32 (RFC 1952, section 2.3.1).
        let length = (self.inflate.total_out() & u64::from(u32::MAX)) as u32;
        let available = self.stored.want(TRAILER)?;
        let Some([c0, c1, c2, c3, l0, l1, l2, l3]) = available.first_chunk::<TRAILER>() else {
            let rest = available.len();
            self.stored.consume(rest);
            let detail = format!("the input ends in the trailer of the member begun at {start}");
            batch.damage(Code::GzipTruncated, self.stored.offset(), detail);
            self.state = State::Done;
            return Ok(());
        };
        let said =
            (u32::from_le_bytes([*c0, *c1, *c2, *c3]), u32::from_le_bytes([*l0, *l1, *l2, *l3]));
        let at = self.stored.offset();
        self.stored.consume(TRAILER);
        if said != (crc, length) {
            let detail = format!(
                "the member begun at byte {start} inflates to {length} bytes (modulo 2^32) with \
                 CRC-32 {crc:08x}; its trailer says {} bytes with {:08x}",
                said.1, said.0
            );
            batch.damage(Code::GzipChecksumMismatch, at, detail);
            self.state = State::Between;
            // Damaged data may end early or late, so that the trailer was read in a wrong place.
            let next = self.stored.want(32)?;
            if !next.is_empty() && matches!(header_length(next), Header::Invalid) {
                self.look_again(batch, start)?;
            }
            return Ok(());
        } else {
            batch.mark(Mark::End(self.stored.offset()));
        }
        self.state = State::Between;
        Ok(())
    }
}

impl<R: Read> Feed for GzipFeed<R> {
    fn next(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.clear();
        batch.bytes.reserve(BATCH);
        loop {
            match self.state {
                State::Done => break,
                State::Between if batch.bytes.len() + ROOM > BATCH => break,
                State::Between => self.begin(batch)?,
                State::Inside { .. } if batch.bytes.len() >= BATCH => break,
                State::Inside { start } => self.inflate(batch, start)?,
            }
            if batch.bytes.len() == batch.bytes.capacity() {
                break;
            }
        }
        batch.stored_end = self.stored.offset();
        Ok(!batch.bytes.is_empty() || !batch.marks.is_empty())
    }
}

enum Header {
    Whole(usize),
    Short,
    Invalid,
}

/// The length of the gzip header at the start of `bytes` (RFC 1952, section 2.3).
fn header_length(bytes: &[u8]) -> Header {
    let fixed = [0x1f, 0x8b, 0x08];
    if bytes.iter().zip(fixed).any(|(byte, expected)| *byte != expected) {
        return Header::Invalid;
    }
    let Some(&flags) = bytes.get(3) else { return Header::Short };
    if flags & 0xe0 != 0 {
        return Header::Invalid;
    }
    let mut length = 10;
    if flags & 0x04 != 0 {
        let Some(&[low, high]) = bytes.get(length..length + 2) else { return Header::Short };
        length += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for text in [0x08, 0x10] {
        if flags & text != 0 {
            let rest = bytes.get(length..).unwrap_or_default();
            let Some(end) = memchr::memchr(0, rest) else { return Header::Short };
            length += end + 1;
        }
    }
    if flags & 0x02 != 0 {
        length += 2;
    }
    if bytes.len() < length { Header::Short } else { Header::Whole(length) }
}

/// Whether a gzip member that starts a record begins here: its header is right and its first
/// bytes inflate to the start of a WARC or ARC record.
fn begins_a_member(bytes: &[u8]) -> bool {
    let Header::Whole(length) = header_length(bytes) else { return false };
    let mut first = [0u8; 16];
    let mut inflate = Decompress::new(false);
    let data = bytes.get(length..).unwrap_or_default();
    if inflate.decompress(data, &mut first, FlushDecompress::None).is_err() {
        return false;
    }
    let count = usize::try_from(inflate.total_out()).unwrap_or(0);
    let text = first.get(..count).unwrap_or_default();
    looks_like_a_record(text)
}
