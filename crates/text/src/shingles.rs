//! Short runs of terms as numbers: the unit in which texts are compared for copying.

use crate::words::{Term, each_term};

/// A run of neighbouring terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shingle {
    /// A hash of its terms; equal runs have equal hashes on every machine.
    pub(crate) hash: u64,
    /// First byte of its first term.
    pub(crate) from: usize,
    /// One past the last byte of its last term.
    pub(crate) to: usize,
}

/// How many terms make a run. Pairs of Han overlap, so four pairs are five characters; a Tibetan
/// syllable says less than a word.
fn length_of_run(term: &str) -> usize {
    // Nothing that begins with a smaller byte of UTF-8 comes from Thai, Tibetan or a script behind them.
    if term.as_bytes().first().is_none_or(|byte| *byte < 0xE0) {
        return 3;
    }
    match term.chars().next() {
        Some('\u{F00}'..='\u{FFF}') => 4,
        Some(c) if c >= '\u{E00}' && !is_spaced(c) => 4,
        _ => 3,
    }
}

/// Scripts from Thai on that divide their words by spaces.
fn is_spaced(c: char) -> bool {
    matches!(c, '\u{10A0}'..='\u{139F}' | '\u{1820}'..='\u{1FFF}')
}

#[derive(Clone, Copy, Default)]
struct Seen {
    hash: u64,
    from: usize,
    run: usize,
}

/// Gives every run of terms to `take`, in order. A text shorter than one run is one run.
pub(crate) fn each_shingle(text: &str, mut take: impl FnMut(Shingle)) {
    let mut window = [Seen::default(); 4];
    let mut count = 0_usize;
    let mut any = false;
    let mut last_position = usize::MAX;
    let mut last_to = 0;
    each_term(text, |term: Term<'_>| {
        // The tail of a run of Han is in the pair before it; a second reading is no new term.
        if (term.is_tail && count > 0) || term.position == last_position {
            return;
        }
        last_position = term.position;
        last_to = term.to;
        let [_, second, third, fourth] = window;
        let seen = Seen { hash: hash(term.text), from: term.from, run: length_of_run(term.text) };
        window = [second, third, fourth, seen];
        count += 1;
        // A run is complete when the terms behind its first are there: of three or of four.
        if count >= 3 && third.run == 3 {
            any = true;
            take(combine(&[third, fourth, seen], term.to));
        }
        if count >= 4 && second.run == 4 {
            any = true;
            take(combine(&window, term.to));
        }
    });
    if !any && count > 0 {
        take(combine(window.get(4 - count.min(4)..).unwrap_or_default(), last_to));
    }
}

fn combine(terms: &[Seen], to: usize) -> Shingle {
    let mixed = terms.iter().fold(0x9E37_79B9_7F4A_7C15_u64, |sum, term| {
        (sum.rotate_left(23) ^ term.hash).wrapping_mul(0xFF51_AFD7_ED55_8CCD)
    });
    Shingle { hash: finish(mixed), from: terms.first().map_or(0, |term| term.from), to }
}

/// FNV-1a over eight bytes at a time, the order of bytes fixed; the last eight may overlap those before.
fn hash(term: &str) -> u64 {
    let bytes = term.as_bytes();
    let step =
        |sum: u64, word: u64| (sum ^ word).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(29);
    let mut sum = 0xCBF2_9CE4_8422_2325_u64 ^ (bytes.len() as u64) << 56;
    let tail = match (bytes.last_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(last), ..) => {
            let (words, rest) = bytes.as_chunks::<8>();
            let whole = words.len() - usize::from(rest.is_empty());
            for word in words.iter().take(whole) {
                sum = step(sum, u64::from_le_bytes(*word));
            }
            u64::from_le_bytes(*last)
        }
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte)),
    };
    finish(step(sum, tail))
}

/// The finaliser of MurmurHash3 (Appleby, public domain): every bit changes about half the others.
pub(crate) fn finish(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ (hash >> 33)
}
