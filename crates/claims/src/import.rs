//! A sheet of claims, such as a team's spreadsheet saved as CSV.

use crate::codebook::Codebook;
use crate::draft::{Coded, Draft};
use crate::field::Field;
use crate::gazetteer::Gazetteer;
use crate::input::{InputErrors, Location};
use crate::table::{Row, Table};

/// One row of a sheet of claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRow {
    /// The row, as a spreadsheet counts: the first below the header is 2.
    pub row: u64,
    /// The line of the text on which it begins.
    pub line: u64,
    /// Which document says so: a file's name or an address.
    pub source: String,
    /// The words that say so, exactly as in the cell.
    pub exact: String,
    /// What they say; none where a field is wrong, and the errors say which.
    pub coded: Option<Coded>,
}

impl ClaimRow {
    /// Where a column of this row stands, for errors about it that only the caller can find.
    pub fn location(&self, column: &str) -> Location {
        Location::Cell { sheet: SHEET, row: self.row, line: self.line, column: column.to_owned() }
    }
}

/// A sheet of claims as read: all rows, and all that is wrong with them.
///
/// Nothing should be written to a case while [`errors`](ClaimSheet::errors) holds anything: after half an import, the corrected
/// sheet would bring in its first half twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimSheet {
    /// The rows, in order.
    pub rows: Vec<ClaimRow>,
    /// What is wrong, each with row and column, in order.
    pub errors: InputErrors,
}

const SHEET: &str = "claims";

/// Reads a sheet of claims and checks each against codebook and gazetteer.
///
/// Columns, in any order: `source,exact,act,modality`, and where there is something to say `place,from,to,value,low,high,unit,bound,
/// attributed_to,source_grade,item_grade,note`. Another column is an error, because a misspelt one would drop what it holds.
pub fn read_claims(bytes: &[u8], codebook: &Codebook, gazetteer: &Gazetteer) -> ClaimSheet {
    let mut sheet = ClaimSheet::default();
    let required = ["source", "exact", Field::Act.column(), Field::Modality.column()];
    let optional: Vec<&'static str> = Field::ALL
        .iter()
        .map(|field| field.column())
        .filter(|column| !required.contains(column))
        .collect();
    let table = Table::read(SHEET, bytes, &required, &optional, &mut sheet.errors);
    let Some(table) = table else { return sheet };
    for row in &table.rows {
        let source = table.filled(row, "source", &mut sheet.errors);
        table.filled(row, "exact", &mut sheet.errors);
        let exact = table.raw(row, "exact").to_owned();
        let coded = coded(&table, row, codebook, gazetteer, &mut sheet.errors);
        sheet.rows.push(ClaimRow { row: row.row, line: row.line, source, exact, coded });
    }
    sheet.errors.sort();
    sheet
}

fn coded(
    table: &Table,
    row: &Row,
    codebook: &Codebook,
    gazetteer: &Gazetteer,
    errors: &mut InputErrors,
) -> Option<Coded> {
    let mut draft = Draft::default();
    for field in Field::ALL {
        draft.set(*field, table.cell(row, field.column()));
    }
    match draft.check(codebook, gazetteer) {
        Ok(coded) => Some(coded),
        Err(found) => {
            for error in found {
                let location = match error.location {
                    Location::Field(field) => table.at(row, field.column()),
                    other => other,
                };
                errors.push(location, error.fault);
            }
            None
        }
    }
}
