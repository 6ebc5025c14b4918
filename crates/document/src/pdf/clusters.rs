//! Glyphs that are parts of one written sign.
//!
//! Tibetan stacks, Indic syllables and Burmese are set as several glyphs, of which one often carries the text of all, and the
//! others none. Signs that stand over or under a letter may begin left of it. Neither may part a word or change its order.

use std::rc::Rc;

use unicode_normalization::char::is_combining_mark;

use super::bidi::Class;
use super::content::Glyph;

/// How many glyphs before and behind a mark its letter is looked for.
const MAX_APART: usize = 8;

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

/// Whether a stroke under another one makes it longer: high bars and brackets of formulas are made of pieces.
fn goes_on(last: &Glyph, glyph: &Glyph) -> bool {
    let is_piece = |text: &str| {
        let mut all = text.chars();
        matches!(
            (all.next(), all.next()),
            (
                Some(
                    '\u{2223}'
                        | '\u{2225}'
                        | '\u{239C}'
                        | '\u{239F}'
                        | '\u{23A2}'
                        | '\u{23A5}'
                        | '\u{23AA}'
                        | '\u{23AE}'
                        | '\u{23D0}'
                ),
                None
            )
        )
    };
    let down = glyph.y - last.y;
    (glyph.x - last.x).abs() < 0.05 * glyph.size
        && (0.01..1.1).contains(&(down.abs() / glyph.size))
        && (last.turn, glyph.turn) == (0, 0)
        && is_piece(&glyph.text)
        && last.text == glyph.text
}

/// Takes out the glyphs without text, after each has widened the sign that it is a part of. Says how many were parts of none:
/// characters of which the file does not say what they are.
pub(super) fn settle(glyphs: impl Iterator<Item = Glyph>) -> (Vec<Glyph>, usize) {
    let mut settled: Vec<Glyph> = Vec::new();
    let mut unknown = 0;
    for glyph in glyphs {
        match settled.last_mut() {
            Some(last) if goes_on(last, &glyph) => {
                (last.y, last.end_y) = (glyph.y, glyph.end_y);
                continue;
            }
            _ if !glyph.text.is_empty() => {
                settled.push(glyph);
                continue;
            }
            _ => {}
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

/// Whether a character is a mark of Arabic or Hebrew, or of Syriac and their like.
fn is_left_mark(one: char) -> bool {
    matches!(one, '\u{590}'..='\u{8FF}' | '\u{FB1E}') && is_combining_mark(one)
}

/// Gives the marks of Arabic and Hebrew to the letters that they stand on: drawn from either side, and over or under the
/// line, they would come one letter late otherwise, or make lines of their own.
pub(super) fn seat(glyphs: Vec<Glyph>) -> Vec<Glyph> {
    if !glyphs.iter().any(|glyph| glyph.text.chars().any(is_left_mark)) {
        return glyphs;
    }
    let mut merged: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    for glyph in glyphs {
        match merged.last_mut() {
            // Some programs give every part of a sign the text of the whole.
            Some(last) if is_repeated(last, &glyph) => {
                if width(&glyph) > width(last) {
                    *last = glyph;
                }
            }
            _ => merged.push(glyph),
        }
    }
    let is_mark = |glyph: &Glyph| !glyph.text.is_empty() && glyph.text.chars().all(is_left_mark);
    let marks: Vec<bool> = merged.iter().map(is_mark).collect();
    let mut seated = vec![false; merged.len()];
    let behind = draws_marks_behind(&merged, &marks);
    // Those drawn before their letter were drawn from the left, and are read in the other order.
    let backwards = (0..merged.len()).rev().map(|at| (at, true));
    for (at, is_before) in backwards.chain((0..merged.len()).map(|at| (at, false))) {
        let Some(mark) = merged.get(at).filter(|_| marks.get(at) == Some(&true)) else { continue };
        let [one, other] = neighbours(&merged, &marks, at);
        let found = if behind { one.or(other) } else { other.or(one) };
        let Some(letter) = found else { continue };
        if is_before != (at < letter) {
            continue;
        }
        let (text, middle) = (Rc::clone(&mark.text), middle(mark));
        if let (Some(letter), Some(seat)) = (merged.get_mut(letter), seated.get_mut(at)) {
            put_on(letter, &text, middle);
            *seat = true;
        }
    }
    let kept = merged.into_iter().zip(seated).filter(|(_, seated)| !seated);
    kept.map(|(glyph, _)| glyph).collect()
}

fn width(glyph: &Glyph) -> f64 {
    let (from, to) = glyph.range();
    to - from
}

fn middle(glyph: &Glyph) -> f64 {
    let (from, to) = glyph.range();
    f64::midpoint(from, to)
}

/// How far a place along the line is from a glyph.
fn distance(glyph: &Glyph, place: f64) -> f64 {
    let (from, to) = glyph.range();
    (from - place).max(place - to).max(0.0)
}

fn stand_together(one: &Glyph, other: &Glyph) -> bool {
    let across = if one.turn.is_multiple_of(2) { one.y - other.y } else { one.x - other.x };
    one.turn == other.turn && across.abs() < 0.9 * one.size.max(other.size)
}

/// Whether two glyphs beside each other both have the text of one letter with its marks: then one of them is a mark, and
/// takes no room of its own.
fn is_repeated(last: &Glyph, glyph: &Glyph) -> bool {
    let is_cluster = glyph.text.chars().any(is_left_mark) && !glyph.text.chars().all(is_left_mark);
    let (narrow, wide) = if width(last) < width(glyph) { (last, glyph) } else { (glyph, last) };
    is_cluster
        && last.text == glyph.text
        && stand_together(last, glyph)
        && width(narrow) < 0.02 * glyph.size
        && distance(wide, middle(narrow)) <= 0.8 * glyph.size
}

/// The letters drawn just before and just behind a mark, as far as it may stand on them.
fn neighbours(glyphs: &[Glyph], marks: &[bool], at: usize) -> [Option<usize>; 2] {
    let Some(mark) = glyphs.get(at) else { return [None, None] };
    let is_letter = |index: &usize| marks.get(*index) == Some(&false);
    let behind = (at + 1..glyphs.len()).take(MAX_APART).find(is_letter);
    let before = (0..at).rev().take(MAX_APART).find(is_letter);
    [before, behind].map(|index| {
        let letter = glyphs.get(index?)?;
        let is_seat = Class::of(&letter.text).is_left()
            && stand_together(mark, letter)
            && distance(letter, middle(mark)) <= 0.25 * mark.size;
        index.filter(|_| is_seat)
    })
}

/// Whether a page draws its marks behind their letters: so it is where lines are drawn from the right. Most programs draw
/// from the left, and a mark comes before its letter. The places alone do not say it: a mark may be drawn left of where it
/// begins.
fn draws_marks_behind(glyphs: &[Glyph], marks: &[bool]) -> bool {
    let (mut from_left, mut from_right) = (0_usize, 0_usize);
    let mut last: Option<&Glyph> = None;
    for (glyph, is_mark) in glyphs.iter().zip(marks) {
        if *is_mark || !Class::of(&glyph.text).is_left() {
            continue;
        }
        if let Some(last) = last.filter(|last| stand_together(last, glyph)) {
            let count = if middle(glyph) > middle(last) { &mut from_left } else { &mut from_right };
            *count += 1;
        }
        last = Some(glyph);
    }
    from_right > from_left
}

/// Writes a mark behind the letter that it stands on: of a ligature, the one whose share of the width it is over.
fn put_on(letter: &mut Glyph, mark: &str, place: f64) {
    let text: Vec<char> = letter.text.chars().collect();
    let count = text.iter().filter(|one| !is_left_mark(**one)).count().max(1);
    let (_, to) = letter.range();
    let share = ((to - place) / width(letter).max(0.01) * count as f64).floor();
    let part = share.clamp(0.0, (count - 1) as f64) as usize;
    let mut written = String::with_capacity(letter.text.len() + mark.len());
    let mut begun = 0;
    let mut is_put = false;
    for one in text {
        if !is_left_mark(one) {
            if begun == part + 1 && !is_put {
                written.push_str(mark);
                is_put = true;
            }
            begun += 1;
        }
        written.push(one);
    }
    if !is_put {
        written.push_str(mark);
    }
    letter.text = written.into();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text, left edge, right edge, base line.
    type Drawn<'a> = &'a [(&'a str, f64, f64, f64)];

    fn glyphs(drawn: Drawn<'_>) -> Vec<Glyph> {
        let glyph = |(text, x, end_x, y): &(&str, f64, f64, f64)| Glyph {
            text: (*text).into(),
            x: *x,
            y: *y,
            end_x: *end_x,
            end_y: *y,
            size: 10.0,
            turn: 0,
            hidden: false,
        };
        drawn.iter().map(glyph).collect()
    }

    #[test]
    fn marks_go_to_the_letters_that_they_stand_on() {
        let cases: &[(&str, Drawn<'_>, &str)] = &[
            (
                "drawn from the left, before its letter",
                &[("ب", 0.0, 5.0, 0.0), ("\u{64E}", 8.0, 8.0, -3.0), ("ت", 5.0, 10.0, 0.0)],
                "ب|ت\u{64E}",
            ),
            (
                "left of where its letter begins",
                &[("ם", 0.0, 5.0, 0.0), ("\u{5B8}", 4.2, 4.2, 0.0), ("ל", 5.0, 9.0, 0.0)],
                "ם|ל\u{5B8}",
            ),
            (
                "drawn from the right, behind its letter",
                &[("ت", 5.0, 10.0, 0.0), ("\u{64E}", 6.0, 6.0, -3.0), ("ب", 0.0, 5.0, 0.0)],
                "ت\u{64E}|ب",
            ),
            (
                "two on one letter, drawn backwards",
                &[
                    ("\u{64E}", 2.0, 2.0, -4.0),
                    ("\u{651}", 2.0, 2.0, -3.0),
                    ("ب", 0.0, 5.0, 0.0),
                    ("ت", 5.0, 9.0, 0.0),
                ],
                "ب\u{651}\u{64E}|ت",
            ),
            (
                "on the first of two joined letters",
                &[("\u{64E}", 8.0, 8.0, -4.0), ("لا", 0.0, 10.0, 0.0)],
                "ل\u{64E}ا",
            ),
            (
                "every part with the text of the whole",
                &[
                    ("ב\u{5B8}", 2.0, 2.0, 0.0),
                    ("ב\u{5B8}", 0.0, 5.0, 0.0),
                    ("ב\u{5B8}", 7.0, 7.0, 0.0),
                    ("ב\u{5B8}", 5.0, 10.0, 0.0),
                ],
                "ב\u{5B8}|ב\u{5B8}",
            ),
            ("on no letter", &[("\u{64E}", 0.0, 0.0, 0.0), ("a", 0.0, 5.0, 0.0)], "\u{64E}|a"),
        ];
        for (name, drawn, expected) in cases {
            let found = seat(glyphs(drawn));
            let found: Vec<&str> = found.iter().map(|glyph| &*glyph.text).collect();
            assert_eq!(found.join("|"), *expected, "{name}");
        }
    }

    #[test]
    fn strokes_under_each_other_are_one() {
        let bar = "\u{2223}";
        let cases: &[(&str, Drawn<'_>, usize)] = &[
            ("a high bar", &[(bar, 0.0, 3.0, 0.0), (bar, 0.0, 3.0, 6.0), (bar, 0.0, 3.0, 12.0)], 1),
            ("bars beside each other", &[(bar, 0.0, 3.0, 0.0), (bar, 3.0, 6.0, 0.0)], 2),
            ("bars far apart", &[(bar, 0.0, 3.0, 0.0), (bar, 0.0, 3.0, 20.0)], 2),
            ("letters", &[("l", 0.0, 3.0, 0.0), ("l", 0.0, 3.0, 6.0)], 2),
        ];
        for (name, drawn, expected) in cases {
            assert_eq!(settle(glyphs(drawn).into_iter()).0.len(), *expected, "{name}");
        }
    }
}
