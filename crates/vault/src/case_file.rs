//! `case.toml`: format, id, sealed or open. Nothing else, so that a glance at a disk tells nothing.

use std::path::Path;

use serde::{Deserialize, Serialize};
use witnessmark_model::id::CaseId;

use crate::{VaultError, durable};

const FORMAT: u32 = 1;

/// The content of `case.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// The version of the case's layout; 1.
    pub format: u32,
    /// The case's id.
    pub id: CaseId,
    /// Whether its objects are sealed.
    pub sealed: bool,
}

impl CaseFile {
    pub(crate) const NAME: &'static str = "case.toml";

    pub(crate) fn new(id: CaseId, sealed: bool) -> Self {
        Self { format: FORMAT, id, sealed }
    }

    /// Reads the `case.toml` of the case in `folder`.
    pub fn read(folder: &Path) -> Result<Self, VaultError> {
        let path = folder.join(Self::NAME);
        let bytes = durable::read_if_there(&path)?
            .ok_or_else(|| VaultError::NotACase(folder.to_owned()))?;
        let text =
            String::from_utf8(bytes).map_err(|_| VaultError::damaged(&path, "it is not UTF-8"))?;
        let case: Self =
            toml::from_str(&text).map_err(|error| VaultError::damaged(&path, error.message()))?;
        if case.format != FORMAT {
            let detail = format!("format {}, and this version knows format {FORMAT}", case.format);
            return Err(VaultError::OtherFormat { path, detail });
        }
        Ok(case)
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), VaultError> {
        let text =
            format!("format = {}\nid = \"{}\"\nsealed = {}\n", self.format, self.id, self.sealed);
        durable::replace(&folder.join(Self::NAME), text.as_bytes())
    }
}
