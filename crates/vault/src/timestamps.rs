//! What vouches for a checkpoint from outside, kept beside a copy of it under `log/timestamps/<size>/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use witnessmark_model::Digest;
use witnessmark_model::payload::{checkpoint_beside, checkpoint_folder};

use crate::{Vault, VaultError, blobs, durable};

impl Vault {
    /// Keeps `files` (names and bytes) beside a copy of the checkpoint that is published now, durably; returns the digest
    /// of each. An entry has to name them next: what no entry names is a finding of `verify`, and the next writer removes
    /// it after a crash.
    pub fn keep_beside_checkpoint(
        &mut self,
        files: &[(String, Vec<u8>)],
    ) -> Result<Vec<Digest>, VaultError> {
        let kept = self.keep_all(files);
        // Some of them may lie there, and no entry is going to name them.
        self.unsure |= kept.is_err();
        kept
    }

    fn keep_all(&self, files: &[(String, Vec<u8>)]) -> Result<Vec<Digest>, VaultError> {
        let (note, checkpoint) = self.checkpoint()?;
        let folder = self.folder().join(checkpoint_folder(checkpoint.size));
        keep(&self.folder().join(checkpoint_beside(checkpoint.size)), &note)?;
        for (name, bytes) in files {
            keep(&folder.join(name), bytes)?;
        }
        Ok(files.iter().map(|(_, bytes)| Digest::of(bytes)).collect())
    }
}

/// Writes a file once: the same bytes again change nothing, others are refused.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    if path.exists() {
        return match durable::read(path)? == bytes {
            true => Ok(()),
            false => Err(VaultError::damaged(path, "it holds other bytes than are to be kept")),
        };
    }
    durable::replace(path, bytes)
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
