//! Any bytes as an HTTP head.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_archive::HttpHead;

fuzz_target!(|data: &[u8]| {
    if let Some(head) = HttpHead::parse(data) {
        let _ = (head.media_type(), head.charset(), head.is_chunked(), head.content_encodings());
        assert!(head.status.is_none_or(|status| (100..1000).contains(&status)));
        assert!(!head.first_line.contains('\n'));
    }
});
