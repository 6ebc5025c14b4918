//! Every entry: values, payload, commitments, parts and signature.

use std::collections::BTreeMap;

use witnessmark_model::id::ActorId;
use witnessmark_model::leaf::{Field, Leaf, PartsRoot, Seed, Values};
use witnessmark_model::pack::Item;
use witnessmark_model::payload::{Evidence, Payload, Timestamp};
use witnessmark_model::{Digest, canonical, merkle, moment};

use super::blobs::{self, Blobs};
use super::cosignatures::Witnessed;
use super::erasures::Erasures;
use super::imports;
use super::keys::Keyring;
use super::links::Index;
use super::packs::{self, Chain};
use super::plain::Plain;
use super::predecessor::Said;
use super::tree::Leaves;
use crate::files::Files;
use crate::findings::{Findings, Group};

/// So many notes on differing fields are kept.
const MOST_NOTES: usize = 10_000;

/// What the entries gave.
#[derive(Default)]
pub(super) struct Entries {
    /// The hash of each leaf as made anew.
    pub leaf_hashes: Vec<Option<Digest>>,
    /// For entries whose leaf differs from the log's: which fields, and what opens them.
    pub notes: BTreeMap<u64, String>,
    /// Every blob that a payload names: its length, and the first entry that names it.
    pub evidence: BTreeMap<Digest, (u64, u64)>,
    /// What is sealed beside archives, whose records are read anyway: each once.
    pub sealed: Vec<(u64, Evidence)>,
    /// The actors' public keys, as logged.
    pub actors: BTreeMap<ActorId, String>,
    /// What they say of witnesses.
    pub witnessed: Witnessed,
    /// Entries of which the payload could not be read: what they name is not known.
    pub unread: u64,
    /// What was erased.
    pub erasures: Erasures,
    /// The timestamps that entries name, with the entries' indexes.
    pub timestamps: Vec<(u64, Timestamp)>,
    /// What they say, as far as another case is compared with it.
    pub said: Said,
}

pub(super) fn check(
    files: &dyn Files,
    chain: &Chain,
    keys: &Keyring,
    blobs: &Blobs,
    leaves: &mut Leaves<'_>,
    said: Said,
    findings: &mut Findings,
) -> Entries {
    let size = chain.end();
    if keys.is_locked() {
        return Entries { unread: size, said, ..Entries::default() };
    }
    let gaps = chain.gaps.iter().map(|(first, end)| end - first).sum();
    let mut checker = Checker {
        files,
        keys,
        blobs,
        findings,
        found: Entries { unread: gaps, said, ..Entries::default() },
        links: Index::new(),
    };
    for link in &chain.links {
        let Ok((bytes, _, items)) = packs::load(files, &link.digest) else {
            checker.found.unread += link.count;
            continue;
        };
        let pack = blobs::path(&link.digest);
        for (index, item) in (link.first..).zip(&items) {
            checker.entry(index, item, &bytes, &pack, leaves);
        }
    }
    let Checker { mut found, links, findings, .. } = checker;
    let (missing, unread) = found.erasures.settle(keys, findings);
    found.unread += unread;
    for (index, evidence) in missing {
        found.evidence.entry(evidence.sha256).or_insert((evidence.bytes, index));
    }
    let bytes = Plain { files, keys, blobs };
    if keys.is_sealed() {
        bytes.check_sealed(&found.sealed, findings);
    }
    let unread = found.unread > 0 || found.erasures.any();
    links.finish(&bytes, unread, found.erasures.unfinished(keys), size, findings);
    found
}

struct Checker<'c> {
    files: &'c dyn Files,
    keys: &'c Keyring,
    blobs: &'c Blobs,
    findings: &'c mut Findings,
    found: Entries,
    links: Index,
}

impl Checker<'_> {
    fn entry(
        &mut self,
        index: u64,
        item: &Item,
        bytes: &[u8],
        pack: &str,
        leaves: &mut Leaves<'_>,
    ) {
        let subject = format!("entry {index}");
        if self.keys.is_sealed() && self.keys.seed(&item.key).is_none() {
            return self.found.erasures.miss_entry(index, item.key);
        }
        let stored = item.payload_in(bytes);
        let values = self.keys.open(&item.key, item.values_in(bytes));
        let values = values.and_then(|values| {
            canonical::from_bytes::<Values>(&values).map_err(|error| error.to_string())
        });
        let values = match values {
            Ok(values) => Some(values),
            Err(error) => {
                let detail = format!("its values in {pack}: {error}");
                self.findings.fail(Group::Entries, &subject, detail);
                None
            }
        };
        let plain = self.keys.open(&item.key, stored);
        let payload = self.payload(index, stored, plain.as_deref(), values.as_ref(), pack);
        let seed = self.keys.seed(&item.key);
        if seed.is_none() {
            let detail = format!(
                "{} holds no seed {}, so its leaf cannot be made anew",
                self.keys.objects, item.key
            );
            self.findings.fail(Group::Entries, &subject, detail);
        }
        if let (Some(values), Some(seed)) = (&values, seed) {
            self.leaf(index, values, seed, item, pack, leaves);
        }
        if let (Some(values), Some(payload), Some(seed)) = (&values, &payload, seed) {
            let plain = Digest::of(plain.as_deref().unwrap_or_default());
            self.parts(index, values, payload, plain, seed);
        }
        if let Some(values) = &values {
            self.signature(index, values, payload.as_ref());
        }
        if let (Some(values), Some(payload)) = (&values, &payload) {
            self.found.erasures.note(index, values, payload, self.findings);
        }
        if let Some(Payload::Timestamp(timestamp)) = &payload {
            self.found.timestamps.push((index, timestamp.clone()));
        }
        match payload {
            Some(payload) => {
                let bytes = Plain { files: self.files, keys: self.keys, blobs: self.blobs };
                self.found.witnessed.add(index, &payload);
                self.found.said.add(index, &payload);
                self.links.add(index, payload, &bytes, self.findings);
            }
            None => self.found.unread += 1,
        }
    }

    fn payload(
        &mut self,
        index: u64,
        stored: &[u8],
        plain: Result<&[u8], &String>,
        values: Option<&Values>,
        pack: &str,
    ) -> Option<Payload> {
        let subject = format!("entry {index}");
        let mut sound = values.is_some();
        if let Some(values) = values {
            let digest = Digest::of(stored);
            if digest != values.object {
                let detail = format!(
                    "its payload in {pack} has the digest {digest}, its values say {}",
                    values.object
                );
                self.findings.fail(Group::Payloads, &subject, detail);
                sound = false;
            }
        }
        let parsed = plain
            .map_err(String::clone)
            .and_then(|plain| Payload::parse(plain).map_err(|error| error.to_string()));
        let payload = match parsed {
            Ok(payload) => payload,
            Err(error) => {
                let detail = format!("its payload in {pack} cannot be read: {error}");
                self.findings.fail(Group::Payloads, subject, detail);
                return None;
            }
        };
        let mut wrong = |detail: String| {
            self.findings.fail(Group::Payloads, &subject, detail);
            sound = false;
        };
        if let Some(values) = values {
            if values.kind != payload.kind() {
                wrong(format!(
                    "its values say it is a {}, its payload is a {}",
                    values.kind,
                    payload.kind()
                ));
            }
            if !moment::is_day(&values.day) || !is_moment(&values.at, &values.day) {
                wrong(format!("its time is not one: {} on {}", values.at, values.day));
            }
        }
        if matches!(payload, Payload::CaseCreated(_)) != (index == 0) {
            wrong("a case begins with its first entry, and only there".into());
        }
        for evidence in payload.blobs() {
            if !self.keys.is_sealed() && evidence.plain_sha256 != evidence.sha256 {
                wrong(format!(
                    "its evidence {} is sealed, in a case that is open",
                    evidence.sha256
                ));
            }
        }
        if sound {
            self.findings.pass(Group::Payloads);
        }
        for evidence in payload.blobs() {
            self.evidence(index, evidence);
        }
        Some(payload)
    }

    fn evidence(&mut self, index: u64, evidence: &Evidence) {
        if self.keys.is_sealed() && self.keys.seed(&evidence.key).is_none() {
            return self.found.erasures.miss_evidence(index, evidence);
        }
        let named = self.found.evidence.entry(evidence.sha256).or_insert((evidence.bytes, index));
        let (bytes, first) = *named;
        if self.keys.is_sealed() && first == index {
            self.found.sealed.push((index, evidence.clone()));
        }
        let path = blobs::path(&evidence.sha256);
        if self.keys.seed(&evidence.key).is_none() {
            let detail =
                format!("it holds no seed {} of {path}, which entry {index} names", evidence.key);
            self.findings.fail(Group::Keys, &self.keys.objects, detail);
        }
        if bytes != evidence.bytes {
            let detail = format!(
                "entry {index} says it has {} bytes, entry {first} {bytes}",
                evidence.bytes
            );
            return self.findings.fail(Group::Evidence, path, detail);
        }
        match self.blobs.get(&evidence.sha256) {
            None if first == index => {
                let detail = format!("it is missing; entry {index} names it");
                self.findings.fail(Group::Evidence, path, detail);
            }
            None => {}
            Some(blob) if blob.bytes != evidence.bytes => {
                let detail = format!(
                    "it has {} bytes, entry {index} recorded {}",
                    blob.bytes, evidence.bytes
                );
                self.findings.fail(Group::Evidence, path, detail);
            }
            Some(_) => self.findings.pass(Group::Evidence),
        }
    }

    fn leaf(
        &mut self,
        index: u64,
        values: &Values,
        seed: &Seed,
        item: &Item,
        pack: &str,
        leaves: &mut Leaves<'_>,
    ) {
        let Ok(made) = values.leaf(seed).and_then(|leaf| leaf.to_bytes()) else {
            let detail = "its values have no canonical form";
            return self.findings.fail(Group::Entries, format!("entry {index}"), detail);
        };
        let slot = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(missing) = slot.checked_sub(self.found.leaf_hashes.len()) {
            self.found.leaf_hashes.extend(std::iter::repeat_n(None, missing));
            self.found.leaf_hashes.push(Some(merkle::leaf_hash(&made)));
        }
        let Some(logged) = leaves.get(index).filter(|logged| *logged != made) else { return };
        if self.found.notes.len() == MOST_NOTES {
            return;
        }
        let note = match Leaf::parse(&logged) {
            Ok(logged) => {
                let closed: Vec<&str> = Field::ALL
                    .into_iter()
                    .filter(|field| !logged.opens(*field, &values.open(*field, seed)))
                    .map(Field::name)
                    .collect();
                format!(
                    ": {} {} not open with {} from {} and the values in {pack}",
                    closed.join(", "),
                    if closed.len() == 1 { "does" } else { "do" },
                    item.key,
                    self.keys.objects
                )
            }
            Err(error) => format!(": what stands there is {error}"),
        };
        self.found.notes.insert(index, note);
    }

    /// The root over the parts, made anew from the digests that the payload and the manifest give.
    fn parts(
        &mut self,
        index: u64,
        values: &Values,
        payload: &Payload,
        plain: Digest,
        seed: &Seed,
    ) {
        let subject = format!("entry {index}");
        let mut root = PartsRoot::new();
        root.push(&seed.part_salt(0), &plain);
        if let Some(archive) = payload.archive() {
            let Some(seed) = self.keys.seed(&archive.evidence.key) else {
                return self.no_seed(&subject, archive.evidence);
            };
            let links = &mut self.links;
            let read = imports::read_manifest(self.keys, self.files, &archive, &mut |line| {
                root.push(&seed.part_salt(line.n.saturating_add(1)), &line.sha256);
                links.add_record(index, line);
            });
            if let Err(detail) = read {
                let path = blobs::path(&archive.manifest.sha256);
                self.findings.fail(
                    Group::Imports,
                    &path,
                    format!("the manifest of {subject}: {detail}"),
                );
                let detail = format!("its manifest {path} cannot be read to its end");
                return self.findings.fail(Group::Parts, subject, detail);
            }
            imports::check(self.keys, self.files, index, &archive, self.findings);
        }
        for (number, evidence) in (1..).zip(payload.parts()) {
            let Some(seed) = self.keys.seed(&evidence.key) else {
                return self.no_seed(&subject, evidence);
            };
            root.push(&seed.part_salt(number), &evidence.plain_sha256);
        }
        let root = root.finish();
        if root == values.commit {
            self.findings.pass(Group::Parts);
        } else {
            let keys: Vec<String> =
                payload.blobs().iter().map(|evidence| evidence.key.to_string()).collect();
            let detail = format!(
                "its parts, salted from {} ({}), lead to {root}, its values say {}",
                self.keys.objects,
                if keys.is_empty() { "no evidence".to_owned() } else { keys.join(", ") },
                values.commit
            );
            self.findings.fail(Group::Parts, subject, detail);
        }
    }

    fn no_seed(&mut self, subject: &str, evidence: &Evidence) {
        if self.keys.is_sealed() {
            return; // Said once for the evidence: it is missing, or was erased.
        }
        let detail = format!(
            "{} holds no seed {} of its evidence {}, so its parts cannot be salted",
            self.keys.objects, evidence.key, evidence.sha256
        );
        self.findings.fail(Group::Parts, subject, detail);
    }

    fn signature(&mut self, index: u64, values: &Values, payload: Option<&Payload>) {
        let subject = format!("entry {index}");
        if let Some(Payload::CaseCreated(created)) = payload {
            self.found
                .actors
                .entry(created.founder.actor)
                .or_insert_with(|| created.founder.public_key.clone());
        }
        match self.found.actors.get(&values.actor) {
            Some(key) if values.is_signed_by(key) => self.findings.pass(Group::Signatures),
            Some(_) => {
                let detail = format!("its signature is not one by the key of {}", values.actor);
                self.findings.fail(Group::Signatures, &subject, detail);
            }
            None if self.found.unread > 0 => {
                let detail = format!("{} may be in an entry that cannot be read", values.actor);
                self.findings.unchecked(Group::Signatures, &subject, detail);
            }
            None => {
                let detail = format!("no entry before it gives the key of {}", values.actor);
                self.findings.fail(Group::Signatures, &subject, detail);
            }
        }
        if let Some(Payload::ActorAdded(added)) = payload {
            let key = self.found.actors.entry(added.actor).or_insert(added.public_key.clone());
            if *key != added.public_key {
                let detail = format!("it gives {} a second key", added.actor);
                self.findings.fail(Group::Signatures, subject, detail);
            }
        }
    }
}

/// Whether `at` is `YYYY-MM-DDThh:mm:ss.mmmZ` on that day.
fn is_moment(at: &str, day: &str) -> bool {
    let Some(time) = at.strip_prefix(day).and_then(|rest| rest.strip_prefix('T')) else {
        return false;
    };
    let shape = time.len() == 13
        && time.bytes().zip(b"00:00:00.000Z").all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *form,
        });
    let below = |from: usize, limit: &str| time.get(from..from + 2).is_some_and(|two| two < limit);
    shape && below(0, "24") && below(3, "60") && below(6, "61")
}
