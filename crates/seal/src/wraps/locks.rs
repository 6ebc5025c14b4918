//! The three locks of a case's key.

use std::io::Read as _;
use std::str::FromStr;

use age::{NoCallbacks, plugin};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use witnessmark_model::Entropy;
use witnessmark_model::leaf::Seed;
use zeroize::Zeroizing;

use super::{Identities, Recovery, Unlocked, WHAT};
use crate::shares::{self, Share, ShareError};
use crate::{CaseKey, Cost, Passphrase, SealError, agefile};

const TITLE: &str = "witnessmark case key 1";

/// The case's key as text, which a lock closes over: whoever has only the `age` program can read it.
fn key_text(new: &Unlocked) -> Zeroizing<String> {
    let hex = Zeroizing::new(HEXLOWER.encode(new.key.expose()));
    Zeroizing::new(format!("{TITLE}\n{} {}\n{}\n", new.case, new.epoch, *hex))
}

fn parse_key_text(text: &str) -> Option<Unlocked> {
    let mut lines = text.split('\n');
    let (TITLE, place, hex, "", None) =
        (lines.next()?, lines.next()?, lines.next()?, lines.next()?, lines.next())
    else {
        return None;
    };
    let (case, epoch) = place.split_once(' ')?;
    let key = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
    let key = Zeroizing::new(<[u8; 32]>::try_from(key.as_slice()).ok()?);
    Some(Unlocked { case: case.parse().ok()?, epoch: epoch.parse().ok()?, key: CaseKey::new(*key) })
}

fn lock(new: &Unlocked, to: &[&dyn age::Recipient]) -> Result<String, age::EncryptError> {
    agefile::encrypt_bytes(to, key_text(new).as_bytes()).map(|stored| BASE64.encode(&stored))
}

/// The lock to the public half of an identity of ours; `public` is written into the file by us.
fn lock_to(new: &Unlocked, public: &str) -> Result<String, SealError> {
    let recipient = age::x25519::Recipient::from_str(public)
        .map_err(|error| SealError::damaged(WHAT, format!("`{public}`: {error}")))?;
    lock(new, &[&recipient]).map_err(|error| cannot_use(public, error))
}

fn cannot_use(recipient: &str, error: impl std::fmt::Display) -> SealError {
    SealError::Recipient { recipient: recipient.to_owned(), detail: error.to_string() }
}

/// Opens a lock to an identity of ours, whose public half the file holds: that it fits is known already.
fn unlock_ours(locked: &str, seed: &Seed) -> Result<Unlocked, SealError> {
    unlock(locked, &[&agefile::identity(seed)]).map_err(|error| match error {
        SealError::OtherKey => SealError::damaged(WHAT, "a lock in it is to another key"),
        other => other,
    })
}

fn unlock(locked: &str, identities: &[&dyn age::Identity]) -> Result<Unlocked, SealError> {
    let damaged = |detail: &str| SealError::damaged(WHAT, detail);
    let stored =
        BASE64.decode(locked.as_bytes()).map_err(|_| damaged("a lock in it is not base64"))?;
    let mut reader =
        agefile::decrypt(identities, stored.as_slice()).map_err(|error| match error {
            age::DecryptError::Plugin(_) | age::DecryptError::PluginResolve(_) => {
                SealError::Identities(error.to_string())
            }
            other => agefile::decrypt_error(WHAT, other),
        })?;
    // As long as what is locked, so that it never grows and leaves a copy behind.
    let mut text = Zeroizing::new(Vec::with_capacity(stored.len()));
    reader.read_to_end(&mut text).map_err(|error| agefile::read_error(WHAT, error))?;
    str::from_utf8(&text)
        .ok()
        .and_then(parse_key_text)
        .ok_or_else(|| damaged("a lock in it does not hold a case's key"))
}

/// Locked with a passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassphraseLock {
    pub(super) cost: Cost,
    locked: String,
    public: String,
    salt: String,
}

impl PassphraseLock {
    pub(super) fn make(
        new: &Unlocked,
        passphrase: &Passphrase,
        cost: Cost,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, SealError> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let seed = passphrase.stretch(&salt, cost)?;
        let public = agefile::recipient_text(&seed);
        Ok(Self { cost, locked: lock_to(new, &public)?, public, salt: HEXLOWER.encode(&salt) })
    }

    pub(super) fn again(&self, new: &Unlocked) -> Result<Self, SealError> {
        Ok(Self { locked: lock_to(new, &self.public)?, ..self.clone() })
    }

    pub(super) fn open(&self, passphrase: &Passphrase) -> Result<Unlocked, SealError> {
        let salt = HEXLOWER.decode(self.salt.as_bytes()).ok();
        let salt: [u8; 16] = salt
            .and_then(|salt| salt.try_into().ok())
            .ok_or_else(|| SealError::damaged(WHAT, "the salt in it is not 16 bytes"))?;
        let seed = passphrase.stretch(&salt, self.cost)?;
        if agefile::recipient_text(&seed) != self.public {
            return Err(SealError::WrongPassphrase);
        }
        unlock_ours(&self.locked, &seed)
    }
}

/// Locked to `age` recipients, in one `age` file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecipientsLock {
    locked: String,
    pub(super) recipients: Vec<String>,
}

impl RecipientsLock {
    pub(super) fn make(new: &Unlocked, recipients: &[String]) -> Result<Self, SealError> {
        let parsed: Vec<_> =
            recipients.iter().map(|text| recipient(text)).collect::<Result<_, _>>()?;
        let parsed: Vec<&dyn age::Recipient> = parsed.iter().map(|one| &**one).collect();
        let locked =
            lock(new, &parsed).map_err(|error| cannot_use(&recipients.join("`, `"), error))?;
        Ok(Self { locked, recipients: recipients.to_vec() })
    }

    pub(super) fn again(&self, new: &Unlocked) -> Result<Self, SealError> {
        Self::make(new, &self.recipients)
    }

    pub(super) fn open(&self, identities: &Identities) -> Result<Unlocked, SealError> {
        unlock(&self.locked, &identities.as_list()).map_err(|error| match error {
            SealError::OtherKey => SealError::NoIdentityFits,
            other => other,
        })
    }
}

fn recipient(text: &str) -> Result<Box<dyn age::Recipient>, SealError> {
    if let Ok(plain) = text.parse::<age::x25519::Recipient>() {
        return Ok(Box::new(plain));
    }
    if let Ok(tagged) = text.parse::<age::tag::Recipient>() {
        return Ok(Box::new(tagged));
    }
    let plugged: plugin::Recipient = text.parse().map_err(|error| cannot_use(text, error))?;
    let name = plugged.plugin().to_owned();
    let runner = plugin::RecipientPluginV1::new(&name, &[plugged], &[], NoCallbacks)
        .map_err(|error| cannot_use(text, error))?;
    Ok(Box::new(runner))
}

/// Locked to a seed that exists only as key shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoveryLock {
    epoch: u32,
    locked: String,
    needed: u8,
    of: u8,
    public: String,
    set: shares::SetId,
}

impl RecoveryLock {
    pub(super) fn make(new: &Unlocked, secret: &Seed, share: &Share) -> Result<Self, SealError> {
        let public = agefile::recipient_text(secret);
        Ok(Self {
            epoch: share.epoch,
            locked: lock_to(new, &public)?,
            needed: share.needed,
            of: share.of,
            public,
            set: share.id.set,
        })
    }

    pub(super) fn recovery(&self) -> Recovery {
        Recovery { set: self.set, epoch: self.epoch, needed: self.needed, of: self.of }
    }

    pub(super) fn again(&self, new: &Unlocked) -> Result<Self, SealError> {
        Ok(Self { locked: lock_to(new, &self.public)?, ..self.clone() })
    }

    pub(super) fn open(&self, shares: &[Share]) -> Result<Unlocked, SealError> {
        if let Some(other) = shares.iter().find(|share| share.id.set != self.set) {
            return Err(ShareError::OtherSet(other.id).into());
        }
        let secret = shares::join(shares)?;
        if agefile::recipient_text(&secret) != self.public {
            return Err(ShareError::DoNotOpen.into());
        }
        unlock_ours(&self.locked, &secret)
    }
}
