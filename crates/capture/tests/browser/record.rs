//! Every request that the server saw is among the exchanges, byte for byte, and no other is.

use std::sync::Arc;

use witnessmark_capture::browser::PageEnding;
use witnessmark_capture::{CookieFile, Cut, FailureKind, HeaderFile, Purpose};
use witnessmark_model::Digest;

use super::server::{Answer, Asked, Seen, Server, gif, html, redirect, response, response_bytes};
use super::{launch, sent, settings, show};

const PICTURES: usize = 200;
const LAZY: usize = 12;

fn busy_page(asked: &Asked) -> Answer {
    let path = asked.target.split('?').next().unwrap_or_default();
    match (asked.method.as_str(), path) {
        (_, "/") => redirect("/page"),
        (_, "/page") => {
            let pictures: String =
                (0..PICTURES).map(|n| format!("<img src='/picture/{n}?a=1&amp;b=%20{n}'>")).collect();
            let lazy: String = (0..LAZY)
                .map(|n| format!("<div style='height:1500px'><img loading=lazy width=9 height=9 src='/lazy/{n}'></div>"))
                .collect();
            html(&format!(
                "<!doctype html><meta charset=utf-8><title>忙碌的页面</title><link rel=stylesheet href=/style.css>\
                 <script src=/script.js></script>{pictures}<iframe src=/frame></iframe>{lazy}"
            ))
        }
        (_, "/style.css") => {
            response("200 OK", "text/css", "body { background: url(/background.gif) }")
        }
        (_, "/script.js") => response("200 OK", "text/javascript", SCRIPT),
        (_, "/frame") => {
            html("<img src=/frame-picture><script>fetch('/from-frame', {method: 'PUT', body: 'x'})</script>")
        }
        (_, "/worker.js") => {
            response("200 OK", "text/javascript", "fetch('/from-worker').then(() => postMessage('done'))")
        }
        (_, "/service.js") => response(
            "200 OK",
            "text/javascript",
            "self.addEventListener('install', (event) => event.waitUntil(fetch('/from-service-worker')))",
        ),
        (_, "/socket") => Answer::Socket("from the server"),
        (_, "/nothing") => Answer::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        ("HEAD", "/head") => {
            Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec())
        }
        (_, "/chunks") => Answer::Bytes(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n\
              5;extension=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: yes\r\n\r\n"
                .to_vec(),
        ),
        (_, "/early") => Answer::Bytes(
            [
                b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n".to_vec(),
                response_bytes("200 OK", "text/plain", b"after the hint"),
            ]
            .concat(),
        ),
        (_, "/old") => Answer::BytesAndClose(b"HTTP/1.0 200 OK\n\nuntil the end".to_vec()),
        (_, "/short") => Answer::BytesAndClose(
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this".to_vec(),
        ),
        (_, "/range") => Answer::Bytes(
            b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/10\r\nContent-Length: 3\r\n\r\n234".to_vec(),
        ),
        (_, "/tagged") if asked.fields.contains_key("if-none-match") => {
            Answer::Bytes(b"HTTP/1.1 304 Not Modified\r\nETag: \"one\"\r\n\r\n".to_vec())
        }
        (_, "/tagged") => Answer::Bytes(
            b"HTTP/1.1 200 OK\r\nETag: \"one\"\r\nCache-Control: no-cache\r\nContent-Length: 6\r\n\r\ntagged".to_vec(),
        ),
        (_, "/moved") => redirect("/moved-here"),
        (_, "/slow") => Answer::Endless(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n".to_vec(),
            b"more ",
            std::time::Duration::from_millis(50),
        ),
        (_, "/missing") => response("404 Not Found", "text/html", "missing"),
        (_, path) if path.ends_with(".gif") || path.contains("picture") || path.contains("lazy") => {
            gif()
        }
        (_, path) => response("200 OK", "text/plain; charset=utf-8", format!("this is {path}")),
    }
}

const SCRIPT: &str = r"
const ask = (path, options) => fetch(path, options).then((r) => r.arrayBuffer()).catch((e) => console.warn(path, e.name));
(async () => {
  await ask('/fetched');
  await ask('/head', { method: 'HEAD' });
  await ask('/nothing');
  await ask('/chunks');
  await ask('/early');
  await ask('/old');
  await ask('/short');
  await ask('/range', { headers: { Range: 'bytes=2-4' } });
  await ask('/tagged');
  await ask('/tagged');
  await ask('/moved');
  await ask('/missing');
  await ask('/upload', { method: 'POST', body: 'é'.repeat(200000) });
  const request = new XMLHttpRequest();
  request.open('POST', '/xhr');
  request.send(new URLSearchParams({ a: 'б', c: 'ح' }));
  const leave = new AbortController();
  ask('/slow', { signal: leave.signal });
  setTimeout(() => leave.abort(), 300);
  const socket = new WebSocket('ws://' + location.host + '/socket');
  socket.onmessage = () => { socket.send('from the page'); setTimeout(() => socket.close(), 100); };
  new Worker('/worker.js');
  navigator.serviceWorker.register('/service.js');
  navigator.sendBeacon('/beacon', 'beacon body');
  console.log('script', 'done');
})();
";

/// Requests and the responses as far as they are known to have arrived, in an order of their own.
fn sorted(mut all: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<(String, String)> {
    all.sort();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    all.into_iter().map(|(request, response)| (text(request), text(response))).collect()
}

/// The other side of a WebSocket or of an abandoned response sees how far it came only later.
fn is_open_ended(request: &[u8]) -> bool {
    let request = String::from_utf8_lossy(request);
    request.starts_with("GET /slow") || request.starts_with("GET /socket")
}

#[test]
fn the_server_and_the_record_say_the_same() {
    let server = Server::start(Arc::new(busy_page), None);
    let Some(browser) = launch(settings()) else { return };
    let capture = browser.capture(&server.url("/")).unwrap();
    show("busy", &capture);
    assert_eq!(capture.ending, PageEnding::Complete, "{:?}", capture.info);
    assert_eq!(capture.landed_at.as_deref(), Some(server.url("/page").as_str()));
    assert_eq!(capture.status, Some(200));
    assert_eq!(capture.info.title, "忙碌的页面");

    let seen = server.seen();
    let closed: Vec<&Seen> = seen.iter().filter(|seen| !is_open_ended(&seen.request)).collect();
    let by_server =
        sorted(closed.iter().map(|seen| (seen.request.clone(), seen.response.clone())).collect());
    let by_record = sorted(
        sent(&capture)
            .filter(|exchange| !is_open_ended(&exchange.request))
            .map(|exchange| {
                let mut response = exchange.interim.clone();
                response.extend(super::response_bytes(exchange));
                (exchange.request.clone(), response)
            })
            .collect(),
    );
    for pair in &by_server {
        assert!(by_record.contains(pair), "the server saw {pair:?}");
    }
    for pair in &by_record {
        assert!(by_server.contains(pair), "only the record has {pair:?}");
    }
    assert_eq!(by_record.len(), by_server.len());
    assert!(by_record.len() > PICTURES + LAZY + 20, "{}", by_record.len());

    let paths = server.paths();
    for path in [
        "/fetched",
        "/xhr",
        "/upload",
        "/from-frame",
        "/frame-picture",
        "/from-worker",
        "/from-service-worker",
        "/beacon",
        "/moved-here",
        "/background.gif",
        "/lazy/0",
        "/lazy/11",
        "/missing",
        "/socket",
        "/slow",
    ] {
        assert!(paths.iter().any(|seen| seen == path), "{path} was not asked for");
    }

    let of = |path: &str| {
        let found = sent(&capture).filter(|exchange| exchange.url.ends_with(path));
        found.collect::<Vec<_>>()
    };
    let socket = of("/socket").pop().unwrap();
    assert!(socket.url.starts_with("ws://127.0.0.1:"));
    assert_eq!(socket.status(), Some(101));
    assert!(
        super::response_bytes(socket).ends_with(b"from the server") || !socket.response.is_empty()
    );
    let log = seen.iter().find(|seen| seen.path() == "/socket").unwrap();
    assert_eq!(socket.request, log.request);

    let slow = of("/slow").pop().unwrap();
    assert_eq!(slow.response_cut, Some(Cut::Unspecified), "the page did not want the rest");
    assert!(super::response_bytes(slow).ends_with(b"more "));
    let short = of("/short").pop().unwrap();
    assert_eq!(short.response_cut, Some(Cut::Disconnect));
    assert_eq!(short.failure.as_ref().unwrap().kind, FailureKind::Disconnect);
    let head = of("/head").pop().unwrap();
    assert!(head.is_whole());
    assert_eq!(head.payload.unwrap().length, 0);
    let chunks = of("/chunks").pop().unwrap();
    assert_eq!(chunks.payload.unwrap().digest, Digest::of(b"hello world"));
    assert_eq!(of("/old").pop().unwrap().payload.unwrap().digest, Digest::of(b"until the end"));
    assert_eq!(of("/tagged").iter().filter_map(|one| one.status()).collect::<Vec<_>>(), [200, 304]);
    assert!(!of("/early").pop().unwrap().interim.is_empty());
    let page = of("/page").pop().unwrap();
    assert_eq!(page.purpose, Purpose::Page);
    assert_eq!(of("/from-frame").pop().unwrap().purpose, Purpose::Part);
    assert!(page.began < page.ended);
    let address = page.connection.address.unwrap();
    assert_eq!(address.port(), server.port);
    assert!(capture.info.console.items.iter().any(|line| line.text == "script done"));
    assert!(capture.info.failed_requests.items.iter().any(|one| one.url.ends_with("/short")));
    let moved: Vec<&str> = capture
        .exchanges
        .iter()
        .map(|one| one.url.as_str())
        .filter(|url| url.contains("/moved"))
        .collect();
    assert_eq!(moved, [server.url("/moved"), server.url("/moved-here")]);
}

#[test]
fn tls_is_that_of_the_connection_and_a_wrong_certificate_ends_there() {
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::ring::default_provider;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["site.test".to_owned(), "other.test".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    let site = |asked: &Asked| match asked.target.as_str() {
        "/" => html(
            "<title>secure</title><img src=https://other.test/a.gif><img src=https://wrong.test/b.gif>\
             <script>new WebSocket('wss://site.test/socket').onmessage = (e) => console.log(e.data, location.protocol)</script>",
        ),
        "/socket" => Answer::Socket("by wss"),
        _ => gif(),
    };
    let server = Server::start(Arc::new(site), Some(Arc::new(config)));
    let mut settings = super::public_settings(&server);
    settings.door.extra_authorities = vec![certificate.der().to_vec()];
    let headers = "[site.test]\nX-Key: for the site only\n[other.test]\nX-Other: never\n[*]\nAccept-Language: bo";
    settings.headers = HeaderFile::parse(headers).unwrap();
    let cookies =
        "site.test\tFALSE\t/\tTRUE\t0\tsession\tsecret\nother.test\tFALSE\t/\tTRUE\t0\ta\tb";
    settings.cookies = CookieFile::parse(cookies).unwrap();
    let Some(browser) = launch(settings) else { return };
    let capture = browser.capture("https://site.test/#part").unwrap();
    assert_eq!(capture.ending, PageEnding::Complete, "{:?}", capture.info);
    assert_eq!(capture.info.title, "secure");
    let page = sent(&capture).find(|one| one.url == "https://site.test/").unwrap();
    let tls = page.connection.tls.as_ref().unwrap();
    assert_eq!(tls.chain, [certificate.der().to_vec()]);
    assert_eq!(tls.verified, Ok(()));
    assert_eq!((tls.version.as_str(), tls.server_name.as_str()), ("1.3", "site.test"));
    assert_eq!(page.private_fields, ["x-key", "cookie"]);
    let request = String::from_utf8(page.request.clone()).unwrap();
    assert!(request.contains("\r\nx-key: for the site only\r\n"), "{request}");
    assert!(request.contains("\r\nCookie: session=secret\r\n"), "{request}");
    assert!(
        request.contains("accept-language: bo") && !request.contains("Accept-Language"),
        "{request}"
    );
    assert!(!request.contains("Headless") && request.contains(" Chrome/"), "{request}");
    let other = sent(&capture).find(|one| one.url == "https://other.test/a.gif").unwrap();
    let request = String::from_utf8_lossy(&other.request).to_lowercase();
    assert!(!request.contains("x-key") && !request.contains("x-other"), "{request}");
    assert!(!request.contains("\r\ncookie"), "{request}");
    assert!(sent(&capture).any(|one| one.url == "wss://site.test/socket"));
    assert!(capture.info.console.items.iter().any(|line| line.text == "by wss https:"));
    let wrong = capture.exchanges.iter().find(|one| one.url == "https://wrong.test/").unwrap();
    assert!(wrong.request.is_empty(), "nothing is sent to a server that cannot show who it is");
    assert_eq!(wrong.failure.as_ref().unwrap().kind, FailureKind::Tls);
    assert!(wrong.connection.tls.as_ref().unwrap().verified.is_err(), "its chain is kept");
    let seen = server.seen();
    assert_eq!(seen.len(), sent(&capture).count());
}
