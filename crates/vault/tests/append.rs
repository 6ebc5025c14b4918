//! How fast entries become durable. Not run by default, because it asserts no time and takes some:
//! `cargo test --release -p witnessmark-vault --test append -- --ignored --nocapture`

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod scratch_case;

use std::time::{Duration, Instant};

use scratch_case::{KINDS, Seeded, failures, make, moment, open, origins};

const ENTRIES: u64 = 100_000;
const BATCH: u64 = 5_000;

#[test]
#[ignore = "a measurement: 100,000 entries"]
#[allow(clippy::disallowed_methods, reason = "it measures time")]
fn a_hundred_thousand_entries_in_batches() {
    for sealed in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(1);
        make(&case, sealed, &mut entropy);
        let mut vault = open(&case);
        let mut took = Duration::ZERO;
        for _ in 0..ENTRIES / BATCH {
            let pending = origins(BATCH, &mut entropy);
            let started = Instant::now();
            let committed = vault.commit(pending, moment(), &mut entropy).unwrap();
            took += started.elapsed();
            assert_eq!(committed.len() as u64, BATCH);
        }
        let rate = ENTRIES as f64 / took.as_secs_f64();
        println!(
            "sealed: {sealed}; {ENTRIES} entries in batches of {BATCH}: {took:.2?}, {rate:.0} durable entries/s"
        );
        drop(vault);

        let started = Instant::now();
        assert_eq!(open(&case).size(), ENTRIES + 1);
        println!("opened for writing in {:.2?}", started.elapsed());
        let started = Instant::now();
        assert_eq!(failures(&case), [""; 0]);
        println!("verified in {:.2?}", started.elapsed());
    }
}
