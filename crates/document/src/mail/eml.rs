//! Internet mail (RFC 5322, RFC 2045 and after), by `mail-parser`; charsets by our own reader of text.

use std::borrow::Cow;

use encoding_rs::Encoding as Charset;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{
    Address, Encoding, Header, HeaderName, HeaderValue, Message, MessageParser, MessagePart,
    MimeHeaders, PartType,
};
use memchr::memmem;
use witnessmark_text::{Content, ExtractError, Hints, read_content};

use super::beside::Beside;
use super::{Mail, header};
use crate::kind::MAIL_FIELDS;
use crate::names::{Places, place_name, shown};
use crate::walk::{Place, Walk};

/// Messages deeper in each other than this are not taken apart: the parser's tree is as deep as they are.
const MAX_NESTED: usize = 200;

/// So many headers of one name are shown.
const MAX_ALIKE: usize = 100;

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
    let to_read = count.min(crate::index(allowed));
    for (index, ((start, end), name)) in parts.take(to_read).enumerate() {
        // An attachment of a message before may have used up what may be read.
        if !walk.has_room() {
            return walk.leave_out(place, name, to_read - index - 1);
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
    let charset = charset_of(&message);
    read_fields(&message, bytes, charset, &mut mail);
    for id in &message.text_body {
        // The parser lists pictures within the words too; they are attachments here.
        if let Some(part) = message.part(*id)
            && matches!(part.body, PartType::Text(_) | PartType::Html(_))
        {
            read_body(&message, part, &mut mail);
        }
    }
    read_other_html(&message, &mut mail);
    say_what_is_outside(&message, bytes, &mut mail);
    let attached: Vec<&MessagePart<'_>> =
        message.attachments.iter().filter_map(|id| message.part(*id)).collect();
    let (allowed, may_open) = (walk.files_left(), walk.may_open(place));
    mail.attached_within_limits(walk, place, attached.len());
    let mut places = Places::default();
    let mut plan = Vec::new();
    for (index, part) in attached.into_iter().enumerate().take(crate::index(allowed)) {
        let name = attachment_name(part, index, bytes, charset);
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
    let count = plan.len();
    for (index, (name, part)) in plan.into_iter().enumerate() {
        if !walk.has_room() {
            return walk.leave_out(place, &name, count - index - 1);
        }
        let content = part_bytes(&message, part);
        let (bytes, problem) = walk.unpack(content.as_ref());
        let mut problems: Vec<String> = problem.into_iter().collect();
        if part.is_encoding_problem {
            problems.push("damaged: the transfer encoding of it breaks off".to_owned());
        }
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
        walk.read_inner(place, &name, &bytes, &hints, problems);
    }
}

/// Names the words before the first part of a mail and behind its last, which mail programs do not show.
fn say_what_is_outside(message: &Message<'_>, bytes: &[u8], mail: &mut Mail) {
    let Some(whole) = message.part(0) else { return };
    let boundary = whole.content_type().filter(|kind| kind.ctype() == "multipart");
    let Some(boundary) = boundary.and_then(|kind| kind.attribute("boundary")) else { return };
    let (first, last) = (format!("--{boundary}"), format!("--{boundary}--"));
    let body = bytes.get(crate::index(whole.offset_body.into())..).unwrap_or_default();
    let before = memmem::find(body, first.as_bytes()).and_then(|end| body.get(..end));
    let behind = memmem::rfind(body, last.as_bytes()).and_then(|at| body.get(at + last.len()..));
    for words in [before, behind].into_iter().flatten() {
        let words = String::from_utf8_lossy(words.get(..2000).unwrap_or(words));
        let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        // Mailers tell here what those see who cannot read the parts.
        let is_usual = line.to_ascii_lowercase().contains("mime");
        if line.chars().any(char::is_alphanumeric) && !is_usual {
            let line = shown(&line);
            mail.warnings
                .push(format!("outside: words that mail programs do not show, and that are not in the text: {line}"));
        }
    }
}

/// The encoding of the mail's own words, as far as it says so.
fn charset_of(message: &Message<'_>) -> Option<&'static Charset> {
    let bodies = message.text_body.iter().filter_map(|id| message.part(*id));
    let labels = bodies.filter_map(|part| part.content_type()?.attribute("charset"));
    labels.filter_map(header::encoding_of).find(|charset| charset.is_ascii_compatible())
}

/// Cuts a mail before messages in it are nested too deeply.
fn shallow<'b>(bytes: &'b [u8], warnings: &mut Vec<String>) -> &'b [u8] {
    let mut found = 0;
    for (at, window) in bytes.windows(11).enumerate() {
        // Kinds of parts that hold a message, or many.
        if matches!(window.first(), Some(b'm' | b'M' | b'/'))
            && (window.eq_ignore_ascii_case(b"message/rfc")
                || window.eq_ignore_ascii_case(b"message/glo")
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

fn read_fields(
    message: &Message<'_>,
    bytes: &[u8],
    charset: Option<&'static Charset>,
    mail: &mut Mail,
) {
    for (label, name) in FIELDS {
        let headers = message.headers().iter().filter(|header| &header.name == name);
        let mut count = 0;
        for header in headers.take(MAX_ALIKE) {
            count += 1;
            let value = value_of(header, bytes, charset);
            let line = || {
                let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
                Some(line).filter(|line| !line.is_empty())
            };
            match *name {
                HeaderName::Subject => mail.subject = mail.subject.take().or_else(line),
                HeaderName::From => mail.author = mail.author.take().or_else(line),
                HeaderName::Date if mail.day.is_none() => {
                    if let HeaderValue::DateTime(date) = &header.value
                        && date.is_valid()
                    {
                        let (year, month, day) = (date.year, date.month, date.day);
                        mail.day = Some(format!("{year:04}-{month:02}-{day:02}"));
                    }
                }
                _ => {}
            }
            mail.field(label, value);
        }
        if count > 1 {
            mail.warnings.push(format!("header: {label} is there {count} times"));
        }
        if count == MAX_ALIKE {
            mail.warnings.push(format!("header: only the first {MAX_ALIKE} of {label} are shown"));
        }
    }
}

/// What a header says, in letters.
fn value_of(header: &Header<'_>, bytes: &[u8], charset: Option<&'static Charset>) -> String {
    let raw = raw_of(header, bytes);
    let value = match &header.value {
        _ if !raw.is_ascii() => return header::decode(raw, charset),
        HeaderValue::Address(address) => addresses(address),
        HeaderValue::Text(text) => text.to_string(),
        HeaderValue::TextList(list) => list.join(", "),
        _ => String::from_utf8_lossy(raw).into_owned(),
    };
    // The parser decodes each encoded word by itself; mailers cut letters in two.
    if value.contains('\u{FFFD}') { header::decode(raw, charset) } else { value }
}

/// A header as it stands in the mail.
fn raw_of<'b>(header: &Header<'_>, bytes: &'b [u8]) -> &'b [u8] {
    let (start, end) = (header.offset_start.into(), header.offset_end.into());
    bytes.get(crate::index(start)..crate::index(end)).unwrap_or_default()
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
            let says = |name: &str, value: &str| {
                let said = part.content_type().and_then(|kind| kind.attribute(name));
                said.is_some_and(|said| said.eq_ignore_ascii_case(value))
            };
            if media_type == "text/plain" && says("format", "flowed") {
                mail.body.push_str(&flowed(&found.text, says("delsp", "yes")));
            } else {
                mail.body.push_str(&found.text);
            }
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

/// Lines that flow, joined to paragraphs as mail programs show them (RFC 3676, section 4): a line that ends with a space goes on
/// in the next one of the same depth of quotation.
fn flowed(text: &str, drops_spaces: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut before: Option<usize> = None;
    for line in text.split('\n') {
        let words = line.trim_start_matches('>');
        let depth = line.len() - words.len();
        // A space that keeps a line from looking like something else.
        let words = words.strip_prefix(' ').unwrap_or(words);
        if before != Some(depth) {
            if !joined.is_empty() {
                joined.push('\n');
            }
            joined.extend(std::iter::repeat_n('>', depth));
            if depth > 0 && !words.is_empty() {
                joined.push(' ');
            }
        }
        let goes_on = words.ends_with(' ') && words != "-- ";
        let cut = words.strip_suffix(' ').filter(|_| goes_on && drops_spaces);
        joined.push_str(cut.unwrap_or(words));
        before = goes_on.then_some(depth);
    }
    joined
}

/// Reads parts of HTML that stand beside plain ones, where they say something else.
fn read_other_html(message: &Message<'_>, mail: &mut Mail) {
    let others = message.html_body.iter().filter(|id| !message.text_body.contains(id));
    let mut beside = Beside::default();
    for part in others.filter_map(|id| message.part(*id)) {
        if !matches!(part.body, PartType::Html(_)) {
            continue;
        }
        let mut other = Mail::default();
        read_body(message, part, &mut other);
        beside.add(mail, other, "HTML");
    }
}

/// The name of an attached file. Where the parser of mails bends it, it is read out of the header itself.
fn attachment_name(
    part: &MessagePart<'_>,
    index: usize,
    bytes: &[u8],
    charset: Option<&'static Charset>,
) -> String {
    let name = part.attachment_name().filter(|name| !name.trim().is_empty());
    let raw = |kind: HeaderName<'_>| {
        let header = part.headers.iter().find(|header| header.name == kind);
        header.map(|header| raw_of(header, bytes)).unwrap_or_default()
    };
    let is_encoded =
        raw(HeaderName::ContentDisposition).is_ascii() && raw(HeaderName::ContentType).is_ascii();
    match name {
        Some(name) if is_encoded && !name.contains('\u{FFFD}') => return name.to_owned(),
        Some(name) => {
            let of = |kind: HeaderName<'_>, parameter: &str| {
                header::parameter(raw(kind), parameter, charset)
            };
            let whole = of(HeaderName::ContentDisposition, "filename")
                .or_else(|| of(HeaderName::ContentType, "name"));
            return whole.unwrap_or_else(|| name.to_owned());
        }
        None => {}
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
