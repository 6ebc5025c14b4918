//! Timestamps from outside: tokens and proofs beside checkpoints, in a case or a dossier, each checked from its bytes.
//!
//! Whether somebody outside is to be believed is for the reader: without a root of the reader's own, a token that is
//! otherwise sound stays unchecked, and its time is said with the name of whoever says it.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_model::Digest;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::note::Verifier;
use witnessmark_model::payload::{KeptFile, Timestamp};
use witnessmark_timestamp::opentimestamps::{Attestation, Found, Proof, Standing};
use witnessmark_timestamp::{
    self as timestamp, Certificate, Expected, Fault, Imprint, RevocationList,
};

use crate::case::counted;
use crate::files::{self, Files, Fingerprint, Listed};
use crate::findings::{Findings, Group};
use crate::trust::Trust;

/// Notes and tokens are a few kilobytes.
const LARGEST_FILE: u64 = 1 << 20;
/// Revocation lists of large authorities.
const LARGEST_LISTS: u64 = 32 << 20;

/// What the outside says about when the log existed.
#[derive(Default)]
pub(crate) struct Outside {
    /// The files beside checkpoints that entries name, by path.
    pub(crate) files: BTreeSet<String>,
    /// What is shown, in sentences.
    pub(crate) shown: Vec<String>,
    /// The entries before this index existed at a time that somebody whom the reader believes says.
    believed: u64,
    /// The entries before this index existed at a time that somebody says whom the reader did not choose.
    said: u64,
}

/// Where timestamps lie, and how a checkpoint below them is held against the log.
pub(crate) struct Beside<'c> {
    pub(crate) files: &'c dyn Files,
    pub(crate) names: &'c BTreeMap<String, Listed>,
    /// The folder that holds one folder for each size.
    pub(crate) below: &'static str,
    /// Whether the log's first entries, so many, have this root; if not, why, in words.
    pub(crate) joins: &'c dyn Fn(u64, &Digest) -> Result<(), String>,
    /// The log's key.
    pub(crate) verifier: Option<&'c Verifier>,
}

/// Checks every timestamp that an entry names. `timestamps` gives them with their entries' indexes.
pub(crate) fn check(
    beside: &Beside<'_>,
    timestamps: &[(u64, Timestamp)],
    trust: &Trust,
    findings: &mut Findings,
) -> Outside {
    let mut checker = Checker {
        beside,
        trust,
        findings,
        checkpoints: BTreeMap::new(),
        fingerprints: BTreeMap::new(),
        said: BTreeMap::new(),
        led: Vec::new(),
        outside: Outside::default(),
    };
    for (index, timestamp) in timestamps {
        checker.timestamp(*index, timestamp);
    }
    checker.finish()
}

/// Who says something about the time, and how far that may be believed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Voice {
    believed: bool,
    who: String,
    label: Option<String>,
}

/// One thing that a voice said.
struct Said {
    size: u64,
    time: String,
    /// What else is to be known of the last token.
    note: String,
}

/// What a proof of OpenTimestamps leads to.
#[derive(Default)]
struct Led {
    size: u64,
    label: Option<String>,
    /// The blocks that it names.
    heights: BTreeSet<u64>,
    /// Those whose headers the reader brought, and that hold it.
    found: Vec<(u64, Found)>,
    /// A block holds it by a path through SHA-1, for which two messages with one digest can be made.
    weak: bool,
}

/// Whether a label says that what it stands on proves nothing.
fn is_test(label: Option<&str>) -> bool {
    label.is_some_and(|label| label.starts_with("test:"))
}

fn sentence_of_block(one: &Led, height: u64, found: &Found) -> String {
    let label = one.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
    let chain = if found.test_chain {
        " This is a block of a test chain: it proves nothing."
    } else if found.from_genesis {
        " The headers go back to Bitcoin's first block without a gap."
    } else {
        " Whether that header is one of Bitcoin's chain, you have to know from elsewhere."
    };
    format!(
        "By OpenTimestamps{label} and the block headers that you brought: the log's first {} existed before block {height}, \
         whose header says {} (approximate: by hours), which took about 2^{} digests to find and which {} more of these \
         headers follow.{chain} Not when anything was published.",
        counted(one.size, "entry", "entries"),
        found.time,
        found.work,
        found.followed_by
    )
}

struct Checker<'c> {
    beside: &'c Beside<'c>,
    trust: &'c Trust,
    findings: &'c mut Findings,
    /// The digest of each sound note that timestamps are for, by the log's size.
    checkpoints: BTreeMap<u64, Option<Digest>>,
    /// Files that were read, for one may be named again and again.
    fingerprints: BTreeMap<String, Result<Fingerprint, String>>,
    said: BTreeMap<Voice, Vec<Said>>,
    led: Vec<Led>,
    outside: Outside,
}

impl Checker<'_> {
    /// The path of a file beside a checkpoint.
    fn path(&self, timestamp: &Timestamp, file: &KeptFile) -> String {
        format!("{}/{}/{}", self.beside.below, timestamp.size, file.name)
    }

    fn timestamp(&mut self, index: u64, timestamp: &Timestamp) {
        let mut whole = true;
        for file in &timestamp.files {
            whole &= self.file(timestamp, file);
        }
        let entry = format!("entry {index}");
        if timestamp.size == 0 || timestamp.size > index {
            let detail = format!(
                "it is for the first {}, which did not all exist before it",
                counted(timestamp.size, "entry", "entries")
            );
            return self.fail(entry, detail);
        }
        let (true, Some(digest)) = (whole, self.checkpoint(timestamp)) else { return };
        match timestamp.method.as_str() {
            Timestamp::RFC_3161 => self.token(&entry, timestamp, digest),
            Timestamp::OPENTIMESTAMPS => self.proof(&entry, timestamp, digest),
            other => {
                let detail = format!("its method is {other:?}, which is not known here");
                self.findings.unchecked(Group::Timestamps, entry, detail);
            }
        }
    }

    fn fail(&mut self, subject: impl Into<String>, detail: impl ToString) {
        self.findings.fail(Group::Timestamps, subject, detail);
    }

    /// Whether a file is there with the digest that its entry says.
    fn file(&mut self, timestamp: &Timestamp, file: &KeptFile) -> bool {
        let path = self.path(timestamp, file);
        if file.name.contains('/') || files::bad_name(&path).is_some() {
            self.fail(&path, "an entry names it, and no such file can be kept");
            return false;
        }
        self.outside.files.insert(path.clone());
        if !self.beside.names.contains_key(&path) {
            self.fail(&path, "it is missing; an entry names it");
            return false;
        }
        let (files, known) = (self.beside.files, &mut self.fingerprints);
        let found = known
            .entry(path.clone())
            .or_insert_with(|| files::fingerprint(files, &path).map_err(|error| error.to_string()));
        match found.clone() {
            Ok(found) if found.sha256 == file.sha256 && found.bytes == file.bytes => true,
            Ok(found) => {
                let detail =
                    format!("it has the digest {}, its entry says {}", found.sha256, file.sha256);
                self.fail(&path, detail);
                false
            }
            Err(error) => {
                self.fail(&path, error);
                false
            }
        }
    }

    /// The digest of the note that a timestamp is for, when that note is one of this log.
    fn checkpoint(&mut self, timestamp: &Timestamp) -> Option<Digest> {
        if let Some(known) = self.checkpoints.get(&timestamp.size) {
            return *known;
        }
        let file = timestamp.files.iter().find(|file| file.name == Timestamp::CHECKPOINT);
        let sound = match file {
            Some(file) => {
                let path = self.path(timestamp, file);
                match self.open_checkpoint(timestamp.size, &path) {
                    Ok(digest) => Some(digest),
                    Err(detail) => {
                        self.fail(path, detail);
                        None
                    }
                }
            }
            None => {
                let detail = "its entry does not name the checkpoint that it is for";
                self.fail(format!("{}/{}", self.beside.below, timestamp.size), detail);
                None
            }
        };
        self.checkpoints.insert(timestamp.size, sound);
        sound
    }

    fn open_checkpoint(&self, size: u64, path: &str) -> Result<Digest, String> {
        let note = files::bytes(self.beside.files, path, LARGEST_FILE)
            .map_err(|error| error.to_string())?;
        let verifier = self.beside.verifier.ok_or("the log's key is not known")?;
        let found = Checkpoint::open(&note, verifier).map_err(|error| error.to_string())?;
        if found.size != size {
            return Err(format!("it is for {} entries, its folder says {size}", found.size));
        }
        (self.beside.joins)(size, &found.root)?;
        Ok(Digest::of(&note))
    }

    /// A time-stamp token (RFC 3161).
    fn token(&mut self, entry: &str, timestamp: &Timestamp, digest: Digest) {
        let Some(file) = timestamp.file(".tsr") else {
            return self.fail(entry, "it names no token");
        };
        let path = self.path(timestamp, file);
        match self.open_token(timestamp, &path, digest) {
            Ok((voice, said)) => {
                self.findings.pass(Group::Timestamps);
                self.said.entry(voice).or_default().push(said);
            }
            Err(detail) => self.fail(path, detail),
        }
    }

    fn open_token(
        &self,
        timestamp: &Timestamp,
        path: &str,
        digest: Digest,
    ) -> Result<(Voice, Said), String> {
        let read = |path: &str, limit| {
            files::bytes(self.beside.files, path, limit).map_err(|error| error.to_string())
        };
        let beside = |ending: &str, limit| match timestamp.file(ending) {
            Some(file) => read(&self.path(timestamp, file), limit),
            None => Ok(Vec::new()),
        };
        let token = read(path, LARGEST_FILE)?;
        let plain = |fault: Fault| fault.to_string();
        let others = match beside(".pem", LARGEST_FILE)? {
            none if none.is_empty() => Vec::new(),
            certificates => Certificate::read_all(&certificates).map_err(plain)?,
        };
        let lists = match beside(".crl", LARGEST_LISTS)? {
            none if none.is_empty() => Vec::new(),
            lists => RevocationList::read_all(&lists).map_err(plain)?,
        };
        let expected = Expected::imprint(Imprint::sha256(digest.0));
        let signed = timestamp::check(&token, &expected, &others).map_err(plain)?;
        let time = signed.stamp.time.to_string();
        if timestamp.time.as_ref() != Some(&time) {
            let said = timestamp.time.as_deref().unwrap_or("none");
            return Err(format!("its time is {time}, its entry says {said}"));
        }
        let who = signed.signer.subject();
        if timestamp.authority.as_ref() != Some(&who) {
            let said = timestamp.authority.as_deref().unwrap_or("nobody");
            return Err(format!("it was signed by {who}, its entry says {said}"));
        }
        let trust = timestamp::Trust {
            roots: &self.trust.time_roots,
            others: &others,
            revocation_lists: &lists,
        };
        let mut note = match signed.stamp.accuracy {
            Some(accuracy) => format!("; give or take {} s", accuracy.as_secs_f64()),
            None => String::new(),
        };
        let believed = match signed.trusted_by(&trust) {
            Ok(verified) => {
                match verified.chain.not_revoked_until {
                    Some(until) => note.push_str(&format!(
                        "; its certificates were not revoked by {until}, as the lists beside it say"
                    )),
                    None => note.push_str(
                        "; whether its certificates were revoked was not checked: no list for each is beside it",
                    ),
                }
                if let Some(ends) = verified.chain.ends() {
                    note.push_str(&format!("; they end at {}", ends.whole_seconds()));
                }
                true
            }
            Err(Fault::NotTrusted(_)) => false,
            Err(fault) => return Err(fault.to_string()),
        };
        let voice = Voice { believed, who, label: timestamp.label.clone() };
        Ok((voice, Said { size: timestamp.size, time, note }))
    }

    /// A proof that leads to a block (OpenTimestamps).
    fn proof(&mut self, entry: &str, timestamp: &Timestamp, digest: Digest) {
        let Some(file) = timestamp.file(".ots") else {
            return self.fail(entry, "it names no proof");
        };
        let path = self.path(timestamp, file);
        let read =
            files::bytes(self.beside.files, &path, LARGEST_FILE).map_err(|error| error.to_string());
        let proof = read.and_then(|bytes| {
            let proof = Proof::parse(&bytes).map_err(|fault| fault.to_string())?;
            proof.is_for(&digest.0).map_err(|fault| fault.to_string())?;
            Ok(proof)
        });
        let proof = match proof {
            Ok(proof) => proof,
            Err(detail) => return self.fail(path, detail),
        };
        self.findings.pass(Group::Timestamps);
        let mut led =
            Led { size: timestamp.size, label: timestamp.label.clone(), ..Led::default() };
        for attested in proof.attested() {
            let Attestation::Bitcoin(height) = attested.attestation else { continue };
            led.heights.insert(height);
            match self.trust.block_headers.standing(height, &attested.message) {
                Standing::Other => {
                    let detail = format!(
                        "it does not lead to block {height}: the header that you brought has another Merkle root"
                    );
                    return self.fail(path, detail);
                }
                Standing::Held(found) if !attested.weak => led.found.push((height, found)),
                Standing::Held(_) => led.weak = true,
                Standing::Missing => {}
            }
        }
        self.led.push(led);
    }

    /// What proofs of OpenTimestamps lead to, in sentences.
    fn finish_proofs(&mut self) {
        let mut led = std::mem::take(&mut self.led);
        led.sort_by_key(|one| one.size);
        let (mut pending, mut unread) = (Vec::new(), Vec::new());
        let mut held: Vec<(Led, u64, Found)> = Vec::new();
        for one in led {
            // The earliest block is the one that says most.
            match one.found.iter().min_by_key(|(_, found)| found.time).cloned() {
                Some((height, found)) => held.push((one, height, found)),
                None if one.heights.is_empty() => pending.push(one),
                None => unread.push(one),
            }
        }
        // A promise that was completed stands there once more, complete.
        let complete: BTreeSet<u64> = held
            .iter()
            .map(|(one, ..)| one.size)
            .chain(unread.iter().map(|one| one.size))
            .collect();
        pending.retain(|one| !complete.contains(&one.size));
        if let Some(last) = pending.last() {
            let detail = format!(
                "{} of OpenTimestamps, the last for the first {}, {} promised and not in a block yet: that proves nothing",
                counted(pending.len() as u64, "proof", "proofs"),
                counted(last.size, "entry", "entries"),
                if pending.len() == 1 { "is" } else { "are" }
            );
            self.findings.unchecked(Group::Timestamps, self.beside.below, detail);
        }
        if let Some(last) = unread.last() {
            let label = last.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
            let heights: Vec<String> = last.heights.iter().map(u64::to_string).collect();
            let detail = format!(
                "{} of OpenTimestamps{label}, the last for the first {}, leads to block {} of Bitcoin; {}, so that this is \
                 not checked",
                counted(unread.len() as u64, "proof", "proofs"),
                counted(last.size, "entry", "entries"),
                heights.join(" and "),
                if last.weak {
                    "it goes through SHA-1, which is too weak"
                } else {
                    "you brought no header of it"
                }
            );
            self.findings.unchecked(Group::Timestamps, self.beside.below, detail);
            if !unread.iter().all(|one| is_test(one.label.as_deref())) {
                self.outside.said = self.outside.said.max(last.size);
            }
        }
        let ends = [held.first(), held.last().filter(|_| held.len() > 1)];
        for (one, height, found) in ends.into_iter().flatten() {
            self.outside.shown.push(sentence_of_block(one, *height, found));
            if !found.test_chain && !is_test(one.label.as_deref()) {
                self.outside.believed = self.outside.believed.max(one.size);
            }
        }
    }

    /// One sentence a voice: the first and the last thing that it said.
    fn finish(mut self) -> Outside {
        self.finish_proofs();
        let Self { said, mut outside, findings, trust, beside, .. } = self;
        for (voice, mut all) in said {
            all.sort_by(|one, other| (one.size, &one.time).cmp(&(other.size, &other.time)));
            let (Some(first), Some(last)) = (all.first(), all.last()) else { continue };
            let proves_nothing =
                voice.label.as_deref().is_some_and(|label| label.starts_with("test:"));
            let label = voice.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
            let existed = |said: &Said| {
                format!(
                    "the log's first {} existed no later than {}",
                    counted(said.size, "entry", "entries"),
                    said.time
                )
            };
            let mut what = existed(last);
            if first.size != last.size {
                what = format!("{}, and {what}", existed(first));
            }
            what.push_str(&last.note);
            let tokens = counted(all.len() as u64, "token", "tokens");
            if voice.believed {
                outside.shown.push(format!(
                    "By the word of {}{label}, whose root you chose ({tokens}): {what}. Not when anything was published.",
                    voice.who
                ));
                if !proves_nothing {
                    outside.believed = outside.believed.max(last.size);
                }
            } else {
                let why = if trust.time_roots.is_empty() {
                    "you chose no root for it"
                } else {
                    "it does not lead to a root that you chose"
                };
                let detail = format!(
                    "by the word of {}{label} ({tokens}), {what}; {why}, so that this is not checked",
                    voice.who
                );
                findings.unchecked(Group::Timestamps, beside.below, detail);
                if !proves_nothing {
                    outside.said = outside.said.max(last.size);
                }
            }
        }
        outside
    }
}

impl Outside {
    /// Counts the entries that nobody outside vouches for, as a finding.
    pub(crate) fn count_uncovered(&self, size: u64, cosigned: u64, findings: &mut Findings) {
        let covered = self.believed.max(self.said).max(cosigned);
        if covered == 0 {
            let detail = format!(
                "no outside timestamp or cosignature{} covers the log: its key's holder could have rewritten it; {}",
                if self.files.is_empty() { "" } else { " that counts" },
                counted(size, "entry", "entries")
            );
            findings.unchecked(Group::Timestamps, "log", detail);
        } else if size > covered {
            let detail = format!(
                "no outside timestamp or cosignature covers the last {}: the key's holder could have rewritten {}",
                counted(size - covered, "entry", "entries"),
                if size - covered == 1 { "it" } else { "them" }
            );
            findings.unchecked(Group::Timestamps, "log", detail);
        }
    }

    /// What remains open about time, in a sentence.
    pub(crate) fn not_shown(&self, size: u64, cosigned: u64) -> String {
        let clock =
            "When anything was recorded: the times are those of the writing computer's clock";
        let all = counted(size, "entry", "entries");
        if self.believed == 0 && self.said == 0 && cosigned == 0 {
            return format!(
                "{clock}, and no outside timestamp or cosignature covers the log. Until one does, whoever holds its key \
                 could have rewritten all of its {all}. Compare the root with one that was noted elsewhere."
            );
        }
        let mut text = format!("{clock}.");
        if self.believed > 0 {
            text.push_str(
                " An outside timestamp says the latest moment, never the earliest, and only by the word of the one who gave it.",
            );
        }
        if self.said > self.believed {
            text.push_str(&format!(
                " {} of {all} have an outside timestamp by somebody whose root you did not choose.",
                self.said - self.believed
            ));
        }
        let open = size.saturating_sub(self.believed.max(self.said).max(cosigned));
        if open > 0 {
            text.push_str(&format!(
                " {open} of {all} have neither a timestamp nor a cosignature: whoever holds the log's key could have rewritten those. Compare the root with \
                 one that was noted elsewhere."
            ));
        }
        text
    }
}
