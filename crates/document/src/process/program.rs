//! Another program, run once under limits.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::keeper::Kept;
use super::{ProcessLimits, Stop, Stopped};

/// A program of other people that reads bytes from its standard input and answers on its standard output.
///
/// It gets no environment but what is named here, may read its libraries and what is named here, runs no other program, writes
/// no file and opens no connection. Nothing of the input or the answer lies on a disk.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Files and folders that it may read besides.
    pub readable: Vec<PathBuf>,
}

impl Program {
    /// Runs it with `input` on its standard input; what it wrote on its standard output.
    ///
    /// `executable` is `witnessmark` itself: it confines itself, and becomes the program. Memory counts all of the
    /// program here.
    pub fn run(
        &self,
        executable: &Path,
        input: &[u8],
        limits: &ProcessLimits,
    ) -> Result<Vec<u8>, Stopped> {
        self.run_until(executable, input, limits, &[])
    }

    /// Runs it as [`Program::run`] does; it ends before its time with any of the wishes `stops`.
    pub fn run_until(
        &self,
        executable: &Path,
        input: &[u8],
        limits: &ProcessLimits,
        stops: &[Stop],
    ) -> Result<Vec<u8>, Stopped> {
        if stops.iter().any(Stop::is_asked) {
            return Err(Stopped::Asked);
        }
        let mut command = Command::new(executable);
        command.env_clear().current_dir("/").envs(self.environment.iter().cloned());
        command.arg("confined");
        command.arg(format!("--memory={}", limits.memory));
        command.arg(format!("--work={}", limits.work));
        for path in &self.readable {
            command.arg("--readable").arg(path);
        }
        command.arg("--").arg(&self.path).args(&self.arguments);
        let mut kept = Kept::start(command)?;
        kept.begin(limits.time, stops);
        let (to, from) = (kept.to.take(), kept.from.take());
        let (answer, too_long) = thread::scope(|scope| {
            // It may answer before it has read everything: both pipes move at once.
            scope.spawn(move || to.map(|mut to| to.write_all(input)));
            let mut answer = Vec::new();
            let mut from = from.map(|from| from.take(limits.output.saturating_add(1)));
            let read = from.as_mut().map(|from| from.read_to_end(&mut answer));
            let too_long = answer.len() as u64 > limits.output || !matches!(read, Some(Ok(_)));
            // Whoever still writes is told that nobody reads.
            drop(from);
            (answer, too_long)
        });
        if too_long {
            return Err(Stopped::Output { limit: limits.output });
        }
        let ended = kept.leave();
        if ended.well() { Ok(answer) } else { Err(ended.why(limits)) }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Duration;

    use super::*;

    /// A batch of scans could not be stopped before the page that was being read was done.
    #[test]
    fn a_program_ends_when_somebody_asks() {
        let folder = tempfile::tempdir().unwrap();
        let slow = folder.path().join("slow");
        std::fs::write(&slow, "#!/bin/sh\nexec sleep 60\n").unwrap();
        std::fs::set_permissions(&slow, std::fs::Permissions::from_mode(0o700)).unwrap();
        let limits = ProcessLimits { time: Duration::from_secs(20), ..ProcessLimits::default() };
        let stop = Stop::default();
        let asked = thread::scope(|scope| {
            let ran = scope.spawn(|| {
                Program::default().run_until(&slow, b"", &limits, std::slice::from_ref(&stop))
            });
            thread::sleep(Duration::from_millis(200));
            stop.ask();
            ran.join().unwrap()
        });
        assert_eq!(asked, Err(Stopped::Asked));
        // What is asked before is not begun.
        let none = Program::default().run_until(Path::new("/nowhere"), b"", &limits, &[stop]);
        assert_eq!(none, Err(Stopped::Asked));
    }
}
