//! A zip of any files, seeds being office files and books: every part read under limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_document::{Limits, read};
use witnessmark_text::Hints;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { depth: 3, files: 50, unpacked: 4 << 20, pages: 10 };
    // Only office files and books begin so; anything else is the other targets' work.
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.extend_from_slice(data);
    read(&bytes, &Hints::default(), &limits, &mut |document| {
        // A place never leads out of the file.
        let place = document.inside.unwrap_or_default();
        assert!(place.split('/').all(|part| part != ".."));
    });
});
