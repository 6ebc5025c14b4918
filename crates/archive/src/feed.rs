//! Decoded bytes in batches, with marks where stored members begin, end or break.

use std::io::{self, Read};

use crate::gzip::GzipFeed;
use crate::lz4::Lz4Feed;
use crate::problem::Code;
use crate::stored::{Stored, WINDOW};
#[cfg(feature = "zstd")]
use crate::zstd_frames::ZstdFeed;

/// Decoded bytes in one batch, roughly: small enough for a processor's own cache.
pub(crate) const BATCH: usize = 256 * 1024;

/// A member starts in a batch only when this much room is left, so that a member's first bytes are
/// in one piece.
pub(crate) const ROOM: usize = 64;

/// How the records are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Records follow each other uncompressed.
    Plain,
    /// Gzip members (RFC 1952).
    Gzip,
    /// Zstandard frames (RFC 8878).
    Zstd,
    /// LZ4 frames.
    Lz4,
    /// A ZIP file, which may be a WACZ.
    Zip,
}

/// A boundary between decoded bytes.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    /// A member starts; the stored offset of its first byte, and what is known of it already.
    Start(u64, Option<WholeMember>),
    /// The member ended soundly; the stored offset just after it.
    End(u64),
    /// Something is wrong here. After a flaw, the bytes that follow do not continue those before.
    Damage { code: Code, offset: u64, detail: String },
}

/// A member that was decoded in one go and ends with the two line ends that follow a record, hashed
/// where it was decoded: that may be another thread than the one that reads the records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WholeMember {
    /// Its decoded bytes without the last four.
    pub(crate) length: u64,
    /// The SHA-256 of those.
    pub(crate) sha256: [u8; 32],
}

/// A run of decoded bytes with its marks, by position.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The decoded bytes, and after them room that was used before: it is written over, and never
    /// set to zero again.
    storage: Vec<u8>,
    length: usize,
    pub(crate) marks: Vec<(usize, Mark)>,
    /// Offset of the first stored byte that was not yet decoded.
    pub(crate) stored_end: u64,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.length = 0;
        self.marks.clear();
    }

    /// The decoded bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.storage.get(..self.length).unwrap_or_default()
    }

    /// How many bytes were decoded.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Whether this batch is new, and has no room that could be used again.
    pub(crate) fn is_new(&self) -> bool {
        self.storage.is_empty()
    }

    /// Room for exactly `count` bytes after the decoded ones; [`Batch::filled`] says how many of
    /// them were decoded.
    pub(crate) fn room(&mut self, count: usize) -> &mut [u8] {
        let end = self.length.saturating_add(count);
        if self.storage.is_empty() {
            // The system gives zeroed pages only when they are written to.
            self.storage = vec![0; end];
        } else if self.storage.len() < end {
            self.storage.resize(end, 0);
        }
        self.storage.get_mut(self.length..end).unwrap_or_default()
    }

    /// Adds the first `count` bytes of the room to the decoded ones.
    pub(crate) fn filled(&mut self, count: usize) {
        self.length = self.length.saturating_add(count).min(self.storage.len());
    }

    /// How many bytes still fit in a batch of the usual size.
    pub(crate) fn left(&self) -> usize {
        BATCH.saturating_sub(self.length)
    }

    pub(crate) fn mark(&mut self, mark: Mark) {
        self.marks.push((self.length, mark));
    }

    pub(crate) fn damage(&mut self, code: Code, offset: u64, detail: String) {
        self.mark(Mark::Damage { code, offset, detail });
    }
}

/// A source of batches.
pub(crate) trait Feed {
    /// Fills `batch` anew; `false` when nothing is left. Errors are those of the machine.
    fn next(&mut self, batch: &mut Batch) -> io::Result<bool>;

    /// Makes no [`WholeMember`]s from here on.
    fn stop_hashing(&mut self) {}
}

/// The feed of a container.
pub(crate) enum AnyFeed<R: Read> {
    Plain(PlainFeed<R>),
    Gzip(Box<GzipFeed<R>>),
    Lz4(Box<Lz4Feed<R>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<ZstdFeed<R>>),
}

impl<R: Read> Feed for AnyFeed<R> {
    fn next(&mut self, batch: &mut Batch) -> io::Result<bool> {
        match self {
            Self::Plain(feed) => feed.next(batch),
            Self::Gzip(feed) => feed.next(batch),
            Self::Lz4(feed) => feed.next(batch),
            #[cfg(feature = "zstd")]
            Self::Zstd(feed) => feed.next(batch),
        }
    }

    fn stop_hashing(&mut self) {
        if let Self::Gzip(feed) = self {
            feed.stop_hashing();
        }
    }
}

/// Decides by content how the input is wrapped, and starts to decode it. `first` is the offset of
/// the input's first byte in its file; `hash` asks for [`WholeMember`]s where they can be had.
pub(crate) fn open<R: Read>(
    input: R,
    first: u64,
    hash: bool,
) -> io::Result<(Container, AnyFeed<R>)> {
    let mut stored = Stored::new(input, first);
    let container = container_of(stored.want(8)?);
    let feed = match container {
        Container::Gzip => AnyFeed::Gzip(Box::new(GzipFeed::new(stored, hash))),
        Container::Lz4 => AnyFeed::Lz4(Box::new(Lz4Feed::new(stored))),
        #[cfg(feature = "zstd")]
        Container::Zstd => AnyFeed::Zstd(Box::new(ZstdFeed::new(stored))),
        _ => AnyFeed::Plain(PlainFeed { stored }),
    };
    Ok((container, feed))
}

/// The container that begins with these bytes.
pub(crate) fn container_of(first: &[u8]) -> Container {
    match first {
        [0x1f, 0x8b, ..] => Container::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Container::Zstd,
        [0x04, 0x22, 0x4d, 0x18, ..] => Container::Lz4,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Container::Zip,
        _ => Container::Plain,
    }
}

/// After damage, moves to the next member: to bytes that begin with `magic` and which `begins`
/// accepts. What was passed over is marked. `false` when none follows.
pub(crate) fn find_member<R: Read>(
    stored: &mut Stored<R>,
    batch: &mut Batch,
    magic: &[u8],
    mut begins: impl FnMut(&[u8]) -> bool,
) -> io::Result<bool> {
    let from = stored.offset();
    let found = loop {
        let available = stored.want(WINDOW / 2)?;
        if available.len() < 18 {
            let rest = available.len();
            stored.consume(rest);
            break false;
        }
        let found = memchr::memmem::find_iter(available, magic)
            .take_while(|position| *position < WINDOW / 4)
            .find(|position| available.get(*position..).is_some_and(&mut begins));
        if let Some(position) = found {
            stored.consume(position);
            break true;
        }
        let skip = if available.len() > WINDOW / 4 { WINDOW / 4 } else { available.len() - 17 };
        stored.consume(skip);
    };
    let skipped = stored.offset() - from;
    if skipped > 0 {
        let detail = format!("{skipped} stored bytes from byte {from} on");
        batch.damage(Code::GarbageSkipped, from, detail);
    }
    Ok(found)
}

/// Whether decoded bytes look like the start of a WARC or ARC record.
pub(crate) fn looks_like_a_record(bytes: &[u8]) -> bool {
    [&b"WARC/"[..], b"http://", b"https://", b"dns:", b"filedesc:"]
        .iter()
        .any(|start| bytes.starts_with(start))
}

/// The stored bytes as they are.
pub(crate) struct PlainFeed<R> {
    stored: Stored<R>,
}

impl<R: Read> Feed for PlainFeed<R> {
    fn next(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.clear();
        while batch.left() > 0 {
            let room = batch.room(batch.left());
            let count = self.stored.take_plain(room)?;
            if count == 0 {
                break;
            }
            batch.filled(count);
        }
        batch.stored_end = self.stored.offset();
        Ok(batch.len() > 0)
    }
}
