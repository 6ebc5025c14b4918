//! A computer whose clock is wrong still keeps what it saw: in 1970, in 2100, and when it jumps back between two commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use witnessmark_case::model::{Entropy, Moment};
use witnessmark_case::{AddOptions, Case, Environment, InitOptions, Progress};

const IN_1970: i64 = 0;
const BEFORE_1970: i64 = -1_000_000_000_000;
const IN_2100: i64 = 4_102_444_800_000;
const AFTER_9999: i64 = i64::MAX;

/// Bytes that are the same in every run (splitmix64).
struct Seeded(u64);

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 40) as u8;
        }
    }
}

fn environment(millis: i64, seed: u64) -> Environment {
    Environment {
        reader: None,
        programs: None,
        clock: Arc::new(move || Moment::from_unix_millis(millis)),
        entropy: Box::new(Seeded(seed)),
        holder: "process 1 (test)".to_owned(),
        unlocked: None,
    }
}

fn assert_intact(case: &Path, context: &str) {
    let files = witnessmark_case::verify::Folder::open(case).unwrap();
    let report = witnessmark_case::verify::verify(&files, None, &Default::default()).unwrap();
    let failures: Vec<_> = report.failures().collect();
    assert!(failures.is_empty(), "{context}: {failures:?}");
}

#[test]
fn a_wrong_clock_stops_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    for (first, then) in [
        (IN_1970, IN_2100),
        (IN_2100, IN_1970),
        (BEFORE_1970, AFTER_9999),
        (AFTER_9999, BEFORE_1970),
    ] {
        let context = format!("at {first}, then at {then}");
        let folder = scratch.path().join(format!("{first}"));
        let page = scratch.path().join(format!("{first}.txt"));
        fs::write(&page, format!("What was seen {context}: 西藏.\n")).unwrap();
        let init = InitOptions { name: Some("Clock".to_owned()), ..InitOptions::default() };
        drop(Case::init(&folder, &init, None, environment(first, 1)).unwrap());
        assert_intact(&folder, &context);

        let (mut case, _) = Case::open_writable(&folder, environment(then, 2)).unwrap();
        let added = AddOptions { paths: vec![page.clone()], ..AddOptions::default() };
        let mut outcomes = 0;
        case.add(&added, &Progress::new(), &mut |outcome| {
            assert!(!outcome.failed, "{context}: {outcome:?}");
            outcomes += 1;
        })
        .unwrap();
        assert_eq!(outcomes, 1, "{context}");
        // The order of entries is the log's, whatever the clock says.
        let size = case.status().unwrap().entries;
        let times: Vec<_> =
            case.log(10).unwrap().into_iter().map(|row| (row.entry, row.at)).collect();
        assert_eq!(times.len() as u64, size);
        assert!(times.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "{times:?}");
        let expected = Moment::from_unix_millis(then).to_string();
        assert_eq!(times.last().map(|(_, at)| at), Some(&expected), "{context}");
        drop(case);
        assert_intact(&folder, &context);
        // And what is derived is made again.
        Case::rebuild(&folder, environment(first, 3), &Progress::new()).unwrap();
        assert_intact(&folder, &context);
    }
}
