//! The files of the thing checked, wherever they lie: a folder, a zip, the memory.

use std::io::{self, Cursor, Read, Seek};

use witnessmark_model::Digest;
use witnessmark_model::digest::Hasher;

mod folder;
mod memory;
mod zipped;

pub use folder::Folder;
pub use memory::Memory;
pub use zipped::{FileHandle, ZipFiles};

/// What a name in a listing stands for. Only a [`Nature::File`] can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nature {
    /// An ordinary file.
    File,
    /// A symbolic link; it is never followed.
    Symlink,
    /// A device, a pipe or a socket.
    Special,
    /// A name that no safe file has; the reason in words.
    BadName(&'static str),
    /// A file or folder that the machine does not let us look into; what it said.
    Unreadable(String),
}

/// One name in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The path below the top, with `/` between folders. Bytes that are not UTF-8 are shown as U+FFFD.
    pub name: String,
    /// What it is.
    pub nature: Nature,
    /// The length in bytes, as far as the container says so; reading counts for itself.
    pub bytes: u64,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// There is no ordinary file of that name.
    #[error("there is no such file")]
    NotThere,
    /// The bytes are refused: more than may be, or not what the container declares.
    #[error("{0}")]
    Refused(String),
    /// The machine failed to read.
    #[error("cannot be read: {0}")]
    Machine(#[from] io::Error),
}

/// The digest of a file's bytes, and what they look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// SHA-256 of all bytes.
    pub sha256: Digest,
    /// How many bytes were read.
    pub bytes: u64,
    /// Whether they begin like a pack.
    pub is_pack: bool,
}

/// Bytes that can be read from any place.
pub trait ReadSeek: Read + Seek + Send {}

impl<R: Read + Seek + Send> ReadSeek for R {}

/// Files by name, read-only. An implementation never follows a link and never reads outside its top.
pub trait Files: Sync {
    /// Every name at any depth, folders themselves excepted, in no promised order.
    fn list(&self) -> Result<Vec<Listed>, FilesError>;

    /// Hands the bytes of one ordinary file to `visit` as a stream, once.
    fn read(
        &self,
        name: &str,
        visit: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
    ) -> Result<(), FilesError>;

    /// Opens one ordinary file to be read from any place. Where the container cannot do that, its bytes are held in memory.
    fn seekable(&self, name: &str) -> Result<Box<dyn ReadSeek>, FilesError> {
        let mut bytes = Vec::new();
        self.read(name, &mut |stream| stream.read_to_end(&mut bytes).map(|_| ()))?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    /// What is wrong with the container itself, in words; for a zip such things as doubled names.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// The fingerprints of several files, in their order. An implementation may use threads.
    fn fingerprints(&self, names: &[&str]) -> Vec<Result<Fingerprint, FilesError>> {
        names.iter().map(|name| fingerprint(self, name)).collect()
    }
}

/// The fingerprint of one file, read in pieces.
pub(crate) fn fingerprint<F: Files + ?Sized>(
    files: &F,
    name: &str,
) -> Result<Fingerprint, FilesError> {
    let (mut hasher, mut bytes, mut head) = (Hasher::new(), 0u64, Vec::new());
    let mut chunk = vec![0; 128 * 1024];
    files.read(name, &mut |stream| {
        loop {
            let read = match stream.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(read) => chunk.get(..read).unwrap_or_default(),
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(cause),
            };
            if head.len() < 32 {
                head.extend(read.iter().take(32));
            }
            hasher.update(read);
            bytes += read.len() as u64;
        }
    })?;
    let is_pack = witnessmark_model::pack::is_pack(&head);
    Ok(Fingerprint { sha256: hasher.finish(), bytes, is_pack })
}

/// All bytes of one file, if there are no more than `limit`.
pub(crate) fn bytes(files: &dyn Files, name: &str, limit: u64) -> Result<Vec<u8>, FilesError> {
    let mut found = Vec::new();
    files.read(name, &mut |stream| {
        stream.take(limit.saturating_add(1)).read_to_end(&mut found).map(|_| ())
    })?;
    if found.len() as u64 > limit {
        return Err(FilesError::Refused(format!("it has more than {limit} bytes")));
    }
    Ok(found)
}

/// Why no safe file has this name, if so: names that would leave the folder, or that mean something else elsewhere.
pub(crate) fn bad_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("the name is empty");
    }
    if name.chars().any(|c| c.is_control()) {
        return Some("the name holds a control character");
    }
    if name.starts_with('/') {
        return Some("the name is absolute");
    }
    if name.contains('\\') || name.contains(':') {
        return Some("the name holds a backslash or a colon, which mean a place on Windows");
    }
    if name.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Some("the name climbs out of its folder");
    }
    None
}
