//! The tree: leaves, entry bundles and tiles, each made anew from the one below and compared with what lies there.
//!
//! Of every leaf there are three traces: its bytes in an entry bundle, its hash in a tile, and what the payload, the
//! values and the seed give. Where one of them differs from the other two, that one is named.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_model::Digest;
use witnessmark_model::merkle;
use witnessmark_model::tile::{self, Row, WIDTH};

use super::Names;
use super::entries::Entries;
use super::promise::{Sizes, Staging};
use crate::files::{self, Files};
use crate::findings::{Findings, Group};

/// 256 leaves of the largest size, each with its length.
const LARGEST_BUNDLE: u64 = WIDTH * (2 + tile::LARGEST_LEAF as u64);

fn at<T: Copy>(list: &[Option<T>], index: u64) -> Option<T> {
    list.get(usize::try_from(index).ok()?).copied().flatten()
}

fn set(list: &mut [Option<Digest>], index: u64, hash: Digest) {
    if let Some(slot) = usize::try_from(index).ok().and_then(|index| list.get_mut(index)) {
        *slot = Some(hash);
    }
}

fn none(size: u64) -> Vec<Option<Digest>> {
    vec![None; usize::try_from(size).unwrap_or(0)]
}

/// The width of tile `index` in a row of `count`.
fn width(count: u64, index: u64) -> u64 {
    count.saturating_sub(index.saturating_mul(WIDTH)).min(WIDTH)
}

/// The leaves as they stand in the log: in entry bundles, and behind those in the staged batch.
pub(super) struct Leaves<'f> {
    files: &'f dyn Files,
    published: u64,
    staging: Option<&'f Staging>,
    /// The leaves of the bundle that was asked for last.
    open: Option<(u64, Vec<Vec<u8>>)>,
    /// Tiles and bundles that cannot be read, and were reported.
    broken: BTreeSet<String>,
    in_bundles: Vec<Option<Digest>>,
    in_tiles: Vec<Option<Digest>>,
}

impl<'f> Leaves<'f> {
    pub(super) fn read(
        files: &'f dyn Files,
        names: &Names,
        sizes: &Sizes,
        staging: Option<&'f Staging>,
        findings: &mut Findings,
    ) -> Self {
        let mut leaves = Self {
            files,
            published: sizes.published,
            staging,
            open: None,
            broken: BTreeSet::new(),
            in_bundles: none(sizes.all),
            in_tiles: none(sizes.all),
        };
        for index in 0..sizes.published.div_ceil(WIDTH) {
            let width = width(sizes.published, index);
            leaves.read_bundle(index, width, names, findings);
            leaves.read_tile(index, width, names, findings);
        }
        if let Some(staging) = staging {
            for (index, leaf) in (staging.first..).zip(&staging.leaves) {
                if index >= sizes.published {
                    set(&mut leaves.in_bundles, index, merkle::leaf_hash(leaf));
                }
            }
        }
        leaves
    }

    fn read_bundle(&mut self, index: u64, width: u64, names: &Names, findings: &mut Findings) {
        let path = tile::path(Row::Entries, index, width);
        let name = format!("log/{path}");
        match bundle(self.files, names, &name, width) {
            Ok(bytes) => {
                let found = tile::entries(&bytes).unwrap_or_default();
                for (index, leaf) in (index * WIDTH..).zip(found) {
                    set(&mut self.in_bundles, index, merkle::leaf_hash(leaf));
                }
            }
            Err(detail) => {
                findings.fail(Group::Tiles, name, detail);
                self.broken.insert(path);
            }
        }
    }

    fn read_tile(&mut self, index: u64, width: u64, names: &Names, findings: &mut Findings) {
        let path = tile::path(Row::Hashes(0), index, width);
        let name = format!("log/{path}");
        match hashes(self.files, names, &name, width) {
            Ok(found) => {
                for (index, hash) in (index * WIDTH..).zip(found) {
                    set(&mut self.in_tiles, index, hash);
                }
            }
            Err(detail) => {
                findings.fail(Group::Tiles, name, detail);
                self.broken.insert(path);
            }
        }
    }

    /// The bytes of one leaf, if its bundle can be read.
    pub(super) fn get(&mut self, index: u64) -> Option<Vec<u8>> {
        if index >= self.published {
            let staging = self.staging?;
            let slot = usize::try_from(index.checked_sub(staging.first)?).ok()?;
            return staging.leaves.get(slot).cloned();
        }
        let number = index / WIDTH;
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            let path = tile::path(Row::Entries, number, width(self.published, number));
            let bytes = files::bytes(self.files, &format!("log/{path}"), LARGEST_BUNDLE);
            let bytes = bytes.unwrap_or_default();
            let leaves = tile::entries(&bytes).unwrap_or_default();
            self.open = Some((number, leaves.into_iter().map(<[u8]>::to_vec).collect()));
        }
        let (_, leaves) = self.open.as_ref()?;
        leaves.get(usize::try_from(index % WIDTH).ok()?).cloned()
    }
}

fn bundle(files: &dyn Files, names: &Names, name: &str, width: u64) -> Result<Vec<u8>, String> {
    if !names.contains_key(name) {
        return Err("it is missing".into());
    }
    let bytes = files::bytes(files, name, LARGEST_BUNDLE).map_err(|error| error.to_string())?;
    match tile::entries(&bytes) {
        Some(leaves) if leaves.len() as u64 == width => Ok(bytes),
        Some(leaves) => Err(format!("it holds {} leaves, not {width}", leaves.len())),
        None => Err("the lengths of its leaves do not add up".into()),
    }
}

fn hashes(files: &dyn Files, names: &Names, name: &str, width: u64) -> Result<Vec<Digest>, String> {
    if !names.contains_key(name) {
        return Err("it is missing".into());
    }
    let bytes = files::bytes(files, name, WIDTH * 32).map_err(|error| error.to_string())?;
    let (found, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || found.len() as u64 != width {
        return Err(format!("it has {} bytes, not {width} hashes of 32", bytes.len()));
    }
    Ok(found.iter().map(|hash| Digest(*hash)).collect())
}

/// The tree that the entries give.
pub(super) struct Tree {
    /// Level 0: leaf hashes; level n: hashes of subtrees of 256^n leaves. A gap where entries are missing.
    levels: Vec<Vec<Option<Digest>>>,
}

impl Tree {
    /// The hash of one leaf.
    pub(super) fn leaf(&self, index: u64) -> Option<Digest> {
        at(self.levels.first()?, index)
    }

    /// The root over the first `size` leaves, if all of them are known.
    pub(super) fn root(&self, size: u64) -> Option<Digest> {
        let (mut count, mut right) = (usize::try_from(size).ok()?, None);
        for level in &self.levels {
            let edge = level.get(count / WIDTH as usize * WIDTH as usize..count)?;
            let mut row: Vec<Digest> = edge.iter().copied().collect::<Option<_>>()?;
            row.extend(right);
            if !row.is_empty() {
                right = Some(merkle::root(&row));
            }
            count /= WIDTH as usize;
        }
        (count == 0).then(|| right.unwrap_or_else(|| merkle::root(&[])))
    }

    fn grow(leaves: Vec<Option<Digest>>) -> Self {
        let mut levels = vec![leaves];
        loop {
            let below = levels.last().map(Vec::as_slice).unwrap_or_default();
            let (full, _) = below.as_chunks::<{ WIDTH as usize }>();
            if full.is_empty() {
                return Self { levels };
            }
            let above = full.iter().map(|hashes| {
                let known: Option<Vec<Digest>> = hashes.iter().copied().collect();
                known.map(|known| merkle::root(&known))
            });
            let above = above.collect();
            levels.push(above);
        }
    }

    /// The hashes that a tile must hold, if all are known.
    fn tile(&self, level: u8, index: u64, width: u64) -> Option<Vec<Digest>> {
        let first = usize::try_from(index.checked_mul(WIDTH)?).ok()?;
        let end = first.checked_add(usize::try_from(width).ok()?)?;
        self.levels.get(usize::from(level))?.get(first..end)?.iter().copied().collect()
    }
}

/// Settles each leaf, and compares every bundle and tile with the tree that follows.
pub(super) fn check(
    files: &dyn Files,
    names: &Names,
    sizes: &Sizes,
    leaves: Leaves<'_>,
    entries: &Entries,
    findings: &mut Findings,
) -> Tree {
    let mut settled = none(sizes.all);
    let mut blamed = Blamed::default();
    for index in 0..sizes.all {
        let made = at(&entries.leaf_hashes, index);
        let bundle = at(&leaves.in_bundles, index);
        let tile = at(&leaves.in_tiles, index);
        let Some(hash) = settle(made, bundle, tile) else { continue };
        set(&mut settled, index, hash);
        // Without two that agree, nobody can say which of them is wrong.
        let agreed = [made, bundle, tile].iter().flatten().filter(|found| **found == hash).count();
        let alone = [made, bundle, tile].iter().flatten().count() == 1;
        let wrong = |found: Option<Digest>| {
            found.is_some_and(|found| found != hash || (agreed < 2 && !alone))
        };
        if wrong(made) {
            let note = entries.notes.get(&index).map(String::as_str).unwrap_or_default();
            let detail =
                format!("what the payload, its values and its seed give is not in the log{note}");
            findings.fail(Group::Entries, format!("entry {index}"), detail);
        } else if made.is_some() {
            findings.pass(Group::Entries);
        }
        if index < sizes.published {
            let number = index / WIDTH;
            let width = width(sizes.published, number);
            if wrong(bundle) {
                blamed.add(tile::path(Row::Entries, number, width), index);
            }
            if wrong(tile) {
                blamed.add(tile::path(Row::Hashes(0), number, width), index);
            }
        }
    }
    for (path, (first, count)) in &blamed.0 {
        let detail = format!(
            "{} in it {} not what the entries give, the first for entry {first}",
            super::counted(*count, "leaf", "leaves"),
            if *count == 1 { "is" } else { "are" }
        );
        findings.fail(Group::Tiles, format!("log/{path}"), detail);
    }
    let tree = Tree::grow(settled);
    let required = tile::all(sizes.published);
    for (path, place) in &required {
        let (row, index, _) = *place;
        if matches!(row, Row::Hashes(1..)) {
            compare(files, names, path, *place, &tree, findings);
        } else if !leaves.broken.contains(path)
            && !blamed.0.contains_key(path)
            && tree.leaf(index * WIDTH).is_some()
        {
            findings.pass(Group::Tiles);
        }
    }
    if sizes.published < sizes.all {
        for (path, place) in tile::all(sizes.all) {
            if !required.contains_key(&path) && names.contains_key(&format!("log/{path}")) {
                compare(files, names, &path, place, &tree, findings);
            }
        }
    }
    tree
}

/// The hash that two of the three agree on; else the one made anew, or whichever there is.
fn settle(made: Option<Digest>, bundle: Option<Digest>, tile: Option<Digest>) -> Option<Digest> {
    match (made, bundle, tile) {
        (Some(made), Some(bundle), _) if made == bundle => Some(made),
        (_, Some(bundle), Some(tile)) if bundle == tile => Some(bundle),
        _ => made.or(bundle).or(tile),
    }
}

/// Tiles and bundles with wrong leaves: the first, and how many.
#[derive(Default)]
struct Blamed(BTreeMap<String, (u64, u64)>);

impl Blamed {
    fn add(&mut self, path: String, index: u64) {
        self.0.entry(path).or_insert((index, 0)).1 += 1;
    }
}

/// Compares one tile or bundle, whole, with what the tree says it holds.
fn compare(
    files: &dyn Files,
    names: &Names,
    path: &str,
    (row, index, width): (Row, u64, u64),
    tree: &Tree,
    findings: &mut Findings,
) {
    let name = format!("log/{path}");
    let (level, found) = match row {
        Row::Hashes(level) => (level, hashes(files, names, &name, width)),
        Row::Entries => {
            let found = bundle(files, names, &name, width).map(|bytes| {
                let leaves = tile::entries(&bytes).unwrap_or_default();
                leaves.into_iter().map(merkle::leaf_hash).collect()
            });
            (0, found)
        }
    };
    match (found, tree.tile(level, index, width)) {
        (Err(detail), _) => findings.fail(Group::Tiles, name, detail),
        (Ok(found), Some(expected)) if found == expected => findings.pass(Group::Tiles),
        (Ok(_), Some(_)) => findings.fail(Group::Tiles, name, "it is not what the entries give"),
        (Ok(_), None) => {
            findings.unchecked(
                Group::Tiles,
                name,
                "entries are missing, so it cannot be made anew",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_any_first_entries_is_that_of_the_plain_tree() {
        let leaves: Vec<_> = (0..66_000u32).map(|n| merkle::leaf_hash(&n.to_be_bytes())).collect();
        let tree = Tree::grow(leaves.iter().copied().map(Some).collect());
        for size in [0, 1, 2, 3, 255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_537, 66_000] {
            assert_eq!(tree.root(size), Some(merkle::root(&leaves[..size as usize])), "{size}");
        }
        assert_eq!(tree.root(66_001), None);
        assert_eq!(tree.root(u64::MAX), None);
        let gap = leaves.iter().enumerate().map(|(n, leaf)| (n != 300).then_some(*leaf));
        let tree = Tree::grow(gap.collect());
        assert_eq!(tree.root(300), Some(merkle::root(&leaves[..300])));
        assert_eq!(tree.root(301), None, "one is not known");
    }
}
