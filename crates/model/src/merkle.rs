//! The Merkle tree of RFC 6962, section 2.1, with SHA-256.

use crate::Digest;

/// The hash of a leaf: SHA-256(0x00 ‖ leaf).
pub fn leaf_hash(leaf: &[u8]) -> Digest {
    Digest::of_all(&[&[0], leaf])
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::of_all(&[&[1], &left.0, &right.0])
}

/// The root of the tree over `leaves` (leaf hashes, in order); SHA-256 of nothing for an empty tree.
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The largest power of two smaller than `size`, for `size` ≥ 2.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The audit path of leaf `index`, from its sibling up to the root's child; `None` if there is no such leaf.
pub fn inclusion_path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    let mut path = Vec::new();
    let (mut leaves, mut index) = (leaves, index);
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if index < left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            index -= left.len();
            leaves = right;
        }
    }
    path.reverse();
    Some(path)
}

/// The root that leaf `index` of a tree of `size` leads to by `path`; `None` if the path has the wrong length or the
/// index lies outside the tree (RFC 9162, section 2.1.3.2).
pub fn root_from_inclusion(leaf: Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// Whether `path` shows that the tree of `new_size` with `new_root` only adds to the one of `old_size` with `old_root`
/// (RFC 9162, section 2.1.4.2). Equal sizes need equal roots and an empty path; an old size of 0 proves nothing and is
/// refused.
pub fn is_consistent(
    old_size: u64,
    old_root: Digest,
    new_size: u64,
    new_root: Digest,
    path: &[Digest],
) -> bool {
    if old_size == 0 || old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    let mut siblings = path.iter();
    let first = if old_size.is_power_of_two() { Some(&old_root) } else { siblings.next() };
    let Some(first) = first else { return false };
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in siblings {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == old_root && new_hash == new_root
}

/// The consistency proof from the first `old_size` leaves to all of them (RFC 6962, section 2.1.2); `None` unless
/// 0 < `old_size` ≤ the number of leaves.
pub fn consistency_path(leaves: &[Digest], old_size: usize) -> Option<Vec<Digest>> {
    if old_size == 0 || old_size > leaves.len() {
        return None;
    }
    let mut path = Vec::new();
    let (mut leaves, mut old, mut whole) = (leaves, old_size, true);
    while old < leaves.len() {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if old <= left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            old -= left.len();
            leaves = right;
            whole = false;
        }
    }
    if !whole {
        path.push(root(leaves));
    }
    path.reverse();
    Some(path)
}

/// The root of a growing tree, held as the roots of its full subtrees: log₂(size) digests, whatever the size.
///
/// Serves commitments over the records of an archive that streams by.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Digest>,
}

impl Frontier {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a leaf by its leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        let mut size = self.size;
        while size & 1 == 1 {
            if let Some(left) = self.subtrees.pop() {
                hash = node_hash(&left, &hash);
            }
            size >>= 1;
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    /// How many leaves were added.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree so far.
    pub fn root(&self) -> Digest {
        let mut right_to_left = self.subtrees.iter().rev();
        match right_to_left.next() {
            None => Digest::of(b""),
            Some(last) => right_to_left.fold(*last, |hash, left| node_hash(left, &hash)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(size: usize) -> Vec<Digest> {
        (0..size).map(|i| leaf_hash(&(i as u32).to_be_bytes())).collect()
    }

    /// Roots of the tree over the eight inputs that Certificate Transparency's reference tests use.
    #[test]
    fn agrees_with_known_roots() {
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let known = [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        let hashes: Vec<_> = inputs.iter().map(|input| leaf_hash(input)).collect();
        for (size, hex) in known {
            assert_eq!(root(&hashes[..size]).hex(), hex, "size {size}");
        }
    }

    #[test]
    fn every_proof_of_small_trees_verifies_and_no_other() {
        for size in 1..=33usize {
            let leaves = leaves(size);
            let root = root(&leaves);
            for index in 0..size {
                let path = inclusion_path(&leaves, index).unwrap();
                let found =
                    |i: u64, n: u64, p: &[Digest]| root_from_inclusion(leaves[index], i, n, p);
                assert_eq!(found(index as u64, size as u64, &path), Some(root));
                let mut longer = path.clone();
                longer.push(root);
                assert_ne!(found(index as u64, size as u64, &longer), Some(root));
                assert_eq!(found(size as u64, size as u64, &path), None);
                if let Some((_, shorter)) = path.split_last() {
                    assert_ne!(found(index as u64, size as u64, shorter), Some(root));
                }
            }
            for old in 1..=size {
                let old_root = super::root(&leaves[..old]);
                let path = consistency_path(&leaves, old).unwrap();
                assert!(is_consistent(old as u64, old_root, size as u64, root, &path));
                assert!(!is_consistent(old as u64, leaf_hash(b"x"), size as u64, root, &path));
            }
        }
    }

    proptest! {
        #[test]
        fn frontier_equals_recursion(size in 0usize..700) {
            let leaves = leaves(size);
            let mut frontier = Frontier::new();
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            prop_assert_eq!(frontier.root(), root(&leaves));
        }
    }
}
