//! What leaves the case for other tools: searched for secrets first.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Serialize;
use witnessmark_archive::{NewPage, NewWacz, WaczKey, WaczWriteError, WaczWriter};
use witnessmark_model::id::PublicationId;
use witnessmark_model::payload::{self, ArchiveRef, Payload};
use witnessmark_model::{Digest, Entropy};
use witnessmark_publish::{
    Finding, OwnAddresses, ScanSettings, ScrubError, ScrubSettings, private_fields, scan, scrub,
};

use crate::{Case, CaseError};

/// What becomes of secrets that are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsPolicy {
    /// They are named, and nothing is written.
    Refuse,
    /// They are masked in the copy that leaves.
    Mask,
    /// They leave.
    Keep,
}

/// A file that was written for other tools.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// The file; none if it was refused.
    pub file: Option<PathBuf>,
    /// Its SHA-256.
    pub sha256: Option<Digest>,
    /// How many archives went in.
    pub archives: usize,
    /// How many pages it lists.
    pub pages: usize,
    /// The secrets that were found, each by its place.
    pub secrets: Vec<Finding>,
    /// Whether they were masked.
    pub masked: bool,
    /// How many records hold what was not looked into: pictures, PDF, sound.
    pub not_looked_into: u64,
}

impl Case {
    /// Writes imports and recordings to a WACZ file: all of them, or those named.
    pub fn export_wacz(
        &mut self,
        out: &Path,
        named: &[String],
        policy: SecretsPolicy,
        own: &[String],
    ) -> Result<Exported, CaseError> {
        let own = OwnAddresses::parse(own)
            .map_err(|error| CaseError::usage(error.to_string(), error.hint()))?;
        if out.exists() {
            return Err(CaseError::usage(
                format!("{} exists already", out.display()),
                "name a file that does not exist yet",
            ));
        }
        let entries = self.archives(named)?;
        let archives: Vec<ArchiveRef<'_>> =
            entries.iter().filter_map(|(_, payload)| payload.archive()).collect();
        let mut settings = ScanSettings::new(own);
        let (mut secrets, mut not_looked_into) = (Vec::new(), 0);
        for archive in &archives {
            let path = self.vault.store().path(&archive.evidence.sha256);
            let input = BufReader::new(self.open_evidence(archive.evidence)?);
            let private = private_fields(input);
            settings
                .private_fields
                .extend(private.map_err(|cause| CaseError::file("read", &path, &cause))?);
            let input = BufReader::new(self.open_evidence(archive.evidence)?);
            let summary = scan(input, &settings, |finding| secrets.push(finding));
            let summary = summary.map_err(|cause| CaseError::file("read", &path, &cause))?;
            not_looked_into += summary.not_text + summary.unread.len() as u64;
        }
        let mut exported = Exported {
            file: None,
            sha256: None,
            archives: archives.len(),
            pages: 0,
            masked: policy == SecretsPolicy::Mask && !secrets.is_empty(),
            secrets,
            not_looked_into,
        };
        if policy == SecretsPolicy::Refuse && !exported.secrets.is_empty() {
            return Ok(exported);
        }
        let temporary = tempfile::NamedTempFile::new_in(beside(out))
            .map_err(|cause| CaseError::file("write beside", out, &cause))?;
        let scrubbing = exported.masked.then(|| ScrubSettings {
            scan: settings,
            original: Digest([0; 32]),
            software: SOFTWARE.to_owned(),
        });
        exported.pages = self.write_wacz(temporary.as_file(), out, &entries, scrubbing)?;
        let digest = digest_of(temporary.as_file());
        let digest = digest.map_err(|cause| CaseError::file("read", temporary.path(), &cause))?;
        let of = archives.iter().map(|archive| archive.id.to_string()).collect();
        temporary
            .persist_noclobber(out)
            .map_err(|error| CaseError::file("write", out, &error.error))?;
        let entry = payload::Export {
            id: PublicationId::random(self.environment.entropy.as_mut()),
            format: "wacz".to_owned(),
            of,
            sha256: digest,
            secrets: exported.secrets.len() as u64,
            masked: exported.masked,
        };
        self.commit(vec![entry.into()])?;
        (exported.file, exported.sha256) = (Some(out.to_owned()), Some(digest));
        Ok(exported)
    }

    /// The entries that bring in archives: all, or those named.
    fn archives(&self, named: &[String]) -> Result<Vec<(u64, Payload)>, CaseError> {
        let mut wanted = BTreeSet::new();
        for name in named {
            wanted.insert(self.find_id(name)?);
        }
        let mut found = Vec::new();
        for kind in ["import", "recording"] {
            for entry in self.casebook.entries_of_kind(kind)? {
                let is_wanted = wanted.remove(entry.id.as_deref().unwrap_or_default());
                if let Some(payload) = entry.payload.filter(|_| is_wanted || named.is_empty()) {
                    found.push((entry.index, payload));
                }
            }
        }
        if let Some(strange) = wanted.first() {
            return Err(CaseError::input(
                format!("{strange} is no import and no recording"),
                "`witnessmark list log` shows them (imp-…)",
            ));
        }
        if found.is_empty() {
            return Err(CaseError::input(
                "the case holds no archive",
                "capture pages or add a WARC file first",
            ));
        }
        found.sort_by_key(|(index, _)| *index);
        Ok(found)
    }

    /// Writes the file; gives how many pages it lists.
    fn write_wacz(
        &mut self,
        output: &File,
        out: &Path,
        entries: &[(u64, Payload)],
        scrubbing: Option<ScrubSettings>,
    ) -> Result<usize, CaseError> {
        let fail = |error: WaczWriteError| match error {
            WaczWriteError::Machine(cause) => CaseError::file("write", out, &cause),
            WaczWriteError::Rule { .. } => CaseError::input(
                error.to_string(),
                "name the other archives one by one; `witnessmark list log` shows them",
            ),
        };
        let now = (self.environment.clock)();
        let about = NewWacz {
            created: format!("{}Z", now.to_string().get(..19).unwrap_or_default()),
            software: SOFTWARE.to_owned(),
            title: Some(self.name()?.0),
            ..NewWacz::default()
        };
        let mut wacz = WaczWriter::new(BufWriter::new(output), about).map_err(fail)?;
        let mut pages = Vec::new();
        for (index, payload) in entries {
            let Some(archive) = payload.archive() else { continue };
            // Two archives may have one name.
            let name = format!("{index}-{}", archive.name.rsplit('/').next().unwrap_or_default());
            let path = self.vault.store().path(&archive.evidence.sha256);
            let input = self.open_evidence(archive.evidence)?;
            match &scrubbing {
                None => {
                    wacz.add_archive(&name, archive.evidence.plain_length(), BufReader::new(input))
                        .map_err(fail)?;
                }
                Some(settings) => {
                    let settings = ScrubSettings {
                        original: archive.evidence.plain_sha256,
                        ..settings.clone()
                    };
                    let mut copy = tempfile::tempfile_in(beside(out))
                        .map_err(|cause| CaseError::file("write beside", out, &cause))?;
                    let entropy = self.environment.entropy.as_mut();
                    scrub(BufReader::new(input), BufWriter::new(&copy), &settings, entropy, now)
                        .map_err(|error| not_copied(&path, &error))?;
                    let length = copy.seek(SeekFrom::End(0)).and_then(|length| {
                        copy.seek(SeekFrom::Start(0))?;
                        Ok(length)
                    });
                    let length = length.map_err(|cause| CaseError::file("read", &path, &cause))?;
                    wacz.add_archive(&name, length, BufReader::new(copy)).map_err(fail)?;
                }
            }
            for row in self.casebook.captures_of_entry(*index)? {
                let row = self.with_verdict(row)?;
                let (Some(url), Some(ts)) = (row.url.clone(), row.captured.clone()) else {
                    continue;
                };
                if matches!(row.is(), "error" | "empty") {
                    continue;
                }
                let title =
                    self.texts.title_of(&row.capture.to_string())?.and_then(|(title, _)| title);
                let id = Some(row.capture.to_string());
                pages.push(NewPage { id, url, ts, title, text: None, size: Some(row.bytes) });
            }
        }
        let count = pages.len();
        wacz.add_pages("Pages", pages.into_iter().map(Ok)).map_err(fail)?;
        let key = fresh_key(self.environment.entropy.as_mut());
        wacz.finish(Some(&key), None).map_err(fail)?;
        output.sync_all().map_err(|cause| CaseError::file("write", out, &cause))?;
        Ok(count)
    }
}

/// The program, as files that leave name it.
const SOFTWARE: &str = concat!("witnessmark/", env!("CARGO_PKG_VERSION"));

/// A key for one file: the signature ties its parts together, and ties it to no other file of ours.
fn fresh_key(entropy: &mut dyn Entropy) -> WaczKey {
    let mut secret = [0; 48];
    loop {
        entropy.fill(&mut secret);
        if let Some(key) = WaczKey::from_secret(&secret) {
            return key;
        }
    }
}

/// The folder of a file.
fn beside(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn digest_of(mut file: &File) -> io::Result<Digest> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = witnessmark_model::digest::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

fn not_copied(path: &Path, error: &ScrubError) -> CaseError {
    match error {
        ScrubError::Machine(cause) => CaseError::file("copy", path, cause),
        other => {
            let hint = other.hint().unwrap_or("leave it out by naming the others");
            CaseError::input(format!("{}: {other}", path.display()), hint)
        }
    }
}
