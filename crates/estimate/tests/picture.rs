//! Pictures: well-formed, complete, and quiet about what they are given.

use witnessmark_estimate::coverage::{CoverageOptions, PlaceTree, Statement, coverage};
use witnessmark_estimate::overlap::{Lists, Method, OverlapOptions, overlap};
use witnessmark_estimate::picture::{
    OutlineError, Outlines, Picture, bounds_by_place, bounds_on_map, intervals_by_method,
    overlap_of_lists, page, posterior,
};

/// Every tag is closed in order, every attribute is quoted, nothing but marks and text is there.
fn check(name: &str, picture: &Picture) {
    let svg = &picture.svg;
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').expect("a tag ends");
        if let Some(closed) = inside.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}");
        } else {
            assert_eq!(inside.matches('"').count() % 2, 0, "{name}: {inside}");
            let kind = inside.split([' ', '/']).next().expect("a name");
            let known =
                ["svg", "title", "defs", "pattern", "path", "rect", "line", "circle", "text"];
            assert!(known.contains(&kind), "{name}: {kind}");
            if !inside.ends_with('/') {
                open.push(kind);
            }
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}");
    assert!(picture.table.len() > 1, "{name}");
    assert!(picture.table.iter().all(|row| row.len() == picture.table[0].len()), "{name}");
}

#[test]
fn pictures_of_an_overlap() {
    let text = "hostile <list>,\"b & \"\"c\"\"\",d,count\n1,0,0,100\n0,1,0,90\n1,1,0,30\n0,0,1,80\n1,0,1,25\n0,1,1,20\n1,1,1,9\n";
    let lists = Lists::from_csv(text).expect("right");
    let options = OverlapOptions { method: Method::Dga, ..OverlapOptions::default() };
    let found = overlap(&lists, &options).expect("right");
    let upset = overlap_of_lists(&lists, None);
    check("upset", &upset);
    assert!(upset.svg.contains("hostile &lt;list&gt; (164)"), "{}", upset.svg);
    assert_eq!(upset.table[1], ["1", "0", "0", "100"]);
    check("intervals", &intervals_by_method(&found));
    let dga = found.methods.dga.expect("three lists");
    let picture = posterior(found.documented.persons(), &dga);
    check("posterior", &picture);
    assert!(picture.svg.contains("documented: 354"));
    let weight: f64 = dga.density.iter().map(|(_, mass)| mass).sum();
    assert!((weight - 1.0).abs() < 1e-3, "{weight}");
}

#[test]
fn picture_of_bounds() {
    let places =
        "place,parent,level,population\nT,,region,1000\nA\u{1},T,county,400\nB,T,county,600\n";
    let tree = PlaceTree::from_csv(places).expect("right");
    let rows = "id,kind,place,value,low,high,date,source\ns1,count,B,123,,,,\n";
    let statements = Statement::list_from_csv(rows).expect("right");
    let found = coverage(&tree, &statements, &CoverageOptions::default()).expect("right");
    let picture = bounds_by_place(&found);
    check("bounds", &picture);
    assert_eq!(picture.table[3], ["B", "123", "123", "600", "s1"]);
}

const TREE: &str =
    "place,parent,level,population\nT,,region,1000\nA,T,county,400\nB,T,county,600\n";

fn outlines(places: &[&str]) -> String {
    let feature = |(number, place): (usize, &&str)| {
        let west = 90 + 2 * number;
        let east = west + 2;
        format!(
            r#"{{"type": "Feature", "properties": {{"place": "{place}"}}, "geometry": {{"type":
            "Polygon", "coordinates": [[[{west}, 30], [{east}, 30], [{east}, 32], [{west}, 32],
            [{west}, 30]]]}}}}"#
        )
    };
    let features: Vec<String> = places.iter().enumerate().map(feature).collect();
    format!(r#"{{"type": "FeatureCollection", "features": [{}]}}"#, features.join(","))
}

#[test]
fn a_map_shows_what_is_said_and_what_has_no_outline() {
    let tree = PlaceTree::from_csv(TREE).expect("right");
    let rows = "id,kind,place,value,low,high,date,source\ns1,count,B,480,,,,\n";
    let statements = Statement::list_from_csv(rows).expect("right");
    let found = coverage(&tree, &statements, &CoverageOptions::default()).expect("right");
    let given = Outlines::from_geojson(&outlines(&["A", "B"]), "survey of <1990>").expect("right");
    let picture = bounds_on_map(&found, &given).expect("two places");
    check("map", &picture);
    // B is black in both panels, A, of which nothing is said, is hatched.
    assert_eq!(picture.svg.matches("fill=\"#303030\"").count(), 2 + 1);
    assert_eq!(picture.svg.matches("fill=\"url(#hatched)\"").count(), 2 + 1);
    assert!(
        picture.svg.contains("Outlines: survey of &lt;1990&gt;. They are drawn as they were given")
    );
    assert!(picture.svg.contains("in the table only: 1 (T)"));
    assert_eq!(picture.table[1].last().map(String::as_str), Some("no"));
    assert_eq!(picture.table[3], ["B", "T", "480", "480", "600", "480 to 480", "yes"]);
    assert!(
        picture.csv().starts_with("place,lies in,at least,at most,residents,in words,on the map\n")
    );
    let page = page("5 < 6", &[&picture]);
    assert!(page.contains("<p>5 &lt; 6</p>") && page.contains("<td>480</td>"));
    assert!(["<script", "src=", "href="].iter().all(|word| !page.contains(word)));
}

#[test]
fn wrong_outlines_are_named() {
    let far = outlines(&["A"]).replace("[90, 30]", "[9000, 30]");
    let short = r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}}]}"#;
    let cases = [
        ("not json", "the outlines are not JSON"),
        ("{\"type\": \"Feature\"}", "the outlines are no GeoJSON FeatureCollection"),
        (short, "feature 1 has a ring with fewer than four positions"),
        (&far, "feature 1 has longitude 9000, latitude 30"),
    ];
    for (text, expected) in cases {
        let error = Outlines::from_geojson(text, "x").expect_err("an error");
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(!error.hint().is_empty());
    }
    let tree = PlaceTree::from_csv(TREE).expect("right");
    let rows = "id,kind,place,value,low,high,date,source\ns1,count,B,480,,,,\n";
    let statements = Statement::list_from_csv(rows).expect("right");
    let found = coverage(&tree, &statements, &CoverageOptions::default()).expect("right");
    let other = Outlines::from_geojson(&outlines(&["Z"]), "x").expect("right");
    assert_eq!(bounds_on_map(&found, &other), Err(OutlineError::NoPlace));
}
