//! A font that cannot be loaded, read by what its dictionary alone says: its map to characters, if that is whole, and widths.
//!
//! One stream of a font that is damaged, of a kind that is not known, or unpacks to too much must not cost its text.

use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};

use super::unicode::Unicode;
use crate::pdf::decode::decode;

/// How many widths of a font are kept.
const MAX_WIDTHS: usize = 1 << 16;

/// What a font's dictionary says.
pub(super) struct Plain {
    unicode: Option<Unicode>,
    /// Bytes of a code.
    length: usize,
    is_horizontal: bool,
    /// First code, last code, width.
    widths: Vec<(u32, u32, f64)>,
    default: f64,
}

impl Plain {
    /// None if nothing says what its codes mean, not even roughly.
    pub(super) fn of(dict: &Dict<'_>) -> Option<Self> {
        let map = dict.get::<Stream<'_>>("ToUnicode").and_then(|stream| decode(&stream));
        let unicode = map.and_then(|map| Unicode::of(&map));
        let descendant =
            dict.get::<Array<'_>>("DescendantFonts").map(|list| list.iter::<Dict<'_>>().next());
        let is_known = matches!(
            dict.get::<Name<'_>>("Subtype").as_deref(),
            Some(b"Type1" | b"MMType1" | b"TrueType")
        );
        if unicode.is_none() && (descendant.is_some() || !is_known) {
            return None;
        }
        let encoding = dict.get::<Name<'_>>("Encoding");
        let is_horizontal = !encoding.is_some_and(|name| name.as_ref().ends_with(b"-V"));
        let (widths, default, length) = match descendant {
            Some(font) => {
                let font = font.unwrap_or_default();
                let widths = font.get::<Array<'_>>("W").map(|list| composite(&list));
                (widths.unwrap_or_default(), font.get::<f64>("DW").unwrap_or(1000.0), 2)
            }
            None => {
                let first = dict.get::<u32>("FirstChar").unwrap_or(0);
                let widths = dict.get::<Array<'_>>("Widths");
                let widths = widths.map(|list| list.iter::<f64>().take(256).collect::<Vec<_>>());
                let widths = (first..).zip(widths.unwrap_or_default());
                (widths.map(|(code, width)| (code, code, width)).collect(), 500.0, 1)
            }
        };
        Some(Self { unicode, length, is_horizontal, widths, default })
    }

    /// The first code of some bytes, and how many bytes it takes.
    pub(super) fn read_code(&self, bytes: &[u8]) -> (u32, usize) {
        let code = bytes.get(..self.length.min(bytes.len())).unwrap_or_default();
        (code.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)), code.len())
    }

    /// Whether lines run from left to right, and not downwards.
    pub(super) fn is_horizontal(&self) -> bool {
        self.is_horizontal
    }

    /// The text of a code, and whether it is a guess. Most fonts of one byte a code are laid out as ASCII is.
    pub(super) fn text(&self, code: u32) -> (String, bool) {
        let mapped = self.unicode.as_ref().and_then(|map| map.text(code));
        if let Some(text) = mapped {
            return (text, false);
        }
        let ascii =
            u8::try_from(code).ok().filter(|one| self.length == 1 && (32..127).contains(one));
        (ascii.map(|one| char::from(one).to_string()).unwrap_or_default(), ascii.is_some())
    }

    /// How far the pen moves, in thousandths of the font's size: right and up.
    pub(super) fn advance(&self, code: u32) -> (f64, f64) {
        if !self.is_horizontal {
            return (0.0, -1000.0);
        }
        let found = self.widths.iter().find(|(first, last, _)| (*first..=*last).contains(&code));
        (found.map_or(self.default, |(.., width)| *width), 0.0)
    }
}

/// The widths of a composite font (ISO 32000-1, 9.7.4.3).
fn composite(list: &Array<'_>) -> Vec<(u32, u32, f64)> {
    let code = |number: &Number| u32::try_from(number.as_i64()).unwrap_or(0);
    let mut widths = Vec::new();
    let mut ends: Vec<u32> = Vec::new();
    for item in list.iter::<Object<'_>>().take(MAX_WIDTHS) {
        match (item, ends.as_slice()) {
            (Object::Array(some), [first]) => {
                let some = some.iter::<f64>().take(MAX_WIDTHS - widths.len().min(MAX_WIDTHS));
                widths.extend((*first..).zip(some).map(|(code, width)| (code, code, width)));
                ends.clear();
            }
            (Object::Number(width), [first, last]) => {
                widths.push((*first, *last, width.as_f64()));
                ends.clear();
            }
            (Object::Number(number), _) => ends.push(code(&number)),
            _ => ends.clear(),
        }
    }
    widths
}
