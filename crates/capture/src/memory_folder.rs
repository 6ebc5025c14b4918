//! Folders in memory for programs that we start: private, locked while in use, gone afterwards, however we end.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// Names of finished folders start so. One that is still being made has a name of `tempfile`'s.
const PREFIX: &str = "witnessmark-in-memory-";
const LOCK: &str = "in-use";

/// What the watcher does: it reads until nobody holds the other end of its input, that is, until the folder was dropped
/// or our process died, by whatever signal. Whoever still works in the folder then dies too, and may yet write there:
/// the folder is removed again and again, for five seconds.
const WATCH: &str = r#"
trap "" HUP INT TERM
cat > /dev/null
[ -e "$1" ] || exit 0
left=50
while [ "$left" -gt 0 ]; do
  rm -rf -- "$1"
  sleep 0.1
  left=$((left - 1))
done
"#;

/// A private folder (mode 0700) in memory. Dropping it removes it.
///
/// When our process dies without dropping it, by `kill -9` say, a watcher removes it: a small process of its own. If that
/// one dies as well, the next folder made in the same place removes it: a file in the folder stays locked for as long as
/// this value lives, and the lock goes with the process, so that the folders of dead processes are told from those in use.
#[derive(Debug)]
pub struct MemoryFolder {
    path: PathBuf,
    _lock: File,
    watcher: Child,
    /// The watcher looks at the folder when this closes.
    held: Option<ChildStdin>,
}

impl MemoryFolder {
    /// Where folders in memory are, on Linux.
    pub const PLACE: &str = "/dev/shm";

    /// Makes a folder inside `place`, after removing those that dead processes of the same user left there.
    pub fn create(place: &Path) -> io::Result<Self> {
        remove_stale(place)?;
        let making = tempfile::Builder::new()
            .prefix("witnessmark-making-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(place)?;
        let lock = File::create_new(making.path().join(LOCK))?;
        lock.try_lock()?;
        let unique = making.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = unique.rsplit('-').next().unwrap_or_default();
        let path = place.join(format!("{PREFIX}{name}"));
        let (watcher, held) = watch(&path)?;
        let folder = Self { path, _lock: lock, watcher, held };
        // Only a locked folder gets the name that `remove_stale` looks for.
        fs::rename(making.path(), &folder.path)?;
        // Its old name is gone; there is nothing left to remove there.
        let _ = making.keep();
        Ok(folder)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Starts the watcher of a folder, in a group of its own, so that signals for ours do not reach it.
fn watch(folder: &Path) -> io::Result<(Child, Option<ChildStdin>)> {
    let mut watcher = Command::new("/bin/sh")
        .args(["-c", WATCH, "sh"])
        .arg(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let held = watcher.stdin.take();
    Ok((watcher, held))
}

impl Drop for MemoryFolder {
    fn drop(&mut self) {
        // A process that is about to die may still add a file: try again for a second.
        for _ in 0..50 {
            match fs::remove_dir_all(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {}
                _ => break,
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // With the folder gone the watcher ends at once; otherwise it goes on trying.
        self.held = None;
        if !self.path.exists() {
            let _ = self.watcher.wait();
        }
    }
}

fn remove_stale(place: &Path) -> io::Result<()> {
    // Not from `/proc`: a process whose memory is kept private seems to be root's there.
    let ours = rustix::process::getuid().as_raw();
    for entry in fs::read_dir(place)?.flatten() {
        let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // `DirEntry::metadata` does not follow links.
        let own = entry.metadata().is_ok_and(|data| data.is_dir() && data.uid() == ours);
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
    fn a_folder_leaves_nothing_behind() {
        let base = tempfile::tempdir().unwrap();
        let folder = MemoryFolder::create(base.path()).unwrap();
        fs::write(folder.path().join("Cookies"), b"secret").unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().mode() & 0o777, 0o700);
        drop(folder);
        assert_eq!(folders(base.path()), 0);
    }

    #[test]
    fn only_folders_of_dead_processes_are_removed() {
        let base = tempfile::tempdir().unwrap();
        let dead = base.path().join(format!("{PREFIX}dead"));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), b"").unwrap();
        fs::create_dir(base.path().join(format!("{PREFIX}half-removed"))).unwrap();
        fs::create_dir(base.path().join("other")).unwrap();
        let first = MemoryFolder::create(base.path()).unwrap();
        let second = MemoryFolder::create(base.path()).unwrap();
        assert!(!dead.exists());
        assert!(first.path().exists() && second.path().exists());
        assert_eq!(folders(base.path()), 3);
    }

    /// What `kill -9` of our process does: nothing is dropped, and all that we held is closed.
    #[test]
    fn the_folder_of_a_killed_process_goes_without_us() {
        let base = tempfile::tempdir().unwrap();
        let mut folder = MemoryFolder::create(base.path()).unwrap();
        let inside = folder.path().join("t/deeper");
        fs::create_dir_all(&inside).unwrap();
        fs::write(inside.join("Cookies"), b"secret").unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert!(folder.path().exists(), "it stays while we live");
        folder.held = None;
        let gone = || {
            for _ in 0..100 {
                if folders(base.path()) == 0 {
                    return true;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            false
        };
        assert!(gone());
        // A program that was started there has not noticed yet.
        fs::create_dir_all(&inside).unwrap();
        fs::write(inside.join("History"), b"secret").unwrap();
        assert!(gone(), "what was written after the first removal goes too");
    }
}
