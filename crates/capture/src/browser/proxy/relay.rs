//! One request to a server and its response back, byte for byte, written down as it passes.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use url::Url;
use witnessmark_archive::HttpHead;

use super::Context;
use super::framing::{Body, head_end};
use super::ledger::{Draft, Ending, Ledger};
use super::upstream::Upstream;
use crate::exchange::{Failure, FailureKind};

/// A head may be this long; Chromium takes no longer one either.
const HEAD_LIMIT: usize = 256 * 1024;
/// What a client may send ahead of its turn.
const AHEAD_LIMIT: usize = 64 * 1024;
/// Of what follows a response that has ended so much is kept.
const TRAILING_LIMIT: usize = 64 * 1024;

/// Chromium's side of a connection.
pub(super) struct Client<S> {
    pub(super) stream: S,
    /// Read, and not yet used.
    buffer: Vec<u8>,
}

/// A request as it is sent to the server.
pub(super) struct Request {
    pub(super) url: Url,
    pub(super) method: String,
    pub(super) head: HttpHead,
    /// The head's bytes.
    pub(super) bytes: Vec<u8>,
    /// Names of fields that the user's settings added.
    pub(super) private_fields: Vec<String>,
    /// Whether it came to the proxy itself, and not through a tunnel to the server.
    pub(super) outside_tunnel: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// The next head, as it came. `None` when the client is done or says something that is no HTTP.
    pub(super) async fn next_head(&mut self) -> Option<(HttpHead, Vec<u8>)> {
        loop {
            if let Some(end) = head_end(&self.buffer) {
                let bytes: Vec<u8> = self.buffer.drain(..end).collect();
                return Some((HttpHead::parse(&bytes)?, bytes));
            }
            if self.buffer.len() > HEAD_LIMIT || self.read().await == 0 {
                return None;
            }
        }
    }

    /// Whether anything was read that is not used yet.
    pub(super) fn has_more(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Reads more; nothing at the end of the connection or on an error.
    async fn read(&mut self) -> usize {
        self.stream.read_buf(&mut self.buffer).await.unwrap_or(0)
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }
}

/// Carries one exchange. Gives whether the client may ask for something else on the same connection.
pub(super) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    context: &Context,
    client: &mut Client<S>,
    request: &Request,
) -> bool {
    let pool = &context.shared.pool;
    let mut reuse = true;
    loop {
        let shown = shown_url(request);
        let Some(mut draft) = context.ledger.begin(&shown) else { return false };
        draft.private_fields.clone_from(&request.private_fields);
        let opened = tokio::select! {
            opened = pool.get(&request.url, reuse) => opened,
            () = context.closed() => {
                context.ledger.finish(draft, pool.no_connection(), Ending::TimeOver);
                return false;
            }
        };
        let mut upstream = match opened {
            Ok(upstream) => upstream,
            Err(not) => {
                context.ledger.finish(draft, not.connection, Ending::Failed(not.failure));
                return false;
            }
        };
        let mut passing = Passing::new(&context.ledger, request);
        let ending = tokio::select! {
            ending = passing.carry(&mut draft, client, &mut upstream) => ending,
            () = context.closed() => Ending::TimeOver,
        };
        // The server closed the kept connection in the moment in which it was used again. A request that changes
        // nothing is asked again (RFC 9110, section 9.2.2); the vain attempt stays on record.
        let again = upstream.reused
            && matches!(ending, Ending::Failed(_))
            && !draft.is_answered()
            && matches!(request.method.as_str(), "GET" | "HEAD")
            && !*context.closing.borrow();
        let (client_goes_on, server_goes_on) = passing.go_on(&draft, &ending);
        context.ledger.finish(draft, upstream.connection.clone(), ending);
        if server_goes_on {
            upstream.reused = true;
            pool.keep(&request.url, upstream);
        }
        if !again {
            return client_goes_on;
        }
        reuse = false;
    }
}

/// The address as the page asked for it: without fragment, and `ws` for a WebSocket.
fn shown_url(request: &Request) -> String {
    let mut url = request.url.clone();
    url.set_fragment(None);
    let socket =
        request.head.get("Upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
    match url.as_str().strip_prefix("http") {
        Some(rest) if socket => format!("ws{rest}"),
        _ => url.into(),
    }
}

/// What has passed of one exchange.
struct Passing<'a> {
    ledger: &'a Ledger,
    request: &'a Request,
    request_body: Body,
    /// Bytes of a head that is not whole yet.
    answer: Vec<u8>,
    upgraded: bool,
    /// Whether the client is shown the response.
    shown: bool,
}

/// What the next piece of an answer led to.
enum Step {
    GoesOn,
    Complete,
}

impl<'a> Passing<'a> {
    fn new(ledger: &'a Ledger, request: &'a Request) -> Self {
        Self {
            ledger,
            request,
            request_body: Body::of_request(&request.head),
            answer: Vec::new(),
            upgraded: false,
            shown: true,
        }
    }

    async fn carry<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        draft: &mut Draft,
        client: &mut Client<S>,
        upstream: &mut Upstream,
    ) -> Ending {
        draft.sent(&self.request.bytes);
        let lost = |what: &str| {
            Ending::Failed(Failure::new(
                FailureKind::Disconnect,
                format!("{} ended the connection {what}", place(&self.request.url)),
            ))
        };
        if upstream.stream.write_all(&self.request.bytes).await.is_err()
            || upstream.stream.flush().await.is_err()
        {
            return lost("before it took the request");
        }
        let mut piece = Vec::with_capacity(64 * 1024);
        loop {
            if client.has_more() && !self.request_body.is_complete() {
                let Ok(count) = self.request_body.pass(&client.buffer) else {
                    return Ending::Unwanted;
                };
                let body: Vec<u8> = client.buffer.drain(..count).collect();
                draft.sent(&body);
                if upstream.stream.write_all(&body).await.is_err()
                    || upstream.stream.flush().await.is_err()
                {
                    return lost("before it took the request");
                }
            }
            piece.clear();
            tokio::select! {
                count = client.read(), if client.buffer.len() < AHEAD_LIMIT => {
                    if count == 0 {
                        return if self.upgraded { Ending::Whole } else { Ending::Unwanted };
                    }
                }
                read = upstream.stream.read_buf(&mut piece) => {
                    if !matches!(read, Ok(1..)) {
                        return match &draft.body {
                            Some(body) if body.ends_with_connection() => Ending::Whole,
                            Some(_) => lost("in the middle of the response"),
                            None => self.end_without_head(draft).unwrap_or_else(|| lost("without an answer")),
                        };
                    }
                    match self.take(draft, client, &piece).await {
                        Ok(Step::GoesOn) => {}
                        Ok(Step::Complete) => return Ending::Whole,
                        Err(ending) => return ending,
                    }
                }
            }
        }
    }

    /// Takes the next piece of what the server says: keeps it and shows it to the client.
    async fn take<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        draft: &mut Draft,
        client: &mut Client<S>,
        piece: &[u8],
    ) -> Result<Step, Ending> {
        let whole_answer;
        let mut rest = piece;
        if draft.body.is_none() {
            self.answer.extend_from_slice(piece);
            whole_answer = std::mem::take(&mut self.answer);
            rest = &whole_answer;
            loop {
                let plausible = b"HTTP/".get(..rest.len().min(5)) == rest.get(..rest.len().min(5));
                if plausible && head_end(rest).is_none() {
                    if rest.len() > HEAD_LIMIT {
                        return Err(broken(&self.request.url, "the response's head is too long"));
                    }
                    self.answer = rest.to_vec();
                    return Ok(Step::GoesOn);
                }
                let end = head_end(rest).unwrap_or(0);
                let (head, after) = rest.split_at(end);
                let parsed = if plausible { HttpHead::parse(head) } else { None };
                match parsed {
                    Some(parsed) if is_interim(&parsed) => {
                        draft.interim.extend_from_slice(head);
                        self.show(client, head).await?;
                        rest = after;
                        if rest.is_empty() {
                            return Ok(Step::GoesOn);
                        }
                    }
                    Some(parsed) => {
                        self.begin_body(draft, parsed);
                        self.keep(draft, head)?;
                        self.show(client, head).await?;
                        rest = after;
                        break;
                    }
                    // What is no HTTP is kept and shown as it is.
                    None => {
                        draft.body = Some(Body::until_close());
                        break;
                    }
                }
            }
        }
        let Some(body) = &mut draft.body else { return Ok(Step::GoesOn) };
        let count = body.pass(rest).map_err(|error| broken(&self.request.url, error.0))?;
        let complete = body.is_complete();
        let (own, trailing) = rest.split_at(count);
        self.keep(draft, own)?;
        self.show(client, own).await?;
        if complete {
            let room = trailing.len().min(TRAILING_LIMIT);
            draft.trailing.extend_from_slice(trailing.get(..room).unwrap_or_default());
            return Ok(Step::Complete);
        }
        Ok(Step::GoesOn)
    }

    fn begin_body(&mut self, draft: &mut Draft, head: HttpHead) {
        self.upgraded = head.status == Some(101);
        let streams = head
            .media_type()
            .is_some_and(|kind| kind == "text/event-stream" || kind == "multipart/x-mixed-replace");
        if self.upgraded || streams {
            self.ledger.endless(draft);
        }
        // A server that asks for a proxy's password would be taken for the proxy, and be told it.
        self.shown = head.status != Some(407) || !self.request.outside_tunnel;
        draft.body = Some(if self.upgraded {
            self.request_body = Body::until_close();
            Body::until_close()
        } else {
            Body::of_response(&head, &self.request.method)
        });
        draft.head = Some(head);
    }

    fn keep(&self, draft: &mut Draft, bytes: &[u8]) -> Result<(), Ending> {
        draft.received(bytes).map_err(Ending::Failed)?;
        if self.ledger.received(draft, bytes.len()) { Ok(()) } else { Err(Ending::TooLong) }
    }

    async fn show<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        client: &mut Client<S>,
        bytes: &[u8],
    ) -> Result<(), Ending> {
        if self.shown && !client.write(bytes).await { Err(Ending::Unwanted) } else { Ok(()) }
    }

    /// The connection ended within a head: what came is kept as what came instead of a response.
    fn end_without_head(&mut self, draft: &mut Draft) -> Option<Ending> {
        if self.answer.is_empty() {
            return None;
        }
        let answer = std::mem::take(&mut self.answer);
        Some(match draft.received(&answer) {
            Ok(()) => broken(&self.request.url, "the connection ended within the response's head"),
            Err(failure) => Ending::Failed(failure),
        })
    }

    /// Whether the client's and the server's connection may carry another exchange.
    fn go_on(&self, draft: &Draft, ending: &Ending) -> (bool, bool) {
        let whole = matches!(ending, Ending::Whole) && !self.upgraded && self.shown;
        let framed = draft.body.as_ref().is_some_and(Body::is_complete);
        let Some(head) = draft.head.as_ref().filter(|_| whole && framed) else {
            return (false, false);
        };
        let says = |head: &HttpHead, word: &str| {
            head.get_all("Connection")
                .flat_map(|value| value.split(','))
                .any(|value| value.trim().eq_ignore_ascii_case(word))
        };
        let old = head.first_line.starts_with("HTTP/1.0");
        let closes = says(head, "close")
            || says(&self.request.head, "close")
            || (old && !says(head, "keep-alive"));
        let goes_on = !closes && self.request_body.is_complete();
        (goes_on, goes_on && draft.trailing.is_empty())
    }
}

fn is_interim(head: &HttpHead) -> bool {
    matches!(head.status, Some(100..=199)) && head.status != Some(101)
}

fn broken(url: &Url, what: &str) -> Ending {
    Ending::Failed(Failure::new(FailureKind::Protocol, format!("{}: {what}", place(url))))
}

/// Host and port: what a message may tell of an address.
fn place(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}
