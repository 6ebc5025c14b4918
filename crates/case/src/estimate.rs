//! Coverage estimates over the case's own claims and places.

use std::collections::BTreeSet;

use serde::Serialize;
use witnessmark_claims::statements::{LocatedClaim, Omission, Question, select, statements_csv};
use witnessmark_estimate::coverage::{Coverage, CoverageOptions, PlaceTree, coverage};
use witnessmark_model::id::EstimateId;
use witnessmark_model::payload::Estimate;

use crate::{Case, CaseError, Fault};

/// The answer over the case's claims, as it was logged.
#[derive(Clone, Debug, Serialize)]
pub struct CoverageAnswer {
    /// The estimate.
    pub estimate: EstimateId,
    /// The answer, with the fields of the contract.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// The claims that were no statements, each with the reason.
    pub omissions: Vec<Omission>,
    /// What a reader should know of how claims were read.
    pub reading: Vec<String>,
}

/// What is kept in the log as the result: everything that a dossier prints of it.
#[derive(Serialize)]
struct Kept<'r> {
    act: &'r str,
    units: &'r BTreeSet<String>,
    #[serde(flatten)]
    coverage: &'r Coverage,
    omissions: &'r [Omission],
    reading: &'r [String],
}

impl Case {
    /// Bounds on how many people an act reached, from the claims of the case over the places of its gazetteer.
    ///
    /// `units` are the codes that are taken as people. The answer, a refusal too, is logged with its inputs.
    pub fn estimate_coverage(
        &mut self,
        act: &str,
        units: &[String],
        as_of: Option<&str>,
    ) -> Result<CoverageAnswer, CaseError> {
        let (codebook, _) = self.codebook()?;
        if codebook.act(act).is_none() {
            let known: Vec<_> = codebook.acts().iter().map(|term| term.code.as_str()).collect();
            return Err(CaseError::usage(
                format!("the codebook has no act `{act}`"),
                format!("it has: {}", known.join(", ")),
            ));
        }
        let as_of = match as_of {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| {
                CaseError::usage(
                    format!("`{text}` is not a date"),
                    "write it as YYYY-MM-DD, YYYY-MM or YYYY",
                )
            })?),
        };
        let gazetteer = self.gazetteer()?;
        let places = gazetteer.coverage_places();
        if places.places.is_empty() {
            return Err(CaseError::input(
                "the case has no places with residents, so that there is nothing to cover",
                "make the case with `--gazetteer FILE` (place,parent,level,population)",
            ));
        }
        let tree = PlaceTree::new(places.places).map_err(|error| CaseError {
            fact: error.to_string(),
            hint: error.hint(),
            fault: Fault::Input,
        })?;
        let rows = self.claims()?;
        let located: Vec<_> = rows
            .iter()
            .map(|row| LocatedClaim { claim: &row.stands, capture: row.capture })
            .collect();
        let question = Question { act: act.to_owned(), units: units.iter().cloned().collect() };
        let selection = select(&question, &located, &gazetteer, &self.lineage_graph()?);
        if selection.statements.is_empty() {
            let left_out: Vec<String> = selection
                .omissions
                .iter()
                .map(|omission| format!("{} ({})", omission.label, omission.text))
                .collect();
            let hint = match left_out.is_empty() {
                true => format!("make claims with `--act {act}`, a place and a count"),
                false => format!("left out: {}", left_out.join("; ")),
            };
            let fact = format!("no claim of the case can be counted for `{act}`");
            return Err(CaseError::input(fact, hint));
        }
        let options = CoverageOptions { as_of, ..CoverageOptions::default() };
        let found = coverage(&tree, &selection.statements, &options).map_err(|error| {
            CaseError { fact: error.to_string(), hint: error.hint(), fault: Fault::Input }
        })?;
        let result = serde_json::to_vec(&Kept {
            act,
            units: &question.units,
            coverage: &found,
            omissions: &selection.omissions,
            reading: &selection.notes,
        })?;
        let entropy = self.environment.entropy.as_mut();
        let inputs =
            self.vault.put_evidence(statements_csv(&selection.statements).as_bytes(), entropy)?;
        let result = self.vault.put_evidence(&result, entropy)?;
        let claims = selection.statements.iter().filter_map(|found| found.id.parse().ok());
        let estimate = Estimate {
            id: EstimateId::random(entropy),
            method: "coverage".to_owned(),
            as_of: found.as_of.map(|day| day.to_string()),
            claims: claims.collect(),
            inputs,
            result,
            kind: serde_json::to_value(found.answer.kind)?.as_str().unwrap_or_default().to_owned(),
            low: found.bounds.as_ref().map(|bounds| bounds.low.to_string()),
            high: found.bounds.as_ref().map(|bounds| bounds.high.to_string()),
            text: found.answer.text.clone(),
        };
        let id = estimate.id;
        self.commit(vec![estimate.into()])?;
        Ok(CoverageAnswer {
            estimate: id,
            coverage: found,
            omissions: selection.omissions,
            reading: selection.notes,
        })
    }
}
