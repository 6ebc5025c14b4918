//! The log's tree as tiles in a folder: appending at the right edge, proofs from what lies there.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use witnessmark_model::tile::{self, Row, WIDTH};
use witnessmark_model::{Digest, merkle};

use crate::{VaultError, durable};

/// The right edge of the tree: at each level the hashes of the tile that is not full yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edge {
    size: u64,
    levels: Vec<Vec<Digest>>,
    bundle: Vec<u8>,
}

impl Edge {
    /// The edge of the tree of `size` in `log`.
    pub(crate) fn load(log: &Path, size: u64) -> Result<Self, VaultError> {
        let mut edge = Self { size, ..Self::default() };
        let (mut level, mut count) = (0, size);
        while count > 0 {
            let width = count % WIDTH;
            let hashes =
                if width == 0 { Vec::new() } else { read_tile(log, level, count / WIDTH, width)? };
            edge.levels.push(hashes);
            level += 1;
            count /= WIDTH;
        }
        let width = size % WIDTH;
        if width > 0 {
            let path = log.join(tile::path(Row::Entries, size / WIDTH, width));
            let bundle = durable::read(&path)?;
            // What is appended to it is signed anew, so it has to be what was signed before.
            let leaves = tile::entries(&bundle).unwrap_or_default();
            let hashes = leaves.iter().map(|leaf| merkle::leaf_hash(leaf));
            if !edge.levels.first().is_some_and(|tile| hashes.eq(tile.iter().copied())) {
                return Err(VaultError::damaged(&path, "its leaves are not those of the tile"));
            }
            edge.bundle = bundle;
        }
        Ok(edge)
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf; tiles and bundles that became full go into `full`.
    pub(crate) fn push(&mut self, leaf: &[u8], full: &mut BTreeMap<String, Vec<u8>>) -> bool {
        if !tile::push_entry(&mut self.bundle, leaf) {
            return false;
        }
        let mut index = self.size / WIDTH;
        self.size += 1;
        if self.size.is_multiple_of(WIDTH) {
            full.insert(tile::path(Row::Entries, index, WIDTH), std::mem::take(&mut self.bundle));
        }
        let (mut hash, mut level) = (merkle::leaf_hash(leaf), 0u8);
        loop {
            let slot = usize::from(level);
            if self.levels.len() == slot {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(slot) else { return false };
            hashes.push(hash);
            if (hashes.len() as u64) < WIDTH {
                return true;
            }
            hash = merkle::root(hashes);
            full.insert(tile::path(Row::Hashes(level), index, WIDTH), bytes(hashes));
            hashes.clear();
            index /= WIDTH;
            level += 1;
        }
    }

    /// The tiles and bundles that are not full.
    pub(crate) fn partial(&self) -> BTreeMap<String, Vec<u8>> {
        let mut tiles = BTreeMap::new();
        let mut count = self.size;
        for (level, hashes) in (0u8..).zip(&self.levels) {
            if !hashes.is_empty() {
                let path = tile::path(Row::Hashes(level), count / WIDTH, count % WIDTH);
                tiles.insert(path, bytes(hashes));
            }
            count /= WIDTH;
        }
        if !self.bundle.is_empty() {
            let path = tile::path(Row::Entries, self.size / WIDTH, self.size % WIDTH);
            tiles.insert(path, self.bundle.clone());
        }
        tiles
    }

    /// The root of the whole tree.
    pub(crate) fn root(&self) -> Digest {
        let mut right: Option<Digest> = None;
        for hashes in &self.levels {
            let mut row = hashes.clone();
            row.extend(right);
            if !row.is_empty() {
                right = Some(merkle::root(&row));
            }
        }
        right.unwrap_or_else(|| merkle::root(&[]))
    }
}

fn bytes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes of a tile; for a partial one that is gone, the first `width` of the full one.
fn read_tile(log: &Path, level: u8, index: u64, width: u64) -> Result<Vec<Digest>, VaultError> {
    let row = Row::Hashes(level);
    let partial = log.join(tile::path(row, index, width));
    let full = log.join(tile::path(row, index, WIDTH));
    let (path, named, bytes) = match durable::read_if_there(&partial)? {
        Some(bytes) => (partial, width, bytes),
        None => match durable::read_if_there(&full)? {
            Some(bytes) => (full, WIDTH, bytes),
            None => return Err(VaultError::damaged(&partial, "it is missing")),
        },
    };
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() as u64 != named {
        return Err(VaultError::damaged(&path, "it does not have the width in its name"));
    }
    let wanted = usize::try_from(width).unwrap_or(usize::MAX);
    Ok(hashes.iter().take(wanted).map(|hash| Digest(*hash)).collect())
}

/// Reads proofs out of the tiles of a tree of one size.
pub(crate) struct TileReader {
    log: PathBuf,
    size: u64,
    cache: HashMap<(u8, u64), Vec<Digest>>,
}

impl TileReader {
    pub(crate) fn new(log: &Path, size: u64) -> Self {
        Self { log: log.to_owned(), size, cache: HashMap::new() }
    }

    fn tile(&mut self, level: u8, index: u64) -> Result<&[Digest], VaultError> {
        if !self.cache.contains_key(&(level, index)) {
            let count = self.size >> (8 * u32::from(level));
            let width = (count - index * WIDTH).min(WIDTH);
            let hashes = read_tile(&self.log, level, index, width)?;
            self.cache.insert((level, index), hashes);
        }
        Ok(self.cache.get(&(level, index)).map(Vec::as_slice).unwrap_or_default())
    }

    /// The root over leaves `start..end`, where `start` is a multiple of a power of two that is no smaller than the
    /// range: the ranges that RFC 6962 speaks of.
    fn range_root(&mut self, start: u64, end: u64) -> Result<Digest, VaultError> {
        let length = end - start;
        if length.is_power_of_two() {
            let height = length.trailing_zeros();
            let level = u8::try_from(height / 8).unwrap_or(u8::MAX);
            let unit = 1u64 << (8 * u32::from(level));
            let (first, count) = (start / unit, length / unit);
            let tile = self.tile(level, first / WIDTH)?;
            let from = usize::try_from(first % WIDTH).unwrap_or(usize::MAX);
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let hashes = from.checked_add(count).and_then(|to| tile.get(from..to));
            return match hashes {
                Some(hashes) => Ok(merkle::root(hashes)),
                None => Err(VaultError::damaged(&self.log, "a tile is too short")),
            };
        }
        let split = length.next_power_of_two() / 2;
        let left = self.range_root(start, start + split)?;
        let right = self.range_root(start + split, end)?;
        Ok(merkle::node_hash(&left, &right))
    }

    /// The audit path of entry `index`; `None` if there is no such entry.
    pub(crate) fn inclusion_path(&mut self, index: u64) -> Result<Option<Vec<Digest>>, VaultError> {
        if index >= self.size {
            return Ok(None);
        }
        let (mut start, mut end, mut path) = (0, self.size, Vec::new());
        while end - start > 1 {
            let middle = start + (end - start).next_power_of_two() / 2;
            if index < middle {
                path.push(self.range_root(middle, end)?);
                end = middle;
            } else {
                path.push(self.range_root(start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Ok(Some(path))
    }

    /// The root of the tree of the first `size` entries; `None` if there are fewer.
    pub(crate) fn root_at(&mut self, size: u64) -> Result<Option<Digest>, VaultError> {
        match size {
            0 => Ok(Some(merkle::root(&[]))),
            _ if size > self.size => Ok(None),
            _ => self.range_root(0, size).map(Some),
        }
    }

    /// The consistency proof from the first `old` entries to all (RFC 6962, section 2.1.2); `None` unless
    /// 0 < `old` ≤ the size.
    pub(crate) fn consistency_path(&mut self, old: u64) -> Result<Option<Vec<Digest>>, VaultError> {
        if old == 0 || old > self.size {
            return Ok(None);
        }
        let (mut start, mut end, mut path) = (0, self.size, Vec::new());
        while old < end {
            let middle = start + (end - start).next_power_of_two() / 2;
            if old <= middle {
                path.push(self.range_root(middle, end)?);
                end = middle;
            } else {
                path.push(self.range_root(start, middle)?);
                start = middle;
            }
        }
        // The old tree's own root is known to whoever asks.
        if start > 0 {
            path.push(self.range_root(start, end)?);
        }
        path.reverse();
        Ok(Some(path))
    }

    /// The leaf at `index`, as it stands in its entry bundle.
    pub(crate) fn leaf(&self, index: u64) -> Result<Vec<u8>, VaultError> {
        let bundle = index / WIDTH;
        let width = (self.size - bundle * WIDTH).min(WIDTH);
        let path = self.log.join(tile::path(Row::Entries, bundle, width));
        let bytes = durable::read(&path)?;
        let slot = usize::try_from(index % WIDTH).unwrap_or(usize::MAX);
        tile::entries(&bytes)
            .filter(|leaves| leaves.len() as u64 == width)
            .and_then(|leaves| leaves.get(slot).map(|leaf| leaf.to_vec()))
            .ok_or_else(|| VaultError::damaged(&path, "it does not hold the entries in its name"))
    }
}

/// Writes tiles durably: the files of one folder together, then the folder.
pub(crate) fn write(log: &Path, tiles: &BTreeMap<String, Vec<u8>>) -> Result<(), VaultError> {
    let mut folders: BTreeMap<PathBuf, ()> = BTreeMap::new();
    for (name, bytes) in tiles {
        let path = log.join(name);
        let folder = path.parent().unwrap_or(log).to_owned();
        durable::make_folder(&folder)?;
        let mut temporary = durable::Temporary::beside(&folder)?;
        temporary.write_all(bytes)?;
        temporary.sync()?;
        temporary.name(&path)?;
        folders.insert(folder, ());
    }
    folders.keys().try_for_each(|folder| durable::sync_folder(folder))
}

/// Removes the partial tiles of `old_size` that the tree of `new_size` does not have.
pub(crate) fn prune(log: &Path, old_size: u64, new_size: u64) -> Result<(), VaultError> {
    let keep = tile::partial(new_size);
    for name in tile::partial(old_size).difference(&keep) {
        let path = log.join(name);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => return Err(VaultError::machine("remove", &path)(cause)),
        }
        // The folder of partial tiles stays as long as it holds one of them.
        let _ = path.parent().map(fs::remove_dir);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_give_the_roots_and_proofs_of_the_plain_tree() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path();
        let mut edge = Edge::default();
        let (mut leaves, mut old) = (Vec::new(), 0);
        for size in [1u64, 2, 7, 255, 256, 257, 600, 65_536, 65_537, 66_000] {
            let mut tiles = BTreeMap::new();
            while edge.size() < size {
                let leaf = edge.size().to_be_bytes();
                assert!(edge.push(&leaf, &mut tiles));
                leaves.push(merkle::leaf_hash(&leaf));
            }
            tiles.extend(edge.partial());
            write(log, &tiles).unwrap();
            prune(log, old, size).unwrap();
            old = size;
            let root = merkle::root(&leaves);
            assert_eq!(edge.root(), root, "size {size}");
            assert_eq!(Edge::load(log, size).unwrap().root(), root, "size {size}");
            let mut found = Vec::new();
            crate::blobs::walk(log, &mut found).unwrap();
            assert_eq!(found.len(), tile::all(size).len(), "size {size}: exactly its tiles");
            let mut reader = TileReader::new(log, size);
            for index in [0, size / 3, size / 2, size - 1] {
                let path = reader.inclusion_path(index).unwrap().unwrap();
                let leaf = reader.leaf(index).unwrap();
                assert_eq!(leaf, index.to_be_bytes());
                let hash = merkle::leaf_hash(&leaf);
                assert_eq!(merkle::root_from_inclusion(hash, index, size, &path), Some(root));
            }
            assert_eq!(reader.inclusion_path(size).unwrap(), None);
            for old in [1, 2, size / 3, size / 2, 255, 256, 257, 65_536, size - 1, size] {
                let path = reader.consistency_path(old).unwrap();
                let old_root = reader.root_at(old).unwrap();
                if old == 0 || old > size {
                    assert_eq!(path, None, "{old} of {size}");
                    continue;
                }
                let old_root = old_root.unwrap();
                assert_eq!(old_root, merkle::root(&leaves[..old as usize]), "{old} of {size}");
                let consistent = merkle::is_consistent(old, old_root, size, root, &path.unwrap());
                assert!(consistent, "{old} of {size}");
            }
        }
    }

    /// A log of 600 entries, to be damaged: its folder, and a reader that has read nothing yet.
    fn six_hundred() -> (tempfile::TempDir, TileReader) {
        let folder = tempfile::tempdir().unwrap();
        let (mut edge, mut tiles) = (Edge::default(), BTreeMap::new());
        for index in 0..600u64 {
            assert!(edge.push(&index.to_be_bytes(), &mut tiles));
        }
        tiles.extend(edge.partial());
        write(folder.path(), &tiles).unwrap();
        let reader = TileReader::new(folder.path(), 600);
        (folder, reader)
    }

    #[test]
    fn tiles_of_another_width_than_their_name_are_refused() {
        type Case = (&'static str, &'static str, fn(&mut Vec<u8>));
        let cases: [Case; 8] = [
            ("a byte too many", "tile/0/002.p/88", |tile| tile.push(0)),
            ("a byte too few", "tile/0/002.p/88", |tile| tile.truncate(88 * 32 - 1)),
            ("a hash too many", "tile/0/002.p/88", |tile| tile.extend([0; 32])),
            ("a hash too few", "tile/0/002.p/88", |tile| tile.truncate(87 * 32)),
            ("a full tile with a hash too many", "tile/0/000", |tile| tile.extend([0; 32])),
            ("a full tile with a hash too few", "tile/0/000", |tile| tile.truncate(255 * 32)),
            ("no bytes", "tile/0/000", Vec::clear),
            ("an upper tile with bytes to spare", "tile/1/000.p/2", |tile| tile.extend([0; 7])),
        ];
        for (name, path, damage) in cases {
            let (folder, mut reader) = six_hundred();
            let path = folder.path().join(path);
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::write(&path, bytes).unwrap();
            // Between them, these need every tile.
            let found = [3, 300, 599].map(|index| reader.inclusion_path(index).err());
            assert!(found.iter().flatten().count() > 0, "{name}");
            for error in found.into_iter().flatten() {
                let expected = format!("{} is damaged: it does not have", path.display());
                assert!(error.to_string().starts_with(&expected), "{name}: {error}");
            }
        }
    }

    #[test]
    fn bundles_with_more_or_other_entries_are_refused() {
        let (folder, reader) = six_hundred();
        let path = folder.path().join("tile/entries/002.p/88");
        let bytes = fs::read(&path).unwrap();
        let one_more = [bytes.as_slice(), &[0, 1, 7]].concat();
        let mut other = bytes.clone();
        *other.last_mut().unwrap() ^= 1;
        for (name, damaged, leaf_is_read) in [
            ("one entry more", one_more, false),
            ("cut in an entry", bytes[..bytes.len() - 1].to_vec(), false),
            ("another last entry", other, true),
        ] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(reader.leaf(512).is_ok(), leaf_is_read, "{name}");
            // No entry is ever appended to it.
            assert!(Edge::load(folder.path(), 600).is_err(), "{name}");
        }
    }

    /// The specification knows no partial tile of width 0 or 256. Such files are never read; `verify` finds them.
    #[test]
    fn partial_tiles_of_width_0_or_256_are_never_read() {
        let (folder, mut reader) = six_hundred();
        let root = Edge::load(folder.path(), 600).unwrap().root();
        for stray in
            ["tile/0/000.p/256", "tile/0/002.p/0", "tile/entries/000.p/256", "tile/2/000.p/0"]
        {
            let path = folder.path().join(stray);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, [7; 32]).unwrap();
        }
        assert_eq!(reader.root_at(600).unwrap(), Some(root));
        assert_eq!(Edge::load(folder.path(), 600).unwrap().root(), root);
        // Full tiles at every level: nothing partial is there to be read.
        let (mut edge, mut tiles) = (Edge::default(), BTreeMap::new());
        for index in 0..256u64 {
            assert!(edge.push(&index.to_be_bytes(), &mut tiles));
        }
        tiles.extend(edge.partial());
        assert_eq!(
            tiles.into_keys().collect::<Vec<_>>(),
            ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]
        );
    }
}
