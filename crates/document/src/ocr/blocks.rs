//! A page cut into blocks: columns, headings and paragraphs that white space parts.
//!
//! The recursive X-Y cut (Nagy and Seth, "Hierarchical representation of optically scanned documents", 7th International
//! Conference on Pattern Recognition, 1984), on a reduced picture. Tesseract's own cutting loses whole lines of Tibetan.

use crate::picture::{Area, Gray};

/// Cutting is done on a picture whose longer side is about so many pixels.
const REDUCED: u32 = 1200;
/// More blocks than this are no page of writing: it is read as one.
const MOST_BLOCKS: usize = 60;
/// Cuts within cuts.
const DEPTH: u32 = 12;

/// The blocks of a page in reading order, each with the height of its lines; `from_right`: columns are read from the right.
pub(super) fn blocks(page: &Gray, from_right: bool) -> Vec<Area> {
    let by = page.width().max(page.height()).div_ceil(REDUCED).max(1);
    let Some(ink) = Ink::of(page, by) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(whole) =
        ink.trimmed(&Area { left: 0, top: 0, width: ink.width, height: ink.height })
    {
        let line = ink.line_height(&whole);
        ink.cut(&whole, line, from_right, DEPTH, &mut found);
        if found.len() > MOST_BLOCKS {
            found = vec![whole];
        }
    }
    let full = |area: &Area| Area {
        left: area.left * by,
        top: area.top * by,
        width: area.width * by,
        height: area.height * by,
    };
    found.iter().map(full).collect()
}

/// The rows of writing in an area, top to bottom.
pub(super) fn rows(page: &Gray, area: &Area) -> Vec<Area> {
    let Some(part) = page.crop(area) else { return Vec::new() };
    let Some(ink) = Ink::of(&part, 1) else { return Vec::new() };
    let whole = Area { left: 0, top: 0, width: ink.width, height: ink.height };
    let found = runs(&ink.rows(&whole), ink.width / 200);
    let row = |(from, to): (u32, u32)| Area {
        left: area.left,
        top: area.top + from,
        width: part.width(),
        height: to - from,
    };
    found.into_iter().map(row).collect()
}

/// Whether the page has more columns that white parts than rows: lines that run up or down.
pub(super) fn lies_on_its_side(page: &Gray) -> bool {
    let by = page.width().max(page.height()).div_ceil(REDUCED).max(1);
    let Some(ink) = Ink::of(page, by) else { return false };
    let whole = Area { left: 0, top: 0, width: ink.width, height: ink.height };
    runs(&ink.columns(&whole), ink.height / 200).len()
        > runs(&ink.rows(&whole), ink.width / 200).len()
}

/// Where ink is.
struct Ink {
    width: u32,
    height: u32,
    dark: Vec<bool>,
}

impl Ink {
    /// The ink of a page, reduced: what differs from the paper, be the paper light or dark.
    fn of(page: &Gray, by: u32) -> Option<Self> {
        let small = if by > 1 { page.reduced(by)? } else { page.clone() };
        let threshold = small.threshold();
        let mut dark = Vec::with_capacity(small.width() as usize * small.height() as usize);
        for y in 0..small.height() {
            dark.extend(small.row(y).iter().map(|pixel| *pixel <= threshold));
        }
        // Bold writing set close darkens up to half of its block.
        if dark.iter().filter(|is| **is).count() * 3 > dark.len() * 2 {
            dark.iter_mut().for_each(|is| *is = !*is);
        }
        Some(Self { width: small.width(), height: small.height(), dark })
    }

    fn line(&self, y: u32, area: &Area) -> &[bool] {
        let from = self.width as usize * y as usize;
        self.dark.get(from + area.left as usize..from + area.right() as usize).unwrap_or_default()
    }

    /// How much ink each row of the area has.
    fn rows(&self, area: &Area) -> Vec<u32> {
        let count = |y| self.line(y, area).iter().map(|dark| u32::from(*dark)).sum();
        (area.top..area.bottom()).map(count).collect()
    }

    /// How much ink each column of the area has.
    fn columns(&self, area: &Area) -> Vec<u32> {
        let mut columns = vec![0; area.width as usize];
        for y in area.top..area.bottom() {
            for (column, dark) in columns.iter_mut().zip(self.line(y, area)) {
                *column += u32::from(*dark);
            }
        }
        columns
    }

    /// The area without its empty edges; none where there is no ink.
    fn trimmed(&self, area: &Area) -> Option<Area> {
        let ends = |amounts: &[u32]| -> Option<(u32, u32)> {
            let runs = runs(amounts, 0);
            Some((runs.first()?.0, runs.last()?.1))
        };
        let (top, bottom) = ends(&self.rows(area))?;
        let (left, right) = ends(&self.columns(area))?;
        Some(Area {
            left: area.left + left,
            top: area.top + top,
            width: right - left,
            height: bottom - top,
        })
    }

    /// The middle height of the rows of writing.
    fn line_height(&self, area: &Area) -> u32 {
        let mut heights: Vec<u32> = runs(&self.rows(area), 0)
            .iter()
            .map(|(from, to)| to - from)
            .filter(|height| *height > 3)
            .collect();
        heights.sort_unstable();
        heights.get(heights.len() / 2).copied().unwrap_or(12).clamp(6, 200)
    }

    fn cut(&self, area: &Area, line: u32, from_right: bool, depth: u32, found: &mut Vec<Area>) {
        let gap = |amounts: &[u32]| -> Option<(u32, u32)> {
            let runs = runs(amounts, 0);
            let gaps = runs.windows(2).map(|pair| match pair {
                [before, after] => (before.1, after.0),
                _ => (0, 0),
            });
            gaps.max_by_key(|(from, to)| to - from)
        };
        let size = |gap: Option<(u32, u32)>| gap.map_or(0, |(from, to)| to - from);
        // A gutter is wider than the spaces of a line that is set wide; a paragraph's gap higher than a line with its leading.
        let (across, down) = (gap(&self.rows(area)), gap(&self.columns(area)));
        let (across_size, down_size) = (size(across), size(down));
        let high = across_size * 2 > line * 3;
        let wide = down_size > line * 2 && area.height > line * 3;
        let halves = match (across, down) {
            (Some((from, to)), _) if depth > 0 && high && (!wide || across_size >= down_size) => [
                Area { height: from, ..*area },
                Area { top: area.top + to, height: area.height - to, ..*area },
            ],
            (_, Some((from, to))) if depth > 0 && wide => {
                let left = Area { width: from, ..*area };
                let right = Area { left: area.left + to, width: area.width - to, ..*area };
                if from_right { [right, left] } else { [left, right] }
            }
            _ => {
                // Dust is no block.
                if area.height * 3 >= line && area.width * 3 >= line {
                    found.push(*area);
                }
                return;
            }
        };
        for half in halves {
            if let Some(half) = self.trimmed(&half) {
                self.cut(&half, line, from_right, depth - 1, found);
            }
        }
    }
}

/// From where to where amounts are above `least`.
fn runs(amounts: &[u32], least: u32) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for (at, amount) in (0_u32..).zip(amounts) {
        if *amount <= least {
            continue;
        }
        match found.last_mut() {
            Some((_, to)) if *to == at => *to = at + 1,
            _ => found.push((at, at + 1)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A white page with black areas.
    fn page(width: u32, height: u32, ink: &[(u32, u32, u32, u32)]) -> Gray {
        let mut pixels = vec![250; (width * height) as usize];
        for (left, top, wide, high) in ink {
            for y in *top..top + high {
                for x in *left..left + wide {
                    pixels[(y * width + x) as usize] = 20;
                }
            }
        }
        Gray::new(width, height, pixels).expect("as many pixels")
    }

    /// Lines of writing of 12 pixels each 22.
    fn lines(left: u32, top: u32, width: u32, count: u32) -> Vec<(u32, u32, u32, u32)> {
        (0..count).map(|n| (left, top + n * 22, width, 12)).collect()
    }

    #[test]
    fn columns_and_headings_are_blocks_and_lines_are_not() {
        let mut ink = lines(50, 40, 700, 1);
        ink.extend(lines(50, 140, 300, 8));
        ink.extend(lines(450, 140, 300, 8));
        let page = page(800, 600, &ink);
        let lefts: Vec<_> = blocks(&page, false).iter().map(|b| (b.left, b.top)).collect();
        assert_eq!(lefts, [(50, 40), (50, 140), (450, 140)]);
        let lefts: Vec<_> = blocks(&page, true).iter().map(|b| (b.left, b.top)).collect();
        assert_eq!(lefts, [(50, 40), (450, 140), (50, 140)], "columns from the right");
        let first = blocks(&page, false)[1];
        assert_eq!(rows(&page, &first).len(), 8);
    }

    #[test]
    fn an_empty_page_has_no_block_and_a_page_of_dots_is_one() {
        assert_eq!(blocks(&page(300, 300, &[]), false), []);
        let dots: Vec<_> =
            (0..20).flat_map(|y| (0..20).map(move |x| (x * 60, y * 60, 9, 9))).collect();
        assert!(blocks(&page(1200, 1200, &dots), false).len() <= MOST_BLOCKS);
    }

    #[test]
    fn white_writing_on_black_is_writing() {
        let white = page(400, 300, &lines(40, 40, 300, 4));
        let mut pixels = Vec::new();
        for y in 0..300 {
            pixels.extend(white.row(y).iter().map(|pixel| 255 - pixel));
        }
        let black = Gray::new(400, 300, pixels).expect("as many pixels");
        assert_eq!(blocks(&black, false), blocks(&white, false));
    }
}
