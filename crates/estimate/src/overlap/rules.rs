//! When a figure is refused, and what is said instead.

use super::answering::{Method, Methods, OverlapOptions, Sensitivity};
use super::existence::Unfit;
use super::latent::{LEAST_ESS, MOST_RHAT};
use super::lists::Lists;
use super::loglinear::LogLinear;
use crate::answer::{
    Answer, AnswerKind, Estimate, Rule, RuleCode, grouped, two_figures, two_figures_down,
    two_figures_up,
};

/// Least and greatest N̂ of the models that are supported alike, in whole persons.
fn set_of(loglinear: Option<&LogLinear>) -> Option<(u64, u64)> {
    let models = &loglinear?.models;
    let sizes = || models.iter().map(|model| model.n_hat);
    let (least, most) =
        (sizes().fold(f64::INFINITY, f64::min), sizes().fold(f64::NEG_INFINITY, f64::max));
    (least.is_finite() && most < 1e15).then_some((least as u64, most as u64))
}

/// Judges the methods by the table of refusals and words the answer.
pub(super) fn answer(
    lists: &Lists,
    options: &OverlapOptions,
    methods: &Methods,
    sensitivity: &Sensitivity,
) -> Answer {
    let rules = broken(lists, options, methods, sensitivity);
    let set = set_of(methods.loglinear.as_ref());
    let mut answer = Answer {
        kind: AnswerKind::Refused,
        low: set.map(|(low, _)| low),
        point: None,
        high: set.map(|(_, high)| high),
        text: String::new(),
        rules,
    };
    if answer.rules.is_empty() {
        if options.method == Method::Chao {
            let lower = methods.chao.map(|chao| chao.lower);
            answer.kind = AnswerKind::LowerBound;
            answer.low = lower;
            answer.text = lower_bound(lists, lower.unwrap_or_default());
            return answer;
        }
        if let Some(estimate) = estimate(methods) {
            answer.kind = AnswerKind::Estimate;
            answer.low = Some(estimate.low());
            answer.point = estimate.point();
            answer.high = Some(estimate.high());
            answer.text = estimated(lists, &estimate);
            return answer;
        }
    }
    // Where models disagree and nothing speaks against the lists themselves, the models' range is
    // what the lists identify. Any other broken rule leaves no figure to give.
    let speaks_against_one_figure = |rule: &Rule| {
        matches!(
            rule.code,
            RuleCode::ModelsDisagree
                | RuleCode::ChainsDisagree
                | RuleCode::Capped
                | RuleCode::Saturated
                | RuleCode::PriorDecides
                | RuleCode::OneListDecides
        )
    };
    let disagree = answer.rules.iter().any(|rule| rule.code == RuleCode::ModelsDisagree);
    if disagree && answer.rules.iter().all(speaks_against_one_figure) {
        answer.kind = AnswerKind::Set;
    }
    answer.text = refused(lists, methods, &answer.rules, set);
    answer
}

/// The interval of the methods that ran: from the least lower to the greatest upper end, with the
/// median over graphs, or of classes, or the best model, as its point.
fn estimate(methods: &Methods) -> Option<Estimate> {
    let mut ends: Vec<(f64, f64)> = Vec::new();
    let mut point = None;
    if let Some(loglinear) = &methods.loglinear {
        let intervals = loglinear.models.iter().filter_map(|model| model.profile_ci95);
        ends.extend(intervals.map(|[low, high]| (low, high)));
        point = loglinear.models.first().map(|best| best.n_hat);
    }
    if let Some(latent) = &methods.latent_class {
        let quantile = |name: &str| latent.quantiles.get(name).copied();
        ends.extend(quantile("0.025").zip(quantile("0.975")));
        point = Some(latent.median());
    }
    if let Some(dga) = &methods.dga {
        let quantile = |name: &str| dga.quantiles.get(name).map(|persons| *persons as f64);
        ends.extend(quantile("0.025").zip(quantile("0.975")));
        point = Some(dga.median() as f64);
    }
    let low = ends.iter().map(|(low, _)| *low).fold(f64::INFINITY, f64::min);
    let high = ends.iter().map(|(_, high)| *high).fold(f64::NEG_INFINITY, f64::max);
    let point = point.filter(|point| point.is_finite())?;
    (low.is_finite() && high.is_finite())
        .then(|| Estimate::new(low.floor() as u64, Some(point.round() as u64), high.ceil() as u64))
}

fn broken(
    lists: &Lists,
    options: &OverlapOptions,
    methods: &Methods,
    sensitivity: &Sensitivity,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut add = |code, detail: String| rules.push(Rule { code, detail });
    let is_chao = options.method == Method::Chao;
    if lists.len() < 3 && !(is_chao && lists.len() == 2) {
        add(RuleCode::TooFewLists, too_few(lists.len()));
    } else if options.method == Method::Chapman {
        let detail = "Chapman's formula uses two lists at a time, and two lists cannot show \
                      whether they are independent";
        add(RuleCode::TooFewLists, detail.to_owned());
    }
    if let Some(loglinear) = &methods.loglinear {
        let has_no_mle = matches!(loglinear.all_pairs, Some(Unfit::NoMle | Unfit::NotSettled));
        if has_no_mle || loglinear.models.is_empty() {
            add(
                RuleCode::NoMle,
                format!(
                    "the likelihood has no maximum in {} of {} models, among them the one in which \
                     every pair of lists is dependent",
                    grouped(loglinear.without_mle as u64),
                    grouped(loglinear.compared as u64),
                ),
            );
        }
        if !loglinear.is_determined {
            let detail = "with every pair of lists dependent, the counts do not determine how many \
                          are on none";
            add(RuleCode::NotIdentified, detail.to_owned());
        }
        if let Some((low, high)) = set_of(Some(loglinear))
            && high as f64 > 1.5 * low as f64
        {
            add(
                RuleCode::ModelsDisagree,
                format!(
                    "{} models within 2 of the best BIC differ by {:.1} times",
                    loglinear.models.len(),
                    high as f64 / low as f64
                ),
            );
        }
    }
    if let Some(latent) = &methods.latent_class {
        if latent.rhat > MOST_RHAT || latent.ess < LEAST_ESS {
            add(
                RuleCode::ChainsDisagree,
                format!(
                    "the chains of the latent classes have R-hat {:.3} and {:.0} effective draws, \
                     where at most 1.05 and at least 400 are needed",
                    latent.rhat, latent.ess
                ),
            );
        }
        if latent.last_class_weight > 0.05 {
            add(
                RuleCode::Capped,
                format!(
                    "the last of {} classes holds {:.0} % of the persons",
                    latent.classes,
                    100.0 * latent.last_class_weight
                ),
            );
        }
    }
    if let Some(dga) = &methods.dga {
        let highest = dga.quantiles.get("0.975").copied().unwrap_or_default();
        let highest = highest.saturating_sub(lists.total());
        if highest as f64 > 0.95 * dga.max_unseen as f64 {
            add(
                RuleCode::Capped,
                format!(
                    "the posterior over graphs reaches the greatest unseen number looked at, {}",
                    grouped(dga.max_unseen)
                ),
            );
        }
        if dga.saturated_weight > 0.05 {
            add(
                RuleCode::Saturated,
                format!(
                    "the graph without any independence, in which the lists say nothing about who \
                     is on none, holds {:.0} % of the weight",
                    100.0 * dga.saturated_weight
                ),
            );
        }
        let median = dga.median() as f64;
        let sweep = sensitivity.delta_sweep.iter().filter(|step| step.with_saturated);
        let furthest = sweep
            .map(|step| (moved(median, step.quantiles[1] as f64), step))
            .max_by(|one, other| one.0.total_cmp(&other.0));
        if let Some((share, step)) = furthest
            && share > 0.25
        {
            add(
                RuleCode::PriorDecides,
                format!(
                    "with the prior weight {} instead of {} the median moves by {:.0} %, from {} to \
                     {}",
                    step.delta,
                    dga.delta,
                    100.0 * share,
                    two_figures(dga.median()),
                    two_figures(step.quantiles[1])
                ),
            );
        }
    }
    one_list(methods, sensitivity, &mut add);
    if lists.len() >= 2 {
        sparse(lists, &mut add);
    }
    if !options.has_no_shared_origin {
        let detail = "it is not declared that no lists share an origin";
        add(RuleCode::SharedOrigin, detail.to_owned());
    }
    if !options.is_linkage_reviewed {
        let detail = "it is not declared that a person reviewed which records are of one person";
        add(RuleCode::UnreviewedLinkage, detail.to_owned());
    }
    if options.statement.as_deref().is_none_or(|statement| statement.trim().is_empty()) {
        let detail = "there is no written statement on closure, reachability and selection";
        add(RuleCode::NoStatement, detail.to_owned());
    }
    rules.sort_by_key(|rule| rule.code);
    rules
}

fn too_few(lists: usize) -> String {
    match lists {
        2 => "there are two lists, and two lists cannot show whether they are independent",
        _ => "there is one list",
    }
    .to_owned()
}

/// By which share a median moved.
fn moved(from: f64, to: f64) -> f64 {
    if from > 0.0 { (to / from - 1.0).abs() } else { 0.0 }
}

fn one_list(methods: &Methods, sensitivity: &Sensitivity, add: &mut impl FnMut(RuleCode, String)) {
    let loglinear = methods.loglinear.as_ref().and_then(|found| found.models.first());
    let median = match (&methods.dga, &methods.latent_class, loglinear) {
        (Some(dga), _, _) => dga.median() as f64,
        (None, Some(latent), None) => latent.median(),
        (None, _, Some(best)) => best.n_hat,
        (None, None, None) => return,
    };
    let furthest = sensitivity
        .without_list
        .iter()
        .filter_map(|without| Some((moved(median, without.median?), without)))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    if let Some((share, without)) = furthest
        && share > 0.25
    {
        add(
            RuleCode::OneListDecides,
            format!(
                "without the list {} the median moves by {:.0} %, from {} to {}",
                without.list,
                100.0 * share,
                two_figures(median as u64),
                two_figures(without.median.unwrap_or_default() as u64)
            ),
        );
    }
}

fn sparse(lists: &Lists, add: &mut impl FnMut(RuleCode, String)) {
    let mut few = Vec::new();
    for first in 0..lists.len() {
        let others: u64 = (0..lists.len())
            .filter(|other| *other != first)
            .map(|other| lists.on_all(1 << first | 1 << other))
            .sum();
        if others == 0 {
            let name = lists.names().get(first).map(String::as_str).unwrap_or_default();
            let detail = format!("the list {name} has nobody in common with any other");
            add(RuleCode::SparseOverlap, detail);
            continue;
        }
        for second in first + 1..lists.len() {
            let pair = 1 << first | 1 << second;
            let common = lists.on_all(pair);
            if common < 5 {
                few.push(format!("{} ({common})", lists.names_of(pair).join(" and ")));
            }
        }
    }
    if !few.is_empty() {
        let detail = format!("fewer than five persons are on both of {}", few.join(", "));
        add(RuleCode::SparseOverlap, detail);
    }
}

fn documented(lists: &Lists) -> String {
    format!(
        "At least {} are documented (each counted once; lists: {}).",
        lists.documented(),
        lists.names().join(", ")
    )
}

pub(super) const OUT_OF_REACH: &str = "Persons whom no list could have reached are not in this figure, and \
                            nothing in the lists shows how many they are.";

fn estimated(lists: &Lists, estimate: &Estimate) -> String {
    format!(
        "We estimate {estimate} persons in all, documented or not, under the assumptions in the \
         statement. {} {OUT_OF_REACH}",
        documented(lists)
    )
}

fn lower_bound(lists: &Lists, lower: u64) -> String {
    format!(
        "There are probably no fewer than {} persons in all (Chao's lower bound, for lists that are \
         independent for each person). {} How many more there are cannot be told.",
        two_figures_down(lower),
        documented(lists)
    )
}

fn refused(lists: &Lists, methods: &Methods, rules: &[Rule], set: Option<(u64, u64)>) -> String {
    let reasons: Vec<&str> = rules.iter().map(|rule| rule.detail.as_str()).collect();
    let mut text = documented(lists);
    if reasons.is_empty() {
        text.push_str(
            " The unseen number cannot be estimated from these lists: the method asked \
                       for does not apply to them.",
        );
    } else {
        text.push_str(
            " The unseen number cannot be estimated as one figure from these lists, because ",
        );
        text.push_str(&reasons.join("; "));
        text.push('.');
    }
    if let (Some((low, high)), Some(loglinear)) = (set, &methods.loglinear) {
        text.push_str(&match loglinear.models.len() {
            1 => format!(" The best supported model gives {} in all;", two_figures(low)),
            _ => format!(
                " Equally supported models give {} to {} in all; we do not choose:",
                two_figures_down(low),
                two_figures_up(high)
            ),
        });
        let each: Vec<String> = loglinear
            .models
            .iter()
            .map(|model| {
                let size = two_figures(model.n_hat.min(1e15) as u64);
                format!(
                    " {} gives {size} and takes for granted that {}",
                    model.model, model.assumption
                )
            })
            .collect();
        text.push_str(&each.join(";"));
        text.push_str(". ");
        text.push_str(OUT_OF_REACH);
    }
    text.push_str(&help_with(rules));
    text
}

/// What would help against these rules, each thing once.
pub(super) fn help_with(rules: &[Rule]) -> String {
    let mut helps: Vec<&str> = Vec::new();
    for rule in rules {
        if !helps.contains(&help(rule.code)) {
            helps.push(help(rule.code));
        }
    }
    if helps.is_empty() {
        helps.push("another method");
    }
    format!(" What would help: {}.", helps.join("; "))
}

/// What could lift a refusal.
fn help(code: RuleCode) -> &'static str {
    match code {
        RuleCode::TooFewLists => "a third list that was made independently",
        RuleCode::NoMle | RuleCode::NotIdentified | RuleCode::SparseOverlap => {
            "larger lists, or fewer of them with more persons in common"
        }
        RuleCode::ModelsDisagree => {
            "knowledge, from outside the lists, of which of them depend on each other"
        }
        RuleCode::ChainsDisagree => "longer chains",
        RuleCode::Capped => "a higher limit, and if the answer follows it, another list",
        RuleCode::Saturated | RuleCode::PriorDecides => {
            "more persons on several lists, so that the data outweigh the prior"
        }
        RuleCode::OneListDecides => "a closer look at how that list was made",
        RuleCode::SharedOrigin => {
            "finding out and declaring whether lists copy each other or one source"
        }
        RuleCode::UnreviewedLinkage => "a person's review of uncertain matches",
        RuleCode::NoStatement => {
            "a written statement on who could be listed, when, and why lists name whom they name"
        }
        RuleCode::TooFewReplicates => {
            "several linkages, with doubtful matches decided in other ways"
        }
        RuleCode::Contradiction => "reading the passages again",
    }
}
