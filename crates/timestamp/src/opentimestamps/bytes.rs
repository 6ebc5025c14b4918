//! Numbers and byte strings as the format writes them.

use super::ProofFault;

/// What is left of the bytes.
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    /// `before`: how many bytes stood before these.
    pub(super) fn new(bytes: &'b [u8], before: usize) -> Self {
        Self { bytes, at: before }
    }

    /// How many bytes were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'b [u8], ProofFault> {
        let (taken, rest) =
            self.bytes.split_at_checked(count).ok_or(ProofFault::Ends { at: self.at })?;
        (self.bytes, self.at) = (rest, self.at + count);
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, ProofFault> {
        self.take(1)?.first().copied().ok_or(ProofFault::Ends { at: self.at })
    }

    /// An unsigned number, seven bits a byte, the lowest first. One of more than 63 bits is refused.
    pub(super) fn number(&mut self) -> Result<u64, ProofFault> {
        let (at, mut number) = (self.at, 0_u64);
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(ProofFault::Length { at, what: "a number", found: 10, least: 1, most: 9 })
    }

    /// Bytes after their length.
    pub(super) fn string(
        &mut self,
        what: &'static str,
        least: usize,
        most: usize,
    ) -> Result<&'b [u8], ProofFault> {
        let at = self.at;
        let found = self.number()?;
        let (least, most) = (least as u64, most as u64);
        match usize::try_from(found) {
            Ok(length) if (least..=most).contains(&found) => self.take(length),
            _ => Err(ProofFault::Length { at, what, found, least, most }),
        }
    }

    pub(super) fn end(&self) -> Result<(), ProofFault> {
        if self.bytes.is_empty() { Ok(()) } else { Err(ProofFault::Follows { at: self.at }) }
    }
}

pub(super) fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

pub(super) fn push_string(bytes: &mut Vec<u8>, string: &[u8]) {
    push_number(bytes, string.len() as u64);
    bytes.extend_from_slice(string);
}
