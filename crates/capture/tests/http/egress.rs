//! The one way out: names are resolved where it says, and nothing goes around it.

use std::net::{IpAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use url::Url;
use witnessmark_capture::{Door, DoorSettings, Ending, FailureKind, Through};

use crate::server::{Asked, Server, TestProxy, ok};
use crate::{settings, visit};

#[test]
fn names_are_resolved_at_the_proxy() {
    let server = Server::start(|_| ok("hello"));
    let names = [("no-such-name.example", server.port), ("abc.onion", server.port)];
    let asked = |place: &str, credentials: Option<&str>| Asked {
        place: place.to_owned(),
        credentials: credentials.map(str::to_owned),
    };
    type Make = fn(&[(&str, u16)]) -> TestProxy;
    let cases: [(&str, Make, &str, Option<&str>); 5] = [
        ("socks5://127.0.0.1", TestProxy::socks5, "no-such-name.example", None),
        ("socks5://me:pw@127.0.0.1", TestProxy::socks5, "no-such-name.example", Some("me:pw")),
        // Circuits of its own for each host.
        (
            "tor://127.0.0.1",
            TestProxy::socks5,
            "no-such-name.example",
            Some("no-such-name.example:witnessmark"),
        ),
        ("tor://127.0.0.1", TestProxy::socks5, "abc.onion", Some("abc.onion:witnessmark")),
        ("http://me:pw@127.0.0.1", TestProxy::http, "no-such-name.example", Some("Basic bWU6cHc=")),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (egress, start, host, credentials) in cases {
        let proxy = start(&names);
        let mut settings = settings(folder.path());
        settings.door.allow_private_network = false;
        settings.door.egress = format!("{egress}:{}", proxy.port).parse().unwrap();
        let done = visit(settings, &format!("http://{host}/"));
        assert_eq!(done.ending, Ending::Answered { status: 200 }, "{egress}");
        assert_eq!(proxy.asked(), [asked(&format!("{host}:80"), credentials)], "{egress}");
        let connection = &done.page().unwrap().connection;
        assert_eq!(connection.address, None, "{egress}: who answered is not known");
        match (&connection.through, egress.starts_with("tor")) {
            (Through::Tor, true) => {}
            (Through::Proxy(place), false) => {
                assert_eq!(*place, format!("127.0.0.1:{}", proxy.port))
            }
            other => panic!("{egress}: {other:?}"),
        }
    }
}

#[test]
fn nothing_goes_around_a_proxy_that_is_down() {
    let server = Server::start(|_| ok("hello"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    for egress in ["socks5", "tor", "http"] {
        let mut settings = settings(folder.path());
        settings.door.egress = format!("{egress}://127.0.0.1:{closed}").parse().unwrap();
        let done = visit(settings, &server.url("/"));
        let Ending::Failed(failure) = done.ending else { panic!("{egress}: {:?}", done.ending) };
        assert_eq!(failure.kind, FailureKind::Egress, "{egress}: {failure}");
        assert!(done.exchanges[0].request.is_empty(), "{egress}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[test]
fn what_a_proxy_cannot_reach_fails() {
    let folder = tempfile::tempdir().unwrap();
    let proxies = [("socks5", TestProxy::socks5(&[])), ("http", TestProxy::http(&[]))];
    for (egress, proxy) in proxies {
        let mut settings = settings(folder.path());
        settings.door.egress = format!("{egress}://127.0.0.1:{}", proxy.port).parse().unwrap();
        let done = visit(settings, "https://no-such-name.example/");
        assert!(matches!(done.ending, Ending::Failed(_)), "{egress}: {:?}", done.ending);
        assert_eq!(proxy.asked().len(), 1, "{egress}");
    }
}

fn door_settings(allow_private_network: bool) -> DoorSettings {
    let folder = std::env::temp_dir();
    DoorSettings { allow_private_network, ..settings(&folder).door }
}

async fn open(door: &Door, url: &str) -> Result<Option<IpAddr>, FailureKind> {
    let opened = door.open(&Url::parse(url).unwrap()).await;
    opened
        .map(|(_, connection)| connection.address.map(|address| address.ip()))
        .map_err(|not| not.failure.kind)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A name is refused when any of its addresses is not public: which one is used is not for its owner to choose.
#[test]
fn names_that_lead_home_are_refused() {
    let server = Server::start(|_| ok("home"));
    for addresses in [
        vec!["127.0.0.1"],
        vec!["::1"],
        vec!["8.8.8.8", "127.0.0.1"],
        vec!["10.0.0.1", "8.8.8.8"],
        vec!["::ffff:127.0.0.1"],
        vec!["169.254.169.254"],
    ] {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let given = addresses.clone();
        let door = Door::new(door_settings(false))
            .unwrap()
            .with_resolver(Arc::new(move |_| Ok(given.clone())));
        let url = format!("http://site.example:{}/", server.port);
        assert_eq!(run(open(&door, &url)), Err(FailureKind::RefusedAddress), "{addresses:?}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

/// DNS rebinding: a name that is public when it is checked and local when it is used.
#[test]
fn a_name_is_resolved_once_and_that_very_address_is_used() {
    let server = Server::start(|_| ok("home"));
    let count = Arc::new(AtomicUsize::new(0));
    let names = Arc::new(Mutex::new(Vec::new()));
    let (counted, named) = (count.clone(), names.clone());
    let door = Door::new(door_settings(true)).unwrap().with_resolver(Arc::new(move |name| {
        named.lock().unwrap().push(name.to_owned());
        // Only the first answer leads to the server.
        let last = if counted.fetch_add(1, Ordering::SeqCst) == 0 { 1 } else { 2 };
        Ok(vec![IpAddr::from([127, 0, 0, last])])
    }));
    let url = format!("http://SITE.example.:{}/", server.port);
    assert_eq!(run(open(&door, &url)), Ok(Some(IpAddr::from([127, 0, 0, 1]))));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(*names.lock().unwrap(), ["site.example"]);
}

#[test]
fn onion_names_are_told_to_nobody_but_tor() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let door = Door::new(door_settings(true)).unwrap().with_resolver(Arc::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(Vec::new())
    }));
    assert_eq!(run(open(&door, "http://abc.onion/")), Err(FailureKind::RefusedAddress));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(run(open(&door, "http://site.example/")), Err(FailureKind::Connect));
}
