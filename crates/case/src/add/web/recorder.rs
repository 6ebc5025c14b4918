//! A recording under way: one archive in the folder `incoming`, closed into the vault when it is long enough.
//!
//! What passed is written there as it comes, so that a crash or a full disk loses nothing that had been written: the next
//! command that adds finds the file and keeps every whole record of it (see `unfinished`).

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use witnessmark_archive::read_record_at;
use witnessmark_capture::{
    Exchange, FileAbout, KnownPayload, KnownPayloads, NewResource, Purpose, RecordError,
    RecordWriter, WrittenRecord,
};
use witnessmark_model::id::ImportId;
use witnessmark_model::{Digest, Entropy, Moment};

use super::incoming::{Incoming, Output, Source};
use crate::CaseError;
use crate::add::warc::RecordedCapture;
use crate::casebook::Casebook;
use crate::reading::LARGEST_TEXT;

/// A recording is closed when it holds so many captures.
const MOST_CAPTURES: usize = 1000;

/// One archive that is being written.
pub(super) struct Recorder {
    pub(super) id: ImportId,
    pub(super) path: PathBuf,
    output: Output,
    writer: RecordWriter<Output>,
    /// The captures noted so far, by the record that shows them.
    pub(super) captures: BTreeMap<String, RecordedCapture>,
    /// Payloads of pages that this very file keeps whole, and those of parts and rules for robots.
    pages: BTreeMap<Digest, KnownPayload>,
    parts: BTreeMap<Digest, KnownPayload>,
}

/// An archive that was written.
pub(super) struct Closed {
    pub(super) id: ImportId,
    pub(super) path: PathBuf,
    pub(super) source: Source,
    /// The captures in it, by the record that shows them.
    pub(super) captures: BTreeMap<String, RecordedCapture>,
}

/// The payloads that the file or the case keeps whole. A page is said to repeat a page only: a site may send its "not
/// found" for everything, its rules for robots among them, and that page has to be judged.
struct Known<'k> {
    purpose: Purpose,
    recorder: (&'k BTreeMap<Digest, KnownPayload>, &'k BTreeMap<Digest, KnownPayload>),
    casebook: &'k Casebook,
}

impl KnownPayloads for Known<'_> {
    fn find(&self, payload: &Digest) -> Option<KnownPayload> {
        let (pages, parts) = self.recorder;
        // A casebook that fails costs space, not evidence: the payload is then kept again.
        let page = pages.find(payload).or_else(|| self.casebook.payload(payload).ok().flatten());
        page.or_else(|| parts.find(payload).filter(|_| self.purpose != Purpose::Page))
    }
}

impl Recorder {
    /// Begins an archive.
    pub(super) fn begin(
        incoming: &Incoming,
        about: &FileAbout,
        now: Moment,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, CaseError> {
        let id = ImportId::random(entropy);
        let (path, output) = incoming.begin(&id.to_string(), entropy)?;
        let writer = RecordWriter::begin(output.clone(), about, now, entropy);
        let (writer, _) = writer.map_err(|error| unwritten(&path, &error))?;
        Ok(Self {
            id,
            path,
            output,
            writer,
            captures: BTreeMap::new(),
            pages: BTreeMap::new(),
            parts: BTreeMap::new(),
        })
    }

    /// Writes what passed in one exchange.
    pub(super) fn exchange(
        &mut self,
        exchange: &Exchange,
        casebook: &Casebook,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<WrittenRecord>, CaseError> {
        let recorder = (&self.pages, &self.parts);
        let known = Known { purpose: exchange.purpose, recorder, casebook };
        let written = self.writer.exchange(exchange, &known, entropy);
        let written = written.map_err(|error| unwritten(&self.path, &error))?;
        self.flush()?;
        for record in &written {
            if record.record_type == witnessmark_archive::RecordType::Response
                && exchange.is_whole()
                && let (Some(digest), Some(uri)) = (record.payload_digest, &record.target_uri)
            {
                let kept = match exchange.purpose {
                    Purpose::Page => &mut self.pages,
                    Purpose::Part | Purpose::Robots => &mut self.parts,
                };
                kept.entry(digest).or_insert_with(|| KnownPayload {
                    record_id: record.record_id.clone(),
                    target_uri: uri.clone(),
                    date: record.date.clone(),
                });
            }
        }
        Ok(written)
    }

    /// Writes what a browser made of a page.
    pub(super) fn resource(
        &mut self,
        resource: &NewResource<'_>,
        entropy: &mut dyn Entropy,
    ) -> Result<WrittenRecord, CaseError> {
        let written = self.writer.resource(resource, entropy);
        let written = written.map_err(|error| unwritten(&self.path, &error))?;
        self.flush()?;
        Ok(written)
    }

    /// What was written so far is not lost when the process dies.
    fn flush(&mut self) -> Result<(), CaseError> {
        self.output.flush().map_err(|cause| CaseError::file("write", &self.path, &cause))
    }

    /// What was written so far, for reading.
    pub(super) fn source(&self) -> Source {
        self.output.source(&self.path)
    }

    /// The body of an answer that was written, without its encodings.
    pub(super) fn body(&self, record: &WrittenRecord) -> Result<Vec<u8>, CaseError> {
        let read = || -> std::io::Result<Vec<u8>> {
            let place = record.place;
            let mut reader = read_record_at(self.source().open()?, place.offset, place.length)?;
            match reader.next_record()? {
                Some(mut record) => Ok(record.payload(LARGEST_TEXT)?.bytes),
                None => Ok(Vec::new()),
            }
        };
        read().map_err(|cause| CaseError::file("read", &self.path, &cause))
    }

    /// Whether it is long enough to be closed.
    pub(super) fn is_full(&self, most_bytes: u64) -> bool {
        self.captures.len() >= MOST_CAPTURES || self.writer.length() >= most_bytes
    }

    /// Closes the file. It stays in the folder until the vault has it.
    pub(super) fn close(self) -> Result<Closed, CaseError> {
        let fail = |cause: std::io::Error| CaseError::file("write", &self.path, &cause);
        let output = self.writer.finish().map_err(fail)?;
        let source = output.source(&self.path);
        Ok(Closed { id: self.id, path: self.path, source, captures: self.captures })
    }
}

fn unwritten(path: &Path, error: &RecordError) -> CaseError {
    use std::error::Error;
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(machine) = one.downcast_ref::<std::io::Error>() {
            return CaseError::file("write", path, machine);
        }
        cause = one.source();
    }
    CaseError::machine(format!("{}: {error}", path.display()))
}
