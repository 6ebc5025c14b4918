//! Copies of a case: made, listed, checked, used to mend and to restore; bags; whether two cases are one.

use std::path::{Path, PathBuf};

use serde_json::json as object;
use witnessmark_case::verify::{Check, Verdict};
use witnessmark_case::{
    Bagged, CaseError, CheckReport, KeysChoice, Place, ReplicateOptions, Replicated, Restored,
    Sameness,
};

use crate::arguments::{
    Arguments, BagArguments, CheckArguments, CopiesCommand, ReplicateArguments, RestoreArguments,
};
use crate::output::{Columns, REST, bytes, count, json, line, note, short};
use crate::progress::Display;
use crate::{Ending, passphrase, system};

/// So many findings are printed one by one.
const SHOWN: usize = 30;

fn display(arguments: &Arguments) -> Display {
    Display::start(!arguments.quiet && !arguments.no_progress)
}

fn place(target: &Path) -> Place {
    Place::Folder(target.to_owned())
}

/// `replicate`.
pub(super) fn replicate(
    arguments: &Arguments,
    given: &ReplicateArguments,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "replicate")?;
    let keys = match (&given.keys, &given.keys.keys_target) {
        (keys, None) if keys.with_open_keys => KeysChoice::With,
        (keys, None) if !keys.without_keys => KeysChoice::AsBefore,
        _ => KeysChoice::Without,
    };
    let mut made = Vec::new();
    if let Some(target) = &given.keys.keys_target {
        // Keys first: what follows is of no use without them.
        let options = ReplicateOptions { label: None, keys: KeysChoice::Alone };
        let running = display(arguments);
        made.push(case.replicate(&place(target), &options, &running.progress)?);
    }
    let options = ReplicateOptions { label: given.label.clone(), keys };
    let running = display(arguments);
    made.push(case.replicate(&place(&given.target), &options, &running.progress)?);
    drop(running);
    let flawed = made.iter().any(|copy| !copy.failures.is_empty());
    if arguments.json {
        for copy in &made {
            json(copy)?;
        }
        return Ok(Ending::flawed_if(flawed));
    }
    for copy in &made {
        print_copy(arguments, copy)?;
    }
    Ok(Ending::flawed_if(flawed))
}

fn print_copy(arguments: &Arguments, copy: &Replicated) -> Result<(), CaseError> {
    for notice in &copy.notices {
        line(&format!("! {notice}"))?;
    }
    let holds = match copy.holds.as_str() {
        "keys" => "the keys alone",
        "evidence" => "all but the keys",
        _ => "everything",
    };
    line(&format!(
        "{} ({}): {} entries, {}; {holds}",
        copy.copy,
        copy.kind,
        copy.size,
        count(usize::try_from(copy.files).unwrap_or(usize::MAX), "file")
    ))?;
    line(&format!(
        "sent {} with {}",
        count(usize::try_from(copy.sent).unwrap_or(usize::MAX), "file"),
        bytes(copy.bytes)
    ))?;
    for name in &copy.mended {
        line(&format!("! {name} was damaged there, and was sent again"))?;
    }
    for name in copy.strange.iter().take(SHOWN) {
        line(&format!("! {name} is there and not in the case; it was left alone"))?;
    }
    if copy.failures.is_empty() {
        line("verified: what lies there is the case")?;
    }
    print_failures(&copy.failures)?;
    if copy.holds == "evidence" {
        note(
            arguments.quiet,
            "without keys that are kept elsewhere, this copy neither proves nor continues the log",
        );
    }
    Ok(())
}

fn print_failures(failures: &[Check]) -> Result<(), CaseError> {
    for failure in failures.iter().take(SHOWN) {
        line(&format!("FAILED  {}: {} – {}", failure.name, failure.subject, failure.detail))?;
    }
    if failures.len() > SHOWN {
        line(&format!("… and {} more; `--json` names all", failures.len() - SHOWN))?;
    }
    Ok(())
}

/// `copies`.
pub(super) fn copies(
    arguments: &Arguments,
    command: Option<&CopiesCommand>,
) -> Result<Ending, CaseError> {
    if let Some(CopiesCommand::Gone { id }) = command {
        let mut case = super::open_writable(arguments, "copies gone")?;
        let row = case.copy_is_gone(id)?;
        if arguments.json {
            json(&row)?;
        } else {
            line(&format!("{} is gone; nothing waits for it any more", row.copy))?;
        }
        return Ok(Ending::Well);
    }
    let case = super::open(arguments, "copies")?;
    let rows = case.copies()?;
    if arguments.json {
        json(&rows)?;
        return Ok(Ending::Well);
    }
    let size = case.status()?.entries;
    let headings = [
        ("copy", 15),
        ("kind", 6),
        ("holds", 8),
        ("last begun", 10),
        ("entries", 22),
        ("label", REST),
    ];
    let mut table = Columns::new(&headings);
    for row in rows {
        let entries = match (row.gone, row.seen) {
            (true, _) => "gone".to_owned(),
            (_, Some(seen)) => format!("{seen} of {size}"),
            _ => "not seen since".to_owned(),
        };
        let label = row.label.unwrap_or_default();
        table.row([short(&row.copy.to_string()), row.kind, row.holds, row.day, entries, label]);
    }
    table.print()?;
    Ok(Ending::Well)
}

/// `check`.
pub(super) fn check(arguments: &Arguments, given: &CheckArguments) -> Result<Ending, CaseError> {
    let folder = system::case_folder(arguments.case.as_deref())?;
    let named = given.heal.as_ref().or(given.against.as_ref()).map(|target| place(target));
    let running = display(arguments);
    let environment = super::environment(arguments, &folder, "check")?;
    let heal = given.heal.is_some();
    let report =
        witnessmark_case::check(&folder, &environment, named.as_ref(), heal, &running.progress)?;
    drop(running);
    if arguments.json {
        json(&report)?;
    } else {
        print_check(arguments, &report, heal)?;
    }
    Ok(Ending::flawed_if(report.is_flawed()))
}

fn print_check(arguments: &Arguments, report: &CheckReport, heal: bool) -> Result<(), CaseError> {
    for alarm in &report.alarms {
        line(&format!("! {alarm}"))?;
    }
    for flaw in &report.flaws {
        let what = if flaw.missing { "MISSING" } else { "DAMAGED" };
        line(&format!("{what}  {}: {}", flaw.name, flaw.detail))?;
        match (&flaw.not_mended, flaw.mended, &flaw.set_aside) {
            (Some(why), ..) => line(&format!("  not mended: {why}"))?,
            (None, true, Some(aside)) => line(&format!("  mended; the damaged bytes are {aside}"))?,
            (None, true, None) => line("  mended")?,
            (None, false, _) => {}
        }
    }
    let objects = count(usize::try_from(report.objects).unwrap_or(usize::MAX), "object");
    let log = count(usize::try_from(report.log_files).unwrap_or(usize::MAX), "file");
    line(&format!("checked {objects} with {} and {log} of the log", bytes(report.bytes)))?;
    match report.copy.as_deref() {
        Some("same") => line("the copy holds the same entries")?,
        Some("older") => line("the copy holds fewer entries, and the case continues them")?,
        _ => {}
    }
    if !report.named {
        line("! the log cannot be read whole: objects that are missing may not all be known")?;
    }
    let left = report.flaws.iter().filter(|flaw| !flaw.mended).count();
    match (left, report.flaws.len()) {
        (0, 0) => line("all stored bytes are those that were written")?,
        (0, _) => line("everything that was damaged or missing is mended")?,
        (left, _) => line(&format!("{} damaged or missing", count(left, "file")))?,
    }
    if left > 0 && !heal {
        note(arguments.quiet, "mend it from a copy: `witnessmark check --heal TARGET`");
    }
    Ok(())
}

/// `restore`.
pub(super) fn restore(
    arguments: &Arguments,
    given: &RestoreArguments,
) -> Result<Ending, CaseError> {
    let running = display(arguments);
    let keys = given.keys_target.as_ref().map(|target| place(target));
    let restored = witnessmark_case::restore(
        &place(&given.target),
        keys.as_ref(),
        &given.dir,
        &running.progress,
    )?;
    drop(running);
    let with_keys = given.dir.join("keys").exists();
    let verdict = verdict_of(arguments, &given.dir, with_keys)?;
    if arguments.json {
        let Restored { folder, holds, size, files, bytes } = &restored;
        json(&object!({
            "folder": folder, "holds": holds, "size": size, "files": files, "bytes": bytes,
            "verdict": verdict.word, "failures": verdict.failures,
        }))?;
    } else {
        let size = restored.size.map_or_else(String::new, |size| format!("{size} entries, "));
        line(&format!(
            "{}: {size}{} with {}",
            restored.folder.display(),
            count(usize::try_from(restored.files).unwrap_or(usize::MAX), "file"),
            bytes(restored.bytes)
        ))?;
        verdict.print()?;
        note(
            arguments.quiet,
            "write to this case or to the one it was copied from, never to both: entries added to both do not fit together",
        );
    }
    Ok(Ending::flawed_if(!verdict.failures.is_empty()))
}

/// What verifying a case that came back gave.
struct Verified {
    word: &'static str,
    failures: Vec<Check>,
}

impl Verified {
    fn print(&self) -> Result<(), CaseError> {
        match self.word {
            "intact" => line("verified: every byte and entry is what the log says"),
            "unchecked" => line("not verified: the keys are not there"),
            _ => print_failures(&self.failures),
        }
    }
}

fn verdict_of(arguments: &Arguments, dir: &Path, with_keys: bool) -> Result<Verified, CaseError> {
    if !with_keys {
        return Ok(Verified { word: "unchecked", failures: Vec::new() });
    }
    let report = super::verify_path(arguments, dir)?;
    let word = if report.verdict == Verdict::Intact { "intact" } else { "failed" };
    Ok(Verified { word, failures: report.failures().cloned().collect() })
}

/// `export bag`.
pub(super) fn export_bag(arguments: &Arguments, given: &BagArguments) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "export bag")?;
    let running = display(arguments);
    let label = given.label.clone();
    let bagged = case.export_bag(&given.dir, given.with_keys, label, &running.progress)?;
    let folder = case.folder().to_owned();
    drop(case);
    let proof = match given.prove {
        true => Some(prove(arguments, &folder, &bagged, &running)?),
        false => None,
    };
    drop(running);
    if arguments.json {
        let mut value = serde_json::to_value(&bagged)?;
        if let (Some(fields), Some(proof)) = (value.as_object_mut(), &proof) {
            fields.insert("proof".into(), serde_json::to_value(proof)?);
        }
        json(&value)?;
    } else {
        line(&format!(
            "{}: {} entries, {} with {}",
            bagged.bag.display(),
            bagged.size,
            count(usize::try_from(bagged.files).unwrap_or(usize::MAX), "file"),
            bytes(bagged.bytes)
        ))?;
        line(&format!("sha-256 of tagmanifest-sha256.txt: {}", bagged.sha256))?;
        if let Some(proof) = &proof {
            let apart = if given.with_keys { "" } else { ", apart from the keys," };
            print_sameness(proof, &format!("the bag, imported again, and the case{apart}"))?;
        }
        if bagged.holds == "evidence" {
            note(
                arguments.quiet,
                "the keys are not in it: without them the log is neither verified whole nor continued (`--with-keys`)",
            );
        }
    }
    Ok(Ending::flawed_if(proof.is_some_and(|proof| !proof.identical)))
}

/// Imports the bag again beside it, compares, and removes what was imported.
fn prove(
    arguments: &Arguments,
    case: &Path,
    bagged: &Bagged,
    running: &Display,
) -> Result<Sameness, CaseError> {
    let mut name = bagged.bag.as_os_str().to_owned();
    name.push(".imported-again");
    let again = PathBuf::from(name);
    if again.exists() {
        return Err(CaseError::usage(
            format!("{} is in the way of the proof", again.display()),
            "remove it, and compare with `witnessmark import bag` and `witnessmark same`",
        ));
    }
    let imported = witnessmark_case::import_bag(&bagged.bag, &again, &running.progress);
    let holder = system::environment("export bag --prove").holder;
    let key = passphrase::unlocked(arguments, case)?;
    let sameness = imported.and_then(|_| {
        let keys = [key.clone(), key];
        witnessmark_case::same(case, &again, &holder, keys, &running.progress)
    });
    let removed = std::fs::remove_dir_all(&again);
    let mut sameness = sameness?;
    removed.map_err(|cause| CaseError::file("remove", &again, &cause))?;
    if bagged.holds == "evidence" {
        // Left out as asked for.
        sameness.differences.retain(|one| !one.name.starts_with("keys/"));
        sameness.identical = sameness.differences.is_empty();
    }
    Ok(sameness)
}

/// `import bag`.
pub(super) fn import_bag(
    arguments: &Arguments,
    bag: &Path,
    dir: &Path,
) -> Result<Ending, CaseError> {
    let running = display(arguments);
    let imported = witnessmark_case::import_bag(bag, dir, &running.progress)?;
    drop(running);
    let verdict = verdict_of(arguments, dir, imported.keys)?;
    if arguments.json {
        let mut value = serde_json::to_value(&imported)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("verdict".into(), verdict.word.into());
            fields.insert("failures".into(), serde_json::to_value(&verdict.failures)?);
        }
        json(&value)?;
    } else {
        for warning in &imported.warnings {
            line(&format!("! {warning}"))?;
        }
        line(&format!(
            "{}: {} with {}",
            imported.folder.display(),
            count(usize::try_from(imported.files).unwrap_or(usize::MAX), "file"),
            bytes(imported.bytes)
        ))?;
        verdict.print()?;
    }
    Ok(Ending::flawed_if(!verdict.failures.is_empty()))
}

/// `same`.
pub(super) fn same(arguments: &Arguments, one: &Path, other: &Path) -> Result<Ending, CaseError> {
    let keys = [passphrase::unlocked(arguments, one)?, passphrase::unlocked(arguments, other)?];
    let running = display(arguments);
    let holder = system::environment("same").holder;
    let sameness = witnessmark_case::same(one, other, &holder, keys, &running.progress)?;
    drop(running);
    if arguments.json {
        json(&sameness)?;
    } else {
        print_sameness(&sameness, "the two cases")?;
    }
    Ok(Ending::flawed_if(!sameness.identical))
}

fn print_sameness(sameness: &Sameness, what: &str) -> Result<(), CaseError> {
    for one in sameness.differences.iter().take(SHOWN) {
        line(&format!("DIFFERS  {}: {}", one.name, one.what))?;
    }
    if sameness.differences.len() > SHOWN {
        line(&format!("… and {} more; `--json` names all", sameness.differences.len() - SHOWN))?;
    }
    let files = count(usize::try_from(sameness.files).unwrap_or(usize::MAX), "file");
    let rows = match sameness.rows {
        Some(rows) => {
            let rows = count(usize::try_from(rows).unwrap_or(usize::MAX), "row");
            format!(", and {rows} of tables made again from each log")
        }
        None => "; the tables were not compared, as keys are missing".to_owned(),
    };
    let verdict = if sameness.identical { "are identical" } else { "are not identical" };
    line(&format!("{what} {verdict}: {files} with {}{rows}", bytes(sameness.bytes)))
}
