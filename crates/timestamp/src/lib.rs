//! RFC 3161 time-stamp tokens: make a request, check a response.
//!
//! [`Request`] gives the bytes to send to an authority. [`check`] holds what came back against the
//! request and its own signature. [`Signed::trusted_by`] follows the certificates to a root that the
//! reader chose; [`verify`] does both. Nothing here opens a connection, asks a clock or knows a root
//! of its own: a token proves that a digest existed no later than its time, by the word of an
//! authority that the reader chose to believe.
//!
//! Chains are judged at the token's own time, so a token outlives its certificates; but whoever has
//! got hold of an old key can make tokens for the past. A token is therefore to be renewed, by a new
//! token over it, before [`Chain::ends`].

mod ber;
mod certificate;
mod chain;
mod fault;
mod oid;
pub mod opentimestamps;
mod request;
mod signature;
mod signer;
mod stamp;
mod time;
mod token;

pub use certificate::{Certificate, RevocationList};
pub use chain::{Chain, Purpose, Trust};
pub use fault::Fault;
pub use request::{Expected, HashAlgorithm, Imprint, Request};
pub use stamp::Stamp;
pub use time::UtcTime;
pub use token::{Signed, Verified, check, token_of, verify};
