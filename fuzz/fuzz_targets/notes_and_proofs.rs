//! Any bytes as a signed note, a checkpoint, a proof or a verifier key: none is accepted that the key did not sign.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::note::{NoteSigner, Verifier};
use witnessmark_model::proof::LogProof;

fuzz_target!(|data: &[u8]| {
    let verifier = NoteSigner::new("log-fuzz", &[7; 32]).expect("the name is allowed").verifier();
    assert!(verifier.open(data).is_err());
    assert!(Checkpoint::open(data, &verifier).is_err());
    if let Ok(proof) = LogProof::parse(data) {
        assert!(proof.verify(b"leaf", &verifier).is_err());
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(key) = Verifier::parse(text)
    {
        assert_eq!(Verifier::parse(&key.to_text()).as_ref(), Ok(&key));
    }
});
