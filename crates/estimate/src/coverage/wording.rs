//! The answer of a coverage question in plain words.

use super::bounds::Bounds;
use super::places::PlaceTree;
use super::pooling::Pooled;
use super::statements::Statement;
use crate::answer::{Documented, Estimate, grouped, two_figures_down, two_figures_up};
use crate::day::Day;

/// Figures that sources or the table of places state, which keep every digit in print.
pub(super) struct Quoted(Vec<u64>);

impl Quoted {
    pub(super) fn new(tree: &PlaceTree, statements: &[Statement], documented: Documented) -> Self {
        let mut figures = vec![documented.persons(), tree.total_population()];
        figures.extend(tree.places().iter().filter_map(|place| place.population));
        for statement in statements {
            let said = [statement.value, statement.low, statement.high];
            figures.extend(said.into_iter().flatten().filter_map(|figure| figure.persons()));
        }
        figures.sort_unstable();
        Self(figures)
    }

    fn holds(&self, number: u64) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    pub(super) fn low(&self, number: u64) -> String {
        if self.holds(number) { grouped(number) } else { two_figures_down(number) }
    }

    pub(super) fn high(&self, number: u64) -> String {
        if self.holds(number) { grouped(number) } else { two_figures_up(number) }
    }
}

fn by(as_of: Option<Day>) -> String {
    as_of.map(|day| format!(" by {day}")).unwrap_or_default()
}

/// The text of an answer that has bounds; it begins with them.
pub(super) fn with_bounds(
    bounds: &Bounds,
    documented: Documented,
    population: u64,
    as_of: Option<Day>,
    quoted: &Quoted,
) -> String {
    let low = quoted.low(bounds.low);
    let high = quoted.high(bounds.high);
    let mut text = format!("The sources imply at least {low} and cannot exclude {high}");
    text.push_str(&by(as_of));
    text.push_str(&format!(", among {} residents. ", grouped(population)));
    if bounds.low == bounds.high {
        text.push_str("They leave no other figure. ");
    } else {
        text.push_str(
            "Narrower figures need the assumption that places and days about which the sources are \
             silent resemble those they report on, which is untested. ",
        );
    }
    text.push_str(&match documented.persons() {
        0 => "No source states a number outright.".to_owned(),
        _ => format!("Documented outright, nobody counted twice: {documented}."),
    });
    text
}

/// What a pooled estimate adds to the text.
pub(super) fn pooled(pooled: &Pooled) -> String {
    let at = |name: &str| pooled.quantiles.get(name).copied().unwrap_or_default();
    let estimate = Estimate::new(
        at("0.025").floor() as u64,
        Some(at("0.5").round() as u64),
        at("0.975").ceil() as u64,
    );
    format!(
        " Predicting {} places from {} whose count is known gives an estimate of {estimate}, under \
         the untested assumption on reporting: {}",
        pooled.places_predicted, pooled.places_known, pooled.assumption
    )
}

/// The text of a refusal because statements exclude each other.
pub(super) fn contradicted(documented: Documented, as_of: Option<Day>, sets: &[String]) -> String {
    format!(
        "The sources contradict each other, so no figure is given{}. {} Documented outright, before \
         the contradiction is settled: {documented}. What would help: read the passages again \
         (place, date, unit, rounding, population), or drop a source that is not credible and say \
         so.",
        by(as_of),
        sets.join(" "),
    )
}

/// Which statements exclude each other, in one sentence.
pub(super) fn contradiction(ids: &[String], is_smallest: bool) -> String {
    let sentence = match ids {
        [only] => format!("Statement {only} cannot be true beside the table of places."),
        [before @ .., last] => {
            format!("Statements {} and {last} cannot all be true.", before.join(", "))
        }
        [] => String::new(),
    };
    if is_smallest {
        return sentence;
    }
    format!("{sentence} (A smaller contradictory set may exist; the search was cut short.)")
}
