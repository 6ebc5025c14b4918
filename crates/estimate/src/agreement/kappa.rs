//! The κ family and AC1, missing values allowed, with standard errors over units.
//!
//! r_ik is how many coders put unit i into category k, r_i = Σ_k r_ik. Observed agreement is
//! p_a = mean over units with r_i ≥ 2 of Σ_k r_ik (r_ik − 1) / (r_i (r_i − 1)); each coefficient is
//! (p_a − p_e) / (1 − p_e) with its own p_e. Standard errors are those of Gwet (2014), *Handbook of
//! Inter-Rater Reliability*, 4th ed.: the coefficient as a mean over units after linearisation.

use super::ratings::{Level, Sheet};
use super::{Coefficient, CohenKappa};

/// Units with at least one rating, as counts by category.
struct Counts {
    units: Vec<Vec<f64>>,
    totals: Vec<f64>,
    categories: usize,
}

impl Counts {
    fn new(sheet: &Sheet) -> Self {
        let categories = sheet.values.len();
        let mut units = Vec::new();
        for unit in sheet.units.iter().filter(|unit| !unit.is_empty()) {
            let mut counts = vec![0.0; categories];
            for (_, value) in unit {
                if let Some(count) = counts.get_mut(*value) {
                    *count += 1.0;
                }
            }
            units.push(counts);
        }
        let totals = units.iter().map(|unit| unit.iter().sum()).collect();
        Self { units, totals, categories }
    }

    /// Σ_k r_ik (r_ik − 1) / (r_i (r_i − 1)) of each unit; none where r_i < 2.
    fn agreements(&self) -> Vec<Option<f64>> {
        self.units
            .iter()
            .zip(&self.totals)
            .map(|(unit, total)| {
                let pairs: f64 = unit.iter().map(|count| count * (count - 1.0)).sum();
                (*total >= 2.0).then(|| pairs / (total * (total - 1.0)))
            })
            .collect()
    }

    /// π_k: mean over units of the share of coders who chose k.
    fn shares(&self) -> Vec<f64> {
        let n = self.units.len() as f64;
        (0..self.categories)
            .map(|k| {
                let of = |unit: &Vec<f64>| unit.get(k).copied().unwrap_or_default();
                self.units.iter().zip(&self.totals).map(|(unit, r)| of(unit) / r).sum::<f64>() / n
            })
            .collect()
    }

    /// For each unit Σ_k weight_k r_ik / r_i.
    fn weighted(&self, weights: &[f64]) -> Vec<f64> {
        let sum = |unit: &Vec<f64>| unit.iter().zip(weights).map(|(r, w)| r * w).sum::<f64>();
        self.units.iter().zip(&self.totals).map(|(unit, total)| sum(unit) / total).collect()
    }
}

/// A coefficient from observed agreement, expected agreement, and each unit's part in the latter.
fn coefficient(agreements: &[Option<f64>], expected: f64, by_unit: &[f64]) -> Option<Coefficient> {
    let rated_twice: Vec<f64> = agreements.iter().flatten().copied().collect();
    let (n, n2) = (agreements.len() as f64, rated_twice.len() as f64);
    let observed = rated_twice.iter().sum::<f64>() / n2;
    let value = (observed - expected) / (1.0 - expected);
    if !value.is_finite() {
        return None;
    }
    let mut squares = 0.0;
    for (agreement, part) in agreements.iter().zip(by_unit) {
        let own = agreement.map_or(0.0, |agreement| (agreement - expected) * n / n2);
        let linear =
            own / (1.0 - expected) - 2.0 * (1.0 - value) * (part - expected) / (1.0 - expected);
        squares += (linear - value) * (linear - value);
    }
    let se = (n > 1.0).then(|| (squares / (n * (n - 1.0))).sqrt());
    Some(Coefficient { value, se })
}

/// Fleiss (1971): p_e = Σ π_k².
pub(super) fn fleiss(sheet: &Sheet) -> Option<Coefficient> {
    let counts = Counts::new(sheet);
    let shares = counts.shares();
    let expected = shares.iter().map(|share| share * share).sum();
    coefficient(&counts.agreements(), expected, &counts.weighted(&shares))
}

/// Gwet (2008): p_e = Σ π_k (1 − π_k) / (q − 1).
pub(super) fn gwet_ac1(sheet: &Sheet) -> Option<Coefficient> {
    let counts = Counts::new(sheet);
    let others = counts.categories as f64 - 1.0;
    let shares = counts.shares();
    let expected = shares.iter().map(|share| share * (1.0 - share)).sum::<f64>() / others;
    let weights: Vec<f64> = shares.iter().map(|share| (1.0 - share) / others).collect();
    coefficient(&counts.agreements(), expected, &counts.weighted(&weights))
}

/// Conger (1980): p_e = Σ over pairs of coders g ≠ h of Σ_k p_gk p_hk / (r (r − 1)), where p_gk is
/// the share of category k among the ratings of coder g.
pub(super) fn conger(sheet: &Sheet) -> Option<Coefficient> {
    let rated: Vec<&Vec<(usize, usize)>> =
        sheet.units.iter().filter(|unit| !unit.is_empty()).collect();
    let (n, r, q) = (rated.len() as f64, sheet.coders as f64, sheet.values.len());
    let mut ratings = vec![0.0; sheet.coders];
    let mut shares = vec![vec![0.0; q]; sheet.coders];
    for (coder, value) in rated.iter().flat_map(|unit| unit.iter()) {
        if let (Some(total), Some(row)) = (ratings.get_mut(*coder), shares.get_mut(*coder)) {
            *total += 1.0;
            if let Some(count) = row.get_mut(*value) {
                *count += 1.0;
            }
        }
    }
    for (row, total) in shares.iter_mut().zip(&ratings) {
        row.iter_mut().for_each(|share| *share /= total);
    }
    let sums: Vec<f64> = (0..q).map(|k| shares.iter().filter_map(|row| row.get(k)).sum()).collect();
    let of = |coder: usize, k: usize| {
        shares.get(coder).and_then(|row| row.get(k)).copied().unwrap_or_default()
    };
    // Σ_k p_gk Σ_{h≠g} p_hk for each coder g.
    let with_others = |coder: usize| -> f64 {
        sums.iter().enumerate().map(|(k, sum)| of(coder, k) * (sum - of(coder, k))).sum()
    };
    let pairs = r * (r - 1.0);
    let others: Vec<f64> = (0..sheet.coders).map(with_others).collect();
    let expected = others.iter().sum::<f64>() / pairs;
    // A unit's part: p_gk replaced by (δ_igk − (ε_ig − n_g/n) p_gk) n/n_g, linear in the unit.
    let by_unit: Vec<f64> = rated
        .iter()
        .map(|unit| {
            let mut part: f64 = others.iter().sum();
            for (coder, value) in unit.iter() {
                let weight = n / ratings.get(*coder).copied().unwrap_or(1.0);
                let chosen = sums.get(*value).copied().unwrap_or_default() - of(*coder, *value);
                let usual = others.get(*coder).copied().unwrap_or_default();
                part += weight * (chosen - usual);
            }
            part / pairs
        })
        .collect();
    coefficient(&Counts::new(sheet).agreements(), expected, &by_unit)
}

/// Standard error of nominal α: Gwet (2014), chapter 6.
pub(super) fn alpha_se(sheet: &Sheet) -> Option<f64> {
    let all = Counts::new(sheet);
    let kept = all.totals.iter().map(|total| *total >= 2.0);
    let units: Vec<Vec<f64>> = all
        .units
        .iter()
        .zip(kept)
        .filter(|(_, keep)| *keep)
        .map(|(unit, _)| unit.clone())
        .collect();
    let totals: Vec<f64> = units.iter().map(|unit| unit.iter().sum()).collect();
    let n = units.len() as f64;
    if n < 2.0 {
        return None;
    }
    let mean = totals.iter().sum::<f64>() / n;
    let shares: Vec<f64> = (0..all.categories)
        .map(|k| units.iter().filter_map(|unit| unit.get(k)).sum::<f64>() / (n * mean))
        .collect();
    let expected: f64 = shares.iter().map(|share| share * share).sum();
    let agreements: Vec<f64> = units
        .iter()
        .zip(&totals)
        .map(|(unit, total)| {
            unit.iter().map(|count| count * (count - 1.0)).sum::<f64>() / (mean * (total - 1.0))
        })
        .collect();
    let observed = agreements.iter().sum::<f64>() / n;
    let value = (observed - expected) / (1.0 - expected);
    // Krippendorff's own p_a corrects for pairing a value with itself: one pair in all values.
    let itself = 1.0 / (n * mean);
    let corrected = (1.0 - itself) * observed + itself;
    let mut squares = 0.0;
    for ((unit, total), agreement) in units.iter().zip(&totals).zip(&agreements) {
        let excess = (total - mean) / mean;
        let own = agreement - corrected * excess;
        let part = unit.iter().zip(&shares).map(|(r, share)| r * share).sum::<f64>() / mean
            - expected * excess;
        let linear = (own - expected) / (1.0 - expected)
            - 2.0 * (1.0 - value) * (part - expected) / (1.0 - expected);
        squares += (linear - value) * (linear - value);
    }
    Some((squares / (n * (n - 1.0))).sqrt())
}

/// Cohen's κ of exactly two coders.
pub(super) fn cohen(sheet: &Sheet, level: Level) -> Option<CohenKappa> {
    if sheet.coders != 2 {
        return None;
    }
    let distance = |c: usize, k: usize| {
        let at = |index: usize| match level {
            Level::Nominal | Level::Ordinal => index as f64,
            Level::Interval | Level::Ratio => sheet.values.get(index).copied().unwrap_or_default(),
        };
        (at(c) - at(k)) * (at(c) - at(k))
    };
    let unweighted = pair_kappa(sheet, 0, 1, |c, k| f64::from(u8::from(c != k)));
    let squared = sheet.is_numeric.then(|| pair_kappa(sheet, 0, 1, distance)).flatten();
    Some(CohenKappa { unweighted, squared })
}

/// Light (1971): the mean over pairs; none where one pair has no κ.
pub(super) fn light(sheet: &Sheet) -> Option<f64> {
    let mut sum = 0.0;
    let mut pairs = 0.0;
    for first in 0..sheet.coders {
        for second in first + 1..sheet.coders {
            sum += pair_kappa(sheet, first, second, |c, k| f64::from(u8::from(c != k)))?;
            pairs += 1.0;
        }
    }
    (pairs > 0.0).then_some(sum / pairs)
}

/// κ = 1 − Σ observed·distance / Σ expected·distance over the units both rated (Cohen 1968).
fn pair_kappa(
    sheet: &Sheet,
    first: usize,
    second: usize,
    distance: impl Fn(usize, usize) -> f64,
) -> Option<f64> {
    let q = sheet.values.len();
    let (mut rows, mut columns) = (vec![0.0; q], vec![0.0; q]);
    let (mut observed, mut both) = (0.0, 0.0);
    for unit in &sheet.units {
        let by = |coder: usize| unit.iter().find(|(who, _)| *who == coder).map(|(_, value)| *value);
        let (Some(c), Some(k)) = (by(first), by(second)) else { continue };
        observed += distance(c, k);
        both += 1.0;
        if let Some(count) = rows.get_mut(c) {
            *count += 1.0;
        }
        if let Some(count) = columns.get_mut(k) {
            *count += 1.0;
        }
    }
    let mut expected = 0.0;
    for (c, n_c) in rows.iter().enumerate() {
        for (k, n_k) in columns.iter().enumerate() {
            expected += n_c * n_k * distance(c, k);
        }
    }
    (expected > 0.0).then(|| 1.0 - both * observed / expected)
}
