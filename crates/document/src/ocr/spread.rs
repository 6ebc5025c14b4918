//! A block whose lines are set apart, so that each is read as a line.
//!
//! Tesseract loses whole lines of Tibetan that stand close, and takes one digit for another in them: of one clean page it
//! lost the title, at eight of ten margins that were tried. With a line's height of paper between the lines all of them were
//! read.

use super::tsv::OcrLine;
use crate::picture::{Area, Gray};

/// So many pixels of a line's own paper stay above and below it.
const OWN_PAPER: u32 = 5;

/// A block with paper put between its lines.
pub(super) struct Spread {
    /// The picture.
    pub(super) block: Gray,
    strips: Vec<Strip>,
    /// The height of most rows.
    line: u32,
}

/// Where a strip of rows lies in the picture, and where it lay before.
struct Strip {
    top: u32,
    was: u32,
    height: u32,
}

impl Spread {
    /// Sets the rows apart that white parts; `rows` is what [`super::blocks::rows`] finds in the whole of `block`. None where
    /// there is nothing to set apart.
    pub(super) fn of(block: &Gray, rows: &[Area]) -> Option<Self> {
        let rows = whole_rows(rows);
        if rows.len() < 2 {
            return None;
        }
        let mut heights: Vec<u32> = rows.iter().map(|(top, bottom)| bottom - top).collect();
        heights.sort_unstable();
        let gap = heights.get(heights.len() / 2).copied()?;
        let paper = paper_of(block);
        let (width, mut pixels, mut strips) = (block.width(), Vec::new(), Vec::new());
        let blank = vec![paper; width as usize * gap as usize];
        let mut above = 0;
        for (index, (top, bottom)) in rows.iter().enumerate() {
            // Between two rows each keeps at most half of the paper, so that no ink is read twice.
            let next = rows.get(index + 1).map_or(block.height(), |(next, _)| *next);
            let below = bottom + (next.saturating_sub(*bottom) / 2).min(OWN_PAPER);
            let from = top.saturating_sub(OWN_PAPER).max(above);
            above = below;
            pixels.extend_from_slice(&blank);
            let at = u32::try_from(pixels.len()).ok()? / width;
            for y in from..below {
                pixels.extend_from_slice(block.row(y));
            }
            strips.push(Strip { top: at, was: from, height: below.saturating_sub(from) });
        }
        pixels.extend_from_slice(&blank);
        let height = u32::try_from(pixels.len() / width as usize).ok()?;
        Some(Self { block: Gray::new(width, height, pixels)?, strips, line: gap })
    }

    /// The row that an area of the picture lies in, or is nearest to, if that is no higher than one line; and where the area lay
    /// before. Nothing is left of an area that lies between the rows.
    pub(super) fn back(&self, area: &Area) -> (Option<usize>, Area) {
        let middle = area.top.saturating_add(area.height / 2);
        let far = |(_, strip): &(usize, &Strip)| {
            let bottom = strip.top.saturating_add(strip.height);
            strip.top.saturating_sub(middle).max(middle.saturating_sub(bottom))
        };
        let Some((row, strip)) = self.strips.iter().enumerate().min_by_key(far) else {
            return (None, *area);
        };
        let one_line = strip.height.saturating_sub(2 * OWN_PAPER) * 5 < self.line * 8;
        let inside = |y: u32| y.clamp(strip.top, strip.top + strip.height) - strip.top + strip.was;
        let (top, bottom) = (inside(area.top), inside(area.bottom()));
        (one_line.then_some(row), Area { top, height: bottom.saturating_sub(top), ..*area })
    }
}

/// Joins the lines of one row: a gap, or a letter that was not recognised, made two of one. Where two of them lie one over the
/// other, as when the marks above letters were taken for a line, what comes of it is hardly certain.
pub(super) fn joined(lines: Vec<(Option<usize>, OcrLine)>, from_right: bool) -> Vec<OcrLine> {
    let mut rows: Vec<(Option<usize>, Vec<OcrLine>)> = Vec::new();
    for (row, line) in lines {
        match rows.last_mut() {
            Some((last, parts)) if row.is_some() && *last == row => parts.push(line),
            _ => rows.push((row, vec![line])),
        }
    }
    let whole = |(_, mut parts): (Option<usize>, Vec<OcrLine>)| {
        parts.sort_by_key(|part| part.area.left);
        let over = parts.windows(2).any(|pair| match pair {
            [one, other] => !is_beside(one, other),
            _ => false,
        });
        if from_right {
            parts.reverse();
        }
        let mut line = parts.into_iter().reduce(OcrLine::followed_by)?;
        if over {
            line.confidence /= 2.0;
        }
        Some(line)
    };
    rows.into_iter().filter_map(whole).collect()
}

/// Whether no line lies over or below another.
pub(super) fn are_beside(lines: &[(Option<usize>, OcrLine)]) -> bool {
    let others = |at: usize| lines.iter().skip(at + 1);
    lines
        .iter()
        .enumerate()
        .all(|(at, (_, line))| others(at).all(|(_, other)| is_beside(line, other)))
}

/// Whether two boxes share next to nothing of their width.
fn is_beside(one: &OcrLine, other: &OcrLine) -> bool {
    let shared = one.area.right().min(other.area.right());
    let shared = shared.saturating_sub(one.area.left.max(other.area.left));
    shared * 5 < one.area.width.min(other.area.width)
}

/// Rows as first and last pixel, top to bottom: what is much lower than a line, such as the dots of letters, goes with the
/// nearest one.
fn whole_rows(rows: &[Area]) -> Vec<(u32, u32)> {
    let high = rows.iter().map(|row| row.height).max().unwrap_or(0);
    let mut whole: Vec<(u32, u32)> = Vec::new();
    let mut above: Option<u32> = None;
    for row in rows {
        let is_line = row.height * 3 > high;
        let gap = whole.last().map(|(_, bottom)| row.top.saturating_sub(*bottom));
        if is_line {
            whole.push((above.take().unwrap_or(row.top), row.bottom()));
            continue;
        }
        let next = rows.iter().find(|next| next.top > row.top && next.height * 3 > high);
        let to_next = next.map(|next| next.top.saturating_sub(row.bottom()));
        match (gap, to_next, whole.last_mut()) {
            (Some(before), after, Some(last)) if after.is_none_or(|after| before <= after) => {
                last.1 = row.bottom();
            }
            _ => {
                above.get_or_insert(row.top);
            }
        }
    }
    whole
}

/// The grey of the paper: the one that most pixels have among the lighter half, or the darker one under white writing.
fn paper_of(block: &Gray) -> u8 {
    let mut counts = [0_u64; 256];
    for y in 0..block.height() {
        for pixel in block.row(y) {
            if let Some(count) = counts.get_mut(usize::from(*pixel)) {
                *count += 1;
            }
        }
    }
    let most = (0_u8..=255).zip(&counts).max_by_key(|(_, count)| **count);
    most.map_or(255, |(grey, _)| grey)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(top: u32, height: u32) -> Area {
        Area { left: 0, top, width: 40, height }
    }

    #[test]
    fn rows_are_set_apart_and_their_places_come_back() {
        let pixels = (0..40 * 60).map(|n| if (n / 40) % 20 < 15 { 30 } else { 240 });
        let mut pixels: Vec<u8> = pixels.collect();
        pixels[..200].fill(240);
        let block = Gray::new(40, 60, pixels).expect("as many pixels");
        let rows = [row(5, 10), row(20, 15), row(40, 15)];
        let spread = Spread::of(&block, &rows).expect("three rows");
        assert!(spread.block.height() > 60 + 4 * 15 - 10, "{}", spread.block.height());
        for (strip, was) in spread.strips.iter().zip(&rows) {
            assert_eq!(spread.block.row(strip.top + was.top - strip.was), block.row(was.top));
            let read = Area { left: 3, top: strip.top, width: 9, height: strip.height };
            let (_, back) = spread.back(&read);
            assert!(back.top <= was.top && back.bottom() >= was.bottom(), "{back:?} {was:?}");
            assert!(back.top + 6 > was.top && back.bottom() < was.bottom() + 6, "{back:?}");
        }
        let far = Area { left: 0, top: u32::MAX - 3, width: 9, height: 9 };
        assert_eq!(spread.back(&far).1.height, 0);
    }

    #[test]
    fn lines_side_by_side_in_a_row_are_one() {
        let line = |text: &str, left, width, confidence| OcrLine {
            text: text.to_owned(),
            area: Area { left, top: 10, width, height: 20 },
            confidence,
        };
        let split = vec![
            (Some(0), line("维鲁县", 130, 90, 0.9)),
            (Some(0), line("安克", 60, 60, 0.4)),
            (Some(1), line("blood samples", 60, 300, 0.8)),
            (Some(1), line("over it", 70, 200, 0.8)),
            (None, line("not", 60, 60, 0.8)),
            (None, line("parted", 60, 60, 0.8)),
        ];
        let whole = joined(split.clone(), false);
        let texts: Vec<_> = whole.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["安克维鲁县", "blood samples over it", "not", "parted"]);
        assert_eq!((whole[0].area.left, whole[0].area.width), (60, 160));
        assert!((whole[0].confidence - 0.7).abs() < 1e-6);
        assert!((whole[1].confidence - 0.4).abs() < 1e-6, "one lay over the other");
        assert_eq!(joined(split, true)[0].text, "维鲁县安克");
    }

    #[test]
    fn dots_go_with_the_nearest_line_and_one_line_is_left_as_it_is() {
        let rows = [row(3, 2), row(8, 20), row(30, 2), row(44, 20), row(70, 1)];
        assert_eq!(whole_rows(&rows), [(3, 32), (44, 71)]);
        let block = Gray::new(4, 4, vec![250; 16]).expect("as many pixels");
        assert!(Spread::of(&block, &[row(0, 3)]).is_none());
        assert!(Spread::of(&block, &[]).is_none());
    }
}
