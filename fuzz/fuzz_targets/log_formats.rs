//! Any bytes as a leaf, a pack, a payload, an entry bundle or a keystore: what is read is written again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_model::leaf::Leaf;
use witnessmark_model::payload::Payload;
use witnessmark_model::{keystore, pack, tile};

fuzz_target!(|data: &[u8]| {
    if let Ok(leaf) = Leaf::parse(data) {
        assert_eq!(leaf.to_bytes().expect("a leaf has a canonical form"), data);
    }
    if let Ok((_, items)) = pack::parse(data) {
        assert!(items.iter().all(|item| item.payload.0 + item.payload.1 <= data.len() as u64));
    }
    if let Ok(payload) = Payload::parse(data) {
        let _ = payload.to_bytes();
    }
    let _ = tile::entries(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = keystore::parse_objects(text);
        let _ = keystore::Signers::parse(text);
    }
});
