//! What was recognised on the scanned pages of a document, put into its text.

use witnessmark_text::Content;

use super::languages::{LANGUAGES, language_of};
use super::{OcrError, OcrPage, Recogniser, recognise};
use crate::picture::{Gray, PICTURE_READER};
use crate::{Document, Line, ReadBy};

/// Languages whose absence is named where little was recognised.
const EXPECTED: [&str; 6] = ["eng", "chi_sim", "chi_tra", "bod", "uig", "ara"];

impl Document {
    /// Whether a page of it wants OCR.
    pub fn is_scanned(&self) -> bool {
        self.content.is_ok() && self.pages.iter().any(|page| page.scanned && page.lines.is_empty())
    }

    /// Recognises the writing on every scanned page, and puts it into the text where the page stands; the places of lines
    /// on later pages move with it. `picture` gives the picture of a page by its number.
    ///
    /// What goes wrong with one page is a warning, and the others are read.
    pub fn recognise_scans(
        &mut self,
        with: &mut dyn Recogniser,
        picture: &mut dyn FnMut(u32) -> Result<Gray, String>,
    ) {
        let Ok(content) = &mut self.content else { return };
        let whole: Vec<char> = content.text.chars().collect();
        let (mut text, mut length, mut copied) = (String::new(), 0_usize, 0_usize);
        let (mut languages, mut dropped, mut uncertain) = (Vec::<&'static str>::new(), 0, 0);
        let mut read = 0;
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
            let found = picture(page.number).and_then(|gray| {
                let found = recognise(&gray, with).map_err(|error| error.to_string())?;
                Ok((found, gray))
            });
            let (found, gray) = match found {
                Ok(found) => found,
                Err(why) => {
                    let number = page.number;
                    content.warnings.push(format!("ocr: page {number} was not recognised: {why}"));
                    continue;
                }
            };
            read += 1;
            dropped += found.dropped;
            uncertain += found.uncertain;
            for language in found.languages() {
                if !languages.contains(&language) {
                    languages.push(language);
                }
            }
            if found.turned > 0 {
                content.warnings.push(format!("ocr: page {} lay sideways", page.number));
            }
            let (words, places) = found.text();
            if !words.is_empty() && length > 0 {
                text.push_str("\n\n");
                length += 2;
            }
            page.read_by = ReadBy::Ocr;
            let scale = (page.width / gray.width() as f32, page.height / gray.height() as f32);
            page.lines = lines_of(&found, &places, length, scale);
            length += words.chars().count();
            text.push_str(&words);
        }
        text.extend(whole.get(copied..).unwrap_or_default());
        if read == 0 {
            return;
        }
        content.text = text;
        sign(content, with, &languages, read);
        if dropped > 0 {
            content.warnings.push(format!(
                "ocr: {dropped} lines that make no sense are left out; it may be no writing, or by hand"
            ));
        }
        if uncertain > 0 {
            content.warnings.push(format!("ocr: {uncertain} lines are very uncertain"));
        }
    }

    /// Says that scanned pages were not recognised, and why.
    pub fn not_recognised(&mut self, why: &OcrError) {
        let scans = self.pages.iter().filter(|page| page.scanned && page.lines.is_empty()).count();
        if let (Ok(content), true) = (&mut self.content, scans > 0) {
            let hint = why.hint();
            content
                .warnings
                .push(format!("ocr: {scans} scanned pages have no text: {why} ({hint})"));
        }
    }
}

/// The lines of a page, in its unit.
fn lines_of(
    found: &OcrPage,
    places: &[(usize, usize)],
    from: usize,
    (across, down): (f32, f32),
) -> Vec<Line> {
    let lines = found.blocks.iter().flat_map(|block| &block.lines).zip(places);
    let line = |(line, (start, end)): (&super::OcrLine, &(usize, usize))| Line {
        start: from + start,
        end: from + end,
        left: line.area.left as f32 * across,
        top: line.area.top as f32 * down,
        width: line.area.width as f32 * across,
        height: line.area.height as f32 * down,
        confidence: Some(line.confidence),
    };
    lines.map(line).collect()
}

/// Names the program and its languages in the extractor, and says what its readings are worth.
fn sign(content: &mut Content, with: &dyn Recogniser, languages: &[&'static str], pages: usize) {
    let mut name = with.name().to_owned();
    if !languages.is_empty() {
        name = format!("{name} {}", languages.join("+"));
    }
    content.extractor = match content.extractor.as_str() {
        "" | PICTURE_READER => name,
        reader => format!("{reader} {name}"),
    };
    let text =
        if content.text.is_empty() { "no writing was recognised" } else { "a program read it" };
    content.warnings.push(format!(
        "ocr: {pages} pages are pictures: {text}; no figure counts before a person compared it with the picture"
    ));
    let cautions = languages.iter().filter_map(|code| language_of(code)?.caution);
    content.warnings.extend(cautions.map(|caution| format!("ocr: {caution}")));
    let has = |code: &str| with.languages().iter().any(|language| language.code == code);
    let lacking = LANGUAGES.iter().filter(|one| EXPECTED.contains(&one.code) && !has(one.code));
    let lacking: Vec<_> = lacking.map(|language| language.package).collect();
    if !lacking.is_empty() {
        content.warnings.push(format!(
            "ocr: these languages were not tried, install their Debian packages: {}",
            lacking.join(" ")
        ));
    }
    content.warnings.dedup();
}

#[cfg(test)]
mod tests {
    use super::super::{OcrLanguage, OcrLine};
    use super::*;
    use crate::Page;
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
        fn read(&mut self, _: &Gray, _: &OcrLanguage) -> Result<Vec<OcrLine>, OcrError> {
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
        assert!(document.is_scanned());
        document.recognise_scans(&mut Fake, &mut |_| Ok(picture()));
        assert!(!document.is_scanned());
        let content = document.content.clone().expect("it was read");
        assert!(content.text.starts_with("one é\n\nscanned words\nand more"), "{}", content.text);
        assert!(content.text.ends_with("\n\nthree"));
        assert_eq!(content.extractor, "witnessmark-pdf/1 tesseract/5 eng");
        assert_eq!(quoted(&document).first().map(String::as_str), Some("one é"));
        assert_eq!(quoted(&document).last().map(String::as_str), Some("three"));
        assert!(quoted(&document).contains(&"and more".to_owned()));
        let line = &document.pages[1].lines[0];
        assert!(line.left + line.width <= 100.0 && line.confidence.is_some());
        assert!(content.warnings.iter().any(|text| text.contains("no figure counts")));
    }

    #[test]
    fn a_page_that_fails_is_a_warning_and_the_text_stays() {
        let mut document = document();
        document.recognise_scans(&mut Fake, &mut |_| Err("it cannot be decoded".to_owned()));
        let content = document.content.clone().expect("it was read");
        assert_eq!(content.text, "one é\n\nthree");
        assert_eq!(content.warnings, ["ocr: page 2 was not recognised: it cannot be decoded"]);
        document.not_recognised(&OcrError::NoProgram);
        let content = document.content.clone().expect("it was read");
        assert!(content.warnings[1].contains("tesseract-ocr"));
        assert_eq!(quoted(&document), ["one é", "three"]);
    }
}
