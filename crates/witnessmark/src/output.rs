//! What is printed: tables that align in every script, errors with hints, JSON.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use witnessmark_case::CaseError;

/// Prints one JSON document and a newline.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<(), CaseError> {
    raw(&serde_json::to_string(value)?)
}

/// Prints a line for people. What a hostile page could move the cursor or turn the text around with is shown as its code.
pub(crate) fn line(text: &str) -> Result<(), CaseError> {
    raw(&harmless(text))
}

/// Prints prose: on a terminal broken between words at its width, elsewhere as one line.
pub(crate) fn prose(text: &str) -> Result<(), CaseError> {
    if !std::io::stdout().is_terminal() {
        return line(text);
    }
    let indent: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut row = String::new();
    for word in text.split_whitespace() {
        if !row.is_empty() && indent.len() + row.width() + 1 + word.width() > width() {
            line(&format!("{indent}{row}"))?;
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    line(&format!("{indent}{row}"))
}

/// Prints a text letter by letter where a program reads it, and as a line for people on a terminal.
pub(crate) fn quotable(text: &str) -> Result<(), CaseError> {
    if std::io::stdout().is_terminal() { line(text) } else { raw(text) }
}

/// Whoever reads stdout may have gone away (`| head`): then the command goes on without it.
fn raw(text: &str) -> Result<(), CaseError> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(cause) => Err(CaseError::file("write to", std::path::Path::new("stdout"), &cause)),
    }
}

/// The text with control characters and overrides of the writing direction shown as `<U+001B>`.
fn harmless(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if harmful(character) {
            shown.push_str(&format!("<U+{:04X}>", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// `1 number`, `2 numbers`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Prints an error: a fact, then what to do.
pub(crate) fn error(error: &CaseError) {
    let (red, blue, end) = if colours(&std::io::stderr()) {
        ("\x1b[1;31m", "\x1b[1;36m", "\x1b[0m")
    } else {
        ("", "", "")
    };
    for fact in error.fact.lines() {
        eprintln!("{red}error:{end} {}", harmless(fact));
    }
    if let Some(hint) = error.hint.as_deref().filter(|hint| !hint.is_empty()) {
        eprintln!("{blue}hint:{end} {}", harmless(hint));
    }
}

/// Prints a message that is neither an answer nor an error.
pub(crate) fn note(quiet: bool, text: &str) {
    if !quiet {
        eprintln!("{text}");
    }
}

/// The width that a line may take.
pub(crate) fn width() -> usize {
    let seen = terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0));
    seen.filter(|columns| *columns >= 40).unwrap_or(80).min(160)
}

/// A table whose columns align whatever the script: cells are padded and cut by the columns that they take on a terminal.
/// The last column takes what the others leave of the line.
pub(crate) struct Columns {
    limits: Vec<usize>,
    rows: Vec<Vec<String>>,
}

/// A limit for the last column, which has none but the screen's.
pub(crate) const REST: usize = usize::MAX;
/// The last column is never narrower than this.
const LEAST: usize = 16;

impl Columns {
    /// A table with these headings. A column is never wider than its limit.
    pub(crate) fn new(headings: &[(&str, usize)]) -> Self {
        let limits = headings.iter().map(|(_, limit)| *limit).collect();
        Self {
            limits,
            rows: vec![headings.iter().map(|(heading, _)| (*heading).to_owned()).collect()],
        }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        let cut = cells.iter().zip(&self.limits).map(|(cell, limit)| fit(cell, *limit));
        self.rows.push(cut.collect());
    }

    /// Prints the table, without spaces at line ends.
    pub(crate) fn print(&self) -> Result<(), CaseError> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let last = self.limits.len().saturating_sub(1);
        let widths: Vec<usize> = (0..last).map(width).collect();
        let room =
            self::width().saturating_sub(widths.iter().map(|width| width + 2).sum()).max(LEAST);
        for row in &self.rows {
            let mut text = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                text.push_str(cell);
                text.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
            }
            if let Some(cell) = row.get(last) {
                text.push_str(&fit(cell, room));
            }
            line(text.trim_end())?;
        }
        Ok(())
    }
}

/// `text` on one line, cut to `limit` columns of the terminal.
///
/// A character that combines with the one before (Tibetan stacks, Arabic marks) has no width, and is kept with it.
pub(crate) fn fit(text: &str, limit: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.width() <= limit {
        return flat;
    }
    let (mut cut, mut used) = (String::new(), 0);
    for character in flat.chars() {
        let width = character.width().unwrap_or(0);
        if used + width > limit.saturating_sub(1) {
            break;
        }
        used += width;
        cut.push(character);
    }
    cut.push('…');
    cut
}

/// The beginning of an id that people type: the prefix and ten letters.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(id.find('-').map_or(14, |at| at + 11)).collect()
}

/// A number of bytes, for people.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.1} GB", count as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_a_page_reaches_the_terminal_as_a_command() {
        let cases = [
            ("\u{1b}]0;title\u{7}", "<U+001B>]0;title<U+0007>"),
            ("abc\u{202e}def", "abc<U+202E>def"),
            ("a\tb\nبۇ", "a\tb\nبۇ"),
        ];
        for (text, shown) in cases {
            assert_eq!(harmless(text), shown);
        }
    }

    #[test]
    fn cells_are_cut_by_the_columns_they_take() {
        let cases = [
            ("short", 10, "short"),
            ("exactly ten", 10, "exactly t…"),
            ("西藏自治区人民", 8, "西藏自…"),
            ("two\n lines", 20, "two lines"),
            ("བོད་ཡིག་གི་དཔེ་", 40, "བོད་ཡིག་གི་དཔེ་"),
        ];
        for (text, limit, expected) in cases {
            assert_eq!(fit(text, limit), expected);
            assert!(fit(text, limit).width() <= limit);
        }
    }
}
