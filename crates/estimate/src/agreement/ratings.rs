//! Ratings as a table, and as numbers.

use crate::table::{Fault, Table, TableError};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::str::FromStr;

/// The level of measurement (Stevens 1946): which differences between values mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Equal or different: δ² = 0 or 1.
    Nominal,
    /// Ordered: δ² = (Σ_{g=c..k} n_g − (n_c + n_k)/2)².
    Ordinal,
    /// Differences count: δ² = (c − k)².
    Interval,
    /// Ratios count, zero is nothing: δ² = ((c − k)/(c + k))².
    Ratio,
}

impl Level {
    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nominal => "nominal",
            Self::Ordinal => "ordinal",
            Self::Interval => "interval",
            Self::Ratio => "ratio",
        }
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Nominal, Self::Ordinal, Self::Interval, Self::Ratio]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| format!("{text:?} is none of nominal, ordinal, interval, ratio"))
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What one coder said of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// The unit that was rated.
    pub unit: String,
    /// Who rated it.
    pub coder: String,
    /// The value; empty where the coder gave none.
    pub value: String,
    row: Option<u64>,
}

impl Rating {
    /// A rating that the caller built.
    pub fn new(
        unit: impl Into<String>,
        coder: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self { unit: unit.into(), coder: coder.into(), value: value.into(), row: None }
    }

    /// Reads a table with the columns `unit, coder, value`; other columns are ignored, an empty
    /// value is a missing one. Errors name row and column.
    pub fn list_from_csv(text: &str) -> Result<Vec<Self>, TableError> {
        let table = Table::read("ratings", text)?;
        table.require(&["unit", "coder", "value"])?;
        let mut ratings = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            let cell = |column: &str| table.cell(row, column).to_owned();
            ratings.push(Self {
                unit: cell("unit"),
                coder: cell("coder"),
                value: cell("value"),
                row: Some(row.number),
            });
        }
        Ok(ratings)
    }
}

/// Ratings as indices: for each unit, (coder, value) pairs.
pub(super) struct Sheet {
    pub(super) units: Vec<Vec<(usize, usize)>>,
    pub(super) coders: usize,
    /// The distinct values: as numbers, or as ranks where they are text.
    pub(super) values: Vec<f64>,
    pub(super) is_numeric: bool,
}

impl Sheet {
    pub(super) fn new(ratings: &[Rating], level: Level) -> Result<Self, TableError> {
        let row = |index: usize, rating: &Rating| rating.row.unwrap_or(index as u64 + 2);
        let error = |index: usize, rating: &Rating, column: &str, fault: Fault| TableError {
            table: "ratings",
            row: Some(row(index, rating)),
            column: Some(column.to_owned()),
            fault: Box::new(fault),
        };
        if ratings.is_empty() {
            let fault = Box::new(Fault::Empty);
            return Err(TableError { table: "ratings", row: None, column: None, fault });
        }
        let numbers: Vec<Option<f64>> = ratings.iter().map(|r| number(&r.value)).collect();
        let given = || ratings.iter().zip(&numbers).filter(|(r, _)| !r.value.is_empty());
        let is_numeric = given().all(|(_, number)| number.is_some());
        let mut seen = BTreeMap::new();
        let (mut units, mut coders) = (BTreeMap::new(), BTreeMap::new());
        for (index, (rating, number)) in ratings.iter().zip(&numbers).enumerate() {
            for (column, cell) in [("unit", &rating.unit), ("coder", &rating.coder)] {
                if cell.is_empty() {
                    return Err(error(index, rating, column, Fault::EmptyCell));
                }
            }
            if let Some(first) = seen.insert((&rating.unit, &rating.coder), row(index, rating)) {
                let name = format!("unit {} by {}", rating.unit, rating.coder);
                return Err(error(index, rating, "unit", Fault::Duplicate { name, first }));
            }
            let (next_unit, next_coder) = (units.len(), coders.len());
            units.entry(&rating.unit).or_insert(next_unit);
            coders.entry(&rating.coder).or_insert(next_coder);
            if level != Level::Nominal && !rating.value.is_empty() {
                let fault = match number {
                    None => Some(Fault::NotANumber(rating.value.clone())),
                    Some(number) if level == Level::Ratio && *number < 0.0 => {
                        Some(Fault::Negative(rating.value.clone()))
                    }
                    Some(_) => None,
                };
                if let Some(fault) = fault {
                    return Err(error(index, rating, "value", fault));
                }
            }
        }
        let (values, ranks) = ranks(ratings, &numbers, is_numeric);
        let mut sheet =
            Self { units: vec![Vec::new(); units.len()], coders: coders.len(), values, is_numeric };
        for (rating, rank) in ratings.iter().zip(ranks) {
            let place = (units.get(&rating.unit), coders.get(&rating.coder), rank);
            if let (Some(unit), Some(coder), Some(rank)) = place
                && let Some(unit) = sheet.units.get_mut(*unit)
            {
                unit.push((*coder, rank));
            }
        }
        Ok(sheet)
    }

    /// The values of each unit that has at least two.
    pub(super) fn pairable(&self) -> Vec<Vec<usize>> {
        self.units
            .iter()
            .filter(|unit| unit.len() >= 2)
            .map(|unit| unit.iter().map(|(_, value)| *value).collect())
            .collect()
    }
}

/// The distinct values in their order, and the place of each rating's value among them.
fn ranks(
    ratings: &[Rating],
    numbers: &[Option<f64>],
    is_numeric: bool,
) -> (Vec<f64>, Vec<Option<usize>>) {
    if is_numeric {
        let mut values: Vec<f64> = numbers.iter().flatten().copied().collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let rank = |number: &Option<f64>| {
            number.and_then(|n| values.binary_search_by(|value| value.total_cmp(&n)).ok())
        };
        let ranks = numbers.iter().map(rank).collect();
        return (values, ranks);
    }
    let mut words: Vec<&str> =
        ratings.iter().map(|r| r.value.as_str()).filter(|value| !value.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    let ranks = ratings.iter().map(|r| words.binary_search(&r.value.as_str()).ok()).collect();
    ((0..words.len()).map(|rank| rank as f64).collect(), ranks)
}

/// A finite decimal number; negative zero counts as zero.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let number = text.parse::<f64>().ok().filter(|number| plain && number.is_finite())?;
    Some(number + 0.0)
}
