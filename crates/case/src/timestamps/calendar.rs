//! Proofs of OpenTimestamps: begun at calendars, completed once a block holds them.

use std::io::Read;

use witnessmark_model::Digest;
use witnessmark_model::transport::{Request, Transport};
use witnessmark_timestamp::opentimestamps::{Attestation, Node, Proof};

use super::authorities::Service;
use super::token::Refusal;
use super::{Obtained, file_name};

/// Answers of calendars have a few hundred bytes.
const LARGEST_ANSWER: u64 = 16 << 10;

/// What calendars gave for one checkpoint.
pub(super) struct Begun {
    /// The proof with the word of each calendar that gave one; none where no calendar did.
    pub(super) proof: Option<Obtained>,
    /// What each calendar did, in their order.
    pub(super) given: Vec<Result<(), Refusal>>,
}

/// Begins a proof for `digest` at all of these calendars.
pub(super) fn begin(
    transport: &dyn Transport,
    calendars: &[&Service],
    digest: &Digest,
    nonce: [u8; 16],
) -> Begun {
    let mut proof = Proof::begin(digest.0, nonce);
    let submission = proof.submission();
    let given: Vec<Result<(), Refusal>> = calendars
        .iter()
        .map(|calendar| {
            let answer = submit(transport, &calendar.url, &submission)?;
            proof.join(&submission, &answer).map_err(flawed)
        })
        .collect();
    let proof = given.iter().any(Result::is_ok).then(|| obtained(&proof));
    Begun { proof, given }
}

fn submit(transport: &dyn Transport, calendar: &str, message: &[u8]) -> Result<Node, Refusal> {
    match exchange(transport, "POST", &below(calendar, "digest"), Some(message))? {
        Some(bytes) => Node::parse(&bytes, message).map_err(flawed),
        None => Err(Refusal::new(
            "it answered with status 404",
            "this is no calendar of OpenTimestamps: check its address",
        )),
    }
}

/// Asks the calendars of a proof for what has become of their promises. `None` when nothing is new. A promise may name any
/// address; only those in `allowed` are asked, and the way out refuses addresses inside.
pub(super) fn complete(
    transport: &dyn Transport,
    bytes: &[u8],
    allowed: &[String],
) -> Result<(Option<Obtained>, Vec<String>), Refusal> {
    let mut proof = Proof::parse(bytes).map_err(flawed)?;
    let before = proof.clone();
    let mut notes = Vec::new();
    for attested in before.attested() {
        let Attestation::Pending(address) = &attested.attestation else { continue };
        if !allowed.iter().any(|one| same_address(one, address)) {
            notes.push(format!(
                "{address} was not asked, for nobody chose it: `witnessmark timestamp authority add {address} --calendar`"
            ));
            continue;
        }
        let hex = data_encoding::HEXLOWER.encode(&attested.message);
        let answer = exchange(transport, "GET", &below(address, &format!("timestamp/{hex}")), None);
        let joined = match answer {
            Ok(Some(bytes)) => Node::parse(&bytes, &attested.message)
                .and_then(|node| proof.join(&attested.message, &node))
                .map_err(flawed),
            Ok(None) => {
                notes.push(format!("{address}: not in a block yet"));
                continue;
            }
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = joined {
            notes.push(format!("{address}: {}", refusal.fact));
        }
    }
    let is_new = proof.is_complete() && proof != before;
    Ok((is_new.then(|| obtained(&proof)), notes))
}

fn obtained(proof: &Proof) -> Obtained {
    let bytes = proof.to_bytes();
    Obtained {
        authority: None,
        time: None,
        renew_before: None,
        files: vec![(file_name(&bytes, "ots"), bytes)],
        notes: match blocks(proof).as_slice() {
            [] => vec!["it is a promise, and proves nothing before it is completed".to_owned()],
            heights => {
                let heights: Vec<String> = heights.iter().map(u64::to_string).collect();
                vec![format!(
                    "it leads to block {} of Bitcoin; that block's header has to come from elsewhere",
                    heights.join(" and ")
                )]
            }
        },
    }
}

/// One request to a calendar; `None` where it knows nothing of what was asked.
fn exchange(
    transport: &dyn Transport,
    method: &str,
    url: &str,
    body: Option<&[u8]>,
) -> Result<Option<Vec<u8>>, Refusal> {
    let fields = [("Accept".to_owned(), "application/vnd.opentimestamps.v1".to_owned())];
    let mut bytes = Vec::new();
    let mut source = body.unwrap_or_default();
    let length = source.len() as u64;
    let body: Option<(&mut (dyn Read + Send), u64)> = match body {
        Some(_) => Some((&mut source, length)),
        None => None,
    };
    let request = Request { method, url, fields: &fields, body, limit: LARGEST_ANSWER };
    match transport.send(request, &mut bytes)?.status {
        200 => Ok(Some(bytes)),
        404 => Ok(None),
        status => Err(Refusal::new(
            format!("it answered with status {status}"),
            "check its address, or ask again later",
        )),
    }
}

fn flawed(fault: witnessmark_timestamp::opentimestamps::ProofFault) -> Refusal {
    Refusal::new(fault.to_string(), "ask another calendar")
}

fn below(address: &str, path: &str) -> String {
    format!("{}/{path}", address.trim_end_matches('/'))
}

fn same_address(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

/// The heights of the blocks that a proof leads to.
fn blocks(proof: &Proof) -> Vec<u64> {
    let mut heights: Vec<u64> = proof
        .attested()
        .iter()
        .filter_map(|one| match one.attestation {
            Attestation::Bitcoin(height) => Some(height),
            _ => None,
        })
        .collect();
    heights.sort_unstable();
    heights.dedup();
    heights
}
