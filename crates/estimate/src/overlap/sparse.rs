//! Stepwise choice of a model where some pairs of lists have nobody in common (Chan, Silverman &
//! Vincent 2021, *Multiple systems estimation for sparse capture data: inferential challenges when
//! there are nonoverlapping lists*, JASA).

use super::existence::{self, Unfit};
use super::lists::Lists;
use super::poisson::{self, Design, Fit};
use serde::Serialize;

/// A model of pairs that was reached step by step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stepwise {
    /// N̂ = n + exp(β̂₀).
    pub n_hat: f64,
    /// n + exp(β̂₀ ± 1.96 standard errors of β̂₀). It takes the model as given.
    pub ci95: [f64; 2],
    /// Pairs of lists with a term, by their numbers from 1, in the order they came in.
    pub pairs: Vec<String>,
    /// Those of them that share nobody: their term is −∞, and cells within it are left out.
    pub empty_pairs: Vec<String>,
}

/// Adds terms of two lists one by one, the one with the smallest p-value first, while it is below
/// `threshold` and the model keeps an estimate.
///
/// The p-value of a pair is the smaller tail of a Poisson law at the number of persons on both
/// lists, with the mean of the model so far. A pair without a common person gets −∞ for its term.
///
/// # Errors
/// [`Unfit`] where even the model of independent lists has no estimate.
///
/// # Example
/// Potential victims of modern slavery in the United Kingdom, 2013 (Silverman 2014; published as 10,000
/// to 13,000): R's SparseMSE gives 11,313 with 9,884 to 13,027. The table of refusals gives no figure
/// of these lists: see [`overlap`](super::overlap()).
/// ```
/// use witnessmark_estimate::overlap::{Lists, stepwise};
/// let lists = Lists::from_csv("LA,NG,PFNCA,GO,GP,count\n\
///     1,0,0,0,0,54\n0,1,0,0,0,463\n0,0,1,0,0,995\n0,0,0,1,0,695\n0,0,0,0,1,316\n\
///     1,1,0,0,0,15\n1,0,1,0,0,19\n1,0,0,1,0,3\n0,1,1,0,0,62\n0,1,0,1,0,19\n0,1,0,0,1,1\n\
///     0,0,1,1,0,76\n0,0,1,0,1,11\n0,0,0,1,1,8\n1,1,1,0,0,1\n1,1,0,1,0,1\n0,1,1,1,0,4\n\
///     1,1,1,1,0,1\n")?;
/// let found = stepwise(&lists, 0.02).map_err(|_| "no estimate")?;
/// assert_eq!(found.n_hat.round(), 11_313.0);
/// assert_eq!(found.ci95.map(f64::round), [9_884.0, 13_027.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stepwise(lists: &Lists, threshold: f64) -> Result<Stepwise, Unfit> {
    if lists.len() > MOST_LISTS {
        return Err(Unfit::NotSettled);
    }
    let pairs: Vec<u32> = (1..1_u32 << lists.len()).filter(|term| term.count_ones() == 2).collect();
    let mut chosen: Vec<u32> = Vec::new();
    let (mut fit, mut cells) = fit(lists, &chosen)?;
    loop {
        let mut steps: Vec<(f64, u32)> = pairs
            .iter()
            .filter(|pair| !chosen.contains(pair))
            .map(|pair| {
                let on_both = |(cell, _): &(&u32, &f64)| **cell & pair == *pair;
                let mean: f64 = cells.iter().zip(&fit.means).filter(on_both).map(|(_, m)| m).sum();
                (smaller_tail(lists.on_all(*pair), mean), *pair)
            })
            .filter(|(chance, _)| *chance < threshold)
            .collect();
        steps.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let mut next = None;
        for (_, pair) in steps {
            let mut terms = chosen.clone();
            terms.push(pair);
            if let Ok(found) = self::fit(lists, &terms) {
                next = Some((terms, found));
                break;
            }
        }
        let Some((terms, found)) = next else { break };
        chosen = terms;
        (fit, cells) = found;
    }
    let n = lists.total() as f64;
    let intercept = fit.coefficients.first().copied().unwrap_or(f64::NAN);
    let spread = NORMAL_975 * fit.variance(0).sqrt();
    let empty = chosen.iter().filter(|pair| lists.on_all(**pair) == 0);
    Ok(Stepwise {
        n_hat: n + libm::exp(intercept),
        ci95: [n + libm::exp(intercept - spread), n + libm::exp(intercept + spread)],
        empty_pairs: empty.map(|pair| lists.term(*pair)).collect(),
        pairs: chosen.iter().map(|pair| lists.term(*pair)).collect(),
    })
}

const MOST_LISTS: usize = 10;
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// Fits lists and pairs over the cells that lie in no empty pair of the model.
fn fit(lists: &Lists, pairs: &[u32]) -> Result<(Fit, Vec<u32>), Unfit> {
    let (empty, filled): (Vec<u32>, Vec<u32>) =
        pairs.iter().partition(|pair| lists.on_all(**pair) == 0);
    let cells: Vec<u32> = (1..1_u32 << lists.len())
        .filter(|cell| !empty.iter().any(|pair| cell & pair == *pair))
        .collect();
    let counts: Vec<f64> = cells.iter().map(|cell| lists.count(*cell) as f64).collect();
    let terms: Vec<u32> = (0..lists.len()).map(|list| 1 << list).chain(filled).collect();
    if terms.len() + 1 > cells.len() {
        return Err(Unfit::NotIdentified);
    }
    let row = |cell: &u32| {
        let holds = |term: &u32| f64::from(u8::from(term & cell == *term));
        std::iter::once(1.0).chain(terms.iter().map(holds)).collect()
    };
    let design = Design::new(terms.len() + 1, cells.iter().map(row));
    existence::check(&design, &counts)?;
    poisson::fit(&design, &counts, None).map(|fit| (fit, cells)).ok_or(Unfit::NotSettled)
}

/// The smaller of P(X ≤ count) and P(X ≥ count) for a Poisson X.
fn smaller_tail(count: u64, mean: f64) -> f64 {
    let chance =
        |k: u64| libm::exp(k as f64 * libm::log(mean) - mean - libm::lgamma(k as f64 + 1.0));
    if (count as f64) < mean {
        (0..=count).map(chance).sum()
    } else {
        // Terms fall at least geometrically from here on.
        let mut sum = 0.0;
        for k in count..count + 10_000 {
            let term = chance(k);
            sum += term;
            if term < 1e-18 * sum {
                break;
            }
        }
        sum
    }
}
