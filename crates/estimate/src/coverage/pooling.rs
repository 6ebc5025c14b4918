//! Partial pooling: from places whose count is known to places about which nothing is said.
//!
//! The counts y of places with n residents are y ~ BetaBinomial(n, μκ, (1 − μ)κ): each place has its
//! own share, drawn from a beta law with mean μ and precision κ. With a flat prior on μ and
//! p(κ) ∝ (1 + κ)⁻² (Gelman et al. 2013, *Bayesian Data Analysis*, ch. 5, for the model; the prior is
//! that of κ/(1 + κ) uniform), the posterior is computed on a grid of μ and ln κ, and the other
//! places are predicted by drawing from it.
//!
//! Nothing in the counts shows why some places report and others do not. Where reporting is random,
//! the 95 % interval holds the truth 95 times of 100; where places report because they have much to
//! show, 10 times of 100. So a written assumption on reporting is demanded, and travels with the
//! figure.

use crate::quantile;
use crate::random::Random;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a caller must give for a pooled estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// Why some places report and others do not, in the words of the people who answer for it.
    pub reporting_assumption: String,
    /// Seed of the prediction.
    pub seed: u64,
}

/// A pooled estimate of the total: what is known, and what is predicted where it is not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pooled {
    /// Quantiles of the total in persons.
    pub quantiles: BTreeMap<&'static str, f64>,
    /// Mean of the total.
    pub mean: f64,
    /// The written assumption on reporting.
    pub assumption: String,
    /// Places whose count is known, and from which the law of shares is learnt.
    pub places_known: usize,
    /// Places whose count is predicted.
    pub places_predicted: usize,
}

/// A place that takes part: its residents, and the range of its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) residents: u64,
    pub(crate) low: u64,
    pub(crate) high: u64,
}

/// Fewer known places than this say nothing about how places differ.
pub(super) const FEWEST: usize = 3;

const DRAWS: usize = 4000;
const STEPS: usize = 80;

/// The total over `leaves`; none with fewer than three known counts.
pub(super) fn pool(leaves: &[Leaf], options: &Pooling) -> Option<Pooled> {
    let (known, open) = divide(leaves);
    let mut totals = predict(leaves, options.seed, DRAWS)?;
    let mean = totals.iter().sum::<f64>() / DRAWS as f64;
    totals.sort_by(f64::total_cmp);
    let names = [("0.025", 0.025), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.975", 0.975)];
    Some(Pooled {
        quantiles: names.map(|(name, share)| (name, quantile::of_sorted(&totals, share))).into(),
        mean,
        assumption: options.reporting_assumption.trim().to_owned(),
        places_known: known.len(),
        places_predicted: open.len(),
    })
}

/// Places whose count is known, and the others.
fn divide(leaves: &[Leaf]) -> (Vec<Leaf>, Vec<Leaf>) {
    leaves.iter().filter(|leaf| leaf.residents > 0).partition(|leaf| leaf.low == leaf.high)
}

/// Totals drawn from the posterior, in the order drawn.
pub(crate) fn predict(leaves: &[Leaf], seed: u64, draws: usize) -> Option<Vec<f64>> {
    let (known, open) = divide(leaves);
    if known.len() < FEWEST {
        return None;
    }
    let pairs: Vec<(u64, u64)> = known.iter().map(|leaf| (leaf.low, leaf.residents)).collect();
    let posterior = Posterior::new(&pairs);
    let certain: u64 = known.iter().map(|leaf| leaf.low).sum();
    let mut random = Random::new(seed, 0);
    let mut totals = Vec::with_capacity(draws);
    for _ in 0..draws {
        let (mean, precision) = posterior.draw(&mut random);
        let mut total = certain;
        for leaf in &open {
            let share = random.beta(mean * precision, (1.0 - mean) * precision);
            total += random.binomial(leaf.residents, share).clamp(leaf.low, leaf.high);
        }
        totals.push(total as f64);
    }
    Some(totals)
}

/// The posterior of (μ, κ) on a grid: μ at the middles of equal steps, ln κ from −5 to 10.
struct Posterior {
    cumulated: Vec<f64>,
}

const LOG_KAPPA: [f64; 2] = [-5.0, 10.0];

impl Posterior {
    fn new(counts: &[(u64, u64)]) -> Self {
        let mut logs = Vec::with_capacity(STEPS * STEPS);
        for cell in 0..STEPS * STEPS {
            let (mean, precision) = point(cell, 0.5, 0.5);
            let (a, b) = (mean * precision, (1.0 - mean) * precision);
            let constant = libm::lgamma(precision) - libm::lgamma(a) - libm::lgamma(b);
            let likelihood: f64 = counts
                .iter()
                .map(|(count, residents)| {
                    let (y, n) = (*count as f64, *residents as f64);
                    constant + libm::lgamma(y + a) + libm::lgamma(n - y + b)
                        - libm::lgamma(n + precision)
                })
                .sum();
            // The density of ln κ is κ p(κ).
            logs.push(likelihood + libm::log(precision) - 2.0 * libm::log1p(precision));
        }
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        let cumulated = logs
            .iter()
            .map(|log| {
                sum += libm::exp(log - top);
                sum
            })
            .collect();
        Self { cumulated }
    }

    /// A cell by its weight, and a point within it.
    fn draw(&self, random: &mut Random) -> (f64, f64) {
        let whole = self.cumulated.last().copied().unwrap_or(1.0);
        let at = random.uniform() * whole;
        let cell = self.cumulated.partition_point(|sum| *sum < at).min(STEPS * STEPS - 1);
        point(cell, random.uniform(), random.uniform())
    }
}

/// μ and κ at a place within a cell of the grid.
fn point(cell: usize, across: f64, along: f64) -> (f64, f64) {
    let (row, column) = (cell / STEPS, cell % STEPS);
    let mean = (row as f64 + across) / STEPS as f64;
    let [least, most] = LOG_KAPPA;
    let log = least + (most - least) * (column as f64 + along) / STEPS as f64;
    (mean, libm::exp(log))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixty places, a third of which report; the share of replicates whose interval holds the truth.
    fn coverage_of_intervals(reports: impl Fn(&mut Random, f64) -> bool) -> f64 {
        let mut held = 0;
        let replicates = 100;
        for replicate in 0..replicates {
            let mut random = Random::new(20_261_122, replicate);
            let mut truth = 0;
            let mut leaves = Vec::new();
            for _ in 0..60 {
                let share = random.beta(3.0, 5.0);
                let count = random.binomial(2000, share);
                truth += count;
                let (low, high) =
                    if reports(&mut random, share) { (count, count) } else { (0, 2000) };
                leaves.push(Leaf { residents: 2000, low, high });
            }
            let pooling = Pooling { reporting_assumption: "simulated".to_owned(), seed: replicate };
            let Some(pooled) = pool(&leaves, &pooling) else { continue };
            let inside = pooled.quantiles["0.025"] <= truth as f64
                && truth as f64 <= pooled.quantiles["0.975"];
            held += u32::from(inside);
        }
        f64::from(held) / replicates as f64
    }

    #[test]
    fn intervals_hold_the_truth_where_reporting_is_random_and_only_there() {
        let random = coverage_of_intervals(|random, _| random.uniform() < 0.33);
        assert!((0.89..=1.0).contains(&random), "{random}");
        let seeking =
            coverage_of_intervals(|random, share| random.uniform() < 1.6 * share * share + 0.1);
        assert!(seeking < 0.5, "{seeking}");
    }

    #[test]
    fn two_known_places_are_too_few() {
        let known = Leaf { residents: 100, low: 5, high: 5 };
        let pooling = Pooling { reporting_assumption: "none".to_owned(), seed: 0 };
        assert!(pool(&[known, known], &pooling).is_none());
    }
}
