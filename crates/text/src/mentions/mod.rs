//! Numbers, shares, ranges, dates, places and attributions in a text, each with its exact place.
//!
//! Found in the grammar of the language they are written in, before any cutting into words. What
//! can be read in two ways is left out: a wrong figure is worse than a missing one.

mod attributions;
mod dates;
mod english;
mod han;
mod labels;
mod lexicon;
mod month_names;
mod numbers;
mod numerals;
mod places;
mod ranges;
mod spelled;
mod surroundings;
mod testimony;
mod tibetan;

use serde::Serialize;
use witnessmark_model::payload::Level;

use crate::offsets::Offsets;
use crate::radicals::without_radicals;
pub use places::{PlaceCandidate, PlaceEntry, PlaceNames, find_places};

/// A number, date, place or attribution in a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mention {
    /// What it is.
    pub kind: MentionKind,
    /// The text as it stands there, every digit kept. For a number: the figure with its sign,
    /// multiplier and percent sign, without the words around it.
    pub exact: String,
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
    /// The value: of a number, the number (a share in per cent); of a date, ISO 8601 to the
    /// precision given (`2022`, `2022-09`, `2022-09-05`, `--09-05` or `--09` without a year); of an
    /// attribution, the name; of a place, its key in the gazetteer. None for a range, which has
    /// `low` and `high`, and for a place that is ambiguous or unknown.
    pub value: Option<MentionValue>,
    /// The lower end of a range.
    pub low: Option<MentionValue>,
    /// The upper end of a range.
    pub high: Option<MentionValue>,
    /// How the number bounds what is counted. Always [`Bound::Exact`] for other kinds.
    pub bound: Bound,
    /// What is counted, as far as the next words tell: `percent`, a currency code (ISO 4217), or
    /// the noun in the singular as the text's language writes it.
    pub unit: Option<String>,
    /// Whether the text says so, or only that it may be so.
    pub modality: Modality,
    /// Of a place that is known: its level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Of a place: several bear this name, and nothing beside it says which is meant.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ambiguous: bool,
    /// Of a place: the name ends as those of places do, and the gazetteer does not have it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// Of a place: what the name may mean, at most twenty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<PlaceCandidate>,
}

/// What a mention is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MentionKind {
    /// A count, an amount, a share or a range of them.
    Number,
    /// A day, month or year, or a range of them.
    Date,
    /// A place of a gazetteer, or a name that looks like one.
    Place,
    /// The name of the one on whose word something is said.
    Attribution,
}

/// A value of a mention: a JSON number, or a string for dates and names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MentionValue {
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Decimal(f64),
    /// An ISO 8601 date.
    Date(String),
    /// A name, as written.
    Name(String),
}

/// How a number bounds what is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// As it stands.
    #[default]
    Exact,
    /// "about", 约, "nearly": near it.
    About,
    /// "at least", 至少, 以上: it or more.
    AtLeast,
    /// "more than", 超过, 余: above it.
    MoreThan,
    /// "at most", "up to", 最多: it or less.
    AtMost,
    /// "less than", 不足: below it.
    LessThan,
    /// Between `low` and `high`.
    Range,
}

/// How sure the text makes itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modality {
    /// It says so.
    #[default]
    Stated,
    /// "may", "estimated", 可能, 估计: it holds it possible.
    Possible,
    /// "plans to", "will", 计划: it is meant to come.
    Planned,
}

/// A mention before its offsets are turned into code points.
#[derive(Clone, Debug)]
struct Found {
    kind: MentionKind,
    from: usize,
    to: usize,
    value: Option<MentionValue>,
    low: Option<MentionValue>,
    high: Option<MentionValue>,
    bound: Bound,
    unit: Option<String>,
    modality: Modality,
    candidates: Vec<PlaceCandidate>,
}

/// More mentions than this are not listed for one text.
const MAX_MENTIONS: usize = 50_000;

/// Finds the numbers, dates and attributions of a text, in its order; none overlaps another.
///
/// `language` (BCP 47) decides how marks inside a figure are read: `1.234` is a decimal in English
/// and a thousand in German. Without it, or with `und`, only what every language reads alike is
/// taken.
pub fn find_mentions(text: &str, language: Option<&str>) -> Vec<Mention> {
    arrange(text, all_but_places(&without_radicals(text), language))
}

/// The same with the places of the text: names of `places`, and names that look like a place's
/// and are not among them.
pub fn find_mentions_among(
    text: &str,
    language: Option<&str>,
    places: &PlaceNames,
) -> Vec<Mention> {
    let plain = without_radicals(text);
    let mut found = all_but_places(&plain, language);
    found.extend(places::find(&plain, places));
    arrange(text, found)
}

fn all_but_places(text: &str, language: Option<&str>) -> Vec<Found> {
    let mut found = dates::find(text);
    found.extend(numbers::find(text, language.unwrap_or("und")));
    found.extend(attributions::find(text));
    found.extend(testimony::find(text, language.unwrap_or("und")));
    found
}

/// Leaves of what overlaps one: a date claims its digits before a number does, and a place its
/// characters; of two of a kind, the longer.
fn arrange(text: &str, mut found: Vec<Found>) -> Vec<Mention> {
    found.sort_by(|a, b| {
        let rank = |found: &Found| u8::from(found.kind == MentionKind::Number);
        (rank(a), b.to - b.from, a.from).cmp(&(rank(b), a.to - a.from, b.from))
    });
    let mut taken = std::collections::BTreeMap::new();
    for candidate in found {
        let before = taken.range(..candidate.to).next_back();
        let overlaps = before.is_some_and(|(_, other): (_, &Found)| other.to > candidate.from);
        if !overlaps {
            taken.insert(candidate.from, candidate);
        }
    }
    let offsets = Offsets::new(text);
    taken.into_values().take(MAX_MENTIONS).map(|found| mention(text, &offsets, found)).collect()
}

fn mention(text: &str, offsets: &Offsets<'_>, found: Found) -> Mention {
    let is_place = found.kind == MentionKind::Place;
    let level = match found.candidates.as_slice() {
        [only] => Some(only.level),
        _ => None,
    };
    Mention {
        kind: found.kind,
        exact: text.get(found.from..found.to).unwrap_or("").to_owned(),
        start: offsets.point_of_byte(found.from),
        end: offsets.point_of_byte(found.to),
        value: found.value,
        low: found.low,
        high: found.high,
        bound: found.bound,
        unit: found.unit,
        modality: found.modality,
        level,
        ambiguous: found.candidates.len() > 1,
        unknown: is_place && found.candidates.is_empty(),
        candidates: found.candidates,
    }
}
