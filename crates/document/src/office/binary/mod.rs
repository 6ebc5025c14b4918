//! Office files as they were until 2003: streams of records in a compound file ([MS-DOC], [MS-XLS], [MS-PPT]).

mod blips;
mod doc;
mod doc_file;
mod doc_looks;
mod doc_old;
mod ppt;
mod ppt_file;
mod properties;
mod xls;
mod xls_sheet;
mod xls_strings;

use encoding_rs::Encoding;
use witnessmark_text::{Content, ExtractError};

use super::compound::read_stream;
use super::flow::Flow;
use crate::little_endian::{index_at, u16_at, u32_at, u64_at};
use crate::mail::msg::Compound;
use crate::walk::{Budget, Place, Walk};

/// The most bytes of one stream that are read.
const MAX_STREAM: u64 = 256 << 20;

/// The kinds of files, by the stream that tells them.
const KINDS: &[(&str, Kind)] = &[
    ("WordDocument", Kind { media_type: "application/msword", read: doc::read }),
    ("Workbook", Kind { media_type: "application/vnd.ms-excel", read: xls::read }),
    ("Book", Kind { media_type: "application/vnd.ms-excel", read: xls::read }),
    ("PowerPoint Document", Kind { media_type: "application/vnd.ms-powerpoint", read: ppt::read }),
];

/// Storages that hold the macros of a file.
const MACROS: &[&str] = &["Macros", "_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"];

/// One kind of file: what it is called, and its reader.
struct Kind {
    media_type: &'static str,
    read: fn(&mut Folder<'_, '_>, &mut Paper) -> Result<(), Refusal>,
}

/// A folder of a compound file; the whole file is the one without a name.
pub(crate) struct Folder<'c, 'b> {
    file: &'c mut Compound<'b>,
    path: &'c str,
    /// How many bytes may still be unpacked: folders may share their bytes.
    budget: Budget,
}

/// What is written of a file while it is read.
#[derive(Default)]
pub(crate) struct Paper {
    flow: Flow,
    warnings: Vec<String>,
    title: Option<String>,
    author: Option<String>,
    inside: Vec<Inside>,
    /// How many pictures there are.
    pictures: u64,
}

/// A file that lies in the streams of a document.
pub(crate) struct Inside {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether the bytes are packed (zlib, RFC 1950).
    pub(crate) is_packed: bool,
}

/// Why a file is not read.
pub(crate) enum Refusal {
    /// It is encrypted.
    Password,
    /// It is of a kind that no reader is for: a version before 1997, say.
    Unknown(&'static str),
    /// It is not whole: what is wrong.
    Damaged(&'static str),
}

impl Folder<'_, '_> {
    /// Whether there is such a stream.
    fn has(&self, name: &str) -> bool {
        self.file.is_stream(format!("{}/{name}", self.path))
    }

    /// The bytes of a stream, as far as they can be read. What is wrong is said.
    fn stream(&mut self, name: &str, warnings: &mut Vec<String>) -> Option<Vec<u8>> {
        let path = format!("{}/{name}", self.path);
        if !self.file.is_stream(&path) {
            return None;
        }
        let stream = self.file.open_stream(&path).map(|stream| self.budget.count(stream));
        Some(read_stream(stream, name, MAX_STREAM, warnings))
    }
}

/// Reads the document in a folder of a compound file, if it is of one of the kinds. What lies inside it is left to the caller,
/// but for the files that its own streams hold. Gives whether it was read.
pub(crate) fn read(
    walk: &mut Walk<'_>,
    file: &mut Compound<'_>,
    path: &str,
    place: &Place,
    warnings: &[String],
) -> bool {
    // PowerPoint could write its newer form beside the older one.
    let newer = format!("{path}/PP97_DUALSTORAGE");
    let has_older = file.is_storage(&newer);
    let path = if has_older { &newer } else { path };
    let mut folder = Folder { file, path, budget: walk.budget.clone() };
    let Some((_, kind)) = KINDS.iter().find(|(stream, _)| folder.has(stream)) else { return false };
    let media_type = kind.media_type;
    let mut paper = Paper { warnings: warnings.to_vec(), ..Paper::default() };
    if has_older || (folder.has("Workbook") && folder.has("Book")) {
        paper.warnings.push(
            "versions: the same for an older program lies beside it, and was not read".to_owned(),
        );
    }
    if folder.has("Revision Log") {
        paper.warnings.push(
            "tracked changes: the file may tell who changed which cell; that was not read"
                .to_owned(),
        );
    }
    if folder.file.is_storage(format!("{path}/_SX_DB_CUR")) {
        paper.warnings.push(
            "pivot: copies of the rows behind pivot tables are in the file; they were not read"
                .to_owned(),
        );
    }
    properties::read(&mut folder, &mut paper);
    if MACROS.iter().any(|name| folder.file.is_storage(format!("{path}/{name}"))) {
        paper.warnings.push("macros: the file holds macros; none was run".to_owned());
    }
    let damaged =
        |reason: String| ExtractError::Damaged { media_type: media_type.to_owned(), reason };
    match (kind.read)(&mut folder, &mut paper) {
        Ok(()) => {
            let objects = std::mem::take(&mut paper.inside);
            let mut inside = Vec::new();
            if walk.may_open(place) {
                read_pictures(&mut folder, &mut inside);
            }
            paper.warnings.extend(super::picture_note(paper.pictures, inside.len()));
            inside.extend(objects);
            walk.hand_on(place, Ok(paper.finish(media_type)));
            super::compound::read_inside(walk, place, inside);
        }
        Err(Refusal::Password) => {
            let why = "password: the file is encrypted; it was not read".to_owned();
            walk.not_read(place, media_type, why);
        }
        Err(Refusal::Unknown(version)) => {
            walk.not_read(place, media_type, format!("version: {version}; it was not read"));
        }
        Err(Refusal::Damaged(reason)) => walk.hand_on(place, Err(damaged(reason.to_owned()))),
    }
    true
}

/// Puts the pictures of a document that may hold words to the files inside: Word keeps them beside its letters or in a stream of
/// data, PowerPoint in one of pictures, Excel among its records.
fn read_pictures(folder: &mut Folder<'_, '_>, inside: &mut Vec<Inside>) {
    // What is wrong with a stream was said when it was read, or is of no other use.
    let mut unsaid = Vec::new();
    for name in ["Data", "WordDocument", "Pictures"] {
        blips::read(&folder.stream(name, &mut unsaid).unwrap_or_default(), inside);
    }
    if let Some(book) = folder.stream("Workbook", &mut unsaid) {
        blips::read(&xls::drawings(&book), inside);
    }
}

impl Paper {
    fn finish(mut self, media_type: &str) -> Content {
        let (text, links) = self.flow.finish(&mut self.warnings);
        Content {
            media_type: media_type.to_owned(),
            extractor: super::READER.to_owned(),
            title: self.title,
            author: self.author,
            text,
            links,
            warnings: crate::packed::curbed(self.warnings, "document"),
            ..Content::default()
        }
    }
}

/// So many bytes from a place on, or as many of them as there are.
fn bytes_at(bytes: &[u8], at: usize, length: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.get(..length).unwrap_or(rest)
}

/// Letters of two bytes each.
fn utf16(bytes: &[u8]) -> String {
    encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()
}

/// Letters of one byte each, which are the first 256 of Unicode.
fn latin1(bytes: &[u8]) -> String {
    encoding_rs::mem::decode_latin1(bytes).into_owned()
}

/// Letters in a code page, or in what they look like where none is named.
fn decode(bytes: &[u8], encoding: Option<&'static Encoding>) -> String {
    match encoding {
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        None => crate::names::decode_guessed(bytes),
    }
}
