//! Why a copy was not made, not read or not believed; sorted by who must act.

use witnessmark_model::transport::TransportError;

use crate::VaultError;

/// Why a copy was not made, not read, or not believed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    // For the person at the keyboard.
    /// Somebody asked to stop.
    #[error("stopped; what was copied stays, and the same command goes on from there")]
    Stopped,
    /// The place holds files, and no note that makes them a copy.
    #[error("{place} is no copy of a case: it holds {example} and no copy.json")]
    NotACopy {
        /// The place.
        place: String,
        /// One of the names there.
        example: String,
    },
    /// The place holds nothing.
    #[error("{0} holds no copy of a case")]
    Empty(String),
    /// The place holds a copy of another case, or is signed for by another key.
    #[error("{place} holds a copy of another case: {detail}")]
    OtherCase {
        /// The place.
        place: String,
        /// How it shows.
        detail: String,
    },
    /// The place cannot take it.
    #[error("{place} cannot take the copy: {detail}")]
    NoRoom {
        /// The place.
        place: String,
        /// Why.
        detail: String,
    },
    /// Keys may not go to that place.
    #[error("keys do not go to {place}: {detail}")]
    KeepsKeys {
        /// The place.
        place: String,
        /// Why.
        detail: String,
    },
    /// The words that name the place are wrong.
    #[error("{0}")]
    BadName(String),

    // For whoever keeps the case or the copy: somebody put something back, or wrote elsewhere.
    /// The case here is an earlier state of what the copy holds.
    #[error(
        "the case here was put back to an older state, or entries were added to the copy: here it has {here} \
         entries, the copy was signed with {copy}, and begins with ours"
    )]
    OlderHere {
        /// Entries here.
        here: u64,
        /// Entries there.
        copy: u64,
    },
    /// The copy has another history.
    #[error(
        "the copy tells another history than the case: the {copy} entries signed there and the {here} here do not \
         continue each other"
    )]
    OtherHistory {
        /// Entries here.
        here: u64,
        /// Entries there.
        copy: u64,
    },
    /// A file of the copy is not what it must be.
    #[error("{name} of the copy cannot be used: {detail}")]
    Unreadable {
        /// The file.
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// Files of the case are not as they were written, so that they were not copied.
    #[error("the case itself is damaged: {first}{}", and_more(.count))]
    Damaged {
        /// The first file.
        first: String,
        /// How many.
        count: usize,
    },

    // For whoever keeps the machine or the service.
    /// The disk failed, here or there.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The service did not do it.
    #[error("{place}: {action} {name}: {detail}")]
    Service {
        /// The place.
        place: String,
        /// What was asked.
        action: &'static str,
        /// Of what.
        name: String,
        /// What it said.
        detail: String,
    },
    /// No whole answer came.
    #[error("{0}")]
    Transport(#[from] TransportError),
}

fn and_more(count: &usize) -> String {
    if *count > 1 { format!(" and {} more", count - 1) } else { String::new() }
}

impl CopyError {
    /// What the reader of this error can do, if anything.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotACopy { .. } => Some("name a place that is empty, or a copy made before"),
            Self::Empty(_) => Some("check the name; make one with `witnessmark replicate`"),
            Self::OtherCase { .. } => Some("every case needs a place of its own; name another"),
            Self::NoRoom { .. } => Some("nothing was written; choose another place"),
            Self::KeepsKeys { .. } => Some(
                "leave them out with `--without-keys`, or send them elsewhere with `--keys-target TARGET`",
            ),
            Self::OlderHere { .. } => Some(
                "nothing was overwritten; keep both, find out who put it back, and make the newer one your case again with \
                 `witnessmark restore TARGET DIR`",
            ),
            Self::OtherHistory { .. } => Some(
                "nothing was overwritten; keep both as they are: somebody with the case's key wrote to one of them elsewhere",
            ),
            Self::Unreadable { .. } => {
                Some("make a new copy in another place, and keep this one as it is")
            }
            Self::Damaged { .. } => Some(
                "`witnessmark check` names what is damaged; `check --heal TARGET` mends it from another copy",
            ),
            Self::Vault(error) => error.hint(),
            Self::Service { .. } => Some("the same command goes on from where it was"),
            Self::Transport(TransportError::Refused(_)) => {
                Some("say which way connections may leave with `witnessmark egress`")
            }
            Self::Transport(_) => {
                Some("check the address; the same command goes on from where it was")
            }
            Self::Stopped | Self::BadName(_) => None,
        }
    }
}
