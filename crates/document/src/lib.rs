//! Documents to text: what is printed on which page of a PDF file, what an office file, a mail or a book says, and what
//! lies inside an archive inside an archive.
//!
//! [`read`] turns bytes into [`Document`]s. It is a pure function of the bytes, the [`Hints`] and the [`Limits`], and meant
//! to run in a process that has nothing to lose: these formats are large, and their parsers are other people's.
//! Pages of the web and plain text go on to [`witnessmark_text::extract`].
//!
//! **Every offset counts Unicode code points** of the document's text, like everywhere in this project.

mod book;
mod days;
mod joined;
mod kind;
mod kinds;
mod little_endian;
mod mail;
mod names;
pub mod ocr;
mod office;
mod packed;
mod page;
mod pdf;
pub mod picture;
pub mod process;
mod sheet_text;
mod walk;

pub use joined::{Joined, Layout, LinePlace, PagePlace, Part, read_joined};
pub use kinds::is_read_apart;
pub use page::{Line, Page, ReadBy};

use serde::{Deserialize, Serialize};
use witnessmark_text::{Content, ExtractError, Hints};

use kind::Kind;
use names::{Places, place_name, shown};
use pdf::{Attached, PdfFile};
use picture::Gray;
use walk::{Place, Walk};

/// The name and version of what joins the documents of a file that says nothing itself, such as an archive.
pub const EXTRACTOR: &str = "witnessmark-document/1";

/// The readers of this version. Each raises its number whenever the same bytes would give another text.
const EXTRACTORS: &[&str] = &[
    witnessmark_text::EXTRACTOR,
    EXTRACTOR,
    book::READER,
    mail::READER,
    office::READER,
    packed::READER,
    pdf::READER,
    picture::PICTURE_READER,
];

/// Whether a text that this extractor gave would be the same today. What another program recognised in pictures is not read
/// again because that program changed.
pub fn is_current(extractor: &str) -> bool {
    let extractor = extractor.split(' ').next().unwrap_or_default();
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

/// Which pages are wanted as pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pictures {
    /// None.
    None,
    /// Those that want OCR.
    Scans,
    /// One page.
    Page {
        /// Where its document lies inside the file; none for the file itself.
        inside: Option<String>,
        /// Its number, from 1.
        page: u32,
    },
}

/// What is found in a file.
#[derive(Clone, Debug)]
pub enum Found {
    /// A document.
    Document(Box<Document>),
    /// A page of the document that was found last, as a picture.
    Picture {
        /// The page, from 1.
        page: u32,
        /// Its picture, or why there is none.
        picture: Result<Gray, String>,
    },
}

/// Reads a file, and hands on each document in it as it is found: first the file itself, then what lies inside it.
///
/// Nothing is written to disk, and no size that a file declares is believed.
pub fn read(bytes: &[u8], hints: &Hints, limits: &Limits, each: &mut dyn FnMut(Document)) {
    read_with_pictures(bytes, hints, limits, &Pictures::None, &mut |found| {
        if let Found::Document(document) = found {
            each(*document);
        }
    });
}

/// Reads a file as [`read`] does; behind each document follow the pictures of its pages that are wanted.
pub fn read_with_pictures(
    bytes: &[u8],
    hints: &Hints,
    limits: &Limits,
    pictures: &Pictures,
    each: &mut dyn FnMut(Found),
) {
    let mut walk = Walk::new(limits, pictures, each);
    read_at(&mut walk, bytes, hints, &Place::default(), Vec::new());
}

/// Reads a file by what its bytes are; `warnings` is what is known about it from around it.
fn read_at(walk: &mut Walk<'_>, bytes: &[u8], hints: &Hints, place: &Place, warnings: Vec<String>) {
    match kind::kind_of(bytes, hints) {
        Kind::Zip => packed::zip::read(walk, bytes, place, warnings),
        Kind::Gzip => packed::gzip::read(walk, bytes, hints, place, warnings),
        Kind::Tar => packed::tar::read(walk, &|| Box::new(bytes), place, warnings),
        Kind::Compound => office::compound::read(walk, bytes, place, warnings),
        Kind::Mail => mail::read_eml(walk, bytes, place, warnings),
        Kind::Tnef => mail::tnef::read(walk, bytes, place, warnings),
        Kind::Rtf => walk.hand_on(place, Ok(office::rtf::read(bytes, warnings))),
        Kind::Pdf => read_pdf(walk, bytes, place, warnings),
        Kind::Picture => {
            let Document { content, pages, .. } = picture::read_picture(bytes, None);
            let content = content.map(|mut content| {
                content.warnings.splice(0..0, warnings);
                content
            });
            let wanted = walk.wanted(place, &pages);
            walk.hand_on_pages(place, content, pages);
            for page in wanted {
                walk.hand_on_picture(page, picture::page_of(bytes, page));
            }
        }
        Kind::Named(media_type) => {
            let media_type = media_type.to_owned();
            walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
        }
        Kind::Text => {
            let content = sheet_text::read(bytes, hints).map(|mut content| {
                content.warnings.splice(0..0, warnings);
                content
            });
            walk.hand_on(place, content);
        }
    }
}

/// The place of the pictures that stand beside the text of a PDF file.
const PICTURES: &str = "pictures";

/// Reads a PDF file, then the pictures beside its text, and then the files inside it.
fn read_pdf(walk: &mut Walk<'_>, bytes: &[u8], place: &Place, warnings: Vec<String>) {
    let may_open = walk.may_open(place);
    let most = if may_open { walk.files_left() } else { 0 };
    let PdfFile { mut content, pages, beside, drawn, attached } =
        match pdf::read(bytes, &walk.limits, most) {
            Ok(file) => file,
            Err(error) => return walk.hand_on(place, Err(error)),
        };
    content.warnings.splice(0..0, warnings);
    let mut places = Places::default();
    let beside_text = match beside.is_empty() {
        true => None,
        false => Some(places.add(PICTURES.to_owned()).0),
    };
    let mut inside = Vec::new();
    for Attached { name, bytes } in attached {
        let (name, problems) = place_name(&name);
        content.warnings.extend(problems);
        let (name, problem) = places.add(name);
        content.warnings.extend(problem);
        match bytes {
            Some(bytes) => inside.push((name, bytes)),
            None => content.warnings.push(format!(
                "files: {} is embedded in it, damaged or too large, and was not read",
                shown(&name)
            )),
        }
    }
    let wanted = walk.wanted(place, &pages);
    walk.hand_on_pages(place, Ok(content), pages);
    pdf::pictures(bytes, &wanted, &drawn, &mut |page, picture| {
        walk.hand_on_picture(page, picture);
    });
    if let Some(name) = beside_text {
        let place = place.within(&name);
        let wanted = walk.wanted(&place, &beside);
        walk.hand_on_pages(&place, Ok(pdf::pictures_beside(&beside)), beside);
        pdf::pictures(bytes, &wanted, &[], &mut |page, picture| {
            walk.hand_on_picture(page, picture);
        });
    }
    let count = inside.len();
    for (index, (name, bytes)) in inside.into_iter().enumerate() {
        if !walk.has_room() {
            return walk.leave_out(place, &name, count - index - 1);
        }
        let (bytes, problem) = walk.unpack(bytes.as_slice());
        let hints = Hints { file_name: Some(name.clone()), ..Hints::default() };
        walk.read_inner(place, &name, &bytes, &hints, problem.into_iter().collect());
    }
}

/// A count as an index of this machine.
fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
