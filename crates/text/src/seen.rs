//! Words that a person copied from a page, a browser or a viewer, found in a text that has them a little otherwise.

use std::ops::Range;

use unicode_normalization::char::decompose_canonical;

use crate::radicals::character_of;
use crate::words::is_unseen;

/// Where words stand in a text, in bytes of it, when nothing counts that a reader cannot see: white space, which lines and
/// columns bring in and take away; soft hyphens and signs of direction; radicals of Han for the characters that they look like;
/// letters with their marks in one code point or in several (canonical equivalence, UAX #15). Places do not overlap.
pub fn find_as_seen(text: &str, words: &str) -> Vec<Range<usize>> {
    let (wanted, _) = as_seen(words);
    if wanted.is_empty() {
        return Vec::new();
    }
    let (seen, sources) = as_seen(text);
    // The character of the text that the character at byte `at` of `seen` comes from.
    let source = |at: usize| {
        let place = sources.partition_point(|(seen, _)| *seen <= at);
        sources.get(place.checked_sub(1)?).map(|(_, source)| *source)
    };
    let range = |(at, found): (usize, &str)| {
        let end = at + found.len();
        let (first, last) = (source(at)?, source(end - 1)?);
        let cuts = |here: usize| here.checked_sub(1).and_then(source) == source(here);
        let is_whole = !cuts(at) && (end == seen.len() || !cuts(end));
        let length = text.get(last..)?.chars().next()?.len_utf8();
        is_whole.then_some(first..last + length)
    };
    seen.match_indices(&*wanted).filter_map(range).collect()
}

/// The characters that are seen, each with its first byte there and the first byte of the character that it comes from.
fn as_seen(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut seen, mut sources) = (String::with_capacity(text.len()), Vec::new());
    for (at, c) in text.char_indices() {
        if c.is_whitespace() || is_unseen(c) {
            continue;
        }
        decompose_canonical(character_of(c), |part| {
            sources.push((seen.len(), at));
            seen.push(part);
        });
    }
    (seen, sources)
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
                prop_assert_eq!(as_seen(found).0, as_seen(&words).0);
            }
        }
    }
}
