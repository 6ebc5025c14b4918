//! What the log promises: state, staging and the signed checkpoint.

use serde::Deserialize;
use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::note::Verifier;
use witnessmark_model::{Digest, canonical, merkle, tile};

use super::Names;
use super::packs::Chain;
use super::tree::Tree;
use crate::files::{self, Files};
use crate::findings::{Findings, Group};

pub(super) const STATE: &str = "log/state";
pub(super) const CHECKPOINT: &str = "log/checkpoint";
const STAGING_LINE: &[u8] = b"witnessmark staging 1\n";
const LARGEST_LINE: u64 = 1 << 20;
/// The leaves of one batch; larger than memory would let a batch be written.
const LARGEST_STAGING: u64 = 4 << 30;

/// `log/state`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub pack: Digest,
    pub root: Digest,
    pub size: u64,
    pub staging: Digest,
    v: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StagingHeader {
    count: u64,
    first: u64,
}

/// The last batch as it was staged.
pub(super) struct Staging {
    /// The file.
    pub name: String,
    /// The index of its first entry.
    pub first: u64,
    /// Its leaves.
    pub leaves: Vec<Vec<u8>>,
}

pub(super) fn staging_path(digest: &Digest) -> String {
    format!("log/staging/{digest}")
}

pub(super) fn read_state(
    files: &dyn Files,
    names: &Names,
    findings: &mut Findings,
) -> Option<State> {
    let parsed = files::bytes(files, STATE, LARGEST_LINE)
        .map_err(|error| error.to_string())
        .and_then(|bytes| {
            let line = bytes.strip_suffix(b"\n").ok_or("its line does not end")?;
            canonical::from_bytes::<State>(line).map_err(|error| error.to_string())
        });
    match parsed {
        Ok(state) if state.v != 1 => {
            findings.fail(Group::State, STATE, "it is of a version not known here");
            None
        }
        Ok(state) if state.size == 0 || state.size > most_entries(names) => {
            let detail =
                format!("it says {} entries, more than the files here can hold", state.size);
            findings.fail(Group::State, STATE, detail);
            None
        }
        Ok(state) => Some(state),
        Err(detail) => {
            findings.fail(Group::State, STATE, detail);
            None
        }
    }
}

/// More entries than the files here can hold: a bound on sizes that only a damaged or hostile file goes beyond.
fn most_entries(names: &Names) -> u64 {
    let staged: u64 = names
        .iter()
        .filter(|(name, _)| name.starts_with("log/staging/"))
        .map(|(_, one)| one.bytes / 2)
        .fold(0, u64::saturating_add);
    (names.len() as u64 + 1).saturating_mul(tile::WIDTH).saturating_add(staged)
}

pub(super) fn read_checkpoint(
    files: &dyn Files,
    names: &Names,
    verifier: Option<&Verifier>,
    locked: bool,
    findings: &mut Findings,
) -> Option<Checkpoint> {
    let note = match files::bytes(files, CHECKPOINT, LARGEST_LINE) {
        Ok(note) => note,
        Err(error) => {
            findings.fail(Group::Checkpoint, CHECKPOINT, error);
            return None;
        }
    };
    let Some(verifier) = verifier else {
        if locked {
            let detail = "the log's key is sealed with the case: its signature was not checked";
            findings.unchecked(Group::Checkpoint, CHECKPOINT, detail);
            return None;
        }
        let detail = "the log's key is not known, so nothing can be said of its signature";
        findings.fail(Group::Checkpoint, CHECKPOINT, detail);
        return None;
    };
    match Checkpoint::open(&note, verifier) {
        Ok(checkpoint) if checkpoint.size == 0 || checkpoint.size > most_entries(names) => {
            let detail =
                format!("it signs {} entries, more than the files here can hold", checkpoint.size);
            findings.fail(Group::Checkpoint, CHECKPOINT, detail);
            None
        }
        Ok(checkpoint) => {
            findings.pass(Group::Checkpoint);
            Some(checkpoint)
        }
        Err(error) => {
            findings.fail(Group::Checkpoint, CHECKPOINT, error);
            None
        }
    }
}

/// How many entries there are, by each of those who say so.
pub(super) struct Sizes {
    pub state: Option<State>,
    pub checkpoint: Option<Checkpoint>,
    /// The entries to look for: what was promised or signed, whichever is more.
    pub all: u64,
    /// The entries whose tiles must be there: what was signed.
    pub published: u64,
}

impl Sizes {
    /// The packs are asked when neither state nor checkpoint can be read.
    pub(super) fn settle(
        state: Option<State>,
        checkpoint: Option<Checkpoint>,
        chain: &Chain,
        names: &Names,
    ) -> Self {
        let most = most_entries(names);
        let promised = chain.promised.map(|size| size.min(most));
        let signed = checkpoint.as_ref().map(|checkpoint| checkpoint.size);
        let all = promised.max(signed).unwrap_or(chain.end().min(most));
        Self { state, checkpoint, all, published: signed.or(promised).unwrap_or(all) }
    }

    /// The size that a readable checkpoint signs; 0 without one.
    pub(super) fn signed(&self) -> u64 {
        self.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size)
    }

    /// Whether a batch was promised and not yet published: a command was cut off, or still runs.
    pub(super) fn unfinished(&self) -> bool {
        self.checkpoint.is_some() && self.published < self.all
    }
}

pub(super) fn read_staging(
    files: &dyn Files,
    names: &Names,
    sizes: &Sizes,
    findings: &mut Findings,
) -> Option<Staging> {
    let state = sizes.state.as_ref()?;
    let name = staging_path(&state.staging);
    if !names.contains_key(&name) {
        findings.fail(Group::Staging, &name, "it is missing; log/state names it");
        let detail = format!("the staging file that it names is missing: {}", state.staging);
        findings.fail(Group::State, STATE, detail);
        return None;
    }
    match parse_staging(files, &name, state) {
        Ok((header, leaves)) => {
            if header.first.checked_add(header.count) == Some(state.size) {
                return Some(Staging { name, first: header.first, leaves });
            }
            let detail = format!(
                "it says {} entries, but its staging file ends before entry {}",
                state.size,
                header.first.saturating_add(header.count)
            );
            findings.fail(Group::State, STATE, detail);
            None
        }
        Err(detail) => {
            findings.fail(Group::Staging, name, detail);
            None
        }
    }
}

fn parse_staging(
    files: &dyn Files,
    name: &str,
    state: &State,
) -> Result<(StagingHeader, Vec<Vec<u8>>), String> {
    let bytes = files::bytes(files, name, LARGEST_STAGING).map_err(|error| error.to_string())?;
    if Digest::of(&bytes) != state.staging {
        return Err("its bytes do not have the digest in its name".into());
    }
    let rest = bytes.strip_prefix(STAGING_LINE).ok_or("its first line is missing")?;
    let border = rest.iter().position(|byte| *byte == b'\n').ok_or("its header does not end")?;
    let (header, bundle) = rest.split_at(border);
    let header: StagingHeader =
        canonical::from_bytes(header).map_err(|error| format!("its header: {error}"))?;
    let leaves = tile::entries(bundle.get(1..).unwrap_or_default())
        .filter(|leaves| leaves.len() as u64 == header.count)
        .ok_or("its leaves do not add up")?;
    Ok((header, leaves.into_iter().map(<[u8]>::to_vec).collect()))
}

/// Compares what was promised and signed with the tree that the entries give.
pub(super) fn compare(
    sizes: &Sizes,
    staging: Option<&Staging>,
    tree: &Tree,
    findings: &mut Findings,
) {
    if let Some(checkpoint) = &sizes.checkpoint {
        match tree.root(checkpoint.size) {
            Some(root) if root == checkpoint.root => findings.pass(Group::Root),
            Some(root) => {
                let detail =
                    format!("it signs the root {}, the entries give {root}", checkpoint.root);
                findings.fail(Group::Root, CHECKPOINT, detail);
            }
            None => {
                let detail = "entries are missing, so the root cannot be made anew";
                findings.fail(Group::Root, CHECKPOINT, detail);
            }
        }
    }
    let Some(state) = &sizes.state else { return };
    let mut agrees = true;
    match tree.root(state.size) {
        Some(root) if root != state.root => {
            let detail = format!("it says the root {}, the entries give {root}", state.root);
            findings.fail(Group::State, STATE, detail);
            agrees = false;
        }
        _ => {}
    }
    let signed = sizes.signed();
    if signed > state.size {
        let detail = format!(
            "it says {} entries, but {signed} are signed for: it was put back to an earlier one",
            state.size
        );
        findings.fail(Group::State, STATE, detail);
        agrees = false;
    }
    if let Some(staging) = staging {
        let same = (staging.first..).zip(&staging.leaves).all(|(index, leaf)| {
            tree.leaf(index).is_none_or(|hash| hash == merkle::leaf_hash(leaf))
        });
        if same {
            findings.pass(Group::Staging);
        } else {
            let detail = "its leaves are not those of the log's last entries";
            findings.fail(Group::Staging, &staging.name, detail);
        }
    }
    if sizes.unfinished() {
        if staging.is_some_and(|staging| staging.first == signed) {
            let detail = format!(
                "a batch up to entry {} was promised and not yet published: run any writing command; \
                 the log was verified at the {signed} entries that are signed for",
                state.size - 1
            );
            findings.unchecked(Group::Unfinished, STATE, detail);
        } else {
            let detail = format!(
                "it signs {signed} entries, log/state promises {}, and the staged batch does not \
                 join them: one of the two was put back or changed",
                state.size
            );
            findings.fail(Group::Checkpoint, CHECKPOINT, &detail);
            findings.fail(Group::State, STATE, "the signed checkpoint does not lead up to it");
            agrees = false;
        }
    }
    if agrees && !findings.failed(Group::State) {
        findings.pass(Group::State);
    }
}
