//! `witness` and `cosign`: outsiders who keep count of the log.

use witnessmark_case::CaseError;

use crate::Ending;
use crate::arguments::{Arguments, CosignArguments, WitnessCommand};
use crate::output::{self, json, line};

/// `witness`.
pub(super) fn witness(
    arguments: &Arguments,
    command: &WitnessCommand,
) -> Result<Ending, CaseError> {
    match command {
        WitnessCommand::Add { key, url } => {
            let mut case = super::open_writable(arguments, "witness")?;
            let row = case.add_witness(key, url)?;
            if arguments.json {
                json(&row)?;
            } else {
                line(&format!("{} is asked at {}", row.name, row.url.unwrap_or_default()))?;
                let note = format!("give its operator the log's key: {}", case.log_key());
                output::note(arguments.quiet, &note);
            }
        }
        WitnessCommand::Remove { name } => {
            let row = super::open_writable(arguments, "witness")?.remove_witness(name)?;
            if arguments.json {
                json(&row)?;
            } else {
                line(&format!("{} is asked no longer", row.name))?;
            }
        }
        WitnessCommand::List => list(arguments)?,
        WitnessCommand::Compare { checkpoint } => {
            let found = super::open(arguments, "witness")?.compare_checkpoint(checkpoint)?;
            if arguments.json {
                json(&found)?;
            } else if found.standing == "same" {
                line(&format!("it is of the log as it is now: {} entries", found.size))?;
            } else {
                let text = "it is of an earlier state, and the log only grew since";
                line(&format!("{text}: {} entries", found.size))?;
            }
        }
    }
    Ok(Ending::Well)
}

fn list(arguments: &Arguments) -> Result<(), CaseError> {
    let case = super::open(arguments, "witness")?;
    let rows = case.witnesses()?;
    if arguments.json {
        let answer = serde_json::json!({ "log_key": case.log_key(), "witnesses": rows });
        return json(&answer);
    }
    line(&format!("the log's key: {}", case.log_key()))?;
    if rows.is_empty() {
        line("no witness is named")?;
    }
    for row in rows {
        let asked = row.url.map_or("asked no longer".to_owned(), |url| format!("asked at {url}"));
        let cosigned = match (row.cosigned, row.at) {
            (Some(size), Some(at)) => format!("cosigned {size} entries, {at} by its clock"),
            _ => "has cosigned nothing yet".to_owned(),
        };
        line(&format!("{}: {asked}, {cosigned}", row.key))?;
    }
    Ok(())
}

/// `cosign`. Ends with 1 when a witness did not cosign.
pub(super) fn cosign(arguments: &Arguments, cosign: &CosignArguments) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "cosign")?;
    let credentials = std::env::var("WITNESSMARK_PROXY").ok();
    let transport = case.transport_with(credentials.as_deref(), cosign.allow_private_network)?;
    let done = case.cosign(transport.as_ref())?;
    let failed = done.witnesses.iter().any(|answer| answer.error.is_some());
    if arguments.json {
        json(&done)?;
    } else {
        for answer in &done.witnesses {
            match (&answer.at, &answer.error) {
                (Some(at), _) => {
                    let text = format!("cosigned {} entries, {at} by its clock", done.size);
                    line(&format!("{} {text}", answer.name))?;
                }
                (None, error) => {
                    let mark = if answer.alarm { "! " } else { "" };
                    line(&format!("{mark}{}", error.as_deref().unwrap_or_default()))?;
                    if let Some(hint) = &answer.hint {
                        line(&format!("  {hint}"))?;
                    }
                }
            }
        }
    }
    Ok(if failed { Ending::Flawed } else { Ending::Well })
}
