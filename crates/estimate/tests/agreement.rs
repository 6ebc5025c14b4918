//! Agreement: refusals, faults of the table, and what must hold for any ratings.

use proptest::prelude::*;
use witnessmark_estimate::agreement::{Agreement, AgreementOptions, Level, Rating, agreement};

fn ask(text: &str, level: Level) -> Result<Agreement, String> {
    let ratings = Rating::list_from_csv(text).map_err(|error| error.to_string())?;
    agreement(&ratings, level, &AgreementOptions::default()).map_err(|error| error.to_string())
}

#[test]
fn refusals_name_their_rule() {
    let cases: &[(&str, &str, &str)] = &[
        ("all values equal", "u,a,x\nu,b,x\nv,a,x\nv,b,x\n", "no-variation"),
        ("nobody rated twice", "u,a,x\nv,b,y\n", "nothing-pairable"),
        ("missing values do not pair", "u,a,x\nu,b,\n", "nothing-pairable"),
    ];
    for (name, rows, rule) in cases {
        let found = ask(&format!("unit,coder,value\n{rows}"), Level::Nominal).expect(name);
        assert!(found.krippendorff_alpha.is_none(), "{name}");
        assert_eq!(found.refused.expect(name).rule, *rule, "{name}");
    }
}

#[test]
fn wrong_ratings_are_named_by_row_and_column() {
    let cases: &[(&str, Level, &str)] = &[
        (
            "unit,coder\nu,a\n",
            Level::Nominal,
            "ratings, row 1, column value: the column is missing",
        ),
        ("unit,coder,value\n", Level::Nominal, "ratings: there are no rows"),
        (
            "unit,coder,value\nu,a,x\n",
            Level::Ordinal,
            "ratings, row 2, column value: \"x\" is not a number in plain digits",
        ),
        (
            "unit,coder,value\nu,a,-1\n",
            Level::Ratio,
            "ratings, row 2, column value: -1 is negative",
        ),
        (
            "unit,coder,value\nu,a,1\nu,a,2\n",
            Level::Ratio,
            "ratings, row 3, column unit: \"unit u by a\" is already in row 2",
        ),
        (
            "unit,coder,value\nu,,1\n",
            Level::Ratio,
            "ratings, row 2, column coder: the cell is empty",
        ),
    ];
    for (text, level, expected) in cases {
        assert_eq!(ask(text, *level).expect_err("an error"), *expected, "{text}");
    }
}

#[test]
fn two_coders_by_hand() {
    // Cohen (1960) by hand: 20 of 35 agree by table 20/5/10/15 over 50 units.
    let mut rows = String::from("unit,coder,value\n");
    let table = [("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)];
    let mut unit = 0;
    for (first, second, times) in table {
        for _ in 0..times {
            rows.push_str(&format!("{unit},a,{first}\n{unit},b,{second}\n"));
            unit += 1;
        }
    }
    let found = ask(&rows, Level::Nominal).expect("right");
    let kappa = found.cohen_kappa.expect("two coders");
    assert!((kappa.unweighted.expect("given") - 0.4).abs() < 1e-12);
    assert_eq!(kappa.squared, None, "words have no distance");
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let text = "unit,coder,value\nu,a,1\nu,b,1\nv,a,2\nv,b,1\nw,a,3\nw,b,3\n";
    let json = serde_json::to_value(ask(text, Level::Ordinal).expect("right")).expect("serialises");
    for field in [
        "/krippendorff_alpha/value",
        "/krippendorff_alpha/ci95/1",
        "/krippendorff_alpha/bootstrap_samples",
        "/cohen_kappa/unweighted",
        "/cohen_kappa/squared",
        "/fleiss_kappa",
        "/gwet_ac1/value",
        "/gwet_ac1/se",
    ] {
        assert!(json.pointer(field).is_some_and(serde_json::Value::is_number), "{field}: {json}");
    }
    assert_eq!(json["units"], 3);
    assert_eq!(json["coders"], 2);
    assert_eq!(json["pairable_values"], 6);
    assert!(json["refused"].is_null());
}

fn sheet() -> impl Strategy<Value = Vec<Rating>> {
    prop::collection::vec(prop::collection::vec(prop::option::of(1_u8..5), 3), 2..12).prop_map(
        |rows| {
            let mut ratings = Vec::new();
            for (unit, row) in rows.iter().enumerate() {
                for (coder, value) in row.iter().enumerate() {
                    let value = value.map(|value| value.to_string()).unwrap_or_default();
                    ratings.push(Rating::new(unit.to_string(), coder.to_string(), value));
                }
            }
            ratings
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_of_rows_and_a_lone_value_change_nothing(ratings in sheet(), level in 0_usize..4) {
        let level = [Level::Nominal, Level::Ordinal, Level::Interval, Level::Ratio][level];
        let options = AgreementOptions { seed: 7, bootstrap_samples: 0 };
        let alpha = |ratings: &[Rating]| {
            let found = agreement(ratings, level, &options).expect("right");
            found.krippendorff_alpha.map(|alpha| alpha.value)
        };
        let mut other: Vec<Rating> = ratings.iter().rev().cloned().collect();
        other.push(Rating::new("alone", "0", "4"));
        match (alpha(&ratings), alpha(&other)) {
            (Some(one), Some(two)) => prop_assert!((one - two).abs() < 1e-9 && one <= 1.0),
            (one, two) => prop_assert_eq!(one, two),
        }
    }

    #[test]
    fn a_seed_gives_the_same_bytes(ratings in sheet()) {
        let options = AgreementOptions { seed: 9, bootstrap_samples: 120 };
        let json = || serde_json::to_string(&agreement(&ratings, Level::Ordinal, &options).expect("right"));
        prop_assert_eq!(json().expect("serialises"), json().expect("serialises"));
    }
}
