//! How far timestamps reach, by what the entries say of them. `verify` checks them; this only reads.

use serde::Serialize;
use witnessmark_model::id::TimestampId;
use witnessmark_model::payload::{Cosigned, Payload, Timestamp};

use crate::witnesses::in_words;
use crate::{Case, CaseError};

/// A timestamp in a list.
#[derive(Clone, Debug, Serialize)]
pub struct TimestampRow {
    /// The log entry that names it.
    pub entry: u64,
    /// What that entry says.
    #[serde(flatten)]
    pub timestamp: Timestamp,
    /// The timestamp that completes this one, if it is a proof that began without an end.
    pub completed_by: Option<TimestampId>,
}

/// How far timestamps reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TimeStanding {
    /// How many timestamps are kept.
    pub timestamps: u64,
    /// The entries before this index are covered. Timestamps whose label says that they are a test do not count.
    pub covered: u64,
    /// The time of the newest token.
    pub time: Option<String>,
    /// Who says so.
    pub authority: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// When the first certificate ends under a token that no later timestamp covers: ask again before.
    pub renew_before: Option<String>,
    /// Proofs that are not complete yet.
    pub pending: u64,
    /// The entries before this index are in a checkpoint that a witness cosigned.
    pub cosigned: u64,
}

impl TimestampRow {
    /// Whether it is a proof whose end is still to be fetched.
    pub fn is_pending(&self) -> bool {
        let one = &self.timestamp;
        one.method == Timestamp::OPENTIMESTAMPS
            && one.completes.is_none()
            && self.completed_by.is_none()
    }
}

impl Case {
    /// Every timestamp, with the day on which it was logged.
    pub(crate) fn timestamps(&self) -> Result<Vec<(String, Timestamp)>, CaseError> {
        Ok(self.timestamp_entries()?.into_iter().map(|(_, day, one)| (day, one)).collect())
    }

    pub(crate) fn timestamp_entries(&self) -> Result<Vec<(u64, String, Timestamp)>, CaseError> {
        let entries = self.casebook.entries_of_kind("timestamp")?;
        let found = entries.into_iter().filter_map(|entry| {
            let day = entry.day();
            match entry.payload {
                Some(Payload::Timestamp(one)) => Some((entry.index, day, one)),
                _ => None,
            }
        });
        Ok(found.collect())
    }

    /// Every timestamp, in the order of the log.
    pub fn list_timestamps(&self) -> Result<Vec<TimestampRow>, CaseError> {
        let all = self.timestamp_entries()?;
        let completed_by = |id: TimestampId| {
            let later = all.iter().find(|(_, _, other)| other.completes == Some(id));
            later.map(|(_, _, other)| other.id)
        };
        let rows = all.iter().map(|(entry, _, one)| TimestampRow {
            entry: *entry,
            completed_by: completed_by(one.id),
            timestamp: one.clone(),
        });
        Ok(rows.collect())
    }

    /// How far timestamps reach.
    pub fn time_standing(&self) -> Result<TimeStanding, CaseError> {
        let all = self.timestamp_entries()?;
        let mut standing = TimeStanding { timestamps: all.len() as u64, ..TimeStanding::default() };
        let reach = all.iter().map(|(_, _, one)| one.size).max().unwrap_or(0);
        for (entry, _, one) in &all {
            // A proof counts once it was completed.
            if !one.is_test() && (one.time.is_some() || one.completes.is_some()) {
                standing.covered = standing.covered.max(one.size);
            }
            if one.time.is_some() && one.time >= standing.time {
                standing.time.clone_from(&one.time);
                standing.authority.clone_from(&one.authority);
                standing.label.clone_from(&one.label);
            }
            // One whose entry a later timestamp covers was renewed by it.
            if *entry >= reach
                && let Some(ends) = &one.renew_before
                && standing.renew_before.as_ref().is_none_or(|known| ends < known)
            {
                standing.renew_before = Some(ends.clone());
            }
        }
        let completed =
            |one: &Timestamp| all.iter().any(|(_, _, other)| other.completes == Some(one.id));
        standing.pending = all
            .iter()
            .filter(|(_, _, one)| {
                one.method == Timestamp::OPENTIMESTAMPS && one.completes.is_none()
            })
            .filter(|(_, _, one)| !completed(one))
            .count() as u64;
        Ok(standing)
    }

    fn cosignatures(&self) -> Result<Vec<Cosigned>, CaseError> {
        let entries = self.casebook.entries_of_kind("cosigned")?.into_iter();
        let found = entries.filter_map(|entry| match entry.payload {
            Some(Payload::Cosigned(one)) => Some(one),
            _ => None,
        });
        Ok(found.collect())
    }

    /// What the first token that covers an entry says of it, in a sentence; else what the first witness does.
    pub(crate) fn time_of_entry(&self, entry: u64) -> Result<String, CaseError> {
        let all = self.timestamps()?;
        let covering = all.iter().filter(|(_, one)| one.size > entry);
        let earliest =
            covering.filter(|(_, one)| one.time.is_some()).min_by(|(_, one), (_, other)| {
                (one.is_test(), &one.time).cmp(&(other.is_test(), &other.time))
            });
        let Some((_, one)) = earliest else {
            let cosignatures = self.cosignatures()?;
            let seen =
                cosignatures.iter().filter(|one| one.size > entry).min_by_key(|one| one.time);
            if let Some(seen) = seen {
                return Ok(format!(
                    "The witness {} saw the log with it no later than {}, by its own clock. Before then, whoever holds the \
                     log's key could have rewritten it.",
                    seen.witness.split('+').next().unwrap_or_default(),
                    in_words(seen.time)
                ));
            }
            return Ok(
                "No outside timestamp or witness covers it: whoever holds the log's key could have rewritten it before now."
                    .to_owned(),
            );
        };
        let label = one.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
        Ok(format!(
            "By the word of {}{label} it existed no later than {}; `witnessmark verify --time-root FILE` checks that. Before \
             then, whoever holds the log's key could have rewritten it.",
            one.authority.as_deref().unwrap_or("an authority"),
            one.time.as_deref().unwrap_or_default()
        ))
    }
}
