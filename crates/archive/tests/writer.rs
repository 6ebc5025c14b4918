//! What the writer writes, the reader and the checker find right, and it is the same every time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use witnessmark_archive::{
    Algorithm, NewRecord, Reader, RecordType, Verdict, WarcWriter, WriteError, check,
    read_record_at, write_digest,
};

fn record(record_type: RecordType, number: u32) -> NewRecord {
    NewRecord {
        record_type,
        record_id: format!("urn:uuid:00000000-0000-4000-8000-{number:012}"),
        date: "2026-11-22T22:11:00.123456789Z".to_owned(),
        target_uri: Some(format!("http://example.com/{number}")),
        content_type: None,
        payload_digest: None,
        fields: Vec::new(),
    }
}

/// A capture as it is recorded: warcinfo, request, response, a resource, a revisit.
fn capture() -> Vec<(NewRecord, Vec<u8>)> {
    let body = "西藏".as_bytes();
    let chunked = [b"6\r\n".as_slice(), body, b"\r\n0\r\n\r\n"].concat();
    let response = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n"
            .as_slice(),
        &chunked,
    ]
    .concat();
    let digest = {
        use sha2::{Digest as _, Sha256};
        write_digest(Algorithm::Sha256, &Sha256::digest(body))
    };
    let info = NewRecord {
        target_uri: None,
        content_type: Some("application/warc-fields".to_owned()),
        ..record(RecordType::Warcinfo, 0)
    };
    let request = NewRecord {
        content_type: Some("application/http;msgtype=request".to_owned()),
        fields: vec![(
            "WARC-Concurrent-To".to_owned(),
            "<urn:uuid:00000000-0000-4000-8000-000000000002>".to_owned(),
        )],
        ..record(RecordType::Request, 1)
    };
    let answer = NewRecord {
        content_type: Some("application/http;msgtype=response".to_owned()),
        payload_digest: Some(digest.clone()),
        ..record(RecordType::Response, 2)
    };
    let resource = NewRecord {
        content_type: Some("text/plain".to_owned()),
        ..record(RecordType::Resource, 3)
    };
    let revisit = NewRecord {
        content_type: Some("application/http;msgtype=response".to_owned()),
        payload_digest: Some(digest),
        fields: vec![(
            "WARC-Profile".to_owned(),
            "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest".to_owned(),
        )],
        ..record(RecordType::Revisit, 4)
    };
    vec![
        (info, b"software: test\r\n".to_vec()),
        (request, b"GET /1 HTTP/1.1\r\nHost: example.com\r\n\r\n".to_vec()),
        (answer, response),
        (resource, body.to_vec()),
        (revisit, b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
    ]
}

fn write(mut writer: WarcWriter<Vec<u8>>) -> (Vec<u8>, Vec<(u64, u64)>) {
    let mut places = Vec::new();
    for (record, block) in capture() {
        let written = writer.write(&record, || Ok(block.as_slice())).unwrap();
        places.push((written.offset, written.length));
    }
    (writer.finish().unwrap(), places)
}

#[test]
fn a_capture_reads_back() {
    for writer in [WarcWriter::gzip(Vec::new()), WarcWriter::plain(Vec::new())] {
        let (bytes, places) = write(writer);
        let report = check("made.warc.gz", bytes.as_slice(), &mut |_| {}).unwrap();
        assert_eq!(report.verdict, Verdict::Sound, "{report:#?}");
        assert_eq!(report.notices, []);
        assert_eq!((report.records, report.block_digests.ok), (5, 5));
        assert_eq!((report.payload_digests.ok, report.payload_digests.not_here), (2, 1));
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        let mut found = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            let end = record.finish().unwrap();
            found.push((end.offset, end.length.unwrap()));
        }
        assert_eq!(found, places);
        let (offset, length) = places[2];
        let mut one = read_record_at(std::io::Cursor::new(&bytes), offset, length).unwrap();
        let payload = one.next_record().unwrap().unwrap().payload(100).unwrap();
        assert_eq!(String::from_utf8(payload.bytes).unwrap(), "西藏");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(write(WarcWriter::gzip(Vec::new())), write(WarcWriter::gzip(Vec::new())));
}

#[test]
fn records_that_break_a_rule_are_refused() {
    let right = record(RecordType::Resource, 1);
    let with = |name: &str, value: &str| NewRecord {
        fields: vec![(name.to_owned(), value.to_owned())],
        ..right.clone()
    };
    let cases = [
        ("no date", NewRecord { date: String::new(), ..right.clone() }),
        ("local time", NewRecord { date: "2026-11-22T22:11:00+08:00".to_owned(), ..right.clone() }),
        ("no target", NewRecord { target_uri: None, ..right.clone() }),
        (
            "a line end in a URI",
            NewRecord { target_uri: Some("http://x/\r\nA: b".to_owned()), ..right.clone() },
        ),
        ("a line end in a value", with("WARC-IP-Address", "1.2.3.4\r\nContent-Length: 0")),
        ("a space at an end", with("WARC-IP-Address", "1.2.3.4 ")),
        ("a name with a colon", with("A:B", "c")),
        ("a field twice", with("WARC-Date", "2026-11-22T22:11:00Z")),
        ("a name on a resource", with("WARC-Filename", "x")),
        (
            "a space in a URI",
            NewRecord { target_uri: Some("http://x/a b".to_owned()), ..right.clone() },
        ),
    ];
    for (name, record) in cases {
        let mut writer = WarcWriter::gzip(Vec::new());
        let refused = writer.write(&record, || Ok(&b"x"[..]));
        assert!(matches!(refused, Err(WriteError::Rule { .. })), "{name}: {refused:?}");
        assert!(writer.finish().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn a_block_that_changes_is_an_error() {
    let mut reads = 0;
    let mut writer = WarcWriter::gzip(Vec::new());
    let result = writer.write(&record(RecordType::Resource, 1), || {
        reads += 1;
        Ok(if reads == 1 { &b"longer"[..] } else { &b"short"[..] })
    });
    assert!(matches!(result, Err(WriteError::Machine(_))), "{result:?}");
}
