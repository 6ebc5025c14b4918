//! A client of the Chrome DevTools Protocol over the two pipes of `--remote-debugging-pipe`.
//!
//! Messages are JSON, each ended by a NUL byte. Every event is handed to its listener while it is read, so
//! none waits in a queue and none is dropped. No port is opened: nobody else on the computer can speak here.
//! <https://chromedevtools.github.io/devtools-protocol/>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, oneshot};

/// No message may be longer: a whole page's picture in base64 is far below.
const MESSAGE_LIMIT: usize = 1 << 29;

/// What hears the events of one or several sessions.
///
/// It is called on the thread that reads the pipe, so it must return at once and never wait.
pub(crate) trait Listener: Send + Sync {
    /// One event of a session, in the order in which Chromium sent them.
    fn event(self: Arc<Self>, protocol: &Protocol, session: &str, method: &str, params: &Value);
}

/// Why a command gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CommandError {
    /// Chromium answered with an error, in its own words.
    #[error("Chromium refused {method}: {message}")]
    Refused {
        /// The command.
        method: &'static str,
        /// Chromium's words.
        message: String,
    },
    /// The pipe ended: Chromium crashed, was killed or was closed.
    #[error("the connection to Chromium ended")]
    Gone,
}

/// One connection to one Chromium. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Protocol {
    shared: Arc<Shared>,
}

struct Shared {
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_id: u64,
    waiting: BTreeMap<u64, oneshot::Sender<Result<Value, String>>>,
    listeners: BTreeMap<String, Arc<dyn Listener>>,
    ended: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: Option<u64>,
    #[serde(default)]
    method: String,
    #[serde(default)]
    session_id: String,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    result: Value,
    error: Option<Value>,
}

impl Protocol {
    /// Speaks over these pipes until they end. Must be called inside a tokio runtime.
    pub(crate) fn start(from_chromium: pipe::Receiver, to_chromium: pipe::Sender) -> Self {
        let (outgoing, messages) = mpsc::unbounded_channel();
        let shared = Shared { outgoing, state: Mutex::default() };
        let protocol = Self { shared: Arc::new(shared) };
        tokio::spawn(write(to_chromium, messages));
        tokio::spawn(protocol.clone().read(from_chromium));
        protocol
    }

    /// Sends a command and waits for its result. `session` is empty for the browser as a whole.
    pub(crate) async fn call(
        &self,
        session: &str,
        method: &'static str,
        params: Value,
    ) -> Result<Value, CommandError> {
        let (sender, receiver) = oneshot::channel();
        self.post(session, method, params, Some(sender));
        match receiver.await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(message)) => Err(CommandError::Refused { method, message }),
            Err(_) => Err(CommandError::Gone),
        }
    }

    /// Sends a command whose answer nobody needs. Commands arrive in the order in which they are sent.
    pub(crate) fn send(&self, session: &str, method: &'static str, params: Value) {
        self.post(session, method, params, None);
    }

    /// Hands every later event of `session` to `listener`.
    pub(crate) fn listen(&self, session: &str, listener: Arc<dyn Listener>) {
        self.state().listeners.insert(session.to_owned(), listener);
    }

    /// Forgets every session of this listener.
    pub(crate) fn unlisten(&self, listener: &Arc<dyn Listener>) {
        self.state().listeners.retain(|_, other| !Arc::ptr_eq(other, listener));
    }

    /// Whether the connection has ended.
    pub(crate) fn is_gone(&self) -> bool {
        self.state().ended
    }

    fn post(
        &self,
        session: &str,
        method: &'static str,
        params: Value,
        answer: Option<oneshot::Sender<Result<Value, String>>>,
    ) {
        let mut state = self.state();
        if state.ended {
            return;
        }
        state.last_id += 1;
        let id = state.last_id;
        if let Some(answer) = answer {
            state.waiting.insert(id, answer);
        }
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = Value::from(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        // Sent under the lock, so that the order of ids is the order on the pipe. A failure means that the
        // writer has ended; the reader ends then too and wakes who waits.
        let _ = self.shared.outgoing.send(bytes);
    }

    async fn read(self, mut pipe: pipe::Receiver) {
        let mut buffer: Vec<u8> = Vec::new();
        let mut searched = 0;
        loop {
            buffer.reserve(1 << 16);
            match pipe.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let mut start = 0;
            while let Some(length) = buffer.get(searched..).and_then(|rest| memchr::memchr(0, rest))
            {
                let end = searched + length;
                if let Some(message) = buffer.get(start..end) {
                    self.take(message);
                }
                start = end + 1;
                searched = start;
            }
            buffer.drain(..start);
            searched = buffer.len();
            if buffer.len() > MESSAGE_LIMIT {
                break;
            }
        }
        let mut state = self.state();
        state.ended = true;
        state.waiting.clear();
        state.listeners.clear();
    }

    fn take(&self, message: &[u8]) {
        let Ok(message) = serde_json::from_slice::<Message>(message) else { return };
        if let Some(id) = message.id {
            let answer = self.state().waiting.remove(&id);
            if let Some(answer) = answer {
                let result = match message.error {
                    Some(error) => Err(text(&error, "message").to_owned()),
                    None => Ok(message.result),
                };
                // Who asked may have stopped waiting.
                let _ = answer.send(result);
            }
            return;
        }
        let listener = self.state().listeners.get(&message.session_id).cloned();
        if let Some(listener) = listener {
            listener.event(self, &message.session_id, &message.method, &message.params);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(mut pipe: pipe::Sender, mut messages: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(message) = messages.recv().await {
        if pipe.write_all(&message).await.is_err() {
            return;
        }
    }
}

/// The text at `key`, or nothing.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
