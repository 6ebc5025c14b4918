//! The keystore on disk: seeds and signing keys of one epoch.
//!
//! `keys/<epoch>/` holds `objects` (a seed for each payload and each piece of evidence) and `signers` (the keys of the
//! log and of the actors); in a sealed case also `wraps`, the epoch's master key wrapped to whoever may open it. An
//! erasure makes a new epoch without the erased seeds and destroys the one before.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use witnessmark_model::Entropy;
use witnessmark_model::id::{ActorId, CaseId, KeyId};
use witnessmark_model::keystore::{self, Signers};
use witnessmark_model::leaf::Seed;
use witnessmark_seal::CaseKey;
use zeroize::Zeroizing;

use crate::segment::{FrameKey, Segment};
use crate::{VaultError, durable};

pub(crate) const OBJECTS: &str = "objects";
const SIGNERS: &str = "signers";
const WRAPS: &str = "wraps";
/// The folder of an epoch that is not finished.
pub(crate) const MAKING: &str = ".making";

/// The folder of keys of the case in `case`.
pub(crate) fn folder(case: &Path) -> PathBuf {
    case.join("keys")
}

/// Every epoch on disk, in order. There is more than one only after a crash within an erasure.
pub(crate) fn epochs(case: &Path) -> Result<BTreeSet<u32>, VaultError> {
    let keys = folder(case);
    let mut found = BTreeSet::new();
    let entries = match fs::read_dir(&keys) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(cause) => return Err(VaultError::machine("list", &keys)(cause)),
    };
    for entry in entries {
        let entry = entry.map_err(VaultError::machine("list", &keys))?;
        found.extend(entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(found)
}

/// The epoch in force: the last one.
pub(crate) fn epoch(case: &Path) -> Result<u32, VaultError> {
    let found = epochs(case)?.pop_last();
    found.ok_or_else(|| VaultError::NoKeys(case.to_owned()))
}

/// Where the wrapped key of an epoch lies.
pub(crate) fn wraps_path(case: &Path, epoch: u32) -> PathBuf {
    folder(case).join(epoch.to_string()).join(WRAPS)
}

/// One epoch of the keystore. Seeds are read when the first one is asked for: commands that only look need none.
#[derive(Debug)]
pub(crate) struct Keystore {
    signers: Segment,
    seeds: Arc<Seeds>,
    sealed: bool,
}

/// The seeds of an epoch. Clones of the handle share them; several threads may ask at once.
#[derive(Debug)]
pub(crate) struct Seeds {
    objects: Segment,
    /// Those on disk when they were last read.
    stored: RwLock<Option<HashMap<KeyId, Seed>>>,
    /// Those that this process made.
    made: RwLock<HashMap<KeyId, Seed>>,
    /// Lines of seeds that are in use and not on disk yet.
    fresh: Mutex<Zeroizing<String>>,
    /// Seeds that are ready to be used; in a sealed case they are on disk already.
    reserved: Mutex<Vec<(KeyId, Seed)>>,
}

impl Keystore {
    /// The keystore of the epoch in force.
    pub(crate) fn open(case: &Path, id: CaseId, key: Option<&CaseKey>) -> Result<Self, VaultError> {
        let epoch = epoch(case)?;
        Ok(Self::at(folder(case).join(epoch.to_string()), epoch, id, key))
    }

    fn at(folder: PathBuf, epoch: u32, id: CaseId, key: Option<&CaseKey>) -> Self {
        let segment = |name: &str| {
            let sealed = key.map(|key| FrameKey {
                key: key.derive(&format!("keystore/{name}")),
                context: format!("keystore/{name} {id} {epoch}").into_bytes(),
            });
            Segment::at(folder.join(name), sealed)
        };
        let seeds = Seeds {
            objects: segment(OBJECTS),
            stored: RwLock::default(),
            made: RwLock::default(),
            fresh: Mutex::default(),
            reserved: Mutex::default(),
        };
        let signers = segment(SIGNERS);
        Self { signers, seeds: Arc::new(seeds), sealed: key.is_some() }
    }

    /// Writes the first epoch of a new case: the keys that sign and, where it is sealed, the wrapped master key.
    pub(crate) fn create(
        case: &Path,
        id: CaseId,
        log: (&str, &[u8; 32]),
        actor: (ActorId, &[u8; 32]),
        sealed: Option<(&CaseKey, &[u8])>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        let folder = folder(case).join("1");
        durable::make_folder(&folder)?;
        if let Some((_, wraps)) = sealed {
            durable::replace(&folder.join(WRAPS), wraps)?;
        }
        let keystore = Self::at(folder, 1, id, sealed.map(|(key, _)| key));
        let lines = Zeroizing::new(
            keystore::log_line(log.0, log.1) + &keystore::actor_line(actor.0, actor.1),
        );
        keystore.signers.append(&lines, entropy)
    }

    /// Makes the next epoch: all that this one holds but the seeds of `without`, under a new master key. When this
    /// returns the new epoch is in force and the old one is still there.
    pub(crate) fn next_epoch(
        &self,
        case: &Path,
        id: CaseId,
        without: &BTreeSet<KeyId>,
        sealed: Option<(&CaseKey, &[u8])>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        let next = epoch(case)? + 1;
        let making = folder(case).join(MAKING);
        remove_epoch(&making)?;
        durable::make_folder(&making)?;
        if let Some((_, wraps)) = sealed {
            durable::replace(&making.join(WRAPS), wraps)?;
        }
        let fresh = Self::at(making.clone(), next, id, sealed.map(|(key, _)| key));
        fresh.signers.append(&self.signers.read()?, entropy)?;
        let old = self.seeds.objects.read()?;
        let mut kept = Zeroizing::new(String::with_capacity(old.len()));
        for line in old.split_inclusive('\n') {
            let key = line.split_once(' ').and_then(|(key, _)| key.parse::<KeyId>().ok());
            if key.is_some_and(|key| !without.contains(&key)) {
                kept.push_str(line);
            }
        }
        fresh.seeds.objects.append(&kept, entropy)?;
        let named = folder(case).join(next.to_string());
        fs::rename(&making, &named).map_err(VaultError::machine("name", &named))?;
        durable::sync_folder(&folder(case))
    }

    pub(crate) fn signers(&self) -> Result<Signers, VaultError> {
        if !durable::exists(self.signers.path())? {
            return Err(VaultError::damaged(self.signers.path(), "it is missing"));
        }
        Signers::parse(&self.signers.read()?)
            .map_err(|error| VaultError::damaged(self.signers.path(), error))
    }

    /// Adds the key of a further actor, durably: a line of `signers`.
    pub(crate) fn add_signer(
        &self,
        line: &str,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        self.signers.append(line, entropy)
    }

    /// The keys that are on disk.
    pub(crate) fn ids(&self) -> Result<BTreeSet<KeyId>, VaultError> {
        let lines = self.seeds.objects.read()?;
        let key = |line: &str| line.split_once(' ')?.0.parse().ok();
        Ok(lines.lines().filter_map(key).collect())
    }

    /// Whether the key opens this epoch.
    pub(crate) fn fits(&self) -> bool {
        self.signers.read().is_ok()
    }

    pub(crate) fn seeds(&self) -> &Arc<Seeds> {
        &self.seeds
    }

    /// Sees to it that at least `count` keys can be taken. In a sealed case they are durable when this returns, so that
    /// no byte that they seal is on disk before them.
    pub(crate) fn reserve(
        &self,
        count: usize,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        let mut reserved = locked(&self.seeds.reserved);
        let mut lines = Zeroizing::new(String::new());
        let mut more = Vec::new();
        for _ in reserved.len()..count {
            let (key, seed) = keystore::new_object_key(entropy);
            lines.push_str(&keystore::object_line(key, &seed));
            more.push((key, seed));
        }
        if self.sealed && !more.is_empty() {
            self.seeds.objects.append(&lines, entropy)?;
        }
        reserved.extend(more);
        Ok(())
    }

    /// A key that was reserved. In an open case it is durable once [`Self::flush`] has returned.
    pub(crate) fn take(&self) -> Result<(KeyId, Seed), VaultError> {
        self.seeds.take(self.sealed)
    }

    /// Makes every key in use durable.
    pub(crate) fn flush(&self, entropy: &mut dyn Entropy) -> Result<(), VaultError> {
        let mut fresh = locked(&self.seeds.fresh);
        if !fresh.is_empty() {
            self.seeds.objects.append(&fresh, entropy)?;
            *fresh = Zeroizing::default();
        }
        Ok(())
    }
}

impl Seeds {
    pub(crate) fn take(&self, sealed: bool) -> Result<(KeyId, Seed), VaultError> {
        let (key, seed) = locked(&self.reserved)
            .pop()
            .ok_or_else(|| VaultError::damaged(self.objects.path(), "no key was made ready"))?;
        if !sealed {
            locked(&self.fresh).push_str(&keystore::object_line(key, &seed));
        }
        self.made.write().unwrap_or_else(PoisonError::into_inner).insert(key, seed.clone());
        Ok((key, seed))
    }

    /// The seed of a key; none if the keystore holds none, since it was erased or is damaged.
    pub(crate) fn find(&self, key: &KeyId) -> Result<Option<Seed>, VaultError> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(seed) = made.get(key) {
            return Ok(Some(seed.clone()));
        }
        drop(made);
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(seeds) = &*stored {
            return Ok(seeds.get(key).cloned());
        }
        drop(stored);
        let lines = self.objects.read()?;
        let seeds = keystore::parse_objects(&lines)
            .map_err(|error| VaultError::damaged(self.objects.path(), error))?;
        let seed = seeds.get(key).cloned();
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = Some(seeds);
        Ok(seed)
    }

    /// The seed of a key that must be there.
    pub(crate) fn get(&self, key: &KeyId) -> Result<Seed, VaultError> {
        self.find(key)?.ok_or_else(|| {
            VaultError::damaged(self.objects.path(), format!("it holds no seed {key}"))
        })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Destroys an epoch: its bytes are overwritten and flushed before the names go. Flash storage may keep old bytes all the
/// same; whoever reports an erasure says so.
pub(crate) fn remove_epoch(folder: &Path) -> Result<(), VaultError> {
    let mut files = Vec::new();
    crate::blobs::walk(folder, &mut files)?;
    for path in files {
        durable::overwrite(&path)?;
        fs::remove_file(&path).map_err(VaultError::machine("remove", &path))?;
    }
    match fs::remove_dir_all(folder) {
        Ok(()) => durable::sync_folder(folder.parent().unwrap_or(Path::new("."))),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(VaultError::machine("remove", folder)(cause)),
    }
}

/// Destroys every epoch but the one in force: what a crash within an erasure left. Returns how many there were.
pub(crate) fn remove_old_epochs(case: &Path) -> Result<usize, VaultError> {
    remove_epoch(&folder(case).join(MAKING))?;
    let mut old = epochs(case)?;
    old.pop_last();
    for epoch in &old {
        remove_epoch(&folder(case).join(epoch.to_string()))?;
    }
    Ok(old.len())
}
