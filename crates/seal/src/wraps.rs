//! The file `keys/<epoch>/wraps`: the key of the case, locked in one to three ways.
//!
//! Each lock is an `age` file to a public key, so a new key can be locked the same way without asking anybody:
//!
//! - **the passphrase**: to the identity of the seed that argon2id makes out of it;
//! - **recipients**: to `age` recipients, those of plugins for hardware tokens among them, in one file;
//! - **recovery**: to the identity of a random seed that exists only split into key shares.
//!
//! All three open to the same text: `witnessmark case key 1`, the case's id and the epoch, and the key in hex, a line
//! each. The file is one line of canonical JSON and a line with its SHA-256 in hex, which tells damage from a wrong
//! passphrase. `mac` is derived from the case's key under the label `wraps/` ‖ the SHA-256 of the JSON in which `mac`
//! is empty: who cannot open the case cannot add a recipient to it unseen.

mod identities;
mod locks;

use serde::{Deserialize, Serialize};
use witnessmark_model::id::CaseId;
use witnessmark_model::{Digest, Entropy, canonical};

pub use age::{Callbacks, NoCallbacks};
pub use identities::Identities;
use locks::{PassphraseLock, RecipientsLock, RecoveryLock};

use crate::shares::{self, SetId, Share, ShareError};
use crate::{CaseKey, Cost, Passphrase, SealError};

const SCHEMA: &str = "witnessmark/wraps/1";
const WHAT: &str = "the file of the locked keys, `wraps`";

/// The locked key of one epoch of a case, and by whom it can be unlocked. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wraps {
    case: CaseId,
    epoch: u32,
    mac: String,
    passphrase: Option<PassphraseLock>,
    recipients: Option<RecipientsLock>,
    recovery: Option<RecoveryLock>,
    schema: String,
}

/// A case unlocked: its key for one epoch, and the proof that its [`Wraps`] are as their maker left them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlocked {
    case: CaseId,
    epoch: u32,
    key: CaseKey,
}

impl Unlocked {
    /// The case.
    pub fn case(&self) -> CaseId {
        self.case
    }

    /// The epoch that the key is of.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The key.
    pub fn key(&self) -> &CaseKey {
        &self.key
    }
}

/// Who holds the key shares of a case: what is known without them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The set that the shares are of.
    pub set: SetId,
    /// The epoch that they were made in. They open later epochs too.
    pub epoch: u32,
    /// How many are needed.
    pub needed: u8,
    /// How many were made.
    pub of: u8,
}

impl Wraps {
    /// Locks `key`, the key of `epoch` of `case`, with a passphrase alone.
    pub fn make(
        case: CaseId,
        epoch: u32,
        key: &CaseKey,
        passphrase: &Passphrase,
        cost: Cost,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, SealError> {
        let new = Unlocked { case, epoch, key: key.clone() };
        let wraps = Self {
            case,
            epoch,
            mac: String::new(),
            passphrase: Some(PassphraseLock::make(&new, passphrase, cost, entropy)?),
            recipients: None,
            recovery: None,
            schema: SCHEMA.to_owned(),
        };
        wraps.signed(&new)
    }

    /// Reads the file. A cost out of bounds is refused here, before anything is spent on it.
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let damaged = |detail: String| SealError::damaged(WHAT, detail);
        let text = str::from_utf8(bytes).map_err(|error| damaged(error.to_string()))?;
        let mut lines = text.split('\n');
        let (Some(json), Some(sum), Some(""), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(damaged("it has not two lines".to_owned()));
        };
        if Digest::of(json.as_bytes()).hex() != sum {
            return Err(damaged("its first line has not the SHA-256 in the second".to_owned()));
        }
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let head: Option<Head> = serde_json::from_str(json).ok();
        if head.is_some_and(|head| head.schema != SCHEMA) {
            return Err(SealError::OtherFormat { what: WHAT });
        }
        let wraps: Self =
            canonical::from_bytes(json.as_bytes()).map_err(|error| damaged(error.to_string()))?;
        if let Some(lock) = &wraps.passphrase {
            lock.cost.check()?;
        }
        Ok(wraps)
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.json();
        let sum = Digest::of(&bytes).hex();
        bytes.extend_from_slice(format!("\n{sum}\n").as_bytes());
        bytes
    }

    /// The case that the key is of.
    pub fn case(&self) -> CaseId {
        self.case
    }

    /// The epoch that the key is of.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// What a try of the passphrase costs; none where no passphrase unlocks the case.
    pub fn cost(&self) -> Option<Cost> {
        self.passphrase.as_ref().map(|lock| lock.cost)
    }

    /// The `age` recipients that can unlock the case, as they were given.
    pub fn recipients(&self) -> &[String] {
        self.recipients.as_ref().map_or(&[], |lock| &lock.recipients)
    }

    /// The set of key shares that can unlock the case.
    pub fn recovery(&self) -> Option<Recovery> {
        self.recovery.as_ref().map(RecoveryLock::recovery)
    }

    /// Unlocks with the passphrase.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<Unlocked, SealError> {
        let lock = self.passphrase.as_ref().ok_or(SealError::NoPassphrase)?;
        self.proven(lock.open(passphrase)?)
    }

    /// Unlocks with the identity of one of the recipients.
    pub fn unlock_with(&self, identities: &Identities) -> Result<Unlocked, SealError> {
        let lock = self.recipients.as_ref().ok_or(SealError::NoIdentityFits)?;
        self.proven(lock.open(identities)?)
    }

    /// Unlocks with key shares, as many as are needed or more.
    pub fn unlock_with_shares(&self, shares: &[Share]) -> Result<Unlocked, SealError> {
        let lock = self.recovery.as_ref().ok_or(ShareError::None)?;
        self.proven(lock.open(shares)?)
    }

    /// Unlocks with the key itself, which another process unlocked before.
    pub fn unlock_with_key(&self, key: CaseKey) -> Result<Unlocked, SealError> {
        if self.mac(&key) != self.mac {
            return Err(SealError::OtherKey);
        }
        Ok(Unlocked { case: self.case, epoch: self.epoch, key })
    }

    /// Locks a new key, that of `epoch`, in all the ways in which this one was. Nobody is asked anything, but the
    /// plugins of recipients are run.
    pub fn rewrap(
        &self,
        unlocked: &Unlocked,
        epoch: u32,
        key: &CaseKey,
    ) -> Result<Self, SealError> {
        self.check(unlocked)?;
        let new = Unlocked { case: self.case, epoch, key: key.clone() };
        let wraps = Self {
            epoch,
            mac: String::new(),
            passphrase: self.passphrase.as_ref().map(|lock| lock.again(&new)).transpose()?,
            recipients: self.recipients.as_ref().map(|lock| lock.again(&new)).transpose()?,
            recovery: self.recovery.as_ref().map(|lock| lock.again(&new)).transpose()?,
            ..self.clone()
        };
        wraps.signed(&new)
    }

    /// The same with another passphrase. Who knows the old one and kept a copy of the old file still has the key: only
    /// a new epoch ends that.
    pub fn with_passphrase(
        &self,
        unlocked: &Unlocked,
        passphrase: &Passphrase,
        cost: Cost,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, SealError> {
        self.check(unlocked)?;
        let passphrase = Some(PassphraseLock::make(unlocked, passphrase, cost, entropy)?);
        Self { passphrase, ..self.clone() }.signed(unlocked)
    }

    /// The same with the key shares as the only way in, for a keystore that stays behind while its owner travels.
    /// Refused where there are none.
    pub fn with_shares_alone(&self, unlocked: &Unlocked) -> Result<Self, SealError> {
        self.check(unlocked)?;
        if self.recovery.is_none() {
            return Err(ShareError::None.into());
        }
        Self { passphrase: None, recipients: None, ..self.clone() }.signed(unlocked)
    }

    /// The same with other recipients: `age1…`, or `age1NAME1…` of the plugin `age-plugin-NAME`. None removes them.
    pub fn with_recipients(
        &self,
        unlocked: &Unlocked,
        recipients: &[String],
    ) -> Result<Self, SealError> {
        self.check(unlocked)?;
        let lock = (!recipients.is_empty()).then(|| RecipientsLock::make(unlocked, recipients));
        Self { recipients: lock.transpose()?, ..self.clone() }.signed(unlocked)
    }

    /// The same with a new set of key shares, and the shares. Those of an earlier set no longer unlock this file.
    pub fn with_shares(
        &self,
        unlocked: &Unlocked,
        needed: u8,
        of: u8,
        entropy: &mut dyn Entropy,
    ) -> Result<(Self, Vec<Share>), SealError> {
        self.check(unlocked)?;
        let secret = witnessmark_model::leaf::Seed::new(entropy.seed());
        let shares = shares::split(&secret, needed, of, self.epoch, entropy)?;
        let lock = RecoveryLock::make(unlocked, &secret, shares.first().ok_or(ShareError::None)?)?;
        let wraps = Self { recovery: Some(lock), ..self.clone() }.signed(unlocked)?;
        Ok((wraps, shares))
    }

    fn json(&self) -> Vec<u8> {
        canonical::to_bytes(self).expect("strings and small whole numbers have a canonical form")
    }

    fn mac(&self, key: &CaseKey) -> String {
        let unsigned = Self { mac: String::new(), ..self.clone() };
        let digest = Digest::of(&unsigned.json());
        Digest(*key.derive(&format!("wraps/{digest}"))).hex()
    }

    fn signed(mut self, unlocked: &Unlocked) -> Result<Self, SealError> {
        self.mac = self.mac(&unlocked.key);
        Ok(self)
    }

    /// The case unlocked, if what a lock opened to belongs to this very file.
    fn proven(&self, opened: Unlocked) -> Result<Unlocked, SealError> {
        self.check(&opened)?;
        Ok(opened)
    }

    fn check(&self, unlocked: &Unlocked) -> Result<(), SealError> {
        if (unlocked.case, unlocked.epoch) != (self.case, self.epoch) {
            return Err(SealError::damaged(WHAT, "a lock in it is of another case or epoch"));
        }
        if self.mac(&unlocked.key) != self.mac {
            return Err(SealError::damaged(WHAT, "somebody changed it without the case's key"));
        }
        Ok(())
    }
}
