//! What sources say about places.

use super::places::PlaceTree;
use crate::day::Day;
use crate::table::{Fault, Row, Table, TableError};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What kind of thing a statement says; it fixes the row low ≤ Σ ≤ high of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Exactly `value` persons, or from `low` to `high` persons.
    Count,
    /// About `value` persons: half a unit of its last significant digit either way, so 12,000 is
    /// 11,500 to 12,500. Where `low` or `high` is given it replaces that end.
    CountRounded,
    /// `value` persons or more.
    AtLeast,
    /// A part of the place's residents. A printed share is rounded, so `69%` is 68.5 % to 69.5 %
    /// (half a unit of its last written digit); `low` and `high` replace these ends.
    Share,
    /// Everyone who lives there.
    AllResidents,
}

const KINDS: &str = "count, count-rounded, at-least, share, all-residents";

impl Kind {
    /// The word in the column `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::CountRounded => "count-rounded",
            Self::AtLeast => "at-least",
            Self::Share => "share",
            Self::AllResidents => "all-residents",
        }
    }
}

impl FromStr for Kind {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        [Self::Count, Self::CountRounded, Self::AtLeast, Self::Share, Self::AllResidents]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Fault::UnknownWord { found: text.to_owned(), known: KINDS })
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A number as a source wrote it: decimal digits, with or without a percent sign. It keeps every
/// digit, and nothing is rounded through a binary fraction.
///
/// ```
/// use witnessmark_estimate::coverage::Figure;
/// let share: Figure = "69.5%".parse()?;
/// assert_eq!(share.to_string(), "69.5%");
/// assert_eq!(Figure::from(12_000).to_string(), "12000");
/// # Ok::<(), witnessmark_estimate::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// All digits, without the decimal point.
    digits: u64,
    /// How many of them stand behind the decimal point.
    decimals: u32,
    percent: bool,
}

/// A share with more decimals than this is no statement about persons.
const MOST_DECIMALS: u32 = 9;

impl Figure {
    /// A number of percent, `digits` divided by 10^`decimals`: `percent(695, 1)` is 69.5 %.
    pub fn percent(digits: u64, decimals: u32) -> Self {
        Self { digits, decimals, percent: true }
    }

    /// The number of persons, where the figure is a whole number without a percent sign.
    pub(super) fn persons(self) -> Option<u64> {
        self.is_whole().then_some(self.digits)
    }

    fn is_whole(self) -> bool {
        self.decimals == 0 && !self.percent
    }

    /// Whether the bare number is above one, so that it can only be percent.
    fn above_one(self) -> bool {
        self.digits > 10_u64.saturating_pow(self.decimals)
    }

    fn is_one(self) -> bool {
        self.digits == 10_u64.saturating_pow(self.decimals)
    }
}

impl From<u64> for Figure {
    fn from(persons: u64) -> Self {
        Self { digits: persons, decimals: 0, percent: false }
    }
}

impl FromStr for Figure {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let (number, percent) = match text.strip_suffix(['%', '\u{ff05}']) {
            Some(rest) => (rest.trim_end(), true),
            None => (text, false),
        };
        let (unsigned, negative) = match number.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (rest, true),
            None => (number, false),
        };
        let (before, after) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits_only = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits_only(before) || !digits_only(after) {
            return Err(Fault::NotANumber(text.to_owned()));
        }
        if negative {
            return Err(Fault::Negative(text.to_owned()));
        }
        let too_large = || Fault::TooLarge(text.to_owned());
        let after = if unsigned.contains('.') { after } else { "" };
        let decimals = u32::try_from(after.len()).map_err(|_| too_large())?;
        if decimals > MOST_DECIMALS {
            return Err(too_large());
        }
        let digits: u64 = format!("{before}{after}").parse().map_err(|_| too_large())?;
        if digits / 10_u64.pow(decimals) > 1_000_000_000_000 {
            return Err(too_large());
        }
        Ok(Self { digits, decimals, percent })
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = 10_u64.saturating_pow(self.decimals);
        write!(f, "{}", self.digits / unit)?;
        if self.decimals > 0 {
            let width = usize::try_from(self.decimals).unwrap_or_default();
            write!(f, ".{:0width$}", self.digits % unit)?;
        }
        f.write_str(if self.percent { "%" } else { "" })
    }
}

/// A statement of a source about a place, as the table or the caller gives it.
///
/// A `share` is written with its sign: `69%`. Without one, all bare shares of a list are read alike:
/// as percent if any is above 1, else as fractions. What can be read both ways is an error: a bare
/// 1, and a bare 0.69 in a list where another bare share is above 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The caller's id; unique in the list.
    pub id: String,
    /// What kind of thing it says.
    pub kind: Kind,
    /// The place it speaks of.
    pub place: String,
    /// The figure, where the kind has one.
    pub value: Option<Figure>,
    /// The lower end, where the source gives a range.
    pub low: Option<Figure>,
    /// The upper end, where the source gives a range.
    pub high: Option<Figure>,
    /// The day up to which it counts.
    pub date: Option<Day>,
    /// Where it comes from, in the caller's words; not interpreted.
    pub source: String,
    /// The row of the table it was read from.
    row: Option<u64>,
}

const COLUMNS: [&str; 8] = ["id", "kind", "place", "value", "low", "high", "date", "source"];

impl Statement {
    /// A statement without a range, a date or a source, to be completed by the caller.
    pub fn new(
        id: impl Into<String>,
        kind: Kind,
        place: impl Into<String>,
        value: Option<Figure>,
    ) -> Self {
        Self {
            id: id.into(),
            kind,
            place: place.into(),
            value,
            low: None,
            high: None,
            date: None,
            source: String::new(),
            row: None,
        }
    }

    /// Reads a table with the columns `id, kind, place, value, low, high, date, source`; other
    /// columns are ignored. Errors name row and column; what can only be judged beside the places
    /// is checked by [`coverage`](super::coverage()).
    pub fn list_from_csv(text: &str) -> Result<Vec<Self>, TableError> {
        let table = Table::read("statements", text)?;
        table.require(&COLUMNS)?;
        let statements: Result<Vec<Self>, TableError> =
            table.rows.iter().map(|row| Self::from_row(&table, row)).collect();
        let statements = statements?;
        let rows = row_numbers(&statements);
        unique(&statements, &rows)?;
        ranges(&statements, &rows)?;
        Ok(statements)
    }

    fn from_row(table: &Table, row: &Row) -> Result<Self, TableError> {
        let at = |column: &'static str| {
            move |fault: Fault| table.error(Some(row.number), Some(column), fault)
        };
        let figure = |column: &'static str| {
            let text = table.cell(row, column);
            (!text.is_empty()).then(|| text.parse::<Figure>().map_err(at(column))).transpose()
        };
        let date = table.cell(row, "date");
        Ok(Self {
            id: table.cell(row, "id").to_owned(),
            kind: table.cell(row, "kind").parse().map_err(at("kind"))?,
            place: table.cell(row, "place").to_owned(),
            value: figure("value")?,
            low: figure("low")?,
            high: figure("high")?,
            date: (!date.is_empty())
                .then(|| date.parse().map_err(|_| at("date")(Fault::NotADate(date.to_owned()))))
                .transpose()?,
            source: table.cell(row, "source").to_owned(),
            row: Some(row.number),
        })
    }
}

/// The row low ≤ Σ ≤ high of a statement, in units of 1 / [`SCALE`] persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: Option<i128>,
    pub(super) high: Option<i128>,
}

/// Half a unit of the ninth decimal of a percentage of one person is a whole number of this.
pub(super) const SCALE: i128 = 2 * 100 * 10_i128.pow(MOST_DECIMALS);

fn error(rows: &[u64], index: usize, column: &str, fault: Fault) -> TableError {
    TableError {
        table: "statements",
        row: rows.get(index).copied(),
        column: Some(column.to_owned()),
        fault: Box::new(fault),
    }
}

fn row_numbers(statements: &[Statement]) -> Vec<u64> {
    statements
        .iter()
        .zip(2..)
        .map(|(statement, counted)| statement.row.unwrap_or(counted))
        .collect()
}

fn unique(statements: &[Statement], rows: &[u64]) -> Result<(), TableError> {
    let mut seen = BTreeMap::new();
    for (index, statement) in statements.iter().enumerate() {
        if statement.id.is_empty() {
            return Err(error(rows, index, "id", Fault::EmptyCell));
        }
        if let Some(first) = seen.insert(statement.id.as_str(), index) {
            let first = rows.get(first).copied().unwrap_or_default();
            let fault = Fault::Duplicate { name: statement.id.clone(), first };
            return Err(error(rows, index, "id", fault));
        }
    }
    Ok(())
}

/// How the bare shares of a list are read.
fn shares_are_percent(statements: &[Statement]) -> bool {
    bare_shares(statements).any(|(_, _, figure)| figure.above_one())
}

fn bare_shares(statements: &[Statement]) -> impl Iterator<Item = (usize, &'static str, Figure)> {
    statements.iter().enumerate().filter(|(_, statement)| statement.kind == Kind::Share).flat_map(
        |(index, statement)| {
            [("value", statement.value), ("low", statement.low), ("high", statement.high)]
                .into_iter()
                .filter_map(move |(column, figure)| Some((index, column, figure?)))
                .filter(|(_, _, figure)| !figure.percent)
        },
    )
}

/// The figures of each statement, checked; shares as (numerator, denominator).
fn ranges(statements: &[Statement], rows: &[u64]) -> Result<(), TableError> {
    let percent = shares_are_percent(statements);
    for (index, column, figure) in bare_shares(statements) {
        if figure.is_one() || (percent && figure.digits > 0 && !figure.above_one()) {
            return Err(error(rows, index, column, Fault::AmbiguousShare(figure.to_string())));
        }
    }
    for (index, statement) in statements.iter().enumerate() {
        let fail = |column: &str, fault: Fault| Err(error(rows, index, column, fault));
        let columns =
            [("value", statement.value), ("low", statement.low), ("high", statement.high)];
        for (column, figure) in columns {
            let Some(figure) = figure else { continue };
            if figure.decimals > MOST_DECIMALS {
                return fail(column, Fault::TooLarge(figure.to_string()));
            }
            if statement.kind == Kind::Share {
                let (share, one) = fraction(figure, percent);
                if share > one {
                    return fail(column, Fault::ShareOutside(figure.to_string()));
                }
            } else if !figure.is_whole() {
                return fail(column, Fault::NotWhole(figure.to_string()));
            }
        }
        let unexpected =
            |figure: Figure, reason| Fault::Unexpected { found: figure.to_string(), reason };
        match statement.kind {
            Kind::AtLeast => {
                if let Some(high) = statement.high {
                    return fail("high", unexpected(high, "at-least has no upper end; use count"));
                }
                if let (Some(low), Some(_)) = (statement.low, statement.value) {
                    return fail("low", unexpected(low, "at-least takes its floor from value"));
                }
                if statement.value.or(statement.low).is_none() {
                    return fail("value", Fault::EmptyCell);
                }
            }
            Kind::AllResidents => {
                let ends = [("low", statement.low), ("high", statement.high)];
                for (column, figure) in ends {
                    if let Some(figure) = figure {
                        return fail(column, unexpected(figure, "all-residents has no range"));
                    }
                }
            }
            Kind::Count | Kind::CountRounded | Kind::Share => {
                let both = statement.low.is_some() && statement.high.is_some();
                if statement.value.is_none() && !both {
                    return fail("value", Fault::EmptyCell);
                }
            }
        }
        in_order(statement, percent).or_else(|fault| fail("value", fault))?;
    }
    Ok(())
}

fn in_order(statement: &Statement, percent: bool) -> Result<(), Fault> {
    let parts = [statement.low, statement.value, statement.high];
    let sizes: Vec<i128> = parts
        .into_iter()
        .flatten()
        .map(|figure| {
            let (share, one) = fraction(figure, percent && statement.kind == Kind::Share);
            share.saturating_mul(SCALE) / one
        })
        .collect();
    if sizes.is_sorted() {
        return Ok(());
    }
    let show = |figure: Option<Figure>| figure.map_or("-".to_owned(), |f| f.to_string());
    let [low, value, high] = parts.map(show);
    Err(Fault::OutOfOrder { low, value, high })
}

/// A figure as numerator and denominator, where a bare number is read as percent or not.
fn fraction(figure: Figure, bare_is_percent: bool) -> (i128, i128) {
    let hundred = if figure.percent || bare_is_percent { 100 } else { 1 };
    (i128::from(figure.digits), 10_i128.saturating_pow(figure.decimals) * hundred)
}

/// Checks a whole list beside its places and gives each statement's row and place.
pub(super) fn rows_of(
    tree: &PlaceTree,
    statements: &[Statement],
) -> Result<Vec<(usize, Range)>, TableError> {
    let rows = row_numbers(statements);
    if statements.is_empty() {
        let (row, column) = (None, None);
        return Err(TableError { table: "statements", row, column, fault: Box::new(Fault::Empty) });
    }
    unique(statements, &rows)?;
    ranges(statements, &rows)?;
    let percent = shares_are_percent(statements);
    let mut out = Vec::with_capacity(statements.len());
    for (index, statement) in statements.iter().enumerate() {
        let Some(place) = tree.find(&statement.place) else {
            let fault = Fault::UnknownPlace(statement.place.clone());
            return Err(error(&rows, index, "place", fault));
        };
        let residents = tree.residents(place);
        if let (Kind::AllResidents, Some(value)) = (statement.kind, statement.value)
            && value != Figure::from(residents)
        {
            let fault = Fault::NotAllResidents {
                place: statement.place.clone(),
                population: residents,
                value: value.to_string(),
            };
            return Err(error(&rows, index, "value", fault));
        }
        out.push((place, range(statement, residents, percent)));
    }
    Ok(out)
}

fn range(statement: &Statement, residents: u64, percent: bool) -> Range {
    let persons = |figure: Figure| i128::from(figure.digits) * SCALE;
    let residents = i128::from(residents);
    match statement.kind {
        Kind::Count => Range {
            low: statement.low.or(statement.value).map(persons),
            high: statement.high.or(statement.value).map(persons),
        },
        Kind::AtLeast => Range { low: statement.value.or(statement.low).map(persons), high: None },
        Kind::AllResidents => Range { low: Some(residents * SCALE), high: Some(residents * SCALE) },
        Kind::CountRounded => {
            let half = |figure: Figure| i128::from(last_digit_unit(figure.digits)) * SCALE / 2;
            let low = statement.value.map(|value| (persons(value) - half(value)).max(0));
            let high = statement.value.map(|value| persons(value) + half(value));
            Range {
                low: statement.low.map(persons).or(low),
                high: statement.high.map(persons).or(high),
            }
        }
        Kind::Share => {
            // SCALE holds twice the largest denominator, so every division is exact.
            let of = |figure: Figure, halves: i128| {
                let (share, one) = fraction(figure, percent);
                ((2 * share + halves) * (SCALE / (2 * one)) * residents).clamp(0, residents * SCALE)
            };
            Range {
                low: statement.low.map(|f| of(f, 0)).or(statement.value.map(|f| of(f, -1))),
                high: statement.high.map(|f| of(f, 0)).or(statement.value.map(|f| of(f, 1))),
            }
        }
    }
}

/// The unit of the last digit that is not a trailing zero: 1,000 for 12,000; 1 for 0.
fn last_digit_unit(digits: u64) -> u64 {
    let mut unit = 1_u64;
    let mut rest = digits;
    while rest > 0 && rest.is_multiple_of(10) {
        unit = unit.saturating_mul(10);
        rest /= 10;
    }
    unit
}

/// The notes a reader needs on how figures were read.
pub(super) fn reading_notes(statements: &[Statement]) -> Vec<String> {
    // Value, low and high of one statement are one mention of it.
    let mut bare: Vec<&str> = bare_shares(statements)
        .filter_map(|(index, _, _)| statements.get(index).map(|s| s.id.as_str()))
        .collect();
    bare.dedup();
    if bare.is_empty() {
        return Vec::new();
    }
    let unit = if shares_are_percent(statements) { "percent" } else { "fractions of one" };
    vec![format!("Shares without a percent sign were read as {unit} ({}).", bare.join(", "))]
}
