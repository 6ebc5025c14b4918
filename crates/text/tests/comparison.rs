//! Two captures of one address: what changed in the text and around it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use witnessmark_text::{
    CaptureFacts, ChangeKind, FigurePart, TextDifference, Version, compare_records, compare_texts,
};

fn compare(before: &str, after: &str, language: Option<&str>) -> TextDifference {
    let difference =
        compare_texts(Version { text: before, language }, Version { text: after, language });
    check_offsets(&difference, before, after);
    difference
}

/// Every span is the text it says, and what no change names is the same on both sides, spaces aside.
fn check_offsets(difference: &TextDifference, before: &str, after: &str) {
    let slice = |text: &str, start: usize, end: usize| -> String {
        text.chars().skip(start).take(end.saturating_sub(start)).collect()
    };
    let (mut kept_before, mut kept_after) =
        (vec![true; before.chars().count()], vec![true; after.chars().count()]);
    assert_eq!(
        (difference.before_length, difference.after_length),
        (kept_before.len(), kept_after.len())
    );
    for change in &difference.changes {
        assert_eq!(slice(before, change.before.start, change.before.end), change.before.exact);
        assert_eq!(slice(after, change.after.start, change.after.end), change.after.exact);
        let (b, a) = (change.before.exact.is_empty(), change.after.exact.is_empty());
        match change.kind {
            ChangeKind::Inserted => assert!(b && !a),
            ChangeKind::Deleted => assert!(!b && a),
            ChangeKind::Replaced | ChangeKind::Moved => assert!(!b && !a),
        }
        for place in &mut kept_before[change.before.start..change.before.end] {
            assert!(std::mem::replace(place, false), "{:?} is in two changes", change.before);
        }
        for place in &mut kept_after[change.after.start..change.after.end] {
            assert!(std::mem::replace(place, false), "{:?} is in two changes", change.after);
        }
    }
    let kept = |text: &str, kept: &[bool]| -> String {
        let is_gap = |c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '\u{F0B}'
                        | '\u{F0C}'
                        | '\u{200B}'
                        | '\u{200E}'
                        | '\u{200F}'
                        | '\u{61C}'
                        | '\u{FEFF}'
                        | '\u{AD}'
                )
                || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        };
        text.chars().zip(kept).filter(|(c, kept)| **kept && !is_gap(*c)).map(|(c, _)| c).collect()
    };
    assert_eq!(kept(before, &kept_before), kept(after, &kept_after), "unchanged text is the same");
}

fn summary(difference: &TextDifference) -> Vec<String> {
    let line = |change: &witnessmark_text::TextChange| {
        let word = format!("{:?}", change.kind).to_lowercase();
        format!("{word} [{}] -> [{}]", change.before.exact, change.after.exact)
    };
    difference.changes.iter().map(line).collect()
}

#[test]
fn changes_by_the_words_of_each_script() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("the same", "One text.\nTwo lines.", "One  text.\r\n\r\nTwo lines. ", &[]),
        (
            "English: a word",
            "Samples were taken from all residents of the county.",
            "Samples were taken from some residents of the county.",
            &["replaced [all] -> [some]"],
        ),
        (
            "Chinese: a numeral changes as a whole",
            "通知说，全县已采集血样九十二万三千份，覆盖率百分之六十九。",
            "通知说，全县已采集血样九十三万份，覆盖率百分之六十九。",
            &["replaced [九十二万三千] -> [九十三万]"],
        ),
        (
            "Tibetan: syllables; tsheg alone is none",
            "བོད་ཀྱི་མི་དམངས་ཀྱི་ཁྲག་བླངས།",
            "བོད་ཀྱི་བྱིས་པ་ཀྱི་ཁྲག་བླངས།",
            &["replaced [མི་དམངས] -> [བྱིས་པ]"],
        ),
        (
            "Arabic",
            "جمعت السلطات عينات من جميع السكان",
            "جمعت السلطات عينات من بعض السكان",
            &["replaced [جميع] -> [بعض]"],
        ),
        (
            "a figure with separators is one word",
            "From 919,282 to 1,206,962 people.",
            "From 919,282 to 1,206,926 people.",
            &["replaced [1,206,962] -> [1,206,926]"],
        ),
        (
            "lines that came and went",
            "First line here.\nSecond line here.\nThird line here.",
            "First line here.\nThird line here.\nA fourth line was added.",
            &["deleted [Second line here.] -> []", "inserted [] -> [A fourth line was added.]"],
        ),
        (
            "a paragraph that moved, another that changed",
            "Police visited every village in the township.\nThe office gave no reason.\nResidents were told to come.",
            "The office gave no reason at all.\nResidents were told to come.\nPolice visited every village in the township.",
            &[
                "moved [Police visited every village in the township.] -> [Police visited every village in the township.]",
                "inserted [] -> [at all]",
            ],
        ),
        (
            "hardly a word in common: replaced as a whole",
            "The office published the notice on Monday and gave no reason for it.",
            "Please log in to go on reading, or create an account for free today.",
            &[
                "replaced [The office published the notice on Monday and gave no reason for it.] -> [Please log in to go on reading, or create an account for free today.]",
            ],
        ),
        ("nothing before", "", "西藏", &["inserted [] -> [西藏]"]),
        ("nothing after", "西藏", "\n", &["deleted [西藏] -> []"]),
    ];
    for (story, before, after, expected) in cases {
        assert_eq!(summary(&compare(before, after, None)), *expected, "{story}");
    }
}

#[test]
fn figures_stand_out() {
    use FigurePart::{Bound, Modality, Value, Writing};
    /// Text before, text after, language, and each figure as (before, after, what changed).
    type Case = (
        &'static str,
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str, &'static [FigurePart])],
    );
    let cases: &[Case] = &[
        (
            "en",
            "They took 919,282 samples.",
            "They took 919,822 samples.",
            &[("919,282", "919,822", &[Value])],
        ),
        (
            "en",
            "At least 900 people were sampled.",
            "About 900 people were sampled.",
            &[("900", "900", &[Bound])],
        ),
        (
            "en",
            "Police may have taken 500 samples.",
            "Police have taken 500 samples.",
            &[("500", "500", &[Modality])],
        ),
        (
            "en",
            "It began on 5 September 2022 there.",
            "It began on 13 September 2022 there.",
            &[("5 September 2022", "13 September 2022", &[Value])],
        ),
        (
            "en",
            "They counted 12,000 people.",
            "They counted 12 thousand people.",
            &[("12,000", "12 thousand", &[Writing])],
        ),
        (
            "zh",
            "已采集血样九十二万三千份。",
            "已采集血样九十三万份。",
            &[("九十二万三千", "九十三万", &[Value])],
        ),
        ("zh", "已采集92.3万份。", "已采集93.2万份。", &[("92.3万", "93.2万", &[Value])]),
        (
            "zh",
            "截至2022年9月5日。",
            "截至2022年9月13日。",
            &[("2022年9月5日", "2022年9月13日", &[Value])],
        ),
        (
            "en",
            "The office gave 3,000 kits.\nNothing else was said about it.",
            "Nothing else was said about it.",
            &[("3,000", "", &[])],
        ),
        ("en", "Nothing new; 44 sources in 2022.", "Nothing old; 44 sources in 2022.", &[]),
    ];
    for (language, before, after, expected) in cases {
        let difference = compare(before, after, Some(language));
        let found: Vec<(String, String, Vec<FigurePart>)> = difference
            .figures
            .iter()
            .map(|figure| {
                let exact = |mention: &Option<witnessmark_text::Mention>| {
                    mention.as_ref().map(|mention| mention.exact.clone()).unwrap_or_default()
                };
                (exact(&figure.before), exact(&figure.after), figure.changed.clone())
            })
            .collect();
        let expected: Vec<(String, String, Vec<FigurePart>)> = expected
            .iter()
            .map(|(a, b, parts)| ((*a).to_owned(), (*b).to_owned(), parts.to_vec()))
            .collect();
        assert_eq!(found, expected, "{before} -> {after}");
    }
}

#[test]
fn reads_without_colour() {
    let before = "通知\n全县已采集血样九十二万三千份，覆盖率百分之六十九。\n请各村配合工作。\n\u{1b}[31m红\nمن جميع السكان\n完\nEnd of the notice, as it was put up.";
    let after = "End of the notice, as it was put up.\n通知\n全县已采集血样九十三万份，覆盖率百分之六十九。\n请各村配合工作。\n绿\nمن بعض السكان\n完";
    let plain = compare(before, after, Some("zh")).to_plain(before, after, 40);
    for part in [
        "3 replaced, 0 inserted, 0 deleted, 1 moved; 1 figures changed\n",
        "! 九十二万三千 (923000) -> 九十三万 (930000): value\n",
        "< End of the notice, as it was put up.\n> End of the notice, as it was put up.\n",
        "- \u{FFFD}[31m红\n",
        "- من [جميع] السكان\n",
        "+ من [بعض] السكان\n",
    ] {
        assert!(plain.contains(part), "{part} is not in\n{plain}");
    }
    let rows: Vec<&str> = plain.lines().collect();
    let at = rows.iter().position(|row| row.starts_with("- 全县")).unwrap();
    assert_eq!(rows[at], "- 全县已采集血样九十二万三千份，覆盖率百");
    assert_eq!(rows[at + 1], "                ^^^^^^^^^^^^");
    assert!(!plain.contains('\u{1b}'));
}

#[test]
fn json_has_the_kinds_in_words() {
    let difference = compare("They took 5,000 samples.", "They took 6,000 samples.", Some("en"));
    let json = serde_json::to_value(&difference).unwrap();
    assert_eq!(json["changes"][0]["kind"], "replaced");
    assert_eq!(json["changes"][0]["before"]["start"], 10);
    assert_eq!(json["figures"][0]["changed"][0], "value");
}

#[test]
fn records_side_by_side() {
    let before = CaptureFacts {
        status: Some(200),
        title: Some("通知".to_owned()),
        headers: vec![
            ("Date".to_owned(), "Mon, 05 Sep 2022 00:00:00 GMT".to_owned()),
            ("Server".to_owned(), "nginx".to_owned()),
            ("Set-Cookie".to_owned(), "a=1".to_owned()),
        ],
        certificates: vec!["aa".to_owned(), "bb".to_owned()],
        ..CaptureFacts::default()
    };
    let after = CaptureFacts {
        status: Some(404),
        headers: vec![
            ("date".to_owned(), "Tue, 13 Sep 2022 00:00:00 GMT".to_owned()),
            ("server".to_owned(), "nginx".to_owned()),
            ("Last-Modified".to_owned(), "Mon, 12 Sep 2022 00:00:00 GMT".to_owned()),
        ],
        certificates: vec!["cc".to_owned(), "bb".to_owned()],
        ..CaptureFacts::default()
    };
    let difference = compare_records(&before, &after);
    assert_eq!(difference.ignored, ["date", "set-cookie"]);
    let expected = "\
- status                      200
+ status                      404
- title                       通知
+ title                       (none)
- certificate                 aa
+ certificate                 cc
= certificate 2 of the chain  bb
- header last-modified        (none)
+ header last-modified        Mon, 12 Sep 2022 00:00:00 GMT
= header server               nginx
  not compared: date, set-cookie
";
    assert_eq!(difference.to_plain(), expected);
}

/// Time grows about linearly: a long page with changes all over is compared in a moment.
#[test]
fn long_texts() {
    let line = |number: usize, changed: bool| {
        let word = if changed { "二" } else { "一" };
        format!("第{number}行：全县已采集血样{word}万份，县公安局发布通知，请各村配合工作。\n")
    };
    let before: String = (0..4_000).map(|number| line(number, false)).collect();
    let after: String = (0..4_000).map(|number| line(number, number % 7 == 0)).collect();
    let difference = compare_texts(
        Version { text: &before, language: Some("zh") },
        Version { text: &after, language: Some("zh") },
    );
    assert_eq!(difference.changes.len(), 572);
    assert_eq!(difference.figures.len(), 572);
    // Nothing in common at all, which is the worst for a search of differences.
    let other: String = (0..4_000)
        .map(|number| format!("{} wholly other words {number}\n", number * 7919))
        .collect();
    let difference = compare_texts(
        Version { text: &before, language: None },
        Version { text: &other, language: None },
    );
    assert!(!difference.changes.is_empty());
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("The office gave no reason today.\n".to_owned()),
        Just("全县已采集血样九十二万三千份。\n".to_owned()),
        Just("བོད་ཀྱི་མི་དམངས།".to_owned()),
        Just("من جميع السكان ".to_owned()),
        Just("1,206,962 ".to_owned()),
        Just(", ".to_owned()),
        Just("\n".to_owned()),
        "[a-c ]{1,6}",
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_two_texts(before in any_text(), after in any_text(), columns in 0_usize..60) {
        let difference = compare(&before, &after, Some("en"));
        let _ = difference.to_plain(&before, &after, columns);
        prop_assert!(compare(&before, &before, None).changes.is_empty());
    }
}
