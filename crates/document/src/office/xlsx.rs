//! Excel's XLSX (ECMA-376 part 1, SpreadsheetML): each sheet's name, then its rows as they are shown.
//!
//! A sheet is read as a stream. No formula is computed: its cell says what Excel last saw.

use std::collections::HashMap;

use super::flow::MAX_TEXT;
use super::number_format::{Format, built_in};
use super::package::{Package, Relation};
use super::xml::Piece;
use crate::names::shown;

/// The widest row of the format, in cells.
const MAX_COLUMNS: usize = 16_384;

/// Shared strings are kept up to this many bytes.
const MAX_STRINGS: usize = 256 << 20;

/// What the sheets of a workbook share.
struct Workbook {
    /// All shared strings in one, and where each ends.
    strings: String,
    ends: Vec<usize>,
    formats: Vec<Format>,
    from_1904: bool,
}

/// What is hidden or missing on the sheets.
#[derive(Default)]
struct Findings {
    hidden: Vec<String>,
    unsaved_formulas: u64,
    formulas: u64,
}

/// Reads the sheets in their order.
pub(crate) fn read(package: &mut Package<'_, '_>, main: &str) {
    let relations = package.relations(main);
    let mut sheets = Vec::new();
    let mut book = Workbook {
        strings: String::new(),
        ends: Vec::new(),
        formats: Vec::new(),
        from_1904: false,
    };
    if let Some(mut xml) = package.part(main) {
        while let Some(piece) = xml.next() {
            match piece {
                Piece::Start("workbookPr", element) => {
                    book.from_1904 = element.is_on("date1904", false);
                }
                Piece::Start("sheet", element) => {
                    let name = element.get("name").unwrap_or_default();
                    let id = element.get_prefixed("id").unwrap_or_default();
                    sheets.push((name, id, element.get("state")));
                }
                _ => {}
            }
        }
        package.close(xml);
    }
    let part_of = |kind: &str| relations.iter().find(|one| one.kind == kind);
    if let Some(part) = part_of("sharedStrings") {
        read_strings(package, &part.target, &mut book);
    }
    if let Some(part) = part_of("styles") {
        read_formats(package, &part.target, &mut book);
    }
    if part_of("vbaProject").is_some() {
        package.warnings.push("macros: the file holds macros; none was run".to_owned());
    }
    if part_of("externalLink").is_some() {
        package
            .warnings
            .push("external: formulas point to other files; they were not fetched".to_owned());
    }
    let mut findings = Findings::default();
    for (name, id, state) in &sheets {
        let Some(part) = relations.iter().find(|one| &one.id == id) else { continue };
        if part.kind != "worksheet" && part.kind != "chartsheet" {
            continue;
        }
        if state.as_deref().is_some_and(|state| state != "visible") {
            findings.hidden.push(format!("the sheet {}", shown(name)));
        }
        package.flow.push(name);
        package.flow.end_line();
        let parts = package.relations(&part.target);
        read_sheet(package, &part.target, name, &parts, &book, &mut findings);
        for one in parts.iter().filter(|one| !one.is_external) {
            match one.kind.as_str() {
                "comments" | "threadedComment" => read_comments(package, &one.target),
                "drawing" => read_drawing(package, &one.target),
                _ => {}
            }
        }
    }
    if !findings.hidden.is_empty() {
        let more = findings.hidden.len().saturating_sub(50);
        findings.hidden.truncate(50);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let list = findings.hidden.join(", ");
        package.warnings.push(format!("hidden: not shown by Excel, but in the text: {list}{more}"));
    }
    if findings.formulas > 0 {
        let count = findings.formulas;
        package.warnings.push(format!(
            "formulas: {count} cells are computed; the text holds the values last saved"
        ));
    }
    if findings.unsaved_formulas > 0 {
        let count = findings.unsaved_formulas;
        package.warnings.push(format!(
            "formulas: the values of {count} cells were never saved; nothing stands for them"
        ));
    }
}

fn read_strings(package: &mut Package<'_, '_>, part: &str, book: &mut Workbook) {
    let Some(mut xml) = package.part(part) else { return };
    let mut in_text = false;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Start("t", _) => in_text = true,
            Piece::End("t") => in_text = false,
            // How the word is read aloud, which Excel does not show in the cell.
            Piece::Start("rPh", _) => xml.skip(),
            Piece::Text(letters) if in_text => book.strings.push_str(letters),
            Piece::End("si") => book.ends.push(book.strings.len()),
            _ => {}
        }
        if book.strings.len() > MAX_STRINGS {
            package
                .warnings
                .push(format!("size: shared strings beyond {MAX_STRINGS} bytes were left out"));
            break;
        }
    }
    package.close(xml);
}

fn read_formats(package: &mut Package<'_, '_>, part: &str, book: &mut Workbook) {
    let Some(mut xml) = package.part(part) else { return };
    let mut codes: HashMap<u32, String> = HashMap::new();
    let mut in_cells = false;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Start("numFmt", element) => {
                let id = element.get("numFmtId").and_then(|id| id.parse().ok());
                if let (Some(id), Some(code)) = (id, element.get("formatCode")) {
                    codes.insert(id, code);
                }
            }
            Piece::Start("cellXfs", _) => in_cells = true,
            Piece::End("cellXfs") => in_cells = false,
            Piece::Start("xf", element) if in_cells && book.formats.len() < 100_000 => {
                let id = element.get("numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                let code = codes.get(&id).map(String::as_str).or_else(|| built_in(id));
                book.formats.push(code.map_or(Format::General, Format::parse));
            }
            _ => {}
        }
    }
    package.close(xml);
}

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
    fn shown(&self, book: &Workbook) -> String {
        match self.kind.as_str() {
            "s" => {
                let Ok(index) = self.value.trim().parse::<usize>() else { return String::new() };
                let start =
                    index.checked_sub(1).and_then(|before| book.ends.get(before)).unwrap_or(&0);
                let end = book.ends.get(index).unwrap_or(start);
                book.strings.get(*start..*end).unwrap_or_default().to_owned()
            }
            "b" => if self.value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "inlineStr" => self.inline.clone(),
            "str" | "e" => self.value.clone(),
            "d" => self.value.replace('T', " "),
            _ => match self.value.trim().parse::<f64>() {
                Ok(number) => {
                    let format = book.formats.get(self.style).unwrap_or(&Format::General);
                    format.show(number, book.from_1904)
                }
                Err(_) => self.value.clone(),
            },
        }
    }
}

/// The column of a place such as `AB12`, from 0.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters
        .fold(0_usize, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'@'));
    (1..=MAX_COLUMNS).contains(&number).then(|| number - 1)
}

fn read_sheet(
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
    let mut written = 0;
    let mut row = String::new();
    let (mut in_value, mut in_inline) = (false, false);
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Text(letters) if in_value => cell.value.push_str(letters),
            Piece::Text(letters) if in_inline => cell.inline.push_str(letters),
            Piece::Text(_) => {}
            Piece::Start(name, element) => match name {
                "row" => {
                    (next_column, written) = (0, 0);
                    row.clear();
                    if element.is_on("hidden", false) && findings.hidden.len() < 10_000 {
                        let number = element.get("r").unwrap_or_default();
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
                    let words = cell.shown(book);
                    // One long shared string may stand in every cell of a row.
                    if row.len() + words.len() > MAX_TEXT {
                        flow.is_cut = true;
                        break;
                    }
                    if !words.is_empty() && cell.column >= written {
                        for _ in written..cell.column {
                            row.push('\t');
                        }
                        written = cell.column;
                        // A row stays a line, and a cell a cell.
                        row.extend(words.chars().map(|c| if c < ' ' { ' ' } else { c }));
                    }
                }
                "row" => {
                    flow.push(&row);
                    flow.end_line();
                }
                _ => {}
            },
        }
        if flow.is_cut {
            break;
        }
    }
    package.flow = flow;
    package.close(xml);
}

fn read_comments(package: &mut Package<'_, '_>, part: &str) {
    let Some(mut xml) = package.part(part) else { return };
    let mut authors = Vec::new();
    let mut label = String::new();
    let mut lines = Vec::new();
    let mut words = String::new();
    let mut in_text = false;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Start("author", _) => authors.push(xml.text()),
            Piece::Start("comment" | "threadedComment", element) => {
                let place = element.get("ref").unwrap_or_default();
                let author = element.get("authorId").and_then(|id| id.parse::<usize>().ok());
                let author = author.and_then(|id| authors.get(id)).map(String::as_str);
                label = match author {
                    Some(author) if !author.is_empty() => format!("Comment ({author}) {place}: "),
                    _ => format!("Comment {place}: "),
                };
                words.clear();
            }
            Piece::Start("t", _) => in_text = true,
            Piece::End("t") => in_text = false,
            Piece::Start("text", _) => in_text = true,
            Piece::Text(letters) if in_text => words.push_str(letters),
            Piece::End("comment" | "threadedComment") => {
                in_text = false;
                lines.push(format!(
                    "{label}{}",
                    words.split_whitespace().collect::<Vec<_>>().join(" ")
                ));
            }
            _ => {}
        }
    }
    package.close(xml);
    for line in lines {
        package.flow.push(&line);
        package.flow.end_line();
    }
}

/// Words in boxes drawn over a sheet.
fn read_drawing(package: &mut Package<'_, '_>, part: &str) {
    let Some(mut xml) = package.part(part) else { return };
    let mut flow = std::mem::take(&mut package.flow);
    let mut in_text = false;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Start("t", _) => in_text = true,
            Piece::End("t") => in_text = false,
            Piece::Start("Fallback", _) => xml.skip(),
            Piece::Text(letters) if in_text => flow.push(letters),
            Piece::End("p") => flow.end_line(),
            _ => {}
        }
    }
    flow.end_line();
    package.flow = flow;
    package.close(xml);
}
