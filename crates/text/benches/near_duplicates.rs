//! Nearly equal texts among those of many HTML files: time on one core, and recall and precision against the exact Jaccard
//! index of every pair. `benches/compare/near_duplicates.sh` runs a peer on the same texts.
//!
//!   near_duplicates FOLDER COUNT TEXTS
//!
//! Every so-manieth file is taken, so that COUNT texts come from all parts of FOLDER; they are written to TEXTS, a JSON
//! string a line.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "it measures, prints and may stop anywhere"
)]

mod pages;

use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;
use std::path::Path;

use pages::processor_time;
use witnessmark_text::{near_duplicates, runs_of};

const THRESHOLD: f64 = 0.8;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [folder, count, kept] = arguments.as_slice() else {
        println!("near_duplicates FOLDER COUNT TEXTS");
        return;
    };
    let count: usize = count.parse().unwrap();
    let files = pages::below(Path::new(folder));
    let all = files.len();
    let chosen =
        files.iter().enumerate().filter(|(at, _)| at * count / all != (at + 1) * count / all);
    let texts = chosen.filter_map(|(_, file)| Some(pages::read(file)?.text));
    let texts: Vec<String> = texts.filter(|text| !text.trim().is_empty()).collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(kept).unwrap());
    for text in &texts {
        serde_json::to_writer(&mut out, text).unwrap();
        out.write_all(b"\n").unwrap();
    }
    out.flush().unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let started = processor_time();
    let found = near_duplicates(&texts, THRESHOLD);
    let took = processor_time() - started;
    println!(
        "{} texts, {:.0} MB: {} pairs in {took:.2} s",
        texts.len(),
        bytes as f64 / 1e6,
        found.len()
    );
    let found: BTreeSet<(usize, usize)> = found.iter().map(|pair| (pair.a, pair.b)).collect();
    let exact = exact_pairs(&texts);
    let both = found.intersection(&exact).count() as f64;
    println!(
        "against the exact Jaccard index ({} pairs of at least {THRESHOLD}): recall {:.4}, precision {:.4} (each must be at least .98)",
        exact.len(),
        both / exact.len().max(1) as f64,
        both / found.len().max(1) as f64,
    );
    println!("seconds {took:.3}");
}

/// All pairs at the threshold, none left out: of two sets that are so alike, the rarest members of each meet (prefix
/// filtering; Bayardo, Ma and Srikant, "Scaling up all pairs similarity search", WWW 2007).
fn exact_pairs(texts: &[&str]) -> BTreeSet<(usize, usize)> {
    let mut sets: Vec<Vec<u64>> = texts.iter().map(|text| runs_of(text)).collect();
    let mut frequency: HashMap<u64, u32> = HashMap::new();
    sets.iter().flatten().for_each(|run| *frequency.entry(*run).or_default() += 1);
    let mut by_rarity = sets.clone();
    for set in &mut by_rarity {
        set.sort_unstable_by_key(|run| (frequency.get(run).copied(), *run));
    }
    sets.iter_mut().for_each(|set| set.sort_unstable());
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut pairs = BTreeSet::new();
    for (b, set) in by_rarity.iter().enumerate() {
        let least_common = (set.len() as f64 * THRESHOLD).ceil() as usize;
        let prefix = set.iter().take((set.len() - least_common + 1).min(set.len()));
        let mut candidates: BTreeSet<usize> = BTreeSet::new();
        for run in prefix {
            let earlier = holders.entry(*run).or_default();
            candidates.extend(earlier.iter());
            earlier.push(b);
        }
        for a in candidates {
            if jaccard(&sets[a], &sets[b]) >= THRESHOLD {
                pairs.insert((a, b));
            }
        }
    }
    pairs
}

/// The Jaccard index of two sorted sets.
fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        common += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    common as f64 / (a.len() + b.len() - common) as f64
}
