//! How a claim became what it is: changes of its fields, each with what stood there before.

use std::collections::BTreeMap;

use witnessmark_model::id::ClaimId;
use witnessmark_model::payload::{Act, Change, Claim, ClaimChange, Grades, PlaceRef, Quantity};

use crate::draft::{Coded, fields};
use crate::field::Field;

/// The level of a claim's place: it follows from the place by the gazetteer of the day, and is kept so that a claim's
/// history can be read without that gazetteer.
const LEVEL: &str = "level";

/// One state of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The claim as it then was.
    pub claim: Claim,
    /// What was changed to make it so; nothing in the first version.
    pub changes: Vec<Change>,
    /// Why; none in the first version.
    pub reason: Option<String>,
}

/// A change cannot be applied: the log holds changes that do not fit their claim, or two people changed it at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The change is about another claim.
    #[error("the change is of claim {found}, not of {expected}")]
    OtherClaim {
        /// The claim that it was applied to.
        expected: ClaimId,
        /// The claim that it names.
        found: ClaimId,
    },
    /// A field that claims do not have.
    #[error("a change of claim {claim} names the field `{field}`, which claims do not have")]
    UnknownField {
        /// The claim.
        claim: ClaimId,
        /// The field.
        field: String,
    },
    /// A field twice.
    #[error("a change of claim {claim} names the field `{field}` twice")]
    FieldTwice {
        /// The claim.
        claim: ClaimId,
        /// The field.
        field: String,
    },
    /// The field holds something else than the change says it held.
    #[error(
        "the field `{field}` of claim {claim} is {}, but the change says it was {}",
        said(.is), said(.was)
    )]
    WasOther {
        /// The claim.
        claim: ClaimId,
        /// The field.
        field: String,
        /// What it holds.
        is: Option<String>,
        /// What the change says it held.
        was: Option<String>,
    },
    /// The changed fields make no claim.
    #[error("after the change, the field `{field}` of claim {claim} would not fit: {detail}")]
    NotAClaim {
        /// The claim.
        claim: ClaimId,
        /// The field.
        field: String,
        /// What is wrong with it.
        detail: String,
    },
}

fn said(value: &Option<String>) -> String {
    value.as_ref().map_or_else(|| "empty".to_owned(), |value| format!("`{value}`"))
}

impl ChangeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        matches!(self, Self::WasOther { .. })
            .then(|| "look at the claim again: somebody may have changed it meanwhile".to_owned())
    }
}

type Values = BTreeMap<&'static str, Option<String>>;

fn values(claim: &Claim) -> Vec<(&'static str, Option<String>)> {
    let mut values = Vec::new();
    for (field, value) in fields(claim) {
        values.push((field.word(), value.map(str::to_owned)));
        if field == Field::Place {
            let level = claim.act.place.as_ref().map(|place| place.level.to_string());
            values.push((LEVEL, level));
        }
    }
    values
}

/// What has to change so that `claim` says what `coded` says; empty if it does already.
///
/// Fields are named by [`Field::word`], in the order of [`Field::ALL`]; the level of a place is named `level`.
pub fn difference(claim: &Claim, coded: &Coded) -> Vec<Change> {
    let after = coded.clone().into_claim(claim.id, claim.passage, claim.codebook);
    values(claim)
        .into_iter()
        .zip(values(&after))
        .filter(|((_, was), (_, now))| was != now)
        .map(|((field, was), (_, now))| Change { field: field.to_owned(), was, now })
        .collect()
}

/// The claim after a change. Each field must hold what the change says it held.
pub fn apply(claim: &Claim, change: &ClaimChange) -> Result<Claim, ChangeError> {
    if change.claim != claim.id {
        return Err(ChangeError::OtherClaim { expected: claim.id, found: change.claim });
    }
    let mut after: Values = values(claim).into_iter().collect();
    let before = after.clone();
    let mut seen = Vec::new();
    for Change { field, was, now } in &change.changes {
        let (claim, field_name) = (claim.id, field.clone());
        let Some(slot) = after.get_mut(field.as_str()) else {
            return Err(ChangeError::UnknownField { claim, field: field_name });
        };
        if seen.contains(&field) {
            return Err(ChangeError::FieldTwice { claim, field: field_name });
        }
        seen.push(field);
        let is = before.get(field.as_str()).cloned().flatten();
        if is != *was {
            return Err(ChangeError::WasOther { claim, field: field_name, is, was: was.clone() });
        }
        slot.clone_from(now);
    }
    rebuild(claim, after)
}

/// The claim and its changes, oldest first, as the states it went through; the last one is what it says now.
pub fn history<'c>(
    claim: &Claim,
    changes: impl IntoIterator<Item = &'c ClaimChange>,
) -> Result<Vec<Version>, ChangeError> {
    let mut now = claim.clone();
    let mut versions = vec![Version { claim: now.clone(), changes: Vec::new(), reason: None }];
    for change in changes {
        now = apply(&now, change)?;
        versions.push(Version {
            claim: now.clone(),
            changes: change.changes.clone(),
            reason: Some(change.reason.clone()),
        });
    }
    Ok(versions)
}

fn rebuild(claim: &Claim, mut values: Values) -> Result<Claim, ChangeError> {
    let misfit = |field: &str, detail: String| ChangeError::NotAClaim {
        claim: claim.id,
        field: field.to_owned(),
        detail,
    };
    let empty = |field: &str| misfit(field, "it is empty".to_owned());
    let mut take = |field: &str| values.get_mut(field).and_then(Option::take);
    let code = take("act").ok_or_else(|| empty("act"))?;
    let modality = take("modality").ok_or_else(|| empty("modality"))?;
    let place = match (take("place"), take(LEVEL)) {
        (None, None) => None,
        (Some(name), Some(level)) => {
            Some(PlaceRef { name, level: level.parse().map_err(|error| misfit(LEVEL, error))? })
        }
        (None, Some(_)) => return Err(empty("place")),
        (Some(_), None) => return Err(empty(LEVEL)),
    };
    let (value, low, high) = (take("count"), take("low"), take("high"));
    let quantity = match (take("unit"), take("bound")) {
        (Some(unit), Some(bound)) => {
            let bound = bound.parse().map_err(|error| misfit("bound", error))?;
            Some(Quantity { value, low, high, unit, bound })
        }
        (None, None) if value.is_none() && low.is_none() && high.is_none() => None,
        (None, _) => return Err(empty("unit")),
        (_, None) => return Err(empty("bound")),
    };
    let (source, item) = (take("source-grade"), take("item-grade"));
    let grades = Grades::new(source.as_deref(), item.as_deref())
        .map_err(|error| misfit("source-grade or item-grade", error))?;
    let act = Act {
        code,
        place,
        from: take("from"),
        to: take("to"),
        quantity,
        modality,
        attributed_to: take("attributed-to"),
    };
    let note = take("note");
    Ok(Claim { act, grades, note, ..claim.clone() })
}
