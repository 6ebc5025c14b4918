//! Encrypts and opens what a sealed case keeps: bytes in, bytes out.
//!
//! - [`stream`]: each sealed object is an `age` file to one identity, which comes out of the object's seed;
//! - [`frames`]: files that only grow and survive a crash: the keystore, and recordings under way;
//! - [`wraps`]: the key of the case, locked with a passphrase, to `age` recipients, and to key shares;
//! - [`shares`]: a secret split so that any k of n people can bring it back.
//!
//! Nothing here touches a file or a clock, and randomness comes in as a parameter, with two exceptions. The `age`
//! library draws the file keys and nonces of its own format from the machine; and where a case names a recipient on
//! a hardware token, it starts that token's plugin program. Secrets are wiped when dropped, and no `Debug` shows one.

mod agefile;
mod case_key;
mod error;
pub mod frames;
mod passphrase;
mod personal;
pub mod shares;
pub mod stream;
pub mod wraps;

pub use case_key::CaseKey;
pub use error::SealError;
pub use passphrase::{Cost, Passphrase};
pub use personal::PersonalLock;
