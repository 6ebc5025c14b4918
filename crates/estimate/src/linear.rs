//! Linear programs in exact arithmetic.

mod rational;
mod simplex;

pub(crate) use rational::{Overflow, Rational};
pub(crate) use simplex::{Bound, Optimum, RowBounds, Side, Simplex};
