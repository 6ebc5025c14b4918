//! Pairs of texts that are nearly the same, among many.
//!
//! MinHash with one permutation (Li, Owen and Zhang, "One Permutation Hashing", NIPS 2012), empty
//! bins filled as Shrivastava proposes ("Optimal Densification for Fast and Accurate Minwise
//! Hashing", ICML 2017), gives candidates by bands; every candidate is then compared exactly, so
//! no pair is given that is not one. A pair at the threshold is missed with a probability below
//! one in a thousand.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::shingles::{each_shingle, finish};

/// Two texts that are nearly the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NearDuplicate {
    /// The place of the first in the input.
    pub a: usize,
    /// The place of the second; larger than `a`.
    pub b: usize,
    /// Jaccard index of their sets of word runs (three words, five Han characters, four Tibetan
    /// syllables), from the threshold to 1.
    pub similarity: f64,
    /// The share of the smaller set that is in the other, from 0 to 1.
    pub containment: f64,
}

/// Bins of a sketch.
const BINS: usize = 128;

/// Bytes of runs that are kept from the sketches for the exact comparison; texts past it are cut into runs once more.
const KEPT: usize = 256 << 20;

/// Finds all pairs whose similarity is at least `threshold` (between 0 and 1), in order of `a`,
/// then `b`. Texts without a word are in no pair.
///
/// Memory: a sketch of 512 bytes for every text, 256 MiB at most of their runs, and past that the runs of those texts that
/// are candidates.
pub fn near_duplicates(texts: &[&str], threshold: f64) -> Vec<NearDuplicate> {
    let threshold = threshold.clamp(0.01, 1.0);
    let mut left = KEPT;
    let (sketches, mut kept): (Vec<_>, Vec<_>) = texts
        .iter()
        .map(|text| {
            let runs = cut(text);
            let sketch = sketch(&runs);
            let size = runs.capacity() * size_of::<u64>();
            let is_kept = size <= left;
            left -= if is_kept { size } else { 0 };
            (sketch, is_kept.then_some(runs))
        })
        .unzip();
    let candidates = candidates(&sketches, threshold);
    let mut sets: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    let mut uses: BTreeMap<u32, u32> = BTreeMap::new();
    for (a, b) in &candidates {
        *uses.entry(*a).or_default() += 1;
        *uses.entry(*b).or_default() += 1;
    }
    let mut pairs = Vec::new();
    for (a, b) in candidates {
        for id in [a, b] {
            sets.entry(id).or_insert_with(|| {
                let runs = kept.get_mut(id as usize).and_then(Option::take);
                set_of(runs.unwrap_or_else(|| cut(texts.get(id as usize).copied().unwrap_or(""))))
            });
        }
        if let (Some(first), Some(second)) = (sets.get(&a), sets.get(&b)) {
            let common = common(first, second) as f64;
            let (first, second) = (first.len() as f64, second.len() as f64);
            let similarity = common / (first + second - common);
            if similarity >= threshold {
                let containment = common / first.min(second);
                pairs.push(NearDuplicate { a: a as usize, b: b as usize, similarity, containment });
            }
        }
        // A set that no later candidate needs is let go.
        for id in [a, b] {
            if let Some(left) = uses.get_mut(&id) {
                *left -= 1;
                if *left == 0 {
                    sets.remove(&id);
                }
            }
        }
    }
    pairs
}

/// The hashes of the word runs of a text, in its order.
fn cut(text: &str) -> Vec<u64> {
    let mut runs = Vec::with_capacity(text.len() / 6);
    each_shingle(text, |shingle| runs.push(shingle.hash));
    runs
}

fn set_of(mut runs: Vec<u64>) -> Vec<u64> {
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// The hashes of the word runs that a text is compared by, sorted, each once: what the Jaccard index is taken of.
pub fn runs_of(text: &str) -> Vec<u64> {
    set_of(cut(text))
}

/// How many numbers two sorted sets have in common.
pub(crate) fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut from_a, mut from_b, mut count) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(from_a), b.get(from_b)) {
        // Without branches, which nobody could predict.
        count += usize::from(x == y);
        from_a += usize::from(x <= y);
        from_b += usize::from(y <= x);
    }
    count
}

/// The least hash of each bin.
fn sketch(runs: &[u64]) -> Option<[u32; BINS]> {
    const EMPTY: u32 = u32::MAX;
    if runs.is_empty() {
        return None;
    }
    let mut bins = [EMPTY; BINS];
    for run in runs {
        let value = (run & 0xFFFF_FFFF) as u32;
        if let Some(least) = bins.get_mut((run >> 57) as usize) {
            *least = (*least).min(value.min(EMPTY - 1));
        }
    }
    let filled = bins;
    for (bin, value) in bins.iter_mut().enumerate() {
        // An empty bin borrows from one that its number draws by lot, the same for all texts.
        let mut attempt = 0_u64;
        while *value == EMPTY {
            attempt += 1;
            let drawn = finish((bin as u64) << 32 | attempt) as usize % BINS;
            *value = filled.get(drawn).copied().unwrap_or(EMPTY);
        }
    }
    Some(bins)
}

/// Rows of a band: as many as let a pair at the threshold be missed once in a thousand.
fn rows(threshold: f64) -> usize {
    (1..=16)
        .rev()
        .find(|rows| {
            let bands = (BINS / rows) as f64;
            (1.0 - threshold.powi(*rows as i32)).powf(bands) < 0.001
        })
        .unwrap_or(1)
}

/// Equal bins below which two texts are not compared: four standard deviations below what the threshold makes likely. Of
/// pairs at a threshold of 0.8, 9 in 20,000 have fewer where both texts have 20 runs, 1 where they have 100 (simulated).
fn least_equal(threshold: f64) -> f64 {
    let bins = BINS as f64;
    bins * threshold - 4.0 * (bins * threshold * (1.0 - threshold)).sqrt()
}

/// Pairs of texts that share a band and are likely to be alike, sorted.
fn candidates(sketches: &[Option<[u32; BINS]>], threshold: f64) -> Vec<(u32, u32)> {
    let rows = rows(threshold);
    let least_equal = least_equal(threshold);
    let is_likely = |a: u32, b: u32| {
        let of = |id: u32| sketches.get(id as usize).and_then(Option::as_ref);
        let equal = |(a, b): (&[u32; BINS], &[u32; BINS])| {
            a.iter().zip(b).map(|(a, b)| u32::from(a == b)).sum::<u32>()
        };
        of(a).zip(of(b)).is_some_and(|pair| f64::from(equal(pair)) >= least_equal)
    };
    let mut pairs = Vec::new();
    let mut keys: Vec<(u64, u32)> = Vec::with_capacity(sketches.len());
    for band in 0..BINS / rows {
        keys.clear();
        for (id, sketch) in (0_u32..).zip(sketches) {
            let Some(values) = sketch.as_ref().and_then(|s| s.get(band * rows..(band + 1) * rows))
            else {
                continue;
            };
            let key = values
                .iter()
                .fold(band as u64, |key, value| finish(key.rotate_left(7) ^ u64::from(*value)));
            keys.push((key, id));
        }
        keys.sort_unstable();
        for group in keys.chunk_by(|a, b| a.0 == b.0) {
            for (at, (_, a)) in group.iter().enumerate() {
                let others = group.iter().skip(at + 1).map(|(_, b)| (*a, *b));
                pairs.extend(others.filter(|(a, b)| is_likely(*a, *b)));
            }
        }
        // Bands repeat each other's pairs.
        if pairs.len() > 4 << 20 {
            pairs.sort_unstable();
            pairs.dedup();
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{common, near_duplicates, runs_of};

    const ENGLISH: &str = "Police in an invented province collected blood samples from villagers, and the office said that the work would be completed before the end of the next month in all of its counties and towns.";
    const CHINESE: &str = "某省公安机关从去年六月开始在各县采集村民的血样，有关部门表示这项工作将在下个月底之前全部完成，目前已经覆盖大部分乡镇和村庄。";
    const TIBETAN: &str = "ཞིང་ཆེན་ཞིག་གི་ཉེན་རྟོག་པས་གྲོང་ཚོ་ཁག་ཏུ་མི་དམངས་ཀྱི་ཁྲག་གི་དཔེ་ཚད་བླངས་པ་དང་ལས་ཀ་འདི་ཟླ་རྗེས་མའི་མཇུག་ཏུ་ཚར་རྒྱུ་ཡིན་པ་བརྗོད།";

    #[test]
    fn finds_copies_with_small_changes_in_every_script() {
        for text in [ENGLISH, CHINESE, TIBETAN] {
            let long = text.repeat(3);
            let changed =
                long.replacen("in ", "inside ", 1).replacen('月', "日", 1).replacen("ཁྲག", "ལག", 1);
            let other = "Nothing of this is alike: 完全不同的内容 སྐད་ཆ་གཞན་ཞིག";
            let pairs = near_duplicates(&[&long, other, &changed, &long, ""], 0.7);
            let found: Vec<(usize, usize)> = pairs.iter().map(|pair| (pair.a, pair.b)).collect();
            assert_eq!(found, [(0, 2), (0, 3), (2, 3)], "{text}");
            assert!(pairs[0].similarity < 1.0 && pairs[1].similarity == 1.0);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Against the comparison of all pairs: nothing wrong is given, and what is well above the
        /// threshold is not missed.
        #[test]
        fn agrees_with_comparing_all(edits in proptest::collection::vec((0_usize..120, 0_usize..60), 2..8)) {
            let words: Vec<String> = (0..120).map(|n| format!("word{n}")).collect();
            let texts: Vec<String> = edits.iter().map(|(from, count)| {
                let mut words = words.clone();
                for word in words.iter_mut().skip(*from).take(*count) {
                    *word = format!("{word}x{from}");
                }
                words.join(" ")
            }).collect();
            let views: Vec<&str> = texts.iter().map(String::as_str).collect();
            let found = near_duplicates(&views, 0.6);
            for a in 0..views.len() {
                for b in a + 1..views.len() {
                    let (x, y) = (runs_of(views[a]), runs_of(views[b]));
                    let both = common(&x, &y) as f64;
                    let exact = both / (x.len() as f64 + y.len() as f64 - both);
                    let given = found.iter().find(|pair| (pair.a, pair.b) == (a, b));
                    prop_assert_eq!(given.is_some(), exact >= 0.6);
                    if let Some(given) = given {
                        prop_assert!((given.similarity - exact).abs() < 1e-12);
                    }
                }
            }
        }
    }
}
