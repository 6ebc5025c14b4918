//! What a dossier is made from: plain data, filled by the caller.
//!
//! What a page says about an entry (quoted words, changes and their reasons, days) is read out of the opened payload
//! itself, never given a second time, so that page and proof cannot drift apart. Given here is only what no single
//! payload says: the claim as it stands now, whom it rests on, custody in words, the rows of an estimate.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use witnessmark_model::Digest;
use witnessmark_model::id::{CaptureId, ClaimId, EstimateId};
use witnessmark_model::leaf::{Field, Opening, Salt};
use witnessmark_model::payload::{Act, Grades};
use witnessmark_model::proof::LogProof;

/// Everything that goes into one dossier. The order of numbers, exhibits and estimates is the order of their ids.
#[derive(Clone, Debug)]
pub struct DossierInput {
    /// The dossier's title.
    pub title: String,
    /// A line that every page shows, such as that all of it is invented.
    pub notice: Option<String>,
    /// For whom it is.
    pub profile: Profile,
    /// The day on which it was made, `YYYY-MM-DD`.
    pub day: String,
    /// The log at the moment of making.
    pub log: LogState,
    /// Whether the case seals its payloads, so that `object` is the digest of bytes that only its keeper has.
    pub sealed: bool,
    /// The entries that are opened, in any order.
    pub entries: Vec<OpenedEntry>,
    /// The codebook's labels for the codes that acts use.
    pub words: Words,
    /// The captures that numbers were read in: e001, e002, …
    pub exhibits: Vec<Exhibit>,
    /// The numbers, one a claim: n001, n002, …
    pub numbers: Vec<Number>,
    /// The estimates.
    pub estimates: Vec<Estimate>,
    /// Who rests on whom, for the picture.
    pub lineage: Lineage,
    /// What vouches for the log from outside, by a person's choice: it tells times finer than a day. Each entry is among
    /// the opened ones, with its payload.
    pub timestamps: Vec<OutsideTimestamp>,
}

/// A timestamp from outside that is handed over.
#[derive(Clone, Debug)]
pub struct OutsideTimestamp {
    /// The `timestamp` entry that names its files.
    pub entry: u64,
    /// That the log of its size is the beginning of the log of [`LogState`] (RFC 6962, section 2.1.2).
    pub consistency: Vec<Digest>,
    /// Its files, by the names in the entry.
    pub files: Vec<(String, Vec<u8>)>,
}

/// For whom a dossier is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Anybody: no moment finer than a day, no records with transport headers; texts only where a person cleared them.
    Public,
}

impl Profile {
    /// The word in `data/dossier.json` and in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
        }
    }
}

/// The signed state of the log that all proofs lead to.
#[derive(Clone, Debug)]
pub struct LogState {
    /// The checkpoint's signed note, byte for byte.
    pub checkpoint: Vec<u8>,
    /// The log's verifier key, `name+hash+key`; with or without a newline at the end.
    pub verifier_key: String,
}

/// One log entry as far as it is shown.
#[derive(Clone, Debug)]
pub struct OpenedEntry {
    /// Its index in the log.
    pub index: u64,
    /// The leaf, byte for byte.
    pub leaf: Vec<u8>,
    /// The fields that are opened: at least kind, object, commit and day. A public dossier may not open `at`.
    pub open: BTreeMap<Field, Opening>,
    /// The payload's plain bytes, if they are shown.
    pub payload: Option<Vec<u8>>,
    /// How many parts the entry commits to, the payload (part 0) included.
    pub part_count: u64,
    /// The parts that are shown; part 0 must be among them when the payload is shown.
    pub parts: Vec<OpenedPart>,
    /// The proof that the leaf is in the log; its checkpoint is the one of [`LogState`].
    pub proof: LogProof,
}

/// One part of an entry's commitment.
#[derive(Clone, Debug)]
pub struct OpenedPart {
    /// Which part.
    pub index: u64,
    /// Its salt.
    pub salt: Salt,
    /// SHA-256 of its plain bytes.
    pub sha256: Digest,
    /// The way up the tree of parts, from its sibling to the root's child (RFC 6962, section 2.1.1).
    pub path: Vec<Digest>,
    /// Its bytes, if they are cleared to be handed over. Part 0 is the payload and has none here.
    pub bytes: Option<PartBytes>,
}

/// Where the bytes of a part are taken from.
#[derive(Clone, Debug)]
pub enum PartBytes {
    /// Held in memory.
    Memory(Vec<u8>),
    /// Streamed, the whole of it; read once while building and once more for each writing.
    Stream(PartStream),
}

/// Bytes that can be read from their beginning again and again.
#[derive(Clone)]
pub struct PartStream {
    /// What to call them where they cannot be read.
    pub name: PathBuf,
    /// Begins anew.
    pub open: Arc<dyn Fn() -> io::Result<Box<dyn Read>> + Send + Sync>,
}

impl std::fmt::Debug for PartStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PartStream({})", self.name.display())
    }
}

/// The codebook's words, by code. A code that is missing is shown as it is, with spaces for hyphens.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Acts.
    pub acts: BTreeMap<String, Word>,
    /// Units.
    pub units: BTreeMap<String, Word>,
    /// Modalities.
    pub modalities: BTreeMap<String, Word>,
}

/// One word of the codebook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The label for the screen.
    pub label: String,
    /// The definition, if the codebook has one.
    pub definition: Option<String>,
}

/// One capture that numbers were read in.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// The capture.
    pub capture: CaptureId,
    /// The entry of the capture, or of the import that it is a record of.
    pub entry: u64,
    /// Which part of that entry was read: 1 or more.
    pub part: u64,
    /// The title of what was captured.
    pub title: Option<String>,
    /// The address that was captured.
    pub url: Option<String>,
    /// The name below what was added: of the file, or of the archive.
    pub name: String,
    /// The media type that was read.
    pub media_type: String,
    /// When the source says, or the adder declared, that it was published.
    pub published: Option<String>,
    /// The language of its text, BCP 47.
    pub language: String,
    /// The whole text, only if a person cleared it to be shown.
    pub text: Option<ClearedText>,
}

/// The extracted text of an exhibit, cleared to be shown.
#[derive(Clone, Debug)]
pub struct ClearedText {
    /// The entry of the extraction.
    pub entry: u64,
    /// Which part of that entry is the text: 1.
    pub part: u64,
    /// The text; its digest must be the part's.
    pub text: String,
}

/// One printed number: what a claim says, and where that can be checked.
#[derive(Clone, Debug)]
pub struct Number {
    /// The claim.
    pub claim: ClaimId,
    /// The entry of the claim.
    pub claim_entry: u64,
    /// The entries of its changes, oldest first.
    pub changes: Vec<u64>,
    /// The entry of its passage.
    pub passage_entry: u64,
    /// The entry of the extraction that the passage counts in.
    pub extraction_entry: u64,
    /// For a passage that OCR read in a picture: the entry that says where it stands there, and that of the person who
    /// compared it. Without the second it is not published.
    pub scan: Option<Scan>,
    /// The capture it was read in; one of the exhibits.
    pub capture: CaptureId,
    /// The act as it stands now, after all changes.
    pub act: Act,
    /// The grades as they stand now.
    pub grades: Option<Grades>,
    /// The coder's remark as it stands now.
    pub note: Option<String>,
    /// Whom it rests on.
    pub rests_on: RestsOn,
    /// The corroboration in one sentence: it counts origins, never documents.
    pub corroboration: String,
    /// What happened to the evidence, oldest first.
    pub custody: Vec<CustodyLine>,
}

/// The entries about a passage that OCR read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The `passage-on-picture` entry.
    pub place_entry: u64,
    /// The last `passage-confirmed` entry.
    pub confirmed_entry: u64,
}

/// Whom a number's document rests on, at two levels.
#[derive(Clone, Debug, Default)]
pub struct RestsOn {
    /// Who wrote it first.
    pub text: Vec<Chain>,
    /// Which underlying evidence it rests on.
    pub evidence: Vec<Chain>,
}

/// A chain of hops from a number's document to what it rests on in the end.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The hops: first the document itself, last what the chain ends at.
    pub hops: Vec<Hop>,
    /// What the end is.
    pub end: ChainEnd,
}

/// What a chain of hops ends at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainEnd {
    /// An origin that a person decided on.
    Origin,
    /// Nobody knows what the last hop rests on.
    Unknown,
}

/// One document or origin of a chain.
#[derive(Clone, Debug)]
pub struct Hop {
    /// Its name.
    pub name: String,
    /// The capture, where there is one; linked when it is an exhibit.
    pub capture: Option<CaptureId>,
    /// How the hop before rests on this one (`verbatim`, `translation`, `attribution`, …); none for the first hop.
    pub kind: Option<String>,
    /// Why a person decided so.
    pub reason: Option<String>,
}

/// One thing that happened to the evidence, in plain words.
#[derive(Clone, Debug)]
pub struct CustodyLine {
    /// When, `YYYY-MM-DD`.
    pub day: String,
    /// What happened, in one plain sentence.
    pub text: String,
    /// The log entry that says so.
    pub entry: Option<u64>,
}

/// An estimate, or a refusal. Kind, low, high, day and text are read from the opened payload of `entry`.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The estimate.
    pub estimate: EstimateId,
    /// Its entry.
    pub entry: u64,
    /// What was asked, as a heading: "People in Delvoru whose blood was taken, by 30 June 2021".
    pub question: String,
    /// The place it is about.
    pub place: String,
    /// The residents of that place, if the table of places says.
    pub population: Option<u64>,
    /// What is counted, in words: "people".
    pub unit: String,
    /// What sources state outright, nobody counted twice; shown apart from the estimate, never added to it.
    pub documented: Option<u64>,
    /// The statements that went in.
    pub statements: Vec<Statement>,
    /// The bounds of each smaller place, in the order to be shown.
    pub by_place: Vec<PlaceBounds>,
    /// Smallest sets of statements (ids) that cannot all be true.
    pub contradictions: Vec<Vec<String>>,
    /// What the figures rest on beyond the statements, one plain sentence each.
    pub assumptions: Vec<String>,
}

/// One statement that went into an estimate.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its id within the estimate.
    pub id: String,
    /// The claim it was made from; linked when it is a number of this dossier.
    pub claim: Option<ClaimId>,
    /// How it was read, in words: "counted: 41,286, one sample a person".
    pub reading: String,
}

/// The bounds of one place, in whole units.
#[derive(Clone, Debug)]
pub struct PlaceBounds {
    /// The place.
    pub place: String,
    /// Its level, in words.
    pub level: Option<String>,
    /// Its residents.
    pub population: Option<u64>,
    /// What the statements imply at least.
    pub low: u64,
    /// What they cannot exclude.
    pub high: u64,
    /// The statements (ids) that speak of it.
    pub statements: Vec<String>,
}

/// Who rests on whom, for the picture on the first page.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// Documents and origins.
    pub nodes: Vec<LineageNode>,
    /// Decisions of people that one rests on another.
    pub edges: Vec<LineageEdge>,
    /// The whole in one sentence: "12 documents, 7 identified origins of text; 1 unknown".
    pub corroboration: String,
}

/// A document or an origin.
#[derive(Clone, Debug)]
pub struct LineageNode {
    /// Its key in [`LineageEdge`]: the id of the capture or of the origin.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The capture, where there is one; linked when it is an exhibit.
    pub capture: Option<CaptureId>,
    /// What it is.
    pub role: Role,
}

/// What a document is among the others, at the level of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It rests on another document.
    Later,
    /// The first to say it.
    Origin,
    /// Nobody knows whom it rests on; it counts for nothing.
    Unknown,
}

/// A decision that one document rests on another.
#[derive(Clone, Debug)]
pub struct LineageEdge {
    /// The key of the later one.
    pub later: String,
    /// The key of what it rests on.
    pub earlier: String,
    /// How: `verbatim`, `translation`, `figure`, …
    pub kind: String,
    /// At which level.
    pub level: Level,
}

/// The level at which one document rests on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Who wrote it first.
    Text,
    /// Which underlying evidence it rests on.
    Evidence,
}
