//! What a redacted copy keeps, changes, leaves out and says.

use std::io::{Cursor, Read as _, Write as _};

use proptest::prelude::*;
use witnessmark_archive::{Reader, RecordType};
use witnessmark_model::{Digest, Moment};
use witnessmark_publish::{ScanSettings, ScrubError, ScrubSettings, UnreadWhy, scrub};

use crate::archives::{
    Counter, Sample, about, archive, copy_of, digest, findings, record_id, request, response,
    settings,
};

const PAGE: &str = "https://news.example/a";
const TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";

/// A record that was read back: header fields, its plain bytes, its payload.
struct Read {
    id: String,
    kind: RecordType,
    head: String,
    bytes: Vec<u8>,
    block: String,
    payload: String,
}

fn payload(record: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(record).unwrap();
    reader.next_record().unwrap().unwrap().payload(1 << 20).unwrap().bytes
}

fn read(archive: &[u8]) -> Vec<Read> {
    let mut records = Vec::new();
    let mut reader = Reader::new(archive).unwrap();
    while let Some(mut record) = reader.next_record().unwrap() {
        let head = String::from_utf8_lossy(record.head_bytes()).into_owned();
        let mut block = Vec::new();
        let (id, kind) = (
            record.head().record_id().unwrap_or_default().to_owned(),
            record.head().record_type().clone(),
        );
        let mut bytes = record.head_bytes().to_vec();
        record.read_to_end(&mut block).unwrap();
        bytes.extend_from_slice(&block);
        let payload = payload(&bytes);
        records.push(Read {
            id,
            kind,
            head,
            block: String::from_utf8_lossy(&block).into_owned(),
            payload: String::from_utf8_lossy(&payload).into_owned(),
            bytes,
        });
    }
    records
}

fn record(records: &[Read], number: usize) -> &Read {
    records.iter().find(|record| record.id == record_id(number)).unwrap()
}

fn note(records: &[Read], number: usize) -> Option<&Read> {
    let about = format!("<{}>\r\n", record_id(number));
    records
        .iter()
        .find(|record| record.kind == RecordType::Metadata && record.head.contains(&about))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn page() -> String {
    format!("<p>西藏 news</p><script>var access_token = \"{TOKEN}\";</script>")
}

#[test]
fn a_copy_says_so_and_keeps_the_rest() {
    let samples = [
        about(RecordType::Warcinfo, "application/warc-fields", "software: x\r\n"),
        request(
            PAGE,
            "Cookie: SID=31d4d96e407aad4231d4d96e407aad4231d4d96e407aad4231d4d96e407aad42\r\n",
            "",
        ),
        response(PAGE, "Content-Type: text/html\r\n", "<p>西藏</p>".as_bytes()),
        response(PAGE, "Content-Type: text/html\r\nETag: \"abc\"\r\n", page().as_bytes()),
    ];
    for is_gzip in [false, true] {
        let original = archive(&samples, is_gzip);
        let (copy, done) = copy_of(&original, &settings());
        let (before, after) = (read(&original), read(&copy));
        assert_eq!((done.changed, done.found.total()), (2, 2));
        let first = &after[0];
        assert_eq!(first.kind, RecordType::Warcinfo);
        let says =
            format!("this is a redacted copy of sha256:{}, 2 places masked", Digest::of(&original));
        assert!(first.block.contains(&says), "{}", first.block);
        assert!(first.block.contains("it cannot be checked against the original without it"));
        for unchanged in [0, 2] {
            assert_eq!(record(&after, unchanged).bytes, record(&before, unchanged).bytes);
            assert!(note(&after, unchanged).is_none());
        }
        for changed in [1, 3] {
            let note = note(&after, changed).unwrap();
            assert!(note.head.contains("WARC-Concurrent-To"), "{}", note.head);
            assert!(note.block.contains("1 places of this record were masked"), "{}", note.block);
            assert!(!note.block.contains(TOKEN));
        }
        let masked = record(&after, 3);
        assert!(masked.block.contains(&format!("\"{}\"", "*".repeat(TOKEN.len()))));
        assert!(
            masked.block.contains("ETag: *****\r\n"),
            "a sum of the body would tell what it was"
        );
        assert_eq!(masked.bytes.len() - masked.head.len(), samples[3].block.len());
    }
}

/// A page in every coding under which servers send it: the copy holds it decoded, and its head says what was sent.
#[test]
fn encoded_bodies_are_written_decoded() {
    let page = page();
    let chunked = |body: &[u8]| {
        let mut coded = Vec::new();
        for piece in body.chunks(7) {
            coded.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            coded.extend_from_slice(piece);
            coded.extend_from_slice(b"\r\n");
        }
        coded.extend_from_slice(b"0\r\n\r\n");
        coded
    };
    let zipped = gzip(page.as_bytes());
    let cases = [
        ("Transfer-Encoding: chunked\r\n", chunked(page.as_bytes()), page.as_bytes().to_vec()),
        ("Content-Encoding: gzip\r\nContent-Length: 9\r\n", zipped.clone(), zipped.clone()),
        (
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
            chunked(&zipped),
            zipped.clone(),
        ),
    ];
    for (fields, body, entity) in cases {
        let mut sample = response(PAGE, &format!("Content-Type: text/html\r\n{fields}"), &body);
        sample.payload_digest = Some(digest(&entity));
        let (copy, done) = copy_of(&archive(&[sample], true), &settings());
        assert_eq!((done.changed, done.left_out), (1, 0), "{fields}");
        let records = read(&copy);
        let copied = record(&records, 0);
        assert_eq!(copied.payload, page.replace(TOKEN, &"*".repeat(TOKEN.len())), "{fields}");
        for line in fields.lines() {
            assert!(
                copied.block.contains(&format!("X-Archive-Orig-{line}\r\n")),
                "{}",
                copied.block
            );
        }
        assert!(copied.head.contains(&digest(copied.payload.as_bytes())), "{}", copied.head);
        assert!(note(&records, 0).unwrap().block.contains("without transfer and content encoding"));
    }
}

/// Archives often name an encoding that they removed long ago. Such a body is masked where it stands.
#[test]
fn a_named_encoding_that_is_not_there_changes_nothing() {
    let sample =
        response(PAGE, "Content-Encoding: gzip\r\nContent-Type: text/html\r\n", page().as_bytes());
    let (copy, done) = copy_of(&archive(&[sample], false), &settings());
    assert_eq!((done.changed, done.left_out), (1, 0));
    assert!(record(&read(&copy), 0).block.contains("\r\nContent-Encoding: gzip\r\n"));
}

#[test]
fn a_body_that_cannot_be_decoded_to_its_end_is_left_out() {
    let noise: String = (0..20_000_u64)
        .map(|n| format!("{:x} ", n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40))
        .collect();
    let mut broken = gzip(format!("{}{noise}", page()).as_bytes());
    let middle = broken.len() / 2;
    broken[middle..].fill(0xff);
    let cut = response(PAGE, "Content-Encoding: gzip\r\nContent-Type: text/html\r\n", &broken);
    let whole = response(PAGE, "Content-Type: text/html\r\n", b"nothing");
    let original = archive(&[cut, whole], true);
    let (copy, done) = copy_of(&original, &settings());
    assert_eq!((done.changed, done.left_out, done.found.total()), (0, 1, 1));
    let records = read(&copy);
    assert!(records.iter().all(|record| record.id != record_id(0)));
    let note = note(&records, 0).unwrap();
    assert!(
        note.block.contains("this record was left out: a secret stands in a body"),
        "{}",
        note.block
    );
    assert!(record(&records, 1).block.ends_with("nothing"));
    assert_eq!(done.found.unread[0].why, UnreadWhy::Undecodable);
}

#[test]
fn a_revisit_of_a_masked_payload_names_the_new_digest() {
    let first = response(PAGE, "Content-Type: text/html\r\n", page().as_bytes());
    let revisit = Sample {
        record_type: RecordType::Revisit,
        payload_digest: first.payload_digest.clone(),
        fields: vec![
            (
                "WARC-Profile".to_owned(),
                "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest".to_owned(),
            ),
            ("WARC-Refers-To".to_owned(), format!("<{}>", record_id(0))),
        ],
        block: b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_vec(),
        ..first.clone()
    };
    let old = first.payload_digest.clone().unwrap();
    let (copy, done) = copy_of(&archive(&[first, revisit], true), &settings());
    assert_eq!(done.changed, 2);
    let records = read(&copy);
    assert!(!copy_has(&records, &old), "the old digest would tell whether a guess is right");
    let now = digest(record(&records, 0).payload.as_bytes());
    assert!(record(&records, 1).head.contains(&now), "{}", record(&records, 1).head);
    assert!(note(&records, 1).unwrap().block.contains("the masked record it refers to"));
}

fn copy_has(records: &[Read], text: &str) -> bool {
    records.iter().any(|record| record.head.contains(text) || record.block.contains(text))
}

/// With the original's digest at hand anybody could try all addresses until the digest fits.
#[test]
fn what_can_be_guessed_is_not_given_away_by_a_digest() {
    let sample = response(PAGE, "Content-Type: text/html\r\n", b"<p>Your IP: 203.0.113.9</p>");
    let original = archive(&[sample], true);
    let (copy, done) = copy_of(&original, &settings());
    assert!(!done.names_original);
    let records = read(&copy);
    assert!(!copy_has(&records, &Digest::of(&original).hex()));
    assert!(!copy_has(&records, &digest(b"<p>Your IP: 203.0.113.9</p>")));
    assert!(records[0].block.contains("whose digest is not given"), "{}", records[0].block);
}

/// A block that is longer than what is looked into: its head is masked as it streams by, and it is listed.
#[test]
fn long_records_stream_by() {
    let mut settings = settings();
    settings.body_limit = 4096;
    let long = "西藏 ".repeat(20_000);
    let samples = [
        response(
            PAGE,
            "Set-Cookie: SID=31d4d96e407aad42\r\nContent-Type: text/html\r\n",
            long.as_bytes(),
        ),
        response(PAGE, "Content-Type: text/html\r\n", long.as_bytes()),
        response(PAGE, "Content-Type: video/mp4\r\n", &vec![0; 100_000]),
    ];
    for is_gzip in [false, true] {
        let original = archive(&samples, is_gzip);
        let (copy, done) = copy_of(&original, &settings);
        assert_eq!((done.changed, done.found.total(), done.found.not_text), (1, 1, 1));
        let unread: Vec<UnreadWhy> = done.found.unread.iter().map(|unread| unread.why).collect();
        assert_eq!(unread, [UnreadWhy::TooLong, UnreadWhy::TooLong]);
        let (before, after) = (read(&original), read(&copy));
        assert!(record(&after, 0).block.contains("SID=****************\r\n"));
        assert_eq!(record(&after, 0).block.len(), record(&before, 0).block.len());
        for unchanged in [1, 2] {
            assert_eq!(record(&after, unchanged).bytes, record(&before, unchanged).bytes);
        }
    }
}

#[test]
fn damaged_records_are_searched_and_left_out() {
    let samples = [
        response(PAGE, "Content-Type: text/html\r\n", b"whole"),
        response(
            PAGE,
            "Set-Cookie: SID=31d4d96e407aad42\r\nContent-Type: text/html\r\n",
            &[b'x'; 500],
        ),
    ];
    let mut original = archive(&samples, false);
    original.truncate(original.len() - 300);
    let (found, _) = findings(&original, &settings());
    assert_eq!(found.len(), 1);
    let (copy, done) = copy_of(&original, &settings());
    assert_eq!((done.damaged, done.changed), (1, 0));
    let records = read(&copy);
    assert_eq!(records.len(), 2);
    assert!(record(&records, 0).block.ends_with("whole"));
}

#[test]
fn only_a_warc_is_copied() {
    let arc = b"filedesc://a.arc 0.0.0.0 20220905000000 text/plain 6\n1 0 x\n\n".as_slice();
    for (bytes, name) in [(arc, "an ARC"), (b"PK\x03\x04".as_slice(), "a ZIP file"), (b"", "empty")]
    {
        let settings = ScrubSettings {
            scan: settings(),
            original: Digest::of(bytes),
            software: String::new(),
        };
        let now = Moment::from_unix_millis(0);
        let result = scrub(Cursor::new(bytes), Vec::new(), &settings, &mut Counter(0), now);
        match result {
            Err(ScrubError::NotWarc(what)) => assert!(what.starts_with(name), "{what}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("access_token=".to_owned()),
        Just("\"csrf_token\":\"".to_owned()),
        Just("Cookie: ".to_owned()),
        Just("password=".to_owned()),
        Just("203.0.113.9".to_owned()),
        Just("Your IP: ".to_owned()),
        Just("https://a:b9c8d7@".to_owned()),
        Just("\r\n".to_owned()),
        Just("?sid=".to_owned()),
        Just("<input name=\"token\" value=\"".to_owned()),
        Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        Just("-----END PRIVATE KEY-----".to_owned()),
        "[0-9a-zA-Z]{1,24}",
        "[&;\"'<>:=. *\\\\]{1,3}",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// The name of a field that held a quotation mark was itself found as a secret, in the note that tells what was masked.
#[test]
fn a_name_that_looks_like_a_secret_is_none_in_the_note() {
    let sent = "0\"csrf_token\":\"00access_token=access_token=<input name=\"token\" value=\"\r\n";
    let samples =
        [request("https://news.example/a", "", sent), response("https://news.example/a", "", b"")];
    let original = archive(&samples, true);
    let _ = copy_of(&original, &settings());
    let _ = copy_of(&original, &ScanSettings { body_limit: 64, ..settings() });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever stands in heads and bodies: the copy is sound, a second search finds nothing, nothing panics.
    #[test]
    fn any_text_is_masked_for_good(head in any_text(), body in any_text(), sent in any_text(), limit in 64_usize..4096) {
        let head: String = head.lines().filter(|line| !line.is_empty()).map(|line| format!("X: {line}\r\n")).collect();
        let samples = [
            request("https://news.example/a", &head, &sent),
            response("https://news.example/a", &head, body.as_bytes()),
            response("https://news.example/a", "Content-Encoding: gzip\r\n", &gzip(body.as_bytes())),
        ];
        let original = archive(&samples, true);
        let _ = copy_of(&original, &settings());
        let _ = copy_of(&original, &ScanSettings { body_limit: limit, ..settings() });
    }
}
