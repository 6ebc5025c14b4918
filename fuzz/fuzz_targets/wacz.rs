//! Any bytes as a WACZ.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_archive::check;

fuzz_target!(|data: &[u8]| {
    let mut file = data.to_vec();
    if let Some(start) = file.first_chunk_mut::<4>() {
        *start = *b"PK\x03\x04";
    }
    let report = check("fuzz", file.as_slice(), &mut |_| {}).expect("memory gives no machine errors");
    assert_eq!(report.file, "fuzz");
    assert!(report.problems.is_empty() || format!("{:?}", report.verdict) != "Sound");
});
