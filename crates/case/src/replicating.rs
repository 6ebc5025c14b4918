//! Copies of the case elsewhere: made, brought up to date, verified, listed, and used to mend and to restore.
//!
//! The log says that a copy is begun before its first byte leaves, so that an erasure knows every place that may hold
//! what is to go. It never says where: every copy carries the log, and one that is found must not lead to the others.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use witnessmark_model::Digest;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::id::CopyId;
use witnessmark_model::payload::{CaseCopy, Payload};
use witnessmark_vault::copies::{
    self, Choice, CopyError, CopyNote, FolderTarget, Found, S3Target, Seen, SeenCopy, Standing,
    Step, Target,
};
use witnessmark_verify::files::Fingerprint;
use witnessmark_verify::{Check, Files, FilesError, Folder, Listed, Trust, Verdict};

use crate::{Case, CaseError, Fault, Progress};

/// Whether a copy holds the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeysChoice {
    /// As before; of a new copy of an open case it has to be said.
    #[default]
    AsBefore,
    /// With the keys, although whoever finds the copy can use them.
    With,
    /// Without the keys.
    Without,
    /// Only the keys.
    Alone,
}

/// A place for a copy.
#[derive(Clone, Debug)]
pub enum Place {
    /// A folder.
    Folder(PathBuf),
    /// A bucket of an S3 service.
    Store(Arc<S3Target>),
}

impl Place {
    /// What people call the place, in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Store(store) => store.name(),
        }
    }
}

/// How a copy is made.
#[derive(Clone, Debug, Default)]
pub struct ReplicateOptions {
    /// What people call it; kept from before if none is given. It is in the log, and so in every copy.
    pub label: Option<String>,
    /// Whether it holds the keys.
    pub keys: KeysChoice,
}

/// A copy that was made or brought up to date.
#[derive(Clone, Debug, Serialize)]
pub struct Replicated {
    /// The copy.
    pub copy: CopyId,
    /// `folder` or `s3`.
    pub kind: String,
    /// `all`, `evidence` or `keys`.
    pub holds: String,
    /// How many entries it now holds.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// How many files it has.
    pub files: u64,
    /// How many of them were sent.
    pub sent: u64,
    /// How many bytes were sent.
    pub bytes: u64,
    /// Files that the case gave up and that were removed there.
    pub removed: u64,
    /// Objects there that were damaged and were sent again.
    pub mended: Vec<String>,
    /// Names there that the case does not have, and that were left alone.
    pub strange: Vec<String>,
    /// What is worth knowing about the copy.
    pub notices: Vec<String>,
    /// Whether what lies there was found to be the case: `intact` or `failed`.
    pub verdict: String,
    /// What is not as it should be.
    pub failures: Vec<Check>,
}

/// A copy as the case knows it.
#[derive(Clone, Debug, Serialize)]
pub struct CopyRow {
    /// The copy.
    pub copy: CopyId,
    /// `folder`, `s3` or `bag`.
    pub kind: String,
    /// What people call it.
    pub label: Option<String>,
    /// `all`, `evidence` or `keys`.
    pub holds: String,
    /// The last entry that says that copying began: what came later is not there.
    pub entry: u64,
    /// The day of that entry.
    pub day: String,
    /// Whether somebody said that it is gone.
    pub gone: bool,
    /// How many entries it held when it was last seen from here; none if it was not.
    pub seen: Option<u64>,
    /// The day on which it was last seen from here.
    pub seen_on: Option<String>,
}

impl Case {
    /// Makes a copy in a place, or brings the one there up to date; then verifies what lies there.
    ///
    /// Nothing is overwritten where the copy is newer than the case, tells another history, or is of another case.
    pub fn replicate(
        &mut self,
        place: &Place,
        options: &ReplicateOptions,
        progress: &Progress,
    ) -> Result<Replicated, CaseError> {
        self.refuse_after_rollback()?;
        let target = self.place_for_writing(place)?;
        let target = target.as_ref();
        let found = copies::look(target, &place.name(), &self.vault.verifier())?;
        if let Some(note) = &found.note
            && note.case != self.vault.case_id()
        {
            let detail = format!("its copy.json names {}", note.case);
            return Err(CopyError::OtherCase { place: place.name(), detail }.into());
        }
        let (_, here) = self.vault.checkpoint()?;
        let standing = self.stands(&here, target, &found)?;
        let before = found.note.as_ref();
        let holds = self.what_it_holds(before, options.keys, target.kind())?;
        let entropy = self.environment.entropy.as_mut();
        let copy = before.map_or_else(|| CopyId::random(entropy), |note| note.copy);
        let notices = self.notices(place, &found, &copy)?;
        let up_to_date = match holds {
            "keys" => before.is_some_and(|note| note.root == Some(here.root)),
            _ => standing == Standing::Same,
        };
        if !up_to_date {
            self.log_begun(copy, target.kind(), holds, options.label.clone(), &found)?;
        }
        let (_, here) = self.vault.checkpoint()?;
        let note = before.cloned().unwrap_or_else(|| CopyNote {
            case: self.vault.case_id(),
            copy,
            holds: holds.to_owned(),
            root: None,
            size: 0,
            v: 1,
        });
        let on_step = steps(progress);
        let erased = self.erased_objects()?;
        let (case, note_there) = (self.vault.folder(), note.clone());
        let choice = Choice { case, here: &here, note: note_there, found: &found, erased: &erased };
        let brought = copies::bring(target, &choice, &on_step)?;
        self.keep_seen(copy, Some(&here))?;

        let mut replicated = Replicated {
            copy,
            kind: target.kind().to_owned(),
            holds: holds.to_owned(),
            size: here.size,
            root: here.root,
            files: brought.files,
            sent: brought.sent.len() as u64,
            bytes: brought.bytes,
            removed: brought.removed.len() as u64,
            mended: Vec::new(),
            strange: brought.strange.clone(),
            notices,
            verdict: String::new(),
            failures: Vec::new(),
        };
        progress.begin("verifying", brought.files, 0);
        let mut failures = self.verify_copy(place, target, &note, &brought.sent)?;
        let damaged: Vec<String> = failures
            .iter()
            .map(|failure| failure.subject.clone())
            .filter(|name| copies::Part::of(name).is_some_and(|part| part.is_once()))
            .collect();
        if !damaged.is_empty() {
            // The place spoiled them, now or since: they are sent anew, and what lies there is set aside.
            let files = copies::replace(target, self.vault.folder(), &damaged, &on_step)?;
            failures = self.verify_copy(place, target, &note, &files)?;
            replicated.mended = files;
        }
        let intact = failures.is_empty();
        replicated.verdict = if intact { "intact" } else { "failed" }.to_owned();
        replicated.failures = failures;
        Ok(replicated)
    }

    pub(crate) fn place_for_writing(&self, place: &Place) -> Result<Arc<dyn Target>, CaseError> {
        match place {
            Place::Folder(folder) => {
                let case = self.vault.folder();
                apart(case, folder)?;
                let target = FolderTarget::open_for_writing(folder, &self.environment.holder)?;
                Ok(Arc::new(target))
            }
            Place::Store(store) => Ok(store.clone()),
        }
    }

    /// An error where the case was put back to a state older than one that a copy was seen with.
    fn refuse_after_rollback(&self) -> Result<(), CaseError> {
        match self.rollback()?.first() {
            None => Ok(()),
            Some(fact) => Err(CaseError::input(
                fact.clone(),
                "nothing was copied: find out who put it back, and restore the newer state from that copy with \
                 `witnessmark restore TARGET DIR`; if the copy no longer exists, say so with `witnessmark copies gone ID`",
            )),
        }
    }

    /// The copies that were seen with a state that the case here does not continue, each as a fact: somebody put an older
    /// state back, or wrote another history.
    pub fn rollback(&self) -> Result<Vec<String>, CaseError> {
        let folder = self.vault.folder();
        let (_, here) = self.vault.checkpoint()?;
        let found = copies::rolled_back(folder, &here, &Seen::read(folder)?)?;
        let fact = |(seen, standing): (SeenCopy, Standing)| {
            let SeenCopy { copy, day, size, .. } = seen;
            match standing {
                Standing::Newer => format!(
                    "the case was put back to an older state: it has {} entries, and {copy} held {size} on {day}",
                    here.size
                ),
                _ => format!(
                    "the case tells another history than on {day}, when {copy} held {size} entries"
                ),
            }
        };
        Ok(found.into_iter().map(fact).collect())
    }

    /// How a copy stands to the case; an error where nothing may be written to it.
    fn stands(
        &self,
        here: &Checkpoint,
        target: &dyn Target,
        found: &Found,
    ) -> Result<Standing, CaseError> {
        let there = found.checkpoint.as_ref();
        let standing = copies::standing(self.vault.folder(), here, target, there)?;
        let copy = there.map_or(0, |there| there.size);
        if let (Standing::Newer | Standing::Other, Some(note)) = (standing, &found.note) {
            self.keep_seen(note.copy, there)?;
        }
        match standing {
            Standing::Newer => Err(CopyError::OlderHere { here: here.size, copy }.into()),
            Standing::Other => Err(CopyError::OtherHistory { here: here.size, copy }.into()),
            _ => Ok(standing),
        }
    }

    /// Keeps what was seen of a copy, so that `status` knows it too.
    fn keep_seen(&self, copy: CopyId, there: Option<&Checkpoint>) -> Result<(), CaseError> {
        let Some(there) = there else { return Ok(()) };
        let folder = self.vault.folder();
        let seen = SeenCopy { copy, day: self.today(), root: there.root, size: there.size };
        Ok(Seen::read(folder)?.keep(folder, seen)?)
    }

    /// The day by this computer's clock, `YYYY-MM-DD` in UTC.
    pub(crate) fn today(&self) -> String {
        (self.environment.clock)().to_string().chars().take(10).collect()
    }

    /// What a copy holds: what it held before, and what was asked for.
    fn what_it_holds(
        &self,
        before: Option<&CopyNote>,
        asked: KeysChoice,
        kind: &str,
    ) -> Result<&'static str, CaseError> {
        let asked = match asked {
            KeysChoice::AsBefore => None,
            KeysChoice::With => Some("all"),
            KeysChoice::Without => Some("evidence"),
            KeysChoice::Alone => Some("keys"),
        };
        let known = |holds: &str| ["all", "evidence", "keys"].into_iter().find(|one| *one == holds);
        match (before.and_then(|note| known(&note.holds)), asked) {
            (Some(held), None) => Ok(held),
            (Some(held), Some(asked)) if held == asked => Ok(held),
            (Some(held), Some(_)) => Err(CaseError::usage(
                format!("this copy was begun to hold {}, and goes on so", in_words(held)),
                "name another place for a copy that holds something else",
            )),
            (None, Some(asked)) => Ok(asked),
            (None, None) if self.is_sealed() => Ok("all"),
            (None, None) => Err(CaseError::usage(
                format!("the case is open: its keys would lie in the {kind} for anyone to use"),
                "choose: `--with-open-keys`, so that the copy alone can replace the case, and whoever finds it can write in \
                 your name; or `--without-keys`, so that it mends damage, but neither proves nor continues the log without \
                 keys kept elsewhere",
            )),
        }
    }

    /// Whether the keys lie sealed.
    pub(crate) fn is_sealed(&self) -> bool {
        self.vault.is_sealed()
    }

    /// What is worth knowing before a copy is written.
    fn notices(
        &self,
        place: &Place,
        found: &Found,
        copy: &CopyId,
    ) -> Result<Vec<String>, CaseError> {
        let mut notices = Vec::new();
        let there = found.checkpoint.as_ref().map_or(0, |there| there.size);
        let seen =
            Seen::read(self.vault.folder())?.of(copy).map(|seen| (seen.size, seen.day.clone()));
        let noted = found.note.as_ref().map_or(0, |note| note.size);
        let only_keys = found.note.as_ref().is_some_and(|note| note.holds == "keys");
        if let Some((size, day)) = seen.filter(|(size, _)| *size > there && !only_keys) {
            notices.push(format!(
                "the copy was put back to an older state: it held {size} entries on {day}, and {there} now"
            ));
        } else if noted > there && !only_keys {
            notices.push(format!(
                "the copy was put back to an older state: its note says {noted} entries, and {there} are signed for"
            ));
        }
        if let Place::Folder(folder) = place
            && on_one_disk(self.vault.folder(), folder)
        {
            notices
                .push("the copy lies on the same disk as the case: one failure takes both".into());
        }
        Ok(notices)
    }

    /// Logs that copying begins, unless an entry that the copy does not hold yet says so already.
    fn log_begun(
        &mut self,
        copy: CopyId,
        kind: &str,
        holds: &str,
        label: Option<String>,
        found: &Found,
    ) -> Result<(), CaseError> {
        let held = match &found.checkpoint {
            Some(checkpoint) => checkpoint.size,
            None => found.note.as_ref().map_or(0, |note| note.size),
        };
        let last = self.copies()?.into_iter().find(|row| row.copy == copy);
        let same_label = label.is_none() || last.as_ref().is_some_and(|row| row.label == label);
        if last.as_ref().is_some_and(|row| row.entry >= held && !row.gone && same_label) {
            return Ok(());
        }
        let entry = CaseCopy {
            id: copy,
            kind: kind.to_owned(),
            label: label.or_else(|| last.and_then(|row| row.label)),
            holds: holds.to_owned(),
            event: "begun".to_owned(),
        };
        self.commit(vec![entry.into()])?;
        Ok(())
    }

    /// Logs that a copy with this id is begun, for a copy that no [`Target`] makes.
    pub(crate) fn log_copy(
        &mut self,
        kind: &str,
        holds: &str,
        label: Option<String>,
    ) -> Result<CopyId, CaseError> {
        let copy = CopyId::random(self.environment.entropy.as_mut());
        let (kind, holds, event) = (kind.to_owned(), holds.to_owned(), "begun".to_owned());
        self.commit(vec![CaseCopy { id: copy, kind, label, holds, event }.into()])?;
        Ok(copy)
    }

    /// The copies that the log names, oldest first, each as its last entry says.
    pub fn copies(&self) -> Result<Vec<CopyRow>, CaseError> {
        let seen = Seen::read(self.vault.folder())?;
        let mut rows: Vec<CopyRow> = Vec::new();
        for entry in self.casebook.entries_of_kind("copy")? {
            let Some(Payload::CaseCopy(found)) = entry.payload else { continue };
            let known = seen.of(&found.id);
            let is_target = found.kind != "bag";
            let gone = found.event == "gone";
            let place = rows.iter().position(|row| row.copy == found.id);
            let mut row = CopyRow {
                copy: found.id,
                kind: found.kind,
                label: found.label,
                holds: found.holds,
                entry: entry.index,
                day: entry.values.map(|values| values.day).unwrap_or_default(),
                gone,
                // A bag is written once, and is whole or not there.
                seen: known.map(|seen| seen.size).or((!is_target).then_some(entry.index + 1)),
                seen_on: known.map(|seen| seen.day.clone()),
            };
            match place.and_then(|place| rows.get_mut(place)) {
                Some(before) => {
                    if gone {
                        row.entry = before.entry;
                    }
                    *before = row;
                }
                None => rows.push(row),
            }
        }
        Ok(rows)
    }

    /// A person says that a copy no longer exists: nothing waits for it any more. Gives the copy as it is listed now.
    pub fn copy_is_gone(&mut self, id: &str) -> Result<CopyRow, CaseError> {
        let folder = self.vault.folder().to_owned();
        let mut rows = self.copies()?;
        // A case that was put back may have seen copies that its log does not know.
        for seen in Seen::read(&folder)?.copies {
            if !rows.iter().any(|row| row.copy == seen.copy) {
                rows.push(CopyRow {
                    copy: seen.copy,
                    kind: "folder".to_owned(),
                    label: None,
                    holds: "all".to_owned(),
                    entry: 0,
                    day: seen.day.clone(),
                    gone: false,
                    seen: Some(seen.size),
                    seen_on: Some(seen.day),
                });
            }
        }
        let named: Vec<&CopyRow> =
            rows.iter().filter(|row| row.copy.to_string().starts_with(id.trim())).collect();
        let row = match named.as_slice() {
            [only] if !id.trim().is_empty() => (*only).clone(),
            [] => {
                return Err(CaseError::input(
                    format!("the case knows no copy `{id}`"),
                    "`witnessmark copies` lists them",
                ));
            }
            _ => {
                return Err(CaseError::input(
                    format!("more than one copy begins with `{id}`"),
                    "give more of its letters",
                ));
            }
        };
        let CopyRow { copy, kind, label, holds, .. } = row;
        if !row.gone {
            let event = "gone".to_owned();
            self.commit(vec![CaseCopy { id: copy, kind, label, holds, event }.into()])?;
        }
        Seen::read(&folder)?.drop(&folder, &copy)?;
        let rows = self.copies()?;
        rows.into_iter()
            .find(|row| row.copy == copy)
            .ok_or_else(|| CaseError::machine("the copy was not kept"))
    }

    /// The objects that erasures removed.
    fn erased_objects(&self) -> Result<BTreeSet<Digest>, CaseError> {
        let mut erased = BTreeSet::new();
        for entry in self.casebook.entries_of_kind("erase")? {
            if let Some(Payload::Erasure(erasure)) = entry.payload {
                erased.extend(erasure.blobs);
            }
        }
        Ok(erased)
    }

    /// What of a copy is not as it should be. A folder is verified as a case is, with the case's keys where it has none.
    fn verify_copy(
        &self,
        place: &Place,
        target: &dyn Target,
        note: &CopyNote,
        sent: &[String],
    ) -> Result<Vec<Check>, CaseError> {
        let Place::Folder(folder) = place else {
            let flaws = copies::confirm(target, self.vault.folder(), &note.holds, sent)?;
            return Ok(flaws.into_iter().map(flawed).collect());
        };
        if note.holds == "keys" {
            let flaws = copies::confirm(target, self.vault.folder(), &note.holds, sent)?;
            return Ok(flaws.into_iter().map(flawed).collect());
        }
        let open =
            |path: &Path| Folder::open(path).map_err(|cause| CaseError::file("read", path, &cause));
        let keys = match note.holds.as_str() {
            "evidence" => Some(open(self.vault.folder())?),
            _ => None,
        };
        let files = WithKeys { copy: open(folder)?, keys };
        let key = self.vault.unlocked().map(|unlocked| unlocked.key());
        let report = witnessmark_verify::case::verify(&files, key, &Trust::default());
        match report.verdict {
            Verdict::Intact => Ok(Vec::new()),
            Verdict::Failed => Ok(report.failures().cloned().collect()),
        }
    }
}

/// A flaw of a copy, in the form in which verifications say it.
fn flawed(flaw: copies::Flaw) -> Check {
    Check {
        name: "copy",
        ok: witnessmark_verify::Outcome::No,
        subject: flaw.name,
        detail: flaw.detail,
    }
}

/// What a copy holds, in words.
fn in_words(holds: &str) -> &'static str {
    match holds {
        "keys" => "the keys alone",
        "evidence" => "all but the keys",
        _ => "everything with the keys",
    }
}

/// Tells a progress display of each step, and answers whether to go on.
pub(crate) fn steps(progress: &Progress) -> impl Fn(Step) -> bool + Sync + '_ {
    move |step| {
        match step {
            Step::Begin(what, files, bytes) => progress.begin(what, files, bytes),
            Step::Bytes(bytes) => progress.advance(0, bytes),
            Step::File => progress.advance(1, 0),
        }
        !progress.stopped()
    }
}

/// The path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for base in absolute.ancestors() {
        if let Ok(found) = base.canonicalize() {
            return found.join(absolute.strip_prefix(base).unwrap_or(Path::new("")));
        }
    }
    absolute
}

/// An error where one of two folders lies in the other.
pub(crate) fn apart(case: &Path, folder: &Path) -> Result<(), CaseError> {
    let (case, folder) = (real(case), real(folder));
    if folder.starts_with(&case) || case.starts_with(&folder) {
        return Err(CaseError::usage(
            format!("{} and the case lie one in the other", folder.display()),
            "name a folder elsewhere, best on another disk",
        ));
    }
    Ok(())
}

/// Whether two folders lie on one file system.
fn on_one_disk(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().map(|found| found.dev()).ok();
    device(one).is_some() && device(one) == device(other)
}

/// The files of a copy; where it has no keys, with those of the case, so that it is verified whole.
struct WithKeys {
    copy: Folder,
    keys: Option<Folder>,
}

impl WithKeys {
    fn is_key(name: &str) -> bool {
        name.starts_with("keys/")
    }
}

impl Files for WithKeys {
    fn list(&self) -> Result<Vec<Listed>, FilesError> {
        let mut listed = self.copy.list()?;
        if let Some(keys) = &self.keys {
            listed.retain(|one| !Self::is_key(&one.name));
            listed.extend(keys.list()?.into_iter().filter(|one| Self::is_key(&one.name)));
        }
        Ok(listed)
    }

    fn read(
        &self,
        name: &str,
        visit: &mut dyn FnMut(&mut dyn io::Read) -> io::Result<()>,
    ) -> Result<(), FilesError> {
        match &self.keys {
            Some(keys) if Self::is_key(name) => keys.read(name, visit),
            _ => self.copy.read(name, visit),
        }
    }

    fn fingerprints(&self, names: &[&str]) -> Vec<Result<Fingerprint, FilesError>> {
        self.copy.fingerprints(names)
    }
}

impl From<CopyError> for CaseError {
    fn from(error: CopyError) -> Self {
        let fault = match &error {
            CopyError::BadName(_) | CopyError::NotACopy { .. } | CopyError::KeepsKeys { .. } => {
                Fault::Usage
            }
            CopyError::Vault(_) => {
                let CopyError::Vault(error) = error else {
                    return Self::machine("a copy failed");
                };
                return error.into();
            }
            CopyError::NoRoom { .. }
            | CopyError::Service { .. }
            | CopyError::Transport(_)
            | CopyError::Stopped => Fault::Machine,
            _ => Fault::Input,
        };
        Self { fact: error.to_string(), hint: error.hint().map(str::to_owned), fault }
    }
}
