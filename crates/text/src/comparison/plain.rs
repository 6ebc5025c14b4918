//! Differences as plain text that reads without colour.
//!
//! `-` begins a line of the earlier text, `+` one of the later, `<` and `>` lines that moved; `^` stands under what
//! changed. Characters are counted by the columns they take (Unicode Standard Annex 11), so that the marks stand right
//! under Chinese. In lines that run from right to left the marks would stand wrong: there `[…]` encloses what changed.

use std::fmt::Write as _;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::{ChangeKind, FigureChange, FigurePart, RecordDifference, TextDifference};
use crate::mentions::{Mention, MentionValue};

impl TextDifference {
    /// The difference as lines of at most `columns` columns (never fewer than 20), `before` and `after` being the texts
    /// that were compared.
    pub fn to_plain(&self, before: &str, after: &str, columns: usize) -> String {
        let mut page = Page { text: String::new(), columns: columns.max(20) };
        let count = |kind| self.changes.iter().filter(|change| change.kind == kind).count();
        page.line(&format!(
            "{} replaced, {} inserted, {} deleted, {} moved; {} figures changed",
            count(ChangeKind::Replaced),
            count(ChangeKind::Inserted),
            count(ChangeKind::Deleted),
            count(ChangeKind::Moved),
            self.figures.len(),
        ));
        for figure in &self.figures {
            page.line(&format!("! {}", figure_line(figure)));
        }
        let (first, second) = (Lines::new(before), Lines::new(after));
        let mut rest = self.changes.as_slice();
        while let Some(change) = rest.first() {
            if change.kind == ChangeKind::Moved {
                page.place(change.before.start, change.after.start, "moved");
                for (sign, span) in [('<', &change.before), ('>', &change.after)] {
                    page.lines(sign, span.exact.lines(), &[]);
                }
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            // Changes in one line are shown together.
            let mut shown = (
                first.touching(&span_of(&change.before)),
                second.touching(&span_of(&change.after)),
            );
            let mut together = 1;
            while let Some(next) = rest.get(together) {
                let lines = (
                    first.touching(&span_of(&next.before)),
                    second.touching(&span_of(&next.after)),
                );
                if next.kind == ChangeKind::Moved
                    || lines.0.start >= shown.0.end
                    || lines.1.start >= shown.1.end
                {
                    break;
                }
                shown.0.end = shown.0.end.max(lines.0.end);
                shown.1.end = shown.1.end.max(lines.1.end);
                together += 1;
            }
            let (group, others) = rest.split_at(together);
            page.place(change.before.start, change.after.start, "changed");
            let marks = |of: fn(&super::TextChange) -> &super::Span| -> Vec<Range<usize>> {
                group.iter().map(|change| span_of(of(change))).collect()
            };
            first.show(&mut page, '-', shown.0, &marks(|change| &change.before));
            second.show(&mut page, '+', shown.1, &marks(|change| &change.after));
            rest = others;
        }
        page.text
    }
}

fn span_of(span: &super::Span) -> Range<usize> {
    span.start..span.end
}

impl RecordDifference {
    /// The rows as lines: `=` what is the same, `-` and `+` what is not.
    pub fn to_plain(&self) -> String {
        let widest = self.rows.iter().map(|row| row.what.len()).max().unwrap_or(0);
        let mut text = String::new();
        let mut line = |sign: char, what: &str, value: Option<&String>| {
            let value = value.map_or("(none)".to_owned(), |value| harmless(value));
            let _ = writeln!(text, "{sign} {what:widest$}  {value}");
        };
        for row in &self.rows {
            if row.is_same {
                line('=', &row.what, row.before.as_ref());
            } else {
                line('-', &row.what, row.before.as_ref());
                line('+', &row.what, row.after.as_ref());
            }
        }
        if !self.ignored.is_empty() {
            let names = harmless(&self.ignored.join(", "));
            let _ = writeln!(text, "  not compared: {names}");
        }
        text
    }
}

fn figure_line(figure: &FigureChange) -> String {
    let value = |mention: &Mention| {
        let one = |value: &MentionValue| match value {
            MentionValue::Whole(number) => number.to_string(),
            MentionValue::Decimal(number) => number.to_string(),
            MentionValue::Date(text) | MentionValue::Name(text) => text.clone(),
        };
        match (&mention.value, &mention.low, &mention.high) {
            (Some(value), ..) => one(value),
            (None, Some(low), Some(high)) => format!("{} to {}", one(low), one(high)),
            (None, low, high) => low.iter().chain(high).map(one).collect(),
        }
    };
    let told = |mention: &Mention| format!("{} ({})", harmless(&mention.exact), value(mention));
    match (&figure.before, &figure.after) {
        (Some(before), Some(after)) => {
            let parts = figure.changed.iter().map(|part| match part {
                FigurePart::Value => "value".to_owned(),
                FigurePart::Bound => format!("bound, {:?} to {:?}", before.bound, after.bound),
                FigurePart::Unit => format!(
                    "unit, {} to {}",
                    harmless(before.unit.as_deref().unwrap_or("none")),
                    harmless(after.unit.as_deref().unwrap_or("none"))
                ),
                FigurePart::Modality => {
                    format!("modality, {:?} to {:?}", before.modality, after.modality)
                }
                FigurePart::Writing => "writing only".to_owned(),
            });
            let parts: Vec<String> = parts.collect();
            format!("{} -> {}: {}", told(before), told(after), parts.join("; "))
        }
        (Some(before), None) => format!("{} went", told(before)),
        (None, Some(after)) => format!("{} came", told(after)),
        (None, None) => String::new(),
    }
}

/// A text in which nothing can steer a terminal or turn the order of the line round.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if is_steering(c) { '\u{FFFD}' } else { c }).collect()
}

fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFF9}'..='\u{FFFB}')
}

fn runs_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// A text's lines by code points.
struct Lines<'t> {
    lines: Vec<(usize, &'t str)>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let mut start = 0;
        let lines = text.split_inclusive('\n').map(|line| {
            let entry = (start, line);
            start += line.chars().count();
            entry
        });
        Self { lines: lines.collect() }
    }

    /// The lines that a range of code points is in; none for a place between two lines.
    fn touching(&self, range: &Range<usize>) -> Range<usize> {
        let after = |at: usize| self.lines.partition_point(|(start, _)| *start < at);
        let first =
            self.lines.partition_point(|(start, _)| *start <= range.start).saturating_sub(1);
        if range.is_empty() {
            let at_start = self.lines.get(first).is_none_or(|(start, line)| {
                let inside = range.start.saturating_sub(*start);
                let before: String = line.chars().take(inside).collect();
                let behind: String = line.chars().skip(inside).collect();
                before.trim().is_empty() || behind.trim().is_empty()
            });
            return if at_start { first..first } else { first..first + 1 };
        }
        first..after(range.end).max(first + 1)
    }

    fn show(&self, page: &mut Page, sign: char, shown: Range<usize>, marks: &[Range<usize>]) {
        for (start, line) in self.lines.get(shown).unwrap_or_default() {
            let line = line.trim_end_matches(['\n', '\r']);
            let length = line.chars().count();
            let inside: Vec<Range<usize>> = marks
                .iter()
                .map(|mark| {
                    let at = |point: usize| point.saturating_sub(*start).min(length);
                    at(mark.start)..at(mark.end)
                })
                .filter(|mark| !mark.is_empty())
                .collect();
            page.lines(sign, std::iter::once(line), &inside);
        }
    }
}

struct Page {
    text: String,
    columns: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn place(&mut self, before: usize, after: usize, word: &str) {
        self.line(&format!("@ {word} at {before}, now at {after}"));
    }

    /// Lines behind a sign, broken at the page's width, with marks under what `marks` names (code points of the line).
    fn lines<'l>(
        &mut self,
        sign: char,
        lines: impl Iterator<Item = &'l str>,
        marks: &[Range<usize>],
    ) {
        for line in lines.filter(|line| !line.trim().is_empty()) {
            if line.contains(runs_right_to_left) {
                self.bracketed(sign, line, marks);
                continue;
            }
            let is_whole =
                marks.iter().any(|mark| mark.start == 0 && mark.end >= line.chars().count());
            let marks = if is_whole { &[][..] } else { marks };
            let (mut row, mut under, mut width) = (String::new(), String::new(), 0);
            for (point, c) in line.chars().enumerate() {
                let c = if is_steering(c) { '\u{FFFD}' } else { c };
                let columns = c.width().unwrap_or(0);
                if width + columns > self.columns - 2 {
                    self.row(sign, &row, &under);
                    (row, under, width) = (String::new(), String::new(), 0);
                }
                row.push(c);
                width += columns;
                let is_marked = marks.iter().any(|mark| mark.contains(&point));
                let sign = if is_marked { '^' } else { ' ' };
                under.extend(std::iter::repeat_n(sign, columns));
            }
            self.row(sign, &row, &under);
        }
    }

    fn row(&mut self, sign: char, row: &str, under: &str) {
        self.line(&format!("{sign} {}", row.trim_end()));
        let under = under.trim_end();
        if !under.is_empty() {
            self.line(&format!("  {under}"));
        }
    }

    fn bracketed(&mut self, sign: char, line: &str, marks: &[Range<usize>]) {
        let mut row = String::new();
        for (point, c) in line.chars().enumerate() {
            if marks.iter().any(|mark| mark.start == point) {
                row.push('[');
            }
            row.push(if is_steering(c) { '\u{FFFD}' } else { c });
            if marks.iter().any(|mark| mark.end == point + 1) {
                row.push(']');
            }
        }
        self.line(&format!("{sign} {row}"));
    }
}
