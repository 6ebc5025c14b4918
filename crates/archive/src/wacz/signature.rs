//! `datapackage-digest.json`: the package's hash and its signature (WACZ-auth 0.1.0), and the time
//! tokens of both.

use data_encoding::{BASE64, HEXLOWER};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use witnessmark_timestamp::{
    Certificate, Chain, Expected, Fault, HashAlgorithm, Imprint, Purpose, Signed, Trust, UtcTime,
    check as check_token,
};

use super::Parts;
use super::package::Package;
use crate::check::Report;
use crate::problem::{Code, Problem};

pub(super) const FILE: &str = "datapackage-digest.json";
/// The list of all files and their digests, and a time token for it, as [`super::write`] adds them.
pub(super) const LIST: &str = "timestamps/contents.sha256";
pub(super) const LIST_TOKEN: &str = "timestamps/contents.sha256.tsr";

const ALWAYS: [&str; 5] = ["hash", "created", "software", "version", "signature"];
const ANONYMOUS: [&str; 1] = ["publicKey"];
const DOMAIN: [&str; 4] = ["domain", "domainCert", "timeSignature", "timestampCert"];
const DOMAIN_OPTIONAL: &str = "crossSignedCert";

/// So many seconds may lie between `created` and the time token, as authsign 0.6 has it.
const CREATED_TOLERANCE: u64 = 600;

/// Certificates that the reader chose to believe when a WACZ is signed. Without them a signature
/// proves only what its own certificates say.
#[derive(Clone, Debug, Default)]
pub struct SignatureRoots {
    /// Roots of web servers' certificates. When there are any, a domain's chain must lead to one.
    pub domains: Vec<Certificate>,
    /// Roots of time-stamp authorities. When there are any, a token's chain must lead to one.
    pub time: Vec<Certificate>,
}

/// A code and a sentence.
type Wrong = (Code, String);

/// Checks the digest against `sha256`, the real one of `datapackage.json`, and the signature
/// against the key or the certificates it brings, and those against the roots that were chosen.
pub(super) fn check(
    report: &mut Report,
    json: &Value,
    sha256: Option<&str>,
    package: Option<&Package>,
    roots: &SignatureRoots,
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
    let text = |name: &str| member(name).unwrap_or_default();
    let judged = match member("publicKey") {
        Some(key) => check_anonymous(hash, key, text("signature")),
        None => check_domain(hash, &text, member(DOMAIN_OPTIONAL), roots),
    };
    match judged {
        Ok(detail) => add(Code::WaczSignatureTrust, detail),
        Err((code, detail)) => add(code, detail),
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

/// The anonymous form: a SubjectPublicKeyInfo in base64, and a signature by it.
fn check_anonymous(hash: &str, key: &str, signature: &str) -> Result<String, Wrong> {
    let key = BASE64.decode(key.as_bytes()).map_err(|_| invalid("publicKey is no base64"))?;
    check_signature(&key, hash, signature)?;
    Ok("the signature is right by the key it brings; anybody may have made it".to_owned())
}

/// The domain form: the signature by the first certificate, which is one for the domain and was
/// valid when an authority saw the signature, soon after the package was made.
fn check_domain<'t>(
    hash: &str,
    text: &dyn Fn(&str) -> &'t str,
    cross_signed: Option<&str>,
    roots: &SignatureRoots,
) -> Result<String, Wrong> {
    let domain = text("domain");
    let chain = certificates(text("domainCert"))
        .map_err(|fault| invalid(format!("domainCert: {fault}")))?;
    let (Some(first), Some(last)) = (chain.first(), chain.last()) else {
        return Err(invalid("domainCert holds no certificate"));
    };
    check_signature(&first.public_key(), hash, text("signature"))?;
    let (signed, authority) = check_time(text, roots)?;
    let time = signed.stamp.time;
    let created = UtcTime::from_rfc_3339(text("created"));
    let away = created.map(|created| created.unix().abs_diff(time.unix()).as_secs());
    if away.is_none_or(|away| away > CREATED_TOLERANCE) {
        let detail = format!(
            "the token is of {time}, more than ten minutes from created, {:?}",
            text("created")
        );
        return Err((Code::WaczTimeTokenInvalid, detail));
    }
    let purpose = Purpose::Domain(domain);
    let find = |purpose: Purpose<'_>, chain: &[Certificate], chosen: &[Certificate]| {
        let first = chain.first().ok_or_else(|| invalid("there is no certificate"))?;
        let trust = Trust { roots: chosen, others: chain, revocation_lists: &[] };
        Chain::find(first, purpose, &trust, time).map_err(|fault| invalid(fault.to_string()))
    };
    find(purpose, &chain, std::slice::from_ref(last))?;
    if let Some(text) = cross_signed {
        let cross =
            certificates(text).map_err(|fault| invalid(format!("crossSignedCert: {fault}")))?;
        let top = cross.get(cross.len().saturating_sub(1)..).unwrap_or_default();
        find(Purpose::Any, &cross, top)?;
        if cross.first().is_none_or(|cross| cross.public_key() != first.public_key()) {
            return Err(invalid("crossSignedCert is one for another key"));
        }
    }
    let domain_root = match roots.domains.as_slice() {
        [] => format!("{}, which was not chosen by anybody", last.issuer()),
        chosen => {
            let chain = find(purpose, &chain, chosen)?;
            let root = chain.certificates.last().map(Certificate::subject).unwrap_or_default();
            format!("{root}, which was chosen")
        }
    };
    Ok(format!(
        "the signature is right by a certificate for {domain:?} under {domain_root}, and was there \
         at {time} by the token of {authority}"
    ))
}

/// The time token for the base64 text of the signature, and its authority.
fn check_time<'t>(
    text: &dyn Fn(&str) -> &'t str,
    roots: &SignatureRoots,
) -> Result<(Signed, String), Wrong> {
    let invalid = |detail: String| (Code::WaczTimeTokenInvalid, detail);
    let token = BASE64
        .decode(text("timeSignature").as_bytes())
        .map_err(|_| invalid("timeSignature is no base64".to_owned()))?;
    let chain = certificates(text("timestampCert"))
        .map_err(|fault| invalid(format!("timestampCert: {fault}")))?;
    let signed = token_for(&token, text("signature").as_bytes(), &chain)
        .map_err(|fault| invalid(fault.to_string()))?;
    let top = chain.get(chain.len().saturating_sub(1)..).unwrap_or_default();
    let authority = check_authority(&signed, &chain, top, roots).map_err(invalid)?;
    Ok((signed, authority))
}

/// Says who vouches for a token: its chain leads to a chosen root, or to `top` when none was chosen.
fn check_authority(
    signed: &Signed,
    others: &[Certificate],
    top: &[Certificate],
    roots: &SignatureRoots,
) -> Result<String, String> {
    let trusted = |roots: &[Certificate]| {
        let trust = Trust { roots, others, revocation_lists: &[] };
        signed.trusted_by(&trust).map_err(|fault| fault.to_string())
    };
    trusted(if roots.time.is_empty() { top } else { &roots.time })?;
    let chosen =
        if roots.time.is_empty() { "whose root nobody chose" } else { "under a chosen root" };
    Ok(format!("{}, {chosen}", signed.signer.subject()))
}

/// Checks a token for `data`, whatever digest it has.
fn token_for(token: &[u8], data: &[u8], others: &[Certificate]) -> Result<Signed, Fault> {
    let checked = |hash| check_token(token, &Expected::imprint(Imprint::of(hash, data)), others);
    match checked(HashAlgorithm::Sha256) {
        Err(Fault::ImprintAlgorithm { .. }) => match checked(HashAlgorithm::Sha512) {
            Err(Fault::ImprintAlgorithm { .. }) => checked(HashAlgorithm::Sha384),
            other => other,
        },
        other => other,
    }
}

/// Checks the list of all files against the files, and the time token for the list.
pub(super) fn check_list(
    report: &mut Report,
    parts: &Parts,
    list: &[u8],
    token: &[u8],
    roots: &SignatureRoots,
) {
    let mut wrong = |path: &str, detail: String| {
        report.add(Problem::inside(path, Code::WaczTimeTokenInvalid, 0, detail));
    };
    let text = String::from_utf8_lossy(list);
    for (number, line) in text.lines().enumerate() {
        let listed = line.split_once("  ");
        let fits = |(sha256, path)| parts.get(path).is_some_and(|part| part.sha256 == sha256);
        if !listed.is_some_and(fits) {
            wrong(LIST, format!("line {} is not the digest of a file that is there", number + 1));
        }
    }
    let listed = |path: &str| text.lines().any(|line| line.ends_with(&format!("  {path}")));
    let own = ["datapackage.json", FILE, LIST, LIST_TOKEN];
    for path in parts.keys().filter(|path| !own.contains(&path.as_str()) && !listed(path)) {
        wrong(LIST, format!("{path:?} is not listed"));
    }
    let signed = match token_for(token, list, &roots.time) {
        Ok(signed) => signed,
        Err(fault) => return wrong(LIST_TOKEN, fault.to_string()),
    };
    let authority = match roots.time.as_slice() {
        [] => Ok(format!("{}, whose root nobody chose", signed.signer.subject())),
        _ => check_authority(&signed, &[], &[], roots),
    };
    match authority {
        Ok(authority) => {
            let digest = HEXLOWER.encode(signed.stamp.imprint.digest());
            let detail = format!(
                "the list {digest} of all files was there at {} by the token of {authority}",
                signed.stamp.time
            );
            report.add(Problem::inside(LIST_TOKEN, Code::WaczSignatureTrust, 0, detail));
        }
        Err(detail) => wrong(LIST_TOKEN, detail),
    }
}

fn invalid(detail: impl Into<String>) -> Wrong {
    (Code::WaczSignatureInvalid, detail.into())
}

/// The certificates of a text in PEM.
fn certificates(pem: &str) -> Result<Vec<Certificate>, Fault> {
    Certificate::read_all(pem.as_bytes())
}

/// ECDSA over SHA-256 on P-256 or P-384, the signature as base64 of DER or of raw r and s.
fn check_signature(key: &[u8], message: &str, signature: &str) -> Result<(), Wrong> {
    use p256::pkcs8::DecodePublicKey;
    let signature =
        BASE64.decode(signature.as_bytes()).map_err(|_| invalid("the signature is no base64"))?;
    let prehash = Sha256::digest(message);
    let right = if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(key) {
        let signature = p256::ecdsa::Signature::from_der(&signature)
            .or_else(|_| p256::ecdsa::Signature::from_slice(&signature));
        signature.is_ok_and(|signature| key.verify_prehash(&prehash, &signature).is_ok())
    } else if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(key) {
        let signature = p384::ecdsa::Signature::from_der(&signature)
            .or_else(|_| p384::ecdsa::Signature::from_slice(&signature));
        signature.is_ok_and(|signature| key.verify_prehash(&prehash, &signature).is_ok())
    } else {
        return Err(invalid("the key is neither on P-256 nor on P-384"));
    };
    match right {
        true => Ok(()),
        false => Err(invalid("the signature is not one of the hash by this key")),
    }
}
