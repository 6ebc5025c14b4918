//! Averaging over decomposable graphs (Madigan & York 1997, *Bayesian methods for estimation of the
//! size of a closed population*).
//!
//! With a hyper-Dirichlet prior of δ in each cell, the marginal likelihood of a graph G and n₀ unseen
//! persons is a product over its cliques C and separators S. For such a set I, let D be the table
//! collapsed to its 2^|I| cells, with n₀ in the cell of none, and δ_I = δ · 2^(J−|I|):
//!
//! ```text
//! L_I(n₀)     = Σ ln Γ(D + δ_I) − 2^|I| ln Γ(δ_I)
//! score(G,n₀) = Σ_C L_C − Σ_S L_S + (#C − #S)[ln Γ(2^J δ) − ln Γ(N + 2^J δ)]
//!               + ln N! − ln n₀! + ln prior(N)
//! ```
//!
//! where #S counts separators that are not empty. Normalised over all graphs and all n₀ from 0 to
//! the cap, the scores are the posterior.

use super::graphs::{Graph, decomposable};
use super::lists::Lists;
use serde::Serialize;
use std::collections::BTreeMap;

/// The prior on N.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Prior {
    /// ∝ 1/N (Jeffreys).
    OneOverN,
    /// N is Poisson with a Gamma mean (Madigan & York 1997): shape a, scale b.
    GammaPoisson {
        /// Shape of the gamma.
        shape: f64,
        /// Scale of the gamma; the prior mean of N is shape · scale.
        scale: f64,
    },
}

impl Prior {
    /// ln of the prior of N, but for a constant.
    fn log(self, total: f64) -> f64 {
        match self {
            Self::OneOverN => -libm::log(total),
            Self::GammaPoisson { shape, scale } => {
                libm::lgamma(total + shape) - libm::lgamma(total + 1.0)
                    + total * libm::log(scale / (1.0 + scale))
            }
        }
    }
}

/// What a caller may choose.
#[derive(Clone, Debug, PartialEq)]
pub struct DgaOptions {
    /// Prior weight of each cell of the whole table; 2^−J is customary.
    pub delta: f64,
    /// The least and the greatest number of unseen persons that is looked at.
    pub unseen: [u64; 2],
    /// The prior on N.
    pub prior: Prior,
    /// Whether the graph without any independence takes part.
    pub with_saturated: bool,
}

/// A posterior of N by averaging over decomposable graphs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dga {
    /// Prior weight of each cell.
    pub delta: f64,
    /// The greatest number of unseen persons that was looked at.
    pub max_unseen: u64,
    /// Posterior mean of N.
    pub mean: f64,
    /// Most probable N.
    pub mode: u64,
    /// Smallest N with at least this much of the posterior at or below it.
    pub quantiles: BTreeMap<&'static str, u64>,
    /// Posterior weight of the graph without any independence; 0 where it took no part.
    pub saturated_weight: f64,
    /// Graphs with more than 0.1 % of the weight, the heaviest first.
    pub models: Vec<GraphWeight>,
    /// Posterior weight of the highest twentieth of the range of n₀: more than a trace means that
    /// the cap decides.
    pub weight_near_cap: f64,
    /// Posterior mean and standard deviation of ln n₀, by which linkages are joined.
    pub log_unseen: [f64; 2],
    /// The posterior in up to 200 steps from the least N with weight to the greatest: upper end of
    /// the step, and its weight.
    pub density: Vec<(u64, f64)>,
}

impl Dga {
    /// The posterior median of N.
    pub fn median(&self) -> u64 {
        self.quantiles.get("0.5").copied().unwrap_or_default()
    }
}

/// A graph and its weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GraphWeight {
    /// Its cliques, lists by their numbers from 1: `{12,13,24,45}`.
    pub graph: String,
    /// Its posterior weight.
    pub weight: f64,
}

/// The quantiles every posterior is reported with.
pub(super) const QUANTILES: [(&str, f64); 5] =
    [("0.025", 0.025), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.975", 0.975)];

/// The posterior of N; none but for three to five lists, a positive finite δ, and a range of unseen
/// numbers that is not empty.
///
/// # Example
/// Three lists of Madigan & York (1997), spina bifida in upstate New York, with their informative
/// prior; R's `dga` gives 682, 728 (mode) and 797.
/// ```
/// use witnessmark_estimate::overlap::{DgaOptions, Lists, Prior, average_graphs};
/// let lists = Lists::from_csv("a,b,c,count\n1,0,0,60\n0,1,0,49\n1,1,0,4\n0,0,1,247\n\
///     1,0,1,112\n0,1,1,142\n1,1,1,12\n")?;
/// let prior = Prior::GammaPoisson { shape: 13.14, scale: 55.17 };
/// let options = DgaOptions { delta: 1.0, unseen: [1, 300], prior, with_saturated: true };
/// let found = average_graphs(&lists, &options).ok_or("three to five lists")?;
/// assert!(found.mode.abs_diff(728) <= 1);
/// assert!(found.quantiles["0.025"].abs_diff(682) <= 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn average_graphs(lists: &Lists, options: &DgaOptions) -> Option<Dga> {
    let found = posterior(lists, options)?;
    Some(summary(lists, options, &found.graphs, &found.weights, &found.sums))
}

/// Unnormalised weights of graphs, and of numbers of unseen persons.
struct Posterior {
    graphs: Vec<Graph>,
    weights: Vec<f64>,
    sums: Vec<f64>,
}

/// The posterior probability that at most, and that fewer than, `unseen` persons were not seen.
pub(crate) fn share_up_to(lists: &Lists, options: &DgaOptions, unseen: u64) -> Option<[f64; 2]> {
    let found = posterior(lists, options)?;
    let whole: f64 = found.sums.iter().sum();
    let count = usize::try_from(unseen.checked_sub(options.unseen[0])?).ok()?;
    let below: f64 = found.sums.iter().take(count).sum();
    let own = found.sums.get(count).copied().unwrap_or_default();
    Some([(below + own) / whole, below / whole])
}

fn posterior(lists: &Lists, options: &DgaOptions) -> Option<Posterior> {
    let size = lists.len();
    let [first, last] = options.unseen;
    let is_sound = (3..=5).contains(&size) && options.delta > 0.0 && options.delta.is_finite();
    if !is_sound || last < first || last > MOST_UNSEEN {
        return None;
    }
    let tables = Tables::new(lists, options);
    let mut graphs = decomposable(size);
    graphs.retain(|graph| options.with_saturated || !graph.is_saturated());
    let mut tops = vec![f64::NEG_INFINITY; graphs.len()];
    let mut scores = [0.0; BLOCK];
    for start in (0..tables.range).step_by(BLOCK) {
        for (graph, top) in graphs.iter().zip(&mut tops) {
            let scores = tables.scores(graph, start, &mut scores);
            *top = scores.iter().fold(*top, |top, score| if *score > top { *score } else { top });
        }
    }
    let greatest = tops.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sums = vec![0.0; tables.range];
    let mut weights = vec![0.0; graphs.len()];
    for start in (0..tables.range).step_by(BLOCK) {
        for ((graph, top), weight) in graphs.iter().zip(&tops).zip(&mut weights) {
            if *top < greatest + NEGLIGIBLE {
                continue;
            }
            let scores = tables.scores(graph, start, &mut scores);
            for (score, sum) in scores.iter().zip(sums.iter_mut().skip(start)) {
                if *score > greatest + NEGLIGIBLE {
                    let mass = libm::exp(score - greatest);
                    *weight += mass;
                    *sum += mass;
                }
            }
        }
    }
    Some(Posterior { graphs, weights, sums })
}

/// Numbers of unseen persons that are looked at together, so that the tables stay in the cache.
const BLOCK: usize = 1024;

/// e^−45 of the best is beyond the last digit of any quantile, whatever the number of terms.
const NEGLIGIBLE: f64 = -45.0;

/// With five lists the tables of this many take half a gigabyte.
pub(super) const MOST_UNSEEN: u64 = 2_000_000;

/// L_I for every set of lists and every number of unseen persons.
struct Tables {
    range: usize,
    /// By the number of the set.
    by_set: Vec<Vec<f64>>,
    /// ln Γ(2^J δ) − ln Γ(N + 2^J δ).
    normaliser: Vec<f64>,
    /// ln N! − ln n₀! + ln prior(N).
    common: Vec<f64>,
}

impl Tables {
    fn new(lists: &Lists, options: &DgaOptions) -> Self {
        let size = lists.len();
        let [first, last] = options.unseen;
        let n = lists.total() as f64;
        let unseen: Vec<f64> = (first..=last).map(|unseen| unseen as f64).collect();
        let all_delta = options.delta * f64::from(1_u32 << size);
        let mut by_set = vec![Vec::new()];
        for set in 1_u32..1 << size {
            let inside = set.count_ones() as i32;
            let delta = options.delta * f64::from(1_u32 << (size as i32 - inside));
            let mut cells: BTreeMap<u32, u64> = BTreeMap::new();
            for (pattern, persons) in lists.patterns() {
                *cells.entry(pattern & set).or_default() += persons;
            }
            let none = cells.remove(&0).unwrap_or_default() as f64;
            let seen: f64 = cells.values().map(|d| libm::lgamma(*d as f64 + delta)).sum();
            let empty = f64::from(1_u32 << inside) - 1.0 - cells.len() as f64;
            let fixed = seen + empty * libm::lgamma(delta)
                - f64::from(1_u32 << inside) * libm::lgamma(delta);
            let values = unseen.iter().map(|u| fixed + log_gamma(none + u + delta));
            by_set.push(values.collect());
        }
        let normaliser =
            unseen.iter().map(|u| libm::lgamma(all_delta) - log_gamma(n + u + all_delta)).collect();
        let common = unseen
            .iter()
            .map(|u| log_gamma(n + u + 1.0) - log_gamma(u + 1.0) + options.prior.log(n + u))
            .collect();
        Self { range: unseen.len(), by_set, normaliser, common }
    }

    /// The scores of a graph from the number of unseen persons at `start`, one block of them.
    fn scores<'b>(&self, graph: &Graph, start: usize, block: &'b mut [f64; BLOCK]) -> &'b [f64] {
        let end = (start + BLOCK).min(self.range);
        let part = |values| slice(values, start, end);
        let times = graph.cliques.len() as f64 - graph.separators.len() as f64;
        let scores = block.get_mut(..end - start).unwrap_or_default();
        let fixed = part(&self.common).iter().zip(part(&self.normaliser));
        for (score, (common, normaliser)) in scores.iter_mut().zip(fixed) {
            *score = common + times * normaliser;
        }
        for values in graph.cliques.iter().filter_map(|set| self.by_set.get(*set as usize)) {
            scores.iter_mut().zip(part(values)).for_each(|(score, value)| *score += value);
        }
        for values in graph.separators.iter().filter_map(|set| self.by_set.get(*set as usize)) {
            scores.iter_mut().zip(part(values)).for_each(|(score, value)| *score -= value);
        }
        scores
    }
}

fn slice(values: &[f64], start: usize, end: usize) -> &[f64] {
    values.get(start..end).unwrap_or_default()
}

/// ln Γ, by Stirling's series where it is exact to the last digits and much faster.
fn log_gamma(x: f64) -> f64 {
    if x < 20.0 {
        return libm::lgamma(x);
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse
        * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0))));
    (x - 0.5) * libm::log(x) - x + 0.918_938_533_204_672_8 + series
}

fn summary(
    lists: &Lists,
    options: &DgaOptions,
    graphs: &[Graph],
    weights: &[f64],
    sums: &[f64],
) -> Dga {
    let n = lists.total();
    let [first, last] = options.unseen;
    let whole: f64 = sums.iter().sum();
    let at = |index: usize| n + first + index as u64;
    let mean = sums.iter().enumerate().map(|(i, mass)| at(i) as f64 * mass).sum::<f64>() / whole;
    let log = |index: usize| libm::log((first as f64 + index as f64).max(0.5));
    let log_mean = sums.iter().enumerate().map(|(i, mass)| log(i) * mass).sum::<f64>() / whole;
    let square = |i: usize| (log(i) - log_mean) * (log(i) - log_mean);
    let log_variance =
        sums.iter().enumerate().map(|(i, mass)| square(i) * mass).sum::<f64>() / whole;
    let mut mode = (0, 0.0);
    let mut cumulated = 0.0;
    let mut quantiles = BTreeMap::new();
    let mut wanted = QUANTILES.iter().peekable();
    for (index, mass) in sums.iter().enumerate() {
        if *mass > mode.1 {
            mode = (index, *mass);
        }
        cumulated += mass / whole;
        while let Some((name, _)) = wanted.next_if(|(_, share)| cumulated >= *share) {
            quantiles.insert(*name, at(index));
        }
    }
    for (name, _) in wanted {
        quantiles.insert(*name, n + last);
    }
    let near_cap = sums.len() - sums.len() / 20;
    let mut models = Vec::new();
    let mut saturated_weight = 0.0;
    for (graph, weight) in graphs.iter().zip(weights) {
        let weight = weight / whole;
        if graph.is_saturated() {
            saturated_weight = weight;
        }
        if weight > 0.001 {
            let mut cliques: Vec<String> =
                graph.cliques.iter().map(|clique| lists.term(*clique)).collect();
            cliques.sort();
            models.push(GraphWeight { graph: format!("{{{}}}", cliques.join(",")), weight });
        }
    }
    models.sort_by(|one, other| {
        other.weight.total_cmp(&one.weight).then_with(|| one.graph.cmp(&other.graph))
    });
    let is_heavy = |mass: &f64| *mass > 1e-6 * whole / sums.len() as f64;
    let from = sums.iter().position(is_heavy).unwrap_or_default();
    let to = sums.iter().rposition(is_heavy).unwrap_or_default() + 1;
    let step = (to - from).div_ceil(200).max(1);
    let heavy = sums.get(from..to).unwrap_or_default().chunks(step).enumerate();
    let density = heavy
        .map(|(number, part)| {
            let end = from + number * step + part.len() - 1;
            (at(end), part.iter().sum::<f64>() / whole)
        })
        .collect();
    Dga {
        log_unseen: [log_mean, log_variance.sqrt()],
        density,
        delta: options.delta,
        max_unseen: last,
        mean,
        mode: at(mode.0),
        quantiles,
        saturated_weight,
        models,
        weight_near_cap: sums.iter().skip(near_cap).sum::<f64>() / whole,
    }
}
