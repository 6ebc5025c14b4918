//! Travelling without the keys of a case.

use std::path::{Path, PathBuf};

use witnessmark_case::verify::{self, Folder, Trust, Verdict};
use witnessmark_case::{Case, CaseError, EscrowRow, LeftKeys};

use super::sealing::read_shares;
use crate::arguments::Arguments;
use crate::output::{self, json, line, note};
use crate::progress::Display;
use crate::{Ending, agent, passphrase, system};
use witnessmark_case::Place;

/// `travel leave`.
pub(super) fn leave(arguments: &Arguments, target: &Path) -> Result<Ending, CaseError> {
    let case = super::open_writable(arguments, "travel leave")?;
    let unlocked = case.unlocked().cloned();
    let running = Display::start(!arguments.no_progress && !arguments.quiet);
    let left = case.leave_keys(&Place::Folder(target.to_owned()), &running.progress);
    drop(running);
    let left = left?;
    if let Some(unlocked) = unlocked {
        agent::lock(unlocked.case());
    }
    if arguments.json {
        json(&left)?;
        return Ok(Ending::Well);
    }
    let LeftKeys { escrow: EscrowRow { needed, of, .. }, copy, others } = &left;
    line(&format!("the keys are gone from this computer; they are in the copy {copy}"))?;
    output::prose(&format!(
        "any {needed} of the {of} key shares bring them back: `witnessmark travel return TARGET SHARE…`. The passphrase opens \
         neither that copy nor what is here"
    ))?;
    for other in others {
        let name = other.label.as_deref().unwrap_or(&other.kind);
        output::prose(&format!(
            "the copy {} ({name}) holds the keys too, and opens with the passphrase: who can reach it and can make you tell \
             it reads the case",
            other.copy
        ))?;
    }
    output::prose(
        "what this cannot promise: flash storage and backups may keep keys that were deleted; no deniability is claimed, the \
         folder shows that it is a sealed case",
    )?;
    Ok(Ending::Well)
}

/// `travel return`.
pub(super) fn come_back(
    arguments: &Arguments,
    target: &Path,
    shares: &[PathBuf],
    new_passphrase: Option<&Path>,
) -> Result<Ending, CaseError> {
    agent::keep_memory_private();
    let folder = system::case_folder(arguments.case.as_deref())?;
    let shares = read_shares(shares)?;
    let passphrase = passphrase::changed(new_passphrase)?;
    let environment = system::environment("travel return");
    let case = Case::bring_keys_back(
        &folder,
        &Place::Folder(target.to_owned()),
        &shares,
        &passphrase,
        environment,
    )?;
    let files = Folder::open(&folder).map_err(|cause| CaseError::file("read", &folder, &cause))?;
    let key = case.unlocked().map(|unlocked| unlocked.key());
    let report = verify::verify(&files, key, &Trust::default())
        .map_err(|error| CaseError::input(error.to_string(), error.hint()))?;
    if arguments.json {
        json(&report)?;
    } else {
        line("the keys are back, and the case has a new passphrase")?;
        super::print_report(&report)?;
        note(
            arguments.quiet,
            "the copy still opens with the key shares alone: `witnessmark replicate` brings it up to date",
        );
    }
    Ok(Ending::flawed_if(report.verdict == Verdict::Failed))
}
