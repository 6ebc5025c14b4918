//! Opening sealed cases, and sharing the means to.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use witnessmark_case::seal::shares::{Share, ShareError};
use witnessmark_case::vault::CaseFile;
use witnessmark_case::{Case, CaseError, Environment, EscrowRow};
use zeroize::Zeroizing;

use crate::arguments::{Arguments, RecipientsCommand};
use crate::output::{self, count, line, note};
use crate::{Ending, agent, passphrase, system};

/// `unlock`.
pub(super) fn unlock(arguments: &Arguments, idle: u16) -> Result<Ending, CaseError> {
    let folder = system::case_folder(arguments.case.as_deref())?;
    let unlocked = passphrase::unlocked_anew(arguments, &folder)?;
    agent::start(&unlocked, Duration::from_secs(u64::from(idle) * 60))?;
    if arguments.json {
        output::json(&json!({ "case": unlocked.case(), "idle_minutes": idle }))?;
    } else {
        let minutes = count(usize::from(idle), "minute");
        line(&format!("unlocked, until no command has asked for {minutes}"))?;
        note(arguments.quiet, "`witnessmark lock` ends it at once");
    }
    Ok(Ending::Well)
}

/// `lock`.
pub(super) fn lock(arguments: &Arguments) -> Result<Ending, CaseError> {
    let folder = system::case_folder(arguments.case.as_deref())?;
    let case = CaseFile::read(&folder)?.id;
    let was_unlocked = agent::lock(case);
    if arguments.json {
        output::json(&json!({ "case": case, "was_unlocked": was_unlocked }))?;
    } else {
        line(if was_unlocked { "locked" } else { "it was not unlocked" })?;
    }
    Ok(Ending::Well)
}

/// `passphrase change`.
pub(super) fn change_passphrase(
    arguments: &Arguments,
    file: Option<&Path>,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "passphrase change")?;
    case.set_passphrase(&passphrase::changed(file)?)?;
    changed(arguments)
}

/// Says that the passphrase is another one.
fn changed(arguments: &Arguments) -> Result<Ending, CaseError> {
    if arguments.json {
        output::json(&json!({ "changed": true }))?;
    } else {
        line("the case has a new passphrase")?;
        output::prose(
            "copies of its keys made before still open with the old one: bring them up to date, or destroy them",
        )?;
    }
    Ok(Ending::Well)
}

/// `recipients list`, `recipients add` and `recipients remove`.
pub(super) fn recipients(
    arguments: &Arguments,
    command: &RecipientsCommand,
) -> Result<Ending, CaseError> {
    let folder = system::case_folder(arguments.case.as_deref())?;
    let mut known = Case::recipients(&folder)?;
    match command {
        RecipientsCommand::List => {}
        RecipientsCommand::Add { recipients } => {
            let new: Vec<_> = recipients.iter().filter(|one| !known.contains(one)).collect();
            known.extend(new.into_iter().cloned());
            super::open_writable(arguments, "recipients add")?.set_recipients(&known)?;
        }
        RecipientsCommand::Remove { recipients } => {
            if let Some(unknown) = recipients.iter().find(|one| !known.contains(one)) {
                return Err(CaseError::usage(
                    format!("{unknown} is not a recipient of the case"),
                    "`witnessmark recipients list` prints them",
                ));
            }
            known.retain(|one| !recipients.contains(one));
            super::open_writable(arguments, "recipients remove")?.set_recipients(&known)?;
            note(
                arguments.quiet,
                "who opened the case before may have kept its key; copies of its keys made before still open to them",
            );
        }
    }
    if arguments.json {
        output::json(&json!({ "recipients": known }))?;
    } else if known.is_empty() {
        line("no age recipient can open the case")?;
    }
    if !arguments.json {
        known.iter().try_for_each(|one| line(one))?;
    }
    Ok(Ending::Well)
}

/// `escrow make`.
pub(super) fn make_escrow(
    arguments: &Arguments,
    needed: u8,
    of: u8,
    folder: &Path,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "escrow make")?;
    let mut files = Vec::new();
    let row = case.make_escrow(needed, of, &mut |shares| {
        files = write_shares(folder, shares)?;
        Ok(())
    })?;
    if arguments.json {
        output::json(&json!({ "escrow": row, "files": files }))?;
        return Ok(Ending::Well);
    }
    for file in &files {
        line(&file.display().to_string())?;
    }
    output::prose(&format!(
        "any {needed} of these {of} shares open the case, fewer tell nothing; give each to somebody else, and keep none beside \
         the case"
    ))?;
    note(
        arguments.quiet,
        "shares of an earlier set open only copies of the keys made before; copies made before do not open with these",
    );
    Ok(Ending::Well)
}

/// Writes a file for each share, durably, for its owner's eyes alone. Nothing is written over.
fn write_shares(folder: &Path, shares: &[Share]) -> Result<Vec<PathBuf>, CaseError> {
    if !folder.is_dir() {
        DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(folder)
            .map_err(|cause| CaseError::file("make the folder", folder, &cause))?;
    }
    let mut files = Vec::new();
    for share in shares {
        let (number, needed, of) = (share.id.number, share.needed, share.of);
        let path = folder.join(format!("share-{}-{number}-of-{of}.txt", share.id.set));
        let text = Zeroizing::new(format!(
            "# A key share of a Witnessmark case: {}. Any {needed} of {of} open the case, fewer tell nothing.\n\
             # Keep it apart from the others and from the case. It is used with: witnessmark escrow open FILE…\n\
             {}\n",
            share.id,
            *share.line()
        ));
        let fail = |cause: std::io::Error| CaseError::file("write", &path, &cause);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(fail)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)?;
        files.push(path);
    }
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|cause| CaseError::file("flush", folder, &cause))?;
    Ok(files)
}

/// `escrow status`.
pub(super) fn escrow_status(arguments: &Arguments) -> Result<Ending, CaseError> {
    let row = Case::escrow(&system::case_folder(arguments.case.as_deref())?)?;
    if arguments.json {
        output::json(&json!({ "escrow": row }))?;
        return Ok(Ending::Well);
    }
    match row {
        None => line("there are no key shares: without the passphrase nobody opens the case")?,
        Some(EscrowRow { epoch, needed, of, shares }) => {
            line(&format!("any {needed} of {of} shares open the case (made in epoch {epoch})"))?;
            shares.iter().try_for_each(|share| line(&format!("  {share}")))?;
        }
    }
    Ok(Ending::Well)
}

/// `escrow open`.
pub(super) fn open_escrow(
    arguments: &Arguments,
    files: &[PathBuf],
    new_passphrase: Option<&Path>,
) -> Result<Ending, CaseError> {
    agent::keep_memory_private();
    let folder = system::case_folder(arguments.case.as_deref())?;
    let unlocked = Case::unlock_with_shares(&folder, &read_shares(files)?)?;
    let passphrase = passphrase::changed(new_passphrase)?;
    let environment =
        Environment { unlocked: Some(unlocked), ..system::environment("escrow open") };
    let (mut case, recovery) = Case::open_writable(&folder, environment)?;
    super::tell(arguments.quiet, &folder, &recovery);
    case.set_passphrase(&passphrase)?;
    changed(arguments)
}

/// The shares in files: each line that is neither empty nor a comment is one. A line that cannot be read is named.
pub(super) fn read_shares(files: &[PathBuf]) -> Result<Vec<Share>, CaseError> {
    let mut shares = Vec::new();
    for path in files {
        let mut text = Zeroizing::new(String::new());
        let read = if path.as_os_str() == "-" {
            std::io::stdin().lock().read_to_string(&mut text)
        } else {
            File::open(path).and_then(|mut file| file.read_to_string(&mut text))
        };
        read.map_err(|cause| CaseError::file("read", path, &cause))?;
        let before = shares.len();
        for (number, typed) in (1..).zip(text.lines()) {
            let typed = typed.trim();
            if typed.is_empty() || typed.starts_with('#') {
                continue;
            }
            let share = typed.parse::<Share>().map_err(|error| {
                let place = format!("{}, line {number}: {error}", path.display());
                let hint = match error {
                    ShareError::Mistyped => "compare it with the paper, letter by letter",
                    _ => "give the files that `witnessmark escrow make` wrote",
                };
                CaseError::input(place, hint)
            })?;
            shares.push(share);
        }
        if shares.len() == before {
            return Err(CaseError::input(
                format!("{} holds no key share", path.display()),
                "give the files that `witnessmark escrow make` wrote",
            ));
        }
    }
    Ok(shares)
}
