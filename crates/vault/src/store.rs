//! Evidence: bytes stored as blobs, sealed each to a key of its own where the case is sealed.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use witnessmark_model::Digest;
use witnessmark_model::digest::Hasher;
use witnessmark_model::id::KeyId;
use witnessmark_model::payload::Evidence;
use witnessmark_seal::stream::{self, Opener, Sealer};

use crate::VaultError;
use crate::blobs::{BlobWriter, Blobs};
use crate::keystore::Seeds;

const CHUNK: usize = 256 * 1024;

/// Puts evidence into a case and reads it back. Clones share everything; several threads may use it at once.
#[derive(Clone, Debug)]
pub struct Store {
    blobs: Blobs,
    seeds: Arc<Seeds>,
    sealed: bool,
}

impl Store {
    pub(crate) fn new(blobs: Blobs, seeds: Arc<Seeds>, sealed: bool) -> Self {
        Self { blobs, seeds, sealed }
    }

    /// Where the stored bytes with this digest lie.
    pub fn path(&self, stored: &Digest) -> PathBuf {
        self.blobs.path(stored)
    }

    /// Evidence that is written bit by bit, under a key that was reserved.
    pub fn writer(&self) -> Result<EvidenceWriter, VaultError> {
        let (key, seed) = self.seeds.take(self.sealed)?;
        let blob = self.blobs.writer()?;
        let sink = if self.sealed {
            let sealer = stream::sealer(&seed, BlobSink(blob))
                .map_err(|error| VaultError::damaged(&self.blobs.path(&Digest([0; 32])), error))?;
            Sink::Sealed(Box::new(sealer))
        } else {
            Sink::Plain(blob)
        };
        Ok(EvidenceWriter { key, sink, plain: Hasher::new(), plain_bytes: 0 })
    }

    /// Stores what `input` gives: hashed while written, flushed, then named. Memory use does not grow with it.
    ///
    /// `on_bytes` is told how many bytes went by, for progress; if it answers `false`, nothing is stored.
    pub fn put(
        &self,
        input: &mut dyn Read,
        on_bytes: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Option<Evidence>, VaultError> {
        let mut writer = self.writer()?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = match input.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => chunk.get(..read).unwrap_or_default(),
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(VaultError::Input(cause)),
            };
            writer.write(read)?;
            if !on_bytes(read.len() as u64) {
                return Ok(None);
            }
        }
        writer.finish().map(Some)
    }

    /// Stores bytes that are in memory.
    pub fn put_bytes(&self, bytes: &[u8]) -> Result<Evidence, VaultError> {
        if !self.sealed {
            let stored = self.blobs.put_bytes(bytes)?;
            let (key, _) = self.seeds.take(false)?;
            let (bytes, sha256) = (stored.bytes, stored.digest);
            return Ok(Evidence { bytes, key, plain_sha256: sha256, sha256, plain_bytes: None });
        }
        let mut writer = self.writer()?;
        writer.write(bytes)?;
        writer.finish()
    }

    /// Takes evidence back that was just put; what an entry names stays. In an open case equal bytes are one blob: it is
    /// for the caller to know that nothing else is about to name it.
    pub fn discard(&self, evidence: &Evidence) -> Result<(), VaultError> {
        if !self.blobs.unnamed().remove(&evidence.sha256) {
            return Ok(());
        }
        let path = self.blobs.path(&evidence.sha256);
        std::fs::remove_file(&path).map_err(VaultError::machine("remove", &path))
    }

    /// Opens evidence for reading from any place; its bytes are not compared with a digest here.
    pub fn open(&self, stored: &Digest, key: &KeyId) -> Result<Opened, VaultError> {
        let file = self.blobs.open(stored)?;
        if !self.sealed {
            return Ok(Opened::Plain(file));
        }
        let seed = self.seeds.get(key)?;
        let opener = stream::opener(&seed, BufReader::with_capacity(70_000, file))
            .map_err(|error| VaultError::damaged(&self.blobs.path(stored), error))?;
        Ok(Opened::Sealed(Box::new(opener)))
    }

    /// The plain bytes of evidence, once they have been found to have its digests.
    pub fn read(&self, evidence: &Evidence) -> Result<Vec<u8>, VaultError> {
        let stored = self.blobs.read(&evidence.sha256)?;
        if !self.sealed {
            return Ok(stored);
        }
        let path = self.blobs.path(&evidence.sha256);
        let plain = stream::open_bytes(&self.seeds.get(&evidence.key)?, &stored)
            .map_err(|error| VaultError::damaged(&path, error))?;
        if Digest::of(&plain) != evidence.plain_sha256 {
            return Err(VaultError::damaged(&path, "what it seals is not what was recorded"));
        }
        Ok(plain)
    }
}

/// The plain bytes of a piece of evidence, from any place.
pub enum Opened {
    /// Stored as they are.
    Plain(File),
    /// Stored sealed.
    Sealed(Box<Opener<BufReader<File>>>),
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Sealed(opener) => opener.read(buffer),
        }
    }
}

impl Seek for Opened {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Plain(file) => file.seek(to),
            Self::Sealed(opener) => opener.seek(to),
        }
    }
}

/// A blob as something to write to.
struct BlobSink(BlobWriter);

impl Write for BlobSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Sink {
    Plain(BlobWriter),
    Sealed(Box<Sealer<BlobSink>>),
}

/// Evidence in the making; nothing is left of it when it is dropped before [`EvidenceWriter::finish`].
pub struct EvidenceWriter {
    key: KeyId,
    sink: Sink,
    plain: Hasher,
    plain_bytes: u64,
}

impl EvidenceWriter {
    /// Adds plain bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.plain.update(bytes);
        self.plain_bytes += bytes.len() as u64;
        match &mut self.sink {
            Sink::Plain(blob) => blob.write(bytes),
            Sink::Sealed(sealer) => sealer.write_all(bytes).map_err(original),
        }
    }

    /// Makes the evidence durable and gives it its name.
    pub fn finish(self) -> Result<Evidence, VaultError> {
        let plain_sha256 = self.plain.finish();
        let (blob, plain_bytes) = match self.sink {
            Sink::Plain(blob) => (blob, None),
            Sink::Sealed(sealer) => (sealer.finish().map_err(original)?.0, Some(self.plain_bytes)),
        };
        let stored = blob.finish()?;
        let (bytes, sha256) = (stored.bytes, stored.digest);
        Ok(Evidence { bytes, key: self.key, plain_sha256, sha256, plain_bytes })
    }
}

impl Write for EvidenceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::write(self, bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The vault's own error, out of one that came through somebody else's writer.
fn original(cause: io::Error) -> VaultError {
    cause.downcast::<VaultError>().unwrap_or_else(VaultError::Input)
}
