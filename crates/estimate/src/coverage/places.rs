//! The tree of places and how many live in them.

use crate::table::{Fault, Row, Table, TableError, whole};
use std::collections::BTreeMap;

/// A place as the caller or the table gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name or code; unique in the tree, compared byte for byte.
    pub place: String,
    /// The place it lies in; none for the whole.
    pub parent: Option<String>,
    /// Its administrative level in the caller's words; not interpreted.
    pub level: String,
    /// Its residents. A place without parts must have it; one with parts and without a figure has
    /// the sum of its parts.
    pub population: Option<u64>,
}

/// Places that lie in each other, checked: names are unique, there is no circle, and the parts of a
/// place have no more residents than the place.
///
/// Parts may have fewer: the difference lives in places that are not listed, and counts as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceTree {
    places: Vec<Place>,
    parent: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    population: Vec<u64>,
    index: BTreeMap<String, usize>,
    /// Every place after its parts.
    upward: Vec<usize>,
}

const COLUMNS: [&str; 4] = ["place", "parent", "level", "population"];

impl PlaceTree {
    /// Reads a table with the columns `place, parent, level, population`; other columns are ignored.
    ///
    /// Errors name row and column; see [`Fault`].
    pub fn from_csv(text: &str) -> Result<Self, TableError> {
        let table = Table::read("places", text)?;
        table.require(&COLUMNS)?;
        let mut places = Vec::with_capacity(table.rows.len());
        let mut numbers = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            let population = population(&table, row)?;
            let parent = table.cell(row, "parent");
            places.push(Place {
                place: table.cell(row, "place").to_owned(),
                parent: (!parent.is_empty()).then(|| parent.to_owned()),
                level: table.cell(row, "level").to_owned(),
                population,
            });
            numbers.push(row.number);
        }
        Self::build(places, &numbers)
    }

    /// Checks places that the caller built; errors count the first place as row 2.
    pub fn new(places: Vec<Place>) -> Result<Self, TableError> {
        let numbers: Vec<u64> = (2..).take(places.len()).collect();
        if places.is_empty() {
            return Err(TableError {
                table: "places",
                row: None,
                column: None,
                fault: Box::new(Fault::Empty),
            });
        }
        Self::build(places, &numbers)
    }

    fn build(places: Vec<Place>, numbers: &[u64]) -> Result<Self, TableError> {
        let at = |index: usize| numbers.get(index).copied();
        let error = |index: usize, column: &str, fault: Fault| TableError {
            table: "places",
            row: at(index),
            column: Some(column.to_owned()),
            fault: Box::new(fault),
        };
        let mut index = BTreeMap::new();
        for (number, place) in places.iter().enumerate() {
            if place.place.is_empty() {
                return Err(error(number, "place", Fault::EmptyCell));
            }
            if let Some(first) = index.insert(place.place.clone(), number) {
                let first = at(first).unwrap_or_default();
                let fault = Fault::Duplicate { name: place.place.clone(), first };
                return Err(error(number, "place", fault));
            }
        }
        let mut parent = Vec::with_capacity(places.len());
        let mut children = vec![Vec::new(); places.len()];
        for (number, place) in places.iter().enumerate() {
            let above = match &place.parent {
                None => None,
                Some(name) => match index.get(name) {
                    Some(above) => Some(*above),
                    None => {
                        let fault = Fault::UnknownPlace(name.clone());
                        return Err(error(number, "parent", fault));
                    }
                },
            };
            if let Some(list) = above.and_then(|above| children.get_mut(above)) {
                list.push(number);
            }
            parent.push(above);
        }
        let upward = upward(&places, &parent, &children)
            .map_err(|(number, circle)| error(number, "parent", Fault::Cycle(circle)))?;
        let mut population = vec![0_u64; places.len()];
        for &number in &upward {
            let parts = children.get(number).map(Vec::as_slice).unwrap_or_default();
            let sum = parts
                .iter()
                .try_fold(0_u64, |sum, part| sum.checked_add(*population.get(*part)?))
                .ok_or_else(|| {
                    error(number, "population", Fault::TooLarge("the sum".to_owned()))
                })?;
            let Some(place) = places.get(number) else { continue };
            let residents = match place.population {
                Some(own) => own,
                None if parts.is_empty() => {
                    return Err(error(number, "population", Fault::EmptyCell));
                }
                None => sum,
            };
            if residents > MOST_PERSONS {
                let fault = Fault::TooLarge(residents.to_string());
                return Err(error(number, "population", fault));
            }
            if sum > residents {
                let fault = Fault::PartsExceedWhole {
                    place: place.place.clone(),
                    population: residents,
                    children: parts.len(),
                    sum,
                };
                return Err(error(number, "population", fault));
            }
            if let Some(cell) = population.get_mut(number) {
                *cell = residents;
            }
        }
        Ok(Self { places, parent, children, population, index, upward })
    }

    /// The places, in the order given.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The residents of a place: its own figure, or the sum of its parts.
    pub fn population(&self, place: &str) -> Option<u64> {
        self.index.get(place).and_then(|index| self.population.get(*index)).copied()
    }

    /// The residents of all places that lie in no other.
    pub fn total_population(&self) -> u64 {
        self.roots().map(|root| self.residents(root)).sum()
    }

    pub(super) fn find(&self, place: &str) -> Option<usize> {
        self.index.get(place).copied()
    }

    pub(super) fn name(&self, place: usize) -> &str {
        self.places.get(place).map(|place| place.place.as_str()).unwrap_or_default()
    }

    pub(super) fn residents(&self, place: usize) -> u64 {
        self.population.get(place).copied().unwrap_or_default()
    }

    pub(super) fn above(&self, place: usize) -> Option<usize> {
        self.parent.get(place).copied().flatten()
    }

    pub(super) fn parts(&self, place: usize) -> &[usize] {
        self.children.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn roots(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.places.len()).filter(|place| self.above(*place).is_none())
    }

    /// Every place after its parts.
    pub(super) fn upward(&self) -> &[usize] {
        &self.upward
    }
}

/// More persons than have ever lived; keeps every product within exact arithmetic.
const MOST_PERSONS: u64 = 1_000_000_000_000;

/// Orders places so that parts come before wholes, or names a circle and one place in it.
fn upward(
    places: &[Place],
    parent: &[Option<usize>],
    children: &[Vec<usize>],
) -> Result<Vec<usize>, (usize, String)> {
    let mut order: Vec<usize> =
        (0..places.len()).filter(|place| parent.get(*place).copied().flatten().is_none()).collect();
    let mut next = 0;
    while let Some(&place) = order.get(next) {
        order.extend(children.get(place).into_iter().flatten());
        next += 1;
    }
    if order.len() == places.len() {
        order.reverse();
        return Ok(order);
    }
    // Who is not reached from a root lies in a circle, or in a place that does.
    let mut reached = vec![false; places.len()];
    for place in order {
        if let Some(flag) = reached.get_mut(place) {
            *flag = true;
        }
    }
    let mut place = reached.iter().position(|flag| !flag).unwrap_or_default();
    for _ in 0..places.len() {
        place = parent.get(place).copied().flatten().unwrap_or(place);
    }
    let mut circle_members = vec![place];
    for _ in 0..places.len() {
        place = parent.get(place).copied().flatten().unwrap_or(place);
        circle_members.push(place);
    }
    place = circle_members.into_iter().min().unwrap_or(place);
    let start = place;
    let name = |place: usize| places.get(place).map(|p| p.place.as_str()).unwrap_or_default();
    let mut circle = name(start).to_owned();
    for _ in 0..places.len() {
        place = parent.get(place).copied().flatten().unwrap_or(start);
        circle.push_str(" in ");
        circle.push_str(name(place));
        if place == start {
            break;
        }
    }
    Err((start, circle))
}

fn population(table: &Table, row: &Row) -> Result<Option<u64>, TableError> {
    let text = table.cell(row, "population");
    if text.is_empty() {
        return Ok(None);
    }
    whole(text).map(Some).map_err(|fault| table.error(Some(row.number), Some("population"), fault))
}
