//! What a person wrote for one claim, checked against codebook and gazetteer.

use std::collections::BTreeMap;

use witnessmark_model::Digest;
use witnessmark_model::id::{ClaimId, PassageId};
use witnessmark_model::payload::{Act, Bound, Claim, Grades, PlaceRef, Quantity};

use crate::codebook::{Codebook, PERCENT, Term};
use crate::dates::{first_day, last_day, rewritten};
use crate::field::Field;
use crate::gazetteer::{Found, Gazetteer};
use crate::input::{Fault, InputErrors, Location, did_you_mean, nearest};
use crate::number;

/// The fields of a claim as text, before anything is checked. White space around a value is dropped, and an empty
/// value is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft(BTreeMap<Field, String>);

/// A draft that fits: what a claim holds beside its passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// What the passage says happened.
    pub act: Act,
    /// The grades that a person gave.
    pub grades: Option<Grades>,
    /// A remark by the coder.
    pub note: Option<String>,
}

impl Coded {
    /// The claim that `passage` says so, with words from `codebook`.
    pub fn into_claim(self, id: ClaimId, passage: PassageId, codebook: Digest) -> Claim {
        let Self { act, grades, note } = self;
        Claim { id, passage, codebook, act, grades, note }
    }
}

impl Draft {
    /// Fills in a field.
    pub fn set(&mut self, field: Field, value: &str) {
        match value.trim() {
            "" => self.0.remove(&field),
            value => self.0.insert(field, value.to_owned()),
        };
    }

    /// Fills in `from` and `to` from one text: a date for both, or two dates with `..` between them, either of which
    /// may be left out: `2021-06`, `2021-02..2021-07`, `..2021-06-30`.
    pub fn set_when(&mut self, when: &str) {
        let (from, to) = when.split_once("..").unwrap_or((when, when));
        self.set(Field::From, from);
        self.set(Field::To, to);
    }

    /// The text of a field.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    /// The draft that gives this claim again, to change some of its fields.
    pub fn of(claim: &Claim) -> Self {
        let mut draft = Self::default();
        for (field, value) in fields(claim) {
            draft.set(field, value.unwrap_or_default());
        }
        draft
    }

    /// Checks every field and how they fit together. All that is wrong is given at once, by field.
    pub fn check(&self, codebook: &Codebook, gazetteer: &Gazetteer) -> Result<Coded, InputErrors> {
        let mut check = Check { draft: self, errors: InputErrors::default() };
        let code = check.code(Field::Act, codebook.acts());
        let place = check.place(gazetteer);
        let (from, to) = check.period();
        let quantity = check.quantity(codebook);
        let modality = check.code(Field::Modality, codebook.modalities());
        let grades = check.grades();
        let text = |field| self.get(field).map(str::to_owned);
        let act = Act {
            code,
            place,
            from,
            to,
            quantity,
            modality,
            attributed_to: text(Field::AttributedTo),
        };
        check.errors.check(Coded { act, grades, note: text(Field::Note) })
    }
}

/// A claim's fields as people write them, in the order of [`Field::ALL`].
pub(crate) fn fields(claim: &Claim) -> Vec<(Field, Option<&str>)> {
    let act = &claim.act;
    let quantity = act.quantity.as_ref();
    let grades = claim.grades.as_ref();
    let value = |field| match field {
        Field::Act => Some(act.code.as_str()),
        Field::Place => act.place.as_ref().map(|place| place.name.as_str()),
        Field::From => act.from.as_deref(),
        Field::To => act.to.as_deref(),
        Field::Count => quantity.and_then(|quantity| quantity.value.as_deref()),
        Field::Low => quantity.and_then(|quantity| quantity.low.as_deref()),
        Field::High => quantity.and_then(|quantity| quantity.high.as_deref()),
        Field::Unit => quantity.map(|quantity| quantity.unit.as_str()),
        Field::Bound => quantity.map(|quantity| quantity.bound.word()),
        Field::Modality => Some(act.modality.as_str()),
        Field::AttributedTo => act.attributed_to.as_deref(),
        Field::SourceGrade => grades.and_then(|grades| grades.source.as_deref()),
        Field::ItemGrade => grades.and_then(|grades| grades.item.as_deref()),
        Field::Note => claim.note.as_deref(),
    };
    Field::ALL.iter().map(|field| (*field, value(*field))).collect()
}

struct Check<'d> {
    draft: &'d Draft,
    errors: InputErrors,
}

impl Check<'_> {
    fn fault(&mut self, field: Field, fault: impl Into<Fault>) {
        self.errors.push(Location::Field(field), fault);
    }

    /// The code of a field that must have one.
    fn code(&mut self, field: Field, terms: &[Term]) -> String {
        let known = || terms.iter().map(|term| term.code.clone()).collect();
        match self.draft.get(field) {
            None => self.fault(field, ClaimFault::Missing { known: known() }),
            Some(code) if !terms.iter().any(|term| term.code == code) => {
                let words = terms.iter().flat_map(|term| [term.code.as_str(), &term.label]);
                let like = nearest(code, words);
                let near = terms
                    .iter()
                    .filter(|term| like.contains(&term.code) || like.contains(&term.label))
                    .map(|term| term.code.clone())
                    .collect();
                let fault =
                    ClaimFault::UnknownCode { found: code.to_owned(), known: known(), near };
                self.fault(field, fault);
            }
            Some(code) => return code.to_owned(),
        }
        String::new()
    }

    fn place(&mut self, gazetteer: &Gazetteer) -> Option<PlaceRef> {
        let name = self.draft.get(Field::Place)?;
        let found = name.to_owned();
        let fault = match gazetteer.find(name) {
            Found::Place(place) => return Some(place.to_ref()),
            Found::Unknown(_) if gazetteer.places().is_empty() => ClaimFault::NoGazetteer { found },
            Found::Unknown(near) => ClaimFault::UnknownPlace { found, near },
            Found::Ambiguous(places) => ClaimFault::AmbiguousPlace {
                found,
                places: places.iter().map(|place| gazetteer.address(place)).collect(),
                keys: places.iter().map(|place| place.name.clone()).collect(),
            },
        };
        self.fault(Field::Place, fault);
        None
    }

    fn period(&mut self) -> (Option<String>, Option<String>) {
        let [from, to] = [Field::From, Field::To].map(|field| {
            let date = self.draft.get(field)?;
            if last_day(date).is_none() {
                let fault =
                    ClaimFault::NotADate { found: date.to_owned(), instead: rewritten(date) };
                self.fault(field, fault);
                return None;
            }
            Some(date.to_owned())
        });
        if let (Some(from), Some(to)) = (&from, &to)
            && first_day(from) > last_day(to)
        {
            self.fault(
                Field::From,
                ClaimFault::PeriodReversed { from: from.clone(), to: to.clone() },
            );
        }
        (from, to)
    }

    fn number(&mut self, field: Field) -> Option<String> {
        let text = self.draft.get(field)?;
        let percent = self.draft.get(Field::Unit) == Some(PERCENT);
        match number::read(text, percent.then_some("100")) {
            Ok(number) if percent && number::compare(&number, "100").is_gt() => {
                self.fault(field, ClaimFault::AboveHundred { found: number.clone() });
                Some(number)
            }
            Ok(number) => Some(number),
            Err(fault) => {
                self.fault(field, fault);
                None
            }
        }
    }

    /// The quantity: none, or a unit, a bound, and the numbers that the bound calls for.
    fn quantity(&mut self, codebook: &Codebook) -> Option<Quantity> {
        let numbers = [Field::Count, Field::Low, Field::High];
        let given = |check: &Self, field| check.draft.get(field).is_some();
        if !numbers.iter().chain(&[Field::Unit, Field::Bound]).any(|field| given(self, *field)) {
            return None;
        }
        let [value, low, high] = numbers.map(|field| self.number(field));
        let unit = self.code(Field::Unit, codebook.units());
        let bound = match self.draft.get(Field::Bound) {
            Some(word) => match word.parse::<Bound>() {
                Ok(bound) => Some(bound),
                Err(_) => {
                    let known = Bound::ALL.iter().map(|bound| bound.word());
                    let near = nearest(word, known.clone());
                    let known = known.map(str::to_owned).collect();
                    let fault = ClaimFault::UnknownCode { found: word.to_owned(), known, near };
                    self.fault(Field::Bound, fault);
                    None
                }
            },
            None => {
                let known = Bound::ALL.iter().map(|bound| bound.word().to_owned()).collect();
                self.fault(Field::Bound, ClaimFault::Missing { known });
                None
            }
        }?;
        let called_for: &[Field] = match bound {
            Bound::Range => &[Field::Low, Field::High],
            Bound::All => &[],
            Bound::Exact | Bound::About | Bound::AtLeast | Bound::AtMost => &[Field::Count],
        };
        for field in numbers {
            if called_for.contains(&field) && !given(self, field) {
                self.fault(field, ClaimFault::NumberMissing { bound });
            } else if !called_for.contains(&field) && given(self, field) {
                self.fault(field, ClaimFault::NumberUnexpected { bound });
            }
        }
        if bound == Bound::All && unit == PERCENT {
            self.fault(Field::Unit, ClaimFault::AllPercent);
        }
        if let (Bound::Range, Some(low), Some(high)) = (bound, &low, &high)
            && number::compare(low, high).is_gt()
        {
            let (low, high) = (low.clone(), high.clone());
            self.fault(Field::Low, ClaimFault::RangeReversed { low, high });
        }
        Some(Quantity { value, low, high, unit, bound })
    }

    fn grades(&mut self) -> Option<Grades> {
        let source = self.draft.get(Field::SourceGrade);
        let item = self.draft.get(Field::ItemGrade);
        if let Some(grade) = source
            && Grades::new(Some(grade), None).is_err()
        {
            let found = grade.to_owned();
            self.fault(Field::SourceGrade, ClaimFault::NotAGrade { found, scale: SOURCE_SCALE });
        }
        if let Some(grade) = item
            && Grades::new(None, Some(grade)).is_err()
        {
            let found = grade.to_owned();
            self.fault(Field::ItemGrade, ClaimFault::NotAGrade { found, scale: ITEM_SCALE });
        }
        Grades::new(source, item).ok().flatten()
    }
}

const SOURCE_SCALE: &str = "A (reliable) to E (unreliable), or F (cannot be judged)";
const ITEM_SCALE: &str = "1 (borne out by others) to 5 (improbable), or 6 (cannot be judged)";

/// A claim's field that does not fit: for the coder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFault {
    /// Nothing where something must be.
    #[error("nothing is given")]
    Missing {
        /// The codes to choose from.
        known: Vec<String>,
    },
    /// A code that the codebook, or the program, does not have.
    #[error("`{found}` is not a code for this field")]
    UnknownCode {
        /// The code.
        found: String,
        /// The codes to choose from.
        known: Vec<String>,
        /// Those that are like it.
        near: Vec<String>,
    },
    /// A place, where the case has none at all.
    #[error("`{found}` is named, but there is no gazetteer")]
    NoGazetteer {
        /// The name.
        found: String,
    },
    /// A place that the gazetteer does not have.
    #[error("the gazetteer has no place `{found}`")]
    UnknownPlace {
        /// The name.
        found: String,
        /// Names that are like it.
        near: Vec<String>,
    },
    /// A name that several places bear.
    #[error("`{found}` is the name of {} places: {}", .places.len(), .places.join("; "))]
    AmbiguousPlace {
        /// The name.
        found: String,
        /// The places, each with what it lies in.
        places: Vec<String>,
        /// Their keys.
        keys: Vec<String>,
    },
    /// Not a date.
    #[error(
        "`{found}` is not a date that the calendar has, in the form 2021, 2021-06 or 2021-06-30"
    )]
    NotADate {
        /// The text.
        found: String,
        /// How it may be meant.
        instead: Option<String>,
    },
    /// The end lies before the beginning.
    #[error("the period begins after it ends: {from} to {to}")]
    PeriodReversed {
        /// The beginning.
        from: String,
        /// The end.
        to: String,
    },
    /// The bound calls for a number that is not given.
    #[error("nothing is given, but the bound `{bound}` needs it")]
    NumberMissing {
        /// The bound.
        bound: Bound,
    },
    /// The bound does not go with a number that is given.
    #[error("a number is given, but the bound `{bound}` has no place for it")]
    NumberUnexpected {
        /// The bound.
        bound: Bound,
    },
    /// The low end lies above the high end.
    #[error("the low end {low} lies above the high end {high}")]
    RangeReversed {
        /// The low end.
        low: String,
        /// The high end.
        high: String,
    },
    /// More than all.
    #[error("{found} percent is more than all")]
    AboveHundred {
        /// The number.
        found: String,
    },
    /// All of a share.
    #[error("the bound `all` counts residents, not percent")]
    AllPercent,
    /// Not a grade of the Admiralty scale.
    #[error("`{found}` is not a grade of this scale")]
    NotAGrade {
        /// The text.
        found: String,
        /// The scale.
        scale: &'static str,
    },
}

impl ClaimFault {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { known } => format!("choose one of: {}", known.join(", ")),
            Self::UnknownCode { known, near, .. } => {
                did_you_mean(near, || format!("choose one of: {}", known.join(", ")))
            }
            Self::NoGazetteer { .. } => {
                "give the case a gazetteer, or leave the place empty".to_owned()
            }
            Self::UnknownPlace { near, .. } => did_you_mean(near, || {
                "see the list of places, or add the place to the gazetteer".to_owned()
            }),
            Self::AmbiguousPlace { keys, .. } => did_you_mean(keys, String::new),
            Self::NotADate { instead: Some(date), .. } => format!("did you mean `{date}`?"),
            Self::NotADate { .. } => {
                "write the year first; in a spreadsheet, format the column as text".to_owned()
            }
            Self::PeriodReversed { .. } => "swap `from` and `to`, or correct one".to_owned(),
            Self::NumberMissing { bound: Bound::Range } => {
                "a range needs its low and its high end".to_owned()
            }
            Self::NumberMissing { .. } => {
                "give the number, or choose the bound `all` or `range`".to_owned()
            }
            Self::NumberUnexpected { bound: Bound::Range } => {
                "give only the low and the high end".to_owned()
            }
            Self::NumberUnexpected { bound: Bound::All } => {
                "remove the number, or say with another bound what it is".to_owned()
            }
            Self::NumberUnexpected { .. } => "low and high go with the bound `range`".to_owned(),
            Self::RangeReversed { .. } => "swap `low` and `high`, or correct one".to_owned(),
            Self::AboveHundred { .. } => {
                "a share is 0 to 100; choose another unit for a count".to_owned()
            }
            Self::AllPercent => {
                "choose the unit `people`, or give 100 with bound `exact`".to_owned()
            }
            Self::NotAGrade { scale, .. } => format!("the scale is {scale}"),
        })
    }
}
