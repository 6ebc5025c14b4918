//! Outlook's messages ([MS-OXMSG]): properties as streams of a compound file.

use std::io::Cursor;

use cfb::CompoundFile;
use encoding_rs::Encoding;
use witnessmark_text::Hints;

use super::Mail;
use crate::names::{Places, decode_guessed, place_name, shown};
use crate::office::compound::read_stream;
use crate::office::rtf;
use crate::walk::{Place, Walk};

/// The most bytes of one property that are read.
const MAX_PROPERTY: u64 = 64 << 20;

/// Bytes before the entries of a list of properties: of the file's own message, of one in it, of a recipient or attachment.
const OWN_HEADER: usize = 32;
const INNER_HEADER: usize = 24;
const SMALL_HEADER: usize = 8;

/// A compound file in memory.
pub(crate) type Compound<'b> = CompoundFile<Cursor<&'b [u8]>>;

/// A storage with properties: a message, a recipient or an attachment.
struct Properties<'c, 'b> {
    file: &'c mut Compound<'b>,
    folder: String,
    codepage: Option<&'static Encoding>,
    /// Properties of fixed size, sixteen bytes each.
    fixed: Vec<u8>,
    /// What could not be read, or not all of it.
    problems: Vec<String>,
}

impl<'c, 'b> Properties<'c, 'b> {
    fn open(
        file: &'c mut Compound<'b>,
        folder: String,
        header: usize,
        codepage: Option<&'static Encoding>,
    ) -> Self {
        let mut found = Self { file, folder, codepage, fixed: Vec::new(), problems: Vec::new() };
        let list = found.stream("__properties_version1.0").unwrap_or_default();
        found.fixed = list.get(header..).unwrap_or_default().to_vec();
        found
    }

    fn stream(&mut self, name: &str) -> Option<Vec<u8>> {
        let path = format!("{}/{name}", self.folder);
        if !self.file.is_stream(&path) {
            return None;
        }
        let stream = self.file.open_stream(&path);
        Some(read_stream(stream, name, MAX_PROPERTY, &mut self.problems))
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

    /// The first of these properties that says anything.
    fn first_text(&mut self, ids: &[&str]) -> Option<String> {
        ids.iter().find_map(|id| self.text(id).filter(|text| !text.trim().is_empty()))
    }

    /// A property of fixed size, by its tag.
    fn fixed(&self, tag: u32) -> Option<u64> {
        let mut entries = self.fixed.chunks_exact(16);
        entries
            .find(|entry| entry.get(..4) == Some(&tag.to_le_bytes()))
            .and_then(|entry| Some(u64::from_le_bytes(entry.get(8..16)?.try_into().ok()?)))
    }
}

/// A file that is attached to a message.
struct Attached {
    name: String,
    media_type: Option<String>,
    problems: Vec<String>,
    lies: Lies,
}

/// Where the bytes of an attached file are.
enum Lies {
    /// In a stream of this folder.
    Stream(String),
    /// It is a message, in this folder.
    Message(String),
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
    let header = if folder.is_empty() { OWN_HEADER } else { INNER_HEADER };
    let mut message = Properties::open(file, folder.to_owned(), header, None);
    let codepage = message.fixed(0x3FFD_0003).or_else(|| message.fixed(0x3FDE_0003));
    let codepage = codepage.and_then(|number| rtf::codepage(number & 0xFFFF_FFFF));
    message.codepage = codepage;
    read_fields(&mut message, &mut mail);
    let plain = message.text("1000");
    let html = message.stream("__substg1.0_10130102").map(|bytes| (bytes, false));
    let html = html.or_else(|| message.text("1013").map(|text| (text.into_bytes(), true)));
    let packed = message.stream("__substg1.0_10090102");
    mail.put_bodies(plain, html, packed.as_deref());
    mail.warnings.append(&mut message.problems);
    let may_open = walk.may_open(place);
    let plan = plan(file, folder, codepage, &mut mail.warnings);
    let count = mail.attached_within_limits(walk, place, plan.len());
    walk.hand_on(place, Ok(mail.into_content("application/vnd.ms-outlook")));
    if !may_open {
        return;
    }
    for (index, one) in plan.into_iter().take(count).enumerate() {
        if !walk.has_room() {
            return walk.leave_out(place, &one.name, count - index - 1);
        }
        let Attached { name, media_type, mut problems, lies } = one;
        let folder = match lies {
            Lies::Stream(folder) => folder,
            Lies::Message(folder) => {
                walk.count_file();
                read(walk, file, &folder, &place.within(&name), problems);
                continue;
            }
        };
        let mut part = Properties::open(file, folder, SMALL_HEADER, codepage);
        let bytes = part.stream("__substg1.0_37010102").unwrap_or_default();
        problems.append(&mut part.problems);
        let (bytes, problem) = walk.unpack(bytes.as_slice());
        problems.extend(problem);
        let hints = Hints { media_type, file_name: Some(name.clone()), ..Hints::default() };
        walk.read_inner(place, &name, &bytes, &hints, problems);
    }
}

/// What is attached to a message. Of what has no bytes in it, the warnings tell.
fn plan(
    file: &mut Compound<'_>,
    folder: &str,
    codepage: Option<&'static Encoding>,
    warnings: &mut Vec<String>,
) -> Vec<Attached> {
    let mut places = Places::default();
    let mut plan = Vec::new();
    for (index, folder) in inner(file, folder, "__attach_version1.0_").into_iter().enumerate() {
        let mut part = Properties::open(file, folder.clone(), SMALL_HEADER, codepage);
        let name = part.first_text(&["3707", "3704", "3001"]);
        let media_type = part.text("370E");
        let address = part.first_text(&["370D", "3708"]);
        warnings.append(&mut part.problems);
        let object = format!("{folder}/__substg1.0_3701000D");
        let (is_message, is_object) =
            (file.is_stream(format!("{object}/__properties_version1.0")), file.is_storage(&object));
        let ending = if is_message { "msg" } else { "bin" };
        let kind = if is_message { "message" } else { "part" };
        let name = name.unwrap_or_else(|| format!("{kind}-{}.{ending}", index + 1));
        let lies = if is_message {
            Lies::Message(object)
        } else if file.is_stream(format!("{folder}/__substg1.0_37010102")) {
            Lies::Stream(folder)
        } else {
            let name = shown(&name);
            warnings.push(match (is_object, address) {
                (true, _) => {
                    format!("embedded: {name} is an object of another program; it was not read")
                }
                (false, Some(address)) => {
                    let address = shown(&address);
                    format!(
                        "attached: {name} is not in the message; it says that it lies at {address}"
                    )
                }
                (false, None) => format!("damaged: {name} is attached, but its bytes are missing"),
            });
            continue;
        };
        let (name, mut problems) = place_name(&name);
        let (name, problem) = places.add(name);
        problems.extend(problem);
        plan.push(Attached { name, media_type, problems, lies });
    }
    plan
}

/// The storages of a folder whose names begin so, in order.
fn inner(file: &Compound<'_>, folder: &str, start: &str) -> Vec<String> {
    let root = if folder.is_empty() { "/" } else { folder };
    let Ok(entries) = file.read_storage(root) else { return Vec::new() };
    let mut found: Vec<String> = entries
        .filter(|entry| entry.is_storage() && entry.name().starts_with(start))
        .map(|entry| format!("{folder}/{}", entry.name()))
        .collect();
    found.sort();
    found
}

/// Who a message went to, by `To`, `Cc` and `Bcc` ([MS-OXOMSG] 2.2.3.1: kinds 1, 2 and 3).
fn recipients(message: &mut Properties<'_, '_>) -> [Vec<String>; 3] {
    let mut found = [Vec::new(), Vec::new(), Vec::new()];
    for folder in inner(message.file, &message.folder, "__recip_version1.0_") {
        let mut one = Properties::open(&mut *message.file, folder, SMALL_HEADER, message.codepage);
        let name = one.first_text(&["3001", "5FF6"]);
        let address = one.first_text(&["39FE", "3003"]);
        let kind = one.fixed(0x0C15_0003).unwrap_or(1) & 0xF;
        let mut problems = std::mem::take(&mut one.problems);
        message.problems.append(&mut problems);
        let list = kind.checked_sub(1).and_then(|kind| found.get_mut(crate::index(kind)));
        if let (Some(list), Some(who)) = (list, named(name, address)) {
            list.push(who);
        }
    }
    found
}

/// A name with its address, without saying the same twice.
fn named(name: Option<String>, address: Option<String>) -> Option<String> {
    match (name, address) {
        (Some(name), Some(address)) if name.trim_matches('\'') != address => {
            Some(format!("{name} <{address}>"))
        }
        (name, address) => name.or(address),
    }
}

fn read_fields(message: &mut Properties<'_, '_>, mail: &mut Mail) {
    let name = message.first_text(&["0C1A", "0042"]);
    let address = message.first_text(&["5D01", "0C1F"]);
    let from = named(name, address).unwrap_or_default();
    mail.author = Some(from.clone()).filter(|from| !from.trim().is_empty());
    mail.field("From", from);
    let people = recipients(message);
    let fields = [("To", "0E04"), ("Cc", "0E03"), ("Bcc", "0E02")];
    for ((label, id), people) in fields.into_iter().zip(people) {
        let value = match people.is_empty() {
            true => message.text(id),
            false => Some(people.join("; ")),
        };
        if let Some(value) = value {
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
    // Appointments, tasks and contacts have properties that no mail has.
    if let Some(class) = message.text("001A")
        && !class.to_ascii_lowercase().starts_with("ipm.note")
        && !class.trim().is_empty()
    {
        let class = shown(class.trim());
        mail.warnings.push(format!("kind: it is {class}; only what it has like a mail was read"));
    }
}

/// A FILETIME (hundreds of nanoseconds since 1601, UTC) as a day and as a moment.
pub(crate) fn moment_of(ticks: u64) -> Option<(String, String)> {
    let seconds = i64::try_from(ticks / 10_000_000).ok()?.checked_sub(11_644_473_600)?;
    let (year, month, day) = crate::days::civil(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    let date = format!("{year:04}-{month:02}-{day:02}");
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    (1970..2200)
        .contains(&year)
        .then(|| (date.clone(), format!("{date} {hour:02}:{minute:02}:{second:02} UTC")))
}
