//! Timestamps from outside.

use witnessmark_case::model::transport::Transport;
use witnessmark_case::{
    Asked, Case, CaseError, NewTimeAuthority, TimeAuthorityRow, TimeStanding, TimestampOptions,
    Timestamped,
};

use crate::Ending;
use crate::arguments::{
    Arguments, AuthorityCommand, ReachArguments, TimestampArguments, TimestampCommand,
};
use crate::output::{self, Columns, REST, count, json, line, note, prose};
use crate::system;

/// `timestamp`.
pub(super) fn timestamp(
    arguments: &Arguments,
    given: &TimestampArguments,
) -> Result<Ending, CaseError> {
    match &given.command {
        Some(TimestampCommand::Authority(command)) => return authority(arguments, command),
        Some(TimestampCommand::List) => return list(arguments),
        Some(TimestampCommand::Upgrade { reach }) => return upgrade(arguments, reach),
        None => {}
    }
    let options = TimestampOptions {
        authorities: given.authority.clone(),
        policy: given.policy.clone(),
        roots: given.root.clone(),
        calendars: given.opentimestamps.clone(),
        daily: given.daily,
        renew: given.renew,
    };
    let mut case = super::open_writable(arguments, "timestamp")?;
    let found = case.timestamp(&options, &mut |case| way_out(case, &given.reach))?;
    if arguments.json {
        json(&found)?;
    } else {
        print(arguments, &found)?;
    }
    Ok(Ending::flawed_if(found.any_failed()))
}

fn way_out(case: &Case, reach: &ReachArguments) -> Result<Box<dyn Transport>, CaseError> {
    let proxy = std::env::var("WITNESSMARK_PROXY").ok();
    case.transport_with(proxy.as_deref(), reach.allow_private_network)
}

/// `timestamp upgrade`.
fn upgrade(arguments: &Arguments, reach: &ReachArguments) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "timestamp upgrade")?;
    let asked = case.complete_timestamps(&mut |case| way_out(case, reach))?;
    if arguments.json {
        json(&asked)?;
    } else if asked.is_empty() {
        line("every proof is complete, or there is none")?;
    } else {
        asked.iter().try_for_each(print_asked)?;
    }
    Ok(Ending::flawed_if(asked.iter().any(|one| one.outcome == "failed")))
}

fn print(arguments: &Arguments, found: &Timestamped) -> Result<(), CaseError> {
    let entries = if found.size == 1 { "entry" } else { "entries" };
    line(&format!(
        "the log's first {} {entries}; the checkpoint has SHA-256 {}",
        found.size, found.checkpoint
    ))?;
    for asked in &found.services {
        print_asked(asked)?;
    }
    if found.services.iter().any(|asked| asked.time.is_some()) {
        note(
            arguments.quiet,
            "a token says that these entries existed no later than its time, by the word of its authority; not when \
             anything was published",
        );
    }
    Ok(())
}

fn print_asked(asked: &Asked) -> Result<(), CaseError> {
    let label = asked.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
    match asked.outcome {
        "kept" => {
            match (&asked.time, &asked.authority) {
                (Some(time), Some(who)) => {
                    line(&format!(
                        "kept: {time}{label}, by the word of {who} ({})",
                        asked.service
                    ))?;
                }
                _ => line(&format!("kept: a proof of OpenTimestamps{label} ({})", asked.service))?,
            }
            if let Some(ends) = &asked.renew_before {
                line(&format!("    to be renewed before {ends}: `witnessmark timestamp --renew`"))?;
            }
            asked.notes.iter().try_for_each(|text| prose(&format!("    {text}")))
        }
        "pending" => {
            line(&format!("not complete yet: {}{label}", asked.service))?;
            asked.notes.iter().try_for_each(|text| prose(&format!("    {text}")))
        }
        "failed" => {
            line(&format!("! {}{label}: nothing was kept", asked.service))?;
            asked.notes.iter().try_for_each(|text| prose(&format!("    {text}")))?;
            asked.hint.iter().try_for_each(|hint| prose(&format!("    hint: {hint}")))
        }
        _ => line(&format!("not asked: {}{label}: {}", asked.service, asked.notes.join("; "))),
    }
}

/// `timestamp list`.
fn list(arguments: &Arguments) -> Result<Ending, CaseError> {
    let case = super::open(arguments, "timestamp list")?;
    let all = case.list_timestamps()?;
    if arguments.json {
        json(&all)?;
        return Ok(Ending::Well);
    }
    let mut table =
        Columns::new(&[("timestamp", 15), ("entries", 8), ("time", 24), ("by the word of", REST)]);
    for row in &all {
        let state = match (row.is_pending(), row.timestamp.completes) {
            (true, _) => "not complete yet",
            (false, Some(_)) => "a block: see verify",
            (false, None) => "completed below",
        };
        let row = &row.timestamp;
        let label = row.label.as_ref().map(|label| format!("[{label}] ")).unwrap_or_default();
        table.row([
            output::short(&row.id.to_string()),
            format!("0–{}", row.size.saturating_sub(1)),
            row.time.clone().unwrap_or_else(|| state.to_owned()),
            format!("{label}{}", row.authority.as_deref().unwrap_or(&row.services.join(", "))),
        ]);
    }
    table.print()?;
    note(arguments.quiet, "`witnessmark verify --time-root FILE` checks them");
    Ok(Ending::Well)
}

/// `timestamp authority`.
fn authority(arguments: &Arguments, command: &AuthorityCommand) -> Result<Ending, CaseError> {
    match command {
        AuthorityCommand::Add { url, root, policy, label, calendar } => {
            let new = NewTimeAuthority {
                url: url.clone(),
                roots: root.clone(),
                policy: policy.clone(),
                label: label.clone(),
                calendar: *calendar,
            };
            let mut case = super::open_writable(arguments, "timestamp authority add")?;
            let row = case.add_time_authority(&new)?;
            if arguments.json {
                json(&row)?;
            } else {
                print_service(&row)?;
                note(arguments.quiet, "nothing was sent; ask it with: witnessmark timestamp");
            }
        }
        AuthorityCommand::List => {
            let rows = super::open(arguments, "timestamp authority list")?.time_authorities()?;
            if arguments.json {
                json(&rows)?;
                return Ok(Ending::Well);
            }
            if rows.is_empty() {
                line("the case asks nobody for timestamps")?;
            }
            rows.iter().try_for_each(print_service)?;
        }
        AuthorityCommand::Remove { url } => {
            super::open_writable(arguments, "timestamp authority remove")?
                .remove_time_authority(url)?;
            if arguments.json {
                json(&serde_json::json!({ "removed": url }))?;
            } else {
                line(&format!("{url} is asked no longer; what it gave stays"))?;
            }
        }
    }
    Ok(Ending::Well)
}

fn print_service(row: &TimeAuthorityRow) -> Result<(), CaseError> {
    let label = row.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
    line(&format!("{}{label}, {}, since {}", row.url, row.method, row.at))?;
    for (root, fingerprint) in row.roots.iter().zip(&row.fingerprints) {
        line(&format!("    root {root}"))?;
        line(&format!("    SHA-256 {fingerprint}: compare it with what the authority publishes"))?;
    }
    match &row.policy {
        Some(policy) => line(&format!("    policy {policy}")),
        None => Ok(()),
    }
}

/// What `status` says of time.
pub(super) fn standing(standing: &TimeStanding, entries: u64) -> Result<(), CaseError> {
    let covered = standing.covered.max(standing.cosigned);
    if standing.timestamps == 0 && covered == 0 {
        return line(&format!(
            "no outside timestamp covers any of the {entries} entries: the key's holder could have rewritten the log"
        ));
    }
    let label = standing.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
    if let (Some(time), Some(authority)) = (&standing.time, &standing.authority) {
        line(&format!("newest token: {time}{label}, by the word of {authority}"))?;
    }
    let open = entries.saturating_sub(covered);
    if covered == 0 {
        line(&format!("no timestamp that counts covers any of the {entries} entries"))?;
    } else {
        line(&format!(
            "outside timestamps or witnesses cover {covered} of {entries} entries; {open} could still be rewritten by the \
             key's holder"
        ))?;
    }
    if let Some(ends) = &standing.renew_before {
        // Both are RFC 3339 in UTC.
        let how = if *ends <= system::now().to_string() {
            "! certificates under the newest tokens ended at"
        } else {
            "certificates under the newest tokens end at"
        };
        line(&format!("{how} {ends}; `witnessmark timestamp --renew` asks again"))?;
    }
    if standing.pending > 0 {
        let proofs = count(usize::try_from(standing.pending).unwrap_or(usize::MAX), "proof");
        line(&format!("{proofs} not complete yet: `witnessmark timestamp upgrade`"))?;
    }
    Ok(())
}
