//! PowerPoint's PPTX (ECMA-376 part 1, PresentationML): slides in their order, each with its charts, notes and comments; then
//! the words that stand on all slides of a kind.

use std::collections::HashMap;

use super::flow::Flow;
use super::package::{Package, Relation};
use super::xml::Piece;
use crate::names::shown;

/// Which shapes are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shapes {
    /// All of a slide.
    All,
    /// Those of a layout that are not to be filled in.
    Fixed,
}

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
    let unlisted: Vec<&str> = relations
        .iter()
        .filter(|one| one.kind == "slide" && !one.is_external && !order.contains(&one.id))
        .map(|one| one.target.as_str())
        .collect();
    if !unlisted.is_empty() {
        let count = unlisted.len();
        package.warnings.push(format!(
            "hidden: {count} slides are in the file, but not in its list; they follow behind the others"
        ));
    }
    let mut slides = Vec::new();
    for id in &order {
        match targets.get(id.as_str()) {
            Some(slide) => slides.push(*slide),
            None => package
                .warnings
                .push(format!("damaged: slide {} is listed, but is not there", slides.len() + 1)),
        }
    }
    slides.extend(unlisted);
    let authors = read_authors(package, &relations);
    let mut layouts: Vec<String> = Vec::new();
    for (index, slide) in slides.iter().enumerate() {
        let parts = package.relations(slide);
        if read_shapes(package, slide, Shapes::All, &mut pictures) {
            hidden.push((index + 1).to_string());
        }
        let of_kind = |kind: &'static str| {
            parts.iter().filter(move |one| one.kind == kind && !one.is_external)
        };
        for one in of_kind("diagramData") {
            read_shapes(package, &one.target, Shapes::All, &mut pictures);
        }
        package.read_charts(&parts);
        for one in of_kind("slideLayout") {
            if !layouts.contains(&one.target) {
                layouts.push(one.target.clone());
            }
        }
        for one in of_kind("notesSlide") {
            let before = package.flow.text.len();
            read_shapes(package, &one.target, Shapes::All, &mut 0);
            if package.flow.text.len() > before {
                package.flow.text.insert_str(before, "Notes: ");
                package.flow.moved(7);
            }
        }
        for one in of_kind("comments") {
            read_comments(package, &one.target, &authors);
        }
    }
    read_layouts(package, layouts, &mut pictures);
    if !hidden.is_empty() {
        let list = hidden.join(", ");
        package
            .warnings
            .push(format!("hidden: slides that are not shown, but are in the text: {list}"));
    }
    package.pictures += u64::from(pictures);
}

/// Reads what stands on all slides of a kind, once.
fn read_layouts(package: &mut Package<'_, '_>, mut layouts: Vec<String>, pictures: &mut u32) {
    let mut masters = Vec::new();
    for layout in &layouts {
        for one in package.relations(layout) {
            if one.kind == "slideMaster" && !one.is_external && !masters.contains(&one.target) {
                masters.push(one.target);
            }
        }
    }
    layouts.extend(masters);
    let mut told: Vec<String> = Vec::new();
    for part in layouts {
        let slides = std::mem::take(&mut package.flow);
        package.flow = slides.inner();
        read_shapes(package, &part, Shapes::Fixed, pictures);
        let found = std::mem::replace(&mut package.flow, slides);
        package.flow.is_cut |= found.is_cut;
        let words = found.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !words.is_empty() && !told.contains(&words) {
            let mut line = Flow::default();
            line.push("On all slides of a kind: ");
            line.push(&words);
            package.flow.append(line);
            told.push(words);
        }
    }
}

/// Reads the shapes of a slide, its notes or its layout; true if the slide is hidden.
fn read_shapes(
    package: &mut Package<'_, '_>,
    part: &str,
    shapes: Shapes,
    pictures: &mut u32,
) -> bool {
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
                    is_filling =
                        shapes == Shapes::Fixed || matches!(kind.as_str(), "sldNum" | "sldImg");
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

/// The names of those who write comments, by the number that comments have for them.
fn read_authors(package: &mut Package<'_, '_>, relations: &[Relation]) -> HashMap<String, String> {
    let mut authors = HashMap::new();
    let lists = relations.iter().filter(|one| {
        matches!(one.kind.as_str(), "commentAuthors" | "authors") && !one.is_external
    });
    for one in lists {
        let Some(mut xml) = package.part(&one.target) else { continue };
        while let Some(piece) = xml.next() {
            if let Piece::Start("cmAuthor" | "author", element) = piece
                && let (Some(id), Some(name)) = (element.get("id"), element.get("name"))
            {
                authors.insert(id, name);
            }
        }
        package.close(xml);
    }
    authors
}

/// Reads comments, each before the answers to it.
fn read_comments(package: &mut Package<'_, '_>, part: &str, authors: &HashMap<String, String>) {
    let Some(mut xml) = package.part(part) else { return };
    let mut lines: Vec<String> = Vec::new();
    // Comments that are open: where they will stand, and what they say so far.
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut in_text = false;
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Start("cm" | "reply", element) => {
                let who = element.get("authorId").and_then(|id| authors.get(&id).cloned());
                let day = element.get("dt").or_else(|| element.get("created"));
                let day = day.and_then(|day| day.get(..10).map(shown));
                let about: Vec<String> = who.into_iter().chain(day).collect();
                let label = match about.is_empty() {
                    true => "Comment: ".to_owned(),
                    false => format!("Comment ({}): ", about.join(", ")),
                };
                open.push((lines.len(), label));
            }
            Piece::Start("text" | "t", _) => in_text = true,
            Piece::End("text" | "t") => in_text = false,
            Piece::End("p") => {
                if let Some((_, words)) = open.last_mut() {
                    words.push(' ');
                }
            }
            Piece::Text(letters) if in_text => {
                if let Some((_, words)) = open.last_mut() {
                    words.push_str(letters);
                }
            }
            Piece::End("cm" | "reply") => {
                if let Some((at, words)) = open.pop() {
                    lines.insert(at.min(lines.len()), words);
                }
            }
            _ => {}
        }
    }
    package.close(xml);
    // Where the part breaks off, some are still open.
    lines.extend(open.into_iter().map(|(_, words)| words));
    for comment in lines {
        package.flow.push(&comment.split_whitespace().collect::<Vec<_>>().join(" "));
        package.flow.end_line();
    }
}
