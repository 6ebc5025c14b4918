//! Sealed objects: each an `age` file (C2SP `age`, version 1) to one X25519 identity.
//!
//! The identity comes out of the object's seed: its secret scalar is HKDF-SHA-256 (RFC 5869) of the seed with an
//! empty salt and the info `age/identity`, clamped by X25519 itself (RFC 7748, section 5). So the one seed that opens
//! an object's salts also opens its bytes, and destroying it closes both. Streams are encrypted in chunks of 64 KiB,
//! so a part is read from the middle of a large object without the rest.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use age::stream::{StreamReader, StreamWriter};
use witnessmark_model::leaf::Seed;
use zeroize::Zeroizing;

use crate::{SealError, agefile};

const WHAT: &str = "a sealed object";

/// Enough for the header of a file to one recipient; larger reads pass the buffer by.
const HEADER_BUFFER: usize = 512;

/// The identity of `seed` as the `age` program takes it: `AGE-SECRET-KEY-1…`.
pub fn identity_text(seed: &Seed) -> Zeroizing<String> {
    agefile::identity_text(seed)
}

/// The recipient that goes with [`identity_text`]: `age1…`.
pub fn recipient_text(seed: &Seed) -> String {
    agefile::recipient_text(seed)
}

/// The sealed form of `plain`. Sealing the same bytes twice gives different bytes: the file key is drawn by `age`.
pub fn seal_bytes(seed: &Seed, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    agefile::encrypt_bytes(&[&agefile::recipient(seed)], plain).map_err(encrypt_error)
}

/// The plain bytes of what [`seal_bytes`] or a [`Sealer`] made with the same seed.
pub fn open_bytes(seed: &Seed, stored: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut reader = agefile::decrypt(&[&agefile::identity(seed)], stored)
        .map_err(|error| agefile::decrypt_error(WHAT, error))?;
    let mut plain = Vec::with_capacity(stored.len());
    reader.read_to_end(&mut plain).map_err(|error| agefile::read_error(WHAT, error))?;
    Ok(plain)
}

/// A writer that seals what it is given to `to`. Without [`Sealer::finish`] the result is refused when opened.
pub fn sealer<W: Write>(seed: &Seed, to: W) -> Result<Sealer<W>, SealError> {
    agefile::encrypt(&[&agefile::recipient(seed)], to).map(Sealer).map_err(encrypt_error)
}

/// A reader of the plain bytes of a sealed object. Each chunk is checked before a byte of it is given; only reading
/// to the end shows that the object is whole.
pub fn opener<R: Read>(seed: &Seed, from: R) -> Result<Opener<R>, SealError> {
    let from = BufReader::with_capacity(HEADER_BUFFER, from);
    agefile::decrypt(&[&agefile::identity(seed)], from)
        .map(|reader| Opener { reader, position: 0, length: None })
        .map_err(|error| agefile::decrypt_error(WHAT, error))
}

fn encrypt_error(error: age::EncryptError) -> SealError {
    match error {
        age::EncryptError::Io(error) => SealError::Io(error),
        // One X25519 recipient never fails to wrap a key.
        other => SealError::Io(io::Error::other(other.to_string())),
    }
}

/// Seals what is written to it; see [`sealer`].
pub struct Sealer<W: Write>(StreamWriter<W>);

impl<W: Write> Sealer<W> {
    /// Writes the last chunk and gives the writer back. It neither flushes nor syncs it.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> std::fmt::Debug for Sealer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

/// Reads the plain bytes of a sealed object; see [`opener`].
///
/// Bytes that do not open are an error of the kind `InvalidData`, a stream that was cut of the kind `UnexpectedEof`.
pub struct Opener<R> {
    reader: StreamReader<BufReader<R>>,
    position: u64,
    /// The length of the plain bytes, once a seek has asked for it.
    length: Option<u64>,
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.length.is_some_and(|length| self.position >= length) {
            return Ok(0);
        }
        let count = self.reader.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Opener<R> {
    /// How many plain bytes there are. The last chunk is opened for it, once: a length that was changed is an error.
    pub fn plain_length(&mut self) -> io::Result<u64> {
        if let Some(length) = self.length {
            return Ok(length);
        }
        let length = self.reader.seek(SeekFrom::End(0))?;
        self.length = Some(length);
        self.seek_inside(self.position)?;
        Ok(length)
    }

    fn seek_inside(&mut self, position: u64) -> io::Result<()> {
        self.position = self.reader.seek(SeekFrom::Start(position))?;
        Ok(())
    }
}

/// Seeking beyond the end is allowed, as in a file; nothing is read there.
impl<R: Read + Seek> Seek for Opener<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = self.plain_length()?;
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => length.checked_add_signed(offset),
        };
        let target = target.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "a seek to before the start, or too far")
        })?;
        // The library's reader takes no position beyond the end: there `read` answers by itself.
        if target < length {
            self.seek_inside(target)?;
        }
        self.position = target;
        Ok(target)
    }
}

impl<R> std::fmt::Debug for Opener<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opener(at {})", self.position)
    }
}
