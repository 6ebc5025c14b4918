//! A quoted passage is looked for in a newer text of the same capture.
//!
//! The order is that of the Web Annotation data model's selectors (W3C, 2017, sections 4.2.4 and 4.2.5): by position, by
//! quote with its context, and last by likeness. Nothing is guessed: where two places are as good, neither is taken.

/// What a passage stores of the text that it was quoted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote<'q> {
    /// The quoted words.
    pub exact: &'q str,
    /// What stood before them.
    pub prefix: &'q str,
    /// What stood after them.
    pub suffix: &'q str,
    /// The code point at which they began.
    pub start: usize,
}

/// Where a passage is in another text. All offsets count code points of that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The same words stand at the same place.
    Unchanged,
    /// The same words stand elsewhere, and there alone, or there alone in their context.
    Moved {
        /// The first code point.
        start: usize,
        /// The code point just past the last.
        end: usize,
    },
    /// Nearly the same words stand in one place alone. Whether they are the same is for a person to say.
    Fuzzy {
        /// The first code point.
        start: usize,
        /// The code point just past the last.
        end: usize,
        /// How many code points were put in, left out or changed.
        distance: usize,
    },
    /// No place, or more than one that is as good.
    Orphaned,
}

/// Words shorter than this, in code points, are not looked for by likeness: too much is like them.
const SHORTEST_LIKENESS: usize = 12;
/// Words longer than this are not either: it would take too long.
const LONGEST_LIKENESS: usize = 4096;
/// One code point in so many may differ.
const ONE_IN: usize = 6;
/// But no more than this.
const MOST_DIFFER: usize = 48;
/// Places where the words stand are weighed up to this many.
const MOST_PLACES: usize = 10_000;

/// Looks for a quote in a text. Pure; time grows with the text's length times the differences that are allowed.
pub fn anchor(text: &str, quote: &Quote<'_>) -> Anchor {
    if quote.exact.is_empty() {
        return Anchor::Orphaned;
    }
    let points: Vec<char> = text.chars().collect();
    let exact: Vec<char> = quote.exact.chars().collect();
    let prefix: Vec<char> = quote.prefix.chars().collect();
    let suffix: Vec<char> = quote.suffix.chars().collect();
    let context = |start: usize| {
        let before = points.get(..start).unwrap_or_default();
        let after = points.get(start + exact.len()..).unwrap_or_default();
        same(before.iter().rev(), prefix.iter().rev()) + same(after.iter(), suffix.iter())
    };
    let places = places_of(text, quote.exact);
    let at_its_place = places.contains(&quote.start);
    let Some(best) = places.iter().map(|start| context(*start)).max() else {
        return likeness(&points, &exact);
    };
    if places.len() > MOST_PLACES {
        return Anchor::Orphaned;
    }
    if at_its_place && context(quote.start) == best {
        return Anchor::Unchanged;
    }
    let mut rest = places.iter().filter(|start| context(**start) == best);
    match (rest.next(), rest.next()) {
        (Some(start), None) => Anchor::Moved { start: *start, end: start + exact.len() },
        _ => Anchor::Orphaned,
    }
}

/// How many letters two texts share from their beginning on.
fn same<'c>(one: impl Iterator<Item = &'c char>, other: impl Iterator<Item = &'c char>) -> usize {
    one.zip(other).take_while(|(a, b)| a == b).count()
}

/// The code points at which words stand, overlapping ones too; one more than are weighed at most.
fn places_of(text: &str, exact: &str) -> Vec<usize> {
    let (mut places, mut byte, mut point) = (Vec::new(), 0, 0);
    while let Some(rest) = text.get(byte..)
        && let Some(at) = rest.find(exact)
        && places.len() <= MOST_PLACES
    {
        let (before, from) = rest.split_at(at);
        point += before.chars().count();
        places.push(point);
        byte += at + from.chars().next().map_or(1, char::len_utf8);
        point += 1;
    }
    places
}

/// The one place with the fewest differences, if there are few enough (Sellers 1980; of each column only the rows that can
/// still matter are worked out: Ukkonen 1985).
fn likeness(text: &[char], exact: &[char]) -> Anchor {
    if !(SHORTEST_LIKENESS..=LONGEST_LIKENESS).contains(&exact.len()) {
        return Anchor::Orphaned;
    }
    let most = (exact.len() / ONE_IN).min(MOST_DIFFER);
    let ends = ends_within(text, exact, most);
    let Some(distance) = ends.iter().map(|(_, distance)| *distance).min() else {
        return Anchor::Orphaned;
    };
    let best: Vec<usize> =
        ends.iter().filter(|(_, found)| *found == distance).map(|(end, _)| *end).collect();
    let (Some(first), Some(last)) = (best.first(), best.last()) else { return Anchor::Orphaned };
    // Ends close by are one place, whose last letter is in doubt; ends further apart are two.
    if last - first > 2 * distance {
        return Anchor::Orphaned;
    }
    let end = *first;
    let backwards: Vec<char> = exact.iter().rev().copied().collect();
    let from = end.saturating_sub(exact.len() + most);
    let window: Vec<char> = text.get(from..end).unwrap_or_default().iter().rev().copied().collect();
    // The beginning: read backwards from the end, with as many differences; of several the one whose length is nearest.
    let lengths = whole_from_start(&window, &backwards, distance);
    let nearest = lengths.into_iter().min_by_key(|length| length.abs_diff(exact.len()));
    match nearest {
        Some(length) => Anchor::Fuzzy { start: end - length, end, distance },
        None => Anchor::Orphaned,
    }
}

/// Where in `text` something ends that differs from `exact` by at most `most`, and by how much.
fn ends_within(text: &[char], exact: &[char], most: usize) -> Vec<(usize, usize)> {
    let mut column: Vec<usize> = (0..=exact.len()).collect();
    // The last row whose number is not above `most`.
    let mut active = most.min(exact.len());
    let mut ends = Vec::new();
    for (at, letter) in text.iter().enumerate() {
        let mut diagonal = 0;
        let mut above = 0;
        let upto = (active + 1).min(exact.len());
        for row in 1..=upto {
            let Some(cell) = column.get_mut(row) else { break };
            // A row beyond the active ones holds an old number, which is above `most` in any case.
            let left = if row > active { most + 1 } else { *cell };
            let differs = usize::from(exact.get(row - 1) != Some(letter));
            let value = (diagonal + differs).min(above + 1).min(left + 1);
            diagonal = left;
            above = value;
            *cell = value;
        }
        active = upto;
        while active > 0 && column.get(active).is_some_and(|value| *value > most) {
            active -= 1;
        }
        if active == exact.len()
            && let Some(value) = column.last()
        {
            ends.push((at + 1, *value));
        }
    }
    ends
}

/// The lengths of beginnings of `text` that differ from `exact` by exactly `distance`.
fn whole_from_start(text: &[char], exact: &[char], distance: usize) -> Vec<usize> {
    let mut column: Vec<usize> = (0..=exact.len()).collect();
    let mut lengths = Vec::new();
    for (at, letter) in text.iter().enumerate() {
        let mut diagonal = at;
        let mut above = at + 1;
        if let Some(first) = column.first_mut() {
            *first = at + 1;
        }
        for (row, cell) in column.iter_mut().enumerate().skip(1) {
            let differs = usize::from(exact.get(row - 1) != Some(letter));
            let value = (diagonal + differs).min(above + 1).min(*cell + 1);
            diagonal = *cell;
            above = value;
            *cell = value;
        }
        if column.last() == Some(&distance) {
            lengths.push(at + 1);
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Anchor, Quote, anchor, ends_within};

    /// The quote of some code points of a text, with 8 of context.
    fn quoted(text: &str, start: usize, end: usize) -> (String, String, String) {
        let points: Vec<char> = text.chars().collect();
        let part = |from: usize, to: usize| points[from..to].iter().collect::<String>();
        let after = (end + 8).min(points.len());
        (part(start, end), part(start.saturating_sub(8), start), part(end, after))
    }

    fn find(old: &str, range: (usize, usize), new: &str) -> Anchor {
        let (exact, prefix, suffix) = quoted(old, range.0, range.1);
        let quote = Quote { exact: &exact, prefix: &prefix, suffix: &suffix, start: range.0 };
        anchor(new, &quote)
    }

    /// The words of a text between two marks, `[` and `]`, quoted; the place marked in the other text is where they must be.
    fn check(old: &str, new: &str, expected: &str) {
        let marks = |text: &str| {
            let start = text.chars().position(|c| c == '[');
            let end = text.chars().position(|c| c == ']').map(|end| end - 1);
            (text.replace(['[', ']'], ""), start.zip(end))
        };
        let (old, range) = marks(old);
        let (new, place) = marks(new);
        let found = find(&old, range.unwrap(), &new);
        let (kind, at) = match found {
            Anchor::Unchanged => ("unchanged", range),
            Anchor::Moved { start, end } => ("moved", Some((start, end))),
            Anchor::Fuzzy { start, end, .. } => ("fuzzy", Some((start, end))),
            Anchor::Orphaned => ("orphaned", None),
        };
        assert_eq!((kind, at), (expected, place), "{old:?} in {new:?}: {found:?}");
    }

    #[test]
    fn a_passage_is_found_again_or_said_to_be_lost() {
        for (old, new, expected) in [
            ("a [b] c", "a [b] c", "unchanged"),
            ("a [b] c", "Menu\na [b] c", "moved"),
            // Twice the words, and only the context tells which.
            ("x 5 died, y [5] hurt", "y [5] hurt, x 5 died", "moved"),
            // Twice the words, and nothing tells which.
            ("see [5] now", "5 5", "orphaned"),
            // The place is taken by the same word in another context.
            ("one [5] two", "abc 5 one [5] two", "moved"),
            ("གྲངས་ [༦༩] ཡིན།", "འདི་ གྲངས་ [༦༩] ཡིན།", "moved"),
            ("𠮷𠮷[西藏]𓀀", "𠮷[西藏]𓀀", "moved"),
            (
                "It held [between 180,000 and 300,000 people] then.",
                "It held [between 180,000 and 300.000 people] then.",
                "fuzzy",
            ),
            // Two places are as like.
            (
                "[between 180,000 and 300,000 people]",
                "between 180,000 and 300,001 people; between 180,000 and 300,002 people",
                "orphaned",
            ),
            ("a [short] word", "a shart word", "orphaned"),
            ("[between 180,000 and 300,000 people]", "nothing of the kind", "orphaned"),
            ("[ئۇيغۇر ئاپتونوم رايونى]", "—— [ئۇيغۇر ئاپتونوم رايون]", "fuzzy"),
        ] {
            check(old, new, expected);
        }
    }

    /// What is worked out in full, for comparison.
    fn slowly(text: &[char], exact: &[char], most: usize) -> Vec<(usize, usize)> {
        let mut column: Vec<usize> = (0..=exact.len()).collect();
        let mut ends = Vec::new();
        for (at, letter) in text.iter().enumerate() {
            let old = column.clone();
            column[0] = 0;
            for row in 1..=exact.len() {
                let differs = usize::from(exact[row - 1] != *letter);
                column[row] = (old[row - 1] + differs).min(column[row - 1] + 1).min(old[row] + 1);
            }
            if column[exact.len()] <= most {
                ends.push((at + 1, column[exact.len()]));
            }
        }
        ends
    }

    proptest! {
        /// An unchanged text leaves every passage where it is.
        #[test]
        fn the_same_text_moves_nothing(text in "[ab𠮷ཀ\u{0FB2}ب]{1,60}", a in 0usize..60, b in 0usize..60) {
            let length = text.chars().count();
            let (start, end) = ((a % length).min(b % length), (a % length).max(b % length) + 1);
            prop_assert_eq!(find(&text, (start, end), &text), Anchor::Unchanged);
        }

        /// Whatever is said to be found is what stands there, and within the distance that is said.
        #[test]
        fn what_is_found_is_there(text in "[ab 𠮷]{0,80}", other in "[ab 𠮷]{12,40}") {
            let length = other.chars().count();
            let points: Vec<char> = text.chars().collect();
            let (exact, ..) = quoted(&other, 0, length);
            match find(&other, (0, length), &text) {
                Anchor::Unchanged => prop_assert!(text.starts_with(&exact)),
                Anchor::Moved { start, end } => {
                    prop_assert_eq!(points[start..end].iter().collect::<String>(), exact);
                }
                Anchor::Fuzzy { start, end, distance } => {
                    prop_assert!(start <= end && end <= points.len() && distance > 0);
                    let exact: Vec<char> = exact.chars().collect();
                    let ends = slowly(&points[start..end], &exact, usize::MAX);
                    prop_assert!(ends.contains(&(end - start, distance)));
                }
                Anchor::Orphaned => {}
            }
        }

        /// The cut-off leaves nothing out and puts nothing in.
        #[test]
        fn the_cut_off_changes_nothing(text in "[abc]{0,80}", exact in "[abc]{1,24}", most in 0usize..8) {
            let (text, exact): (Vec<char>, Vec<char>) = (text.chars().collect(), exact.chars().collect());
            prop_assert_eq!(ends_within(&text, &exact, most), slowly(&text, &exact, most));
        }

        /// Text put in before a passage that stands once moves it by as much.
        #[test]
        fn text_before_moves_a_passage(before in "[xyz𠮷]{1,20}", text in "[ab]{8,30}") {
            let (start, end) = (0, text.chars().count());
            let moved = before.chars().count();
            let expected = Anchor::Moved { start: moved, end: end + moved };
            prop_assert_eq!(find(&text, (start, end), &format!("{before}{text}")), expected);
        }
    }
}
