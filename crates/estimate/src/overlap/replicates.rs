//! One answer from several linkages or imputations.

use crate::elicitation::student_quantile;
use serde::Serialize;

/// An estimate of the unseen number from one replicate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replicate {
    /// Everyone documented in it.
    pub documented: f64,
    /// N̂ less that.
    pub unseen: f64,
    /// Standard error of N̂.
    pub se: f64,
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
    /// How many replicates.
    pub replicates: usize,
    /// Set below ten replicates: the spread between them is then poorly known.
    pub warning: Option<String>,
}

/// Rubin's rules on ln n₀ in the form of Little & Rubin (2002, *Statistical Analysis with Missing
/// Data*, ch. 5): V = W̄ + (m + 1)/m · B, df = (m − 1)(1 + W̄/((m + 1)B))², with W the variance of ln
/// n₀ within a replicate, (se/n₀)², and B the variance between them.
///
/// None with fewer than two replicates, or where one has no finite positive unseen number.
pub fn combine_replicates(replicates: &[Replicate]) -> Option<Combined> {
    let is_sound = |r: &Replicate| r.unseen > 0.0 && r.unseen.is_finite() && r.se.is_finite();
    if replicates.len() < 2 || !replicates.iter().all(is_sound) {
        return None;
    }
    let m = replicates.len() as f64;
    let logs: Vec<f64> = replicates.iter().map(|r| libm::log(r.unseen)).collect();
    let mean = logs.iter().sum::<f64>() / m;
    let within = replicates.iter().map(|r| (r.se / r.unseen) * (r.se / r.unseen)).sum::<f64>() / m;
    let between = logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / (m - 1.0);
    let variance = within + (m + 1.0) / m * between;
    let ratio = 1.0 + within / ((m + 1.0) * between.max(1e-300));
    let df = ((m - 1.0) * ratio * ratio).min(1e6);
    let reach = student_quantile(0.975, df) * variance.sqrt();
    let documented = replicates.iter().map(|r| r.documented).sum::<f64>() / m;
    Some(Combined {
        n_hat: documented + libm::exp(mean),
        ci95: [documented + libm::exp(mean - reach), documented + libm::exp(mean + reach)],
        df,
        replicates: replicates.len(),
        warning: (replicates.len() < 10).then(|| {
            format!(
                "{} replicates are few; ten or more show how far linkage matters",
                replicates.len()
            )
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let unseen = [90.0, 100.0, 110.0];
        let replicates: Vec<Replicate> = unseen
            .iter()
            .map(|unseen| Replicate { documented: 50.0, unseen: *unseen, se: 20.0 })
            .collect();
        let found = combine_replicates(&replicates).expect("three");
        // mean ln 4.60182; W 0.0408135; B 0.0100756; V 0.0542477; df 2·(1 + W/4B)² = 8.102.
        assert!((found.n_hat - 149.6655).abs() < 1e-3, "{found:?}");
        assert!((found.df - 8.1018).abs() < 1e-3, "{found:?}");
        // t(8.1018) at 97.5 % is 2.3006: exp(4.60182 ± 2.3006·0.232912).
        assert!((found.ci95[0] - 108.317).abs() < 0.05, "{found:?}");
        assert!(found.warning.is_some());
        assert!(combine_replicates(&replicates[..1]).is_none());
    }
}
