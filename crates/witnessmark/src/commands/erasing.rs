//! Erasing and holding.

use std::path::Path;

use console::Term;
use witnessmark_case::{Case, CaseError, ERASURE_LIMITS, ErasureAnswer, ErasurePlan, Reveals};

use crate::arguments::{Arguments, EraseArguments};
use crate::output::{self, Columns, REST, json, line, short};
use crate::progress::Display;
use crate::{Ending, agent};

/// `erase`.
pub(super) fn erase(arguments: &Arguments, erase: &EraseArguments) -> Result<Ending, CaseError> {
    if let Some(people) = erase.people {
        let mut case = super::open_writable(arguments, "erase")?;
        case.set_erasure_people(people)?;
        return said(
            arguments,
            &serde_json::json!({ "people": people }),
            match people {
                1 => {
                    "an erasure takes one person from now on; of what is there already, from tomorrow on"
                }
                _ => "an erasure takes two people from now on",
            },
        );
    }
    if let Some([request, what]) = erase.confirm.as_deref() {
        let mut case = super::open_writable(arguments, "erase")?;
        let pending = case.confirm_erased(request, what)?;
        if arguments.json {
            json(&serde_json::json!({ "request": request, "pending": pending }))?;
        } else {
            print_pending(&pending)?;
        }
        return Ok(Ending::Well);
    }
    if let Some(request) = &erase.approve {
        let mut case = super::open_writable(arguments, "erase")?;
        let (_, plan) = case.requested_erasure(request)?;
        agree(arguments, erase, &plan)?;
        let display = Display::start(!arguments.no_progress && !arguments.quiet);
        let answer = case.approve_erasure(request, &display.progress);
        drop(display);
        hand_over_key(&case);
        return answered(arguments, &answer?);
    }
    let ids = named(erase)?;
    let Some(ground) = &erase.ground else {
        let case = super::open(arguments, "erase")?;
        let plan = case.erasure_plan(&ids)?;
        if arguments.json {
            json(&plan)?;
        } else {
            print_plan(&plan, "would go")?;
            output::note(
                arguments.quiet,
                "nothing was changed; `--ground CODE` asks for the erasure",
            );
        }
        return Ok(Ending::Well);
    };
    let mut case = super::open_writable(arguments, "erase")?;
    if !erase.alone {
        let note = note("a note for the record, kept sealed (empty: none): ")?;
        return answered(arguments, &case.request_erasure(&ids, ground, note)?);
    }
    agree(arguments, erase, &case.erasure_plan(&ids)?)?;
    let note = note("a note for the record, kept sealed (empty: none): ")?;
    let display = Display::start(!arguments.no_progress && !arguments.quiet);
    let answer = case.erase_alone(&ids, ground, note, &display.progress);
    drop(display);
    hand_over_key(&case);
    answered(arguments, &answer?)
}

/// `hold`.
pub(super) fn hold(arguments: &Arguments, id: &str, lift: bool) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "hold")?;
    let note = note("why, kept sealed (empty: no reason given): ")?;
    let of = case.hold(id, !lift, note)?;
    let value = serde_json::json!({ "of": of, "held": !lift });
    said(
        arguments,
        &value,
        &match lift {
            true => format!("{of} may be erased again"),
            false => format!("{of} is on hold: nothing that takes it with it can be erased"),
        },
    )
}

/// What `status` says of holds and erasures.
pub(super) fn print_standing(case: &Case) -> Result<(), CaseError> {
    for hold in case.holds()? {
        line(&format!("on hold since {}: {}", hold.day, hold.of))?;
    }
    for row in case.erasures()? {
        let id = short(&row.request.to_string());
        match row.state {
            "requested" => line(&format!(
                "! {id}: asked for on {} ({}); another person approves with `erase --approve {id}`",
                row.asked, row.ground
            ))?,
            "pending" => {
                let day = row.erased.unwrap_or_default();
                line(&format!(
                    "! {id}: erased here on {day} ({}), {} elsewhere pending:",
                    row.ground,
                    row.pending.len()
                ))?;
                for one in &row.pending {
                    line(&format!("    {}", reveals(one)))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Gives the key of the new epoch to the process that holds the case unlocked, if there is one.
fn hand_over_key(case: &Case) {
    if let Some(unlocked) = case.unlocked() {
        agent::replace(unlocked);
    }
}

/// The ids given, and those in the file.
fn named(erase: &EraseArguments) -> Result<Vec<String>, CaseError> {
    let mut ids = erase.ids.clone();
    if let Some(path) = &erase.list {
        let text =
            std::fs::read_to_string(path).map_err(|cause| CaseError::file("read", path, &cause))?;
        let first = |line: &str| line.split([',', ' ', '\t']).next().unwrap_or_default().to_owned();
        ids.extend(
            text.lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .map(first),
        );
    }
    if ids.is_empty() {
        return Err(CaseError::usage(
            "nothing was named",
            "name captures, passages or claims by id, or give `--list FILE`",
        ));
    }
    Ok(ids)
}

/// Shows what goes, and lets the person agree.
fn agree(
    arguments: &Arguments,
    erase: &EraseArguments,
    plan: &ErasurePlan,
) -> Result<(), CaseError> {
    if erase.yes {
        return Ok(());
    }
    if !arguments.json {
        print_plan(plan, "goes")?;
    }
    let answer = typed("nothing brings this back. Type `erase` to go on: ")?;
    match answer.as_deref().map(str::trim) {
        Some("erase") => Ok(()),
        Some(_) => Err(CaseError::usage("nothing was erased", "type the word `erase` to go on")),
        None => Err(CaseError::usage(
            "an erasure is agreed to on a terminal, and there is none",
            "run it in a terminal, or give `--yes`",
        )),
    }
}

fn answered(arguments: &Arguments, answer: &ErasureAnswer) -> Result<Ending, CaseError> {
    if arguments.json {
        json(answer)?;
        return Ok(Ending::Well);
    }
    let request = short(&answer.request.to_string());
    if answer.state == "requested" {
        print_plan(&answer.plan, "will go")?;
        line(&format!("{} asked for, ground {}", answer.request, answer.ground))?;
        output::note(
            arguments.quiet,
            &format!(
                "nothing is erased yet: another person runs `witnessmark erase --approve {request} --as ACTOR`"
            ),
        );
        return Ok(Ending::Well);
    }
    let count = output::count(answer.plan.goes.len(), "thing");
    line(&format!("erased {count} ({}), ground {}", answer.request, answer.ground))?;
    for text in &answer.plan.stays {
        line(&format!("! {text}"))?;
    }
    line(ERASURE_LIMITS)?;
    print_pending(&answer.pending)?;
    Ok(Ending::Well)
}

fn print_plan(plan: &ErasurePlan, title: &str) -> Result<(), CaseError> {
    let mut table = Columns::new(&[("entry", 8), ("kind", 14), (title, 15), ("why", REST)]);
    for going in &plan.goes {
        let id = going.id.as_deref().map(short).unwrap_or_default();
        table.row([going.entry.to_string(), going.kind.clone(), id, going.why.clone()]);
    }
    table.print()?;
    for text in &plan.stays {
        line(&format!("! {text}"))?;
    }
    Ok(())
}

fn print_pending(pending: &[Reveals]) -> Result<(), CaseError> {
    if pending.is_empty() {
        return line("no copy and no key share is known that is not dealt with");
    }
    line(
        "pending until each is destroyed or brought up to date, and said so with `erase --confirm`:",
    )?;
    for one in pending {
        line(&format!("    {}", reveals(one)))?;
    }
    Ok(())
}

fn reveals(one: &Reveals) -> String {
    let label = one.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
    format!("{} {}{label}", one.kind, one.what)
}

fn said(arguments: &Arguments, value: &serde_json::Value, text: &str) -> Result<Ending, CaseError> {
    if arguments.json {
        json(value)?
    } else {
        line(text)?
    }
    Ok(Ending::Well)
}

/// What a person types for the record; none where there is no terminal, or nothing was typed.
fn note(prompt: &str) -> Result<Option<String>, CaseError> {
    Ok(typed(prompt)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// A line typed on the terminal; none where there is none.
fn typed(prompt: &str) -> Result<Option<String>, CaseError> {
    let terminal = Term::stderr();
    if !terminal.is_term() {
        return Ok(None);
    }
    let fail = |cause: std::io::Error| CaseError::file("ask on", Path::new("the terminal"), &cause);
    terminal.write_str(prompt).map_err(fail)?;
    Ok(Some(terminal.read_line().map_err(fail)?))
}
