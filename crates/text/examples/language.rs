//! The two halves of `benches/compare/language.sh` that are in Rust.
//!
//!   language texts               pages on stdin, one JSON object a line with `html`: the same with `text` instead
//!   language detect FILE         samples of FILE, one JSON object a line with `size` and `text`: what each is taken for, one a
//!                                line, on stdout; how many texts a second of processor time of each size, best of five rounds,
//!                                on stderr (Linux)

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "it measures, prints and may stop anywhere"
)]

#[path = "../benches/pages/mod.rs"]
mod pages;

use std::collections::BTreeMap;
use std::io::{BufRead, BufWriter, Write};

use pages::processor_time;
use serde_json::Value;
use witnessmark_text::{Hints, detect_language, extract};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["texts"] => texts(),
        ["detect", file] => detect(file),
        _ => {
            eprintln!("usage: language texts | language detect FILE");
            std::process::exit(2);
        }
    }
}

fn texts() {
    let hints = Hints { media_type: Some("text/html; charset=utf-8".into()), ..Hints::default() };
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let mut page: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let html = page.as_object_mut().unwrap().remove("html").unwrap();
        let Ok(read) = extract(html.as_str().unwrap().as_bytes(), &hints) else { continue };
        page["text"] = read.main_text.unwrap_or(read.text).into();
        writeln!(out, "{page}").unwrap();
    }
}

fn detect(file: &str) {
    let mut samples: Vec<(u64, String)> = Vec::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let sample: Value = serde_json::from_str(line).unwrap();
        let text = sample["text"].as_str().unwrap().to_owned();
        samples.push((sample["size"].as_u64().unwrap(), text));
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut by_size: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for (size, text) in &samples {
        writeln!(out, "{}", detect_language(text).language).unwrap();
        by_size.entry(*size).or_default().push(text);
    }
    for (size, texts) in by_size {
        let best = (0..5)
            .map(|_| {
                let started = processor_time();
                for text in &texts {
                    std::hint::black_box(detect_language(std::hint::black_box(text)));
                }
                processor_time() - started
            })
            .fold(f64::INFINITY, f64::min);
        eprintln!("{size} {:.0}", texts.len() as f64 / best);
    }
}
