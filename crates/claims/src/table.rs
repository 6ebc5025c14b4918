//! Sheets as CSV (RFC 4180), with the row and line of everything.
//!
//! Our own reader, because a general one passes over an unclosed quotation mark, which swallows the rest of a sheet,
//! and counts rows differently from a spreadsheet where cells hold line breaks.

use std::collections::BTreeMap;

use crate::input::{InputErrors, Location, did_you_mean, nearest};

/// The text is not a sheet of the expected shape: for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableFault {
    /// Not UTF-8.
    #[error("the text is not UTF-8 (at byte {byte})")]
    NotUtf8 {
        /// The first byte that is wrong, from 0.
        byte: usize,
    },
    /// UTF-16, as some spreadsheets write.
    #[error("the text is UTF-16, not UTF-8 (at byte 0)")]
    Utf16,
    /// Nothing in it.
    #[error("there are no rows")]
    Empty,
    /// The header is separated by something else than commas.
    #[error("the columns are separated by {0}, not by commas")]
    OtherSeparator(&'static str),
    /// A column that the sheet does not have.
    #[error("there is no column of this name")]
    UnknownColumn {
        /// The columns that are known.
        known: Vec<&'static str>,
        /// Known columns with a similar name.
        near: Vec<String>,
    },
    /// A column that must be there is not.
    #[error("the column is missing")]
    MissingColumn,
    /// Two columns have one name.
    #[error("two columns have this name")]
    DuplicateColumn,
    /// Another number of cells than the header has.
    #[error("{found} cells where the header has {expected}")]
    CellCount {
        /// How many cells the row has.
        found: usize,
        /// How many the header has.
        expected: usize,
    },
    /// A quotation mark that is never closed.
    #[error("a quotation mark is opened and never closed")]
    UnclosedQuote,
    /// Text after a closing quotation mark.
    #[error("text stands behind a closing quotation mark")]
    TextAfterQuote,
    /// A cell that must be filled is empty.
    #[error("the cell is empty")]
    EmptyCell,
}

impl TableFault {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotUtf8 { .. } | Self::Utf16 => {
                "save the sheet again as \"CSV UTF-8\"".to_owned()
            }
            Self::Empty => "give a header and at least one row below it".to_owned(),
            Self::OtherSeparator(_) => {
                "save the sheet again as CSV with commas between the columns".to_owned()
            }
            Self::UnknownColumn { known, near } => did_you_mean(near, || {
                format!("remove it, or rename it to one of: {}", known.join(", "))
            }),
            Self::MissingColumn => "add it to the header, and fill it in each row".to_owned(),
            Self::DuplicateColumn => "keep one of them".to_owned(),
            Self::CellCount { .. } => "put cells that hold a comma into quotation marks".to_owned(),
            Self::UnclosedQuote | Self::TextAfterQuote => {
                "write a quotation mark inside a quoted cell twice: \"\"".to_owned()
            }
            Self::EmptyCell => "fill it in, or delete the row".to_owned(),
        })
    }
}

/// One row below the header.
pub(crate) struct Row {
    pub(crate) row: u64,
    pub(crate) line: u64,
    cells: Vec<String>,
}

/// A sheet with its header.
pub(crate) struct Table {
    sheet: &'static str,
    columns: BTreeMap<&'static str, usize>,
    pub(crate) rows: Vec<Row>,
}

impl Table {
    /// Reads a sheet with the `required` columns and any of the `optional` ones, in any order. A byte-order mark and
    /// blank rows are passed over. What is wrong goes to `errors`; rows with the wrong number of cells are left out.
    pub(crate) fn read(
        sheet: &'static str,
        bytes: &[u8],
        required: &[&'static str],
        optional: &[&'static str],
        errors: &mut InputErrors,
    ) -> Option<Self> {
        let whole = Location::Sheet { sheet };
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            errors.push(whole, TableFault::Utf16);
            return None;
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => {
                errors.push(whole, TableFault::NotUtf8 { byte: error.valid_up_to() });
                return None;
            }
        };
        let mut rows = split(sheet, text, errors)?.into_iter();
        let Some(header) = rows.next() else {
            errors.push(whole, TableFault::Empty);
            return None;
        };
        let before = errors.len();
        let columns = columns(sheet, &header, required, optional, errors);
        if errors.len() > before {
            return None;
        }
        let width = header.cells.len();
        let mut table = Self { sheet, columns, rows: Vec::new() };
        for row in rows {
            if row.cells.len() == width {
                table.rows.push(row);
            } else {
                let fault = TableFault::CellCount { found: row.cells.len(), expected: width };
                errors.push(table.at_row(&row), fault);
            }
        }
        if table.rows.is_empty() && errors.len() == before {
            errors.push(whole, TableFault::Empty);
        }
        Some(table)
    }

    /// The cell as it is; empty where the sheet has no such column.
    pub(crate) fn raw<'r>(&self, row: &'r Row, column: &str) -> &'r str {
        let cell = self.columns.get(column).and_then(|index| row.cells.get(*index));
        cell.map(String::as_str).unwrap_or_default()
    }

    /// The cell without white space around it.
    pub(crate) fn cell<'r>(&self, row: &'r Row, column: &str) -> &'r str {
        self.raw(row, column).trim()
    }

    /// The cell without white space around it; an error where nothing is left.
    pub(crate) fn filled(&self, row: &Row, column: &str, errors: &mut InputErrors) -> String {
        let cell = self.cell(row, column);
        if cell.is_empty() {
            errors.push(self.at(row, column), TableFault::EmptyCell);
        }
        cell.to_owned()
    }

    pub(crate) fn at(&self, row: &Row, column: &str) -> Location {
        Location::Cell {
            sheet: self.sheet,
            row: row.row,
            line: row.line,
            column: column.to_owned(),
        }
    }

    fn at_row(&self, row: &Row) -> Location {
        Location::Row { sheet: self.sheet, row: row.row, line: row.line }
    }
}

fn columns(
    sheet: &'static str,
    header: &Row,
    required: &[&'static str],
    optional: &[&'static str],
    errors: &mut InputErrors,
) -> BTreeMap<&'static str, usize> {
    let at = |column: &str| Location::Cell {
        sheet,
        row: header.row,
        line: header.line,
        column: column.to_owned(),
    };
    let known: Vec<&'static str> = required.iter().chain(optional).copied().collect();
    let mut columns = BTreeMap::new();
    if let [only] = header.cells.as_slice()
        && let Some((_, name)) =
            [(';', "semicolons"), ('\t', "tabs")].iter().find(|(mark, _)| only.contains(*mark))
    {
        let at = Location::Row { sheet, row: header.row, line: header.line };
        errors.push(at, TableFault::OtherSeparator(name));
        return columns;
    }
    for (index, cell) in header.cells.iter().enumerate() {
        let name = cell.trim();
        match known.iter().find(|column| **column == name) {
            Some(column) => {
                if columns.insert(*column, index).is_some() {
                    errors.push(at(name), TableFault::DuplicateColumn);
                }
            }
            None => {
                let near = nearest(name, known.iter().copied());
                let fault = TableFault::UnknownColumn { known: known.clone(), near };
                errors.push(at(name), fault);
            }
        }
    }
    for column in required.iter().filter(|column| !columns.contains_key(**column)) {
        errors.push(at(column), TableFault::MissingColumn);
    }
    columns
}

/// Splits a text into rows; blank rows and empty cells at the end of a row beyond the first row's width are dropped.
fn split(sheet: &'static str, text: &str, errors: &mut InputErrors) -> Option<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    let mut characters = text.chars().peekable();
    let (mut row, mut line) = (1_u64, 1_u64);
    while characters.peek().is_some() {
        let started = line;
        let at = Location::Row { sheet, row, line: started };
        let mut cells = Vec::new();
        loop {
            let mut cell = String::new();
            if characters.next_if_eq(&'"').is_some() {
                loop {
                    match characters.next() {
                        Some('"') if characters.next_if_eq(&'"').is_some() => cell.push('"'),
                        Some('"') => break,
                        Some(character) => {
                            let crlf = character == '\r' && characters.peek() == Some(&'\n');
                            line += u64::from(matches!(character, '\r' | '\n') && !crlf);
                            cell.push(character);
                        }
                        None => {
                            errors.push(at, TableFault::UnclosedQuote);
                            return None;
                        }
                    }
                }
                if characters.peek().is_some_and(|next| !matches!(next, ',' | '\r' | '\n')) {
                    errors.push(at, TableFault::TextAfterQuote);
                    return None;
                }
            } else {
                while let Some(character) =
                    characters.next_if(|next| !matches!(next, ',' | '\r' | '\n'))
                {
                    cell.push(character);
                }
            }
            cells.push(cell);
            match characters.next() {
                Some(',') => {}
                Some('\r') => {
                    characters.next_if_eq(&'\n');
                    break;
                }
                _ => break,
            }
        }
        let width = rows.first().map_or(0, |first| first.cells.len());
        while cells.len() > width && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(Row { row, line: started, cells });
        }
        row += 1;
        line += 1;
    }
    Some(rows)
}

/// A cell as CSV writes it.
pub(crate) fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) || cell.trim() != cell {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
