//! PowerPoint's PPTX (ECMA-376 part 1, PresentationML): slides in their order, each with its notes and comments.

use std::collections::HashMap;

use super::package::Package;
use super::xml::Piece;

/// Reads the slides.
pub(crate) fn read(package: &mut Package<'_, '_>, main: &str) {
    let relations = package.relations(main);
    let mut order = Vec::new();
    if let Some(mut xml) = package.part(main) {
        while let Some(piece) = xml.next() {
            if let Piece::Start("sldId", element) = piece {
                // Two attributes are called `id`: the slide's number, and `r:id`, its part.
                order.extend(element.get_prefixed("id"));
            }
        }
        package.close(xml);
    }
    if relations.iter().any(|one| one.kind == "vbaProject") {
        package.warnings.push("macros: the file holds macros; none was run".to_owned());
    }
    let targets: HashMap<&str, &str> =
        relations.iter().map(|one| (one.id.as_str(), one.target.as_str())).collect();
    let mut hidden = Vec::new();
    let mut pictures = 0;
    for (index, id) in order.iter().enumerate() {
        let Some(slide) = targets.get(id.as_str()) else { continue };
        let parts = package.relations(slide);
        if read_shapes(package, slide, &mut pictures) {
            hidden.push((index + 1).to_string());
        }
        let of_kind = |kind: &'static str| parts.iter().filter(move |one| one.kind == kind);
        for one in of_kind("diagramData") {
            read_shapes(package, &one.target, &mut pictures);
        }
        for one in of_kind("notesSlide") {
            let before = package.flow.text.len();
            read_shapes(package, &one.target, &mut 0);
            if package.flow.text.len() > before {
                package.flow.text.insert_str(before, "Notes: ");
                package.flow.moved(7);
            }
        }
        for one in of_kind("comments") {
            read_comments(package, &one.target);
        }
    }
    if !hidden.is_empty() {
        let list = hidden.join(", ");
        package
            .warnings
            .push(format!("hidden: slides that are not shown, but are in the text: {list}"));
    }
    if pictures > 0 {
        package
            .warnings
            .push(format!("pictures: {pictures} are on the slides; words in them were not read"));
    }
}

/// Reads the shapes of a slide or its notes; true if the slide is hidden.
fn read_shapes(package: &mut Package<'_, '_>, part: &str, pictures: &mut u32) -> bool {
    let relations = package.relations(part);
    let targets: HashMap<&str, &str> =
        relations.iter().map(|one| (one.id.as_str(), one.target.as_str())).collect();
    let Some(mut xml) = package.part(part) else { return false };
    let mut flow = std::mem::take(&mut package.flow);
    let mut in_text = false;
    let mut is_hidden = false;
    // The number of the slide and the like are not what it says.
    let mut is_filling = false;
    let mut link: Option<(String, usize)> = None;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Text(letters) if in_text && !is_filling => flow.push(letters),
            Piece::Text(_) => {}
            Piece::Start(name, element) => match name {
                "sld" => is_hidden = !element.is_on("show", true),
                "t" => in_text = true,
                "br" => flow.break_line(),
                "Fallback" => xml.skip(),
                "sp" => is_filling = false,
                "ph" => {
                    let kind = element.get("type").unwrap_or_default();
                    is_filling = matches!(kind.as_str(), "sldNum" | "sldImg" | "dt" | "hdr");
                }
                "r" => link = None,
                "hlinkClick" => {
                    let id = element.get("id").unwrap_or_default();
                    if let Some(target) = targets.get(id.as_str())
                        && target.contains(':')
                    {
                        link = Some(((*target).to_owned(), flow.text.len()));
                    }
                }
                "tr" => flow.start_row(),
                "tc" => flow.start_cell(),
                "blip" => *pictures += 1,
                _ => {}
            },
            Piece::End(name) => match name {
                "t" => in_text = false,
                "r" => {
                    if let Some((address, start)) = link.take() {
                        let words = flow.words_from(start);
                        flow.link(address, &words);
                    }
                }
                "p" => flow.end_paragraph(),
                "tr" => flow.end_row(),
                "sp" => is_filling = false,
                _ => {}
            },
        }
    }
    flow.end_line();
    package.flow = flow;
    package.close(xml);
    is_hidden
}

fn read_comments(package: &mut Package<'_, '_>, part: &str) {
    let Some(mut xml) = package.part(part) else { return };
    let mut words = Vec::new();
    while let Some(piece) = xml.next() {
        if let Piece::Start("text" | "t", _) = piece {
            words.push(xml.text());
        }
    }
    package.close(xml);
    for comment in words {
        package.flow.push("Comment: ");
        package.flow.push(comment.trim());
        package.flow.end_line();
    }
}
