//! The whole question: lineage, then Dawid–Skene, then suggestions for a person.

use super::copying::{CopyingOptions, SuggestedCopy, resolve};
use super::lineage::{LeftOut, Lineage};
use super::{Coding, DawidSkene, dawid_skene};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a caller may choose.
#[derive(Clone, Debug, PartialEq)]
pub struct ReconcileOptions {
    /// Added to every cell of every coder's table, so that one coding decides nothing for ever.
    pub smoothing: f64,
    /// Whether to look for coders that seem to copy each other.
    pub suggests_copies: bool,
}

impl Default for ReconcileOptions {
    fn default() -> Self {
        Self { smoothing: 0.1, suggests_copies: false }
    }
}

/// What codings say together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reconciled {
    /// Each item, in the order of their names; empty after a refusal.
    pub items: Vec<Item>,
    /// Each coder, in the order of their names; empty after a refusal.
    pub coders: Vec<Coder>,
    /// Share of each class; empty after a refusal.
    pub classes: BTreeMap<String, f64>,
    /// ln L at the end, rounds until it settled, and whether it did.
    pub fit: Option<FitSummary>,
    /// Codings that declared lineage leaves out.
    pub left_out: Vec<LeftOut>,
    /// Coders that seem to copy each other: for a person to look at. They change nothing above.
    pub suggested_copies: Vec<SuggestedCopy>,
    /// Why there is no answer, if there is none.
    pub refused: Option<Refused>,
    /// What was done and found, in plain words.
    pub text: String,
}

/// How the fit ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FitSummary {
    /// ln L at the end, without smoothing terms.
    pub log_likelihood: f64,
    /// Rounds.
    pub iterations: usize,
    /// Whether ln L changed by less than 10⁻¹² in the last.
    pub is_settled: bool,
    /// What was added to every cell.
    pub smoothing: f64,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// Its name.
    pub item: String,
    /// The most probable class; none where two are equally so.
    pub value: Option<String>,
    /// Its probability within the model. Not the probability that it is true.
    pub probability: f64,
    /// The probability of each class.
    pub shares: BTreeMap<String, f64>,
    /// Codings of the item that took part.
    pub codings: usize,
}

/// One coder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coder {
    /// Its name.
    pub coder: String,
    /// Its codings that took part.
    pub codings: usize,
    /// For each true class, the chance of saying each class.
    pub says: BTreeMap<String, BTreeMap<String, f64>>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The rule: `one-voice` or `one-class`.
    pub rule: &'static str,
    /// Why, and what would help.
    pub text: String,
}

/// Leaves out copies by declared lineage, weighs what is left by [`dawid_skene`], and only suggests
/// who may copy whom ([`resolve`]); none of a smoothing below zero.
///
/// It refuses where no item has two codings left (then nothing shows who errs), and where all
/// codings are equal.
///
/// # Example
/// ```
/// use witnessmark_estimate::reconcile::{Coding, Lineage, ReconcileOptions, reconcile};
/// let codings = Coding::list_from_csv("item,coder,value\n1,a,yes\n1,b,yes\n1,copy,no\n\
///     2,a,no\n2,b,no\n2,copy,no\n3,a,yes\n3,b,no\n3,copy,no\n1,original,no\n")?;
/// let lineage = Lineage::from_csv("later,earlier\ncopy,original\n")?;
/// let found = reconcile(&codings, &lineage, &ReconcileOptions::default()).ok_or("smoothing")?;
/// assert_eq!(found.left_out.len(), 1); // copy's coding of item 1; original has none of 2 and 3
/// assert_eq!(found.items[1].value.as_deref(), Some("no"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn reconcile(
    codings: &[Coding],
    lineage: &Lineage,
    options: &ReconcileOptions,
) -> Option<Reconciled> {
    if options.smoothing < 0.0 || !options.smoothing.is_finite() {
        return None;
    }
    let (kept, left_out) = lineage.without_copies(codings);
    let suggested_copies = match options.suggests_copies {
        true => resolve(&kept, &CopyingOptions::default())
            .map(|found| found.suggested_copies)
            .unwrap_or_default(),
        false => Vec::new(),
    };
    let refused = refusal(&kept);
    let fit = match refused {
        Some(_) => None,
        None => dawid_skene(&kept, options.smoothing),
    };
    let items = fit.as_ref().map(|fit| items(fit, &kept)).unwrap_or_default();
    let text = text(&items, refused.as_ref(), &left_out, &suggested_copies, options);
    Some(Reconciled {
        coders: fit.as_ref().map(|fit| coders(fit, &kept)).unwrap_or_default(),
        classes: fit
            .as_ref()
            .map(|fit| fit.classes.iter().cloned().zip(fit.priors.iter().copied()).collect())
            .unwrap_or_default(),
        fit: fit.map(|fit| FitSummary {
            log_likelihood: fit.log_likelihood,
            iterations: fit.iterations,
            is_settled: fit.is_settled,
            smoothing: options.smoothing,
        }),
        items,
        left_out,
        suggested_copies,
        refused,
        text,
    })
}

fn refusal(kept: &[Coding]) -> Option<Refused> {
    let mut coders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for coding in kept {
        coders.entry(&coding.item).or_default().insert(&coding.coder);
    }
    if coders.values().all(|coders| coders.len() < 2) {
        let text = "no item has two codings of different origin, so nothing shows who errs; have a \
                    second person code some items";
        return Some(Refused { rule: "one-voice", text: text.to_owned() });
    }
    let first = kept.first().map(|coding| &coding.value);
    if kept.iter().all(|coding| Some(&coding.value) == first) {
        let text = "all codings are equal, so there is nothing to reconcile, and nothing that shows \
                    who errs";
        return Some(Refused { rule: "one-class", text: text.to_owned() });
    }
    None
}

fn items(fit: &DawidSkene, kept: &[Coding]) -> Vec<Item> {
    let of = |(item, shares): (&String, &Vec<f64>)| {
        let best = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut top = fit.classes.iter().zip(shares).filter(|(_, share)| best - **share < 1e-9);
        let value = top.next().map(|(class, _)| class.clone()).filter(|_| top.next().is_none());
        Item {
            item: item.clone(),
            value,
            probability: best,
            shares: fit.classes.iter().cloned().zip(shares.iter().copied()).collect(),
            codings: kept.iter().filter(|coding| coding.item == *item).count(),
        }
    };
    fit.items.iter().map(of).collect()
}

fn coders(fit: &DawidSkene, kept: &[Coding]) -> Vec<Coder> {
    let row = |row: &Vec<f64>| fit.classes.iter().cloned().zip(row.iter().copied()).collect();
    let of = |(coder, table): (&String, &Vec<Vec<f64>>)| Coder {
        coder: coder.clone(),
        codings: kept.iter().filter(|coding| coding.coder == *coder).count(),
        says: fit.classes.iter().cloned().zip(table.iter().map(row)).collect(),
    };
    fit.coders.iter().map(of).collect()
}

fn text(
    items: &[Item],
    refused: Option<&Refused>,
    left_out: &[LeftOut],
    copies: &[SuggestedCopy],
    options: &ReconcileOptions,
) -> String {
    let mut text = match refused {
        Some(refused) => format!("Nothing is decided: {}.", refused.text),
        None => {
            let open = items.iter().filter(|item| item.value.is_none()).count();
            let weak = items.iter().filter(|item| item.probability < 0.95).count();
            format!(
                "{} items; {open} are undecided, and {weak} have no class with a probability of 95 % \
                 or more. These are probabilities within a model that takes coders to err \
                 independently, not probabilities of what happened: a person decides.",
                items.len()
            )
        }
    };
    if !left_out.is_empty() {
        text.push_str(&format!(
            " {} codings were left out, because by the declared lineage they rest on a coding that is \
             kept.",
            left_out.len()
        ));
    }
    if !copies.is_empty() {
        let pairs: Vec<String> = copies.iter().map(|copy| copy.sources.join(" and ")).collect();
        text.push_str(&format!(
            " These look as if one copied the other: {}. It is only a suggestion, which has changed \
             nothing here and can accuse the honest; look at their sources, and declare lineage if \
             it is so.",
            pairs.join("; ")
        ));
    } else if options.suggests_copies {
        text.push_str(" No two look as if one copied the other; that does not show that none did.");
    }
    text
}
