//! Any bytes as a time-stamp response, certificates, revocation lists, a proof of OpenTimestamps, a calendar's answer, or
//! block headers: nothing is believed, nothing panics, and what is read is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_timestamp::opentimestamps::{BlockHeaders, Node, Proof, Standing};
use witnessmark_timestamp::{
    Certificate, Expected, Imprint, RevocationList, Trust, check, token_of, verify,
};

fuzz_target!(|data: &[u8]| {
    let expected = Expected::imprint(Imprint::sha256([0; 32]));
    let certificates = Certificate::read_all(data).unwrap_or_default();
    for certificate in &certificates {
        let _ = certificate.revocation_addresses();
        assert_eq!(Certificate::read_all(certificate.pem().as_bytes()).as_deref(), Ok(&[certificate.clone()][..]));
    }
    let lists = RevocationList::read_all(data).unwrap_or_default();
    let trust = Trust { roots: &[], others: &certificates, revocation_lists: &lists };
    let _ = token_of(data);
    let _ = check(data, &expected, &certificates);
    assert!(verify(data, &expected, &trust).is_err());

    if let Ok(proof) = Proof::parse(data) {
        let again = Proof::parse(&proof.to_bytes()).expect("what was written can be read");
        assert_eq!(again, proof);
        let _ = proof.submission();
    }
    let message = b"the message that a calendar was asked about";
    if let Ok(node) = Node::parse(data, message) {
        assert_eq!(Node::parse(&node.to_bytes(), message).as_ref(), Ok(&node));
        let mut proof = Proof::begin([7; 32], [1; 16]);
        let submission = proof.submission();
        if Node::parse(data, &submission).is_ok() && proof.join(&submission, &node).is_ok() {
            let _ = proof.attested();
        }
    }
    if let Ok(headers) = BlockHeaders::read(data) {
        assert!(!matches!(headers.standing(0, b"short"), Standing::Held(_)));
    }
});
