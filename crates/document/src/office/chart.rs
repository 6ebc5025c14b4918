//! Charts (ECMA-376 part 1, DrawingML, 21.2): their titles, and the numbers that they were last drawn from.

use std::collections::BTreeMap;

use super::flow::Flow;
use super::number_format::Format;
use super::package::Package;
use super::xml::{Piece, Xml};

/// The most points of one series.
const MAX_POINTS: usize = 100_000;

/// One row of points of a chart.
#[derive(Default)]
struct Series {
    name: String,
    categories: BTreeMap<usize, String>,
    values: BTreeMap<usize, String>,
    is_cut: bool,
}

/// Which of its lists a point belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    Name,
    Categories,
    Values,
}

/// Reads a chart: its words, then each series by its name, with a line for each of its points.
pub(crate) fn read(package: &mut Package<'_, '_>, part: &str) {
    let Some(mut xml) = package.part(part) else { return };
    let mut flow = std::mem::take(&mut package.flow);
    flow.end_line();
    let is_cut = read_into(&mut xml, &mut flow);
    flow.end_line();
    package.flow = flow;
    package.close(xml);
    if is_cut {
        package.notes.insert(format!("size: points of a chart beyond {MAX_POINTS} were left out"));
    }
}

fn read_into(xml: &mut Xml<'_>, flow: &mut Flow) -> bool {
    let (mut series, mut among, mut at) = (None, None, 0);
    let mut format = Format::General;
    let (mut in_text, mut from_1904, mut is_cut) = (false, false, false);
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Text(letters) if in_text => flow.push(letters),
            Piece::Text(_) => {}
            Piece::Start(name, element) => match name {
                "date1904" => from_1904 = element.is_on("val", true),
                "t" => in_text = true,
                "Fallback" => xml.skip(),
                "ser" => series = Some(Series::default()),
                "tx" if series.is_some() && among.is_none() => among = Some(Among::Name),
                "cat" | "xVal" => (among, format) = (Some(Among::Categories), Format::General),
                "val" | "yVal" | "bubbleSize" => {
                    (among, format) = (Some(Among::Values), Format::General);
                }
                "formatCode" => format = Format::parse(&xml.text()),
                "pt" => at = element.get("idx").and_then(|at| at.parse().ok()).unwrap_or(0),
                "v" => {
                    let words = xml.text();
                    if let (Some(series), Some(among)) = (&mut series, among) {
                        series.put(among, at, &words, &format, from_1904);
                    }
                }
                _ => {}
            },
            Piece::End(name) => match name {
                "t" => in_text = false,
                "p" => flow.end_line(),
                "tx" if among == Some(Among::Name) => among = None,
                "cat" | "xVal" | "val" | "yVal" | "bubbleSize" => among = None,
                "ser" => {
                    if let Some(ended) = series.take() {
                        is_cut |= ended.is_cut;
                        ended.write(flow);
                    }
                    among = None;
                }
                _ => {}
            },
        }
    }
    // Where the part breaks off, what was read of a series stands.
    if let Some(open) = series {
        open.write(flow);
    }
    is_cut
}

impl Series {
    fn put(&mut self, among: Among, at: usize, words: &str, format: &Format, from_1904: bool) {
        let list = match among {
            Among::Name => {
                self.name.push_str(words);
                return;
            }
            Among::Categories => &mut self.categories,
            Among::Values => &mut self.values,
        };
        if list.len() >= MAX_POINTS {
            self.is_cut = true;
            return;
        }
        let shown = match words.trim().parse::<f64>() {
            Ok(number) => format.show(number, from_1904),
            Err(_) => words.to_owned(),
        };
        let before = list.entry(at).or_default();
        // A category may have several levels, and a bubble a place and a size.
        if !before.is_empty() {
            before.push(' ');
        }
        before.push_str(&shown);
    }

    fn write(mut self, flow: &mut Flow) {
        let line = |flow: &mut Flow, words: &str| {
            flow.push(&words.replace(|c: char| c < ' ' && c != '\t', " "));
            flow.end_line();
        };
        line(flow, &self.name);
        for (at, value) in &self.values {
            match self.categories.remove(at) {
                Some(category) => line(flow, &format!("{category}\t{value}")),
                None => line(flow, value),
            }
        }
        for category in self.categories.values() {
            line(flow, category);
        }
    }
}
