//! Hits whose texts are nearly the same, folded into one.
//!
//! A small sketch of each text stands in the index; only texts whose sketches resemble each other are compared, and
//! that exactly: by the Jaccard index of their sets of word runs, like [`crate::near_duplicates`].

use crate::shingles::{each_shingle, finish};

/// Eight bins to a number.
const NUMBERS: usize = 4;
const BINS: usize = NUMBERS * 8;
/// Bytes of letters and digits that make one run of the sketch.
const RUN: u32 = 16;
/// Texts with a Jaccard index of at least this are nearly the same.
const THRESHOLD: f64 = 0.8;
/// Equal bins from which on two texts are compared. Of texts at the threshold, where a bin is equal four times in five,
/// one pair in three hundred has fewer.
const LEAST_EQUAL: usize = 19;

/// One permutation hashing (Li, Owen and Zhang 2012) cut to eight bits a bin (Li and König, "b-Bit Minwise Hashing",
/// WWW 2010).
pub(super) type Sketch = [u64; NUMBERS];

/// The sketch of a text; none of one too short for it.
///
/// Its runs are of bytes, not of words as [`each_shingle`] cuts them, which would cost as much as indexing itself.
pub(super) fn sketch(text: &str) -> Option<Sketch> {
    let mut bins = [u32::MAX; BINS];
    let (mut rolling, mut length) = (0_u64, 0_usize);
    for byte in text.bytes() {
        let byte = match byte {
            b'A'..=b'Z' => byte | 0x20,
            b'a'..=b'z' | b'0'..=b'9' | 0x80.. => byte,
            _ => continue,
        };
        // Each byte is shifted out after as many steps as a run is long.
        rolling = (rolling << (64 / RUN)).wrapping_add(finish_byte(byte));
        length += 1;
        if length >= RUN as usize {
            let hash = rolling.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let bin = (hash >> 59) as usize;
            let value = (hash >> 20) as u32;
            if let Some(least) = bins.get_mut(bin) {
                *least = (*least).min(value);
            }
        }
    }
    if length < RUN as usize {
        return None;
    }
    let mut sketch = [0_u64; NUMBERS];
    for (number, eight) in sketch.iter_mut().zip(bins.chunks_exact(8)) {
        for least in eight {
            *number = *number << 8 | (finish(u64::from(*least)) & 0xFF);
        }
    }
    Some(sketch)
}

/// Spreads a byte over 64 bits.
fn finish_byte(byte: u8) -> u64 {
    const TABLE: [u64; 256] = {
        let mut table = [0; 256];
        let mut at = 0;
        while at < 256 {
            let mixed = (at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            table[at] = mixed ^ (mixed >> 29);
            at += 1;
        }
        table
    };
    TABLE.get(usize::from(byte)).copied().unwrap_or(0)
}

/// Whether it is worth while to compare the texts of two sketches.
pub(super) fn resemble(a: &Sketch, b: &Sketch) -> bool {
    let equal_bins = |(a, b): (&u64, &u64)| {
        let differ = a ^ b;
        (0..8).filter(|bin| differ >> (8 * bin) & 0xFF == 0).count()
    };
    a.iter().zip(b).map(equal_bins).sum::<usize>() >= LEAST_EQUAL
}

/// A text made ready to be compared with others.
pub(super) struct Compared {
    runs: Vec<u64>,
}

impl Compared {
    pub(super) fn new(text: &str) -> Self {
        let mut runs = Vec::with_capacity(text.len() / 6);
        each_shingle(text, |shingle| runs.push(shingle.hash));
        runs.sort_unstable();
        runs.dedup();
        Self { runs }
    }

    /// Whether both say nearly the same. A text without words is like no other.
    pub(super) fn is_nearly(&self, other: &Self) -> bool {
        let mut common = 0_usize;
        let mut rest = other.runs.as_slice();
        for run in &self.runs {
            let smaller = rest.iter().take_while(|other| *other < run).count();
            rest = rest.get(smaller..).unwrap_or_default();
            if rest.first() == Some(run) {
                common += 1;
            }
        }
        let all = self.runs.len() + other.runs.len() - common;
        all > 0 && common as f64 >= THRESHOLD * all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Compared, resemble, sketch};

    #[test]
    fn sketches_agree_with_the_exact_comparison() {
        let words: Vec<String> = (0..600).map(|n| format!("word{n}")).collect();
        let whole = words.join(" ");
        for (changed, is_nearly) in [(0, true), (5, true), (20, true), (300, false), (600, false)] {
            let mut words = words.clone();
            for word in words.iter_mut().take(changed) {
                word.push_str("anders");
            }
            let other = words.join(" ");
            let resembles = resemble(&sketch(&whole).unwrap(), &sketch(&other).unwrap());
            assert_eq!(resembles, is_nearly, "sketch, {changed} words changed");
            let same = Compared::new(&whole).is_nearly(&Compared::new(&other));
            assert_eq!(same, is_nearly, "exactly, {changed} words changed");
        }
        assert_eq!(sketch("too short"), None);
        assert!(!Compared::new("…").is_nearly(&Compared::new("…")));
    }
}
