//! The exchanges of one capture: those that are over, those under way, and how quiet it has become.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use witnessmark_archive::HttpHead;
use witnessmark_model::Moment;

use super::framing::Body;
use crate::door::Clock;
use crate::exchange::{Connection, Cut, Exchange, Failure, FailureKind, Purpose};
use crate::spool::{Spool, SpoolPlace};

/// Of a request's body so much is kept.
const REQUEST_LIMIT: usize = 8 * 1024 * 1024;
/// All bodies of one page together may hold so much memory; later ones go to files at once.
const MEMORY_LIMIT: u64 = 64 * 1024 * 1024;
/// So many exchanges a page may have. (One that asks for ever is stopped by the time budget, too.)
const EXCHANGES_LIMIT: u64 = 20_000;
/// What has been under way for so long is a stream or a long poll: nobody waits for its end.
const LONG: Duration = Duration::from_secs(5);

/// How much one page may bring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByteLimits {
    /// Bytes of one response, head and body.
    pub(crate) response: u64,
    /// Bytes of all responses.
    pub(crate) page: u64,
}

/// What the proxy writes down for one capture.
pub(crate) struct Ledger {
    clock: Clock,
    place: SpoolPlace,
    limits: ByteLimits,
    state: Mutex<State>,
}

struct State {
    last_number: u64,
    under_way: BTreeMap<u64, UnderWay>,
    finished: BTreeMap<u64, Exchange>,
    last_change: Instant,
    bytes: u64,
    refused: u64,
    time_is_over: bool,
}

struct UnderWay {
    since: Instant,
    endless: bool,
}

impl Ledger {
    pub(crate) fn new(clock: Clock, place: SpoolPlace, limits: ByteLimits) -> Self {
        let state = State {
            last_number: 0,
            under_way: BTreeMap::new(),
            finished: BTreeMap::new(),
            last_change: Instant::now(),
            bytes: 0,
            refused: 0,
            time_is_over: false,
        };
        Self { clock, place, limits, state: Mutex::new(state) }
    }

    /// Begins to write down an exchange, before there is a connection for it. `None` when the page has had its share.
    pub(super) fn begin(&self, url: &str) -> Option<Draft> {
        let began = (self.clock)();
        let mut state = self.state();
        if state.last_number >= EXCHANGES_LIMIT || state.bytes >= self.limits.page {
            state.refused += 1;
            return None;
        }
        let mut place = self.place.clone();
        if state.bytes > MEMORY_LIMIT {
            place.memory = 0;
        }
        let number = state.next_number();
        state.under_way.insert(number, UnderWay { since: Instant::now(), endless: false });
        Some(Draft {
            number,
            url: url.to_owned(),
            began,
            request: Vec::new(),
            request_cut: false,
            private_fields: Vec::new(),
            interim: Vec::new(),
            response: Spool::new(&place),
            trailing: Vec::new(),
            head: None,
            body: None,
        })
    }

    /// Writes down that an exchange is over.
    pub(super) fn finish(&self, draft: Draft, connection: Connection, ending: Ending) {
        let ended = (self.clock)();
        let mut state = self.state();
        let ending = match ending {
            Ending::Unwanted if state.time_is_over => Ending::TimeOver,
            ending => ending,
        };
        let number = draft.number;
        state.under_way.remove(&number);
        state.finished.insert(number, draft.into_exchange(connection, ended, ending));
        state.last_change = Instant::now();
    }

    /// Forgets an exchange that turned out to be none: a connection was opened, and nothing asked for yet.
    pub(super) fn forget(&self, draft: &Draft) {
        let mut state = self.state();
        state.under_way.remove(&draft.number);
        state.last_change = Instant::now();
    }

    /// Marks an exchange that goes on by its nature: an event stream, a WebSocket.
    pub(super) fn endless(&self, draft: &Draft) {
        if let Some(under_way) = self.state().under_way.get_mut(&draft.number) {
            under_way.endless = true;
        }
    }

    /// Takes note of received bytes. Gives whether the response may go on.
    pub(super) fn received(&self, draft: &Draft, count: usize) -> bool {
        let mut state = self.state();
        state.last_change = Instant::now();
        state.bytes += count as u64;
        draft.response.len() <= self.limits.response && state.bytes <= self.limits.page
    }

    /// For how long nothing has been under way that somebody would wait for; zero when something is.
    pub(crate) fn quiet_for(&self) -> Duration {
        let state = self.state();
        let waited_for = |one: &UnderWay| !one.endless && one.since.elapsed() < LONG;
        if state.under_way.values().any(waited_for) {
            return Duration::ZERO;
        }
        state.last_change.elapsed()
    }

    /// From now on, what Chromium does not want any more is cut because its time is over.
    pub(crate) fn time_is_over(&self) {
        self.state().time_is_over = true;
    }

    /// Whether anything is under way that somebody would wait for.
    pub(crate) fn is_busy(&self) -> bool {
        self.quiet_for().is_zero()
    }

    /// How many exchanges have begun.
    pub(crate) fn begun(&self) -> u64 {
        self.state().last_number
    }

    /// How many were refused, because the page had had its share.
    pub(crate) fn refused(&self) -> u64 {
        self.state().refused
    }

    /// All exchanges that are over, in the order in which they began.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.state().finished).into_values().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_change = Instant::now();
        self.last_number
    }
}

/// How an exchange ended.
pub(super) enum Ending {
    /// With the last byte of the response.
    Whole,
    /// The page did not want the rest.
    Unwanted,
    /// The capture's time was over.
    TimeOver,
    /// The response was too long.
    TooLong,
    /// Something failed.
    Failed(Failure),
}

/// An exchange that is under way.
pub(super) struct Draft {
    number: u64,
    url: String,
    began: Moment,
    request: Vec<u8>,
    request_cut: bool,
    pub(super) private_fields: Vec<String>,
    pub(super) interim: Vec<u8>,
    response: Spool,
    pub(super) trailing: Vec<u8>,
    pub(super) head: Option<HttpHead>,
    pub(super) body: Option<Body>,
}

impl Draft {
    /// Keeps bytes of the request's body, or what the page sent over an upgraded connection.
    pub(super) fn sent(&mut self, bytes: &[u8]) {
        let room = REQUEST_LIMIT.saturating_sub(self.request.len());
        self.request.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.request_cut |= bytes.len() > room;
    }

    /// Keeps bytes of the response.
    pub(super) fn received(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.response.write_all(bytes).map_err(|error| {
            Failure::new(FailureKind::Machine, format!("the response could not be kept: {error}"))
        })
    }

    /// Whether any byte of an answer has come.
    pub(super) fn is_answered(&self) -> bool {
        !self.response.is_empty() || !self.interim.is_empty()
    }

    fn into_exchange(self, connection: Connection, ended: Moment, ending: Ending) -> Exchange {
        let (cut, failure) = match ending {
            Ending::Whole => (None, None),
            Ending::Unwanted => (Some(Cut::Unspecified), None),
            Ending::TimeOver => (Some(Cut::Time), None),
            Ending::TooLong => (Some(Cut::Length), None),
            Ending::Failed(failure) => {
                let cut = match failure.kind {
                    FailureKind::Disconnect => Cut::Disconnect,
                    FailureKind::Timeout => Cut::Time,
                    _ => Cut::Unspecified,
                };
                (Some(cut), Some(failure))
            }
        };
        // Where nothing was asked for there is no response to be cut.
        let response_cut = cut.filter(|_| !self.request.is_empty());
        let payload = self.head.is_some().then(|| self.body.map(Body::payload)).flatten();
        Exchange {
            url: self.url,
            purpose: Purpose::Part,
            request: self.request,
            request_cut: self.request_cut,
            private_fields: self.private_fields,
            interim: self.interim,
            response: self.response,
            trailing: self.trailing,
            response_cut,
            head: self.head,
            payload,
            connection,
            began: self.began,
            ended,
            failure,
        }
    }
}
