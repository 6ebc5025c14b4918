//! One file's bytes, read.

use std::io::Read;

use encoding_rs::Encoding;
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use crate::charset;
use crate::html;
use crate::html::links::{Link, links};
use crate::html::main_text::main_text;
use crate::html::metadata::{Published, metadata};
use crate::html::places::{MarkupPlace, places};
use crate::html::render::visible_text;
use crate::html::signals::{Signals, signals};
use crate::language::detect_language;
use crate::verdict::markers::{self, Markers};

/// The name and version of this extractor. Changes whenever the same bytes would give another
/// text, so that offsets into an older text are not taken for offsets into this one.
pub const EXTRACTOR: &str = "witnessmark-text/1";

/// Bytes beyond this are not read.
const MAX_BYTES: usize = 64 << 20;

/// What is known about a file from outside it. Every field may be missing; what is there is
/// believed less than the bytes themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// The media type, with or without parameters: the value of HTTP's `Content-Type`.
    pub media_type: Option<String>,
    /// The charset from the transport, where it is known apart from `media_type`.
    pub charset: Option<String>,
    /// The address the bytes came from: the base of relative links, and a hint at the language
    /// of bytes without a charset.
    pub url: Option<String>,
    /// The name of the file, whose ending hints at its type.
    pub file_name: Option<String>,
}

/// What a file says. Serialises to the fields that `witnessmark extract --json` promises.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extraction {
    /// The media type that the bytes were read as, without parameters.
    pub media_type: String,
    /// The encoding they were read in, as the WHATWG Encoding Standard names it.
    pub charset: String,
    /// The title, on one line.
    pub title: Option<String>,
    /// Who wrote it, by the file's own word, on one line.
    pub author: Option<String>,
    /// The day of publication by the file's own word, and where it says so.
    pub published: Option<Published>,
    /// The language of the main text, BCP 47; `und` where it cannot be told.
    pub language: String,
    /// The script of the main text, ISO 15924.
    pub script: String,
    /// How sure the language is, from 0 to 1.
    pub language_confidence: f64,
    /// All visible text. Blocks stand on lines of their own, table cells are parted by tabs. Its
    /// code points are those of the file; offsets into it are offsets into this string.
    pub text: String,
    /// The article without what surrounds it; none where no article can be made out.
    pub main_text: Option<String>,
    /// The links, in the page's order.
    pub links: Vec<Link>,
    /// [`EXTRACTOR`].
    pub extractor: String,
    /// What was found wanting: broken bytes, a wrong charset, a limit that was reached. Each begins
    /// with the name of what it is about.
    pub warnings: Vec<String>,
    /// What the file says of itself beyond its text, such as a picture's Exif data. Anyone can write it: claims of the file,
    /// never facts.
    pub says: Vec<Said>,
    /// What the page is built of, for a verdict on it.
    #[serde(skip)]
    pub(crate) signals: Signals,
    /// Which programs of others stand in the page, for a verdict on it.
    #[serde(skip)]
    pub(crate) markers: Markers,
}

/// What a reader of another kind of file found in it: an [`Extraction`] without what follows from its text.
///
/// It crosses the border of the process that reads hostile bytes; [`Content::finish`] is called on this side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// See [`Extraction::media_type`].
    pub media_type: String,
    /// See [`Extraction::charset`]; empty for formats that are not made of characters.
    pub charset: String,
    /// The name and version of the reader.
    pub extractor: String,
    /// See [`Extraction::title`].
    pub title: Option<String>,
    /// See [`Extraction::author`].
    pub author: Option<String>,
    /// See [`Extraction::published`].
    pub published: Option<Published>,
    /// See [`Extraction::text`].
    pub text: String,
    /// See [`Extraction::main_text`].
    pub main_text: Option<String>,
    /// See [`Extraction::links`].
    pub links: Vec<Link>,
    /// See [`Extraction::warnings`].
    pub warnings: Vec<String>,
    /// See [`Extraction::says`].
    pub says: Vec<Said>,
}

/// One thing that a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What it is about, as the file's format names it: `Make`, `DateTimeOriginal`.
    pub tag: String,
    /// What the file says, with its unit.
    pub value: String,
}

impl Content {
    /// Names the language of the text.
    pub fn finish(self) -> Extraction {
        let Self {
            media_type,
            charset,
            extractor,
            title,
            author,
            published,
            text,
            main_text,
            links,
            warnings,
            says,
        } = self;
        Extraction {
            media_type,
            charset,
            extractor,
            title,
            author,
            published,
            main_text,
            links,
            says,
            ..blank(text, warnings)
        }
        .finished()
    }
}

impl From<Extraction> for Content {
    fn from(found: Extraction) -> Self {
        let Extraction { media_type, charset, extractor, title, author, published, text, .. } =
            found;
        let Extraction { main_text, links, warnings, says, .. } = found;
        Self {
            media_type,
            charset,
            extractor,
            title,
            author,
            published,
            text,
            main_text,
            links,
            warnings,
            says,
        }
    }
}

impl Extraction {
    fn finished(mut self) -> Self {
        let body = self.main_text.as_deref().unwrap_or(&self.text);
        let found = detect_language(body);
        self.language = found.language;
        self.script = found.script;
        self.language_confidence = found.confidence;
        self
    }
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ExtractError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The bytes are of a kind that is not read.
    #[error("{media_type} is not a kind of file that is read for text")]
    Unsupported {
        /// The media type, by the bytes where they tell.
        media_type: String,
    },
    /// The process that read it was stopped, or could not be asked.
    #[error("{why}")]
    Stopped {
        /// Why.
        why: String,
    },
    /// The bytes are labelled as text, but are not.
    #[error("the bytes are not text: the first that no text holds is at offset {offset}")]
    NotText {
        /// The offset of the first byte that is not text.
        offset: usize,
    },
    /// It is a picture that cannot be looked at.
    #[error("the picture is not read: {why}")]
    Picture {
        /// What is wrong with it.
        why: String,
    },
    /// The file is locked with a password.
    #[error("the {media_type} file is locked with a password")]
    Encrypted {
        /// The media type.
        media_type: String,
    },
    /// The file is broken beyond what can be mended.
    #[error("the {media_type} file is damaged: {reason}")]
    Damaged {
        /// The media type.
        media_type: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ExtractError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ExtractError::Encrypted { .. } => {
                "the file is kept as it is; open it with its password, and add a copy without one"
            }
            ExtractError::Empty | ExtractError::Damaged { .. } => {
                "look at where the file came from, and fetch it again"
            }
            ExtractError::Picture { .. } => {
                "the file is kept as it is; look at it with a program that you trust with damaged files"
            }
            ExtractError::Stopped { .. } => {
                "the file is kept as it is; look at it on a computer that you can lose"
            }
            ExtractError::Unsupported { .. } | ExtractError::NotText { .. } => {
                "the file is kept as it is; cite it by hand, or add a version of it in HTML or plain text"
            }
        }
    }
}

/// Reads a file's bytes into text and what belongs to it. What the text mentions is found by
/// [`find_mentions_among`](crate::find_mentions_among), the languages of its parts by
/// [`language_runs`](crate::language_runs): they take longer than the reading, and most callers want neither.
///
/// A pure function: the same bytes and hints give the same extraction, on every machine. It holds
/// for any bytes, however broken or hostile: time and memory grow with the input's length, and
/// what a limit leaves out is named in a warning.
pub fn extract(bytes: &[u8], hints: &Hints) -> Result<Extraction, ExtractError> {
    Ok(read(bytes, hints)?.finished())
}

/// Reads a file's bytes as [`extract`] does, without naming the language.
pub fn read_content(bytes: &[u8], hints: &Hints) -> Result<Content, ExtractError> {
    read(bytes, hints).map(Content::from)
}

fn read(bytes: &[u8], hints: &Hints) -> Result<Extraction, ExtractError> {
    if bytes.is_empty() {
        return Err(ExtractError::Empty);
    }
    if let Some(inflated) = inflate(bytes) {
        let name = hints.file_name.as_deref();
        let hints = Hints {
            file_name: name.map(|name| name.trim_end_matches(".gz").to_owned()),
            ..hints.clone()
        };
        let mut extraction = read_plain(&inflated, &hints)?;
        extraction.warnings.push("gzip: the text is that of the file inside".to_owned());
        return Ok(extraction);
    }
    read_plain(bytes, hints)
}

/// What is inside a gzip file, cut at the most bytes that are read; none if it is no gzip file or does not begin as one should.
/// One layer only: a gzip file inside is not opened.
fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let mut inflated = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    // A file that breaks off is read as far as it goes.
    let _ = MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut inflated);
    (!inflated.is_empty()).then_some(inflated)
}

fn read_plain(bytes: &[u8], hints: &Hints) -> Result<Extraction, ExtractError> {
    let (labelled, parameter) = split_media_type(hints.media_type.as_deref());
    let kind = kind_of(bytes, labelled.as_deref(), hints)?;
    let mut warnings = Vec::new();
    let read = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    if read.len() < bytes.len() {
        warnings
            .push(format!("size: only the first {MAX_BYTES} of {} bytes were read", bytes.len()));
    }
    let label = hints.charset.as_deref().or(parameter.as_deref());
    let host = hints.url.as_deref().and_then(|url| Url::parse(url).ok());
    let host = host.as_ref().and_then(Url::host_str);
    let decoded = charset::decode(read, label, kind == Kind::Markup, host);
    warnings.extend(decoded.warnings);
    let mut extraction = match kind {
        Kind::Markup => from_markup(&decoded.text, hints, warnings),
        Kind::Plain => from_plain(&decoded.text, warnings),
    };
    extraction.charset = decoded.charset.to_owned();
    extraction.media_type = media_type(kind, labelled.as_deref(), hints);
    Ok(extraction)
}

/// Where spans of the text of a page come from: the elements, and the bytes of the file. `spans` are offsets in code points
/// into [`Extraction::text`]. None if the file is not read as markup, or is packed; none for a span that is empty or lies
/// outside the text.
pub fn markup_places(
    bytes: &[u8],
    hints: &Hints,
    spans: &[(usize, usize)],
) -> Option<Vec<Option<MarkupPlace>>> {
    if inflate(bytes).is_some() {
        return None;
    }
    let (labelled, parameter) = split_media_type(hints.media_type.as_deref());
    if kind_of(bytes, labelled.as_deref(), hints).ok()? != Kind::Markup {
        return None;
    }
    let read = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    let label = hints.charset.as_deref().or(parameter.as_deref());
    let host = hints.url.as_deref().and_then(|url| Url::parse(url).ok());
    let host = host.as_ref().and_then(Url::host_str);
    let decoded = charset::decode(read, label, true, host);
    let encoding = Encoding::for_label(decoded.charset.as_bytes())?;
    let mark = Encoding::for_bom(read).map_or(0, |(_, length)| length);
    Some(places(read, mark, &decoded.text, encoding, spans))
}

fn blank(text: String, warnings: Vec<String>) -> Extraction {
    Extraction {
        media_type: String::new(),
        charset: String::new(),
        title: None,
        author: None,
        published: None,
        language: String::new(),
        script: String::new(),
        language_confidence: 0.0,
        text,
        main_text: None,
        links: Vec::new(),
        extractor: EXTRACTOR.to_owned(),
        warnings,
        says: Vec::new(),
        signals: Signals::default(),
        markers: Markers::default(),
    }
}

fn from_markup(source: &str, hints: &Hints, mut warnings: Vec<String>) -> Extraction {
    let (tree, cuts) = html::parse(source);
    if cuts.depth {
        warnings.push(format!(
            "nesting: elements deeper than {} were read as plain text",
            html::MAX_DEPTH
        ));
    }
    if cuts.nodes {
        warnings.push(format!("size: only the first {} nodes were read", html::MAX_NODES));
    }
    let found = metadata(&tree, hints.url.as_deref());
    let text = visible_text(&tree, 0, |_| false);
    let main_text = main_text(&tree, found.title.as_deref());
    let (links, cut) = links(&tree, hints.url.as_deref());
    if cut {
        warnings.push(format!("links: only the first {} are listed", links.len()));
    }
    if text.is_empty() {
        warnings.push("text: the page shows no text of its own".to_owned());
    }
    let mut markers = Markers::default();
    let signals = signals(&tree, |source| markers::find(source, &mut markers));
    Extraction {
        title: found.title,
        author: found.author,
        published: found.published,
        main_text,
        links,
        signals,
        markers,
        ..blank(text, warnings)
    }
}

fn from_plain(source: &str, warnings: Vec<String>) -> Extraction {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find(['\r', '\0']) {
        let (head, tail) = rest.split_at(at);
        text.push_str(head);
        let is_return = tail.starts_with('\r');
        rest = tail.get(1..).unwrap_or("");
        if is_return {
            text.push('\n');
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
    }
    text.push_str(rest);
    let title = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .filter(|line| line.chars().count() <= 200)
        .map(str::to_owned);
    Extraction { title, ..blank(text, warnings) }
}

/// How bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Markup,
    Plain,
}

/// The media type in lower case, and its charset parameter.
fn split_media_type(value: Option<&str>) -> (Option<String>, Option<String>) {
    let Some(value) = value else { return (None, None) };
    let mut parts = value.split(';');
    let essence = parts.next().unwrap_or("").trim().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    });
    ((!essence.is_empty()).then_some(essence), charset.filter(|label| !label.is_empty()))
}

/// Kinds of files that their first bytes tell (RFC and vendor signatures as listed in the WHATWG
/// MIME Sniffing Standard, section 6, and in the formats' own specifications).
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x7fELF", "application/x-executable"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"wOF2", "font/woff2"),
    (b"wOFF", "font/woff"),
];

fn kind_of(bytes: &[u8], labelled: Option<&str>, hints: &Hints) -> Result<Kind, ExtractError> {
    let by_bytes = SIGNATURES
        .iter()
        .find(|(signature, _)| bytes.starts_with(signature))
        .map(|(_, media_type)| *media_type)
        .or_else(|| (bytes.get(4..8) == Some(b"ftyp")).then_some("video/mp4"))
        .or_else(|| {
            (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
                .then_some("image/webp")
        });
    if let Some(media_type) = by_bytes {
        return Err(ExtractError::Unsupported { media_type: media_type.to_owned() });
    }
    if let Some(kind) = labelled
        && ["image/", "audio/", "video/", "font/"].iter().any(|start| kind.starts_with(start))
        && kind != "image/svg+xml"
    {
        return Err(ExtractError::Unsupported { media_type: kind.to_owned() });
    }
    let is_labelled_markup = matches!(labelled, Some("text/html" | "application/xhtml+xml"));
    if !is_labelled_markup && let Some(offset) = first_binary(bytes) {
        return Err(ExtractError::NotText { offset });
    }
    let is_markup = match labelled {
        _ if is_labelled_markup => true,
        Some(kind) if kind.starts_with("text/") || kind == "application/json" => false,
        _ => {
            let name = hints.file_name.as_deref().unwrap_or("").to_ascii_lowercase();
            let by_name =
                [".html", ".htm", ".xhtml", ".shtml", ".mht"].iter().any(|end| name.ends_with(end));
            by_name || looks_like_markup(bytes)
        }
    };
    Ok(if is_markup { Kind::Markup } else { Kind::Plain })
}

/// The first byte that no text file holds (WHATWG MIME Sniffing, section 3, "binary data byte"),
/// unless the bytes are UTF-16, which are half zeros in Western text.
fn first_binary(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    if charset::is_sixteen_bit(head) {
        return None;
    }
    let is_binary = |byte: &u8| matches!(byte, 0x01..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    // A stray control character is a broken text; many are another kind of file.
    let count = head.iter().filter(|byte| is_binary(byte) || **byte == 0).count();
    (count * 20 > head.len()).then(|| head.iter().position(|byte| is_binary(byte) || *byte == 0))?
}

fn looks_like_markup(bytes: &[u8]) -> bool {
    let head: Vec<u8> =
        bytes.iter().take(2048).filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
    let head = head.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(&head);
    let start = head.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(head.len());
    let head = head.get(start..).unwrap_or_default();
    let holds = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    head.starts_with(b"<!doctype html")
        || head.starts_with(b"\xff\xfe<")
        || (head.starts_with(b"<")
            && [
                &b"<html"[..],
                b"<head",
                b"<body",
                b"<meta",
                b"<title",
                b"<div",
                b"<p>",
                b"<table",
                b"<script",
            ]
            .iter()
            .any(|tag| holds(tag)))
        || holds(b"<html")
}

fn media_type(kind: Kind, labelled: Option<&str>, hints: &Hints) -> String {
    match (kind, labelled) {
        (Kind::Markup, Some("application/xhtml+xml")) => "application/xhtml+xml".to_owned(),
        (Kind::Markup, _) => "text/html".to_owned(),
        (Kind::Plain, Some(kind)) if kind != "application/octet-stream" => kind.to_owned(),
        (Kind::Plain, _) => {
            let name = hints.file_name.as_deref().unwrap_or("").to_ascii_lowercase();
            match name.rsplit('.').next() {
                Some("csv") => "text/csv",
                Some("tsv") => "text/tab-separated-values",
                Some("md") => "text/markdown",
                Some("json") => "application/json",
                Some("xml") => "application/xml",
                _ => "text/plain",
            }
            .to_owned()
        }
    }
}
