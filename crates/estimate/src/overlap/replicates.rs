//! One answer from several linkages or imputations.

use crate::elicitation::student_quantile;
use serde::Serialize;

/// An estimate of the unseen number from one replicate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replicate {
    /// Everyone documented in it.
    pub documented: f64,
    /// Mean of ln n₀.
    pub mean: f64,
    /// Variance of ln n₀: of its posterior, or (se/n₀)² of an estimate n₀.
    pub variance: f64,
}

/// Replicates joined on ln n₀.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Combined {
    /// Mean documented count plus exp of the mean ln n₀.
    pub n_hat: f64,
    /// 95 % interval, by Student's t.
    pub ci95: [f64; 2],
    /// Degrees of freedom.
    pub df: f64,
    /// W̄: the mean variance of ln n₀ within a replicate.
    pub within: f64,
    /// B: the variance of ln n₀ between replicates.
    pub between: f64,
    /// How many replicates.
    pub replicates: usize,
}

/// Rubin's rules on ln n₀ in the form of Little & Rubin (2002, *Statistical Analysis with Missing
/// Data*, ch. 5): V = W̄ + (m + 1)/m · B, df = (m − 1)(1 + W̄/((m + 1)B))², with W the variance of ln
/// n₀ within a replicate and B the variance between them.
///
/// None with fewer than two replicates, or where one has no finite unseen number.
///
/// # Example
/// Three replicates by hand: ln n₀ has mean 4.60182, W̄ = 0.0408135, B = 0.0100756, so that
/// V = 0.0542477 and df = 2 (1 + W̄/4B)² = 8.102.
/// ```
/// use witnessmark_estimate::overlap::{Replicate, combine_replicates};
/// let replicates = [90.0_f64, 100.0, 110.0].map(|unseen| Replicate {
///     documented: 50.0,
///     mean: unseen.ln(),
///     variance: (20.0 / unseen).powi(2),
/// });
/// let found = combine_replicates(&replicates).ok_or("two or more")?;
/// assert!((found.n_hat - 149.6655).abs() < 1e-3);
/// assert!((found.df - 8.1018).abs() < 1e-3);
/// // t at 97.5 % with 8.1018 degrees of freedom is 2.3006: exp(4.60182 − 2.3006 · 0.232912).
/// assert!((found.ci95[0] - 108.317).abs() < 0.05);
/// assert!(combine_replicates(&replicates[..1]).is_none());
/// # Ok::<(), &str>(())
/// ```
pub fn combine_replicates(replicates: &[Replicate]) -> Option<Combined> {
    let is_sound = |r: &Replicate| r.mean.is_finite() && r.variance.is_finite();
    if replicates.len() < 2 || !replicates.iter().all(is_sound) {
        return None;
    }
    let m = replicates.len() as f64;
    let mean = replicates.iter().map(|r| r.mean).sum::<f64>() / m;
    let within = replicates.iter().map(|r| r.variance).sum::<f64>() / m;
    let distances = replicates.iter().map(|r| (r.mean - mean) * (r.mean - mean));
    let between = distances.sum::<f64>() / (m - 1.0);
    let variance = within + (m + 1.0) / m * between;
    let ratio = 1.0 + within / ((m + 1.0) * between.max(1e-300));
    let df = ((m - 1.0) * ratio * ratio).min(1e6);
    let reach = student_quantile(0.975, df) * variance.sqrt();
    let documented = replicates.iter().map(|r| r.documented).sum::<f64>() / m;
    Some(Combined {
        n_hat: documented + libm::exp(mean),
        ci95: [documented + libm::exp(mean - reach), documented + libm::exp(mean + reach)],
        df,
        within,
        between,
        replicates: replicates.len(),
    })
}
