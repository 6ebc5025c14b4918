//! The vault of one case: reading entries, committing batches, mending after a crash.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::id::{ActorId, CaseId, KeyId};
use witnessmark_model::keystore::Signers;
use witnessmark_model::leaf::{PartsRoot, Seed, Values};
use witnessmark_model::note::Verifier;
use witnessmark_model::pack;
use witnessmark_model::payload::{CaseCreated, Evidence, Founder, Payload};
use witnessmark_model::proof::LogProof;
use witnessmark_model::{Digest, Entropy, Moment, canonical};

use crate::blobs::Blobs;
use crate::case_file::CaseFile;
use crate::keystore::Keystore;
use crate::lock::CaseLock;
use crate::log::Log;
use crate::{VaultError, durable};

/// A case on disk.
#[derive(Debug)]
pub struct Vault {
    folder: PathBuf,
    case: CaseFile,
    blobs: Blobs,
    log: Log,
    keystore: Keystore,
    signers: Signers,
    lock: Option<CaseLock>,
    /// A commit failed, so that what is on disk may be ahead of what is known here.
    unsure: bool,
}

/// An entry that waits to be committed.
#[derive(Debug)]
pub struct Pending {
    /// What it says.
    pub payload: Payload,
    /// For an import: the digest of each record's plain bytes, in file order.
    pub records: Vec<Digest>,
}

impl<P: Into<Payload>> From<P> for Pending {
    fn from(payload: P) -> Self {
        Self { payload: payload.into(), records: Vec::new() }
    }
}

/// An entry that is durable and signed for.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its index in the log.
    pub index: u64,
    /// Its payload.
    pub payload: Payload,
    /// What the entry says about itself.
    pub values: Values,
    /// The key of the seed that its salts come from.
    pub key: KeyId,
}

/// An entry as read back.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its index in the log.
    pub index: u64,
    /// What it says about itself.
    pub values: Values,
    /// The seed of its salts, by key.
    pub key: KeyId,
    /// The payload's bytes as stored.
    pub payload: Vec<u8>,
}

/// What was mended when a case was opened for writing after a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Entries that were promised but not published yet.
    pub published: u64,
    /// Blobs that no entry names, moved to `quarantine/`.
    pub quarantined: Vec<String>,
}

impl Vault {
    /// Makes an open case in `folder`, which must not exist or be empty, with its first entry.
    pub fn create_open(
        folder: &Path,
        holder: &str,
        at: Moment,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, VaultError> {
        let taken = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_some(),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => false,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotADirectory => true,
            Err(cause) => return Err(VaultError::machine("look into", folder)(cause)),
        };
        if taken {
            return Err(VaultError::Exists(folder.to_owned()));
        }
        // A case that is not finished lies beside its destination, so that no half of one is ever opened.
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let making = folder.with_file_name(format!(".{name}.making-{}", std::process::id()));
        let _ = fs::remove_dir_all(&making);
        durable::make_folder(&making)?;
        let made = Self::create_in(&making, holder, at, entropy);
        let renamed = made.and_then(|()| {
            fs::rename(&making, folder).map_err(VaultError::machine("name", folder))
        });
        if let Err(error) = renamed {
            let _ = fs::remove_dir_all(&making);
            return Err(error);
        }
        durable::sync_folder(folder.parent().unwrap_or(Path::new("")))?;
        Ok(Self::open_for_writing(folder, holder)?.0)
    }

    fn create_in(
        folder: &Path,
        holder: &str,
        at: Moment,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        let case = CaseId::random(entropy);
        let actor = ActorId::random(entropy);
        let (log_seed, actor_seed) = (entropy.seed(), entropy.seed());
        let log_name = CaseId::random(entropy).to_string().replace("case-", "log-");
        Keystore::at(folder).create((&log_name, &log_seed), (actor, &actor_seed))?;
        CaseFile::new_open(case).write(folder)?;
        let (mut vault, _) = Self::open_for_writing(folder, holder)?;
        let founder = vault.signers.actors.first().map(|key| key.public_key()).unwrap_or_default();
        let created = CaseCreated {
            case,
            log: log_name,
            log_key: vault.verifier().to_text(),
            founder: Founder { actor, public_key: founder },
            previous: None,
        };
        vault.commit(vec![created.into()], at, entropy)?;
        Ok(())
    }

    /// Opens the case in `folder` for reading. Readers take no lock: they see what was last published.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        let case = CaseFile::read(folder)?;
        let keystore = Keystore::at(folder);
        let signers = keystore.signers()?;
        Ok(Self {
            blobs: Blobs::at(folder.join("blobs")),
            log: Log::open(folder.join("log"))?,
            folder: folder.to_owned(),
            case,
            keystore,
            signers,
            lock: None,
            unsure: false,
        })
    }

    /// Opens the case for writing: takes the lock, and mends what a crash left. `holder` says who holds the lock.
    pub fn open_for_writing(folder: &Path, holder: &str) -> Result<(Self, Recovery), VaultError> {
        CaseFile::read(folder)?;
        let mut lock = CaseLock::take(folder, holder)?;
        let cut_off = lock.last_holder_died;
        let mut vault = Self::open(folder)?;
        let published = vault.log.recover(&vault.signers.log, cut_off)?;
        let mut recovery = Recovery { published, ..Recovery::default() };
        if cut_off {
            recovery.quarantined = vault.quarantine_orphans()?;
        }
        lock.settled();
        vault.lock = Some(lock);
        Ok((vault, recovery))
    }

    /// The case's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The case's id.
    pub fn case_id(&self) -> CaseId {
        self.case.id
    }

    /// The blobs.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The log's verifier key.
    pub fn verifier(&self) -> Verifier {
        self.signers.log.verifier()
    }

    /// Signs `text` as the log, for what leaves the case.
    pub fn sign_note(&self, text: &str) -> Result<Vec<u8>, VaultError> {
        self.signers.log.sign(text).map_err(|error| VaultError::damaged(&self.folder, error))
    }

    /// How many entries the log holds.
    pub fn size(&self) -> u64 {
        self.log.size()
    }

    /// The root over them; none before the first entry.
    pub fn root(&self) -> Option<Digest> {
        self.log.state().map(|state| state.root)
    }

    /// The published checkpoint: its signed note, and what it says.
    pub fn checkpoint(&self) -> Result<(Vec<u8>, Checkpoint), VaultError> {
        let path = self.folder.join("log").join("checkpoint");
        self.log
            .checkpoint(&self.verifier())?
            .ok_or_else(|| VaultError::damaged(&path, "it is missing"))
    }

    /// A fresh key for a piece of evidence. It becomes durable with the next commit, before anything that names it.
    pub fn new_key(&mut self, entropy: &mut dyn Entropy) -> KeyId {
        self.keystore.fresh(entropy).0
    }

    /// The seed behind a key.
    pub fn seed(&mut self, key: &KeyId) -> Result<Seed, VaultError> {
        self.keystore.seed(key)
    }

    /// Commits entries in one batch: when this returns, all of them are durable and signed for; if it fails, none is
    /// acknowledged. The evidence that they name must have been put already.
    pub fn commit(
        &mut self,
        pending: Vec<Pending>,
        at: Moment,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<Committed>, VaultError> {
        let committed = self.commit_all(pending, at, entropy);
        self.unsure |= committed.is_err();
        committed
    }

    fn commit_all(
        &mut self,
        pending: Vec<Pending>,
        at: Moment,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<Committed>, VaultError> {
        let Some(author) = self.signers.actors.first().cloned() else {
            return Err(VaultError::damaged(&self.folder.join("keys"), "it holds no actor's key"));
        };
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.log.size();
        let previous = self.log.state().map(|state| state.pack);
        let header = pack::Header { count: pending.len() as u64, first, previous };
        let mut writer = pack::Writer::new(&header)?;
        let (mut leaves, mut committed) = (Vec::new(), Vec::new());
        for (index, Pending { payload, records }) in (first..).zip(pending) {
            let bytes = payload.to_bytes()?;
            let (key, seed) = self.keystore.fresh(entropy);
            let object = Digest::of(&bytes);
            let commit = self.parts_root(&payload, &records, &seed, object)?;
            let values = Values::sign(&author, at, payload.kind(), object, commit)?;
            leaves.push(values.leaf(&seed)?.to_bytes()?);
            writer.push(key, &canonical::to_bytes(&values)?, &bytes);
            committed.push(Committed { index, payload, values, key });
        }
        self.keystore.flush()?;
        let (bytes, _) = writer.finish();
        let pack = self.blobs.put_bytes(&bytes)?;
        self.log.append(&leaves, pack.digest, &self.signers.log)?;
        let mut unnamed = self.blobs.unnamed();
        unnamed.remove(&pack.digest);
        for evidence in committed.iter().flat_map(|entry| entry.payload.blobs()) {
            unnamed.remove(&evidence.sha256);
        }
        drop(unnamed);
        Ok(committed)
    }

    /// The root over the parts of an entry: the payload, then its evidence or, for an import, its records.
    fn parts_root(
        &mut self,
        payload: &Payload,
        records: &[Digest],
        seed: &Seed,
        object: Digest,
    ) -> Result<Digest, VaultError> {
        let mut root = PartsRoot::new();
        root.push(&seed.part_salt(0), &object);
        if let Some(archive) = payload.archive() {
            let seed = self.keystore.seed(&archive.evidence.key)?;
            for (index, record) in (1..).zip(records) {
                root.push(&seed.part_salt(index), record);
            }
        }
        for (index, evidence) in (1..).zip(payload.parts()) {
            let seed = self.keystore.seed(&evidence.key)?;
            root.push(&seed.part_salt(index), &evidence.plain_sha256);
        }
        Ok(root.finish())
    }

    /// Stores bytes as evidence under a fresh key.
    pub fn put_evidence(
        &mut self,
        bytes: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Evidence, VaultError> {
        let stored = self.blobs.put_bytes(bytes)?;
        let key = self.new_key(entropy);
        Ok(Evidence {
            bytes: stored.bytes,
            key,
            plain_sha256: stored.digest,
            sha256: stored.digest,
        })
    }

    /// The packs, first to last, with their headers: walked back from the log's state.
    fn packs(&self) -> Result<Vec<(Digest, pack::Header)>, VaultError> {
        let mut packs = Vec::new();
        let (mut next, mut end) = (self.log.state().map(|state| state.pack), self.log.size());
        while let Some(digest) = next {
            let path = self.blobs.path(&digest);
            let bytes = self.blobs.read(&digest)?;
            let (header, _) =
                pack::parse(&bytes).map_err(|error| VaultError::damaged(&path, error))?;
            if header.first.checked_add(header.count) != Some(end) {
                return Err(VaultError::damaged(&path, "it does not join the pack after it"));
            }
            end = header.first;
            next = header.previous;
            packs.push((digest, header));
        }
        if end != 0 {
            return Err(VaultError::damaged(&self.folder.join("log/state"), "packs are missing"));
        }
        packs.reverse();
        Ok(packs)
    }

    /// Calls `visit` with every entry from index `from` on, in order.
    pub fn for_each_entry(
        &self,
        from: u64,
        visit: &mut dyn FnMut(Entry) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        for (digest, header) in self.packs()? {
            if header.first + header.count <= from {
                continue;
            }
            let path = self.blobs.path(&digest);
            let bytes = self.blobs.read(&digest)?;
            let (_, items) =
                pack::parse(&bytes).map_err(|error| VaultError::damaged(&path, error))?;
            for (index, item) in (header.first..).zip(items) {
                if index < from {
                    continue;
                }
                let values = canonical::from_bytes(item.values_in(&bytes))
                    .map_err(|error| VaultError::damaged(&path, error))?;
                let payload = item.payload_in(&bytes).to_vec();
                visit(Entry { index, values, key: item.key, payload })?;
            }
        }
        Ok(())
    }

    /// The leaf of an entry, as it stands in the log.
    pub fn leaf(&self, index: u64) -> Result<Vec<u8>, VaultError> {
        self.log.reader().leaf(index)
    }

    /// Proofs that the entries are in the tree of the published checkpoint.
    pub fn prove(&self, indexes: &[u64]) -> Result<Vec<LogProof>, VaultError> {
        let (note, _) = self.checkpoint()?;
        let mut reader = self.log.reader();
        let mut proofs = Vec::new();
        for &index in indexes {
            let path = reader.inclusion_path(index)?.ok_or_else(|| {
                VaultError::damaged(&self.folder.join("log"), format!("there is no entry {index}"))
            })?;
            proofs.push(LogProof { index, path, checkpoint: note.clone() });
        }
        Ok(proofs)
    }

    /// Moves blobs that no entry names out of the way, and removes files that were never finished.
    fn quarantine_orphans(&mut self) -> Result<Vec<String>, VaultError> {
        let mut named = BTreeSet::new();
        for (digest, _) in self.packs()? {
            named.insert(digest);
        }
        self.for_each_entry(0, &mut |entry| {
            if let Ok(payload) = Payload::parse(&entry.payload) {
                named.extend(payload.blobs().into_iter().map(|evidence| evidence.sha256));
            }
            Ok(())
        })?;
        let mut moved = Vec::new();
        for path in self.blobs.files()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(durable::TEMPORARY) {
                fs::remove_file(&path).map_err(VaultError::machine("remove", &path))?;
                continue;
            }
            if name.parse().is_ok_and(|digest: Digest| named.contains(&digest)) {
                continue;
            }
            self.set_aside(&path, &name)?;
            moved.push(name);
        }
        let mut unfinished = Vec::new();
        crate::blobs::walk(&self.folder.join("log"), &mut unfinished)?;
        for path in unfinished {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(durable::TEMPORARY) {
                fs::remove_file(&path).map_err(VaultError::machine("remove", &path))?;
            }
        }
        self.remove_stale_tiles()?;
        Ok(moved)
    }

    fn set_aside(&self, path: &Path, name: &str) -> Result<(), VaultError> {
        let quarantine = self.folder.join("quarantine");
        durable::make_folder(&quarantine)?;
        fs::rename(path, quarantine.join(name))
            .map_err(VaultError::machine("move to quarantine", path))
    }

    /// Removes partial tiles of earlier sizes that a crash left behind.
    fn remove_stale_tiles(&self) -> Result<(), VaultError> {
        let keep = witnessmark_model::tile::all(self.log.size());
        let log = self.folder.join("log");
        let mut found = Vec::new();
        crate::blobs::walk(&log.join("tile"), &mut found)?;
        for path in found {
            let name = path.strip_prefix(&log).unwrap_or(&path).to_string_lossy().into_owned();
            let partial =
                path.parent().is_some_and(|folder| folder.to_string_lossy().ends_with(".p"));
            if partial && !keep.contains_key(&name) {
                fs::remove_file(&path).map_err(VaultError::machine("remove", &path))?;
                let _ = path.parent().map(fs::remove_dir);
            }
        }
        Ok(())
    }
}

/// A command that stops half-way leaves no blob without an entry under `blobs/`: what it stored and did not commit goes to
/// `quarantine/`. Where that cannot be told from here, the next writer looks the case over as after a crash.
impl Drop for Vault {
    fn drop(&mut self) {
        if self.lock.is_none() {
            return;
        }
        let unnamed = std::mem::take(&mut *self.blobs.unnamed());
        let unsettled = self.unsure
            || unnamed
                .iter()
                .any(|digest| self.set_aside(&self.blobs.path(digest), &digest.hex()).is_err());
        if let Some(lock) = self.lock.as_mut().filter(|_| unsettled) {
            lock.leave_as_after_a_crash();
        }
    }
}
