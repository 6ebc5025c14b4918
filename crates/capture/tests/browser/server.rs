//! A web server that writes down every request byte for byte, for tests of the browser.
//!
//! It also is a proxy: `CONNECT anything` leads to itself. So a test can give its pages public names
//! (`http://site.test/`) while the way out refuses all private addresses, as it does for users.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// One request as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Head and body. For a WebSocket: and all that came afterwards.
    pub(crate) request: Vec<u8>,
    /// What it was answered, as far as it could be sent.
    pub(crate) response: Vec<u8>,
}

impl Seen {
    pub(crate) fn line(&self) -> String {
        let end = self.request.iter().position(|byte| *byte == b'\r').unwrap_or(0);
        String::from_utf8_lossy(&self.request[..end]).into_owned()
    }

    pub(crate) fn path(&self) -> String {
        self.line().split(' ').nth(1).unwrap_or_default().to_owned()
    }
}

/// What the server is to do with a request.
pub(crate) enum Answer {
    /// Send these bytes and go on.
    Bytes(Vec<u8>),
    /// Send these bytes and close.
    BytesAndClose(Vec<u8>),
    /// Accept a WebSocket, send one text, and keep what comes until the other side closes.
    Socket(&'static str),
    /// Send these bytes, then these again and again, slowly, for ever.
    Endless(Vec<u8>, &'static [u8], Duration),
}

pub(crate) type Site = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

/// What the server was asked.
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) fields: BTreeMap<String, String>,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    log: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Serves `site` until the process ends; with TLS if `tls` is given.
    pub(crate) fn start(site: Site, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = log.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (site, log, tls) = (site.clone(), kept.clone(), tls.clone());
                std::thread::spawn(move || {
                    stream.set_nodelay(true).unwrap();
                    // Whoever hangs up in the middle ends the thread, not the test.
                    let _ = serve_connection(stream, &site, &log, tls);
                });
            }
        });
        Self { port, log }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.seen().iter().map(Seen::path).collect()
    }
}

fn serve_connection(
    mut stream: TcpStream,
    site: &Site,
    log: &Mutex<Vec<Seen>>,
    tls: Option<Arc<ServerConfig>>,
) -> std::io::Result<()> {
    let mut first = [0; 7];
    stream.peek(&mut first)?;
    if &first == b"CONNECT" {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        stream.peek(&mut first)?;
    }
    match tls.filter(|_| first[0] == 22) {
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
            serve(StreamOwned::new(connection, stream), site, log)
        }
        None => serve(stream, site, log),
    }
}

fn serve(stream: impl Read + Write, site: &Site, log: &Mutex<Vec<Seen>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_until(b'\n', &mut request)? == 0 {
                return Ok(());
            }
        }
        let asked = read_request(&mut stream, &mut request)?;
        let answer = site(&asked);
        let index = {
            let mut log = log.lock().unwrap();
            log.push(Seen { request, response: Vec::new() });
            log.len() - 1
        };
        let mut stream = Noting { stream: &mut stream, log, index };
        match answer {
            Answer::Bytes(bytes) => stream.send(&bytes)?,
            Answer::BytesAndClose(bytes) => return stream.send(&bytes),
            Answer::Socket(text) => return stream.talk(&asked, text),
            Answer::Endless(head, piece, pause) => {
                stream.send(&head)?;
                loop {
                    std::thread::sleep(pause);
                    stream.send(piece)?;
                }
            }
        }
    }
}

fn read_request(stream: &mut impl Read, request: &mut Vec<u8>) -> std::io::Result<Asked> {
    let head = String::from_utf8_lossy(request).into_owned();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let fields: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = fields.get("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    request.extend_from_slice(&body);
    Ok(Asked { method: method.to_owned(), target: target.to_owned(), fields })
}

/// A stream that notes in the log what it could send.
struct Noting<'s, S> {
    stream: &'s mut BufReader<S>,
    log: &'s Mutex<Vec<Seen>>,
    index: usize,
}

impl<S: Read + Write> Noting<'_, S> {
    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        // Noted before it is sent: whoever has the bytes finds them in the log.
        self.log.lock().unwrap()[self.index].response.extend_from_slice(bytes);
        self.stream.get_mut().write_all(bytes)?;
        self.stream.get_mut().flush()
    }

    /// RFC 6455, as far as one text in either direction needs it.
    fn talk(mut self, asked: &Asked, text: &str) -> std::io::Result<()> {
        use sha1::Digest as _;
        let key = asked.fields.get("sec-websocket-key").cloned().unwrap_or_default();
        let sum = sha1::Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        let accept = data_encoding::BASE64.encode(&sum);
        let mut answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        .into_bytes();
        answer.extend_from_slice(&[0x81, u8::try_from(text.len()).unwrap()]);
        answer.extend_from_slice(text.as_bytes());
        self.send(&answer)?;
        let mut bytes = [0; 256];
        loop {
            let count = self.stream.read(&mut bytes)?;
            if count == 0 {
                return Ok(());
            }
            self.log.lock().unwrap()[self.index].request.extend_from_slice(&bytes[..count]);
        }
    }
}

/// A whole response.
pub(crate) fn response(status: &str, kind: &str, body: impl AsRef<[u8]>) -> Answer {
    Answer::Bytes(response_bytes(status, kind, body.as_ref()))
}

pub(crate) fn response_bytes(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) fn html(body: &str) -> Answer {
    response("200 OK", "text/html; charset=utf-8", body)
}

/// A picture of one pixel.
pub(crate) fn gif() -> Answer {
    response("200 OK", "image/gif", b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;")
}

pub(crate) fn redirect(to: &str) -> Answer {
    Answer::Bytes(
        format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes(),
    )
}
