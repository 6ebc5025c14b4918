//! What is kept equals what the server saw and sent, however it speaks.

use std::io::Cursor;
use std::time::Duration;

use witnessmark_archive::{Verdict, check};
use witnessmark_capture::{
    Cut, Ending, Exchange, FailureKind, FileAbout, NothingKnown, RecordWriter,
};
use witnessmark_model::{Digest, Moment};

use crate::server::{Server, Step, ok, send};
use crate::{Counting, settings, visit_all};

/// One way to answer, and what must be kept of it.
struct Case {
    name: &'static str,
    steps: Vec<Step>,
    /// The body without transfer encoding; none when no head can be told.
    payload: Option<Vec<u8>>,
    cut: Option<Cut>,
    failure: Option<FailureKind>,
    interim: usize,
    trailing: usize,
}

fn case(name: &'static str, steps: Vec<Step>, payload: &[u8]) -> Case {
    Case {
        name,
        steps,
        payload: Some(payload.to_vec()),
        cut: None,
        failure: None,
        interim: 0,
        trailing: 0,
    }
}

fn closed(bytes: impl AsRef<[u8]>) -> Vec<Step> {
    [send(bytes), vec![Step::Close]].concat()
}

fn broken(case: Case, cut: Option<Cut>, failure: FailureKind) -> Case {
    Case { cut, failure: Some(failure), ..case }
}

fn cases() -> Vec<Case> {
    let long = |size: usize| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: {}\r\n\r\n", "x".repeat(size))
    };
    let many: String = (0..500).map(|number| format!("X-{number}: y\r\n")).collect();
    let loris: Vec<Step> = b"HTTP/1.1 200 OK\r\nA: bbbbbbbbbb"
        .iter()
        .flat_map(|byte| [Step::Send(vec![*byte]), Step::Wait(Duration::from_millis(100))])
        .collect();
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    // "hello", as gzip packs it.
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    let gzip = [head.as_bytes(), packed].concat();
    vec![
        case("length", send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), b"hello"),
        case("length of nothing", send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), b""),
        case(
            "chunks, extensions, trailers",
            vec![
                Step::Send(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhel".to_vec(),
                ),
                Step::Wait(Duration::from_millis(30)),
                Step::Send(b"lo\r\n1\r\n!\r\n0\r\nX-After: y\r\n\r\n".to_vec()),
            ],
            b"hello!",
        ),
        case(
            "odd casing and spacing",
            send(
                "HTTP/1.1 200 Fine\r\ncOntEnt-LENGTH:   5   \r\nCONTENT-type:text/html\r\n\r\nhello",
            ),
            b"hello",
        ),
        case("no reason", send("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab"), b"ab"),
        case("empty reason", send("HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nab"), b"ab"),
        case("bare line feeds", send("HTTP/1.1 200 OK\nContent-Length: 2\n\nab"), b"ab"),
        case(
            "folded, spaced and invalid fields",
            send(
                "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nD : e\r\nno field\r\nContent-Length: 2\r\n\r\nab",
            ),
            b"ab",
        ),
        case(
            "latin-1 field",
            send(b"HTTP/1.1 200 OK\r\nA: \xe9\r\nContent-Length: 1\r\n\r\na"),
            b"a",
        ),
        case("no length", closed("HTTP/1.1 200 OK\r\n\r\nto the end"), b"to the end"),
        case("HTTP/1.0", closed("HTTP/1.0 200 OK\r\n\r\nold"), b"old"),
        case("no content", send("HTTP/1.1 204 No Content\r\n\r\n"), b""),
        case("encoded content stays encoded", send(gzip), packed),
        case(
            "500 fields",
            send(format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 1\r\n\r\na")),
            b"a",
        ),
        case("a head of 300 KB", send(long(300_000)), b""),
        Case {
            interim: early.len(),
            ..case(
                "interim answers",
                send(format!("{early}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")),
                b"a",
            )
        },
        Case {
            trailing: 4,
            ..case(
                "bytes after the end",
                send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabcde"),
                b"a",
            )
        },
        Case {
            trailing: 2,
            ..case(
                "bytes after the last chunk",
                send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nbc"),
                b"a",
            )
        },
        broken(
            case(
                "early end",
                closed("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"),
                b"hello",
            ),
            Some(Cut::Disconnect),
            FailureKind::Disconnect,
        ),
        broken(
            case(
                "early end in a chunk",
                closed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello"),
                b"hello",
            ),
            Some(Cut::Disconnect),
            FailureKind::Disconnect,
        ),
        broken(
            case(
                "a chunk that is none",
                closed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nxyz\r\n"),
                b"ab",
            ),
            Some(Cut::Unspecified),
            FailureKind::Protocol,
        ),
        broken(
            Case {
                payload: None,
                ..case(
                    "two lengths",
                    closed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
                    b"",
                )
            },
            Some(Cut::Unspecified),
            FailureKind::Protocol,
        ),
        broken(
            case(
                "silence in the body",
                vec![
                    Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel".to_vec()),
                    Step::Wait(Duration::from_secs(3)),
                ],
                b"hel",
            ),
            Some(Cut::Time),
            FailureKind::Timeout,
        ),
        broken(Case { payload: None, ..case("slow head", loris, b"") }, None, FailureKind::Timeout),
        broken(
            Case {
                payload: None,
                ..case("another protocol", closed("SSH-2.0-OpenSSH_9.2\r\n"), b"")
            },
            None,
            FailureKind::Protocol,
        ),
        broken(
            Case {
                payload: None,
                ..case("a head that ends early", closed("HTTP/1.1 200 OK\r\nA: b"), b"")
            },
            None,
            FailureKind::Disconnect,
        ),
        broken(
            Case { payload: None, ..case("no answer", vec![Step::Close], b"") },
            None,
            FailureKind::Disconnect,
        ),
    ]
}

#[test]
fn every_byte_is_kept_as_it_crossed_the_connection() {
    let all = cases();
    let scripts: Vec<Vec<Step>> = all.iter().map(|case| case.steps.clone()).collect();
    let server = Server::start(move |path| {
        scripts[path.trim_start_matches("/case?n=").parse::<usize>().unwrap()].clone()
    });
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.limits.head = Duration::from_millis(1500);
    settings.limits.silence = Duration::from_millis(700);
    settings.connections = 100;
    settings.connections_per_host = 100;
    let path = |number: usize| format!("/case?n={number}");
    let urls: Vec<String> = (0..all.len()).map(|number| server.url(&path(number))).collect();
    let visits = visit_all(settings, &urls);
    for (number, (case, visit)) in all.iter().zip(&visits).enumerate() {
        // A connection that the server closed after an earlier case may have cost an attempt.
        let exchange = visit.page().unwrap();
        let seen =
            server.of(&path(number)).pop().unwrap_or_else(|| panic!("{} not seen", case.name));
        hold(case, exchange, &seen.request, &seen.sent);
        let expected = match (case.cut, case.failure) {
            (Some(cut), _) => Ending::Cut { status: 200, cut },
            (None, Some(_)) => Ending::Failed(exchange.failure.clone().unwrap()),
            (None, None) => Ending::Answered { status: exchange.status().unwrap() },
        };
        assert_eq!(visit.ending, expected, "{}", case.name);
        assert_eq!(written(exchange, case.name), Verdict::Sound, "{}", case.name);
    }
}

fn hold(case: &Case, exchange: &Exchange, request: &[u8], sent: &[u8]) {
    let name = case.name;
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let response = exchange.response.first(u64::MAX).unwrap();
    let kept = [exchange.interim.as_slice(), &response, &exchange.trailing].concat();
    assert_eq!(show(&exchange.request), show(request), "{name}");
    let is_time = exchange.failure.as_ref().is_some_and(|why| why.kind == FailureKind::Timeout);
    if is_time {
        assert!(sent.starts_with(&kept) && !kept.is_empty(), "{name}: {}", show(&kept));
    } else {
        assert_eq!(show(&kept), show(sent), "{name}");
    }
    assert_eq!(
        exchange.failure.as_ref().map(|why| why.kind),
        case.failure,
        "{name}: {:?}",
        exchange.failure
    );
    assert_eq!(exchange.response_cut, case.cut, "{name}: {:?}", exchange.failure);
    assert_eq!(
        (exchange.interim.len(), exchange.trailing.len()),
        (case.interim, case.trailing),
        "{name}"
    );
    let payload = exchange.payload.map(|payload| (payload.length, payload.digest));
    let expected = case.payload.as_ref().map(|bytes| (bytes.len() as u64, Digest::of(bytes)));
    assert_eq!(payload, expected, "{name}");
    assert_eq!(exchange.connection.address.unwrap().ip().to_string(), "127.0.0.1", "{name}");
    assert!(exchange.began <= exchange.ended, "{name}");
}

/// The checker's verdict on the exchange as records.
fn written(exchange: &Exchange, name: &str) -> Verdict {
    let about = FileAbout {
        software: "witnessmark/0".to_owned(),
        robots: "ignore".to_owned(),
        egress: "direct".to_owned(),
        user_agent: "test".to_owned(),
    };
    let mut ids = Counting(0);
    let (mut writer, _) =
        RecordWriter::begin(Vec::new(), &about, Moment::from_unix_millis(0), &mut ids).unwrap();
    writer.exchange(exchange, &NothingKnown, &mut ids).unwrap();
    let length = writer.length();
    let bytes = writer.finish().unwrap();
    assert_eq!(bytes.len() as u64, length, "{name}");
    let report = check(name, Cursor::new(bytes), &mut |_| {}).unwrap();
    if report.verdict != Verdict::Sound {
        println!("{name}: {:?}", report.problems);
    }
    report.verdict
}

#[test]
fn a_body_is_decoded_for_reading_only() {
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
    let head =
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n";
    assert_eq!(packed.len(), 0x19);
    let answer = [&head[..], packed, b"\r\n0\r\n\r\n"].concat();
    let server = Server::start(move |_| send(&answer));
    let folder = tempfile::tempdir().unwrap();
    let done = visit_all(settings(folder.path()), &[server.url("/")]).pop().unwrap();
    let page = done.page().unwrap();
    assert_eq!(page.decoded(100).unwrap().bytes, b"hello");
    assert_eq!(page.payload.unwrap().digest, Digest::of(packed));
}

#[test]
fn what_cannot_be_kept_is_a_failure() {
    let server = Server::start(|_| ok("more than fits in memory"));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.spool.memory = 4;
    settings.spool.folder = folder.path().join("gone");
    let done = visit_all(settings, &[server.url("/")]).pop().unwrap();
    let failure = done.page().unwrap().failure.clone().unwrap();
    assert_eq!(failure.kind, FailureKind::Machine, "{failure}");
}

#[test]
fn no_more_than_the_limit_is_kept() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    let server = Server::start(move |path| match path {
        "/exact" => {
            send(format!("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n{}", "y".repeat(2000)))
        }
        "/head" => send(format!("HTTP/1.1 200 OK\r\nX: {}", "z".repeat(100_000))),
        _ => send(format!("{head}{}", "x".repeat(100_000))),
    });
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.spool.memory = 10;
    settings.limits.response =
        "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n".len() as u64 + 2000;
    let urls = [server.url("/long"), server.url("/exact"), server.url("/head")];
    let visits = visit_all(settings.clone(), &urls);
    let long = visits[0].page().unwrap();
    assert_eq!(visits[0].ending, Ending::Cut { status: 200, cut: Cut::Length });
    assert_eq!((long.response.len(), &long.failure), (settings.limits.response, &None));
    assert!(server.of("/long")[0].sent.starts_with(&long.response.first(u64::MAX).unwrap()));
    let body = "x".repeat(usize::try_from(settings.limits.response).unwrap() - head.len());
    let payload = long.payload.unwrap();
    assert_eq!((payload.length, payload.digest), (body.len() as u64, Digest::of(body.as_bytes())));
    assert_eq!(written(long, "long"), Verdict::Sound);
    assert_eq!(visits[1].ending, Ending::Answered { status: 200 });
    let head = visits[2].page().unwrap();
    assert_eq!(head.failure.as_ref().unwrap().kind, FailureKind::Protocol);
    assert_eq!(head.response.len(), settings.limits.response);
    assert_eq!(written(head, "head"), Verdict::Sound);
}
