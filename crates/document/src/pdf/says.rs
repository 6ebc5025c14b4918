//! What a file says of itself: its information dictionary (ISO 32000-1, 14.3.3) and its XMP packet (ISO 16684-1).
//!
//! Anyone can write both, and they may differ: each is kept beside the other.

use hayro_syntax::Pdf;
use hayro_syntax::object::{DateTime, Dict, Stream};
use witnessmark_text::{Content, Published, Said};

use super::decode::decode;
use super::strings::{one_line, text_string};
use crate::office::xml::{Piece, Xml};

/// The properties of XMP that are kept, by their local names, and how they are shown.
const PROPERTIES: &[(&str, &str)] = &[
    ("title", "xmp dc:title"),
    ("creator", "xmp dc:creator"),
    ("description", "xmp dc:description"),
    ("CreateDate", "xmp CreateDate"),
    ("ModifyDate", "xmp ModifyDate"),
    ("MetadataDate", "xmp MetadataDate"),
    ("CreatorTool", "xmp CreatorTool"),
    ("Producer", "xmp Producer"),
    ("DocumentID", "xmp DocumentID"),
    ("InstanceID", "xmp InstanceID"),
];
/// A packet longer than this is not read.
const MAX_PACKET: usize = 4 << 20;
/// How many values of a packet are kept: a history of changes repeats its properties.
const MAX_SAID: usize = 60;

/// Fills in title, author and date, and all that the file says of itself.
pub(super) fn fill(pdf: &Pdf, content: &mut Content) {
    let information = pdf.metadata();
    let said = |bytes: &Option<Box<[u8]>>| one_line(&text_string(bytes.as_deref()?));
    let moment = |date: &Option<DateTime>| date.as_ref().map(shown_date);
    for (tag, value) in [
        ("Title", said(&information.title)),
        ("Author", said(&information.author)),
        ("Subject", said(&information.subject)),
        ("Keywords", said(&information.keywords)),
        ("Creator", said(&information.creator)),
        ("Producer", said(&information.producer)),
        ("CreationDate", moment(&information.creation_date)),
        ("ModDate", moment(&information.modification_date)),
    ] {
        content.says.extend(value.map(|value| Said { tag: tag.to_owned(), value }));
    }
    let packet = packet(pdf);
    let in_packet = |tag: &str| {
        let found: Vec<&str> =
            packet.iter().filter(|said| said.tag == tag).map(|said| said.value.as_str()).collect();
        (!found.is_empty()).then(|| found.join(", "))
    };
    content.title = said(&information.title).or_else(|| in_packet("xmp dc:title"));
    content.author = said(&information.author).or_else(|| in_packet("xmp dc:creator"));
    content.published = information
        .creation_date
        .as_ref()
        .map(|day| Published {
            date: format!("{:04}-{:02}-{:02}", day.year, day.month, day.day),
            found_in: "pdf info CreationDate".to_owned(),
        })
        .or_else(|| {
            let date = day_of(&in_packet("xmp CreateDate")?)?;
            Some(Published { date, found_in: "xmp CreateDate".to_owned() })
        });
    content.says.extend(packet);
}

/// A date with its hour and zone, as ISO 8601.
fn shown_date(date: &DateTime) -> String {
    let zone = match (date.utc_offset_hour, date.utc_offset_minute) {
        (0, 0) => "Z".to_owned(),
        (hours, minutes) => format!("{hours:+03}:{minutes:02}"),
    };
    let (hour, minute, second) = (date.hour, date.minute, date.second);
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}{zone}",
        date.year, date.month, date.day
    )
}

/// The day at the start of a date of XMP, if it is whole.
fn day_of(date: &str) -> Option<String> {
    let day = date.get(..10)?;
    let is_day = day.char_indices().all(|(at, one)| match at {
        4 | 7 => one == '-',
        _ => one.is_ascii_digit(),
    });
    is_day.then(|| day.to_owned())
}

/// What the XMP packet of the whole file says.
fn packet(pdf: &Pdf) -> Vec<Said> {
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()).unwrap_or_default();
    let Some(stream) = catalog.get::<Stream<'_>>("Metadata") else { return Vec::new() };
    match decode(&stream) {
        Some(bytes) if bytes.len() <= MAX_PACKET => read_packet(&bytes),
        _ => Vec::new(),
    }
}

fn read_packet(bytes: &[u8]) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    let mut xml = Xml::new(bytes);
    let mut open: Option<(&'static str, &'static str)> = None;
    // A property of the file stands in a description; inside another property the same name means something else.
    let mut depth_of_open = 0_u32;
    let mut text = String::new();
    let property = |name: &str| PROPERTIES.iter().find(|(local, _)| *local == name).copied();
    let keep = |said: &mut Vec<Said>, tag: &str, value: &str| {
        if let Some(value) = one_line(value)
            && said.len() < MAX_SAID
        {
            let one = Said { tag: tag.to_owned(), value };
            if !said.contains(&one) {
                said.push(one);
            }
        }
    };
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Start(name, element) => {
                if open.is_some() {
                    depth_of_open += 1;
                    text.clear();
                } else if name == "Description" {
                    for (local, tag) in PROPERTIES {
                        if let Some(value) = element.get_prefixed(local) {
                            keep(&mut said, tag, &value);
                        }
                    }
                } else {
                    open = property(name);
                    text.clear();
                }
            }
            Piece::Text(letters) if text.len() < 10_000 => text.push_str(letters),
            Piece::Text(_) => {}
            Piece::End(name) => {
                let Some((local, tag)) = open else { continue };
                // Each item of a list ends before its property does. One that something else ends is damaged.
                if depth_of_open > 0 || name == local {
                    keep(&mut said, tag, &text);
                }
                text.clear();
                if depth_of_open == 0 {
                    open = None;
                } else {
                    depth_of_open -= 1;
                }
            }
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_says_who_and_when() {
        let rdf = |inner: &str| {
            format!(
                "<?xpacket begin='' id='x'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='r'>{inner}</rdf:RDF></x:xmpmeta>"
            )
        };
        type Expected<'a> = &'a [(&'a str, &'a str)];
        let cases: &[(&str, String, Expected<'_>)] = &[
            (
                "elements",
                rdf(
                    "<rdf:Description><dc:title><rdf:Alt><rdf:li xml:lang='x-default'>通报</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>A B</rdf:li><rdf:li>C</rdf:li></rdf:Seq></dc:creator></rdf:Description>",
                ),
                &[("xmp dc:title", "通报"), ("xmp dc:creator", "A B"), ("xmp dc:creator", "C")],
            ),
            (
                "attributes",
                rdf(
                    "<rdf:Description xmp:CreateDate='2021-07-02T10:00:00+08:00' xmp:CreatorTool='W&amp;P'/>",
                ),
                &[("xmp CreateDate", "2021-07-02T10:00:00+08:00"), ("xmp CreatorTool", "W&P")],
            ),
            ("broken", rdf("<rdf:Description><dc:title>x"), &[]),
            ("nothing", String::new(), &[]),
        ];
        for (name, packet, expected) in cases {
            let found = read_packet(packet.as_bytes());
            let found: Vec<(&str, &str)> =
                found.iter().map(|said| (said.tag.as_str(), said.value.as_str())).collect();
            assert_eq!(&found, expected, "{name}");
        }
    }
}
