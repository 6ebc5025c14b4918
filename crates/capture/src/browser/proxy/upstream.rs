//! Connections to servers, kept open between requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::door::{Door, NotOpened, Stream};
use crate::exchange::{Connection, Failure, FailureKind};

/// A connection that nobody used for so long is closed: many servers close theirs after five seconds.
const IDLE: Duration = Duration::from_secs(4);
/// So many unused connections are kept for one server.
const KEPT: usize = 8;

/// A connection to a server, and what is known of it.
pub(super) struct Upstream {
    pub(super) stream: Stream,
    pub(super) connection: Connection,
    /// Whether it carried another exchange before.
    pub(super) reused: bool,
}

/// All connections of one browser to servers.
pub(super) struct Pool {
    door: Arc<Door>,
    idle: Mutex<BTreeMap<String, Vec<(Upstream, Instant)>>>,
    /// Ports of the recording proxy itself, where nothing may lead to.
    own_ports: Mutex<BTreeSet<u16>>,
}

impl Pool {
    pub(super) fn new(door: Arc<Door>) -> Self {
        Self { door, idle: Mutex::default(), own_ports: Mutex::default() }
    }

    /// How an exchange is described that found no connection.
    pub(super) fn no_connection(&self) -> Connection {
        Connection { address: None, through: self.door.through(), tls: None }
    }

    pub(super) fn own_port(&self, port: u16, own: bool) {
        let mut ports = self.own_ports.lock().unwrap_or_else(PoisonError::into_inner);
        if own {
            ports.insert(port)
        } else {
            ports.remove(&port)
        };
    }

    /// A connection for requests to `url`: one that is open already, if `reuse`, or a new one.
    pub(super) async fn get(&self, url: &Url, reuse: bool) -> Result<Upstream, Box<NotOpened>> {
        if reuse && let Some(kept) = self.kept(url) {
            return Ok(kept);
        }
        let (stream, connection) = self.door.open(url).await?;
        let own = connection.address.is_some_and(|address| {
            let ports = self.own_ports.lock().unwrap_or_else(PoisonError::into_inner);
            address.ip().to_canonical().is_loopback() && ports.contains(&address.port())
        });
        if own {
            let failure = Failure::new(
                FailureKind::RefusedAddress,
                format!("{url} leads to the recording proxy itself; nothing was sent"),
            );
            return Err(Box::new(NotOpened { failure, connection }));
        }
        Ok(Upstream { stream, connection, reused: false })
    }

    /// Keeps a connection on which every exchange is over.
    pub(super) fn keep(&self, url: &Url, upstream: Upstream) {
        let mut idle = self.idle();
        let kept = idle.entry(origin(url)).or_default();
        if kept.len() < KEPT {
            kept.push((upstream, Instant::now()));
        }
    }

    /// Closes what has not been used for some time.
    pub(super) fn tidy(&self) {
        self.idle().retain(|_, kept| {
            kept.retain(|(_, since)| since.elapsed() < IDLE);
            !kept.is_empty()
        });
    }

    fn kept(&self, url: &Url) -> Option<Upstream> {
        let mut idle = self.idle();
        let kept = idle.get_mut(&origin(url))?;
        while let Some((upstream, since)) = kept.pop() {
            if since.elapsed() < IDLE && !upstream.stream.has_ended() {
                return Some(upstream);
            }
        }
        None
    }

    fn idle(&self) -> MutexGuard<'_, BTreeMap<String, Vec<(Upstream, Instant)>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
