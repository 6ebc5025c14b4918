//! What is true when codings or sources differ: Dawid–Skene, after declared lineage.
//!
//! Copies of one source are no second voice, so declared lineage comes first: one coding an origin.
//! What is left is weighed by how often each coder errs, as far as the codings themselves show it.

mod answering;
mod copying;
mod lineage;

pub use answering::{Coder, FitSummary, Item, ReconcileOptions, Reconciled, Refused, reconcile};
pub use copying::{CopyingOptions, Resolution, SuggestedCopy, majority, resolve};
pub use lineage::{LeftOut, Lineage};

use crate::table::{Fault, Table, TableError};
use serde::Serialize;
use std::collections::BTreeMap;

/// What one coder said of one item; a coder may say several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coding {
    /// The item.
    pub item: String,
    /// Who coded it.
    pub coder: String,
    /// The class.
    pub value: String,
}

impl Coding {
    /// Reads a table with the columns `item, coder, value`; other columns are ignored. Errors name
    /// row and column.
    pub fn list_from_csv(text: &str) -> Result<Vec<Self>, TableError> {
        let table = Table::read("codings", text)?;
        table.require(&["item", "coder", "value"])?;
        let mut codings = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            let [item, coder, value] =
                ["item", "coder", "value"].map(|column| table.cell(row, column));
            for (column, cell) in [("item", item), ("coder", coder), ("value", value)] {
                if cell.is_empty() {
                    return Err(table.error(Some(row.number), Some(column), Fault::EmptyCell));
                }
            }
            let [item, coder, value] = [item, coder, value].map(str::to_owned);
            codings.push(Self { item, coder, value });
        }
        Ok(codings)
    }
}

/// Classes, error rates and probabilities that fit the codings best.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DawidSkene {
    /// The classes, in their order as text.
    pub classes: Vec<String>,
    /// Share of each class.
    pub priors: Vec<f64>,
    /// For each coder, the chance of saying each class (inner) when each (outer) is true.
    pub coders: BTreeMap<String, Vec<Vec<f64>>>,
    /// For each item, the probability of each class. A probability within the model, not of truth.
    pub items: BTreeMap<String, Vec<f64>>,
    /// ln L at the end; without smoothing terms.
    pub log_likelihood: f64,
    /// Rounds until ln L changed by less than 10⁻¹².
    pub iterations: usize,
    /// Whether it settled within 10,000 rounds.
    pub is_settled: bool,
}

/// Dawid & Skene (1979), *Maximum likelihood estimation of observer error-rates using the EM
/// algorithm*: with T_ik the probability that item i is of class k,
///
/// ```text
/// p_k = mean_i T_ik        π_jkl = (s + Σ_i T_ik n_ijl) / Σ_l (s + Σ_i T_ik n_ijl)
/// T_ik ∝ p_k Π_j Π_l π_jkl^n_ijl
/// ```
///
/// begun from the shares of votes, until ln L settles. `smoothing` s is added to every cell of every
/// coder's table; with 0 it is the maximum of the likelihood. None of no codings, or of a smoothing
/// that is negative or not finite.
pub fn dawid_skene(codings: &[Coding], smoothing: f64) -> Option<DawidSkene> {
    if codings.is_empty() || !smoothing.is_finite() || smoothing < 0.0 {
        return None;
    }
    let classes = numbered(codings.iter().map(|coding| coding.value.as_str()));
    let items = numbered(codings.iter().map(|coding| coding.item.as_str()));
    let coders = numbered(codings.iter().map(|coding| coding.coder.as_str()));
    let votes: Vec<[usize; 3]> = codings
        .iter()
        .filter_map(|coding| {
            let item = items.get(coding.item.as_str())?;
            let coder = coders.get(coding.coder.as_str())?;
            let class = classes.get(coding.value.as_str())?;
            Some([*item, *coder, *class])
        })
        .collect();
    let mut fit = Em {
        classes: classes.len(),
        votes,
        priors: vec![0.0; classes.len()],
        errors: vec![0.0; coders.len() * classes.len() * classes.len()],
        truth: vec![0.0; items.len() * classes.len()],
        smoothing,
    };
    for [item, _, class] in &fit.votes {
        add(&mut fit.truth, item * fit.classes + class, 1.0);
    }
    for row in fit.truth.chunks_exact_mut(fit.classes) {
        scale(row);
    }
    let mut before = f64::NEG_INFINITY;
    let mut iterations = 0;
    let mut is_settled = false;
    while iterations < 10_000 && !is_settled {
        iterations += 1;
        fit.maximise();
        let log_likelihood = fit.expect();
        is_settled = (log_likelihood - before).abs() < 1e-12;
        before = log_likelihood;
    }
    let width = fit.classes;
    let names = |numbers: &BTreeMap<&str, usize>| -> Vec<String> {
        numbers.keys().map(|name| (*name).to_owned()).collect()
    };
    let tables = fit.errors.chunks_exact(width * width);
    let rows = |table: &[f64]| table.chunks_exact(width).map(<[f64]>::to_vec).collect();
    Some(DawidSkene {
        classes: names(&classes),
        coders: names(&coders).into_iter().zip(tables.map(rows)).collect(),
        items: names(&items)
            .into_iter()
            .zip(fit.truth.chunks_exact(width).map(<[f64]>::to_vec))
            .collect(),
        priors: fit.priors,
        log_likelihood: before,
        iterations,
        is_settled,
    })
}

/// Names in their order, numbered.
fn numbered<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<&'n str, usize> {
    let mut numbers: BTreeMap<&str, usize> = names.map(|name| (name, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(number, slot)| *slot = number);
    numbers
}

struct Em {
    classes: usize,
    /// (item, coder, class).
    votes: Vec<[usize; 3]>,
    priors: Vec<f64>,
    /// By coder, true class, class said.
    errors: Vec<f64>,
    /// By item, class.
    truth: Vec<f64>,
    smoothing: f64,
}

impl Em {
    fn maximise(&mut self) {
        self.priors.fill(0.0);
        for row in self.truth.chunks_exact(self.classes) {
            self.priors.iter_mut().zip(row).for_each(|(prior, share)| *prior += share);
        }
        scale(&mut self.priors);
        self.errors.fill(self.smoothing);
        for [item, coder, said] in &self.votes {
            for class in 0..self.classes {
                let share = get(&self.truth, item * self.classes + class);
                add(&mut self.errors, (coder * self.classes + class) * self.classes + said, share);
            }
        }
        for row in self.errors.chunks_exact_mut(self.classes) {
            scale(row);
        }
    }

    /// New probabilities of the items, and ln L.
    fn expect(&mut self) -> f64 {
        let logs: Vec<f64> = self.priors.iter().map(|prior| libm::log(*prior)).collect();
        for row in self.truth.chunks_exact_mut(self.classes) {
            row.copy_from_slice(&logs);
        }
        for [item, coder, said] in &self.votes {
            for class in 0..self.classes {
                let chance =
                    get(&self.errors, (coder * self.classes + class) * self.classes + said);
                add(&mut self.truth, item * self.classes + class, libm::log(chance));
            }
        }
        let mut sum = 0.0;
        for row in self.truth.chunks_exact_mut(self.classes) {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|log| *log = libm::exp(*log - top));
            sum += top + libm::log(row.iter().sum::<f64>());
            scale(row);
        }
        sum
    }
}

fn scale(row: &mut [f64]) {
    let sum: f64 = row.iter().sum();
    if sum > 0.0 {
        row.iter_mut().for_each(|value| *value /= sum);
    }
}

fn get(values: &[f64], index: usize) -> f64 {
    values.get(index).copied().unwrap_or_default()
}

fn add(values: &mut [f64], index: usize, amount: f64) {
    if let Some(value) = values.get_mut(index) {
        *value += amount;
    }
}
