//! Secrets in web archives: found and named, and masked in a copy that says so.
//!
//! [`scan`] reads a WARC or ARC once and names what could open an account, or tell who captured it: cookies,
//! authorization headers, tokens, passwords, private keys, the investigator's own address. [`scrub`] writes a copy of a
//! WARC in which each of these is masked; the original is never changed.
//!
//! Patterns find what has a known pattern. Pictures, PDF files, sound and compressed files inside a record are not
//! looked into, and nothing found never means safe to publish.

mod address;
mod keys;
mod names;
mod note;
mod pairs;
mod record;
mod rewrite;
mod scan;
mod scrub;

use serde::Serialize;

pub use address::{NotAnAddress, OwnAddresses};
pub use scan::{ScanSettings, ScanSummary, Unread, UnreadWhy, private_fields, scan};
pub use scrub::{ScrubError, ScrubSettings, Scrubbed, scrub};

/// One secret, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The record's URI without angle brackets; none in an ARC.
    pub record_id: Option<String>,
    /// What the record is about, secrets in it masked.
    pub target_uri: Option<String>,
    /// What kind of secret.
    pub kind: SecretKind,
    /// In which part of the record.
    pub place: SecretPlace,
    /// First byte: counted from the record's own first byte (`WARC/`), or, when [`Finding::in_decoded_body`], from the
    /// first byte of the body without its transfer and content encodings.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
    /// The body is chunked or compressed in the record, and the offset counts in what it decodes to.
    pub in_decoded_body: bool,
    /// What a person needs to recognise it: a name and a length, never a byte of the secret itself.
    pub hint: String,
}

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// A cookie that was sent to a server (RFC 6265, section 4.2).
    Cookie,
    /// A cookie that a server set (RFC 6265, section 4.1).
    SetCookie,
    /// Credentials for a server (RFC 9110, section 11.6.2).
    Authorization,
    /// Credentials for a proxy (RFC 9110, section 11.7.2).
    ProxyAuthorization,
    /// A token that opens an account or a service, by the name it stands under.
    AccessToken,
    /// A JSON Web Token, signed or encrypted (RFC 7519).
    JsonWebToken,
    /// A key of a service, by its name or by the shape its maker gives it.
    ApiKey,
    /// The number of a session.
    SessionId,
    /// A token against forged requests; it is bound to a session.
    CsrfToken,
    /// The signature of a signed link, which opens it to whoever has it.
    SignedUrl,
    /// A user's name and password inside a URL (RFC 3986, section 3.2.1).
    UrlCredentials,
    /// A private key (PEM, RFC 7468; age).
    PrivateKey,
    /// A password in a form.
    Password,
    /// An address of the capturing computer, its network or its proxy.
    OwnAddress,
    /// Who ran the capture, as older tools write it down (`operator`, `From`).
    Operator,
}

impl SecretKind {
    /// The kind as it is printed and as JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::SetCookie => "set-cookie",
            Self::Authorization => "authorization",
            Self::ProxyAuthorization => "proxy-authorization",
            Self::AccessToken => "access-token",
            Self::JsonWebToken => "json-web-token",
            Self::ApiKey => "api-key",
            Self::SessionId => "session-id",
            Self::CsrfToken => "csrf-token",
            Self::SignedUrl => "signed-url",
            Self::UrlCredentials => "url-credentials",
            Self::PrivateKey => "private-key",
            Self::Password => "password",
            Self::OwnAddress => "own-address",
            Self::Operator => "operator",
        }
    }

    /// Whether the secret has so few possible values that whoever holds a digest of it, or of a text around it, finds
    /// it by trying them all.
    fn is_guessable(self) -> bool {
        matches!(self, Self::Password | Self::OwnAddress | Self::Operator | Self::UrlCredentials)
    }
}

/// The part of a record that a secret stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPlace {
    /// A field of an HTTP request's head.
    RequestHeader,
    /// A field of an HTTP response's head.
    ResponseHeader,
    /// A URL in a head: the record's target, a request's first line, `Referer`, `Location`.
    Url,
    /// The body of a request or response, or a resource.
    Body,
    /// A `metadata` or `warcinfo` record, or a WARC field that holds no URL.
    Metadata,
}

impl SecretPlace {
    /// The place as it is printed and as JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::RequestHeader => "request-header",
            Self::ResponseHeader => "response-header",
            Self::Url => "url",
            Self::Body => "body",
            Self::Metadata => "metadata",
        }
    }
}

/// A secret in a text that is about to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownSecret {
    /// What kind of secret.
    pub kind: SecretKind,
    /// A name and a length, never a byte of the secret itself.
    pub hint: String,
}

/// Every secret in a text or a URL: keys, tokens, credentials, and addresses of the investigator's own.
pub fn scan_text(text: &str, own: &OwnAddresses) -> Vec<ShownSecret> {
    let found = find_all(text.as_bytes(), |bytes| {
        let mut spots = record::in_uri(bytes, own);
        pairs::find_in_text(bytes, &mut spots);
        address::find_echoes(bytes, &mut spots);
        spots
    });
    found.iter().map(|spot| ShownSecret { kind: spot.kind, hint: spot.hint() }).collect()
}

/// What stands in the copy for every byte of a secret. Line ends inside a secret stay.
const MASK: u8 = b'*';

/// Whether bytes are a secret that was masked already.
fn is_masked(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(*byte, MASK | b'\r' | b'\n'))
}

/// Masks the bytes of `range`, as far as they are there.
fn mask(bytes: &mut [u8], start: usize, end: usize) {
    for byte in bytes.get_mut(start..end).unwrap_or_default() {
        if !matches!(*byte, b'\r' | b'\n') {
            *byte = MASK;
        }
    }
}

/// A secret in a run of bytes, before the record it stands in is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spot {
    start: usize,
    end: usize,
    kind: SecretKind,
    /// The name it stands under, or the maker whose shape it has; never a part of the secret.
    name: String,
    /// It was found as a part of a URL.
    is_in_url: bool,
}

impl Spot {
    /// A spot, unless it is empty or masked already.
    fn new(
        bytes: &[u8],
        (start, end): (usize, usize),
        kind: SecretKind,
        name: &str,
    ) -> Option<Self> {
        let secret = bytes.get(start..end)?;
        if is_masked(secret) {
            return None;
        }
        // Signs that part names from values would make the name look like a secret again, once a note holds it.
        let is_shown = |c: &char| c.is_alphanumeric() || "-_.[]()$#/ ".contains(*c);
        let name = name.chars().filter(is_shown).take(40).collect();
        Some(Self { start, end, kind, name, is_in_url: false })
    }

    fn hint(&self) -> String {
        let length = self.end - self.start;
        match self.name.as_str() {
            "" => format!("{length} bytes"),
            name => format!("{name}: {length} bytes"),
        }
    }
}

/// Every spot of a run of bytes in its order, none within another; masking them leaves nothing to find.
///
/// One pass is not enough: where two secrets touch, the first may hide the second from the expression that finds both.
fn find_all(bytes: &[u8], find: impl Fn(&[u8]) -> Vec<Spot>) -> Vec<Spot> {
    let mut fresh = settle(find(bytes));
    if fresh.is_empty() {
        return fresh;
    }
    let mut masked = bytes.to_vec();
    let mut spots = Vec::new();
    for round in 0.. {
        for spot in &fresh {
            mask(&mut masked, spot.start, spot.end);
        }
        spots.append(&mut fresh);
        fresh = settle(find(&masked));
        if let Some(first) = fresh.first_mut()
            && round == ROUNDS
        {
            // Nobody's page is like this. Everything from here on goes.
            first.end = bytes.len();
        } else if fresh.is_empty() {
            break;
        }
    }
    settle(spots)
}

/// So often the same bytes are searched for secrets that others hid.
const ROUNDS: usize = 16;

/// Sorts spots by place and leaves out those that lie within another.
fn settle(mut spots: Vec<Spot>) -> Vec<Spot> {
    spots.sort_by(|a, b| (a.start, b.end, a.kind).cmp(&(b.start, a.end, b.kind)));
    let mut reach = 0;
    spots.retain(|spot| {
        let is_new = spot.end > reach;
        reach = reach.max(spot.end);
        is_new
    });
    spots
}
