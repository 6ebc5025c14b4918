//! Builds the table of letters in a row by which `witnessmark-text` tells languages of one script apart.
//!
//! For each language of `sources.tsv` its texts are cut into words, and every row of one to four letters of them is counted, a
//! word's border being a letter too. A row's weight is eight times the logarithm of how much more often than [`FLOOR`] the language
//! writes it, among its rows of that length. The table keeps, for every language, the [`ROWS`] rows that do most to set it apart
//! from the average language of its script.

mod letters;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use letters::{Row, rows_of};
pub(crate) use sources::download;
use sources::{Language, Sources};

/// A share of rows so small that texts of these lengths hardly show it: what is rarer counts as this rare.
const FLOOR: f64 = 3e-5;

/// Rows that each language brings into the table: fewer where so many languages share a script that they bring enough together.
const ROWS: usize = 1300;
const ROWS_AMONG_MANY: usize = 800;
const MANY: usize = 30;

/// A row must stand in a language's texts so often to be brought in by it, and so often to be counted for it.
const BROUGHT: u32 = 3;
const COUNTED: u32 = 2;

/// The weights' unit, as parts of a natural logarithm.
const SCALE: f64 = 8.0;

/// The first sign of the numbers, and the highest number.
const ZERO: u8 = b'!';
const MOST: u32 = 93;

/// The table's files, by name, and a line about each script. No file is so large that nobody opens it: rows of four Latin letters
/// are in one of their own.
pub(crate) fn table(folder: &Path) -> Result<(BTreeMap<String, String>, Vec<String>), String> {
    let sources = Sources::open(folder)?;
    let mut files = BTreeMap::new();
    let mut about = Vec::new();
    for script in ["Latn", "Cyrl", "Arab", "Deva", "Hebr"] {
        let languages: Vec<&Language> =
            sources.languages.iter().filter(|language| language.script == script).collect();
        let section = Section::new(script, &languages);
        about.push(format!(
            "{script}: {} languages, {} rows of letters",
            languages.len(),
            section.weights.len()
        ));
        let mut head = String::new();
        for line in &sources.described {
            let _ = writeln!(head, "# {line}");
        }
        let name = script.to_ascii_lowercase();
        let apart = languages.len() > MANY;
        if apart {
            let rows = section.rows(|row| row.length() == 4);
            files.insert(format!("{name}-four.tsv"), format!("{head}{rows}"));
        }
        let _ = write!(head, "@{script}");
        for (at, language) in languages.iter().enumerate() {
            let _ = write!(head, " {}:{}", language.tag, section.typical(at, language));
        }
        let rows = section.rows(|row| !apart || row.length() < 4);
        files.insert(format!("{name}.tsv"), format!("{head}\n{rows}"));
    }
    Ok((files, about))
}

/// What is counted in the texts of one language.
#[derive(Default)]
struct Counts {
    rows: BTreeMap<Row, u32>,
    /// By the length of the row.
    totals: [u32; 5],
}

impl Counts {
    fn of(script: &str, language: &Language) -> Self {
        let mut counts = Self::default();
        for text in &language.texts {
            rows_of(script, text, |row| {
                *counts.rows.entry(row).or_default() += 1;
                if let Some(total) = counts.totals.get_mut(row.length()) {
                    *total += 1;
                }
            });
        }
        counts
    }

    fn share(&self, row: &Row, count: f64) -> f64 {
        count / f64::from(self.totals.get(row.length()).copied().unwrap_or(0).max(1))
    }

    fn weight(&self, row: &Row) -> u32 {
        let count = self.rows.get(row).copied().unwrap_or(0);
        if count < COUNTED {
            return 0;
        }
        // Half a count less: what was seen seldom was seen by luck.
        let share = self.share(row, f64::from(count) - 0.5);
        ((share / FLOOR).ln() * SCALE).round().clamp(0.0, f64::from(MOST)) as u32
    }
}

/// The rows of one script that the table keeps.
struct Section<'s> {
    script: &'s str,
    /// In the order of the languages.
    weights: BTreeMap<Row, Vec<u32>>,
}

impl<'s> Section<'s> {
    fn new(script: &'s str, languages: &[&Language]) -> Self {
        let counts: Vec<Counts> =
            languages.iter().map(|language| Counts::of(script, language)).collect();
        let mut all: BTreeMap<Row, Vec<u32>> = BTreeMap::new();
        for own in &counts {
            for (row, _) in own.rows.iter().filter(|(_, count)| **count >= BROUGHT) {
                all.entry(*row)
                    .or_insert_with(|| counts.iter().map(|counts| counts.weight(row)).collect());
            }
        }
        let brings = if languages.len() > MANY { ROWS_AMONG_MANY } else { ROWS };
        let mut kept: BTreeSet<Row> = BTreeSet::new();
        for (at, own) in counts.iter().enumerate() {
            let mut useful: Vec<(f64, Row)> = Vec::new();
            for (row, count) in own.rows.iter().filter(|(_, count)| **count >= BROUGHT) {
                let Some(weights) = all.get(row) else { continue };
                let mean = f64::from(weights.iter().sum::<u32>()) / weights.len() as f64;
                let ahead = f64::from(weights.get(at).copied().unwrap_or(0)) - mean;
                useful.push((own.share(row, f64::from(*count)) * ahead.max(0.0), *row));
            }
            useful.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            kept.extend(useful.into_iter().take(brings).map(|(_, row)| row));
        }
        all.retain(|row, _| kept.contains(row));
        Section { script, weights: all }
    }

    /// What a hundred letters of a language's own texts score for it on average.
    fn typical(&self, at: usize, language: &Language) -> u64 {
        let (mut score, mut letters) = (0, 0);
        for text in &language.texts {
            letters += rows_of(self.script, text, |row| {
                let weight = self.weights.get(&row).and_then(|weights| weights.get(at));
                score += u64::from(weight.copied().unwrap_or(0));
            });
        }
        score * 100 / letters.max(1)
    }

    /// The lines of some of the rows.
    fn rows(&self, which: impl Fn(&Row) -> bool) -> String {
        let mut lines = String::new();
        for (row, weights) in self.weights.iter().filter(|(row, _)| which(row)) {
            let _ = write!(lines, "{row}\t");
            for (at, weight) in (0..=u8::MAX).zip(weights) {
                if *weight > 0 {
                    lines.push(char::from(ZERO + at));
                    lines.push(char::from(ZERO + *weight as u8));
                }
            }
            lines.push('\n');
        }
        lines
    }
}
