//! A picture as a document: one page, which wants OCR.

use witnessmark_text::{Content, ExtractError, Said};

use super::{Exif, Header};
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
    let content = Content {
        media_type: header.media_type.to_owned(),
        extractor: PICTURE_READER.to_owned(),
        says: says.collect(),
        warnings: exif.warnings,
        ..Content::default()
    };
    let (width, height) = match exif.quarters % 2 {
        0 => (header.width, header.height),
        _ => (header.height, header.width),
    };
    let page = Page {
        number: 1,
        width: width as f32,
        height: height as f32,
        read_by: ReadBy::Ocr,
        scanned: true,
        lines: Vec::new(),
    };
    Document { inside, content: Ok(content), pages: vec![page] }
}
