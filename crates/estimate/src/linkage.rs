//! Linkage of lists: which records are of one person, and with what doubt.
//!
//! What comes out is what an estimate of overlap needs, and no more: how many persons have each
//! pattern of lists, several times over where matches are in doubt, and a queue of doubtful pairs for
//! a person to review. Nobody gets an identity that lasts beyond one call, and there is no function
//! that finds a person.
//!
//! Fellegi & Sunter (1969), *A theory for record linkage*: with level l of agreement on field f, a
//! pair of one person has it with chance m_fl, a pair of two with chance u_fl; fields are taken to be
//! independent given that. The weight of a pair is Σ_f ln(m_fl/u_fl). u is that of all pairs; m and the
//! share of matches are found by EM over the pairs that share a block (Winkler 1988, Jaro 1989). Agreement on
//! a rare value weighs more than on a common one (Winkler 2000): the u of an exact agreement is then
//! the share of that very value.
//!
//! # Example
//! ```
//! use witnessmark_estimate::linkage::{Agreement, Field, LinkagePlan, Record, link};
//! let record = |list, name: &str, born: &str| Record { list, cells: vec![name.into(), born.into()] };
//! let mut records = Vec::new();
//! for number in 0..40 {
//!     let name = format!("name{}x{}", number * 37 % 40, number * 11 % 7);
//!     records.push(record(0, &name, &format!("19{:02}-01-0{}", number, number % 9 + 1)));
//! }
//! for number in 0..20 {
//!     let mut same = records[number].clone();
//!     same.list = 1;
//!     records.push(same);
//! }
//! let plan = LinkagePlan {
//!     lists: vec!["hospital".into(), "court".into()],
//!     fields: vec![Field::new("name", Agreement::JaroWinkler), Field::new("born", Agreement::Exact)],
//!     blocks: vec![vec![0], vec![1]],
//!     ..LinkagePlan::default()
//! };
//! let found = link(&records, &plan)?;
//! assert_eq!(found.patterns.count(0b11), 20);
//! assert_eq!(found.patterns.documented().persons(), 40);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod candidates;
mod cluster;
mod mixture;
mod records;
mod similarity;

pub use candidates::{Agreement, AgreementLevel, Field};
pub use mixture::FieldWeights;
pub use records::{RecordTable, ReviewedPairs, reviewed_from_csv};
pub use similarity::{edit_similarity, jaro_winkler};

use crate::overlap::Lists;
use crate::random::Random;
use crate::table::TableError;
use candidates::Candidates;
use serde::Serialize;
use std::collections::BTreeMap;

/// One record of one list: its cells in the order of the plan's fields, empty where unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The number of its list, from 0.
    pub list: usize,
    /// One cell a field.
    pub cells: Vec<String>,
}

/// How to link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkagePlan {
    /// The names of the lists.
    pub lists: Vec<String>,
    /// The fields, and how each is compared.
    pub fields: Vec<Field>,
    /// Sets of field numbers; two records are compared if they agree exactly on all fields of one.
    pub blocks: Vec<Vec<usize>>,
    /// Lists in which no person is twice; two of their records are never one person.
    pub lists_without_repeats: Vec<usize>,
    /// From this probability on, two records are taken for one person.
    pub threshold: f64,
    /// Pairs between these probabilities go to review, and vary between replicates.
    pub review: [f64; 2],
    /// How many linkages to draw, with doubtful pairs in or out by their probability.
    pub replicates: u32,
    /// Seed of the draws.
    pub seed: u64,
    /// What a person judged of pairs, by numbers of records in the call (the smaller first): they are
    /// joined, or kept apart, whatever the probability says.
    pub reviewed: BTreeMap<[usize; 2], bool>,
}

impl Default for LinkagePlan {
    fn default() -> Self {
        Self {
            lists: Vec::new(),
            fields: Vec::new(),
            blocks: Vec::new(),
            lists_without_repeats: Vec::new(),
            threshold: 0.5,
            review: [0.05, 0.95],
            replicates: 0,
            seed: 0,
            reviewed: BTreeMap::new(),
        }
    }
}

/// What linkage gives: counts, doubt, and the weights it used.
#[derive(Clone, Debug, PartialEq)]
pub struct Linkage {
    /// How many persons have each pattern of lists, with each pair decided at the threshold.
    pub patterns: Lists,
    /// The same with doubtful pairs drawn by their probability, for
    /// [`combine_replicates`](crate::overlap::combine_replicates).
    pub replicates: Vec<Lists>,
    /// Doubtful pairs, the most doubtful first.
    pub review: Vec<ReviewPair>,
    /// How the two records of each pair of `review` agree, field by field.
    pub review_levels: Vec<Vec<AgreementLevel>>,
    /// Pairs that share a block.
    pub pairs_compared: usize,
    /// Estimated share of matches among all pairs that could be of one person.
    pub match_share: f64,
    /// m and u of each field, for the record of how it was done.
    pub fields: Vec<FieldWeights>,
    /// The pairs that are taken for one person directly, by numbers of records in the call.
    pub pairs: Vec<[usize; 2]>,
}

/// Two records that may be of one person, for a person to judge.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReviewPair {
    /// Numbers of the records in the call.
    pub records: [usize; 2],
    /// Probability of a match, within the model.
    pub probability: f64,
    /// The number of its pattern of levels.
    #[serde(skip)]
    pub(crate) pattern: u32,
}

/// Why records cannot be linked: for the person who wrote the plan or the lists.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkageError {
    /// A record does not fit the plan.
    #[error("record {record} has {found} cells or list {list}, which the plan does not have")]
    Record {
        /// Its number, from 0.
        record: usize,
        /// How many cells it has.
        found: usize,
        /// The number of its list.
        list: usize,
    },
    /// A reviewed pair that names a record that is not there, or one twice, or the later first.
    #[error("the reviewed pair {0:?} is not one of two records in their order")]
    Reviewed([usize; 2]),
    /// A block without fields, or with a field that is not there.
    #[error("block {0} names no field, or one that the plan does not have")]
    Block(usize),
    /// Blocks so wide that too many pairs would be compared.
    #[error("the blocks give more than {0} pairs; add a field to the widest")]
    TooManyPairs(usize),
    /// A probability outside 0 to 1, or bounds that are not in order.
    #[error("threshold and review must be probabilities, the lower before the upper")]
    Probabilities,
    /// The lists that came out are no lists.
    #[error(transparent)]
    Lists(#[from] TableError),
}

/// Links records by a plan.
///
/// # Errors
/// [`LinkageError`] names the record, the block or the list that is wrong.
pub fn link(records: &[Record], plan: &LinkagePlan) -> Result<Linkage, LinkageError> {
    check(records, plan)?;
    let candidates = Candidates::new(records, plan)?;
    let fit = mixture::fit(&candidates, records, plan);
    let scored = judged(fit.score(&candidates, records, plan), plan);
    let [low, high] = plan.review;
    let decided: Vec<_> =
        scored.iter().filter(|pair| pair.probability >= plan.threshold).copied().collect();
    let apart: Vec<[usize; 2]> =
        plan.reviewed.iter().filter(|(_, is_same)| !**is_same).map(|(pair, _)| *pair).collect();
    let join =
        |pairs: &[ReviewPair]| cluster::join(records, pairs, &plan.lists_without_repeats, &apart);
    let joined = join(&decided);
    let patterns = counts(records, plan, &joined.clusters)?;
    let is_doubtful = |pair: &ReviewPair| {
        (low..=high).contains(&pair.probability) && !plan.reviewed.contains_key(&pair.records)
    };
    let mut review: Vec<ReviewPair> =
        scored.iter().filter(|pair| is_doubtful(pair)).copied().collect();
    review.sort_by(|one, other| {
        let distance = |pair: &ReviewPair| (pair.probability - 0.5).abs();
        distance(one).total_cmp(&distance(other)).then(one.records.cmp(&other.records))
    });
    let mut replicates = Vec::new();
    for replicate in 0..plan.replicates {
        let mut random = Random::new(plan.seed, u64::from(replicate));
        let drawn: Vec<ReviewPair> = scored
            .iter()
            .filter(|pair| match is_doubtful(pair) {
                true => random.uniform() < pair.probability,
                false => pair.probability >= plan.threshold,
            })
            .copied()
            .collect();
        replicates.push(counts(records, plan, &join(&drawn).clusters)?);
    }
    Ok(Linkage {
        patterns,
        replicates,
        review_levels: review.iter().map(|pair| candidates.levels_of(pair.pattern)).collect(),
        review,
        pairs_compared: candidates.pairs.len(),
        match_share: fit.share,
        fields: fit.describe(plan),
        pairs: joined.pairs,
    })
}

/// Puts what a person judged in the place of what the model says; pairs that shared no block come in.
fn judged(mut scored: Vec<ReviewPair>, plan: &LinkagePlan) -> Vec<ReviewPair> {
    if plan.reviewed.is_empty() {
        return scored;
    }
    scored.retain(|pair| !plan.reviewed.contains_key(&pair.records));
    scored.extend(plan.reviewed.iter().map(|(records, is_same)| ReviewPair {
        records: *records,
        probability: f64::from(u8::from(*is_same)),
        pattern: u32::MAX,
    }));
    scored
}

fn check(records: &[Record], plan: &LinkagePlan) -> Result<(), LinkageError> {
    for (number, record) in records.iter().enumerate() {
        if record.cells.len() != plan.fields.len() || record.list >= plan.lists.len() {
            let (found, list) = (record.cells.len(), record.list);
            return Err(LinkageError::Record { record: number, found, list });
        }
    }
    for pair in plan.reviewed.keys() {
        if pair[0] >= pair[1] || pair[1] >= records.len() {
            return Err(LinkageError::Reviewed(*pair));
        }
    }
    for (number, block) in plan.blocks.iter().enumerate() {
        if block.is_empty() || block.iter().any(|field| *field >= plan.fields.len()) {
            return Err(LinkageError::Block(number));
        }
    }
    let [low, high] = plan.review;
    let is_share = |value: f64| (0.0..=1.0).contains(&value);
    if !is_share(low) || !is_share(high) || low > high || !is_share(plan.threshold) {
        return Err(LinkageError::Probabilities);
    }
    Ok(())
}

/// Persons by pattern of lists.
fn counts(
    records: &[Record],
    plan: &LinkagePlan,
    clusters: &[usize],
) -> Result<Lists, LinkageError> {
    let mut patterns = vec![0_u32; records.len()];
    for (record, cluster) in records.iter().zip(clusters) {
        if let Some(pattern) = patterns.get_mut(*cluster) {
            *pattern |= 1_u32.checked_shl(record.list as u32).unwrap_or_default();
        }
    }
    let mut counts = BTreeMap::new();
    for pattern in patterns.into_iter().filter(|pattern| *pattern != 0) {
        *counts.entry(pattern).or_insert(0) += 1;
    }
    let counts: Vec<(u32, u64)> = counts.into_iter().collect();
    Ok(Lists::new(plan.lists.clone(), &counts)?)
}
