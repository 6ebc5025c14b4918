//! Dawid–Skene on the anaesthetists of the paper.

use super::{cells, near, shared};
use witnessmark_estimate::reconcile::{Coding, dawid_skene};

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
