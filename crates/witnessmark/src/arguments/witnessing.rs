//! What the commands about witnesses take.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `witness`.
#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// Name a witness: its cosignatures count from now on
    Add {
        /// Its verifier key, as its operator publishes it: NAME+HASH+KEY
        key: String,
        /// Its address: the submission prefix
        url: String,
    },
    /// Ask a witness no longer; what it cosigned still counts
    Remove {
        /// Its name, or its key
        name: String,
    },
    /// List the witnesses, and the log's key that they have to know
    List,
    /// Compare a checkpoint that somebody noted elsewhere with the log here
    Compare {
        /// The checkpoint: a signed note
        checkpoint: PathBuf,
    },
}

/// `cosign`.
#[derive(Debug, Args)]
pub(crate) struct CosignArguments {
    /// Ask witnesses on this computer and on local networks too
    #[arg(long)]
    pub(crate) allow_private_network: bool,
}
