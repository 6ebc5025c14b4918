//! What a PDF file holds besides the text of its pages: comments, forms, layers that are switched off, pictures.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use witnessmark_document::{Document, Found, Limits, Pictures, read, read_with_pictures};
use witnessmark_text::Hints;

/// A page of A4 that draws `content`; `root` and `page` are added to the catalogue and to the page, `more` are objects from
/// number 6 on. The page knows the font F, the form X (object 6), the picture P (object 7) and the layers A and B (8 and 9).
fn pdf(root: &str, page: &str, content: &str, more: &[&str]) -> Vec<u8> {
    let mut objects = vec![
        format!("<</Type/Catalog/Pages 2 0 R{root}>>"),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R/P 7 0 R>>/Properties<</A 8 0 R/B 9 0 R>>>>{page}>>"
        ),
        stream("", content),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
    ];
    objects.extend(more.iter().map(|one| (*one).to_owned()));
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut rows = String::new();
    for (number, object) in objects.iter().enumerate() {
        rows += &format!("{:010} 00000 n \n", bytes.len());
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).into_bytes());
    }
    let (table, count) = (bytes.len(), objects.len() + 1);
    bytes.extend(format!("xref\n0 {count}\n0000000000 65535 f \n{rows}trailer\n<</Size {count}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n").into_bytes());
    bytes
}

fn stream(dictionary: &str, data: &str) -> String {
    format!("<<{dictionary}/Length {}>>stream\n{data}\nendstream", data.len())
}

/// A form that draws words.
fn form(words: &str) -> String {
    let drawn = format!("BT /F 10 Tf 0 2 Td ({words}) Tj ET");
    stream("/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F 5 0 R>>>>", &drawn)
}

fn read_one(bytes: &[u8]) -> Document {
    let mut documents = Vec::new();
    read(bytes, &Hints::default(), &Limits::default(), &mut |document| documents.push(document));
    documents.into_iter().next().unwrap()
}

const WORDS: &str = "BT /F 12 Tf 72 700 Td (words) Tj ET";

/// Checks the text, and that each line is where its page says; the warnings of the page come back.
fn check(name: &str, bytes: &[u8], expected: &str) -> Vec<String> {
    let document = read_one(bytes);
    let content = document.content.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(content.text, expected, "{name}");
    let points: Vec<char> = content.text.chars().collect();
    let lines = document.pages.iter().flat_map(|page| &page.lines);
    let lines: Vec<String> =
        lines.map(|line| points[line.start..line.end].iter().collect()).collect();
    let expected: Vec<&str> = expected.split('\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, expected, "{name}");
    content.warnings
}

#[test]
fn comments_stand_behind_the_page_under_who_wrote_them() {
    let note = |kind: &str, rest: &str| {
        format!("/Annots[<</Type/Annot/Subtype/{kind}/Rect[100 600 200 620]{rest}>>]")
    };
    for (name, annotations, more, expected) in [
        (
            "a note with its writer and day",
            note("Text", "/T(A. B.)/M(D:20220905120000Z)/Contents(Not his\rsignature)"),
            vec![],
            "words\n\nComment (A. B., 2022-09-05): Not his\nsignature",
        ),
        (
            "in UTF-16",
            note("Highlight", "/Contents<FEFF8B668BEF>"),
            vec![],
            "words\n\nComment: 警误",
        ),
        (
            "a text box that shows its words",
            note("FreeText", "/Contents(See page 3)/AP<</N 6 0 R>>"),
            vec![form("See page 3")],
            "words\n\nText box: See page 3",
        ),
        (
            "a text box that shows others than it says",
            note("FreeText", "/Contents(guilty)/AP<</N 6 0 R>>"),
            vec![form("innocent")],
            "words\n\nText box: innocent\nguilty",
        ),
        (
            "a stamp",
            note("Stamp", "/AP<</N 6 0 R>>"),
            vec![form("TOP SECRET")],
            "words\n\nStamp: TOP SECRET",
        ),
        (
            "a note that is hidden",
            note("Text", "/F 2/Contents(do not show)"),
            vec![],
            "words\n\nHidden: Comment: do not show",
        ),
        (
            "behind an object that is missing",
            "/Annots[99 0 R null 6 0 R]".to_owned(),
            vec!["<</Subtype/Text/Rect[0 0 9 9]/Contents(still here)>>".to_owned()],
            "words\n\nComment: still here",
        ),
        ("a link says nothing", note("Link", "/Contents(a link)"), vec![], "words"),
        ("an empty note", note("Text", "/Contents()"), vec![], "words"),
    ] {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let warnings = check(name, &pdf("", &annotations, WORDS, &more), expected);
        assert_eq!(warnings, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn fields_of_forms_have_their_names_and_values() {
    let field = |rest: &str| {
        format!("/Annots[<</Subtype/Widget/Rect[100 600 200 620]/Parent 7 0 R{rest}>>]")
    };
    let person = "<</T(person)/FT/Tx>>";
    for (name, annotations, parent, expected) in [
        (
            "a value that is drawn",
            field("/T(name)/V(Ana)/AP<</N 6 0 R>>"),
            person,
            "words\n\nField (person.name): Ana",
        ),
        (
            "a value that is not drawn",
            field("/T(born)/V(1990)"),
            person,
            "words\n\nField (person.born): 1990",
        ),
        (
            "a value that differs from what is drawn",
            field("/T(name)/V(Eve)/AP<</N 6 0 R>>"),
            person,
            "words\n\nField (person.name): Ana\nEve",
        ),
        (
            "a name for people",
            field("/TU(Your name)/V(x)"),
            person,
            "words\n\nField (Your name): x",
        ),
        (
            "a value of the field that it is a part of",
            field(""),
            "<</T(city)/FT/Tx/V(Ghulja)>>",
            "words\n\nField (city): Ghulja",
        ),
        (
            "several that are chosen",
            field(""),
            "<</T(seen)/FT/Ch/V[(a)(b)]>>",
            "words\n\nField (seen): a\nb",
        ),
        (
            "a box that is ticked",
            field("/AS/Yes"),
            "<</T(alive)/FT/Btn>>",
            "words\n\nField (alive): Yes",
        ),
        ("a box that is not", field("/AS/Off"), "<</T(alive)/FT/Btn>>", "words"),
        ("a button", field("/AP<</N 6 0 R>>"), "<</T(send)/FT/Btn/Ff 65536>>", "words\n\nAna"),
        ("nothing written", field(""), person, "words"),
    ] {
        check(name, &pdf("", &annotations, WORDS, &[&form("Ana"), parent]), expected);
    }
}

/// A file can hold words that it shows to nobody who opens it.
#[test]
fn layers_that_are_switched_off_are_named() {
    let group = "<</Type/OCG/Name(draft)>>";
    let settings = |inner: &str| format!("/OCProperties<</OCGs[8 0 R 9 0 R]/D<<{inner}>>>>");
    let on_a = format!(
        "{WORDS} /OC/A BDC BT /F 12 Tf 72 600 Td (on a layer) Tj ET EMC BT /F 12 Tf 72 500 Td (end) Tj ET"
    );
    let form = form("on a layer").replace("/Type/XObject", "/Type/XObject/OC 8 0 R");
    let shown = "words\n\non a layer\n\nend";
    let apart = "words\n\nend\n\nLayer that is switched off: on a layer";
    let members = |rest: &str| format!("<</Type/OCMD{rest}>>");
    let drawn = format!("{WORDS} q 1 0 0 1 72 600 cm /X Do Q BT /F 12 Tf 72 500 Td (end) Tj ET");
    for (name, properties, content, a, expected) in [
        ("a layer that is on", settings("/ON[8 0 R]"), &on_a, group.to_owned(), shown),
        ("a layer that is off", settings("/OFF[8 0 R]"), &on_a, group.to_owned(), apart),
        ("all off", settings("/BaseState/OFF"), &on_a, group.to_owned(), apart),
        ("all but this off", settings("/BaseState/OFF/ON[8 0 R]"), &on_a, group.to_owned(), shown),
        ("a form on a layer", settings("/OFF[8 0 R]"), &drawn, group.to_owned(), apart),
        ("any of two", settings("/OFF[10 0 R]"), &on_a, members("/OCGs[9 0 R 10 0 R]"), shown),
        (
            "all of two",
            settings("/OFF[10 0 R]"),
            &on_a,
            members("/OCGs[9 0 R 10 0 R]/P/AllOn"),
            apart,
        ),
        ("none of two", settings("/OFF[10 0 R]"), &on_a, members("/OCGs 10 0 R/P/AllOff"), shown),
        ("shown if one is off", settings(""), &on_a, members("/OCGs[9 0 R]/P/AnyOff"), apart),
        (
            "an expression",
            settings("/OFF[10 0 R]"),
            &on_a,
            members("/VE[/And 9 0 R[/Or 10 0 R[/Not 9 0 R]]]"),
            apart,
        ),
        (
            "an expression without sense",
            settings("/OFF[10 0 R]"),
            &on_a,
            members("/VE[/And[/Xor 9 0 R]]"),
            shown,
        ),
    ] {
        let more = [form.as_str(), "null", a.as_str(), group, group];
        let bytes = pdf(&properties, "", content, &more);
        let warnings = check(name, &bytes, expected);
        let is_said =
            warnings.iter().any(|warning| warning.contains("layers that are switched off"));
        assert_eq!(is_said, expected == apart, "{name}: {warnings:?}");
    }
}

#[test]
fn pictures_beside_text_and_places_to_be_blacked_out_are_named() {
    let picture =
        stream("/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", "x");
    let heading =
        "BT /F 12 Tf 72 800 Td (The office of the district writes to all villages:) Tj ET";
    let redact = "/Annots[<</Subtype/Redact/Rect[70 690 200 720]>>]";
    for (name, page, content, said) in [
        ("a small picture", "", format!("{heading} q 50 0 0 50 0 0 cm /P Do Q"), ""),
        (
            "a photographed letter under a heading",
            "",
            format!("{heading} q 400 0 0 500 72 100 cm /P Do Q"),
            "pictures: large ones stand beside the text, and follow by themselves; pages with such: 1",
        ),
        (
            "a mark that nobody applied",
            redact,
            heading.to_owned(),
            "page 1: 1 places are marked to be blacked out, and what is under them is still in the file",
        ),
    ] {
        let bytes = pdf("", page, &content, &["null", &picture]);
        let warnings = read_one(&bytes).content.unwrap().warnings;
        let said: Vec<&str> = Some(said).filter(|said| !said.is_empty()).into_iter().collect();
        assert_eq!(warnings, said, "{name}");
    }
}

/// A letter that was photographed and put under a typed heading was named, and never read.
#[test]
fn pictures_beside_text_follow_by_themselves() {
    let pixels = "x".repeat(16);
    let picture =
        stream("/Subtype/Image/Width 4/Height 4/BitsPerComponent 8/ColorSpace/DeviceGray", &pixels);
    let drawn = "BT /F 12 Tf 72 800 Td (The office of the district writes to all villages:) Tj ET \
        q 400 0 0 500 72 100 cm /P Do Q";
    let bytes = pdf("", "", drawn, &["null", &picture]);
    let wanted = Pictures::Page { inside: Some("pictures".to_owned()), page: 1 };
    for wanted in [Pictures::Scans, wanted] {
        let (mut places, mut pictures) = (Vec::new(), Vec::new());
        read_with_pictures(&bytes, &Hints::default(), &Limits::default(), &wanted, &mut |found| {
            match found {
                Found::Document(document) => {
                    places.push((document.inside.clone(), document.waits_for_ocr()));
                }
                Found::Picture { page, picture } => {
                    pictures.push((places.len(), page, picture.is_ok()))
                }
            }
        });
        assert_eq!(places, [(None, false), (Some("pictures".to_owned()), true)]);
        assert_eq!(pictures, [(2, 1, true)], "{wanted:?}");
    }
}

/// Letters that were turned into shapes, as printers like them, left a page without a word, and nobody was told.
#[test]
fn letters_that_are_shapes_go_to_ocr() {
    let shape = |number: usize| {
        let (x, y) = (50 + 10 * (number % 40), 700 - 20 * (number / 40));
        format!("{x} {y} m {x} {} {} {y} {} {} c {x} {} l f ", y + 9, x + 5, x + 8, y + 9, y + 4)
    };
    let line: String = (0..260).map(shape).collect();
    let few: String = (0..20).map(shape).collect();
    let rules = "50 700 m 60 700 l 60 710 l 50 710 l f ".repeat(300);
    for (name, content, is_drawn) in [
        ("lines of letters", line.clone(), true),
        ("a sign", few, false),
        ("the rules of a table", rules, false),
        (
            "a drawing beside text",
            format!("BT /F 9 Tf 50 750 Td ({}) Tj ET {line}", "word ".repeat(20)),
            false,
        ),
    ] {
        let bytes = pdf("", "", &content, &[]);
        let mut pictures = Vec::new();
        let mut waits = false;
        read_with_pictures(
            &bytes,
            &Hints::default(),
            &Limits::default(),
            &Pictures::Scans,
            &mut |found| match found {
                Found::Document(document) => {
                    waits = document.waits_for_ocr();
                    let warnings = document.content.unwrap().warnings.join("\n");
                    assert_eq!(
                        warnings.contains("left to OCR; pages: 1"),
                        is_drawn,
                        "{name}: {warnings}"
                    );
                }
                Found::Picture { picture, .. } => pictures.push(picture.unwrap()),
            },
        );
        assert_eq!((waits, pictures.len()), (is_drawn, usize::from(is_drawn)), "{name}");
        for picture in pictures {
            assert_eq!((picture.width(), picture.height()), (2479, 3508));
            let is_dark = |y: u32| picture.row(y).iter().any(|grey| *grey < 100);
            assert!(is_dark(570) && !is_dark(100), "the shapes stand where the page has them");
        }
    }
}

/// A scan with a number stamped on it, or with a comment, is still a scan: its own words are in the picture.
#[test]
fn a_few_typed_words_do_not_keep_a_scan_from_ocr() {
    let picture =
        stream("/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", "x");
    let drawn = "q 595 0 0 842 0 0 cm /P Do Q BT /F 9 Tf 400 20 Td (ABC 000123) Tj ET";
    let comment = "/Annots[<</Subtype/Text/Rect[9 9 9 9]/Contents(Who signed this? It is not the writing of the others, I am sure.)>>]";
    let document = read_one(&pdf("", comment, drawn, &["null", &picture]));
    assert!(document.waits_for_ocr());
    let text = document.content.unwrap().text;
    assert!(text.starts_with("ABC 000123\n\nComment: Who signed this?"), "{text}");
}
