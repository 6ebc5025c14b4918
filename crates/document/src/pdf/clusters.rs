//! Glyphs that are parts of one written sign.
//!
//! Tibetan stacks, Indic syllables and Burmese are set as several glyphs, of which one often carries the text of all, and the
//! others none. Signs that stand over or under a letter may begin left of it. Neither may part a word or change its order.

use unicode_normalization::char::is_combining_mark;

use super::content::Glyph;

/// Scripts whose syllables are set as several glyphs: those of India, Thai, Lao, Tibetan, Burmese and Khmer.
fn is_stacked(one: char) -> bool {
    matches!(one, '\u{900}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{A980}'..='\u{A9FF}' | '\u{AA60}'..='\u{AA7F}')
}

/// Whether a glyph is nothing but marks on the letter drawn before it. Arabic and Hebrew are drawn from either side, so that
/// the place of a mark, and not the order of drawing, tells its letter.
pub(super) fn is_mark(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|one| is_combining_mark(one) && !matches!(one, '\u{590}'..='\u{8FF}'))
}

/// Takes out the glyphs without text, after each has widened the sign that it is a part of. Says how many were parts of none:
/// characters of which the file does not say what they are.
pub(super) fn settle(glyphs: impl Iterator<Item = Glyph>) -> (Vec<Glyph>, usize) {
    let mut settled: Vec<Glyph> = Vec::new();
    let mut unknown = 0;
    for glyph in glyphs {
        if !glyph.text.is_empty() {
            settled.push(glyph);
            continue;
        }
        let sign = settled.last_mut().filter(|last| {
            last.turn == glyph.turn
                && last.text.chars().next_back().is_some_and(is_stacked)
                && glyph.is_near(last)
        });
        match sign {
            Some(sign) => sign.reach(&glyph),
            None => unknown += 1,
        }
    }
    (settled, unknown)
}
