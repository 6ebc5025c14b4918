//! A file of the keystore: lines that are only ever appended, in the clear or sealed.
//!
//! In an open case it is the lines themselves. In a sealed one every append is one encrypted frame, so that what was
//! acknowledged stays readable wherever a crash cuts the file.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use witnessmark_model::Entropy;
use witnessmark_seal::frames::{self, FrameReader};
use zeroize::Zeroizing;

use crate::{VaultError, durable};

/// The key that frames are sealed with, and what they are bound to beside their number.
#[derive(Clone)]
pub(crate) struct FrameKey {
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) context: Vec<u8>,
}

/// One append-only file.
pub(crate) struct Segment {
    path: PathBuf,
    sealed: Option<FrameKey>,
    /// How many whole frames there are, and how many bytes they take; known once the file was read.
    end: Mutex<Option<(u64, u64)>>,
}

impl Segment {
    pub(crate) fn at(path: PathBuf, sealed: Option<FrameKey>) -> Self {
        Self { path, sealed, end: Mutex::new(None) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Every line that was acknowledged; none if there is no file.
    pub(crate) fn read(&self) -> Result<Zeroizing<String>, VaultError> {
        let mut bytes = Zeroizing::new(Vec::new());
        if let Some(stored) = durable::read_if_there(&self.path)? {
            let stored = Zeroizing::new(stored);
            match &self.sealed {
                None => bytes = stored,
                Some(FrameKey { key, context }) => {
                    let damaged = |error| VaultError::damaged(&self.path, error);
                    let mut reader = FrameReader::new(&stored[..], key, context);
                    while let Some(frame) = reader.read_frame().map_err(damaged)? {
                        bytes.extend_from_slice(&frame);
                    }
                    *self.end() = Some((reader.frames(), reader.whole_bytes()));
                }
            }
        }
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| VaultError::damaged(&self.path, "it is not text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Appends lines, durably. What an append before left unfinished is cut off first.
    pub(crate) fn append(&self, lines: &str, entropy: &mut dyn Entropy) -> Result<(), VaultError> {
        let Some(FrameKey { key, context }) = &self.sealed else {
            return durable::append_lines(&self.path, lines.as_bytes());
        };
        let new = !durable::exists(&self.path)?;
        if !new && self.end().is_none() {
            self.read()?;
        }
        let (mut frames, whole) = self.end().unwrap_or((0, 0));
        let mut sealed = Vec::new();
        for piece in lines.as_bytes().chunks(frames::LONGEST) {
            let frame = frames::frame(key, context, frames, piece, entropy)
                .map_err(|error| VaultError::damaged(&self.path, error))?;
            sealed.extend(frame);
            frames += 1;
        }
        let fail = VaultError::machine;
        // A cut header or frame may lie behind what is whole.
        *self.end() = None;
        let mut file = durable::private(&mut OpenOptions::new())
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)
            .map_err(fail("open", &self.path))?;
        file.set_len(whole).map_err(fail("write", &self.path))?;
        file.seek(SeekFrom::Start(whole)).map_err(fail("write", &self.path))?;
        file.write_all(&sealed).map_err(fail("write", &self.path))?;
        file.sync_all().map_err(fail("flush", &self.path))?;
        if let (true, Some(folder)) = (new, self.path.parent()) {
            durable::sync_folder(folder)?;
        }
        *self.end() = Some((frames, whole + sealed.len() as u64));
        Ok(())
    }

    fn end(&self) -> std::sync::MutexGuard<'_, Option<(u64, u64)>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Segment({})", self.path.display())
    }
}
