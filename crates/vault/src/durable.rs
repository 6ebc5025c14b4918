//! Writing files so that they are whole and on disk, or not there at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::VaultError;

/// Temporary files carry this prefix, in the folder of the file they become.
pub(crate) const TEMPORARY: &str = ".tmp-";

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A file in the making beside its destination; removed when dropped before it is given its name.
pub(crate) struct Temporary {
    path: PathBuf,
    file: File,
    named: bool,
}

impl Temporary {
    pub(crate) fn beside(folder: &Path) -> Result<Self, VaultError> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{TEMPORARY}{}-{number}", std::process::id()));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(VaultError::machine("create", &path))?;
        Ok(Self { path, file, named: false })
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.file.write_all(bytes).map_err(VaultError::machine("write", &self.path))
    }

    pub(crate) fn sync(&mut self) -> Result<(), VaultError> {
        self.file.sync_all().map_err(VaultError::machine("flush", &self.path))
    }

    /// Gives the file its name, unless a file of that name is there: then `false`, and the new one is dropped.
    pub(crate) fn name_if_new(mut self, destination: &Path) -> Result<bool, VaultError> {
        match renameat_with(CWD, &self.path, CWD, destination, RenameFlags::NOREPLACE) {
            Ok(()) => {
                self.named = true;
                Ok(true)
            }
            Err(rustix::io::Errno::EXIST) => Ok(false),
            // File systems without RENAME_NOREPLACE: a hard link does not replace either.
            Err(rustix::io::Errno::INVAL) => match fs::hard_link(&self.path, destination) {
                Ok(()) => Ok(true),
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(cause) => Err(VaultError::machine("name", destination)(cause)),
            },
            Err(cause) => Err(VaultError::machine("name", destination)(cause.into())),
        }
    }

    /// Gives the file its name, in place of whatever had it.
    pub(crate) fn name(mut self, destination: &Path) -> Result<(), VaultError> {
        fs::rename(&self.path, destination).map_err(VaultError::machine("name", destination))?;
        self.named = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.named {
            // A leftover is harmless: the next writer removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the names in `folder` durable. The empty path, parent of a bare name, is the folder where we are.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), VaultError> {
    let opened = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(opened)
        .and_then(|folder| folder.sync_all())
        .map_err(VaultError::machine("flush the folder", folder))
}

/// Makes `folder` and its parents, each durable, readable by the owner alone.
pub(crate) fn make_folder(folder: &Path) -> Result<(), VaultError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
        match fs::DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => sync_folder(parent)?,
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(VaultError::machine("make the folder", folder)(cause)),
        }
    }
    Ok(())
}

/// Writes `bytes` to `path`, durably, in place of what was there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let mut temporary = Temporary::beside(folder)?;
    temporary.write_all(bytes)?;
    temporary.sync()?;
    temporary.name(path)?;
    sync_folder(folder)
}

/// Appends `bytes` to `path`, durably. A tail of an earlier append that does not end in a newline is cut off first.
pub(crate) fn append_lines(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    use std::io::{Read, Seek, SeekFrom};
    let fail = VaultError::machine;
    let new = !exists(path)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(fail("open", path))?;
    let mut end = file.seek(SeekFrom::End(0)).map_err(fail("read", path))?;
    let mut last = [0];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1)).map_err(fail("read", path))?;
        file.read_exact(&mut last).map_err(fail("read", path))?;
        if last == *b"\n" {
            break;
        }
        end -= 1;
    }
    file.set_len(end).map_err(fail("write", path))?;
    file.seek(SeekFrom::Start(end)).map_err(fail("write", path))?;
    file.write_all(bytes).map_err(fail("write", path))?;
    file.sync_all().map_err(fail("flush", path))?;
    if new && let Some(folder) = path.parent() {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Options for a file that its owner alone may read.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Writes zeros over a file's bytes, durably.
pub(crate) fn overwrite(path: &Path) -> Result<(), VaultError> {
    let fail = VaultError::machine;
    let mut file = OpenOptions::new().write(true).open(path).map_err(fail("open", path))?;
    let mut left = file.metadata().map_err(fail("look at", path))?.len();
    let zeros = vec![0; 64 * 1024];
    while left > 0 {
        let now = left.min(zeros.len() as u64);
        let part = zeros.get(..usize::try_from(now).unwrap_or(0)).unwrap_or_default();
        file.write_all(part).map_err(fail("write", path))?;
        left -= now;
    }
    file.sync_all().map_err(fail("flush", path))
}

/// Whether something of that name is there. A machine that cannot tell is an error, and never a `no`: what is taken for
/// absent is begun anew, over what is there.
pub(crate) fn exists(path: &Path) -> Result<bool, VaultError> {
    path.try_exists().map_err(VaultError::machine("look for", path))
}

/// The bytes of a file of the case that may be absent.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(VaultError::machine("read", path)(cause)),
    }
}

/// The bytes of a file of the case.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, VaultError> {
    read_if_there(path)?.ok_or_else(|| VaultError::damaged(path, "it is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_tail_is_cut_before_the_next_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        for (before, expected) in [
            ("", "new\n"),
            ("whole\n", "whole\nnew\n"),
            ("whole\nto", "whole\nnew\n"),
            ("to", "new\n"),
        ] {
            fs::write(&path, before).unwrap();
            append_lines(&path, b"new\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("name");
        for (bytes, new) in [("first", true), ("second", false)] {
            let mut temporary = Temporary::beside(folder.path()).unwrap();
            temporary.write_all(bytes.as_bytes()).unwrap();
            assert_eq!(temporary.name_if_new(&path).unwrap(), new);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the second left nothing");
    }
}
