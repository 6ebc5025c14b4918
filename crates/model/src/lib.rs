//! The nouns of Witnessmark and the bytes they are frozen in.
//!
//! Identifiers, digests, canonical JSON, Merkle proofs, signed notes, leaves of salted commitments, packs and
//! payloads. Nothing here reads a file, asks a clock or draws randomness: bytes and values in, bytes and
//! values out. `docs/format.md` describes every format in prose.

pub mod canonical;
pub mod checkpoint;
pub mod cosignature;
pub mod digest;
pub mod entropy;
pub mod id;
pub mod keystore;
pub mod leaf;
pub mod merkle;
pub mod moment;
pub mod note;
pub mod pack;
pub mod payload;
pub mod proof;
pub mod text_position;
pub mod tile;
pub mod transport;

pub use digest::Digest;
pub use entropy::Entropy;
pub use moment::Moment;
