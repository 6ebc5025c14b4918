//! Why a dossier was not built or not written.

use std::path::PathBuf;

use witnessmark_model::canonical::CanonicalError;
use witnessmark_model::checkpoint::CheckpointError;
use witnessmark_model::note::NoteError;

/// What a signer gives back when it cannot sign.
pub type SignError = Box<dyn std::error::Error + Send + Sync>;

/// Why a dossier was not built or not written, sorted by who must act.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    // The person who publishes.
    /// Something is at the target already.
    #[error("{0} exists already; a dossier is never written over anything")]
    Exists(PathBuf),
    /// The target's file name cannot be a dossier's.
    #[error("{0} has no file name to write to")]
    NoName(PathBuf),
    /// Something may not be in a dossier of this profile.
    #[error("entry {entry}: {what} may not be in a public dossier")]
    NotForPublic {
        /// The entry.
        entry: u64,
        /// What it is.
        what: &'static str,
    },

    // Whoever filled the input.
    /// A part of the input disagrees with another.
    #[error("{place}: {what}")]
    Input {
        /// Where in the input: `entry 12`, `number n003 (clm-…)`.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// The checkpoint is not one that the log's key signed.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The log's key is none, or the list of files was not signed with it.
    #[error("the log's key: {0}")]
    Key(#[from] NoteError),
    /// A value has no canonical form.
    #[error("a value of the dossier has no canonical form: {0}")]
    Canonical(#[from] CanonicalError),

    // The signer and the machine.
    /// The signer refused.
    #[error("the list of files was not signed: {0}")]
    Sign(SignError),
    /// Reading or writing failed.
    #[error("{path}: {error}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the machine says.
        error: std::io::Error,
    },
    /// The zip could not be written.
    #[error("{path}: the zip could not be written: {error}")]
    Zip {
        /// The file.
        path: PathBuf,
        /// Why.
        error: zip::result::ZipError,
    },
}

impl PublishError {
    /// What to do, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exists(_) => Some("name another folder or file, or move that one away first"),
            Self::NoName(_) => Some("name a folder or file that does not exist yet"),
            Self::NotForPublic { .. } => {
                Some("leave it closed: the public profile shows days, and no transport headers")
            }
            Self::Disk { .. } | Self::Zip { .. } => {
                Some("look at the free space and the rights of that folder, then publish again")
            }
            _ => None,
        }
    }

    pub(crate) fn input(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Input { place: place.into(), what: what.into() }
    }
}
