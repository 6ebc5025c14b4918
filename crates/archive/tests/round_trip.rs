//! Archives made at random are read as they were made; archives broken at random never panic.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use witnessmark_archive::{Code, Layout, Reader, Verdict, check, read_record_at};

/// How the records are stored.
#[derive(Clone, Copy, Debug)]
enum Wrap {
    Plain,
    MemberEach,
    WholeFile,
    Split,
    Zstd,
    ZstdDictionary,
    Lz4,
}

/// The dictionary of the archives that have one: the names every header repeats.
const DICTIONARY: &[u8] = b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:\
    WARC-Date: 2026-11-22T22:11:00Z\r\nWARC-Target-URI: http://example.com/\
    WARC-Block-Digest: sha-256:Content-Length: ";

fn zstd(bytes: &[u8], dictionary: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::with_dictionary(Vec::new(), 3, dictionary).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A record's plain bytes, without the line ends after it.
fn record(number: usize, version: &str, line_end: &str, block: &[u8]) -> Vec<u8> {
    let sha256: String = Sha256::digest(block).iter().map(|byte| format!("{byte:02x}")).collect();
    let head = [
        format!("WARC/{version}"),
        "WARC-Type: resource".to_owned(),
        format!("WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>"),
        "WARC-Date: 2026-11-22T22:11:00Z".to_owned(),
        format!("WARC-Target-URI: http://example.com/{number}"),
        format!("WARC-Block-Digest: sha-256:{sha256}"),
        format!("Content-Length: {}", block.len()),
        String::new(),
        String::new(),
    ];
    let mut bytes = head.join(line_end).into_bytes();
    bytes.extend_from_slice(block);
    bytes
}

fn archive(records: &[Vec<u8>], wrap: Wrap) -> Vec<u8> {
    let ended = |record: &Vec<u8>| [record.as_slice(), b"\r\n\r\n"].concat();
    match wrap {
        Wrap::Plain => records.iter().flat_map(ended).collect(),
        Wrap::MemberEach => records.iter().flat_map(|record| gzip(&ended(record))).collect(),
        Wrap::WholeFile => gzip(&records.iter().flat_map(ended).collect::<Vec<u8>>()),
        Wrap::Zstd => records.iter().flat_map(|record| zstd(&ended(record), &[])).collect(),
        Wrap::Lz4 => records.iter().flat_map(|record| lz4(&ended(record))).collect(),
        Wrap::ZstdDictionary => {
            let dictionary = zstd(DICTIONARY, &[]);
            let mut bytes = 0x184d_2a5du32.to_le_bytes().to_vec();
            bytes.extend_from_slice(&u32::try_from(dictionary.len()).unwrap().to_le_bytes());
            bytes.extend_from_slice(&dictionary);
            bytes.extend(records.iter().flat_map(|record| zstd(&ended(record), DICTIONARY)));
            bytes
        }
        Wrap::Split => {
            let halves = |record: &Vec<u8>| {
                let bytes = ended(record);
                // A member that begins like a record is taken for one: the reader cannot know.
                let middle = bytes.len() / 2;
                let middle = middle + usize::from(bytes[middle..].starts_with(b"WARC/"));
                let (first, second) = bytes.split_at(middle);
                [gzip(first), gzip(second)].concat()
            };
            records.iter().flat_map(halves).collect()
        }
    }
}

fn blocks() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let text = prop::collection::vec(any::<u8>(), 0..2000);
    let lines = "(WARC/1\\.0\r\n|\r\n\r\n|[a-z]{0,40}\n){0,40}".prop_map(String::into_bytes);
    let large = (200_000..600_000usize).prop_map(|length| vec![b'x'; length]);
    prop::collection::vec(prop_oneof![8 => text, 4 => lines, 1 => large], 1..8)
}

fn wraps() -> impl Strategy<Value = Wrap> {
    prop::sample::select(vec![
        Wrap::Plain,
        Wrap::MemberEach,
        Wrap::WholeFile,
        Wrap::Split,
        Wrap::Zstd,
        Wrap::ZstdDictionary,
        Wrap::Lz4,
    ])
}

/// Gives out at most `step` bytes a call, as a socket would.
struct Slow<'b> {
    bytes: &'b [u8],
    step: usize,
}

impl std::io::Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.step.min(out.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        out[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read(
        blocks in blocks(),
        wrap in wraps(),
        version in prop::sample::select(vec!["0.17", "0.18", "1.0", "1.1"]),
        line_end in prop::sample::select(vec!["\r\n", "\n", "\r\r\n"]),
        step in prop::sample::select(vec![1usize, 7, 4096, 1 << 20]),
    ) {
        let records: Vec<Vec<u8>> = blocks
            .iter()
            .enumerate()
            .map(|(number, block)| record(number, version, line_end, block))
            .collect();
        let bytes = archive(&records, wrap);
        let report = check("made.warc", Slow { bytes: &bytes, step }, &mut |_| {}).unwrap();
        prop_assert_eq!(report.verdict, Verdict::Sound, "{:#?}", report);
        prop_assert_eq!(report.records, records.len() as u64);
        prop_assert_eq!(report.block_digests.ok, records.len() as u64);
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        let mut seen = 0;
        while let Some(mut found) = reader.next_record().unwrap() {
            let mut block = Vec::new();
            std::io::Read::read_to_end(&mut found, &mut block).unwrap();
            prop_assert_eq!(&block, &blocks[seen]);
            let end = found.finish().unwrap();
            prop_assert!(end.whole);
            prop_assert_eq!(end.sha256, Some(Sha256::digest(&records[seen]).into()));
            let layout = match wrap {
                Wrap::Plain => Layout::Plain,
                Wrap::MemberEach | Wrap::Zstd | Wrap::ZstdDictionary | Wrap::Lz4 => {
                    Layout::OwnMember
                }
                Wrap::WholeFile if records.len() > 1 => Layout::SharedMember,
                Wrap::WholeFile => Layout::OwnMember,
                Wrap::Split => Layout::SplitMembers,
            };
            prop_assert_eq!(end.layout, layout);
            if let Some(length) = end.length {
                let file = std::io::Cursor::new(&bytes);
                let mut again = read_record_at(file, end.offset, length).unwrap();
                let same = again.next_record().unwrap().unwrap().finish().unwrap();
                prop_assert_eq!(same.sha256, end.sha256);
            }
            seen += 1;
        }
        prop_assert_eq!(seen, records.len());
    }

    /// One flipped byte never changes what was read before it, and in a compressed file never
    /// goes unnoticed.
    #[test]
    fn a_flipped_byte_is_found(
        blocks in blocks(),
        wrap in wraps(),
        place in any::<prop::sample::Index>(),
        flip in 1u8..,
    ) {
        let records: Vec<Vec<u8>> = blocks
            .iter()
            .enumerate()
            .map(|(number, block)| record(number, "1.1", "\r\n", block))
            .collect();
        let mut bytes = archive(&records, wrap);
        let sound = places(&bytes);
        let at = place.index(bytes.len());
        bytes[at] ^= flip;
        let broken = places(&bytes);
        // In a plain file, two line ends behind a record belong to it: without them it is not whole.
        let mark = if matches!(wrap, Wrap::Plain) { 4 } else { 0 };
        let is_before = |end: u64| end + mark <= at as u64;
        let before = sound.iter().filter(|(_, end)| end.is_some_and(is_before)).count();
        prop_assert_eq!(&broken[..before.min(broken.len())], &sound[..before]);
        let report = check("broken.warc", bytes.as_slice(), &mut |_| {}).unwrap();
        // Some bits of a gzip stream mean nothing; then the same records come out.
        // A changed zstd dictionary may still be one; the frames' checksums then find the damage.
        if !matches!(wrap, Wrap::Plain) && report.verdict == Verdict::Sound {
            prop_assert_eq!(broken, sound);
        }
    }

    #[test]
    fn any_bytes_give_a_report(bytes in prop::collection::vec(any::<u8>(), 0..5000), start in 0..6usize) {
        let starts: [&[u8]; 6] = [b"", b"WARC/1.1\r\n", b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"filedesc://x 0 20200101000000 a 5\n", b"PK\x03\x04", b"WARC/1.0\r\nContent-Length: 100\r\n\r\n"];
        let bytes = [starts[start], &bytes].concat();
        let report = check("any", bytes.as_slice(), &mut |_| {}).unwrap();
        prop_assert!(report.records < 4);
    }
}

/// The digest and the end of every whole record.
fn places(bytes: &[u8]) -> Vec<(Option<[u8; 32]>, Option<u64>)> {
    let mut reader = Reader::new(bytes).unwrap();
    let mut places = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        let end = record.finish().unwrap();
        if end.whole {
            places.push((end.sha256, end.length.map(|length| end.offset + length)));
        }
    }
    places
}

/// After a damaged member the next records are read; found on a member whose deflate data breaks.
#[test]
fn reading_goes_on_after_a_damaged_member() {
    let records: Vec<Vec<u8>> =
        (0..5).map(|number| record(number, "1.1", "\r\n", &[b'a' + number as u8; 3000])).collect();
    let bytes = archive(&records, Wrap::MemberEach);
    let starts: Vec<usize> = {
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        let mut starts = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            starts.push(record.offset() as usize);
        }
        starts
    };
    for at in starts[2]..starts[3] {
        let mut broken = bytes.clone();
        broken[at] ^= 0xff;
        let report = check("broken.warc.gz", broken.as_slice(), &mut |_| {}).unwrap();
        // Four bytes of time stamp, extra flags and the system's name mean nothing.
        let harmless = (4..10).contains(&(at - starts[2]));
        if harmless {
            assert_eq!((report.records, report.verdict), (5, Verdict::Sound), "at {at}");
        } else {
            assert_eq!(
                (report.records, report.verdict),
                (4, Verdict::Flawed),
                "at {at}: {report:#?}"
            );
        }
    }
}

/// Content-Length too long by so much: the next record begins inside the block.
#[test]
fn a_length_too_long_does_not_lose_the_next_record() {
    // From 281 on the block ends with the next header's blank line, which looks right.
    for extra in 1..280usize {
        let first = record(0, "1.1", "\r\n", b"block");
        let first = String::from_utf8(first)
            .unwrap()
            .replace("Length: 5", &format!("Length: {}", 5 + extra));
        let bytes = archive(
            &[
                first.into_bytes(),
                record(1, "1.1", "\r\n", b"second"),
                record(2, "1.1", "\r\n", b"third"),
            ],
            Wrap::Plain,
        );
        let report = check("long.warc", bytes.as_slice(), &mut |_| {}).unwrap();
        assert_eq!(report.verdict, Verdict::Flawed, "{extra}");
        assert!(
            report.problems.iter().any(|problem| problem.code == Code::RecordTerminator),
            "{extra}: {report:#?}"
        );
        assert_eq!(report.block_digests.ok, 2, "{extra}: {report:#?}");
    }
}

/// warcio.js's testWARCParser: a length too small.
#[test]
fn a_length_too_short_does_not_lose_the_next_record() {
    let block = b"<p>\nWARC/1.1 is a format\nand so on";
    for missing in 1..block.len() {
        let first = record(0, "1.1", "\r\n", block);
        let said = format!("Length: {}", block.len());
        let short = format!("Length: {}", block.len() - missing);
        let end = first.len() - block.len();
        let mut first =
            String::from_utf8(first[..end].to_vec()).unwrap().replace(&said, &short).into_bytes();
        first.extend_from_slice(block);
        let bytes = archive(&[first, record(1, "1.1", "\r\n", b"second")], Wrap::Plain);
        let report = check("short.warc", bytes.as_slice(), &mut |_| {}).unwrap();
        assert_eq!((report.records, report.block_digests.ok), (2, 1), "{missing}: {report:#?}");
        assert_eq!(report.verdict, Verdict::Flawed);
    }
}

#[test]
fn an_empty_input_is_unreadable_and_no_error() {
    let report = check("empty", &b""[..], &mut |_| {}).unwrap();
    assert_eq!((report.verdict, report.records), (Verdict::Unreadable, 0));
    assert_eq!(report.problems[0].code, Code::Empty);
}

#[test]
fn other_content_is_unreadable() {
    let html = b"<!doctype html>\n<p>WARC/1.0 is a format".repeat(100);
    for bytes in [html.clone(), gzip(&html), vec![0; 5000]] {
        let report = check("page.warc", bytes.as_slice(), &mut |_| {}).unwrap();
        assert_eq!((report.verdict, report.records), (Verdict::Unreadable, 0));
        assert_eq!(report.problems.last().unwrap().code, Code::NotAnArchive, "{report:#?}");
    }
}
