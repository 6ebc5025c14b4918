//! The linear program of a tree, its statements and a day.
//!
//! Places nobody speaks of are taken together: under the smallest place with a statement, what is
//! left forms one group, because its parts can be filled in any order. A group's unknowns are what
//! was added between the dates that matter to it, so that growth over time needs no rows.

use super::places::PlaceTree;
use super::statements::{Range, SCALE, Statement};
use crate::day::Day;
use crate::linear::Overflow;
use crate::linear::{Bound, Optimum, RowBounds, Side, Simplex};
use std::collections::BTreeMap;

/// Residents of one place, or of a place less its parts that somebody speaks of.
struct Group {
    /// The smallest place around it with a statement, if any.
    owner: Option<usize>,
    capacity: u64,
    /// (index of the date, number of the unknown), in the order of time.
    unknowns: Vec<(usize, usize)>,
}

/// What a row of the program stands for.
enum RowMeaning {
    /// No more than the residents of a group.
    Capacity(usize),
    /// Statements about a place by a date: who gives the low, who the high.
    Statements { low: Option<usize>, high: Option<usize> },
}

/// The statements, and the groups by number, that a bound rests on.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Grounds {
    pub(super) statements: Vec<usize>,
    groups: Vec<usize>,
}

/// A least or greatest sum, in units of 1 / [`SCALE`] persons, and what it rests on.
pub(super) struct Extreme {
    pub(super) optimum: Optimum,
    pub(super) grounds: Grounds,
}

/// When each statement sets a floor, and when a ceiling: indices of dates.
pub(super) struct Calendar {
    dates: Vec<Day>,
    floors: Vec<usize>,
    ceilings: Vec<usize>,
    target: usize,
    pub(super) as_of: Option<Day>,
    /// Some statements are dated and these are not.
    pub(super) undated: Vec<usize>,
}

impl Calendar {
    pub(super) fn new(statements: &[Statement], as_of: Option<Day>) -> Self {
        let mut dates: Vec<Day> =
            statements.iter().filter_map(|statement| statement.date).collect();
        if dates.is_empty() {
            // One moment; the as-of date can only name it.
            let zero = vec![0; statements.len()];
            let (floors, ceilings) = (zero.clone(), zero);
            return Self { dates, floors, ceilings, target: 0, as_of, undated: Vec::new() };
        }
        let as_of = as_of.or_else(|| dates.iter().max().copied());
        dates.extend(as_of);
        dates.sort_unstable();
        dates.dedup();
        let index = |day: Option<Day>, otherwise: usize| {
            day.and_then(|day| dates.binary_search(&day).ok()).unwrap_or(otherwise)
        };
        let last = dates.len() - 1;
        let floors = statements.iter().map(|statement| index(statement.date, last)).collect();
        let ceilings = statements.iter().map(|statement| index(statement.date, last)).collect();
        let undated = (0..statements.len())
            .filter(|number| statements.get(*number).is_some_and(|s| s.date.is_none()))
            .collect();
        let target = index(as_of, last);
        Self { floors, ceilings, target, as_of, undated, dates }
    }

    /// Whether the statement speaks of the as-of date or a day before it.
    pub(super) fn is_known(&self, statement: usize) -> bool {
        self.floors.get(statement).is_some_and(|date| *date <= self.target)
    }

    pub(super) fn last(&self) -> Option<Day> {
        self.dates.last().copied()
    }
}

pub(super) struct Program<'t> {
    tree: &'t PlaceTree,
    target: usize,
    groups: Vec<Group>,
    /// Group of each place that lies wholly in one.
    group_of: BTreeMap<usize, usize>,
    unknowns: usize,
    meanings: Vec<RowMeaning>,
    simplex: Simplex,
}

impl<'t> Program<'t> {
    /// The program of the statements in `chosen` (numbers into `ranges`).
    pub(super) fn new(
        tree: &'t PlaceTree,
        ranges: &[(usize, Range)],
        calendar: &Calendar,
        chosen: &[usize],
    ) -> Self {
        let (mut groups, group_of) = groups(tree, ranges, chosen);
        let date_of = |list: &[usize], statement: usize| list.get(statement).copied().unwrap_or(0);
        // Dates that matter to each place: those of statements about it, and the target.
        let mut dates: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &statement in chosen {
            let Some((place, range)) = ranges.get(statement) else { continue };
            let list = dates.entry(*place).or_default();
            if range.low.is_some() {
                list.push(date_of(&calendar.floors, statement));
            }
            if range.high.is_some() {
                list.push(date_of(&calendar.ceilings, statement));
            }
        }
        let mut unknowns = 0;
        for group in &mut groups {
            let mut relevant = vec![calendar.target];
            let mut place = group.owner;
            while let Some(current) = place {
                relevant.extend(dates.get(&current).into_iter().flatten());
                place = tree.above(current);
            }
            relevant.sort_unstable();
            relevant.dedup();
            group.unknowns = relevant.into_iter().zip(unknowns..).collect();
            unknowns += group.unknowns.len();
        }
        let mut program = Self {
            tree,
            target: calendar.target,
            groups,
            group_of,
            unknowns,
            meanings: Vec::new(),
            simplex: Simplex::new(0, &[]),
        };
        program.set_rows(ranges, calendar, chosen);
        program
    }

    fn set_rows(&mut self, ranges: &[(usize, Range)], calendar: &Calendar, chosen: &[usize]) {
        type Held = Option<(i128, usize)>;
        let mut stated: BTreeMap<(usize, usize), (Held, Held)> = BTreeMap::new();
        for &statement in chosen {
            let Some((place, range)) = ranges.get(statement) else { continue };
            if let (Some(low), Some(date)) = (range.low, calendar.floors.get(statement)) {
                let row = stated.entry((*place, *date)).or_default();
                if row.0.is_none_or(|(held, _)| low > held) {
                    row.0 = Some((low, statement));
                }
            }
            if let (Some(high), Some(date)) = (range.high, calendar.ceilings.get(statement)) {
                let row = stated.entry((*place, *date)).or_default();
                if row.1.is_none_or(|(held, _)| high < held) {
                    row.1 = Some((high, statement));
                }
            }
        }
        let mut sums: Vec<Vec<usize>> = Vec::new();
        let mut bounds: Vec<(Option<i128>, Option<i128>)> = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            sums.push(group.unknowns.iter().map(|(_, unknown)| *unknown).collect());
            bounds.push((None, Some(i128::from(group.capacity) * SCALE)));
            self.meanings.push(RowMeaning::Capacity(number));
        }
        for ((place, date), (low, high)) in stated {
            sums.push(self.sum(Some(place), date));
            bounds.push((low.map(|(low, _)| low), high.map(|(high, _)| high)));
            let (low, high) = (low.map(|(_, by)| by), high.map(|(_, by)| by));
            self.meanings.push(RowMeaning::Statements { low, high });
        }
        let rows: Vec<RowBounds<'_>> = sums
            .iter()
            .zip(&bounds)
            .map(|(unknowns, (low, high))| RowBounds { unknowns, low: *low, high: *high })
            .collect();
        self.simplex = Simplex::new(self.unknowns, &rows);
    }

    /// The unknowns whose sum is the count of a place (none: of all) by a date.
    fn sum(&self, place: Option<usize>, date: usize) -> Vec<usize> {
        self.groups
            .iter()
            .filter(|group| place.is_none_or(|place| self.lies_in(group.owner, place)))
            .flat_map(|group| &group.unknowns)
            .filter(|(by, _)| *by <= date)
            .map(|(_, unknown)| *unknown)
            .collect()
    }

    fn lies_in(&self, owner: Option<usize>, place: usize) -> bool {
        let mut current = owner;
        while let Some(at) = current {
            if at == place {
                return true;
            }
            current = self.tree.above(at);
        }
        false
    }

    fn grounds(&self, proof: &[Bound]) -> Grounds {
        let mut grounds = Grounds::default();
        for (variable, side) in proof {
            let meaning =
                variable.checked_sub(self.unknowns).and_then(|row| self.meanings.get(row));
            match meaning {
                Some(RowMeaning::Capacity(group)) => grounds.groups.push(*group),
                Some(RowMeaning::Statements { low, high }) => {
                    let by = if *side == Side::Low { low } else { high };
                    grounds.statements.extend(by);
                }
                None => {}
            }
        }
        grounds.statements.sort_unstable();
        grounds.statements.dedup();
        grounds
    }

    /// Looks for a point; the inner error names statements that exclude each other.
    pub(super) fn find_point(&mut self) -> Result<Result<(), Vec<usize>>, Overflow> {
        Ok(match self.simplex.find_point()? {
            Ok(()) => Ok(()),
            Err(proof) => Err(self.grounds(&proof).statements),
        })
    }

    /// The least or greatest count of everyone by the target date.
    pub(super) fn total(&mut self, toward: Side) -> Result<Extreme, Overflow> {
        let sum = self.sum(None, self.target);
        self.extreme(&sum, toward)
    }

    /// The least or greatest count of a place whose parts form whole groups.
    pub(super) fn of_place(&mut self, place: usize, toward: Side) -> Result<Extreme, Overflow> {
        let sum = self.sum(Some(place), self.target);
        self.extreme(&sum, toward)
    }

    /// The least or greatest count of a group.
    pub(super) fn of_group(&mut self, group: usize, toward: Side) -> Result<Extreme, Overflow> {
        let unknowns = self.groups.get(group).map(|group| group.unknowns.as_slice());
        let sum: Vec<usize> = unknowns
            .unwrap_or_default()
            .iter()
            .filter(|(by, _)| *by <= self.target)
            .map(|(_, unknown)| *unknown)
            .collect();
        self.extreme(&sum, toward)
    }

    fn extreme(&mut self, sum: &[usize], toward: Side) -> Result<Extreme, Overflow> {
        let optimum = self.simplex.optimise(sum, toward)?;
        let grounds = self.grounds(&optimum.proof);
        Ok(Extreme { optimum, grounds })
    }

    /// The group a place lies in, with the group's residents, if nobody speaks of the place or of
    /// anything in it.
    pub(super) fn group_of(&self, place: usize) -> Option<(usize, u64)> {
        let group = self.group_of.get(&place)?;
        self.groups.get(*group).map(|found| (*group, found.capacity))
    }

    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// The groups of a bound in words: places, or the rest of a place.
    pub(super) fn populations(&self, grounds: &Grounds) -> Vec<String> {
        let mut names: Vec<String> = grounds
            .groups
            .iter()
            .filter_map(|group| self.groups.get(*group))
            .filter(|group| group.capacity > 0)
            .map(|group| match group.owner {
                Some(owner) if group.capacity == self.tree.residents(owner) => {
                    self.tree.name(owner).to_owned()
                }
                Some(owner) => format!("rest of {}", self.tree.name(owner)),
                None => "places without a statement".to_owned(),
            })
            .collect();
        names.dedup();
        names
    }
}

/// Divides all residents into groups.
fn groups(
    tree: &PlaceTree,
    ranges: &[(usize, Range)],
    chosen: &[usize],
) -> (Vec<Group>, BTreeMap<usize, usize>) {
    let count = tree.places().len();
    let mut stated = vec![false; count];
    for (place, _) in chosen.iter().filter_map(|statement| ranges.get(*statement)) {
        if let Some(flag) = stated.get_mut(*place) {
            *flag = true;
        }
    }
    // Whether a statement speaks of the place or of something in it.
    let mut touched = stated;
    for &place in tree.upward() {
        if touched.get(place).copied().unwrap_or_default()
            && let Some(flag) = tree.above(place).and_then(|above| touched.get_mut(above))
        {
            *flag = true;
        }
    }
    let is_touched = |place: usize| touched.get(place).copied().unwrap_or_default();
    let mut groups = Vec::new();
    let mut group_of = BTreeMap::new();
    let mut open: Vec<Option<usize>> = vec![None];
    open.extend((0..count).filter(|place| is_touched(*place)).map(Some));
    for owner in open {
        let parts: Vec<usize> = match owner {
            Some(owner) => tree.parts(owner).to_vec(),
            None => tree.roots().collect(),
        };
        let whole = match owner {
            Some(owner) => tree.residents(owner),
            None => tree.total_population(),
        };
        let inside: u64 =
            parts.iter().filter(|part| is_touched(**part)).map(|part| tree.residents(*part)).sum();
        let number = groups.len();
        let mut below: Vec<usize> = parts.into_iter().filter(|part| !is_touched(*part)).collect();
        while let Some(place) = below.pop() {
            group_of.insert(place, number);
            below.extend(tree.parts(place));
        }
        let capacity = whole.saturating_sub(inside);
        groups.push(Group { owner, capacity, unknowns: Vec::new() });
    }
    (groups, group_of)
}
