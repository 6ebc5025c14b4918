//! Holds: what must not be erased.

use std::collections::BTreeMap;

use serde::Serialize;
use witnessmark_model::payload::{Hold, Payload};

use super::ErasurePlan;
use crate::{Case, CaseError};

/// A hold in force.
#[derive(Clone, Debug, Serialize)]
pub struct HoldRow {
    /// What is held.
    pub of: String,
    /// The entry that placed the hold.
    pub entry: u64,
    /// The day on which it was placed.
    pub day: String,
    /// Who placed it.
    pub actor: String,
    /// What that person typed about it.
    pub note: Option<String>,
}

impl Case {
    /// Places a hold on a thing, or lifts the one in force. Returns the thing's full id.
    pub fn hold(
        &mut self,
        id: &str,
        held: bool,
        note: Option<String>,
    ) -> Result<String, CaseError> {
        let of = match self.find_id(id) {
            Ok(of) => of,
            Err(error) => match self.find_capture(id) {
                Ok(row) => row.capture.to_string(),
                Err(_) => return Err(error),
            },
        };
        if self.holds()?.iter().any(|hold| hold.of == of) == held {
            let fact = match held {
                true => format!("{of} is on hold already"),
                false => format!("{of} is not on hold"),
            };
            return Err(CaseError::input(fact, "`witnessmark status` lists what is on hold"));
        }
        self.commit(vec![Hold { of: of.clone(), held, note }.into()])?;
        Ok(of)
    }

    /// The holds in force, oldest first.
    pub fn holds(&self) -> Result<Vec<HoldRow>, CaseError> {
        let mut rows = BTreeMap::new();
        for entry in self.casebook.entries_of_kind("hold")? {
            let (day, actor) = (entry.day(), entry.actor());
            let Some(Payload::Hold(Hold { of, held, note })) = entry.payload else { continue };
            if held {
                rows.insert(of.clone(), HoldRow { of, entry: entry.index, day, actor, note });
            } else {
                rows.remove(&of);
            }
        }
        let mut rows: Vec<_> = rows.into_values().collect();
        rows.sort_by_key(|row| row.entry);
        Ok(rows)
    }

    /// Refuses an erasure that takes something on hold with it, or changes the archive that it lies in.
    pub(super) fn refuse_if_held(&self, plan: &ErasurePlan) -> Result<(), CaseError> {
        for hold in self.holds()? {
            let capture = hold.of.parse().ok();
            let inside = match &capture {
                Some(id) => self.casebook.capture(id)?.map(|row| row.entry),
                None => None,
            };
            let goes = plan
                .goes
                .iter()
                .any(|going| going.id.as_ref() == Some(&hold.of) || Some(going.entry) == inside);
            if goes || capture.is_some_and(|id| plan.captures.contains(&id)) {
                let fact = format!(
                    "{} is on hold since {}, and would be erased or changed",
                    hold.of, hold.day
                );
                let hint =
                    format!("`witnessmark hold {} --lift` lifts it, if that is right", hold.of);
                return Err(CaseError::input(fact, hint));
            }
        }
        Ok(())
    }
}
