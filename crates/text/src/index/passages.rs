//! Where the words of a query stand in a text, to the code point.

use std::collections::{BTreeMap, BTreeSet};

use super::query::Leaf;
use super::search::Match;
use crate::offsets::Offsets;
use crate::words::each_term;

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

/// Byte ranges of every leaf's matches, with the number of the leaf.
fn spans(text: &str, leaves: &[&Leaf]) -> Vec<(usize, usize, usize)> {
    let mut exact: BTreeMap<&str, Vec<Occurrence>> = BTreeMap::new();
    let mut prefixes: BTreeMap<&str, Vec<Occurrence>> = BTreeMap::new();
    for leaf in leaves {
        for (at, (_, term)) in leaf.terms.iter().enumerate() {
            if leaf.last_is_prefix && at + 1 == leaf.terms.len() {
                prefixes.entry(term).or_default();
            } else {
                exact.entry(term).or_default();
            }
        }
    }
    each_term(text, |term| {
        if let Some(found) = exact.get_mut(term.text) {
            found.push((term.position, term.from, term.to));
        }
        for (prefix, found) in &mut prefixes {
            if term.text.starts_with(prefix) {
                let first = text.get(term.from..).and_then(|rest| rest.chars().next());
                let to = if term.is_tail {
                    term.to
                } else {
                    term.from + first.map_or(0, char::len_utf8)
                };
                found.push((term.position, term.from, to.max(term.from + 1)));
            }
        }
    });
    let mut spans = Vec::new();
    for (number, leaf) in leaves.iter().enumerate() {
        let lists: Vec<(usize, &Vec<Occurrence>)> = leaf
            .terms
            .iter()
            .enumerate()
            .filter_map(|(at, (offset, term))| {
                let is_prefix = leaf.last_is_prefix && at + 1 == leaf.terms.len();
                let found =
                    if is_prefix { prefixes.get(term.as_str()) } else { exact.get(term.as_str()) };
                Some((*offset, found?))
            })
            .collect();
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
