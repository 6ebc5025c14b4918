//! The program for OCR: looked for once, and run under limits.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use super::{ProcessLimits, Program, Stop};
use crate::ocr::{Installed, OcrError, Run, Tesseract, program_in};

/// What one run of it may use. Memory counts all of the program: a page of A3 at 600 dots an inch, and its languages.
const LIMITS: ProcessLimits =
    ProcessLimits { memory: 2 << 30, work: 120, time: Duration::from_secs(300), output: 16 << 20 };
/// What it may read while it is asked for its languages, and no byte from outside is given to it.
const ANYWHERE: &[&str] = &["/usr", "/opt"];

/// The Tesseract of this computer.
#[derive(Debug, Default)]
pub(super) struct Recognisers {
    /// The value of `PATH`.
    path: Option<OsString>,
    found: OnceLock<Result<Installed, OcrError>>,
}

impl Recognisers {
    /// The one in the folders of `path`, which is the value of `PATH`; without it there is none.
    pub(super) fn new(path: Option<OsString>) -> Self {
        Self { path, found: OnceLock::new() }
    }

    /// Whether there seems to be one. Nothing is run.
    pub(super) fn are_there(&self) -> bool {
        match self.found.get() {
            Some(found) => found.is_ok(),
            None => program_in(self.path.as_deref()).is_some(),
        }
    }

    /// One that is run by `executable`, which is `witnessmark` itself, or why there is none. It ends with any of the wishes
    /// `stops`.
    pub(super) fn one(&self, executable: &Path, stops: &[Stop]) -> Result<Tesseract, OcrError> {
        let look = || {
            let anywhere = ANYWHERE.iter().map(PathBuf::from).collect();
            // What is kept for all files is not what one of them was stopped at.
            let found = Tesseract::find(self.path.as_deref(), run(executable, anywhere, &[]))?;
            Ok(found.installed())
        };
        let installed = self.found.get_or_init(look).clone()?;
        let readable = installed.data().map(Path::to_owned).into_iter().collect();
        Ok(installed.with(run(executable, readable, stops)))
    }
}

/// Runs a program confined, so that it may read `readable` besides its libraries.
fn run(executable: &Path, readable: Vec<PathBuf>, stops: &[Stop]) -> Run {
    let (executable, stops) = (executable.to_owned(), stops.to_vec());
    Box::new(move |path, arguments, input| {
        let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let program = Program {
            path: path.to_owned(),
            arguments: arguments.iter().map(OsString::from).collect(),
            // Several threads make it slower here, and all cores are at work already.
            environment: vec![variable("OMP_THREAD_LIMIT", "1")],
            readable: readable.clone(),
        };
        program.run_until(&executable, input, &LIMITS, &stops).map_err(|why| why.to_string())
    })
}
