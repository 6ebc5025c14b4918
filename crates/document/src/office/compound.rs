//! Compound files ([MS-CFB]): which kind of document one is.

use std::io::Cursor;

use witnessmark_text::ExtractError;

use crate::mail::msg;
use crate::names::shown;
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
    let kind = KINDS.iter().find(|(stream, _)| file.is_stream(stream));
    let media_type = kind.map_or("application/x-ole-storage", |(_, media_type)| media_type);
    walk.hand_on(place, Err(unsupported(media_type)));
}
