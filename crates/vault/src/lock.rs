//! The case lock: one process writes, and the next is told who.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::VaultError;

/// The held lock; released when dropped, and by the system when the process dies.
#[derive(Debug)]
pub(crate) struct CaseLock {
    file: File,
    path: PathBuf,
    /// The one who held it last did not get to say goodbye.
    pub(crate) last_holder_died: bool,
    keeps_its_word: bool,
}

impl CaseLock {
    /// Takes the lock without waiting. `holder` is what the next one in line is told.
    pub(crate) fn take(folder: &Path, holder: &str) -> Result<Self, VaultError> {
        let path = folder.join("lock");
        let fail = VaultError::machine;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(fail("open", &path))?;
        let taken = flock(&file, FlockOperation::NonBlockingLockExclusive);
        let mut said = Vec::new();
        let read = file.read_to_end(&mut said);
        // What stands there is shown to people.
        let text = String::from_utf8_lossy(&said).trim().to_owned();
        match taken {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let holder = if text.is_empty() { "another process".to_owned() } else { text };
                return Err(VaultError::Locked { holder });
            }
            Err(cause) => return Err(fail("lock", &path)(cause.into())),
        }
        // Who cannot read it looks the case over: that is safe, and taking it for empty would not be.
        let last_holder_died = read.is_err() || !text.is_empty();
        let mut lock = Self { file, path, last_holder_died, keeps_its_word: last_holder_died };
        lock.say(holder)?;
        Ok(lock)
    }

    /// Leaves the holder's words in the file, so that the next writer looks the case over as after a crash.
    pub(crate) fn leave_as_after_a_crash(&mut self) {
        self.keeps_its_word = true;
    }

    /// The case was looked over: nothing is left of what an earlier holder did not finish.
    pub(crate) fn settled(&mut self) {
        self.keeps_its_word = false;
    }

    /// Writes over what stands there, and cuts the rest off afterwards: at no moment is the file empty between one holder
    /// that died and the next, since an empty file says that nothing is left to be looked over.
    fn say(&mut self, text: &str) -> Result<(), VaultError> {
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.write_all(text.as_bytes()))
            .and_then(|()| self.file.set_len(text.len() as u64))
            .and_then(|()| self.file.sync_all())
            .map_err(VaultError::machine("write", &self.path))
    }
}

impl Drop for CaseLock {
    fn drop(&mut self) {
        if !self.keeps_its_word {
            // If this fails, the next writer looks the case over as after a crash, which is safe.
            let _ = self.say("");
        }
    }
}

/// A case held still by its lock, for those who do not open it: what is damaged may not open. The next writer looks the
/// case over as after a crash.
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "held, not read")] CaseLock);

impl Hold {
    /// Takes the lock of the case in `folder`. `holder` is what the next one in line is told.
    pub fn take(folder: &Path, holder: &str) -> Result<Self, VaultError> {
        let mut lock = CaseLock::take(folder, holder)?;
        lock.leave_as_after_a_crash();
        Ok(Self(lock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = CaseLock::take(folder.path(), "process 1 (add)").unwrap();
        assert!(!first.last_holder_died);
        match CaseLock::take(folder.path(), "process 2") {
            Err(VaultError::Locked { holder }) => assert_eq!(holder, "process 1 (add)"),
            other => panic!("{other:?}"),
        }
        drop(first);
        assert!(!CaseLock::take(folder.path(), "process 3").unwrap().last_holder_died);
    }

    #[test]
    fn a_holder_that_died_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lock"), "process 1 (add)").unwrap();
        assert!(CaseLock::take(folder.path(), "process 2").unwrap().last_holder_died);
    }
}
