//! Making cases and bringing sources in.

use std::collections::BTreeMap;

use witnessmark_case::{AddOptions, Case, CaseError, InitOptions, Outcome, SourceRow};

use crate::arguments::{AddArguments, Arguments, InitArguments};
use crate::output::{self, Columns};
use crate::progress::Display;
use crate::{Ending, system};

/// How many items that are not plain content are told one by one.
const SHOWN: usize = 20;

/// `init`.
pub(super) fn init(arguments: &Arguments, init: &InitArguments) -> Result<Ending, CaseError> {
    if !init.open {
        return Err(CaseError::usage(
            "this version cannot seal a case",
            "`--open` makes a case that anyone who has the disk can read; keep it on an encrypted disk",
        ));
    }
    let options = InitOptions {
        name: init.name.clone(),
        notice: init.notice.clone(),
        codebook: init.codebook.clone(),
        gazetteer: init.gazetteer.clone(),
    };
    let case = Case::init_open(&init.dir, &options, system::environment("init"))?;
    let status = case.status()?;
    if arguments.json {
        output::json(&status)?;
    } else {
        output::line(&format!("made {} ({})", init.dir.display(), status.case))?;
        output::line("open: anyone who has the disk can read it")?;
        output::note(
            arguments.quiet,
            &format!("next: witnessmark --case {} add FILES…", init.dir.display()),
        );
    }
    Ok(Ending::Well)
}

/// `add`.
pub(super) fn add(arguments: &Arguments, add: &AddArguments) -> Result<Ending, CaseError> {
    let mut options = AddOptions { paths: add.paths.clone(), listed: Vec::new() };
    for list in &add.list {
        options.listed.extend(SourceRow::read_list(list)?);
    }
    let mut case = super::open_writable(arguments, "add")?;
    add_to(&mut case, arguments, &options)
}

/// Adds, shows how far it is, and ends with a table of what became of everything.
pub(crate) fn add_to(
    case: &mut Case,
    arguments: &Arguments,
    options: &AddOptions,
) -> Result<Ending, CaseError> {
    let display = Display::start(!arguments.no_progress && !arguments.quiet);
    let mut verdicts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut remarkable: Vec<Outcome> = Vec::new();
    let (mut failed, mut broken) = (false, Ok(()));
    let added = case.add(options, &display.progress, &mut |outcome| {
        let count = verdicts.entry(outcome.verdict.clone()).or_default();
        *count = (count.0 + 1, count.1 + outcome.bytes);
        failed |= outcome.failed;
        if arguments.json {
            let printed = display.suspend(|| output::json(outcome));
            if printed.is_err() {
                broken = printed;
            }
        } else if !matches!(outcome.verdict.as_str(), "content" | "duplicate") {
            remarkable.push(outcome.clone());
        }
    });
    let stopped = display.progress.stopped();
    drop(display);
    added?;
    broken?;
    if !arguments.json {
        for outcome in remarkable.iter().take(SHOWN) {
            let source = output::fit(&outcome.source, 60);
            output::line(&format!("! {}: {source}", outcome.verdict))?;
            output::line(&format!("    {}", outcome.evidence.join("; ")))?;
            if let Some(hint) = &outcome.hint {
                output::line(&format!("    hint: {hint}"))?;
            }
        }
        if remarkable.len() > SHOWN {
            let more = remarkable.len() - SHOWN;
            output::line(&format!(
                "… and {more} more; `list captures` shows those that were kept"
            ))?;
        }
        let mut table = Columns::new(&[("verdict", 16), ("items", 10), ("size", 10)]);
        for (verdict, (items, bytes)) in &verdicts {
            let mark = if verdict == "content" { "" } else { "! " };
            table.row([format!("{mark}{verdict}"), items.to_string(), output::bytes(*bytes)]);
        }
        table.print()?;
    }
    if stopped {
        output::note(
            false,
            "stopped; what was added stays, and the same command goes on from here",
        );
    }
    Ok(Ending::flawed_if(failed || stopped))
}

/// `rebuild`.
pub(super) fn rebuild(arguments: &Arguments) -> Result<Ending, CaseError> {
    let folder = system::case_folder(arguments.case.as_deref())?;
    let display = Display::start(!arguments.no_progress && !arguments.quiet);
    let read = Case::rebuild(&folder, system::environment("rebuild"), &display.progress)?;
    let stopped = display.progress.stopped();
    drop(display);
    if arguments.json {
        output::json(&serde_json::json!({ "texts": read, "finished": !stopped }))?;
    } else {
        output::line(&format!("made the casebook, {read} texts and the index again from the log"))?;
    }
    Ok(Ending::flawed_if(stopped))
}
