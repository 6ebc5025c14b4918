//! Mending the case from a copy: each damaged or missing file is fetched, compared, and put in its place.

use std::fs;
use std::path::Path;

use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::note::Verifier;

use super::bringing::fetch;
use super::checking::Signed;
use super::{CopyError, Flaw, OnStep, Part, Step, Target, bytes_of};
use crate::{VaultError, durable};

/// What became of one flaw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The file.
    pub name: String,
    /// Where the damaged bytes lie now; none if there were none.
    pub set_aside: Option<String>,
    /// Why it could not be mended, if so.
    pub failed: Option<String>,
}

/// Mends `flaws` of the case in `case` from the copy in `target`. Objects are compared with their digest before they are
/// put in place; tiles and bundles have to be checked again afterwards; the state, the staged batch and the checkpoint
/// are taken only from a copy of exactly this size and root, so that nothing is set back. Damaged bytes go to `quarantine/`.
pub fn mend(
    case: &Path,
    flaws: &[Flaw],
    target: &dyn Target,
    verifier: &Verifier,
    on_step: OnStep<'_>,
) -> Result<Vec<Mended>, CopyError> {
    on_step(Step::Begin("mending", flaws.len() as u64, 0));
    let same = is_of_this_size(case, target, verifier)?;
    let mut mended = Vec::new();
    for flaw in flaws {
        let one = match mend_one(case, flaw, target, same, on_step) {
            Ok(set_aside) => Mended { name: flaw.name.clone(), set_aside, failed: None },
            Err(CopyError::Stopped) => return Err(CopyError::Stopped),
            Err(error) => {
                let failed = Some(error.to_string());
                Mended { name: flaw.name.clone(), set_aside: None, failed }
            }
        };
        mended.push(one);
        on_step(Step::File);
    }
    Ok(mended)
}

/// Whether what is signed for in the copy is exactly what the case says of its log.
fn is_of_this_size(
    case: &Path,
    target: &dyn Target,
    verifier: &Verifier,
) -> Result<bool, CopyError> {
    let there = bytes_of(target, "log/checkpoint", 1 << 20)?
        .and_then(|note| Checkpoint::open(&note, verifier).ok())
        .map(|checkpoint| (checkpoint.size, checkpoint.root));
    let here = Signed::read(case, verifier).size_and_root();
    Ok(there.is_some() && there == here)
}

fn mend_one(
    case: &Path,
    flaw: &Flaw,
    target: &dyn Target,
    same: bool,
    on_step: OnStep<'_>,
) -> Result<Option<String>, CopyError> {
    let refused = |detail: &str| {
        Err(CopyError::Unreadable { name: flaw.name.clone(), detail: detail.to_owned() })
    };
    let expected = match Part::of(&flaw.name) {
        Some(Part::Blob(digest)) => Some(digest),
        Some(Part::Tile) => None,
        Some(Part::Staging | Part::State | Part::Checkpoint) if same => None,
        Some(Part::Staging | Part::State | Part::Checkpoint) => {
            return refused("the copy is of another size, and would set the log back");
        }
        _ => return refused("it is not mended from copies"),
    };
    let path = case.join(&flaw.name);
    // Fetched beside its place first, so that a copy without it changes nothing here.
    let waiting = case.join("quarantine").join(format!("mending-{}", flat(&flaw.name)));
    fetch(target, &flaw.name, expected, &waiting, on_step)?;
    let mut set_aside = None;
    if path.exists() {
        let name = format!("damaged-{}", flat(&flaw.name));
        let aside = case.join("quarantine").join(&name);
        fs::rename(&path, &aside).map_err(VaultError::machine("move to quarantine", &path))?;
        set_aside = Some(format!("quarantine/{name}"));
    }
    let folder = path.parent().unwrap_or(case);
    durable::make_folder(folder)?;
    fs::rename(&waiting, &path).map_err(VaultError::machine("name", &path))?;
    durable::sync_folder(folder)?;
    durable::sync_folder(&case.join("quarantine"))?;
    Ok(set_aside)
}

fn flat(name: &str) -> String {
    name.replace('/', "-")
}
