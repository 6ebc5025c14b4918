//! All methods on one set of lists, and what may be said.

use super::closed::{Chao, ChapmanPair, chao, chapman};
use super::dga::{Dga, DgaOptions, MOST_UNSEEN, Prior, average_graphs};
use super::latent::{LatentClassOptions, LatentClasses, latent_classes};
use super::lists::Lists;
use super::loglinear::{LogLinear, MOST_STEPWISE, compare_models};
use super::replicates::Combined;
use super::rules;
use crate::answer::{Answer, Documented};
use serde::Serialize;
use std::str::FromStr;

/// Which methods to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Every method that the lists allow.
    Auto,
    /// Log-linear models.
    LogLinear,
    /// Averaging over decomposable graphs; three to five lists.
    Dga,
    /// Latent classes.
    LatentClass,
    /// Pairs of lists, as an illustration; never an answer.
    Chapman,
    /// Chao's lower bound.
    Chao,
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "loglinear" => Ok(Self::LogLinear),
            "dga" => Ok(Self::Dga),
            "latent-class" => Ok(Self::LatentClass),
            "chapman" => Ok(Self::Chapman),
            "chao" => Ok(Self::Chao),
            _ => Err(format!(
                "{text:?} is none of auto, loglinear, dga, latent-class, chapman, chao"
            )),
        }
    }
}

/// What a caller may choose, and what the people who made the lists declare.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlapOptions {
    /// Which methods to run.
    pub method: Method,
    /// δ of [`average_graphs`]; 2^−J if none is given.
    pub delta: Option<f64>,
    /// The greatest number of unseen persons [`average_graphs`] looks at; if none is given, ten times
    /// the documented count, and more while the posterior comes near it.
    pub max_unseen: Option<u64>,
    /// Settings of [`latent_classes`], with its seed.
    pub latent: LatentClassOptions,
    /// The written statement on closure (nobody joins or leaves), reachability (everyone had a
    /// chance to be listed) and selection (why lists name whom they name).
    pub statement: Option<String>,
    /// A person reviewed which records were taken for one person.
    pub is_linkage_reviewed: bool,
    /// It is declared that no list was made from another, or from what another was made from.
    pub has_no_shared_origin: bool,
}

impl Default for OverlapOptions {
    fn default() -> Self {
        Self {
            method: Method::Auto,
            delta: None,
            max_unseen: None,
            latent: LatentClassOptions::default(),
            statement: None,
            is_linkage_reviewed: false,
            has_no_shared_origin: false,
        }
    }
}

/// A setting is out of its range: for the person who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} must be {range}")]
pub struct OverlapError {
    /// Which setting, as on the command line.
    pub setting: &'static str,
    /// What it may be.
    pub range: &'static str,
}

/// Everything that was computed on one set of lists.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// Everyone on at least one list, each once.
    pub documented: Documented,
    /// The names of the lists, in the order of their numbers.
    pub lists: Vec<String>,
    /// Persons on each list.
    pub list_sizes: Vec<u64>,
    /// What each method gives, in its own terms and with full precision.
    pub methods: Methods,
    /// How far the figures move when something is changed that should not matter.
    pub sensitivity: Sensitivity,
    /// What can be said.
    pub answer: Answer,
    /// Each of several linkages, and all joined; the methods then stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicates: Option<Replicates>,
    /// Each of several strata, and all added up; the methods then stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strata: Option<Strata>,
}

/// Several linkages of the same persons; see [`overlap_sheet`](super::overlap_sheet).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replicates {
    /// Least and greatest number of persons that a linkage makes of the records.
    pub documented: [Documented; 2],
    /// Each linkage by itself.
    pub linkages: Vec<LinkageOverlap>,
    /// The linkages joined, method by method.
    pub combined: Vec<Combination>,
    /// Set below ten linkages: the spread between them is then poorly known.
    pub warning: Option<String>,
}

/// One linkage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkageOverlap {
    /// Its name in the sheet.
    pub replicate: String,
    /// What was computed on it.
    #[serde(flatten)]
    pub found: Overlap,
}

/// One method over all linkages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Combination {
    /// The method.
    pub method: &'static str,
    /// Its estimates, joined on ln n₀.
    #[serde(flatten)]
    pub combined: Combined,
}

/// Several strata; see [`overlap_sheet`](super::overlap_sheet).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Strata {
    /// Each stratum by itself.
    pub each: Vec<StratumOverlap>,
    /// The estimates added up; none where a stratum has none.
    pub sum: Option<StratumSum>,
}

/// One stratum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StratumOverlap {
    /// Its name in the sheet.
    pub stratum: String,
    /// Lists that nobody of it is on; they took no part.
    pub lists_left_out: Vec<String>,
    /// What was computed on it.
    #[serde(flatten)]
    pub found: Overlap,
}

/// The estimates of strata added up, in whole persons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StratumSum {
    /// Sum of the points.
    pub point: u64,
    /// Sums of the lower and of the upper ends: for errors that go the same way in all strata.
    pub ends_added: [u64; 2],
    /// P ± √Σ(P_s − end_s)² (Zou & Donner 2008): for independent errors.
    pub if_independent: [u64; 2],
}

/// The methods; those that were not asked for, or that the lists do not allow, are none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Methods {
    /// Log-linear models.
    pub loglinear: Option<LogLinear>,
    /// Averaging over decomposable graphs.
    pub dga: Option<Dga>,
    /// Latent classes.
    pub latent_class: Option<LatentClasses>,
    /// Pairs of lists.
    pub chapman: ChapmanPairs,
    /// Lower bound; none of a single list.
    pub chao: Option<Chao>,
}

/// Every pair of lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChapmanPairs {
    /// In the order of the lists.
    pub pairs: Vec<ChapmanPair>,
}

/// What was changed, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sensitivity {
    /// Other prior weights, with and without the saturated graph.
    pub delta_sweep: Vec<DeltaStep>,
    /// Each list left out in turn.
    pub without_list: Vec<WithoutList>,
}

/// The posterior of [`average_graphs`] under one prior weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeltaStep {
    /// δ.
    pub delta: f64,
    /// Whether the graph without any independence took part.
    pub with_saturated: bool,
    /// 2.5 %, 50 % and 97.5 % quantiles of N.
    pub quantiles: [u64; 3],
    /// Its weight, where it took part.
    pub saturated_weight: f64,
}

/// The same question without one list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WithoutList {
    /// The list left out.
    pub list: String,
    /// Documented on the others.
    pub documented: Documented,
    /// The median of [`average_graphs`], or N̂ of the best log-linear model where that does not run;
    /// none where fewer than three lists are left, or more than ten.
    pub median: Option<f64>,
    /// N̂ by Chapman of the two lists that are left of three: shown, but not judged, since two lists
    /// cannot show whether they are independent.
    pub chapman: Option<f64>,
}

/// Runs the methods asked for and says what can be said; see the [module](super).
///
/// # Errors
/// [`OverlapError`] for a setting out of its range.
///
/// # Example
/// The lists of Kosovo (see [`fit_model`](super::fit_model)) are refused a single figure, because
/// three models are supported alike and differ by more than 1.5 times:
/// ```
/// use witnessmark_estimate::overlap::{Lists, Method, OverlapOptions, overlap};
/// use witnessmark_estimate::{AnswerKind, RuleCode};
/// let kosovo = Lists::from_csv("EXH,ABA,OSCE,HRW,count\n\
///     0,0,0,1,306\n0,0,1,0,936\n0,0,1,1,123\n0,1,0,0,845\n0,1,0,1,31\n0,1,1,0,217\n0,1,1,1,32\n\
///     1,0,0,0,1131\n1,0,0,1,106\n1,0,1,0,228\n1,0,1,1,42\n1,1,0,0,177\n1,1,0,1,18\n\
///     1,1,1,0,181\n1,1,1,1,27\n")?;
/// let options = OverlapOptions {
///     method: Method::LogLinear,
///     statement: Some("Killings from 20 March to 12 June 1999; …".to_owned()),
///     is_linkage_reviewed: true,
///     has_no_shared_origin: true,
///     ..OverlapOptions::default()
/// };
/// let found = overlap(&kosovo, &options)?;
/// assert_eq!(found.answer.kind, AnswerKind::Set);
/// assert_eq!((found.answer.low, found.answer.high), (Some(10_356), Some(18_393)));
/// assert_eq!(found.answer.rules[0].code, RuleCode::ModelsDisagree);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn overlap(lists: &Lists, options: &OverlapOptions) -> Result<Overlap, OverlapError> {
    check(options)?;
    let wants = |method: Method| options.method == Method::Auto || options.method == method;
    let enough = lists.len() >= 3;
    let is_small = lists.len() <= MOST_STEPWISE;
    let loglinear = (enough && is_small && wants(Method::LogLinear)).then(|| compare_models(lists));
    let dga = wants(Method::Dga).then(|| graphs(lists, options)).flatten();
    let latent_class = (enough && wants(Method::LatentClass))
        .then(|| latent_classes(lists, &options.latent))
        .flatten();
    let methods = Methods {
        loglinear,
        dga,
        latent_class,
        chapman: ChapmanPairs { pairs: chapman(lists) },
        chao: (lists.len() >= 2).then(|| chao(lists)),
    };
    let sensitivity = sensitivity(lists, options, &methods);
    let answer = rules::answer(lists, options, &methods, &sensitivity);
    Ok(Overlap {
        documented: lists.documented(),
        lists: lists.names().to_vec(),
        list_sizes: (0..lists.len()).map(|list| lists.on_all(1 << list)).collect(),
        methods,
        sensitivity,
        answer,
        replicates: None,
        strata: None,
    })
}

fn check(options: &OverlapOptions) -> Result<(), OverlapError> {
    let fail = |setting, range| Err(OverlapError { setting, range });
    if options.delta.is_some_and(|delta| !delta.is_finite() || delta <= 0.0 || delta > 1000.0) {
        return fail("delta", "a number above 0, at most 1000");
    }
    if options.max_unseen.is_some_and(|most| !(1..=MOST_UNSEEN).contains(&most)) {
        return fail("max-unseen", "a whole number from 1 to 2,000,000");
    }
    if !(1..=100).contains(&options.latent.classes) {
        return fail("classes", "a whole number from 1 to 100");
    }
    if !(4..=1_000_000).contains(&options.latent.samples) {
        return fail("samples", "a whole number from 4 to 1,000,000");
    }
    if !(1..=1_000_000).contains(&options.latent.thin) {
        return fail("thin", "a whole number from 1 to 1,000,000");
    }
    if options.latent.burn_in > 100_000_000 {
        return fail("burnin", "a whole number up to 100,000,000");
    }
    Ok(())
}

fn delta_of(lists: &Lists, options: &OverlapOptions) -> f64 {
    options.delta.unwrap_or(1.0 / f64::from(1_u32 << lists.len()))
}

fn at_delta(lists: &Lists, delta: f64, most: u64, with_saturated: bool) -> Option<Dga> {
    let unseen = [1, most];
    average_graphs(lists, &DgaOptions { delta, unseen, prior: Prior::OneOverN, with_saturated })
}

/// The most room that is made without being asked for.
const ROOM: u64 = 500_000;

/// The posterior over graphs, with room for it where the caller set no limit.
fn graphs(lists: &Lists, options: &OverlapOptions) -> Option<Dga> {
    let delta = delta_of(lists, options);
    if let Some(most) = options.max_unseen {
        return at_delta(lists, delta, most, true);
    }
    let n = lists.total();
    let mut most = (10 * n).clamp(1000, ROOM);
    loop {
        let found = at_delta(lists, delta, most, true)?;
        let highest = found.quantiles.get("0.975").copied().unwrap_or_default().saturating_sub(n);
        if highest <= most / 2 || most >= (100 * n).min(ROOM) {
            return Some(found);
        }
        most = (most * 3).min(ROOM);
    }
}

fn sensitivity(lists: &Lists, options: &OverlapOptions, methods: &Methods) -> Sensitivity {
    let mut found = Sensitivity::default();
    if let Some(dga) = &methods.dga {
        let mut deltas = vec![1.0 / f64::from(1_u32 << lists.len()), 0.5, 1.0, dga.delta];
        deltas.sort_by(f64::total_cmp);
        deltas.dedup();
        for delta in deltas {
            for with_saturated in [true, false] {
                let Some(step) = at_delta(lists, delta, dga.max_unseen, with_saturated) else {
                    continue;
                };
                let quantile = |name| step.quantiles.get(name).copied().unwrap_or_default();
                found.delta_sweep.push(DeltaStep {
                    delta,
                    with_saturated,
                    quantiles: ["0.025", "0.5", "0.975"].map(quantile),
                    saturated_weight: step.saturated_weight,
                });
            }
        }
    }
    if methods.dga.is_some() || methods.loglinear.is_some() || methods.latent_class.is_some() {
        for (number, name) in lists.names().iter().enumerate() {
            let Some(fewer) = lists.without(number) else { continue };
            let median = match fewer.len() {
                0..3 => None,
                3..=5 => {
                    let same = OverlapOptions { delta: None, ..options.clone() };
                    graphs(&fewer, &same).map(|dga| dga.median() as f64)
                }
                size if size > MOST_STEPWISE => None,
                _ => compare_models(&fewer).models.first().map(|best| best.n_hat),
            };
            let pair = (fewer.len() == 2).then(|| chapman(&fewer)).into_iter().flatten().next();
            found.without_list.push(WithoutList {
                list: name.clone(),
                documented: fewer.documented(),
                median,
                chapman: pair.map(|pair| pair.n_hat),
            });
        }
    }
    found
}
