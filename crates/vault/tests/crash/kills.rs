//! A writer with four threads is killed at random moments.

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use crate::scratch_case::{KINDS, Seeded, make};
use crate::worker::{self, Task};
use crate::{Acknowledged, assert_goes_on, assert_kept, rounds};

/// So many rounds go on with one case, each where the one before was killed.
const ROUNDS_A_CASE: u64 = 20;
/// Kills are spread over this time after the worker was started, in µs, at first: the machine is busier at some times than
/// at others, and the spread follows where the kills fall.
const SPREAD: u64 = 300_000;
/// The spread shrinks until about every other kill falls after so many entries or fewer.
const MANY: usize = 40;

#[test]
fn a_writer_with_four_threads_killed_at_any_moment_loses_nothing() {
    for sealed in KINDS {
        let (mut kept, mut silent, mut mended) = (0, 0, 0);
        let all = rounds(24) / 2;
        let mut random = Seeded(20_261_123);
        let (mut left, mut spread) = (all, SPREAD);
        while left > 0 {
            let scratch = tempfile::tempdir().unwrap();
            let case = scratch.path().join("case");
            make(&case, sealed, &mut random);
            let mut acknowledged = Acknowledged::new();
            for _ in 0..ROUNDS_A_CASE.min(left) {
                left -= 1;
                let environment = worker::worker(&case, Task::AddForEver, random.next());
                let mut child = worker::command(&[], &environment)
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap();
                let mut stdout = child.stdout.take().unwrap();
                // What is told is read meanwhile, or the worker would wait for us.
                let told = std::thread::spawn(move || {
                    let mut told = Vec::new();
                    stdout.read_to_end(&mut told).map(|_| told)
                });
                let moment = random.next() % spread;
                std::thread::sleep(Duration::from_micros(moment));
                child.kill().unwrap();
                let ended = child.wait_with_output().unwrap();
                let context = format!(
                    "sealed: {sealed}, {left} rounds left, killed after {moment} µs: {}",
                    String::from_utf8_lossy(&ended.stderr)
                );
                assert_eq!(ended.status.code(), None, "it ended by itself: {context}");
                let now = worker::acknowledged(&told.join().unwrap().unwrap());
                spread = match now.len() {
                    0 => spread * 5 / 4,
                    few if few <= MANY => spread,
                    _ => spread * 4 / 5,
                };
                kept += now.len();
                silent += u64::from(now.is_empty());
                acknowledged.extend(now);
                let least = acknowledged.len() as u64 + 1;
                let recovery = assert_kept(&case, &acknowledged, least, &context);
                mended += u64::from(recovery != Default::default());
            }
            assert_goes_on(&case, &format!("sealed: {sealed}"));
        }
        println!(
            "sealed: {sealed}: {all} kills, {silent} before the first word, {mended} left something to mend; \
             {kept} entries were acknowledged, none is lost"
        );
        assert!(kept > 0, "every kill came too early to say anything");
    }
}
