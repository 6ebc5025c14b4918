//! Verdicts on the pages of `tests/verdict/pages`, all of them invented: the half under `tune` was
//! looked at while the rules were made, the half under `test` only counted.
//!
//! A page is a file of an HTTP response: optional lines `requested:` and `landed:` with addresses,
//! then status line, header fields, an empty line, the body. `manifest.tsv` says what each is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use proptest::prelude::*;
use witnessmark_text::verdict::{BrowserView, Code, FailedRequest, Judgement, Response, judge};
use witnessmark_text::{Hints, extract};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/verdict")
}

/// One line of the manifest.
struct Page {
    file: String,
    expected: String,
}

fn pages(half: &str) -> Vec<Page> {
    let manifest = std::fs::read_to_string(folder().join("manifest.tsv")).unwrap();
    let rows = manifest.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter(|row| row[0].starts_with(half))
        .map(|row| Page { file: row[0].to_owned(), expected: row[2].to_owned() })
        .collect()
}

/// A page's file, read into its parts.
#[derive(Default)]
struct Saved {
    requested: Option<String>,
    landed: Option<String>,
    status: u16,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

fn read(file: &str) -> Saved {
    let bytes = std::fs::read(folder().join("pages").join(file)).unwrap();
    let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap();
    let mut saved = Saved { body: bytes[end + 2..].to_vec(), ..Saved::default() };
    for line in std::str::from_utf8(&bytes[..end]).unwrap().lines() {
        if let Some(status) = line.strip_prefix("HTTP/1.1 ") {
            saved.status = status.split(' ').next().unwrap().parse().unwrap();
            continue;
        }
        let (name, value) = line.split_once(": ").unwrap();
        match name {
            "requested" => saved.requested = Some(value.to_owned()),
            "landed" => saved.landed = Some(value.to_owned()),
            _ => saved.fields.push((name.to_owned(), value.to_owned())),
        }
    }
    saved
}

fn judge_page(file: &str) -> Judgement {
    let saved = read(file);
    judge(&Response {
        requested: saved.requested.as_deref(),
        landed_on: saved.landed.as_deref(),
        status: Some(saved.status),
        fields: &saved.fields,
        body: &saved.body,
        ..Response::default()
    })
}

/// The share of right verdicts; tells the wrong ones if `WITNESSMARK_VERDICTS` names the half.
fn score(half: &str) -> (f64, Vec<String>) {
    let pages = pages(half);
    let told = std::env::var("WITNESSMARK_VERDICTS").is_ok_and(|named| named == half);
    let (mut right, mut unclear) = (0, 0);
    let mut false_content = Vec::new();
    let mut table: BTreeMap<(String, &str), u32> = BTreeMap::new();
    for page in &pages {
        let judgement = judge_page(&page.file);
        let is_right = judgement.code.as_str() == page.expected;
        *table.entry((page.expected.clone(), judgement.code.as_str())).or_default() += 1;
        if is_right {
            right += 1;
            continue;
        }
        unclear += u32::from(judgement.code == Code::Unclear);
        if judgement.code == Code::Content {
            false_content.push(page.file.clone());
        }
        if told {
            println!("{}: {} for {}", page.file, judgement.code, page.expected);
            judgement.evidence.iter().for_each(|line| println!("    {line}"));
        }
    }
    let share = f64::from(right) / pages.len() as f64;
    let wrong = pages.len() as u32 - right - unclear;
    println!(
        "half {half}: {} pages, {right} right ({:.1} %), {unclear} unclear, {wrong} wrong, {} taken for content",
        pages.len(),
        share * 100.0,
        false_content.len()
    );
    println!("expected and given: {table:?}");
    (share, false_content)
}

#[test]
fn the_pages_that_the_rules_were_made_with() {
    let (share, false_content) = score("tune");
    assert!(share >= 0.95, "{share}");
    assert!(false_content.is_empty(), "taken for content: {false_content:?}");
}

#[test]
fn the_pages_that_were_only_counted() {
    let (share, false_content) = score("test");
    assert!(share >= 0.95, "{share}");
    assert!(false_content.is_empty(), "taken for content: {false_content:?}");
}

/// The folder of data that belongs to others, or nothing where it is absent.
fn shared() -> Option<PathBuf> {
    let given = std::env::var_os("WITNESSMARK_SHARED").map(PathBuf::from);
    let folder =
        given.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    if folder.join("data/main-text").is_dir() {
        return Some(folder.join("data/main-text"));
    }
    eprintln!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
    None
}

#[test]
fn real_news_pages_are_content() {
    let Some(folder) = shared() else { return };
    let truth = std::fs::read(folder.join("ground-truth.json")).unwrap();
    let truth: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&truth).unwrap();
    let mut others = Vec::new();
    for (id, page) in &truth {
        let file = std::fs::File::open(folder.join(format!("html/{id}.html.gz"))).unwrap();
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        let judgement = judge(&Response {
            requested: page["url"].as_str(),
            landed_on: page["url"].as_str(),
            status: Some(200),
            body: &bytes,
            ..Response::default()
        });
        if judgement.code != Code::Content {
            others.push((id, page["url"].clone(), judgement));
        }
    }
    assert!(others.is_empty(), "{} of {}: {others:#?}", others.len(), truth.len());
}

const ARTICLE: &[u8] = b"<html><head><title>The ferry</title></head><body><h1>The ferry</h1>\
<p>The last ferry left at six with eleven people, two dogs and a piano on board.</p>\
<p>From tomorrow the crossing takes forty minutes longer, by the new bridge upstream.</p>\
<p>The skipper says that she will miss the fog, because only the fog made people listen.</p></body></html>";
const SHELL: &[u8] =
    b"<html><head><title>Notices</title></head><body><div id=app></div><script src=/a.js></script></body></html>";
const WALL: &[u8] =
    b"<html><head><title>Log in</title></head><body><h1>Log in to continue</h1><input type=password></body></html>";

/// Checks a verdict, and that its evidence speaks of what it should.
fn check(response: &Response<'_>, expected: Code, says: &str) {
    let judgement = judge(response);
    assert_eq!(judgement.code, expected, "{judgement:#?}");
    assert!(judgement.evidence.iter().any(|line| line.contains(says)), "{says}: {judgement:#?}");
}

#[test]
fn no_answer_is_an_error() {
    let response = Response { failure: Some("connect: refused"), ..Response::default() };
    check(&response, Code::Error, "connect: refused");
}

#[test]
fn a_page_that_breaks_off_is_partial_and_a_wall_that_does_is_a_wall() {
    let cut = Some("time: the limit of 30 s");
    check(&Response { cut, body: ARTICLE, ..Response::default() }, Code::Partial, "30 s");
    check(&Response { cut, body: WALL, ..Response::default() }, Code::LoginWall, "30 s");
    check(&Response { cut, ..Response::default() }, Code::Error, "30 s");
}

#[test]
fn content_seen_before_is_a_duplicate_and_a_wall_seen_before_is_a_wall() {
    let same_as = Some("cap-1");
    check(&Response { same_as, body: ARTICLE, ..Response::default() }, Code::Duplicate, "cap-1");
    check(&Response { same_as, body: WALL, ..Response::default() }, Code::LoginWall, "cap-1");
}

#[test]
fn a_browser_fills_a_shell_or_does_not() {
    let page = Response { status: Some(200), body: SHELL, ..Response::default() };
    check(&page, Code::Empty, "a browser capture would show");
    let text = "Notice 14\nThe office at Mill Lane will be closed on 3 and 4 May 2021. Urgent requests can be left at the police post.";
    let filled = BrowserView { visible_text: text, requests: 12, failed: &[] };
    check(&Response { browser: Some(&filled), ..page }, Code::Content, "prose");
    let failed = [FailedRequest { url: "https://api.example/notices", why: "status 500" }];
    let bare = BrowserView { visible_text: "", requests: 12, failed: &failed };
    check(&Response { browser: Some(&bare), ..page }, Code::Empty, "api.example");
    let wall = BrowserView { visible_text: "Please log in to continue", requests: 3, failed: &[] };
    check(&Response { browser: Some(&wall), ..page }, Code::LoginWall, "log in");
}

#[test]
fn a_status_without_a_body_is_what_it_says() {
    check(&Response { status: Some(204), ..Response::default() }, Code::Empty, "204");
    check(&Response { status: Some(304), ..Response::default() }, Code::Empty, "304");
    check(&Response { status: Some(404), ..Response::default() }, Code::Error, "404");
    check(&Response { status: Some(410), ..Response::default() }, Code::RemovalNotice, "410");
    check(&Response { status: Some(451), ..Response::default() }, Code::RemovalNotice, "451");
    check(&Response { status: Some(429), ..Response::default() }, Code::BotBlock, "429");
    check(&Response { status: Some(503), ..Response::default() }, Code::Error, "503");
    let fields = [("Location".to_owned(), "/news/2".to_owned())];
    let moved = Response { status: Some(301), fields: &fields, ..Response::default() };
    check(&moved, Code::Empty, "/news/2");
}

#[test]
fn pictures_and_documents_are_content_unless_they_break_off_or_show_nothing() {
    let mut picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\0\0\0\x02\0\x08\x02\0\0\0".to_vec();
    check(&Response { body: &picture, ..Response::default() }, Code::Partial, "breaks off");
    picture.extend(b"\0\0\0\0IEND\xaeB`\x82");
    check(&Response { body: &picture, ..Response::default() }, Code::Content, "a PNG picture");
    picture[16..24].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
    check(&Response { body: &picture, ..Response::default() }, Code::Empty, "a single point");
    check(
        &Response { body: b"\x01\x02\x03\x04", ..Response::default() },
        Code::Unclear,
        "not read",
    );
}

#[test]
fn a_home_page_is_no_page_of_the_site() {
    let asked = |requested, landed_on| Response {
        requested: Some(requested),
        landed_on: Some(landed_on),
        status: Some(200),
        body: ARTICLE,
        ..Response::default()
    };
    let home = asked("https://a.example/2021/05/x.html", "https://a.example/");
    check(&home, Code::Soft404, "redirected to its home page");
    let secure = asked("http://a.example/2021/05/x.html", "https://www.a.example/2021/05/x.html");
    check(&secure, Code::Content, "redirected from");
    check(&asked("https://a.example/", "https://a.example/en/"), Code::Content, "redirected from");
    check(&asked("https://t.example/x7Yz", "https://b.example/"), Code::Content, "redirected from");
}

/// Words in a language that no table has may be anything.
#[test]
fn few_words_in_an_unknown_language_are_unclear() {
    let page = "<html><body><h1>안내</h1><p>요청하신 자료는 관리자의 승인을 받은 뒤에 볼 수 있습니다. 담당 부서로 문의하십시오.</p></body></html>";
    check(&Response { body: page.as_bytes(), ..Response::default() }, Code::Unclear, "(ko)");
}

#[test]
fn evidence_repeats_no_secret_and_steers_no_terminal() {
    let fields = [("Set-Cookie".to_owned(), "session=hunter2".to_owned())];
    let page = "<html><title>Log in \u{1b}[31m</title><h1>Log in to \u{202e}continue</h1></html>";
    let judgement = judge(&Response {
        status: Some(403),
        fields: &fields,
        body: page.as_bytes(),
        ..Response::default()
    });
    let text = judgement.evidence.join("\n");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

#[test]
fn what_was_read_before_is_not_read_again() {
    let hints = Hints { media_type: Some("text/html".to_owned()), ..Hints::default() };
    for page in [ARTICLE, SHELL, WALL, b"".as_slice()] {
        let read = extract(page, &hints);
        let with = Response { body: page, read: Some(read.as_ref()), ..Response::default() };
        let without = Response { body: page, media_type: Some("text/html"), ..Response::default() };
        assert_eq!(judge(&with), judge(&without));
    }
}

/// Pieces that rules look for, put together at random.
const PIECES: &[&str] = &[
    "<html>",
    "<title>404",
    "</title>",
    "<h1>",
    "Log in to continue",
    "该内容已被发布者删除",
    "<input type=password>",
    "<script>document.cookie=1;location.reload()",
    "</script>",
    "<iframe src=x>",
    "<meta http-equiv=refresh content='0;url=/login'>",
    "<p>",
    "The ferry left at six. ",
    "доступ ограничен",
    "«",
    "\u{202e}",
    "<table><tr><td>",
    "\t",
    "{\"error\":",
    "}",
    "<a href=/>",
    "'",
    "-",
    "| ",
];

proptest! {
    #[test]
    fn no_bytes_break_it(
        body in prop::collection::vec(any::<u8>(), 0..600),
        status in prop::option::of(0_u16..1000),
        requested in ".{0,40}",
        landed in ".{0,40}",
        name in "(?i)(location|content-length|content-range|content-type|link|server|x)",
        value in ".{0,30}",
    ) {
        let fields = [(name, value)];
        let response = Response {
            requested: Some(&requested), landed_on: Some(&landed), status, fields: &fields, body: &body,
            ..Response::default()
        };
        let judgement = judge(&response);
        prop_assert!(!judgement.evidence.is_empty());
        if status.is_some_and(|status| status >= 300) {
            prop_assert_ne!(judgement.code, Code::Content);
        }
    }

    #[test]
    fn no_page_breaks_it(
        pieces in prop::collection::vec(0..PIECES.len(), 0..40),
        status in prop::sample::select(vec![None, Some(200), Some(206), Some(403), Some(451), Some(503)]),
    ) {
        let page: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let response = Response { status, body: page.as_bytes(), media_type: Some("text/html"), ..Response::default() };
        let judgement = judge(&response);
        prop_assert!(!judgement.evidence.is_empty());
        prop_assert_eq!(&judgement, &judge(&response));
    }
}
