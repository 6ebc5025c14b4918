//! What the codes of a font probably are, where nothing in the file says it.
//!
//! Fonts made of pictures of letters (Type 3), as TeX and old drivers embed them, name each glyph after its code alone: `a101`
//! in place of `e`. Such a name is a number and no character; the number is most often the character's code. What is read
//! this way is counted, and the reader is told.

use hayro_syntax::object::{Array, Dict, Name, Object};

/// The ligatures of the layouts that TeX knows as OT1 and T1, which are no characters of ASCII.
const OT1: [(u8, char); 5] =
    [(11, '\u{FB00}'), (12, '\u{FB01}'), (13, '\u{FB02}'), (14, '\u{FB03}'), (15, '\u{FB04}')];
const T1: [(u8, char); 5] =
    [(27, '\u{FB00}'), (28, '\u{FB01}'), (29, '\u{FB02}'), (30, '\u{FB03}'), (31, '\u{FB04}')];

/// The upper half of T1 from 192 on, where it is not that of Latin-1 (LaTeX, `encguide`, "Extended Text encoding").
const T1_UPPER: [(u8, char); 4] =
    [(0xD7, '\u{152}'), (0xDF, '\u{1E9E}'), (0xF7, '\u{153}'), (0xFF, '\u{DF}')];

/// The letters of T2A below its alphabet, and its quotation marks (LaTeX, `cyrguide`).
const T2A_LOWER: [(u8, char); 6] = [
    (0x9C, '\u{401}'),
    (0x9D, '\u{2116}'),
    (0xBC, '\u{451}'),
    (0xBD, '\u{201E}'),
    (0xBE, '\u{AB}'),
    (0xBF, '\u{BB}'),
];
/// A font has to use so many letters of an alphabet before it is taken for one of it.
const FEWEST_LETTERS: usize = 5;

/// The character of a code of T2A, the layout of Russian and of the languages of Central Asia in TeX. Its alphabet stands where
/// that of Windows-1251 does.
fn cyrillic(code: u8) -> Option<char> {
    match code {
        0xC0..=0xFF => char::from_u32(0x410 + u32::from(code - 0xC0)),
        code => T2A_LOWER.iter().find(|(lower, _)| *lower == code).map(|(_, one)| *one),
    }
}

/// The probable character of each code of a simple font; none where even a guess would be too bold.
pub(super) struct Guesses(Vec<Option<char>>);

impl Guesses {
    /// Guesses from the names that the font's encoding gives to its codes. None if the names are no numbers, or the font is
    /// one of signs.
    pub(super) fn of(font: &Dict<'_>) -> Option<Self> {
        let names = differences(font)?;
        let numbers: Vec<(u8, u32)> =
            names.iter().filter_map(|(code, name)| Some((*code, number(name)?))).collect();
        // Ordinary names among them (`comma`, `A`) would be known without a guess.
        let counted = names.iter().filter(|(_, name)| name != ".notdef").count();
        if numbers.is_empty() || numbers.len() * 10 < counted * 9 {
            return None;
        }
        let are_codes = numbers.iter().all(|(code, number)| u32::from(*code) == *number);
        let mut guesses = vec![None; 256];
        for (code, number) in &numbers {
            let guess = u8::try_from(*number).ok().filter(|one| matches!(one, 0x21..=0x7E));
            if let Some(slot) = guesses.get_mut(usize::from(*code)) {
                *slot = guess.map(char::from);
            }
        }
        let uses = |range: std::ops::RangeInclusive<u8>| {
            numbers.iter().any(|(code, _)| range.contains(code))
        };
        // A font that has neither small letters nor figures is one of signs or of a drawing.
        if !uses(b'a'..=b'z') && !uses(b'0'..=b'9') && !uses(b'A'..=b'Z') {
            return None;
        }
        // Letters with accents are few in a font of T1. Where most codes are in the upper half, the font is of another script
        // in a layout of its own, and nothing says which.
        let upper = numbers.iter().filter(|(code, _)| *code >= 128).count();
        if are_codes && upper * 3 <= numbers.len() {
            let letters = numbers.iter().filter(|(code, _)| *code >= 0xC0).map(|(code, _)| {
                let other = T1_UPPER.iter().find(|(upper, _)| upper == code);
                (*code, other.map_or(char::from(*code), |(_, character)| *character))
            });
            let ligatures = if uses(128..=255) || uses(16..=31) { T1 } else { OT1 };
            let ligatures = ligatures.into_iter().filter(|(code, _)| uses(*code..=*code));
            for (code, character) in letters.chain(ligatures) {
                if let Some(slot) = guesses.get_mut(usize::from(code)) {
                    *slot = Some(character);
                }
            }
        } else if are_codes
            && upper >= FEWEST_LETTERS
            && numbers.iter().all(|(code, _)| *code < 128 || cyrillic(*code).is_some())
            && [0xE0, 0xE5, 0xE8, 0xEE].iter().any(|vowel| uses(*vowel..=*vowel))
        {
            for (code, _) in numbers.iter().filter(|(code, _)| *code >= 128) {
                if let Some(slot) = guesses.get_mut(usize::from(*code)) {
                    *slot = cyrillic(*code);
                }
            }
        }
        Some(Self(guesses))
    }

    /// The probable character of a code.
    pub(super) fn character(&self, code: u32) -> Option<char> {
        self.0.get(usize::try_from(code).ok()?).copied().flatten()
    }
}

/// The codes that an encoding names (ISO 32000-1, 9.6.6.1).
fn differences(font: &Dict<'_>) -> Option<Vec<(u8, String)>> {
    let list = font.get::<Dict<'_>>("Encoding")?.get::<Array<'_>>("Differences")?;
    let mut names = Vec::new();
    let mut code = 0_i64;
    for item in list.iter::<Object<'_>>().take(1_024) {
        match item {
            Object::Number(number) => code = number.as_i64(),
            Object::Name(name) => {
                if let Ok(code) = u8::try_from(code) {
                    names.push((code, as_text(&name)));
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    Some(names)
}

fn as_text(name: &Name<'_>) -> String {
    String::from_utf8_lossy(name.as_ref()).into_owned()
}

/// The number of a name that is one letter or none, and decimal digits.
fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix(|one: char| one.is_ascii_alphabetic()).unwrap_or(name);
    (!digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|one| one.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}
