//! How a copy stands to the case: the same, older, newer, or another history.

use std::collections::BTreeMap;
use std::path::Path;

use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::merkle;
use witnessmark_model::note::Verifier;

use super::tree::Tree;
use super::{CopyError, CopyNote, Seen, SeenCopy, Target, bytes_of};
use crate::durable;

/// A tile has 8 KiB, a bundle up to 16 MiB; a checkpoint is short.
const LARGEST_TILE: usize = 17 << 20;
const LARGEST_CHECKPOINT: usize = 1 << 20;

/// What lies in a place.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What the copy says of itself; none in an empty place.
    pub note: Option<CopyNote>,
    /// What is signed for there; none before a first copy is whole, and where only keys are.
    pub checkpoint: Option<Checkpoint>,
    /// The names there, with their lengths.
    pub files: BTreeMap<String, u64>,
}

/// How a copy stands to the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is signed for there.
    Nothing,
    /// The same entries.
    Same,
    /// The case only added to what the copy has.
    Older,
    /// The copy only added to what the case has: the case was put back.
    Newer,
    /// Neither continues the other.
    Other,
}

/// Note and names of a place; nothing is believed or refused yet.
pub fn contents(target: &dyn Target) -> Result<Found, CopyError> {
    let note = CopyNote::read(target)?;
    let mut files = target.files()?;
    files.remove(CopyNote::NAME);
    Ok(Found { note, checkpoint: None, files })
}

/// Looks at a place: its note, its names, and its checkpoint, which `verifier`, the log's key, must have signed.
pub fn look(target: &dyn Target, place: &str, verifier: &Verifier) -> Result<Found, CopyError> {
    let found = contents(target)?;
    if found.note.is_none()
        && let Some((example, _)) = found.files.first_key_value()
    {
        let (place, example) = (place.to_owned(), example.clone());
        return Err(CopyError::NotACopy { place, example });
    }
    let signed = bytes_of(target, "log/checkpoint", LARGEST_CHECKPOINT)?;
    let checkpoint = match signed {
        None => None,
        Some(signed) => Some(Checkpoint::open(&signed, verifier).map_err(|error| {
            CopyError::OtherCase { place: place.to_owned(), detail: error.to_string() }
        })?),
    };
    Ok(Found { checkpoint, ..found })
}

/// How the copy in `target` stands to the case in `case`, whose checkpoint is `here`. Shown by a consistency proof from
/// the tiles of the larger of the two.
pub fn standing(
    case: &Path,
    here: &Checkpoint,
    target: &dyn Target,
    there: Option<&Checkpoint>,
) -> Result<Standing, CopyError> {
    let Some(there) = there else { return Ok(Standing::Nothing) };
    if there.size == here.size {
        let same = there.root == here.root;
        return Ok(if same { Standing::Same } else { Standing::Other });
    }
    let newer = there.size > here.size;
    let path = if newer {
        let read = |name: &str| bytes_of(target, &format!("log/{name}"), LARGEST_TILE);
        Tree::new(there.size, &read).consistency(here.size)?
    } else {
        let read = |name: &str| local(case, name);
        Tree::new(here.size, &read).consistency(there.size)?
    };
    let (old, new) = if newer { (here, there) } else { (there, here) };
    let continues = merkle::is_consistent(old.size, old.root, new.size, new.root, &path);
    Ok(match (continues, newer) {
        (true, true) => Standing::Newer,
        (true, false) => Standing::Older,
        (false, _) => Standing::Other,
    })
}

/// The copies whose last seen state the case here does not continue: the case was put back, or rewritten. Each with how
/// it stands to the case.
pub fn rolled_back(
    case: &Path,
    here: &Checkpoint,
    seen: &Seen,
) -> Result<Vec<(SeenCopy, Standing)>, CopyError> {
    let read = |name: &str| local(case, name);
    let tree = Tree::new(here.size, &read);
    let mut found = Vec::new();
    for copy in &seen.copies {
        match tree.root(copy.size)? {
            None => found.push((copy.clone(), Standing::Newer)),
            Some(root) if root != copy.root => found.push((copy.clone(), Standing::Other)),
            Some(_) => {}
        }
    }
    Ok(found)
}

fn local(case: &Path, name: &str) -> Result<Option<Vec<u8>>, CopyError> {
    let path = case.join("log").join(name);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(durable::read(&path)?))
}
