//! Archives of which records go: a copy without them takes the archive's place.
//!
//! Records that stay keep their bytes, their captures and their ids; only their place in the file changes. Each is copied
//! as it is stored, its own gzip member or its plain bytes. Where the archive is one gzip stream, no record can be cut out
//! of it, and the copy is not compressed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use witnessmark_archive::{Reader, RecordType};
use witnessmark_model::payload::{
    ArchiveRef, Evidence, Framing, Import, ManifestLine, Payload, Problem, Recording,
};
use witnessmark_model::{Digest, canonical};
use witnessmark_vault::{EvidenceWriter, Pending};

use super::ErasurePlan;
use crate::{Case, CaseError};

/// The copy of an archive in the making.
struct Copy {
    archive: EvidenceWriter,
    manifest: EvidenceWriter,
    at: u64,
    records: Vec<Digest>,
    captures: u64,
    /// Where each record that stays began, where it begins now, and its length.
    moved: Vec<(u64, u64, u64)>,
}

impl Copy {
    /// Takes in a record as it is now stored, with what ends it.
    fn push(
        &mut self,
        line: ManifestLine,
        stored: &[&[u8]],
        framing: Framing,
    ) -> Result<(), CaseError> {
        let length = match framing {
            Framing::Member => line.length,
            Framing::Plain | Framing::Inflated => line.bytes,
        };
        self.moved.push((line.offset, self.at, length));
        self.captures += u64::from(line.capture.is_some());
        self.records.push(line.sha256);
        let n = self.records.len() as u64 - 1;
        let line = ManifestLine { n, offset: self.at, length, framing, ..line };
        self.manifest.write(&canonical::to_bytes(&line)?)?;
        self.manifest.write(b"\n")?;
        for part in stored {
            self.archive.write(part)?;
            self.at += part.len() as u64;
        }
        Ok(())
    }
}

/// A record's id, and the ids of those that it names as concurrent to it.
type Companions = (Option<String>, Vec<String>);

impl Case {
    /// The copies that take the place of archives of which records go, as entries that wait to be committed.
    pub(super) fn successors(&mut self, plan: &ErasurePlan) -> Result<Vec<Pending>, CaseError> {
        let mut pending = Vec::new();
        for (index, gone) in &plan.records {
            let entry = self.stored(*index)?;
            if let Some(payload) = &entry.payload {
                pending.push(self.successor(payload, gone)?);
            }
        }
        Ok(pending)
    }

    fn successor(&mut self, payload: &Payload, gone: &BTreeSet<u64>) -> Result<Pending, CaseError> {
        let Some(archive) = payload.archive() else {
            return Err(CaseError::machine("an entry whose records go is no archive"));
        };
        let lines = self.manifest_lines(&archive)?;
        let stays: Vec<ManifestLine> =
            lines.into_iter().filter(|line| !gone.contains(&line.n)).collect();
        self.vault.reserve(2, self.environment.entropy.as_mut())?;
        let store = self.vault.store();
        let mut copy = Copy {
            archive: store.writer()?,
            manifest: store.writer()?,
            at: 0,
            records: Vec::new(),
            captures: 0,
            moved: Vec::new(),
        };
        self.copy_records(&archive, stays, &mut copy)?;
        let Copy { archive: bytes, manifest, records, captures, moved, .. } = copy;
        let (evidence, manifest) = (bytes.finish()?, manifest.finish()?);
        let count = records.len() as u64;
        let payload = match payload {
            Payload::Import(import) => Payload::Import(Import {
                problems: still_wrong(&import.problems, &moved),
                evidence,
                manifest,
                records: count,
                captures,
                ..import.clone()
            }),
            Payload::Recording(recording) => Payload::Recording(Recording {
                problems: still_wrong(&recording.problems, &moved),
                evidence,
                manifest,
                records: count,
                captures,
                ..recording.clone()
            }),
            _ => return Err(CaseError::machine("an entry whose records go is no archive")),
        };
        Ok(Pending { payload, records })
    }

    fn copy_records(
        &self,
        archive: &ArchiveRef<'_>,
        stays: Vec<ManifestLine>,
        copy: &mut Copy,
    ) -> Result<(), CaseError> {
        let path = self.vault.store().path(&archive.evidence.sha256);
        let fail = |cause: io::Error| CaseError::file("read", &path, &cause);
        let (inflated, stored): (Vec<_>, Vec<_>) =
            stays.into_iter().partition(|line| line.framing == Framing::Inflated);
        let mut input = self.open_evidence(archive.evidence)?;
        let mut at = 0;
        for line in stored {
            input.seek(SeekFrom::Start(line.offset)).map_err(fail)?;
            let mut bytes = Vec::new();
            input.by_ref().take(line.length).read_to_end(&mut bytes).map_err(fail)?;
            if bytes.len() as u64 != line.length {
                return Err(CaseError::input(
                    format!("record {} of {} breaks off", line.n, archive.id),
                    "`witnessmark verify` says what is damaged; erase the whole archive instead",
                ));
            }
            let framing = line.framing;
            match framing {
                Framing::Member => copy.push(line, &[bytes.as_slice()], framing)?,
                _ => copy.push(line, &[bytes.as_slice(), separator(&bytes)], framing)?,
            }
            at += 1;
        }
        if inflated.is_empty() {
            return Ok(());
        }
        if at > 0 {
            return Err(CaseError::input(
                format!("{} is compressed in two ways", archive.id),
                "erase the whole archive instead",
            ));
        }
        let mut wanted: BTreeMap<u64, ManifestLine> =
            inflated.into_iter().map(|line| (line.offset, line)).collect();
        let mut reader = Reader::new(self.open_evidence(archive.evidence)?).map_err(fail)?;
        while let Some(mut record) = reader.next_record().map_err(fail)? {
            let mut bytes = record.head_bytes().to_vec();
            let read = record.read_to_end(&mut bytes);
            let end = record.finish().map_err(fail)?;
            if let Some(line) = wanted.remove(&end.plain_offset) {
                read.map_err(fail)?;
                copy.push(line, &[bytes.as_slice(), separator(&bytes)], Framing::Plain)?;
            }
        }
        match wanted.first_key_value() {
            None => Ok(()),
            Some((_, line)) => Err(CaseError::input(
                format!("record {} of {} is no longer found", line.n, archive.id),
                "`witnessmark verify` says what is damaged; erase the whole archive instead",
            )),
        }
    }

    fn manifest_lines(&self, archive: &ArchiveRef<'_>) -> Result<Vec<ManifestLine>, CaseError> {
        let path = self.vault.store().path(&archive.manifest.sha256);
        let mut lines = Vec::new();
        for line in BufReader::new(self.open_evidence(archive.manifest)?).lines() {
            let line = line.map_err(|cause| CaseError::file("read", &path, &cause))?;
            lines.push(canonical::from_bytes(line.as_bytes())?);
        }
        Ok(lines)
    }

    /// For each record of an archive, by number, the number of the first of those that it belongs to: request, answer and
    /// what was noted about them name each other, and a repetition names what it repeats.
    pub(super) fn joined_records(&self, entry: u64) -> Result<BTreeMap<u64, u64>, CaseError> {
        let stored = self.stored(entry)?;
        let Some(archive) = stored.payload.as_ref().and_then(Payload::archive) else {
            return Ok(BTreeMap::new());
        };
        let numbers: BTreeMap<u64, u64> =
            self.manifest_lines(&archive)?.iter().map(|line| (line.offset, line.n)).collect();
        let named = self.names_between(archive.evidence, &numbers)?;
        let by_id: BTreeMap<&str, u64> =
            named.iter().filter_map(|(n, (id, _))| Some((id.as_deref()?, *n))).collect();
        let mut first: BTreeMap<u64, u64> = numbers.values().map(|n| (*n, *n)).collect();
        // Few rounds are enough: records that belong together lie close, and name one of them.
        let mut changed = true;
        while changed {
            changed = false;
            for (n, (_, others)) in &named {
                for other in others.iter().filter_map(|id| by_id.get(id.as_str())) {
                    let least = first.get(n).copied().min(first.get(other).copied()).unwrap_or(*n);
                    for number in [n, other] {
                        if first.get(number) != Some(&least) {
                            first.insert(*number, least);
                            changed = true;
                        }
                    }
                }
            }
        }
        Ok(first)
    }

    /// The id of each record and the ids that it names, by number.
    fn names_between(
        &self,
        archive: &Evidence,
        numbers: &BTreeMap<u64, u64>,
    ) -> Result<BTreeMap<u64, Companions>, CaseError> {
        let path = self.vault.store().path(&archive.sha256);
        let fail = |cause: io::Error| CaseError::file("read", &path, &cause);
        let mut reader = Reader::new(self.open_evidence(archive)?).map_err(fail)?;
        let mut named = BTreeMap::new();
        while let Some(record) = reader.next_record().map_err(fail)? {
            let head = record.head();
            let id = head.record_id().map(bare);
            // The chain of certificates and the warcinfo are named by many records, and belong to none of them.
            let shared = matches!(head.record_type(), RecordType::Warcinfo)
                || head.target_uri().is_some_and(|uri| uri.starts_with("urn:tls-chain:"));
            let others = head.fields().filter(|(name, _)| {
                ["WARC-Concurrent-To", "WARC-Refers-To"]
                    .iter()
                    .any(|one| name.eq_ignore_ascii_case(one))
            });
            let others = others.map(|(_, value)| bare(value)).collect::<Vec<_>>();
            let end = record.finish().map_err(fail)?;
            let number = numbers.get(&end.offset).or_else(|| numbers.get(&end.plain_offset));
            if let (Some(number), false) = (number, shared) {
                named.insert(*number, (id, others));
            }
        }
        Ok(named)
    }
}

/// A record's URI without the brackets that stand around it in headers.
fn bare(uri: &str) -> String {
    uri.trim().trim_matches(['<', '>']).to_owned()
}

/// What ends a record that has no gzip member of its own.
fn separator(record: &[u8]) -> &'static [u8] {
    if record.starts_with(b"WARC/") { b"\r\n\r\n" } else { b"\n" }
}

/// The problems of records that stay, at their new place.
fn still_wrong(problems: &[Problem], moved: &[(u64, u64, u64)]) -> Vec<Problem> {
    let new = |problem: &Problem| {
        let (was, now, _) = moved.iter().find(|(was, _, length)| {
            (*was..was.saturating_add(*length)).contains(&problem.offset)
        })?;
        Some(Problem { offset: now + (problem.offset - was), ..problem.clone() })
    };
    problems.iter().filter_map(new).collect()
}
