//! Erasure: what the log gives up is destroyed, and what a crash interrupts is finished by the next writer.
//!
//! The entry of kind `erase` is the promise. It is committed first; from then on its keys and blobs count as gone,
//! whatever still lies on disk. Then the keystore's next epoch is made without those keys, under a new master key, the old
//! epoch is overwritten and removed, and with it every derived file and the quarantine, whose keys it held; then the blobs go.
//! A crash before the commit leaves the case as it was. After it, [`Vault::finish_erasures`] does what is left to do.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use witnessmark_model::id::KeyId;
use witnessmark_model::payload::Payload;
use witnessmark_model::{Digest, Entropy, Moment};

use crate::{Committed, Pending, Vault, VaultError, durable};

/// Files and folders that are made from the log and may hold what is erased.
const DERIVED: [&str; 4] = ["casebook.db", "cache.db", "index", "quarantine"];

/// What the log's entries say about keys and blobs.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// The packs, and every blob that an entry names and that was not erased.
    pub(crate) blobs: BTreeSet<Digest>,
    /// The keys of entries and evidence that were not erased.
    pub(crate) keys: BTreeSet<KeyId>,
    /// The keys that were erased.
    pub(crate) erased_keys: BTreeSet<KeyId>,
    /// The blobs that were erased.
    pub(crate) erased_blobs: BTreeSet<Digest>,
    /// The files beside checkpoints that an entry names.
    pub(crate) beside: BTreeSet<String>,
    /// Whether every entry was read but those that were erased.
    pub(crate) all_known: bool,
}

impl Vault {
    /// Commits these entries, the erasures among them, and destroys what they give up. When this returns, nothing in the
    /// case's folder opens it any more; if it fails after the commit, the next writer goes on with it.
    ///
    /// Keys that no entry names, of what was stored and never committed, go as well: nobody can tell what they open. The
    /// derived files are removed, and are to be made again.
    pub fn erase(
        &mut self,
        pending: Vec<Pending>,
        at: Moment,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<Committed>, VaultError> {
        let committed = self.commit(pending, at, entropy)?;
        self.unsure = true;
        self.finish_erasures(entropy)?;
        Ok(committed)
    }

    /// Destroys what entries of kind `erase` give up and is still there. Returns whether there was any.
    pub fn finish_erasures(&mut self, entropy: &mut dyn Entropy) -> Result<bool, VaultError> {
        self.unsure = true;
        let named = self.named()?;
        let unfinished = self.is_unfinished(&named)?;
        if unfinished {
            let stored: BTreeSet<KeyId> = self.keystore.ids()?;
            let without = stored.difference(&named.keys).copied().collect();
            self.renew_keys(&without, entropy)?;
            for name in DERIVED {
                remove(self.folder(), name)?;
            }
            for digest in &named.erased_blobs {
                self.remove_blob(digest)?;
            }
            durable::sync_folder(self.folder())?;
        }
        if let Some(lock) = self.lock.as_mut() {
            lock.settled();
        }
        self.unsure = false;
        Ok(unfinished)
    }

    /// Whether something that was erased is still there.
    pub(crate) fn is_unfinished(&self, named: &Named) -> Result<bool, VaultError> {
        for key in &named.erased_keys {
            if self.keystore.seeds().find(key)?.is_some() {
                return Ok(true);
            }
        }
        Ok(named.erased_blobs.iter().any(|blob| self.store().path(blob).exists()))
    }

    /// Walks the log for the keys and blobs that it names and that it gives up.
    pub(crate) fn named(&self) -> Result<Named, VaultError> {
        let mut named = Named::default();
        named.blobs.extend(self.packs(0)?.into_iter().map(|(digest, _)| digest));
        let packs = named.blobs.clone();
        let mut unread = BTreeSet::new();
        self.for_each_entry(0, &mut |entry| {
            named.keys.insert(entry.key);
            let payload = entry.content.and_then(|found| Payload::parse(&found.payload).ok());
            let Some(payload) = payload else {
                unread.insert(entry.key);
                return Ok(());
            };
            named.beside.extend(payload.files_beside_checkpoints());
            if let Payload::Erasure(erasure) = &payload {
                named.erased_keys.extend(&erasure.keys);
                named.erased_blobs.extend(&erasure.blobs);
            }
            for evidence in payload.blobs() {
                named.keys.insert(evidence.key);
                named.blobs.insert(evidence.sha256);
            }
            Ok(())
        })?;
        named.all_known = unread.is_subset(&named.erased_keys);
        // A pack is never given up: it holds the entries of others.
        named.erased_blobs.retain(|blob| !packs.contains(blob));
        named.keys.retain(|key| !named.erased_keys.contains(key));
        named.blobs.retain(|blob| !named.erased_blobs.contains(blob));
        Ok(named)
    }

    /// Overwrites a blob and removes it. What is sealed needs no overwriting once its key is gone; it costs little, and a
    /// folder that somebody looks into then shows nothing of its length either.
    fn remove_blob(&self, digest: &Digest) -> Result<(), VaultError> {
        let path = self.store().path(digest);
        if !path.exists() {
            return Ok(());
        }
        durable::overwrite(&path)?;
        fs::remove_file(&path).map_err(VaultError::machine("remove", &path))?;
        match path.parent() {
            Some(folder) => durable::sync_folder(folder),
            None => Ok(()),
        }
    }
}

/// Removes what begins with `name` in the case's folder: a database with its journals, or a folder.
fn remove(folder: &Path, name: &str) -> Result<(), VaultError> {
    let entries = fs::read_dir(folder).map_err(VaultError::machine("list", folder))?;
    for entry in entries {
        let entry = entry.map_err(VaultError::machine("list", folder))?;
        let path = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(name) {
            continue;
        }
        let kind = entry.file_type().map_err(VaultError::machine("look at", &path))?;
        let removed =
            if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(VaultError::machine("remove", &path))?;
    }
    Ok(())
}
