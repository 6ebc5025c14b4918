//! Whether a maximum of the likelihood exists, and whether it is one point.
//!
//! A Poisson model with log means Xθ has no maximum exactly where some direction d has (Xd)_i = 0 on
//! every cell that somebody is in, (Xd)_i ≤ 0 on every empty one, and (Xd)_i < 0 on one of them: the
//! likelihood then grows for ever along d (Haberman 1974; Fienberg & Rinaldo 2012, *Maximum
//! likelihood estimation in log-linear models*). Parameters are not identified where Xd = 0 for some
//! d that is not zero. Both are decided in exact arithmetic.

use super::poisson::Design;
use crate::linear::{Overflow, Rational, Side, Simplex};

/// Why a model has no estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The likelihood has no maximum.
    NoMle,
    /// More than one set of parameters has the same likelihood.
    NotIdentified,
    /// The model is not one of these lists, its table too large, or the search did not settle.
    NotSettled,
}

/// Checks a design of whole numbers beside counts of its cells.
pub(super) fn check(design: &Design, counts: &[f64]) -> Result<(), Unfit> {
    exact(design, counts).unwrap_or(Err(Unfit::NotSettled))
}

/// Whether the counts determine the first parameter, and so how many were not seen, once the cells
/// whose means go to nothing are taken away (the extended estimate of Fienberg & Rinaldo 2012): true
/// where every direction that the other cells take to zero leaves the first parameter alone.
pub(super) fn determines_first(design: &Design, counts: &[f64]) -> bool {
    facial(design, counts).unwrap_or(false)
}

fn facial(design: &Design, counts: &[f64]) -> Result<bool, Overflow> {
    let row = |row: &[f64]| -> Vec<Rational> {
        row.iter().map(|x| Rational::whole(*x as i128)).collect()
    };
    let is_seen = |(_, count): &(&[f64], &f64)| **count > 0.0;
    let (seen, empty): (Vec<_>, Vec<_>) = design.rows().zip(counts).partition(is_seen);
    let mut kept: Vec<Vec<Rational>> = seen.into_iter().map(|(cells, _)| row(cells)).collect();
    let empty: Vec<Vec<Rational>> = empty.into_iter().map(|(cells, _)| row(cells)).collect();
    let directions = kernel(kept.clone(), design.columns)?;
    let slopes = slopes(&empty, &directions)?;
    let unknowns = directions.len();
    for (number, cell) in empty.into_iter().enumerate() {
        let low = Rational::ONE.negative();
        let mut program = Simplex::with_free_unknowns(unknowns, &slopes, low, Rational::ZERO);
        let falls = program.find_point()?.is_ok()
            && !program.optimise(&[unknowns + number], Side::Low)?.value.is_zero();
        if !falls {
            kept.push(cell);
        }
    }
    let free = kernel(kept, design.columns)?;
    Ok(free.iter().all(|direction| direction.first().is_none_or(|first| first.is_zero())))
}

/// Each empty cell's log mean as a combination of the free directions.
fn slopes(
    empty: &[Vec<Rational>],
    directions: &[Vec<Rational>],
) -> Result<Vec<Vec<Rational>>, Overflow> {
    let mut slopes = Vec::with_capacity(empty.len());
    for row in empty {
        let mut slope = Vec::with_capacity(directions.len());
        for direction in directions {
            let mut sum = Rational::ZERO;
            for (x, d) in row.iter().zip(direction) {
                sum = sum.plus(x.times(*d)?)?;
            }
            slope.push(sum);
        }
        slopes.push(slope);
    }
    Ok(slopes)
}

fn exact(design: &Design, counts: &[f64]) -> Result<Result<(), Unfit>, Overflow> {
    let (mut seen, mut empty) = (Vec::new(), Vec::new());
    for (row, count) in design.rows().zip(counts) {
        let row: Vec<Rational> = row.iter().map(|x| Rational::whole(*x as i128)).collect();
        if *count > 0.0 { seen.push(row) } else { empty.push(row) }
    }
    let directions = kernel(seen, design.columns)?;
    if directions.is_empty() {
        return Ok(Ok(()));
    }
    let slopes = slopes(&empty, &directions)?;
    if !kernel(slopes.clone(), directions.len())?.is_empty() {
        return Ok(Err(Unfit::NotIdentified));
    }
    let unknowns = directions.len();
    let low = Rational::ONE.negative();
    let mut program = Simplex::with_free_unknowns(unknowns, &slopes, low, Rational::ZERO);
    if program.find_point()?.is_err() {
        return Ok(Err(Unfit::NotSettled));
    }
    let cells: Vec<usize> = (unknowns..unknowns + slopes.len()).collect();
    let least = program.optimise(&cells, Side::Low)?.value;
    Ok(if least.is_zero() { Ok(()) } else { Err(Unfit::NoMle) })
}

/// A basis of the directions that every row takes to zero, by elimination.
fn kernel(rows: Vec<Vec<Rational>>, columns: usize) -> Result<Vec<Vec<Rational>>, Overflow> {
    let mut reduced: Vec<(usize, Vec<Rational>)> = Vec::new();
    for mut row in rows {
        for (pivot, known) in &reduced {
            let factor = row.get(*pivot).copied().unwrap_or(Rational::ZERO);
            subtract(&mut row, known, factor)?;
        }
        let Some(pivot) = row.iter().position(|entry| !entry.is_zero()) else { continue };
        let head = row.get(pivot).copied().unwrap_or(Rational::ONE);
        for entry in &mut row {
            *entry = entry.over(head)?;
        }
        for (_, known) in &mut reduced {
            let factor = known.get(pivot).copied().unwrap_or(Rational::ZERO);
            subtract(known, &row, factor)?;
        }
        reduced.push((pivot, row));
        if reduced.len() == columns {
            return Ok(Vec::new());
        }
    }
    let is_pivot = |column: usize| reduced.iter().any(|(pivot, _)| *pivot == column);
    let mut basis = Vec::new();
    for free in (0..columns).filter(|column| !is_pivot(*column)) {
        let mut direction = vec![Rational::ZERO; columns];
        if let Some(entry) = direction.get_mut(free) {
            *entry = Rational::ONE;
        }
        for (pivot, row) in &reduced {
            let value = row.get(free).copied().unwrap_or(Rational::ZERO).negative();
            if let Some(entry) = direction.get_mut(*pivot) {
                *entry = value;
            }
        }
        basis.push(direction);
    }
    Ok(basis)
}

fn subtract(row: &mut [Rational], other: &[Rational], factor: Rational) -> Result<(), Overflow> {
    if factor.is_zero() {
        return Ok(());
    }
    for (entry, known) in row.iter_mut().zip(other) {
        *entry = entry.minus(known.times(factor)?)?;
    }
    Ok(())
}
