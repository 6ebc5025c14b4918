//! What an S3 service answers, out of its XML.

use quick_xml::Reader;
use quick_xml::events::Event;

/// No answer nests deeper.
const DEEPEST: usize = 16;

/// The texts of all elements, each with the names from the outermost to its own, joined by `/`; in their order. What is
/// not XML ends the list.
pub(super) fn texts(xml: &[u8]) -> Vec<(String, String)> {
    let Ok(xml) = std::str::from_utf8(xml) else { return Vec::new() };
    let mut reader = Reader::from_str(xml);
    let (mut open, mut letters, mut found): (Vec<String>, String, Vec<_>) = Default::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                let name = element.name().as_ref().to_owned();
                let local = name.rsplit(':').next().unwrap_or_default().to_owned();
                open.push(local);
                letters.clear();
                if open.len() > DEEPEST {
                    return found;
                }
            }
            Ok(Event::End(_)) => {
                found.push((open.join("/"), letters.trim().to_owned()));
                open.pop();
                letters.clear();
            }
            Ok(Event::Text(piece)) => letters.push_str(&piece),
            Ok(Event::CData(piece)) => letters.push_str(&piece),
            Ok(Event::GeneralRef(reference)) => {
                let name: &str = reference.as_ref();
                letters.push_str(match name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" | "#34" => "\"",
                    "apos" | "#39" => "'",
                    _ => "",
                });
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

/// The first text of an element by its path.
pub(super) fn text<'t>(texts: &'t [(String, String)], path: &str) -> Option<&'t str> {
    texts.iter().find(|(found, _)| found == path).map(|(_, text)| text.as_str())
}

/// The texts of elements that repeat: for each `item` those of the elements in it, by their own names.
pub(super) fn items<'t>(texts: &'t [(String, String)], item: &str) -> Vec<Vec<(&'t str, &'t str)>> {
    let (mut all, mut one) = (Vec::new(), Vec::new());
    for (path, text) in texts {
        if path == item {
            all.push(std::mem::take(&mut one));
        } else if let Some(own) = path.strip_prefix(item).and_then(|rest| rest.strip_prefix('/')) {
            one.push((own, text.as_str()));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_are_read() {
        let xml = b"<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key><ETag>&quot;x&quot;</ETag><Size>3</Size></Contents>\
            <Contents><Key>c</Key><Size>4</Size></Contents></ListBucketResult>";
        let found = texts(xml);
        assert_eq!(text(&found, "ListBucketResult/IsTruncated"), Some("true"));
        let items = items(&found, "ListBucketResult/Contents");
        assert_eq!(items[0], [("Key", "a&b"), ("ETag", "\"x\""), ("Size", "3")]);
        assert_eq!(items[1], [("Key", "c"), ("Size", "4")]);
        for odd in [&b""[..], b"<a", b"\xff", b"<a><b></a>", "<x>".repeat(100).as_bytes()] {
            let _ = texts(odd);
        }
    }
}
