//! `warc check`: one report a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use serde::Serialize;

use crate::digest_check::{DigestReport, DigestVerdict};
use crate::feed::{Container, container_of};
use crate::head::{Format, Head};
use crate::problem::{Code, Problem, Severity};
use crate::read_ahead::with_second_thread;
use crate::survey::check_records;
use crate::wacz::check_wacz;

/// So many problems are listed; the last then says how many more there were.
const LISTED: usize = 10_000;

/// So many types of records are told apart; the rest is counted together, as "…".
const TYPES: usize = 1000;

/// What a file is, judged by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// WARC records.
    Warc,
    /// ARC records.
    Arc,
    /// A ZIP file that holds web archives.
    Wacz,
    /// None of these.
    Unknown,
}

/// The conclusion about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every record is whole, every digest that could be checked matches, no rule is broken.
    Sound,
    /// Records were read, and something is wrong with them: see the problems.
    Flawed,
    /// No record could be read.
    Unreadable,
}

/// How the digests of one kind came out. Every whole record counts in exactly one field, so they
/// add up to the number of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DigestCounts {
    /// The digest matches its bytes.
    pub ok: u64,
    /// It does not match, or cannot be read.
    pub failed: u64,
    /// The record has no such digest. ARC records never have one.
    pub absent: u64,
    /// It names an algorithm this program does not compute.
    pub unknown_algorithm: u64,
    /// Its bytes are not in this record (revisits, segments).
    pub not_here: u64,
    /// Of those in `ok`, how many match only with the transfer encoding left on. Payloads only.
    pub ok_with_transfer_encoding: u64,
}

impl DigestCounts {
    fn count(&mut self, verdict: DigestVerdict) {
        let field = match verdict {
            DigestVerdict::Absent => &mut self.absent,
            DigestVerdict::NotHere => &mut self.not_here,
            DigestVerdict::UnknownAlgorithm => &mut self.unknown_algorithm,
            DigestVerdict::Malformed | DigestVerdict::Differs => &mut self.failed,
            DigestVerdict::Matches => &mut self.ok,
            DigestVerdict::MatchesWithTransferEncoding => {
                self.ok_with_transfer_encoding += 1;
                &mut self.ok
            }
        };
        *field += 1;
    }
}

/// What `warc check` prints for one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The name the caller gave.
    pub file: String,
    /// What the content is.
    pub kind: Kind,
    /// The version of the first record, such as `1.0`; `None` when there is none.
    pub version: Option<String>,
    /// Whole records. An uncompressed ARC response whose HTTP message is complete by its own `Content-Length`
    /// counts even when the length in its line is too large; that is a problem then.
    pub records: u64,
    /// Whole records by type, as the file names them; `arc_header` for an ARC file's head.
    pub by_type: BTreeMap<String, u64>,
    /// Records that begin and are not whole.
    pub incomplete_records: u64,
    /// Payload digests of the whole records.
    pub payload_digests: DigestCounts,
    /// Block digests of the whole records.
    pub block_digests: DigestCounts,
    /// What is wrong, in the order of the file. Empty exactly when the verdict is "sound".
    pub problems: Vec<Problem>,
    /// Deviations that were read as they were meant.
    pub notices: Vec<Problem>,
    /// The conclusion.
    pub verdict: Verdict,
}

impl DigestCounts {
    fn add(&mut self, other: &Self) {
        self.ok += other.ok;
        self.failed += other.failed;
        self.absent += other.absent;
        self.unknown_algorithm += other.unknown_algorithm;
        self.not_here += other.not_here;
        self.ok_with_transfer_encoding += other.ok_with_transfer_encoding;
    }
}

impl Report {
    /// Adds what was found in the file `path` inside a WACZ.
    pub(crate) fn merge(&mut self, path: &str, part: Report) {
        self.records += part.records;
        self.incomplete_records += part.incomplete_records;
        for (kind, count) in part.by_type {
            *self.by_type.entry(kind).or_default() += count;
        }
        self.payload_digests.add(&part.payload_digests);
        self.block_digests.add(&part.block_digests);
        for mut problem in part.problems.into_iter().chain(part.notices) {
            problem.path = Some(path.to_owned());
            self.add(problem);
        }
    }

    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            kind: Kind::Unknown,
            version: None,
            records: 0,
            by_type: BTreeMap::new(),
            incomplete_records: 0,
            payload_digests: DigestCounts::default(),
            block_digests: DigestCounts::default(),
            problems: Vec::new(),
            notices: Vec::new(),
            verdict: Verdict::Sound,
        }
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        let list = match problem.code.severity() {
            Severity::Flaw => &mut self.problems,
            Severity::Notice => &mut self.notices,
        };
        if list.len() < LISTED {
            list.push(problem);
        } else if list.len() == LISTED {
            let detail =
                format!("more than {LISTED} were found; those from here on are not listed");
            let omitted = Problem::new(Code::ProblemsOmitted, problem.offset, None, detail);
            list.push(Problem { path: problem.path, ..omitted });
        }
    }

    /// Counts a record of this type.
    pub(crate) fn count_type(&mut self, name: &str) {
        let types = self.by_type.len();
        match self.by_type.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                let name = if types < TYPES { name } else { "…" };
                *self.by_type.entry(name.to_owned()).or_default() += 1;
            }
        }
    }

    /// Says what the records are.
    pub(crate) fn set_format(&mut self, format: Option<Format>) {
        self.kind = match format {
            Some(Format::Warc) => Kind::Warc,
            Some(Format::Arc) => Kind::Arc,
            None => Kind::Unknown,
        };
    }

    pub(crate) fn conclude(&mut self) {
        let place = |problem: &Problem| (problem.path.clone(), problem.offset);
        self.problems.sort_by_cached_key(place);
        self.notices.sort_by_cached_key(place);
        let unread = |problem: &Problem| {
            matches!(
                problem.code,
                Code::NeedsSeeking | Code::UnsupportedCompression | Code::ZipInvalid
            )
        };
        self.verdict = if self.problems.is_empty() {
            Verdict::Sound
        } else if self.records == 0
            && (self.kind == Kind::Unknown || self.problems.iter().any(unread))
        {
            Verdict::Unreadable
        } else {
            Verdict::Flawed
        };
    }
}

/// A ZIP file that comes as a stream is held in memory up to this size.
const ZIP_IN_MEMORY: u64 = 128 << 20;

/// Checks a WARC, ARC or WACZ that comes as a stream.
///
/// `file` is only printed. `progress` is called now and then with the stored bytes read so far.
/// A second thread reads and decompresses ahead. A WACZ of more than 128 MiB needs [`check_file`]. Errors are those of the machine; whatever the
/// content is, there is a report.
pub fn check<R: Read + Send>(
    file: &str,
    mut input: R,
    progress: &mut dyn FnMut(u64),
) -> io::Result<Report> {
    let mut first = Vec::new();
    (&mut input).take(8).read_to_end(&mut first)?;
    let container = container_of(&first);
    let mut input = Cursor::new(first).chain(input);
    if container == Container::Zip {
        let mut bytes = Vec::new();
        input.by_ref().take(ZIP_IN_MEMORY + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 <= ZIP_IN_MEMORY {
            return check_wacz(file, Cursor::new(bytes), progress);
        }
        let mut report = Report::new(file);
        report.kind = Kind::Wacz;
        let detail = "a ZIP file of more than 128 MiB cannot be read as a stream";
        report.add(Problem::new(Code::NeedsSeeking, 0, None, detail));
        report.conclude();
        return Ok(report);
    }
    let mut report = Report::new(file);
    with_second_thread(input, false, |mut reader| {
        check_records(&mut reader, &mut report, progress)
    })?;
    report.conclude();
    Ok(report)
}

/// Checks a WARC, ARC or WACZ on disk; see [`check`].
pub fn check_file(path: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Report> {
    let name = path.to_string_lossy();
    let mut file = File::open(path)?;
    let mut first = Vec::new();
    (&mut file).take(8).read_to_end(&mut first)?;
    if container_of(&first) == Container::Zip {
        return check_wacz(&name, file, progress);
    }
    check(&name, Cursor::new(first).chain(file), progress)
}

/// Counts the digests of a record and adds what is wrong with them.
pub(crate) fn count_digests(report: &mut Report, found: &DigestReport, offset: u64, head: &Head) {
    report.block_digests.count(found.block);
    report.payload_digests.count(found.payload);
    let mut add = |code: Code, detail: String| {
        report.add(Problem::new(code, offset, head.record_id().map(str::to_owned), detail));
    };
    for (name, verdict, differs) in [
        ("WARC-Block-Digest", found.block, Code::BlockDigestMismatch),
        ("WARC-Payload-Digest", found.payload, Code::PayloadDigestMismatch),
    ] {
        if matches!(
            verdict,
            DigestVerdict::Absent | DigestVerdict::NotHere | DigestVerdict::Matches
        ) {
            continue;
        }
        let text: String = head.get(name).unwrap_or_default().chars().take(160).collect();
        match verdict {
            DigestVerdict::Differs => add(differs, format!("{name} {text} does not match")),
            DigestVerdict::Malformed => {
                add(Code::DigestMalformed, format!("{name} is {text:?}"));
            }
            DigestVerdict::UnknownAlgorithm => {
                add(Code::DigestUnknownAlgorithm, format!("{name} is {text:?}"));
            }
            DigestVerdict::MatchesWithTransferEncoding => add(
                Code::PayloadDigestWithTransferEncoding,
                format!("{name} {text} matches the chunked bytes, not the entity body"),
            ),
            DigestVerdict::Absent | DigestVerdict::NotHere | DigestVerdict::Matches => {}
        }
    }
    if found.head_malformed {
        add(Code::HttpHeadMalformed, "the block does not begin with an HTTP head".to_owned());
    }
    if found.chunking_malformed {
        add(Code::ChunkingMalformed, "the body is not chunked as its head says".to_owned());
    }
}
