//! Signatures and time tokens of WACZ files: those of py-wacz's fixtures, and one stamped by an
//! authority that `openssl` makes for this run, which proves nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../timestamp/tests/authority/mod.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod authority;
mod shared_data;
mod wacz_write_fixture;

use std::io::{Cursor, Read, Write};

use authority::Authority;
use serde_json::Value;
use wacz_write_fixture::wacz;
use witnessmark_archive::{Code, Report, SignatureRoots, Verdict, check_wacz_by};
use witnessmark_timestamp::{Certificate, Imprint, Request};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

const DIGEST: &str = "datapackage-digest.json";
const LIST: &str = "timestamps/contents.sha256";
const TOKEN: &str = "timestamps/contents.sha256.tsr";

fn part(bytes: &[u8], path: &str) -> Vec<u8> {
    let mut part = Vec::new();
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    zip.by_name(path).unwrap().read_to_end(&mut part).unwrap();
    part
}

/// The same ZIP with the part `path` replaced.
fn with_part(bytes: &[u8], path: &str, part: &[u8]) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut changed = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..zip.len() {
        let entry = zip.by_index_raw(number).unwrap();
        if entry.name().unwrap() == path {
            changed.start_file(path, SimpleFileOptions::default()).unwrap();
            changed.write_all(part).unwrap();
        } else {
            changed.raw_copy_file(entry).unwrap();
        }
    }
    changed.finish().unwrap().into_inner()
}

fn report(bytes: &[u8], roots: &SignatureRoots) -> Report {
    check_wacz_by("made.wacz", Cursor::new(bytes), roots, &mut |_| {}).unwrap()
}

fn hold(what: &str, report: &Report, code: Option<Code>, part: &str) {
    let found: Vec<Code> = report.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(found, Vec::from_iter(code), "{what}: {report:#?}");
    let said = report.problems.iter().chain(&report.notices);
    assert!(said.into_iter().any(|one| one.detail.contains(part)), "{what}: {report:#?}");
}

#[test]
fn a_domain_and_its_authority() {
    let Some(folder) = shared_data::web_archives() else { return };
    let read = |name: &str| {
        std::fs::read(folder.join("webrecorder/py-wacz/tests/fixtures").join(name)).unwrap()
    };
    let right = read("valid_signed_example_1.wacz");
    let staging = read("invalid_signed_example_1.wacz");
    let signed = |bytes: &[u8]| {
        serde_json::from_slice::<Value>(&part(bytes, DIGEST)).unwrap()["signedData"].clone()
    };
    let top = |bytes: &[u8], member: &str| {
        let pem = signed(bytes)[member].as_str().unwrap().to_owned();
        Certificate::read_all(pem.as_bytes()).unwrap().pop().unwrap()
    };
    let domain = top(&right, "domainCert");
    let time = top(&right, "timestampCert");
    let other = top(&staging, "domainCert");
    let roots = |domain: &[&Certificate], time: &[&Certificate]| SignatureRoots {
        domains: domain.iter().map(|one| (*one).clone()).collect(),
        time: time.iter().map(|one| (*one).clone()).collect(),
    };
    let nobody = SignatureRoots::default();
    let invalid = Some(Code::WaczSignatureInvalid);
    let token = Some(Code::WaczTimeTokenInvalid);
    hold(
        "no roots",
        &report(&right, &nobody),
        None,
        "was there at 2022-01-18T19:00:12Z by the token of",
    );
    hold("both roots", &report(&right, &roots(&[&domain], &[&time])), None, "which was chosen");
    hold("staging, no roots", &report(&staging, &nobody), None, "was not chosen by anybody");
    hold(
        "staging",
        &report(&staging, &roots(&[&domain], &[&time])),
        invalid,
        "no chain of certificates leads from",
    );
    hold(
        "another authority",
        &report(&right, &roots(&[], &[&other])),
        token,
        "no chain of certificates leads from",
    );
    // One member changed each time.
    let foreign = signed(&staging);
    let cases: Vec<(&str, &str, Value, Option<Code>, &str)> = vec![
        (
            "another token",
            "timeSignature",
            foreign["timeSignature"].clone(),
            token,
            "the token is for the SHA-256 digest",
        ),
        ("no token", "timeSignature", "AAAA".into(), token, "the response is malformed"),
        (
            "another authority's certificate",
            "timestampCert",
            foreign["domainCert"].clone(),
            token,
            "is neither in the token nor given",
        ),
        ("another domain", "domain", "example.com".into(), invalid, "it does not name the domain"),
        (
            "another certificate",
            "domainCert",
            foreign["domainCert"].clone(),
            invalid,
            "the signature is not one of the hash",
        ),
        (
            "no certificate",
            "domainCert",
            "x".into(),
            invalid,
            "domainCert: a certificate is malformed",
        ),
        (
            "cross-signed for another key",
            "crossSignedCert",
            foreign["domainCert"].clone(),
            invalid,
            "crossSignedCert is one for another key",
        ),
        (
            "cross-signed",
            "crossSignedCert",
            signed(&right)["domainCert"].clone(),
            None,
            "the signature is right",
        ),
    ];
    for (what, member, value, code, said) in cases {
        let mut digest: Value = serde_json::from_slice(&part(&right, DIGEST)).unwrap();
        digest["signedData"][member] = value;
        let changed = with_part(&right, DIGEST, digest.to_string().as_bytes());
        hold(what, &report(&changed, &nobody), code, said);
    }
}

#[test]
fn a_token_for_the_list_of_files() {
    let Some(authority) = Authority::new() else { return };
    authority.root("root", "P-256");
    authority.key("stamps", "P-384");
    authority.issue("stamps", "root", "stamps", "");
    authority.root("other", "P-256");
    let mut stamp = |digest: &[u8; 32]| {
        let request = Request::new(Imprint::sha256(*digest), &[1; 8], None).unwrap();
        Ok(authority.reply(&request.to_der(), "stamps", "", false, "sha256"))
    };
    let stamped = wacz(true, 0, Some(&mut stamp));
    let chosen = |name: &str| SignatureRoots {
        domains: Vec::new(),
        time: vec![authority.certificate(name)],
    };
    let nobody = SignatureRoots::default();
    let by = "by the token of CN=test-proves-nothing-stamps,O=test";
    let found = report(&stamped, &nobody);
    assert_eq!((found.verdict, found.notices.len()), (Verdict::Sound, 2), "{found:#?}");
    hold("no roots", &found, None, &format!("{by}, whose root nobody chose"));
    hold(
        "its root",
        &report(&stamped, &chosen("root")),
        None,
        &format!("{by}, under a chosen root"),
    );
    let token = Some(Code::WaczTimeTokenInvalid);
    hold(
        "another root",
        &report(&stamped, &chosen("other")),
        token,
        "no chain of certificates leads from",
    );
    // OpenSSL agrees, as the documentation of `finish` says.
    authority.write("contents.sha256", &part(&stamped, LIST));
    authority.write("contents.sha256.tsr", &part(&stamped, TOKEN));
    authority.must("ts -verify -data contents.sha256 -in contents.sha256.tsr -CAfile root.pem");
    // A token that is none, and one for something else.
    let mut none = |_: &[u8; 32]| Ok(b"no token".to_vec());
    hold(
        "no token",
        &report(&wacz(true, 0, Some(&mut none)), &nobody),
        token,
        "the response is malformed",
    );
    let mut other = |_: &[u8; 32]| Ok(part(&stamped, TOKEN));
    let more = wacz(true, 1, Some(&mut other));
    hold(
        "a token for another list",
        &report(&more, &nobody),
        token,
        "the token is for the SHA-256 digest",
    );
    // A list that leaves a file out, or says another digest: resource hashes differ too.
    for (what, change) in [("a line missing", ""), ("another digest", "00")] {
        let list = String::from_utf8(part(&stamped, LIST)).unwrap();
        let mut lines: Vec<String> = list.lines().map(str::to_owned).collect();
        let first = lines.remove(0);
        if !change.is_empty() {
            lines.insert(0, format!("{change}{}", &first[2..]));
        }
        let changed = with_part(&stamped, LIST, (lines.join("\n") + "\n").as_bytes());
        let codes: Vec<Code> =
            report(&changed, &nobody).problems.iter().map(|one| one.code).collect();
        assert!(codes.contains(&Code::WaczTimeTokenInvalid), "{what}: {codes:?}");
        assert!(codes.contains(&Code::WaczResourceHash), "{what}: {codes:?}");
    }
}
