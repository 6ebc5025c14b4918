//! The agent: a process of this program that holds the key of one sealed case in memory, so that its passphrase is typed
//! once.
//!
//! `witnessmark unlock` starts it and hands it the key through a pipe: a key is never an argument, and never in the
//! environment. It listens on a Unix socket that only its user can reach, `CASE-ID` in a folder of mode 0700, and answers
//! processes of that user alone. It ends itself when nobody has asked for a while, time asleep included, or when it is
//! told to. A request is a line, an answer is a line:
//!
//! | request | answer |
//! |---|---|
//! | `key` | the case's id, the epoch, and the key in hex |
//! | `lock` | `locked`; the agent ends |
//! | `replace CASE EPOCH KEY` | `replaced`; after an erasure made a new epoch |

mod process;
mod socket;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use witnessmark_case::CaseError;
use witnessmark_case::model::id::CaseId;
use witnessmark_case::seal::CaseKey;
use witnessmark_case::seal::wraps::Unlocked;
use zeroize::Zeroizing;

pub(crate) use process::{keep_memory_private, serve};

/// The name of the command that the agent runs as; not shown in `--help`.
pub(crate) const COMMAND: &str = "agent";

/// No line of the agent's talk is longer.
const LONGEST_LINE: u64 = 512;

/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(5);

/// The key of one epoch of a case, as agent and commands pass it to each other.
struct Held {
    case: CaseId,
    epoch: u32,
    key: CaseKey,
}

impl Held {
    fn of(unlocked: &Unlocked) -> Self {
        Self { case: unlocked.case(), epoch: unlocked.epoch(), key: unlocked.key().clone() }
    }

    /// `CASE EPOCH KEY`, without a newline.
    fn line(&self) -> Zeroizing<String> {
        let mut line = Zeroizing::new(String::with_capacity(256));
        line.push_str(&format!("{} {} ", self.case, self.epoch));
        for byte in self.key.expose() {
            for digit in [byte >> 4, byte & 15] {
                line.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        line
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (case, epoch) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let digits = words.next().filter(|digits| digits.len() == 64 && words.next().is_none())?;
        let mut key = Zeroizing::new([0; 32]);
        for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self { case, epoch, key: CaseKey::new(*key) })
    }
}

/// One line from the other side, without its newline.
fn read_line(from: impl std::io::Read) -> std::io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_LINE as usize));
    BufReader::new(from.take(LONGEST_LINE)).read_line(&mut line)?;
    if line.pop() == Some('\n') {
        Ok(line)
    } else {
        Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the line is cut short"))
    }
}

/// Asks the agent of `case`; `None` where there is none, or none that answers.
fn ask(case: CaseId, request: &str) -> Option<Zeroizing<String>> {
    let path = socket::path(case).ok()??;
    let mut stream = UnixStream::connect(&path).ok()?;
    socket::is_ours(&stream).then_some(())?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(Zeroizing::new(format!("{request}\n")).as_bytes()).ok()?;
    read_line(&stream).ok()
}

/// The key that the agent of `case` holds, if one runs.
pub(crate) fn key(case: CaseId) -> Option<CaseKey> {
    let answer = ask(case, "key")?;
    Held::parse(&answer).filter(|held| held.case == case).map(|held| held.key)
}

/// Ends the agent of `case`. Whether there was one.
pub(crate) fn lock(case: CaseId) -> bool {
    ask(case, "lock").is_some_and(|answer| *answer == "locked")
}

/// Gives the agent of the case, if one runs, the key of a new epoch.
pub(crate) fn replace(unlocked: &Unlocked) -> bool {
    let request = Zeroizing::new(format!("replace {}", *Held::of(unlocked).line()));
    ask(unlocked.case(), &request).is_some_and(|answer| *answer == "replaced")
}

/// Starts an agent that holds the key until nobody has asked for `idle`. An agent that ran before is ended.
pub(crate) fn start(unlocked: &Unlocked, idle: Duration) -> Result<(), CaseError> {
    lock(unlocked.case());
    let socket = socket::make_path(unlocked.case())?;
    let program = std::env::current_exe()
        .map_err(|cause| CaseError::file("find", Path::new("witnessmark"), &cause))?;
    let failed = |cause| CaseError::file("start the agent", &program, &cause);
    // The environment may hold the passphrase, and would stay readable as long as the agent runs.
    let mut child = Command::new(&program)
        .arg(COMMAND)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let said = Zeroizing::new(format!(
        "{} {}\n{}\n",
        idle.as_secs(),
        socket.display(),
        *Held::of(unlocked).line()
    ));
    let mut to = child.stdin.take();
    let written = to.as_mut().map(|to| to.write_all(said.as_bytes()));
    drop(to);
    let answer = child.stdout.take().map(read_line);
    match (written, answer) {
        (Some(Ok(())), Some(Ok(answer))) if *answer == "ready" => Ok(()),
        _ => {
            // It ended, or is of no use.
            let _ = child.kill();
            let _ = child.wait();
            let cause = std::io::Error::other("the process that is to hold the key ended at once");
            Err(CaseError::file("listen on", &socket, &cause))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_line() {
        let case: CaseId = "case-aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        let held = Held { case, epoch: 3, key: CaseKey::new([0xa5; 32]) };
        let line = held.line();
        assert_eq!(*line, format!("{case} 3 {}", "a5".repeat(32)));
        let read = Held::parse(&line).unwrap();
        assert_eq!((read.case, read.epoch, read.key), (case, 3, CaseKey::new([0xa5; 32])));
        for bad in
            ["", "key", &line[..line.len() - 1], &format!("{} x", *line), &line.replace("a5", "é")]
        {
            assert!(Held::parse(bad).is_none(), "{bad}");
        }
    }
}
