//! Internet mail (RFC 5322, RFC 2045 and after), by `mail-parser`; charsets by our own reader of text.

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{
    Address, Encoding, HeaderName, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders,
    PartType,
};
use memchr::memmem;
use witnessmark_text::{Content, ExtractError, Hints, read_content};

use super::Mail;
use crate::kind::MAIL_FIELDS;
use crate::names::{Places, decode_guessed, place_name, shown};
use crate::walk::{Place, Walk};

/// Messages deeper in each other than this are not taken apart: the parser's tree is as deep as they are.
const MAX_NESTED: usize = 200;

/// One word of so many may be in the HTML part alone (an address below, the words of a button) before it is read too.
const MAX_OTHER_WORDS: usize = 10;

/// Fields as a mail program shows them.
const FIELDS: &[(&str, HeaderName<'static>)] = &[
    ("From", HeaderName::From),
    ("Sender", HeaderName::Sender),
    ("Reply-To", HeaderName::ReplyTo),
    ("To", HeaderName::To),
    ("Cc", HeaderName::Cc),
    ("Bcc", HeaderName::Bcc),
    ("Date", HeaderName::Date),
    ("Subject", HeaderName::Subject),
];

/// The most bytes of a part whose words are compared; a longer one beside another is read without asking.
const MAX_COMPARED: usize = 4 << 20;

/// Reads a mail, and hands on what is attached to it; or all mails of a mailbox.
pub(crate) fn read(walk: &mut Walk<'_>, bytes: &[u8], place: &Place, mut warnings: Vec<String>) {
    let starts = mailbox(bytes);
    if starts.len() < 2 {
        return read_one(walk, bytes, place, warnings);
    }
    let count = starts.len();
    if !walk.may_open(place) {
        let depth = walk.limits.depth;
        warnings.push(format!(
            "depth: files deeper than {depth} are not opened; of {count} messages only the first is read"
        ));
        let end = starts.get(1).copied().unwrap_or(bytes.len());
        return read_one(walk, bytes.get(..end).unwrap_or(bytes), place, warnings);
    }
    let allowed = walk.files_left();
    if count as u64 > allowed {
        warnings.push(format!("files: only the first {allowed} of {count} messages are read"));
    }
    let names: Vec<String> = (1..=count).map(|number| format!("message-{number}.eml")).collect();
    let content = Content {
        media_type: "application/mbox".to_owned(),
        extractor: super::READER.to_owned(),
        text: names.join("\n"),
        warnings: crate::packed::curbed(warnings, "mail"),
        ..Content::default()
    };
    walk.hand_on(place, Ok(content));
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let parts = starts.iter().copied().zip(ends).zip(&names);
    for ((start, end), name) in parts.take(crate::index(allowed)) {
        // An attachment of a message before may have used up what may be read.
        if walk.files_left() == 0 || walk.budget.is_spent() {
            walk.not_read(
                &place.within(name),
                "message/rfc822",
                "files: the limit of files or unpacked bytes was reached; this message and all behind it were not read".to_owned(),
            );
            return;
        }
        let message = bytes.get(start..end).unwrap_or_default();
        // The first line, which begins with `From `, is the mailbox's own.
        let message = message.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
        let (message, problem) = walk.unpack(message);
        let hints = Hints {
            media_type: Some("message/rfc822".to_owned()),
            file_name: Some(name.clone()),
            ..Hints::default()
        };
        walk.read_inner(place, name, &message, &hints, problem.into_iter().collect());
    }
}

/// Where the messages of a mailbox begin (RFC 4155): at lines that begin with `From `, behind an empty line and before
/// the header of a mail. Empty where the bytes are no mailbox.
fn mailbox(bytes: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    if !bytes.starts_with(b"From ") {
        return starts;
    }
    starts.push(0);
    for at in memmem::find_iter(bytes, b"\nFrom ") {
        let before = bytes.get(..at).unwrap_or_default();
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        let behind = bytes.get(at + 1..).unwrap_or_default();
        if before.ends_with(b"\n") && is_header(behind) {
            starts.push(at + 1);
        }
    }
    starts
}

/// Whether the lines behind the first are fields, up to an empty line, with one among them that mails have.
fn is_header(bytes: &[u8]) -> bool {
    let mut is_mail = false;
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate().skip(1) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if at > 1 && line.starts_with(b">From ")
            || line.starts_with(b" ")
            || line.starts_with(b"\t")
        {
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let field = colon.and_then(|end| line.get(..end)).unwrap_or_default();
        if field.is_empty() || !field.iter().all(|byte| (33..=126).contains(byte)) {
            // What is no field ends the header as well, as mail programs read it.
            return is_mail;
        }
        is_mail |= MAIL_FIELDS.iter().any(|known| field.eq_ignore_ascii_case(known.as_bytes()));
    }
    is_mail
}

/// Reads one mail, and hands on what is attached to it.
fn read_one(walk: &mut Walk<'_>, bytes: &[u8], place: &Place, warnings: Vec<String>) {
    let mut mail = Mail { warnings, ..Mail::default() };
    let bytes = shallow(bytes, &mut mail.warnings);
    let Some(message) = MessageParser::default().parse(bytes) else {
        let media_type = "message/rfc822".to_owned();
        return walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
    };
    read_fields(&message, bytes, &mut mail);
    for id in &message.text_body {
        // The parser lists pictures within the words too; they are attachments here.
        if let Some(part) = message.part(*id)
            && matches!(part.body, PartType::Text(_) | PartType::Html(_))
        {
            read_body(&message, part, &mut mail);
        }
    }
    read_other_html(&message, &mut mail);
    let attached: Vec<&MessagePart<'_>> =
        message.attachments.iter().filter_map(|id| message.part(*id)).collect();
    let allowed = walk.files_left();
    let may_open = walk.may_open(place);
    if !may_open && !attached.is_empty() {
        let depth = walk.limits.depth;
        mail.warnings.push(format!(
            "depth: files deeper than {depth} are not opened; what is attached is not read"
        ));
    } else if attached.len() as u64 > allowed {
        let count = attached.len();
        mail.warnings
            .push(format!("files: only the first {allowed} of {count} attached files are read"));
    }
    let mut places = Places::default();
    let mut plan = Vec::new();
    for (index, part) in attached.into_iter().enumerate().take(crate::index(allowed)) {
        let name = attachment_name(part, index);
        let (name, problems) = place_name(&name);
        mail.warnings.extend(problems);
        let (name, problem) = places.add(name);
        mail.warnings.extend(problem);
        plan.push((name, part));
    }
    walk.hand_on(place, Ok(mail.into_content("message/rfc822")));
    if !may_open {
        return;
    }
    for (name, part) in plan {
        let content = part_bytes(&message, part);
        let (bytes, problem) = walk.unpack(content.as_ref());
        let label = part.content_type().map(|kind| match kind.subtype() {
            Some(subtype) => format!("{}/{subtype}", kind.ctype()),
            None => kind.ctype().to_owned(),
        });
        let charset = part.content_type().and_then(|kind| kind.attribute("charset"));
        let hints = Hints {
            // Labels tell kinds of text apart; everything else the bytes tell.
            media_type: label.filter(|label| {
                let label = label.to_ascii_lowercase();
                label.starts_with("text/")
                    || label.starts_with("message/")
                    || label.ends_with("xml")
            }),
            charset: charset.map(str::to_owned),
            file_name: Some(name.clone()),
            ..Hints::default()
        };
        walk.read_inner(place, &name, &bytes, &hints, problem.into_iter().collect());
        if walk.budget.is_spent() {
            return;
        }
    }
}

/// Cuts a mail before messages in it are nested too deeply.
fn shallow<'b>(bytes: &'b [u8], warnings: &mut Vec<String>) -> &'b [u8] {
    let mut found = 0;
    for (at, window) in bytes.windows(8).enumerate() {
        if matches!(window.first(), Some(b'm' | b'M' | b'l' | b'L' | b'/'))
            && (window.eq_ignore_ascii_case(b"message/")
                || window.get(..7).is_some_and(|w| w.eq_ignore_ascii_case(b"/digest")))
        {
            found += 1;
            if found > MAX_NESTED {
                warnings.push(format!("nesting: more than {MAX_NESTED} messages are in it; what follows at byte {at} was not read"));
                return bytes.get(..at).unwrap_or(bytes);
            }
        }
    }
    bytes
}

fn read_fields(message: &Message<'_>, bytes: &[u8], mail: &mut Mail) {
    for (label, name) in FIELDS {
        let Some(header) = message.headers().iter().find(|header| &header.name == name) else {
            continue;
        };
        let raw = bytes
            .get(crate::index(header.offset_start.into())..crate::index(header.offset_end.into()));
        let raw = raw.unwrap_or_default();
        let value = if !raw.is_ascii() {
            // Letters without an encoding, as some mailers in China send them.
            decode_guessed(raw)
        } else {
            match &header.value {
                HeaderValue::Address(address) => addresses(address),
                HeaderValue::Text(text) => text.to_string(),
                HeaderValue::TextList(list) => list.join(", "),
                _ => String::from_utf8_lossy(raw).into_owned(),
            }
        };
        if *name == HeaderName::Subject {
            let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
            mail.subject = Some(line).filter(|line| !line.is_empty());
        }
        if *name == HeaderName::From {
            let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
            mail.author = Some(line).filter(|line| !line.is_empty());
        }
        if let HeaderValue::DateTime(date) = &header.value
            && date.is_valid()
            && *name == HeaderName::Date
        {
            mail.day = Some(format!("{:04}-{:02}-{:02}", date.year, date.month, date.day));
        }
        mail.field(label, value);
    }
    let dates = message.headers().iter().filter(|header| header.name == HeaderName::Date).count();
    let senders = message.headers().iter().filter(|header| header.name == HeaderName::From).count();
    if dates > 1 || senders > 1 {
        mail.warnings
            .push("header: From or Date is there more than once; the first is shown".to_owned());
    }
}

fn addresses(address: &Address<'_>) -> String {
    let shown: Vec<String> = address
        .iter()
        .map(|one| match (one.name.as_deref(), one.address.as_deref()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => name.or(address).unwrap_or_default().to_owned(),
        })
        .collect();
    shown.join(", ")
}

/// The bytes of a part, with its transfer encoding undone and its charset not.
fn part_bytes<'m>(message: &'m Message<'_>, part: &'m MessagePart<'_>) -> Cow<'m, [u8]> {
    let start = crate::index(part.offset_body.into());
    let end = crate::index(part.offset_end.into());
    let raw = message.raw_message.get(start..end).unwrap_or_default();
    let decoded = match (&part.body, part.encoding) {
        (PartType::Binary(bytes) | PartType::InlineBinary(bytes), _) => {
            return Cow::Borrowed(bytes.as_ref());
        }
        (PartType::Message(inner), Encoding::Base64 | Encoding::QuotedPrintable) => {
            return Cow::Borrowed(inner.raw_message.as_ref());
        }
        (_, Encoding::Base64) => base64_decode(raw),
        (_, Encoding::QuotedPrintable) => quoted_printable_decode(raw),
        (_, Encoding::None) => return Cow::Borrowed(raw),
    };
    match (decoded, &part.body) {
        (Some(bytes), _) => Cow::Owned(bytes),
        (None, PartType::Text(text) | PartType::Html(text)) => Cow::Borrowed(text.as_bytes()),
        (None, _) => Cow::Borrowed(raw),
    }
}

fn read_body(message: &Message<'_>, part: &MessagePart<'_>, mail: &mut Mail) {
    let charset = part.content_type().and_then(|kind| kind.attribute("charset"));
    let is_known = charset
        .is_none_or(|label| encoding_rs::Encoding::for_label(label.trim().as_bytes()).is_some());
    let bytes = part_bytes(message, part);
    let media_type = match part.body {
        PartType::Html(_) => "text/html",
        _ => "text/plain",
    };
    let hints = |charset: Option<&str>| Hints {
        media_type: Some(media_type.to_owned()),
        charset: charset.map(str::to_owned),
        ..Hints::default()
    };
    // An encoding that the web does not know (UTF-7): the mail parser may.
    let found = match &part.body {
        PartType::Text(text) | PartType::Html(text) if !is_known => {
            let label = shown(charset.unwrap_or_default());
            mail.warnings.push(format!("charset: {label} is not one that the web knows"));
            read_content(text.as_bytes(), &hints(Some("utf-8")))
        }
        _ => read_content(&bytes, &hints(charset)),
    };
    match found {
        Ok(found) => {
            if !mail.body.is_empty() && !found.text.is_empty() {
                mail.body.push('\n');
            }
            mail.body.push_str(&found.text);
            mail.charset = found.charset;
            mail.links.extend(found.links);
            mail.warnings.extend(found.warnings);
        }
        Err(ExtractError::Empty) => {}
        Err(error) => mail.warnings.push(format!("text: {error}")),
    }
    if part.is_encoding_problem {
        mail.warnings.push("damaged: the transfer encoding of a part breaks off".to_owned());
    }
}

/// Reads parts of HTML that stand beside plain ones, where they say something else.
fn read_other_html(message: &Message<'_>, mail: &mut Mail) {
    let others = message.html_body.iter().filter(|id| !message.text_body.contains(id));
    let mut plain: Option<HashSet<String>> = None;
    for part in others.filter_map(|id| message.part(*id)) {
        if !matches!(part.body, PartType::Html(_)) {
            continue;
        }
        let mut other = Mail::default();
        read_body(message, part, &mut other);
        if other.body.len().max(mail.body.len()) > MAX_COMPARED {
            add_html(
                mail,
                other,
                "html: its HTML part is long and was not compared with the plain part; it follows behind it",
            );
            continue;
        }
        let known = plain.get_or_insert_with(|| words_of(&mail.body).collect());
        let mut all = HashSet::new();
        let mut missing = Vec::new();
        for word in words_of(&other.body) {
            if all.insert(word.clone()) && !known.contains(&word) {
                missing.push(word);
            }
        }
        if missing.is_empty() {
            continue;
        }
        if missing.len() * MAX_OTHER_WORDS <= all.len() {
            missing.truncate(20);
            let words = shown(&missing.join(" "));
            mail.warnings.push(format!("html: its HTML part has words more than the plain part, which are not in the text: {words}"));
            continue;
        }
        add_html(
            mail,
            other,
            "html: its HTML part says other than the plain part; it follows behind it",
        );
    }
}

/// Puts a part of HTML behind the words there are, and says why.
fn add_html(mail: &mut Mail, other: Mail, why: &str) {
    mail.warnings.push(why.to_owned());
    if !mail.body.is_empty() {
        mail.body.push_str("\n\n");
    }
    mail.body.push_str(&other.body);
    mail.links.extend(other.links);
    mail.warnings.extend(other.warnings);
    if mail.charset.is_empty() {
        mail.charset = other.charset;
    }
}

/// Words in small letters; of writing without spaces, each two letters that stand together.
fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    // Marks of where a word may be broken are no part of it.
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}');
    let runs = text.split(move |c: char| !is_part(c)).filter(|run| !run.is_empty());
    runs.flat_map(|run| {
        let letters: Vec<char> = run.chars().filter(|c| c.is_alphanumeric()).collect();
        if letters.iter().all(|c| *c < '\u{2E80}') {
            return vec![letters.iter().flat_map(|c| c.to_lowercase()).collect()];
        }
        let most = letters.len().min(2);
        letters
            .windows(most)
            .map(|two| two.iter().flat_map(|c| c.to_lowercase()).collect())
            .collect()
    })
    .filter(|word: &String| !word.is_empty())
}

fn attachment_name(part: &MessagePart<'_>, index: usize) -> String {
    if let Some(name) = part.attachment_name().filter(|name| !name.trim().is_empty()) {
        return name.to_owned();
    }
    let number = index + 1;
    match &part.body {
        PartType::Message(_) => format!("message-{number}.eml"),
        PartType::Html(_) => format!("part-{number}.html"),
        PartType::Text(_) => format!("part-{number}.txt"),
        _ => {
            let ending = part.content_type().and_then(|kind| kind.subtype()).unwrap_or("bin");
            format!("part-{number}.{ending}")
        }
    }
}
