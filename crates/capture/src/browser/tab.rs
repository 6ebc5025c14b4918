//! One page of Chromium, in a context of its own: no cookie, no cache and no permission comes from elsewhere.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::BrowserSettings;
use super::page_log::{DIALOGS_LIMIT, PageLog};
use super::protocol::{CommandError, Listener, Protocol, text};

/// What the page's own world is called. Its scripts cannot see it.
const WORLD: &str = "witnessmark";
const TOOLS: &str = include_str!("scripts/tools.js");
const WORDS: &str = include_str!("scripts/words.json");
const DIALOGS: &str = include_str!("scripts/dialogs.js");
/// How often a script is begun again that the page's own navigation interrupted.
const ATTEMPTS: usize = 3;

/// One page that is being captured.
pub(crate) struct Tab {
    protocol: Protocol,
    session: String,
    target: String,
    pub(crate) log: Arc<PageLog>,
}

/// The recording proxy at a port of 127.0.0.1, and what it must be told.
#[derive(Clone, Copy)]
pub(crate) struct WayOut<'a> {
    pub(crate) port: u16,
    pub(crate) password: &'a str,
}

/// Why a page did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TabError {
    /// It took too long.
    #[error("the page did not answer in time")]
    Time,
    /// The script failed in the page.
    #[error("a script failed in the page: {0}")]
    Script(String),
    /// What came could not be kept.
    #[error("it could not be kept: {0}")]
    Keep(String),
    /// Chromium did not.
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl Tab {
    /// Opens an empty page that is to visit `page`. `cookies` is the value of a `Cookie` field for it.
    pub(crate) async fn open(
        protocol: &Protocol,
        settings: &BrowserSettings,
        way_out: WayOut<'_>,
        page: &Url,
        cookies: Option<&str>,
    ) -> Result<Self, CommandError> {
        let WayOut { port, password } = way_out;
        let context = json!({
            "disposeOnDetach": false,
            "proxyServer": format!("127.0.0.1:{port}"),
            "proxyBypassList": "<-loopback>",
        });
        let context = protocol.call("", "Target.createBrowserContext", context).await?;
        let context = text(&context, "browserContextId");
        let attached = protocol.call("", "Target.attachToBrowserTarget", json!({})).await?;
        let browser_session = text(&attached, "sessionId");
        let log = Arc::new(PageLog::new(browser_session, context, password));
        protocol.listen(browser_session, log.clone());
        let downloads =
            json!({ "behavior": "deny", "browserContextId": context, "eventsEnabled": true });
        protocol.send(browser_session, "Browser.setDownloadBehavior", downloads);
        // Granting nothing refuses everything else.
        let permissions = json!({ "permissions": [], "browserContextId": context });
        protocol.send(browser_session, "Browser.grantPermissions", permissions);
        let cookies: Vec<Value> = cookies
            .into_iter()
            .flat_map(|field| field.split("; "))
            .map(|pair| pair.split_once('=').unwrap_or(("", pair)))
            .map(|(name, value)| json!({ "name": name, "value": value, "url": page.as_str() }))
            .collect();
        if !cookies.is_empty() {
            let cookies = json!({ "cookies": cookies, "browserContextId": context });
            protocol.call(browser_session, "Storage.setCookies", cookies).await?;
        }
        let (width, height) = settings.viewport;
        let target = json!({
            "url": "about:blank",
            "browserContextId": context,
            "width": width,
            "height": height,
        });
        let target = protocol.call(browser_session, "Target.createTarget", target).await?;
        let target = text(&target, "targetId").to_owned();
        let attach = json!({ "targetId": target, "flatten": true });
        let attached = protocol.call("", "Target.attachToTarget", attach).await?;
        let session = text(&attached, "sessionId").to_owned();
        {
            let mut state = log.state();
            state.target.clone_from(&target);
            state.session.clone_from(&session);
        }
        protocol.listen(&session, log.clone());
        protocol.send(browser_session, "Target.setDiscoverTargets", json!({ "discover": true }));
        PageLog::enable(protocol, &session);
        // Only documents stop for a moment: the first of them is where the proxy asks for its password.
        let documents = json!({
            "handleAuthRequests": true,
            "patterns": [{ "urlPattern": "*", "resourceType": "Document" }],
        });
        protocol.send(&session, "Fetch.enable", documents);
        protocol.send(&session, "Performance.enable", json!({}));
        let dialogs = format!("{{ const LIMIT = {DIALOGS_LIMIT};\n{DIALOGS}}}");
        let dialogs = json!({ "source": dialogs });
        protocol.send(&session, "Page.addScriptToEvaluateOnNewDocument", dialogs);
        let window =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        protocol.call(&session, "Emulation.setDeviceMetricsOverride", window).await?;
        Ok(Self { protocol: protocol.clone(), session, target, log })
    }

    /// Begins to load an address. Whether it does is told by the log.
    pub(crate) fn go(&self, url: &str) {
        self.protocol.send(&self.session, "Page.navigate", json!({ "url": url }));
    }

    /// Ends loading, whatever has come.
    pub(crate) fn stop_loading(&self) {
        self.protocol.send(&self.session, "Page.stopLoading", json!({}));
    }

    /// Ends the script that is running, and lets no other of the page's run. Timers do not run from then on either.
    pub(crate) fn stop_scripts(&self) {
        let disabled = json!({ "value": true });
        self.protocol.send(&self.session, "Emulation.setScriptExecutionDisabled", disabled);
        self.protocol.send(&self.session, "Runtime.terminateExecution", json!({}));
    }

    /// Whether Chromium or the page's process is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.protocol.is_gone() || self.log.state().crashed
    }

    /// Gives a command to the page and waits for its result until `deadline`.
    pub(crate) async fn call(
        &self,
        method: &'static str,
        params: Value,
        deadline: Instant,
    ) -> Result<Value, TabError> {
        match timeout_at(deadline, self.protocol.call(&self.session, method, params)).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(TabError::Time),
        }
    }

    /// Runs one of the scripts in a world of its own and gives what it returns. `limit` stands for `LIMIT` in it.
    pub(crate) async fn run(
        &self,
        script: &str,
        limit: usize,
        deadline: Instant,
    ) -> Result<Value, TabError> {
        let mut attempt = 1;
        loop {
            match self.run_once(script, limit, deadline).await {
                // The page went elsewhere meanwhile.
                Err(TabError::Command(CommandError::Refused { .. })) if attempt < ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                result => return result,
            }
        }
    }

    async fn run_once(
        &self,
        script: &str,
        limit: usize,
        deadline: Instant,
    ) -> Result<Value, TabError> {
        let world = json!({ "frameId": self.target, "worldName": WORLD });
        let world = self.call("Page.createIsolatedWorld", world, deadline).await?;
        let words = if script.contains("words.") { WORDS } else { "{}" };
        let tools = TOOLS.replace("WORDS", words);
        let expression =
            format!("(async () => {{ const LIMIT = {limit};\n{tools}\n{script}\n}})()");
        let evaluate = json!({
            "expression": expression,
            "contextId": world.get("executionContextId"),
            "awaitPromise": true,
            "returnByValue": true,
        });
        let mut result = self.call("Runtime.evaluate", evaluate, deadline).await?;
        if let Some(details) = result.get("exceptionDetails") {
            let thrown = details.get("exception").map(|thrown| text(thrown, "description"));
            let words = thrown.filter(|words| !words.is_empty()).unwrap_or(text(details, "text"));
            return Err(TabError::Script(words.chars().take(200).collect()));
        }
        Ok(result.pointer_mut("/result/value").map(Value::take).unwrap_or_default())
    }

    /// Closes the page and forgets all that its context kept.
    pub(crate) async fn close(self) {
        let context = json!({ "browserContextId": self.log.context });
        let close = self.protocol.call("", "Target.disposeBrowserContext", context);
        // A Chromium that does not answer is ended with the browser; what was recorded is safe already.
        let _ = tokio::time::timeout(Duration::from_secs(5), close).await;
        let detach = json!({ "sessionId": self.log.browser_session });
        self.protocol.send("", "Target.detachFromTarget", detach);
        let listener: Arc<dyn Listener> = self.log.clone();
        self.protocol.unlisten(&listener);
    }
}
