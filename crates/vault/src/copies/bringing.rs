//! Bringing a copy up to date, and bringing a case back from one.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use witnessmark_model::Digest;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::digest::Hasher;
use witnessmark_model::transport::TransportError;

use super::listing::is_partial_tile;
use super::source::fingerprint;
use super::{
    CaseFile, CopyError, CopyNote, Flaw, Found, OnStep, Part, Source, Step, Target, files_of_case,
};
use crate::VaultError;
use crate::durable::{self, Temporary};

/// A file that a network or a service does not take is sent so often.
const TRIES: u32 = 3;

/// What is to be copied.
#[derive(Clone, Debug)]
pub struct Choice<'c> {
    /// The folder of the case, which must hold still.
    pub case: &'c Path,
    /// What is signed for there.
    pub here: &'c Checkpoint,
    /// The copy's note, as it stands there or as it is to be made: its `holds` says what goes.
    pub note: CopyNote,
    /// What was found in the place, by [`look`](super::look).
    pub found: &'c Found,
    /// The objects that the case has erased: they go there, too.
    pub erased: &'c BTreeSet<Digest>,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// The names of the files that were sent.
    pub sent: Vec<String>,
    /// How many bytes they had.
    pub bytes: u64,
    /// How many files of the case the copy now has.
    pub files: u64,
    /// Files that the case no longer has, and that were removed there.
    pub removed: Vec<String>,
    /// Files there that the case does not have, and that were left alone.
    pub strange: Vec<String>,
}

/// Brings the copy in `target` up to the case. Whoever calls has seen that the case continues what is there.
///
/// Order: objects and keys, tiles, staging, state, checkpoint, `case.toml`, each durable before the next; then the note;
/// then what the case no longer has is removed. It goes on from wherever an earlier run was cut off.
pub fn bring(
    target: &dyn Target,
    choice: &Choice<'_>,
    on_step: OnStep<'_>,
) -> Result<Brought, CopyError> {
    let holds = choice.note.holds.as_str();
    let mut files = files_of_case(choice.case)?;
    files.retain(|file| goes(holds, &file.part));
    if files.iter().any(|file| file.part == Part::Key) {
        target.forgets()?;
    }
    let mut missing = Vec::new();
    for file in &files {
        if !is_there(target, choice, file)? {
            missing.push(file);
        }
    }
    let bytes = missing.iter().map(|file| file.bytes).sum();
    let largest = missing.iter().map(|file| file.bytes).max().unwrap_or(0);
    target.has_room(bytes, largest)?;
    if choice.found.note.is_none() {
        choice.note.write(target)?;
    }
    on_step(Step::Begin("copying", missing.len() as u64, bytes));
    for stage in missing.chunk_by(|one, next| stage_of(&one.part) == stage_of(&next.part)) {
        send_all(target, choice.case, stage, on_step)?;
        target.settle()?;
    }
    let note =
        CopyNote { root: Some(choice.here.root), size: choice.here.size, ..choice.note.clone() };
    if choice.found.note.as_ref() != Some(&note) {
        note.write(target)?;
    }
    let mut brought = Brought {
        sent: missing.iter().map(|file| file.name.clone()).collect(),
        bytes,
        files: files.len() as u64,
        ..Brought::default()
    };
    let kept: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    for name in choice.found.files.keys().filter(|name| !kept.contains(name.as_str())) {
        // Removed is what the case itself gives up; an object only if it was erased, for the case may have lost it.
        match Part::of(name) {
            Some(Part::Key | Part::Staging) => {}
            Some(Part::Blob(digest)) if choice.erased.contains(&digest) => {}
            Some(Part::Tile) if is_partial_tile(name) => {}
            _ => {
                brought.strange.push(name.clone());
                continue;
            }
        }
        target.remove(name)?;
        brought.removed.push(name.clone());
    }
    target.finish()?;
    Ok(brought)
}

/// Files of one stage are sent in any order; a stage is durable before the next begins.
fn stage_of(part: &Part) -> u8 {
    match part {
        Part::Blob(_) | Part::Key => 0,
        Part::Tile | Part::Log => 1,
        Part::Staging => 2,
        Part::State => 3,
        Part::Checkpoint => 4,
        Part::CaseToml => 5,
    }
}

fn is_there(target: &dyn Target, choice: &Choice<'_>, file: &CaseFile) -> Result<bool, CopyError> {
    if choice.found.files.get(&file.name) != Some(&file.bytes) {
        return Ok(false);
    }
    if file.part.is_once() {
        return Ok(true);
    }
    let (bytes, digest) = fingerprint(&choice.case.join(&file.name))?;
    target.has(&file.name, bytes, &digest)
}

fn send(
    target: &dyn Target,
    case: &Path,
    file: &CaseFile,
    on_step: OnStep<'_>,
) -> Result<(), CopyError> {
    let path = case.join(&file.name);
    let (bytes, digest) = match file.part {
        Part::Blob(digest) => (file.bytes, digest),
        _ => fingerprint(&path)?,
    };
    let mut tries = 0;
    loop {
        let mut source = Source::file(&path, bytes, digest, on_step)?;
        let put = target.put(&file.name, &mut source, file.part.is_once());
        let passing = match &put {
            Err(CopyError::Transport(error)) => matches!(error, TransportError::Failed(_)),
            Err(CopyError::Service { passing, .. }) => *passing,
            _ => false,
        };
        tries += 1;
        if !passing || tries == TRIES {
            return put;
        }
        std::thread::sleep(Duration::from_millis(300 << tries));
    }
}

/// Sends files, several at once where the place likes that. Files of the case that turn out to be damaged do not hold
/// up the others; they are an error in the end.
fn send_all(
    target: &dyn Target,
    case: &Path,
    files: &[&CaseFile],
    on_step: OnStep<'_>,
) -> Result<(), CopyError> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<CopyError>> = Mutex::new(None);
    let damaged: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            match send(target, case, file, on_step) {
                Ok(()) => {
                    if on_step(Step::File) {
                        continue;
                    }
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.get_or_insert(CopyError::Stopped);
                }
                Err(CopyError::Damaged { first, .. }) => {
                    damaged.lock().unwrap_or_else(PoisonError::into_inner).push(first);
                    continue;
                }
                Err(error) => {
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.get_or_insert(error);
                }
            }
            next.store(files.len(), Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..target.at_once().min(files.len()) {
            scope.spawn(work);
        }
        work();
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        // What was sent before the stop is kept, and need not be sent again.
        target.settle()?;
        return Err(error);
    }
    let mut damaged = damaged.into_inner().unwrap_or_else(PoisonError::into_inner);
    damaged.sort();
    match damaged.first() {
        None => Ok(()),
        Some(first) => {
            target.settle()?;
            Err(CopyError::Damaged { first: first.clone(), count: damaged.len() })
        }
    }
}

/// Writes the files of the copy in `target` into `folder`, which is made, or was begun by a run that was cut off; gives
/// how many files and bytes were fetched. `case.toml` comes last: before that the folder is no case.
///
/// Objects are compared with their names while they are written; the rest is for `verify` to judge.
pub fn restore(
    target: &dyn Target,
    found: &Found,
    folder: &Path,
    on_step: OnStep<'_>,
) -> Result<(u64, u64), CopyError> {
    if folder.join("case.toml").exists() {
        return Err(VaultError::Exists(folder.to_owned()).into());
    }
    durable::make_folder(folder)?;
    let mut files: Vec<(Part, &String, u64)> = found
        .files
        .iter()
        .filter_map(|(name, bytes)| Some((Part::of(name)?, name, *bytes)))
        .filter(|(part, name, bytes)| {
            let there = folder.join(name).metadata().is_ok_and(|there| there.len() == *bytes);
            !(part.is_once() && there)
        })
        .collect();
    files.sort();
    let bytes = files.iter().map(|(.., bytes)| bytes).sum();
    on_step(Step::Begin("fetching", files.len() as u64, bytes));
    for (part, name, _) in &files {
        let expected = if let Part::Blob(digest) = part { Some(*digest) } else { None };
        fetch(target, name, expected, &folder.join(name), on_step)?;
        on_step(Step::File);
    }
    Ok((files.len() as u64, bytes))
}

/// Fetches one file of a copy to `path`, whole and durable, or not at all. With `expected`, its bytes must have that
/// digest.
pub(crate) fn fetch(
    target: &dyn Target,
    name: &str,
    expected: Option<Digest>,
    path: &Path,
    on_step: OnStep<'_>,
) -> Result<(), CopyError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    durable::make_folder(folder)?;
    let temporary = Temporary::beside(folder)?;
    let mut sink =
        Sink { temporary, hasher: Hasher::new(), on_step, trouble: None, stopped: false };
    let found = target.read(name, &mut sink);
    if let Some(error) = sink.trouble {
        return Err(error.into());
    }
    if sink.stopped {
        return Err(CopyError::Stopped);
    }
    let unreadable =
        |detail: &str| CopyError::Unreadable { name: name.to_owned(), detail: detail.to_owned() };
    if !found? {
        return Err(unreadable("it is missing"));
    }
    if expected.is_some_and(|expected| expected != sink.hasher.finish()) {
        return Err(unreadable("its bytes do not have the digest in its name"));
    }
    let mut temporary = sink.temporary;
    temporary.sync()?;
    temporary.name(path)?;
    durable::sync_folder(folder)?;
    Ok(())
}

/// A file in the making that is hashed as it is written.
struct Sink<'s> {
    temporary: Temporary,
    hasher: Hasher,
    on_step: OnStep<'s>,
    trouble: Option<VaultError>,
    stopped: bool,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        if let Err(error) = self.temporary.write_all(bytes) {
            let said = error.to_string();
            self.trouble = Some(error);
            return Err(io::Error::other(said));
        }
        if !(self.on_step)(Step::Bytes(bytes.len() as u64)) {
            self.stopped = true;
            return Err(io::Error::other("stopped"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends write-once files of the case anew, in place of those of a copy that turned out to be damaged; gives the names
/// that the case has. What lay there is set aside by the place, or replaced where it has no place for that.
pub fn replace(
    target: &dyn Target,
    case: &Path,
    names: &[String],
    on_step: OnStep<'_>,
) -> Result<Vec<String>, CopyError> {
    let mut files = files_of_case(case)?;
    files.retain(|file| names.contains(&file.name));
    for file in &files {
        target.set_aside(&file.name)?;
    }
    let wanted: Vec<&CaseFile> = files.iter().collect();
    send_all(target, case, &wanted, on_step)?;
    target.finish()?;
    Ok(files.into_iter().map(|file| file.name).collect())
}

/// Looks at what lies in a place without fetching it: every file of the case that belongs there is listed with its
/// length, and those named in `sent` and all that are not objects have the digest of the case's.
pub fn confirm(
    target: &dyn Target,
    case: &Path,
    holds: &str,
    sent: &[String],
) -> Result<Vec<Flaw>, CopyError> {
    let there = target.files()?;
    let mut flaws = Vec::new();
    let sent: BTreeSet<&str> = sent.iter().map(String::as_str).collect();
    for file in files_of_case(case)?.into_iter().filter(|file| goes(holds, &file.part)) {
        let flaw = |missing, detail: &str| Flaw {
            name: file.name.clone(),
            missing,
            detail: detail.to_owned(),
        };
        match there.get(&file.name) {
            None => flaws.push(flaw(true, "it is missing")),
            Some(bytes) if *bytes != file.bytes => {
                flaws.push(flaw(false, "its length is not that of the case's file"));
            }
            Some(_) if file.part.is_once() && !sent.contains(file.name.as_str()) => {}
            Some(_) => {
                let (bytes, digest) = match file.part {
                    Part::Blob(digest) => (file.bytes, digest),
                    _ => fingerprint(&case.join(&file.name))?,
                };
                if !target.has(&file.name, bytes, &digest)? {
                    flaws.push(flaw(false, "its digest is not that of the case's file"));
                }
            }
        }
    }
    Ok(flaws)
}

/// Whether a copy that holds `holds` has files of this kind.
fn goes(holds: &str, part: &Part) -> bool {
    match holds {
        "keys" => *part == Part::Key,
        "evidence" => *part != Part::Key,
        _ => true,
    }
}
