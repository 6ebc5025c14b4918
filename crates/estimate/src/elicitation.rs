//! What an expert thinks, as a labelled input: never an estimate from data.

use serde::Serialize;

/// A PERT law: the beta law over [low, high] with a most likely value (Malcolm et al. 1959, Clark
/// 1962), α = 1 + 4(m − a)/(b − a), β = 1 + 4(b − m)/(b − a).
///
/// ```
/// use witnessmark_estimate::elicitation::Pert;
/// let thought = Pert::new(5.0, 7.0, 10.0).ok_or("in order")?;
/// assert!((thought.mean() - 43.0 / 6.0).abs() < 1e-12);
/// assert!((thought.quantile(0.975) - 9.0200).abs() < 1e-4);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pert {
    low: f64,
    mode: f64,
    high: f64,
}

impl Pert {
    /// The law with least, most likely and greatest value; none where they are not finite, not in
    /// this order, or all the same.
    pub fn new(low: f64, mode: f64, high: f64) -> Option<Self> {
        let is_sound =
            low.is_finite() && high.is_finite() && low <= mode && mode <= high && low < high;
        is_sound.then_some(Self { low, mode, high })
    }

    /// α and β of the beta law.
    pub fn shapes(&self) -> (f64, f64) {
        let width = self.high - self.low;
        (1.0 + 4.0 * (self.mode - self.low) / width, 1.0 + 4.0 * (self.high - self.mode) / width)
    }

    /// (a + 4m + b)/6.
    pub fn mean(&self) -> f64 {
        (self.low + 4.0 * self.mode + self.high) / 6.0
    }

    /// Root of αβ/[(α + β)²(α + β + 1)], times b − a.
    pub fn standard_deviation(&self) -> f64 {
        let (a, b) = self.shapes();
        (a * b / ((a + b) * (a + b) * (a + b + 1.0))).sqrt() * (self.high - self.low)
    }

    /// The value at this place between the least (0) and the greatest (1).
    pub(crate) fn at(&self, place: f64) -> f64 {
        self.low + place * (self.high - self.low)
    }

    /// The value with this share of the law below it; shares outside 0 to 1 are cut.
    pub fn quantile(&self, share: f64) -> f64 {
        let (a, b) = self.shapes();
        let (mut below, mut above) = (0.0, 1.0);
        for _ in 0..200 {
            let middle = 0.5 * (below + above);
            if beta_share(middle, a, b) < share {
                below = middle;
            } else {
                above = middle;
            }
        }
        self.at(0.5 * (below + above))
    }
}

/// The quantile of Student's t, for a share of one half or more.
pub(crate) fn student_quantile(share: f64, df: f64) -> f64 {
    let tail = |t: f64| 0.5 * beta_share(df / (df + t * t), df / 2.0, 0.5);
    let (mut below, mut above) = (0.0, 1e6);
    for _ in 0..200 {
        let middle = 0.5 * (below + above);
        if 1.0 - tail(middle) < share {
            below = middle;
        } else {
            above = middle;
        }
    }
    0.5 * (below + above)
}

/// The regularised incomplete beta function, by Lentz's continued fraction (Abramowitz & Stegun
/// 26.5.8).
fn beta_share(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_share(1.0 - x, b, a);
    }
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
            + a * libm::log(x)
            + b * libm::log1p(-x),
    ) / a;
    let guard = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

#[cfg(test)]
mod tests {
    use super::student_quantile;

    #[test]
    fn students_t_by_its_tables() {
        for (df, expected) in [(1.0, 12.706), (10.0, 2.228), (120.0, 1.980)] {
            assert!((student_quantile(0.975, df) - expected).abs() < 1e-3, "{df}");
        }
    }
}
