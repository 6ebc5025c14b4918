//! What vouches for a checkpoint from outside, kept beside a copy of it under `log/timestamps/<size>/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use witnessmark_model::Digest;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::payload::{KeptFile, Timestamp};

use crate::{Vault, VaultError, blobs, durable};

impl Vault {
    /// Keeps `files` (names and bytes) durably beside a copy of the checkpoint of `size`: the one that is published now,
    /// or one that has such a copy already. Returns what an entry has to say of the copy and of each file. It has to name
    /// them next: what no entry names is a finding of `verify`.
    pub fn keep_beside_checkpoint(
        &mut self,
        size: u64,
        files: &[(String, Vec<u8>)],
    ) -> Result<Vec<KeptFile>, VaultError> {
        // Until an entry names them: if none does, the next writer removes them.
        self.unnamed_beside = true;
        self.keep_all(size, files)
    }

    fn keep_all(
        &self,
        size: u64,
        files: &[(String, Vec<u8>)],
    ) -> Result<Vec<KeptFile>, VaultError> {
        let folder = self.folder().join("log/timestamps").join(size.to_string());
        let copy = folder.join(Timestamp::CHECKPOINT);
        let (note, published) = self.checkpoint()?;
        let note = if published.size == size { note } else { durable::read(&copy)? };
        match Checkpoint::open(&note, &self.verifier()) {
            Ok(checkpoint) if checkpoint.size == size => {}
            Ok(_) => return Err(VaultError::damaged(&copy, "it is of another size")),
            Err(error) => return Err(VaultError::damaged(&copy, error)),
        }
        let copy = (Timestamp::CHECKPOINT.to_owned(), note);
        let mut kept = Vec::new();
        for (name, bytes) in std::iter::once(&copy).chain(files) {
            keep(&folder.join(name), bytes)?;
            let sha256 = Digest::of(bytes);
            kept.push(KeptFile { name: name.clone(), sha256, bytes: bytes.len() as u64 });
        }
        Ok(kept)
    }
}

/// Writes a file once: the same bytes again change nothing, others are refused.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    match durable::read_if_there(path)? {
        None => durable::replace(path, bytes),
        Some(found) if found == bytes => Ok(()),
        Some(_) => Err(VaultError::damaged(path, "it holds other bytes than are to be kept")),
    }
}

/// Removes what lies under `log/timestamps` and is not among `named` (paths in the case's folder).
pub(crate) fn sweep(case: &Path, named: &BTreeSet<String>) -> Result<(), VaultError> {
    let mut found = Vec::new();
    blobs::walk(&case.join("log/timestamps"), &mut found)?;
    for path in found {
        let name = path.strip_prefix(case).unwrap_or(&path).to_string_lossy().into_owned();
        if !named.contains(&name) {
            fs::remove_file(&path).map_err(VaultError::machine("remove", &path))?;
            // The folder stays as long as it holds anything.
            let _ = path.parent().map(fs::remove_dir);
        }
    }
    Ok(())
}
