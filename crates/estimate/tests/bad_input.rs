//! Wrong tables: each is an error that names table, row and column. One line a fault.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use witnessmark_estimate::TableError;
use witnessmark_estimate::agreement::{AgreementOptions, Level, Rating, agreement};
use witnessmark_estimate::coverage::{CoverageOptions, PlaceTree, Statement, coverage};
use witnessmark_estimate::linkage::{Agreement, Field, RecordTable, reviewed_from_csv};
use witnessmark_estimate::overlap::ListSheet;
use witnessmark_estimate::reconcile::{Coding, Lineage};

const PLACES: &str =
    "place,parent,level,population\nP,,prefecture,1000\nC,P,county,400\nD,P,county,600\n";

/// Reads a text as the table that is named, as far as it goes.
fn read(table: &str, text: &str) -> Result<(), TableError> {
    match table {
        "lists" => ListSheet::from_csv(text).map(|_| ()),
        "places" => PlaceTree::from_csv(text).map(|_| ()),
        "ratings" => {
            let ratings = Rating::list_from_csv(text)?;
            agreement(&ratings, Level::Nominal, &AgreementOptions::default()).map(|_| ())
        }
        "codings" => Coding::list_from_csv(text).map(|_| ()),
        "lineage" => Lineage::from_csv(text).map(|_| ()),
        "records" => {
            RecordTable::from_csv(text, &[Field::new("name", Agreement::Exact)]).map(|_| ())
        }
        "reviewed pairs" => reviewed_from_csv(text, &["a".to_owned(), "b".to_owned()]).map(|_| ()),
        "statements" => {
            let tree = PlaceTree::from_csv(PLACES).expect("right");
            let statements = Statement::list_from_csv(text)?;
            match coverage(&tree, &statements, &CoverageOptions::default()) {
                Ok(_) => Ok(()),
                Err(witnessmark_estimate::coverage::CoverageError::Table(error)) => Err(error),
                Err(other) => panic!("{other}"),
            }
        }
        other => panic!("no table {other}"),
    }
}

/// What is wrong, the text, and the error.
const FAULTS: &[(&str, &str, &str)] = &[
    // Negative counts.
    (
        "a negative count",
        "a,b,count\n1,0,5\n1,1,-3\n",
        "lists, row 3, column count: -3 is negative",
    ),
    (
        "a negative population",
        "place,parent,level,population\nP,,x,-10\n",
        "places, row 2, column population: -10 is negative",
    ),
    (
        "a negative statement",
        "id,kind,place,value,low,high,date,source\ns1,count,C,-5,,,,\n",
        "statements, row 2, column value: -5 is negative",
    ),
    // Duplicates.
    (
        "a pattern twice",
        "a,b,count\n1,0,5\n0,1,3\n1,0,2\n",
        "lists, row 4: \"pattern 10\" is already in row 2",
    ),
    (
        "a place twice",
        "place,parent,level,population\nP,,x,10\nP,,x,10\n",
        "places, row 3, column place: \"P\" is already in row 2",
    ),
    (
        "a statement's id twice",
        "id,kind,place,value,low,high,date,source\ns1,count,C,5,,,,\ns1,count,D,5,,,,\n",
        "statements, row 3, column id: \"s1\" is already in row 2",
    ),
    (
        "a rating twice",
        "unit,coder,value\nu,a,1\nu,a,2\n",
        "ratings, row 3, column unit: \"unit u by a\" is already in row 2",
    ),
    (
        "a pair judged twice",
        "list_a,row_a,list_b,row_b,same\na,2,b,3,yes\nb,3,a,2,no\n",
        "reviewed pairs, row 3: \"the pair\" is already in row 2",
    ),
    ("a column twice", "a,a,count\n1,0,5\n", "lists, row 1, column a: two columns have this name"),
    // Nobody.
    ("a list of all zeros", "a,b,count\n1,0,5\n", "lists, row 1, column b: nobody is on this list"),
    (
        "a list whose counts are all zero",
        "a,b,count\n1,0,5\n0,1,0\n1,1,0\n",
        "lists, row 1, column b: nobody is on this list",
    ),
    (
        "a row on no list",
        "a,b,count\n1,0,5\n0,0,3\n",
        "lists, row 3: no list is 1: a person on no list cannot have been seen",
    ),
    ("no rows", "a,b,count\n", "lists: there are no rows"),
    ("nothing at all", "", "lists: there are no rows"),
    ("no list", "count\n5\n", "lists, row 1: the column is missing"),
    // Text in a number.
    (
        "a word for a count",
        "a,b,count\n1,0,five\n",
        "lists, row 2, column count: \"five\" is not a number in plain digits",
    ),
    (
        "a separator",
        "a,b,count\n1,0,\"1,200\"\n",
        "lists, row 2, column count: \"1,200\" is not a number in plain digits",
    ),
    ("a fraction", "a,b,count\n1,0,1.5\n", "lists, row 2, column count: 1.5 is not a whole number"),
    (
        "a count beyond all persons",
        "a,b,count\n1,0,99999999999999999999\n",
        "lists, row 2, column count: 99999999999999999999 is too large",
    ),
    ("neither 0 nor 1", "a,b,count\n1,2,5\n", "lists, row 2, column b: \"2\" is none of 0, 1"),
    ("an empty cell", "a,b,count\n1,,5\n", "lists, row 2, column b: the cell is empty"),
    (
        "an empty count",
        "a,b,count\n1,0,\n",
        "lists, row 2, column count: \"\" is not a number in plain digits",
    ),
    (
        "text for a population",
        "place,parent,level,population\nP,,x,many\n",
        "places, row 2, column population: \"many\" is not a number in plain digits",
    ),
    (
        "a row number that is none",
        "list_a,row_a,list_b,row_b,same\na,two,b,3,yes\n",
        "reviewed pairs, row 2, column row_a: \"two\" is not a number in plain digits",
    ),
    (
        "an answer that is neither yes nor no",
        "list_a,row_a,list_b,row_b,same\na,2,b,3,maybe\n",
        "reviewed pairs, row 2, column same: \"maybe\" is none of yes, no",
    ),
    (
        "a list that is not linked",
        "list_a,row_a,list_b,row_b,same\na,2,c,3,yes\n",
        "reviewed pairs, row 2, column list_b: \"c\" is none of the lists that are linked",
    ),
    // Places that do not fit together.
    (
        "parts that are more than the whole",
        "place,parent,level,population\nP,,x,900\nC,P,y,400\nD,P,y,600\n",
        "places, row 2, column population: \"P\" has 900 residents, its 2 listed parts have 1000",
    ),
    (
        "a circle of places",
        "place,parent,level,population\nA,B,x,10\nB,C,x,10\nC,A,x,10\n",
        "places, row 2, column parent: places contain each other in a circle: A in B in C in A",
    ),
    (
        "a place in itself",
        "place,parent,level,population\nA,A,x,10\n",
        "places, row 2, column parent: places contain each other in a circle: A in A",
    ),
    (
        "a parent that is not there",
        "place,parent,level,population\nA,Z,x,10\n",
        "places, row 2, column parent: the place \"Z\" is not in the table of places",
    ),
    (
        "a statement about a place that is not there",
        "id,kind,place,value,low,high,date,source\ns1,count,Z,5,,,,\n",
        "statements, row 2, column place: the place \"Z\" is not in the table of places",
    ),
    (
        "a date that no calendar has",
        "id,kind,place,value,low,high,date,source\ns1,count,C,5,,,2022-02-30,\n",
        "statements, row 2, column date: \"2022-02-30\" is not a date",
    ),
    // Circles of lineage.
    (
        "a circle of lineage",
        "later,earlier\nb,a\nc,b\na,c\n",
        "lineage, row 4, column earlier: these rest on each other in a circle: a, c, b, a",
    ),
    (
        "a source that rests on itself",
        "later,earlier\na,a\n",
        "lineage, row 2, column earlier: these rest on each other in a circle: a, a",
    ),
    // Columns and rows that are not there.
    (
        "a column that is missing",
        "name2\nx\n",
        "records, row 1, column name: the column is missing",
    ),
    (
        "a coding without a value",
        "item,coder,value\n1,a,\n",
        "codings, row 2, column value: the cell is empty",
    ),
    (
        "a row with a cell too many",
        "a,b,count\n1,0,5,6\n",
        "lists, row 2: not readable as CSV: 4 cells where the header has 3",
    ),
];

#[test]
fn every_fault_names_its_place() {
    for (what, text, expected) in FAULTS {
        let table = expected.split([',', ':']).next().expect("a table");
        let error = read(table, text).expect_err(what);
        assert_eq!(error.to_string(), *expected, "{what}");
    }
}

#[test]
fn what_can_be_mended_has_a_hint() {
    for (what, text, expected) in FAULTS {
        let table = expected.split([',', ':']).next().expect("a table");
        let hint = read(table, text).expect_err(what).hint();
        if expected.contains("circle")
            || expected.contains("not a number")
            || expected.contains("residents")
        {
            assert!(hint.is_some(), "{what}");
        }
    }
}
