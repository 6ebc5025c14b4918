//! Copies of a case elsewhere: made, brought up to date, compared, and used to mend.
//!
//! A copy is the files of a case in a place that somebody names: a folder, such as one on a USB stick, or a bucket of
//! an S3 service. What is derived is not in it. Files are written in an order in which a copy that is cut off anywhere
//! is an older copy, or one that the next run finishes: objects and keys first, the signed checkpoint last. An object
//! is never written over.
//!
//! Each copy carries a [`CopyNote`] with a random id, and the case keeps what it last saw there ([`Seen`]). So an older
//! state that was put back, here or there, is noticed, and so is another history. `docs/format.md` has the files.

mod bringing;
mod checking;
mod error;
mod folder;
mod listing;
mod mending;
mod note;
mod source;
mod standing;
mod tree;

use std::collections::BTreeMap;
use std::io::Write;

pub use bringing::{Brought, Choice, bring, confirm, replace, restore};
pub use checking::{Checked, Flaw, check, check_log, log_key, missing};
pub use error::CopyError;
pub use folder::FolderTarget;
pub use listing::{CaseFile, Part, files_of_case};
pub use mending::{Mended, mend};
pub use note::{CopyNote, Seen, SeenCopy};
pub use source::Source;
pub use standing::{Found, Standing, contents, look, rolled_back, standing};

pub use crate::lock::Hold;

/// A place that holds, or is to hold, a copy: files by name, with `/` between folders.
///
/// Names are those of the case's files and `copy.json`. An implementation reads and writes nothing else.
pub trait Target: Sync {
    /// What it is, as the log says it: `folder` or `s3`.
    fn kind(&self) -> &'static str;

    /// The names there with their lengths in bytes, and nothing that no copy holds.
    fn files(&self) -> Result<BTreeMap<String, u64>, CopyError>;

    /// Writes the bytes of one file to `sink`; `false` if it is not there.
    fn read(&self, name: &str, sink: &mut dyn Write) -> Result<bool, CopyError>;

    /// Stores a file. A write-once file that is there already stays as it is; any other is replaced whole.
    fn put(&self, name: &str, source: &mut Source<'_>, once: bool) -> Result<(), CopyError>;

    /// Whether the file there has these bytes, as far as the place can say without sending them all.
    fn has(
        &self,
        name: &str,
        bytes: u64,
        digest: &witnessmark_model::Digest,
    ) -> Result<bool, CopyError>;

    /// Takes a damaged write-once file out of the way, so that it can be put anew. Its bytes are kept where the place
    /// has room for such.
    fn set_aside(&self, name: &str) -> Result<(), CopyError>;

    /// Removes a file; it may be gone already.
    fn remove(&self, name: &str) -> Result<(), CopyError>;

    /// Everything put or removed so far is durable when this returns.
    fn settle(&self) -> Result<(), CopyError>;

    /// Whether it can take so many more bytes, the largest of its files having `largest`.
    fn has_room(&self, bytes: u64, largest: u64) -> Result<(), CopyError>;

    /// How many files are best sent at once.
    fn at_once(&self) -> usize;

    /// An error where a keystore may not be put: what is removed there may stay somewhere behind.
    fn forgets(&self) -> Result<(), CopyError>;

    /// The copy is whole: everything is durable, and nothing says any more that it is being written.
    fn finish(&self) -> Result<(), CopyError>;
}

/// What a long work tells whoever shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A part of the work begins: so many files and bytes.
    Begin(&'static str, u64, u64),
    /// So many bytes more are done.
    Bytes(u64),
    /// One file more is done.
    File,
}

/// Is told each step; answers `false` to stop at the next safe point.
pub type OnStep<'s> = &'s (dyn Fn(Step) -> bool + Sync);

/// The bytes of a small file of a copy, if it is there.
pub(crate) fn bytes_of(
    target: &dyn Target,
    name: &str,
    limit: usize,
) -> Result<Option<Vec<u8>>, CopyError> {
    let mut sink = Bounded { bytes: Vec::new(), limit };
    let found = target.read(name, &mut sink);
    if sink.bytes.len() >= limit {
        return Err(CopyError::Unreadable {
            name: name.to_owned(),
            detail: format!("it has {limit} bytes or more"),
        });
    }
    Ok(found?.then_some(sink.bytes))
}

/// A sink that takes no more than so many bytes.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = self.limit.saturating_sub(self.bytes.len());
        if room == 0 {
            return Err(std::io::Error::other("the file is longer than it may be"));
        }
        let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.bytes.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
