//! Coverage of a tree of places: what statements about places imply together, and what they cannot
//! exclude.
//!
//! A source says "12,000 in county C", another "69 % of prefecture P by April", a third "all
//! residents of village V". Counts reported at two levels are of the same persons and are never
//! added. Here every statement becomes a row of a linear program over the residents of the smallest
//! places, and the least and the greatest total that satisfy all rows are the answer (Manski 2003,
//! *Partial Identification of Probability Distributions*: report the identification region before
//! any assumption narrows it).
//!
//! # The program
//! For each smallest place c and each date t stated anywhere, s(c, t) persons were counted by t:
//!
//! ```text
//! 0 ≤ s(c, t) ≤ population(c)            s(c, t) ≤ s(c, t′) for t ≤ t′
//! low_k ≤ Σ s(c, t_k) ≤ high_k           over the smallest places c within the place of statement k
//! ```
//!
//! where low_k and high_k come from the [`Kind`] of the statement. Σ s(c, as-of) is minimised and
//! maximised for the whole and for each place. The arithmetic is exact (rational simplex after
//! Dutertre & de Moura 2006, *A Fast Linear-Arithmetic Solver for DPLL(T)*, with Bland's rule 1977,
//! so that it ends); the result is rounded outward to whole persons, and no tolerance enters.
//!
//! # Time
//! Counts are cumulative. A statement dated before the as-of date therefore gives a floor only (the
//! count may have grown since), one dated after it a ceiling only. Where no statement is dated, all
//! are of one moment; where some are, an undated one may be of any day up to the last, and gives a
//! floor on the last only. Populations are taken as constant.
//!
//! # Example
//! ```
//! use witnessmark_estimate::coverage::{CoverageOptions, PlaceTree, Statement, coverage};
//!
//! let places = PlaceTree::from_csv("place,parent,level,population\n\
//!     P,,prefecture,100000\nC,P,county,30000\nD,P,county,70000\n")?;
//! let statements = Statement::list_from_csv("id,kind,place,value,low,high,date,source\n\
//!     s1,count,C,12000,,,2022-04-30,police post\n\
//!     s2,at-least,P,20000,,,2022-04-30,newspaper\n")?;
//! let found = coverage(&places, &statements, &CoverageOptions::default())?;
//! let bounds = found.bounds.as_ref().ok_or("contradiction")?;
//! assert_eq!((bounds.low, bounds.high), (20_000, 82_000));
//! assert_eq!(found.documented.persons(), 20_000); // not 32,000: C lies in P
//! assert_eq!(bounds.low_from.statements, ["s2"]);
//! assert_eq!(bounds.high_from.statements, ["s1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bounds;
mod contradiction;
mod documented;
mod judgement;
mod places;
mod pooling;
mod program;
mod statements;
mod wording;

pub(crate) use pooling::{Leaf, predict};

pub use bounds::{Bounds, Coverage, CoverageError, CoverageOptions, Ground, PlaceBounds, coverage};
pub use judgement::{Elicited, Judgement};
pub use places::{Place, PlaceTree};
pub use pooling::{Pooled, Pooling};
pub use statements::{Figure, Kind, Statement};
