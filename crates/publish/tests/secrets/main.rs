//! Secrets in archives: what is found, what is left alone, and what a redacted copy looks like.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod archives;
mod cases;
mod copies;
mod others_files;
