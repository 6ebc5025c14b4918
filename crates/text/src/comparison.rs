//! What changed between two captures of one address: in the text ([`compare_texts`]) and around it
//! ([`compare_records`]).
//!
//! Lines are compared first, then the words of those that differ, by the method of Myers (An O(ND) difference
//! algorithm, 1986) in the library `imara-diff`, whose heuristics keep the time near linear. A word is what its script
//! makes one: a Han character, a Tibetan syllable, a cluster of Thai or Burmese, elsewhere letters between spaces, and
//! a figure with its separators. Spaces, line ends and tsheg alone are no difference.

mod pieces;
mod plain;
mod records;

use std::collections::BTreeMap;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, Interner};
use serde::Serialize;

use crate::mentions::{Mention, MentionKind, find_mentions};
use crate::offsets::Offsets;
use pieces::{Piece, lines, words};

pub use records::{CaptureFacts, RecordDifference, RecordRow, compare_records};

/// A text to compare, with its language (BCP 47) as far as it is known: figures are read by its rules.
#[derive(Clone, Copy, Debug)]
pub struct Version<'t> {
    /// The text.
    pub text: &'t str,
    /// Its language.
    pub language: Option<&'t str>,
}

/// How two versions of a text differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TextDifference {
    /// What changed, in the order of the earlier text; what was inserted stands where it would be there.
    pub changes: Vec<TextChange>,
    /// Numbers and dates that changed, came or went, in the same order.
    pub figures: Vec<FigureChange>,
    /// Code points of the earlier text.
    pub before_length: usize,
    /// Code points of the later text.
    pub after_length: usize,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TextChange {
    /// What happened.
    pub kind: ChangeKind,
    /// Where in the earlier text; empty, at the place where it would be, when something was inserted.
    pub before: Span,
    /// Where in the later text; empty when something was deleted.
    pub after: Span,
}

/// What happened to a stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is in the later text only.
    Inserted,
    /// It is in the earlier text only.
    Deleted,
    /// Something else stands in its place.
    Replaced,
    /// Whole lines that stand elsewhere in the later text, word for word.
    Moved,
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
    /// The text as it stands there.
    pub exact: String,
}

/// A number or date that is not the same in both texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FigureChange {
    /// In the earlier text; none when it came.
    pub before: Option<Mention>,
    /// In the later text; none when it went.
    pub after: Option<Mention>,
    /// What of it changed. Empty when it came or went.
    pub changed: Vec<FigurePart>,
}

/// What changed of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigurePart {
    /// Its value.
    Value,
    /// "at least", "about", 约 or the like came, went or changed.
    Bound,
    /// What it counts.
    Unit,
    /// Whether it is said, held possible, or planned.
    Modality,
    /// Only how it is written; the value is the same.
    Writing,
}

/// Finds what differs between an earlier and a later text.
///
/// Never fails and never stops short: where two texts have hardly a word in common, a line is replaced as a whole. Time
/// grows about linearly with the texts.
pub fn compare_texts(before: Version<'_>, after: Version<'_>) -> TextDifference {
    let mut comparison = Comparison {
        before: before.text,
        after: after.text,
        changes: Vec::new(),
        equal: Vec::new(),
    };
    comparison.run();
    let (first, second) = (Offsets::new(before.text), Offsets::new(after.text));
    let figures = changed_figures(
        &comparison,
        (find_mentions(before.text, before.language), &first),
        (find_mentions(after.text, after.language), &second),
    );
    let span = |offsets: &Offsets<'_>, range: &Range<usize>, text: &str| Span {
        start: offsets.point_of_byte(range.start),
        end: offsets.point_of_byte(range.end),
        exact: text.get(range.clone()).unwrap_or("").to_owned(),
    };
    let changes = comparison.changes.iter().map(|change| TextChange {
        kind: change.kind,
        before: span(&first, &change.before, before.text),
        after: span(&second, &change.after, after.text),
    });
    TextDifference {
        changes: changes.collect(),
        figures,
        before_length: first.points(),
        after_length: second.points(),
    }
}

/// A change in bytes.
#[derive(Clone, Debug)]
struct ByteChange {
    kind: ChangeKind,
    before: Range<usize>,
    after: Range<usize>,
}

/// Bytes that are the same in both texts.
#[derive(Clone, Copy, Debug)]
struct Equal {
    before: usize,
    after: usize,
    length: usize,
}

struct Comparison<'t> {
    before: &'t str,
    after: &'t str,
    changes: Vec<ByteChange>,
    equal: Vec<Equal>,
}

/// Letters that a line must have to be followed when it moves; a Han character or a Tibetan syllable counts for three.
const MOVED_WEIGHT: usize = 12;

impl Comparison<'_> {
    fn run(&mut self) {
        let (before, after) = (lines(self.before), lines(self.after));
        let hunks = hunks_of(&before, &after);
        let mut at = (0, 0);
        for hunk in &hunks {
            self.note_equal(&before, at.0..hunk.0.start, &after, at.1..hunk.1.start);
            at = (hunk.0.end, hunk.1.end);
        }
        self.note_equal(&before, at.0..before.len(), &after, at.1..after.len());
        let (gone, come) = self.find_moves(&before, &after, &hunks);
        for (removed, added) in hunks {
            let left = |lines: &[Piece<'_>], range: Range<usize>, moved: &[bool]| -> Vec<usize> {
                let stays = |line: &usize| !moved.get(*line).copied().unwrap_or(false);
                range.filter(|line| *line < lines.len()).filter(stays).collect()
            };
            let place = (
                place_of(&before, removed.start, self.before.len()),
                place_of(&after, added.start, self.after.len()),
            );
            let removed = left(&before, removed, &gone);
            let added = left(&after, added, &come);
            self.compare_lines(&before, &removed, &after, &added, place);
        }
        self.changes.sort_by_key(|change| (change.before.start, change.after.start));
        self.equal.sort_by_key(|equal| equal.before);
    }

    /// Notes lines that are the same, so that what stands in them can be found on both sides.
    fn note_equal(
        &mut self,
        before: &[Piece<'_>],
        first: Range<usize>,
        after: &[Piece<'_>],
        second: Range<usize>,
    ) {
        let pairs =
            before.get(first).unwrap_or_default().iter().zip(after.get(second).unwrap_or_default());
        for (a, b) in pairs {
            let (here, there) = (a.of(self.before), b.of(self.after));
            if here == there {
                self.equal.push(Equal { before: a.from, after: b.from, length: here.len() });
            } else {
                // The same words, spaced otherwise.
                let (a, b) = (words(here, a.from), words(there, b.from));
                self.note_words(&a, 0..a.len(), &b, 0..b.len());
            }
        }
    }

    /// Lines that went in one place and came in another, as changes; gives which lines these are.
    fn find_moves(
        &mut self,
        before: &[Piece<'_>],
        after: &[Piece<'_>],
        hunks: &[(Range<usize>, Range<usize>)],
    ) -> (Vec<bool>, Vec<bool>) {
        let (mut gone, mut come) = (vec![false; before.len()], vec![false; after.len()]);
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for line in hunks.iter().flat_map(|(_, added)| added.clone()).rev() {
            if let Some(piece) = after.get(line).filter(|piece| weight(&piece.text) >= MOVED_WEIGHT)
            {
                places.entry(&piece.text).or_default().push(line);
            }
        }
        let mut last: Option<(usize, usize)> = None;
        for line in hunks.iter().flat_map(|(removed, _)| removed.clone()) {
            let Some(a) = before.get(line) else { continue };
            let Some(to) = places.get_mut(a.text.as_ref()).and_then(Vec::pop) else { continue };
            let Some(b) = after.get(to) else { continue };
            if let (Some(gone), Some(come)) = (gone.get_mut(line), come.get_mut(to)) {
                (*gone, *come) = (true, true);
            }
            let follows = last == Some((line.wrapping_sub(1), to.wrapping_sub(1)));
            last = Some((line, to));
            match self.changes.last_mut() {
                Some(change) if follows => {
                    change.before.end = a.to;
                    change.after.end = b.to;
                }
                _ => self.changes.push(ByteChange {
                    kind: ChangeKind::Moved,
                    before: a.from..a.to,
                    after: b.from..b.to,
                }),
            }
        }
        (gone, come)
    }

    /// Compares the words of lines that went with those of lines that came in their place.
    fn compare_lines(
        &mut self,
        before: &[Piece<'_>],
        removed: &[usize],
        after: &[Piece<'_>],
        added: &[usize],
        place: (usize, usize),
    ) {
        let pieces = |lines: &[Piece<'_>], chosen: &[usize]| -> Vec<Range<usize>> {
            chosen.iter().filter_map(|line| lines.get(*line)).map(|p| p.from..p.to).collect()
        };
        let (gone, come) = (pieces(before, removed), pieces(after, added));
        let (first, second) = (words_in(self.before, &gone), words_in(self.after, &come));
        let texts = |words: &[Piece<'_>]| -> Vec<String> {
            words.iter().map(|word| word.text.to_string()).collect()
        };
        let (a, b) = (texts(&first), texts(&second));
        let mut hunks = diff(&a, &b);
        let changed = hunks.iter().map(|(x, y)| x.len().max(y.len())).sum::<usize>();
        let all = a.len().max(b.len());
        if all >= 8 && changed * 4 > all * 3 {
            // Hardly a word in common: what is the same is so by chance.
            hunks = vec![(0..a.len(), 0..b.len())];
        }
        let hunks = without_islands(hunks, &a);
        let mut at = (0, 0);
        for (x, y) in hunks {
            self.note_words(&first, at.0..x.start, &second, at.1..y.start);
            at = (x.end, y.end);
            let gone = runs(first.get(x.clone()).unwrap_or_default(), &gone);
            let come = runs(second.get(y.clone()).unwrap_or_default(), &come);
            let here = first.get(x.start.wrapping_sub(1)).map_or(place.0, |word| word.to);
            let there = second.get(y.start.wrapping_sub(1)).map_or(place.1, |word| word.to);
            self.add(gone, come, (here, there));
        }
        self.note_words(&first, at.0..first.len(), &second, at.1..second.len());
    }

    /// Notes words that are the same.
    fn note_words(
        &mut self,
        before: &[Piece<'_>],
        first: Range<usize>,
        after: &[Piece<'_>],
        second: Range<usize>,
    ) {
        let first = before.get(first).unwrap_or_default();
        let second = after.get(second).unwrap_or_default();
        self.equal.extend(first.iter().zip(second).map(|(word, other)| Equal {
            before: word.from,
            after: other.from,
            length: word.to - word.from,
        }));
    }

    /// Adds what went and what came at one place as changes.
    fn add(&mut self, gone: Vec<Range<usize>>, come: Vec<Range<usize>>, place: (usize, usize)) {
        let count = gone.len().max(come.len());
        let (mut gone, mut come) = (gone.into_iter(), come.into_iter());
        let (mut here, mut there) = place;
        for _ in 0..count {
            let (kind, before, after) = match (gone.next(), come.next()) {
                (Some(before), Some(after)) => (ChangeKind::Replaced, before, after),
                (Some(before), None) => (ChangeKind::Deleted, before, there..there),
                (None, Some(after)) => (ChangeKind::Inserted, here..here, after),
                (None, None) => return,
            };
            (here, there) = (before.end, after.end);
            self.changes.push(ByteChange { kind, before, after });
        }
    }
}

/// Where a line stands, or would stand.
fn place_of(lines: &[Piece<'_>], line: usize, end: usize) -> usize {
    lines.get(line).map_or(end, |line| line.from)
}

/// How much a line says.
fn weight(text: &str) -> usize {
    let wide = |c: char| matches!(c, '\u{0F00}'..='\u{0FFF}' | '\u{2E80}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}');
    text.chars().filter(|c| c.is_alphanumeric()).map(|c| if wide(c) { 3 } else { 1 }).sum()
}

fn hunks_of(before: &[Piece<'_>], after: &[Piece<'_>]) -> Vec<(Range<usize>, Range<usize>)> {
    let texts = |lines: &[Piece<'_>]| -> Vec<String> {
        lines.iter().map(|line| line.text.to_string()).collect()
    };
    diff(&texts(before), &texts(after))
}

/// The ranges in which two lists differ, in order.
fn diff<T: Eq + std::hash::Hash + Clone>(
    before: &[T],
    after: &[T],
) -> Vec<(Range<usize>, Range<usize>)> {
    let mut input = InternedInput {
        before: Vec::new(),
        after: Vec::new(),
        interner: Interner::new(before.len() + after.len()),
    };
    input.update_before(before.iter());
    input.update_after(after.iter());
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_no_heuristic(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| (range(hunk.before), range(hunk.after))).collect()
}

/// Joins changes that only one or two marks divide: a comma left between two new words says nothing.
fn without_islands(
    hunks: Vec<(Range<usize>, Range<usize>)>,
    before: &[String],
) -> Vec<(Range<usize>, Range<usize>)> {
    let mut joined: Vec<(Range<usize>, Range<usize>)> = Vec::with_capacity(hunks.len());
    for (x, y) in hunks {
        if let Some((last_x, last_y)) = joined.last_mut() {
            let island = before.get(last_x.end..x.start).unwrap_or_default();
            let says = |word: &String| word.contains(char::is_alphanumeric);
            if island.len() <= 2 && !island.iter().any(says) {
                last_x.end = x.end;
                last_y.end = y.end;
                continue;
            }
        }
        joined.push((x, y));
    }
    joined
}

/// The words of some lines.
fn words_in<'t>(text: &'t str, lines: &[Range<usize>]) -> Vec<Piece<'t>> {
    let of = |line: &Range<usize>| words(text.get(line.clone()).unwrap_or(""), line.start);
    lines.iter().flat_map(of).collect()
}

/// Words in a row as one range, divided where a line between them is not among `lines`.
fn runs(words: &[Piece<'_>], lines: &[Range<usize>]) -> Vec<Range<usize>> {
    let line_of = |at: usize| lines.partition_point(|line| line.end <= at);
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut last_line = 0;
    for word in words {
        let line = line_of(word.from);
        // Neighbouring lines are divided by line ends and spaces alone.
        match runs.last_mut() {
            Some(run) if line == last_line || adjoins(lines, last_line, line) => run.end = word.to,
            _ => runs.push(word.from..word.to),
        }
        last_line = line;
    }
    runs
}

/// Lines closer than this have nothing but spaces between them.
const ADJOINING: usize = 4;

fn adjoins(lines: &[Range<usize>], first: usize, second: usize) -> bool {
    match (lines.get(first), lines.get(second)) {
        (Some(a), Some(b)) => second == first + 1 && b.start.saturating_sub(a.end) < ADJOINING,
        _ => false,
    }
}

/// The figures that changed, came or went.
fn changed_figures(
    comparison: &Comparison<'_>,
    (first, first_offsets): (Vec<Mention>, &Offsets<'_>),
    (second, second_offsets): (Vec<Mention>, &Offsets<'_>),
) -> Vec<FigureChange> {
    let figures = |mentions: Vec<Mention>, offsets: &Offsets<'_>| -> Vec<(Range<usize>, Mention)> {
        let is_figure = |m: &Mention| matches!(m.kind, MentionKind::Number | MentionKind::Date);
        let bytes = |m: &Mention| offsets.byte_of_point(m.start)..offsets.byte_of_point(m.end);
        mentions.into_iter().filter(is_figure).map(|m| (bytes(&m), m)).collect()
    };
    let (first, second) = (figures(first, first_offsets), figures(second, second_offsets));
    let mut found: Vec<(usize, FigureChange)> = Vec::new();
    let (mut seen_first, mut seen_second) = (vec![false; first.len()], vec![false; second.len()]);
    for change in comparison.changes.iter().filter(|change| change.kind != ChangeKind::Moved) {
        let mut gone = touched(&first, &change.before, &mut seen_first);
        let mut come = touched(&second, &change.after, &mut seen_second);
        // A change beside a figure touches it on one side only: its other self stands in equal text.
        for (here, mention) in &gone {
            let same = comparison.across(here.start, true).and_then(|at| index_at(&second, at));
            if let Some(index) = same
                && !seen_second.get(index).copied().unwrap_or(true)
                && let Some((there, other)) = second.get(index)
                && other.kind == mention.kind
            {
                seen_second[index] = true;
                come.push((there.clone(), other));
            }
        }
        for (there, mention) in &come {
            let same = comparison.across(there.start, false).and_then(|at| index_at(&first, at));
            if let Some(index) = same
                && !seen_first.get(index).copied().unwrap_or(true)
                && let Some((here, other)) = first.get(index)
                && other.kind == mention.kind
            {
                seen_first[index] = true;
                gone.push((here.clone(), other));
            }
        }
        for kind in [MentionKind::Number, MentionKind::Date] {
            let of_kind = |list: &[(Range<usize>, &Mention)]| -> Vec<Mention> {
                let mut list: Vec<_> = list.iter().filter(|(_, m)| m.kind == kind).collect();
                list.sort_by_key(|(range, _)| range.start);
                list.into_iter().map(|(_, mention)| (*mention).clone()).collect()
            };
            let (gone, come) = (of_kind(&gone), of_kind(&come));
            for index in 0..gone.len().max(come.len()) {
                let (a, b) = (gone.get(index).cloned(), come.get(index).cloned());
                found.extend(figure_change(a, b).map(|figure| (change.before.start, figure)));
            }
        }
    }
    // "at least" or "people" may change while the figure beside it does not.
    for (index, (here, mention)) in first.iter().enumerate() {
        if seen_first.get(index).copied().unwrap_or(true) {
            continue;
        }
        let other = comparison.across(here.start, true).and_then(|at| index_at(&second, at));
        let Some((_, other)) = other.and_then(|index| second.get(index)) else { continue };
        if other.kind == mention.kind && other.exact == mention.exact {
            let figure = figure_change(Some(mention.clone()), Some(other.clone()));
            found.extend(figure.map(|figure| (here.start, figure)));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, figure)| figure).collect()
}

/// The figures that a changed range overlaps and that were not taken before. A place between two characters touches the
/// figure it stands in or beside.
fn touched<'m>(
    figures: &'m [(Range<usize>, Mention)],
    range: &Range<usize>,
    seen: &mut [bool],
) -> Vec<(Range<usize>, &'m Mention)> {
    let from = figures.partition_point(|(figure, _)| figure.end < range.start);
    let mut touched = Vec::new();
    for (index, (figure, mention)) in figures.iter().enumerate().skip(from) {
        if figure.start > range.end {
            break;
        }
        let overlaps = match range.is_empty() {
            true => figure.start <= range.start && range.start <= figure.end,
            false => figure.start < range.end && range.start < figure.end,
        };
        if let Some(seen) = seen.get_mut(index)
            && overlaps
            && !*seen
        {
            *seen = true;
            touched.push((figure.clone(), mention));
        }
    }
    touched
}

fn index_at(figures: &[(Range<usize>, Mention)], at: usize) -> Option<usize> {
    figures.binary_search_by_key(&at, |(figure, _)| figure.start).ok()
}

impl Comparison<'_> {
    /// Where a byte of the one text stands in the other, when the text around it is the same.
    fn across(&self, at: usize, from_before: bool) -> Option<usize> {
        if from_before {
            let index = self.equal.partition_point(|equal| equal.before <= at).checked_sub(1)?;
            let equal = self.equal.get(index)?;
            (at < equal.before + equal.length).then(|| equal.after + (at - equal.before))
        } else {
            // Equal stretches keep their order on both sides.
            let index = self.equal.partition_point(|equal| equal.after <= at).checked_sub(1)?;
            let equal = self.equal.get(index)?;
            (at < equal.after + equal.length).then(|| equal.before + (at - equal.after))
        }
    }
}

/// What changed between two figures; `None` when nothing did.
fn figure_change(before: Option<Mention>, after: Option<Mention>) -> Option<FigureChange> {
    let mut changed = Vec::new();
    if let (Some(a), Some(b)) = (&before, &after) {
        if (&a.value, &a.low, &a.high) != (&b.value, &b.low, &b.high) {
            changed.push(FigurePart::Value);
        } else if a.exact != b.exact {
            changed.push(FigurePart::Writing);
        }
        if a.bound != b.bound {
            changed.push(FigurePart::Bound);
        }
        if a.unit != b.unit {
            changed.push(FigurePart::Unit);
        }
        if a.modality != b.modality {
            changed.push(FigurePart::Modality);
        }
        if changed.is_empty() {
            return None;
        }
    }
    Some(FigureChange { before, after, changed })
}
