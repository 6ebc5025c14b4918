//! Linkage of lists and reconciliation of codings, over sheets; nothing is stored.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use witnessmark_case::CaseError;
use witnessmark_case::estimation::grouped;
use witnessmark_case::estimation::linkage::{
    AgreementLevel, Field, FieldWeights, Linkage, LinkagePlan, Record, RecordTable, link as join,
    reviewed_from_csv,
};
use witnessmark_case::estimation::overlap::Lists;
use witnessmark_case::estimation::reconcile::{
    Coding, Lineage, ReconcileOptions, reconcile as weigh,
};

use super::plain::utf8;
use super::statistics::flawed;
use crate::Ending;
use crate::arguments::{Arguments, LinkArguments, ReconcileArguments};
use crate::output::{Columns, count, json, line, prose};

/// The answer of `link`, without anything by which a person could be found again.
#[derive(Serialize)]
struct Answer<'a> {
    lists: Vec<ListAnswer<'a>>,
    records: usize,
    persons: u64,
    patterns: Vec<PatternAnswer<'a>>,
    replicates: Vec<Vec<PatternAnswer<'a>>>,
    review: Vec<DoubtfulPair<'a>>,
    reviewed: usize,
    pairs_compared: usize,
    match_share: f64,
    fields: &'a [FieldWeights],
    text: String,
}

#[derive(Serialize)]
struct ListAnswer<'a> {
    name: &'a str,
    records: usize,
    no_repeats: bool,
}

#[derive(Serialize)]
struct PatternAnswer<'a> {
    lists: Vec<&'a str>,
    count: u64,
}

#[derive(Serialize)]
struct DoubtfulPair<'a> {
    a: Place<'a>,
    b: Place<'a>,
    probability: f64,
    agreement: BTreeMap<&'a str, AgreementLevel>,
}

/// Where a record stands in the user's own sheets.
#[derive(Clone, Copy, Serialize)]
struct Place<'a> {
    list: &'a str,
    row: u64,
}

/// `link`.
pub(super) fn link(arguments: &Arguments, given: &LinkArguments) -> Result<Ending, CaseError> {
    keep_out_of_cases(arguments, given)?;
    let mut plan = plan(given)?;
    let mut records = Vec::new();
    let mut places = Vec::new();
    let mut sizes = Vec::new();
    for (list, path) in given.lists.iter().enumerate() {
        let table = RecordTable::from_csv(&utf8(path)?, &plan.fields).map_err(flawed(path))?;
        sizes.push(table.cells.len());
        places.extend(table.rows.into_iter().map(|row| (list, row)));
        records.extend(table.cells.into_iter().map(|cells| Record { list, cells }));
    }
    if let Some(path) = &given.reviewed {
        plan.reviewed = reviewed(path, &plan.lists, &places)?;
    }
    let found = join(&records, &plan).map_err(|error| {
        CaseError::input(error.to_string(), "`witnessmark link --help` says what is meant")
    })?;
    let answer = answer(&plan, &found, &places, &sizes);
    if let Some(path) = &given.queue {
        write(path, &queue_csv(&answer))?;
    }
    if let Some(path) = &given.patterns {
        write(path, &patterns_csv(&found))?;
    }
    if arguments.json {
        json(&answer)?;
    } else {
        print(&answer)?;
    }
    Ok(Ending::Well)
}

/// Lists of persons are compared where they lie: no record of them may lie in a case, sealed or open, and none is
/// written anywhere.
fn keep_out_of_cases(arguments: &Arguments, given: &LinkArguments) -> Result<(), CaseError> {
    let hint = "keep lists of persons outside of cases: what is in a case stays there, and can come into a dossier";
    if arguments.case.is_some() {
        return Err(CaseError::usage("`link` takes no case: it stores nothing", hint));
    }
    let files =
        given.lists.iter().chain(&given.reviewed).chain(&given.queue).chain(&given.patterns);
    for file in files {
        let whole = std::path::absolute(file)
            .map_err(|cause| CaseError::file("find out where we are:", file, &cause))?;
        let whole = whole.canonicalize().unwrap_or(whole);
        if whole.ancestors().any(|folder| folder.join("case.toml").is_file()) {
            let fact = format!("{} lies in a case", file.display());
            return Err(CaseError::usage(fact, hint));
        }
    }
    Ok(())
}

fn plan(given: &LinkArguments) -> Result<LinkagePlan, CaseError> {
    let usage = |fact: String, hint: &str| CaseError::usage(fact, hint);
    let mut lists: Vec<String> = Vec::new();
    for path in &given.lists {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        if lists.contains(&name) {
            let fact = format!("two lists have the name `{name}`");
            return Err(usage(fact, "a list has the name of its file; rename one"));
        }
        lists.push(name);
    }
    let mut fields = Vec::new();
    for text in &given.field {
        let hint = "write NAME=exact, NAME=jaro-winkler or NAME=edit";
        let (name, how) = text.rsplit_once('=').unwrap_or((text.as_str(), "exact"));
        let agreement = how.parse().map_err(|error: String| usage(error, hint))?;
        fields.push(Field::new(name, agreement));
    }
    let number = |name: &str| {
        let position = fields.iter().position(|field| field.name == name);
        let fact = || format!("the block column `{name}` is no --field");
        position.ok_or_else(|| usage(fact(), "name it with --field too"))
    };
    let block = |text: &String| text.split(',').map(|name| number(name.trim())).collect();
    let blocks = given.block.iter().map(block).collect::<Result<_, _>>()?;
    let list = |name: &String| {
        let position = lists.iter().position(|list| list == name);
        let fact = || format!("there is no list `{name}`");
        position.ok_or_else(|| usage(fact(), "a list has the name of its file"))
    };
    let lists_without_repeats = given.no_repeats.iter().map(list).collect::<Result<_, _>>()?;
    Ok(LinkagePlan {
        lists_without_repeats,
        lists,
        fields,
        blocks,
        threshold: given.threshold,
        review: [given.doubt_from, given.doubt_to],
        replicates: given.replicates,
        seed: given.seed,
        reviewed: BTreeMap::new(),
    })
}

/// A person's judgements, by numbers of records.
fn reviewed(
    path: &Path,
    lists: &[String],
    places: &[(usize, u64)],
) -> Result<BTreeMap<[usize; 2], bool>, CaseError> {
    let numbers: BTreeMap<(usize, u64), usize> =
        places.iter().enumerate().map(|(number, place)| (*place, number)).collect();
    let mut found = BTreeMap::new();
    for (pair, is_same) in reviewed_from_csv(&utf8(path)?, lists).map_err(flawed(path))? {
        let mut records = [0, 0];
        for (record, place) in records.iter_mut().zip(pair) {
            *record = *numbers.get(&place).ok_or_else(|| {
                let list = lists.get(place.0).map(String::as_str).unwrap_or_default();
                let fact = format!("{}: the list {list} has no row {}", path.display(), place.1);
                CaseError::input(fact, "rows are counted as in a spreadsheet; the header is row 1")
            })?;
        }
        records.sort_unstable();
        if records[0] == records[1] {
            let fact = format!("{}: a record is paired with itself", path.display());
            return Err(CaseError::input(fact, "take the row out"));
        }
        found.insert(records, is_same);
    }
    Ok(found)
}

fn answer<'a>(
    plan: &'a LinkagePlan,
    found: &'a Linkage,
    places: &[(usize, u64)],
    sizes: &[usize],
) -> Answer<'a> {
    let name = |list: usize| plan.lists.get(list).map(String::as_str).unwrap_or_default();
    let place = |record: usize| {
        let (list, row) = places.get(record).copied().unwrap_or_default();
        Place { list: name(list), row }
    };
    let pair = |(pair, levels): (&_, &'a Vec<AgreementLevel>)| {
        let pair: &witnessmark_case::estimation::linkage::ReviewPair = pair;
        DoubtfulPair {
            a: place(pair.records[0]),
            b: place(pair.records[1]),
            probability: pair.probability,
            agreement: plan
                .fields
                .iter()
                .map(|field| field.name.as_str())
                .zip(levels.iter().copied())
                .collect(),
        }
    };
    let review: Vec<DoubtfulPair<'a>> =
        found.review.iter().zip(&found.review_levels).map(pair).collect();
    let persons = found.patterns.documented().persons();
    let records = sizes.iter().sum();
    let mut text = format!(
        "{} records in {} come down to {} persons, if every pair with a probability of {} or more is \
         one person.",
        grouped(records as u64),
        count(sizes.len(), "list"),
        grouped(persons),
        plan.threshold
    );
    if review.is_empty() {
        text.push_str(" No pair is in doubt.");
    } else {
        let _ = write!(
            text,
            " {} in doubt; a person reviews them before the counts are used.",
            match review.len() {
                1 => "1 pair is".to_owned(),
                many => format!("{} pairs are", grouped(many as u64)),
            }
        );
    }
    text.push_str(" Nothing was stored, and nobody was given an id.");
    Answer {
        lists: sizes
            .iter()
            .enumerate()
            .map(|(list, size)| ListAnswer {
                name: name(list),
                records: *size,
                no_repeats: plan.lists_without_repeats.contains(&list),
            })
            .collect(),
        records,
        persons,
        patterns: patterns(&found.patterns),
        replicates: found.replicates.iter().map(patterns).collect(),
        review,
        reviewed: plan.reviewed.len(),
        pairs_compared: found.pairs_compared,
        match_share: found.match_share,
        fields: &found.fields,
        text,
    }
}

fn patterns(lists: &Lists) -> Vec<PatternAnswer<'_>> {
    let of = |(pattern, count)| PatternAnswer { lists: lists.names_of(pattern), count };
    lists.patterns().map(of).collect()
}

fn print(answer: &Answer<'_>) -> Result<(), CaseError> {
    prose(&answer.text)?;
    line("")?;
    let mut table = Columns::new(&[("on the lists", 60), ("persons", 12)]);
    for pattern in &answer.patterns {
        table.row([pattern.lists.join(" + "), grouped(pattern.count)]);
    }
    table.print()
}

fn queue_csv(answer: &Answer<'_>) -> String {
    let mut text = "list_a,row_a,list_b,row_b,same,probability".to_owned();
    let fields: Vec<&str> = answer.fields.iter().map(|field| field.field.as_str()).collect();
    for field in &fields {
        let _ = write!(text, ",{}", cell(field));
    }
    text.push('\n');
    for pair in &answer.review {
        let _ = write!(
            text,
            "{},{},{},{},,{:.3}",
            cell(pair.a.list),
            pair.a.row,
            cell(pair.b.list),
            pair.b.row,
            pair.probability
        );
        for field in &fields {
            let level = match pair.agreement.get(field) {
                Some(AgreementLevel::Equal) => "equal",
                Some(AgreementLevel::Close) => "close",
                Some(AgreementLevel::Near) => "near",
                Some(AgreementLevel::Different) => "different",
                Some(AgreementLevel::Unknown) | None => "unknown",
            };
            let _ = write!(text, ",{level}");
        }
        text.push('\n');
    }
    text
}

/// With several linkages those, else the one at the threshold.
fn patterns_csv(found: &Linkage) -> String {
    let names: Vec<String> = found.patterns.names().iter().map(|name| cell(name)).collect();
    let mut text = String::new();
    let has_several = !found.replicates.is_empty();
    if has_several {
        text.push_str("replicate,");
    }
    let _ = writeln!(text, "{},count", names.join(","));
    let linkages = if has_several {
        found.replicates.as_slice()
    } else {
        std::slice::from_ref(&found.patterns)
    };
    for (number, lists) in (1..).zip(linkages) {
        for (pattern, count) in lists.patterns() {
            if has_several {
                let _ = write!(text, "{number},");
            }
            for list in 0..names.len() {
                let _ = write!(text, "{},", pattern >> list & 1);
            }
            let _ = writeln!(text, "{count}");
        }
    }
    text
}

/// A cell of CSV, quoted where it must be (RFC 4180).
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn write(path: &PathBuf, text: &str) -> Result<(), CaseError> {
    std::fs::write(path, text).map_err(|cause| CaseError::file("write", path, &cause))
}

/// `reconcile`.
pub(super) fn reconcile(
    arguments: &Arguments,
    given: &ReconcileArguments,
) -> Result<Ending, CaseError> {
    let codings = Coding::list_from_csv(&utf8(&given.codings)?).map_err(flawed(&given.codings))?;
    let lineage = match &given.lineage {
        None => Lineage::default(),
        Some(path) => Lineage::from_csv(&utf8(path)?).map_err(flawed(path))?,
    };
    let options =
        ReconcileOptions { smoothing: given.smoothing, suggests_copies: given.suggest_copies };
    let found = weigh(&codings, &lineage, &options).ok_or_else(|| {
        CaseError::usage("--smoothing must be a number, 0 or more", "0.1 if none is given")
    })?;
    if arguments.json {
        json(&found)?;
    } else {
        prose(&found.text)?;
        if !found.items.is_empty() {
            line("")?;
            let headings = [("item", 32), ("value", 24), ("probability", 11), ("codings", 8)];
            let mut table = Columns::new(&headings);
            for item in &found.items {
                table.row([
                    item.item.clone(),
                    item.value.clone().unwrap_or_else(|| "undecided".to_owned()),
                    format!("{:.2}", item.probability),
                    item.codings.to_string(),
                ]);
            }
            table.print()?;
        }
    }
    Ok(Ending::flawed_if(found.refused.is_some()))
}
