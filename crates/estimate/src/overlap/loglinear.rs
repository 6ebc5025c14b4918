//! Log-linear models of overlap (Fienberg 1972; Bishop, Fienberg & Holland 1975, chapter 6).
//!
//! The count of pattern i is Poisson with ln μ_i = β₀ + Σ β_T over the terms T ⊆ i. The pattern of
//! those on no list has μ = exp(β₀), so N̂ = n + exp(β̂₀), with variance
//! exp(β̂₀) + exp(2 β̂₀) var(β̂₀). BIC is −2 ln L + p ln n over the cells that can be seen.

use super::existence::{self, Unfit};
use super::lists::Lists;
use super::poisson::{self, Design, Fit};
use super::profile;
use serde::Serialize;

/// A hierarchical model: every list has its term, and with a term all terms within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    lists: usize,
    /// All terms of two lists or more.
    terms: Vec<u32>,
}

impl Model {
    /// The model whose largest terms are `terms` (bit j is list j), with everything within them.
    pub fn new(lists: usize, terms: &[u32]) -> Self {
        let within = |term: u32| terms.iter().any(|largest| term & largest == term);
        let all = (1_u32..1 << lists.min(MOST_CELLS)).filter(|term| term.count_ones() >= 2);
        Self { lists, terms: all.filter(|term| within(*term)).collect() }
    }

    /// Reads the usual notation `123,14,34` for up to nine lists; lists without a term may be left
    /// out. None where a number is no list.
    pub fn parse(lists: usize, text: &str) -> Option<Self> {
        let mut terms = Vec::new();
        for part in text.trim_matches(['[', ']']).split(',').map(str::trim) {
            let mut term = 0;
            for digit in part.chars() {
                let list = digit.to_digit(10)?.checked_sub(1)?;
                if list as usize >= lists {
                    return None;
                }
                term |= 1 << list;
            }
            terms.push(term);
        }
        Some(Self::new(lists, &terms))
    }

    /// Every hierarchical model but the saturated one: 1, 8, 113 and 6,893 for two to five lists.
    /// None beyond five lists.
    pub fn all(lists: usize) -> Option<Vec<Self>> {
        if !(2..=5).contains(&lists) {
            return None;
        }
        let mut candidates: Vec<u32> =
            (1..(1_u32 << lists) - 1).filter(|term| term.count_ones() >= 2).collect();
        candidates.sort_by_key(|term| (term.count_ones(), *term));
        let mut models = Vec::new();
        extend(&candidates, &mut Vec::new(), &mut |terms| {
            let mut terms = terms.to_vec();
            terms.sort_unstable();
            models.push(Self { lists, terms });
        });
        Some(models)
    }

    /// The largest terms, and the lists that are in none, by numbers from 1: `[123,14,34]`.
    pub fn name(&self) -> String {
        let singles = (0..self.lists).map(|list| 1_u32 << list);
        let all: Vec<u32> = self.terms.iter().copied().chain(singles).collect();
        let mut largest: Vec<u32> = all
            .iter()
            .copied()
            .filter(|term| !all.iter().any(|other| other != term && other & term == *term))
            .collect();
        largest.sort_by_key(|term| (std::cmp::Reverse(term.count_ones()), term.reverse_bits()));
        // Reversed bits order 12 after 13; the smaller first list goes first.
        largest.sort_by_key(|term| {
            let numbers: Vec<u32> = (0..32).filter(|list| term >> list & 1 == 1).collect();
            (std::cmp::Reverse(term.count_ones()), numbers)
        });
        let separator = if self.lists > 9 { "." } else { "" };
        let names: Vec<String> = largest
            .iter()
            .map(|term| {
                let on = (0..self.lists).filter(|list| term >> list & 1 == 1);
                on.map(|list| (list + 1).to_string()).collect::<Vec<_>>().join(separator)
            })
            .collect();
        format!("[{}]", names.join(","))
    }

    /// What the model takes for granted, in plain words: what it leaves out.
    pub fn assumption(&self, lists: &Lists) -> String {
        let named = |keeps: &dyn Fn(&u32) -> bool, link: &str| -> Vec<String> {
            let terms = (1_u32..1 << self.lists).filter(|term| term.count_ones() >= 2);
            terms.filter(|term| keeps(term)).map(|t| lists.names_of(t).join(link)).collect()
        };
        let is_pair = |term: &u32| term.count_ones() == 2;
        let absent = named(&|term| is_pair(term) && !self.terms.contains(term), " and ");
        let present = named(&|term| is_pair(term) && self.terms.contains(term), " and ");
        let larger = named(&|term| !is_pair(term) && self.terms.contains(term), " with ");
        let pairs = match (absent.len(), present.len()) {
            (_, 0) => return "all lists are independent of each other".to_owned(),
            (0, _) => "any two lists may depend on each other".to_owned(),
            (absences, presences) if absences <= presences => {
                format!("{} are independent, given the other lists", absent.join(", and "))
            }
            _ => format!("no two lists depend on each other but {}", present.join(", and ")),
        };
        match (self.lists, larger.len()) {
            (2, _) => pairs,
            (_, 0) => format!("{pairs}, and no dependence goes beyond pairs"),
            _ => format!(
                "{pairs}, and dependence beyond pairs exists only in {}",
                larger.join(", and ")
            ),
        }
    }

    fn parameters(&self) -> usize {
        1 + self.lists + self.terms.len()
    }

    /// The row of a pattern: the intercept, the lists, the terms.
    fn row(&self, pattern: u32) -> Vec<f64> {
        let singles = (0..self.lists).map(|list| 1_u32 << list);
        let holds = |term: u32| f64::from(u8::from(term & pattern == term));
        std::iter::once(1.0).chain(singles.chain(self.terms.iter().copied()).map(holds)).collect()
    }

    /// The design over all cells, without or with the one nobody can see (which then comes first).
    fn design(&self, with_unseen: bool) -> Design {
        let first = u32::from(!with_unseen);
        Design::new(self.parameters(), (first..1 << self.lists).map(|pattern| self.row(pattern)))
    }
}

/// Adds every set of candidates that holds, with a term, all terms within it.
fn extend(candidates: &[u32], chosen: &mut Vec<u32>, found: &mut impl FnMut(&[u32])) {
    let Some((next, rest)) = candidates.split_first() else {
        found(chosen);
        return;
    };
    extend(rest, chosen, found);
    let is_allowed = next.count_ones() == 2
        || (0..32)
            .map(|list| next & !(1 << list))
            .filter(|within| within != next)
            .all(|within| chosen.contains(&within));
    if is_allowed {
        chosen.push(*next);
        extend(rest, chosen, found);
        chosen.pop();
    }
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelFit {
    /// Its largest terms, lists by their numbers from 1.
    pub model: String,
    /// N̂ by Poisson maximum likelihood.
    pub n_hat: f64,
    /// Standard error of N̂.
    pub se: f64,
    /// Ends of the 95 % multinomial profile-likelihood interval (Cormack 1992); none where the
    /// profile does not fall within a thousand times the documented count.
    pub profile_ci95: Option<[f64; 2]>,
    /// N̂ at the top of the multinomial profile.
    pub profile_n: Option<f64>,
    /// Twice the log likelihood lost against one parameter a cell.
    pub deviance: f64,
    /// Cells less parameters.
    pub df: usize,
    /// −2 ln L + p ln n.
    pub bic: f64,
    /// BIC less the least BIC of the models compared; 0 of a model fitted alone.
    pub delta_bic: f64,
    /// What the model takes for granted, in plain words.
    pub assumption: String,
}

pub(super) fn counts(lists: &Lists) -> Vec<f64> {
    (1..1_u32 << lists.len()).map(|pattern| lists.count(pattern) as f64).collect()
}

/// Fits one model, after its estimate was shown to exist and to be one.
///
/// # Errors
/// [`Unfit`] says why there is no estimate.
///
/// # Example
/// Killings in Kosovo, March to June 1999 (Ball et al. 2002): the model that report chose.
/// ```
/// use witnessmark_estimate::overlap::{Lists, Model, fit_model};
/// let kosovo = Lists::from_csv("EXH,ABA,OSCE,HRW,count\n\
///     0,0,0,1,306\n0,0,1,0,936\n0,0,1,1,123\n0,1,0,0,845\n0,1,0,1,31\n0,1,1,0,217\n0,1,1,1,32\n\
///     1,0,0,0,1131\n1,0,0,1,106\n1,0,1,0,228\n1,0,1,1,42\n1,1,0,0,177\n1,1,0,1,18\n\
///     1,1,1,0,181\n1,1,1,1,27\n")?;
/// let model = Model::parse(4, "123,14,34").ok_or("a model")?;
/// let fit = fit_model(&kosovo, &model).map_err(|_| "no estimate")?;
/// assert_eq!(fit.n_hat.round(), 10_357.0); // printed as 10,356
/// assert_eq!(kosovo.documented().persons(), 4_400);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fit_model(lists: &Lists, model: &Model) -> Result<ModelFit, Unfit> {
    let fit = fit(lists, model)?;
    let mut found = describe(lists, model, &fit);
    add_profile(lists, model, &fit, &mut found);
    Ok(found)
}

fn fit(lists: &Lists, model: &Model) -> Result<Fit, Unfit> {
    if lists.len() > MOST_CELLS || lists.len() != model.lists {
        return Err(Unfit::NotSettled);
    }
    let counts = counts(lists);
    let design = model.design(false);
    if counts.len() < design.columns {
        return Err(Unfit::NotIdentified);
    }
    if counts.contains(&0.0) {
        existence::check(&design, &counts)?;
    }
    poisson::fit(&design, &counts, None).ok_or(Unfit::NotSettled)
}

fn describe(lists: &Lists, model: &Model, fit: &Fit) -> ModelFit {
    let n = lists.total() as f64;
    let unseen = fit.coefficients.first().map_or(f64::NAN, |intercept| libm::exp(*intercept));
    let parameters = model.parameters();
    ModelFit {
        model: model.name(),
        n_hat: n + unseen,
        se: (unseen + unseen * unseen * fit.variance(0)).sqrt(),
        profile_ci95: None,
        profile_n: None,
        deviance: fit.deviance.max(0.0),
        df: fit.means.len() - parameters,
        bic: -2.0 * fit.log_likelihood + parameters as f64 * libm::log(n),
        delta_bic: 0.0,
        assumption: model.assumption(lists),
    }
}

fn add_profile(lists: &Lists, model: &Model, fit: &Fit, found: &mut ModelFit) {
    let unseen = found.n_hat - lists.total() as f64;
    let profile = profile::interval(&model.design(true), &counts(lists), &fit.coefficients, unseen);
    if let Some(profile) = profile {
        found.profile_n = Some(profile.top);
        found.profile_ci95 = profile.ends;
    }
}

/// All models that were compared, and those that carry the answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogLinear {
    /// Every model within 2 of the least BIC, the best first.
    pub models: Vec<ModelFit>,
    /// How many hierarchical models were looked at.
    pub compared: usize,
    /// How many of them have no maximum of the likelihood.
    pub without_mle: usize,
    /// How many of them do not identify their parameters.
    pub not_identified: usize,
    /// Why the model in which every pair of lists is dependent has no estimate, if it has none: then
    /// dependence cannot be judged from these lists.
    #[serde(skip)]
    pub all_pairs: Option<Unfit>,
    /// Whether the counts determine the unseen number in that model, even if some of its terms have no
    /// finite estimate (Chan, Silverman & Vincent 2021).
    #[serde(skip)]
    pub is_determined: bool,
}

/// Fits every hierarchical model of up to five lists and keeps those within ΔBIC 2 (Raftery 1995:
/// a difference below 2 is barely worth a mention); with six to ten lists, models are reached by
/// adding, step by step, the term of two lists that lowers BIC most.
///
/// # Example
/// Of the 113 models of four lists, three are supported alike for Kosovo (Ball et al. 2002 published
/// the first), as R's Rcapture finds them:
/// ```
/// use witnessmark_estimate::overlap::{Lists, compare_models};
/// let kosovo = Lists::from_csv("EXH,ABA,OSCE,HRW,count\n\
///     0,0,0,1,306\n0,0,1,0,936\n0,0,1,1,123\n0,1,0,0,845\n0,1,0,1,31\n0,1,1,0,217\n0,1,1,1,32\n\
///     1,0,0,0,1131\n1,0,0,1,106\n1,0,1,0,228\n1,0,1,1,42\n1,1,0,0,177\n1,1,0,1,18\n\
///     1,1,1,0,181\n1,1,1,1,27\n")?;
/// let found = compare_models(&kosovo);
/// assert_eq!(found.compared, 113);
/// let sizes: Vec<(&str, f64)> =
///     found.models.iter().map(|fit| (fit.model.as_str(), fit.n_hat.round())).collect();
/// assert_eq!(
///     sizes,
///     [("[123,14,34]", 10_357.0), ("[123,134]", 12_741.0), ("[134,12,23]", 18_393.0)]
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare_models(lists: &Lists) -> LogLinear {
    let mut fits: Vec<(Model, Fit, ModelFit)> = Vec::new();
    let others = |list: usize| (list + 1..lists.len()).map(move |other| 1_u32 << list | 1 << other);
    let mut pairs: Vec<u32> = (0..lists.len()).flat_map(others).collect();
    pairs.sort_unstable();
    let all_pairs = match lists.len() {
        2..=MOST_STEPWISE => fit(lists, &Model::new(lists.len(), &pairs)).err(),
        _ => None,
    };
    let is_determined = match all_pairs {
        None => true,
        Some(Unfit::NotIdentified) => false,
        Some(_) => {
            let design = Model::new(lists.len(), &pairs).design(false);
            existence::determines_first(&design, &counts(lists))
        }
    };
    let mut found = LogLinear {
        models: Vec::new(),
        compared: 0,
        without_mle: 0,
        not_identified: 0,
        all_pairs,
        is_determined,
    };
    let mut look = |model: Model, fits: &mut Vec<(Model, Fit, ModelFit)>| -> Option<f64> {
        found.compared += 1;
        match fit(lists, &model) {
            Ok(fit) => {
                let described = describe(lists, &model, &fit);
                let bic = described.bic;
                fits.push((model, fit, described));
                Some(bic)
            }
            Err(Unfit::NoMle | Unfit::NotSettled) => {
                found.without_mle += 1;
                None
            }
            Err(Unfit::NotIdentified) => {
                found.not_identified += 1;
                None
            }
        }
    };
    match Model::all(lists.len()) {
        Some(models) => {
            for model in models {
                look(model, &mut fits);
            }
        }
        None if lists.len() <= MOST_STEPWISE => {
            let mut chosen: Vec<u32> = Vec::new();
            let mut best = look(Model::new(lists.len(), &[]), &mut fits);
            loop {
                let mut step: Option<(f64, u32)> = None;
                for pair in pairs.iter().filter(|pair| !chosen.contains(pair)) {
                    let mut terms = chosen.clone();
                    terms.push(*pair);
                    let bic = look(Model::new(lists.len(), &terms), &mut fits);
                    if let Some(bic) = bic
                        && step.is_none_or(|(least, _)| bic < least)
                    {
                        step = Some((bic, *pair));
                    }
                }
                match (step, best) {
                    (Some((bic, pair)), old) if old.is_none_or(|old| bic < old) => {
                        chosen.push(pair);
                        best = Some(bic);
                    }
                    _ => break,
                }
            }
        }
        None => {}
    }
    let least = fits.iter().map(|(_, _, fit)| fit.bic).fold(f64::INFINITY, f64::min);
    fits.retain(|(_, _, fit)| fit.bic - least <= 2.0);
    fits.sort_by(|(_, _, one), (_, _, other)| {
        one.bic.total_cmp(&other.bic).then_with(|| one.model.cmp(&other.model))
    });
    for (model, fit, mut described) in fits {
        described.delta_bic = described.bic - least;
        add_profile(lists, &model, &fit, &mut described);
        found.models.push(described);
    }
    found
}

/// Beyond this many lists no model is built at all.
const MOST_CELLS: usize = 16;

/// Beyond this many lists the table of patterns is too large for a regression over all cells.
pub(super) const MOST_STEPWISE: usize = 10;
