//! Statistics for counts that nobody published whole: bounds, estimates, and refusals.
//!
//! Lists, statements and ratings go in as values or as the text of a table; intervals or refusals
//! come out as values that serialise. The crate reads no file, no clock and no environment, draws
//! randomness only from a seed it is given, and never iterates a container whose order is not
//! fixed: the same input gives the same bytes on any machine.
//!
//! | question | module |
//! |---|---|
//! | what do statements about places imply, and what can they not exclude? | [`coverage`] |
//! | how many persons are on none of several lists? | [`overlap`] |
//! | which records of several lists are of one person? | [`linkage`] |
//! | which coding is right when coders differ? | [`reconcile`] |
//! | what does an expert think? | [`elicitation`] |
//! | is the code right, and what do its methods not see? | [`calibration`] |
//! | what does an answer look like? | [`picture`] |
//! | do coders who read the same passage agree? | [`agreement`] |
//!
//! A figure that sources state ([`Documented`]) and a figure that we computed ([`Estimate`]) are
//! different types, and there is no sum of the two:
//!
//! ```compile_fail,E0369
//! use witnessmark_estimate::{Documented, Estimate};
//! let documented = Documented::new(4_400);
//! let estimate = Estimate::new(9_000, Some(10_400), 12_100);
//! let total = documented + estimate;
//! ```

pub mod agreement;
mod answer;
pub mod calibration;
pub mod coverage;
mod day;
pub mod elicitation;
mod linear;
pub mod linkage;
pub mod overlap;
pub mod picture;
mod quantile;
mod random;
pub mod reconcile;
mod table;

pub use answer::{
    Answer, AnswerKind, Documented, Estimate, Rule, RuleCode, grouped, two_figures,
    two_figures_down, two_figures_up,
};
pub use day::Day;
pub use table::{Fault, TableError};
