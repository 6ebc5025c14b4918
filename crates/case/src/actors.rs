//! Actors: whose keys the case has, and who acts.

use serde::Serialize;
use witnessmark_model::id::ActorId;
use witnessmark_model::payload::{ActorNamed, Payload};
use witnessmark_seal::{Cost, Passphrase};
use witnessmark_vault::Vault;

use crate::{Case, CaseError};

/// A person's key in a list.
#[derive(Clone, Debug, Serialize)]
pub struct ActorRow {
    /// The actor.
    pub actor: ActorId,
    /// What people call the person, if that was said and not erased.
    pub name: Option<String>,
    /// The entry that made the key known.
    pub entry: u64,
    /// The day of that entry.
    pub since: String,
    /// How many entries the key signed, of those that are not erased.
    pub entries: u64,
    /// Whether the key opens with a passphrase of the person's own alone.
    pub own_passphrase: bool,
}

impl Case {
    /// Makes a key for a further person.
    pub fn add_actor(
        &mut self,
        own: Option<&Passphrase>,
        name: Option<String>,
    ) -> Result<ActorRow, CaseError> {
        // As much as a try of the case's own passphrase.
        let wraps = Vault::wraps(self.vault.folder())?;
        let cost = wraps.and_then(|wraps| wraps.cost()).unwrap_or(Cost::STANDARD);
        let own = own.map(|passphrase| (passphrase, cost));
        let own_passphrase = own.is_some();
        let at = (self.environment.clock)();
        let added = self.vault.add_actor(own, at, self.environment.entropy.as_mut())?;
        self.casebook.apply(&self.vault, std::slice::from_ref(&added))?;
        let Payload::ActorAdded(payload) = &added.payload else {
            return Err(CaseError::machine("something else than an actor was added"));
        };
        let actor = payload.actor;
        if let Some(name) = name.clone() {
            self.commit(vec![ActorNamed { actor, name }.into()])?;
        }
        let (entry, since) = (added.index, added.values.day);
        Ok(ActorRow { actor, name, entry, since, entries: 0, own_passphrase })
    }

    /// Whose keys the case has, in the order in which they came.
    pub fn actors(&self) -> Result<Vec<ActorRow>, CaseError> {
        let mut counts = self.casebook.entries_by_actor()?;
        let mut rows = Vec::new();
        for actor in self.vault.actors() {
            let id = actor.to_string();
            let added = match self.casebook.entry_of_id(&id)? {
                Some(added) => added,
                None => self.stored(0)?,
            };
            rows.push(ActorRow {
                actor,
                name: self.actor_name(&id)?,
                entry: added.index,
                since: added.day(),
                entries: counts.remove(&id).unwrap_or(0),
                own_passphrase: self.vault.has_own_passphrase(actor),
            });
        }
        rows.sort_by_key(|row| row.entry);
        Ok(rows)
    }

    /// What people call an actor.
    pub(crate) fn actor_name(&self, actor: &str) -> Result<Option<String>, CaseError> {
        let last = self.casebook.entries_about(actor, "actor-named")?.pop();
        Ok(match last.and_then(|entry| entry.payload) {
            Some(Payload::ActorNamed(named)) => Some(named.name),
            _ => None,
        })
    }

    /// The actor who is meant: by id or its beginning, or by name.
    pub fn find_actor(&self, text: &str) -> Result<ActorId, CaseError> {
        let rows = self.actors()?;
        let text = text.trim();
        let mut found = rows.iter().filter(|row| {
            row.name.as_deref() == Some(text)
                || (text.len() > 4 && row.actor.to_string().starts_with(text))
        });
        match (found.next(), found.next()) {
            (Some(row), None) => Ok(row.actor),
            (None, _) => Err(CaseError::input(
                format!("the case has no actor `{text}`"),
                "`witnessmark actor list` shows them",
            )),
            _ => Err(CaseError::input(
                format!("more than one actor is called `{text}`"),
                "name one by its id; `witnessmark actor list` shows them",
            )),
        }
    }

    /// Whether the key of an actor opens with a passphrase of its own alone.
    pub fn has_own_passphrase(&self, actor: ActorId) -> bool {
        self.vault.has_own_passphrase(actor)
    }

    /// From now on entries are signed by this actor; `own` is the passphrase of a key that has one.
    pub fn act_as(&mut self, actor: ActorId, own: Option<&Passphrase>) -> Result<(), CaseError> {
        match own {
            Some(passphrase) if self.vault.has_own_passphrase(actor) => {
                self.vault.act_as_with(actor, passphrase).map_err(|error| {
                    let error = CaseError::from(error);
                    let hint = "type it again; nobody but that person can bring it back".to_owned();
                    CaseError {
                        fact: format!("{actor}: {}", error.fact),
                        hint: Some(hint),
                        ..error
                    }
                })
            }
            _ if self.vault.act_as(actor) => Ok(()),
            _ => Err(CaseError::input(
                format!("the key of {actor} opens with a passphrase of its own"),
                "type it at the prompt, or give it in WITNESSMARK_ACTOR_PASSPHRASE",
            )),
        }
    }
}
