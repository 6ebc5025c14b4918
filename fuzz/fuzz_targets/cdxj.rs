//! Any text as an index line: what is read is written and read again as the same. Any bytes as an
//! index, and as the table and the blocks of a compressed one, in which keys are looked up.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use witnessmark_archive::{CdxjFile, CdxjLine, ZipNum, surt};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let key = surt(text);
        assert!(!key.contains('\n') || text.contains('\n'));
        if let Ok(line) = CdxjLine::parse(text) {
            let again = CdxjLine::parse(&line.to_string()).expect("a written line can be read");
            assert_eq!(again, line);
        }
    }
    let key = data.split(|byte| *byte == b' ').next().unwrap_or_default();
    let key = String::from_utf8_lossy(key.get(..40.min(key.len())).unwrap_or_default());
    let mut file = CdxjFile::new(Cursor::new(data)).expect("memory gives no machine errors");
    let _ = file.lookup(&key, 10);
    let (table, index) = data.split_at(data.len() / 2);
    let zipnum = ZipNum::new(Cursor::new(table), Cursor::new(index));
    let _ = zipnum.expect("memory gives no machine errors").lookup(&key, 10);
});
