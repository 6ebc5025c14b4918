//! What experts think of places: labelled input beside the bounds, never in their place.

use super::bounds::{Coverage, PlaceBounds};
use crate::answer::Estimate;
use crate::elicitation::Pert;
use crate::quantile;
use crate::random::Random;
use crate::table::{Fault, Table, TableError, whole};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What somebody thinks of one place: a PERT law over persons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// The place.
    pub place: String,
    /// Hardly fewer than this.
    pub least: u64,
    /// Most likely.
    pub likely: u64,
    /// Hardly more than this.
    pub most: u64,
    /// Who thinks so.
    pub who: String,
    /// Why, in that person's words.
    pub why: String,
    /// The row of the sheet, for errors.
    #[serde(skip)]
    row: u64,
}

impl Judgement {
    /// Reads a table with the columns `place, least, likely, most, who, why`; others are ignored.
    ///
    /// # Errors
    /// With row and column: an empty place, `who` or `why`, text in a number, numbers out of order,
    /// a place that an earlier row has.
    ///
    /// # Example
    /// ```
    /// use witnessmark_estimate::coverage::Judgement;
    /// let text = "place,least,likely,most,who,why\nC,500,700,1000,a nurse,saw the queues\n";
    /// let judged = Judgement::list_from_csv(text)?;
    /// assert_eq!((judged[0].least, judged[0].likely, judged[0].most), (500, 700, 1000));
    /// # Ok::<(), witnessmark_estimate::TableError>(())
    /// ```
    pub fn list_from_csv(text: &str) -> Result<Vec<Self>, TableError> {
        let table = Table::read("judgements", text)?;
        table.require(&["place", "least", "likely", "most", "who", "why"])?;
        let mut found: Vec<Self> = Vec::new();
        for row in &table.rows {
            for column in ["place", "who", "why"] {
                if table.cell(row, column).is_empty() {
                    return Err(table.error(Some(row.number), Some(column), Fault::EmptyCell));
                }
            }
            let number = |column: &str| {
                let at = |fault| table.error(Some(row.number), Some(column), fault);
                whole(table.cell(row, column)).map_err(at)
            };
            let (least, likely, most) = (number("least")?, number("likely")?, number("most")?);
            if least > likely || likely > most || least == most {
                let [low, value, high] = [least, likely, most].map(|n| n.to_string());
                let fault = Fault::OutOfOrder { low, value, high };
                return Err(table.error(Some(row.number), Some("likely"), fault));
            }
            let place = table.cell(row, "place").to_owned();
            if let Some(first) = found.iter().find(|one| one.place == place) {
                let fault = Fault::Duplicate { name: place, first: first.row };
                return Err(table.error(Some(row.number), Some("place"), fault));
            }
            let [who, why] = ["who", "why"].map(|column| table.cell(row, column).to_owned());
            found.push(Self { place, least, likely, most, who, why, row: row.number });
        }
        Ok(found)
    }
}

/// What experts' opinions come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Elicited {
    /// What this is, to stand wherever its figures stand.
    pub label: &'static str,
    /// The opinions.
    pub judgements: Vec<Judgement>,
    /// Quantiles of the total in persons; none while places are left that nobody counted or judged.
    pub quantiles: Option<BTreeMap<&'static str, f64>>,
    /// Mean of the total.
    pub mean: Option<f64>,
    /// Places that are neither counted exactly nor judged.
    pub places_without: Vec<String>,
    /// Opinions that lie outside of what the sources imply; their draws are cut to the bounds.
    pub outside_bounds: Vec<String>,
}

const LABEL: &str = "elicited: the opinion of the persons named, not evidence";
const DRAWS: usize = 4000;

impl Coverage {
    /// Adds what experts think. A judged place has a PERT law (see [`Pert`]), cut to the bounds that
    /// the sources imply; places whose count is known keep it. The opinions are drawn independently:
    /// where they err in the same direction, the interval is too narrow. Bounds and answer stay.
    ///
    /// # Errors
    /// With row and column: a place that is not in the tree, or that lies in another judged one.
    pub fn with_judgements(
        mut self,
        judgements: &[Judgement],
        seed: u64,
    ) -> Result<Self, TableError> {
        let by_name: BTreeMap<&str, &PlaceBounds> =
            self.by_place.iter().map(|place| (place.place.as_str(), place)).collect();
        let judged: BTreeSet<&str> = judgements.iter().map(|one| one.place.as_str()).collect();
        let above = |name: &str| -> Option<&str> { by_name.get(name)?.parent.as_deref() };
        let outer = |name: &str| -> Option<&str> {
            let mut at = above(name);
            while let Some(parent) = at {
                if judged.contains(parent) {
                    return Some(parent);
                }
                at = above(parent);
            }
            None
        };
        for one in judgements {
            let fault = match (by_name.get(one.place.as_str()), outer(&one.place)) {
                (None, _) if by_name.is_empty() => continue,
                (None, _) => Fault::UnknownPlace(one.place.clone()),
                (_, Some(outer)) => {
                    Fault::WithinAnother { place: one.place.clone(), outer: outer.to_owned() }
                }
                _ => continue,
            };
            return Err(TableError {
                table: "judgements",
                row: Some(one.row),
                column: Some("place".to_owned()),
                fault: Box::new(fault),
            });
        }
        let mut certain = 0;
        let mut places_without = Vec::new();
        for place in self
            .by_place
            .iter()
            .filter(|place| !judged.contains(place.place.as_str()) && outer(&place.place).is_none())
        {
            let is_part = |part: &&PlaceBounds| part.parent.as_ref() == Some(&place.place);
            let parts: Vec<&PlaceBounds> = self.by_place.iter().filter(is_part).collect();
            let listed: u64 = parts.iter().map(|part| part.population).sum();
            if parts.is_empty() && place.low == place.high {
                certain += place.low;
            } else if parts.is_empty() {
                places_without.push(place.place.clone());
            } else if listed < place.population {
                places_without.push(format!("rest of {}", place.place));
            }
        }
        let laws: Vec<(Pert, f64, f64)> = judgements
            .iter()
            .filter_map(|one| {
                let place = by_name.get(one.place.as_str())?;
                let law = Pert::new(one.least as f64, one.likely as f64, one.most as f64)?;
                Some((law, place.low as f64, place.high as f64))
            })
            .collect();
        let outside_bounds = judgements.iter().filter(|one| {
            by_name.get(one.place.as_str()).is_some_and(|p| one.most < p.low || one.least > p.high)
        });
        let outside_bounds = outside_bounds.map(|one| one.place.clone()).collect();
        let mut elicited = Elicited {
            label: LABEL,
            judgements: judgements.to_vec(),
            quantiles: None,
            mean: None,
            places_without,
            outside_bounds,
        };
        if elicited.places_without.is_empty() && !laws.is_empty() {
            let mut random = Random::new(seed, 0);
            let mut totals: Vec<f64> = (0..DRAWS)
                .map(|_| {
                    let draw = |(law, low, high): &(Pert, f64, f64)| {
                        let (a, b) = law.shapes();
                        law.at(random.beta(a, b)).clamp(*low, *high)
                    };
                    certain as f64 + laws.iter().map(draw).sum::<f64>()
                })
                .collect();
            totals.sort_by(f64::total_cmp);
            let names =
                [("0.025", 0.025), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.975", 0.975)];
            let at = |share| quantile::of_sorted(&totals, share);
            let total =
                Estimate::new(at(0.025) as u64, Some(at(0.5) as u64), at(0.975).ceil() as u64);
            let who: BTreeSet<&str> = judgements.iter().map(|one| one.who.as_str()).collect();
            let who: Vec<&str> = who.into_iter().collect();
            self.answer.text.push_str(&format!(
                " In the opinion of {}, which is no evidence: {total}.",
                who.join(", ")
            ));
            elicited.mean = Some(totals.iter().sum::<f64>() / DRAWS as f64);
            elicited.quantiles = Some(names.map(|(name, share)| (name, at(share))).into());
        }
        self.elicited = Some(elicited);
        Ok(self)
    }
}
