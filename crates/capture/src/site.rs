//! What the engine knows of the hosts and sites it visits: when to ask next, what robots may, open connections.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::exchange::Failure;
use crate::line::{Line, from_now};
use crate::robots::RobotsRules;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the pace towards one host, whatever its ports and schemes.
#[derive(Debug)]
pub(crate) struct Gate {
    pace: Mutex<Pace>,
    at_once: Semaphore,
}

#[derive(Debug)]
struct Pace {
    next: Option<Instant>,
    delay: Duration,
}

impl Gate {
    fn new(delay: Duration, at_once: usize) -> Self {
        let pace = Mutex::new(Pace { next: None, delay });
        Self { pace, at_once: Semaphore::new(at_once.max(1)) }
    }

    /// Waits until the host may be asked. The permit is held while it is.
    pub(crate) async fn pass(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.at_once.acquire().await.ok()?;
        loop {
            let at = {
                let mut pace = lock(&self.pace);
                let now = Instant::now();
                match pace.next {
                    Some(next) if next > now => next,
                    _ => {
                        pace.next = Some(from_now(pace.delay));
                        return Some(permit);
                    }
                }
            };
            sleep_until(at).await;
        }
    }

    /// Says that a request is sent now: the next must wait from here, not from when this one was let through and began
    /// to open its connection.
    pub(crate) fn asks(&self) {
        let mut pace = lock(&self.pace);
        let next = from_now(pace.delay);
        pace.next = pace.next.max(Some(next));
    }

    /// Lets nothing pass before `until`.
    pub(crate) fn hold_back(&self, until: Instant) {
        let mut pace = lock(&self.pace);
        pace.next = pace.next.max(Some(until));
    }

    /// Lets at least `delay` pass between two requests from now on.
    pub(crate) fn slow_down(&self, delay: Duration) {
        let mut pace = lock(&self.pace);
        if delay > pace.delay {
            pace.delay = delay;
            pace.next = pace.next.max(Some(from_now(delay)));
        }
    }
}

/// One site: scheme, host and port.
#[derive(Debug)]
pub(crate) struct Site {
    origin: String,
    pub(crate) gate: Arc<Gate>,
    pub(crate) robots: OnceCell<Result<RobotsRules, Failure>>,
}

/// So many connections stay open without use, to all sites together.
const IDLE_LIMIT: usize = 64;

/// All sites of one engine.
#[derive(Debug)]
pub(crate) struct Sites {
    delay: Duration,
    at_once: usize,
    known: Mutex<Known>,
    /// Open connections and the origins they lead to, the one used last at the end.
    idle: Mutex<VecDeque<(String, Line)>>,
}

#[derive(Debug, Default)]
struct Known {
    gates: BTreeMap<String, Arc<Gate>>,
    sites: BTreeMap<String, Arc<Site>>,
}

impl Sites {
    pub(crate) fn new(delay: Duration, at_once: usize) -> Self {
        Self { delay, at_once, known: Mutex::default(), idle: Mutex::default() }
    }

    /// The site of `url`.
    pub(crate) fn of(&self, url: &Url) -> Arc<Site> {
        let mut known = lock(&self.known);
        let origin = url.origin().ascii_serialization();
        if let Some(site) = known.sites.get(&origin) {
            return site.clone();
        }
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
        let gate = known
            .gates
            .entry(host)
            .or_insert_with(|| Arc::new(Gate::new(self.delay, self.at_once)))
            .clone();
        let site = Site { origin: origin.clone(), gate, robots: OnceCell::new() };
        known.sites.entry(origin).or_insert(Arc::new(site)).clone()
    }

    /// A connection to `site` that is open and was not closed by the other side, as far as can be seen.
    pub(crate) fn take_line(&self, site: &Site) -> Option<Line> {
        let mut idle = lock(&self.idle);
        loop {
            let place = idle.iter().rposition(|(origin, _)| *origin == site.origin)?;
            let (_, line) = idle.remove(place)?;
            if !line.has_ended() {
                return Some(line);
            }
        }
    }

    /// Keeps a connection for the next request; the one that was longest without use is closed for it.
    pub(crate) fn give_line(&self, site: &Site, line: Line) {
        let mut idle = lock(&self.idle);
        idle.push_back((site.origin.clone(), line));
        if idle.len() > IDLE_LIMIT {
            idle.pop_front();
        }
    }
}
