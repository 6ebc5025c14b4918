//! What Outlook packs a mail into when it thinks that another Outlook reads it ([MS-OXTNEF]): `winmail.dat`.

use encoding_rs::Encoding;
use witnessmark_text::Hints;

use super::Mail;
use super::msg::moment_of;
use crate::names::{Places, decode_guessed, place_name, shown};
use crate::office::rtf;
use crate::walk::{Place, Walk};

/// The first bytes.
pub(crate) const SIGNATURE: &[u8] = b"\x78\x9f\x3e\x22";

/// Properties of one list beyond this are not read.
const MAX_PROPERTIES: u32 = 100_000;

/// A reader of numbers and pieces, least byte first.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn long(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A piece of so many bytes, with the zeros that fill it up to a multiple of four.
    fn padded(&mut self, count: usize) -> Option<&'b [u8]> {
        let piece = self.take(count)?;
        let rest = (4 - count % 4) % 4;
        self.take(rest.min(self.0.len()))?;
        Some(piece)
    }
}

/// A property ([MS-OXTNEF] 2.1.3.4): its number, its type, its value.
struct Property<'b> {
    id: u16,
    kind: u16,
    value: &'b [u8],
}

/// A list of properties, as far as it holds; false if it breaks off.
fn properties(bytes: &[u8]) -> (Vec<Property<'_>>, bool) {
    let mut bytes = Bytes(bytes);
    let mut found = Vec::new();
    let Some(count) = bytes.long() else { return (found, bytes.0.is_empty()) };
    for _ in 0..count.min(MAX_PROPERTIES) {
        if property(&mut bytes, &mut found).is_none() {
            return (found, false);
        }
    }
    (found, count <= MAX_PROPERTIES)
}

fn property<'b>(bytes: &mut Bytes<'b>, found: &mut Vec<Property<'b>>) -> Option<()> {
    let (kind, id) = (bytes.short()?, bytes.short()?);
    if id >= 0x8000 {
        // A name of its own: a set, and a number or letters in it.
        bytes.take(16)?;
        match bytes.long()? {
            0 => drop(bytes.long()?),
            _ => {
                let length = bytes.long()?;
                bytes.padded(crate::index(length.into()))?;
            }
        }
    }
    let one = kind & !0x1000;
    let is_long = matches!(one, 0x0D | 0x1E | 0x1F | 0x102);
    let values = if is_long || one != kind { bytes.long()? } else { 1 };
    for number in 0..values {
        let length = match one {
            _ if is_long => crate::index(bytes.long()?.into()),
            0x05 | 0x06 | 0x07 | 0x14 | 0x40 => 8,
            0x48 => 16,
            // Shorter ones are filled up.
            _ => 4,
        };
        let value = bytes.padded(length)?;
        if number == 0 {
            found.push(Property { id, kind: one, value });
        }
    }
    Some(())
}

/// Letters of a property, or of an attribute that is older than Unicode.
fn letters(kind: u16, value: &[u8], codepage: Option<&'static Encoding>) -> String {
    let text = match (kind, codepage) {
        (0x1F, _) => encoding_rs::UTF_16LE.decode_without_bom_handling(value).0.into_owned(),
        (_, Some(encoding)) => encoding.decode_without_bom_handling(value).0.into_owned(),
        (_, None) => decode_guessed(value.split(|byte| *byte == 0).next().unwrap_or_default()),
    };
    text.split('\0').next().unwrap_or_default().to_owned()
}

/// A file that is attached.
#[derive(Default)]
struct Attached<'b> {
    title: Option<String>,
    name: Option<String>,
    media_type: Option<String>,
    bytes: Option<&'b [u8]>,
    is_message: bool,
}

/// Everything in the file.
#[derive(Default)]
struct Found<'b> {
    plain: Option<String>,
    html: Option<(Vec<u8>, bool)>,
    packed: Option<&'b [u8]>,
    attached: Vec<Attached<'b>>,
}

/// Reads the message, and hands on what is attached to it.
pub(crate) fn read(walk: &mut Walk<'_>, bytes: &[u8], place: &Place, warnings: Vec<String>) {
    let mut mail = Mail { warnings, ..Mail::default() };
    let mut found = Found::default();
    if attributes(bytes, &mut found, &mut mail).is_none() {
        mail.warnings.push("damaged: it breaks off".to_owned());
    }
    if let Some(subject) = mail.subject.clone() {
        mail.field("Subject", subject);
    }
    mail.put_bodies(found.plain, found.html, found.packed);
    let may_open = walk.may_open(place);
    let count = mail.attached_within_limits(walk, place, found.attached.len());
    let mut places = Places::default();
    let mut plan = Vec::new();
    for (index, one) in found.attached.into_iter().take(count).enumerate() {
        let kind = if one.is_message { "message" } else { "part" };
        let name = one.name.or(one.title).filter(|name| !name.trim().is_empty());
        let name = name.unwrap_or_else(|| format!("{kind}-{}", index + 1));
        let Some(bytes) = one.bytes else {
            let name = shown(&name);
            mail.warnings.push(format!("damaged: {name} is attached, but its bytes are missing"));
            continue;
        };
        let (name, problems) = place_name(&name);
        mail.warnings.extend(problems);
        let (name, problem) = places.add(name);
        mail.warnings.extend(problem);
        plan.push((name, bytes, one.media_type));
    }
    walk.hand_on(place, Ok(mail.into_content("application/vnd.ms-tnef")));
    if !may_open {
        return;
    }
    let count = plan.len();
    for (index, (name, bytes, media_type)) in plan.into_iter().enumerate() {
        if !walk.has_room() {
            return walk.leave_out(place, &name, count - index - 1);
        }
        let (bytes, problem) = walk.unpack(bytes);
        let hints = Hints { media_type, file_name: Some(name.clone()), ..Hints::default() };
        walk.read_inner(place, &name, &bytes, &hints, problem.into_iter().collect());
    }
}

/// Reads the attributes of the file ([MS-OXTNEF] 2.1.3.3); none if it breaks off.
fn attributes<'b>(bytes: &'b [u8], found: &mut Found<'b>, mail: &mut Mail) -> Option<()> {
    let mut bytes = Bytes(bytes);
    bytes.take(6)?;
    let mut codepage = None;
    while !bytes.0.is_empty() {
        bytes.take(1)?;
        let id = bytes.long()?;
        let length = bytes.long()?;
        let value = bytes.take(crate::index(length.into()))?;
        // A sum, which says nothing that the length has not said.
        bytes.take(2)?;
        match id {
            0x0006_9007 => {
                let number = Bytes(value).long();
                codepage = number.and_then(|number| rtf::codepage(number.into()));
            }
            0x0001_8004 => mail.subject = Some(letters(0x1E, value, codepage)),
            0x0002_800C => found.plain = Some(letters(0x1E, value, codepage)),
            0x0006_9003 => message_properties(value, codepage, found, mail),
            0x0006_9002 => found.attached.push(Attached::default()),
            0x0001_8010 => {
                if let Some(one) = found.attached.last_mut() {
                    one.title = Some(letters(0x1E, value, codepage));
                }
            }
            0x0006_800F => {
                if let Some(one) = found.attached.last_mut() {
                    one.bytes = Some(value);
                }
            }
            0x0006_9005 => {
                if let Some(one) = found.attached.last_mut() {
                    attachment_properties(value, codepage, one, mail);
                }
            }
            _ => {}
        }
    }
    Some(())
}

fn message_properties<'b>(
    value: &'b [u8],
    codepage: Option<&'static Encoding>,
    found: &mut Found<'b>,
    mail: &mut Mail,
) {
    let (list, is_whole) = properties(value);
    if !is_whole {
        mail.warnings.push("damaged: its list of properties breaks off".to_owned());
    }
    for Property { id, kind, value } in list {
        let words = || letters(kind, value, codepage);
        match (id, kind) {
            (0x1000, 0x1E | 0x1F) => found.plain = Some(words()),
            (0x1013, 0x1E | 0x1F) => found.html = Some((words().into_bytes(), true)),
            (0x1013, _) => found.html = Some((value.to_vec(), false)),
            (0x1009, _) => found.packed = Some(value),
            (0x0037, 0x1E | 0x1F) => mail.subject = Some(words()),
            (0x0C1A, 0x1E | 0x1F) => {
                mail.author = Some(words()).filter(|who| !who.trim().is_empty());
                mail.field("From", words());
            }
            (0x0E04, 0x1E | 0x1F) => mail.field("To", words()),
            (0x0E03, 0x1E | 0x1F) => mail.field("Cc", words()),
            (0x0039, 0x40) => {
                let ticks = value.try_into().ok().map(u64::from_le_bytes);
                if let Some((day, moment)) = ticks.and_then(moment_of) {
                    mail.field("Date", moment);
                    mail.day = Some(day);
                }
            }
            _ => {}
        }
    }
}

fn attachment_properties<'b>(
    value: &'b [u8],
    codepage: Option<&'static Encoding>,
    one: &mut Attached<'b>,
    mail: &mut Mail,
) {
    let (list, is_whole) = properties(value);
    if !is_whole {
        mail.warnings.push("damaged: the properties of an attached file break off".to_owned());
    }
    let mut short = None;
    for Property { id, kind, value } in list {
        let words = || Some(letters(kind, value, codepage)).filter(|words| !words.is_empty());
        match (id, kind) {
            (0x3707, 0x1E | 0x1F) => one.name = words(),
            (0x3704 | 0x3001, 0x1E | 0x1F) => short = short.or_else(words),
            (0x370E, 0x1E | 0x1F) => one.media_type = words(),
            (0x3701, 0x102) => one.bytes = Some(value),
            // An object begins with what it is; a message within is packed like this file.
            (0x3701, 0x0D) => {
                let inner = value.get(16..).unwrap_or_default();
                one.is_message = inner.starts_with(SIGNATURE);
                one.bytes = Some(inner);
            }
            _ => {}
        }
    }
    one.name = one.name.take().or(short);
}

#[cfg(test)]
mod tests {
    use super::{SIGNATURE, properties};
    use crate::{Document, Limits, read};
    use witnessmark_text::Hints;

    fn attribute(level: u8, id: u32, value: &[u8]) -> Vec<u8> {
        let mut bytes = vec![level];
        bytes.extend(id.to_le_bytes());
        bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend(value);
        bytes.extend([0; 2]);
        bytes
    }

    fn unicode(id: u16, text: &str) -> Vec<u8> {
        let value: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        let mut bytes = [0x1F_u16.to_le_bytes(), id.to_le_bytes()].concat();
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend(&value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn list(properties: &[Vec<u8>]) -> Vec<u8> {
        let count = u32::try_from(properties.len()).unwrap().to_le_bytes();
        [count.to_vec(), properties.concat()].concat()
    }

    fn sample() -> Vec<u8> {
        let mut named = [0x03_u16.to_le_bytes(), 0x8001_u16.to_le_bytes()].concat();
        named.extend([7; 16]);
        named.extend([0; 4]);
        named.extend([1, 0, 0, 0, 9, 0, 0, 0]);
        [
            [SIGNATURE, &[1, 0]].concat(),
            attribute(1, 0x0006_9007, &[0xA8, 3, 0, 0, 0, 0, 0, 0]),
            attribute(1, 0x0001_8004, b"\xcd\xa8\xd6\xaa\0"),
            attribute(1, 0x0006_9003, &list(&[named, unicode(0x1000, "警方\r\n来了")])),
            attribute(2, 0x0006_9002, &[0; 14]),
            attribute(2, 0x0001_8010, b"A~1.TXT\0"),
            attribute(2, 0x0006_800F, b"note"),
            attribute(2, 0x0006_9005, &list(&[unicode(0x3707, "附件.txt")])),
        ]
        .concat()
    }

    fn read_all(bytes: &[u8]) -> Vec<Document> {
        let mut found = Vec::new();
        read(bytes, &Hints::default(), &Limits::default(), &mut |one| found.push(one));
        found
    }

    /// The words and attachments of such mails were bytes that nobody could read.
    #[test]
    fn a_mail_that_outlook_packed_gives_its_words_and_what_is_attached() {
        let found = read_all(&sample());
        let mail = found[0].content.as_ref().unwrap();
        assert_eq!(mail.text, "Subject: 通知\n\n警方\n来了");
        assert!(mail.warnings.is_empty(), "{:?}", mail.warnings);
        assert_eq!(found[1].inside.as_deref(), Some("附件.txt"));
        assert_eq!(found[1].content.as_ref().unwrap().text, "note");
    }

    #[test]
    fn one_that_is_cut_is_read_as_far_as_it_goes() {
        let whole = sample();
        for length in 6..whole.len() {
            let found = read_all(&whole[..length]);
            assert!(!found.is_empty());
        }
        let (found, is_whole) = properties(&[255; 40]);
        assert!(found.is_empty() && !is_whole);
    }
}
