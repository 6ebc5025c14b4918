//! The one door: every connection to the world is opened here.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use data_encoding::BASE64;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_socks::tcp::Socks5Stream;
use url::Url;
use witnessmark_model::Moment;

use crate::address::{Host, refusal};
use crate::egress::{Egress, Proxy};
use crate::exchange::{Connection, Failure, FailureKind, Through};
use crate::tls::TlsClient;

/// Tells the time. Given by the caller, so that tests can repeat a run.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// How connections may be opened.
#[derive(Clone)]
pub struct DoorSettings {
    /// The way out.
    pub egress: Egress,
    /// Whether servers on this computer and on local networks may be reached.
    pub allow_private_network: bool,
    /// Whether to go on when a server's certificates do not verify. That they do not is recorded either way.
    pub allow_unverified_tls: bool,
    /// Authorities to trust besides Mozilla's: X.509 in DER.
    pub extra_authorities: Vec<Vec<u8>>,
    /// Name resolution, connecting and TLS together may take this long.
    pub time_limit: Duration,
    /// This computer's clock: certificates are judged by it.
    pub clock: Clock,
}

/// Opens connections by the declared way out, and by no other.
///
/// Without a proxy a name is resolved once, every address of it must be public, and the connection goes to the very
/// address that was checked, so that a name which changes its address in between gains nothing. With a proxy or Tor no
/// name is resolved on this computer.
pub struct Door {
    settings: DoorSettings,
    tls: TlsClient,
    resolver: Option<Resolver>,
}

/// Gives the addresses of a name.
pub type Resolver = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// The settings have something that is not usable.
#[derive(Debug, thiserror::Error)]
#[error("an authority to trust is not usable: {0}")]
pub struct DoorError(String);

/// Why no connection came about, and what was learnt about the other side until then.
#[derive(Debug)]
pub struct NotOpened {
    /// What went wrong.
    pub failure: Failure,
    /// With the chain, when the certificates did not verify.
    pub connection: Connection,
}

impl Door {
    /// A door with these settings.
    pub fn new(settings: DoorSettings) -> Result<Self, DoorError> {
        let tls = TlsClient::new(&settings.extra_authorities)
            .map_err(|error| DoorError(error.to_string()))?;
        Ok(Self { settings, tls, resolver: None })
    }

    /// Asks `resolver` instead of this computer's own. With a proxy neither is ever asked.
    pub fn with_resolver(self, resolver: Resolver) -> Self {
        Self { resolver: Some(resolver), ..self }
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &DoorSettings {
        &self.settings
    }

    /// Opens a connection that carries requests for `url`: plain for `http`, TLS for `https`.
    pub async fn open(&self, url: &Url) -> Result<(Stream, Connection), Box<NotOpened>> {
        let mut connection = Connection { address: None, through: self.through(), tls: None };
        let limit = self.settings.time_limit;
        let opened = match timeout(limit, self.open_within(url, &mut connection)).await {
            Ok(opened) => opened,
            Err(_) => Err(Failure::new(
                FailureKind::Timeout,
                format!("no connection to {} within {} s", place_of(url), limit.as_secs_f32()),
            )),
        };
        match opened {
            Ok(stream) => Ok((stream, connection)),
            Err(failure) => Err(Box::new(NotOpened { failure, connection })),
        }
    }

    async fn open_within(&self, url: &Url, connection: &mut Connection) -> Result<Stream, Failure> {
        let wrong = |what: &str| Failure::new(FailureKind::Address, format!("{url} {what}"));
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(wrong("is neither http nor https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::new(
                FailureKind::Address,
                format!("an address at {} holds a user name or a password", place_of(url)),
            ));
        }
        let host = url.host_str().ok_or_else(|| wrong("names no host"))?;
        let port = url.port_or_known_default().ok_or_else(|| wrong("names no port"))?;
        let stream = self.connect(host, port).await?;
        if self.settings.egress == Egress::Direct {
            connection.address = stream.peer_addr().ok();
        }
        if !secure {
            return Ok(Stream::Plain(stream));
        }
        let now = (self.settings.clock)();
        let (stream, tls) = self.tls.connect(stream, host, now).await?;
        let verified = tls.verified.clone();
        connection.tls = Some(tls);
        match verified {
            Err(reason) if !self.settings.allow_unverified_tls => Err(Failure::new(
                FailureKind::Tls,
                format!("the certificate of {host} could not be verified: {reason}"),
            )),
            _ => Ok(Stream::Secure(Box::new(stream))),
        }
    }

    /// The way out, as it is recorded.
    pub fn through(&self) -> Through {
        match &self.settings.egress {
            Egress::Direct => Through::Direct,
            Egress::Tor(_) => Through::Tor,
            Egress::Socks5(proxy) | Egress::HttpProxy(proxy) => Through::Proxy(proxy.to_string()),
        }
    }

    /// Opens a plain connection to `host`, which may be spelled in any way.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        let parsed = Host::parse(host)
            .ok_or_else(|| Failure::new(FailureKind::Address, format!("{host:?} is no host")))?;
        if !self.settings.allow_private_network
            && let Some(what) = parsed.refusal()
        {
            return Err(refused(host, what));
        }
        if parsed.is_onion() && !matches!(self.settings.egress, Egress::Tor(_)) {
            return Err(Failure::new(
                FailureKind::RefusedAddress,
                format!(
                    "{host} is reached by Tor only; asking for it by another way would tell others"
                ),
            ));
        }
        let target = match &parsed {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        };
        let stream = match &self.settings.egress {
            Egress::Direct => self.connect_directly(&parsed, port).await?,
            Egress::Socks5(proxy) => connect_by_socks(proxy, &parsed, &target, port, false).await?,
            Egress::Tor(proxy) => connect_by_socks(proxy, &parsed, &target, port, true).await?,
            Egress::HttpProxy(proxy) => connect_by_http(proxy, &parsed, &target, port).await?,
        };
        // Requests are small and waited for: never held back to be joined.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    async fn connect_directly(&self, host: &Host, port: u16) -> Result<TcpStream, Failure> {
        let (name, addresses) = match host {
            Host::Address(address) => (address.to_string(), vec![SocketAddr::new(*address, port)]),
            Host::Name(name) => (name.clone(), self.resolve(name, port).await?),
        };
        if !self.settings.allow_private_network {
            for address in &addresses {
                if let Some(what) = refusal(address.ip()) {
                    return Err(refused(&format!("{name} ({})", address.ip()), what));
                }
            }
        }
        // A server that does not answer on one address must not use up the time of the others.
        let share = self.settings.time_limit / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        let mut last = format!("{name} has no address");
        for address in addresses {
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = format!("no connection to {name} at {address}: {error}"),
                Err(_) => last = format!("no answer from {name} at {address}"),
            }
        }
        Err(Failure::new(FailureKind::Connect, last))
    }

    async fn resolve(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let found = match &self.resolver {
            Some(resolver) => resolver(name)
                .map(|found| found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()),
            None => tokio::net::lookup_host((name, port)).await.map(Iterator::collect),
        };
        found.map_err(|error| {
            Failure::new(FailureKind::Name, format!("{name} was not resolved: {error}"))
        })
    }
}

/// Host and port for messages, without what may be private in an address.
fn place_of(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or("no host"))
}

fn refused(host: &str, what: &str) -> Failure {
    Failure::new(FailureKind::RefusedAddress, format!("{host} is {what}; nothing was sent"))
}

/// Connects to the proxy itself, whose name the user gave.
async fn connect_to_proxy(proxy: &Proxy) -> Result<TcpStream, Failure> {
    TcpStream::connect((proxy.host.as_str(), proxy.port)).await.map_err(|error| {
        Failure::new(FailureKind::Egress, format!("no connection to the proxy {proxy}: {error}"))
    })
}

async fn connect_by_socks(
    proxy: &Proxy,
    host: &Host,
    target: &str,
    port: u16,
    tor: bool,
) -> Result<TcpStream, Failure> {
    let stream = connect_to_proxy(proxy).await?;
    let failed = |error: tokio_socks::Error| {
        use tokio_socks::Error as Socks;
        match error {
            // The proxy did its part; the address of the proxy is then nobody's business.
            Socks::HostUnreachable | Socks::NetworkUnreachable | Socks::ConnectionRefused => {
                let detail = format!("the proxy did not reach {target}:{port}: {error}");
                Failure::new(FailureKind::Connect, detail)
            }
            _ => {
                let detail = format!("the proxy {proxy} failed before {target}:{port}: {error}");
                Failure::new(FailureKind::Egress, detail)
            }
        }
    };
    let isolation;
    let credentials = match &proxy.credentials {
        Some((user, password)) => Some((user.as_str(), password.as_str())),
        // Tor gives each user name circuits of its own (IsolateSOCKSAuth, on by default), so that one exit does not see
        // all hosts that one person visits.
        None if tor => {
            isolation = target.chars().take(200).collect::<String>();
            Some((isolation.as_str(), "witnessmark"))
        }
        None => None,
    };
    let connected = match (host, credentials) {
        (Host::Address(address), None) => {
            Socks5Stream::connect_with_socket(stream, SocketAddr::new(*address, port)).await
        }
        (Host::Address(address), Some((user, password))) => {
            let to = SocketAddr::new(*address, port);
            Socks5Stream::connect_with_password_and_socket(stream, to, user, password).await
        }
        (Host::Name(name), None) => {
            Socks5Stream::connect_with_socket(stream, (name.as_str(), port)).await
        }
        (Host::Name(name), Some((user, password))) => {
            let to = (name.as_str(), port);
            Socks5Stream::connect_with_password_and_socket(stream, to, user, password).await
        }
    };
    Ok(connected.map_err(failed)?.into_inner())
}

/// The answer to CONNECT may be this long.
const CONNECT_HEAD_LIMIT: usize = 16 * 1024;

async fn connect_by_http(
    proxy: &Proxy,
    host: &Host,
    target: &str,
    port: u16,
) -> Result<TcpStream, Failure> {
    let mut stream = connect_to_proxy(proxy).await?;
    let place = match host {
        Host::Address(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{target}:{port}"),
    };
    let mut request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n");
    if let Some((user, password)) = &proxy.credentials {
        let credentials = BASE64.encode(format!("{user}:{password}").as_bytes());
        request.push_str(&format!("Proxy-Authorization: Basic {credentials}\r\n"));
    }
    request.push_str("\r\n");
    let failed = |what: String| {
        Failure::new(
            FailureKind::Egress,
            format!("the proxy {proxy} did not reach {place}: {what}"),
        )
    };
    stream.write_all(request.as_bytes()).await.map_err(|error| failed(error.to_string()))?;
    // Byte by byte: what follows the blank line belongs to the server.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= CONNECT_HEAD_LIMIT {
            return Err(failed("its answer is too long".to_owned()));
        }
        head.push(stream.read_u8().await.map_err(|error| failed(error.to_string()))?);
    }
    match witnessmark_archive::HttpHead::parse(&head).and_then(|head| head.status) {
        Some(200..=299) => Ok(stream),
        Some(status) => Err(failed(format!("it answered {status}"))),
        None => Err(failed("its answer is not HTTP".to_owned())),
    }
}

/// A connection to a server.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Under TLS.
    Secure(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Whether the other side has closed it while nobody used it. `false` proves nothing.
    pub(crate) fn has_ended(&self) -> bool {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Secure(stream) => stream.get_ref().0,
        };
        let mut byte = [0];
        let mut byte = ReadBuf::new(&mut byte);
        let mut context = Context::from_waker(std::task::Waker::noop());
        match tcp.poll_peek(&mut context, &mut byte) {
            Poll::Pending => false,
            Poll::Ready(Ok(count)) => count == 0 || matches!(self, Self::Plain(_)),
            Poll::Ready(Err(_)) => true,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, into),
            Self::Secure(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, data),
            Self::Secure(stream) => Pin::new(stream).poll_write(context, data),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secure(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secure(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
