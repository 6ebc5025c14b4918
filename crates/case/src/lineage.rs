//! Who rests on whom: declared by people, counted by origins.

use std::path::Path;

use serde::Serialize;
use witnessmark_claims::lineage::{EDGE_KINDS, read_edges, read_origins};
use witnessmark_claims::{Corroboration, LineageGraph};
use witnessmark_model::id::{CaptureId, LineageId, OriginId};
use witnessmark_model::payload::{Lineage, Origin, Payload};
use witnessmark_vault::Pending;

use crate::casebook::CaptureRow;
use crate::{Case, CaseError};

/// The answer to `corroborate`.
#[derive(Clone, Debug, Serialize)]
pub struct Corroborated {
    /// The claims that were asked about.
    pub claims: Vec<String>,
    /// Documents, origins and what is unknown.
    pub corroboration: Corroboration,
}

/// The longest title that a document is called by.
const LABEL: usize = 60;

impl Case {
    /// What people call a capture: its title, or its name.
    pub(crate) fn label(&self, row: &CaptureRow) -> Result<String, CaseError> {
        let title = self.texts.title_of(&row.capture.to_string())?.and_then(|(title, _)| title);
        let label = title.unwrap_or_else(|| row.name.clone());
        if label.chars().count() <= LABEL {
            return Ok(label);
        }
        Ok(label.chars().take(LABEL - 1).chain(['…']).collect())
    }

    pub(crate) fn declared(&self) -> Result<(Vec<Origin>, Vec<Lineage>), CaseError> {
        let origins = self.casebook.entries_of_kind("origin")?.into_iter();
        let origins = origins.filter_map(|entry| match entry.payload {
            Some(Payload::Origin(origin)) => Some(origin),
            _ => None,
        });
        let edges = self.casebook.entries_of_kind("lineage")?.into_iter();
        let edges = edges.filter_map(|entry| match entry.payload {
            Some(Payload::Lineage(edge)) => Some(edge),
            _ => None,
        });
        Ok((origins.collect(), edges.collect()))
    }

    fn graph_with(&self, origins: &[Origin], edges: &[Lineage]) -> Result<LineageGraph, CaseError> {
        let mut labels = Vec::new();
        for row in self.casebook.captures()? {
            labels.push((row.capture, self.label(&row)?));
        }
        LineageGraph::new(labels, origins, edges).map_err(|error| CaseError {
            fact: error.to_string(),
            hint: error.hint(),
            fault: crate::Fault::Input,
        })
    }

    /// The graph of what people declared.
    pub(crate) fn lineage_graph(&self) -> Result<LineageGraph, CaseError> {
        let (origins, edges) = self.declared()?;
        self.graph_with(&origins, &edges)
    }

    /// Declares that a capture, or something that was not captured, is an origin.
    pub fn declare_origin(
        &mut self,
        capture: Option<&str>,
        name: &str,
        reason: &str,
    ) -> Result<Origin, CaseError> {
        let origin = self.new_origin(capture, name, reason)?;
        self.commit(vec![origin.clone().into()])?;
        Ok(origin)
    }

    fn new_origin(
        &mut self,
        capture: Option<&str>,
        name: &str,
        reason: &str,
    ) -> Result<Origin, CaseError> {
        require(name, "an origin needs a name", "say how people call it with `--name`")?;
        require(reason, "a declaration needs a reason", "say why with `--reason`")?;
        let capture = capture.map(|capture| self.find_capture(capture)).transpose()?;
        Ok(Origin {
            id: OriginId::random(self.environment.entropy.as_mut()),
            name: name.to_owned(),
            capture: capture.map(|row| row.capture),
            reason: reason.to_owned(),
        })
    }

    /// Decides that one document does (`confirmed`) or does not rest on another.
    pub fn decide_lineage(
        &mut self,
        (later, earlier): (&str, &str),
        (kind, level): (&str, &str),
        confirmed: bool,
        reason: &str,
    ) -> Result<Lineage, CaseError> {
        let edge = self.new_edge((later, earlier), (kind, level), confirmed, reason)?;
        let (origins, mut edges) = self.declared()?;
        edges.push(edge.clone());
        // A circle is found before anything is written.
        self.graph_with(&origins, &edges)?;
        self.commit(vec![edge.clone().into()])?;
        Ok(edge)
    }

    fn new_edge(
        &mut self,
        (later, earlier): (&str, &str),
        (kind, level): (&str, &str),
        confirmed: bool,
        reason: &str,
    ) -> Result<Lineage, CaseError> {
        require(reason, "a decision needs a reason", "say why with `--reason`")?;
        if !EDGE_KINDS.contains(&kind) {
            return Err(CaseError::input(
                format!("`{kind}` is not a way in which a document rests on another"),
                format!("choose one of: {}", EDGE_KINDS.join(", ")),
            ));
        }
        let level: witnessmark_claims::lineage::LineageLevel = level
            .parse()
            .map_err(|fault| CaseError::input(format!("the level: {fault}"), "text or evidence"))?;
        let later = self.find_capture(later)?.capture;
        let earlier = self.find_earlier(earlier)?;
        if earlier == later.to_string() {
            return Err(CaseError::input(
                format!("{later} cannot rest on itself"),
                "name the document that it rests on",
            ));
        }
        Ok(Lineage {
            id: LineageId::random(self.environment.entropy.as_mut()),
            later,
            earlier,
            kind: kind.to_owned(),
            level: level.word().to_owned(),
            decision: if confirmed { "confirmed" } else { "rejected" }.to_owned(),
            reason: reason.to_owned(),
        })
    }

    /// An origin by id or name, or else a capture.
    fn find_earlier(&self, text: &str) -> Result<String, CaseError> {
        let (origins, _) = self.declared()?;
        let named = origins.iter().find(|origin| {
            origin.capture.is_none() && (origin.name == text || origin.id.to_string() == text)
        });
        if let Some(origin) = named {
            return Ok(origin.id.to_string());
        }
        Ok(self.find_capture(text)?.capture.to_string())
    }

    /// Imports sheets of origins and edges, all or nothing.
    pub fn import_lineage(
        &mut self,
        origins: Option<&Path>,
        edges: Option<&Path>,
    ) -> Result<(usize, usize), CaseError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|cause| CaseError::file("read", path, &cause))
        };
        let at = |place: witnessmark_claims::Location, error: CaseError| CaseError {
            fact: format!("{place}: {}", error.fact),
            ..error
        };
        let mut new_origins = Vec::new();
        if let Some(path) = origins {
            for row in read_origins(&read(path)?)? {
                let origin = self.new_origin(row.capture.as_deref(), &row.name, &row.reason);
                new_origins.push(origin.map_err(|error| at(row.location("capture"), error))?);
            }
        }
        let mut new_edges = Vec::new();
        if let Some(path) = edges {
            for row in read_edges(&read(path)?)? {
                let between = (row.later.as_str(), row.earlier.as_str());
                let how = (row.kind.as_str(), row.level.word());
                let edge = self.new_edge(between, how, true, &row.reason);
                new_edges.push(edge.map_err(|error| at(row.location("later"), error))?);
            }
        }
        let (mut all_origins, mut all_edges) = self.declared()?;
        // What is declared already is not declared again, so that an import can be repeated.
        new_origins.retain(|new| {
            let same = |old: &Origin| Origin { id: new.id, ..old.clone() } == *new;
            !all_origins.iter().any(same)
        });
        new_edges.retain(|new| {
            let same = |old: &Lineage| Lineage { id: new.id, ..old.clone() } == *new;
            !all_edges.iter().any(same)
        });
        all_origins.extend(new_origins.iter().cloned());
        all_edges.extend(new_edges.iter().cloned());
        self.graph_with(&all_origins, &all_edges)?;
        let counts = (new_origins.len(), new_edges.len());
        let mut pending: Vec<Pending> = new_origins.into_iter().map(Pending::from).collect();
        pending.extend(new_edges.into_iter().map(Pending::from));
        self.commit(pending)?;
        Ok(counts)
    }

    /// What the documents of these claims (all, if none is named) come down to.
    pub fn corroborate(&self, claims: &[String]) -> Result<Corroborated, CaseError> {
        let mut wanted = Vec::new();
        for claim in claims {
            wanted.push(self.find_id(claim)?);
        }
        let mut captures: Vec<CaptureId> = Vec::new();
        let mut asked = Vec::new();
        for row in self.claims()? {
            let id = row.claim.to_string();
            if wanted.is_empty() || wanted.contains(&id) {
                captures.push(row.capture);
                asked.push(id);
            }
        }
        if let Some(missing) = wanted.iter().find(|id| !asked.contains(id)) {
            return Err(CaseError::input(
                format!("{missing} is not a claim"),
                "`witnessmark list claims` shows them",
            ));
        }
        let corroboration = self.lineage_graph()?.corroboration(captures);
        Ok(Corroborated { claims: asked, corroboration })
    }
}

fn require(text: &str, fact: &str, hint: &str) -> Result<(), CaseError> {
    if text.trim().is_empty() { Err(CaseError::usage(fact, hint)) } else { Ok(()) }
}
