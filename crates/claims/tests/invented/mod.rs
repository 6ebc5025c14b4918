//! Invented ids and the demonstration's material, for tests.

#![allow(dead_code, reason = "each test uses some of these")]

use std::collections::BTreeMap;
use std::path::Path;

use witnessmark_claims::lineage::{read_edges, read_origins};
use witnessmark_claims::{Codebook, Gazetteer};
use witnessmark_model::id::{CaptureId, ClaimId, LineageId, OriginId, PassageId};
use witnessmark_model::payload::{Lineage, Origin};
use witnessmark_model::{Digest, Entropy};

/// Ids that are the same in each run: byte 15 counts.
pub(crate) struct Counter(pub(crate) u8);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
        if let Some(last) = bytes.last_mut() {
            *last = self.0;
        }
    }
}

pub(crate) fn capture(number: u8) -> CaptureId {
    CaptureId::random(&mut Counter(number))
}

pub(crate) fn claim_id(number: u8) -> ClaimId {
    ClaimId::random(&mut Counter(number))
}

pub(crate) fn passage(number: u8) -> PassageId {
    PassageId::random(&mut Counter(number))
}

pub(crate) fn origin(number: u8, capture: Option<CaptureId>) -> Origin {
    Origin {
        id: OriginId::random(&mut Counter(number)),
        name: format!("origin {number}"),
        capture,
        reason: "first to say so".into(),
    }
}

pub(crate) fn edge(later: CaptureId, earlier: impl ToString, level: &str) -> Lineage {
    decision(later, earlier, level, "confirmed")
}

pub(crate) fn decision(
    later: CaptureId,
    earlier: impl ToString,
    level: &str,
    decision: &str,
) -> Lineage {
    Lineage {
        id: LineageId::random(&mut Counter(0)),
        later,
        earlier: earlier.to_string(),
        kind: "attribution".into(),
        level: level.into(),
        decision: decision.into(),
        reason: "it says so".into(),
    }
}

pub(crate) fn digest() -> Digest {
    Digest::of(b"codebook")
}

/// A file of the demonstration.
pub(crate) fn demo(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../witnessmark/demo").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn demo_codebook() -> Codebook {
    Codebook::parse(&String::from_utf8(demo("codebook.toml")).unwrap()).unwrap()
}

pub(crate) fn demo_gazetteer() -> Gazetteer {
    Gazetteer::parse(&demo("places.csv")).unwrap()
}

/// The demonstration's documents, by file name or address, with ids in the order of `sources.tsv`; its origins and its edges.
pub(crate) fn demo_lineage() -> (BTreeMap<String, CaptureId>, Vec<Origin>, Vec<Lineage>) {
    let sources = String::from_utf8(demo("sources.tsv")).unwrap();
    let mut documents = BTreeMap::new();
    for (line, number) in sources.lines().skip(1).zip(1..) {
        let cells: Vec<&str> = line.split('\t').collect();
        let key = if cells[4] == "yes" { cells[1] } else { cells[0] };
        documents.insert(key.to_owned(), capture(number));
    }
    let origins = read_origins(&demo("origins.csv"))
        .unwrap()
        .into_iter()
        .zip(1..)
        .map(|(row, number)| Origin {
            name: row.name,
            reason: row.reason,
            ..origin(number, row.capture.map(|key| documents[&key]))
        })
        .collect();
    let edges = read_edges(&demo("edges.csv"))
        .unwrap()
        .into_iter()
        .map(|row| Lineage {
            kind: row.kind,
            reason: row.reason,
            ..edge(documents[&row.later], documents[&row.earlier], row.level.word())
        })
        .collect();
    (documents, origins, edges)
}
