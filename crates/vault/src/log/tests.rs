//! Our reader on Tessera's test log, and our writer with the same leaves.

use std::collections::BTreeMap;

use witnessmark_model::{merkle, tile};

use super::*;

const KEY: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
const LEAVES: [&str; 15] = [
    "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf",
    "threeten", "fourten", "fivten",
];

/// Tessera's test log: its folder, and what it signed, by size.
fn tessera() -> Option<(PathBuf, BTreeMap<u64, Checkpoint>)> {
    let shared = std::env::var_os("WITNESSMARK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/integrity/tessera/testdata/log");
    if !folder.is_dir() {
        println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
        return None;
    }
    let verifier = Verifier::parse(KEY).unwrap();
    let open =
        |name: String| Checkpoint::open(&fs::read(folder.join(name)).unwrap(), &verifier).unwrap();
    let signed: BTreeMap<_, _> =
        (0..=15).map(|size| (size, open(format!("checkpoint.{size}")))).collect();
    assert_eq!(signed.get(&15), Some(&open("checkpoint".into())));
    Some((folder, signed))
}

#[test]
fn tesseras_log_is_read_and_every_leaf_of_every_size_proven() {
    let Some((folder, signed)) = tessera() else { return };
    for (size, checkpoint) in &signed {
        assert_eq!(checkpoint.size, *size);
        let mut reader = TileReader::new(&folder, *size);
        assert_eq!(reader.root_at(*size).unwrap(), Some(checkpoint.root), "size {size}");
        let mut hashes = Vec::new();
        for (index, expected) in (0..*size).zip(LEAVES) {
            let leaf = reader.leaf(index).unwrap();
            assert_eq!(leaf, expected.as_bytes());
            let hash = merkle::leaf_hash(&leaf);
            hashes.push(hash);
            let path = reader.inclusion_path(index).unwrap().unwrap();
            let found = merkle::root_from_inclusion(hash, index, *size, &path);
            assert_eq!(found, Some(checkpoint.root), "leaf {index} of {size}");
        }
        assert_eq!(merkle::root(&hashes), checkpoint.root, "from the entries of size {size}");
        assert_eq!(Edge::load(&folder, *size).unwrap().root(), checkpoint.root, "size {size}");
        for (old, earlier) in signed.range(..=size).skip(1) {
            let path = reader.consistency_path(*old).unwrap().unwrap();
            let consistent =
                merkle::is_consistent(*old, earlier.root, *size, checkpoint.root, &path);
            assert!(consistent, "from {old} to {size}");
        }
    }
}

/// All the files below a folder that are tiles or bundles, with their bytes.
fn tiles(folder: &Path, size: u64) -> BTreeMap<String, Vec<u8>> {
    let read = |name: String| {
        let bytes = fs::read(folder.join(&name)).unwrap();
        (name, bytes)
    };
    tile::all(size).into_keys().map(read).collect()
}

#[test]
fn tesseras_leaves_appended_by_us_give_its_roots_and_its_tiles_at_every_size() {
    let Some((theirs, signed)) = tessera() else { return };
    let signer = NoteSigner::new("example.com/log/testdata", &[7; 32]).unwrap();
    // One by one; and in batches that end elsewhere.
    for batches in [vec![1; 15], vec![2, 5, 1, 7], vec![15]] {
        let ours = tempfile::tempdir().unwrap();
        let mut log = Log::open(ours.path().to_owned()).unwrap();
        let mut rest = LEAVES.as_slice();
        for count in batches {
            let (batch, later) = rest.split_at(count);
            rest = later;
            let leaves: Vec<_> = batch.iter().map(|leaf| leaf.as_bytes().to_vec()).collect();
            log.append(&leaves, Digest::of(b"pack"), &signer).unwrap();

            let (_, checkpoint) = log.checkpoint(&signer.verifier()).unwrap().unwrap();
            assert_eq!(signed.get(&log.size()), Some(&checkpoint), "what Tessera signed");
            assert_eq!(tiles(ours.path(), log.size()), tiles(&theirs, log.size()));
        }
        assert_eq!(log.size(), 15);
    }
}
