//! Arguments of the commands that copy a case, check it, and bring it back.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `replicate`.
#[derive(Debug, Args)]
pub(crate) struct ReplicateArguments {
    /// A folder, such as one on a USB stick; or s3://bucket/prefix
    pub(crate) target: String,
    /// What you call the copy; it is in the log, and so in every copy: name no place and no person
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) keys: KeysArguments,
    /// Put objects and log under Object Lock for so many days, where the bucket offers it; never keys
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) lock_days: Option<u32>,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
}

/// How an S3 service is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "For s3://bucket/prefix")]
pub(crate) struct StoreArguments {
    /// The service; AWS if none is given
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// The service's region
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    pub(crate) region: String,
    /// A file with aws_access_key_id and aws_secret_access_key; without it the variables AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
    /// Let a service on this computer and on the local network be reached
    #[arg(long)]
    pub(crate) allow_private_network: bool,
}

/// The way out where no case says which.
#[derive(Debug, Args)]
pub(crate) struct WayArguments {
    /// The way in which connections leave, as for `egress`, where no case can say it
    #[arg(long = "egress", value_name = "WAY")]
    pub(crate) way: Option<String>,
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
    pub(crate) keys_target: Option<String>,
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
    pub(crate) heal: Option<String>,
    /// Say how this copy stands to the case, and change nothing
    #[arg(long, value_name = "TARGET", conflicts_with = "heal")]
    pub(crate) against: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    #[command(flatten)]
    pub(crate) way: WayArguments,
}

/// `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The copy: a folder, or s3://bucket/prefix
    pub(crate) target: String,
    /// The folder of the case to be
    pub(crate) dir: PathBuf,
    /// Where the keys are, if they were copied to another place
    #[arg(long, value_name = "TARGET")]
    pub(crate) keys_target: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    #[command(flatten)]
    pub(crate) way: WayArguments,
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
