//! The way in which connections leave: chosen once, logged, and required before the first one.

use serde::Serialize;
use witnessmark_capture::Egress;
use witnessmark_model::id::ConfigurationId;
use witnessmark_model::payload::{self, Payload};

use crate::{Case, CaseError};

/// The way in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EgressRow {
    /// `direct`, `proxy` or `tor`.
    pub mode: String,
    /// The proxy, without credentials.
    pub proxy: Option<String>,
    /// The log entry that says so.
    pub entry: u64,
    /// Since when.
    pub at: String,
}

/// One word for the way: what goes into archives that may be handed over, and so names no proxy.
pub(crate) fn mode(egress: &Egress) -> &'static str {
    match egress {
        Egress::Direct => "direct",
        Egress::Tor(_) => "tor",
        Egress::Socks5(_) | Egress::HttpProxy(_) => "proxy",
    }
}

pub(crate) fn parse(text: &str) -> Result<Egress, CaseError> {
    text.parse::<Egress>().map_err(|error| CaseError::usage(error.to_string(), error.hint()))
}

impl Case {
    /// Chooses the way in which connections leave from now on. Credentials are not kept.
    pub fn set_egress(&mut self, way: &str) -> Result<EgressRow, CaseError> {
        let egress = parse(way)?;
        if let Egress::Socks5(proxy) | Egress::HttpProxy(proxy) | Egress::Tor(proxy) = &egress
            && proxy.credentials.is_some()
        {
            return Err(CaseError::usage(
                "a proxy's password is not kept in the case",
                "name the proxy without it, and give both in WITNESSMARK_PROXY when you capture",
            ));
        }
        let entry = payload::Egress {
            id: ConfigurationId::random(self.environment.entropy.as_mut()),
            mode: mode(&egress).to_owned(),
            proxy: (egress != Egress::Direct).then(|| egress.to_string()),
        };
        self.commit(vec![entry.into()])?;
        self.egress()?.ok_or_else(|| CaseError::machine("the egress was not kept"))
    }

    /// The way in force; none if none was chosen yet.
    pub fn egress(&self) -> Result<Option<EgressRow>, CaseError> {
        let Some(last) = self.casebook.entries_of_kind("egress")?.pop() else { return Ok(None) };
        let at = last.at();
        let Some(Payload::Egress(found)) = last.payload else { return Ok(None) };
        let (mode, proxy) = (found.mode, found.proxy);
        Ok(Some(EgressRow { mode, proxy, entry: last.index, at }))
    }

    /// The way in force for a capture. `with_credentials` may name the same proxy with user name and password.
    pub(crate) fn way_out(&self, with_credentials: Option<&str>) -> Result<Egress, CaseError> {
        let Some(row) = self.egress()? else {
            return Err(CaseError::input(
                "no connection leaves before you say which way: a direct one shows your address to the site",
                "choose with `witnessmark egress direct`, `egress tor` or `egress socks5://HOST:PORT`",
            ));
        };
        let kept = parse(row.proxy.as_deref().unwrap_or("direct"))?;
        let Some(text) = with_credentials else { return Ok(kept) };
        let given = parse(text)?;
        if given.to_string() != kept.to_string() {
            return Err(CaseError::usage(
                format!(
                    "WITNESSMARK_PROXY names another way than the case, whose egress is {kept}"
                ),
                "name the same proxy there, or choose another with `witnessmark egress`",
            ));
        }
        Ok(given)
    }
}
