//! The places that claims may name.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use witnessmark_estimate::coverage;
use witnessmark_model::payload::{Level, PlaceRef};

use crate::input::{InputErrors, did_you_mean, nearest};
use crate::table::{Row, Table};

/// A place: an administrative unit, not a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its key: unique in the gazetteer; what claims carry.
    pub name: String,
    /// The key of the place it lies in.
    pub parent: Option<String>,
    /// Its level.
    pub level: Level,
    /// Its residents, if known.
    pub population: Option<u64>,
    /// Other names, in any script.
    pub names: Vec<String>,
}

/// A tree (or several) of places, in the order of the file.
///
/// Written as CSV with the columns `place,parent,level`, and `population` and `names` where known; other names stand in one
/// cell, separated by `;`. Lines before the header that begin with `#` are passed over: they say where the places are from.
/// The default is a gazetteer without places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gazetteer {
    places: Vec<Place>,
    by_key: BTreeMap<String, usize>,
    by_name: BTreeMap<String, BTreeSet<usize>>,
    by_folded: BTreeMap<String, BTreeSet<usize>>,
    children: BTreeMap<String, Vec<usize>>,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'g> {
    /// One place.
    Place(&'g Place),
    /// Several places bear the name.
    Ambiguous(Vec<&'g Place>),
    /// None does; these keys and names are like it.
    Unknown(Vec<String>),
}

/// Places for a coverage estimate, and those that cannot take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveragePlaces {
    /// Places whose residents are known or follow from their parts.
    pub places: Vec<coverage::Place>,
    /// Keys of places whose residents are not known.
    pub unknown: Vec<String>,
}

const SHEET: &str = "places";

/// The sheet with the lines of remarks before its header left blank, so that rows and lines count as in the file.
fn without_head(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = 0;
    while rest.first() == Some(&b'#') {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { break };
        rest = rest.get(end + 1..).unwrap_or_default();
        lines += 1;
    }
    if lines == 0 {
        return Cow::Borrowed(bytes);
    }
    let mut blank = vec![b'\n'; lines];
    blank.extend_from_slice(rest);
    Cow::Owned(blank)
}

impl Gazetteer {
    /// Reads a gazetteer. Everything that is wrong is given at once, with row and column; only bytes that are not UTF-8,
    /// a broken header or a broken quotation mark end the reading.
    pub fn parse(bytes: &[u8]) -> Result<Self, InputErrors> {
        let mut errors = InputErrors::default();
        let bytes = without_head(bytes);
        let table = Table::read(
            SHEET,
            &bytes,
            &["place", "parent", "level"],
            &["population", "names"],
            &mut errors,
        );
        let Some(table) = table else { return errors.check(Self::default()) };
        let mut gazetteer = Self::default();
        let mut rows = Vec::new();
        for row in &table.rows {
            if let Some(level_known) = gazetteer.row(&table, row, &mut errors) {
                rows.push((row, level_known));
            }
        }
        gazetteer.link(&table, &rows, &mut errors);
        errors.check(gazetteer)
    }

    /// Adds a row, unless its key is empty or taken, and says whether its level could be read.
    fn row(&mut self, table: &Table, row: &Row, errors: &mut InputErrors) -> Option<bool> {
        let name = table.filled(row, "place", errors);
        let level = table.filled(row, "level", errors);
        let level = match level.parse() {
            Ok(level) => Some(level),
            Err(_) if level.is_empty() => None,
            Err(_) => {
                let near = nearest(&level, Level::ALL.iter().map(|level| level.word()));
                errors.push(
                    table.at(row, "level"),
                    GazetteerFault::UnknownLevel { found: level, near },
                );
                None
            }
        };
        let residents = table.cell(row, "population");
        let population = match residents.parse::<u64>() {
            _ if residents.is_empty() => None,
            Ok(number) if residents.bytes().all(|b| b.is_ascii_digit()) => Some(number),
            _ => {
                let fault = GazetteerFault::Population(residents.to_owned());
                errors.push(table.at(row, "population"), fault);
                None
            }
        };
        if name.is_empty() {
            return None;
        }
        if self.by_key.contains_key(&name) {
            errors.push(table.at(row, "place"), GazetteerFault::Duplicate { name });
            return None;
        }
        let index = self.places.len();
        let parent = table.cell(row, "parent");
        let mut names: Vec<String> = Vec::new();
        for other in table.cell(row, "names").split([';', '；']).map(str::trim) {
            if !other.is_empty() && other != name && !names.iter().any(|known| known == other) {
                names.push(other.to_owned());
            }
        }
        self.by_key.insert(name.clone(), index);
        for known in std::iter::once(&name).chain(&names) {
            self.by_name.entry(known.clone()).or_default().insert(index);
            self.by_folded.entry(folded(known)).or_default().insert(index);
        }
        self.places.push(Place {
            name,
            parent: (!parent.is_empty()).then(|| parent.to_owned()),
            level: level.unwrap_or(Level::Site),
            population,
            names,
        });
        Some(level.is_some())
    }

    /// Checks parents, cycles and levels, and notes the children of each place.
    fn link(&mut self, table: &Table, rows: &[(&Row, bool)], errors: &mut InputErrors) {
        let mut reported = BTreeSet::new();
        for (index, (place, (row, level_known))) in self.places.iter().zip(rows).enumerate() {
            let Some(parent) = &place.parent else { continue };
            let at = || table.at(row, "parent");
            let Some(&above) = self.by_key.get(parent) else {
                let near = nearest(parent, self.by_key.keys().map(String::as_str));
                errors.push(at(), GazetteerFault::UnknownParent { name: parent.clone(), near });
                continue;
            };
            self.children.entry(parent.clone()).or_default().push(index);
            if let Some(circle) = self.circle(index) {
                if circle.iter().all(|member| !reported.contains(member)) {
                    let names = circle.iter().filter_map(|member| self.places.get(*member));
                    let names = names.map(|place| place.name.clone()).collect();
                    errors.push(at(), GazetteerFault::Circle { names });
                }
                reported.extend(circle);
                continue;
            }
            let Some(wider) = self.places.get(above) else { continue };
            let known = *level_known && rows.get(above).is_some_and(|(_, known)| *known);
            if known && place.level <= wider.level {
                let fault = GazetteerFault::NotNarrower {
                    level: place.level,
                    parent: wider.name.clone(),
                    parent_level: wider.level,
                };
                errors.push(table.at(row, "level"), fault);
            }
        }
    }

    /// The circle that the place is part of, if it lies in itself. A longer way up than there can be levels ends the
    /// search: some level in it is wrong, and is reported as such.
    fn circle(&self, start: usize) -> Option<Vec<usize>> {
        let mut members = vec![start];
        let mut here = start;
        for _ in 0..64 {
            let parent = self.places.get(here)?.parent.as_ref()?;
            here = *self.by_key.get(parent)?;
            if here == start {
                return Some(members);
            }
            members.push(here);
        }
        None
    }

    /// All places, in the order of the file.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The place with this key.
    pub fn get(&self, key: &str) -> Option<&Place> {
        self.by_key.get(key).and_then(|index| self.places.get(*index))
    }

    /// The place that somebody means by a name: its key, else any of its names, else either without regard to
    /// capitals, spaces at the ends, and a Tibetan tsheg or shad at the end. A key wins over another place's name.
    pub fn find(&self, name: &str) -> Found<'_> {
        let name = name.trim();
        if let Some(place) = self.get(name) {
            return Found::Place(place);
        }
        let named = self.by_name.get(name).or_else(|| self.by_folded.get(&folded(name)));
        let places: Vec<&Place> =
            named.into_iter().flatten().filter_map(|index| self.places.get(*index)).collect();
        match places.as_slice() {
            [only] => Found::Place(only),
            [] => Found::Unknown(nearest(name, self.by_name.keys().map(String::as_str))),
            _ => Found::Ambiguous(places),
        }
    }

    /// The place and all it lies in, from the narrowest to the widest; empty for an unknown key.
    pub fn path(&self, key: &str) -> Vec<&Place> {
        let mut path = Vec::new();
        let mut here = self.get(key);
        while let Some(place) = here {
            path.push(place);
            here = place.parent.as_deref().and_then(|parent| self.get(parent));
        }
        path
    }

    /// The places that lie directly in this one.
    pub fn children(&self, key: &str) -> impl Iterator<Item = &Place> {
        self.children.get(key).into_iter().flatten().filter_map(|index| self.places.get(*index))
    }

    /// The smallest places within this one (itself, if nothing lies in it), with their residents where known.
    pub fn leaves(&self, key: &str) -> Vec<&Place> {
        let mut leaves = Vec::new();
        let mut open: Vec<&Place> = self.get(key).into_iter().collect();
        while let Some(place) = open.pop() {
            let before = open.len();
            open.extend(self.children(&place.name));
            if open.len() == before {
                leaves.push(place);
            } else if let Some(added) = open.get_mut(before..) {
                added.reverse();
            }
        }
        leaves
    }

    /// The residents of a place: its own figure, or the sum of its parts where all are known.
    pub fn residents(&self, key: &str) -> Option<u64> {
        let mut sum = 0_u64;
        let mut open = vec![self.get(key)?];
        while let Some(place) = open.pop() {
            if let Some(own) = place.population {
                sum = sum.checked_add(own)?;
                continue;
            }
            let before = open.len();
            open.extend(self.children(&place.name));
            if open.len() == before {
                return None;
            }
        }
        Some(sum)
    }

    /// The places as a coverage estimate takes them. A place whose residents are not known is left out and named: where
    /// its parent's are, it counts there as a part that is not listed.
    pub fn coverage_places(&self) -> CoveragePlaces {
        let known: BTreeSet<&str> = self
            .places
            .iter()
            .filter(|place| self.residents(&place.name).is_some())
            .map(|place| place.name.as_str())
            .collect();
        let mut result = CoveragePlaces { places: Vec::new(), unknown: Vec::new() };
        for place in &self.places {
            if !known.contains(place.name.as_str()) {
                result.unknown.push(place.name.clone());
                continue;
            }
            let path = self.path(&place.name);
            let parent = path.iter().skip(1).find(|above| known.contains(above.name.as_str()));
            result.places.push(coverage::Place {
                place: place.name.clone(),
                parent: parent.map(|above| above.name.clone()),
                level: place.level.to_string(),
                population: place.population,
            });
        }
        result
    }

    /// The path of a place in words, such as `Hemsolu, Chunvelo, Delvoru`.
    pub(crate) fn address(&self, place: &Place) -> String {
        let names: Vec<_> = self.path(&place.name).iter().map(|p| p.name.as_str()).collect();
        names.join(", ")
    }
}

impl Place {
    /// The place as a claim carries it.
    pub fn to_ref(&self) -> PlaceRef {
        PlaceRef { name: self.name.clone(), level: self.level }
    }
}

/// A name without regard to capitals, white space, and a Tibetan tsheg or shad at its end.
fn folded(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().collect();
    words.join(" ").trim_end_matches(['\u{f0b}', '\u{f0c}', '\u{f0d}']).to_lowercase()
}

/// What is wrong with a gazetteer: for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GazetteerFault {
    /// An earlier row has this key.
    #[error("`{name}` is already in an earlier row")]
    Duplicate {
        /// The key.
        name: String,
    },
    /// The parent is no place of the sheet.
    #[error("the parent `{name}` is not in the sheet")]
    UnknownParent {
        /// The parent.
        name: String,
        /// Keys that are like it.
        near: Vec<String>,
    },
    /// The place lies in itself.
    #[error("the places lie in each other in a circle: {}", circle(.names))]
    Circle {
        /// The places, each in the next, the last in the first.
        names: Vec<String>,
    },
    /// A level that the program does not know.
    #[error("`{found}` is not a level")]
    UnknownLevel {
        /// The cell.
        found: String,
        /// Levels that are like it.
        near: Vec<String>,
    },
    /// A place as wide as the one it lies in, or wider.
    #[error("a {level} cannot lie in `{parent}`, which is a {parent_level}")]
    NotNarrower {
        /// The place's level.
        level: Level,
        /// What it lies in.
        parent: String,
        /// The level of that.
        parent_level: Level,
    },
    /// A population that is not a whole number in plain digits.
    #[error("`{0}` is not a whole number in plain digits")]
    Population(String),
}

fn circle(names: &[String]) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.extend(names.first().copied());
    names.join(" in ")
}

impl GazetteerFault {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Duplicate { .. } => {
                "make the keys differ, such as `Name (County)`, and put the bare name under `names`"
                    .to_owned()
            }
            Self::UnknownParent { near, .. } => did_you_mean(near, || {
                "give the parent a row of its own, or leave the cell empty".into()
            }),
            Self::Circle { .. } => "correct one of these parents".to_owned(),
            Self::UnknownLevel { near, .. } => did_you_mean(near, || {
                let known: Vec<_> = Level::ALL.iter().map(|level| level.word()).collect();
                format!("the levels, from wide to narrow: {}", known.join(", "))
            }),
            Self::NotNarrower { .. } => {
                let known: Vec<_> = Level::ALL.iter().map(|level| level.word()).collect();
                format!("the levels, from wide to narrow: {}", known.join(", "))
            }
            Self::Population(_) => "write digits only (96400), or leave the cell empty".to_owned(),
        })
    }
}
