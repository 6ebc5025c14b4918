//! A site on this computer, for demonstrations and tests: fixed pages, served on 127.0.0.1 alone.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The longest request head that is read, in bytes.
const LONGEST_HEAD: u64 = 64 * 1024;
/// A connection that says nothing for so long is closed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A page of a local site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPage {
    /// The HTTP status.
    pub status: u16,
    /// The media type, with its charset.
    pub content_type: String,
    /// Further header fields.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A site on 127.0.0.1, at a port that the system chooses. It answers until it is dropped.
#[derive(Debug)]
pub struct LocalSite {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl LocalSite {
    /// Serves these pages, by path (`/notice.html`). Any other path gets `otherwise`.
    pub fn serve(pages: BTreeMap<String, LocalPage>, otherwise: LocalPage) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let site = Arc::new((pages, otherwise));
        let stop = ended.clone();
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let (Ok(connection), site, stop) = (connection, site.clone(), stop.clone()) else {
                    continue;
                };
                // A client that goes away takes only its own connection with it.
                std::thread::spawn(move || answer_all(connection, &site.0, &site.1, &stop));
            }
        });
        Ok(Self { address, ended, thread: Some(thread) })
    }

    /// The address of a path: `http://127.0.0.1:PORT/…`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for LocalSite {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // The listener looks up only when somebody comes.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer_all(
    connection: TcpStream,
    pages: &BTreeMap<String, LocalPage>,
    otherwise: &LocalPage,
    ended: &AtomicBool,
) -> Option<()> {
    connection.set_read_timeout(Some(PATIENCE)).ok()?;
    connection.set_nodelay(true).ok()?;
    let mut output = connection.try_clone().ok()?;
    let mut input = BufReader::new(connection);
    while !ended.load(Ordering::Relaxed) {
        let mut first = String::new();
        let mut head = (&mut input).take(LONGEST_HEAD);
        head.read_line(&mut first).ok().filter(|read| *read > 0)?;
        let mut line = String::new();
        while head.read_line(&mut line).ok()? > 2 {
            line.clear();
        }
        let mut words = first.split_whitespace();
        let (method, target) = (words.next()?, words.next()?);
        let path = target.split(['?', '#']).next().unwrap_or(target);
        let page = pages.get(path).unwrap_or(otherwise);
        let mut head = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
            page.status,
            if page.status < 400 { "OK" } else { "No" },
            page.content_type,
            page.body.len()
        );
        for (name, value) in &page.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut answer = head.into_bytes();
        if method != "HEAD" {
            answer.extend_from_slice(&page.body);
        }
        output.write_all(&answer).ok()?;
    }
    Some(())
}
