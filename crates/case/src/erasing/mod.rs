//! Erasing: what goes, who agreed, what is pending elsewhere. The keys and blobs themselves are destroyed by the vault.
//!
//! One person asks, another with a passphrase of their own approves; then the case gives up the keys of what was named and
//! of all that quotes it or was made from it. Nothing here looks a person up: things are named one by one.

mod archive;
mod holds;
mod pending;
mod plan;

use serde::Serialize;
use witnessmark_model::Moment;
use witnessmark_model::id::{ActorId, ConfigurationId, ErasureId};
use witnessmark_model::payload::{Erasure, ErasureRequested, ErasureRule, GROUNDS, Payload};
use witnessmark_vault::Pending;

pub use holds::HoldRow;
pub use pending::{ErasureRow, Reveals};
pub use plan::{ErasurePlan, Going};

use crate::casebook::Casebook;
use crate::reading::Texts;
use crate::search::SearchFolder;
use crate::{Case, CaseError, Progress};

/// What the program says of every erasure.
pub const ERASURE_LIMITS: &str = "earlier copies, key shares and dossiers may still reveal it; flash storage may retain deleted keys";

/// An erasure that was asked for, or carried out.
#[derive(Clone, Debug, Serialize)]
pub struct ErasureAnswer {
    /// The request.
    pub request: ErasureId,
    /// `requested` or `erased`.
    pub state: &'static str,
    /// The ground.
    pub ground: String,
    /// What goes, or went.
    #[serde(flatten)]
    pub plan: ErasurePlan,
    /// Where it may still be found.
    pub pending: Vec<Reveals>,
}

/// How long a rule that lets one person erase must have stood before it holds for what was there before it.
const RULE_RIPENS: i64 = 24 * 60 * 60 * 1000;

impl Case {
    /// Asks that things be erased. Nothing is destroyed before another person approves.
    pub fn request_erasure(
        &mut self,
        ids: &[String],
        ground: &str,
        note: Option<String>,
    ) -> Result<ErasureAnswer, CaseError> {
        let plan = self.erasure_plan(ids)?;
        let request = self.new_request(&plan, ground, note)?;
        let id = request.id;
        self.commit(vec![request.into()])?;
        let ground = ground.to_owned();
        Ok(ErasureAnswer { request: id, state: "requested", ground, plan, pending: Vec::new() })
    }

    fn new_request(
        &mut self,
        plan: &ErasurePlan,
        ground: &str,
        note: Option<String>,
    ) -> Result<ErasureRequested, CaseError> {
        self.refuse_if_held(plan)?;
        if !GROUNDS.contains(&ground) {
            return Err(CaseError::usage(
                format!("`{ground}` is not a ground for an erasure"),
                format!("choose one of: {}", GROUNDS.join(", ")),
            ));
        }
        let id = ErasureId::random(self.environment.entropy.as_mut());
        Ok(ErasureRequested { id, of: plan.of.clone(), ground: ground.to_owned(), note })
    }

    /// Erases on one person's word, where the case's rule allows it.
    pub fn erase_alone(
        &mut self,
        ids: &[String],
        ground: &str,
        note: Option<String>,
        progress: &Progress,
    ) -> Result<ErasureAnswer, CaseError> {
        let plan = self.erasure_plan(ids)?;
        self.one_may_erase(&plan)?;
        let request = self.new_request(&plan, ground, note)?;
        self.carry_out(&request.clone(), Some(request.into()), plan, progress)
    }

    /// What the request would erase now, and the request.
    pub fn requested_erasure(
        &self,
        request: &str,
    ) -> Result<(ErasureRequested, ErasurePlan), CaseError> {
        let id = self.find_id(request)?;
        let entry = self.casebook.entry_of_id(&id)?;
        let Some(Payload::ErasureRequested(found)) = entry.and_then(|entry| entry.payload) else {
            return Err(CaseError::input(
                format!("{id} is no request for an erasure"),
                "`witnessmark status` shows those that wait",
            ));
        };
        if self.erasure_entry(&found.id)?.is_some() {
            return Err(CaseError::input(
                format!("{id} was carried out already"),
                "`witnessmark status` shows what is pending of it",
            ));
        }
        let plan = self.erasure_plan(&found.of)?;
        Ok((found, plan))
    }

    /// Carries out what another person asked for.
    pub fn approve_erasure(
        &mut self,
        request: &str,
        progress: &Progress,
    ) -> Result<ErasureAnswer, CaseError> {
        let (request, plan) = self.requested_erasure(request)?;
        self.second_person(&request)?;
        self.refuse_if_held(&plan)?;
        self.carry_out(&request, None, plan, progress)
    }

    fn carry_out(
        &mut self,
        request: &ErasureRequested,
        first: Option<Pending>,
        plan: ErasurePlan,
        progress: &Progress,
    ) -> Result<ErasureAnswer, CaseError> {
        self.nothing_under_way()?;
        let mut pending: Vec<Pending> = first.into_iter().collect();
        pending.extend(self.successors(&plan)?);
        pending.push(
            Erasure {
                request: request.id,
                ground: request.ground.clone(),
                entries: plan.entries(),
                keys: plan.keys.iter().copied().collect(),
                blobs: plan.blobs.iter().copied().collect(),
            }
            .into(),
        );
        // The tables and the index hold what goes: they are closed before their files are removed.
        self.casebook = Casebook::closed()?;
        self.texts = Texts::closed()?;
        self.index = SearchFolder::at(&self.vault, self.environment.entropy.as_mut());
        let at = (self.environment.clock)();
        self.vault.erase(pending, at, self.environment.entropy.as_mut())?;
        self.environment.unlocked = self.vault.unlocked().cloned();
        self.casebook = Casebook::rebuild(&self.vault)?;
        self.texts = Texts::open(&self.vault)?;
        self.index = SearchFolder::at(&self.vault, self.environment.entropy.as_mut());
        self.read_new_texts(progress)?;
        let pending = self.pending_of(&request.id)?;
        let ground = request.ground.clone();
        Ok(ErasureAnswer { request: request.id, state: "erased", ground, plan, pending })
    }

    /// Refuses while a recording that was cut off waits to be kept: it is sealed with the key that goes, and what it holds is
    /// not known.
    fn nothing_under_way(&self) -> Result<(), CaseError> {
        let folder = self.folder().join(crate::add::UNDER_WAY);
        let left = std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
        if left {
            return Err(CaseError::input(
                "a capture was cut off, and what it recorded is not kept yet",
                "`witnessmark add` with any file keeps it first; then erase what should go of it, too",
            ));
        }
        Ok(())
    }

    /// Says from now on how many people an erasure takes.
    pub fn set_erasure_people(&mut self, people: u64) -> Result<(), CaseError> {
        if !(1..=2).contains(&people) {
            return Err(CaseError::usage(
                format!("an erasure takes one person or two, not {people}"),
                "give `--people 1` or `--people 2`",
            ));
        }
        let id = ConfigurationId::random(self.environment.entropy.as_mut());
        self.commit(vec![ErasureRule { id, people }.into()])?;
        Ok(())
    }

    /// How many people an erasure takes.
    pub fn erasure_people(&self) -> Result<u64, CaseError> {
        let last = self.casebook.entries_of_kind("erasure-rule")?.pop();
        Ok(match last.and_then(|entry| entry.payload) {
            Some(Payload::ErasureRule(rule)) => rule.people,
            _ => 2,
        })
    }

    /// Refuses where one person alone may not erase this.
    fn one_may_erase(&self, plan: &ErasurePlan) -> Result<(), CaseError> {
        let last = self.casebook.entries_of_kind("erasure-rule")?.pop();
        let allowed = last.and_then(|entry| match &entry.payload {
            Some(Payload::ErasureRule(rule)) if rule.people == 1 => Some(entry),
            _ => None,
        });
        let Some(rule) = allowed else {
            return Err(CaseError::input(
                "an erasure takes two people in this case",
                "leave `--alone` away: another person then approves with `witnessmark erase --approve`; \
                 `witnessmark erase --people 1` changes the rule from tomorrow on",
            ));
        };
        // Moments are written so that their order is that of their letters.
        let now = (self.environment.clock)().unix_millis();
        let ripe =
            rule.at() <= Moment::from_unix_millis(now.saturating_sub(RULE_RIPENS)).to_string();
        if ripe || plan.entries().first().is_some_and(|first| rule.index < *first) {
            return Ok(());
        }
        Err(CaseError::input(
            "the rule that lets one person erase is younger than a day, and than what is to be erased",
            "wait until tomorrow, or let another person approve",
        ))
    }

    /// Refuses where whoever acts is not somebody else than the one who asked.
    fn second_person(&self, request: &ErasureRequested) -> Result<(), CaseError> {
        let entry = self.casebook.entry_of_id(&request.id.to_string())?;
        let asked = entry.as_ref().map(|entry| (entry.index, entry.actor()));
        let (index, asked_by) = asked.unwrap_or_default();
        let Some(actor) = self.vault.author() else {
            return Err(CaseError::machine("the keystore holds no actor's key"));
        };
        let hint = "the other person runs this, with `--as ACTOR` and a passphrase of their own";
        if actor.to_string() == asked_by {
            let fact = format!("{actor} asked for this erasure, and cannot approve it");
            return Err(CaseError::input(fact, hint));
        }
        if !self.vault.has_own_passphrase(actor) {
            let fact =
                format!("whoever opens the case can sign as {actor}: that is no second person");
            return Err(CaseError::input(
                fact,
                "approve as somebody whose key has a passphrase of its own; `witnessmark actor add` makes one",
            ));
        }
        if self.added_at(actor)?.is_none_or(|added| added > index) {
            let fact = format!("{actor} was added after the erasure was asked for");
            return Err(CaseError::input(fact, "ask for it anew"));
        }
        Ok(())
    }

    /// The entry that made an actor known.
    fn added_at(&self, actor: ActorId) -> Result<Option<u64>, CaseError> {
        Ok(self.casebook.entry_of_id(&actor.to_string())?.map(|entry| entry.index))
    }
}
