//! Tokens of other people's authorities (trailofbits/rfc3161-client), each with the outcome that its
//! owners' tests and `openssl ts -verify` give it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use witnessmark_timestamp::{
    Certificate, Expected, Fault, HashAlgorithm, Imprint, Trust, Verified, check, verify,
};

fn fixtures() -> Option<PathBuf> {
    let shared = std::env::var_os("WITNESSMARK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/integrity/rfc3161-client/test/fixtures");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
    None
}

struct Case {
    token: &'static str,
    /// The last certificate of this file is the root that the reader chose.
    chain: &'static str,
    hash: HashAlgorithm,
    data: &'static [u8],
    /// Part of the fault's message; a token without one holds.
    fault: Option<&'static str>,
}

const HELLO: &[u8] = b"hello";

#[test]
fn each_has_the_outcome_its_name_says() {
    let Some(folder) = fixtures() else { return };
    let payload = std::fs::read(folder.join("sigstore.mock/payload")).unwrap().leak();
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    let stage = "sigstage/ts_chain.pem";
    let local = "test_tsa/ts_chain.pem";
    let cases = [
        Case {
            token: "sigstage/response-sha256.tsr",
            chain: stage,
            hash: Sha256,
            data: HELLO,
            fault: None,
        },
        Case {
            token: "sigstage/response-sha384.tsr",
            chain: stage,
            hash: Sha384,
            data: HELLO,
            fault: None,
        },
        Case {
            token: "sigstage/response-sha512.tsr",
            chain: stage,
            hash: Sha512,
            data: HELLO,
            fault: None,
        },
        Case {
            token: "sigstage/response-no-embedded-cert.tsr",
            chain: stage,
            hash: Sha256,
            data: HELLO,
            fault: None,
        },
        Case {
            token: "sigstage/response-invalid-signature.tsr",
            chain: stage,
            hash: Sha256,
            data: HELLO,
            fault: Some("the signature is not one by the key of"),
        },
        Case {
            token: "sigstage/response-sha256.tsr",
            chain: stage,
            hash: Sha512,
            data: HELLO,
            fault: Some("for a SHA-256 digest, not for SHA-512"),
        },
        Case {
            token: "sigstage/response-sha256.tsr",
            chain: stage,
            hash: Sha256,
            data: b"hullo",
            fault: Some("the token is for the SHA-256 digest 2cf24d"),
        },
        Case {
            token: "sigstage/response-sha256.tsr",
            chain: local,
            hash: Sha256,
            data: HELLO,
            fault: Some("no chain of certificates leads from"),
        },
        // Its certificates ended in 2024; when it was made, in 2023, they were valid.
        Case {
            token: "sigstore.mock/response-expired.tsr",
            chain: "sigstore.mock/ts_chain.pem",
            hash: Sha256,
            data: payload,
            fault: None,
        },
        Case {
            token: "test_tsa/response.tsr",
            chain: local,
            hash: Sha512,
            data: HELLO,
            fault: None,
        },
        // Another authority's, of the same names.
        Case {
            token: "test_tsa/other_response.tsr",
            chain: local,
            hash: Sha512,
            data: HELLO,
            fault: Some("no chain of certificates leads from"),
        },
        // Two certificates of a spoofer's came with it; the one that signed is the authority's.
        Case {
            token: "test_tsa/response-injected-certs.tsr",
            chain: local,
            hash: Sha512,
            data: HELLO,
            fault: None,
        },
        // The signer's certificate is not the first one in the token.
        Case {
            token: "identrust/issue-104.tsr",
            chain: "identrust/ts_chain.pem",
            hash: Sha512,
            data: HELLO,
            fault: None,
        },
    ];
    for case in cases {
        let what = format!("{} by {}", case.token, case.chain);
        let token = std::fs::read(folder.join(case.token)).unwrap();
        let chain =
            Certificate::read_all(&std::fs::read(folder.join(case.chain)).unwrap()).unwrap();
        let roots = chain.get(chain.len() - 1..).unwrap();
        let trust = Trust { roots, others: &chain, revocation_lists: &[] };
        let expected = Expected::imprint(Imprint::of(case.hash, case.data));
        let outcome = verify(&token, &expected, &trust);
        match (case.fault, &outcome) {
            (Some(part), Err(fault)) => {
                assert!(fault.to_string().contains(part), "{what}: {fault}")
            }
            (fault, outcome) => assert_eq!(fault.is_none(), outcome.is_ok(), "{what}: {outcome:?}"),
        }
        if case.fault.is_none() {
            no_root_no_trust(&token, &expected, &chain, &what);
            every_changed_byte_is_noticed(&token, &expected, &trust, &outcome.unwrap(), &what);
        }
    }
}

/// Certificates that are there, but were not chosen, prove nothing.
fn no_root_no_trust(token: &[u8], expected: &Expected, chain: &[Certificate], what: &str) {
    let nobody = Trust { roots: &[], others: chain, revocation_lists: &[] };
    let fault = verify(token, expected, &nobody).unwrap_err();
    assert!(matches!(fault, Fault::NotTrusted(_)), "{what}: {fault}");
    assert!(check(token, expected, chain).is_ok(), "{what}: what needs no root still holds");
}

/// One bit changed at many places: the token falls, or says exactly what it said before (a change outside
/// of what is signed, such as in a certificate that nobody needs).
fn every_changed_byte_is_noticed(
    token: &[u8],
    expected: &Expected,
    trust: &Trust<'_>,
    before: &Verified,
    what: &str,
) {
    for at in (0..token.len()).step_by(token.len() / 300) {
        let mut changed = token.to_vec();
        changed[at] ^= 0x10;
        if let Ok(after) = verify(&changed, expected, trust) {
            assert_eq!(after.stamp, before.stamp, "{what}: byte {at}");
            assert_eq!(
                after.chain.certificates[0], before.chain.certificates[0],
                "{what}: byte {at}"
            );
        }
    }
}

/// What the token says, in full.
#[test]
fn what_a_token_says() {
    let Some(folder) = fixtures() else { return };
    let expired = std::fs::read(folder.join("sigstore.mock/response-expired.tsr")).unwrap();
    let mock =
        Certificate::read_all(&std::fs::read(folder.join("sigstore.mock/ts_chain.pem")).unwrap())
            .unwrap();
    let trust = Trust { roots: &mock[1..], others: &mock, revocation_lists: &[] };
    let payload = std::fs::read(folder.join("sigstore.mock/payload")).unwrap();
    let expected = Expected::imprint(Imprint::of(HashAlgorithm::Sha256, &payload));
    let ends = verify(&expired, &expected, &trust).unwrap().chain.ends().unwrap();
    assert_eq!(ends.to_string(), "2024-01-01T00:00:00.999999999Z");
    let token = std::fs::read(folder.join("test_tsa/response.tsr")).unwrap();
    let chain =
        Certificate::read_all(&std::fs::read(folder.join("test_tsa/ts_chain.pem")).unwrap())
            .unwrap();
    let trust = Trust { roots: &chain[2..], others: &chain, revocation_lists: &[] };
    let expected = Expected::imprint(Imprint::of(HashAlgorithm::Sha512, HELLO));
    let verified = verify(&token, &expected, &trust).unwrap();
    assert_eq!(verified.stamp.time.to_string(), "2024-10-08T15:40:32Z");
    assert_eq!(verified.stamp.accuracy, Some(std::time::Duration::from_secs(1)));
    assert_eq!(verified.stamp.policy, "1.3.6.1.4.1.57264.2");
    assert_eq!(verified.stamp.serial, "797035501f358571fed54952bebbd000497461dc");
    assert_eq!(verified.stamp.nonce.as_deref(), Some("36a44f9f4a391fd3"));
    assert_eq!(verified.authority, "CN=Test TSA Timestamping,O=local");
    assert_eq!(verified.chain.certificates, chain);
    assert_eq!(verified.chain.not_revoked_until, None);
}
