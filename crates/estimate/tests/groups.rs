//! Strata added up, and linkages joined.

use witnessmark_estimate::overlap::{
    ListSheet, Lists, Method, Overlap, OverlapOptions, overlap, overlap_sheet,
};
use witnessmark_estimate::{AnswerKind, RuleCode};

fn declared() -> OverlapOptions {
    OverlapOptions {
        method: Method::Dga,
        statement: Some("closed in May; all could be listed; lists name whom they met".to_owned()),
        is_linkage_reviewed: true,
        has_no_shared_origin: true,
        ..OverlapOptions::default()
    }
}

/// Rows of three lists by their seven counts, behind a label.
fn rows(label: &str, counts: [u64; 7]) -> String {
    let patterns = ["1,0,0", "0,1,0", "1,1,0", "0,0,1", "1,0,1", "0,1,1", "1,1,1"];
    let row = |(pattern, count): (&str, u64)| format!("{label}{pattern},{count}\n");
    patterns.into_iter().zip(counts).map(row).collect()
}

fn ask(text: &str) -> Overlap {
    overlap_sheet(&ListSheet::from_csv(text).expect("a sheet"), &declared()).expect("options")
}

fn codes(found: &Overlap) -> Vec<RuleCode> {
    found.answer.rules.iter().map(|rule| rule.code).collect()
}

#[test]
fn a_sheet_without_groups_is_the_same_as_lists() {
    let text = format!("a,b,c,count\n{}", rows("", [1000; 7]));
    let lists = Lists::from_csv(&text).expect("lists");
    assert_eq!(ask(&text), overlap(&lists, &declared()).expect("options"));
}

#[test]
fn strata_are_added_up_with_their_ends() {
    let text = format!(
        "stratum,a,b,c,count\n{}{}",
        rows("north,", [1000; 7]),
        rows("south,", [300, 320, 280, 310, 290, 300, 305])
    );
    let found = ask(&text);
    assert_eq!(codes(&found), []);
    assert_eq!(found.answer.kind, AnswerKind::Estimate);
    assert_eq!(found.documented.persons(), 7000 + 2105);
    assert_eq!(found.list_sizes, [4000 + 1175, 4000 + 1205, 4000 + 1205]);
    let strata = found.strata.as_ref().expect("two strata");
    let answers: Vec<_> = strata.each.iter().map(|one| &one.found.answer).collect();
    let sum = strata.sum.as_ref().expect("a sum");
    let added = |of: fn(&witnessmark_estimate::Answer) -> Option<u64>| {
        answers.iter().filter_map(|a| of(a)).sum::<u64>()
    };
    assert_eq!(sum.ends_added, [added(|a| a.low), added(|a| a.high)]);
    assert_eq!(found.answer.point, Some(added(|a| a.point)));
    // Independent errors leave less room, but some.
    assert!(sum.ends_added[0] < sum.if_independent[0] && sum.if_independent[0] < sum.point);
    assert!(sum.point < sum.if_independent[1] && sum.if_independent[1] < sum.ends_added[1]);
    assert!(found.answer.text.contains("assumptions that fail in one stratum may fail in all"));
}

#[test]
fn a_stratum_that_fails_leaves_no_sum() {
    let text = format!(
        "stratum,a,b,c,count\n{}{}",
        rows("north,", [1000; 7]),
        rows("south,", [200, 200, 0, 200, 40, 40, 0])
    );
    let found = ask(&text);
    assert_eq!(found.answer.kind, AnswerKind::Refused);
    assert_eq!((found.answer.low, found.answer.point, found.answer.high), (None, None, None));
    assert!(codes(&found).contains(&RuleCode::SparseOverlap));
    assert!(found.answer.rules.iter().all(|rule| rule.detail.starts_with("in the stratum south ")));
    assert!(found.answer.text.starts_with("At least 7,680 are documented in 2 strata"));
    assert!(
        found
            .answer
            .text
            .contains("No total is given, because 1 of 2 strata have no estimate (south)")
    );
    assert!(
        found.answer.text.contains("By themselves: north about 8,000"),
        "{}",
        found.answer.text
    );
    assert!(found.strata.expect("strata").sum.is_none());
}

#[test]
fn a_list_that_a_stratum_does_not_have_is_left_out_there() {
    let text = format!(
        "stratum,a,b,c,count\n{}south,1,0,0,50\nsouth,1,1,0,20\nsouth,0,1,0,40\n",
        rows("north,", [1000; 7])
    );
    let found = ask(&text);
    let strata = found.strata.as_ref().expect("strata");
    assert_eq!(strata.each[1].lists_left_out, ["c"]);
    assert_eq!(codes(&found), [RuleCode::TooFewLists]);
}

#[test]
fn linkages_are_joined_on_the_logarithm() {
    let mut text = "replicate,a,b,c,count\n".to_owned();
    for number in 0..10_u64 {
        let moved = 4 * number;
        text += &rows(
            &format!("{number},"),
            [1000 + moved, 1000 + moved, 1000, 1000, 1000, 1000, 1000 - moved],
        );
    }
    let found = ask(&text);
    assert_eq!(codes(&found), []);
    assert_eq!(found.answer.kind, AnswerKind::Estimate);
    let replicates = found.replicates.as_ref().expect("ten linkages");
    assert_eq!(replicates.warning, None);
    assert_eq!(replicates.documented.map(|count| count.persons()), [7000, 7036]);
    assert_eq!(found.documented.persons(), 7000);
    let combined = &replicates.combined[0];
    assert_eq!(combined.method, "decomposable graphs");
    // Doubt in linkage makes the interval wider than that of any one linkage.
    let width = combined.combined.ci95[1] - combined.combined.ci95[0];
    for linkage in &replicates.linkages {
        let answer = &linkage.found.answer;
        let own = answer.high.expect("high") - answer.low.expect("low");
        assert!(width > own as f64, "{width} {own}");
    }
    assert!(combined.combined.between > 0.0 && combined.combined.within > 0.0);
}

#[test]
fn one_linkage_is_refused_and_few_are_warned_of() {
    let one = format!("replicate,a,b,c,count\n{}", rows("1,", [1000; 7]));
    let found = ask(&one);
    assert_eq!(found.answer.kind, AnswerKind::Refused);
    assert_eq!(codes(&found), [RuleCode::TooFewReplicates]);
    let two = format!("{one}{}", rows("2,", [1001, 1000, 1000, 1000, 1000, 1000, 999]));
    let found = ask(&two);
    assert_eq!(found.answer.kind, AnswerKind::Estimate);
    assert_eq!(
        found.replicates.expect("two").warning.as_deref(),
        Some("2 linkages are few; ten or more show how far linkage matters")
    );
}

#[test]
fn a_rule_broken_in_one_linkage_is_broken() {
    let text = format!(
        "replicate,a,b,c,count\n{}{}",
        rows("1,", [1000; 7]),
        rows("2,", [1000, 1000, 1000, 1000, 2, 1000, 2])
    );
    let found = ask(&text);
    assert_ne!(found.answer.kind, AnswerKind::Estimate);
    let sparse = found.answer.rules.iter().find(|rule| rule.code == RuleCode::SparseOverlap);
    assert!(
        sparse.is_some_and(|rule| rule.detail.starts_with("in 1 of 2 linkages ")),
        "{:?}",
        found.answer
    );
}

#[test]
fn strata_of_several_linkages_each() {
    let mut text = "stratum,replicate,a,b,c,count\n".to_owned();
    for stratum in ["north", "south"] {
        for number in 0..3_u64 {
            text += &rows(
                &format!("{stratum},{number},"),
                [500 + number, 500, 500, 500, 500, 500, 500],
            );
        }
    }
    let found = ask(&text);
    assert_eq!(found.answer.kind, AnswerKind::Estimate, "{}", found.answer.text);
    let strata = found.strata.expect("strata");
    assert!(
        strata.each.iter().all(|one| one
            .found
            .replicates
            .as_ref()
            .is_some_and(|r| r.linkages.len() == 3))
    );
    assert!(found.answer.point.is_some_and(|point| point.abs_diff(8000) < 60));
}

#[test]
fn wrong_groups_are_named_by_row_and_column() {
    let cases = [
        ("stratum,a,b,count\n,1,0,5\n", "lists, row 2, column stratum: the cell is empty"),
        (
            "replicate,a,b,count\n1,1,0,5\n,1,1,2\n",
            "lists, row 3, column replicate: the cell is empty",
        ),
        (
            "stratum,a,b,count\nn,1,0,5\ns,1,0,5\nn,1,0,2\ns,1,1,1\n",
            "lists, row 4: \"pattern 10\" is already in row 2",
        ),
        (
            "stratum,replicate,a,b,count\nn,1,1,0,5\nn,2,1,1,5\ns,1,1,1,2\n",
            "lists, column replicate: there are no rows of replicate \"2\" in the stratum \"s\"",
        ),
        ("stratum,count\nn,4\n", "lists, row 1: the column is missing"),
        ("stratum,a,b,count\nn,1,0,5\ns,1,0,5\n", "lists, row 1, column b: nobody is on this list"),
    ];
    for (text, expected) in cases {
        assert_eq!(
            ListSheet::from_csv(text).expect_err("an error").to_string(),
            expected,
            "{text}"
        );
    }
}
