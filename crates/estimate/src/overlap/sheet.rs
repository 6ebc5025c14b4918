//! Sheets of lists: one table of patterns, or one for each stratum and each linkage.

use super::lists::{Lists, MOST_LISTS, MOST_PERSONS, show};
use crate::table::{Fault, Row, Table, TableError};
use std::collections::BTreeMap;

/// The columns of a sheet that are no lists.
const COUNT: [&str; 2] = ["count", "n"];
const STRATUM: &str = "stratum";
const REPLICATE: &str = "replicate";

/// Lists of one population, kept apart by stratum (a place, a period: everyone is in one stratum) and
/// by linkage (the same persons, with doubtful matches decided in another way).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSheet {
    /// In the order of the sheet; one without a name where the sheet has no column `stratum`.
    pub strata: Vec<StratumLists>,
}

/// The lists of one stratum, once for each linkage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StratumLists {
    /// The stratum; empty where the sheet has no column `stratum`.
    pub stratum: String,
    /// Lists of the sheet that nobody of the stratum is on; they take no part.
    pub lists_left_out: Vec<String>,
    /// Each linkage by its name, in the order of the sheet; one without a name where the sheet has no
    /// column `replicate`.
    pub linkages: Vec<(String, Lists)>,
}

impl ListSheet {
    /// Reads a table with one column a list that holds 0 or 1, and `count` (or `n`); without such a
    /// column each row is one person. The columns `stratum` and `replicate`, if there are any, say
    /// to which stratum and to which linkage a row belongs.
    ///
    /// # Errors
    /// With row and column: a cell that is not 0 or 1, a negative count or text in it, a pattern
    /// that an earlier row of the same stratum and linkage has, a row on no list, a list nobody is
    /// on, more than 30 lists, a stratum that a linkage has no rows of.
    ///
    /// # Example
    /// ```
    /// use witnessmark_estimate::overlap::ListSheet;
    /// let sheet = ListSheet::from_csv("stratum,a,b,count\nnorth,1,0,5\nnorth,1,1,2\nsouth,0,1,4\n")?;
    /// assert_eq!(sheet.strata[1].stratum, "south");
    /// assert_eq!(sheet.strata[1].lists_left_out, ["a"]);
    /// let wrong = ListSheet::from_csv("a,b,count\n1,0,5\n1,1,-2\n").unwrap_err();
    /// assert_eq!(wrong.to_string(), "lists, row 3, column count: -2 is negative");
    /// # Ok::<(), witnessmark_estimate::TableError>(())
    /// ```
    pub fn from_csv(text: &str) -> Result<Self, TableError> {
        let table = Table::read("lists", text)?;
        let columns = Columns::of(&table)?;
        let mut groups: Vec<Group> = Vec::new();
        for row in &table.rows {
            let key = [STRATUM, REPLICATE].map(|column| table.cell(row, column).to_owned());
            for (column, cell) in [STRATUM, REPLICATE].into_iter().zip(&key) {
                if table.has(column) && cell.is_empty() {
                    return Err(table.error(Some(row.number), Some(column), Fault::EmptyCell));
                }
            }
            let position = groups.iter().position(|group| group.key == key);
            let group = match position.and_then(|position| groups.get_mut(position)) {
                Some(group) => group,
                None => {
                    groups.push(Group { key, ..Group::default() });
                    match groups.last_mut() {
                        Some(group) => group,
                        None => continue,
                    }
                }
            };
            columns.add(&table, row, group)?;
        }
        let names: Vec<String> = columns.lists.iter().map(|(_, name)| name.clone()).collect();
        check_whole(&table, &names, &groups)?;
        Self::of_groups(&table, &names, groups)
    }

    fn of_groups(table: &Table, names: &[String], groups: Vec<Group>) -> Result<Self, TableError> {
        let mut linkages: Vec<String> = Vec::new();
        let mut strata: Vec<(String, Vec<Group>)> = Vec::new();
        for group in groups {
            let [stratum, replicate] = group.key.clone();
            if !linkages.contains(&replicate) {
                linkages.push(replicate);
            }
            match strata.iter_mut().find(|(name, _)| *name == stratum) {
                Some((_, own)) => own.push(group),
                None => strata.push((stratum, vec![group])),
            }
        }
        for (stratum, own) in &strata {
            let has_none =
                |replicate: &&String| own.iter().all(|group| group.key[1] != **replicate);
            if let Some(replicate) = linkages.iter().find(has_none) {
                let what = format!("replicate {replicate:?} in the stratum {stratum:?}");
                return Err(table.error(None, Some(REPLICATE), Fault::NoRowsOf(what)));
            }
        }
        let mut found = Vec::with_capacity(strata.len());
        for (stratum, own) in strata {
            let is_filled = |list: &usize| {
                own.iter().any(|group| group.counts.keys().any(|p| p >> list & 1 == 1))
            };
            let (filled, empty): (Vec<usize>, Vec<usize>) = (0..names.len()).partition(is_filled);
            let mut ordered = Vec::with_capacity(linkages.len());
            for replicate in &linkages {
                for group in own.iter().filter(|group| group.key[1] == *replicate) {
                    ordered.push((replicate.clone(), group.lists(names, &filled)?));
                }
            }
            let name = |list: &usize| names.get(*list).cloned();
            found.push(StratumLists {
                stratum,
                lists_left_out: empty.iter().filter_map(name).collect(),
                linkages: ordered,
            });
        }
        Ok(Self { strata: found })
    }

    /// The lists, where the sheet has neither strata nor linkages.
    pub fn single(&self) -> Option<&Lists> {
        match self.strata.as_slice() {
            [stratum] if stratum.stratum.is_empty() => match stratum.linkages.as_slice() {
                [(name, lists)] if name.is_empty() => Some(lists),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Rows of one stratum and one linkage.
#[derive(Default)]
struct Group {
    /// Stratum and linkage.
    key: [String; 2],
    counts: BTreeMap<u32, u64>,
    /// The row that has each pattern first.
    first_rows: BTreeMap<u32, u64>,
}

impl Group {
    /// The lists of these numbers, without those nobody is on.
    fn lists(&self, names: &[String], filled: &[usize]) -> Result<Lists, TableError> {
        let own: Vec<String> = filled.iter().filter_map(|list| names.get(*list).cloned()).collect();
        let without_gaps = |pattern: u32| {
            let bits = filled.iter().enumerate();
            bits.filter(|(_, list)| pattern >> **list & 1 == 1)
                .map(|(bit, _)| 1 << bit)
                .sum::<u32>()
        };
        let patterns: Vec<(u32, u64)> = self
            .counts
            .iter()
            .map(|(pattern, persons)| (without_gaps(*pattern), *persons))
            .collect();
        Lists::new(own, &patterns)
    }
}

/// Which columns are lists, and which holds the count.
struct Columns {
    count: Option<&'static str>,
    lists: Vec<(usize, String)>,
}

impl Columns {
    fn of(table: &Table) -> Result<Self, TableError> {
        let count = COUNT.into_iter().find(|column| table.has(column));
        let is_list = |name: &str| Some(name) != count && name != STRATUM && name != REPLICATE;
        let lists: Vec<(usize, String)> = table
            .header
            .iter()
            .enumerate()
            .filter(|(_, name)| is_list(name))
            .map(|(index, name)| (index, name.clone()))
            .collect();
        if lists.is_empty() {
            return Err(table.error(Some(1), None, Fault::MissingColumn));
        }
        if let Some((_, name)) = lists.get(MOST_LISTS) {
            let fault = Fault::TooLarge(format!("{} lists", lists.len()));
            return Err(table.error(Some(1), Some(name), fault));
        }
        Ok(Self { count, lists })
    }

    /// Adds a row to its group.
    fn add(&self, table: &Table, row: &Row, group: &mut Group) -> Result<(), TableError> {
        let mut pattern = 0;
        for (list, (index, name)) in self.lists.iter().enumerate() {
            match table.cell_at(row, *index) {
                "0" => {}
                "1" => pattern |= 1 << list,
                "" => return Err(table.error(Some(row.number), Some(name), Fault::EmptyCell)),
                other => {
                    let fault = Fault::UnknownWord { found: other.to_owned(), known: "0, 1" };
                    return Err(table.error(Some(row.number), Some(name), fault));
                }
            }
        }
        let Some(column) = self.count else {
            if pattern == 0 {
                return Err(table.error(Some(row.number), None, Fault::OnNoList));
            }
            *group.counts.entry(pattern).or_default() += 1;
            return Ok(());
        };
        let at = |fault| table.error(Some(row.number), Some(column), fault);
        let persons = crate::table::whole(table.cell(row, column)).map_err(at)?;
        if persons > MOST_PERSONS {
            return Err(at(Fault::TooLarge(persons.to_string())));
        }
        if pattern == 0 {
            return Err(table.error(Some(row.number), None, Fault::OnNoList));
        }
        if let Some(first) = group.first_rows.insert(pattern, row.number) {
            let name = show(pattern, self.lists.len());
            let fault = Fault::Duplicate { name, first };
            return Err(table.error(Some(row.number), None, fault));
        }
        if persons > 0 {
            group.counts.insert(pattern, persons);
        }
        Ok(())
    }
}

/// A list must have a name of its own, and somebody on it in the sheet as a whole.
fn check_whole(table: &Table, names: &[String], groups: &[Group]) -> Result<(), TableError> {
    for (list, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(table.error(Some(1), Some(name), Fault::EmptyCell));
        }
        let is_on = |pattern: &u32| pattern >> list & 1 == 1;
        if !groups.iter().any(|group| group.counts.keys().any(is_on)) {
            return Err(table.error(Some(1), Some(name), Fault::EmptyList));
        }
    }
    Ok(())
}
