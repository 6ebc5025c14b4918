//! Pictures: how large they are, what they say of themselves, and their pixels.
//!
//! [`Header::read`] looks at the first bytes only, and refuses what would be too large before anything is decoded.

mod animation;
mod exif;
mod gray;
mod mark;
mod memory;
mod reading;
mod tiff_pages;

use std::io::Cursor;

use image::metadata::Orientation;
use image::{
    DynamicImage, GenericImageView as _, ImageDecoder as _, ImageFormat, ImageReader, Limits,
    Pixel as _,
};
use thiserror::Error;

pub use exif::Exif;
pub use gray::{Area, Gray};
pub use mark::marked;
pub use reading::PICTURE_READER;
pub(crate) use reading::read_picture;

use tiff_pages::PageBytes;

/// The most pixels that are decoded: a sheet of A3 at 600 dots an inch has 70 million.
pub const MOST_PIXELS: u64 = 120_000_000;
/// The most memory that decoding may take with the file itself, in bytes: less than the process that reads has.
const MOST_MEMORY: u64 = 704 << 20;

/// Why a picture is not decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PictureError {
    /// It is no picture of a kind that is read.
    #[error("it is no picture of a kind that is read: PNG, JPEG, TIFF, WebP, GIF or BMP")]
    Unknown,
    /// Its first bytes are damaged.
    #[error("its header is damaged: {why}")]
    Header {
        /// What the decoder said.
        why: String,
    },
    /// It is too large.
    #[error("it is {width} by {height} pixels; more than {} million are not decoded", MOST_PIXELS / 1_000_000)]
    TooLarge {
        /// Its width by its header.
        width: u32,
        /// Its height by its header.
        height: u32,
    },
    /// Its pixels are not too many, but its format takes up too much of memory for each.
    #[error("it is {width} by {height} pixels, and decoding it takes {} MiB of memory; more than {} are not given", .needed >> 20, MOST_MEMORY >> 20)]
    TooHeavy {
        /// Its width by its header.
        width: u32,
        /// Its height by its header.
        height: u32,
        /// The memory that decoding takes, in bytes.
        needed: u64,
    },
    /// Its pixels are damaged, or it breaks off.
    #[error("it cannot be decoded: {why}")]
    Damaged {
        /// What the decoder said.
        why: String,
    },
}

/// What the first bytes of a picture say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its media type, by content.
    pub media_type: &'static str,
    /// Its width in pixels, before it is turned.
    pub width: u32,
    /// Its height in pixels, before it is turned.
    pub height: u32,
}

/// The kinds that are read, each also by Tesseract's own library, with their media types.
const KINDS: [(ImageFormat, &str); 6] = [
    (ImageFormat::Png, "image/png"),
    (ImageFormat::Jpeg, "image/jpeg"),
    (ImageFormat::Tiff, "image/tiff"),
    (ImageFormat::WebP, "image/webp"),
    (ImageFormat::Gif, "image/gif"),
    (ImageFormat::Bmp, "image/bmp"),
];

/// A picture in a document may hold lines of words if it has so many pixels, and so many on each side: others are mostly signs
/// and ornaments.
const FEWEST_PIXELS: u64 = 200_000;
const FEWEST_ON_A_SIDE: u32 = 150;

/// How TIFF files begin whose places have eight bytes.
const BIG_TIFF: [&[u8]; 2] = [b"II+\0", b"MM\0+"];

/// The kind of picture that begins with these bytes; the name of a file says nothing.
fn kind_of(bytes: &[u8]) -> Option<(ImageFormat, &'static str)> {
    // Large TIFF files, whose places have eight bytes.
    let is_big = bytes.starts_with(BIG_TIFF[0]) || bytes.starts_with(BIG_TIFF[1]);
    let format = if is_big { ImageFormat::Tiff } else { image::guess_format(bytes).ok()? };
    KINDS.into_iter().find(|(kind, _)| *kind == format)
}

/// Whether bytes are a picture of a kind that is read.
pub fn is_picture(bytes: &[u8]) -> bool {
    kind_of(bytes).is_some()
}

/// Whether a picture that is set into a document may hold words, by its first bytes.
pub(crate) fn may_hold_words(bytes: &[u8]) -> bool {
    match Header::read(bytes) {
        Ok(Header { width, height, .. }) => {
            let pixels = u64::from(width) * u64::from(height);
            pixels >= FEWEST_PIXELS && width.min(height) >= FEWEST_ON_A_SIDE
        }
        Err(PictureError::TooLarge { .. }) => true,
        Err(_) => false,
    }
}

/// The text of a decoder's error, on one line and not too long: parts of it may come from the file.
fn said(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(200).collect()
}

impl Header {
    /// Reads it, and refuses a picture of more than [`MOST_PIXELS`].
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        Self::of_page(PageBytes::first(bytes))
    }

    fn of_page(page: PageBytes<'_>) -> Result<Self, PictureError> {
        let (format, media_type) = kind_of(page.file()).ok_or(PictureError::Unknown)?;
        let header = |error: image::ImageError| PictureError::Header { why: said(&error) };
        let reader = reader_of(page, format);
        let (width, height) = reader.into_dimensions().map_err(header)?;
        let pixels = u64::from(width) * u64::from(height);
        if pixels > MOST_PIXELS {
            return Err(PictureError::TooLarge { width, height });
        }
        if pixels == 0 {
            return Err(PictureError::Header { why: "a side of it is 0 pixels long".to_owned() });
        }
        Ok(Self { media_type, width, height })
    }
}

/// The picture of a page, from 1, or why there is none. All but TIFF files have one page.
pub(crate) fn page_of(bytes: &[u8], page: u32) -> Result<Gray, String> {
    let page =
        tiff_pages::page(bytes, page).ok_or_else(|| format!("the picture has no page {page}"))?;
    // The libraries return errors; a panic would be their defect.
    let decoded = std::panic::catch_unwind(|| {
        let (pixels, orientation) = decoded(page)?;
        // Turned once it is grey: less to turn.
        Ok(gray_of(pixels).and_then(|gray| turned(gray, orientation)))
    })
    .map_err(|_| "a reader of pictures gave up".to_owned())?;
    let gray = decoded.map_err(|error: PictureError| error.to_string())?;
    gray.ok_or_else(|| "it has no pixels".to_owned())
}

/// A reader of a page, under limits.
fn reader_of(page: PageBytes<'_>, format: ImageFormat) -> ImageReader<PageBytes<'_>> {
    let mut reader = ImageReader::with_format(page, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    reader
}

/// The pixels of a page, and how they are to be turned; of an animation the first frame.
fn decoded(page: PageBytes<'_>) -> Result<(DynamicImage, Orientation), PictureError> {
    Header::of_page(page.clone())?;
    let file = page.file();
    let (format, _) = kind_of(file).ok_or(PictureError::Unknown)?;
    let damaged = |error: image::ImageError| PictureError::Damaged { why: said(&error) };
    let mut decoder = reader_of(page, format).into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let whole = decoder.total_bytes();
    // What decoders hold besides what they give (as of image 0.25): measured, and looked up in their source.
    let besides = match format {
        ImageFormat::Jpeg => file.len() as u64 + memory::of_progressive(file, pixels),
        ImageFormat::Tiff => whole,
        ImageFormat::WebP | ImageFormat::Gif => 4 * pixels,
        _ => 0,
    };
    let gray = if decoder.color_type() == image::ColorType::L8 { 0 } else { pixels };
    let needed = [file.len() as u64, besides, whole, gray].into_iter().fold(0, u64::saturating_add);
    if needed > MOST_MEMORY {
        return Err(PictureError::TooHeavy { width, height, needed });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(damaged)?, orientation))
}

/// The greys of pixels, as on white paper where they let light through; none if there are none.
fn gray_of(pixels: DynamicImage) -> Option<Gray> {
    let (width, height) = pixels.dimensions();
    let over_white = |pixel: image::LumaA<u8>| {
        let [grey, alpha] = pixel.0.map(u32::from);
        u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let greys = match pixels {
        DynamicImage::ImageRgba8(pixels) => {
            pixels.pixels().map(|pixel| over_white(pixel.to_luma_alpha())).collect()
        }
        pixels if pixels.color().has_alpha() => {
            pixels.into_luma_alpha8().pixels().map(|pixel| over_white(*pixel)).collect()
        }
        pixels => pixels.into_luma8().into_raw(),
    };
    Gray::new(width, height, greys)
}

/// A picture turned as its Exif says.
fn turned(gray: Gray, orientation: Orientation) -> Option<Gray> {
    if orientation == Orientation::NoTransforms {
        return Some(gray);
    }
    let (width, height) = (gray.width(), gray.height());
    let pixels = image::GrayImage::from_raw(width, height, gray.into_pixels())?;
    let mut pixels = DynamicImage::ImageLuma8(pixels);
    pixels.apply_orientation(orientation);
    let (width, height) = pixels.dimensions();
    Gray::new(width, height, pixels.into_luma8().into_raw())
}

/// A picture, decoded and turned upright as its Exif says.
pub struct Picture {
    pixels: DynamicImage,
}

impl Picture {
    /// Decodes a picture; of an animation the first frame.
    pub fn decode(bytes: &[u8]) -> Result<Self, PictureError> {
        let (mut pixels, orientation) = decoded(PageBytes::first(bytes))?;
        pixels.apply_orientation(orientation);
        Ok(Self { pixels })
    }

    /// Its width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.pixels.dimensions()
    }

    /// Its greys, as on white paper where it lets light through; none if it has no pixels.
    pub fn to_gray(&self) -> Option<Gray> {
        gray_of(self.pixels.clone())
    }

    /// A part of it as a PNG file, in its own colours; none if the area lies outside.
    pub fn cut(&self, area: &Area) -> Option<Vec<u8>> {
        let (width, height) = self.size();
        let wide = area.right().min(width).checked_sub(area.left).filter(|wide| *wide > 0)?;
        let high = area.bottom().min(height).checked_sub(area.top).filter(|high| *high > 0)?;
        let part = self.pixels.crop_imm(area.left, area.top, wide, high).to_rgb8();
        let mut file = Cursor::new(Vec::new());
        part.write_to(&mut file, ImageFormat::Png).ok()?;
        Some(file.into_inner())
    }
}

impl From<Gray> for Picture {
    fn from(gray: Gray) -> Self {
        let (width, height) = (gray.width(), gray.height());
        let rows: Vec<u8> = (0..height).flat_map(|y| gray.row(y).to_vec()).collect();
        let pixels = image::GrayImage::from_raw(width, height, rows).unwrap_or_default();
        Self { pixels: DynamicImage::ImageLuma8(pixels) }
    }
}
