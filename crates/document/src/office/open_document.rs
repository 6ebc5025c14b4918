//! Text, sheets and slides of OpenDocument (OASIS OpenDocument 1.3, part 3).

use super::flow::{Flow, excerpt};
use super::package::Package;
use super::xml::{Element, Piece};
use crate::names::shown;

/// Cells and rows that are the same are written once with a count; beyond this it is filling, not content.
const MAX_REPEATED: usize = 1000;

/// Notes deeper in each other than this stand in the words of the one around them.
const MAX_NOTES: usize = 8;

/// A cell or row that is open: where it begins, how often it stands there, and a value that is shown otherwise (a date).
#[derive(Debug)]
struct Open {
    start: usize,
    count: usize,
    date: Option<String>,
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
        let Some(Open { start, count, date }) = self.cells.pop() else { return };
        self.keep();
        // The place is gone where elements end that were not open: the words stay as they are.
        let Some(words) = self.flow.text.get(start..) else { return };
        let length = words.trim_end().len();
        self.flow.take_back(start + length);
        if length == 0 {
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

/// Reads the content of a document; the tables of a sheet have their names above them.
pub(crate) fn read(package: &mut Package<'_, '_>, is_sheet: bool) {
    let encrypted = package.part("META-INF/manifest.xml").is_some_and(|mut xml| {
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
    let Some(mut xml) = package.part("content.xml") else {
        package.warnings.push("damaged: the part content.xml is missing".to_owned());
        return;
    };
    let mut now = Reading { flow: std::mem::take(&mut package.flow), ..Reading::default() };
    // What stands around the notes that are open.
    let mut outer: Vec<(String, Reading)> = Vec::new();
    let mut deleted = String::new();
    let mut changes = 0_u32;
    let mut hidden = Vec::new();
    let mut comment: Option<String> = None;
    let mut is_beyond = false;
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
                    if let Some(label) = comment.take() {
                        now.flow.push(&label);
                    }
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
                "table" => {
                    let name = element.get("name").unwrap_or_default();
                    if is_sheet && !name.is_empty() {
                        now.flow.end_line();
                        now.flow.push(&name);
                        now.flow.end_line();
                    }
                }
                "table-row" => {
                    if element.get("visibility").is_some_and(|how| how != "visible") {
                        hidden.push("rows".to_owned());
                    }
                    now.flow.start_row();
                    now.blanks = 0;
                    let count = repeated(&element, "number-rows-repeated");
                    now.rows.push(Open { start: now.flow.text.len(), count, date: None });
                    now.keep();
                }
                "table-cell" | "covered-table-cell" => {
                    let count = repeated(&element, "number-columns-repeated");
                    for _ in 0..now.blanks.min(MAX_REPEATED) {
                        now.flow.start_cell();
                    }
                    now.blanks = 0;
                    now.flow.start_cell();
                    let date = element.get("date-value").map(|date| date.replace('T', " "));
                    now.cells.push(Open { start: now.flow.text.len(), count, date });
                    now.keep();
                }
                "annotation" | "note-body" | "tracked-changes" if outer.len() < MAX_NOTES => {
                    comment = (name == "annotation").then(|| "Comment: ".to_owned());
                    outer.push((name.to_owned(), now.set_aside()));
                }
                "creator" if comment.is_some() => {
                    let who = xml.text();
                    comment = Some(format!("Comment ({who}): "));
                }
                "date" | "creator-initials" if comment.is_some() => xml.skip(),
                "change-info" => {
                    changes += 1;
                    xml.skip();
                }
                "image" => {
                    package.notes.insert(
                        "pictures: the document holds pictures; words in them were not read"
                            .to_owned(),
                    );
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
                "a" => {
                    if let Some((address, start)) = now.links.pop() {
                        let words = now.flow.words_from(start);
                        now.flow.link(address, &words);
                    }
                }
                "table-cell" | "covered-table-cell" => now.end_cell(&mut is_beyond),
                "table-row" => now.end_row(&mut is_beyond),
                "annotation" | "note-body" | "tracked-changes" => {
                    if let Some((_, around)) = outer.pop_if(|(open, _)| open == name) {
                        comment = None;
                        let note = now.go_on(around);
                        if name == "tracked-changes" {
                            deleted.push_str(&note.text);
                            deleted.push('\n');
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
    if is_beyond {
        package.warnings.push(format!(
            "repeated: rows or cells that stand there more than {MAX_REPEATED} times were written {MAX_REPEATED} times"
        ));
    }
    package.close(xml);
    if changes > 0 {
        package.warnings.push(format!("tracked changes: {changes} are recorded"));
    }
    if !deleted.trim().is_empty() {
        let words = excerpt(&deleted);
        package.warnings.push(format!("deleted text, which is not part of the text: {words}"));
    }
    if !hidden.is_empty() {
        let count = hidden.len();
        package
            .warnings
            .push(shown(&format!("hidden: {count} rows are hidden; they are in the text")));
    }
}
