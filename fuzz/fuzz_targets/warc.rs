//! Any bytes as a file: every record is read, decoded, surveyed, and read again by its place.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use witnessmark_archive::{Reader, check, index, read_record_at, survey};

fuzz_target!(|data: &[u8]| {
    let report = check("fuzz", data, &mut |_| {}).expect("memory gives no machine errors");
    let mut reader = Reader::new(data).expect("memory gives no machine errors");
    let (mut whole, mut places) = (0, Vec::new());
    while let Some(mut record) = reader.next_record().expect("memory gives no machine errors") {
        let _ = record.payload(1 << 16);
        let end = record.finish().expect("memory gives no machine errors");
        whole += u64::from(end.whole);
        if let (true, Some(length)) = (end.whole, end.length) {
            assert!(end.offset + length <= data.len() as u64);
            places.push((end.offset, length, end.sha256));
        }
    }
    if !data.starts_with(b"PK") {
        assert!(whole <= report.records);
        let mut reader = Reader::new(data).expect("memory gives no machine errors");
        let mut ends = Vec::new();
        let surveyed = survey::<std::io::Error>(&mut reader, "fuzz", &mut |_| {}, &mut |record| {
            let _ = (record.cdxj("fuzz"), record.media_type());
            ends.extend(record.end().length.map(|length| (record.end().offset, length)));
            Ok(())
        });
        assert_eq!(surveyed.expect("memory gives no machine errors"), report);
        assert!(places.iter().all(|(offset, length, _)| ends.contains(&(*offset, *length))));
    }
    for (offset, length, sha256) in places.into_iter().take(8) {
        if let Ok(mut again) = read_record_at(Cursor::new(data), offset, length)
            && let Ok(Some(record)) = again.next_record()
        {
            let end = record.finish().expect("memory gives no machine errors");
            assert!(!end.whole || end.sha256 == sha256);
        }
    }
    let _ = index("fuzz", data, &mut |line| {
        let text = line.to_string();
        assert!(!text.contains('\n'));
        Ok(())
    });
});
