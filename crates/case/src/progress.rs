//! How far a long command is, and the wish that it stop.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use witnessmark_document::process::Stop;

/// How far a long command is, shared with whoever shows it; and the wish that it stop.
#[derive(Debug, Default)]
pub struct Progress {
    stop: Stop,
    state: Mutex<(&'static str, u64, u64)>,
    items: AtomicU64,
    bytes: AtomicU64,
}

impl Progress {
    /// Nothing done yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the command to stop at the next safe point.
    pub fn stop(&self) {
        self.stop.ask();
    }

    /// Whether somebody asked to stop.
    pub fn stopped(&self) -> bool {
        self.stop.is_asked()
    }

    /// The wish that it stop, for those who look at it themselves.
    pub(crate) fn stop_flag(&self) -> &AtomicBool {
        self.stop.flag()
    }

    /// The wish that it stop, for those who read documents.
    pub(crate) fn stop_wish(&self) -> &Stop {
        &self.stop
    }

    /// What is being done now, with how many items and bytes in all, and how many are done.
    pub fn now(&self) -> (&'static str, [u64; 2], [u64; 2]) {
        let (what, items, bytes) = *self.state.lock().unwrap_or_else(|lock| lock.into_inner());
        let done = [self.items.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed)];
        (what, [items, bytes], done)
    }

    pub(crate) fn begin(&self, what: &'static str, items: u64, bytes: u64) {
        *self.state.lock().unwrap_or_else(|lock| lock.into_inner()) = (what, items, bytes);
        self.items.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// There turned out to be so many items.
    pub(crate) fn lengthen(&self, items: u64) {
        self.state.lock().unwrap_or_else(|lock| lock.into_inner()).1 = items;
    }

    pub(crate) fn advance(&self, items: u64, bytes: u64) {
        self.items.fetch_add(items, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}
