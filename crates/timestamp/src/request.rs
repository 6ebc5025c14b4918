//! What is asked of an authority (RFC 3161, section 2.4.1).

use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::der::asn1::ObjectIdentifier;

use crate::ber::{self, BOOLEAN, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::oid;

/// Digest algorithms that an imprint may have. SHA-1 is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl HashAlgorithm {
    /// Bytes in a digest.
    pub fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The printed name, such as `SHA-256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA_256,
            Self::Sha384 => oid::SHA_384,
            Self::Sha512 => oid::SHA_512,
        }
    }

    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|hash| hash.oid() == oid)
    }

    pub(crate) fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }
}

/// The digest that a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imprint {
    algorithm: HashAlgorithm,
    digest: Vec<u8>,
}

impl Imprint {
    /// A SHA-256 digest.
    pub fn sha256(digest: [u8; 32]) -> Self {
        Self { algorithm: HashAlgorithm::Sha256, digest: digest.to_vec() }
    }

    /// A digest by any of the algorithms; `None` when it has another length than the algorithm's.
    pub fn new(algorithm: HashAlgorithm, digest: &[u8]) -> Option<Self> {
        let digest = Some(digest.to_vec()).filter(|digest| digest.len() == algorithm.length())?;
        Some(Self { algorithm, digest })
    }

    /// The digest of `data`.
    pub fn of(algorithm: HashAlgorithm, data: &[u8]) -> Self {
        Self { algorithm, digest: algorithm.digest(data) }
    }

    /// By which algorithm.
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// Its bytes.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }
}

/// A request for a token. The same input gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    imprint: Imprint,
    nonce: Vec<u8>,
    policy: Option<ObjectIdentifier>,
}

impl Request {
    /// Asks for a token for `imprint`, with the authority's certificate in it.
    ///
    /// `nonce` is eight or more random bytes, fresh for each request: a token that carries it was
    /// made after the request was. `policy` is an object identifier with dots, such as
    /// `1.3.6.1.4.1.57264.2`; `None` leaves it to the authority. `None` is returned when the policy
    /// is no object identifier.
    pub fn new(imprint: Imprint, nonce: &[u8], policy: Option<&str>) -> Option<Self> {
        let policy = match policy {
            Some(policy) => Some(ObjectIdentifier::new(policy).ok()?),
            None => None,
        };
        Some(Self { imprint, nonce: positive(nonce), policy })
    }

    /// The request in DER, to be sent as `application/timestamp-query`.
    pub fn to_der(&self) -> Vec<u8> {
        let sequence = |parts: &[&[u8]]| ber::encode(SEQUENCE, &parts.concat());
        let algorithm = sequence(&[
            &ber::encode(OBJECT_IDENTIFIER, self.imprint.algorithm.oid().as_bytes()),
            &[0x05, 0x00],
        ]);
        let imprint = sequence(&[&algorithm, &ber::encode(OCTET_STRING, &self.imprint.digest)]);
        let policy = self.policy.map(|policy| ber::encode(OBJECT_IDENTIFIER, policy.as_bytes()));
        sequence(&[
            &ber::encode(INTEGER, &[1]),
            &imprint,
            &policy.unwrap_or_default(),
            &ber::encode(INTEGER, &self.nonce),
            &ber::encode(BOOLEAN, &[0xff]),
        ])
    }

    /// What an answer to this request must say.
    pub fn expected(&self) -> Expected {
        Expected {
            imprint: self.imprint.clone(),
            nonce: Some(self.nonce.clone()),
            policy: self.policy,
        }
    }
}

/// What a token must say. A token that is checked long after it was asked for is held to its
/// imprint alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub(crate) imprint: Imprint,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) policy: Option<ObjectIdentifier>,
}

impl Expected {
    /// Any token for this imprint.
    pub fn imprint(imprint: Imprint) -> Self {
        Self { imprint, nonce: None, policy: None }
    }
}

/// A positive INTEGER of these bytes, as short as DER asks for.
fn positive(bytes: &[u8]) -> Vec<u8> {
    let mut integer = vec![0];
    integer.extend_from_slice(bytes);
    ber::minimal(&integer).to_vec()
}
