//! What can go wrong, sorted by who must act.

use std::path::Path;

use witnessmark_vault::VaultError;

/// What to do about an index that cannot be read.
const MAKE_INDEX: &str = "the index is derived: `witnessmark rebuild` makes it again";

/// What to do about a full disk.
const FULL_DISK: &str =
    "the disk is full; free some space and repeat the command: what was added stays";

/// Whose turn it is after an error; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What was given is flawed, or the answer was refused: exit code 1.
    Input,
    /// The words of the command are wrong: exit code 2.
    Usage,
    /// The machine failed, or somebody else holds the case: exit code 3.
    Machine,
}

/// An error: a fact, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{fact}")]
pub struct CaseError {
    /// What is the case.
    pub fact: String,
    /// What to do.
    pub hint: Option<String>,
    /// Whose turn it is.
    pub fault: Fault,
}

impl CaseError {
    /// Something that was given is flawed.
    pub fn input(fact: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { fact: fact.into(), hint: Some(hint.into()), fault: Fault::Input }
    }

    /// The command was called in a way that it does not take.
    pub fn usage(fact: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { fact: fact.into(), hint: Some(hint.into()), fault: Fault::Usage }
    }

    pub(crate) fn machine(fact: impl Into<String>) -> Self {
        Self { fact: fact.into(), hint: None, fault: Fault::Machine }
    }

    /// A file that was given cannot be read or written.
    pub fn file(action: &str, path: &Path, cause: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let hint = match cause.kind() {
            ErrorKind::NotFound => Some("check the path".to_owned()),
            ErrorKind::PermissionDenied => {
                Some("you have no right to it: check its owner and permissions".to_owned())
            }
            ErrorKind::StorageFull => Some(FULL_DISK.to_owned()),
            _ => None,
        };
        let fault = match cause.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::IsADirectory => {
                Fault::Input
            }
            _ => Fault::Machine,
        };
        Self { fact: format!("cannot {action} {}: {cause}", path.display()), hint, fault }
    }
}

impl From<VaultError> for CaseError {
    fn from(error: VaultError) -> Self {
        let fault = match &error {
            VaultError::NotACase(_)
            | VaultError::Exists(_)
            | VaultError::NoKeys(_)
            | VaultError::Sealed(_) => Fault::Usage,
            VaultError::Seal(_) | VaultError::WrongKey(_) => Fault::Input,
            VaultError::OtherFormat { .. } | VaultError::Damaged { .. } => Fault::Input,
            VaultError::Input(_)
            | VaultError::Locked { .. }
            | VaultError::Machine { .. }
            | VaultError::Canonical(_) => Fault::Machine,
        };
        Self { fact: error.to_string(), hint: error.hint().map(str::to_owned), fault }
    }
}

impl From<rusqlite::Error> for CaseError {
    fn from(error: rusqlite::Error) -> Self {
        let hint = match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => FULL_DISK,
            _ => "the casebook is derived: `witnessmark rebuild` makes it again from the log",
        };
        let fact = match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => {
                "casebook.db or cache.db is damaged, or was made for another key".to_owned()
            }
            _ => format!("the casebook failed: {error}"),
        };
        Self { fact, hint: Some(hint.to_owned()), fault: Fault::Machine }
    }
}

impl From<serde_json::Error> for CaseError {
    fn from(error: serde_json::Error) -> Self {
        Self::machine(format!("a stored value cannot be read: {error}"))
    }
}

impl From<witnessmark_model::canonical::CanonicalError> for CaseError {
    fn from(error: witnessmark_model::canonical::CanonicalError) -> Self {
        Self::machine(error.to_string())
    }
}

impl From<witnessmark_text::IndexError> for CaseError {
    fn from(error: witnessmark_text::IndexError) -> Self {
        use witnessmark_text::IndexError;
        let hint = match &error {
            IndexError::Unusable { .. } => Some(MAKE_INDEX),
            IndexError::Failed(cause) if cause.contains("No space left") => Some(FULL_DISK),
            IndexError::Failed(_) => Some(MAKE_INDEX),
            other => other.hint(),
        };
        let hint = hint.map(str::to_owned);
        let fault = match error {
            IndexError::Query(_) | IndexError::Date { .. } => Fault::Usage,
            _ => Fault::Machine,
        };
        Self { fact: error.to_string(), hint, fault }
    }
}
