//! The vault of one case: reading entries, committing batches, mending after a crash.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::id::{ActorId, CaseId, KeyId};
use witnessmark_model::keystore::Signers;
use witnessmark_model::leaf::{ActorKey, PartsRoot, Seed, Values};
use witnessmark_model::note::Verifier;
use witnessmark_model::pack;
use witnessmark_model::payload::{CaseCreated, Evidence, Founder, Payload};
use witnessmark_model::proof::LogProof;
use witnessmark_model::{Digest, Entropy, Moment, canonical};
use witnessmark_seal::wraps::{Unlocked, Wraps};
use witnessmark_seal::{CaseKey, Cost, Passphrase, stream};
use zeroize::Zeroizing;

use crate::blobs::Blobs;
use crate::case_file::CaseFile;
use crate::erasure::Named;
use crate::keystore::{self, Keystore};
use crate::lock::CaseLock;
use crate::log::Log;
use crate::store::Store;
use crate::{VaultError, durable};

/// A case on disk.
#[derive(Debug)]
pub struct Vault {
    folder: PathBuf,
    case: CaseFile,
    /// What opened the case, if it is sealed.
    unlocked: Option<Arc<Unlocked>>,
    blobs: Blobs,
    store: Store,
    log: Log,
    pub(crate) keystore: Keystore,
    pub(crate) signers: Signers,
    /// Who signs the entries of this process.
    pub(crate) author: Option<ActorKey>,
    pub(crate) lock: Option<CaseLock>,
    /// A commit failed, so that what is on disk may be ahead of what is known here.
    pub(crate) unsure: bool,
    /// Files lie beside a checkpoint that no entry names yet.
    pub(crate) unnamed_beside: bool,
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
    /// The key of the seed that its salts come from.
    pub key: KeyId,
    /// What it says; none once it is erased.
    pub content: Option<Content>,
}

/// What an entry says.
#[derive(Clone, Debug)]
pub struct Content {
    /// What it says about itself.
    pub values: Values,
    /// The payload's plain bytes.
    pub payload: Vec<u8>,
}

/// How a new case is to be sealed.
#[derive(Debug)]
pub struct NewSeal {
    /// What opens it.
    pub passphrase: Passphrase,
    /// What a try of the passphrase costs.
    pub cost: Cost,
    /// Further `age` recipients that open it.
    pub recipients: Vec<String>,
}

/// An entry that is ready for its pack.
struct Prepared {
    values: Values,
    leaf: Vec<u8>,
    stored_values: Vec<u8>,
    stored_payload: Vec<u8>,
}

/// What was mended when a case was opened for writing after a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Entries that were promised but not published yet.
    pub published: u64,
    /// Blobs that no entry names, moved to `quarantine/`.
    pub quarantined: Vec<String>,
    /// An erasure was begun and not finished: [`Vault::finish_erasures`] is to be called before anything else.
    pub unfinished_erasure: bool,
}

impl NewSeal {
    /// A fresh master key for the case, unlocked and locked.
    fn lock(
        &self,
        case: CaseId,
        entropy: &mut dyn Entropy,
    ) -> Result<(Unlocked, Wraps), VaultError> {
        let key = CaseKey::random(entropy);
        let mut wraps = Wraps::make(case, 1, &key, &self.passphrase, self.cost, entropy)?;
        let unlocked = wraps.unlock_with_key(key)?;
        if !self.recipients.is_empty() {
            wraps = wraps.with_recipients(&unlocked, &self.recipients)?;
        }
        Ok((unlocked, wraps))
    }
}

impl Vault {
    /// Makes a case in `folder`, which must not exist or be empty, with its first entry. `previous` is the last checkpoint
    /// of the case that this one is to be copied from.
    pub fn create(
        folder: &Path,
        holder: &str,
        seal: Option<&NewSeal>,
        previous: Option<String>,
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
        let made = Self::create_in(&making, holder, seal, previous, at, entropy);
        let renamed = made.and_then(|made| {
            fs::rename(&making, folder).map_err(VaultError::machine("name", folder))?;
            Ok(made)
        });
        let made = match renamed {
            Ok(made) => made,
            Err(error) => {
                let _ = fs::remove_dir_all(&making);
                return Err(error);
            }
        };
        durable::sync_folder(folder.parent().unwrap_or(Path::new("")))?;
        Ok(Self::open_for_writing(folder, holder, made)?.0)
    }

    fn create_in(
        folder: &Path,
        holder: &str,
        seal: Option<&NewSeal>,
        previous: Option<String>,
        at: Moment,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<Arc<Unlocked>>, VaultError> {
        let case = CaseId::random(entropy);
        let actor = ActorId::random(entropy);
        let (log_seed, actor_seed) = (entropy.seed(), entropy.seed());
        let log_name = CaseId::random(entropy).to_string().replace("case-", "log-");
        let (log_seed, actor_seed) = (Zeroizing::new(log_seed), Zeroizing::new(actor_seed));
        let made = seal.map(|seal| seal.lock(case, entropy)).transpose()?;
        let wraps = made.as_ref().map(|(_, wraps)| wraps.to_bytes());
        let sealed = made.as_ref().zip(wraps.as_deref());
        let sealed = sealed.map(|((unlocked, _), wraps)| (unlocked.key(), wraps));
        let (log_key, actor_key) = ((log_name.as_str(), &*log_seed), (actor, &*actor_seed));
        Keystore::create(folder, case, log_key, actor_key, sealed, entropy)?;
        CaseFile::new(case, seal.is_some()).write(folder)?;
        let unlocked = made.map(|(unlocked, _)| Arc::new(unlocked));
        let (mut vault, _) = Self::open_for_writing(folder, holder, unlocked.clone())?;
        let founder = vault.signers.actors.first().map(|key| key.public_key()).unwrap_or_default();
        let created = CaseCreated {
            case,
            log: log_name,
            log_key: vault.verifier().to_text(),
            founder: Founder { actor, public_key: founder },
            previous,
        };
        vault.commit(vec![created.into()], at, entropy)?;
        Ok(unlocked)
    }

    /// The wrapped master key of the case in `folder`; none if the case is open.
    pub fn wraps(folder: &Path) -> Result<Option<Wraps>, VaultError> {
        if !CaseFile::read(folder)?.sealed {
            return Ok(None);
        }
        if crate::has_no_keys(folder)? {
            return Err(VaultError::NoKeys(folder.to_owned()));
        }
        let path = keystore::wraps_path(folder, keystore::epoch(folder)?);
        let wraps = Wraps::parse(&durable::read(&path)?);
        wraps.map(Some).map_err(|error| VaultError::damaged(&path, error))
    }

    /// Opens the case in `folder` for reading. Readers take no lock: they see what was last published. `unlocked` is
    /// what opens a sealed case.
    pub fn open(folder: &Path, unlocked: Option<Arc<Unlocked>>) -> Result<Self, VaultError> {
        let case = CaseFile::read(folder)?;
        let unlocked = unlocked.filter(|_| case.sealed);
        if case.sealed && unlocked.is_none() {
            return Err(VaultError::Sealed(folder.to_owned()));
        }
        let keystore = Keystore::open(folder, case.id, unlocked.as_deref().map(Unlocked::key))?;
        let signers = match keystore.signers() {
            Ok(signers) => signers,
            Err(_) if case.sealed && !keystore.fits() => {
                return Err(VaultError::WrongKey(folder.to_owned()));
            }
            Err(error) => return Err(error),
        };
        let blobs = Blobs::at(folder.join("blobs"));
        Ok(Self {
            store: Store::new(blobs.clone(), keystore.seeds().clone(), case.sealed),
            blobs,
            log: Log::open(folder.join("log"))?,
            folder: folder.to_owned(),
            case,
            unlocked,
            keystore,
            author: signers.actors.first().cloned(),
            signers,
            lock: None,
            unsure: false,
            unnamed_beside: false,
        })
    }

    /// Opens the case for writing: takes the lock, and mends what a crash left. `holder` says who holds the lock.
    pub fn open_for_writing(
        folder: &Path,
        holder: &str,
        unlocked: Option<Arc<Unlocked>>,
    ) -> Result<(Self, Recovery), VaultError> {
        if CaseFile::read(folder)?.sealed && unlocked.is_none() {
            return Err(VaultError::Sealed(folder.to_owned()));
        }
        let mut lock = CaseLock::take(folder, holder)?;
        let cut_off = lock.last_holder_died;
        if cut_off {
            keystore::remove_old_epochs(folder)?;
        }
        let mut vault = Self::open(folder, unlocked)?;
        let published = vault.log.recover(&vault.signers.log, cut_off)?;
        let mut recovery = Recovery { published, ..Recovery::default() };
        if cut_off {
            let named = vault.named()?;
            recovery.quarantined = vault.quarantine_orphans(&named)?;
            recovery.unfinished_erasure = vault.is_unfinished(&named)?;
        }
        // Until an erasure is finished, whoever comes next looks for it as well.
        if !recovery.unfinished_erasure {
            lock.settled();
        }
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

    /// Whether what the case keeps is sealed.
    pub fn is_sealed(&self) -> bool {
        self.case.sealed
    }

    /// Whether the case is open for writing.
    pub(crate) fn is_held(&self) -> bool {
        self.lock.is_some()
    }

    /// What opened the case; none if it is not sealed.
    pub fn unlocked(&self) -> Option<&Arc<Unlocked>> {
        self.unlocked.as_ref()
    }

    /// The key for one derived file of a sealed case, such as `casebook`; none if the case is open.
    pub fn derived_key(&self, label: &str) -> Option<Zeroizing<[u8; 32]>> {
        self.unlocked.as_ref().map(|unlocked| unlocked.key().derive(label))
    }

    /// Where evidence is put and read. Keys for what is put are made ready by [`Self::reserve`].
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Makes keys ready, so that `count` pieces of evidence can be put.
    pub fn reserve(&self, count: usize, entropy: &mut dyn Entropy) -> Result<(), VaultError> {
        self.keystore.reserve(count, entropy)
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

    /// Begins a new epoch of the keystore: without the seeds of `without`, in a sealed case under a new master key that is
    /// wrapped to the same people. The epoch before is destroyed. What was sealed or salted with those seeds cannot be
    /// opened from then on by anything that lies in the case.
    ///
    /// The derived files of a sealed case (casebook, cache, index) are under the old master key: they are to be made again.
    pub fn renew_keys(
        &mut self,
        without: &BTreeSet<KeyId>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        self.keystore.flush(entropy)?;
        let mut made = None;
        if let (Some(wraps), Some(unlocked)) = (Self::wraps(&self.folder)?, &self.unlocked) {
            let epoch = keystore::epoch(&self.folder)?.saturating_add(1);
            let key = CaseKey::random(entropy);
            let wraps = wraps.rewrap(unlocked, epoch, &key)?;
            made = Some((wraps.unlock_with_key(key)?, wraps.to_bytes()));
        }
        let sealed = made.as_ref().map(|(unlocked, wraps)| (unlocked.key(), wraps.as_slice()));
        self.keystore.next_epoch(&self.folder, self.case.id, without, sealed, entropy)?;
        keystore::remove_old_epochs(&self.folder)?;
        self.unlocked = made.map(|(unlocked, _)| Arc::new(unlocked));
        let key = self.unlocked.as_deref().map(Unlocked::key);
        self.keystore = Keystore::open(&self.folder, self.case.id, key)?;
        let seeds = self.keystore.seeds().clone();
        self.store = Store::new(self.blobs.clone(), seeds, self.case.sealed);
        Ok(())
    }

    /// The seed behind a key.
    pub fn seed(&self, key: &KeyId) -> Result<Seed, VaultError> {
        self.keystore.seeds().get(key)
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
        let Some(author) = self.author.clone() else {
            return Err(VaultError::damaged(&self.folder.join("keys"), "it holds no actor's key"));
        };
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.log.size();
        let previous = self.log.state().map(|state| state.pack);
        let header = pack::Header { count: pending.len() as u64, first, previous };
        let mut committed = Vec::with_capacity(pending.len());
        let mut seeds = Vec::with_capacity(pending.len());
        self.keystore.reserve(pending.len(), entropy)?;
        for (index, Pending { payload, records }) in (first..).zip(pending) {
            let (key, seed) = self.keystore.take()?;
            committed.push((index, key, payload, records));
            seeds.push(seed);
        }
        self.keystore.flush(entropy)?;
        let prepared: Vec<Prepared> = committed
            .par_iter()
            .zip(&seeds)
            .map(|((_, _, payload, records), seed)| {
                self.prepare(payload, records, seed, &author, at)
            })
            .collect::<Result<_, _>>()?;
        let mut writer = pack::Writer::new(&header)?;
        let (mut leaves, mut entries) = (Vec::new(), Vec::new());
        for ((index, key, payload, _), prepared) in committed.into_iter().zip(prepared) {
            writer.push(key, &prepared.stored_values, &prepared.stored_payload);
            leaves.push(prepared.leaf);
            entries.push(Committed { index, payload, values: prepared.values, key });
        }
        let committed = entries;
        let (bytes, _) = writer.finish();
        let pack = self.blobs.put_bytes(&bytes)?;
        self.log.append(&leaves, pack.digest, &self.signers.log)?;
        let mut unnamed = self.blobs.unnamed();
        unnamed.remove(&pack.digest);
        for evidence in committed.iter().flat_map(|entry| entry.payload.blobs()) {
            unnamed.remove(&evidence.sha256);
        }
        drop(unnamed);
        self.unnamed_beside &=
            committed.iter().all(|entry| entry.payload.files_beside_checkpoints().is_empty());
        Ok(committed)
    }

    /// Everything about an entry that does not depend on those before it.
    fn prepare(
        &self,
        payload: &Payload,
        records: &[Digest],
        seed: &Seed,
        author: &ActorKey,
        at: Moment,
    ) -> Result<Prepared, VaultError> {
        let plain = payload.to_bytes()?;
        let stored_payload = self.sealed(seed, &plain)?;
        let object = Digest::of(&stored_payload);
        let commit = self.parts_root(payload, records, seed, Digest::of(&plain))?;
        let values = Values::sign(author, at, payload.kind(), object, commit)?;
        let leaf = values.leaf(seed)?.to_bytes()?;
        let stored_values = self.sealed(seed, &canonical::to_bytes(&values)?)?;
        Ok(Prepared { values, leaf, stored_values, stored_payload })
    }

    /// The bytes as they are stored in a pack.
    fn sealed(&self, seed: &Seed, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        if !self.case.sealed {
            return Ok(plain.to_vec());
        }
        stream::seal_bytes(seed, plain).map_err(|error| VaultError::damaged(&self.folder, error))
    }

    /// The root over the parts of an entry: the payload, then its evidence or, for an import, its records.
    fn parts_root(
        &self,
        payload: &Payload,
        records: &[Digest],
        seed: &Seed,
        plain: Digest,
    ) -> Result<Digest, VaultError> {
        let seeds = self.keystore.seeds();
        let mut root = PartsRoot::new();
        root.push(&seed.part_salt(0), &plain);
        if let Some(archive) = payload.archive() {
            let seed = seeds.get(&archive.evidence.key)?;
            for (index, record) in (1..).zip(records) {
                root.push(&seed.part_salt(index), record);
            }
        }
        for (index, evidence) in (1..).zip(payload.parts()) {
            let seed = seeds.get(&evidence.key)?;
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
        self.keystore.reserve(1, entropy)?;
        self.store.put_bytes(bytes)
    }

    /// The packs that hold the entries from index `from` on, first to last, with their headers: walked back from the log's
    /// state. Only their heads are read here, so that looking at the last entries of a large log stays quick.
    pub(crate) fn packs(&self, from: u64) -> Result<Vec<(Digest, pack::Header)>, VaultError> {
        let mut packs = Vec::new();
        let (mut next, mut end) = (self.log.state().map(|state| state.pack), self.log.size());
        while end > from {
            let Some(digest) = next else {
                let state = self.folder.join("log/state");
                return Err(VaultError::damaged(&state, "packs are missing"));
            };
            let path = self.blobs.path(&digest);
            let mut head = Vec::new();
            let read = self.blobs.open(&digest)?.take(pack::LONGEST_HEAD).read_to_end(&mut head);
            read.map_err(VaultError::machine("read", &path))?;
            let header = pack::header(&head).map_err(|error| VaultError::damaged(&path, error))?;
            if header.count == 0 || header.first.checked_add(header.count) != Some(end) {
                return Err(VaultError::damaged(&path, "it does not join the pack after it"));
            }
            end = header.first;
            next = header.previous;
            packs.push((digest, header));
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
        for (digest, header) in self.packs(from)? {
            let path = self.blobs.path(&digest);
            let bytes = self.blobs.read(&digest)?;
            let (_, items) =
                pack::parse(&bytes).map_err(|error| VaultError::damaged(&path, error))?;
            for (index, item) in (header.first..).zip(items) {
                if index < from {
                    continue;
                }
                let content = self.content(&item, &bytes, &path)?;
                visit(Entry { index, key: item.key, content })?;
            }
        }
        Ok(())
    }

    /// What an entry of a pack says; none if its seed is no more.
    fn content(
        &self,
        item: &pack::Item,
        pack: &[u8],
        path: &Path,
    ) -> Result<Option<Content>, VaultError> {
        let damaged = |error: &dyn std::fmt::Display| VaultError::damaged(path, error);
        let (mut values, mut payload) =
            (item.values_in(pack).to_vec(), item.payload_in(pack).to_vec());
        if self.case.sealed {
            let Some(seed) = self.keystore.seeds().find(&item.key)? else { return Ok(None) };
            let open =
                |stored: &[u8]| stream::open_bytes(&seed, stored).map_err(|error| damaged(&error));
            (values, payload) = (open(&values)?, open(&payload)?);
        }
        let values = canonical::from_bytes(&values).map_err(|error| damaged(&error))?;
        Ok(Some(Content { values, payload }))
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
    fn quarantine_orphans(&mut self, named: &Named) -> Result<Vec<String>, VaultError> {
        // An entry that cannot be read may name some of them.
        if named.all_known {
            crate::timestamps::sweep(&self.folder, &named.beside)?;
        }
        let mut moved = Vec::new();
        for path in self.blobs.files()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(durable::TEMPORARY) {
                fs::remove_file(&path).map_err(VaultError::machine("remove", &path))?;
                continue;
            }
            let wanted =
                |blob: Digest| named.blobs.contains(&blob) || named.erased_blobs.contains(&blob);
            if name.parse().is_ok_and(wanted) {
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
            || self.unnamed_beside
            || unnamed
                .iter()
                .any(|digest| self.set_aside(&self.blobs.path(digest), &digest.hex()).is_err());
        if let Some(lock) = self.lock.as_mut().filter(|_| unsettled) {
            lock.leave_as_after_a_crash();
        }
    }
}
