//! The names of places, kept so that the longest name at a spot of a text is found quickly.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use witnessmark_model::payload::Level;

/// Places that are known without a gazetteer.
const KNOWN: &str = include_str!("../../../data/places.tsv");

/// Bits of the filter over the first two characters of names.
const HEAD_BITS: u32 = 18;

/// A place as it goes into [`PlaceNames`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceEntry<'p> {
    /// Its key, which is one of its names.
    pub key: &'p str,
    /// The key of the place it lies in.
    pub parent: Option<&'p str>,
    /// Its level.
    pub level: Level,
    /// Its other names, in any script.
    pub names: Vec<&'p str>,
}

#[derive(Clone, Debug)]
struct Place {
    key: Box<str>,
    parent: Option<u32>,
    level: Level,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    from: u32,
    length: u16,
    place: u32,
}

/// The names of a gazetteer's places, ready to be found in texts.
///
/// Memory is about 40 bytes a name and its letters; looking costs a few comparisons where two
/// characters of the text begin a name, and one test of a bit everywhere else.
#[derive(Clone, Debug)]
pub struct PlaceNames {
    places: Vec<Place>,
    letters: String,
    names: Vec<Name>,
    heads: Vec<u64>,
}

impl PlaceNames {
    /// Countries, provinces and prefectures of China, and the counties of Tibet and Xinjiang: the
    /// places that are known without a gazetteer. `data/places.tsv` says where they are from.
    pub fn builtin() -> &'static PlaceNames {
        static BUILTIN: OnceLock<PlaceNames> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            PlaceNames::new(KNOWN.lines().filter(|line| !line.starts_with('#')).filter_map(
                |line| {
                    let mut cells = line.split('\t');
                    let key = cells.next()?;
                    let parent = cells.next().filter(|parent| !parent.is_empty());
                    let level = cells.next()?.parse().ok()?;
                    let names = cells.next()?.split(';').filter(|name| !name.is_empty()).collect();
                    Some(PlaceEntry { key, parent, level, names })
                },
            ))
        })
    }

    /// Takes in places, in any order. A name shorter than two characters, or longer than 200
    /// bytes, is passed over, and so is a parent that is no place.
    pub fn new<'p>(places: impl IntoIterator<Item = PlaceEntry<'p>>) -> PlaceNames {
        let entries: Vec<PlaceEntry<'p>> = places.into_iter().collect();
        let ids: BTreeMap<&str, u32> =
            (0..).zip(&entries).map(|(id, entry)| (entry.key, id)).collect();
        let mut index = PlaceNames {
            places: Vec::with_capacity(entries.len()),
            letters: String::new(),
            names: Vec::new(),
            heads: vec![0; 1 << (HEAD_BITS - 6)],
        };
        for (id, entry) in (0..).zip(&entries) {
            index.places.push(Place {
                key: entry.key.into(),
                parent: entry.parent.and_then(|parent| ids.get(parent).copied()),
                level: entry.level,
            });
            for name in std::iter::once(&entry.key).chain(&entry.names) {
                index.add(name, id);
                if name.contains('\'') {
                    index.add(&name.replace('\'', "’"), id);
                }
            }
        }
        let letters = &index.letters;
        let text = |name: &Name| slice(letters, name);
        index.names.sort_by(|a, b| text(a).cmp(text(b)).then(a.place.cmp(&b.place)));
        index.names.dedup_by(|a, b| a.place == b.place && text(a) == text(b));
        index
    }

    fn add(&mut self, name: &str, place: u32) {
        // A key such as `Chengguan (Lhasa)` is told apart for people; no text has it.
        let name = name.trim().trim_end_matches(['\u{F0B}', '\u{F0C}', '\u{F0D}']);
        let Some(head) = head(name) else { return };
        let Ok(from) = u32::try_from(self.letters.len()) else { return };
        let Ok(length) = u16::try_from(name.len()) else { return };
        if length > 200 || name.ends_with(')') {
            return;
        }
        self.letters.push_str(name);
        self.names.push(Name { from, length, place });
        if let Some(word) = self.heads.get_mut(head / 64) {
            *word |= 1 << (head % 64);
        }
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The longest name that the text begins with and that `fits`, by its length: that length, and
    /// the places that bear it.
    pub(super) fn longest(
        &self,
        text: &str,
        fits: impl Fn(usize) -> bool,
    ) -> Option<(usize, Vec<u32>)> {
        let head = head(text)?;
        if self.heads.get(head / 64)? & (1 << (head % 64)) == 0 {
            return None;
        }
        let mut range = 0..self.names.len();
        let mut found: Option<(usize, Range<usize>)> = None;
        for (at, c) in text.char_indices() {
            let length = at + c.len_utf8();
            let prefix = text.get(..length)?;
            let names = self.names.get(range.clone())?;
            let cut = |name: &Name| {
                let name = slice(&self.letters, name);
                name.as_bytes().get(..length.min(name.len())).unwrap_or_default()
            };
            let from = names.partition_point(|name| cut(name) < prefix.as_bytes());
            let names = names.get(from..)?;
            let count = names.partition_point(|name| cut(name) <= prefix.as_bytes());
            range = range.start + from..range.start + from + count;
            if count == 0 {
                break;
            }
            let whole =
                names.get(..count)?.partition_point(|name| usize::from(name.length) == length);
            if whole > 0 && fits(length) {
                found = Some((length, range.start..range.start + whole));
            }
        }
        let (length, range) = found?;
        let places = self.names.get(range)?.iter().map(|name| name.place).collect();
        Some((length, places))
    }

    pub(super) fn key(&self, place: u32) -> &str {
        self.place(place).map_or("", |place| &place.key)
    }

    pub(super) fn level(&self, place: u32) -> Option<Level> {
        Some(self.place(place)?.level)
    }

    /// The places that a place lies in, from the narrowest to the widest.
    pub(super) fn above(&self, place: u32) -> impl Iterator<Item = u32> {
        let mut here = self.place(place).and_then(|place| place.parent);
        // No tree is deeper; a circle ends here.
        std::iter::from_fn(move || {
            let next = here?;
            here = self.place(next).and_then(|place| place.parent);
            Some(next)
        })
        .take(16)
    }

    fn place(&self, place: u32) -> Option<&Place> {
        self.places.get(usize::try_from(place).ok()?)
    }
}

fn slice<'l>(letters: &'l str, name: &Name) -> &'l str {
    let from = name.from as usize;
    letters.get(from..from + usize::from(name.length)).unwrap_or("")
}

/// The place in the filter of what begins with these two characters.
fn head(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    let (first, second) = (u32::from(chars.next()?), u32::from(chars.next()?));
    let mixed = first.wrapping_mul(0x9E37_79B1) ^ second.wrapping_mul(0x85EB_CA77);
    usize::try_from(mixed >> (32 - HEAD_BITS)).ok()
}
