//! Graphs of invented documents, and what they come down to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use witnessmark_claims::LineageGraph;
use witnessmark_claims::lineage::LineageLevel::{self, Evidence, Text};
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::{Lineage, Origin};

mod invented;
use invented::*;

/// A graph of the documents 1 to 9, labelled `d1` to `d9`; `declared` are origins.
fn graph(declared: &[u8], edges: &[Lineage]) -> LineageGraph {
    let origins: Vec<Origin> =
        declared.iter().map(|number| origin(*number, Some(capture(*number)))).collect();
    LineageGraph::new(labels(), &origins, edges).unwrap()
}

fn labels() -> Vec<(CaptureId, String)> {
    (1..=9).map(|number| (capture(number), format!("d{number}"))).collect()
}

fn rests(later: u8, earlier: u8, level: &str) -> Lineage {
    edge(capture(later), capture(earlier), level)
}

fn ends(graph: &LineageGraph, document: u8, level: LineageLevel) -> Vec<String> {
    let ends = graph.origins_of(capture(document), level);
    ends.into_iter().map(|(_, name)| name.to_owned()).collect()
}

/// Documents asked about, declared origins, edges, and the sentence.
type Case = (&'static [u8], &'static [u8], Vec<Lineage>, &'static str);

#[test]
fn the_sentence_claims_no_more_than_is_known() {
    let text = |later, earlier| rests(later, earlier, "text");
    let evidence = |later, earlier| rests(later, earlier, "evidence");
    let cases: Vec<Case> = vec![
        (&[], &[], vec![], "No document says this."),
        (&[1], &[], vec![], "1 document, no identified origin; on whom it rests is not known."),
        (
            &[1, 2],
            &[],
            vec![],
            "2 documents, no identified origin; on whom they rest is not known.",
        ),
        (&[1], &[1], vec![], "1 document, 1 identified origin; no second origin is known."),
        (
            &[1, 2, 3],
            &[1],
            vec![text(2, 1)],
            "3 documents, 1 identified origin; no second origin is known; \
             1 document of unknown origin counts for nothing.",
        ),
        (
            &[1, 2, 3, 4],
            &[1, 2],
            vec![text(3, 1), text(4, 2)],
            "4 documents, 2 identified origins; independence of their underlying evidence not established.",
        ),
        (
            &[1, 2, 3],
            &[1, 2, 3],
            vec![evidence(1, 3), evidence(2, 3)],
            "3 documents, 3 identified origins, which come down to 1 origin of evidence.",
        ),
        (
            &[1, 4],
            &[1, 2, 3],
            vec![text(4, 1), evidence(1, 2), evidence(1, 3)],
            "2 documents, 1 identified origin, which comes down to 2 origins of evidence; \
             their independence is not established.",
        ),
        (
            &[1],
            &[1, 2],
            vec![evidence(1, 2)],
            "1 document, 1 identified origin, which comes down to 1 origin of evidence; \
             no second origin is known.",
        ),
        (
            &[1],
            &[1],
            vec![evidence(1, 9)],
            "1 document, 1 identified origin; the evidence under this is not identified.",
        ),
        (
            &[1],
            &[1, 2, 3],
            vec![evidence(1, 2), evidence(1, 3), evidence(1, 9)],
            "1 document, 1 identified origin, which comes down to 2 origins of evidence; \
             their independence is not established; some of the evidence is not identified.",
        ),
        (
            &[1, 2, 8, 9],
            &[1, 2],
            vec![],
            "4 documents, 2 identified origins; independence of their underlying evidence not established; \
             2 documents of unknown origin count for nothing.",
        ),
    ];
    for (asked, declared, edges, expected) in cases {
        let found = graph(declared, &edges).corroboration(asked.iter().map(|n| capture(*n)));
        assert_eq!(found.sentence, expected);
        assert!(!found.sentence.contains("confirm"), "independence is never confirmed here");
        assert_eq!(found.documents, asked.len());
        assert_eq!(
            (found.origins, found.unknown),
            (found.text.origins.len(), found.text.unknown.len())
        );
    }
}

#[test]
fn a_document_that_reaches_several_origins_counts_each_once() {
    let edges = [
        rests(5, 1, "text"),
        rests(5, 2, "text"),
        rests(6, 5, "text"),
        rests(6, 1, "text"),
        rests(7, 6, "text"),
    ];
    let graph = graph(&[1, 2], &edges);
    assert_eq!(ends(&graph, 7, Text), ["origin 1", "origin 2"]);
    let found = graph.corroboration([7, 7, 6].map(capture));
    assert_eq!((found.documents, found.origins), (2, 2));
    let chains: Vec<String> =
        graph.chains(capture(7), Text).iter().map(ToString::to_string).collect();
    assert_eq!(chains, ["d7 → d6 → d1 (origin 1)", "d7 → d6 → d5 → d2 (origin 2)"]);
}

#[test]
fn the_last_decision_on_an_edge_counts() {
    let yes = rests(2, 1, "text");
    let no = decision(capture(2), capture(1), "text", "rejected");
    let other_level = decision(capture(2), capture(1), "evidence", "rejected");
    for (decisions, expected) in [
        (vec![yes.clone()], vec!["origin 1"]),
        (vec![yes.clone(), no.clone()], vec![]),
        (vec![no.clone(), yes.clone()], vec!["origin 1"]),
        (vec![yes.clone(), no.clone(), yes.clone()], vec!["origin 1"]),
        (vec![yes, other_level], vec!["origin 1"]),
        (vec![no], vec![]),
    ] {
        assert_eq!(ends(&graph(&[1], &decisions), 2, Text), expected);
    }
}

#[test]
fn a_declared_origin_that_rests_on_another_is_none() {
    let graph = graph(&[1, 2], &[rests(2, 1, "text"), rests(3, 2, "text")]);
    assert!(graph.is_origin(capture(1), Text));
    assert!(!graph.is_origin(capture(2), Text));
    assert_eq!(ends(&graph, 3, Text), ["origin 1"]);
}

#[test]
fn evidence_is_asked_for_along_the_text_first() {
    let edges = [rests(3, 2, "text"), rests(2, 1, "evidence")];
    let graph = graph(&[1, 2], &edges);
    assert_eq!(ends(&graph, 3, Text), ["origin 2"]);
    assert_eq!(ends(&graph, 3, Evidence), ["origin 1"]);
    assert!(graph.is_origin(capture(2), Text) && !graph.is_origin(capture(2), Evidence));
}

#[test]
fn an_origin_need_not_be_captured() {
    let outside = origin(9, None);
    let edges = [edge(capture(1), outside.id, "text")];
    let graph = LineageGraph::new(labels(), [&outside], &edges).unwrap();
    let found = graph.corroboration([capture(1)]);
    assert_eq!((found.origins, found.unknown), (1, 0));
    assert!(found.text.origins[0].external);
    assert_eq!(graph.chains(capture(1), Text)[0].to_string(), "d1 → origin 9");
}

#[test]
fn an_edge_to_an_origin_is_an_edge_to_its_capture() {
    let declared = origin(7, Some(capture(1)));
    let edges = [edge(capture(2), declared.id, "text")];
    let graph = LineageGraph::new(labels(), [&declared], &edges).unwrap();
    assert_eq!(graph.chains(capture(2), Text)[0].to_string(), "d2 → d1 (origin 7)");
}

#[test]
fn what_cannot_be_a_graph_is_named() {
    let text = |later, earlier| rests(later, earlier, "text");
    let elsewhere = capture(77);
    let unknown = |id: &str| {
        format!(
            "the decision lin-aaaaaaaaaaaaaaaaaaaaaaaaaa names `{id}`, which is neither a capture nor an origin here"
        )
    };
    let nowhere = unknown(&elsewhere.to_string());
    let named = unknown("d2");
    let cases = [
        (vec![text(1, 1)], "documents rest on each other in a circle: d1 → d1"),
        (
            vec![text(1, 2), text(2, 3), text(3, 1), text(4, 1)],
            "documents rest on each other in a circle: d1 → d2 → d3 → d1",
        ),
        (
            vec![text(5, 1), text(1, 2), rests(2, 1, "evidence")],
            "documents rest on each other in a circle: d1 → d2 → d1",
        ),
        (vec![edge(capture(1), elsewhere, "text")], nowhere.as_str()),
        (vec![edge(elsewhere, capture(1), "text")], nowhere.as_str()),
        (vec![edge(capture(1), "d2", "text")], named.as_str()),
        (
            vec![rests(1, 2, "words")],
            "the decision lin-aaaaaaaaaaaaaaaaaaaaaaaaaa cannot be read: `words` is not one of: text, evidence",
        ),
        (
            vec![decision(capture(1), capture(2), "text", "perhaps")],
            "the decision lin-aaaaaaaaaaaaaaaaaaaaaaaaaa cannot be read: `perhaps` is not one of: confirmed, rejected",
        ),
    ];
    for (edges, message) in cases {
        let error = LineageGraph::new(labels(), &[] as &[Origin], &edges).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let lost = origin(1, Some(elsewhere));
    let error = LineageGraph::new(labels(), [&lost], &[]).unwrap_err();
    assert!(error.to_string().contains("which is not here"), "{error}");
}

/// A long line of copies needs no deep call stack, and no more than linear work.
#[test]
fn twenty_thousand_hops_are_followed() {
    struct Number(u32);
    impl witnessmark_model::Entropy for Number {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
            bytes[..4].copy_from_slice(&self.0.to_be_bytes());
        }
    }
    let id = |number| CaptureId::random(&mut Number(number));
    let captures = (0..20_000).map(|number| (id(number), number.to_string()));
    let edges: Vec<_> =
        (1..20_000).map(|number| edge(id(number), id(number - 1), "text")).collect();
    let first = origin(1, Some(id(0)));
    let graph = LineageGraph::new(captures, [&first], &edges).unwrap();
    assert_eq!(graph.chains(id(19_999), Text)[0].hops.len(), 20_000);
}
