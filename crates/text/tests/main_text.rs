//! The 102 news pages of `shared/data/main-text`: none breaks the extractor, and the main text
//! matches what a person marked.

mod four_words;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use four_words::compare;
use witnessmark_text::{Hints, extract};

/// The least F1 that this crate promises on these pages; the notes and README hold the measured
/// figure.
const LEAST_F1: f64 = 0.97;

/// The folder of data that belongs to others, or nothing where it is absent.
fn shared() -> Option<PathBuf> {
    let given = std::env::var_os("WITNESSMARK_SHARED").map(PathBuf::from);
    let folder =
        given.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    if folder.join("data/main-text").is_dir() {
        return Some(folder.join("data/main-text"));
    }
    eprintln!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
    None
}

#[test]
fn main_text_of_real_news_pages() {
    let Some(folder) = shared() else { return };
    let truth = std::fs::read(folder.join("ground-truth.json")).unwrap();
    let truth: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&truth).unwrap();
    assert_eq!(truth.len(), 102);
    let (mut precision, mut recall) = (0.0, 0.0);
    let mut output = BTreeMap::new();
    for (id, page) in &truth {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(folder.join(format!("html/{id}.html.gz"))).unwrap();
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        let hints = Hints { url: page["url"].as_str().map(str::to_owned), ..Hints::default() };
        let read = extract(&bytes, &hints).unwrap();
        assert!(!read.text.is_empty(), "{id}: no text at all");
        let found = read.main_text.as_deref().unwrap_or("");
        let (p, r) = compare(page["articleBody"].as_str().unwrap(), found);
        precision += p;
        recall += r;
        output.insert(id, serde_json::json!({ "articleBody": found, "title": read.title, "author": read.author, "published": read.published, "language": read.language, "text": read.text }));
    }
    if let Some(path) = std::env::var_os("WITNESSMARK_MAIN_TEXT_OUT") {
        std::fs::write(path, serde_json::to_vec(&output).unwrap()).unwrap();
    }
    let pages = truth.len() as f64;
    let (precision, recall) = (precision / pages, recall / pages);
    let f1 = 2.0 * precision * recall / (precision + recall);
    println!("main text: precision {precision:.4}, recall {recall:.4}, F1 {f1:.4}");
    assert!(f1 >= LEAST_F1, "F1 {f1:.4} is below {LEAST_F1}");
}
