//! What Tesseract prints: a table of words with their boxes (its configuration `tsv`).

use crate::picture::Area;

/// A line of writing that was recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct OcrLine {
    /// Its words as one string.
    pub text: String,
    /// Where it stands.
    pub area: Area,
    /// How sure Tesseract is of it, from 0 to 1: the mean over its characters.
    pub confidence: f32,
}

/// Lines less certain than this are very uncertain.
const UNCERTAIN: f32 = 0.35;

impl OcrLine {
    /// Whether hardly anything of it can be believed.
    pub fn is_uncertain(&self) -> bool {
        self.confidence < UNCERTAIN
    }

    /// This line and what goes on behind it, as one.
    pub(super) fn followed_by(mut self, other: Self) -> Self {
        let (own, more) = (self.text.chars().count() as f32, other.text.chars().count() as f32);
        let sum = self.confidence * own + other.confidence * more;
        self.confidence = sum / (own + more).max(1.0);
        if let (Some(before), Some(after)) = (self.text.chars().last(), other.text.chars().next())
            && parted(before, after)
        {
            self.text.push(' ');
        }
        self.text.push_str(&other.text);
        self.area = self.area.union(&other.area);
        self
    }
}

/// The lines of a table, top to bottom as Tesseract orders them. Rows that make no sense are passed over: the table comes
/// from a program that read hostile bytes.
pub fn lines_of(table: &str) -> Vec<OcrLine> {
    let mut lines: Vec<([u32; 3], Line)> = Vec::new();
    for row in table.lines() {
        let Some((place, area, confidence, word)) = word_of(row) else { continue };
        match lines.last_mut() {
            Some((last, line)) if *last == place => line.push(&word, area, confidence),
            _ => {
                let mut line = Line { text: String::new(), area, sum: 0.0, letters: 0 };
                line.push(&word, area, confidence);
                lines.push((place, line));
            }
        }
    }
    let finished = lines.into_iter().map(|(_, line)| OcrLine {
        confidence: line.sum / line.letters.max(1) as f32,
        text: line.text,
        area: line.area,
    });
    finished.collect()
}

struct Line {
    text: String,
    area: Area,
    sum: f32,
    letters: usize,
}

impl Line {
    fn push(&mut self, word: &str, area: Area, confidence: f32) {
        if let (Some(before), Some(after)) = (self.text.chars().last(), word.chars().next())
            && parted(before, after)
        {
            self.text.push(' ');
        }
        self.text.push_str(word);
        self.area = self.area.union(&area);
        let letters = word.chars().count();
        self.letters += letters;
        self.sum += confidence * letters as f32;
    }
}

/// Whether a space stands between two words that Tesseract parts: not in Han, where it parts every few characters, and in
/// Tibetan only behind a shad.
fn parted(before: char, after: char) -> bool {
    let han = |letter: char| matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{323af}');
    let tibetan = |letter: char| matches!(letter, '\u{f00}'..='\u{fff}');
    let shad = |letter: char| matches!(letter, '\u{f0d}'..='\u{f12}' | '\u{f14}');
    if han(before) || han(after) {
        return false;
    }
    if tibetan(before) && tibetan(after) {
        return shad(before) && !shad(after);
    }
    true
}

/// One word of the table: block, paragraph and line; box; confidence from 0 to 1; the word.
fn word_of(row: &str) -> Option<([u32; 3], Area, f32, String)> {
    let mut cells = row.split('\t');
    if cells.next()? != "5" {
        return None;
    }
    let mut number = || cells.next()?.parse::<u32>().ok();
    let _page = number()?;
    let place = [number()?, number()?, number()?];
    let _word = number()?;
    let area = Area { left: number()?, top: number()?, width: number()?, height: number()? };
    let confidence: f32 = cells.next()?.parse().ok()?;
    let word: String = cells.next()?.chars().filter(|letter| !letter.is_control()).collect();
    let word = word.trim().to_owned();
    (confidence.is_finite() && !word.is_empty()).then_some((
        place,
        area,
        (confidence / 100.0).clamp(0.0, 1.0),
        word,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_line_are_joined_as_their_script_wants() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            4\t1\t1\t1\t1\t0\t0\t0\t90\t10\t-1\t\n\
            5\t1\t1\t1\t1\t1\t10\t5\t20\t10\t90\t采集\n\
            5\t1\t1\t1\t1\t2\t30\t4\t20\t12\t70\t血样\n\
            5\t1\t1\t1\t2\t1\t10\t25\t20\t10\t96\tblood\n\
            5\t1\t1\t1\t2\t2\t40\t25\t20\t10\t96\tsamples\n\
            5\t1\t1\t1\t3\t1\t10\t45\t20\t10\t96\tཡིན།\n\
            5\t1\t1\t1\t3\t2\t40\t45\t20\t10\t96\tཁྲག་\n\
            5\t1\t1\t1\t3\t3\t60\t45\t20\t10\t96\tགི\n";
        let lines = lines_of(table);
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["采集血样", "blood samples", "ཡིན། ཁྲག་གི"]);
        assert_eq!(lines[0].area, Area { left: 10, top: 4, width: 40, height: 12 });
        assert!((lines[0].confidence - 0.8).abs() < 1e-6);
    }

    #[test]
    fn rows_that_make_no_sense_are_passed_over() {
        for row in [
            "",
            "5",
            "5\t1\t1\t1\t1\t1\t-4\t0\t1\t1\t90\tx",
            "5\t1\t1\t1\t1\t1\t4\t0\t1\t1\tNaN\tx",
            "5\t1\t1\t1\t1\t1\t4\t0\t1\t1\t90\t \u{7}",
            "5\t1\t1\t1\t1\t1\t4\t0\t99999999999\t1\t90\tx",
        ] {
            assert_eq!(lines_of(row), [], "{row:?}");
        }
    }
}
