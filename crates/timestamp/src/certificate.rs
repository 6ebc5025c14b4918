//! Certificates and revocation lists (RFC 5280).

use std::fmt;
use std::time::Duration;

use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;

use crate::UtcTime;
use crate::ber::{
    self, BIT_STRING, BOOLEAN, Element, Elements, GENERALIZED_TIME, INTEGER, OCTET_STRING,
    SEQUENCE, context, context_primitive,
};
use crate::fault::Fault;
use crate::oid;
use crate::signature::{PublicKey, bit_string, small_number};

const UTC_TIME: u8 = 0x17;
const ENUMERATED: u8 = 0x0a;

/// An X.509 certificate.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
    pub(crate) key: PublicKey,
    pub(crate) extensions: Extensions,
}

/// What a certificate says in its extensions.
#[derive(Clone, Default)]
pub(crate) struct Extensions {
    /// Whether there are any; there are none before version 3.
    pub(crate) any: bool,
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) purposes: Option<Purposes>,
    pub(crate) key_identifier: Option<Vec<u8>>,
    pub(crate) alternative_names: Vec<GeneralName>,
    pub(crate) unknown_critical: Option<ObjectIdentifier>,
}

/// The extended key usage.
#[derive(Clone)]
pub(crate) struct Purposes {
    pub(crate) critical: bool,
    pub(crate) purposes: Vec<ObjectIdentifier>,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Certificate({})", self.subject())
    }
}

impl Certificate {
    /// Reads one certificate in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, Fault> {
        let what = "a certificate";
        let malformed = || Fault::Malformed { what };
        let parsed = x509_cert::Certificate::from_der(der).map_err(|_| malformed())?;
        let key = parsed.tbs_certificate().subject_public_key_info().to_der();
        let key = key.map_err(|_| malformed())?;
        let key = PublicKey::read(ber::only(&key, SEQUENCE, what)?)?;
        let extensions = Extensions::read(&parsed).ok_or_else(malformed)?;
        Ok(Self { der: der.to_vec(), parsed, key, extensions })
    }

    /// Reads all certificates of a file: one in DER, or any number in PEM.
    pub fn read_all(file: &[u8]) -> Result<Vec<Self>, Fault> {
        der_parts(file, "CERTIFICATE").iter().map(|der| Self::from_der(der)).collect()
    }

    /// Its bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its bytes as PEM (RFC 7468).
    pub fn pem(&self) -> String {
        pem(&self.der, "CERTIFICATE")
    }

    /// Whether it names itself as its issuer, as root certificates do.
    pub fn is_self_issued(&self) -> bool {
        same_name(self.subject_name(), self.issuer_name())
    }

    /// Where its issuer publishes revocation lists, as far as it says so in addresses of the web (RFC 5280, section
    /// 4.2.1.13).
    pub fn revocation_addresses(&self) -> Vec<String> {
        let extensions = self.parsed.tbs_certificate().extensions().into_iter().flatten();
        let points = extensions
            .filter(|extension| extension.extn_id == oid::CRL_DISTRIBUTION_POINTS)
            .filter_map(|one| CrlDistributionPoints::from_der(one.extn_value.as_bytes()).ok())
            .flat_map(|points| points.0);
        let names = points.filter_map(|point| match point.distribution_point? {
            DistributionPointName::FullName(names) => Some(names),
            DistributionPointName::NameRelativeToCRLIssuer(_) => None,
        });
        let addresses = names.flatten().filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(address) => Some(address.to_string()),
            _ => None,
        });
        addresses.filter(|address| address.starts_with("http")).collect()
    }

    /// Whom it is about, as RFC 4514 writes names.
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// Who signed it, as RFC 4514 writes names.
    pub fn issuer(&self) -> String {
        self.parsed.tbs_certificate().issuer().to_string()
    }

    /// Its first moment.
    pub fn not_before(&self) -> UtcTime {
        UtcTime::from_unix(self.parsed.tbs_certificate().validity().not_before.to_unix_duration())
    }

    /// Its last moment: the last second counts whole.
    pub fn not_after(&self) -> UtcTime {
        let end = self.parsed.tbs_certificate().validity().not_after.to_unix_duration();
        UtcTime::from_unix(end + Duration::from_nanos(999_999_999))
    }

    /// Its number among those of its issuer, in hexadecimal.
    pub fn serial_hex(&self) -> String {
        data_encoding::HEXLOWER.encode(self.serial())
    }

    /// Its public key, a SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> Vec<u8> {
        let key = self.parsed.tbs_certificate().subject_public_key_info();
        key.to_der().expect("what was decoded from DER can be encoded again")
    }

    pub(crate) fn subject_name(&self) -> &Name {
        self.parsed.tbs_certificate().subject()
    }

    pub(crate) fn issuer_name(&self) -> &Name {
        self.parsed.tbs_certificate().issuer()
    }

    /// The serial number, as short as DER writes it.
    pub(crate) fn serial(&self) -> &[u8] {
        ber::minimal(self.parsed.tbs_certificate().serial_number().as_bytes())
    }

    /// Whether `issuer`'s key signed it.
    pub(crate) fn is_signed_by(&self, issuer: &Certificate) -> Result<bool, Fault> {
        is_signed_by(&self.der, "a certificate", issuer)
    }
}

impl Extensions {
    fn read(certificate: &x509_cert::Certificate) -> Option<Self> {
        let mut found = Self::default();
        let mut seen: Vec<ObjectIdentifier> = Vec::new();
        for extension in certificate.tbs_certificate().extensions().into_iter().flatten() {
            if seen.contains(&extension.extn_id) {
                return None;
            }
            seen.push(extension.extn_id);
            found.any = true;
            let value = extension.extn_value.as_bytes();
            match extension.extn_id {
                oid::BASIC_CONSTRAINTS => {
                    found.basic_constraints = Some(BasicConstraints::from_der(value).ok()?)
                }
                oid::KEY_USAGE => found.key_usage = Some(KeyUsage::from_der(value).ok()?),
                oid::EXTENDED_KEY_USAGE => {
                    let purposes = ExtendedKeyUsage::from_der(value).ok()?.0;
                    found.purposes = Some(Purposes { critical: extension.critical, purposes });
                }
                oid::SUBJECT_KEY_IDENTIFIER => {
                    let identifier = SubjectKeyIdentifier::from_der(value).ok()?;
                    found.key_identifier = Some(identifier.0.as_bytes().to_vec());
                }
                oid::SUBJECT_ALT_NAME => {
                    found.alternative_names = SubjectAltName::from_der(value).ok()?.0
                }
                oid::AUTHORITY_KEY_IDENTIFIER
                | oid::CERTIFICATE_POLICIES
                | oid::POLICY_MAPPINGS
                | oid::POLICY_CONSTRAINTS
                | oid::INHIBIT_ANY_POLICY => {}
                unknown if extension.critical => found.unknown_critical = Some(unknown),
                _ => {}
            }
        }
        Some(found)
    }
}

/// Whether two names are the same: byte for byte, or in their printed form, because some
/// authorities write one name in two string types.
pub(crate) fn same_name(one: &Name, other: &Name) -> bool {
    one == other || one.to_string() == other.to_string()
}

/// Whether `issuer`'s key signed a SEQUENCE of content, algorithm and signature.
fn is_signed_by(der: &[u8], what: &'static str, issuer: &Certificate) -> Result<bool, Fault> {
    let mut parts = ber::only(der, SEQUENCE, what)?.inside(what);
    let content = parts.expect(SEQUENCE)?;
    let algorithm = parts.expect(SEQUENCE)?;
    let signature = bit_string(parts.expect(BIT_STRING)?, what)?;
    issuer.key.verifies(algorithm, None, content.whole, signature)
}

/// The DER of a file, or of every PEM block of one kind in it. Line lengths do not matter.
fn der_parts(file: &[u8], kind: &str) -> Vec<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let text = String::from_utf8_lossy(file);
    if !text.contains(&begin) {
        return vec![file.to_vec()];
    }
    let block = |part: &str| {
        let body: String = part.split(&end).next()?.split_ascii_whitespace().collect();
        // What is no base64 becomes no certificate either.
        Some(data_encoding::BASE64.decode(body.as_bytes()).unwrap_or_default())
    };
    text.split(&begin).skip(1).filter_map(block).collect()
}

/// One PEM block.
fn pem(der: &[u8], kind: &str) -> String {
    let mut text = format!("-----BEGIN {kind}-----\n");
    for line in der.chunks(48) {
        text.push_str(&data_encoding::BASE64.encode(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END {kind}-----\n"));
    text
}

/// A certificate revocation list (RFC 5280, section 5).
#[derive(Clone)]
pub struct RevocationList {
    der: Vec<u8>,
    issuer: Name,
    /// When it was made.
    made: UtcTime,
    revoked: Vec<Revocation>,
    scope: Scope,
}

/// One line of a revocation list.
#[derive(Clone, Debug)]
pub(crate) struct Revocation {
    serial: Vec<u8>,
    pub(crate) since: UtcTime,
    pub(crate) reason: Option<u64>,
}

/// Which certificates a list speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    All,
    /// Those that sign no others.
    Leaves,
    Authorities,
    /// In a way that this program cannot judge: the list decides nothing.
    Unknown,
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RevocationList({}, {})", self.issuer, self.made)
    }
}

impl RevocationList {
    /// Reads one list in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, Fault> {
        let what = "a revocation list";
        let malformed = || Fault::Malformed { what };
        let list = ber::only(der, SEQUENCE, what)?.inside(what).expect(SEQUENCE)?;
        let mut parts = list.inside(what);
        parts.optional(INTEGER)?;
        parts.expect(SEQUENCE)?;
        let issuer = Name::from_der(parts.expect(SEQUENCE)?.whole).map_err(|_| malformed())?;
        let made = parts.next()?.and_then(read_time).ok_or_else(malformed)?;
        let mut next = parts.next()?;
        if next.is_some_and(|element| matches!(element.tag, UTC_TIME | GENERALIZED_TIME)) {
            next = parts.next()?;
        }
        let mut revoked = Vec::new();
        if let Some(lines) = next.filter(|element| element.tag == SEQUENCE) {
            let mut lines = lines.inside(what);
            while let Some(line) = lines.next()? {
                revoked.push(
                    Revocation::read(line.inside(what))
                        .and_then(|line| line.ok_or_else(malformed))?,
                );
            }
            next = parts.next()?;
        }
        let mut scope = Scope::All;
        if let Some(extensions) = next.filter(|element| element.tag == context(0)) {
            let mut extensions = ber::only(extensions.value, SEQUENCE, what)?.inside(what);
            while let Some(extension) = extensions.next()? {
                let (identifier, critical, value) = read_extension(extension)?;
                if identifier == oid::ISSUING_DISTRIBUTION_POINT {
                    scope = Scope::read(&value);
                } else if critical {
                    scope = Scope::Unknown;
                }
            }
        }
        Ok(Self { der: der.to_vec(), issuer, made, revoked, scope })
    }

    /// Reads all lists of a file: one in DER, or any number in PEM.
    pub fn read_all(file: &[u8]) -> Result<Vec<Self>, Fault> {
        der_parts(file, "X509 CRL").iter().map(|der| Self::from_der(der)).collect()
    }

    /// Its bytes as PEM (RFC 7468).
    pub fn pem(&self) -> String {
        pem(&self.der, "X509 CRL")
    }

    /// When it was made: it knows of nothing later.
    pub fn made(&self) -> UtcTime {
        self.made
    }

    /// Whether it speaks of certificates such as this one.
    pub(crate) fn covers(&self, certificate: &Certificate) -> bool {
        let authority =
            certificate.extensions.basic_constraints.as_ref().is_some_and(|basic| basic.ca);
        let in_scope = match self.scope {
            Scope::All => true,
            Scope::Leaves => !authority,
            Scope::Authorities => authority,
            Scope::Unknown => false,
        };
        in_scope && same_name(&self.issuer, certificate.issuer_name())
    }

    /// Its line for this certificate.
    pub(crate) fn line(&self, certificate: &Certificate) -> Option<&Revocation> {
        self.revoked.iter().find(|line| line.serial == certificate.serial())
    }

    /// Whether `issuer`'s key signed it, and may.
    pub(crate) fn is_signed_by(&self, issuer: &Certificate) -> bool {
        issuer.extensions.key_usage.as_ref().is_none_or(KeyUsage::crl_sign)
            && is_signed_by(&self.der, "a revocation list", issuer) == Ok(true)
    }
}

impl Revocation {
    fn read(mut parts: Elements<'_>) -> Result<Option<Self>, Fault> {
        let serial = ber::minimal(parts.expect(INTEGER)?.value).to_vec();
        let Some(since) = parts.next()?.and_then(read_time) else { return Ok(None) };
        let mut reason = None;
        if let Some(extensions) = parts.optional(SEQUENCE)? {
            let mut extensions = extensions.inside("a revocation list");
            while let Some(extension) = extensions.next()? {
                let (identifier, _, value) = read_extension(extension)?;
                if identifier == oid::REASON_CODE {
                    let code = ber::only(&value, ENUMERATED, "a revocation list")?;
                    reason = small_number(code);
                }
            }
        }
        Ok(Some(Self { serial, since, reason }))
    }
}

impl Scope {
    /// Reads an IssuingDistributionPoint.
    fn read(value: &[u8]) -> Self {
        let Ok(point) = ber::only(value, SEQUENCE, "a revocation list") else {
            return Self::Unknown;
        };
        let mut parts = point.inside("a revocation list");
        let mut scope = Self::All;
        loop {
            let part = match parts.next() {
                Ok(None) => return scope,
                Ok(Some(part)) => part,
                Err(_) => return Self::Unknown,
            };
            let is_true = part.value.first().is_some_and(|byte| *byte != 0);
            match part.tag {
                // Where it is published.
                tag if tag == context(0) => {}
                tag if tag == context_primitive(1) && is_true => scope = Self::Leaves,
                tag if tag == context_primitive(2) && is_true => scope = Self::Authorities,
                // Explicitly false.
                _ if !is_true && part.value.len() == 1 => {}
                _ => return Self::Unknown,
            }
        }
    }
}

/// Identifier, whether critical, and value of an extension.
fn read_extension(extension: Element<'_>) -> Result<(ObjectIdentifier, bool, Vec<u8>), Fault> {
    let what = "an extension";
    let mut parts = extension.inside(what);
    let identifier = oid::read(parts.next()?.ok_or(Fault::Malformed { what })?, what)?;
    let critical = parts.optional(BOOLEAN)?.is_some_and(|critical| critical.value != [0]);
    let value = parts.expect(OCTET_STRING)?.value.to_vec();
    Ok((identifier, critical, value))
}

/// A UTCTime or GeneralizedTime as RFC 5280 has them.
fn read_time(element: Element<'_>) -> Option<UtcTime> {
    match element.tag {
        GENERALIZED_TIME => UtcTime::from_generalized(element.value),
        UTC_TIME => {
            let century: &[u8] = match element.value.first()? {
                b'0'..=b'4' => b"20",
                _ => b"19",
            };
            UtcTime::from_generalized(&[century, element.value].concat())
        }
        _ => None,
    }
}
