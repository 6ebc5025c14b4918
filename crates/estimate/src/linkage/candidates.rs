//! Which pairs are compared, and how far they agree.

use super::similarity::{edit_similarity, jaro_winkler};
use super::{LinkageError, LinkagePlan, Record};
use serde::Serialize;
use std::collections::BTreeMap;
use std::str::FromStr;

/// How the cells of a field are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Equal or not.
    Exact,
    /// Equal, or Jaro–Winkler at least 0.92, or at least 0.8, or less: for names.
    JaroWinkler,
    /// Equal, or edit similarity at least 0.8, or at least 0.6, or less: for addresses and numbers.
    Edit,
}

/// How two cells agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgreementLevel {
    /// One of them is empty.
    Unknown,
    /// Not alike.
    Different,
    /// Somewhat alike.
    Near,
    /// Much alike.
    Close,
    /// Equal.
    Equal,
}

impl FromStr for Agreement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "exact" => Ok(Self::Exact),
            "jaro-winkler" => Ok(Self::JaroWinkler),
            "edit" => Ok(Self::Edit),
            _ => Err(format!("{text:?} is none of exact, jaro-winkler, edit")),
        }
    }
}

/// A field and how it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, for the record of how it was done.
    pub name: String,
    /// How its cells are compared.
    pub agreement: Agreement,
    /// Whether agreement on a rare value weighs more.
    pub has_term_frequencies: bool,
}

impl Field {
    /// A field in which rare values weigh more.
    pub fn new(name: impl Into<String>, agreement: Agreement) -> Self {
        Self { name: name.into(), agreement, has_term_frequencies: true }
    }
}

/// Levels of agreement: 0 unknown, 1 different, then closer, up to [`LEVELS`] − 1 equal.
pub(super) const LEVELS: usize = 5;
const EQUAL: u8 = 4;

impl Agreement {
    pub(super) fn level(self, one: &str, other: &str) -> u8 {
        if one.is_empty() || other.is_empty() {
            return 0;
        }
        if one == other {
            return EQUAL;
        }
        let (similarity, close, near) = match self {
            Self::Exact => return 1,
            Self::JaroWinkler => (jaro_winkler(one, other), 0.92, 0.8),
            Self::Edit => (edit_similarity(one, other), 0.8, 0.6),
        };
        match similarity {
            s if s >= close => 3,
            s if s >= near => 2,
            _ => 1,
        }
    }
}

/// Pairs, each with the number of its pattern of levels.
pub(super) struct Candidates {
    pub(super) pairs: Vec<[u32; 2]>,
    pub(super) patterns: Vec<u32>,
    /// The levels of each pattern, field by field.
    pub(super) levels: Vec<Vec<u8>>,
    pub(super) counts: Vec<f64>,
}

/// More pairs than this do not fit the memory of a laptop.
const MOST_PAIRS: usize = 50_000_000;

impl Candidates {
    pub(super) fn new(records: &[Record], plan: &LinkagePlan) -> Result<Self, LinkageError> {
        let mut found = Self {
            pairs: Vec::new(),
            patterns: Vec::new(),
            levels: Vec::new(),
            counts: Vec::new(),
        };
        let mut numbers: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        let agrees = |block: &[usize], one: &Record, other: &Record| {
            block.iter().all(|field| {
                let cell = one.cells.get(*field);
                cell == other.cells.get(*field) && cell.is_some_and(|cell| !cell.is_empty())
            })
        };
        for (number, block) in plan.blocks.iter().enumerate() {
            let earlier = plan.blocks.get(..number).unwrap_or_default();
            let mut groups: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
            for (index, record) in records.iter().enumerate() {
                let key: Vec<&str> = block
                    .iter()
                    .filter_map(|field| record.cells.get(*field))
                    .map(String::as_str)
                    .collect();
                if key.iter().all(|cell| !cell.is_empty()) {
                    groups.entry(key).or_default().push(index);
                }
            }
            for members in groups.values() {
                for (position, first) in members.iter().enumerate() {
                    for second in members.iter().skip(position + 1) {
                        let (Some(one), Some(other)) = (records.get(*first), records.get(*second))
                        else {
                            continue;
                        };
                        let apart = one.list == other.list
                            && plan.lists_without_repeats.contains(&one.list);
                        if apart || earlier.iter().any(|block| agrees(block, one, other)) {
                            continue;
                        }
                        if found.pairs.len() == MOST_PAIRS {
                            return Err(LinkageError::TooManyPairs(MOST_PAIRS));
                        }
                        let levels: Vec<u8> = plan
                            .fields
                            .iter()
                            .zip(one.cells.iter().zip(&other.cells))
                            .map(|(field, (a, b))| field.agreement.level(a, b))
                            .collect();
                        found.push([*first as u32, *second as u32], levels, &mut numbers);
                    }
                }
            }
        }
        Ok(found)
    }

    /// How a pair with this pattern agrees, field by field.
    pub(super) fn levels_of(&self, pattern: u32) -> Vec<AgreementLevel> {
        let named = |level: &u8| match level {
            0 => AgreementLevel::Unknown,
            1 => AgreementLevel::Different,
            2 => AgreementLevel::Near,
            3 => AgreementLevel::Close,
            _ => AgreementLevel::Equal,
        };
        self.levels.get(pattern as usize).into_iter().flatten().map(named).collect()
    }

    fn push(&mut self, pair: [u32; 2], levels: Vec<u8>, numbers: &mut BTreeMap<Vec<u8>, u32>) {
        let number = match numbers.get(&levels) {
            Some(number) => *number,
            None => {
                let number = self.levels.len() as u32;
                self.levels.push(levels.clone());
                self.counts.push(0.0);
                numbers.insert(levels, number);
                number
            }
        };
        if let Some(count) = self.counts.get_mut(number as usize) {
            *count += 1.0;
        }
        self.pairs.push(pair);
        self.patterns.push(number);
    }
}

/// Whether two cells are equal by their level.
pub(super) fn is_equal(level: u8) -> bool {
    level == EQUAL
}
