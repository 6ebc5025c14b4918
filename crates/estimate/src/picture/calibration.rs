//! Pictures of how uniform the places of true values are.

use super::Picture;
use super::drawing::{Anchor, Drawing};
use crate::calibration::Uniformity;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 56.0;
const HEIGHT: f64 = 180.0;

/// How many true values fell into each twentieth of their posterior, with the band that chance
/// leaves a bar outside of once in a thousand times (normal approximation to the binomial law), as
/// by Talts et al. 2018.
pub fn places_in_posterior(found: &Uniformity) -> Picture {
    let title = format!("{}: true values by their place in the posterior", found.method);
    let mut drawing = Drawing::new(WIDTH, TOP + HEIGHT + 50.0, &title);
    drawing.text(16.0, 26.0, Anchor::Start, 15.0, &title);
    let bins = found.bins.len().max(1) as f64;
    let share = 1.0 / bins;
    let count = found.replicates as f64;
    let spread = 3.2905 * (count * share * (1.0 - share)).sqrt();
    let band = [(count * share - spread).max(0.0), count * share + spread];
    let most = found.bins.iter().map(|bin| *bin as f64).fold(band[1], f64::max) * 1.1;
    let y = |value: f64| TOP + HEIGHT * (1.0 - value / most);
    let step = (WIDTH - LEFT - RIGHT) / bins;
    drawing.grey_bar(LEFT, y(band[1]), WIDTH - LEFT - RIGHT, y(band[0]) - y(band[1]));
    let mut table = vec![["place in the posterior", "true values"].map(str::to_owned).to_vec()];
    for (number, bin) in found.bins.iter().enumerate() {
        let x = LEFT + step * number as f64;
        let top = y(*bin as f64);
        drawing.bar(x + step * 0.3, top, step * 0.4, TOP + HEIGHT - top);
        let place = format!("{:.2} to {:.2}", number as f64 / bins, (number + 1) as f64 / bins);
        table.push(vec![place, bin.to_string()]);
    }
    drawing.dashed_line((LEFT, y(count * share)), (WIDTH - RIGHT, y(count * share)));
    for value in [0.0, count * share, band[1]] {
        drawing.text(LEFT - 8.0, y(value) + 4.0, Anchor::End, 11.0, &format!("{value:.0}"));
    }
    axis(&mut drawing, "place of the true value in its posterior");
    Picture { svg: drawing.finish(), table }
}

/// The empirical distribution of the places less the uniform one, with the band that chance leaves
/// once in a thousand times (Kolmogorov).
pub fn distance_from_uniform(found: &Uniformity) -> Picture {
    let title = format!("{}: distribution of places, less the uniform one", found.method);
    let mut drawing = Drawing::new(WIDTH, TOP + HEIGHT + 50.0, &title);
    drawing.text(16.0, 26.0, Anchor::Start, 15.0, &title);
    let most = (found.ecdf_limit * 1.15).max(found.ecdf_distance * 1.05);
    let y = |value: f64| TOP + HEIGHT * 0.5 * (1.0 - value / most);
    let x = |place: f64| LEFT + (WIDTH - LEFT - RIGHT) * place;
    let limit = found.ecdf_limit;
    drawing.grey_bar(LEFT, y(limit), WIDTH - LEFT - RIGHT, y(-limit) - y(limit));
    drawing.dashed_line((LEFT, y(0.0)), (WIDTH - RIGHT, y(0.0)));
    for value in [-limit, 0.0, limit] {
        drawing.text(LEFT - 8.0, y(value) + 4.0, Anchor::End, 11.0, &format!("{value:+.3}"));
    }
    let count = found.places.len().max(1) as f64;
    let mut before = (x(0.0), y(0.0));
    let mut table = vec![["place", "share at or below it"].map(str::to_owned).to_vec()];
    for step in 0..=100 {
        let place = f64::from(step) / 100.0;
        let share = found.places.partition_point(|own| *own <= place) as f64 / count;
        let next = (x(place), y(share - place));
        drawing.line(before, next, 2.0);
        before = next;
        if step % 10 == 0 {
            table.push(vec![format!("{place:.1}"), format!("{share:.3}")]);
        }
    }
    axis(&mut drawing, "place of the true value in its posterior");
    Picture { svg: drawing.finish(), table }
}

fn axis(drawing: &mut Drawing, label: &str) {
    let base = TOP + HEIGHT;
    drawing.line((LEFT, base), (WIDTH - RIGHT, base), 1.0);
    for step in 0..=5 {
        let share = f64::from(step) / 5.0;
        let x = LEFT + (WIDTH - LEFT - RIGHT) * share;
        drawing.line((x, base), (x, base + 5.0), 1.0);
        drawing.text(x, base + 19.0, Anchor::Middle, 11.0, &format!("{share:.1}"));
    }
    drawing.text((LEFT + WIDTH - RIGHT) / 2.0, base + 38.0, Anchor::Middle, 12.0, label);
}
