//! A WARC file: kept byte for byte as one blob, its records listed in a manifest, all in one entry.

use std::collections::BTreeMap;

use witnessmark_archive::{
    Kind, Layout, Reader, RecordType, Report, SurveyedRecord, read_ahead, survey,
};
use witnessmark_model::id::{CaptureId, ImportId};
use witnessmark_model::payload::{
    Evidence, Framing, Import, ManifestLine, Payload, Problem, Verdict,
};
use witnessmark_model::{Digest, canonical};
use witnessmark_vault::Pending;

use super::{Item, Outcome, Pendings};
use crate::{Case, CaseError, Progress};

/// Whether a file that begins so is a web archive that can be imported: WARC or ARC, plain or gzip.
pub(super) fn is_archive(head: &[u8]) -> bool {
    let begins = [&b"WARC/"[..], b"filedesc://", &[0x1f, 0x8b]];
    if !begins.iter().any(|begin| head.starts_with(begin)) {
        return false;
    }
    let Ok(mut reader) = Reader::new(head) else { return false };
    // The first record's head lies within the first bytes, though its block may not.
    matches!(reader.next_record(), Ok(Some(_)))
}

impl Case {
    /// Logs an archive whose bytes are kept: one entry for all its records.
    pub(super) fn import_warc(
        &mut self,
        item: &Item,
        kept: Evidence,
        progress: &Progress,
    ) -> Result<Outcome, CaseError> {
        if let Some(found) = self.import_of(&kept, &item.name)? {
            self.vault.store().discard(&kept)?;
            progress.advance(1, 0);
            let known = Outcome::known(item, &kept.plain_sha256, kept.plain_length(), found.id);
            return Ok(Outcome { captures: Some(found.captures), ..known });
        }
        let mut pending = Pendings::default();
        let evidence = self.known_or_new(kept, &mut pending)?;
        let listed = self.list_records(&evidence, None)?;
        let (bytes, digest) = (evidence.plain_length(), evidence.plain_sha256);
        let import = Import {
            id: ImportId::random(self.environment.entropy.as_mut()),
            name: item.name.clone(),
            format: listed.format.to_owned(),
            evidence,
            manifest: listed.manifest,
            records: listed.records.len() as u64,
            captures: listed.captures,
            problems: listed.problems,
        };
        let counts = format!("{} records, {} of them captures", import.records, import.captures);
        let verdict = Verdict { code: "content".to_owned(), evidence: vec![counts] };
        let source = item.path.display().to_string();
        let mut outcome = Outcome {
            bytes,
            digest: Some(digest),
            captures: Some(import.captures),
            ..Outcome::of(source, import.id.to_string(), verdict)
        };
        if let Some(first) = import.problems.first() {
            outcome.verdict = "partial".to_owned();
            outcome.failed = true;
            outcome.evidence.push(format!(
                "{} at byte {}: {}{}",
                first.code,
                first.offset,
                first.detail,
                match import.problems.len() {
                    1 => String::new(),
                    more => format!(" (and {} more problems)", more - 1),
                }
            ));
            outcome.hint = Some(
                "every whole record was kept; `witnessmark warc check` lists all that is wrong"
                    .into(),
            );
        }
        self.commit(vec![Pending { payload: Payload::Import(import), records: listed.records }])?;
        progress.advance(1, 0);
        Ok(outcome)
    }

    fn import_of(&self, kept: &Evidence, name: &str) -> Result<Option<Import>, CaseError> {
        let imports = self.casebook.entries_of_kind("import")?;
        Ok(imports.into_iter().find_map(|entry| match entry.payload {
            Some(Payload::Import(import))
                if import.evidence.plain_sha256 == kept.plain_sha256 && import.name == name =>
            {
                Some(import)
            }
            _ => None,
        }))
    }

    /// Walks the records of a stored archive and writes its manifest. Of a recording, the captures are those that were
    /// noted while it was written, by record id; of any other archive, the pages in it.
    pub(super) fn list_records(
        &mut self,
        archive: &Evidence,
        mut recorded: Option<BTreeMap<String, RecordedCapture>>,
    ) -> Result<Listed, CaseError> {
        let path = self.vault.store().path(&archive.sha256);
        let input = self.open_evidence(archive)?;
        self.vault.reserve(1, self.environment.entropy.as_mut())?;
        let mut manifest = self.vault.store().writer()?;
        let (mut records, mut captures, mut problems) = (Vec::new(), 0, Vec::new());
        let mut sources = BTreeMap::new();
        let mut list = |record: &SurveyedRecord<'_>| -> Result<(), Failure> {
            let (head, end) = (record.head(), record.end());
            let Some(sha256) = end.sha256.map(Digest) else { return Ok(()) };
            let media_type = record.media_type();
            let shows = matches!(head.record_type(), RecordType::Response | RecordType::Resource)
                && is_page(media_type.as_deref());
            let uri = head.target_uri().map(|uri| uri.into_owned());
            let record_id = head.record_id().map(str::to_owned);
            let noted = match (&mut recorded, &record_id) {
                (Some(noted), Some(id)) => noted.remove(id),
                _ => None,
            };
            let (mut capture, mut source) = (None, None);
            let (mut page, mut payload, mut verdict) = (None, None, None);
            if let Some(noted) = noted {
                capture = Some(noted.capture);
                source = Some(self.source_id(Some(&noted.page), &mut sources)?);
                (page, payload, verdict) = (Some(noted.page), noted.payload, Some(noted.verdict));
            } else if shows && recorded.is_none() {
                capture = Some(CaptureId::random(self.environment.entropy.as_mut()));
                source = Some(self.source_id(uri.as_deref(), &mut sources)?);
            }
            captures += u64::from(capture.is_some());
            let (framing, offset, length) = match (end.layout, end.length) {
                (Layout::Plain, Some(length)) => (Framing::Plain, end.offset, length),
                (Layout::OwnMember | Layout::SplitMembers, Some(length)) => {
                    (Framing::Member, end.offset, length)
                }
                _ => (Framing::Inflated, end.plain_offset, record.plain_length()),
            };
            let line = ManifestLine {
                n: records.len() as u64,
                offset,
                length,
                framing,
                record_type: head.record_type().as_str().to_owned(),
                record_id,
                uri,
                date: head.date().map(str::to_owned),
                status: record.http().and_then(|http| http.status),
                media_type,
                sha256,
                bytes: record.plain_length(),
                capture,
                source,
                payload,
                page,
                verdict,
            };
            let line = canonical::to_bytes(&line).map_err(CaseError::from)?;
            manifest.write(&line).and_then(|()| manifest.write(b"\n")).map_err(CaseError::from)?;
            records.push(sha256);
            Ok(())
        };
        let report = read_ahead(input, |mut reader| {
            survey(&mut reader, "", &mut |_| (), &mut |record| list(record))
        });
        let Report { kind, problems: found, .. } = report.map_err(|failure| match failure {
            Failure::Case(error) => error,
            Failure::Read(cause) => CaseError::file("read", &path, &cause),
        })?;
        for problem in found {
            problems.push(Problem {
                code: problem.code.as_str().to_owned(),
                offset: problem.offset,
                detail: problem.detail,
            });
        }
        let format = if kind == Kind::Arc { "arc" } else { "warc" };
        Ok(Listed { manifest: manifest.finish()?, records, captures, problems, format })
    }
}

/// What walking an archive gave.
pub(super) struct Listed {
    pub(super) manifest: Evidence,
    pub(super) records: Vec<Digest>,
    pub(super) captures: u64,
    pub(super) problems: Vec<Problem>,
    /// `warc` or `arc`.
    format: &'static str,
}

/// A record of our own that shows a page.
pub(super) struct RecordedCapture {
    pub(super) capture: CaptureId,
    /// The address that was asked for.
    pub(super) page: String,
    /// SHA-256 of the response's body without transfer encoding.
    pub(super) payload: Option<Digest>,
    pub(super) verdict: Verdict,
}

/// Why an archive was not listed to its end.
enum Failure {
    Case(CaseError),
    Read(std::io::Error),
}

impl From<CaseError> for Failure {
    fn from(error: CaseError) -> Self {
        Self::Case(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(cause: std::io::Error) -> Self {
        Self::Read(cause)
    }
}

/// Beginnings of the media types of office files.
const OFFICE: [&str; 2] =
    ["application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."];

/// Whether content of this media type is a page or a document that somebody can read, and so a capture of its own. Pictures
/// are not: most of those in an archive are parts of pages.
fn is_page(media_type: Option<&str>) -> bool {
    let media_type = media_type.map(str::to_ascii_lowercase).unwrap_or_default();
    matches!(
        media_type.as_str(),
        "text/html"
            | "application/xhtml+xml"
            | "text/plain"
            | "application/pdf"
            | "text/csv"
            | "application/rtf"
            | "text/rtf"
            | "application/epub+zip"
            | "message/rfc822"
            | "application/vnd.ms-outlook"
    ) || OFFICE.iter().any(|office| media_type.starts_with(office))
}

#[cfg(test)]
mod tests {
    use super::is_page;

    #[test]
    fn pages_and_documents_are_captures() {
        for (media_type, expected) in [
            ("Text/HTML", true),
            ("application/pdf", true),
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true),
            ("application/vnd.oasis.opendocument.text", true),
            ("text/csv", true),
            ("text/css", false),
            ("image/png", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(is_page(Some(media_type)), expected, "{media_type}");
        }
        assert!(!is_page(None));
    }
}
