//! Actors, holds and erasures.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct EraseArguments {
    /// What goes: captures, passages, claims, imports, by id or its beginning; a record of an archive as imp-…:N
    pub(crate) ids: Vec<String>,
    /// Why: consent-withdrawn, court-order, retention-ended, safety-of-a-person, wrong-material; without it, only what
    /// would go is shown
    #[arg(long, value_name = "CODE")]
    pub(crate) ground: Option<String>,
    /// A file that names what goes, one id a line
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// Erase on one person's word, where the case's rule allows it
    #[arg(long, requires = "ground")]
    pub(crate) alone: bool,
    /// Carry out what another person asked for
    #[arg(long, value_name = "REQUEST", conflicts_with_all = ["ids", "ground", "list"])]
    pub(crate) approve: Option<String>,
    /// Say that a copy or a key share can no longer reveal what was erased
    #[arg(long, num_args = 2, value_names = ["REQUEST", "COPY_OR_SHARE"], conflicts_with_all = ["ids", "ground", "list", "approve"])]
    pub(crate) confirm: Option<Vec<String>>,
    /// From now on an erasure takes so many people: 1 or 2
    #[arg(long, value_name = "N", conflicts_with_all = ["ids", "ground", "list", "approve", "confirm"])]
    pub(crate) people: Option<u64>,
    /// Do not ask again before anything is destroyed
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ActorCommand {
    /// Make a key for a further person
    Add {
        /// What people call that person; kept sealed, and erasable
        #[arg(long)]
        name: Option<String>,
        /// Give the key no passphrase of its own: whoever opens the case can sign with it
        #[arg(long)]
        without_passphrase: bool,
    },
    /// List whose keys the case has
    List,
}
