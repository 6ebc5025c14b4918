//! Decomposable graphs on a few lists.

/// A decomposable (chordal) graph: its cliques, and the separators of a junction tree (Lauritzen
/// 1996, *Graphical Models*, chapter 2). Bit j is list j.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Graph {
    pub(crate) cliques: Vec<u32>,
    /// With multiplicity, the empty ones left out.
    pub(super) separators: Vec<u32>,
}

impl Graph {
    /// Whether all lists form one clique, so that nothing is taken to be independent.
    pub(super) fn is_saturated(&self) -> bool {
        self.cliques.len() == 1
    }
}

/// All decomposable graphs: 8, 61 and 822 on three, four and five vertices; the one without edges
/// first.
pub(crate) fn decomposable(vertices: usize) -> Vec<Graph> {
    let pairs: Vec<(usize, usize)> =
        (0..vertices).flat_map(|a| (a + 1..vertices).map(move |b| (a, b))).collect();
    let mut edge_sets: Vec<u32> = (0..1_u32 << pairs.len()).collect();
    edge_sets.sort_by_key(|edges| (edges.count_ones(), *edges));
    edge_sets.into_iter().filter_map(|edges| graph(vertices, &pairs, edges)).collect()
}

/// The graph of an edge set, if it is chordal: vertices are taken away one by one whose neighbours
/// are all joined (Fulkerson & Gross 1965).
fn graph(vertices: usize, pairs: &[(usize, usize)], edges: u32) -> Option<Graph> {
    let mut neighbours = vec![0_u32; vertices];
    for (index, (a, b)) in pairs.iter().enumerate().filter(|(i, _)| edges >> i & 1 == 1) {
        debug_assert!(index < 32);
        *neighbours.get_mut(*a)? |= 1 << b;
        *neighbours.get_mut(*b)? |= 1 << a;
    }
    let mut left = (1_u32 << vertices) - 1;
    let mut families: Vec<(u32, u32)> = Vec::new();
    while left != 0 {
        let (vertex, around) = (0..vertices)
            .filter(|vertex| left >> vertex & 1 == 1)
            .map(|vertex| (vertex, neighbours.get(vertex).copied().unwrap_or_default() & left))
            .find(|(_, around)| is_joined(*around, &neighbours))?;
        families.push((around | 1 << vertex, around));
        left &= !(1 << vertex);
    }
    // A family within a later one is no clique; its vertex then adds nothing to the product.
    let mut cliques: Vec<u32> = Vec::new();
    for (family, _) in &families {
        let is_within =
            families.iter().any(|(other, _)| other != family && other & family == *family);
        if !is_within {
            cliques.push(*family);
        }
    }
    Some(Graph { separators: separators(&cliques), cliques })
}

fn is_joined(set: u32, neighbours: &[u32]) -> bool {
    neighbours
        .iter()
        .enumerate()
        .filter(|(vertex, _)| set >> vertex & 1 == 1)
        .all(|(vertex, own)| set & !(own | 1 << vertex) == 0)
}

/// The separators of a junction tree: a spanning tree of the cliques of greatest total overlap.
fn separators(cliques: &[u32]) -> Vec<u32> {
    let Some((first, rest)) = cliques.split_first() else { return Vec::new() };
    let mut inside = vec![*first];
    let mut outside = rest.to_vec();
    let mut separators = Vec::new();
    while !outside.is_empty() {
        let mut best = (0, 0_u32);
        for (position, clique) in outside.iter().enumerate() {
            for other in &inside {
                let overlap = clique & other;
                if overlap.count_ones() > best.1.count_ones() {
                    best = (position, overlap);
                }
            }
        }
        inside.push(outside.remove(best.0));
        if best.1 != 0 {
            separators.push(best.1);
        }
    }
    separators
}

#[cfg(test)]
mod tests {
    use super::decomposable;

    #[test]
    fn as_many_as_there_are() {
        // OEIS A058862, labelled chordal graphs.
        for (vertices, count) in [(2, 2), (3, 8), (4, 61), (5, 822)] {
            assert_eq!(decomposable(vertices).len(), count, "{vertices} vertices");
        }
    }
}
