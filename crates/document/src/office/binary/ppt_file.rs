//! Records of PowerPoint, and where the newest of each lie ([MS-PPT], 2.1.2 and 2.3).

use std::collections::{BTreeSet, HashMap};

use super::{Folder, Paper, Refusal, index_at, u16_at, u32_at};

// Records about the file itself.
const EDIT: u16 = 0x0FF5;
const DIRECTORY: u16 = 0x1772;

/// Records in records are read so deep.
const MAX_DEPTH: usize = 32;
/// The most edits that a file is saved with, one on top of the other.
const MAX_EDITS: usize = 10_000;
/// The most objects of a file.
const MAX_OBJECTS: usize = 1 << 20;

/// The mark of a file that is encrypted.
const ENCRYPTED: u32 = 0xF3D1_C4DF;

/// A file of PowerPoint: its stream, and where in it the objects lie, by their numbers.
pub(super) struct File {
    bytes: Vec<u8>,
    objects: HashMap<u32, usize>,
    /// The number of the document itself.
    document: u32,
}

/// One record: what it is, which of its kind, and its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'b> {
    pub(super) kind: u16,
    pub(super) instance: u16,
    pub(super) bytes: &'b [u8],
    is_container: bool,
}

impl<'b> Record<'b> {
    /// The record at the beginning of bytes, and what follows it. One that is cut off has what there is.
    fn split(bytes: &'b [u8]) -> Option<(Self, &'b [u8])> {
        let head = u16_at(bytes, 0)?;
        let length = index_at(bytes, 4)?;
        let rest = bytes.get(8..)?;
        let (inner, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let kind = u16_at(bytes, 2)?;
        let record =
            Self { kind, instance: head >> 4, bytes: inner, is_container: head & 0xF == 0xF };
        Some((record, behind))
    }

    /// The records in this one.
    pub(super) fn children(&self) -> impl Iterator<Item = Record<'b>> + use<'b> {
        let mut rest = self.bytes;
        std::iter::from_fn(move || {
            let (record, behind) = Record::split(rest)?;
            rest = behind;
            Some(record)
        })
    }

    /// The first record of a kind in this one.
    pub(super) fn child(&self, kind: u16) -> Option<Record<'b>> {
        self.children().find(|one| one.kind == kind)
    }

    /// Whether it holds records: it says so, or is one of those that hold what newer versions added.
    fn holds_records(&self) -> bool {
        const ADDED: u16 = 0x138B;
        self.is_container || self.kind == ADDED
    }

    /// Hands on every record in this one, at any depth. Where it is told so, it does not look into one.
    pub(super) fn walk(&self, each: &mut dyn FnMut(Record<'b>) -> bool) {
        self.walk_at(each, 0);
    }

    fn walk_at(&self, each: &mut dyn FnMut(Record<'b>) -> bool, depth: usize) {
        for one in self.children() {
            if each(one) && one.holds_records() && depth < MAX_DEPTH {
                one.walk_at(each, depth + 1);
            }
        }
    }
}

impl File {
    /// Takes the file in a folder apart.
    pub(super) fn open(folder: &mut Folder<'_, '_>, paper: &mut Paper) -> Result<Self, Refusal> {
        if folder.has("PersistentStorage Directory") {
            return Err(Refusal::Unknown("the file is of PowerPoint 95, or older"));
        }
        let user = folder.stream("Current User", &mut paper.warnings).unwrap_or_default();
        if u32_at(&user, 12) == Some(ENCRYPTED) {
            return Err(Refusal::Password);
        }
        let bytes = folder.stream("PowerPoint Document", &mut paper.warnings).unwrap_or_default();
        let newest = index_at(&user, 16).ok_or(Refusal::Damaged("its newest edit is not named"))?;
        let mut file = Self { bytes, objects: HashMap::new(), document: 0 };
        file.read_edits(newest)?;
        Ok(file)
    }

    /// Goes from the newest edit to the first. What a newer one says of an object holds.
    fn read_edits(&mut self, newest: usize) -> Result<(), Refusal> {
        let mut at = newest;
        let mut directories = BTreeSet::new();
        for number in 0..MAX_EDITS {
            let edit = self.at(at).filter(|edit| edit.kind == EDIT);
            let numbers = edit.map(|edit| [8, 12, 16, 28].map(|at| u32_at(edit.bytes, at)));
            let Some([before, directory, document, session]) = numbers else {
                return match number {
                    0 => Err(Refusal::Damaged("its newest edit is not there")),
                    _ => Ok(()),
                };
            };
            if number == 0 {
                self.document = document.unwrap_or_default();
                // A newer edit may name the session that encrypts it.
                if session.is_some_and(|session| session != 0) {
                    return Err(Refusal::Password);
                }
            }
            if let Some(directory) = directory.and_then(|place| usize::try_from(place).ok())
                && directories.insert(directory)
            {
                self.read_directory(directory);
            }
            match before.and_then(|before| usize::try_from(before).ok()) {
                Some(before) if before != 0 && before < at => at = before,
                _ => break,
            }
        }
        Ok(())
    }

    /// Objects with numbers behind each other: the first number, how many there are, and the place of each.
    fn read_directory(&mut self, place: usize) {
        let record = self.at(place).filter(|one| one.kind == DIRECTORY);
        let length = record.map_or(0, |record| record.bytes.len());
        // Behind the record's head.
        let mut at = place + 8;
        let end = at + length;
        while let Some(head) = u32_at(&self.bytes, at).filter(|_| at < end) {
            at += 4;
            for number in 0..head >> 20 {
                let Some(place) = index_at(&self.bytes, at).filter(|_| at < end) else { return };
                at += 4;
                if self.objects.len() < MAX_OBJECTS {
                    self.objects.entry((head & 0xF_FFFF) + number).or_insert(place);
                }
            }
        }
    }

    fn at(&self, place: usize) -> Option<Record<'_>> {
        Some(Record::split(self.bytes.get(place..)?)?.0)
    }

    /// The object with a number.
    pub(super) fn object(&self, number: u32) -> Option<Record<'_>> {
        self.at(*self.objects.get(&number)?)
    }

    /// The document itself.
    pub(super) fn document(&self) -> Option<Record<'_>> {
        self.object(self.document)
    }

    /// Where the object with a number lies.
    pub(super) fn place(&self, number: u32) -> Option<usize> {
        self.objects.get(&number).copied()
    }

    /// All objects of a kind, each once, in the order in which they lie. They lie in each other only where somebody means harm: no
    /// more bytes are given than there are.
    pub(super) fn objects(&self, kind: u16) -> Vec<Record<'_>> {
        let places: BTreeSet<usize> = self.objects.values().copied().collect();
        let mut left = self.bytes.len();
        let mut fits = |one: &Record<'_>| match left.checked_sub(one.bytes.len()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let found = places.into_iter().filter_map(|place| self.at(place));
        found.filter(|one| one.kind == kind).filter(|one| fits(one)).collect()
    }
}
