//! Responses and tokens (RFC 3161, sections 2.4.2; RFC 5652, section 5), and their checks.

use crate::ber::{
    self, BIT_STRING, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET, UTF8_STRING, context,
};
use crate::certificate::{Certificate, RevocationList};
use crate::fault::Fault;
use crate::signature::small_number;
use crate::signer::{CertificateId, Signer};
use crate::{Chain, Expected, Purpose, Stamp, Trust, oid};

/// Certificates of a token that are looked at, at most.
const CERTIFICATES: usize = 64;

/// Finds the token in an authority's response; a token by itself is given back as it is.
///
/// Fails with [`Fault::Refused`] when the authority gave none.
pub fn token_of(response: &[u8]) -> Result<&[u8], Fault> {
    let what = "the response";
    let outer = ber::only(response, SEQUENCE, what)?;
    let mut parts = outer.inside(what);
    let first = parts.next()?.ok_or(Fault::Malformed { what })?;
    if first.tag == OBJECT_IDENTIFIER {
        return Ok(response);
    }
    let mut status_info = first.inside("the status");
    let malformed = status_info.malformed();
    let status = small_number(status_info.expect(INTEGER)?).ok_or(malformed)?;
    let mut text = Vec::new();
    if let Some(lines) = status_info.optional(SEQUENCE)? {
        let mut lines = lines.inside("the status");
        while let Some(line) = lines.optional(UTF8_STRING)? {
            text.push(String::from_utf8_lossy(line.value).chars().take(300).collect::<String>());
        }
    }
    let failure = status_info.optional(BIT_STRING)?.and_then(|bits| failure_name(bits.value));
    let token = parts.next()?;
    parts.end()?;
    match (status, token) {
        (0 | 1, Some(token)) => Ok(token.whole),
        (0 | 1, None) => Err(Fault::Malformed { what }),
        _ => Err(Fault::Refused {
            status,
            text: text.join(" "),
            failure: failure.map(str::to_owned),
        }),
    }
}

/// The first bit of a PKIFailureInfo.
fn failure_name(bits: &[u8]) -> Option<&'static str> {
    let bytes = bits.get(1..)?;
    let bit = (0..bytes.len() * 8)
        .find(|bit| bytes.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0))?;
    Some(match bit {
        0 => "badAlg",
        2 => "badRequest",
        5 => "badDataFormat",
        14 => "timeNotAvailable",
        15 => "unacceptedPolicy",
        16 => "unacceptedExtension",
        17 => "addInfoNotAvailable",
        25 => "systemFailure",
        _ => "another failure",
    })
}

/// A token that its signer signed. Whether that signer is to be believed is not decided yet.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What it says.
    pub stamp: Stamp,
    /// The certificate whose key signed it.
    pub signer: Certificate,
    /// Further certificates that came with it. They prove nothing by being there.
    pub certificates: Vec<Certificate>,
    /// Revocation lists that came with it.
    pub revocation_lists: Vec<RevocationList>,
    /// All certificates that the signer bound itself to, its own first.
    bound: Vec<CertificateId>,
}

/// A token that holds, by the word of an authority that the reader chose.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What it says.
    pub stamp: Stamp,
    /// The authority: the subject of the certificate that signed.
    pub authority: String,
    /// From the signer's certificate to the root.
    pub chain: Chain,
}

/// Checks a response or a token: the authority granted it, it says what is expected, and the signer
/// signed it in the way RFC 3161, RFC 5652 and RFC 5816 ask for. `others` may hold the signer's
/// certificate when the token does not.
pub fn check(
    response: &[u8],
    expected: &Expected,
    others: &[Certificate],
) -> Result<Signed, Fault> {
    let what = "the token";
    let token = ber::only(token_of(response)?, SEQUENCE, what)?;
    let mut parts = token.inside(what);
    let kind = oid::read(parts.expect(OBJECT_IDENTIFIER)?, what)?;
    if kind != oid::SIGNED_DATA {
        return Err(Fault::Unsupported {
            what: "the token's content type",
            found: kind.to_string(),
        });
    }
    let signed = ber::only(parts.expect(context(0))?.value, SEQUENCE, what)?;
    let mut parts = signed.inside(what);
    parts.expect(INTEGER)?;
    parts.expect(SET)?;
    let mut content = parts.expect(SEQUENCE)?.inside(what);
    let content_type = oid::read(content.expect(OBJECT_IDENTIFIER)?, what)?;
    if content_type != oid::TST_INFO {
        let found = content_type.to_string();
        return Err(Fault::Unsupported { what: "what the token signs", found });
    }
    let holder = content.expect(context(0))?;
    let mut inside = holder.inside(what);
    let content = inside.next()?.ok_or(Fault::Malformed { what })?.octets(what)?;
    inside.end()?;
    let stamp = Stamp::read(&content)?;
    stamp.is_expected(expected)?;
    let mut certificates = Vec::new();
    if let Some(set) = parts.optional(context(0))? {
        let mut set = set.inside(what);
        // Certificates of other forms have context tags.
        while let Some(element) = set.next()? {
            if element.tag == SEQUENCE && certificates.len() < CERTIFICATES {
                // One that cannot be read is as if it were not there.
                certificates.extend(Certificate::from_der(element.whole));
            }
        }
    }
    let mut revocation_lists = Vec::new();
    if let Some(set) = parts.optional(context(1))? {
        let mut set = set.inside(what);
        while let Some(element) = set.next()? {
            if element.tag == SEQUENCE && revocation_lists.len() < CERTIFICATES {
                revocation_lists.extend(RevocationList::from_der(element.whole));
            }
        }
    }
    let mut signers = parts.expect(SET)?.inside("the signer");
    parts.end()?;
    let mut count = 0;
    let mut first = None;
    while let Some(signer) = signers.next()? {
        first.get_or_insert(signer);
        count += 1;
    }
    let signer = first.filter(|_| count == 1).ok_or(Fault::Signers(count))?;
    let signer = Signer::read(signer)?;
    signer.check_content(&content)?;
    let (certificate, bound) = signer.find(certificates.iter().chain(others))?;
    stamp.is_by(&certificate)?;
    Ok(Signed { stamp, signer: certificate, certificates, revocation_lists, bound })
}

/// Checks a response or a token, and that a chain leads from its signer to a root of `trust`, valid
/// at the token's own time.
pub fn verify(response: &[u8], expected: &Expected, trust: &Trust<'_>) -> Result<Verified, Fault> {
    check(response, expected, trust.others)?.trusted_by(trust)
}

impl Signed {
    /// Finds the chain from the signer to a root of `trust`, valid at the token's time.
    pub fn trusted_by(&self, trust: &Trust<'_>) -> Result<Verified, Fault> {
        let others: Vec<Certificate> =
            self.certificates.iter().chain(trust.others).cloned().collect();
        let lists: Vec<RevocationList> =
            self.revocation_lists.iter().chain(trust.revocation_lists).cloned().collect();
        let trust = Trust { roots: trust.roots, others: &others, revocation_lists: &lists };
        let chain = Chain::find(&self.signer, Purpose::TimeStamping, &trust, self.stamp.time)?;
        // Whatever else the signer bound itself to must be in the chain (RFC 5035, section 5.4).
        let in_chain = |id: &CertificateId| chain.certificates.iter().any(|one| id.fits(one));
        if !self.bound.iter().all(in_chain) {
            return Err(Fault::CertificateBinding("the chain".to_owned()));
        }
        Ok(Verified { stamp: self.stamp.clone(), authority: self.signer.subject(), chain })
    }
}
