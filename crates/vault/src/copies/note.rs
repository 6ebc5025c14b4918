//! What a copy says of itself, and what the case last saw of its copies.

use std::path::Path;

use serde::{Deserialize, Serialize};
use witnessmark_model::id::{CaseId, CopyId};
use witnessmark_model::{Digest, canonical};

use super::{CopyError, Source, Target, bytes_of};
use crate::{VaultError, durable};

/// No note is as long as this.
const LONGEST: usize = 64 * 1024;

/// `copy.json` in a copy: what makes the files there a copy of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyNote {
    /// The case.
    pub case: CaseId,
    /// This copy; the log names it by this id.
    pub copy: CopyId,
    /// `all`, `evidence` or `keys`.
    pub holds: String,
    /// The root of the log as it was last copied whole; none before that.
    pub root: Option<Digest>,
    /// How many entries the log had then.
    pub size: u64,
    /// The version of this file; 1.
    pub v: u8,
}

impl CopyNote {
    /// Its name in a copy.
    pub const NAME: &'static str = "copy.json";

    /// The note of the copy in `target`, if there is one.
    pub fn read(target: &dyn Target) -> Result<Option<Self>, CopyError> {
        let Some(bytes) = bytes_of(target, Self::NAME, LONGEST)? else { return Ok(None) };
        let unreadable =
            |detail: String| CopyError::Unreadable { name: Self::NAME.to_owned(), detail };
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let note: Self =
            canonical::from_bytes(line).map_err(|error| unreadable(error.to_string()))?;
        if note.v != 1 {
            return Err(unreadable("it is of a version not known here".to_owned()));
        }
        Ok(Some(note))
    }

    pub(crate) fn write(&self, target: &dyn Target) -> Result<(), CopyError> {
        let mut line = canonical::to_bytes(self).map_err(VaultError::from)?;
        line.push(b'\n');
        target.put(Self::NAME, &mut Source::memory(&line), false)?;
        target.settle()
    }
}

/// `copies.json` in the case's folder: what was last seen of each copy. It is on this computer alone: no copy and no
/// export carries it. It names no place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// One item a copy, by id.
    pub copies: Vec<SeenCopy>,
    /// The version of this file; 1.
    pub v: u8,
}

/// What was last seen of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenCopy {
    /// The copy.
    pub copy: CopyId,
    /// The day on which it was seen, `YYYY-MM-DD`.
    pub day: String,
    /// The root that is signed for there.
    pub root: Digest,
    /// How many entries are signed for there.
    pub size: u64,
}

impl Default for Seen {
    fn default() -> Self {
        Self { copies: Vec::new(), v: 1 }
    }
}

impl Seen {
    const NAME: &'static str = "copies.json";

    /// What the case in `folder` saw; nothing where the file is missing.
    pub fn read(folder: &Path) -> Result<Self, VaultError> {
        let path = folder.join(Self::NAME);
        if !path.exists() {
            return Ok(Self::default());
        }
        let bytes = durable::read(&path)?;
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        canonical::from_bytes(line).map_err(|error| VaultError::damaged(&path, error))
    }

    /// What was seen of one copy.
    pub fn of(&self, copy: &CopyId) -> Option<&SeenCopy> {
        self.copies.iter().find(|seen| seen.copy == *copy)
    }

    /// Keeps what was seen of a copy, durably, in place of what was seen of it before.
    pub fn keep(&mut self, folder: &Path, seen: SeenCopy) -> Result<(), VaultError> {
        self.copies.retain(|other| other.copy != seen.copy);
        self.copies.push(seen);
        self.copies.sort_by_key(|seen| seen.copy);
        let mut line = canonical::to_bytes(self)?;
        line.push(b'\n');
        durable::replace(&folder.join(Self::NAME), &line)
    }

    /// Leaves out a copy that is gone.
    pub fn drop(&mut self, folder: &Path, copy: &CopyId) -> Result<(), VaultError> {
        let before = self.copies.len();
        self.copies.retain(|other| other.copy != *copy);
        if self.copies.len() == before {
            return Ok(());
        }
        let mut line = canonical::to_bytes(self)?;
        line.push(b'\n');
        durable::replace(&folder.join(Self::NAME), &line)
    }
}
