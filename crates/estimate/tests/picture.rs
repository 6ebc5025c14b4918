//! Pictures: well-formed, complete, and quiet about what they are given.

use witnessmark_estimate::coverage::{CoverageOptions, PlaceTree, Statement, coverage};
use witnessmark_estimate::overlap::{Lists, Method, OverlapOptions, overlap};
use witnessmark_estimate::picture::{
    Picture, bounds_by_place, intervals_by_method, overlap_of_lists, posterior,
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
            assert!(
                ["svg", "title", "rect", "line", "circle", "text"].contains(&kind),
                "{name}: {kind}"
            );
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
    let upset = overlap_of_lists(&lists);
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
