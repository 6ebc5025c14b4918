//! Other people's vectors: RFC 6962 proofs of transparency-dev/merkle, Ed25519 edge cases of C2SP-CCTV.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use serde_json::Value;
use witnessmark_model::note::Verifier;
use witnessmark_model::{Digest, merkle};

/// The folder of integrity vectors, or nothing and a notice.
fn vectors() -> Option<PathBuf> {
    let shared = std::env::var_os("WITNESSMARK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/integrity");
    if !folder.is_dir() {
        println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
        return None;
    }
    Some(folder)
}

/// Every JSON file below a folder, by its path there.
fn cases(folder: &Path) -> BTreeMap<String, Value> {
    let (mut found, mut waiting) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap());
            }
        }
    }
    found
}

/// A digest; nothing if the text is not the base64 of 32 bytes.
fn digest(value: &Value) -> Option<Digest> {
    BASE64.decode(value.as_str()?.as_bytes()).ok()?.try_into().ok().map(Digest)
}

/// The hashes of a proof, `null` being an empty one.
fn path(case: &Value) -> Option<Vec<Digest>> {
    case["proof"].as_array().map_or(Some(Vec::new()), |hashes| hashes.iter().map(digest).collect())
}

/// Whether the inclusion proof holds. What has no digest of 32 bytes in it cannot even be asked.
fn included(case: &Value) -> Option<bool> {
    let number = |name: &str| case[name].as_u64();
    let (leaf, root) = (digest(&case["leafHash"])?, digest(&case["root"])?);
    let found =
        merkle::root_from_inclusion(leaf, number("leafIdx")?, number("treeSize")?, &path(case)?);
    Some(found == Some(root))
}

/// Whether the consistency proof holds.
fn consistent(case: &Value) -> Option<bool> {
    let number = |name: &str| case[name].as_u64();
    let (old, new) = (digest(&case["root1"])?, digest(&case["root2"])?);
    Some(merkle::is_consistent(number("size1")?, old, number("size2")?, new, &path(case)?))
}

#[test]
fn transparency_dev_proofs_are_accepted_and_refused_alike() {
    let Some(vectors) = vectors() else { return };
    let folder = vectors.join("transparency-dev-merkle/testdata");
    type Judge = fn(&Value) -> Option<bool>;
    // Of the 98 consistency cases one is not usable: its roots are dummies of 12 bytes, and yet it is to be accepted.
    let unusable = "additional/sizes-are-equal-one-and-proof-is-empty.json";
    for (kind, judge, usable, good) in
        [("inclusion", included as Judge, 98, 6), ("consistency", consistent as Judge, 97, 5)]
    {
        let mut cases = cases(&folder.join(kind));
        if kind == "consistency" {
            assert!(cases.remove(unusable).is_some());
        }
        let mut accepted = 0;
        for (name, case) in &cases {
            let holds = judge(case).unwrap_or(false);
            assert_eq!(holds, !case["wantErr"].as_bool().unwrap(), "{kind}/{name}: {case}");
            accepted += usize::from(holds);
        }
        assert_eq!((cases.len(), accepted), (usable, good), "{kind}");
    }
}

/// Ed25519 libraries disagree about keys and nonces of small order, second encodings, and equations with a cofactor. Our
/// rule is pinned here by what it accepts among all 914 cases, so that no update of a library changes it unseen.
#[test]
fn ed25519_edge_cases_are_judged_by_the_strict_rule() {
    let Some(vectors) = vectors() else { return };
    let bytes = fs::read(vectors.join("C2SP-CCTV/ed25519/ed25519vectors.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    let (mut weak_keys, mut accepted) = (0, 0);
    for case in &cases {
        let flags: Vec<&str> = case["flags"]
            .as_array()
            .map(|flags| flags.iter().map(|flag| flag.as_str().unwrap()).collect())
            .unwrap_or_default();
        let flagged = |flag: &str| flags.contains(&flag);
        let hex = |name: &str| HEXLOWER.decode(case[name].as_str().unwrap().as_bytes()).unwrap();
        let key = Verifier::new("cctv", &hex("key").try_into().unwrap());
        assert_eq!(key.is_err(), flagged("low_order_A"), "{case}: keys of small order alone");
        weak_keys += usize::from(key.is_err());
        let holds = key
            .is_ok_and(|key| key.has_signed(case["msg"].as_str().unwrap().as_bytes(), &hex("sig")));
        let refused = ["low_order_A", "low_order_R", "low_order_residue", "non_canonical_R"];
        let expected = !refused.into_iter().any(flagged);
        assert_eq!(holds, expected, "{case}");
        accepted += usize::from(holds);
    }
    assert_eq!((cases.len(), weak_keys, accepted), (914, 526, 43));
}
