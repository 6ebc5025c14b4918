//! Who says that a message existed.

use std::cmp::Ordering;

use super::ProofFault;
use super::bytes::{Reader, push_number, push_string};

const PENDING: [u8; 8] = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];
const BITCOIN: [u8; 8] = [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01];
const LITECOIN: [u8; 8] = [0x06, 0x86, 0x9a, 0x0d, 0x73, 0xd7, 0x1b, 0x45];
const LARGEST_PAYLOAD: usize = 8192;
const LONGEST_ADDRESS: usize = 1000;

/// Who says that a message existed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// A calendar at this address promised to have it attested. This proves nothing.
    Pending(String),
    /// The Bitcoin block of this height has the message as its Merkle root.
    Bitcoin(u64),
    /// The Litecoin block of this height has. Not judged here.
    Litecoin(u64),
    /// Something that is not known: a tag of eight bytes, and what it says.
    Unknown([u8; 8], Vec<u8>),
}

impl Attestation {
    fn tag(&self) -> [u8; 8] {
        match self {
            Self::Pending(_) => PENDING,
            Self::Bitcoin(_) => BITCOIN,
            Self::Litecoin(_) => LITECOIN,
            Self::Unknown(tag, _) => *tag,
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ProofFault> {
        let mut tag = [0; 8];
        tag.copy_from_slice(reader.take(8)?);
        let payload = reader.string("an attestation", 0, LARGEST_PAYLOAD)?;
        let mut inside = Reader::new(payload, reader.at() - payload.len());
        let found = match tag {
            PENDING => {
                let at = inside.at();
                let address = inside.string("the address of a calendar", 0, LONGEST_ADDRESS)?;
                let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._/:".contains(byte);
                match String::from_utf8(address.to_vec()) {
                    Ok(text) if address.iter().all(allowed) => Self::Pending(text),
                    _ => return Err(ProofFault::Address { at }),
                }
            }
            BITCOIN => Self::Bitcoin(inside.number()?),
            LITECOIN => Self::Litecoin(inside.number()?),
            tag => return Ok(Self::Unknown(tag, payload.to_vec())),
        };
        inside.end()?;
        Ok(found)
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.tag());
        let mut payload = Vec::new();
        match self {
            Self::Pending(address) => push_string(&mut payload, address.as_bytes()),
            Self::Bitcoin(height) | Self::Litecoin(height) => push_number(&mut payload, *height),
            Self::Unknown(_, said) => payload.extend_from_slice(said),
        }
        push_string(bytes, &payload);
    }
}

impl Ord for Attestation {
    /// By tag, then by what it says: the order in which they are written.
    fn cmp(&self, other: &Self) -> Ordering {
        self.tag().cmp(&other.tag()).then_with(|| match (self, other) {
            (Self::Pending(one), Self::Pending(two)) => one.cmp(two),
            (Self::Bitcoin(one), Self::Bitcoin(two))
            | (Self::Litecoin(one), Self::Litecoin(two)) => one.cmp(two),
            (Self::Unknown(_, one), Self::Unknown(_, two)) => one.cmp(two),
            _ => Ordering::Equal,
        })
    }
}

impl PartialOrd for Attestation {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
