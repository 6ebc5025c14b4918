//! The pages of a TIFF file: scanners and fax servers put many into one (TIFF 6.0, sections 2 and 7).

use std::collections::BTreeSet;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// More pages of one file are not looked for.
const MOST_PAGES: usize = 500;

/// The pages of a TIFF file.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Where the directory of each begins, as far as the chain holds; empty for what is no TIFF file.
    directories: Vec<u32>,
    /// Why there may be more.
    pub(super) problem: Option<String>,
}

impl Pages {
    /// Follows the chain of directories.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let Some(order) = Order::of(bytes) else { return Self::default() };
        let (mut found, mut seen) = (Self::default(), BTreeSet::new());
        let mut next = order.long(bytes, 4);
        while next != Some(0) {
            let count = found.directories.len();
            let entries = next.and_then(|at| {
                let place = usize::try_from(at).ok()?;
                Some((at, place, order.short(bytes, place)?))
            });
            let Some((at, place, entries)) = entries else {
                found.problem = (count > 0)
                    .then(|| format!("damaged: the chain of pages breaks off behind page {count}"));
                break;
            };
            if !seen.insert(at) {
                found.problem =
                    Some(format!("damaged: the chain of pages is a circle of {count} pages"));
                break;
            }
            if count >= MOST_PAGES {
                found.problem =
                    Some(format!("size: only the first {MOST_PAGES} pages are looked at"));
                break;
            }
            found.directories.push(at);
            // Twelve bytes an entry, then where the next directory is.
            let end = place.checked_add(2 + 12 * usize::from(entries));
            next = end.and_then(|end| order.long(bytes, end));
        }
        found
    }

    /// How many there are: one for all but a TIFF file with more.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.directories.len()).unwrap_or(1).max(1)
    }

    /// The picture so that its first page is this one, from 1. None if it has no such page.
    pub(super) fn page<'b>(&self, bytes: &'b [u8], page: u32) -> Option<PageBytes<'b>> {
        let mut turned = PageBytes::first(bytes);
        if page != 1 {
            let order = Order::of(bytes)?;
            let index = usize::try_from(page.checked_sub(1)?).ok()?;
            let at = *self.directories.get(index)?;
            turned.head.get_mut(4..)?.copy_from_slice(&order.bytes(at));
        }
        Some(turned)
    }
}

/// The picture so that its first page is this one, from 1. None if it has no such page.
pub(super) fn page(bytes: &[u8], page: u32) -> Option<PageBytes<'_>> {
    // Where there is one page only, its chain need not be followed.
    if page == 1 { Some(PageBytes::first(bytes)) } else { Pages::of(bytes).page(bytes, page) }
}

/// The bytes of a file of pictures whose head leads to one page of it. The file itself is not copied.
#[derive(Clone, Debug)]
pub(super) struct PageBytes<'b> {
    file: &'b [u8],
    head: [u8; 8],
    at: usize,
}

impl<'b> PageBytes<'b> {
    /// The file as it is, which leads to its first page.
    pub(super) fn first(file: &'b [u8]) -> Self {
        let mut head = [0; 8];
        for (place, byte) in head.iter_mut().zip(file) {
            *place = *byte;
        }
        Self { file, head, at: 0 }
    }

    /// The whole file.
    pub(super) fn file(&self) -> &'b [u8] {
        self.file
    }
}

impl BufRead for PageBytes<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let end = self.head.len().min(self.file.len());
        let head = self.head.get(self.at..end).filter(|head| !head.is_empty());
        Ok(head.unwrap_or_else(|| self.file.get(self.at..).unwrap_or_default()))
    }

    fn consume(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }
}

impl Read for PageBytes<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut from = self.fill_buf()?;
        let count = from.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl Seek for PageBytes<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut place = io::Cursor::new(self.file);
        place.set_position(self.at as u64);
        let at = place.seek(to)?;
        self.at = usize::try_from(at).unwrap_or(usize::MAX);
        Ok(at)
    }
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
    use super::super::page_of;
    use super::*;

    /// A TIFF file of grey pages, each `width` by 2 pixels of its number.
    fn file(widths: &[u32]) -> Vec<u8> {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        for (number, width) in (1_usize..).zip(widths) {
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
            let last = number == widths.len();
            let next = if last { 0 } else { pixels + width * 2 };
            file.extend(next.to_le_bytes());
            let grey = u8::try_from(number % 256).expect("small");
            file.extend(vec![grey; *width as usize * 2]);
        }
        file
    }

    #[test]
    fn each_page_of_a_file_is_decoded_by_itself() {
        let file = file(&[3, 5, 4]);
        let pages = Pages::of(&file);
        assert_eq!((pages.count(), &pages.problem), (3, &None));
        for (number, width) in [(1, 3), (2, 5), (3, 4)] {
            let gray = page_of(&file, number).expect("it is sound");
            let grey = u8::try_from(number).expect("small");
            assert_eq!((gray.width(), gray.row(0)[0]), (width, grey));
        }
        assert!(page(&file, 0).is_none() && page(&file, 4).is_none());
    }

    /// Pages behind a broken link were left out, and nothing said so.
    #[test]
    fn a_chain_that_is_broken_or_a_circle_ends_and_is_said() {
        let problem = |file: &[u8]| Pages::of(file).problem.unwrap_or_default();
        let sound = file(&[3, 5]);
        let mut circle = sound.clone();
        let next = 8 + 2 + 12 * 8;
        circle[next..next + 4].copy_from_slice(&8_u32.to_le_bytes());
        assert_eq!(Pages::of(&circle).count(), 1);
        assert_eq!(problem(&circle), "damaged: the chain of pages is a circle of 1 pages");
        let mut torn = sound.clone();
        torn[next..next + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(problem(&torn), "damaged: the chain of pages breaks off behind page 1");
        let many = file(&[1; 510]);
        assert_eq!(Pages::of(&many).count(), 500);
        assert_eq!(problem(&many), "size: only the first 500 pages are looked at");
        for length in 0..sound.len() {
            assert!(Pages::of(&sound[..length]).count() <= 2);
        }
        assert_eq!(Pages::of(b"\x89PNG").count(), 1);
        assert_eq!(Pages::of(b"MM\0*\xff\xff\xff\xff").count(), 1);
    }

    #[test]
    fn the_head_of_a_page_takes_the_place_of_that_of_the_file() {
        let mut turned = PageBytes::first(b"0123456789");
        turned.head = *b"abcdefgh";
        let mut all = String::new();
        turned.read_to_string(&mut all).expect("letters");
        assert_eq!(all, "abcdefgh89");
        assert_eq!(turned.seek(SeekFrom::End(-4)).ok(), Some(6));
        let mut end = Vec::new();
        turned.read_to_end(&mut end).expect("bytes");
        assert_eq!(end, b"gh89");
        assert!(turned.seek(SeekFrom::Current(-100)).is_err());
        let mut short = Vec::new();
        PageBytes::first(b"II*").read_to_end(&mut short).expect("bytes");
        assert_eq!(short, b"II*");
    }
}
