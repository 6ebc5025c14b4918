//! From the glyphs of an embedded TrueType or OpenType font back to characters, by the font's own table `cmap`.
//!
//! The table leads from characters to glyphs (OpenType 1.9, "cmap"). It is read backwards, and only where it is of Unicode.

use std::iter::once;

use unicode_normalization::UnicodeNormalization;

/// How many subtables of a font are looked at.
const MAX_SUBTABLES: usize = 64;

/// The glyphs of a font with the characters that lead to them, in order.
pub(super) struct Charmap(Vec<(u32, char)>);

impl Charmap {
    /// Reads the table of a font; `budget` is how many characters may still be looked at, over all fonts. None if the font has
    /// no table of Unicode, or the table is damaged or too large.
    pub(super) fn of(font: &[u8], budget: &mut usize) -> Option<Self> {
        let cmap = table(font, b"cmap")?;
        let mut best: Option<(u8, usize)> = None;
        for index in 0..usize::from(u16_at(cmap, 2)?).min(MAX_SUBTABLES) {
            let at = 4 + 8 * index;
            let rank = match (u16_at(cmap, at)?, u16_at(cmap, at + 2)?) {
                (3, 10) => 4,
                (0, 4 | 6) => 3,
                (3, 1) => 2,
                (0, 0..=3) => 1,
                _ => continue,
            };
            if best.is_none_or(|(other, _)| rank > other) {
                best = Some((rank, usize::try_from(u32_at(cmap, at + 4)?).ok()?));
            }
        }
        let subtable = cmap.get(best?.1..)?;
        let mut pairs = Vec::new();
        match u16_at(subtable, 0)? {
            4 => read_4(subtable, &mut pairs, budget)?,
            6 => read_6(subtable, &mut pairs, budget)?,
            12 => read_12(subtable, &mut pairs, budget)?,
            _ => return None,
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs.shrink_to_fit();
        Some(Self(pairs))
    }

    /// The character of a glyph, and whether there are others that differ from it in more than their form.
    pub(super) fn character(&self, glyph: u32) -> Option<(char, bool)> {
        let from = self.0.partition_point(|(one, _)| *one < glyph);
        let found = || {
            let rest = self.0.get(from..).unwrap_or_default().iter();
            rest.take_while(|(one, _)| *one == glyph).map(|(_, character)| *character)
        };
        let is_plain = |one: &char| once(*one).nfkc().eq(once(*one));
        let best = found().find(is_plain).or_else(|| found().next())?;
        let is_ambiguous = found().any(|one| !once(one).nfkc().eq(once(best).nfkc()));
        Some((best, is_ambiguous))
    }
}

/// A table of a font file.
fn table<'f>(font: &'f [u8], tag: &[u8]) -> Option<&'f [u8]> {
    (0..usize::from(u16_at(font, 4)?)).map(|index| 12 + 16 * index).find_map(|at| {
        if font.get(at..at + 4)? != tag {
            return None;
        }
        let start = usize::try_from(u32_at(font, at + 8)?).ok()?;
        let length = usize::try_from(u32_at(font, at + 12)?).ok()?;
        // A length of more than there is counts as all that there is.
        font.get(start..start.saturating_add(length).min(font.len()))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Keeps a pair, unless it says nothing. None if no more may be looked at.
fn keep(pairs: &mut Vec<(u32, char)>, glyph: u32, code: u32, budget: &mut usize) -> Option<()> {
    *budget = budget.checked_sub(1)?;
    let is_private = matches!(code, 0xE000..=0xF8FF | 0xF_0000..);
    if glyph != 0
        && !is_private
        && let Some(character) = char::from_u32(code).filter(|one| !one.is_control())
    {
        pairs.push((glyph, character));
    }
    Some(())
}

/// Segments of 16 bits.
fn read_4(table: &[u8], pairs: &mut Vec<(u32, char)>, budget: &mut usize) -> Option<()> {
    let length = usize::from(u16_at(table, 6)? & !1);
    for at in (0..length).step_by(2) {
        let end = u16_at(table, 14 + at)?;
        let start = u16_at(table, 16 + length + at)?;
        let delta = u16_at(table, 16 + 2 * length + at)?;
        let offset_at = 16 + 3 * length + at;
        let offset = usize::from(u16_at(table, offset_at)?);
        for code in start..=end {
            let glyph = if offset == 0 {
                code.wrapping_add(delta)
            } else {
                let place = offset_at + offset + 2 * usize::from(code - start);
                match u16_at(table, place) {
                    Some(glyph) if glyph != 0 => glyph.wrapping_add(delta),
                    _ => 0,
                }
            };
            keep(pairs, u32::from(glyph), u32::from(code), budget)?;
        }
    }
    Some(())
}

/// One range of 16 bits.
fn read_6(table: &[u8], pairs: &mut Vec<(u32, char)>, budget: &mut usize) -> Option<()> {
    let first = u32::from(u16_at(table, 6)?);
    for index in 0..u16_at(table, 8)? {
        let glyph = u16_at(table, 10 + 2 * usize::from(index))?;
        keep(pairs, u32::from(glyph), first + u32::from(index), budget)?;
    }
    Some(())
}

/// Groups of 32 bits.
fn read_12(table: &[u8], pairs: &mut Vec<(u32, char)>, budget: &mut usize) -> Option<()> {
    let count = usize::try_from(u32_at(table, 12)?).ok()?;
    for group in table.get(16..)?.chunks_exact(12).take(count) {
        let (start, end) = (u32_at(group, 0)?, u32_at(group, 4)?);
        let glyph = u32_at(group, 8)?;
        for code in start..=end.min(0x10_FFFF) {
            keep(pairs, glyph.saturating_add(code - start), code, budget)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn font(platform: u16, encoding: u16, subtable: &[u8]) -> Vec<u8> {
        let mut cmap = [0, 1, platform, encoding].map(u16::to_be_bytes).concat();
        cmap.extend(12_u32.to_be_bytes());
        cmap.extend(subtable);
        let mut font = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        font.extend(b"cmap\0\0\0\0");
        font.extend(28_u32.to_be_bytes());
        font.extend(u32::try_from(cmap.len()).unwrap().to_be_bytes());
        font.extend(cmap);
        font
    }

    fn words(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// Groups of first character, last character and first glyph.
    fn groups(groups: &[[u32; 3]]) -> Vec<u8> {
        let count = u32::try_from(groups.len()).unwrap();
        let head = [0, 0, count].map(u32::to_be_bytes).concat();
        [words(&[12, 0]), head, groups.iter().flatten().flat_map(|one| one.to_be_bytes()).collect()]
            .concat()
    }

    #[test]
    fn glyphs_lead_back_to_characters() {
        let segments =
            words(&[4, 0, 0, 4, 0, 0, 0, 0x62, 0xFFFF, 0, 0x61, 0xFFFF, 0xFFA4, 1, 0, 0]);
        let shared =
            groups(&[[0x20, 0x20, 3], [0xA0, 0xA0, 3], [0x41, 0x41, 4], [0x391, 0x391, 4]]);
        let presented = groups(&[[0x628, 0x628, 7], [0xFE91, 0xFE91, 7], [0xF041, 0xF041, 8]]);
        for (name, font, glyph, expected) in [
            ("a segment", font(3, 1, &segments), 6, Some(('b', false))),
            ("a range", font(0, 3, &words(&[6, 0, 0, 0x61, 2, 9, 8])), 8, Some(('b', false))),
            ("a form of the same character", font(3, 10, &shared), 3, Some((' ', false))),
            ("two characters that look alike", font(3, 10, &shared), 4, Some(('A', true))),
            ("the letter, and not the form", font(3, 10, &presented), 7, Some(('\u{628}', false))),
            ("a private code", font(3, 10, &presented), 8, None),
            ("a glyph of none", font(3, 1, &segments), 99, None),
        ] {
            let found = Charmap::of(&font, &mut 100_000).unwrap().character(glyph);
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_table_that_says_nothing_or_too_much_is_none() {
        let all = groups(&[[0, 0x10_FFFF, 1]]);
        let whole = font(3, 10, &all);
        assert!(Charmap::of(&whole, &mut 1_000).is_none());
        assert!(Charmap::of(&font(3, 0, &all), &mut 2_000_000).is_none());
        for cut in 0..whole.len() {
            let mut left = 1_000;
            let _cut_short = Charmap::of(whole.get(..cut).unwrap(), &mut left);
        }
    }
}
