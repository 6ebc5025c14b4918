//! An office file as a package of parts (ECMA-376 part 2, Open Packaging Conventions).

use std::collections::{BTreeSet, HashSet};
use std::io::Read;

use witnessmark_text::{Content, Hints};

use super::flow::Flow;
use super::xml::{Piece, Xml};
use crate::names::{Places, place_name, shown};
use crate::packed::directory::{Directory, Entry};
use crate::picture;
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
    /// How many pictures are in the document.
    pub(crate) pictures: u64,
    /// Parts that are files of their own, beside those in the folder for these.
    inside: BTreeSet<String>,
    /// Parts that are pictures.
    images: BTreeSet<String>,
}

/// The most relations of one part that are looked at.
const MAX_RELATIONS: usize = 100_000;

/// The most parts that are files of their own.
const MAX_INSIDE: usize = 10_000;

/// How much of a picture is unpacked to see how large it is.
const PICTURE_HEAD: u64 = 1 << 20;

/// So many addresses that a file fetches from are named.
const MAX_FETCHED: usize = 20;

impl<'z, 'b> Package<'z, 'b> {
    pub(crate) fn new(walk: &Walk<'_>, zip: &'z Directory<'b>, warnings: Vec<String>) -> Self {
        let mut warnings = warnings;
        warnings.extend(zip.warnings.iter().cloned());
        let (kept, total) = (zip.entries.len() as u64, zip.total);
        if kept < total {
            warnings.push(format!("size: only the first {kept} of its {total} parts are known"));
        }
        Self {
            zip,
            budget: walk.budget.clone(),
            flow: Flow::default(),
            warnings,
            notes: BTreeSet::new(),
            title: None,
            author: None,
            pictures: 0,
            inside: BTreeSet::new(),
            images: BTreeSet::new(),
        }
    }

    /// A part that another one points to, as XML; none, and said, if it is missing or cannot be unpacked.
    pub(crate) fn part(&mut self, name: &str) -> Option<Xml<'b>> {
        if self.zip.find(name).is_none() {
            self.notes.insert(format!("damaged: the part {} is missing", shown(name)));
        }
        self.part_if_any(name)
    }

    /// A part as XML that a file may go without.
    pub(crate) fn part_if_any(&mut self, name: &str) -> Option<Xml<'b>> {
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
        let Some(mut xml) = self.part_if_any(&name) else { return relations };
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
            if relations.len() >= MAX_RELATIONS {
                let part = shown(part);
                self.notes.insert(format!(
                    "size: only the first {MAX_RELATIONS} relations of {part} were looked at"
                ));
                break;
            }
        }
        self.close(xml);
        // What other programs set in, wherever it lies.
        let is_file = |one: &&Relation| {
            matches!(one.kind.as_str(), "oleObject" | "package") && !one.is_external
        };
        for one in relations.iter().filter(is_file) {
            self.put_inside(&one.target);
        }
        for one in relations.iter().filter(|one| one.kind == "image" && !one.is_external) {
            self.put_picture(&one.target);
        }
        let is_fetched =
            |one: &&Relation| one.is_external && !matches!(one.kind.as_str(), "hyperlink");
        let fetched = relations.iter().filter(is_fetched).count();
        if let Some(more) = fetched.checked_sub(MAX_FETCHED).filter(|more| *more > 0) {
            self.notes.insert(format!("external: the file fetches from {more} more addresses"));
        }
        for one in relations.iter().filter(is_fetched).take(MAX_FETCHED) {
            self.notes.insert(format!(
                "external: the file fetches its {} from {}; it was not fetched",
                shown(&one.kind),
                shown(&one.target)
            ));
        }
        relations
    }

    /// Keeps a part that is a file of its own, to be read by itself.
    pub(crate) fn put_inside(&mut self, part: &str) {
        if self.inside.len() < MAX_INSIDE {
            self.inside.insert(part.to_owned());
        } else if !self.inside.contains(part) {
            self.notes.insert(format!("files: only the first {MAX_INSIDE} set in are looked at"));
        }
    }

    /// Keeps a part that is a picture, to be read by itself if it may hold words.
    pub(crate) fn put_picture(&mut self, part: &str) {
        if self.images.len() < MAX_INSIDE {
            self.images.insert(part.to_owned());
        }
    }

    /// The pictures that may hold words.
    fn large_pictures(&self, walk: &Walk<'_>) -> Vec<&'z Entry> {
        let budget = walk.budget.apart();
        let may_hold_words = |entry: &&Entry| {
            let mut head = Vec::new();
            let reader = self.zip.reader(entry).map(|reader| budget.count(reader));
            // One that breaks off is looked at as far as it goes.
            let _ = reader.map(|reader| reader.take(PICTURE_HEAD).read_to_end(&mut head));
            picture::may_hold_words(&head)
        };
        let entries = self.images.iter().filter_map(|part| self.zip.find(part));
        entries.filter(may_hold_words).collect()
    }

    /// Reads the charts that a part points to.
    pub(crate) fn read_charts(&mut self, relations: &[Relation]) {
        for one in relations.iter().filter(|one| !one.is_external) {
            match one.kind.as_str() {
                "chart" => super::chart::read(self, &one.target),
                "chartEx" => {
                    self.notes
                        .insert("charts: one of a newer kind is in it and was not read".to_owned());
                }
                _ => {}
            }
        }
    }

    /// The declared type of a part.
    pub(crate) fn content_type(&mut self, part: &str) -> Option<String> {
        let mut xml = self.part_if_any("[Content_Types].xml")?;
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
        let Some(mut xml) = self.part_if_any(part) else { return };
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
    pub(crate) fn finish(self, media_type: &str, extractor: &str) -> Content {
        let Self { budget, flow, mut warnings, mut notes, title, author, .. } = self;
        if budget.is_spent() {
            notes.insert("size: the limit of unpacked bytes was reached in it".to_owned());
        }
        warnings.extend(notes);
        let (text, links) = flow.finish(&mut warnings);
        Content {
            media_type: media_type.to_owned(),
            extractor: extractor.to_owned(),
            title,
            author,
            text,
            links,
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

/// A file that lies in an office file: its place, and where its bytes are.
pub(crate) type Embedded<'z> = (String, &'z Entry);

/// The files that lie in an office file, below a folder of it or named by its parts. What will not be read is said.
pub(crate) fn embedded<'z>(
    package: &mut Package<'z, '_>,
    walk: &Walk<'_>,
    folder: &str,
    place: &Place,
) -> Vec<Embedded<'z>> {
    let zip = package.zip;
    let mut seen = HashSet::new();
    let named = package.inside.iter().filter_map(|name| {
        if zip.find(name).is_none() {
            package.warnings.push(format!("damaged: the part {} is missing", shown(name)));
        }
        zip.find(name)
    });
    let named: Vec<&Entry> = named.collect();
    let below = zip.entries.iter().filter(|entry| entry.name.starts_with(folder));
    let mut entries: Vec<&Entry> = named
        .into_iter()
        .chain(below.filter(|entry| !folder.is_empty() && !entry.is_folder()))
        .filter(|entry| seen.insert(entry.name.as_str()))
        .collect();
    let may_open = walk.may_open(place);
    if !may_open && !entries.is_empty() {
        let (depth, count) = (walk.limits.depth, entries.len());
        package.warnings.push(format!(
            "depth: files deeper than {depth} are not opened; {count} that are embedded in it are not read"
        ));
    }
    let pictures = if may_open { package.large_pictures(walk) } else { Vec::new() };
    package.warnings.extend(super::picture_note(package.pictures, pictures.len()));
    if !may_open {
        return Vec::new();
    }
    entries.extend(pictures.into_iter().filter(|entry| seen.insert(entry.name.as_str())));
    let count = entries.len() as u64;
    let allowed = walk.files_left();
    if count > allowed {
        package
            .warnings
            .push(format!("files: only the first {allowed} of {count} embedded files are read"));
    }
    let mut places = Places::default();
    let mut plan = Vec::new();
    for entry in entries.into_iter().take(crate::index(allowed)) {
        let name = entry.name.rsplit('/').next().unwrap_or("embedded");
        let (name, problems) = place_name(name);
        package.warnings.extend(problems);
        let (name, problem) = places.add(name);
        package.warnings.extend(problem);
        plan.push((name, entry));
    }
    plan
}

/// Hands on the files that lie in an office file.
pub(crate) fn read_embedded(
    walk: &mut Walk<'_>,
    zip: &Directory<'_>,
    plan: Vec<Embedded<'_>>,
    place: &Place,
) {
    let count = plan.len();
    for (index, (name, entry)) in plan.into_iter().enumerate() {
        if !walk.has_room() {
            return walk.leave_out(place, &name, count - index - 1);
        }
        let reader = match zip.reader(entry) {
            Ok(reader) => reader,
            Err(why) => {
                walk.not_read(&place.within(&name), "application/octet-stream", why);
                continue;
            }
        };
        let (bytes, problem) = walk.unpack(reader);
        let hints = Hints { file_name: Some(name.clone()), ..Hints::default() };
        walk.read_inner(place, &name, &bytes, &hints, problem.into_iter().collect());
    }
}
