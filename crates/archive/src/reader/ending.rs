//! The end of a record: the line ends after its block, and how it lies in the file.

use std::io;

use super::{Current, LINE_LIMIT, Member, Reader, Skipped, first_line};
use crate::cursor::Here;
use crate::feed::{Container, Mark};
use crate::head::{Format, Head, is_version_line};
use crate::problem::{Code, Severity};

/// How a record lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Uncompressed.
    Plain,
    /// In one compressed member of its own; it can be read at random.
    OwnMember,
    /// In several members of its own; it can be read at random.
    SplitMembers,
    /// In a member with other records (a file compressed as a whole). It cannot be read at random,
    /// and its length in the file is unknown.
    SharedMember,
}

/// What is known of a record once its block was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordEnd {
    /// Whether every stored byte of the record was there and sound.
    pub whole: bool,
    /// How the record lies in the file.
    pub layout: Layout,
    /// First byte in the file: of the record, or of its compressed member.
    pub offset: u64,
    /// Stored bytes, without the two line ends after an uncompressed record; `None` in a shared
    /// member or when the record is not whole.
    pub length: Option<u64>,
    /// First byte of the record in the decompressed stream.
    pub plain_offset: u64,
    /// SHA-256 of the record's plain bytes, from `WARC/` to the block's end, without the two line
    /// ends after it; `None` when not asked for or not whole.
    pub sha256: Option<[u8; 32]>,
}

impl Reader<'_> {
    /// Reads the current record to its end, with the line ends after it.
    pub(super) fn end_current(&mut self) -> io::Result<()> {
        if self.current.is_none() {
            return Ok(());
        }
        loop {
            let count = self.fill_block()?.len();
            if count == 0 {
                break;
            }
            self.consume_block(count);
        }
        let Some(mut record) = self.current.take() else { return Ok(()) };
        let block_end = self.first + self.cursor.plain_position();
        let mut whole = record.broken.is_none();
        let mut layout = Layout::Plain;
        let mut length = block_end.checked_sub(record.stored_start);
        if whole {
            let swallowed = self.read_terminator(&record)?;
            whole = !swallowed;
        }
        if self.container != Container::Plain {
            (layout, length) = self.end_of_member(&mut record, &mut whole)?;
        }
        self.last_end = Some(RecordEnd {
            whole,
            layout,
            offset: record.stored_start,
            length: length.filter(|_| whole),
            plain_offset: record.plain_start,
            sha256: record.sha256.finish().filter(|_| whole),
        });
        Ok(())
    }

    /// Reads the line ends after a block. `true` when the block swallowed the next record's start,
    /// to which the cursor was moved back.
    fn read_terminator(&mut self, record: &Current) -> io::Result<bool> {
        let arc = self.head.as_ref().map(Head::format) == Some(Format::Arc);
        if !arc && self.cursor.data().starts_with(b"\r\n\r\n") {
            self.cursor.consume(4);
            return Ok(false);
        }
        let wanted_ends = if arc { 1 } else { 2 };
        let mut found = Vec::with_capacity(8);
        let mut ends = 0;
        while ends < wanted_ends && found.len() < 8 {
            match (self.cursor.here()?, self.cursor.data().first()) {
                (Here::Data, Some(byte @ (b'\r' | b'\n'))) => {
                    ends += usize::from(*byte == b'\n');
                    found.push(*byte);
                    self.cursor.consume(1);
                }
                _ => break,
            }
        }
        if found == b"\r\n\r\n" || (arc && ends == 1) {
            return Ok(false);
        }
        let (offset, id) = (record.stored_start, self.record_id());
        if matches!(found.as_slice(), b"\n\n" | b"\r\r\n\r\r\n") {
            let detail = format!("{:?} follows the block", String::from_utf8_lossy(&found));
            self.report(Code::RecordTerminatorForm, offset, id, detail);
            return Ok(false);
        }
        let next_is_data = matches!(self.cursor.here()?, Here::Data);
        let next_line = first_line(self.cursor.data());
        if arc && next_is_data && next_line.is_some_and(|line| Head::parse_arc(line).is_some()) {
            // Old tools count the line end to the block of an ARC's head.
            let detail = "no line end follows the block".to_owned();
            self.report(Code::RecordTerminatorForm, offset, id, detail);
            return Ok(false);
        }
        let mut detail = format!(
            "{} bytes of line ends instead of {} follow the block",
            found.len(),
            if arc { 1 } else { 4 }
        );
        let mut swallowed = false;
        if next_is_data && !self.cursor.data().starts_with(b"WARC/") {
            let length = self.head.as_ref().and_then(Head::content_length).unwrap_or(0);
            let before = length.saturating_add(found.len() as u64);
            let here = self.cursor.plain_position();
            let before = before.min(here.saturating_sub(self.stepped_back_from));
            let (bytes, behind) = self.cursor.around(before, LINE_LIMIT);
            if let Some(back) = record_start_in(bytes, behind, arc) {
                self.cursor.step_back(back);
                self.stepped_back_from = here;
                detail.push_str("; another record begins inside the block");
                swallowed = true;
            } else {
                detail.push_str(", then other bytes");
            }
        } else if !next_is_data {
            detail.push_str(", and nothing more");
        }
        self.report(Code::RecordTerminator, offset, id, detail);
        Ok(swallowed)
    }

    /// Finds out how the record that just ended lies in its compressed members.
    fn end_of_member(
        &mut self,
        record: &mut Current,
        whole: &mut bool,
    ) -> io::Result<(Layout, Option<u64>)> {
        let shared = (Layout::SharedMember, None);
        let own = if record.members > 1 { Layout::SplitMembers } else { Layout::OwnMember };
        if !*whole {
            return Ok((if record.at_member_start { own } else { Layout::SharedMember }, None));
        }
        if record.members > 1 {
            let detail = format!("the record is stored in {} members", record.members);
            let id = self.record_id();
            self.report(Code::RecordSplitOverMembers, record.stored_start, id, detail);
        }
        let mut skipped = Skipped::default();
        let result = loop {
            match self.cursor.here()? {
                Here::End => break shared,
                Here::Mark => match self.cursor.take_mark() {
                    Some(Mark::End(stored_end)) => {
                        self.member = None;
                        if record.at_member_start {
                            break (own, stored_end.checked_sub(record.stored_start));
                        }
                        break shared;
                    }
                    Some(Mark::Damage { code, offset, detail }) => {
                        let id = self.record_id();
                        self.report(code, offset, id, detail);
                        if code.severity() == Severity::Flaw {
                            self.member = None;
                            // Within a shared member the record's own bytes were all there.
                            *whole = !record.at_member_start;
                            break (if *whole { Layout::SharedMember } else { own }, None);
                        }
                    }
                    // A member that holds only the line ends of the record before.
                    Some(Mark::Start(stored_start, whole)) => {
                        let plain_start = self.cursor.plain_position();
                        self.member = Some(Member { stored_start, plain_start, whole });
                        break shared;
                    }
                    None => {}
                },
                Here::Data if matches!(self.cursor.data().first(), Some(b'\r' | b'\n')) => {
                    self.cursor.consume(1);
                }
                // What is left in a member of its own after the record's end belongs to no record.
                Here::Data if record.at_member_start && !self.may_be_record_start() => {
                    let data = self.cursor.data();
                    let count = memchr::memchr(b'\n', data).map_or(data.len(), |end| end + 1);
                    skipped.add(record.stored_start, count as u64);
                    self.cursor.consume(count);
                }
                Here::Data => {
                    if !self.shared_reported {
                        self.shared_reported = true;
                        let detail = "the member goes on after its first record".to_owned();
                        let id = self.record_id();
                        self.report(Code::GzipWholeFile, record.stored_start, id, detail);
                    }
                    break shared;
                }
            }
        };
        self.report_skipped(&mut skipped);
        Ok(result)
    }

    /// Whether the data at the cursor, as far as it is there, may begin a record.
    fn may_be_record_start(&self) -> bool {
        let data = self.cursor.data();
        let length = data.len().min(5);
        self.format == Some(Format::Arc) || data.get(..length) == b"WARC/".get(..length)
    }
}

/// How far before the position `here` in `bytes` the first record line begins.
fn record_start_in(bytes: &[u8], here: usize, arc: bool) -> Option<usize> {
    let starts = memchr::memchr_iter(b'\n', bytes).map(|end| end + 1);
    starts.take_while(|start| *start < here).find_map(|start| {
        let rest = bytes.get(start..)?;
        let line = first_line(rest)?;
        let begins = if arc { Head::parse_arc(line).is_some() } else { is_version_line(line) };
        begins.then_some(here - start)
    })
}
