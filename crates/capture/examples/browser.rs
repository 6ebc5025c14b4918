//! Captures the addresses of a file by Chromium, several at once, and tells how fast: for `benches/compare/browser.sh`.
//!
//! `browser ADDRESSES [TABS] [picture|all]` — one address a line; `picture` makes the picture only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use witnessmark_capture::browser::{Browser, BrowserSettings, Views};
use witnessmark_capture::{DoorSettings, Egress};
use witnessmark_model::Moment;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let list = arguments.next().ok_or("usage: browser ADDRESSES [TABS] [picture|all]")?;
    let tabs: usize = arguments.next().map_or(Ok(2), |tabs| tabs.parse())?;
    let all = arguments.next().is_none_or(|what| what == "all");
    let text = std::fs::read_to_string(list)?;
    let addresses: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let door = DoorSettings {
        egress: Egress::Direct,
        allow_private_network: true,
        allow_unverified_tls: false,
        extra_authorities: Vec::new(),
        time_limit: Duration::from_secs(20),
        // Nothing here is kept, so any time will do.
        clock: Arc::new(|| Moment::from_unix_millis(0)),
    };
    let mut settings = BrowserSettings::new(door, std::env::temp_dir());
    settings.no_sandbox = is_root();
    settings.views = Views { picture: true, pdf: all, dom: all, text: all };
    let browser = Browser::launch(settings)?;
    let (next, whole, exchanges) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let began = tokio::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..tabs {
            scope.spawn(|| {
                while let Some(address) = addresses.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match browser.capture(address) {
                        Ok(page) => {
                            exchanges.fetch_add(page.exchanges.len(), Ordering::Relaxed);
                            if page.view.is_some() && page.ending.as_str() == "complete" {
                                whole.fetch_add(1, Ordering::Relaxed);
                            } else {
                                let failures =
                                    page.exchanges.iter().filter_map(|one| one.failure.as_ref());
                                eprintln!(
                                    "{address}: {:?} {:?}",
                                    page.ending,
                                    failures.collect::<Vec<_>>()
                                );
                            }
                        }
                        Err(error) => eprintln!("{address}: {error}"),
                    }
                }
            });
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    println!("{} {seconds:.3} {} {}", addresses.len(), whole.into_inner(), exchanges.into_inner());
    Ok(())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0)
}
