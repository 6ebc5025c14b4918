//! The demonstration's material through every module, to the figures that its authors worked out by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::BTreeSet;
use std::fmt::Write;

use witnessmark_claims::import::read_claims;
use witnessmark_claims::lineage::LineageLevel;
use witnessmark_claims::statements::{LocatedClaim, Question, select, statements_csv};
use witnessmark_claims::{Draft, LineageGraph};
use witnessmark_estimate::Day;
use witnessmark_estimate::coverage::{CoverageOptions, PlaceTree, Statement, coverage};
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::Claim;

mod invented;
use invented::*;

/// Each claim of the demonstration with its document.
fn claims() -> Vec<(Claim, CaptureId)> {
    let (documents, _, _) = demo_lineage();
    let sheet = read_claims(&demo("claims.csv"), &demo_codebook(), &demo_gazetteer());
    assert!(sheet.errors.is_empty(), "{}", sheet.errors);
    let claim = |(row, number): (_, u8)| {
        let row: witnessmark_claims::import::ClaimRow = row;
        let coded = row.coded.unwrap();
        (coded.into_claim(claim_id(number), passage(number), digest()), documents[&row.source])
    };
    sheet.rows.into_iter().zip(1..).map(claim).collect()
}

fn graph() -> LineageGraph {
    let (documents, origins, edges) = demo_lineage();
    let labels = documents.into_iter().map(|(label, id)| (id, label));
    LineageGraph::new(labels, &origins, &edges).unwrap()
}

fn selection() -> witnessmark_claims::statements::Selection {
    let claims = claims();
    let located: Vec<_> =
        claims.iter().map(|(claim, capture)| LocatedClaim { claim, capture: *capture }).collect();
    let units = ["people", "samples"].map(str::to_owned).into();
    let question = Question { act: "dna-collection".into(), units };
    select(&question, &located, &demo_gazetteer(), &graph())
}

#[test]
fn every_claim_is_read_as_written() {
    let claims = claims();
    assert_eq!(claims.len(), 15);
    let mut told = String::new();
    for (claim, _) in &claims {
        writeln!(told, "{}", serde_json::to_string(&claim.act).unwrap()).unwrap();
        let again = Draft::of(claim).check(&demo_codebook(), &demo_gazetteer()).unwrap();
        let again = again.into_claim(claim.id, claim.passage, claim.codebook);
        assert_eq!(&again, claim, "a draft of a claim gives the claim again");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn corroboration_of_the_case_and_of_the_range() {
    let graph = graph();
    let (documents, _, _) = demo_lineage();
    let all = graph.corroboration(documents.values().copied());
    assert_eq!((all.documents, all.origins, all.unknown), (12, 7, 1));
    assert_eq!((all.evidence.origins.len(), all.evidence.unknown.len()), (6, 1));
    let range: BTreeSet<CaptureId> = [
        "original-report.html",
        "reprint-english.html",
        "reprint-chinese.html",
        "translation-tibetan.html",
        "spun-figure.html",
    ]
    .map(|name| documents[name])
    .into();
    let range = graph.corroboration(range);
    assert_eq!((range.documents, range.origins, range.evidence.origins.len()), (5, 1, 5));
    let mut told = format!("{}\n{}\n", all.sentence, range.sentence);
    for name in ["spun-figure.html", "notice-ankeviru.html", "field-letter.txt"] {
        for level in LineageLevel::ALL {
            for chain in graph.chains(documents[name], *level) {
                writeln!(told, "{level}: {chain}").unwrap();
            }
        }
    }
    insta::assert_snapshot!(told);
    insta::assert_snapshot!("range_json", serde_json::to_string_pretty(&range).unwrap());
}

#[test]
fn statements_and_omissions() {
    let selection = selection();
    let mut told = statements_csv(&selection.statements);
    for omission in &selection.omissions {
        writeln!(told, "{} ({}): {}", omission.claim, omission.label, omission.text).unwrap();
    }
    for note in &selection.notes {
        writeln!(told, "{note}").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn coverage_gives_the_bounds_worked_out_by_hand() {
    let selection = selection();
    let places = demo_gazetteer().coverage_places();
    assert_eq!(places.unknown, Vec::<String>::new());
    let tree = PlaceTree::new(places.places).unwrap();
    let options = CoverageOptions { as_of: Day::new(2021, 6, 30), ..CoverageOptions::default() };
    let found = coverage(&tree, &selection.statements, &options).unwrap();
    let bounds = found.bounds.unwrap();
    assert_eq!((bounds.low, bounds.high), (170_667, 321_756));
}

#[test]
fn statements_survive_their_table() {
    let selection = selection();
    let csv = statements_csv(&selection.statements);
    let again = Statement::list_from_csv(&csv).unwrap();
    assert_eq!(statements_csv(&again), csv);
}
