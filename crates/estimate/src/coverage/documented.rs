//! The count that sources state outright, nobody counted twice.

use super::places::PlaceTree;
use super::program::Calendar;
use super::statements::{Kind, Statement};

/// A documented count of a place, and the statements it is the sum of.
#[derive(Clone, Default)]
pub(super) struct Stated {
    pub(super) persons: u64,
    pub(super) statements: Vec<usize>,
}

/// The documented count of every place by the as-of date.
///
/// A place has the greater of what is said of itself (counts are cumulative, so the greatest of
/// several) and the sum of what is said of its parts: either holds without adding two levels.
/// Shares and "all residents" state no number and do not count here.
pub(super) fn by_place(
    tree: &PlaceTree,
    statements: &[Statement],
    places: &[usize],
    calendar: &Calendar,
) -> Vec<Stated> {
    let mut stated = vec![Stated::default(); tree.places().len()];
    for (number, (statement, place)) in statements.iter().zip(places).enumerate() {
        let says = match statement.kind {
            Kind::Count | Kind::CountRounded | Kind::AtLeast => statement.value.or(statement.low),
            Kind::Share | Kind::AllResidents => None,
        };
        let persons = says.and_then(|figure| figure.persons()).unwrap_or_default();
        if let Some(own) = stated.get_mut(*place)
            && calendar.is_known(number)
            && persons > own.persons
        {
            *own = Stated { persons, statements: vec![number] };
        }
    }
    for &place in tree.upward() {
        let parts = together(tree.parts(place).iter().copied(), &stated);
        if let Some(own) = stated.get_mut(place)
            && parts.persons > own.persons
        {
            *own = parts;
        }
    }
    stated
}

/// The documented count of places that do not lie in each other.
pub(super) fn together(places: impl Iterator<Item = usize>, stated: &[Stated]) -> Stated {
    let mut all = Stated::default();
    for part in places.filter_map(|place| stated.get(place)) {
        all.persons = all.persons.saturating_add(part.persons);
        all.statements.extend(&part.statements);
    }
    all.statements.sort_unstable();
    all
}
