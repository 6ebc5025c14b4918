//! Excel's XLSX (ECMA-376 part 1, SpreadsheetML): each sheet's name, then its rows as they are shown.
//!
//! A sheet is read as a stream. No formula is computed: its cell says what Excel last saw.

use std::collections::{BTreeSet, HashMap};

use super::number_format::{Format, built_in};
use super::package::Package;
use super::sheet;
use super::xml::Piece;
use crate::names::shown;

/// Shared strings are kept up to this many bytes.
const MAX_STRINGS: usize = 256 << 20;

/// What the sheets of a workbook share.
#[derive(Default)]
pub(crate) struct Workbook {
    /// All shared strings in one, and where each ends.
    strings: String,
    ends: Vec<usize>,
    pub(crate) formats: Vec<Format>,
    pub(crate) from_1904: bool,
}

impl Workbook {
    /// A shared string, from 0; none if there is no such.
    pub(crate) fn string(&self, index: usize) -> Option<&str> {
        let end = self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.strings.get(start..*end)
    }

    /// Puts a shared string behind the others; false if there is no room for it.
    pub(crate) fn push(&mut self, string: &str) -> bool {
        let has_room = self.strings.len() + string.len() <= MAX_STRINGS;
        if has_room {
            self.strings.push_str(string);
            self.ends.push(self.strings.len());
        }
        has_room
    }
}

/// What is hidden or missing on the sheets.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) hidden: Vec<String>,
    pub(crate) unsaved_formulas: u64,
    pub(crate) formulas: u64,
    /// Cells whose format shows words in place of their number.
    pub(crate) worded: u64,
    /// Cells that name a shared string that is not there.
    pub(crate) lost_strings: u64,
    /// Sheets whose rows or cells do not stand in their order.
    pub(crate) disordered: Vec<String>,
    /// Headers and footers that are told.
    pub(crate) margins: BTreeSet<String>,
    pub(crate) pictures: u64,
    /// Charts of which only the words are read.
    pub(crate) charts: u64,
}

impl Findings {
    /// Says what is hidden or missing.
    pub(crate) fn report(mut self, warnings: &mut Vec<String>) {
        if !self.disordered.is_empty() {
            self.disordered.truncate(50);
            let list = self.disordered.join(", ");
            warnings.push(format!(
                "order: rows or cells are not stored in their order, or twice; the text has them by their numbers: {list}"
            ));
        }
        if self.lost_strings > 0 {
            let count = self.lost_strings;
            warnings.push(format!(
                "damaged: the words of {count} cells are not in the file; nothing stands for them"
            ));
        }
        if self.worded > 0 {
            let count = self.worded;
            warnings.push(format!(
                "formats: Excel shows {count} cells without their number; the text has it"
            ));
        }
        if self.charts > 0 {
            let count = self.charts;
            warnings.push(format!("charts: of {count}, only the titles were read"));
        }
        if !self.hidden.is_empty() {
            let more = self.hidden.len().saturating_sub(50);
            self.hidden.truncate(50);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let list = self.hidden.join(", ");
            warnings.push(format!("hidden: not shown by Excel, but in the text: {list}{more}"));
        }
        if self.formulas > 0 {
            let count = self.formulas;
            warnings.push(format!(
                "formulas: {count} cells are computed; the text holds the values last saved"
            ));
        }
        if self.unsaved_formulas > 0 {
            let count = self.unsaved_formulas;
            warnings.push(format!(
                "formulas: the values of {count} cells were never saved; nothing stands for them"
            ));
        }
    }
}

/// Reads the sheets in their order.
pub(crate) fn read(package: &mut Package<'_, '_>, main: &str) {
    let relations = package.relations(main);
    let mut sheets = Vec::new();
    let mut book = Workbook::default();
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
    if part_of("pivotCacheDefinition").is_some() {
        package.warnings.push(
            "pivot: copies of the rows behind pivot tables are in the file; they were not read"
                .to_owned(),
        );
    }
    let people = match part_of("person") {
        Some(part) => read_people(package, &part.target),
        None => HashMap::new(),
    };
    let mut findings = Findings::default();
    for (name, id, state) in &sheets {
        let part = relations.iter().find(|one| &one.id == id && !one.is_external);
        let Some(part) = part else {
            let name = shown(name);
            package.warnings.push(format!("damaged: the sheet {name} is listed, but is not there"));
            continue;
        };
        if part.kind != "worksheet" && part.kind != "chartsheet" {
            let (name, kind) = (shown(name), shown(&part.kind));
            package.warnings.push(format!("macros: the sheet {name} is a {kind}; it was not read"));
            continue;
        }
        if state.as_deref().is_some_and(|state| state != "visible") {
            findings.hidden.push(format!("the sheet {}", shown(name)));
        }
        package.flow.push(name);
        package.flow.end_line();
        let parts = package.relations(&part.target);
        sheet::read(package, &part.target, name, &parts, &book, &mut findings);
        for one in parts.iter().filter(|one| !one.is_external) {
            match one.kind.as_str() {
                "comments" | "threadedComment" => read_comments(package, &one.target, &people),
                "drawing" => read_drawing(package, &one.target, &mut findings),
                "vmlDrawing" => read_old_drawing(package, &one.target),
                _ => {}
            }
        }
    }
    package.pictures += findings.pictures;
    findings.report(&mut package.warnings);
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

/// The names of those who write comments, by the number that comments have for them.
fn read_people(package: &mut Package<'_, '_>, part: &str) -> HashMap<String, String> {
    let mut people = HashMap::new();
    let Some(mut xml) = package.part(part) else { return people };
    while let Some(piece) = xml.next() {
        if let Piece::Start("person", element) = piece
            && let (Some(id), Some(name)) = (element.get("id"), element.get("displayName"))
        {
            people.insert(id, name);
        }
    }
    package.close(xml);
    people
}

fn read_comments(package: &mut Package<'_, '_>, part: &str, people: &HashMap<String, String>) {
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
                let author = author.and_then(|id| authors.get(id));
                let person = element.get("personId");
                let author = author.or_else(|| people.get(person.as_deref()?)).map(String::as_str);
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

/// Words in boxes drawn over a sheet, and its charts.
fn read_drawing(package: &mut Package<'_, '_>, part: &str, findings: &mut Findings) {
    let relations = package.relations(part);
    read_shapes(package, part, findings);
    package.read_charts(&relations);
    for one in relations.iter().filter(|one| one.kind == "diagramData" && !one.is_external) {
        read_shapes(package, &one.target, findings);
    }
}

/// Words in the shapes of a drawing.
fn read_shapes(package: &mut Package<'_, '_>, part: &str, findings: &mut Findings) {
    let Some(mut xml) = package.part(part) else { return };
    let mut flow = std::mem::take(&mut package.flow);
    let mut in_text = false;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Start("t", _) => in_text = true,
            Piece::End("t") => in_text = false,
            Piece::Start("Fallback", _) => xml.skip(),
            Piece::Start("blip", _) => findings.pictures += 1,
            Piece::Text(letters) if in_text => flow.push(letters),
            Piece::End("p") => flow.end_line(),
            _ => {}
        }
    }
    flow.end_line();
    package.flow = flow;
    package.close(xml);
}

/// Words in boxes and on buttons of the older kind (VML); those of comments are read from the comments themselves.
fn read_old_drawing(package: &mut Package<'_, '_>, part: &str) {
    let Some(mut xml) = package.part(part) else { return };
    let mut lines = Vec::new();
    while let Some(piece) = xml.next() {
        if let Piece::Start("textbox", _) = piece {
            lines.push(xml.text().split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    package.close(xml);
    for line in lines {
        package.flow.push(&line);
        package.flow.end_line();
    }
}
