//! Every row of data/stats/expected.tsv within its tolerance.
//!
//! The data belongs to others and is read from `../shared`; without it these tests are skipped.

use std::path::PathBuf;

#[path = "expected/agreement.rs"]
mod agreement;
#[path = "expected/elicitation.rs"]
mod elicitation;
#[path = "expected/linkage.rs"]
mod linkage;
#[path = "expected/overlap.rs"]
mod overlap;
#[path = "expected/reconcile.rs"]
mod reconcile;

/// The text of a shared file, or none where the shared folder is absent.
fn shared(path: &str) -> Option<String> {
    let root = match std::env::var_os("WITNESSMARK_SHARED") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    if !root.is_dir() {
        println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
        return None;
    }
    let path = root.join("data/stats").join(path);
    Some(std::fs::read_to_string(&path).expect("a shared file that expected.tsv names is there"))
}

/// The cells of a simple CSV text without quoted commas.
fn cells(text: &str) -> Vec<Vec<String>> {
    let cell = |cell: &str| cell.trim().trim_matches('"').to_owned();
    text.lines().map(|line| line.split(',').map(cell).collect()).collect()
}

#[track_caller]
fn near(name: &str, value: f64, expected: f64, tolerance: f64) {
    let difference = (value - expected).abs();
    assert!(difference <= tolerance, "{name}: {value}, expected {expected} ± {tolerance}");
}

#[track_caller]
fn near_relative(name: &str, value: f64, expected: f64, tolerance: f64) {
    near(name, value, expected, tolerance * expected.abs());
}
