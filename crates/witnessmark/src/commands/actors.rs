//! Who writes to a case.

use witnessmark_case::CaseError;

use crate::arguments::Arguments;
use crate::output::{self, Columns, REST, json, line, short};
use crate::{Ending, passphrase};

/// `actor add`.
pub(super) fn add(
    arguments: &Arguments,
    name: Option<String>,
    without_passphrase: bool,
) -> Result<Ending, CaseError> {
    let own = match without_passphrase {
        true => None,
        false => Some(passphrase::own_of_new_actor()?),
    };
    let mut case = super::open_writable(arguments, "actor")?;
    let row = case.add_actor(own.as_ref(), name)?;
    if arguments.json {
        json(&row)?;
        return Ok(Ending::Well);
    }
    line(&format!("made a key for {}", row.actor))?;
    if without_passphrase {
        line("whoever opens the case can sign with it: for an erasure it is no second person")?;
    }
    output::note(
        arguments.quiet,
        &format!("write as this person: witnessmark --as {} …", short(&row.actor.to_string())),
    );
    Ok(Ending::Well)
}

/// `actor list`.
pub(super) fn list(arguments: &Arguments) -> Result<Ending, CaseError> {
    let rows = super::open(arguments, "actor")?.actors()?;
    if arguments.json {
        json(&rows)?;
        return Ok(Ending::Well);
    }
    let headings = [
        ("actor", 15),
        ("since", 10),
        ("entries", 8),
        ("who can sign with it", 28),
        ("name", REST),
    ];
    let mut table = Columns::new(&headings);
    for row in rows {
        let who = if row.own_passphrase {
            "one person, by a passphrase"
        } else {
            "whoever opens the case"
        };
        table.row([
            short(&row.actor.to_string()),
            row.since,
            row.entries.to_string(),
            who.to_owned(),
            row.name.unwrap_or_default(),
        ]);
    }
    table.print()?;
    Ok(Ending::Well)
}
