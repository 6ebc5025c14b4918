//! Chances of agreement among pairs of one person and of two, by EM.

use super::candidates::{Candidates, LEVELS, is_equal};
use super::{LinkagePlan, Record, ReviewPair};
use crate::random::Random;
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

/// EM: u from all pairs of records, blocked or not, and m from the pairs that share a block, weighed
/// by their probability. Given how two records agree, whether a block found them says nothing more,
/// so the share of matches is that among all pairs.
pub(super) fn fit(candidates: &Candidates, records: &[Record], plan: &LinkagePlan) -> Mixture {
    let all = AllPairs::new(records, plan);
    let share = (0.1 * records.len() as f64 / all.pairs).clamp(1e-12, 0.5);
    let fields = plan.fields.len();
    let mut fit =
        Mixture { share, m: vec![[1.0, 0.02, 0.03, 0.05, 0.9]; fields], u: all.chances(None) };
    for _ in 0..500 {
        let mut m = vec![[SMALL; LEVELS]; fields];
        let mut matched = 0.0;
        for (levels, count) in candidates.levels.iter().zip(&candidates.counts) {
            let probability = fit.probability(levels);
            matched += count * probability;
            for (m, level) in m.iter_mut().zip(levels) {
                put(m, *level, count * probability);
            }
        }
        let u = all.chances(Some(&m));
        m.iter_mut().for_each(normalise);
        let share = (matched / all.pairs).clamp(1e-12, 0.999_999);
        let change = (share - fit.share).abs() / fit.share;
        fit = Mixture { share, m, u };
        if change < 1e-9 {
            break;
        }
    }
    fit
}

/// How all pairs that could be of one person agree, field by field.
struct AllPairs {
    pairs: f64,
    /// For each field, how many pairs agree exactly, and how many have both cells.
    equal: Vec<(f64, f64)>,
    /// For each field, levels of randomly drawn pairs that are not equal.
    drawn: Vec<[f64; LEVELS]>,
}

/// Pairs drawn to see how often two persons come close without being equal.
const DRAWN: usize = 50_000;

impl AllPairs {
    fn new(records: &[Record], plan: &LinkagePlan) -> Self {
        let pairs_of = |count: f64| count * (count - 1.0) / 2.0;
        let mut pairs = pairs_of(records.len() as f64);
        for list in &plan.lists_without_repeats {
            pairs -= pairs_of(records.iter().filter(|record| record.list == *list).count() as f64);
        }
        let mut equal = Vec::new();
        for field in 0..plan.fields.len() {
            // Within all lists together, and within each that holds nobody twice.
            let mut sums = pairs_by_value(records.iter(), field);
            for list in &plan.lists_without_repeats {
                let own =
                    pairs_by_value(records.iter().filter(|record| record.list == *list), field);
                sums = (sums.0 - own.0, sums.1 - own.1);
            }
            equal.push(sums);
        }
        let mut drawn = vec![[SMALL; LEVELS]; plan.fields.len()];
        let mut random = Random::new(plan.seed, u64::MAX);
        let draws = if records.len() < 2 { 0 } else { DRAWN };
        for _ in 0..draws {
            let one = records.get(random.below(records.len()));
            let other = records.get(random.below(records.len()));
            let (Some(one), Some(other)) = (one, other) else { continue };
            let fields = plan.fields.iter().zip(one.cells.iter().zip(&other.cells));
            for ((field, (a, b)), row) in fields.zip(&mut drawn) {
                let level = field.agreement.level(a, b);
                if !is_equal(level) {
                    put(row, level, 1.0);
                }
            }
        }
        Self { pairs: pairs.max(1.0), equal, drawn }
    }

    /// u of each field, less the expected matches among exact agreements.
    fn chances(&self, matched: Option<&Vec<[f64; LEVELS]>>) -> Vec<[f64; LEVELS]> {
        let mut u = Vec::with_capacity(self.drawn.len());
        for (field, (drawn, (equal, known))) in self.drawn.iter().zip(&self.equal).enumerate() {
            let matches = matched
                .and_then(|m| m.get(field))
                .map_or((0.0, 0.0), |row| (row[LEVELS - 1], row.iter().skip(1).sum::<f64>()));
            let exact = (equal - matches.0).max(SMALL) / (known - matches.1).max(1.0);
            let exact = exact.clamp(1e-12, 0.999);
            let others: f64 = drawn.iter().skip(1).take(LEVELS - 2).sum();
            let mut row = drawn.map(|count| (1.0 - exact) * count / others);
            row[0] = 1.0;
            row[LEVELS - 1] = exact;
            u.push(row);
        }
        u
    }
}

/// Pairs with equal cells of a field, and pairs that both have one.
fn pairs_by_value<'r>(records: impl Iterator<Item = &'r Record>, field: usize) -> (f64, f64) {
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    for cell in records.filter_map(|record| record.cells.get(field)) {
        if !cell.is_empty() {
            *counts.entry(cell).or_default() += 1.0;
        }
    }
    let total: f64 = counts.values().sum();
    (counts.values().map(|count| count * (count - 1.0) / 2.0).sum(), total * (total - 1.0) / 2.0)
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

    fn probability(&self, levels: &[u8]) -> f64 {
        let prior = libm::log(self.share / (1.0 - self.share));
        1.0 / (1.0 + libm::exp(-(prior + self.weight(levels))))
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
        for (pair, number) in candidates.pairs.iter().zip(&candidates.patterns) {
            let pattern = *number as usize;
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
                if let (Some(shares), Some(cell)) = (shares.get(field), record.cells.get(field))
                    && let Some((average, by_value)) = shares
                    && let Some(share) = by_value.get(cell.as_str())
                {
                    more += libm::log(average / share).clamp(-5.0, 5.0);
                }
            }
            let probability = 1.0 / (1.0 + libm::exp(-(weight + more)));
            if probability >= plan.threshold || probability >= plan.review[0] {
                scored.push(ReviewPair { records: records_of, probability, pattern: *number });
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
