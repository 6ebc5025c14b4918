//! One record with its secrets masked.

use witnessmark_archive::{Algorithm, write_digest};
use witnessmark_model::Digest;

use super::mask;
use super::record::{Held, Inspected, fields};

/// A record as it stands in the copy.
pub(super) enum Rewritten {
    /// Byte for byte as in the original.
    Unchanged,
    /// Masked.
    Changed(Changed),
    /// Not in the copy, with the reason.
    LeftOut(&'static str),
}

/// A masked record.
pub(super) struct Changed {
    /// The WARC header up to its blank line.
    pub(super) head: Vec<u8>,
    /// The block; of a long record only what is held.
    pub(super) block: Vec<u8>,
    /// The body was written without its transfer and content encodings.
    pub(super) is_decoded: bool,
    /// The payload's digest as the original says it, and the new one.
    pub(super) payload: Option<(String, String)>,
}

/// Sums of a body in an HTTP head. When the body was masked they would still tell what it was.
const BODY_SUMS: &[&str] = &[
    "content-digest",
    "content-md5",
    "digest",
    "etag",
    "repr-digest",
    "x-amz-content-sha256",
    "x-goog-hash",
];

/// Fields that do not hold any more once a body is written without its encodings. They are kept under another name,
/// as the Wayback Machine does.
const BODY_FIELDS: &[&str] = &["content-encoding", "content-length", "transfer-encoding"];

/// Masks what was found in a record. The digests in its header are those of the masked bytes, except of a long
/// record, whose block digest its writer puts in.
pub(super) fn rewrite(held: &Held, found: &Inspected) -> Rewritten {
    if found.spots.is_empty() && found.decoded_spots.is_empty() {
        return Rewritten::Unchanged;
    }
    let mut bytes = held.bytes.clone();
    for (spot, _) in &found.spots {
        mask(&mut bytes, spot.start, spot.end);
    }
    let in_body = found.spots.iter().any(|(spot, _)| spot.start >= found.body);
    let body_changed = in_body || !found.decoded_spots.is_empty();
    let head = bytes.get(..held.block).unwrap_or_default();
    let http = bytes.get(held.block..found.body).unwrap_or_default();
    let raw = bytes.get(found.body..).unwrap_or_default();
    let mut block = http.to_vec();
    if body_changed {
        mask_sums(&mut block);
    }
    let is_decoded = !found.decoded_spots.is_empty();
    let payload_now = if is_decoded {
        let Some(decoded) = found.decoded.as_ref().filter(|decoded| decoded.is_whole) else {
            return Rewritten::LeftOut(
                "a secret stands in a body that cannot be decoded to its end, so it cannot be masked there",
            );
        };
        let mut body = decoded.bytes.clone();
        for spot in &found.decoded_spots {
            mask(&mut body, spot.start, spot.end);
        }
        block = without_encodings(&block, body.len());
        block.extend_from_slice(&body);
        Some(digest_of(&body))
    } else {
        block.extend_from_slice(raw);
        in_body.then(|| digest_of(raw))
    };
    let said = held.head.get("WARC-Payload-Digest").map(str::to_owned);
    let payload = said.zip(payload_now);
    let head = with_digests(
        head,
        &digest_of(&block),
        payload.as_ref().map(|(_, now)| now.as_str()),
        (!held.is_long).then_some(block.len()),
    );
    Rewritten::Changed(Changed { head, block, is_decoded, payload })
}

/// A digest as a WARC has it.
pub(super) fn digest_of(bytes: &[u8]) -> String {
    write_digest(Algorithm::Sha256, &Digest::of(bytes).0)
}

/// The header with these digests, and this length where one is given, in the lines where the old ones stood. A header
/// that had no block digest gets one.
pub(super) fn with_digests(
    head: &[u8],
    block: &str,
    payload: Option<&str>,
    length: Option<usize>,
) -> Vec<u8> {
    let length = length.map(|length| length.to_string());
    let mut has_block_digest = false;
    let mut changed = Vec::with_capacity(head.len() + 100);
    let mut at = 0;
    for field in fields(head) {
        let slice = |(start, end): (usize, usize)| head.get(start..end).unwrap_or_default();
        let name = String::from_utf8_lossy(slice(field.name)).trim().to_ascii_lowercase();
        let value = match name.as_str() {
            "warc-block-digest" => {
                has_block_digest = true;
                Some(block)
            }
            "warc-payload-digest" => payload,
            "content-length" => length.as_deref(),
            _ => None,
        };
        if let Some(value) = value {
            changed.extend_from_slice(slice((at, field.name.1)));
            changed.extend_from_slice(format!(": {value}\r\n").as_bytes());
            at = field.line.1;
        }
    }
    let rest = head.get(at..).unwrap_or_default();
    let blank = rest.len() - blank_line_length(rest);
    let (rest, blank) = rest.split_at(blank);
    changed.extend_from_slice(rest);
    if !has_block_digest {
        changed.extend_from_slice(format!("WARC-Block-Digest: {block}\r\n").as_bytes());
    }
    changed.extend_from_slice(blank);
    changed
}

/// Bytes of the blank line that a head ends with; 0 when it has none.
fn blank_line_length(head: &[u8]) -> usize {
    let Some(text) = head.strip_suffix(b"\n") else { return 0 };
    let returns = text.iter().rev().take_while(|byte| **byte == b'\r').count();
    let before = text.len() - returns;
    match before.checked_sub(1).and_then(|last| text.get(last)) {
        Some(b'\n') | None => returns + 1,
        Some(_) => 0,
    }
}

fn mask_sums(http: &mut [u8]) {
    let spans: Vec<(usize, usize)> = fields(http)
        .into_iter()
        .filter(|field| is_named(http, field.name, BODY_SUMS))
        .map(|field| field.value)
        .collect();
    for (start, end) in spans {
        mask(http, start, end);
    }
}

fn is_named(http: &[u8], (start, end): (usize, usize), names: &[&str]) -> bool {
    let name = http.get(start..end).unwrap_or_default().trim_ascii();
    names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// An HTTP head for a body of `length` bytes without encodings.
fn without_encodings(http: &[u8], length: usize) -> Vec<u8> {
    let mut head = Vec::with_capacity(http.len() + 100);
    let mut at = 0;
    for field in fields(http) {
        if is_named(http, field.name, BODY_FIELDS) {
            head.extend_from_slice(http.get(at..field.name.0).unwrap_or_default());
            head.extend_from_slice(b"X-Archive-Orig-");
            at = field.name.0;
        }
    }
    let rest = http.get(at..).unwrap_or_default();
    let (rest, blank) = rest.split_at(rest.len() - blank_line_length(rest));
    head.extend_from_slice(rest);
    head.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    head.extend_from_slice(if blank.is_empty() { b"\r\n" } else { blank });
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_keep_all_other_lines() {
        let head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Payload-Digest: sha1:OLD\r\nContent-Length: 7\r\nX: y\r\n\r\n";
        let cases = [
            (
                Some("sha256:p"),
                Some(12),
                "WARC/1.0\r\nWARC-Type: response\r\nWARC-Payload-Digest: sha256:p\r\nContent-Length: 12\r\nX: y\r\nWARC-Block-Digest: sha256:b\r\n\r\n",
            ),
            (
                None,
                None,
                "WARC/1.0\r\nWARC-Type: response\r\nWARC-Payload-Digest: sha1:OLD\r\nContent-Length: 7\r\nX: y\r\nWARC-Block-Digest: sha256:b\r\n\r\n",
            ),
        ];
        for (payload, length, expected) in cases {
            let changed = with_digests(head, "sha256:b", payload, length);
            assert_eq!(String::from_utf8(changed).unwrap(), expected);
        }
    }

    #[test]
    fn encodings_are_named_and_no_longer_claimed() {
        let cases = [
            (
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nA: b\r\ntransfer-encoding: chunked\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-Archive-Orig-Content-Encoding: gzip\r\nA: b\r\nX-Archive-Orig-transfer-encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            ),
            (
                "HTTP/1.1 200\nContent-Length: 9\n\n",
                "HTTP/1.1 200\nX-Archive-Orig-Content-Length: 9\nContent-Length: 5\r\n\n",
            ),
        ];
        for (http, expected) in cases {
            let changed = without_encodings(http.as_bytes(), 5);
            assert_eq!(String::from_utf8(changed).unwrap(), expected);
        }
    }
}
