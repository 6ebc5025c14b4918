//! XML as a stream of elements and letters, for parts of office files.
//!
//! Nothing that a document declares itself is followed: entities are never resolved, document types never read, nothing
//! is fetched. An entity that XML does not define stands in the text as it is written.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};

use crate::names::shown;

/// Elements deeper than this are not read.
const MAX_DEPTH: usize = 2000;

/// An element that begins.
#[derive(Clone, Debug)]
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// The value of an attribute, by its name without prefix.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.find(name, |_| true)
    }

    /// Whether its name has this prefix.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        self.0.name().prefix().is_some_and(|own| own.as_ref() == prefix)
    }

    /// The value of an attribute that has a prefix, by its name without it.
    pub(crate) fn get_prefixed(&self, name: &str) -> Option<String> {
        self.find(name, |attribute| attribute.key.prefix().is_some())
    }

    fn find(&self, name: &str, is_meant: impl Fn(&Attribute<'_>) -> bool) -> Option<String> {
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        let mut named = attributes.flatten().filter(|one| one.key.local_name().as_ref() == name);
        let found = named.find(is_meant)?;
        let value = found.normalized_value(XmlVersion::Implicit1_0);
        Some(value.map_or_else(|_| found.value.to_string(), |value| value.into_owned()))
    }

    /// Whether an attribute that says yes or no says yes; `default` where it is missing.
    pub(crate) fn is_on(&self, name: &str, default: bool) -> bool {
        self.get(name)
            .map_or(default, |value| !matches!(value.as_str(), "0" | "false" | "off" | "none"))
    }
}

/// What comes next in a part.
pub(crate) enum Piece<'a> {
    Start(&'a str, Element<'a>),
    Text(&'a str),
    End(&'a str),
}

/// A part being read.
pub(crate) struct Xml<'b> {
    reader: Reader<Box<dyn BufRead + 'b>>,
    buffer: Vec<u8>,
    letters: String,
    name: String,
    depth: usize,
    is_done: bool,
    /// What was found wanting.
    pub(crate) warnings: BTreeSet<String>,
}

impl<'b> Xml<'b> {
    pub(crate) fn new(inner: impl Read + 'b) -> Self {
        let mut inner = BufReader::with_capacity(64 << 10, inner);
        let mut warnings = BTreeSet::new();
        let head = inner.fill_buf().unwrap_or_default();
        let wide = match head.get(..2) {
            Some(b"\xff\xfe" | b"<\0") => Some(encoding_rs::UTF_16LE),
            Some(b"\xfe\xff" | b"\0<") => Some(encoding_rs::UTF_16BE),
            _ => None,
        };
        let source: Box<dyn BufRead + 'b> = match wide {
            Some(encoding) => {
                let mut bytes = Vec::new();
                if let Err(error) = inner.read_to_end(&mut bytes) {
                    warnings.insert(format!("damaged: {}", shown(&error.to_string())));
                }
                Box::new(Cursor::new(encoding.decode(&bytes).0.into_owned().into_bytes()))
            }
            None => Box::new(inner),
        };
        let mut reader = Reader::from_reader(source);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self {
            reader,
            buffer: Vec::new(),
            letters: String::new(),
            name: String::new(),
            depth: 0,
            is_done: false,
            warnings,
        }
    }

    /// The next piece; none at the end, or where the part is broken.
    pub(crate) fn next(&mut self) -> Option<Piece<'_>> {
        if self.is_done {
            return None;
        }
        loop {
            self.buffer.clear();
            // The borrow checker cannot see that a piece returned ends the loop: what is needed is copied out.
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => {
                    self.is_done = true;
                    let why = shown(&error.to_string());
                    self.warnings.insert(format!("damaged: XML breaks off: {why}"));
                    return None;
                }
            };
            match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        self.is_done = true;
                        self.warnings.insert(format!(
                            "nesting: elements deeper than {MAX_DEPTH} and all after them were not read"
                        ));
                        return None;
                    }
                    self.name.clear();
                    self.name.push_str(start.local_name().as_ref());
                    return Some(Piece::Start(&self.name, Element(start.into_owned())));
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    self.name.clear();
                    self.name.push_str(end.local_name().as_ref());
                    return Some(Piece::End(&self.name));
                }
                Event::Text(text) => {
                    self.letters.clear();
                    self.letters.push_str(&text.xml10_content());
                    return Some(Piece::Text(&self.letters));
                }
                Event::CData(text) => {
                    self.letters.clear();
                    self.letters.push_str(&text.xml10_content());
                    return Some(Piece::Text(&self.letters));
                }
                Event::GeneralRef(reference) => {
                    self.letters.clear();
                    match reference.resolve_char_ref() {
                        Ok(Some(c)) => self.letters.push(c),
                        _ => match reference.as_ref() {
                            "amp" => self.letters.push('&'),
                            "lt" => self.letters.push('<'),
                            "gt" => self.letters.push('>'),
                            "quot" => self.letters.push('"'),
                            "apos" => self.letters.push('\''),
                            other => {
                                self.letters = format!("&{other};");
                                self.warnings.insert(
                                    "xml: entities that the file declares itself are not resolved"
                                        .to_owned(),
                                );
                            }
                        },
                    }
                    return Some(Piece::Text(&self.letters));
                }
                Event::DocType(_) => {
                    self.warnings.insert(
                        "xml: it declares a document type, as files of its kind do not; it was not read".to_owned(),
                    );
                }
                Event::Eof => {
                    self.is_done = true;
                    if self.depth > 0 {
                        self.warnings.insert("damaged: XML ends before its elements do".to_owned());
                    }
                    return None;
                }
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    /// Passes over the element that has just begun.
    pub(crate) fn skip(&mut self) {
        let until = self.depth.saturating_sub(1);
        while self.depth > until && self.next().is_some() {}
    }

    /// All letters within the element that has just begun.
    pub(crate) fn text(&mut self) -> String {
        let until = self.depth.saturating_sub(1);
        let mut text = String::new();
        while self.depth > until {
            match self.next() {
                Some(Piece::Text(letters)) => text.push_str(letters),
                Some(_) => {}
                None => break,
            }
        }
        text
    }
}
