//! `search`, and what people say of their searches elsewhere.

use std::time::SystemTime;

use witnessmark_case::text::SearchOptions;
use witnessmark_case::{Case, CaseError, DeclaredSearch, SearchDeclaration};

use crate::Ending;
use crate::arguments::{Arguments, RecordSearchArguments, SearchArguments};
use crate::output::{self, Columns, REST, fit, json, line, short};

/// `search`.
pub(super) fn search(arguments: &Arguments, search: &SearchArguments) -> Result<Ending, CaseError> {
    let mut case = super::open(arguments, "search")?;
    let options = SearchOptions {
        language: search.language.clone(),
        from: search.from.clone(),
        to: search.to.clone(),
        limit: search.limit,
        variants: search.variants,
        fold: !search.all,
        ..SearchOptions::default()
    };
    #[allow(clippy::disallowed_methods, reason = "a search says how long it took")]
    let started = SystemTime::now();
    let mut found = case.search(&search.query, search.place.as_deref(), &options)?;
    found.took_ms =
        started.elapsed().map_or(0, |took| u64::try_from(took.as_millis()).unwrap_or(0));
    if arguments.json {
        json(&found)?;
        return Ok(Ending::Well);
    }
    for warning in &found.warnings {
        output::note(arguments.quiet, &format!("warning: {warning}"));
    }
    for hit in &found.hits {
        let mark =
            if hit.verdict == "content" { String::new() } else { format!(" ! {}", hit.verdict) };
        let id = short(&hit.capture.to_string());
        let room = output::width().saturating_sub(26 + mark.len());
        line(&format!("{id}  {:<8}{mark} {}", hit.language, fit(&hit.title, room)))?;
        if let (Some((before, after)), Some(place)) = (&hit.around, hit.passages.first()) {
            // A line ends where a page does, too.
            const ENDS: [char; 2] = ['\n', '\u{c}'];
            let before = before.rsplit(ENDS).next().unwrap_or_default().replace('\t', " ");
            let after = after.split(ENDS).next().unwrap_or_default().replace('\t', " ");
            line(&format!("    {before}[{}]{after}", place.exact))?;
            let more = hit.passages.len() - 1;
            let more = if more > 0 { format!(", and {more} more places") } else { String::new() };
            line(&format!("    characters {} to {}{more}", place.start, place.end))?;
        }
        if let Some(first) = hit.folded.first() {
            let (count, first) = (hit.folded.len(), short(&first.to_string()));
            let (noun, dots) =
                if count == 1 { ("near-duplicate", "") } else { ("near-duplicates", ", …") };
            line(&format!("    and {count} {noun}: {first}{dots}"))?;
        }
    }
    let (shown, total) = (found.hits.len(), found.total);
    let folded: usize = found.hits.iter().map(|hit| hit.folded.len()).sum();
    let folded = match folded {
        0 => String::new(),
        folded => format!(" ({folded} more folded into them, --all shows each)"),
    };
    line(&format!("{shown} of {total} captures{folded}, {} ms", found.took_ms))?;
    Ok(Ending::Well)
}

/// `record search`.
pub(super) fn record(
    arguments: &Arguments,
    search: &RecordSearchArguments,
) -> Result<Ending, CaseError> {
    let mut case = super::open(arguments, "record search")?;
    let kept = case.record_search(&SearchDeclaration {
        searched: search.searched.clone(),
        query: search.query.clone(),
        found: search.found.clone(),
        on: search.on.clone(),
        captures: search.capture.clone(),
        note: search.note.clone(),
    })?;
    if arguments.json {
        json(&kept)?;
        return Ok(Ending::Well);
    }
    line(&kept.search.to_string())?;
    output::note(
        arguments.quiet,
        &format!("{} in {}: {}", kept.query, kept.searched, results(&kept)),
    );
    Ok(Ending::Well)
}

/// `list searches`.
pub(super) fn list(arguments: &Arguments, case: &Case) -> Result<(), CaseError> {
    let rows = case.declared_searches()?;
    if arguments.json {
        return json(&rows);
    }
    let headings = [("search", 15), ("on", 10), ("found", 12), ("where", 28), ("for", REST)];
    let mut table = Columns::new(&headings);
    for row in rows {
        let day = row.on.clone().unwrap_or_else(|| row.at.chars().take(10).collect());
        let (id, found) = (short(&row.search.to_string()), results(&row));
        table.row([id, day, found, row.searched, row.query]);
    }
    table.print()
}

fn results(search: &DeclaredSearch) -> String {
    match search.found {
        None => "some".to_owned(),
        Some(0) => "nothing".to_owned(),
        Some(number) => number.to_string(),
    }
}
