//! How well the words of a query are known: what its writer should be told.

use super::query::{Ending, Leaf};

/// Scripts that divide words by no spaces, and whose words this index does not know.
const WITHOUT_WORDS: [(&str, &str, char, char); 4] = [
    ("Thai", "th", '\u{E00}', '\u{E7F}'),
    ("Lao", "lo", '\u{E80}', '\u{EFF}'),
    ("Burmese", "my", '\u{1000}', '\u{109F}'),
    ("Khmer", "km", '\u{1780}', '\u{17FF}'),
];

/// Letters that Uyghur and the other Turkic languages have of the Arabic script, and no language that stands beside them.
const TURKIC_ARABIC: [char; 7] =
    ['\u{6D5}', '\u{6D0}', '\u{6C7}', '\u{6C6}', '\u{6C8}', '\u{6CB}', '\u{6AD}'];

/// Warnings for the words of a query, and for the languages it is narrowed to (BCP 47, in small letters).
pub(super) fn warnings(leaves: &[&Leaf], languages: &[&str]) -> Vec<String> {
    let holds =
        |is_so: &dyn Fn(char) -> bool| leaves.iter().any(|leaf| leaf.typed.chars().any(is_so));
    let is_language = |tags: &[&str]| {
        languages.iter().any(|language| {
            let primary = language.split('-').next().unwrap_or_default();
            tags.contains(&primary)
        })
    };
    let mut warnings = Vec::new();
    for (name, tag, from, to) in WITHOUT_WORDS {
        if holds(&|c| (from..=to).contains(&c)) || is_language(&[tag]) {
            warnings.push(format!(
                "{name} is searched as a row of characters, not by words: nothing is missed, but a hit may be part of another word"
            ));
        }
    }
    if holds(&|c| ('\u{1800}'..='\u{18AF}').contains(&c)) {
        warnings.push(
            "Mongolian in its own script is searched as it is encoded: the same word is often encoded otherwise, and is then missed"
                .to_owned(),
        );
    }
    let takes_endings = [
        ("Uyghur", holds(&|c| TURKIC_ARABIC.contains(&c)) || is_language(&["ug"])),
        ("Kazakh, Kyrgyz and Mongolian", is_language(&["kk", "ky", "mn"])),
    ];
    // Only where a word stands as it was typed.
    let is_whole = leaves.iter().any(|leaf| leaf.ending == Ending::Whole);
    for (name, _) in takes_endings.into_iter().filter(|(_, is_so)| *is_so && is_whole) {
        warnings.push(format!(
            "words of {name} are found only as typed, without further endings: a star behind the stem finds those too"
        ));
    }
    warnings
}
