//! The header of a WARC or ARC record.

use std::borrow::Cow;

use crate::field::{Known, KnownFields};

/// What a record is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordType {
    /// Describes the records that follow.
    Warcinfo,
    /// What a server answered, head included.
    Response,
    /// A resource without a protocol's head.
    Resource,
    /// What was sent to a server.
    Request,
    /// About another record.
    Metadata,
    /// The same content as an earlier record, told without repeating it.
    Revisit,
    /// Another form of an earlier record's content.
    Conversion,
    /// A later piece of a record that was cut into segments.
    Continuation,
    /// The head of an ARC file (`filedesc:`).
    ArcHeader,
    /// A type this program does not know; such records are kept and counted. At most 64 letters.
    Other(String),
}

impl RecordType {
    fn from_name(name: &str) -> Self {
        let known = [
            Self::Response,
            Self::Request,
            Self::Metadata,
            Self::Revisit,
            Self::Resource,
            Self::Warcinfo,
            Self::Conversion,
            Self::Continuation,
        ];
        let same = |kind: &Self| kind.as_str().eq_ignore_ascii_case(name);
        known.into_iter().find(same).unwrap_or_else(|| {
            Self::Other(name.chars().take(64).map(|letter| letter.to_ascii_lowercase()).collect())
        })
    }

    /// The name as it stands in a file, in lower case; `arc_header` for an ARC file's head.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Warcinfo => "warcinfo",
            Self::Response => "response",
            Self::Resource => "resource",
            Self::Request => "request",
            Self::Metadata => "metadata",
            Self::Revisit => "revisit",
            Self::Conversion => "conversion",
            Self::Continuation => "continuation",
            Self::ArcHeader => "arc_header",
            Self::Other(name) => name,
        }
    }
}

/// Which format a record is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `WARC/x.y` and named fields.
    Warc,
    /// One line of values (ARC 1 or 2).
    Arc,
}

/// One named field, as spans of the header's text.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: (usize, usize),
    value: (usize, usize),
}

impl Field {
    /// Reads `name: value`; the line begins at `start` in the header. `None` without a name.
    fn parse(line: &str, start: usize) -> Option<(&str, Self)> {
        let colon = memchr::memchr(b':', line.as_bytes())?;
        let (name, rest) = (line.get(..colon)?, line.get(colon + 1..)?);
        let (trimmed, value) = (name.trim_ascii(), rest.trim_ascii());
        if trimmed.is_empty() {
            return None;
        }
        let name_start = start + name.len() - name.trim_ascii_start().len();
        let value_start = start + colon + 1 + rest.len() - rest.trim_ascii_start().len();
        let field = Self {
            name: (name_start, name_start + trimmed.len()),
            value: (value_start, value_start + value.len()),
        };
        Some((trimmed, field))
    }
}

/// A record's header: its version and all its fields in the order of the file.
///
/// For an ARC record the fields are named as ARC's own first record names them: `URL`,
/// `IP-address`, `Archive-date`, `Content-type` and so on.
#[derive(Clone, Debug)]
pub struct Head {
    pub(crate) format: Format,
    pub(crate) text: String,
    version: (usize, usize),
    fields: Vec<Field>,
    known: KnownFields,
    record_type: RecordType,
    content_length: Option<u64>,
}

/// How a header deviates; each is reported by the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deviations {
    pub(crate) malformed_lines: u32,
    pub(crate) not_utf8: bool,
    pub(crate) line_ending: bool,
}

impl Head {
    /// Parses the bytes from `WARC/` to the blank line, both included (WARC 1.1, section 4).
    pub(crate) fn parse_warc(raw: &[u8]) -> (Self, Deviations) {
        let mut deviations = Deviations::default();
        let mut text = match std::str::from_utf8(raw) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                deviations.not_utf8 = true;
                String::from_utf8_lossy(raw).into_owned()
            }
        };
        let mut fields: Vec<Field> = Vec::with_capacity(16);
        let mut known = KnownFields::default();
        let mut version = (0, 0);
        let mut folded: Vec<(usize, String)> = Vec::new();
        let mut start = 0;
        while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
            let length = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
            let line = rest.get(..length).unwrap_or_default();
            let content = line.trim_end_matches(['\r', '\n']);
            deviations.line_ending |= line.get(content.len()..) != Some("\r\n");
            if start == 0 {
                let line = content.trim_ascii_end();
                version = (line.find('/').map_or(0, |slash| slash + 1), line.len());
            } else if content.starts_with([' ', '\t']) && !fields.is_empty() {
                match folded.last_mut() {
                    Some((last, value)) if *last == fields.len() - 1 => {
                        value.push(' ');
                        value.push_str(content.trim());
                    }
                    _ => {
                        let first = fields.last().map_or((0, 0), |field| field.value);
                        let first = text.get(first.0..first.1).unwrap_or_default();
                        folded.push((fields.len() - 1, format!("{first} {}", content.trim())));
                    }
                }
            } else if !content.is_empty() {
                match Field::parse(content, start) {
                    Some((name, field)) => {
                        known.add(name, fields.len());
                        fields.push(field);
                    }
                    None => deviations.malformed_lines += 1,
                }
            }
            start += length;
        }
        for (index, value) in folded {
            if let Some(field) = fields.get_mut(index) {
                field.value = (text.len(), text.len() + value.len());
            }
            text.push_str(&value);
        }
        let mut head = Self {
            format: Format::Warc,
            text,
            version,
            fields,
            known,
            record_type: RecordType::Other(String::new()),
            content_length: None,
        };
        head.record_type = RecordType::from_name(head.known(Known::Type).unwrap_or_default());
        head.content_length = head.known(Known::ContentLength).and_then(decimal);
        (head, deviations)
    }

    /// Parses an ARC record's line (Internet Archive, ARC 1: URL, IP, date, type, length; ARC 2
    /// adds result, checksum, location, offset and filename before the length).
    /// The date stands at another place in each version, and tells which one a line has.
    pub(crate) fn parse_arc(line: &[u8]) -> Option<Self> {
        let mut text = String::from_utf8_lossy(line).trim_end_matches(['\r', '\n']).to_owned();
        let digits = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit());
        let at = |place: usize| text.rsplit(' ').nth(place).filter(|value| digits(value));
        let is_date = |place: usize| at(place).is_some_and(|value| value.len() == 14);
        let is_like_a_date = |place: usize| at(place).is_some_and(|value| value.len() >= 8);
        let (version, type_parts) = if is_date(2) {
            (1, 1)
        } else if is_date(7) {
            (2, 1)
        } else if let Some(place) = (3..7).find(|place| is_date(*place)) {
            // A media type with parameters has spaces in it.
            (1, place - 1)
        } else if is_like_a_date(2) {
            (1, 1)
        } else {
            return None;
        };
        // URLs may hold spaces, so the values are taken from the end.
        let names: &[&str] = match version {
            2 => &[
                "IP-address",
                "Archive-date",
                "Content-type",
                "Result-code",
                "Checksum",
                "Location",
                "Offset",
                "Filename",
                "Archive-length",
            ],
            _ => &["IP-address", "Archive-date", "Content-type", "Archive-length"],
        };
        let mut spans = Vec::new();
        let mut end = text.len();
        for name in names.iter().rev() {
            let parts = if *name == "Content-type" { type_parts } else { 1 };
            let mut start = end;
            for part in 0..parts {
                let last = if part == 0 { end } else { start - 1 };
                start = text.get(..last)?.rfind(' ')? + 1;
            }
            spans.push((start, end));
            end = start - 1;
        }
        spans.push((0, end));
        spans.reverse();
        let mut fields = Vec::new();
        let mut known = KnownFields::default();
        let names_at = text.len();
        let mut at = names_at;
        for (name, value) in std::iter::once(&"URL").chain(names).zip(spans) {
            known.add(name, fields.len());
            fields.push(Field { name: (at, at + name.len()), value });
            at += name.len();
        }
        for name in std::iter::once(&"URL").chain(names) {
            text.push_str(name);
        }
        let version_at = text.len();
        text.push(if version == 2 { '2' } else { '1' });
        let record_type = if text.starts_with("filedesc:") {
            RecordType::ArcHeader
        } else {
            RecordType::Response
        };
        let mut head = Self {
            format: Format::Arc,
            text,
            version: (version_at, version_at + 1),
            fields,
            known,
            record_type,
            content_length: None,
        };
        head.content_length = head.get("Archive-length").and_then(decimal);
        Some(head)
    }

    /// Whether the record comes from a WARC or an ARC.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The version after the slash, such as `1.1`; `1` or `2` for ARC.
    pub fn version(&self) -> &str {
        self.span(self.version)
    }

    /// What the record is. A record without `WARC-Type` has the type `Other("")`.
    pub fn record_type(&self) -> &RecordType {
        &self.record_type
    }

    /// Bytes in the block; `None` when the field is missing or no number.
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    pub(crate) fn set_content_length(&mut self, length: u64) {
        self.content_length = Some(length);
    }

    /// The record's URI without angle brackets; `None` in ARC.
    pub fn record_id(&self) -> Option<&str> {
        self.known(Known::RecordId).map(without_brackets).filter(|id| !id.is_empty())
    }

    /// The URI the record is about, without angle brackets and with spaces percent-encoded.
    pub fn target_uri(&self) -> Option<Cow<'_, str>> {
        let uri = without_brackets(match self.format {
            Format::Warc => self.known(Known::TargetUri),
            Format::Arc => self.get("URL"),
        }?);
        if uri.is_empty() {
            None
        } else if uri.contains(' ') {
            Some(Cow::Owned(uri.replace(' ', "%20")))
        } else {
            Some(Cow::Borrowed(uri))
        }
    }

    /// The date as written: RFC 3339 in a WARC, 14 digits in an ARC.
    pub fn date(&self) -> Option<&str> {
        match self.format {
            Format::Warc => self.known(Known::Date),
            Format::Arc => self.get("Archive-date"),
        }
    }

    /// The block's media type as written, parameters included.
    pub fn content_type(&self) -> Option<&str> {
        self.known(Known::ContentType)
    }

    /// The first field of a name that the specification defines.
    pub(crate) fn known(&self, known: Known) -> Option<&str> {
        self.fields.get(self.known.first(known)?).map(|field| self.span(field.value))
    }

    /// The names the specification defines that occur more than once.
    pub(crate) fn repeated(&self) -> impl Iterator<Item = Known> {
        self.known.repeated()
    }

    /// The first field of this name; names are compared without case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let same = |field: &&Field| {
            field.name.1 - field.name.0 == name.len()
                && self.span(field.name).eq_ignore_ascii_case(name)
        };
        self.fields.iter().find(same).map(|field| self.span(field.value))
    }

    /// All names and values in the order of the file; folded lines are joined by a space.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (self.span(field.name), self.span(field.value)))
    }

    fn span(&self, (start, end): (usize, usize)) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// Removes one pair of angle brackets.
pub(crate) fn without_brackets(value: &str) -> &str {
    value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(value)
}

/// A number in decimal digits only: no sign, no spaces.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Whether this line begins a WARC record: `WARC/`, digits, a dot, digits, line end.
pub(crate) fn is_version_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"WARC/") else { return false };
    let rest = rest.trim_ascii_end();
    let mut parts = rest.split(|byte| *byte == b'.');
    let number = |part: Option<&[u8]>| {
        part.is_some_and(|part| {
            (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit)
        })
    };
    number(parts.next()) && number(parts.next()) && parts.next().is_none()
}

/// Whether this line may begin an ARC record: a scheme, and at least five values.
pub(crate) fn is_arc_line(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let mut parts = line.rsplit(|byte| *byte == b' ');
    let scheme = memchr::memchr(b':', line).is_some_and(|colon| {
        (1..=12).contains(&colon)
            && line
                .iter()
                .take(colon)
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
    });
    scheme && parts.next().is_some_and(|length| !length.is_empty()) && parts.count() >= 4
}
