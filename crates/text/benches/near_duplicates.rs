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
    clippy::disallowed_methods,
    reason = "it measures, prints and may stop anywhere"
)]

use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use witnessmark_text::{Hints, extract, near_duplicates, runs_of};

const THRESHOLD: f64 = 0.8;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [folder, count, kept] = arguments.as_slice() else {
        println!("near_duplicates FOLDER COUNT TEXTS");
        return;
    };
    let count: usize = count.parse().unwrap();
    let mut files = Vec::new();
    collect(Path::new(folder), &mut files);
    files.sort();
    let all = files.len();
    let chosen =
        files.iter().enumerate().filter(|(at, _)| at * count / all != (at + 1) * count / all);
    let texts: Vec<String> = chosen.filter_map(|(_, file)| text_of(file)).collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(kept).unwrap());
    for text in &texts {
        serde_json::to_writer(&mut out, text).unwrap();
        out.write_all(b"\n").unwrap();
    }
    out.flush().unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let started = seconds_of_work();
    let found = near_duplicates(&texts, THRESHOLD);
    let took = seconds_of_work() - started;
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

/// Seconds that this thread has computed for, whatever else the machine does (proc_pid_schedstat(5)).
fn seconds_of_work() -> f64 {
    let read = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    read.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
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

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html") || e == "htm") {
        files.push(path.to_owned());
    }
}

fn text_of(file: &Path) -> Option<String> {
    let bytes = std::fs::read(file).ok()?;
    let hints = Hints { media_type: Some("text/html".to_owned()), ..Hints::default() };
    let read = extract(&bytes, &hints).ok()?;
    Some(read.text).filter(|text| !text.trim().is_empty())
}
