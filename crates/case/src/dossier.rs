//! From a case to a dossier: what is opened, what was cleared, and what the pages need beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use witnessmark_claims::LineageGraph;
use witnessmark_claims::codebook::Term;
use witnessmark_claims::lineage::{Chain as ClaimChain, LineageLevel, Node};
use witnessmark_model::id::{CaptureId, PublicationId};
use witnessmark_model::leaf::{Field, Salt, part_leaf};
use witnessmark_model::payload::{
    Lineage as Decision, ManifestLine, Passage, Payload, Publication,
};
use witnessmark_model::proof::LogProof;
use witnessmark_model::{Digest, canonical, merkle};
use witnessmark_publish as publish;
use witnessmark_publish::{
    Chain, ChainEnd, ClearedText, CustodyLine, DossierInput, Exhibit, Hop, Level, LineageEdge,
    LineageNode, LogState, Number, OpenedEntry, OpenedPart, PartBytes, PlaceBounds, Profile,
    RestsOn, Role, Word, Words,
};

use crate::casebook::{CaptureRow, StoredEntry};
use crate::coding::ClaimRow;
use crate::{Case, CaseError, Fault};

/// What a person cleared to be shown, as a TOML file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishPolicy {
    /// The captures that may be shown whole.
    #[serde(default)]
    pub clear: Vec<Clearance>,
}

/// One capture that may be shown whole.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clearance {
    /// The capture: its id, its name or its address.
    pub capture: String,
    /// Why it may be shown: who looked, and what they looked for.
    pub reason: String,
}

impl PublishPolicy {
    /// Parses a policy; `name` is what an error calls it.
    pub fn parse(text: &str, name: &str) -> Result<Self, CaseError> {
        let hint = "a policy is a list of `[[clear]]` with `capture = \"…\"` and `reason = \"…\"`";
        let policy: Self = toml::from_str(text).map_err(|error| {
            CaseError::input(format!("{name}: {}", error.to_string().trim_end()), hint)
        })?;
        if let Some(empty) = policy.clear.iter().find(|clear| clear.reason.trim().is_empty()) {
            let fact = format!("{name}: `{}` is cleared without a reason", empty.capture);
            return Err(CaseError::input(fact, hint));
        }
        Ok(policy)
    }
}

/// A dossier that was written.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    /// The publication.
    pub publication: PublicationId,
    /// SHA-256 of its SHA256SUMS, which names the whole dossier.
    pub sums_sha256: Digest,
    /// SHA-256 of the checkpoint in it: the fingerprint to be handed over by another way.
    pub checkpoint_sha256: Digest,
    /// How many numbers it prints.
    pub numbers: usize,
    /// How many estimates.
    pub estimates: usize,
    /// How many exhibits, and how many of them are shown whole.
    pub exhibits: usize,
    /// How many exhibits are shown whole.
    pub cleared: usize,
}

/// What is gathered on the way.
struct Gathering<'c> {
    graph: LineageGraph,
    decisions: Vec<Decision>,
    claims: Vec<ClaimRow>,
    cleared: BTreeSet<CaptureId>,
    /// Entries to be opened, with the parts to be shown and whether their bytes are.
    open: BTreeMap<u64, BTreeMap<u64, Option<PartBytes>>>,
    codebook: &'c witnessmark_claims::Codebook,
}

impl Case {
    /// Writes a dossier of all claims and estimates to a folder and to a zip file beside it, then logs that it did.
    ///
    /// The dossier is a function of the log: made from the same entries with the same policy, it is the same, byte for
    /// byte.
    pub fn publish(
        &mut self,
        folder: &Path,
        zip: &Path,
        policy_text: &str,
        policy: &PublishPolicy,
    ) -> Result<Published, CaseError> {
        for path in [folder, zip] {
            if path.exists() {
                return Err(CaseError::usage(
                    format!(
                        "{} exists already; a dossier is never written over anything",
                        path.display()
                    ),
                    "name another place, or move that one away first",
                ));
            }
        }
        let input = self.dossier_input(policy)?;
        let size = self.vault.size();
        let checkpoint_sha256 = Digest::of(&input.log.checkpoint);
        let sign = |text: &str| Ok(self.vault.sign_note(text)?);
        let dossier = publish::build(&input, &sign)?;
        dossier.write_folder(folder)?;
        dossier.write_zip(zip)?;
        let policy = if policy_text.is_empty() {
            None
        } else {
            let entropy = self.environment.entropy.as_mut();
            Some(self.vault.put_evidence(policy_text.as_bytes(), entropy)?)
        };
        let publication = Publication {
            id: PublicationId::random(self.environment.entropy.as_mut()),
            profile: input.profile.word().to_owned(),
            policy,
            sums_sha256: dossier.sums_sha256(),
            size,
        };
        let id = publication.id;
        self.commit(vec![publication.into()])?;
        Ok(Published {
            publication: id,
            sums_sha256: dossier.sums_sha256(),
            checkpoint_sha256,
            numbers: input.numbers.len(),
            estimates: input.estimates.len(),
            exhibits: input.exhibits.len(),
            cleared: input.exhibits.iter().filter(|exhibit| exhibit.text.is_some()).count(),
        })
    }

    fn dossier_input(&mut self, policy: &PublishPolicy) -> Result<DossierInput, CaseError> {
        let (title, notice) = self.name()?;
        let (codebook, _) = self.codebook()?;
        let (_, decisions) = self.declared()?;
        let mut cleared = BTreeSet::new();
        for clear in &policy.clear {
            cleared.insert(self.find_capture(&clear.capture)?.capture);
        }
        let mut gathering = Gathering {
            graph: self.lineage_graph()?,
            decisions,
            claims: self.claims()?,
            cleared,
            open: BTreeMap::new(),
            codebook: &codebook,
        };
        if gathering.claims.is_empty() {
            return Err(CaseError::input(
                "the case has no claims, so that there is nothing to publish",
                "say what a passage says with `witnessmark claim`, or `witnessmark import claims FILE`",
            ));
        }
        let mut exhibits: BTreeMap<(u64, u64), Exhibit> = BTreeMap::new();
        let mut numbers = Vec::new();
        for row in gathering.claims.clone() {
            numbers.push(self.number(&row, &mut gathering, &mut exhibits)?);
        }
        let mut estimates = Vec::new();
        for entry in self.casebook.entries_of_kind("estimate")? {
            estimates.push(self.estimate_pages(&entry, &mut gathering)?);
        }
        for kind in ["origin", "lineage"] {
            for entry in self.casebook.entries_of_kind(kind)? {
                gathering.open.entry(entry.index).or_default();
            }
        }
        let lineage = self.lineage_picture(&gathering)?;
        let entries = self.opened(&gathering)?;
        let last = self.stored(self.vault.size().saturating_sub(1))?;
        let (checkpoint, _) = self.vault.checkpoint()?;
        Ok(DossierInput {
            title,
            notice,
            profile: Profile::Public,
            day: last.values.day,
            log: LogState { checkpoint, verifier_key: self.vault.verifier().to_text() },
            entries,
            words: words(gathering.codebook),
            exhibits: exhibits.into_values().collect(),
            numbers,
            estimates,
            lineage,
        })
    }

    /// The page of one claim, with the entries and the exhibit that it needs.
    fn number(
        &mut self,
        row: &ClaimRow,
        gathering: &mut Gathering<'_>,
        exhibits: &mut BTreeMap<(u64, u64), Exhibit>,
    ) -> Result<Number, CaseError> {
        let claim = &row.stands;
        let passage_entry = self.entry_of(&claim.passage.to_string())?;
        let Some(Payload::Passage(passage)) = &passage_entry.payload else {
            return Err(CaseError::machine(format!("{} is not a passage", claim.passage)));
        };
        let extraction_entry = self.entry_of(&passage.extraction.to_string())?;
        let changes = self.casebook.entries_about(&row.claim.to_string(), "claim-change")?;
        let changes: Vec<u64> = changes.into_iter().map(|entry| entry.index).collect();
        let Some(capture) = self.casebook.capture(&passage.capture)? else {
            return Err(CaseError::machine(format!("there is no {}", passage.capture)));
        };
        for index in
            changes.iter().chain([&row.entry, &passage_entry.index, &extraction_entry.index])
        {
            gathering.open.entry(*index).or_default();
        }
        let cleared = gathering.cleared.contains(&capture.capture);
        let shown = exhibits.contains_key(&(capture.entry, capture.part));
        if !shown {
            let exhibit = self.exhibit(&capture, &extraction_entry, cleared, gathering)?;
            exhibits.insert((capture.entry, capture.part), exhibit);
        }
        let alike = gathering.claims.iter().filter(|other| {
            let (a, b) = (&other.stands.act, &claim.act);
            (&a.code, &a.place, &a.quantity) == (&b.code, &b.place, &b.quantity)
        });
        let corroboration = gathering.graph.corroboration(alike.map(|other| other.capture));
        let events = self.events_of_capture(&capture.capture, Some(&claim.passage.to_string()))?;
        let custody = events.into_iter().map(|event| {
            let shown = gathering.open.contains_key(&event.entry);
            CustodyLine { day: event.day, text: event.text, entry: shown.then_some(event.entry) }
        });
        let chains = |level| -> Vec<Chain> {
            let found = gathering.graph.chains(capture.capture, level);
            found.iter().map(|chain| shown_chain(chain, &gathering.decisions)).collect()
        };
        Ok(Number {
            claim: row.claim,
            claim_entry: row.entry,
            changes,
            passage_entry: passage_entry.index,
            extraction_entry: extraction_entry.index,
            capture: capture.capture,
            act: claim.act.clone(),
            grades: claim.grades.clone(),
            note: claim.note.clone(),
            rests_on: RestsOn {
                text: chains(LineageLevel::Text),
                evidence: chains(LineageLevel::Evidence),
            },
            corroboration: format!("For this figure: {}", corroboration.sentence),
            custody: custody.collect(),
        })
    }

    fn exhibit(
        &mut self,
        capture: &CaptureRow,
        extraction: &StoredEntry,
        cleared: bool,
        gathering: &mut Gathering<'_>,
    ) -> Result<Exhibit, CaseError> {
        let Some(Payload::Extraction(found)) = &extraction.payload else {
            return Err(CaseError::machine(format!("entry {} is no extraction", extraction.index)));
        };
        // Bytes of a record hold transport headers, which a public dossier does not show.
        let whole = cleared && capture.record.is_none();
        let bytes = whole.then(|| PartBytes::File(self.vault.blobs().path(&capture.blob)));
        gathering.open.entry(capture.entry).or_default().insert(capture.part, bytes);
        let text = if cleared {
            let bytes = self.vault.blobs().read(&found.text.sha256)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let shown = Some(PartBytes::Memory(bytes));
            gathering.open.entry(extraction.index).or_default().insert(1, shown);
            Some(ClearedText { entry: extraction.index, part: 1, text })
        } else {
            None
        };
        let name = match self.stored(capture.entry)?.payload {
            Some(Payload::Import(import)) => import.name,
            _ => capture.name.clone(),
        };
        Ok(Exhibit {
            capture: capture.capture,
            entry: capture.entry,
            part: capture.part,
            title: found.title.clone(),
            url: capture.url.clone(),
            name,
            media_type: found.media_type.clone(),
            published: capture.published.clone().or_else(|| found.published.clone()),
            language: found.language.clone(),
            text,
        })
    }

    /// An estimate for the first page; its statements and its whole answer are handed over.
    fn estimate_pages(
        &self,
        entry: &StoredEntry,
        gathering: &mut Gathering<'_>,
    ) -> Result<publish::Estimate, CaseError> {
        let Some(Payload::Estimate(estimate)) = &entry.payload else {
            return Err(CaseError::machine(format!("entry {} is no estimate", entry.index)));
        };
        let inputs = self.vault.blobs().read(&estimate.inputs.sha256)?;
        let result = self.vault.blobs().read(&estimate.result.sha256)?;
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

    fn lineage_picture(&self, gathering: &Gathering<'_>) -> Result<publish::Lineage, CaseError> {
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

    /// The entries that are shown, with openings, proofs and parts.
    fn opened(&mut self, gathering: &Gathering<'_>) -> Result<Vec<OpenedEntry>, CaseError> {
        let indexes: Vec<u64> = gathering.open.keys().copied().collect();
        let proofs = self.vault.prove(&indexes)?;
        let mut entries = Vec::new();
        for (proof, (index, parts)) in proofs.into_iter().zip(&gathering.open) {
            let stored = self.stored(*index)?;
            entries.push(self.opened_entry(stored, proof, parts)?);
        }
        Ok(entries)
    }

    fn opened_entry(
        &mut self,
        entry: StoredEntry,
        proof: LogProof,
        wanted: &BTreeMap<u64, Option<PartBytes>>,
    ) -> Result<OpenedEntry, CaseError> {
        let Some(payload) = &entry.payload else {
            return Err(CaseError::machine(format!("entry {} cannot be read", entry.index)));
        };
        let seed = self.vault.seed(&entry.key)?;
        let fields = [Field::Kind, Field::Object, Field::Commit, Field::Day];
        let open = fields.map(|field| (field, entry.values.open(field, &seed))).into();
        let parts = self.parts_of(payload, entry.values.object, seed.part_salt(0))?;
        let leaves: Vec<Digest> = parts.iter().map(|(salt, part)| part_leaf(salt, part)).collect();
        let mut shown = Vec::new();
        let others = wanted.iter().map(|(index, bytes)| (*index, bytes.clone()));
        for (index, bytes) in std::iter::once((0, None)).chain(others) {
            let at = usize::try_from(index).unwrap_or(usize::MAX);
            let found = parts.get(at).zip(merkle::inclusion_path(&leaves, at));
            let Some(((salt, sha256), path)) = found else {
                return Err(CaseError::machine(format!(
                    "entry {} has no part {index}",
                    entry.index
                )));
            };
            shown.push(OpenedPart { index, salt: *salt, sha256: *sha256, path, bytes });
        }
        Ok(OpenedEntry {
            index: entry.index,
            leaf: self.vault.leaf(entry.index)?,
            open,
            payload: Some(entry.bytes),
            part_count: parts.len() as u64,
            parts: shown,
            proof,
        })
    }

    /// Salt and digest of every part of an entry, in order.
    fn parts_of(
        &mut self,
        payload: &Payload,
        object: Digest,
        own: Salt,
    ) -> Result<Vec<(Salt, Digest)>, CaseError> {
        let mut parts = vec![(own, object)];
        if let Payload::Import(import) = payload {
            let seed = self.vault.seed(&import.evidence.key)?;
            let manifest = self.vault.blobs().read(&import.manifest.sha256)?;
            for (index, line) in (1..).zip(manifest.split_inclusive(|byte| *byte == b'\n')) {
                let line: ManifestLine =
                    canonical::from_bytes(line.strip_suffix(b"\n").unwrap_or(line))?;
                parts.push((seed.part_salt(index), line.sha256));
            }
        }
        for (index, evidence) in (1..).zip(payload.parts()) {
            let seed = self.vault.seed(&evidence.key)?;
            parts.push((seed.part_salt(index), evidence.plain_sha256));
        }
        Ok(parts)
    }

    fn entry_of(&self, id: &str) -> Result<StoredEntry, CaseError> {
        self.casebook
            .entry_of_id(id)?
            .ok_or_else(|| CaseError::machine(format!("the casebook has no {id}")))
    }

    /// The passage with this id.
    pub fn passage_of(&self, id: &str) -> Result<Passage, CaseError> {
        let id = self.find_id(id)?;
        match self.casebook.entry_of_id(&id)?.and_then(|entry| entry.payload) {
            Some(Payload::Passage(passage)) => Ok(passage),
            _ => Err(CaseError::input(
                format!("{id} is not a passage"),
                "`witnessmark list passages` shows them",
            )),
        }
    }
}

/// A chain with the reasons that people gave for its hops.
fn shown_chain(chain: &ClaimChain, decisions: &[Decision]) -> Chain {
    let mut hops: Vec<Hop> = Vec::new();
    let mut before: Option<(&witnessmark_claims::lineage::Hop, String)> = None;
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

fn words(codebook: &witnessmark_claims::Codebook) -> Words {
    let list = |terms: &[Term]| -> BTreeMap<String, Word> {
        let word =
            |term: &Term| Word { label: term.label.clone(), definition: term.definition.clone() };
        terms.iter().map(|term| (term.code.clone(), word(term))).collect()
    };
    Words {
        acts: list(codebook.acts()),
        units: list(codebook.units()),
        modalities: list(codebook.modalities()),
    }
}

impl From<publish::PublishError> for CaseError {
    fn from(error: publish::PublishError) -> Self {
        let hint = error.hint().map(str::to_owned);
        let fault = match error {
            publish::PublishError::Exists(_) | publish::PublishError::NoName(_) => Fault::Usage,
            publish::PublishError::NotForPublic { .. } | publish::PublishError::Input { .. } => {
                Fault::Input
            }
            _ => Fault::Machine,
        };
        Self { fact: error.to_string(), hint, fault }
    }
}
