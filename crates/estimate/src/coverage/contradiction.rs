//! Which statements cannot all be true.

use super::places::PlaceTree;
use super::program::{Calendar, Program};
use super::statements::Range;
use crate::linear::Overflow;

/// A set of statements that exclude each other, while any fewer of them do not.
pub(super) struct Contradiction {
    pub(super) statements: Vec<usize>,
    /// No smaller set exists; otherwise the search for one was cut short.
    pub(super) is_smallest: bool,
}

/// Finds contradictions one after the other, each without the statements of those before, until
/// what is left can be true together.
///
/// Each begins with the set that the simplex method proves impossible; a deletion filter (Chinneck
/// & Dravnieks 1991) makes it irreducible, and an enumeration of all smaller sets, in the order of
/// size, makes it smallest, as long as the tries last.
pub(super) fn contradictions(
    tree: &PlaceTree,
    ranges: &[(usize, Range)],
    calendar: &Calendar,
) -> Result<Vec<Contradiction>, Overflow> {
    let excluded = |chosen: &[usize]| -> Result<Option<Vec<usize>>, Overflow> {
        Ok(Program::new(tree, ranges, calendar, chosen).find_point()?.err())
    };
    let mut left: Vec<usize> = (0..ranges.len()).collect();
    let mut found = Vec::new();
    let mut tries = (20_000_000 / tree.places().len().max(1)).clamp(200, 20_000);
    while let Some(first) = excluded(&left)? {
        let mut set = first;
        let mut position = 0;
        while position < set.len() && set.len() > 1 {
            let mut fewer = set.clone();
            fewer.remove(position);
            match excluded(&fewer)? {
                Some(smaller) => set = smaller,
                None => position += 1,
            }
        }
        let mut is_smallest = true;
        for size in 1..set.len() {
            let mut choice = Choice::new(left.len(), size);
            let mut smaller = None;
            while let Some(picked) = choice.next() {
                if tries == 0 {
                    is_smallest = false;
                    break;
                }
                tries -= 1;
                let chosen: Vec<usize> =
                    picked.iter().filter_map(|index| left.get(*index)).copied().collect();
                if excluded(&chosen)?.is_some() {
                    smaller = Some(chosen);
                    break;
                }
            }
            if let Some(smaller) = smaller {
                set = smaller;
                break;
            }
            if !is_smallest {
                break;
            }
        }
        if set.is_empty() {
            // Only the table of places could be at fault, and that was checked when it was read.
            break;
        }
        left.retain(|statement| !set.contains(statement));
        found.push(Contradiction { statements: set, is_smallest });
    }
    found.sort_by(|one, other| one.statements.cmp(&other.statements));
    Ok(found)
}

/// All choices of `size` out of `count` numbers, in lexical order.
struct Choice {
    count: usize,
    picked: Vec<usize>,
    is_started: bool,
}

impl Choice {
    fn new(count: usize, size: usize) -> Self {
        Self { count, picked: (0..size).collect(), is_started: false }
    }

    fn next(&mut self) -> Option<&[usize]> {
        let size = self.picked.len();
        if !self.is_started {
            self.is_started = true;
            return (size <= self.count).then_some(self.picked.as_slice());
        }
        let movable = (0..size).rev().find(|position| {
            self.picked.get(*position).is_some_and(|at| at + size - position < self.count)
        })?;
        let start = self.picked.get(movable)? + 1;
        for (offset, slot) in self.picked.iter_mut().skip(movable).enumerate() {
            *slot = start + offset;
        }
        Some(&self.picked)
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;

    #[test]
    fn choices_are_all_there_once() {
        let mut choice = Choice::new(5, 3);
        let mut all = Vec::new();
        while let Some(picked) = choice.next() {
            all.push(picked.to_vec());
        }
        assert_eq!(all.len(), 10);
        assert!(all.is_sorted());
        assert_eq!(all.last(), Some(&vec![2, 3, 4]));
        assert!(Choice::new(2, 3).next().is_none());
    }
}
