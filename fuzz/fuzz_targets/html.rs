//! Any bytes as a page: it is read without a panic, and every mention stands where it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_text::{Hints, Offsets, extract};

fuzz_target!(|data: &[u8]| {
    let hints = Hints { media_type: Some("text/html".into()), ..Hints::default() };
    if let Ok(found) = extract(data, &hints) {
        let offsets = Offsets::new(&found.text);
        for mention in &found.mentions {
            assert_eq!(offsets.slice(mention.start, mention.end), mention.exact);
        }
    }
});
