//! One bit flipped anywhere in a case, sealed or open: `verify` finds it and names the file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod scratch_case;

use std::path::Path;

use scratch_case::{KINDS, Seeded, commit, files, make, open, unlocked};
use witnessmark_seal::wraps::Unlocked;
use witnessmark_verify::{Memory, Trust, Verdict, case};

/// How many positions, in each kind of case.
const POSITIONS: usize = 2_000;

/// The case as `verify` reads it.
fn load(folder: &Path) -> Memory {
    let named = files(folder).into_iter().map(|(path, bytes)| {
        let name: Vec<_> = path.iter().map(|part| part.to_str().unwrap()).collect();
        (name.join("/"), bytes)
    });
    Memory(named.filter(|(name, _)| name != "lock").collect())
}

#[test]
fn a_flipped_bit_is_found_and_named() {
    for sealed in KINDS {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("case");
        let mut entropy = Seeded(17);
        make(&folder, sealed, &mut entropy);
        commit(&mut open(&folder), 3, &mut entropy);
        let unlocked = unlocked(&folder);
        let key = unlocked.as_deref().map(Unlocked::key);
        let sound = load(&folder);
        assert_eq!(case::verify(&sound, key, &Trust::default()).verdict, Verdict::Intact);
        let total: u64 = sound.0.values().map(|bytes| bytes.len() as u64).sum();
        for _ in 0..POSITIONS {
            let mut at = entropy.next() % total;
            let (name, bytes) = sound
                .0
                .iter()
                .find(|(_, bytes)| match at.checked_sub(bytes.len() as u64) {
                    Some(further) => {
                        at = further;
                        false
                    }
                    None => true,
                })
                .unwrap();
            let mut bent = bytes.clone();
            bent[usize::try_from(at).unwrap()] ^= 1 << (entropy.next() % 8);
            let mut damaged = sound.clone();
            damaged.0.insert(name.clone(), bent);
            let report = case::verify(&damaged, key, &Trust::default());
            let context = format!("sealed {sealed}: byte {at} of {name}");
            assert_eq!(report.verdict, Verdict::Failed, "{context}");
            let own = name.rsplit('/').next().unwrap();
            let named = report.failures().any(|check| {
                let said = format!("{} {}", check.subject, check.detail);
                said.contains(name.as_str()) || (own.len() == 64 && said.contains(own))
            });
            assert!(named, "{context} is not named: {:#?}", report.failures().collect::<Vec<_>>());
        }
    }
}
