//! Hits whose texts are nearly the same, folded into one.
//!
//! A small sketch of each text stands in the index, and two sketches estimate the Jaccard index of their texts: no search
//! waits for texts to be compared. Only of texts that are too short for that, or say one thing again and again, the Jaccard
//! index of their sets of word runs is taken exactly, like [`crate::near_duplicates`] does.

use crate::near_duplicates::{common, runs_of};
use crate::shingles::finish;

/// Eight bins to a number.
const NUMBERS: usize = 16;
const BINS: usize = NUMBERS * 8;
/// Bytes of letters and digits that make one run of the sketch.
const RUN: u32 = 16;
/// Texts with a Jaccard index of at least this are nearly the same. An estimate of it has a standard deviation of 0.035.
const THRESHOLD: f64 = 0.8;
/// A sketch with fewer full bins says too little to judge by.
const LEAST_FULL: usize = BINS / 2;
/// What stands for a bin that no run fell into.
const EMPTY: u8 = 0;

/// One permutation hashing (Li, Owen and Zhang 2012) cut to eight bits a bin (Li and König, "b-Bit Minwise Hashing",
/// WWW 2010).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sketch([u64; NUMBERS]);

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
    pub(super) fn numbers(&self) -> [u64; NUMBERS] {
        self.0
    }

    /// The sketch of these numbers; none where they are not those of one.
    pub(super) fn from_numbers(mut numbers: impl Iterator<Item = u64>) -> Option<Self> {
        let mut bins = [0; NUMBERS];
        for bin in &mut bins {
            *bin = numbers.next()?;
        }
        numbers.next().is_none().then_some(Self(bins))
    }

    /// Whether nobody has to look at the text.
    pub(super) fn decides(&self) -> bool {
        self.bins().filter(|bin| *bin != EMPTY).count() >= LEAST_FULL
    }

    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        // A bin that is empty in both says nothing.
        let full = self.bins().zip(other.bins()).filter(|bins| *bins != (EMPTY, EMPTY));
        let (all, equal) =
            full.fold((0, 0), |(all, equal), (a, b)| (all + 1, equal + usize::from(a == b)));
        match (self.decides() || other.decides(), equal as f64 >= THRESHOLD * all as f64) {
            (true, true) => Likeness::NearlySame,
            (true, false) => Likeness::Other,
            (false, _) if equal == 0 => Likeness::Other,
            (false, _) => Likeness::Perhaps,
        }
    }

    fn bins(&self) -> impl Iterator<Item = u8> {
        self.0.iter().flat_map(|bins| bins.to_le_bytes())
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
    let mut sketch = Sketch([0; NUMBERS]);
    for (number, eight) in sketch.0.iter_mut().zip(bins.chunks_exact(8)) {
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
            (10, 0, Likeness::Perhaps, true),
            (10, 5, Likeness::Perhaps, false),
            (10, 10, Likeness::Other, false),
            (600, 0, Likeness::NearlySame, true),
            (600, 20, Likeness::NearlySame, true),
            (600, 300, Likeness::Other, false),
            (600, 600, Likeness::Other, false),
        ];
        for (words, changed, likeness, is_nearly) in cases {
            let words: Vec<String> = (0..words).map(|n| format!("word{n}")).collect();
            let whole = words.join(" ");
            let mut others = words;
            for word in others.iter_mut().take(changed) {
                word.insert_str(0, "anders");
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
        assert_eq!(Sketch::from_numbers(sketch.numbers().into_iter()), Some(sketch));
        assert_eq!(Sketch::from_numbers(sketch.numbers().into_iter().skip(1)), None);
        assert_eq!(Sketch::from_numbers(sketch.numbers().into_iter().chain([0])), None);
    }
}
