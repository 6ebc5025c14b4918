//! Names and contents of tiles and entry bundles (C2SP tlog-tiles).

use std::collections::{BTreeMap, BTreeSet};

/// How many hashes a full tile, or leaves a full bundle, holds.
pub const WIDTH: u64 = 256;

/// The largest leaf that an entry bundle can hold, in bytes.
pub const LARGEST_LEAF: usize = 65_535;

/// Which row of tiles: hashes at a level, or the entries themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// The leaves, as entry bundles.
    Entries,
    /// Hashes of subtrees of 256^level leaves.
    Hashes(u8),
}

/// The path of tile `index` of a row, with `width` of 1–256 entries, relative to the log's folder.
///
/// `tile/0/x001/x234/067` for index 1,234,067; a partial tile ends in `.p/<width>`.
pub fn path(row: Row, index: u64, width: u64) -> String {
    let mut parts = vec![format!("{:03}", index % 1000)];
    let mut rest = index / 1000;
    while rest > 0 {
        parts.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    parts.reverse();
    let row = match row {
        Row::Entries => "entries".to_owned(),
        Row::Hashes(level) => level.to_string(),
    };
    let suffix = if width == WIDTH { String::new() } else { format!(".p/{width}") };
    format!("tile/{row}/{}{suffix}", parts.join("/"))
}

/// Every tile and bundle that a log of `size` entries consists of, by path, each with its row, index and width.
pub fn all(size: u64) -> BTreeMap<String, (Row, u64, u64)> {
    let mut tiles = BTreeMap::new();
    let mut add_row = |row: Row, count: u64| {
        for index in 0..count.div_ceil(WIDTH) {
            let width = (count - index * WIDTH).min(WIDTH);
            tiles.insert(path(row, index, width), (row, index, width));
        }
    };
    add_row(Row::Entries, size);
    let (mut level, mut count) = (0, size);
    while count > 0 {
        add_row(Row::Hashes(level), count);
        level += 1;
        count /= WIDTH;
    }
    tiles
}

/// The paths of the tiles and the bundle that are not full in a log of `size` entries: at most one a row.
pub fn partial(size: u64) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut add = |row: Row, count: u64| {
        if !count.is_multiple_of(WIDTH) {
            paths.insert(path(row, count / WIDTH, count % WIDTH));
        }
    };
    add(Row::Entries, size);
    let (mut level, mut count) = (0, size);
    while count > 0 {
        add(Row::Hashes(level), count);
        level += 1;
        count /= WIDTH;
    }
    paths
}

/// Appends one leaf to an entry bundle: a big-endian 16-bit length, then the leaf. `false` if the leaf is too long.
pub fn push_entry(bundle: &mut Vec<u8>, leaf: &[u8]) -> bool {
    let Ok(length) = u16::try_from(leaf.len()) else { return false };
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(leaf);
    true
}

/// The leaves of an entry bundle; `None` if its lengths do not add up.
pub fn entries(bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut leaves = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<2>()?;
        let (leaf, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        leaves.push(leaf);
        rest = tail;
    }
    Some(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tiles_as_the_specification_does() {
        let cases = [
            (Row::Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
            (Row::Hashes(2), 0, 1, "tile/2/000.p/1"),
            (Row::Entries, 1000, 255, "tile/entries/x001/000.p/255"),
        ];
        for (row, index, width, expected) in cases {
            assert_eq!(path(row, index, width), expected);
        }
    }

    /// The specification's own example: 70,000 entries are 273 full tiles and one of width 112 at level 0, and so on.
    #[test]
    fn lists_the_tiles_of_seventy_thousand_entries() {
        let tiles = all(70_000);
        let count = |row, full: bool| {
            tiles.values().filter(|(r, _, w)| *r == row && (*w == WIDTH) == full).count()
        };
        assert_eq!(count(Row::Hashes(0), true), 273);
        assert!(tiles.contains_key("tile/0/273.p/112"));
        assert_eq!(count(Row::Hashes(1), true), 1);
        assert!(tiles.contains_key("tile/1/001.p/17"));
        assert!(tiles.contains_key("tile/2/000.p/1"));
        assert_eq!(all(256).len(), 3);
        assert!(all(0).is_empty());
        for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
            let narrow =
                |(path, (.., width)): (String, (Row, u64, u64))| (width < WIDTH).then_some(path);
            assert_eq!(partial(size), all(size).into_iter().filter_map(narrow).collect());
        }
    }

    #[test]
    fn bundles_round_trip() {
        let mut bundle = Vec::new();
        assert!(push_entry(&mut bundle, b"one"));
        assert!(push_entry(&mut bundle, b""));
        assert!(push_entry(&mut bundle, &[7; LARGEST_LEAF]));
        assert!(!push_entry(&mut bundle, &[7; LARGEST_LEAF + 1]));
        assert_eq!(entries(&bundle).map(|leaves| leaves.len()), Some(3));
        assert_eq!(entries(&bundle[..bundle.len() - 1]), None);
        assert_eq!(entries(&[0]), None);
    }
}
