//! The way to services outside: time authorities, calendars, witnesses, stores of copies.

use std::sync::Arc;
use std::time::Duration;

use witnessmark_capture::{DoorSettings, Egress, ServiceLimits, ServiceTransport};
use witnessmark_model::Moment;
use witnessmark_model::transport::Transport;

use crate::{Case, CaseError};

/// What time it is.
type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// Name resolution, connecting and TLS together may take this long. Tor needs its time.
const CONNECT_TIME: Duration = Duration::from_secs(60);

impl Case {
    /// The way to services outside, by the egress in force; an error when none was chosen. Services on this computer and
    /// on local networks are refused unless `allow_private_network`.
    pub fn transport(&self, allow_private_network: bool) -> Result<Box<dyn Transport>, CaseError> {
        self.transport_with(None, allow_private_network)
    }

    /// The same; `with_credentials` may name the proxy of the case with user name and password.
    pub fn transport_with(
        &self,
        with_credentials: Option<&str>,
        allow_private_network: bool,
    ) -> Result<Box<dyn Transport>, CaseError> {
        let clock = self.environment.clock.clone();
        transport_by(self.way_out(with_credentials)?, allow_private_network, clock)
    }
}

/// The way to services outside where no case can say which: to bring one back, or to mend one that does not open. `way` is
/// written as for `egress`, with credentials or without.
pub fn transport_without_case(
    way: &str,
    allow_private_network: bool,
    clock: Clock,
) -> Result<Box<dyn Transport>, CaseError> {
    transport_by(crate::egress::parse(way)?, allow_private_network, clock)
}

fn transport_by(
    egress: Egress,
    allow_private_network: bool,
    clock: Clock,
) -> Result<Box<dyn Transport>, CaseError> {
    let door = DoorSettings {
        egress,
        allow_private_network,
        allow_unverified_tls: false,
        extra_authorities: Vec::new(),
        time_limit: CONNECT_TIME,
        clock,
    };
    let transport = ServiceTransport::new(door, ServiceLimits::default())
        .map_err(|error| CaseError::machine(error.to_string()))?;
    Ok(Box::new(transport))
}
