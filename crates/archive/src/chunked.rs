//! The chunked transfer coding (RFC 9112, section 7.1), decoded as bytes come in.

/// A line with a chunk's size may be this long, extensions included.
const LINE_LIMIT: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Data(u64),
    AfterData,
    Trailer,
    Done,
    Failed,
}

/// Removes the chunked coding from bytes that are pushed in any pieces.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    line: Vec<u8>,
    extra: u64,
}

impl Chunked {
    pub(crate) fn new() -> Self {
        Self { state: State::Size, line: Vec::new(), extra: 0 }
    }

    /// Decodes `data` and hands every run of body bytes to `sink`.
    pub(crate) fn push(&mut self, mut data: &[u8], mut sink: impl FnMut(&[u8])) {
        while !data.is_empty() {
            match self.state {
                State::Data(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
                    let (body, rest) = data.split_at(count);
                    sink(body);
                    data = rest;
                    let left = left - count as u64;
                    self.state = if left == 0 { State::AfterData } else { State::Data(left) };
                }
                State::Size | State::AfterData | State::Trailer => {
                    let end = memchr::memchr(b'\n', data);
                    let count = end.map_or(data.len(), |end| end + 1);
                    let (part, rest) = data.split_at(count);
                    data = rest;
                    self.line.extend_from_slice(part);
                    if end.is_some() {
                        self.state = self.end_line();
                        self.line.clear();
                    } else if self.line.len() > LINE_LIMIT {
                        self.state = State::Failed;
                    }
                }
                State::Done => {
                    self.extra += data.len() as u64;
                    return;
                }
                State::Failed => return,
            }
        }
    }

    fn end_line(&self) -> State {
        let line = self.line.trim_ascii();
        match self.state {
            State::AfterData if line.is_empty() => State::Size,
            State::Trailer if line.is_empty() => State::Done,
            State::Trailer => State::Trailer,
            State::Size => {
                let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
                let size = std::str::from_utf8(digits.trim_ascii_end())
                    .ok()
                    .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                    .and_then(|digits| u64::from_str_radix(digits, 16).ok());
                match size {
                    Some(0) => State::Trailer,
                    Some(size) => State::Data(size),
                    None => State::Failed,
                }
            }
            _ => State::Failed,
        }
    }

    /// Whether bytes came that no chunk can have.
    pub(crate) fn has_failed(&self) -> bool {
        self.state == State::Failed
    }

    /// Whether all chunks came, the last one of length 0 included.
    pub(crate) fn is_complete(&self) -> bool {
        // Many servers and archives leave out the blank line after the last chunk.
        matches!(self.state, State::Done | State::Trailer) && self.extra == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
        let (mut chunked, mut body) = (Chunked::new(), Vec::new());
        for piece in pieces {
            chunked.push(piece, |bytes| body.extend_from_slice(bytes));
        }
        (body, chunked.is_complete())
    }

    #[test]
    fn chunks_in_any_pieces() {
        let coded = b"4\r\nWiki\r\n6;x=y\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nA: b\r\n\r\n";
        let whole = (b"Wikipedia in \r\n\r\nchunks.".to_vec(), true);
        assert_eq!(decode(&[coded]), whole);
        let bytes: Vec<&[u8]> = coded.chunks(1).collect();
        assert_eq!(decode(&bytes), whole);
    }

    #[test]
    fn what_is_not_chunked_is_not_complete() {
        for bad in [
            &b"<html>\n"[..],
            b"4\r\nWik",
            b"4\r\nWikiX\r\n0\r\n\r\n",
            b"",
            b"-1\r\n",
            b"0\r\n\r\nmore",
        ] {
            assert!(!decode(&[bad]).1, "{:?}", String::from_utf8_lossy(bad));
        }
    }
}
