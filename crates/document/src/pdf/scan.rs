//! The picture of a scanned page: what the pictures on it show, at their own resolution, each in its place.
//!
//! Pictures, masks and colour spaces are those of ISO 32000-1, 8.6 and 8.9; colours become greys. Text and drawing are left out:
//! this is for pages that have none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_syntax::Pdf;
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Op;
use hayro_syntax::object::stream::{ImageColorSpace, ImageDecodeParams};
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream, String as Bytes};
use hayro_syntax::page::{Page, Resources};

use super::decode::{decode, is_safe};
use super::drawing;
use super::matrix::Matrix;
use super::pages::contents;
use crate::picture::{Gray, MOST_PIXELS};

/// How deep forms may lie in forms.
const MAX_DEPTH: u32 = 8;
/// How many pictures of one page are drawn.
const MAX_PICTURES: usize = 400;
/// How many operators of one page are looked at.
const MAX_OPERATORS: u32 = 1_000_000;
/// The finest resolution that is kept, in pixels a point: 600 dots an inch.
const FINEST: f64 = 600.0 / 72.0;
/// The most pixels of the picture of a page.
const MOST_DRAWN: f64 = 60_000_000.0;

/// Hands on the picture of each of these pages, from 1, or why there is none. Of those in `drawn`, all that is printed is on it; of
/// the others, only what pictures show.
pub(crate) fn pictures(
    bytes: &[u8],
    wanted: &[u32],
    drawn: &[u32],
    each: &mut dyn FnMut(u32, Result<Gray, String>),
) {
    if wanted.is_empty() {
        return;
    }
    // A panic would be a defect of a library, and must not take the other pages with it.
    let opened = catch_unwind(|| Pdf::new(bytes.to_vec()).ok()).ok().flatten();
    for number in wanted {
        let page = || -> Option<Result<Gray, String>> {
            let pdf = opened.as_ref()?;
            let index = usize::try_from(number.checked_sub(1)?).ok()?;
            let page = pdf.pages().get(index)?;
            Some(match drawn.contains(number) {
                true => drawing::picture_of(page),
                false => picture_of(page),
            })
        };
        let found = catch_unwind(AssertUnwindSafe(page))
            .unwrap_or_else(|_| Some(Err("a reader of its pictures gave up".to_owned())));
        each(*number, found.unwrap_or_else(|| Err("there is no such page".to_owned())));
    }
}

fn picture_of(page: &Page<'_>) -> Result<Gray, String> {
    let (width, height) = page.render_dimensions();
    let (width, height) = (f64::from(width), f64::from(height));
    let matrix = Matrix(page.initial_transform(true).as_coeffs());
    let mut finder = Finder { placed: Vec::new(), operators: MAX_OPERATORS };
    finder.run(&contents(page).0, page.resources(), matrix, 0);
    let finest = finder.placed.iter().filter_map(Placed::resolution).fold(0.0, f64::max);
    let most = (MOST_DRAWN / (width * height).max(1.0)).sqrt();
    let scale = finest.min(FINEST).min(most);
    let size = |points: f64| (points * scale).round().clamp(0.0, 20_000.0) as u32;
    let mut canvas = Canvas::new(size(width), size(height), scale)
        .ok_or_else(|| "there is no picture on it that could be drawn".to_owned())?;
    let (mut drawn, mut left) = (0, MOST_PIXELS * 2);
    for placed in &finder.placed {
        if let Some(raster) = Raster::of(&placed.stream, &placed.resources, &mut left) {
            canvas.draw(&raster, &placed.matrix);
            drawn += 1;
        }
    }
    match (drawn, finder.placed.len()) {
        (0, _) => {
            Err("the pictures on it are damaged, too large, or of a kind that is not read"
                .to_owned())
        }
        _ => Gray::new(canvas.width, canvas.height, canvas.pixels)
            .ok_or_else(|| "it has no pixels".to_owned()),
    }
}

/// A picture on the page, with the map that brings the unit square to its place.
struct Placed<'a> {
    stream: Stream<'a>,
    resources: Resources<'a>,
    matrix: Matrix,
}

impl Placed<'_> {
    /// Its pixels a point.
    fn resolution(&self) -> Option<f64> {
        let [a, b, c, d, ..] = self.matrix.0;
        let across = f64::from(number(self.stream.dict(), "Width", "W")?) / a.hypot(b);
        let down = f64::from(number(self.stream.dict(), "Height", "H")?) / c.hypot(d);
        Some(across.max(down)).filter(|found| found.is_finite())
    }
}

struct Finder<'a> {
    placed: Vec<Placed<'a>>,
    operators: u32,
}

impl<'a> Finder<'a> {
    fn run(&mut self, data: &[u8], resources: &Resources<'a>, mut matrix: Matrix, depth: u32) {
        let mut kept: Vec<Matrix> = Vec::new();
        let mut operators = TypedIter::new(data);
        while let Some(operator) = operators.next() {
            if self.operators == 0 || self.placed.len() >= MAX_PICTURES {
                return;
            }
            self.operators -= 1;
            match operator {
                Op::SaveState(_) if kept.len() < 512 => kept.push(matrix),
                Op::RestoreState(_) => matrix = kept.pop().unwrap_or(matrix),
                Op::Transform(m) => {
                    let by = [m.0, m.1, m.2, m.3, m.4, m.5].map(|number: Number| number.as_f64());
                    matrix = Matrix(by).then(&matrix);
                }
                Op::XObject(name) => {
                    if let Some(stream) = resources.get_x_object(name.0) {
                        self.draw(&stream, resources, matrix, depth);
                    }
                }
                _ => {}
            }
        }
    }

    fn draw(&mut self, stream: &Stream<'a>, resources: &Resources<'a>, matrix: Matrix, depth: u32) {
        let dict = stream.dict();
        match dict.get::<Name<'_>>("Subtype").as_deref() {
            Some(b"Image") => {
                let (stream, resources) = (stream.clone(), resources.clone());
                self.placed.push(Placed { stream, resources, matrix });
            }
            Some(b"Form") if depth < MAX_DEPTH => {
                let Some(data) = decode(stream) else { return };
                let own = dict.get::<[f64; 6]>("Matrix").map_or(Matrix::IDENTITY, Matrix);
                let matrix = own.then(&matrix);
                match dict.get::<Dict<'a>>("Resources") {
                    Some(own) => self.run(&data, &Resources::new(own), matrix, depth + 1),
                    None => self.run(&data, resources, matrix, depth + 1),
                }
            }
            _ => {}
        }
    }
}

/// White paper that pictures are drawn on.
struct Canvas {
    width: u32,
    height: u32,
    /// Pixels a point.
    scale: f64,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: u32, height: u32, scale: f64) -> Option<Self> {
        let count = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
        (count > 0).then(|| Self { width, height, scale, pixels: vec![255; count] })
    }

    /// Draws a picture whose unit square `matrix` brings to the page, in points.
    fn draw(&mut self, raster: &Raster, matrix: &Matrix) {
        let matrix = matrix.then(&Matrix([self.scale, 0.0, 0.0, self.scale, 0.0, 0.0]));
        let [a, b, c, d, e, f] = matrix.0;
        let determinant = a * d - b * c;
        if !determinant.is_finite() || determinant.abs() < 1e-9 {
            return;
        }
        // Finer pictures are made coarser first, so that thin strokes stay.
        let by = (f64::from(raster.gray.width()) / a.hypot(b)).floor().clamp(1.0, 64.0) as u32;
        let reduced = if by > 1 { raster.gray.reduced(by) } else { None };
        let gray = reduced.as_ref().unwrap_or(&raster.gray);
        let place = matrix.area(0.0, 0.0, 1.0, 1.0);
        let clamp = |value: f64, most: u32| value.clamp(0.0, f64::from(most)) as u32;
        let (left, right) =
            (clamp(place.left.floor(), self.width), clamp(place.right.ceil(), self.width));
        let (top, bottom) =
            (clamp(place.top.floor(), self.height), clamp(place.bottom.ceil(), self.height));
        for y in top..bottom {
            let from = y as usize * self.width as usize;
            let row = self.pixels.get_mut(from + left as usize..from + right as usize);
            for (x, pixel) in (left..right).zip(row.unwrap_or_default()) {
                let (x, y) = (f64::from(x) + 0.5 - e, f64::from(y) + 0.5 - f);
                let across = (x * d - y * c) / determinant;
                let down = 1.0 - (y * a - x * b) / determinant;
                if !(0.0..1.0).contains(&across) || !(0.0..1.0).contains(&down) {
                    continue;
                }
                let ink = at(gray, across, down);
                let cover = raster.cover.as_ref().map_or(255, |cover| at(cover, across, down));
                let (ink, cover, paper) = (u32::from(ink), u32::from(cover), u32::from(*pixel));
                *pixel = u8::try_from((ink * cover + paper * (255 - cover)) / 255).unwrap_or(255);
            }
        }
    }
}

/// The pixel at a share of the width and of the height.
fn at(gray: &Gray, across: f64, down: f64) -> u8 {
    let (x, y) = (across * f64::from(gray.width()), down * f64::from(gray.height()));
    gray.row(y as u32).get(x as usize).copied().unwrap_or(255)
}

/// A picture in greys, and where it covers what lies under it.
struct Raster {
    gray: Gray,
    cover: Option<Gray>,
}

impl Raster {
    /// Decodes a picture; `left` is how many pixels may still be decoded.
    fn of(stream: &Stream<'_>, resources: &Resources<'_>, left: &mut u64) -> Option<Self> {
        let dict = stream.dict();
        let gray = greys(stream, resources, left)?;
        if dict.get::<bool>("ImageMask").or_else(|| dict.get::<bool>("IM")) == Some(true) {
            // Ink where the mask is 0; what colour it is does not matter to a reader.
            let cover = mapped(&gray, |grey| 255 - grey)?;
            let ink = mapped(&gray, |_| 0)?;
            return Some(Self { gray: ink, cover: Some(cover) });
        }
        let soft = dict.get::<Stream<'_>>("SMask");
        let hard = dict.get::<Stream<'_>>("Mask");
        let cover = match (soft, hard) {
            (Some(mask), _) => greys(&mask, resources, left),
            // A 1 leaves out (8.9.6.3).
            (None, Some(mask)) => {
                greys(&mask, resources, left).and_then(|gray| mapped(&gray, |grey| 255 - grey))
            }
            (None, None) => None,
        };
        Some(Self { gray, cover })
    }
}

fn mapped(gray: &Gray, map: impl Fn(u8) -> u8) -> Option<Gray> {
    let pixels = (0..gray.height()).flat_map(|y| gray.row(y).iter().map(|grey| map(*grey)));
    Gray::new(gray.width(), gray.height(), pixels.collect())
}

fn number(dict: &Dict<'_>, long: &str, short: &str) -> Option<u32> {
    dict.get::<u32>(long).or_else(|| dict.get::<u32>(short))
}

/// How samples become greys.
enum Colours {
    Gray,
    Rgb,
    Cmyk,
    /// Amounts of this many inks.
    Inks(u8),
    /// Places in a table of greys.
    Table(Vec<u8>),
}

impl Colours {
    /// How many samples a pixel has.
    fn samples(&self) -> u8 {
        match self {
            Self::Gray | Self::Table(_) => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
            Self::Inks(count) => *count,
        }
    }

    fn of(object: &Object<'_>, resources: &Resources<'_>, depth: u32) -> Option<Self> {
        if depth > 4 {
            return None;
        }
        let family = |name: &[u8]| match name {
            b"DeviceGray" | b"G" | b"CalGray" => Some(Self::Gray),
            b"DeviceRGB" | b"RGB" | b"CalRGB" => Some(Self::Rgb),
            b"DeviceCMYK" | b"CMYK" => Some(Self::Cmyk),
            _ => None,
        };
        match object {
            Object::Name(name) => family(name.as_ref()).or_else(|| {
                let named = resources.get_color_space(name)?;
                Self::of(&named, resources, depth + 1)
            }),
            Object::Array(array) => {
                let mut items = array.iter::<Object<'_>>();
                let Object::Name(name) = items.next()? else { return None };
                match name.as_ref() {
                    b"ICCBased" => {
                        let Object::Stream(profile) = items.next()? else { return None };
                        Self::of_count(profile.dict().get::<u8>("N")?)
                    }
                    b"Indexed" | b"I" => {
                        let base = Self::of(&items.next()?, resources, depth + 1)?;
                        let _highest = items.next()?;
                        let table = match items.next()? {
                            Object::String(bytes) => Bytes::as_ref(&bytes).to_vec(),
                            Object::Stream(stream) => decode(&stream)?.into_owned(),
                            _ => return None,
                        };
                        let colours = table.chunks_exact(usize::from(base.samples()).max(1));
                        Some(Self::Table(colours.map(|colour| base.grey(colour)).collect()))
                    }
                    b"Separation" => Some(Self::Inks(1)),
                    b"DeviceN" => {
                        let Object::Array(names) = items.next()? else { return None };
                        let count = names.iter::<Object<'_>>().take(33).count();
                        u8::try_from(count).ok().filter(|count| *count > 0).map(Self::Inks)
                    }
                    // The first of three is the lightness.
                    b"Lab" => Some(Self::Rgb),
                    other => family(other),
                }
            }
            _ => None,
        }
    }

    fn of_count(samples: u8) -> Option<Self> {
        match samples {
            1 => Some(Self::Gray),
            3 => Some(Self::Rgb),
            4 => Some(Self::Cmyk),
            _ => None,
        }
    }

    /// The grey of one pixel's samples, of 0 to 255 each (of a table: its place).
    fn grey(&self, samples: &[u8]) -> u8 {
        let sample = |at: usize| u32::from(samples.get(at).copied().unwrap_or(0));
        let luma = |red: u32, green: u32, blue: u32| {
            // ITU-R BT.601.
            u8::try_from((299 * red + 587 * green + 114 * blue) / 1000).unwrap_or(255)
        };
        match self {
            Self::Gray => samples.first().copied().unwrap_or(255),
            Self::Rgb => luma(sample(0), sample(1), sample(2)),
            Self::Cmyk => {
                let light = |ink: u32| 255 - (ink + sample(3)).min(255);
                luma(light(sample(0)), light(sample(1)), light(sample(2)))
            }
            Self::Inks(_) => 255 - samples.iter().copied().max().unwrap_or(0),
            Self::Table(table) => {
                samples.first().and_then(|at| table.get(usize::from(*at))).copied().unwrap_or(255)
            }
        }
    }
}

/// The pixels of a picture as greys.
fn greys(stream: &Stream<'_>, resources: &Resources<'_>, left: &mut u64) -> Option<Gray> {
    let dict = stream.dict();
    let (width, height) = (number(dict, "Width", "W")?, number(dict, "Height", "H")?);
    let pixels = u64::from(width) * u64::from(height);
    *left = left.checked_sub(pixels.max(1))?;
    if pixels > MOST_PIXELS || !is_safe(stream) {
        return None;
    }
    let is_mask = dict.get::<bool>("ImageMask").or_else(|| dict.get::<bool>("IM")) == Some(true);
    let space = dict.get::<Object<'_>>("ColorSpace").or_else(|| dict.get::<Object<'_>>("CS"));
    let mut colours = space.and_then(|space| Colours::of(&space, resources, 0));
    let told = number(dict, "BitsPerComponent", "BPC").and_then(|bits| u8::try_from(bits).ok());
    let decoded = stream
        .decoded_image(&ImageDecodeParams {
            is_indexed: matches!(colours, Some(Colours::Table(_))),
            bpc: told,
            num_components: colours.as_ref().map(Colours::samples),
            target_dimension: None,
            width,
            height,
        })
        .ok()?;
    let mut bits = if is_mask { 1 } else { told.unwrap_or(8) };
    let (mut width, mut height) = (width, height);
    if let Some(data) = &decoded.image_data {
        (bits, width, height) = (data.bits_per_component, data.width, data.height);
        let own = match data.color_space {
            Some(ImageColorSpace::Gray) => Some(Colours::Gray),
            Some(ImageColorSpace::Rgb) => Some(Colours::Rgb),
            Some(ImageColorSpace::Cmyk) => Some(Colours::Cmyk),
            _ => None,
        };
        // What the decoder gives goes before what the file says, but for tables and inks of one sample.
        if let Some(own) = own
            && colours.as_ref().is_none_or(|told| told.samples() != own.samples())
        {
            colours = Some(own);
        }
    }
    let colours = colours.unwrap_or(Colours::Gray);
    let inverted = dict
        .get::<Array<'_>>("Decode")
        .or_else(|| dict.get::<Array<'_>>("D"))
        .and_then(|decode| {
            let mut ends = decode.iter::<f64>();
            Some(ends.next()? > ends.next()?)
        })
        .unwrap_or(false);
    unpacked(&decoded.data, (width, height), bits, &colours, inverted)
}

/// Samples of `bits` each, rows beginning at a whole byte, as greys. What is missing at the end stays white.
fn unpacked(
    data: &[u8],
    (width, height): (u32, u32),
    bits: u8,
    colours: &Colours,
    inverted: bool,
) -> Option<Gray> {
    let count = u64::from(width) * u64::from(height);
    if count == 0 || count > MOST_PIXELS || !matches!(bits, 1 | 2 | 4 | 8 | 16) {
        return None;
    }
    let samples = usize::from(colours.samples());
    let row_bits = (width as usize).checked_mul(samples)?.checked_mul(usize::from(bits))?;
    let most = u8::try_from((1_u32 << bits.min(8)) - 1).ok()?;
    let is_table = matches!(colours, Colours::Table(_));
    let mut pixels = Vec::with_capacity(usize::try_from(count).ok()?);
    let mut pixel = vec![0_u8; samples];
    for row in data.chunks(row_bits.div_ceil(8).max(1)).take(height as usize) {
        for x in 0..width as usize {
            for (index, value) in pixel.iter_mut().enumerate() {
                let at = (x * samples + index) * usize::from(bits);
                let byte = row.get(at / 8).copied();
                let sample = match bits {
                    // Of 16 bits the upper 8 are enough.
                    8 | 16 => byte,
                    _ => byte.map(|byte| {
                        let shift = 8 - usize::from(bits) - at % 8;
                        (byte >> shift) & most
                    }),
                };
                let Some(sample) = sample else {
                    *value = if is_table { 0 } else { 255 };
                    continue;
                };
                let sample = if inverted { most - sample } else { sample };
                *value = match bits {
                    _ if is_table => sample,
                    8 | 16 => sample,
                    _ => u8::try_from(u32::from(sample) * 255 / u32::from(most)).unwrap_or(255),
                };
            }
            pixels.push(colours.grey(&pixel));
        }
    }
    pixels.resize(usize::try_from(count).ok()?, 255);
    Gray::new(width, height, pixels)
}
