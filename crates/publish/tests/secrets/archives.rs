//! Small archives, written for one test each.

use std::io::Cursor;

use witnessmark_archive::{NewRecord, RecordType, Report, Verdict, WarcWriter, check};
use witnessmark_model::{Digest, Entropy, Moment};
use witnessmark_publish::{
    Finding, OwnAddresses, ScanSettings, ScanSummary, ScrubSettings, Scrubbed, scan, scrub,
};

/// The addresses of the invented investigator.
pub(crate) const OWN: &[&str] = &["203.0.113.9", "2001:db8:77::5", "nomad.office.example"];

pub(crate) fn settings() -> ScanSettings {
    ScanSettings::new(OwnAddresses::parse(OWN).unwrap())
}

/// A record of an invented capture.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) record_type: RecordType,
    pub(crate) uri: Option<String>,
    pub(crate) content_type: &'static str,
    pub(crate) payload_digest: Option<String>,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) block: Vec<u8>,
}

pub(crate) fn request(uri: &str, fields: &str, body: &str) -> Sample {
    let path = uri.splitn(4, '/').nth(3).unwrap_or_default();
    let method = if body.is_empty() { "GET" } else { "POST" };
    let block = format!("{method} /{path} HTTP/1.1\r\nHost: news.example\r\n{fields}\r\n{body}");
    Sample {
        record_type: RecordType::Request,
        uri: Some(uri.to_owned()),
        content_type: "application/http;msgtype=request",
        payload_digest: None,
        fields: Vec::new(),
        block: block.into_bytes(),
    }
}

pub(crate) fn response(uri: &str, fields: &str, body: &[u8]) -> Sample {
    let mut block = format!("HTTP/1.1 200 OK\r\n{fields}\r\n").into_bytes();
    block.extend_from_slice(body);
    Sample {
        record_type: RecordType::Response,
        uri: Some(uri.to_owned()),
        content_type: "application/http;msgtype=response",
        payload_digest: Some(digest(body)),
        fields: Vec::new(),
        block,
    }
}

pub(crate) fn about(record_type: RecordType, content_type: &'static str, block: &str) -> Sample {
    Sample {
        record_type,
        uri: None,
        content_type,
        payload_digest: None,
        fields: Vec::new(),
        block: block.as_bytes().to_vec(),
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", Digest::of(bytes))
}

pub(crate) fn record_id(number: usize) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012}")
}

pub(crate) fn archive(samples: &[Sample], gzip: bool) -> Vec<u8> {
    let mut writer =
        if gzip { WarcWriter::gzip(Vec::new()) } else { WarcWriter::plain(Vec::new()) };
    for (number, sample) in samples.iter().enumerate() {
        let record = NewRecord {
            record_type: sample.record_type.clone(),
            record_id: record_id(number),
            date: "2026-11-22T22:11:00Z".to_owned(),
            target_uri: sample.uri.clone(),
            content_type: Some(sample.content_type.to_owned()),
            payload_digest: sample.payload_digest.clone(),
            fields: sample.fields.clone(),
        };
        writer.write(&record, || Ok(sample.block.as_slice())).unwrap();
    }
    writer.finish().unwrap()
}

pub(crate) fn findings(archive: &[u8], settings: &ScanSettings) -> (Vec<Finding>, ScanSummary) {
    let mut found = Vec::new();
    let summary = scan(archive, settings, |finding| found.push(finding)).unwrap();
    (found, summary)
}

pub(crate) fn report(archive: &[u8]) -> Report {
    check("archive", archive, &mut |_| {}).unwrap()
}

/// Counts up, so that ids are told apart.
pub(crate) struct Counter(pub(crate) u8);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0 += 1;
        bytes.fill(self.0);
    }
}

/// Makes a copy and holds it to what is promised of every copy.
pub(crate) fn copy_of(archive: &[u8], settings: &ScanSettings) -> (Vec<u8>, Scrubbed) {
    let settings = ScrubSettings {
        scan: settings.clone(),
        original: Digest::of(archive),
        software: "witnessmark/test".to_owned(),
    };
    let now = Moment::from_unix_millis(1_795_385_461_007);
    let mut copy = Vec::new();
    let done = scrub(Cursor::new(archive), &mut copy, &settings, &mut Counter(0), now).unwrap();
    let report = report(&copy);
    assert_eq!(report.verdict, Verdict::Sound, "{:?}", report.problems);
    let (left, _) = findings(&copy, &settings.scan);
    assert_eq!(left, Vec::new(), "a copy is searched again and nothing is found");
    (copy, done)
}
