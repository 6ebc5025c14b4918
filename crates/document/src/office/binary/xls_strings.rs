//! Records of Excel, and the words in them ([MS-XLS], 2.1.4 and 2.5.293 to 2.5.296).

use encoding_rs::Encoding;

use super::{decode, u16_at, u32_at};

/// The record that goes on with what does not fit into the one before it.
const CONTINUE: u16 = 0x003C;

/// One record, with those that go on with it.
#[derive(Clone, Debug)]
pub(super) struct Record<'b> {
    pub(super) kind: u16,
    /// Its bytes, and those of each record that goes on with it.
    parts: Vec<&'b [u8]>,
}

impl<'b> Record<'b> {
    /// The bytes of the record itself.
    pub(super) fn bytes(&self) -> &'b [u8] {
        self.parts.first().copied().unwrap_or_default()
    }

    /// All bytes, those of the records that go on with it behind the others.
    pub(super) fn whole(&self) -> Vec<u8> {
        self.parts.concat()
    }

    /// Reads from a place of the record itself on, and over its ends.
    pub(super) fn from(&self, at: usize) -> Cursor<'_, 'b> {
        Cursor { parts: &self.parts, part: 0, at, letters: Letters::None }
    }

    /// Reads from the first record on that goes on with this one.
    pub(super) fn behind(&self) -> Cursor<'_, 'b> {
        Cursor {
            parts: self.parts.get(1..).unwrap_or_default(),
            part: 0,
            at: 0,
            letters: Letters::None,
        }
    }
}

/// The records from a place of the stream on.
pub(super) fn records(stream: &[u8], at: usize) -> impl Iterator<Item = Record<'_>> {
    let mut rest = stream.get(at..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, first, behind) = split(rest)?;
        rest = behind;
        let mut parts = vec![first];
        while let Some((CONTINUE, part, behind)) = split(rest) {
            parts.push(part);
            rest = behind;
        }
        Some(Record { kind, parts })
    })
}

/// The first record, and what follows it. One that is cut off has what there is.
fn split(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let kind = u16_at(bytes, 0)?;
    let length = usize::from(u16_at(bytes, 2)?);
    let rest = bytes.get(4..)?;
    let (record, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    Some((kind, record, behind))
}

/// How the letters of a file are written.
#[derive(Clone, Copy)]
pub(super) enum Script {
    /// In Unicode, each with one byte or two (BIFF8).
    Unicode,
    /// In a code page (BIFF5).
    Page(Option<&'static Encoding>),
}

/// Whether letters are being read, which begin each part anew with how wide they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letters {
    None,
    Narrow,
    Wide,
}

/// A place in a record and those that go on with it.
pub(super) struct Cursor<'r, 'b> {
    parts: &'r [&'b [u8]],
    part: usize,
    at: usize,
    letters: Letters,
}

impl Cursor<'_, '_> {
    fn byte(&mut self) -> Option<u8> {
        loop {
            let part = self.parts.get(self.part)?;
            if let Some(byte) = part.get(self.at) {
                self.at += 1;
                return Some(*byte);
            }
            self.part += 1;
            self.at = 0;
            // Letters that go on in another record say first how wide they are there.
            if self.letters != Letters::None {
                let flags = self.parts.get(self.part)?.first()?;
                self.letters = if flags & 1 == 0 { Letters::Narrow } else { Letters::Wide };
                self.at = 1;
            }
        }
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn u32(&mut self) -> Option<u32> {
        let (low, high) = (self.u16()?, self.u16()?);
        Some(u32::from(high) << 16 | u32::from(low))
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        for _ in 0..count {
            self.byte()?;
        }
        Some(())
    }

    /// The byte before letters, which says how they are written.
    pub(super) fn flags(&mut self) -> Option<u8> {
        self.byte()
    }

    /// So many letters, the first of them narrow or wide; those that are there, if the record ends before.
    pub(super) fn letters(&mut self, count: usize, is_wide: bool) -> String {
        self.letters = if is_wide { Letters::Wide } else { Letters::Narrow };
        let mut units = Vec::new();
        for _ in 0..count {
            // The first byte may lie in the next part, where letters have another width.
            let Some(low) = self.byte() else { break };
            let high = if self.letters == Letters::Wide { self.byte() } else { Some(0) };
            let Some(high) = high else { break };
            units.push(u16::from_le_bytes([low, high]));
        }
        self.letters = Letters::None;
        String::from_utf16_lossy(&units)
    }

    /// Words with how many letters they have before them, in two bytes or one.
    pub(super) fn words(&mut self, script: Script, has_short_length: bool) -> Option<String> {
        let count = if has_short_length { u16::from(self.byte()?) } else { self.u16()? };
        let count = usize::from(count);
        match script {
            Script::Unicode if count == 0 => Some(String::new()),
            Script::Unicode => {
                let flags = self.byte()?;
                Some(self.letters(count, flags & 1 == 1))
            }
            Script::Page(encoding) => {
                let bytes: Vec<u8> = (0..count).map_while(|_| self.byte()).collect();
                Some(decode(&bytes, encoding))
            }
        }
    }

    /// One of the words that cells share: behind its letters may stand how they look, and how they are read aloud.
    fn shared(&mut self) -> Option<String> {
        let count = usize::from(self.u16()?);
        let flags = self.byte()?;
        let runs = if flags & 8 == 0 { 0 } else { usize::from(self.u16()?) };
        let more = if flags & 4 == 0 { 0 } else { usize::try_from(self.u32()?).ok()? };
        let words = self.letters(count, flags & 1 == 1);
        self.skip(runs.checked_mul(4)?.checked_add(more)?)?;
        Some(words)
    }
}

/// Hands on the words that cells share, in their order, until it is told to stop. Gives how many the record promises.
pub(super) fn shared(record: &Record<'_>, mut each: impl FnMut(&str) -> bool) -> u32 {
    let promised = u32_at(record.bytes(), 4).unwrap_or_default();
    let mut cursor = record.from(8);
    for _ in 0..promised {
        match cursor.shared() {
            Some(words) if each(&words) => {}
            _ => break,
        }
    }
    promised
}

#[cfg(test)]
mod tests {
    use super::{Script, records, shared};

    /// Records, each of a kind and its bytes, as a stream.
    fn stream(list: &[(u16, &[u8])]) -> Vec<u8> {
        let record = |(kind, bytes): &(u16, &[u8])| {
            let length = u16::try_from(bytes.len()).unwrap();
            [&kind.to_le_bytes()[..], &length.to_le_bytes(), bytes].concat()
        };
        list.iter().flat_map(record).collect()
    }

    #[test]
    fn words_go_on_in_the_next_record_and_may_change_their_width() {
        let first = [
            &[2, 0, 0, 0, 3, 0, 0, 0][..],
            // Four letters, narrow, with one run of looks; the record ends behind the second.
            &[4, 0, 8, 1, 0, b'a', b'b'],
        ]
        .concat();
        // Wide from here on: two letters, the run, then words with two bytes more than their letters.
        let second =
            [&[1, 0x2D, 0x4E, 0x87, 0x65][..], &[0, 0, 0, 0], &[1, 0, 4, 2, 0, 0, 0, b'c']]
                .concat();
        let third = [&[9, 9][..], &[1, 0, 0, b'd']].concat();
        let bytes = stream(&[(0x00FC, &first), (0x003C, &second), (0x003C, &third), (0x000A, &[])]);
        let list: Vec<_> = records(&bytes, 0).collect();
        assert_eq!(list.iter().map(|one| one.kind).collect::<Vec<_>>(), [0x00FC, 0x000A]);
        let mut words = Vec::new();
        let promised = shared(&list[0], |one| {
            words.push(one.to_owned());
            true
        });
        assert_eq!(
            (promised, words),
            (3, vec!["ab中文".to_owned(), "c".to_owned(), "d".to_owned()])
        );
        // Cut anywhere, it gives what is whole before.
        for end in 0..bytes.len() {
            for record in records(&bytes[..end], 0) {
                shared(&record, |_| true);
            }
        }
    }

    #[test]
    fn words_in_a_code_page() {
        let bytes = stream(&[(0x0204, &[4, 0, 0xD1, 0xAA, 0xD1, 0xF9])]);
        let record = records(&bytes, 0).next().unwrap();
        let words = record.from(0).words(Script::Page(Some(encoding_rs::GBK)), false);
        assert_eq!(words.as_deref(), Some("血样"));
    }
}
