//! Redirects, cookies and fields given by file: what goes where.

use witnessmark_capture::{CookieFile, Ending, FailureKind, HeaderFile, Purpose};

use crate::server::{Server, TestProxy, ok, redirect, send};
use crate::{settings, visit, visit_all};

#[test]
fn each_redirect_is_an_exchange_of_its_own() {
    let other = Server::start(|_| ok("there"));
    let target = other.url("/end?x=1");
    let server = Server::start(move |path| match path {
        "/a" => redirect("b/c"),
        "/b/c" => redirect("?q"),
        "/b/c?q" => redirect(&target),
        _ => redirect("/loop"),
    });
    let folder = tempfile::tempdir().unwrap();
    let done = visit(settings(folder.path()), &server.url("/a#part"));
    let urls: Vec<&str> = done.exchanges.iter().map(|exchange| exchange.url.as_str()).collect();
    let expected =
        [server.url("/a"), server.url("/b/c"), server.url("/b/c?q"), other.url("/end?x=1")];
    assert_eq!(urls, expected);
    assert_eq!(done.landed_at, other.url("/end?x=1#part"), "the fragment is handed on");
    assert_eq!(done.ending, Ending::Answered { status: 200 });
    assert!(done.exchanges.iter().all(|exchange| exchange.purpose == Purpose::Page));

    let circle = visit(settings(folder.path()), &server.url("/loop"));
    assert_eq!(circle.exchanges.len(), 21);
    assert!(
        matches!(circle.ending, Ending::Failed(failure) if failure.kind == FailureKind::Redirects)
    );
}

/// A site that we let in sends us on to places that only this computer can reach.
#[test]
fn redirects_to_places_that_are_not_public_are_refused() {
    let places = [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/",
        "http://127.1:9/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://localhost/",
        "http://localhost./",
        "http://printer.local/",
        "http://intranet/",
        "//10.0.0.1/",
        "https://192.168.0.1/",
    ];
    let server = Server::start(move |path| {
        redirect(places[path.trim_start_matches('/').parse::<usize>().unwrap()])
    });
    let proxy = TestProxy::socks5(&[("site.example", server.port)]);
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.door.allow_private_network = false;
    settings.door.egress = format!("socks5://127.0.0.1:{}", proxy.port).parse().unwrap();
    let urls: Vec<String> =
        (0..places.len()).map(|number| format!("http://site.example/{number}")).collect();
    for (visit, place) in visit_all(settings, &urls).into_iter().zip(places) {
        let Ending::Failed(failure) = &visit.ending else { panic!("{place}: {:?}", visit.ending) };
        assert_eq!(failure.kind, FailureKind::RefusedAddress, "{place}: {failure}");
        let [first, second] = visit.exchanges.as_slice() else {
            panic!("{place}: {} exchanges", visit.exchanges.len())
        };
        assert_eq!(first.status(), Some(302), "{place}");
        assert!(second.request.is_empty() && second.failure.is_some(), "{place}");
    }
    let places: Vec<String> = proxy.asked().into_iter().map(|asked| asked.place).collect();
    assert!(places.iter().all(|place| place == "site.example:80"), "{places:?}");
}

#[test]
fn what_is_no_address_of_the_web_is_refused() {
    let server = Server::start(|path| match path {
        "/file" => redirect("file:///etc/passwd"),
        "/user" => redirect("http://me:secret@127.0.0.1/"),
        _ => send("HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n"),
    });
    let folder = tempfile::tempdir().unwrap();
    for (url, exchanges) in [
        ("ftp://example.org/".to_owned(), 1),
        ("nothing".to_owned(), 0),
        (server.url("/file"), 2),
        (server.url("/user"), 2),
        ("http://me:secret@example.org/".to_owned(), 1),
    ] {
        let done = visit(settings(folder.path()), &url);
        assert_eq!(done.exchanges.len(), exchanges, "{url}");
        let Ending::Failed(failure) = done.ending else { panic!("{url}: {:?}", done.ending) };
        assert_eq!(failure.kind, FailureKind::Address, "{url}: {failure}");
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }
    let done = visit(settings(folder.path()), &server.url("/broken"));
    assert_eq!(done.ending, Ending::Answered { status: 302 }, "a redirect that leads nowhere");
}

#[test]
fn cookies_and_fields_go_to_their_own_sites_only() {
    let other = Server::start(|_| ok("there"));
    let elsewhere = format!("http://other.example:{}/x", other.port);
    let server = Server::start(move |path| match path {
        "/in" => send(
            "HTTP/1.1 302 Found\r\nLocation: /next\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 0\r\n\r\n",
        ),
        "/next" => redirect(&elsewhere),
        _ => ok("here"),
    });
    let proxy = TestProxy::socks5(&[("site.example", server.port), ("other.example", other.port)]);
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.door.egress = format!("socks5://127.0.0.1:{}", proxy.port).parse().unwrap();
    settings.cookies =
        CookieFile::parse("site.example\tFALSE\t/\tFALSE\t0\tgiven\tcookie-secret\n").unwrap();
    settings.headers = HeaderFile::parse(
        "[*]\nAccept-Language: bo\n[http://site.example]\nAuthorization: Bearer field-secret\n",
    )
    .unwrap();
    let urls = ["http://site.example/in".to_owned()];
    let done = visit_all(settings.clone(), &urls).pop().unwrap();
    assert_eq!(done.ending, Ending::Answered { status: 200 });
    let texts: Vec<String> =
        server.seen().iter().chain(&other.seen()).map(crate::server::Seen::text).collect();
    let has = |text: &str, part: &str| text.contains(part);
    let [first, second, third] = texts.as_slice() else { panic!("{texts:?}") };
    for text in [first, second] {
        assert!(has(text, "Authorization: Bearer field-secret\r\n"), "{text}");
        assert!(has(text, "Accept-Language: bo\r\n"), "{text}");
    }
    assert!(has(first, "Cookie: given=cookie-secret\r\n"), "{first}");
    assert!(has(second, "given=cookie-secret") && has(second, "session=1"), "{second}");
    assert!(has(third, "Accept-Language: bo\r\n"), "{third}");
    assert!(!has(third, "secret") && !has(third, "Cookie") && !has(third, "session"), "{third}");
    let named: Vec<_> = done.exchanges.iter().map(|one| one.private_fields.clone()).collect();
    assert_eq!(named, [vec!["authorization", "cookie"], vec!["authorization", "cookie"], vec![]]);

    // What a server set is forgotten with the job.
    visit_all(settings, &["http://site.example/again".to_owned()]);
    assert!(!has(&server.of("/again")[0].text(), "session"), "{:?}", server.of("/again"));
}

#[test]
fn a_page_that_led_here_is_told_as_browsers_do() {
    let server = Server::start(|_| ok("x"));
    let folder = tempfile::tempdir().unwrap();
    let same = server.url("/from?q=1");
    for (referrer, expected) in [
        (format!("{same}#f"), Some(same.as_str())),
        ("http://other.example/private/page".to_owned(), Some("http://other.example/")),
        ("https://other.example/private/page".to_owned(), None),
        ("urn:x".to_owned(), None),
    ] {
        let mut engine = witnessmark_capture::Engine::start(settings(folder.path())).unwrap();
        let url = server.url("/to");
        engine
            .submit(witnessmark_capture::Job { number: 0, url, referrer: Some(referrer.clone()) })
            .unwrap();
        engine.next().unwrap();
        let text = server.seen().pop().unwrap().text();
        let told = text.lines().find_map(|line| line.strip_prefix("Referer: "));
        assert_eq!(told, expected, "{referrer}");
    }
}
