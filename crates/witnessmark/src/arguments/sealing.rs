//! What the commands take that open sealed cases and share their keys.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum PassphraseCommand {
    /// Give the case another passphrase
    Change {
        /// A file with the new passphrase; without it, it is asked for on the terminal
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecipientsCommand {
    /// List the age recipients who can open the case
    List,
    /// Let whoever has the identity of a recipient open the case, too
    Add {
        /// age1…, or age1NAME1… of the plugin age-plugin-NAME
        #[arg(required = true, value_name = "RECIPIENT")]
        recipients: Vec<String>,
    },
    /// Take recipients off the list
    Remove {
        /// As `recipients list` prints them
        #[arg(required = true, value_name = "RECIPIENT")]
        recipients: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EscrowCommand {
    /// Make key shares, a file each; those made before no longer open the case
    Make {
        /// How many shares, at most 16
        #[arg(long, value_name = "N")]
        shares: u8,
        /// How many of them are needed together, at least 2
        #[arg(long, value_name = "K")]
        needed: u8,
        /// The folder for the files
        out_dir: PathBuf,
    },
    /// Say what shares there are
    Status,
    /// Open the case with key shares, and give it a new passphrase
    Open {
        /// Files with shares, as many as are needed; `-` for stdin
        #[arg(required = true, value_name = "SHARE_FILE")]
        files: Vec<PathBuf>,
        /// A file with the new passphrase; without it, it is asked for on the terminal
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TravelCommand {
    /// Leave the keys in a copy elsewhere, and destroy them here
    Leave {
        /// The folder of the copy; it is brought up to date and verified first
        target: PathBuf,
    },
    /// Bring the keys back from a copy, with key shares
    Return {
        /// The folder of the copy that the keys were left in
        target: PathBuf,
        /// Files with shares, as many as are needed; `-` for stdin
        #[arg(required = true, value_name = "SHARE_FILE")]
        shares: Vec<PathBuf>,
        /// A file with the new passphrase; without it, it is asked for on the terminal
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
}
