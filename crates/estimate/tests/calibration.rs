//! Simulation-based calibration and the table of what it cannot see, at a small size.

use witnessmark_estimate::calibration::{
    Departure, Uniformity, calibrate_graphs, calibrate_latent_classes, calibrate_pooling,
    misspecification,
};

#[track_caller]
fn check(found: &Uniformity, replicates: usize) {
    println!("{found:?}");
    assert!(found.replicates >= replicates, "{found:?}");
    assert!(found.is_uniform(), "{found:?}");
}

#[test]
fn graphs_are_calibrated() {
    check(&calibrate_graphs(400, 1), 390);
}

#[test]
fn pooling_is_calibrated() {
    check(&calibrate_pooling(200, 2), 200);
}

#[test]
fn latent_classes_are_calibrated() {
    check(&calibrate_latent_classes(100, 3), 80);
}

#[test]
fn persons_out_of_reach_are_seen_by_no_method() {
    let table = misspecification(12, 4);
    assert_eq!(table.len(), 12);
    for row in &table {
        println!("{row:?}");
        match row.departure {
            Departure::None => assert!(row.held >= 0.7, "{row:?}"),
            // 70 % of 2,000 can be reached, and that is what every method finds.
            Departure::Unreachable => {
                assert!(row.held <= 0.05 && (1350.0..1480.0).contains(&row.median), "{row:?}");
            }
            Departure::Referral | Departure::TwoClasses => {}
        }
    }
}
