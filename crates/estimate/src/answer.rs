//! What every method hands back: a documented count, an estimate, and an answer or a refusal.

use serde::{Serialize, Serializer};

/// A number of persons that sources state outright, each counted once.
///
/// It has no arithmetic: it can be neither added to an [`Estimate`] nor to another documented
/// count, because two such counts may be of the same persons.
///
/// ```compile_fail,E0369
/// use witnessmark_estimate::Documented;
/// let wrong = Documented::new(1) + Documented::new(2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Documented(u64);

impl Documented {
    /// A documented count of `persons`.
    pub fn new(persons: u64) -> Self {
        Self(persons)
    }

    /// The count in persons, every digit as the sources give it.
    pub fn persons(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Documented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&grouped(self.0))
    }
}

/// A number of persons that we computed under assumptions: an interval, and a point if there is one.
///
/// It prints with two significant figures, because more would pretend to a precision that no such
/// method has; the ends of the interval are rounded outward. It has no arithmetic.
///
/// ```
/// use witnessmark_estimate::Estimate;
/// let kosovo = Estimate::new(8_994, Some(10_356), 12_111);
/// assert_eq!(kosovo.to_string(), "about 10,000 (8,900 to 13,000)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    low: u64,
    point: Option<u64>,
    high: u64,
}

impl Estimate {
    /// An interval from `low` to `high` in persons, with its point where the method gives one.
    pub fn new(low: u64, point: Option<u64>, high: u64) -> Self {
        Self { low, point, high }
    }

    /// The lower end in persons.
    pub fn low(&self) -> u64 {
        self.low
    }

    /// The point in persons, where the method gives one.
    pub fn point(&self) -> Option<u64> {
        self.point
    }

    /// The upper end in persons.
    pub fn high(&self) -> u64 {
        self.high
    }
}

impl std::fmt::Display for Estimate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (low, high) = (two_figures_down(self.low), two_figures_up(self.high));
        match self.point {
            Some(point) => write!(f, "about {} ({low} to {high})", two_figures(point)),
            None => write!(f, "{low} to {high}"),
        }
    }
}

/// The kind of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// One interval with a point.
    Estimate,
    /// A range within which nothing can be preferred.
    Set,
    /// A figure that the truth is not below.
    LowerBound,
    /// No figure; `rules` says why.
    Refused,
}

/// What can be said: figures in whole persons, the rules that were broken, and a text in plain words.
///
/// A refusal of one number may still carry a set; `rules` then names why there is no single figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What kind of answer this is.
    pub kind: AnswerKind,
    /// Lower end in persons.
    pub low: Option<u64>,
    /// Point in persons; only an estimate has one.
    pub point: Option<u64>,
    /// Upper end in persons.
    pub high: Option<u64>,
    /// The rules that stand against a single figure, in the order of the table of refusals.
    pub rules: Vec<Rule>,
    /// The answer in plain words; our own figures with two significant figures, quoted ones whole.
    pub text: String,
}

/// One rule that was broken, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Which rule.
    pub code: RuleCode,
    /// What broke it, with the figures, in plain words.
    pub detail: String,
}

/// The rules under which this crate refuses a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleCode {
    /// Fewer than three lists.
    TooFewLists,
    /// The likelihood has no maximum.
    NoMle,
    /// More than one set of parameters has the same likelihood.
    NotIdentified,
    /// Equally supported models differ by more than 1.5 times.
    ModelsDisagree,
    /// Chains have not come together, or hold too few independent draws.
    ChainsDisagree,
    /// The posterior comes close to a limit that we set.
    Capped,
    /// The graph that assumes nothing holds more than 5 % of the weight.
    Saturated,
    /// Another prior weight moves the median by more than 25 %.
    PriorDecides,
    /// Leaving out one list moves the median by more than 25 %.
    OneListDecides,
    /// Two lists have fewer than five persons in common.
    SparseOverlap,
    /// It is not declared that no lists share an origin.
    SharedOrigin,
    /// It is not declared that a person reviewed the linkage.
    UnreviewedLinkage,
    /// There is no written statement on closure, reachability and selection.
    NoStatement,
    /// One linkage where several are to be joined.
    TooFewReplicates,
    /// Statements cannot all be true of the same places.
    Contradiction,
}

impl RuleCode {
    /// The code as it stands in JSON and in the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFewLists => "too-few-lists",
            Self::NoMle => "no-mle",
            Self::NotIdentified => "not-identified",
            Self::ModelsDisagree => "models-disagree",
            Self::ChainsDisagree => "chains-disagree",
            Self::Capped => "capped",
            Self::Saturated => "saturated",
            Self::PriorDecides => "prior-decides",
            Self::OneListDecides => "one-list-decides",
            Self::SparseOverlap => "sparse-overlap",
            Self::SharedOrigin => "shared-origin",
            Self::UnreviewedLinkage => "unreviewed-linkage",
            Self::NoStatement => "no-statement",
            Self::TooFewReplicates => "too-few-replicates",
            Self::Contradiction => "contradiction",
        }
    }
}

impl std::fmt::Display for RuleCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for RuleCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A number with every digit, in groups of three.
///
/// ```
/// assert_eq!(witnessmark_estimate::grouped(1_206_962), "1,206,962");
/// ```
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The unit of the second significant figure: 1,000 for 12,345.
fn unit(number: u64) -> u64 {
    let digits = number.checked_ilog10().unwrap_or(0);
    10_u64.pow(digits.saturating_sub(1))
}

/// A number to two significant figures, rounded to the nearest (a half goes up), in groups of three.
///
/// ```
/// assert_eq!(witnessmark_estimate::two_figures(10_356), "10,000");
/// ```
pub fn two_figures(number: u64) -> String {
    let unit = unit(number);
    let down = number - number % unit;
    let up = number % unit >= unit.div_ceil(2) && unit > 1;
    grouped(if up { down.saturating_add(unit) } else { down })
}

/// A number to two significant figures, rounded down, for the lower end of a range.
///
/// ```
/// assert_eq!(witnessmark_estimate::two_figures_down(919_282), "910,000");
/// ```
pub fn two_figures_down(number: u64) -> String {
    grouped(number - number % unit(number))
}

/// A number to two significant figures, rounded up, for the upper end of a range.
///
/// ```
/// assert_eq!(witnessmark_estimate::two_figures_up(1_206_962), "1,300,000");
/// ```
pub fn two_figures_up(number: u64) -> String {
    let unit = unit(number);
    grouped(number.div_ceil(unit).saturating_mul(unit))
}
