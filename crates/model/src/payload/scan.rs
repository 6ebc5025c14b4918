//! What a program read in a picture, and the person who compared it.

use serde::{Deserialize, Serialize};

use crate::id::PassageId;

/// A passage was read in a picture by a program, and where its lines stand there. Comes in one batch with its passage; no
/// claim may rest on the passage before a [`PassageConfirmed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassageOnPicture {
    /// The passage.
    pub passage: PassageId,
    /// What read it, as the extraction says: name, version, and for OCR its languages.
    pub reader: String,
    /// The place of the picture inside the captured file, as names parted by `/`; none for the file itself.
    pub inside: Option<String>,
    /// Its lines, in the order of the text.
    pub lines: Vec<LineOnPicture>,
}

/// Where a line stands. Edges are ten-thousandths of the page's width or height, from its left upper corner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOnPicture {
    /// The page, from 1.
    pub page: u64,
    /// The left edge.
    pub left: u64,
    /// The upper edge.
    pub top: u64,
    /// The right edge.
    pub right: u64,
    /// The lower edge.
    pub bottom: u64,
    /// The language that it was read in, BCP 47, as far as that is known.
    pub language: Option<String>,
    /// How sure the program was of it, in hundredths, as far as it says so.
    pub confidence: Option<u64>,
}

/// A person compared a passage with its picture. Who, and when, is what every entry says: its actor, its signature, its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassageConfirmed {
    /// The passage.
    pub passage: PassageId,
    /// What the person reads there, where it is not what the program read.
    pub reads: Option<String>,
    /// The name under which the person stands for it in dossiers; none: no name is shown.
    pub by: Option<String>,
    /// A remark.
    pub note: Option<String>,
}
