//! Krippendorff's α from values in units.

use super::ratings::Level;

/// How far two values are apart, squared.
pub(super) struct Difference {
    level: Level,
    values: Vec<f64>,
}

impl Difference {
    pub(super) fn new(level: Level, values: &[f64]) -> Self {
        Self { level, values: values.to_vec() }
    }

    /// δ² of the values numbered `c` and `k`; `up_to` holds Σ_{g ≤ c} n_g − n_c/2.
    fn squared(&self, c: usize, k: usize, up_to: &[f64]) -> f64 {
        if c == k {
            return 0.0;
        }
        let at = |list: &[f64], index: usize| list.get(index).copied().unwrap_or_default();
        let (x, y) = (at(&self.values, c), at(&self.values, k));
        let difference = match self.level {
            Level::Nominal => 1.0,
            Level::Ordinal => at(up_to, c) - at(up_to, k),
            Level::Interval => x - y,
            Level::Ratio => (x - y) / (x + y),
        };
        difference * difference
    }
}

/// α of units that hold at least two values each; none where all values are equal.
pub(super) fn alpha<U: AsRef<[usize]>>(units: &[U], difference: &Difference) -> Option<f64> {
    let mut counts = vec![0.0; difference.values.len()];
    for value in units.iter().flat_map(|unit| unit.as_ref()) {
        if let Some(count) = counts.get_mut(*value) {
            *count += 1.0;
        }
    }
    let total: f64 = counts.iter().sum();
    // The ordinal δ is a difference of mid-ranks: Σ_{g=c..k} n_g − (n_c + n_k)/2.
    let mut below = 0.0;
    let mid_ranks: Vec<f64> = counts
        .iter()
        .map(|count| {
            below += count;
            below - count / 2.0
        })
        .collect();
    let mut observed = 0.0;
    for unit in units {
        let unit = unit.as_ref();
        let mut sum = 0.0;
        for (position, c) in unit.iter().enumerate() {
            for k in unit.iter().skip(position + 1) {
                sum += 2.0 * difference.squared(*c, *k, &mid_ranks);
            }
        }
        observed += sum / (unit.len() as f64 - 1.0);
    }
    let present: Vec<(usize, f64)> =
        counts.iter().copied().enumerate().filter(|(_, count)| *count > 0.0).collect();
    let mut expected = 0.0;
    for (position, (c, n_c)) in present.iter().enumerate() {
        for (k, n_k) in present.iter().skip(position + 1) {
            expected += 2.0 * n_c * n_k * difference.squared(*c, *k, &mid_ranks);
        }
    }
    (expected > 0.0).then(|| 1.0 - (total - 1.0) * observed / expected)
}
