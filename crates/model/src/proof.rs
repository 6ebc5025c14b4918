//! Offline proofs that an entry is in a log (C2SP tlog-proof, version 1).

use data_encoding::BASE64;

use crate::checkpoint::{Checkpoint, CheckpointError, decimal};
use crate::note::Verifier;
use crate::{Digest, merkle};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
const LONGEST_PATH: usize = 63;

/// An entry's index, the path from its leaf to the root, and the signed checkpoint with that root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// The entry's index, from 0.
    pub index: u64,
    /// Sibling hashes, from the leaf's sibling to the root's child (RFC 6962, section 2.1.1).
    pub path: Vec<Digest>,
    /// The checkpoint's signed note, byte for byte.
    pub checkpoint: Vec<u8>,
}

/// Why a proof was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The bytes are not a proof.
    #[error("not a tlog-proof: {0}")]
    Malformed(&'static str),
    /// The checkpoint in it was refused.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The path does not lead from the leaf to the checkpoint's root.
    #[error("the path does not lead from this entry to the checkpoint's root")]
    WrongRoot,
}

impl LogProof {
    /// The bytes of a `.tlog-proof` file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{FIRST_LINE}\nindex {}\n", self.index);
        for hash in &self.path {
            text.push_str(&BASE64.encode(&hash.0));
            text.push('\n');
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.checkpoint);
        bytes
    }

    /// Parses a `.tlog-proof` file; an `extra` line is read over. Nothing is verified yet.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let malformed = ProofError::Malformed;
        let border = bytes
            .windows(2)
            .position(|pair| pair == b"\n\n")
            .ok_or(malformed("no blank line before the checkpoint"))?;
        let (head, rest) = bytes.split_at(border);
        let checkpoint = rest.get(2..).unwrap_or_default().to_vec();
        let head = std::str::from_utf8(head).map_err(|_| malformed("it is not UTF-8"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(malformed("the first line is not c2sp.org/tlog-proof@v1"));
        }
        if let Some(extra) = lines.next_if(|line| line.starts_with("extra ")) {
            BASE64
                .decode(extra.get(6..).unwrap_or_default().as_bytes())
                .map_err(|_| malformed("the extra data is not base64"))?;
        }
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(decimal)
            .ok_or(malformed("no index line with a plain decimal number"))?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() == LONGEST_PATH {
                return Err(malformed("more than 63 hashes"));
            }
            let hash = BASE64
                .decode(line.as_bytes())
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(malformed("a hash is not the base64 of 32 bytes"))?;
            path.push(Digest(hash));
        }
        Ok(Self { index, path, checkpoint })
    }

    /// The checkpoint, once its signature and the inclusion of `leaf` have been verified.
    pub fn verify(&self, leaf: &[u8], verifier: &Verifier) -> Result<Checkpoint, ProofError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, verifier)?;
        let hash = merkle::leaf_hash(leaf);
        match merkle::root_from_inclusion(hash, self.index, checkpoint.size, &self.path) {
            Some(root) if root == checkpoint.root => Ok(checkpoint),
            _ => Err(ProofError::WrongRoot),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NoteSigner;
    use proptest::prelude::*;

    fn proof() -> (LogProof, NoteSigner) {
        let signer = NoteSigner::new("log-a", &[1; 32]).unwrap();
        let leaves: Vec<_> = (0..5u8).map(|i| merkle::leaf_hash(&[i])).collect();
        let checkpoint =
            Checkpoint { log_name: "log-a".into(), size: 5, root: merkle::root(&leaves) };
        let path = merkle::inclusion_path(&leaves, 3).unwrap();
        (LogProof { index: 3, path, checkpoint: checkpoint.sign(&signer).unwrap() }, signer)
    }

    #[test]
    fn verifies_after_a_round_trip() {
        let (proof, signer) = proof();
        let back = LogProof::parse(&proof.to_bytes()).unwrap();
        assert_eq!(back, proof);
        assert_eq!(back.verify(&[3], &signer.verifier()).unwrap().size, 5);
        assert_eq!(back.verify(&[2], &signer.verifier()), Err(ProofError::WrongRoot));
    }

    #[test]
    fn extra_data_is_read_over() {
        let (proof, _) = proof();
        let text = String::from_utf8(proof.to_bytes()).unwrap();
        let with_extra = text.replacen("index", "extra AAAA\nindex", 1);
        assert_eq!(LogProof::parse(with_extra.as_bytes()), Ok(proof));
    }

    #[test]
    fn refuses_hostile_proofs() {
        let (proof, _) = proof();
        let text = String::from_utf8(proof.to_bytes()).unwrap();
        let long = LogProof { path: vec![Digest([0; 32]); 64], ..proof };
        let cases = [
            ("version 2", text.replace("@v1", "@v2")),
            ("leading zero", text.replace("index 3", "index 03")),
            ("huge index", text.replace("index 3", "index 18446744073709551616")),
            ("carriage returns", text.replace('\n', "\r\n")),
            ("no index", text.replace("index 3\n", "")),
            ("extra that is not base64", text.replacen("index", "extra ?\nindex", 1)),
            ("no checkpoint", text.split("\n\n").next().unwrap().to_owned()),
            ("64 hashes", String::from_utf8(long.to_bytes()).unwrap()),
        ];
        for (name, bytes) in cases {
            assert!(LogProof::parse(bytes.as_bytes()).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_single_change_is_refused(at in any::<prop::sample::Index>(), flip in 1u8..=255) {
            let (proof, signer) = proof();
            let mut bytes = proof.to_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let accepted = LogProof::parse(&bytes).and_then(|p| p.verify(&[3], &signer.verifier()));
            prop_assert!(accepted.is_err());
        }
    }
}
