//! Latent classes with a stick-breaking prior, by Gibbs sampling (Manrique-Vallier 2016, *Bayesian
//! population size estimation using Dirichlet process mixtures*, Biometrics 72; the blocked sampler
//! of Ishwaran & James 2001).
//!
//! Everyone belongs to one of K classes, within which lists are independent: a person of class k is
//! on list j with chance λ_jk. One round draws, in turn,
//!
//! ```text
//! the persons of each pattern x over classes   multinomial ∝ ν_k Π λ_jk^x_j (1 − λ_jk)^(1−x_j)
//! n₀ ~ NegBin(n, 1 − ρ),  ρ = Σ ν_k Π (1 − λ_jk);  the unseen over classes ∝ ν_k Π (1 − λ_jk)
//! λ_jk ~ Beta(1 + on j in k, 1 + not on j in k)
//! V_k  ~ Beta(1 + n_k, α + n_{>k}),  ν_k = V_k Π_{h<k} (1 − V_h)
//! α    ~ Gamma(a + K − 1, b − ln ν_K)
//! ```
//!
//! and, with V integrated out, proposes to exchange the labels of neighbours, which is accepted with
//! chance min(1, (α + n_{>k+1} + n_{k+1})/(α + n_{>k+1} + n_k)) (after Papaspiliopoulos & Roberts
//! 2008). Without it a chain can stay for ever where a
//! large class has a late label, which the prior all but excludes.

use super::dga::QUANTILES;
use super::lists::Lists;
use crate::quantile;
use crate::random::Random;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a caller may choose.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentClassOptions {
    /// K, the most classes there can be: 1 to 100.
    pub classes: usize,
    /// Shape and rate of the gamma prior of α.
    pub alpha_prior: [f64; 2],
    /// Seed; chain c draws from stream c.
    pub seed: u64,
    /// How many chains: 2 to 64.
    pub chains: usize,
    /// Rounds of each chain that are thrown away.
    pub burn_in: u64,
    /// Draws kept of each chain, at least 4.
    pub samples: usize,
    /// Rounds from one kept draw to the next, at least 1.
    pub thin: u64,
    /// How often the chains may be made twice as long, while R̂ is above 1.05 or there are fewer than
    /// 400 effective draws, and R̂ is not above 1.2 (then twice the length would not help). Of longer
    /// chains every second draw is kept, and so on.
    pub most_doublings: u32,
}

impl Default for LatentClassOptions {
    fn default() -> Self {
        Self {
            classes: 10,
            alpha_prior: [0.25, 0.25],
            seed: 0,
            chains: 4,
            burn_in: 50_000,
            samples: 1000,
            thin: 200,
            most_doublings: 2,
        }
    }
}

/// A posterior of N from latent classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatentClasses {
    /// Quantiles of N over the draws of all chains.
    pub quantiles: BTreeMap<&'static str, f64>,
    /// Mean of N.
    pub mean: f64,
    /// R̂ of ln n₀ over split chains (Gelman et al. 2013, *Bayesian Data Analysis*, ch. 11).
    pub rhat: f64,
    /// Effective number of draws of ln n₀ (Geyer 1992; Vehtari et al. 2021).
    pub ess: f64,
    /// Mean and standard deviation of ln n₀, by which linkages are joined.
    pub log_unseen: [f64; 2],
    /// K.
    pub classes: usize,
    /// Mean weight of the last class: where it is not small, K cuts the posterior off.
    pub last_class_weight: f64,
    /// How many chains, and how many draws of each.
    pub chains: [usize; 2],
    /// Rounds of each chain after those that were thrown away.
    pub rounds: u64,
}

impl LatentClasses {
    /// The posterior median of N.
    pub fn median(&self) -> f64 {
        self.quantiles.get("0.5").copied().unwrap_or(f64::NAN)
    }
}

/// What R̂ may be at most, and how many effective draws there must be at least.
pub(super) const MOST_RHAT: f64 = 1.05;
pub(super) const LEAST_ESS: f64 = 400.0;
/// Above this R̂, chains of twice the length would not agree either.
const HOPELESS_RHAT: f64 = 1.2;

/// One chain: N after every kept round.
pub(crate) struct Chain {
    sampler: Sampler,
    pub(crate) draws: Vec<f64>,
    /// Sum of the weights of the last class over the kept draws, and how many those are.
    last_class: (f64, usize),
    thin: u64,
}

impl Chain {
    fn draw(&mut self, samples: usize) {
        for _ in 0..samples {
            for _ in 0..self.thin {
                self.sampler.round(false);
            }
            self.draws.push(self.sampler.n + self.sampler.unseen);
            self.last_class.0 += self.sampler.weights.last().copied().unwrap_or_default();
            self.last_class.1 += 1;
        }
    }

    /// Makes the chain twice as long and keeps every second draw.
    fn double(&mut self) {
        self.draw(self.draws.len());
        let mut number = 0;
        self.draws.retain(|_| {
            number += 1;
            number % 2 == 0
        });
        self.thin *= 2;
    }
}

/// Runs the chains, each on a thread of its own, and joins them; none where the options are out of
/// range. Chain c draws from stream c of the seed, so that threads change nothing.
///
/// # Example
/// Three lists that are independent within one class of 8,000 persons, half of them on each list:
/// ```
/// use witnessmark_estimate::overlap::{LatentClassOptions, Lists, latent_classes};
/// let lists = Lists::from_csv("a,b,c,count\n1,0,0,1000\n0,1,0,1000\n1,1,0,1000\n0,0,1,1000\n\
///     1,0,1,1000\n0,1,1,1000\n1,1,1,1000\n")?;
/// let options =
///     LatentClassOptions { burn_in: 500, samples: 200, thin: 5, ..LatentClassOptions::default() };
/// let found = latent_classes(&lists, &options).ok_or("options out of range")?;
/// assert!((7_800.0..8_400.0).contains(&found.median()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn latent_classes(lists: &Lists, options: &LatentClassOptions) -> Option<LatentClasses> {
    if !(2..=64).contains(&options.chains) {
        return None;
    }
    let chains: Option<Vec<Chain>> = std::thread::scope(|scope| {
        let run = |chain| scope.spawn(move || run_chain(lists, options, chain));
        let threads: Vec<_> = (0..options.chains).map(run).collect();
        threads.into_iter().map(|thread| thread.join().ok().flatten()).collect()
    });
    let mut chains = chains?;
    for _ in 0..options.most_doublings {
        let found = join_chains(lists, options, &chains);
        let is_enough = found.rhat <= MOST_RHAT && found.ess >= LEAST_ESS;
        if is_enough || found.rhat > HOPELESS_RHAT {
            return Some(found);
        }
        std::thread::scope(|scope| {
            for chain in &mut chains {
                scope.spawn(|| chain.double());
            }
        });
    }
    Some(join_chains(lists, options, &chains))
}

/// Runs the chain with this number.
pub(crate) fn run_chain(
    lists: &Lists,
    options: &LatentClassOptions,
    chain: usize,
) -> Option<Chain> {
    let [shape, rate] = options.alpha_prior;
    let is_sound = (1..=100).contains(&options.classes)
        && options.samples >= 4
        && options.thin >= 1
        && shape > 0.0
        && rate > 0.0;
    if !is_sound {
        return None;
    }
    let mut sampler = Sampler::new(lists, options, chain as u64);
    for round in 0..options.burn_in {
        // A start in which a large class has the last label can last beyond any burn-in, so its first
        // half sorts labels.
        sampler.round(round < options.burn_in / 2);
    }
    let draws = Vec::with_capacity(options.samples);
    let mut chain = Chain { sampler, draws, last_class: (0.0, 0), thin: options.thin };
    chain.draw(options.samples);
    Some(chain)
}

fn join_chains(lists: &Lists, options: &LatentClassOptions, chains: &[Chain]) -> LatentClasses {
    let mut all: Vec<f64> = chains.iter().flat_map(|chain| chain.draws.iter().copied()).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    all.sort_by(f64::total_cmp);
    let quantiles =
        QUANTILES.iter().map(|(name, share)| (*name, quantile::of_sorted(&all, *share))).collect();
    let n = lists.total() as f64;
    let logs: Vec<Vec<f64>> = chains
        .iter()
        .map(|chain| chain.draws.iter().map(|total| libm::log(total - n + 0.5)).collect())
        .collect();
    let (rhat, ess) = convergence(&logs);
    let count = all.len() as f64;
    let log_mean = logs.iter().flatten().sum::<f64>() / count;
    let square = |log: &f64| (log - log_mean) * (log - log_mean);
    let log_variance = logs.iter().flatten().map(square).sum::<f64>() / count;
    let weight = |chain: &Chain| chain.last_class.0 / chain.last_class.1.max(1) as f64;
    let weight = chains.iter().map(weight).sum::<f64>();
    let thin = chains.first().map_or(options.thin, |chain| chain.thin);
    LatentClasses {
        quantiles,
        mean,
        rhat,
        ess,
        log_unseen: [log_mean, log_variance.sqrt()],
        classes: options.classes,
        last_class_weight: weight / chains.len() as f64,
        chains: [chains.len(), options.samples],
        rounds: thin * options.samples as u64,
    }
}

struct Sampler {
    random: Random,
    patterns: Vec<(u32, u64)>,
    lists: usize,
    prior: [f64; 2],
    n: f64,
    unseen: f64,
    weights: Vec<f64>,
    /// λ_jk at list · classes + class.
    chances: Vec<f64>,
    alpha: f64,
    /// ν_k Π (1 − λ_jk), and λ_jk/(1 − λ_jk) beside the chances.
    missed: Vec<f64>,
    odds: Vec<f64>,
    shares: Vec<f64>,
    members: Vec<u64>,
    on: Vec<u64>,
}

impl Sampler {
    fn new(lists: &Lists, options: &LatentClassOptions, chain: u64) -> Self {
        let mut random = Random::new(options.seed, chain);
        let (classes, size) = (options.classes, lists.len());
        let chances: Vec<f64> = (0..size * classes).map(|_| random.beta(1.0, 1.0)).collect();
        Self {
            random,
            patterns: lists.patterns().collect(),
            lists: size,
            prior: options.alpha_prior,
            n: lists.total() as f64,
            unseen: 0.0,
            // Each class half of the one before: a chain merges classes sooner than it finds that it
            // needs more, and equal classes of one kind merge only slowly.
            weights: (1..=classes).map(|class| libm::exp2(-(class.min(60) as f64))).collect(),
            chances,
            alpha: 1.0,
            missed: vec![0.0; classes],
            odds: vec![0.0; size * classes],
            shares: vec![0.0; classes],
            members: vec![0; classes],
            on: vec![0; size * classes],
        }
    }

    fn round(&mut self, is_sorted: bool) {
        let classes = self.weights.len();
        self.missed.copy_from_slice(&self.weights);
        for (row, odds) in
            self.chances.chunks_exact(classes).zip(self.odds.chunks_exact_mut(classes))
        {
            for ((missed, chance), odds) in self.missed.iter_mut().zip(row).zip(odds) {
                let rest = 1.0 - chance;
                *missed *= rest;
                *odds = chance / rest;
            }
        }
        self.members.fill(0);
        self.on.fill(0);
        for (pattern, persons) in &self.patterns {
            self.shares.copy_from_slice(&self.missed);
            for (list, odds) in self.odds.chunks_exact(classes).enumerate() {
                if pattern >> list & 1 == 1 {
                    for (share, odds) in self.shares.iter_mut().zip(odds) {
                        *share *= odds;
                    }
                }
            }
            let on = &mut self.on;
            let members = &mut self.members;
            split(&mut self.random, *persons, &self.shares, |class, part| {
                if let Some(count) = members.get_mut(class) {
                    *count += part;
                }
                for list in 0..self.lists {
                    if pattern >> list & 1 == 1
                        && let Some(count) = on.get_mut(list * classes + class)
                    {
                        *count += part;
                    }
                }
            });
        }
        // n₀ ~ NegBin(n, 1 − ρ) as a Poisson with a gamma mean.
        let missed = self.missed.iter().sum::<f64>().min(1.0 - 1e-9);
        let mean = self.random.gamma(self.n) * missed / (1.0 - missed);
        let unseen = self.random.poisson(mean);
        self.unseen = unseen as f64;
        let members = &mut self.members;
        split(&mut self.random, unseen, &self.missed, |class, part| {
            if let Some(count) = members.get_mut(class) {
                *count += part;
            }
        });
        if is_sorted {
            self.sort_labels();
        } else {
            self.exchange_labels();
        }
        for (chances, on) in
            self.chances.chunks_exact_mut(classes).zip(self.on.chunks_exact(classes))
        {
            for ((chance, on), members) in chances.iter_mut().zip(on).zip(&self.members) {
                let (yes, no) = (*on as f64, (members - on) as f64);
                let drawn = self.random.beta(1.0 + yes, 1.0 + no);
                *chance = drawn.clamp(1e-12, 1.0 - 1e-12);
            }
        }
        self.break_stick();
    }

    /// Gives large classes the early labels.
    fn sort_labels(&mut self) {
        let classes = self.members.len();
        let mut order: Vec<usize> = (0..classes).collect();
        order.sort_by_key(|class| std::cmp::Reverse(self.members.get(*class).copied()));
        for row in
            self.on.chunks_exact_mut(classes).chain(std::iter::once(self.members.as_mut_slice()))
        {
            let sorted: Vec<u64> =
                order.iter().map(|class| row.get(*class).copied().unwrap_or_default()).collect();
            row.copy_from_slice(&sorted);
        }
    }

    /// Proposes to exchange each two neighbours, from the last to the first. A class takes its
    /// members, and with them the λ that is drawn next, to its new label.
    fn exchange_labels(&mut self) {
        let classes = self.members.len();
        let mut behind = 0.0;
        for second in (1..classes).rev() {
            let first = second - 1;
            let count = |index: usize| self.members.get(index).copied().unwrap_or_default() as f64;
            let (a, b) = (count(first), count(second));
            let is_accepted = if a == b {
                false
            } else if second + 1 == classes {
                let of = |x: f64, y: f64| libm::lgamma(1.0 + x) + libm::lgamma(self.alpha + y);
                libm::log(self.random.uniform()) < of(b, a) - of(a, b)
            } else {
                let above = self.alpha + behind;
                self.random.uniform() * (above + a) < above + b
            };
            if is_accepted {
                self.members.swap(first, second);
                for row in self.on.chunks_exact_mut(classes) {
                    row.swap(first, second);
                }
            }
            behind += if is_accepted { a } else { b };
        }
    }

    fn break_stick(&mut self) {
        let classes = self.weights.len();
        let mut above: u64 = self.members.iter().sum();
        let mut rest = 1.0;
        let mut log_rest = 0.0;
        for (class, (weight, members)) in self.weights.iter_mut().zip(&self.members).enumerate() {
            above -= members;
            if class + 1 == classes {
                *weight = rest;
                break;
            }
            let share = self.random.beta(1.0 + *members as f64, self.alpha + above as f64);
            let share = share.min(1.0 - 1e-15);
            *weight = rest * share;
            rest *= 1.0 - share;
            log_rest += libm::log1p(-share);
        }
        let [shape, rate] = self.prior;
        self.alpha = self.random.gamma(shape + classes as f64 - 1.0) / (rate - log_rest);
        self.alpha = self.alpha.max(1e-8);
    }
}

/// Splits persons over classes, multinomially, one binomial after the other.
fn split(random: &mut Random, persons: u64, shares: &[f64], mut put: impl FnMut(usize, u64)) {
    let mut left = persons;
    let mut rest: f64 = shares.iter().sum();
    let last = shares.len() - 1;
    for (class, share) in shares.iter().enumerate() {
        if left == 0 {
            return;
        }
        let part = if class == last || rest <= *share {
            left
        } else {
            random.binomial(left, share / rest)
        };
        if part > 0 {
            put(class, part);
            left -= part;
        }
        rest -= share;
    }
}

/// Split R̂ and the effective number of draws of several chains of one length.
fn convergence(chains: &[Vec<f64>]) -> (f64, f64) {
    let half = chains.first().map_or(0, |chain| chain.len() / 2);
    let halves: Vec<&[f64]> =
        chains.iter().flat_map(|chain| chain.chunks_exact(half).take(2)).collect();
    let (m, length) = (halves.len() as f64, half as f64);
    let means: Vec<f64> = halves.iter().map(|half| half.iter().sum::<f64>() / length).collect();
    let grand = means.iter().sum::<f64>() / m;
    let between = means.iter().map(|mean| (mean - grand) * (mean - grand)).sum::<f64>() / (m - 1.0);
    let autocovariance = |lag: usize| -> f64 {
        let of = |(half, mean): (&&[f64], &f64)| {
            half.iter()
                .zip(half.iter().skip(lag))
                .map(|(x, y)| (x - mean) * (y - mean))
                .sum::<f64>()
        };
        halves.iter().zip(&means).map(of).sum::<f64>() / (m * length)
    };
    let within = autocovariance(0) * length / (length - 1.0);
    let total = within * (length - 1.0) / length + between;
    if within <= 0.0 {
        return (1.0, m * length);
    }
    let rhat = (total / within).sqrt();
    // Sums of neighbouring autocorrelations, as long as they are positive and fall.
    let mut time = -1.0;
    let mut least = f64::INFINITY;
    for lag in (0..half.saturating_sub(1)).step_by(2) {
        let rho = |lag: usize| 1.0 - (within - autocovariance(lag)) / total;
        let pair = (if lag == 0 { 1.0 } else { rho(lag) }) + rho(lag + 1);
        if pair <= 0.0 {
            break;
        }
        least = least.min(pair);
        time += 2.0 * least;
    }
    (rhat, (m * length / time.max(1.0 / libm::log10(m * length).max(1.0))).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_draws_are_worth_their_number() {
        let mut random = Random::new(5, 0);
        let chains: Vec<Vec<f64>> =
            (0..4).map(|_| (0..1000).map(|_| random.normal()).collect()).collect();
        let (rhat, ess) = convergence(&chains);
        assert!((rhat - 1.0).abs() < 0.01, "{rhat}");
        assert!((3000.0..5500.0).contains(&ess), "{ess}");
    }

    #[test]
    fn an_autoregression_is_worth_less() {
        // With ρ = 0.9 the effective share is (1 − ρ)/(1 + ρ) = 1/19.
        let mut random = Random::new(6, 0);
        let chains: Vec<Vec<f64>> = (0..4)
            .map(|_| {
                let mut x = 0.0;
                let step = |_| {
                    x = 0.9 * x + random.normal();
                    x
                };
                (0..5000).map(step).collect()
            })
            .collect();
        let (_, ess) = convergence(&chains);
        assert!((20_000.0 / 19.0 * 0.7..20_000.0 / 19.0 * 1.4).contains(&ess), "{ess}");
    }

    #[test]
    fn chains_apart_are_seen() {
        let chains = vec![vec![0.0, 0.1, -0.1, 0.05, 0.0, 0.1], vec![5.0, 5.1, 4.9, 5.0, 5.1, 5.0]];
        assert!(convergence(&chains).0 > 5.0);
    }
}
