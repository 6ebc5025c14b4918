//! A file cut anywhere gives every whole record before the cut, and an error.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod shared_data;

use witnessmark_archive::{Reader, Verdict, check};

/// Where each whole record ends in the file.
fn ends(bytes: &[u8]) -> Vec<u64> {
    let mut reader = Reader::new(bytes).unwrap();
    let mut ends = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        let end = record.finish().unwrap();
        ends.extend(end.length.map(|length| end.offset + length));
    }
    ends
}

/// A cut between records leaves a shorter, complete archive.
fn is_between_records(bytes: &[u8], cut: usize, ends: &[u64]) -> bool {
    let gzip = bytes.starts_with(&[0x1f, 0x8b]);
    let arc = bytes.starts_with(b"filedesc");
    let terminator = if gzip {
        0
    } else if arc {
        1
    } else {
        4
    };
    // An ARC's head may be followed by a second line end.
    let more = u64::from(arc);
    ends.iter().any(|end| (*end + terminator..=*end + terminator + more).contains(&(cut as u64)))
}

#[test]
fn sound_files_cut_at_many_places() {
    let Some(folder) = shared_data::web_archives() else { return };
    let mut cuts = 0;
    for row in shared_data::rows(&folder) {
        let whole = check(&row.name, row.bytes.as_slice(), &mut |_| {}).unwrap();
        if whole.verdict != Verdict::Sound {
            continue;
        }
        let ends = ends(&row.bytes);
        let shared_member = ends.is_empty();
        let step = (row.bytes.len() / 400).max(1);
        for cut in (0..row.bytes.len()).step_by(step) {
            let report = check(&row.name, &row.bytes[..cut], &mut |_| {}).unwrap();
            let before = ends.iter().filter(|end| **end <= cut as u64).count() as u64;
            let context = format!("{} cut at {cut}: {report:#?}", row.name);
            if shared_member {
                assert!(report.records <= whole.records, "{context}");
            } else {
                assert_eq!(report.records, before, "{context}");
            }
            if is_between_records(&row.bytes, cut, &ends) {
                assert_eq!(report.verdict, Verdict::Sound, "{context}");
            } else {
                assert_ne!(report.verdict, Verdict::Sound, "{context}");
            }
            cuts += 1;
        }
    }
    assert!(cuts > 6_000, "only {cuts} cuts were tried");
}

#[test]
fn flawed_files_cut_anywhere_still_give_a_report() {
    let Some(folder) = shared_data::web_archives() else { return };
    for row in shared_data::rows(&folder) {
        let whole = check(&row.name, row.bytes.as_slice(), &mut |_| {}).unwrap();
        if whole.verdict == Verdict::Sound {
            continue;
        }
        for cut in (0..row.bytes.len()).step_by((row.bytes.len() / 400).max(1)) {
            let report = check(&row.name, &row.bytes[..cut], &mut |_| {}).unwrap();
            assert!(report.records <= whole.records, "{} cut at {cut}", row.name);
        }
    }
}
