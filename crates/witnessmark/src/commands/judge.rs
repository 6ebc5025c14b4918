//! Looking at captures, and saying what they are.

use std::io::IsTerminal;

use console::{Key, Term};
use witnessmark_case::{CaptureRow, Case, CaseError};

use crate::Ending;
use crate::arguments::{Arguments, ConfirmArguments};
use crate::output::{self, json, line, note, short};

/// The keys that stand for verdicts.
const KEYS: &[(char, &str)] = &[
    ('c', "content"),
    ('l', "login-wall"),
    ('b', "bot-block"),
    ('g', "geo-block"),
    ('r', "removal-notice"),
    ('4', "soft-404"),
    ('e', "error"),
    ('m', "empty"),
    ('p', "partial"),
    ('d', "duplicate"),
    ('u', "unclear"),
];

/// What a person answered.
enum Answer {
    Agrees,
    Is(&'static str),
    Skips,
    Quits,
}

/// Whether there is somebody to ask.
fn can_ask(arguments: &Arguments) -> bool {
    !arguments.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Shows what is to be judged, and waits for one key.
fn ask(case: &mut Case, row: &CaptureRow) -> Result<Answer, CaseError> {
    let text = case.text_of(row)?;
    line("")?;
    line(&format!(
        "{}  {}",
        short(&row.capture.to_string()),
        text.title.as_deref().unwrap_or(&row.name)
    ))?;
    if let Some(url) = &row.url {
        line(&format!("  {url}"))?;
    }
    if let Some(words) = &text.text {
        let flat = words.split_whitespace().collect::<Vec<_>>().join(" ");
        output::prose(&format!("  {}", output::fit(&flat, 400)))?;
    }
    line(&format!("  the program takes it for: {} ({})", row.is(), row.grounds))?;
    let keys: Vec<String> = KEYS.iter().map(|(key, code)| format!("{key} {code}")).collect();
    output::prose(&format!("  Enter agree, {}, s skip, q quit", keys.join(", ")))?;
    let terminal = Term::stderr();
    loop {
        match key(&terminal)? {
            Key::Enter | Key::Char('y') => return Ok(Answer::Agrees),
            Key::Char('s') => return Ok(Answer::Skips),
            Key::Char('q') | Key::Escape | Key::CtrlC => return Ok(Answer::Quits),
            Key::Char(typed) => {
                if let Some((_, code)) = KEYS.iter().find(|(key, _)| *key == typed) {
                    return Ok(Answer::Is(code));
                }
            }
            _ => {}
        }
    }
}

/// Before a quotation: where there is somebody to ask and something to ask, asks.
pub(super) fn before_quoting(
    case: &mut Case,
    arguments: &Arguments,
    capture: &str,
) -> Result<(), CaseError> {
    let row = case.capture_row(capture)?;
    if !row.needs_confirmation() || !can_ask(arguments) {
        return Ok(());
    }
    let code = match ask(case, &row)? {
        Answer::Agrees => None,
        Answer::Is(code) => Some(code),
        Answer::Skips | Answer::Quits => return Ok(()),
    };
    case.confirm(&row.capture.to_string(), code, None)?;
    Ok(())
}

/// `confirm`.
pub(super) fn confirm(
    arguments: &Arguments,
    given: &ConfirmArguments,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "confirm")?;
    if given.captures.is_empty() {
        return review(&mut case, arguments);
    }
    let passages = given.captures.iter().filter(|id| id.starts_with("psg-")).count();
    if passages > 0 {
        if passages < given.captures.len() || given.verdict.is_some() {
            return Err(CaseError::usage(
                "captures and passages are not confirmed together",
                "confirm the captures first, without the passages",
            ));
        }
        return passages_of(&mut case, arguments, given);
    }
    if given.reads.is_some() || given.by.is_some() {
        return Err(CaseError::usage(
            "`--reads` and `--by` are for passages that OCR read",
            "name passages (psg-…); `witnessmark list passages --unconfirmed` shows them",
        ));
    }
    let mut judged = Vec::new();
    for capture in &given.captures {
        judged.push(case.confirm(capture, given.verdict.as_deref(), given.note.as_deref())?);
    }
    if arguments.json {
        json(&judged)?;
        return Ok(Ending::Well);
    }
    for one in judged {
        let before = if one.new { "" } else { " (said before)" };
        line(&format!("{}: {}{before}", one.capture, one.verdict))?;
    }
    Ok(Ending::Well)
}

/// Confirms passages that OCR read; where there is somebody to ask, asks before each.
fn passages_of(
    case: &mut Case,
    arguments: &Arguments,
    given: &ConfirmArguments,
) -> Result<Ending, CaseError> {
    let (reads, by) = (given.reads.as_deref(), given.by.as_deref());
    if reads.is_some() && given.captures.len() > 1 {
        return Err(CaseError::usage(
            "`--reads` says what one passage says, and several were named",
            "confirm them one by one",
        ));
    }
    let mut confirmed = Vec::new();
    for passage in &given.captures {
        if can_ask(arguments) && reads.is_none() && !agrees(case, passage)? {
            let id = short(passage);
            note(
                arguments.quiet,
                &format!(
                    "{id} stays unconfirmed; if the picture says something else: witnessmark confirm {id} --reads TEXT"
                ),
            );
            continue;
        }
        confirmed.push(case.confirm_passage(passage, reads, by, given.note.as_deref())?);
    }
    if arguments.json {
        json(&confirmed)?;
        return Ok(Ending::Well);
    }
    for one in confirmed {
        let before = if one.new { "" } else { " (said before)" };
        line(&format!("{}: compared with the picture{before}", one.passage))?;
        if let Some(reads) = &one.reads {
            line(&format!("  a person reads there: {reads}"))?;
        }
    }
    Ok(Ending::Well)
}

/// Waits for a key.
fn key(terminal: &Term) -> Result<Key, CaseError> {
    let fail = |cause| CaseError::file("read from", std::path::Path::new("the terminal"), &cause);
    terminal.read_key().map_err(fail)
}

/// Shows what OCR read, says how to see the picture, and waits for one key.
fn agrees(case: &Case, passage: &str) -> Result<bool, CaseError> {
    let (found, standing) = case.passage_on_picture(passage)?;
    let id = short(&found.id.to_string());
    line("")?;
    line(&format!("{id}  read by OCR: {}", standing.reader))?;
    line("")?;
    output::quotable(&found.exact)?;
    line("")?;
    output::prose(&format!(
        "  Look at the picture beside it: witnessmark show {id} --picture {id}.png"
    ))?;
    output::prose("  Does the picture say exactly this, every digit? y yes, n no")?;
    let terminal = Term::stderr();
    loop {
        match key(&terminal)? {
            Key::Char('y') => return Ok(true),
            Key::Char('n' | 'q') | Key::Escape | Key::CtrlC => return Ok(false),
            _ => {}
        }
    }
}

/// Goes through all that nobody has looked at, one key each.
fn review(case: &mut Case, arguments: &Arguments) -> Result<Ending, CaseError> {
    let waiting = case.unconfirmed()?;
    if !can_ask(arguments) {
        if arguments.json {
            json(&waiting)?;
        } else {
            for row in &waiting {
                let name = row.url.as_deref().unwrap_or(&row.name);
                line(&format!(
                    "{}{}  {}  {name}",
                    row.mark(),
                    row.is(),
                    short(&row.capture.to_string())
                ))?;
            }
        }
        let left = output::count(waiting.len(), "capture");
        note(arguments.quiet, &format!("{left} to look at; name them, or call this on a terminal"));
        return Ok(Ending::Well);
    }
    let mut said = 0;
    for (number, row) in waiting.iter().enumerate() {
        line(&format!("\n{} of {}", number + 1, waiting.len()))?;
        let code = match ask(case, row)? {
            Answer::Agrees => None,
            Answer::Is(code) => Some(code),
            Answer::Skips => continue,
            Answer::Quits => break,
        };
        let judged = case.confirm(&row.capture.to_string(), code, None)?;
        said += 1;
        line(&format!("  {}", judged.verdict))?;
    }
    let left = waiting.len() - said;
    note(arguments.quiet, &format!("{} judged, {left} left", output::count(said, "capture")));
    Ok(Ending::Well)
}

/// `compare`.
pub(super) fn compare(
    arguments: &Arguments,
    earlier: &str,
    later: &str,
) -> Result<Ending, CaseError> {
    let mut case = super::open(arguments, "compare")?;
    let comparison = case.compare(earlier, later)?;
    if arguments.json {
        json(&comparison)?;
        return Ok(Ending::Well);
    }
    for row in comparison.to_plain(output::width()).lines() {
        line(row)?;
    }
    for text in &comparison.notes {
        line(&format!("! {text}"))?;
    }
    Ok(Ending::Well)
}
