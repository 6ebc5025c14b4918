//! Bytes that may be many: in memory first, then in a temporary file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use witnessmark_model::Digest;
use witnessmark_model::digest::Hasher;

/// Where a spool keeps its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolPlace {
    /// The folder for temporary files. They have no name there and vanish with the process.
    pub folder: PathBuf,
    /// So many bytes stay in memory.
    pub memory: usize,
}

impl SpoolPlace {
    /// 256 KiB in memory, the rest in `folder`.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), memory: 256 * 1024 }
    }
}

/// Bytes in memory up to a limit, then in a temporary file without a name. Written once, read again and again.
#[derive(Debug, Default)]
pub struct Spool {
    place: Option<SpoolPlace>,
    bytes: Vec<u8>,
    file: Option<File>,
    length: u64,
}

impl Spool {
    /// An empty spool that moves to a file when it grows.
    pub fn new(place: &SpoolPlace) -> Self {
        Self { place: Some(place.clone()), ..Self::default() }
    }

    /// A spool that holds `bytes` in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len() as u64, bytes, ..Self::default() }
    }

    /// Bytes held.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The SHA-256 of all bytes; reads them.
    pub fn digest(&self) -> io::Result<Digest> {
        let mut hasher = Hasher::new();
        let mut reader = self.reader();
        let mut piece = [0; 32 * 1024];
        loop {
            match reader.read(&mut piece)? {
                0 => return Ok(hasher.finish()),
                count => hasher.update(piece.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Reads from the first byte; any number of readers may read at once.
    pub fn reader(&self) -> SpoolReader<'_> {
        SpoolReader { spool: self, at: 0 }
    }

    /// The first bytes, at most `limit`.
    pub fn first(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader().take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Forgets everything after the first `length` bytes.
    pub fn cut(&mut self, length: u64) -> io::Result<()> {
        if length >= self.length {
            return Ok(());
        }
        match &self.file {
            Some(file) => file.set_len(length)?,
            None => self.bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX)),
        }
        self.length = length;
        Ok(())
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        if let Some(file) = &self.file {
            return file.read_at(into, at);
        }
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let count = rest.len().min(into.len());
        let (Some(from), Some(to)) = (rest.get(..count), into.get_mut(..count)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        Ok(count)
    }
}

impl Write for Spool {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.file.is_none()
            && let Some(place) = &self.place
            && self.bytes.len() + data.len() > place.memory
        {
            let file = tempfile::tempfile_in(&place.folder)?;
            file.write_all_at(&self.bytes, 0)?;
            self.bytes = Vec::new();
            self.file = Some(file);
        }
        match &self.file {
            Some(file) => file.write_all_at(data, self.length)?,
            None => self.bytes.extend_from_slice(data),
        }
        self.length += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a [`Spool`].
#[derive(Debug)]
pub struct SpoolReader<'s> {
    spool: &'s Spool,
    at: u64,
}

impl Read for SpoolReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.spool.read_at(self.at, into)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SpoolReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.spool.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "a place before the first byte")
        })?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_in_memory_and_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        for memory in [0, 5, 10, 1000] {
            let place = SpoolPlace { folder: folder.path().to_owned(), memory };
            let mut spool = Spool::new(&place);
            for piece in [&b"hello"[..], b" ", b"world", b""] {
                spool.write_all(piece).unwrap();
            }
            assert_eq!(spool.first(u64::MAX).unwrap(), b"hello world", "{memory}");
            assert_eq!(spool.digest().unwrap(), Digest::of(b"hello world"));
            let mut reader = spool.reader();
            let mut tail = String::new();
            reader.seek(SeekFrom::End(-5)).unwrap();
            reader.read_to_string(&mut tail).unwrap();
            assert_eq!(tail, "world");
            assert!(reader.seek(SeekFrom::Current(-12)).is_err());
            spool.cut(5).unwrap();
            spool.write_all(b"!").unwrap();
            assert_eq!((spool.first(99).unwrap(), spool.len()), (b"hello!".to_vec(), 6));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no named file stays");
    }
}
