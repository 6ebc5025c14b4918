//! Overlap: refusals, faults of the table, sensitivity, and what must hold for any lists.

use proptest::prelude::*;
use witnessmark_estimate::overlap::{
    LatentClassOptions, Lists, Method, Model, Overlap, OverlapOptions, Unfit, chao, compare_models,
    fit_model, overlap,
};
use witnessmark_estimate::{AnswerKind, RuleCode};

/// Short chains, for tests that are not about them.
fn short() -> LatentClassOptions {
    LatentClassOptions {
        chains: 2,
        burn_in: 200,
        samples: 100,
        thin: 2,
        most_doublings: 0,
        ..LatentClassOptions::default()
    }
}

fn declared(method: Method) -> OverlapOptions {
    OverlapOptions {
        method,
        latent: short(),
        statement: Some(
            "closed in May; everyone could be listed; lists name whom they met".to_owned(),
        ),
        is_linkage_reviewed: true,
        has_no_shared_origin: true,
        ..OverlapOptions::default()
    }
}

fn ask(text: &str, options: &OverlapOptions) -> Overlap {
    overlap(&Lists::from_csv(text).expect("the lists are right"), options)
        .expect("options are right")
}

fn codes(found: &Overlap) -> Vec<&'static str> {
    found.answer.rules.iter().map(|rule| rule.code.as_str()).collect()
}

/// Independent lists that each reach half of 8,000: 1,000 of each pattern.
const INDEPENDENT: &str = "a,b,c,count\n1,0,0,1000\n0,1,0,1000\n1,1,0,1000\n0,0,1,1000\n1,0,1,1000\n0,1,1,1000\n1,1,1,1000\n";

#[test]
fn lists_that_agree_give_an_estimate_near_the_truth() {
    let found = ask(INDEPENDENT, &declared(Method::Dga));
    assert_eq!(codes(&found), Vec::<&str>::new(), "{}", found.answer.text);
    assert_eq!(found.answer.kind, AnswerKind::Estimate);
    let point = found.answer.point.expect("an estimate");
    assert!(point.abs_diff(8000) < 100, "{point}");
    assert!(found.answer.text.starts_with("We estimate about 8,000 (7,"), "{}", found.answer.text);
}

#[test]
fn a_lower_bound_is_called_one() {
    let found = ask(INDEPENDENT, &declared(Method::Chao));
    assert_eq!(found.answer.kind, AnswerKind::LowerBound);
    // 7,000 + (2/3)·3,000²/(2·3,000)
    assert_eq!(found.answer.low, Some(8000));
    assert_eq!(found.answer.high, None);
}

#[test]
fn wrong_lists_are_named_by_row_and_column() {
    let cases: &[(&str, &str)] = &[
        ("", "lists: there are no rows"),
        ("a,b,count\n", "lists: there are no rows"),
        ("count\n5\n", "lists, row 1: the column is missing"),
        ("a,b,count\n1,0,-5\n", "lists, row 2, column count: -5 is negative"),
        (
            "a,b,count\n1,0,five\n",
            "lists, row 2, column count: \"five\" is not a number in plain digits",
        ),
        ("a,b,count\n1,0,1.5\n", "lists, row 2, column count: 1.5 is not a whole number"),
        ("a,b,count\n1,2,5\n", "lists, row 2, column b: \"2\" is none of 0, 1"),
        ("a,b,count\n1,,5\n", "lists, row 2, column b: the cell is empty"),
        ("a,b,count\n1,0,5\n0,1,3\n1,0,2\n", "lists, row 4: \"pattern 10\" is already in row 2"),
        (
            "a,b,count\n1,0,5\n0,0,3\n",
            "lists, row 3: no list is 1: a person on no list cannot have been seen",
        ),
        ("a,b,count\n1,0,5\n", "lists, row 1, column b: nobody is on this list"),
        (
            "a,b\n1,0\n0,0\n",
            "lists, row 3: no list is 1: a person on no list cannot have been seen",
        ),
        ("a,a,count\n1,0,5\n", "lists, row 1, column a: two columns have this name"),
    ];
    for (text, expected) in cases {
        assert_eq!(Lists::from_csv(text).expect_err("an error").to_string(), *expected, "{text}");
    }
}

#[test]
fn one_row_a_person_is_the_same_as_counts() {
    let people = Lists::from_csv("a,b\n1,0\n1,1\n1,0\n0,1\n").expect("right");
    let counts = Lists::from_csv("a,b,count\n1,0,2\n1,1,1\n0,1,1\n").expect("right");
    assert_eq!(people, counts);
}

#[test]
fn settings_out_of_range_are_named() {
    let lists = Lists::from_csv(INDEPENDENT).expect("right");
    for (options, setting) in [
        (OverlapOptions { delta: Some(0.0), ..declared(Method::Dga) }, "delta"),
        (OverlapOptions { delta: Some(f64::NAN), ..declared(Method::Dga) }, "delta"),
        (OverlapOptions { max_unseen: Some(0), ..declared(Method::Dga) }, "max-unseen"),
        (
            OverlapOptions {
                latent: LatentClassOptions { classes: 0, ..short() },
                ..declared(Method::Auto)
            },
            "classes",
        ),
        (
            OverlapOptions {
                latent: LatentClassOptions { thin: 0, ..short() },
                ..declared(Method::Auto)
            },
            "thin",
        ),
    ] {
        assert_eq!(overlap(&lists, &options).expect_err("an error").setting, setting);
    }
}

#[test]
fn as_many_hierarchical_models_as_there_are() {
    for (lists, count) in [(2, 1), (3, 8), (4, 113), (5, 6893)] {
        let models = Model::all(lists).expect("up to five");
        assert_eq!(models.len(), count, "{lists} lists");
        let mut names: Vec<String> = models.iter().map(Model::name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "names are different");
        for model in &models {
            assert_eq!(Model::parse(lists, &model.name()).as_ref(), Some(model));
        }
    }
    assert!(Model::all(6).is_none());
}

#[test]
fn a_margin_of_nothing_has_no_estimate() {
    let text =
        "a,b,c,count\n1,0,0,100\n0,1,0,100\n1,1,0,0\n0,0,1,50\n1,0,1,30\n0,1,1,20\n1,1,1,0\n";
    let lists = Lists::from_csv(text).expect("right");
    let independent = Model::parse(3, "1,2,3").expect("a model");
    assert!(fit_model(&lists, &independent).is_ok());
    let dependent = Model::parse(3, "12,3").expect("a model");
    assert_eq!(fit_model(&lists, &dependent), Err(Unfit::NoMle));
    let found = compare_models(&lists);
    // Four models with the term ab, and ac,bc: without c, nobody is on both a and b.
    assert_eq!((found.compared, found.without_mle), (8, 5));
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let found = ask(INDEPENDENT, &declared(Method::Auto));
    let json = serde_json::to_value(&found).expect("serialises");
    for field in [
        "/documented",
        "/lists/2",
        "/methods/loglinear/models/0/model",
        "/methods/loglinear/models/0/n_hat",
        "/methods/loglinear/models/0/se",
        "/methods/loglinear/models/0/profile_ci95/1",
        "/methods/loglinear/models/0/deviance",
        "/methods/loglinear/models/0/df",
        "/methods/loglinear/models/0/bic",
        "/methods/loglinear/models/0/delta_bic",
        "/methods/dga/delta",
        "/methods/dga/mean",
        "/methods/dga/mode",
        "/methods/dga/quantiles/0.975",
        "/methods/dga/saturated_weight",
        "/methods/dga/models/0/graph",
        "/methods/dga/models/0/weight",
        "/methods/latent_class/quantiles/0.025",
        "/methods/latent_class/mean",
        "/methods/latent_class/rhat",
        "/methods/latent_class/ess",
        "/methods/latent_class/classes",
        "/methods/chapman/pairs/2/n_hat",
        "/methods/chao/n_hat",
        "/methods/chao/lower",
        "/sensitivity/delta_sweep/0/quantiles/2",
        "/sensitivity/without_list/2/list",
        "/answer/kind",
        "/answer/rules/0/code",
        "/answer/rules/0/detail",
        "/answer/text",
    ] {
        assert!(json.pointer(field).is_some(), "{field}");
    }
}

#[test]
fn a_seed_gives_the_same_bytes() {
    let json =
        || serde_json::to_string(&ask(INDEPENDENT, &declared(Method::Auto))).expect("serialises");
    assert_eq!(json(), json());
}

fn lists() -> impl Strategy<Value = Lists> {
    prop::collection::vec(0_u64..60, 7).prop_filter_map("a list is empty", |counts| {
        let patterns: Vec<(u32, u64)> = (1..8).zip(counts).collect();
        Lists::new(["a", "b", "c"].map(str::to_owned).to_vec(), &patterns).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_method_goes_below_what_is_documented_and_none_panics(lists in lists()) {
        let documented = lists.documented().persons() as f64;
        let found = overlap(&lists, &declared(Method::Auto)).expect("options are right");
        if let Some(loglinear) = &found.methods.loglinear {
            for model in &loglinear.models {
                prop_assert!(model.n_hat >= documented - 1e-6, "{model:?}");
                if let (Some([low, high]), Some(top)) = (model.profile_ci95, model.profile_n) {
                    prop_assert!(low <= top + 1e-3 && top <= high + 1e-3, "{model:?}");
                }
            }
        }
        prop_assert!(chao(&lists).n_hat >= documented);
        if let Some(dga) = &found.methods.dga {
            prop_assert!(dga.quantiles["0.025"] as f64 >= documented);
            let weights: f64 = dga.models.iter().map(|model| model.weight).sum();
            prop_assert!(weights <= 1.0 + 1e-9);
        }
        prop_assert!(!found.answer.text.is_empty());
    }

    #[test]
    fn naming_lists_in_another_order_changes_nothing(lists in lists()) {
        let swap = |pattern: u32| (pattern & 1) << 2 | (pattern & 2) | (pattern & 4) >> 2;
        let patterns: Vec<(u32, u64)> = lists.patterns().map(|(p, n)| (swap(p), n)).collect();
        let other = Lists::new(["c", "b", "a"].map(str::to_owned).to_vec(), &patterns).expect("right");
        let options = declared(Method::Dga);
        let one = overlap(&lists, &options).expect("right").methods.dga.expect("three lists");
        let two = overlap(&other, &options).expect("right").methods.dga.expect("three lists");
        prop_assert_eq!(one.median(), two.median());
        prop_assert!((one.saturated_weight - two.saturated_weight).abs() < 1e-9);
    }
}

#[test]
fn rules_stand_in_the_order_of_the_table() {
    let options = OverlapOptions { method: Method::LogLinear, ..OverlapOptions::default() };
    let found = ask("a,b,c,count\n1,0,0,9\n0,1,0,9\n1,1,0,3\n0,0,1,9\n1,0,1,1\n", &options);
    let codes: Vec<RuleCode> = found.answer.rules.iter().map(|rule| rule.code).collect();
    assert!(codes.is_sorted() && codes.len() >= 4, "{codes:?}");
}
