//! One record: its parts, and the secrets in each.

use std::io::{self, Read};

use regex::bytes::Regex;
use std::sync::LazyLock;
use witnessmark_archive::{Head, HttpHead, Reader, Record, RecordType};

use super::scan::UnreadWhy;
use super::{
    Finding, OwnAddresses, ScanSettings, SecretKind, SecretPlace, Spot, address, find_all, keys,
    mask, pairs,
};

/// A record's plain bytes, from `WARC/` on, as far as they are held.
pub(super) struct Held {
    pub(super) head: Head,
    /// The WARC header, then the block.
    pub(super) bytes: Vec<u8>,
    /// Where the block begins.
    pub(super) block: usize,
    /// The block goes on behind the bytes that are held.
    pub(super) is_long: bool,
}

/// What was found in a record.
pub(super) struct Inspected {
    /// In the record as it stands: place in the record, part.
    pub(super) spots: Vec<(Spot, SecretPlace)>,
    /// In the decoded body.
    pub(super) decoded_spots: Vec<Spot>,
    /// Where an HTTP head ends; the block's start when there is none.
    pub(super) body: usize,
    /// The body without its encodings, when it has any.
    pub(super) decoded: Option<Decoded>,
    /// Why the body was not looked into, or not to its end.
    pub(super) unread: Option<UnreadWhy>,
}

/// A body without transfer and content encodings.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// All of it came out, so that it can stand in for the encoded one.
    pub(super) is_whole: bool,
}

impl Held {
    /// Reads a record, at most `limit` bytes of its block. A block that breaks off gives what there was.
    pub(super) fn read(record: &mut Record<'_, '_>, limit: usize) -> io::Result<Self> {
        let head = record.head().clone();
        let mut bytes = record.head_bytes().to_vec();
        let block = bytes.len();
        match record.by_ref().take(limit as u64).read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(error) => return Err(error),
        }
        let is_long = record.remaining() > 0 && bytes.len() - block >= limit;
        Ok(Self { head, bytes, block, is_long })
    }

    fn is_about_machine(&self) -> bool {
        use RecordType::{ArcHeader, Metadata, Warcinfo};
        matches!(self.head.record_type(), Metadata | Warcinfo | ArcHeader)
    }

    /// Finds every secret in the record.
    pub(super) fn inspect(&self, settings: &ScanSettings) -> io::Result<Inspected> {
        let mut spots = self.inspect_record_head(&settings.own);
        let http = self.inspect_http_head(settings, &mut spots);
        let (body, http) = http.map_or((self.block, None), |(end, http)| (end, Some(http)));
        let raw = self.bytes.get(body..).unwrap_or_default();
        let is_encoded =
            http.is_some_and(|http| http.is_chunked() || !http.content_encodings().is_empty());
        let (decoded, mut unread) = match is_encoded && !self.is_long {
            true => self.decode(body, settings.body_limit)?,
            false => (None, None),
        };
        let text = decoded.as_ref().map_or(raw, |decoded| &decoded.bytes);
        let mut decoded_spots = Vec::new();
        match self.inspect_text(text, settings) {
            Ok(found) if decoded.is_some() => decoded_spots = found,
            Ok(found) => {
                let place = match self.is_about_machine() {
                    true => SecretPlace::Metadata,
                    false => SecretPlace::Body,
                };
                let shift =
                    |spot: Spot| Spot { start: spot.start + body, end: spot.end + body, ..spot };
                spots.extend(found.into_iter().map(|spot| (shift(spot), place)));
            }
            // What is compressed may be text all the same.
            Err(_) if is_encoded && self.is_long => unread = Some(UnreadWhy::TooLong),
            Err(why) => unread = Some(why),
        }
        Ok(Inspected { spots, decoded_spots, body, decoded, unread })
    }

    /// The body without its encodings; none when there was nothing to remove, since archives often keep the name of
    /// an encoding that they removed.
    fn decode(
        &self,
        body: usize,
        limit: usize,
    ) -> io::Result<(Option<Decoded>, Option<UnreadWhy>)> {
        let mut reader = Reader::new(self.bytes.as_slice())?.without_record_digests();
        let Some(mut record) = reader.next_record()? else { return Ok((None, None)) };
        let payload = match record.payload(limit) {
            Ok(payload) => payload,
            // The block breaks off: what is there is searched as it stands.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok((None, Some(UnreadWhy::Undecodable)));
            }
            Err(error) => return Err(error),
        };
        if self.bytes.get(body..) == Some(payload.bytes.as_slice()) {
            return Ok((None, None));
        }
        let is_sound = payload.warnings.is_empty() && self.is_sound_gzip(body, limit)?;
        let unread = match (payload.cut, is_sound) {
            (true, _) => Some(UnreadWhy::TooLong),
            (false, false) => Some(UnreadWhy::Undecodable),
            (false, true) => None,
        };
        Ok((Some(Decoded { bytes: payload.bytes, is_whole: unread.is_none() }), unread))
    }

    /// Whether a body that is said to be gzip is sound to its checksum. A payload holds what comes out of a damaged one
    /// too, and does not always say so.
    fn is_sound_gzip(&self, body: usize, limit: usize) -> io::Result<bool> {
        let mut bytes = self.bytes.clone();
        let head = bytes.get_mut(self.block..body).unwrap_or_default();
        let mut encodings = Vec::new();
        for field in fields(head) {
            let name = head.get(field.name.0..field.name.1).unwrap_or_default();
            if name.eq_ignore_ascii_case(b"Content-Encoding") {
                let value = head.get(field.value.0..field.value.1).unwrap_or_default();
                encodings.push(value.to_ascii_lowercase());
                // Under another name it is not removed, and the transfer encoding alone is.
                if let Some(first) = head.get_mut(field.name.0) {
                    *first = b'X';
                }
            }
        }
        if encodings != [b"gzip"] {
            return Ok(true);
        }
        let mut reader = Reader::new(bytes.as_slice())?.without_record_digests();
        let Some(mut record) = reader.next_record()? else { return Ok(false) };
        let entity = record.payload(limit)?.bytes;
        let mut decoder = flate2::read::MultiGzDecoder::new(entity.as_slice());
        Ok(io::copy(&mut decoder.by_ref().take(limit as u64), &mut io::sink()).is_ok())
    }

    /// The WARC header: the URLs in it, and own addresses anywhere.
    fn inspect_record_head(&self, own: &OwnAddresses) -> Vec<(Spot, SecretPlace)> {
        let head = self.bytes.get(..self.block).unwrap_or_default();
        let place = |spot: &Spot| {
            let line = memchr::memrchr(b'\n', head.get(..spot.start).unwrap_or_default());
            let line = head.get(line.map_or(0, |end| end + 1)..).unwrap_or_default();
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            // An ARC's one line begins with the URL.
            match name.starts_with(b"WARC-") && !name.ends_with(b"-URI") {
                true => SecretPlace::Metadata,
                false => SecretPlace::Url,
            }
        };
        let spots = find_all(head, |head| in_uri(head, own)).into_iter();
        spots.map(|spot| (spot.clone(), place(&spot))).collect()
    }

    /// The HTTP head of a request or response. Gives where it ends, and what it says; `None` when there is none.
    fn inspect_http_head(
        &self,
        settings: &ScanSettings,
        spots: &mut Vec<(Spot, SecretPlace)>,
    ) -> Option<(usize, HttpHead)> {
        use RecordType::{Request, Response, Revisit};
        let kind = self.head.record_type();
        if !matches!(kind, Request | Response | Revisit) {
            return None;
        }
        let block = self.bytes.get(self.block..)?;
        let end = http_head_end(block).unwrap_or(block.len());
        let head = block.get(..end)?;
        let parsed = HttpHead::parse(head)?;
        let place = match kind {
            Request => SecretPlace::RequestHeader,
            _ => SecretPlace::ResponseHeader,
        };
        let found = find_all(head, |head| {
            let mut spots = Vec::new();
            for field in fields(head) {
                find_in_field(head, &field, &mut spots);
                if *kind == Request {
                    find_private_field(head, &field, settings, &mut spots);
                }
            }
            keys::find(head, &mut spots);
            settings.own.find(head, &mut spots);
            // A cookie's value may look like a URL's parameter; what the field says goes first.
            let mut in_urls = Vec::new();
            pairs::find_in_urls(head, &mut in_urls);
            in_urls.retain(|url| !spots.iter().any(|field| overlap(url, field)));
            spots.append(&mut in_urls);
            spots
        });
        spots.extend(found.into_iter().map(|mut spot| {
            spot.start += self.block;
            spot.end += self.block;
            let place = if spot.is_in_url { SecretPlace::Url } else { place };
            (spot, place)
        }));
        Some((self.block + end, parsed))
    }

    /// The secrets of a body, in their order.
    fn inspect_text(&self, text: &[u8], settings: &ScanSettings) -> Result<Vec<Spot>, UnreadWhy> {
        if !is_text(text) {
            return Err(UnreadWhy::NotText);
        }
        if self.is_long {
            return Err(UnreadWhy::TooLong);
        }
        Ok(find_all(text, |text| {
            let mut spots = in_uri(text, &settings.own);
            if *self.head.record_type() == RecordType::Request {
                pairs::find_in_sent(text, &mut spots);
            } else {
                pairs::find_in_text(text, &mut spots);
                address::find_echoes(text, &mut spots);
            }
            if self.is_about_machine() {
                find_told_fields(text, &mut spots);
            }
            spots
        }))
    }

    /// The findings of an inspection, as they are shown.
    pub(super) fn findings(&self, found: &Inspected, own: &OwnAddresses) -> Vec<Finding> {
        let record_id = self.head.record_id().map(str::to_owned);
        let target_uri = self.head.target_uri().map(|uri| shown(&uri, own));
        let finding = |spot: &Spot, place, in_decoded_body| Finding {
            record_id: record_id.clone(),
            target_uri: target_uri.clone(),
            kind: spot.kind,
            place,
            offset: spot.start as u64,
            length: (spot.end - spot.start) as u64,
            in_decoded_body,
            hint: shown(&spot.hint(), own),
        };
        let plain = found.spots.iter().map(|(spot, place)| finding(spot, *place, false));
        let decoded = found.decoded_spots.iter().map(|spot| finding(spot, SecretPlace::Body, true));
        plain.chain(decoded).collect()
    }
}

fn overlap(a: &Spot, b: &Spot) -> bool {
    a.start < b.end && b.start < a.end
}

/// What can stand in a URL, and so anywhere.
pub(super) fn in_uri(bytes: &[u8], own: &OwnAddresses) -> Vec<Spot> {
    let mut spots = Vec::new();
    pairs::find_in_urls(bytes, &mut spots);
    keys::find(bytes, &mut spots);
    own.find(bytes, &mut spots);
    spots
}

/// A URL or a hint as it is shown: with its own secrets masked, for a field's name can hold one too.
fn shown(text: &str, own: &OwnAddresses) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for spot in find_all(text.as_bytes(), |text| in_uri(text, own)) {
        mask(&mut bytes, spot.start, spot.end);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where an HTTP head ends: behind its blank line.
fn http_head_end(block: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', block).find_map(|end| {
        let rest = block.get(end + 1..)?;
        let returns = rest.iter().take(2).take_while(|byte| **byte == b'\r').count();
        (rest.get(returns) == Some(&b'\n')).then_some(end + 2 + returns)
    })
}

/// Whether bytes are text in an encoding that keeps ASCII as it is. UTF-16 is not.
fn is_text(bytes: &[u8]) -> bool {
    let first = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    let binary = first.iter().filter(|byte| **byte < 9 || (14..27).contains(*byte)).count();
    memchr::memchr(0, first).is_none() && binary * 50 <= first.len()
}

/// A field of an HTTP head, as spans of it.
pub(super) struct FieldSpan {
    /// From the name's first byte to the end of the last line, its line end included.
    pub(super) line: (usize, usize),
    pub(super) name: (usize, usize),
    pub(super) value: (usize, usize),
}

/// The fields of a head in their order; a folded value spans its lines.
pub(super) fn fields(head: &[u8]) -> Vec<FieldSpan> {
    let mut fields: Vec<FieldSpan> = Vec::new();
    let mut start = 0;
    for (number, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let end = start + line.len();
        let text_end = start + line.trim_ascii_end().len();
        match (line.first(), memchr::memchr(b':', line)) {
            (Some(b' ' | b'\t'), _) if number > 0 => {
                if let Some(last) = fields.last_mut() {
                    last.value.1 = text_end.max(last.value.1);
                    last.line.1 = end;
                }
            }
            (_, Some(colon)) if number > 0 => {
                let value = line.get(colon + 1..).unwrap_or_default();
                let lead = value.len() - value.trim_ascii_start().len();
                let from = (start + colon + 1 + lead).min(text_end.max(start + colon + 1));
                fields.push(FieldSpan {
                    line: (start, end),
                    name: (start, start + colon),
                    value: (from, text_end.max(from)),
                });
            }
            _ => {}
        }
        start = end;
    }
    fields
}

/// Fields whose whole value is a secret.
const TOKEN_FIELDS: &[(&str, SecretKind)] = &[
    ("api-key", SecretKind::ApiKey),
    ("apikey", SecretKind::ApiKey),
    ("ocp-apim-subscription-key", SecretKind::ApiKey),
    ("private-token", SecretKind::AccessToken),
    ("x-access-token", SecretKind::AccessToken),
    ("x-amz-security-token", SecretKind::AccessToken),
    ("x-api-key", SecretKind::ApiKey),
    ("x-auth-token", SecretKind::AccessToken),
    ("x-csrf-token", SecretKind::CsrfToken),
    ("x-csrftoken", SecretKind::CsrfToken),
    ("x-goog-api-key", SecretKind::ApiKey),
    ("x-guest-token", SecretKind::AccessToken),
    ("x-session-id", SecretKind::SessionId),
    ("x-session-token", SecretKind::SessionId),
    ("x-vault-token", SecretKind::AccessToken),
    ("x-xsrf-token", SecretKind::CsrfToken),
];

/// A field that the investigator gave by file: all of its value is private, whatever it looks like.
fn find_private_field(
    head: &[u8],
    field: &FieldSpan,
    settings: &ScanSettings,
    spots: &mut Vec<Spot>,
) {
    let name = head.get(field.name.0..field.name.1).unwrap_or_default();
    let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
    let found = spots.iter().any(|spot| spot.start >= field.value.0 && spot.end <= field.value.1);
    if settings.private_fields.contains(&name) && !found {
        spots.extend(Spot::new(head, field.value, SecretKind::AccessToken, &name));
    }
}

fn find_in_field(head: &[u8], field: &FieldSpan, spots: &mut Vec<Spot>) {
    let slice = |(start, end): (usize, usize)| head.get(start..end).unwrap_or_default();
    let name = String::from_utf8_lossy(slice(field.name)).trim().to_ascii_lowercase();
    let value = slice(field.value);
    let mut add = |range, kind, name: &str| spots.extend(Spot::new(head, range, kind, name));
    match name.as_str() {
        "cookie" | "cookie2" => {
            let mut start = field.value.0;
            for pair in value.split(|byte| *byte == b';') {
                let (name, from) = cookie_value(pair);
                let end = start + pair.trim_ascii_end().len();
                add((start + from, end.max(start + from)), SecretKind::Cookie, &name);
                start += pair.len() + 1;
            }
        }
        "set-cookie" | "set-cookie2" => {
            let pair = value.split(|byte| *byte == b';').next().unwrap_or_default();
            let (name, from) = cookie_value(pair);
            let start = field.value.0;
            let end = start + pair.trim_ascii_end().len();
            add((start + from, end.max(start + from)), SecretKind::SetCookie, &name);
        }
        "authorization" | "proxy-authorization" => {
            let kind = match name.starts_with("proxy") {
                true => SecretKind::ProxyAuthorization,
                false => SecretKind::Authorization,
            };
            // The scheme stays: it tells how, not who.
            let scheme = memchr::memchr(b' ', value).unwrap_or(0);
            let word = String::from_utf8_lossy(value.get(..scheme).unwrap_or_default());
            let is_scheme = scheme > 0 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
            let (from, word) = if is_scheme { (scheme + 1, word.as_ref()) } else { (0, "") };
            add((field.value.0 + from, field.value.1), kind, word);
        }
        "from" => add(field.value, SecretKind::Operator, "From"),
        _ if address::is_echo_field(&name) && address::has_address(value) => {
            add(field.value, SecretKind::OwnAddress, &name);
        }
        _ => {
            let listed = TOKEN_FIELDS.iter().find(|(known, _)| *known == name);
            if let Some((_, kind)) = listed
                && value.len() >= 6
            {
                add(field.value, *kind, &name);
            }
        }
    }
}

/// A cookie's name, and where its value begins in `name=value`. Without `=` all is value.
fn cookie_value(pair: &[u8]) -> (String, usize) {
    let lead = pair.len() - pair.trim_ascii_start().len();
    match memchr::memchr(b'=', pair) {
        Some(equals) => {
            let name = pair.get(lead..equals).unwrap_or_default();
            (String::from_utf8_lossy(name).into_owned(), equals + 1)
        }
        None => (String::new(), lead),
    }
}

/// What a crawler writes down of itself in a warcinfo (WARC 1.1, section 6.1), and the fields of HTTP heads that
/// recorders repeat in JSON.
fn find_told_fields(text: &[u8], spots: &mut Vec<Spot>) {
    static TOLD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?im-u)^(ip|hostname|operator|http-header-from):[ \t]*([^\r\n]{2,300})")
            .expect("the expression is a constant, and a test uses it")
    });
    static REPEATED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?i-u)"(?:name"\s{0,8}:\s{0,8}")?(cookie|set-cookie|authorization|proxy-authorization)"\s{0,8}(?:,\s{0,8}"value"\s{0,8})?:\s{0,8}"((?:[^"\\]|\\.){2,16384})""#,
        )
        .expect("the expression is a constant, and a test uses it")
    });
    for expression in [&*TOLD, &*REPEATED] {
        for found in expression.captures_iter(text) {
            let (Some(name), Some(value)) = (found.get(1), found.get(2)) else { continue };
            let word = String::from_utf8_lossy(name.as_bytes()).to_ascii_lowercase();
            let kind = match word.as_str() {
                "cookie" => SecretKind::Cookie,
                "set-cookie" => SecretKind::SetCookie,
                "authorization" => SecretKind::Authorization,
                "proxy-authorization" => SecretKind::ProxyAuthorization,
                "ip" | "hostname" => SecretKind::OwnAddress,
                _ => SecretKind::Operator,
            };
            spots.extend(Spot::new(text, (value.start(), value.end()), kind, &word));
        }
    }
}
