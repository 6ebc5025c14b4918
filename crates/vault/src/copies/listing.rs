//! The files of a case that a copy holds, in the order in which they are written there.

use std::path::Path;

use witnessmark_model::Digest;
use witnessmark_verify::{Files, Folder, Nature};

use crate::durable::TEMPORARY;
use crate::{CaseFile as CaseToml, VaultError};

/// What a file of the case is to a copy. The order is the one in which they are written: what is named comes before
/// what names it, and `case.toml`, without which nothing is a case, comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A stored object: its name is its digest.
    Blob(Digest),
    /// A file of the keystore.
    Key,
    /// A tile or an entry bundle: its name and the tree decide its bytes.
    Tile,
    /// Another file of the log, such as a timestamp.
    Log,
    /// The leaves of the last batch.
    Staging,
    /// What was promised.
    State,
    /// What was signed.
    Checkpoint,
    /// `case.toml`.
    CaseToml,
}

impl Part {
    /// What the file of that name is; none for a name that no copy holds.
    pub fn of(name: &str) -> Option<Self> {
        let own = name.rsplit('/').next().unwrap_or(name);
        if own.starts_with(TEMPORARY) || own.is_empty() {
            return None;
        }
        match name {
            CaseToml::NAME => return Some(Self::CaseToml),
            "log/checkpoint" => return Some(Self::Checkpoint),
            "log/state" => return Some(Self::State),
            _ => {}
        }
        let (top, rest) = name.split_once('/')?;
        match top {
            "keys" => Some(Self::Key),
            "log" if rest.starts_with("tile/") => Some(Self::Tile),
            "log" if rest.starts_with("staging/") => Some(Self::Staging),
            "log" => Some(Self::Log),
            "blobs" => {
                let digest: Digest = own.parse().ok()?;
                (blob_name(&digest) == name).then_some(Self::Blob(digest))
            }
            _ => None,
        }
    }

    /// Whether a file of this kind, once written, is never written again.
    pub fn is_once(&self) -> bool {
        matches!(self, Self::Blob(_) | Self::Tile)
    }
}

/// The name of the file of a blob.
pub(crate) fn blob_name(digest: &Digest) -> String {
    let hex = digest.hex();
    let (first, _) = hex.split_at(2);
    format!("blobs/{first}/{hex}")
}

/// Whether it is a tile or bundle that is not full, of which only those of the newest size are kept.
pub(crate) fn is_partial_tile(name: &str) -> bool {
    name.starts_with("log/tile/") && name.contains(".p/")
}

/// One file of the case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaseFile {
    /// What it is.
    pub part: Part,
    /// Its name below the case's folder.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// The files of the case in `folder` that a copy holds, in the order in which they are written.
pub fn files_of_case(folder: &Path) -> Result<Vec<CaseFile>, VaultError> {
    let fail = VaultError::machine("list", folder);
    let listed = match Folder::open(folder) {
        Ok(files) => files.list().map_err(|error| VaultError::damaged(folder, error))?,
        Err(cause) => return Err(fail(cause)),
    };
    let mut files = Vec::new();
    for one in listed {
        let Some(part) = Part::of(&one.name) else { continue };
        if one.nature != Nature::File {
            let path = folder.join(&one.name);
            return Err(VaultError::damaged(&path, "it is not an ordinary file"));
        }
        files.push(CaseFile { part, name: one.name, bytes: one.bytes });
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_place_in_the_order() {
        let digest = Digest::of(b"x");
        let blob = blob_name(&digest);
        let cases = [
            ("case.toml", Some(Part::CaseToml)),
            ("log/checkpoint", Some(Part::Checkpoint)),
            ("log/state", Some(Part::State)),
            ("log/staging/ab", Some(Part::Staging)),
            ("log/tile/0/000.p/3", Some(Part::Tile)),
            ("log/timestamps/7/checkpoint", Some(Part::Log)),
            ("keys/1/objects", Some(Part::Key)),
            (blob.as_str(), Some(Part::Blob(digest))),
            ("blobs/zz/abc", None),
            ("blobs/.tmp-1-2", None),
            ("log/.tmp-1-2", None),
            ("casebook.db", None),
            ("index/meta.json", None),
            ("quarantine/abc", None),
            ("lock", None),
            ("copies.json", None),
            ("", None),
        ];
        for (name, part) in cases {
            assert_eq!(Part::of(name), part, "{name}");
        }
        assert!(Part::Blob(digest) < Part::Key && Part::State < Part::Checkpoint);
        assert!(Part::Checkpoint < Part::CaseToml && Part::Tile < Part::State);
    }
}
