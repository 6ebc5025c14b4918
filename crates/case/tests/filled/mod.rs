//! A case with the demonstration's material, made by a clock and randomness that are the same in every run.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use witnessmark_case::claims::Field;
use witnessmark_case::model::{Entropy, Moment};
use witnessmark_case::{AddOptions, Case, Environment, InitOptions, Progress};

/// Bytes that are the same in every run (splitmix64).
pub(crate) struct Seeded(pub(crate) u64);

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 40) as u8;
        }
    }
}

/// A clock that moves on by a second whenever it is asked, and randomness from `seed`.
pub(crate) fn environment(seed: u64) -> Environment {
    let now = AtomicI64::new(1_795_000_000_000);
    Environment {
        reader: None,
        programs: None,
        clock: Arc::new(move || {
            Moment::from_unix_millis(now.fetch_add(1_000, Ordering::Relaxed) + 1_000)
        }),
        unlocked: None,
        entropy: Box::new(Seeded(seed)),
        holder: "process 1 (test)".to_owned(),
    }
}

pub(crate) fn demo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../witnessmark/demo").join(path)
}

/// A case with the demonstration's material in it, coded, and with an estimate.
pub(crate) fn fill(folder: &Path) {
    let options = InitOptions {
        name: Some("Derived".to_owned()),
        notice: None,
        codebook: Some(demo("codebook.toml")),
        gazetteer: Some(demo("places.csv")),
    };
    let mut case = Case::init(folder, &options, None, environment(1)).unwrap();
    let added = AddOptions { paths: vec![demo("sources")], ..AddOptions::default() };
    let mut failed = Vec::new();
    case.add(&added, &Progress::new(), &mut |outcome| {
        if outcome.failed {
            failed.push(outcome.source.clone());
        }
    })
    .unwrap();
    assert_eq!(failed, [""; 0]);
    case.import_claims(&demo("claims.csv")).unwrap();
    let first = case.claims().unwrap()[0].claim.to_string();
    case.change_claim(&first, &|draft| draft.set(Field::ItemGrade, "5"), "read again").unwrap();
    case.import_lineage(Some(&demo("origins.csv")), Some(&demo("edges.csv"))).unwrap();
    let units = ["people".to_owned(), "samples".to_owned()];
    case.estimate_coverage("dna-collection", &units, Some("2021-06-30")).unwrap();
}
