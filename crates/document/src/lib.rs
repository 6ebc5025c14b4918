//! Documents to text: what is printed on which page of a PDF file, what an office file, a mail or a book says, and what
//! lies inside an archive inside an archive.
//!
//! [`read`] turns bytes into [`Document`]s. It is a pure function of the bytes, the [`Hints`] and the [`Limits`], and meant
//! to run in a process that has nothing to lose: these formats are large, and their parsers are other people's.
//! Pages of the web and plain text go on to [`witnessmark_text::extract`].
//!
//! **Every offset counts Unicode code points** of the document's text, like everywhere in this project.

mod joined;
mod kinds;
mod page;
pub mod process;

pub use joined::{Joined, Layout, PagePlace, Part, read_joined};
pub use kinds::is_read_apart;
pub use page::{Line, Page, ReadBy};

use serde::{Deserialize, Serialize};
use witnessmark_text::{Content, ExtractError, Hints, extract};

/// The name and version of what joins the documents of a file that says nothing itself, such as an archive.
pub const EXTRACTOR: &str = "witnessmark-document/1";

/// The readers of this version. Each raises its number whenever the same bytes would give another text.
const EXTRACTORS: &[&str] = &[witnessmark_text::EXTRACTOR, EXTRACTOR];

/// Whether a text that this extractor gave would be the same today.
pub fn is_current(extractor: &str) -> bool {
    let name = |full: &str| full.split('/').next().map(str::to_owned);
    match EXTRACTORS.iter().find(|known| name(known) == name(extractor)) {
        Some(known) => *known == extractor,
        None => true,
    }
}

/// How far a reader goes. What a limit leaves out is named in a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How deep archives may lie in archives; at 0 none is opened.
    pub depth: u32,
    /// How many files of archives are read, over all depths.
    pub files: u64,
    /// How many bytes are unpacked, over all files and depths.
    pub unpacked: u64,
    /// How many pages of one document are read.
    pub pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 4, files: 10_000, unpacked: 1 << 30, pages: 20_000 }
    }
}

/// One document: the file itself, or one that lies inside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Where it lies inside the file that was read: names from the outermost archive inwards, parted by `/`. None for
    /// the file itself.
    pub inside: Option<String>,
    /// What it says, or why it cannot be read.
    pub content: Result<Content, ExtractError>,
    /// Its pages with the place of every line, where the format has any. Pages without lines are pictures.
    pub pages: Vec<Page>,
}

/// Reads a file, and hands on each document in it as it is found.
pub fn read(bytes: &[u8], hints: &Hints, _limits: &Limits, each: &mut dyn FnMut(Document)) {
    let content = extract(bytes, hints).map(Content::from);
    each(Document { inside: None, content, pages: Vec::new() });
}
