//! Starting and ending Chromium: the program, its switches, its pipes.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use command_fds::{CommandFdExt as _, FdMapping};
use tokio::net::unix::pipe;

use super::{BrowserError, BrowserSettings};
use crate::MemoryFolder;

/// Where Chromium is looked for. The program itself comes before Debian's start script, which adds switches
/// from `/etc/chromium.d` and loads whatever extensions the computer has.
const PROGRAMS: &[&str] =
    &["/usr/lib/chromium/chromium", "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/// The folder for temporary files in a profile. A short name: Chromium makes a socket below it, whose whole path may
/// have 107 bytes (unix(7)).
const TEMPORARY: &str = "t";

/// Switches that are always given. What each is for:
/// - nobody is shown a window, nothing is asked, nothing is reported or updated, no extension runs;
/// - no UDP: QUIC is off and WebRTC may use nothing but the proxy;
/// - names are resolved by nobody: the proxy is given them as they are. The browser as a whole has a proxy that
///   does not exist; each capture brings its own. Addresses of this computer are no exception;
/// - the bytes recorded can be read without a dictionary sent earlier;
/// - timers run in tabs that are not in front.
const SWITCHES: &[&str] = &[
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--mute-audio",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--no-pings",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-field-trial-config",
    "--disable-notifications",
    "--disable-print-preview",
    "--disable-search-engine-choice-screen",
    "--disable-speech-api",
    "--disable-sync",
    "--metrics-recording-only",
    "--password-store=basic",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--proxy-server=127.0.0.1:1",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-features=AutofillServerCommunication,CertificateTransparencyComponentUpdater,\
CompressionDictionaryTransport,CompressionDictionaryTransportBackend,DialMediaRouteProvider,GlobalMediaControls,\
InterestFeedContentSuggestions,MediaRouter,OptimizationHints,Prerender2,Translate",
];

/// A running Chromium. Dropping it kills it, waits for its end and removes its profile.
pub(crate) struct Process {
    child: Child,
    profile: MemoryFolder,
    last_words: Arc<Mutex<Vec<u8>>>,
}

/// The two pipes of a Chromium, our ends.
pub(crate) struct Pipes {
    pub(crate) from_chromium: pipe::Receiver,
    pub(crate) to_chromium: pipe::Sender,
}

impl Process {
    /// Starts Chromium. `trusted_key` is the SHA-256 of the only public key whose certificates it may take
    /// without checking, in base64. Must be called inside a tokio runtime.
    pub(crate) fn start(
        settings: &BrowserSettings,
        trusted_key: &str,
    ) -> Result<(Self, Pipes), BrowserError> {
        let program = find_program(settings.program.as_deref())?;
        let base = settings.profile_folder.as_deref().unwrap_or(Path::new(MemoryFolder::PLACE));
        let no_profile = |error| BrowserError::Profile { folder: base.to_owned(), error };
        let profile = MemoryFolder::create(base).map_err(no_profile)?;
        let temporary = profile.path().join(TEMPORARY);
        std::fs::create_dir(&temporary).map_err(no_profile)?;
        let start = |error| BrowserError::Start { program: program.clone(), error };
        let (read_by_chromium, to_chromium) = io::pipe().map_err(start)?;
        let (from_chromium, written_by_chromium) = io::pipe().map_err(start)?;
        let mut command = Command::new(&program);
        command
            .args(SWITCHES)
            .arg(format!("--ignore-certificate-errors-spki-list={trusted_key}"))
            .arg(format!("--accept-lang={}", settings.language))
            .arg(format!("--window-size={},{}", settings.viewport.0, settings.viewport.1))
            .arg({
                let mut switch = std::ffi::OsString::from("--user-data-dir=");
                switch.push(profile.path());
                switch
            });
        if let Some(agent) = settings.user_agent.clone().or_else(|| windowed_user_agent(&program)) {
            command.arg(format!("--user-agent={agent}"));
        }
        if settings.no_sandbox {
            command.arg("--no-sandbox");
        }
        // Nothing of the user's surroundings: no session bus, no display, no proxy settings, no time zone.
        command
            .arg("about:blank")
            .env_clear()
            .env("HOME", profile.path())
            .env("TMPDIR", &temporary)
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .current_dir(profile.path())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .fd_mappings(vec![
                FdMapping { parent_fd: read_by_chromium.into(), child_fd: 3 },
                FdMapping { parent_fd: written_by_chromium.into(), child_fd: 4 },
            ])
            .map_err(|error| start(io::Error::other(error)))?;
        let mut child = command.spawn().map_err(start)?;
        // The command holds Chromium's ends of the pipes; only without them do we see Chromium's end.
        drop(command);
        let last_words = Arc::default();
        if let Some(errors) = child.stderr.take() {
            let kept = Arc::clone(&last_words);
            std::thread::spawn(move || keep_last_words(errors, &kept));
        }
        let process = Self { child, profile, last_words };
        let pipes = Pipes {
            from_chromium: pipe::Receiver::from_owned_fd(OwnedFd::from(from_chromium))
                .map_err(start)?,
            to_chromium: pipe::Sender::from_owned_fd(OwnedFd::from(to_chromium)).map_err(start)?,
        };
        Ok((process, pipes))
    }

    /// The number of Chromium's main process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The folder Chromium works in.
    pub(crate) fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// What Chromium said last on its error output, for a message about its end.
    pub(crate) fn last_words(&self) -> String {
        let bytes = self.last_words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join("; ")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group is Chromium and all its processes. It may have ended already.
        if let Some(group) =
            i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

fn find_program(given: Option<&Path>) -> Result<PathBuf, BrowserError> {
    let found = match given {
        Some(path) => Some(path.to_owned()).filter(|path| path.is_file()),
        None => PROGRAMS.iter().map(PathBuf::from).find(|path| path.is_file()),
    };
    found.ok_or_else(|| BrowserError::NotInstalled {
        looked: match given {
            Some(path) => path.display().to_string(),
            None => PROGRAMS.join(", "),
        },
    })
}

/// What Chromium with a window says to servers (its reduced form: only the first number of the version is told).
fn windowed_user_agent(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--product-version").env_clear().output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    let major: u32 = version.trim().split('.').next()?.parse().ok()?;
    Some(format!(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
    ))
}

fn keep_last_words(mut errors: impl io::Read, kept: &Mutex<Vec<u8>>) {
    const KEPT: usize = 4096;
    let mut buffer = [0; KEPT];
    while let Ok(count) = errors.read(&mut buffer) {
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { return };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(read);
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
}
