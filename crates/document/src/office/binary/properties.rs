//! What a file says of itself: its title, who wrote it, and when ([MS-OLEPS], 2.21 and 2.25; [MS-OSHARED], 2.3.3.2.1).

use super::{Folder, Paper, bytes_at, decode, index_at, u16_at, utf16};
use crate::mail::msg::moment_of;
use crate::names::shown;
use crate::office::rtf::codepage;

const STREAM: &str = "\u{5}SummaryInformation";

// Properties by their numbers.
const CODE_PAGE: u32 = 1;
const TITLE: u32 = 2;
const AUTHOR: u32 = 4;
const LAST_AUTHOR: u32 = 8;
const PRINTED: u32 = 11;
const CREATED: u32 = 12;
const SAVED: u32 = 13;

/// More properties than that are not looked at: the format knows nineteen.
const MAX_PROPERTIES: usize = 1000;

/// Reads the properties, if there are any.
pub(super) fn read(folder: &mut Folder<'_, '_>, paper: &mut Paper) {
    let Some(bytes) = folder.stream(STREAM, &mut paper.warnings) else { return };
    let set = Set::of(&bytes).unwrap_or_default();
    paper.title = set.words(TITLE);
    paper.author = set.words(AUTHOR);
    let mut facts = Vec::new();
    for (label, id) in [("created", CREATED), ("last changed", SAVED), ("last printed", PRINTED)] {
        facts.extend(set.moment(id).map(|moment| format!("{label} {moment}")));
    }
    facts.extend(set.words(LAST_AUTHOR).map(|who| format!("last changed by {}", shown(&who))));
    if !facts.is_empty() {
        let facts = facts.join(", ");
        paper.warnings.push(format!("properties: by the file's own word, {facts}"));
    }
}

/// The first set of properties of a stream.
#[derive(Default)]
struct Set<'b> {
    bytes: &'b [u8],
    /// Number and place of each.
    places: Vec<(u32, usize)>,
}

impl<'b> Set<'b> {
    fn of(stream: &'b [u8]) -> Option<Self> {
        // A header of 28 bytes; the kind of the first set, and its place.
        let bytes = stream.get(index_at(stream, 44)?..)?;
        let count = index_at(bytes, 4)?.min(MAX_PROPERTIES);
        let places = (0..count).map_while(|number| {
            let at = 8 + 8 * number;
            Some((super::u32_at(bytes, at)?, index_at(bytes, at + 4)?))
        });
        Some(Self { bytes, places: places.collect() })
    }

    /// The kind of a property's value, and where its bytes begin.
    fn value(&self, id: u32) -> Option<(u16, usize)> {
        let (_, at) = self.places.iter().find(|(number, _)| *number == id)?;
        Some((u16_at(self.bytes, *at)?, at.checked_add(4)?))
    }

    fn words(&self, id: u32) -> Option<String> {
        let (kind, at) = self.value(id)?;
        let length = index_at(self.bytes, at)?;
        let at = at.checked_add(4)?;
        let words = match kind {
            0x1E => {
                let page = self.value(CODE_PAGE).and_then(|(_, at)| u16_at(self.bytes, at));
                let bytes = bytes_at(self.bytes, at, length);
                match page {
                    Some(1200) => utf16(bytes),
                    page => {
                        let encoding = page.and_then(|page| codepage(u64::from(page)));
                        decode(bytes.split(|byte| *byte == 0).next()?, encoding)
                    }
                }
            }
            0x1F => utf16(bytes_at(self.bytes, at, length.checked_mul(2)?)),
            _ => return None,
        };
        let words = words.split('\0').next()?.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(words).filter(|words| !words.is_empty())
    }

    fn moment(&self, id: u32) -> Option<String> {
        let (kind, at) = self.value(id)?;
        let ticks = self.bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
        let moment = moment_of(u64::from_le_bytes(ticks)).filter(|_| kind == 0x40)?;
        Some(moment.1)
    }
}
