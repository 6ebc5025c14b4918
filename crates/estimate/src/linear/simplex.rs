//! The simplex method in exact arithmetic, over variables with bounds on both sides.
//!
//! A row is itself a variable: the sum of some unknowns. Feasibility after Dutertre & de Moura
//! (2006), *A Fast Linear-Arithmetic Solver for DPLL(T)*: a basic variable outside its bounds is
//! pivoted with a nonbasic one until none is outside, or until one row proves that none can be.
//! The smallest index always goes first (Bland 1977), so the method ends. Then any sum is made
//! least or greatest from the corner reached, and the bounds that hold it there are the proof.

use super::rational::{Overflow, Rational};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Which bound of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Low,
    High,
}

/// A bound of a variable, named by the variable's number.
pub(crate) type Bound = (usize, Side);

/// An optimum and the bounds that prove it.
pub(crate) struct Optimum {
    pub(crate) value: Rational,
    pub(crate) proof: Vec<Bound>,
}

type SparseRow = BTreeMap<usize, Rational>;

pub(crate) struct Simplex {
    low: Vec<Option<Rational>>,
    high: Vec<Option<Rational>>,
    value: Vec<Rational>,
    /// Each basic variable as a combination of nonbasic ones.
    basic: BTreeMap<usize, SparseRow>,
}

impl Simplex {
    /// `unknowns` variables that are at least zero, and after them one variable a row: the sum of
    /// the row's unknowns, within its bounds.
    pub(crate) fn new(unknowns: usize, rows: &[RowBounds<'_>]) -> Self {
        let mut low = vec![Some(Rational::ZERO); unknowns];
        let mut high = vec![None; unknowns];
        let mut basic = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            low.push(row.low.map(Rational::whole));
            high.push(row.high.map(Rational::whole));
            let sum = row.unknowns.iter().map(|unknown| (*unknown, Rational::ONE)).collect();
            basic.insert(unknowns + number, sum);
        }
        Self { value: vec![Rational::ZERO; low.len()], low, high, basic }
    }

    /// `unknowns` variables without bounds, and after them one variable a row: the row's
    /// combination of unknowns, from `low` to `high`.
    pub(crate) fn with_free_unknowns(
        unknowns: usize,
        rows: &[Vec<Rational>],
        low: Rational,
        high: Rational,
    ) -> Self {
        let mut lows = vec![None; unknowns];
        let mut highs = vec![None; unknowns];
        let mut basic = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            lows.push(Some(low));
            highs.push(Some(high));
            let entries = row.iter().copied().enumerate().filter(|(_, entry)| !entry.is_zero());
            basic.insert(unknowns + number, entries.collect());
        }
        Self { value: vec![Rational::ZERO; lows.len()], low: lows, high: highs, basic }
    }

    fn value(&self, variable: usize) -> Rational {
        self.value.get(variable).copied().unwrap_or(Rational::ZERO)
    }

    fn bound(&self, variable: usize, side: Side) -> Option<Rational> {
        let bounds = if side == Side::Low { &self.low } else { &self.high };
        bounds.get(variable).copied().flatten()
    }

    /// Whether the variable can still move up or down within its bounds.
    fn has_room(&self, variable: usize, toward: Side) -> Result<bool, Overflow> {
        match self.bound(variable, toward) {
            None => Ok(true),
            Some(bound) => Ok(self.value(variable) != bound),
        }
    }

    fn outside(&self, variable: usize) -> Result<Option<(Side, Rational)>, Overflow> {
        let value = self.value(variable);
        if let Some(low) = self.bound(variable, Side::Low)
            && value.below(low)?
        {
            return Ok(Some((Side::Low, low)));
        }
        if let Some(high) = self.bound(variable, Side::High)
            && high.below(value)?
        {
            return Ok(Some((Side::High, high)));
        }
        Ok(None)
    }

    /// Finds a point within all bounds; the inner error is a set of bounds that exclude each other.
    pub(crate) fn find_point(&mut self) -> Result<Result<(), Vec<Bound>>, Overflow> {
        for variable in 0..self.value.len() {
            if let (Some(low), Some(high)) =
                (self.bound(variable, Side::Low), self.bound(variable, Side::High))
                && high.below(low)?
            {
                return Ok(Err(vec![(variable, Side::Low), (variable, Side::High)]));
            }
        }
        loop {
            let mut broken = None;
            for &variable in self.basic.keys() {
                if let Some((side, bound)) = self.outside(variable)? {
                    broken = Some((variable, side, bound));
                    break;
                }
            }
            let Some((leaving, side, bound)) = broken else { return Ok(Ok(())) };
            let row = self.basic.get(&leaving).cloned().unwrap_or_default();
            let mut entering = None;
            for (&variable, coefficient) in &row {
                if self.has_room(variable, helpful(side, *coefficient))? {
                    entering = Some((variable, *coefficient));
                    break;
                }
            }
            let Some((entering, coefficient)) = entering else {
                let mut proof: Vec<Bound> = row
                    .iter()
                    .map(|(variable, coefficient)| (*variable, helpful(side, *coefficient)))
                    .collect();
                proof.push((leaving, side));
                proof.sort_unstable();
                return Ok(Err(proof));
            };
            let step = bound.minus(self.value(leaving))?.over(coefficient)?;
            self.shift(entering, step)?;
            self.pivot(leaving, entering)?;
        }
    }

    /// Moves a nonbasic variable by `step`, and with it every basic one that rests on it.
    fn shift(&mut self, variable: usize, step: Rational) -> Result<(), Overflow> {
        if let Some(value) = self.value.get_mut(variable) {
            *value = value.plus(step)?;
        }
        for (basic, row) in &self.basic {
            if let (Some(coefficient), Some(value)) =
                (row.get(&variable), self.value.get_mut(*basic))
            {
                *value = value.plus(coefficient.times(step)?)?;
            }
        }
        Ok(())
    }

    /// Lets `entering` take the place of `leaving` among the basic variables.
    fn pivot(&mut self, leaving: usize, entering: usize) -> Result<(), Overflow> {
        let mut row = self.basic.remove(&leaving).unwrap_or_default();
        let Some(pivot) = row.remove(&entering) else { return Err(Overflow) };
        // leaving = pivot·entering + rest, so entering = leaving/pivot − rest/pivot.
        for coefficient in row.values_mut() {
            *coefficient = coefficient.over(pivot)?.negative();
        }
        row.insert(leaving, Rational::ONE.over(pivot)?);
        for other in self.basic.values_mut() {
            substitute(other, entering, &row)?;
        }
        self.basic.insert(entering, row);
        Ok(())
    }

    /// Makes the sum of `unknowns` as small (`Side::Low`) or as great (`Side::High`) as the bounds
    /// allow, from a point within them. Every unknown must be held by some row.
    pub(crate) fn optimise(
        &mut self,
        unknowns: &[usize],
        toward: Side,
    ) -> Result<Optimum, Overflow> {
        let mut cost = SparseRow::new();
        for unknown in unknowns {
            match self.basic.get(unknown) {
                Some(row) => add_multiple(&mut cost, row, Rational::ONE)?,
                None => {
                    add_multiple(&mut cost, &[(*unknown, Rational::ONE)].into(), Rational::ONE)?
                }
            }
        }
        loop {
            let mut entering = None;
            for (&variable, coefficient) in &cost {
                let direction = toward_side(toward, *coefficient);
                if self.has_room(variable, direction)? {
                    entering = Some((variable, direction));
                    break;
                }
            }
            let Some((entering, direction)) = entering else { break };
            let (step, leaving) = self.step(entering, direction)?;
            self.shift(entering, step)?;
            if let Some(leaving) = leaving {
                self.pivot(leaving, entering)?;
                if let Some(row) = self.basic.get(&entering) {
                    substitute(&mut cost, entering, row)?;
                }
            }
        }
        let mut value = Rational::ZERO;
        for unknown in unknowns {
            value = value.plus(self.value(*unknown))?;
        }
        let proof = cost
            .iter()
            .map(|(variable, coefficient)| (*variable, toward_side(toward, *coefficient)))
            .collect();
        Ok(Optimum { value, proof })
    }

    /// How far `entering` can move, and which basic variable stops it (none if its own bound does).
    fn step(
        &self,
        entering: usize,
        direction: Side,
    ) -> Result<(Rational, Option<usize>), Overflow> {
        let sign = if direction == Side::High { Rational::ONE } else { Rational::ONE.negative() };
        let mut best: Option<(Rational, Option<usize>)> = match self.bound(entering, direction) {
            Some(bound) => Some((bound.minus(self.value(entering))?.times(sign)?, None)),
            None => None,
        };
        for (&basic, row) in &self.basic {
            let Some(coefficient) = row.get(&entering) else { continue };
            let speed = coefficient.times(sign)?;
            let side = if speed.is_positive() { Side::High } else { Side::Low };
            let Some(bound) = self.bound(basic, side) else { continue };
            let room = bound.minus(self.value(basic))?.over(speed)?;
            let closer = match &best {
                None => true,
                Some((shortest, _)) => room.compare(*shortest)? == Ordering::Less,
            };
            if closer {
                best = Some((room, Some(basic)));
            }
        }
        // Every unknown lies in a row with an upper bound, so something always stops it.
        let (length, leaving) = best.ok_or(Overflow)?;
        Ok((length.times(sign)?, leaving))
    }
}

/// The unknowns of a row and its bounds.
pub(crate) struct RowBounds<'r> {
    pub(crate) unknowns: &'r [usize],
    pub(crate) low: Option<i128>,
    pub(crate) high: Option<i128>,
}

/// The bound that stops a nonbasic variable from mending a basic one that is beyond `broken`.
fn helpful(broken: Side, coefficient: Rational) -> Side {
    if (broken == Side::Low) == coefficient.is_positive() { Side::High } else { Side::Low }
}

/// The bound that stops a variable with this coefficient from moving the objective on.
fn toward_side(toward: Side, coefficient: Rational) -> Side {
    if (toward == Side::High) == coefficient.is_positive() { Side::High } else { Side::Low }
}

/// Replaces `variable` in `row` by the combination it equals.
fn substitute(row: &mut SparseRow, variable: usize, equals: &SparseRow) -> Result<(), Overflow> {
    match row.remove(&variable) {
        Some(factor) => add_multiple(row, equals, factor),
        None => Ok(()),
    }
}

fn add_multiple(row: &mut SparseRow, other: &SparseRow, factor: Rational) -> Result<(), Overflow> {
    for (variable, coefficient) in other {
        let sum = row
            .get(variable)
            .copied()
            .unwrap_or(Rational::ZERO)
            .plus(coefficient.times(factor)?)?;
        if sum.is_zero() {
            row.remove(variable);
        } else {
            row.insert(*variable, sum);
        }
    }
    Ok(())
}
