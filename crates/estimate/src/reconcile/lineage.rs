//! Declared lineage: who rests on whom, and one coding an origin.

use super::Coding;
use crate::table::{Fault, Table, TableError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Which coders (or sources) rest on which others, as people declared it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// What each rests on directly.
    earlier: BTreeMap<String, BTreeSet<String>>,
}

/// A coding that was left out, because it is no voice of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The item.
    pub item: String,
    /// Whose coding was left out.
    pub coder: String,
    /// Whose coding of the item was kept in its place.
    pub kept: String,
}

impl Lineage {
    /// Reads a table with the columns `later, earlier`: the later one rests on the earlier one. Other
    /// columns are ignored.
    ///
    /// # Errors
    /// With row and column: an empty cell, one that rests on itself, and a row that closes a circle.
    ///
    /// # Example
    /// ```
    /// use witnessmark_estimate::reconcile::Lineage;
    /// let wrong = Lineage::from_csv("later,earlier\nb,a\na,b\n").unwrap_err();
    /// assert_eq!(wrong.to_string(), "lineage, row 3, column earlier: these rest on each other in a circle: a, b, a");
    /// # Ok::<(), witnessmark_estimate::TableError>(())
    /// ```
    pub fn from_csv(text: &str) -> Result<Self, TableError> {
        let table = Table::read("lineage", text)?;
        table.require(&["later", "earlier"])?;
        let mut found = Self::default();
        for row in &table.rows {
            let [later, earlier] = ["later", "earlier"].map(|column| table.cell(row, column));
            for (column, cell) in [("later", later), ("earlier", earlier)] {
                if cell.is_empty() {
                    return Err(table.error(Some(row.number), Some(column), Fault::EmptyCell));
                }
            }
            if let Some(path) = found.path(earlier, later) {
                let circle = format!("{later}, {}", path.join(", "));
                let fault = Fault::LineageCircle(circle);
                return Err(table.error(Some(row.number), Some("earlier"), fault));
            }
            found.earlier.entry(later.to_owned()).or_default().insert(earlier.to_owned());
        }
        Ok(found)
    }

    /// A way from `from` to `to` along what each rests on, both included.
    fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut open = vec![vec![from.to_owned()]];
        let mut seen = BTreeSet::new();
        while let Some(path) = open.pop() {
            let last = path.last().map(String::as_str).unwrap_or_default();
            if last == to {
                return Some(path);
            }
            if !seen.insert(last.to_owned()) {
                continue;
            }
            for next in self.earlier.get(last).into_iter().flatten() {
                let mut longer = path.clone();
                longer.push(next.clone());
                open.push(longer);
            }
        }
        None
    }

    /// A coder and all it rests on.
    fn roots_of<'a>(&'a self, coder: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::from([coder]);
        let mut open = vec![coder];
        while let Some(at) = open.pop() {
            for next in self.earlier.get(at).into_iter().flatten() {
                if found.insert(next) {
                    open.push(next);
                }
            }
        }
        found
    }

    /// Leaves one coding an item and origin: of coders who rest on each other, or on one common
    /// earlier one, the earliest that coded the item is kept.
    pub fn without_copies(&self, codings: &[Coding]) -> (Vec<Coding>, Vec<LeftOut>) {
        let roots: BTreeMap<&str, BTreeSet<&str>> = codings
            .iter()
            .map(|coding| (coding.coder.as_str(), self.roots_of(&coding.coder)))
            .collect();
        let of = |coder: &str| roots.get(coder).cloned().unwrap_or_default();
        let mut by_item: BTreeMap<&str, BTreeSet<(usize, &str)>> = BTreeMap::new();
        for coding in codings {
            let depth = of(&coding.coder).len();
            by_item.entry(&coding.item).or_default().insert((depth, &coding.coder));
        }
        let mut left_out = Vec::new();
        let mut dropped: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (item, coders) in &by_item {
            let mut kept: Vec<&str> = Vec::new();
            for (_, coder) in coders {
                let shares = |other: &&&str| !of(other).is_disjoint(&of(coder));
                match kept.iter().find(shares) {
                    None => kept.push(coder),
                    Some(other) => {
                        dropped.insert((item, coder));
                        left_out.push(LeftOut {
                            item: (*item).to_owned(),
                            coder: (*coder).to_owned(),
                            kept: (*other).to_owned(),
                        });
                    }
                }
            }
        }
        let is_kept =
            |coding: &&Coding| !dropped.contains(&(coding.item.as_str(), coding.coder.as_str()));
        (codings.iter().filter(is_kept).cloned().collect(), left_out)
    }
}
