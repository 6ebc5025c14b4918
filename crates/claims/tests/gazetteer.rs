//! Looking places up.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use witnessmark_claims::Gazetteer;
use witnessmark_claims::gazetteer::{Found, Place};

mod invented;
use invented::*;

fn keys<'p>(places: impl IntoIterator<Item = &'p Place>) -> Vec<&'p str> {
    places.into_iter().map(|place| place.name.as_str()).collect()
}

#[test]
fn places_are_found_by_any_of_their_names() {
    let gazetteer = demo_gazetteer();
    for (name, key) in [
        ("Hemsolu", "Hemsolu"),
        (" hemsolu ", "Hemsolu"),
        ("海姆索卢", "Hemsolu"),
        ("ཧེམ་སོ་ལུ", "Hemsolu"),
        ("ཧེམ་སོ་ལུ་", "Hemsolu"),
        ("ھېمسولۇ", "Hemsolu"),
    ] {
        let Found::Place(place) = gazetteer.find(name) else { panic!("{name} is not found") };
        assert_eq!(place.name, key);
    }
    for (name, near) in
        [("Hemsola", vec!["Hemsolu"]), ("Hem", vec!["Hemsolu"]), ("Xy", vec![]), ("", vec![])]
    {
        assert_eq!(
            gazetteer.find(name),
            Found::Unknown(near.into_iter().map(Into::into).collect())
        );
    }
}

#[test]
fn a_name_of_two_places_is_ambiguous_unless_it_is_a_key() {
    let csv = "place,parent,level,names\nP,,province,\nP East,P,county,Old Town;North\n\
        P West,P,county,Old Town;P\n";
    let gazetteer = Gazetteer::parse(csv.as_bytes()).unwrap();
    let Found::Ambiguous(places) = gazetteer.find("old town") else { panic!("it is two") };
    assert_eq!(keys(places), ["P East", "P West"]);
    assert!(matches!(gazetteer.find("P"), Found::Place(place) if place.name == "P"));
    assert!(matches!(gazetteer.find("North"), Found::Place(place) if place.name == "P East"));
}

#[test]
fn the_tree_can_be_walked_up_and_down() {
    let gazetteer = demo_gazetteer();
    assert_eq!(keys(gazetteer.path("Kelsovu")), ["Kelsovu", "Hemsolu", "Chunvelo", "Delvoru"]);
    assert_eq!(keys(gazetteer.children("Chunvelo")), ["Hemsolu", "Ipkaro", "Jelmevo"]);
    assert_eq!(
        keys(gazetteer.leaves("Chunvelo")),
        ["Kelsovu", "Noshkeli", "Tisembo", "Rilvako", "Ipkaro", "Jelmevo"]
    );
    assert_eq!(keys(gazetteer.leaves("Ankeviru")), ["Ankeviru"]);
    assert!(gazetteer.path("Nowhere").is_empty() && gazetteer.leaves("Nowhere").is_empty());
}

#[test]
fn rows_may_come_in_any_order_with_a_mark_and_windows_line_ends() {
    let csv = "\u{feff}level,names,place,parent\r\n\r\ncounty,\"一；二\",C,P\r\nprovince,,P,\r\n";
    let gazetteer = Gazetteer::parse(csv.as_bytes()).unwrap();
    assert_eq!(keys(gazetteer.places()), ["C", "P"]);
    assert_eq!(gazetteer.get("C").unwrap().names, ["一", "二"]);
    assert_eq!(gazetteer.get("C").unwrap().population, None);
}

/// Without this, a province with one county of unknown size would be taken for the sum of the others.
#[test]
fn places_of_unknown_size_take_no_part_in_coverage() {
    let csv = "place,parent,level,population\nP,,province,\nQ,P,prefecture,500\nA,Q,county,\n\
        V,A,village,30\nB,Q,county,100\nR,P,prefecture,\n";
    let gazetteer = Gazetteer::parse(csv.as_bytes()).unwrap();
    for (place, residents) in [("Q", Some(500)), ("A", Some(30)), ("R", None), ("P", None)] {
        assert_eq!(gazetteer.residents(place), residents, "{place}");
    }
    let coverage = gazetteer.coverage_places();
    assert_eq!(coverage.unknown, ["P", "R"]);
    let kept: Vec<_> =
        coverage.places.iter().map(|p| (p.place.as_str(), p.parent.as_deref())).collect();
    assert_eq!(kept, [("Q", None), ("A", Some("Q")), ("V", Some("A")), ("B", Some("Q"))]);
}
