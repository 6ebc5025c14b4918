//! One token of one authority (RFC 3161): asked for, checked in full, and only then kept.

use witnessmark_model::transport::{Request as HttpRequest, Transport, TransportError};
use witnessmark_model::{Digest, Moment};
use witnessmark_timestamp::{
    Chain, Fault, Imprint, Request, RevocationList, Signed, Trust, UtcTime, Verified, check,
    token_of,
};

use super::authorities::Service;
use super::{Obtained, file_name};

/// A token with its certificates has a few kilobytes.
const LARGEST_TOKEN: u64 = 1 << 20;
/// Revocation lists of large authorities have megabytes.
const LARGEST_LIST: u64 = 16 << 20;
/// A clock that is off by more is told.
const CLOCK_TOLERANCE_SECONDS: i64 = 300;

/// Why nothing is kept: a fact, and what to do.
pub(super) struct Refusal {
    pub(super) fact: String,
    pub(super) hint: Option<String>,
}

impl Refusal {
    pub(super) fn new(fact: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { fact: fact.into(), hint: Some(hint.into()) }
    }
}

impl From<TransportError> for Refusal {
    fn from(error: TransportError) -> Self {
        let hint = match &error {
            TransportError::Refused(_) => {
                "addresses of this computer and of local networks are refused; `--allow-private-network` is for a service of your own"
            }
            TransportError::Failed(_) => "try again later, or ask another service",
            TransportError::TooLong(_) => "this is no answer of such a service: check its address",
        };
        Self::new(error.to_string(), hint)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { fact: fault.to_string(), hint: fault.hint().map(str::to_owned) }
    }
}

/// Asks `service` for a token over `digest`, and checks all of it: status, nonce, policy, imprint, signature, the binding
/// to the signer's certificate, its purpose, and the chain to the root that was chosen, at the token's own time.
pub(super) fn ask(
    transport: &dyn Transport,
    service: &Service,
    digest: &Digest,
    nonce: &[u8],
    now: Moment,
) -> Result<Obtained, Refusal> {
    let short = nonce.get(..16).unwrap_or(nonce);
    let request = Request::new(Imprint::sha256(digest.0), short, service.policy.as_deref())
        .ok_or_else(|| {
            Refusal::new(
                format!("{:?} is no policy", service.policy.as_deref().unwrap_or_default()),
                "a policy is an object identifier such as 1.3.6.1.4.1.57264.2",
            )
        })?;
    let query = request.to_der();
    let fields = [
        ("Content-Type".to_owned(), "application/timestamp-query".to_owned()),
        ("Accept".to_owned(), "application/timestamp-reply".to_owned()),
    ];
    let (mut body, length) = (query.as_slice(), query.len() as u64);
    let mut response = Vec::new();
    let answer = transport.send(
        HttpRequest {
            method: "POST",
            url: &service.url,
            fields: &fields,
            body: Some((&mut body, length)),
            limit: LARGEST_TOKEN,
        },
        &mut response,
    )?;
    if answer.status != 200 {
        return Err(Refusal::new(
            format!("it answered with status {}", answer.status),
            "check its address, or ask again later",
        ));
    }
    token_of(&response)?;
    let signed = check(&response, &request.expected(), &service.others)?;
    let trust = Trust { roots: &service.roots, others: &service.others, revocation_lists: &[] };
    let verified = signed.trusted_by(&trust)?;
    let mut notes = Vec::new();
    let (verified, lists) = with_revocation(transport, service, &signed, verified, &mut notes)?;
    compare_clocks(verified.stamp.time, now, &mut notes);

    let mut files = vec![(file_name(&response, "tsr"), response.clone())];
    let chain: String = verified.chain.certificates.iter().map(|one| one.pem()).collect();
    files.push((file_name(&response, "pem"), chain.into_bytes()));
    if !lists.is_empty() {
        let text: String = lists.iter().map(RevocationList::pem).collect();
        files.push((file_name(&response, "crl"), text.into_bytes()));
    }
    Ok(Obtained {
        authority: Some(verified.authority.clone()),
        time: Some(verified.stamp.time.to_string()),
        renew_before: verified.chain.ends().map(|ends| ends.whole_seconds().to_string()),
        files,
        notes,
    })
}

/// Fetches a revocation list for each certificate below the root, from where it says that it is published, and judges the
/// token with them. That a list cannot be had is told; a certificate that was revoked makes the token worthless.
fn with_revocation(
    transport: &dyn Transport,
    service: &Service,
    signed: &Signed,
    verified: Verified,
    notes: &mut Vec<String>,
) -> Result<(Verified, Vec<RevocationList>), Refusal> {
    let mut lists = Vec::new();
    for certificate in below_root(&verified.chain) {
        let addresses = certificate.revocation_addresses();
        let found = addresses.iter().find_map(|address| fetch_lists(transport, address));
        match found {
            Some(found) => lists.extend(found),
            None if addresses.is_empty() => notes.push(format!(
                "whether the certificate of {} was revoked is not known: it names no list",
                certificate.subject()
            )),
            None => notes.push(format!(
                "whether the certificate of {} was revoked is not known: its list could not be fetched from {}",
                certificate.subject(),
                addresses.join(" or ")
            )),
        }
    }
    let trust = Trust { roots: &service.roots, others: &service.others, revocation_lists: &lists };
    match signed.trusted_by(&trust) {
        Ok(verified) => Ok((verified, lists)),
        // Whoever sits between here and the list can put anything in its place. The token is not worse for it.
        Err(fault @ Fault::RevocationList(_)) => {
            notes.push(format!("{fault}; it was not kept"));
            Ok((verified, Vec::new()))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn below_root(chain: &Chain) -> &[witnessmark_timestamp::Certificate] {
    chain.certificates.split_last().map(|(_, below)| below).unwrap_or_default()
}

fn fetch_lists(transport: &dyn Transport, address: &str) -> Option<Vec<RevocationList>> {
    let mut list = Vec::new();
    let request =
        HttpRequest { method: "GET", url: address, fields: &[], body: None, limit: LARGEST_LIST };
    let answer = transport.send(request, &mut list).ok()?;
    (answer.status == 200).then(|| RevocationList::read_all(&list).ok()).flatten()
}

fn compare_clocks(said: UtcTime, now: Moment, notes: &mut Vec<String>) {
    let said = i64::try_from(said.unix().as_secs()).unwrap_or(i64::MAX);
    let off = said.saturating_sub(now.unix_millis() / 1000);
    if off.abs() > CLOCK_TOLERANCE_SECONDS {
        let direction = if off > 0 { "ahead of" } else { "behind" };
        notes.push(format!(
            "its time is {} minutes {direction} this computer's clock: one of the two is wrong",
            off.abs() / 60
        ));
    }
}
