//! Where the messages of HTTP/1.1 end (RFC 9112), found while their bytes pass through unchanged.

use witnessmark_archive::HttpHead;
use witnessmark_model::digest::Hasher;

use crate::exchange::PayloadSum;

/// A line of a chunked body, or a trailer, may be this long.
const LINE_LIMIT: usize = 64 * 1024;

/// Where a head ends: after its blank line. Lines may end in LF alone.
pub(super) fn head_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|end| match bytes.get(end + 1..)? {
        [b'\n', ..] => Some(end + 2),
        [b'\r', b'\n', ..] => Some(end + 3),
        _ => None,
    })
}

/// A body that is passing: how much of it is still to come, and the digest of its payload so far.
pub(super) struct Body {
    framing: Framing,
    payload: Hasher,
    payload_length: u64,
}

enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// Chunks, and where in them we are.
    Chunked(ChunkPlace),
    /// It ends with the connection.
    UntilClose,
}

enum ChunkPlace {
    /// In the line that gives the size; the bytes of it so far.
    Size(Vec<u8>),
    /// In the data; so many bytes are still to come.
    Data(u64),
    /// In the line end after the data.
    DataEnd,
    /// In the trailer section; the length of the line so far, without CR, and of the section.
    Trailer {
        line: usize,
        section: usize,
    },
    Complete,
}

/// A body broke its framing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BrokenFraming(pub(super) &'static str);

impl Body {
    /// The body that follows a request's head: nothing unless the head announces one (RFC 9112, section 6.3).
    pub(super) fn of_request(head: &HttpHead) -> Self {
        if head.get("Transfer-Encoding").is_some() {
            return Self::new(Framing::Chunked(ChunkPlace::Size(Vec::new())));
        }
        Self::new(Framing::Length(content_length(head).unwrap_or(0)))
    }

    /// The body that follows the head of a final response to a request with this method.
    pub(super) fn of_response(head: &HttpHead, method: &str) -> Self {
        let bodiless = method == "HEAD" || matches!(head.status, Some(204 | 304));
        let framing = if bodiless {
            Framing::Length(0)
        } else if head.is_chunked() {
            Framing::Chunked(ChunkPlace::Size(Vec::new()))
        } else if head.get("Transfer-Encoding").is_some() {
            Framing::UntilClose
        } else {
            content_length(head).map_or(Framing::UntilClose, Framing::Length)
        };
        Self::new(framing)
    }

    /// A body that ends with the connection: of an upgraded connection, or of what is no HTTP.
    pub(super) fn until_close() -> Self {
        Self::new(Framing::UntilClose)
    }

    fn new(framing: Framing) -> Self {
        Self { framing, payload: Hasher::new(), payload_length: 0 }
    }

    /// Whether its last byte has passed.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.framing, Framing::Length(0) | Framing::Chunked(ChunkPlace::Complete))
    }

    /// Whether the end of the connection is its end.
    pub(super) fn ends_with_connection(&self) -> bool {
        matches!(self.framing, Framing::UntilClose)
    }

    /// Length and digest of what has passed, without transfer encoding.
    pub(super) fn payload(self) -> PayloadSum {
        PayloadSum { length: self.payload_length, digest: self.payload.finish() }
    }

    /// Takes note of the next bytes. Gives how many of them belong to this body.
    pub(super) fn pass(&mut self, data: &[u8]) -> Result<usize, BrokenFraming> {
        let mut passed = 0;
        while let Some(rest) = data.get(passed..).filter(|rest| !rest.is_empty()) {
            if self.is_complete() {
                break;
            }
            passed += self.pass_some(rest)?;
        }
        Ok(passed)
    }

    /// Takes note of at least one byte of `data`, which is not empty, of a body that is not complete.
    fn pass_some(&mut self, data: &[u8]) -> Result<usize, BrokenFraming> {
        let place = match &mut self.framing {
            Framing::UntilClose => {
                self.payload.update(data);
                self.payload_length += data.len() as u64;
                return Ok(data.len());
            }
            Framing::Length(left) | Framing::Chunked(ChunkPlace::Data(left)) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(data.len());
                *left -= taken as u64;
                let last = *left == 0;
                self.payload.update(data.get(..taken).unwrap_or_default());
                self.payload_length += taken as u64;
                if last && let Framing::Chunked(place) = &mut self.framing {
                    *place = ChunkPlace::DataEnd;
                }
                return Ok(taken);
            }
            Framing::Chunked(place) => place,
        };
        let (line_end, taken) = match memchr::memchr(b'\n', data) {
            Some(at) => (true, at + 1),
            None => (false, data.len()),
        };
        let part = data.get(..taken).unwrap_or_default();
        match place {
            ChunkPlace::Size(line) => {
                line.extend_from_slice(part);
                if line.len() > LINE_LIMIT {
                    return Err(BrokenFraming("the line with a chunk's size is too long"));
                }
                if line_end {
                    *place = match chunk_size(line) {
                        None => return Err(BrokenFraming("a chunk's size is no number")),
                        Some(0) => ChunkPlace::Trailer { line: 0, section: 0 },
                        Some(size) => ChunkPlace::Data(size),
                    };
                }
            }
            ChunkPlace::DataEnd => {
                if !part.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                    return Err(BrokenFraming("a chunk is longer than its size"));
                }
                if line_end {
                    *place = ChunkPlace::Size(Vec::new());
                }
            }
            ChunkPlace::Trailer { line, section } => {
                *line += part.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count();
                *section += part.len();
                if *section > LINE_LIMIT {
                    return Err(BrokenFraming("the trailer is too long"));
                }
                if line_end && *line == 0 {
                    *place = ChunkPlace::Complete;
                } else if line_end {
                    *line = 0;
                }
            }
            ChunkPlace::Data(_) | ChunkPlace::Complete => {}
        }
        Ok(taken)
    }
}

/// The size in a chunk's first line: hexadecimal digits, perhaps blanks, perhaps extensions after `;`.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let digits = text.split(';').next()?.trim();
    let hexadecimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u64::from_str_radix(digits, 16).ok())?
}

/// The one length that all `Content-Length` fields agree on.
fn content_length(head: &HttpHead) -> Option<u64> {
    let mut lengths = head
        .get_all("Content-Length")
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().parse::<u64>().ok());
    let first = lengths.next()??;
    lengths.all(|other| other == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use witnessmark_model::Digest;

    use super::*;

    /// A head, the method asked with, what follows the head, how much of that is the body (none: until the end of
    /// the connection), and the payload.
    #[allow(clippy::type_complexity, reason = "a table, read once below")]
    const RESPONSES: &[(&str, &str, &str, Option<usize>, &str)] = &[
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", "helloHTTP", Some(5), "hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", "HTTP/1.1", Some(0), ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", "", Some(0), ""),
        ("HTTP/1.1 204 No Content\r\n\r\n", "GET", "x", Some(0), ""),
        ("HTTP/1.0 200 OK\r\n\r\n", "GET", "all of it", None, "all of it"),
        ("HTTP/1.1 200 OK\nContent-Length: 2, 2\n\n", "GET", "abc", Some(2), "ab"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
            "GET",
            "abc",
            None,
            "abc",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "GET",
            "5;a=b\r\nhello\r\n1 \r\n!\r\n0\r\n\r\nHTTP",
            Some(26),
            "hello!",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "GET",
            "1\nx\n0\nTrailer: yes\n\nrest",
            Some(20),
            "x",
        ),
    ];

    #[test]
    fn responses_end_where_they_end_however_the_bytes_come() {
        for (head, method, rest, expected, payload) in RESPONSES {
            let parsed = HttpHead::parse(head.as_bytes()).unwrap();
            for step in [1, 2, 3, 1000] {
                let mut body = Body::of_response(&parsed, method);
                let mut passed = 0;
                for piece in rest.as_bytes().chunks(step) {
                    passed += body.pass(piece).unwrap();
                }
                assert_eq!(body.is_complete(), expected.is_some(), "{head}");
                assert_eq!(body.ends_with_connection(), expected.is_none(), "{head}");
                assert_eq!(passed, expected.unwrap_or(rest.len()), "{head} by {step}");
                let sum = body.payload();
                assert_eq!(sum.digest, Digest::of(payload.as_bytes()), "{head} by {step}");
                assert_eq!(sum.length, payload.len() as u64);
            }
        }
    }

    #[test]
    fn broken_chunks_are_told() {
        let head =
            HttpHead::parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        for broken in ["xyz\r\n", "-1\r\n", "\r\n", "2\r\nabc\r\n", "fffffffffffffffff\r\n"] {
            let mut body = Body::of_response(&head, "GET");
            assert!(body.pass(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_pass_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let head = HttpHead::parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
            let mut body = Body::of_response(&head, "GET");
            if let Ok(passed) = body.pass(&bytes) {
                prop_assert!(passed <= bytes.len());
                prop_assert!(passed == bytes.len() || body.is_complete());
            }
            head_end(&bytes);
        }
    }
}
