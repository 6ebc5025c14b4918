//! A tiny server that sends whatever a test tells it to, and remembers what crossed its connections.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server does for one request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    Close,
}

/// An answer in one piece.
pub(crate) fn send(bytes: impl AsRef<[u8]>) -> Vec<Step> {
    vec![Step::Send(bytes.as_ref().to_vec())]
}

/// A simple whole answer.
pub(crate) fn ok(body: &str) -> Vec<Step> {
    send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

pub(crate) fn redirect(to: &str) -> Vec<Step> {
    send(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"))
}

/// One request and what was sent for it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) request: Vec<u8>,
    pub(crate) sent: Vec<u8>,
}

impl Seen {
    pub(crate) fn path(&self) -> String {
        self.text().split(' ').nth(1).unwrap().to_owned()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.request).into_owned()
    }
}

type Script = Arc<dyn Fn(&str) -> Vec<Step> + Send + Sync>;

pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Server {
    /// Serves until the test ends; `script` says what to do for a path.
    pub(crate) fn start(script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::run(Arc::new(script), None)
    }

    pub(crate) fn start_tls(
        config: ServerConfig,
        script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self::run(Arc::new(script), Some(Arc::new(config)))
    }

    fn run(script: Script, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (all, count) = (seen.clone(), connections.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (script, all, tls) = (script.clone(), all.clone(), tls.clone());
                thread::spawn(move || {
                    stream.set_nodelay(true).unwrap();
                    let closer = stream.try_clone().unwrap();
                    let _ = match tls {
                        None => serve(stream, &script, &all),
                        Some(config) => {
                            let session = ServerConnection::new(config).unwrap();
                            serve(StreamOwned::new(session, stream), &script, &all)
                        }
                    };
                    let _ = closer.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, seen, connections }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What it saw and sent for one path.
    pub(crate) fn of(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path() == path).collect()
    }
}

fn serve(mut stream: impl Read + Write, script: &Script, all: &Mutex<Vec<Seen>>) -> io::Result<()> {
    loop {
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read(&mut byte)? == 0 {
                return Ok(());
            }
            request.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&request).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        stream.read_exact(&mut body)?;
        request.extend_from_slice(&body);
        let mut seen = Seen { request, sent: Vec::new() };
        let steps = script(&seen.path());
        let place = {
            let mut all = all.lock().unwrap();
            all.push(seen.clone());
            all.len() - 1
        };
        for step in steps {
            match step {
                Step::Send(bytes) => {
                    // Noted first: the test may look before this thread goes on.
                    seen.sent.extend_from_slice(&bytes);
                    all.lock().unwrap()[place] = seen.clone();
                    stream.write_all(&bytes)?;
                    stream.flush()?;
                }
                Step::Wait(time) => thread::sleep(time),
                Step::Close => return Ok(()),
            }
        }
    }
}

/// What a proxy of the test was asked for: the place by its name, and user name with password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) place: String,
    pub(crate) credentials: Option<String>,
}

/// A proxy on this computer that knows where names lead.
pub(crate) struct TestProxy {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Names = BTreeMap<String, u16>;

/// What was asked for, where it leads, and what to answer before bytes go both ways.
type Handshake = fn(&mut TcpStream, &Names) -> io::Result<(Asked, Option<u16>, Vec<u8>)>;

impl TestProxy {
    /// SOCKS5 (RFC 1928), with user name and password (RFC 1929) when the client offers them.
    pub(crate) fn socks5(names: &[(&str, u16)]) -> Self {
        Self::run(names, socks5)
    }

    /// HTTP's CONNECT.
    pub(crate) fn http(names: &[(&str, u16)]) -> Self {
        Self::run(names, connect)
    }

    fn run(names: &[(&str, u16)], handshake: Handshake) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let names: Names = names.iter().map(|(name, port)| ((*name).to_owned(), *port)).collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let all = asked.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (names, all) = (names.clone(), all.clone());
                thread::spawn(move || {
                    let (one, to, answer) = handshake(&mut stream, &names)?;
                    // Noted first: the test may look before this thread goes on.
                    all.lock().unwrap().push(one);
                    stream.write_all(&answer)?;
                    let Some(to) = to else { return Ok(()) };
                    let mut server = TcpStream::connect(("127.0.0.1", to))?;
                    let (mut back, mut from) = (stream.try_clone()?, server.try_clone()?);
                    thread::spawn(move || {
                        let _ = io::copy(&mut from, &mut back);
                        let _ = back.shutdown(Shutdown::Both);
                    });
                    io::copy(&mut stream, &mut server)?;
                    server.shutdown(Shutdown::Both)
                });
            }
        });
        Self { port, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn socks5(stream: &mut TcpStream, names: &Names) -> io::Result<(Asked, Option<u16>, Vec<u8>)> {
    let read = |stream: &mut TcpStream, count: u8| -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::from(count)];
        stream.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let greeting = read(stream, 2)?;
    let methods = read(stream, greeting[1])?;
    let credentials = if methods.contains(&2) {
        stream.write_all(&[5, 2])?;
        let length = read(stream, 2)?[1];
        let user = read(stream, length)?;
        let length = read(stream, 1)?[0];
        let password = read(stream, length)?;
        stream.write_all(&[1, 0])?;
        Some(String::from_utf8([user, b":".to_vec(), password].concat()).unwrap())
    } else {
        stream.write_all(&[5, 0])?;
        None
    };
    let kind = read(stream, 4)?[3];
    let host = match kind {
        1 => read(stream, 4)?.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        3 => {
            let length = read(stream, 1)?[0];
            String::from_utf8(read(stream, length)?).unwrap()
        }
        _ => format!("{:?}", read(stream, 16)?),
    };
    let port = read(stream, 2)?;
    let place = format!("{host}:{}", u16::from_be_bytes([port[0], port[1]]));
    let to = names.get(&host).copied();
    let reply = if to.is_some() { 0 } else { 4 };
    Ok((Asked { place, credentials }, to, vec![5, reply, 0, 1, 0, 0, 0, 0, 0, 0]))
}

fn connect(stream: &mut TcpStream, names: &Names) -> io::Result<(Asked, Option<u16>, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let place = head.split(' ').nth(1).unwrap().to_owned();
    let credentials =
        head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: ")).map(str::to_owned);
    let to = names.get(place.rsplit_once(':').unwrap().0).copied();
    let answer = if to.is_some() { "200 Connection established" } else { "502 Bad Gateway" };
    Ok((Asked { place, credentials }, to, format!("HTTP/1.1 {answer}\r\n\r\n").into_bytes()))
}
