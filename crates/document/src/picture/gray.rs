//! A grey picture in memory: what is recognised, cut and shown.

/// A picture of one byte a pixel, row by row from the upper left; 0 is black.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gray {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

/// A rectangle of whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// The first column.
    pub left: u32,
    /// The first row.
    pub top: u32,
    /// How many columns.
    pub width: u32,
    /// How many rows.
    pub height: u32,
}

impl Area {
    /// The column after the last.
    pub fn right(&self) -> u32 {
        self.left.saturating_add(self.width)
    }

    /// The row after the last.
    pub fn bottom(&self) -> u32 {
        self.top.saturating_add(self.height)
    }

    /// The smallest area that holds both.
    pub fn union(&self, other: &Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = self.right().max(other.right());
        let bottom = self.bottom().max(other.bottom());
        Self { left, top, width: right - left, height: bottom - top }
    }

    /// The area with `margin` pixels more on each side.
    pub fn grown(&self, margin: u32) -> Self {
        let (left, top) = (self.left.saturating_sub(margin), self.top.saturating_sub(margin));
        Self {
            left,
            top,
            width: self.right().saturating_add(margin) - left,
            height: self.bottom().saturating_add(margin) - top,
        }
    }
}

impl Gray {
    /// A picture of these pixels; none if their number is not width × height, or a side is 0.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let wanted = u64::from(width) * u64::from(height);
        (wanted > 0 && wanted == pixels.len() as u64).then_some(Self { width, height, pixels })
    }

    /// The width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All of it as an area.
    pub fn area(&self) -> Area {
        Area { left: 0, top: 0, width: self.width, height: self.height }
    }

    /// The pixels of one row; empty below the last.
    pub fn row(&self, y: u32) -> &[u8] {
        let width = self.width as usize;
        let from = width * y as usize;
        self.pixels.get(from..from + width).unwrap_or_default()
    }

    /// The part of `area` that lies in the picture; none if nothing does.
    pub fn crop(&self, area: &Area) -> Option<Self> {
        let right = area.right().min(self.width);
        let bottom = area.bottom().min(self.height);
        let (width, height) = (right.checked_sub(area.left)?, bottom.checked_sub(area.top)?);
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        for y in area.top..bottom {
            pixels.extend_from_slice(self.row(y).get(area.left as usize..right as usize)?);
        }
        Self::new(width, height, pixels)
    }

    /// The picture turned by a quarter, clockwise.
    pub fn turned(&self) -> Self {
        let (width, height) = (self.height, self.width);
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..height {
            let column = self.pixels.iter().skip(y as usize).step_by(self.width as usize);
            pixels.extend(column.rev());
        }
        Self { width, height, pixels }
    }

    /// The picture with each side divided by `by`: each pixel the mean of the square that it stands for. What is left over at
    /// the right and lower edges is dropped. None if nothing would be left, or `by` is 0.
    pub fn reduced(&self, by: u32) -> Option<Self> {
        let (width, height) = (self.width.checked_div(by)?, self.height.checked_div(by)?);
        let square = u64::from(by) * u64::from(by);
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        let mut sums = vec![0_u64; width as usize];
        for y in 0..height {
            sums.fill(0);
            for row in y * by..(y + 1) * by {
                for (sum, part) in sums.iter_mut().zip(self.row(row).chunks_exact(by as usize)) {
                    *sum += part.iter().map(|pixel| u64::from(*pixel)).sum::<u64>();
                }
            }
            pixels.extend(sums.iter().map(|sum| u8::try_from(sum / square).unwrap_or(u8::MAX)));
        }
        Self::new(width, height, pixels)
    }

    /// The picture with each side doubled, between pixels linear. Small print is read better so.
    pub fn doubled(&self) -> Self {
        let (width, height) = (self.width.saturating_mul(2), self.height.saturating_mul(2));
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        let stretch = |row: &[u8]| -> Vec<u8> {
            let next = row.iter().skip(1).chain(row.last());
            row.iter().zip(next).flat_map(|(a, b)| [*a, a.midpoint(*b)]).collect()
        };
        for y in 0..self.height {
            let this = stretch(self.row(y));
            let next = stretch(self.row((y + 1).min(self.height - 1)));
            pixels.extend_from_slice(&this);
            pixels.extend(this.iter().zip(&next).map(|(a, b)| a.midpoint(*b)));
        }
        Self { width, height, pixels }
    }

    /// The picture with `margin` pixels around it, in the grey that most of its edge has.
    pub fn framed(&self, margin: u32) -> Self {
        let edge = [self.row(0), self.row(self.height - 1)].concat();
        let mut counts = [0_usize; 256];
        for pixel in edge {
            if let Some(count) = counts.get_mut(usize::from(pixel)) {
                *count += 1;
            }
        }
        let paper = (0_u8..=255).zip(counts).max_by_key(|(_, count)| *count);
        let paper = paper.map_or(255, |(grey, _)| grey);
        let added = margin.saturating_mul(2);
        let (width, height) = (self.width.saturating_add(added), self.height.saturating_add(added));
        let mut pixels = vec![paper; width as usize * height as usize];
        for y in 0..self.height {
            let from = (y + margin) as usize * width as usize + margin as usize;
            if let Some(place) = pixels.get_mut(from..from + self.width as usize) {
                place.copy_from_slice(self.row(y));
            }
        }
        Self { width, height, pixels }
    }

    /// The picture as a PGM file (Netpbm, binary, 255 greys).
    pub fn to_pgm(&self) -> Vec<u8> {
        let mut file = self.pgm_head();
        file.extend_from_slice(&self.pixels);
        file
    }

    /// What stands before the pixels of a PGM file of it.
    pub(crate) fn pgm_head(&self) -> Vec<u8> {
        format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes()
    }

    /// Gives its pixels away, row by row.
    pub(super) fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// Its pixels, row by row.
    pub(crate) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// A PGM file as [`Gray::to_pgm`] writes it; none if it is anything else.
    pub fn from_pgm(file: &[u8]) -> Option<Self> {
        let rest = file.strip_prefix(b"P5\n")?;
        let (size, rest) = rest.split_at(rest.iter().position(|byte| *byte == b'\n')?);
        let (width, height) = std::str::from_utf8(size).ok()?.split_once(' ')?;
        let pixels = rest.strip_prefix(b"\n255\n")?;
        Self::new(width.parse().ok()?, height.parse().ok()?, pixels.to_vec())
    }

    /// The grey that parts ink from paper (Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9, 1979): the one that
    /// makes the two groups most unlike.
    pub fn threshold(&self) -> u8 {
        let mut counts = [0_u64; 256];
        for pixel in &self.pixels {
            if let Some(count) = counts.get_mut(usize::from(*pixel)) {
                *count += 1;
            }
        }
        let total = self.pixels.len() as f64;
        let sum: f64 = counts.iter().enumerate().map(|(grey, n)| grey as f64 * *n as f64).sum();
        let (mut below, mut below_sum, mut best, mut at) = (0.0, 0.0, -1.0, 127);
        for (grey, count) in (0_u8..=255).zip(&counts) {
            below += *count as f64;
            below_sum += f64::from(grey) * *count as f64;
            let above = total - below;
            if below == 0.0 || above == 0.0 {
                continue;
            }
            let apart = below_sum / below - (sum - below_sum) / above;
            let unlike = below * above * apart * apart;
            if unlike > best {
                (best, at) = (unlike, grey);
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Gray {
        Gray::new(3, 2, vec![1, 2, 3, 4, 5, 6]).expect("six pixels")
    }

    #[test]
    fn a_picture_of_another_size_than_its_pixels_is_none() {
        assert_eq!(Gray::new(2, 2, vec![0; 3]), None);
        assert_eq!(Gray::new(0, 5, Vec::new()), None);
        assert_eq!(Gray::new(u32::MAX, u32::MAX, Vec::new()), None);
    }

    #[test]
    fn turning_four_times_gives_the_picture_back() {
        let once = sample().turned();
        assert_eq!((once.width(), once.row(0)), (2, &[4, 1][..]));
        assert_eq!(once.turned().turned().turned(), sample());
    }

    #[test]
    fn a_frame_has_the_grey_of_the_edge_and_leaves_the_rest() {
        let framed = sample().framed(2);
        assert_eq!((framed.width(), framed.height()), (7, 6));
        let inner = Area { left: 2, top: 2, width: 3, height: 2 };
        assert_eq!(framed.crop(&inner), Some(sample()));
        assert!(sample().row(0).contains(&framed.row(0)[0]) || framed.row(0)[0] == 6);
    }

    #[test]
    fn pgm_is_written_and_read_back() {
        assert_eq!(Gray::from_pgm(&sample().to_pgm()), Some(sample()));
        for broken in
            [&b"P5\n3 2\n255\n12345"[..], b"P6\n3 2\n255\n123456", b"P5\n-3 2\n255\n", b""]
        {
            assert_eq!(Gray::from_pgm(broken), None);
        }
    }

    #[test]
    fn areas_beyond_the_edge_are_cut_and_areas_outside_are_none() {
        let area = Area { left: 1, top: 0, width: 90, height: 1 };
        assert_eq!(sample().crop(&area), Gray::new(2, 1, vec![2, 3]));
        assert_eq!(sample().crop(&Area { left: 7, ..area }), None);
        let far = Area { left: u32::MAX, top: u32::MAX, width: u32::MAX, height: u32::MAX };
        assert_eq!(sample().crop(&far), None);
    }

    #[test]
    fn halving_what_was_doubled_keeps_an_even_picture() {
        let even = Gray::new(4, 4, vec![200; 16]).expect("sixteen pixels");
        assert_eq!(even.doubled().reduced(2), Some(even));
        assert_eq!(sample().reduced(0), None);
        assert_eq!(sample().reduced(5), None);
    }

    #[test]
    fn the_threshold_parts_ink_from_paper() {
        let pixels: Vec<u8> = (0..100).map(|n| if n % 5 == 0 { 30 } else { 240 }).collect();
        let at = Gray::new(10, 10, pixels).expect("a hundred pixels").threshold();
        assert!((30..240).contains(&at), "{at}");
    }
}
