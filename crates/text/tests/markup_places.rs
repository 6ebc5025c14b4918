//! From a span of the extracted text back to the elements of the page and the bytes of the file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure in a test may panic anywhere")]

use encoding_rs::{BIG5, Encoding, GB18030, SHIFT_JIS, UTF_8, UTF_16LE, WINDOWS_1252};
use proptest::prelude::*;
use witnessmark_text::{Hints, MarkupPlace, extract, markup_places};

fn markup(charset: &str) -> Hints {
    Hints { media_type: Some(format!("text/html; charset={charset}")), ..Hints::default() }
}

fn span_of(text: &str, words: &str) -> (usize, usize) {
    let at = text.find(words).unwrap_or_else(|| panic!("{words:?} is not in {text:?}"));
    let start = text[..at].chars().count();
    (start, start + words.chars().count())
}

fn place(bytes: &[u8], hints: &Hints, words: &str) -> MarkupPlace {
    let text = extract(bytes, hints).unwrap().text;
    let span = span_of(&text, words);
    markup_places(bytes, hints, &[span]).unwrap().remove(0).unwrap()
}

fn range<'b>(bytes: &'b [u8], place: &MarkupPlace) -> &'b [u8] {
    let end = |at: u64| usize::try_from(at).unwrap();
    &bytes[end(place.bytes.start)..end(place.bytes.end)]
}

#[test]
fn a_span_leads_to_its_element_and_its_bytes() {
    for (name, html, words, path, text, offset, source) in [
        (
            "a paragraph",
            "<html><body><p>one</p><p>two</p><p>a b c</p></body></html>",
            "b c",
            "html > body > p:nth-of-type(3)",
            1,
            2,
            "b c",
        ),
        (
            "without html and body",
            "<p>one<p>two",
            "two",
            "html > body > p:nth-of-type(2)",
            1,
            0,
            "two",
        ),
        (
            "a reference",
            "<body><p>R&amp;D &lt;5 &#x897F;藏",
            "D <5 西",
            "html > body > p:nth-of-type(1)",
            1,
            2,
            "D &lt;5 &#x897F;",
        ),
        (
            "a reference without its end",
            "<body><p>R&ampD 5",
            "& 5".trim_start_matches("& "),
            "html > body > p:nth-of-type(1)",
            1,
            4,
            "5",
        ),
        (
            "a reference as a whole",
            "<body><p>a &eacute;&nbsp;b",
            "é",
            "html > body > p:nth-of-type(1)",
            1,
            2,
            "&eacute;",
        ),
        (
            "over two elements",
            "<body><p>a <b>bold</b> word</p>",
            "bold word",
            "html > body > p:nth-of-type(1) > b:nth-of-type(1)",
            1,
            0,
            "bold</b> word",
        ),
        (
            "behind an element",
            "<body><p>a <b>bold</b> word</p>",
            "word",
            "html > body > p:nth-of-type(1)",
            2,
            1,
            "word",
        ),
        (
            "a row without tbody",
            "<body><table><tr><td>x<td>9",
            "9",
            "html > body > table:nth-of-type(1) > tbody:nth-of-type(1) > tr:nth-of-type(1) > td:nth-of-type(2)",
            1,
            0,
            "9",
        ),
        (
            "preformatted",
            "<body><pre>\r\none\r\n two</pre>",
            "two",
            "html > body > pre:nth-of-type(1)",
            1,
            5,
            "two",
        ),
        (
            "an element of its own name",
            "<body><i>x</i><my-note>word</my-note>",
            "word",
            "html > body > *:nth-child(2)",
            1,
            0,
            "word",
        ),
        (
            "white space",
            "<body><p>  a \n\n  b",
            "a b",
            "html > body > p:nth-of-type(1)",
            1,
            2,
            "a \n\n  b",
        ),
        ("a NUL", "<body><p>a\0b c", "b c", "html > body > p:nth-of-type(1)", 1, 2, "b c"),
    ] {
        let found = place(html.as_bytes(), &markup("utf-8"), words);
        assert_eq!(found.start.path, path, "{name}");
        assert_eq!((found.start.text, found.start.offset), (text, offset), "{name}");
        assert_eq!(std::str::from_utf8(range(html.as_bytes(), &found)).unwrap(), source, "{name}");
    }
}

#[test]
fn bytes_are_those_of_the_file_in_every_charset() {
    let page = |words: &str| format!("<html><body><p>前 {words} 后<p>end");
    for (encoding, label, words) in [
        (UTF_8, "utf-8", "全县九十二万三千人 བོད ئۇيغۇر"),
        (GB18030, "gb18030", "全县九十二万三千人 བོད ئۇيغۇر"),
        (BIG5, "big5", "全縣九十二萬三千人"),
        (SHIFT_JIS, "shift_jis", "警察は村の住民"),
        (WINDOWS_1252, "windows-1252", "café “words”"),
    ] {
        let html = if encoding == WINDOWS_1252 {
            format!("<p>x {words} y")
        } else {
            page(words).replace('后', "end")
        };
        let (bytes, _, unmappable) = encoding.encode(&html);
        assert!(!unmappable, "{label}");
        let found = place(&bytes, &markup(label), words);
        assert_eq!(range(&bytes, &found), &*encoding.encode(words).0, "{label}");
    }
    let unit = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let bytes = unit(&format!("\u{FEFF}{}", page("𠮷野家 words")));
    let found = place(&bytes, &Hints::default(), "𠮷野家 words");
    assert_eq!(range(&bytes, &found), unit("𠮷野家 words"));
    let marked = [b"\xef\xbb\xbf", page("words").as_bytes()].concat();
    assert_eq!(range(&marked, &place(&marked, &Hints::default(), "words")), b"words");
}

#[test]
fn what_is_no_page_or_no_span_has_no_place() {
    let plain = Hints { media_type: Some("text/plain".to_owned()), ..Hints::default() };
    assert_eq!(markup_places(b"words", &plain, &[(0, 2)]), None);
    let spans = [(0, 0), (1, 99), (7, 8)];
    assert_eq!(markup_places(b"<p>words", &markup("utf-8"), &spans), Some(vec![None; 3]));
}

fn without_space(text: &str) -> String {
    text.chars().filter(|one| !one.is_whitespace() && *one != '\0').collect()
}

/// Markup that may stand in a page, broken and nested.
fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z 西藏é]{1,8}",
        "\\PC{1,6}".prop_map(|text| text.replace(['<', '&'], "")),
        Just("&amp;".to_owned()),
        Just("&lt;".to_owned()),
        Just("&eacute;".to_owned()),
        Just("&#x0F40;".to_owned()),
        Just("&copy 5".to_owned()),
        Just("<p>".to_owned()),
        Just("</p>".to_owned()),
        Just("<b>".to_owned()),
        Just("</b>".to_owned()),
        Just("<div>".to_owned()),
        Just("</div>".to_owned()),
        Just("<br>".to_owned()),
        Just("<ul><li>".to_owned()),
        Just("<table><tr><td>".to_owned()),
        Just("</table>".to_owned()),
        Just("<!-- no -->".to_owned()),
        Just("\r\n".to_owned()),
        Just("<custom-one>".to_owned()),
    ];
    prop::collection::vec(piece, 1..40).prop_map(|pieces| pieces.concat())
}

fn check(bytes: &[u8], hints: &Hints, encoding: &'static Encoding, from: usize, length: usize) {
    let Ok(found) = extract(bytes, hints) else { return };
    let points: Vec<char> = found.text.chars().collect();
    if points.is_empty() {
        return;
    }
    let start = from % points.len();
    let end = (start + 1 + length).min(points.len());
    let span: String = points[start..end].iter().collect();
    let place = markup_places(bytes, hints, &[(start, end)]).unwrap().remove(0);
    if span.trim().is_empty() {
        return;
    }
    let place = place.unwrap_or_else(|| panic!("no place of {span:?}"));
    // The bytes, decoded and read as markup, say what the span says.
    let source = encoding.decode_without_bom_handling(range(bytes, &place)).0;
    let read = extract(format!("<body>{source}").as_bytes(), &markup("utf-8")).unwrap();
    assert_eq!(without_space(&read.text), without_space(&span), "{source:?}");
    assert!(place.start.path.starts_with("html > "), "{}", place.start.path);
}

proptest! {
    #[test]
    fn the_bytes_of_a_span_say_what_it_says(html in fragments(), from in 0..500_usize, length in 0..60_usize) {
        let html = format!("<html><body>{html}");
        check(html.as_bytes(), &markup("utf-8"), UTF_8, from, length);
        let (bytes, _, unmappable) = GB18030.encode(&html);
        if !unmappable {
            check(&bytes, &markup("gb18030"), GB18030, from, length);
        }
        let bytes: Vec<u8> = html.encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&bytes, &markup("utf-16le"), UTF_16LE, from, length);
    }
}
