//! Prints how well and how fast the main text of pages is found.
//!
//! `main_text TRUTH FOLDER [MOST]`: TRUTH is a folder of the article extraction benchmark of scrapinghub (pages in `html/`, what
//! a person marked in `ground-truth.json`), FOLDER holds pages for the speed, of which at most MOST are read.

#[path = "../tests/four_words/mod.rs"]
mod four_words;
#[path = "../benches/pages/mod.rs"]
mod pages;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::path::Path;

use four_words::compare;
use witnessmark_text::{Hints, read_content};

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

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [truth, folder, rest @ ..] = arguments.as_slice() else {
        return Err("main_text TRUTH FOLDER [MOST]".into());
    };
    judge(Path::new(truth))?;
    let most: usize = rest.first().map_or(Ok(10_000), |most| most.parse())?;
    let paths = pages::below(Path::new(folder));
    // A page out of so many, so that each part of the folder has its share.
    let step = (paths.len() / most.max(1)).max(1);
    let mut read = Vec::new();
    for path in paths.iter().step_by(step).take(most) {
        read.push(std::fs::read(path)?);
    }
    let bytes: usize = read.iter().map(Vec::len).sum();
    let hints = pages::hints();
    let mut best = f64::MAX;
    let mut letters = 0;
    // The best of three: what else runs on the machine only ever takes time.
    for _ in 0..3 {
        let started = pages::processor_time();
        letters = 0;
        for page in &read {
            if let Ok(found) = read_content(page, &hints) {
                letters += found.main_text.as_deref().unwrap_or("").len();
            }
        }
        best = best.min(pages::processor_time() - started);
    }
    println!(
        "{} pages, {:.1} MB: {:.0} pages/s on one core ({letters} bytes of main text)",
        read.len(),
        bytes as f64 / 1e6,
        read.len() as f64 / best
    );
    Ok(())
}
