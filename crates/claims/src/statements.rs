//! Claims as statements about coverage, and why each of the others is none.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use witnessmark_estimate::coverage::{Figure, Kind, Statement};
use witnessmark_model::id::{CaptureId, ClaimId};
use witnessmark_model::payload::{Bound, Claim, Quantity};

use crate::codebook::{PERCENT, STATED};
use crate::dates::last_day;
use crate::gazetteer::Gazetteer;
use crate::lineage::{LineageGraph, LineageLevel, Node};
use crate::table::quoted;

/// What is to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The act, a code of the codebook.
    pub act: String,
    /// The units that are taken as people, such as `people`, or `samples` where somebody judged that each is of another person.
    /// Numbers of percent are shares of a place's residents and always take part.
    pub units: BTreeSet<String>,
}

/// A claim with the document that its passage is from.
#[derive(Clone, Copy, Debug)]
pub struct LocatedClaim<'c> {
    /// The claim as it now is.
    pub claim: &'c Claim,
    /// The document.
    pub capture: CaptureId,
}

/// The statements, and what became of every other claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Statements for [`coverage`](witnessmark_estimate::coverage::coverage()), in the order of the claims; the id is the claim's.
    pub statements: Vec<Statement>,
    /// The claims that are no statement, in order.
    pub omissions: Vec<Omission>,
    /// What a reader should know of how claims were read.
    pub notes: Vec<String>,
}

/// A claim that is no statement, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Omission {
    /// The claim.
    pub claim: ClaimId,
    /// The document.
    pub capture: CaptureId,
    /// What the document is called.
    pub label: String,
    /// Why.
    pub reason: OmissionReason,
    /// Why, in words.
    pub text: String,
}

/// Why a claim is no statement about coverage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum OmissionReason {
    /// It is about another act.
    OtherAct {
        /// The act.
        act: String,
    },
    /// It says nothing about how many.
    NoNumber,
    /// It counts something that is not taken as people.
    OtherUnit {
        /// The unit.
        unit: String,
    },
    /// It is not said to have happened.
    NotStated {
        /// The modality.
        modality: String,
    },
    /// It names no place.
    NoPlace,
    /// The gazetteer no longer has the place.
    UnknownPlace {
        /// The place.
        place: String,
    },
    /// Nobody knows how many live there.
    NoResidents {
        /// The place.
        place: String,
    },
    /// The number is no whole number of people, or a share outside 0 to 100.
    NotCountable {
        /// The quantity.
        quantity: String,
    },
    /// A date that cannot be read.
    BadDate {
        /// The date.
        date: String,
    },
    /// The document rests on others, whose own claims count instead.
    Repeat {
        /// The origins of evidence that it comes down to.
        origins: Vec<String>,
        /// Claims about the same act and place that these origins make.
        claims: Vec<ClaimId>,
        /// Whether some of what it rests on is of unknown origin.
        partly_unknown: bool,
    },
    /// Nobody knows whom the document rests on.
    UnknownOrigin,
}

impl fmt::Display for OmissionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherAct { act } => write!(f, "it is about another act: {act}"),
            Self::NoNumber => f.write_str("it says nothing about how many"),
            Self::OtherUnit { unit } => {
                write!(f, "it counts {unit}, which are not taken as people")
            }
            Self::NotStated { modality } => {
                write!(f, "it is {modality}, not stated to have happened")
            }
            Self::NoPlace => f.write_str("it names no place"),
            Self::UnknownPlace { place } => write!(f, "the gazetteer has no place {place}"),
            Self::NoResidents { place } => {
                write!(f, "the gazetteer does not say how many live in {place}")
            }
            Self::NotCountable { quantity } => {
                write!(f, "{quantity} is neither a whole number of people nor a share of 0 to 100")
            }
            Self::BadDate { date } => write!(f, "its date cannot be read: {date}"),
            Self::Repeat { origins, claims, partly_unknown } => {
                write!(f, "its document rests on others: {}", origins.join("; "))?;
                if *partly_unknown {
                    f.write_str("; and on something of unknown origin")?;
                }
                if !claims.is_empty() {
                    let claims: Vec<_> = claims.iter().map(ClaimId::to_string).collect();
                    write!(f, "; their own claims of it: {}", claims.join(", "))?;
                }
                Ok(())
            }
            Self::UnknownOrigin => f.write_str("on whom its document rests is not known"),
        }
    }
}

/// Chooses the claims that are statements about coverage.
///
/// A claim takes part if it is about the act, counts people or a share of residents, is stated without reserve, names a place whose
/// residents are known, and comes from a document that is an origin of evidence. Its bound becomes the statement's kind:
///
/// | bound | people | percent |
/// |---|---|---|
/// | exact | count | share, half a unit of the last digit either way |
/// | about | count, half a unit of the last digit that is not zero either way | the same |
/// | at-least | at-least | share, from the value to 100 |
/// | at-most | count, from 0 to the value | share, from 0 to the value |
/// | range | count, from low to high | share, from low to high |
/// | all | all residents | — |
///
/// The date is the last day of `to`, else of `from`. A claim given twice counts once.
pub fn select(
    question: &Question,
    claims: &[LocatedClaim<'_>],
    gazetteer: &Gazetteer,
    graph: &LineageGraph,
) -> Selection {
    let mut selection = Selection::default();
    let mut seen = BTreeSet::new();
    let mut read_as_people: Vec<(ClaimId, &str)> = Vec::new();
    for located in claims {
        let claim = located.claim;
        if !seen.insert(claim.id) {
            continue;
        }
        let label = graph.label(Node::Capture(located.capture)).to_owned();
        let statement = statement(question, claim, gazetteer)
            .and_then(|made| origin(located, claims, graph).map(|()| made));
        match statement {
            Ok(mut statement) => {
                statement.source = label;
                selection.statements.push(statement);
                let unit = claim.act.quantity.as_ref().map(|quantity| quantity.unit.as_str());
                if let Some(unit) = unit.filter(|unit| !["people", PERCENT].contains(unit)) {
                    read_as_people.push((claim.id, unit));
                }
            }
            Err(reason) => {
                let text = reason.to_string();
                let (claim, capture) = (claim.id, located.capture);
                selection.omissions.push(Omission { claim, capture, label, reason, text });
            }
        }
    }
    let notes = read_as_people
        .iter()
        .map(|(claim, unit)| format!("{claim} counts {unit}; each was taken as one person."));
    selection.notes.extend(notes);
    selection
}

/// The statements as the CSV that `estimate coverage` reads.
pub fn statements_csv(statements: &[Statement]) -> String {
    let mut csv = "id,kind,place,value,low,high,date,source\n".to_owned();
    for statement in statements {
        let figure = |figure: Option<Figure>| figure.map(|f| f.to_string()).unwrap_or_default();
        let cells = [
            statement.id.clone(),
            statement.kind.as_str().to_owned(),
            statement.place.clone(),
            figure(statement.value),
            figure(statement.low),
            figure(statement.high),
            statement.date.map(|day| day.to_string()).unwrap_or_default(),
            statement.source.clone(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        csv.push_str(&cells.join(","));
        csv.push('\n');
    }
    csv
}

fn statement(
    question: &Question,
    claim: &Claim,
    gazetteer: &Gazetteer,
) -> Result<Statement, OmissionReason> {
    let act = &claim.act;
    if act.code != question.act {
        return Err(OmissionReason::OtherAct { act: act.code.clone() });
    }
    if act.modality != STATED {
        return Err(OmissionReason::NotStated { modality: act.modality.clone() });
    }
    let quantity = act.quantity.as_ref().ok_or(OmissionReason::NoNumber)?;
    if quantity.unit != PERCENT && !question.units.contains(&quantity.unit) {
        return Err(OmissionReason::OtherUnit { unit: quantity.unit.clone() });
    }
    let place = act.place.as_ref().ok_or(OmissionReason::NoPlace)?.name.clone();
    if gazetteer.get(&place).is_none() {
        return Err(OmissionReason::UnknownPlace { place });
    }
    if gazetteer.residents(&place).is_none() {
        return Err(OmissionReason::NoResidents { place });
    }
    let (kind, [value, low, high]) = figures(quantity)
        .ok_or_else(|| OmissionReason::NotCountable { quantity: quantity.to_string() })?;
    let mut statement = Statement::new(claim.id.to_string(), kind, place, value);
    (statement.low, statement.high) = (low, high);
    if let Some(date) = act.to.as_ref().or(act.from.as_ref()) {
        let day = last_day(date);
        statement.date = Some(day.ok_or_else(|| OmissionReason::BadDate { date: date.clone() })?);
    }
    Ok(statement)
}

/// The kind of statement and its value, low and high.
fn figures(quantity: &Quantity) -> Option<(Kind, [Option<Figure>; 3])> {
    let percent = quantity.unit == PERCENT;
    let read = |number: &Option<String>| -> Option<Figure> {
        let number = number.as_deref()?;
        if percent {
            let figure: Figure = format!("{number}%").parse().ok()?;
            return crate::number::compare(number, "100").is_le().then_some(figure);
        }
        number.parse::<u64>().ok().and_then(|_| number.parse().ok())
    };
    let (value, low, high) = (read(&quantity.value), read(&quantity.low), read(&quantity.high));
    let count = if percent { Kind::Share } else { Kind::Count };
    let end =
        |persons: u64| Some(if percent { Figure::percent(persons, 0) } else { persons.into() });
    Some(match quantity.bound {
        Bound::Exact => (count, [Some(value?), None, None]),
        Bound::About if percent => (Kind::Share, [Some(value?), None, None]),
        Bound::About => (Kind::CountRounded, [Some(value?), None, None]),
        Bound::AtLeast if percent => (Kind::Share, [None, Some(value?), end(100)]),
        Bound::AtLeast => (Kind::AtLeast, [Some(value?), None, None]),
        Bound::AtMost => (count, [None, end(0), Some(value?)]),
        Bound::Range => (count, [None, Some(low?), Some(high?)]),
        Bound::All if percent => return None,
        Bound::All => (Kind::AllResidents, [None, None, None]),
    })
}

/// Whether the claim's document is an origin of evidence; if not, what it comes down to.
fn origin(
    located: &LocatedClaim<'_>,
    claims: &[LocatedClaim<'_>],
    graph: &LineageGraph,
) -> Result<(), OmissionReason> {
    let level = LineageLevel::Evidence;
    if graph.is_origin(located.capture, level) {
        return Ok(());
    }
    let chains = graph.chains(located.capture, level);
    let origins: Vec<String> = chains.iter().filter_map(|chain| chain.origin.clone()).collect();
    if origins.is_empty() {
        return Err(OmissionReason::UnknownOrigin);
    }
    let ends: BTreeSet<Node> =
        chains.iter().filter_map(|chain| chain.hops.last()).map(|hop| hop.node).collect();
    let (code, place) = (&located.claim.act.code, &located.claim.act.place);
    let same: BTreeSet<ClaimId> = claims
        .iter()
        .filter(|other| ends.contains(&Node::Capture(other.capture)))
        .filter(|other| other.claim.act.code == *code && other.claim.act.place == *place)
        .map(|other| other.claim.id)
        .collect();
    Err(OmissionReason::Repeat {
        partly_unknown: origins.len() < chains.len(),
        origins,
        claims: same.into_iter().collect(),
    })
}
