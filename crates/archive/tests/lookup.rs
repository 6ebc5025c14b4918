//! Looking up keys in plain and compressed indexes, and in hostile ones.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use witnessmark_archive::{CdxjFile, Code, Problem, ZipNum};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Lines for pages with one digit a page and as many times as the digit says, sorted.
fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    for page in 0..10 {
        for time in 0..page {
            lines.push(format!(
                "com,example)/{page} 202611222211{time:02} {{\"url\":\"http://example.com/{page}\",\"offset\":\"{time}\"}}\n"
            ));
        }
    }
    lines
}

/// A compressed index and its table, in blocks of so many lines.
fn compressed(lines: &[String], in_block: usize) -> (String, Vec<u8>) {
    let mut table =
        "!meta 0 {\"format\": \"cdxj-gzip-1.0\", \"filename\": \"index.cdx.gz\"}\n".to_owned();
    let mut index = Vec::new();
    for block in lines.chunks(in_block.max(1)) {
        let start: Vec<&str> = block[0].splitn(3, ' ').take(2).collect();
        let packed = gzip(block.concat().as_bytes());
        let digest: String =
            Sha256::digest(&packed).iter().map(|byte| format!("{byte:02x}")).collect();
        table.push_str(&format!(
            "{} {{\"offset\": {}, \"length\": {}, \"digest\": \"sha256:{digest}\"}}\n",
            start.join(" "),
            index.len(),
            packed.len()
        ));
        index.extend(packed);
    }
    (table, index)
}

fn times(lines: Vec<witnessmark_archive::CdxjLine>) -> Vec<String> {
    lines.into_iter().map(|line| line.timestamp).collect()
}

#[test]
fn every_key_of_both_forms_in_blocks_of_any_size() {
    let lines = lines();
    let plain = lines.concat();
    for in_block in [1, 2, 3, 7, 1000] {
        let (table, index) = compressed(&lines, in_block);
        let mut zipnum = ZipNum::new(Cursor::new(&table), Cursor::new(&index)).unwrap();
        let mut file = CdxjFile::new(Cursor::new(&plain)).unwrap();
        for page in 0..12 {
            let key = format!("com,example)/{page}");
            let expected: Vec<String> = (0..page)
                .filter(|_| page < 10)
                .map(|time| format!("202611222211{time:02}"))
                .collect();
            assert_eq!(times(zipnum.lookup(&key, 100).unwrap()), expected, "{key} of {in_block}");
            assert_eq!(times(file.lookup(&key, 100).unwrap()), expected, "{key}");
            let first: Vec<String> = expected.into_iter().take(2).collect();
            assert_eq!(times(zipnum.lookup(&key, 2).unwrap()), first, "two of {key}");
            assert_eq!(times(file.lookup(&key, 2).unwrap()), first, "two of {key}");
        }
        for other in ["", "a", "com,example)", "com,example)/1/more", "zz", "!meta"] {
            assert_eq!(zipnum.lookup(other, 9).unwrap(), [], "{other:?}");
            assert_eq!(file.lookup(other, 9).unwrap(), [], "{other:?}");
        }
    }
}

/// pywb and Common Crawl part the values of a table by tabs.
#[test]
fn a_table_with_tabs() {
    let lines = lines();
    let (first, second) =
        (gzip(lines[..5].concat().as_bytes()), gzip(lines[5..].concat().as_bytes()));
    let start = |line: &str| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    let table = format!(
        "{}\tcdx-00000.gz\t0\t{}\t1\n{}\tcdx-00000.gz\t{}\t{}\t2\n",
        start(&lines[0]),
        first.len(),
        start(&lines[5]),
        first.len(),
        second.len()
    );
    let index = [first, second].concat();
    let mut zipnum = ZipNum::new(Cursor::new(table), Cursor::new(index)).unwrap();
    assert_eq!(zipnum.lookup("com,example)/9", 100).unwrap().len(), 9);
    assert_eq!(zipnum.lookup("com,example)/3", 100).unwrap().len(), 3);
}

/// Counts what is read.
struct Counted<'c>(Cursor<&'c [u8]>, &'c std::cell::Cell<u64>);

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(out)?;
        self.1.set(self.1.get() + count as u64);
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

/// One key of two hundred thousand lines takes a small part of the index.
#[test]
fn only_what_is_needed_is_read() {
    let lines: Vec<String> = (0..200_000)
        .map(|page| format!("com,example)/{page:06} 20261122221100 {{\"url\":\"http://example.com/{page:06}\"}}\n"))
        .collect();
    let plain = lines.concat();
    let (table, index) = compressed(&lines, 300);
    let key = "com,example)/123456";
    let read = std::cell::Cell::new(0);
    let mut file = CdxjFile::new(Counted(Cursor::new(plain.as_bytes()), &read)).unwrap();
    assert_eq!(file.lookup(key, 9).unwrap().len(), 1);
    assert!(read.get() < 400_000, "{} of {} bytes", read.get(), plain.len());
    let (in_table, in_index) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let mut zipnum = ZipNum::new(
        Counted(Cursor::new(table.as_bytes()), &in_table),
        Counted(Cursor::new(&index), &in_index),
    )
    .unwrap();
    assert_eq!(zipnum.lookup(key, 9).unwrap().len(), 1);
    assert!(in_index.get() < 10_000, "{} of {} bytes", in_index.get(), index.len());
    assert!(in_table.get() < 300_000, "{} of {} bytes", in_table.get(), table.len());
}

#[test]
fn hostile_tables() {
    let lines = lines();
    let (table, index) = compressed(&lines, 5);
    let second = table.lines().nth(2).unwrap().to_owned();
    let offset = second.split("\"offset\": ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let say = |from: &str, to: &str| table.replace(from, to);
    let at = format!("\"offset\": {offset}");
    let cases: Vec<(&str, String, Vec<u8>, Code)> = vec![
        ("outside", say(&at, "\"offset\": 99999999"), index.clone(), Code::ZipnumMismatch),
        (
            "past every number",
            say(&at, "\"offset\": 18446744073709551615"),
            index.clone(),
            Code::ZipnumMismatch,
        ),
        (
            "no number",
            say(&at, "\"offset\": 18446744073709551616"),
            index.clone(),
            Code::ZipnumMalformed,
        ),
        ("overlapping", say(&at, "\"offset\": 0"), index.clone(), Code::ZipnumMismatch),
        ("too long", say("\"length\": ", "\"length\": 9"), index.clone(), Code::ZipnumMismatch),
        ("another digest", say("sha256:", "sha256:00"), index.clone(), Code::ZipnumMismatch),
        ("another format", say("cdxj-gzip-1.0", "x"), index.clone(), Code::ZipnumMalformed),
        ("no JSON", say("{\"offset\"", "{offset"), index.clone(), Code::ZipnumMalformed),
        ("cut index", table.clone(), index[..20].to_vec(), Code::ZipnumMismatch),
        (
            "other bytes",
            table.replace("digest", "d"),
            vec![b'x'; index.len()],
            Code::ZipnumMismatch,
        ),
        (
            "another start",
            say("com,example)/3 ", "com,example)/2~ ").replace("digest", "d"),
            index.clone(),
            Code::ZipnumMismatch,
        ),
    ];
    for (name, table, index, code) in cases {
        let mut zipnum = ZipNum::new(Cursor::new(table), Cursor::new(index)).unwrap();
        let codes: Vec<Code> = (1..10)
            .filter_map(|page| zipnum.lookup(&format!("com,example)/{page}"), 100).err())
            .map(|error| {
                assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{name}");
                error.get_ref().unwrap().downcast_ref::<Problem>().unwrap().code
            })
            .collect();
        assert!(codes.contains(&code), "{name}: {codes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text as an index and as a table gives lines or an error, and comes to an end.
    #[test]
    fn any_text(text in "[ab {}\"\n!0-9\\t\\r]{0,200}", key in "[ab]{0,2}", index in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = CdxjFile::new(Cursor::new(&text)).unwrap().lookup(&key, 5);
        let _ = ZipNum::new(Cursor::new(&text), Cursor::new(&index)).unwrap().lookup(&key, 5);
    }

    /// What was put in sorted is found, wherever lines and pieces end.
    #[test]
    fn sorted_keys_are_found(mut keys in prop::collection::vec("[a-c]{1,4}", 1..60), long in 0..9000usize, in_block in 1..9usize) {
        keys.sort();
        let lines: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(number, key)| {
                let more = if number % 7 == 3 { long } else { 0 };
                format!("{key} 20261122221100 {{\"url\":\"{}\"}}\n", "x".repeat(more))
            })
            .collect();
        let plain = lines.concat();
        let (table, index) = compressed(&lines, in_block);
        let mut file = CdxjFile::new(Cursor::new(plain)).unwrap();
        let mut zipnum = ZipNum::new(Cursor::new(table), Cursor::new(index)).unwrap();
        for key in &keys {
            let count = keys.iter().filter(|other| *other == key).count();
            prop_assert_eq!(file.lookup(key, 100).unwrap().len(), count);
            prop_assert_eq!(zipnum.lookup(key, 100).unwrap().len(), count);
        }
    }
}
