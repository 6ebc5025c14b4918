//! Linkage of published test data.

use super::{cells, near, shared};
use std::collections::BTreeSet;
use witnessmark_estimate::linkage::{
    Agreement, Field, Linkage, LinkagePlan, Record, edit_similarity, jaro_winkler, link,
};

type Rows = Vec<Vec<String>>;

fn rows(path: &str) -> Option<Rows> {
    shared(path).map(|text| cells(&text)[1..].to_vec())
}

fn pairs_of(path: &str) -> BTreeSet<(String, String)> {
    let rows = rows(path).expect("shared is there");
    rows.into_iter().map(|row| ordered(&row[0], &row[1])).collect()
}

fn ordered(one: &str, other: &str) -> (String, String) {
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    (low.to_owned(), high.to_owned())
}

/// The rule of recordlinkage's tutorial: same given name, and four of six comparisons agree.
fn manual_rule<'r>(
    pairs: impl Iterator<Item = (&'r Vec<String>, &'r Vec<String>)>,
) -> (usize, BTreeSet<(String, String)>) {
    let mut compared = 0;
    let mut matches = BTreeSet::new();
    for (one, other) in pairs.filter(|(one, other)| one[1] == other[1] && !one[1].is_empty()) {
        compared += 1;
        let same = |field: usize| !one[field].is_empty() && one[field] == other[field];
        let agreements = [
            same(1),
            jaro_winkler(&one[2], &other[2]) >= 0.85,
            same(9),
            same(6),
            same(8),
            edit_similarity(&one[4], &other[4]) >= 0.85,
        ];
        if agreements.into_iter().filter(|agrees| *agrees).count() >= 4 {
            matches.insert(ordered(&one[0], &other[0]));
        }
    }
    (compared, matches)
}

fn quality(found: &BTreeSet<(String, String)>, truth: &BTreeSet<(String, String)>) -> [f64; 3] {
    let right = found.intersection(truth).count() as f64;
    let (precision, recall) = (right / found.len() as f64, right / truth.len() as f64);
    [precision, recall, 2.0 * precision * recall / (precision + recall)]
}

#[test]
fn febrl4_manual_rule() {
    let (Some(a), Some(b)) = (rows("febrl/febrl4a.csv"), rows("febrl/febrl4b.csv")) else { return };
    let every = a.iter().flat_map(|one| b.iter().map(move |other| (one, other)));
    let (compared, matches) = manual_rule(every);
    assert_eq!((compared, matches.len()), (77_249, 3241));
    let [precision, recall, f1] = quality(&matches, &pairs_of("febrl/febrl4_links.csv"));
    near("precision", precision, 1.0, 5e-5);
    near("recall", recall, 0.6482, 5e-5);
    near("F1", f1, 0.7866, 5e-5);
}

#[test]
fn febrl1_manual_rule() {
    let Some(all) = rows("febrl/febrl1.csv") else { return };
    let every = all
        .iter()
        .enumerate()
        .flat_map(|(at, one)| all[at + 1..].iter().map(move |other| (one, other)));
    let (compared, matches) = manual_rule(every);
    assert_eq!((compared, matches.len()), (2082, 317));
    let [precision, recall, f1] = quality(&matches, &pairs_of("febrl/febrl1_links.csv"));
    near("precision", precision, 1.0, 5e-5);
    near("recall", recall, 0.6340, 5e-5);
    near("F1", f1, 0.7760, 5e-5);
}

fn fields(names: &[(&str, Agreement)]) -> Vec<Field> {
    names.iter().map(|(name, agreement)| Field::new(*name, *agreement)).collect()
}

fn febrl_plan() -> LinkagePlan {
    LinkagePlan {
        fields: fields(&[
            ("given_name", Agreement::JaroWinkler),
            ("surname", Agreement::JaroWinkler),
            ("street_number", Agreement::Exact),
            ("address_1", Agreement::Edit),
            ("address_2", Agreement::Edit),
            ("suburb", Agreement::JaroWinkler),
            ("postcode", Agreement::Edit),
            ("state", Agreement::Exact),
            ("date_of_birth", Agreement::Edit),
            ("soc_sec_id", Agreement::Edit),
        ]),
        blocks: vec![vec![9], vec![8], vec![0, 1], vec![6], vec![5, 7]],
        ..LinkagePlan::default()
    }
}

fn found_pairs(found: &Linkage, ids: &[String]) -> BTreeSet<(String, String)> {
    found.pairs.iter().map(|[one, other]| ordered(&ids[*one], &ids[*other])).collect()
}

#[test]
fn febrl4_fellegi_sunter() {
    let (Some(a), Some(b)) = (rows("febrl/febrl4a.csv"), rows("febrl/febrl4b.csv")) else { return };
    let record = |list: usize| move |row: &Vec<String>| Record { list, cells: row[1..].to_vec() };
    let records: Vec<Record> = a.iter().map(record(0)).chain(b.iter().map(record(1))).collect();
    let ids: Vec<String> = a.iter().chain(&b).map(|row| row[0].clone()).collect();
    let plan = LinkagePlan {
        lists: vec!["a".to_owned(), "b".to_owned()],
        lists_without_repeats: vec![0, 1],
        replicates: 3,
        ..febrl_plan()
    };
    let found = link(&records, &plan).expect("a plan that fits");
    let [precision, recall, f1] =
        quality(&found_pairs(&found, &ids), &pairs_of("febrl/febrl4_links.csv"));
    assert!(f1 >= 0.9995, "{precision} {recall} {f1}");
    assert!(found.patterns.count(0b11).abs_diff(5000) <= 5);
    assert_eq!(found.replicates.len(), 3);
}

#[test]
fn febrl1_within_one_list() {
    let Some(all) = rows("febrl/febrl1.csv") else { return };
    let records: Vec<Record> =
        all.iter().map(|row| Record { list: 0, cells: row[1..].to_vec() }).collect();
    let ids: Vec<String> = all.iter().map(|row| row[0].clone()).collect();
    let plan = LinkagePlan { lists: vec!["one".to_owned()], ..febrl_plan() };
    let found = link(&records, &plan).expect("a plan that fits");
    let [precision, recall, f1] =
        quality(&found_pairs(&found, &ids), &pairs_of("febrl/febrl1_links.csv"));
    assert!(f1 >= 0.995, "{precision} {recall} {f1}");
    assert!(found.patterns.documented().persons().abs_diff(500) <= 5);
}

#[test]
fn rldata500_truth_and_linkage() {
    let Some(all) = rows("rldata/RLdata500.csv") else { return };
    let entities: BTreeSet<&String> = all.iter().map(|row| &row[7]).collect();
    let mut truth = BTreeSet::new();
    for (at, one) in all.iter().enumerate() {
        for other in all[at + 1..].iter().filter(|other| other[7] == one[7]) {
            truth.insert(ordered(&one[8], &other[8]));
        }
    }
    assert_eq!((all.len(), entities.len(), truth.len()), (500, 450, 50));
    let known = |cell: &String| if cell == "NA" { String::new() } else { cell.clone() };
    let records: Vec<Record> = all
        .iter()
        .map(|row| Record { list: 0, cells: row[..7].iter().map(known).collect() })
        .collect();
    let plan = LinkagePlan {
        lists: vec!["one".to_owned()],
        fields: fields(&[
            ("first name", Agreement::JaroWinkler),
            ("second first name", Agreement::JaroWinkler),
            ("last name", Agreement::JaroWinkler),
            ("second last name", Agreement::JaroWinkler),
            ("year", Agreement::Edit),
            ("month", Agreement::Exact),
            ("day", Agreement::Exact),
        ]),
        blocks: vec![vec![0], vec![2], vec![4, 5], vec![5, 6]],
        ..LinkagePlan::default()
    };
    let ids: Vec<String> = all.iter().map(|row| row[8].clone()).collect();
    let found = link(&records, &plan).expect("a plan that fits");
    let [precision, recall, f1] = quality(&found_pairs(&found, &ids), &truth);
    assert!(f1 >= 0.95, "{precision} {recall} {f1}");
}
