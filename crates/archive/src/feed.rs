//! Decoded bytes in batches, with marks where stored members begin, end or break.

use std::io::{self, Read};

use crate::gzip::GzipFeed;
use crate::lz4::Lz4Feed;
use crate::problem::Code;
use crate::stored::{Stored, WINDOW};
#[cfg(feature = "zstd")]
use crate::zstd_frames::ZstdFeed;

/// Decoded bytes in one batch, roughly.
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
    /// A member starts; the stored offset of its first byte.
    Start(u64),
    /// The member ended soundly; the stored offset just after it.
    End(u64),
    /// Something is wrong here. After a flaw, the bytes that follow do not continue those before.
    Damage { code: Code, offset: u64, detail: String },
}

/// A run of decoded bytes with its marks, by position.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) marks: Vec<(usize, Mark)>,
    /// Offset of the first stored byte that was not yet decoded.
    pub(crate) stored_end: u64,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.marks.clear();
    }

    pub(crate) fn mark(&mut self, mark: Mark) {
        self.marks.push((self.bytes.len(), mark));
    }

    pub(crate) fn damage(&mut self, code: Code, offset: u64, detail: String) {
        self.mark(Mark::Damage { code, offset, detail });
    }
}

/// A source of batches.
pub(crate) trait Feed {
    /// Fills `batch` anew; `false` when nothing is left. Errors are those of the machine.
    fn next(&mut self, batch: &mut Batch) -> io::Result<bool>;
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
}

/// Decides by content how the input is wrapped, and starts to decode it. `first` is the offset of
/// the input's first byte in its file.
pub(crate) fn open<R: Read>(input: R, first: u64) -> io::Result<(Container, AnyFeed<R>)> {
    let mut stored = Stored::new(input, first);
    let container = container_of(stored.want(8)?);
    let feed = match container {
        Container::Gzip => AnyFeed::Gzip(Box::new(GzipFeed::new(stored))),
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
        let count = self.stored.take_plain(&mut batch.bytes, BATCH)?;
        batch.stored_end = self.stored.offset();
        Ok(count > 0)
    }
}
