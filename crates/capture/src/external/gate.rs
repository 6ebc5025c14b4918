//! The gate: a proxy on the loopback interface, for one run of one external capturer, in front of the [`Door`].
//!
//! It takes CONNECT and plain requests in absolute form (RFC 9112, section 3.2), passes bytes on unread, and asks for a
//! password, so that nobody else on the computer leaves by it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;
use witnessmark_archive::HttpHead;
use witnessmark_model::Entropy;

use crate::door::{Door, DoorSettings};
use crate::egress::Egress;

/// What a command's record shows in place of the gate's address.
pub(super) const RECORDED_CONFIG: &str = "--proxy http://…@127.0.0.1:…";

/// A connection that a capturer asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GateConnection {
    /// The host, as it was asked for.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address that answered; none behind a proxy, or when nobody did.
    pub address: Option<SocketAddr>,
    /// Why it was not opened; none when it was.
    pub failure: Option<String>,
}

/// So many connections are listed.
const LISTED: usize = 10_000;
/// A request's head may be this long.
const HEAD_LIMIT: usize = 64 * 1024;

/// An open gate. It closes when this is dropped.
pub(super) struct Gate {
    place: SocketAddr,
    password: String,
    connections: Arc<Mutex<Vec<GateConnection>>>,
    serving: JoinHandle<()>,
}

struct Keeper {
    door: Door,
    authorization: String,
    connections: Arc<Mutex<Vec<GateConnection>>>,
}

impl Gate {
    /// Opens a gate at a free port. It works while the runtime does.
    pub(super) async fn open(
        settings: &DoorSettings,
        entropy: &mut dyn Entropy,
    ) -> io::Result<Self> {
        let door = Door::new(settings.clone()).map_err(io::Error::other)?;
        let password = HEXLOWER.encode(&entropy.seed());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let place = listener.local_addr()?;
        let connections = Arc::new(Mutex::new(Vec::new()));
        let credentials = BASE64.encode(format!("capture:{password}").as_bytes());
        let keeper = Arc::new(Keeper {
            door,
            authorization: format!("Basic {credentials}"),
            connections: Arc::clone(&connections),
        });
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let keeper = Arc::clone(&keeper);
                tokio::spawn(async move {
                    // What goes wrong with one connection is the capturer's to report.
                    let _ = keeper.serve(stream).await;
                });
            }
        });
        Ok(Self { place, password, connections, serving })
    }

    /// What the capturer reads as its configuration.
    pub(super) fn config(&self) -> String {
        format!("--proxy http://capture:{}@{}\n", self.password, self.place)
    }

    /// The connections that were asked for.
    pub(super) fn connections(&self) -> Vec<GateConnection> {
        self.connections.lock().map(|list| list.clone()).unwrap_or_default()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Keeper {
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
                break end + 4;
            }
            if bytes.len() > HEAD_LIMIT || client.read_buf(&mut bytes).await? == 0 {
                return refuse(&mut client, "400 Bad Request", "the request has no whole head")
                    .await;
            }
        };
        let (head, rest) = bytes.split_at(end);
        let Some(parsed) = HttpHead::parse(head) else {
            return refuse(&mut client, "400 Bad Request", "this is not HTTP").await;
        };
        if parsed.get("Proxy-Authorization") != Some(self.authorization.as_str()) {
            let status =
                "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"capture\"";
            return refuse(&mut client, status, "the password is wrong").await;
        }
        let mut words = parsed.first_line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let is_tunnel = method == "CONNECT";
        let url = match is_tunnel {
            true => Url::parse(&format!("https://{target}/")),
            false => Url::parse(target),
        };
        let place = url
            .as_ref()
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?)));
        let (Ok(url), Some((host, port))) = (url, place) else {
            return refuse(&mut client, "400 Bad Request", "the target cannot be read").await;
        };
        let opened = self.door.connect(&host, port).await;
        let address = match (&opened, &self.door.settings().egress) {
            (Ok(stream), Egress::Direct) => stream.peer_addr().ok(),
            _ => None,
        };
        let failure = opened.as_ref().err().map(ToString::to_string);
        self.note(GateConnection { host, port, address, failure: failure.clone() });
        let mut server = match opened {
            Ok(server) => server,
            Err(_) => {
                let why = failure.unwrap_or_default();
                return refuse(&mut client, "403 Forbidden", &why).await;
            }
        };
        if is_tunnel {
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        } else {
            server.write_all(&forwarded(&parsed, method, &url)).await?;
        }
        server.write_all(rest).await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
        Ok(())
    }

    fn note(&self, connection: GateConnection) {
        if let Ok(mut list) = self.connections.lock()
            && list.len() < LISTED
        {
            list.push(connection);
        }
    }
}

/// A request as the server gets it: one for each connection, without what was meant for the gate.
fn forwarded(head: &HttpHead, method: &str, url: &Url) -> Vec<u8> {
    let target =
        url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = format!("{method} {target} HTTP/1.1\r\n");
    let ours = ["proxy-authorization", "proxy-connection", "connection", "keep-alive"];
    for (name, value) in &head.fields {
        if !ours.iter().any(|field| name.eq_ignore_ascii_case(field)) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    request.push_str("Connection: close\r\n\r\n");
    request.into_bytes()
}

async fn refuse(client: &mut TcpStream, status: &str, why: &str) -> io::Result<()> {
    let why: String = why.chars().filter(|c| !c.is_control()).collect();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{why}",
        why.len()
    );
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    use witnessmark_model::Moment;

    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(1);
        }
    }

    fn settings(allow_private_network: bool) -> DoorSettings {
        DoorSettings {
            egress: Egress::Direct,
            allow_private_network,
            allow_unverified_tls: false,
            extra_authorities: Vec::new(),
            time_limit: Duration::from_secs(5),
            clock: Arc::new(|| Moment::from_unix_millis(0)),
        }
    }

    /// What the gate answers, and the connections it lists.
    fn ask(
        allow_private_network: bool,
        password: &str,
        request: &str,
    ) -> (String, Vec<GateConnection>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let gate = Gate::open(&settings(allow_private_network), &mut Fixed).await.unwrap();
            let password = if password.is_empty() { gate.password.clone() } else { password.to_owned() };
            let credentials = BASE64.encode(format!("capture:{password}").as_bytes());
            let mut client = TcpStream::connect(gate.place).await.unwrap();
            let request = format!("{request}\r\nProxy-Authorization: Basic {credentials}\r\nProxy-Connection: keep-alive\r\n\r\n");
            client.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            (String::from_utf8(answer).unwrap(), gate.connections())
        })
    }

    /// A server that takes one request and answers with what it was sent.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = vec![0; 4096];
            let count = stream.read(&mut bytes).unwrap();
            stream.write_all(&bytes[..count]).unwrap();
        });
        place
    }

    /// A redirect to a private host comes here as a request like any other, and goes no further.
    #[test]
    fn private_hosts_stay_closed() {
        for target in [
            "CONNECT 127.0.0.1:80",
            "GET http://169.254.169.254/latest/meta-data/",
            "CONNECT [::1]:443",
            "GET http://router.local/",
        ] {
            let (answer, list) = ask(false, "", &format!("{target} HTTP/1.1"));
            assert!(answer.starts_with("HTTP/1.1 403 "), "{target}: {answer}");
            assert!(list[0].failure.as_ref().unwrap().contains("nothing was sent"), "{list:?}");
        }
    }

    #[test]
    fn nobody_passes_without_the_password() {
        let (answer, list) = ask(true, "guess", "CONNECT 127.0.0.1:80 HTTP/1.1");
        assert!(answer.starts_with("HTTP/1.1 407 "), "{answer}");
        assert_eq!(list, []);
    }

    #[test]
    fn what_is_no_request_is_told_so() {
        for request in ["GET / HTTP/1.1", "GET ftp://a.example/ HTTP/1.1", "CONNECT : HTTP/1.1"] {
            assert!(ask(true, "", request).0.starts_with("HTTP/1.1 400 "), "{request}");
        }
    }

    #[test]
    fn a_plain_request_is_passed_on_without_what_was_meant_for_the_gate() {
        let place = echo();
        let (answer, list) =
            ask(true, "", &format!("GET http://{place}/a?b=c HTTP/1.1\r\nHost: {place}"));
        assert_eq!(
            answer,
            format!("GET /a?b=c HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n")
        );
        assert_eq!(
            list,
            [GateConnection {
                host: "127.0.0.1".to_owned(),
                port: place.port(),
                address: Some(place),
                failure: None
            }]
        );
    }
}
