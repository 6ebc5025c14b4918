//! Blobs: bytes named by their digest, written once.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use witnessmark_model::Digest;
use witnessmark_model::digest::Hasher;

use crate::VaultError;
use crate::durable::{self, Temporary};

/// The folder of blobs. Several threads may put at once.
#[derive(Clone, Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
    /// What was stored anew and no committed entry names yet.
    unnamed: Arc<Mutex<BTreeSet<Digest>>>,
}

/// A blob that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// SHA-256 of its bytes.
    pub(crate) digest: Digest,
    /// How many bytes.
    pub(crate) bytes: u64,
}

impl Blobs {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder, unnamed: Arc::default() }
    }

    /// The blobs that were stored through this handle or its clones and that no committed entry names yet.
    pub(crate) fn unnamed(&self) -> MutexGuard<'_, BTreeSet<Digest>> {
        self.unnamed.lock().unwrap_or_else(|lock| lock.into_inner())
    }

    /// Where the blob with this digest lies.
    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let (first, _) = hex.split_at(2);
        self.folder.join(first).join(&hex)
    }

    /// A blob that is written bit by bit.
    pub(crate) fn writer(&self) -> Result<BlobWriter, VaultError> {
        // The digest, and with it the folder, is known only at the end: the file is written beside the folders.
        durable::make_folder(&self.folder)?;
        let temporary = Temporary::beside(&self.folder)?;
        Ok(BlobWriter { blobs: self.clone(), temporary, hasher: Hasher::new(), bytes: 0 })
    }

    /// Stores bytes that are in memory.
    pub(crate) fn put_bytes(&self, bytes: &[u8]) -> Result<Stored, VaultError> {
        let digest = Digest::of(bytes);
        let length = bytes.len() as u64;
        let path = self.path(&digest);
        if path.metadata().is_ok_and(|found| found.len() == length) {
            // Whoever stored it may have died before its name was durable.
            durable::sync_folder(path.parent().unwrap_or(&self.folder))?;
            return Ok(Stored { digest, bytes: length });
        }
        let mut writer = self.writer()?;
        writer.write(bytes)?;
        writer.finish()
    }

    /// Opens a blob for reading; its bytes are not checked here.
    pub(crate) fn open(&self, digest: &Digest) -> Result<File, VaultError> {
        let path = self.path(digest);
        File::open(&path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => VaultError::damaged(&path, "it is missing"),
            _ => VaultError::machine("open", &path)(cause),
        })
    }

    /// The bytes of a blob, once they have been found to have its digest.
    pub(crate) fn read(&self, digest: &Digest) -> Result<Vec<u8>, VaultError> {
        let path = self.path(digest);
        let bytes = durable::read(&path)?;
        if Digest::of(&bytes) != *digest {
            return Err(VaultError::damaged(&path, "its bytes do not have the digest in its name"));
        }
        Ok(bytes)
    }

    /// Every file under the folder, whatever its name, sorted; paths relative to the folder.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>, VaultError> {
        let mut found = Vec::new();
        walk(&self.folder, &mut found)?;
        found.sort();
        Ok(found)
    }
}

/// A blob in the making; nothing is left of it when it is dropped before [`BlobWriter::finish`].
pub(crate) struct BlobWriter {
    blobs: Blobs,
    temporary: Temporary,
    hasher: Hasher,
    bytes: u64,
}

impl BlobWriter {
    /// Adds bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.temporary.write_all(bytes)
    }

    /// Makes the blob durable and gives it its name.
    pub(crate) fn finish(mut self) -> Result<Stored, VaultError> {
        self.temporary.sync()?;
        let digest = self.hasher.finish();
        let destination = self.blobs.path(&digest);
        let folder = destination.parent().unwrap_or(&self.blobs.folder);
        durable::make_folder(folder)?;
        let new = self.temporary.name_if_new(&destination)?;
        if new {
            self.blobs.unnamed().insert(digest);
        }
        durable::sync_folder(folder)?;
        Ok(Stored { digest, bytes: self.bytes })
    }
}

pub(crate) fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), VaultError> {
    let fail = VaultError::machine;
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(fail("list", folder)(cause)),
    };
    for entry in entries {
        let entry = entry.map_err(fail("list", folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(fail("look at", &path))?;
        if kind.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_read_back_and_stored_once() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::at(folder.path().join("blobs"));
        let first = blobs.put_bytes("西藏".as_bytes()).unwrap();
        assert_eq!(blobs.put_bytes("西藏".as_bytes()).unwrap(), first);
        assert_eq!(blobs.read(&first.digest).unwrap(), "西藏".as_bytes());
        assert_eq!(blobs.files().unwrap().len(), 1);
    }

    #[test]
    fn a_dropped_writer_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::at(folder.path().join("blobs"));
        let mut writer = blobs.writer().unwrap();
        writer.write(b"abc").unwrap();
        drop(writer);
        assert_eq!(blobs.files().unwrap().len(), 0);
    }

    #[test]
    fn a_changed_blob_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::at(folder.path().join("blobs"));
        let stored = blobs.put_bytes(b"abc").unwrap();
        fs::write(blobs.path(&stored.digest), b"abd").unwrap();
        assert!(matches!(blobs.read(&stored.digest), Err(VaultError::Damaged { .. })));
    }
}
