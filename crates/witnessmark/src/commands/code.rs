//! Coding: passages, claims, origins, estimates over the case.

use std::path::Path;

use witnessmark_case::CaseError;
use witnessmark_case::claims::codebook::STATED;
use witnessmark_case::claims::{Draft, Field};
use witnessmark_case::estimation::AnswerKind;

use crate::Ending;
use crate::arguments::{Arguments, ClaimArguments, CoverageArguments, EdgeArguments};
use crate::output::{json, line, note, short};

/// `cite`.
pub(super) fn cite(
    arguments: &Arguments,
    capture: &str,
    exact: &str,
    occurrence: Option<usize>,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "cite")?;
    super::judge::before_quoting(&mut case, arguments, capture)?;
    let cited = case.cite(capture, exact, occurrence)?;
    if arguments.json {
        json(&cited)?;
    } else {
        let new = if cited.new { "" } else { " (it was there already)" };
        line(&format!("{}{new}", cited.passage))?;
        let id = short(&cited.passage.to_string());
        if cited.unconfirmed {
            note(
                arguments.quiet,
                &format!(
                    "read by OCR, unread by a person. next: witnessmark show {id} --picture {id}.png; then: witnessmark confirm {id}"
                ),
            );
            return Ok(Ending::Well);
        }
        note(
            arguments.quiet,
            &format!("next: witnessmark claim {id} --act … --place … --count … --unit … --bound …",),
        );
    }
    Ok(Ending::Well)
}

/// Fills a draft from the options that were given; the others stay as they are.
fn fill(draft: &mut Draft, given: &ClaimArguments) {
    let options = [
        (Field::Act, &given.act),
        (Field::Place, &given.place),
        (Field::Count, &given.count),
        (Field::Low, &given.low),
        (Field::High, &given.high),
        (Field::Unit, &given.unit),
        (Field::Bound, &given.bound),
        (Field::Modality, &given.modality),
        (Field::AttributedTo, &given.attributed_to),
        (Field::SourceGrade, &given.source_grade),
        (Field::ItemGrade, &given.item_grade),
        (Field::Note, &given.note),
    ];
    for (field, value) in options {
        if let Some(value) = value {
            draft.set(field, value);
        }
    }
    if let Some(when) = &given.when {
        draft.set_when(when);
    }
}

/// `claim`.
pub(super) fn claim(arguments: &Arguments, given: &ClaimArguments) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "claim")?;
    if given.id.starts_with("clm-") {
        let reason = given.reason.as_deref().unwrap_or_default();
        let change = case.change_claim(&given.id, &|draft| fill(draft, given), reason)?;
        if arguments.json {
            json(&change)?;
        } else {
            line(&format!("{} changed", change.claim))?;
            for field in &change.changes {
                let shown =
                    |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
                line(&format!("  {}: {} → {}", field.field, shown(&field.was), shown(&field.now)))?;
            }
        }
        return Ok(Ending::Well);
    }
    if given.reason.is_some() {
        return Err(CaseError::usage(
            "`--reason` is for changing a claim",
            "leave it out, or name a claim (clm-…) instead of a passage",
        ));
    }
    let mut draft = Draft::default();
    fill(&mut draft, given);
    if given.modality.is_none() {
        draft.set(Field::Modality, STATED);
    }
    let claim = case.claim(&given.id, &draft)?;
    if arguments.json {
        json(&serde_json::json!({ "claim": claim.id, "stands": claim }))?;
    } else {
        line(&claim.id.to_string())?;
    }
    Ok(Ending::Well)
}

/// `import claims`.
pub(super) fn import_claims(arguments: &Arguments, file: &Path) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "import claims")?;
    let done = case.import_claims(file)?;
    if arguments.json {
        json(&done)?;
    } else {
        let repeated = match done.repeated {
            0 => String::new(),
            rows => format!("; {rows} rows were there already"),
        };
        line(&format!("{} claims on {} new passages{repeated}", done.claims.len(), done.passages))?;
    }
    Ok(Ending::Well)
}

/// `import origins`.
pub(super) fn import_origins(
    arguments: &Arguments,
    file: &Path,
    edges: Option<&Path>,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "import origins")?;
    let (origins, edges) = case.import_lineage(Some(file), edges)?;
    if arguments.json {
        json(&serde_json::json!({ "origins": origins, "edges": edges }))?;
    } else {
        line(&format!("{origins} origins, {edges} decisions on who rests on whom"))?;
    }
    Ok(Ending::Well)
}

/// `origins declare`.
pub(super) fn declare(
    arguments: &Arguments,
    capture: Option<&str>,
    name: &str,
    reason: &str,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "origins declare")?;
    let origin = case.declare_origin(capture, name, reason)?;
    if arguments.json {
        json(&origin)?
    } else {
        line(&origin.id.to_string())?
    }
    Ok(Ending::Well)
}

/// `origins confirm` and `origins reject`.
pub(super) fn decide(
    arguments: &Arguments,
    given: &EdgeArguments,
    confirmed: bool,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "origins")?;
    // Addresses hold colons too: the one that counts is the first behind which a capture has ended.
    let borders = given
        .edge
        .match_indices(':')
        .filter_map(|(at, _)| Some((given.edge.get(..at)?, given.edge.get(at + 1..)?)));
    let borders: Vec<(&str, &str)> = borders.collect();
    let known = borders.iter().find(|(later, _)| case.find_capture(later).is_ok());
    let Some((later, earlier)) = known.or(borders.first()).copied() else {
        return Err(CaseError::usage(
            format!("`{}` is not an edge", given.edge),
            "write LATER:EARLIER with two ids, names or addresses, such as cap-aaaa:cap-bbbb",
        ));
    };
    let how = (given.kind.as_str(), given.level.as_str());
    let edge = case.decide_lineage((later, earlier), how, confirmed, &given.reason)?;
    if arguments.json {
        json(&edge)?
    } else {
        line(&format!("{} {}", edge.id, edge.decision))?
    }
    Ok(Ending::Well)
}

/// `corroborate`.
pub(super) fn corroborate(arguments: &Arguments, claims: &[String]) -> Result<Ending, CaseError> {
    let case = super::open(arguments, "corroborate")?;
    let found = case.corroborate(claims)?;
    if arguments.json {
        json(&found)?;
        return Ok(Ending::Well);
    }
    let corroboration = &found.corroboration;
    line(&corroboration.sentence)?;
    for (name, level) in [("text", &corroboration.text), ("evidence", &corroboration.evidence)] {
        line(&format!("origins of {name}: {}", level.origins.len()))?;
        for origin in &level.origins {
            line(&format!("  {} ({} documents)", origin.name, origin.members.len()))?;
        }
        for member in &level.unknown {
            line(&format!("  unknown: {}", member.label))?;
        }
    }
    Ok(Ending::Well)
}

/// `estimate coverage` over the claims of a case.
pub(super) fn coverage(
    arguments: &Arguments,
    given: &CoverageArguments,
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "estimate")?;
    let act = given.act.as_deref().unwrap_or_default();
    let answer = case.estimate_coverage(act, &given.unit, given.as_of.as_deref())?;
    if arguments.json {
        json(&answer)?;
    } else {
        super::statistics::print_coverage(&answer.coverage)?;
        for text in &answer.reading {
            line(&format!("note: {text}"))?;
        }
        for omission in &answer.omissions {
            line(&format!("left out: {} ({})", omission.label, omission.text))?;
        }
        line(&answer.estimate.to_string())?;
    }
    Ok(Ending::flawed_if(answer.coverage.answer.kind == AnswerKind::Refused))
}
