//! Actors: whose key signs the entries.
//!
//! An actor's key lies in the keystore as it is, so that whoever opens the case can sign with it, or locked with a
//! passphrase of the actor's own. Two actors are two people only where the second has such a passphrase.

use witnessmark_model::id::ActorId;
use witnessmark_model::keystore;
use witnessmark_model::leaf::ActorKey;
use witnessmark_model::payload::ActorAdded;
use witnessmark_model::{Entropy, Moment};
use witnessmark_seal::{Cost, Passphrase, PersonalLock};
use zeroize::Zeroizing;

use crate::{Committed, Vault, VaultError};

impl Vault {
    /// The actors whose keys the keystore holds: those that whoever opens the case can use, then those that are locked
    /// with a passphrase of their own; each in the order in which they were added.
    pub fn actors(&self) -> Vec<ActorId> {
        let own = self.signers.locked.iter().map(|locked| locked.actor);
        self.signers.actors.iter().map(|key| key.actor).chain(own).collect()
    }

    /// Whether the actor's key opens with a passphrase of the actor's own alone.
    pub fn has_own_passphrase(&self, actor: ActorId) -> bool {
        self.signers.locked.iter().any(|locked| locked.actor == actor)
    }

    /// Who signs the entries that are committed.
    pub fn author(&self) -> Option<ActorId> {
        self.author.as_ref().map(|key| key.actor)
    }

    /// From now on entries are signed by this actor; `false` if the keystore does not hold the key, or holds it locked.
    pub fn act_as(&mut self, actor: ActorId) -> bool {
        let found = self.signers.actors.iter().find(|key| key.actor == actor).cloned();
        let known = found.is_some();
        self.author = found.or(self.author.take());
        known
    }

    /// From now on entries are signed by this actor, whose key opens with this passphrase.
    pub fn act_as_with(
        &mut self,
        actor: ActorId,
        passphrase: &Passphrase,
    ) -> Result<(), VaultError> {
        let keys = self.folder().join("keys");
        let Some(locked) = self.signers.locked.iter().find(|locked| locked.actor == actor) else {
            return Err(VaultError::damaged(&keys, format!("it holds no locked key of {actor}")));
        };
        let lock = PersonalLock::parse(&locked.lock)?;
        let key = ActorKey::new(actor, &*lock.open(&actor.to_string(), passphrase)?);
        if key.public_key() != locked.public_key {
            let detail = format!("the key of {actor} is not the one that was logged");
            return Err(VaultError::damaged(&keys, detail));
        }
        self.author = Some(key);
        Ok(())
    }

    /// Makes a key for a further actor, durably, and logs it. With a passphrase of the actor's own, nobody else can sign
    /// with it. The entry is signed by whoever acts now.
    pub fn add_actor(
        &mut self,
        own: Option<(&Passphrase, Cost)>,
        at: Moment,
        entropy: &mut dyn Entropy,
    ) -> Result<Committed, VaultError> {
        let actor = ActorId::random(entropy);
        let seed = Zeroizing::new(entropy.seed());
        let public_key = ActorKey::new(actor, &seed).public_key();
        let line = match own {
            None => Zeroizing::new(keystore::actor_line(actor, &seed)),
            Some((passphrase, cost)) => {
                let lock =
                    PersonalLock::make(&actor.to_string(), &seed, passphrase, cost, entropy)?;
                let line = keystore::locked_actor_line(actor, &public_key, &lock.to_bytes());
                Zeroizing::new(line)
            }
        };
        self.keystore.add_signer(&line, entropy)?;
        let added = ActorAdded { actor, public_key };
        let mut committed = self.commit(vec![added.into()], at, entropy)?;
        self.signers = self.keystore.signers()?;
        committed
            .pop()
            .ok_or_else(|| VaultError::damaged(&self.folder().join("log"), "nothing was logged"))
    }
}
