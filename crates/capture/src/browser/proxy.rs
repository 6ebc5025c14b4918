//! The recording proxy: the only way from Chromium to the world.
//!
//! Each capture gets an entrance of its own, a port on 127.0.0.1, so that whatever comes in there belongs to that
//! capture. Without the launch's password nobody is served. Requests go on through the [`Door`]; TLS ends here on both
//! sides, so that what is written down are the bytes, the address and the certificates of the very connection that
//! carried them. Nothing is changed in a request but the fields that are for the proxy, and nothing in a response.

mod framing;
mod identity;
mod ledger;
mod relay;
mod upstream;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use hyper::header::{HeaderName, HeaderValue};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use url::{Origin, Url};
use witnessmark_archive::HttpHead;

use self::identity::Identity;
use self::ledger::Ending;
pub(crate) use self::ledger::{ByteLimits, Ledger};
use self::relay::{Client, Request, exchange};
use self::upstream::Pool;
use super::BrowserSettings;
use crate::door::Door;
use crate::given_headers::HeaderFile;

/// The user name that goes with the password.
pub(crate) const USER: &str = "witnessmark";
/// Exchanges get so long to be written down when a capture ends.
const CLOSING: Duration = Duration::from_secs(5);

/// The recording proxy of one Chromium.
pub(crate) struct Proxy {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool,
    identity: Identity,
    authorization: String,
}

/// What the user's settings give away on behalf of one capture.
pub(crate) struct Given {
    headers: HeaderFile,
    /// The page's own origin: what is given for one site goes there only.
    origin: Origin,
    /// Whether cookies by file were put into Chromium.
    cookies: bool,
}

/// A field that is added to a request. Its value is marked sensitive when it was given for one site.
struct AddedField {
    name: HeaderName,
    value: HeaderValue,
}

/// One capture's way in.
pub(crate) struct Entrance {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    closing: watch::Sender<bool>,
    accepting: JoinHandle<TcpListener>,
}

/// What a connection needs to know of the capture it belongs to.
struct Context {
    shared: Arc<Shared>,
    ledger: Arc<Ledger>,
    given: Given,
    closing: watch::Receiver<bool>,
}

impl Proxy {
    /// A proxy with a fresh key and password. The error is in the words of the library for certificates.
    pub(crate) fn new(door: Arc<Door>) -> Result<Self, String> {
        let identity = Identity::generate()?;
        let credentials = BASE64.encode(format!("{USER}:{}", identity.password).as_bytes());
        let authorization = format!("Basic {credentials}");
        let pool = Pool::new(door);
        Ok(Self { shared: Arc::new(Shared { pool, identity, authorization }) })
    }

    /// SHA-256 of the only public key that Chromium shall take without a check, in base64.
    pub(crate) fn public_key_sum(&self) -> &str {
        &self.shared.identity.public_key_sum
    }

    /// What Chromium must say to be served.
    pub(crate) fn password(&self) -> &str {
        &self.shared.identity.password
    }

    /// Opens an entrance whose exchanges are written down in `ledger`.
    pub(crate) async fn open(&self, ledger: Arc<Ledger>, given: Given) -> io::Result<Entrance> {
        self.shared.pool.tidy();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (closing, closed) = watch::channel(false);
        let shared = self.shared.clone();
        let context = Arc::new(Context { shared, ledger, given, closing: closed });
        self.shared.pool.own_port(port, true);
        let accepting = tokio::spawn(accept(listener, port, context));
        Ok(Entrance { port, closing, accepting })
    }
}

impl Given {
    pub(crate) fn new(settings: &BrowserSettings, page: &Url) -> Self {
        Self {
            headers: settings.headers.clone(),
            origin: page.origin(),
            cookies: !settings.cookies.is_empty(),
        }
    }

    fn fields_for(&self, url: &Url) -> Vec<AddedField> {
        let own = url.origin() == self.origin;
        self.headers
            .fields_for(url)
            .filter(|(_, value)| own || !value.is_sensitive())
            .map(|(name, value)| AddedField { name: name.clone(), value: value.clone() })
            .collect()
    }
}

impl Entrance {
    /// Ends what is still under way, and returns when all of it is written down.
    ///
    /// The port stays taken until what is returned is dropped: as long as Chromium may still send something there, no
    /// other program is to hear it.
    pub(crate) async fn close(self) -> Option<TcpListener> {
        self.closing.send_replace(true);
        self.accepting.await.ok()
    }
}

impl Context {
    /// Returns when the capture ends.
    async fn closed(&self) {
        // An error means that the entrance was dropped: the capture has ended, too.
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }
}

async fn accept(listener: TcpListener, port: u16, context: Arc<Context>) -> TcpListener {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = context.closed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    connections.spawn(serve(context.clone(), stream));
                }
                // Out of file descriptors: wait for some to be given back.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    context.shared.pool.own_port(port, false);
    let all = async { while connections.join_next().await.is_some() {} };
    // Whoever does not end in time is dropped with the set.
    let _ = tokio::time::timeout(CLOSING, all).await;
    listener
}

/// Serves one connection from Chromium.
async fn serve(context: Arc<Context>, stream: TcpStream) {
    let mut client = Client::new(stream);
    loop {
        let next = tokio::select! {
            next = client.next_head() => next,
            () = context.closed() => return,
        };
        let Some((head, bytes)) = next else { return };
        if head.get("Proxy-Authorization") != Some(context.shared.authorization.as_str()) {
            let asks = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
                Proxy-Authenticate: Basic realm=\"witnessmark\"\r\nContent-Length: 0\r\n\r\n";
            if head.get("Content-Length").is_some() || !client.write(asks).await {
                return;
            }
            continue;
        }
        let mut words = head.first_line.split_ascii_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
        if method == "CONNECT" {
            let target = target.to_owned();
            tunnel(&context, client, &target).await;
            return;
        }
        let Ok(url) = Url::parse(target) else { return };
        if url.scheme() != "http" {
            return;
        }
        let Some(request) = context.request(url, head, bytes, true) else { return };
        if !exchange(&context, &mut client, &request).await {
            return;
        }
    }
}

/// Serves a tunnel: what comes through it is TLS, or plain HTTP when the page opens a `ws:` address.
async fn tunnel(context: &Context, mut client: Client<TcpStream>, target: &str) {
    if client.has_more() || !client.write(b"HTTP/1.1 200 Connection established\r\n\r\n").await {
        return;
    }
    let mut first = [0];
    let peeked = tokio::select! {
        peeked = client.stream.peek(&mut first) => peeked,
        () = context.closed() => return,
    };
    if !matches!(peeked, Ok(1..)) {
        return;
    }
    // The first byte of a TLS record with a handshake (RFC 8446, section 5.1).
    if first != [22] {
        if let Ok(base) = Url::parse(&format!("http://{target}/")) {
            serve_tunnel(context, client, &base).await;
        }
        return;
    }
    let Ok(base) = Url::parse(&format!("https://{target}/")) else { return };
    if !reach(context, &base).await {
        return;
    }
    let accepted = tokio::select! {
        accepted = context.shared.identity.acceptor.accept(client.stream) => accepted,
        () = context.closed() => return,
    };
    if let Ok(stream) = accepted {
        serve_tunnel(context, Client::new(stream), &base).await;
    }
}

/// Whether the server can be reached and shows a certificate that verifies. If not, Chromium's handshake fails too, and
/// no page takes an answer of ours for the server's.
async fn reach(context: &Context, base: &Url) -> bool {
    let pool = &context.shared.pool;
    let Some(draft) = context.ledger.begin(base.as_str()) else { return false };
    let opened = tokio::select! {
        opened = pool.get(base, true) => opened,
        () = context.closed() => {
            context.ledger.finish(draft, pool.no_connection(), Ending::TimeOver);
            return false;
        }
    };
    match opened {
        Ok(upstream) => {
            context.ledger.forget(&draft);
            pool.keep(base, upstream);
            true
        }
        Err(not) => {
            context.ledger.finish(draft, not.connection, Ending::Failed(not.failure));
            false
        }
    }
}

async fn serve_tunnel<S>(context: &Context, mut client: Client<S>, base: &Url)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        let next = tokio::select! {
            next = client.next_head() => next,
            () = context.closed() => return,
        };
        let Some((head, bytes)) = next else { return };
        let Some(url) = head
            .first_line
            .split_ascii_whitespace()
            .nth(1)
            .filter(|target| target.starts_with('/'))
            .and_then(|target| with_target(base, target))
        else {
            return;
        };
        let Some(request) = context.request(url, head, bytes, false) else { return };
        if !exchange(context, &mut client, &request).await {
            return;
        }
    }
}

/// The address of `target`, a path with perhaps a query, at the server of `base`. A path may begin with two slashes.
fn with_target(base: &Url, target: &str) -> Option<Url> {
    let origin = base.as_str().strip_suffix('/')?;
    Url::parse(&format!("{origin}{target}")).ok()
}

impl Context {
    /// The request as it goes on to the server: in origin form (RFC 9112, section 3.2.1), without what is for the
    /// proxy, with what the user's settings add.
    fn request(
        &self,
        url: Url,
        head: HttpHead,
        bytes: Vec<u8>,
        outside_tunnel: bool,
    ) -> Option<Request> {
        let method = head.first_line.split_ascii_whitespace().next()?.to_owned();
        let added = self.given.fields_for(&url);
        let mut private_fields: Vec<String> = added
            .iter()
            .filter(|field| field.value.is_sensitive())
            .map(|field| field.name.as_str().to_owned())
            .collect();
        if self.given.cookies && head.get("Cookie").is_some() {
            private_fields.push("cookie".to_owned());
        }
        let bytes = if outside_tunnel || !added.is_empty() {
            rewrite(&bytes, outside_tunnel, &added)?
        } else {
            bytes
        };
        Some(Request { url, method, head, bytes, private_fields, outside_tunnel })
    }
}

/// The bytes of a head with another target and other fields; all else stays as it came.
fn rewrite(bytes: &[u8], outside_tunnel: bool, added: &[AddedField]) -> Option<Vec<u8>> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next()?;
    let mut rewritten = Vec::with_capacity(bytes.len());
    if outside_tunnel {
        let first = std::str::from_utf8(first).ok()?;
        let (method, rest) = first.split_once(' ')?;
        let after_scheme = rest.split_once("://")?.1;
        let path = after_scheme.find(['/', '?', ' ']).and_then(|at| after_scheme.get(at..))?;
        let slash = if path.starts_with('/') { "" } else { "/" };
        rewritten.extend_from_slice(format!("{method} {slash}{path}").as_bytes());
    } else {
        rewritten.extend_from_slice(first);
    }
    for line in lines {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if outside_tunnel && is("Proxy-Authorization") {
            continue;
        }
        if added.iter().any(|field| is(field.name.as_str())) {
            continue;
        }
        if outside_tunnel && is("Proxy-Connection") {
            // What Chromium would have said to the server itself.
            rewritten.extend_from_slice(b"Connection");
            rewritten.extend_from_slice(line.get(name.len()..).unwrap_or_default());
            continue;
        }
        if line == b"\r\n" || line == b"\n" {
            for field in added {
                rewritten.extend_from_slice(field.name.as_str().as_bytes());
                rewritten.extend_from_slice(b": ");
                rewritten.extend_from_slice(field.value.as_bytes());
                rewritten.extend_from_slice(b"\r\n");
            }
        }
        rewritten.extend_from_slice(line);
    }
    Some(rewritten)
}
