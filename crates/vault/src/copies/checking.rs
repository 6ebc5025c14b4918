//! Whether every stored byte is still the one that was written: objects against their names, the log against its root.
//!
//! This is the part of a verification that finds a failing disk. It reads no payload and needs no seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::merkle::{self, Frontier};
use witnessmark_model::note::Verifier;
use witnessmark_model::tile::{self, Row, WIDTH};
use witnessmark_model::{Digest, canonical};
use witnessmark_seal::wraps::Unlocked;

use super::listing::blob_name;
use super::source::fingerprint;
use super::{CopyError, OnStep, Part, Step, files_of_case};
use crate::keystore::Keystore;
use crate::{LogState, VaultError};

/// What was looked at, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many stored objects were hashed.
    pub objects: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many files of the log were compared.
    pub log_files: u64,
    /// What is not as it was written, by name.
    pub flaws: Vec<Flaw>,
}

/// A file that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// The file.
    pub name: String,
    /// Whether it is not there at all.
    pub missing: bool,
    /// What is wrong.
    pub detail: String,
}

impl Flaw {
    fn missing(name: String) -> Self {
        Self { name, missing: true, detail: "it is missing".to_owned() }
    }

    fn damaged(name: &str, detail: impl ToString) -> Self {
        Self { name: name.to_owned(), missing: false, detail: detail.to_string() }
    }
}

/// Hashes every object of the case in `case` with all processors, and compares the log's files with each other and with
/// what is signed for. `named` are the objects that must be there, as far as they are known.
pub fn check(
    case: &Path,
    verifier: &Verifier,
    named: &BTreeSet<Digest>,
    on_step: OnStep<'_>,
) -> Result<Checked, CopyError> {
    let files = files_of_case(case)?;
    let blobs: Vec<(&str, Digest, u64)> = files
        .iter()
        .filter_map(|file| match file.part {
            Part::Blob(digest) => Some((file.name.as_str(), digest, file.bytes)),
            _ => None,
        })
        .collect();
    let bytes = blobs.iter().map(|(.., bytes)| bytes).sum();
    on_step(Step::Begin("checking", blobs.len() as u64, bytes));
    let mut checked = Checked { objects: blobs.len() as u64, bytes, ..Checked::default() };
    checked.flaws = hash_all(case, &blobs, on_step)?;
    let there: BTreeSet<Digest> = blobs.iter().map(|(_, digest, _)| *digest).collect();
    checked.flaws.extend(named.difference(&there).map(|gone| Flaw::missing(blob_name(gone))));
    let (log_files, flaws) = check_log(case, verifier);
    checked.log_files = log_files;
    checked.flaws.extend(flaws);
    checked.flaws.sort();
    checked.flaws.dedup_by(|one, next| one.name == next.name);
    Ok(checked)
}

fn hash_all(
    case: &Path,
    blobs: &[(&str, Digest, u64)],
    on_step: OnStep<'_>,
) -> Result<Vec<Flaw>, CopyError> {
    let next = AtomicUsize::new(0);
    let flaws: Mutex<Vec<Flaw>> = Mutex::default();
    let stopped: Mutex<bool> = Mutex::new(false);
    let work = || {
        while let Some((name, digest, bytes)) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let flaw = match fingerprint(&case.join(name)) {
                Ok((_, found)) if found == *digest => None,
                Ok((bytes, found)) => Some(Flaw::damaged(
                    name,
                    format!("its {bytes} bytes have the digest {found}, not the one in its name"),
                )),
                Err(error) => Some(Flaw::damaged(name, error)),
            };
            if let Some(flaw) = flaw {
                flaws.lock().unwrap_or_else(PoisonError::into_inner).push(flaw);
            }
            on_step(Step::File);
            if !on_step(Step::Bytes(*bytes)) {
                *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
                next.store(blobs.len(), Ordering::Relaxed);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(blobs.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    if stopped.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(CopyError::Stopped);
    }
    Ok(flaws.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What the case's own files say of its log.
pub(crate) struct Signed {
    /// What is signed for, if it can be read.
    pub(crate) checkpoint: Result<Checkpoint, String>,
    /// What was promised, if it can be read.
    pub(crate) state: Result<LogState, String>,
}

impl Signed {
    pub(crate) fn read(case: &Path, verifier: &Verifier) -> Self {
        let read = |name: &str| std::fs::read(case.join(name)).map_err(|cause| cause.to_string());
        let checkpoint = read("log/checkpoint")
            .and_then(|note| Checkpoint::open(&note, verifier).map_err(|error| error.to_string()));
        let state = read("log/state").and_then(|bytes| {
            let line = bytes.strip_suffix(b"\n").ok_or("its line does not end")?;
            canonical::from_bytes(line).map_err(|error| error.to_string())
        });
        Self { checkpoint, state }
    }

    /// Size and root that the log must have: what is signed for, else what was promised.
    pub(crate) fn size_and_root(&self) -> Option<(u64, Digest)> {
        match (&self.checkpoint, &self.state) {
            (Ok(checkpoint), _) => Some((checkpoint.size, checkpoint.root)),
            (Err(_), Ok(state)) => Some((state.size, state.root)),
            _ => None,
        }
    }
}

/// The key that signs the log of the case in `case`, read from its keystore alone.
pub fn log_key(case: &Path, unlocked: Option<&Unlocked>) -> Result<Verifier, VaultError> {
    let id = crate::CaseFile::read(case)?.id;
    let keystore = Keystore::open(case, id, unlocked.map(Unlocked::key))?;
    Ok(keystore.signers()?.log.verifier())
}

/// The objects among `named` that are not there.
pub fn missing(case: &Path, named: &BTreeSet<Digest>) -> Result<Vec<Flaw>, VaultError> {
    let gone = |digest: &&Digest| !case.join(blob_name(digest)).exists();
    Ok(named.iter().filter(gone).map(|digest| Flaw::missing(blob_name(digest))).collect())
}

/// Compares the log's files with each other and with the signed root. Gives how many there are, and the flaws.
pub fn check_log(case: &Path, verifier: &Verifier) -> (u64, Vec<Flaw>) {
    let signed = Signed::read(case, verifier);
    let mut flaws = Vec::new();
    if let Err(detail) = &signed.checkpoint {
        flaws.push(Flaw::damaged("log/checkpoint", detail));
    }
    match &signed.state {
        Err(detail) => flaws.push(Flaw::damaged("log/state", detail)),
        Ok(state) => {
            let name = format!("log/staging/{}", state.staging);
            match fingerprint(&case.join(&name)) {
                Ok((_, found)) if found == state.staging => {}
                Ok(_) => {
                    flaws.push(Flaw::damaged(&name, "its bytes do not have the digest in its name"))
                }
                Err(_) => flaws.push(Flaw::missing(name)),
            }
            if let Ok(checkpoint) = &signed.checkpoint
                && (checkpoint.size, checkpoint.root) != (state.size, state.root)
            {
                let detail = format!(
                    "it says {} entries, and {} are signed for",
                    state.size, checkpoint.size
                );
                flaws.push(Flaw::damaged("log/state", detail));
            }
        }
    }
    let Some((size, root)) = signed.size_and_root() else { return (0, flaws) };
    // A hostile size would have us make a list of all its tiles.
    let most = files_of_case(case).map_or(0, |files| files.len() as u64).saturating_mul(WIDTH);
    if size > most {
        let detail = format!("it says {size} entries, more than the files here can hold");
        flaws.push(Flaw::damaged("log/checkpoint", detail));
        return (0, flaws);
    }
    let rows = Rows::read(case, size, &mut flaws);
    rows.judge(size, root, &mut flaws);
    (rows.files + 3, flaws)
}

/// The log's rows as they lie there: leaf hashes out of the bundles, and the hashes of each level's tiles.
struct Rows {
    files: u64,
    bundles: Vec<Option<Digest>>,
    levels: Vec<Vec<Option<Digest>>>,
}

impl Rows {
    fn read(case: &Path, size: u64, flaws: &mut Vec<Flaw>) -> Self {
        let mut rows = Self { files: 0, bundles: Vec::new(), levels: Vec::new() };
        let tiles = tile::all(size);
        rows.files = tiles.len() as u64;
        let mut found: BTreeMap<(Row, u64), Vec<Option<Digest>>> = BTreeMap::new();
        for (path, (row, index, width)) in tiles {
            let name = format!("log/{path}");
            let width = usize::try_from(width).unwrap_or(0);
            let hashes = match std::fs::read(case.join(&name)) {
                Ok(bytes) => hashes_in(row, &bytes).filter(|hashes| hashes.len() == width),
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                    flaws.push(Flaw::missing(name.clone()));
                    found.insert((row, index), vec![None; width]);
                    continue;
                }
                Err(cause) => {
                    let error = VaultError::machine("read", &case.join(&name))(cause);
                    flaws.push(Flaw::damaged(&name, error));
                    None
                }
            };
            if hashes.is_none() {
                flaws.push(Flaw::damaged(&name, "its length is not that of its entries"));
            }
            let hashes = match hashes {
                Some(hashes) => hashes.into_iter().map(Some).collect(),
                None => vec![None; width],
            };
            found.insert((row, index), hashes);
        }
        for ((row, _), hashes) in found {
            match row {
                Row::Entries => rows.bundles.extend(hashes),
                Row::Hashes(level) => {
                    rows.levels
                        .resize_with(rows.levels.len().max(usize::from(level) + 1), Vec::new);
                    if let Some(row) = rows.levels.get_mut(usize::from(level)) {
                        row.extend(hashes);
                    }
                }
            }
        }
        rows
    }

    /// Of bundles and tiles, those that lead to the signed root are right; the others are named where they differ.
    fn judge(&self, size: u64, root: Digest, flaws: &mut Vec<Flaw>) {
        let lowest = self.levels.first().map(Vec::as_slice).unwrap_or_default();
        let bundles_right = root_of(&self.bundles) == Some(root);
        let tiles_right = root_of(lowest) == Some(root);
        let leaves = if bundles_right { self.bundles.as_slice() } else { lowest };
        if !bundles_right {
            let detail = if tiles_right {
                "its entries are not those of the signed tree"
            } else {
                "its entries and their hashes differ, and neither leads to the signed root"
            };
            differences(Row::Entries, &self.bundles, lowest, size, detail, flaws);
        }
        if !tiles_right {
            let detail = if bundles_right {
                "its hashes are not those of the signed tree"
            } else {
                "its hashes and their entries differ, and neither leads to the signed root"
            };
            differences(Row::Hashes(0), lowest, &self.bundles, size, detail, flaws);
        }
        if !bundles_right && !tiles_right && flaws.is_empty() {
            flaws.push(Flaw::damaged("log/checkpoint", "it signs another root than the log has"));
        }
        let mut below = leaves.to_vec();
        for (level, row) in (0u8..).zip(&self.levels).skip(1) {
            let (full, _) = below.as_chunks::<{ WIDTH as usize }>();
            let above: Vec<Option<Digest>> = full
                .iter()
                .map(|hashes| {
                    let known: Option<Vec<Digest>> = hashes.iter().copied().collect();
                    known.map(|known| merkle::root(&known))
                })
                .collect();
            let detail = "its hashes are not those of the tiles below";
            let count = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
            differences(Row::Hashes(level), row, &above, count, detail, flaws);
            below = above;
        }
    }
}

fn hashes_in(row: Row, bytes: &[u8]) -> Option<Vec<Digest>> {
    match row {
        Row::Entries => Some(tile::entries(bytes)?.into_iter().map(merkle::leaf_hash).collect()),
        Row::Hashes(_) => {
            let (hashes, rest) = bytes.as_chunks::<32>();
            rest.is_empty().then(|| hashes.iter().map(|hash| Digest(*hash)).collect())
        }
    }
}

fn root_of(leaves: &[Option<Digest>]) -> Option<Digest> {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push((*leaf)?);
    }
    Some(frontier.root())
}

/// Names the files of a row in which a known hash differs from the other row's.
fn differences(
    row: Row,
    found: &[Option<Digest>],
    other: &[Option<Digest>],
    count: u64,
    detail: &str,
    flaws: &mut Vec<Flaw>,
) {
    let width = usize::try_from(WIDTH).unwrap_or(256);
    for (index, (some, others)) in (0u64..).zip(found.chunks(width).zip(other.chunks(width))) {
        let differ = some
            .iter()
            .zip(others)
            .any(|(one, other)| one.is_some() && other.is_some() && one != other);
        if differ {
            let in_file = count.saturating_sub(index * WIDTH).min(WIDTH);
            flaws.push(Flaw::damaged(&format!("log/{}", tile::path(row, index, in_file)), detail));
        }
    }
}
