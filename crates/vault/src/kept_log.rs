//! The files of an open case that prove its history: what a sealed copy of it keeps.

use std::path::PathBuf;

use crate::{CaseFile, Vault, VaultError, blobs, keystore};

impl Vault {
    /// The files that, beside its evidence, the history of an open case is proven by: `case.toml`, the seeds, the packs from
    /// first to last, and all of the log. Each with its name in the case's folder. The keys that sign are not among them,
    /// so that nobody goes on with this log by what a copy keeps.
    pub fn history_files(&self) -> Result<Vec<(String, PathBuf)>, VaultError> {
        let folder = self.folder();
        let seeds = format!("keys/{}/objects", keystore::epoch(folder)?);
        let mut names = vec![CaseFile::NAME.to_owned(), seeds];
        for (digest, _) in self.packs(0)? {
            let path = self.store().path(&digest);
            names.push(path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned());
        }
        let mut log = Vec::new();
        blobs::walk(&folder.join("log"), &mut log)?;
        log.sort();
        let below = |path: &PathBuf| {
            let name = path.strip_prefix(folder).unwrap_or(path);
            name.to_string_lossy().into_owned()
        };
        names.extend(log.iter().map(below));
        Ok(names.into_iter().map(|name| (name.clone(), folder.join(name))).collect())
    }
}
