//! Who rests on whom, as people decided it.
//!
//! Two questions are asked of a document: who wrote its text first ([`LineageLevel::Text`]), and which evidence lies under it
//! ([`LineageLevel::Evidence`]). The first follows edges of text, the second edges of text and of evidence: a reprint rests on the
//! evidence of the report that it reprints.
//!
//! A declared origin answers for a question only while nothing that it rests on is known there: a report is an origin of text, and once
//! its evidence is named, it is no origin of evidence.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use witnessmark_model::id::{CaptureId, LineageId, OriginId};
use witnessmark_model::payload::{Lineage, Origin};

use crate::input::{did_you_mean, nearest};

mod corroboration;
mod sheets;

pub use corroboration::{Corroboration, CountedOrigin, LevelCount, Member};
pub use sheets::{EdgeRow, OriginRow, read_edges, read_origins};

/// Which question an edge answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineageLevel {
    /// Who wrote it first.
    Text,
    /// Which underlying evidence it rests on.
    Evidence,
}

impl LineageLevel {
    /// Both of them.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Evidence];

    /// The word in payloads and sheets.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Evidence => "evidence",
        }
    }
}

impl fmt::Display for LineageLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for LineageLevel {
    type Err = LineageFault;

    fn from_str(text: &str) -> Result<Self, LineageFault> {
        let known: Vec<&str> = Self::ALL.iter().map(|level| level.word()).collect();
        let level = Self::ALL.iter().copied().find(|level| level.word() == text);
        level.ok_or_else(|| LineageFault::unknown(text, &known))
    }
}

impl Serialize for LineageLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// The ways in which a document can rest on another; `translation` is a person's word, the others may be suggested too.
pub const EDGE_KINDS: &[&str] = &[
    "verbatim",
    "near-verbatim",
    "excerpt",
    "translation",
    "attribution",
    "link",
    "quotation",
    "figure",
];

/// What is wrong with a row about origins or edges: for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineageFault {
    /// A kind, level or decision that there is not.
    #[error("`{found}` is not one of: {}", .known.join(", "))]
    UnknownWord {
        /// The word.
        found: String,
        /// The words that there are.
        known: Vec<String>,
        /// Those that are like it.
        near: Vec<String>,
    },
    /// An edge from a document to itself.
    #[error("`{0}` cannot rest on itself")]
    Itself(String),
    /// An earlier row says the same, or decides the same.
    #[error("row {first} already decides this")]
    Twice {
        /// The earlier row.
        first: u64,
    },
}

impl LineageFault {
    pub(crate) fn unknown(found: &str, known: &[&str]) -> Self {
        Self::UnknownWord {
            found: found.to_owned(),
            known: known.iter().map(|word| (*word).to_owned()).collect(),
            near: nearest(found, known.iter().copied()),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownWord { near, .. } => {
                did_you_mean(near, || "choose one of these words".to_owned())
            }
            Self::Itself(_) => "name the document that it rests on".to_owned(),
            Self::Twice { .. } => "keep one of the two rows".to_owned(),
        })
    }
}

/// A point of the graph: a document that was captured, or an origin that was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A captured document.
    Capture(CaptureId),
    /// An origin without a capture.
    Origin(OriginId),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capture(id) => write!(f, "{id}"),
            Self::Origin(id) => write!(f, "{id}"),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The decisions make no graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    /// Documents rest on each other in a circle: for the person who decided last.
    #[error("documents rest on each other in a circle: {}", .labels.join(" → "))]
    Cycle {
        /// The points of the circle, each resting on the next, the first again at the end.
        nodes: Vec<Node>,
        /// What people call them.
        labels: Vec<String>,
    },
    /// A decision names a capture or origin that the case does not have: the log is not whole, or the id is mistyped.
    #[error("the decision {decision} names `{id}`, which is neither a capture nor an origin here")]
    UnknownId {
        /// The decision.
        decision: LineageId,
        /// The id.
        id: String,
    },
    /// An origin names a capture that the case does not have.
    #[error("the origin {origin} names the capture {capture}, which is not here")]
    UnknownCapture {
        /// The origin.
        origin: OriginId,
        /// The capture.
        capture: CaptureId,
    },
    /// A decision with a level or decision of another version of the format.
    #[error("the decision {decision} cannot be read: {fault}")]
    Unreadable {
        /// The decision.
        decision: LineageId,
        /// What is wrong.
        fault: LineageFault,
    },
}

impl LineageError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Cycle { .. } => Some(
                "reject one of these edges; the earliest document rests on none of the others"
                    .into(),
            ),
            Self::UnknownId { .. } => {
                Some("`list captures` and `list origins` show the ids".into())
            }
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
struct Edge {
    to: Node,
    level: LineageLevel,
    kind: String,
}

/// The declared origins and confirmed edges of a case.
#[derive(Clone, Debug, Default)]
pub struct LineageGraph {
    labels: BTreeMap<Node, String>,
    /// The point of each declared origin, and what it was last declared as.
    origins: BTreeMap<Node, (OriginId, String)>,
    /// Edges from the later document to what it rests on, of text before evidence.
    edges: BTreeMap<Node, Vec<Edge>>,
}

impl LineageGraph {
    /// The graph of a case: `captures` with what people call them, `origins` and `decisions` in the order of the log.
    ///
    /// A later decision on the same edge (later, earlier, level) replaces an earlier one, and a rejected edge drops out. A capture
    /// that is declared an origin twice keeps the last declaration.
    pub fn new<'p>(
        captures: impl IntoIterator<Item = (CaptureId, String)>,
        origins: impl IntoIterator<Item = &'p Origin>,
        decisions: impl IntoIterator<Item = &'p Lineage>,
    ) -> Result<Self, LineageError> {
        let mut graph = Self::default();
        for (id, label) in captures {
            graph.labels.insert(Node::Capture(id), label);
        }
        let mut places = BTreeMap::new();
        for origin in origins {
            let node = origin.capture.map_or(Node::Origin(origin.id), Node::Capture);
            if let Some(capture) = origin.capture
                && !graph.labels.contains_key(&node)
            {
                return Err(LineageError::UnknownCapture { origin: origin.id, capture });
            }
            graph.labels.entry(node).or_insert_with(|| origin.name.clone());
            graph.origins.insert(node, (origin.id, origin.name.clone()));
            places.insert(origin.id, node);
        }
        let mut decided: BTreeMap<(Node, LineageLevel, Node), Option<String>> = BTreeMap::new();
        for decision in decisions {
            let unknown =
                |id: &str| LineageError::UnknownId { decision: decision.id, id: id.to_owned() };
            let unreadable = |fault| LineageError::Unreadable { decision: decision.id, fault };
            let later = Node::Capture(decision.later);
            if !graph.labels.contains_key(&later) {
                return Err(unknown(&decision.later.to_string()));
            }
            let earlier =
                graph.node(&decision.earlier, &places).ok_or_else(|| unknown(&decision.earlier))?;
            let level = decision.level.parse().map_err(unreadable)?;
            let kind = match decision.decision.as_str() {
                "confirmed" => Some(decision.kind.clone()),
                "rejected" => None,
                other => {
                    let fault = LineageFault::unknown(other, &["confirmed", "rejected"]);
                    return Err(unreadable(fault));
                }
            };
            decided.insert((later, level, earlier), kind);
        }
        for ((later, level, to), kind) in decided {
            if let Some(kind) = kind {
                graph.edges.entry(later).or_default().push(Edge { to, level, kind });
            }
        }
        match graph.circle() {
            Some(nodes) => {
                let labels = nodes.iter().map(|node| graph.label(*node).to_owned()).collect();
                Err(LineageError::Cycle { nodes, labels })
            }
            None => Ok(graph),
        }
    }

    fn node(&self, id: &str, origins: &BTreeMap<OriginId, Node>) -> Option<Node> {
        if let Ok(origin) = id.parse::<OriginId>() {
            return origins.get(&origin).copied();
        }
        let node = Node::Capture(id.parse().ok()?);
        self.labels.contains_key(&node).then_some(node)
    }

    /// What people call a point: a capture's label, an origin's name.
    pub fn label(&self, node: Node) -> &str {
        self.labels.get(&node).map(String::as_str).unwrap_or_default()
    }

    /// The declared origin at this point, by id and name.
    pub fn declared(&self, node: Node) -> Option<(OriginId, &str)> {
        self.origins.get(&node).map(|(id, name)| (*id, name.as_str()))
    }

    /// Whether the document is itself an origin for this question: declared as one, and resting on nothing.
    pub fn is_origin(&self, capture: CaptureId, level: LineageLevel) -> bool {
        let node = Node::Capture(capture);
        self.origins.contains_key(&node) && self.next(node, level).next().is_none()
    }

    /// The origins that the document comes down to for this question, itself if it is one; empty if none is known.
    pub fn origins_of(&self, capture: CaptureId, level: LineageLevel) -> Vec<(OriginId, &str)> {
        self.ends(Node::Capture(capture), level)
            .into_keys()
            .filter_map(|node| self.declared(node))
            .collect()
    }

    fn next(&self, node: Node, level: LineageLevel) -> impl Iterator<Item = &Edge> {
        self.edges.get(&node).into_iter().flatten().filter(move |edge| edge.level <= level)
    }

    /// The points that a document comes down to, each with the shortest way to it.
    fn ends(&self, start: Node, level: LineageLevel) -> BTreeMap<Node, Vec<Hop>> {
        let mut came_by: BTreeMap<Node, (Node, &Edge)> = BTreeMap::new();
        let mut ends = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        let mut seen = BTreeSet::from([start]);
        while let Some(node) = open.pop_front() {
            let mut last = true;
            for edge in self.next(node, level) {
                last = false;
                if seen.insert(edge.to) {
                    came_by.insert(edge.to, (node, edge));
                    open.push_back(edge.to);
                }
            }
            if last {
                ends.insert(node, self.way(start, node, &came_by));
            }
        }
        ends
    }

    fn way(&self, start: Node, end: Node, came_by: &BTreeMap<Node, (Node, &Edge)>) -> Vec<Hop> {
        let hop = |node: Node, by: Option<&Edge>| Hop {
            node,
            label: self.label(node).to_owned(),
            kind: by.map(|edge| edge.kind.clone()),
            level: by.map(|edge| edge.level),
        };
        let mut hops = vec![hop(end, None)];
        let mut here = end;
        while here != start
            && let Some((from, edge)) = came_by.get(&here)
        {
            hops.push(hop(*from, Some(edge)));
            here = *from;
        }
        hops.reverse();
        hops
    }

    /// How the document comes down to each of its ends for this question: one shortest chain an end, ordered by length.
    pub fn chains(&self, capture: CaptureId, level: LineageLevel) -> Vec<Chain> {
        let mut chains: Vec<Chain> = self
            .ends(Node::Capture(capture), level)
            .into_iter()
            .map(|(end, hops)| Chain {
                hops,
                origin: self.declared(end).map(|(_, name)| name.to_owned()),
            })
            .collect();
        chains.sort_by_key(|chain| chain.hops.len());
        chains
    }

    /// A circle over edges of both levels, found by a depth-first search that keeps its own stack.
    fn circle(&self) -> Option<Vec<Node>> {
        let mut done = BTreeSet::new();
        for start in self.edges.keys() {
            let mut way: Vec<(Node, usize)> = vec![(*start, 0)];
            let mut on_way = BTreeSet::from([*start]);
            while let Some((node, turn)) = way.last_mut() {
                let next = self.edges.get(node).and_then(|edges| edges.get(*turn));
                *turn += 1;
                match next {
                    Some(edge) if on_way.contains(&edge.to) => {
                        let circle = way.iter().map(|(node, _)| *node);
                        let mut circle: Vec<Node> =
                            circle.skip_while(|node| *node != edge.to).collect();
                        circle.push(edge.to);
                        return Some(circle);
                    }
                    Some(edge) if !done.contains(&edge.to) => {
                        on_way.insert(edge.to);
                        way.push((edge.to, 0));
                    }
                    Some(_) => {}
                    None => {
                        on_way.remove(node);
                        done.insert(*node);
                        way.pop();
                    }
                }
            }
        }
        None
    }
}

/// One step of a [`Chain`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// The document or origin.
    pub node: Node,
    /// What people call it.
    pub label: String,
    /// How it rests on the next step; nothing at the end.
    pub kind: Option<String>,
    /// The question that the edge to the next step answers; nothing at the end.
    pub level: Option<LineageLevel>,
}

/// The way from a document to something it rests on. Displays as `copy → report (Name of the origin)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The document, what it rests on, what that rests on, …
    pub hops: Vec<Hop>,
    /// The name of the declared origin at the end; nothing if the way ends in a document of unknown origin.
    pub origin: Option<String>,
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<&str> = self.hops.iter().map(|hop| hop.label.as_str()).collect();
        f.write_str(&labels.join(" → "))?;
        match (&self.origin, labels.last()) {
            (Some(name), Some(last)) if name == last => Ok(()),
            (Some(name), _) => write!(f, " ({name})"),
            (None, _) => f.write_str(" (origin unknown)"),
        }
    }
}
