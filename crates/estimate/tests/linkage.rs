//! Linkage: what a person judged, doubt between linkages, and the way to an estimate.

use std::collections::BTreeMap;
use witnessmark_estimate::linkage::{
    Agreement, AgreementLevel, Field, LinkageError, LinkagePlan, Record, link,
};

/// Persons with a name and a day of birth; `changed` gives a record another day.
fn record(list: usize, person: usize, changed: bool) -> Record {
    let name =
        format!("{}{}", ["tashi", "dolma", "pema", "karma", "sonam"][person % 5], person / 5);
    let day = if changed { (person * 7 + 11) % 28 } else { person * 7 % 28 };
    let born = format!("19{:02}-{:02}-{:02}", person * 13 % 90, person % 12 + 1, day + 1);
    Record { list, cells: vec![name, born, format!("village {}", person % 9)] }
}

fn plan() -> LinkagePlan {
    LinkagePlan {
        lists: vec!["hospital".to_owned(), "court".to_owned()],
        fields: vec![
            Field::new("name", Agreement::JaroWinkler),
            Field::new("born", Agreement::Edit),
            Field::new("village", Agreement::Exact),
        ],
        blocks: vec![vec![0], vec![1]],
        lists_without_repeats: vec![0, 1],
        ..LinkagePlan::default()
    }
}

/// Sixty persons on the first list, forty of them on the second, ten of those with a wrong day.
fn records() -> Vec<Record> {
    let first = (0..60).map(|person| record(0, person, false));
    first.chain((0..40).map(|person| record(1, person, person >= 30))).collect()
}

#[test]
fn a_persons_judgement_goes_before_the_model() {
    let records = records();
    let found = link(&records, &plan()).expect("a plan");
    assert_eq!(found.patterns.count(0b11), 40);
    // Record 0 and record 60 are equal, and yet two persons, says somebody who knew them; and 59 is
    // the same as 61, whatever stands there.
    let reviewed = BTreeMap::from([([0, 60], false), ([1, 61], false), ([59, 61], true)]);
    let judged = link(&records, &LinkagePlan { reviewed, ..plan() }).expect("a plan");
    assert_eq!(judged.patterns.count(0b11), 39);
    assert!(judged.pairs.contains(&[59, 61]) && !judged.pairs.contains(&[0, 60]));
    assert!(judged.review.iter().all(|pair| pair.records != [0, 60]));
}

#[test]
fn a_pair_kept_apart_is_not_joined_through_a_third() {
    let mut records = records();
    records.push(record(2, 0, false));
    let lists = ["hospital", "court", "letters"].map(str::to_owned).to_vec();
    let reviewed = BTreeMap::from([([0, 60], false)]);
    let plan = LinkagePlan { lists, reviewed, ..plan() };
    let found = link(&records, &plan).expect("a plan");
    assert_eq!(found.patterns.count(0b111), 0);
}

#[test]
fn doubt_is_drawn_anew_for_each_linkage_and_by_the_seed() {
    let plan = LinkagePlan { replicates: 12, review: [0.0001, 0.999_999], seed: 7, ..plan() };
    let found = link(&records(), &plan).expect("a plan");
    assert_eq!(found.replicates.len(), 12);
    assert_eq!(found, link(&records(), &plan).expect("a plan"));
    assert_eq!(found.review.len(), found.review_levels.len());
    let levels = found.review_levels.iter().flatten();
    assert!(levels.clone().count() == 3 * found.review.len());
    assert!(
        levels.into_iter().any(|level| *level == AgreementLevel::Equal) || found.review.is_empty()
    );
}

#[test]
fn wrong_plans_are_named() {
    let records = records();
    let wrong = [
        (LinkagePlan { blocks: vec![vec![]], ..plan() }, LinkageError::Block(0)),
        (LinkagePlan { blocks: vec![vec![3]], ..plan() }, LinkageError::Block(0)),
        (LinkagePlan { threshold: 1.5, ..plan() }, LinkageError::Probabilities),
        (LinkagePlan { review: [0.9, 0.1], ..plan() }, LinkageError::Probabilities),
        (
            LinkagePlan { reviewed: BTreeMap::from([([5, 5], true)]), ..plan() },
            LinkageError::Reviewed([5, 5]),
        ),
        (
            LinkagePlan { reviewed: BTreeMap::from([([5, 500], true)]), ..plan() },
            LinkageError::Reviewed([5, 500]),
        ),
    ];
    for (plan, expected) in wrong {
        assert_eq!(link(&records, &plan).expect_err("an error"), expected);
    }
}
