//! One claim at a time: which statement it becomes, or why it becomes none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use witnessmark_claims::statements::{LocatedClaim, Question, Selection, select, statements_csv};
use witnessmark_claims::{Gazetteer, LineageGraph};
use witnessmark_model::payload::{Act, Bound, Claim, Level, PlaceRef, Quantity};

mod invented;
use invented::*;

fn quantity(bound: Bound, unit: &str, value: &str, low: &str, high: &str) -> Quantity {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Quantity { value: some(value), low: some(low), high: some(high), unit: unit.into(), bound }
}

fn claim(number: u8, quantity: Option<Quantity>) -> Claim {
    let act = Act {
        code: "detention".into(),
        place: Some(PlaceRef { name: "C".into(), level: Level::County }),
        from: Some("2021-02".into()),
        to: None,
        quantity,
        modality: "stated".into(),
        attributed_to: None,
    };
    Claim {
        id: claim_id(number),
        passage: passage(number),
        codebook: digest(),
        act,
        grades: None,
        note: None,
    }
}

/// What becomes of claims, each in the document of its number: 1 is an origin, 2 rests on it, 3 on nothing known.
fn selected(claims: &[Claim]) -> Selection {
    let places = "place,parent,level,population\nP,,province,\nC,P,county,1000\nD,P,county,\n";
    let labels = [1, 2, 3].map(|number| (capture(number), format!("d{number}")));
    let first = origin(1, Some(capture(1)));
    let edges = [edge(capture(2), capture(1), "text")];
    let graph = LineageGraph::new(labels, [&first], &edges).unwrap();
    let question = Question { act: "detention".into(), units: ["people".to_owned()].into() };
    let located: Vec<_> = claims
        .iter()
        .zip(1..)
        .map(|(claim, number)| LocatedClaim { claim, capture: capture(number) })
        .collect();
    select(&question, &located, &Gazetteer::parse(places.as_bytes()).unwrap(), &graph)
}

#[test]
fn every_bound_becomes_its_statement() {
    let cases = [
        (quantity(Bound::Exact, "people", "41", "", ""), "count,C,41,,,"),
        (quantity(Bound::About, "people", "400", "", ""), "count-rounded,C,400,,,"),
        (quantity(Bound::AtLeast, "people", "31", "", ""), "at-least,C,31,,,"),
        (quantity(Bound::AtMost, "people", "31", "", ""), "count,C,,0,31,"),
        (quantity(Bound::Range, "people", "", "10", "20"), "count,C,,10,20,"),
        (quantity(Bound::All, "people", "", "", ""), "all-residents,C,,,,"),
        (quantity(Bound::Exact, "percent", "41.20", "", ""), "share,C,41.20%,,,"),
        (quantity(Bound::About, "percent", "41", "", ""), "share,C,41%,,,"),
        (quantity(Bound::AtLeast, "percent", "41", "", ""), "share,C,,41%,100%,"),
        (quantity(Bound::AtMost, "percent", "41", "", ""), "share,C,,0%,41%,"),
        (quantity(Bound::Range, "percent", "", "41", "43"), "share,C,,41%,43%,"),
    ];
    for (quantity, expected) in cases {
        let shown = quantity.to_string();
        let selection = selected(&[claim(1, Some(quantity))]);
        let csv = statements_csv(&selection.statements);
        let row = csv.lines().nth(1).unwrap_or_else(|| panic!("{shown}: {selection:?}"));
        assert_eq!(row, format!("{},{expected}2021-02-28,d1", claim_id(1)), "{shown}");
        let read = witnessmark_estimate::coverage::Statement::list_from_csv(&csv);
        assert!(read.is_ok(), "{shown}: {read:?}");
    }
}

#[test]
fn what_is_no_statement_says_why() {
    let people = || Some(quantity(Bound::Exact, "people", "41", "", ""));
    let with = |change: &dyn Fn(&mut Act)| {
        let mut claim = claim(1, people());
        change(&mut claim.act);
        claim
    };
    let place = |name: &str| Some(PlaceRef { name: name.into(), level: Level::County });
    let cases = [
        (claim(1, None), "it says nothing about how many"),
        (
            claim(1, Some(quantity(Bound::Exact, "kits", "41", "", ""))),
            "it counts kits, which are not taken as people",
        ),
        (
            claim(1, Some(quantity(Bound::Exact, "people", "41.5", "", ""))),
            "41.5 people is neither a whole number of people nor a share of 0 to 100",
        ),
        (
            claim(1, Some(quantity(Bound::AtLeast, "percent", "141", "", ""))),
            "at least 141 percent is neither a whole number of people nor a share of 0 to 100",
        ),
        (
            claim(1, Some(quantity(Bound::All, "percent", "", "", ""))),
            "all percent is neither a whole number of people nor a share of 0 to 100",
        ),
        (with(&|act| act.code = "torture".into()), "it is about another act: torture"),
        (
            with(&|act| act.modality = "planned".into()),
            "it is planned, not stated to have happened",
        ),
        (with(&|act| act.place = None), "it names no place"),
        (with(&|act| act.place = place("X")), "the gazetteer has no place X"),
        (with(&|act| act.place = place("D")), "the gazetteer does not say how many live in D"),
        (with(&|act| act.place = place("P")), "the gazetteer does not say how many live in P"),
        (with(&|act| act.to = Some("soon".into())), "its date cannot be read: soon"),
    ];
    for (claim, expected) in cases {
        let selection = selected(&[claim]);
        assert_eq!(selection.statements, []);
        assert_eq!(selection.omissions[0].text, expected);
    }
}

#[test]
fn copies_are_left_out_and_name_what_they_repeat() {
    let number = || Some(quantity(Bound::Exact, "people", "41", "", ""));
    let selection = selected(&[claim(1, number()), claim(2, number()), claim(3, number())]);
    assert_eq!(selection.statements.len(), 1);
    let told: Vec<_> = selection.omissions.iter().map(|omission| omission.text.as_str()).collect();
    let repeat =
        format!("its document rests on others: origin 1; their own claims of it: {}", claim_id(1));
    assert_eq!(told, [repeat.as_str(), "on whom its document rests is not known"]);
    let json = serde_json::to_value(&selection.omissions[0]).unwrap();
    assert_eq!(json["reason"]["code"], "repeat");
    assert_eq!(json["reason"]["claims"][0], claim_id(1).to_string());
}

#[test]
fn the_last_day_of_the_period_counts_and_a_claim_counts_once() {
    let mut dated = claim(1, Some(quantity(Bound::Exact, "people", "41", "", "")));
    dated.act.to = Some("2024-02".into());
    let selection = selected(&[dated.clone()]);
    assert_eq!(selection.statements[0].date.unwrap().to_string(), "2024-02-29");
    dated.act.from = None;
    dated.act.to = None;
    assert_eq!(selected(&[dated.clone()]).statements[0].date, None);
    assert_eq!(selected(&[dated.clone(), dated]).statements.len(), 1);
}
