//! Letters whose accents are drawn apart.
//!
//! TeX and old drivers draw `ü` as `¨` and then `u` in the same place, or the other way round. Read one after the other the
//! two are no letter, and no search finds the word. A sign of accent that stands over or under the letter drawn next to it
//! becomes a part of it.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, is_combining_mark};

use super::content::Glyph;

/// The combining mark of a sign of accent that takes a place of its own.
fn mark(text: &str) -> Option<char> {
    let mut all = text.chars();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    Some(match one {
        '`' | '\u{2CB}' => '\u{300}',
        '\u{B4}' | '\u{2CA}' => '\u{301}',
        '^' | '\u{2C6}' => '\u{302}',
        '~' | '\u{2DC}' => '\u{303}',
        '\u{AF}' | '\u{2C9}' => '\u{304}',
        '\u{2D8}' => '\u{306}',
        '\u{2D9}' => '\u{307}',
        '\u{A8}' => '\u{308}',
        '\u{2DA}' | '\u{B0}' => '\u{30A}',
        '\u{2DD}' => '\u{30B}',
        '\u{2C7}' => '\u{30C}',
        '\u{B8}' => '\u{327}',
        '\u{2DB}' => '\u{328}',
        // The marks of Latin, Greek and Cyrillic only: other scripts order theirs by rules of their own.
        one @ '\u{300}'..='\u{36F}' => one,
        _ => return None,
    })
}

/// The letter under an accent, with its accent, as one character if there is one.
fn accented(letter: &str, mark: char) -> Option<String> {
    let mut all = letter.chars();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    let base = match one {
        'ı' => 'i',
        'ȷ' => 'j',
        one if one.is_alphabetic() && !is_combining_mark(one) => one,
        _ => return None,
    };
    // A second accent goes over the first, as in Vietnamese.
    let whole = compose(base, mark).map_or_else(|| format!("{base}{mark}"), String::from);
    Some(whole.nfc().collect())
}

/// Whether a sign stands over, under or in a letter.
fn stands_on(sign: &Glyph, letter: &Glyph) -> bool {
    if sign.turn != letter.turn || sign.hidden != letter.hidden {
        return false;
    }
    let across = |glyph: &Glyph| if glyph.turn.is_multiple_of(2) { glyph.y } else { glyph.x };
    let ((from, to), (start, end)) = (sign.range(), letter.range());
    let size = sign.size.max(letter.size);
    let rise = (across(sign) - across(letter)).abs();
    let middle = f64::midpoint(from, to);
    let shared = to.min(end) - from.max(start);
    let is_wide = to - from > 0.05 * size;
    rise < 0.45 * size
        && (sign.size - letter.size).abs() < 0.35 * size
        && middle >= start - 0.02 * size
        && middle <= end + 0.02 * size
        && (!is_wide || shared > 0.6 * (to - from).min(end - start))
}

/// Joins the accents of a page to the letters that they stand on.
pub(super) fn join(glyphs: Vec<Glyph>) -> Vec<Glyph> {
    if !glyphs.iter().any(|glyph| mark(&glyph.text).is_some()) {
        return glyphs;
    }
    let mut joined: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    let mut glyphs = glyphs.into_iter().peekable();
    while let Some(glyph) = glyphs.next() {
        if let Some(mark) = mark(&glyph.text) {
            if let Some(next) = glyphs.peek_mut()
                && stands_on(&glyph, next)
                && let Some(whole) = accented(&next.text, mark)
            {
                next.text = whole.into();
                continue;
            }
            if let Some(last) = joined.last_mut()
                && stands_on(&glyph, last)
                && let Some(whole) = accented(&last.text, mark)
            {
                last.text = whole.into();
                continue;
            }
        }
        joined.push(glyph);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(text: &str, x: f64, end: f64, y: f64) -> Glyph {
        let (end_x, end_y, size) = (end, y, 10.0);
        Glyph { text: text.into(), x, y, end_x, end_y, size, turn: 0, hidden: false }
    }

    #[test]
    fn an_accent_that_stands_on_a_letter_is_a_part_of_it() {
        type Drawn<'a> = &'a [(&'a str, f64, f64, f64)];
        let cases: &[(&str, Drawn<'_>, &str)] = &[
            ("before its letter", &[("\u{A8}", 0.0, 5.0, 0.0), ("u", 0.1, 5.6, 0.0)], "ü"),
            ("after its letter", &[("c", 0.0, 4.4, 0.0), ("\u{B8}", 0.0, 4.4, 0.0)], "ç"),
            ("raised over a capital", &[("\u{B4}", 0.9, 5.9, -2.1), ("E", 0.0, 6.8, 0.0)], "É"),
            ("on an i without dot", &[("\u{B4}", -1.1, 3.9, 0.0), ("ı", 0.0, 2.8, 0.0)], "í"),
            ("of no width", &[("e", 0.0, 4.4, 0.0), ("\u{301}", 2.2, 2.2, 0.0)], "é"),
            ("a sign of its own", &[("`", 0.0, 3.0, 0.0), ("a", 3.0, 8.0, 0.0)], "`a"),
            ("a power", &[("a", 0.0, 5.0, 0.0), ("^", 5.0, 10.0, 0.0)], "a^"),
            ("on no letter", &[("\u{A8}", 0.0, 5.0, 0.0), ("5", 0.0, 5.0, 0.0)], "\u{A8}5"),
            (
                "two on one letter",
                &[("\u{2C6}", 0.0, 5.0, 0.0), ("e", 0.0, 4.4, 0.0), ("\u{B4}", 0.0, 4.4, -2.0)],
                "ế",
            ),
        ];
        for (name, drawn, expected) in cases {
            let glyphs = drawn.iter().map(|(text, x, end, y)| glyph(text, *x, *end, *y)).collect();
            let found: String = join(glyphs).iter().map(|glyph| glyph.text.to_string()).collect();
            assert_eq!(found, *expected, "{name}");
        }
    }
}
