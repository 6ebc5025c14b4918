//! What a token says: TSTInfo (RFC 3161, section 2.4.2).

use std::time::Duration;

use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName;

use crate::ber::{
    self, Element, Elements, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE,
    context, context_primitive,
};
use crate::certificate::{Certificate, same_name};
use crate::fault::Fault;
use crate::signature::{algorithm, small_number};
use crate::{Expected, HashAlgorithm, Imprint, UtcTime, oid};

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When the authority says that the digest existed.
    pub time: UtcTime,
    /// By how much that may be off; `None` when the authority does not say.
    pub accuracy: Option<Duration>,
    /// By which policy it works: an object identifier with dots.
    pub policy: String,
    /// The token's number, in hexadecimal.
    pub serial: String,
    /// The request's nonce, in hexadecimal.
    pub nonce: Option<String>,
    /// The digest that it is for.
    pub imprint: Imprint,
    /// Its own name for the authority, as far as it gives one that can be printed.
    authority: Option<GeneralName>,
}

impl Stamp {
    /// Reads a TSTInfo.
    pub(crate) fn read(content: &[u8]) -> Result<Self, Fault> {
        let what = "the token's content";
        let malformed = || Fault::Malformed { what };
        let mut parts = ber::only(content, SEQUENCE, what)?.inside(what);
        match small_number(parts.expect(INTEGER)?) {
            Some(1) => {}
            version => {
                let found =
                    version.map_or_else(|| "no number".to_owned(), |version| version.to_string());
                return Err(Fault::Unsupported { what: "the token's version", found });
            }
        }
        let policy = oid::read(parts.expect(OBJECT_IDENTIFIER)?, what)?.to_string();
        let mut imprint = parts.expect(SEQUENCE)?.inside(what);
        let (hash, _) = algorithm(imprint.expect(SEQUENCE)?, what)?;
        let digest = imprint.expect(OCTET_STRING)?.value;
        imprint.end()?;
        let imprint = match HashAlgorithm::from_oid(hash) {
            Some(hash) => Imprint::new(hash, digest).ok_or_else(malformed)?,
            None if hash == oid::SHA_1 => {
                return Err(Fault::Weak { what: "the token's digest", found: "SHA-1".to_owned() });
            }
            None => {
                return Err(Fault::Unsupported {
                    what: "the token's digest",
                    found: hash.to_string(),
                });
            }
        };
        let serial = hexadecimal(parts.expect(INTEGER)?.value);
        let time = UtcTime::from_generalized(parts.expect(GENERALIZED_TIME)?.value)
            .ok_or_else(malformed)?;
        let accuracy = match parts.optional(SEQUENCE)? {
            Some(accuracy) => Some(read_accuracy(accuracy.inside(what))?),
            None => None,
        };
        parts.optional(ber::BOOLEAN)?;
        let nonce = parts.optional(INTEGER)?.map(|nonce| hexadecimal(nonce.value));
        let authority = match parts.optional(context(0))? {
            Some(name) => Some(GeneralName::from_der(name.value).map_err(|_| malformed())?),
            None => None,
        };
        if let Some(extensions) = parts.optional(context(1))? {
            // Implicitly tagged: the extensions themselves.
            let mut extensions = extensions.inside(what);
            while let Some(extension) = extensions.next()? {
                let mut extension = extension.inside(what);
                let identifier = oid::read(extension.expect(OBJECT_IDENTIFIER)?, what)?;
                if extension.optional(ber::BOOLEAN)?.is_some_and(|critical| critical.value != [0]) {
                    let found = identifier.to_string();
                    return Err(Fault::Unsupported {
                        what: "a critical extension of the token",
                        found,
                    });
                }
            }
        }
        parts.end()?;
        Ok(Self { time, accuracy, policy, serial, nonce, imprint, authority })
    }

    pub(crate) fn is_expected(&self, expected: &Expected) -> Result<(), Fault> {
        let (found, wanted) = (&self.imprint, &expected.imprint);
        if found.algorithm() != wanted.algorithm() {
            let (found, expected) = (found.algorithm().name(), wanted.algorithm().name());
            return Err(Fault::ImprintAlgorithm {
                found: found.to_owned(),
                expected: expected.to_owned(),
            });
        }
        if found.digest() != wanted.digest() {
            return Err(Fault::Imprint {
                algorithm: found.algorithm().name().to_owned(),
                found: hexadecimal(found.digest()),
                expected: hexadecimal(wanted.digest()),
            });
        }
        if let Some(nonce) = &expected.nonce {
            let expected = hexadecimal(nonce);
            if self.nonce.as_ref() != Some(&expected) {
                return Err(Fault::Nonce { found: self.nonce.clone(), expected });
            }
        }
        if let Some(policy) = expected.policy
            && self.policy != policy.to_string()
        {
            return Err(Fault::Policy { found: self.policy.clone(), expected: policy.to_string() });
        }
        Ok(())
    }

    /// The authority's name in the token, when there is one, must be one of the signer's.
    pub(crate) fn is_by(&self, signer: &Certificate) -> Result<(), Fault> {
        let Some(authority) = &self.authority else { return Ok(()) };
        let fits = match authority {
            GeneralName::DirectoryName(name) => same_name(name, signer.subject_name()),
            _ => false,
        };
        if fits || signer.extensions.alternative_names.contains(authority) {
            return Ok(());
        }
        let found = match authority {
            GeneralName::DirectoryName(name) => name.to_string(),
            GeneralName::DnsName(name) => name.to_string(),
            GeneralName::UniformResourceIdentifier(name) => name.to_string(),
            GeneralName::Rfc822Name(name) => name.to_string(),
            _ => "another kind of name".to_owned(),
        };
        Err(Fault::AuthorityName { found, signer: signer.subject() })
    }
}

fn read_accuracy(mut parts: Elements<'_>) -> Result<Duration, Fault> {
    let malformed = parts.malformed();
    let number = |element: Option<Element<'_>>, limit: u64| match element {
        None => Some(0),
        Some(element) => small_number(element).filter(|number| *number <= limit),
    };
    // A thousand years is as good as any longer time.
    let seconds = number(parts.optional(INTEGER)?, 1 << 35).ok_or_else(|| malformed.clone())?;
    let millis =
        number(parts.optional(context_primitive(0))?, 999).ok_or_else(|| malformed.clone())?;
    let micros = number(parts.optional(context_primitive(1))?, 999).ok_or(malformed)?;
    parts.end()?;
    Ok(Duration::from_secs(seconds) + Duration::from_micros(millis * 1000 + micros))
}

/// An INTEGER as people read it.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(ber::minimal(bytes))
}
