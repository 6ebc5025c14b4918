//! Dawid–Skene on the anaesthetists of the paper.

use super::{cells, near, shared};
use std::collections::BTreeMap;
use witnessmark_estimate::reconcile::{Coding, CopyingOptions, dawid_skene, majority, resolve};

#[test]
fn anesthesia() {
    let Some(text) = shared("dawid_skene/anesthesia.csv") else { return };
    let codings: Vec<Coding> = cells(&text)[1..]
        .iter()
        .map(|row| Coding { item: row[0].clone(), coder: row[1].clone(), value: row[2].clone() })
        .collect();
    let found = dawid_skene(&codings, 0.0).expect("codings");
    for (prior, expected) in found.priors.iter().zip([0.399_97, 0.421_58, 0.111_79, 0.066_67]) {
        near("prior", *prior, expected, 1e-3);
    }
    near("ln L", found.log_likelihood, -190.730_997, 1e-3);
    assert!(found.is_settled);
    near("item 35 class 2", found.items["35"][1], 0.948, 1e-3);
    near("item 35 class 3", found.items["35"][2], 0.052, 1e-3);
    near("item 38 class 3", found.items["38"][2], 0.979, 1e-3);
    println!("{} iterations", found.iterations);
}

#[test]
fn a_clique_of_copiers() {
    let (Some(claims), Some(truth)) =
        (shared("truth_copying/claims_clique2.csv"), shared("truth_copying/truth_clique2.csv"))
    else {
        return;
    };
    let truth: BTreeMap<String, String> =
        cells(&truth)[1..].iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let claims: Vec<Coding> = cells(&claims)[1..]
        .iter()
        .map(|row| Coding { item: row[1].clone(), coder: row[0].clone(), value: row[2].clone() })
        .collect();
    let right = |values: &BTreeMap<String, String>| {
        truth.iter().filter(|(item, value)| values.get(*item) == Some(value)).count() as f64 / 80.0
    };
    let resolved = |claims: &[Coding], looks_for_copies: bool| {
        let options = CopyingOptions { looks_for_copies, ..CopyingOptions::default() };
        resolve(claims, &options).expect("options are right")
    };
    let values = |found: &witnessmark_estimate::reconcile::Resolution| {
        found.values.iter().map(|(item, (value, _))| (item.clone(), value.clone())).collect()
    };
    near("majority", right(&majority(&claims)), 0.8375, 0.025);
    near("accuracies", right(&values(&resolved(&claims, false))), 0.8875, 0.025);
    let found = resolved(&claims, true);
    near("copies suggested", right(&values(&found)), 0.9625, 0.025);
    let pairs: Vec<String> =
        found.suggested_copies.iter().map(|copy| copy.sources.join("-")).collect();
    assert_eq!(pairs, ["K0-K1", "K0-S4", "K1-S4"]);
    let declared: Vec<Coding> =
        claims.iter().filter(|claim| !claim.coder.starts_with('K')).cloned().collect();
    near("declared", right(&values(&resolved(&declared, false))), 0.9625, 0.025);
}
