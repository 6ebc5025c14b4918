//! How a case behaves that has a million entries: `million_entries [ENTRIES] [BATCH]`, by default 1,000,000 in batches of 5,000.
//!
//! The case is made in a temporary folder (`TMPDIR`), which wants about 3 GB, and is removed at the end. Times of proofs are
//! the longest of many; each proof starts from nothing, as a command does.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement: it fails loudly and needs a clock"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use witnessmark_model::id::OriginId;
use witnessmark_model::payload::Origin;
use witnessmark_model::{Entropy, Moment, merkle};
use witnessmark_vault::{Pending, Vault};

const PROOFS: u64 = 200;

/// Bytes that look random and are the same in every run (splitmix64).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_be_bytes()[..chunk.len()]);
        }
    }
}

fn moment() -> Moment {
    Moment::from_unix_millis(1_795_000_000_000)
}

fn origins(count: u64, entropy: &mut Seeded) -> Vec<Pending> {
    let origin = |number| {
        let (name, reason) = (format!("Origin {number}"), "it was there first".to_owned());
        Origin { id: OriginId::random(entropy), name, capture: None, reason }.into()
    };
    (0..count).map(origin).collect()
}

/// The longest of `times` runs.
fn longest(times: u64, mut run: impl FnMut()) -> Duration {
    let timed = (0..times).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed()
    });
    timed.max().unwrap_or_default()
}

/// The most memory that this process ever held, as Linux says it.
fn most_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("VmHWM: unknown");
    line.trim_start_matches("VmHWM:").trim().to_owned()
}

fn main() {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>().unwrap());
    let entries = numbers.next().unwrap_or(1_000_000);
    let batch = numbers.next().unwrap_or(5_000);
    let scratch = tempfile::tempdir().unwrap();
    let case = scratch.path().join("case");
    let mut entropy = Seeded(1);
    let mut vault = Vault::create(&case, "an example", None, None, moment(), &mut entropy).unwrap();

    let (mut took, mut last) = (Duration::ZERO, Duration::ZERO);
    while vault.size() <= entries {
        let pending = origins(batch.min(entries + 1 - vault.size()), &mut entropy);
        if pending.is_empty() {
            break;
        }
        let started = Instant::now();
        vault.commit(pending, moment(), &mut entropy).unwrap();
        last = started.elapsed();
        took += last;
    }
    let rate = entries as f64 / took.as_secs_f64();
    println!("{entries} entries in batches of {batch}: {took:.1?}, {rate:.0} durable entries/s");
    println!("the last batch: {last:.1?}; memory so far: {}", most_memory());
    drop(vault);
    measure(&case, &mut entropy);
}

fn measure(case: &Path, entropy: &mut Seeded) {
    let open = || Vault::open(case, None).unwrap();
    println!("opened for reading: {:.2?}", longest(5, || drop(open())));
    let write = || drop(Vault::open_for_writing(case, "an example", None).unwrap());
    println!("opened for writing: {:.2?}", longest(5, write));

    let size = open().size();
    let root = open().root().unwrap();
    let mut random = Seeded(7);
    let inclusion = longest(PROOFS, || {
        let index = random.next() % size;
        let vault = open();
        let proof = vault.prove(&[index]).unwrap().remove(0);
        let leaf = vault.leaf(index).unwrap();
        assert_eq!(proof.verify(&leaf, &vault.verifier()).unwrap().root, root);
    });
    println!(
        "opened, an entry proven to be in the log, and the proof verified: {inclusion:.2?} at most of {PROOFS}"
    );
    let consistency = longest(PROOFS, || {
        let old = 1 + random.next() % size;
        let (old_root, path) = open().consistency(old).unwrap();
        assert!(merkle::is_consistent(old, old_root, size, root, &path));
    });
    println!(
        "opened, an earlier size proven to be consistent, and the proof verified: {consistency:.2?} at most of {PROOFS}"
    );

    let started = Instant::now();
    let mut read = 0;
    open()
        .for_each_entry(size - 100, &mut |_| {
            read += 1;
            Ok(())
        })
        .unwrap();
    println!("the last {read} entries read: {:.2?}", started.elapsed());
    let (mut vault, _) = Vault::open_for_writing(case, "an example", None).unwrap();
    let one = longest(5, || drop(vault.commit(origins(1, entropy), moment(), entropy).unwrap()));
    println!("one more entry: {one:.2?}");
    println!("memory: {}", most_memory());
}
