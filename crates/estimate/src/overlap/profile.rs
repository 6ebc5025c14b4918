//! The multinomial profile likelihood of N (Cormack 1992, *Interval estimation for mark-recapture
//! studies of closed populations*).
//!
//! With n₀ unseen persons put into their cell, the model is fitted to the whole table; then
//! ℓ(n₀) = ln Γ(n + n₀ + 1) − ln Γ(n₀ + 1) + Σ n_i ln p_i. The interval is where ℓ lies within
//! χ²₁(0.95)/2 of its top.

use super::poisson::{self, Design};

pub(super) struct Profile {
    /// N at the top.
    pub(super) top: f64,
    /// Both ends, if the profile falls on both sides.
    pub(super) ends: Option<[f64; 2]>,
}

/// Half the 95 % quantile of χ² with one degree of freedom.
const DROP: f64 = 1.920_729_410_347_062;

struct Search<'d> {
    design: &'d Design,
    counts: Vec<f64>,
    start: Vec<f64>,
    n: f64,
}

impl Search<'_> {
    fn log_likelihood(&mut self, unseen: f64) -> Option<f64> {
        if let Some(cell) = self.counts.first_mut() {
            *cell = unseen;
        }
        let fit = poisson::fit(self.design, &self.counts, Some(&self.start))?;
        let total = self.n + unseen;
        let mut sum = libm::lgamma(total + 1.0) - libm::lgamma(unseen + 1.0);
        for (count, mean) in self.counts.iter().zip(&fit.means) {
            if *count > 0.0 {
                sum += count * libm::log(mean / total);
            }
        }
        self.start = fit.coefficients;
        Some(sum)
    }
}

/// The profile over `design`, whose first row is the unseen cell, from the Poisson estimate.
pub(super) fn interval(
    design: &Design,
    seen: &[f64],
    coefficients: &[f64],
    unseen: f64,
) -> Option<Profile> {
    let n: f64 = seen.iter().sum();
    let mut counts = vec![unseen];
    counts.extend(seen);
    let mut search = Search { design, counts, start: coefficients.to_vec(), n };
    // The top lies near the Poisson estimate: widen a bracket, then narrow it by golden sections.
    let (mut left, mut right) = (unseen * 0.8, unseen * 1.2 + 1.0);
    let mut middle = search.log_likelihood(unseen)?;
    while left > 1e-6 && search.log_likelihood(left)? > middle {
        left *= 0.5;
    }
    while search.log_likelihood(right)? > middle {
        right *= 1.5;
        if right > 1000.0 * n {
            return None;
        }
    }
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (right - golden * (right - left), left + golden * (right - left));
    let (mut at_a, mut at_b) = (search.log_likelihood(a)?, search.log_likelihood(b)?);
    while right - left > 1e-7 * (n + right) {
        if at_a > at_b {
            (right, b, at_b) = (b, a, at_a);
            a = right - golden * (right - left);
            at_a = search.log_likelihood(a)?;
        } else {
            (left, a, at_a) = (a, b, at_b);
            b = left + golden * (right - left);
            at_b = search.log_likelihood(b)?;
        }
    }
    let top = 0.5 * (left + right);
    middle = search.log_likelihood(top)?;
    let floor = middle - DROP;
    let low = end(&mut search, floor, top, 0.0);
    let mut far = top * 1.5 + 10.0;
    while search.log_likelihood(far)? > floor {
        far *= 1.5;
        if far > 1000.0 * n {
            return Some(Profile { top: n + top, ends: None });
        }
    }
    let high = end(&mut search, floor, top, far);
    let ends = match (low, high) {
        (Some(low), Some(high)) => Some([n + low, n + high]),
        _ => None,
    };
    Some(Profile { top: n + top, ends })
}

/// Where the profile crosses `floor` between a point above it and one below it, by bisection.
fn end(search: &mut Search<'_>, floor: f64, above: f64, below: f64) -> Option<f64> {
    let (mut above, mut below) = (above, below);
    if search.log_likelihood(below.max(1e-9))? > floor {
        return Some(below);
    }
    while (above - below).abs() > 1e-4 {
        let middle = 0.5 * (above + below);
        if search.log_likelihood(middle.max(1e-9))? > floor {
            above = middle;
        } else {
            below = middle;
        }
    }
    Some(0.5 * (above + below))
}
