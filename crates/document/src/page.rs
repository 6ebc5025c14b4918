//! Pages, and where their lines stand.

use serde::{Deserialize, Serialize};

/// What read the text of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBy {
    /// The file holds it as text.
    Text,
    /// A program made it out of a picture: no figure in it counts until a person has compared it with the picture.
    Ocr,
}

/// One page of a document, or one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Its place in the document, from 1.
    pub number: u32,
    /// Its width, in points of 1/72 inch (a picture: in pixels), after turning it as the file says.
    pub width: f32,
    /// Its height, in the same unit.
    pub height: f32,
    /// What read it.
    pub read_by: ReadBy,
    /// Whether pictures cover it and no text does, so that it wants OCR.
    pub scanned: bool,
    /// Its lines, in the order of the text.
    pub lines: Vec<Line>,
}

/// One line of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The first code point of it in the document's text.
    pub start: usize,
    /// The code point after its last.
    pub end: usize,
    /// The left edge of its box, from the page's left edge.
    pub left: f32,
    /// The upper edge of its box, from the page's upper edge.
    pub top: f32,
    /// The width of its box.
    pub width: f32,
    /// The height of its box.
    pub height: f32,
    /// How sure the OCR is of it, from 0 to 1; none where the file holds text.
    pub confidence: Option<f32>,
    /// The language that the OCR read it in, BCP 47; none where the file holds text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}
