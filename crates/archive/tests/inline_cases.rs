//! Cases that other readers' tests and the specification give as text.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Read;

use witnessmark_archive::{Code, Kind, Reader, Report, Verdict, check};

fn report(bytes: &[u8]) -> Report {
    check("inline", bytes, &mut |_| {}).unwrap()
}

fn types(bytes: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(bytes).unwrap();
    let mut types = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        types.push(record.head().record_type().as_str().to_owned());
    }
    types
}

/// A record of the header lines given, with the four mandatory fields before them.
fn record(kind: &str, lines: &[&str], block: &str) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\n\
         WARC-Date: 2026-11-22T22:11:00Z\r\n{lines}Content-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    )
}

const TARGET: &str = "WARC-Target-URI: http://example.com/";

/// jwarc's HeaderValidatorTest, and the rules beside those it tests.
#[test]
fn header_rules() {
    use Code::*;
    let cases: Vec<(&str, String, Vec<Code>)> = vec![
        ("right", record("resource", &[TARGET], "x"), vec![]),
        (
            "no record id",
            record("resource", &[TARGET], "x")
                .replace("WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\n", ""),
            vec![FieldMissing],
        ),
        (
            "no date",
            record("resource", &[TARGET], "x").replace("WARC-Date: 2026-11-22T22:11:00Z\r\n", ""),
            vec![FieldMissing],
        ),
        (
            "no type",
            record("resource", &[TARGET], "x").replace("WARC-Type: resource\r\n", ""),
            vec![FieldMissing],
        ),
        (
            "no length",
            record("resource", &[TARGET], "x").replace("Content-Length: 1\r\n", ""),
            vec![ContentLengthInvalid, GarbageSkipped],
        ),
        (
            "length of letters",
            record("resource", &[TARGET], "x").replace("Length: 1", "Length: one"),
            vec![ContentLengthInvalid, GarbageSkipped],
        ),
        (
            "length below zero",
            record("resource", &[TARGET], "x").replace("Length: 1", "Length: -1"),
            vec![ContentLengthInvalid, GarbageSkipped],
        ),
        (
            "length of twenty digits",
            record("resource", &[TARGET], "x").replace("Length: 1", "Length: 99999999999999999999"),
            vec![ContentLengthInvalid, GarbageSkipped],
        ),
        (
            "length beyond the file",
            record("resource", &[TARGET], "x").replace("Length: 1", "Length: 9999999999999999999"),
            vec![RecordTruncated],
        ),
        (
            "bad content type",
            record("resource", &[TARGET, "Content-Type: text"], "x"),
            vec![ContentTypeInvalid],
        ),
        (
            "date twice",
            record("resource", &[TARGET, "WARC-Date: 2026-11-22T22:11:00Z"], "x"),
            vec![FieldRepeated],
        ),
        (
            "file name on a response",
            record("response", &[TARGET, "WARC-Filename: x"], "x"),
            vec![FieldForbidden],
        ),
        (
            "concurrent twice",
            record(
                "resource",
                &[TARGET, "WARC-Concurrent-To: <urn:a:b>", "WARC-Concurrent-To: <urn:a:c>"],
                "x",
            ),
            vec![],
        ),
        (
            "protocol twice",
            record("resource", &[TARGET, "WARC-Protocol: h2", "WARC-Protocol: tls/1.3"], "x"),
            vec![],
        ),
        ("unknown field twice", record("resource", &[TARGET, "X-Own: a", "X-Own: b"], "x"), vec![]),
        ("target on a warcinfo", record("warcinfo", &[TARGET], "x"), vec![FieldForbidden]),
        ("no target on a response", record("response", &[], "x"), vec![FieldMissing]),
        ("no target on a metadata", record("metadata", &[], "x"), vec![]),
        ("unknown type", record("screenshot", &[], "x"), vec![]),
        (
            "concurrent on a conversion",
            record("conversion", &[TARGET, "WARC-Concurrent-To: <urn:a:b>"], "x"),
            vec![FieldForbidden],
        ),
        ("revisit without profile", record("revisit", &[TARGET], ""), vec![FieldMissing]),
        (
            "revisit without digest",
            record(
                "revisit",
                &[
                    TARGET,
                    "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
                ],
                "",
            ),
            vec![FieldMissing],
        ),
        (
            "revisit not modified",
            record(
                "revisit",
                &[
                    TARGET,
                    "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/server-not-modified",
                ],
                "",
            ),
            vec![],
        ),
        (
            "line without colon",
            record("resource", &[TARGET, "nonsense"], "x"),
            vec![FieldMalformed],
        ),
        (
            "digest that differs",
            record(
                "resource",
                &[TARGET, "WARC-Block-Digest: sha1:PQRC7MUSPWBIV4RPLEQTJ2ETESAGG7AN"],
                "x",
            ),
            vec![BlockDigestMismatch],
        ),
        // jwarc's WarcReaderTest.testCalculateBlockDigest
        (
            "digest that matches",
            record(
                "resource",
                &[TARGET, "WARC-Block-Digest: sha1:PQRC7MUSPWBIV4RPLEQTJ2ETESAGG7AN"],
                "12345678",
            ),
            vec![],
        ),
        (
            "unknown algorithm",
            record("resource", &[TARGET, "WARC-Block-Digest: blake3:00"], "x"),
            vec![],
        ),
    ];
    for (name, text, expected) in cases {
        let found = report(text.as_bytes());
        let mut codes: Vec<Code> = found.problems.iter().map(|problem| problem.code).collect();
        codes.sort();
        let mut expected = expected;
        expected.sort();
        assert_eq!(codes, expected, "{name}: {found:#?}");
    }
}

#[test]
fn folded_lines_and_odd_line_ends() {
    let text = record("resource", &[TARGET, "X-Long: one", " two", "\tthree"], "x");
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    let record = reader.next_record().unwrap().unwrap();
    assert_eq!(record.head().get("x-long"), Some("one two three"));
    for (from, to) in [("\r\n", "\n"), ("\r\n", "\r\r\n")] {
        let changed = text.replace(from, to);
        let found = report(changed.as_bytes());
        assert_eq!((found.verdict, found.records), (Verdict::Sound, 1), "{to:?}: {found:#?}");
    }
}

/// jwarc's testReadingBackTwice: the head says 12 bytes, the revisit holds none.
#[test]
fn a_revisit_without_body() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n";
    let profile = "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/server-not-modified";
    let text = record(
        "revisit",
        &[TARGET, profile, "Content-Type: application/http;msgtype=response"],
        head,
    );
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    let mut record = reader.next_record().unwrap().unwrap();
    assert_eq!(record.http().unwrap().unwrap().get("content-length"), Some("12"));
    for _ in 0..2 {
        let mut body = Vec::new();
        record.read_to_end(&mut body).unwrap();
        assert_eq!(body, b"");
    }
}

/// The example of the Internet Archive's description of ARC, in both versions, as jwarc's
/// testArcFileFormatReferenceExample joins them. The head's length counts its line end.
#[test]
fn arc_reference_example() {
    let page = "HTTP/1.0 200 Document follows\nContent-type: text/html\nContent-length: 30\n\n<HTML>\nHello World!!!\n</HTML>\n";
    let head_1 = "1 0 Alexa Internet\nURL IP-address Archive-date Content-type Archive-length\n";
    let head_2 = "2 0 Alexa Internet\nURL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length\n";
    let text = format!(
        "filedesc://IA-001102.arc 0 19960923142103 text/plain {}\n{head_1}\n\
         http://www.dryswamp.edu:80/index.html 127.10.100.2 19961104142103 text/html {}\n{page}\n\
         filedesc://IA-001102.arc 0 19960923142103 text/plain 200 - - 0 IA-001102.arc {}\n{head_2}\n\
         http://www.dryswamp.edu:80/a b.html 127.10.100.2 19961104142103 text/html 200 fac069150613fe55599cc7fa88aa089d - 20912345 IA-001102.arc {}\n{page}\n",
        head_1.len() + 1,
        page.len(),
        head_2.len(),
        page.len()
    );
    assert_eq!(types(text.as_bytes()), ["arc_header", "response", "arc_header", "response"]);
    let found = report(text.as_bytes());
    assert_eq!((found.kind, found.verdict), (Kind::Arc, Verdict::Sound), "{found:#?}");
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    let mut last = None;
    while let Some(mut record) = reader.next_record().unwrap() {
        let uri = record.head().target_uri().unwrap().into_owned();
        let date = record.head().date().unwrap().to_owned();
        last = Some((uri, date, record.payload(1000).unwrap().bytes));
    }
    let (uri, date, body) = last.unwrap();
    assert_eq!(uri, "http://www.dryswamp.edu:80/a%20b.html");
    assert_eq!(date, "19961104142103");
    assert_eq!(body, b"<HTML>\nHello World!!!\n</HTML>\n");
}

#[test]
fn arc_media_types_with_spaces() {
    let text = "filedesc://x.arc 0.0.0.0 20200101000000 text/plain 5\n1 0 x\n\n\
                http://example.com/ 127.0.0.1 20200101000001 text/html; charset=utf-8 2\nhi\n";
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    reader.next_record().unwrap().unwrap();
    let record = reader.next_record().unwrap().unwrap();
    assert_eq!(record.head().content_type(), Some("text/html; charset=utf-8"));
    assert_eq!(record.head().target_uri().unwrap(), "http://example.com/");
}

/// A header of two mebibytes is refused, and the record after it is read.
#[test]
fn a_header_without_end() {
    let long = format!("X-Long: {}", "a".repeat(2 << 20));
    let text = record("resource", &[TARGET, &long], "x") + &record("resource", &[TARGET], "y");
    let found = report(text.as_bytes());
    assert_eq!(found.records, 1);
    assert_eq!(found.problems[0].code, Code::HeadTooLarge);
}

/// The payload digest is checked with and without the chunks, and the report says which matched.
#[test]
fn chunked_payload_digests() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = "8\r\n12345678\r\n0\r\n\r\n";
    let entity = "sha1:PQRC7MUSPWBIV4RPLEQTJ2ETESAGG7AN";
    let raw = {
        use data_encoding::HEXLOWER;
        use sha2::{Digest as _, Sha256};
        format!("SHA-256:{}", HEXLOWER.encode(&Sha256::digest(chunked)))
    };
    let cases = [
        (entity, chunked, 1, 0, 0),
        (&raw, chunked, 1, 1, 0),
        (entity, "12345678", 1, 0, 0),
        (entity, "8\r\n1234567x\r\n0\r\n\r\n", 0, 0, 1),
    ];
    for (digest, body, ok, with_encoding, failed) in cases {
        let digest_line = format!("WARC-Payload-Digest: {digest}");
        let lines = [TARGET, "Content-Type: application/http; msgtype=response", &digest_line];
        let found = report(record("response", &lines, &format!("{head}{body}")).as_bytes());
        let counts = found.payload_digests;
        let got = (counts.ok, counts.ok_with_transfer_encoding, counts.failed);
        assert_eq!(got, (ok, with_encoding, failed), "{body:?}: {found:#?}");
    }
}

/// Content encodings over each other, a bomb, and encodings that are announced and not there.
#[test]
fn content_encodings() {
    use std::io::Write;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zlib = |bytes: &[u8]| {
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let text = "pages and pages ".repeat(20).into_bytes();
    let bomb = gzip(&vec![b'a'; 50 << 20]);
    let zstd = zstd::encode_all(text.as_slice(), 3).unwrap();
    let cases = [
        ("gzip", "gzip", gzip(&text), text.clone(), false, 0),
        ("x-gzip", "x-gzip", gzip(&text), text.clone(), false, 0),
        ("two members", "gzip", [gzip(&text), gzip(&text)].concat(), text.repeat(2), false, 0),
        ("zlib", "deflate", zlib(&text), text.clone(), false, 0),
        ("raw deflate", "deflate", zlib(&text)[2..].to_vec(), text.clone(), false, 0),
        ("zstd", "zstd", zstd, text.clone(), false, 0),
        ("gzip in gzip", "gzip, gzip", gzip(&gzip(&text)), text.clone(), false, 0),
        ("already decoded", "gzip", text.clone(), text.clone(), false, 1),
        ("unknown", "sdch", text.clone(), text.clone(), false, 1),
        ("bomb", "gzip", bomb, vec![b'a'; 1 << 20], true, 0),
        ("empty", "gzip", Vec::new(), Vec::new(), false, 0),
    ];
    for (name, encoding, body, expected, cut, warnings) in cases {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\n\r\n");
        let lines = format!(
            "WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n{head}",
            head.len() + body.len()
        );
        let bytes = [lines.as_bytes(), &body, b"\r\n\r\n"].concat();
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        let payload = reader.next_record().unwrap().unwrap().payload(1 << 20).unwrap();
        assert_eq!(payload.warnings.len(), warnings, "{name}: {:?}", payload.warnings);
        assert!(payload.bytes == expected, "{name}: {} bytes", payload.bytes.len());
        assert_eq!(payload.cut, cut, "{name}");
    }
}

/// Lengths that each swallow all that follows must not cost the square of the file's length.
#[test]
fn hostile_lengths_are_read_in_linear_time() {
    let one = "WARC/1.1\r\nContent-Length: 60000\r\n\r\n";
    let text = one.repeat(60_000);
    let found = report(text.as_bytes());
    assert_eq!(found.verdict, Verdict::Flawed);
    // Each byte is read at most twice, so that blocks of 60,000 bytes fit in no more often.
    let most = 2 * text.len() as u64 / 60_000 + 2;
    assert!(
        found.records + found.incomplete_records <= most,
        "{} {}",
        found.records,
        found.incomplete_records
    );
}

/// A megabyte in a header does not come back as a megabyte in each problem.
#[test]
fn problems_stay_short() {
    let long = format!("WARC-Target-URI: http://example.com/ {}", "a".repeat(500_000));
    let found = report(record(&"x".repeat(500_000), &[&long, "WARC-Date: x"], "").as_bytes());
    assert_eq!(found.records, 1);
    for problem in found.problems.iter().chain(&found.notices) {
        assert!(problem.detail.len() < 1000, "{} bytes", problem.detail.len());
    }
    assert!(found.by_type.keys().all(|name| name.len() <= 64));
}
