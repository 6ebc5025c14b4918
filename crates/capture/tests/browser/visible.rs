//! What is made of a page, and what is done with it before.

use std::sync::Arc;

use witnessmark_capture::browser::{Behaviours, Browser, PageCapture, PageEnding, Views};

use super::server::{Answer, Asked, Server, gif, html, response};
use super::{launch, settings, show};

/// Width and height of a PNG picture (its IHDR chunk).
fn png_size(capture: &PageCapture) -> (u32, u32) {
    let bytes = capture.view.as_ref().unwrap().first(24).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

fn did<'c>(capture: &'c PageCapture, name: &str) -> &'c str {
    &capture.info.behaviours.iter().find(|report| report.name == name).unwrap().did
}

const ARTICLE: &str = r##"<!DOCTYPE html>
<html lang=zh><head><meta charset=utf-8><title>一篇文章</title>
<style>#banner{position:fixed;bottom:0;background:#fc9;left:0;right:0;padding:1em} .fold{display:none}</style></head>
<body><h1>寄宿学校的报告</h1><p>第一段。<span class=fold id=rest>折叠的内容 92万</span></p>
<button type=button id=more onclick="document.getElementById('rest').className='';fetch('/more')">展开全文 ↓</button>
<span style="cursor:pointer" onclick="document.getElementById('ru').className=''">Ещё…</span><i id=ru class=fold>русский текст</i>
<div role=button tabindex=0 onclick="document.getElementById('ar').className=''">اقرأ المزيد</div><i id=ar class=fold>نص عربي</i>
<a href="/elsewhere">阅读全文</a>
<a href="#" onclick="location.href='/elsewhere-by-script'">read more</a>
<form action="/submitted"><button>更多</button></form>
<details><summary>Notes</summary>inside the details</details>
<div id=host></div>
<div style="height:3000px"></div><img loading=lazy src="/late.gif" width=20 height=20>
<div id=banner class="cookie-consent">我们使用 Cookie <button onclick="act('同意')">全部接受</button> <button onclick="act('拒绝')">全部拒绝</button></div>
<script>
function act(word) { document.getElementById('banner').remove(); console.error('banner', word); }
const root = document.getElementById('host').attachShadow({ mode: 'open' });
root.innerHTML = '<p>in the shadow</p>';
document.body.setAttribute('data-made-by', 'script');
undefinedFunction();
</script></body></html>"##;

fn site(asked: &Asked) -> Answer {
    match asked.target.as_str() {
        "/article" => html(ARTICLE),
        "/plain" => html("<!doctype html><title>plain</title><p>no script</p><a href=/x>read more</a>"),
        "/tall" => html("<title>tall</title><div style='height:60000px;background:linear-gradient(red,blue)'>tall</div>"),
        "/file" => Answer::Bytes(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=a.zip\r\nContent-Length: 4\r\n\r\nPK\x03\x04"
                .to_vec(),
        ),
        "/nothing" => Answer::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        "/gone" => response("404 Not Found", "text/html; charset=utf-8", "<title>404</title>内容不存在"),
        path if path.ends_with(".gif") => gif(),
        path => response("200 OK", "text/plain", path),
    }
}

fn capture(browser: &Browser, server: &Server, path: &str) -> PageCapture {
    let capture = browser.capture(&server.url(path)).unwrap();
    show(path.trim_start_matches('/'), &capture);
    capture
}

#[test]
fn a_page_is_seen_as_a_reader_sees_it() {
    let server = Server::start(Arc::new(site), None);
    let mut settings = settings();
    settings.language = "zh-CN".to_owned();
    let Some(browser) = launch(settings) else { return };

    let article = capture(&browser, &server, "/article");
    assert_eq!(article.ending, PageEnding::Complete, "{:?}", article.info);
    assert_eq!(article.info.title, "一篇文章");
    let text = article.text.as_deref().unwrap();
    for shown in ["折叠的内容 92万", "русский текст", "نص عربي", "inside the details"]
    {
        assert!(text.contains(shown), "{shown}: {text}\n{:?}", article.info.behaviours);
    }
    assert!(!text.contains("Cookie"), "{text}");
    let dom = article.dom.as_deref().unwrap();
    assert!(dom.starts_with("<!DOCTYPE html>\n<html lang=\"zh\""), "{}", &dom[..60]);
    for part in ["<template shadowrootmode=\"open\"", "in the shadow", "data-made-by=\"script\""] {
        assert!(dom.contains(part), "{part}: {dom}");
    }
    assert!(dom.ends_with("</html>"));
    assert_eq!(did(&article, "cookie_banner"), "declined by clicking \"全部拒绝\"");
    let expanded = did(&article, "expand");
    assert!(expanded.starts_with("clicked 4: "), "{expanded}");
    assert!(expanded.contains("1 <details>") && expanded.contains("1 kept from"), "{expanded}");
    assert!(did(&article, "scroll").contains("the end of the page"));
    let console = &article.info.console.items;
    assert!(console.iter().any(|line| line.level == "error" && line.text == "banner 拒绝"));
    let thrown = console.iter().find(|line| line.level == "exception").unwrap();
    assert!(thrown.text.contains("undefinedFunction is not defined") && thrown.line > 10);
    assert!(png_size(&article).1 > 3000 && png_size(&article).0 == 1280);
    assert!(article.pdf.as_ref().unwrap().first(5).unwrap().starts_with(b"%PDF-"));
    let paths = server.paths();
    assert!(paths.contains(&"/more".to_owned()) && paths.contains(&"/late.gif".to_owned()));
    for never in ["/elsewhere", "/elsewhere-by-script", "/submitted"] {
        assert!(!paths.iter().any(|path| path.starts_with(never)), "{never}");
    }
    let request = String::from_utf8(server.seen()[0].request.clone()).unwrap();
    assert!(request.contains("Accept-Language: zh-CN,zh;q=0.9"), "{request}");

    let plain = capture(&browser, &server, "/plain");
    assert_eq!(plain.ending, PageEnding::Complete);
    assert!(plain.info.behaviours.iter().all(|report| report.did.starts_with("nothing: ")));
    assert_eq!(png_size(&plain), (1280, 900));

    let tall = capture(&browser, &server, "/tall");
    assert_eq!(png_size(&tall), (1280, 16_000));
    assert!(
        tall.info.notes.iter().any(|note| note.contains("of 1280 x 600")),
        "{:?}",
        tall.info.notes
    );

    let gone = capture(&browser, &server, "/gone");
    assert_eq!((gone.status, gone.text.as_deref()), (Some(404), Some("内容不存在")));

    for (path, reason) in [("/file", "capture it by HTTP"), ("/nothing", "no page came")] {
        let none = capture(&browser, &server, path);
        let PageEnding::Partial(missing) = &none.ending else { panic!("{path} is complete") };
        assert!(missing[0].contains(reason), "{path}: {missing:?}");
        assert!(none.view.is_none() && none.landed_at.is_none() && !none.exchanges.is_empty());
    }
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let nobody = browser.capture(&format!("http://{closed}/")).unwrap();
    assert!(nobody.exchanges[0].failure.is_some());
    assert!(matches!(nobody.ending, PageEnding::Partial(_)) && nobody.view.is_none());
    for address in
        ["file:///etc/passwd", "chrome://version", "about:blank", "nonsense", "http://a:b@c.test/"]
    {
        assert!(browser.capture(address).is_err(), "{address}");
    }
}

#[test]
fn what_is_switched_off_is_not_done() {
    let server = Server::start(Arc::new(site), None);
    let mut settings = settings();
    settings.behaviours = Behaviours { cookie_banner: false, expand: false, scroll: false };
    settings.views = Views { picture: true, pdf: false, dom: false, text: false };
    let Some(browser) = launch(settings) else { return };
    // Two pages at once, each with what is its own.
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| capture(&browser, &server, "/article"));
        let second = capture(&browser, &server, "/plain");
        (first.join().unwrap(), second)
    });
    assert!(first.info.behaviours.is_empty());
    assert!(first.dom.is_none() && first.text.is_none() && first.pdf.is_none());
    assert!(!server.paths().contains(&"/more".to_owned()));
    assert!(first.exchanges.iter().all(|one| !one.url.ends_with("/plain")));
    assert!(second.exchanges.iter().all(|one| !one.url.ends_with("/article")));
    assert_eq!(second.info.title, "plain");
}
