//! Records one after another, from any stream.

mod ending;
mod record;

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

pub use ending::{Layout, RecordEnd};
pub use record::Record;

use crate::cursor::{Cursor, Here};
use crate::feed::{self, Container, Feed, Mark, WholeMember};
use crate::head::{Deviations, Format, Head, is_arc_line, is_version_line};
use crate::problem::{Code, Problem, Severity};

/// A record's header may be this long.
pub const HEAD_LIMIT: usize = 1024 * 1024;
/// Unknown bytes before the first record are searched this far.
const PREAMBLE_LIMIT: u64 = 1024 * 1024;
/// A line that is neither blank nor a header is handled in pieces of this size.
const LINE_LIMIT: usize = 64 * 1024;
/// So many problems are kept until the caller takes them.
const PROBLEM_LIMIT: usize = 10_000;

/// Reads WARC (0.17 to 1.1) and ARC records from a stream in one pass and bounded memory.
///
/// The content decides what is read, never a name: plain or compressed by gzip, zstd or LZ4, a
/// member per record or not. Damage does not stop it where going on is safe; what was wrong is
/// found in [`Reader::take_problems`]. No input makes it panic.
pub struct Reader<'r> {
    cursor: Cursor<'r>,
    container: Container,
    first: u64,
    hash_records: bool,
    format: Option<Format>,
    problems: Vec<Problem>,
    omitted: u64,
    member: Option<Member>,
    shared_reported: bool,
    /// Where the cursor last stepped back from, in decoded bytes. It never steps back before it, so
    /// that hostile lengths cost at most twice the input.
    stepped_back_from: u64,
    raw: Vec<u8>,
    head: Option<Head>,
    current: Option<Current>,
    last_end: Option<RecordEnd>,
    ended: bool,
}

/// The compressed member at the cursor.
#[derive(Clone, Copy)]
struct Member {
    stored_start: u64,
    plain_start: u64,
    whole: Option<WholeMember>,
}

/// The record whose block is being read.
struct Current {
    stored_start: u64,
    plain_start: u64,
    at_member_start: bool,
    members: u32,
    remaining: u64,
    broken: Option<Problem>,
    sha256: RecordHash,
}

/// The digest of a record's plain bytes.
enum RecordHash {
    NotWanted,
    Running(Box<Sha256>),
    /// It was computed where the record's member was inflated.
    Known([u8; 32]),
}

impl RecordHash {
    fn finish(self) -> Option<[u8; 32]> {
        match self {
            Self::NotWanted => None,
            Self::Running(sha256) => Some(sha256.finalize().into()),
            Self::Known(sha256) => Some(sha256),
        }
    }
}

impl<'r> Reader<'r> {
    /// Opens a stream; the first bytes are read to find out what it is.
    pub fn new<R: Read + 'r>(input: R) -> io::Result<Self> {
        Self::at(input, 0)
    }

    /// Opens a stream whose first byte has the offset `first` in its file.
    pub fn at<R: Read + 'r>(input: R, first: u64) -> io::Result<Self> {
        let (container, feed) = feed::open(input, first, true)?;
        Ok(Self::over(container, Box::new(feed), first, true))
    }

    pub(crate) fn over(
        container: Container,
        feed: Box<dyn Feed + 'r>,
        first: u64,
        hash_records: bool,
    ) -> Self {
        Self {
            cursor: Cursor::new(feed),
            container,
            first,
            hash_records,
            format: None,
            problems: Vec::new(),
            omitted: 0,
            member: None,
            shared_reported: false,
            stepped_back_from: 0,
            raw: Vec::new(),
            head: None,
            current: None,
            last_end: None,
            ended: false,
        }
    }

    /// Gives the reader back when a record begins at its very first byte.
    pub(crate) fn require_record_at_start(mut self) -> io::Result<Option<Self>> {
        loop {
            match self.cursor.here()? {
                Here::Mark => self.pass_mark(),
                Here::End => return Ok(None),
                Here::Data => break,
            }
        }
        self.format = match first_line(self.cursor.data()) {
            Some(line) if is_version_line(line) => Some(Format::Warc),
            Some(line) if Head::parse_arc(line).is_some() => Some(Format::Arc),
            _ => return Ok(None),
        };
        Ok(Some(self))
    }

    /// Leaves [`RecordEnd::sha256`] empty, which saves a third of the time.
    pub fn without_record_digests(mut self) -> Self {
        self.hash_records = false;
        self.cursor.stop_hashing();
        self
    }

    /// How the records are wrapped.
    pub fn container(&self) -> Container {
        self.container
    }

    /// What the records are; `None` until the first was found.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Stored bytes read and decoded so far, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.cursor.stored_position().saturating_sub(self.first)
    }

    /// Removes and returns the problems found since the last call, in the order they were met.
    /// At most 10,000 are kept between calls; the last then says how many were left out.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        if self.omitted > 0 {
            let offset = self.cursor.stored_position();
            let detail = format!("{} further problems", self.omitted);
            self.omitted = 0;
            self.problems.push(Problem::new(Code::ProblemsOmitted, offset, None, detail));
        }
        std::mem::take(&mut self.problems)
    }

    /// The end of the record before, which [`Reader::next_record`] read to its end.
    pub fn last_end(&self) -> Option<&RecordEnd> {
        self.last_end.as_ref()
    }

    /// The header of the record before, or of the one being read.
    pub fn last_head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Moves to the next record; `None` at the end. What was left of the record before is skipped
    /// (and still checked for damage). Errors are those of the machine, never of the content.
    pub fn next_record(&mut self) -> io::Result<Option<Record<'_, 'r>>> {
        self.end_current()?;
        if self.ended || self.container == Container::Zip || !self.find_record()? {
            self.ended = true;
            return Ok(None);
        }
        Ok(Some(Record::new(self)))
    }

    fn report(&mut self, code: Code, offset: u64, record_id: Option<String>, detail: String) {
        self.keep(Problem::new(code, offset, record_id, detail));
    }

    fn keep(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEM_LIMIT {
            self.problems.push(problem);
        } else {
            self.omitted += 1;
        }
    }

    fn record_id(&self) -> Option<String> {
        self.head.as_ref().and_then(|head| head.record_id()).map(str::to_owned)
    }

    /// Offset in the file of the cursor: exact when plain, else that of its member.
    fn stored_here(&self) -> u64 {
        match (self.container, self.member) {
            (Container::Plain, _) => self.first + self.cursor.plain_position(),
            (_, Some(member)) => member.stored_start,
            (_, None) => self.cursor.stored_position(),
        }
    }

    /// Takes a mark between records.
    fn pass_mark(&mut self) {
        match self.cursor.take_mark() {
            Some(Mark::Start(stored_start, whole)) => {
                let plain_start = self.cursor.plain_position();
                self.member = Some(Member { stored_start, plain_start, whole });
            }
            Some(Mark::End(_)) => self.member = None,
            Some(Mark::Damage { code, offset, detail }) => {
                if code.severity() == Severity::Flaw {
                    self.member = None;
                }
                self.report(code, offset, None, detail);
            }
            None => {}
        }
    }

    /// Finds and parses the next header.
    fn find_record(&mut self) -> io::Result<bool> {
        let mut skipped = Skipped::default();
        loop {
            match self.cursor.here()? {
                Here::End => {
                    self.report_skipped(&mut skipped);
                    if self.format.is_none() {
                        self.not_an_archive();
                    }
                    return Ok(false);
                }
                Here::Mark => self.pass_mark(),
                Here::Data => {
                    if let Some(b'\r' | b'\n') = self.cursor.data().first() {
                        self.cursor.consume(1);
                        continue;
                    }
                    if self.format.is_none() && skipped.bytes > PREAMBLE_LIMIT {
                        self.not_an_archive();
                        return Ok(false);
                    }
                    if self.read_start(&mut skipped)? {
                        return Ok(true);
                    }
                }
            }
        }
    }

    fn not_an_archive(&mut self) {
        let plain = self.cursor.plain_position();
        let (code, detail) = if self.container == Container::Zstd && cfg!(not(feature = "zstd")) {
            (Code::UnsupportedCompression, "this build was made without zstd".to_owned())
        } else if plain == 0 && self.problems.is_empty() {
            (Code::Empty, "the input has no bytes".to_owned())
        } else {
            (Code::NotAnArchive, format!("no record begins in the first {plain} bytes"))
        };
        self.problems.retain(|problem| problem.code != Code::GarbageSkipped);
        self.report(code, self.first, None, detail);
    }

    fn report_skipped(&mut self, skipped: &mut Skipped) {
        if skipped.bytes > 0 {
            let detail = format!("{} bytes that belong to no record", skipped.bytes);
            self.report(Code::GarbageSkipped, skipped.offset, None, detail);
            skipped.bytes = 0;
        }
    }

    /// Reads one line; when it begins a record, the record's whole header.
    fn read_start(&mut self, skipped: &mut Skipped) -> io::Result<bool> {
        let mut start = Current {
            stored_start: self.stored_here(),
            plain_start: self.cursor.plain_position(),
            at_member_start: self
                .member
                .is_some_and(|member| member.plain_start == self.cursor.plain_position()),
            members: 1,
            remaining: 0,
            broken: None,
            sha256: RecordHash::NotWanted,
        };
        self.raw.clear();
        let line = self.read_line(LINE_LIMIT, &mut start)?;
        let shift = match self.raw.starts_with(b"WARC/") {
            false if skipped.bytes > 0 || self.format.is_none() => {
                memchr::memmem::rfind(&self.raw, b"WARC/").unwrap_or(0)
            }
            _ => 0,
        };
        if line == Line::Whole && is_version_line(self.raw.get(shift..).unwrap_or_default()) {
            skipped.add(start.stored_start, shift as u64);
            self.report_skipped(skipped);
            self.raw.drain(..shift);
            start.plain_start += shift as u64;
            start.at_member_start &= shift == 0;
            if self.container == Container::Plain {
                start.stored_start += shift as u64;
            }
            return self.read_warc_head(start);
        }
        let arc_expected = match self.format {
            Some(Format::Warc) => false,
            Some(Format::Arc) => true,
            None => self.raw.starts_with(b"filedesc:") || is_whole_arc_line(&self.raw),
        };
        let arc_line = arc_expected && line == Line::Whole && is_arc_line(&self.raw);
        if arc_line && self.read_arc_head(start.stored_start) {
            self.report_skipped(skipped);
            self.begin_block(start);
            return Ok(true);
        }
        skipped.add(start.stored_start, self.raw.len() as u64);
        if let Line::Ended(Some(problem)) = line {
            self.keep(problem);
        }
        Ok(false)
    }

    fn read_warc_head(&mut self, mut start: Current) -> io::Result<bool> {
        self.format = self.format.or(Some(Format::Warc));
        let complete = match self.take_head_at_once() {
            true => Ok(()),
            false => self.take_head_by_lines(&mut start)?,
        };
        let (head, deviations) = Head::parse_warc(&self.raw);
        self.head = Some(head);
        if let Err((code, cause)) = complete {
            let id = self.record_id();
            let detail = match code {
                Code::HeadTooLarge => format!("the header exceeds {HEAD_LIMIT} bytes"),
                _ => format!("the header breaks off after {} bytes", self.raw.len()),
            };
            if let Some(mut cause) = cause {
                cause.record_id.clone_from(&id);
                self.keep(cause);
            }
            self.report(code, start.stored_start, id, detail);
            self.head = None;
            return Ok(false);
        }
        if deviations != Deviations::default() {
            self.report_deviations(deviations, start.stored_start);
        }
        if self.head.as_ref().and_then(Head::content_length).is_none() {
            let id = self.record_id();
            let value = self.head.as_ref().and_then(|head| head.get("Content-Length"));
            let detail = match value {
                Some(value) => format!("Content-Length is {:?}", shorten(value)),
                None => "Content-Length is missing".to_owned(),
            };
            self.report(Code::ContentLengthInvalid, start.stored_start, id, detail);
            self.head = None;
            return Ok(false);
        }
        self.begin_block(start);
        Ok(true)
    }

    /// Takes the rest of the header into `raw` when all of it is there, as it mostly is.
    fn take_head_at_once(&mut self) -> bool {
        let data = self.cursor.data();
        let data = data.get(..data.len().min(LINE_LIMIT)).unwrap_or_default();
        let Some(end) = blank_line_end(data) else { return false };
        self.raw.extend_from_slice(data.get(..end).unwrap_or_default());
        self.cursor.consume(end);
        true
    }

    /// Takes the rest of the header into `raw` line by line; what is wrong when it does not end.
    fn take_head_by_lines(
        &mut self,
        start: &mut Current,
    ) -> io::Result<Result<(), (Code, Option<Problem>)>> {
        loop {
            match self.read_line(HEAD_LIMIT, start)? {
                Line::Whole => {
                    let line_start = self.raw.len() - last_line_length(&self.raw);
                    let line = self.raw.get(line_start..).unwrap_or_default();
                    if line.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                        return Ok(Ok(()));
                    }
                }
                Line::TooLong => return Ok(Err((Code::HeadTooLarge, None))),
                Line::Ended(problem) => return Ok(Err((Code::HeadTruncated, problem))),
            }
        }
    }

    fn report_deviations(&mut self, deviations: Deviations, offset: u64) {
        let id = self.record_id();
        if deviations.malformed_lines > 0 {
            let detail = format!("{} header lines have no name", deviations.malformed_lines);
            self.report(Code::FieldMalformed, offset, id.clone(), detail);
        }
        if deviations.not_utf8 {
            let detail = "the header holds bytes that are not UTF-8".to_owned();
            self.report(Code::FieldNotUtf8, offset, id.clone(), detail);
        }
        if deviations.line_ending {
            let detail = "header lines end with LF alone or with CR CR LF".to_owned();
            self.report(Code::HeadLineEnding, offset, id, detail);
        }
    }

    /// Takes the line in `raw` as an ARC record's header, if it is one.
    fn read_arc_head(&mut self, offset: u64) -> bool {
        let Some(mut head) = Head::parse_arc(&self.raw) else { return false };
        self.format = self.format.or(Some(Format::Arc));
        if head.content_length().is_none() {
            let value = head.get("Archive-length").unwrap_or_default();
            let detail = format!("the length is {:?}; it was taken as 0", shorten(value));
            self.report(Code::ArcHeadMalformed, offset, None, detail);
            head.set_content_length(0);
        }
        let date = head.date().unwrap_or_default();
        if date.len() != 14 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
            let detail = format!("the date is {:?}, not 14 digits", shorten(date));
            self.report(Code::ArcHeadMalformed, offset, None, detail);
        }
        self.head = Some(head);
        true
    }

    fn begin_block(&mut self, mut start: Current) {
        start.remaining = self.head.as_ref().and_then(Head::content_length).unwrap_or(0);
        let length = start.remaining.saturating_add(self.raw.len() as u64);
        let whole = self.member.and_then(|member| member.whole);
        start.sha256 = match whole.filter(|_| start.at_member_start && start.members == 1) {
            _ if !self.hash_records => RecordHash::NotWanted,
            Some(whole) if whole.length == length => RecordHash::Known(whole.sha256),
            _ => RecordHash::Running(Box::new(Sha256::new_with_prefix(&self.raw))),
        };
        self.current = Some(start);
    }

    /// Appends a line to `raw`, across members when the record continues there.
    fn read_line(&mut self, limit: usize, start: &mut Current) -> io::Result<Line> {
        loop {
            match self.cursor.here()? {
                Here::End => return Ok(Line::Ended(None)),
                Here::Mark => {
                    if let Some(problem) = self.cross_mark(start)? {
                        return Ok(Line::Ended(Some(problem)));
                    }
                    if self.at_new_record(start) {
                        return Ok(Line::Ended(None));
                    }
                }
                Here::Data => {
                    let data = self.cursor.data();
                    let room = limit.saturating_sub(self.raw.len());
                    let data = data.get(..room.min(data.len())).unwrap_or_default();
                    if data.is_empty() {
                        return Ok(Line::TooLong);
                    }
                    let end = memchr::memchr(b'\n', data);
                    let count = end.map_or(data.len(), |end| end + 1);
                    self.raw.extend_from_slice(data.get(..count).unwrap_or_default());
                    self.cursor.consume(count);
                    if end.is_some() {
                        return Ok(Line::Whole);
                    }
                }
            }
        }
    }

    /// Takes a mark inside a record; gives the problem when the record cannot go on after it.
    fn cross_mark(&mut self, record: &mut Current) -> io::Result<Option<Problem>> {
        match self.cursor.take_mark() {
            Some(Mark::Start(stored_start, whole)) => {
                let plain_start = self.cursor.plain_position();
                self.member = Some(Member { stored_start, plain_start, whole });
                record.members += 1;
                self.cursor.here()?;
            }
            Some(Mark::End(_)) => self.member = None,
            Some(Mark::Damage { code, offset, detail }) => {
                let problem = Problem::new(code, offset, None, detail);
                if code.severity() == Severity::Flaw {
                    self.member = None;
                    return Ok(Some(problem));
                }
                self.keep(problem);
            }
            None => {}
        }
        Ok(None)
    }

    /// Whether the cursor stands at the start of a member that begins another record.
    fn at_new_record(&self, record: &Current) -> bool {
        record.members > 1
            && self.member.is_some_and(|member| member.plain_start == self.cursor.plain_position())
            && first_line(self.cursor.data()).is_some_and(is_version_line)
    }

    /// Loads block bytes; an empty slice at the block's end, or where it breaks off.
    fn fill_block(&mut self) -> io::Result<&[u8]> {
        let Some(mut record) = self.current.take() else { return Ok(&[]) };
        let result = self.fill_record(&mut record);
        let remaining = if record.broken.is_some() { 0 } else { record.remaining };
        self.current = Some(record);
        result?;
        if remaining == 0 {
            return Ok(&[]);
        }
        let data = self.cursor.data();
        let count = usize::try_from(remaining).unwrap_or(usize::MAX).min(data.len());
        Ok(data.get(..count).unwrap_or_default())
    }

    fn fill_record(&mut self, record: &mut Current) -> io::Result<()> {
        while record.remaining > 0 && record.broken.is_none() {
            match self.cursor.here()? {
                Here::Data => return Ok(()),
                Here::End => {
                    let length = self.head.as_ref().and_then(Head::content_length).unwrap_or(0);
                    let detail = format!(
                        "the input ends after {} of the block's {length} bytes",
                        length - record.remaining
                    );
                    self.break_off(record, Code::RecordTruncated, record.stored_start, detail);
                }
                Here::Mark => {
                    if let Some(problem) = self.cross_mark(record)? {
                        self.break_off(record, problem.code, problem.offset, problem.detail);
                    } else if self.at_new_record(record) {
                        let detail = format!(
                            "another record begins where {} bytes of the block are missing",
                            record.remaining
                        );
                        let offset = record.stored_start;
                        self.break_off(record, Code::ContentLengthBeyondMember, offset, detail);
                    }
                }
            }
        }
        Ok(())
    }

    fn break_off(&mut self, record: &mut Current, code: Code, offset: u64, detail: String) {
        let problem = Problem::new(code, offset, self.record_id(), detail);
        self.keep(problem.clone());
        record.broken = Some(problem);
    }

    fn consume_block(&mut self, count: usize) {
        let Some(record) = &mut self.current else { return };
        let count = count.min(usize::try_from(record.remaining).unwrap_or(usize::MAX));
        if let RecordHash::Running(sha256) = &mut record.sha256 {
            sha256.update(self.cursor.data().get(..count).unwrap_or_default());
        }
        record.remaining -= count as u64;
        self.cursor.consume(count);
    }
}

/// How reading a line ended.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole,
    TooLong,
    Ended(Option<Problem>),
}

/// Bytes passed over in search of a record.
#[derive(Default)]
struct Skipped {
    offset: u64,
    bytes: u64,
}

impl Skipped {
    fn add(&mut self, offset: u64, bytes: u64) {
        if self.bytes == 0 {
            self.offset = offset;
        }
        self.bytes += bytes;
    }
}

fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(..memchr::memchr(b'\n', bytes)?)
}

/// Where the first blank line ends.
fn blank_line_end(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', bytes).find_map(|end| {
        let line = bytes.get(start..end).unwrap_or_default();
        start = end + 1;
        line.iter().all(|byte| *byte == b'\r').then_some(start)
    })
}

fn last_line_length(raw: &[u8]) -> usize {
    let before = raw.len().saturating_sub(1);
    let start = memchr::memrchr(b'\n', raw.get(..before).unwrap_or_default());
    raw.len() - start.map_or(0, |end| end + 1)
}

/// Whether a file without an ARC head begins with this record of an ARC.
fn is_whole_arc_line(line: &[u8]) -> bool {
    Head::parse_arc(line).is_some_and(|head| {
        head.content_length().is_some() && head.date().is_some_and(|date| date.len() == 14)
    })
}

fn shorten(value: &str) -> String {
    value.chars().take(80).collect()
}
