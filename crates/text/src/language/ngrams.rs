//! Languages that share a script, told apart by how often each writes which letters in a row.
//!
//! The table is in `data/languages`, a file for each script, and for Latin letters one more. A line such as `@Latn en:9006 de:8906 …`
//! names the languages and what a hundred letters of each score on average. Every other line is a row of one to four letters, `_`
//! standing for a word's border, and pairs of signs: which language, and how much more often than once in thirty thousand rows the
//! language writes it, as eight times the natural logarithm. Sums of these are log-likelihoods, as a naive Bayes classifier has them
//! (Cavnar and Trenkle 1994 count the same rows and rank them). `cargo run -p xtask -- languages` makes the table, and the head of
//! each file says of which texts.

use std::sync::LazyLock;

use super::script::Script;

/// The files of a script.
fn files(script: Script) -> &'static [&'static str] {
    match script {
        Script::Latn => &[
            include_str!("../../data/languages/latn.tsv"),
            include_str!("../../data/languages/latn-four.tsv"),
        ],
        Script::Cyrl => &[include_str!("../../data/languages/cyrl.tsv")],
        Script::Arab => &[include_str!("../../data/languages/arab.tsv")],
        Script::Deva => &[include_str!("../../data/languages/deva.tsv")],
        Script::Hebr => &[include_str!("../../data/languages/hebr.tsv")],
        _ => &[],
    }
}

/// The first of the signs that stand for numbers; the others follow in the order of ASCII.
const ZERO: u8 = b'!';

/// A word's border among letters.
const BORDER: u16 = b'_' as u16;

/// A language of a table.
#[derive(Debug)]
pub(super) struct Known {
    /// Its BCP 47 tag.
    pub(super) tag: &'static str,
    /// What a hundred letters of it score on average.
    pub(super) typical: u32,
}

/// What is known of the languages of one script.
#[derive(Debug)]
pub(super) struct Table {
    script: Script,
    /// The languages, in the order of every list of scores.
    pub(super) languages: Vec<Known>,
    /// Rows of letters by their hash; 0 marks a free place.
    slots: Vec<Slot>,
    postings: Vec<Posting>,
    /// Rows that so many languages write that all their weights are kept, zeros among them: they are added faster.
    full: Vec<[u8; Table::MOST]>,
    shift: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    key: u64,
    /// The first of its postings, or its place among the full rows.
    start: u32,
    /// How many postings it has; [`FULL`] if it is a full row.
    length: u32,
}

/// Marks a row whose weights are kept in full.
const FULL: u32 = u32::MAX;

/// From so many languages on, a row is kept in full.
const MANY: usize = 20;

#[derive(Clone, Copy, Debug)]
struct Posting {
    language: u8,
    weight: u8,
}

/// What a text scores for each language of a table.
#[derive(Clone, Debug)]
pub(super) struct Scores {
    /// In the order of [`Table::languages`].
    pub(super) by_language: [u32; Table::MOST],
    /// How many letters were looked at.
    pub(super) letters: u32,
}

impl Table {
    /// The most languages that a table can have.
    pub(super) const MOST: usize = 96;

    /// What a score of a natural logarithm is.
    pub(super) const SCALE: f64 = 8.0;

    /// The table of a script, if several languages write it.
    pub(super) fn of(script: Script) -> Option<&'static Table> {
        Some(match script {
            Script::Latn => &LATIN,
            Script::Cyrl => &CYRILLIC,
            Script::Arab => &ARABIC,
            Script::Deva => &DEVANAGARI,
            Script::Hebr => &HEBREW,
            _ => return None,
        })
    }

    fn read(script: Script) -> Table {
        let mut languages = Vec::new();
        let mut rows = Vec::new();
        let mut postings = Vec::new();
        let mut full = Vec::new();
        for line in files(script).iter().flat_map(|file| file.lines()) {
            if let Some(known) = line.strip_prefix('@') {
                languages = known.split(' ').filter_map(Known::read).take(Table::MOST).collect();
            }
            let Some((letters, pairs)) = line.split_once('\t') else { continue };
            let start = postings.len();
            for pair in pairs.as_bytes().chunks_exact(2) {
                if let [language, weight] = *pair {
                    let (language, weight) =
                        (language.saturating_sub(ZERO), weight.saturating_sub(ZERO));
                    if usize::from(language) < languages.len() {
                        postings.push(Posting { language, weight });
                    }
                }
            }
            let key = letters
                .chars()
                .take(4)
                .fold(0, |key, c| key << 16 | u64::from(u16::try_from(c as u32).unwrap_or(0)));
            let row = postings.get(start..).unwrap_or(&[]);
            if row.len() < MANY {
                let length = row.len() as u32;
                rows.push(Slot { key, start: start as u32, length });
                continue;
            }
            let mut weights = [0; Table::MOST];
            for posting in row {
                if let Some(weight) = weights.get_mut(usize::from(posting.language)) {
                    *weight = posting.weight;
                }
            }
            postings.truncate(start);
            rows.push(Slot { key, start: full.len() as u32, length: FULL });
            full.push(weights);
        }
        let size = (rows.len() * 2).next_power_of_two().max(16);
        let mut table = Table {
            script,
            languages,
            slots: vec![Slot::default(); size],
            postings,
            full,
            shift: u64::BITS - size.trailing_zeros(),
        };
        for row in rows {
            let mut at = table.place(row.key);
            while table.slots.get(at).is_some_and(|slot| slot.key != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = table.slots.get_mut(at) {
                *slot = row;
            }
        }
        table
    }

    fn place(&self, key: u64) -> usize {
        // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    #[inline]
    fn slot(&self, key: u64) -> Option<&Slot> {
        let mask = self.slots.len() - 1;
        let mut at = self.place(key);
        loop {
            match self.slots.get(at) {
                Some(slot) if slot.key == key => return Some(slot),
                Some(slot) if slot.key != 0 => at = (at + 1) & mask,
                _ => return None,
            }
        }
    }

    /// Scores a text by its first letters of the table's script, so many at most, to the end of a word.
    pub(super) fn score(&self, text: &str, letters: u32) -> Scores {
        let mut scores = Scores { by_language: [0; Table::MOST], letters: 0 };
        self.add(text, letters, &mut scores);
        scores
    }

    /// Adds the scores of a text, as [`Table::score`] gives them.
    pub(super) fn add(&self, text: &str, letters: u32, scores: &mut Scores) {
        // The letters of the word so far, the last of them lowest; and how many, with the border.
        let (mut key, mut length) = (u64::from(BORDER), 1);
        let last = scores.letters + letters;
        // Letters behind a digit are of a code or a unit, not of a word.
        let mut coded = false;
        for c in text.chars() {
            if let Some(code) = self.letter(c) {
                if code != 0 && !coded {
                    scores.letters += 1;
                    key = key << 16 | u64::from(code);
                    length += 1;
                    self.add_rows(key, length, code, scores);
                }
                continue;
            }
            coded = c.is_ascii_digit();
            if length > 1 {
                key = key << 16 | u64::from(BORDER);
                self.add_rows(key, length + 1, BORDER, scores);
                if scores.letters >= last {
                    return;
                }
                (key, length) = (u64::from(BORDER), 1);
            }
        }
        if length > 1 {
            key = key << 16 | u64::from(BORDER);
            self.add_rows(key, length + 1, BORDER, scores);
        }
    }

    /// Adds what the rows of letters score that end with the last letter of the key.
    #[inline]
    fn add_rows(&self, key: u64, length: u32, last: u16, scores: &mut Scores) {
        if last > 127 {
            self.add_row(u64::from(last), scores);
        }
        self.add_row(key & 0xFFFF_FFFF, scores);
        if length > 2 {
            self.add_row(key & 0xFFFF_FFFF_FFFF, scores);
        }
        if length > 3 {
            self.add_row(key, scores);
        }
    }

    #[inline]
    fn add_row(&self, key: u64, scores: &mut Scores) {
        let Some(slot) = self.slot(key) else { return };
        let start = slot.start as usize;
        if slot.length == FULL {
            if let Some(weights) = self.full.get(start) {
                for (score, weight) in scores.by_language.iter_mut().zip(weights) {
                    *score += u32::from(*weight);
                }
            }
            return;
        }
        for posting in self.postings.get(start..start + slot.length as usize).unwrap_or(&[]) {
            if let Some(score) = scores.by_language.get_mut(usize::from(posting.language)) {
                *score += u32::from(posting.weight);
            }
        }
    }

    /// The lower case of a letter of this script; 0 for what stands in words without being a letter, such as vowel points; none
    /// for all else.
    #[inline]
    fn letter(&self, c: char) -> Option<u16> {
        if c.is_ascii() {
            return (self.script == Script::Latn && c.is_ascii_alphabetic())
                .then(|| u16::from(c.to_ascii_lowercase() as u8));
        }
        if Script::of(c) == Some(self.script) {
            return u16::try_from(lower(c) as u32).ok();
        }
        matches!(
            c,
            '\u{AD}' | '\u{200C}' | '\u{200D}'
                | '\u{300}'..='\u{36F}'
                | '\u{591}'..='\u{5CF}'
                | '\u{640}'
                | '\u{64B}'..='\u{65F}'
                | '\u{670}'
        )
        .then_some(0)
    }
}

/// The lower case of a letter, where that is one letter.
fn lower(c: char) -> char {
    if ('\u{5D0}'..='\u{97F}').contains(&c) {
        return c;
    }
    match c {
        // In Turkish its own small letter; elsewhere it is rare.
        'İ' => 'i',
        'А'..='Я' => char::from_u32(c as u32 + 0x20).unwrap_or(c),
        'а'..='я' => c,
        _ => {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(letter), None) => letter,
                _ => c,
            }
        }
    }
}

impl Known {
    /// Reads `en:512`.
    fn read(word: &'static str) -> Option<Known> {
        let (tag, typical) = word.split_once(':')?;
        Some(Known { tag, typical: typical.parse().ok()? })
    }
}

static LATIN: LazyLock<Table> = LazyLock::new(|| Table::read(Script::Latn));
static CYRILLIC: LazyLock<Table> = LazyLock::new(|| Table::read(Script::Cyrl));
static ARABIC: LazyLock<Table> = LazyLock::new(|| Table::read(Script::Arab));
static DEVANAGARI: LazyLock<Table> = LazyLock::new(|| Table::read(Script::Deva));
static HEBREW: LazyLock<Table> = LazyLock::new(|| Table::read(Script::Hebr));

#[cfg(test)]
mod tests {
    use super::{Script, Table, ZERO, files};

    const SCRIPTS: [Script; 5] =
        [Script::Latn, Script::Cyrl, Script::Arab, Script::Deva, Script::Hebr];

    /// The scores by reading the table's lines one by one.
    fn slowly(script: Script, word: &str) -> Vec<u32> {
        let bordered: Vec<char> = format!("_{word}_").chars().collect();
        let mut scores = vec![0; Table::of(script).unwrap().languages.len()];
        for line in files(script).iter().flat_map(|file| file.lines()) {
            let Some((letters, pairs)) = line.split_once('\t') else { continue };
            let letters: Vec<char> = letters.chars().collect();
            let times = bordered.windows(letters.len()).filter(|row| *row == letters).count();
            for pair in pairs.as_bytes().chunks(2) {
                scores[usize::from(pair[0] - ZERO)] += u32::from(pair[1] - ZERO) * times as u32;
            }
        }
        scores
    }

    #[test]
    fn every_script_has_its_languages() {
        for script in SCRIPTS {
            let table = Table::of(script).unwrap();
            assert!(table.languages.len() >= 2 && table.languages.len() <= Table::MOST);
            assert!(table.languages.iter().all(|known| known.typical > 1000), "{script:?}");
        }
    }

    #[test]
    fn scores_as_the_table_says() {
        for (script, text, word) in [
            (Script::Latn, "¡WÖRTER!", "wörter"),
            (Script::Latn, "a", "a"),
            (Script::Cyrl, "Қалада ", "қалада"),
            (Script::Arab, "«كِتاب»", "كتاب"),
            (Script::Deva, "हामी।", "हामी"),
            (Script::Hebr, "שנה", "שנה"),
        ] {
            let table = Table::of(script).unwrap();
            let scores = table.score(text, 100);
            let expected = slowly(script, word);
            assert_eq!(scores.by_language[..expected.len()], expected, "{word}");
            assert_eq!(scores.letters as usize, word.chars().count());
            assert!(expected.iter().any(|score| *score > 0), "{word}");
        }
    }

    #[test]
    fn letters_of_codes_do_not_count() {
        let table = Table::of(Script::Latn).unwrap();
        assert_eq!(table.score("9abc 12ff", 100).letters, 0);
        assert_eq!(table.score("the 9abc end", 100).letters, 6);
    }
}
