//! Travelling without the keys: they stay in a copy elsewhere, which opens with key shares alone, and come back from there.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use witnessmark_seal::Passphrase;
use witnessmark_seal::shares::Share;
use witnessmark_seal::wraps::Wraps;
use witnessmark_seal::{Cost, SealError};
use witnessmark_vault::copies::{self, CopyError, Source, Target};
use witnessmark_vault::{CaseFile, VaultError};
use zeroize::Zeroizing;

use crate::checking::open_place;
use crate::{
    Case, CaseError, CopyRow, Environment, EscrowRow, KeysChoice, Place, Progress, ReplicateOptions,
};

/// What is true once the keys are gone from here.
#[derive(Clone, Debug, Serialize)]
pub struct LeftKeys {
    /// The shares that bring them back.
    pub escrow: EscrowRow,
    /// The copy that holds them.
    pub copy: String,
    /// Other copies that hold the keys: these still open with the passphrase.
    pub others: Vec<CopyRow>,
}

impl Case {
    /// Leaves the keystore in the copy in `place`, and destroys the one here. The copy is brought up to date and verified
    /// first, and its keys are locked so that only the key shares open them. Whatever fails before that leaves the keys here
    /// as they were.
    pub fn leave_keys(mut self, place: &Place, progress: &Progress) -> Result<LeftKeys, CaseError> {
        let (wraps, unlocked) = self.locks()?;
        let left = wraps.with_shares_alone(&unlocked).map_err(|error| match error {
            SealError::Shares(error) => CaseError::usage(
                error.to_string(),
                "without them nobody could bring the keys back: make some with `witnessmark escrow make`",
            ),
            other => other.into(),
        })?;
        let escrow = left.recovery().map(EscrowRow::from);
        let escrow = escrow.ok_or_else(|| CaseError::machine("the key shares are gone"))?;

        let options = ReplicateOptions { label: None, keys: KeysChoice::With };
        let made = self.replicate(place, &options, progress)?;
        if made.holds != "all" || made.verdict != "intact" {
            return Err(CaseError::input(
                format!("the copy in {} is not whole: the keys stay here", place.name()),
                "`witnessmark replicate` says what is wrong with it",
            ));
        }
        let target = self.place_for_writing(place)?;
        let name = wraps_name(left.epoch());
        let bytes = left.to_bytes();
        target.put(&name, &mut Source::memory(&bytes), false)?;
        target.settle()?;
        target.finish()?;
        drop(target);
        if read(open_place(place)?.as_ref(), &name)?.as_slice() != bytes {
            return Err(CaseError::input(
                format!("{} did not keep the locked keys: the keys stay here", place.name()),
                "bring the copy up to date with `witnessmark replicate`, or choose another place",
            ));
        }
        let others = self.copies()?.into_iter();
        let others = others
            .filter(|row| !row.gone && row.holds != "evidence" && row.copy != made.copy)
            .collect();
        let Self { vault, .. } = self;
        vault.destroy_keys()?;
        Ok(LeftKeys { escrow, copy: made.copy.to_string(), others })
    }

    /// Brings the keystore back from the copy in `place`, with key shares, and gives the case a new passphrase. The case
    /// is opened with it.
    pub fn bring_keys_back(
        folder: &Path,
        place: &Place,
        shares: &[Share],
        passphrase: &Passphrase,
        mut environment: Environment,
    ) -> Result<Self, CaseError> {
        let case = CaseFile::read(folder)?;
        if !witnessmark_vault::has_no_keys(folder)? {
            return Err(CaseError::usage(
                "the keys of this case are here",
                "`witnessmark travel return` is for a case whose keys were left with `travel leave`",
            ));
        }
        let target = open_place(place)?;
        let found = copies::contents(target.as_ref())?;
        let note = found.note.ok_or_else(|| CopyError::Empty(place.name()))?;
        if note.case != case.id {
            let detail = format!("its copy.json names {}", note.case);
            return Err(CopyError::OtherCase { place: place.name(), detail }.into());
        }
        let epoch =
            found.files.keys().filter_map(|name| epoch_of(name)).max().ok_or_else(|| {
                CaseError::input(
                    format!("the copy in {} holds no keys", place.name()),
                    "name the copy that the keys were left in",
                )
            })?;
        let prefix = format!("keys/{epoch}/");
        let mut files = BTreeMap::new();
        for (name, file) in
            found.files.keys().filter_map(|name| Some((name, name.strip_prefix(&prefix)?)))
        {
            files.insert(file.to_owned(), read(target.as_ref(), name)?);
        }
        let wraps = files.get("wraps").map(|bytes| Wraps::parse(bytes)).transpose()?;
        let wraps = wraps.ok_or_else(|| VaultError::Damaged {
            path: folder.join(wraps_name(epoch)),
            detail: "it is missing".to_owned(),
        })?;
        let unlocked = wraps.unlock_with_shares(shares)?;
        let entropy = environment.entropy.as_mut();
        let wraps = wraps.with_passphrase(&unlocked, passphrase, Cost::STANDARD, entropy)?;
        files.insert("wraps".to_owned(), Zeroizing::new(wraps.to_bytes()));
        witnessmark_vault::bring_keys(folder, epoch, &files)?;
        environment.unlocked = Some(std::sync::Arc::new(unlocked));
        Ok(Self::open_writable(folder, environment)?.0)
    }
}

fn wraps_name(epoch: u32) -> String {
    format!("keys/{epoch}/wraps")
}

/// The epoch of a file of a keystore.
fn epoch_of(name: &str) -> Option<u32> {
    name.strip_prefix("keys/")?.split_once('/')?.0.parse().ok()
}

/// The bytes of a file of a copy.
fn read(target: &dyn Target, name: &str) -> Result<Zeroizing<Vec<u8>>, CaseError> {
    let mut bytes = Zeroizing::new(Vec::new());
    if target.read(name, &mut *bytes)? {
        return Ok(bytes);
    }
    let detail = "it is missing".to_owned();
    Err(CopyError::Unreadable { name: name.to_owned(), detail }.into())
}
