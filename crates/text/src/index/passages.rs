//! Where the words of a query stand in a text, to the code point.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::query::{Ending, Leaf};
use super::search::Match;
use crate::offsets::Offsets;
use crate::words::each_term;

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder};

/// Bytes within which words of a query stand together.
const NEAR: usize = 400;

/// Finds the words in the text; those that stand near many of the others first, longer before
/// shorter, then in the text's order. No two overlap.
pub(super) fn find(text: &str, leaves: &[&Leaf], limit: usize) -> Vec<Match> {
    if limit == 0 || leaves.is_empty() {
        return Vec::new();
    }
    let mut spans = spans(text, leaves);
    spans.sort_unstable();
    let mut ranked: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (at, (from, to, _)) in spans.iter().enumerate() {
        let near: BTreeSet<usize> = spans
            .iter()
            .skip(at)
            .take(64)
            .take_while(|(next, ..)| *next <= from + NEAR)
            .map(|(.., leaf)| *leaf)
            .collect();
        ranked.push((near.len(), to - from, *from, *to));
    }
    ranked.sort_unstable_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2)));
    let offsets = Offsets::new(text);
    let mut taken: Vec<(usize, usize)> = Vec::new();
    let mut matches = Vec::new();
    for (_, _, from, to) in ranked {
        if taken.iter().any(|(start, end)| from < *end && *start < to) {
            continue;
        }
        taken.push((from, to));
        matches.push(Match {
            exact: text.get(from..to).unwrap_or("").to_owned(),
            start: offsets.point_of_byte(from),
            end: offsets.point_of_byte(to),
        });
        if matches.len() >= limit {
            break;
        }
    }
    matches
}

/// A term of the text that is a term of the query: its place, first and last byte.
type Occurrence = (usize, usize, usize);

/// What is looked for at one place of one leaf.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    leaf: usize,
    term: usize,
}

/// Terms that are not simply looked up.
enum Pattern<'q> {
    Begins { with: &'q str, whole_word: bool },
    Near(Box<DFA>),
}

/// Byte ranges of every leaf's matches, with the number of the leaf.
fn spans(text: &str, leaves: &[&Leaf]) -> Vec<(usize, usize, usize)> {
    let mut exact: BTreeMap<&str, Vec<Wanted>> = BTreeMap::new();
    let mut patterns: Vec<(Pattern<'_>, Wanted)> = Vec::new();
    for (leaf, query) in leaves.iter().enumerate() {
        for (term, (_, spellings)) in query.terms.iter().enumerate() {
            let wanted = Wanted { leaf, term };
            let ending = if term + 1 == query.terms.len() { query.ending } else { Ending::Whole };
            for spelling in spellings {
                let pattern = match ending {
                    Ending::Whole => {
                        exact.entry(spelling).or_default().push(wanted);
                        continue;
                    }
                    Ending::Character => Pattern::Begins { with: spelling, whole_word: false },
                    Ending::Star => Pattern::Begins { with: spelling, whole_word: true },
                    Ending::Near(off) => Pattern::Near(Box::new(near(spelling, off))),
                };
                patterns.push((pattern, wanted));
            }
        }
    }
    let mut found: BTreeMap<Wanted, Vec<Occurrence>> = BTreeMap::new();
    each_term(text, |term| {
        for wanted in exact.get(term.text).into_iter().flatten() {
            let places = found.entry(*wanted).or_default();
            places.push((term.position, term.from, term.to));
        }
        for (pattern, wanted) in &patterns {
            let to = match pattern {
                Pattern::Begins { with, whole_word } if term.text.starts_with(with) => {
                    let first = text.get(term.from..).and_then(|rest| rest.chars().next());
                    match first {
                        Some(first) if !term.is_tail && !whole_word => term.from + first.len_utf8(),
                        _ => term.to,
                    }
                }
                Pattern::Near(dfa) if matches!(dfa.eval(term.text), Distance::Exact(_)) => term.to,
                _ => continue,
            };
            let places = found.entry(*wanted).or_default();
            places.push((term.position, term.from, to.max(term.from + 1)));
        }
    });
    let mut spans = Vec::new();
    for (number, leaf) in leaves.iter().enumerate() {
        let lists: Option<Vec<(usize, &Vec<Occurrence>)>> = (0..leaf.terms.len())
            .zip(&leaf.terms)
            .map(|(term, (offset, _))| Some((*offset, found.get(&Wanted { leaf: number, term })?)))
            .collect();
        let Some(lists) = lists else { continue };
        let Some((_, first)) = lists.first() else { continue };
        for (position, from, to) in first.iter() {
            let end = lists.iter().skip(1).try_fold(*to, |_, (offset, list)| {
                let wanted = position + offset;
                let at = list.partition_point(|(place, ..)| *place < wanted);
                list.get(at).filter(|(place, ..)| *place == wanted).map(|(_, _, to)| *to)
            });
            if let Some(end) = end {
                spans.push((*from, end, number));
            }
        }
    }
    spans
}

/// What [`tantivy::query::FuzzyTermQuery`] compares with, so that both find the same words.
fn near(term: &str, letters_off: u8) -> DFA {
    static BUILDERS: LazyLock<[LevenshteinAutomatonBuilder; 2]> =
        LazyLock::new(|| [1, 2].map(|off| LevenshteinAutomatonBuilder::new(off, true)));
    let [one, two] = &*BUILDERS;
    if letters_off < 2 { one.build_dfa(term) } else { two.build_dfa(term) }
}
