//! PDF files: the text with the place of every line, and what else the file holds that a reader should know of.
//!
//! Objects, decryption and repair are `hayro-syntax`'s, fonts `hayro-font`'s; what a page draws, and how lines are made of
//! it, is read here. Pages are parted by a form feed (U+000C), lines by a line feed, blocks by an empty line. Code points
//! stay as the fonts say: ligatures are not taken apart, and hyphens at the end of a line stay. Comments, the fields of forms
//! and what is on layers that are switched off stand behind the text of their page, each under a word that says so.

mod accents;
mod attached;
mod bidi;
mod clusters;
mod columns;
mod content;
mod decode;
mod drawing;
mod font;
mod guess;
mod layers;
mod layout;
mod matrix;
mod notes;
mod order;
mod pages;
mod says;
mod scan;
mod strings;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_syntax::object::{Dict, Name, String as Bytes};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use witnessmark_text::{Content, ExtractError, Link};

use crate::Limits;
use crate::page::{Line, Page, ReadBy};
pub(crate) use attached::Attached;
use font::Fonts;
use layers::Layers;
use layout::TextLine;
use notes::annotations;
use pages::{ReadPage, read_page};
pub(crate) use scan::pictures;
use strings::{one_line, text_string};

/// The name and version of this reader.
pub(crate) const READER: &str = "witnessmark-pdf/5";
/// How many operators of one file are read.
const MAX_OPERATORS: u64 = 400_000_000;
/// How many bytes the files inside one file may unpack to.
const MAX_ATTACHED: u64 = 128 << 20;
/// How many links are listed.
const MAX_LINKS: usize = 10_000;

/// Whether the first bytes say that a file is PDF. The sign may stand a little behind the start.
pub(crate) fn is_pdf(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    head.starts_with(b"%PDF-")
        || (memchr::memmem::find(head, b"%PDF-1.").is_some() && !head.starts_with(b"PK"))
}

/// What a PDF file holds.
pub(crate) struct PdfFile {
    /// What it says.
    pub(crate) content: Content,
    /// Its pages.
    pub(crate) pages: Vec<Page>,
    /// Those that hold large pictures beside their text, as pages of nothing but these pictures.
    pub(crate) beside: Vec<Page>,
    /// Those whose letters can be seen and not be read from the file.
    pub(crate) drawn: Vec<u32>,
    /// The files inside it.
    pub(crate) attached: Vec<Attached>,
}

/// What stands for the pictures beside the text of a file, in the place of their words.
pub(crate) fn pictures_beside(beside: &[Page]) -> Content {
    let count = beside.len();
    Content {
        media_type: "application/pdf".to_owned(),
        extractor: READER.to_owned(),
        warnings: vec![format!(
            "pictures: those on {count} pages of the file around it, without the text"
        )],
        ..Content::default()
    }
}

/// Reads a PDF file; at most `attached` of the files inside it are unpacked.
pub(crate) fn read(bytes: &[u8], limits: &Limits, attached: u64) -> Result<PdfFile, ExtractError> {
    // The libraries return errors; a panic would be their defect, and must not take the caller with it.
    catch_unwind(AssertUnwindSafe(|| read_file(bytes, limits, attached)))
        .unwrap_or_else(|_| Err(damaged("a reader of its objects gave up")))
}

fn damaged(reason: &str) -> ExtractError {
    ExtractError::Damaged { media_type: "application/pdf".to_owned(), reason: reason.to_owned() }
}

fn read_file(bytes: &[u8], limits: &Limits, most_attached: u64) -> Result<PdfFile, ExtractError> {
    if attached::is_bomb(bytes) {
        return Err(damaged("its packed objects unpack to more than is read"));
    }
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            ExtractError::Encrypted { media_type: "application/pdf".to_owned() }
        }
        LoadPdfError::Decryption(_) => damaged("its encryption is of a kind that is not known"),
        LoadPdfError::Invalid => damaged("no page can be found in it"),
    })?;
    let mut warnings = Vec::new();
    warn_of_versions(bytes, &mut warnings);
    warn_of_actions(bytes, &pdf, &mut warnings);
    let mut text = String::new();
    let mut length = 0;
    let mut pages = Vec::new();
    let mut links = Vec::new();
    let mut fonts = Fonts::new();
    let layers = Layers::of(&pdf);
    let mut beside: Vec<Page> = Vec::new();
    let mut drawn = Vec::new();
    let mut budget = MAX_OPERATORS;
    let most = usize::try_from(limits.pages).unwrap_or(usize::MAX);
    for (index, page) in pdf.pages().iter().enumerate().take(most) {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        if index > 0 {
            text.push('\u{c}');
            length += 1;
        }
        let read =
            catch_unwind(AssertUnwindSafe(|| read_page(page, &mut fonts, &layers, &mut budget)))
                .ok();
        match read {
            Some(read) => {
                warn_of_page(number, &read, &mut warnings);
                let page = add_page(number, &read, &mut text, &mut length);
                if read.is_drawn() {
                    drawn.push(number);
                }
                if read.has_unread_picture() {
                    beside.push(Page { scanned: true, lines: Vec::new(), ..page });
                }
                pages.push(page);
            }
            None => {
                warnings.push(format!("page {number}: it could not be read: a library gave up"));
                fonts = Fonts::new();
            }
        }
        for annotation in annotations(page) {
            if let Some(href) = address(&annotation)
                && links.len() < MAX_LINKS
            {
                links.push(Link { href, text: String::new() });
            }
        }
    }
    if !beside.is_empty() {
        let numbers: Vec<u32> = beside.iter().map(|page| page.number).collect();
        let pages = shown_numbers(&numbers);
        warnings.push(format!(
            "pictures: large ones stand beside the text, and follow by themselves; pages with such: {pages}"
        ));
    }
    if !drawn.is_empty() {
        let pages = shown_numbers(&drawn);
        warnings.push(format!(
            "letters: on some pages they are shapes, or have no names in their fonts, and are left to OCR; pages: {pages}"
        ));
    }
    if pdf.pages().len() > most {
        warnings
            .push(format!("size: only the first {most} of {} pages were read", pdf.pages().len()));
    }
    let mut content = Content {
        media_type: "application/pdf".to_owned(),
        extractor: READER.to_owned(),
        text,
        links,
        warnings,
        ..Content::default()
    };
    says::fill(&pdf, &mut content);
    let mut attached = Vec::new();
    let mut left = limits.unpacked.min(MAX_ATTACHED);
    attached::files(&pdf, most_attached.saturating_add(1), &mut |file| {
        if attached.len() as u64 >= most_attached {
            content.warnings.push(format!(
                "files: only the first {most_attached} of the files embedded in it are read"
            ));
            return false;
        }
        let length = file.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if length > left {
            content
                .warnings
                .push("size: the files embedded in it are too large; not all were read".to_owned());
            return false;
        }
        left -= length;
        attached.push(file);
        true
    });
    Ok(PdfFile { content, pages, beside, drawn, attached })
}

fn add_page(number: u32, read: &ReadPage, text: &mut String, length: &mut usize) -> Page {
    let apart = read
        .apart
        .iter()
        .flat_map(|block| block.iter().enumerate().map(|(index, line)| (line, index == 0)));
    let own = read.lines.iter().map(|line| (line, line.after_gap));
    let mut lines: Vec<Line> = Vec::with_capacity(read.lines.len());
    for (line, after_gap) in own.chain(apart) {
        let breaks = match (lines.is_empty(), after_gap) {
            (true, _) => "",
            (_, true) => "\n\n",
            (_, false) => "\n",
        };
        text.push_str(breaks);
        *length += breaks.len();
        lines.push(add_line(line, text, length));
    }
    if read.is_scanned() {
        // A page number or a stamp on a scan has no place, so that the page still counts as one without lines, which OCR reads.
        lines.clear();
    }
    Page {
        number,
        width: read.width as f32,
        height: read.height as f32,
        read_by: if read.is_read_by_ocr() { ReadBy::Ocr } else { ReadBy::Text },
        scanned: read.is_scanned(),
        lines,
    }
}

fn add_line(line: &TextLine, text: &mut String, length: &mut usize) -> Line {
    let start = *length;
    text.push_str(&line.text);
    *length += line.text.chars().count();
    Line {
        start,
        end: *length,
        left: line.area.left as f32,
        top: line.area.top as f32,
        width: line.area.width() as f32,
        height: line.area.height() as f32,
        confidence: None,
        language: None,
    }
}

/// Rising numbers, in short: `1, 3 to 5`.
fn shown_numbers(numbers: &[u32]) -> String {
    const MOST: usize = 50;
    let follows = |one: &u32, next: &u32| one.checked_add(1) == Some(*next);
    let mut shown: Vec<String> = Vec::new();
    for run in numbers.chunk_by(follows) {
        if shown.len() >= MOST {
            shown.push("and more".to_owned());
            break;
        }
        match run {
            [one] => shown.push(one.to_string()),
            [first, .., last] => shown.push(format!("{first} to {last}")),
            [] => {}
        }
    }
    shown.join(", ")
}

fn warn_of_page(number: u32, read: &ReadPage, warnings: &mut Vec<String>) {
    for text in &read.under_shapes {
        warnings.push(format!("page {number}: text under a filled shape: {text}"));
    }
    if read.is_read_by_ocr() {
        warnings.push(format!(
            "page {number}: its text was made out of its picture by another program"
        ));
    } else if read.hidden > 0 {
        warnings.push(format!(
            "page {number}: {} characters are in the file but not seen",
            read.hidden
        ));
    }
    if read.unknown > 0 {
        warnings.push(format!(
            "page {number}: the fonts do not say what {} characters are",
            read.unknown
        ));
    }
    if read.guessed > 0 {
        warnings.push(format!(
            "page {number}: {} characters are guesses from their codes, for the fonts do not say what they are",
            read.guessed
        ));
    }
    warnings.extend(read.notices(number));
    if read.unread {
        warnings.push(format!(
            "page {number}: a part is damaged or unpacks to too much, and was not read"
        ));
    }
    if read.cut {
        warnings.push(format!("page {number}: a limit was reached, and the rest was not read"));
    }
}

/// Every saving at the end of a file leaves the version before it in place. A file made for slow lines has one end more.
fn warn_of_versions(bytes: &[u8], warnings: &mut Vec<String>) {
    let ends = memchr::memmem::find_iter(bytes, b"%%EOF").count();
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let is_linear = memchr::memmem::find(head, b"/Linearized").is_some();
    let earlier = ends.saturating_sub(if is_linear { 2 } else { 1 });
    if earlier > 0 {
        warnings.push(format!(
            "versions: the file was changed after it was first written; {earlier} earlier versions may be in it, the last one was read"
        ));
    }
}

fn warn_of_actions(bytes: &[u8], pdf: &Pdf, warnings: &mut Vec<String>) {
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()).unwrap_or_default();
    let inner = |name: &str, key: &str| {
        catalog.get::<Dict<'_>>(name).is_some_and(|dict| dict.contains_key(key))
    };
    let opens = |kind: &[u8]| {
        let action = catalog.get::<Dict<'_>>("OpenAction")?.get::<Name<'_>>("S")?;
        (action.as_ref() == kind).then_some(())
    };
    let holds = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
    if inner("Names", "JavaScript") || opens(b"JavaScript").is_some() || holds(b"/JavaScript") {
        warnings.push("script: the file carries JavaScript, which was not run".to_owned());
    }
    if opens(b"Launch").is_some() || holds(b"/Launch") {
        warnings.push("launch: the file asks to start a program, which was not done".to_owned());
    }
    if inner("AcroForm", "XFA") {
        warnings.push("form: the file holds an XFA form, whose text was not read".to_owned());
    }
}

/// The address that an annotation leads to.
fn address(annotation: &Dict<'_>) -> Option<String> {
    let action = annotation.get::<Dict<'_>>("A")?;
    let address = one_line(&text_string(&action.get::<Bytes<'_>>("URI")?))?;
    let start = address.to_ascii_lowercase();
    (!start.starts_with("javascript:") && !start.starts_with("data:")).then_some(address)
}
