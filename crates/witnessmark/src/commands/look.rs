//! Looking at what the case holds.

use std::io::Write as _;
use std::path::Path;

use serde_json::Value;
use witnessmark_case::{CaseError, CopyRow, OnPicture};

use crate::Ending;
use crate::arguments::{Arguments, CustodyForm, ListArguments, Listed};
use crate::output::{self, Columns, REST, json, line, short};

/// So many documents of a capture are listed where a person reads.
const DOCUMENTS_SHOWN: usize = 20;

/// `list`.
pub(super) fn list(arguments: &Arguments, list: &ListArguments) -> Result<Ending, CaseError> {
    let mut case = super::open(arguments, "list")?;
    if (list.orphans || list.unconfirmed) && !matches!(list.what, Listed::Passages) {
        let (what, option) = match list.orphans {
            true => ("can be orphans", "--orphans"),
            false => ("are confirmed one by one", "--unconfirmed"),
        };
        return Err(CaseError::usage(
            format!("only passages {what}"),
            format!("type `witnessmark list passages {option}`"),
        ));
    }
    match list.what {
        Listed::Captures => {
            let rows = case.captures()?;
            if arguments.json {
                let rows: Vec<Value> = rows
                    .iter()
                    .map(|(row, title, language)| {
                        let mut value = serde_json::to_value(row)?;
                        if let Some(fields) = value.as_object_mut() {
                            fields.insert("title".into(), title.clone().into());
                            fields.insert("language".into(), language.clone().into());
                        }
                        Ok(value)
                    })
                    .collect::<Result<_, CaseError>>()?;
                json(&rows)?;
                return Ok(Ending::Well);
            }
            let headings = [("capture", 15), ("verdict", 24), ("lang", 8), ("title or name", REST)];
            let mut table = Columns::new(&headings);
            for (row, title, language) in rows {
                let said = if row.confirmed.is_some() { " (said)" } else { "" };
                table.row([
                    short(&row.capture.to_string()),
                    format!("{}{}{said}", row.mark(), row.is()),
                    language,
                    title.or(row.url).unwrap_or(row.name),
                ]);
            }
            table.print()?;
        }
        Listed::Sources => {
            let rows = case.sources()?;
            if arguments.json {
                let rows: Vec<Value> = rows
                    .iter()
                    .map(|(id, url, captures)| {
                        serde_json::json!({ "source": id, "url": url, "captures": captures })
                    })
                    .collect();
                json(&rows)?;
                return Ok(Ending::Well);
            }
            let mut table = Columns::new(&[("source", 15), ("captures", 8), ("address", REST)]);
            for (id, url, captures) in rows {
                let url = url.unwrap_or_else(|| "(not declared)".to_owned());
                table.row([short(&id), captures.to_string(), url]);
            }
            table.print()?;
        }
        Listed::Passages => {
            let mut rows = case.passages()?;
            rows.retain(|row| !list.orphans || row.standing.state == "orphaned");
            rows.retain(|row| !list.unconfirmed || row.read_by == "ocr-unconfirmed");
            if arguments.json {
                json(&rows)?;
                return Ok(Ending::Well);
            }
            let headings =
                [("passage", 15), ("capture", 15), ("claims", 6), ("today", 9), ("words", REST)];
            let mut table = Columns::new(&headings);
            for row in rows {
                let capture = short(&row.capture.to_string());
                let passage = short(&row.passage.to_string());
                let standing = row.standing.state.to_owned();
                let mark = if row.read_by == "ocr-unconfirmed" { "! OCR: " } else { "" };
                let words = format!("{mark}{}", row.exact);
                table.row([passage, capture, row.claims.to_string(), standing, words]);
            }
            table.print()?;
        }
        Listed::Claims => {
            let rows = case.claims()?;
            if arguments.json {
                json(&rows)?;
                return Ok(Ending::Well);
            }
            let headings = [("claim", 15), ("place", 14), ("says", 40), ("words", REST)];
            let mut table = Columns::new(&headings);
            for row in rows {
                let act = &row.stands.act;
                let quantity = act.quantity.as_ref().map(ToString::to_string).unwrap_or_default();
                let says = match act.modality.as_str() {
                    "stated" => quantity,
                    modality => format!("{modality}: {quantity}"),
                };
                let place = act.place.as_ref().map(|place| place.name.clone()).unwrap_or_default();
                table.row([short(&row.claim.to_string()), place, says, row.exact]);
            }
            table.print()?;
        }
        Listed::Places => {
            let rows = case.places()?;
            if arguments.json {
                json(&rows)?;
                return Ok(Ending::Well);
            }
            let headings =
                [("place", 16), ("level", 10), ("residents", 11), ("claims", 6), ("names", REST)];
            let mut table = Columns::new(&headings);
            for row in rows {
                let residents = row.population.map(witnessmark_case::estimation::grouped);
                let names = row.names.join(", ");
                table.row([
                    row.place,
                    row.level,
                    residents.unwrap_or_default(),
                    row.claims.to_string(),
                    names,
                ]);
            }
            table.print()?;
        }
        Listed::Origins => {
            let (origins, edges) = case.origins()?;
            if arguments.json {
                json(&serde_json::json!({ "origins": origins, "edges": edges }))?;
                return Ok(Ending::Well);
            }
            let mut table = Columns::new(&[("origin", 15), ("name", 40), ("document", REST)]);
            for row in origins {
                let document = row.label.unwrap_or_else(|| "(not captured)".to_owned());
                table.row([short(&row.origin.id.to_string()), row.origin.name, document]);
            }
            table.print()?;
            if !edges.is_empty() {
                line("")?;
                let headings = [
                    ("later", 15),
                    ("rests on", 15),
                    ("how", 14),
                    ("level", 8),
                    ("decision", REST),
                ];
                let mut table = Columns::new(&headings);
                for edge in edges {
                    let (later, earlier) = (short(&edge.later.to_string()), short(&edge.earlier));
                    table.row([later, earlier, edge.kind, edge.level, edge.decision]);
                }
                table.print()?;
            }
        }
        Listed::Searches => super::finding::list(arguments, &case)?,
        Listed::Codes => {
            let codes = case.codes()?;
            if arguments.json {
                json(&codes)?;
                return Ok(Ending::Well);
            }
            let headings = [("for", 10), ("code", 24), ("label", 24), ("definition", REST)];
            let mut table = Columns::new(&headings);
            for code in codes {
                table.row([
                    code.option,
                    code.code,
                    code.label,
                    code.definition.unwrap_or_default(),
                ]);
            }
            table.print()?;
        }
        Listed::Log => {
            let rows = case.log(list.limit)?;
            if arguments.json {
                json(&rows)?;
                return Ok(Ending::Well);
            }
            let headings = [("entry", 8), ("at", 24), ("kind", 14), ("what", REST)];
            let mut table = Columns::new(&headings);
            for row in rows {
                table.row([row.entry.to_string(), row.at, row.kind, row.id.unwrap_or_default()]);
            }
            table.print()?;
        }
    }
    Ok(Ending::Well)
}

/// `show --bytes`.
pub(super) fn bytes(arguments: &Arguments, id: &str) -> Result<Ending, CaseError> {
    let case = super::open(arguments, "show")?;
    let mut bytes = case.bytes_of(&case.find_capture(id)?)?;
    std::io::copy(&mut bytes, &mut std::io::stdout().lock())
        .map_err(|cause| CaseError::file("write to", Path::new("stdout"), &cause))?;
    Ok(Ending::Well)
}

/// `show --picture`.
pub(super) fn picture(arguments: &Arguments, id: &str, file: &Path) -> Result<Ending, CaseError> {
    if file.exists() {
        return Err(CaseError::usage(
            format!("{} exists already; a picture is never written over anything", file.display()),
            "name another file, or move that one away first",
        ));
    }
    let case = super::open(arguments, "show")?;
    let found = case.picture_of_passage(id)?;
    let written = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
    written
        .and_then(|mut written| written.write_all(&found.png))
        .map_err(|cause| CaseError::file("write", file, &cause))?;
    if arguments.json {
        let shown = file.display().to_string();
        json(&serde_json::json!({
            "picture": shown, "page": found.page, "lines": found.lines, "exact": found.exact,
        }))?;
        return Ok(Ending::Well);
    }
    let lines = output::count(found.lines, "line");
    line(&format!("{}: page {}, {lines} boxed", file.display(), found.page))?;
    line("OCR reads in the boxes, whole lines of which may be more than the passage:")?;
    output::quotable(&found.exact)?;
    Ok(Ending::Well)
}

/// `show`.
pub(super) fn show(arguments: &Arguments, id: &str, text: bool) -> Result<Ending, CaseError> {
    let mut case = super::open(arguments, "show")?;
    let shown = case.show(id)?;
    if text {
        let found = shown.text.as_ref().and_then(|read| read.text.as_ref()).ok_or_else(|| {
            CaseError::input(
                format!("{} has no text", shown.id),
                "only captures whose format this version reads have one",
            )
        })?;
        output::quotable(found)?;
        return Ok(Ending::Well);
    }
    if arguments.json {
        json(&shown)?;
        return Ok(Ending::Well);
    }
    line(&format!("{} ({}), entry {}, {}", shown.id, shown.kind, shown.entry, shown.at))?;
    print_fields(&shown.content, 1)?;
    for change in &shown.changes {
        line("  changed:")?;
        print_fields(change, 2)?;
    }
    if let Some(standing) = &shown.standing {
        let at = match (standing.start, standing.end) {
            (Some(start), Some(end)) => format!(", characters {start} to {end}"),
            _ => String::new(),
        };
        line(&format!("  in the text as it is read today: {}{at}", standing.state))?;
        if let Some(words) = &standing.stands {
            line(&format!("  there it says: {words}"))?;
        }
    }
    if let Some(inside) = &shown.inside {
        line(&format!("  inside: {inside}"))?;
    }
    let unit = if shown.on_picture.is_some() { "" } else { " pt" };
    for place in &shown.places {
        line(&format!(
            "  page {}, {:.0}–{:.0} × {:.0}–{:.0}{unit}",
            place.page, place.left, place.right, place.top, place.bottom
        ))?;
    }
    if let Some(on_picture) = &shown.on_picture {
        print_on_picture(&shown.id, on_picture)?;
    }
    if let Some(markup) = &shown.markup {
        let (start, bytes) = (&markup.start, &markup.bytes);
        line(&format!(
            "  in the page: {}, text {} from character {}; bytes {} to {}",
            start.path, start.text, start.offset, bytes.start, bytes.end
        ))?;
    }
    for document in shown.documents.iter().take(DOCUMENTS_SHOWN) {
        let name = document.inside.as_deref().unwrap_or("the file itself");
        let scanned = match document.scanned {
            0 => String::new(),
            scanned => format!(", {scanned} of them pictures"),
        };
        let pages = match document.pages {
            0 => String::new(),
            pages => format!(", {}{scanned}", output::count(pages, "page")),
        };
        let (start, end) = (document.start, document.end);
        line(&format!("  document: {name}, characters {start} to {end}{pages}"))?;
    }
    if shown.documents.len() > DOCUMENTS_SHOWN {
        line(&format!("  … {} documents (`--json` lists all)", shown.documents.len()))?;
    }
    if let Some(read) = &shown.text {
        line(&format!(
            "  read by: {} as {}, language {}",
            read.extractor, read.media_type, read.language
        ))?;
        if let Some(title) = &read.title {
            line(&format!("  title: {title}"))?;
        }
        for warning in &read.warnings {
            line(&format!("  warning: {warning}"))?;
        }
        if let Some(words) = &read.text {
            line("")?;
            let mut lines = words.lines();
            for words in lines.by_ref().take(20) {
                line(&format!("  {words}"))?;
            }
            if lines.next().is_some() {
                line("  … (`--text` prints all of it)")?;
            }
        }
    }
    Ok(Ending::Well)
}

/// What became of a passage that OCR read.
fn print_on_picture(id: &str, found: &OnPicture) -> Result<(), CaseError> {
    line(&format!("  read by OCR: {}", found.reader))?;
    let sure = found.lines.iter().filter_map(|line| line.confidence).min();
    if let Some(sure) = sure {
        line(&format!("  the program is sure of its least certain line by {sure} %"))?;
    }
    if !found.confirmed {
        line("  ! unread by a person: no claim may rest on it yet")?;
        let id = short(id);
        line(&format!(
            "  compare it: witnessmark show {id} --picture FILE.png; then: witnessmark confirm {id}"
        ))?;
        return Ok(());
    }
    let who = found.by.as_deref().or(found.confirmed_actor.as_deref()).unwrap_or("a person");
    let day = found.confirmed_day.as_deref().unwrap_or_default();
    line(&format!("  compared with the picture by {who} on {day}"))?;
    if let Some(reads) = &found.reads {
        line(&format!("  who reads there: {reads}"))?;
    }
    Ok(())
}

/// A value as indented `field: value` lines; what is null is left out.
fn print_fields(value: &Value, depth: usize) -> Result<(), CaseError> {
    let indent = "  ".repeat(depth);
    let Value::Object(fields) = value else { return line(&format!("{indent}{value}")) };
    for (name, field) in fields {
        match field {
            Value::Null => {}
            Value::String(text) => line(&format!("{indent}{name}: {text}"))?,
            Value::Object(_) => {
                line(&format!("{indent}{name}:"))?;
                print_fields(field, depth + 1)?;
            }
            Value::Array(items) => {
                line(&format!("{indent}{name}:"))?;
                for item in items {
                    match item {
                        Value::String(text) => line(&format!("{indent}  - {text}"))?,
                        other => {
                            line(&format!("{indent}  -"))?;
                            print_fields(other, depth + 2)?;
                        }
                    }
                }
            }
            other => line(&format!("{indent}{name}: {other}"))?,
        }
    }
    Ok(())
}

/// `status`.
pub(super) fn status(arguments: &Arguments) -> Result<Ending, CaseError> {
    let case = super::open(arguments, "status")?;
    let status = case.status()?;
    if arguments.json {
        json(&status)?;
        return Ok(Ending::flawed_if(!status.alarms.is_empty()));
    }
    line(&format!("{} ({})", status.name, status.case))?;
    for alarm in &status.alarms {
        line(&format!("! {alarm}"))?;
    }
    line(match status.sealed {
        true => "sealed: nobody reads it without the passphrase",
        false => "open: anyone who has the disk can read it",
    })?;
    line(&format!("log {}: {} entries, root {}", status.log, status.entries, status.root))?;
    super::time::standing(&status.time, status.entries)?;
    for (verdict, count) in &status.captures {
        let mark = if verdict == "content" { "" } else { "! " };
        line(&format!("captures {mark}{verdict}: {count}"))?;
    }
    if status.unconfirmed > 0 {
        line(&format!(
            "! {} captures wait for a person to look at them: `witnessmark confirm`",
            status.unconfirmed
        ))?;
    }
    if status.unread > 0 {
        line(&format!(
            "! {} captures are not read yet: `witnessmark add` or `rebuild` goes on",
            status.unread
        ))?;
    }
    if status.outdated > 0 {
        line(&format!(
            "! {} texts were read by another version of the program: `witnessmark rebuild` reads them again",
            status.outdated
        ))?;
    }
    if status.waiting_for_ocr > 0 {
        line(&format!(
            "! {} captures are pictures that no OCR has read: install Debian's tesseract-ocr and its languages, then `witnessmark rebuild`",
            status.waiting_for_ocr
        ))?;
    }
    if status.unconfirmed_passages > 0 {
        line(&format!(
            "! {} passages were read by OCR and by no person: `witnessmark list passages --unconfirmed`",
            status.unconfirmed_passages
        ))?;
    }
    line(&format!(
        "passages {}, claims {}, origins {}, lineage decisions {}, estimates {}, dossiers {}",
        status.passages,
        status.claims,
        status.origins,
        status.lineage,
        status.estimates,
        status.publications
    ))?;
    super::erasing::print_standing(&case)?;
    let held = |copy: &&CopyRow| !copy.gone;
    match status.copies.iter().filter(held).count() {
        0 => line("no copy: `witnessmark replicate TARGET` makes one")?,
        copies => {
            let current = |copy: &&CopyRow| copy.seen == Some(status.entries);
            let current = status.copies.iter().filter(held).filter(current).count();
            line(&format!(
                "copies {copies}, {current} of them seen with every entry: `witnessmark copies`"
            ))?;
        }
    }
    Ok(Ending::flawed_if(!status.alarms.is_empty()))
}

/// `custody`.
pub(super) fn custody(
    arguments: &Arguments,
    id: &str,
    form: CustodyForm,
    block_headers: Option<&Path>,
) -> Result<Ending, CaseError> {
    let trust = super::share::trust(&[], block_headers)?;
    let case = super::open(arguments, "custody")?;
    let story = case.custody(id, &trust)?;
    match form {
        CustodyForm::Premis => {
            output::quotable(story.to_premis().trim_end())?;
            return Ok(Ending::Well);
        }
        CustodyForm::Prov => {
            json(&story.to_prov())?;
            return Ok(Ending::Well);
        }
        CustodyForm::Words => {}
    }
    if arguments.json {
        json(&story)?;
        return Ok(Ending::Well);
    }
    line(&story.subject)?;
    for event in &story.events {
        let who = event.name.clone().unwrap_or_else(|| short(&event.actor));
        line(&format!("{}  entry {}, by {who}", event.at, event.entry))?;
        output::prose(&format!("    {}", event.text))?;
        if let Some(before) = &event.before {
            output::prose(&format!(
                "    Copied: first entered {}, as entry {} of the case before, by {}.",
                before.at,
                before.entry,
                short(&before.actor)
            ))?;
        }
    }
    line("")?;
    for text in &story.standing {
        output::prose(text)?;
    }
    Ok(Ending::Well)
}
