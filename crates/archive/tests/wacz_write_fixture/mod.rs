//! A small site, captured, as WARC files and as a WACZ.
#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{self, Cursor};

use sha2::{Digest as _, Sha256};
use witnessmark_archive::{
    Algorithm, NewPage, NewRecord, NewWacz, RecordType, TimeStamper, WaczKey, WaczWriter,
    WarcWriter, write_digest,
};

/// The page that replay must give, byte for byte.
pub(crate) const PAGE: &str = "<!doctype html><meta charset=utf-8><title>事件</title>\
    <p>2008-03-14, 拉萨 — a page that was captured.</p>\n";
/// Its address. (pywb answers 500 when a target URI is not ASCII.)
pub(crate) const URL: &str = "http://example.com/a/%E4%BA%8B%E4%BB%B6?q=1";
/// When everything was captured.
pub(crate) const TIME: &str = "2026-11-22T22:11:00Z";

fn record(record_type: RecordType, number: u32, url: Option<&str>) -> NewRecord {
    NewRecord {
        record_type,
        record_id: id(number),
        date: TIME.to_owned(),
        target_uri: url.map(str::to_owned),
        content_type: None,
        payload_digest: None,
        fields: Vec::new(),
    }
}

fn id(number: u32) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012}")
}

fn concurrent(number: u32) -> (String, String) {
    ("WARC-Concurrent-To".to_owned(), format!("<{}>", id(number)))
}

/// Exchanges as a capture writes them: request, response, metadata; a second capture of the same
/// page as a revisit; a picture of the page as a resource; `more` further small pages.
pub(crate) fn capture(more: u32) -> Vec<(NewRecord, Vec<u8>)> {
    let digest = write_digest(Algorithm::Sha256, &Sha256::digest(PAGE));
    let http = |kind: &str| Some(format!("application/http;msgtype={kind}"));
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{PAGE}\r\n0\r\n\r\n",
        PAGE.len()
    );
    let mut records = vec![
        (
            NewRecord {
                content_type: Some("application/warc-fields".to_owned()),
                ..record(RecordType::Warcinfo, 0, None)
            },
            b"software: witnessmark\r\nformat: WARC File Format 1.1\r\n".to_vec(),
        ),
        (
            NewRecord {
                content_type: http("request"),
                fields: vec![concurrent(2)],
                ..record(RecordType::Request, 1, Some(URL))
            },
            b"GET /a/%E4%BA%8B%E4%BB%B6?q=1 HTTP/1.1\r\nHost: example.com\r\n\r\n".to_vec(),
        ),
        (
            NewRecord {
                content_type: http("response"),
                payload_digest: Some(digest.clone()),
                fields: vec![concurrent(1)],
                ..record(RecordType::Response, 2, Some(URL))
            },
            chunked.into_bytes(),
        ),
        (
            NewRecord {
                content_type: Some("application/json".to_owned()),
                fields: vec![concurrent(2)],
                ..record(RecordType::Metadata, 3, Some(URL))
            },
            br#"{"address":"192.0.2.1"}"#.to_vec(),
        ),
        (
            NewRecord {
                content_type: http("response"),
                date: "2026-11-22T22:20:00Z".to_owned(),
                payload_digest: Some(digest),
                fields: vec![
                    (
                        "WARC-Profile".to_owned(),
                        "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
                            .to_owned(),
                    ),
                    ("WARC-Refers-To".to_owned(), format!("<{}>", id(2))),
                    ("WARC-Refers-To-Target-URI".to_owned(), URL.to_owned()),
                    ("WARC-Refers-To-Date".to_owned(), TIME.to_owned()),
                ],
                ..record(RecordType::Revisit, 4, Some(URL))
            },
            // The head as it came, with its transfer encoding: pywb puts it before the first
            // capture's body as that is stored.
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
              Transfer-Encoding: chunked\r\n\r\n"
                .to_vec(),
        ),
        (
            NewRecord {
                content_type: Some("image/png".to_owned()),
                ..record(RecordType::Resource, 5, Some("urn:view:http://example.com/"))
            },
            b"\x89PNG\r\n\x1a\n".to_vec(),
        ),
    ];
    for number in 0..more {
        let url = format!("http://example.com/more/{number}");
        let body = format!("page {number}");
        records.push((
            NewRecord {
                content_type: http("response"),
                payload_digest: Some(write_digest(Algorithm::Sha256, &Sha256::digest(&body))),
                ..record(RecordType::Response, 100 + number, Some(&url))
            },
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{body}").into_bytes(),
        ));
    }
    records
}

/// The capture as a WARC file.
pub(crate) fn warc(gzip: bool, more: u32) -> Vec<u8> {
    let mut writer = match gzip {
        true => WarcWriter::gzip(Vec::new()),
        false => WarcWriter::plain(Vec::new()),
    };
    for (record, block) in capture(more) {
        writer.write(&record, || Ok(block.as_slice())).unwrap();
    }
    writer.finish().unwrap()
}

pub(crate) fn about() -> NewWacz {
    NewWacz {
        created: "2026-11-23T01:02:03Z".to_owned(),
        software: "witnessmark 0.1.0".to_owned(),
        title: Some("A test: proves nothing".to_owned()),
        description: None,
        main_page: Some((URL.to_owned(), TIME.to_owned())),
    }
}

pub(crate) fn pages() -> Vec<io::Result<NewPage>> {
    vec![Ok(NewPage {
        url: URL.to_owned(),
        ts: TIME.to_owned(),
        title: Some("事件".to_owned()),
        text: Some("2008-03-14, 拉萨".to_owned()),
        ..NewPage::default()
    })]
}

pub(crate) fn key() -> WaczKey {
    WaczKey::from_secret(&[7; 48]).unwrap()
}

/// A WACZ of one archive with `more` further pages; signed, and with `time_stamp`'s token.
pub(crate) fn wacz(gzip: bool, more: u32, time_stamp: Option<&mut TimeStamper<'_>>) -> Vec<u8> {
    let warc = warc(gzip, more);
    let mut writer = WaczWriter::new(Cursor::new(Vec::new()), about()).unwrap();
    let added = writer.add_archive("capture", warc.len() as u64, warc.as_slice()).unwrap();
    assert_eq!((added.records, added.problems), (u64::from(6 + more), vec![]));
    writer.add_pages("All", pages()).unwrap();
    let log = b"{\"url\": \"http://example.com/\", \"verdict\": \"content\"}\n";
    writer.add_file("logs/capture.jsonl", log.len() as u64, log.as_slice()).unwrap();
    writer.finish(Some(&key()), time_stamp).unwrap().into_inner()
}
