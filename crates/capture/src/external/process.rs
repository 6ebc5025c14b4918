//! A child process with an empty environment, limits, and an end.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{ExternalError, disk};

/// How an external capturer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExternalEnding {
    /// It says that all went well, and there is a file.
    Finished,
    /// It says that something went wrong.
    Failed,
    /// It says that all went well, and brought no media file.
    NothingBrought,
    /// It took too long and was killed.
    TimedOut,
    /// Its files grew too large and it was killed.
    TooLarge,
    /// The person at the keyboard stopped it.
    Stopped,
}

/// A process to be run.
pub(super) struct Child<'c> {
    pub(super) program: &'c Path,
    pub(super) arguments: &'c [OsString],
    /// What it reads on its standard input.
    pub(super) config: &'c str,
    /// Everything it writes goes here.
    pub(super) folder: &'c Path,
}

/// How long and how much.
#[derive(Clone, Copy)]
pub(super) struct Limits<'s> {
    pub(super) time: Duration,
    pub(super) bytes: u64,
    pub(super) stop: &'s AtomicBool,
}

/// What became of a process.
pub(super) struct Done {
    pub(super) ending: ExternalEnding,
    pub(super) status: Option<i32>,
    pub(super) output: String,
    pub(super) messages: String,
    pub(super) took: Duration,
}

/// Between two looks at a running process.
const LOOK: Duration = Duration::from_millis(50);
/// So many looks go by between two looks at the size of its files.
const LOOKS_PER_MEASURE: u32 = 8;
/// After being asked to end it has this long before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// So much of the standard output is read.
const OUTPUT_LIMIT: u64 = 64 << 20;
/// So much of the end of the error output is kept.
const MESSAGES_LIMIT: u64 = 8 * 1024;

/// Runs a process where no runtime is there yet.
pub(super) fn run_alone(child: &Child<'_>, limits: &Limits<'_>) -> Result<Done, ExternalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(ExternalError::Start)?.block_on(run(child, limits))
}

/// Runs a process to its end or to a limit. It is the leader of a group of its own, which is killed as a whole.
pub(super) async fn run(child: &Child<'_>, limits: &Limits<'_>) -> Result<Done, ExternalError> {
    let home = tempfile::Builder::new()
        .prefix("home-")
        .tempdir_in(child.folder)
        .map_err(disk(child.folder))?;
    let (output, errors) = (home.path().join("output"), home.path().join("errors"));
    let file = |path: &Path| File::create_new(path).map_err(disk(path));
    let mut command = Command::new(child.program);
    command
        .args(child.arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_CACHE_HOME", home.path())
        .env("TMPDIR", home.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONNOUSERSITE", "1")
        .env("YTDLP_NO_PLUGINS", "1")
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(file(&output)?)
        .stderr(file(&errors)?)
        .process_group(0);
    let began = Instant::now();
    let mut running = command.spawn().map_err(ExternalError::Start)?;
    if let Some(mut input) = running.stdin.take() {
        // A process that ended already does not read it; its status says why.
        let _ = input.write_all(child.config.as_bytes());
    }
    let group = Pid::from_child(&running);
    let mut looks = 0_u32;
    let killed = loop {
        match running.try_wait() {
            Ok(Some(_)) => break None,
            Ok(None) => {}
            Err(error) => {
                let _ = kill_process_group(group, Signal::KILL);
                return Err(ExternalError::Start(error));
            }
        }
        if limits.stop.load(Ordering::Relaxed) {
            break Some(ExternalEnding::Stopped);
        }
        if began.elapsed() >= limits.time {
            break Some(ExternalEnding::TimedOut);
        }
        if looks.is_multiple_of(LOOKS_PER_MEASURE) && size_of(child.folder) > limits.bytes {
            break Some(ExternalEnding::TooLarge);
        }
        looks = looks.wrapping_add(1);
        sleep(LOOK).await;
    };
    if killed.is_some() {
        // It may have ended in this very moment; then there is nobody to signal.
        let _ = kill_process_group(group, Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < GRACE && matches!(running.try_wait(), Ok(None)) {
            sleep(LOOK).await;
        }
        let _ = kill_process_group(group, Signal::KILL);
    }
    let status = running.wait().map_err(ExternalError::Start)?.code();
    let ending = match killed {
        Some(ending) => ending,
        None if size_of(child.folder) > limits.bytes => ExternalEnding::TooLarge,
        // 101: as many were fetched as `--max-downloads` allows, that is: one.
        None if matches!(status, Some(0 | 101)) => ExternalEnding::Finished,
        None => ExternalEnding::Failed,
    };
    Ok(Done {
        ending,
        status: status.filter(|_| killed.is_none()),
        output: beginning(&output).map_err(disk(&output))?,
        messages: end(&errors).map_err(disk(&errors))?,
        took: began.elapsed(),
    })
}

/// Bytes of all files below a folder. A file that goes away meanwhile counts for nothing.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => size_of(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

fn beginning(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(OUTPUT_LIMIT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn end(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MESSAGES_LIMIT)))?;
    let mut bytes = Vec::new();
    file.take(MESSAGES_LIMIT).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.chars().filter(|c| *c == '\n' || !c.is_control()).collect())
}
