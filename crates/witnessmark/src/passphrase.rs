//! What opens a sealed case: the passphrase, from a file, the environment or the terminal.

use std::path::Path;
use std::sync::Arc;

use console::Term;
use witnessmark_case::CaseError;
use witnessmark_case::seal::wraps::Unlocked;
use witnessmark_case::seal::{Passphrase, SealError};
use witnessmark_case::vault::{Vault, VaultError};
use zeroize::Zeroizing;

use crate::arguments::Arguments;

/// The variable that may hold the passphrase.
const VARIABLE: &str = "WITNESSMARK_PASSPHRASE";

/// What opens the case in `folder`; none if it is open, or no case at all.
pub(crate) fn unlocked(
    arguments: &Arguments,
    folder: &Path,
) -> Result<Option<Arc<Unlocked>>, CaseError> {
    let Some(wraps) = Vault::wraps(folder)? else { return Ok(None) };
    let passphrase = match given(arguments)? {
        Some(passphrase) => passphrase,
        None => {
            let typed = asked(&format!("passphrase of {}: ", folder.display()))?;
            let typed = typed.ok_or_else(|| VaultError::Sealed(folder.to_owned()))?;
            Passphrase::new(&typed).map_err(VaultError::from)?
        }
    };
    Ok(Some(Arc::new(wraps.unlock(&passphrase).map_err(VaultError::from)?)))
}

/// The passphrase for a new case.
pub(crate) fn chosen(arguments: &Arguments) -> Result<Passphrase, CaseError> {
    if let Some(passphrase) = given(arguments)? {
        return Ok(passphrase);
    }
    let first = asked("passphrase for the new case (there is no way in without it): ")?;
    let Some(first) = first else {
        return Err(CaseError::usage(
            "a new case is sealed, and no passphrase was given",
            "run it in a terminal, or give `--passphrase-file FILE`; `--open` makes a case that is not sealed",
        ));
    };
    let again = asked("the same again: ")?;
    if again != Some(first.clone()) {
        return Err(CaseError::usage(
            "the two passphrases differ",
            "nothing was made; begin again",
        ));
    }
    Ok(Passphrase::new(&first).map_err(VaultError::from)?)
}

/// The variable that may hold the passphrase of the actor who writes.
const ACTOR_VARIABLE: &str = "WITNESSMARK_ACTOR_PASSPHRASE";

/// The passphrase of an actor's own key; none where there is neither the variable nor a terminal.
pub(crate) fn own_of_actor(name: &str) -> Result<Option<Passphrase>, CaseError> {
    let typed = match std::env::var(ACTOR_VARIABLE) {
        Ok(value) => Some(Zeroizing::new(value)),
        Err(_) => asked(&format!("own passphrase of {name}: "))?,
    };
    let passphrase = typed.map(|typed| Passphrase::new(&typed));
    Ok(passphrase.transpose().map_err(VaultError::from)?)
}

/// The passphrase that a new actor chooses.
pub(crate) fn own_of_new_actor() -> Result<Passphrase, CaseError> {
    if let Ok(value) = std::env::var(ACTOR_VARIABLE) {
        return Ok(Passphrase::new(&Zeroizing::new(value)).map_err(VaultError::from)?);
    }
    let first = asked("a passphrase of their own, typed by that person alone: ")?;
    let Some(first) = first else {
        return Err(CaseError::usage(
            "a new actor chooses a passphrase of their own, and none was given",
            "run it in a terminal, or give it in WITNESSMARK_ACTOR_PASSPHRASE; `--without-passphrase` makes a key \
             that whoever opens the case can use",
        ));
    };
    if asked("the same again: ")? != Some(first.clone()) {
        return Err(CaseError::usage("the two passphrases differ", "nothing was made; begin again"));
    }
    Ok(Passphrase::new(&first).map_err(VaultError::from)?)
}

/// Whether a passphrase was given and is not the right one.
pub(crate) fn is_wrong(error: &CaseError) -> bool {
    error.fact == SealError::WrongPassphrase.to_string()
}

/// The passphrase in the file or the variable, if either is given.
fn given(arguments: &Arguments) -> Result<Option<Passphrase>, CaseError> {
    let typed = match &arguments.passphrase_file {
        Some(path) => Some(
            std::fs::read_to_string(path).map_err(|cause| CaseError::file("read", path, &cause))?,
        ),
        None => std::env::var(VARIABLE).ok(),
    };
    let line = typed.map(Zeroizing::new);
    let passphrase = line.map(|line| Passphrase::new(line.trim_end_matches(['\r', '\n'])));
    Ok(passphrase.transpose().map_err(VaultError::from)?)
}

/// The passphrase as somebody types it; none where there is no terminal.
fn asked(prompt: &str) -> Result<Option<Zeroizing<String>>, CaseError> {
    let terminal = Term::stderr();
    if !terminal.is_term() {
        return Ok(None);
    }
    let fail = |cause: std::io::Error| CaseError::file("ask on", Path::new("the terminal"), &cause);
    terminal.write_str(prompt).map_err(fail)?;
    Ok(Some(Zeroizing::new(terminal.read_secure_line().map_err(fail)?)))
}
