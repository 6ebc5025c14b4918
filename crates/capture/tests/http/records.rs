//! Exchanges as records: sound for our own checker and for warcio, revisits, and going on after a crash.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use witnessmark_archive::{Payload, Reader, RecordType, Verdict, check, index};
use witnessmark_capture::{
    Exchange, FileAbout, KnownPayloads, NewResource, NothingKnown, RecordWriter, Spool, Visit,
    WrittenRecord,
};
use witnessmark_model::{Digest, Moment};

use crate::server::{Server, Step, ok, send};
use crate::{Counting, settings, visit_all};

fn about() -> FileAbout {
    FileAbout {
        software: "witnessmark/0".to_owned(),
        robots: "obey".to_owned(),
        egress: "direct".to_owned(),
        user_agent: "Test/1 (a; b)\r\nforged: yes".to_owned(),
    }
}

fn server() -> Server {
    Server::start(|path| match path {
        "/same" | "/again" => ok("the same text, the same text, the same text"),
        "/chunked" => send(
            "HTTP/1.1 200 OK\r\nDate: Wed, 21 Oct 2026 07:28:00 GMT\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ),
        "/early" => send(
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabtrailing",
        ),
        "/cut" => {
            [send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"), vec![Step::Close]].concat()
        }
        "/raw" => [send("no HTTP at all\r\n\r\n"), vec![Step::Close]].concat(),
        "/none" => vec![Step::Close],
        _ => ok(""),
    })
}

fn visits(folder: &Path, server: &Server) -> Vec<Visit> {
    let mut settings = settings(folder);
    settings.spool.memory = 16;
    // One connection for each, so that a server that closes one does not cost another an attempt.
    settings.limits.head = std::time::Duration::from_secs(2);
    let paths = ["/same", "/again", "/chunked", "/early", "/cut", "/raw", "/none", "/empty"];
    let urls: Vec<String> = paths.iter().map(|path| server.url(path)).collect();
    urls.iter().flat_map(|url| visit_all(settings.clone(), std::slice::from_ref(url))).collect()
}

fn pages(visits: &[Visit]) -> Vec<&Exchange> {
    visits.iter().map(|visit| visit.page().unwrap()).collect()
}

fn write(exchanges: &[&Exchange], known: bool) -> (Vec<u8>, Vec<WrittenRecord>) {
    let mut ids = Counting(7);
    let (mut writer, first) =
        RecordWriter::begin(Vec::new(), &about(), Moment::from_unix_millis(1), &mut ids).unwrap();
    let mut payloads = BTreeMap::new();
    let mut records = vec![first];
    for exchange in exchanges {
        let all: &dyn KnownPayloads = if known { &payloads } else { &NothingKnown };
        let written = writer.exchange(exchange, all, &mut ids).unwrap();
        for record in &written {
            record.remember(&mut payloads);
        }
        records.extend(written);
    }
    (writer.finish().unwrap(), records)
}

#[test]
fn records_are_sound_and_the_same_every_time() {
    let (folder, server) = (tempfile::tempdir().unwrap(), server());
    let visits = visits(folder.path(), &server);
    let pages = pages(&visits);
    for known in [false, true] {
        let (bytes, records) = write(&pages, known);
        assert_eq!(write(&pages, known).0, bytes);
        let report = check("made.warc.gz", Cursor::new(&bytes), &mut |_| {}).unwrap();
        assert_eq!(
            (report.verdict, report.problems.len()),
            (Verdict::Sound, 0),
            "{:?}",
            report.problems
        );
        assert_eq!(report.records, records.len() as u64);
        let expected = if known {
            [
                ("metadata", 8),
                ("request", 8),
                ("resource", 1),
                ("response", 5),
                ("revisit", 1),
                ("warcinfo", 1),
            ]
            .to_vec()
        } else {
            [("metadata", 8), ("request", 8), ("resource", 1), ("response", 6), ("warcinfo", 1)]
                .to_vec()
        };
        let counts: Vec<(&str, u64)> =
            report.by_type.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        assert_eq!(counts, expected);
        let mut lines = 0;
        index("made.warc.gz", Cursor::new(&bytes), &mut |_| {
            lines += 1;
            Ok(())
        })
        .unwrap();
        assert!(lines >= 7, "{lines} lines");
        hold_by_warcio(&bytes, folder.path());
    }
}

/// warcio's own checker, where it is installed: `WITNESSMARK_WARCIO` names the program.
fn hold_by_warcio(bytes: &[u8], folder: &Path) {
    let Some(warcio) = std::env::var_os("WITNESSMARK_WARCIO") else {
        println!("skipped: needs warcio (set WITNESSMARK_WARCIO)");
        return;
    };
    let file = folder.join("made.warc.gz");
    std::fs::write(&file, bytes).unwrap();
    for command in [&["check", "-v"][..], &["index"]] {
        let output = Command::new(&warcio).args(command).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        // It hashes payloads with the chunks left on, where WARC 1.1 (section 5.9) wants them removed.
        let failed: Vec<&str> =
            said.lines().filter(|line| line.contains("digest failed")).collect();
        let is_chunked = |line: &&str| line.contains(&Digest::of(b"hello").hex());
        assert!(failed.iter().all(is_chunked), "{command:?}: {said}");
        assert!(!said.contains("Traceback"), "{command:?}: {said}");
    }
}

/// Header fields and payload of each record.
fn read(bytes: &[u8]) -> Vec<(RecordType, BTreeMap<String, Vec<String>>, Payload)> {
    let mut reader = Reader::new(bytes).unwrap();
    let mut all = Vec::new();
    while let Some(mut record) = reader.next_record().unwrap() {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in record.head().fields() {
            fields.entry(name.to_owned()).or_default().push(value.to_owned());
        }
        let kind = record.head().record_type().clone();
        all.push((kind, fields, record.payload(1 << 20).unwrap()));
    }
    all
}

#[test]
fn what_the_records_say() {
    let (folder, server) = (tempfile::tempdir().unwrap(), server());
    let visits = visits(folder.path(), &server);
    let (bytes, _) = write(&pages(&visits), true);
    let records = read(&bytes);
    let info = String::from_utf8(records[0].2.bytes.clone()).unwrap();
    assert!(info.contains("robots: obey\r\n") && !info.contains("\nforged"), "{info}");
    let of = |kind: RecordType, path: &str| {
        let url = server.url(path);
        let found = records.iter().find(|(other, fields, _)| {
            *other == kind
                && fields.get("WARC-Target-URI").is_some_and(|uri| uri[0].ends_with(&url))
        });
        found.unwrap_or_else(|| panic!("no {kind:?} of {path}"))
    };
    let said = |path: &str| -> serde_json::Value {
        serde_json::from_slice(&of(RecordType::Metadata, path).2.bytes).unwrap()
    };
    // The three records of an exchange name each other, and have one date and one address.
    let three = [RecordType::Response, RecordType::Request, RecordType::Metadata]
        .map(|kind| &of(kind, "/same").1);
    for (number, fields) in three.iter().enumerate() {
        let mut others: Vec<&String> = three
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number)
            .map(|(_, other)| &other["WARC-Record-ID"][0])
            .collect();
        let mut named: Vec<&String> = fields["WARC-Concurrent-To"].iter().collect();
        others.sort();
        named.sort();
        assert_eq!(named, others);
        assert_eq!(fields["WARC-Date"], three[0]["WARC-Date"]);
        assert_eq!(fields["WARC-IP-Address"], ["127.0.0.1"]);
    }
    let (_, revisit, payload) = of(RecordType::Revisit, "/again");
    assert_eq!(revisit["WARC-Refers-To"], three[0]["WARC-Record-ID"]);
    assert_eq!(revisit["WARC-Refers-To-Target-URI"], three[0]["WARC-Target-URI"]);
    assert_eq!(revisit["WARC-Refers-To-Date"], three[0]["WARC-Date"]);
    assert_eq!(revisit["WARC-Payload-Digest"], three[0]["WARC-Payload-Digest"]);
    assert_eq!(payload.bytes, b"");

    let chunked = said("/chunked");
    assert_eq!(chunked["server_clock"], "Wed, 21 Oct 2026 07:28:00 GMT");
    assert!(chunked["clock"]["began"].as_str() <= chunked["clock"]["ended"].as_str());
    assert_eq!(chunked["through"], "direct");
    assert_eq!(chunked["address"], format!("127.0.0.1:{}", server.port));
    assert_eq!(of(RecordType::Response, "/chunked").2.bytes, b"hello");
    assert_eq!(said("/early")["trailing"], "dHJhaWxpbmc=");
    assert!(said("/early")["interim"].is_string());
    assert_eq!(of(RecordType::Response, "/cut").1["WARC-Truncated"], ["disconnect"]);
    assert_eq!(said("/cut")["failure"]["kind"], "disconnect");
    assert_eq!(of(RecordType::Resource, "/raw").2.bytes, b"no HTTP at all\r\n\r\n");
    assert_eq!(said("/none")["failure"]["kind"], "disconnect");
}

#[test]
fn what_something_made_about_a_page_is_a_resource() {
    let mut ids = Counting(0);
    let (mut writer, _) =
        RecordWriter::begin(Vec::new(), &about(), Moment::from_unix_millis(1), &mut ids).unwrap();
    let body = Spool::from_bytes(b"picture".to_vec());
    let resource = NewResource {
        uri: "urn:view:https://example.org/".to_owned(),
        content_type: "image/png".to_owned(),
        date: Moment::from_unix_millis(5),
        concurrent_to: Some("urn:uuid:00000000-0000-4000-8000-000000000000".to_owned()),
        body: &body,
    };
    let record = writer.resource(&resource, &mut ids).unwrap();
    assert_eq!(record.payload_digest, Some(body.digest().unwrap()));
    let bytes = writer.finish().unwrap();
    let report = check("made", Cursor::new(&bytes), &mut |_| {}).unwrap();
    assert_eq!(report.verdict, Verdict::Sound, "{:?}", report.problems);
}
