//! A file cut anywhere gives every whole record before the cut, and an error.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod shared_data;

use witnessmark_archive::{Layout, Reader, RecordEnd, Verdict, check};

/// Places drawn from the file's name: the same in every run (SplitMix64, Steele et al. 2014).
struct Places(u64);

impl Places {
    fn of(name: &str) -> Self {
        let mix = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
    }

    /// The next place within `length` bytes.
    fn next(&mut self, length: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ bits >> 31) % length as u64) as usize
    }
}

/// The whole records of a file.
fn records(bytes: &[u8]) -> Vec<RecordEnd> {
    let mut reader = Reader::new(bytes).unwrap();
    let mut ends = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        ends.push(record.finish().unwrap());
    }
    ends.retain(|end| end.whole);
    ends
}

/// How many bytes of line ends follow a record that ends well: (fewest, most).
fn line_ends(bytes: &[u8]) -> (u64, u64) {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        (0, 0)
    } else if bytes.starts_with(b"filedesc") {
        // An ARC's head may be followed by a second one.
        (1, 2)
    } else {
        (4, 4)
    }
}

/// Cuts every archive among the others' files at so many places, and about the ends of some records.
fn cut_every_file(cuts: usize) {
    let Some(folder) = shared_data::web_archives() else { return };
    let mut tried = 0;
    for row in shared_data::rows(&folder) {
        let (name, bytes) = (&row.name, &row.bytes);
        let all = records(bytes);
        let (fewest, most) = line_ends(bytes);
        let shared = all.iter().any(|end| end.layout == Layout::SharedMember);
        let sound = check(name, bytes.as_slice(), &mut |_| {}).unwrap().verdict == Verdict::Sound;
        let mut places = Places::of(name);
        let mut at: Vec<usize> = (0..cuts).map(|_| places.next(bytes.len())).collect();
        for end in all.iter().step_by(1 + all.len() / 8) {
            let end = (end.offset + end.length.unwrap_or(0)) as usize;
            at.extend((end.saturating_sub(1)..end + 6).filter(|at| *at < bytes.len()));
        }
        for cut in at {
            let here = format!("{name} cut at {cut}");
            let left = records(&bytes[..cut]);
            let report = check(name, &bytes[..cut], &mut |_| {}).unwrap();
            let ends_by = |end: &&RecordEnd, more: u64| {
                end.length.is_some_and(|length| end.offset + length + more <= cut as u64)
            };
            let before: Vec<&RecordEnd> = all.iter().filter(|end| ends_by(end, 0)).collect();
            if shared {
                // The records of one member: as many as could be inflated, each as it was.
                assert!(left.iter().zip(&all).all(|(a, b)| a.sha256 == b.sha256), "{here}");
            } else {
                let same = |(a, b): (&&RecordEnd, &RecordEnd)| {
                    (a.offset, a.sha256) == (b.offset, b.sha256)
                };
                assert!(before.iter().zip(&left).all(same), "{here}: {left:#?}");
                assert!(left.len() >= before.len(), "{here}: {report:#?}");
            }
            if sound && !shared {
                assert_eq!(report.records, before.len() as u64, "{here}: {report:#?}");
            }
            // A cut between records leaves a shorter archive that nothing can tell from a whole one.
            let between = all.iter().any(|end| {
                end.length.is_some_and(|length| {
                    let end = end.offset + length;
                    (end + fewest..=end + most).contains(&(cut as u64))
                })
            });
            if !between {
                assert_ne!(report.verdict, Verdict::Sound, "{here}: {report:#?}");
            } else if sound {
                assert_eq!(report.verdict, Verdict::Sound, "{here}: {report:#?}");
            }
            tried += 1;
        }
    }
    cut_every_wacz(&folder, cuts, &mut tried);
    assert!(tried > 25 * cuts, "only {tried} cuts were tried");
}

/// A WACZ ends with its directory, so that every cut is found.
fn cut_every_wacz(folder: &std::path::Path, cuts: usize, tried: &mut usize) {
    let folder = folder.join("webrecorder/py-wacz/tests/fixtures");
    for name in [
        "valid_example_1",
        "valid_example_2",
        "valid_signed_example_1",
        "invalid_signed_example_1",
        "invalid_example_1",
    ] {
        let bytes = std::fs::read(folder.join(name).with_extension("wacz")).unwrap();
        let mut ends = Vec::new();
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
        for number in 0..zip.len() {
            let part = zip.by_index(number).unwrap();
            if part.name().unwrap().starts_with("archive/") {
                let start = part.data_start().unwrap() as usize;
                let warc = &bytes[start..start + part.size() as usize];
                let end = |end: RecordEnd| start + (end.offset + end.length.unwrap()) as usize;
                ends.extend(records(warc).into_iter().map(end));
            }
        }
        let mut places = Places::of(name);
        for _ in 0..cuts {
            let cut = places.next(bytes.len());
            let report = check(name, &bytes[..cut], &mut |_| {}).unwrap();
            assert_ne!(report.verdict, Verdict::Sound, "{name} cut at {cut}");
            let before = ends.iter().filter(|end| **end <= cut).count() as u64;
            assert_eq!(report.records, before, "{name} cut at {cut}: {report:#?}");
            *tried += 1;
        }
    }
}

#[test]
fn every_file_cut_at_some_places() {
    cut_every_file(12);
}

/// The goal of the project: 200 places a file. It takes a minute.
#[test]
#[ignore = "takes a minute; run with --ignored"]
fn every_file_cut_at_two_hundred_places() {
    cut_every_file(200);
}
