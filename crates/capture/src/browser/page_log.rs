//! What Chromium tells about one page while it is captured.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::page::{ConsoleLine, Dialog, FailedRequest, Listed};
use super::protocol::{Listener, Protocol, text};
use super::proxy::USER;

/// Texts that a page chooses are kept up to so many characters.
const TEXT_LIMIT: usize = 2000;
/// So many dialogs a document may show.
pub(crate) const DIALOGS_LIMIT: u64 = 25;
/// Requests that Chromium has not told the end of.
const OPEN_REQUESTS_LIMIT: usize = 10_000;

/// Hears every event of one capture: of its page, its frames, its workers and its windows.
pub(crate) struct PageLog {
    /// The session with the browser that only this capture uses.
    pub(crate) browser_session: String,
    /// The browser context that belongs to this capture.
    pub(crate) context: String,
    password: String,
    state: Mutex<State>,
}

/// What is known of the page by now.
#[derive(Default)]
pub(crate) struct State {
    /// The page's target; it is also the name of its main frame.
    pub(crate) target: String,
    pub(crate) session: String,
    /// Whether the load event of the current document has come.
    pub(crate) loaded: bool,
    /// Whether the main frame is loading, and whether it ever was.
    pub(crate) loading: bool,
    pub(crate) began_loading: bool,
    /// The page's process is gone.
    pub(crate) crashed: bool,
    /// The current document is one of Chromium's own pages about an error.
    pub(crate) error_page: bool,
    pub(crate) status: Option<u16>,
    /// Addresses that the main frame asked for, those of redirects among them.
    pub(crate) documents: BTreeSet<String>,
    pub(crate) console: Listed<ConsoleLine>,
    pub(crate) failed_requests: Listed<FailedRequest>,
    pub(crate) dialogs: Listed<Dialog>,
    pub(crate) windows: Listed<String>,
    pub(crate) downloads: Listed<String>,
    /// The main frame's address turned out to be a file to be kept.
    pub(crate) is_download: bool,
    /// The main frame stays at the document that it shows.
    pub(crate) stays: bool,
    /// It would have gone elsewhere since.
    pub(crate) kept_from_going: bool,
    requests: BTreeMap<String, (String, String)>,
}

impl PageLog {
    pub(crate) fn new(browser_session: &str, context: &str, password: &str) -> Self {
        Self {
            browser_session: browser_session.to_owned(),
            context: context.to_owned(),
            password: password.to_owned(),
            state: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every session of a page, a frame or a worker is asked to tell.
    pub(crate) fn enable(protocol: &Protocol, session: &str) {
        let attach =
            json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
        protocol.send(session, "Target.setAutoAttach", attach);
        protocol.send(session, "Page.enable", json!({}));
        protocol.send(session, "Runtime.enable", json!({}));
        protocol.send(session, "Log.enable", json!({}));
        // Bodies are the proxy's business: Chromium need not keep them for us.
        let buffers = json!({ "maxTotalBufferSize": 0, "maxResourceBufferSize": 0 });
        protocol.send(session, "Network.enable", buffers);
    }

    fn authorise(&self, protocol: &Protocol, session: &str, params: &Value) {
        let challenge = params.get("authChallenge").unwrap_or(&Value::Null);
        let answer = if text(challenge, "source") == "Proxy" {
            json!({ "response": "ProvideCredentials", "username": USER, "password": self.password })
        } else {
            json!({ "response": "CancelAuth" })
        };
        let answer =
            json!({ "requestId": text(params, "requestId"), "authChallengeResponse": answer });
        protocol.send(session, "Fetch.continueWithAuth", answer);
    }

    /// A document is asked for. It may come, unless it would take the place of the one that stays.
    fn paused(&self, protocol: &Protocol, session: &str, params: &Value) {
        let mut state = self.state();
        let replaces = session == state.session && text(params, "frameId") == state.target;
        let refused = replaces && state.stays;
        state.kept_from_going |= refused;
        drop(state);
        let request = text(params, "requestId");
        if refused {
            // Of all reasons, only this one leaves the document where it is: the others show a page about the error.
            let aborted = json!({ "requestId": request, "errorReason": "Aborted" });
            protocol.send(session, "Fetch.failRequest", aborted);
        } else {
            protocol.send(session, "Fetch.continueRequest", json!({ "requestId": request }));
        }
    }

    fn dialog(&self, protocol: &Protocol, session: &str, params: &Value) {
        let mut state = self.state();
        state.dialogs.push(Dialog {
            kind: text(params, "type").to_owned(),
            message: shortened(text(params, "message")),
        });
        drop(state);
        protocol.send(session, "Page.handleJavaScriptDialog", json!({ "accept": false }));
    }

    /// Another window of this capture is closed. (Chromium's own blocker lets few come into being.)
    fn window(&self, protocol: &Protocol, target: &Value) {
        let id = text(target, "targetId");
        let page = self.state().target.clone();
        let other = text(target, "browserContextId") == self.context
            && text(target, "type") == "page"
            && !page.is_empty()
            && id != page;
        if other {
            protocol.send(&self.browser_session, "Target.closeTarget", json!({ "targetId": id }));
        }
    }
}

impl Listener for PageLog {
    fn event(self: Arc<Self>, protocol: &Protocol, session: &str, method: &str, params: &Value) {
        match method {
            "Fetch.requestPaused" => self.paused(protocol, session, params),
            "Fetch.authRequired" => self.authorise(protocol, session, params),
            "Page.javascriptDialogOpening" => self.dialog(protocol, session, params),
            "Target.targetCreated" => {
                self.window(protocol, params.get("targetInfo").unwrap_or(&Value::Null));
            }
            "Target.attachedToTarget" => {
                let child = text(params, "sessionId");
                if session != self.browser_session && !child.is_empty() {
                    protocol.listen(child, self.clone());
                    Self::enable(protocol, child);
                }
            }
            _ => self.state().note(session, method, params),
        }
    }
}

impl State {
    fn note(&mut self, session: &str, method: &str, params: &Value) {
        let of_page = session == self.session;
        let of_main_frame = of_page && text(params, "frameId") == self.target;
        match method {
            "Page.frameStartedLoading" if of_main_frame => {
                self.loading = true;
                self.began_loading = true;
                self.loaded = false;
            }
            "Page.frameStoppedLoading" if of_main_frame => self.loading = false,
            // Told before it is decided whether there may be a window at all.
            "Page.windowOpen" => self.windows.push(shortened(text(params, "url"))),
            "Page.loadEventFired" if of_page => self.loaded = true,
            "Page.frameNavigated" if of_page => {
                let frame = params.get("frame").unwrap_or(&Value::Null);
                if text(frame, "id") == self.target {
                    self.error_page = !text(frame, "unreachableUrl").is_empty();
                }
            }
            "Inspector.targetCrashed" | "Target.targetCrashed" => {
                self.crashed |= of_page || text(params, "targetId") == self.target;
            }
            "Target.detachedFromTarget" => {
                self.crashed |= text(params, "sessionId") == self.session;
            }
            "Browser.downloadWillBegin" => {
                self.downloads.push(shortened(text(params, "url")));
                self.is_download |= text(params, "frameId") == self.target;
            }
            "Runtime.consoleAPICalled" => self.console_line(params),
            "Runtime.exceptionThrown" => self.exception(params),
            "Log.entryAdded" => {
                let entry = params.get("entry").unwrap_or(&Value::Null);
                self.console.push(ConsoleLine {
                    level: text(entry, "level").to_owned(),
                    text: shortened(text(entry, "text")),
                    url: shortened(text(entry, "url")),
                    line: line_number(entry),
                });
            }
            "Network.requestWillBeSent" => self.request(of_main_frame, params),
            "Network.responseReceived" if of_main_frame && text(params, "type") == "Document" => {
                let status = params.pointer("/response/status").and_then(Value::as_u64);
                self.status = status.and_then(|status| u16::try_from(status).ok());
            }
            "Network.loadingFinished" => {
                self.requests.remove(text(params, "requestId"));
            }
            "Network.loadingFailed" => self.failed(params),
            _ => {}
        }
    }

    fn request(&mut self, of_main_frame: bool, params: &Value) {
        let request = params.get("request").unwrap_or(&Value::Null);
        let (url, method) = (text(request, "url"), text(request, "method"));
        let id = text(params, "requestId");
        if of_main_frame && text(params, "type") == "Document" && self.documents.len() < 100 {
            self.documents.insert(url.to_owned());
        }
        if self.requests.len() < OPEN_REQUESTS_LIMIT {
            self.requests.insert(id.to_owned(), (shortened(url), method.to_owned()));
        }
    }

    fn failed(&mut self, params: &Value) {
        let Some((url, method)) = self.requests.remove(text(params, "requestId")) else { return };
        let mut reason = text(params, "errorText").to_owned();
        for more in ["blockedReason", "corsErrorStatus"] {
            match params.get(more) {
                Some(Value::String(word)) => reason.push_str(&format!(" ({word})")),
                Some(status @ Value::Object(_)) => {
                    reason.push_str(&format!(" ({})", text(status, "corsError")));
                }
                _ => {}
            }
        }
        let kind = text(params, "type").to_owned();
        self.failed_requests.push(FailedRequest { url, method, kind, reason });
    }

    fn console_line(&mut self, params: &Value) {
        let words: Vec<String> = params
            .get("args")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .take(20)
            .map(|argument| match argument.get("value") {
                Some(Value::String(word)) => word.clone(),
                Some(value) => value.to_string(),
                None => text(argument, "description").to_owned(),
            })
            .collect();
        let place = first_frame(params);
        self.console.push(ConsoleLine {
            level: text(params, "type").to_owned(),
            text: shortened(&words.join(" ")),
            url: shortened(text(place, "url")),
            line: line_number(place).saturating_add(u64::from(place.is_object())),
        });
    }

    fn exception(&mut self, params: &Value) {
        let details = params.get("exceptionDetails").unwrap_or(&Value::Null);
        let said = details.get("exception").map(|thrown| text(thrown, "description"));
        let words = said.filter(|said| !said.is_empty()).unwrap_or(text(details, "text"));
        self.console.push(ConsoleLine {
            level: "exception".to_owned(),
            text: shortened(words),
            url: shortened(text(details, "url")),
            line: line_number(details).saturating_add(1),
        });
    }
}

fn first_frame(params: &Value) -> &Value {
    params
        .get("stackTrace")
        .and_then(|trace| trace.get("callFrames")?.get(0))
        .unwrap_or(&Value::Null)
}

fn line_number(place: &Value) -> u64 {
    place.get("lineNumber").and_then(Value::as_u64).unwrap_or(0)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_LIMIT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
