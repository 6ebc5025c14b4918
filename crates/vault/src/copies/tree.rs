//! The log's tree read from tiles wherever they lie: roots of earlier sizes, and proofs that one log continues another.

use std::cell::RefCell;
use std::collections::HashMap;

use witnessmark_model::tile::{self, Row, WIDTH};
use witnessmark_model::{Digest, merkle};

use super::CopyError;

/// Gives the bytes of a file of a log by its name below `log/`; none if it is not there.
pub(crate) type ReadTile<'r> = &'r dyn Fn(&str) -> Result<Option<Vec<u8>>, CopyError>;

/// The tree of a log of one size.
pub(crate) struct Tree<'r> {
    read: ReadTile<'r>,
    size: u64,
    tiles: RefCell<HashMap<(u8, u64), Vec<Digest>>>,
}

impl<'r> Tree<'r> {
    pub(crate) fn new(size: u64, read: ReadTile<'r>) -> Self {
        Self { read, size, tiles: RefCell::default() }
    }

    fn hashes(
        &self,
        level: u8,
        index: u64,
        from: u64,
        count: u64,
    ) -> Result<Vec<Digest>, CopyError> {
        if let Some(found) = self.tiles.borrow().get(&(level, index)) {
            return cut(found, from, count).ok_or_else(|| short(level, index));
        }
        let row = Row::Hashes(level);
        let in_row = self.size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let width = in_row.saturating_sub(index.saturating_mul(WIDTH)).min(WIDTH);
        let mut bytes = (self.read)(&tile::path(row, index, width))?;
        if bytes.is_none() && width < WIDTH {
            bytes = (self.read)(&tile::path(row, index, WIDTH))?;
        }
        let bytes = bytes.ok_or_else(|| CopyError::Unreadable {
            name: format!("log/{}", tile::path(row, index, width)),
            detail: "it is missing".to_owned(),
        })?;
        let (hashes, _) = bytes.as_chunks::<32>();
        let hashes: Vec<Digest> = hashes.iter().map(|hash| Digest(*hash)).collect();
        let found = cut(&hashes, from, count).ok_or_else(|| short(level, index));
        self.tiles.borrow_mut().insert((level, index), hashes);
        found
    }

    /// The root over leaves `start..end`, where `start` is a multiple of a power of two no smaller than the range.
    fn range(&self, start: u64, end: u64) -> Result<Digest, CopyError> {
        let length = end.saturating_sub(start);
        if length.is_power_of_two() {
            let height = length.trailing_zeros();
            let level = u8::try_from(height / 8).unwrap_or(u8::MAX);
            let unit = 1u64 << (8 * u32::from(level));
            let (first, count) = (start / unit, length / unit);
            return Ok(merkle::root(&self.hashes(level, first / WIDTH, first % WIDTH, count)?));
        }
        let split = length.next_power_of_two() / 2;
        let (left, right) = (self.range(start, start + split)?, self.range(start + split, end)?);
        Ok(merkle::node_hash(&left, &right))
    }

    /// The root over the first `size` leaves; none if there are fewer.
    pub(crate) fn root(&self, size: u64) -> Result<Option<Digest>, CopyError> {
        if size == 0 || size > self.size {
            return Ok(None);
        }
        self.range(0, size).map(Some)
    }

    /// The consistency proof from the first `old` leaves to all of them (RFC 6962, section 2.1.2).
    pub(crate) fn consistency(&self, old: u64) -> Result<Vec<Digest>, CopyError> {
        let (mut start, mut end, mut whole, mut path) = (0, self.size, true, Vec::new());
        while old < end {
            let middle = start + (end - start).next_power_of_two() / 2;
            if old <= middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                (start, whole) = (middle, false);
            }
        }
        if !whole {
            path.push(self.range(start, end)?);
        }
        path.reverse();
        Ok(path)
    }
}

fn cut(hashes: &[Digest], from: u64, count: u64) -> Option<Vec<Digest>> {
    let from = usize::try_from(from).ok()?;
    let to = from.checked_add(usize::try_from(count).ok()?)?;
    hashes.get(from..to).map(<[Digest]>::to_vec)
}

fn short(level: u8, index: u64) -> CopyError {
    CopyError::Unreadable {
        name: format!("log/{}", tile::path(Row::Hashes(level), index, WIDTH)),
        detail: "it holds fewer hashes than the log has".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The tiles of hashes of a log whose leaves have these hashes.
    fn tiles(leaves: &[Digest]) -> BTreeMap<String, Vec<u8>> {
        let (mut made, mut row, mut level) = (BTreeMap::new(), leaves.to_vec(), 0);
        while !row.is_empty() {
            let mut above = Vec::new();
            for (index, some) in (0..).zip(row.chunks(256)) {
                let bytes = some.iter().flat_map(|hash| hash.0).collect();
                made.insert(tile::path(Row::Hashes(level), index, some.len() as u64), bytes);
                if some.len() == 256 {
                    above.push(merkle::root(some));
                }
            }
            (row, level) = (above, level + 1);
        }
        made
    }

    #[test]
    fn proofs_from_tiles_are_those_of_the_plain_tree() {
        let leaves: Vec<Digest> =
            (0..70_000u32).map(|index| merkle::leaf_hash(&index.to_be_bytes())).collect();
        for size in [1usize, 2, 255, 256, 257, 700, 65_536, 65_537, 70_000] {
            let tiles = tiles(&leaves[..size]);
            let read = |name: &str| Ok(tiles.get(name).cloned());
            let tree = Tree::new(size as u64, &read);
            let root = merkle::root(&leaves[..size]);
            for old in [1, size / 3, size / 2, size.saturating_sub(1), size] {
                let old = old.max(1);
                let old_root = merkle::root(&leaves[..old]);
                assert_eq!(tree.root(old as u64).unwrap(), Some(old_root));
                let path = tree.consistency(old as u64).unwrap();
                assert_eq!(Some(&path), merkle::consistency_path(&leaves[..size], old).as_ref());
                assert!(merkle::is_consistent(old as u64, old_root, size as u64, root, &path));
            }
            assert_eq!(tree.root(size as u64 + 1).unwrap(), None);
        }
    }
}
