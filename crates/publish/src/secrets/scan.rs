//! All secrets of an archive, in one pass.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use serde::Serialize;
use serde_json::Value;
use witnessmark_archive::{Problem, Reader, RecordType};

use super::record::Held;
use super::{Finding, OwnAddresses, SecretKind};

/// How an archive is searched.
#[derive(Clone, Debug)]
pub struct ScanSettings {
    /// Addresses that tell who captured.
    pub own: OwnAddresses,
    /// Bytes of a block, and of a decoded body, that are looked into; what is longer is said in
    /// [`ScanSummary::unread`]. Twice this much memory is used.
    pub body_limit: usize,
    /// Names, in lower case, of request fields whose values are private because the investigator gave them.
    pub private_fields: BTreeSet<String>,
}

impl ScanSettings {
    /// Looks for these addresses, and into bodies of up to 32 MiB.
    pub fn new(own: OwnAddresses) -> Self {
        Self { own, body_limit: 32 << 20, private_fields: BTreeSet::new() }
    }
}

/// The longest description of an exchange that is read.
const LONGEST_DESCRIPTION: usize = 1 << 20;

/// The request fields that a recording of this project names as private, in lower case: their values came from a file of
/// the investigator's (`docs/format.md`, *Recordings*).
pub fn private_fields<R: Read>(input: R) -> io::Result<BTreeSet<String>> {
    let mut reader = Reader::new(input)?.without_record_digests();
    let mut names = BTreeSet::new();
    while let Some(mut record) = reader.next_record()? {
        if *record.head().record_type() == RecordType::Metadata
            && record.head().content_type() == Some("application/json")
        {
            let block = record.payload(LONGEST_DESCRIPTION)?.bytes;
            let says: Value = serde_json::from_slice(&block).unwrap_or_default();
            let named = says.get("private_fields").and_then(Value::as_array);
            let named = named.into_iter().flatten().filter_map(Value::as_str);
            names.extend(named.map(str::to_ascii_lowercase));
        }
        record.finish()?;
    }
    Ok(names)
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScanSummary {
    /// Records that were read.
    pub records: u64,
    /// Findings by kind.
    pub findings: BTreeMap<SecretKind, u64>,
    /// Records whose body holds text and was not looked into, or not to its end. At most 10,000 are listed.
    pub unread: Vec<Unread>,
    /// Records whose body is no text: pictures, sound, PDF, compressed files, UTF-16. Nothing is known of them.
    pub not_text: u64,
    /// Damage and deviations that the reader met.
    pub problems: Vec<Problem>,
}

impl ScanSummary {
    /// How many secrets were found.
    pub fn total(&self) -> u64 {
        self.findings.values().sum()
    }
}

/// A record whose text nobody has looked into to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The record's URI.
    pub record_id: Option<String>,
    /// Why.
    pub why: UnreadWhy,
}

/// Why a body was not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnreadWhy {
    /// It is longer than [`ScanSettings::body_limit`].
    TooLong,
    /// It cannot be decoded as its head announces, or breaks off.
    Undecodable,
    /// It is no text.
    NotText,
}

/// So many unread records are listed.
const LISTED: usize = 10_000;

impl ScanSummary {
    pub(super) fn add(&mut self, held: &Held, unread: Option<UnreadWhy>, found: &[Finding]) {
        self.records += 1;
        for finding in found {
            *self.findings.entry(finding.kind).or_default() += 1;
        }
        match unread {
            Some(UnreadWhy::NotText) => self.not_text += 1,
            Some(why) if self.unread.len() < LISTED => {
                let record_id = held.head.record_id().map(str::to_owned);
                self.unread.push(Unread { record_id, why });
            }
            _ => {}
        }
    }
}

/// Reads a WARC or ARC, plain or compressed, and gives every secret to `take`, in the order of the file.
///
/// Errors are those of the machine; damage in the archive is in [`ScanSummary::problems`], and what a damaged record
/// still holds is searched too.
pub fn scan<R: Read>(
    input: R,
    settings: &ScanSettings,
    mut take: impl FnMut(Finding),
) -> io::Result<ScanSummary> {
    let mut reader = Reader::new(input)?.without_record_digests();
    let mut summary = ScanSummary::default();
    while let Some(mut record) = reader.next_record()? {
        let held = Held::read(&mut record, settings.body_limit)?;
        let inspected = held.inspect(settings)?;
        let findings = held.findings(&inspected, &settings.own);
        summary.add(&held, inspected.unread, &findings);
        findings.into_iter().for_each(&mut take);
    }
    summary.problems = reader.take_problems();
    Ok(summary)
}
