//! Block headers that the reader brings, and what they show of a proof.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::UtcTime;

/// A header's bytes (Bitcoin's protocol: version, previous block, Merkle root, time, bits, nonce).
const HEADER: usize = 80;
/// The digest of Bitcoin's first block, from its last byte to its first as its bytes stand.
const GENESIS: &str = "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000";
/// Bitcoin's easiest target has 32 leading zero bits: an easier block is one of a test chain.
const LEAST_WORK: u32 = 32;

/// Block headers by height, as a reader brought them. What was checked of them is that each has the work that it claims,
/// and that those of neighbouring heights join. Whether they are those of Bitcoin is for the reader.
#[derive(Clone, Debug, Default)]
pub struct BlockHeaders {
    headers: BTreeMap<u64, Header>,
    /// The first and last height of each row of headers without a gap, in order.
    rows: Vec<(u64, u64)>,
}

#[derive(Clone, Debug)]
struct Header {
    digest: [u8; 32],
    previous: [u8; 32],
    root: [u8; 32],
    time: u32,
    /// Leading zero bits of its target: one block of this work takes about 2 to this power of digests.
    work: u32,
}

/// Why headers cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadersFault {
    /// The file is of no form that is known.
    #[error(
        "this is neither a file of 80-byte headers from the first block on, nor lines `HEIGHT,HEADER`"
    )]
    Form,
    /// A line is not one.
    #[error("line {0} is not `HEIGHT,HEADER` with a header of 160 hexadecimal digits")]
    Line(usize),
    /// A header's digest is larger than its target.
    #[error("the header of height {0} lacks the work that it claims")]
    Work(u64),
    /// A header does not follow the one before it.
    #[error("the header of height {0} does not follow the one before it")]
    Join(u64),
    /// There are two for one height.
    #[error("there are two headers of height {0}")]
    Twice(u64),
}

/// What headers show of a message that is said to be a block's Merkle root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The headers do not reach that height.
    Missing,
    /// The block of that height has another Merkle root.
    Other,
    /// The block has it.
    Held(Found),
}

/// A block that holds a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The time in its header. It may be off by hours: whoever finds a block sets it within wide limits.
    pub time: UtcTime,
    /// About 2 to this power of digests were computed to find it.
    pub work: u32,
    /// How many headers after it were brought, each joined to the one before.
    pub followed_by: u64,
    /// Whether the headers go back to Bitcoin's first block without a gap.
    pub from_genesis: bool,
    /// Whether it is easier than any block of Bitcoin: it is one of a test chain, and proves nothing.
    pub test_chain: bool,
}

impl BlockHeaders {
    /// Reads a file: 80-byte headers, the first one of height 0, as wallets keep them; or lines `HEIGHT,HEADER` in
    /// hexadecimal, where empty lines and lines that begin with `#` are passed over.
    pub fn read(file: &[u8]) -> Result<Self, HeadersFault> {
        let mut found = Self::default();
        let is_text = file.iter().all(|byte| matches!(byte, b'\n' | b'\r' | b'\t' | b' '..=b'~'));
        if is_text {
            found.read_lines(&String::from_utf8_lossy(file))?;
        } else {
            let (headers, rest) = file.as_chunks::<HEADER>();
            if !rest.is_empty() {
                return Err(HeadersFault::Form);
            }
            for (height, header) in (0..).zip(headers) {
                found.insert(height, header)?;
            }
        }
        if found.headers.is_empty() {
            return Err(HeadersFault::Form);
        }
        let mut before: Option<&Header> = None;
        for (height, header) in &found.headers {
            match (found.rows.last_mut(), before) {
                (Some((_, last)), Some(before)) if *last + 1 == *height => {
                    if header.previous != before.digest {
                        return Err(HeadersFault::Join(*height));
                    }
                    *last = *height;
                }
                _ => found.rows.push((*height, *height)),
            }
            before = Some(header);
        }
        Ok(found)
    }

    fn read_lines(&mut self, text: &str) -> Result<(), HeadersFault> {
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = || HeadersFault::Line(number);
            let (height, header) = line.split_once(',').ok_or_else(wrong)?;
            let height = height.trim().parse().ok().filter(|height| *height < u64::MAX);
            let header = data_encoding::HEXLOWER_PERMISSIVE.decode(header.trim().as_bytes());
            let header: [u8; HEADER] =
                header.ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
            self.insert(height.ok_or_else(wrong)?, &header)?;
        }
        Ok(())
    }

    fn insert(&mut self, height: u64, bytes: &[u8; HEADER]) -> Result<(), HeadersFault> {
        let header = Header::read(bytes).ok_or(HeadersFault::Work(height))?;
        match self.headers.insert(height, header) {
            None => Ok(()),
            Some(_) => Err(HeadersFault::Twice(height)),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.headers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// Whether the block of this height has `message` as its Merkle root.
    pub fn standing(&self, height: u64, message: &[u8]) -> Standing {
        let Some(header) = self.headers.get(&height) else { return Standing::Missing };
        if header.root != message {
            return Standing::Other;
        }
        let row = self.rows.partition_point(|(first, _)| *first <= height).checked_sub(1);
        let (first, last) =
            row.and_then(|row| self.rows.get(row)).copied().unwrap_or((height, height));
        let from_genesis = first == 0
            && self
                .headers
                .get(&0)
                .is_some_and(|first| data_encoding::HEXLOWER.encode(&first.digest) == GENESIS);
        Standing::Held(Found {
            time: UtcTime::from_unix(Duration::from_secs(header.time.into())),
            work: header.work,
            followed_by: last.saturating_sub(height),
            from_genesis,
            test_chain: header.work < LEAST_WORK,
        })
    }
}

impl Header {
    /// Reads a header; `None` when it lacks the work that it claims.
    fn read(bytes: &[u8; HEADER]) -> Option<Self> {
        let part = |from: usize| bytes.get(from..from + 32)?.try_into().ok();
        let number =
            |from: usize| Some(u32::from_le_bytes(bytes.get(from..from + 4)?.try_into().ok()?));
        let digest: [u8; 32] = Sha256::digest(Sha256::digest(bytes)).into();
        let target = target(number(72)?)?;
        // Both are numbers whose lowest byte stands first.
        if digest.iter().rev().cmp(target.iter().rev()).is_gt() {
            return None;
        }
        let zeros = target.iter().rev().take_while(|byte| **byte == 0).count();
        let first = target.iter().rev().find(|byte| **byte != 0)?;
        Some(Self {
            digest,
            previous: part(4)?,
            root: part(36)?,
            time: number(68)?,
            work: u32::try_from(zeros * 8).ok()? + first.leading_zeros(),
        })
    }
}

/// The target that a header's `bits` mean: three bytes of a number, and how many bytes it has in all. `None` for zero,
/// negative ones and those of more than 32 bytes.
fn target(bits: u32) -> Option<[u8; 32]> {
    let [length, rest @ ..] = bits.to_be_bytes();
    let [first, ..] = rest;
    if first & 0x80 != 0 || rest == [0; 3] {
        return None;
    }
    let mut target = [0; 32];
    for (place, byte) in (0..3_usize).zip(rest) {
        // The highest of the three is byte `length - 1`.
        let Some(at) = usize::from(length).checked_sub(place + 1) else { continue };
        match target.get_mut(at) {
            Some(slot) => *slot = byte,
            None if byte == 0 => {}
            None => return None,
        }
    }
    target.iter().any(|byte| *byte != 0).then_some(target)
}
