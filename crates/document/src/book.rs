//! Books: EPUB 2 and 3 (W3C EPUB 3.3; IDPF OPF 2.0.1). Chapters in the order of the spine.

use std::collections::HashMap;

use witnessmark_text::{Content, ExtractError, Hints, Published, read_content};

use crate::office::resolve;
use crate::office::xml::{Piece, Xml};
use crate::packed::directory::Directory;
use crate::walk::{Place, Walk};

/// The name and version of this reader.
pub(crate) const READER: &str = "witnessmark-book/1";

/// The most bytes of text of one book.
const MAX_TEXT: usize = 64 << 20;

/// Reads a book.
pub(crate) fn read(
    walk: &mut Walk<'_>,
    zip: &Directory<'_>,
    place: &Place,
    mut warnings: Vec<String>,
) {
    warnings.extend(zip.warnings.iter().cloned());
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
    let Some(package) = package else {
        let media_type = content.media_type;
        return walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
    };
    if zip.find("META-INF/encryption.xml").is_some() {
        warnings.push(
            "password: parts of the book are encrypted; they read as nonsense or not at all"
                .to_owned(),
        );
    }
    let chapters = read_package(walk, zip, &package, &mut content, &mut warnings);
    let total = chapters.len();
    for (index, chapter) in chapters.into_iter().enumerate() {
        if walk.budget.is_spent() || content.text.len() > MAX_TEXT {
            warnings.push(format!(
                "size: only {index} of {total} chapters were read: a limit was reached"
            ));
            break;
        }
        let Some(reader) = zip.find(&chapter).and_then(|entry| zip.reader(entry).ok()) else {
            let name = crate::names::shown(&chapter);
            warnings.push(format!("damaged: the chapter {name} is missing or cannot be unpacked"));
            continue;
        };
        let (bytes, problem) = walk.unpack(reader);
        warnings.extend(problem);
        let hints =
            Hints { media_type: Some("application/xhtml+xml".to_owned()), ..Hints::default() };
        let Ok(found) = read_content(&bytes, &hints) else { continue };
        if !found.text.is_empty() {
            if !content.text.is_empty() {
                content.text.push_str("\n\n");
            }
            content.text.push_str(&found.text);
        }
        content.charset = found.charset;
        content.links.extend(found.links.into_iter().filter(|link| link.href.contains("://")));
    }
    content.warnings = crate::packed::curbed(warnings, "book");
    walk.hand_on(place, Ok(content));
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

/// What the book says of itself; returns its chapters.
fn read_package(
    walk: &Walk<'_>,
    zip: &Directory<'_>,
    name: &str,
    content: &mut Content,
    warnings: &mut Vec<String>,
) -> Vec<String> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut manifest = HashMap::new();
    let mut spine = Vec::new();
    let Some(mut xml) = part(walk, zip, name, warnings) else {
        warnings.push("damaged: the book's package document is missing".to_owned());
        return Vec::new();
    };
    let mut authors: Vec<String> = Vec::new();
    while let Some(piece) = xml.next() {
        let Piece::Start(name, element) = piece else { continue };
        let name = name.to_owned();
        match name.as_str() {
            "item" => {
                let href = element.get("href").unwrap_or_default();
                let href = href.split('#').next().unwrap_or_default();
                manifest.insert(
                    element.get("id").unwrap_or_default(),
                    resolve(folder, &unescaped(href)),
                );
            }
            "itemref" => spine.push(element.get("idref").unwrap_or_default()),
            "title" | "creator" | "date" | "language" => {
                let value = xml.text().split_whitespace().collect::<Vec<_>>().join(" ");
                if value.is_empty() {
                    continue;
                }
                match name.as_str() {
                    "title" if content.title.is_none() => content.title = Some(value),
                    "creator" => authors.push(value),
                    "language" => {
                        let language = crate::names::shown(&value);
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
    spine.iter().filter_map(|id| manifest.get(id).cloned()).collect()
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
