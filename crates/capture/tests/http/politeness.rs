//! Rules for robots, pace, further attempts, and stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use witnessmark_capture::{
    Ending, Engine, Exchange, FailureKind, Job, Purpose, RobotsPolicy, Visit,
};

use crate::server::{Seen, Server, Step, ok, redirect, send};
use crate::{settings, visit, visit_all};

fn paths(server: &Server) -> Vec<String> {
    server.seen().iter().map(Seen::path).collect()
}

fn failure(visit: &Visit) -> Option<FailureKind> {
    match &visit.ending {
        Ending::Failed(failure) => Some(failure.kind),
        _ => None,
    }
}

#[test]
fn rules_for_robots_are_fetched_once_kept_and_recorded() {
    let server = Server::start(|path| match path {
        "/robots.txt" => redirect("/rules.txt"),
        "/rules.txt" => ok("User-agent: witnessmark\nDisallow: /private\n"),
        "/way" => redirect("/private/x"),
        _ => ok("hello"),
    });
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.robots = RobotsPolicy::Obey;
    let urls: Vec<String> =
        ["/open", "/private/a", "/way"].iter().map(|path| server.url(path)).collect();
    let visits = visit_all(settings.clone(), &urls);
    assert_eq!(visits[0].ending, Ending::Answered { status: 200 });
    assert_eq!(failure(&visits[1]), Some(FailureKind::Robots));
    assert_eq!(failure(&visits[2]), Some(FailureKind::Robots), "behind a redirect too");
    let rules: Vec<&Exchange> = visits
        .iter()
        .flat_map(|visit| &visit.exchanges)
        .filter(|exchange| exchange.purpose == Purpose::Robots)
        .collect();
    assert_eq!(rules.iter().map(|one| one.status()).collect::<Vec<_>>(), [Some(302), Some(200)]);
    let refused = visits[1].page().unwrap();
    assert!(refused.request.is_empty() && refused.url.ends_with("/private/a"));
    let mut seen = paths(&server);
    seen.sort();
    assert_eq!(seen, ["/open", "/robots.txt", "/rules.txt", "/way"]);

    settings.robots = RobotsPolicy::Ignore;
    let ignored = visit(settings, &server.url("/private/b"));
    assert_eq!(ignored.ending, Ending::Answered { status: 200 });
    assert_eq!(ignored.exchanges.len(), 1, "not even fetched");
}

#[test]
fn a_site_whose_rules_cannot_be_had_is_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    type Script = fn(&str) -> Vec<Step>;
    let cases: [(Script, Option<FailureKind>); 4] = [
        (
            |path| {
                if path == "/robots.txt" {
                    send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
                } else {
                    ok("x")
                }
            },
            None,
        ),
        (|_| send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), Some(FailureKind::Robots)),
        (|_| vec![Step::Close], Some(FailureKind::Disconnect)),
        (|path| if path.starts_with("/p") { ok("x") } else { redirect("/robots.txt") }, None),
    ];
    for (number, (script, expected)) in cases.into_iter().enumerate() {
        let server = Server::start(script);
        let mut settings = settings(folder.path());
        settings.robots = RobotsPolicy::Obey;
        let done = visit(settings, &server.url("/page"));
        assert_eq!(failure(&done), expected, "case {number}: {:?}", done.ending);
        assert_eq!(paths(&server).contains(&"/page".to_owned()), expected.is_none());
    }
}

/// Milliseconds between the beginnings of exchanges, in their order.
fn gaps(visits: &[Visit]) -> Vec<i64> {
    let mut began: Vec<i64> = visits
        .iter()
        .flat_map(|visit| &visit.exchanges)
        .map(|exchange| exchange.began.unix_millis())
        .collect();
    began.sort_unstable();
    began.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_host_is_asked_at_its_own_pace() {
    let folder = tempfile::tempdir().unwrap();
    let patient = Server::start(|path| match path {
        "/robots.txt" => ok("User-agent: *\nCrawl-delay: 0.3\n"),
        _ => ok("x"),
    });
    let mut slow = settings(folder.path());
    slow.robots = RobotsPolicy::Obey;
    slow.connections_per_host = 4;
    let urls: Vec<String> = (0..3).map(|number| patient.url(&format!("/{number}"))).collect();
    let by_robots = gaps(&visit_all(slow, &urls));
    assert!(by_robots.iter().all(|gap| *gap >= 290), "{by_robots:?}");

    let server = Server::start(|_| ok("x"));
    let mut slow = settings(folder.path());
    slow.delay = Duration::from_millis(200);
    slow.connections_per_host = 4;
    let urls: Vec<String> = (0..3).map(|number| server.url(&format!("/{number}"))).collect();
    let by_us = gaps(&visit_all(slow, &urls));
    assert!(by_us.iter().all(|gap| *gap >= 190), "{by_us:?}");
}

/// A server that fails so many times before it answers.
fn failing(times: usize, how: &'static str) -> Server {
    let count = Arc::new(AtomicUsize::new(0));
    Server::start(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) < times { send(how) } else { ok("at last") }
    })
}

#[test]
fn passing_failures_are_tried_again_and_every_attempt_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nabc";
    for (times, how, attempts, last) in [
        (2, busy, 3, 200),
        (9, busy, 4, 503),
        (1, "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", 2, 200),
        (1, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 1, 404),
        (1, "HTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n", 1, 501),
    ] {
        let server = failing(times, how);
        let mut settings = settings(folder.path());
        settings.retries = 3;
        let done = visit(settings, &server.url("/"));
        assert_eq!(done.ending, Ending::Answered { status: last }, "{how}");
        assert_eq!((done.exchanges.len(), server.seen().len()), (attempts, attempts), "{how}");
    }
    let count = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => [send(cut), vec![Step::Close]].concat(),
        _ => ok("at last"),
    });
    let mut patient = settings(folder.path());
    patient.retries = 1;
    let done = visit(patient, &server.url("/"));
    assert_eq!(done.ending, Ending::Answered { status: 200 });
    assert!(done.exchanges[0].response_cut.is_some(), "what came first is kept too");

    // Waits double: 100 + 200 ms.
    let server = failing(2, busy);
    let mut patient = settings(folder.path());
    (patient.retries, patient.back_off) = (2, Duration::from_millis(100));
    let waits = gaps(&[visit(patient, &server.url("/"))]);
    assert!(waits[0] >= 95 && waits[1] >= 195, "{waits:?}");
}

#[test]
fn retry_after_goes_before_our_own_wait() {
    let folder = tempfile::tempdir().unwrap();
    for (field, at_least) in [
        ("Retry-After: 1", 990),
        ("Date: Wed, 21 Oct 2026 07:28:00 GMT\r\nRetry-After: Wed, 21 Oct 2026 07:28:01 GMT", 990),
        ("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ] {
        let answer = format!("HTTP/1.1 429 Slow\r\n{field}\r\nContent-Length: 0\r\n\r\n");
        let count = Arc::new(AtomicUsize::new(0));
        let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
            0 => send(&answer),
            _ => ok("x"),
        });
        let mut patient = settings(folder.path());
        patient.retries = 1;
        let waits = gaps(&[visit(patient, &server.url("/"))]);
        assert!(waits.len() == 1 && waits[0] >= at_least && waits[0] < 3000, "{field}: {waits:?}");
    }
    let server = failing(1, "HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n");
    let mut patient = settings(folder.path());
    patient.retries = 3;
    let done = visit(patient, &server.url("/"));
    assert_eq!(done.ending, Ending::Answered { status: 503 }, "an hour is not waited for");
}

#[test]
fn connections_are_used_again_and_a_closed_one_costs_nothing() {
    let count = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |_| {
        let steps = ok("x");
        // Every third answer closes the connection without saying so.
        match count.fetch_add(1, Ordering::SeqCst) % 3 {
            2 => [steps, vec![Step::Close]].concat(),
            _ => steps,
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.connections = 1;
    let urls: Vec<String> = (0..12).map(|number| server.url(&format!("/{number}"))).collect();
    for visit in visit_all(settings, &urls) {
        assert_eq!(visit.ending, Ending::Answered { status: 200 });
    }
    let connections = server.connections.load(Ordering::SeqCst);
    assert!((4..=5).contains(&connections), "{connections} connections for 12 pages");
}

#[test]
fn what_is_under_way_ends_as_cut_when_stopped() {
    let server = Server::start(|path| match path {
        "/body" => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc".to_vec()),
            Step::Wait(Duration::from_secs(20)),
        ],
        _ => vec![Step::Wait(Duration::from_secs(20))],
    });
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.connections_per_host = 2;
    let mut engine = Engine::start(settings).unwrap();
    for (number, path) in (0..).zip(["/body", "/head", "/waits"]) {
        engine.submit(Job { number, url: server.url(path), referrer: None }).unwrap();
    }
    while server.of("/body").iter().all(|seen| seen.sent.is_empty())
        || server.of("/head").is_empty()
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    let stopper = engine.stopper();
    std::thread::spawn(move || stopper.stop()).join().unwrap();
    let mut visits: Vec<Visit> = std::iter::from_fn(|| engine.next()).collect();
    visits.sort_by_key(|visit| visit.job.number);
    assert!(matches!(visits[0].ending, Ending::Cut { status: 200, .. }), "{:?}", visits[0].ending);
    assert_eq!(failure(&visits[1]), Some(FailureKind::Stopped));
    assert_eq!(failure(&visits[2]), Some(FailureKind::Stopped));
    assert!(visits[0].page().unwrap().response.first(99).unwrap().ends_with(b"abc"));
    assert!(server.of("/waits").is_empty());
}

#[test]
fn a_full_engine_gives_the_job_back() {
    let server = Server::start(|_| ok("x"));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.jobs = 2;
    let mut engine = Engine::start(settings).unwrap();
    assert!(engine.next().is_none());
    let job = |number| Job { number, url: server.url("/"), referrer: None };
    engine.submit(job(0)).unwrap();
    engine.submit(job(1)).unwrap();
    assert_eq!(engine.submit(job(2)), Err(job(2)));
    assert!(engine.next().is_some());
    engine.submit(job(2)).unwrap();
    assert_eq!(std::iter::from_fn(|| engine.next()).count(), 2);
}
