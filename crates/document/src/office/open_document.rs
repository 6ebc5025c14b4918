//! Text, sheets and slides of OpenDocument (OASIS OpenDocument 1.3, part 3).

use super::flow::excerpt;
use super::package::Package;
use super::xml::Piece;
use crate::names::shown;

/// Cells and rows that are the same are written once with a count; beyond this it is filling, not content.
const MAX_REPEATED: usize = 1000;

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
    let mut flow = std::mem::take(&mut package.flow);
    let mut paragraph = 0_u32;
    let mut links: Vec<(String, usize)> = Vec::new();
    let mut deleted = String::new();
    let mut in_changes = None;
    let mut changes = 0_u32;
    let mut hidden = Vec::new();
    // A cell: its start, how often it stands there, and a value that is shown otherwise (a date).
    let mut cells: Vec<(usize, usize, Option<String>)> = Vec::new();
    let mut blanks = 0_usize;
    let mut comment: Option<String> = None;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Text(letters) if paragraph > 0 => flow.push(letters),
            Piece::Text(_) => {}
            Piece::Start(name, element) => match name {
                "p" | "h" => {
                    paragraph += 1;
                    if let Some(label) = comment.take() {
                        flow.push(&label);
                    }
                }
                "tab" => flow.push("\t"),
                "s" => {
                    let count = element.get("c").and_then(|count| count.parse().ok()).unwrap_or(1);
                    flow.push(&" ".repeat(usize::min(count, MAX_REPEATED)));
                }
                "line-break" => flow.break_line(),
                "a" => links.push((element.get("href").unwrap_or_default(), flow.text.len())),
                "table" => {
                    let name = element.get("name").unwrap_or_default();
                    if is_sheet && !name.is_empty() {
                        flow.end_line();
                        flow.push(&name);
                        flow.end_line();
                    }
                }
                "table-row" => {
                    if element.get("visibility").is_some_and(|how| how != "visible") {
                        hidden.push("rows".to_owned());
                    }
                    flow.start_row();
                    blanks = 0;
                }
                "table-cell" | "covered-table-cell" => {
                    let count = element
                        .get("number-columns-repeated")
                        .and_then(|count| count.parse().ok())
                        .unwrap_or(1);
                    for _ in 0..blanks.min(MAX_REPEATED) {
                        flow.start_cell();
                    }
                    blanks = 0;
                    flow.start_cell();
                    let date = element.get("date-value").map(|date| date.replace('T', " "));
                    cells.push((flow.text.len(), count, date));
                }
                "annotation" => comment = Some("Comment: ".to_owned()),
                "creator" if comment.is_some() => {
                    let who = xml.text();
                    comment = Some(format!("Comment ({who}): "));
                }
                "date" if comment.is_some() => xml.skip(),
                "tracked-changes" => in_changes = Some(flow.text.len()),
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
                "page" => flow.end_line(),
                _ => {}
            },
            Piece::End(name) => match name {
                "p" | "h" => {
                    paragraph = paragraph.saturating_sub(1);
                    flow.end_paragraph();
                }
                "a" => {
                    if let Some((address, start)) = links.pop() {
                        let words = flow.words_from(start);
                        flow.link(address, &words);
                    }
                }
                "table-cell" | "covered-table-cell" => {
                    if let Some((start, count, date)) = cells.pop() {
                        let shown =
                            flow.text.get(start..).unwrap_or_default().trim_end().to_owned();
                        flow.text.truncate(start + shown.len());
                        if let Some(date) = date.filter(|_| !shown.is_empty()) {
                            flow.text.truncate(start);
                            flow.push(&date);
                        }
                        if shown.is_empty() {
                            blanks = count - usize::from(count > 0);
                        } else {
                            for _ in 1..count.min(MAX_REPEATED) {
                                flow.start_cell();
                                flow.push(&shown);
                            }
                        }
                    }
                }
                "table-row" => flow.end_row(),
                "tracked-changes" => {
                    if let Some(start) = in_changes.take() {
                        deleted = flow.text.get(start..).unwrap_or_default().to_owned();
                        flow.take_back(start);
                    }
                }
                _ => {}
            },
        }
    }
    package.flow = flow;
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
