//! Signatures on tokens, certificates and revocation lists.

use ed25519_dalek::VerifyingKey as Ed25519Key;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2::{Sha256, Sha384, Sha512};
use x509_cert::der::asn1::ObjectIdentifier;

use crate::HashAlgorithm;
use crate::ber::{self, BIT_STRING, Element, INTEGER, SEQUENCE, context};
use crate::fault::Fault;
use crate::oid;

/// RSA keys of fewer bits are refused.
const RSA_BITS: usize = 2048;

/// A public key as a certificate holds it.
#[derive(Clone, Debug)]
pub(crate) struct PublicKey {
    algorithm: ObjectIdentifier,
    curve: Option<ObjectIdentifier>,
    bits: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    pub(crate) fn read(element: Element<'_>) -> Result<Self, Fault> {
        let what = "a public key";
        let mut parts = element.inside(what);
        let (algorithm, parameters) = algorithm(parts.expect(SEQUENCE)?, what)?;
        let curve = match parameters {
            Some(parameters) if algorithm == oid::EC_KEY => Some(oid::read(parameters, what)?),
            _ => None,
        };
        let bits = bit_string(parts.expect(BIT_STRING)?, what)?.to_vec();
        parts.end()?;
        Ok(Self { algorithm, curve, bits })
    }

    /// Whether `signature` is one of `message` by this key. `algorithm_element` is the signature's
    /// AlgorithmIdentifier; `digest` is the digest algorithm where that does not name one (CMS with
    /// `rsaEncryption`). Faults are algorithms and keys that are unknown or too weak.
    pub(crate) fn verifies(
        &self,
        algorithm_element: Element<'_>,
        digest: Option<HashAlgorithm>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, Fault> {
        let what = "a signature algorithm";
        let (named, parameters) = algorithm(algorithm_element, what)?;
        let hash = match named {
            oid::RSA_SHA_1 | oid::ECDSA_SHA_1 => {
                return Err(Fault::Weak {
                    what: "the digest of a signature",
                    found: "SHA-1".to_owned(),
                });
            }
            oid::RSA_SHA_256 | oid::ECDSA_SHA_256 => Some(HashAlgorithm::Sha256),
            oid::RSA_SHA_384 | oid::ECDSA_SHA_384 => Some(HashAlgorithm::Sha384),
            oid::RSA_SHA_512 | oid::ECDSA_SHA_512 => Some(HashAlgorithm::Sha512),
            oid::RSA | oid::EC_KEY => digest,
            _ => None,
        };
        match (self.algorithm, named, hash) {
            (
                oid::RSA,
                oid::RSA | oid::RSA_SHA_256 | oid::RSA_SHA_384 | oid::RSA_SHA_512,
                Some(hash),
            ) => {
                let scheme = match hash {
                    HashAlgorithm::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                    HashAlgorithm::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                    HashAlgorithm::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
                };
                Ok(self.rsa()?.verify(scheme, &hash.digest(message), signature).is_ok())
            }
            (oid::RSA | oid::RSA_PSS, oid::RSA_PSS, _) => {
                let (hash, salt) = pss_parameters(parameters)?;
                let (key, prehash) = (self.rsa()?, hash.digest(message));
                Ok(match hash {
                    HashAlgorithm::Sha256 => {
                        key.verify(Pss::<Sha256>::new_with_salt(salt), &prehash, signature)
                    }
                    HashAlgorithm::Sha384 => {
                        key.verify(Pss::<Sha384>::new_with_salt(salt), &prehash, signature)
                    }
                    HashAlgorithm::Sha512 => {
                        key.verify(Pss::<Sha512>::new_with_salt(salt), &prehash, signature)
                    }
                }
                .is_ok())
            }
            (
                oid::EC_KEY,
                oid::EC_KEY | oid::ECDSA_SHA_256 | oid::ECDSA_SHA_384 | oid::ECDSA_SHA_512,
                Some(hash),
            ) => self.ecdsa(&hash.digest(message), signature),
            (oid::ED_25519, oid::ED_25519, _) => {
                let key = self
                    .bits
                    .as_slice()
                    .try_into()
                    .ok()
                    .and_then(|bits| Ed25519Key::from_bytes(bits).ok());
                let signature = ed25519_dalek::Signature::from_slice(signature).ok();
                Ok(key
                    .zip(signature)
                    .is_some_and(|(key, signature)| key.verify_strict(message, &signature).is_ok()))
            }
            (_, named, _) => Err(Fault::Unsupported { what, found: named.to_string() }),
        }
    }

    fn rsa(&self) -> Result<RsaPublicKey, Fault> {
        let key = RsaPublicKey::from_pkcs1_der(&self.bits)
            .map_err(|_| Fault::Malformed { what: "an RSA key" })?;
        let bits =
            usize::try_from(rsa::traits::PublicKeyParts::n(&key).bits_vartime()).unwrap_or(0);
        if bits < RSA_BITS {
            return Err(Fault::Weak { what: "a key", found: format!("RSA of {bits} bits") });
        }
        Ok(key)
    }

    fn ecdsa(&self, prehash: &[u8], signature: &[u8]) -> Result<bool, Fault> {
        let malformed = Fault::Malformed { what: "an elliptic-curve key" };
        match self.curve {
            Some(oid::P_256) => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.bits)
                    .map_err(|_| malformed)?;
                let signature = p256::ecdsa::Signature::from_der(signature);
                Ok(signature.is_ok_and(|signature| key.verify_prehash(prehash, &signature).is_ok()))
            }
            Some(oid::P_384) => {
                let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&self.bits)
                    .map_err(|_| malformed)?;
                let signature = p384::ecdsa::Signature::from_der(signature);
                Ok(signature.is_ok_and(|signature| key.verify_prehash(prehash, &signature).is_ok()))
            }
            Some(oid::P_521) => {
                let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(&self.bits)
                    .map_err(|_| malformed)?;
                let signature = p521::ecdsa::Signature::from_der(signature);
                // The library refuses digests shorter than half the field; zeros in front do not
                // change the number that a digest is.
                let mut padded = vec![0; 66_usize.saturating_sub(prehash.len())];
                padded.extend_from_slice(prehash);
                Ok(signature.is_ok_and(|signature| key.verify_prehash(&padded, &signature).is_ok()))
            }
            curve => Err(Fault::Unsupported {
                what: "the curve of a key",
                found: curve.map_or_else(|| "not named".to_owned(), |curve| curve.to_string()),
            }),
        }
    }
}

/// Identifier and parameters of an AlgorithmIdentifier. NULL counts as no parameters.
pub(crate) fn algorithm<'a>(
    element: Element<'a>,
    what: &'static str,
) -> Result<(ObjectIdentifier, Option<Element<'a>>), Fault> {
    let mut parts = element.inside(what);
    let identifier = parts.next()?.ok_or(Fault::Malformed { what })?;
    let parameters = parts.next()?.filter(|parameters| parameters.tag != 0x05);
    parts.end()?;
    Ok((oid::read(identifier, what)?, parameters))
}

/// The bytes of a BIT STRING of whole bytes.
pub(crate) fn bit_string<'a>(element: Element<'a>, what: &'static str) -> Result<&'a [u8], Fault> {
    element.value.strip_prefix(&[0]).ok_or(Fault::Malformed { what })
}

/// RSASSA-PSS-params (RFC 4055): the hash, which the mask must share, and the salt's length.
fn pss_parameters(parameters: Option<Element<'_>>) -> Result<(HashAlgorithm, usize), Fault> {
    let what = "the parameters of RSASSA-PSS";
    let weak = || Fault::Weak { what: "the digest of a signature", found: "SHA-1".to_owned() };
    // What is left out means SHA-1.
    let mut parts = parameters.ok_or_else(weak)?.inside(what);
    let hash = parts.optional(context(0))?.ok_or_else(weak)?;
    let mask = parts.optional(context(1))?.ok_or_else(weak)?;
    let (hash, _) = algorithm(ber::only(hash.value, SEQUENCE, what)?, what)?;
    let (mask, mask_hash) = algorithm(ber::only(mask.value, SEQUENCE, what)?, what)?;
    let (mask_hash, _) = algorithm(mask_hash.ok_or_else(weak)?, what)?;
    let salt = match parts.optional(context(2))? {
        Some(salt) => {
            small_number(ber::only(salt.value, INTEGER, what)?).ok_or(Fault::Malformed { what })?
        }
        None => 20,
    };
    let unsupported = |found: String| Fault::Unsupported { what, found };
    if mask != oid::MGF_1 || mask_hash != hash {
        return Err(unsupported(format!("{hash} with the mask {mask} of {mask_hash}")));
    }
    let hash = match hash {
        oid::SHA_1 => return Err(weak()),
        hash => HashAlgorithm::from_oid(hash).ok_or_else(|| unsupported(hash.to_string()))?,
    };
    Ok((hash, usize::try_from(salt).unwrap_or(usize::MAX).min(1024)))
}

/// An INTEGER that is not negative and fits.
pub(crate) fn small_number(element: Element<'_>) -> Option<u64> {
    let bytes = ber::minimal(element.value);
    let negative = bytes.first().is_none_or(|byte| byte & 0x80 != 0);
    let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
    if negative || bytes.len() > 8 {
        return None;
    }
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
