//! What was recognised on the scanned pages of a document, put into its text.

use std::collections::BTreeMap;

use witnessmark_text::Content;

use super::languages::{LANGUAGES, language_of};
use super::{OcrError, OcrLine, OcrPage, Recogniser, recognise};
use crate::picture::Gray;
use crate::{Document, Line, Page, ReadBy};

/// Languages whose absence is named where little was recognised.
const EXPECTED: [&str; 6] = ["eng", "chi_sim", "chi_tra", "bod", "uig", "ara"];

impl Document {
    /// Whether a page of it wants OCR, and no OCR has read it.
    pub fn waits_for_ocr(&self) -> bool {
        // Whoever tried it signed the text with its name behind that of the reader.
        let tried = |content: &Content| content.extractor.contains(' ');
        let waits = |page: &Page| page.scanned && page.lines.is_empty();
        self.content.as_ref().is_ok_and(|content| !tried(content)) && self.pages.iter().any(waits)
    }

    /// The pages that are pictures and have no text.
    pub(crate) fn unread_scans(&self) -> Vec<u32> {
        let unread = self.pages.iter().filter(|page| page.scanned && page.lines.is_empty());
        unread.map(|page| page.number).collect()
    }

    /// Puts what was recognised on scanned pages into the text where each page stands; the places of lines on later pages move
    /// with it. `scans` has each page that was tried by its number, with what was found on it or what went wrong.
    ///
    /// What went wrong with one page is a warning, and the others count.
    pub fn put_scans(
        &mut self,
        scans: &BTreeMap<u32, Result<Scan, String>>,
        with: &dyn Recogniser,
    ) {
        let Ok(content) = &mut self.content else { return };
        let whole: Vec<char> = content.text.chars().collect();
        let (mut text, mut length, mut copied) = (String::new(), 0_usize, 0_usize);
        let mut seen = Seen::default();
        let mut failed: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for page in &mut self.pages {
            if !page.scanned || !page.lines.is_empty() {
                // Its text, with what parts it from the page before, comes along.
                let end = page.lines.iter().map(|line| line.end).max().unwrap_or(copied);
                let part = whole.get(copied..end).unwrap_or_default();
                let moved = length.saturating_sub(copied);
                for line in &mut page.lines {
                    (line.start, line.end) = (line.start + moved, line.end + moved);
                }
                text.extend(part);
                length += part.len();
                copied = copied.max(end);
                continue;
            }
            let scan = match scans.get(&page.number) {
                Some(Ok(scan)) => scan,
                Some(Err(why)) => {
                    failed.entry(why).or_default().push(page.number);
                    continue;
                }
                None => {
                    seen.not_tried += 1;
                    continue;
                }
            };
            seen.add(page.number, &scan.found);
            let (words, places) = scan.found.text();
            if !words.is_empty() && length > 0 {
                text.push_str("\n\n");
                length += 2;
            }
            page.read_by = ReadBy::Ocr;
            let scale = (page.width / scan.width as f32, page.height / scan.height as f32);
            page.lines = lines_of(&scan.found, &places, length, scale);
            length += words.chars().count();
            text.push_str(&words);
        }
        text.extend(whole.get(copied..).unwrap_or_default());
        for (why, pages) in failed {
            let Some((first, others)) = pages.split_first() else { continue };
            let others = match others {
                [] => String::new(),
                others => format!(", nor were {} others ({})", others.len(), shortened(others)),
            };
            content.warnings.push(format!("ocr: page {first} was not recognised{others}: {why}"));
        }
        if seen.not_tried > 0 {
            let count = seen.not_tried;
            content.warnings.push(format!(
                "ocr: {count} scanned pages were not recognised: their pictures did not come, or there are too many in one file"
            ));
        }
        content.text = text;
        sign(content, with, &seen);
    }

    /// Says that scanned pages were not recognised, and why.
    pub fn not_recognised(&mut self, why: &OcrError) {
        let scans = self.pages.iter().filter(|page| page.scanned && page.lines.is_empty()).count();
        if let (Ok(content), true) = (&mut self.content, scans > 0) {
            let hint = why.hint();
            let pages = match scans {
                1 => "1 page is a picture and has".to_owned(),
                scans => format!("{scans} pages are pictures and have"),
            };
            content.warnings.push(format!("ocr: {pages} no text yet: {why} ({hint})"));
        }
    }
}

/// What was recognised on one scanned page.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The lines, with places in pixels of its picture.
    pub found: OcrPage,
    /// The picture's width in pixels.
    pub width: u32,
    /// The picture's height in pixels.
    pub height: u32,
}

impl Scan {
    /// Recognises the writing in the picture of a page.
    pub fn of(picture: &Gray, with: &mut dyn Recogniser) -> Result<Self, OcrError> {
        let found = recognise(picture, with)?;
        Ok(Self { found, width: picture.width(), height: picture.height() })
    }
}

/// What there is to say of all scanned pages of a document.
#[derive(Default)]
struct Seen {
    pages: usize,
    not_tried: usize,
    languages: Vec<&'static str>,
    dropped: usize,
    sideways: Vec<String>,
    /// Very uncertain lines, as `page 1 line 3`.
    uncertain: Vec<String>,
}

impl Seen {
    fn add(&mut self, page: u32, found: &OcrPage) {
        self.pages += 1;
        self.dropped += found.dropped;
        for language in found.languages() {
            if !self.languages.contains(&language) {
                self.languages.push(language);
            }
        }
        if found.turned > 0 {
            self.sideways.push(page.to_string());
        }
        let lines = found.blocks.iter().flat_map(|block| &block.lines);
        for (number, line) in (1..).zip(lines) {
            if line.is_uncertain() {
                self.uncertain.push(format!("page {page} line {number}"));
            }
        }
    }
}

/// So many uncertain lines are named.
const MOST_NAMED: usize = 20;

/// Numbers of pages, with those in a row as `3-7`.
fn shortened(pages: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for page in pages {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*page) => *last = *page,
            _ => runs.push((*page, *page)),
        }
    }
    let more = runs.len().saturating_sub(MOST_NAMED);
    let named = runs.iter().take(MOST_NAMED).map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    let more = (more > 0).then(|| "and more".to_owned());
    named.chain(more).collect::<Vec<_>>().join(", ")
}

/// The lines of a page, in its unit.
fn lines_of(
    found: &OcrPage,
    places: &[(usize, usize)],
    from: usize,
    (across, down): (f32, f32),
) -> Vec<Line> {
    let tagged = found.blocks.iter().flat_map(|block| {
        let tag = language_of(block.language).map(|language| language.tag.to_owned());
        block.lines.iter().map(move |line| (line, tag.clone()))
    });
    let line = |((line, language), (start, end)): ((&OcrLine, _), &(usize, usize))| Line {
        start: from + start,
        end: from + end,
        left: line.area.left as f32 * across,
        top: line.area.top as f32 * down,
        width: line.area.width as f32 * across,
        height: line.area.height as f32 * down,
        confidence: Some(line.confidence),
        language,
    };
    tagged.zip(places).map(line).collect()
}

/// Names the program and its languages in the extractor, and says what its readings are worth.
fn sign(content: &mut Content, with: &dyn Recogniser, seen: &Seen) {
    let languages = &seen.languages;
    let reader = format!("{} {}", content.extractor, with.name());
    let reader = format!("{reader} {}", languages.join("+"));
    content.extractor = reader.trim().to_owned();
    if seen.pages == 0 {
        return;
    }
    let pages = match seen.pages {
        1 => "1 page is a picture".to_owned(),
        pages => format!("{pages} pages are pictures"),
    };
    let text = match content.text.trim().is_empty() {
        true => "no writing was recognised".to_owned(),
        false => format!(
            "read by OCR ({}), unread by a person; no figure counts before somebody compared it with the picture",
            with.name()
        ),
    };
    content.warnings.push(format!("ocr: {pages}: {text}"));
    let cautions = languages.iter().filter_map(|code| language_of(code)?.caution);
    for caution in cautions.map(|caution| format!("ocr: {caution}")) {
        if !content.warnings.contains(&caution) {
            content.warnings.push(caution);
        }
    }
    if !seen.sideways.is_empty() {
        content.warnings.push(format!("ocr: lay sideways: page {}", seen.sideways.join(", ")));
    }
    if seen.dropped > 0 {
        let dropped = seen.dropped;
        content.warnings.push(format!(
            "ocr: {dropped} lines that make no sense are left out; it may be no writing, or by hand"
        ));
    }
    if !seen.uncertain.is_empty() {
        let mut named = seen.uncertain.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>();
        match seen.uncertain.len().saturating_sub(MOST_NAMED) {
            0 => {}
            more => named.push(format!("and {more} more")),
        }
        content.warnings.push(format!("ocr: very uncertain: {}", named.join(", ")));
    }
    let has = |code: &str| with.languages().iter().any(|language| language.code == code);
    let lacking = LANGUAGES.iter().filter(|one| EXPECTED.contains(&one.code) && !has(one.code));
    let lacking: Vec<_> = lacking.map(|language| language.package).collect();
    if !lacking.is_empty() {
        content.warnings.push(format!(
            "ocr: these languages were not tried; their Debian packages are missing: {}",
            lacking.join(" ")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OcrLanguage, Shows};
    use super::*;
    use crate::picture::Area;

    /// Reads two lines on every picture.
    struct Fake;

    impl Recogniser for Fake {
        fn name(&self) -> &str {
            "tesseract/5"
        }
        fn languages(&self) -> &[&'static OcrLanguage] {
            const ONE: [&OcrLanguage; 1] = [&LANGUAGES[0]];
            &ONE
        }
        fn read(&mut self, _: &Gray, _: Shows, _: &OcrLanguage) -> Result<Vec<OcrLine>, OcrError> {
            let line = |text: &str, top| OcrLine {
                text: text.to_owned(),
                area: Area { left: 20, top, width: 40, height: 10 },
                confidence: 0.9,
            };
            Ok(vec![line("scanned words", 20), line("and more", 40)])
        }
    }

    fn page(number: u32, scanned: bool, lines: &[(usize, usize)]) -> Page {
        let line = |(start, end): &(usize, usize)| Line {
            start: *start,
            end: *end,
            left: 0.0,
            top: 0.0,
            width: 1.0,
            height: 1.0,
            confidence: None,
            language: None,
        };
        let lines = lines.iter().map(line).collect();
        Page { number, width: 100.0, height: 50.0, read_by: ReadBy::Text, scanned, lines }
    }

    /// A picture with a dark block in it.
    fn picture() -> Gray {
        let dark = |n: usize| (n / 200) % 8 < 3 && (20..80).contains(&(n % 200));
        let pixels = (0..20_000).map(|n| if dark(n) { 20 } else { 250 }).collect();
        Gray::new(200, 100, pixels).expect("as many pixels")
    }

    fn document() -> Document {
        let content = Content {
            text: "one é\n\nthree".to_owned(),
            extractor: "witnessmark-pdf/1".to_owned(),
            ..Content::default()
        };
        let pages = vec![page(1, false, &[(0, 5)]), page(2, true, &[]), page(3, false, &[(7, 12)])];
        Document { inside: None, content: Ok(content), pages }
    }

    fn quoted(document: &Document) -> Vec<String> {
        let text: Vec<char> = match &document.content {
            Ok(content) => content.text.chars().collect(),
            Err(_) => Vec::new(),
        };
        let lines = document.pages.iter().flat_map(|page| &page.lines);
        lines.map(|line| text[line.start..line.end].iter().collect()).collect()
    }

    #[test]
    fn a_scanned_page_between_others_is_put_in_its_place_and_lines_move_with_it() {
        let mut document = document();
        assert!(document.waits_for_ocr());
        let scan = Scan::of(&picture(), &mut Fake).map_err(|error| error.to_string());
        document.put_scans(&BTreeMap::from([(2, scan)]), &Fake);
        assert!(!document.waits_for_ocr());
        let content = document.content.clone().expect("it was read");
        assert!(content.text.starts_with("one é\n\nscanned words\nand more"), "{}", content.text);
        assert!(content.text.ends_with("\n\nthree"));
        assert_eq!(content.extractor, "witnessmark-pdf/1 tesseract/5 eng");
        assert_eq!(quoted(&document).first().map(String::as_str), Some("one é"));
        assert_eq!(quoted(&document).last().map(String::as_str), Some("three"));
        assert!(quoted(&document).contains(&"and more".to_owned()));
        let line = &document.pages[1].lines[0];
        assert!(line.left + line.width <= 100.0 && line.confidence.is_some());
        assert_eq!(document.pages[1].lines[0].language.as_deref(), Some("en"));
        let said = content.warnings.join("\n");
        assert!(said.contains("read by OCR (tesseract/5), unread by a person"), "{said}");
        assert!(said.contains("tesseract-ocr-bod"), "{said}");
    }

    #[test]
    fn a_page_that_fails_is_a_warning_and_the_text_stays() {
        let mut document = document();
        let broken = Err("it cannot be decoded".to_owned());
        document.put_scans(&BTreeMap::from([(2, broken)]), &Fake);
        let content = document.content.clone().expect("it was read");
        assert_eq!(content.text, "one é\n\nthree");
        assert_eq!(content.warnings, ["ocr: page 2 was not recognised: it cannot be decoded"]);
        assert_eq!(quoted(&document), ["one é", "three"]);
        assert!(!document.waits_for_ocr(), "it was tried");
    }

    #[test]
    fn pages_that_fail_alike_are_named_in_one_warning() {
        let mut document = document();
        for number in 4..=9 {
            document.pages.push(page(number, number != 7, &[]));
        }
        let late = || Err("it took too long".to_owned());
        let scans = [2, 4, 5, 6, 8, 9].map(|number| (number, late()));
        document.put_scans(&scans.into(), &Fake);
        let content = document.content.clone().expect("it was read");
        assert_eq!(
            content.warnings,
            ["ocr: page 2 was not recognised, nor were 5 others (4-6, 8-9): it took too long"]
        );
    }

    #[test]
    fn without_the_program_the_pages_wait_and_the_warning_names_the_package() {
        let mut document = document();
        document.not_recognised(&OcrError::NoProgram);
        let content = document.content.clone().expect("it was read");
        assert!(content.warnings[0].contains("tesseract-ocr-bod"), "{:?}", content.warnings);
        assert!(document.waits_for_ocr());
    }
}
