//! Grounds in bodies that are not read as text: pictures, documents, data.

use serde_json::Value;

use super::tally::{HINTS, SAYS, SUGGESTS, Tally};
use super::{Code, page};

/// A kind of file that is known by its first bytes, and whole if it ends as it should.
struct FileKind {
    starts: &'static [u8],
    /// What stands within the last bytes of a whole file; empty where no such mark is defined.
    ends: &'static [u8],
    name: &'static str,
}

const fn kind(starts: &'static [u8], ends: &'static [u8], name: &'static str) -> FileKind {
    FileKind { starts, ends, name }
}

/// ISO 32000-1, 7.5; PNG (W3C), 5; JPEG (ITU T.81), B.1; GIF89a, 27; ZIP APPNOTE, 4.3.16.
const KINDS: &[FileKind] = &[
    kind(b"%PDF-", b"%%EOF", "a PDF document"),
    kind(b"\x89PNG\r\n\x1a\n", b"IEND", "a PNG picture"),
    kind(b"\xff\xd8\xff", b"\xff\xd9", "a JPEG picture"),
    kind(b"GIF8", b"\x3b", "a GIF picture"),
    kind(b"PK\x03\x04", b"PK\x05\x06", "a ZIP file or an office document"),
    kind(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", "an older office document"),
    kind(b"Rar!\x1a\x07", b"", "a RAR file"),
    kind(b"7z\xbc\xaf\x27\x1c", b"", "a 7z file"),
    kind(b"II*\0", b"", "a TIFF picture"),
    kind(b"MM\0*", b"", "a TIFF picture"),
    kind(b"OggS", b"", "a sound or film"),
    kind(b"ID3", b"", "a sound"),
    kind(b"\x1f\x8b", b"", "a gzip file"),
];

/// How far from the end the closing mark may stand: writers leave line ends and comments there.
const TAIL: usize = 2048;

/// Grounds in a body that holds no text. Says whether it breaks off.
pub(super) fn weigh(body: &[u8], tally: &mut Tally) -> bool {
    let is_film = body.get(4..8) == Some(b"ftyp");
    let is_webp = body.starts_with(b"RIFF") && body.get(8..12) == Some(b"WEBP");
    let known = KINDS.iter().find(|kind| body.starts_with(kind.starts));
    let name = known.map(|kind| kind.name);
    let Some(name) = name.or(is_film.then_some("a film")).or(is_webp.then_some("a WebP picture"))
    else {
        tally.note("a kind of file that is not read: a person has to look".to_owned());
        return false;
    };
    let tail = body.get(body.len().saturating_sub(TAIL)..).unwrap_or(body);
    let breaks_off = known.is_some_and(|kind| {
        !kind.ends.is_empty() && memchr::memmem::find(tail, kind.ends).is_none()
    });
    let size = body.len();
    tally.add(Code::Content, SAYS, format!("{name} of {size} bytes; what it shows was not judged"));
    if breaks_off {
        tally.note(format!("{name} that does not end as one does: it breaks off"));
    }
    if png_size(body) == Some((1, 1))
        || (body.starts_with(b"GIF8") && body.get(6..10) == Some(&[1, 0, 1, 0]))
    {
        tally.add(Code::Empty, SAYS + SUGGESTS, "the picture is a single point".to_owned());
    }
    breaks_off
}

fn png_size(body: &[u8]) -> Option<(u32, u32)> {
    if !body.starts_with(b"\x89PNG") {
        return None;
    }
    let number = |at: usize| Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

/// Names of fields that carry what an interface has to say about its answer.
const MESSAGE_FIELDS: &[&str] = &[
    "message",
    "msg",
    "error",
    "errors",
    "errmsg",
    "error_msg",
    "error_message",
    "error_description",
    "detail",
    "details",
    "reason",
    "title",
    "info",
    "description",
    "tips",
    "toast",
];

/// Names of fields that number the outcome.
const OUTCOME_FIELDS: &[&str] =
    &["status", "status_code", "statuscode", "code", "errcode", "errno", "error_code"];

/// Grounds in JSON. Says whether it breaks off.
pub(super) fn weigh_json(text: &str, tally: &mut Tally) -> bool {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            tally.note(format!("not whole JSON: {error}"));
            tally.add(Code::Content, HINTS, format!("{} bytes that begin like JSON", text.len()));
            return error.is_eof();
        }
    };
    let mut messages = String::new();
    collect(&value, 0, &mut messages);
    page::weigh_message(&messages, tally);
    if let Value::Object(object) = &value {
        let outcome = object.iter().find(|(name, value)| {
            OUTCOME_FIELDS.contains(&name.to_ascii_lowercase().as_str())
                && value.as_i64().is_some_and(|n| (400..600).contains(&n))
        });
        if let Some((name, value)) = outcome {
            let code = match value.as_i64() {
                Some(401 | 402 | 407) => Code::LoginWall,
                Some(404 | 410) => Code::Soft404,
                Some(429) => Code::BotBlock,
                _ => Code::Error,
            };
            tally.add(code, SUGGESTS, format!("the answer's field `{name}` is {value}"));
        }
        if object.contains_key("error") && object.len() <= 3 {
            tally.add(
                Code::Error,
                SUGGESTS,
                "the answer is little more than a field `error`".to_owned(),
            );
        }
    }
    let is_empty = match &value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    };
    if is_empty {
        tally.add(Code::Empty, SAYS, "JSON that holds nothing".to_owned());
    } else {
        let points = match text.len() {
            0..300 => HINTS,
            300..1500 => SUGGESTS,
            _ => SAYS + SUGGESTS,
        };
        tally.add(Code::Content, points, format!("JSON of {} bytes", text.len()));
    }
    false
}

/// The messages of the outer levels; further in, such fields belong to the data.
fn collect(value: &Value, depth: u32, messages: &mut String) {
    let Value::Object(object) = value else { return };
    for (name, value) in object.iter().take(50) {
        let is_message = MESSAGE_FIELDS.contains(&name.to_ascii_lowercase().as_str());
        match value {
            Value::String(text) if is_message && text.len() <= 500 => {
                messages.push_str(text);
                messages.push('\n');
            }
            Value::Object(_) if depth < 1 => collect(value, depth + 1, messages),
            Value::Array(items) if is_message && depth < 1 => {
                items.iter().take(5).for_each(|item| collect(item, depth + 1, messages));
            }
            _ => {}
        }
    }
}
