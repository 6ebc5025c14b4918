//! Any text as an index line; what is read is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_archive::{CdxjLine, surt};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let key = surt(text);
    assert!(!key.contains('\n') || text.contains('\n'));
    if let Ok(line) = CdxjLine::parse(text) {
        let again = CdxjLine::parse(&line.to_string()).expect("a written line can be read");
        assert_eq!(again, line);
    }
});
