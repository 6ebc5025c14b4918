//! Chances of agreement among pairs of one person and of two, by EM.

use super::candidates::{Candidates, LEVELS, is_equal};
use super::{LinkagePlan, Record, ReviewPair};
use serde::Serialize;
use std::collections::BTreeMap;

/// m and u of a field: chances of different, near, close and equal, where both cells are known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldWeights {
    /// The field.
    pub field: String,
    /// Among pairs of one person.
    pub m: [f64; LEVELS - 1],
    /// Among pairs of two persons.
    pub u: [f64; LEVELS - 1],
}

/// The fitted mixture.
pub(super) struct Mixture {
    pub(super) share: f64,
    m: Vec<[f64; LEVELS]>,
    u: Vec<[f64; LEVELS]>,
}

/// EM from agreement where it is expected, until the share of matches settles.
pub(super) fn fit(candidates: &Candidates, plan: &LinkagePlan) -> Mixture {
    let fields = plan.fields.len();
    let total: f64 = candidates.counts.iter().sum::<f64>().max(1.0);
    // Nearly all pairs are of two persons, so u begins as the distribution of all.
    let mut u = vec![[SMALL; LEVELS]; fields];
    for (levels, count) in candidates.levels.iter().zip(&candidates.counts) {
        for (row, level) in u.iter_mut().zip(levels) {
            put(row, *level, *count);
        }
    }
    u.iter_mut().for_each(normalise);
    let mut fit = Mixture { share: 0.05, m: vec![[1.0, 0.02, 0.03, 0.05, 0.9]; fields], u };
    for _ in 0..500 {
        let mut m = vec![[SMALL; LEVELS]; fields];
        let mut u = vec![[SMALL; LEVELS]; fields];
        let mut matched = 0.0;
        for (levels, count) in candidates.levels.iter().zip(&candidates.counts) {
            let probability = fit.probability(levels, 0.0);
            matched += count * probability;
            for ((m, u), level) in m.iter_mut().zip(&mut u).zip(levels) {
                put(m, *level, count * probability);
                put(u, *level, count * (1.0 - probability));
            }
        }
        m.iter_mut().for_each(normalise);
        u.iter_mut().for_each(normalise);
        let share = (matched / total).clamp(1e-9, 0.999_999);
        let change = (share - fit.share).abs() / fit.share;
        fit = Mixture { share, m, u };
        if change < 1e-9 {
            break;
        }
    }
    fit
}

/// Keeps every chance above zero, so that no single field decides for ever.
const SMALL: f64 = 0.1;

fn put(row: &mut [f64; LEVELS], level: u8, amount: f64) {
    if let Some(cell) = row.get_mut(level as usize) {
        *cell += amount;
    }
}

/// Chances over the known levels; the unknown one says nothing.
fn normalise(row: &mut [f64; LEVELS]) {
    let sum: f64 = row.iter().skip(1).sum();
    row.iter_mut().skip(1).for_each(|cell| *cell /= sum);
    row[0] = 1.0;
}

impl Mixture {
    fn weight(&self, levels: &[u8]) -> f64 {
        let at = |row: &[f64; LEVELS], level: u8| row.get(level as usize).copied().unwrap_or(1.0);
        levels
            .iter()
            .zip(self.m.iter().zip(&self.u))
            .map(|(level, (m, u))| libm::log(at(m, *level) / at(u, *level)))
            .sum()
    }

    fn probability(&self, levels: &[u8], more: f64) -> f64 {
        let prior = libm::log(self.share / (1.0 - self.share));
        1.0 / (1.0 + libm::exp(-(prior + self.weight(levels) + more)))
    }

    /// Every pair with a probability that matters, the rarity of agreeing values taken in.
    pub(super) fn score(
        &self,
        candidates: &Candidates,
        records: &[Record],
        plan: &LinkagePlan,
    ) -> Vec<ReviewPair> {
        let shares = value_shares(records, plan);
        let prior = libm::log(self.share / (1.0 - self.share));
        let weights: Vec<f64> =
            candidates.levels.iter().map(|levels| prior + self.weight(levels)).collect();
        let mut scored = Vec::new();
        for (pair, pattern) in candidates.pairs.iter().zip(&candidates.patterns) {
            let pattern = *pattern as usize;
            let weight = weights.get(pattern).copied().unwrap_or(f64::NEG_INFINITY);
            // Rarity can lift a pair by so much at most.
            if weight < -30.0 {
                continue;
            }
            let records_of = pair.map(|number| number as usize);
            let Some(record) = records.get(records_of[0]) else { continue };
            let levels = candidates.levels.get(pattern).map(Vec::as_slice).unwrap_or_default();
            let mut more = 0.0;
            let equal = levels.iter().enumerate().filter(|(_, level)| is_equal(**level));
            for (field, _) in equal {
                if let (Some(shares), Some(cell), Some(u)) =
                    (shares.get(field), record.cells.get(field), self.u.get(field))
                    && let Some((average, by_value)) = shares
                    && let Some(share) = by_value.get(cell.as_str())
                {
                    // u was found among pairs of blocks; only the ratio to the average is the value's.
                    more += libm::log(average / share).clamp(-4.0, 4.0)
                        * f64::from(u8::from(u[4] < 0.9));
                }
            }
            let probability = 1.0 / (1.0 + libm::exp(-(weight + more)));
            if probability >= plan.threshold || probability >= plan.review[0] {
                scored.push(ReviewPair { records: records_of, probability });
            }
        }
        scored
    }

    pub(super) fn describe(&self, plan: &LinkagePlan) -> Vec<FieldWeights> {
        let known = |row: &[f64; LEVELS]| [row[1], row[2], row[3], row[4]];
        plan.fields
            .iter()
            .zip(self.m.iter().zip(&self.u))
            .map(|(field, (m, u))| FieldWeights {
                field: field.name.clone(),
                m: known(m),
                u: known(u),
            })
            .collect()
    }
}

/// For each field with term frequencies: Σ share², and the share of each value.
type ValueShares<'r> = Option<(f64, BTreeMap<&'r str, f64>)>;

fn value_shares<'r>(records: &'r [Record], plan: &LinkagePlan) -> Vec<ValueShares<'r>> {
    let of = |field: usize| {
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        let mut total = 0.0;
        for cell in records.iter().filter_map(|record| record.cells.get(field)) {
            if !cell.is_empty() {
                *counts.entry(cell).or_default() += 1.0;
                total += 1.0;
            }
        }
        counts.values_mut().for_each(|count| *count /= total);
        (counts.values().map(|share| share * share).sum(), counts)
    };
    plan.fields
        .iter()
        .enumerate()
        .map(|(number, field)| field.has_term_frequencies.then(|| of(number)))
        .collect()
}
