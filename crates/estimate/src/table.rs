//! Tables as text (CSV, RFC 4180): reading them, and naming the row and column of a fault.

use std::collections::BTreeMap;

/// What is wrong with a table, and where: for the person who wrote the table.
///
/// `row` is the line of the text on which the row begins, as a spreadsheet counts: the header is
/// row 1, the first data row 2. Values that a caller built without a table count in the same way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}{}{}: {fault}", place(.row, "row"), column_place(.column))]
pub struct TableError {
    /// Which table: `places`, `statements`, `lists`, `ratings`.
    pub table: &'static str,
    /// The row, where the fault has one.
    pub row: Option<u64>,
    /// The column's name, where the fault has one.
    pub column: Option<String>,
    /// What is wrong.
    pub fault: Box<Fault>,
}

fn place(row: &Option<u64>, word: &str) -> String {
    row.map(|number| format!(", {word} {number}")).unwrap_or_default()
}

fn column_place(column: &Option<String>) -> String {
    column.as_ref().map(|name| format!(", column {name}")).unwrap_or_default()
}

/// The kinds of fault a table can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing but white space, or a header without rows.
    #[error("there are no rows")]
    Empty,
    /// The text is not a table.
    #[error("not readable as CSV: {0}")]
    Unreadable(String),
    /// A column that must be there is not.
    #[error("the column is missing")]
    MissingColumn,
    /// Two columns have one name.
    #[error("two columns have this name")]
    DuplicateColumn,
    /// A cell that must be filled is empty.
    #[error("the cell is empty")]
    EmptyCell,
    /// A cell that must be empty is not.
    #[error("{found:?} stands where nothing may: {reason}")]
    Unexpected {
        /// The cell.
        found: String,
        /// Why it may not be filled.
        reason: &'static str,
    },
    /// Text where a number belongs.
    #[error("{0:?} is not a number in plain digits")]
    NotANumber(String),
    /// A fraction where a whole number belongs.
    #[error("{0} is not a whole number")]
    NotWhole(String),
    /// A number below zero.
    #[error("{0} is negative")]
    Negative(String),
    /// A number beyond what can be computed exactly.
    #[error("{0} is too large")]
    TooLarge(String),
    /// A word that is none of the known ones.
    #[error("{found:?} is none of {known}")]
    UnknownWord {
        /// The cell.
        found: String,
        /// The words that are known.
        known: &'static str,
    },
    /// A date that the calendar does not have, or in another notation.
    #[error("{0:?} is not a date")]
    NotADate(String),
    /// A name or id that an earlier row has.
    #[error("{name:?} is already in row {first}")]
    Duplicate {
        /// The name or id.
        name: String,
        /// The row that has it first.
        first: u64,
    },
    /// A place that the table of places does not have.
    #[error("the place {0:?} is not in the table of places")]
    UnknownPlace(String),
    /// A person who is on no list: such persons cannot be known.
    #[error("no list is 1: a person on no list cannot have been seen")]
    OnNoList,
    /// A list that nobody is on.
    #[error("nobody is on this list")]
    EmptyList,
    /// A group that must have rows has none.
    #[error("there are no rows of {0}")]
    NoRowsOf(String),
    /// A place that lies in itself.
    #[error("places contain each other in a circle: {0}")]
    Cycle(String),
    /// A place that lies in another one of the same table.
    #[error("{place:?} lies in {outer:?}, of which another row speaks as a whole")]
    WithinAnother {
        /// The place.
        place: String,
        /// The one it lies in.
        outer: String,
    },
    /// One that rests on itself, through others.
    #[error("these rest on each other in a circle: {0}")]
    LineageCircle(String),
    /// The parts are more than the whole.
    #[error("{place:?} has {population} residents, its {children} listed parts have {sum}")]
    PartsExceedWhole {
        /// The whole.
        place: String,
        /// Its residents.
        population: u64,
        /// How many parts are listed.
        children: usize,
        /// Their residents together.
        sum: u64,
    },
    /// A share above the whole.
    #[error("a share of {0} is outside 0 % to 100 %")]
    ShareOutside(String),
    /// A share that can be read in two ways.
    #[error("{0} can be read as {0} % or as the fraction {0}")]
    AmbiguousShare(String),
    /// A lower end above an upper end, or a value outside them.
    #[error("low {low}, value {value} and high {high} are not in this order")]
    OutOfOrder {
        /// The lower end.
        low: String,
        /// The value, or `-`.
        value: String,
        /// The upper end.
        high: String,
    },
    /// A value that the population table speaks against.
    #[error("all residents of {place:?} are {population}, the value is {value}")]
    NotAllResidents {
        /// The place.
        place: String,
        /// Its residents by the table of places.
        population: u64,
        /// The value of the statement.
        value: String,
    },
}

impl TableError {
    /// What the person who wrote the table can do about it, if there is a general answer.
    pub fn hint(&self) -> Option<String> {
        let hint = match self.fault.as_ref() {
            Fault::Empty => "give a header and at least one row".to_owned(),
            Fault::Unreadable(_) => {
                "save the sheet as CSV in UTF-8, with the same number of cells in each row"
                    .to_owned()
            }
            Fault::MissingColumn => format!(
                "the columns of {} are {}; others may stand beside them",
                self.table,
                known_columns(self.table)
            ),
            Fault::NotANumber(_) | Fault::NotWhole(_) => {
                "write digits only, without separators, signs or units: 12000".to_owned()
            }
            Fault::NotADate(_) => "write YYYY-MM-DD, YYYY-MM or YYYY".to_owned(),
            Fault::AmbiguousShare(found) => format!("write {found}% if percent is meant"),
            Fault::PartsExceedWhole { .. } => {
                "correct the populations; all must be of the same census".to_owned()
            }
            Fault::NotAllResidents { .. } => {
                "leave value empty, or use kind count for the source's own figure".to_owned()
            }
            Fault::OnNoList => {
                "leave the row out; how many were not seen is what is asked".to_owned()
            }
            Fault::EmptyList => "leave the list out".to_owned(),
            Fault::NoRowsOf(_) => {
                "every linkage must have all strata; write what each counted, even if it is the same"
                    .to_owned()
            }
            Fault::UnknownWord { known: "0, 1", .. } => {
                "every column but `count` is a list and holds 0 or 1".to_owned()
            }
            Fault::Cycle(_) => {
                "a place lies in one larger place; correct the parent of one of them".to_owned()
            }
            Fault::LineageCircle(_) => {
                "a later one rests on an earlier one; take out the row that is not so".to_owned()
            }
            Fault::UnknownPlace(_) => "add the place, or correct its spelling".to_owned(),
            _ => return None,
        };
        Some(hint)
    }
}

fn known_columns(table: &str) -> &'static str {
    match table {
        "places" => "place, parent, level, population",
        "statements" => "id, kind, place, value, low, high, date, source",
        "ratings" => "unit, coder, value",
        "codings" => "item, coder, value",
        "judgements" => "place, least, likely, most, who, why",
        "lineage" => "later, earlier",
        "records" => "those that are compared",
        "reviewed pairs" => "list_a, row_a, list_b, row_b, same",
        _ => "one for each list, and count",
    }
}

/// Counts lines up to a row, past blank ones before it.
struct Lines<'t> {
    text: &'t str,
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, start: u64) -> u64 {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        for byte in self.text.bytes().skip(self.byte) {
            if self.byte >= start && byte != b'\n' && byte != b'\r' {
                break;
            }
            self.byte += 1;
            self.line += u64::from(byte == b'\n');
        }
        self.line
    }
}

/// One data row: its number in the sheet, and its cells in the order of the header.
pub(crate) struct Row {
    pub(crate) number: u64,
    cells: Vec<String>,
}

/// A table with its header.
pub(crate) struct Table {
    name: &'static str,
    columns: BTreeMap<String, usize>,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

impl Table {
    /// Reads `text` as CSV with a header; a byte-order mark and blank rows are passed over.
    pub(crate) fn read(name: &'static str, text: &str) -> Result<Self, TableError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut table =
            Self { name, columns: BTreeMap::new(), header: Vec::new(), rows: Vec::new() };
        let mut lines = Lines { text, byte: 0, line: 1 };
        for record in reader.records() {
            let record = record.map_err(|error| {
                let row = error.position().map(|position| position.line());
                TableError {
                    table: name,
                    row,
                    column: None,
                    fault: Box::new(Fault::Unreadable(error.to_string())),
                }
            })?;
            let number = record.position().map_or(0, |position| lines.of(position.byte()));
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if table.header.is_empty() {
                table.set_header(number, cells)?;
                continue;
            }
            if cells.len() != table.header.len() {
                let fault = Fault::Unreadable(format!(
                    "{} cells where the header has {}",
                    cells.len(),
                    table.header.len()
                ));
                return Err(table.error(Some(number), None, fault));
            }
            table.rows.push(Row { number, cells });
        }
        if table.rows.is_empty() {
            return Err(table.error(None, None, Fault::Empty));
        }
        Ok(table)
    }

    fn set_header(&mut self, number: u64, cells: Vec<String>) -> Result<(), TableError> {
        for (index, cell) in cells.iter().enumerate() {
            let twice = self.columns.insert(cell.clone(), index).is_some();
            if twice && !cell.is_empty() {
                return Err(self.error(Some(number), Some(cell), Fault::DuplicateColumn));
            }
        }
        self.header = cells;
        Ok(())
    }

    /// Demands that all `columns` are there.
    pub(crate) fn require(&self, columns: &[&str]) -> Result<(), TableError> {
        match columns.iter().find(|column| !self.columns.contains_key(**column)) {
            Some(column) => Err(self.error(Some(1), Some(column), Fault::MissingColumn)),
            None => Ok(()),
        }
    }

    /// Whether the table has the column.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// The cell of `row` in `column`; empty where the table has no such column.
    pub(crate) fn cell<'t>(&self, row: &'t Row, column: &str) -> &'t str {
        let cell = self.columns.get(column).and_then(|index| row.cells.get(*index));
        cell.map(String::as_str).unwrap_or_default()
    }

    /// The cell of `row` in the column at `index`.
    pub(crate) fn cell_at<'t>(&self, row: &'t Row, index: usize) -> &'t str {
        row.cells.get(index).map(String::as_str).unwrap_or_default()
    }

    /// A fault of this table.
    pub(crate) fn error(&self, row: Option<u64>, column: Option<&str>, fault: Fault) -> TableError {
        TableError {
            table: self.name,
            row,
            column: column.map(str::to_owned),
            fault: Box::new(fault),
        }
    }
}

/// Reads plain digits.
pub(crate) fn whole(text: &str) -> Result<u64, Fault> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(text) {
        return text.parse().map_err(|_| Fault::TooLarge(text.to_owned()));
    }
    if text.strip_prefix(['-', '\u{2212}']).is_some_and(|rest| digits(&rest.replacen('.', "", 1))) {
        return Err(Fault::Negative(text.to_owned()));
    }
    match text.split_once('.') {
        Some((before, after)) if digits(before) && digits(after) => {
            Err(Fault::NotWhole(text.to_owned()))
        }
        _ => Err(Fault::NotANumber(text.to_owned())),
    }
}
