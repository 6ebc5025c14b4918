//! The parts of a file of Word: where its letters lie, and how they look ([MS-DOC], 2.4.1, 2.5 and 2.8).

use std::collections::BTreeSet;
use std::ops::Range;

use super::doc_looks::{Looks, Stand, sprms};
use super::doc_old;
use super::{Folder, Paper, Refusal, bytes_at, index_at, u16_at, u32_at, utf16};

// The pairs of place and length in the file information block, by their numbers ([MS-DOC] 2.5.6).
const COMMENT_MARKS: usize = 4;
pub(super) const COMMENTS: usize = 5;
const HEADERS: usize = 11;
const CHARACTER_PAGES: usize = 12;
const PARAGRAPH_PAGES: usize = 13;
pub(super) const PIECES: usize = 33;
const COMMENTERS: usize = 36;
const REVISERS: usize = 51;
const BOXES: usize = 56;

/// The length of one page of looks.
const PAGE: usize = 512;
/// The length of what a comment's mark says.
const COMMENT_MARK: usize = 30;

/// A file of Word, taken apart.
pub(super) struct File {
    /// The stream with the letters.
    bytes: Vec<u8>,
    /// By their letters, in order.
    pieces: Vec<Piece>,
    /// Changes of looks that pieces name by their numbers.
    pub(super) changes: Vec<Vec<u8>>,
    pub(super) looks: Runs<Looks>,
    pub(super) stands: Runs<Stand>,
    /// The lengths of the texts, in letters, in the order in which they follow each other.
    lengths: [u32; 8],
    /// Where the headers and footers begin, in their text.
    pub(super) headers: Vec<u32>,
    /// Where the comments begin, in their text.
    pub(super) comments: Vec<u32>,
    /// Who wrote each comment, by their place among those who wrote any.
    commenters: Vec<usize>,
    owners: Vec<String>,
    pub(super) revisers: Vec<String>,
    /// How many boxes with words there are.
    pub(super) boxes: usize,
    /// It is of Word 6 or 95, which tell less of headers and comments.
    pub(super) is_old: bool,
    /// How many letters of a file of Word 6 or 95 are not there.
    pub(super) lost: u64,
}

/// The texts of a file, by their place among the lengths ([MS-DOC] 2.3). The fourth length was that of a text for macros; where it
/// is not zero, LibreOffice counts it, and so does this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Main,
    Footnotes,
    Headers,
    Comments = 4,
    Endnotes,
    Boxes,
    HeaderBoxes,
}

/// Letters that lie behind each other in the stream.
pub(super) struct Piece {
    /// Which letters of the document.
    pub(super) letters: Range<u32>,
    /// Where in the stream the first lies.
    pub(super) start: usize,
    /// Whether a letter takes one byte, and not two.
    is_narrow: bool,
    /// How its looks were changed since it was written, by number, where it was saved in haste.
    pub(super) change: Option<usize>,
}

impl Piece {
    /// Where in the stream a letter of the piece lies.
    pub(super) fn place(&self, letter: u32) -> Option<usize> {
        let letters = usize::try_from(letter.checked_sub(self.letters.start)?).ok()?;
        let width = if self.is_narrow { 1 } else { 2 };
        self.start.checked_add(letters.checked_mul(width)?)
    }
}

/// Something that holds from one place of the stream to another.
pub(super) struct Runs<T>(Vec<(usize, usize, T)>);

impl<T> Runs<T> {
    fn new(mut runs: Vec<(usize, usize, T)>) -> Self {
        runs.sort_by_key(|(start, _, _)| *start);
        Self(runs)
    }

    /// What holds at a place, and up to where; for a place where nothing does, where that changes.
    pub(super) fn at(&self, place: usize) -> (Option<&T>, usize) {
        let next = self.0.partition_point(|(start, _, _)| *start <= place);
        let until = self.0.get(next).map_or(usize::MAX, |(start, _, _)| *start);
        match next.checked_sub(1).and_then(|before| self.0.get(before)) {
            Some((_, end, held)) if place < *end => (Some(held), (*end).min(until)),
            _ => (None, until),
        }
    }
}

impl File {
    /// Takes the file in a folder apart.
    pub(super) fn open(folder: &mut Folder<'_, '_>, paper: &mut Paper) -> Result<Self, Refusal> {
        let bytes = folder.stream("WordDocument", &mut paper.warnings).unwrap_or_default();
        let mark = u16_at(&bytes, 0).unwrap_or_default();
        if doc_old::MARKS.contains(&mark) {
            return doc_old::open(&bytes, paper);
        }
        let block = Block::of(&bytes)?;
        let name = if block.flags & 0x0200 == 0 { "0Table" } else { "1Table" };
        let table = folder.stream(name, &mut paper.warnings);
        let table = table.ok_or(Refusal::Damaged("the stream with its tables is missing"))?;
        let part = |number: usize| block.part(&table, number);
        let (changes, pieces) = pieces(part(PIECES));
        if pieces.is_empty() {
            return Err(Refusal::Damaged("where its letters lie is not in it"));
        }
        // The places of comments come first, then what each mark says.
        let marks = part(COMMENT_MARKS);
        let count = marks.len().saturating_sub(4) / (4 + COMMENT_MARK);
        let owners = long_words(part(COMMENTERS));
        let commenters = (0..count).map(|mark| {
            let owner = u16_at(marks, 4 * (count + 1) + COMMENT_MARK * mark + 20);
            owner.map_or(usize::MAX, usize::from)
        });
        Ok(Self {
            commenters: commenters.collect(),
            owners,
            is_old: false,
            lost: 0,
            looks: Runs::new(looks(&bytes, part(CHARACTER_PAGES))),
            stands: Runs::new(stands(&bytes, part(PARAGRAPH_PAGES))),
            lengths: block.lengths,
            headers: numbers(part(HEADERS)),
            comments: numbers(part(COMMENTS)),
            revisers: table_of_words(part(REVISERS)),
            // A place and 22 bytes for each, then one more place.
            boxes: (part(BOXES).len().saturating_sub(4) / 26).saturating_sub(1),
            pieces,
            changes,
            bytes,
        })
    }

    /// A file of Word 6 or 95: its letters as UTF-16, how many each text has, where comments begin, and how many letters are not there.
    pub(super) fn old(bytes: Vec<u8>, lengths: [u32; 8], comments: Vec<u32>, lost: u64) -> Self {
        let letters = 0..lengths.iter().fold(0, |sum: u32, length| sum.saturating_add(*length));
        Self {
            bytes,
            pieces: vec![Piece { letters, start: 0, is_narrow: false, change: None }],
            changes: Vec::new(),
            looks: Runs::new(Vec::new()),
            stands: Runs::new(Vec::new()),
            lengths,
            headers: Vec::new(),
            comments,
            commenters: Vec::new(),
            owners: Vec::new(),
            revisers: Vec::new(),
            boxes: 0,
            is_old: true,
            lost,
        }
    }

    /// Who wrote a comment, from 0; nobody where the file does not say.
    pub(super) fn commenter(&self, comment: usize) -> &str {
        let owner = self.commenters.get(comment).and_then(|owner| self.owners.get(*owner));
        owner.map_or("", String::as_str)
    }

    /// The pieces that hold any of these letters.
    pub(super) fn pieces(&self, letters: &Range<u32>) -> &[Piece] {
        let from = self.pieces.partition_point(|piece| piece.letters.end <= letters.start);
        let to = self.pieces.partition_point(|piece| piece.letters.start < letters.end);
        self.pieces.get(from..to).unwrap_or_default()
    }

    /// Which letters of the document are those of a text.
    pub(super) fn letters(&self, text: Text) -> Range<u32> {
        let before = self.lengths.iter().take(text as usize);
        let start = before.fold(0_u32, |sum, length| sum.saturating_add(*length));
        let length = self.lengths.get(text as usize).copied().unwrap_or_default();
        start..start.saturating_add(length)
    }

    /// The letter at a place of a piece, as a unit of UTF-16.
    pub(super) fn letter(&self, piece: &Piece, place: usize) -> Option<u16> {
        if !piece.is_narrow {
            return u16_at(&self.bytes, place);
        }
        let byte = self.bytes.get(place)?;
        if byte.is_ascii() {
            return Some(u16::from(*byte));
        }
        // Windows-1252 ([MS-DOC] 2.9.73).
        let letter =
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(byte)).0;
        letter.encode_utf16().next()
    }
}

/// What the file information block says.
struct Block<'b> {
    bytes: &'b [u8],
    flags: u16,
    lengths: [u32; 8],
    /// Where the pairs of place and length begin, and how many there are.
    pairs: (usize, usize),
}

impl<'b> Block<'b> {
    fn of(bytes: &'b [u8]) -> Result<Self, Refusal> {
        const SHORT: Refusal = Refusal::Damaged("its head is cut off");
        if u16_at(bytes, 0).ok_or(SHORT)? != 0xA5EC {
            return Err(Refusal::Damaged("it does not begin as files of Word do"));
        }
        let flags = u16_at(bytes, 10).ok_or(SHORT)?;
        if flags & 0x0100 != 0 {
            return Err(Refusal::Password);
        }
        // Counts of words of two bytes, of four, and of pairs of four.
        let words = usize::from(u16_at(bytes, 32).ok_or(SHORT)?);
        let longs_at = 34 + 2 * words;
        let longs = usize::from(u16_at(bytes, longs_at).ok_or(SHORT)?);
        let long = |number: usize| u32_at(bytes, longs_at + 2 + 4 * number);
        let mut lengths = [0; 8];
        for (number, length) in lengths.iter_mut().enumerate() {
            *length = long(3 + number).ok_or(SHORT)?;
        }
        let pairs_at = longs_at + 2 + 4 * longs;
        let pairs = usize::from(u16_at(bytes, pairs_at).ok_or(SHORT)?);
        Ok(Self { bytes, flags, lengths, pairs: (pairs_at + 2, pairs) })
    }

    /// The part of the stream of tables that a pair tells the place of; nothing where there is none.
    fn part<'t>(&self, table: &'t [u8], number: usize) -> &'t [u8] {
        let (start, count) = self.pairs;
        let pair = |more: usize| index_at(self.bytes, start + 8 * number + more);
        match pair(0).zip(pair(4)).filter(|_| number < count) {
            Some((place, length)) => bytes_at(table, place, length),
            None => &[],
        }
    }
}

/// The pieces that the letters lie in, and the changes of looks that they name ([MS-DOC] 2.9.38 and 2.9.177).
pub(super) fn pieces(mut clx: &[u8]) -> (Vec<Vec<u8>>, Vec<Piece>) {
    let mut changes = Vec::new();
    while let Some((1, rest)) = clx.split_first() {
        let length = usize::from(u16_at(rest, 0).unwrap_or_default());
        changes.push(bytes_at(rest, 2, length).to_vec());
        clx = rest.get(2 + length..).unwrap_or_default();
    }
    let Some((2, rest)) = clx.split_first() else { return (changes, Vec::new()) };
    let list = bytes_at(rest, 4, index_at(rest, 0).unwrap_or_default());
    let count = list.len().saturating_sub(4) / 12;
    let mut piece = |number: usize| {
        let letters = u32_at(list, 4 * number)?..u32_at(list, 4 * number + 4)?;
        let at = 4 * (count + 1) + 8 * number;
        let place = u32_at(list, at + 2)?;
        let change = usize::from(u16_at(list, at + 6)?);
        let is_narrow = place & 0x4000_0000 != 0;
        let start = usize::try_from(place & 0x3FFF_FFFF).ok()?;
        let start = if is_narrow { start / 2 } else { start };
        let change = match change & 1 {
            1 => Some(change >> 1),
            _ => one_change(change).map(|list| {
                changes.push(list);
                changes.len() - 1
            }),
        };
        Some(Piece { letters, start, is_narrow, change })
    };
    // No letter stands in two pieces.
    let mut end = 0;
    let in_order = |piece: &Piece| {
        let follows = piece.letters.start >= end;
        end = end.max(piece.letters.end);
        follows
    };
    let pieces = (0..count).filter_map(&mut piece).filter(in_order).collect();
    (changes, pieces)
}

/// A change of one kind that a piece names without a list ([MS-DOC] 2.9.215), of those that matter here: deleted, inserted, hidden.
fn one_change(change: usize) -> Option<Vec<u8>> {
    let code: u16 = match change >> 1 & 0x7F {
        0x41 => 0x0800,
        0x42 => 0x0801,
        0x5C => 0x083C,
        _ => return None,
    };
    let [low, high] = code.to_le_bytes();
    Some(vec![low, high, u8::try_from(change >> 8).unwrap_or_default()])
}

/// The pages that a list tells of, each once ([MS-DOC] 2.8.5 and 2.8.6).
fn pages<'b>(bytes: &'b [u8], list: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
    let count = list.len().saturating_sub(4) / 8;
    let numbers = (0..count).filter_map(|number| index_at(list, 4 * (count + 1) + 4 * number));
    let numbers: BTreeSet<usize> = numbers.map(|page| page & 0x3F_FFFF).collect();
    numbers.into_iter().filter_map(move |page| {
        let start = page.checked_mul(PAGE)?;
        bytes.get(start..start + PAGE)
    })
}

/// From where to where each entry of a page holds, and what stands behind the places: `width` bytes for each.
fn entries(page: &[u8], width: usize) -> impl Iterator<Item = (usize, usize, &[u8])> {
    let count = usize::from(page.get(PAGE - 1).copied().unwrap_or_default());
    (0..count).filter_map(move |number| {
        let (start, end) = (index_at(page, 4 * number)?, index_at(page, 4 * number + 4)?);
        let entry = page.get(4 * (count + 1) + width * number..)?;
        (start < end).then_some((start, end, entry))
    })
}

/// The looks of letters that matter for what they say ([MS-DOC] 2.9.33).
fn looks(bytes: &[u8], list: &[u8]) -> Vec<(usize, usize, Looks)> {
    let mut found = Vec::new();
    for page in pages(bytes, list) {
        for (start, end, entry) in entries(page, 1) {
            let at = 2 * usize::from(entry.first().copied().unwrap_or_default());
            let length = usize::from(page.get(at).copied().unwrap_or_default());
            let mut looks = Looks::default();
            if at > 0 {
                looks.change(bytes_at(page, at + 1, length));
            }
            if looks != Looks::default() {
                found.push((start, end, looks));
            }
        }
    }
    found
}

/// How paragraphs stand in tables and lists ([MS-DOC] 2.9.174).
fn stands(bytes: &[u8], list: &[u8]) -> Vec<(usize, usize, Stand)> {
    let mut found = Vec::new();
    for page in pages(bytes, list) {
        for (start, end, entry) in entries(page, 13) {
            let at = 2 * usize::from(entry.first().copied().unwrap_or_default());
            let byte = |at: usize| usize::from(page.get(at).copied().unwrap_or_default());
            // Twice the first byte, less one; or, where that is zero, twice the second.
            if at == 0 {
                continue;
            }
            let (at, length) = match byte(at) {
                0 => (at + 2, 2 * byte(at + 1)),
                words => (at + 1, 2 * words - 1),
            };
            // The number of the style stands before the rest.
            let changes = bytes_at(page, at, length).get(2..).unwrap_or_default();
            let stand = sprms(changes).fold(Stand::default(), Stand::changed);
            if stand != Stand::default() {
                found.push((start, end, stand));
            }
        }
    }
    found
}

/// Numbers of four bytes each.
fn numbers(bytes: &[u8]) -> Vec<u32> {
    (0..bytes.len() / 4).filter_map(|number| u32_at(bytes, 4 * number)).collect()
}

/// Words that stand behind each other, each with its length before.
fn long_words(bytes: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(length) = u16_at(bytes, at) {
        let length = 2 * usize::from(length);
        words.push(utf16(bytes_at(bytes, at + 2, length)));
        at += 2 + length;
    }
    words
}

/// A table of words, each with as many bytes behind it as the head says ([MS-DOC] 2.2.4).
fn table_of_words(bytes: &[u8]) -> Vec<String> {
    if u16_at(bytes, 0) != Some(0xFFFF) {
        return Vec::new();
    }
    let more = usize::from(u16_at(bytes, 4).unwrap_or_default());
    let mut words = Vec::new();
    let mut at = 6;
    while let Some(length) = u16_at(bytes, at) {
        let length = 2 * usize::from(length);
        words.push(utf16(bytes_at(bytes, at + 2, length)));
        at += 2 + length + more;
    }
    words
}
