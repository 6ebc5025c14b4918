//! What comes from outside: the clock, randomness, and who runs the program.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use witnessmark_case::model::{Entropy, Moment};
use witnessmark_case::{CaseError, Environment};

/// The system's source of random bytes.
struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[allow(clippy::disallowed_methods, reason = "this is the one place where randomness comes in")]
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes)
            .expect("the system gives random bytes; without them no key can be made");
    }
}

/// The time by the system's clock.
#[allow(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The folders in which programs of others lie: the value of `PATH`.
pub(crate) fn programs() -> Option<std::ffi::OsString> {
    std::env::var_os("PATH")
}

/// Clock, randomness, and the words by which others are told who holds a case.
pub(crate) fn environment(command: &str) -> Environment {
    Environment {
        clock: Arc::new(now),
        entropy: Box::new(SystemEntropy),
        unlocked: None,
        reader: std::env::current_exe().ok(),
        programs: programs(),
        holder: format!("process {} (witnessmark {command}, since {})", std::process::id(), now()),
    }
}

/// The case that is meant: the folder that was named, or the nearest folder upward that holds a `case.toml`.
pub(crate) fn case_folder(named: Option<&Path>) -> Result<PathBuf, CaseError> {
    if let Some(folder) = named {
        return Ok(folder.to_owned());
    }
    let here = std::env::current_dir()
        .map_err(|cause| CaseError::file("find out where we are:", Path::new("."), &cause))?;
    let found = here.ancestors().find(|folder| folder.join("case.toml").is_file());
    found.map(Path::to_owned).ok_or_else(|| {
        CaseError::usage(
            "there is no case here or in a folder above",
            "name one with `--case DIR`, or make one with `witnessmark init DIR`",
        )
    })
}
