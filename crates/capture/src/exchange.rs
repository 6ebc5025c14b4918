//! What passed over a connection: one way to say it, whoever carried it.

use std::io::{self, Read as _};
use std::net::SocketAddr;

use witnessmark_archive::{HttpHead, Payload, Reader};
use witnessmark_model::{Digest, Moment};

use crate::spool::Spool;

/// One request and what came back, byte for byte as it crossed the connection.
///
/// A failed exchange is one too: with a [`failure`](Self::failure) and perhaps without a response, because "nothing came"
/// is worth keeping.
#[derive(Debug)]
pub struct Exchange {
    /// The address that was asked for: absolute, without fragment.
    pub url: String,
    /// Why it was asked for.
    pub purpose: Purpose,
    /// The bytes sent, head and body; empty when no connection came about.
    pub request: Vec<u8>,
    /// Whether the request was longer than what is kept of it.
    pub request_cut: bool,
    /// Names of request fields whose values are private (from a file of headers or cookies), so that they can be
    /// removed from a copy.
    pub private_fields: Vec<String>,
    /// Interim answers (status 1xx, RFC 9110 section 15.2) that came before the response.
    pub interim: Vec<u8>,
    /// The bytes of the final response, head and body, with transfer and content encodings. Without a
    /// [`head`](Self::head) they are what came instead of one.
    pub response: Spool,
    /// Bytes that came after the response had ended by its own framing, at most 64 KiB.
    pub trailing: Vec<u8>,
    /// Why the response is not whole; none when it is.
    pub response_cut: Option<Cut>,
    /// The response's head; none when no whole head of HTTP came.
    pub head: Option<HttpHead>,
    /// The response's body without transfer encoding, as far as it came; none without a head, when the head contradicts
    /// itself, and when the capture was stopped.
    pub payload: Option<PayloadSum>,
    /// Who answered.
    pub connection: Connection,
    /// This computer's clock before the request.
    pub began: Moment,
    /// This computer's clock after the last byte.
    pub ended: Moment,
    /// What went wrong.
    pub failure: Option<Failure>,
}

impl Exchange {
    /// An exchange in which no connection came about.
    pub fn without_connection(
        url: &str,
        purpose: Purpose,
        connection: Connection,
        moments: (Moment, Moment),
        failure: Failure,
    ) -> Self {
        Self {
            url: url.to_owned(),
            purpose,
            request: Vec::new(),
            request_cut: false,
            private_fields: Vec::new(),
            interim: Vec::new(),
            response: Spool::default(),
            trailing: Vec::new(),
            response_cut: None,
            head: None,
            payload: None,
            connection,
            began: moments.0,
            ended: moments.1,
            failure: Some(failure),
        }
    }

    /// The status of the response.
    pub fn status(&self) -> Option<u16> {
        self.head.as_ref()?.status
    }

    /// The body as a reader sees it: without transfer and content encoding, at most `limit` bytes. For links, sitemaps and
    /// verdicts; what is kept stays as it came. Empty without a head.
    pub fn decoded(&self, limit: usize) -> io::Result<Payload> {
        if self.head.is_none() {
            return Ok(Payload::default());
        }
        // The archive's reader decodes records, so the response is read as one.
        let head = format!(
            "WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http;msgtype=response\r\n\
             Content-Length: {}\r\n\r\n",
            self.response.len()
        );
        let record = head.as_bytes().chain(self.response.reader()).chain(&b"\r\n\r\n"[..]);
        let mut reader = Reader::new(record)?.without_record_digests();
        match reader.next_record()? {
            Some(mut record) => record.payload(limit),
            None => Ok(Payload::default()),
        }
    }

    /// Whether a whole response came.
    pub fn is_whole(&self) -> bool {
        self.head.is_some() && self.response_cut.is_none() && self.failure.is_none()
    }
}

/// Length and digest of a body without transfer encoding: what WARC calls the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadSum {
    /// Bytes.
    pub length: u64,
    /// SHA-256.
    pub digest: Digest,
}

/// Why something was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It was wanted: the page itself, or where it redirected to.
    Page,
    /// The host's rules for robots, before anything else of that host.
    Robots,
    /// A page that was wanted needs it.
    Part,
}

impl Purpose {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Robots => "robots",
            Self::Part => "part",
        }
    }
}

/// Why a response is not whole; the word is that of `WARC-Truncated` (WARC 1.1, section 5.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// It was longer than the limit.
    Length,
    /// It took longer than the limit.
    Time,
    /// The connection ended early.
    Disconnect,
    /// Its framing broke, or the capture was stopped.
    Unspecified,
}

impl Cut {
    /// The word in `WARC-Truncated`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Time => "time",
            Self::Disconnect => "disconnect",
            Self::Unspecified => "unspecified",
        }
    }
}

/// The connection that carried an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The server's address and port; none when a proxy resolved the name.
    pub address: Option<SocketAddr>,
    /// The way out.
    pub through: Through,
    /// What TLS said; none on plain connections.
    pub tls: Option<Tls>,
}

/// The way out of this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// Straight to the server.
    Direct,
    /// A proxy at `host:port`.
    Proxy(String),
    /// Tor.
    Tor,
}

impl Through {
    /// The word in records. A proxy's address is not told: it may lead to whoever uses it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Proxy(_) => "proxy",
            Self::Tor => "tor",
        }
    }
}

/// What TLS agreed on, and the certificates as the server presented them on this connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// `1.2` or `1.3`.
    pub version: String,
    /// The cipher suite by its IANA name.
    pub cipher: String,
    /// The name that the certificate was held against.
    pub server_name: String,
    /// X.509 certificates in DER, the server's own first.
    pub chain: Vec<Vec<u8>>,
    /// Why the chain could not be verified, when it could not: against Mozilla's authorities, at this computer's time.
    pub verified: Result<(), String>,
}

/// Why something was not fetched, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// What kind of thing failed.
    pub kind: FailureKind,
    /// A sentence that names the place.
    pub detail: String,
}

impl Failure {
    /// A failure of `kind`, told in a sentence.
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// What somebody can do about it.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            FailureKind::Address => {
                "correct the address: http or https, a host, no user name in it"
            }
            FailureKind::RefusedAddress => {
                "addresses of this computer and of local networks are refused; allow them only for a site of your own"
            }
            FailureKind::Robots => {
                "the site asks robots not to fetch this; decide for yourself whether to ignore its rules"
            }
            FailureKind::Redirects => {
                "the site sends visitors in circles; it may want a cookie, or a browser"
            }
            FailureKind::Egress => {
                "check that the proxy or Tor runs where the configuration says; nothing was sent by another way"
            }
            FailureKind::Name | FailureKind::Connect | FailureKind::Timeout => {
                "try again later, or by another way out; the site may be down or block this one"
            }
            FailureKind::Tls => {
                "look at the certificates that were kept; somebody between here and the server may have answered"
            }
            FailureKind::Protocol | FailureKind::Disconnect => {
                "what came is kept; try again, or capture with the browser"
            }
            FailureKind::Machine => {
                "make room in the folder for temporary files, then run it again"
            }
            FailureKind::Stopped => "run it again to go on",
        }
    }
}

/// Kinds of failure, by who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// The address cannot be asked for at all.
    Address,
    /// It leads to this computer, a local network or another place that is not public.
    RefusedAddress,
    /// The site's rules for robots disallow it.
    Robots,
    /// It redirects too often.
    Redirects,
    /// The proxy or Tor failed.
    Egress,
    /// The name was not resolved.
    Name,
    /// No connection came about.
    Connect,
    /// TLS failed, or the certificate could not be verified.
    Tls,
    /// It took too long.
    Timeout,
    /// What came breaks HTTP.
    Protocol,
    /// The connection ended early.
    Disconnect,
    /// This computer could not keep what came.
    Machine,
    /// The capture was stopped.
    Stopped,
}

impl FailureKind {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::RefusedAddress => "refused-address",
            Self::Robots => "robots",
            Self::Redirects => "redirects",
            Self::Egress => "egress",
            Self::Name => "name",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Disconnect => "disconnect",
            Self::Machine => "machine",
            Self::Stopped => "stopped",
        }
    }

    /// Whether trying again may help.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Egress | Self::Name | Self::Connect | Self::Timeout | Self::Disconnect)
    }
}
