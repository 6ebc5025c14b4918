//! The pages of a TIFF file: scanners and fax servers put many into one (TIFF 6.0, sections 2 and 7).

use std::borrow::Cow;
use std::collections::BTreeSet;

/// More pages of one file are not looked for.
const MOST_PAGES: usize = 500;

/// Where the directory of each page begins, as far as the chain holds; empty for what is no TIFF file.
fn directories(bytes: &[u8]) -> Vec<u32> {
    let Some(order) = Order::of(bytes) else { return Vec::new() };
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut next = order.long(bytes, 4);
    while let Some(at) = next.filter(|at| *at != 0)
        && found.len() < MOST_PAGES
        && seen.insert(at)
    {
        let place = usize::try_from(at).unwrap_or(usize::MAX);
        let Some(entries) = order.short(bytes, place) else { break };
        found.push(at);
        // Twelve bytes an entry, then where the next directory is.
        let end = place.checked_add(2 + 12 * usize::from(entries));
        next = end.and_then(|end| order.long(bytes, end));
    }
    found
}

/// How many pages a picture has: one for all but a TIFF file with more.
pub(super) fn count(bytes: &[u8]) -> u32 {
    u32::try_from(directories(bytes).len()).unwrap_or(1).max(1)
}

/// The picture so that its first page is this one, from 1. None if it has no such page.
pub(super) fn turned_to(bytes: &[u8], page: u32) -> Option<Cow<'_, [u8]>> {
    if page == 1 {
        return Some(Cow::Borrowed(bytes));
    }
    let order = Order::of(bytes)?;
    let index = usize::try_from(page.checked_sub(1)?).ok()?;
    let at = *directories(bytes).get(index)?;
    let mut turned = bytes.to_vec();
    turned.get_mut(4..8)?.copy_from_slice(&order.bytes(at));
    Some(Cow::Owned(turned))
}

/// Which byte of a number comes first.
#[derive(Clone, Copy)]
enum Order {
    Least,
    Greatest,
}

impl Order {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.get(..4)? {
            b"II*\0" => Some(Self::Least),
            b"MM\0*" => Some(Self::Greatest),
            _ => None,
        }
    }

    fn short(self, bytes: &[u8], at: usize) -> Option<u16> {
        let number = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Least => u16::from_le_bytes(number),
            Self::Greatest => u16::from_be_bytes(number),
        })
    }

    fn long(self, bytes: &[u8], at: usize) -> Option<u32> {
        let number = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Least => u32::from_le_bytes(number),
            Self::Greatest => u32::from_be_bytes(number),
        })
    }

    fn bytes(self, number: u32) -> [u8; 4] {
        match self {
            Self::Least => number.to_le_bytes(),
            Self::Greatest => number.to_be_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Picture;
    use super::*;

    /// A TIFF file of grey pages, each `width` by 2 pixels of its number.
    fn file(widths: &[u32]) -> Vec<u8> {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        for (number, width) in (1_u8..).zip(widths) {
            let at = u32::try_from(file.len()).expect("small");
            let entry = |tag: u16, kind: u16, value: u32| {
                let head = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
                [head, 1_u32.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat()
            };
            let pixels = at + 2 + 12 * 8 + 4;
            let fields = [
                entry(256, 4, *width),
                entry(257, 4, 2),
                entry(258, 3, 8),
                entry(259, 3, 1),
                entry(262, 3, 1),
                entry(273, 4, pixels),
                entry(278, 4, 2),
                entry(279, 4, width * 2),
            ];
            file.extend(8_u16.to_le_bytes());
            file.extend(fields.concat());
            let last = usize::from(number) == widths.len();
            let next = if last { 0 } else { pixels + width * 2 };
            file.extend(next.to_le_bytes());
            file.extend(vec![number; *width as usize * 2]);
        }
        file
    }

    #[test]
    fn each_page_of_a_file_is_decoded_by_itself() {
        let file = file(&[3, 5, 4]);
        assert_eq!(count(&file), 3);
        for (page, width) in [(1, 3), (2, 5), (3, 4)] {
            let turned = turned_to(&file, page).expect("it is there");
            let gray = Picture::decode(&turned).expect("it is sound").to_gray().expect("pixels");
            assert_eq!((gray.width(), gray.row(0)[0]), (width, u8::try_from(page).expect("small")));
        }
        assert!(turned_to(&file, 0).is_none() && turned_to(&file, 4).is_none());
    }

    #[test]
    fn a_chain_that_is_broken_or_a_circle_ends() {
        let sound = file(&[3, 5]);
        let mut circle = sound.clone();
        let next = 8 + 2 + 12 * 8;
        circle[next..next + 4].copy_from_slice(&8_u32.to_le_bytes());
        assert_eq!(count(&circle), 1);
        for length in 0..sound.len() {
            assert!(count(&sound[..length]) <= 2);
        }
        assert_eq!(count(b"\x89PNG"), 1);
        assert_eq!(count(b"MM\0*\xff\xff\xff\xff"), 1);
    }
}
