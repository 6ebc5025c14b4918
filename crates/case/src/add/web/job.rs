//! A job: one call that captures from the web. It is noted while it runs, so that the same call goes on where it stopped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::WebOptions;
use super::incoming::Incoming;
use crate::casebook::CaptureRow;
use crate::{Case, CaseError};

/// The note of the job, in the folder of recordings under way.
const NOTE: &str = "job";

/// A job under way.
pub(super) struct Job {
    incoming: Incoming,
    noted: Noted,
}

/// What the file says.
#[derive(Serialize, Deserialize)]
struct Noted {
    /// What was asked for.
    options: Value,
    /// The size of the log when it began: what was captured since belongs to it.
    from_entry: u64,
}

impl Job {
    /// Begins a job, or takes up the one that was stopped if the same is asked for.
    pub(super) fn begin(case: &mut Case, options: &WebOptions) -> Result<Self, CaseError> {
        let incoming = Incoming::of(case)?;
        let options = serde_json::to_value(options)?;
        let before: Option<Noted> =
            incoming.noted(NOTE).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(noted) = before.filter(|noted| noted.options == options) {
            return Ok(Self { incoming, noted });
        }
        let noted = Noted { options, from_entry: case.vault.size() };
        let bytes = Zeroizing::new(serde_json::to_vec(&noted)?);
        incoming.note(NOTE, &bytes, case.environment.entropy.as_mut())?;
        Ok(Self { incoming, noted })
    }

    /// What it captured before it was stopped, by address.
    pub(super) fn done(&self, case: &Case) -> Result<BTreeMap<String, CaptureRow>, CaseError> {
        let rows = case.casebook.captures_since(self.noted.from_entry)?;
        let own = rows.into_iter().filter(|row| matches!(row.method.as_str(), "http" | "browser"));
        Ok(own.filter_map(|row| Some((row.url.clone()?, row))).collect())
    }

    /// It is done: the same call captures everything anew.
    pub(super) fn end(self) -> Result<(), CaseError> {
        self.incoming.forget(NOTE)
    }
}
