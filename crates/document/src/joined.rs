//! All documents of a file as one text.
//!
//! A capture has one text, so that whatever works on texts (search, quoting, lineage, dossiers) works on every kind of
//! file, and a passage is a capture and two offsets and no more. What lies inside a file follows what the file says itself,
//! each document below a line that names where it lies. [`Layout`] keeps which range is which document, and where its
//! lines stand on its pages.

use serde::{Deserialize, Serialize};
use witnessmark_text::{Content, ExtractError};

use crate::process::{Readers, Stop, Stopped};
use crate::{Document, Hints, Limits, Line, Page, ReadBy};

/// Which documents a text is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Its documents, in the order of the text.
    pub parts: Vec<Part>,
}

/// One document in a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Where it lies inside the file; none for the file itself.
    pub inside: Option<String>,
    /// Its first code point in the text.
    pub start: usize,
    /// The code point after its last.
    pub end: usize,
    /// Its media type.
    pub media_type: String,
    /// Its pages. Their lines count code points of the whole text.
    pub pages: Vec<Page>,
}

/// A place on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PagePlace {
    /// The document's place inside the file; none for the file itself.
    pub inside: Option<String>,
    /// The page, from 1.
    pub page: u32,
    /// The left edge of the box around the words' lines, in points (of a picture: pixels), from the page's left edge.
    pub left: f32,
    /// Its upper edge, from the page's upper edge.
    pub top: f32,
    /// Its right edge.
    pub right: f32,
    /// Its lower edge.
    pub bottom: f32,
}

/// Where one line of some words stands.
#[derive(Clone, Debug, PartialEq)]
pub struct LinePlace<'l> {
    /// The document's place inside the file; none for the file itself.
    pub inside: Option<&'l str>,
    /// Its page.
    pub page: &'l Page,
    /// The line.
    pub line: &'l Line,
}

impl Layout {
    /// The lines that words between two code points stand on, in the order of the text.
    pub fn lines(&self, start: usize, end: usize) -> Vec<LinePlace<'_>> {
        let mut found = Vec::new();
        for part in self.parts.iter().filter(|part| part.start < end && start < part.end) {
            for page in &part.pages {
                let lines = page.lines.iter().filter(|line| line.start < end && start < line.end);
                let inside = part.inside.as_deref();
                found.extend(lines.map(|line| LinePlace { inside, page, line }));
            }
        }
        found
    }

    /// Whether a program read some of the words between two code points in a picture.
    pub fn is_read_by_ocr(&self, start: usize, end: usize) -> bool {
        self.lines(start, end).iter().any(|place| place.page.read_by == ReadBy::Ocr)
    }

    /// The document that holds a code point.
    pub fn part_at(&self, point: usize) -> Option<&Part> {
        self.parts.iter().find(|part| (part.start..part.end).contains(&point))
    }

    /// Where the words between two code points stand: one box a page.
    pub fn places(&self, start: usize, end: usize) -> Vec<PagePlace> {
        let mut places = Vec::new();
        for part in self.parts.iter().filter(|part| part.start < end && start < part.end) {
            for page in &part.pages {
                let lines = page.lines.iter().filter(|line| line.start < end && start < line.end);
                let boxes = lines.map(|line| PagePlace {
                    inside: part.inside.clone(),
                    page: page.number,
                    left: line.left,
                    top: line.top,
                    right: line.left + line.width,
                    bottom: line.top + line.height,
                });
                places.extend(boxes.reduce(|one, other| PagePlace {
                    left: one.left.min(other.left),
                    top: one.top.min(other.top),
                    right: one.right.max(other.right),
                    bottom: one.bottom.max(other.bottom),
                    ..one
                }));
            }
        }
        places
    }
}

/// What a file says, read in a process of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// The text of all documents with what else was found, or why there is none.
    pub content: Result<Content, ExtractError>,
    /// Which documents it is made of.
    pub layout: Layout,
    /// Why the reader was stopped before the end, if it was.
    pub stopped: Option<Stopped>,
    /// Whether pages of it are pictures that no OCR has read, for want of the program.
    pub waits_for_ocr: bool,
}

/// Reads a file in a process of its own, its pictures by OCR, and joins its documents to one text of at most `longest` bytes.
/// Ends soon when `stop` is asked for.
pub fn read_joined(
    readers: &Readers,
    bytes: &[u8],
    hints: &Hints,
    limits: &Limits,
    longest: usize,
    stop: &Stop,
) -> Joined {
    let mut joining = Joining { longest, ..Joining::default() };
    let mut add = |document| joining.add(document);
    let read = readers.read_recognised(bytes, hints, limits, stop, &mut add);
    joining.finish(read.err())
}

#[derive(Default)]
struct Joining {
    longest: usize,
    content: Option<Content>,
    /// Why the file itself has no text.
    failure: Option<ExtractError>,
    text: String,
    points: usize,
    layout: Layout,
    warnings: Vec<String>,
    left_out: usize,
    waits_for_ocr: bool,
}

impl Joining {
    fn add(&mut self, document: Document) {
        self.waits_for_ocr |= document.waits_for_ocr();
        let Document { inside, content, mut pages } = document;
        let mut content = match (content, &inside) {
            (Ok(content), _) => content,
            (Err(error), Some(inside)) => {
                self.warnings.push(format!("{inside}: {error}"));
                return;
            }
            (Err(error), None) => {
                self.failure = Some(error);
                return;
            }
        };
        if self.text.len().saturating_add(content.text.len()) > self.longest {
            self.left_out += 1;
            return;
        }
        if let Some(inside) = &inside {
            if !self.text.is_empty() && !self.text.ends_with('\n') {
                self.push("\n");
            }
            if !self.text.is_empty() {
                self.push("\n");
            }
            // A line of its own: what could break it stands for itself nowhere in a name.
            self.push(&inside.replace(char::is_control, "\u{fffd}"));
            self.push("\n");
        }
        let start = self.points;
        self.push(&content.text);
        for line in pages.iter_mut().flat_map(|page| &mut page.lines) {
            line.start = line.start.saturating_add(start);
            line.end = line.end.saturating_add(start);
        }
        let media_type = content.media_type.clone();
        let part = Part { inside, start, end: self.points, media_type, pages };
        match (&part.inside, self.content.is_none()) {
            (None, true) => {
                content.text.clear();
                self.content = Some(content);
            }
            (inside, _) => {
                let inside = inside.as_deref().unwrap_or_default();
                let said = content.warnings.iter().map(|warning| format!("{inside}: {warning}"));
                self.warnings.extend(said);
            }
        }
        self.layout.parts.push(part);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.points += text.chars().count();
    }

    fn finish(mut self, stopped: Option<Stopped>) -> Joined {
        if self.left_out > 0 {
            let (count, most) = (self.left_out, self.longest >> 20);
            let text =
                format!("size: {count} documents are left out: more than {most} MiB of text");
            self.warnings.push(text);
        }
        self.warnings.extend(stopped.as_ref().map(ToString::to_string));
        let content = match (self.content, self.failure) {
            // An archive may say nothing itself.
            (None, failure) if self.layout.parts.is_empty() => Err(match (failure, &stopped) {
                (_, Some(stopped)) => ExtractError::Stopped { why: stopped.to_string() },
                (Some(error), None) => error,
                (None, None) => ExtractError::Stopped {
                    why: self.warnings.first().cloned().unwrap_or_else(|| {
                        "not read: there is no document in it that can be read".to_owned()
                    }),
                },
            }),
            (content, failure) => {
                let mut content = content.unwrap_or_else(|| Content {
                    media_type: "application/octet-stream".to_owned(),
                    extractor: crate::EXTRACTOR.to_owned(),
                    ..Content::default()
                });
                // The article of one document is none of the whole text.
                if self.layout.parts.len() > 1 {
                    content.main_text = None;
                }
                content.text = self.text;
                content.warnings.extend(failure.map(|error| error.to_string()));
                content.warnings.append(&mut self.warnings);
                Ok(content)
            }
        };
        Joined { content, layout: self.layout, stopped, waits_for_ocr: self.waits_for_ocr }
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Document, ExtractError, Joining, Stopped};
    use crate::{Line, Page, ReadBy};

    fn document(inside: Option<&str>, text: &str) -> Document {
        let line = Line {
            start: 0,
            end: text.chars().count(),
            left: 72.0,
            top: 120.0,
            width: 100.0,
            height: 14.0,
            confidence: None,
            language: None,
        };
        let (number, width, height) = (3, 595.0, 842.0);
        let lines = vec![line];
        let page = Page { number, width, height, read_by: ReadBy::Text, scanned: false, lines };
        let text = text.to_owned();
        let content = Content { text, media_type: "text/x".to_owned(), ..Content::default() };
        Document { inside: inside.map(str::to_owned), content: Ok(content), pages: vec![page] }
    }

    fn joining() -> Joining {
        Joining { longest: 1 << 20, ..Joining::default() }
    }

    #[test]
    fn inner_documents_follow_below_a_line_with_their_place_and_keep_their_lines() {
        let mut joining = joining();
        joining.add(document(None, "𠮷 mail"));
        joining.add(document(Some("a.zip/b.docx"), "བོད་"));
        joining.add(document(Some("a.zip/c\n.txt"), "end"));
        let joined = joining.finish(None);
        let text = joined.content.unwrap().text;
        assert_eq!(text, "𠮷 mail\n\na.zip/b.docx\nབོད་\n\na.zip/c\u{fffd}.txt\nend");
        let points: Vec<char> = text.chars().collect();
        let shown: Vec<String> = joined
            .layout
            .parts
            .iter()
            .map(|part| points[part.start..part.end].iter().collect())
            .collect();
        assert_eq!(shown, ["𠮷 mail", "བོད་", "end"]);
        for part in &joined.layout.parts {
            let places = joined.layout.places(part.start, part.start + 1);
            assert_eq!(places.len(), 1);
            assert_eq!((&places[0].inside, places[0].page), (&part.inside, 3));
            assert_eq!((places[0].right, places[0].bottom), (172.0, 134.0));
        }
        assert!(joined.layout.part_at(8).is_none(), "a heading belongs to no document");
    }

    #[test]
    fn what_was_read_before_the_reader_was_stopped_stands() {
        let mut joining = joining();
        joining.add(document(Some("a.txt"), "words"));
        let joined = joining.finish(Some(Stopped::Memory { limit: 512 << 20 }));
        let content = joined.content.unwrap();
        assert_eq!(content.text, "a.txt\nwords");
        assert_eq!(content.warnings, ["the reader was stopped: more than 512 MiB of memory"]);
    }

    #[test]
    fn a_file_without_a_text_says_why() {
        let mut failed = joining();
        failed.add(Document { inside: None, content: Err(ExtractError::Empty), pages: Vec::new() });
        assert_eq!(failed.finish(None).content, Err(ExtractError::Empty));
        let why = "the reader was stopped: it died by signal 9".to_owned();
        let stopped = joining().finish(Some(Stopped::Signal { number: 9 }));
        assert_eq!(stopped.content, Err(ExtractError::Stopped { why }));
        let mut long = Joining { longest: 3, ..Joining::default() };
        long.add(document(None, "words"));
        assert!(
            long.finish(None).content.unwrap_err().to_string().contains("1 documents are left")
        );
    }
}
