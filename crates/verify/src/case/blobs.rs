//! Every blob, hashed again.

use std::collections::BTreeMap;

use witnessmark_model::Digest;

use super::Names;
use crate::files::{Files, Nature};
use crate::findings::{Findings, Group};

/// So many blobs are hashed between two looks at the results.
const AT_ONCE: usize = 4096;

/// One file under `blobs/` whose name is a digest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blob {
    /// How many bytes it has.
    pub bytes: u64,
    /// Whether its bytes have the digest in its name.
    pub sound: bool,
    /// Whether it begins like a pack.
    pub is_pack: bool,
}

/// The blobs, by the digest in their name.
pub(super) type Blobs = BTreeMap<Digest, Blob>;

/// Where the blob with this digest lies.
pub(super) fn path(digest: &Digest) -> String {
    let hex = digest.hex();
    let (first, _) = hex.split_at(2);
    format!("blobs/{first}/{hex}")
}

/// The digest that a blob's path names, if the path is a blob's.
pub(super) fn digest_in(name: &str) -> Option<Digest> {
    let digest: Digest = name.rsplit('/').next()?.parse().ok()?;
    (path(&digest) == name).then_some(digest)
}

pub(super) fn hash_all(files: &dyn Files, names: &Names, findings: &mut Findings) -> Blobs {
    let mut blobs = Blobs::new();
    let listed: Vec<(&str, Digest)> = names
        .range("blobs/".to_owned()..)
        .take_while(|(name, _)| name.starts_with("blobs/"))
        .filter(|(_, one)| one.nature == Nature::File)
        .filter_map(|(name, _)| Some((name.as_str(), digest_in(name)?)))
        .collect();
    for some in listed.chunks(AT_ONCE) {
        let paths: Vec<&str> = some.iter().map(|(name, _)| *name).collect();
        for ((name, digest), found) in some.iter().zip(files.fingerprints(&paths)) {
            let blob = match found {
                Ok(found) => {
                    let sound = found.sha256 == *digest;
                    if sound {
                        findings.pass(Group::Blobs);
                    } else {
                        let detail = format!(
                            "its {} bytes have the digest {}, not the one in its name",
                            found.bytes, found.sha256
                        );
                        findings.fail(Group::Blobs, *name, detail);
                    }
                    Blob { bytes: found.bytes, sound, is_pack: found.is_pack }
                }
                Err(error) => {
                    findings.fail(Group::Blobs, *name, error);
                    Blob { bytes: 0, sound: false, is_pack: false }
                }
            };
            blobs.insert(*digest, blob);
        }
    }
    blobs
}
