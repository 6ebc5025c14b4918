//! A witness of the tests' own, on 127.0.0.1, and a transport that reaches it. It proves nothing to anybody.
//!
//! It behaves by C2SP tlog-witness, or misbehaves in one way that is asked for.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use ed25519_dalek::{Signer, SigningKey};
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::note::Verifier;
use witnessmark_model::transport::{Answer, Request, Transport, TransportError};
use witnessmark_model::{Digest, merkle};

/// What a witness does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It refuses every proof.
    RefusesProofs,
    /// It cosigns other entries than it was shown.
    CosignsAnotherRoot,
    /// It signs without a time, as logs do.
    SignsPlainly,
    /// It sends every cosignature twice.
    SaysItTwice,
    /// It forgets each checkpoint at once.
    Forgets,
    /// It names the size before the one it was told, for ever.
    NeverAgrees,
    /// It sends a page of HTML.
    SendsHtml,
    /// It never ends its answer.
    NeverEnds,
    /// It sends its clients elsewhere.
    Redirects,
    /// It hangs up.
    HangsUp,
}

/// What the witness remembers.
#[derive(Default)]
pub(crate) struct Memory {
    /// The logs it knows.
    pub(crate) logs: BTreeMap<String, Verifier>,
    /// Size and root of the last checkpoint it cosigned, by log.
    pub(crate) last: BTreeMap<String, (u64, Digest)>,
    /// What it does wrong now.
    pub(crate) fault: Option<Fault>,
    /// The time that it puts into the next cosignature.
    pub(crate) time: u64,
    /// The requests that came: old size and status of the answer.
    pub(crate) asked: Vec<(u64, u16)>,
}

/// The witness; its thread ends with the process.
pub(crate) struct WitnessServer {
    pub(crate) url: String,
    pub(crate) memory: Arc<Mutex<Memory>>,
    name: String,
    key: SigningKey,
}

impl WitnessServer {
    pub(crate) fn start(name: &str, seed: u8) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/{name}", listener.local_addr().unwrap());
        let memory = Arc::new(Mutex::new(Memory { time: 1_795_000_000, ..Memory::default() }));
        let key = SigningKey::from_bytes(&[seed; 32]);
        let server = Self { url, memory: memory.clone(), name: name.to_owned(), key: key.clone() };
        let name = name.to_owned();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let _ = serve(connection.unwrap(), &name, &key, &memory);
            }
        });
        server
    }

    /// Its verifier key, built as the specification says and not by the code under test.
    pub(crate) fn vkey(&self) -> String {
        vkey(&self.name, &self.key)
    }

    pub(crate) fn knows(&self, log: &Verifier) {
        self.memory.lock().unwrap().logs.insert(log.name().to_owned(), log.clone());
    }

    pub(crate) fn misbehaves(&self, fault: Option<Fault>) {
        self.memory.lock().unwrap().fault = fault;
    }

    /// The requests since this was asked last.
    pub(crate) fn asked(&self) -> Vec<(u64, u16)> {
        std::mem::take(&mut self.memory.lock().unwrap().asked)
    }
}

fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let id = Digest::of(&[name.as_bytes(), b"\n\x04", public].concat());
    [id.0[0], id.0[1], id.0[2], id.0[3]]
}

/// The verifier key of a witness.
pub(crate) fn vkey(name: &str, key: &SigningKey) -> String {
    let public = key.verifying_key().to_bytes();
    let typed = [&[4], public.as_slice()].concat();
    let id = data_encoding::HEXLOWER.encode(&key_id(name, &public));
    format!("{name}+{id}+{}", BASE64.encode(&typed))
}

/// A signature line over `text` at `time`; a plain one without a time.
pub(crate) fn line(name: &str, key: &SigningKey, time: Option<u64>, text: &str) -> String {
    let mut bytes = key_id(name, &key.verifying_key().to_bytes()).to_vec();
    match time {
        Some(time) => {
            bytes.extend(time.to_be_bytes());
            let signed = format!("cosignature/v1\ntime {time}\n{text}");
            bytes.extend(key.sign(signed.as_bytes()).to_bytes());
        }
        None => bytes.extend(key.sign(text.as_bytes()).to_bytes()),
    }
    format!("\u{2014} {name} {}\n", BASE64.encode(&bytes))
}

fn serve(
    connection: TcpStream,
    name: &str,
    key: &SigningKey,
    memory: &Mutex<Memory>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let length = head
        .iter()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let mut connection = reader.into_inner();
    let request = head.first().cloned().unwrap_or_default();
    let mut memory = memory.lock().unwrap();
    let (status, kind, said) = if request == format!("POST /{name}/add-checkpoint HTTP/1.1") {
        match memory.fault {
            Some(Fault::HangsUp) => return Ok(()),
            Some(Fault::SendsHtml) => (200, "text/html", "<html>Welcome</html>\n".to_owned()),
            Some(Fault::NeverEnds) => (200, "text/plain", "\u{2014} w AAAA\n".repeat(10_000)),
            Some(Fault::Redirects) => (302, "text/plain", "elsewhere\n".to_owned()),
            _ => add_checkpoint(&body, name, key, &mut memory),
        }
    } else {
        (404, "text/plain", format!("no such thing: {request}\n"))
    };
    let head = format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nLocation: http://127.0.0.1:9/\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        said.len()
    );
    connection.write_all(head.as_bytes())?;
    connection.write_all(said.as_bytes())
}

/// The call of the specification, rule after rule.
fn add_checkpoint(
    body: &[u8],
    name: &str,
    key: &SigningKey,
    memory: &mut Memory,
) -> (u16, &'static str, String) {
    const PLAIN: &str = "text/plain";
    let bad = |said: &str| (400, PLAIN, format!("{said}\n"));
    let Some(border) = body.windows(2).position(|pair| pair == b"\n\n") else {
        return bad("no blank line");
    };
    let (head, note) = (std::str::from_utf8(&body[..border]).unwrap(), &body[border + 2..]);
    let mut lines = head.split('\n');
    let Some(old) = lines.next().and_then(|line| line.strip_prefix("old ")?.parse().ok()) else {
        return bad("no old size");
    };
    let proof: Option<Vec<Digest>> = lines
        .map(|line| BASE64.decode(line.as_bytes()).ok()?.try_into().ok().map(Digest))
        .collect();
    let Some(proof) = proof.filter(|proof| proof.len() <= 63) else { return bad("bad proof") };
    let (status, kind, said) = judge(old, &proof, note, name, key, memory);
    memory.asked.push((old, status));
    (status, kind, said)
}

fn judge(
    old: u64,
    proof: &[Digest],
    note: &[u8],
    name: &str,
    key: &SigningKey,
    memory: &mut Memory,
) -> (u16, &'static str, String) {
    const PLAIN: &str = "text/plain";
    let text = String::from_utf8_lossy(note);
    let origin = text.lines().next().unwrap_or_default().to_owned();
    let Some(log) = memory.logs.get(&origin) else { return (404, PLAIN, "who?\n".into()) };
    let Ok(checkpoint) = Checkpoint::open(note, log) else { return (403, PLAIN, "no\n".into()) };
    if old > checkpoint.size {
        return (400, PLAIN, "old is larger\n".into());
    }
    let (size, root) = memory.last.get(&origin).copied().unwrap_or((0, merkle::root(&[])));
    if memory.fault == Some(Fault::NeverAgrees) {
        return (409, "text/x.tlog.size", format!("{}\n", if old == 1 { 2 } else { 1 }));
    }
    if old != size {
        return (409, "text/x.tlog.size", format!("{size}\n"));
    }
    if old == checkpoint.size && root != checkpoint.root {
        return (409, PLAIN, "another root\n".into());
    }
    let consistent = match old {
        0 => proof.is_empty(),
        _ => merkle::is_consistent(old, root, checkpoint.size, checkpoint.root, proof),
    };
    if !consistent || memory.fault == Some(Fault::RefusesProofs) {
        return (422, PLAIN, "the proof does not hold\n".into());
    }
    memory.last.insert(origin, (checkpoint.size, checkpoint.root));
    if memory.fault == Some(Fault::Forgets) {
        memory.last.clear();
    }
    memory.time += 60;
    let signed = log.open(note).unwrap();
    let own = line(name, key, Some(memory.time), signed);
    // A witness may send lines by keys that nobody here knows.
    let strange = line("stranger.example", &SigningKey::from_bytes(&[99; 32]), Some(7), signed);
    let said = match memory.fault {
        Some(Fault::CosignsAnotherRoot) => {
            let other = BASE64.encode(&[7; 32]);
            let text = format!("{}\n{}\n{other}\n", checkpoint.log_name, checkpoint.size);
            line(name, key, Some(memory.time), &text)
        }
        Some(Fault::SignsPlainly) => line(name, key, None, signed),
        Some(Fault::SaysItTwice) => format!("{own}{own}"),
        _ => format!("{strange}{own}"),
    };
    (200, PLAIN, said)
}

/// HTTP/1.1 to 127.0.0.1, one connection a request.
pub(crate) struct Loopback;

impl Transport for Loopback {
    fn send(&self, request: Request<'_>, sink: &mut dyn Write) -> Result<Answer, TransportError> {
        let failed = |error: &dyn std::fmt::Display| TransportError::Failed(error.to_string());
        let (host, path) = request
            .url
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| TransportError::Refused("not http".into()))?;
        let mut connection = TcpStream::connect(host).map_err(|error| failed(&error))?;
        let (mut body, mut length) = (Vec::new(), 0);
        if let Some((reader, announced)) = request.body {
            reader.read_to_end(&mut body).map_err(|error| failed(&error))?;
            length = announced;
        }
        assert_eq!(length, body.len() as u64, "the length that was announced");
        let mut head = format!(
            "{} /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n",
            request.method
        );
        for (name, value) in request.fields {
            head += &format!("{name}: {value}\r\n");
        }
        let whole = [head.as_bytes(), b"\r\n", &body].concat();
        connection.write_all(&whole).map_err(|error| failed(&error))?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).map_err(|error| failed(&error))?;
        let border = answer
            .windows(4)
            .position(|bytes| bytes == b"\r\n\r\n")
            .ok_or_else(|| TransportError::Failed("the connection was closed".into()))?;
        let head = String::from_utf8_lossy(&answer[..border]).into_owned();
        let body = &answer[border + 4..];
        if body.len() as u64 > request.limit {
            return Err(TransportError::TooLong(request.limit));
        }
        sink.write_all(body).map_err(|error| failed(&error))?;
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let field = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        };
        Ok(Answer { status, fields: lines.filter_map(field).collect() })
    }
}
