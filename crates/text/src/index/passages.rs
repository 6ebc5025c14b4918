//! Where the words of a query stand in a text, to the code point.
//!
//! Only lines that may hold a word are cut into terms: those with the letters of one, or with characters that become others
//! in the form that is compared.

use std::collections::{BTreeMap, BTreeSet};

use super::near::Near;
use super::query::{Ending, Leaf};
use super::search::Match;
use crate::words::{Term, each_term, first_changed, has_term};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

/// Bytes within which words of a query stand together.
const NEAR: usize = 400;

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
    Near(&'q Near),
}

/// A match of a leaf in a text, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    from: usize,
    to: usize,
    leaf: usize,
}

/// The words of a query, made ready to be looked for in many texts.
pub(super) struct Passages<'q> {
    leaves: Vec<&'q Leaf>,
    exact: BTreeMap<&'q str, Vec<Wanted>>,
    patterns: Vec<(Pattern<'q>, Wanted)>,
    /// The letters that one word at least must have; none where a word may differ in its letters.
    letters: Option<AhoCorasick>,
}

impl<'q> Passages<'q> {
    pub(super) fn new(leaves: &[&'q Leaf]) -> Self {
        let mut exact: BTreeMap<&str, Vec<Wanted>> = BTreeMap::new();
        let mut patterns: Vec<(Pattern<'_>, Wanted)> = Vec::new();
        let mut letters: Option<Vec<&str>> = Some(Vec::new());
        for (leaf, query) in leaves.iter().enumerate() {
            for (term, (_, spellings)) in query.terms.iter().enumerate() {
                let wanted = Wanted { leaf, term };
                let ending =
                    if term + 1 == query.terms.len() { &query.ending } else { &Ending::Whole };
                for spelling in spellings {
                    if let Some(letters) = &mut letters {
                        letters.push(spelling);
                    }
                    let pattern = match ending {
                        Ending::Whole => {
                            exact.entry(spelling).or_default().push(wanted);
                            continue;
                        }
                        Ending::Character => Pattern::Begins { with: spelling, whole_word: false },
                        Ending::Star => Pattern::Begins { with: spelling, whole_word: true },
                        Ending::Near(near) => {
                            letters = None;
                            Pattern::Near(near)
                        }
                    };
                    patterns.push((pattern, wanted));
                }
            }
        }
        let letters = letters.and_then(|letters| {
            AhoCorasickBuilder::new().ascii_case_insensitive(true).build(letters).ok()
        });
        Self { leaves: leaves.to_vec(), exact, patterns, letters }
    }

    /// Finds the words in the text; those that stand near many of the others first, longer before shorter, then in the
    /// text's order. No two overlap. The text is read until there are `limit` places where all words stand together.
    pub(super) fn find(&self, text: &str, limit: usize) -> Vec<Match> {
        if limit == 0 || self.leaves.is_empty() {
            return Vec::new();
        }
        let mut spans = self.spans(text, limit);
        spans.sort_unstable();
        let mut ranked: Vec<(usize, Span)> = Vec::new();
        for (at, span) in spans.iter().enumerate() {
            let near: BTreeSet<usize> = spans
                .iter()
                .skip(at)
                .take(64)
                .take_while(|next| next.from <= span.from + NEAR)
                .map(|next| next.leaf)
                .collect();
            ranked.push((near.len(), *span));
        }
        let length = |span: &Span| span.to - span.from;
        ranked.sort_unstable_by(|(near_a, a), (near_b, b)| {
            (near_b, length(b)).cmp(&(near_a, length(a))).then(a.from.cmp(&b.from))
        });
        let mut taken: Vec<Span> = Vec::new();
        for (_, span) in ranked {
            if taken.len() == limit {
                break;
            }
            if taken.iter().all(|other| span.to <= other.from || other.to <= span.from) {
                taken.push(span);
            }
        }
        in_points(text, &taken)
    }

    /// The matches of every leaf.
    fn spans(&self, text: &str, limit: usize) -> Vec<Span> {
        let mut found = Found::new(self, limit);
        let mut at = 0;
        let mut literal = None;
        while at < text.len() && !found.is_enough() {
            let Some(next) = self.next_candidate(text, at, &mut literal) else { break };
            let bytes = text.as_bytes();
            let begin = memchr::memrchr(b'\n', bytes.get(at..next).unwrap_or_default())
                .map_or(at, |newline| at + newline + 1);
            let end = memchr::memchr(b'\n', bytes.get(next..).unwrap_or_default())
                .map_or(text.len(), |newline| next + newline + 1);
            if has_term(text.get(at..begin).unwrap_or("")) {
                found.position += 1;
            }
            found.read(text.get(begin..end).unwrap_or(""), begin);
            at = end;
        }
        found.spans
    }

    /// The next byte whose line may hold a word. `literal` keeps where the letters of one were last found.
    fn next_candidate(&self, text: &str, at: usize, literal: &mut Option<usize>) -> Option<usize> {
        let Some(letters) = &self.letters else { return Some(at) };
        let rest = text.get(at..)?;
        let found = match *literal {
            Some(place) if place >= at => place,
            _ => letters.find(rest).map_or(text.len(), |found| at + found.start()),
        };
        *literal = Some(found);
        let changed = text.get(at..found).and_then(first_changed);
        Some(changed.map_or(found, |changed| at + changed)).filter(|next| *next < text.len())
    }
}

/// What was found in a text so far.
struct Found<'p, 'q> {
    passages: &'p Passages<'q>,
    limit: usize,
    occurrences: BTreeMap<Wanted, Vec<Occurrence>>,
    spans: Vec<Span>,
    /// The ordinal place of the next term.
    position: usize,
    /// Where each leaf was found last.
    last: Vec<Option<usize>>,
    /// How many stretches of [`NEAR`] bytes hold all leaves and do not overlap, and where the last of them ends.
    complete: usize,
    complete_to: usize,
}

impl<'p, 'q> Found<'p, 'q> {
    fn new(passages: &'p Passages<'q>, limit: usize) -> Self {
        Self {
            passages,
            limit,
            occurrences: BTreeMap::new(),
            spans: Vec::new(),
            position: 0,
            last: vec![None; passages.leaves.len()],
            complete: 0,
            complete_to: 0,
        }
    }

    fn is_enough(&self) -> bool {
        self.complete >= self.limit
    }

    /// Reads lines that begin at byte `base` of the text.
    fn read(&mut self, lines: &str, base: usize) {
        let first = self.position;
        let mut next = first;
        each_term(lines, |term| {
            next = first + term.position + 1;
            let passages = self.passages;
            let (from, place) = (base + term.from, first + term.position);
            for wanted in passages.exact.get(term.text).into_iter().flatten() {
                self.take(*wanted, (place, from, base + term.to));
            }
            for (pattern, wanted) in &passages.patterns {
                if let Some(to) = pattern.end_of(lines, &term) {
                    self.take(*wanted, (place, from, (base + to).max(from + 1)));
                }
            }
        });
        self.position = next;
    }

    /// Keeps a term of the query, and the match that it completes.
    fn take(&mut self, wanted: Wanted, occurrence: Occurrence) {
        let (place, from, to) = occurrence;
        let Some(leaf) = self.passages.leaves.get(wanted.leaf) else { return };
        let Some((behind, _)) = leaf.terms.get(wanted.term) else { return };
        if wanted.term + 1 < leaf.terms.len() {
            self.occurrences.entry(wanted).or_default().push(occurrence);
            return;
        }
        let mut begin = from;
        for (term, (offset, _)) in leaf.terms.iter().enumerate().take(wanted.term).rev() {
            let other = Wanted { term, ..wanted };
            let Some(list) = self.occurrences.get(&other) else { return };
            let Some(place) = (place + offset).checked_sub(*behind) else { return };
            let at = list.partition_point(|(other, ..)| *other < place);
            let Some((_, from, _)) = list.get(at).filter(|(other, ..)| *other == place) else {
                return;
            };
            begin = *from;
        }
        self.spans.push(Span { from: begin, to, leaf: wanted.leaf });
        if let Some(last) = self.last.get_mut(wanted.leaf) {
            *last = Some(begin);
        }
        let first = self.last.iter().copied().min().flatten();
        if first.is_some_and(|first| first >= self.complete_to && to <= first + NEAR) {
            self.complete += 1;
            self.complete_to = to;
        }
    }
}

impl Pattern<'_> {
    /// Where a term of `text` ends that is like this; none where it is not.
    fn end_of(&self, text: &str, term: &Term<'_>) -> Option<usize> {
        match self {
            Pattern::Begins { with, whole_word } => {
                term.text.starts_with(with).then_some(())?;
                let first = text.get(term.from..).and_then(|rest| rest.chars().next());
                Some(match first {
                    Some(first) if !term.is_tail && !whole_word => term.from + first.len_utf8(),
                    _ => term.to,
                })
            }
            Pattern::Near(near) => near.has(term.text).then_some(term.to),
        }
    }
}

/// Byte places as code points, in the order that they have.
fn in_points(text: &str, spans: &[Span]) -> Vec<Match> {
    let mut bytes: Vec<usize> = spans.iter().flat_map(|span| [span.from, span.to]).collect();
    bytes.sort_unstable();
    bytes.dedup();
    let (mut before, mut point) = (0, 0);
    let points: BTreeMap<usize, usize> = bytes
        .into_iter()
        .map(|byte| {
            point += text.get(before..byte).unwrap_or("").chars().count();
            before = byte;
            (byte, point)
        })
        .collect();
    let point_of = |byte: usize| points.get(&byte).copied().unwrap_or(point);
    let spans = spans.iter();
    spans
        .map(|span| Match {
            exact: text.get(span.from..span.to).unwrap_or("").to_owned(),
            start: point_of(span.from),
            end: point_of(span.to),
        })
        .collect()
}
