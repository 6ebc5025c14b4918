//! One sheet of a workbook (ECMA-376 part 1, 18.3): its cells, as they are shown.

use std::borrow::Cow;
use std::collections::HashMap;

use super::flow::MAX_TEXT;
use super::number_format::Format;
use super::package::{Package, Relation};
use super::rows::Rows;
use super::xlsx::{Findings, Workbook};
use super::xml::Piece;
use crate::names::shown;

/// The widest row of the format, in cells.
const MAX_COLUMNS: usize = 16_384;

/// A number with as many digits is not what its eight bytes hold, but what somebody wrote: of a document, or a card.
const EXACT_DIGITS: usize = 15;

/// What is printed above and below a sheet.
const MARGINS: &[&str] =
    &["oddHeader", "evenHeader", "firstHeader", "oddFooter", "evenFooter", "firstFooter"];

/// A cell being read.
#[derive(Default)]
struct Cell {
    column: usize,
    kind: String,
    style: usize,
    value: String,
    inline: String,
    has_formula: bool,
}

impl Cell {
    fn shown(&self, book: &Workbook, findings: &mut Findings) -> String {
        let value = match self.kind.as_str() {
            "s" => match self.value.trim().parse().ok().and_then(|index| book.string(index)) {
                Some(words) => words,
                None => {
                    findings.lost_strings += u64::from(!self.value.trim().is_empty());
                    ""
                }
            },
            "b" => return if self.value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "inlineStr" => &self.inline,
            "str" | "e" => &self.value,
            "d" => return self.value.replace('T', " "),
            _ if self.value.is_empty() => &self.inline,
            _ => return self.number(book, findings),
        };
        unescaped(value).into_owned()
    }

    fn number(&self, book: &Workbook, findings: &mut Findings) -> String {
        let written = self.value.trim();
        let Ok(number) = written.parse::<f64>() else { return self.value.clone() };
        let format = book.formats.get(self.style).unwrap_or(&Format::General);
        let mantissa = written.split(['e', 'E']).next().unwrap_or_default();
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        if digits >= EXACT_DIGITS && format.shows_long(number) {
            let is_whole = written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            return if is_whole { written.to_owned() } else { format!("{number:.0}") };
        }
        if format.hides(number) {
            findings.worded += 1;
        }
        format.show(number, book.from_1904)
    }
}

/// Letters that XML cannot hold, written as `_x000D_` (ECMA-376 part 1, 22.9.2.19, ST_Xstring).
fn unescaped(words: &str) -> Cow<'_, str> {
    if !words.contains("_x") {
        return Cow::Borrowed(words);
    }
    let mut text = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        let code = escape.get(2..6).filter(|_| escape.get(6..7) == Some("_"));
        let letter = code
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32);
        match letter {
            Some(letter) => {
                text.push(letter);
                rest = escape.get(7..).unwrap_or_default();
            }
            None => {
                text.push_str("_x");
                rest = escape.get(2..).unwrap_or_default();
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The column of a place such as `AB12`, from 0.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters
        .fold(0_usize, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'@'));
    (1..=MAX_COLUMNS).contains(&number).then(|| number - 1)
}

/// Reads the cells of a sheet, then what is printed above and below it.
pub(crate) fn read(
    package: &mut Package<'_, '_>,
    part: &str,
    sheet: &str,
    parts: &[Relation],
    book: &Workbook,
    findings: &mut Findings,
) {
    let targets: HashMap<&str, &str> =
        parts.iter().map(|one| (one.id.as_str(), one.target.as_str())).collect();
    let Some(mut xml) = package.part(part) else { return };
    let mut flow = std::mem::take(&mut package.flow);
    let mut cell = Cell::default();
    let mut next_column = 0;
    let mut rows = Rows::default();
    let mut margins = Vec::new();
    let (mut in_value, mut in_inline) = (false, false);
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Text(letters) if in_value => cell.value.push_str(letters),
            Piece::Text(letters) if in_inline => cell.inline.push_str(letters),
            Piece::Text(_) => {}
            Piece::Start(name, element) => match name {
                "row" => {
                    next_column = 0;
                    let number = element.get("r");
                    rows.start(number.as_deref().and_then(|number| number.parse().ok()));
                    if element.is_on("hidden", false) && findings.hidden.len() < 10_000 {
                        let number = number.unwrap_or_else(|| rows.number.to_string());
                        findings.hidden.push(format!("row {} of {}", shown(&number), shown(sheet)));
                    }
                }
                "col" if element.is_on("hidden", false) => {
                    let from = element.get("min").unwrap_or_default();
                    let to = element.get("max").unwrap_or_default();
                    findings.hidden.push(format!(
                        "columns {} to {} of {}",
                        shown(&from),
                        shown(&to),
                        shown(sheet)
                    ));
                }
                "c" => {
                    let place = element.get("r").and_then(|place| column_of(&place));
                    cell = Cell {
                        column: place.unwrap_or(next_column),
                        kind: element.get("t").unwrap_or_default(),
                        style: element.get("s").and_then(|style| style.parse().ok()).unwrap_or(0),
                        ..Cell::default()
                    };
                }
                "v" => in_value = true,
                "t" => in_inline = true,
                "rPh" => xml.skip(),
                "f" => {
                    cell.has_formula = true;
                    xml.skip();
                }
                "hyperlink" => {
                    let id = element.get_prefixed("id").unwrap_or_default();
                    if let Some(target) = targets.get(id.as_str()) {
                        let words = element.get("display").unwrap_or_default();
                        flow.link((*target).to_owned(), &words);
                    }
                }
                margin if MARGINS.contains(&margin) => {
                    let label = if margin.ends_with("Header") { "Header" } else { "Footer" };
                    let words = margin_words(&xml.text());
                    if !words.is_empty() {
                        margins.push(format!("{label}: {words}"));
                    }
                }
                _ => {}
            },
            Piece::End(name) => match name {
                "v" => in_value = false,
                "t" => in_inline = false,
                "c" => {
                    if cell.has_formula {
                        findings.formulas += 1;
                        findings.unsaved_formulas += u64::from(cell.value.is_empty());
                    }
                    next_column = cell.column + 1;
                    let words = cell.shown(book, findings);
                    // One long shared string may stand in every cell of a row.
                    if !rows.put(cell.column, words) {
                        flow.is_cut = true;
                    }
                }
                "row" => {
                    rows.end();
                    flow.is_cut |= rows.length > MAX_TEXT;
                }
                _ => {}
            },
        }
        if flow.is_cut {
            break;
        }
    }
    if rows.is_disordered {
        findings.disordered.push(shown(sheet));
    }
    rows.write(&mut flow);
    for margin in margins {
        // Most sheets of a workbook have the same ones.
        if findings.margins.insert(margin.clone()) {
            flow.push(&margin);
            flow.end_line();
        }
    }
    package.flow = flow;
    package.close(xml);
}

/// The words of a header or footer without its codes (ECMA-376 part 1, 18.3.1.46): what they stand for differs by page or day.
pub(crate) fn margin_words(coded: &str) -> String {
    let mut words = String::new();
    let mut letters = coded.chars().peekable();
    while let Some(c) = letters.next() {
        if c != '&' {
            words.push(c);
            continue;
        }
        match letters.next() {
            Some('&') => words.push('&'),
            Some('L' | 'C' | 'R') => words.push(' '),
            // The name of a font.
            Some('"') => {
                letters.by_ref().find(|c| *c == '"');
            }
            // A colour, in six places.
            Some('K') => letters.by_ref().take(6).for_each(drop),
            // A size.
            Some(c) if c.is_ascii_digit() => {
                while letters.next_if(char::is_ascii_digit).is_some() {}
            }
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
