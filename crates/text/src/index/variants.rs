//! Chinese characters that are written otherwise in the other script.
//!
//! One simplified character may stand for several traditional ones (发 for 發 and 髮), and one traditional for several
//! simplified ones (乾 for 干 and 乾): each is a spelling to look for, and nobody chooses between them here. The table
//! says at its head where it comes from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("variants.txt");
/// More spellings of one term than this are not looked for. A pair of characters never has as many.
const MOST: usize = 64;

static OTHERS: LazyLock<BTreeMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut others: BTreeMap<char, Vec<char>> = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let Some((simplified, traditional)) = line.split_once(' ') else { continue };
        for (one, other) in
            simplified.chars().flat_map(|s| traditional.chars().map(move |t| (s, t)))
        {
            others.entry(one).or_default().push(other);
            others.entry(other).or_default().push(one);
        }
    }
    others
});

/// Every spelling of a term, as it was typed first; of a term without Chinese characters only itself.
pub(super) fn spellings(term: &str) -> Vec<String> {
    let mut spellings = vec![String::new()];
    for c in term.chars() {
        let others = if c < '\u{2E80}' { None } else { OTHERS.get(&c) };
        let others = others.map(Vec::as_slice).unwrap_or_default();
        let mut longer = Vec::new();
        for choice in std::iter::once(&c).chain(others) {
            longer.extend(spellings.iter().map(|begun| format!("{begun}{choice}")));
        }
        longer.truncate(MOST);
        spellings = longer;
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::{OTHERS, spellings};

    #[test]
    fn finds_the_other_script_both_ways() {
        for (term, expected) in [
            ("发", vec!["发", "發", "髮"]),
            ("發", vec!["發", "发"]),
            ("发展", vec!["发展", "發展", "髮展"]),
            ("頭髮", vec!["頭髮", "头髮", "頭发", "头发"]),
            ("西藏", vec!["西藏"]),
            ("police", vec!["police"]),
            ("", vec![""]),
        ] {
            assert_eq!(spellings(term), expected, "{term}");
        }
    }

    #[test]
    fn the_table_is_whole_and_goes_both_ways() {
        assert!(OTHERS.len() > 7_900, "{}", OTHERS.len());
        for (one, others) in OTHERS.iter() {
            for other in others {
                assert!(OTHERS[other].contains(one), "{one} {other}");
            }
        }
    }
}
