//! Timestamps from outside: whom to ask, and what was said.

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::Digest;
use crate::id::{ConfigurationId, TimestampId};

/// A service that is asked for timestamps, or no longer. The last one of an address counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeAuthority {
    /// This configuration.
    pub id: ConfigurationId,
    /// [`Timestamp::RFC_3161`] or [`Timestamp::OPENTIMESTAMPS`].
    pub method: String,
    /// Where it is asked.
    pub url: String,
    /// The policy to ask for, an object identifier with dots.
    pub policy: Option<String>,
    /// A remark that stands wherever its time does, such as "test: proves nothing".
    pub label: Option<String>,
    /// The root that whoever added it chose to believe, and further certificates: PEM.
    pub certificates: Option<Evidence>,
    /// Whether it is to be asked from now on.
    pub in_use: bool,
}

/// What a service outside gave for one checkpoint of the log. The files are in `log/timestamps/<size>/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timestamp {
    /// This timestamp.
    pub id: TimestampId,
    /// The size of the checkpoint that it is for: the entries before this index.
    pub size: u64,
    /// [`Timestamp::RFC_3161`] or [`Timestamp::OPENTIMESTAMPS`].
    pub method: String,
    /// Where it was asked for.
    pub services: Vec<String>,
    /// Who speaks: for a token the subject of the certificate that signed it.
    pub authority: Option<String>,
    /// The remark of the service's configuration.
    pub label: Option<String>,
    /// The token's time (RFC 3339); none for a proof, whose block says it.
    pub time: Option<String>,
    /// When the first certificate of the token's chain ends (RFC 3339): it is to be renewed before.
    pub renew_before: Option<String>,
    /// For a proof that was completed: the timestamp that held its beginning.
    pub completes: Option<TimestampId>,
    /// Every file, `checkpoint` among them.
    pub files: Vec<KeptFile>,
}

impl Timestamp {
    /// The method of time-stamp tokens (RFC 3161).
    pub const RFC_3161: &str = "rfc3161";
    /// The method of proofs that lead to a block of a public chain.
    pub const OPENTIMESTAMPS: &str = "opentimestamps";
    /// The name of the file with the signed note that it is for.
    pub const CHECKPOINT: &str = "checkpoint";

    /// Whether its label says that it is a test, and so proves nothing.
    pub fn is_test(&self) -> bool {
        self.label.as_deref().is_some_and(|label| label.starts_with("test:"))
    }

    /// The path of one of its files in the case's folder.
    pub fn path(&self, file: &KeptFile) -> String {
        format!("log/timestamps/{}/{}", self.size, file.name)
    }

    /// The first file whose name ends so.
    pub fn file(&self, ending: &str) -> Option<&KeptFile> {
        self.files.iter().find(|file| file.name.ends_with(ending))
    }
}

/// A file beside a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its name: letters, digits, dots and hyphens.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: u64,
}
