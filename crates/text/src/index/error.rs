//! What can go wrong with an index, sorted by who must act.

use thiserror::Error;

/// A failure of the index.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The user's query cannot be understood.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// An option of the search has no meaning, such as a date that is none.
    #[error("{option} is {value:?}, which is not a date such as 2022, 2022-09 or 2022-09-05")]
    Date {
        /// The option's name.
        option: &'static str,
        /// What was given.
        value: String,
    },
    /// There is no index at the place, or it was made by another version; make it again.
    #[error("the index at {path} {reason}")]
    Unusable {
        /// The index's folder.
        path: String,
        /// What is the matter.
        reason: &'static str,
    },
    /// Another process is writing to the index.
    #[error("the index is being written by another process")]
    Locked,
    /// The memory budget is too small for one writing thread.
    #[error("a memory budget of {given} bytes is below the least, {least} bytes")]
    Budget {
        /// The budget given.
        given: usize,
        /// The least budget that works.
        least: usize,
    },
    /// The disk or the index's files failed.
    #[error("the index failed: {0}")]
    Failed(String),
}

impl IndexError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            IndexError::Query(error) => Some(error.hint),
            IndexError::Unusable { .. } => Some("make the index again from the texts"),
            IndexError::Locked => Some("wait for the other process to end, then try again"),
            IndexError::Date { .. } => Some("write the date as year, year-month or year-month-day"),
            IndexError::Budget { .. } | IndexError::Failed(_) => None,
        }
    }
}

impl From<tantivy::TantivyError> for IndexError {
    fn from(error: tantivy::TantivyError) -> Self {
        match error {
            tantivy::TantivyError::LockFailure(..) => IndexError::Locked,
            other => IndexError::Failed(other.to_string()),
        }
    }
}

/// A query that cannot be understood, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the query cannot be read at character {}: {problem}", at + 1)]
pub struct QueryError {
    /// The place in the query, in code points from 0.
    pub at: usize,
    /// What is wrong there.
    pub problem: String,
    /// What to write instead.
    pub hint: &'static str,
}
