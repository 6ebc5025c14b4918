//! Capture by Chromium: what a page shows after its scripts ran, and every byte that it took.
//!
//! [`Browser::launch`] starts one Chromium in its own sandbox, with a profile in memory and no way out but a recording
//! proxy inside this process. [`Browser::capture`] visits one page in a fresh context and gives a [`PageCapture`]: the
//! exchanges as they crossed the connections, and picture, print, document and text of the page.
//!
//! What a page cannot do: reach this computer or a local network (the [`Door`] refuses), ask for names to be resolved
//! outside the declared way out, open files or Chromium's own pages, keep downloads, open windows, wait for an answer to
//! a dialog, or go on after its time.

mod behaviours;
mod page;
mod page_log;
mod process;
mod protocol;
mod proxy;
mod settings;
mod tab;
mod views;
mod visit;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use url::Url;

pub use self::page::{
    BehaviourReport, ConsoleLine, Dialog, FailedRequest, Listed, PageCapture, PageEnding, PageInfo,
};
use self::process::{Pipes, Process};
use self::protocol::{CommandError, Protocol, text};
use self::proxy::{ByteLimits, Given, Ledger, Proxy};
pub use self::settings::{Behaviours, BrowserSettings, Views};
use self::tab::{Tab, WayOut};
use self::visit::{Found, Visit};
use crate::door::{Door, DoorError};
use crate::exchange::{Exchange, Purpose};
use crate::spool::SpoolPlace;

/// Chromium must answer for the first time within so long; the computer may be busy.
const START_LIMIT: Duration = Duration::from_secs(60);
/// A new page must be there within so long.
const TAB_LIMIT: Duration = Duration::from_secs(30);

/// One running Chromium. Dropping it ends Chromium and removes its profile.
///
/// Several threads may capture at once, each a page of its own; two keep two cores busy.
pub struct Browser {
    settings: BrowserSettings,
    proxy: Proxy,
    protocol: Protocol,
    process: Process,
    product: String,
    user_agent: String,
    // Last, so that what runs on it is gone before.
    runtime: BackgroundRuntime,
}

/// A runtime that does not wait for anything when it is dropped.
struct BackgroundRuntime(Option<Runtime>);

/// Why no capture came about.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The address is not one that a browser may be sent to.
    #[error("{address:?} cannot be captured: {reason}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no Chromium.
    #[error("Chromium was not found at {looked}")]
    NotInstalled {
        /// The places that were looked at.
        looked: String,
    },
    /// The profile could not be made.
    #[error("a folder for Chromium's profile could not be made in {}: {error}", folder.display())]
    Profile {
        /// The folder in memory.
        folder: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// Chromium could not be started.
    #[error("{} could not be started: {error}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// Chromium started and ended, or never answered.
    #[error("Chromium {what}; its last words: {last_words:?}")]
    Ended {
        /// What it did.
        what: &'static str,
        /// The end of its error output.
        last_words: String,
    },
    /// Chromium refused a command.
    #[error("{0}")]
    Refused(String),
    /// The settings for connections are not usable.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// This computer could not provide something.
    #[error("the recording proxy could not be set up: {0}")]
    Machine(String),
}

impl BrowserError {
    /// What somebody can do about it, where anything can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Address { .. } => Some("give a web address that begins with http:// or https://"),
            Self::NotInstalled { .. } => Some("install Debian's package chromium"),
            Self::Profile { .. } => Some(
                "name a folder that is held in memory, such as a tmpfs, and that you may write to",
            ),
            Self::Ended { .. } => Some(
                "as root Chromium does not run in its sandbox: capture as another user; \
                 inside a container its sandbox needs user namespaces",
            ),
            Self::Start { .. } | Self::Refused(_) | Self::Door(_) | Self::Machine(_) => None,
        }
    }
}

impl Browser {
    /// Starts Chromium, after removing profiles that dead processes left in the same folder.
    pub fn launch(settings: BrowserSettings) -> Result<Self, BrowserError> {
        let machine = |error: io::Error| BrowserError::Machine(error.to_string());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("browser")
            .enable_all()
            .build()
            .map_err(machine)?;
        let runtime = BackgroundRuntime(Some(runtime));
        let door = Arc::new(Door::new(settings.door.clone())?);
        let proxy = Proxy::new(door).map_err(BrowserError::Machine)?;
        let (process, protocol) = runtime.run(async {
            let (process, pipes) = Process::start(&settings, proxy.public_key_sum())?;
            let Pipes { from_chromium, to_chromium } = pipes;
            Ok::<_, BrowserError>((process, Protocol::start(from_chromium, to_chromium)))
        })?;
        let answer = runtime.run(async {
            timeout(START_LIMIT, protocol.call("", "Browser.getVersion", json!({}))).await
        });
        let ended = |what| BrowserError::Ended { what, last_words: process.last_words() };
        let version = match answer {
            Ok(Ok(version)) => version,
            Ok(Err(CommandError::Gone)) => return Err(ended("ended at once")),
            Ok(Err(error)) => return Err(BrowserError::Refused(error.to_string())),
            Err(_) => return Err(ended("did not answer")),
        };
        let product = text(&version, "product").to_owned();
        let user_agent = text(&version, "userAgent").to_owned();
        Ok(Self { settings, proxy, protocol, process, product, user_agent, runtime })
    }

    /// Product and version, in Chromium's own words.
    pub fn product(&self) -> &str {
        &self.product
    }

    /// The number of Chromium's main process, and the folder it works in.
    pub fn process(&self) -> (u32, &std::path::Path) {
        (self.process.id(), self.process.profile())
    }

    /// Visits a page and gives what came. Blocks for the time budget at most, and a few seconds to close the page.
    ///
    /// Whatever happens after the page was opened — a server that does not answer, a crash of Chromium — gives a
    /// capture with what was recorded until then, whose ending says what is missing.
    ///
    /// # Errors
    /// The address is none for a browser, or Chromium has ended or does not answer before anything is recorded. It is
    /// of no use then: launch another.
    pub fn capture(&self, address: &str) -> Result<PageCapture, BrowserError> {
        let url = checked(address)?;
        self.runtime.run(self.capture_within(address, url))
    }

    async fn capture_within(&self, address: &str, url: Url) -> Result<PageCapture, BrowserError> {
        let settings = &self.settings;
        let clock = settings.door.clock.clone();
        let began = clock();
        let place = SpoolPlace::new(&settings.spool_folder);
        let limits = ByteLimits { response: settings.response_limit, page: settings.page_limit };
        let ledger = Arc::new(Ledger::new(clock.clone(), place.clone(), limits));
        let entrance = self
            .proxy
            .open(ledger.clone(), Given::new(settings, &url))
            .await
            .map_err(|error| BrowserError::Machine(error.to_string()))?;
        let way_out = WayOut { port: entrance.port, password: self.proxy.password() };
        let cookies = settings.cookies.field_for(&url, began);
        let opening = Tab::open(&self.protocol, settings, way_out, &url, cookies.as_deref());
        let ended = |what| BrowserError::Ended { what, last_words: self.process.last_words() };
        let tab = match timeout(TAB_LIMIT, opening).await {
            Ok(Ok(tab)) => tab,
            Ok(Err(CommandError::Gone)) => return Err(ended("has ended")),
            Ok(Err(error)) => return Err(BrowserError::Refused(error.to_string())),
            Err(_) => return Err(ended("did not open a page")),
        };
        let found = Visit::new(&tab, &ledger, settings, &place).make(url.as_str()).await;
        let port = entrance.close().await;
        let log = tab.log.clone();
        tab.close().await;
        drop(port);
        let mut exchanges = ledger.take();
        let state = &mut *log.state();
        mark_pages(&mut exchanges, &state.documents);
        let Found { landed_at, title, view, pdf, dom, text, page_size, .. } = found;
        let info = PageInfo {
            title,
            browser: self.product.clone(),
            user_agent: self.user_agent.clone(),
            viewport: settings.viewport,
            page_size,
            language: settings.language.clone(),
            time_zone: "UTC".to_owned(),
            clock: (began, clock()),
            loaded_after_ms: found.loaded_after.map(|after| after.as_millis() as u64),
            behaviours: found.behaviours,
            console: std::mem::take(&mut state.console),
            failed_requests: std::mem::take(&mut state.failed_requests),
            dialogs: std::mem::take(&mut state.dialogs),
            windows: std::mem::take(&mut state.windows),
            downloads: std::mem::take(&mut state.downloads),
            notes: found.notes,
        };
        let ending = match found.missing {
            missing if missing.is_empty() => PageEnding::Complete,
            missing => PageEnding::Partial(missing),
        };
        let requested = address.to_owned();
        let status = state.status.filter(|_| landed_at.is_some());
        Ok(PageCapture {
            requested,
            landed_at,
            status,
            exchanges,
            view,
            pdf,
            dom,
            text,
            info,
            ending,
        })
    }
}

impl BackgroundRuntime {
    fn run<F: Future>(&self, future: F) -> F::Output {
        self.0.as_ref().expect("the runtime is only taken when it is dropped").block_on(future)
    }
}

impl Drop for BackgroundRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The address, if a browser may be sent there.
fn checked(address: &str) -> Result<Url, BrowserError> {
    let wrong = |reason| BrowserError::Address { address: address.to_owned(), reason };
    let url = Url::parse(address).map_err(|_| wrong("it is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it holds a user name or a password"));
    }
    Ok(url)
}

/// Tells the exchanges that the page itself was asked for in from those that it needed.
fn mark_pages(exchanges: &mut [Exchange], documents: &std::collections::BTreeSet<String>) {
    let pages: std::collections::BTreeSet<String> = documents
        .iter()
        .filter_map(|address| Url::parse(address).ok())
        .map(|mut url| {
            url.set_fragment(None);
            url.into()
        })
        .collect();
    for exchange in exchanges {
        if pages.contains(&exchange.url) {
            exchange.purpose = Purpose::Page;
        }
    }
}
