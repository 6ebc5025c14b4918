//! Gzip members (RFC 1952) to batches, going on after a damaged member.

use std::io::{self, Read};

use crc32fast::Hasher as Crc;
use flate2::{Decompress, FlushDecompress, Status};
#[cfg(feature = "libdeflate")]
use sha2::{Digest as _, Sha256};

#[cfg(feature = "libdeflate")]
use crate::feed::WholeMember;
use crate::feed::{Batch, Feed, Mark, ROOM, find_member, looks_like_a_record};
use crate::problem::Code;
use crate::stored::{Stored, WINDOW};

/// A gzip header with its extra field, name and comment may be this long.
const HEADER_LIMIT: usize = WINDOW / 2;
const TRAILER: usize = 8;
/// How a member begins: two bytes of magic number, and the only method there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];

enum State {
    Between,
    Inside { start: u64 },
    Done,
}

pub(crate) struct GzipFeed<R> {
    stored: Stored<R>,
    #[cfg(feature = "libdeflate")]
    whole: WholeMembers,
    inflate: Decompress,
    crc: Crc,
    state: State,
    /// Where the last damaged member broke; the search for members never returns before it, so
    /// that hostile input costs at most twice its length.
    broke_at: u64,
}

impl<R: Read> GzipFeed<R> {
    /// With `hash`, members that are inflated in one go are hashed too.
    #[cfg_attr(not(feature = "libdeflate"), expect(unused_variables, reason = "none are"))]
    pub(crate) fn new(stored: Stored<R>, hash: bool) -> Self {
        Self {
            stored,
            #[cfg(feature = "libdeflate")]
            whole: WholeMembers::new(hash),
            inflate: Decompress::new(false),
            crc: Crc::new(),
            state: State::Between,
            broke_at: 0,
        }
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
                    #[cfg(feature = "libdeflate")]
                    if self.inflate_whole(batch, start, length)? {
                        return Ok(());
                    }
                    self.stored.consume(length);
                    self.inflate.reset(false);
                    self.crc.reset();
                    self.state = State::Inside { start };
                    batch.mark(Mark::Start(start, None));
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

    /// Inflates the member at the window's start in one go, which takes half the time of inflating
    /// it in pieces. `false`, and nothing is done, when it is not certain that all of it is in the
    /// window and sound: it is then inflated in pieces, which finds out what is wrong with it.
    #[cfg(feature = "libdeflate")]
    fn inflate_whole(&mut self, batch: &mut Batch, start: u64, header: usize) -> io::Result<bool> {
        let mut searched = header;
        for _ in 0..ATTEMPTS {
            let Some(end) = self.next_end(searched)? else { return Ok(false) };
            let member = self.stored.available().get(..end).unwrap_or_default();
            if let Some(length) = self.whole.length_of(member)
                && self.whole.inflate(member, header, batch.room(length))
            {
                self.stored.consume(end);
                let hashed = self.whole.hashed(batch.room(length));
                batch.mark(Mark::Start(start, hashed));
                batch.filled(length);
                batch.mark(Mark::End(start + end as u64));
                return Ok(true);
            }
            searched = end + 1;
        }
        Ok(false)
    }

    /// Where the member at the window's start may end: where the next one may begin, at or after
    /// the position `from`, or where the input ends. `None` when the window holds neither.
    #[cfg(feature = "libdeflate")]
    fn next_end(&mut self, mut from: usize) -> io::Result<Option<usize>> {
        loop {
            let available = self.stored.available();
            let rest = available.get(from..).unwrap_or_default();
            if let Some(at) = memchr::memmem::find(rest, &MAGIC) {
                return Ok(Some(from + at));
            }
            let before = available.len();
            from = from.max(before.saturating_sub(MAGIC.len() - 1));
            if before == WINDOW {
                return Ok(None);
            }
            let now = self.stored.want(WINDOW)?.len();
            if now == before {
                return Ok((from < now).then_some(now));
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
        let found = find_member(&mut self.stored, batch, &MAGIC, begins_a_member)?;
        self.state = if found { State::Between } else { State::Done };
        Ok(())
    }

    fn inflate(&mut self, batch: &mut Batch, start: u64) -> io::Result<()> {
        let available = self.stored.want(1)?;
        let (in_before, out_before) = (self.inflate.total_in(), self.inflate.total_out());
        let room = batch.room(batch.left());
        let result = self.inflate.decompress(available, room, FlushDecompress::None);
        let given = available.len();
        let used = (self.inflate.total_in() - in_before) as usize;
        let came = (self.inflate.total_out() - out_before) as usize;
        self.stored.consume(used);
        self.crc.update(room.get(..came).unwrap_or_default());
        batch.filled(came);
        match result {
            Ok(Status::StreamEnd) => self.trailer(batch, start),
            Ok(_) if used == 0 && came == 0 => {
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
        loop {
            match self.state {
                State::Done => break,
                State::Between if batch.left() < ROOM => break,
                State::Between => self.begin(batch)?,
                State::Inside { .. } if batch.left() == 0 => break,
                State::Inside { start } => self.inflate(batch, start)?,
            }
        }
        batch.stored_end = self.stored.offset();
        Ok(batch.len() > 0 || !batch.marks.is_empty())
    }

    #[cfg(feature = "libdeflate")]
    fn stop_hashing(&mut self) {
        self.whole.hash = false;
    }
}

/// The end of a member is tried at so many places where the next may begin; hostile input then
/// costs a few times its length.
#[cfg(feature = "libdeflate")]
const ATTEMPTS: usize = 3;
/// A member that inflates to more than this is inflated in pieces.
#[cfg(feature = "libdeflate")]
const WHOLE_LIMIT: usize = 2 << 20;

/// Inflates members that are in memory as a whole. libdeflate is twice as fast as a decoder that
/// can stop anywhere, and does not say where a member ended; that is found out by its trailer.
#[cfg(feature = "libdeflate")]
struct WholeMembers {
    decompressor: libdeflater::Decompressor,
    hash: bool,
}

#[cfg(feature = "libdeflate")]
impl WholeMembers {
    fn new(hash: bool) -> Self {
        Self { decompressor: libdeflater::Decompressor::new(), hash }
    }

    /// The digest of a record that is all there is in a member.
    fn hashed(&self, plain: &[u8]) -> Option<WholeMember> {
        let record = plain.strip_suffix(b"\r\n\r\n").filter(|_| self.hash)?;
        Some(WholeMember { length: record.len() as u64, sha256: Sha256::digest(record).into() })
    }

    /// The length that a member's last four bytes say it inflates to; `None` when that cannot be,
    /// or is too much to inflate in one go.
    fn length_of(&self, member: &[u8]) -> Option<usize> {
        let length = u32::from_le_bytes(*member.last_chunk()?);
        let length = usize::try_from(length).ok()?;
        // Deflate makes 258 bytes out of two bits at best.
        (length <= WHOLE_LIMIT.min(member.len().saturating_mul(1032))).then_some(length)
    }

    /// Whether `member` is one sound gzip member from its first to its last byte that inflates to
    /// exactly the bytes of `out`, which are written then.
    fn inflate(&mut self, member: &[u8], header: usize, out: &mut [u8]) -> bool {
        if self.decompressor.gzip_decompress(member, out) != Ok(out.len()) {
            return false;
        }
        // The decoder compared the CRC-32 and the length with the trailer where the deflate data
        // ended. When those eight bytes stand nowhere but at the end, the data ended there, and
        // nothing is hidden in between.
        let Some(trailer) = member.last_chunk::<TRAILER>() else { return false };
        let data = member.get(header..).unwrap_or_default();
        let [c0, c1, c2, c3, ..] = *trailer;
        crc32fast::hash(out) == u32::from_le_bytes([c0, c1, c2, c3])
            && memchr::memmem::find(data, trailer) == data.len().checked_sub(TRAILER)
    }
}

enum Header {
    Whole(usize),
    Short,
    Invalid,
}

/// The length of the gzip header at the start of `bytes` (RFC 1952, section 2.3).
fn header_length(bytes: &[u8]) -> Header {
    if bytes.iter().zip(MAGIC).any(|(byte, expected)| *byte != expected) {
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
