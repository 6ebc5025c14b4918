//! Elements of BER and DER (X.690), as slices of the input.
//!
//! Tokens are read as BER, because some authorities write indefinite lengths and unsorted sets.
//! What is signed is taken as the bytes that are there and never encoded again.

use std::borrow::Cow;

use crate::fault::Fault;

/// Elements inside each other, at most.
const DEPTH: u8 = 32;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[n]` of a constructed element.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}
/// `[n]` of a primitive element.
pub(crate) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// What it holds.
    pub(crate) value: &'a [u8],
    /// All of it, with tag and length.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements it holds.
    pub(crate) fn inside(&self, what: &'static str) -> Elements<'a> {
        Elements { rest: self.value, what }
    }

    /// The bytes of an octet string, which BER may cut into pieces.
    pub(crate) fn octets(&self, what: &'static str) -> Result<Cow<'a, [u8]>, Fault> {
        if self.tag == OCTET_STRING {
            return Ok(Cow::Borrowed(self.value));
        }
        let mut bytes = Vec::new();
        let mut pieces = self.inside(what);
        while let Some(piece) = pieces.next()? {
            match piece.tag {
                OCTET_STRING => bytes.extend_from_slice(piece.value),
                _ => return Err(Fault::Malformed { what }),
            }
        }
        Ok(Cow::Owned(bytes))
    }
}

/// Elements one after another. `what` names the structure in faults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Elements<'a> {
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    pub(crate) fn malformed(&self) -> Fault {
        Fault::Malformed { what: self.what }
    }

    /// The next element; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Element<'a>>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (element, rest) = split(self.rest, DEPTH).ok_or_else(|| self.malformed())?;
        self.rest = rest;
        Ok(Some(element))
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, Fault> {
        self.optional(tag)?.ok_or_else(|| self.malformed())
    }

    /// The next element when it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Fault> {
        if self.rest.first() != Some(&tag) {
            return Ok(None);
        }
        self.next()
    }

    /// That nothing follows.
    pub(crate) fn end(&self) -> Result<(), Fault> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }
}

/// The only element of `bytes`, of this tag.
pub(crate) fn only<'a>(bytes: &'a [u8], tag: u8, what: &'static str) -> Result<Element<'a>, Fault> {
    let mut elements = Elements::new(bytes, what);
    let element = elements.expect(tag)?;
    elements.end()?;
    Ok(element)
}

/// The first element and what follows it.
fn split(bytes: &[u8], depth: u8) -> Option<(Element<'_>, &[u8])> {
    let (&tag, after) = bytes.split_first()?;
    // Tags of more than one byte do not occur here.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, after) = after.split_first()?;
    if first == 0x80 {
        return split_indefinite(bytes, tag, after, depth.checked_sub(1)?);
    }
    let (length, after) = if first < 0x80 {
        (usize::from(first), after)
    } else {
        let count = usize::from(first & 0x7f);
        let digits = after.get(..count).filter(|_| count <= 8)?;
        let length = digits.iter().fold(0u64, |length, byte| length << 8 | u64::from(*byte));
        (usize::try_from(length).ok()?, after.get(count..)?)
    };
    let value = after.get(..length)?;
    let rest = after.get(length..)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((Element { tag, value, whole }, rest))
}

/// An element that ends with two zero bytes instead of saying its length.
fn split_indefinite<'a>(
    bytes: &'a [u8],
    tag: u8,
    value: &'a [u8],
    depth: u8,
) -> Option<(Element<'a>, &'a [u8])> {
    if tag & 0x20 == 0 {
        return None;
    }
    let mut rest = value;
    loop {
        if let Some(after) = rest.strip_prefix(&[0, 0]) {
            let value = value.get(..value.len() - rest.len())?;
            let whole = bytes.get(..bytes.len() - after.len())?;
            return Some((Element { tag, value, whole }, after));
        }
        rest = split(rest, depth)?.1;
    }
}

/// One element in DER.
pub(crate) fn encode(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(value.len()) {
        Ok(length @ 0..0x80) => bytes.push(length),
        _ => {
            let length = value.len().to_be_bytes();
            let zeros = length.iter().take_while(|byte| **byte == 0).count();
            let digits = length.get(zeros..).unwrap_or_default();
            // At most eight digits.
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            bytes.extend_from_slice(digits);
        }
    }
    bytes.extend_from_slice(value);
    bytes
}

/// Without the zero bytes in front that say nothing, for comparing integers.
pub(crate) fn minimal(integer: &[u8]) -> &[u8] {
    let mut integer = integer;
    while let [0, next, ..] = integer
        && next & 0x80 == 0
    {
        integer = integer.get(1..).unwrap_or_default();
    }
    integer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definite_and_indefinite_lengths_are_the_same_elements() {
        let definite = [0x30, 0x05, 0x02, 0x01, 0x07, 0x04, 0x00];
        let indefinite = [0x30, 0x80, 0x02, 0x01, 0x07, 0x24, 0x80, 0x04, 0x00, 0, 0, 0, 0];
        let long = [0x30, 0x82, 0x00, 0x05, 0x02, 0x01, 0x07, 0x04, 0x00];
        for bytes in [definite.as_slice(), &indefinite, &long] {
            let element = only(bytes, SEQUENCE, "test").unwrap();
            assert_eq!(element.whole, bytes);
            let mut inside = element.inside("test");
            assert_eq!(inside.expect(INTEGER).unwrap().value, [7]);
            let octets = inside.next().unwrap().unwrap().octets("test").unwrap();
            assert!(octets.is_empty() && inside.end().is_ok());
        }
    }

    #[test]
    fn hostile_lengths_are_malformed() {
        let nested = [[0x30, 0x80].repeat(100_000), vec![0; 200_000]].concat();
        for bytes in [
            vec![],
            vec![0x30],
            vec![0x30, 0x01],
            vec![0x1f, 0x01, 0x00],
            vec![0x04, 0x80, 0, 0],
            vec![0x30, 0x80],
            vec![0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            vec![0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            nested,
        ] {
            assert!(only(&bytes, *bytes.first().unwrap_or(&0), "test").is_err());
        }
    }

    #[test]
    fn lengths_are_written_as_short_as_der_asks() {
        for (length, head) in [
            (0, vec![4, 0]),
            (127, vec![4, 127]),
            (128, vec![4, 0x81, 128]),
            (256, vec![4, 0x82, 1, 0]),
        ] {
            let bytes = encode(OCTET_STRING, &vec![1; length]);
            assert_eq!(bytes.get(..head.len()), Some(head.as_slice()));
            assert_eq!(only(&bytes, OCTET_STRING, "test").unwrap().value.len(), length);
        }
        assert_eq!(minimal(&[0, 0, 0x80]), [0, 0x80]);
        assert_eq!(minimal(&[0, 0x7f]), [0x7f]);
        assert_eq!(minimal(&[0]), [0]);
    }
}
