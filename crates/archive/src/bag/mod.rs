//! Bags: folders that carry a list of digests of all their files (BagIt 1.0, RFC 8493).
//!
//! [`BagWriter`] writes version 1.0 with SHA-256 and SHA-512. [`check_bag`] reads versions 0.93 to 1.0 and believes
//! nothing: names that lead out of the bag, files that are listed twice, not at all, or from elsewhere. Nothing is ever
//! fetched: a bag whose files lie elsewhere is not whole.

mod check;
mod manifest;
mod tag_text;
mod write;

use std::fmt;

pub use check::{BagReport, BaggedFile, check_bag};
pub use write::BagWriter;

/// Something about a bag that breaks a rule, or that a careful reader wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BagFault {
    /// The file that shows it, by its name in the bag.
    pub file: String,
    /// The line, from 1; none where it is about the whole file.
    pub line: Option<usize>,
    /// What is the case.
    pub detail: String,
}

impl fmt::Display for BagFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file, self.detail),
            None => write!(f, "{}: {}", self.file, self.detail),
        }
    }
}
