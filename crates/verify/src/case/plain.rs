//! The plain bytes of what a case keeps.

use std::io::Read;

use rayon::prelude::*;
use witnessmark_model::digest::Hasher;
use witnessmark_model::payload::Evidence;

use super::blobs::{self, Blobs};
use super::keys::Keyring;
use crate::files::{Files, FilesError};
use crate::findings::{Findings, Group};

/// Files, and the keys that open what they seal.
pub(super) struct Plain<'f> {
    pub(super) files: &'f dyn Files,
    pub(super) keys: &'f Keyring,
    pub(super) blobs: &'f Blobs,
}

impl Plain<'_> {
    /// All bytes of a piece of evidence, if there are no more than `limit`.
    pub(super) fn read(&self, evidence: &Evidence, limit: u64) -> Result<Vec<u8>, FilesError> {
        let mut found = Vec::new();
        self.keys.read_evidence(self.files, evidence, &mut |stream| {
            stream.take(limit.saturating_add(1)).read_to_end(&mut found).map(|_| ())
        })?;
        if found.len() as u64 > limit {
            return Err(FilesError::Refused(format!("it has more than {limit} bytes")));
        }
        Ok(found)
    }

    /// Opens everything that is sealed, on all cores, and compares it with the digest of its plain bytes.
    pub(super) fn check_sealed(&self, sealed: &[(u64, Evidence)], findings: &mut Findings) {
        let sound =
            |evidence: &Evidence| self.blobs.get(&evidence.sha256).is_some_and(|blob| blob.sound);
        let opened: Vec<_> = sealed
            .par_iter()
            .filter(|(_, evidence)| sound(evidence))
            .map(|(index, evidence)| (index, evidence, self.differs(evidence)))
            .collect();
        for (index, evidence, differs) in opened {
            match differs {
                None => findings.pass(Group::Evidence),
                Some(detail) => {
                    let detail = format!("{detail}; entry {index} names it");
                    findings.fail(Group::Evidence, blobs::path(&evidence.sha256), detail);
                }
            }
        }
    }

    /// Why what a piece of evidence seals is not what was recorded, if so.
    fn differs(&self, evidence: &Evidence) -> Option<String> {
        let (mut hasher, mut bytes) = (Hasher::new(), 0u64);
        let mut chunk = vec![0; 1 << 17];
        let read = self.keys.read_evidence(self.files, evidence, &mut |stream| {
            loop {
                let read = stream.read(&mut chunk)?;
                match chunk.get(..read) {
                    Some(part) if read > 0 => hasher.update(part),
                    _ => return Ok(()),
                }
                bytes += read as u64;
            }
        });
        let found = hasher.finish();
        match read {
            Err(error) => Some(format!("it does not open: {error}")),
            Ok(()) if found != evidence.plain_sha256 => {
                Some(format!("it opens to the digest {found}, not {}", evidence.plain_sha256))
            }
            Ok(()) if bytes != evidence.plain_length() => {
                Some(format!("it opens to {bytes} bytes, not {}", evidence.plain_length()))
            }
            Ok(()) => None,
        }
    }
}
