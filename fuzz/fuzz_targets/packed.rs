//! Any bytes as whatever they are: archives in archives, under limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_document::{Limits, read};
use witnessmark_text::Hints;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { depth: 3, files: 50, unpacked: 4 << 20, pages: 10 };
    read(data, &Hints::default(), &limits, &mut |document| {
        // A place never leads out of the file.
        let place = document.inside.unwrap_or_default();
        assert!(place.split('/').all(|part| part != ".."));
    });
});
