//! Does the code do what the method says, and what does the method not see?
//!
//! Simulation-based calibration (Talts et al. 2018, *Validating Bayesian inference algorithms*): draw
//! parameters from the prior, data from the parameters, and a posterior from the data. The place of
//! the true value within its posterior is then uniform; if it is not, the code is wrong. It finds
//! errors of coding. It cannot find that a model is wrong about the world: [`misspecification`] and
//! [`reporting`] show how often intervals hold the truth when it is. The example `calibration_report`
//! runs all of it and writes `docs/calibration.md`.

use crate::coverage::{Leaf, predict};
use crate::overlap::{
    DgaOptions, Graph, LatentClassOptions, Lists, Prior, average_graphs, compare_models,
    decomposable, run_chain, share_up_to,
};
use crate::quantile;
use crate::random::Random;
use serde::Serialize;
use std::collections::BTreeMap;

/// How uniform the places of true values within their posteriors are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Uniformity {
    /// What was calibrated.
    pub method: &'static str,
    /// Replicates that were drawn.
    pub replicates: usize,
    /// How many true values fell into each twentieth of their posterior.
    pub bins: Vec<usize>,
    /// Σ (observed − expected)²/expected over the bins, with 19 degrees of freedom.
    pub chi_square: f64,
    /// The 99.9 % quantile of χ² with 19 degrees of freedom: above it, look for an error.
    pub chi_square_limit: f64,
    /// Greatest distance of the empirical distribution from the uniform one.
    pub ecdf_distance: f64,
    /// The distance that chance exceeds once in a thousand times (Kolmogorov): 1.95/√replicates.
    pub ecdf_limit: f64,
    /// The places themselves, from the least to the greatest.
    #[serde(skip)]
    pub places: Vec<f64>,
}

impl Uniformity {
    /// Whether both distances are within their limits.
    pub fn is_uniform(&self) -> bool {
        self.chi_square <= self.chi_square_limit && self.ecdf_distance <= self.ecdf_limit
    }

    fn of(method: &'static str, mut places: Vec<f64>) -> Self {
        let mut bins = vec![0; BINS];
        for place in &places {
            if let Some(bin) = bins.get_mut(((place * BINS as f64) as usize).min(BINS - 1)) {
                *bin += 1;
            }
        }
        let count = places.len() as f64;
        let expected = count / BINS as f64;
        let part = |bin: &usize| (*bin as f64 - expected) * (*bin as f64 - expected) / expected;
        let chi_square = bins.iter().map(part).sum();
        places.sort_by(f64::total_cmp);
        let distances = places.iter().enumerate().map(|(rank, place)| {
            (place - rank as f64 / count).abs().max((place - (rank as f64 + 1.0) / count).abs())
        });
        Self {
            method,
            replicates: places.len(),
            ecdf_distance: distances.fold(0.0, f64::max),
            ecdf_limit: 1.95 / count.sqrt(),
            bins,
            chi_square,
            chi_square_limit: 43.82,
            places,
        }
    }
}

const BINS: usize = 20;

/// The place of `truth` among draws, ties broken by chance.
fn place_among(draws: &[f64], truth: f64, random: &mut Random) -> f64 {
    let below = draws.iter().filter(|draw| **draw < truth).count() as f64;
    let equal = draws.iter().filter(|draw| **draw == truth).count() as f64;
    (below + random.uniform() * (equal + 1.0)) / (draws.len() as f64 + 1.0)
}

/// Calibrates partial pooling of places: 25 places of 200 to 5,000 residents, eight of them known.
pub fn calibrate_pooling(replicates: u64, seed: u64) -> Uniformity {
    let mut places = Vec::new();
    for replicate in 0..replicates {
        let mut random = Random::new(seed, replicate);
        let mean = random.uniform();
        // κ/(1 + κ) is uniform under p(κ) ∝ (1 + κ)⁻², here within the grid.
        let precision = loop {
            let share = random.uniform();
            let precision = share / (1.0 - share);
            if (0.0068..22_000.0).contains(&precision) {
                break precision;
            }
        };
        let mut truth = 0;
        let mut leaves = Vec::new();
        for number in 0..25 {
            let residents = 200 + random.below(4800) as u64;
            let share = random.beta(mean * precision, (1.0 - mean) * precision);
            let count = random.binomial(residents, share);
            truth += count;
            let (low, high) = if number < 8 { (count, count) } else { (0, residents) };
            leaves.push(Leaf { residents, low, high });
        }
        if let Some(draws) = predict(&leaves, seed.wrapping_add(replicate), 199) {
            places.push(place_among(&draws, truth as f64, &mut random));
        }
    }
    Uniformity::of("partial pooling", places)
}

/// Calibrates averaging over decomposable graphs: three lists, δ = 1, N from a gamma–Poisson law of
/// mean 260.
pub fn calibrate_graphs(replicates: u64, seed: u64) -> Uniformity {
    let (shape, scale) = (13.0, 20.0);
    let graphs = decomposable(3);
    let mut places = Vec::new();
    for replicate in 0..replicates {
        let mut random = Random::new(seed, replicate);
        let mean = random.gamma(shape) * scale;
        let total = random.poisson(mean);
        let Some(graph) = graphs.get(random.below(graphs.len())) else { continue };
        let chances = hyper_dirichlet(graph, 3, 1.0, &mut random);
        let lists = draw_lists(3, total, &chances, &mut random);
        let unseen = total - lists.documented().persons();
        let prior = Prior::GammaPoisson { shape, scale };
        let options = DgaOptions { delta: 1.0, unseen: [0, 1500], prior, with_saturated: true };
        if let Some([up_to, below]) = share_up_to(&lists, &options, unseen) {
            places.push(below + random.uniform() * (up_to - below));
        }
    }
    Uniformity::of("decomposable graphs", places)
}

/// Calibrates latent classes: three lists, three classes, N from 100 to 1,000 with p(N) ∝ 1/N.
pub fn calibrate_latent_classes(replicates: u64, seed: u64) -> Uniformity {
    let classes = 3;
    let mut places = Vec::new();
    for replicate in 0..replicates {
        let mut random = Random::new(seed, replicate);
        let total = libm::exp(libm::log(100.0) + random.uniform() * libm::log(10.0)) as u64;
        let alpha = (random.gamma(2.0) / 2.0).max(1e-8);
        let mut rest = 1.0;
        let mut chances = vec![0.0; 8];
        for class in 0..classes {
            let share = if class + 1 == classes { 1.0 } else { random.beta(1.0, alpha) };
            let weight = rest * share;
            rest -= weight;
            let on: Vec<f64> = (0..3).map(|_| random.beta(1.0, 1.0)).collect();
            for (pattern, chance) in chances.iter_mut().enumerate() {
                let of = |(list, on): (usize, &f64)| {
                    if pattern >> list & 1 == 1 { *on } else { 1.0 - on }
                };
                *chance += weight * on.iter().enumerate().map(of).product::<f64>();
            }
        }
        let lists = draw_lists(3, total, &chances, &mut random);
        if lists.documented().persons() == 0 {
            continue;
        }
        let options = LatentClassOptions {
            classes,
            alpha_prior: [2.0, 2.0],
            seed: seed.wrapping_add(replicate),
            chains: 2,
            burn_in: 2000,
            samples: 200,
            thin: 100,
            most_doublings: 0,
        };
        let Some(chain) = run_chain(&lists, &options, 0) else { continue };
        // Under the prior cut to 100..1,000 the posterior is the same, cut.
        let within: Vec<f64> =
            chain.draws.into_iter().filter(|draw| (100.0..1000.0).contains(draw)).collect();
        places.push(place_among(&within, total as f64, &mut random));
    }
    Uniformity::of("latent classes", places)
}

/// Chances of all patterns under a graph: the first clique from a Dirichlet law, each next one given
/// what it shares with those before (Dawid & Lauritzen 1993).
fn hyper_dirichlet(graph: &Graph, lists: u32, delta: f64, random: &mut Random) -> Vec<f64> {
    let mut chances = vec![1.0; 1 << lists];
    let mut covered = 0_u32;
    let mut left = graph.cliques.clone();
    while !left.is_empty() {
        let overlap = |clique: &u32| (clique & covered).count_ones();
        let next = (0..left.len()).max_by_key(|at| left.get(*at).map(overlap)).unwrap_or_default();
        let clique = left.remove(next);
        let shared = clique & covered;
        let own = delta * f64::from(1_u32 << (lists - clique.count_ones()));
        let mut cells: BTreeMap<u32, f64> = BTreeMap::new();
        let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
        for pattern in 0..1_u32 << lists {
            cells.entry(pattern & clique).or_insert_with(|| random.gamma(own));
        }
        for (cell, weight) in &cells {
            *sums.entry(cell & shared).or_default() += weight;
        }
        for (pattern, chance) in (0..).zip(chances.iter_mut()) {
            let weight = cells.get(&(pattern & clique)).copied().unwrap_or_default();
            *chance *= weight / sums.get(&(pattern & shared)).copied().unwrap_or(1.0);
        }
        covered |= clique;
    }
    chances
}

/// Persons by pattern, each on its own; those on no list are lost.
fn draw_lists(lists: usize, total: u64, chances: &[f64], random: &mut Random) -> Lists {
    let mut counts = BTreeMap::new();
    let mut left = total;
    let mut rest: f64 = chances.iter().sum();
    for (pattern, chance) in (0_u32..).zip(chances) {
        let part = if rest <= *chance { left } else { random.binomial(left, chance / rest) };
        counts.insert(pattern, part);
        left -= part;
        rest -= chance;
    }
    Lists::simulated(lists, counts)
}

/// How the world departs from what methods take for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Departure {
    /// Not at all: four lists, independent, each with 30 to 45 % of the persons.
    None,
    /// Who is on the first list is sent to the second half of the time.
    Referral,
    /// One half of the persons is on each list with 60 %, the other with 15 %.
    TwoClasses,
    /// 30 % of the persons can be on no list.
    Unreachable,
}

/// How often the 95 % intervals of a method held the truth, and where its median estimate lay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Misspecification {
    /// What was wrong with the world.
    pub departure: Departure,
    /// The method.
    pub method: &'static str,
    /// Replicates in which the method gave an interval.
    pub replicates: usize,
    /// Share of them whose interval held the truth.
    pub held: f64,
    /// Standard error of that share, √(p(1 − p)/replicates).
    pub held_error: f64,
    /// Median over replicates of the point estimate, where the truth is 2,000.
    pub median: f64,
    /// Medians over replicates of the lower and of the upper end.
    pub ends: [f64; 2],
}

/// Why places report in the simulation of [`reporting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reporting {
    /// Each with a chance of one third, whatever its share.
    Random,
    /// With chance 0.05 + 1.6 share²: those that have much to show.
    PublicitySeeking,
}

/// How often the 95 % interval of partial pooling held the true total.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PoolingCoverage {
    /// Why places reported.
    pub reporting: Reporting,
    /// Replicates in which enough places reported.
    pub replicates: usize,
    /// Share of them whose interval held the truth.
    pub held: f64,
    /// Standard error of that share.
    pub held_error: f64,
    /// Median over replicates of (median total)/(true total).
    pub ratio: f64,
}

/// Partial pooling where reporting is random, and where it is not: sixty places of 2,000 residents,
/// with shares from Beta(3, 5), of which some report their count and the others are predicted.
pub fn reporting(replicates: u64, seed: u64) -> Vec<PoolingCoverage> {
    let of = |reporting: Reporting| {
        let mut held = 0_u32;
        let mut ratios = Vec::new();
        for replicate in 0..replicates {
            let mut random = Random::new(seed, replicate);
            let mut truth = 0;
            let mut leaves = Vec::new();
            for _ in 0..60 {
                let share = random.beta(3.0, 5.0);
                let count = random.binomial(2000, share);
                truth += count;
                let chance = match reporting {
                    Reporting::Random => 1.0 / 3.0,
                    Reporting::PublicitySeeking => 0.05 + 1.6 * share * share,
                };
                let reports = random.uniform() < chance;
                let (low, high) = if reports { (count, count) } else { (0, 2000) };
                leaves.push(Leaf { residents: 2000, low, high });
            }
            let draws = predict(&leaves, seed.wrapping_add(replicate), 1000);
            let Some(mut draws) = draws else { continue };
            draws.sort_by(f64::total_cmp);
            let at = |share| quantile::of_sorted(&draws, share);
            held += u32::from(at(0.025) <= truth as f64 && truth as f64 <= at(0.975));
            ratios.push(at(0.5) / truth as f64);
        }
        ratios.sort_by(f64::total_cmp);
        let count = ratios.len() as f64;
        let held = f64::from(held) / count;
        PoolingCoverage {
            reporting,
            replicates: ratios.len(),
            held,
            held_error: (held * (1.0 - held) / count).sqrt(),
            ratio: quantile::of_sorted(&ratios, 0.5),
        }
    };
    [Reporting::Random, Reporting::PublicitySeeking].map(of).into()
}

/// Simulates 2,000 persons on four lists under each departure, and estimates them by the best
/// log-linear model, by decomposable graphs (δ = 1/16, p(N) ∝ 1/N) and by one chain of latent classes
/// (K = 10, 2,000 rounds thrown away, 500 draws kept of 10,000).
pub fn misspecification(replicates: u64, seed: u64) -> Vec<Misspecification> {
    let departures =
        [Departure::None, Departure::Referral, Departure::TwoClasses, Departure::Unreachable];
    let mut table = Vec::new();
    for (number, departure) in (0_u64..).zip(departures) {
        let mut methods: BTreeMap<&'static str, Vec<[f64; 3]>> = BTreeMap::new();
        for replicate in 0..replicates {
            let mut random = Random::new(seed.wrapping_add(number), replicate);
            let lists = world(departure, &mut random);
            for (method, interval) in intervals(&lists, seed.wrapping_add(replicate)) {
                methods.entry(method).or_default().push(interval);
            }
        }
        for (method, intervals) in methods {
            let count = intervals.len() as f64;
            let held = intervals.iter().filter(|[low, _, high]| *low <= TRUTH && TRUTH <= *high);
            let held = held.count() as f64 / count;
            let [low, median, high] = [0, 1, 2].map(|end: usize| {
                let mut values: Vec<f64> =
                    intervals.iter().filter_map(|one| one.get(end)).copied().collect();
                values.sort_by(f64::total_cmp);
                quantile::of_sorted(&values, 0.5)
            });
            table.push(Misspecification {
                departure,
                method,
                replicates: intervals.len(),
                held,
                held_error: (held * (1.0 - held) / count).sqrt(),
                median,
                ends: [low, high],
            });
        }
    }
    table
}

/// Lower end, point and upper end of each method that gives them.
fn intervals(lists: &Lists, seed: u64) -> Vec<(&'static str, [f64; 3])> {
    let mut found = Vec::new();
    let models = compare_models(lists).models;
    if let Some((best, [low, high])) = models.first().and_then(|m| Some((m, m.profile_ci95?))) {
        found.push(("log-linear, best BIC", [low, best.n_hat, high]));
    }
    let options = DgaOptions {
        delta: 1.0 / 16.0,
        unseen: [1, 4000],
        prior: Prior::OneOverN,
        with_saturated: true,
    };
    if let Some(dga) = average_graphs(lists, &options) {
        let at = |name: &str| dga.quantiles.get(name).copied().unwrap_or_default() as f64;
        found.push(("decomposable graphs", [at("0.025"), at("0.5"), at("0.975")]));
    }
    let short = LatentClassOptions {
        seed,
        burn_in: 2000,
        samples: 500,
        thin: 20,
        ..LatentClassOptions::default()
    };
    if let Some(mut chain) = run_chain(lists, &short, 0) {
        chain.draws.sort_by(f64::total_cmp);
        let at = |share| quantile::of_sorted(&chain.draws, share);
        found.push(("latent classes", [at(0.025), at(0.5), at(0.975)]));
    }
    found
}

const TRUTH: f64 = 2000.0;

fn world(departure: Departure, random: &mut Random) -> Lists {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for person in 0..2000 {
        let base = match departure {
            Departure::TwoClasses if person % 2 == 0 => [0.6; 4],
            Departure::TwoClasses => [0.15; 4],
            Departure::Unreachable if person % 10 < 3 => [0.0; 4],
            _ => [0.3, 0.35, 0.4, 0.45],
        };
        let mut pattern = 0_u32;
        for (list, chance) in base.into_iter().enumerate() {
            let is_sent = departure == Departure::Referral && list == 1 && pattern & 1 == 1;
            let is_on = random.uniform() < chance || (is_sent && random.uniform() < 0.5);
            pattern |= u32::from(is_on) << list;
        }
        *counts.entry(pattern).or_default() += 1;
    }
    Lists::simulated(4, counts)
}
