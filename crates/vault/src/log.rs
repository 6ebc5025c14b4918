//! The log: staging, state, tiles and checkpoint, in the one order that survives a crash.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::note::{NoteSigner, Verifier};
use witnessmark_model::{Digest, canonical, tile};

use crate::tiles::{self, Edge, TileReader};
use crate::{VaultError, durable};

const STAGING_LINE: &[u8] = b"witnessmark staging 1\n";

/// `log/state`: what was promised. The checkpoint may be one batch behind it after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogState {
    /// The last pack.
    pub pack: Digest,
    /// The root of the tree of `size`.
    pub root: Digest,
    /// How many entries there are.
    pub size: u64,
    /// The staging file with the leaves of the last batch.
    pub staging: Digest,
    /// The format's version; 1.
    pub v: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StagingHeader {
    count: u64,
    first: u64,
}

/// The log of a case.
#[derive(Debug)]
pub(crate) struct Log {
    folder: PathBuf,
    /// None before the first batch.
    state: Option<LogState>,
}

impl Log {
    /// The log in `folder`; an empty one if nothing was promised yet.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, VaultError> {
        let path = folder.join("state");
        let Some(bytes) = durable::read_if_there(&path)? else {
            // What was signed for was promised before: without the promise, a new log would be begun over the old one.
            if durable::exists(&folder.join("checkpoint"))? {
                return Err(VaultError::damaged(&path, "it is missing"));
            }
            return Ok(Self { folder, state: None });
        };
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let state: LogState =
            canonical::from_bytes(line).map_err(|error| VaultError::damaged(&path, error))?;
        if state.v != 1 {
            return Err(VaultError::damaged(&path, "it is of a version not known here"));
        }
        Ok(Self { folder, state: Some(state) })
    }

    pub(crate) fn state(&self) -> Option<&LogState> {
        self.state.as_ref()
    }

    pub(crate) fn size(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.size)
    }

    fn checkpoint_path(&self) -> PathBuf {
        self.folder.join("checkpoint")
    }

    /// The published checkpoint: its signed note, and what it says.
    pub(crate) fn checkpoint(
        &self,
        verifier: &Verifier,
    ) -> Result<Option<(Vec<u8>, Checkpoint)>, VaultError> {
        let path = self.checkpoint_path();
        let Some(note) = durable::read_if_there(&path)? else { return Ok(None) };
        let checkpoint =
            Checkpoint::open(&note, verifier).map_err(|error| VaultError::damaged(&path, error))?;
        Ok(Some((note, checkpoint)))
    }

    pub(crate) fn reader(&self) -> TileReader {
        TileReader::new(&self.folder, self.size())
    }

    /// Brings the published tree up to the state, if it is behind. After a crash (`cut_off`) staging files that no state
    /// names are discarded. Returns how many entries had to be published.
    pub(crate) fn recover(
        &mut self,
        signer: &NoteSigner,
        cut_off: bool,
    ) -> Result<u64, VaultError> {
        let staging = self.folder.join("staging");
        let named = self.state.as_ref().map(|state| staging.join(state.staging.hex()));
        let published = self.checkpoint(&signer.verifier())?.map_or(0, |(_, found)| found.size);
        let behind = self.size() > published;
        if let (Some(state), Some(named), true) = (self.state.clone(), &named, behind) {
            match read_staging(named, &state, published) {
                Ok(leaves) => {
                    let edge = Edge::load(&self.folder, published)?;
                    self.publish(edge, &leaves, &state, signer)?;
                }
                // A copy that was brought up several batches at once has their tiles before it has the state. A checkpoint
                // that is not there at all is no trace of that, but damage.
                Err(_) if published > 0 && self.has_tiles_of(&state) => {
                    self.sign(&state, signer)?;
                    tiles::prune(&self.folder, published, state.size)?;
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(named) = &named
            && !durable::exists(named)?
        {
            return Err(VaultError::damaged(named, "it is missing"));
        }
        if behind || cut_off {
            let mut found = Vec::new();
            crate::blobs::walk(&staging, &mut found)?;
            for path in found.iter().filter(|path| Some(*path) != named.as_ref()) {
                fs::remove_file(path).map_err(VaultError::machine("remove", path))?;
            }
        }
        if cut_off {
            self.set_tiles_ahead_aside()?;
        }
        Ok(self.size().saturating_sub(published))
    }

    /// Full tiles of a larger tree than was promised: a copy that was cut off while it was brought up to date has them
    /// before it has the state. They go to `quarantine/`.
    fn set_tiles_ahead_aside(&self) -> Result<(), VaultError> {
        let keep = tile::all(self.size());
        let mut found = Vec::new();
        crate::blobs::walk(&self.folder.join("tile"), &mut found)?;
        for path in found {
            let name =
                path.strip_prefix(&self.folder).unwrap_or(&path).to_string_lossy().into_owned();
            if name.contains(".p/") || name.contains(durable::TEMPORARY) || keep.contains_key(&name)
            {
                continue;
            }
            let quarantine = self.folder.with_file_name("quarantine");
            durable::make_folder(&quarantine)?;
            fs::rename(&path, quarantine.join(format!("log-{}", name.replace('/', "-"))))
                .map_err(VaultError::machine("move to quarantine", &path))?;
        }
        Ok(())
    }

    /// Appends `leaves`, whose payloads are in `pack`. When this returns, they are durable and signed for.
    pub(crate) fn append(
        &mut self,
        leaves: &[Vec<u8>],
        pack: Digest,
        signer: &NoteSigner,
    ) -> Result<(), VaultError> {
        let first = self.size();
        let old_staging = self.state.as_ref().map(|state| state.staging);
        let edge = Edge::load(&self.folder, first)?;
        let root = {
            let (mut ahead, mut ignored) = (edge.clone(), BTreeMap::new());
            for leaf in leaves {
                if !ahead.push(leaf, &mut ignored) {
                    let detail = format!("a leaf is longer than {} bytes", tile::LARGEST_LEAF);
                    return Err(VaultError::damaged(&self.folder, detail));
                }
            }
            ahead.root()
        };
        let mut staged = STAGING_LINE.to_vec();
        let count = leaves.len() as u64;
        staged.extend(canonical::to_bytes(&StagingHeader { count, first })?);
        staged.push(b'\n');
        leaves.iter().for_each(|leaf| {
            tile::push_entry(&mut staged, leaf);
        });
        let staging = Digest::of(&staged);
        let folder = self.folder.join("staging");
        durable::replace(&folder.join(staging.hex()), &staged)?;

        let state = LogState { pack, root, size: first + count, staging, v: 1 };
        let mut line = canonical::to_bytes(&state)?;
        line.push(b'\n');
        durable::replace(&self.folder.join("state"), &line)?;
        self.state = Some(state.clone());

        self.publish(edge, leaves, &state, signer)?;
        if let Some(old) = old_staging.filter(|old| *old != staging) {
            let path = folder.join(old.hex());
            fs::remove_file(&path).map_err(VaultError::machine("remove", &path))?;
        }
        Ok(())
    }

    /// Unpacks `leaves` into tiles, then signs. Doing it twice does nothing new.
    fn publish(
        &self,
        mut edge: Edge,
        leaves: &[Vec<u8>],
        state: &LogState,
        signer: &NoteSigner,
    ) -> Result<(), VaultError> {
        let old_size = edge.size();
        let mut tiles = BTreeMap::new();
        for leaf in leaves {
            edge.push(leaf, &mut tiles);
        }
        if edge.root() != state.root || edge.size() != state.size {
            let path = self.folder.join("state");
            return Err(VaultError::damaged(&path, "its root is not that of the tiles"));
        }
        tiles.extend(edge.partial());
        tiles::write(&self.folder, &tiles)?;
        self.sign(state, signer)?;
        tiles::prune(&self.folder, old_size, state.size)
    }

    fn sign(&self, state: &LogState, signer: &NoteSigner) -> Result<(), VaultError> {
        let log_name = signer.verifier().name().to_owned();
        let checkpoint = Checkpoint { log_name, size: state.size, root: state.root };
        let note = checkpoint
            .sign(signer)
            .map_err(|error| VaultError::damaged(&self.checkpoint_path(), error))?;
        durable::replace(&self.checkpoint_path(), &note)
    }

    /// Whether every tile of the promised tree is there, and the right edge gives its root.
    fn has_tiles_of(&self, state: &LogState) -> bool {
        Edge::load(&self.folder, state.size).is_ok_and(|edge| edge.root() == state.root)
            && tile::all(state.size).keys().all(|path| self.folder.join(path).is_file())
    }
}

/// The leaves of the staging file from entry `published` on.
fn read_staging(path: &Path, state: &LogState, published: u64) -> Result<Vec<Vec<u8>>, VaultError> {
    let bytes = durable::read(path)?;
    let damaged = |detail: &str| VaultError::damaged(path, detail);
    if Digest::of(&bytes) != state.staging {
        return Err(damaged("its bytes do not have the digest in its name"));
    }
    let rest = bytes.strip_prefix(STAGING_LINE).ok_or(damaged("its first line is missing"))?;
    let border = rest.iter().position(|byte| *byte == b'\n').ok_or(damaged("no header"))?;
    let (header, bundle) = rest.split_at(border);
    let header: StagingHeader =
        canonical::from_bytes(header).map_err(|error| VaultError::damaged(path, error))?;
    let leaves = tile::entries(bundle.get(1..).unwrap_or_default())
        .filter(|leaves| leaves.len() as u64 == header.count)
        .ok_or(damaged("its entries do not add up"))?;
    let fits =
        header.first.checked_add(header.count) == Some(state.size) && published == header.first;
    if !fits {
        return Err(damaged("it does not join the published tree to the state"));
    }
    Ok(leaves.into_iter().map(<[u8]>::to_vec).collect())
}

#[cfg(test)]
mod tests;
