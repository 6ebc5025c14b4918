//! What the commands on timestamps take.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TimestampArguments {
    #[command(subcommand)]
    pub(crate) command: Option<TimestampCommand>,
    /// Ask this time-stamp authority (RFC 3161); may be repeated; without it those that the case asks
    #[arg(long, value_name = "URL")]
    pub(crate) authority: Vec<String>,
    /// The policy to ask these for: an object identifier with dots
    #[arg(long, value_name = "OID", requires = "authority")]
    pub(crate) policy: Option<String>,
    /// The root certificate to believe for these, and further certificates: PEM or DER; may be repeated
    #[arg(long, value_name = "FILE", requires = "authority")]
    pub(crate) root: Vec<PathBuf>,
    /// Begin a proof of OpenTimestamps at these calendars; without an address at those that the case asks
    #[arg(long, value_name = "CALENDAR", num_args = 0..)]
    pub(crate) opentimestamps: Option<Vec<String>>,
    /// Ask each only if it has given none today (UTC); with an hour, 0 to 23, only within that hour
    #[arg(long, value_name = "HOUR", num_args = 0..=1, value_parser = clap::value_parser!(u8).range(0..24))]
    pub(crate) daily: Option<Option<u8>>,
    /// Ask only if certificates under the newest tokens end within so many days, 90 if no number is given
    #[arg(long, value_name = "DAYS", num_args = 0..=1, default_missing_value = "90", conflicts_with = "daily")]
    pub(crate) renew: Option<u32>,
    #[command(flatten)]
    pub(crate) reach: ReachArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ReachArguments {
    /// Let services on this computer and on the local network be reached
    #[arg(long)]
    pub(crate) allow_private_network: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TimestampCommand {
    /// Choose whom the case asks
    #[command(subcommand)]
    Authority(AuthorityCommand),
    /// List the timestamps of the case
    List,
    /// Complete proofs of OpenTimestamps that blocks hold by now
    Upgrade {
        #[command(flatten)]
        reach: ReachArguments,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuthorityCommand {
    /// Ask this one from now on; nothing is sent yet
    Add {
        /// Its address
        url: String,
        /// Its root certificate, from a source that you trust, and further certificates: PEM or DER; may be repeated
        #[arg(long, value_name = "FILE")]
        root: Vec<PathBuf>,
        /// The policy to ask for: an object identifier with dots
        #[arg(long, value_name = "OID")]
        policy: Option<String>,
        /// A remark that stands wherever its time does; one that begins with `test:` makes its tokens count for nothing
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// It is a calendar of OpenTimestamps
        #[arg(long)]
        calendar: bool,
    },
    /// List whom the case asks
    List,
    /// Ask this one no longer; what it gave stays
    Remove {
        /// Its address
        url: String,
    },
}
