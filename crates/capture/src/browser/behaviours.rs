//! What is done with a page before it is kept, each thing declared and told.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::page::BehaviourReport;
use super::protocol::text;
use super::tab::{Tab, TabError};
use super::visit::Visit;

const SURVEY: &str = include_str!("scripts/survey.js");
const COOKIE_BANNER: &str = include_str!("scripts/cookie_banner.js");
const EXPAND: &str = include_str!("scripts/expand.js");
const SCROLL: &str = include_str!("scripts/scroll.js");

/// So many elements are opened on one page.
const EXPAND_LIMIT: usize = 40;
/// So many screens are scrolled down.
const SCREENS_LIMIT: u32 = 60;
/// After each screen, and after each click, what it set off is waited for so long.
const AFTERMATH: Duration = Duration::from_secs(3);

/// What a page has that behaviours could work on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Survey {
    /// A script has run, or may.
    pub(crate) active: bool,
    /// Something loads only when it is seen.
    pub(crate) lazy: bool,
    /// It has frames or players, whose insides are not looked at.
    pub(crate) frames: bool,
    /// Folded `<details>`.
    pub(crate) details: bool,
}

impl Survey {
    /// Looks at a page that has loaded.
    pub(crate) async fn make(tab: &Tab, deadline: Instant) -> Result<Self, TabError> {
        // Asked first, since our own script counts, too.
        let metrics = tab.call("Performance.getMetrics", Value::Null, deadline).await?;
        let ran = metrics.get("metrics").and_then(Value::as_array).is_some_and(|metrics| {
            let spent = |one: &Value| one.get("value").and_then(Value::as_f64).unwrap_or(0.0) > 0.0;
            metrics.iter().any(|one| text(one, "name") == "ScriptDuration" && spent(one))
        });
        let found = tab.run(SURVEY, 0, deadline).await?;
        Ok(Self {
            active: ran || number(&found, "active") > 0,
            lazy: number(&found, "lazy") > 0,
            frames: number(&found, "frames") > 0,
            details: number(&found, "details") > 0,
        })
    }

    /// Whether nothing on the page can ask for more by itself.
    pub(crate) fn is_inert(self) -> bool {
        !self.active && !self.frames
    }
}

/// Takes a cookie banner away. Without a script there is none that could be clicked away.
pub(crate) async fn cookie_banner(visit: &Visit<'_>, survey: Survey) -> BehaviourReport {
    let report = |did: String| BehaviourReport { name: "cookie_banner", did };
    if !survey.active {
        return report("nothing: the page has no script".to_owned());
    }
    match visit.run(COOKIE_BANNER, 0).await {
        Ok(found) => {
            let label = text(&found, "label");
            match text(&found, "how") {
                how @ ("declined" | "closed" | "accepted") => {
                    visit.settle(AFTERMATH).await;
                    report(format!("{how} by clicking {label:?}"))
                }
                how => report(how.to_owned()),
            }
        }
        Err(error) => report(format!("failed: {error}")),
    }
}

/// Opens what is folded.
pub(crate) async fn expand(visit: &Visit<'_>, survey: Survey) -> BehaviourReport {
    let report = |did: String| BehaviourReport { name: "expand", did };
    if !survey.active && !survey.details {
        return report("nothing: the page has no script and nothing folded".to_owned());
    }
    match visit.run(EXPAND, EXPAND_LIMIT).await {
        Ok(found) => {
            let labels: Vec<&str> = found
                .get("labels")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let details = number(&found, "details");
            if !labels.is_empty() || details > 0 {
                visit.settle(AFTERMATH).await;
            }
            let mut did = match labels.as_slice() {
                [] => "clicked nothing".to_owned(),
                _ => format!("clicked {}: {}", labels.len(), labels.join(", ")),
            };
            did.push_str(&format!("; opened {details} <details>"));
            for (key, words) in
                [("stopped", "kept from leading elsewhere"), ("left", "left as they were")]
            {
                if number(&found, key) > 0 {
                    did.push_str(&format!("; {} {words}", number(&found, key)));
                }
            }
            report(did)
        }
        Err(error) => report(format!("failed: {error}")),
    }
}

/// Scrolls down and back, so that what loads when seen is loaded.
pub(crate) async fn scroll(visit: &Visit<'_>, survey: Survey, until: Instant) -> BehaviourReport {
    let report = |did: String| BehaviourReport { name: "scroll", did };
    if survey.is_inert() && !survey.lazy {
        return report("nothing: nothing on the page loads when it is seen".to_owned());
    }
    let mut screens = 0;
    let end = loop {
        if Instant::now() >= until {
            break "the time for it was over";
        }
        if screens >= SCREENS_LIMIT {
            break "that is as far as it goes";
        }
        let before = visit.ledger.begun();
        match visit.run(SCROLL, 0).await {
            Err(error) => return report(format!("failed after {screens} screens: {error}")),
            Ok(found) => {
                let more = visit.ledger.begun() > before;
                if more {
                    visit.settle(AFTERMATH).await;
                }
                if found.get("moved").and_then(Value::as_bool) != Some(true) {
                    if more && screens > 0 {
                        continue_after(visit).await;
                        screens += 1;
                        continue;
                    }
                    break "the end of the page";
                }
                screens += 1;
            }
        }
    };
    let top = "window.scrollTo({ top: 0, behavior: 'instant' }); return null;";
    match visit.run(top, 0).await {
        Ok(_) => report(format!("{screens} screens down: {end}; then back to the top")),
        Err(error) => report(format!("{screens} screens down: {end}; not back: {error}")),
    }
}

/// Gives the page a moment to put in what it has just loaded.
async fn continue_after(visit: &Visit<'_>) {
    let _ = visit.run("await new Promise((done) => setTimeout(done, 50)); return null;", 0).await;
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}
