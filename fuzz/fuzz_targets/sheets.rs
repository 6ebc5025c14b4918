//! Any bytes as a sheet: places, claims, origins, edges, statements, lists, ratings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_claims::import::read_claims;
use witnessmark_claims::lineage::{read_edges, read_origins};
use witnessmark_claims::{Codebook, Gazetteer};
use witnessmark_estimate::agreement::Rating;
use witnessmark_estimate::coverage::{PlaceTree, Statement};
use witnessmark_estimate::overlap::Lists;

const CODEBOOK: &str = include_str!("../../crates/witnessmark/demo/codebook.toml");

fuzz_target!(|data: &[u8]| {
    let codebook = Codebook::parse(CODEBOOK).expect("the example codebook is sound");
    let gazetteer = Gazetteer::parse(data).unwrap_or_default();
    let _ = read_claims(data, &codebook, &gazetteer);
    let _ = read_origins(data);
    let _ = read_edges(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = PlaceTree::from_csv(text);
        let _ = Statement::list_from_csv(text);
        let _ = Lists::from_csv(text);
        let _ = Rating::list_from_csv(text);
    }
});
