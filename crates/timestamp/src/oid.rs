//! Object identifiers that tokens and certificates use.

use x509_cert::der::asn1::ObjectIdentifier;

use crate::ber::{Element, OBJECT_IDENTIFIER};
use crate::fault::Fault;

macro_rules! identifiers {
    ($($name:ident $dots:literal;)+) => {
        $(pub(crate) const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($dots);)+
    };
}

identifiers! {
    // Content types and attributes: RFC 5652, RFC 3161, RFC 5816.
    SIGNED_DATA "1.2.840.113549.1.7.2";
    TST_INFO "1.2.840.113549.1.9.16.1.4";
    CONTENT_TYPE "1.2.840.113549.1.9.3";
    MESSAGE_DIGEST "1.2.840.113549.1.9.4";
    SIGNING_CERTIFICATE "1.2.840.113549.1.9.16.2.12";
    SIGNING_CERTIFICATE_V2 "1.2.840.113549.1.9.16.2.47";
    // Digests.
    SHA_1 "1.3.14.3.2.26";
    SHA_256 "2.16.840.1.101.3.4.2.1";
    SHA_384 "2.16.840.1.101.3.4.2.2";
    SHA_512 "2.16.840.1.101.3.4.2.3";
    // Signatures: RFC 4055, RFC 5758, RFC 8410.
    RSA "1.2.840.113549.1.1.1";
    RSA_SHA_1 "1.2.840.113549.1.1.5";
    MGF_1 "1.2.840.113549.1.1.8";
    RSA_PSS "1.2.840.113549.1.1.10";
    RSA_SHA_256 "1.2.840.113549.1.1.11";
    RSA_SHA_384 "1.2.840.113549.1.1.12";
    RSA_SHA_512 "1.2.840.113549.1.1.13";
    EC_KEY "1.2.840.10045.2.1";
    ECDSA_SHA_1 "1.2.840.10045.4.1";
    ECDSA_SHA_256 "1.2.840.10045.4.3.2";
    ECDSA_SHA_384 "1.2.840.10045.4.3.3";
    ECDSA_SHA_512 "1.2.840.10045.4.3.4";
    P_256 "1.2.840.10045.3.1.7";
    P_384 "1.3.132.0.34";
    P_521 "1.3.132.0.35";
    ED_25519 "1.3.101.112";
    // Extensions and purposes: RFC 5280.
    KEY_USAGE "2.5.29.15";
    SUBJECT_KEY_IDENTIFIER "2.5.29.14";
    SUBJECT_ALT_NAME "2.5.29.17";
    BASIC_CONSTRAINTS "2.5.29.19";
    REASON_CODE "2.5.29.21";
    CRL_DISTRIBUTION_POINTS "2.5.29.31";
    ISSUING_DISTRIBUTION_POINT "2.5.29.28";
    CERTIFICATE_POLICIES "2.5.29.32";
    POLICY_MAPPINGS "2.5.29.33";
    AUTHORITY_KEY_IDENTIFIER "2.5.29.35";
    POLICY_CONSTRAINTS "2.5.29.36";
    EXTENDED_KEY_USAGE "2.5.29.37";
    ANY_EXTENDED_KEY_USAGE "2.5.29.37.0";
    INHIBIT_ANY_POLICY "2.5.29.54";
    SERVER_AUTHENTICATION "1.3.6.1.5.5.7.3.1";
    TIME_STAMPING "1.3.6.1.5.5.7.3.8";
}

/// Reads an OBJECT IDENTIFIER.
pub(crate) fn read(element: Element<'_>, what: &'static str) -> Result<ObjectIdentifier, Fault> {
    let read = || ObjectIdentifier::from_bytes(element.value).ok();
    Some(element.tag)
        .filter(|tag| *tag == OBJECT_IDENTIFIER)
        .and_then(|_| read())
        .ok_or(Fault::Malformed { what })
}

/// The name of a digest algorithm, else its dots.
pub(crate) fn digest_name(oid: ObjectIdentifier) -> String {
    match oid {
        SHA_1 => "SHA-1".to_owned(),
        SHA_256 => "SHA-256".to_owned(),
        SHA_384 => "SHA-384".to_owned(),
        SHA_512 => "SHA-512".to_owned(),
        other => other.to_string(),
    }
}
