//! PDF files, written by these tests object by object.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use witnessmark_document::{Document, Limits, ReadBy, read};
use witnessmark_text::Hints;

/// A file of numbered objects, with the table of where they stand.
fn pdf(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).into_bytes());
    }
    let table = bytes.len();
    let rows: String = places.iter().map(|place| format!("{place:010} 00000 n \n")).collect();
    let count = objects.len() + 1;
    bytes.extend(format!("xref\n0 {count}\n0000000000 65535 f \n{rows}").into_bytes());
    let end =
        format!("trailer\n<</Size {count}/Root 1 0 R{trailer}>>\nstartxref\n{table}\n%%EOF\n");
    bytes.extend(end.into_bytes());
    bytes
}

/// One page of A4 that draws `content`; `root` and `trailer` are added to the catalogue and the trailer.
fn page(content: &str, root: &str, trailer: &str) -> Vec<u8> {
    let stream = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
    let catalogue = format!("<</Type/Catalog/Pages 2 0 R{root}>>");
    let objects = [
        catalogue.as_str(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        stream.as_str(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        "<</Title(The notice)/Author(The office)/CreationDate(D:20220905120000Z)>>",
    ];
    pdf(&objects, trailer)
}

fn read_all(bytes: &[u8]) -> Vec<Document> {
    let mut documents = Vec::new();
    read(bytes, &Hints::default(), &Limits::default(), &mut |document| documents.push(document));
    documents
}

#[test]
fn lines_have_their_words_and_their_places() {
    let bytes = page(
        "BT /F 12 Tf 72 700 Td (Samples were taken) Tj 0 -20 Td (from 69 percent.) Tj ET",
        "",
        "/Info 6 0 R",
    );
    let [document] = read_all(&bytes).try_into().unwrap();
    let content = document.content.unwrap();
    assert_eq!(content.media_type, "application/pdf");
    assert_eq!(content.title.as_deref(), Some("The notice"));
    assert_eq!(content.author.as_deref(), Some("The office"));
    assert_eq!(content.published.unwrap().date, "2022-09-05");
    assert!(content.text.contains("Samples were taken\nfrom 69 percent."), "{}", content.text);
    let [page] = document.pages.try_into().unwrap();
    assert_eq!((page.number, page.width, page.height), (1, 595.0, 842.0));
    assert_eq!((page.read_by, page.scanned), (ReadBy::Text, false));
    let points: Vec<char> = content.text.chars().collect();
    let lines: Vec<(String, bool)> = page
        .lines
        .iter()
        .map(|line| {
            let words = points[line.start..line.end].iter().collect();
            // The base lines stand 142 and 162 points below the upper edge.
            (words, line.left.round() == 72.0 && line.top > 125.0 && line.top < 165.0)
        })
        .collect();
    assert_eq!(
        lines,
        [("Samples were taken".to_owned(), true), ("from 69 percent.".to_owned(), true)]
    );
}

#[test]
fn what_a_file_would_do_is_said_and_not_done() {
    let text = "BT /F 12 Tf 72 700 Td (words) Tj ET";
    for (root, said) in [
        ("/OpenAction<</S/JavaScript/JS(app.alert(1))>>", "JavaScript"),
        ("/OpenAction<</S/Launch/F(cmd.exe)>>", "program"),
    ] {
        let [document] = read_all(&page(text, root, "")).try_into().unwrap();
        let warnings = document.content.unwrap().warnings;
        assert!(warnings.iter().any(|warning| warning.contains(said)), "{root}: {warnings:?}");
    }
}

/// A page whose only font cannot be loaded is not empty without a word.
#[test]
fn text_in_a_font_that_cannot_be_read_is_not_lost_without_a_word() {
    for name in ["F", "Missing"] {
        let text = format!("BT /{name} 12 Tf 72 700 Td (words) Tj ET");
        let [document] = read_all(&page(&text, "", "")).try_into().unwrap();
        let content = document.content.unwrap();
        let is_lost = name == "Missing";
        assert_eq!(content.text, if is_lost { "" } else { "words" }, "{name}");
        let is_said = content.warnings.iter().any(|warning| warning.starts_with("page 1: "));
        assert_eq!(is_said, is_lost, "{name}: {:?}", content.warnings);
    }
}

#[test]
fn a_damaged_file_is_an_answer_and_no_panic() {
    let sound = page("BT /F 12 Tf 72 700 Td (words that stay) Tj ET", "", "");
    for cut in 0..sound.len() {
        let documents = read_all(&sound[..cut]);
        assert_eq!(documents.len(), 1, "cut at {cut}");
    }
    for at in 0..sound.len() {
        let mut bent = sound.clone();
        bent[at] ^= 0x11;
        assert!(!read_all(&bent).is_empty(), "bent at {at}");
    }
}
