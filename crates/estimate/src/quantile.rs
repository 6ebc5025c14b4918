//! Quantiles of draws.

/// The quantile of sorted numbers by linear interpolation (Hyndman & Fan 1996, type 7); NaN of none.
pub(crate) fn of_sorted(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = share.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let at = |index: usize| sorted.get(index.min(last)).copied().unwrap_or(f64::NAN);
    at(below) + (position - below as f64) * (at(below + 1) - at(below))
}
