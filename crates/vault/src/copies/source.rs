//! Bytes on their way to or from a copy, hashed while they pass.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use witnessmark_model::Digest;
use witnessmark_model::digest::Hasher;

use super::{OnStep, Step};
use crate::VaultError;

/// Bytes on their way to a copy: their length and digest are known, and found to be so while they are read.
///
/// The last read fails where the bytes are others, so that no file of wrong bytes is ever finished.
pub struct Source<'s> {
    input: Box<dyn Read + Send + 's>,
    bytes: u64,
    digest: Digest,
    left: u64,
    hasher: Option<Hasher>,
    on_step: Option<OnStep<'s>>,
    trouble: Option<Trouble>,
}

/// Why a source ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Somebody asked to stop.
    Stopped,
    /// The bytes are not those that were announced.
    Damaged(String),
}

impl<'s> Source<'s> {
    /// The bytes of a file, which must have this length and digest.
    pub fn file(
        path: &Path,
        bytes: u64,
        digest: Digest,
        on_step: OnStep<'s>,
    ) -> Result<Self, VaultError> {
        let file = File::open(path).map_err(VaultError::machine("open", path))?;
        Ok(Self::new(Box::new(file), bytes, digest, Some(on_step)))
    }

    /// Bytes in memory.
    pub fn memory(bytes: &'s [u8]) -> Self {
        Self::new(Box::new(bytes), bytes.len() as u64, Digest::of(bytes), None)
    }

    fn new(
        input: Box<dyn Read + Send + 's>,
        bytes: u64,
        digest: Digest,
        on_step: Option<OnStep<'s>>,
    ) -> Self {
        let hasher = Some(Hasher::new());
        Self { input, bytes, digest, left: bytes, hasher, on_step, trouble: None }
    }

    /// How many bytes they are.
    pub fn length(&self) -> u64 {
        self.bytes
    }

    /// Their SHA-256.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Why it ended before its end, if it did.
    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    fn end(&mut self, trouble: Trouble) -> io::Error {
        let said = match &trouble {
            Trouble::Stopped => "stopped".to_owned(),
            Trouble::Damaged(detail) => detail.clone(),
        };
        self.trouble = Some(trouble);
        io::Error::new(io::ErrorKind::InvalidData, said)
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.input.read(buffer)?;
        let Some(left) = self.left.checked_sub(read as u64) else {
            return Err(self.end(Trouble::Damaged("it is longer than it was".to_owned())));
        };
        self.left = left;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
        // Whoever reads by length does not ask for the end, so that the last bytes are judged as they pass.
        if self.left == 0 {
            let found = self.hasher.take().map(Hasher::finish);
            if found.is_some_and(|found| found != self.digest) {
                let detail = "its bytes do not have the digest that they had".to_owned();
                return Err(self.end(Trouble::Damaged(detail)));
            }
        } else if read == 0 {
            return Err(self.end(Trouble::Damaged("it is shorter than it was".to_owned())));
        }
        if let Some(on_step) = self.on_step
            && !on_step(Step::Bytes(read as u64))
        {
            return Err(self.end(Trouble::Stopped));
        }
        Ok(read)
    }
}

/// The length and digest of a file, read once.
pub(crate) fn fingerprint(path: &Path) -> Result<(u64, Digest), VaultError> {
    let fail = || VaultError::machine("read", path);
    let mut file = File::open(path).map_err(fail())?;
    let (mut hasher, mut bytes, mut chunk) = (Hasher::new(), 0, vec![0; 256 * 1024]);
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok((bytes, hasher.finish())),
            Ok(read) => {
                hasher.update(chunk.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(fail()(cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_bytes_never_come_to_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"abc").unwrap();
        let digest = Digest::of(b"abc");
        let cases = [
            (3, digest, true),
            (2, digest, false),
            (4, digest, false),
            (3, Digest::of(b"abd"), false),
        ];
        for (bytes, digest, whole) in cases {
            let mut source = Source::file(&path, bytes, digest, &|_| true).unwrap();
            let mut read = Vec::new();
            assert_eq!(source.read_to_end(&mut read).is_ok(), whole, "{bytes}");
            assert_eq!(source.trouble().is_none(), whole);
        }
        let mut stopped = Source::file(&path, 3, digest, &|_| false).unwrap();
        assert!(stopped.read_to_end(&mut Vec::new()).is_err());
        assert_eq!(stopped.trouble(), Some(&Trouble::Stopped));
        let empty = Source::memory(b"").read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(empty, 0);
    }
}
