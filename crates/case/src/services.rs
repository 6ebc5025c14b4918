//! The way to services outside: time authorities, calendars, witnesses, stores of copies.

use std::time::Duration;

use witnessmark_capture::{DoorSettings, ServiceLimits, ServiceTransport};
use witnessmark_model::transport::Transport;

use crate::{Case, CaseError};

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
        let door = DoorSettings {
            egress: self.way_out(with_credentials)?,
            allow_private_network,
            allow_unverified_tls: false,
            extra_authorities: Vec::new(),
            time_limit: CONNECT_TIME,
            clock: self.environment.clock.clone(),
        };
        let transport = ServiceTransport::new(door, ServiceLimits::default())
            .map_err(|error| CaseError::machine(error.to_string()))?;
        Ok(Box::new(transport))
    }
}
