//! What is copied when an open case is sealed: everything but what is about the log of the open case itself.

use serde::{Deserialize, Serialize};

use super::{Evidence, Payload};
use crate::canonical::CanonicalError;
use crate::id::{CaseId, KeyId};
use crate::{Digest, Entropy};

/// The open case that this sealed one was copied from, with its log. It comes after the last entry that was copied: the
/// entries from 1 up to it say what the copied entries of that log say, in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// That case.
    pub case: CaseId,
    /// The text of its last checkpoint, as `case-created` names it.
    pub checkpoint: String,
    /// How many entries its log holds.
    pub size: u64,
    /// How many of them were entered anew.
    pub copied: u64,
    /// A tar file of its log, its packs and the seeds that open them; `docs/format.md` lists the names.
    pub log: Evidence,
}

/// Gives nothing but zeros, for an id that stands for any.
struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl Payload {
    /// Whether an entry of this kind is entered anew when its case is copied. The others speak of the log that they stand
    /// in, of its keys, or of what vouches for it: in another log they would be wrong.
    pub fn is_copied(&self) -> bool {
        !matches!(
            self,
            Self::CaseCreated(_)
                | Self::ActorAdded(_)
                | Self::Witness(_)
                | Self::Cosigned(_)
                | Self::Timestamp(_)
                | Self::Escrow(_)
                | Self::Predecessor(_)
        )
    }

    /// Every piece of evidence that it names, as [`Payload::blobs`] does, to be replaced.
    pub fn evidence_mut(&mut self) -> Vec<&mut Evidence> {
        match self {
            Self::Import(import) => vec![&mut import.evidence, &mut import.manifest],
            Self::Recording(recording) => vec![&mut recording.evidence, &mut recording.manifest],
            Self::Capture(capture) => capture.evidence.iter_mut().collect(),
            Self::Codebook(codebook) => vec![&mut codebook.evidence],
            Self::Gazetteer(gazetteer) => vec![&mut gazetteer.evidence],
            Self::Extraction(extraction) => vec![&mut extraction.text],
            Self::Estimate(estimate) => vec![&mut estimate.inputs, &mut estimate.result],
            Self::Publication(publication) => publication.policy.iter_mut().collect(),
            Self::TimeAuthority(authority) => authority.certificates.iter_mut().collect(),
            Self::Predecessor(predecessor) => vec![&mut predecessor.log],
            _ => Vec::new(),
        }
    }

    /// The digest of what it says, whatever keys its evidence has and however that is stored: the same in a case and in a
    /// sealed copy of it.
    pub fn unsealed_digest(&self) -> Result<Digest, CanonicalError> {
        let mut plain = self.clone();
        let any = KeyId::random(&mut Zeros);
        for evidence in plain.evidence_mut() {
            let bytes = evidence.plain_length();
            let sha256 = evidence.plain_sha256;
            *evidence =
                Evidence { bytes, key: any, plain_sha256: sha256, sha256, plain_bytes: None };
        }
        Ok(Digest::of(&plain.to_bytes()?))
    }
}
