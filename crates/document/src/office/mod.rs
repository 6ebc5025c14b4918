//! Office files: what a reader sees in Word, Excel, PowerPoint and LibreOffice, and what they hide.

mod binary;
mod chart;
pub(crate) mod compound;
mod docx;
mod field;
mod findings;
mod flow;
mod number_format;
mod open_document;
mod package;
mod pptx;
mod rows;
pub(crate) mod rtf;
mod sheet;
mod xlsx;
pub(crate) mod xml;

pub(crate) use package::resolve;

use witnessmark_text::ExtractError;

use crate::packed::directory::Directory;
use crate::walk::{Place, Walk};
use package::{Package, embedded, read_embedded};

/// The name and version of this reader.
pub(crate) const READER: &str = "witnessmark-office/4";

/// Reads a package of the Open Packaging Conventions by the declared type of its main part.
pub(crate) fn read_package(
    walk: &mut Walk<'_>,
    zip: &Directory<'_>,
    place: &Place,
    warnings: Vec<String>,
) {
    let mut package = Package::new(walk, zip, warnings);
    let relations = package.relations("");
    let main = relations.iter().find(|one| one.kind == "officeDocument" && !one.is_external);
    let main = main.map(|one| one.target.clone()).unwrap_or_default();
    let declared = package.content_type(&main).unwrap_or_default();
    let media_type = declared.strip_suffix(".main+xml").unwrap_or(&declared).to_owned();
    if let Some(core) = relations.iter().find(|one| one.kind == "core-properties") {
        package.read_properties(&core.target);
    }
    let is = |words: &str, folder: &str| {
        declared.contains(words) || (declared.is_empty() && main.starts_with(folder))
    };
    let folder = if is("wordprocessingml", "word/") || declared.contains("ms-word") {
        docx::read(&mut package, &main);
        "word/embeddings/"
    } else if declared.contains("sheet.binary") {
        let media_type = "application/vnd.ms-excel.sheet.binary.macroEnabled.12".to_owned();
        return walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
    } else if is("spreadsheetml", "xl/") || declared.contains("ms-excel") {
        xlsx::read(&mut package, &main);
        "xl/embeddings/"
    } else if is("presentationml", "ppt/") || declared.contains("ms-powerpoint") {
        pptx::read(&mut package, &main);
        "ppt/embeddings/"
    } else {
        let media_type = "application/vnd.openxmlformats-package".to_owned();
        return walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
    };
    let plan = embedded(&mut package, walk, folder, place);
    let content = package.finish(&media_type, READER);
    walk.hand_on(place, Ok(content));
    read_embedded(walk, zip, plan, place);
}

/// Reads a file of LibreOffice and others (OASIS OpenDocument 1.3).
pub(crate) fn read_open_document(
    walk: &mut Walk<'_>,
    zip: &Directory<'_>,
    media_type: &str,
    place: &Place,
    warnings: Vec<String>,
) {
    let mut package = Package::new(walk, zip, warnings);
    package.read_properties("meta.xml");
    open_document::read(&mut package, media_type.contains("spreadsheet"));
    let plan = embedded(&mut package, walk, "", place);
    let content = package.finish(media_type, READER);
    walk.hand_on(place, Ok(content));
    read_embedded(walk, zip, plan, place);
}

/// What is said of the pictures in a document, of which the files of some follow by themselves.
fn picture_note(count: u64, following: usize) -> Option<String> {
    Some(match (count, following) {
        (0, 0) => return None,
        (count, 0) => format!("pictures: {count} are in it; words in them were not read"),
        (count, following) => {
            let count = count.max(following as u64);
            format!(
                "pictures: {count} are in it; the {following} that are large follow by themselves, words in others were not read"
            )
        }
    })
}
