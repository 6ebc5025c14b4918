//! Compound files ([MS-CFB]): which kind of document one is.

use std::io::{self, Cursor, Read};

use flate2::read::ZlibDecoder;
use witnessmark_text::{Content, ExtractError, Hints};

use super::binary::{self, Inside};
use crate::little_endian::index_at;
use crate::mail::msg::{self, Compound};
use crate::names::{decode_guessed, place_name, shown};
use crate::walk::{Place, Walk};

/// A compound file of no kind that is known.
const MEDIA_TYPE: &str = "application/x-ole-storage";

/// Streams that tell a kind that is named and not read.
const KINDS: &[(&str, &str)] = &[
    ("PP40", "application/vnd.ms-powerpoint"),
    ("VisioDocument", "application/vnd.visio"),
    ("Equation Native", "application/x-equation"),
];

/// Reads a message of Outlook or a file of Office; names everything else.
pub(crate) fn read(walk: &mut Walk<'_>, bytes: &[u8], place: &Place, warnings: Vec<String>) {
    let mut file = match Compound::open(Cursor::new(bytes)) {
        Ok(file) => file,
        Err(error) => {
            let media_type = MEDIA_TYPE.to_owned();
            let reason = shown(&error.to_string());
            return walk.hand_on(place, Err(ExtractError::Damaged { media_type, reason }));
        }
    };
    if msg::is_message(&file) {
        return msg::read(walk, &mut file, "", place, warnings);
    }
    read_folder(walk, &mut file, "", place, warnings);
}

/// Reads what lies in a folder of the file (empty: the file itself).
fn read_folder(
    walk: &mut Walk<'_>,
    file: &mut Compound<'_>,
    folder: &str,
    place: &Place,
    warnings: Vec<String>,
) {
    if binary::read(walk, file, folder, place, &warnings) {
        return read_objects(walk, file, folder, place);
    }
    let has = |stream: &str| file.is_stream(format!("{folder}/{stream}"));
    if has("EncryptedPackage") {
        let why = "password: the office file is encrypted; it was not read".to_owned();
        return walk.not_read(place, MEDIA_TYPE, why);
    }
    if has("\u{3}OCXNAME") {
        let why = "control: it is a control of a form, whose words were not read".to_owned();
        return walk.not_read(place, MEDIA_TYPE, why);
    }
    if file.is_storage(format!("{folder}/VBA")) {
        let why = "macros: it holds macros; none was run".to_owned();
        return walk.not_read(place, MEDIA_TYPE, why);
    }
    let kind = KINDS.iter().find(|(stream, _)| has(stream));
    if let Some((name, bytes)) = packed(walk, file, folder) {
        return read_packed(walk, &name, &bytes, place, warnings);
    }
    let media_type = kind.map_or(MEDIA_TYPE, |(_, media_type)| media_type).to_owned();
    walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
}

/// Reads the objects of other programs in a document: Word keeps them in a pool, Excel beside its sheets.
fn read_objects(walk: &mut Walk<'_>, file: &mut Compound<'_>, folder: &str, place: &Place) {
    let storages = |path: &str| -> Vec<String> {
        let path = if path.is_empty() { "/" } else { path };
        let entries = file.read_storage(path).into_iter().flatten();
        entries.filter(|entry| entry.is_storage()).map(|entry| entry.name().to_owned()).collect()
    };
    let pool = format!("{folder}/ObjectPool");
    let pooled = storages(&pool).into_iter().map(|name| format!("{pool}/{name}"));
    let beside = storages(folder).into_iter().filter(|name| name.starts_with("MBD"));
    let beside = beside.map(|name| format!("{folder}/{name}"));
    let mut objects: Vec<String> = pooled.chain(beside).collect();
    objects.sort();
    let count = objects.len();
    for (number, path) in objects.into_iter().enumerate() {
        let name = format!("object-{}", number + 1);
        if !walk.may_open(place) {
            return too_deep(walk, place, &name, count - number - 1);
        }
        if !walk.has_room() {
            return walk.leave_out(place, &name, count - number - 1);
        }
        walk.count_file();
        read_folder(walk, file, &path, &place.within(&name), Vec::new());
    }
}

/// Reads files that lie in the streams of a document.
pub(crate) fn read_inside(walk: &mut Walk<'_>, place: &Place, inside: Vec<Inside>) {
    let count = inside.len();
    for (number, Inside { name, bytes, is_packed }) in inside.into_iter().enumerate() {
        if !walk.may_open(place) {
            return too_deep(walk, place, &name, count - number - 1);
        }
        if !walk.has_room() {
            return walk.leave_out(place, &name, count - number - 1);
        }
        let (bytes, problem) = match is_packed {
            true => walk.unpack(ZlibDecoder::new(bytes.as_slice())),
            false => walk.unpack(bytes.as_slice()),
        };
        walk.read_inner(place, &name, &bytes, &Hints::default(), problem.into_iter().collect());
    }
}

/// The bytes of a stream that was opened, as far as they can be read and no more than `most`; what is wrong is said.
pub(crate) fn read_stream(
    stream: io::Result<impl Read>,
    name: &str,
    most: u64,
    problems: &mut Vec<String>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = stream.and_then(|stream| stream.take(most + 1).read_to_end(&mut bytes));
    let name = shown(name);
    if let Err(error) = read {
        let (count, why) = (bytes.len(), shown(&error.to_string()));
        problems.push(format!("damaged: {name} stops after {count} bytes: {why}"));
    }
    if bytes.len() as u64 > most {
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        problems.push(format!("size: only the first {most} bytes of {name} were read"));
    }
    bytes
}

/// Says in the place of the next object that it and so many more lie too deep.
fn too_deep(walk: &mut Walk<'_>, place: &Place, next: &str, more: usize) {
    let depth = walk.limits.depth;
    let why = format!(
        "depth: files deeper than {depth} are not opened; this one and {more} after it are not read"
    );
    walk.not_read(&place.within(next), MEDIA_TYPE, why);
}

/// The file that an object of another program is: as the packager of Windows wraps it ([MS-OLEDS] 2.3.6 names the stream; its
/// form is that of the packager), as Acrobat does, or as newer programs of Office do.
fn packed(walk: &Walk<'_>, file: &mut Compound<'_>, folder: &str) -> Option<(String, Vec<u8>)> {
    let mut stream_of = |name: &str| -> Option<Vec<u8>> {
        let path = format!("{folder}/{name}");
        let stream = file.is_stream(&path).then(|| file.open_stream(&path).ok()).flatten()?;
        Some(walk.unpack(stream).0).filter(|bytes| !bytes.is_empty())
    };
    for (stream, name) in [("CONTENTS", "contents"), ("Package", "package")] {
        if let Some(bytes) = stream_of(stream) {
            return Some((name.to_owned(), bytes));
        }
    }
    let bytes = stream_of("\u{1}Ole10Native")?;
    // The whole length, and a number.
    let mut rest = bytes.get(6..)?;
    let mut words = || {
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (word, tail) = rest.split_at_checked(end)?;
        rest = tail.get(1..)?;
        Some(decode_guessed(word))
    };
    let (label, _path) = (words()?, words()?);
    // Two numbers, where it lay for a while, and then the bytes, each with their length before.
    let start = index_at(rest, 4)?.checked_add(8)?;
    let end = start.checked_add(4)?.checked_add(index_at(rest, start)?)?;
    let inner = rest.get(start + 4..end)?.to_vec();
    Some((label, inner))
}

/// Hands on the file that an object is.
fn read_packed(
    walk: &mut Walk<'_>,
    name: &str,
    bytes: &[u8],
    place: &Place,
    mut warnings: Vec<String>,
) {
    let (name, problems) = place_name(name);
    warnings.extend(problems);
    let may_open = walk.may_open(place);
    if !may_open {
        let depth = walk.limits.depth;
        warnings.push(format!(
            "depth: files deeper than {depth} are not opened; the one in it is not read"
        ));
    }
    let content = Content {
        media_type: MEDIA_TYPE.to_owned(),
        extractor: super::READER.to_owned(),
        text: name.clone(),
        warnings,
        ..Content::default()
    };
    walk.hand_on(place, Ok(content));
    if !may_open {
        return;
    }
    if !walk.has_room() {
        return walk.leave_out(place, &name, 0);
    }
    let (bytes, problem) = walk.unpack(bytes);
    let hints = Hints { file_name: Some(name.clone()), ..Hints::default() };
    walk.read_inner(place, &name, &bytes, &hints, problem.into_iter().collect());
}
