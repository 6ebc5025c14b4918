//! What a passage says happened.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One act, as a passage tells it (HRDAG: one violation within an event). Codes come from the codebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Which act.
    pub code: String,
    /// Where.
    pub place: Option<PlaceRef>,
    /// The earliest day it speaks of: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub from: Option<String>,
    /// The latest.
    pub to: Option<String>,
    /// How many.
    pub quantity: Option<Quantity>,
    /// How firmly it is said.
    pub modality: String,
    /// On whose word.
    pub attributed_to: Option<String>,
}

/// A place of the gazetteer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRef {
    /// Its key in the gazetteer.
    pub name: String,
    /// Its level.
    pub level: Level,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $noun:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|word| word.word() == text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|word| word.word()).collect();
                    format!(concat!("`{}` is not a ", $noun, " (known: {})"), text, known.join(", "))
                })
            }
        }
    };
}

words! {
    /// The level of a place, from wide to narrow.
    Level, "level" {
        /// A country.
        Country = "country",
        /// A province, region or state.
        Province = "province",
        /// A prefecture, or a city that rules counties.
        Prefecture = "prefecture",
        /// A county or district.
        County = "county",
        /// A township, town or sub-district.
        Township = "township",
        /// A village or neighbourhood.
        Village = "village",
        /// A site: a building, a camp, a school.
        Site = "site",
    }
}

words! {
    /// What a stated number says about the true one.
    Bound, "bound" {
        /// Just so many.
        Exact = "exact",
        /// A rounded number.
        About = "about",
        /// So many or more.
        AtLeast = "at-least",
        /// So many or fewer.
        AtMost = "at-most",
        /// Between `low` and `high`.
        Range = "range",
        /// All residents.
        All = "all",
    }
}

/// How many, with every digit as quoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// The number, a decimal; none for a range or for "all".
    pub value: Option<String>,
    /// The low end of a range.
    pub low: Option<String>,
    /// The high end of a range.
    pub high: Option<String>,
    /// What is counted; a code of the codebook.
    pub unit: String,
    /// What the number says about the true one.
    pub bound: Bound,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("?");
        let end = |end: &Option<String>| end.clone().unwrap_or_else(|| "?".into());
        match self.bound {
            Bound::Exact => write!(f, "{value} {}", self.unit),
            Bound::About => write!(f, "about {value} {}", self.unit),
            Bound::AtLeast => write!(f, "at least {value} {}", self.unit),
            Bound::AtMost => write!(f, "at most {value} {}", self.unit),
            Bound::Range => write!(f, "{}–{} {}", end(&self.low), end(&self.high), self.unit),
            Bound::All => write!(f, "all {}", self.unit),
        }
    }
}

/// The Admiralty grades of source and item, kept apart, given by people, never turned into probabilities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grades {
    /// A (reliable) to E (unreliable); F: cannot be judged.
    pub source: Option<String>,
    /// 1 (confirmed) to 5 (improbable); 6: cannot be judged.
    pub item: Option<String>,
}

impl Grades {
    /// Grades, if each is one of the scale's.
    pub fn new(source: Option<&str>, item: Option<&str>) -> Result<Option<Self>, String> {
        let check = |value: Option<&str>, allowed: &str, noun: &str| match value {
            None | Some("") => Ok(None),
            Some(grade) if grade.len() == 1 && allowed.contains(grade) => {
                Ok(Some(grade.to_owned()))
            }
            Some(grade) => Err(format!("`{grade}` is not a grade of {noun} ({allowed})")),
        };
        let (source, item) =
            (check(source, "ABCDEF", "the source")?, check(item, "123456", "the item")?);
        Ok((source.is_some() || item.is_some()).then_some(Self { source, item }))
    }
}
