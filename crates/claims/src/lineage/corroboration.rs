//! How many origins a set of documents comes down to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use witnessmark_model::id::{CaptureId, OriginId};

use super::{LineageGraph, LineageLevel, Node};

/// What a set of documents comes down to. It counts origins, never documents, and what is unknown counts for nothing.
///
/// `origins` and `unknown` are the figures at the level of text; `text` and `evidence` hold the names at both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Corroboration {
    /// How many documents were asked about.
    pub documents: usize,
    /// How many identified origins wrote the text first.
    pub origins: usize,
    /// How many documents come down to no identified origin of text.
    pub unknown: usize,
    /// Who wrote first.
    pub text: LevelCount,
    /// Which evidence it rests on.
    pub evidence: LevelCount,
    /// What may be said of it, in one sentence.
    pub sentence: String,
}

/// The origins for one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelCount {
    /// The identified origins, each once, by id.
    pub origins: Vec<CountedOrigin>,
    /// The documents that come down to none.
    pub unknown: Vec<Member>,
    /// The documents that come down to an identified origin, and to something of unknown origin too.
    pub partly_unknown: Vec<Member>,
}

/// An origin with the documents that come down to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountedOrigin {
    /// The origin.
    pub id: OriginId,
    /// Its name.
    pub name: String,
    /// The documents, among those asked about, that come down to it, itself included if it is one of them.
    pub members: Vec<Member>,
    /// Whether the origin was not captured.
    pub external: bool,
}

/// A document by id and label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The capture.
    pub id: CaptureId,
    /// What people call it.
    pub label: String,
}

impl LineageGraph {
    /// What these documents come down to; a document given twice is one.
    pub fn corroboration(&self, captures: impl IntoIterator<Item = CaptureId>) -> Corroboration {
        let documents: BTreeSet<CaptureId> = captures.into_iter().collect();
        let text = self.count(&documents, LineageLevel::Text);
        let evidence = self.count(&documents, LineageLevel::Evidence);
        Corroboration {
            documents: documents.len(),
            origins: text.origins.len(),
            unknown: text.unknown.len(),
            sentence: sentence(documents.len(), &text, &evidence),
            text,
            evidence,
        }
    }

    fn count(&self, documents: &BTreeSet<CaptureId>, level: LineageLevel) -> LevelCount {
        let mut origins: BTreeMap<OriginId, CountedOrigin> = BTreeMap::new();
        let (mut unknown, mut partly_unknown) = (Vec::new(), Vec::new());
        for document in documents {
            let node = Node::Capture(*document);
            let member = Member { id: *document, label: self.label(node).to_owned() };
            let ends = self.ends(node, level);
            let mut reached = 0;
            for end in ends.keys() {
                let Some((id, name)) = self.declared(*end) else { continue };
                reached += 1;
                let origin = origins.entry(id).or_insert_with(|| CountedOrigin {
                    id,
                    name: name.to_owned(),
                    members: Vec::new(),
                    external: matches!(end, Node::Origin(_)),
                });
                origin.members.push(member.clone());
            }
            if reached == 0 {
                unknown.push(member);
            } else if reached < ends.len() {
                partly_unknown.push(member);
            }
        }
        LevelCount { origins: origins.into_values().collect(), unknown, partly_unknown }
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    match number {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// One sentence that says no more than is known: nothing here can show that origins are independent.
fn sentence(documents: usize, text: &LevelCount, evidence: &LevelCount) -> String {
    if documents == 0 {
        return "No document says this.".to_owned();
    }
    let first = counted(documents, "document", "documents");
    let (origins, under) = (text.origins.len(), evidence.origins.len());
    if origins == 0 {
        let who = if documents == 1 { "it rests" } else { "they rest" };
        return format!("{first}, no identified origin; on whom {who} is not known.");
    }
    let mut said =
        format!("{first}, {}", counted(origins, "identified origin", "identified origins"));
    let ids = |level: &LevelCount| level.origins.iter().map(|o| o.id).collect::<Vec<_>>();
    let differ = ids(text) != ids(evidence);
    if differ && under > 0 {
        let come = if origins == 1 { "comes" } else { "come" };
        let under = counted(under, "origin of evidence", "origins of evidence");
        said.push_str(&format!(", which {come} down to {under}"));
    }
    match (under, differ) {
        (0, _) => said.push_str("; the evidence under this is not identified"),
        (1, _) if origins == 1 => said.push_str("; no second origin is known"),
        (1, _) => {}
        (_, true) => said.push_str("; their independence is not established"),
        (_, false) => {
            said.push_str("; independence of their underlying evidence not established");
        }
    }
    let open = evidence.unknown.len() > text.unknown.len() || !evidence.partly_unknown.is_empty();
    if open && under > 0 {
        said.push_str("; some of the evidence is not identified");
    }
    if !text.unknown.is_empty() {
        let unknown = counted(
            text.unknown.len(),
            "document of unknown origin counts for nothing",
            "documents of unknown origin count for nothing",
        );
        said.push_str(&format!("; {unknown}"));
    }
    format!("{said}.")
}
