//! A wish that work ends, and a time after which it is wished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A wish that work ends soon: who works looks at it again and again. Clones are the same wish.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Wishes it.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody wishes it.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The wish as those look at it who know nothing of this type.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// Takes the wish back; whether it was there.
    pub(super) fn take_back(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Wishes that work ends when its time is over, unless it is dropped before.
pub(super) struct Timer {
    running: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Timer {
    /// Starts it. Where the system gives no thread for it, the time has no end; each step of the work has its own.
    pub(super) fn start(stop: &Stop, time: Duration) -> Self {
        let (running, ended) = channel();
        let stop = stop.clone();
        let wait = move || {
            if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                stop.ask();
            }
        };
        let thread = thread::Builder::new().name("time for pictures".to_owned()).spawn(wait);
        Self { running: Some(running), thread: thread.ok() }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        drop(self.running.take());
        // After this it wishes nothing any more.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_that_is_dropped_wishes_nothing() {
        let stop = Stop::default();
        drop(Timer::start(&stop, Duration::from_secs(3600)));
        assert!(!stop.is_asked());
        let timer = Timer::start(&stop, Duration::ZERO);
        while !stop.is_asked() {
            thread::yield_now();
        }
        drop(timer);
        assert!(stop.take_back() && !stop.is_asked());
    }
}
