//! Imported and recorded archives: every record read again and compared with the manifest.

use std::io::{self, BufRead, BufReader, Read};

use witnessmark_archive::{Layout, Reader, RecordEnd};
use witnessmark_model::payload::{ArchiveRef, Framing, ManifestLine};
use witnessmark_model::{Digest, canonical};

use super::blobs;
use super::keys::Keyring;
use crate::files::Files;
use crate::findings::{Findings, Group};

/// A record's header may be 1 MiB; a line repeats some of it, escaped.
const LONGEST_LINE: u64 = 16 << 20;

/// The lines of a manifest, one after another.
struct Lines<'m> {
    input: BufReader<&'m mut dyn Read>,
    next: u64,
    line: Vec<u8>,
}

impl<'m> Lines<'m> {
    fn new(input: &'m mut dyn Read) -> Self {
        Self { input: BufReader::with_capacity(64 * 1024, input), next: 0, line: Vec::new() }
    }

    /// The next line; what is wrong with it, in words.
    fn next(&mut self) -> io::Result<Option<Result<ManifestLine, String>>> {
        self.line.clear();
        if self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        let number = self.next;
        self.next = number.saturating_add(1);
        let parsed = match self.line.strip_suffix(b"\n") {
            None => Err(format!("line {} does not end", number.saturating_add(1))),
            Some(line) => match canonical::from_bytes::<ManifestLine>(line) {
                Err(error) => Err(format!("line {}: {error}", number.saturating_add(1))),
                Ok(line) if line.n != number => {
                    Err(format!("line {} is numbered {}", number.saturating_add(1), line.n))
                }
                Ok(line) => Ok(line),
            },
        };
        Ok(Some(parsed))
    }
}

/// Calls `visit` with every line of an import's manifest; an error names the first line that is wrong.
pub(super) fn read_manifest(
    keys: &Keyring,
    files: &dyn Files,
    import: &ArchiveRef<'_>,
    visit: &mut dyn FnMut(&ManifestLine),
) -> Result<(), String> {
    let mut outcome = Ok(());
    let (mut records, mut captures) = (0u64, 0u64);
    keys.read_evidence(files, import.manifest, &mut |input| {
        let mut lines = Lines::new(input);
        while let Some(line) = lines.next()? {
            match line {
                Ok(line) => {
                    records += 1;
                    captures += u64::from(line.capture.is_some());
                    visit(&line);
                }
                Err(detail) => {
                    outcome = Err(detail);
                    break;
                }
            }
        }
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    outcome?;
    if (records, captures) != (import.records, import.captures) {
        return Err(format!(
            "it lists {records} records and {captures} captures, the entry says {} and {}",
            import.records, import.captures
        ));
    }
    Ok(())
}

/// Reads the archive of entry `index` again, record by record, beside its manifest.
pub(super) fn check(
    keys: &Keyring,
    files: &dyn Files,
    index: u64,
    import: &ArchiveRef<'_>,
    findings: &mut Findings,
) {
    let archive = blobs::path(&import.evidence.sha256);
    let compared = keys.read_evidence(files, import.manifest, &mut |manifest| {
        let mut lines = Lines::new(manifest);
        let read = keys.read_evidence(files, import.evidence, &mut |input| {
            compare(input, &mut lines, index, &archive, findings)
        });
        if let Err(error) = read {
            findings.fail(
                Group::Imports,
                &archive,
                format!("the archive of entry {index}: {error}"),
            );
        }
        Ok(())
    });
    // A manifest that cannot be read was reported when its lines were counted.
    let _ = compared;
}

fn compare(
    input: &mut dyn Read,
    lines: &mut Lines<'_>,
    index: u64,
    archive: &str,
    findings: &mut Findings,
) -> io::Result<()> {
    let mut next = || loop {
        match lines.next() {
            Ok(Some(Ok(line))) => return Some(line),
            Ok(Some(Err(_))) => {}
            Ok(None) | Err(_) => return None,
        }
    };
    let mut expected = next();
    let absent = |line: &ManifestLine, findings: &mut Findings| {
        let detail = format!(
            "entry {index} lists record {} at offset {}, where none was found",
            line.n, line.offset
        );
        findings.fail(Group::Imports, archive, detail);
    };
    let mut reader = Reader::new(input)?;
    while let Some(record) = reader.next_record()? {
        let end = record.finish()?;
        let Some(sha256) = end.sha256.filter(|_| end.whole) else { continue };
        while let Some(line) = expected.take_if(|line| line.offset < offset(line, &end)) {
            absent(&line, findings);
            expected = next();
        }
        match expected.take_if(|line| line.offset == offset(line, &end)) {
            Some(line) => {
                match differs(&line, &end, Digest(sha256)) {
                    None => findings.pass(Group::Imports),
                    Some(what) => {
                        let detail = format!(
                            "record {} of entry {index}, at offset {}: {what}",
                            line.n, line.offset
                        );
                        findings.fail(Group::Imports, archive, detail);
                    }
                }
                expected = next();
            }
            None => {
                let detail = format!(
                    "the record at offset {} is not in the manifest of entry {index}",
                    end.offset
                );
                findings.fail(Group::Imports, archive, detail);
            }
        }
    }
    while let Some(line) = expected {
        absent(&line, findings);
        expected = next();
    }
    Ok(())
}

/// Where the record begins, counted as the line counts.
fn offset(line: &ManifestLine, end: &RecordEnd) -> u64 {
    match line.framing {
        Framing::Plain | Framing::Member => end.offset,
        Framing::Inflated => end.plain_offset,
    }
}

/// What differs between a manifest's line and the record as it is now, in words.
fn differs(line: &ManifestLine, end: &RecordEnd, sha256: Digest) -> Option<String> {
    let length = match line.framing {
        Framing::Plain | Framing::Member => end.length,
        Framing::Inflated => Some(line.bytes),
    };
    let framed = match line.framing {
        Framing::Plain => end.layout == Layout::Plain && line.bytes == line.length,
        Framing::Member => matches!(end.layout, Layout::OwnMember | Layout::SplitMembers),
        Framing::Inflated => end.layout != Layout::Plain,
    };
    if sha256 != line.sha256 {
        Some(format!("its bytes have the digest {sha256}, the manifest says {}", line.sha256))
    } else if length != Some(line.length) {
        let found = length.map_or("an unknown number of".to_owned(), |length| length.to_string());
        Some(format!("it takes {found} bytes, the manifest says {}", line.length))
    } else if !framed {
        Some("it does not lie in the file as the manifest says".into())
    } else {
        None
    }
}
