//! What differs around the text: the answer's status, fields and digest, and who gave it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known of one capture. Whatever is not known stays empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureFacts {
    /// When, by the capturing computer's clock (RFC 3339).
    pub captured: Option<String>,
    /// The address that was asked for.
    pub requested: Option<String>,
    /// The address that answered, after redirects.
    pub landed: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The answer's header fields in their order.
    pub headers: Vec<(String, String)>,
    /// The media type without parameters.
    pub media_type: Option<String>,
    /// The payload's digest, `sha256:…`.
    pub payload_digest: Option<String>,
    /// Bytes of the payload.
    pub payload_length: Option<u64>,
    /// The network address of the server, or of nobody when a proxy hides it.
    pub server_address: Option<String>,
    /// SHA-256 of each certificate that the server presented, its own first.
    pub certificates: Vec<String>,
    /// The title.
    pub title: Option<String>,
    /// The language (BCP 47).
    pub language: Option<String>,
}

/// How two captures differ around their texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDifference {
    /// One row for each thing that either capture tells, the same ones included.
    pub rows: Vec<RecordRow>,
    /// Header fields that differ and say nothing, such as `date`: in lower case, sorted.
    pub ignored: Vec<String>,
}

/// One thing that captures tell, on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRow {
    /// What: `status`, `title`, `header content-type`.
    pub what: String,
    /// In the earlier capture.
    pub before: Option<String>,
    /// In the later one.
    pub after: Option<String>,
    /// Both say the same.
    pub is_same: bool,
}

/// Fields that change from one answer to the next, or are told in a row of their own.
const IGNORED: &[&str] = &[
    "accept-ranges",
    "age",
    "akamai-grn",
    "alt-svc",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "eagleid",
    "etag",
    "expires",
    "keep-alive",
    "nel",
    "p3p",
    "report-to",
    "reporting-endpoints",
    "server-timing",
    "set-cookie",
    "timing-allow-origin",
    "traceparent",
    "transfer-encoding",
    "vary",
    "via",
    "x-age",
    "x-amz-cf-id",
    "x-amz-cf-pop",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-cdn",
    "x-correlation-id",
    "x-nws-log-uuid",
    "x-request-id",
    "x-runtime",
    "x-served-by",
    "x-timer",
    "x-trace-id",
    "x-varnish",
];

/// Beginnings of such names.
const IGNORED_BEGINNINGS: &[&str] = &[
    "cf-",
    "x-amzn-",
    "x-cache",
    "x-akamai-",
    "x-b3-",
    "x-ratelimit",
    "x-fb-",
    "x-swift-",
    "x-via",
];

fn is_ignored(name: &str) -> bool {
    IGNORED.contains(&name) || IGNORED_BEGINNINGS.iter().any(|begin| name.starts_with(begin))
}

/// Lays what two captures tell side by side.
pub fn compare_records(before: &CaptureFacts, after: &CaptureFacts) -> RecordDifference {
    let mut rows = Vec::new();
    let mut row = |what: &str, before: Option<String>, after: Option<String>| {
        if before.is_some() || after.is_some() {
            let is_same = before == after;
            rows.push(RecordRow { what: what.to_owned(), before, after, is_same });
        }
    };
    let text = |of: fn(&CaptureFacts) -> &Option<String>| (of(before).clone(), of(after).clone());
    let number = |of: fn(&CaptureFacts) -> Option<u64>| {
        (of(before).map(|n| n.to_string()), of(after).map(|n| n.to_string()))
    };
    let pairs = [
        ("captured", text(|facts| &facts.captured)),
        ("requested", text(|facts| &facts.requested)),
        ("landed", text(|facts| &facts.landed)),
        ("status", number(|facts| facts.status.map(u64::from))),
        ("media type", text(|facts| &facts.media_type)),
        ("payload digest", text(|facts| &facts.payload_digest)),
        ("payload length", number(|facts| facts.payload_length)),
        ("title", text(|facts| &facts.title)),
        ("language", text(|facts| &facts.language)),
        ("server address", text(|facts| &facts.server_address)),
    ];
    for (what, (a, b)) in pairs {
        row(what, a, b);
    }
    for index in 0..before.certificates.len().max(after.certificates.len()) {
        let at = |facts: &CaptureFacts| facts.certificates.get(index).cloned();
        let what = match index {
            0 => "certificate".to_owned(),
            _ => format!("certificate {} of the chain", index + 1),
        };
        row(&what, at(before), at(after));
    }
    let (first, second) = (fields(before), fields(after));
    let mut ignored = Vec::new();
    let names: std::collections::BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    for name in names {
        let (a, b) = (first.get(name), second.get(name));
        if !is_ignored(name) {
            row(&format!("header {name}"), a.cloned(), b.cloned());
        } else if a != b {
            ignored.push(name.clone());
        }
    }
    RecordDifference { rows, ignored }
}

/// Header fields by their name in lower case; values of one name joined, as RFC 9110 (section 5.2) has it.
fn fields(facts: &CaptureFacts) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &facts.headers {
        let joined = fields.entry(name.trim().to_ascii_lowercase()).or_default();
        if !joined.is_empty() {
            joined.push_str(", ");
        }
        joined.push_str(value.trim());
    }
    fields
}
