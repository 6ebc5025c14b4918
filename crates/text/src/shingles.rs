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
    to: usize,
    run: usize,
}

/// Gives every run of terms to `take`, in order. A text shorter than one run is one run.
pub(crate) fn each_shingle(text: &str, mut take: impl FnMut(Shingle)) {
    let mut window = [Seen::default(); 4];
    let mut count = 0_usize;
    let mut any = false;
    let mut last_position = usize::MAX;
    each_term(text, |term: Term<'_>| {
        // The tail of a run of Han is in the pair before it; a second reading is no new term.
        if (term.is_tail && count > 0) || term.position == last_position {
            return;
        }
        last_position = term.position;
        window.rotate_left(1);
        window[3] = Seen {
            hash: hash(term.text),
            from: term.from,
            to: term.to,
            run: length_of_run(term.text),
        };
        count += 1;
        // A run is complete when the terms behind its first are there: of three or of four.
        for length in [3, 4] {
            let Some(first) = window.get(4 - length).filter(|_| count >= length) else { continue };
            if first.run == length {
                any = true;
                take(combine(window.get(4 - length..).unwrap_or_default()));
            }
        }
    });
    if !any && count > 0 {
        take(combine(window.get(4 - count.min(4)..).unwrap_or_default()));
    }
}

fn combine(terms: &[Seen]) -> Shingle {
    let mixed = terms.iter().fold(0x9E37_79B9_7F4A_7C15_u64, |sum, term| {
        (sum.rotate_left(23) ^ term.hash).wrapping_mul(0xFF51_AFD7_ED55_8CCD)
    });
    Shingle {
        hash: finish(mixed),
        from: terms.first().map_or(0, |term| term.from),
        to: terms.last().map_or(0, |term| term.to),
    }
}

/// FNV-1a over eight bytes at a time, the order of bytes fixed.
fn hash(term: &str) -> u64 {
    let mut sum = 0xCBF2_9CE4_8422_2325_u64;
    let mut chunks = term.as_bytes().chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        sum = (sum ^ word).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(29);
    }
    let tail =
        chunks.remainder().iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    finish(sum ^ tail.wrapping_add((term.len() as u64) << 56))
}

/// The finaliser of MurmurHash3 (Appleby, public domain): every bit changes about half the others.
pub(crate) fn finish(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ (hash >> 33)
}
