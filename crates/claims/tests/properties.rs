//! What holds for any input.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use witnessmark_claims::change::{apply, difference};
use witnessmark_claims::import::read_claims;
use witnessmark_claims::lineage::{LineageLevel, read_edges, read_origins};
use witnessmark_claims::{Codebook, Coded, Draft, Field, Gazetteer, LineageGraph};
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::{
    Act, Bound, ClaimChange, Grades, Level, Lineage, PlaceRef, Quantity,
};

mod invented;
use invented::*;

fn read_everything(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Codebook::parse(&text).map_err(|errors| told(&errors));
    let _ = Gazetteer::parse(bytes).map_err(|errors| told(&errors));
    let _ = read_origins(bytes).map_err(|errors| told(&errors));
    let _ = read_edges(bytes).map_err(|errors| told(&errors));
    told(&read_claims(bytes, &demo_codebook(), &demo_gazetteer()).errors);
}

fn told(errors: &witnessmark_claims::InputErrors) {
    for error in errors {
        assert!(!error.to_string().is_empty() && error.hint().is_some());
    }
}

/// Bytes of one of the demonstration's files with a piece replaced.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let names: &'static [&'static str] =
        &["codebook.toml", "places.csv", "claims.csv", "origins.csv", "edges.csv"];
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6),
        "[\",\n\r;=\\[\\]0-9༠-༩ ]{0,6}".prop_map(String::into_bytes),
    ];
    (prop::sample::select(names), any::<prop::sample::Index>(), 0_usize..40, piece).prop_map(
        |(name, at, length, piece)| {
            let mut bytes = demo(name);
            let start = at.index(bytes.len());
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, piece);
            bytes
        },
    )
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[a-zཀ-ཨ一-龥\",\n]{1,8}")
}

fn coded() -> impl Strategy<Value = Coded> {
    let place = prop::option::of(("[A-C]", prop::sample::select(Level::ALL)))
        .prop_map(|place| place.map(|(name, level)| PlaceRef { name, level }));
    let number = || prop::option::of("[1-9][0-9]{0,3}");
    let quantity = (number(), number(), number(), "[a-c]", prop::sample::select(Bound::ALL))
        .prop_map(|(value, low, high, unit, bound)| Quantity { value, low, high, unit, bound });
    let act = ("[a-c]", place, text(), text(), prop::option::of(quantity), "[a-c]", text())
        .prop_map(|(code, place, from, to, quantity, modality, attributed_to)| Act {
            code,
            place,
            from,
            to,
            quantity,
            modality,
            attributed_to,
        });
    let grades = (prop::option::of("[A-F]"), prop::option::of("[1-6]"))
        .prop_map(|(source, item)| Grades::new(source.as_deref(), item.as_deref()).unwrap());
    (act, grades, text()).prop_map(|(act, grades, note)| Coded { act, grades, note })
}

/// Documents that rest on earlier ones only: `(later, earlier, of evidence)`, and which are declared origins.
fn documents() -> impl Strategy<Value = (Vec<(u8, u8, bool)>, BTreeSet<u8>)> {
    let edge = (1_u8..12).prop_flat_map(|later| (Just(later), 0..later, any::<bool>()));
    (prop::collection::vec(edge, 0..24), prop::collection::btree_set(0_u8..12, 0..6))
}

fn graph(edges: &[(u8, u8, bool)], declared: &BTreeSet<u8>) -> LineageGraph {
    let labels = (0..40).map(|number| (capture(number), format!("d{number}")));
    let origins: Vec<_> =
        declared.iter().map(|number| origin(*number, Some(capture(*number)))).collect();
    let edges: Vec<Lineage> = edges
        .iter()
        .map(|(later, earlier, evidence)| {
            let level = if *evidence { "evidence" } else { "text" };
            edge(capture(*later), capture(*earlier), level)
        })
        .collect();
    LineageGraph::new(labels, &origins, &edges).unwrap()
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&bytes);
    }

    #[test]
    fn damaged_files_are_read_or_refused(bytes in damaged()) {
        read_everything(&bytes);
    }

    #[test]
    fn any_field_is_read_or_refused(values in prop::collection::vec((0..14_usize, ".{0,12}"), 0..14)) {
        let mut draft = Draft::default();
        for (field, value) in values {
            draft.set(Field::ALL[field], &value);
        }
        if let Err(errors) = draft.check(&demo_codebook(), &demo_gazetteer()) {
            told(&errors);
        }
    }

    #[test]
    fn a_number_in_plain_digits_keeps_every_digit(number in "(0|[1-9][0-9]{0,11})(\\.[0-9]{4,6})?") {
        let mut draft = Draft::default();
        for (field, value) in [
            (Field::Act, "detention"), (Field::Modality, "stated"), (Field::Unit, "people"),
            (Field::Bound, "exact"), (Field::Count, number.as_str()),
        ] {
            draft.set(field, value);
        }
        let coded = draft.check(&demo_codebook(), &demo_gazetteer()).unwrap();
        prop_assert_eq!(coded.act.quantity.unwrap().value, Some(number));
    }

    #[test]
    fn sheets_give_back_what_was_written(rows in prop::collection::vec(
        ("[^\u{0}]{1,12}", "[^\u{0}]{1,12}"), 1..6,
    )) {
        let quote = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut csv = "reason,capture,name\n".to_owned();
        let mut expected = Vec::new();
        for (number, (name, reason)) in rows.iter().enumerate() {
            csv.push_str(&format!("{},d{number},{}\r\n", quote(reason), quote(name)));
            expected.push((name.trim().to_owned(), reason.trim().to_owned(), 2 + number as u64));
        }
        prop_assume!(expected.iter().all(|(name, reason, _)| !name.is_empty() && !reason.is_empty()));
        let read = read_origins(csv.as_bytes()).unwrap();
        let read: Vec<_> = read.into_iter().map(|row| (row.name, row.reason, row.row)).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn a_change_applied_gives_what_was_wanted(before in coded(), after in coded()) {
        let before = before.into_claim(claim_id(1), passage(1), digest());
        let wanted = after.clone().into_claim(claim_id(1), passage(1), digest());
        let changes = difference(&before, &after);
        prop_assert_eq!(changes.is_empty(), before == wanted);
        let change = ClaimChange { claim: before.id, changes, reason: "read again".into() };
        prop_assert_eq!(&apply(&before, &change).unwrap(), &wanted);
        if !change.changes.is_empty() {
            prop_assert!(apply(&wanted, &change).is_err(), "a change does not apply twice");
        }
    }

    #[test]
    fn a_copy_never_raises_the_number_of_origins(
        (edges, declared) in documents(),
        asked in prop::collection::btree_set(0_u8..12, 1..8),
        copied in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        evidence in any::<bool>(),
    ) {
        let asked: Vec<u8> = asked.into_iter().collect();
        let captures = |more: &[u8]| -> Vec<CaptureId> {
            asked.iter().chain(more).map(|number| capture(*number)).collect()
        };
        let before = graph(&edges, &declared).corroboration(captures(&[]));
        let mut with_copy = edges.clone();
        with_copy.extend(copied.iter().map(|member| (30, *member.get(&asked), false)));
        with_copy.extend(evidence.then(|| (30, *copied[0].get(&asked), true)));
        let after = graph(&with_copy, &declared).corroboration(captures(&[30]));
        prop_assert_eq!(after.documents, before.documents + 1);
        prop_assert_eq!(after.origins, before.origins);
        prop_assert_eq!(after.evidence.origins.len(), before.evidence.origins.len());
        prop_assert!(after.unknown <= before.unknown + 1);
    }

    #[test]
    fn every_document_is_counted_or_unknown((edges, declared) in documents()) {
        let graph = graph(&edges, &declared);
        let found = graph.corroboration((0..12).map(capture));
        for (level, count) in [(LineageLevel::Text, &found.text), (LineageLevel::Evidence, &found.evidence)] {
            let members: BTreeSet<_> =
                count.origins.iter().flat_map(|origin| &origin.members).map(|member| member.id).collect();
            prop_assert_eq!(members.len() + count.unknown.len(), 12);
            for member in &count.unknown {
                prop_assert!(graph.origins_of(member.id, level).is_empty());
                prop_assert!(!graph.is_origin(member.id, level));
            }
        }
        let all = graph.corroboration((0..12).map(capture));
        prop_assert!(all.origins <= declared.len() && all.evidence.origins.len() <= declared.len());
    }
}
