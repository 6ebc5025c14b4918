//! Lists of the same population, as counts of the patterns in which persons appear on them.

use super::sheet::ListSheet;
use crate::answer::Documented;
use crate::table::{Fault, TableError};
use std::collections::BTreeMap;

/// More lists than this are not a table that anybody fills.
pub(super) const MOST_LISTS: usize = 30;

/// How many persons appear on which lists, after linkage: one count for each of the 2^J − 1 patterns
/// that can be seen.
///
/// A pattern is a number whose bit j is set where the person is on list j.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    names: Vec<String>,
    counts: BTreeMap<u32, u64>,
}

impl Lists {
    /// Reads a sheet without strata and without several linkages: see [`ListSheet::from_csv`].
    ///
    /// # Errors
    /// As there; and where the sheet has a column `stratum` or `replicate`.
    pub fn from_csv(text: &str) -> Result<Self, TableError> {
        let sheet = ListSheet::from_csv(text)?;
        let reason = "these lists are read as one table, without strata and linkages";
        sheet.single().cloned().ok_or(TableError {
            table: "lists",
            row: Some(1),
            column: None,
            fault: Box::new(Fault::Unexpected { found: "stratum or replicate".to_owned(), reason }),
        })
    }

    /// Lists that the caller built: names, and (pattern, persons) pairs.
    ///
    /// # Errors
    /// As for [`Lists::from_csv`]; errors count the first pattern as row 2.
    pub fn new(names: Vec<String>, patterns: &[(u32, u64)]) -> Result<Self, TableError> {
        let mut counts = BTreeMap::new();
        let mut first_rows = BTreeMap::new();
        for (row, (pattern, persons)) in (2..).zip(patterns) {
            let error = |fault| TableError {
                table: "lists",
                row: Some(row),
                column: None,
                fault: Box::new(fault),
            };
            if *pattern == 0 {
                return Err(error(Fault::OnNoList));
            }
            if names.len() > MOST_LISTS || *pattern >> names.len() > 0 || *persons > MOST_PERSONS {
                return Err(error(Fault::TooLarge(format!("pattern {pattern:b} or its count"))));
            }
            if let Some(first) = first_rows.insert(*pattern, row) {
                let name = show(*pattern, names.len());
                return Err(error(Fault::Duplicate { name, first }));
            }
            if *persons > 0 {
                counts.insert(*pattern, *persons);
            }
        }
        Self::checked(names, counts)
    }

    fn checked(names: Vec<String>, counts: BTreeMap<u32, u64>) -> Result<Self, TableError> {
        let header = |name: &String, fault| TableError {
            table: "lists",
            row: Some(1),
            column: Some(name.clone()),
            fault: Box::new(fault),
        };
        for (list, name) in names.iter().enumerate() {
            if name.is_empty() {
                return Err(header(name, Fault::EmptyCell));
            }
            if names.iter().take(list).any(|earlier| earlier == name) {
                return Err(header(name, Fault::DuplicateColumn));
            }
            if !counts.keys().any(|pattern| pattern >> list & 1 == 1) {
                return Err(header(name, Fault::EmptyList));
            }
        }
        Ok(Self { names, counts })
    }

    /// Simulated lists, which may be empty.
    pub(crate) fn simulated(lists: usize, counts: BTreeMap<u32, u64>) -> Self {
        let names = (1..=lists).map(|list| format!("list {list}")).collect();
        Self { names, counts: counts.into_iter().filter(|(p, n)| *p != 0 && *n > 0).collect() }
    }

    /// The names of the lists.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Persons with exactly this pattern.
    pub fn count(&self, pattern: u32) -> u64 {
        self.counts.get(&pattern).copied().unwrap_or_default()
    }

    /// The patterns somebody has, with how many do.
    pub fn patterns(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.counts.iter().map(|(pattern, persons)| (*pattern, *persons))
    }

    /// Everyone on at least one list, each once.
    pub fn documented(&self) -> Documented {
        Documented::new(self.counts.values().sum())
    }

    /// Persons on all lists of `pattern`, whatever else they are on.
    pub fn on_all(&self, pattern: u32) -> u64 {
        self.patterns()
            .filter(|(own, _)| own & pattern == pattern)
            .map(|(_, persons)| persons)
            .sum()
    }

    /// How many persons are on exactly 1, 2, … J lists.
    pub fn by_number_of_lists(&self) -> Vec<u64> {
        let mut by_number = vec![0; self.names.len()];
        for (pattern, persons) in self.patterns() {
            if let Some(sum) = by_number.get_mut(pattern.count_ones() as usize - 1) {
                *sum += persons;
            }
        }
        by_number
    }

    /// The same persons without one list; those who were on no other are lost. None where another
    /// list is empty then, or none is left.
    pub fn without(&self, list: usize) -> Option<Self> {
        let below = (1_u32 << list) - 1;
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for (pattern, persons) in self.patterns() {
            let rest = (pattern & below) | (pattern >> 1 & !below);
            if rest != 0 {
                *counts.entry(rest).or_default() += persons;
            }
        }
        let mut names = self.names.clone();
        if list < names.len() {
            names.remove(list);
        }
        if names.is_empty() {
            return None;
        }
        Self::checked(names, counts).ok()
    }

    pub(super) fn total(&self) -> u64 {
        self.documented().persons()
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The lists of a pattern or term by their numbers, from 1: `13`, or `1.13` with ten lists.
    pub(super) fn term(&self, term: u32) -> String {
        let numbers: Vec<String> = (0..self.len())
            .filter(|list| term >> list & 1 == 1)
            .map(|l| (l + 1).to_string())
            .collect();
        numbers.join(if self.len() > 9 { "." } else { "" })
    }

    /// The names of the lists of a pattern.
    pub fn names_of(&self, pattern: u32) -> Vec<&str> {
        let on = |list: &usize| pattern >> list & 1 == 1;
        (0..self.len())
            .filter(on)
            .filter_map(|list| self.names.get(list))
            .map(String::as_str)
            .collect()
    }
}

pub(super) const MOST_PERSONS: u64 = 1_000_000_000;

pub(super) fn show(pattern: u32, lists: usize) -> String {
    let digits = (0..lists).map(|list| if pattern >> list & 1 == 1 { '1' } else { '0' });
    format!("pattern {}", digits.collect::<String>())
}
