//! What can be wrong with a token.

use crate::UtcTime;

/// Why a token proves nothing.
///
/// The variants stand in the order of who must act: the authority, the one who asked, whoever
/// altered the bytes, the reader who chooses roots.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The authority gave no token.
    #[error("the authority refused: status {status}{}", said(text, failure.as_ref()))]
    Refused {
        /// PKIStatus (RFC 3161, section 2.4.2): 2 rejection, 3 waiting, 4 and 5 revocation.
        status: u64,
        /// Its own words; empty when it gave none.
        text: String,
        /// Name of the PKIFailureInfo bit, such as `badAlg`.
        failure: Option<String>,
    },
    /// The token's digest algorithm is not the one that was asked for.
    #[error("the token is for a {found} digest, not for {expected}")]
    ImprintAlgorithm {
        /// Name or object identifier.
        found: String,
        /// Name.
        expected: String,
    },
    /// The token is for other data.
    #[error("the token is for the {algorithm} digest {found}, not for {expected}")]
    Imprint {
        /// Name of the digest algorithm.
        algorithm: String,
        /// Hexadecimal.
        found: String,
        /// Hexadecimal.
        expected: String,
    },
    /// The token does not answer the request.
    #[error("the token's nonce is {}, the request's was {expected}", found.as_deref().unwrap_or("missing"))]
    Nonce {
        /// Hexadecimal.
        found: Option<String>,
        /// Hexadecimal.
        expected: String,
    },
    /// The authority worked by another policy than the one asked for.
    #[error("the token's policy is {found}, the request asked for {expected}")]
    Policy {
        /// Object identifier.
        found: String,
        /// Object identifier.
        expected: String,
    },
    /// The bytes are no token.
    #[error("{what} is malformed")]
    Malformed {
        /// The structure.
        what: &'static str,
    },
    /// The token is of a kind or version that this program cannot judge.
    #[error("{what} is {found}, which cannot be judged")]
    Unsupported {
        /// What of the token.
        what: &'static str,
        /// Name, number or object identifier.
        found: String,
    },
    /// An algorithm or a key is too weak to prove anything.
    #[error("{what} is {found}, which is too weak")]
    Weak {
        /// What of the token.
        what: &'static str,
        /// Name and size.
        found: String,
    },
    /// There is not exactly one signer.
    #[error("the token has {0} signers, not one")]
    Signers(usize),
    /// The certificate that the signer names is not there.
    #[error("the certificate of the signer ({0}) is neither in the token nor given")]
    NoCertificate(String),
    /// A signed attribute is missing, repeated or of another form.
    #[error("the signed attribute {name} {detail}")]
    Attribute {
        /// Its name in the RFC.
        name: &'static str,
        /// What is wrong.
        detail: &'static str,
    },
    /// The signed digest is not that of the token's content.
    #[error("the signed digest is not that of the token's content")]
    ContentDigest,
    /// The signed attributes name another certificate than the one whose key fits (RFC 5816).
    #[error("the signed certificate identifier does not fit {0}")]
    CertificateBinding(String),
    /// The signature is not one by this key.
    #[error("the signature is not one by the key of {0}")]
    Signature(String),
    /// The token names another authority than its signer.
    #[error("the token names {found} as its authority, it was signed by {signer}")]
    AuthorityName {
        /// In the token.
        found: String,
        /// In the certificate.
        signer: String,
    },
    /// A certificate is not one for what it is used for, such as time stamps alone (RFC 3161,
    /// section 2.3).
    #[error("the certificate of {subject} is not one for this use: {detail}")]
    Purpose {
        /// Whose.
        subject: String,
        /// What is wrong.
        detail: &'static str,
    },
    /// No chain of certificates leads to a root that was given.
    #[error("no chain of certificates leads from {0} to a root that was given")]
    NotTrusted(String),
    /// A certificate had not begun or had ended at the time in question.
    #[error("the certificate of {subject} is valid from {from} to {to}, not at {at}")]
    NotValidAt {
        /// Whose.
        subject: String,
        /// Its first moment.
        from: UtcTime,
        /// Its last moment.
        to: UtcTime,
        /// The time in question.
        at: UtcTime,
    },
    /// A certificate must not sign the one below it.
    #[error("the certificate of {subject} may not sign the one below it: {detail}")]
    Issuer {
        /// Whose.
        subject: String,
        /// What is wrong.
        detail: &'static str,
    },
    /// A certificate has a critical extension that this program cannot judge.
    #[error(
        "the certificate of {subject} has the critical extension {extension}, which cannot be judged"
    )]
    CriticalExtension {
        /// Whose.
        subject: String,
        /// Object identifier.
        extension: String,
    },
    /// A certificate was revoked so that the token falls with it (RFC 3161, section 4).
    #[error("the certificate of {subject} was revoked at {since}{}", reason.map(|reason| format!(", reason {reason}")).unwrap_or_default())]
    Revoked {
        /// Whose.
        subject: String,
        /// When.
        since: UtcTime,
        /// CRLReason (RFC 5280, section 5.3.1).
        reason: Option<u64>,
    },
    /// A revocation list that names an issuer of the chain is not signed by it.
    #[error("the revocation list of {0} is not signed by it")]
    RevocationList(String),
}

impl Fault {
    /// What to do, when something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Refused { .. } => "ask again later, or ask another authority",
            Self::Nonce { .. } | Self::Policy { .. } => {
                "the answer belongs to another request; ask again"
            }
            Self::Imprint { .. } | Self::ImprintAlgorithm { .. } => {
                "find the data whose digest the token names; the token proves nothing about other data"
            }
            Self::NoCertificate(_) => "give the authority's certificate, which it publishes",
            Self::NotTrusted(_) => {
                "choose the authority's root certificate yourself, from a source you trust"
            }
            Self::Weak { .. } | Self::Unsupported { .. } => "ask another authority",
            _ => return None,
        })
    }
}

fn said(text: &str, failure: Option<&String>) -> String {
    let mut said = String::new();
    if let Some(failure) = failure {
        said.push_str(&format!(", {failure}"));
    }
    if !text.is_empty() {
        said.push_str(&format!(", {text:?}"));
    }
    said
}
