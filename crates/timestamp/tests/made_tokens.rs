//! Tokens of an authority that `openssl` makes for this run, right ones and ones that break one rule
//! each; `openssl ts -verify` gives its verdict on the same bytes. They prove nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod authority;

use authority::Authority;
use sha2::{Digest as _, Sha256};
use witnessmark_timestamp::{
    Certificate, Expected, Fault, HashAlgorithm, Imprint, Request, RevocationList, Trust, UtcTime,
    Verified, token_of, verify,
};

const DATA: &[u8] = b"what is stamped";
const NONCE: [u8; 8] = [0x80, 1, 2, 3, 4, 5, 6, 7];

fn imprint() -> Imprint {
    Imprint::sha256(Sha256::digest(DATA).into())
}

fn request() -> Request {
    Request::new(imprint(), &NONCE, None).unwrap()
}

/// DER by hand, for contents that no authority would write.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    assert!(value.len() < 0x100);
    let length = u8::try_from(value.len()).unwrap();
    let head = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [head, value].concat()
}

/// A TSTInfo; `changes` replace parts of it.
struct Content {
    version: u8,
    hash: &'static [u8],
    digest: Vec<u8>,
    time: String,
    extension: Option<bool>,
}

const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const SHA_1: &[u8] = &[0x2b, 0x0e, 3, 2, 0x1a];

impl Content {
    /// Stamps [`DATA`].
    fn new(now: &UtcTime) -> Self {
        let digits: String =
            now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
        Self {
            version: 1,
            hash: SHA_256,
            digest: imprint().digest().to_vec(),
            time: format!("{digits}Z"),
            extension: None,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let algorithm = der(0x30, &[&der(6, &[self.hash]), &[5, 0]]);
        let extension = self.extension.map(|critical| {
            let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
            der(0xa1, &[&der(0x30, &[&der(6, &[&[0x2a, 3, 4]]), critical, &der(4, &[&[5, 0]])])])
        });
        der(
            0x30,
            &[
                &der(2, &[&[self.version]]),
                &der(6, &[&[0x2a, 3, 4]]),
                &der(0x30, &[&algorithm, &der(4, &[&self.digest])]),
                &der(2, &[&[42]]),
                &der(0x18, &[self.time.as_bytes()]),
                &extension.unwrap_or_default(),
            ],
        )
    }
}

struct Case {
    what: String,
    token: Vec<u8>,
    root: String,
    others: Vec<&'static str>,
    /// Part of the fault's message; a token without one holds.
    fault: Option<&'static str>,
    /// OpenSSL's verdict, where it is not ours.
    openssl: Option<bool>,
}

fn judge(authority: &Authority, case: &Case) -> Result<Verified, Fault> {
    let roots = [authority.certificate(&case.root)];
    let others: Vec<Certificate> =
        case.others.iter().map(|name| authority.certificate(name)).collect();
    verify(
        &case.token,
        &Expected::imprint(imprint()),
        &Trust { roots: &roots, others: &others, revocation_lists: &[] },
    )
}

fn hold(authority: &Authority, cases: Vec<Case>) {
    for case in cases {
        let what = &case.what;
        let ours = judge(authority, &case);
        match (case.fault, &ours) {
            (Some(part), Err(fault)) => {
                assert!(fault.to_string().contains(part), "{what}: {fault}")
            }
            (fault, ours) => assert_eq!(fault.is_none(), ours.is_ok(), "{what}: {ours:?}"),
        }
        let theirs =
            authority.openssl_accepts(&case.token, imprint().digest(), &case.root, &case.others);
        assert_eq!(theirs, case.openssl.unwrap_or(ours.is_ok()), "{what}: openssl ts -verify");
    }
}

fn right(what: &str, token: Vec<u8>, root: &str, others: Vec<&'static str>) -> Case {
    Case { what: what.to_owned(), token, root: root.to_owned(), others, fault: None, openssl: None }
}

fn wrong(what: &str, token: Vec<u8>, fault: &'static str) -> Case {
    Case {
        what: what.to_owned(),
        token,
        root: "root".to_owned(),
        others: vec![],
        fault: Some(fault),
        openssl: None,
    }
}

/// Root, intermediate and signer, and a time when they are valid.
fn usual() -> Option<(Authority, UtcTime)> {
    let authority = Authority::new()?;
    authority.root("root", "P-256");
    authority.key("between", "P-256");
    authority.issue("between", "root", "intermediate", "");
    authority.key("signer", "P-256");
    authority.issue("signer", "between", "stamps", "");
    authority.key("direct", "P-256");
    authority.issue("direct", "root", "stamps", "");
    // An hour ahead, so that certificates that a test makes meanwhile are valid then.
    let soon =
        authority.certificate("direct").not_before().unix() + std::time::Duration::from_secs(3600);
    Some((authority, UtcTime::from_unix(soon)))
}

#[test]
fn keys_and_algorithms_of_all_kinds() {
    let Some((authority, now)) = usual() else { return };
    let mut cases = Vec::new();
    for kind in ["rsa:2048", "P-256", "P-384", "P-521"] {
        let name = kind.replace(':', "-");
        authority.key(&name, kind);
        authority.issue(&name, "root", "stamps-without-usage", "");
        for digest in ["sha256", "sha384", "sha512"] {
            let token =
                authority.reply(&request().to_der(), &name, &format!("-{digest}"), false, "sha256");
            cases.push(right(&format!("{kind} with {digest}"), token, "root", vec![]));
        }
    }
    let content = Content::new(&now).bytes();
    for (what, options) in [
        ("RSASSA-PSS", "-cades -keyopt rsa_padding_mode:pss -md sha256"),
        (
            "RSASSA-PSS with SHA-512 and a short salt",
            "-cades -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20 -md sha512",
        ),
    ] {
        // OpenSSL 3.0 verifies tokens as PKCS #7, which has no PSS.
        let case = right(what, authority.sign(&content, "rsa-2048", options), "root", vec![]);
        cases.push(Case { openssl: Some(false), ..case });
    }
    for (root, kind, options) in [
        ("ed25519-root", "ed25519", ""),
        ("pss-root", "rsa:2048", "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sha256"),
        ("large-root", "rsa:4096", "-sha512"),
    ] {
        authority.root(root, kind);
        authority.issue("direct", root, "stamps", options);
        let token = authority.reply(&request().to_der(), "direct", "", false, "sha256");
        cases.push(right(&format!("a root of {kind} {options}"), token, root, vec![]));
    }
    hold(&authority, cases);
}

#[test]
fn chains_and_bindings() {
    let Some((authority, _)) = usual() else { return };
    let ask = request().to_der();
    let no_certificates = Request::new(imprint(), &NONCE, None).unwrap().to_der();
    // The last element asks for certificates: the same request without it.
    let mut without = no_certificates.clone();
    without.truncate(without.len() - 3);
    without[1] -= 3;
    let cases = vec![
        right(
            "intermediate in the token",
            authority.reply(&ask, "signer", "-chain between.pem", false, "sha256"),
            "root",
            vec![],
        ),
        right(
            "intermediate given",
            authority.reply(&ask, "signer", "", false, "sha256"),
            "root",
            vec!["between"],
        ),
        right(
            "the chain bound",
            authority.reply(&ask, "signer", "-chain between.pem", true, "sha256"),
            "root",
            vec![],
        ),
        right(
            "SHA-512 binding",
            authority.reply(&ask, "signer", "-chain between.pem", true, "sha512"),
            "root",
            vec![],
        ),
        right(
            "SHA-1 binding of RFC 3161",
            authority.reply(&ask, "direct", "", false, "sha1"),
            "root",
            vec![],
        ),
        right(
            "a bare token",
            authority.reply(&ask, "direct", "-token_out", false, "sha256"),
            "root",
            vec![],
        ),
        right(
            "no certificate in the token, given",
            authority.reply(&without, "direct", "", false, "sha256"),
            "root",
            vec!["direct"],
        ),
        wrong(
            "no certificate at all",
            authority.reply(&without, "direct", "", false, "sha256"),
            "is neither in the token nor given",
        ),
        wrong(
            "no intermediate",
            authority.reply(&ask, "signer", "", false, "sha256"),
            "no chain of certificates leads from",
        ),
        // OpenSSL wants self-signed roots unless it is told otherwise.
        Case {
            openssl: Some(false),
            ..right(
                "the intermediate chosen as root",
                authority.reply(&ask, "signer", "", false, "sha256"),
                "between",
                vec![],
            )
        },
    ];
    hold(&authority, cases);
}

#[test]
fn each_broken_rule_is_named() {
    let Some((authority, now)) = usual() else { return };
    let good = Content::new(&now).bytes();
    let sign = |content: &Content| authority.sign(&content.bytes(), "direct", "-cades -md sha256");
    let mut cases = vec![
        right("made by hand", sign(&Content::new(&now)), "root", vec![]),
        right(
            "named by its key identifier",
            authority.sign(&good, "direct", "-cades -keyid"),
            "root",
            vec![],
        ),
        right(
            "with an extension",
            sign(&Content { extension: Some(false), ..Content::new(&now) }),
            "root",
            vec![],
        ),
        wrong(
            "before its certificate",
            sign(&Content { time: "19990101000000Z".to_owned(), ..Content::new(&now) }),
            "not at 1999-01-01T00:00:00Z",
        ),
        wrong(
            "after its certificate",
            sign(&Content { time: "20990101000000.25Z".to_owned(), ..Content::new(&now) }),
            "not at 2099-01-01T00:00:00.25Z",
        ),
        wrong(
            "version 2",
            sign(&Content { version: 2, ..Content::new(&now) }),
            "the token's version is 2",
        ),
        wrong(
            "other data",
            sign(&Content { digest: vec![7; 32], ..Content::new(&now) }),
            "the token is for the SHA-256 digest 0707",
        ),
        wrong(
            "SHA-1",
            sign(&Content { hash: SHA_1, digest: vec![7; 20], ..Content::new(&now) }),
            "the token's digest is SHA-1, which is too weak",
        ),
        wrong(
            "a critical extension",
            sign(&Content { extension: Some(true), ..Content::new(&now) }),
            "a critical extension of the token is 1.2.3.4",
        ),
        wrong(
            "no time",
            sign(&Content { time: "yesterday".to_owned(), ..Content::new(&now) }),
            "the token's content is malformed",
        ),
        wrong(
            "not bound to a certificate",
            authority.sign(&good, "direct", "-md sha256"),
            "signing-certificate is missing",
        ),
        wrong(
            "no signed attributes",
            authority.sign(&good, "direct", "-noattr"),
            "is missing, as all are",
        ),
        wrong(
            "signed by SHA-1",
            authority.sign(&good, "direct", "-cades -md sha1"),
            "the signer's digest is SHA-1, which is too weak",
        ),
        wrong(
            "two signers",
            authority.sign(&good, "direct", "-cades -signer signer.pem -inkey signer.key"),
            "the token has 2 signers",
        ),
        wrong("no token", DATA.to_vec(), "the response is malformed"),
        wrong(
            "another content type",
            {
                authority.must("cms -sign -in content -binary -nodetach -outform DER -signer direct.pem -inkey direct.key -cades -out token.der");
                authority.read("token.der")
            },
            "what the token signs is 1.2.840.113549.1.7.1",
        ),
    ];
    // `openssl ts -verify` takes the time of today, reads neither the time nor the critical mark of
    // an extension, and lets SHA-1 pass as the signer's digest. It reads tokens as PKCS #7, which knows
    // no key identifiers.
    for case in &mut cases {
        case.openssl = match case.what.as_str() {
            "named by its key identifier" => Some(false),
            "before its certificate"
            | "after its certificate"
            | "no time"
            | "a critical extension"
            | "signed by SHA-1" => Some(true),
            _ => None,
        };
    }
    for (extensions, fault, openssl) in [
        ("not-critical", "extended key usage is not critical", false),
        ("no-purpose", "it has no extended key usage", false),
        ("code", "not time stamping alone", false),
        ("stamps-and-code", "not time stamping alone", false),
        ("enciphers", "its key usage is not signatures alone", false),
        ("unknown-critical", "has the critical extension 1.2.3.4", false),
    ] {
        authority.key(extensions, "P-256");
        authority.issue(extensions, "root", extensions, "");
        let token = authority.sign(&good, extensions, "-cades");
        cases.push(Case { openssl: Some(openssl), ..wrong(extensions, token, fault) });
    }
    for (extensions, fault) in [
        ("no-authority", "it is not one of an authority"),
        ("signs-no-certificates", "its key usage does not allow it"),
        ("web-intermediate", "its extended key usage does not allow it"),
    ] {
        authority.key(extensions, "P-256");
        authority.issue(extensions, "root", extensions, "");
        authority.issue("signer", extensions, "stamps", "");
        let token = authority.sign(&good, "signer", &format!("-cades -certfile {extensions}.pem"));
        // OpenSSL 3.0 asks an intermediate certificate's extended key usage only for servers.
        let openssl = (extensions == "web-intermediate").then_some(true);
        cases.push(Case { openssl, ..wrong(extensions, token, fault) });
    }
    // An authority below one that allows none below itself.
    authority.key("below", "P-256");
    authority.issue("below", "between", "intermediate", "");
    authority.issue("signer", "below", "stamps", "");
    std::fs::write(
        authority.path("both.pem"),
        [authority.read("between.pem"), authority.read("below.pem")].concat(),
    )
    .unwrap();
    let token = authority.sign(&good, "signer", "-cades -certfile both.pem");
    cases.push(wrong(
        "a longer chain than allowed",
        token,
        "the chain below it is longer than it allows",
    ));
    // A certificate signed by SHA-1, and a key of 1024 bits.
    authority.issue("signer", "root", "stamps", "-sha1");
    cases.push(Case {
        openssl: Some(true),
        ..wrong(
            "a certificate signed by SHA-1",
            authority.sign(&good, "signer", "-cades"),
            "which is too weak",
        )
    });
    authority.key("small", "rsa:1024");
    authority.issue("small", "root", "stamps", "");
    cases.push(Case {
        openssl: Some(true),
        ..wrong(
            "a small key",
            authority.sign(&good, "small", "-cades"),
            "a key is RSA of 1024 bits",
        )
    });
    // A root of the same name, with another key.
    let token = authority.sign(&good, "direct", "-cades");
    cases.push(wrong(
        "content changed after signing",
        changed(&token, &good),
        "the signed digest is not that",
    ));
    hold(&authority, cases);
    authority.root("root", "P-256");
    hold(
        &authority,
        vec![wrong("a root of the same name", token, "no chain of certificates leads from")],
    );
}

/// The token with its serial number changed.
fn changed(token: &[u8], content: &[u8]) -> Vec<u8> {
    let at = token.windows(content.len()).position(|window| window == content).unwrap();
    let number = content.windows(3).position(|window| window == [2, 1, 42]).unwrap();
    let mut changed = token.to_vec();
    changed[at + number + 2] = 43;
    changed
}

/// Another certificate for the same key, issuer and number does not stand in for the signer's.
#[test]
fn the_binding_is_to_one_certificate() {
    let Some((authority, now)) = usual() else { return };
    let content = Content::new(&now).bytes();
    authority.issue_numbered(7, "direct", "root", "stamps", "");
    let token = authority.sign(&content, "direct", "-cades -nocerts");
    let bound = authority.certificate("direct");
    authority.issue_numbered(7, "direct", "root", "stamps-without-usage", "");
    let other = authority.certificate("direct");
    let roots = [authority.certificate("root")];
    let expected = Expected::imprint(imprint());
    let with = |others: &[Certificate]| {
        verify(&token, &expected, &Trust { roots: &roots, others, revocation_lists: &[] })
    };
    assert!(
        with(&[other.clone(), bound.clone()]).is_ok(),
        "the right one is found behind the other"
    );
    let fault = with(std::slice::from_ref(&other)).unwrap_err();
    assert!(matches!(fault, Fault::CertificateBinding(_)), "{fault}");
    assert!(!authority.openssl_accepts(&token, imprint().digest(), "root", &["direct"]));
}

#[test]
fn answers_belong_to_their_requests() {
    let Some((authority, _)) = usual() else { return };
    let roots = [authority.certificate("root")];
    let trust = Trust { roots: &roots, others: &[], revocation_lists: &[] };
    let policy = Some("1.3.6.1.4.1.99999.2");
    let asked = Request::new(imprint(), &NONCE, policy).unwrap();
    authority.write("request.tsq", &asked.to_der());
    let read = authority.run("ts -query -in request.tsq -text").unwrap();
    for part in [
        "Policy OID: 1.3.6.1.4.1.99999.2",
        "Nonce: 0x8001020304050607",
        "Certificate required: yes",
    ] {
        assert!(read.contains(part), "{part}: {read}");
    }
    let answer = authority.reply(&asked.to_der(), "direct", "", false, "sha256");
    let verified = verify(&answer, &asked.expected(), &trust).unwrap();
    assert_eq!(verified.stamp.policy, "1.3.6.1.4.1.99999.2");
    assert_eq!(verified.stamp.accuracy, Some(std::time::Duration::from_micros(1_500_100)));
    assert_eq!(verified.authority, "CN=test-proves-nothing-direct,O=test");
    let other_nonce = Request::new(imprint(), &[9; 8], policy).unwrap();
    let fault = verify(&answer, &other_nonce.expected(), &trust).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the token's nonce is 008001020304050607, the request's was 0909090909090909"
    );
    let other_policy = Request::new(imprint(), &NONCE, Some("1.2.3")).unwrap();
    let fault = verify(&answer, &other_policy.expected(), &trust).unwrap_err();
    assert!(matches!(fault, Fault::Policy { .. }), "{fault}");
    // The authority refuses what it does not offer; its words come through.
    let refused = authority.reply(&other_policy.to_der(), "direct", "", false, "sha256");
    let fault = verify(&refused, &other_policy.expected(), &trust).unwrap_err();
    assert!(
        matches!(&fault, Fault::Refused { status: 2, failure: Some(name), .. } if name == "unacceptedPolicy"),
        "{fault}"
    );
    assert!(Request::new(imprint(), &NONCE, Some("policy")).is_none());
    for hash in [HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        let asked = Request::new(Imprint::of(hash, DATA), &NONCE, None).unwrap();
        let answer = authority.reply(&asked.to_der(), "direct", "", false, "sha256");
        assert!(verify(&answer, &asked.expected(), &trust).is_ok());
        assert!(token_of(&answer).unwrap().len() < answer.len());
    }
}

/// A revocation reaches back or does not, by its reason (RFC 3161, section 4).
#[test]
fn revocations() {
    let Some((authority, now)) = usual() else { return };
    let token =
        authority.sign(&Content::new(&now).bytes(), "signer", "-cades -certfile between.pem");
    let roots = [authority.certificate("root")];
    let expected = Expected::imprint(imprint());
    let number = "03E9";
    let none = RevocationList::read_all(&authority.revocation_list("none", "root", "")).unwrap();
    let list = |when: &str, reason: &str| {
        let line = format!("R\t990101000000Z\t{when}{reason}\t{number}\tunknown\t/CN=x\n");
        let made = authority.revocation_list("list", "between", &line);
        let mut lists = RevocationList::read_all(&made).unwrap();
        lists.extend(none.clone());
        lists
    };
    assert_eq!(authority.certificate("between").serial_hex(), "03e8");
    let (before, after) = ("200101000000Z", "490101000000Z");
    for (when, reason, falls) in [
        (after, "", true),
        (after, ",keyCompromise", true),
        (after, ",CACompromise", true),
        (after, ",superseded", false),
        (after, ",cessationOfOperation", false),
        (after, ",affiliationChanged", false),
        (before, ",superseded", true),
        (before, ",cessationOfOperation", true),
    ] {
        let lists = list(when, reason);
        let trust = Trust { roots: &roots, others: &[], revocation_lists: &lists };
        let outcome = verify(&token, &expected, &trust);
        let fell = matches!(outcome, Err(Fault::Revoked { .. }));
        assert!(fell == falls && (fell || outcome.is_ok()), "{when}{reason}: {outcome:?}");
    }
    // Lists for both certificates: nothing was revoked up to the older one.
    let between =
        RevocationList::read_all(&authority.revocation_list("between-list", "between", ""))
            .unwrap();
    let both = [none.clone(), between.clone()].concat();
    let trust = Trust { roots: &roots, others: &[], revocation_lists: &both };
    let chain = verify(&token, &expected, &trust).unwrap().chain;
    assert_eq!(chain.not_revoked_until, both.iter().map(RevocationList::made).min());
    assert!(chain.ends() > Some(now));
    // A list for one only leaves the other open.
    let trust = Trust { roots: &roots, others: &[], revocation_lists: &none };
    assert_eq!(verify(&token, &expected, &trust).unwrap().chain.not_revoked_until, None);
    // A list of the same name by another key.
    authority.root("root", "P-256");
    let forged =
        RevocationList::read_all(&authority.revocation_list("forged", "root", "")).unwrap();
    let trust = Trust { roots: &roots, others: &[], revocation_lists: &forged };
    let fault = verify(&token, &expected, &trust).unwrap_err();
    assert!(matches!(fault, Fault::RevocationList(_)), "{fault}");
}
