//! What a process is told that confines itself. People do not type this.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct ConfinedArguments {
    /// How many bytes of memory the program may use
    #[arg(long)]
    pub(crate) memory: u64,
    /// How many seconds of processor time it may use
    #[arg(long)]
    pub(crate) work: u64,
    /// A file or folder that it may read
    #[arg(long)]
    pub(crate) readable: Vec<PathBuf>,
    /// The program
    pub(crate) program: PathBuf,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}
