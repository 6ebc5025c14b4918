//! A position in decoded bytes that stops at every mark.

use std::io;

use crate::feed::{Batch, Feed, Mark};

/// What stands at the cursor.
pub(crate) enum Here {
    /// At least one byte; see [`Cursor::data`].
    Data,
    /// A mark; see [`Cursor::take_mark`].
    Mark,
    /// Nothing any more.
    End,
}

pub(crate) struct Cursor<'r> {
    feed: Box<dyn Feed + 'r>,
    batch: Batch,
    position: usize,
    next_mark: usize,
    /// Decoded bytes before this batch.
    before: u64,
    ended: bool,
}

impl<'r> Cursor<'r> {
    pub(crate) fn new(feed: Box<dyn Feed + 'r>) -> Self {
        let batch = Batch::default();
        Self { feed, batch, position: 0, next_mark: 0, before: 0, ended: false }
    }

    /// See [`Feed::stop_hashing`].
    pub(crate) fn stop_hashing(&mut self) {
        self.feed.stop_hashing();
    }

    /// Loads what stands at the cursor.
    pub(crate) fn here(&mut self) -> io::Result<Here> {
        loop {
            if let Some((at, _)) = self.batch.marks.get(self.next_mark)
                && *at <= self.position
            {
                return Ok(Here::Mark);
            }
            if self.position < self.batch.len() {
                return Ok(Here::Data);
            }
            if self.ended {
                return Ok(Here::End);
            }
            self.before += self.batch.len() as u64;
            self.position = 0;
            self.next_mark = 0;
            if !self.feed.next(&mut self.batch)? {
                self.ended = true;
                self.batch.clear();
            }
        }
    }

    /// The bytes up to the next mark or the batch's end; empty at a mark.
    pub(crate) fn data(&self) -> &[u8] {
        let end = match self.batch.marks.get(self.next_mark) {
            Some((at, _)) => *at,
            None => self.batch.len(),
        };
        self.batch.bytes().get(self.position..end).unwrap_or_default()
    }

    pub(crate) fn consume(&mut self, count: usize) {
        let count = count.min(self.data().len());
        self.position += count;
    }

    pub(crate) fn take_mark(&mut self) -> Option<Mark> {
        let (at, mark) = self.batch.marks.get(self.next_mark)?;
        if *at > self.position {
            return None;
        }
        self.next_mark += 1;
        Some(mark.clone())
    }

    /// Decoded bytes before the cursor, from the input's start on.
    pub(crate) fn plain_position(&self) -> u64 {
        self.before + self.position as u64
    }

    /// Stored bytes that were decoded so far.
    pub(crate) fn stored_position(&self) -> u64 {
        self.batch.stored_end
    }

    /// Up to `before` bytes before the cursor and `after` from it on, as far as this batch and the
    /// marks around the cursor reach; and how many of them are before it.
    pub(crate) fn around(&self, before: u64, after: usize) -> (&[u8], usize) {
        let mark = match self.next_mark.checked_sub(1).and_then(|last| self.batch.marks.get(last)) {
            Some((at, _)) => *at,
            None => 0,
        };
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        let start = self.position.saturating_sub(before).max(mark).min(self.position);
        let end = self.position + after.min(self.data().len());
        (self.batch.bytes().get(start..end).unwrap_or_default(), self.position - start)
    }

    /// Goes back by `count` bytes, which [`Cursor::around`] must have shown.
    pub(crate) fn step_back(&mut self, count: usize) {
        self.position = self.position.saturating_sub(count);
    }
}
