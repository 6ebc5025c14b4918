//! A folder whose files nobody reads without the key: where the index of a sealed case lives.
//!
//! Tantivy writes and reads its files through a [`Directory`]; this one seals them on the way (see [`chunks`]). What the
//! folder still tells: how many files there are, how long they are and when they were written. Their names are random
//! or always the same. An older state of the whole folder put back is not noticed here; the index is derived, and the
//! case knows up to where it has indexed.

mod cache;
mod chunks;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hkdf::Hkdf;
use sha2::Sha256;
use tantivy::HasLen;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, OwnedBytes, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};
use witnessmark_model::Entropy;
use zeroize::{Zeroize, Zeroizing};

use cache::{Cache, ChunkName};
use chunks::{CHUNK, FileSeal, HEADER, Salt, TAG};

/// The key of a sealed index, with what makes the keys of its files differ.
///
/// Every file is sealed under a key of its own: HKDF-SHA-256 of this key, the file's random salt and its name. Clones
/// share one sequence of salts; two `IndexKey`s never meet in it, because each starts from 32 random bytes.
#[derive(Clone)]
pub struct IndexKey {
    inner: Arc<KeyInner>,
}

struct KeyInner {
    key: Zeroizing<[u8; 32]>,
    salts_from: Zeroizing<[u8; 32]>,
    salts_drawn: AtomicU64,
}

impl std::fmt::Debug for IndexKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("IndexKey").finish_non_exhaustive()
    }
}

impl IndexKey {
    /// The key, and 32 random bytes to make salts from. Make one for each run of the program, not one for all.
    pub fn new(key: &[u8; 32], entropy: &mut dyn Entropy) -> Self {
        Self {
            inner: Arc::new(KeyInner {
                key: Zeroizing::new(*key),
                salts_from: Zeroizing::new(entropy.seed()),
                salts_drawn: AtomicU64::new(0),
            }),
        }
    }

    fn fresh_salt(&self) -> Salt {
        let number = self.inner.salts_drawn.fetch_add(1, Ordering::Relaxed);
        let mut salt = Salt::default();
        Hkdf::<Sha256>::new(None, self.inner.salts_from.as_slice())
            .expand_multi_info(&[b"witnessmark/index/1/salt", &number.to_be_bytes()], &mut salt)
            .expect("HKDF-SHA-256 gives 32 bytes");
        salt
    }

    /// The seal of the file with this salt and name.
    fn seal(&self, salt: &Salt, name: &str) -> FileSeal {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(salt), self.inner.key.as_slice())
            .expand_multi_info(&[b"witnessmark/index/1/file/", name.as_bytes()], key.as_mut_slice())
            .expect("HKDF-SHA-256 gives 32 bytes");
        FileSeal::new(&key)
    }
}

/// A folder of sealed files. Cheap to clone: all clones are the same folder and share one cache.
#[derive(Clone)]
pub(super) struct SealedDirectory {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    key: IndexKey,
    cache: Arc<Cache>,
}

impl std::fmt::Debug for SealedDirectory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SealedDirectory({})", self.inner.folder.display())
    }
}

impl SealedDirectory {
    /// The folder, which must exist.
    pub(super) fn new(folder: &Path, key: &IndexKey) -> Self {
        let cache = Arc::new(Cache::new(Cache::CHUNKS));
        Self { inner: Arc::new(Inner { folder: folder.to_owned(), key: key.clone(), cache }) }
    }

    fn path(&self, name: &Path) -> PathBuf {
        self.inner.folder.join(name)
    }

    /// Opens a sealed file, and checks its end: what was cut off is noticed here, not when somebody reads that far.
    fn open_sealed(&self, name: &Path) -> io::Result<SealedFile> {
        let mut file = File::open(self.path(name))?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header).map_err(|cause| match cause.kind() {
            io::ErrorKind::UnexpectedEof => altered(name, "it is too short to be sealed"),
            _ => cause,
        })?;
        let salt = chunks::salt_of(&header).ok_or_else(|| altered(name, "it is not sealed"))?;
        let length = chunks::plain_length(file.metadata()?.len())
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(|| altered(name, "its length is no sealed file's"))?;
        let name = text_of(name)?.to_owned();
        let seal = self.inner.key.seal(&salt, &name);
        let id = chunks::id_of(&salt);
        let opened = SealedFile { file, name, id, seal, length, cache: self.inner.cache.clone() };
        opened.chunk(opened.last_chunk())?;
        Ok(opened)
    }

    fn writer_to(&self, file: File, name: &Path) -> io::Result<SealedWriter> {
        let name = text_of(name)?;
        let salt = self.inner.key.fresh_salt();
        let mut writer = SealedWriter {
            file,
            seal: self.inner.key.seal(&salt, name),
            number: 0,
            chunk: Zeroizing::default(),
        };
        // Room for the tag too: a buffer that grows would leave its text behind.
        writer.chunk.reserve_exact(CHUNK + TAG);
        writer.file.write_all(&chunks::header(&salt))?;
        Ok(writer)
    }
}

/// A file that is not what was written; `name` and `what` say which and why.
fn altered(name: &Path, what: &str) -> io::Error {
    let text = format!("the file {} of the sealed index was altered: {what}", name.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn text_of(name: &Path) -> io::Result<&str> {
    name.to_str().ok_or_else(|| altered(name, "its name is no text"))
}

/// An open sealed file. What is read of it comes through the cache, whole chunks of long ranges excepted.
struct SealedFile {
    file: File,
    name: String,
    id: u128,
    seal: FileSeal,
    /// Of the plain bytes.
    length: usize,
    cache: Arc<Cache>,
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SealedFile({}, {} bytes)", self.name, self.length)
    }
}

impl SealedFile {
    fn last_chunk(&self) -> usize {
        self.length.saturating_sub(1) / CHUNK
    }

    /// How many plain bytes a chunk holds.
    fn chunk_length(&self, number: usize) -> usize {
        self.length.saturating_sub(number.saturating_mul(CHUNK)).min(CHUNK)
    }

    fn name_of(&self, number: usize) -> ChunkName {
        (self.id, number)
    }

    /// The plain bytes of one chunk.
    fn chunk(&self, number: usize) -> io::Result<Arc<[u8]>> {
        if let Some(found) = self.cache.get(self.name_of(number)) {
            return Ok(found);
        }
        let mut chunk = zeros(self.chunk_length(number));
        self.open_into(number, unshared(&mut chunk))?;
        self.cache.keep(self.name_of(number), chunk.clone());
        Ok(chunk)
    }

    /// Reads one chunk into `place`, which is as long as the chunk. A chunk that was altered leaves no plain bytes there.
    fn open_into(&self, number: usize, place: &mut [u8]) -> io::Result<()> {
        let at = chunks::offset(number);
        let mut tag = [0; TAG];
        self.file.read_exact_at(place, at)?;
        self.file.read_exact_at(&mut tag, at.saturating_add(place.len() as u64))?;
        let is_last = number == self.last_chunk();
        self.seal
            .open(number as u64, is_last, place, &tag)
            .map_err(|_| altered(Path::new(&self.name), &format!("chunk {number} fails its check")))
    }

    /// Reads a range that lies in several chunks into `target`.
    fn join(&self, range: &Range<usize>, target: &mut [u8]) -> io::Result<()> {
        let mut rest = target;
        let mut at = range.start;
        while at < range.end {
            let (number, within) = (at / CHUNK, at % CHUNK);
            let piece_length = (self.chunk_length(number) - within).min(range.end - at);
            let (piece, after) = rest
                .split_at_mut_checked(piece_length)
                .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
            let is_whole = piece_length == self.chunk_length(number);
            match self.cache.get(self.name_of(number)) {
                // A long range passes the cache by, or it would push everything else out of it.
                None if is_whole => self.open_into(number, piece)?,
                found => {
                    let chunk = found.map_or_else(|| self.chunk(number), Ok)?;
                    let part = chunk.get(within..within + piece_length);
                    piece.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
                }
            }
            rest = after;
            at += piece_length;
        }
        Ok(())
    }
}

impl HasLen for SealedFile {
    fn len(&self) -> usize {
        self.length
    }
}

impl FileHandle for SealedFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.start > range.end || range.end > self.length {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} has no bytes {}..{}", self.name, range.start, range.end),
            ));
        }
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        let number = range.start / CHUNK;
        if number == (range.end - 1) / CHUNK {
            let within = range.start % CHUNK;
            return Ok(OwnedBytes::new(self.chunk(number)?).slice(within..within + range.len()));
        }
        let mut joined = zeros(range.len());
        if let Err(error) = self.join(&range, unshared(&mut joined)) {
            unshared(&mut joined).zeroize();
            return Err(error);
        }
        self.cache.lend(joined.clone());
        Ok(OwnedBytes::new(joined))
    }
}

fn zeros(length: usize) -> Arc<[u8]> {
    std::iter::repeat_n(0, length).collect()
}

fn unshared(bytes: &mut Arc<[u8]>) -> &mut [u8] {
    Arc::get_mut(bytes).expect("it was made just now, and nobody else has it yet")
}

/// Writes a sealed file. One that is dropped before it is terminated has no last chunk, and can never be opened.
struct SealedWriter {
    file: File,
    seal: FileSeal,
    number: u64,
    /// Plain bytes that wait to be sealed; never more than [`CHUNK`].
    chunk: Zeroizing<Vec<u8>>,
}

impl SealedWriter {
    fn write_chunk(&mut self, is_last: bool) -> io::Result<()> {
        let tag = self.seal.seal(self.number, is_last, &mut self.chunk);
        self.chunk.extend_from_slice(&tag);
        self.file.write_all(&self.chunk)?;
        self.chunk.clear();
        self.number += 1;
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_chunk(true)?;
        self.file.sync_data()
    }
}

impl Write for SealedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() == CHUNK {
            self.write_chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    /// Does nothing: a chunk is sealed once, when it is full or the last.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for SealedWriter {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.finish()
    }
}

impl Directory for SealedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match self.open_sealed(path) {
            Ok(file) => Ok(Arc::new(file)),
            Err(error) => Err(not_opened(error, path)),
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        std::fs::remove_file(self.path(path)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DeleteError::FileDoesNotExist(path.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() },
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.path(path)
            .try_exists()
            .map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let fail = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
        };
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(self.path(path)).map_err(fail)?;
        let writer = self.writer_to(file, path).map_err(fail)?;
        Ok(BufWriter::new(Box::new(writer)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let fail = |error| not_opened(error, path);
        let file = self.open_sealed(path).map_err(fail)?;
        let bytes = file.read_bytes(0..file.len()).map_err(fail)?;
        Ok(bytes.as_slice().to_vec())
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        // Only the one writer, who holds the lock, writes these; what a crash left of this file is overwritten.
        let fresh = self.path(Path::new(&format!("{}.new", text_of(path)?)));
        let mut writer = self.writer_to(File::create(&fresh)?, path)?;
        writer.write_all(data)?;
        writer.finish()?;
        std::fs::rename(&fresh, self.path(path))
    }

    fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.inner.folder)?.sync_data()
    }

    /// Like `MmapDirectory`: a lock of the system on an empty file, which ends with the process at the latest.
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path(&lock.filepath))
            .map_err(LockError::wrap_io_error)?;
        if lock.is_blocking {
            file.lock().map_err(LockError::wrap_io_error)?;
        } else {
            file.try_lock().map_err(|_| LockError::LockBusy)?;
        }
        Ok(DirectoryLock::from(Box::new(file)))
    }

    /// Nobody is told: the index looks for new commits when it is asked to.
    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

fn not_opened(error: io::Error, path: &Path) -> OpenReadError {
    match error.kind() {
        io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
        _ => OpenReadError::wrap_io_error(error, path.to_owned()),
    }
}

#[cfg(test)]
mod tests;
