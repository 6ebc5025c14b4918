//! Outlook's messages ([MS-OXMSG]): properties as streams of a compound file.

use std::io::{Cursor, Read};

use cfb::CompoundFile;
use encoding_rs::Encoding;
use witnessmark_text::{Hints, read_content};

use super::{Mail, compressed_rtf};
use crate::names::{Places, decode_guessed, place_name};
use crate::office::rtf;
use crate::walk::{Place, Walk};

/// The most bytes of one property that are read.
const MAX_PROPERTY: u64 = 64 << 20;

/// A compound file in memory.
pub(crate) type Compound<'b> = CompoundFile<Cursor<&'b [u8]>>;

/// A message: the whole file, or a storage in it.
struct Message<'c, 'b> {
    file: &'c mut Compound<'b>,
    folder: String,
    codepage: Option<&'static Encoding>,
    properties: Vec<u8>,
}

impl Message<'_, '_> {
    fn stream(&mut self, name: &str) -> Option<Vec<u8>> {
        let path = format!("{}/{name}", self.folder);
        let mut bytes = Vec::new();
        let stream = self.file.open_stream(path).ok()?;
        // A stream that breaks off is read as far as it goes.
        let _ = stream.take(MAX_PROPERTY).read_to_end(&mut bytes);
        Some(bytes)
    }

    /// A property that is text ([MS-OXCDATA] 2.11.1: PtypString, PtypString8).
    fn text(&mut self, id: &str) -> Option<String> {
        if let Some(bytes) = self.stream(&format!("__substg1.0_{id}001F")) {
            let text = encoding_rs::UTF_16LE.decode_without_bom_handling(&bytes).0;
            return Some(text.trim_end_matches('\0').to_owned());
        }
        let bytes = self.stream(&format!("__substg1.0_{id}001E"))?;
        let text = match self.codepage {
            Some(encoding) => encoding.decode_without_bom_handling(&bytes).0.into_owned(),
            None => decode_guessed(&bytes),
        };
        Some(text.trim_end_matches('\0').to_owned())
    }

    /// A property of fixed size, by its tag; entries of sixteen bytes follow a header of 32 or 24.
    fn fixed(&self, tag: u32) -> Option<u64> {
        let header = if self.folder.is_empty() { 32 } else { 24 };
        let entries = self.properties.get(header..)?.chunks_exact(16);
        entries
            .filter(|entry| entry.get(..4) == Some(&tag.to_le_bytes()))
            .find_map(|entry| Some(u64::from_le_bytes(entry.get(8..16)?.try_into().ok()?)))
    }
}

/// Whether a compound file is a message.
pub(crate) fn is_message(file: &Compound<'_>) -> bool {
    file.is_stream("/__properties_version1.0")
}

/// Reads the message in a folder of the file (empty: the file's own), and what is attached.
pub(crate) fn read(
    walk: &mut Walk<'_>,
    file: &mut Compound<'_>,
    folder: &str,
    place: &Place,
    warnings: Vec<String>,
) {
    let mut mail = Mail { warnings, ..Mail::default() };
    let mut message =
        Message { file, folder: folder.to_owned(), codepage: None, properties: Vec::new() };
    message.properties = message.stream("__properties_version1.0").unwrap_or_default();
    let codepage = message.fixed(0x3FFD_0003).or_else(|| message.fixed(0x3FDE_0003));
    message.codepage = codepage.and_then(|number| rtf::codepage(number & 0xFFFF_FFFF));
    read_fields(&mut message, &mut mail);
    read_body(&mut message, &mut mail);
    let attached = attachments(message.file, folder);
    let may_open = walk.may_open(place);
    if !may_open && !attached.is_empty() {
        let depth = walk.limits.depth;
        mail.warnings.push(format!(
            "depth: files deeper than {depth} are not opened; what is attached is not read"
        ));
    }
    let encoding = message.codepage;
    walk.hand_on(place, Ok(mail.into_content("application/vnd.ms-outlook")));
    if !may_open {
        return;
    }
    let mut places = Places::default();
    for (index, folder) in attached.into_iter().enumerate() {
        if walk.files_left() == 0 || walk.budget.is_spent() {
            return;
        }
        let mut part = Message {
            file: &mut *file,
            folder: folder.clone(),
            codepage: encoding,
            properties: Vec::new(),
        };
        let name = part.text("3707").or_else(|| part.text("3704")).or_else(|| part.text("3001"));
        let name = name.filter(|name| !name.trim().is_empty());
        let label = part.text("370E");
        let inner = format!("{folder}/__substg1.0_3701000D");
        if part.file.is_storage(&inner) {
            let name = name.unwrap_or_else(|| format!("message-{}.msg", index + 1));
            let (name, _) = places.add(place_name(&name).0);
            walk.count_file();
            read(walk, file, &inner, &place.within(&name), Vec::new());
            continue;
        }
        let Some(bytes) = part.stream("__substg1.0_37010102") else { continue };
        let name = name.unwrap_or_else(|| format!("part-{}.bin", index + 1));
        let (name, mut problems) = place_name(&name);
        let (name, problem) = places.add(name);
        problems.extend(problem);
        let (bytes, problem) = walk.unpack(bytes.as_slice());
        problems.extend(problem);
        let hints = Hints { media_type: label, file_name: Some(name.clone()), ..Hints::default() };
        walk.read_inner(place, &name, &bytes, &hints, problems);
    }
}

fn attachments(file: &Compound<'_>, folder: &str) -> Vec<String> {
    let root = if folder.is_empty() { "/" } else { folder };
    let Ok(entries) = file.read_storage(root) else { return Vec::new() };
    let mut found: Vec<String> = entries
        .filter(|entry| entry.is_storage() && entry.name().starts_with("__attach_version1.0_"))
        .map(|entry| format!("{folder}/{}", entry.name()))
        .collect();
    found.sort();
    found
}

fn read_fields(message: &mut Message<'_, '_>, mail: &mut Mail) {
    let name = message.text("0C1A").or_else(|| message.text("0042"));
    let address = message.text("5D01").or_else(|| message.text("0C1F"));
    let from = match (name, address) {
        (Some(name), Some(address)) if name != address => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default(),
    };
    mail.author = Some(from.clone()).filter(|from| !from.trim().is_empty());
    mail.field("From", from);
    for (label, id) in [("To", "0E04"), ("Cc", "0E03"), ("Bcc", "0E02")] {
        if let Some(value) = message.text(id) {
            mail.field(label, value);
        }
    }
    let sent = message.fixed(0x0039_0040).or_else(|| message.fixed(0x0E06_0040));
    if let Some((day, moment)) = sent.and_then(moment_of) {
        mail.field("Date", moment);
        mail.day = Some(day);
    }
    if let Some(subject) = message.text("0037") {
        let line = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        mail.subject = Some(line).filter(|line| !line.is_empty());
        mail.field("Subject", subject);
    }
}

fn read_body(message: &mut Message<'_, '_>, mail: &mut Mail) {
    if let Some(text) = message.text("1000").filter(|text| !text.trim().is_empty()) {
        mail.body = text.replace("\r\n", "\n").replace('\r', "\n");
        return;
    }
    let as_text = message.text("1013").map(String::into_bytes);
    let html = message.stream("__substg1.0_10130102");
    if let Some(bytes) = html.or_else(|| as_text.clone()) {
        let charset = as_text.map(|_| "utf-8".to_owned());
        let hints = Hints { media_type: Some("text/html".to_owned()), charset, ..Hints::default() };
        if let Ok(found) = read_content(&bytes, &hints) {
            mail.body = found.text;
            mail.charset = found.charset;
            mail.links = found.links;
            mail.warnings.extend(found.warnings);
            return;
        }
    }
    if let Some(packed) = message.stream("__substg1.0_10090102") {
        let limit = usize::try_from(MAX_PROPERTY).unwrap_or(usize::MAX);
        let text = rtf::text(&compressed_rtf::unpack(&packed, limit));
        mail.body = text.text;
        mail.warnings.extend(text.warnings);
    }
}

/// A FILETIME (hundreds of nanoseconds since 1601, UTC) as a day and as a moment.
fn moment_of(ticks: u64) -> Option<(String, String)> {
    let seconds = i64::try_from(ticks / 10_000_000).ok()?.checked_sub(11_644_473_600)?;
    let (year, month, day) = crate::days::civil(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    let date = format!("{year:04}-{month:02}-{day:02}");
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    (1970..2200)
        .contains(&year)
        .then(|| (date.clone(), format!("{date} {hour:02}:{minute:02}:{second:02} UTC")))
}
