//! The picture of a page as it is printed, for pages whose letters can be seen and not be read from the file. Drawing is `hayro`'s.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use hayro_syntax::page::Page;

use crate::picture::Gray;

/// Pixels a point: 300 dots an inch, at which small characters of Chinese can be told apart.
const FINEST: f64 = 300.0 / 72.0;
/// The most pixels of the picture of a page: a sheet of A3 has 17 million.
const MOST_PIXELS: f64 = 20_000_000.0;
/// The longest side of a picture.
const LONGEST_SIDE: f64 = 20_000.0;

/// The greys of a page, on white paper.
pub(super) fn picture_of(page: &Page<'_>) -> Result<Gray, String> {
    let (width, height) = page.render_dimensions();
    let (width, height) = (f64::from(width), f64::from(height));
    let most = (MOST_PIXELS / (width * height).max(1.0)).sqrt();
    let scale = FINEST.min(most).min(LONGEST_SIDE / width.max(height).max(1.0)) as f32;
    let size = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let cache = RenderCache::new();
    let drawn =
        render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &size);
    let grey = |red: u8, green: u8, blue: u8| {
        // As bright as the eye sees each colour (ITU-R BT.601, in hundreds and fifty-sixths).
        let sum = 77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue);
        u8::try_from(sum >> 8).unwrap_or(u8::MAX)
    };
    let greys = drawn.data().iter().map(|pixel| grey(pixel.r, pixel.g, pixel.b)).collect();
    Gray::new(u32::from(drawn.width()), u32::from(drawn.height()), greys)
        .ok_or_else(|| "the page has no size".to_owned())
}
