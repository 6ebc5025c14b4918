//! Capture by HTTP, against servers and proxies on this computer that behave as badly as those in the wild.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bytes;
mod egress;
mod politeness;
mod records;
mod redirects;
mod server;
mod services;
mod tls;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use witnessmark_capture::{
    CaptureSettings, Clock, DoorSettings, Egress, Engine, Job, RobotsPolicy, SpoolPlace, Visit,
};
use witnessmark_model::{Entropy, Moment};

/// This computer's clock.
#[allow(
    clippy::disallowed_methods,
    reason = "tests measure waits, and certificates are made by the real clock"
)]
fn clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Moment::from_unix_millis(i64::try_from(since.unwrap().as_millis()).unwrap())
    })
}

/// Settings for servers of the test: no waits, no rules for robots, local addresses allowed.
fn settings(folder: &Path) -> CaptureSettings {
    let door = DoorSettings {
        egress: Egress::Direct,
        allow_private_network: true,
        allow_unverified_tls: false,
        extra_authorities: Vec::new(),
        time_limit: Duration::from_secs(5),
        clock: clock(),
    };
    let mut settings = CaptureSettings::new(door, SpoolPlace::new(folder));
    settings.robots = RobotsPolicy::Ignore;
    settings.delay = Duration::ZERO;
    settings.retries = 0;
    settings.back_off = Duration::from_millis(10);
    settings
}

/// Visits every address; the visits come in the order of the addresses.
fn visit_all(settings: CaptureSettings, urls: &[String]) -> Vec<Visit> {
    let mut engine = Engine::start(settings).unwrap();
    let mut visits = Vec::new();
    let mut jobs =
        (0..).zip(urls).map(|(number, url)| Job { number, url: url.clone(), referrer: None });
    loop {
        while engine.has_room()
            && let Some(job) = jobs.next()
        {
            engine.submit(job).unwrap();
        }
        match engine.next() {
            Some(visit) => visits.push(visit),
            None => break,
        }
    }
    visits.sort_by_key(|visit| visit.job.number);
    visits
}

fn visit(settings: CaptureSettings, url: &str) -> Visit {
    visit_all(settings, &[url.to_owned()]).pop().unwrap()
}

/// Counts up, so that every run draws the same.
struct Counting(u64);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 += 1;
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
    }
}
