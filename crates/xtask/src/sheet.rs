//! The sheet of places as it grows, and its CSV.

use std::collections::{BTreeMap, BTreeSet};

/// A place of the sheet.
struct Place {
    key: String,
    parent: Option<usize>,
    level: &'static str,
    population: Option<u64>,
    names: Vec<String>,
}

/// The places, each behind the one it lies in.
#[derive(Default)]
pub(crate) struct Sheet {
    places: Vec<Place>,
    keys: BTreeSet<String>,
    /// By level and first name, the places that bear it.
    named: BTreeMap<(&'static str, String), Vec<usize>>,
}

impl Sheet {
    /// Adds a place. Its key is its name; where that is taken, the name with what it lies in, and at last with its code.
    pub(crate) fn add(
        &mut self,
        name: &str,
        parent: Option<usize>,
        level: &'static str,
        code: &str,
    ) -> usize {
        let name = clean(name);
        let mut key = name.clone();
        let mut above = parent.and_then(|parent| self.places.get(parent));
        let mut within = String::new();
        while self.keys.contains(&key) {
            let Some(wider) = above else {
                key = format!("{name} ({code})");
                break;
            };
            let plain = wider.names.first().unwrap_or(&wider.key);
            within = if within.is_empty() { plain.clone() } else { format!("{within}, {plain}") };
            key = format!("{name} ({within})");
            above = wider.parent.and_then(|parent| self.places.get(parent));
        }
        self.keys.insert(key.clone());
        let names = if key == name { Vec::new() } else { vec![name.clone()] };
        let at = self.places.len();
        self.places.push(Place { key, parent, level, population: None, names });
        self.named.entry((level, name)).or_default().push(at);
        at
    }

    /// Gives a place another name.
    pub(crate) fn name(&mut self, at: usize, name: &str) {
        let name = clean(name);
        if let Some(place) = self.places.get_mut(at)
            && !name.is_empty()
            && name != place.key
            && !place.names.contains(&name)
        {
            place.names.push(name);
        }
    }

    /// Says how many live there.
    pub(crate) fn population(&mut self, at: usize, residents: u64) {
        if let Some(place) = self.places.get_mut(at) {
            place.population = Some(residents);
        }
    }

    /// The place of this level and name, if there is but one.
    pub(crate) fn only(&self, level: &'static str, name: &str) -> Option<usize> {
        match self.named.get(&(level, name.to_owned()))?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The place of this level and name that lies directly in a place of that name.
    pub(crate) fn within(&self, level: &'static str, name: &str, parent: &str) -> Option<usize> {
        self.named.get(&(level, name.to_owned()))?.iter().copied().find(|at| {
            let above = self.places.get(*at).and_then(|place| self.places.get(place.parent?));
            above
                .is_some_and(|above| above.key == parent || above.names.iter().any(|n| n == parent))
        })
    }

    /// How many places there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// How many of each level.
    pub(crate) fn levels(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for place in &self.places {
            *counts.entry(place.level).or_default() += 1;
        }
        counts
    }

    /// The CSV, with lines about its sources before the header.
    pub(crate) fn write(&self, sources: &[String]) -> String {
        let mut out = String::from("# Built by `cargo run -p xtask -- gazetteer`. Sources:\n");
        for source in sources {
            out.push_str(&format!("# {source}\n"));
        }
        out.push_str("# Names in Tibetan, Uyghur and English of well-known places: crates/text/data/places.tsv of this program\n");
        out.push_str("place,parent,level,population,names\n");
        for place in &self.places {
            let parent = place.parent.and_then(|parent| self.places.get(parent));
            let cells = [
                quoted(&place.key),
                parent.map_or_else(String::new, |parent| quoted(&parent.key)),
                place.level.to_owned(),
                place.population.map_or_else(String::new, |residents| residents.to_string()),
                quoted(&place.names.join(";")),
            ];
            out.push_str(&cells.join(","));
            out.push('\n');
        }
        out
    }
}

/// A name on one line, without the mark that parts names.
fn clean(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").replace([';', '；'], ",")
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"']) || cell.starts_with('#') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
