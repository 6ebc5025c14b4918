//! A picture as a document: a page that wants OCR, or several in a TIFF file.

use witnessmark_text::{Content, ExtractError, Said};

use super::tiff_pages::Pages;
use super::{BIG_TIFF, Exif, Header, animation};
use crate::{Document, Page, ReadBy};

/// The name and version of this reader: what it says of a picture before anything recognised its writing.
pub const PICTURE_READER: &str = "witnessmark-picture/1";

/// Reads what a picture says of itself. Its pixels are not decoded.
pub(crate) fn read_picture(bytes: &[u8], inside: Option<String>) -> Document {
    let header = match Header::read(bytes) {
        Ok(header) => header,
        Err(error) => {
            let content = Err(ExtractError::Picture { why: error.to_string() });
            return Document { inside, content, pages: Vec::new() };
        }
    };
    let exif = Exif::read(bytes, &header);
    let says = exif.fields.into_iter().map(|(tag, value)| Said { tag, value });
    let mut content = Content {
        media_type: header.media_type.to_owned(),
        extractor: PICTURE_READER.to_owned(),
        says: says.collect(),
        warnings: exif.warnings,
        ..Content::default()
    };
    let mut pages = Vec::new();
    let inside_it = Pages::of(bytes);
    content.warnings.extend(inside_it.problem.clone());
    if BIG_TIFF.iter().any(|first| bytes.starts_with(first)) {
        content
            .warnings
            .push("size: it is a BigTIFF file; only its first page is looked at".to_owned());
    }
    if animation::is_moving(bytes) {
        content.warnings.push("animation: only its first picture is looked at".to_owned());
    }
    for number in 1..=inside_it.count() {
        // The first page lies as the Exif data says; of the others nothing is said.
        let (header, quarters) = match (number, inside_it.page(bytes, number)) {
            (1, _) => (header, exif.quarters),
            (_, Some(page)) if let Ok(header) = Header::of_page(page.clone()) => (header, 0),
            _ => {
                content.warnings.push(format!("damaged: page {number} has no size that is known"));
                continue;
            }
        };
        let (width, height) = match quarters % 2 {
            0 => (header.width, header.height),
            _ => (header.height, header.width),
        };
        pages.push(Page {
            number,
            width: width as f32,
            height: height as f32,
            read_by: ReadBy::Ocr,
            scanned: true,
            lines: Vec::new(),
        });
    }
    Document { inside, content: Ok(content), pages }
}
