//! Requests to services: what is sent, what comes back, and every way in which a service can misbehave.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::Duration;

use witnessmark_capture::{DoorSettings, ServiceLimits, ServiceTransport};
use witnessmark_model::transport::{Answer, Request, Transport, TransportError};

use crate::server::{Server, Step, TestProxy, ok, redirect, send};
use crate::settings;
use crate::tls::Authority;

fn door() -> DoorSettings {
    settings(&std::env::temp_dir()).door
}

fn transport(door: DoorSettings) -> ServiceTransport {
    let limits = ServiceLimits {
        silence: Duration::from_millis(400),
        whole: Duration::from_millis(900),
        slowest: 1 << 20,
    };
    ServiceTransport::new(door, limits).unwrap()
}

type Sent = Result<(Answer, Vec<u8>), TransportError>;

fn ask(transport: &dyn Transport, method: &str, url: &str, body: Option<&[u8]>) -> Sent {
    let fields = [("X-Asked-By".to_owned(), "a test".to_owned())];
    let mut reader = body.unwrap_or_default();
    let length = reader.len() as u64;
    let body: Option<(&mut (dyn Read + Send), u64)> =
        if body.is_some() { Some((&mut reader, length)) } else { None };
    let mut sink = Vec::new();
    let request = Request { method, url, fields: &fields, body, limit: 1 << 20 };
    transport.send(request, &mut sink).map(|answer| (answer, sink))
}

/// A transport's refusals and failures by their first letter.
fn outcome(sent: Sent) -> String {
    match sent {
        Ok((answer, body)) => format!("{} {}", answer.status, String::from_utf8_lossy(&body)),
        Err(TransportError::Refused(what)) => format!("refused: {what}"),
        Err(TransportError::Failed(what)) => format!("failed: {what}"),
        Err(TransportError::TooLong(limit)) => format!("longer than {limit}"),
    }
}

#[test]
fn nothing_is_sent_that_was_not_given() {
    let server = Server::start(|_| ok("yes"));
    let transport = transport(door());
    let long = vec![7_u8; 300_000];
    let body: &[u8] = &long;
    for (method, body) in [
        ("GET", None),
        ("POST", Some(&b"ask"[..])),
        ("PUT", Some(body)),
        ("POST", None),
        ("HEAD", None),
    ] {
        ask(&transport, method, &server.url("/a%2Fb?q=1#part"), body).unwrap();
        let seen = server.seen().pop().unwrap();
        let length = match (method, body) {
            ("GET" | "HEAD", _) => String::new(),
            (_, body) => format!("content-length: {}\r\n", body.unwrap_or_default().len()),
        };
        let head = format!(
            "{method} /a%2Fb?q=1 HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nx-asked-by: a test\r\n{length}\r\n",
            server.port
        );
        let head = [head.as_bytes(), body.unwrap_or_default()].concat();
        assert!(seen.request == head, "{method}: {}", &seen.text()[..200]);
    }
}

#[test]
fn a_connection_is_used_again_when_both_sides_agree() {
    let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let server =
        Server::start(move |path| if path == "/close" { send(closing) } else { ok("yes") });
    let transport = transport(door());
    let count = || server.connections.load(Ordering::SeqCst);
    for (path, connections) in
        [("/", 1), ("/", 1), ("/close", 1), ("/", 2), ("/close", 2), ("/", 3)]
    {
        ask(&transport, "POST", &server.url(path), Some(b"x")).unwrap();
        assert_eq!(count(), connections, "{path}");
    }
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let sent = ask(&transport, "PUT", &server.url("/"), Some(&[1; 70_000]));
                    assert_eq!(outcome(sent), "200 yes");
                }
            });
        }
    });
    assert!(count() <= 3 + 8, "{}", count());
    assert_eq!(server.seen().len(), 6 + 40);
}

#[test]
fn what_services_answer() {
    let drip = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_vec();
    let drips = |count: usize| {
        let one = vec![Step::Wait(Duration::from_millis(50)), Step::Send(b"x".to_vec())];
        [vec![Step::Send(drip.clone())], vec![one; count].concat()].concat()
    };
    let endless =
        [send("HTTP/1.1 200 OK\r\n\r\n"), vec![Step::Send(vec![b'x'; 1 << 16]); 64]].concat();
    let many: String = (0..300).map(|number| format!("X-{number}: y\r\n")).collect();
    let cases: Vec<(&str, Vec<Step>, &str)> = vec![
        ("whole", ok("hello"), "200 hello"),
        ("any status", send("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"), "503 no"),
        ("a redirect is an answer", redirect("/elsewhere"), "302 "),
        (
            "chunks",
            send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            ),
            "200 hello",
        ),
        (
            "an interim answer first",
            [send("HTTP/1.1 100 Continue\r\n\r\n"), ok("hello")].concat(),
            "200 hello",
        ),
        (
            "a body that is ended by the connection's end",
            [send("HTTP/1.1 200 OK\r\n\r\nhello"), vec![Step::Close]].concat(),
            "200 hello",
        ),
        (
            "longer than wanted, as it says",
            send("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"),
            "longer than 1048576",
        ),
        ("longer than wanted, without saying so", endless, "longer than 1048576"),
        (
            "cut",
            [send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), vec![Step::Close]].concat(),
            "failed: ",
        ),
        ("no answer", vec![Step::Close], "failed: "),
        ("silence", vec![Step::Wait(Duration::from_secs(3))], "failed: "),
        (
            "silence in the body",
            [send(&drip), vec![Step::Wait(Duration::from_secs(3))]].concat(),
            "failed: ",
        ),
        ("a drip", drips(100), "failed: "),
        ("no HTTP", send("SSH-2.0-OpenSSH_9\r\n\r\n"), "failed: "),
        (
            "a long head",
            send(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20))),
            "failed: ",
        ),
        ("many fields", send(format!("HTTP/1.1 200 OK\r\n{many}\r\n")), "failed: "),
    ];
    for (name, steps, expected) in cases {
        let server = Server::start(move |_| steps.clone());
        let sent = outcome(ask(&transport(door()), "POST", &server.url("/"), Some(b"question")));
        let agrees =
            if expected.ends_with(": ") { sent.starts_with(expected) } else { sent == expected };
        assert!(agrees, "{name}: {sent}");
        assert_eq!(server.seen().len(), 1, "{name}: it was asked once");
    }
}

#[test]
fn the_fields_of_an_answer_come_in_their_order() {
    let server = Server::start(|_| {
        send("HTTP/1.1 200 OK\r\nETag: \"b\"\r\nContent-Length: 0\r\nX-A: 1\r\nX-A: 2\r\n\r\n")
    });
    let (answer, _) = ask(&transport(door()), "GET", &server.url("/"), None).unwrap();
    assert_eq!(answer.field("etag"), Some("\"b\""));
    let names: Vec<&str> = answer.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["etag", "content-length", "x-a", "x-a"]);
}

/// A store that refuses a large object need not read it first.
#[test]
fn an_answer_before_the_end_of_the_request_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut some = [0; 1000];
        stream.read_exact(&mut some).unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").unwrap();
        // It holds the connection open, and reads no more.
        std::thread::sleep(Duration::from_millis(300));
    });
    let sent = ask(
        &transport(door()),
        "PUT",
        &format!("http://127.0.0.1:{port}/"),
        Some(&vec![0; 30 << 20]),
    );
    assert_eq!(outcome(sent), "413 no");
    server.join().unwrap();
}

#[test]
fn a_body_that_ends_early_is_no_request() {
    let server = Server::start(|_| ok("yes"));
    let mut short = &b"short"[..];
    let request = Request {
        method: "PUT",
        url: &server.url("/"),
        fields: &[],
        body: Some((&mut short, 10)),
        limit: 10,
    };
    let error = transport(door()).send(request, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("ended before its declared length"), "{error}");
    assert!(server.seen().is_empty(), "the server never saw a whole request");
}

#[test]
fn addresses_that_are_refused() {
    let server = Server::start(|_| ok("home"));
    let strict = transport(DoorSettings { allow_private_network: false, ..door() });
    for url in [
        server.url("/"),
        format!("http://2130706433:{}/", server.port),
        format!("http://[::ffff:127.0.0.1]:{}/", server.port),
        format!("http://localhost:{}/", server.port),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://abc.onion/".to_owned(),
        "ftp://example.org/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://me:secret@example.org/".to_owned(),
        "no address".to_owned(),
    ] {
        let sent = outcome(ask(&strict, "GET", &url, None));
        assert!(sent.starts_with("refused: ") && !sent.contains("secret"), "{url}: {sent}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[test]
fn requests_that_are_refused() {
    let server = Server::start(|_| ok("home"));
    let transport = transport(door());
    for (method, name, value) in [
        ("CONNECT", "X-A", "1"),
        ("GE T", "X-A", "1"),
        ("GET", "Host", "elsewhere"),
        ("GET", "content-length", "5"),
        ("GET", "Transfer-Encoding", "chunked"),
        ("GET", "X A", "1"),
        ("GET", "X-A", "secret\r\nX-B: 2"),
    ] {
        let fields = [(name.to_owned(), value.to_owned())];
        let url = server.url("/");
        let request = Request { method, url: &url, fields: &fields, body: None, limit: 10 };
        let error = transport.send(request, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, TransportError::Refused(_)), "{method} {name}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[test]
fn services_are_reached_by_the_way_out_and_no_other() {
    let server = Server::start(|_| ok("yes"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for egress in ["socks5", "tor", "http"] {
        let names = [("time.example", server.port)];
        let proxy =
            if egress == "http" { TestProxy::http(&names) } else { TestProxy::socks5(&names) };
        let door_by = |port: u16| DoorSettings {
            egress: format!("{egress}://127.0.0.1:{port}").parse().unwrap(),
            allow_private_network: false,
            ..door()
        };
        let by = transport(door_by(proxy.port));
        assert_eq!(outcome(ask(&by, "POST", "http://time.example/", Some(b"x"))), "200 yes");
        assert_eq!(proxy.asked().len(), 1, "{egress}");
        assert_eq!(proxy.asked()[0].place, "time.example:80", "the proxy resolves the name");
        let sent = outcome(ask(&by, "GET", &server.url("/"), None));
        assert!(sent.starts_with("refused: "), "{egress}: {sent}");

        let before = server.connections.load(Ordering::SeqCst);
        let down = transport(DoorSettings { allow_private_network: true, ..door_by(closed) });
        let sent = outcome(ask(&down, "GET", &server.url("/"), None));
        assert!(sent.starts_with("failed: no connection to the proxy"), "{egress}: {sent}");
        assert_eq!(server.connections.load(Ordering::SeqCst), before, "nothing goes around it");
    }
}

#[test]
fn a_service_proves_its_name() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    for (authority, name, answered) in [
        (&ours, "127.0.0.1", true),
        (&ours, "elsewhere.example", false),
        (&theirs, "127.0.0.1", false),
    ] {
        let (config, _) = authority.server(&[name], false, false);
        let server = Server::start_tls(config, |_| ok("yes"));
        let by = transport(DoorSettings { extra_authorities: vec![ours.der()], ..door() });
        let url = format!("https://127.0.0.1:{}/", server.port);
        for _ in 0..2 {
            let sent = outcome(ask(&by, "POST", &url, Some(b"x")));
            assert_eq!(sent == "200 yes", answered, "{name}: {sent}");
        }
        assert_eq!(server.seen().is_empty(), !answered, "nothing is asked of a stranger");
        assert_eq!(server.connections.load(Ordering::SeqCst), if answered { 1 } else { 2 });
    }
}
