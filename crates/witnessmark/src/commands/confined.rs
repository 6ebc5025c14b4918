//! Processes that confine themselves before they meet bytes from outside: `read-one` and `confined`.

use std::io::BufWriter;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use witnessmark_case::document::process::{confine_program, confine_reader, serve};
use witnessmark_case::{CaseError, Fault};

use crate::Ending;
use crate::arguments::ConfinedArguments;

/// `read-one`: reads documents for whoever started it.
pub(super) fn read_one(memory: u64) -> Result<Ending, CaseError> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |cause: std::io::Error| failure(&what, &cause)
    };
    let lacking = confine_reader(memory).map_err(failed("this process cannot be confined"))?;
    let output = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    serve(std::io::stdin().lock(), output, &lacking).map_err(failed("no answer was given"))?;
    Ok(Ending::Well)
}

/// `confined`: becomes another program, under limits. Comes back only with an error.
pub(super) fn become_program(arguments: &ConfinedArguments) -> Result<Ending, CaseError> {
    let ConfinedArguments { memory, work, readable, program, arguments } = arguments;
    confine_program(*memory, *work, program, readable)
        .map_err(|cause| failure("this process cannot be confined", &cause))?;
    let cause = Command::new(program).args(arguments).exec();
    Err(CaseError::file("run", program, &cause))
}

fn failure(what: &str, cause: &std::io::Error) -> CaseError {
    CaseError { fact: format!("{what}: {cause}"), hint: None, fault: Fault::Machine }
}
