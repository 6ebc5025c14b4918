//! Any text as a codebook.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_claims::Codebook;

fuzz_target!(|text: &str| {
    let _ = Codebook::parse(text);
});
