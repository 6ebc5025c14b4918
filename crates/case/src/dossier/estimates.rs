//! Estimates as a dossier's pages need them.

use serde_json::Value;
use witnessmark_model::payload::Payload;
use witnessmark_publish as publish;
use witnessmark_publish::{PartBytes, PlaceBounds};

use super::Gathering;
use crate::casebook::StoredEntry;
use crate::{Case, CaseError};

impl Case {
    /// An estimate for the first page; its statements and its whole answer are handed over.
    pub(super) fn estimate_pages(
        &self,
        entry: &StoredEntry,
        gathering: &mut Gathering<'_>,
    ) -> Result<publish::Estimate, CaseError> {
        let Some(Payload::Estimate(estimate)) = &entry.payload else {
            return Err(CaseError::machine(format!("entry {} is no estimate", entry.index)));
        };
        let inputs = self.vault.store().read(&estimate.inputs)?;
        let result = self.vault.store().read(&estimate.result)?;
        let answer: Value = serde_json::from_slice(&result)?;
        let parts = gathering.open.entry(entry.index).or_default();
        parts.insert(1, Some(PartBytes::Memory(inputs.clone())));
        parts.insert(2, Some(PartBytes::Memory(result)));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(text).collect()
        };
        let places: Vec<&Value> = answer["by_place"].as_array().into_iter().flatten().collect();
        let root = places.iter().find(|place| place["parent"].is_null());
        let root = root.and_then(|place| text(&place["place"])).unwrap_or_default();
        let by_place =
            places.iter().filter(|place| !place["parent"].is_null()).map(|place| PlaceBounds {
                place: text(&place["place"]).unwrap_or_default(),
                level: text(&place["level"]),
                population: place["population"].as_u64(),
                low: place["low"].as_u64().unwrap_or_default(),
                high: place["high"].as_u64().unwrap_or_default(),
                statements: list(&place["statements"]),
            });
        let act = text(&answer["act"]).unwrap_or_default();
        let label = gathering.codebook.act(&act).map_or(act.clone(), |term| term.label.clone());
        let as_of = estimate.as_of.as_ref().map(|day| format!(", as of {day}")).unwrap_or_default();
        let mut assumptions = list(&answer["notes"]);
        // Claims go by the numbers that the dossier gives them.
        for mut note in list(&answer["reading"]) {
            for (number, row) in (1..).zip(&gathering.claims) {
                note = note.replace(&row.claim.to_string(), &format!("n{number:03}"));
            }
            assumptions.push(note);
        }
        for omission in answer["omissions"].as_array().into_iter().flatten() {
            if let (Some(label), Some(why)) = (text(&omission["label"]), text(&omission["text"])) {
                assumptions.push(format!("Left out: a claim of “{label}”, because {why}."));
            }
        }
        Ok(publish::Estimate {
            estimate: estimate.id,
            entry: entry.index,
            question: format!("{label}: people in {root}{as_of}"),
            place: root,
            population: answer["population"].as_u64(),
            unit: "people".to_owned(),
            documented: answer["documented"].as_u64(),
            statements: statement_rows(&inputs)?,
            by_place: by_place.collect(),
            contradictions: answer["contradictions"]
                .as_array()
                .into_iter()
                .flatten()
                .map(list)
                .collect(),
            assumptions,
        })
    }
}

/// The statements of an estimate, in words.
fn statement_rows(inputs: &[u8]) -> Result<Vec<publish::Statement>, CaseError> {
    let mut reader = csv::Reader::from_reader(inputs);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|error| CaseError::machine(format!("the statements: {error}")))?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let number =
            |text: &str| text.parse().map_or(text.to_owned(), witnessmark_estimate::grouped);
        let value = match (cell(3), cell(4), cell(5)) {
            ("", "", "") => String::new(),
            ("", low, high) => format!(" between {} and {}", number(low), number(high)),
            (value, "", "") => format!(" {}", number(value)),
            (value, low, high) => {
                format!(" {} (that is, {} to {})", number(value), number(low), number(high))
            }
        };
        let kind = match cell(1) {
            "count" => "counted:",
            "count-rounded" => "about",
            "at-least" => "at least",
            "share" => "a share of its residents:",
            _ => "all residents",
        };
        let date = if cell(6).is_empty() { String::new() } else { format!(", by {}", cell(6)) };
        rows.push(publish::Statement {
            id: cell(0).to_owned(),
            claim: cell(0).parse().ok(),
            reading: format!("{}: {kind}{value}{date}", cell(2)),
        });
    }
    Ok(rows)
}
