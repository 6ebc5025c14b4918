//! What is wrong with something that a person wrote, and where.

use std::fmt;

use crate::codebook::CodebookFault;
use crate::draft::ClaimFault;
use crate::field::Field;
use crate::gazetteer::GazetteerFault;
use crate::lineage::LineageFault;
use crate::number::NumberFault;
use crate::table::TableFault;

/// Where in the input something stands. Rows, lines and columns count from 1; a sheet's header is row 1,
/// as a spreadsheet shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A sheet as a whole.
    Sheet {
        /// Which sheet: `claims`, `places`, `origins`, `edges`.
        sheet: &'static str,
    },
    /// A row of a sheet.
    Row {
        /// Which sheet.
        sheet: &'static str,
        /// The row, as a spreadsheet counts.
        row: u64,
        /// The line of the text that the row begins on; more than `row` where cells hold line breaks.
        line: u64,
    },
    /// A cell of a sheet.
    Cell {
        /// Which sheet.
        sheet: &'static str,
        /// The row, as a spreadsheet counts.
        row: u64,
        /// The line of the text that the row begins on.
        line: u64,
        /// The column's name.
        column: String,
    },
    /// A place in the codebook.
    Codebook {
        /// The line.
        line: u64,
        /// The character in the line.
        column: u64,
        /// The key that it belongs to; empty where the text is no TOML.
        key: String,
    },
    /// A field of one claim.
    Field(Field),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_row = |f: &mut fmt::Formatter<'_>, sheet: &str, row: u64, line: u64| {
            write!(f, "{sheet}, row {row}")?;
            if row == line { Ok(()) } else { write!(f, " (line {line})") }
        };
        match self {
            Self::Sheet { sheet } => f.write_str(sheet),
            Self::Row { sheet, row, line } => at_row(f, sheet, *row, *line),
            Self::Cell { sheet, row, line, column } => {
                at_row(f, sheet, *row, *line)?;
                write!(f, ", column {column}")
            }
            Self::Codebook { line, column, key } => {
                write!(f, "codebook, line {line}, column {column}")?;
                if key.is_empty() { Ok(()) } else { write!(f, ", key `{key}`") }
            }
            Self::Field(field) => write!(f, "{field}"),
        }
    }
}

/// What is wrong, for the person who wrote the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The sheet is no sheet, or a cell is empty that must not be.
    #[error(transparent)]
    Table(#[from] TableFault),
    /// The codebook cannot be used.
    #[error(transparent)]
    Codebook(#[from] CodebookFault),
    /// The places do not fit together.
    #[error(transparent)]
    Gazetteer(#[from] GazetteerFault),
    /// A claim's fields do not fit codebook, gazetteer or each other.
    #[error(transparent)]
    Claim(#[from] ClaimFault),
    /// A number cannot be read, or in two ways.
    #[error(transparent)]
    Number(#[from] NumberFault),
    /// A row about origins or edges does not fit.
    #[error(transparent)]
    Lineage(#[from] LineageFault),
}

/// One thing that is wrong, and where: a fact. What to do about it is [`hint`](InputError::hint).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{location}: {fault}")]
pub struct InputError {
    /// Where.
    pub location: Location,
    /// What.
    #[source]
    pub fault: Fault,
}

impl InputError {
    pub(crate) fn new(location: Location, fault: impl Into<Fault>) -> Self {
        Self { location, fault: fault.into() }
    }

    /// What the person who wrote the input can do about it.
    pub fn hint(&self) -> Option<String> {
        match &self.fault {
            Fault::Table(fault) => fault.hint(),
            Fault::Codebook(fault) => fault.hint(),
            Fault::Gazetteer(fault) => fault.hint(),
            Fault::Claim(fault) => fault.hint(),
            Fault::Number(fault) => Some(fault.hint()),
            Fault::Lineage(fault) => fault.hint(),
        }
    }
}

/// Everything that is wrong with one input, in the order of the input.
///
/// As an error it is never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputErrors(Vec<InputError>);

impl InputErrors {
    pub(crate) fn push(&mut self, location: Location, fault: impl Into<Fault>) {
        self.0.push(InputError::new(location, fault));
    }

    pub(crate) fn append(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The value if nothing is wrong, else what is, in the order of the input.
    pub(crate) fn check<T>(mut self, value: T) -> Result<T, Self> {
        self.sort();
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Puts errors in the order of the rows and lines that they are in; within one, the order of finding stays.
    pub(crate) fn sort(&mut self) {
        self.0.sort_by_key(|error| match &error.location {
            Location::Row { line, .. }
            | Location::Cell { line, .. }
            | Location::Codebook { line, .. } => *line,
            Location::Sheet { .. } | Location::Field(_) => 0,
        });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many things are wrong.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, InputError> {
        self.0.iter()
    }
}

impl From<InputError> for InputErrors {
    fn from(error: InputError) -> Self {
        Self(vec![error])
    }
}

impl IntoIterator for InputErrors {
    type Item = InputError;
    type IntoIter = std::vec::IntoIter<InputError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'e> IntoIterator for &'e InputErrors {
    type Item = &'e InputError;
    type IntoIter = std::slice::Iter<'e, InputError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for InputErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InputErrors {}

/// The known words nearest to `found`, best first, at most three: those that begin with it, or differ from it
/// in about a third of their characters.
pub(crate) fn nearest<'w>(found: &str, known: impl IntoIterator<Item = &'w str>) -> Vec<String> {
    let wanted = found.to_lowercase();
    let length = wanted.chars().count();
    if length == 0 || length > 100 {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|word| {
            let folded = word.to_lowercase();
            let other = folded.chars().count();
            if length >= 2 && folded.starts_with(&wanted) {
                return Some((1, word));
            }
            let most = (length.max(other) / 3).max(1);
            if length.abs_diff(other) > most || length.max(other) < 2 {
                return None;
            }
            let distance = strsim::osa_distance(&wanted, &folded);
            (distance <= most).then_some((distance, word))
        })
        .collect();
    near.sort_unstable();
    near.dedup_by_key(|(_, word)| *word);
    near.into_iter().take(3).map(|(_, word)| word.to_owned()).collect()
}

/// "Did you mean …?" for the words of [`nearest`], or `otherwise`.
pub(crate) fn did_you_mean(near: &[String], otherwise: impl FnOnce() -> String) -> String {
    if near.is_empty() {
        return otherwise();
    }
    let quoted: Vec<_> = near.iter().map(|word| format!("`{word}`")).collect();
    format!("did you mean {}?", quoted.join(" or "))
}
