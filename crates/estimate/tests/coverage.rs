//! Coverage: bounds, contradictions and time, as named cases and against brute force.

use proptest::prelude::*;
use witnessmark_estimate::coverage::{
    Coverage, CoverageError, CoverageOptions, Figure, Kind, Place, PlaceTree, Pooling, Statement,
    coverage,
};
use witnessmark_estimate::{AnswerKind, Day};

const PLACES: &str = "\
place,parent,level,population,names
T,,region,100000,
P,T,prefecture,40000,པོ
Q,T,prefecture,60000,
C,P,county,15000,
D,P,county,25000,
V,D,village,350,
";

fn ask(places: &str, rows: &str, as_of: Option<&str>) -> Coverage {
    let tree = PlaceTree::from_csv(places).expect("the places are right");
    let text = format!("id,kind,place,value,low,high,date,source,remark\n{rows}");
    let statements = Statement::list_from_csv(&text).expect("the statements are right");
    let as_of = as_of.map(|day| day.parse().expect("a date"));
    coverage(&tree, &statements, &CoverageOptions { as_of, ..CoverageOptions::default() })
        .expect("an answer")
}

/// Each case: a name, statements, as-of, documented, low, high.
#[test]
fn bounds_of_named_cases() {
    type Case = (&'static str, &'static str, Option<&'static str>, u64, u64, u64);
    let cases: &[Case] = &[
        ("exact count of a county", "a,count,C,12000,,,,,\n", None, 12_000, 12_000, 97_000),
        ("range of a county", "a,count,C,,9000,12000,,,\n", None, 9_000, 9_000, 97_000),
        ("rounded", "a,count-rounded,C,12000,,,,,\n", None, 12_000, 11_500, 97_500),
        (
            "rounded to the person is half a person",
            "a,count-rounded,T,99991,,,,,\n",
            None,
            99_991,
            99_990,
            99_992,
        ),
        (
            "rounded with its own ends",
            "a,count-rounded,T,50000,49000,51500,,,\n",
            None,
            50_000,
            49_000,
            51_500,
        ),
        ("at least", "a,at-least,P,20000,,,,,\n", None, 20_000, 20_000, 100_000),
        ("share is rounded", "a,share,P,69%,,,,,\n", None, 0, 27_400, 87_800),
        ("share as percent without sign", "a,share,P,69,,,,,\n", None, 0, 27_400, 87_800),
        ("share as fraction", "a,share,P,0.69,,,,,\n", None, 0, 27_400, 87_800),
        ("share made exact", "a,share,P,69%,69%,69%,,,\n", None, 0, 27_600, 87_600),
        ("share with a decimal", "a,share,T,69.55%,,,,,\n", None, 0, 69_545, 69_555),
        ("all residents", "a,all-residents,V,,,,,,\n", None, 0, 350, 100_000),
        ("all residents, said twice", "a,all-residents,V,350,,,,,\n", None, 0, 350, 100_000),
        (
            "two levels are not added",
            "a,count,P,20000,,,,,\nb,count,C,12000,,,,,\n",
            None,
            20_000,
            20_000,
            80_000,
        ),
        (
            "two levels, the parts say more",
            "a,at-least,P,10000,,,,,\nb,count,C,12000,,,,,\n",
            None,
            12_000,
            12_000,
            97_000,
        ),
        (
            "a village holds up its county",
            "a,all-residents,V,,,,,,\nb,count,C,100,,,,,\n",
            None,
            100,
            450,
            85_100,
        ),
        (
            "an earlier count is a floor only",
            "a,count,T,500,,,2020-03-01,,\nb,count,P,400,,,2021-03-01,,\n",
            None,
            500,
            500,
            60_400,
        ),
        (
            "a later count is a ceiling",
            "a,count,T,500,,,2020-03-01,,\nb,count,T,900,,,2021-03-01,,\n",
            Some("2020-06-30"),
            500,
            500,
            900,
        ),
        ("as of before everything", "a,count,T,500,,,2020-03-01,,\n", Some("2019"), 0, 0, 500),
        ("as of long after", "a,count,T,500,,,2020-03-01,,\n", Some("2022"), 500, 500, 100_000),
        (
            "as of with undated statements names their moment",
            "a,count,T,500,,,,,\n",
            Some("2022"),
            500,
            500,
            500,
        ),
        (
            "an undated one among dated ones",
            "a,count,P,500,,,2020,,\nb,count,Q,70,,,,,\n",
            None,
            570,
            570,
            60_500,
        ),
        (
            "growth is shared over levels",
            "a,count,P,500,,,2020,,\nb,count,P,800,,,2021,,\nc,count,C,600,,,2021,,\n",
            Some("2020"),
            500,
            500,
            60_500,
        ),
        ("nobody is still a count", "a,count,T,0,,,,,\n", None, 0, 0, 0),
        ("the whole is capped", "a,count-rounded,V,400,,,,,\n", None, 400, 350, 100_000),
    ];
    for (name, rows, as_of, documented, low, high) in cases {
        let found = ask(PLACES, rows, *as_of);
        let bounds = found.bounds.as_ref().unwrap_or_else(|| panic!("{name}: refused"));
        assert_eq!(found.documented.persons(), *documented, "{name}: documented");
        assert_eq!((bounds.low, bounds.high), (*low, *high), "{name}: bounds");
        assert_eq!(found.answer.kind, AnswerKind::Set, "{name}");
        assert!(found.answer.text.starts_with("The sources imply at least "), "{name}");
    }
}

#[test]
fn places_that_nobody_speaks_of_follow_from_their_group() {
    let found = ask(PLACES, "a,count,P,30000,,,,,\nb,count,C,15000,,,,,\n", None);
    let of = |name: &str| {
        let place = found.by_place.iter().find(|place| place.place == name).expect("listed");
        (place.low, place.high, place.statements.join(" "))
    };
    assert_eq!(of("P"), (30_000, 30_000, "a".to_owned()));
    assert_eq!(of("C"), (15_000, 15_000, "b".to_owned()));
    assert_eq!(of("D"), (15_000, 15_000, "a b".to_owned()));
    assert_eq!(of("V"), (0, 350, String::new()));
    assert_eq!(of("Q"), (0, 60_000, String::new()));
}

#[test]
fn bounds_name_what_proves_them() {
    let rows = "a,at-least,P,20000,,,,,\nb,count,C,12000,,,,,\nc,count,D,9000,,,,,\n";
    let found = ask(PLACES, rows, None);
    let bounds = found.bounds.expect("consistent");
    assert_eq!(bounds.low, 21_000);
    assert_eq!(bounds.low_from.statements, ["b", "c"]);
    assert_eq!(bounds.high_from.statements, ["b", "c"]);
    assert_eq!(bounds.high_from.populations, ["rest of T"]);
    assert_eq!(found.documented_from, ["b", "c"]);
}

/// Each case: a name, statements, the sets expected.
#[test]
fn contradictions_are_named_with_a_smallest_set() {
    let cases: &[(&str, &str, &[&[&str]])] = &[
        (
            "two figures of one place",
            "a,count,C,12000,,,,,\nx,at-least,T,5,,,,,\nb,count,C,13000,,,,,\n",
            &[&["a", "b"]],
        ),
        (
            "parts exceed the whole",
            "a,count,P,10000,,,,,\nb,count,C,6000,,,,,\nc,count,D,5000,,,,,\n",
            &[&["a", "b", "c"]],
        ),
        ("more than live there", "a,count,V,400,,,,,\nb,count,C,1,,,,,\n", &[&["a"]]),
        (
            "a count that falls with time",
            "a,count,C,900,,,2021,,\nb,count,C,800,,,2022,,\n",
            &[&["a", "b"]],
        ),
        (
            "a pair is preferred to a triple",
            "a,count,P,10000,,,,,\nb,count,C,6000,,,,,\nc,count,D,5000,,,,,\nd,at-least,P,10001,,,,,\n",
            &[&["a", "d"]],
        ),
        (
            "two quarrels",
            "a,count,C,1,,,,,\nb,count,C,2,,,,,\nc,count,Q,1,,,,,\nd,share,Q,50%,,,,,\n",
            &[&["a", "b"], &["c", "d"]],
        ),
    ];
    for (name, rows, expected) in cases {
        let found = ask(PLACES, rows, None);
        assert_eq!(found.contradictions, *expected, "{name}");
        assert_eq!(found.answer.kind, AnswerKind::Refused, "{name}");
        assert!(found.bounds.is_none() && found.by_place.is_empty(), "{name}");
        for id in expected.iter().flat_map(|set| set.iter()) {
            assert!(found.answer.text.contains(id), "{name}: the text names {id}");
        }
    }
}

fn statements_error(rows: &str) -> String {
    let tree = PlaceTree::from_csv(PLACES).expect("the places are right");
    let text = format!("id,kind,place,value,low,high,date,source\n{rows}");
    let options = CoverageOptions::default();
    match Statement::list_from_csv(&text) {
        Err(error) => error.to_string(),
        Ok(list) => coverage(&tree, &list, &options).expect_err("an error").to_string(),
    }
}

#[test]
fn wrong_statements_are_named_by_row_and_column() {
    let cases: &[(&str, &str)] = &[
        ("", "statements: there are no rows"),
        ("a,count,C,-5,,,,\n", "statements, row 2, column value: -5 is negative"),
        (
            "a,count,C,5,,,,\nb,count,C,many,,,,\n",
            "statements, row 3, column value: \"many\" is not a number in plain digits",
        ),
        (
            "a,count,C,\"1,60,000\",,,,\n",
            "statements, row 2, column value: \"1,60,000\" is not a number in plain digits",
        ),
        ("a,count,C,3.5,,,,\n", "statements, row 2, column value: 3.5 is not a whole number"),
        ("a,count,C,50%,,,,\n", "statements, row 2, column value: 50% is not a whole number"),
        ("a,count,C,,,,,\n", "statements, row 2, column value: the cell is empty"),
        (
            "a,count,C,,5,4,,\n",
            "statements, row 2, column value: low 5, value - and high 4 are not in this order",
        ),
        (
            "a,count,X,5,,,,\n",
            "statements, row 2, column place: the place \"X\" is not in the table of places",
        ),
        (
            "a,share,C,169%,,,,\n",
            "statements, row 2, column value: a share of 169% is outside 0 % to 100 %",
        ),
        (
            "a,share,C,1,,,,\n",
            "statements, row 2, column value: 1 can be read as 1 % or as the fraction 1",
        ),
        (
            "a,share,C,69,,,,\nb,share,D,0.5,,,,\n",
            "statements, row 3, column value: 0.5 can be read as 0.5 % or as the fraction 0.5",
        ),
        ("a,share,C,-1%,,,,\n", "statements, row 2, column value: -1% is negative"),
        (
            "a,guess,C,5,,,,\n",
            "statements, row 2, column kind: \"guess\" is none of count, count-rounded, at-least, share, all-residents",
        ),
        (
            "a,count,C,5,,,,\n\na,count,D,5,,,,\n",
            "statements, row 4, column id: \"a\" is already in row 2",
        ),
        (",count,C,5,,,,\n", "statements, row 2, column id: the cell is empty"),
        ("a,count,C,5,,,2022-13,\n", "statements, row 2, column date: \"2022-13\" is not a date"),
        (
            "a,count,C,5,,,2023-02-29,\n",
            "statements, row 2, column date: \"2023-02-29\" is not a date",
        ),
        (
            "a,at-least,C,5,,9,,\n",
            "statements, row 2, column high: \"9\" stands where nothing may: at-least has no upper end; use count",
        ),
        (
            "a,all-residents,V,360,,,,\n",
            "statements, row 2, column value: all residents of \"V\" are 350, the value is 360",
        ),
        ("a,count,C,5\n", "statements, row 2: not readable as CSV: 4 cells where the header has 8"),
        (
            "a,count,C,99999999999999999999,,,,\n",
            "statements, row 2, column value: 99999999999999999999 is too large",
        ),
    ];
    for (rows, expected) in cases {
        assert_eq!(statements_error(rows), *expected, "{rows}");
    }
}

#[test]
fn wrong_places_are_named_by_row_and_column() {
    let cases: &[(&str, &str)] = &[
        ("", "places: there are no rows"),
        ("place,parent,level,population\n", "places: there are no rows"),
        ("place,level,population\nA,x,5\n", "places, row 1, column parent: the column is missing"),
        (
            "place,parent,level,population\nA,,x,-5\n",
            "places, row 2, column population: -5 is negative",
        ),
        (
            "place,parent,level,population\nA,,x,five\n",
            "places, row 2, column population: \"five\" is not a number in plain digits",
        ),
        (
            "place,parent,level,population\nA,,x,\n",
            "places, row 2, column population: the cell is empty",
        ),
        (
            "place,parent,level,population\nA,,x,5\nA,,x,5\n",
            "places, row 3, column place: \"A\" is already in row 2",
        ),
        (
            "place,parent,level,population\nA,B,x,5\n",
            "places, row 2, column parent: the place \"B\" is not in the table of places",
        ),
        (
            "place,parent,level,population\nA,,x,5\nB,A,y,3\nC,A,y,3\n",
            "places, row 2, column population: \"A\" has 5 residents, its 2 listed parts have 6",
        ),
        (
            "place,parent,level,population\nR,,x,9\nA,B,x,5\nB,A,x,5\n",
            "places, row 3, column parent: places contain each other in a circle: A in B in A",
        ),
        (
            "place,parent,level,population\nA,A,x,5\n",
            "places, row 2, column parent: places contain each other in a circle: A in A",
        ),
        (
            "place,place,parent,level,population\nA,A,,x,5\n",
            "places, row 1, column place: two columns have this name",
        ),
    ];
    for (text, expected) in cases {
        let error = PlaceTree::from_csv(text).expect_err("an error");
        assert_eq!(error.to_string(), *expected, "{text}");
    }
}

#[test]
fn a_place_without_a_figure_has_the_sum_of_its_parts() {
    let tree = PlaceTree::from_csv("place,parent,level,population\nA,,x,\nB,A,y,3\nC,A,y,4\n");
    assert_eq!(tree.expect("right").population("A"), Some(7));
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let found = ask(PLACES, "a,count-rounded,C,12000,,,2022-04,paper,\n", None);
    let json = serde_json::to_value(&found).expect("serialises");
    for field in ["documented", "bounds", "by_place", "pooled", "contradictions", "answer"] {
        assert!(json.get(field).is_some(), "{field}");
    }
    assert_eq!(json["documented"], 12_000);
    assert_eq!(json["bounds"]["low"], 11_500);
    assert_eq!(json["bounds"]["high"], 97_500);
    assert_eq!(json["by_place"][3]["statements"], serde_json::json!(["a"]));
    assert_eq!(json["answer"]["kind"], "set");
    assert_eq!(
        json["answer"]["text"],
        "The sources imply at least 11,000 and cannot exclude 98,000 by 2022-04-30, among 100,000 \
         residents. Narrower figures need the assumption that places and days about which the \
         sources are silent resemble those they report on, which is untested. Documented outright, \
         nobody counted twice: 12,000."
    );
}

#[test]
fn pooling_needs_its_assumption_and_known_counts() {
    let mut places = "place,parent,level,population\nT,,region,\n".to_owned();
    let mut rows = "id,kind,place,value,low,high,date,source\n".to_owned();
    for number in 0..12 {
        places.push_str(&format!("c{number},T,county,10000\n"));
        if number % 2 == 0 {
            rows.push_str(&format!("s{number},count,c{number},{},,,,\n", 2000 + 150 * number));
        }
    }
    let tree = PlaceTree::from_csv(&places).expect("right");
    let statements = Statement::list_from_csv(&rows).expect("right");
    let ask = |assumption: &str| {
        let pooling = Pooling { reporting_assumption: assumption.to_owned(), seed: 3 };
        let options = CoverageOptions { pooling: Some(pooling), ..CoverageOptions::default() };
        coverage(&tree, &statements, &options)
    };
    assert_eq!(ask(" \n"), Err(CoverageError::NoReportingAssumption));
    let found =
        ask("Counties report when their inspection is due, which is by lot.").expect("right");
    let pooled = found.pooled.expect("six known counties");
    assert_eq!((pooled.places_known, pooled.places_predicted), (6, 6));
    let bounds = found.bounds.expect("no contradiction");
    assert!(pooled.quantiles["0.025"] > bounds.low as f64);
    assert!(pooled.quantiles["0.975"] < bounds.high as f64);
    assert!((30_000.0..38_000.0).contains(&pooled.quantiles["0.5"]), "{pooled:?}");
    assert!(found.answer.text.ends_with("which is by lot."), "{}", found.answer.text);
    assert_eq!(found.answer.kind, AnswerKind::Set, "the answer stays the bounds");
}

// ---- against brute force -------------------------------------------------------------------

/// Two counties and a town in the second; two dates; small enough to try every history.
#[derive(Clone, Debug)]
struct Small {
    populations: [u64; 3],
    rest: u64,
    statements: Vec<Statement>,
    target: usize,
}

const DAYS: [(u16, u8, u8); 2] = [(2020, 1, 1), (2021, 1, 1)];

fn day(index: usize) -> Day {
    let (year, month, day) = DAYS[index];
    Day::new(year, month, day).expect("a day")
}

fn tree(small: &Small) -> PlaceTree {
    let [a, b, c] = small.populations;
    let place = |place: &str, parent: Option<&str>, population| Place {
        place: place.to_owned(),
        parent: parent.map(str::to_owned),
        level: String::new(),
        population: Some(population),
    };
    PlaceTree::new(vec![
        place("T", None, a + b + c + small.rest),
        place("A", Some("T"), a),
        place("M", Some("T"), b + c),
        place("B", Some("M"), b),
        place("C", Some("M"), c),
    ])
    .expect("a tree")
}

const LEAVES: [(&str, &[usize]); 5] =
    [("T", &[0, 1, 2, 3]), ("A", &[0]), ("M", &[1, 2]), ("B", &[1]), ("C", &[2])];

fn small() -> impl Strategy<Value = Small> {
    let statement = (0_usize..5, 0_usize..5, 0_u64..8, 0_u64..3, 0_usize..2, 1_u64..100);
    let statements = prop::collection::vec(statement, 1..6);
    ([0_u64..4, 0_u64..4, 0_u64..3], 0_u64..3, statements, 0_usize..2).prop_map(
        |(populations, rest, rows, target)| {
            let statements = rows
                .into_iter()
                .enumerate()
                .map(|(number, (kind, place, value, width, date, percent))| {
                    let kinds =
                        [Kind::Count, Kind::Count, Kind::AtLeast, Kind::Share, Kind::AllResidents];
                    let kind = kinds[kind];
                    let value = match kind {
                        Kind::Share => Some(Figure::percent(percent, 0)),
                        Kind::AllResidents => None,
                        _ => Some(Figure::from(value)),
                    };
                    let (name, _) = LEAVES[place];
                    let mut statement = Statement::new(format!("s{number}"), kind, name, value);
                    if kind == Kind::Count && width > 0 {
                        statement.high = value.and_then(|_| format!("{}", 7 + width).parse().ok());
                        statement.low = value;
                        statement.value = None;
                    }
                    statement.date = Some(day(date));
                    statement
                })
                .collect();
            Small { populations, rest, statements, target }
        },
    )
}

/// Whether a history (counts of each leaf on both days) agrees with a statement, in its own terms.
fn agrees(statement: &Statement, history: &[[u64; 2]; 4], populations: &[u64; 4]) -> bool {
    let leaves = LEAVES.iter().find(|(name, _)| *name == statement.place).expect("known").1;
    let date = usize::from(statement.date == Some(day(1)));
    let sum: u64 = leaves.iter().map(|leaf| history[*leaf][date]).sum();
    let residents: u64 = leaves.iter().map(|leaf| populations[*leaf]).sum();
    let number = |figure: Option<Figure>| {
        figure.map(|f| f.to_string().trim_end_matches('%').parse::<u64>().expect("digits"))
    };
    match statement.kind {
        Kind::Count | Kind::CountRounded => {
            let low = number(statement.low.or(statement.value)).expect("given");
            let high = number(statement.high.or(statement.value)).expect("given");
            (low..=high).contains(&sum)
        }
        Kind::AtLeast => sum >= number(statement.value).expect("given"),
        Kind::Share => {
            let percent = number(statement.value).expect("given");
            let doubled = 200 * sum;
            doubled >= (2 * percent - 1) * residents && doubled <= (2 * percent + 1) * residents
        }
        Kind::AllResidents => sum == residents,
    }
}

/// Least and greatest count of each place over all histories in whole persons.
fn brute_force(small: &Small) -> Option<Vec<(u64, u64)>> {
    let [a, b, c] = small.populations;
    let populations = [a, b, c, small.rest];
    let pairs: Vec<Vec<[u64; 2]>> = populations
        .iter()
        .map(|most| {
            (0..=*most).flat_map(|now| (now..=*most).map(move |then| [now, then])).collect()
        })
        .collect();
    let mut found: Option<Vec<(u64, u64)>> = None;
    for a in &pairs[0] {
        for b in &pairs[1] {
            for c in &pairs[2] {
                for rest in &pairs[3] {
                    let history = [*a, *b, *c, *rest];
                    let all = |s: &Statement| agrees(s, &history, &populations);
                    if !small.statements.iter().all(all) {
                        continue;
                    }
                    let sums = LEAVES.iter().map(|(_, leaves)| {
                        leaves.iter().map(|leaf| history[*leaf][small.target]).sum::<u64>()
                    });
                    found = Some(match found {
                        None => sums.map(|sum| (sum, sum)).collect(),
                        Some(old) => old
                            .into_iter()
                            .zip(sums)
                            .map(|((l, h), s)| (l.min(s), h.max(s)))
                            .collect(),
                    });
                }
            }
        }
    }
    found
}

fn options(small: &Small) -> CoverageOptions {
    CoverageOptions { as_of: Some(day(small.target)), ..CoverageOptions::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bounds_hold_every_history_that_agrees_with_the_statements(small in small()) {
        let found = coverage(&tree(&small), &small.statements, &options(&small)).expect("an answer");
        let Some(truth) = brute_force(&small) else { return Ok(()) };
        let bounds = found.bounds.expect("a history exists, so there is no contradiction");
        prop_assert!(bounds.low <= truth[0].0 && bounds.high >= truth[0].1);
        for (place, (least, most)) in found.by_place.iter().zip(&truth) {
            prop_assert!(place.low <= *least && place.high >= *most, "{}", place.place);
            // Shares round outward; without them the bounds are reached.
            if small.statements.iter().all(|statement| statement.kind != Kind::Share) {
                prop_assert_eq!((place.low, place.high), (*least, *most), "{}", &place.place);
            }
        }
    }

    #[test]
    fn one_statement_more_never_widens(small in small()) {
        let tree = tree(&small);
        let fewer = &small.statements[..small.statements.len() - 1];
        prop_assume!(!fewer.is_empty());
        let before = coverage(&tree, fewer, &options(&small)).expect("an answer");
        let after = coverage(&tree, &small.statements, &options(&small)).expect("an answer");
        if let (Some(before_bounds), Some(bounds)) = (&before.bounds, &after.bounds) {
            prop_assert!(bounds.low >= before_bounds.low && bounds.high <= before_bounds.high);
            for (old, new) in before.by_place.iter().zip(&after.by_place) {
                prop_assert!(new.low >= old.low && new.high <= old.high, "{}", new.place);
            }
        }
        if before.bounds.is_none() {
            prop_assert!(after.bounds.is_none(), "a contradiction does not go away");
        }
    }

    #[test]
    fn a_contradictory_set_is_contradictory_and_no_part_of_it_is(small in small()) {
        let tree = tree(&small);
        let found = coverage(&tree, &small.statements, &options(&small)).expect("an answer");
        for set in &found.contradictions {
            let of = |keep: &dyn Fn(&String) -> bool| -> Vec<Statement> {
                small.statements.iter().filter(|s| set.contains(&s.id) && keep(&s.id)).cloned().collect()
            };
            // The day asked for stays out of it, and so do days that other statements bring in.
            let alone = coverage(&tree, &of(&|_| true), &options(&small)).expect("an answer");
            prop_assert!(alone.bounds.is_none(), "{:?}", set);
            for id in set.iter().filter(|_| set.len() > 1) {
                let fewer = coverage(&tree, &of(&|other| other != id), &options(&small)).expect("an answer");
                prop_assert!(fewer.bounds.is_some(), "{:?} without {}", set, id);
            }
        }
    }

    #[test]
    fn the_ground_of_a_bound_proves_it(small in small()) {
        let tree = tree(&small);
        let found = coverage(&tree, &small.statements, &options(&small)).expect("an answer");
        let Some(bounds) = found.bounds else { return Ok(()) };
        let only = |ids: &[String]| -> Vec<Statement> {
            small.statements.iter().filter(|s| ids.contains(&s.id)).cloned().collect()
        };
        let low = only(&bounds.low_from.statements);
        if low.is_empty() {
            prop_assert_eq!(bounds.low, 0);
        } else {
            let again = coverage(&tree, &low, &options(&small)).expect("an answer");
            prop_assert_eq!(again.bounds.map(|bounds| bounds.low), Some(bounds.low));
        }
        let high = only(&bounds.high_from.statements);
        if high.is_empty() {
            prop_assert_eq!(bounds.high, found.population);
        } else {
            let again = coverage(&tree, &high, &options(&small)).expect("an answer");
            prop_assert_eq!(again.bounds.map(|bounds| bounds.high), Some(bounds.high));
        }
    }
}

#[test]
fn opinions_stand_beside_the_bounds_with_their_label() {
    use witnessmark_estimate::coverage::Judgement;
    let places = "place,parent,level,population\nP,,x,1600\nC,P,y,600\nD,P,y,1000\n";
    let found = ask(places, "s1,count,C,200,,,,,\n", None);
    let judged = |rows: &str| {
        let text = format!("place,least,likely,most,who,why\n{rows}");
        Judgement::list_from_csv(&text).expect("right")
    };
    let bounds = found.bounds.clone();
    let told = found
        .clone()
        .with_judgements(&judged("D,500,700,1000,a nurse,saw it\n"), 1)
        .expect("right");
    assert_eq!(told.bounds, bounds);
    assert_eq!((told.answer.low, told.answer.high), (Some(200), Some(1200)));
    assert!(told.answer.text.contains("In the opinion of a nurse, which is no evidence: about 9"));
    let elicited = told.elicited.expect("opinions");
    // 200 counted and PERT(500, 700, 1000), whose quantiles are 552.0, 712.7 and 902.0.
    let quantiles = elicited.quantiles.expect("nothing is left open");
    for (name, expected) in [("0.025", 752.0), ("0.5", 912.7), ("0.975", 1102.0)] {
        assert!((quantiles[name] - expected).abs() < 10.0, "{name} {quantiles:?}");
    }
    let open =
        found.clone().with_judgements(&judged("C,100,150,250,a nurse,saw it\n"), 1).expect("right");
    let elicited = open.elicited.expect("opinions");
    assert_eq!((elicited.quantiles, elicited.places_without), (None, vec!["D".to_owned()]));
    let error = found
        .clone()
        .with_judgements(&judged("D,1,2,3,x,y\nP,1,2,3,x,y\n"), 1)
        .expect_err("nested");
    assert_eq!(
        error.to_string(),
        "judgements, row 2, column place: \"D\" lies in \"P\", of which another row speaks as a whole"
    );
    let error = found.with_judgements(&judged("Z,1,2,3,x,y\n"), 1).expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "judgements, row 2, column place: the place \"Z\" is not in the table of places"
    );
    let wrong = Judgement::list_from_csv("place,least,likely,most,who,why\nC,5,2,9,x,y\n");
    assert_eq!(
        wrong.expect_err("out of order").to_string(),
        "judgements, row 2, column likely: low 5, value 2 and high 9 are not in this order"
    );
}
