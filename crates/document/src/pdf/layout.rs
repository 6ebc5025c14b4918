//! From characters with places to lines in reading order.
//!
//! Lines follow the order in which the file draws them: programs that write PDF files draw in the order of the text, and a
//! guess from the picture alone mixes columns and tables. Inside a line the places decide: where words part, and in which
//! direction a script runs.

use std::borrow::Cow;

use super::bidi::{Class, may_run_left};
use super::clusters::is_mark;
use super::content::Glyph;
use super::matrix::Area;
use super::order::to_logical;

/// A line of a page.
#[derive(Debug, PartialEq)]
pub(super) struct TextLine {
    pub(super) text: String,
    pub(super) area: Area,
    /// Whether a wide gap or a change of direction parts it from the line before.
    pub(super) after_gap: bool,
    /// Quarter turns of it, as of its characters.
    pub(super) turn: u8,
}

/// A gap wider than this share of the font's size parts words.
const WORD_GAP: f64 = 0.13;
/// A gap wider than this parts the cells of a table.
const CELL_GAP: f64 = 1.6;
/// How many characters back the same one in the same place is looked for.
const LOOK_BACK: usize = 96;

/// A character in the frame of its line: `along` grows with the line's direction, `across` downwards from line to line.
struct Placed<'g> {
    glyph: &'g Glyph,
    start: f64,
    end: f64,
    across: f64,
}

fn placed(glyph: &Glyph) -> Placed<'_> {
    let (start, end) = glyph.range();
    let across = match glyph.turn {
        0 => glyph.y,
        1 => -glyph.x,
        2 => -glyph.y,
        _ => glyph.x,
    };
    Placed { glyph, start, end, across }
}

/// The lines that characters make up, in the order of drawing.
pub(super) fn lines(glyphs: &[Glyph]) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let mut open: Vec<Placed<'_>> = Vec::new();
    let runs_left = runs_left(glyphs);
    // The box of the open line in its own frame.
    let (mut start, mut end) = (0.0, 0.0);
    // Those that were read, with their places: what is drawn over and over in small steps is read as far as it reaches.
    let mut read: Vec<(f64, f64, &Glyph)> = Vec::with_capacity(glyphs.len());
    for glyph in glyphs {
        let (x, y, near) = (glyph.x, glyph.y, 0.1 * glyph.size);
        let last = read.get(read.len().saturating_sub(LOOK_BACK)..).unwrap_or_default();
        if last.iter().any(|(other_x, other_y, one)| {
            (other_x - x).abs() < near && (other_y - y).abs() < near && is_same(one, glyph)
        }) {
            // Drawn twice, to look bold or to cast a shadow.
            continue;
        }
        read.push((x, y, glyph));
        let next = placed(glyph);
        let joins = open.last().is_some_and(|last| {
            let size = last.glyph.size.max(glyph.size);
            let same_line = (last.across - next.across).abs() < 0.4 * size;
            let near = next.start > end - 0.6 * size || next.end < start + 0.6 * size;
            let inside = next.start >= start - 0.1 * size && next.end <= end + 0.1 * size;
            last.glyph.turn == glyph.turn && same_line && (near || inside)
        });
        if !joins && !open.is_empty() {
            push(&mut lines, &open, runs_left);
            open.clear();
        }
        if open.is_empty() {
            (start, end) = (next.start, next.end);
        } else {
            (start, end) = (next.start.min(start), next.end.max(end));
        }
        open.push(next);
    }
    if !open.is_empty() {
        push(&mut lines, &open, runs_left);
    }
    lines
}

/// Whether two signs in one place are the same one.
fn is_same(one: &Glyph, other: &Glyph) -> bool {
    (one.size - other.size).abs() < 0.1 * other.size
        && one.text == other.text
        && (one.end_x - one.x).abs() + (one.end_y - one.y).abs() > 0.0
}

/// Whether most letters of a page run to the left.
fn runs_left(glyphs: &[Glyph]) -> bool {
    let (mut left, mut right) = (0_usize, 0_usize);
    if !glyphs.iter().any(|glyph| may_run_left(&glyph.text)) {
        return false;
    }
    for glyph in glyphs {
        match Class::of(&glyph.text) {
            Class::Right => right += 1,
            class if class.is_left() => left += 1,
            _ => {}
        }
    }
    left > right
}

fn push(lines: &mut Vec<TextLine>, glyphs: &[Placed<'_>], runs_left: bool) {
    let mut signs = signs(glyphs);
    signs.sort_by(|a, b| start(a).total_cmp(&start(b)));
    let mut pieces: Vec<Cow<'_, str>> = Vec::with_capacity(glyphs.len() + glyphs.len() / 4);
    let mut reached: Option<f64> = None;
    for sign in signs {
        let Some(one) = sign.first() else { continue };
        let size = one.glyph.size;
        if let Some(reached) = reached {
            let gap = one.start - reached;
            let has_space = pieces.last().is_some_and(|last| last.ends_with(char::is_whitespace))
                || one.glyph.text.starts_with(char::is_whitespace);
            if gap > CELL_GAP * size {
                while pieces.last().is_some_and(|last| last.trim().is_empty()) {
                    pieces.pop();
                }
                pieces.push("\t".into());
            } else if gap > WORD_GAP * size && !has_space {
                // Between ideographs no space is written, and what parts them from figures is a quarter of their size.
                let is_at_wide = pieces.last().is_some_and(|last| last.ends_with(is_unspaced))
                    || one.glyph.text.starts_with(is_unspaced);
                if !is_at_wide || gap > 0.6 * size {
                    pieces.push(" ".into());
                }
            }
        }
        let end = sign.iter().map(|part| part.end).fold(f64::MIN, f64::max);
        reached = Some(reached.map_or(end, |reached| reached.max(end)));
        match sign {
            [one] => pieces.push(Cow::Borrowed(&one.glyph.text)),
            // A letter and its marks stay together, whichever way the line runs.
            parts => pieces.push(parts.iter().map(|part| &*part.glyph.text).collect()),
        }
    }
    let text = to_logical(&pieces, runs_left);
    let text: String = text
        .trim()
        .chars()
        .map(|one| if matches!(one, '\n' | '\r' | '\u{c}' | '\u{b}') { ' ' } else { one })
        .filter(|one| *one == '\t' || !one.is_control())
        .collect();
    if text.is_empty() {
        return;
    }
    let visible = glyphs.iter().filter(|one| !one.glyph.text.trim().is_empty());
    let area = visible
        .map(|one| glyph_area(one.glyph))
        .reduce(|sum, area| sum.join(&area))
        .unwrap_or(Area { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 });
    let turn = glyphs.first().map_or(0, |one| one.glyph.turn);
    let after_gap = lines.last().is_some_and(|last| {
        let ((top, bottom), (above, below)) = (across(&area, turn), across(&last.area, turn));
        let height = (bottom - top).max(below - above);
        turn != last.turn || top < above - 0.5 * height || top > below + 0.9 * height
    });
    lines.push(TextLine { text, area, after_gap, turn });
}

/// Where a box begins and ends in the direction in which lines of this turn follow each other.
fn across(area: &Area, turn: u8) -> (f64, f64) {
    match turn {
        0 => (area.top, area.bottom),
        1 => (-area.right, -area.left),
        2 => (-area.bottom, -area.top),
        _ => (area.left, area.right),
    }
}

fn start(sign: &[Placed<'_>]) -> f64 {
    sign.first().map_or(0.0, |one| one.start)
}

/// The signs of a line: each a character with the marks drawn on it.
fn signs<'p, 'g>(glyphs: &'p [Placed<'g>]) -> Vec<&'p [Placed<'g>]> {
    glyphs.chunk_by(|_, next| is_mark(&next.glyph.text)).collect()
}

/// Wide characters between which no space is written: all but Hangul, whose words are parted as those of Latin are.
fn is_unspaced(one: char) -> bool {
    is_wide(one) && !matches!(one, '\u{3131}'..='\u{318E}' | '\u{AC00}'..='\u{D7A3}')
}

/// Ideographs, kana, Hangul and their punctuation, as wide as they are high.
pub(super) fn is_wide(one: char) -> bool {
    matches!(one, '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The box of a character: four fifths of the size over the base line, a fifth under it.
pub(super) fn glyph_area(glyph: &Glyph) -> Area {
    let (over, under) = (0.8 * glyph.size, 0.2 * glyph.size);
    let line = Area::of(&[(glyph.x, glyph.y), (glyph.end_x, glyph.end_y)]);
    match glyph.turn {
        0 => Area { top: line.top - over, bottom: line.bottom + under, ..line },
        1 => Area { left: line.left - under, right: line.right + over, ..line },
        2 => Area { top: line.top - under, bottom: line.bottom + over, ..line },
        _ => Area { left: line.left - over, right: line.right + under, ..line },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(text: &str, x: f64, y: f64) -> Glyph {
        let width = 5.0 * text.chars().count() as f64;
        Glyph {
            text: text.into(),
            x,
            y,
            end_x: x + width,
            end_y: y,
            size: 10.0,
            turn: 0,
            hidden: false,
        }
    }

    #[test]
    fn characters_become_lines() {
        type Drawn<'a> = &'a [(&'a str, f64, f64)];
        let cases: &[(&str, Drawn<'_>, &str)] = &[
            ("letters that touch are one word", &[("a", 0.0, 0.0), ("b", 5.0, 0.0)], "ab"),
            ("a gap parts words", &[("a", 0.0, 0.0), ("b", 8.0, 0.0)], "a b"),
            ("a wide gap parts cells", &[("a", 0.0, 0.0), ("b", 40.0, 0.0)], "a\tb"),
            ("a lower base line is a new line", &[("a", 0.0, 0.0), ("b", 0.0, 12.0)], "a\nb"),
            ("a raised figure stays in its line", &[("a", 0.0, 0.0), ("2", 5.0, -3.0)], "a2"),
            ("what is drawn twice is read once", &[("a", 0.0, 0.0), ("a", 0.3, 0.2)], "a"),
            ("ideographs part only far apart", &[("中", 0.0, 0.0), ("国", 8.0, 0.0)], "中国"),
            ("a gap parts words of Hangul", &[("한", 0.0, 0.0), ("국", 8.0, 0.0)], "한 국"),
            ("letters of Hangul that touch", &[("한", 0.0, 0.0), ("국", 5.0, 0.0)], "한국"),
            (
                "Arabic drawn from the left",
                &[("\u{628}", 0.0, 0.0), ("\u{627}", 5.0, 0.0)],
                "\u{627}\u{628}",
            ),
            (
                "Arabic drawn from the right",
                &[("\u{627}", 5.0, 0.0), ("\u{628}", 0.0, 0.0)],
                "\u{627}\u{628}",
            ),
        ];
        for (name, drawn, expected) in cases {
            let glyphs: Vec<Glyph> = drawn.iter().map(|(t, x, y)| glyph(t, *x, *y)).collect();
            let found: Vec<String> = lines(&glyphs).into_iter().map(|line| line.text).collect();
            assert_eq!(found.join("\n"), *expected, "{name}");
        }
    }
}
