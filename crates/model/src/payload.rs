//! Payloads: what log entries say.
//!
//! One struct a kind; the JSON field `schema` names kind and version, and a reader for every released version stays.
//! `docs/format.md` lists the fields.

use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::canonical::{self, CanonicalError};
use crate::id::*;

mod act;
mod copied;
mod erasure;
mod evidence;
mod scan;
mod timestamp;

pub use act::{Act, Bound, Grades, Level, PlaceRef, Quantity};
pub use copied::Predecessor;
pub use erasure::{
    ActorNamed, Erasure, ErasureConfirmed, ErasureRequested, ErasureRule, GROUNDS, Hold,
};
pub use evidence::{Evidence, Framing, ManifestLine, Problem, SourceRef, Verdict};
pub use scan::{LineOnPicture, PassageConfirmed, PassageOnPicture};
pub use timestamp::{KeptFile, TimeAuthority, Timestamp};

macro_rules! payloads {
    ($($(#[$doc:meta])* $variant:ident = $kind:literal / $version:literal),* $(,)?) => {
        /// The payload of one log entry.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "schema")]
        pub enum Payload {
            $($(#[$doc])* #[serde(rename = $version)] $variant($variant),)*
        }

        impl Payload {
            /// The kind: the middle word of the schema.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind,)* }
            }

            /// Every kind that this version writes, with its schema.
            pub const KINDS: &'static [(&'static str, &'static str)] = &[$(($kind, $version)),*];
        }

        $(impl From<$variant> for Payload {
            fn from(payload: $variant) -> Self { Self::$variant(payload) }
        })*
    };
}

payloads! {
    /// A case begins.
    CaseCreated = "case-created" / "witnessmark/case-created/1",
    /// Somebody else may write.
    ActorAdded = "actor-added" / "witnessmark/actor-added/1",
    /// The case's name and notice.
    Configuration = "configuration" / "witnessmark/configuration/1",
    /// The vocabulary for coding.
    Codebook = "codebook" / "witnessmark/codebook/1",
    /// The places that claims may name.
    Gazetteer = "gazetteer" / "witnessmark/gazetteer/1",
    /// A copy of one source.
    Capture = "capture" / "witnessmark/capture/1",
    /// An archive with all its records.
    Import = "import" / "witnessmark/import/1",
    /// A text, frozen because somebody cites it.
    Extraction = "extraction" / "witnessmark/extraction/1",
    /// An exact quoted range.
    Passage = "passage" / "witnessmark/passage/1",
    /// A passage says so.
    Claim = "claim" / "witnessmark/claim/1",
    /// A claim was changed, and why.
    ClaimChange = "claim-change" / "witnessmark/claim-change/1",
    /// Something that others rest on.
    Origin = "origin" / "witnessmark/origin/1",
    /// One document does, or does not, rest on another.
    Lineage = "lineage" / "witnessmark/lineage/1",
    /// An answer, or a refusal.
    Estimate = "estimate" / "witnessmark/estimate/1",
    /// A dossier was written.
    Publication = "publication" / "witnessmark/publication/1",
    /// The way in which connections may leave.
    Egress = "egress" / "witnessmark/egress/1",
    /// An archive that the program wrote while it captured.
    Recording = "recording" / "witnessmark/recording/1",
    /// A person says what a capture is.
    Judgement = "judgement" / "witnessmark/judgement/1",
    /// Captures were written to a file that leaves the case.
    Export = "export" / "witnessmark/export/1",
    /// What people call an actor.
    ActorNamed = "actor-named" / "witnessmark/actor-named/1",
    /// How many people an erasure takes.
    ErasureRule = "erasure-rule" / "witnessmark/erasure-rule/1",
    /// A person asks for an erasure.
    ErasureRequested = "erasure-requested" / "witnessmark/erasure-requested/1",
    /// Keys and blobs that the case gives up.
    Erasure = "erase" / "witnessmark/erase/1",
    /// A copy or key share can no longer reveal what was erased.
    ErasureConfirmed = "erasure-confirmed" / "witnessmark/erasure-confirmed/1",
    /// Something must not be erased, or may be again.
    Hold = "hold" / "witnessmark/hold/1",
    /// A witness whose cosignatures count.
    Witness = "witness" / "witnessmark/witness/1",
    /// A witness cosigned a checkpoint.
    Cosigned = "cosigned" / "witnessmark/cosigned/1",
    /// A service that is asked for timestamps.
    TimeAuthority = "time-authority" / "witnessmark/time-authority/1",
    /// A service outside said when the log existed.
    Timestamp = "timestamp" / "witnessmark/timestamp/1",
    /// Key shares were made.
    Escrow = "escrow" / "witnessmark/escrow/1",
    /// The case that this one was copied from.
    Predecessor = "predecessor" / "witnessmark/predecessor/1",
    /// The case is being copied to a place, or a copy is gone.
    CaseCopy = "copy" / "witnessmark/copy/1",
    /// A person searched the outside world.
    OutsideSearch = "search" / "witnessmark/search/1",
    /// A program read a passage in a picture.
    PassageOnPicture = "passage-on-picture" / "witnessmark/passage-on-picture/1",
    /// A person compared a passage with its picture.
    PassageConfirmed = "passage-confirmed" / "witnessmark/passage-confirmed/1",
}

impl Payload {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::to_bytes(self)
    }

    /// The payload in canonical bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, CanonicalError> {
        canonical::from_bytes(bytes)
    }

    /// The archive that this payload brings in, if it is an import or a recording.
    pub fn archive(&self) -> Option<ArchiveRef<'_>> {
        match self {
            Self::Import(import) => Some(ArchiveRef {
                id: import.id,
                name: &import.name,
                method: "file",
                evidence: &import.evidence,
                manifest: &import.manifest,
                records: import.records,
                captures: import.captures,
            }),
            Self::Recording(recording) => Some(ArchiveRef {
                id: recording.id,
                name: &recording.name,
                method: &recording.method,
                evidence: &recording.evidence,
                manifest: &recording.manifest,
                records: recording.records,
                captures: recording.captures,
            }),
            _ => None,
        }
    }

    /// The blobs that this payload names: each piece of evidence, and an archive's manifest.
    pub fn blobs(&self) -> Vec<&Evidence> {
        match self.archive() {
            Some(archive) => vec![archive.evidence, archive.manifest],
            None => self.parts(),
        }
    }

    /// The files under `log/timestamps/` that this payload names, relative to the case's folder.
    pub fn files_beside_checkpoints(&self) -> Vec<String> {
        match self {
            Self::Cosigned(cosigned) => {
                vec![checkpoint_beside(cosigned.size), cosigned.path()]
            }
            Self::Timestamp(timestamp) => {
                timestamp.files.iter().map(|file| timestamp.path(file)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The evidence whose plain bytes are parts of the entry's commitment, in order. An archive's parts are its records
    /// instead, which its manifest lists.
    pub fn parts(&self) -> Vec<&Evidence> {
        match self {
            Self::Capture(capture) => capture.evidence.iter().collect(),
            Self::Codebook(codebook) => vec![&codebook.evidence],
            Self::Gazetteer(gazetteer) => vec![&gazetteer.evidence],
            Self::Extraction(extraction) => vec![&extraction.text],
            Self::Estimate(estimate) => vec![&estimate.inputs, &estimate.result],
            Self::Publication(publication) => publication.policy.iter().collect(),
            Self::TimeAuthority(authority) => authority.certificates.iter().collect(),
            Self::Predecessor(predecessor) => vec![&predecessor.log],
            _ => Vec::new(),
        }
    }
}

/// The first entry of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCreated {
    /// The case.
    pub case: CaseId,
    /// The log's name: random, so that it tells nothing.
    pub log: String,
    /// The log's verifier key, `name+hash+key` (C2SP signed-note).
    pub log_key: String,
    /// Who made it; signs this very entry.
    pub founder: Founder,
    /// The last checkpoint of the case that this one was copied from.
    pub previous: Option<String>,
}

/// The first actor of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Founder {
    /// The actor.
    pub actor: ActorId,
    /// Base64 of the Ed25519 public key.
    pub public_key: String,
}

/// A further actor; comes before the first entry that this actor signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorAdded {
    /// The actor.
    pub actor: ActorId,
    /// Base64 of the Ed25519 public key.
    pub public_key: String,
}

/// The case's name and notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// This configuration.
    pub id: ConfigurationId,
    /// The case's name, as people say it.
    pub name: String,
    /// A line that every page of every dossier shows, such as that all of it is invented.
    pub notice: Option<String>,
}

/// The vocabulary for coding, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codebook {
    /// This codebook.
    pub id: ConfigurationId,
    /// Its name.
    pub name: String,
    /// Its version, as its authors number it.
    pub version: String,
    /// The TOML file.
    pub evidence: Evidence,
}

/// The places that claims may name, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gazetteer {
    /// This gazetteer.
    pub id: ConfigurationId,
    /// How many places it lists.
    pub places: u64,
    /// The CSV file.
    pub evidence: Evidence,
}

/// Our dated copy of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// This capture.
    pub id: CaptureId,
    /// What it is a copy of.
    pub source: SourceRef,
    /// How it was made; `file`: a file that somebody had.
    pub method: String,
    /// The path below what was added; never an absolute one, which would name a person's folders.
    pub name: String,
    /// The media type, by content and name.
    pub media_type: String,
    /// When the source was published, as far as whoever added it says so.
    pub published: Option<String>,
    /// The bytes that were kept.
    pub evidence: Vec<Evidence>,
    /// What the capture is judged to be.
    pub verdict: Verdict,
}

/// An archive with all its records, brought in as one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// This import.
    pub id: ImportId,
    /// The path below what was added.
    pub name: String,
    /// The archive's format: `warc` or `arc`.
    pub format: String,
    /// The archive, byte for byte.
    pub evidence: Evidence,
    /// One canonical [`ManifestLine`] a record.
    pub manifest: Evidence,
    /// How many records were read.
    pub records: u64,
    /// How many of them are captures.
    pub captures: u64,
    /// What is wrong with the archive.
    pub problems: Vec<Problem>,
}

/// What an import and a recording have in common: an archive whose records are the parts of the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveRef<'p> {
    /// The import or recording.
    pub id: ImportId,
    /// Its name.
    pub name: &'p str,
    /// How it was made: `file` for an import.
    pub method: &'p str,
    /// The archive, byte for byte.
    pub evidence: &'p Evidence,
    /// One canonical [`ManifestLine`] a record.
    pub manifest: &'p Evidence,
    /// How many records it lists.
    pub records: u64,
    /// How many of them are captures.
    pub captures: u64,
}

/// An archive that the program wrote while it captured, with all its records, as one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// This recording.
    pub id: ImportId,
    /// The archive's name.
    pub name: String,
    /// How it was made: `http` or `browser`.
    pub method: String,
    /// The program that wrote it, and for `browser` the browser: names and versions.
    pub software: String,
    /// Which way the connections went: `direct`, `proxy` or `tor`.
    pub egress: String,
    /// What was done about the robots exclusion protocol (RFC 9309): `obey` or `ignore`.
    pub robots: String,
    /// Whether the archive was closed in good order; if not, a later run kept what was whole.
    pub finished: bool,
    /// The archive, byte for byte.
    pub evidence: Evidence,
    /// One canonical [`ManifestLine`] a record.
    pub manifest: Evidence,
    /// How many records it holds.
    pub records: u64,
    /// How many of them are captures.
    pub captures: u64,
    /// What is wrong with the archive.
    pub problems: Vec<Problem>,
}

/// The way in which connections may leave; none may before the first of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Egress {
    /// This configuration.
    pub id: ConfigurationId,
    /// `direct`, `proxy` or `tor`.
    pub mode: String,
    /// The proxy as `scheme://host:port`, without credentials; none if `direct`.
    pub proxy: Option<String>,
}

/// A person says what a capture is: agrees with the program's verdict, or corrects it. The last one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The capture.
    pub capture: CaptureId,
    /// What it is.
    pub code: String,
    /// What the program had said.
    pub was: String,
    /// A remark.
    pub note: Option<String>,
}

/// A person searched the outside world, and says what was found. Nothing found is a result too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideSearch {
    /// This search.
    pub id: SearchId,
    /// What was searched: a site, an archive, a register, a library.
    #[serde(rename = "where")]
    pub searched: String,
    /// What was looked for, as it was typed there.
    pub query: String,
    /// How many results there were; none: they were not counted, but there were some.
    pub found: Option<u64>,
    /// The day of the search, `YYYY-MM-DD`, by the person's word.
    pub on: Option<String>,
    /// The captures that came of it.
    pub captures: Vec<CaptureId>,
    /// A remark.
    pub note: Option<String>,
}

/// Captures were written to a file that leaves the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// This export.
    pub id: PublicationId,
    /// The file's format: `wacz`.
    pub format: String,
    /// The imports, recordings and captures that went in.
    pub of: Vec<String>,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// How many secrets were found in it.
    pub secrets: u64,
    /// Whether they were masked in the copy that left.
    pub masked: bool,
}

/// A witness of the log (C2SP tlog-witness). Only cosignatures of witnesses that were named before count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// This configuration.
    pub id: ConfigurationId,
    /// The witness's verifier key, `name+hash+key`, of type 4.
    pub key: String,
    /// The prefix of the addresses that it is asked at; none: it is asked no longer, and what it cosigned still counts.
    pub url: Option<String>,
}

/// A witness cosigned a checkpoint of the log. The line lies beside that checkpoint, at [`Cosigned::path`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosigned {
    /// The witness's verifier key.
    pub witness: String,
    /// The size of the log at that checkpoint.
    pub size: u64,
    /// When, by the witness's clock: seconds since 1970-01-01T00:00:00Z.
    pub time: u64,
    /// SHA-256 of the file that holds the witness's signature line.
    pub sha256: Digest,
}

impl Cosigned {
    /// The file with the signature line, relative to the case's folder.
    pub fn path(&self) -> String {
        format!("{}/{}", checkpoint_folder(self.size), self.file_name())
    }

    /// Its name alone. The witness's key id and the time are in it, so that a second witness, or the same one asked again,
    /// has a file of its own.
    pub fn file_name(&self) -> String {
        let hash = self.witness.split('+').nth(1).unwrap_or_default();
        let id: String = hash.chars().filter(char::is_ascii_hexdigit).take(8).collect();
        format!("cosignature-{id}-{}", self.time)
    }
}

/// The folder of what vouches for the checkpoint of a log of `size` entries, relative to the case's folder.
pub fn checkpoint_folder(size: u64) -> String {
    format!("log/timestamps/{size}")
}

/// The copy of that checkpoint in that folder, with the log's own signature alone.
pub fn checkpoint_beside(size: u64) -> String {
    format!("{}/checkpoint", checkpoint_folder(size))
}

/// Key shares were made: the key of the case was split among people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escrow {
    /// The epoch of the keystore at that time.
    pub epoch: u64,
    /// How many shares are needed to open the case.
    pub needed: u64,
    /// How many were made.
    pub of: u64,
    /// Their names, `set/number`, which tell nothing of their content. Those of an earlier set count no longer.
    pub shares: Vec<String>,
}

/// Files of the case are being copied to a place, or the copy there is gone.
///
/// It comes before the first byte leaves: from then on the copy may hold all entries up to and with this one. Where the
/// place is, no entry says: every copy carries the log, and would lead to all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCopy {
    /// This copy; the same in every entry about it.
    pub id: CopyId,
    /// What it is: `folder`, `s3` or `bag`.
    pub kind: String,
    /// What people call it.
    pub label: Option<String>,
    /// What it holds: `all`, `evidence` (all but the keys), or `keys`.
    pub holds: String,
    /// `begun`: copying began, anew or again. `gone`: a person says that it is destroyed.
    pub event: String,
}

/// The text of a capture, frozen because an offset points into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extraction {
    /// This extraction.
    pub id: ExtractionId,
    /// Whose text it is.
    pub capture: CaptureId,
    /// SHA-256 of the bytes that were read: the captured file, or the record's plain bytes.
    pub of: Digest,
    /// What read them.
    pub extractor: Extractor,
    /// The media type that was read.
    pub media_type: String,
    /// The language, BCP 47.
    pub language: String,
    /// The title, if one was found.
    pub title: Option<String>,
    /// The date of publication that the page itself gives.
    pub published: Option<String>,
    /// The text, UTF-8, code points as decoded.
    pub text: Evidence,
}

/// A reader of documents, by name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extractor {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// An exact quoted range of an extraction (W3C Web Annotation: TextQuoteSelector with TextPositionSelector).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// This passage.
    pub id: PassageId,
    /// The capture it was read in.
    pub capture: CaptureId,
    /// The extraction that `start` and `end` count in.
    pub extraction: ExtractionId,
    /// The words themselves.
    pub exact: String,
    /// Up to 32 code points before.
    pub prefix: String,
    /// Up to 32 code points after.
    pub suffix: String,
    /// The first code point, from 0.
    pub start: u64,
    /// The code point just past the last.
    pub end: u64,
}

/// The statement that a passage says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// This claim.
    pub id: ClaimId,
    /// What it rests on.
    pub passage: PassageId,
    /// SHA-256 of the codebook that gave the words.
    pub codebook: Digest,
    /// What the passage says happened.
    pub act: Act,
    /// The Admiralty grades that a person gave.
    pub grades: Option<Grades>,
    /// A remark by the coder.
    pub note: Option<String>,
}

/// A change of a claim: old values, new values, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimChange {
    /// The claim.
    pub claim: ClaimId,
    /// What changed.
    pub changes: Vec<Change>,
    /// Why.
    pub reason: String,
}

/// The change of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field, as the command line names it.
    pub field: String,
    /// The old value.
    pub was: Option<String>,
    /// The new value.
    pub now: Option<String>,
}

/// Something that others rest on: the first to say it, or the evidence under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// This origin.
    pub id: OriginId,
    /// Its name.
    pub name: String,
    /// The capture that is this origin, if it was captured.
    pub capture: Option<CaptureId>,
    /// Why a person takes it for an origin.
    pub reason: String,
}

/// A person's decision on whether one document rests on another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// This decision.
    pub id: LineageId,
    /// The later document.
    pub later: CaptureId,
    /// What it rests on: a capture or an origin, by id.
    pub earlier: String,
    /// How: `verbatim`, `near-verbatim`, `excerpt`, `translation`, `attribution`, `link`, `quotation`, `figure`.
    pub kind: String,
    /// `text`: who wrote it first. `evidence`: which underlying evidence it rests on.
    pub level: String,
    /// `confirmed` or `rejected`.
    pub decision: String,
    /// Why.
    pub reason: String,
}

/// An answer computed from claims, or a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// This estimate.
    pub id: EstimateId,
    /// The method: `coverage`.
    pub method: String,
    /// The day that the answer speaks of.
    pub as_of: Option<String>,
    /// The claims that went in.
    pub claims: Vec<ClaimId>,
    /// The statements, as the CSV that the method read.
    pub inputs: Evidence,
    /// The whole answer, as JSON.
    pub result: Evidence,
    /// `estimate`, `set`, `lower-bound` or `refused`.
    pub kind: String,
    /// The low end, a decimal.
    pub low: Option<String>,
    /// The high end, a decimal.
    pub high: Option<String>,
    /// The answer in words.
    pub text: String,
}

/// A dossier was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// This publication.
    pub id: PublicationId,
    /// The profile: `public`.
    pub profile: String,
    /// The policy file: what a person cleared to be shown, and why.
    pub policy: Option<Evidence>,
    /// SHA-256 of the dossier's SHA256SUMS.
    pub sums_sha256: Digest,
    /// The size of the log that its checkpoint signs.
    pub size: u64,
}

#[cfg(test)]
mod tests;
