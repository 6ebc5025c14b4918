//! One visit: load a page, let it come to rest, do what was declared, make what was wanted, within the budget of time.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::BrowserSettings;
use super::behaviours::{self, Survey};
use super::page::BehaviourReport;
use super::page_log::DIALOGS_LIMIT;
use super::proxy::Ledger;
use super::tab::{Tab, TabError};
use super::views::{self, PageText, View};
use crate::spool::{Spool, SpoolPlace};

/// How often one looks whether something has come to rest.
const LOOK: Duration = Duration::from_millis(10);
/// A page whose scripts let nothing else run for so long has them stopped.
const UNRESPONSIVE: Duration = Duration::from_secs(4);
/// A page that never comes to rest is waited for so long after it has loaded.
const RESTLESS: Duration = Duration::from_secs(10);
/// While behaviours run, nothing need pass for only so long.
const SHORT_QUIET: Duration = Duration::from_millis(100);
/// What is under way at the end is waited for so long.
const LAST_BYTES: Duration = Duration::from_secs(1);
/// A document that is coming when the views are to be made is waited for so long.
const COMING: Duration = Duration::from_secs(2);
/// Navigation that ended without a document is over after so long.
const NO_DOCUMENT: Duration = Duration::from_millis(300);

/// One visit to one page.
pub(crate) struct Visit<'a> {
    pub(crate) tab: &'a Tab,
    pub(crate) ledger: &'a Ledger,
    settings: &'a BrowserSettings,
    began: Instant,
    place: &'a SpoolPlace,
}

/// What a visit brought.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) landed_at: Option<String>,
    pub(crate) title: String,
    pub(crate) view: Option<Spool>,
    pub(crate) pdf: Option<Spool>,
    pub(crate) dom: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) page_size: Option<(u32, u32)>,
    pub(crate) loaded_after: Option<Duration>,
    pub(crate) behaviours: Vec<BehaviourReport>,
    /// Why the capture is not whole.
    pub(crate) missing: Vec<String>,
    pub(crate) notes: Vec<String>,
}

/// How loading ended.
enum Loading {
    Loaded,
    /// Its time was over; what has come is there.
    Unfinished,
    /// There is no page.
    NoPage(String),
}

impl<'a> Visit<'a> {
    pub(crate) fn new(
        tab: &'a Tab,
        ledger: &'a Ledger,
        settings: &'a BrowserSettings,
        place: &'a SpoolPlace,
    ) -> Self {
        Self { tab, ledger, settings, began: Instant::now(), place }
    }

    /// Does all of it. What fails on the way is told in what it gives.
    pub(crate) async fn make(&self, url: &str) -> Found {
        let mut found = Found::default();
        self.gather(url, &mut found).await;
        if self.tab.log.state().dialogs.count() >= DIALOGS_LIMIT {
            found.missing.push(format!(
                "the page's dialogs had no end: {DIALOGS_LIMIT} were dismissed, no more were shown"
            ));
        }
        if self.ledger.refused() > 0 {
            found.missing.push(format!(
                "{} requests were refused: the page had brought all that one page may",
                self.ledger.refused()
            ));
        }
        found
    }

    async fn gather(&self, url: &str, found: &mut Found) {
        match self.load(url).await {
            Loading::Loaded => found.loaded_after = Some(self.began.elapsed()),
            Loading::Unfinished => {
                found.missing.push(format!(
                    "the page was still loading after {:.1} s",
                    self.began.elapsed().as_secs_f32()
                ));
            }
            Loading::NoPage(reason) => {
                found.missing.push(reason);
                return;
            }
        }
        match self.survey().await {
            Ok(survey) => {
                if !self.rest(survey).await {
                    let note = "the page never came to rest: something kept passing";
                    found.notes.push(note.to_owned());
                }
                self.behave(survey, found).await;
            }
            Err(TabError::Time) => {
                self.tab.stop_scripts();
                let reason = "the page's scripts were stopped: they let nothing else run";
                found.missing.push(reason.to_owned());
            }
            // It goes elsewhere again and again: what comes next stays, since no script of it runs.
            Err(error) => {
                self.tab.stop_scripts();
                found.missing.push(format!("the page's scripts were stopped: {error}"));
                self.quiet(SHORT_QUIET, (Instant::now() + UNRESPONSIVE).min(self.share(0.8))).await;
            }
        }
        self.stay(found.loaded_after.is_some()).await;
        self.ledger.time_is_over();
        if found.loaded_after.is_none() || self.tab.log.state().loading {
            self.tab.stop_loading();
        }
        self.make_views(found).await;
        let until = (Instant::now() + LAST_BYTES).min(self.share(1.0));
        while self.ledger.is_busy() && Instant::now() < until && !self.tab.is_gone() {
            sleep(LOOK).await;
        }
        if self.tab.is_gone() {
            found.missing.push(self.why_gone());
        }
        if self.tab.log.state().kept_from_going {
            let note =
                "while its views were made, the page was kept from going elsewhere or coming anew";
            found.notes.push(note.to_owned());
        }
    }

    /// From here on the page stays at the document that it shows, or at the one that is coming already: views of a page
    /// that comes anew again and again would be of no page at all. A page that `was_loaded` once gets time for that.
    async fn stay(&self, was_loaded: bool) {
        let coming = {
            let mut state = self.tab.log.state();
            state.stays = true;
            state.loading
        };
        if coming && was_loaded {
            self.quiet(SHORT_QUIET, (Instant::now() + COMING).min(self.share(0.8))).await;
        }
    }

    /// The moment at which this share of the budget is used up.
    fn share(&self, share: f64) -> Instant {
        self.began + self.settings.time_budget.mul_f64(share)
    }

    /// When behaviours must be over, so that there is time left to make what is wanted.
    fn behave_until(&self) -> Instant {
        self.share(0.7)
    }

    async fn load(&self, url: &str) -> Loading {
        {
            let mut state = self.tab.log.state();
            state.began_loading = false;
            state.loaded = false;
        }
        self.tab.go(url);
        let until = self.share(0.5);
        let mut stopped_since = None;
        loop {
            if self.tab.is_gone() {
                return Loading::NoPage(self.why_gone());
            }
            let (began, loading, loaded, error_page, is_download) = {
                let state = self.tab.log.state();
                let download = state.is_download;
                (state.began_loading, state.loading, state.loaded, state.error_page, download)
            };
            if is_download {
                return Loading::NoPage(
                    "the address gives a file, not a page: capture it by HTTP".to_owned(),
                );
            }
            if began && loaded && !loading {
                return if error_page { Loading::NoPage(self.why_none()) } else { Loading::Loaded };
            }
            // Neither a document nor an error: the answer had no content, or nothing came.
            let stopped = began && !loading;
            let since = *stopped_since.get_or_insert_with(Instant::now);
            if !stopped {
                stopped_since = None;
            } else if since.elapsed() > NO_DOCUMENT {
                return Loading::NoPage(self.why_none());
            }
            if Instant::now() >= until {
                let documents = self.tab.log.state().status.is_some();
                return if documents {
                    Loading::Unfinished
                } else {
                    Loading::NoPage(format!(
                        "no page came within {:.1} s",
                        self.began.elapsed().as_secs_f32()
                    ))
                };
            }
            sleep(LOOK).await;
        }
    }

    fn why_none(&self) -> String {
        let state = self.tab.log.state();
        let failed = state.failed_requests.items.iter().rev().find(|one| one.kind == "Document");
        match failed {
            Some(failed) => format!("no page came from {}: {}", failed.url, failed.reason),
            None => "no page came: the answer had no content".to_owned(),
        }
    }

    fn why_gone(&self) -> String {
        if self.tab.log.state().crashed {
            "the page's process in Chromium crashed; what had been recorded is kept".to_owned()
        } else {
            "Chromium ended in the middle of the capture; what had been recorded is kept".to_owned()
        }
    }

    async fn survey(&self) -> Result<Survey, TabError> {
        let until = (Instant::now() + UNRESPONSIVE).min(self.share(0.8));
        Survey::make(self.tab, until).await
    }

    /// Runs a script of ours while behaviours may run.
    pub(crate) async fn run(&self, script: &str, limit: usize) -> Result<Value, TabError> {
        let until = (Instant::now() + UNRESPONSIVE).min(self.share(0.75));
        self.tab.run(script, limit, until).await
    }

    /// Waits until what has just been set off is over, at most so long.
    pub(crate) async fn settle(&self, limit: Duration) {
        let until = (Instant::now() + limit).min(self.behave_until());
        self.quiet(SHORT_QUIET, until).await;
    }

    /// Waits until the page is at rest. Gives whether it ever was.
    async fn rest(&self, survey: Survey) -> bool {
        // Nothing asks for more by itself where no script ran: what is under way is all there will be.
        let quiet = if survey.is_inert() { Duration::from_millis(1) } else { self.settings.quiet };
        let until = (Instant::now() + RESTLESS).min(self.share(0.6));
        self.quiet(quiet, until).await
    }

    async fn quiet(&self, quiet: Duration, until: Instant) -> bool {
        loop {
            let loading = self.tab.log.state().loading;
            if !loading && self.ledger.quiet_for() >= quiet {
                return true;
            }
            if self.tab.is_gone() || Instant::now() >= until {
                return false;
            }
            sleep(LOOK).await;
        }
    }

    async fn behave(&self, survey: Survey, found: &mut Found) {
        let wanted = self.settings.behaviours;
        let until = self.behave_until();
        let over = |name| BehaviourReport { name, did: "nothing: no time was left".to_owned() };
        if wanted.cookie_banner {
            found.behaviours.push(if Instant::now() >= until {
                over("cookie_banner")
            } else {
                behaviours::cookie_banner(self, survey).await
            });
        }
        if wanted.expand {
            found.behaviours.push(if Instant::now() >= until {
                over("expand")
            } else {
                behaviours::expand(self, survey).await
            });
        }
        if wanted.scroll {
            found.behaviours.push(behaviours::scroll(self, survey, until).await);
        }
    }

    async fn make_views(&self, found: &mut Found) {
        let until = self.share(1.0);
        let wanted = self.settings.views;
        let size = match views::page_size(self.tab, until).await {
            Ok(size) => size,
            Err(error) => {
                found.missing.push(format!("the page could not be measured: {error}"));
                return;
            }
        };
        found.page_size = Some(size);
        // First what is cheap and tells most.
        if let Some(PageText { text, title, url }) =
            found.keep("the text", views::visible_text(self.tab, until).await)
        {
            found.title = title;
            found.landed_at = Some(url).filter(|url| url.starts_with("http"));
            found.text = Some(text).filter(|_| wanted.text);
        }
        if wanted.dom {
            found.dom = found.keep("the document", views::dom(self.tab, until).await);
        }
        if wanted.picture {
            let viewport = self.settings.viewport;
            let picture = views::picture(self.tab, size, viewport, self.place, until).await;
            found.view = found.keep("the picture", picture);
        }
        if wanted.pdf {
            let pdf = views::pdf(self.tab, size, self.place, until).await;
            found.pdf = found.keep("the print", pdf);
        }
    }
}

impl Found {
    /// Takes what was made, and tells what a reader should know of it.
    fn keep<T>(&mut self, name: &str, view: Result<View<T>, TabError>) -> Option<T> {
        match view {
            Ok(view) => {
                self.notes.extend(view.note);
                Some(view.made)
            }
            Err(error) => {
                self.missing.push(format!("{name} could not be made: {error}"));
                None
            }
        }
    }
}
