//! Tibetan, Uyghur and Chinese PDF files, by the programs that people set them with (`pdf/make_files.py` made them).
//!
//! Each is read as the text that it was made from, line by line and character by character.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use unicode_normalization::UnicodeNormalization;
use witnessmark_document::{Document, Limits, read};
use witnessmark_text::Hints;

fn lines_of(name: &str) -> (Vec<String>, Document) {
    let path = format!("{}/tests/pdf/{name}.pdf", env!("CARGO_MANIFEST_DIR"));
    let mut documents = Vec::new();
    let bytes = std::fs::read(path).unwrap();
    read(&bytes, &Hints::default(), &Limits::default(), &mut |document| documents.push(document));
    let [document] = documents.try_into().unwrap();
    let points: Vec<char> = document.content.as_ref().unwrap().text.chars().collect();
    // By the places of the lines, so that these are tested too.
    let text = |line: &witnessmark_document::Line| points[line.start..line.end].iter().collect();
    let lines = document.pages.iter().flat_map(|page| &page.lines).map(text).collect();
    (lines, document)
}

fn page(language: &str) -> Vec<String> {
    let path = format!("{}/tests/pages/{language}.txt", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().trim().lines().map(str::to_owned).collect()
}

#[test]
fn each_is_read_as_it_was_written() {
    /// All lines of the page.
    const ALL: &[usize] = &[];
    for (name, language, lines) in [
        // Stacks and vowels as glyphs of their own, some of them without text, some drawn left of their letter.
        ("bo-chromium", "bo", ALL),
        ("bo-libreoffice", "bo", ALL),
        ("bo-typst", "bo", ALL),
        ("bo-weasyprint", "bo", ALL),
        // Joined letters, from right to left, with numbers from left to right among them.
        ("ug-chromium", "ug", ALL),
        ("ug-libreoffice", "ug", ALL),
        ("ug-typst", "ug", ALL),
        ("ug-weasyprint", "ug", ALL),
        // Figures among ideographs are set off by a quarter of their size, and not by a space.
        ("zh-hans-chromium", "zh-hans", &[0, 4]),
        ("zh-hans-libreoffice", "zh-hans", ALL),
        ("zh-hans-typst", "zh-hans", ALL),
        ("zh-hant-libreoffice", "zh-hant", ALL),
        ("zh-hant-typst", "zh-hant", ALL),
        // Columns from right to left, of a font for horizontal lines, with figures on their side.
        ("zh-hans-vertical", "zh-hans", &[0, 4]),
        // No font embedded and no map to Unicode: a predefined map names the codes. The last two run downwards.
        ("zh-hans-gbk", "zh-hans", ALL),
        ("zh-hans-gb18030", "zh-hans", ALL),
        ("zh-hans-ucs2", "zh-hans", ALL),
        ("zh-hant-big5", "zh-hant", &[0, 2, 3, 4, 5, 6, 7, 8]),
        ("zh-hans-utf16-v", "zh-hans", ALL),
        ("zh-hant-ucs2-v", "zh-hant", ALL),
    ] {
        let (found, document) = lines_of(name);
        let mut expected = page(language);
        if !lines.is_empty() {
            expected = lines.iter().map(|number| expected[*number].clone()).collect();
        }
        assert_eq!(found, expected, "{name}");
        assert_eq!(document.content.unwrap().warnings, Vec::<String>::new(), "{name}");
    }
}

/// Arabic, Persian, Hebrew and Uyghur with vowel marks, brackets and numbers, and words of them in lines of Latin.
#[test]
fn lines_of_both_directions_are_read_as_they_were_written() {
    let path = format!("{}/tests/pdf/right-to-left.txt", env!("CARGO_MANIFEST_DIR"));
    let written = std::fs::read_to_string(path).unwrap();
    let written: Vec<String> = written.trim().lines().map(|line| line.nfc().collect()).collect();
    for (name, lost) in [
        ("right-to-left-chromium", &[][..]),
        ("right-to-left-libreoffice", &[]),
        ("right-to-left-typst", &[]),
        // It leaves out the text of some parts of letters, and of the sign that keeps letters apart.
        ("right-to-left-weasyprint", &[0, 1, 5, 7]),
    ] {
        let (found, document) = lines_of(name);
        let found: Vec<String> = found.iter().map(|line| line.nfc().collect()).collect();
        assert_eq!(found.len(), written.len(), "{name}");
        for (at, (found, written)) in found.iter().zip(&written).enumerate() {
            assert_eq!(found == written, !lost.contains(&at), "{name}: {found} for {written}");
        }
        let warnings = document.content.unwrap().warnings;
        assert_eq!(warnings.is_empty(), lost.is_empty(), "{name}: {warnings:?}");
    }
}

/// Old files hold the forms in which letters join, and stay so: what a search compares is normalised.
#[test]
fn presentation_forms_stay_and_stand_in_the_order_of_reading() {
    let (found, _) = lines_of("ug-presentation-forms");
    let expected = page("ug");
    assert_ne!(found, expected);
    let normal = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| line.nfkc().collect::<String>().nfkd().collect()).collect()
    };
    assert_eq!(normal(&found), normal(&expected));
}

/// A column is a line downwards: its box is high and narrow, and the next stands left of it.
#[test]
fn columns_have_their_places() {
    for name in ["zh-hans-vertical", "zh-hans-utf16-v", "zh-hant-ucs2-v"] {
        let (_, document) = lines_of(name);
        let lines = &document.pages[0].lines;
        assert!(lines.iter().all(|line| line.height > 4.0 * line.width), "{name}: {lines:?}");
        for pair in lines.windows(2) {
            assert!(pair[1].left + pair[1].width <= pair[0].left + 1.0, "{name}: {lines:?}");
        }
    }
}
