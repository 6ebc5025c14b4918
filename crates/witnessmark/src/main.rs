//! The command line of Witnessmark.
//!
//! Arguments in, text or JSON out; all work is done by the crate `case`. Exit codes: 0 all is well; 1 what was checked or given
//! is flawed, an item of a batch failed, or an answer was refused; 2 wrong usage; 3 the machine failed, or the case is locked.

mod agent;
mod arguments;
mod commands;
mod demo;
mod output;
mod passphrase;
mod progress;
mod system;

use std::process::ExitCode;

use clap::Parser;
use witnessmark_case::{CaseError, Fault};

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match commands::run(&arguments) {
        Ok(Ending::Well) => ExitCode::SUCCESS,
        Ok(Ending::Flawed) => ExitCode::from(1),
        Err(error) => {
            output::error(&error);
            ExitCode::from(code(&error))
        }
    }
}

/// How a command that ran to its end ended.
enum Ending {
    /// All is well.
    Well,
    /// What was checked or given is flawed, an item failed, or an answer was refused.
    Flawed,
}

impl Ending {
    fn flawed_if(flawed: bool) -> Self {
        if flawed { Self::Flawed } else { Self::Well }
    }
}

fn code(error: &CaseError) -> u8 {
    match error.fault {
        Fault::Input => 1,
        Fault::Usage => 2,
        Fault::Machine => 3,
    }
}
