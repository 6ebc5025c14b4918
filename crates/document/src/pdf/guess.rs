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

/// The capitals of T2A below its alphabet, from 128 on: letters of Ukrainian, Serbian, Kazakh, Tatar, Mongolian and others. Their
/// small letters stand 32 codes behind them (LaTeX, `cyrguide`).
const T2A_LOWER: [char; 29] = [
    'Ґ', 'Ғ', 'Ђ', 'Ћ', 'Һ', 'Җ', 'Ҙ', 'Љ', 'Ї', 'Қ', 'Ҡ', 'Ҝ', 'Ӕ', 'Ң', 'Ҥ', 'Ѕ', 'Ө', 'Ҫ', 'Ў',
    'Ү', 'Ұ', 'Ҳ', 'Џ', 'Ҹ', 'Ҷ', 'Є', 'Ә', 'Њ', 'Ё',
];
/// The signs of T2A between its letters.
const T2A_SIGNS: [(u8, char); 5] =
    [(0x9D, '№'), (0x9F, '§'), (0xBD, '„'), (0xBE, '«'), (0xBF, '»')];
/// A font has to use so many letters of an alphabet before it is taken for one of it.
const FEWEST_LETTERS: usize = 5;

/// The character of a code of T2A, the layout of Russian and of the languages of Central Asia in TeX. Its alphabet stands where
/// that of Windows-1251 does.
fn cyrillic(code: u8) -> Option<char> {
    let capital = |at: u8| T2A_LOWER.get(usize::from(at)).copied();
    match code {
        0xC0..=0xFF => char::from_u32(0x410 + u32::from(code - 0xC0)),
        0x80..=0x9C => capital(code - 0x80),
        0xA0..=0xBC => capital(code - 0xA0)?.to_lowercase().next(),
        code => T2A_SIGNS.iter().find(|(sign, _)| *sign == code).map(|(_, one)| *one),
    }
}

/// The probable character of each code of a simple font; none where even a guess would be too bold.
pub(super) struct Guesses(Vec<Option<char>>);

impl Guesses {
    /// Guesses from the names that the font's encoding gives to its codes. None if the names are no numbers, or the font is
    /// one of signs.
    pub(super) fn of(font: &Dict<'_>) -> Option<Self> {
        let mut names = differences(font)?;
        // Some fonts name all codes, and draw few.
        if let Some(drawn) = font.get::<Dict<'_>>("CharProcs").filter(|drawn| !drawn.is_empty()) {
            names.retain(|(_, name)| drawn.contains_key(name.as_bytes()));
        }
        let numbers: Vec<(u8, u32)> =
            names.iter().filter_map(|(code, name)| Some((*code, number(name, *code)?))).collect();
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
        // Letters with accents are few in a font of T1. Where most codes are in the upper half, the font is of another script
        // in a layout of its own, and nothing but the codes themselves says which.
        let upper = numbers.iter().filter(|(code, _)| *code >= 128).count();
        let is_latin = upper * 3 <= numbers.len();
        let is_cyrillic = are_codes
            && !is_latin
            && upper >= FEWEST_LETTERS
            && numbers.iter().filter(|(code, _)| (0x80..0xBD).contains(code)).count() * 4 <= upper
            && [0xE0, 0xE5, 0xE8, 0xEE].iter().any(|vowel| uses(*vowel..=*vowel));
        // A font that has neither letters nor figures is one of signs or of a drawing.
        let has_ascii = uses(b'a'..=b'z') || uses(b'0'..=b'9') || uses(b'A'..=b'Z');
        if !has_ascii && !is_cyrillic {
            return None;
        }
        if are_codes && is_latin {
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
        } else if is_cyrillic {
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

/// The number of a name that is one letter or none, and decimal digits; or of `x2D`, if that is the code itself.
fn number(name: &str, code: u8) -> Option<u32> {
    let hexadecimal = name.strip_prefix('x').filter(|digits| digits.len() == 2);
    let hexadecimal = hexadecimal.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    if hexadecimal == Some(u32::from(code)) {
        return hexadecimal;
    }
    let digits = name.strip_prefix(|one: char| one.is_ascii_alphabetic()).unwrap_or(name);
    (!digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|one| one.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use hayro_syntax::object::FromBytes;

    use super::*;

    /// The guesses for some codes of a font that names each code by this and a number, as far as it draws it.
    fn read(codes: &[u8], name: fn(u8) -> String) -> String {
        let named: String = codes.iter().map(|code| format!("{code}/{} ", name(*code))).collect();
        let drawn: String = codes.iter().map(|code| format!("/{} 0 ", name(*code))).collect();
        let font = format!(
            "<</Type/Font/Subtype/Type3/CharProcs<<{drawn}>>/Encoding<</Differences[{named}250/a250]>>>>"
        );
        let font = Dict::from_bytes(font.as_bytes()).unwrap();
        let Some(guesses) = Guesses::of(&font) else { return "none".to_owned() };
        codes.iter().map(|code| guesses.character(u32::from(*code)).unwrap_or('?')).collect()
    }

    #[test]
    fn a_number_for_a_name_is_most_often_the_code() {
        let decimal = |code: u8| format!("a{code}");
        for (name, codes, names, expected) in [
            ("letters", &b"words"[..], decimal as fn(u8) -> String, "words"),
            ("a ligature of OT1", &[b'a', 12], decimal, "aﬁ"),
            ("accents of T1", &[b'a', b'b', b'c', 0xE4, 28], decimal, "abcäﬁ"),
            ("in hexadecimal digits", b"TEX-4", |code| format!("x{code:02X}"), "TEX-4"),
            ("Russian", &[0xEF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2, 0xDF], decimal, "приветЯ"),
            (
                "Kazakh",
                &[0xEA, 0xE0, 0xE7, 0xE0, 0xEA, 0xF2, 0xE5, 0xFB, 0xA9, 0x81],
                decimal,
                "казактеықҒ",
            ),
            ("another script", &[0xAA, 0xB5, 0xC4, 0xB0, 0xC8, 0xAB, b'a'], decimal, "??????a"),
            ("signs alone", &[1, 2, 3], decimal, "none"),
        ] {
            assert_eq!(read(codes, names), expected, "{name}");
        }
    }
}
