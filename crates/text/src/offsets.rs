//! The one border between Unicode code points, which every offset of this project counts, and the
//! bytes of a Rust string or the UTF-16 units of a browser.

/// A text with a table of landmarks, so that any offset is converted in a short walk.
///
/// All conversions round a place inside a character down to the character's start, and a place
/// past the end to the end.
#[derive(Clone, Debug)]
pub struct Offsets<'t> {
    text: &'t str,
    /// For every [`STEP`]th byte: the first character that starts at or before it.
    landmarks: Vec<Landmark>,
    length: Landmark,
}

/// Bytes between two landmarks.
const STEP: usize = 256;

#[derive(Clone, Copy, Debug, Default)]
struct Landmark {
    byte: usize,
    point: usize,
    unit: usize,
}

impl<'t> Offsets<'t> {
    /// Reads through the text once.
    pub fn new(text: &'t str) -> Self {
        let mut landmarks = Vec::with_capacity(text.len() / STEP + 1);
        let mut at = Landmark::default();
        let mut next = 0;
        for character in text.chars() {
            let end = at.byte + character.len_utf8();
            while next < end {
                landmarks.push(at);
                next += STEP;
            }
            at = Landmark { byte: end, point: at.point + 1, unit: at.unit + character.len_utf16() };
        }
        Offsets { text, landmarks, length: at }
    }

    /// How many code points the text has.
    pub fn points(&self) -> usize {
        self.length.point
    }

    /// The code point offset of a byte offset.
    pub fn point_of_byte(&self, byte: usize) -> usize {
        self.find(|at| at.byte, byte).point
    }

    /// The byte offset of a code point offset.
    pub fn byte_of_point(&self, point: usize) -> usize {
        self.find(|at| at.point, point).byte
    }

    /// The UTF-16 offset of a code point offset, as a browser counts.
    pub fn unit_of_point(&self, point: usize) -> usize {
        self.find(|at| at.point, point).unit
    }

    /// The code point offset of a UTF-16 offset, as a browser counts.
    pub fn point_of_unit(&self, unit: usize) -> usize {
        self.find(|at| at.unit, unit).point
    }

    /// The text between two code point offsets; empty where they are out of order.
    pub fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(self.byte_of_point(start)..self.byte_of_point(end)).unwrap_or("")
    }

    fn find(&self, key: impl Fn(&Landmark) -> usize, wanted: usize) -> Landmark {
        if wanted >= key(&self.length) {
            return self.length;
        }
        let after = self.landmarks.partition_point(|landmark| key(landmark) <= wanted);
        let mut at =
            after.checked_sub(1).and_then(|i| self.landmarks.get(i)).copied().unwrap_or_default();
        for character in self.text.get(at.byte..).unwrap_or("").chars() {
            let next = Landmark {
                byte: at.byte + character.len_utf8(),
                point: at.point + 1,
                unit: at.unit + character.len_utf16(),
            };
            if key(&next) > wanted {
                break;
            }
            at = next;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Offsets;

    fn check(text: &str) {
        let offsets = Offsets::new(text);
        assert_eq!(offsets.points(), text.chars().count());
        let (mut byte, mut unit) = (0, 0);
        for (point, character) in text.chars().enumerate() {
            assert_eq!(offsets.byte_of_point(point), byte);
            assert_eq!(offsets.unit_of_point(point), unit);
            for inside in 0..character.len_utf8() {
                assert_eq!(offsets.point_of_byte(byte + inside), point);
            }
            for inside in 0..character.len_utf16() {
                assert_eq!(offsets.point_of_unit(unit + inside), point);
            }
            assert_eq!(offsets.slice(point, point + 1), character.to_string());
            byte += character.len_utf8();
            unit += character.len_utf16();
        }
        assert_eq!(offsets.byte_of_point(usize::MAX), text.len());
    }

    #[test]
    fn converts_in_the_scripts_of_our_readers() {
        for text in [
            "",
            "a",
            "西藏自治区 𠮷野家 𓀀",
            "བོད་རང་སྐྱོང་ལྗོངས། རྫོགས་སོ༎",
            "ئۇيغۇر ئاپتونوم رايونى، 2022-يىلى",
            "e\u{301} 👩\u{200d}👩\u{200d}👧 \u{1f1e8}\u{1f1f3}",
        ] {
            check(text);
            check(&text.repeat(40));
        }
    }

    proptest! {
        #[test]
        fn converts_any_text(text in "(\\PC|[\u{10000}-\u{10FFFF}]|[\u{0F00}-\u{0FDA}]|[\u{0600}-\u{06FF}]){0,300}") {
            check(&text);
        }
    }
}
