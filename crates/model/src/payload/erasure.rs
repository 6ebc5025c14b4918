//! What the log says of erasures: asked for, held up, carried out, and confirmed elsewhere.
//!
//! None of these payloads names a person or repeats what was erased: ids are random, digests are those of sealed bytes.

use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::id::{ActorId, ConfigurationId, ErasureId, KeyId};

/// The grounds that an erasure may have.
pub const GROUNDS: [&str; 5] =
    ["consent-withdrawn", "court-order", "retention-ended", "safety-of-a-person", "wrong-material"];

/// What people call an actor. It is an entry of its own, so that it can be erased when a person leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorNamed {
    /// The actor.
    pub actor: ActorId,
    /// The name.
    pub name: String,
}

/// How many people an erasure takes from here on; two, as long as no such entry says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRule {
    /// This configuration.
    pub id: ConfigurationId,
    /// 1 or 2.
    pub people: u64,
}

/// A person asks that something be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRequested {
    /// This request, and the erasure that may follow.
    pub id: ErasureId,
    /// Ids of captures, passages, claims and other things that were named; what goes with them is found when the erasure
    /// is carried out.
    pub of: Vec<String>,
    /// A code of [`GROUNDS`].
    pub ground: String,
    /// What the person typed about it.
    pub note: Option<String>,
}

/// An erasure: from this entry on the case gives up these keys and blobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The request, which is signed by another person unless the rule in force allows one alone.
    pub request: ErasureId,
    /// The request's ground.
    pub ground: String,
    /// The entries whose payloads are erased, by index.
    pub entries: Vec<u64>,
    /// The keys whose seeds are destroyed: those of the payloads, and of evidence.
    pub keys: Vec<KeyId>,
    /// The blobs that are removed.
    pub blobs: Vec<Digest>,
}

/// A person says that a copy or a key share can no longer reveal what was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureConfirmed {
    /// The erasure.
    pub request: ErasureId,
    /// The copy's id or the key share's name.
    pub what: String,
}

/// Something must not be erased, or may be again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The id of what is held.
    pub of: String,
    /// Whether the hold is placed or lifted.
    pub held: bool,
    /// What the person typed about it.
    pub note: Option<String>,
}
