//! A text with its passages marked, cut at code points.

use maud::{Markup, html};

/// A passage to mark in a text.
pub(super) struct Highlight {
    /// Its first code point.
    pub(super) start: usize,
    /// The code point just past its last.
    pub(super) end: usize,
    /// The id of its anchor.
    pub(super) anchor: String,
    /// What follows its last word: links to the numbers that rest on it.
    pub(super) after: Markup,
}

/// The text as HTML with every passage in `mark`s; passages may overlap, touch or lie within each other.
pub(super) fn marked(text: &str, highlights: &[Highlight]) -> Markup {
    let mut borders: Vec<usize> =
        highlights.iter().flat_map(|passage| [passage.start, passage.end]).collect();
    borders.sort_unstable();
    borders.dedup();
    let mut pieces = Vec::with_capacity(borders.len() + 1);
    let (mut offset, mut from, mut position) = (0, 0, 0);
    let mut next = borders.into_iter().peekable();
    for at in text.char_indices().map(|(at, _)| at).chain([text.len()]) {
        if next.next_if_eq(&position).is_some() || at == text.len() {
            pieces.push((text.get(offset..at).unwrap_or_default(), from, position));
            (offset, from) = (at, position);
        }
        position += 1;
    }
    html! {
        @for (piece, from, to) in pieces.into_iter().filter(|(piece, ..)| !piece.is_empty()) {
            @let within = highlights.iter().any(|passage| passage.start <= from && to <= passage.end);
            @for passage in highlights.iter().filter(|passage| passage.start == from) {
                span.anchor id=(passage.anchor) {}
            }
            @if within { mark { (piece) } } @else { (piece) }
            @for passage in highlights.iter().filter(|passage| passage.end == to) { (passage.after) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, ranges: &[(usize, usize)]) -> String {
        let highlights: Vec<_> = ranges
            .iter()
            .enumerate()
            .map(|(place, (start, end))| Highlight {
                start: *start,
                end: *end,
                anchor: format!("p{}", place + 1),
                after: html! { "]" },
            })
            .collect();
        marked(text, &highlights)
            .into_string()
            .replace("<span class=\"anchor\" id=\"", "[")
            .replace("\"></span>", ":")
            .replace("<mark>", "*")
            .replace("</mark>", "*")
    }

    #[test]
    fn marks_passages_however_they_lie() {
        type Ranges = &'static [(usize, usize)];
        let cases: [(&str, &str, Ranges, &str); 8] = [
            ("none", "abc", &[], "abc"),
            ("middle", "a西藏c", &[(1, 3)], "a[p1:*西藏*]c"),
            ("start and end", "abc", &[(0, 3)], "[p1:*abc*]"),
            ("touching", "abcd", &[(0, 2), (2, 4)], "[p1:*ab*][p2:*cd*]"),
            ("overlapping", "abcd", &[(0, 3), (1, 4)], "[p1:*a*[p2:*bc*]*d*]"),
            ("within", "abcd", &[(0, 4), (1, 2)], "[p1:*a*[p2:*b*]*cd*]"),
            ("escaped", "<b>&", &[(0, 3)], "[p1:*&lt;b&gt;*]&amp;"),
            ("beyond the text", "ab", &[(1, 9)], "a[p1:*b*"),
        ];
        for (name, text, ranges, expected) in cases {
            assert_eq!(run(text, ranges), expected, "{name}");
        }
    }
}
