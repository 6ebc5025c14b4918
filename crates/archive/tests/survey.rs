//! One pass over an archive says what checking, indexing and reading it say one by one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod shared_data;

use std::io;

use witnessmark_archive::{
    DigestVerdict, Reader, RecordEnd, Verdict, check, index, read_ahead, survey,
};

/// What a survey with a second thread gives: ends, index lines and the report.
fn surveyed(name: &str, bytes: &[u8]) -> (Vec<(RecordEnd, u64)>, Vec<String>, String) {
    let (mut ends, mut lines) = (Vec::new(), Vec::new());
    let report = read_ahead(bytes, |mut reader| {
        survey::<io::Error>(&mut reader, name, &mut |_| {}, &mut |record| {
            ends.push((record.end().clone(), record.plain_length()));
            lines.extend(record.cdxj(name).map(|line| line.to_string()));
            Ok(())
        })
    })
    .unwrap();
    (ends, lines, format!("{report:#?}"))
}

#[test]
fn a_survey_is_check_and_index_and_reading() {
    let Some(folder) = shared_data::web_archives() else { return };
    for row in shared_data::rows(&folder) {
        let (ends, lines, report) = surveyed(&row.name, &row.bytes);
        let checked = check(&row.name, row.bytes.as_slice(), &mut |_| {}).unwrap();
        assert_eq!(report, format!("{checked:#?}"), "{}", row.name);
        let mut reader = Reader::new(row.bytes.as_slice()).unwrap();
        let mut read = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            let head = record.head_bytes().len() as u64;
            let length = head + record.head().content_length().unwrap();
            let end = record.finish().unwrap();
            read.push((end, length));
        }
        // An ARC record that is complete by its HTTP message counts for the survey alone.
        read.retain(|(end, _)| end.whole);
        let whole: Vec<_> = ends.into_iter().filter(|(end, _)| end.whole).collect();
        assert_eq!(whole, read, "{}", row.name);
        let mut indexed = Vec::new();
        index(&row.name, row.bytes.as_slice(), &mut |line| {
            indexed.push(line.to_string());
            Ok(())
        })
        .unwrap();
        let lines: Vec<String> = lines
            .into_iter()
            .filter(|line| line.contains("\"length\"") || indexed.contains(line))
            .collect();
        assert_eq!(lines, indexed, "{}", row.name);
    }
}

/// The digest of a record must not depend on where it was computed: in the thread that inflates,
/// for a member of its own, or while it is read, for one that holds more or less than a record.
#[test]
fn record_digests_are_those_of_the_plain_file() {
    let Some(folder) = shared_data::web_archives() else { return };
    let read = |name: &str| std::fs::read(folder.join("webrecorder/warcio/test/data").join(name));
    let digests = |bytes: &[u8]| -> Vec<Option<[u8; 32]>> {
        surveyed("x", bytes).0.into_iter().map(|(end, _)| end.sha256).collect()
    };
    let (plain, packed) = (read("example.warc").unwrap(), read("example.warc.gz").unwrap());
    let mut inflated = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(packed.as_slice());
    io::copy(&mut decoder, &mut inflated).unwrap();
    assert_eq!(digests(&packed), digests(&inflated));
    assert_eq!(digests(&plain).len(), 6);
    assert!(digests(&plain).iter().all(Option::is_some));
}

#[test]
fn digests_are_judged_record_by_record() {
    let Some(folder) = shared_data::web_archives() else { return };
    let path = "webrecorder/warcio/test/data/example-iana.org-chunked.warc";
    let bytes = std::fs::read(folder.join(path)).unwrap();
    let mut found = Vec::new();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    survey::<io::Error>(&mut reader, path, &mut |_| {}, &mut |record| {
        let status = record.http().and_then(|http| http.status);
        found.push((record.payload_digest(), status, record.media_type()));
        Ok(())
    })
    .unwrap();
    let html = Some("text/html".to_owned());
    assert_eq!(
        found,
        [
            (DigestVerdict::Absent, None, Some("application/warc-fields".to_owned())),
            (DigestVerdict::MatchesWithTransferEncoding, Some(200), html),
            (DigestVerdict::Absent, None, None),
        ]
    );
}

/// A callback that fails ends the pass with its own error, while the second thread is at work.
#[test]
fn an_error_of_the_caller_comes_back() {
    #[derive(Debug)]
    enum Failure {
        Own(u64),
        Machine,
    }
    impl From<io::Error> for Failure {
        fn from(_: io::Error) -> Self {
            Self::Machine
        }
    }
    let record = "WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: <urn:x:y>\r\n\
                  WARC-Date: 2026-11-22T22:11:00Z\r\nContent-Length: 1000\r\n\r\n";
    let text = format!("{record}{}\r\n\r\n", "x".repeat(1000)).repeat(10_000);
    let result = read_ahead(text.as_bytes(), |mut reader| {
        survey(&mut reader, "x", &mut |_| {}, &mut |record| match record.end().offset {
            0..100_000 => Ok(()),
            offset => Err(Failure::Own(offset)),
        })
    });
    assert!(matches!(result, Err(Failure::Own(100_000..))), "{result:?}");
}

/// A ZIP has no records of its own; without a word it would have seemed sound.
#[test]
fn a_zip_is_not_surveyed_as_sound() {
    let bytes = b"PK\x03\x04 and so on";
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let report =
        survey::<io::Error>(&mut reader, "x", &mut |_| {}, &mut |_| panic!("a record")).unwrap();
    assert_eq!(report.verdict, Verdict::Unreadable);
}
