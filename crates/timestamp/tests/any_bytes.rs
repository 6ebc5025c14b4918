//! No bytes make the checks panic or run long.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use witnessmark_timestamp::{
    Certificate, Expected, Imprint, RevocationList, Trust, check, token_of, verify,
};

fn try_all(bytes: &[u8]) {
    let expected = Expected::imprint(Imprint::sha256([0; 32]));
    let certificates = Certificate::read_all(bytes).unwrap_or_default();
    let lists = RevocationList::read_all(bytes).unwrap_or_default();
    let trust = Trust { roots: &certificates, others: &certificates, revocation_lists: &lists };
    let _ = token_of(bytes);
    let _ = check(bytes, &expected, &certificates);
    let _ = verify(bytes, &expected, &trust);
}

/// Elements inside each other, with lengths that mostly fit.
fn elements() -> impl Strategy<Value = Vec<u8>> {
    let tags =
        prop::sample::select(vec![0x02, 0x03, 0x04, 0x06, 0x18, 0x24, 0x30, 0x31, 0xa0, 0xa1]);
    let known = prop::sample::select(vec![
        vec![0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2],
        vec![0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x10, 1, 4],
        vec![0x02, 1, 1],
        vec![0x31, 0],
        b"\x18\x0f20261122221100Z".to_vec(),
    ]);
    let leaf = prop_oneof![known, prop::collection::vec(any::<u8>(), 0..20)];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        (tags.clone(), prop::collection::vec(inner, 0..6), any::<bool>()).prop_map(
            |(tag, parts, indefinite)| {
                let value = parts.concat();
                if indefinite {
                    return [vec![tag, 0x80], value, vec![0, 0]].concat();
                }
                let length = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
                [vec![tag, 0x82], length.to_vec(), value].concat()
            },
        )
    })
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        try_all(&bytes);
    }

    #[test]
    fn any_elements(bytes in elements()) {
        try_all(&bytes);
    }
}
