//! Places in labelled sentences of our own (`places.txt`), against the places known without a gazetteer and small ones.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod marks;

use std::collections::BTreeMap;

use marks::unmarked;
use proptest::prelude::*;
use witnessmark_model::payload::Level;
use witnessmark_text::{
    Mention, MentionKind, MentionValue, PlaceEntry, PlaceNames, find_mentions_among, find_places,
};

/// The least F1 on the half of the sentences that no rule was made from.
const LEAST: f64 = 0.90;

const LABELLED: &str = include_str!("places.txt");

/// Start, exact, and the key; `*` for several and `?` for none.
type Label = (usize, String, String);

fn read(marked: &str) -> (String, Vec<Label>) {
    let (plain, marks) = unmarked(marked);
    let label =
        |(start, exact, key): (usize, &str, &str)| (start, exact.to_owned(), key.to_owned());
    (plain, marks.into_iter().map(label).collect())
}

fn label(mention: &Mention) -> Label {
    let key = match (&mention.value, mention.ambiguous, mention.unknown) {
        (Some(MentionValue::Name(key)), false, false) => key.clone(),
        (None, true, false) => "*".to_owned(),
        (None, false, true) => "?".to_owned(),
        other => panic!("a place is known, ambiguous or unknown: {other:?}"),
    };
    (mention.start, mention.exact.clone(), key)
}

#[test]
fn labelled_sentences() {
    let sentences: Vec<&str> =
        LABELLED.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let mut scores: BTreeMap<(bool, &str), [f64; 3]> = BTreeMap::new();
    let verbose = std::env::var_os("WITNESSMARK_SHOW_MISTAKES").is_some();
    for (number, line) in sentences.iter().enumerate() {
        let is_test = number % 2 == 1;
        let (language, marked) = line.split_once('\t').expect("language, tab, sentence");
        let (sentence, labels) = read(marked);
        let found: Vec<Label> =
            find_places(&sentence, PlaceNames::builtin()).iter().map(label).collect();
        let right = labels.iter().filter(|label| found.contains(label)).count();
        for part in [language, "all"] {
            let score = scores.entry((is_test, part)).or_default();
            score[0] += right as f64;
            score[1] += (found.len() - right) as f64;
            score[2] += (labels.len() - right) as f64;
        }
        if verbose && !is_test && (right < labels.len() || right < found.len()) {
            println!("{line}\n   found {found:?}");
        }
    }
    let f1 = |[right, wrong, missed]: [f64; 3]| 2.0 * right / (2.0 * right + wrong + missed);
    for ((is_test, part), score) in &scores {
        let half = if *is_test { "test" } else { "development" };
        println!("places: {part} {half}: F1 {:.4} {score:?}", f1(*score));
    }
    println!("places: {} sentences", sentences.len());
    let reached = f1(scores[&(true, "all")]);
    assert!(reached >= LEAST, "F1 {reached:.4} is below {LEAST}");
}

fn entry<'p>(
    key: &'p str,
    parent: Option<&'p str>,
    level: Level,
    names: &[&'p str],
) -> PlaceEntry<'p> {
    PlaceEntry { key, parent, level, names: names.to_vec() }
}

fn small() -> PlaceNames {
    PlaceNames::new([
        entry("Valley (East)", Some("East"), Level::Village, &["Valley"]),
        entry("Valley (West)", Some("West"), Level::Village, &["Valley"]),
        entry("East", None, Level::County, &["East County"]),
        entry("West", None, Level::County, &["West County"]),
        entry("三亚市", None, Level::Prefecture, &[]),
    ])
}

/// A name that two villages bear is said to be ambiguous, with both; the county beside it decides.
#[test]
fn a_name_of_two_places() {
    let found = find_places("Valley was asked.", &small());
    assert_eq!(found.len(), 1);
    assert!(found[0].ambiguous && found[0].value.is_none() && found[0].level.is_none());
    let within: Vec<_> = found[0].candidates.iter().map(|c| c.within.as_deref()).collect();
    assert_eq!(within, [Some("East"), Some("West")]);
    let found = find_places("Valley in West County was asked.", &small());
    assert_eq!(found[0].value, Some(MentionValue::Name("Valley (West)".to_owned())));
    assert_eq!(found[0].level, Some(Level::Village));
    // A county of another line says nothing.
    assert!(find_places("Valley was asked.\nWest County was not.", &small())[0].ambiguous);
}

/// The 三 of a city's name is no number.
#[test]
fn a_place_claims_its_characters() {
    let found = find_mentions_among("三亚市有三个县。", Some("zh"), &small());
    let kinds: Vec<_> = found.iter().map(|m| (m.kind, m.exact.as_str())).collect();
    assert_eq!(kinds, [(MentionKind::Place, "三亚市"), (MentionKind::Number, "三")]);
}

proptest! {
    /// Any text: no panic, spans exact, none overlaps.
    #[test]
    fn spans_are_exact(parts in prop::collection::vec(prop_oneof![
        "\\PC{0,6}",
        prop::sample::select(vec![
            "西藏自治区", "城关区", "县", "在", "Lhasa", " ", "Kashgar", "County", "ལྷ་ས", "་", "རྫོང",
            "འི", "قەشقەر", "دە", " ناھىيىسى", "据", "报道", "3.6万", "2022年", "১", "\n", "said", "’",
        ]).prop_map(str::to_owned),
    ], 0..24)) {
        let text = parts.concat();
        let chars: Vec<char> = text.chars().collect();
        let mut end = 0;
        for mention in find_mentions_among(&text, Some("und"), PlaceNames::builtin()) {
            prop_assert!(mention.start >= end && mention.start < mention.end);
            let exact: String = chars[mention.start..mention.end].iter().collect();
            prop_assert_eq!(&exact, &mention.exact);
            end = mention.end;
        }
    }
}
