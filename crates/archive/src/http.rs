//! The head of an HTTP message (RFC 9112), as archives hold it.

use std::io;

use crate::field::Known;
use crate::head::{Format, Head, RecordType};
use crate::reader::Record;

/// A head may be this long.
const HEAD_LIMIT: usize = 1024 * 1024;

/// The first line and the header fields of a request or a response.
///
/// Fields keep their order. Bytes that are not UTF-8 are read as Latin-1, so nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpHead {
    /// The first line without its line end.
    pub first_line: String,
    /// The status code of a response.
    pub status: Option<u16>,
    /// Names and values in their order; folded lines are joined by a space.
    pub fields: Vec<(String, String)>,
}

impl HttpHead {
    /// Parses a head, with or without its blank line. CR LF, LF and CR CR LF end a line; a missing
    /// status text is allowed. `None` when the first line is none of HTTP.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
        let first_line = lines.next()?.to_owned();
        let mut words = first_line.split_ascii_whitespace();
        let first = words.next()?;
        let status = if first.starts_with("HTTP/") || first.starts_with("ICY") {
            let code = words.next()?;
            Some(code.parse().ok().filter(|code| (100..1000).contains(code))?)
        } else {
            let method =
                first.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-' || byte == b'_');
            words.next().filter(|_| method)?;
            None
        };
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
        Some(Self { first_line, status, fields })
    }

    /// The first field of this name; names are compared without case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All fields of this name in their order.
    pub fn get_all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        let matches = move |other: &str| other.eq_ignore_ascii_case(name);
        self.fields.iter().filter(move |(other, _)| matches(other)).map(|(_, value)| value.as_str())
    }

    /// The media type in lower case without parameters, such as `text/html`.
    pub fn media_type(&self) -> Option<String> {
        media_type(self.get("Content-Type")?)
    }

    /// The `charset` parameter of `Content-Type` in lower case, without quotes.
    pub fn charset(&self) -> Option<String> {
        charset(self.get("Content-Type")?)
    }

    /// Whether the last transfer encoding is `chunked`.
    pub fn is_chunked(&self) -> bool {
        self.list("Transfer-Encoding").last().is_some_and(|last| last == "chunked")
    }

    /// Content encodings in the order in which they were applied, in lower case.
    pub fn content_encodings(&self) -> Vec<String> {
        self.list("Content-Encoding").into_iter().filter(|name| name != "identity").collect()
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.get_all(name)
            .flat_map(|value| value.split(','))
            .map(|part| part.trim().to_ascii_lowercase())
            .filter(|part| !part.is_empty())
            .collect()
    }
}

/// The type and subtype of a `Content-Type` value in lower case.
pub(crate) fn media_type(value: &str) -> Option<String> {
    essence(value).map(str::to_ascii_lowercase)
}

/// The type and subtype of a `Content-Type` value as they stand; `None` when it is no media type.
pub(crate) fn essence(value: &str) -> Option<&str> {
    let end = memchr::memchr2(b';', b',', value.as_bytes()).unwrap_or(value.len());
    let essence = value.get(..end)?.trim_ascii();
    let slash = memchr::memchr(b'/', essence.as_bytes())?;
    let (kind, subtype) = (essence.get(..slash)?, essence.get(slash + 1..)?);
    (is_token(kind) && is_token(subtype)).then_some(essence)
}

/// Whether this is a token of RFC 9110, section 5.6.2, in the wider form of RFC 2045.
fn is_token(text: &str) -> bool {
    const SEPARATORS: &[u8] = b"()<>@,;:\\\"/[]?=";
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || (byte.is_ascii_graphic() && !SEPARATORS.contains(&byte))
    };
    !text.is_empty() && text.bytes().all(allowed)
}

fn charset(value: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
    })
}

/// Where a head ends: after its blank line.
pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|end| {
        let rest = bytes.get(end + 1..)?;
        let carriage_returns = rest.iter().take(2).take_while(|byte| **byte == b'\r').count();
        (rest.get(carriage_returns) == Some(&b'\n')).then_some(end + 2 + carriage_returns)
    })
}

/// Whether a record of this header holds an HTTP message.
pub(crate) fn is_http(head: &Head) -> bool {
    let by_type = matches!(
        head.record_type(),
        RecordType::Response | RecordType::Request | RecordType::Revisit
    );
    match head.format() {
        Format::Arc => {
            let url = head.get("URL").unwrap_or_default();
            by_type && (url.starts_with("http:") || url.starts_with("https:"))
        }
        Format::Warc if !by_type => false,
        Format::Warc => match head.content_type().and_then(essence) {
            Some(kind) => kind.eq_ignore_ascii_case("application/http"),
            None => head.known(Known::TargetUri).is_some_and(|uri| uri.contains("http")),
        },
    }
}

/// Reads block bytes into `bytes` until the head is in them; gives the head's length. `None` when
/// it exceeds the limit.
pub(crate) fn read_head(
    record: &mut Record<'_, '_>,
    bytes: &mut Vec<u8>,
) -> io::Result<Option<usize>> {
    loop {
        let data = record.fill_block()?;
        if data.is_empty() {
            return Ok(Some(bytes.len()));
        }
        // The blank line may straddle two pieces.
        let searched = bytes.len().saturating_sub(3);
        bytes.extend_from_slice(data);
        let count = data.len();
        record.consume_block(count);
        if let Some(end) = head_end(bytes.get(searched..).unwrap_or_default()) {
            return Ok(Some(searched + end));
        }
        if bytes.len() > HEAD_LIMIT {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_in_the_wild() {
        let cases: &[(&str, Option<u16>, usize)] = &[
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", Some(200), 1),
            ("HTTP/1.1 200\nA: b\nC:d\n\n", Some(200), 2),
            ("HTTP/1.0 404 Not Found\r\r\nA: b\r\r\n\r\r\n", Some(404), 1),
            ("GET / HTTP/1.1\r\nHost: x\r\n\tfolded\r\n\r\n", None, 1),
        ];
        for (text, status, fields) in cases {
            let head = HttpHead::parse(text.as_bytes()).expect(text);
            assert_eq!((head.status, head.fields.len()), (*status, *fields), "{text:?}");
            assert_eq!(head_end(text.as_bytes()), Some(text.len()), "{text:?}");
        }
        for text in ["", "<html>", "HTTP/1.1 abc", "hello world"] {
            assert_eq!(HttpHead::parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn content_type_parts() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; Charset=\"GB18030\"\r\n\r\n";
        let head = HttpHead::parse(head).unwrap();
        assert_eq!(head.media_type().as_deref(), Some("text/html"));
        assert_eq!(head.charset().as_deref(), Some("gb18030"));
    }
}
