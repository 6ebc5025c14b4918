//! Text, sheets and slides of OpenDocument (OASIS OpenDocument 1.3, part 3).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::flow::{Flow, excerpt};
use super::package::Package;
use super::xml::{Element, Piece};

/// Cells and rows that are the same are written once with a count; beyond this it is filling, not content.
const MAX_REPEATED: usize = 1000;

/// Elements whose words belong beside the sentence they stand in: notes, and boxes and shapes that hang on a paragraph.
const ASIDE: &[&str] = &[
    "annotation",
    "note-body",
    "tracked-changes",
    "text-box",
    "custom-shape",
    "rect",
    "ellipse",
    "circle",
    "caption",
    "polygon",
    "regular-polygon",
    "polyline",
    "path",
    "line",
    "connector",
    "measure",
];

/// Words of hidden text that a warning shows.
const MAX_SHOWN: usize = 2000;

/// Notes deeper in each other than this stand in the words of the one around them.
const MAX_NOTES: usize = 8;

/// A cell or row that is open: where it begins, how often it stands there, a value that is shown otherwise (a date), and one
/// that stands for itself where no writer has put words.
#[derive(Debug)]
struct Open {
    start: usize,
    count: usize,
    date: Option<String>,
    value: Option<String>,
}

/// What is not plain text in the document, gathered over its parts.
#[derive(Debug, Default)]
struct Findings {
    deleted: String,
    changes: u32,
    /// Rows, columns and sheets that are not shown.
    hidden: BTreeMap<&'static str, u32>,
    /// Styles of tables and words that are not shown.
    hidden_styles: HashSet<String>,
    /// Words that are not shown.
    hidden_words: String,
    readings: u32,
    /// What pictures and shapes are said to show, for those who do not see them.
    descriptions: String,
    is_beyond: bool,
}

/// What is being read, down to the paragraph; set aside while a note within it is read.
#[derive(Debug, Default)]
struct Reading {
    flow: Flow,
    /// Notes of the paragraph or row, which follow it.
    notes: Flow,
    paragraph: u32,
    /// Open links: the address and where its words begin.
    links: Vec<(String, usize)>,
    /// Open runs of words: where those begin that are not shown.
    spans: Vec<Option<usize>>,
    cells: Vec<Open>,
    rows: Vec<Open>,
    blanks: usize,
}

impl Reading {
    /// Sets all aside for a note, so that the sentence it stands in stays whole.
    fn set_aside(&mut self) -> Reading {
        let inner = Reading { flow: self.flow.inner(), ..Reading::default() };
        std::mem::replace(self, inner)
    }

    /// Goes on with what was set aside; gives what was read meanwhile.
    fn go_on(&mut self, outer: Reading) -> Flow {
        let mut inner = std::mem::replace(self, outer);
        inner.flow.end_line();
        inner.flow.append(inner.notes);
        inner.flow.text.truncate(inner.flow.text.trim_end().len());
        inner.flow
    }

    /// Keeps a note, to stand behind the paragraph or row it belongs to: a row stays a line.
    fn keep_note(&mut self, note: Flow) {
        self.notes.append(note);
        self.put_notes();
    }

    /// Puts the notes behind their paragraph or row, where it has ended.
    fn put_notes(&mut self) {
        if self.paragraph == 0 && !self.flow.is_in_row() {
            let mut notes = std::mem::take(&mut self.notes);
            notes.text.truncate(notes.text.trim_end().len());
            self.flow.append(notes);
        }
    }

    /// Keeps what stands before the innermost cell or row.
    fn keep(&mut self) {
        let cell = self.cells.last().map_or(0, |open| open.start);
        let row = self.rows.last().map_or(0, |open| open.start);
        self.flow.keep(cell.max(row));
    }

    fn end_cell(&mut self, is_beyond: &mut bool) {
        let Some(Open { start, count, date, value }) = self.cells.pop() else { return };
        self.keep();
        // The place is gone where elements end that were not open: the words stay as they are.
        let Some(words) = self.flow.text.get(start..) else { return };
        let length = words.trim_end().len();
        self.flow.take_back(start + length);
        if length == 0
            && let Some(value) = value
        {
            self.flow.push(&value);
        } else if length == 0 {
            self.blanks = count.saturating_sub(1);
            return;
        }
        if let Some(date) = date {
            self.flow.take_back(start);
            self.flow.push(&date);
        }
        *is_beyond |= count > MAX_REPEATED;
        if count > 1 {
            let shown = self.flow.text.get(start..).unwrap_or_default().to_owned();
            for _ in 1..count.min(MAX_REPEATED) {
                self.flow.start_cell();
                self.flow.push(&shown);
            }
        }
    }

    fn end_row(&mut self, is_beyond: &mut bool) {
        self.flow.end_row();
        if let Some(Open { start, count, .. }) = self.rows.pop() {
            self.keep();
            if self.flow.text.get(start..).is_some_and(|row| !row.trim().is_empty()) {
                *is_beyond |= count > MAX_REPEATED;
                self.flow.repeat(start, count.min(MAX_REPEATED).saturating_sub(1));
            }
        }
        self.put_notes();
    }
}

/// How often a cell or row stands there.
fn repeated(element: &Element<'_>, attribute: &str) -> usize {
    element.get(attribute).and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Reads a document in the order of a printed page: headers, body, footers, and the charts and formulas that are set in. The
/// tables of a sheet have their names above them.
pub(crate) fn read(package: &mut Package<'_, '_>, is_sheet: bool) {
    let encrypted = package.part_if_any("META-INF/manifest.xml").is_some_and(|mut xml| {
        let mut found = false;
        while let Some(piece) = xml.next() {
            found |= matches!(piece, Piece::Start("encryption-data", _));
        }
        found
    });
    if encrypted {
        package.warnings.push("password: the document is encrypted; it was not read".to_owned());
        return;
    }
    let [headers, footers] = read_margins(package, is_sheet);
    for line in headers {
        package.flow.push(&line);
        package.flow.end_line();
    }
    let mut findings = Findings::default();
    read_content(package, "content.xml", is_sheet, &mut findings);
    for line in footers {
        package.flow.push(&line);
        package.flow.end_line();
    }
    // What other programs set in: documents of this format in folders of their own, and files of other formats.
    let zip = package.zip;
    for entry in &zip.entries {
        match entry.name.rsplit_once('/') {
            Some((_, "content.xml")) => {
                read_content(package, &entry.name, false, &mut findings);
            }
            None if entry.name.starts_with("Object ") => package.put_inside(&entry.name),
            _ => {}
        }
    }
    findings.report(package);
}

/// What stands above and below each page, each once.
fn read_margins(package: &mut Package<'_, '_>, is_sheet: bool) -> [BTreeSet<String>; 2] {
    let mut found = [BTreeSet::new(), BTreeSet::new()];
    let Some(mut xml) = package.part_if_any("styles.xml") else { return found };
    let (mut in_pages, mut within, mut is_counted) = (false, None, false);
    let mut words = String::new();
    let mut paragraphs = 0_u32;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Text(letters) if paragraphs > 0 => words.push_str(letters),
            Piece::Text(_) => {}
            Piece::Start(name, element) => match name {
                "master-styles" => in_pages = true,
                _ if !in_pages => {}
                "header" | "header-left" | "header-first" if element.is_on("display", true) => {
                    within = Some(0);
                }
                "footer" | "footer-left" | "footer-first" if element.is_on("display", true) => {
                    within = Some(1);
                }
                // What differs by page, and what a slide has no words in yet.
                "sheet-name" | "page-number" | "page-count" => {
                    is_counted = true;
                    xml.skip();
                }
                // Every sheet has these, used or not.
                "title" | "date" | "time" | "file-name" if is_sheet => xml.skip(),
                "notes" => xml.skip(),
                "frame" if element.get("placeholder").is_some() => xml.skip(),
                "p" | "h" => paragraphs += 1,
                "tab" | "s" | "line-break" => words.push(' '),
                _ => {}
            },
            Piece::End(name) => match name {
                "header" | "header-left" | "header-first" | "footer" | "footer-left"
                | "footer-first" => within = None,
                "p" | "h" => {
                    paragraphs = paragraphs.saturating_sub(1);
                    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
                    // Words on the page behind all slides stand below.
                    let list = found.get_mut(within.unwrap_or(1));
                    // `Page 1 of 2` says nothing without its numbers.
                    let is_number = is_counted && line.split(' ').count() <= 2;
                    if let (Some(list), false, 0) = (list, is_number, paragraphs)
                        && line.chars().any(char::is_alphanumeric)
                    {
                        list.insert(line);
                    }
                    words.clear();
                    is_counted = false;
                }
                _ => {}
            },
        }
    }
    package.close(xml);
    found
}

impl Findings {
    fn report(self, package: &mut Package<'_, '_>) {
        let warnings = &mut package.warnings;
        if self.is_beyond {
            warnings.push(format!(
                "repeated: rows or cells that stand there more than {MAX_REPEATED} times were written {MAX_REPEATED} times"
            ));
        }
        if self.changes > 0 {
            let changes = self.changes;
            warnings.push(format!("tracked changes: {changes} are recorded"));
        }
        if !self.deleted.trim().is_empty() {
            let words = excerpt(&self.deleted);
            warnings.push(format!("deleted text, which is not part of the text: {words}"));
        }
        if !self.hidden_words.trim().is_empty() {
            let words = excerpt(&self.hidden_words);
            warnings.push(format!("hidden text, which is not shown: {words}"));
        }
        for (what, count) in self.hidden {
            warnings.push(format!("hidden: {count} {what} are hidden; they are in the text"));
        }
        if !self.descriptions.trim().is_empty() {
            let words = excerpt(&self.descriptions);
            warnings.push(format!("descriptions of pictures, which are not shown: {words}"));
        }
        if self.readings > 0 {
            let count = self.readings;
            warnings.push(format!(
                "readings: how {count} words are read aloud stands above them, and is not in the text"
            ));
        }
    }
}

/// Reads one content of the document: its own, or that of an object that is set in.
fn read_content(
    package: &mut Package<'_, '_>,
    part: &str,
    is_sheet: bool,
    findings: &mut Findings,
) {
    let Some(mut xml) = package.part(part) else { return };
    findings.hidden_styles.clear();
    let mut style = String::new();
    let mut now = Reading { flow: std::mem::take(&mut package.flow), ..Reading::default() };
    let mut mark: Option<String> = None;
    // What stands around the notes that are open.
    let mut outer: Vec<(String, Reading)> = Vec::new();
    let mut label: Option<String> = None;
    let mut is_comment = false;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Text(letters) if now.paragraph > 0 => now.flow.push(letters),
            // Letters of a note outside its paragraphs, as no writer should make them, are still within a paragraph.
            Piece::Text(letters) if outer.iter().any(|(_, around)| around.paragraph > 0) => {
                if !letters.trim().is_empty() {
                    now.flow.push(letters);
                }
            }
            Piece::Text(_) => {}
            Piece::Start(name, element) => match name {
                "p" | "h" => {
                    now.paragraph += 1;
                    is_comment = false;
                    if let Some(label) = label.take() {
                        now.flow.push(&label);
                    }
                }
                "span" => {
                    let style = element.get("style-name").unwrap_or_default();
                    let is_hidden = findings.hidden_styles.contains(&style);
                    now.spans.push(is_hidden.then_some(now.flow.text.len()));
                }
                "tab" => now.flow.push("\t"),
                "s" => {
                    let count = element.get("c").and_then(|count| count.parse().ok()).unwrap_or(1);
                    now.flow.push(&" ".repeat(usize::min(count, MAX_REPEATED)));
                }
                "line-break" => now.flow.break_line(),
                "a" => {
                    now.links.push((element.get("href").unwrap_or_default(), now.flow.text.len()))
                }
                "style" => style = element.get("name").unwrap_or_default(),
                "table-properties" | "text-properties" if !element.is_on("display", true) => {
                    findings.hidden_styles.insert(style.clone());
                }
                "table" => {
                    let its = element.get("style-name").unwrap_or_default();
                    if findings.hidden_styles.contains(&its) {
                        *findings.hidden.entry("sheets or tables").or_default() += 1;
                    }
                    let name = element.get("name").unwrap_or_default();
                    if is_sheet && !name.is_empty() {
                        now.flow.end_line();
                        now.flow.push(&name);
                        now.flow.end_line();
                    }
                }
                "table-row" => {
                    if element.get("visibility").is_some_and(|how| how != "visible") {
                        *findings.hidden.entry("rows").or_default() += 1;
                    }
                    now.flow.start_row();
                    now.blanks = 0;
                    let count = repeated(&element, "number-rows-repeated");
                    let start = now.flow.text.len();
                    now.rows.push(Open { start, count, date: None, value: None });
                    now.keep();
                }
                "table-column" if element.get("visibility").is_some_and(|how| how != "visible") => {
                    *findings.hidden.entry("groups of columns").or_default() += 1;
                }
                "table-cell" | "covered-table-cell" => {
                    let count = repeated(&element, "number-columns-repeated");
                    for _ in 0..now.blanks.min(MAX_REPEATED) {
                        now.flow.start_cell();
                    }
                    now.blanks = 0;
                    now.flow.start_cell();
                    let date = element.get("date-value").map(|date| date.replace('T', " "));
                    let value = ["string-value", "value", "time-value", "boolean-value"]
                        .iter()
                        .find_map(|name| element.get(name))
                        .filter(|value| !value.is_empty());
                    let value = date.clone().or(value);
                    now.cells.push(Open { start: now.flow.text.len(), count, date, value });
                    now.keep();
                }
                aside if ASIDE.contains(&aside) && outer.len() < MAX_NOTES => {
                    is_comment = aside == "annotation";
                    label = match aside {
                        "annotation" => Some("Comment: ".to_owned()),
                        "note-body" => mark.take(),
                        _ => None,
                    };
                    outer.push((aside.to_owned(), now.set_aside()));
                }
                // In brackets, or the figure before it would be another one.
                "note-citation" => {
                    let number = format!("[{}]", xml.text().trim());
                    now.flow.push(&number);
                    mark = Some(format!("{number} "));
                }
                "creator" if is_comment => {
                    let who = xml.text();
                    label = Some(format!("Comment ({who}): "));
                }
                "date" | "creator-initials" if is_comment => xml.skip(),
                "change-info" => {
                    findings.changes += 1;
                    xml.skip();
                }
                // Words that stand within a sentence, and are none of it.
                "title" | "desc" if element.has_prefix("svg") => {
                    let words = xml.text();
                    if findings.descriptions.len() < MAX_SHOWN {
                        findings.descriptions.push_str(&words);
                        findings.descriptions.push(' ');
                    }
                }
                "binary-data" | "script" => xml.skip(),
                "ruby-text" => {
                    findings.readings += 1;
                    xml.skip();
                }
                "image" => {
                    package.pictures += 1;
                    let part = element.get("href").unwrap_or_default();
                    package.put_picture(part.trim_start_matches("./"));
                }
                "page" => now.flow.end_line(),
                _ => {}
            },
            Piece::End(name) => match name {
                "p" | "h" => {
                    now.paragraph = now.paragraph.saturating_sub(1);
                    now.flow.end_paragraph();
                    now.put_notes();
                }
                "span" => {
                    if let Some(start) = now.spans.pop().flatten()
                        && findings.hidden_words.len() < MAX_SHOWN
                    {
                        findings.hidden_words.push_str(&now.flow.words_from(start));
                        findings.hidden_words.push(' ');
                    }
                }
                "a" => {
                    if let Some((address, start)) = now.links.pop() {
                        let words = now.flow.words_from(start);
                        now.flow.link(address, &words);
                    }
                }
                "table-cell" | "covered-table-cell" => now.end_cell(&mut findings.is_beyond),
                "table-row" => now.end_row(&mut findings.is_beyond),
                aside if ASIDE.contains(&aside) => {
                    if let Some((_, around)) = outer.pop_if(|(open, _)| open == aside) {
                        (label, is_comment) = (None, false);
                        let is_deleted = aside == "tracked-changes";
                        let note = now.go_on(around);
                        if is_deleted {
                            findings.deleted.push_str(&note.text);
                            findings.deleted.push('\n');
                        } else {
                            now.keep_note(note);
                        }
                    }
                }
                _ => {}
            },
        }
    }
    // Where the part breaks off, notes are still open.
    while let Some((_, around)) = outer.pop() {
        let note = now.go_on(around);
        now.keep_note(note);
    }
    now.flow.end_line();
    now.flow.append(now.notes);
    package.flow = now.flow;
    package.close(xml);
}
