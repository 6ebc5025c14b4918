//! Sheets that declare origins and edges.

use std::collections::BTreeMap;

use super::{EDGE_KINDS, LineageFault, LineageLevel};
use crate::input::{InputErrors, Location};
use crate::table::Table;

/// A row of a sheet of origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginRow {
    /// The row, as a spreadsheet counts.
    pub row: u64,
    /// The line of the text on which it begins.
    pub line: u64,
    /// The document that is the origin, by file name or address; nothing if it was not captured.
    pub capture: Option<String>,
    /// The origin's name.
    pub name: String,
    /// Why it is taken for an origin.
    pub reason: String,
}

/// A row of a sheet of edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeRow {
    /// The row, as a spreadsheet counts.
    pub row: u64,
    /// The line of the text on which it begins.
    pub line: u64,
    /// The document that came later, by file name or address.
    pub later: String,
    /// What it rests on: a document by file name or address, or an origin by name.
    pub earlier: String,
    /// In which way, one of [`EDGE_KINDS`].
    pub kind: String,
    /// Which question it answers.
    pub level: LineageLevel,
    /// Why somebody says so.
    pub reason: String,
}

macro_rules! located {
    ($row:ident, $sheet:ident) => {
        impl $row {
            /// Where a column of this row stands, for errors about it that only the caller can find.
            pub fn location(&self, column: &str) -> Location {
                let column = column.to_owned();
                Location::Cell { sheet: $sheet, row: self.row, line: self.line, column }
            }
        }
    };
}

located!(OriginRow, ORIGINS);
located!(EdgeRow, EDGES);

const ORIGINS: &str = "origins";
const EDGES: &str = "edges";

/// Reads a sheet with the columns `capture,name,reason`. Everything that is wrong is given at once.
pub fn read_origins(bytes: &[u8]) -> Result<Vec<OriginRow>, InputErrors> {
    let mut errors = InputErrors::default();
    let table = Table::read(ORIGINS, bytes, &["capture", "name", "reason"], &[], &mut errors);
    let Some(table) = table else { return errors.check(Vec::new()) };
    let mut rows = Vec::new();
    let mut seen = BTreeMap::new();
    for row in &table.rows {
        let capture = table.cell(row, "capture").to_owned();
        let name = table.filled(row, "name", &mut errors);
        let reason = table.filled(row, "reason", &mut errors);
        let (column, key) =
            if capture.is_empty() { ("name", &name) } else { ("capture", &capture) };
        if let Some(first) = seen.insert((column, key.clone()), row.row)
            && !key.is_empty()
        {
            errors.push(table.at(row, column), LineageFault::Twice { first });
        }
        let capture = (!capture.is_empty()).then_some(capture);
        rows.push(OriginRow { row: row.row, line: row.line, capture, name, reason });
    }
    errors.check(rows)
}

/// Reads a sheet with the columns `later,earlier,kind,level,reason`. Everything that is wrong is given at once.
pub fn read_edges(bytes: &[u8]) -> Result<Vec<EdgeRow>, InputErrors> {
    let mut errors = InputErrors::default();
    let columns = ["later", "earlier", "kind", "level", "reason"];
    let table = Table::read(EDGES, bytes, &columns, &[], &mut errors);
    let Some(table) = table else { return errors.check(Vec::new()) };
    let mut rows = Vec::new();
    let mut seen = BTreeMap::new();
    for row in &table.rows {
        let [later, earlier, kind, level, reason] =
            columns.map(|column| table.filled(row, column, &mut errors));
        if !later.is_empty() && later == earlier {
            errors.push(table.at(row, "earlier"), LineageFault::Itself(later.clone()));
        }
        if !kind.is_empty() && !EDGE_KINDS.contains(&kind.as_str()) {
            errors.push(table.at(row, "kind"), LineageFault::unknown(&kind, EDGE_KINDS));
        }
        let level = match level.parse::<LineageLevel>() {
            Ok(level) => level,
            Err(fault) => {
                if !level.is_empty() {
                    errors.push(table.at(row, "level"), fault);
                }
                continue;
            }
        };
        let key = (later.clone(), earlier.clone(), level);
        if let Some(first) = seen.insert(key, row.row) {
            errors.push(table.at(row, "earlier"), LineageFault::Twice { first });
        }
        rows.push(EdgeRow { row: row.row, line: row.line, later, earlier, kind, level, reason });
    }
    errors.check(rows)
}
