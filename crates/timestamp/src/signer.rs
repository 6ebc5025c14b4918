//! Who signed a token, and what the signature covers (RFC 5652, section 5.3; RFC 5035).

use sha1::{Digest as _, Sha1};
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::name::Name;

use crate::ber::{
    self, Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, context,
    context_primitive,
};
use crate::certificate::{Certificate, same_name};
use crate::fault::Fault;
use crate::signature::algorithm;
use crate::stamp::hexadecimal;
use crate::{HashAlgorithm, oid};

/// One SignerInfo.
pub(crate) struct Signer<'a> {
    /// IssuerAndSerialNumber, or `[0]` and a key identifier.
    name: Element<'a>,
    digest: HashAlgorithm,
    attributes: Element<'a>,
    algorithm: Element<'a>,
    signature: &'a [u8],
}

impl<'a> Signer<'a> {
    pub(crate) fn read(element: Element<'a>) -> Result<Self, Fault> {
        let what = "the signer";
        let mut parts = element.inside(what);
        parts.expect(INTEGER)?;
        let name = parts.next()?.ok_or(Fault::Malformed { what })?;
        let (digest, _) = algorithm(parts.expect(SEQUENCE)?, what)?;
        let digest = match HashAlgorithm::from_oid(digest) {
            Some(digest) => digest,
            None if digest == oid::SHA_1 => {
                return Err(Fault::Weak { what: "the signer's digest", found: "SHA-1".to_owned() });
            }
            None => {
                return Err(Fault::Unsupported {
                    what: "the signer's digest",
                    found: oid::digest_name(digest),
                });
            }
        };
        let attributes = parts.optional(context(0))?;
        let attributes = attributes
            .ok_or(Fault::Attribute { name: "content-type", detail: "is missing, as all are" })?;
        let algorithm = parts.expect(SEQUENCE)?;
        let signature = parts.expect(OCTET_STRING)?.value;
        Ok(Self { name, digest, attributes, algorithm, signature })
    }

    /// The only value of a signed attribute; `None` when it is not there.
    fn attribute(
        &self,
        kind: ObjectIdentifier,
        name: &'static str,
    ) -> Result<Option<Element<'a>>, Fault> {
        let mut found = None;
        let mut attributes = self.attributes.inside("the signed attributes");
        while let Some(attribute) = attributes.next()? {
            let mut parts = attribute.inside("the signed attributes");
            if oid::read(parts.expect(OBJECT_IDENTIFIER)?, "the signed attributes")? != kind {
                continue;
            }
            let mut values = parts.expect(SET)?.inside("the signed attributes");
            let value = values.next()?.ok_or(Fault::Attribute { name, detail: "has no value" })?;
            if values.end().is_err() || parts.end().is_err() || found.replace(value).is_some() {
                return Err(Fault::Attribute { name, detail: "is repeated" });
            }
        }
        Ok(found)
    }

    /// Content type and digest of what is signed.
    pub(crate) fn check_content(&self, content: &[u8]) -> Result<(), Fault> {
        let missing = |name| Fault::Attribute { name, detail: "is missing" };
        let kind =
            self.attribute(oid::CONTENT_TYPE, "content-type")?.ok_or(missing("content-type"))?;
        if oid::read(kind, "the signed attributes")? != oid::TST_INFO {
            return Err(Fault::Attribute {
                name: "content-type",
                detail: "is not that of the content",
            });
        }
        let digest = self
            .attribute(oid::MESSAGE_DIGEST, "message-digest")?
            .ok_or(missing("message-digest"))?;
        match digest.tag == OCTET_STRING && digest.value == self.digest.digest(content) {
            true => Ok(()),
            false => Err(Fault::ContentDigest),
        }
    }

    /// The certificate that the signer names and is bound to, and whose key made the signature.
    pub(crate) fn find<'c>(
        &self,
        certificates: impl Iterator<Item = &'c Certificate>,
    ) -> Result<(Certificate, Vec<CertificateId>), Fault> {
        let bound = self.bound()?;
        let mut fault = None;
        for certificate in certificates {
            if !self.names(certificate)? {
                continue;
            }
            // Both forms, where both are there, have the signer's own certificate first.
            if !bound.iter().filter(|id| id.first).all(|id| id.fits(certificate)) {
                fault.get_or_insert(Fault::CertificateBinding(certificate.subject()));
                continue;
            }
            // What is signed is the SET itself, not its tag in the token.
            let message = ber::encode(SET, self.attributes.value);
            let digest = Some(self.digest);
            match certificate.key.verifies(self.algorithm, digest, &message, self.signature) {
                Ok(true) => return Ok((certificate.clone(), bound)),
                Ok(false) => fault.get_or_insert(Fault::Signature(certificate.subject())),
                Err(other) => fault.get_or_insert(other),
            };
        }
        Err(fault.unwrap_or_else(|| Fault::NoCertificate(self.printed_name())))
    }

    fn names(&self, certificate: &Certificate) -> Result<bool, Fault> {
        if self.name.tag == context_primitive(0) {
            return Ok(certificate.extensions.key_identifier.as_deref() == Some(self.name.value));
        }
        let what = "the signer";
        let mut parts = self.name.inside(what);
        let issuer = parts.expect(SEQUENCE)?;
        let serial = parts.expect(INTEGER)?;
        let issuer = Name::from_der(issuer.whole).map_err(|_| Fault::Malformed { what })?;
        Ok(ber::minimal(serial.value) == certificate.serial()
            && same_name(&issuer, certificate.issuer_name()))
    }

    fn printed_name(&self) -> String {
        let mut parts = self.name.inside("the signer");
        match (parts.expect(SEQUENCE), parts.expect(INTEGER)) {
            (Ok(issuer), Ok(serial)) => {
                let issuer =
                    Name::from_der(issuer.whole).map(|name| name.to_string()).unwrap_or_default();
                format!("number {} of {issuer}", hexadecimal(serial.value))
            }
            _ => format!("key {}", data_encoding::HEXLOWER.encode(self.name.value)),
        }
    }

    /// SigningCertificate (RFC 2634) and SigningCertificateV2 (RFC 5035): at least one of them.
    fn bound(&self) -> Result<Vec<CertificateId>, Fault> {
        let mut bound = Vec::new();
        for (kind, name) in [
            (oid::SIGNING_CERTIFICATE, "signing-certificate"),
            (oid::SIGNING_CERTIFICATE_V2, "signing-certificate-v2"),
        ] {
            let Some(value) = self.attribute(kind, name)? else { continue };
            let mut ids = value.inside(name).expect(SEQUENCE)?.inside(name);
            let mut first = true;
            while let Some(id) = ids.next()? {
                bound.push(CertificateId::read(id, name, first)?);
                first = false;
            }
            if first {
                return Err(Fault::Attribute { name, detail: "names no certificate" });
            }
        }
        match bound.is_empty() {
            true => Err(Fault::Attribute { name: "signing-certificate", detail: "is missing" }),
            false => Ok(bound),
        }
    }
}

/// ESSCertID or ESSCertIDv2: which certificate the signer means.
#[derive(Clone, Debug)]
pub(crate) struct CertificateId {
    first: bool,
    /// SHA-1 where it is `None`: in the old form there is no other.
    hash: Option<HashAlgorithm>,
    digest: Vec<u8>,
    issuer: Option<Name>,
    serial: Option<Vec<u8>>,
}

impl CertificateId {
    fn read(id: Element<'_>, name: &'static str, first: bool) -> Result<Self, Fault> {
        let mut parts = id.inside(name);
        let mut hash = None;
        if name == "signing-certificate-v2" {
            let named = match parts.optional(SEQUENCE)? {
                Some(named) => algorithm(named, name)?.0,
                None => oid::SHA_256,
            };
            let unsupported = || Fault::Unsupported {
                what: "the digest of the certificate identifier",
                found: oid::digest_name(named),
            };
            hash = Some(HashAlgorithm::from_oid(named).ok_or_else(unsupported)?);
        }
        let digest = parts.expect(OCTET_STRING)?.value.to_vec();
        let (mut issuer, mut serial) = (None, None);
        if let Some(issuer_serial) = parts.optional(SEQUENCE)? {
            let mut issuer_serial = issuer_serial.inside(name);
            let mut names = issuer_serial.expect(SEQUENCE)?.inside(name);
            serial = Some(ber::minimal(issuer_serial.expect(INTEGER)?.value).to_vec());
            while let Some(element) = names.next()? {
                if element.tag == context(4) {
                    issuer = Some(
                        Name::from_der(element.value)
                            .map_err(|_| Fault::Malformed { what: name })?,
                    );
                }
            }
        }
        parts.end()?;
        Ok(Self { first, hash, digest, issuer, serial })
    }

    pub(crate) fn fits(&self, certificate: &Certificate) -> bool {
        let digest = match self.hash {
            Some(hash) => hash.digest(certificate.der()),
            None => Sha1::digest(certificate.der()).to_vec(),
        };
        self.digest == digest
            && self.serial.as_deref().is_none_or(|serial| serial == certificate.serial())
            && self
                .issuer
                .as_ref()
                .is_none_or(|issuer| same_name(issuer, certificate.issuer_name()))
    }
}
