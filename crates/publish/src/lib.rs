//! Dossiers: what is handed to a court, an editor or a hostile reader.
//!
//! [`build`] turns a [`DossierInput`] into every file of a dossier: pages for people, opened log entries, payloads,
//! proofs, cleared bytes, an independent checker, and a signed list of all of it. `docs/format.md`, section Dossier,
//! is the contract. Nothing here asks a clock, draws randomness or opens a connection: the same input gives the same
//! bytes. The pages hold no scripts and load nothing from elsewhere, so they open by double click from a USB stick.
//!
//! A dossier shows that files are unchanged and that entries stand in a log. It never says that a source is right.

mod dossier;
mod entry;
mod error;
mod figure;
mod input;
mod manifest;
mod pages;
mod resolve;
mod script;
mod secrets;
mod timestamps;
mod when;
mod write;

pub use dossier::{Dossier, build};
pub use error::{PublishError, SignError};
pub use input::*;
pub use secrets::{
    Finding, NotAnAddress, OwnAddresses, ScanSettings, ScanSummary, ScrubError, ScrubSettings,
    Scrubbed, SecretKind, SecretPlace, ShownSecret, Unread, UnreadWhy, private_fields, scan,
    scan_text, scrub,
};
