//! The agent's own process.

use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Mode;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, setsid, umask,
};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use witnessmark_case::CaseError;
use zeroize::Zeroizing;

use super::{Held, LONGEST_LINE, PATIENCE, read_line, socket};

/// Keeps this process's memory from other processes of the same user, from core dumps and, where the machine allows it, from
/// the disk. To be called before a secret is in it.
pub(crate) fn keep_memory_private() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // Each is a further lock on a door that is closed already: a machine that refuses one still keeps the others.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, none);
}

/// Runs the agent: what it needs comes on stdin, `ready` goes to stdout once it listens.
pub(crate) fn serve() -> Result<(), CaseError> {
    keep_memory_private();
    // A session of its own, so that closing the terminal does not end it. Fails where it leads a group: then it has one.
    let _ = setsid();
    umask(Mode::from_bits_truncate(0o177));
    let mut said = Zeroizing::new(String::with_capacity(8192));
    let stdin = std::io::stdin().lock();
    stdin
        .take(8192)
        .read_to_string(&mut said)
        .map_err(|cause| CaseError::file("read", Path::new("stdin"), &cause))?;
    let parsed = said.split_once('\n').and_then(|(first, second)| {
        let (idle, path) = first.split_once(' ')?;
        Some((idle.parse::<i64>().ok()?, path, Held::parse(second.strip_suffix('\n')?)?))
    });
    let (idle, path, held) = parsed.ok_or_else(|| {
        CaseError::usage(
            "the agent is started by `witnessmark unlock`",
            "run `witnessmark unlock` in the folder of a sealed case",
        )
    })?;
    // So that the key is not swapped out. Users may lock only so much; a machine that refuses goes on without.
    let _ = mlockall(MlockAllFlags::CURRENT);
    let path = Path::new(path);
    let listener =
        UnixListener::bind(path).map_err(|cause| CaseError::file("listen on", path, &cause))?;
    println!("ready");
    std::io::stdout()
        .flush()
        .map_err(|cause| CaseError::file("write to", Path::new("stdout"), &cause))?;
    let served = answer_until_idle(&listener, idle, held);
    let _ = std::fs::remove_file(path);
    served.map_err(|cause| CaseError::file("listen on", path, &cause))
}

/// Answers until it is told to lock, or until `idle` seconds have gone by without a request. The clock goes on while the
/// machine sleeps.
fn answer_until_idle(listener: &UnixListener, idle: i64, mut held: Held) -> std::io::Result<()> {
    let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)?;
    wind(&timer, idle)?;
    loop {
        let mut ready = [
            PollFd::new(&timer, PollFlags::IN),
            PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN),
        ];
        match poll(&mut ready, None) {
            Err(rustix::io::Errno::INTR) => continue,
            other => other?,
        };
        let [timed_out, _] = ready.map(|one| !one.revents().is_empty());
        if timed_out {
            return Ok(());
        }
        let (stream, _) = listener.accept()?;
        // Whoever does not speak as agreed is not answered; the next one may.
        match answer(stream, &mut held) {
            Ok(Next::Lock) => return Ok(()),
            Ok(Next::Again) => wind(&timer, idle)?,
            Err(_) => {}
        }
    }
}

fn wind(timer: &OwnedFd, seconds: i64) -> std::io::Result<()> {
    let once = Itimerspec {
        it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
        it_value: Timespec { tv_sec: seconds.max(1), tv_nsec: 0 },
    };
    timerfd_settime(timer, TimerfdTimerFlags::empty(), &once)?;
    Ok(())
}

enum Next {
    Again,
    Lock,
}

fn answer(mut stream: UnixStream, held: &mut Held) -> std::io::Result<Next> {
    let refused = |why| Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, why));
    if !socket::is_ours(&stream) {
        return refused("a process of another user");
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = read_line(&stream)?;
    let (text, next) = match request.split_once(' ') {
        None if *request == "key" => (held.line(), Next::Again),
        None if *request == "lock" => (Zeroizing::new("locked".to_owned()), Next::Lock),
        Some(("replace", new)) => match Held::parse(new) {
            Some(new) if new.case == held.case => {
                *held = new;
                (Zeroizing::new("replaced".to_owned()), Next::Again)
            }
            _ => return refused("the key of another case"),
        },
        _ => return refused("no request"),
    };
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_LINE as usize));
    line.push_str(&text);
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;
    use std::thread;
    use witnessmark_case::seal::CaseKey;

    fn held() -> Held {
        let case = "case-aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        Held { case, epoch: 1, key: CaseKey::new([7; 32]) }
    }

    /// Says something to the agent at `path`; what it answers.
    fn say(path: &Path, words: &[u8]) -> String {
        let mut stream = UnixStream::connect(path).unwrap();
        // An agent that hangs up early is not read to the end.
        let _ = stream.write_all(words);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    #[test]
    fn whoever_does_not_speak_as_agreed_gets_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let agent = thread::spawn(move || answer_until_idle(&listener, 60, held()));
        let key = format!("{}\n", *held().line());
        assert_eq!(say(&path, b"key\n"), key);
        let case = "case-eaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        let other = format!("replace {}\n", *Held { case, ..held() }.line());
        for bad in [b"".as_slice(), b"\n", b"key", b"key please\n", b"\xff\n", &[b'k'; 9000]] {
            assert_eq!(say(&path, bad), "");
        }
        assert_eq!(say(&path, other.as_bytes()), "");
        assert_eq!(say(&path, b"key\n"), key);
        let next = Held { epoch: 2, key: CaseKey::new([8; 32]), ..held() };
        assert_eq!(say(&path, format!("replace {}\n", *next.line()).as_bytes()), "replaced\n");
        assert_eq!(say(&path, b"key\n"), format!("{}\n", *next.line()));
        assert_eq!(say(&path, b"lock\n"), "locked\n");
        agent.join().unwrap().unwrap();
    }

    #[test]
    fn it_ends_by_itself_when_nobody_asks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let agent = thread::spawn(move || answer_until_idle(&listener, 1, held()));
        agent.join().unwrap().unwrap();
        assert!(UnixStream::connect(&path).is_err());
    }
}
