//! What an erasure cannot reach: copies and key shares, until a person says that they are dealt with.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use witnessmark_model::id::ErasureId;
use witnessmark_model::payload::{Erasure, ErasureConfirmed, ErasureRequested, Payload};

use crate::casebook::StoredEntry;
use crate::{Case, CaseError};

/// Something that may still reveal what was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reveals {
    /// A copy's id, or the name of a key share.
    pub what: String,
    /// `copy` or `key-share`.
    pub kind: &'static str,
    /// What people call it.
    pub label: Option<String>,
}

/// An erasure in a list.
#[derive(Clone, Debug, Serialize)]
pub struct ErasureRow {
    /// The request.
    pub request: ErasureId,
    /// `requested` (waits for a second person), `pending` (done here, not everywhere) or `done`.
    pub state: &'static str,
    /// The ground.
    pub ground: String,
    /// The ids that were named.
    pub of: Vec<String>,
    /// Who asked.
    pub asked_by: String,
    /// The day of the request.
    pub asked: String,
    /// Who carried it out.
    pub erased_by: Option<String>,
    /// The day of the erasure.
    pub erased: Option<String>,
    /// How many entries it erased.
    pub entries: usize,
    /// What may still reveal it.
    pub pending: Vec<Reveals>,
}

impl Case {
    /// Every erasure that was asked for, oldest first.
    pub fn erasures(&self) -> Result<Vec<ErasureRow>, CaseError> {
        let mut rows = Vec::new();
        for entry in self.casebook.entries_of_kind("erasure-requested")? {
            let (asked, asked_by) = (entry.day(), entry.actor());
            let Some(Payload::ErasureRequested(request)) = entry.payload else { continue };
            let ErasureRequested { id, of, ground, .. } = request;
            let done = self.erasure_entry(&id)?;
            let pending = self.pending_of(&id)?;
            rows.push(ErasureRow {
                request: id,
                state: match (&done, pending.is_empty()) {
                    (None, _) => "requested",
                    (Some(_), false) => "pending",
                    (Some(_), true) => "done",
                },
                ground,
                of,
                asked_by,
                asked,
                erased_by: done.as_ref().map(|(entry, _)| entry.actor()),
                erased: done.as_ref().map(|(entry, _)| entry.day()),
                entries: done.as_ref().map_or(0, |(_, erasure)| erasure.entries.len()),
                pending,
            });
        }
        Ok(rows)
    }

    /// When and why something with this id, or one that begins so, was erased, in words.
    pub(crate) fn erased_id(&self, text: &str) -> Result<Option<String>, CaseError> {
        if text.len() < 5 {
            return Ok(None);
        }
        for entry in self.casebook.entries_of_kind("erasure-requested")? {
            let Some(Payload::ErasureRequested(request)) = entry.payload else { continue };
            let Some(id) = request.of.iter().find(|id| id.starts_with(text)) else { continue };
            if let Some((done, _)) = self.erasure_entry(&request.id)? {
                return Ok(Some(format!(
                    "{id} was erased on {}, ground {}",
                    done.day(),
                    request.ground
                )));
            }
        }
        Ok(None)
    }

    /// The entry that carried out a request.
    pub(crate) fn erasure_entry(
        &self,
        request: &ErasureId,
    ) -> Result<Option<(StoredEntry, Erasure)>, CaseError> {
        let found =
            self.casebook.entries_of_kind("erase")?.into_iter().find_map(|entry| {
                match entry.payload.clone() {
                    Some(Payload::Erasure(erasure)) if erasure.request == *request => {
                        Some((entry, erasure))
                    }
                    _ => None,
                }
            });
        Ok(found)
    }

    /// What may still reveal what this erasure took: copies begun while it was there, and key shares, which open an old copy
    /// of the keystore; less those that somebody confirmed.
    pub(super) fn pending_of(&self, request: &ErasureId) -> Result<Vec<Reveals>, CaseError> {
        let Some((done, erasure)) = self.erasure_entry(request)? else { return Ok(Vec::new()) };
        let first = erasure.entries.first().copied().unwrap_or(0);
        let mut confirmed = BTreeSet::new();
        for entry in self.casebook.entries_of_kind("erasure-confirmed")? {
            if let Some(Payload::ErasureConfirmed(found)) = entry.payload
                && found.request == *request
            {
                confirmed.insert(found.what);
            }
        }
        let mut pending = self.copies_between(first, done.index)?;
        pending.extend(self.shares_before(done.index)?);
        pending.retain(|one| !confirmed.contains(&one.what));
        Ok(pending)
    }

    /// Copies that were made or brought up to date after entry `from` and before entry `to`, and that nobody called gone.
    fn copies_between(&self, from: u64, to: u64) -> Result<Vec<Reveals>, CaseError> {
        let mut copies = BTreeMap::new();
        for entry in self.casebook.entries_of_kind("copy")? {
            let Some(Payload::CaseCopy(copy)) = entry.payload else { continue };
            let what = copy.id.to_string();
            if copy.event == "gone" {
                copies.remove(&what);
            } else if (from..to).contains(&entry.index) {
                copies.insert(what.clone(), Reveals { what, kind: "copy", label: copy.label });
            }
        }
        Ok(copies.into_values().collect())
    }

    /// Key shares that were made before entry `to`.
    fn shares_before(&self, to: u64) -> Result<Vec<Reveals>, CaseError> {
        let mut shares = Vec::new();
        for entry in self.casebook.entries_of_kind("escrow")? {
            let Some(Payload::Escrow(escrow)) = entry.payload.filter(|_| entry.index < to) else {
                continue;
            };
            let named = escrow.shares.into_iter();
            shares.extend(named.map(|what| Reveals { what, kind: "key-share", label: None }));
        }
        Ok(shares)
    }

    /// Says that a copy or a key share can no longer reveal what was erased. Returns what is still pending.
    pub fn confirm_erased(&mut self, request: &str, what: &str) -> Result<Vec<Reveals>, CaseError> {
        let id = self.find_id(request)?;
        let request: ErasureId = id.parse().map_err(|_| {
            CaseError::input(
                format!("{id} is no erasure"),
                "`witnessmark status` shows them (era-…)",
            )
        })?;
        let pending = self.pending_of(&request)?;
        let named: Vec<_> = pending.iter().filter(|one| one.what.starts_with(what)).collect();
        let [one] = named.as_slice() else {
            return Err(CaseError::input(
                format!("`{what}` is not one thing that is pending for {request}"),
                "`witnessmark status` lists what is pending; give its whole name",
            ));
        };
        let what = one.what.clone();
        self.commit(vec![ErasureConfirmed { request, what }.into()])?;
        self.pending_of(&request)
    }
}
