//! A part of a page with boxes around its lines, for a person to look at.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use super::{Area, Gray};

/// The colour of the boxes: a red that no paper and no ink of a grey picture has.
const BOX: Rgb<u8> = Rgb([214, 0, 48]);
/// Lines lower than this are doubled, so that a person can read them.
const SMALL_LINE: u32 = 28;

/// The part of a page around some lines, with a box around each, as a PNG file; none where no line lies on the page.
pub fn marked(page: &Gray, lines: &[Area]) -> Option<Vec<u8>> {
    let around = lines.iter().copied().reduce(|all, line| all.union(&line))?;
    let mut heights: Vec<u32> = lines.iter().map(|line| line.height.min(line.width)).collect();
    heights.sort_unstable();
    let height = heights.get(heights.len() / 2).copied()?.max(1);
    // Two lines above and below are worth seeing.
    let shown = around.grown(height.saturating_mul(5) / 2);
    let part = page.crop(&shown)?;
    let (part, by) = match height < SMALL_LINE && part.width().max(part.height()) < 2000 {
        true => (part.doubled(), 2),
        false => (part, 1),
    };
    let mut picture = RgbImage::new(part.width(), part.height());
    for (y, row) in picture.rows_mut().enumerate() {
        let greys = part.row(u32::try_from(y).unwrap_or(u32::MAX));
        for (pixel, grey) in row.zip(greys) {
            *pixel = Rgb([*grey; 3]);
        }
    }
    for line in lines {
        let left = line.left.saturating_sub(shown.left).saturating_mul(by);
        let top = line.top.saturating_sub(shown.top).saturating_mul(by);
        let (width, height) = (line.width.saturating_mul(by), line.height.saturating_mul(by));
        outline(&mut picture, Area { left, top, width, height }.grown(4));
    }
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).ok()?;
    Some(file.into_inner())
}

/// Draws a frame of two pixels just inside an area.
fn outline(picture: &mut RgbImage, area: Area) {
    let (right, bottom) = (area.right().min(picture.width()), area.bottom().min(picture.height()));
    for y in area.top..bottom {
        for x in area.left..right {
            let on_edge =
                x < area.left + 2 || x + 2 >= right || y < area.top + 2 || y + 2 >= bottom;
            if let Some(pixel) = picture.get_pixel_mut_checked(x, y).filter(|_| on_edge) {
                *pixel = BOX;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_around_the_lines_is_shown_with_a_box_around_each() {
        let page = Gray::new(400, 600, vec![240; 240_000]).expect("as many pixels");
        let lines = [
            Area { left: 40, top: 200, width: 300, height: 30 },
            Area { left: 40, top: 250, width: 120, height: 30 },
        ];
        let png = marked(&page, &lines).expect("both lie on it");
        let shown = image::load_from_memory(&png).expect("a picture").to_rgb8();
        assert_eq!((shown.width(), shown.height()), (400, 30 + 50 + 150));
        let red = shown.pixels().filter(|pixel| **pixel == BOX).count();
        assert!(red > 2 * (300 + 120 + 60) * 2 && red < 3 * (300 + 120 + 80) * 2, "{red}");
        assert_eq!(shown.get_pixel(100, 90), &Rgb([240; 3]));
    }

    #[test]
    fn a_place_outside_the_page_has_no_picture() {
        let page = Gray::new(40, 60, vec![240; 2400]).expect("as many pixels");
        let far = Area { left: 400, top: 600, width: 10, height: 10 };
        assert_eq!(marked(&page, &[far]), None);
        assert_eq!(marked(&page, &[]), None);
        let huge = Area { left: 0, top: 0, width: u32::MAX, height: u32::MAX };
        assert!(marked(&page, &[huge]).is_some());
    }
}
