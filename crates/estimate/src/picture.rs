//! Pictures of answers as SVG, each with the same as a table.
//!
//! They use black, white and greys with text at every mark, so that they can be read in print, in
//! grey, and aloud. They hold no script and no outside reference, and the same input gives the same
//! bytes.

mod calibration;
mod drawing;
mod map;

pub use calibration::{distance_from_uniform, places_in_posterior};
pub use map::{OutlineError, Outlines, bounds_on_map};

use crate::answer::{grouped, two_figures_down, two_figures_up};
use crate::coverage::{Coverage, PlaceBounds};
use crate::overlap::{Dga, Lists, Overlap};
use drawing::{Anchor, Drawing, escaped};

/// A picture, and the same as a table whose first row is its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// A whole SVG document (W3C SVG 1.1).
    pub svg: String,
    /// What it shows.
    pub table: Vec<Vec<String>>,
}

impl Picture {
    /// The table as CSV (RFC 4180).
    pub fn csv(&self) -> String {
        let cell = |cell: &String| match cell.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.clone(),
        };
        let row = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(",") + "\n";
        self.table.iter().map(row).collect()
    }
}

/// One HTML page of an answer's text and its pictures, each with its table under it. It holds no
/// script and refers to nothing outside.
pub fn page(text: &str, pictures: &[&Picture]) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Estimate</title>\n\
         <style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#000;\
         background:#fff}svg{max-width:100%;height:auto}table{border-collapse:collapse;font-size:14px}\
         th,td{border:1px solid #767676;padding:2px 8px;text-align:left}</style></head><body>\n\
         <h1>Estimate</h1>\n",
    );
    page.push_str(&format!("<p>{}</p>\n", escaped(text)));
    for picture in pictures {
        page.push_str(&picture.svg);
        page.push_str("<details><summary>The same as a table</summary><table>\n");
        for (number, row) in picture.table.iter().enumerate() {
            let tag = if number == 0 { "th" } else { "td" };
            page.push_str("<tr>");
            for cell in row {
                page.push_str(&format!("<{tag}>{}</{tag}>", escaped(cell)));
            }
            page.push_str("</tr>\n");
        }
        page.push_str("</table></details>\n");
    }
    page.push_str("</body></html>\n");
    page
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 230.0;
const RIGHT: f64 = 30.0;
const LINE: f64 = 26.0;
const TOP: f64 = 64.0;

/// A scale from persons to the drawing, from 0.
struct Scale {
    most: f64,
}

impl Scale {
    fn new(most: u64) -> Self {
        Self { most: (most.max(1) as f64) * 1.05 }
    }

    fn at(&self, persons: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (persons / self.most).clamp(0.0, 1.0)
    }

    /// A line, and numbers at steps of 1, 2 or 5 times a power of ten.
    fn draw(&self, drawing: &mut Drawing, y: f64) {
        let rough = self.most / 5.0;
        let mut power = 1.0;
        while power * 10.0 <= rough {
            power *= 10.0;
        }
        let step = [1.0, 2.0, 5.0, 10.0].map(|f| f * power).into_iter().find(|s| *s >= rough);
        let step = step.unwrap_or(rough).max(1.0);
        drawing.line((LEFT, y), (WIDTH - RIGHT, y), 1.0);
        let mut number = 0.0;
        while number <= self.most {
            let x = self.at(number);
            drawing.line((x, y), (x, y + 5.0), 1.0);
            drawing.text(x, y + 20.0, Anchor::Middle, 11.0, &grouped(number as u64));
            number += step;
        }
    }
}

/// A row of a picture of intervals.
struct Interval {
    label: String,
    low: u64,
    point: Option<u64>,
    high: u64,
}

fn intervals(title: &str, documented: u64, rows: &[Interval]) -> Picture {
    let most = rows.iter().map(|row| row.high).max().unwrap_or(documented).max(documented);
    let scale = Scale::new(most);
    let bottom = TOP + LINE * rows.len() as f64;
    let mut drawing = Drawing::new(WIDTH, bottom + 60.0, title);
    drawing.text(16.0, 26.0, Anchor::Start, 15.0, title);
    let mark = scale.at(documented as f64);
    drawing.dashed_line((mark, TOP - 14.0), (mark, bottom));
    let label = format!("documented: {}", grouped(documented));
    drawing.text(mark + 4.0, TOP - 16.0, Anchor::Start, 11.0, &label);
    let mut table = vec![["method", "low", "point", "high"].map(str::to_owned).to_vec()];
    for (number, row) in rows.iter().enumerate() {
        let y = TOP + LINE * (number as f64 + 0.5);
        drawing.text(LEFT - 12.0, y + 4.0, Anchor::End, 12.0, &cut(&row.label, 0));
        drawing.line((scale.at(row.low as f64), y), (scale.at(row.high as f64), y), 3.0);
        for end in [row.low, row.high] {
            let x = scale.at(end as f64);
            drawing.line((x, y - 5.0), (x, y + 5.0), 2.0);
        }
        if let Some(point) = row.point {
            drawing.circle(scale.at(point as f64), y, 5.0);
        }
        let point = row.point.map(grouped).unwrap_or_default();
        table.push(vec![row.label.clone(), grouped(row.low), point, grouped(row.high)]);
    }
    scale.draw(&mut drawing, bottom + 8.0);
    Picture { svg: drawing.finish(), table }
}

/// Every method's interval beside the documented count; models by their BIC, the best first.
pub fn intervals_by_method(found: &Overlap) -> Picture {
    let mut rows = Vec::new();
    for model in found.methods.loglinear.iter().flat_map(|loglinear| &loglinear.models) {
        let Some([low, high]) = model.profile_ci95 else { continue };
        rows.push(Interval {
            label: format!("log-linear {}", model.model),
            low: low as u64,
            point: Some(model.n_hat as u64),
            high: high.ceil() as u64,
        });
    }
    if let Some(dga) = &found.methods.dga {
        let at = |name| dga.quantiles.get(name).copied().unwrap_or_default();
        let (low, high) = (at("0.025"), at("0.975"));
        rows.push(Interval {
            label: "decomposable graphs".into(),
            low,
            point: Some(dga.median()),
            high,
        });
    }
    if let Some(latent) = &found.methods.latent_class {
        let at = |name| latent.quantiles.get(name).copied().unwrap_or_default() as u64;
        let (low, high) = (at("0.025"), at("0.975"));
        rows.push(Interval { label: "latent classes".into(), low, point: Some(at("0.5")), high });
    }
    for one in found.replicates.iter().flat_map(|replicates| &replicates.combined) {
        rows.push(Interval {
            label: format!("all linkages, {}", one.method),
            low: one.combined.ci95[0] as u64,
            point: Some(one.combined.n_hat as u64),
            high: one.combined.ci95[1].min(1e15).ceil() as u64,
        });
    }
    let parts = found
        .strata
        .iter()
        .flat_map(|strata| &strata.each)
        .map(|one| (format!("stratum {}", one.stratum), &one.found.answer));
    let linkages = found.replicates.iter().flat_map(|replicates| &replicates.linkages);
    let linkages = linkages.map(|one| (format!("linkage {}", one.replicate), &one.found.answer));
    for (label, answer) in parts.chain(linkages) {
        let (Some(low), Some(high)) = (answer.low, answer.high) else { continue };
        rows.push(Interval { label, low, point: answer.point, high });
    }
    let title = match rows.is_empty() {
        true => "No method gives an interval of these lists",
        false => "Estimates with 95 % intervals; ranges where no point stands",
    };
    intervals(title, found.documented.persons(), &rows)
}

/// How many persons are on exactly which lists, the largest pattern first (Lex et al. 2014,
/// *UpSet*); with the name of the stratum, where the lists are of one.
pub fn overlap_of_lists(lists: &Lists, stratum: Option<&str>) -> Picture {
    let mut patterns: Vec<(u32, u64)> = lists.patterns().collect();
    patterns.sort_by_key(|(pattern, persons)| (std::cmp::Reverse(*persons), *pattern));
    let shown = patterns.get(..patterns.len().min(31)).unwrap_or_default();
    let about = stratum.map(|stratum| format!(", stratum {stratum}")).unwrap_or_default();
    let title = &format!("Persons by the lists they are on{about}");
    let (column, dots) = (18.0, 22.0);
    let names = lists.names();
    let height = 60.0 + 160.0 + dots * names.len() as f64 + 30.0;
    let mut drawing =
        Drawing::new(WIDTH.max(LEFT + column * shown.len() as f64 + RIGHT), height, title);
    drawing.text(16.0, 26.0, Anchor::Start, 15.0, title);
    let most = shown.first().map_or(1, |(_, persons)| *persons).max(1) as f64;
    let base = 220.0;
    for (row, name) in names.iter().enumerate() {
        let y = base + dots * (row as f64 + 1.0);
        let label = format!("{name} ({})", grouped(lists.on_all(1 << row)));
        drawing.text(LEFT - 12.0, y + 4.0, Anchor::End, 12.0, &label);
    }
    let mut table = vec![names.to_vec()];
    if let Some(header) = table.first_mut() {
        header.push("persons".to_owned());
    }
    for (number, (pattern, persons)) in shown.iter().enumerate() {
        let x = LEFT + column * (number as f64 + 0.5);
        let height = 140.0 * *persons as f64 / most;
        drawing.bar(x - 6.0, base - height, 12.0, height);
        drawing.text(x, base - height - 5.0, Anchor::Middle, 9.0, &grouped(*persons));
        let mut row = Vec::new();
        for list in 0..names.len() {
            let y = base + dots * (list as f64 + 1.0);
            let is_on = pattern >> list & 1 == 1;
            if is_on {
                drawing.circle(x, y, 5.0)
            } else {
                drawing.ring(x, y, 5.0)
            }
            row.push(String::from(if is_on { "1" } else { "0" }));
        }
        row.push(persons.to_string());
        table.push(row);
    }
    Picture { svg: drawing.finish(), table }
}

/// The posterior over graphs, with the documented count marked.
pub fn posterior(documented: u64, dga: &Dga) -> Picture {
    let title = "Posterior of the total, averaged over graphs";
    let last = dga.density.iter().map(|(total, _)| *total).max().unwrap_or(documented);
    let scale = Scale::new(last);
    let base = TOP + 180.0;
    let mut drawing = Drawing::new(WIDTH, base + 60.0, title);
    drawing.text(16.0, 26.0, Anchor::Start, 15.0, title);
    let top = dga.density.iter().map(|(_, mass)| *mass).fold(0.0, f64::max).max(1e-300);
    let mut table = vec![["total", "weight"].map(str::to_owned).to_vec()];
    let first = dga.density.first().map_or(documented, |(total, _)| *total);
    let mut before = scale.at(first as f64);
    for (total, mass) in &dga.density {
        let x = scale.at(*total as f64);
        let height = 160.0 * mass / top;
        drawing.bar(before, base - height, (x - before).max(0.2), height);
        before = x;
        table.push(vec![total.to_string(), format!("{mass:.6}")]);
    }
    let mark = scale.at(documented as f64);
    drawing.dashed_line((mark, TOP - 14.0), (mark, base));
    drawing.text(
        mark + 4.0,
        TOP - 16.0,
        Anchor::Start,
        11.0,
        &format!("documented: {}", grouped(documented)),
    );
    scale.draw(&mut drawing, base + 4.0);
    Picture { svg: drawing.finish(), table }
}

/// What is implied about each place and what cannot be excluded, within its residents, as a tree: a
/// place stands under the one it lies in. With outlines, [`bounds_on_map`] draws the same figures.
pub fn bounds_by_place(found: &Coverage) -> Picture {
    let title = "Implied (black) and not excluded (grey), among residents (outline)";
    let rows = as_tree(&found.by_place);
    let most = rows.iter().map(|(_, place)| place.population).max().unwrap_or(1);
    // Room for the figures beside the longest bar.
    let scale = Scale::new(most.saturating_add(most / 3));
    let bottom = TOP + LINE * rows.len() as f64;
    let mut drawing = Drawing::new(WIDTH, bottom + 60.0, title);
    drawing.text(16.0, 26.0, Anchor::Start, 15.0, title);
    let header = ["place", "at least", "at most", "residents", "statements"];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for (number, (depth, place)) in rows.iter().enumerate() {
        let y = TOP + LINE * number as f64;
        let inward = 16.0 + 14.0 * (*depth).min(8) as f64;
        drawing.text(inward, y + 17.0, Anchor::Start, 12.0, &cut(&place.place, depth * 2));
        let to = |persons: u64| scale.at(persons as f64) - LEFT;
        drawing.grey_bar(LEFT, y + 6.0, to(place.high), LINE - 12.0);
        drawing.bar(LEFT, y + 6.0, to(place.low), LINE - 12.0);
        drawing.outline(LEFT, y + 6.0, to(place.population), LINE - 12.0);
        let label = format!("{} to {}", two_figures_down(place.low), two_figures_up(place.high));
        let label = if place.low == place.high { grouped(place.low) } else { label };
        let beside = (LEFT + to(place.population) + 6.0).min(WIDTH - RIGHT - 110.0);
        drawing.text(beside, y + 17.0, Anchor::Start, 11.0, &label);
        table.push(vec![
            place.place.clone(),
            place.low.to_string(),
            place.high.to_string(),
            place.population.to_string(),
            place.statements.join(" "),
        ]);
    }
    scale.draw(&mut drawing, bottom + 8.0);
    Picture { svg: drawing.finish(), table }
}

/// Places with the number of places they lie in, each after the one it lies in.
fn as_tree(places: &[PlaceBounds]) -> Vec<(usize, &PlaceBounds)> {
    let of = |parent: Option<&str>| -> Vec<&PlaceBounds> {
        places.iter().filter(|place| place.parent.as_deref() == parent).collect()
    };
    let mut open: Vec<(usize, &PlaceBounds)> =
        of(None).into_iter().rev().map(|place| (0, place)).collect();
    let mut rows = Vec::with_capacity(places.len());
    while let Some((depth, place)) = open.pop() {
        rows.push((depth, place));
        open.extend(of(Some(&place.place)).into_iter().rev().map(|part| (depth + 1, part)));
    }
    rows
}

/// A label that fits to the left of the marks; the table has it whole.
fn cut(label: &str, less: usize) -> String {
    let most = 32_usize.saturating_sub(less);
    match label.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", label.get(..end).unwrap_or_default()),
        None => label.to_owned(),
    }
}
