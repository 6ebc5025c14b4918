//! Places in running text: names of a gazetteer, and names that look like a place's and are in none.

mod names;
mod unknown;

use std::collections::BTreeSet;

use serde::Serialize;
use witnessmark_model::payload::Level;

use super::{Bound, Found, MentionKind, MentionValue, Modality};
use crate::offsets::Offsets;
use crate::radicals::without_radicals;
pub use names::{PlaceEntry, PlaceNames};

/// One of the places that a name may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceCandidate {
    /// Its key in the gazetteer.
    pub key: String,
    /// Its level.
    pub level: Level,
    /// The key of the place it lies in.
    pub within: Option<String>,
}

/// A name in a text.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The places that bear it; empty for a name that no place bears.
    pub(super) places: Vec<u32>,
}

/// More candidates are not listed: 向阳村 is the name of hundreds.
const MAX_CANDIDATES: usize = 20;

/// Finds the places of a text.
pub(super) fn find(text: &str, names: &PlaceNames) -> Vec<Found> {
    let mut known = known(text, names);
    let strangers = unknown::find(text, &known);
    // 那曲县 is not 那曲: the longer name stands.
    known.retain(|known| !strangers.iter().any(|s| s.from <= known.from && known.to <= s.to));
    resolve(text, names, &mut known);
    known.extend(strangers);
    known.sort_by_key(|named| named.from);
    known.into_iter().map(|named| describe(names, named)).collect()
}

fn describe(names: &PlaceNames, named: Named) -> Found {
    let only = match named.places.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let candidates = named.places.iter().take(MAX_CANDIDATES).filter_map(|place| {
        Some(PlaceCandidate {
            key: names.key(*place).to_owned(),
            level: names.level(*place)?,
            within: names.above(*place).next().map(|above| names.key(above).to_owned()),
        })
    });
    Found {
        kind: MentionKind::Place,
        from: named.from,
        to: named.to,
        value: only.map(|place| MentionValue::Name(names.key(place).to_owned())),
        low: None,
        high: None,
        bound: Bound::Exact,
        unit: None,
        modality: Modality::Stated,
        candidates: candidates.collect(),
    }
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

fn is_tibetan(c: char) -> bool {
    ('\u{F40}'..='\u{FBC}').contains(&c)
}

fn is_arabic(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{65F}' | '\u{66E}'..='\u{6D3}' | '\u{6D5}'..='\u{6FF}')
}

/// The names of the gazetteer, the longest at each spot.
fn known(text: &str, names: &PlaceNames) -> Vec<Named> {
    let mut found = Vec::new();
    let (mut resume, mut before) = (0, None);
    for (at, c) in text.char_indices() {
        let previous = before.replace(c);
        if at < resume || !begins(c, previous) {
            continue;
        }
        let rest = text.get(at..).unwrap_or("");
        let hit = names.longest(rest, |length| ends(c, rest, length));
        let Some((length, places)) = hit else { continue };
        let to = at + length;
        let (name, tail) = rest.split_at(length);
        if is_other(name, text.get(..at).unwrap_or(""), tail) {
            continue;
        }
        resume = to;
        found.push(Named { from: at, to, places });
    }
    found
}

/// Whether a name may begin at a character, by the one before it.
fn begins(c: char, previous: Option<char>) -> bool {
    if is_han(c) {
        true
    } else if is_tibetan(c) {
        !previous.is_some_and(is_tibetan)
    } else if c.is_alphabetic() {
        !previous.is_some_and(|p| p.is_alphanumeric() || matches!(p, '_' | '@' | '/' | '\'' | '’'))
    } else {
        false
    }
}

/// Endings that Uyghur puts to a place's name, and a few of Arabic script that follow none.
const UYGHUR_ENDINGS: &[&str] = &[
    "دە", "دا", "تە", "تا", "نىڭ", "نى", "غا", "گە", "قا", "كە", "دىن", "تىن", "دىكى", "تىكى",
    "لىق", "لىك", "لۇق", "لۈك", "غىچە", "گىچە",
];

/// Whether a name of this length may end there.
fn ends(first: char, rest: &str, length: usize) -> bool {
    let (Some(name), Some(tail)) = (rest.get(..length), rest.get(length..)) else { return false };
    let Some(next) = tail.chars().next() else { return true };
    if is_han(first) {
        return true;
    }
    if is_tibetan(first) {
        // ལྷ་སའི་, ལྷ་སར་: particles that join the last syllable; before them stands no other end.
        let merged = ["འི", "ར", "ས", "འོ"].iter().any(|particle| {
            tail.strip_prefix(particle)
                .is_some_and(|after| !after.chars().next().is_some_and(is_tibetan))
        });
        return !is_tibetan(next) || (merged && ends_open(name));
    }
    if is_arabic(first) {
        let length = tail.find(|c: char| !is_arabic(c)).unwrap_or(tail.len());
        return length == 0 || tail.get(..length).is_some_and(|end| UYGHUR_ENDINGS.contains(&end));
    }
    !next.is_alphanumeric() && next != '_'
}

/// Whether the last syllable of a Tibetan name ends in its vowel.
fn ends_open(name: &str) -> bool {
    let syllable = name.rsplit('\u{F0B}').next().unwrap_or("");
    let letters = syllable.chars().filter(|c| ('\u{F40}'..='\u{F6C}').contains(c)).count();
    letters == 1
        || syllable.chars().next_back().is_some_and(|c| ('\u{F71}'..='\u{F84}').contains(&c))
}

/// Names of persons too: no place behind or before another capitalised word.
const ALSO_PERSONS: &[&str] = &["Jordan", "Chad", "Georgia", "Israel", "Virginia", "Florence"];

/// Whether the letters of a name say something else here.
fn is_other(name: &str, before: &str, tail: &str) -> bool {
    match name {
        // 发展中国家: developing countries.
        "中国" => before.ends_with("发展") && tail.starts_with('家'),
        "中國" => before.ends_with("發展") && tail.starts_with('家'),
        "印度" => tail.starts_with('洋') || tail.starts_with("尼西亚"),
        "河南" | "河北" => before.ends_with('黄') || tail.starts_with('岸'),
        "海南" => before.ends_with('上') || tail.starts_with('岸'),
        // A surname in capitals, or the name of a month, is left to the reader.
        _ if ALSO_PERSONS.contains(&name) => {
            let capital = |word: Option<&str>| {
                word.and_then(|word| word.chars().next()).is_some_and(char::is_uppercase)
            };
            let next = tail.strip_prefix(' ').and_then(|tail| tail.split(' ').next());
            let last = before.strip_suffix(' ').and_then(|head| head.rsplit(' ').next());
            capital(next) || (capital(last) && last != Some("In"))
        }
        _ => false,
    }
}

/// Chooses among places of one name by the places around it: the one right before it (西藏自治区
/// 拉萨市城关区) or, where that does not decide, any other of the same line.
fn resolve(text: &str, names: &PlaceNames, known: &mut [Named]) {
    let mut line_from = 0;
    while line_from < known.len() {
        let start = known.get(line_from).map_or(0, |named| named.from);
        let end = text
            .get(start..)
            .and_then(|rest| rest.find('\n'))
            .map_or(text.len(), |length| start + length);
        let count = known.get(line_from..).unwrap_or_default().partition_point(|n| n.from < end);
        if let Some(line) = known.get_mut(line_from..line_from + count) {
            resolve_line(text, names, line);
        }
        line_from += count.max(1);
    }
}

fn resolve_line(text: &str, names: &PlaceNames, line: &mut [Named]) {
    let sure: BTreeSet<u32> = line
        .iter()
        .filter_map(|named| match named.places.as_slice() {
            [only] => Some(*only),
            _ => None,
        })
        .filter(|place| names.level(*place) != Some(Level::Country))
        .collect();
    for at in 0..line.len() {
        let Some(here) = line.get(at) else { continue };
        if here.places.len() < 2 {
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| line.get(before)).filter(|before| {
            let gap = text.get(before.to..here.from).unwrap_or(" - ");
            gap.chars().all(|c| matches!(c, ' ' | '\u{F0B}' | '·' | ','))
        });
        let within = |wider: &dyn Fn(u32) -> bool| {
            let mut fitting = here.places.iter().copied().filter(|place| {
                names.above(*place).any(|above| wider(above) && !here.places.contains(&above))
            });
            fitting.next().filter(|_| fitting.next().is_none())
        };
        let by_neighbour =
            before.and_then(|before| within(&|above| before.places.contains(&above)));
        let chosen = by_neighbour.or_else(|| within(&|above| sure.contains(&above)));
        if let (Some(chosen), Some(here)) = (chosen, line.get_mut(at)) {
            here.places = vec![chosen];
        }
    }
}

/// The places a text names, each with its exact span, in its order: what [`super::find_mentions_among`]
/// gives of the kind [`MentionKind::Place`], without looking for anything else.
pub fn find_places(text: &str, names: &PlaceNames) -> Vec<super::Mention> {
    let offsets = Offsets::new(text);
    let found = find(&without_radicals(text), names);
    found.into_iter().map(|found| super::mention(text, &offsets, found)).collect()
}
