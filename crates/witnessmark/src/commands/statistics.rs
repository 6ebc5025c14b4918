//! Estimates and agreement over sheets, without a case.

use std::path::Path;

use witnessmark_case::CaseError;
use witnessmark_case::estimation::agreement::{self, AgreementOptions, Rating};
use witnessmark_case::estimation::coverage::{
    Coverage, CoverageOptions, Judgement, PlaceTree, Pooling, Statement, coverage as bounds,
};
use witnessmark_case::estimation::overlap::{
    LatentClassOptions, ListSheet, Overlap, OverlapOptions, overlap_sheet,
};
use witnessmark_case::estimation::{
    AnswerKind, TableError, grouped, two_figures, two_figures_down, two_figures_up,
};

use super::pictures;
use super::plain::utf8;
use crate::Ending;
use crate::arguments::{AgreementArguments, Arguments, CoverageArguments, OverlapArguments};
use crate::output::{Columns, json, line, prose};

/// An error of a sheet, with the file that it is in.
pub(super) fn flawed(path: &Path) -> impl FnOnce(TableError) -> CaseError {
    let path = path.display().to_string();
    move |error| {
        let hint = error.hint().unwrap_or_default();
        CaseError::input(format!("{path}: {error}"), hint)
    }
}

/// `estimate coverage` over sheets.
pub(super) fn coverage(
    arguments: &Arguments,
    given: &CoverageArguments,
    statements: &Path,
) -> Result<Ending, CaseError> {
    let places = given.places.as_deref().unwrap_or(Path::new("places.csv"));
    let tree = PlaceTree::from_csv(&utf8(places)?).map_err(flawed(places))?;
    let list = Statement::list_from_csv(&utf8(statements)?).map_err(flawed(statements))?;
    let as_of = match &given.as_of {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            let hint = "write it as YYYY-MM-DD, YYYY-MM or YYYY";
            CaseError::usage(format!("`{text}` is not a date"), hint)
        })?),
    };
    let pooling = match &given.reporting_assumption {
        None => None,
        Some(path) => Some(Pooling { reporting_assumption: utf8(path)?, seed: given.seed }),
    };
    let options = CoverageOptions { as_of, pooling };
    let mut found = bounds(&tree, &list, &options).map_err(|error| {
        let hint = error.hint().unwrap_or_default();
        CaseError::input(format!("{}: {error}", statements.display()), hint)
    })?;
    if let Some(path) = &given.judgements {
        let judgements = Judgement::list_from_csv(&utf8(path)?).map_err(flawed(path))?;
        found = found.with_judgements(&judgements, given.seed).map_err(flawed(path))?;
    }
    if arguments.json {
        json(&found)?
    } else {
        print_coverage(&found)?
    }
    if let Some(folder) = &given.pictures {
        pictures::of_coverage(folder, &found, given.map.as_deref(), given.map_source.as_deref())?;
    }
    Ok(Ending::flawed_if(found.answer.kind == AnswerKind::Refused))
}

/// Prints bounds for people: the answer, then place by place.
pub(super) fn print_coverage(found: &Coverage) -> Result<(), CaseError> {
    prose(&found.answer.text)?;
    for set in &found.contradictions {
        line(&format!("cannot all be true: {}", set.join(", ")))?;
    }
    if !found.by_place.is_empty() {
        line("")?;
        let headings =
            [("place", 18), ("level", 10), ("residents", 11), ("at least", 11), ("at most", 11)];
        let mut table = Columns::new(&headings);
        for row in &found.by_place {
            table.row([
                row.place.clone(),
                row.level.clone(),
                grouped(row.population),
                grouped(row.low),
                grouped(row.high),
            ]);
        }
        table.print()?;
    }
    for text in &found.notes {
        prose(&format!("note: {text}"))?;
    }
    Ok(())
}

/// `estimate overlap`.
pub(super) fn overlap(
    arguments: &Arguments,
    given: &OverlapArguments,
) -> Result<Ending, CaseError> {
    let sheet = ListSheet::from_csv(&utf8(&given.lists)?).map_err(flawed(&given.lists))?;
    let is_length_given = given.burnin.is_some() || given.samples.is_some() || given.thin.is_some();
    let defaults = LatentClassOptions::default();
    let options = OverlapOptions {
        method: given.method,
        delta: given.delta,
        max_unseen: given.max_unseen,
        latent: LatentClassOptions {
            classes: given.classes.unwrap_or(defaults.classes),
            seed: given.seed,
            burn_in: given.burnin.unwrap_or(defaults.burn_in),
            samples: given.samples.unwrap_or(defaults.samples),
            thin: given.thin.unwrap_or(defaults.thin),
            // Whoever says how long the chains are gets chains of that length.
            most_doublings: if is_length_given { 0 } else { defaults.most_doublings },
            ..defaults
        },
        statement: given.statement.as_deref().map(utf8).transpose()?,
        is_linkage_reviewed: given.reviewed_linkage,
        has_no_shared_origin: given.no_shared_origin,
    };
    let found = overlap_sheet(&sheet, &options).map_err(|error| {
        CaseError::usage(error.to_string(), "`witnessmark estimate overlap --help` says more")
    })?;
    if arguments.json {
        json(&found)?;
    } else {
        prose(&found.answer.text)?;
        for rule in &found.answer.rules {
            line(&format!("rule {}: {}", rule.code.as_str(), rule.detail))?;
        }
        print_sensitivity(&found)?;
        let warning = found.replicates.as_ref().and_then(|replicates| replicates.warning.as_ref());
        if let Some(warning) = warning {
            prose(&format!("note: {warning}"))?;
        }
    }
    if let Some(folder) = &given.pictures {
        pictures::of_overlap(folder, &sheet, &found)?;
    }
    Ok(Ending::flawed_if(found.answer.kind == AnswerKind::Refused))
}

/// Prints how far the median moves with the prior weight, and with one list left out.
fn print_sensitivity(found: &Overlap) -> Result<(), CaseError> {
    let sensitivity = &found.sensitivity;
    if !sensitivity.delta_sweep.is_empty() || !sensitivity.without_list.is_empty() {
        line("")?;
        let headings = [("what was changed", 50), ("median", 14), ("95 % interval", 24)];
        let mut table = Columns::new(&headings);
        for step in &sensitivity.delta_sweep {
            let graph = if step.with_saturated { "" } else { ", without the saturated graph" };
            let [low, median, high] = step.quantiles;
            table.row([
                format!("prior weight {}{graph}", step.delta),
                two_figures(median),
                format!("{} to {}", two_figures_down(low), two_figures_up(high)),
            ]);
        }
        for without in &sensitivity.without_list {
            let median = without.median.map(|median| two_figures(median as u64));
            let pair =
                || without.chapman.map(|pair| format!("{} by two lists", two_figures(pair as u64)));
            table.row([
                format!("without the list {}", without.list),
                median.or_else(pair).unwrap_or_else(|| "none".to_owned()),
                String::new(),
            ]);
        }
        table.print()?;
    }
    Ok(())
}

/// `agreement`.
pub(super) fn agreement(
    arguments: &Arguments,
    given: &AgreementArguments,
) -> Result<Ending, CaseError> {
    let ratings = Rating::list_from_csv(&utf8(&given.ratings)?).map_err(flawed(&given.ratings))?;
    let options = AgreementOptions { seed: given.seed, ..AgreementOptions::default() };
    let found =
        agreement::agreement(&ratings, given.level, &options).map_err(flawed(&given.ratings))?;
    if arguments.json {
        json(&found)?;
    } else {
        let value = serde_json::to_value(&found)?;
        let number =
            |value: &serde_json::Value| value.as_f64().map(|number| format!("{number:.3}"));
        let alpha = &value["krippendorff_alpha"];
        if let Some(found) = number(&alpha["value"]) {
            let ends = (number(&alpha["ci95"][0]), number(&alpha["ci95"][1]));
            let interval = match ends {
                (Some(low), Some(high)) => {
                    format!(", 95 % of bootstrap samples in {low} to {high}")
                }
                _ => String::new(),
            };
            line(&format!("Krippendorff's alpha {found}{interval}"))?;
        }
        let others = [
            ("Cohen's kappa", &value["cohen_kappa"]["unweighted"]),
            ("Fleiss' kappa", &value["fleiss_kappa"]),
            ("Gwet's AC1", &value["gwet_ac1"]["value"]),
        ];
        for (name, value) in others {
            if let Some(found) = number(value) {
                line(&format!("{name} {found}"))?;
            }
        }
        line(&format!(
            "{} units, {} coders, {} pairable values",
            value["units"], value["coders"], value["pairable_values"]
        ))?;
        if let Some(text) = value["refused"]["text"].as_str() {
            line(&format!("refused: {text}"))?;
        }
    }
    Ok(Ending::flawed_if(found.refused.is_some()))
}
