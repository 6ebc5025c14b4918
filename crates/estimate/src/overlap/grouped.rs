//! Several linkages of the same persons joined, and strata added up.

use super::answering::{
    Combination, LinkageOverlap, Methods, Overlap, OverlapError, OverlapOptions, Replicates,
    Strata, StratumOverlap, StratumSum, overlap,
};
use super::replicates::{Replicate, combine_replicates};
use super::rules::{OUT_OF_REACH, help_with};
use super::sheet::{ListSheet, StratumLists};
use crate::answer::{
    Answer, AnswerKind, Documented, Estimate, Rule, RuleCode, two_figures_down, two_figures_up,
};

/// Runs the methods over every stratum and every linkage of a sheet.
///
/// Linkages of one stratum are joined by [`combine_replicates`], method by method; the interval runs
/// from the least lower to the greatest upper end, as for one linkage. A rule that one linkage breaks
/// is broken. One linkage alone says nothing about the doubt in linkage, and is refused.
///
/// Strata are added up only where each has an answer. With L_s, P_s and U_s the ends and point of
/// stratum s, the answer is ΣL_s to ΣU_s: assumptions that fail in one stratum may fail in all, so
/// that errors go the same way. Beside it stands the interval of independent errors (Zou & Donner
/// 2008, *Construction of confidence limits about effect measures: a general approach*),
/// P ± √Σ(P_s − end_s)², which is narrower.
///
/// # Errors
/// [`OverlapError`] for a setting out of its range.
///
/// # Example
/// ```
/// use witnessmark_estimate::overlap::{ListSheet, Method, OverlapOptions, overlap_sheet};
/// let rows = "1,0,0,500\n1,1,0,500\n0,1,0,500\n0,0,1,500\n1,0,1,500\n0,1,1,500\n1,1,1,500\n";
/// let mut text = String::from("stratum,a,b,c,count\n");
/// for stratum in ["north", "south"] {
///     rows.lines().for_each(|row| text.push_str(&format!("{stratum},{row}\n")));
/// }
/// let options = OverlapOptions {
///     method: Method::Dga,
///     statement: Some("closed in May; everyone could be listed; …".to_owned()),
///     is_linkage_reviewed: true,
///     has_no_shared_origin: true,
///     ..OverlapOptions::default()
/// };
/// let found = overlap_sheet(&ListSheet::from_csv(&text)?, &options)?;
/// assert_eq!(found.documented.persons(), 7000);
/// assert!(found.answer.point.is_some_and(|point| point.abs_diff(8000) < 50));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn overlap_sheet(sheet: &ListSheet, options: &OverlapOptions) -> Result<Overlap, OverlapError> {
    if let Some(lists) = sheet.single() {
        return overlap(lists, options);
    }
    let mut each = Vec::with_capacity(sheet.strata.len());
    for stratum in &sheet.strata {
        each.push(StratumOverlap {
            stratum: stratum.stratum.clone(),
            lists_left_out: stratum.lists_left_out.clone(),
            found: of_linkages(stratum, options)?,
        });
    }
    match each.as_slice() {
        [only] if only.stratum.is_empty() => Ok(only.found.clone()),
        _ => Ok(sum_of(each)),
    }
}

fn of_linkages(stratum: &StratumLists, options: &OverlapOptions) -> Result<Overlap, OverlapError> {
    if let [(name, lists)] = stratum.linkages.as_slice()
        && name.is_empty()
    {
        return overlap(lists, options);
    }
    let mut linkages = Vec::with_capacity(stratum.linkages.len());
    for (replicate, lists) in &stratum.linkages {
        let found = overlap(lists, options)?;
        linkages.push(LinkageOverlap { replicate: replicate.clone(), found });
    }
    Ok(joined(linkages))
}

/// Which point a method gives of one linkage.
type Reading = fn(&Overlap) -> Option<Replicate>;

/// The methods that give a variance of ln n₀, the one whose point leads the answer first.
const READINGS: [(&str, Reading); 3] = [
    ("decomposable graphs", |found| {
        let [mean, sd] = found.methods.dga.as_ref()?.log_unseen;
        Some(Replicate { documented: found.documented.persons() as f64, mean, variance: sd * sd })
    }),
    ("latent classes", |found| {
        let [mean, sd] = found.methods.latent_class.as_ref()?.log_unseen;
        Some(Replicate { documented: found.documented.persons() as f64, mean, variance: sd * sd })
    }),
    ("log-linear, best BIC", |found| {
        let best = found.methods.loglinear.as_ref()?.models.first()?;
        let documented = found.documented.persons() as f64;
        let unseen = best.n_hat - documented;
        let share = best.se / unseen;
        Some(Replicate { documented, mean: libm::log(unseen), variance: share * share })
    }),
];

fn joined(linkages: Vec<LinkageOverlap>) -> Overlap {
    let mut combined = Vec::new();
    for (method, reading) in READINGS {
        let replicates: Option<Vec<Replicate>> =
            linkages.iter().map(|linkage| reading(&linkage.found)).collect();
        if let Some(found) = replicates.and_then(|replicates| combine_replicates(&replicates)) {
            combined.push(Combination { method, combined: found });
        }
    }
    let counts = || linkages.iter().map(|linkage| linkage.found.documented);
    let documented = counts().min().unwrap_or(Documented::new(0));
    let most = counts().max().unwrap_or(documented);
    let first = linkages.first().map(|linkage| &linkage.found);
    let lists: Vec<String> = first.map(|found| found.lists.clone()).unwrap_or_default();
    let list_sizes = (0..lists.len())
        .map(|list| {
            let sizes = linkages.iter().filter_map(|linkage| linkage.found.list_sizes.get(list));
            sizes.copied().min().unwrap_or_default()
        })
        .collect();
    let answer = answer_of_linkages(&linkages, &combined, documented, &lists);
    let warning = (linkages.len() < 10).then(|| {
        format!("{} linkages are few; ten or more show how far linkage matters", linkages.len())
    });
    Overlap {
        documented,
        lists,
        list_sizes,
        methods: Methods::default(),
        sensitivity: Default::default(),
        answer,
        replicates: Some(Replicates {
            documented: [documented, most],
            linkages,
            combined,
            warning,
        }),
        strata: None,
    }
}

fn answer_of_linkages(
    linkages: &[LinkageOverlap],
    combined: &[Combination],
    documented: Documented,
    lists: &[String],
) -> Answer {
    let mut rules: Vec<Rule> = Vec::new();
    if linkages.len() < 2 {
        let detail = "there is one linkage, and one linkage does not show how far the answer hangs \
                      on doubtful matches";
        rules.push(Rule { code: RuleCode::TooFewReplicates, detail: detail.to_owned() });
    }
    let broken = || linkages.iter().flat_map(|linkage| &linkage.found.answer.rules);
    for rule in broken() {
        if rules.iter().any(|known| known.code == rule.code) {
            continue;
        }
        let count = broken().filter(|other| other.code == rule.code).count();
        let detail = match count == linkages.len() {
            true => rule.detail.clone(),
            false => format!("in {count} of {} linkages {}", linkages.len(), rule.detail),
        };
        rules.push(Rule { code: rule.code, detail });
    }
    rules.sort_by_key(|rule| rule.code);
    let answers = || linkages.iter().map(|linkage| &linkage.found.answer);
    let mut kind = kind_of(answers());
    let mut ends = (
        combined.iter().map(|one| one.combined.ci95[0]).reduce(f64::min),
        combined.iter().map(|one| one.combined.ci95[1]).reduce(f64::max),
    );
    if kind == AnswerKind::Estimate && combined.is_empty() {
        kind = AnswerKind::Refused;
    }
    if linkages.len() < 2 {
        kind = AnswerKind::Refused;
    }
    if kind != AnswerKind::Estimate {
        ends = (
            answers().filter_map(|answer| answer.low).min().map(|low| low as f64),
            answers().filter_map(|answer| answer.high).max().map(|high| high as f64),
        );
    }
    let low = ends.0.map(|low| low.floor() as u64);
    let high = ends.1.filter(|high| *high < 1e15).map(|high| high.ceil() as u64);
    let point = match kind {
        AnswerKind::Estimate => combined.first().map(|one| one.combined.n_hat.round() as u64),
        _ => None,
    };
    let known = format!(
        "At least {documented} are documented (each counted once in each of {} linkages; lists: {}).",
        linkages.len(),
        lists.join(", ")
    );
    let text = match (kind, low, high) {
        (AnswerKind::Estimate, Some(low), Some(high)) => format!(
            "We estimate {} persons in all, documented or not, under the assumptions in the \
             statement; the interval holds the doubt in linkage. {known} {OUT_OF_REACH}",
            Estimate::new(low, point, high)
        ),
        (AnswerKind::LowerBound, Some(low), _) => format!(
            "There are probably no fewer than {} persons in all (Chao's lower bound, in the linkage \
             that gives least). {known} How many more there are cannot be told.",
            two_figures_down(low)
        ),
        _ => refusal(&known, &rules, low.zip(high)),
    };
    Answer { kind, low, point, high, rules, text }
}

/// The weakest kind among answers: one refusal refuses all, one set makes all a set.
fn kind_of<'a>(answers: impl Iterator<Item = &'a Answer>) -> AnswerKind {
    let strength = |kind: &AnswerKind| match kind {
        AnswerKind::Refused => 0,
        AnswerKind::LowerBound => 1,
        AnswerKind::Set => 2,
        AnswerKind::Estimate => 3,
    };
    answers.map(|answer| answer.kind).min_by_key(strength).unwrap_or(AnswerKind::Refused)
}

fn refusal(known: &str, rules: &[Rule], range: Option<(u64, u64)>) -> String {
    let reasons: Vec<&str> = rules.iter().map(|rule| rule.detail.as_str()).collect();
    let mut text = format!(
        "{known} The unseen number cannot be estimated as one figure from these lists, because {}.",
        reasons.join("; ")
    );
    if let Some((low, high)) = range {
        text.push_str(&format!(
            " Equally supported models give {} to {} in all; we do not choose. {OUT_OF_REACH}",
            two_figures_down(low),
            two_figures_up(high)
        ));
    }
    text.push_str(&help_with(rules));
    text
}

fn sum_of(each: Vec<StratumOverlap>) -> Overlap {
    let documented = Documented::new(each.iter().map(|one| one.found.documented.persons()).sum());
    let mut lists: Vec<String> = Vec::new();
    let mut list_sizes: Vec<u64> = Vec::new();
    for one in &each {
        for (name, size) in one.found.lists.iter().zip(&one.found.list_sizes) {
            match lists.iter().position(|known| known == name) {
                Some(at) => list_sizes.iter_mut().skip(at).take(1).for_each(|sum| *sum += size),
                None => {
                    lists.push(name.clone());
                    list_sizes.push(*size);
                }
            }
        }
    }
    let sum = sum_of_estimates(&each);
    let answer = answer_of_strata(&each, sum.as_ref(), documented, &lists);
    Overlap {
        documented,
        lists,
        list_sizes,
        methods: Methods::default(),
        sensitivity: Default::default(),
        answer,
        replicates: None,
        strata: Some(Strata { each, sum }),
    }
}

/// None where a stratum has no estimate.
fn sum_of_estimates(each: &[StratumOverlap]) -> Option<StratumSum> {
    let mut sum = StratumSum { point: 0, ends_added: [0, 0], if_independent: [0, 0] };
    let mut squares = [0.0, 0.0];
    for one in each {
        let answer = &one.found.answer;
        let (low, point, high) = (answer.low?, answer.point?, answer.high?);
        sum.point += point;
        sum.ends_added = [sum.ends_added[0] + low, sum.ends_added[1] + high];
        let distances = [point.saturating_sub(low) as f64, high.saturating_sub(point) as f64];
        squares =
            [squares[0] + distances[0] * distances[0], squares[1] + distances[1] * distances[1]];
    }
    let point = sum.point as f64;
    let documented: u64 = each.iter().map(|one| one.found.documented.persons()).sum();
    let low = (point - squares[0].sqrt()).floor().max(documented as f64);
    sum.if_independent = [low as u64, (point + squares[1].sqrt()).ceil() as u64];
    Some(sum)
}

fn answer_of_strata(
    each: &[StratumOverlap],
    sum: Option<&StratumSum>,
    documented: Documented,
    lists: &[String],
) -> Answer {
    let answers = || each.iter().map(|one| &one.found.answer);
    let kind = kind_of(answers());
    let rules: Vec<Rule> = each
        .iter()
        .flat_map(|one| one.found.answer.rules.iter().map(move |rule| (one, rule)))
        .map(|(one, rule)| Rule {
            code: rule.code,
            detail: format!("in the stratum {} {}", one.stratum, rule.detail),
        })
        .collect();
    let added = |of: fn(&Answer) -> Option<u64>| answers().map(of).sum::<Option<u64>>();
    let (low, high) = match kind {
        AnswerKind::Refused => (None, None),
        AnswerKind::LowerBound => (added(|answer| answer.low), None),
        AnswerKind::Set | AnswerKind::Estimate => {
            (added(|answer| answer.low), added(|answer| answer.high))
        }
    };
    let point = sum.map(|sum| sum.point).filter(|_| kind == AnswerKind::Estimate);
    let known = format!(
        "At least {documented} are documented in {} strata (each counted once, and in one stratum; \
         lists: {}).",
        each.len(),
        lists.join(", ")
    );
    let text = match (kind, low, high, sum) {
        (AnswerKind::Estimate, Some(low), Some(high), Some(sum)) => format!(
            "We estimate {} persons in all, documented or not, under the assumptions in the \
             statement: the strata's own estimates and the ends of their intervals added up, because \
             assumptions that fail in one stratum may fail in all. Were the strata's errors \
             independent, it would be {} to {}. {known} {OUT_OF_REACH}",
            Estimate::new(low, point, high),
            two_figures_down(sum.if_independent[0]),
            two_figures_up(sum.if_independent[1])
        ),
        (AnswerKind::LowerBound, Some(low), _, _) => format!(
            "There are probably no fewer than {} persons in all (Chao's lower bounds of the strata \
             added up). {known} How many more there are cannot be told.",
            two_figures_down(low)
        ),
        (AnswerKind::Set, Some(low), Some(high), _) => {
            refusal(&known, &rules, Some((low, high))) + &of_each(each)
        }
        _ => no_sum(each, &known, &rules),
    };
    Answer { kind, low, point, high, rules, text }
}

fn no_sum(each: &[StratumOverlap], known: &str, rules: &[Rule]) -> String {
    let is_refused = |one: &&StratumOverlap| one.found.answer.kind == AnswerKind::Refused;
    let failed: Vec<&str> =
        each.iter().filter(is_refused).map(|one| one.stratum.as_str()).collect();
    let reasons: Vec<&str> = rules.iter().map(|rule| rule.detail.as_str()).collect();
    format!(
        "{known} No total is given, because {} of {} strata have no estimate ({}), and leaving them \
         out would count nobody there who is on no list: {}.{}{}",
        failed.len(),
        each.len(),
        failed.join(", "),
        reasons.join("; "),
        of_each(each),
        help_with(rules)
    )
}

/// What strata with an answer of their own say.
fn of_each(each: &[StratumOverlap]) -> String {
    let own: Vec<String> = each
        .iter()
        .filter_map(|one| {
            let answer = &one.found.answer;
            let (low, high) = (answer.low?, answer.high?);
            match answer.kind {
                AnswerKind::Estimate => {
                    Some(format!("{} {}", one.stratum, Estimate::new(low, answer.point, high)))
                }
                AnswerKind::Set => Some(format!(
                    "{} {} to {}",
                    one.stratum,
                    two_figures_down(low),
                    two_figures_up(high)
                )),
                AnswerKind::Refused | AnswerKind::LowerBound => None,
            }
        })
        .collect();
    if own.is_empty() {
        return String::new();
    }
    format!(" By themselves: {}.", own.join("; "))
}
