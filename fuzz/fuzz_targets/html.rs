//! Any bytes as a page: it is read without a panic, and every mention stands where it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_text::{Hints, Offsets, PlaceNames, extract, find_mentions_among};

fuzz_target!(|data: &[u8]| {
    let hints = Hints { media_type: Some("text/html".into()), ..Hints::default() };
    if let Ok(found) = extract(data, &hints) {
        let offsets = Offsets::new(&found.text);
        let language = Some(found.language.as_str());
        for mention in find_mentions_among(&found.text, language, PlaceNames::builtin()) {
            assert_eq!(offsets.slice(mention.start, mention.end), mention.exact);
        }
    }
});
