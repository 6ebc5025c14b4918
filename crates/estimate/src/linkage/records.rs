//! Records of a list and decisions of a reviewer, read from tables.

use super::Field;
use crate::table::{Fault, Table, TableError, whole};
use std::collections::BTreeMap;

/// The records of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordTable {
    /// One row of cells for each record, in the order of the plan's fields; empty where unknown.
    pub cells: Vec<Vec<String>>,
    /// The row of the sheet that each record stands in; the header is row 1.
    pub rows: Vec<u64>,
}

impl RecordTable {
    /// Reads the columns that the fields name; other columns are ignored. Letters are compared in
    /// lower case, and white space counts once.
    ///
    /// # Errors
    /// With row and column: a column that is missing or there twice, a row with more or fewer cells
    /// than the header.
    ///
    /// # Example
    /// ```
    /// use witnessmark_estimate::linkage::{Agreement, Field, RecordTable};
    /// let fields = [Field::new("name", Agreement::JaroWinkler)];
    /// let list = RecordTable::from_csv("no,name\n7,Tashi  DOLMA\n", &fields)?;
    /// assert_eq!(list.cells[0], ["tashi dolma"]);
    /// assert_eq!(list.rows, [2]);
    /// # Ok::<(), witnessmark_estimate::TableError>(())
    /// ```
    pub fn from_csv(text: &str, fields: &[Field]) -> Result<Self, TableError> {
        let table = Table::read("records", text)?;
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        table.require(&names)?;
        let plain = |cell: &str| {
            let words: Vec<&str> = cell.split_whitespace().collect();
            words.join(" ").to_lowercase()
        };
        let mut found = Self::default();
        for row in &table.rows {
            found.cells.push(names.iter().map(|name| plain(table.cell(row, name))).collect());
            found.rows.push(row.number);
        }
        Ok(found)
    }
}

/// Pairs that a person has judged: the same person or not. A pair names two records, each by the
/// number of its list and its row in the list's sheet.
pub type ReviewedPairs = BTreeMap<[(usize, u64); 2], bool>;

/// Reads a sheet of review with the columns `list_a, row_a, list_b, row_b, same`; other columns are
/// ignored, and so is a row whose `same` is empty: it was not judged yet.
///
/// # Errors
/// With row and column: a list that `lists` does not have, a row that is no number, an answer other
/// than `yes` or `no`, a pair that an earlier row has.
///
/// # Example
/// ```
/// use witnessmark_estimate::linkage::reviewed_from_csv;
/// let lists = ["hospital".to_owned(), "court".to_owned()];
/// let text = "list_a,row_a,list_b,row_b,same\nhospital,2,court,9,yes\nhospital,3,court,9,\n";
/// let found = reviewed_from_csv(text, &lists)?;
/// assert_eq!(found.get(&[(0, 2), (1, 9)]), Some(&true));
/// assert_eq!(found.len(), 1);
/// # Ok::<(), witnessmark_estimate::TableError>(())
/// ```
pub fn reviewed_from_csv(text: &str, lists: &[String]) -> Result<ReviewedPairs, TableError> {
    let table = Table::read("reviewed pairs", text)?;
    table.require(&["list_a", "row_a", "list_b", "row_b", "same"])?;
    let mut found = ReviewedPairs::new();
    let mut first_rows: BTreeMap<[(usize, u64); 2], u64> = BTreeMap::new();
    for row in &table.rows {
        let record = |list: &str, number: &str| -> Result<(usize, u64), TableError> {
            let name = table.cell(row, list);
            let position = lists.iter().position(|known| known == name).ok_or_else(|| {
                let fault = Fault::UnknownWord {
                    found: name.to_owned(),
                    known: "the lists that are linked",
                };
                table.error(Some(row.number), Some(list), fault)
            })?;
            let at = |fault| table.error(Some(row.number), Some(number), fault);
            Ok((position, whole(table.cell(row, number)).map_err(at)?))
        };
        let mut pair = [record("list_a", "row_a")?, record("list_b", "row_b")?];
        pair.sort_unstable();
        let is_same = match table.cell(row, "same") {
            "" => continue,
            "yes" => true,
            "no" => false,
            other => {
                let fault = Fault::UnknownWord { found: other.to_owned(), known: "yes, no" };
                return Err(table.error(Some(row.number), Some("same"), fault));
            }
        };
        if let Some(first) = first_rows.insert(pair, row.number) {
            let fault = Fault::Duplicate { name: "the pair".to_owned(), first };
            return Err(table.error(Some(row.number), None, fault));
        }
        found.insert(pair, is_same);
    }
    Ok(found)
}
