//! What can go wrong when sealing and opening.

use std::io;

use crate::shares::ShareError;

/// Why something cannot be sealed or opened. Sorted by who must act.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The person at the keyboard: another passphrase is needed. Nothing more is known, and nothing more is said.
    #[error("the passphrase is not right")]
    WrongPassphrase,
    /// The person at the keyboard: the case has no passphrase while its owner travels.
    #[error("no passphrase opens the case: its key shares alone do")]
    NoPassphrase,
    /// The person at the keyboard: a passphrase cannot be empty.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The person at the keyboard: none of the identities given is among the recipients.
    #[error("none of the age identities given opens this case")]
    NoIdentityFits,
    /// The person at the keyboard: the shares given do not open this case.
    #[error(transparent)]
    Shares(#[from] ShareError),
    /// Who chose the recipients: one cannot be read or used.
    #[error("the recipient `{recipient}` cannot be used: {detail}")]
    Recipient {
        /// The recipient, as given.
        recipient: String,
        /// Why.
        detail: String,
    },
    /// Who gave the identities: the text holds none, or one that cannot be used.
    #[error("the age identities cannot be used: {0}")]
    Identities(String),
    /// Whoever keeps the case: bytes are not what was sealed. The detail names the place.
    #[error("{what} is damaged: {detail}")]
    Damaged {
        /// What was to be opened, in words.
        what: &'static str,
        /// What is wrong with it, and where.
        detail: String,
    },
    /// Whoever keeps the case: the bytes were sealed with another key than the one given.
    #[error("it was sealed with another key")]
    OtherKey,
    /// Whoever keeps the case: a newer version wrote it, or it is something else.
    #[error("{what} is not in a format that this version knows")]
    OtherFormat {
        /// What was to be opened, in words.
        what: &'static str,
    },
    /// The caller: the numbers of a cost are out of the bounds of [`crate::Cost`].
    #[error(
        "a passphrase cost of {memory_kib} KiB, {passes} passes and {lanes} lanes is out of bounds"
    )]
    Cost {
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
    /// The caller: a frame is longer than [`crate::frames::LONGEST`].
    #[error("a frame of {0} bytes is longer than a frame can be")]
    FrameTooLong(usize),
    /// The machine: there is not enough memory to check a passphrase.
    #[error("the machine has not the {0} KiB of memory that checking the passphrase takes")]
    Memory(u32),
    /// The machine: reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl SealError {
    pub(crate) fn damaged(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Damaged { what, detail: detail.to_string() }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::WrongPassphrase => {
                "type it again; where it is lost, `witnessmark escrow open` takes the key shares"
            }
            Self::NoPassphrase => "`witnessmark travel return` takes the key shares",
            Self::NoIdentityFits => {
                "`keys/<epoch>/wraps` lists the recipients; give the identity of one of them"
            }
            Self::Damaged { .. } => "fetch the file again from a copy of the case",
            Self::OtherFormat { .. } => "open it with the version of witnessmark that wrote it",
            Self::Memory(_) => "close other programs, or open the case on a larger machine",
            Self::Recipient { .. } => {
                "a plugin must be installed as `age-plugin-NAME`, where the search path finds it"
            }
            _ => return None,
        })
    }
}
