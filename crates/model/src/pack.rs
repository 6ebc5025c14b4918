//! Packs: the payloads of one batch in one blob.
//!
//! A pack names the pack before it, so that all of them are found by walking back from the log's state.

use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::canonical::{self, CanonicalError};
use crate::id::KeyId;

const FIRST_LINE: &[u8] = b"witnessmark pack 1\n";

/// The second line of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// How many entries the pack holds.
    pub count: u64,
    /// The log index of its first entry.
    pub first: u64,
    /// The pack before it, by the SHA-256 of its bytes; none for the first.
    pub previous: Option<Digest>,
}

/// Where one entry's bytes lie within a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The seed that the entry's salts come from.
    pub key: KeyId,
    /// Offset and length of the stored values.
    pub values: (u64, u64),
    /// Offset and length of the stored payload.
    pub payload: (u64, u64),
}

/// The bytes are not a pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a pack: {detail} (at byte {offset})")]
pub struct NotAPack {
    /// What is wrong.
    pub detail: &'static str,
    /// Where, from the pack's start.
    pub offset: u64,
}

/// A pack in the making.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    items: Vec<Item>,
}

impl Writer {
    /// A pack that begins with `header`.
    pub fn new(header: &Header) -> Result<Self, CanonicalError> {
        let mut bytes = FIRST_LINE.to_vec();
        bytes.extend(canonical::to_bytes(header)?);
        bytes.push(b'\n');
        Ok(Self { bytes, items: Vec::new() })
    }

    /// Adds one entry.
    pub fn push(&mut self, key: KeyId, values: &[u8], payload: &[u8]) {
        let line = format!("{key} {} {}\n", values.len(), payload.len());
        self.bytes.extend_from_slice(line.as_bytes());
        let values_at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(values);
        self.bytes.push(b'\n');
        let payload_at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(payload);
        self.bytes.push(b'\n');
        self.items.push(Item {
            key,
            values: (values_at, values.len() as u64),
            payload: (payload_at, payload.len() as u64),
        });
    }

    /// The pack's bytes, and where each entry lies in them.
    pub fn finish(self) -> (Vec<u8>, Vec<Item>) {
        (self.bytes, self.items)
    }
}

/// Whether `bytes` begin like a pack.
pub fn is_pack(bytes: &[u8]) -> bool {
    bytes.starts_with(FIRST_LINE)
}

/// So many bytes from its beginning hold the header of any pack.
pub const LONGEST_HEAD: u64 = 1024;

/// The header of the pack that begins with these bytes: all of it, or the first [`LONGEST_HEAD`].
pub fn header(bytes: &[u8]) -> Result<Header, NotAPack> {
    head(bytes).map(|(header, _)| header)
}

/// The header, and where the items begin.
fn head(bytes: &[u8]) -> Result<(Header, usize), NotAPack> {
    let fail = |detail, offset: usize| NotAPack { detail, offset: offset as u64 };
    let at = FIRST_LINE.len();
    let rest = bytes.strip_prefix(FIRST_LINE).ok_or(fail("its first line is missing", 0))?;
    let line = first_line(rest).ok_or(fail("its header does not end", at))?;
    let header = canonical::from_bytes(line).map_err(|_| fail("its header cannot be read", at))?;
    Ok((header, at + line.len() + 1))
}

/// The header and items of a pack.
pub fn parse(bytes: &[u8]) -> Result<(Header, Vec<Item>), NotAPack> {
    let fail = |detail, offset: usize| NotAPack { detail, offset: offset as u64 };
    let (header, mut at) = head(bytes)?;
    let mut items = Vec::new();
    while at < bytes.len() {
        let line = bytes
            .get(at..)
            .and_then(first_line)
            .ok_or(fail("an entry's first line does not end", at))?;
        let (key, values_length, payload_length) =
            item_line(line).ok_or(fail("an entry's first line is not `key length length`", at))?;
        at += line.len() + 1;
        let mut field = |length: usize, detail| {
            let end = at.checked_add(length).filter(|end| bytes.get(*end) == Some(&b'\n'));
            let end = end.ok_or(fail(detail, at))?;
            let range = (at as u64, length as u64);
            at = end + 1;
            Ok(range)
        };
        let values = field(values_length, "an entry's values do not end where they should")?;
        let payload = field(payload_length, "an entry's payload does not end where it should")?;
        items.push(Item { key, values, payload });
    }
    if items.len() as u64 != header.count || header.count == 0 {
        return Err(fail("it does not hold as many entries as its header says", at));
    }
    Ok((header, items))
}

fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    bytes.iter().take(512).position(|byte| *byte == b'\n').and_then(|end| bytes.get(..end))
}

fn item_line(line: &[u8]) -> Option<(KeyId, usize, usize)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let key = words.next()?.parse().ok()?;
    let values = crate::checkpoint::decimal(words.next()?)?;
    let payload = crate::checkpoint::decimal(words.next()?)?;
    let none_left = words.next().is_none();
    none_left.then_some((key, usize::try_from(values).ok()?, usize::try_from(payload).ok()?))
}

impl Item {
    /// The stored values within the pack's bytes.
    pub fn values_in<'p>(&self, pack: &'p [u8]) -> &'p [u8] {
        range(pack, self.values)
    }

    /// The stored payload within the pack's bytes.
    pub fn payload_in<'p>(&self, pack: &'p [u8]) -> &'p [u8] {
        range(pack, self.payload)
    }
}

/// The range of `pack`; empty where it lies outside, which digests then find out.
fn range(pack: &[u8], (offset, length): (u64, u64)) -> &[u8] {
    let bounds = usize::try_from(offset).ok().zip(usize::try_from(length).ok());
    bounds
        .and_then(|(offset, length)| pack.get(offset..offset.checked_add(length)?))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pack() -> Vec<u8> {
        let key = "key-aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        let header = Header { count: 2, first: 5, previous: Some(Digest([1; 32])) };
        let mut writer = Writer::new(&header).unwrap();
        writer.push(key, b"{}", b"payload\nwith a newline");
        writer.push(key, b"", b"");
        writer.finish().0
    }

    #[test]
    fn round_trips() {
        let bytes = pack();
        let (header, items) = parse(&bytes).unwrap();
        assert_eq!((header.count, header.first), (2, 5));
        assert_eq!(items[0].payload_in(&bytes), b"payload\nwith a newline");
        assert_eq!(items[1].values_in(&bytes), b"");
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = pack();
        for length in 0..bytes.len() {
            assert!(parse(&bytes[..length]).is_err(), "cut at {length}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(tail in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = pack();
            bytes.extend(&tail);
            let _ = parse(&bytes);
            let _ = parse(&tail);
        }
    }
}
