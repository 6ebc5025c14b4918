//! Files of a folder on disk.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Files, FilesError, Fingerprint, Listed, Nature, ReadSeek, bad_name, fingerprint};

/// No more threads than this hash at once: disks are slower than two processors hash.
const MOST_THREADS: usize = 4;

/// Files of a folder on disk. Links are reported, never followed.
#[derive(Clone, Debug)]
pub struct Folder {
    top: PathBuf,
}

impl Folder {
    /// The files below `top`, which must be a folder.
    pub fn open(top: &Path) -> io::Result<Self> {
        if fs::metadata(top)?.is_dir() {
            Ok(Self { top: top.to_owned() })
        } else {
            Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder"))
        }
    }

    /// Opens an ordinary file below the top, by no link on the way.
    fn file(&self, name: &str) -> Result<File, FilesError> {
        let climbs = bad_name(name).is_some_and(|_| {
            name.starts_with('/') || name.split('/').any(|part| part.is_empty() || part == "..")
        });
        if climbs {
            return Err(FilesError::NotThere);
        }
        let mut path = self.top.clone();
        let mut is_file = false;
        for part in name.split('/') {
            path.push(part);
            let metadata = match fs::symlink_metadata(&path) {
                Ok(metadata) => metadata,
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                    return Err(FilesError::NotThere);
                }
                Err(cause) => return Err(cause.into()),
            };
            if metadata.is_symlink() {
                return Err(FilesError::NotThere);
            }
            is_file = metadata.is_file();
        }
        if !is_file {
            return Err(FilesError::NotThere);
        }
        Ok(File::open(&path)?)
    }

    fn walk(&self, folder: &Path, below: &str, found: &mut Vec<Listed>) {
        let unreadable = |name: &str, cause: io::Error| Listed {
            name: name.to_owned(),
            nature: Nature::Unreadable(cause.to_string()),
            bytes: 0,
        };
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(cause) => return found.push(unreadable(below, cause)),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(cause) => {
                    found.push(unreadable(below, cause));
                    continue;
                }
            };
            let own = entry.file_name();
            let shown = own.to_string_lossy();
            let name =
                if below.is_empty() { shown.into_owned() } else { format!("{below}/{shown}") };
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                Err(cause) => {
                    found.push(unreadable(&name, cause));
                    continue;
                }
            };
            let kind = metadata.file_type();
            if kind.is_dir() {
                self.walk(&entry.path(), &name, found);
                continue;
            }
            let nature = if kind.is_symlink() {
                Nature::Symlink
            } else if !kind.is_file() {
                Nature::Special
            } else if own.to_str().is_none() {
                Nature::BadName("the name is not UTF-8")
            } else if own.to_str().is_some_and(|own| own.chars().any(char::is_control)) {
                Nature::BadName("the name holds a control character")
            } else {
                Nature::File
            };
            found.push(Listed { name, nature, bytes: metadata.len() });
        }
    }
}

impl Files for Folder {
    fn list(&self) -> Result<Vec<Listed>, FilesError> {
        let mut found = Vec::new();
        self.walk(&self.top, "", &mut found);
        Ok(found)
    }

    fn read(
        &self,
        name: &str,
        visit: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
    ) -> Result<(), FilesError> {
        let mut file = self.file(name)?;
        Ok(visit(&mut file)?)
    }

    fn seekable(&self, name: &str) -> Result<Box<dyn ReadSeek>, FilesError> {
        Ok(Box::new(self.file(name)?))
    }

    fn fingerprints(&self, names: &[&str]) -> Vec<Result<Fingerprint, FilesError>> {
        let available = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = available.min(MOST_THREADS).min(names.len());
        if threads < 2 {
            return names.iter().map(|name| fingerprint(self, name)).collect();
        }
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(names.len()));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some((at, name)) = {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        names.get(at).map(|name| (at, name))
                    } {
                        let found = fingerprint(self, name);
                        if let Ok(mut done) = done.lock() {
                            done.push((at, found));
                        }
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, found)| found).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    #[test]
    #[cfg(unix)]
    fn links_and_pipes_are_reported_and_never_followed() {
        use std::os::unix::ffi::OsStrExt;
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), b"secret").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        fs::create_dir(top.join("in")).unwrap();
        fs::write(top.join("in/file"), b"abc").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), top.join("link")).unwrap();
        std::os::unix::fs::symlink(outside.path(), top.join("folder")).unwrap();
        fs::write(top.join(std::ffi::OsStr::from_bytes(b"odd\xff")), b"x").unwrap();
        fs::write(top.join("new\nline"), b"x").unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(top.join("socket")).unwrap();

        let files = Folder::open(top).unwrap();
        let mut listed: Vec<_> =
            files.list().unwrap().into_iter().map(|one| (one.name, one.nature)).collect();
        listed.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            listed,
            [
                ("folder".to_owned(), Nature::Symlink),
                ("in/file".to_owned(), Nature::File),
                ("link".to_owned(), Nature::Symlink),
                ("new\nline".to_owned(), Nature::BadName("the name holds a control character")),
                ("odd\u{fffd}".to_owned(), Nature::BadName("the name is not UTF-8")),
                ("socket".to_owned(), Nature::Special),
            ]
        );
        assert_eq!(files::bytes(&files, "in/file", 3).unwrap(), b"abc");
        assert!(matches!(files::bytes(&files, "in/file", 2), Err(FilesError::Refused(_))));
        for name in ["link", "folder/secret", "../x", "/etc/passwd", "in", "in//file", "socket", ""]
        {
            let found = files::bytes(&files, name, 100);
            assert!(matches!(found, Err(FilesError::NotThere)), "{name}: {found:?}");
        }
    }

    #[test]
    fn threads_keep_the_order() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..200).map(|i| format!("f{i}")).collect();
        for name in &names {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let files = Folder::open(folder.path()).unwrap();
        let mut asked: Vec<&str> = names.iter().map(String::as_str).collect();
        asked.push("missing");
        let found = files.fingerprints(&asked);
        assert_eq!(found.len(), 201);
        for (name, found) in names.iter().zip(&found) {
            let digest = witnessmark_model::Digest::of(name.as_bytes());
            assert_eq!(found.as_ref().unwrap().sha256, digest);
        }
        assert!(found.last().unwrap().is_err());
    }
}
