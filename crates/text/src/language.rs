//! Which language and script a text is in, and each of its runs.
//!
//! Letters are counted by script first, because a script often decides the language. Han characters, Tibetan and Bengali letters
//! are told apart by signs that one language writes; Latin, Cyrillic, Arabic, Devanagari and Hebrew letters by how often each
//! language writes which of them in a row ([`ngrams`]). Too little text, or letters that are no text of any known language, give
//! `und`.

use serde::Serialize;

mod han;
mod ngrams;
mod runs;
mod script;
mod tibetan;

use ngrams::{Scores, Table};
pub use runs::{LanguageRun, language_runs};
use script::{Counts, Script};

/// The language and script of a text, and how sure that is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Language {
    /// A BCP 47 tag such as `bo`, `zh-Hans` or `en`; `und` where the text does not tell.
    pub language: String,
    /// The script most letters are in, by its ISO 15924 code; `Zyyy` where there are no letters.
    pub script: String,
    /// From 0 (no idea) to 1 (certain). By rule where a script or a sign decides; otherwise by how far the language is ahead of
    /// the next, and how like that language's texts the letters are.
    pub confidence: f64,
}

/// Only this many characters of a text are looked at.
const SAMPLE: usize = 40_000;

/// About this many letters are compared with the table: more of them change no answer.
const LETTERS: u32 = 240;

/// Finds the language and script of a text. The same text always gives the same answer.
pub fn detect_language(text: &str) -> Language {
    let sample = head(text);
    let counts = Counts::of(sample);
    let Some((script, weight, share)) = counts.leading() else {
        return answer("und", "Zyyy", 0.0);
    };
    if let Some(table) = Table::of(script) {
        return by_letters(table, script, sample, weight, share);
    }
    // A word or two in a script that one language writes is a hint, a line is proof.
    let size = f64::from(weight.min(20)) / 20.0;
    let sure =
        |language: &str, code: &str| answer(language, code, (0.5 + 0.5 * size) * share.sqrt());
    if let Some(language) = script.only_language() {
        return sure(language, script.code());
    }
    match script {
        Script::Tibt => sure(tibetan::Signs::of(sample).language(), "Tibt"),
        Script::Beng => sure(bengali(sample), "Beng"),
        Script::Hani if is_japanese(counts.get(Script::Kana), counts.get(Script::Hani)) => {
            sure("ja", "Jpan")
        }
        Script::Hani => {
            let (language, code) = han::Signs::of(sample).variety();
            sure(language, code)
        }
        _ => answer("und", "Zyyy", 0.0),
    }
}

/// Whether Han characters beside so many kana are Japanese.
fn is_japanese(kana: u32, han: u32) -> bool {
    kana * 10 > kana + han
}

/// Assamese has two letters of its own.
fn bengali(text: &str) -> &'static str {
    if text.contains(['ৰ', 'ৱ']) { "as" } else { "bn" }
}

fn answer(language: &str, script: &str, confidence: f64) -> Language {
    Language {
        language: language.to_owned(),
        script: script.to_owned(),
        confidence: (confidence.clamp(0.0, 1.0) * 1000.0).round() / 1000.0,
    }
}

/// The part of the text that is looked at.
fn head(text: &str) -> &str {
    if text.len() <= SAMPLE {
        return text;
    }
    let end = text.char_indices().nth(SAMPLE).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// Asks the table, and admits what it cannot know.
fn by_letters(table: &Table, script: Script, text: &str, weight: u32, share: f64) -> Language {
    let scores = pieces(table, text, weight);
    let verdict = Verdict::of(table, &scores);
    let confidence = verdict.confidence() * share.sqrt();
    if verdict.tells(text) {
        answer(verdict.language, script.code(), confidence)
    } else {
        answer("und", script.code(), confidence.min(0.2))
    }
}

/// Letters that score less than this share of what the language's own texts do are no text of it: names, codes, or a language
/// that is not in the table.
const LEAST_FIT: f64 = 0.5;

/// From so many letters on, the best language is named however little it is ahead.
const LINE: u32 = 40;

/// What the scores of a text say.
#[derive(Debug)]
struct Verdict {
    language: &'static str,
    /// How far the best language is ahead of the next, as a natural logarithm of likelihoods.
    lead: f64,
    /// What a letter scores, as a share of what one of the best language's texts does.
    fit: f64,
    /// How many letters were looked at.
    letters: u32,
}

impl Verdict {
    fn of(table: &Table, scores: &Scores) -> Verdict {
        let (mut best, mut next) = ((0, 0), 0);
        for (at, score) in scores.by_language.iter().enumerate() {
            if *score > best.1 {
                next = best.1;
                best = (at, *score);
            } else if *score > next {
                next = *score;
            }
        }
        let Some(known) = table.languages.get(best.0) else {
            return Verdict { language: "und", lead: 0.0, fit: 0.0, letters: 0 };
        };
        let expected = f64::from(scores.letters.max(1)) * f64::from(known.typical.max(1)) / 100.0;
        Verdict {
            language: known.tag,
            lead: f64::from(best.1 - next) / Table::SCALE,
            fit: f64::from(best.1) / expected,
            letters: scores.letters,
        }
    }

    /// Whether that is enough to name the language of the text that was scored. A short text must be well ahead, and more so where
    /// every word begins with a capital: it is likely a name, and names are at home in many languages.
    fn tells(&self, text: &str) -> bool {
        if self.letters < 3 || self.fit < LEAST_FIT {
            return false;
        }
        if self.letters >= LINE {
            return true;
        }
        let mut initials =
            text.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphabetic()));
        if initials.all(char::is_uppercase) {
            return self.lead >= 12.0 && self.fit >= 0.75;
        }
        let least = if self.letters < LINE / 2 { 5.0 } else { 2.0 };
        self.lead >= least
    }

    /// Rows of letters overlap, so that their likelihoods overstate themselves: the lead counts for a fifth.
    fn confidence(&self) -> f64 {
        let ahead = 1.0 - (-self.lead / 5.0).exp();
        ahead * self.fit.min(1.0)
    }
}

/// Scores all of a short text; of a long one, five pieces from its start to its end.
fn pieces(table: &Table, text: &str, weight: u32) -> Scores {
    const PIECES: u32 = 5;
    if weight <= LETTERS {
        return table.score(text, LETTERS);
    }
    let mut scores = table.score("", 0);
    for number in 0..PIECES {
        let from = text.len() / PIECES as usize * number as usize;
        let piece = text.get(text.ceil_char_boundary(from)..).unwrap_or("");
        // Not from the middle of a word.
        let word = if number == 0 { 0 } else { piece.find(char::is_whitespace).unwrap_or(0) };
        table.add(piece.get(word..).unwrap_or(""), LETTERS / PIECES, &mut scores);
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::detect_language;

    #[test]
    fn says_so_when_there_is_too_little() {
        for text in ["", "ok", "1", "---", "DNA", "2022, 919,282 – 1,206,962"] {
            let found = detect_language(text);
            assert_eq!(found.language, "und", "{text}: {found:?}");
            assert!(found.confidence <= 0.2, "{text}: {found:?}");
        }
    }

    #[test]
    fn looks_at_all_parts_of_a_long_text() {
        let sentence = "Niemand hatte sie gefragt, ob sie damit einverstanden sind. ";
        let text = format!("Home Products News About us Contact Search {}", sentence.repeat(60));
        assert_eq!(detect_language(&text).language, "de");
        // One word without end.
        assert_eq!(detect_language(&"lorem".repeat(30_000)).script, "Latn");
    }
}
