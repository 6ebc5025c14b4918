//! Arguments of the commands that copy a case, check it, and bring it back.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `replicate`.
#[derive(Debug, Args)]
pub(crate) struct ReplicateArguments {
    /// A folder, such as one on a USB stick
    pub(crate) target: PathBuf,
    /// What you call the copy; it is in the log, and so in every copy: name no place and no person
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) keys: KeysArguments,
}

/// Whether a copy holds the keys.
#[derive(Debug, Args)]
pub(crate) struct KeysArguments {
    /// Copy the keys of an open case, too: whoever finds the copy can write in your name
    #[arg(long, conflicts_with = "without_keys")]
    pub(crate) with_open_keys: bool,
    /// Leave the keys out: the copy then mends damage, and neither proves nor continues the log by itself
    #[arg(long)]
    pub(crate) without_keys: bool,
    /// Copy the keys to this other place, and the rest without them to TARGET
    #[arg(long, value_name = "TARGET", conflicts_with = "with_open_keys")]
    pub(crate) keys_target: Option<PathBuf>,
}

/// `copies`.
#[derive(Debug, Subcommand)]
pub(crate) enum CopiesCommand {
    /// Say that a copy no longer exists
    Gone {
        /// The copy: its id or the beginning of it
        id: String,
    },
}

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Mend what is damaged or missing from this copy
    #[arg(long, value_name = "TARGET")]
    pub(crate) heal: Option<PathBuf>,
    /// Say how this copy stands to the case, and change nothing
    #[arg(long, value_name = "TARGET", conflicts_with = "heal")]
    pub(crate) against: Option<PathBuf>,
}

/// `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The copy
    pub(crate) target: PathBuf,
    /// The folder of the case to be
    pub(crate) dir: PathBuf,
    /// Where the keys are, if they were copied to another place
    #[arg(long, value_name = "TARGET")]
    pub(crate) keys_target: Option<PathBuf>,
}

/// `export bag`.
#[derive(Debug, Args)]
pub(crate) struct BagArguments {
    /// The folder to write; it must not exist
    pub(crate) dir: PathBuf,
    /// Put the keys in, too; those of an open case are in the clear
    #[arg(long)]
    pub(crate) with_keys: bool,
    /// What you call the bag; it is in the log, and so in every copy: name no place and no person
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// Import the bag again into a folder beside it, compare the two cases whole, and remove that folder
    #[arg(long)]
    pub(crate) prove: bool,
}
