//! A copy of a WARC in which the secrets are masked.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::{Compression, GzBuilder};
use serde::Serialize;
use witnessmark_archive::{
    Algorithm, Container, Format, Reader, WarcWriter, WriteError, write_digest,
};
use witnessmark_model::canonical::CanonicalError;
use witnessmark_model::digest::Hasher;
use witnessmark_model::{Digest, Entropy, Moment};

use super::note::{CopyFacts, NoteMaker};
use super::record::{Held, fields};
use super::rewrite::{Changed, Rewritten, rewrite, with_digests};
use super::scan::{ScanSettings, ScanSummary};

/// How a copy is made.
#[derive(Clone, Debug)]
pub struct ScrubSettings {
    /// What is searched for.
    pub scan: ScanSettings,
    /// The digest by which the original is known, as the copy is to name it.
    ///
    /// It is left out when nothing was masked but what can be guessed, such as an address or a short password: a
    /// stranger would put in one after another until the digest is right.
    pub original: Digest,
    /// The program and its version: `witnessmark/0.1.0`.
    pub software: String,
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scrubbed {
    /// What was found in the original. All of it is masked or left out.
    pub found: ScanSummary,
    /// Records in which something was masked.
    pub changed: u64,
    /// Records that are not in the copy, each with a note that is.
    pub left_out: u64,
    /// Damaged records, which are not in the copy and have no note.
    pub damaged: u64,
    /// The copy names the original's digest.
    pub names_original: bool,
}

/// Why no copy was made. The output then holds an unfinished one: remove it.
#[derive(Debug, thiserror::Error)]
pub enum ScrubError {
    /// The input is no WARC.
    #[error("the archive is {0}; only a WARC can be copied with its secrets masked")]
    NotWarc(&'static str),
    /// A note could not be written as a record.
    #[error("the note on a masked record: {0}")]
    Note(#[from] WriteError),
    /// A note has no canonical form.
    #[error("the note on a masked record: {0}")]
    Canonical(#[from] CanonicalError),
    /// The original was read twice, and was not the same the second time.
    #[error("the archive changed while it was copied: record {0} is not as it was")]
    InputChanged(u64),
    /// Reading or writing failed.
    #[error(transparent)]
    Machine(#[from] io::Error),
}

impl ScrubError {
    /// What to do, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotWarc(_) => {
                Some("take the WARC files out of a WACZ first; an ARC is converted to WARC first")
            }
            Self::InputChanged(_) => {
                Some("copy the archive to a place that nobody writes to, then try again")
            }
            Self::Machine(_) => {
                Some("look at the free space and the rights of the folder, then try again")
            }
            Self::Note(_) | Self::Canonical(_) => None,
        }
    }
}

/// Writes a copy of a WARC in which every secret that [`scan`](super::scan()) names is masked: each of its bytes is a
/// `*`, so lengths stay.
///
/// - Records without a secret are byte for byte those of the original, from `WARC/` to the end of the block.
/// - A changed record has new digests (SHA-256), and a `metadata` record behind it says what was masked.
/// - A body that is chunked or compressed and holds a secret is written decoded; its HTTP head says so in fields named
///   `X-Archive-Orig-…`. If it cannot be decoded to its end, the record is left out, and a note says so.
/// - Sums of a masked body in its HTTP head (`ETag`, `Content-MD5`, …) are masked as well.
/// - A revisit of a masked payload gets that payload's new digest.
/// - Damaged records are left out.
/// - The first record is a `warcinfo` that says: this is a redacted copy.
///
/// A plain WARC gives a plain one, any other a gzip member a record. The input is read twice and never written. The
/// same input, settings, randomness and moment give the same bytes.
pub fn scrub<R: Read + Seek, W: Write>(
    mut input: R,
    output: W,
    settings: &ScrubSettings,
    entropy: &mut dyn Entropy,
    now: Moment,
) -> Result<Scrubbed, ScrubError> {
    let plan = plan(&mut input, settings)?;
    input.seek(SeekFrom::Start(0))?;
    let mut reader = Reader::new(&mut input)?.without_record_digests();
    let gzip = reader.container() != Container::Plain;
    let mut copy = Copy { output, gzip, notes: NoteMaker { entropy, now } };
    let names_original = plan.names_original();
    let (record, block) = copy.notes.copy(&CopyFacts {
        software: &settings.software,
        original: names_original.then_some(settings.original),
        masked: plan.found.total(),
        changed: plan.changed,
        left_out: plan.left_out,
        unread: plan.found.unread.len() as u64,
        not_text: plan.found.not_text,
    });
    copy.note(&record, &block)?;
    let mut payloads = BTreeMap::new();
    let mut number = 0;
    while let Some(mut record) = reader.next_record()? {
        let held = Held::read(&mut record, settings.scan.body_limit)?;
        let inspected = held.inspect(&settings.scan)?;
        let rewritten = with_known_payload(rewrite(&held, &inspected), &held, &payloads);
        if held.is_long {
            let long = plan.long.get(&number).ok_or(ScrubError::InputChanged(number))?;
            if long.is_whole {
                copy.long(&held, &rewritten, &long.digest, &mut record)?;
            }
        }
        if !record.finish()?.whole {
            number += 1;
            continue;
        }
        let findings = held.findings(&inspected, &settings.scan.own);
        let record_id = held.head.record_id();
        match rewritten {
            Rewritten::Unchanged if held.is_long => {}
            Rewritten::Unchanged => copy.record(&[&held.bytes])?,
            Rewritten::Changed(changed) => {
                if !held.is_long {
                    copy.record(&[&changed.head, &changed.block])?;
                }
                let is_elsewhere = findings.is_empty();
                let (note, block) =
                    copy.notes.changed(record_id, &findings, changed.is_decoded, is_elsewhere)?;
                copy.note(&note, &block)?;
                payloads.extend(changed.payload);
            }
            Rewritten::LeftOut(why) => {
                let (note, block) = copy.notes.left_out(record_id, why, &findings)?;
                copy.note(&note, &block)?;
            }
        }
        number += 1;
    }
    copy.output.flush()?;
    let Plan { found, changed, left_out, damaged, .. } = plan;
    Ok(Scrubbed { found, changed, left_out, damaged, names_original })
}

/// What the first reading finds out.
#[derive(Default)]
struct Plan {
    found: ScanSummary,
    changed: u64,
    left_out: u64,
    damaged: u64,
    /// Bytes that were masked and cannot be guessed.
    unguessable: u64,
    /// Records whose block is longer than is held, by their number.
    long: BTreeMap<u64, Long>,
}

/// A record that is copied as it streams by.
struct Long {
    is_whole: bool,
    /// Digest of its block as masked.
    digest: String,
}

/// So many bytes of random letters are more than anybody can try: 256 bits and more in any encoding but decimal.
const UNGUESSABLE: u64 = 64;

impl Plan {
    fn names_original(&self) -> bool {
        self.found.total() == 0 || self.unguessable >= UNGUESSABLE
    }
}

fn plan(input: impl Read, settings: &ScrubSettings) -> Result<Plan, ScrubError> {
    let mut plan = Plan::default();
    let mut reader = Reader::new(input)?.without_record_digests();
    let mut payloads = BTreeMap::new();
    let mut number = 0;
    while let Some(mut record) = reader.next_record()? {
        let held = Held::read(&mut record, settings.scan.body_limit)?;
        if held.head.format() == Format::Arc {
            return Err(ScrubError::NotWarc("an ARC"));
        }
        let inspected = held.inspect(&settings.scan)?;
        let findings = held.findings(&inspected, &settings.scan.own);
        let rewritten = with_known_payload(rewrite(&held, &inspected), &held, &payloads);
        let mut hasher = Hasher::new();
        if held.is_long {
            let block = match &rewritten {
                Rewritten::Changed(changed) => &changed.block,
                _ => held.bytes.get(held.block..).unwrap_or_default(),
            };
            hasher.update(block);
            copy_rest(&mut record, |data| {
                hasher.update(data);
                Ok(())
            })?;
        }
        let is_whole = record.finish()?.whole;
        plan.found.add(&held, inspected.unread, &findings);
        match &rewritten {
            _ if !is_whole => plan.damaged += 1,
            Rewritten::Unchanged => {}
            Rewritten::Changed(changed) => {
                plan.changed += 1;
                payloads.extend(changed.payload.clone());
            }
            Rewritten::LeftOut(_) => plan.left_out += 1,
        }
        if is_whole {
            let unguessable = findings.iter().filter(|finding| !finding.kind.is_guessable());
            plan.unguessable += unguessable.map(|finding| finding.length).sum::<u64>();
        }
        if held.is_long {
            let digest = write_digest(Algorithm::Sha256, &hasher.finish().0);
            plan.long.insert(number, Long { is_whole, digest });
        }
        number += 1;
    }
    if reader.container() == Container::Zip {
        return Err(ScrubError::NotWarc("a ZIP file"));
    }
    if number == 0 {
        return Err(ScrubError::NotWarc("empty, or something else"));
    }
    plan.found.problems = reader.take_problems();
    Ok(plan)
}

/// A revisit of a payload that was masked earlier in the file names its new digest.
fn with_known_payload(
    rewritten: Rewritten,
    held: &Held,
    payloads: &BTreeMap<String, String>,
) -> Rewritten {
    let said = held.head.get("WARC-Payload-Digest");
    let Some(now) = said.and_then(|said| payloads.get(said)) else { return rewritten };
    if *held.head.record_type() != witnessmark_archive::RecordType::Revisit {
        return rewritten;
    }
    let (head, block) = held.bytes.split_at(held.block);
    let (head, block, is_decoded) = match rewritten {
        Rewritten::Unchanged => (head.to_vec(), block.to_vec(), false),
        Rewritten::Changed(changed) => (changed.head, changed.block, changed.is_decoded),
        left_out @ Rewritten::LeftOut(_) => return left_out,
    };
    let digest = block_digest(&head).unwrap_or_else(|| super::rewrite::digest_of(&block));
    let head = with_digests(&head, &digest, Some(now), None);
    Rewritten::Changed(Changed { head, block, is_decoded, payload: None })
}

/// The block digest as a header says it.
fn block_digest(head: &[u8]) -> Option<String> {
    let field = fields(head).into_iter().find(|field| {
        let name = head.get(field.name.0..field.name.1).unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"WARC-Block-Digest")
    })?;
    let value = head.get(field.value.0..field.value.1)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// Hands the rest of a block on in pieces. A block that breaks off ends here; its record says so.
fn copy_rest(
    record: &mut impl Read,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match record.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(buffer.get(..count).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The copy that is being written.
struct Copy<'e, W> {
    output: W,
    gzip: bool,
    notes: NoteMaker<'e>,
}

impl<W: Write> Copy<'_, W> {
    /// Writes a record of ours.
    fn note(
        &mut self,
        record: &witnessmark_archive::NewRecord,
        block: &[u8],
    ) -> Result<(), ScrubError> {
        let mut writer = match self.gzip {
            true => WarcWriter::gzip(&mut self.output),
            false => WarcWriter::plain(&mut self.output),
        };
        writer.write(record, || Ok(block))?;
        Ok(())
    }

    /// Writes a record whose bytes are held.
    fn record(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        self.member(|output| parts.iter().try_for_each(|part| output.write_all(part)))
    }

    /// Writes a record that is longer than what is held.
    fn long(
        &mut self,
        held: &Held,
        rewritten: &Rewritten,
        digest: &str,
        rest: &mut impl Read,
    ) -> io::Result<()> {
        self.member(|output| {
            match rewritten {
                Rewritten::Changed(changed) => {
                    output.write_all(&with_digests(&changed.head, digest, None, None))?;
                    output.write_all(&changed.block)?;
                }
                _ => output.write_all(&held.bytes)?,
            }
            copy_rest(rest, |data| output.write_all(data))
        })
    }

    /// One record, in a gzip member of its own unless the copy is plain.
    fn member(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if self.gzip {
            // No name and no time stamp in the member: they would change the bytes.
            let mut member = GzBuilder::new().write(&mut self.output, Compression::default());
            write(&mut member)?;
            member.write_all(b"\r\n\r\n")?;
            member.finish()?;
            Ok(())
        } else {
            write(&mut self.output)?;
            self.output.write_all(b"\r\n\r\n")
        }
    }
}
