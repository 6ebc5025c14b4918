//! Whether every stored byte is still what was written; mending from a copy; a case brought back from a copy.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use witnessmark_model::Digest;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::note::Verifier;
use witnessmark_model::payload::Payload;
use witnessmark_vault::copies::{
    self, CopyError, CopyNote, Flaw, FolderTarget, Seen, SeenCopy, Standing, Target,
};
use witnessmark_vault::{Vault, VaultError};

use crate::replicating::{Place, apart, steps};
use crate::{CaseError, Environment, Progress};

/// What a check found and what was mended.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CheckReport {
    /// How many stored objects were hashed.
    pub objects: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many files of the log were compared with each other and with what is signed for.
    pub log_files: u64,
    /// What is not as it was written.
    pub flaws: Vec<FlawRow>,
    /// Whether the log could be read, so that it is known which objects must be there; else none is missed.
    pub named: bool,
    /// How the copy that was named stands to the case: `same`, `older`, `newer`, `other`; none where none was named.
    pub copy: Option<String>,
    /// What tells of an older state that was put back, or of another history.
    pub alarms: Vec<String>,
}

/// A file that is not as it was written.
#[derive(Clone, Debug, Serialize)]
pub struct FlawRow {
    /// The file.
    pub name: String,
    /// Whether it is not there at all.
    pub missing: bool,
    /// What is wrong with it.
    pub detail: String,
    /// Whether it was mended.
    pub mended: bool,
    /// Where the damaged bytes lie now.
    pub set_aside: Option<String>,
    /// Why it was not mended, where that was tried.
    pub not_mended: Option<String>,
}

impl CheckReport {
    /// Whether something is wrong that was not mended.
    pub fn is_flawed(&self) -> bool {
        !self.alarms.is_empty() || self.flaws.iter().any(|flaw| !flaw.mended)
    }

    /// The flaws that nobody tried to mend yet.
    fn not_tried(&self) -> Vec<Flaw> {
        let open = self.flaws.iter().filter(|row| !row.mended && row.not_mended.is_none());
        open.map(|FlawRow { name, missing, detail, .. }| Flaw {
            name: name.clone(),
            missing: *missing,
            detail: detail.clone(),
        })
        .collect()
    }

    fn note(&mut self, flaws: Vec<Flaw>) {
        for Flaw { name, missing, detail } in flaws {
            if !self.flaws.iter().any(|row| row.name == name) {
                let (mended, set_aside, not_mended) = (false, None, None);
                self.flaws.push(FlawRow { name, missing, detail, mended, set_aside, not_mended });
            }
        }
    }
}

/// Checks the case in `folder`: every object against its name with all processors, the log against what is signed for. With
/// `place`, also how the copy there stands to the case; with `heal`, what is damaged or missing is mended from it.
///
/// It opens what can be opened: a case whose log is damaged can be checked and mended, too.
pub fn check(
    folder: &Path,
    environment: &Environment,
    place: Option<&Place>,
    heal: bool,
    progress: &Progress,
) -> Result<CheckReport, CaseError> {
    let mut checking = Checking::begin(folder, environment, heal)?;
    let on_step = steps(progress);
    checking.hash(&on_step)?;
    checking.look_back()?;
    if let Some(place) = place {
        let target = open_place(place)?;
        let other = checking.compare(place, target.as_ref())?;
        // Bytes of another history mend nothing.
        if heal && !other {
            checking.mend(target.as_ref(), &on_step)?;
        }
    }
    Ok(checking.report)
}

/// A check under way. The case is held still meanwhile.
struct Checking<'c> {
    folder: &'c Path,
    environment: &'c Environment,
    /// What the log says, where the case opens.
    here: Option<Checkpoint>,
    verifier: Verifier,
    report: CheckReport,
    _held: (Option<Vault>, Option<copies::Hold>),
}

impl<'c> Checking<'c> {
    /// Holds the case still. A crash is mended, as by any command that writes; a damaged case is only locked.
    fn begin(
        folder: &'c Path,
        environment: &'c Environment,
        heal: bool,
    ) -> Result<Self, CaseError> {
        let (holder, unlocked) = (&environment.holder, &environment.unlocked);
        let (vault, hold) = match Vault::open_for_writing(folder, holder, unlocked.clone()) {
            Ok((vault, _)) => (Some(vault), None),
            Err(error @ (VaultError::Locked { .. } | VaultError::NotACase(_))) => {
                return Err(error.into());
            }
            Err(_) => match copies::Hold::take(folder, holder) {
                Ok(hold) => (None, Some(hold)),
                Err(error) if heal => return Err(error.into()),
                // On a read-only disk it can still be looked at.
                Err(_) => (None, None),
            },
        };
        let verifier = match &vault {
            Some(vault) => vault.verifier(),
            None => copies::log_key(folder, unlocked.as_deref())?,
        };
        let here = vault.as_ref().and_then(|vault| Some(vault.checkpoint().ok()?.1));
        let report = CheckReport::default();
        Ok(Self { folder, environment, here, verifier, report, _held: (vault, hold) })
    }

    fn hash(&mut self, on_step: copies::OnStep<'_>) -> Result<(), CaseError> {
        let (named, broken, whole) = self.named_objects();
        let checked = copies::check(self.folder, &self.verifier, &named, on_step)?;
        let report = &mut self.report;
        (report.objects, report.bytes) = (checked.objects, checked.bytes);
        (report.log_files, report.named) = (checked.log_files, whole);
        report.note(checked.flaws);
        report.note(broken);
        Ok(())
    }

    /// Whether the case was put back, by what was last seen of its copies.
    fn look_back(&mut self) -> Result<(), CaseError> {
        let Some(here) = &self.here else { return Ok(()) };
        // Where tiles are damaged it cannot be shown, and the flaws say so.
        let seen = copies::rolled_back(self.folder, here, &Seen::read(self.folder)?);
        for (seen, standing) in seen.unwrap_or_default() {
            let text = match standing {
                Standing::Newer => "the case was put back to an older state: it has",
                _ => "the case tells another history: it has",
            };
            let SeenCopy { copy, size, day, .. } = seen;
            let alarm = format!("{text} {} entries, and {copy} held {size} on {day}", here.size);
            self.report.alarms.push(alarm);
        }
        Ok(())
    }

    /// How a copy stands to the case; answers whether it tells another history.
    fn compare(&mut self, place: &Place, target: &dyn Target) -> Result<bool, CaseError> {
        let found = copies::look(target, &place.name(), &self.verifier)?;
        let note = found.note.as_ref().ok_or_else(|| CopyError::Empty(place.name()))?;
        let Some(here) = &self.here else { return Ok(false) };
        let standing = copies::standing(self.folder, here, target, found.checkpoint.as_ref());
        let (here, copy) = (here.size, found.checkpoint.as_ref().map_or(0, |there| there.size));
        let (word, alarm) = match standing {
            Ok(Standing::Same) => ("same", None),
            Ok(Standing::Older | Standing::Nothing) => {
                ("older", went_back(self.folder, note, copy)?)
            }
            Ok(Standing::Newer) => ("newer", Some(CopyError::OlderHere { here, copy }.to_string())),
            Ok(Standing::Other) => {
                ("other", Some(CopyError::OtherHistory { here, copy }.to_string()))
            }
            // Without its tiles the damaged side cannot show it; the flaws say so.
            Err(_) => ("unknown", None),
        };
        if let ("newer" | "other", Some(there)) = (word, &found.checkpoint) {
            let day = (self.environment.clock)().day();
            let seen = SeenCopy { copy: note.copy, day, root: there.root, size: there.size };
            Seen::read(self.folder)?.keep(self.folder, seen)?;
        }
        self.report.copy = Some(word.to_owned());
        self.report.alarms.extend(alarm);
        Ok(word == "other")
    }

    fn mend(&mut self, target: &dyn Target, on_step: copies::OnStep<'_>) -> Result<(), CaseError> {
        // A pack that was mended names objects that were not known to be missing: so again, until nothing new comes up.
        loop {
            let open = self.report.not_tried();
            if open.is_empty() {
                break;
            }
            for one in copies::mend(self.folder, &open, target, &self.verifier, on_step)? {
                let row = self.report.flaws.iter_mut().find(|row| row.name == one.name);
                let Some(row) = row else { continue };
                row.mended = one.failed.is_none();
                (row.set_aside, row.not_mended) = (one.set_aside, one.failed);
            }
            let (named, broken, whole) = self.named_objects();
            self.report.named = whole;
            self.report.note(broken);
            self.report.note(copies::missing(self.folder, &named)?);
        }
        // A tile of the copy may itself be wrong: the log is compared once more as it now stands.
        for flaw in copies::check_log(self.folder, &self.verifier).1 {
            match self.report.flaws.iter_mut().find(|row| row.name == flaw.name) {
                Some(row) => {
                    row.mended = false;
                    row.not_mended.get_or_insert(flaw.detail);
                }
                None => self.report.note(vec![flaw]),
            }
        }
        Ok(())
    }

    /// The objects that entries name, as far as the packs can be read; the pack at which that ended, if it did; and whether
    /// all were read.
    fn named_objects(&self) -> (BTreeSet<Digest>, Vec<Flaw>, bool) {
        let (mut named, mut erased) = (BTreeSet::new(), Vec::new());
        let walked =
            Vault::open(self.folder, self.environment.unlocked.clone()).and_then(|vault| {
                vault.for_each_entry(0, &mut |entry| {
                    if let Some(content) = entry.content
                        && let Ok(payload) = Payload::parse(&content.payload)
                    {
                        named.extend(payload.blobs().into_iter().map(|evidence| evidence.sha256));
                        if let Payload::Erasure(erasure) = payload {
                            erased.extend(erasure.blobs);
                        }
                    }
                    Ok(())
                })
            });
        named.retain(|digest| !erased.contains(digest));
        let mut broken = Vec::new();
        let whole = walked.is_ok();
        if let Err(VaultError::Damaged { path, detail }) = walked
            && let Ok(name) = path.strip_prefix(self.folder)
            && let Some(copies::Part::Blob(_)) = copies::Part::of(&name.to_string_lossy())
        {
            let missing = !path.exists();
            broken.push(Flaw { name: name.to_string_lossy().into_owned(), missing, detail });
        }
        (named, broken, whole)
    }
}

/// What shows that a copy was put back to an older state, if it was.
fn went_back(folder: &Path, note: &CopyNote, there: u64) -> Result<Option<String>, CaseError> {
    let seen = Seen::read(folder)?;
    let held = seen.of(&note.copy).map_or(0, |seen| seen.size).max(note.size);
    Ok((held > there && note.holds != "keys").then(|| {
        format!(
            "the copy was put back to an older state: it held {held} entries, and holds {there} now"
        )
    }))
}

/// The copy in a place, to be read.
pub(crate) fn open_place(place: &Place) -> Result<Arc<dyn Target>, CaseError> {
    match place {
        Place::Folder(folder) => Ok(Arc::new(FolderTarget::open(folder)?)),
        Place::Store(store) => Ok(store.clone()),
    }
}

/// A case that was brought back from a copy.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    /// Its folder.
    pub folder: PathBuf,
    /// What the copy held: `all`, `evidence` or `keys`.
    pub holds: String,
    /// How many entries it has; none where only keys came.
    pub size: Option<u64>,
    /// How many files were fetched.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// Brings a case back from the copy in `place`, into `folder`, which is made. Keys that were kept elsewhere come from
/// `keys`. A run that was cut off is gone on with. Whoever calls verifies what came.
pub fn restore(
    place: &Place,
    keys: Option<&Place>,
    folder: &Path,
    progress: &Progress,
) -> Result<Restored, CaseError> {
    let on_step = steps(progress);
    let mut restored = Restored {
        folder: folder.to_owned(),
        holds: String::new(),
        size: None,
        files: 0,
        bytes: 0,
    };
    // Keys first: `case.toml`, which comes last, makes the folder a case.
    for place in keys.into_iter().chain([place]) {
        if let Place::Folder(copy) = place {
            apart(copy, folder)?;
        }
        let target = open_place(place)?;
        let found = copies::contents(target.as_ref())?;
        let note = found.note.as_ref().ok_or_else(|| CopyError::Empty(place.name()))?;
        if note.root.is_none() {
            return Err(CaseError::input(
                format!("{} is a copy that was begun and never finished", place.name()),
                "finish it where the case is, with the same `witnessmark replicate`",
            ));
        }
        let (files, bytes) = copies::restore(target.as_ref(), &found, folder, &on_step)?;
        restored.holds = note.holds.clone();
        restored.size = (note.holds != "keys").then_some(note.size);
        restored.files += files;
        restored.bytes += bytes;
    }
    Ok(restored)
}
