//! Pages that want out, and pages that want no end.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use witnessmark_capture::browser::{BrowserError, PageEnding};
use witnessmark_capture::{Cut, FailureKind};

use super::server::{Answer, Asked, Server, gif, html, redirect};
use super::{launch, public_settings, sent, settings, show};

/// What a browser of this test may take beyond its budget: it closes pages on a busy computer.
const GRACE: Duration = Duration::from_secs(15);

/// Ports on 127.0.0.1 that anything listens on, from the system's table (proc_net_tcp(5)).
fn listening_ports() -> Vec<u16> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let ports = table.lines().filter_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let port = columns.next()?.strip_prefix("0100007F:")?;
        (columns.nth(1)? == "0A").then(|| u16::from_str_radix(port, 16).unwrap())
    });
    ports.collect()
}

#[test]
fn nothing_of_this_computer_or_its_network_is_reached() {
    let canary = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let canary_port = canary.local_addr().unwrap().port();
    let datagrams = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let datagram_port = datagrams.local_addr().unwrap().port();
    let caught = Arc::new(AtomicUsize::new(0));
    let count = caught.clone();
    std::thread::spawn(move || {
        for _ in canary.incoming() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let page = format!(
        "<!doctype html><title>out</title>
        <img src='http://127.0.0.1:{canary_port}/a'><img src='http://localhost:{canary_port}/b'>
        <img src='http://[::1]:{canary_port}/c'><img src='http://2130706433:{canary_port}/d'>
        <img src='http://169.254.169.254/latest/meta-data/'><img src='http://10.0.0.1/router'>
        <img src='file:///etc/hostname'><iframe src='file:///etc/passwd'></iframe><iframe src='chrome://version'></iframe>
        <script>
        const word = (name) => (error) => console.log(name, error.name || String(error));
        fetch('http://127.0.0.1:{canary_port}/e', {{ mode: 'no-cors' }}).then(word('REACHED'), word('refused'));
        fetch('file:///etc/passwd').then(word('REACHED'), word('refused'));
        new WebSocket('ws://127.0.0.1:{canary_port}/f').onerror = word('refused');
        window.open('file:///etc/passwd'); window.open('http://127.0.0.1:{canary_port}/g');
        navigator.permissions.query({{ name: 'geolocation' }}).then((p) => console.log('geolocation', p.state));
        navigator.geolocation.getCurrentPosition(word('REACHED'), word('refused'));
        const connection = new RTCPeerConnection({{ iceServers: [{{ urls: 'stun:127.0.0.1:{datagram_port}' }}] }});
        connection.onicecandidate = (e) => e.candidate && e.candidate.candidate && console.log('candidate', e.candidate.candidate);
        connection.createDataChannel('x');
        connection.createOffer().then((offer) => connection.setLocalDescription(offer));
        setTimeout(() => {{ location = 'file:///etc/passwd' }}, 200);
        setTimeout(() => {{ location = 'chrome://settings' }}, 300);
        </script>"
    );
    // Another program on this computer that finds the recording proxy's port is not served.
    let answers: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = answers.clone();
    let own_port = Arc::new(AtomicU32::new(0));
    let server_port = own_port.clone();
    let site = move |asked: &Asked| {
        if asked.target != "/" {
            return gif();
        }
        for port in listening_ports() {
            if u32::from(port) == server_port.load(Ordering::Relaxed) || port == canary_port {
                continue;
            }
            let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
            stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
            let _ =
                stream.write_all(b"GET http://site.test/leak HTTP/1.1\r\nHost: site.test\r\n\r\n");
            let mut answer = [0; 64];
            let length = stream.read(&mut answer).unwrap_or(0);
            noted.lock().unwrap().push(String::from_utf8_lossy(&answer[..length]).into_owned());
        }
        html(&page)
    };
    let server = Server::start(Arc::new(site), None);
    own_port.store(server.port.into(), Ordering::Relaxed);
    let mut settings = public_settings(&server);
    settings.time_budget = Duration::from_secs(40);
    let Some(browser) = launch(settings) else { return };
    let capture = browser.capture("http://site.test/").unwrap();
    show("out", &capture);
    assert_eq!(capture.info.title, "out", "{:?}", capture.ending);
    assert_eq!(caught.load(Ordering::Relaxed), 0, "the canary was reached");
    datagrams.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(datagrams.recv(&mut [0; 100]).is_err(), "a datagram came");
    let console: Vec<&str> =
        capture.info.console.items.iter().map(|line| line.text.as_str()).collect();
    assert!(!console.iter().any(|line| line.contains("REACHED")), "{console:?}");
    assert!(!console.iter().any(|line| line.contains("candidate")), "{console:?}");
    assert!(console.contains(&"geolocation denied"), "{console:?}");
    let refused = |part: &str| {
        capture.exchanges.iter().any(|one| {
            one.url.contains(part)
                && one.request.is_empty()
                && one.failure.as_ref().is_some_and(|why| why.kind == FailureKind::RefusedAddress)
        })
    };
    for part in ["/a", "/b", "/c", "/d", "/e", "169.254.169.254", "10.0.0.1", "/f"] {
        assert!(refused(part), "{part}: {:#?}", capture.exchanges);
    }
    assert!(!server.paths().contains(&"/leak".to_owned()));
    assert!(answers.lock().unwrap().iter().any(|answer| answer.starts_with("HTTP/1.1 407")));
    assert_eq!(server.seen().len(), sent(&capture).count());
}

/// Pages without an end: path, body, and words of the reason that the capture must give. Without a reason it must be
/// complete; for `any` either will do, since it depends on the moment.
const ENDLESS: &[(&str, &str, &str)] = &[
    (
        "/alerts",
        "<title>alerts</title>here<script>for (;;) alert('again')</script>",
        "dialogs had no end",
    ),
    (
        "/questions",
        "<title>q</title>here<script>setInterval(() => confirm('again'), 1)</script>",
        "dialogs had no end",
    ),
    (
        "/busy",
        "<title>busy</title>here<script>onload = () => { for (;;); }</script>",
        "let nothing else run",
    ),
    ("/picture", "<title>picture</title>here<img src=/endless.gif>", "still loading"),
    (
        "/reload",
        "<title>reload</title>here<script>onload = () => location.reload()</script>",
        "any",
    ),
    (
        "/windows",
        "<title>windows</title>here<script>for (let i = 0; i < 5; i++) window.open('/window' + i)</script>",
        "",
    ),
    (
        "/scroll",
        "<title>scroll</title>here<div style='height:3000px'></div><script>onscroll = () => fetch('/more')\
         .then(() => document.body.insertAdjacentHTML('beforeend', '<div style=\"height:3000px\">more</div>'))</script>",
        "",
    ),
    (
        "/asks",
        "<title>asks</title>here<script>setInterval(() => fetch('/poll' + Math.random()), 50)</script>",
        "",
    ),
    ("/downloads", "<title>downloads</title>here<iframe src=/huge></iframe>", ""),
    (
        "/memory",
        "<title>memory</title>here<script>addEventListener('beforeunload', (e) => { e.preventDefault() })</script>",
        "",
    ),
];

fn endless_site(asked: &Asked) -> Answer {
    let path = asked.target.as_str();
    let head = |kind: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n").into_bytes();
    match path {
        "/document" => Answer::Endless(
            [head("text/html"), b"<!doctype html><title>document</title>here".to_vec()].concat(),
            b"<p>and more</p>",
            Duration::from_millis(100),
        ),
        "/silent" => Answer::Endless(Vec::new(), b"", Duration::from_secs(3600)),
        "/endless.gif" => Answer::Endless(head("image/gif"), b"GIF89a", Duration::from_millis(50)),
        "/redirects" => redirect("/redirects"),
        "/huge" => Answer::Endless(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Disposition: attachment\r\n\r\n".to_vec(),
            &[0; 65536],
            Duration::from_millis(1),
        ),
        "/huge-picture" => html("<title>huge</title>here<script>fetch('/huge.gif').then((r) => r.arrayBuffer())</script>"),
        "/huge.gif" => Answer::Endless(head("image/gif"), &[0; 65536], Duration::ZERO),
        _ => match ENDLESS.iter().find(|(name, _, _)| *name == path) {
            Some((_, body, _)) => html(body),
            None => gif(),
        },
    }
}

#[test]
fn what_has_no_end_is_ended() {
    let server = Server::start(Arc::new(endless_site), None);
    let mut settings = public_settings(&server);
    settings.time_budget = Duration::from_secs(20);
    settings.response_limit = 3_000_000;
    let budget = settings.time_budget;
    let Some(browser) = launch(settings) else { return };
    let visit = |path: &str| {
        let began = Instant::now();
        let capture = browser.capture(&format!("http://site.test{path}")).unwrap();
        let took = began.elapsed();
        println!("{path}: {took:?} {:?} {:?}", capture.ending, capture.info.notes);
        assert!(took < budget + GRACE, "{path} took {took:?}");
        show(&path.replace('/', "endless-"), &capture);
        capture
    };
    let check = |path: &str, reason: &str| {
        let capture = visit(path);
        assert_eq!(
            capture.info.title,
            path.trim_start_matches('/')
                .split('-')
                .next()
                .unwrap_or_default()
                .replace("questions", "q")
        );
        // On a busy machine the time may not do for everything; what was not made is named.
        let said = |what: &str| matches!(&capture.ending, PageEnding::Partial(missing) if missing.iter().any(|why| why.contains(what)));
        assert!(
            capture.view.is_some() || said("could not be made"),
            "{path}: {:?}",
            capture.ending
        );
        assert!(capture.dom.is_some() || said("could not be made"), "{path}: {:?}", capture.ending);
        if let Some(text) = &capture.text {
            assert!(text.starts_with("here"), "{path}: {text:?}");
        }
        match (&capture.ending, reason) {
            (_, "any") => {}
            (PageEnding::Partial(missing), reason) if !reason.is_empty() => {
                assert!(missing.iter().any(|why| why.contains(reason)), "{path}: {missing:?}");
            }
            (ending, reason) => {
                assert!(reason.is_empty(), "{path}: {ending:?} without {reason:?}");
            }
        }
        capture
    };
    std::thread::scope(|scope| {
        let (first, second) = ENDLESS.split_at(ENDLESS.len() / 2);
        scope.spawn(|| first.iter().for_each(|(path, _, reason)| drop(check(path, reason))));
        second.iter().for_each(|(path, _, reason)| drop(check(path, reason)));
    });
    let document = check("/document", "still loading");
    let exchange = sent(&document).next().unwrap();
    assert_eq!(exchange.response_cut, Some(Cut::Time));
    let huge = check("/huge-picture", "");
    let picture = sent(&huge).find(|one| one.url.ends_with("/huge.gif")).unwrap();
    assert_eq!(picture.response_cut, Some(Cut::Length));
    assert!((3_000_000..3_200_000).contains(&picture.response.len()));
    for (path, reason) in [
        ("/silent", "no page came within"),
        ("/redirects", "ERR_TOO_MANY_REDIRECTS"),
        ("/huge", "capture it by HTTP"),
    ] {
        let capture = visit(path);
        let PageEnding::Partial(missing) = &capture.ending else { panic!("{path} is complete") };
        assert!(missing[0].contains(reason), "{path}: {missing:?}");
        assert!(!capture.exchanges.is_empty());
    }
}

#[test]
fn windows_are_told_and_do_not_stay() {
    let server = Server::start(Arc::new(endless_site), None);
    let Some(browser) = launch(public_settings(&server)) else { return };
    let capture = browser.capture("http://site.test/windows").unwrap();
    assert_eq!(capture.ending, PageEnding::Complete);
    let windows = &capture.info.windows.items;
    assert_eq!(windows.len(), 5, "{windows:?}");
    assert_eq!(windows[4], "http://site.test/window4");
    let recorded: Vec<_> = sent(&capture).map(|one| one.url.clone()).collect();
    // The test beside this one knocks on every port that it finds.
    let knocks = |path: &String| path.ends_with("/leak");
    let seen: Vec<_> = server.paths().into_iter().filter(|path| !knocks(path)).collect();
    assert_eq!(seen.len(), recorded.len(), "the server saw {seen:?}, recorded is {recorded:?}");
}

#[test]
fn a_killed_chromium_leaves_what_was_recorded_and_no_folder() {
    let memory = tempfile::Builder::new().prefix("wm-").tempdir_in("/dev/shm").unwrap();
    let killed = Arc::new(AtomicU32::new(0));
    let victim = killed.clone();
    let site = move |asked: &Asked| match asked.target.as_str() {
        "/" => html("<title>soon gone</title><img src=/first.gif><script>fetch('/kill')</script>"),
        "/kill" => {
            let group = victim.load(Ordering::Relaxed);
            let pid = rustix::process::Pid::from_raw(i32::try_from(group).unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            gif()
        }
        _ => gif(),
    };
    let server = Server::start(Arc::new(site), None);
    let with_folder = || {
        let mut settings = settings();
        settings.profile_folder = Some(memory.path().to_owned());
        settings
    };
    let Some(browser) = launch(with_folder()) else { return };
    let (process, profile) = browser.process();
    assert!(profile.starts_with(memory.path()) && profile.exists());
    killed.store(process, Ordering::Relaxed);
    let capture = browser.capture(&server.url("/")).unwrap();
    let PageEnding::Partial(missing) = &capture.ending else { panic!("complete") };
    assert!(missing[0].contains("Chromium ended"), "{missing:?}");
    assert!(sent(&capture).any(|one| one.url.ends_with("/") && one.is_whole()));
    assert!(sent(&capture).any(|one| one.url.ends_with("/kill")));
    let again = browser.capture(&server.url("/first.gif"));
    assert!(matches!(again, Err(BrowserError::Ended { .. })));
    drop(browser);
    assert_eq!(std::fs::read_dir(memory.path()).unwrap().count(), 0);
    // And a new one starts where the old one was.
    let browser = launch(with_folder()).unwrap();
    assert_eq!(browser.capture(&server.url("/first.gif")).unwrap().status, Some(200));
    drop(browser);
    assert_eq!(std::fs::read_dir(memory.path()).unwrap().count(), 0);
}
