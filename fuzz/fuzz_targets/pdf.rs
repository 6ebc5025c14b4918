//! A PDF file of any bytes, seeds being the fixtures of `crates/document/tests/pdf`: every page and what is attached.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_document::{Limits, read};
use witnessmark_text::Hints;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { depth: 2, files: 20, unpacked: 4 << 20, pages: 10 };
    let mut bytes = if data.starts_with(b"%PDF-") { Vec::new() } else { b"%PDF-1.7\n".to_vec() };
    bytes.extend_from_slice(data);
    read(&bytes, &Hints::default(), &limits, &mut |document| {
        let place = document.inside.unwrap_or_default();
        assert!(place.split('/').all(|part| part != ".."));
        let Ok(content) = document.content else { return };
        let length = content.text.chars().count();
        for line in document.pages.iter().flat_map(|page| &page.lines) {
            // Every line is a place in the text, and every box is one of numbers.
            assert!(line.start <= line.end && line.end <= length);
            assert!([line.left, line.top, line.width, line.height].iter().all(|side| side.is_finite()));
        }
    });
});
