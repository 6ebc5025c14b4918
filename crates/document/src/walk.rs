//! The way through a file and what lies inside it: where a document lies, and what may still be unpacked.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use witnessmark_text::{Content, ExtractError, Hints};

use crate::names::shown;
use crate::picture::Gray;
use crate::{Document, Found, Limits, Page, Pictures, ReadBy};

/// The most bytes of one unpacked file that are held in memory: bytes that grow in memory are there twice, and archives lie in
/// archives.
const MAX_FILE: u64 = 64 << 20;
/// The most pages of one file that are handed on as pictures, over all that lies inside it.
const MAX_PICTURES: usize = 500;

/// Where a document lies: its names from the outermost inwards, and how many archives are around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) inside: Option<String>,
    pub(crate) depth: u32,
}

impl Place {
    /// The place of a file that lies in the one at this place.
    pub(crate) fn within(&self, name: &str) -> Self {
        let inside = match &self.inside {
            Some(outer) => format!("{outer}/{name}"),
            None => name.to_owned(),
        };
        Self { inside: Some(inside), depth: self.depth + 1 }
    }
}

/// How many bytes may still be unpacked. Readers share it, so that no nesting gets round it.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Rc<Cell<u64>>);

impl Budget {
    /// A reader that stops with an error when the bytes are used up.
    pub(crate) fn count<R: Read>(&self, inner: R) -> Counted<R> {
        Counted { inner, budget: self.clone() }
    }

    /// A budget as large as what is left of this one, for a look ahead.
    pub(crate) fn apart(&self) -> Self {
        Self(Rc::new(Cell::new(self.0.get())))
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// Counts what is really unpacked: a declared size is never believed.
pub(crate) struct Counted<R> {
    inner: R,
    budget: Budget,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.0.get();
        if left == 0 {
            return Err(io::Error::other("the limit of unpacked bytes is reached"));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let count = self.inner.read(into.get_mut(..most).unwrap_or_default())?;
        self.budget.0.set(left.saturating_sub(count as u64));
        Ok(count)
    }
}

/// The walk over all documents of one file.
pub(crate) struct Walk<'s> {
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    files: u64,
    pictures: &'s Pictures,
    pictures_left: usize,
    each: &'s mut dyn FnMut(Found),
}

impl<'s> Walk<'s> {
    pub(crate) fn new(
        limits: &Limits,
        pictures: &'s Pictures,
        each: &'s mut dyn FnMut(Found),
    ) -> Self {
        let budget = Budget(Rc::new(Cell::new(limits.unpacked)));
        Self { limits: *limits, budget, files: 0, pictures, pictures_left: MAX_PICTURES, each }
    }

    /// Hands on one document.
    pub(crate) fn hand_on(&mut self, place: &Place, content: Result<Content, ExtractError>) {
        self.hand_on_pages(place, content, Vec::new());
    }

    /// Hands on one document with its pages.
    pub(crate) fn hand_on_pages(
        &mut self,
        place: &Place,
        content: Result<Content, ExtractError>,
        pages: Vec<Page>,
    ) {
        let document = Document { inside: place.inside.clone(), content, pages };
        (self.each)(Found::Document(Box::new(document)));
    }

    /// The pages of the document at a place that are wanted as pictures.
    pub(crate) fn wanted(&mut self, place: &Place, pages: &[Page]) -> Vec<u32> {
        let wanted: Vec<u32> = match self.pictures {
            Pictures::None => Vec::new(),
            Pictures::Scans => {
                let scans = pages.iter().filter(|page| page.scanned && page.lines.is_empty());
                scans.map(|page| page.number).take(self.pictures_left).collect()
            }
            Pictures::Page { inside, page } if *inside == place.inside => {
                let made_of_it = |one: &&Page| one.number == *page && one.read_by == ReadBy::Ocr;
                let scanned = |one: &&Page| one.number == *page && one.scanned;
                let found = pages.iter().find(|one| made_of_it(one) || scanned(one));
                found.map(|page| page.number).into_iter().collect()
            }
            Pictures::Page { .. } => Vec::new(),
        };
        self.pictures_left -= wanted.len().min(self.pictures_left);
        wanted
    }

    /// Hands on a page of the last document as a picture.
    pub(crate) fn hand_on_picture(&mut self, page: u32, picture: Result<Gray, String>) {
        (self.each)(Found::Picture { page, picture });
    }

    /// Hands on a file that was named and not read, with the reason.
    pub(crate) fn not_read(&mut self, place: &Place, media_type: &str, why: String) {
        let content = Content {
            media_type: media_type.to_owned(),
            extractor: crate::packed::READER.to_owned(),
            warnings: vec![why],
            ..Content::default()
        };
        self.hand_on(place, Ok(content));
    }

    /// Whether what lies in the file at a place may be opened.
    pub(crate) fn may_open(&self, place: &Place) -> bool {
        place.depth < self.limits.depth
    }

    /// How many more files may be read.
    pub(crate) fn files_left(&self) -> u64 {
        self.limits.files.saturating_sub(self.files)
    }

    /// Whether another file may be read: what lies in the files before may have used up the limits.
    pub(crate) fn has_room(&self) -> bool {
        self.files_left() > 0 && !self.budget.is_spent()
    }

    /// Says in the place of the next file that it and so many more are not read, because a limit was reached.
    pub(crate) fn leave_out(&mut self, place: &Place, next: &str, more: usize) {
        let limit = match self.budget.is_spent() {
            true => format!("size: the limit of {} unpacked bytes", self.limits.unpacked),
            false => format!("files: the limit of {} files", self.limits.files),
        };
        let why = format!("{limit} was reached; this file and {more} after it are not read");
        self.not_read(&place.within(next), "application/octet-stream", why);
    }

    /// Counts a file that is read without [`Walk::read_inner`].
    pub(crate) fn count_file(&mut self) {
        self.files += 1;
    }

    /// Reads a file that lies inside an archive, a mail or an office file.
    pub(crate) fn read_inner(
        &mut self,
        place: &Place,
        name: &str,
        bytes: &[u8],
        hints: &Hints,
        warnings: Vec<String>,
    ) {
        self.files += 1;
        crate::read_at(self, bytes, hints, &place.within(name), warnings);
    }

    /// Unpacks one file into memory, as far as the limits go. What went wrong comes second.
    pub(crate) fn unpack(&self, reader: impl Read) -> (Vec<u8>, Option<String>) {
        let mut bytes = Vec::new();
        let result = self.budget.count(reader).take(MAX_FILE + 1).read_to_end(&mut bytes);
        if bytes.len() as u64 > MAX_FILE {
            bytes.truncate(usize::try_from(MAX_FILE).unwrap_or(usize::MAX));
            return (bytes, Some(format!("size: only the first {MAX_FILE} bytes were unpacked")));
        }
        match result {
            Ok(_) => (bytes, None),
            Err(_) if self.budget.is_spent() => {
                let limit = self.limits.unpacked;
                let why = format!("size: the limit of {limit} unpacked bytes was reached in it");
                (bytes, Some(why))
            }
            Err(error) => {
                let count = bytes.len();
                let why = shown(&error.to_string());
                (bytes, Some(format!("damaged: unpacking stopped after {count} bytes: {why}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, MAX_FILE, Pictures, Walk};

    #[test]
    fn a_file_is_held_in_memory_only_so_far() {
        let mut each = |_| {};
        let walk = Walk::new(&Limits::default(), &Pictures::None, &mut each);
        let (bytes, problem) = walk.unpack(std::io::repeat(b'a'));
        assert_eq!(bytes.len() as u64, MAX_FILE);
        // A growing vector is there twice: with the mail or archive around it, it must fit into the process that reads.
        assert!(3 * MAX_FILE < crate::process::ProcessLimits::default().memory);
        assert_eq!(problem.unwrap(), "size: only the first 67108864 bytes were unpacked");
        assert!(!walk.budget.is_spent());
    }
}
