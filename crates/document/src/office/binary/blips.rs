//! Pictures in files of Office ([MS-ODRAW], 2.2.23 to 2.2.31): each in a record of its own, wherever the records lie.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use super::{Inside, index_at, u16_at};
use crate::picture;

/// The kind of a record of a picture, what its head says, and the ending of such files. The first two heads tell that one mark of the
/// picture's content stands before it, the others that two do.
const KINDS: &[(u16, [u16; 4], &str)] = &[
    (0xF01D, [0x46A, 0x6E2, 0x46B, 0x6E3], "jpg"),
    (0xF02A, [0x46A, 0x6E2, 0x46B, 0x6E3], "jpg"),
    (0xF01E, [0x6E0, 0x6E0, 0x6E1, 0x6E1], "png"),
    (0xF029, [0x6E4, 0x6E4, 0x6E5, 0x6E5], "tif"),
];

/// The length of a record's head, of a mark, and of one byte that nothing is known of.
const HEAD: usize = 8;
const MARK: usize = 16;

/// More pictures than that are not looked for, and no picture is compared with more that seem alike.
const MAX_PICTURES: usize = 10_000;
const MAX_ALIKE: usize = 10;

/// Puts the pictures in these bytes that may hold words to the files inside.
pub(super) fn read(bytes: &[u8], inside: &mut Vec<Inside>) {
    let mut at = 0;
    // Word keeps copies.
    let mut known: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
    for (number, one) in inside.iter().enumerate() {
        known.entry(key(&one.bytes)).or_default().push(number);
    }
    // The upper byte of every kind.
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(0xF0, rest)) {
        at += found + 1;
        let Some((picture, ending)) = at.checked_sub(4).and_then(|start| blip(bytes, start)) else {
            continue;
        };
        at += picture.len();
        if inside.len() >= MAX_PICTURES || !picture::may_hold_words(picture) {
            continue;
        }
        let alike = known.entry(key(picture)).or_default();
        let is_same = |number: &usize| inside.get(*number).is_some_and(|one| one.bytes == picture);
        if !alike.iter().take(MAX_ALIKE).any(is_same) {
            alike.push(inside.len());
            let name = format!("picture-{}.{ending}", inside.len() + 1);
            inside.push(Inside { name, bytes: picture.to_vec(), is_packed: false });
        }
    }
}

/// What tells most pictures apart at once: their length, and a checksum.
fn key(picture: &[u8]) -> (usize, u64) {
    let mut hasher = DefaultHasher::new();
    hasher.write(picture);
    (picture.len(), hasher.finish())
}

/// The picture of the record that begins at a place, and the ending of its name; none if there is no such record.
fn blip(bytes: &[u8], start: usize) -> Option<(&[u8], &'static str)> {
    let (head, kind) = (u16_at(bytes, start)?, u16_at(bytes, start + 2)?);
    let (_, instances, ending) = KINDS.iter().find(|(one, _, _)| *one == kind)?;
    let instance = instances.iter().position(|one| head == one << 4)?;
    let skipped = HEAD + if instance < 2 { MARK } else { 2 * MARK } + 1;
    let end = start.checked_add(HEAD)?.checked_add(index_at(bytes, start + 4)?)?;
    let picture = bytes.get(start + skipped..end.min(bytes.len()))?;
    picture::is_picture(picture).then_some((picture, ending))
}
