//! From a case to a dossier: what is opened, what was cleared, and what the pages need beside it.

mod estimates;
mod lineage;
mod opening;
mod timestamps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use witnessmark_claims::LineageGraph;
use witnessmark_claims::codebook::Term;
use witnessmark_claims::lineage::LineageLevel;
use witnessmark_model::Digest;
use witnessmark_model::id::{CaptureId, PublicationId};
use witnessmark_model::payload::{Lineage as Decision, Passage, Payload, Publication};
use witnessmark_publish as publish;
use witnessmark_publish::{
    Chain, ClearedText, CustodyLine, DossierInput, Exhibit, LogState, Number, OwnAddresses,
    PartBytes, PartStream, Profile, RestsOn, Scan, ShownSecret, Word, Words,
};

use self::lineage::shown_chain;
use crate::casebook::{CaptureRow, StoredEntry};
use crate::coding::ClaimRow;
use crate::custody::Times;
use crate::on_pictures::{OnPicture, not_compared};
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
    /// How many timestamps from outside go with it.
    pub timestamps: usize,
    /// How many the case keeps.
    pub timestamps_kept: u64,
    /// Known patterns of secrets that it holds, with the capture each stands in; none unless they were let through.
    pub secrets: Vec<(CaptureId, ShownSecret)>,
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

/// Known patterns of secrets in what the dossier would show of each document: its address, its name, and its text if that
/// was cleared.
fn secrets_in(input: &DossierInput) -> Result<Vec<(CaptureId, ShownSecret)>, CaseError> {
    let nobody =
        OwnAddresses::parse::<&str>(&[]).map_err(|error| CaseError::machine(error.to_string()))?;
    let mut found = Vec::new();
    for exhibit in &input.exhibits {
        let text = exhibit.text.as_ref().map(|cleared| cleared.text.as_str());
        let shown = [exhibit.url.as_deref(), exhibit.title.as_deref(), Some(&exhibit.name), text];
        for words in shown.into_iter().flatten() {
            let secrets = publish::scan_text(words, &nobody).into_iter();
            found.extend(secrets.map(|secret| (exhibit.capture, secret)));
        }
    }
    Ok(found)
}

impl Case {
    /// Writes a dossier of all claims and estimates to a folder and to a zip file beside it, then logs that it did.
    ///
    /// The dossier is a function of the log: made from the same entries with the same policy, it is the same, byte for
    /// byte. `timestamps` hands over what vouches for the log from outside, which tells times finer than a day.
    pub fn publish(
        &mut self,
        folder: &Path,
        zip: &Path,
        policy_text: &str,
        policy: &PublishPolicy,
        keep_secrets: bool,
        timestamps: bool,
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
        let input = self.dossier_input(policy, timestamps)?;
        let secrets = secrets_in(&input)?;
        if !secrets.is_empty() && !keep_secrets {
            let named = secrets.iter().map(|(capture, secret)| {
                format!("{capture} would show a secret: {} ({})", secret.kind.word(), secret.hint)
            });
            return Err(CaseError::input(
                named.collect::<Vec<_>>().join("\n"),
                "leave the document out, do not clear it whole, or let it leave with `--keep-secrets`; nothing was written",
            ));
        }
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
            timestamps: input.timestamps.len(),
            timestamps_kept: self.time_standing()?.timestamps,
            secrets,
        })
    }

    fn dossier_input(
        &mut self,
        policy: &PublishPolicy,
        timestamps: bool,
    ) -> Result<DossierInput, CaseError> {
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
        let timestamps = if timestamps {
            let of_exhibits = exhibits.keys().map(|(entry, _)| *entry).collect();
            self.dossier_timestamps(&of_exhibits, &mut gathering)?
        } else {
            Vec::new()
        };
        let entries = self.opened(&gathering)?;
        let last = self.stored(self.vault.size().saturating_sub(1))?;
        let (checkpoint, _) = self.vault.checkpoint()?;
        Ok(DossierInput {
            title,
            notice,
            profile: Profile::Public,
            day: last.day(),
            log: LogState { checkpoint, verifier_key: self.vault.verifier().to_text() },
            sealed: self.vault.is_sealed(),
            entries,
            words: words(gathering.codebook),
            exhibits: exhibits.into_values().collect(),
            numbers,
            estimates,
            lineage,
            timestamps,
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
        let scan = match self.picture_standing(&passage.id)? {
            None => None,
            Some(OnPicture { entry, confirmed_entry: Some(confirmed_entry), .. }) => {
                Some(Scan { place_entry: entry, confirmed_entry })
            }
            Some(_) => return Err(not_compared(Some(&passage.id))),
        };
        for index in scan.iter().flat_map(|scan| [scan.place_entry, scan.confirmed_entry]) {
            gathering.open.entry(index).or_default();
        }
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
        let passage = claim.passage.to_string();
        // A public dossier says no time finer than a day.
        let events = self.events_of_capture(&capture.capture, Some(&passage), Times::Days)?;
        let custody = events.into_iter().map(|event| {
            let shown = gathering.open.contains_key(&event.entry);
            let text = match event.before.as_ref().and_then(|before| before.at.get(..10)) {
                Some(day) => format!(
                    "{} It was first entered on {day}, before the case was sealed.",
                    event.text
                ),
                None => event.text,
            };
            CustodyLine { day: event.day, text, entry: shown.then_some(event.entry) }
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
            scan,
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
        let bytes = whole.then(|| {
            let (store, (blob, key)) = (self.vault.store().clone(), capture.blob);
            PartBytes::Stream(PartStream {
                name: store.path(&blob),
                open: Arc::new(move || match store.open(&blob, &key) {
                    Ok(opened) => Ok(Box::new(opened)),
                    Err(error) => Err(std::io::Error::other(error)),
                }),
            })
        });
        gathering.open.entry(capture.entry).or_default().insert(capture.part, bytes);
        let text = if cleared {
            let bytes = self.vault.store().read(&found.text)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let shown = Some(PartBytes::Memory(bytes));
            gathering.open.entry(extraction.index).or_default().insert(1, shown);
            Some(ClearedText { entry: extraction.index, part: 1, text })
        } else {
            None
        };
        let stored = self.stored(capture.entry)?.payload;
        let archive = stored.as_ref().and_then(Payload::archive);
        let name = archive.map_or_else(|| capture.name.clone(), |archive| archive.name.to_owned());
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
