//! `datapackage-digest.json`: the package's hash and its signature (WACZ-auth 0.1.0).

use data_encoding::{BASE64, BASE64_MIME_PERMISSIVE};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::package::Package;
use crate::check::Report;
use crate::problem::{Code, Problem};

pub(super) const FILE: &str = "datapackage-digest.json";

const ALWAYS: [&str; 5] = ["hash", "created", "software", "version", "signature"];
const ANONYMOUS: [&str; 1] = ["publicKey"];
const DOMAIN: [&str; 4] = ["domain", "domainCert", "timeSignature", "timestampCert"];
const DOMAIN_OPTIONAL: &str = "crossSignedCert";

/// Checks the digest against `sha256`, the real one of `datapackage.json`, and the signature
/// against the key it brings. Who holds that key, and whether its time token is right, is not
/// decided here: that needs a root the reader chooses.
pub(super) fn check(
    report: &mut Report,
    json: &Value,
    sha256: Option<&str>,
    package: Option<&Package>,
) {
    let mut add = |code: Code, detail: String| report.add(Problem::inside(FILE, code, 0, detail));
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    if text("path") != Some("datapackage.json") {
        let detail = format!("path is {:?}, not \"datapackage.json\"", json.get("path"));
        add(Code::WaczDigestInvalid, detail);
    }
    let Some(hash) = text("hash") else {
        add(Code::WaczDigestInvalid, "hash is missing".to_owned());
        return;
    };
    if let Some(sha256) = sha256
        && hash != format!("sha256:{sha256}")
    {
        let detail = format!("hash is {hash:?}, that of datapackage.json is sha256:{sha256}");
        add(Code::WaczDigestMismatch, detail);
    }
    let Some(signed) = json.get("signedData") else { return };
    let Some(signed) = signed.as_object() else {
        add(Code::WaczSignatureForm, "signedData is no JSON object".to_owned());
        return;
    };
    let member = |name: &str| signed.get(name).and_then(Value::as_str);
    if member("hash") != Some(hash) {
        add(Code::WaczSignatureInvalid, "the signed hash is not that of the package".to_owned());
    }
    let created = package.and_then(|package| package.created.as_deref());
    if member("created") != created {
        let detail = format!(
            "signedData was created {:?}, datapackage.json {created:?}",
            member("created").unwrap_or_default()
        );
        add(Code::WaczSignatureInvalid, detail);
    }
    if let Some(fault) = form_fault(signed) {
        add(Code::WaczSignatureForm, fault);
        return;
    }
    let key = match member("publicKey") {
        Some(key) => anonymous_key(key),
        None => domain_key(
            member("domainCert").unwrap_or_default(),
            member("domain").unwrap_or_default(),
        ),
    };
    let signature = BASE64
        .decode(member("signature").unwrap_or_default().as_bytes())
        .map_err(|_| "the signature is no base64".to_owned());
    let verified = key.and_then(|key| verify(&key, hash.as_bytes(), &signature?));
    match verified {
        Ok(()) => add(
            Code::WaczSignatureTrust,
            match member("domain") {
                Some(domain) => format!(
                    "the signature is right by the certificate it brings for {domain:?}; its chain \
                     and its time token were not checked"
                ),
                None => "the signature is right by the key it brings; anybody may have made it"
                    .to_owned(),
            },
        ),
        Err(detail) => add(Code::WaczSignatureInvalid, detail),
    }
}

/// Exactly the keys of one of the two forms, all of them texts.
fn form_fault(signed: &Map<String, Value>) -> Option<String> {
    let form: &[&str] = if signed.contains_key("publicKey") { &ANONYMOUS } else { &DOMAIN };
    let missing =
        ALWAYS.iter().chain(form).find(|name| !signed.get(**name).is_some_and(Value::is_string));
    if let Some(name) = missing {
        return Some(format!("signedData has no text {name:?}"));
    }
    let known = |name: &str| {
        ALWAYS.contains(&name)
            || form.contains(&name)
            || (form.len() == DOMAIN.len() && name == DOMAIN_OPTIONAL)
    };
    let other = signed.keys().find(|name| !known(name))?;
    Some(format!("signedData has the key {other:?}, which this form does not have"))
}

/// The key of an anonymous signature: a SubjectPublicKeyInfo in base64.
fn anonymous_key(text: &str) -> Result<SubjectPublicKeyInfoOwned, String> {
    let der = BASE64.decode(text.as_bytes()).map_err(|_| "publicKey is no base64".to_owned())?;
    SubjectPublicKeyInfoOwned::from_der(&der).map_err(|error| format!("publicKey: {error}"))
}

/// The key of the first certificate of a chain, which must be one for the domain.
fn domain_key(chain: &str, domain: &str) -> Result<SubjectPublicKeyInfoOwned, String> {
    let end_line = "-----END CERTIFICATE-----";
    let end = chain.find(end_line).ok_or_else(|| "domainCert is no PEM certificate".to_owned())?;
    let first = chain.get(..end + end_line.len()).unwrap_or_default();
    let certificate = match Certificate::from_pem(first.trim_start()) {
        Ok(certificate) => certificate,
        Err(_) => {
            // PEM with other line lengths than RFC 7468 asks for.
            let body: String = first.lines().filter(|line| !line.contains("-----")).collect();
            let der = BASE64_MIME_PERMISSIVE
                .decode(body.as_bytes())
                .map_err(|_| "domainCert is no PEM certificate".to_owned())?;
            Certificate::from_der(&der).map_err(|error| format!("domainCert: {error}"))?
        }
    };
    let names = certificate
        .tbs_certificate()
        .get_extension::<SubjectAltName>()
        .ok()
        .flatten()
        .map(|(_, names)| names.0)
        .unwrap_or_default();
    let is_domain = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => covers(name.as_str(), domain),
        _ => false,
    };
    if !names.iter().any(is_domain) {
        return Err(format!("the certificate is not one for {domain:?}"));
    }
    Ok(certificate.tbs_certificate().subject_public_key_info().clone())
}

/// Whether a name of a certificate covers a domain (RFC 6125: a wildcard for one label).
fn covers(name: &str, domain: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => {
            domain.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
        }
        None => name.eq_ignore_ascii_case(domain),
    }
}

/// ECDSA over SHA-256 on P-256 or P-384, the signature in DER or as raw r and s.
fn verify(key: &SubjectPublicKeyInfoOwned, message: &[u8], signature: &[u8]) -> Result<(), String> {
    let prehash = Sha256::digest(message);
    let der = key.to_der().map_err(|error| error.to_string())?;
    let right = if let Ok(key) = p256_key(&der) {
        let signature = p256::ecdsa::Signature::from_der(signature)
            .or_else(|_| p256::ecdsa::Signature::from_slice(signature));
        signature.is_ok_and(|signature| key.verify_prehash(&prehash, &signature).is_ok())
    } else if let Ok(key) = p384_key(&der) {
        let signature = p384::ecdsa::Signature::from_der(signature)
            .or_else(|_| p384::ecdsa::Signature::from_slice(signature));
        signature.is_ok_and(|signature| key.verify_prehash(&prehash, &signature).is_ok())
    } else {
        return Err("the key is neither on P-256 nor on P-384".to_owned());
    };
    match right {
        true => Ok(()),
        false => Err("the signature is not one of the hash by this key".to_owned()),
    }
}

fn p256_key(der: &[u8]) -> Result<p256::ecdsa::VerifyingKey, ()> {
    use p256::pkcs8::DecodePublicKey;
    p256::ecdsa::VerifyingKey::from_public_key_der(der).map_err(|_| ())
}

fn p384_key(der: &[u8]) -> Result<p384::ecdsa::VerifyingKey, ()> {
    use p384::pkcs8::DecodePublicKey;
    p384::ecdsa::VerifyingKey::from_public_key_der(der).map_err(|_| ())
}
