//! The bytes of the file as they are stored: a buffered window that can look ahead and step back.

use std::io::{self, Read};

/// How many stored bytes are held at once: members up to this size are inflated in one go, and
/// after damage the next member is searched for in this window.
pub(crate) const WINDOW: usize = 1024 * 1024;

/// A window over an input of any length.
pub(crate) struct Stored<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    ended: bool,
}

impl<R: Read> Stored<R> {
    /// A window over `input`, whose first byte has the offset `first` in the file.
    pub(crate) fn new(input: R, first: u64) -> Self {
        Self { input, buffer: vec![0; WINDOW], start: 0, end: 0, offset: first, ended: false }
    }

    /// The bytes that are there now and not yet consumed.
    pub(crate) fn available(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Offset in the file of the first available byte.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes `count` bytes away; never more than are available.
    pub(crate) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Moves to where the search for the next member begins after the one at `start` broke: the
    /// byte after its first, for damage may have led the decoder past the next member. Never before
    /// `broke_at`, where an earlier member broke, so that hostile input costs at most twice its
    /// length; and always forward, so that a search ends.
    pub(crate) fn restart_after(&mut self, start: u64, broke_at: &mut u64) {
        let target = (start + 1).max(*broke_at);
        *broke_at = self.offset.max(start + 1);
        if self.offset > target {
            let back = (self.offset - target).min(self.start as u64);
            self.start -= usize::try_from(back).unwrap_or(self.start);
            self.offset -= back;
        } else {
            let forward = usize::try_from(target - self.offset).unwrap_or(usize::MAX);
            self.consume(forward);
        }
    }

    /// Makes at least `count` bytes available, or all there are until the input ends.
    pub(crate) fn want(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count.min(WINDOW) && !self.ended {
            if self.buffer.len() - self.start < count {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            self.read_once()?;
        }
        Ok(self.available())
    }

    fn read_once(&mut self) -> io::Result<()> {
        if self.start == self.end && self.end == self.buffer.len() {
            self.start = 0;
            self.end = 0;
        }
        let Some(space) = self.buffer.get_mut(self.end..) else { return Ok(()) };
        let count = read_some(&mut self.input, space)?;
        self.ended = count == 0;
        self.end += count;
        Ok(())
    }

    /// Copies stored bytes to `out` without decoding; how many, and 0 at the end.
    pub(crate) fn take_plain(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end {
            if self.ended {
                return Ok(0);
            }
            // Nothing is held back, so that the bytes need not go through the window.
            let count = read_some(&mut self.input, out)?;
            self.ended = count == 0;
            self.offset += count as u64;
            return Ok(count);
        }
        let count = (self.end - self.start).min(out.len());
        if let (Some(out), Some(bytes)) = (out.get_mut(..count), self.available().get(..count)) {
            out.copy_from_slice(bytes);
        }
        self.consume(count);
        Ok(count)
    }
}

/// Reads once; an interrupted call is made again.
fn read_some(input: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(out) {
            Ok(count) => return Ok(count.min(out.len())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
