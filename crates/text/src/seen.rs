//! Words that a person copied from a page, a browser or a viewer, found in a text that has them a little otherwise.

use std::ops::Range;

use unicode_normalization::char::decompose_canonical;

use crate::radicals::character_of;
use crate::words::is_unseen;

/// Where words stand in a text, in bytes of it, when nothing counts that a reader cannot see: how much white space there is, and
/// whether any is beside characters that are written without, such as Han; soft hyphens and signs of direction; radicals of Han
/// for the characters that they look like; letters with their marks in one code point or in several (canonical equivalence,
/// UAX #15). Places do not overlap.
pub fn find_as_seen(text: &str, words: &str) -> Vec<Range<usize>> {
    let wanted = Seen::of(words).text;
    if wanted.is_empty() {
        return Vec::new();
    }
    let seen = Seen::of(text);
    let range = |(at, found): (usize, &str)| {
        let end = at + found.len();
        let last = end - found.chars().next_back()?.len_utf8();
        let (first, last) = (seen.source(at)?, seen.source(last)?);
        let length = text.get(last..)?.chars().next()?.len_utf8();
        (!seen.cuts(at) && !seen.cuts(end)).then_some(first..last + length)
    };
    seen.text.match_indices(&*wanted).filter_map(range).collect()
}

/// What is seen of a text.
#[derive(Default)]
struct Seen {
    text: String,
    /// Where a stretch begins that stands in the text as it stands here, and where it begins there.
    stretches: Vec<(usize, usize)>,
    /// Where a part of a character begins that is not its first.
    parts: Vec<usize>,
}

impl Seen {
    fn of(text: &str) -> Self {
        let mut seen = Self { text: String::with_capacity(text.len()), ..Self::default() };
        let (mut last, mut space) = (None, None);
        for (at, c) in text.char_indices() {
            if c.is_whitespace() {
                space = space.or(Some(at));
                continue;
            }
            if is_unseen(c) {
                continue;
            }
            let c = character_of(c);
            if let Some(space) = space.take()
                && needs_space(c)
                && last.is_some_and(needs_space)
            {
                seen.push(' ', space);
            }
            last = Some(c);
            let mut is_first = true;
            decompose_canonical(c, |part| {
                if !std::mem::take(&mut is_first) {
                    seen.parts.push(seen.text.len());
                }
                seen.push(part, at);
            });
        }
        seen
    }

    fn push(&mut self, c: char, source: usize) {
        let here = self.text.len();
        if self.source(here) != Some(source) {
            self.stretches.push((here, source));
        }
        self.text.push(c);
    }

    /// Where the character that begins at a byte of what is seen begins in the text.
    fn source(&self, at: usize) -> Option<usize> {
        let place = self.stretches.partition_point(|(seen, _)| *seen <= at);
        let (seen, source) = self.stretches.get(place.checked_sub(1)?)?;
        Some(source + (at - seen))
    }

    fn cuts(&self, at: usize) -> bool {
        self.parts.binary_search(&at).is_ok()
    }
}

/// Whether white space between two such characters parts words or figures: not in scripts that have none, or a tsheg.
fn needs_space(c: char) -> bool {
    let is_without = matches!(
        c,
        '\u{E00}'..='\u{109F}'
            | '\u{1780}'..='\u{17FF}'
            | '\u{2E80}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3FFFF}'
    );
    c.is_alphanumeric() && !is_without
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_found_as_they_are_seen() {
        let cases = [
            (
                "collected blood\nsamples in  May",
                "blood samples in May",
                vec!["blood\nsamples in  May"],
            ),
            ("共采集血\n样41,286份", "采集血样", vec!["采集血\n样"]),
            ("全县⼆⼗三万⼈的⾎样", "二十三万人的血样", vec!["⼆⼗三万⼈的⾎样"]),
            ("U\u{308}ru\u{308}mqi", "Ürümqi", vec!["U\u{308}ru\u{308}mqi"]),
            ("Ürümqi", "U\u{308}ru\u{308}mqi", vec!["Ürümqi"]),
            ("Ürümqi", "U", vec![]),
            (
                "infor\u{AD}mation, in\u{200B}formation",
                "information",
                vec!["infor\u{AD}mation", "in\u{200B}formation"],
            ),
            ("དཔེ་ཚད།\u{A0}གཉིས", "དཔེ་ཚད། གཉིས", vec!["དཔེ་ཚད།\u{A0}གཉིས"]),
            ("མི་\u{F43}", "མི་\u{F42}\u{FB7}", vec!["མི་\u{F43}"]),
            ("may have", "might have", vec![]),
            ("Police", "police", vec![]),
            ("The therapist, table 3\n41 people, 11 200 samples", "the rapist", vec![]),
            ("The therapist, table 3\n41 people, 11 200 samples", "341 people", vec![]),
            ("The therapist, table 3\n41 people, 11 200 samples", "1200 samples", vec![]),
            ("words", " \u{200B}", vec![]),
            ("", "words", vec![]),
        ];
        for (text, words, expected) in cases {
            let found: Vec<&str> = find_as_seen(text, words)
                .into_iter()
                .map(|place| text.get(place).unwrap_or("?"))
                .collect();
            assert_eq!(found, expected, "{words:?} in {text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_seen_as_what_was_looked_for(
            text in "[ab \u{301}é\u{AD}⼈人\u{F43}\n]{0,30}", words in "[ab \u{301}é⼈人\u{F42}\u{FB7}]{0,4}",
        ) {
            let mut last = 0;
            for place in find_as_seen(&text, &words) {
                prop_assert!(place.start >= last);
                last = place.end;
                let found = text.get(place).expect("whole characters");
                prop_assert_eq!(Seen::of(found).text, Seen::of(&words).text);
            }
        }
    }
}
