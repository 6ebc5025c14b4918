//! The search index: documents in, hits with exact passages out.

mod analyzer;
mod error;
mod folding;
mod near;
mod passages;
mod query;
mod sealed;
mod search;
mod segment;
mod store;
mod support;
mod variants;

pub use error::{IndexError, QueryError};
pub use sealed::IndexKey;
pub use search::{Hit, Match, Results, SearchOptions, places_in_query};
pub use store::{Document, Index, Writer};
