//! Sealing an open case.

use std::path::Path;

use witnessmark_case::seal::Cost;
use witnessmark_case::vault::NewSeal;
use witnessmark_case::{Case, CaseError};

use crate::arguments::Arguments;
use crate::output::{self, json, line};
use crate::progress::Display;
use crate::{Ending, agent, passphrase, system};

/// `seal`.
pub(super) fn seal(
    arguments: &Arguments,
    old: &Path,
    new: &Path,
    recipients: &[String],
) -> Result<Ending, CaseError> {
    agent::keep_memory_private();
    let seal = NewSeal {
        passphrase: passphrase::chosen(arguments)?,
        cost: Cost::STANDARD,
        recipients: recipients.to_vec(),
    };
    let display = Display::start(!arguments.no_progress && !arguments.quiet);
    let sealed = Case::seal(old, new, &seal, system::environment("seal"), &display.progress);
    let stopped = display.progress.stopped();
    drop(display);
    let sealed = match sealed {
        Ok(Some(sealed)) => sealed,
        // What the stopping itself brought about is no error of its own.
        Ok(None) => return cut_off(old, new),
        Err(_) if stopped => return cut_off(old, new),
        Err(error) => return Err(error),
    };
    if arguments.json {
        json(&sealed)?;
        return Ok(Ending::Well);
    }
    line(&format!("sealed {} into {} ({})", old.display(), new.display(), sealed.case))?;
    line(&format!(
        "{} of {} entries were entered anew, and the log of {} is kept beside them",
        sealed.copied,
        sealed.entries,
        old.display()
    ))?;
    output::prose(&format!(
        "{0} still lies there in the clear, unchanged. Check the copy with `witnessmark verify {1}`, then delete {0} and every \
         copy of it.",
        old.display(),
        new.display()
    ))?;
    output::prose(
        "Deleting takes the names away, and the bytes stay until something is written over them. On flash storage (SSD, USB \
         stick, memory card), and where a file system or a backup keeps earlier states, even overwriting does not reach all \
         of them. Where the whole disk is encrypted, its key protects them; otherwise only destroying the device is sure.",
    )?;
    Ok(Ending::Well)
}

fn cut_off(old: &Path, new: &Path) -> Result<Ending, CaseError> {
    output::note(
        false,
        &format!("stopped: {} was not made, and {} is as it was", new.display(), old.display()),
    );
    Ok(Ending::Flawed)
}
