//! What `link` and `reconcile` take.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct LinkArguments {
    /// Lists, as CSV, one row a record; a list has the name of its file
    #[arg(required = true, value_name = "LIST")]
    pub(crate) lists: Vec<PathBuf>,
    /// A column to compare, and how: NAME=exact, NAME=jaro-winkler (names) or NAME=edit (dates, numbers)
    #[arg(long, required = true, value_name = "NAME=HOW")]
    pub(crate) field: Vec<String>,
    /// Columns, with commas: records are compared if they are equal in all columns of one such block
    #[arg(long, required = true, value_name = "NAMES")]
    pub(crate) block: Vec<String>,
    /// A list in which nobody is twice
    #[arg(long, value_name = "NAME")]
    pub(crate) no_repeats: Vec<String>,
    /// From this probability on, two records are taken for one person
    #[arg(long, default_value_t = 0.5, value_name = "P")]
    pub(crate) threshold: f64,
    /// Pairs from this probability on are in doubt …
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    pub(crate) doubt_from: f64,
    /// … up to this one
    #[arg(long, default_value_t = 0.95, value_name = "P")]
    pub(crate) doubt_to: f64,
    /// How many linkages to draw, with pairs in doubt in or out by their probability
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) replicates: u32,
    /// Seed of the random draws
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// Pairs that a person has judged: a queue that --queue wrote, with `same` filled in
    #[arg(long, value_name = "FILE")]
    pub(crate) reviewed: Option<PathBuf>,
    /// Write the pairs in doubt as CSV: list and row of each record, never what stands there
    #[arg(long, value_name = "FILE")]
    pub(crate) queue: Option<PathBuf>,
    /// Write the counts as CSV, for `estimate overlap`
    #[arg(long, value_name = "FILE")]
    pub(crate) patterns: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReconcileArguments {
    /// Codings, as CSV: item,coder,value
    pub(crate) codings: PathBuf,
    /// Who rests on whom, as CSV: later,earlier; copies then have no voice of their own
    #[arg(long, value_name = "FILE")]
    pub(crate) lineage: Option<PathBuf>,
    /// Added to every count of what a coder says
    #[arg(long, default_value_t = 0.1, value_name = "S")]
    pub(crate) smoothing: f64,
    /// Name coders that seem to copy each other; it changes nothing
    #[arg(long)]
    pub(crate) suggest_copies: bool,
}
