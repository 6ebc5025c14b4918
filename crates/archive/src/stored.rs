//! The bytes of the file as they are stored: a buffered window that can look ahead and step back.

use std::io::{self, Read};

/// How many stored bytes are held at once; damage is searched for the next member in this window.
pub(crate) const WINDOW: usize = 256 * 1024;

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
        loop {
            match self.input.read(space) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count.min(space.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    /// Appends up to `limit` stored bytes to `out`, without decoding.
    pub(crate) fn take_plain(&mut self, out: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
        if self.start == self.end && !self.ended {
            let before = out.len();
            let read = (&mut self.input).take(limit as u64).read_to_end(out)?;
            self.ended = read < limit;
            self.offset += (out.len() - before) as u64;
            return Ok(out.len() - before);
        }
        let count = (self.end - self.start).min(limit);
        out.extend_from_slice(self.available().get(..count).unwrap_or_default());
        self.consume(count);
        Ok(count)
    }
}
