//! The keystore on disk: seeds and signing keys of the first epoch.

use std::collections::HashMap;
use std::path::PathBuf;

use witnessmark_model::Entropy;
use witnessmark_model::id::{ActorId, KeyId};
use witnessmark_model::keystore::{self, KeystoreError, Signers};
use witnessmark_model::leaf::Seed;
use zeroize::Zeroizing;

use crate::{VaultError, durable};

/// Seeds are read when the first one is asked for: commands that only look need none.
#[derive(Debug)]
pub(crate) struct Keystore {
    folder: PathBuf,
    seeds: Option<HashMap<KeyId, Seed>>,
    /// Lines that were made and are not on disk yet.
    fresh: Zeroizing<String>,
}

impl Keystore {
    pub(crate) fn at(case: &std::path::Path) -> Self {
        Self { folder: case.join("keys").join("1"), seeds: None, fresh: Zeroizing::default() }
    }

    fn objects(&self) -> PathBuf {
        self.folder.join("objects")
    }

    fn signers_path(&self) -> PathBuf {
        self.folder.join("signers")
    }

    /// Writes the keys that sign, for a new case.
    pub(crate) fn create(
        &self,
        log: (&str, &[u8; 32]),
        actor: (ActorId, &[u8; 32]),
    ) -> Result<(), VaultError> {
        durable::make_folder(&self.folder)?;
        let lines = Zeroizing::new(
            keystore::log_line(log.0, log.1) + &keystore::actor_line(actor.0, actor.1),
        );
        durable::append_lines(&self.signers_path(), lines.as_bytes())
    }

    pub(crate) fn signers(&self) -> Result<Signers, VaultError> {
        let path = self.signers_path();
        let bytes = Zeroizing::new(durable::read(&path)?);
        let text =
            std::str::from_utf8(&bytes).map_err(|_| VaultError::damaged(&path, "not UTF-8"))?;
        Signers::parse(text).map_err(|error| VaultError::damaged(&path, error))
    }

    /// A fresh key. It is durable once [`Self::flush`] has returned, and not used before.
    pub(crate) fn fresh(&mut self, entropy: &mut dyn Entropy) -> (KeyId, Seed) {
        let (key, seed) = keystore::new_object_key(entropy);
        self.fresh.push_str(&keystore::object_line(key, &seed));
        if let Some(seeds) = &mut self.seeds {
            seeds.insert(key, seed.clone());
        }
        (key, seed)
    }

    pub(crate) fn flush(&mut self) -> Result<(), VaultError> {
        if !self.fresh.is_empty() {
            durable::append_lines(&self.objects(), self.fresh.as_bytes())?;
            self.fresh = Zeroizing::default();
        }
        Ok(())
    }

    pub(crate) fn seed(&mut self, key: &KeyId) -> Result<Seed, VaultError> {
        let path = self.objects();
        if self.seeds.is_none() {
            let mut seeds = HashMap::new();
            if path.exists() {
                let bytes = Zeroizing::new(durable::read(&path)?);
                let text = std::str::from_utf8(&bytes)
                    .map_err(|_| VaultError::damaged(&path, "not UTF-8"))?;
                seeds = keystore::parse_objects(text)
                    .map_err(|error: KeystoreError| VaultError::damaged(&path, error))?;
            }
            let fresh = keystore::parse_objects(&self.fresh)
                .map_err(|error| VaultError::damaged(&path, error))?;
            seeds.extend(fresh);
            self.seeds = Some(seeds);
        }
        self.seeds
            .as_ref()
            .and_then(|seeds| seeds.get(key).cloned())
            .ok_or_else(|| VaultError::damaged(&path, format!("it holds no seed {key}")))
    }
}
