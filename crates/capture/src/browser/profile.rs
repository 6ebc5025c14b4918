//! The folder that Chromium works in: in memory, private, locked while in use, removed afterwards.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names of finished folders start so. One that is still being made has a name of `tempfile`'s.
const PREFIX: &str = "witnessmark-browser-";
const LOCK: &str = "in-use";
/// A short name: Chromium makes a socket below it, whose whole path may have 107 bytes (unix(7)).
const TEMPORARY: &str = "t";

/// A private folder (mode 0700) for one Chromium. Dropping it removes it.
///
/// A file in it stays locked for as long as this value lives. The lock goes with the process, however it
/// ends, so the next start tells the folders of dead processes from those in use, and removes them.
pub(crate) struct Profile {
    path: PathBuf,
    _lock: File,
}

impl Profile {
    /// Makes a folder inside `base`, after removing those that dead processes of the same user left there.
    pub(crate) fn create(base: &Path) -> io::Result<Self> {
        remove_stale(base)?;
        let making = tempfile::Builder::new()
            .prefix("witnessmark-making-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(base)?;
        let lock = File::create_new(making.path().join(LOCK))?;
        lock.try_lock()?;
        fs::create_dir(making.path().join(TEMPORARY))?;
        let unique = making.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = unique.rsplit('-').next().unwrap_or_default();
        let path = base.join(format!("{PREFIX}{name}"));
        // Only a locked folder gets the name that `remove_stale` looks for.
        fs::rename(making.path(), &path)?;
        // Its old name is gone; there is nothing left to remove there.
        let _ = making.keep();
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where Chromium may put temporary files.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.path.join(TEMPORARY)
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // A process that is about to die may still add a file: try again for a second.
        for _ in 0..50 {
            match fs::remove_dir_all(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {}
                _ => return,
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn remove_stale(base: &Path) -> io::Result<()> {
    let ours = fs::metadata("/proc/self").map(|data| data.uid()).ok();
    for entry in fs::read_dir(base)?.flatten() {
        let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // `DirEntry::metadata` does not follow links.
        let own = entry.metadata().is_ok_and(|data| data.is_dir() && Some(data.uid()) == ours);
        if !named || !own {
            continue;
        }
        let lock = match File::open(entry.path().join(LOCK)) {
            Ok(file) => match file.try_lock() {
                Ok(()) => Some(file),
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => continue,
            },
            // Removing was begun and did not finish.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(_) => continue,
        };
        // Another start may be removing the same folder.
        let _ = fs::remove_dir_all(entry.path());
        drop(lock);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(base: &Path) -> usize {
        fs::read_dir(base).unwrap().count()
    }

    #[test]
    fn a_profile_leaves_nothing_behind() {
        let base = tempfile::tempdir().unwrap();
        let profile = Profile::create(base.path()).unwrap();
        fs::write(profile.path().join("Cookies"), b"secret").unwrap();
        assert_eq!(fs::metadata(profile.path()).unwrap().mode() & 0o777, 0o700);
        drop(profile);
        assert_eq!(folders(base.path()), 0);
    }

    #[test]
    fn only_profiles_of_dead_processes_are_removed() {
        let base = tempfile::tempdir().unwrap();
        let dead = base.path().join(format!("{PREFIX}dead"));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), b"").unwrap();
        fs::create_dir(base.path().join(format!("{PREFIX}half-removed"))).unwrap();
        fs::create_dir(base.path().join("other")).unwrap();
        let first = Profile::create(base.path()).unwrap();
        let second = Profile::create(base.path()).unwrap();
        assert!(!dead.exists());
        assert!(first.path().exists() && second.path().exists());
        assert_eq!(folders(base.path()), 3);
    }
}
