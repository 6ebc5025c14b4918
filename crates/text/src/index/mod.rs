//! The search index: documents in, hits with exact passages out.

mod analyzer;
mod error;
mod passages;
mod query;
mod sealed;
mod search;
mod segment;
mod store;

pub use error::{IndexError, QueryError};
pub use sealed::IndexKey;
pub use search::{Hit, Match, Results, SearchOptions};
pub use store::{Document, Index, Writer};
