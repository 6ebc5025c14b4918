//! Our index beside tantivy's default one, over the texts of HTML files: time, size, recall against a plain scan, and the
//! time of a search. `benches/compare/search.sh` fetches what it needs.
//!
//!   search FILE-OR-FOLDER…
//!
//! A word *is in a text* when a plain scan finds it there: two Han characters side by side; Tibetan syllables in a row, with no
//! Tibetan letter directly before or behind; a word of letters in any case of them, with no letter, digit or mark directly
//! before or behind. Recall is the share of those texts that the index finds too.
//!
//! Times are of words asked for one after the other, each once; and again with other work between them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it measures, prints and may stop anywhere"
)]

mod pages;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use jieba_rs::Jieba;
use memchr::memmem::Finder;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::QueryParser;
use tantivy::schema::{STORED, STRING, Schema, TEXT, Value};
use tantivy::{TantivyDocument, doc};
use witnessmark_text::{Document, Index, SearchOptions, Writer};

/// Draws of each kind of word.
const HAN: usize = 150;
const OTHERS: usize = 100;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let mut files: Vec<_> =
        arguments.iter().flat_map(|path| pages::below(Path::new(path))).collect();
    files.sort();
    let started = Instant::now();
    let half = files.len().div_ceil(2).max(1);
    let documents: Vec<Document> = std::thread::scope(|scope| {
        let readers: Vec<_> = files
            .chunks(half)
            .map(|files| {
                scope.spawn(move || files.iter().filter_map(|f| read(f)).collect::<Vec<_>>())
            })
            .collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
    println!(
        "{} texts, {:.0} MB, read in {:.1} s",
        documents.len(),
        bytes as f64 / 1e6,
        started.elapsed().as_secs_f64()
    );
    let folder = tempfile::tempdir().unwrap();
    let theirs = Theirs::new(&documents, &folder.path().join("theirs"));
    let started = Instant::now();
    let index = Index::create_without_texts(&folder.path().join("ours"), None).unwrap();
    let writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
    documents.iter().for_each(|document| writer.add(document).unwrap());
    writer.finish().unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let size = size_of(&folder.path().join("ours"));
    println!("ours: {seconds:.1} s, {:.0} MB", size / 1e6);
    println!(
        "ours to tantivy's default: time {:.2}, size {:.2} (each must be at most 2)",
        seconds / theirs.seconds,
        size / theirs.size
    );

    let texts: BTreeMap<&str, &str> = documents
        .iter()
        .map(|document| (document.capture.as_str(), document.text.as_str()))
        .collect();
    let mut all_words = Vec::new();
    for (kind, words) in words(&documents) {
        // A word of letters is looked for in any case of them.
        let lowered: Vec<(&str, Cow<'_, str>)> = documents
            .iter()
            .map(|document| {
                let text = document.text.as_str();
                let is_lowered = kind == "letters";
                let text = if is_lowered { text.to_lowercase().into() } else { text.into() };
                (document.capture.as_str(), text)
            })
            .collect();
        let (mut ours, mut baseline, mut there) = (0, 0, 0);
        for word in &words {
            let finder = Finder::new(word);
            let scanned: BTreeSet<&str> = lowered
                .iter()
                .filter(|(_, text)| stands_in(kind, &finder, text))
                .map(|(capture, _)| *capture)
                .collect();
            let all =
                SearchOptions { limit: documents.len(), passages: 0, ..SearchOptions::default() };
            let quoted = format!("\"{word}\"");
            let found = index.search(&quoted, &all).unwrap();
            let found: BTreeSet<&str> = found.hits.iter().map(|hit| hit.capture.as_str()).collect();
            there += scanned.len();
            ours += scanned.intersection(&found).count();
            let found = theirs.find_all(&quoted);
            baseline += scanned.iter().filter(|capture| found.contains(**capture)).count();
        }
        println!(
            "{kind}: {} words, in {there} texts: recall {:.4}, tantivy's default {:.4}",
            words.len(),
            ours as f64 / there.max(1) as f64,
            baseline as f64 / there.max(1) as f64,
        );
        all_words.extend(words.into_iter().map(|word| format!("\"{word}\"")));
    }
    let ours = |query: &String| time(&index, &texts, query);
    let mut slowest: Vec<f64> = all_words.iter().map(ours).collect();
    report("words, for 20 hits with passages, near-duplicates folded", &mut slowest.clone());
    let mut took: Vec<f64> = all_words.iter().map(|query| theirs.time(query)).collect();
    report("of them in tantivy's default index, for 20 hits without passages", &mut took);
    let mut took: Vec<f64> = all_words
        .iter()
        .map(|query| {
            let read = texts.values().map(|text| text.lines().count());
            std::hint::black_box(read.sum::<usize>());
            ours(query)
        })
        .collect();
    report(
        "of them in ours again, each after all texts were read once, as a processor without them in its caches finds them",
        &mut took,
    );
    for query in QUERIES {
        let mut took: Vec<f64> = (0..20).map(|_| time(&index, &texts, query)).collect();
        println!("{query}: median {:.2} ms", percentile(&mut took, 0.5));
        slowest.extend(took);
    }
    report("searches with those of every part of the grammar", &mut slowest);
}

fn report(what: &str, took: &mut [f64]) {
    let (half, most) = (percentile(took, 0.5), percentile(took, 0.99));
    println!("{} {what}: p50 {half:.2} ms, p99 {most:.2} ms (ours must be at most 3)", took.len());
}

/// Every part of the grammar.
const QUERIES: [&str; 12] = [
    "document",
    "\"press the button\"",
    "database OR spreadsheet",
    "(database spreadsheet) -chart",
    "databse~",
    "spreadsh*",
    "title:function",
    "site:example.org language:dz",
    "language:zh 设置",
    "安装 published:2001..2030",
    "系统 OR system",
    "数据库服务器",
];

fn time(index: &Index, texts: &BTreeMap<&str, &str>, query: &str) -> f64 {
    let options = SearchOptions { fold: true, variants: false, ..SearchOptions::default() };
    let started = Instant::now();
    index
        .search_with(query, &options, |capture| texts.get(capture).map(|t| (*t).to_owned()))
        .unwrap();
    started.elapsed().as_secs_f64() * 1e3
}

fn percentile(took: &mut [f64], share: f64) -> f64 {
    took.sort_unstable_by(f64::total_cmp);
    let last = took.len().saturating_sub(1);
    took.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0)
}

fn read(file: &Path) -> Option<Document> {
    let read = pages::read(file)?;
    Some(Document {
        capture: file.display().to_string(),
        title: read.title.unwrap_or_default(),
        url: format!("https://example.org/{}", file.display()),
        language: read.language,
        published: None,
        text: read.text,
    })
}

fn size_of(folder: &Path) -> f64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len() as f64).sum()
}

/// Tantivy with its default tokenizer.
struct Theirs {
    index: tantivy::Index,
    seconds: f64,
    size: f64,
}

impl Theirs {
    fn new(documents: &[Document], folder: &Path) -> Self {
        std::fs::create_dir(folder).unwrap();
        let mut schema = Schema::builder();
        let id = schema.add_text_field("id", STRING | STORED);
        let title = schema.add_text_field("title", TEXT | STORED);
        let body = schema.add_text_field("body", TEXT);
        let started = Instant::now();
        let index = tantivy::Index::create_in_dir(folder, schema.build()).unwrap();
        let mut writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
        for document in documents {
            let stored = doc!(id => document.capture.as_str(), title => document.title.as_str(), body => document.text.as_str());
            writer.add_document(stored).unwrap();
        }
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        let (seconds, size) = (started.elapsed().as_secs_f64(), size_of(folder));
        println!("tantivy's default: {seconds:.1} s, {:.0} MB", size / 1e6);
        Self { index, seconds, size }
    }

    fn time(&self, query: &str) -> f64 {
        let schema = self.index.schema();
        let (id, body) = (schema.get_field("id").unwrap(), schema.get_field("body").unwrap());
        let parser = QueryParser::for_index(&self.index, vec![body]);
        let searcher = self.index.reader().unwrap().searcher();
        let started = Instant::now();
        let query = parser.parse_query(query).unwrap();
        let top = TopDocs::with_limit(20).order_by_score();
        let (found, _) = searcher.search(&query, &(top, Count)).unwrap();
        for (_, address) in found {
            let document: TantivyDocument = searcher.doc(address).unwrap();
            std::hint::black_box(document.get_first(id).is_some());
        }
        started.elapsed().as_secs_f64() * 1e3
    }

    fn find_all(&self, query: &str) -> BTreeSet<String> {
        let schema = self.index.schema();
        let (id, body) = (schema.get_field("id").unwrap(), schema.get_field("body").unwrap());
        let query = QueryParser::for_index(&self.index, vec![body]).parse_query(query).unwrap();
        let searcher = self.index.reader().unwrap().searcher();
        let count = searcher.search(&query, &Count).unwrap();
        let top = TopDocs::with_limit(count.max(1)).order_by_score();
        let found = searcher.search(&query, &top).unwrap();
        found
            .into_iter()
            .map(|(_, address)| {
                let document: TantivyDocument = searcher.doc(address).unwrap();
                document.get_first(id).unwrap().as_str().unwrap().to_owned()
            })
            .collect()
    }
}

/// Words drawn from the texts, always the same from the same texts.
fn words(documents: &[Document]) -> Vec<(&'static str, Vec<String>)> {
    let mut state = 20_261_130_u64;
    let mut draw = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    let of = |tags: &[&str]| -> Vec<&Document> {
        let is_one =
            |document: &&Document| tags.iter().any(|tag| document.language.starts_with(tag));
        documents.iter().filter(is_one).collect()
    };
    let jieba = Jieba::new();
    let mut kinds = Vec::new();
    for (kind, tags, wanted) in [
        ("Han words", &["zh"][..], HAN),
        ("Tibetan script", &["dz", "bo"][..], OTHERS),
        ("Uyghur", &["ug"][..], OTHERS),
        ("letters", &["en", "ru", "de"][..], OTHERS),
    ] {
        let texts = of(tags);
        let mut drawn = BTreeSet::new();
        for _ in 0..wanted * 50 {
            if drawn.len() == wanted || texts.is_empty() {
                break;
            }
            let Some(document) = texts.get(draw(texts.len())) else { continue };
            let lines: Vec<&str> = document.text.lines().collect();
            let Some(line) = lines.get(draw(lines.len())) else { continue };
            let candidates: Vec<String> = match kind {
                "Han words" => jieba
                    .cut(line, false)
                    .into_iter()
                    .map(|token| token.word.to_owned())
                    .filter(|word| word.chars().count() == 2 && word.chars().all(is_han))
                    .collect(),
                "Tibetan script" => {
                    let syllables: Vec<&str> =
                        line.split(|c| !is_tibetan(c)).filter(|s| !s.is_empty()).collect();
                    let length = 1 + draw(3);
                    let rows = syllables.windows(length);
                    rows.map(|row| row.join("་")).filter(|word| line.contains(word)).collect()
                }
                _ => line
                    .split(|c: char| !c.is_alphanumeric())
                    .filter(|word| {
                        word.chars().count() > 2 && word.chars().all(char::is_alphabetic)
                    })
                    .map(str::to_lowercase)
                    .collect(),
            };
            if let Some(word) = candidates.get(draw(candidates.len())) {
                drawn.insert(word.clone());
            }
        }
        kinds.push((kind, drawn.into_iter().collect()));
    }
    kinds
}

fn stands_in(kind: &str, word: &Finder<'_>, text: &str) -> bool {
    let is_part: fn(char) -> bool = match kind {
        "Han words" => |_| false,
        "Tibetan script" => is_tibetan,
        _ => |c| c.is_alphanumeric() || ('\u{300}'..='\u{36F}').contains(&c),
    };
    word.find_iter(text.as_bytes()).any(|at| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let behind = text.get(at + word.needle().len()..).and_then(|behind| behind.chars().next());
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}

fn is_han(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

/// Letters, vowels and digits; tsheg and signs divide.
fn is_tibetan(c: char) -> bool {
    matches!(c, '\u{F20}'..='\u{F33}' | '\u{F35}' | '\u{F37}' | '\u{F39}' | '\u{F40}'..='\u{F84}' | '\u{F86}'..='\u{FBC}')
}
