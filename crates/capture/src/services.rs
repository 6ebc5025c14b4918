//! Requests to services: time authorities, calendars, witnesses, stores of copies.
//!
//! They leave through the one [`Door`], as captures do. Nothing of them is kept, no redirect is followed, no cookie is
//! held, and no field names this program: whoever watches the network learns the service, not the tool.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::body::{Body, Frame, SizeHint};
use hyper::client::conn::http1;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, TE, TRANSFER_ENCODING,
    UPGRADE,
};
use hyper_util::rt::TokioIo;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use url::{Position, Url};
use witnessmark_model::transport::{Answer, Request, Transport, TransportError};

use crate::door::{Door, DoorError, DoorSettings, Stream};
use crate::exchange::FailureKind;
use crate::line::{from_now, keeps_connection, with_causes};

/// How long one request to a service may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLimits {
    /// Without a byte of a body in either direction; also from the end of the request to the head of the answer.
    pub silence: Duration,
    /// From the request to the last byte of the answer, beside what [`slowest`](Self::slowest) allows.
    pub whole: Duration,
    /// Bodies may pass as slowly as this, in bytes a second: each byte of them adds its share to `whole`.
    pub slowest: u32,
}

impl Default for ServiceLimits {
    /// A minute of silence; two minutes in all, and a second more for each 4 KiB of a body.
    fn default() -> Self {
        Self { silence: Duration::from_secs(60), whole: Duration::from_secs(120), slowest: 4 << 10 }
    }
}

/// The services could not be made reachable.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The settings cannot be used.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// This computer gives no thread or no polling.
    #[error("the way to services was not opened: {0}")]
    Machine(#[from] std::io::Error),
}

/// [`Transport`] by HTTP/1.1 over the declared way out, with or without TLS as the address says.
///
/// Several threads may send at once. A connection is used again for the same service when both sides agree on it.
/// It waits on the calling thread, so no thread of an asynchronous runtime may call it.
pub struct ServiceTransport {
    door: Door,
    limits: ServiceLimits,
    idle: Mutex<Vec<Idle>>,
    runtime: Option<Runtime>,
}

/// A connection on which nothing is under way.
struct Idle {
    /// Scheme, host and port.
    place: String,
    stream: Stream,
    since: Instant,
}

/// A connection that waited longer is not used again.
const IDLE_TIME: Duration = Duration::from_secs(3);
/// No more connections than this wait for another request.
const IDLE_LIMIT: usize = 8;
/// Bodies of requests are read in pieces of this size.
const PIECE: usize = 64 << 10;
/// The head of an answer may be this long.
const HEAD_LIMIT: usize = 64 << 10;

impl ServiceTransport {
    /// Services by this way out.
    pub fn new(settings: DoorSettings, limits: ServiceLimits) -> Result<Self, ServiceError> {
        Ok(Self {
            door: Door::new(settings)?,
            limits,
            idle: Mutex::new(Vec::new()),
            runtime: Some(
                tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .thread_name("services")
                    .enable_all()
                    .build()?,
            ),
        })
    }

    /// A connection that was used for `place` a moment ago. One that waited longer may have been closed unseen, and a
    /// request that was lost with it could not always be sent again.
    fn take_idle(&self, place: &str) -> Option<Stream> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|one| one.since.elapsed() < IDLE_TIME && !one.stream.has_ended());
        let found = idle.iter().rposition(|one| one.place == place)?;
        Some(idle.remove(found).stream)
    }

    fn keep_idle(&self, place: String, stream: Stream) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= IDLE_LIMIT {
            idle.remove(0);
        }
        idle.push(Idle { place, stream, since: Instant::now() });
    }

    async fn open(&self, url: &Url) -> Result<Stream, TransportError> {
        let (stream, _) = self.door.open(url).await.map_err(|not| match not.failure.kind {
            FailureKind::Address | FailureKind::RefusedAddress => {
                TransportError::Refused(not.failure.detail)
            }
            _ => TransportError::Failed(not.failure.detail),
        })?;
        Ok(stream)
    }

    async fn exchange(
        &self,
        request: Request<'_>,
        sink: &mut dyn Write,
    ) -> Result<Answer, TransportError> {
        let url = Url::parse(request.url).map_err(|error| {
            TransportError::Refused(format!("{:?} is no address: {error}", request.url))
        })?;
        let place = url[..Position::BeforePath].to_owned();
        let failed = |what: String| TransportError::Failed(format!("{place}: {what}"));
        let broken = |error: hyper::Error| failed(with_causes(&error));
        let late = |what: &str| failed(format!("{what} in time"));

        let head = head_of(&request, &url)?;
        let (mut source, length) = match request.body {
            Some((source, length)) => (Some(source), length),
            None => (None, 0),
        };
        let (pieces, receiver) = mpsc::channel(1);
        let mut unsent = length;
        let stream = match self.take_idle(&place) {
            Some(stream) => stream,
            None => self.open(&url).await?,
        };
        let (mut sender, mut driver) = http1::Builder::new()
            .max_headers(200)
            .max_buf_size(HEAD_LIMIT)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let mut driver_ended = false;
        let mut patience = Patience::new(self.limits);

        // A service may answer before it has the whole body. The rest is then not sent.
        let mut answer =
            pin!(sender.send_request(head.map(|()| Pieces { receiver, left: length })));
        let answer = loop {
            tokio::select! {
                biased;
                _ = drive(&mut driver), if !driver_ended => driver_ended = true,
                answer = answer.as_mut() => break answer.map_err(broken)?,
                Ok(room) = pieces.reserve(), if unsent > 0 => {
                    let piece = next_piece(&mut source, unsent).map_err(failed)?;
                    unsent -= piece.len() as u64;
                    patience.passed(piece.len());
                    room.send(piece);
                }
                () = sleep_until(patience.ends()) => return Err(late("no answer came")),
            }
        };

        let (parts, mut body) = answer.into_parts();
        if body.size_hint().lower() > request.limit {
            return Err(TransportError::TooLong(request.limit));
        }
        let mut received = 0_u64;
        loop {
            let frame = tokio::select! {
                biased;
                _ = drive(&mut driver), if !driver_ended => {
                    driver_ended = true;
                    continue;
                }
                frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)) => frame,
                () = sleep_until(patience.ends()) => return Err(late("the answer did not end")),
            };
            let Some(frame) = frame.transpose().map_err(broken)? else { break };
            // Trailers are not for anybody.
            let Ok(data) = frame.into_data() else { continue };
            received = received.saturating_add(data.len() as u64);
            if received > request.limit {
                return Err(TransportError::TooLong(request.limit));
            }
            sink.write_all(&data)
                .map_err(|error| failed(format!("its answer could not be kept: {error}")))?;
            patience.passed(data.len());
        }

        let answer = answer_of(&parts);
        if unsent == 0 && !driver_ended && keeps_connection(&parts) {
            let rest = driver.into_parts();
            if rest.read_buf.is_empty() {
                self.keep_idle(place, rest.io.into_inner());
            }
        }
        Ok(answer)
    }
}

impl Transport for ServiceTransport {
    fn send(&self, request: Request<'_>, sink: &mut dyn Write) -> Result<Answer, TransportError> {
        let runtime = self.runtime.as_ref().expect("it is taken only when this is dropped");
        runtime.block_on(self.exchange(request, sink))
    }
}

impl Drop for ServiceTransport {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A name that is being resolved cannot be called off, and nobody waits for it any more.
            runtime.shutdown_background();
        }
    }
}

type Driver = http1::Connection<TokioIo<Stream>, Pieces>;

/// Moves bytes of the connection until it ends. Its errors come out of the answer too.
async fn drive(driver: &mut Driver) {
    let _ = poll_fn(|context| driver.poll_without_shutdown(context)).await;
}

/// The head of the request. What frames the body is not the caller's to say.
fn head_of(request: &Request<'_>, url: &Url) -> Result<hyper::Request<()>, TransportError> {
    let wrong =
        |what: String| TransportError::Refused(format!("the request cannot be sent: {what}"));
    let method = Method::from_bytes(request.method.as_bytes())
        .ok()
        .filter(|method| *method != Method::CONNECT)
        .ok_or_else(|| wrong(format!("{:?} is no method for it", request.method)))?;
    let bodiless = matches!(method, Method::GET | Method::HEAD | Method::DELETE);
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let mut head = hyper::Request::builder().method(method).uri(target).header(HOST, host);
    for (name, value) in request.fields {
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok();
        let parsed = parsed.zip(HeaderValue::from_bytes(value.as_bytes()).ok());
        // The value may be a secret.
        let (name, value) =
            parsed.ok_or_else(|| wrong(format!("the field {name:?} is malformed")))?;
        let ours =
            [&HOST, &CONTENT_LENGTH, &TRANSFER_ENCODING, &CONNECTION, &EXPECT, &TE, &UPGRADE];
        if ours.contains(&&name) {
            return Err(wrong(format!("the field {name} is not the caller's to give")));
        }
        head = head.header(name, value);
    }
    match &request.body {
        Some((_, length)) => head = head.header(CONTENT_LENGTH, *length),
        None if bodiless => {}
        None => head = head.header(CONTENT_LENGTH, 0),
    }
    head.body(()).map_err(|error| wrong(error.to_string()))
}

fn answer_of(parts: &hyper::http::response::Parts) -> Answer {
    let fields = parts.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Answer { status: parts.status.as_u16(), fields: fields.collect() }
}

/// The next piece of a body of which `unsent` bytes are left.
fn next_piece(source: &mut Option<&mut (dyn Read + Send)>, unsent: u64) -> Result<Bytes, String> {
    let mut piece = vec![0; PIECE.min(usize::try_from(unsent).unwrap_or(PIECE))];
    let mut filled = 0;
    while let Some(room) = piece.get_mut(filled..)
        && !room.is_empty()
    {
        let read = source.as_mut().map_or(Ok(0), |source| source.read(room));
        match read {
            Ok(0) => return Err("what was to be sent ended before its declared length".to_owned()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("what was to be sent could not be read: {error}")),
        }
    }
    Ok(piece.into())
}

/// The body of a request, in pieces as they come.
struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
    left: u64,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let piece = std::task::ready!(self.receiver.poll_recv(context));
        if let Some(piece) = &piece {
            self.left = self.left.saturating_sub(piece.len() as u64);
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// When to wait no longer.
struct Patience {
    limits: ServiceLimits,
    whole: Instant,
    silence: Instant,
}

impl Patience {
    fn new(limits: ServiceLimits) -> Self {
        Self { limits, whole: from_now(limits.whole), silence: from_now(limits.silence) }
    }

    /// So many bytes of a body have passed.
    fn passed(&mut self, count: usize) {
        let share = count as f64 / f64::from(self.limits.slowest.max(1));
        self.whole += Duration::from_secs_f64(share);
        self.silence = from_now(self.limits.silence);
    }

    fn ends(&self) -> Instant {
        self.whole.min(self.silence)
    }
}
