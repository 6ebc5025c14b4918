//! A text file of sorted lines, searched by halves without being read as a whole.

use std::io::{self, Read, Seek, SeekFrom};

use crate::problem::{Code, Problem};

/// A line may be this long.
pub(crate) const LINE_LIMIT: usize = 1 << 20;
/// So much is read at once.
const PIECE: usize = 8 * 1024;

/// The lines of a file, sorted by their bytes.
pub(crate) struct SortedLines<F> {
    file: F,
    length: u64,
    /// What a line that is too long is called.
    code: Code,
}

/// A line without its line end, and where it stands.
pub(crate) struct Line {
    pub(crate) start: u64,
    pub(crate) next: u64,
    pub(crate) bytes: Vec<u8>,
}

impl<F: Read + Seek> SortedLines<F> {
    /// Problems of the file are named by `code`.
    pub(crate) fn new(mut file: F, code: Code) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, length, code })
    }

    /// The line that begins at the byte `start`; `None` at the end of the file.
    pub(crate) fn line_at(&mut self, start: u64) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        loop {
            let before = bytes.len();
            (&mut self.file).take(PIECE as u64).read_to_end(&mut bytes)?;
            let piece = bytes.get(before..).unwrap_or_default();
            let end = memchr::memchr(b'\n', piece).map(|end| before + end);
            if let Some(end) = end {
                bytes.truncate(end);
                let next = start + end as u64 + 1;
                return Ok(Some(Line { start, next, bytes: trimmed(bytes) }));
            }
            if piece.is_empty() {
                let next = start + bytes.len() as u64;
                let line = Line { start, next, bytes: trimmed(bytes) };
                return Ok((next > start).then_some(line));
            }
            if bytes.len() > LINE_LIMIT {
                let detail = format!("the line exceeds {LINE_LIMIT} bytes");
                return Err(invalid(self.code, start, detail));
            }
        }
    }

    /// The first line that does not sort before `target`, and the one before it. When the lines are
    /// not sorted, some line is given, and no more than the logarithm of their number are read.
    pub(crate) fn search(&mut self, target: &[u8]) -> io::Result<(Option<Line>, Option<Line>)> {
        let (mut low, mut high) = (0u64, self.length);
        let mut before = None;
        while low < high {
            let middle = low + (high - low) / 2;
            // The first line that begins at `middle` or after it; one begins at `low`.
            let start = match middle {
                _ if middle == low => low,
                _ => self.line_at(middle - 1)?.map_or(high, |rest| rest.next),
            };
            if start >= high {
                high = middle;
                continue;
            }
            match self.line_at(start)? {
                Some(line) if line.bytes.as_slice() < target => {
                    low = line.next;
                    before = Some(line);
                }
                _ => high = middle,
            }
        }
        Ok((self.line_at(low)?, before))
    }
}

fn trimmed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    bytes
}

/// What is wrong with a file's content, as an error of [`io::ErrorKind::InvalidData`].
pub(crate) fn invalid(code: Code, offset: u64, detail: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Problem::new(code, offset, None, detail))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Every place of every target in every text gives what walking through the lines gives.
    #[test]
    fn halving_finds_what_walking_finds() {
        for text in ["", "a\n", "a", "b\nd\nf\n", "b\nd\nf", "\n\nb\nbb\nbb\nc\r\n", "aaaa\nab\n"] {
            let lines: Vec<Vec<u8>> =
                text.split_inclusive('\n').map(|line| line.trim_end().into()).collect();
            for target in ["", "a", "ab", "b", "bb", "bc", "c", "d", "e", "f", "g"] {
                let mut sorted = SortedLines::new(Cursor::new(text), Code::CdxjMalformed).unwrap();
                let (found, before) = sorted.search(target.as_bytes()).unwrap();
                let place = lines.iter().position(|line| line.as_slice() >= target.as_bytes());
                let wanted = place.map(|place| lines[place].clone());
                let last = place.unwrap_or(lines.len()).checked_sub(1).map(|at| lines[at].clone());
                assert_eq!(found.map(|line| line.bytes), wanted, "{target:?} in {text:?}");
                assert_eq!(before.map(|line| line.bytes), last, "before {target:?} in {text:?}");
            }
        }
    }
}
