//! Compound files ([MS-CFB]): which kind of document one is.

use std::io::{Cursor, Read};

use witnessmark_text::{Content, ExtractError, Hints};

use crate::mail::msg;
use crate::names::{decode_guessed, place_name, shown};
use crate::walk::{Place, Walk};

/// Streams that tell a kind.
const KINDS: &[(&str, &str)] = &[
    ("/WordDocument", "application/msword"),
    ("/Workbook", "application/vnd.ms-excel"),
    ("/Book", "application/vnd.ms-excel"),
    ("/PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("/VisioDocument", "application/vnd.visio"),
];

/// Reads a message of Outlook; names everything else.
pub(crate) fn read(walk: &mut Walk<'_>, bytes: &[u8], place: &Place, warnings: Vec<String>) {
    let unsupported =
        |media_type: &str| ExtractError::Unsupported { media_type: media_type.to_owned() };
    let mut file = match msg::Compound::open(Cursor::new(bytes)) {
        Ok(file) => file,
        Err(error) => {
            let media_type = "application/x-ole-storage".to_owned();
            let reason = shown(&error.to_string());
            return walk.hand_on(place, Err(ExtractError::Damaged { media_type, reason }));
        }
    };
    if msg::is_message(&file) {
        return msg::read(walk, &mut file, "", place, warnings);
    }
    if file.is_stream("/EncryptedPackage") {
        let why = "password: the office file is encrypted; it was not read".to_owned();
        return walk.not_read(place, "application/x-ole-storage", why);
    }
    if let Some((name, bytes)) = packed(&mut file) {
        return read_packed(walk, &name, &bytes, place, warnings);
    }
    let kind = KINDS.iter().find(|(stream, _)| file.is_stream(stream));
    let media_type = kind.map_or("application/x-ole-storage", |(_, media_type)| media_type);
    walk.hand_on(place, Err(unsupported(media_type)));
}

/// The file that an object of another program is: as the packager of Windows wraps it ([MS-OLEDS] 2.3.6 names the stream; its
/// form is that of the packager), as Acrobat does, or as newer programs of Office do.
fn packed(file: &mut msg::Compound<'_>) -> Option<(String, Vec<u8>)> {
    for (stream, name) in [("/CONTENTS", "contents"), ("/Package", "package")] {
        if let Some(bytes) = stream_of(file, stream) {
            return Some((name.to_owned(), bytes));
        }
    }
    let bytes = stream_of(file, "/\u{1}Ole10Native")?;
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
    let long = |at: usize| -> Option<usize> {
        let four = rest.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(four)).ok()
    };
    let start = long(4)?.checked_add(8)?;
    let end = start.checked_add(4)?.checked_add(long(start)?)?;
    let inner = rest.get(start + 4..end)?.to_vec();
    Some((label, inner))
}

fn stream_of(file: &mut msg::Compound<'_>, name: &str) -> Option<Vec<u8>> {
    if !file.is_stream(name) {
        return None;
    }
    let mut bytes = Vec::new();
    file.open_stream(name).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes).filter(|bytes| !bytes.is_empty())
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
        media_type: "application/x-ole-storage".to_owned(),
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
