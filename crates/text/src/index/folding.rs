//! Hits whose texts are nearly the same, folded into one.
//!
//! A small sketch of each text stands in the index. Where two sketches leave a doubt, short texts are compared exactly: by
//! the Jaccard index of their sets of word runs, like [`crate::near_duplicates`]. Of a longer one the sketch decides, so that
//! no search waits for books to be compared.

use crate::near_duplicates::{common, runs_of};
use crate::shingles::finish;

/// Eight bins to a number.
const NUMBERS: usize = 16;
const BINS: usize = NUMBERS * 8;
/// Bytes of letters and digits that make one run of the sketch.
const RUN: u32 = 16;
/// Texts with a Jaccard index of at least this are nearly the same.
const THRESHOLD: f64 = 0.8;
/// The share of equal bins from which on two texts are compared. Of texts at the threshold, where a bin is equal four times
/// in five, one pair in ten thousand has fewer.
const LEAST_EQUAL: f64 = 0.66;
/// The share from which on there is no doubt: of texts at the threshold, two pairs in ten thousand have more.
const CERTAINLY_EQUAL: f64 = 0.92;
/// The share from which on texts count as nearly the same that are not compared: give or take 3.5 in a hundred (one standard
/// deviation).
const ENOUGH_EQUAL: f64 = 0.8;
/// A longer text, in bytes, is judged by its sketch alone.
const LONGEST_COMPARED: u64 = 4 << 10;
/// A sketch with fewer full bins, such as that of one sentence said a hundred times, says too little to judge by.
const LEAST_FULL: usize = BINS / 2;
/// What stands for a bin that no run fell into.
const EMPTY: u8 = 0;

/// One permutation hashing (Li, Owen and Zhang 2012) cut to eight bits a bin (Li and König, "b-Bit Minwise Hashing",
/// WWW 2010).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sketch {
    bins: [u64; NUMBERS],
    /// Bytes of the text.
    length: u64,
}

/// What two sketches say of their texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    Other,
    /// The texts themselves decide.
    Perhaps,
    NearlySame,
}

impl Sketch {
    /// The numbers that stand in the index.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.bins.into_iter().chain([self.length])
    }

    /// The sketch of these numbers; none where they are not those of one.
    pub(super) fn from_numbers(mut numbers: impl Iterator<Item = u64>) -> Option<Self> {
        let mut bins = [0; NUMBERS];
        for bin in &mut bins {
            *bin = numbers.next()?;
        }
        let length = numbers.next()?;
        numbers.next().is_none().then_some(Self { bins, length })
    }

    /// Whether nobody has to look at the text.
    pub(super) fn decides(&self) -> bool {
        let full = self.bytes().filter(|bin| *bin != EMPTY).count();
        self.length > LONGEST_COMPARED && full >= LEAST_FULL
    }

    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        // A bin that is empty in both says nothing.
        let full = || self.bytes().zip(other.bytes()).filter(|bins| *bins != (EMPTY, EMPTY));
        let (bins, equal) = (full().count(), full().filter(|(a, b)| a == b).count());
        let share = equal as f64 / bins.max(1) as f64;
        if share < LEAST_EQUAL {
            Likeness::Other
        } else if share >= CERTAINLY_EQUAL && bins >= LEAST_FULL {
            Likeness::NearlySame
        } else if !self.decides() && !other.decides() {
            Likeness::Perhaps
        } else if share >= ENOUGH_EQUAL {
            Likeness::NearlySame
        } else {
            Likeness::Other
        }
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.bins.iter().flat_map(|bins| bins.to_le_bytes())
    }
}

/// The sketch of a text; none of one too short for it.
///
/// Its runs are of bytes, not of words as [`runs_of`] cuts them, which would cost as much as indexing itself.
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
            let bin = (hash >> 57) as usize;
            let value = (hash >> 20) as u32;
            if let Some(least) = bins.get_mut(bin) {
                *least = (*least).min(value.min(u32::MAX - 1));
            }
        }
    }
    if length < RUN as usize {
        return None;
    }
    let mut sketch = Sketch { bins: [0; NUMBERS], length: text.len() as u64 };
    for (number, eight) in sketch.bins.iter_mut().zip(bins.chunks_exact(8)) {
        for least in eight {
            let byte = match least {
                &u32::MAX => EMPTY,
                least => (finish(u64::from(*least)) as u8).max(EMPTY + 1),
            };
            *number = *number << 8 | u64::from(byte);
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

/// A text made ready to be compared with others.
pub(super) struct Compared {
    runs: Vec<u64>,
}

impl Compared {
    pub(super) fn new(text: &str) -> Self {
        Self { runs: runs_of(text) }
    }

    /// Whether both say nearly the same. A text without words is like no other.
    pub(super) fn is_nearly(&self, other: &Self) -> bool {
        let common = common(&self.runs, &other.runs);
        let all = self.runs.len() + other.runs.len() - common;
        all > 0 && common as f64 >= THRESHOLD * all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Compared, Likeness, Sketch, sketch};

    #[test]
    fn sketches_agree_with_the_exact_comparison() {
        let cases = [
            (400, 0, Likeness::NearlySame, true),
            (400, 2, Likeness::NearlySame, true),
            (400, 20, Likeness::Perhaps, true),
            (400, 200, Likeness::Other, false),
            (400, 400, Likeness::Other, false),
            // Too long to be compared.
            (6000, 0, Likeness::NearlySame, true),
            (6000, 200, Likeness::NearlySame, true),
            (6000, 3000, Likeness::Other, false),
        ];
        for (words, changed, likeness, is_nearly) in cases {
            let words: Vec<String> = (0..words).map(|n| format!("word{n}")).collect();
            let whole = words.join(" ");
            let mut others = words;
            for word in others.iter_mut().take(changed) {
                word.push_str("anders");
            }
            let other = others.join(" ");
            let found = sketch(&whole).unwrap().likeness(&sketch(&other).unwrap());
            assert_eq!(found, likeness, "sketch, {changed} of {} words changed", others.len());
            let same = Compared::new(&whole).is_nearly(&Compared::new(&other));
            assert_eq!(same, is_nearly, "exactly, {changed} of {} words changed", others.len());
        }
        assert_eq!(sketch("too short"), None);
        assert!(!Compared::new("…").is_nearly(&Compared::new("…")));
    }

    /// Bins that stay empty were once equal in all texts that say one thing again and again.
    #[test]
    fn texts_that_repeat_themselves_are_not_alike_for_that() {
        let pairs = [
            ("0 ".repeat(3000), "1 ".repeat(3000)),
            ("Page not found. ".repeat(300), "Access is denied. ".repeat(350)),
        ];
        for (a, b) in pairs {
            let found = sketch(&a).unwrap().likeness(&sketch(&b).unwrap());
            assert_eq!(found, Likeness::Other, "{}", a.get(..20).unwrap());
            let same = sketch(&a).unwrap().likeness(&sketch(&a).unwrap());
            assert_eq!(same, Likeness::Perhaps, "{}", a.get(..20).unwrap());
        }
    }

    #[test]
    fn a_sketch_comes_back_from_its_numbers() {
        let sketch = sketch("a text that is long enough for a sketch").unwrap();
        assert_eq!(Sketch::from_numbers(sketch.numbers()), Some(sketch));
        assert_eq!(Sketch::from_numbers(sketch.numbers().skip(1)), None);
        assert_eq!(Sketch::from_numbers(sketch.numbers().chain([0])), None);
    }
}
