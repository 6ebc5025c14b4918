//! Prints how well and how fast the main text of pages is found.
//!
//! `main_text TRUTH FOLDER [MOST]`: TRUTH is a folder of the article extraction benchmark of scrapinghub (pages in `html/`, what
//! a person marked in `ground-truth.json`), FOLDER holds pages for the speed, of which at most MOST are read.

#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use witnessmark_text::{Hints, read_content};

/// How often each run of four words occurs, as the benchmark's own README counts.
fn shingles(text: &str) -> BTreeMap<Vec<&str>, u32> {
    let is_word = |one: char| one.is_alphanumeric() || one == '_';
    let words: Vec<&str> =
        text.split(|one: char| !is_word(one)).filter(|word| !word.is_empty()).collect();
    let mut counts = BTreeMap::new();
    for from in 0..words.len().saturating_sub(3).max(1) {
        let shingle: Vec<&str> = words.iter().skip(from).take(4).copied().collect();
        if !shingle.is_empty() {
            *counts.entry(shingle).or_default() += 1;
        }
    }
    counts
}

fn compare(expected: &str, found: &str) -> (f64, f64) {
    let (expected, found) = (shingles(expected), shingles(found));
    let shared: u32 =
        expected.iter().map(|(key, n)| found.get(key).map_or(0, |other| *other.min(n))).sum();
    let share = |all: u32| if all == 0 { 0.0 } else { f64::from(shared) / f64::from(all) };
    (share(found.values().sum()), share(expected.values().sum()))
}

fn judge(folder: &Path) -> Result<(), Box<dyn Error>> {
    let truth = std::fs::read(folder.join("ground-truth.json"))?;
    let truth: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&truth)?;
    let (mut precision, mut recall) = (0.0, 0.0);
    for (id, page) in &truth {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(folder.join(format!("html/{id}.html.gz")))?;
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
        let url = page.get("url").and_then(|url| url.as_str()).map(str::to_owned);
        let read = read_content(&bytes, &Hints { url, ..Hints::default() })?;
        let body = page.get("articleBody").and_then(|body| body.as_str()).unwrap_or("");
        let (p, r) = compare(body, read.main_text.as_deref().unwrap_or(""));
        precision += p;
        recall += r;
    }
    let pages = truth.len() as f64;
    let (precision, recall) = (precision / pages, recall / pages);
    let f1 = 2.0 * precision * recall / (precision + recall);
    println!("{} pages: precision {precision:.4}, recall {recall:.4}, F1 {f1:.4}", truth.len());
    Ok(())
}

fn pages_below(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        entries.push(entry?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            pages_below(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "html" || ending == "htm") {
            found.push(path);
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [truth, folder, rest @ ..] = arguments.as_slice() else {
        return Err("main_text TRUTH FOLDER [MOST]".into());
    };
    judge(Path::new(truth))?;
    let most: usize = rest.first().map_or(Ok(10_000), |most| most.parse())?;
    let mut paths = Vec::new();
    pages_below(Path::new(folder), &mut paths)?;
    // A page out of so many, so that each part of the folder has its share.
    let step = (paths.len() / most.max(1)).max(1);
    let mut pages = Vec::new();
    for path in paths.iter().step_by(step).take(most) {
        pages.push(std::fs::read(path)?);
    }
    let bytes: usize = pages.iter().map(Vec::len).sum();
    let hints = Hints { media_type: Some("text/html".to_owned()), ..Hints::default() };
    let mut best = f64::MAX;
    let mut letters = 0;
    // The best of three: what else runs on the machine only ever takes time.
    for _ in 0..3 {
        let started = Instant::now();
        letters = 0;
        for page in &pages {
            if let Ok(read) = read_content(page, &hints) {
                letters += read.main_text.as_deref().unwrap_or("").len();
            }
        }
        best = best.min(started.elapsed().as_secs_f64());
    }
    println!(
        "{} pages, {:.1} MB: {:.0} pages/s on one core ({letters} bytes of main text)",
        pages.len(),
        bytes as f64 / 1e6,
        pages.len() as f64 / best
    );
    Ok(())
}
