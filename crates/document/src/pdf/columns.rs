//! Chinese and Japanese set in columns, by programs that place each character by itself.
//!
//! A font for vertical lines says so, and its characters step downwards by themselves. Browsers and others use a font for
//! horizontal lines and put every character under the one before it: read as they stand, these are lines of one character.

use super::content::Glyph;
use super::layout::is_wide;

/// How many characters must stand under each other to be taken for a column.
const FEWEST: usize = 3;

/// The column that is being read: its middle, and where it ends so far.
#[derive(Clone, Copy)]
struct Column {
    middle: f64,
    bottom: f64,
}

fn middle(glyph: &Glyph) -> f64 {
    f64::midpoint(glyph.x, glyph.end_x)
}

/// The upper edge of an upright ideograph: its square reaches 0.88 of its size over the base line.
fn top(glyph: &Glyph) -> f64 {
    glyph.y - 0.88 * glyph.size
}

fn is_upright(glyph: &Glyph) -> bool {
    glyph.turn == 0 && glyph.text.chars().next().is_some_and(is_wide)
}

impl Column {
    /// Whether an upright character stands next in the column.
    fn holds(&self, glyph: &Glyph) -> bool {
        is_upright(glyph)
            && (middle(glyph) - self.middle).abs() < 0.3 * glyph.size
            && (-0.3..0.6).contains(&((top(glyph) - self.bottom) / glyph.size))
    }

    /// Whether a character that lies on its side, such as a figure, stands next in it.
    fn holds_turned(&self, glyph: &Glyph) -> bool {
        glyph.turn == 1
            && (glyph.x + 0.3 * glyph.size - self.middle).abs() < 0.4 * glyph.size
            && (-0.3..0.6).contains(&((glyph.y - self.bottom) / glyph.size))
    }

    fn after(glyph: &Glyph) -> Self {
        Self { middle: middle(glyph), bottom: top(glyph) + glyph.size }
    }
}

/// Gives the characters of columns the direction of their line, downwards.
pub(super) fn turn(glyphs: &mut [Glyph]) {
    let mut open: Option<Column> = None;
    for at in 0..glyphs.len() {
        let begins = |rest: &[Glyph]| {
            let under = |pair: &[Glyph]| match pair {
                [one, next] => Column::after(one).holds(next),
                _ => false,
            };
            rest.first().is_some_and(is_upright) && rest.windows(2).all(under)
        };
        let starts = glyphs.get(at..at + FEWEST).is_some_and(begins);
        let Some(glyph) = glyphs.get_mut(at) else { return };
        if open.is_some_and(|column| column.holds(glyph)) || starts {
            open = Some(Column::after(glyph));
            let (left, top) = (middle(glyph) - 0.3 * glyph.size, top(glyph));
            (glyph.x, glyph.end_x) = (left, left);
            (glyph.y, glyph.end_y) = (top, top + glyph.size);
            glyph.turn = 1;
        } else if let Some(column) = open.filter(|column| column.holds_turned(glyph)) {
            open = Some(Column { bottom: glyph.end_y.max(glyph.y), ..column });
        } else {
            open = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_under_each_other_are_a_column() {
        // Text, left edge, base line, turn.
        type Drawn<'a> = &'a [(&'a str, f64, f64, u8)];
        let cases: &[(&str, Drawn<'_>, &[u8])] = &[
            (
                "a column",
                &[("中", 0.0, 10.0, 0), ("国", 0.0, 20.5, 0), ("人", 0.0, 31.0, 0)],
                &[1; 3],
            ),
            (
                "a line",
                &[("中", 0.0, 10.0, 0), ("国", 10.0, 10.0, 0), ("人", 20.0, 10.0, 0)],
                &[0; 3],
            ),
            ("two lines of one", &[("中", 0.0, 10.0, 0), ("国", 0.0, 20.0, 0)], &[0; 2]),
            (
                "lines apart",
                &[("中", 0.0, 10.0, 0), ("国", 0.0, 28.0, 0), ("人", 0.0, 46.0, 0)],
                &[0; 3],
            ),
            (
                "a figure on its side",
                &[
                    ("中", 0.0, 10.0, 0),
                    ("国", 0.0, 20.0, 0),
                    ("人", 0.0, 30.0, 0),
                    ("9", 2.0, 31.2, 1),
                    ("份", 0.0, 50.5, 0),
                ],
                &[1; 5],
            ),
        ];
        for (name, drawn, expected) in cases {
            let mut glyphs: Vec<Glyph> = drawn
                .iter()
                .map(|(text, x, y, turn)| {
                    let (end_x, end_y) = if *turn == 0 { (x + 10.0, *y) } else { (*x, y + 10.0) };
                    let (text, size) = ((*text).into(), 10.0);
                    Glyph { text, x: *x, y: *y, end_x, end_y, size, turn: *turn, hidden: false }
                })
                .collect();
            turn(&mut glyphs);
            let turns: Vec<u8> = glyphs.iter().map(|glyph| glyph.turn).collect();
            assert_eq!(turns, *expected, "{name}");
        }
    }
}
