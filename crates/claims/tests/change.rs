//! The history of a claim.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use witnessmark_claims::change::{apply, difference, history};
use witnessmark_claims::{Draft, Field};
use witnessmark_model::payload::{Change, Claim, ClaimChange};

mod invented;
use invented::*;

/// The draft of a claim, with some fields given.
fn draft(fields: &[(Field, &str)]) -> Draft {
    let mut draft = Draft::default();
    draft.set(Field::Act, "dna-collection");
    draft.set(Field::Modality, "stated");
    for (field, value) in fields {
        draft.set(*field, value);
    }
    draft
}

fn claim(fields: &[(Field, &str)]) -> Claim {
    let coded = draft(fields).check(&demo_codebook(), &demo_gazetteer()).unwrap();
    coded.into_claim(claim_id(1), passage(1), digest())
}

fn change(changes: Vec<Change>) -> ClaimChange {
    ClaimChange { claim: claim_id(1), changes, reason: "read again".into() }
}

fn entry(field: &str, was: Option<&str>, now: Option<&str>) -> Change {
    Change { field: field.into(), was: was.map(Into::into), now: now.map(Into::into) }
}

const COUNTED: &[(Field, &str)] = &[
    (Field::Place, "Hemsolu"),
    (Field::Count, "4870"),
    (Field::Unit, "people"),
    (Field::Bound, "exact"),
];

#[test]
fn a_change_names_what_was_and_what_is() {
    let before = claim(COUNTED);
    let mut after = Draft::of(&before);
    after.set(Field::Place, "ཆུན་ཝེ་ལོ");
    after.set(Field::Count, "");
    after.set(Field::Bound, "range");
    after.set(Field::Low, "4 800");
    after.set(Field::High, "4900");
    after.set(Field::SourceGrade, "B");
    let coded = after.check(&demo_codebook(), &demo_gazetteer()).unwrap();
    let changes = difference(&before, &coded);
    let expected = [
        entry("place", Some("Hemsolu"), Some("Chunvelo")),
        entry("level", Some("township"), Some("county")),
        entry("count", Some("4870"), None),
        entry("low", None, Some("4800")),
        entry("high", None, Some("4900")),
        entry("bound", Some("exact"), Some("range")),
        entry("source-grade", None, Some("B")),
    ];
    assert_eq!(changes, expected);
    let change = change(changes);
    let versions = history(&before, [&change]).unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0].claim, before);
    assert_eq!(versions[0].reason, None);
    assert_eq!(versions[1].claim, coded.clone().into_claim(claim_id(1), passage(1), digest()));
    assert_eq!(versions[1].reason.as_deref(), Some("read again"));
    assert_eq!(difference(&versions[1].claim, &coded), [], "nothing is left to change");
}

#[test]
fn a_number_can_come_and_go_whole() {
    let (with, without) = (claim(COUNTED), claim(&[(Field::Place, "Hemsolu")]));
    for (before, after) in [(&with, &without), (&without, &with)] {
        let coded = Draft::of(after).check(&demo_codebook(), &demo_gazetteer()).unwrap();
        assert_eq!(&apply(before, &change(difference(before, &coded))).unwrap(), after);
    }
}

#[test]
fn a_change_that_does_not_fit_is_refused() {
    let before = claim(COUNTED);
    let id = before.id;
    let cases = [
        (
            vec![entry("count", Some("48700"), Some("4870"))],
            format!(
                "the field `count` of claim {id} is `4870`, but the change says it was `48700`"
            ),
        ),
        (
            vec![entry("note", Some("x"), None)],
            format!("the field `note` of claim {id} is empty, but the change says it was `x`"),
        ),
        (
            vec![entry("victim", None, Some("x"))],
            format!("a change of claim {id} names the field `victim`, which claims do not have"),
        ),
        (
            vec![entry("note", None, Some("x")), entry("note", None, Some("y"))],
            format!("a change of claim {id} names the field `note` twice"),
        ),
        (
            vec![entry("act", Some("dna-collection"), None)],
            format!("after the change, the field `act` of claim {id} would not fit: it is empty"),
        ),
        (
            vec![entry("unit", Some("people"), None)],
            format!("after the change, the field `unit` of claim {id} would not fit: it is empty"),
        ),
        (
            vec![entry("place", Some("Hemsolu"), None)],
            format!("after the change, the field `place` of claim {id} would not fit: it is empty"),
        ),
        (
            vec![entry("bound", Some("exact"), Some("roughly"))],
            format!(
                "after the change, the field `bound` of claim {id} would not fit: `roughly` is not a bound \
                 (known: exact, about, at-least, at-most, range, all)"
            ),
        ),
        (
            vec![entry("item-grade", None, Some("9"))],
            format!(
                "after the change, the field `source-grade or item-grade` of claim {id} would not fit: \
                 `9` is not a grade of the item (123456)"
            ),
        ),
    ];
    for (changes, message) in cases {
        assert_eq!(apply(&before, &change(changes)).unwrap_err().to_string(), message);
    }
    let other = ClaimChange { claim: claim_id(2), ..change(Vec::new()) };
    assert!(apply(&before, &other).unwrap_err().to_string().contains("not of"));
}

#[test]
fn when_can_be_one_date_or_two() {
    for (when, from, to) in [
        ("2021-06-30", Some("2021-06-30"), Some("2021-06-30")),
        ("2021", Some("2021"), Some("2021")),
        ("2021..2021-07", Some("2021"), Some("2021-07")),
        ("2021-02..2021-07", Some("2021-02"), Some("2021-07")),
        ("2021-02 .. 2021-07", Some("2021-02"), Some("2021-07")),
        ("..2021-07", None, Some("2021-07")),
        ("2021-02..", Some("2021-02"), None),
        ("", None, None),
    ] {
        let mut draft = draft(&[]);
        draft.set_when(when);
        let act = draft.check(&demo_codebook(), &demo_gazetteer()).unwrap().act;
        assert_eq!((act.from.as_deref(), act.to.as_deref()), (from, to), "{when}");
    }
}

#[test]
fn a_claim_from_the_command_line_names_fields() {
    let bad = draft(&[(Field::Place, "Hemsoluu"), (Field::Count, "12,480")]);
    let errors = bad.check(&demo_codebook(), &demo_gazetteer()).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "place: the gazetteer has no place `Hemsoluu`\n\
         count: `12,480` can be read as 12480 or as 12.480\n\
         unit: nothing is given\n\
         bound: nothing is given"
    );
    let nowhere = bad.check(&demo_codebook(), &Default::default()).unwrap_err();
    assert!(
        nowhere.to_string().starts_with("place: `Hemsoluu` is named, but there is no gazetteer")
    );
}
