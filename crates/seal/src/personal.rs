//! A secret that one person locks with a passphrase of their own.
//!
//! What opens the case does not open it: whoever knows the case's passphrase can neither use nor read it. The lock is one
//! line of canonical JSON: an `age` file to the identity of the seed that argon2id makes out of the passphrase, bound to
//! what it is for.

use std::io::Read as _;

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use witnessmark_model::leaf::Seed;
use witnessmark_model::{Entropy, canonical};
use zeroize::Zeroizing;

use crate::{Cost, Passphrase, SealError, agefile};

const SCHEMA: &str = "witnessmark/personal-lock/1";
const TITLE: &str = "witnessmark personal key 1";
const WHAT: &str = "the lock of a personal key";

/// A locked secret. Nothing in it is secret itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalLock {
    cost: Cost,
    locked: String,
    public: String,
    salt: String,
    schema: String,
}

impl PersonalLock {
    /// Locks `secret`, which is for `purpose` (one line, such as an actor's id) and opens for nothing else.
    pub fn make(
        purpose: &str,
        secret: &[u8; 32],
        passphrase: &Passphrase,
        cost: Cost,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, SealError> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let seed = passphrase.stretch(&salt, cost)?;
        let text = text_of(purpose, secret);
        let stored = agefile::encrypt_bytes(&[&agefile::recipient(&seed)], text.as_bytes())
            .map_err(|error| SealError::damaged(WHAT, error))?;
        Ok(Self {
            cost,
            locked: BASE64.encode(&stored),
            public: agefile::recipient_text(&seed),
            salt: HEXLOWER.encode(&salt),
            schema: SCHEMA.to_owned(),
        })
    }

    /// Opens it. A wrong passphrase is told from damage.
    pub fn open(
        &self,
        purpose: &str,
        passphrase: &Passphrase,
    ) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let damaged = |detail: &str| SealError::damaged(WHAT, detail);
        let salt = HEXLOWER.decode(self.salt.as_bytes()).ok();
        let salt: [u8; 16] = salt
            .and_then(|salt| salt.try_into().ok())
            .ok_or_else(|| damaged("the salt in it is not 16 bytes"))?;
        let seed: Seed = passphrase.stretch(&salt, self.cost)?;
        if agefile::recipient_text(&seed) != self.public {
            return Err(SealError::WrongPassphrase);
        }
        let stored =
            BASE64.decode(self.locked.as_bytes()).map_err(|_| damaged("it is not base64"))?;
        let mut reader = agefile::decrypt(&[&agefile::identity(&seed)], stored.as_slice())
            .map_err(|error| agefile::decrypt_error(WHAT, error))?;
        // As long as what is locked, so that it never grows and leaves a copy behind.
        let mut text = Zeroizing::new(Vec::with_capacity(stored.len()));
        reader.read_to_end(&mut text).map_err(|error| agefile::read_error(WHAT, error))?;
        let text = str::from_utf8(&text).map_err(|_| damaged("it does not hold a key"))?;
        parse(purpose, text).ok_or_else(|| damaged("it does not hold the key that it is for"))
    }

    /// Reads a lock. A cost out of bounds is refused here, before anything is spent on it.
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let lock: Self =
            canonical::from_bytes(bytes).map_err(|error| SealError::damaged(WHAT, error))?;
        if lock.schema != SCHEMA {
            return Err(SealError::OtherFormat { what: WHAT });
        }
        lock.cost.check()?;
        Ok(lock)
    }

    /// The bytes that [`Self::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_bytes(self).expect("strings and small whole numbers have a canonical form")
    }
}

fn text_of(purpose: &str, secret: &[u8; 32]) -> Zeroizing<String> {
    let hex = Zeroizing::new(HEXLOWER.encode(secret));
    Zeroizing::new(format!("{TITLE}\n{purpose}\n{}\n", *hex))
}

fn parse(purpose: &str, text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut lines = text.split('\n');
    let (TITLE, found, hex, "", None) =
        (lines.next()?, lines.next()?, lines.next()?, lines.next()?, lines.next())
    else {
        return None;
    };
    let secret = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
    let secret = <[u8; 32]>::try_from(secret.as_slice()).ok()?;
    (found == purpose).then(|| Zeroizing::new(secret))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure in a test may panic anywhere")]

    use super::*;

    struct Counting(u8);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_add(1);
                *byte = self.0;
            }
        }
    }

    #[test]
    fn it_opens_with_its_passphrase_for_its_purpose_alone() {
        let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        let own = Passphrase::new("my own words").unwrap();
        let lock = PersonalLock::make("act-a", &[7; 32], &own, cost, &mut Counting(0)).unwrap();
        let lock = PersonalLock::parse(&lock.to_bytes()).unwrap();
        assert_eq!(*lock.open("act-a", &own).unwrap(), [7; 32]);
        let other = Passphrase::new("the case's words").unwrap();
        assert!(matches!(lock.open("act-a", &other), Err(SealError::WrongPassphrase)));
        assert!(matches!(lock.open("act-b", &own), Err(SealError::Damaged { .. })));
        let costly = Cost { passes: 4_000_000_000, ..cost };
        let hostile = PersonalLock { cost: costly, ..lock.clone() };
        assert!(matches!(PersonalLock::parse(&hostile.to_bytes()), Err(SealError::Cost { .. })));
        let changed = PersonalLock { locked: lock.locked.replace('A', "B"), ..lock };
        assert!(matches!(changed.open("act-a", &own), Err(SealError::Damaged { .. })));
    }
}
