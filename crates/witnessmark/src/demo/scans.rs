//! The demonstration's PDF files and scanned pictures: what OCR reads in them, and what it takes until a claim rests on it.

use std::path::{Path, PathBuf};

use witnessmark_case::claims::{Draft, Field};
use witnessmark_case::{Case, CaseError};

use super::MATERIAL;
use crate::output::short;

/// How a line of the demonstration's story is printed.
type Say<'s> = dyn Fn(&str) -> Result<(), CaseError> + 's;

/// Who stands for what the demonstration confirms: it wrote the pages itself.
const BY: &str = "the demonstration, which wrote the page itself; no person looked";

/// The files, as they lie in the folder of the material.
pub(super) fn documents(material: &Path) -> Vec<PathBuf> {
    let names = MATERIAL.iter().map(|(name, _)| *name);
    let documents = names.filter(|name| name.starts_with("documents/"));
    documents.map(|name| material.join(name)).collect()
}

/// Says what became of the pictures: read, or kept until there is a program that reads them.
pub(super) fn tell(case: &mut Case, say: &Say<'_>) -> Result<(), CaseError> {
    if case.status()?.waiting_for_ocr == 0 {
        return say(
            "\n   The pictures, and a scanned page of a PDF file, were read by OCR: text and the place of each line, unread by a \
             person.",
        );
    }
    say(
        "\n   Tesseract is not here (Debian's packages tesseract-ocr, tesseract-ocr-chi-sim, tesseract-ocr-bod): the pictures are \
         kept, and read when it is installed and `witnessmark rebuild` is called. What they say is left out.",
    )
}

/// Makes a claim on each scan: quotes the line with its figure, shows that no claim may rest on it, writes the picture of its
/// place, and confirms it. A line that OCR did not read as it is gets the words that stand there beside it.
pub(super) fn claim(
    case: &mut Case,
    material: &Path,
    pictures: &Path,
    say: &Say<'_>,
) -> Result<(), CaseError> {
    if case.status()?.waiting_for_ocr > 0 {
        return Ok(());
    }
    say(
        "\n   Two figures stand in scanned pictures. OCR read them, and no claim may rest on that before somebody compared them with \
         the picture:",
    )?;
    for row in rows(&material.join("scans.csv"))? {
        let get = |name: &str| row.iter().find(|(field, _)| field == name).map(|(_, value)| value);
        let (Some(source), Some(says)) = (get("source"), get("exact")) else { continue };
        let Some(digits) = figure(says) else { continue };
        let capture = case.find_capture(source)?;
        let text = case.text_of(&capture)?.text.unwrap_or_default();
        let Some(read) = text.lines().find(|line| line.contains(&digits)) else {
            say(&format!("   {source}: OCR did not read {digits}; nothing is claimed"))?;
            continue;
        };
        let cited = case.cite(source, read, None)?;
        let id = cited.passage.to_string();
        say(&format!("   {source}: {}", read.trim()))?;
        let mut draft = Draft::default();
        for (name, value) in row.iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "source" | "exact" | "to" => {}
                "from" => {
                    let to = get("to").map_or("", String::as_str);
                    draft.set_when(&format!("{value}..{to}"));
                }
                name => {
                    if let Some(field) = field_of(name) {
                        draft.set(field, value);
                    }
                }
            }
        }
        if let Err(refused) = case.claim(&id, &draft) {
            say(&format!("   refused: {}", refused.fact.replace(&id, &short(&id))))?;
        }
        let picture = case.picture_of_passage(&id)?;
        let file = pictures.join(Path::new(source).with_extension("png"));
        super::write(&file, &picture.png)?;
        say(&format!("   its place on the picture: {}", file.display()))?;
        let reads = (squeezed(read) != squeezed(says)).then_some(says.as_str());
        case.confirm_passage(&id, reads, Some(BY), None)?;
        match reads {
            None => say("   compared: the picture says the same; the claim is made")?,
            Some(says) => say(&format!("   compared: the picture says {says}; the claim is made"))?,
        }
        case.claim(&id, &draft)?;
    }
    Ok(())
}

/// The figure in a line: its longest run of digits.
fn figure(line: &str) -> Option<String> {
    let is_digit =
        |letter: char| letter.is_ascii_digit() || ('\u{f20}'..='\u{f29}').contains(&letter);
    let runs = line.split(|letter| !is_digit(letter)).filter(|run| !run.is_empty());
    // The last of those that are as long: what a line counts stands behind its date.
    runs.max_by_key(|run| run.chars().count()).map(str::to_owned)
}

fn squeezed(line: &str) -> String {
    line.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// The field of a claim that a column of the sheet fills.
fn field_of(column: &str) -> Option<Field> {
    Some(match column {
        "act" => Field::Act,
        "place" => Field::Place,
        "value" => Field::Count,
        "unit" => Field::Unit,
        "bound" => Field::Bound,
        "modality" => Field::Modality,
        "attributed_to" => Field::AttributedTo,
        "source_grade" => Field::SourceGrade,
        "item_grade" => Field::ItemGrade,
        "note" => Field::Note,
        _ => return None,
    })
}

/// The rows of a sheet, as columns and values.
fn rows(path: &Path) -> Result<Vec<Vec<(String, String)>>, CaseError> {
    let fail = |error: csv::Error| {
        CaseError::input(
            format!("{}: {error}", path.display()),
            "this is a fault of the program: please report it",
        )
    };
    let mut reader = csv::Reader::from_path(path).map_err(fail)?;
    let columns = reader.headers().map_err(fail)?.clone();
    let mut found = Vec::new();
    for row in reader.records() {
        let row = row.map_err(fail)?;
        let cells = columns.iter().zip(&row);
        found.push(cells.map(|(column, value)| (column.to_owned(), value.to_owned())).collect());
    }
    Ok(found)
}
