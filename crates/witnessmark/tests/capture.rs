//! Pages of the web, captured by the whole program from a site on this computer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use program::{assert_intact, json, lines, make_case, one, program, run, status};
use serde_json::Value;
use witnessmark_capture::{LocalPage, LocalSite};

fn page(status: u16, body: &str) -> LocalPage {
    LocalPage {
        status,
        content_type: "text/html; charset=utf-8".to_owned(),
        fields: Vec::new(),
        body: body.as_bytes().to_vec(),
    }
}

/// An article that nobody takes for anything else, about `subject`, with links to these paths.
fn article(subject: &str, links: &[String]) -> LocalPage {
    let links: String =
        links.iter().map(|path| format!("<li><a href=\"{path}\">{path}</a></li>")).collect();
    page(
        200,
        &format!(
            "<!DOCTYPE html><html lang=en><title>{subject}</title><h1>{subject}</h1>\
         <p>The office wrote on Monday that work on {subject} went on in all six townships of the county, and that the \
         last of them would be done by the end of the month.</p>\
         <p>It named 4,120 households, gave no reason for the delay in the spring, and said that a second notice would \
         follow once the lists had been compared with those of the year before.</p><ul>{links}</ul></html>"
        ),
    )
}

/// A site of `count` articles, each linked from its front page; everything else is not there.
fn site(count: usize) -> LocalSite {
    let paths: Vec<String> = (0..count).map(|number| format!("/article-{number}.html")).collect();
    let mut pages: BTreeMap<String, LocalPage> =
        paths.iter().map(|path| (path.clone(), article(path, &[]))).collect();
    pages.insert("/".to_owned(), article("the roads", &paths));
    LocalSite::serve(pages, page(404, "<title>404</title><h1>Not found</h1>")).unwrap()
}

const WEB: [&str; 6] = ["--case", "case", "add", "--allow-private-network", "--rate", "1000"];

fn captures(folder: &Path) -> Vec<Value> {
    let rows = one(json(folder, 0, &["--case", "case", "list", "captures"]));
    rows.as_array().unwrap().clone()
}

fn addresses(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().filter_map(|row| Some(row["url"].as_str()?.to_owned())).collect()
}

#[test]
fn no_connection_leaves_before_a_way_is_chosen_and_none_to_this_computer_unless_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(1);
    make_case(folder.path(), &[]);
    let url = site.url("/");
    let refused = run(folder.path(), &["--case", "case", "add", &url]);
    assert_eq!(status(&refused), 1);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("no connection leaves before you say which way"), "{said}");
    json(folder.path(), 0, &["--case", "case", "egress", "direct"]);
    let outcome = one(json(folder.path(), 1, &["--case", "case", "add", &url]));
    assert_eq!(outcome["verdict"], "error");
    let why = outcome["evidence"].to_string();
    assert!(why.contains("loopback"), "{why}");
    // A proxy that is not there: nothing goes another way.
    json(folder.path(), 0, &["--case", "case", "egress", "socks5://127.0.0.1:9"]);
    let outcome = one(json(folder.path(), 1, &[&WEB[..], &[&url]].concat()));
    assert_eq!(outcome["verdict"], "error", "{outcome}");
    assert_eq!(addresses(&captures(folder.path())).len(), 1, "an attempt is evidence, too");
    assert_intact(folder.path(), "case");
}

#[test]
fn a_page_is_captured_judged_confirmed_quoted_and_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(3);
    make_case(folder.path(), &[]);
    json(folder.path(), 0, &["--case", "case", "egress", "direct"]);
    let front = site.url("/");
    let outcomes = json(folder.path(), 0, &[&WEB[..], &["--recursive", &front]].concat());
    assert_eq!(outcomes.len(), 4);
    assert!(outcomes.iter().all(|outcome| outcome["verdict"] == "content"), "{outcomes:?}");

    // Nobody has looked yet.
    let quote = ["--case", "case", "cite", &front, "--exact", "4,120 households"];
    let refused = run(folder.path(), &quote);
    assert_eq!(status(&refused), 1);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nobody has said yet"));
    json(folder.path(), 0, &["--case", "case", "confirm", &front]);
    let cited = one(json(folder.path(), 0, &quote));
    assert_eq!(cited["exact"], "4,120 households");

    // The same again: kept as a repetition, and what differs is said.
    let again = json(folder.path(), 0, &[&WEB[..], &[&front]].concat());
    assert_eq!(again[0]["verdict"], "duplicate");
    let (first, second) =
        (outcomes[0]["capture"].as_str().unwrap(), again[0]["capture"].as_str().unwrap());
    let same = one(json(folder.path(), 0, &["--case", "case", "compare", first, second]));
    assert_eq!(same["texts"]["changes"], Value::Array(Vec::new()));
    let (one_article, other) = (site.url("/article-0.html"), site.url("/article-1.html"));
    let differ = one(json(folder.path(), 0, &["--case", "case", "compare", &one_article, &other]));
    assert!(!differ["texts"]["changes"].as_array().unwrap().is_empty(), "{differ}");
    assert_intact(folder.path(), "case");

    // What strangers read shows the day of the capture and no hour: hours tell when people work, and from where. (A dossier
    // once said it to the millisecond, in the sentence that tells how the page was captured.)
    let passage = cited["passage"].as_str().unwrap();
    json(folder.path(), 0, &["--case", "case", "claim", passage, "--act", "dna-collection"]);
    json(folder.path(), 0, &["--case", "case", "publish", "dossier"]);
    let story = run(folder.path(), &["--case", "case", "custody", passage]);
    assert!(
        !moments(&story.stdout).is_empty(),
        "the team itself sees the moment, or nothing is proved here"
    );
    let page = fs::read(folder.path().join("dossier/numbers/n001.html")).unwrap();
    assert!(
        String::from_utf8_lossy(&page).contains(" was captured by HTTP, by a direct connection, ")
    );
    for (path, bytes) in files(&folder.path().join("dossier")) {
        assert_eq!(moments(&bytes), [""; 0], "{}", path.display());
    }

    // Handed over: sound by our own checker, and with nothing that gives somebody away.
    let exported = one(json(folder.path(), 0, &["--case", "case", "export", "wacz", "out.wacz"]));
    assert_eq!(exported["secrets"], Value::Array(Vec::new()));
    let report = one(json(folder.path(), 0, &["warc", "check", "out.wacz"]));
    assert_eq!(
        (&report["kind"], &report["verdict"]),
        (&"wacz".into(), &"sound".into()),
        "{report}"
    );
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![(path.clone(), fs::read(&path).unwrap())],
    };
    entries.flat_map(read).collect()
}

/// Every hour and minute behind a date of this century, as ISO 8601 or RFC 3339 writes it.
fn moments(bytes: &[u8]) -> Vec<String> {
    let is_moment = |text: &&[u8]| {
        let shape = text.iter().zip(b"20dd-dd-ddTdd:dd");
        let mut fits = shape.map(|(byte, sign)| match sign {
            b'd' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b't' | b' '),
            _ => byte == sign,
        });
        fits.all(|fits| fits)
    };
    let found = bytes.windows(16).filter(is_moment);
    found.map(|moment| String::from_utf8_lossy(moment).into_owned()).collect()
}

#[test]
fn secrets_stop_an_export_until_they_are_masked() {
    let folder = tempfile::tempdir().unwrap();
    let mut fields = article("the wells", &[]);
    fields.fields.push(("Set-Cookie".to_owned(), "session=9f86d081884c7d65; Path=/".to_owned()));
    let site =
        LocalSite::serve(BTreeMap::from([("/".to_owned(), fields)]), page(404, "no")).unwrap();
    make_case(folder.path(), &[]);
    json(folder.path(), 0, &["--case", "case", "egress", "direct"]);
    let headers = format!(
        "[{}]
X-Reader: marta of the archive
",
        site.url("")
    );
    fs::write(folder.path().join("headers.txt"), headers).unwrap();
    let given = ["--headers", "headers.txt", &site.url("/")];
    json(folder.path(), 0, &[&WEB[..], &given].concat());
    let export = ["--case", "case", "export", "wacz", "out.wacz"];
    let refused = one(json(folder.path(), 1, &export));
    assert!(refused["secrets"].to_string().contains("set-cookie"), "{refused}");
    let hints = refused["secrets"].as_array().unwrap().iter().map(|found| &found["hint"]);
    let hints: Vec<_> = hints.filter_map(Value::as_str).collect();
    assert!(hints.iter().any(|hint| hint.starts_with("x-reader")), "{hints:?}");
    for secret in ["9f86d081884c7d65", "marta"] {
        assert!(!refused.to_string().contains(secret), "a finding never repeats the secret");
    }
    assert!(!folder.path().join("out.wacz").exists());
    let masked = one(json(folder.path(), 0, &[&export[..], &["--secrets", "mask"]].concat()));
    assert_eq!(masked["masked"], true);
    json(folder.path(), 0, &["warc", "check", "out.wacz"]);
    assert_intact(folder.path(), "case");
}

/// `add` was killed in the middle of a site. What had come was on disk, but in no log entry: the next run keeps it, and goes on
/// with the pages that were missing.
#[test]
fn a_capture_that_was_killed_is_kept_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(12);
    make_case(folder.path(), &[]);
    json(folder.path(), 0, &["--case", "case", "egress", "direct"]);
    let urls: Vec<String> =
        (0..12).map(|number| site.url(&format!("/article-{number}.html"))).collect();
    fs::write(folder.path().join("list.txt"), urls.join("\n")).unwrap();
    let add =
        ["--case", "case", "add", "--list", "list.txt", "--allow-private-network", "--rate", "8"];
    let mut child = program(folder.path()).args(add).spawn().unwrap();
    let incoming = folder.path().join("case/incoming");
    let written = || {
        let files = fs::read_dir(&incoming).into_iter().flatten().flatten();
        files.map(|file| file.metadata().map_or(0, |found| found.len())).sum::<u64>()
    };
    while written() < 6_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let outcomes = lines(&run(folder.path(), &[&add[..], &["--json"]].concat()).stdout);
    let kept = outcomes
        .iter()
        .filter(|outcome| outcome["evidence"].to_string().contains("cut off"))
        .count();
    assert!(kept > 0, "nothing of the killed run was kept: {outcomes:?}");
    let rows = captures(folder.path());
    assert_eq!(addresses(&rows), urls.iter().cloned().collect());
    assert_eq!(rows.len(), 12, "no page was captured twice");
    assert!(fs::read_dir(&incoming).unwrap().next().is_none(), "nothing is left under way");
    assert_intact(folder.path(), "case");
}
