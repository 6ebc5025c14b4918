//! Sitemaps (sitemaps.org, protocol 0.9): the pages that a site lists of itself.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use url::Url;

/// A sitemap may have this many bytes when unpacked: a little more than the protocol's 50 MB.
const SIZE_LIMIT: usize = 64 * 1024 * 1024;

/// The protocol allows this many entries.
const ENTRY_LIMIT: usize = 50_000;

/// Elements may lie this deep in each other.
const DEPTH_LIMIT: usize = 32;

/// What a sitemap lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sitemap {
    /// Pages.
    Pages(SitemapEntries),
    /// Other sitemaps.
    Index(SitemapEntries),
}

/// The entries of one sitemap, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SitemapEntries {
    /// What can be asked for.
    pub entries: Vec<SitemapEntry>,
    /// Entries that are no http or https address, or were more than 50,000.
    pub passed_over: u64,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitemapEntry {
    /// Its address.
    pub url: Url,
    /// When it was last changed by the site's word, as it stands there.
    pub modified: Option<String>,
}

/// Why bytes are no sitemap.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SitemapError {
    /// It is longer than 64 MiB, or unpacks to more.
    #[error("the sitemap is longer than {SIZE_LIMIT} bytes")]
    TooLong,
    /// It begins like gzip and is damaged.
    #[error("the sitemap's compression is damaged: {0}")]
    Gzip(String),
    /// It is not UTF-8, which the protocol asks for.
    #[error("the sitemap is not UTF-8: see byte {0}")]
    NotUtf8(usize),
    /// It is not well-formed XML.
    #[error("the sitemap's XML is broken at byte {offset}: {detail}")]
    Xml {
        /// Where.
        offset: u64,
        /// How.
        detail: String,
    },
    /// It is XML, or nothing, but no sitemap.
    #[error("the file is no sitemap: it begins with {0}")]
    Other(String),
}

/// Reads a sitemap: XML or one address a line, plain or gzip. Entities that the file declares itself are not expanded.
pub fn parse(bytes: &[u8]) -> Result<Sitemap, SitemapError> {
    let mut unpacked = Vec::new();
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let limit = SIZE_LIMIT as u64 + 1;
        MultiGzDecoder::new(bytes)
            .take(limit)
            .read_to_end(&mut unpacked)
            .map_err(|error| SitemapError::Gzip(error.to_string()))?;
        unpacked.as_slice()
    } else {
        bytes
    };
    if bytes.len() > SIZE_LIMIT {
        return Err(SitemapError::TooLong);
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| SitemapError::NotUtf8(error.valid_up_to()))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('<') { parse_xml(text) } else { parse_lines(text) }
}

fn parse_lines(text: &str) -> Result<Sitemap, SitemapError> {
    let mut found = SitemapEntries::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        found.add(line, None);
    }
    if found.entries.is_empty() {
        let first = text.lines().next().unwrap_or_default();
        return Err(SitemapError::Other(format!(
            "{:?}",
            first.chars().take(40).collect::<String>()
        )));
    }
    Ok(Sitemap::Pages(found))
}

impl SitemapEntries {
    fn add(&mut self, url: &str, modified: Option<String>) {
        match Url::parse(url) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https") && self.entries.len() < ENTRY_LIMIT =>
            {
                self.entries.push(SitemapEntry { url, modified });
            }
            _ => self.passed_over += 1,
        }
    }
}

fn parse_xml(text: &str) -> Result<Sitemap, SitemapError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let mut found = SitemapEntries::default();
    let mut is_index = None;
    let (mut url, mut modified, mut letters) = (String::new(), String::new(), String::new());
    loop {
        let offset = reader.buffer_position();
        let broken = |detail: String| SitemapError::Xml { offset, detail };
        match reader.read_event().map_err(|error| broken(error.to_string()))? {
            Event::Start(element) => {
                // Names of other vocabularies (`image:loc`) keep their prefix and so never match.
                let name = element.name().as_ref().to_owned();
                if open.is_empty() {
                    is_index = match name.as_str() {
                        "urlset" => Some(false),
                        "sitemapindex" => Some(true),
                        other => {
                            let name: String = other.chars().take(40).collect();
                            return Err(SitemapError::Other(format!("<{name}>")));
                        }
                    };
                }
                if open.len() >= DEPTH_LIMIT {
                    return Err(broken(format!("more than {DEPTH_LIMIT} elements in each other")));
                }
                open.push(name);
                letters.clear();
            }
            Event::End(_) => {
                let names: Vec<&str> = open.iter().map(String::as_str).collect();
                match names.as_slice() {
                    [_, "url" | "sitemap", "loc"] => letters.trim().clone_into(&mut url),
                    [_, "url" | "sitemap", "lastmod"] => {
                        letters.trim().clone_into(&mut modified);
                    }
                    [_, "url" | "sitemap"] => {
                        let modified = std::mem::take(&mut modified);
                        found.add(&url, (!modified.is_empty()).then_some(modified));
                        url.clear();
                    }
                    _ => {}
                }
                open.pop();
                letters.clear();
            }
            Event::Text(piece) => letters.push_str(&piece),
            Event::CData(piece) => letters.push_str(&piece),
            // What the file declared itself stays unexpanded, so the address with it is passed over or odd, never large.
            Event::GeneralRef(reference) => push_reference(&reference, &mut letters),
            Event::Eof => break,
            _ => {}
        }
    }
    if !open.is_empty() {
        let detail = "it ends before its elements do".to_owned();
        return Err(SitemapError::Xml { offset: text.len() as u64, detail });
    }
    match is_index {
        Some(true) => Ok(Sitemap::Index(found)),
        Some(false) => Ok(Sitemap::Pages(found)),
        None => Err(SitemapError::Other("no element".to_owned())),
    }
}

fn push_reference(reference: &BytesRef<'_>, letters: &mut String) {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        letters.push(letter);
        return;
    }
    match &**reference {
        "amp" => letters.push('&'),
        "lt" => letters.push('<'),
        "gt" => letters.push('>'),
        "quot" => letters.push('"'),
        "apos" => letters.push('\''),
        other => letters.push_str(&format!("&{other};")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    fn urls(sitemap: &Sitemap) -> Vec<&str> {
        let (Sitemap::Pages(found) | Sitemap::Index(found)) = sitemap;
        found.entries.iter().map(|entry| entry.url.as_str()).collect()
    }

    const PAGES: &str = "\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n<!-- ours -->\n\
        <urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:image='x'>\n\
        <url><loc> https://e.org/a?x=1&amp;y=&#50; </loc><lastmod>2026-01-02</lastmod>\
        <image:image><image:loc>https://e.org/p.png</image:loc></image:image></url>\
        <url><loc><![CDATA[https://e.org/b]]></loc></url><url><loc>ftp://e.org/</loc></url></urlset>";

    #[test]
    fn pages_and_indexes() {
        let pages = parse(PAGES.as_bytes()).unwrap();
        assert_eq!(urls(&pages), ["https://e.org/a?x=1&y=2", "https://e.org/b"]);
        let Sitemap::Pages(found) = &pages else { panic!("no pages") };
        assert_eq!(found.passed_over, 1);
        assert_eq!(found.entries[0].modified.as_deref(), Some("2026-01-02"));
        assert_eq!(found.entries[1].modified, None);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(PAGES.as_bytes()).unwrap();
        assert_eq!(parse(&gzip.finish().unwrap()), Ok(pages));
        let index =
            "<sitemapindex><sitemap><loc>https://e.org/1.xml.gz</loc></sitemap></sitemapindex>";
        assert!(
            matches!(parse(index.as_bytes()), Ok(Sitemap::Index(found)) if found.entries.len() == 1)
        );
        let lines = parse(b"https://e.org/1\r\n\r\nhttps://e.org/2\n").unwrap();
        assert_eq!(urls(&lines), ["https://e.org/1", "https://e.org/2"]);
    }

    #[test]
    fn what_is_no_sitemap() {
        for (text, part) in [
            ("", "begins with"),
            ("hello", "begins with"),
            ("<html><body/></html>", "<html>"),
            ("<urlset><url><loc>https://e.org/</loc></url>", "ends before"),
            ("<urlset><url></loc></urlset>", "broken at byte"),
            ("\u{1f}\u{8b}", "begins with"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{text:?}: {error}");
        }
        assert!(matches!(parse(&[0x1f, 0x8b, 8, 0]), Err(SitemapError::Gzip(_))));
        assert_eq!(parse(b"<\xff"), Err(SitemapError::NotUtf8(1)));
        let deep = "<urlset>".repeat(40);
        assert!(parse(deep.as_bytes()).unwrap_err().to_string().contains("in each other"));
    }

    /// Billion laughs, and a file that unpacks to more than memory should hold.
    #[test]
    fn bombs_do_not_go_off() {
        let laughs = "<!DOCTYPE urlset [<!ENTITY a 'https://e.org/ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>\
            <urlset><url><loc>&b;</loc></url><url><loc>https://e.org/&b;</loc></url></urlset>";
        let sitemap = parse(laughs.as_bytes()).unwrap();
        assert_eq!(urls(&sitemap), ["https://e.org/&b;"]);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        for _ in 0..SIZE_LIMIT / (1 << 20) + 1 {
            gzip.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
        assert_eq!(parse(&gzip.finish().unwrap()), Err(SitemapError::TooLong));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in "(</?(urlset|url|loc|sitemapindex)>|&[a-z#0-9]{0,4};?|https?://[a-z]{0,4}|<!\\[CDATA\\[|\\]\\]>|<!DOCTYPE |\\PC){0,30}",
        ) {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
            let _ = parse(format!("<urlset>{text}").as_bytes());
        }
    }
}
