//! Word 6 and 95, whose files hold letters in code pages. The format is the forerunner of that of [MS-DOC], with a shorter head (a
//! draft of Microsoft, "Microsoft Word for Windows 6.0 Binary File Format", and LibreOffice's reader tell the same of what is read
//! here).

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::doc_file::{COMMENTS, File, PIECES, Text, pieces};
use super::{Paper, Refusal, bytes_at, index_at, u16_at, u32_at};
use crate::names::guessed_encoding;
use crate::office::rtf::charset;

/// First bytes of these files; the last three are those of editions for East Asia.
pub(super) const MARKS: &[u16] = &[0xA5DC, 0xA697, 0xA698, 0xA699];

// Places in the head.
const FLAGS: usize = 0x0A;
const SYSTEM: usize = 0x12;
const FIRST: usize = 0x18;
const LENGTHS: usize = 0x34;
const PAIRS: usize = 0x58;

// A pair of place and length, by its number; others are those of newer files.
const FONTS: usize = 15;

/// Takes a file apart.
pub(super) fn open(bytes: &[u8], paper: &mut Paper) -> Result<File, Refusal> {
    const SHORT: Refusal = Refusal::Damaged("its head is cut off");
    let flags = u16_at(bytes, FLAGS).ok_or(SHORT)?;
    if flags & 0x0100 != 0 {
        return Err(Refusal::Password);
    }
    let mut lengths = [0; 8];
    for (number, length) in lengths.iter_mut().enumerate() {
        *length = u32_at(bytes, LENGTHS + 4 * number).ok_or(SHORT)?;
    }
    let pair = |number: usize| {
        let at = PAIRS + 8 * number;
        let part = index_at(bytes, at).zip(index_at(bytes, at + 4));
        part.map(|(start, length)| bytes_at(bytes, start, length)).unwrap_or_default()
    };
    let first = index_at(bytes, FIRST).ok_or(SHORT)?;
    // Editions for East Asia give each letter two bytes, the first byte of a code page's two in the upper one.
    let width = if flags & 0x1000 == 0 { 1 } else { 2 };
    let count = lengths.iter().fold(0_u64, |sum, length| sum + u64::from(*length));
    let letters = match flags & 4 {
        0 => bytes_at(bytes, first, crate::index(count).saturating_mul(width)).to_vec(),
        _ => pieced(bytes, pair(PIECES), width),
    };
    let encoding = encoding(bytes, pair(FONTS), &in_code_page(&letters, width));
    let mut units = Units { encoding, width, bytes: Vec::new(), count: 0 };
    let mut comments = Vec::new();
    let mut rest = letters.as_slice();
    let mut counts = [0; 8];
    for (number, (length, count)) in lengths.into_iter().zip(&mut counts).enumerate() {
        let length = crate::index(u64::from(length)).saturating_mul(width).min(rest.len());
        let (text, behind) = rest.split_at(length);
        rest = behind;
        let before = units.count;
        let mut cut = |places: &[u8]| units.push(text, places);
        match number == Text::Comments as usize {
            true => comments = cut(pair(COMMENTS)),
            false => drop(cut(&[])),
        }
        *count = units.count - before;
    }
    paper.warnings.push(format!(
        "version: the file is of Word 6 or 95: hidden and deleted words stand in the text like all others, cells of tables on \
         lines of their own, and all letters are read as {}",
        encoding.name()
    ));
    let lost = count.saturating_sub((letters.len() / width) as u64);
    Ok(File::old(units.bytes, counts, comments, lost))
}

/// The code page of the letters: that of the Macintosh, if one wrote the file; else that of the fonts which the file names. Where
/// they are for several, the letters decide.
fn encoding(bytes: &[u8], fonts: &[u8], letters: &[u8]) -> &'static Encoding {
    if bytes.get(SYSTEM) == Some(&1) {
        return encoding_rs::MACINTOSH;
    }
    // The length of the list; then each font with the length of what follows in it, and its set of characters behind three bytes.
    let mut named = Vec::new();
    let mut at = 2;
    while let (Some(length), Some(set)) = (fonts.get(at), fonts.get(at + 4)) {
        named.extend(charset(i64::from(*set)).filter(|one| *one != encoding_rs::WINDOWS_1252));
        at += 1 + usize::from(*length);
    }
    let Some(first) = named.first() else { return encoding_rs::WINDOWS_1252 };
    let guess = guessed_encoding(std::iter::once(letters));
    let fits = named.contains(&guess) || guess == encoding_rs::WINDOWS_1252;
    if fits { guess } else { first }
}

/// The letters of a file that was saved in haste, piece by piece, up to where one is missing.
fn pieced(bytes: &[u8], list: &[u8], width: usize) -> Vec<u8> {
    let mut letters = Vec::new();
    for piece in pieces(list).1 {
        let [from, to] = [piece.letters.start, piece.letters.end].map(|at| crate::index(at.into()));
        if from.saturating_mul(width) != letters.len() {
            break;
        }
        let length = to.saturating_sub(from).saturating_mul(width);
        letters.extend(bytes_at(bytes, piece.start, length));
    }
    letters
}

/// Letters of one or two bytes as a code page has them.
fn in_code_page(letters: &[u8], width: usize) -> Cow<'_, [u8]> {
    if width == 1 {
        return Cow::Borrowed(letters);
    }
    let pairs = letters.chunks_exact(2);
    let both =
        |pair: &[u8]| [pair.get(1).copied().filter(|upper| *upper != 0), pair.first().copied()];
    Cow::Owned(pairs.flat_map(both).flatten().collect())
}

/// Letters as units of UTF-16, two bytes each.
struct Units {
    encoding: &'static Encoding,
    /// How many bytes a letter of the file has.
    width: usize,
    bytes: Vec<u8>,
    count: u32,
}

impl Units {
    /// Puts a text behind the others. It is cut at places that count its letters; the same places come back in units.
    fn push(&mut self, text: &[u8], places: &[u8]) -> Vec<u32> {
        let begin = self.count;
        let mut cuts = Vec::new();
        let mut done = 0;
        let places = (0..places.len() / 4).filter_map(|number| index_at(places, 4 * number));
        for place in places {
            let place = place.saturating_mul(self.width).clamp(done, text.len());
            self.push_piece(text.get(done..place).unwrap_or_default());
            done = place;
            cuts.push(self.count - begin);
        }
        self.push_piece(text.get(done..).unwrap_or_default());
        cuts
    }

    fn push_piece(&mut self, text: &[u8]) {
        let text = in_code_page(text, self.width);
        let text = self.encoding.decode_without_bom_handling(&text).0;
        for unit in text.encode_utf16() {
            self.bytes.extend(unit.to_le_bytes());
            self.count = self.count.saturating_add(1);
        }
    }
}
