//! Archives of other projects give what their owners' tests and other readers say.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod shared_data;

use witnessmark_archive::{Code, Kind, Reader, Report, Verdict, check, index, read_record_at};

fn report(name: &str, bytes: &[u8]) -> Report {
    check(name, bytes, &mut |_| {}).unwrap()
}

/// `'response': 18` and the like in the manifest's notes.
fn count_in(notes: &str, key: &str) -> u64 {
    let Some((_, rest)) = notes.split_once(&format!("'{key}': ")) else { return 0 };
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// What is expected beyond the measured counts, by the end of the file's name.
struct Case {
    file: &'static str,
    records: u64,
    codes: &'static [Code],
    notices: &'static [Code],
}

const CASES: &[Case] = &[
    Case { file: "jwarc/cc.warc.gz", records: 1, codes: &[], notices: &[] },
    Case { file: "gzip_extra_sl.warc.gz", records: 1, codes: &[], notices: &[] },
    Case { file: "example-collection-with-lists.warc", records: 38, codes: &[], notices: &[] },
    Case { file: "example-collection.warc", records: 4, codes: &[], notices: &[] },
    Case { file: "example-iana.warc", records: 118, codes: &[], notices: &[] },
    Case { file: "fixtures/example-resource.warc.gz", records: 3, codes: &[], notices: &[] },
    Case { file: "example-warcinfo-metadata.warc", records: 4, codes: &[], notices: &[] },
    Case {
        // Lengths -1 and "abc", and dates of 18 digits; warcio reads four records.
        file: "bad.arc",
        records: 4,
        codes: &[Code::ArcHeadMalformed, Code::GarbageSkipped, Code::RecordTerminator],
        notices: &[Code::HttpHeadMalformed],
    },
    Case {
        file: "example-bad-non-chunked.warc.gz",
        records: 6,
        codes: &[Code::BlockDigestMismatch],
        notices: &[Code::GzipWholeFile],
    },
    Case {
        file: "example-bad.warc.gz.bad",
        records: 6,
        codes: &[],
        notices: &[Code::GzipWholeFile],
    },
    Case {
        // The wrong digest holds the digit 1, which base32 does not have.
        file: "example-digest.warc",
        records: 4,
        codes: &[Code::DigestMalformed],
        notices: &[],
    },
    Case {
        file: "example-iana.org-chunked.warc",
        records: 3,
        codes: &[],
        notices: &[Code::PayloadDigestWithTransferEncoding],
    },
    Case { file: "data/example-resource.warc.gz", records: 3, codes: &[], notices: &[] },
    Case {
        file: "example-space-in-target-uri.warc.gz",
        records: 2,
        codes: &[],
        notices: &[Code::TargetUriSpaces],
    },
    Case {
        // The response's line still counts the CRs its head has lost; its HTTP message is complete.
        file: "example-space-in-url.arc",
        records: 2,
        codes: &[Code::RecordTruncated],
        notices: &[],
    },
    Case {
        file: "example-trunc.warc",
        records: 4,
        codes: &[
            Code::BlockDigestMismatch,
            Code::GarbageSkipped,
            Code::PayloadDigestMismatch,
            Code::RecordTerminator,
        ],
        notices: &[],
    },
    Case {
        file: "example-wget-bad-target-uri.warc.gz",
        records: 6,
        codes: &[],
        notices: &[Code::TargetUriBrackets],
    },
    Case {
        file: "example-wrong-chunks.warc.gz",
        records: 2,
        codes: &[Code::BlockDigestMismatch, Code::RecordTerminator],
        notices: &[Code::RecordSplitOverMembers],
    },
    Case { file: "data/example.arc", records: 2, codes: &[], notices: &[] },
    Case { file: "data/example.arc.gz", records: 2, codes: &[], notices: &[] },
    Case { file: "data/example.warc", records: 6, codes: &[], notices: &[] },
    Case { file: "data/example.warc.gz", records: 6, codes: &[], notices: &[] },
    Case { file: "post-test.warc.gz", records: 6, codes: &[], notices: &[] },
];

fn distinct(problems: &[witnessmark_archive::Problem]) -> Vec<Code> {
    let mut codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
    codes.sort_by_key(|code| code.as_str());
    codes.dedup();
    codes
}

/// The manifest's other rows are WACZ files and page lists: `wacz.rs` has a case for each.
#[test]
fn no_row_of_the_manifest_is_without_a_test() {
    let Some(folder) = shared_data::web_archives() else { return };
    let wacz = include_str!("wacz.rs");
    let text = std::fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    for line in text.lines().skip(1) {
        let path = line.split('\t').nth(1).unwrap();
        let name = path.rsplit('/').next().unwrap();
        let has_case = CASES.iter().any(|case| path.ends_with(case.file));
        assert!(has_case || wacz.contains(&format!("{name:?}")), "{path} has no case");
    }
}

#[test]
fn every_file_of_the_manifest() {
    let Some(folder) = shared_data::web_archives() else { return };
    let rows = shared_data::rows(&folder);
    assert_eq!(rows.len(), CASES.len(), "a file without a case, or a case without its file");
    for row in rows {
        let case = CASES.iter().find(|case| row.name.ends_with(case.file)).expect(&row.name);
        let found = report(&row.name, &row.bytes);
        let context = format!("{}: {found:#?}", row.name);
        assert_eq!(found.records, case.records, "{context}");
        assert_eq!(distinct(&found.problems), case.codes, "{context}");
        assert_eq!(distinct(&found.notices), case.notices, "{context}");
        let verdict = if case.codes.is_empty() { Verdict::Sound } else { Verdict::Flawed };
        assert_eq!(found.verdict, verdict, "{context}");
        let kind = if row.name.contains(".arc") { Kind::Arc } else { Kind::Warc };
        assert_eq!(found.kind, kind, "{context}");
        let notes = row.measured.split("||").next().unwrap();
        // The measuring script lost the record after the damage of example-trunc.warc.
        if notes.contains("n=") && !notes.contains("err=") {
            for (kind, count) in &found.by_type {
                assert_eq!(*count, count_in(notes, kind), "{kind} in {context}");
            }
            let digests = [
                (found.block_digests.ok, count_in(notes, "block_True")),
                (found.block_digests.failed, count_in(notes, "block_False")),
                (
                    found.payload_digests.ok,
                    count_in(notes, "payload_ok") + count_in(notes, "payload_ok_raw_chunked"),
                ),
                (found.payload_digests.failed, count_in(notes, "payload_FAIL")),
                (found.payload_digests.not_here, count_in(notes, "payload_revisit")),
            ];
            for (ours, measured) in digests {
                assert_eq!(ours, measured, "{context}");
            }
        }
        for counts in [found.block_digests, found.payload_digests] {
            let sum = counts.ok
                + counts.failed
                + counts.absent
                + counts.unknown_algorithm
                + counts.not_here;
            assert_eq!(sum, found.records, "{context}");
        }
    }
}

/// Offsets and lengths from the owners' index tests, where the manifest names them.
#[test]
fn places_of_records() {
    let Some(folder) = shared_data::web_archives() else { return };
    let cases: &[(&str, &[(u64, u64)])] = &[
        (
            "warcio/test/data/example.warc",
            &[(0, 484), (488, 705), (1197, 1365), (2566, 800), (3370, 942), (4316, 800)],
        ),
        (
            "warcio/test/data/example.warc.gz",
            &[(0, 353), (353, 431), (784, 1228), (2012, 609), (2621, 586), (3207, 609)],
        ),
        (
            "warcio/test/data/example-wget-bad-target-uri.warc.gz",
            &[(0, 410), (410, 414), (824, 1154), (1978, 317), (2295, 386), (2681, 586)],
        ),
        // warcio counts one of the two line ends after the head to it.
        ("warcio/test/data/example.arc", &[(0, 149), (151, 1656)]),
        ("warcio/test/data/example.arc.gz", &[(0, 171), (171, 856)]),
        ("warcio/test/data/bad.arc", &[(0, 61), (134, 67), (202, 59), (262, 68)]),
    ];
    for (file, places) in cases {
        let bytes = std::fs::read(folder.join("webrecorder").join(file)).unwrap();
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        let mut found = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            let end = record.finish().unwrap();
            found.push((end.offset, end.length.unwrap()));
        }
        assert_eq!(found, *places, "{file}");
    }
}

/// Reading a record by offset and length gives the same bytes as reading through.
#[test]
fn records_at_random() {
    let Some(folder) = shared_data::web_archives() else { return };
    for row in shared_data::rows(&folder) {
        let mut reader = Reader::new(row.bytes.as_slice()).unwrap();
        let mut places = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            let end = record.finish().unwrap();
            if let (true, Some(length)) = (end.whole, end.length) {
                places.push((end.offset, length, end.sha256));
            }
        }
        for (offset, length, sha256) in places {
            let file = std::io::Cursor::new(&row.bytes);
            let mut again = read_record_at(file, offset, length).unwrap();
            let record = again.next_record().unwrap().unwrap();
            assert_eq!(record.offset(), offset, "{}", row.name);
            let end = record.finish().unwrap();
            assert_eq!((end.whole, end.sha256), (true, sha256), "{} at {offset}", row.name);
        }
    }
}

/// warcio: reading `example.warc.gz` at offset 10 must fail.
#[test]
fn no_record_at_a_wrong_offset() {
    let Some(folder) = shared_data::web_archives() else { return };
    for file in ["example.warc.gz", "example.warc", "example.arc.gz"] {
        let bytes = std::fs::read(folder.join("webrecorder/warcio/test/data").join(file)).unwrap();
        assert!(read_record_at(std::io::Cursor::new(bytes), 10, 400).is_err(), "{file}");
    }
}

#[test]
fn target_uris_are_mended() {
    let Some(folder) = shared_data::web_archives() else { return };
    let uris = |file: &str| {
        let bytes = std::fs::read(folder.join("webrecorder/warcio/test/data").join(file)).unwrap();
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        let mut uris = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            uris.extend(record.head().target_uri().map(|uri| uri.into_owned()));
        }
        uris
    };
    assert!(
        uris("example-space-in-target-uri.warc.gz")
            .contains(&"file:///example%20with%20spaces.png".to_owned())
    );
    assert!(
        uris("example-wget-bad-target-uri.warc.gz").contains(&"http://example.com/".to_owned())
    );
    assert_eq!(
        uris("example-space-in-url.arc").last().unwrap(),
        "http://example.com/index.cfm?FuseAction=Email&EmailTitle=Examples%20From%20The%20Live%20Web&IsPopUp=False"
    );
}

/// jwarc's WarcReaderTest: one record, HTTP body of 20,289 bytes.
#[test]
fn payload_of_a_common_crawl_record() {
    let Some(folder) = shared_data::web_archives() else { return };
    let name = "iipc/jwarc/test-resources/org/netpreserve/jwarc/cc.warc.gz";
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let mut record = reader.next_record().unwrap().unwrap();
    assert_eq!(record.head().record_id(), Some("urn:uuid:ececb7b0-ed4d-4d27-9ae8-2676df51cf7d"));
    assert_eq!(record.http().unwrap().unwrap().status, Some(200));
    let payload = record.payload(1 << 20).unwrap();
    assert_eq!(payload.bytes.len(), 20_289);
    assert!(!payload.cut);
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let cut = reader.next_record().unwrap().unwrap().payload(100).unwrap();
    assert_eq!((cut.bytes.len(), cut.cut), (100, true));
}

/// The collection holds brotli bodies, on which warcio 1.8.1 crashes.
#[test]
fn payloads_are_decoded() {
    let Some(folder) = shared_data::web_archives() else { return };
    let mut encodings = std::collections::BTreeMap::new();
    for row in shared_data::rows(&folder) {
        let mut reader = Reader::new(row.bytes.as_slice()).unwrap();
        while let Some(mut record) = reader.next_record().unwrap() {
            let is_response = record.head().record_type().as_str() == "response";
            let html = record.http().unwrap().is_some_and(|head| {
                head.status == Some(200) && head.media_type().as_deref() == Some("text/html")
            });
            let Ok(payload) = record.payload(16 << 20) else { continue };
            // This one keeps the name of an encoding that was already removed.
            if !row.name.ends_with("example-warcinfo-metadata.warc") {
                assert_eq!(payload.warnings, Vec::<String>::new(), "{}", row.name);
            }
            for name in &payload.decoded {
                *encodings.entry(name.clone()).or_insert(0) += 1;
            }
            if is_response && html {
                let text = String::from_utf8_lossy(&payload.bytes).to_lowercase();
                assert!(text.contains("<html"), "{}: {text:.200}", row.name);
            }
        }
    }
    let names: Vec<&String> = encodings.keys().collect();
    assert_eq!(names, ["br", "gzip"], "{encodings:?}");
}

/// py-wacz's and pywb's index tests.
#[test]
fn index_lines() {
    let Some(folder) = shared_data::web_archives() else { return };
    let data = folder.join("webrecorder/warcio/test/data");
    let lines = |file: &str| {
        let bytes = std::fs::read(data.join(file)).unwrap();
        let mut lines = Vec::new();
        index(file, bytes.as_slice(), &mut |line| {
            lines.push(line.to_string());
            Ok(())
        })
        .unwrap();
        lines
    };
    assert_eq!(
        lines("example.warc.gz"),
        [
            r#"com,example)/ 20170306040206 {"url":"http://example.com/","digest":"sha1:G7HRM7BGOKSKMSXZAHMUQTTV53QOFSMK","mime":"text/html","filename":"example.warc.gz","offset":"784","length":"1228","status":"200"}"#,
            r#"com,example)/ 20170306040348 {"url":"http://example.com/","digest":"sha1:G7HRM7BGOKSKMSXZAHMUQTTV53QOFSMK","mime":"warc/revisit","filename":"example.warc.gz","offset":"2621","length":"586","status":"200"}"#,
        ]
    );
    let posts = lines("post-test.warc.gz");
    let offsets = [("0", "720"), ("1196", "723"), ("2395", "723")];
    assert_eq!(posts.len(), offsets.len());
    for (line, (offset, length)) in posts.iter().zip(offsets) {
        assert!(
            line.contains(&format!(r#""offset":"{offset}","length":"{length}","status":"200""#)),
            "{line}"
        );
    }
}
