//! Zip files: which kind of document one is, and the files of a plain one.

use witnessmark_text::ExtractError;

use super::directory::{Directory, Entry};
use super::{curbed, hints_for, listing};
use crate::names::{Places, place_name, shown};
use crate::walk::{Place, Walk};
use crate::{book, kind, office};

/// A file that grows to this many times its packed size is named.
const NOTABLE_RATIO: u64 = 200;

/// Reads a zip file by what it holds: an office file, a book, a web archive, or files.
pub(crate) fn read(walk: &mut Walk<'_>, bytes: &[u8], place: &Place, mut warnings: Vec<String>) {
    if kind::is_program(bytes) {
        warnings.push(
            "program: it begins as a program that unpacks itself; none of it was run".to_owned(),
        );
    }
    let zip = Directory::open(bytes, walk.limits.files.max(1000));
    let holds = |name: &str| zip.find(name).is_some();
    let mimetype = first_bytes(walk, &zip, "mimetype");
    if holds("[Content_Types].xml") && holds("_rels/.rels") {
        return office::read_package(walk, &zip, place, warnings);
    }
    if mimetype.starts_with("application/epub+zip") || holds("META-INF/container.xml") {
        return book::read(walk, &zip, place, warnings);
    }
    if mimetype.starts_with("application/vnd.oasis.opendocument") {
        return office::read_open_document(walk, &zip, mimetype.trim(), place, warnings);
    }
    let is_wacz = holds("datapackage.json")
        && zip.entries.iter().any(|entry| entry.name.starts_with("archive/"));
    if is_wacz {
        let media_type = "application/wacz".to_owned();
        return walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
    }
    read_files(walk, &zip, place, warnings);
}

/// The beginning of a small file, as text.
fn first_bytes(walk: &Walk<'_>, zip: &Directory<'_>, name: &str) -> String {
    let Some(reader) = zip.find(name).and_then(|entry| zip.reader(entry).ok()) else {
        return String::new();
    };
    use std::io::Read;
    let (bytes, _) = walk.unpack(reader.take(200));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read_files(walk: &mut Walk<'_>, zip: &Directory<'_>, place: &Place, mut warnings: Vec<String>) {
    warnings.extend(zip.warnings.iter().cloned());
    let mut places = Places::default();
    let mut names = Vec::new();
    let mut plan: Vec<(&Entry, String)> = Vec::new();
    let allowed = walk.files_left();
    let may_open = walk.may_open(place);
    for entry in &zip.entries {
        let (name, problems) = place_name(&entry.name);
        names.extend(problems);
        if entry.is_folder() {
            continue;
        }
        if entry.is_symlink() {
            names.push(format!(
                "link: {} is a symbolic link, which is not followed",
                shown(&entry.name)
            ));
            continue;
        }
        let (name, problem) = places.add(name);
        names.extend(problem);
        if zip.has_data(entry) {
            plan.push((entry, name));
        }
    }
    warnings.extend(curbed(names, "names"));
    if !may_open && !plan.is_empty() {
        warnings.push(format!(
            "depth: archives deeper than {} are not opened; the files of this one are only listed",
            walk.limits.depth
        ));
        plan.clear();
    }
    let count = plan.len() as u64;
    if zip.total > zip.entries.len() as u64 || count > allowed {
        let total = zip.total;
        let read = allowed.min(count);
        warnings.push(format!("files: only the first {read} of {total} are read"));
        plan.truncate(usize::try_from(allowed).unwrap_or(usize::MAX));
    }
    let listed = zip.entries.iter().map(|entry| entry.name.as_str());
    walk.hand_on(place, Ok(listing("application/zip", listed, zip.total, warnings)));
    for (index, (entry, name)) in plan.iter().enumerate() {
        if !walk.has_room() {
            return walk.leave_out(place, name, plan.len() - index - 1);
        }
        read_file(walk, zip, entry, name, place);
    }
}

fn read_file(walk: &mut Walk<'_>, zip: &Directory<'_>, entry: &Entry, name: &str, place: &Place) {
    let reader = match zip.reader(entry) {
        Ok(reader) => reader,
        Err(why) => {
            return walk.not_read(&place.within(name), "application/octet-stream", why);
        }
    };
    let (bytes, problem) = walk.unpack(reader);
    let mut warnings: Vec<String> = problem.into_iter().collect();
    let length = bytes.len() as u64;
    if warnings.is_empty() && length != entry.size && !(entry.flags & 8 != 0 && entry.size == 0) {
        let size = entry.size;
        warnings.push(format!("size: the archive says {size} bytes, but there are {length}"));
    }
    if length > 1 << 20 && length / entry.packed.max(1) >= NOTABLE_RATIO {
        let ratio = length / entry.packed.max(1);
        warnings
            .push(format!("ratio: it unpacks to {ratio} times its packed size, as zip bombs do"));
    }
    if length == 0 && warnings.is_empty() {
        return walk.hand_on(&place.within(name), Err(ExtractError::Empty));
    }
    walk.read_inner(place, name, &bytes, &hints_for(name), warnings);
}
