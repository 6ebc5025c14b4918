//! Files of a zip, read without unpacking it to disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};

use zip::ZipArchive;

use super::{Files, FilesError, Listed, Nature, bad_name};

/// More names than any dossier has.
const MOST_ENTRIES: usize = 1_000_000;
/// The sum of declared lengths above which a zip is refused.
const MOST_BYTES: u128 = 256 << 30;

/// A file on disk that several readers share, each with a position of its own.
#[derive(Clone, Debug)]
pub struct FileHandle {
    file: Arc<Mutex<File>>,
    position: u64,
}

impl FileHandle {
    /// A handle at the file's start.
    pub fn new(file: File) -> Self {
        Self { file: Arc::new(Mutex::new(file)), position: 0 }
    }
}

fn poisoned<T>(_: T) -> io::Error {
    io::Error::other("another reader of this file failed")
}

impl Read for FileHandle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().map_err(poisoned)?;
        file.seek(SeekFrom::Start(self.position))?;
        let read = file.read(buffer)?;
        self.position = self.position.saturating_add(read as u64);
        Ok(read)
    }
}

impl Seek for FileHandle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let outside = || io::Error::new(io::ErrorKind::InvalidInput, "a position before the start");
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(by) => self.position.checked_add_signed(by).ok_or_else(outside)?,
            SeekFrom::End(by) => {
                let length = self.file.lock().map_err(poisoned)?.seek(SeekFrom::End(0))?;
                length.checked_add_signed(by).ok_or_else(outside)?
            }
        };
        Ok(self.position)
    }
}

/// Files of a zip. Its one top folder, if it has one, is left out of the names.
///
/// Every entry is read up to its declared length and no further; names that would leave the folder, links, doubled
/// names, overlapping entries, and local headers that contradict the central directory are reported.
#[derive(Debug)]
pub struct ZipFiles<R> {
    archive: ZipArchive<R>,
    listed: Vec<Listed>,
    at: BTreeMap<String, (usize, u64)>,
    problems: Vec<String>,
}

impl ZipFiles<FileHandle> {
    /// The files of the zip in `file`.
    pub fn open_file(file: File) -> Result<Self, FilesError> {
        Self::open(FileHandle::new(file))
    }
}

impl<R: Read + Seek + Clone + Sync> ZipFiles<R> {
    /// The files of the zip that `input` holds.
    pub fn open(input: R) -> Result<Self, FilesError> {
        let refused = |error: zip::result::ZipError| FilesError::Refused(error.to_string());
        let mut archive = ZipArchive::new(input).map_err(refused)?;
        if archive.len() > MOST_ENTRIES {
            let detail = format!("the zip lists more than {MOST_ENTRIES} names");
            return Err(FilesError::Refused(detail));
        }
        let mut problems = Vec::new();
        if let Err(error) = archive.validate_header_consistency() {
            problems.push(format!("the zip contradicts itself: {error}"));
        }
        if archive.has_duplicate_names() {
            problems.push("one name stands twice in the zip; which one counts is open".into());
        }
        if archive.has_overlapping_files().unwrap_or(true) {
            problems.push("files of the zip share bytes, as in a zip bomb".into());
        }
        if archive.offset() != 0 || !archive.comment().is_empty() {
            problems.push("the zip holds bytes that belong to no file".into());
        }
        let (listed, at, declared) = Self::look(&mut archive).map_err(refused)?;
        if declared > MOST_BYTES {
            let detail = format!("the zip says it unpacks to {declared} bytes");
            return Err(FilesError::Refused(detail));
        }
        Ok(Self { archive, listed, at, problems })
    }

    #[expect(clippy::type_complexity, reason = "the three halves of one loop over the entries")]
    fn look(
        archive: &mut ZipArchive<R>,
    ) -> zip::result::ZipResult<(Vec<Listed>, BTreeMap<String, (usize, u64)>, u128)> {
        let (mut found, mut declared) = (Vec::new(), 0u128);
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index)?;
            let (name, bad) = match std::str::from_utf8(entry.name_raw()) {
                Ok(name) => (name.to_owned(), bad_name(name.trim_end_matches('/'))),
                Err(_) => {
                    let shown = String::from_utf8_lossy(entry.name_raw()).into_owned();
                    (shown, Some("the name is not UTF-8"))
                }
            };
            let mode = entry.unix_mode().unwrap_or(0) & 0o170_000;
            let nature = match (bad, mode) {
                (Some(bad), _) => Nature::BadName(bad),
                (None, 0o120_000) => Nature::Symlink,
                (None, 0 | 0o100_000 | 0o040_000) => Nature::File,
                (None, _) => Nature::Special,
            };
            if nature == Nature::File && entry.size() == 0 && name.ends_with('/') {
                continue;
            }
            declared += u128::from(entry.size());
            found.push((Listed { name, nature, bytes: entry.size() }, index));
        }
        let top = found
            .first()
            .and_then(|(first, _)| first.name.split_once('/'))
            .map(|(top, _)| format!("{top}/"))
            .filter(|top| found.iter().all(|(one, _)| one.name.starts_with(top.as_str())));
        let (mut listed, mut at) = (Vec::new(), BTreeMap::new());
        for (mut one, index) in found {
            if let Some(inner) = top.as_ref().and_then(|top| one.name.strip_prefix(top.as_str())) {
                one.name = inner.to_owned();
            }
            if one.nature == Nature::File {
                at.insert(one.name.clone(), (index, one.bytes));
            }
            listed.push(one);
        }
        Ok((listed, at, declared))
    }
}

impl<R: Read + Seek + Clone + Sync> Files for ZipFiles<R> {
    fn list(&self) -> Result<Vec<Listed>, FilesError> {
        Ok(self.listed.clone())
    }

    fn read(
        &self,
        name: &str,
        visit: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
    ) -> Result<(), FilesError> {
        let (index, declared) = *self.at.get(name).ok_or(FilesError::NotThere)?;
        let mut archive = self.archive.clone();
        let entry = archive
            .by_index(index)
            .map_err(|error| FilesError::Refused(format!("cannot be unpacked: {error}")))?;
        let mut bounded = Declared { inner: entry, left: declared };
        visit(&mut bounded).map_err(|cause| match cause.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => {
                FilesError::Refused(format!("cannot be unpacked: {cause}"))
            }
            _ => FilesError::Machine(cause),
        })
    }

    fn problems(&self) -> Vec<String> {
        self.problems.clone()
    }
}

/// A stream that must end exactly where the zip says.
struct Declared<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Declared<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wrong = |detail| io::Error::new(io::ErrorKind::InvalidData, detail);
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.inner.read(buffer)?;
        if read == 0 && self.left > 0 {
            return Err(wrong("it has fewer bytes than the zip says"));
        }
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or(wrong("it has more bytes than the zip says"))?;
        Ok(read)
    }
}
