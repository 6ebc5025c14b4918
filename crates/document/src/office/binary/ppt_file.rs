//! Records of PowerPoint, and where the newest of each lie ([MS-PPT], 2.1.2 and 2.3).

use std::collections::HashMap;

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
        for number in 0..MAX_EDITS {
            let edit = self.at(at).filter(|edit| edit.kind == EDIT).map(|edit| edit.bytes.to_vec());
            let Some(edit) = edit else {
                return match number {
                    0 => Err(Refusal::Damaged("its newest edit is not there")),
                    _ => Ok(()),
                };
            };
            let (before, directory) = (index_at(&edit, 8), index_at(&edit, 12));
            if number == 0 {
                self.document = u32_at(&edit, 16).unwrap_or_default();
                // A newer edit may name the session that encrypts it.
                if edit.len() >= 32 && u32_at(&edit, 28).is_some_and(|session| session != 0) {
                    return Err(Refusal::Password);
                }
            }
            let directory = directory.and_then(|place| self.at(place));
            let entries =
                directory.filter(|one| one.kind == DIRECTORY).map(|one| one.bytes.to_vec());
            self.read_directory(&entries.unwrap_or_default());
            match before {
                Some(before) if before != 0 && before < at => at = before,
                _ => break,
            }
        }
        Ok(())
    }

    /// Objects with numbers behind each other: the first number, how many there are, and the place of each.
    fn read_directory(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while let Some(head) = u32_at(bytes, at) {
            at += 4;
            for number in 0..head >> 20 {
                let Some(place) = index_at(bytes, at) else { return };
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

    /// All objects of a kind, by their numbers.
    pub(super) fn objects(&self, kind: u16) -> Vec<Record<'_>> {
        let mut places: Vec<_> = self.objects.iter().collect();
        places.sort();
        places
            .into_iter()
            .filter_map(|(_, place)| self.at(*place))
            .filter(|one| one.kind == kind)
            .collect()
    }
}
