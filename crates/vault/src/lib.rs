//! The vault: blobs, log and keystore of one case on disk; the sole writer of evidence.
//!
//! What this crate acknowledges is durable: bytes, then pack, then staging, then state, then tiles, then the signed
//! checkpoint, each on disk before the next. Whatever moment a crash picks, the case opens again with every entry
//! that was acknowledged. `docs/format.md` describes the files.

mod actors;
mod blobs;
mod case_file;
pub mod copies;
mod durable;
mod erasure;
mod error;
mod kept_log;
mod keystore;
mod lock;
mod locks;
mod log;
mod segment;
mod store;
mod tiles;
mod timestamps;
mod vault;
mod witness;

pub use case_file::CaseFile;
pub use error::VaultError;
pub use locks::{bring_keys, has_no_keys};
pub use log::LogState;
pub use store::{EvidenceWriter, Opened, Store};
pub use vault::{Committed, Content, Entry, NewSeal, Pending, Recovery, Vault};
pub use witness::{Standing, Witness, WitnessError};
