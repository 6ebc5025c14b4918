//! What opens a sealed case: where its passphrase or its key comes from.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use witnessmark_case::CaseError;
use witnessmark_case::seal::wraps::{Identities, NoCallbacks, Unlocked, Wraps};
use witnessmark_case::seal::{Passphrase, SealError};
use witnessmark_case::vault::{Vault, VaultError};
use zeroize::Zeroizing;

use crate::agent;
use crate::arguments::Arguments;

/// The variable that may hold the passphrase.
const VARIABLE: &str = "WITNESSMARK_PASSPHRASE";

/// How often a person may type a passphrase before the command gives up.
const TRIES: u32 = 3;

/// What the key combination sends.
const CTRL_C: u8 = 3;

/// The fewest characters of a new passphrase.
const SHORTEST: usize = 8;

/// What opens the case in `folder`; none if it is open.
///
/// The first of these that is there is taken: an age identity (`--identity`), the passphrase in a file, in the environment,
/// the agent's key, the terminal.
pub(crate) fn unlocked(
    arguments: &Arguments,
    folder: &Path,
) -> Result<Option<Arc<Unlocked>>, CaseError> {
    let Some(wraps) = Vault::wraps(folder)? else { return Ok(None) };
    agent::keep_memory_private();
    let given = given_opens(arguments, &wraps)?;
    // What the agent holds may be of an epoch that another command has ended since.
    let held = || wraps.unlock_with_key(agent::key(wraps.case())?).ok();
    let unlocked = match given.or_else(held) {
        Some(unlocked) => unlocked,
        None => typed_opens(&wraps, folder)?,
    };
    Ok(Some(Arc::new(unlocked)))
}

/// What opens the case in `folder` without the agent, which is about to be given it.
pub(crate) fn unlocked_anew(arguments: &Arguments, folder: &Path) -> Result<Unlocked, CaseError> {
    let wraps = Vault::wraps(folder)?.ok_or_else(|| {
        CaseError::usage(
            "the case is not sealed: there is nothing to unlock",
            "every command opens it as it is",
        )
    })?;
    agent::keep_memory_private();
    match given_opens(arguments, &wraps)? {
        Some(unlocked) => Ok(unlocked),
        None => typed_opens(&wraps, folder),
    }
}

fn given_opens(arguments: &Arguments, wraps: &Wraps) -> Result<Option<Unlocked>, CaseError> {
    if let Some(path) = &arguments.identity {
        let file = std::fs::read(path).map_err(|cause| CaseError::file("read", path, &cause))?;
        let identities = Identities::parse(&Zeroizing::new(file), NoCallbacks)?;
        return Ok(Some(wraps.unlock_with(&identities)?));
    }
    let passphrase = given(arguments)?;
    Ok(passphrase.map(|passphrase| wraps.unlock(&passphrase)).transpose()?)
}

fn typed_opens(wraps: &Wraps, folder: &Path) -> Result<Unlocked, CaseError> {
    let prompt = format!("passphrase of {}: ", folder.display());
    for tried in 1.. {
        let typed = asked(&prompt)?.ok_or_else(|| VaultError::Sealed(folder.to_owned()))?;
        match wraps.unlock(&Passphrase::new(&typed)?) {
            Err(SealError::WrongPassphrase) if tried < TRIES => {
                eprintln!("{}", SealError::WrongPassphrase);
            }
            opened => return Ok(opened?),
        }
    }
    Err(SealError::WrongPassphrase.into())
}

/// The passphrase for a new case.
pub(crate) fn chosen(arguments: &Arguments) -> Result<Passphrase, CaseError> {
    match given(arguments)? {
        Some(passphrase) => fit(passphrase),
        None => chosen_at_terminal(
            "passphrase for the new case (there is no way in without it): ",
            "a new case is sealed, and no passphrase was given",
            "run it in a terminal, or give `--passphrase-file FILE`; `--open` makes a case that is not sealed",
        ),
    }
}

/// Another passphrase for a case, out of `file` or from the terminal.
pub(crate) fn changed(file: Option<&Path>) -> Result<Passphrase, CaseError> {
    agent::keep_memory_private();
    match file {
        Some(path) => fit(from_file(path)?),
        None => chosen_at_terminal(
            "the new passphrase: ",
            "no new passphrase was given",
            "run it in a terminal, or give `--new-passphrase-file FILE`",
        ),
    }
}

fn chosen_at_terminal(prompt: &str, nobody: &str, hint: &str) -> Result<Passphrase, CaseError> {
    let first = asked(prompt)?.ok_or_else(|| CaseError::usage(nobody, hint))?;
    if asked("the same again: ")?.as_ref() != Some(&first) {
        return Err(CaseError::usage(
            "the two passphrases differ",
            "nothing was done; begin again",
        ));
    }
    fit(Passphrase::new(&first)?)
}

fn fit(passphrase: Passphrase) -> Result<Passphrase, CaseError> {
    if passphrase.characters() >= SHORTEST {
        return Ok(passphrase);
    }
    Err(CaseError::usage(
        format!("the passphrase has fewer than {SHORTEST} characters"),
        "take six words or more that dice chose; whoever has the disk can try a short one out",
    ))
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
        return Err(CaseError::usage(
            "the two passphrases differ",
            "nothing was made; begin again",
        ));
    }
    Ok(Passphrase::new(&first).map_err(VaultError::from)?)
}

/// Whether a passphrase was given and is not the right one.
pub(crate) fn is_wrong(error: &CaseError) -> bool {
    error.fact == SealError::WrongPassphrase.to_string()
}

/// The passphrase in the file or the variable, if either is given.
fn given(arguments: &Arguments) -> Result<Option<Passphrase>, CaseError> {
    if let Some(path) = &arguments.passphrase_file {
        return from_file(path).map(Some);
    }
    match std::env::var(VARIABLE).map(Zeroizing::new) {
        Ok(text) => Ok(Some(Passphrase::new(&text)?)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(CaseError::usage(
            format!("{VARIABLE} is not UTF-8 text"),
            "give the passphrase with `--passphrase-file FILE`",
        )),
    }
}

/// The passphrase on the first line of a file.
fn from_file(path: &Path) -> Result<Passphrase, CaseError> {
    let bytes =
        Zeroizing::new(std::fs::read(path).map_err(|cause| CaseError::file("read", path, &cause))?);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let text = str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)).map_err(|_| {
        CaseError::input(
            format!("the first line of {} is not UTF-8 text", path.display()),
            "save the passphrase as UTF-8",
        )
    })?;
    Ok(Passphrase::new(text)?)
}

/// The passphrase as somebody types it; none where there is no terminal.
fn asked(prompt: &str) -> Result<Option<Zeroizing<String>>, CaseError> {
    if !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    let terminal = Path::new("/dev/tty");
    let fail = |cause: std::io::Error| CaseError::file("ask on", terminal, &cause);
    let file = OpenOptions::new().read(true).write(true).open(terminal).map_err(fail)?;
    let line = Unseen::on(file).and_then(|mut unseen| unseen.ask(prompt)).map_err(fail)?;
    Ok(Some(line))
}

/// A terminal that does not show what is typed; it does again once this is dropped.
struct Unseen {
    terminal: File,
    before: Termios,
}

impl Unseen {
    /// Turns the echo off before anything is asked, so that who types at once is not seen either. Ctrl-C ends the line: a
    /// process that it ended would leave the terminal mute.
    fn on(terminal: File) -> std::io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        unseen.local_modes.insert(LocalModes::ICANON | LocalModes::ECHONL);
        unseen.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(&terminal, OptionalActions::Now, &unseen)?;
        Ok(Self { terminal, before })
    }

    /// The line that is typed, without its end.
    fn ask(&mut self, prompt: &str) -> std::io::Result<Zeroizing<String>> {
        self.terminal.write_all(prompt.as_bytes())?;
        // A terminal gives a line at a time, and none is longer.
        let mut bytes = Zeroizing::new([0; 4096]);
        let count = self.terminal.read(bytes.as_mut_slice())?;
        let line = bytes.get(..count).and_then(|line| line.strip_suffix(b"\n"));
        let line = line.ok_or_else(|| std::io::Error::other("nothing was typed"))?;
        let text = str::from_utf8(line).map_err(std::io::Error::other)?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        // If this fails the terminal is gone, and nobody is left to see it.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}
