//! A copy in a folder, on whatever file system it lies: a disk, a stick formatted for cameras, a share.
//!
//! Files are written under temporary names, then flushed together, then named; so a name always stands for bytes that
//! are on the disk. No hard links, no permissions and no special renaming are needed, which FAT does not have.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{Advice, fadvise, statfs, statvfs, syncfs};
use witnessmark_model::Digest;
use witnessmark_verify::{Files, Folder, Nature};

use super::source::{Trouble, fingerprint};
use super::{CopyError, CopyNote, Part, Source, Target};
use crate::durable::{self, TEMPORARY, Temporary};
use crate::lock::CaseLock;
use crate::{VaultError, blobs};

/// So many files, or so many bytes, are flushed together.
const BATCH_FILES: usize = 128;
const BATCH_BYTES: u64 = 256 << 20;
/// File systems by the numbers of statfs(2): that of small sticks, with the first length that it cannot hold, and those
/// that a program gives.
const FAT: u64 = 0x4d44;
const FUSE: u64 = 0x6573_5546;
const TOO_LONG_FOR_FAT: u64 = 1 << 32;

/// A copy in a folder.
#[derive(Debug)]
pub struct FolderTarget {
    top: PathBuf,
    /// Held while the copy is written.
    lock: Option<Mutex<CaseLock>>,
    /// Each file has to be flushed by itself: the file system is a program's, which syncfs(2) does not reach.
    one_by_one: bool,
    batch: Mutex<Batch>,
}

/// Files that are written and not named yet, and names whose pages the system need not keep.
#[derive(Default)]
struct Batch {
    waiting: Vec<(Temporary, PathBuf)>,
    bytes: u64,
    named: Vec<PathBuf>,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} files waiting", self.waiting.len())
    }
}

impl FolderTarget {
    /// The copy in `top`, to be read.
    pub fn open(top: &Path) -> Result<Self, CopyError> {
        let fail = VaultError::machine("open", top);
        let is_folder = fs::metadata(top).map_err(fail)?.is_dir();
        if !is_folder {
            return Err(CopyError::BadName(format!("{} is not a folder", top.display())));
        }
        let one_by_one = file_system(top)? == FUSE;
        Ok(Self { top: top.to_owned(), lock: None, one_by_one, batch: Mutex::default() })
    }

    /// The copy in `top`, to be written, made if it is not there. It is locked meanwhile as a case is, and until it is
    /// finished says so in its lock: whoever opens it as a case looks it over first. `holder` is what others are told.
    pub fn open_for_writing(top: &Path, holder: &str) -> Result<Self, CopyError> {
        durable::make_folder(top)?;
        let mut target = Self::open(top)?;
        let foreign = target.files()?.is_empty() && target.first_name()?.is_some();
        if foreign {
            // Nothing is written into a folder that holds other things.
            let example = target.first_name()?.unwrap_or_default();
            return Err(CopyError::NotACopy { place: top.display().to_string(), example });
        }
        let mut lock = CaseLock::take(top, holder)?;
        lock.leave_as_after_a_crash();
        target.lock = Some(Mutex::new(lock));
        for name in ["", "log", "blobs", "keys"] {
            let mut left = Vec::new();
            if name.is_empty() {
                left.extend(target.names_at_the_top()?.into_iter().map(|name| top.join(name)));
            } else {
                blobs::walk(&top.join(name), &mut left)?;
            }
            for path in left.iter().filter(|path| is_temporary(path)) {
                fs::remove_file(path).map_err(VaultError::machine("remove", path))?;
            }
        }
        Ok(target)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.top
    }

    fn names_at_the_top(&self) -> Result<Vec<String>, CopyError> {
        let fail = || VaultError::machine("list", &self.top);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.top).map_err(fail())? {
            let entry = entry.map_err(fail())?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }

    /// A name that something other than an interrupted copy left. What systems drop into folders is passed over.
    fn first_name(&self) -> Result<Option<String>, CopyError> {
        let is_ours = |name: &String| {
            matches!(name.as_str(), "lock" | "log" | "blobs" | "keys" | "quarantine")
                || name.starts_with(TEMPORARY)
                || matches!(name.as_str(), ".DS_Store" | "Thumbs.db" | "desktop.ini" | "lost+found")
        };
        Ok(self.names_at_the_top()?.into_iter().find(|name| !is_ours(name)))
    }

    fn batch(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flush_disk(&self) -> Result<(), VaultError> {
        let fail = || VaultError::machine("flush the disk of", &self.top);
        let folder = File::open(&self.top).map_err(fail())?;
        syncfs(&folder).map_err(|cause| fail()(cause.into()))
    }

    /// Names what waits, once its bytes are on the disk.
    fn name_waiting(&self, batch: &mut Batch) -> Result<(), CopyError> {
        if batch.waiting.is_empty() {
            return Ok(());
        }
        self.flush_disk()?;
        for (mut temporary, path) in std::mem::take(&mut batch.waiting) {
            if self.one_by_one {
                temporary.sync()?;
            }
            temporary.name(&path)?;
            batch.named.push(path);
        }
        batch.bytes = 0;
        Ok(())
    }
}

/// The kind of file system, as statfs(2) numbers them.
fn file_system(folder: &Path) -> Result<u64, VaultError> {
    let fail = VaultError::machine("look at the disk of", folder);
    let found = statfs(folder).map_err(|cause| fail(cause.into()))?;
    Ok(u64::try_from(found.f_type).unwrap_or(0))
}

fn is_temporary(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY))
}

impl Target for FolderTarget {
    fn kind(&self) -> &'static str {
        "folder"
    }

    fn files(&self) -> Result<BTreeMap<String, u64>, CopyError> {
        let fail = VaultError::machine("list", &self.top);
        let folder = Folder::open(&self.top).map_err(fail)?;
        let listed = folder.list().map_err(|error| VaultError::damaged(&self.top, error))?;
        let mut files = BTreeMap::new();
        for one in listed {
            let top = one.name.split('/').next().unwrap_or_default();
            let ours = matches!(top, "log" | "blobs" | "keys")
                || Part::of(&one.name).is_some()
                || one.name == CopyNote::NAME;
            if !ours {
                continue;
            }
            match one.nature {
                // What else lies in a copy's folders is listed too, so that it can be said.
                Nature::File if !is_temporary(Path::new(&one.name)) => {
                    files.insert(one.name, one.bytes);
                }
                Nature::File => {}
                other => {
                    let detail = format!("it is no ordinary file ({other:?})");
                    return Err(CopyError::Unreadable { name: one.name, detail });
                }
            }
        }
        Ok(files)
    }

    fn read(&self, name: &str, sink: &mut dyn Write) -> Result<bool, CopyError> {
        let path = self.top.join(name);
        let fail = || VaultError::machine("read", &path);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(cause) => return Err(fail()(cause).into()),
        };
        io::copy(&mut file, sink).map_err(fail())?;
        Ok(true)
    }

    fn put(&self, name: &str, source: &mut Source<'_>, once: bool) -> Result<(), CopyError> {
        let path = self.top.join(name);
        if once && let Ok(there) = fs::symlink_metadata(&path) {
            if there.is_file() && there.len() == source.length() {
                return Ok(());
            }
            self.set_aside(name)?;
        }
        let folder = path.parent().unwrap_or(&self.top);
        durable::make_folder(folder)?;
        let mut temporary = Temporary::beside(folder)?;
        let mut chunk = vec![0; 256 * 1024];
        loop {
            let read = match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => chunk.get(..read).unwrap_or_default(),
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => {
                    return Err(match source.trouble() {
                        Some(Trouble::Stopped) => CopyError::Stopped,
                        Some(Trouble::Damaged(_)) => {
                            CopyError::Damaged { first: name.to_owned(), count: 1 }
                        }
                        None => VaultError::Input(cause).into(),
                    });
                }
            };
            temporary.write_all(read)?;
        }
        let mut batch = self.batch();
        batch.waiting.push((temporary, path));
        batch.bytes = batch.bytes.saturating_add(source.length());
        if batch.waiting.len() >= BATCH_FILES || batch.bytes >= BATCH_BYTES {
            self.name_waiting(&mut batch)?;
        }
        Ok(())
    }

    fn has(&self, name: &str, bytes: u64, digest: &Digest) -> Result<bool, CopyError> {
        let path = self.top.join(name);
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_file() && there.len() == bytes => {
                Ok(fingerprint(&path)? == (bytes, *digest))
            }
            _ => Ok(false),
        }
    }

    fn set_aside(&self, name: &str) -> Result<(), CopyError> {
        let path = self.top.join(name);
        let quarantine = self.top.join("quarantine");
        durable::make_folder(&quarantine)?;
        match fs::rename(&path, quarantine.join(format!("damaged-{}", name.replace('/', "-")))) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(VaultError::machine("move to quarantine", &path)(cause).into())
            }
            _ => Ok(()),
        }
    }

    fn remove(&self, name: &str) -> Result<(), CopyError> {
        let path = self.top.join(name);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => return Err(VaultError::machine("remove", &path)(cause).into()),
        }
        // Folders of partial tiles and of old keystore epochs stay as long as they hold something.
        let _ = path.parent().filter(|folder| *folder != self.top).map(fs::remove_dir);
        Ok(())
    }

    fn settle(&self) -> Result<(), CopyError> {
        let mut batch = self.batch();
        self.name_waiting(&mut batch)?;
        self.flush_disk()?;
        for path in std::mem::take(&mut batch.named) {
            // Advice: a later reading then comes from the disk, and not from what was just written.
            if let Ok(file) = File::open(&path) {
                let _ = fadvise(&file, 0, None, Advice::DontNeed);
            }
        }
        Ok(())
    }

    fn has_room(&self, bytes: u64, largest: u64) -> Result<(), CopyError> {
        let no_room = |detail: String| {
            Err(CopyError::NoRoom { place: self.top.display().to_string(), detail })
        };
        let fail = || VaultError::machine("look at the disk of", &self.top);
        let disk = statvfs(&self.top).map_err(|cause| fail()(cause.into()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if bytes > free {
            return no_room(format!("it needs {bytes} bytes, and {free} are free there"));
        }
        if largest >= TOO_LONG_FOR_FAT && file_system(&self.top)? == FAT {
            return no_room(format!(
                "its file system is FAT, which holds no file of 4 GiB or more, and one object has {largest} bytes"
            ));
        }
        Ok(())
    }

    fn at_once(&self) -> usize {
        1
    }

    fn forgets(&self) -> Result<(), CopyError> {
        Ok(())
    }

    fn finish(&self) -> Result<(), CopyError> {
        self.settle()?;
        if let Some(lock) = &self.lock {
            lock.lock().unwrap_or_else(PoisonError::into_inner).settled();
        }
        Ok(())
    }
}
