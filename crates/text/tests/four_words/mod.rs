//! How the article extraction benchmark of scrapinghub compares texts: by runs of four words.

use std::collections::BTreeMap;

/// How often each run of four words occurs, as the benchmark's own README counts.
fn shingles(text: &str) -> BTreeMap<Vec<&str>, u32> {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut counts = BTreeMap::new();
    for from in 0..words.len().saturating_sub(3).max(1) {
        let shingle: Vec<&str> = words.iter().skip(from).take(4).copied().collect();
        if !shingle.is_empty() {
            *counts.entry(shingle).or_default() += 1;
        }
    }
    counts
}

/// Precision and recall of one page.
pub(crate) fn compare(expected: &str, found: &str) -> (f64, f64) {
    let (expected, found) = (shingles(expected), shingles(found));
    let common: u32 =
        expected.iter().map(|(key, n)| found.get(key).map_or(0, |other| *other.min(n))).sum();
    let share = |all: u32| if all == 0 { 0.0 } else { f64::from(common) / f64::from(all) };
    (share(found.values().sum()), share(expected.values().sum()))
}
