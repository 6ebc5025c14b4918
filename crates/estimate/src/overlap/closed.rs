//! Closed-form and one-parameter estimates: pairs of lists, lower bounds, classical models.

use super::existence::{self, Unfit};
use super::lists::Lists;
use super::loglinear::counts;
use super::poisson::{self, Design};
use serde::Serialize;

/// An estimate with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// N̂.
    pub n_hat: f64,
    /// Its standard error.
    pub se: f64,
}

/// Two lists alone, as an illustration: it needs them to be independent, which two lists cannot
/// show.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChapmanPair {
    /// The names of the two lists.
    pub lists: [String; 2],
    /// Persons on the first, on the second, and on both.
    pub on: [u64; 3],
    /// N̂ = (n₁ + 1)(n₂ + 1)/(m + 1) − 1.
    pub n_hat: f64,
    /// Root of (n₁ + 1)(n₂ + 1)(n₁ − m)(n₂ − m)/[(m + 1)²(m + 2)].
    pub se: f64,
}

/// Chapman (1951), with the variance of Seber (1970), for each pair of lists in order.
///
/// ```
/// use witnessmark_estimate::overlap::{Lists, chapman};
/// let lists = Lists::from_csv("a,b,count\n1,0,100\n0,1,80\n1,1,20\n")?;
/// let pair = &chapman(&lists)[0];
/// assert_eq!(pair.on, [120, 100, 20]);
/// assert!((pair.n_hat - (121.0 * 101.0 / 21.0 - 1.0)).abs() < 1e-9);
/// # Ok::<(), witnessmark_estimate::TableError>(())
/// ```
pub fn chapman(lists: &Lists) -> Vec<ChapmanPair> {
    let mut pairs = Vec::new();
    for (first, first_name) in lists.names().iter().enumerate() {
        for (second, second_name) in lists.names().iter().enumerate().skip(first + 1) {
            let (one, other) = (1 << first, 1 << second);
            let on = [lists.on_all(one), lists.on_all(other), lists.on_all(one | other)];
            let [n1, n2, m] = on.map(|persons| persons as f64);
            let product = (n1 + 1.0) * (n2 + 1.0);
            let variance = product * (n1 - m) * (n2 - m) / ((m + 1.0) * (m + 1.0) * (m + 2.0));
            pairs.push(ChapmanPair {
                lists: [first_name.clone(), second_name.clone()],
                on,
                n_hat: product / (m + 1.0) - 1.0,
                se: variance.sqrt(),
            });
        }
    }
    pairs
}

/// A lower bound that holds when persons differ in how easily lists find them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Chao {
    /// n + ((J − 1)/J) f₁²/(2 f₂); with f₂ = 0, n + ((J − 1)/J) f₁ (f₁ − 1)/2.
    pub n_hat: f64,
    /// The same, rounded up to whole persons: the answer as a lower bound.
    pub lower: u64,
}

/// Chao (1987), with the factor (J − 1)/J for J lists. It needs lists that are independent for each
/// person; where they are, N is not below it, but for chance.
///
/// # Example
/// Kosovo: 3,218 persons on one list and 882 on two of four, so that the bound is
/// 4,400 + (3/4) · 3,218²/(2 · 882).
/// ```
/// use witnessmark_estimate::overlap::{Lists, chao};
/// let kosovo = Lists::from_csv("EXH,ABA,OSCE,HRW,count\n\
///     0,0,0,1,306\n0,0,1,0,936\n0,0,1,1,123\n0,1,0,0,845\n0,1,0,1,31\n0,1,1,0,217\n0,1,1,1,32\n\
///     1,0,0,0,1131\n1,0,0,1,106\n1,0,1,0,228\n1,0,1,1,42\n1,1,0,0,177\n1,1,0,1,18\n\
///     1,1,1,0,181\n1,1,1,1,27\n")?;
/// assert_eq!(kosovo.by_number_of_lists(), [3218, 882, 273, 27]);
/// assert!((chao(&kosovo).n_hat - (4400.0 + 0.75 * 3218.0 * 3218.0 / 1764.0)).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn chao(lists: &Lists) -> Chao {
    let by_number = lists.by_number_of_lists();
    let f = |number: usize| by_number.get(number - 1).copied().unwrap_or_default() as f64;
    let (f1, f2, j) = (f(1), f(2), lists.len() as f64);
    let unseen = if f2 > 0.0 { f1 * f1 / (2.0 * f2) } else { f1 * (f1 - 1.0).max(0.0) / 2.0 };
    let n_hat = lists.total() as f64 + (j - 1.0) / j * unseen;
    Chao { n_hat, lower: n_hat.ceil() as u64 }
}

/// The classical models of capture on J occasions (Otis et al. 1978), as log-linear models over the
/// patterns (Cormack 1989; Rivest & Baillargeon 2007), with η = β₀ + terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassicalModel {
    /// One chance for all: β · (number of lists).
    M0,
    /// A chance a list: all lists independent.
    Mt,
    /// Persons differ: β · k and Σ_{j≥3} η_j max(0, k − j + 1) for k lists, where an η_j below zero
    /// is left out, as no mixture has one. A lower bound (Chao; Rivest & Baillargeon 2007).
    MhChao,
    /// Lists and persons differ: a chance a list, and the same terms. A lower bound.
    MthChao,
    /// Persons differ in the manner of a Poisson mixture: β · k + τ (2^k − 1) for k lists.
    MhPoisson2,
}

/// Fits a classical model; N̂ = n + exp(β̂₀) as for [`fit_model`](super::fit_model).
///
/// # Errors
/// [`Unfit`] where there is no estimate, or with more than 16 lists.
///
/// # Example
/// Four lists of Kosovo, taken as independent, and with the lower bound for persons who differ: R's
/// Rcapture gives 7,394.6 and 8,591.2.
/// ```
/// use witnessmark_estimate::overlap::{ClassicalModel, Lists, fit_classical};
/// let kosovo = Lists::from_csv("EXH,ABA,OSCE,HRW,count\n\
///     0,0,0,1,306\n0,0,1,0,936\n0,0,1,1,123\n0,1,0,0,845\n0,1,0,1,31\n0,1,1,0,217\n0,1,1,1,32\n\
///     1,0,0,0,1131\n1,0,0,1,106\n1,0,1,0,228\n1,0,1,1,42\n1,1,0,0,177\n1,1,0,1,18\n\
///     1,1,1,0,181\n1,1,1,1,27\n")?;
/// let size = |model| fit_classical(&kosovo, model).map(|point| (10.0 * point.n_hat).round() / 10.0);
/// assert_eq!(size(ClassicalModel::Mt), Ok(7_394.6));
/// assert_eq!(size(ClassicalModel::MthChao), Ok(8_591.2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fit_classical(lists: &Lists, model: ClassicalModel) -> Result<Point, Unfit> {
    let mut bends: Vec<usize> = match model {
        ClassicalModel::MhChao | ClassicalModel::MthChao => (3..=lists.len()).collect(),
        _ => Vec::new(),
    };
    if lists.len() > 16 {
        return Err(Unfit::NotSettled);
    }
    let counts = counts(lists);
    loop {
        let columns = row(lists, model, &bends, 1).len();
        if columns > counts.len() {
            return Err(Unfit::NotIdentified);
        }
        let rows = (1..1_u32 << lists.len()).map(|pattern| row(lists, model, &bends, pattern));
        let design = Design::new(columns, rows);
        existence::check(&design, &counts)?;
        let fit = poisson::fit(&design, &counts, None).ok_or(Unfit::NotSettled)?;
        let of_bends = fit.coefficients.iter().skip(columns - bends.len());
        let mut least: Option<(f64, usize)> = None;
        for (position, eta) in of_bends.enumerate() {
            if *eta < 0.0 && least.is_none_or(|(worst, _)| *eta < worst) {
                least = Some((*eta, position));
            }
        }
        if let Some((_, position)) = least {
            bends.remove(position);
            continue;
        }
        let unseen = fit.coefficients.first().map_or(f64::NAN, |intercept| libm::exp(*intercept));
        let variance = unseen + unseen * unseen * fit.variance(0);
        return Ok(Point { n_hat: lists.total() as f64 + unseen, se: variance.sqrt() });
    }
}

/// The row of a pattern: intercept, lists or their number, and the model's own terms.
fn row(lists: &Lists, model: ClassicalModel, bends: &[usize], pattern: u32) -> Vec<f64> {
    let number = pattern.count_ones() as usize;
    let mut row = vec![1.0];
    match model {
        ClassicalModel::Mt | ClassicalModel::MthChao => {
            row.extend((0..lists.len()).map(|list| f64::from(pattern >> list & 1)));
        }
        _ => row.push(number as f64),
    }
    if model == ClassicalModel::MhPoisson2 {
        row.push(f64::from((1_u32 << number) - 1));
    }
    row.extend(bends.iter().map(|bend| (number + 1).saturating_sub(*bend) as f64));
    row
}
