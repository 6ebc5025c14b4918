//! The table of refusals, row by row: each code by lists that break it, and published lists that no
//! single figure may be given of.

use std::path::PathBuf;
use witnessmark_estimate::overlap::{
    LatentClassOptions, Lists, Method, Overlap, OverlapOptions, overlap,
};
use witnessmark_estimate::{AnswerKind, RuleCode, two_figures, two_figures_down, two_figures_up};

/// Chains for tests that are not about chains.
fn chains() -> LatentClassOptions {
    LatentClassOptions {
        burn_in: 2000,
        samples: 500,
        thin: 10,
        most_doublings: 0,
        ..LatentClassOptions::default()
    }
}

/// Everything is declared, so that only the lists themselves can break a rule.
fn declared(method: Method) -> OverlapOptions {
    OverlapOptions {
        method,
        latent: chains(),
        statement: Some("closed in May; all could be listed; lists name whom they met".to_owned()),
        is_linkage_reviewed: true,
        has_no_shared_origin: true,
        ..OverlapOptions::default()
    }
}

fn ask(text: &str, options: &OverlapOptions) -> Overlap {
    overlap(&Lists::from_csv(text).expect("lists"), options).expect("options")
}

/// Three lists by their seven counts: 100, 010, 110, 001, 101, 011, 111.
fn three([a, b, ab, c, ac, bc, abc]: [u64; 7]) -> String {
    format!(
        "a,b,c,count\n1,0,0,{a}\n0,1,0,{b}\n1,1,0,{ab}\n0,0,1,{c}\n1,0,1,{ac}\n0,1,1,{bc}\n1,1,1,{abc}\n"
    )
}

/// Lists that are independent, each with half of 8,000.
const SOUND: [u64; 7] = [1000; 7];

/// What every refusal says, beside its codes.
#[track_caller]
fn check(found: &Overlap, expected: &[RuleCode]) {
    let codes: Vec<RuleCode> = found.answer.rules.iter().map(|rule| rule.code).collect();
    for code in expected {
        assert!(codes.contains(code), "{code} not in {codes:?}");
    }
    assert!(codes.is_sorted(), "{codes:?}");
    assert_ne!(found.answer.kind, AnswerKind::Estimate, "{}", found.answer.text);
    assert_eq!(found.answer.point, None);
    let text = &found.answer.text;
    let count = format!("At least {} are documented (each counted once; lists: ", found.documented);
    assert!(text.starts_with(&count), "{text}");
    assert!(text.contains(&found.lists.join(", ")), "{text}");
    assert!(
        text.contains("cannot be estimated as one figure from these lists, because "),
        "{text}"
    );
    for rule in &found.answer.rules {
        assert!(text.contains(&rule.detail), "{text}");
    }
    assert!(text.contains(" What would help: "), "{text}");
}

#[track_caller]
fn refused(text: &str, options: &OverlapOptions, expected: &[RuleCode]) {
    let found = ask(text, options);
    check(&found, expected);
    assert_eq!(found.answer.kind, AnswerKind::Refused, "{}", found.answer.text);
}

#[test]
fn sound_lists_break_no_rule() {
    // As long as it takes for 400 effective draws, as it is when nothing is set.
    let latent = LatentClassOptions { most_doublings: 3, ..chains() };
    let options = OverlapOptions { latent, ..declared(Method::Auto) };
    let found = ask(&three(SOUND), &options);
    assert_eq!(found.answer.rules, []);
    assert_eq!(found.answer.kind, AnswerKind::Estimate);
}

#[test]
fn too_few_lists() {
    let two = "a,b,count\n1,0,100\n0,1,100\n1,1,30\n";
    for method in [Method::Auto, Method::LogLinear, Method::Dga, Method::LatentClass] {
        refused(two, &declared(method), &[RuleCode::TooFewLists]);
    }
    refused("a,count\n1,10\n", &declared(Method::Auto), &[RuleCode::TooFewLists]);
    // Two lists at a time are an illustration, however many lists there are.
    refused(&three(SOUND), &declared(Method::Chapman), &[RuleCode::TooFewLists]);
}

#[test]
fn no_mle() {
    let apart = three([200, 200, 0, 200, 40, 40, 0]);
    refused(&apart, &declared(Method::LogLinear), &[RuleCode::NoMle]);
}

/// Without the cells of the empty pair, five counts are left for six parameters.
#[test]
fn not_identified() {
    let apart = three([200, 200, 0, 200, 40, 40, 0]);
    refused(&apart, &declared(Method::LogLinear), &[RuleCode::NotIdentified]);
}

/// Dependence of one list's pairs, of which either may be left out.
#[test]
fn models_disagree() {
    let found = ask(KOSOVO, &declared(Method::LogLinear));
    check(&found, &[RuleCode::ModelsDisagree]);
}

#[test]
fn chains_disagree() {
    let latent = LatentClassOptions {
        chains: 2,
        burn_in: 0,
        samples: 40,
        thin: 1,
        most_doublings: 0,
        ..LatentClassOptions::default()
    };
    let options = OverlapOptions { latent, ..declared(Method::LatentClass) };
    refused(&three(SOUND), &options, &[RuleCode::ChainsDisagree]);
}

#[test]
fn capped_by_the_greatest_unseen_number() {
    let options = OverlapOptions { max_unseen: Some(1000), ..declared(Method::Dga) };
    refused(&three(SOUND), &options, &[RuleCode::Capped]);
}

#[test]
fn capped_by_the_number_of_classes() {
    let latent = LatentClassOptions { classes: 1, ..chains() };
    let options = OverlapOptions { latent, ..declared(Method::LatentClass) };
    refused(KOSOVO, &options, &[RuleCode::Capped]);
}

/// Hepatitis A in a Taiwanese college, 1995 (Chao et al. 2001, *The applications of capture–recapture
/// models to epidemiological data*): 271 on three lists, about 545 by a later screening of all.
#[test]
fn saturated() {
    refused(&three([69, 55, 21, 63, 17, 18, 28]), &declared(Method::Dga), &[RuleCode::Saturated]);
}

#[test]
fn prior_decides() {
    let dependent = three([500, 480, 300, 900, 40, 38, 30]);
    refused(&dependent, &declared(Method::Dga), &[RuleCode::PriorDecides]);
}

#[test]
fn one_list_decides() {
    refused(KOSOVO, &declared(Method::Dga), &[RuleCode::OneListDecides]);
}

#[test]
fn sparse_overlap_of_a_pair() {
    let found = ask(&three([100, 100, 30, 50, 3, 20, 1]), &declared(Method::LogLinear));
    check(&found, &[RuleCode::SparseOverlap]);
    assert!(found.answer.text.contains("a and c (4)"), "{}", found.answer.text);
    let enough = ask(&three([100, 100, 30, 50, 4, 20, 1]), &declared(Method::LogLinear));
    assert!(enough.answer.rules.iter().all(|rule| rule.code != RuleCode::SparseOverlap));
}

#[test]
fn sparse_overlap_of_an_isolated_list() {
    let found = ask(&three([100, 100, 30, 50, 0, 0, 0]), &declared(Method::LogLinear));
    check(&found, &[RuleCode::SparseOverlap]);
    assert!(found.answer.text.contains("the list c has nobody in common with any other"));
}

#[test]
fn shared_origin() {
    let options = OverlapOptions { has_no_shared_origin: false, ..declared(Method::Dga) };
    refused(&three(SOUND), &options, &[RuleCode::SharedOrigin]);
}

#[test]
fn unreviewed_linkage() {
    let options = OverlapOptions { is_linkage_reviewed: false, ..declared(Method::Dga) };
    refused(&three(SOUND), &options, &[RuleCode::UnreviewedLinkage]);
}

#[test]
fn no_statement() {
    for statement in [None, Some(String::new()), Some(" \n".to_owned())] {
        let options = OverlapOptions { statement, ..declared(Method::Dga) };
        refused(&three(SOUND), &options, &[RuleCode::NoStatement]);
    }
}

/// Nothing is declared: not even sound lists, and not even a lower bound.
#[test]
fn nothing_declared() {
    let three_rules = [RuleCode::SharedOrigin, RuleCode::UnreviewedLinkage, RuleCode::NoStatement];
    for method in [Method::Auto, Method::Dga, Method::Chao] {
        let options = OverlapOptions { method, latent: chains(), ..OverlapOptions::default() };
        refused(&three(SOUND), &options, &three_rules);
    }
}

/// A part of the population that no list can reach is seen by no method: each is sure of 1,400 of
/// 2,000. It is a stated limit of every figure.
#[test]
fn persons_out_of_reach_are_a_stated_limit() {
    let reach_1400 = three([175; 7]);
    for method in [Method::LogLinear, Method::Dga, Method::LatentClass] {
        let latent = LatentClassOptions { thin: 20, ..chains() };
        let found = ask(&reach_1400, &OverlapOptions { latent, ..declared(method) });
        assert_eq!(found.answer.kind, AnswerKind::Estimate, "{method:?} {}", found.answer.text);
        assert!(found.answer.high.is_some_and(|high| high < 1700), "{:?}", found.answer);
        assert!(
            found
                .answer
                .text
                .contains("Persons whom no list could have reached are not in this figure")
        );
    }
}

/// Killings in Kosovo, March to June 1999 (Ball et al. 2002).
const KOSOVO: &str = "EXH,ABA,OSCE,HRW,count\n0,0,0,1,306\n0,0,1,0,936\n0,0,1,1,123\n0,1,0,0,845\n\
    0,1,0,1,31\n0,1,1,0,217\n0,1,1,1,32\n1,0,0,0,1131\n1,0,0,1,106\n1,0,1,0,228\n1,0,1,1,42\n\
    1,1,0,0,177\n1,1,0,1,18\n1,1,1,0,181\n1,1,1,1,27\n";

#[test]
fn kosovo_is_a_set_with_each_models_assumption() {
    let found = ask(KOSOVO, &declared(Method::Auto));
    check(&found, &[RuleCode::ModelsDisagree]);
    assert_eq!(found.answer.kind, AnswerKind::Set);
    assert_eq!((found.answer.low, found.answer.high), (Some(10_356), Some(18_393)));
    let models = &found.methods.loglinear.as_ref().expect("four lists").models;
    assert_eq!(models.len(), 3);
    for model in models {
        let size = two_figures(model.n_hat as u64);
        let said =
            format!("{} gives {size} and takes for granted that {}", model.model, model.assumption);
        assert!(found.answer.text.contains(&said), "{}", found.answer.text);
    }
    let range = format!(
        "{} to {} in all; we do not choose",
        two_figures_down(10_356),
        two_figures_up(18_393)
    );
    assert!(found.answer.text.contains(&range), "{}", found.answer.text);
}

/// Figures of ours in a text have two significant figures: every group of digits but the documented
/// count, the shares in percent and the names of models ends in noughts from its third digit on.
#[test]
fn texts_give_two_significant_figures() {
    for (text, method) in [
        (KOSOVO.to_owned(), Method::Auto),
        (three(SOUND), Method::Dga),
        (three([500, 480, 300, 900, 40, 38, 30]), Method::Dga),
        (three(SOUND), Method::Chao),
    ] {
        let found = ask(&text, &declared(method));
        let mut said = found.answer.text.replace(&found.documented.to_string(), "");
        for model in found.methods.loglinear.iter().flat_map(|loglinear| &loglinear.models) {
            said = said.replace(&model.model, "");
        }
        for number in said.split(|letter: char| !letter.is_ascii_digit() && letter != ',') {
            let number = number.trim_matches(',');
            if !number.contains(',') || number.split(',').skip(1).any(|part| part.len() != 3) {
                continue;
            }
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            assert!(digits.chars().skip(2).all(|digit| digit == '0'), "{number} in {said}");
        }
    }
}

/// A published table under `data/stats` of the shared folder; none where it is absent.
fn shared(path: &str) -> Option<String> {
    let root = match std::env::var_os("WITNESSMARK_SHARED") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    if !root.is_dir() {
        println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
        return None;
    }
    Some(std::fs::read_to_string(root.join("data/stats").join(path)).expect("a shared file"))
}

/// Potential victims of modern slavery in the United Kingdom, 2013: five lists, two pairs of which
/// hardly meet; published as 10,000 to 13,000 (Silverman 2014).
#[test]
fn modern_slavery_in_the_united_kingdom() {
    let Some(text) = shared("modern_slavery/UKdat_5.csv") else { return };
    let expected = [
        RuleCode::NoMle,
        RuleCode::ModelsDisagree,
        RuleCode::PriorDecides,
        RuleCode::OneListDecides,
        RuleCode::SparseOverlap,
    ];
    refused(&text, &declared(Method::Auto), &expected);
}

/// Snowshoe hares on six days (Cormack 1989): 68 hares, and four on both of the first two days.
#[test]
fn snowshoe_hares() {
    let Some(text) = shared("rcapture/hare.csv") else { return };
    refused(&text, &declared(Method::Auto), &[RuleCode::SparseOverlap]);
}

/// Eighteen lists are more than any regression takes; the answer is still an answer.
#[test]
fn eighteen_thin_lists() {
    let mut text = (1..=18).map(|list| format!("c{list}")).collect::<Vec<_>>().join(",") + "\n";
    for person in 0..76_u32 {
        let bits =
            person.wrapping_mul(2_654_435_761) & 0x3_ffff & person.rotate_left(9).wrapping_mul(97);
        let bits = if bits == 0 { 1 << (person % 18) } else { bits | 1 << (person % 18) };
        let row: Vec<String> = (0..18).map(|list| (bits >> list & 1).to_string()).collect();
        text.push_str(&(row.join(",") + "\n"));
    }
    refused(&text, &declared(Method::Auto), &[RuleCode::SparseOverlap]);
}
