//! From pairs to persons, without putting two records of a list without repeats together.

use super::{Record, ReviewPair};
use std::collections::BTreeSet;

pub(super) struct Joined {
    /// The cluster of each record, named by one of its records.
    pub(super) clusters: Vec<usize>,
    /// The pairs that joined two clusters.
    pub(super) pairs: Vec<[usize; 2]>,
}

/// Joins pairs from the most probable to the least, leaving out those that would put into one cluster
/// two records of one list without repeats, or two that a person keeps `apart`.
pub(super) fn join(
    records: &[Record],
    pairs: &[ReviewPair],
    without_repeats: &[usize],
    apart: &[[usize; 2]],
) -> Joined {
    let mut order: Vec<&ReviewPair> = pairs.iter().collect();
    order.sort_by(|one, other| {
        other.probability.total_cmp(&one.probability).then(one.records.cmp(&other.records))
    });
    let mut parent: Vec<usize> = (0..records.len()).collect();
    let lists_of = |record: &Record| -> BTreeSet<usize> {
        without_repeats.iter().copied().filter(|list| *list == record.list).collect()
    };
    let mut lists: Vec<BTreeSet<usize>> = records.iter().map(lists_of).collect();
    let mut kept = Vec::new();
    for pair in order {
        let [one, other] = pair.records.map(|record| root(&mut parent, record));
        if one == other {
            continue;
        }
        let (Some(first), Some(second)) = (lists.get(one), lists.get(other)) else { continue };
        if !first.is_disjoint(second) {
            continue;
        }
        let is_forbidden = apart.iter().any(|kept_apart| {
            let heads = kept_apart.map(|record| root(&mut parent, record));
            heads == [one, other] || heads == [other, one]
        });
        if is_forbidden {
            continue;
        }
        let both: BTreeSet<usize> = first.union(second).copied().collect();
        let (head, tail) = (one.min(other), one.max(other));
        if let Some(slot) = parent.get_mut(tail) {
            *slot = head;
        }
        if let Some(slot) = lists.get_mut(head) {
            *slot = both;
        }
        kept.push(pair.records);
    }
    let clusters = (0..records.len()).map(|record| root(&mut parent, record)).collect();
    Joined { clusters, pairs: kept }
}

/// The head of a cluster; paths are halved on the way.
fn root(parent: &mut [usize], record: usize) -> usize {
    let mut at = record;
    loop {
        let above = parent.get(at).copied().unwrap_or(at);
        if above == at {
            return at;
        }
        let further = parent.get(above).copied().unwrap_or(above);
        if let Some(slot) = parent.get_mut(at) {
            *slot = further;
        }
        at = further;
    }
}
