//! What can go wrong, sorted by who must act.

use std::io;
use std::path::{Path, PathBuf};

/// Why the vault did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    // For the person at the keyboard.
    /// The folder holds no case.
    #[error("{} is not a case: it holds no case.toml", .0.display())]
    NotACase(PathBuf),
    /// The folder for a new case is taken.
    #[error("{} exists and is not empty", .0.display())]
    Exists(PathBuf),
    /// Another process writes to the case.
    #[error("the case is locked by {holder}")]
    Locked {
        /// Who: the process, its command and its start, as it wrote them down.
        holder: String,
    },
    /// The case is sealed, and nothing was given that opens it.
    #[error("{} is sealed", .0.display())]
    Sealed(PathBuf),
    /// What was given opens another case, or an epoch of the keystore that is no more.
    #[error("the key that was given does not open {}", .0.display())]
    WrongKey(PathBuf),
    /// The keystore was left elsewhere, or is lost.
    #[error("the keys of {} are not here", .0.display())]
    NoKeys(PathBuf),
    /// The case is of a format that this version does not know.
    #[error("{} says {detail}", .path.display())]
    OtherFormat {
        /// The `case.toml`.
        path: PathBuf,
        /// What it says.
        detail: String,
    },
    /// The input for a new object could not be read.
    #[error("cannot read the input: {0}")]
    Input(io::Error),

    /// The case does not open, or what opens it is not fit.
    #[error(transparent)]
    Seal(#[from] witnessmark_seal::SealError),

    // For whoever keeps the case: something in it is not as it was written.
    /// A file of the case is damaged or missing.
    #[error("{} is damaged: {detail}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },

    // For whoever keeps the machine.
    /// The machine failed to read or write.
    #[error("cannot {action} {}: {cause}", .path.display())]
    Machine {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the machine said.
        cause: io::Error,
    },

    // For us.
    /// A value has no canonical form.
    #[error(transparent)]
    Canonical(#[from] witnessmark_model::canonical::CanonicalError),
}

impl VaultError {
    pub(crate) fn machine(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |cause| Self::Machine { action, path, cause }
    }

    pub(crate) fn damaged(path: &Path, detail: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), detail: detail.to_string() }
    }

    /// What the reader of this error can do, if anything.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotACase(_) => {
                Some("make one with `witnessmark init DIR`, or name one with `--case DIR`")
            }
            Self::Exists(_) => Some("choose another folder; nothing was written"),
            Self::Locked { .. } => Some(
                "wait until that command has ended, then try again; reading commands work meanwhile",
            ),
            Self::Sealed(_) => Some(
                "give its passphrase at the prompt, in the file of `--passphrase-file` or in \
                 WITNESSMARK_PASSPHRASE; `witnessmark unlock` asks for it once",
            ),
            Self::WrongKey(_) => Some("`witnessmark lock`, then give the passphrase again"),
            Self::NoKeys(_) => Some(
                "`witnessmark travel return` brings them back from the copy that they were left in, with key shares",
            ),
            Self::OtherFormat { .. } => Some("a newer version of witnessmark may open it"),
            Self::Damaged { .. } => {
                Some("`witnessmark verify` lists everything that is damaged; restore from a copy")
            }
            Self::Machine { cause, .. } => machine_hint(cause),
            Self::Input(cause) => machine_hint(cause),
            Self::Seal(error) => error.hint(),
            Self::Canonical(_) => None,
        }
    }
}

fn machine_hint(cause: &io::Error) -> Option<&'static str> {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
            "the disk is full; free some space and repeat the command: what was acknowledged is kept",
        ),
        io::ErrorKind::PermissionDenied => Some("check who owns the file and its permissions"),
        io::ErrorKind::ReadOnlyFilesystem => Some("the file system is mounted read-only"),
        io::ErrorKind::NotFound => Some("check that it exists"),
        _ => None,
    }
}
