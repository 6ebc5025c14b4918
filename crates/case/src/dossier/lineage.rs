//! Who rests on whom, as a dossier's pages need it.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_claims::lineage::{Chain as ClaimChain, Hop as ClaimHop, LineageLevel, Node};
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::Lineage as Decision;
use witnessmark_publish as publish;
use witnessmark_publish::{Chain, ChainEnd, Hop, Level, LineageEdge, LineageNode, Role};

use super::Gathering;
use crate::{Case, CaseError};

impl Case {
    /// Who rests on whom, as far as claims and decisions go.
    pub(super) fn lineage_picture(
        &self,
        gathering: &Gathering<'_>,
    ) -> Result<publish::Lineage, CaseError> {
        let graph = &gathering.graph;
        let (origins, _) = self.declared()?;
        let mut shown: BTreeSet<CaptureId> =
            gathering.claims.iter().map(|row| row.capture).collect();
        let mut edges: BTreeMap<(String, String, &str), &Decision> = BTreeMap::new();
        for decision in &gathering.decisions {
            let key =
                (decision.later.to_string(), decision.earlier.clone(), decision.level.as_str());
            edges.insert(key, decision);
        }
        edges.retain(|_, decision| decision.decision == "confirmed");
        for decision in edges.values() {
            shown.insert(decision.later);
            shown.extend(decision.earlier.parse::<CaptureId>().ok());
        }
        let mut nodes = Vec::new();
        for capture in &shown {
            let ends = graph.chains(*capture, LineageLevel::Text);
            let role = if graph.is_origin(*capture, LineageLevel::Text) {
                Role::Origin
            } else if ends.iter().any(|chain| chain.hops.len() > 1) {
                Role::Later
            } else {
                Role::Unknown
            };
            nodes.push(LineageNode {
                key: capture.to_string(),
                name: graph.label(Node::Capture(*capture)).to_owned(),
                capture: Some(*capture),
                role,
            });
        }
        for origin in origins.iter().filter(|origin| origin.capture.is_none()) {
            nodes.push(LineageNode {
                key: origin.id.to_string(),
                name: origin.name.clone(),
                capture: None,
                role: Role::Origin,
            });
        }
        let mut drawn = Vec::new();
        for decision in edges.values() {
            let level = if decision.level == "text" { Level::Text } else { Level::Evidence };
            drawn.push(LineageEdge {
                later: decision.later.to_string(),
                earlier: decision.earlier.clone(),
                kind: decision.kind.clone(),
                level,
            });
        }
        let corroboration = graph.corroboration(shown).sentence;
        Ok(publish::Lineage { nodes, edges: drawn, corroboration })
    }
}

/// A chain with the reasons that people gave for its hops.
pub(super) fn shown_chain(chain: &ClaimChain, decisions: &[Decision]) -> Chain {
    let mut hops: Vec<Hop> = Vec::new();
    let mut before: Option<(&ClaimHop, String)> = None;
    for hop in &chain.hops {
        let here = hop.node.to_string();
        let by = before
            .as_ref()
            .and_then(|(earlier, key)| Some((earlier.kind.as_ref()?, earlier.level?, key)));
        let reason = by.and_then(|(_, level, later)| {
            let found = decisions.iter().rev().find(|decision| {
                decision.later.to_string() == *later
                    && decision.earlier == here
                    && decision.level == level.word()
            });
            found.map(|decision| decision.reason.clone())
        });
        hops.push(Hop {
            name: hop.label.clone(),
            capture: match hop.node {
                Node::Capture(id) => Some(id),
                Node::Origin(_) => None,
            },
            kind: by.map(|(kind, ..)| kind.clone()),
            reason,
        });
        before = Some((hop, here));
    }
    let end = if chain.origin.is_some() { ChainEnd::Origin } else { ChainEnd::Unknown };
    Chain { hops, end }
}
