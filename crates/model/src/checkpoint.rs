//! Checkpoints: the signed statement of a log's size and root (C2SP tlog-checkpoint).

use data_encoding::BASE64;

use crate::Digest;
use crate::note::{NoteError, NoteSigner, Verifier};

/// A log's name, size and root at one moment. Extension lines are neither written nor accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: the first line.
    pub log_name: String,
    /// How many entries the log holds.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Digest,
}

/// Why a checkpoint was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it was refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The signed text is not a checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    /// It is a checkpoint of another log than the key's.
    #[error("the checkpoint is of the log `{found}`, the key of `{expected}`")]
    OtherLog {
        /// The name in the checkpoint.
        found: String,
        /// The key's name.
        expected: String,
    },
}

impl Checkpoint {
    /// The signed note of this checkpoint.
    pub fn sign(&self, signer: &NoteSigner) -> Result<Vec<u8>, NoteError> {
        signer.sign(&format!("{}\n{}\n{}\n", self.log_name, self.size, BASE64.encode(&self.root.0)))
    }

    /// The checkpoint in a signed note, once the signature by the log's own key has been verified.
    pub fn open(note: &[u8], verifier: &Verifier) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let text = verifier.open(note)?;
        let mut lines = text.split_terminator('\n');
        let (Some(log_name), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed("it does not have three lines"));
        };
        if log_name != verifier.name() {
            return Err(CheckpointError::OtherLog {
                found: log_name.to_owned(),
                expected: verifier.name().to_owned(),
            });
        }
        let size = decimal(size).ok_or(malformed("the size is not a plain decimal number"))?;
        let root = BASE64
            .decode(root.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Digest)
            .ok_or(malformed("the root is not the base64 of 32 bytes"))?;
        Ok(Self { log_name: log_name.to_owned(), size, root })
    }
}

/// An unsigned decimal without leading zeros or signs, below 2^63.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if !plain {
        return None;
    }
    text.parse().ok().filter(|value| *value < 1 << 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_signed_and_nothing_bent() {
        let signer = NoteSigner::new("log-a", &[1; 32]).unwrap();
        let checkpoint = Checkpoint { log_name: "log-a".into(), size: 7, root: Digest([9; 32]) };
        let note = checkpoint.sign(&signer).unwrap();
        assert_eq!(Checkpoint::open(&note, &signer.verifier()), Ok(checkpoint));
        let root = BASE64.encode(&[9; 32]);
        let bent = [
            format!("log-a\n007\n{root}\n"),
            format!("log-a\n9223372036854775808\n{root}\n"),
            format!("log-a\n18446744073709551616\n{root}\n"),
            format!("log-a\n-1\n{root}\n"),
            format!("log-a\n7\n{root}\nextension\n"),
            format!("log-b\n7\n{root}\n"),
            "log-a\n7\nAAAA\n".to_owned(),
            "log-a\n7\n".to_owned(),
        ];
        for text in bent {
            let note = signer.sign(&text).unwrap();
            assert!(Checkpoint::open(&note, &signer.verifier()).is_err(), "{text}");
        }
    }
}
