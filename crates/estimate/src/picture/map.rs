//! Bounds by place on a map of outlines that the caller brings.

use super::Picture;
use super::drawing::{Anchor, Drawing, Shade};
use crate::answer::{two_figures_down, two_figures_up};
use crate::coverage::{Coverage, PlaceBounds};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why outlines cannot be read: for the person who brought them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutlineError {
    /// Not JSON at all.
    #[error("the outlines are not JSON: {0}")]
    NotJson(String),
    /// JSON, but no collection of features.
    #[error("the outlines are no GeoJSON FeatureCollection")]
    NotGeoJson,
    /// A feature whose coordinates are no polygon.
    #[error(
        "feature {0} has a ring with fewer than four positions, or a position without two numbers"
    )]
    Ring(usize),
    /// A position that no place on Earth has.
    #[error("feature {feature} has longitude {longitude}, latitude {latitude}")]
    OffEarth {
        /// The feature, from 1.
        feature: usize,
        /// As it stands there.
        longitude: String,
        /// As it stands there.
        latitude: String,
    },
    /// No feature bears the name of a place.
    #[error("no feature has the name of a place in its property `place` or `name`")]
    NoPlace,
}

impl OutlineError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotJson(_) | Self::NotGeoJson => {
                "give polygons as a GeoJSON FeatureCollection (RFC 7946)"
            }
            Self::Ring(_) => "a ring has four or more positions, the last like the first",
            Self::OffEarth { .. } => {
                "positions are longitude, latitude in degrees (WGS 84); convert projected ones"
            }
            Self::NoPlace => "write each place's name as in the table of places, under `place`",
        }
    }
}

type Ring = Vec<[f64; 2]>;

/// Outlines of places, as polygons in longitude and latitude (GeoJSON, RFC 7946).
#[derive(Clone, Debug, PartialEq)]
pub struct Outlines {
    /// Where the outlines are from: stands on the map.
    source: String,
    /// The name of each feature, if it has one, and its rings.
    features: Vec<(Option<String>, Vec<Ring>)>,
}

impl Outlines {
    /// Reads a FeatureCollection of polygons; a feature bears the name of its place in the property
    /// `place`, or else `name`. Features that are no polygons are passed over. `source` says where the
    /// outlines are from.
    ///
    /// # Errors
    /// [`OutlineError`] names the feature that is wrong.
    ///
    /// # Example
    /// ```
    /// use witnessmark_estimate::picture::Outlines;
    /// let text = r#"{"type": "FeatureCollection", "features": [{"type": "Feature",
    ///     "properties": {"place": "C"}, "geometry": {"type": "Polygon",
    ///     "coordinates": [[[90, 30], [91, 30], [91, 31], [90, 30]]]}}]}"#;
    /// assert!(Outlines::from_geojson(text, "invented").is_ok());
    /// ```
    pub fn from_geojson(text: &str, source: &str) -> Result<Self, OutlineError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value: Value =
            serde_json::from_str(text).map_err(|error| OutlineError::NotJson(error.to_string()))?;
        let features = value.get("features").and_then(Value::as_array);
        let is_collection = value.get("type").and_then(Value::as_str) == Some("FeatureCollection");
        let Some(features) = features.filter(|_| is_collection) else {
            return Err(OutlineError::NotGeoJson);
        };
        let mut found = Vec::new();
        for (number, feature) in (1..).zip(features) {
            let property = |name| feature.get("properties")?.get(name)?.as_str();
            let name = property("place").or_else(|| property("name")).map(str::to_owned);
            let geometry = feature.get("geometry");
            let kind = geometry.and_then(|geometry| geometry.get("type")).and_then(Value::as_str);
            let coordinates = geometry.and_then(|geometry| geometry.get("coordinates"));
            let polygons: Vec<&Value> = match (kind, coordinates) {
                (Some("Polygon"), Some(coordinates)) => vec![coordinates],
                (Some("MultiPolygon"), Some(coordinates)) => {
                    coordinates.as_array().ok_or(OutlineError::Ring(number))?.iter().collect()
                }
                _ => continue,
            };
            let mut rings = Vec::new();
            for polygon in polygons {
                for ring in polygon.as_array().ok_or(OutlineError::Ring(number))? {
                    rings.push(read_ring(ring, number)?);
                }
            }
            found.push((name, rings));
        }
        Ok(Self { source: source.to_owned(), features: found })
    }
}

fn read_ring(ring: &Value, feature: usize) -> Result<Ring, OutlineError> {
    let positions = ring.as_array().ok_or(OutlineError::Ring(feature))?;
    let mut found = Vec::with_capacity(positions.len());
    for position in positions {
        let at = |index: usize| position.get(index).and_then(Value::as_f64);
        let (Some(longitude), Some(latitude)) = (at(0), at(1)) else {
            return Err(OutlineError::Ring(feature));
        };
        if longitude.abs() > 180.0 || latitude.abs() > 90.0 {
            let (longitude, latitude) = (longitude.to_string(), latitude.to_string());
            return Err(OutlineError::OffEarth { feature, longitude, latitude });
        }
        found.push([longitude, latitude]);
    }
    if found.len() < 4 {
        return Err(OutlineError::Ring(feature));
    }
    Ok(found)
}

const WIDTH: f64 = 960.0;
const PANEL: f64 = 450.0;
const TOP: f64 = 76.0;

/// The steps of grey, from the least share of residents on.
const STEPS: [(f64, Shade, &str); 5] = [
    (0.0, Shade::White, "none"),
    (1e-12, Shade::Light, "up to 25 %"),
    (0.25, Shade::Middle, "25 to 50 %"),
    (0.5, Shade::Dark, "50 to 75 %"),
    (0.75, Shade::Black, "75 % and more"),
];

fn shade(share: f64) -> Shade {
    let steps = STEPS.iter().rev().find(|(from, _, _)| share >= *from);
    steps.map_or(Shade::White, |(_, shade, _)| *shade)
}

/// Two maps side by side: the share of residents that is implied, and the share that cannot be
/// excluded; places of which nothing is said are hatched. Smaller places are drawn over those they lie
/// in. Degrees of longitude are shortened by the cosine of the middle latitude (equirectangular), so
/// that outlines across the 180th meridian come out wrong.
///
/// # Errors
/// [`OutlineError::NoPlace`] where no outline bears the name of a place.
pub fn bounds_on_map(found: &Coverage, outlines: &Outlines) -> Result<Picture, OutlineError> {
    let depths = depths(&found.by_place);
    let mut placed: Vec<(&PlaceBounds, &[Ring])> = found
        .by_place
        .iter()
        .flat_map(|place| {
            let own =
                |(name, _): &&(Option<String>, Vec<Ring>)| name.as_ref() == Some(&place.place);
            let features = outlines.features.iter().filter(own);
            features.map(move |(_, rings)| (place, rings.as_slice()))
        })
        .collect();
    if placed.is_empty() {
        return Err(OutlineError::NoPlace);
    }
    placed.sort_by_key(|(place, _)| depths.get(place.place.as_str()).copied());
    let view = View::of(placed.iter().flat_map(|(_, rings)| rings.iter()));
    let bottom = TOP + view.height;
    let title = "Share of residents by place: implied, and not excluded";
    let mut drawing = Drawing::new(WIDTH, bottom + 104.0, title);
    drawing.hatching();
    drawing.text(16.0, 26.0, Anchor::Start, 15.0, title);
    let share = |persons: u64, place: &PlaceBounds| persons as f64 / place.population.max(1) as f64;
    for (panel, heading) in ["at least (implied)", "at most (not excluded)"].iter().enumerate() {
        let left = 20.0 + (PANEL + 20.0) * panel as f64;
        drawing.text(left, 56.0, Anchor::Start, 13.0, heading);
        for (place, rings) in &placed {
            let is_silent = place.low == 0 && place.high == place.population;
            let persons = if panel == 0 { place.low } else { place.high };
            let shade = if is_silent { Shade::Hatched } else { shade(share(persons, place)) };
            let outline: Vec<Vec<(f64, f64)>> =
                rings.iter().map(|ring| view.ring(ring, left)).collect();
            drawing.area(&outline, shade);
        }
        for (place, rings) in &placed {
            // The name of the whole would lie over its parts.
            let is_part =
                |(other, _): &(&PlaceBounds, &[Ring])| other.parent.as_ref() == Some(&place.place);
            let is_whole = place.parent.is_none() && placed.iter().any(is_part);
            if let Some(ring) = rings.first().filter(|_| !is_whole) {
                let (x, y) = view.middle(ring, left);
                drawing.haloed_text(x, y, 11.0, &place.place);
            }
        }
    }
    legend(&mut drawing, bottom + 26.0);
    let without: Vec<&str> = found
        .by_place
        .iter()
        .filter(|place| !placed.iter().any(|(own, _)| own.place == place.place))
        .map(|place| place.place.as_str())
        .collect();
    let missing = match without.len() {
        0 => "every place has an outline".to_owned(),
        count => {
            format!("without an outline, in the table only: {count} ({})", shortened(&without))
        }
    };
    drawing.text(16.0, bottom + 70.0, Anchor::Start, 11.0, &missing);
    let source = format!(
        "Outlines: {}. They are drawn as they were given; no claim about borders is made.",
        outlines.source
    );
    drawing.text(16.0, bottom + 88.0, Anchor::Start, 11.0, &source);
    Ok(Picture { svg: drawing.finish(), table: table(&found.by_place, &without) })
}

fn shortened(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(6).copied().collect();
    let rest = if names.len() > 6 { ", …" } else { "" };
    format!("{}{rest}", shown.join(", "))
}

fn table(places: &[PlaceBounds], without: &[&str]) -> Vec<Vec<String>> {
    let header = ["place", "lies in", "at least", "at most", "residents", "in words", "on the map"];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for place in places {
        let words = format!("{} to {}", two_figures_down(place.low), two_figures_up(place.high));
        let is_drawn = !without.contains(&place.place.as_str());
        table.push(vec![
            place.place.clone(),
            place.parent.clone().unwrap_or_default(),
            place.low.to_string(),
            place.high.to_string(),
            place.population.to_string(),
            words,
            String::from(if is_drawn { "yes" } else { "no" }),
        ]);
    }
    table
}

fn legend(drawing: &mut Drawing, y: f64) {
    let silent = (Shade::Hatched, "nothing is said");
    let marks = STEPS.iter().map(|(_, shade, label)| (*shade, *label)).chain([silent]);
    for (number, (shade, label)) in marks.enumerate() {
        let x = 20.0 + 150.0 * number as f64;
        let square = vec![(x, y), (x + 22.0, y), (x + 22.0, y + 16.0), (x, y + 16.0), (x, y)];
        drawing.area(&[square], shade);
        drawing.text(x + 28.0, y + 13.0, Anchor::Start, 11.0, label);
    }
}

/// How many places each place lies in.
fn depths(places: &[PlaceBounds]) -> BTreeMap<&str, usize> {
    let parents: BTreeMap<&str, Option<&str>> =
        places.iter().map(|place| (place.place.as_str(), place.parent.as_deref())).collect();
    let depth = |name: &str| {
        let mut at = parents.get(name).copied().flatten();
        let mut depth = 0;
        while let Some(parent) = at.filter(|_| depth < places.len()) {
            depth += 1;
            at = parents.get(parent).copied().flatten();
        }
        depth
    };
    places.iter().map(|place| (place.place.as_str(), depth(&place.place))).collect()
}

/// From degrees to the panel.
struct View {
    west: f64,
    north: f64,
    across: f64,
    down: f64,
    height: f64,
}

impl View {
    fn of<'r>(rings: impl Iterator<Item = &'r Ring>) -> Self {
        let mut least = [f64::INFINITY; 2];
        let mut most = [f64::NEG_INFINITY; 2];
        for [longitude, latitude] in rings.flatten() {
            least = [least[0].min(*longitude), least[1].min(*latitude)];
            most = [most[0].max(*longitude), most[1].max(*latitude)];
        }
        let middle = (least[1] + most[1]).to_radians() / 2.0;
        let stretch = libm::cos(middle).max(0.05);
        let wide = ((most[0] - least[0]) * stretch).max(1e-9);
        let tall = (most[1] - least[1]).max(1e-9);
        let scale = (PANEL / wide).min(560.0 / tall);
        Self {
            west: least[0],
            north: most[1],
            across: scale * stretch,
            down: scale,
            height: tall * scale,
        }
    }

    fn point(&self, [longitude, latitude]: [f64; 2], left: f64) -> (f64, f64) {
        let x = left + (longitude - self.west) * self.across;
        (x, TOP + (self.north - latitude) * self.down)
    }

    fn ring(&self, ring: &Ring, left: f64) -> Vec<(f64, f64)> {
        ring.iter().map(|position| self.point(*position, left)).collect()
    }

    /// The centroid of a ring; the mean of its positions where it has no area.
    fn middle(&self, ring: &Ring, left: f64) -> (f64, f64) {
        let points = self.ring(ring, left);
        let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
        for ((x1, y1), (x2, y2)) in points.iter().zip(points.iter().skip(1)) {
            let cross = x1 * y2 - x2 * y1;
            area += cross;
            x += (x1 + x2) * cross;
            y += (y1 + y2) * cross;
        }
        if area.abs() > 1e-9 {
            return (x / (3.0 * area), y / (3.0 * area));
        }
        let count = points.len().max(1) as f64;
        let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        (sum.0 / count, sum.1 / count)
    }
}
