//! A client of witnesses (C2SP tlog-witness): asks for cosignatures, and notices when a witness saw another log.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use data_encoding::BASE64;
use witnessmark_model::checkpoint::{Checkpoint, CheckpointError};
use witnessmark_model::cosignature::{Cosignature, CosignatureError, WitnessKey};
use witnessmark_model::transport::{Request, Transport, TransportError};
use witnessmark_model::{Digest, merkle};

use crate::tiles::TileReader;
use crate::{Vault, VaultError};

/// Answers are one signature line a key, or a number.
const LARGEST_ANSWER: u64 = 1 << 16;
/// A witness that another client of the same log keeps ahead of us is asked so often.
const MOST_TRIES: usize = 4;

/// A witness: its key, and the prefix of the addresses that it is asked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its key.
    pub key: WitnessKey,
    /// The submission prefix, `https://…`.
    pub url: String,
}

/// How a checkpoint that was noted elsewhere stands to the log here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its entries are the first of those here.
    Earlier {
        /// How many entries it signs.
        size: u64,
    },
    /// It is of the log as it is now.
    Same {
        /// How many entries it signs.
        size: u64,
    },
}

/// Why a witness's word was not obtained.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    // For whoever keeps the case: histories part here.
    /// Two histories of one log exist.
    #[error(
        "split view of the log: {shown_by} shows another root for the first {size} entries than this case has"
    )]
    SplitView {
        /// Who shows the other history.
        shown_by: String,
        /// The size at which the roots are known to differ.
        size: u64,
    },
    /// More of the log was seen elsewhere than is here.
    #[error("{shown_by} has seen {seen} entries of this log, and here there are only {here}")]
    Behind {
        /// Who has seen more.
        shown_by: String,
        /// How many.
        seen: u64,
        /// How many there are here.
        here: u64,
    },

    // For whoever chose the witness.
    /// The witness does not know the log.
    #[error("the witness `{0}` does not know this log")]
    UnknownLog(String),
    /// The witness knows the log by another key.
    #[error("the witness `{0}` does not accept this log's key")]
    KeyRefused(String),
    /// The witness forgot what it had cosigned, which a witness must not.
    #[error(
        "the witness `{witness}` says it last saw {seen} entries, but it had cosigned {cosigned}"
    )]
    WentBack {
        /// Its name.
        witness: String,
        /// What it says.
        seen: u64,
        /// What it had cosigned.
        cosigned: u64,
    },
    /// The witness answered something that the protocol does not foresee.
    #[error("the witness `{witness}` answered with status {status}: {said}")]
    OddAnswer {
        /// Its name.
        witness: String,
        /// The HTTP status.
        status: u16,
        /// The first line of what it said.
        said: String,
    },
    /// The witness's cosignature is not one.
    #[error(transparent)]
    Cosignature(#[from] CosignatureError),
    /// No whole answer came.
    #[error("the witness `{witness}` could not be asked: {cause}")]
    Transport {
        /// Its name.
        witness: String,
        /// Why.
        cause: TransportError,
    },

    // For whoever gave the checkpoint.
    /// The checkpoint is not one of this log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),

    // For whoever keeps the case: it could not be read.
    /// The log could not be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl WitnessError {
    /// Whether it is a sign that somebody shows different logs to different people.
    pub fn is_alarm(&self) -> bool {
        matches!(self, Self::SplitView { .. } | Self::Behind { .. } | Self::WentBack { .. })
    }

    /// What the reader of this error can do, if anything.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::SplitView { .. } => Some(
                "two histories of this log exist: somebody else holds its key, or this case was put back to an older \
                 copy and written to. Keep this case and what was shown as they are, and compare both with what others noted",
            ),
            Self::Behind { .. } => Some(
                "this is an older copy of the case, or somebody else writes under its key: find the newer copy before \
                 anything is written here",
            ),
            Self::UnknownLog(_) | Self::KeyRefused(_) => {
                Some("give the witness's operator the log's key, which `witnessmark status` shows")
            }
            Self::WentBack { .. } => Some(
                "what it cosigned before still counts; ask its operator, and do not rely on it alone",
            ),
            Self::OddAnswer { .. } | Self::Cosignature(_) => {
                Some("check the witness's address and key; try again later")
            }
            Self::Transport { .. } => {
                Some("check the network and `witnessmark egress`; try again later")
            }
            Self::Checkpoint(_) => None,
            Self::Vault(error) => error.hint(),
        }
    }
}

impl Vault {
    /// The cosignature of the published checkpoint by `witness`, verified, and that checkpoint's size.
    ///
    /// `cosigned` is the size of the last checkpoint that this witness cosigned for this case, if any: it is told from
    /// there on, and is expected to remember it.
    pub fn ask_witness(
        &self,
        witness: &Witness,
        cosigned: Option<u64>,
        transport: &dyn Transport,
    ) -> Result<(u64, Cosignature), WitnessError> {
        let (note, checkpoint) = self.checkpoint()?;
        let text = self.verifier().open(&note).map_err(CheckpointError::from)?.to_owned();
        let log = self.folder().join("log");
        let tiles = TileReader::new(&log, checkpoint.size);
        let mut asking = Asking { log: &log, witness, transport, note: &note, checkpoint, tiles };
        let cosignature = asking.until_cosigned(&text, cosigned)?;
        Ok((asking.checkpoint.size, cosignature))
    }

    /// The root of the first `old` entries, and the proof that the log as published only adds to them (RFC 6962, section
    /// 2.1.2). An error unless 0 < `old` ≤ the size.
    pub fn consistency(&self, old: u64) -> Result<(Digest, Vec<Digest>), VaultError> {
        let (_, checkpoint) = self.checkpoint()?;
        let log = self.folder().join("log");
        let mut tiles = TileReader::new(&log, checkpoint.size);
        let outside = || VaultError::damaged(&log, format!("it has no state of {old} entries"));
        let path = tiles.consistency_path(old)?.ok_or_else(outside)?;
        Ok((tiles.root_at(old)?.ok_or_else(outside)?, path))
    }

    /// How a checkpoint of this log that was noted elsewhere stands to the log here: earlier and consistent, or the same.
    /// Another root for the same entries is a split view; more entries than here mean that this is an older copy.
    pub fn compare(&self, note: &[u8], noted_by: &str) -> Result<Standing, WitnessError> {
        let theirs = Checkpoint::open(note, &self.verifier())?;
        let (_, ours) = self.checkpoint()?;
        let size = theirs.size;
        let shown_by = || noted_by.to_owned();
        let mut tiles = TileReader::new(&self.folder().join("log"), ours.size);
        match tiles.root_at(size)? {
            None => Err(WitnessError::Behind { shown_by: shown_by(), seen: size, here: ours.size }),
            Some(root) if root != theirs.root => {
                Err(WitnessError::SplitView { shown_by: shown_by(), size })
            }
            Some(_) if size == ours.size => Ok(Standing::Same { size }),
            Some(_) => Ok(Standing::Earlier { size }),
        }
    }
}

/// One witness being asked about one checkpoint.
struct Asking<'a> {
    log: &'a Path,
    witness: &'a Witness,
    transport: &'a dyn Transport,
    note: &'a [u8],
    checkpoint: Checkpoint,
    tiles: TileReader,
}

impl Asking<'_> {
    fn until_cosigned(
        &mut self,
        text: &str,
        cosigned: Option<u64>,
    ) -> Result<Cosignature, WitnessError> {
        let size = self.checkpoint.size;
        let name = self.witness.key.name().to_owned();
        let mut old = cosigned.filter(|cosigned| *cosigned <= size).unwrap_or(0);
        let (mut status, mut said) = (0, Vec::new());
        for _ in 0..MOST_TRIES {
            let body = self.body(old)?;
            (status, said) = self.send(&body)?;
            let seen =
                || std::str::from_utf8(&said).ok()?.strip_suffix('\n').and_then(plain_decimal);
            match status {
                200 => return Ok(self.witness.key.find(text, &said)?),
                403 => return Err(WitnessError::KeyRefused(name)),
                404 => return Err(WitnessError::UnknownLog(name)),
                // The proof was verified before it was sent: its tree of `old` entries is not the witness's.
                422 if old > 0 => return Err(self.split_view(old)),
                // With equal sizes, the witness compares the roots. It may say the size again, or nothing.
                409 if old == size && seen().is_none_or(|seen| seen == size) => {
                    return Err(self.split_view(size));
                }
                409 => match seen() {
                    Some(seen) if seen > size => {
                        let shown_by = self.witness_in_words();
                        return Err(WitnessError::Behind { shown_by, seen, here: size });
                    }
                    Some(seen) if cosigned.is_some_and(|cosigned| seen < cosigned) => {
                        let cosigned = cosigned.unwrap_or_default();
                        return Err(WitnessError::WentBack { witness: name, seen, cosigned });
                    }
                    Some(seen) if seen != old => old = seen,
                    _ => break,
                },
                _ => break,
            }
        }
        Err(WitnessError::OddAnswer { witness: name, status, said: first_line(&said).into_owned() })
    }

    fn witness_in_words(&self) -> String {
        format!("the witness `{}`", self.witness.key.name())
    }

    fn split_view(&self, size: u64) -> WitnessError {
        WitnessError::SplitView { shown_by: self.witness_in_words(), size }
    }

    /// The request's body: the old size, the consistency proof from there, a blank line, the checkpoint.
    fn body(&mut self, old: u64) -> Result<Vec<u8>, WitnessError> {
        let mut body = format!("old {old}\n");
        for hash in self.proof(old)? {
            let _ = writeln!(body, "{}", BASE64.encode(&hash.0));
        }
        body.push('\n');
        let mut body = body.into_bytes();
        body.extend_from_slice(self.note);
        Ok(body)
    }

    /// The consistency proof from the first `old` entries. It is verified here first, so that damage to our own tiles is
    /// never taken for a split view.
    fn proof(&mut self, old: u64) -> Result<Vec<Digest>, VaultError> {
        let Checkpoint { size, root, .. } = self.checkpoint;
        if old == 0 {
            return Ok(Vec::new());
        }
        let path = self.tiles.consistency_path(old)?.unwrap_or_default();
        let proves = self
            .tiles
            .root_at(old)?
            .is_some_and(|old_root| merkle::is_consistent(old, old_root, size, root, &path));
        if proves {
            Ok(path)
        } else {
            Err(VaultError::damaged(self.log, "its tiles do not give the root that is signed"))
        }
    }

    fn send(&self, mut body: &[u8]) -> Result<(u16, Vec<u8>), WitnessError> {
        let url = format!("{}/add-checkpoint", self.witness.url.trim_end_matches('/'));
        let length = body.len() as u64;
        let request = Request {
            method: "POST",
            url: &url,
            fields: &[],
            body: Some((&mut body, length)),
            limit: LARGEST_ANSWER,
        };
        let mut said = Vec::new();
        match self.transport.send(request, &mut said) {
            Ok(answer) => Ok((answer.status, said)),
            Err(cause) => {
                Err(WitnessError::Transport { witness: self.witness.key.name().to_owned(), cause })
            }
        }
    }
}

/// A decimal as checkpoints write it: no sign, no leading zero.
fn plain_decimal(text: &str) -> Option<u64> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// The first line of what a server said, fit to be shown.
fn first_line(said: &[u8]) -> Cow<'_, str> {
    let line = said.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    let shown: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    if shown.is_empty() { "nothing".into() } else { shown.into() }
}
