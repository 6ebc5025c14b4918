//! Who can open a sealed case: the file `wraps` of the epoch in force is replaced, and a keystore leaves or comes back.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use witnessmark_seal::wraps::Wraps;
use zeroize::Zeroizing;

use crate::{Vault, VaultError, durable, keystore};

impl Vault {
    /// Puts `wraps`, which lock the same key anew, in the place of those in force. The bytes of the old ones are written
    /// over. The case must be open for writing.
    ///
    /// Who kept a copy of the old file, and knows what opened it, still has the key of this epoch.
    pub fn replace_wraps(&mut self, wraps: &Wraps) -> Result<(), VaultError> {
        self.must_hold()?;
        let epoch = keystore::epoch(self.folder())?;
        let path = keystore::wraps_path(self.folder(), epoch);
        if (wraps.case(), wraps.epoch()) != (self.case_id(), epoch) {
            return Err(VaultError::WrongKey(self.folder().to_owned()));
        }
        let fail = VaultError::machine;
        let mut old = OpenOptions::new().write(true).open(&path).map_err(fail("open", &path))?;
        let length = old.metadata().map_err(fail("look at", &path))?.len();
        durable::replace(&path, &wraps.to_bytes())?;
        let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
        old.write_all(&zeros).and_then(|()| old.sync_all()).map_err(fail("write over", &path))
    }

    /// Destroys the keystore of a sealed case: every file is written over, flushed and removed, the locked key first, without
    /// which the others open to nobody. From here on the case opens only once a keystore is brought back. The case must be
    /// open for writing.
    pub fn destroy_keys(self) -> Result<(), VaultError> {
        self.must_hold()?;
        for epoch in keystore::epochs(self.folder())? {
            durable::overwrite(&keystore::wraps_path(self.folder(), epoch))?;
        }
        keystore::remove_epoch(&keystore::folder(self.folder()))
    }

    fn must_hold(&self) -> Result<(), VaultError> {
        if self.is_held() {
            return Ok(());
        }
        let holder = "nobody: it is open for reading only".to_owned();
        Err(VaultError::Locked { holder })
    }
}

/// Whether the sealed case in `folder` has no keystore, or one whose destruction was cut off: its owner travels without it.
pub fn has_no_keys(folder: &Path) -> Result<bool, VaultError> {
    for epoch in keystore::epochs(folder)? {
        let path = keystore::wraps_path(folder, epoch);
        match fs::read(&path) {
            Ok(bytes) if bytes.iter().any(|byte| *byte != 0) => return Ok(false),
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(VaultError::machine("read", &path)(cause));
            }
            _ => {}
        }
    }
    Ok(true)
}

/// Brings a keystore back into the case in `folder`, which has none: the files of one epoch, by name. They are whole and
/// durable when this returns, or not there.
pub fn bring_keys(
    folder: &Path,
    epoch: u32,
    files: &BTreeMap<String, Zeroizing<Vec<u8>>>,
) -> Result<(), VaultError> {
    if !has_no_keys(folder)? {
        return Err(VaultError::Exists(keystore::folder(folder)));
    }
    // Seeds are only ever added: a longer file here holds some that would be lost.
    let here = keystore::folder(folder).join(epoch.to_string()).join(keystore::OBJECTS);
    let there = files.get(keystore::OBJECTS).map_or(0, |bytes| bytes.len() as u64);
    if here.metadata().is_ok_and(|found| found.len() > there) {
        return Err(VaultError::damaged(&here, "it holds keys that the copy does not hold"));
    }
    keystore::remove_epoch(&keystore::folder(folder))?;
    let making = keystore::folder(folder).join(keystore::MAKING);
    durable::make_folder(&making)?;
    for (name, bytes) in files {
        durable::replace(&making.join(name), bytes)?;
    }
    let named = keystore::folder(folder).join(epoch.to_string());
    fs::rename(&making, &named).map_err(VaultError::machine("name", &named))?;
    durable::sync_folder(&keystore::folder(folder))
}
