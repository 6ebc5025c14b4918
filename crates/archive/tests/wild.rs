//! What crawlers and proxies write that the specification does not say, made up here one by one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Read, Write};

use sha1::{Digest as _, Sha1};
use witnessmark_archive::{Code, Kind, Reader, Report, Verdict, check, index_sorted};

fn report(bytes: &[u8]) -> Report {
    check("wild", bytes, &mut |_| {}).unwrap()
}

fn sha1(bytes: &[u8]) -> String {
    format!("sha1:{}", data_encoding::BASE32.encode(&Sha1::digest(bytes)))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A record of a type with header lines, parted by bars, and a block; its digests are right.
fn record(kind: &str, lines: &str, block: &str) -> String {
    let lines: String = lines
        .split('|')
        .filter(|line| !line.is_empty())
        .map(|line| format!("{line}\r\n"))
        .collect();
    let id = data_encoding::HEXLOWER.encode(&Sha1::digest(format!("{kind}{lines}{block}")));
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:sha1:{id}>\r\n\
         WARC-Date: 2026-11-22T22:11:00Z\r\n{lines}WARC-Block-Digest: {}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        sha1(block.as_bytes()),
        block.len()
    )
}

/// A response with its HTTP head and body, and the payload's digest.
fn response(head: &str, body: &str) -> String {
    let lines = format!(
        "WARC-Target-URI: http://example.com/|Content-Type: application/http; msgtype=response|WARC-Payload-Digest: {}",
        sha1(body.as_bytes())
    );
    record("response", &lines, &format!("{head}{body}"))
}

/// Sound archives: as many records as there are, all digests right, and these notices.
#[test]
fn sound_in_the_wild() {
    use Code::*;
    let ok = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    let target = "WARC-Target-URI: http://example.com/";
    let cases: Vec<(&str, Vec<u8>, u64, Vec<Code>)> = vec![
        ("HTTP/2 without status text", response("HTTP/2 200\r\ncontent-type: text/html\r\n\r\n", "<p>").into(), 1, vec![]),
        ("HTTP/3", response("HTTP/3 200 \r\nA: b\r\n\r\n", "<p>").into(), 1, vec![]),
        ("HTTP/2.0", response("HTTP/2.0 404 Not Found\r\n\r\n", "<p>").into(), 1, vec![]),
        ("SHOUTcast", response("ICY 200 OK\r\nicy-name: x\r\n\r\n", "mp3").into(), 1, vec![]),
        ("LF only head", response("HTTP/1.0 200 OK\nContent-Type: text/html\n\n", "<p>\n\n<p>").into(), 1, vec![]),
        ("CR CR LF head", response("HTTP/1.0 200 OK\r\r\nContent-Type: text/html\r\r\n\r\r\n", "<p>").into(), 1, vec![]),
        ("head without fields", response("HTTP/1.0 200 OK\r\n\r\n", "<p>").into(), 1, vec![]),
        ("head without end", response("HTTP/1.0 204 No Content\r\nA: b\r\n", "").into(), 1, vec![]),
        ("status of 999", response("HTTP/1.1 999 Request denied\r\n\r\n", "").into(), 1, vec![]),
        ("empty block", record("response", &format!("{target}|Content-Type: application/http"), "").into(), 1, vec![]),
        ("no HTTP in a response", response("", "<html>not a head</html>").into(), 1, vec![HttpHeadMalformed]),
        ("body with another record's text", response(ok, "x\r\n\r\nWARC/1.0\r\nWARC-Type: response\r\n\r\n").into(), 1, vec![]),
        ("Heritrix's DNS", record("response", &format!("WARC-Target-URI: dns:example.com|WARC-IP-Address: 8.8.8.8|Content-Type: text/dns|WARC-Payload-Digest: {}", sha1(b"20261122221100\nexample.com. 60 IN A 93.184.216.34\n")), "20261122221100\nexample.com. 60 IN A 93.184.216.34\n").into(), 1, vec![]),
        ("Heritrix's FTP", record("response", "WARC-Target-URI: ftp://example.com/a|Content-Type: application/octet-stream", "a file").into(), 1, vec![]),
        ("WET conversion", record("conversion", &format!("{target}|WARC-Refers-To: <urn:uuid:1>|Content-Type: text/plain|WARC-Identified-Content-Language: zho"), "西藏").into(), 1, vec![]),
        ("WAT metadata", record("metadata", &format!("{target}|WARC-Refers-To: <urn:uuid:1>|Content-Type: application/json"), "{}").into(), 1, vec![]),
        ("ArchiveWeb.page's page info", record("resource", "WARC-Target-URI: urn:pageinfo:http://example.com/|Content-Type: application/json|WARC-Page-ID: x|WARC-Resource-Type: pageinfo", "{}").into(), 1, vec![]),
        ("Browsertrix's protocols", record("response", &format!("{target}|Content-Type: application/http; msgtype=response|WARC-Protocol: h2|WARC-Protocol: tls/1.3|WARC-Cipher-Suite: TLS_AES_128_GCM_SHA256|WARC-JSON-Metadata: {{\"a\":\"b: c\"}}"), ok).into(), 1, vec![]),
        ("warcprox's revisit", record("revisit", &format!("{target}|Content-Type: application/http;msgtype=response|WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest|WARC-Truncated: length|WARC-Payload-Digest: {}|WARC-Refers-To-Target-URI: http://example.com/|WARC-Refers-To-Date: 2026-11-21T22:11:00Z", sha1(b"elsewhere")), ok).into(), 1, vec![]),
        ("wget's manifest", record("resource", "WARC-Target-URI: <metadata://gnu.org/software/wget/warc/wget.log>|Content-Type: text/plain", "log").into(), 1, vec![TargetUriBrackets]),
        ("segments", (record("response", &format!("{target}|Content-Type: application/http|WARC-Segment-Number: 1|WARC-Payload-Digest: {}", sha1(b"all")), &format!("{ok}al")) + &record("continuation", &format!("{target}|WARC-Segment-Origin-ID: <urn:x:y>|WARC-Segment-Number: 2|WARC-Segment-Total-Length: 60"), "l")).into(), 2, vec![]),
        ("a type of tomorrow", record("screenshot", target, "png").into(), 1, vec![]),
        ("field names in other case", record("resource", target, "x").replace("WARC-Type", "warc-type").replace("Content-Length", "content-length").replace("WARC-Target", "Warc-Target").into(), 1, vec![]),
        ("type in other case", record("resource", target, "x").replace(": resource", ": Resource").into(), 1, vec![]),
        ("no space after the colon", record("resource", target, "x").replace(": ", ":").into(), 1, vec![]),
        ("tabs and spaces around values", record("resource", target, "x").replace(": ", ":\t  ").replace("Z\r\n", "Z  \t\r\n").into(), 1, vec![]),
        ("spaces after the version", record("resource", target, "x").replace("WARC/1.0\r", "WARC/1.0  \r").into(), 1, vec![]),
        ("version 0.16", record("resource", target, "x").replace("WARC/1.0", "WARC/0.16").into(), 1, vec![VersionUnknown]),
        ("version 0.17", record("resource", target, "x").replace("WARC/1.0", "WARC/0.17").into(), 1, vec![]),
        ("version 1.2", record("resource", target, "x").replace("WARC/1.0", "WARC/1.2").into(), 1, vec![VersionUnknown]),
        ("record id without brackets", record("resource", target, "x").replace("<urn:", "urn:").replace(">\r\nWARC-Date", "\r\nWARC-Date").into(), 1, vec![RecordIdForm]),
        ("Latin-1 in the header", { let mut bytes = record("resource", "WARC-Target-URI: http://example.com/caf?", "x").into_bytes(); let at = bytes.iter().position(|byte| *byte == b'?').unwrap(); bytes[at] = 0xe9; bytes }, 1, vec![FieldNotUtf8]),
        ("line ends before the first record", format!("\r\n\r\n{}", record("resource", target, "x")).into(), 1, vec![]),
        ("three line ends after a record", (record("resource", target, "x") + "\r\n" + &record("resource", target, "y")).into(), 2, vec![]),
        ("a member with a name and a comment", { let mut encoder = flate2::GzBuilder::new().filename("a.warc").comment("c").extra("xy").mtime(7).write(Vec::new(), flate2::Compression::best()); encoder.write_all(record("resource", target, "x").as_bytes()).unwrap(); encoder.finish().unwrap() }, 1, vec![]),
        ("stored deflate blocks", { let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none()); encoder.write_all(record("resource", target, &"x".repeat(200_000)).as_bytes()).unwrap(); encoder.finish().unwrap() }, 1, vec![]),
        ("an empty member between", [gzip(record("resource", target, "x").as_bytes()), gzip(b""), gzip(record("resource", target, "y").as_bytes())].concat(), 2, vec![]),
        ("zeros after the last member", [gzip(record("resource", target, "x").as_bytes()), vec![0; 1000]].concat(), 1, vec![GzipTrailingZeros]),
    ];
    for (name, bytes, records, notices) in cases {
        let found = report(&bytes);
        assert_eq!((found.verdict, found.records), (Verdict::Sound, records), "{name}: {found:#?}");
        let mut codes: Vec<Code> = found.notices.iter().map(|notice| notice.code).collect();
        codes.dedup();
        assert_eq!(codes, notices, "{name}");
        assert_eq!(found.block_digests.ok, records, "{name}: {found:#?}");
    }
}

/// Flawed archives: what was read, and what is said of them.
#[test]
fn flawed_in_the_wild() {
    use Code::*;
    let one = record("resource", "WARC-Target-URI: http://example.com/1", "one");
    let two = record("resource", "WARC-Target-URI: http://example.com/2", "two");
    let both = format!("{one}{two}");
    let cases: Vec<(&str, Vec<u8>, u64, Vec<Code>)> = vec![
        ("byte order mark", format!("\u{feff}{both}").into(), 2, vec![GarbageSkipped]),
        (
            "no line ends between",
            both.replace("one\r\n\r\n", "one").into(),
            2,
            vec![RecordTerminator],
        ),
        (
            "one line end between",
            both.replace("one\r\n\r\n", "one\r\n").into(),
            2,
            vec![RecordTerminator],
        ),
        ("no line ends at the end", both.trim_end().into(), 2, vec![RecordTerminator]),
        ("zeros at the end", [both.as_bytes(), &[0; 3000]].concat(), 2, vec![GarbageSkipped]),
        ("text at the end", format!("{both}the end").into(), 2, vec![GarbageSkipped]),
        ("text between", format!("{one}between\r\n{two}").into(), 2, vec![GarbageSkipped]),
        (
            "text after the last member",
            [gzip(one.as_bytes()), b"the end of it all".to_vec()].concat(),
            1,
            vec![GzipHeaderInvalid, GarbageSkipped],
        ),
        (
            "a member and then plain",
            [gzip(one.as_bytes()), two.clone().into_bytes()].concat(),
            1,
            vec![GzipHeaderInvalid, GarbageSkipped],
        ),
        (
            "line ends in a member of their own",
            [
                gzip(
                    record("resource", "WARC-Target-URI: http://example.com/", "x")
                        .trim_end()
                        .as_bytes(),
                ),
                gzip(b"\r\n\r\n"),
                gzip(record("resource", "WARC-Target-URI: http://example.com/", "y").as_bytes()),
            ]
            .concat(),
            2,
            vec![RecordTerminator],
        ),
        (
            "a page of an error before",
            format!("<html><body>502 Bad Gateway</body></html>\n{both}").into(),
            2,
            vec![GarbageSkipped],
        ),
        ("date with an offset", one.replace("00Z", "00+00:00").into(), 1, vec![DateInvalid]),
        (
            "date of 14 digits",
            one.replace("2026-11-22T22:11:00Z", "20261122221100").into(),
            1,
            vec![DateInvalid],
        ),
        (
            "length with a sign",
            format!("{}{two}", one.replace("Length: 3", "Length: +3")).into(),
            1,
            vec![ContentLengthInvalid, GarbageSkipped],
        ),
        (
            "length twice",
            one.replace("Content-Length: 3", "Content-Length: 3\r\nContent-Length: 3").into(),
            1,
            vec![FieldRepeated],
        ),
    ];
    for (name, bytes, records, expected) in cases {
        let found = report(&bytes);
        assert_eq!(
            (found.verdict, found.records),
            (Verdict::Flawed, records),
            "{name}: {found:#?}"
        );
        let mut codes: Vec<Code> = found.problems.iter().map(|problem| problem.code).collect();
        codes.dedup();
        assert_eq!(codes, expected, "{name}: {found:#?}");
        assert!(
            found.problems.iter().all(|problem| problem.offset <= bytes.len() as u64),
            "{name}"
        );
    }
}

/// What is no archive is unreadable, whatever it is.
#[test]
fn no_archives() {
    let bzip2 = b"BZh91AY&SY\x00\x01\x02";
    let xz = b"\xfd7zXZ\x00\x00\x04";
    let warc = record("resource", "WARC-Target-URI: http://example.com/", "x");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("bzip2", bzip2.to_vec()),
        ("xz", xz.to_vec()),
        ("a WARC compressed twice", gzip(&gzip(warc.as_bytes()))),
        ("a WARC in UTF-16", warc.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("an index", b"com,example)/ 20261122221100 {\"url\":\"http://example.com/\"}\n".to_vec()),
        ("a HAR", b"{\"log\": {\"version\": \"1.2\"}}".to_vec()),
        ("one byte", vec![0x1f]),
        ("the start of gzip", vec![0x1f, 0x8b]),
        ("a version line and nothing", b"WARC/1.0\r\n".to_vec()),
        ("an empty gzip member", gzip(b"")),
    ];
    for (name, bytes) in cases {
        let found = report(&bytes);
        assert_ne!(found.verdict, Verdict::Sound, "{name}: {found:#?}");
        assert_eq!(found.records, 0, "{name}: {found:#?}");
    }
}

/// A body of gzip, stored in the member without compression, holds bytes like the start of a member
/// and like the end of one. Inflating whole members must not take them for ends.
#[test]
fn members_inside_members() {
    let inner = gzip(b"inner").into_iter().map(char::from).collect::<String>();
    let bytes_of = |text: &str| text.chars().map(|letter| letter as u8).collect::<Vec<u8>>();
    let body = inner.repeat(50);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\n\r\n";
    let block = bytes_of(&format!("{head}{body}"));
    let digest = sha1(&block);
    let mut plain = format!(
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:y>\r\nWARC-Date: 2026-11-22T22:11:00Z\r\n\
         WARC-Target-URI: http://example.com/\r\nContent-Type: application/http\r\n\
         WARC-Block-Digest: {digest}\r\nContent-Length: {}\r\n\r\n",
        block.len()
    )
    .into_bytes();
    plain.extend_from_slice(&block);
    plain.extend_from_slice(b"\r\n\r\n");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&plain).unwrap();
    let member = encoder.finish().unwrap();
    assert!(member.windows(inner.chars().count()).any(|window| window == bytes_of(&inner)));
    let found = report(&[member.clone(), member].concat());
    assert_eq!(
        (found.verdict, found.records, found.block_digests.ok),
        (Verdict::Sound, 2, 2),
        "{found:#?}"
    );
}

/// Two readers must never see different records: bytes hidden between a member's deflate data and a
/// second, right trailer are damage, though a decoder that only looks at the end would not see them.
#[test]
fn nothing_hides_before_a_trailer() {
    let member = gzip(record("resource", "WARC-Target-URI: http://example.com/", "x").as_bytes());
    let (data, trailer) = member.split_at(member.len() - 8);
    for hidden in [&b"hidden"[..], trailer, b""] {
        let bytes = [data, trailer, hidden, trailer].concat();
        let found = report(&bytes);
        assert_eq!((found.verdict, found.records), (Verdict::Flawed, 1), "{found:#?}");
        let wrong = [data, hidden, b"\0", trailer].concat();
        assert_eq!(report(&wrong).verdict, Verdict::Flawed);
    }
}

/// Common Crawl: a warcinfo, and for each page request, response and metadata in members.
#[test]
fn an_index_of_conversions_and_of_what_describes_the_crawl() {
    let target = "WARC-Target-URI: http://example.com/";
    let text = [
        record(
            "warcinfo",
            "WARC-Filename: x.warc.gz|Content-Type: application/warc-fields",
            "a: b\r\n",
        ),
        record(
            "metadata",
            &format!("{target}|Content-Type: application/warc-fields"),
            "fetchTimeMs: 1\r\n",
        ),
        record("metadata", &format!("{target}|Content-Type: application/json"), "{}"),
        record("conversion", &format!("{target}|Content-Type: text/plain"), "text"),
    ]
    .concat();
    let (lines, problems) = index_sorted("x.warc", text.as_bytes()).unwrap();
    assert!(problems.is_empty());
    let mimes: Vec<_> = lines.into_iter().filter_map(|line| line.fields.mime).collect();
    assert_eq!(mimes, ["application/json", "text/plain"]);
}

/// ARC as it lies in archives: without line ends between records, with LF and CR LF, with sizes
/// that count the line end, compressed record by record.
#[test]
fn arcs_in_the_wild() {
    let head = "1 1 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n<?xml version=\"1.0\"?>\n";
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>page</p>";
    let file = format!(
        "filedesc://IA-2004.arc 0.0.0.0 20040101000000 text/plain {}\n{head}\n",
        head.len()
    );
    let one =
        format!("http://example.com/ 192.0.2.1 20040101000001 text/html {}\n{page}\n", page.len());
    let dns = "dns:example.com 192.0.2.2 20040101000000 text/dns 5\n1 2 3\n".to_owned();
    let empty = "http://example.com/none 192.0.2.1 20040101000002 no-type 0\n\n".to_owned();
    let all = [file.clone(), dns, one.clone(), empty, one.clone()];
    let plain = all.concat();
    let packed = all.iter().flat_map(|record| gzip(record.as_bytes())).collect::<Vec<u8>>();
    for bytes in [plain.clone().into_bytes(), packed, gzip(plain.as_bytes())] {
        let found = report(&bytes);
        assert_eq!(
            (found.kind, found.records, found.verdict),
            (Kind::Arc, 5, Verdict::Sound),
            "{found:#?}"
        );
    }
    let spaced = [file, one.clone(), "\n".to_owned(), one].concat();
    assert_eq!(report(spaced.as_bytes()).records, 3);
}

/// Lengths beyond 32 bits are read as they are. Five gigabytes of zeros, made on the way.
#[test]
fn a_record_of_five_gibibytes() {
    let length = 5u64 << 30;
    let head = format!(
        "WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: <urn:x:y>\r\n\
         WARC-Date: 2026-11-22T22:11:00Z\r\nContent-Length: {length}\r\n\r\n"
    );
    let last = record("resource", "WARC-Target-URI: http://example.com/", "x");
    let input = head
        .as_bytes()
        .chain(std::io::repeat(0).take(length))
        .chain(&b"\r\n\r\n"[..])
        .chain(last.as_bytes());
    let mut reader = Reader::new(input).unwrap().without_record_digests();
    let end = reader.next_record().unwrap().unwrap().finish().unwrap();
    assert_eq!((end.whole, end.length), (true, Some(head.len() as u64 + length)));
    let end = reader.next_record().unwrap().unwrap().finish().unwrap();
    assert_eq!((end.whole, end.offset), (true, head.len() as u64 + length + 4));
}
