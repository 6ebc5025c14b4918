//! Sealing: an open case copied into a new sealed one.
//!
//! Each entry of the open case is entered anew, in order, with its evidence sealed under fresh keys; what is about the open
//! log itself (its keys, its witnesses, its timestamps) is not. The open log is kept whole beside them, as one piece of
//! evidence, so that times, authors and signatures of then stay provable. The copy takes its name when it is finished:
//! a copy that is cut off is no case.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use witnessmark_model::id::{CaseId, KeyId};
use witnessmark_model::payload::{ArchiveRef, Evidence, ManifestLine, Payload, Predecessor};
use witnessmark_model::{Digest, Moment, canonical};
use witnessmark_vault::{CaseFile, EvidenceWriter, NewSeal, Pending, Vault, VaultError};

use crate::{Case, CaseError, Environment, Progress};

/// So many entries are made durable at once.
const BATCH: usize = 1000;

/// So many keys for evidence are made durable at once.
const KEYS: usize = 256;

/// What was sealed.
#[derive(Clone, Debug, Serialize)]
pub struct SealedCopy {
    /// The new case.
    pub case: CaseId,
    /// The case that it was copied from.
    pub previous: CaseId,
    /// How many entries the log of that case holds.
    pub entries: u64,
    /// How many of them were entered anew.
    pub copied: u64,
}

impl Case {
    /// Copies the open case in `old` into a new sealed one in `new`. `old` is only read. Gives none, and leaves nothing, if
    /// somebody asked to stop.
    pub fn seal(
        old: &Path,
        new: &Path,
        seal: &NewSeal,
        mut environment: Environment,
        progress: &Progress,
    ) -> Result<Option<SealedCopy>, CaseError> {
        if CaseFile::read(old)?.sealed {
            return Err(CaseError::usage(
                format!("{} is sealed already", old.display()),
                "`witnessmark passphrase change` gives it another passphrase",
            ));
        }
        let before = Vault::open(old, None)?;
        let (note, checkpoint) = before.checkpoint()?;
        if checkpoint.size != before.size() {
            return Err(CaseError::input(
                format!("a command on {} was cut off or is running", old.display()),
                "any command that writes to it mends it, such as `witnessmark rebuild`",
            ));
        }
        let previous = String::from_utf8(note)
            .map_err(|_| CaseError::machine("the checkpoint is not UTF-8 text"))?;
        let making = Unfinished::beside(old, new)?;
        let at = (environment.clock)();
        let holder = environment.holder.clone();
        let entropy = environment.entropy.as_mut();
        let after =
            Vault::create(&making.0, &holder, Some(seal), Some(previous.clone()), at, entropy)?;
        environment.unlocked = after.unlocked().cloned();
        let mut copy = Copying {
            before,
            after,
            environment,
            progress,
            sealed: BTreeMap::new(),
            ready: 0,
            pending: Vec::new(),
            copied: 0,
            failed: None,
        };
        copy.entries()?;
        copy.log(previous)?;
        if progress.stopped() {
            return Ok(None);
        }
        let now = Vault::open(old, None)?;
        if (now.size(), now.root()) != (copy.before.size(), copy.before.root()) {
            return Err(CaseError::input(
                format!("{} was written to meanwhile", old.display()),
                "seal it while nothing else works on it",
            ));
        }
        let Copying { before, after, environment, copied, .. } = copy;
        let (case, entries) = (after.case_id(), before.size());
        drop(after);
        making.finish(new)?;
        let (mut sealed, _) = Self::open_writable(new, environment)?;
        sealed.read_new_texts(progress)?;
        Ok(Some(SealedCopy { case, previous: before.case_id(), entries, copied }))
    }
}

/// The folder of a copy that is not finished; removed when dropped.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(old: &Path, new: &Path) -> Result<Self, CaseError> {
        let taken = match fs::read_dir(new) {
            Ok(mut entries) => entries.next().is_some(),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => false,
            Err(_) => true,
        };
        let Some(name) = new.file_name().filter(|_| !taken) else {
            return Err(VaultError::Exists(new.to_owned()).into());
        };
        let folder = match new.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => folder,
            None => Path::new("."),
        };
        let fail = |cause: io::Error| CaseError::file("look into", folder, &cause);
        let old = old.canonicalize().map_err(|cause| CaseError::file("find", old, &cause))?;
        if folder.canonicalize().map_err(fail)?.starts_with(old) {
            return Err(CaseError::usage(
                format!("{} would lie inside the case that is copied", new.display()),
                "name a folder outside of it",
            ));
        }
        let begins = format!(".{}.sealing-", name.to_string_lossy());
        for entry in fs::read_dir(folder).map_err(fail)? {
            let left = entry.map_err(fail)?;
            if left.file_name().to_string_lossy().starts_with(&begins) {
                return Err(CaseError::usage(
                    format!(
                        "{} is a copy that was cut off, or is being made",
                        left.path().display()
                    ),
                    "if no `witnessmark seal` is running, delete it: everything in it is in the old case",
                ));
            }
        }
        Ok(Self(folder.join(format!("{begins}{}", std::process::id()))))
    }

    /// Gives the copy its name, durably.
    fn finish(self, new: &Path) -> Result<(), CaseError> {
        fs::rename(&self.0, new).map_err(|cause| CaseError::file("name", new, &cause))?;
        let folder = self.0.parent().unwrap_or(Path::new("."));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|cause| CaseError::file("flush", folder, &cause))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A copy on its way.
struct Copying<'p> {
    before: Vault,
    after: Vault,
    environment: Environment,
    progress: &'p Progress,
    /// What was sealed, by the key that it had before: what shared an object goes on sharing one.
    sealed: BTreeMap<KeyId, Evidence>,
    /// How many keys for evidence are ready.
    ready: usize,
    pending: Vec<Pending>,
    copied: u64,
    failed: Option<CaseError>,
}

impl Copying<'_> {
    /// Enters what the open case's entries say, in their order.
    fn entries(&mut self) -> Result<(), CaseError> {
        let bytes = self.bytes_to_read()?;
        self.progress.begin("sealing", self.before.size(), bytes);
        // The vault is read while the copy is written: each is its own.
        let before = Vault::open(self.before.folder(), None)?;
        let walked = before.for_each_entry(1, &mut |entry| {
            let entered = match entry.content {
                Some(content) => Payload::parse(&content.payload)
                    .map_err(CaseError::from)
                    .and_then(|payload| self.enter(payload)),
                None => Err(CaseError::input(
                    "it is erased",
                    "a case with erased entries cannot be copied yet",
                )),
            };
            match entered {
                Ok(()) if self.progress.stopped() => Err(stop("somebody asked to stop")),
                Ok(()) => Ok(()),
                Err(error) => {
                    let fact = format!("entry {}: {}", entry.index, error.fact);
                    self.failed = Some(CaseError { fact, ..error });
                    Err(stop("an entry could not be copied"))
                }
            }
        });
        match (walked, self.failed.take()) {
            (_, Some(error)) => Err(error),
            (Err(_), None) if self.progress.stopped() => Ok(()),
            (Err(error), None) => Err(error.into()),
            (Ok(()), None) => self.commit(),
        }
    }

    /// How many bytes the bar counts: the objects and the log.
    fn bytes_to_read(&self) -> Result<u64, CaseError> {
        let mut bytes = 0;
        let mut folders =
            vec![self.before.folder().join("blobs"), self.before.folder().join("log")];
        while let Some(folder) = folders.pop() {
            let fail = |cause: io::Error| CaseError::file("look into", &folder, &cause);
            for entry in fs::read_dir(&folder).map_err(fail)? {
                let entry = entry.map_err(fail)?;
                let about = entry.metadata().map_err(fail)?;
                if about.is_dir() {
                    folders.push(entry.path());
                } else {
                    bytes += about.len();
                }
            }
        }
        Ok(bytes)
    }

    fn enter(&mut self, mut payload: Payload) -> Result<(), CaseError> {
        if payload.is_copied() {
            let records = match payload.archive() {
                Some(archive) => self.records(&archive)?,
                None => Vec::new(),
            };
            for evidence in payload.evidence_mut() {
                *evidence = self.evidence(evidence)?;
            }
            self.pending.push(Pending { payload, records });
            self.copied += 1;
        }
        self.progress.advance(1, 0);
        if self.pending.len() >= BATCH {
            self.commit()?;
        }
        Ok(())
    }

    /// The digests of an archive's records.
    fn records(&self, archive: &ArchiveRef<'_>) -> Result<Vec<Digest>, CaseError> {
        let (store, manifest) = (self.before.store(), archive.manifest);
        let mut records = Vec::new();
        for line in BufReader::new(store.open(&manifest.sha256, &manifest.key)?).lines() {
            let path = store.path(&manifest.sha256);
            let line = line.map_err(|cause| CaseError::file("read", &path, &cause))?;
            records.push(canonical::from_bytes::<ManifestLine>(line.as_bytes())?.sha256);
        }
        Ok(records)
    }

    /// A piece of evidence, sealed.
    fn evidence(&mut self, before: &Evidence) -> Result<Evidence, CaseError> {
        if let Some(sealed) = self.sealed.get(&before.key) {
            return Ok(sealed.clone());
        }
        let mut input = self.before.store().open(&before.sha256, &before.key)?;
        self.make_ready()?;
        let progress = self.progress;
        let put = self.after.store().put(&mut input, &mut |bytes| {
            progress.advance(0, bytes);
            !progress.stopped()
        })?;
        self.ready = self.ready.saturating_sub(1);
        let sealed = put.ok_or_else(|| CaseError::machine("somebody asked to stop"))?;
        let same = (sealed.plain_sha256, sealed.plain_length())
            == (before.plain_sha256, before.plain_length());
        if !same {
            let path = self.before.store().path(&before.sha256);
            return Err(CaseError::input(
                format!(
                    "{} is damaged: its bytes are not those that were recorded",
                    path.display()
                ),
                "`witnessmark verify` names all that is damaged; bring it back from a copy first",
            ));
        }
        self.sealed.insert(before.key, sealed.clone());
        Ok(sealed)
    }

    fn make_ready(&mut self) -> Result<(), CaseError> {
        if self.ready == 0 {
            self.after.reserve(KEYS, self.environment.entropy.as_mut())?;
            self.ready = KEYS;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), CaseError> {
        let at: Moment = (self.environment.clock)();
        let pending = std::mem::take(&mut self.pending);
        self.after.commit(pending, at, self.environment.entropy.as_mut())?;
        // The entries took the keys that were ready.
        self.ready = 0;
        Ok(())
    }

    /// Keeps the open case's log, and the entry that ends the copied ones.
    fn log(&mut self, checkpoint: String) -> Result<(), CaseError> {
        if self.progress.stopped() {
            return Ok(());
        }
        self.make_ready()?;
        let mut tar = tar::Builder::new(self.after.store().writer()?);
        for (name, path) in self.before.history_files()? {
            let fail = |cause: io::Error| CaseError::file("keep", &path, &cause);
            let file = File::open(&path).map_err(fail)?;
            let mut header = tar::Header::new_gnu();
            header.set_size(file.metadata().map_err(fail)?.len());
            header.set_mode(0o600);
            let read = Counted { file, progress: self.progress };
            let kept = tar.append_data(&mut header, &name, read);
            if self.progress.stopped() {
                return Ok(());
            }
            kept.map_err(fail)?;
        }
        let kept: io::Result<EvidenceWriter> = tar.into_inner();
        let kept = kept.map_err(|cause| CaseError::file("keep", self.before.folder(), &cause))?;
        let predecessor = Predecessor {
            case: self.before.case_id(),
            checkpoint,
            size: self.before.size(),
            copied: self.copied,
            log: kept.finish()?,
        };
        self.pending.push(predecessor.into());
        self.commit()
    }
}

/// A file whose bytes are counted as they are read, until somebody asks to stop.
struct Counted<'p> {
    file: File,
    progress: &'p Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.stopped() {
            return Err(io::Error::other("somebody asked to stop"));
        }
        let read = self.file.read(buffer)?;
        self.progress.advance(0, read as u64);
        Ok(read)
    }
}

/// Ends a walk over entries.
fn stop(why: &'static str) -> VaultError {
    VaultError::Input(io::Error::other(why))
}
