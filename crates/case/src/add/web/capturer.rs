//! Who fetches: the HTTP engine, many pages at a time, or Chromium, two at a time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use witnessmark_archive::RecordType;
use witnessmark_capture::browser::{
    Browser, BrowserError, BrowserSettings, PageCapture, PageEnding,
};
use witnessmark_capture::scope::Found;
use witnessmark_capture::{
    CaptureSettings, CookieFile, DoorSettings, Engine, Exchange, FailureKind, FileAbout,
    HeaderFile, Job, NewResource, Purpose, RobotsPolicy, Spool, SpoolPlace, Stopper, Visit,
    WrittenRecord,
};
use witnessmark_model::{Entropy, Moment};

use super::incoming::Incoming;
use super::recorder::Recorder;
use super::{Method, WebOptions, Written};
use crate::casebook::Casebook;
use crate::reading::{Circumstances, Seen};
use crate::{Case, CaseError};

/// The program, as records name it.
const SOFTWARE: &str = concat!("witnessmark/", env!("CARGO_PKG_VERSION"));

/// How many tabs Chromium has open at once: one loads while the other is drawn.
const TABS: usize = 2;

/// What fetches pages.
pub(super) struct Capturer {
    engine: Engine,
    browsing: Option<Browsing>,
    settings: CaptureSettings,
    under_way: HashMap<u64, Found>,
    next_number: u64,
    /// Whether the name that servers are told was given.
    names_itself: bool,
    clock: witnessmark_capture::Clock,
}

/// Chromium, and the threads that wait for its pages.
struct Browsing {
    /// Its name and version.
    product: String,
    jobs: Option<Sender<Found>>,
    done: Receiver<(Found, Result<PageCapture, BrowserError>)>,
    waiting: usize,
    threads: Vec<JoinHandle<()>>,
}

/// The Chromium that captures now. A page may bring it down; then another one takes its place.
struct Current {
    settings: BrowserSettings,
    browser: Mutex<Arc<Browser>>,
}

/// What came of one address.
pub(super) struct Visited {
    target: Found,
    exchanges: Vec<Exchange>,
    landed_at: Option<String>,
    page: Option<Result<Box<PageCapture>, String>>,
    /// It was cut off because somebody asked to stop.
    stopped: bool,
    now: Moment,
}

/// How connections may be opened for a job.
pub(super) fn door(case: &Case, options: &WebOptions) -> Result<DoorSettings, CaseError> {
    Ok(DoorSettings {
        egress: case.way_out(options.proxy.as_deref())?,
        allow_private_network: options.allow_private_network,
        allow_unverified_tls: false,
        extra_authorities: Vec::new(),
        time_limit: options.time_limit.min(Duration::from_secs(60)),
        clock: case.environment.clock.clone(),
    })
}

impl Capturer {
    /// Starts what the options ask for.
    pub(super) fn start(case: &Case, options: &WebOptions) -> Result<Self, CaseError> {
        let door = door(case, options)?;
        let clock = door.clock.clone();
        let incoming = Incoming::of(case)?;
        let spool = incoming.spool();
        let mut settings = CaptureSettings::new(door.clone(), SpoolPlace::new(spool));
        settings.limits.whole = options.time_limit;
        settings.limits.response = options.size_limit;
        settings.robots =
            if options.obey_robots { RobotsPolicy::Obey } else { RobotsPolicy::Ignore };
        if !(options.rate > 0.0 && options.rate.is_finite()) {
            return Err(CaseError::usage(
                format!("{} pages a second is no rate", options.rate),
                "give a number above 0, such as 0.5 or 2",
            ));
        }
        settings.delay = Duration::from_secs_f64((1.0 / options.rate).min(3600.0));
        // Who asks for more pages a second than a person reads also wants more than one connection.
        settings.connections_per_host = if options.rate > 10.0 { 8 } else { 1 };
        if let Some(path) = &options.cookies {
            settings.cookies =
                CookieFile::parse(&crate::workspace::read_text(path)?).map_err(|error| {
                    in_file(
                        path,
                        &error.to_string(),
                        "export the cookies as cookies.txt (Netscape format)",
                    )
                })?;
        }
        if let Some(path) = &options.headers {
            settings.headers =
                HeaderFile::parse(&crate::workspace::read_text(path)?).map_err(|error| {
                    in_file(
                        path,
                        &error.to_string(),
                        "write `Name: value` lines, below `[host]` for one host only",
                    )
                })?;
        }
        if let Some(name) = &options.user_agent {
            settings.user_agent.clone_from(name);
        }
        let engine = Engine::start(settings.clone())
            .map_err(|error| CaseError::machine(error.to_string()))?;
        let browsing = match options.method {
            Method::Browser => Some(Browsing::start(options, &settings, spool)?),
            _ => None,
        };
        let under_way = HashMap::new();
        let names_itself = options.user_agent.is_some();
        Ok(Self { engine, browsing, settings, under_way, next_number: 0, names_itself, clock })
    }

    /// What the first record of an archive says.
    pub(super) fn about(&self, egress: &str) -> FileAbout {
        FileAbout {
            software: self.software(),
            robots: self.settings.robots.to_string(),
            egress: egress.to_owned(),
            user_agent: match &self.browsing {
                // Each page's own description says what its servers were told.
                Some(browsing) if !self.names_itself => browsing.product.clone(),
                _ => self.settings.user_agent.clone(),
            },
        }
    }

    /// The programs that capture, with versions.
    pub(super) fn software(&self) -> String {
        match &self.browsing {
            Some(browsing) => format!("{SOFTWARE} {}", browsing.product),
            None => SOFTWARE.to_owned(),
        }
    }

    /// What stops it from another thread.
    pub(super) fn stopper(&self) -> Stopper {
        self.engine.stopper()
    }

    pub(super) fn has_room(&self) -> bool {
        match &self.browsing {
            Some(browsing) => browsing.waiting < TABS,
            None => self.engine.has_room(),
        }
    }

    /// Whether anything is under way.
    pub(super) fn has_work(&self) -> bool {
        match &self.browsing {
            Some(browsing) => browsing.waiting > 0,
            None => !self.under_way.is_empty(),
        }
    }

    /// Takes an address; there must be room.
    pub(super) fn submit(&mut self, target: Found) {
        if let Some(browsing) = &mut self.browsing {
            if browsing.jobs.as_ref().is_some_and(|jobs| jobs.send(target).is_ok()) {
                browsing.waiting += 1;
            }
            return;
        }
        let number = self.next_number;
        self.next_number += 1;
        let job = Job { number, url: target.url.clone(), referrer: target.referrer.clone() };
        if self.engine.submit(job).is_ok() {
            self.under_way.insert(number, target);
        }
    }

    /// Fetches one address at once, by HTTP; none if that was stopped. Nothing else may be under way.
    pub(super) fn fetch(&mut self, url: &str) -> Option<Visit> {
        let job = Job { number: u64::MAX, url: url.to_owned(), referrer: None };
        self.engine.submit(job).ok()?;
        self.engine.next()
    }

    /// Waits for the next address that is done; none if nothing is under way.
    pub(super) fn next(&mut self) -> Option<Visited> {
        if let Some(browsing) = &mut self.browsing {
            if browsing.waiting == 0 {
                return None;
            }
            let (target, page) = browsing.done.recv().ok()?;
            browsing.waiting -= 1;
            let (mut exchanges, mut landed_at) = (Vec::new(), None);
            let page = match page {
                Ok(mut page) => {
                    exchanges = std::mem::take(&mut page.exchanges);
                    landed_at.clone_from(&page.landed_at);
                    Ok(Box::new(page))
                }
                Err(error) => Err(match error.hint() {
                    Some(hint) => format!("{error} ({hint})"),
                    None => error.to_string(),
                }),
            };
            let now = (self.clock)();
            return Some(Visited {
                target,
                exchanges,
                landed_at,
                page: Some(page),
                stopped: false,
                now,
            });
        }
        let visit = self.engine.next()?;
        let target = self.under_way.remove(&visit.job.number)?;
        let stopped = visit.exchanges.is_empty()
            || visit
                .page()
                .and_then(|page| page.failure.as_ref())
                .is_some_and(|failure| failure.kind == FailureKind::Stopped);
        Some(Visited {
            target,
            exchanges: visit.exchanges,
            landed_at: Some(visit.landed_at),
            page: None,
            stopped,
            now: (self.clock)(),
        })
    }
}

fn in_file(path: &Path, error: &str, hint: &str) -> CaseError {
    CaseError::input(format!("{}: {error}", path.display()), hint)
}

impl Browsing {
    fn start(
        options: &WebOptions,
        settings: &CaptureSettings,
        spool: &Path,
    ) -> Result<Self, CaseError> {
        let mut chosen = BrowserSettings::new(settings.door.clone(), spool.to_owned());
        chosen.no_sandbox = options.no_sandbox;
        chosen.user_agent.clone_from(&options.user_agent);
        chosen.time_budget = options.time_limit;
        chosen.response_limit = options.size_limit;
        chosen.headers = settings.headers.clone();
        chosen.cookies = settings.cookies.clone();
        let browser = Browser::launch(chosen.clone()).map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            let fault = crate::Fault::Machine;
            CaseError { fact: error.to_string(), hint, fault }
        })?;
        let product = browser.product().to_owned();
        let current = Current { settings: chosen, browser: Mutex::new(Arc::new(browser)) };
        let current = Arc::new(current);
        let (jobs, wanted) = channel::<Found>();
        let (finished, done) = channel();
        let wanted = Arc::new(Mutex::new(wanted));
        let mut threads = Vec::new();
        for _ in 0..TABS {
            let (current, wanted, finished) = (current.clone(), wanted.clone(), finished.clone());
            threads.push(std::thread::spawn(move || {
                loop {
                    let next = wanted.lock().unwrap_or_else(|lock| lock.into_inner()).recv();
                    let Ok(target) = next else { break };
                    let page = current.capture(&target.url);
                    if finished.send((target, page)).is_err() {
                        break;
                    }
                }
            }));
        }
        Ok(Self { product, jobs: Some(jobs), done, waiting: 0, threads })
    }
}

impl Current {
    /// Captures a page; with a fresh Chromium if an earlier page brought the other one down.
    fn capture(&self, url: &str) -> Result<PageCapture, BrowserError> {
        let browser = self.browser().clone();
        match browser.capture(url) {
            Err(BrowserError::Ended { .. }) => self.in_place_of(&browser)?.capture(url),
            page => page,
        }
    }

    fn browser(&self) -> MutexGuard<'_, Arc<Browser>> {
        self.browser.lock().unwrap_or_else(|lock| lock.into_inner())
    }

    /// The Chromium that took the place of `ended`, launched if there is none yet.
    fn in_place_of(&self, ended: &Arc<Browser>) -> Result<Arc<Browser>, BrowserError> {
        let mut browser = self.browser();
        if Arc::ptr_eq(&browser, ended) {
            *browser = Arc::new(Browser::launch(self.settings.clone())?);
        }
        Ok(browser.clone())
    }
}

/// Chromium has ended, and its profile is gone, when this is.
impl Drop for Browsing {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic of that thread has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}

impl Visited {
    /// Writes what passed, and what a browser made of it.
    pub(super) fn write(
        self,
        recorder: &mut Recorder,
        casebook: &Casebook,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<Written>, CaseError> {
        let mut shown = None;
        let mut failure = None;
        let mut payload = None;
        let mut known = Circumstances {
            requested: Some(self.target.url.clone()),
            landed_on: self.landed_at.clone(),
            ..Circumstances::default()
        };
        for exchange in &self.exchanges {
            let written = recorder.exchange(exchange, casebook, entropy)?;
            if exchange.purpose != Purpose::Page {
                continue;
            }
            known.status = exchange.status();
            known.fields =
                exchange.head.as_ref().map(|head| head.fields.clone()).unwrap_or_default();
            let answer = written.iter().position(|record| {
                matches!(record.record_type, RecordType::Response | RecordType::Revisit)
            });
            known.cut = exchange.response_cut.map(|cut| {
                let why = exchange.failure.as_ref().map(|failure| format!(": {failure}"));
                format!("{}{}", cut.as_str(), why.unwrap_or_default())
            });
            failure = match (&exchange.failure, answer) {
                (Some(failure), None) => Some(failure.to_string()),
                _ => None,
            };
            payload = exchange.payload.filter(|_| exchange.is_whole()).map(|sum| sum.digest);
            // The description of the exchange comes last, and is there always.
            shown = answer.map_or_else(|| written.last(), |at| written.get(at)).cloned();
        }
        if let Some(page) = &self.page {
            let made = self.write_page(page, &shown, recorder, entropy, &mut known)?;
            (shown, failure) = made;
            payload = shown.as_ref().and_then(|record| record.payload_digest);
        }
        let Some(shown) = shown.filter(|_| !self.stopped) else { return Ok(None) };
        Ok(Some(Written { target: self.target, shown, payload, known, failure }))
    }

    /// Writes what the browser made of a page. Gives the record that shows it, or why there is none.
    fn write_page(
        &self,
        page: &Result<Box<PageCapture>, String>,
        answer: &Option<WrittenRecord>,
        recorder: &mut Recorder,
        entropy: &mut dyn Entropy,
        known: &mut Circumstances,
    ) -> Result<(Option<WrittenRecord>, Option<String>), CaseError> {
        let url = &self.target.url;
        let mut put = |what: &str, kind: &str, body: &Spool| {
            let resource = NewResource {
                uri: format!("urn:{what}:{url}"),
                content_type: kind.to_owned(),
                date: self.now,
                concurrent_to: answer.as_ref().map(|record| record.record_id.clone()),
                body,
            };
            recorder.resource(&resource, entropy)
        };
        let page = match page {
            Ok(page) => page,
            Err(why) => {
                let note = serde_json::to_vec(&serde_json::json!({ "failure": why }))?;
                let shown = put("pageinfo", "application/json", &Spool::from_bytes(note))?;
                return Ok((Some(shown), Some(why.clone())));
            }
        };
        let mut dom_record = None;
        if let Some(dom) = &page.dom {
            let body = Spool::from_bytes(dom.clone().into_bytes());
            dom_record = Some(put("dom", "text/html; charset=utf-8", &body)?);
        }
        if let Some(view) = &page.view {
            put("view", "image/png", view)?;
        }
        if let Some(pdf) = &page.pdf {
            put("pdf", "application/pdf", pdf)?;
        }
        if let Some(text) = &page.text {
            let body = Spool::from_bytes(text.clone().into_bytes());
            put("text", "text/plain; charset=utf-8", &body)?;
        }
        let info = Spool::from_bytes(serde_json::to_vec(&page.info)?);
        let info = put("pageinfo", "application/json", &info)?;
        let reasons = match &page.ending {
            PageEnding::Complete => None,
            PageEnding::Partial(reasons) => Some(reasons.join("; ")),
        };
        known.status = page.status.or(known.status);
        if dom_record.is_none() {
            let why = reasons.unwrap_or_else(|| "the browser got no document".to_owned());
            return Ok((Some(info), Some(why)));
        }
        known.cut = reasons;
        let failed = &page.info.failed_requests.items;
        let failed = failed.iter().map(|one| (one.url.clone(), one.reason.clone())).collect();
        known.seen = Some(Seen {
            text: page.text.clone().unwrap_or_default(),
            requests: self.exchanges.len(),
            failed,
        });
        Ok((dom_record, None))
    }
}
