//! Who can open a sealed case: its passphrase, its recipients, its key shares.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use witnessmark_model::payload::Escrow;
use witnessmark_seal::shares::Share;
use witnessmark_seal::wraps::{Recovery, Unlocked, Wraps};
use witnessmark_seal::{Cost, Passphrase, SealError};
use witnessmark_vault::{Vault, VaultError};

use crate::{Case, CaseError};

/// The key shares of a case: what is known without them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EscrowRow {
    /// The epoch of the keystore that they were made in. They open later epochs too.
    pub epoch: u32,
    /// How many are needed.
    pub needed: u8,
    /// How many were made.
    pub of: u8,
    /// The names of the shares, which tell nothing of their content.
    pub shares: Vec<String>,
}

impl From<Recovery> for EscrowRow {
    fn from(recovery: Recovery) -> Self {
        let Recovery { set, epoch, needed, of } = recovery;
        let shares = (1..=of).map(|number| format!("{set}/{number}")).collect();
        Self { epoch, needed, of, shares }
    }
}

/// The locks of the case in `folder`.
fn wraps(folder: &Path) -> Result<Wraps, CaseError> {
    Vault::wraps(folder)?.ok_or_else(|| {
        CaseError::usage(
            "the case is not sealed: there is no key to lock",
            "`witnessmark init DIR` makes a sealed case",
        )
    })
}

impl Case {
    /// Who holds shares of the key of the case in `folder`; none if nobody does. Nothing needs to be unlocked.
    pub fn escrow(folder: &Path) -> Result<Option<EscrowRow>, CaseError> {
        Ok(wraps(folder)?.recovery().map(EscrowRow::from))
    }

    /// The `age` recipients who can open the case in `folder`. Nothing needs to be unlocked.
    pub fn recipients(folder: &Path) -> Result<Vec<String>, CaseError> {
        Ok(wraps(folder)?.recipients().to_vec())
    }

    /// What opens the case in `folder`, by its key shares.
    pub fn unlock_with_shares(folder: &Path, shares: &[Share]) -> Result<Arc<Unlocked>, CaseError> {
        Ok(Arc::new(wraps(folder)?.unlock_with_shares(shares)?))
    }

    /// What opened the case; none if it is not sealed.
    pub fn unlocked(&self) -> Option<&Arc<Unlocked>> {
        self.vault.unlocked()
    }

    /// Gives the case another passphrase. The key stays the same: a copy of the keystore from before opens with the old one.
    pub fn set_passphrase(&mut self, passphrase: &Passphrase) -> Result<(), CaseError> {
        let (wraps, unlocked) = self.locks()?;
        let entropy = self.environment.entropy.as_mut();
        let wraps = wraps.with_passphrase(&unlocked, passphrase, Cost::STANDARD, entropy)?;
        Ok(self.vault.replace_wraps(&wraps)?)
    }

    /// Gives the case other `age` recipients; none removes them.
    pub fn set_recipients(&mut self, recipients: &[String]) -> Result<(), CaseError> {
        let (wraps, unlocked) = self.locks()?;
        let wraps = wraps.with_recipients(&unlocked, recipients)?;
        Ok(self.vault.replace_wraps(&wraps)?)
    }

    /// Makes key shares, in place of those that were made before. `hand_out` brings them to where they are to be kept; only
    /// then do they open the case, and the log says that they are there.
    pub fn make_escrow(
        &mut self,
        needed: u8,
        of: u8,
        hand_out: &mut dyn FnMut(&[Share]) -> Result<(), CaseError>,
    ) -> Result<EscrowRow, CaseError> {
        let (wraps, unlocked) = self.locks()?;
        let entropy = self.environment.entropy.as_mut();
        let (wraps, shares) = wraps.with_shares(&unlocked, needed, of, entropy)?;
        hand_out(&shares)?;
        self.vault.replace_wraps(&wraps)?;
        let row = wraps
            .recovery()
            .map(EscrowRow::from)
            .ok_or_else(|| CaseError::machine("the shares were not kept"))?;
        let EscrowRow { epoch, needed, of, shares } = row.clone();
        let escrow = Escrow { epoch: epoch.into(), needed: needed.into(), of: of.into(), shares };
        self.commit(vec![escrow.into()])?;
        Ok(row)
    }

    /// The locks of the case, and what they were opened with.
    pub(crate) fn locks(&self) -> Result<(Wraps, Arc<Unlocked>), CaseError> {
        let wraps = wraps(self.vault.folder())?;
        let unlocked = self.vault.unlocked().cloned();
        Ok((wraps, unlocked.ok_or_else(|| VaultError::Sealed(self.vault.folder().to_owned()))?))
    }
}

impl From<SealError> for CaseError {
    fn from(error: SealError) -> Self {
        VaultError::from(error).into()
    }
}
