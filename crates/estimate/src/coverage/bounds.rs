//! The answer: bounds of the whole and of each place, and what each rests on.

use super::contradiction::contradictions;
use super::documented;
use super::judgement::Elicited;
use super::places::PlaceTree;
use super::pooling::{self, Leaf, Pooled, Pooling};
use super::program::{Calendar, Extreme, Grounds, Program};
use super::statements::{Range, SCALE, Statement, reading_notes, rows_of};
use super::wording::{self, Quoted};
use crate::answer::{Answer, AnswerKind, Documented, Rule, RuleCode, grouped};
use crate::day::Day;
use crate::linear::Overflow;
use crate::linear::Side;
use crate::table::TableError;
use serde::Serialize;

/// What a caller may choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageOptions {
    /// The day up to which the count is wanted; the last date stated if none is given.
    pub as_of: Option<Day>,
    /// Ask for a pooled estimate too, under this assumption.
    pub pooling: Option<Pooling>,
}

/// What statements imply about a tree of places; see the [module](super) for the program.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// The day the figures are for; none where no statement is dated.
    pub as_of: Option<Day>,
    /// Residents of all places.
    pub population: u64,
    /// What sources state outright: the greatest sum of counts of places that do not lie in each
    /// other, where each counts with the greatest figure stated of it by `as_of`.
    pub documented: Documented,
    /// The statements that `documented` is the sum of.
    pub documented_from: Vec<String>,
    /// Least and greatest total; none where statements contradict each other.
    pub bounds: Option<Bounds>,
    /// Least and greatest count of each place, in the order of the table; empty where statements
    /// contradict each other. Lows (and highs) of places need not hold at the same time.
    pub by_place: Vec<PlaceBounds>,
    /// The pooled estimate, if it was asked for and could be made.
    pub pooled: Option<Pooled>,
    /// What experts think, if they were asked: see [`Coverage::with_judgements`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elicited: Option<Elicited>,
    /// Sets of statements that cannot all be true, each as small as could be found.
    pub contradictions: Vec<Vec<String>>,
    /// What can be said.
    pub answer: Answer,
    /// How figures and dates were read, where a reader should know.
    pub notes: Vec<String>,
}

/// Least and greatest total in whole persons, rounded outward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// The sources imply at least this many.
    pub low: u64,
    /// The sources cannot exclude this many.
    pub high: u64,
    /// What proves `low`.
    pub low_from: Ground,
    /// What proves `high`.
    pub high_from: Ground,
}

/// What a bound rests on: with these alone it would be the same.
///
/// The proof is the dual solution of the linear program: statements and populations whose rows hold
/// the optimum where it is. Where several sets prove the same bound, one of them is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ground {
    /// Ids of statements, in the order of the list.
    pub statements: Vec<String>,
    /// Places whose residents limit the count, or `rest of P` for what is left of P.
    pub populations: Vec<String>,
}

/// What is implied about one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceBounds {
    /// The place.
    pub place: String,
    /// The place it lies in.
    pub parent: Option<String>,
    /// Its level in the caller's words.
    pub level: String,
    /// Its residents.
    pub population: u64,
    /// What sources state outright of it or of its parts.
    pub documented: Documented,
    /// At least this many there.
    pub low: u64,
    /// At most this many there.
    pub high: u64,
    /// Statements about the place itself, and those that prove its bounds.
    pub statements: Vec<String>,
    /// What proves `low`.
    pub low_from: Ground,
    /// What proves `high`.
    pub high_from: Ground,
}

/// Why a coverage question has no answer at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoverageError {
    /// The tables are wrong: for the person who wrote them.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The program's numbers grew beyond 128 bits: for the maintainers.
    #[error("the bounds cannot be computed exactly: a number needs more than 128 bits")]
    BeyondExact,
    /// A pooled estimate was asked for without a written assumption: for the person who asks.
    #[error("the assumption on reporting is empty")]
    NoReportingAssumption,
}

impl CoverageError {
    /// What to do about it, if there is a general answer.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Table(error) => error.hint(),
            Self::NoReportingAssumption => Some(
                "write why some places report and others do not; nothing in the counts shows it"
                    .to_owned(),
            ),
            Self::BeyondExact => Some("ask the question for each part of the tree".to_owned()),
        }
    }
}

impl From<Overflow> for CoverageError {
    fn from(_: Overflow) -> Self {
        Self::BeyondExact
    }
}

/// Answers what `statements` imply about `tree`; see the [module](super) for method and example.
///
/// # Errors
/// [`CoverageError::Table`] where a statement is wrong in itself or beside the places: an unknown
/// place, a duplicate id, a share outside 0 % to 100 % or one that can be read in two ways.
/// Statements that contradict each other are no error: the answer is a refusal that names them.
pub fn coverage(
    tree: &PlaceTree,
    statements: &[Statement],
    options: &CoverageOptions,
) -> Result<Coverage, CoverageError> {
    if options.pooling.as_ref().is_some_and(|asked| asked.reporting_assumption.trim().is_empty()) {
        return Err(CoverageError::NoReportingAssumption);
    }
    let mut ranges = rows_of(tree, statements)?;
    let calendar = Calendar::new(statements, options.as_of);
    for undated in &calendar.undated {
        if let Some((_, range)) = ranges.get_mut(*undated) {
            range.high = None;
        }
    }
    let places: Vec<usize> = ranges.iter().map(|(place, _)| *place).collect();
    let stated = documented::by_place(tree, statements, &places, &calendar);
    let whole = documented::together(tree.roots(), &stated);
    let documented = Documented::new(whole.persons);
    let population = tree.total_population();
    let names = Names { tree, statements };
    let quoted = Quoted::new(tree, statements, documented);

    let all: Vec<usize> = (0..statements.len()).collect();
    let mut program = Program::new(tree, &ranges, &calendar, &all);
    let mut found = Coverage {
        as_of: calendar.as_of,
        population,
        documented,
        documented_from: names.ids(&whole.statements),
        bounds: None,
        by_place: Vec::new(),
        pooled: None,
        elicited: None,
        contradictions: Vec::new(),
        answer: Answer {
            kind: AnswerKind::Refused,
            low: None,
            point: None,
            high: None,
            rules: Vec::new(),
            text: String::new(),
        },
        notes: notes(tree, statements, &calendar),
    };
    if program.find_point()?.is_err() {
        let sets = contradictions(tree, &ranges, &calendar)?;
        let mut sentences = Vec::new();
        for set in &sets {
            let ids = names.ids(&set.statements);
            let detail = wording::contradiction(&ids, set.is_smallest);
            sentences.push(detail.clone());
            found.answer.rules.push(Rule { code: RuleCode::Contradiction, detail });
            found.contradictions.push(ids);
        }
        found.answer.text = wording::contradicted(documented, calendar.as_of, &sentences);
        return Ok(found);
    }
    let low = program.total(Side::Low)?;
    let high = program.total(Side::High)?;
    let bounds = Bounds {
        low: floor(&low)?,
        high: ceiling(&high, population)?,
        low_from: names.ground(&program, &low.grounds),
        high_from: names.ground(&program, &high.grounds),
    };
    found.by_place = by_place(&mut program, &names, &ranges, &stated)?;
    if let Some(asked) = &options.pooling {
        found.pooled = pooling::pool(&leaves(tree, &found.by_place), asked);
        if found.pooled.is_none() {
            found.notes.push(format!(
                "No pooled estimate: it needs {} places without parts whose count is known exactly.",
                pooling::FEWEST
            ));
        }
    }
    found.answer.kind = AnswerKind::Set;
    found.answer.low = Some(bounds.low);
    found.answer.high = Some(bounds.high);
    found.answer.text =
        wording::with_bounds(&bounds, documented, population, calendar.as_of, &quoted);
    if let Some(pooled) = &found.pooled {
        found.answer.text.push_str(&wording::pooled(pooled));
    }
    found.bounds = Some(bounds);
    Ok(found)
}

/// The smallest places with their ranges, and what lives in no listed part of a larger one.
fn leaves(tree: &PlaceTree, by_place: &[PlaceBounds]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (number, place) in by_place.iter().enumerate() {
        let parts = tree.parts(number);
        if parts.is_empty() {
            leaves.push(Leaf { residents: place.population, low: place.low, high: place.high });
            continue;
        }
        let listed: u64 = parts.iter().map(|part| tree.residents(*part)).sum();
        let rest = place.population.saturating_sub(listed);
        leaves.push(Leaf { residents: rest, low: 0, high: rest.min(place.high) });
    }
    leaves
}

/// Bounds of every place; those of a place within a group follow from the group's.
fn by_place(
    program: &mut Program<'_>,
    names: &Names<'_>,
    ranges: &[(usize, Range)],
    stated: &[documented::Stated],
) -> Result<Vec<PlaceBounds>, CoverageError> {
    let tree = names.tree;
    let mut groups = Vec::with_capacity(program.groups());
    for group in 0..program.groups() {
        let low = program.of_group(group, Side::Low)?;
        let high = program.of_group(group, Side::High)?;
        groups.push((low, high));
    }
    let mut own_statements = vec![Vec::new(); tree.places().len()];
    for (number, (place, _)) in ranges.iter().enumerate() {
        if let Some(list) = own_statements.get_mut(*place) {
            list.push(number);
        }
    }
    let mut out = Vec::with_capacity(tree.places().len());
    for (number, place) in tree.places().iter().enumerate() {
        let population = tree.residents(number);
        let (low, high, low_grounds, high_grounds) = match program.group_of(number) {
            Some((group, capacity)) => match groups.get(group) {
                Some((low, high)) => {
                    let rest = capacity - population;
                    let least = floor(low)?.saturating_sub(rest);
                    let most = ceiling(high, capacity)?.min(population);
                    let held = most < population;
                    let low_grounds =
                        if least > 0 { low.grounds.clone() } else { Grounds::default() };
                    let high_grounds = if held { high.grounds.clone() } else { Grounds::default() };
                    (least, most, low_grounds, high_grounds)
                }
                None => (0, population, Grounds::default(), Grounds::default()),
            },
            None => {
                let low = program.of_place(number, Side::Low)?;
                let high = program.of_place(number, Side::High)?;
                (floor(&low)?, ceiling(&high, population)?, low.grounds, high.grounds)
            }
        };
        let low_from = names.ground(program, &low_grounds);
        let mut high_from = names.ground(program, &high_grounds);
        if high == population && high_from == Ground::default() {
            high_from.populations.push(place.place.clone());
        }
        let mut touching = own_statements.get(number).cloned().unwrap_or_default();
        touching.extend(&low_grounds.statements);
        touching.extend(&high_grounds.statements);
        touching.sort_unstable();
        touching.dedup();
        let persons = stated.get(number).map(|stated| stated.persons).unwrap_or_default();
        out.push(PlaceBounds {
            place: place.place.clone(),
            parent: place.parent.clone(),
            level: place.level.clone(),
            population,
            documented: Documented::new(persons),
            low,
            high,
            statements: names.ids(&touching),
            low_from,
            high_from,
        });
    }
    Ok(out)
}

fn floor(extreme: &Extreme) -> Result<u64, Overflow> {
    u64::try_from(extreme.optimum.value.floor_in(SCALE)?.max(0)).map_err(|_| Overflow)
}

fn ceiling(extreme: &Extreme, population: u64) -> Result<u64, Overflow> {
    let persons = u64::try_from(extreme.optimum.value.ceil_in(SCALE)?).map_err(|_| Overflow)?;
    Ok(persons.min(population))
}

/// Numbers of statements and places back to their names.
struct Names<'t> {
    tree: &'t PlaceTree,
    statements: &'t [Statement],
}

impl Names<'_> {
    fn ids(&self, numbers: &[usize]) -> Vec<String> {
        let ids = numbers.iter().filter_map(|number| self.statements.get(*number));
        ids.map(|statement| statement.id.clone()).collect()
    }

    fn ground(&self, program: &Program<'_>, grounds: &Grounds) -> Ground {
        Ground {
            statements: self.ids(&grounds.statements),
            populations: program.populations(grounds),
        }
    }
}

fn notes(tree: &PlaceTree, statements: &[Statement], calendar: &Calendar) -> Vec<String> {
    let mut notes = reading_notes(statements);
    if !calendar.undated.is_empty() {
        let ids: Vec<&str> = calendar
            .undated
            .iter()
            .filter_map(|number| statements.get(*number))
            .map(|statement| statement.id.as_str())
            .collect();
        let last = calendar.last().map(|day| day.to_string()).unwrap_or_default();
        notes.push(format!(
            "Statements without a date may be of any day up to {last} and are floors on that day only: \
             {}.",
            ids.join(", ")
        ));
    }
    for (number, place) in tree.places().iter().enumerate() {
        let parts = tree.parts(number);
        let listed: u64 = parts.iter().map(|part| tree.residents(*part)).sum();
        let rest = tree.residents(number).saturating_sub(listed);
        if !parts.is_empty() && rest > 0 {
            notes.push(format!(
                "{} of the {} residents of {} live in no listed part of it; they are counted as the \
                 rest of it.",
                grouped(rest),
                grouped(tree.residents(number)),
                place.place,
            ));
        }
    }
    notes
}
