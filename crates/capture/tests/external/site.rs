//! A small site on this computer that serves one video.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// The first bytes of an MP4 file, and then nothing that plays.
pub(crate) fn video() -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    bytes.extend((0..200_000_u32).map(|number| (number % 251) as u8));
    bytes
}

pub(crate) struct Site {
    pub(crate) place: SocketAddr,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

/// Serves `/video.mp4` until the test's process ends.
pub(crate) fn serve() -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let list = Arc::clone(&list);
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                let _ = reader.read_line(&mut line);
                list.lock().unwrap().push(line.trim().to_owned());
                let mut field = String::new();
                while reader.read_line(&mut field).is_ok_and(|count| count > 2) {
                    field.clear();
                }
                let head = |status: &str, more: &str| {
                    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n")
                };
                let is_head = line.starts_with("HEAD");
                if line.contains("/video.mp4") {
                    let body = video();
                    let more =
                        format!("Content-Type: video/mp4\r\nContent-Length: {}\r\n", body.len());
                    let _ = stream.write_all(head("200 OK", &more).as_bytes());
                    if !is_head {
                        let _ = stream.write_all(&body);
                    }
                } else {
                    let _ =
                        stream.write_all(head("404 Not Found", "Content-Length: 0\r\n").as_bytes());
                }
            });
        }
    });
    Site { place, asked }
}
