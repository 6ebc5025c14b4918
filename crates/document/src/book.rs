//! Books: EPUB 2 and 3 (W3C EPUB 3.3; IDPF OPF 2.0.1). Chapters in the order of the spine.

use std::collections::{BTreeMap, HashSet};

use witnessmark_text::{Content, ExtractError, Hints, Published, read_content};

use crate::names::shown;
use crate::office::resolve;
use crate::office::xml::{Piece, Xml};
use crate::packed::directory::Directory;
use crate::walk::{Place, Walk};

/// The name and version of this reader.
pub(crate) const READER: &str = "witnessmark-book/2";

/// The most bytes of text of one book.
const MAX_TEXT: usize = 64 << 20;

/// What fonts end in: packers scramble them, and words read well without them.
const FONTS: &[&str] = &[".otf", ".ttf", ".ttc", ".woff", ".woff2"];

/// A file that the book lists.
struct Item {
    path: String,
    media_type: String,
    /// A list of the chapters, which are read themselves.
    is_list: bool,
}

/// What the book's package document says.
#[derive(Default)]
struct Package {
    items: BTreeMap<String, Item>,
    /// Numbers of items, in the order of reading.
    spine: Vec<String>,
}

/// Reads a book.
pub(crate) fn read(
    walk: &mut Walk<'_>,
    zip: &Directory<'_>,
    place: &Place,
    mut warnings: Vec<String>,
) {
    warnings.extend(zip.warnings.iter().cloned());
    let (kept, total) = (zip.entries.len() as u64, zip.total);
    if kept < total {
        warnings.push(format!("size: only the first {kept} of its {total} parts are known"));
    }
    let mut content = Content {
        media_type: "application/epub+zip".to_owned(),
        extractor: READER.to_owned(),
        ..Content::default()
    };
    let mut package = None;
    if let Some(mut xml) = part(walk, zip, "META-INF/container.xml", &mut warnings) {
        while let Some(piece) = xml.next() {
            if let Piece::Start("rootfile", element) = piece {
                package = element.get("full-path");
                break;
            }
        }
        warnings.extend(std::mem::take(&mut xml.warnings));
    }
    let Some(name) = package.or_else(|| lone_package(zip, &mut warnings)) else {
        let media_type = content.media_type;
        return walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
    };
    say_what_is_encrypted(walk, zip, &mut warnings);
    let package = read_package(walk, zip, &name, &mut content, &mut warnings);
    let chapters = package.chapters(&mut warnings);
    let total = chapters.len();
    for (index, chapter) in chapters.into_iter().enumerate() {
        if walk.budget.is_spent() || content.text.len() > MAX_TEXT {
            warnings.push(format!(
                "size: only {index} of {total} chapters were read: a limit was reached"
            ));
            break;
        }
        let name = shown(&chapter);
        let reader = match zip.find(&chapter).map(|entry| zip.reader(entry)) {
            Some(Ok(reader)) => reader,
            Some(Err(why)) => {
                warnings.push(why);
                continue;
            }
            None => {
                warnings.push(format!("damaged: the chapter {name} is missing"));
                continue;
            }
        };
        let (bytes, problem) = walk.unpack(reader);
        warnings.extend(problem.map(|problem| format!("{problem} ({name})")));
        let hints =
            Hints { media_type: Some("application/xhtml+xml".to_owned()), ..Hints::default() };
        let found = match read_content(&bytes, &hints) {
            Ok(found) => found,
            // A chapter of nothing but a picture is said below.
            Err(ExtractError::Empty) => continue,
            Err(error) => {
                warnings.push(format!("damaged: the chapter {name} was not read: {error}"));
                continue;
            }
        };
        if !found.text.is_empty() {
            if !content.text.is_empty() {
                content.text.push_str("\n\n");
            }
            content.text.push_str(&found.text);
        }
        content.charset = found.charset;
        content.links.extend(found.links.into_iter().filter(|link| link.href.contains("://")));
        // That a chapter shows no text is said of the book.
        let own = found.warnings.into_iter().filter(|warning| !warning.starts_with("text: "));
        warnings.extend(own.map(|warning| format!("{warning} ({name})")));
    }
    if content.text.is_empty() {
        warnings.push("text: the book shows no text of its own".to_owned());
    }
    content.warnings = crate::packed::curbed(warnings, "book");
    walk.hand_on(place, Ok(content));
}

/// The package document of a book that does not say where it is, if there is one only.
fn lone_package(zip: &Directory<'_>, warnings: &mut Vec<String>) -> Option<String> {
    let mut found = zip.entries.iter().filter(|entry| entry.name.ends_with(".opf"));
    let (Some(entry), None) = (found.next(), found.next()) else { return None };
    let name = shown(&entry.name);
    warnings.push(format!("damaged: the book does not say where its list is; {name} was taken"));
    Some(entry.name.clone())
}

/// Says which parts are encrypted, fonts aside.
fn say_what_is_encrypted(walk: &Walk<'_>, zip: &Directory<'_>, warnings: &mut Vec<String>) {
    let Some(mut xml) = part(walk, zip, "META-INF/encryption.xml", warnings) else { return };
    let mut count = 0;
    while let Some(piece) = xml.next() {
        if let Piece::Start("CipherReference", element) = piece {
            let name = element.get("URI").unwrap_or_default().to_ascii_lowercase();
            count += u32::from(!FONTS.iter().any(|ending| name.ends_with(ending)));
        }
    }
    warnings.extend(std::mem::take(&mut xml.warnings));
    if count > 0 {
        warnings.push(format!(
            "password: {count} parts of the book are encrypted; they read as nonsense or not at all"
        ));
    }
}

fn part<'b>(
    walk: &Walk<'_>,
    zip: &Directory<'b>,
    name: &str,
    warnings: &mut Vec<String>,
) -> Option<Xml<'b>> {
    match zip.reader(zip.find(name)?) {
        Ok(reader) => Some(Xml::new(walk.budget.count(reader))),
        Err(why) => {
            warnings.push(why);
            None
        }
    }
}

impl Package {
    /// The chapters in the order of reading, then those that stand in no order: notes, for the most part.
    fn chapters(&self, warnings: &mut Vec<String>) -> Vec<String> {
        let mut chapters: Vec<String> = Vec::new();
        for id in &self.spine {
            match self.items.get(id) {
                Some(item) => chapters.push(item.path.clone()),
                None => {
                    let id = shown(id);
                    warnings
                        .push(format!("damaged: a chapter is called {id}, which is not listed"));
                }
            }
        }
        let known: HashSet<&String> = chapters.iter().collect();
        let is_text = |item: &&Item| {
            let is_page = matches!(item.media_type.as_str(), "application/xhtml+xml" | "text/html");
            is_page && !item.is_list && !known.contains(&item.path)
        };
        let others: Vec<String> =
            self.items.values().filter(is_text).map(|item| item.path.clone()).collect();
        if !others.is_empty() {
            let count = others.len();
            warnings.push(format!(
                "order: {count} parts stand in no order of reading; they follow behind the others"
            ));
        }
        let is_picture = |item: &&Item| item.media_type.starts_with("image/");
        let pictures = self.items.values().filter(is_picture).count();
        if pictures > 0 {
            warnings
                .push(format!("pictures: {pictures} are in the book; words in them were not read"));
        }
        chapters.extend(others);
        chapters
    }
}

/// What the book says of itself.
fn read_package(
    walk: &Walk<'_>,
    zip: &Directory<'_>,
    name: &str,
    content: &mut Content,
    warnings: &mut Vec<String>,
) -> Package {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut package = Package::default();
    let Some(mut xml) = part(walk, zip, name, warnings) else {
        warnings.push("damaged: the book's package document is missing".to_owned());
        return package;
    };
    let mut authors: Vec<String> = Vec::new();
    while let Some(piece) = xml.next() {
        let Piece::Start(name, element) = piece else { continue };
        let name = name.to_owned();
        match name.as_str() {
            "item" => {
                let href = element.get("href").unwrap_or_default();
                let href = href.split('#').next().unwrap_or_default();
                let properties = element.get("properties").unwrap_or_default();
                let item = Item {
                    path: resolve(folder, &unescaped(href)),
                    media_type: element.get("media-type").unwrap_or_default(),
                    is_list: properties.split_whitespace().any(|one| one == "nav"),
                };
                package.items.insert(element.get("id").unwrap_or_default(), item);
            }
            "itemref" => package.spine.push(element.get("idref").unwrap_or_default()),
            "title" | "creator" | "date" | "language" => {
                let value = xml.text().split_whitespace().collect::<Vec<_>>().join(" ");
                if value.is_empty() {
                    continue;
                }
                match name.as_str() {
                    "title" if content.title.is_none() => content.title = Some(value),
                    "creator" => authors.push(value),
                    "language" => {
                        let language = shown(&value);
                        warnings.push(format!("language: by the book's own word, {language}"));
                    }
                    "date" if content.published.is_none() => {
                        let day = value.get(..10).filter(|day| is_day(day));
                        content.published = day.map(|day| Published {
                            date: day.to_owned(),
                            found_in: "epub dc:date".to_owned(),
                        });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    warnings.extend(xml.warnings);
    content.author = (!authors.is_empty()).then(|| authors.join(", "));
    package
}

/// Whether letters are a day as ISO 8601 writes it.
fn is_day(day: &str) -> bool {
    day.len() == 10
        && day.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// An address in a book with `%20` and the like undone.
fn unescaped(href: &str) -> String {
    let mut bytes = Vec::with_capacity(href.len());
    let mut rest = href.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = code.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
