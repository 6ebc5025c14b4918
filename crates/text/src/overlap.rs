//! What two texts have in common, word for word: the evidence that one was copied from the other.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::offsets::Offsets;
use crate::shingles::{Shingle, each_shingle};

/// A passage that stands in both texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SharedPassage {
    /// First code point in the first text.
    pub a_start: usize,
    /// One past the last code point in the first text.
    pub a_end: usize,
    /// First code point in the second text.
    pub b_start: usize,
    /// One past the last code point in the second text.
    pub b_end: usize,
    /// The passage as it stands in the second text.
    pub exact: String,
}

/// What two texts share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// Shared passages, in the order of the second text; none overlaps another there.
    pub passages: Vec<SharedPassage>,
    /// The share of the first text's word runs that stand in the second, from 0 to 1.
    pub share_of_a: f64,
    /// The share of the second text's word runs that stand in the first, from 0 to 1.
    pub share_of_b: f64,
}

/// A run that occurs more often than this in one text is a phrase of the trade, and not followed.
const MAX_OCCURRENCES: usize = 16;
/// Shared runs in a row that make a passage worth showing: eight words, or ten Han characters.
const LEAST_RUNS: usize = 6;

/// Finds the passages that two texts share, whatever their scripts.
///
/// Compares runs of three words, five Han characters or four Tibetan syllables, case and spacing
/// aside. Time grows with the length of the texts.
pub fn overlap(a: &str, b: &str) -> Overlap {
    let (first, second) = (shingles(a), shingles(b));
    let mut places: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, shingle) in first.iter().enumerate() {
        places.entry(shingle.hash).or_default().push(at);
    }
    let mut in_first = vec![false; first.len()];
    let mut shared_of_second = 0_usize;
    for shingle in &second {
        if let Some(found) = places.get(&shingle.hash) {
            shared_of_second += 1;
            for at in found {
                if let Some(mark) = in_first.get_mut(*at) {
                    *mark = true;
                }
            }
        }
    }
    let share = |part: usize, all: usize| if all == 0 { 0.0 } else { part as f64 / all as f64 };
    Overlap {
        passages: passages(a, b, &first, &second, &places),
        share_of_a: share(in_first.iter().filter(|mark| **mark).count(), first.len()),
        share_of_b: share(shared_of_second, second.len()),
    }
}

fn shingles(text: &str) -> Vec<Shingle> {
    let mut shingles = Vec::new();
    each_shingle(text, |shingle| shingles.push(shingle));
    shingles
}

/// The longest matches from the left: at every run of the second text the longest row of equal
/// runs that begins there.
fn passages(
    a: &str,
    b: &str,
    first: &[Shingle],
    second: &[Shingle],
    places: &BTreeMap<u64, Vec<usize>>,
) -> Vec<SharedPassage> {
    let (a_offsets, b_offsets) = (Offsets::new(a), Offsets::new(b));
    let mut passages = Vec::new();
    let mut at = 0;
    while let Some(shingle) = second.get(at) {
        let starts = places.get(&shingle.hash).map(Vec::as_slice).unwrap_or_default();
        let best = starts
            .iter()
            .take(MAX_OCCURRENCES)
            .map(|start| (row_length(first, second, *start, at), *start))
            .max_by_key(|(length, start)| (*length, usize::MAX - start));
        match best {
            Some((length, start)) if length >= LEAST_RUNS => {
                let (Some(a_first), Some(a_last)) =
                    (first.get(start), first.get(start + length - 1))
                else {
                    break;
                };
                let b_last = second.get(at + length - 1).unwrap_or(shingle);
                passages.push(SharedPassage {
                    a_start: a_offsets.point_of_byte(a_first.from),
                    a_end: a_offsets.point_of_byte(a_last.to),
                    b_start: b_offsets.point_of_byte(shingle.from),
                    b_end: b_offsets.point_of_byte(b_last.to),
                    exact: b.get(shingle.from..b_last.to).unwrap_or("").to_owned(),
                });
                // The next passage begins behind the last word of this one.
                at += length;
                while second.get(at).is_some_and(|next| next.from < b_last.to) {
                    at += 1;
                }
            }
            _ => at += 1,
        }
    }
    passages
}

fn row_length(first: &[Shingle], second: &[Shingle], a: usize, b: usize) -> usize {
    first.iter().skip(a).zip(second.iter().skip(b)).take_while(|(x, y)| x.hash == y.hash).count()
}

/// A quotation: words between quotation marks, with their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quotation {
    /// The words between the marks.
    pub exact: String,
    /// First code point of the words.
    pub start: usize,
    /// One past the last code point of the words.
    pub end: usize,
}

/// Marks that open a quotation, and those that close it.
const MARKS: [(char, char); 7] =
    [('“', '”'), ('„', '“'), ('«', '»'), ('「', '」'), ('『', '』'), ('‹', '›'), ('"', '"')];

/// Letters a quotation must have, so that a name or a word set off by marks is none. A Han
/// character or a Tibetan syllable counts for more.
const LEAST_WEIGHT: usize = 24;
/// Bytes after which an open mark is taken to be never closed.
const MAX_LENGTH: usize = 4000;

/// Finds the quotations of a text that are long enough to tell where they come from.
pub fn quotations(text: &str) -> Vec<Quotation> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        if let Some((from, close)) = open {
            if c == close {
                found.push((from, at));
                open = None;
            } else if at - from > MAX_LENGTH || (c == '\n' && close == '"') {
                open = None;
            }
        } else if let Some((_, close)) = MARKS.iter().find(|(mark, _)| *mark == c) {
            open = Some((at + c.len_utf8(), *close));
        }
    }
    let offsets = Offsets::new(text);
    found
        .into_iter()
        .filter_map(|(from, to)| {
            let exact = text.get(from..to)?;
            let weight: usize = exact
                .chars()
                .map(|c| match c {
                    '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' => 3,
                    _ => usize::from(c.is_alphanumeric()),
                })
                .sum();
            (weight >= LEAST_WEIGHT).then(|| Quotation {
                exact: exact.to_owned(),
                start: offsets.point_of_byte(from),
                end: offsets.point_of_byte(to),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{overlap, quotations};

    #[test]
    fn finds_what_was_copied() {
        for (a, b, expected) in [
            (
                "The office published the notice on Monday. Blood samples were taken from all residents of the fourteen villages in the county. It gave no reason.",
                "Our reporter writes: blood samples were taken from all  residents of the fourteen villages in the county, and nobody knows why.",
                vec![
                    "blood samples were taken from all  residents of the fourteen villages in the county",
                ],
            ),
            (
                "通知说，全县已采集血样九十二万三千份，覆盖率百分之六十九。请各村配合。",
                "据报道：全县已采集血样九十二万三千份，覆盖率百分之六十九，村民表示担心。",
                vec!["全县已采集血样九十二万三千份，覆盖率百分之六十九"],
            ),
            ("One text about a thing.", "Another text about something else entirely.", vec![]),
            ("", "", vec![]),
        ] {
            let found = overlap(a, b);
            let exact: Vec<&str> = found.passages.iter().map(|p| p.exact.as_str()).collect();
            assert_eq!(exact, expected);
            for passage in &found.passages {
                let slice = |text: &str, start: usize, end: usize| -> String {
                    text.chars().skip(start).take(end - start).collect()
                };
                assert_eq!(slice(b, passage.b_start, passage.b_end), passage.exact);
                assert!(!slice(a, passage.a_start, passage.a_end).is_empty());
            }
        }
        let same = overlap("བོད་ལྗོངས་ཀྱི་མི་དམངས་ཀྱི་ཁྲག་བླངས།", "བོད་ལྗོངས་ཀྱི་མི་དམངས་ཀྱི་ཁྲག་བླངས།");
        assert_eq!((same.share_of_a, same.share_of_b), (1.0, 1.0));
    }

    #[test]
    fn finds_quotations() {
        let text = "He said “we took samples from every family in the village” and \"no\". 他说：「我们从村里每一户人家采集了样本」。";
        let found: Vec<String> = quotations(text).into_iter().map(|q| q.exact).collect();
        assert_eq!(
            found,
            ["we took samples from every family in the village", "我们从村里每一户人家采集了样本"]
        );
    }
}
