//! An office file as a package of parts (ECMA-376 part 2, Open Packaging Conventions).

use std::collections::BTreeSet;

use witnessmark_text::{Content, Hints};

use super::flow::Flow;
use super::xml::{Piece, Xml};
use crate::names::shown;
use crate::packed::directory::Directory;
use crate::walk::{Budget, Place, Walk};

/// How one part points to another, or out of the file.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) id: String,
    /// The last word of its type, such as `header` or `hyperlink`.
    pub(crate) kind: String,
    /// The part, from the root of the package; or the address.
    pub(crate) target: String,
    pub(crate) is_external: bool,
}

/// A package, and what has been found about it.
pub(crate) struct Package<'z, 'b> {
    pub(crate) zip: &'z Directory<'b>,
    budget: Budget,
    pub(crate) flow: Flow,
    pub(crate) warnings: Vec<String>,
    pub(crate) notes: BTreeSet<String>,
    pub(crate) title: Option<String>,
    pub(crate) author: Option<String>,
}

impl<'z, 'b> Package<'z, 'b> {
    pub(crate) fn new(walk: &Walk<'_>, zip: &'z Directory<'b>, warnings: Vec<String>) -> Self {
        let mut warnings = warnings;
        warnings.extend(zip.warnings.iter().cloned());
        Self {
            zip,
            budget: walk.budget.clone(),
            flow: Flow::default(),
            warnings,
            notes: BTreeSet::new(),
            title: None,
            author: None,
        }
    }

    /// A part as XML; none if there is none or it cannot be unpacked.
    pub(crate) fn part(&mut self, name: &str) -> Option<Xml<'b>> {
        let entry = self.zip.find(name)?;
        match self.zip.reader(entry) {
            Ok(reader) => Some(Xml::new(self.budget.count(reader))),
            Err(why) => {
                self.notes.insert(why);
                None
            }
        }
    }

    /// Keeps what was found wanting in a part.
    pub(crate) fn close(&mut self, xml: Xml<'_>) {
        self.notes.extend(xml.warnings);
    }

    /// Where a part points to.
    pub(crate) fn relations(&mut self, part: &str) -> Vec<Relation> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let name = format!("{folder}/_rels/{file}.rels");
        let mut relations = Vec::new();
        let Some(mut xml) = self.part(&name) else { return relations };
        while let Some(piece) = xml.next() {
            let Piece::Start("Relationship", element) = piece else { continue };
            let target = element.get("Target").unwrap_or_default();
            let is_external = element.get("TargetMode").as_deref() == Some("External");
            let kind = element.get("Type").unwrap_or_default();
            relations.push(Relation {
                id: element.get("Id").unwrap_or_default(),
                kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                target: if is_external { target } else { resolve(folder, &target) },
                is_external,
            });
            if relations.len() >= 100_000 {
                break;
            }
        }
        self.close(xml);
        let is_fetched =
            |one: &&Relation| one.is_external && !matches!(one.kind.as_str(), "hyperlink");
        for one in relations.iter().filter(is_fetched).take(20) {
            self.notes.insert(format!(
                "external: the file fetches its {} from {}; it was not fetched",
                shown(&one.kind),
                shown(&one.target)
            ));
        }
        relations
    }

    /// The declared type of a part.
    pub(crate) fn content_type(&mut self, part: &str) -> Option<String> {
        let mut xml = self.part("[Content_Types].xml")?;
        let mut by_name = None;
        let mut by_ending = None;
        while let Some(piece) = xml.next() {
            match piece {
                Piece::Start("Override", element) => {
                    let name = element.get("PartName").unwrap_or_default();
                    if name.trim_start_matches('/').eq_ignore_ascii_case(part) {
                        by_name = element.get("ContentType");
                    }
                }
                Piece::Start("Default", element) => {
                    let ending = element.get("Extension").unwrap_or_default();
                    if part.rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case(&ending))
                    {
                        by_ending = element.get("ContentType");
                    }
                }
                _ => {}
            }
        }
        self.close(xml);
        by_name.or(by_ending)
    }

    /// Title, author and days from the package's properties (Dublin Core).
    pub(crate) fn read_properties(&mut self, part: &str) {
        let Some(mut xml) = self.part(part) else { return };
        let mut facts = Vec::new();
        while let Some(piece) = xml.next() {
            let Piece::Start(name, _) = piece else { continue };
            let name = name.to_owned();
            let label = match name.as_str() {
                "title" | "creator" | "initial-creator" => "",
                "created" | "creation-date" => "created",
                "modified" | "date" => "last changed",
                "lastModifiedBy" => "last changed by",
                "lastPrinted" | "print-date" => "last printed",
                _ => continue,
            };
            let value = xml.text().split_whitespace().collect::<Vec<_>>().join(" ");
            if value.is_empty() {
                continue;
            }
            match name.as_str() {
                "title" => self.title = Some(value),
                "creator" if self.author.is_none() => self.author = Some(value),
                "initial-creator" => self.author = Some(value),
                "creator" => facts.push(format!("last changed by {}", shown(&value))),
                _ => facts.push(format!("{label} {}", shown(&value))),
            }
        }
        self.close(xml);
        if !facts.is_empty() {
            let facts = facts.join(", ");
            self.warnings.push(format!("properties: by the file's own word, {facts}"));
        }
    }

    /// What the document says.
    pub(crate) fn finish(mut self, media_type: &str, extractor: &str) -> Content {
        self.flow.end_line();
        if self.flow.is_cut {
            let most = super::flow::MAX_TEXT;
            self.notes.insert(format!("size: text beyond {most} bytes was left out"));
        }
        if self.budget.is_spent() {
            self.notes.insert("size: the limit of unpacked bytes was reached in it".to_owned());
        }
        let mut text = self.flow.text;
        text.truncate(text.trim_end().len());
        let mut warnings = self.warnings;
        warnings.extend(self.notes);
        if text.is_empty() {
            warnings.push("text: the document shows no text of its own".to_owned());
        }
        Content {
            media_type: media_type.to_owned(),
            extractor: extractor.to_owned(),
            title: self.title,
            author: self.author,
            text,
            links: self.flow.links,
            warnings: crate::packed::curbed(warnings, "document"),
            ..Content::default()
        }
    }
}

/// A target as parts write it, from the root of the package.
pub(crate) fn resolve(folder: &str, target: &str) -> String {
    if let Some(rooted) = target.strip_prefix('/') {
        return rooted.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// Hands on the files that lie in an office file: what was embedded in it.
pub(crate) fn read_embedded(walk: &mut Walk<'_>, zip: &Directory<'_>, folder: &str, place: &Place) {
    if !walk.may_open(place) {
        return;
    }
    for entry in &zip.entries {
        if !entry.name.starts_with(folder) || entry.is_folder() || walk.files_left() == 0 {
            continue;
        }
        let name = entry.name.rsplit('/').next().unwrap_or("embedded").to_owned();
        let Ok(reader) = zip.reader(entry) else { continue };
        let (bytes, problem) = walk.unpack(reader);
        let hints = Hints { file_name: Some(name.clone()), ..Hints::default() };
        let (name, _) = crate::names::place_name(&name);
        walk.read_inner(place, &name, &bytes, &hints, problem.into_iter().collect());
    }
}
