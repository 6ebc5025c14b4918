//! A thread that starts a process, watches its time, ends it, and learns how it ended.
//!
//! The kernel ends a confined process together with the thread that started it. So that thread has to live as long as the
//! process, whichever threads ask it meanwhile.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::{ProcessLimits, Stop, Stopped};

/// So much of the beginning of what a process says on its standard error is kept.
const SAID: u64 = 4096;

/// A process that is running, and its pipes.
pub(super) struct Kept {
    pub(super) to: Option<ChildStdin>,
    pub(super) from: Option<ChildStdout>,
    pub(super) pid: u32,
    orders: Option<Sender<Order>>,
    keeper: Option<JoinHandle<Ended>>,
}

/// How a process ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Why it was ended; none if it was never started.
    why: Option<Why>,
    status: Option<ExitStatus>,
    said: String,
}

enum Order {
    /// Its time begins; it ends with any of these wishes too.
    Begin(Duration, Vec<Stop>),
    /// It answered in time.
    Done,
    /// It said all that it had to say, and is about to end by itself.
    Leave,
}

/// Why a process is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Its time was over.
    Time,
    /// Somebody wishes that it ends.
    Asked,
    /// Nobody needs it any more.
    Unneeded,
    /// It is about to end by itself.
    Leaving,
}

/// So often a keeper looks whether somebody wishes that its process ends.
const LOOK: Duration = Duration::from_millis(50);

/// So long a process that is about to end is waited for, in steps.
const LEAVE: (u32, Duration) = (400, Duration::from_millis(5));

impl Kept {
    /// Starts a process.
    pub(super) fn start(mut command: Command) -> Result<Self, Stopped> {
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (orders, received) = channel();
        let (started, start) = channel();
        let keeper = thread::Builder::new().name("keeper of a reader".to_owned());
        let keeper = keeper.spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(cause) => {
                    let _ = started.send(Err(cause));
                    return Ended::default();
                }
            };
            let errors = child.stderr.take();
            let pipes = (child.stdin.take(), child.stdout.take(), child.id());
            if started.send(Ok(pipes)).is_err() {
                return end(child, Why::Unneeded, errors.map(listen));
            }
            let listener = errors.map(listen);
            let why = watch(&received);
            end(child, why, listener)
        });
        let failed = |cause: std::io::Error| Stopped::Start { why: cause.to_string() };
        let keeper = keeper.map_err(failed)?;
        let (to, from, pid) = match start.recv() {
            Ok(Ok(pipes)) => pipes,
            Ok(Err(cause)) => return Err(failed(cause)),
            Err(_) => return Err(Stopped::Start { why: "its keeper ended".to_owned() }),
        };
        Ok(Self { to, from, pid, orders: Some(orders), keeper: Some(keeper) })
    }

    /// From now on its time runs; it ends with any of these wishes too.
    pub(super) fn begin(&self, time: Duration, stops: &[Stop]) {
        self.order(Order::Begin(time, stops.to_vec()));
    }

    /// It answered: its time no longer runs.
    pub(super) fn done(&self) {
        self.order(Order::Done);
    }

    fn order(&self, order: Order) {
        // A keeper that is gone has ended the process; who reads from it learns that.
        let _ = self.orders.as_ref().map(|orders| orders.send(order));
    }

    /// Ends the process if it still runs. How it ended.
    pub(super) fn end(mut self) -> Ended {
        self.stop()
    }

    /// Waits a little until the process, which closed its output, has ended, and then ends it. How it ended.
    pub(super) fn leave(mut self) -> Ended {
        self.order(Order::Leave);
        self.stop()
    }

    fn stop(&mut self) -> Ended {
        drop(self.orders.take());
        drop(self.to.take());
        drop(self.from.take());
        self.keeper.take().and_then(|keeper| keeper.join().ok()).unwrap_or_default()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until the process is to be ended.
fn watch(orders: &Receiver<Order>) -> Why {
    let mut time: Option<(Duration, Vec<Stop>)> = None;
    loop {
        let order = match &mut time {
            None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some((left, stops)) => {
                if stops.iter().any(Stop::is_asked) {
                    return Why::Asked;
                }
                let step = if stops.is_empty() { *left } else { LOOK.min(*left) };
                let order = orders.recv_timeout(step);
                *left -= step;
                if matches!(order, Err(RecvTimeoutError::Timeout)) && !left.is_zero() {
                    continue;
                }
                order
            }
        };
        time = match order {
            Ok(Order::Begin(limit, stops)) => Some((limit, stops)),
            Ok(Order::Done) => None,
            Ok(Order::Leave) => return Why::Leaving,
            Err(RecvTimeoutError::Timeout) => return Why::Time,
            Err(RecvTimeoutError::Disconnected) => return Why::Unneeded,
        };
    }
}

fn end(mut child: Child, why: Why, listener: Option<JoinHandle<String>>) -> Ended {
    if why == Why::Leaving {
        let (steps, step) = LEAVE;
        // A program may close its output a moment before it ends.
        for _ in 0..steps {
            // Not waited for: its number stays its own until the end of its group is seen to.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            if !matches!(waitid(WaitId::Pid(Pid::from_child(&child)), options), Ok(None)) {
                break;
            }
            thread::sleep(step);
        }
    }
    // It may have ended by itself; then this does nothing, and the status is its own. What it started goes with it.
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    let status = child.wait().ok();
    let said = listener.and_then(|listener| listener.join().ok()).unwrap_or_default();
    Ended { why: Some(why), status, said }
}

/// Reads what a process says on its standard error, all of it, so that it never waits; and keeps the beginning.
fn listen(mut errors: ChildStderr) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut said = Vec::new();
        let _ = errors.by_ref().take(SAID).read_to_end(&mut said);
        let _ = std::io::copy(&mut errors, &mut std::io::sink());
        String::from_utf8_lossy(&said).into_owned()
    })
}

impl Ended {
    /// Whether it ended by itself, and says that all went well.
    pub(super) fn well(&self) -> bool {
        !matches!(self.why, Some(Why::Time | Why::Asked))
            && self.status.is_some_and(|status| status.success())
    }

    /// Why there is no answer.
    pub(super) fn why(&self, limits: &ProcessLimits) -> Stopped {
        match self.why {
            Some(Why::Time) => return Stopped::Time { seconds: limits.time.as_secs() },
            Some(Why::Asked) => return Stopped::Asked,
            _ => {}
        }
        let says = |words: &str| self.said.contains(words);
        match signal(self.status) {
            // Rust's standard library says so before it gives up; so do the C++ programs that are run.
            _ if says("memory allocation of") || says("std::bad_alloc") => {
                Stopped::Memory { limit: limits.memory }
            }
            _ if says("has overflowed its stack") => Stopped::Depth,
            Some(SIGXCPU) => Stopped::Work { seconds: limits.work },
            Some(SIGSYS) => Stopped::Forbidden,
            Some(number) => Stopped::Signal { number },
            None => Stopped::Failed { message: self.message() },
        }
    }

    /// The first line with letters of what it said, cut and without control characters.
    fn message(&self) -> Option<String> {
        let line = self.said.lines().find(|line| line.chars().any(char::is_alphabetic))?;
        Some(line.chars().filter(|letter| !letter.is_control()).take(200).collect())
    }
}

/// Numbers that Linux gives these signals on every processor but MIPS and SPARC.
const SIGXCPU: i32 = 24;
const SIGSYS: i32 = 31;

fn signal(status: Option<ExitStatus>) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt as _;
    status?.signal()
}
