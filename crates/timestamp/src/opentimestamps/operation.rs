//! What is done to a message on the way to an attestation.

use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use sha3::Keccak256;

use super::ProofFault;
use super::bytes::{Reader, push_string};

/// The digest of the file that a proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileHash {
    /// SHA-1, 20 bytes: two files with one digest can be made.
    Sha1,
    /// RIPEMD-160, 20 bytes.
    Ripemd160,
    /// SHA-256, 32 bytes.
    Sha256,
    /// Keccak-256 as Ethereum has it, 32 bytes.
    Keccak256,
}

impl FileHash {
    pub(super) fn from_tag(tag: u8) -> Option<Self> {
        [Self::Sha1, Self::Ripemd160, Self::Sha256, Self::Keccak256]
            .into_iter()
            .find(|hash| hash.tag() == tag)
    }

    pub(super) fn tag(self) -> u8 {
        match self {
            Self::Sha1 => 0x02,
            Self::Ripemd160 => 0x03,
            Self::Sha256 => 0x08,
            Self::Keccak256 => 0x67,
        }
    }

    /// Bytes in a digest.
    pub fn length(self) -> usize {
        match self {
            Self::Sha1 | Self::Ripemd160 => 20,
            Self::Sha256 | Self::Keccak256 => 32,
        }
    }

    /// The printed name, such as `SHA-256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Ripemd160 => "RIPEMD-160",
            Self::Sha256 => "SHA-256",
            Self::Keccak256 => "Keccak-256",
        }
    }
}

/// One step on the way to an attestation. The order is that of their tags, then of what they add.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// SHA-1 of the message.
    Sha1,
    /// RIPEMD-160 of the message.
    Ripemd160,
    /// SHA-256 of the message.
    Sha256,
    /// Keccak-256 of the message.
    Keccak256,
    /// The message, then these bytes.
    Append(Vec<u8>),
    /// These bytes, then the message.
    Prepend(Vec<u8>),
    /// The message from its last byte to its first.
    Reverse,
    /// The message in lower-case hexadecimal.
    Hexlify,
}

impl Operation {
    /// No message and no result may have more bytes.
    pub const LARGEST_RESULT: usize = 4096;

    pub(super) fn read(reader: &mut Reader<'_>, tag: u8) -> Result<Self, ProofFault> {
        let at = reader.at().saturating_sub(1);
        let mut added =
            || reader.string("what an operation adds", 1, Self::LARGEST_RESULT).map(<[u8]>::to_vec);
        Ok(match tag {
            0x02 => Self::Sha1,
            0x03 => Self::Ripemd160,
            0x08 => Self::Sha256,
            0x67 => Self::Keccak256,
            0xf0 => Self::Append(added()?),
            0xf1 => Self::Prepend(added()?),
            0xf2 => Self::Reverse,
            0xf3 => Self::Hexlify,
            tag => return Err(ProofFault::Operation { at, tag }),
        })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(match self {
            Self::Sha1 => 0x02,
            Self::Ripemd160 => 0x03,
            Self::Sha256 => 0x08,
            Self::Keccak256 => 0x67,
            Self::Append(_) => 0xf0,
            Self::Prepend(_) => 0xf1,
            Self::Reverse => 0xf2,
            Self::Hexlify => 0xf3,
        });
        if let Self::Append(added) | Self::Prepend(added) = self {
            push_string(bytes, added);
        }
    }

    /// What it makes of a message; `None` where the format does not allow that: an empty message cannot be reversed or
    /// written in hexadecimal, and nothing may have more than 4,096 bytes.
    pub fn apply(&self, message: &[u8]) -> Option<Vec<u8>> {
        let result = match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Ripemd160 => Ripemd160::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Keccak256 => Keccak256::digest(message).to_vec(),
            Self::Append(added) => [message, added].concat(),
            Self::Prepend(added) => [added, message].concat(),
            Self::Reverse => message.iter().rev().copied().collect(),
            Self::Hexlify => data_encoding::HEXLOWER.encode(message).into_bytes(),
        };
        let fits = message.len() <= Self::LARGEST_RESULT
            && (1..=Self::LARGEST_RESULT).contains(&result.len());
        fits.then_some(result)
    }
}
