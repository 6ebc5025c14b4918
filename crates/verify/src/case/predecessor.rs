//! The case that a sealed case was copied from: put together again out of what the copy keeps, and verified whole.
//!
//! The copy keeps the log of the open case (checkpoint, tiles, packs, what vouches for it, and the seeds that open it) as
//! one piece of evidence; the open case's objects are the plain bytes of the copy's own. So the open case can be read
//! through the copy file by file, and is verified like any other. Then each entry that was copied is compared.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, SeekFrom};
use std::sync::Mutex;

use witnessmark_model::Digest;
use witnessmark_model::payload::{Evidence, Payload, Predecessor};
use witnessmark_seal::stream;

use super::blobs;
use super::counted;
use super::entries::Entries;
use super::plain::Plain;
use crate::files::{self, Files, FilesError, Fingerprint, Listed, Nature, ReadSeek};
use crate::findings::{Findings, Group};
use crate::report::{Outcome, Verdict};
use crate::trust::Trust;

const CHECKPOINT: &str = "log/checkpoint";

/// What the entries of a case say that are copied when it is sealed.
#[derive(Default)]
pub(super) struct Said {
    /// Whether it is noted: in a copy up to the entry that ends the copied ones, in the case before from beginning to end.
    noting: bool,
    /// The checkpoint that the first entry names.
    previous: Option<String>,
    /// The entry that ends the copied ones, with its index.
    predecessor: Option<(u64, Predecessor)>,
    /// Each entry's index, and the digest of what it says apart from how its evidence is sealed.
    digests: Vec<(u64, Option<Digest>)>,
    /// The evidence that these entries name, by the digest of its plain bytes.
    evidence: BTreeMap<Digest, Evidence>,
}

impl Said {
    /// Of a whole case.
    fn of_all() -> Self {
        Self { noting: true, ..Self::default() }
    }

    /// Notes what an entry says.
    pub(super) fn add(&mut self, index: u64, payload: &Payload) {
        match payload {
            Payload::CaseCreated(created) => {
                self.previous.clone_from(&created.previous);
                self.noting |= self.previous.is_some();
            }
            Payload::Predecessor(predecessor) if self.predecessor.is_none() => {
                self.predecessor = Some((index, predecessor.clone()));
                self.noting = false;
            }
            _ => {}
        }
        if !self.noting || !payload.is_copied() {
            return;
        }
        self.digests.push((index, payload.unsealed_digest().ok()));
        for evidence in payload.blobs() {
            self.evidence.entry(evidence.plain_sha256).or_insert_with(|| evidence.clone());
        }
    }
}

/// Checks what a case keeps of the one that it was copied from. Returns what that proves, in sentences.
pub(super) fn check(
    entries: &Entries,
    bytes: &Plain<'_>,
    trust: &Trust,
    findings: &mut Findings,
) -> Vec<String> {
    let said = &entries.said;
    let (index, predecessor) = match (&said.previous, &said.predecessor) {
        (None, None) => return Vec::new(),
        (Some(_), None) if entries.unread > 0 => {
            let detail = "the entry that keeps it may be one of those that cannot be read";
            findings.unchecked(Group::Predecessor, "the log", detail);
            return Vec::new();
        }
        (Some(_), None) => {
            let detail = "the case was begun as a copy of another one, and the copy was cut off";
            findings.fail(Group::Predecessor, "the log", detail);
            return Vec::new();
        }
        (_, Some((index, predecessor))) => (*index, predecessor),
    };
    let subject = format!("entry {index}");
    let mut wrong = |detail: String| findings.fail(Group::Predecessor, subject.clone(), detail);
    if said.previous.as_ref() != Some(&predecessor.checkpoint) {
        wrong("its checkpoint is not the one that the first entry names".into());
    }
    // Said where evidence is told that is missing; the entries that were copied may have gone with it.
    if entries.erasures.has_key(&predecessor.log.key) {
        return Vec::new();
    }
    let noted = said.digests.len() as u64;
    if predecessor.copied != noted || index != noted.saturating_add(1) {
        wrong(format!(
            "it says that {} entries were copied, and {noted} stand between the first and it",
            predecessor.copied
        ));
    }
    let kept = match KeptCase::open(bytes, &predecessor.log, &said.evidence) {
        Ok(kept) => kept,
        Err(error) => {
            wrong(format!("the log that it keeps cannot be read: {error}"));
            return Vec::new();
        }
    };
    match files::bytes(&kept, CHECKPOINT, 1 << 20) {
        Ok(note) if note == predecessor.checkpoint.as_bytes() => {}
        Ok(_) => wrong("the log that it keeps has another checkpoint".into()),
        Err(error) => wrong(format!("the log that it keeps has no checkpoint: {error}")),
    }
    let before = super::examine(&kept, None, trust, Said::of_all());
    for check in before.report.checks.iter().filter(|check| check.ok == Outcome::No) {
        let place = format!("{} of the case before", check.subject);
        findings.fail(Group::Predecessor, place, &check.detail);
    }
    if before.signed.size != predecessor.size {
        let detail = format!(
            "it says that the log before has {} entries, which has {}",
            predecessor.size, before.signed.size
        );
        findings.fail(Group::Predecessor, &subject, detail);
    }
    compare(&said.digests, &before.said.digests, findings);
    if before.report.verdict != Verdict::Intact {
        return Vec::new();
    }
    let mut sentences = vec![format!(
        "The case was copied from {}, whose log of {} with the root {} its key {} signed. That case, put together again \
         from what is kept here, is whole, and each of the {} says what it said there.",
        predecessor.case,
        counted(before.signed.size, "entry", "entries"),
        before.signed.root,
        before.signed.key,
        counted(noted, "copied entry", "copied entries")
    )];
    sentences.extend(before.outside.iter().map(|one| format!("Of the log before: {one}")));
    sentences
}

/// Compares what the copied entries say with what they said before.
fn compare(
    now: &[(u64, Option<Digest>)],
    before: &[(u64, Option<Digest>)],
    findings: &mut Findings,
) {
    for place in 0..now.len().max(before.len()) {
        let (detail, subject) = match (now.get(place), before.get(place)) {
            (Some((_, Some(one))), Some((_, Some(other)))) if one == other => {
                findings.pass(Group::Predecessor);
                continue;
            }
            (Some((index, _)), Some((old, _))) => {
                (format!("it says something else than entry {old} of the case before"), *index)
            }
            (Some((index, _)), None) => {
                ("it stands among the copied entries, and is none".to_owned(), *index)
            }
            (None, Some((old, _))) => {
                findings.fail(
                    Group::Predecessor,
                    format!("entry {old} of the case before"),
                    "it was not copied",
                );
                continue;
            }
            (None, None) => continue,
        };
        findings.fail(Group::Predecessor, format!("entry {subject}"), detail);
    }
}

/// The files of the case before: its log out of the tar file, its objects out of what the copy seals.
struct KeptCase<'b> {
    bytes: &'b Plain<'b>,
    tar: Mutex<Box<dyn ReadSeek>>,
    /// Offset and length in the tar file.
    members: BTreeMap<String, (u64, u64)>,
    objects: BTreeMap<String, &'b Evidence>,
    problems: Vec<String>,
}

impl<'b> KeptCase<'b> {
    fn open(
        bytes: &'b Plain<'b>,
        log: &Evidence,
        objects: &'b BTreeMap<Digest, Evidence>,
    ) -> Result<Self, FilesError> {
        let stored = bytes.files.seekable(&blobs::path(&log.sha256))?;
        let mut tar: Box<dyn ReadSeek> =
            match bytes.keys.seed(&log.key).filter(|_| bytes.keys.is_sealed()) {
                Some(seed) => {
                    let opened = stream::opener(seed, BufReader::with_capacity(1 << 17, stored));
                    Box::new(opened.map_err(|error| FilesError::Refused(error.to_string()))?)
                }
                None => stored,
            };
        let mut kept = Self {
            bytes,
            members: BTreeMap::new(),
            objects: BTreeMap::new(),
            problems: Vec::new(),
            tar: Mutex::new(Box::new(io::empty())),
        };
        let mut archive = tar::Archive::new(&mut tar);
        for member in archive.entries_with_seek()? {
            let member = member?;
            let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
            if !member.header().entry_type().is_file() {
                kept.problems.push(format!("{name} is not an ordinary file"));
                continue;
            }
            let place = (member.raw_file_position(), member.size());
            if kept.members.insert(name.clone(), place).is_some() {
                kept.problems.push(format!("{name} stands twice in it"));
            }
        }
        for (digest, evidence) in objects {
            kept.objects.insert(blobs::path(digest), evidence);
        }
        kept.tar = Mutex::new(tar);
        Ok(kept)
    }
}

impl Files for KeptCase<'_> {
    fn list(&self) -> Result<Vec<Listed>, FilesError> {
        let listed = |name: &String, bytes| Listed {
            name: name.clone(),
            nature: files::bad_name(name).map_or(Nature::File, Nature::BadName),
            bytes,
        };
        let members = self.members.iter().map(|(name, (_, length))| listed(name, *length));
        let objects = self.objects.iter().filter(|(name, _)| !self.members.contains_key(*name));
        let objects = objects.map(|(name, evidence)| listed(name, evidence.plain_length()));
        Ok(members.chain(objects).collect())
    }

    fn read(
        &self,
        name: &str,
        visit: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
    ) -> Result<(), FilesError> {
        let Some((offset, length)) = self.members.get(name) else {
            let evidence = self.objects.get(name).ok_or(FilesError::NotThere)?;
            return self.bytes.keys.read_evidence(self.bytes.files, evidence, visit);
        };
        let failed = |_| FilesError::Refused("another reader of it failed".to_owned());
        let mut tar = self.tar.lock().map_err(failed)?;
        tar.seek(SeekFrom::Start(*offset))?;
        Ok(visit(&mut (&mut **tar).take(*length))?)
    }

    fn problems(&self) -> Vec<String> {
        self.problems.clone()
    }

    /// What the copy seals was opened and hashed already, where its own bytes are sound.
    fn fingerprints(&self, names: &[&str]) -> Vec<Result<Fingerprint, FilesError>> {
        let one = |name: &&str| {
            let object = self.objects.get(*name).filter(|_| !self.members.contains_key(*name));
            let Some(evidence) = object else { return files::fingerprint(self, name) };
            let sound = |evidence: &Evidence| {
                self.bytes.blobs.get(&evidence.sha256).is_some_and(|blob| blob.sound)
            };
            if !sound(evidence) {
                return Err(FilesError::Refused("what seals it is missing or damaged".to_owned()));
            }
            Ok(Fingerprint {
                sha256: evidence.plain_sha256,
                bytes: evidence.plain_length(),
                is_pack: false,
            })
        };
        names.iter().map(one).collect()
    }
}
