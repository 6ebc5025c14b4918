//! Capture by Chromium, against servers in the test. Without Chromium they say so and pass.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod hostile;
mod record;
mod server;
mod visible;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use witnessmark_capture::browser::{Browser, BrowserError, BrowserSettings, PageCapture};
use witnessmark_capture::{Clock, DoorSettings, Egress, Exchange};
use witnessmark_model::Moment;

/// A clock that goes on by a millisecond whenever it is asked, from 23 November 2026.
fn clock() -> Clock {
    let millis = AtomicI64::new(1_795_392_000_000);
    Arc::new(move || Moment::from_unix_millis(millis.fetch_add(1, Ordering::Relaxed)))
}

/// Settings for pages on this computer, which users never have.
fn settings() -> BrowserSettings {
    let door = DoorSettings {
        egress: Egress::Direct,
        allow_private_network: true,
        allow_unverified_tls: false,
        extra_authorities: Vec::new(),
        time_limit: Duration::from_secs(20),
        clock: clock(),
    };
    let mut settings = BrowserSettings::new(door, std::env::temp_dir());
    settings.no_sandbox = is_root();
    settings.time_budget = Duration::from_secs(90);
    settings
}

/// Settings as users have them: no private address is reached. The server is the proxy for all names.
fn public_settings(server: &server::Server) -> BrowserSettings {
    let mut settings = settings();
    settings.door.allow_private_network = false;
    settings.door.egress = format!("http://127.0.0.1:{}", server.port).parse().unwrap();
    settings
}

/// Chromium's sandbox refuses to run as root.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A browser; none, with a line that says so, where Chromium is not installed.
fn launch(settings: BrowserSettings) -> Option<Browser> {
    match Browser::launch(settings) {
        Ok(browser) => Some(browser),
        Err(BrowserError::NotInstalled { .. }) => {
            println!("skipped: needs Chromium (Debian's package chromium)");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn response_bytes(exchange: &Exchange) -> Vec<u8> {
    exchange.response.first(u64::MAX).unwrap()
}

/// Exchanges in which something was sent to the server.
fn sent(capture: &PageCapture) -> impl Iterator<Item = &Exchange> {
    capture.exchanges.iter().filter(|exchange| !exchange.request.is_empty())
}

/// For a look at what a test made: written when the environment names a folder.
fn show(name: &str, capture: &PageCapture) {
    let Some(folder) = std::env::var_os("WITNESSMARK_SHOW").map(PathBuf::from) else { return };
    for (view, ending) in [(&capture.view, "png"), (&capture.pdf, "pdf")] {
        if let Some(view) = view {
            let bytes = view.first(u64::MAX).unwrap();
            std::fs::write(folder.join(format!("{name}.{ending}")), bytes).unwrap();
        }
    }
    let info = serde_json::to_string_pretty(&capture.info).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), info).unwrap();
}
