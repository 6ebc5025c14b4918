//! One connection, and the exchanges it carries one after another.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::{Method, Request, Response, Version};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};
use url::Url;
use witnessmark_model::Moment;
use witnessmark_model::digest::Hasher;

use crate::door::{Clock, Door, NotOpened, Stream};
use crate::exchange::{Connection, Cut, Exchange, Failure, FailureKind, PayloadSum, Purpose};
use crate::spool::SpoolPlace;
use crate::tee::{Log, Tee};

/// Limits on one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the request to the end of the response's head.
    pub head: Duration,
    /// Between two pieces of the body.
    pub silence: Duration,
    /// From the request to the last byte.
    pub whole: Duration,
    /// Bytes of the response that are kept; the connection is closed when more come.
    pub response: u64,
    /// Bytes of the request that are kept.
    pub request: usize,
}

impl Default for Limits {
    /// 30 s to the head, 30 s of silence, 10 minutes and 1 GiB in all, 1 MiB of a request.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            silence: Duration::from_secs(30),
            whole: Duration::from_secs(600),
            response: 1 << 30,
            request: 1 << 20,
        }
    }
}

/// The moment after `wait`, or after a year when that is more.
pub(crate) fn from_now(wait: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + wait.min(YEAR)
}

/// What every exchange needs.
#[derive(Clone)]
pub struct ExchangeRules {
    /// Its limits.
    pub limits: Limits,
    /// Where its response is kept.
    pub spool: SpoolPlace,
    /// This computer's clock.
    pub clock: Clock,
}

/// A request to make.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The whole address, as it is recorded.
    pub url: Url,
    /// Why it is asked for.
    pub purpose: Purpose,
    /// The request: its URI is the path and query, its fields are sent as they stand, and it has a `Host`.
    pub request: Request<Full<Bytes>>,
    /// Names of its fields whose values are private.
    pub private_fields: Vec<String>,
}

/// A connection on which nothing is under way.
#[derive(Debug)]
pub struct Line {
    stream: Stream,
    connection: Arc<Connection>,
}

impl Line {
    /// Opens a connection for `url`.
    pub async fn open(door: &Door, url: &Url) -> Result<Self, Box<NotOpened>> {
        let (stream, connection) = door.open(url).await?;
        Ok(Self { stream, connection: Arc::new(connection) })
    }

    /// Who is at the other end.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether the other side has closed it meanwhile. `false` proves nothing.
    pub fn has_ended(&self) -> bool {
        self.stream.has_ended()
    }

    /// Begins an exchange. Ask the result for the head, then for the body, then finish it.
    pub async fn send(self, ask: Ask, rules: &ExchangeRules) -> Running {
        Running::begin(self, ask, rules).await
    }

    /// One whole exchange. Gives the connection back when it can carry another.
    pub async fn exchange(self, ask: Ask, rules: &ExchangeRules) -> (Exchange, Option<Self>) {
        let mut running = self.send(ask, rules).await;
        running.head().await;
        while running.next().await.is_some() {}
        running.finish()
    }
}

type Sender = http1::SendRequest<Full<Bytes>>;
type Driver = http1::Connection<TokioIo<Tee>, Full<Bytes>>;
type Answer = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

/// An exchange under way. Dropped before it is finished, it is gone without a trace.
pub struct Running {
    sender: Sender,
    driver: Driver,
    driver_ended: bool,
    answer: Option<Answer>,
    body: Option<Incoming>,
    limits: Limits,
    deadline: Instant,
    hasher: Hasher,
    payload_length: u64,
    may_go_on: bool,
    answered: bool,
    body_ended: bool,
    trouble: Option<Trouble>,
    told: Told,
}

/// What the exchange will say of itself besides bytes.
struct Told {
    url: String,
    purpose: Purpose,
    private_fields: Vec<String>,
    connection: Arc<Connection>,
    began: Moment,
    clock: Clock,
}

enum Trouble {
    TooLong(&'static str),
    Broken(hyper::Error),
    Stopped,
}

impl Trouble {
    fn is_stop(&self) -> bool {
        matches!(self, Self::Stopped)
    }
}

impl Running {
    async fn begin(line: Line, ask: Ask, rules: &ExchangeRules) -> Self {
        let log = Log::new(&rules.spool, rules.limits.request, rules.limits.response);
        let tee = TokioIo::new(Tee { stream: line.stream, log });
        let began = (rules.clock)();
        let deadline = from_now(rules.limits.whole);
        let (mut sender, driver) = http1::Builder::new()
            .title_case_headers(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .max_headers(1000)
            .max_buf_size(1 << 20)
            .handshake(tee)
            .await
            .expect("the handshake of HTTP/1 sends and awaits nothing that could fail");
        let reusable_method = *ask.request.method() != Method::CONNECT;
        let answer: Answer = Box::pin(sender.send_request(ask.request));
        let mut url = ask.url;
        url.set_fragment(None);
        Self {
            sender,
            driver,
            driver_ended: false,
            answer: Some(answer),
            body: None,
            limits: rules.limits,
            deadline,
            hasher: Hasher::new(),
            payload_length: 0,
            may_go_on: reusable_method,
            answered: false,
            body_ended: false,
            trouble: None,
            told: Told {
                url: url.into(),
                purpose: ask.purpose,
                private_fields: ask.private_fields,
                connection: line.connection,
                began,
                clock: rules.clock.clone(),
            },
        }
    }

    /// Waits for the final response's head: version, status and fields. `None` when none comes; then
    /// [`finish`](Self::finish) tells why.
    pub async fn head(&mut self) -> Option<hyper::http::response::Parts> {
        let mut answer = self.answer.take()?;
        let limit = from_now(self.limits.head).min(self.deadline);
        let (driver, driver_ended) = (&mut self.driver, &mut self.driver_ended);
        let waited = timeout_at(
            limit,
            poll_fn(|context| {
                if !*driver_ended && driver.poll_without_shutdown(context).is_ready() {
                    *driver_ended = true;
                }
                answer.as_mut().poll(context)
            }),
        );
        match waited.await {
            Ok(Ok(response)) => {
                let (parts, body) = response.into_parts();
                self.may_go_on &= keeps_connection(&parts);
                self.answered = true;
                self.body_ended = body.is_end_stream();
                self.body = Some(body);
                Some(parts)
            }
            Ok(Err(error)) => {
                self.trouble = Some(Trouble::Broken(error));
                None
            }
            Err(_) => {
                self.trouble = Some(Trouble::TooLong("no whole head came"));
                None
            }
        }
    }

    /// The next piece of the body, without transfer encoding and with content encoding. `None` at its end, and when it
    /// is cut.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.trouble.is_some() {
                return None;
            }
            let body = self.body.as_mut()?;
            let limit = from_now(self.limits.silence).min(self.deadline);
            let (driver, driver_ended) = (&mut self.driver, &mut self.driver_ended);
            let waited = timeout_at(
                limit,
                poll_fn(|context| {
                    // Its errors come out of the body too.
                    if !*driver_ended && driver.poll_without_shutdown(context).is_ready() {
                        *driver_ended = true;
                    }
                    Pin::new(&mut *body).poll_frame(context)
                }),
            )
            .await;
            match waited {
                Ok(Some(Ok(frame))) => {
                    // Trailers are bytes of the response like others; nobody acts on them.
                    let Ok(data) = frame.into_data() else { continue };
                    self.hasher.update(&data);
                    self.payload_length += data.len() as u64;
                    return Some(data);
                }
                Ok(None) => {
                    self.body_ended = true;
                    self.body = None;
                }
                Ok(Some(Err(error))) => self.trouble = Some(Trouble::Broken(error)),
                Err(_) => self.trouble = Some(Trouble::TooLong("the body did not end")),
            }
        }
    }

    /// Ends it now, whatever has come: the response is then cut.
    pub fn stop(&mut self) {
        if !self.body_ended && self.trouble.is_none() {
            self.trouble = Some(Trouble::Stopped);
        }
    }

    /// What passed. The connection comes back when it can carry another exchange.
    pub fn finish(self) -> (Exchange, Option<Line>) {
        let parts = self.driver.into_parts();
        drop(self.sender);
        let Tee { stream, mut log } = parts.io.into_inner();
        log.end();
        let ended = (self.told.clock)();
        let has_head = log.head.is_some();
        let (mut cut, mut failure) = match &self.trouble {
            None if self.body_ended && has_head => (None, None),
            None => (Some(Cut::Unspecified), Some(stopped())),
            Some(trouble) => judge(trouble, &log, &self.told.url),
        };
        if let Some(error) = &log.spool_error {
            let detail = format!("what {} sent could not be kept: {error}", self.told.url);
            cut = Some(Cut::Unspecified);
            failure = Some(Failure::new(FailureKind::Machine, detail));
        }
        let is_whole = cut.is_none() && failure.is_none();
        let mut trailing = Vec::new();
        if is_whole && !parts.read_buf.is_empty() {
            let length = log.response.len().saturating_sub(parts.read_buf.len() as u64);
            if log.response.cut(length).is_ok() {
                trailing = parts.read_buf.iter().copied().take(64 * 1024).collect();
            }
        }
        let goes_on = is_whole && self.may_go_on && !self.driver_ended && parts.read_buf.is_empty();
        let line = goes_on.then(|| Line { stream, connection: self.told.connection.clone() });
        let payload = PayloadSum { length: self.payload_length, digest: self.hasher.finish() };
        let exchange = Exchange {
            url: self.told.url,
            purpose: self.told.purpose,
            request: log.request,
            request_cut: log.request_cut,
            private_fields: self.told.private_fields,
            interim: log.interim,
            response: log.response,
            trailing,
            response_cut: cut.filter(|_| has_head),
            // Of what was stopped, some may have come and not been asked for.
            payload: (self.answered && !self.trouble.as_ref().is_some_and(Trouble::is_stop))
                .then_some(payload),
            head: log.head,
            connection: Connection::clone(&self.told.connection),
            began: self.told.began,
            ended,
            failure,
        };
        (exchange, line)
    }
}

fn stopped() -> Failure {
    Failure::new(FailureKind::Stopped, "the capture was stopped before the response had ended")
}

/// Whether another exchange may follow on the connection (RFC 9112, section 9.3): the body's end is told by its framing,
/// and neither side has said that it closes.
pub(crate) fn keeps_connection(parts: &hyper::http::response::Parts) -> bool {
    let closes = parts.headers.get_all(CONNECTION).iter().any(|value| {
        value.as_bytes().split(|byte| *byte == b',').any(|word| {
            let word = word.trim_ascii();
            word.eq_ignore_ascii_case(b"close") || word.eq_ignore_ascii_case(b"upgrade")
        })
    });
    let is_framed = parts.headers.contains_key(CONTENT_LENGTH)
        || parts.headers.contains_key(TRANSFER_ENCODING)
        || matches!(parts.status.as_u16(), 204 | 304);
    parts.version == Version::HTTP_11 && !closes && is_framed && parts.status.as_u16() != 101
}

fn judge(trouble: &Trouble, log: &Log, url: &str) -> (Option<Cut>, Option<Failure>) {
    let failed = |kind, what: String| Some(Failure::new(kind, format!("{url}: {what}")));
    match trouble {
        _ if log.over => {
            // With a head this is no failure: the limit is the user's own.
            let failure = failed(FailureKind::Protocol, "the head is longer than the limit".into());
            (Some(Cut::Length), failure.filter(|_| log.head.is_none()))
        }
        Trouble::TooLong(what) => {
            (Some(Cut::Time), failed(FailureKind::Timeout, format!("{what} in time")))
        }
        Trouble::Stopped => (Some(Cut::Unspecified), Some(stopped())),
        Trouble::Broken(error) if error.is_parse() => {
            let what = format!("what came breaks HTTP: {}", with_causes(error));
            (Some(Cut::Unspecified), failed(FailureKind::Protocol, what))
        }
        Trouble::Broken(error) => {
            let what = if log.has_received() {
                format!("the connection ended early: {}", with_causes(error))
            } else {
                format!(
                    "the server closed the connection without an answer: {}",
                    with_causes(error)
                )
            };
            // hyper says "body" for a chunk that is none, and for a connection that broke.
            let broken_chunk = std::error::Error::source(error)
                .and_then(|cause| cause.downcast_ref::<std::io::Error>())
                .is_some_and(|cause| cause.kind() == std::io::ErrorKind::InvalidInput);
            if broken_chunk {
                let what = format!("the body's chunks break HTTP: {}", with_causes(error));
                (Some(Cut::Unspecified), failed(FailureKind::Protocol, what))
            } else {
                (Some(Cut::Disconnect), failed(FailureKind::Disconnect, what))
            }
        }
    }
}

/// The error and what caused it, in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
