//! How to capture: one set of settings for the HTTP engine and for what else fetches pages.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::cookies::CookieFile;
use crate::door::DoorSettings;
use crate::given_headers::HeaderFile;
use crate::line::Limits;
use crate::record::FileAbout;
use crate::spool::SpoolPlace;

/// How to capture. Everything that leaves this computer follows from it.
#[derive(Clone)]
pub struct CaptureSettings {
    /// The way out, and whom to trust.
    pub door: DoorSettings,
    /// The `User-Agent` to send.
    pub user_agent: String,
    /// Cookies by file; each goes to its own hosts only.
    pub cookies: CookieFile,
    /// Request fields by file; each goes to its own hosts only.
    pub headers: HeaderFile,
    /// What to do about the rules that sites give to robots.
    pub robots: RobotsPolicy,
    /// Between the beginnings of two requests to one host. A longer `Crawl-delay` of its rules is kept.
    pub delay: Duration,
    /// Exchanges that may be under way at once.
    pub connections: usize,
    /// Of these, to one host.
    pub connections_per_host: usize,
    /// Jobs that the engine holds at most, under way or waiting.
    pub jobs: usize,
    /// Further attempts after a passing failure, a 429 or a 5xx.
    pub retries: u32,
    /// The wait before the first further attempt; each following one waits twice as long. `Retry-After` goes before it.
    pub back_off: Duration,
    /// No wait for another attempt may be longer; a server that asks for more is not asked again.
    pub longest_wait: Duration,
    /// Limits on one exchange.
    pub limits: Limits,
    /// Redirects that are followed for one job.
    pub redirects: u32,
    /// Where responses are kept.
    pub spool: SpoolPlace,
}

impl CaptureSettings {
    /// Polite settings: robots obeyed, one request a second and one connection a host, eight in all, three further
    /// attempts from two seconds on, no wait over two minutes, 20 redirects.
    pub fn new(door: DoorSettings, spool: SpoolPlace) -> Self {
        Self {
            door,
            user_agent: concat!("witnessmark/", env!("CARGO_PKG_VERSION")).to_owned(),
            cookies: CookieFile::default(),
            headers: HeaderFile::default(),
            robots: RobotsPolicy::Obey,
            delay: Duration::from_secs(1),
            connections: 8,
            connections_per_host: 1,
            jobs: 64,
            retries: 3,
            back_off: Duration::from_secs(2),
            longest_wait: Duration::from_secs(120),
            limits: Limits::default(),
            redirects: 20,
            spool,
        }
    }

    /// What a file of records says of these settings; `software` is program and version.
    pub fn about(&self, software: &str) -> FileAbout {
        FileAbout {
            software: software.to_owned(),
            robots: self.robots.to_string(),
            egress: self.door.egress.kind().to_owned(),
            user_agent: self.user_agent.clone(),
        }
    }
}

/// What to do about the rules that sites give to robots (RFC 9309).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobotsPolicy {
    /// Read and kept.
    Obey,
    /// Neither fetched nor kept.
    Ignore,
}

impl fmt::Display for RobotsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Obey => "obey",
            Self::Ignore => "ignore",
        })
    }
}

/// The text is neither `obey` nor `ignore`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no policy on robots (`obey` or `ignore`)")]
pub struct NotARobotsPolicy(String);

impl FromStr for RobotsPolicy {
    type Err = NotARobotsPolicy;

    fn from_str(text: &str) -> Result<Self, NotARobotsPolicy> {
        match text {
            "obey" => Ok(Self::Obey),
            "ignore" => Ok(Self::Ignore),
            _ => Err(NotARobotsPolicy(text.chars().take(80).collect())),
        }
    }
}
