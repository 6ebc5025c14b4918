//! Log entries as a dossier shows them: openings, parts and proofs.

use std::collections::BTreeMap;

use witnessmark_model::leaf::{Field, Salt, part_leaf};
use witnessmark_model::payload::{ManifestLine, Payload};
use witnessmark_model::proof::LogProof;
use witnessmark_model::{Digest, canonical, merkle};
use witnessmark_publish::{OpenedEntry, OpenedPart, PartBytes};

use super::Gathering;
use crate::casebook::StoredEntry;
use crate::{Case, CaseError};

impl Case {
    /// The entries that are shown, with openings, proofs and parts.
    pub(super) fn opened(
        &mut self,
        gathering: &Gathering<'_>,
    ) -> Result<Vec<OpenedEntry>, CaseError> {
        let indexes: Vec<u64> = gathering.open.keys().copied().collect();
        let proofs = self.vault.prove(&indexes)?;
        let mut entries = Vec::new();
        for (proof, (index, parts)) in proofs.into_iter().zip(&gathering.open) {
            let stored = self.stored(*index)?;
            entries.push(self.opened_entry(stored, proof, parts)?);
        }
        Ok(entries)
    }

    fn opened_entry(
        &mut self,
        entry: StoredEntry,
        proof: LogProof,
        wanted: &BTreeMap<u64, Option<PartBytes>>,
    ) -> Result<OpenedEntry, CaseError> {
        let (Some(payload), Some(values)) = (&entry.payload, &entry.values) else {
            return Err(CaseError::machine(format!("entry {} cannot be read", entry.index)));
        };
        let seed = self.vault.seed(&entry.key)?;
        let fields = [Field::Kind, Field::Object, Field::Commit, Field::Day];
        let open = fields.map(|field| (field, values.open(field, &seed))).into();
        let plain = Digest::of(&entry.bytes);
        let parts = self.parts_of(payload, plain, seed.part_salt(0))?;
        let leaves: Vec<Digest> = parts.iter().map(|(salt, part)| part_leaf(salt, part)).collect();
        let mut shown = Vec::new();
        let others = wanted.iter().map(|(index, bytes)| (*index, bytes.clone()));
        for (index, bytes) in std::iter::once((0, None)).chain(others) {
            let at = usize::try_from(index).unwrap_or(usize::MAX);
            let found = parts.get(at).zip(merkle::inclusion_path(&leaves, at));
            let Some(((salt, sha256), path)) = found else {
                return Err(CaseError::machine(format!(
                    "entry {} has no part {index}",
                    entry.index
                )));
            };
            shown.push(OpenedPart { index, salt: *salt, sha256: *sha256, path, bytes });
        }
        Ok(OpenedEntry {
            index: entry.index,
            leaf: self.vault.leaf(entry.index)?,
            open,
            payload: Some(entry.bytes),
            part_count: parts.len() as u64,
            parts: shown,
            proof,
        })
    }

    /// Salt and digest of every part of an entry, in order.
    fn parts_of(
        &mut self,
        payload: &Payload,
        plain: Digest,
        own: Salt,
    ) -> Result<Vec<(Salt, Digest)>, CaseError> {
        let mut parts = vec![(own, plain)];
        if let Some(archive) = payload.archive() {
            let seed = self.vault.seed(&archive.evidence.key)?;
            let manifest = self.vault.store().read(archive.manifest)?;
            for (index, line) in (1..).zip(manifest.split_inclusive(|byte| *byte == b'\n')) {
                let line: ManifestLine =
                    canonical::from_bytes(line.strip_suffix(b"\n").unwrap_or(line))?;
                parts.push((seed.part_salt(index), line.sha256));
            }
        }
        for (index, evidence) in (1..).zip(payload.parts()) {
            let seed = self.vault.seed(&evidence.key)?;
            parts.push((seed.part_salt(index), evidence.plain_sha256));
        }
        Ok(parts)
    }
}
