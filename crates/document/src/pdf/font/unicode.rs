//! The map that a font carries from its codes to characters (`ToUnicode`; ISO 32000-1, 9.10.3), read even if it breaks rules.
//!
//! One wrong entry must not cost all the others. WeasyPrint, for one, maps codes that draw a part of a letter to nothing,
//! which the format does not foresee.

use std::collections::BTreeMap;

/// How many entries of a map are kept.
const MAX_ENTRIES: usize = 1 << 18;
/// So many bytes of a map are looked at.
const MAX_LENGTH: usize = 32 << 20;
/// The characters of one code, in units of UTF-16.
const MAX_UNITS: usize = 64;

/// Codes to characters: first code, last code, and the units of UTF-16 of the first.
#[derive(Default)]
pub(super) struct Unicode(BTreeMap<u32, (u32, Vec<u16>)>);

enum Token<'m> {
    String(Vec<u8>),
    Open,
    Close,
    Word(&'m [u8]),
}

impl Unicode {
    /// Reads what can be read of a map. None if that is nothing.
    pub(super) fn of(map: &[u8]) -> Option<Self> {
        let mut tokens = Tokens(map.get(..map.len().min(MAX_LENGTH)).unwrap_or_default());
        let mut all = Self::default();
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(b"beginbfchar") => all.read_characters(&mut tokens),
                Token::Word(b"beginbfrange") => all.read_ranges(&mut tokens),
                _ => {}
            }
        }
        (!all.0.is_empty()).then_some(all)
    }

    /// The text of a code: empty where the map says that it has none.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        let (first, (last, units)) = self.0.range(..=code).next_back()?;
        if code > *last {
            return None;
        }
        let mut units = units.clone();
        if let Some(unit) = units.last_mut() {
            *unit = unit.checked_add(u16::try_from(code - first).ok()?)?;
        }
        let text: Result<String, _> = char::decode_utf16(units).collect();
        Some(text.ok()?.replace('\0', ""))
    }

    fn add(&mut self, first: u32, last: u32, target: &[u8]) {
        if self.0.len() < MAX_ENTRIES && last >= first {
            let units = match target {
                [one] => vec![u16::from(*one)],
                target => {
                    let pairs = target.as_chunks::<2>().0.iter().take(MAX_UNITS);
                    pairs.map(|pair| u16::from_be_bytes(*pair)).collect()
                }
            };
            self.0.insert(first, (last, units));
        }
    }

    fn read_characters(&mut self, tokens: &mut Tokens<'_>) {
        let mut code = None;
        while let Some(token) = tokens.next() {
            match (token, code) {
                (Token::String(bytes), None) => code = Some(number(&bytes)),
                (Token::String(target), Some(from)) => {
                    if let Some(from) = from {
                        self.add(from, from, &target);
                    }
                    code = None;
                }
                (Token::Word(word), _) if word.starts_with(b"end") => return,
                _ => {}
            }
        }
    }

    fn read_ranges(&mut self, tokens: &mut Tokens<'_>) {
        let mut ends: Vec<Option<u32>> = Vec::new();
        // Of a list, the code of its next item.
        let mut listed: Option<Option<u32>> = None;
        while let Some(token) = tokens.next() {
            match token {
                Token::String(target) => match (listed, ends.as_slice()) {
                    (Some(code), [_, last]) => {
                        if let Some(code) = code
                            && last.is_some_and(|last| code <= last)
                        {
                            self.add(code, code, &target);
                        }
                        listed = Some(code.and_then(|code| code.checked_add(1)));
                    }
                    (None, [first, last]) => {
                        if let (Some(first), Some(last)) = (first, last) {
                            self.add(*first, *last, &target);
                        }
                        ends.clear();
                    }
                    _ => ends.push(number(&target)),
                },
                Token::Open => listed = Some(ends.first().copied().flatten()),
                Token::Close => {
                    listed = None;
                    ends.clear();
                }
                Token::Word(word) if word.starts_with(b"end") => return,
                Token::Word(_) => {}
            }
        }
    }
}

/// A code of up to four bytes.
fn number(bytes: &[u8]) -> Option<u32> {
    let is_code = (1..=4).contains(&bytes.len());
    is_code.then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

/// What is left of a map.
struct Tokens<'m>(&'m [u8]);

impl<'m> Tokens<'m> {
    fn next(&mut self) -> Option<Token<'m>> {
        loop {
            let (first, rest) = self.0.split_first()?;
            match first {
                b'%' => {
                    let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                    self.0 = rest.get(end..).unwrap_or_default();
                }
                b'<' if rest.first() == Some(&b'<') => self.0 = rest.get(1..).unwrap_or_default(),
                b'<' => {
                    let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
                    let inside = rest.get(..end).unwrap_or_default();
                    self.0 = rest.get(end + 1..).unwrap_or_default();
                    return Some(Token::String(hexadecimal(inside)));
                }
                b'[' | b']' => {
                    self.0 = rest;
                    return Some(if *first == b'[' { Token::Open } else { Token::Close });
                }
                one if one.is_ascii_alphanumeric() => {
                    let is_part = |one: &u8| one.is_ascii_alphanumeric();
                    let end = self.0.iter().position(|one| !is_part(one)).unwrap_or(self.0.len());
                    let (word, rest) = self.0.split_at(end);
                    self.0 = rest;
                    return Some(Token::Word(word));
                }
                _ => self.0 = rest,
            }
        }
    }
}

/// The bytes that hexadecimal digits give; a last digit alone counts as if 0 followed.
fn hexadecimal(digits: &[u8]) -> Vec<u8> {
    let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|one| u8::try_from(one).ok());
    let digits: Vec<u8> = digits.iter().filter_map(value).take(4 * MAX_UNITS).collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, one| sum << 4 | one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_as_far_as_it_goes() {
        for (name, map, code, expected) in [
            ("a character", "1 beginbfchar <01> <0041> endbfchar", 1, Some("A")),
            ("no character", "1 beginbfchar <0a> <> <0b> <0042> endbfchar", 10, Some("")),
            ("behind no character", "1 beginbfchar <0a> <> <0b> <0042> endbfchar", 11, Some("B")),
            ("a ligature", "beginbfchar <01><006600660069>endbfchar", 1, Some("ffi")),
            ("beyond the first plane", "beginbfchar <01> <D842DFB7> endbfchar", 1, Some("𠮷")),
            ("a range", "1 beginbfrange <20> <7e> <0020> endbfrange", 0x41, Some("A")),
            ("outside a range", "1 beginbfrange <20> <7e> <0020> endbfrange", 0x7f, None),
            (
                "a list shorter than its range",
                "2 beginbfrange <01> <09> [<0041> <0042>] <0a> <0b> <0061> endbfrange",
                11,
                Some("b"),
            ),
            ("a list", "1 beginbfrange <01> <03> [<0041> <0042> <0043>] endbfrange", 3, Some("C")),
            ("a comment", "% begin\n1 beginbfchar <01> % one\n<0041> endbfchar", 1, Some("A")),
            ("an end that is missing", "1 beginbfchar <01> <0041", 1, Some("A")),
            ("half a pair", "1 beginbfchar <01> <D842> <02> <0041> endbfchar", 1, None),
        ] {
            let found = Unicode::of(map.as_bytes()).unwrap().text(code);
            assert_eq!(found.as_deref(), expected, "{name}");
        }
        for map in
            ["", "<<", "beginbfchar", "beginbfrange <01> <02> [", "beginbfchar <0102030405> <41>"]
        {
            assert!(Unicode::of(map.as_bytes()).is_none(), "{map}");
        }
    }
}
