//! Passages after a text was read anew. A newer extractor leaves other texts in the cache; here they are put there by hand.
//! The passages go on citing what the log froze, and say where their words stand now.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod filled;

use std::collections::BTreeMap;
use std::path::Path;

use filled::{environment, fill};
use rusqlite::Connection;
use witnessmark_case::Case;

const CHINESE: &str = "2021年2月至7月间，德尔沃鲁省可能有18万至30万人被警方采集血样";

/// What a newer extractor does to a text.
type Change = fn(&str) -> String;

/// What a newer extractor might read otherwise: words of a quotation, what is done to the text, and what becomes of the
/// passage.
const CHANGES: [(&str, Change, &str); 3] = [
    // A heading that was not read before: the characters before the passage are not one byte each.
    (CHINESE, |text| format!("𠀀标题\n{text}"), "moved"),
    (
        "Police in Delvoru Province have seized",
        |text| text.replace("have seized", "have seised"),
        "fuzzy",
    ),
    ("About 22,000 people in Elvoshi", |text| text.replace("About 22,000 people", ""), "orphaned"),
];

/// State, first code point and other words of each passage, by the words that were quoted.
type States = BTreeMap<String, (&'static str, Option<u64>, Option<String>)>;

fn states(folder: &Path) -> States {
    let mut case = Case::open(folder, environment(2)).unwrap();
    let rows = case.passages().unwrap().into_iter();
    rows.map(|row| (row.exact, (row.standing.state, row.standing.start, row.standing.stands)))
        .collect()
}

#[test]
fn passages_are_found_in_a_text_that_was_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("case");
    fill(&folder);
    let before = states(&folder);
    assert!(before.len() > 10);
    assert!(before.values().all(|(state, ..)| *state == "unchanged"), "{before:?}");

    let cache = Connection::open(folder.join("cache.db")).unwrap();
    for (words, change, _) in CHANGES {
        let found = cache.query_row(
            "SELECT capture, text FROM texts WHERE instr(text, ?1) > 0 ORDER BY length(text) LIMIT 1",
            [words],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        );
        let (capture, text) = found.unwrap();
        let changed = change(&text);
        assert_ne!(changed, text, "{words}");
        cache.execute("UPDATE texts SET text = ?2 WHERE capture = ?1", [capture, changed]).unwrap();
    }
    drop(cache);

    let after = states(&folder);
    for (words, _, expected) in CHANGES {
        let of = |all: &States| {
            all.iter().find(|(exact, _)| exact.starts_with(words)).unwrap().1.clone()
        };
        let (state, start, stands) = of(&after);
        assert_eq!(state, expected, "{words}");
        match state {
            "moved" => assert_eq!(start, of(&before).1.map(|start| start + 4), "{words}"),
            "fuzzy" => assert!(stands.unwrap().contains("have seised the DNA"), "{words}"),
            _ => assert_eq!(start, None, "{words}"),
        }
    }
    let touched = |exact: &str| CHANGES.iter().any(|(words, ..)| exact.starts_with(words));
    for (exact, (state, ..)) in after.iter().filter(|(exact, _)| !touched(exact)) {
        assert_eq!(*state, "unchanged", "{exact}");
    }
}
