//! External capturers: programs of others that fetch one post or one video.
//!
//! There is one, `yt-dlp`, which its user installs. It is declared, its version and command are recorded, and its files
//! are evidence like any other. It gets no configuration, no cookies, no browser profile, no plugins and no home folder;
//! it fetches one item, never a channel, a profile or a list; and its only way out is a [`gate`] of ours on the loopback
//! interface, behind which stands the one [`Door`](crate::Door): egress and the rule on private networks hold for every
//! redirect it follows, and nobody can use the gate without its password.

mod files;
mod gate;
mod process;
mod refusal;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use witnessmark_model::Entropy;

use crate::door::DoorSettings;
use gate::Gate;
use process::{Child, Limits};

pub use files::{ExternalFile, FileRole};
pub use gate::GateConnection;
pub use process::ExternalEnding;
pub use refusal::Refused;

/// How an external capturer may work.
#[derive(Clone)]
pub struct ExternalSettings {
    /// The way out, and whether private networks may be reached. Certificates are verified by the capturer itself.
    pub door: DoorSettings,
    /// An empty folder that nobody else can read. Everything the capturer writes lands in it, and the caller removes it.
    pub folder: PathBuf,
    /// Looking and fetching together may take this long.
    pub time_limit: Duration,
    /// All files together may have so many bytes.
    pub byte_limit: u64,
}

/// What an external capturer brought, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExternalCapture {
    /// The address that was asked for.
    pub url: String,
    /// The program: `yt-dlp`.
    pub program: String,
    /// Its version, as it says itself.
    pub version: String,
    /// The commands that were run, in order; the gate's password and port stand as `…`.
    pub commands: Vec<String>,
    /// The way out, without credentials.
    pub egress: String,
    /// This computer's clock before the first command (RFC 3339).
    pub began: String,
    /// This computer's clock after the last.
    pub ended: String,
    /// How it ended. Only [`ExternalEnding::Finished`] is a success.
    pub ending: ExternalEnding,
    /// The exit status of the last command; none when it was killed.
    pub exit_status: Option<i32>,
    /// The end of what the last command printed on its error output, control characters removed.
    pub messages: String,
    /// The extractor that knew the address, as the program names it.
    pub extractor: Option<String>,
    /// The item's own number, as its site names it.
    pub item: Option<String>,
    /// The files, by name.
    pub files: Vec<ExternalFile>,
    /// Every connection it asked for, in order; at most 10,000.
    pub connections: Vec<GateConnection>,
}

/// Why nothing was captured.
#[derive(Debug, thiserror::Error)]
pub enum ExternalError {
    // The person who asked.
    /// This is not one item, or it may not be fetched.
    #[error("{url}: {reason}; nothing was captured")]
    Refused {
        /// The address.
        url: String,
        /// Why.
        reason: Refused,
    },

    // Whoever set up the machine.
    /// The program is not there.
    #[error("yt-dlp was not found {0}")]
    Absent(String),
    /// The program is there and cannot be used.
    #[error("{path} cannot be used as yt-dlp: {why}")]
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// Why.
        why: String,
    },

    // The machine.
    /// The folder is not an empty one, or something in it could not be read or written.
    #[error("{path}: {error}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the machine says.
        error: io::Error,
    },
    /// The gate could not be opened, or a process not started.
    #[error("the capturer could not be started: {0}")]
    Start(io::Error),
}

impl ExternalError {
    /// What to do, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { reason, .. } => reason.hint(),
            Self::Absent(_) => Some(
                "install yt-dlp (Debian: `apt install yt-dlp`, or `pipx install yt-dlp`), or name its path",
            ),
            Self::Unusable { .. } => Some("install a newer yt-dlp, or name another path"),
            Self::Disk { .. } => {
                Some("look at the free space and the rights of that folder, then try again")
            }
            Self::Start(_) => None,
        }
    }
}

fn disk(path: &Path) -> impl Fn(io::Error) -> ExternalError + '_ {
    move |error| ExternalError::Disk { path: path.to_owned(), error }
}

/// An installed `yt-dlp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YtDlp {
    path: PathBuf,
    version: String,
    /// The long options that its help names.
    options: BTreeSet<String>,
}

/// Options without which no promise of this module can be kept.
const NEEDED: &[&str] = &[
    "--ignore-config",
    "--config-locations",
    "--no-cookies",
    "--no-cache-dir",
    "--no-playlist",
    "--flat-playlist",
    "--dump-single-json",
    "--proxy",
];

/// Asking for the version and the options may take this long.
const ASKING_LIMIT: Duration = Duration::from_secs(60);

impl YtDlp {
    /// Finds the program at `named`, or else in the folders of `search_path` (as in `PATH`), and asks for its version and
    /// options. `folder` is a private folder to run it in.
    pub fn find(
        named: Option<&Path>,
        search_path: &OsStr,
        folder: &Path,
    ) -> Result<Self, ExternalError> {
        let path = match named {
            Some(path) if is_program(path) => path.to_owned(),
            Some(path) => return Err(ExternalError::Absent(format!("at {}", path.display()))),
            None => std::env::split_paths(search_path)
                .filter(|folder| folder.is_absolute())
                .map(|folder| folder.join("yt-dlp"))
                .find(|path| is_program(path))
                .ok_or_else(|| ExternalError::Absent("in the folders of PATH".to_owned()))?,
        };
        let path = std::path::absolute(&path).map_err(disk(&path))?;
        let unusable = |why: String| ExternalError::Unusable { path: path.clone(), why };
        let ask = |option: &str| -> Result<String, ExternalError> {
            let arguments = ["--ignore-config", option].map(OsString::from);
            let limits =
                Limits { time: ASKING_LIMIT, bytes: 16 << 20, stop: &AtomicBool::new(false) };
            let child = Child { program: &path, arguments: &arguments, config: "", folder };
            let done = process::run_alone(&child, &limits)?;
            match done.ending {
                ExternalEnding::Finished => Ok(done.output),
                _ => Err(unusable(format!("`{option}` gave: {}", done.messages.trim()))),
            }
        };
        let version = ask("--version")?.trim().to_owned();
        let is_version = (6..=40).contains(&version.len())
            && version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-_+@/".contains(c));
        if !is_version {
            return Err(unusable("it names no version".to_owned()));
        }
        let help = ask("--help")?;
        let options: BTreeSet<String> = help
            .split(|c: char| c.is_whitespace() || c == ',' || c == '=')
            .filter(|word| word.starts_with("--") && word.len() > 3)
            .map(str::to_owned)
            .collect();
        match NEEDED.iter().find(|option| !options.contains(**option)) {
            Some(option) => Err(unusable(format!("version {version} has no {option}"))),
            None => Ok(Self { path, version, options }),
        }
    }

    /// The version, as the program says itself.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where the program is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Captures the one item at `url`: first it looks what stands there, without fetching it, then it fetches.
    ///
    /// Blocks until the item is there, a limit is reached, or `stop` is set. What came until then is in the result, whose
    /// [`ending`](ExternalCapture::ending) says which it was. Fails, with nothing captured, when the address is of a
    /// channel, a profile, a list or a private host, or nothing could be started.
    pub fn capture(
        &self,
        url: &str,
        settings: &ExternalSettings,
        entropy: &mut dyn Entropy,
        stop: &AtomicBool,
    ) -> Result<ExternalCapture, ExternalError> {
        let refused = |reason| ExternalError::Refused { url: url.to_owned(), reason };
        refusal::of_address(url, settings.door.allow_private_network).map_err(refused)?;
        let brought = prepare(&settings.folder)?;
        let began = (settings.door.clock)();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ExternalError::Start)?;
        let gate =
            runtime.block_on(Gate::open(&settings.door, entropy)).map_err(ExternalError::Start)?;
        let limits = Limits { time: settings.time_limit, bytes: settings.byte_limit, stop };
        let config = gate.config();
        let mut commands = Vec::new();
        let mut run = |arguments: Vec<OsString>, limits: &Limits<'_>| {
            commands.push(self.recorded(&arguments));
            let child = Child {
                program: &self.path,
                arguments: &arguments,
                config: &config,
                folder: &settings.folder,
            };
            runtime.block_on(process::run(&child, limits))
        };
        let looked = run(self.looking(url), &limits)?;
        let mut last = looked;
        let (mut extractor, mut item) = (None, None);
        if last.ending == ExternalEnding::Finished {
            let found: Value = serde_json::from_str(&last.output).unwrap_or(Value::Null);
            refusal::of_item(&found).map_err(refused)?;
            let text = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
            (extractor, item) = (text("extractor_key").or(text("extractor")), text("id"));
            let left = settings.time_limit.saturating_sub(last.took);
            last = run(
                self.fetching(url, &brought, settings.byte_limit),
                &Limits { time: left, ..limits },
            )?;
        }
        let files = files::collect(&brought)?;
        if last.ending == ExternalEnding::Finished
            && !files.iter().any(|file| file.role == FileRole::Media)
        {
            last.ending = ExternalEnding::NothingBrought;
        }
        Ok(ExternalCapture {
            url: url.to_owned(),
            program: "yt-dlp".to_owned(),
            version: self.version.clone(),
            commands,
            egress: settings.door.egress.to_string(),
            began: began.to_string(),
            ended: (settings.door.clock)().to_string(),
            ending: last.ending,
            exit_status: last.status,
            messages: last.messages,
            extractor,
            item,
            files,
            connections: gate.connections(),
        })
    }

    /// Arguments of every command. The way out is told on the standard input, where no list of processes shows it.
    fn always(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = [
            "--ignore-config",
            "--config-locations",
            "-",
            "--no-cookies",
            "--no-cache-dir",
            "--no-playlist",
            "--playlist-items",
            "1",
        ]
        .map(OsString::from)
        .into();
        // These came with later versions, or go without saying in earlier ones.
        let further = [
            "--no-cookies-from-browser",
            "--no-write-comments",
            "--no-plugin-dirs",
            "--no-remote-components",
            "--no-update",
            "--no-exec",
            "--no-progress",
            "--no-mark-watched",
        ];
        let known = further.into_iter().filter(|option| self.options.contains(*option));
        arguments.extend(known.map(OsString::from));
        arguments
    }

    /// The command that looks what stands at an address.
    fn looking(&self, url: &str) -> Vec<OsString> {
        let mut arguments = self.always();
        let more = ["--dump-single-json", "--flat-playlist", "--skip-download", "--", url];
        arguments.extend(more.map(OsString::from));
        arguments
    }

    /// The command that fetches. Pictures and sound stay apart as the server gave them: nothing is joined, converted or
    /// mended, so that the bytes are the site's.
    fn fetching(&self, url: &str, brought: &Path, byte_limit: u64) -> Vec<OsString> {
        let mut arguments = self.always();
        arguments.extend(
            [
                "--format",
                "bv*[protocol^=http]+ba[protocol^=http]/b[protocol^=http]/bv*[protocol^=m3u8]+ba[protocol^=m3u8]/b[protocol^=m3u8]/bv*+ba/b",
                "--downloader",
                "native",
                "--ffmpeg-location",
                "/nonexistent",
                "--fixup",
                "never",
                "--write-info-json",
                "--write-thumbnail",
                "--write-subs",
                "--sub-langs",
                "all,-live_chat",
                "--no-mtime",
                "--retries",
                "3",
                "--max-downloads",
                "1",
                "--max-filesize",
            ]
            .map(OsString::from),
        );
        arguments.push(byte_limit.to_string().into());
        arguments.push("--paths".into());
        arguments.push(brought.into());
        arguments.extend(["--output", "item.%(ext)s", "--", url].map(OsString::from));
        arguments
    }

    fn recorded(&self, arguments: &[OsString]) -> String {
        let mut words = vec![self.path.to_string_lossy().into_owned()];
        words.extend(arguments.iter().map(|argument| quoted(&argument.to_string_lossy())));
        format!("{} <<< '{}'", words.join(" "), gate::RECORDED_CONFIG)
    }
}

/// A word as a shell would read it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=%+,@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// Makes the folders of a run; gives the one for the files.
fn prepare(folder: &Path) -> Result<PathBuf, ExternalError> {
    let mut entries = fs::read_dir(folder).map_err(disk(folder))?;
    if entries.next().is_some() {
        let error = io::Error::new(io::ErrorKind::AlreadyExists, "the folder is not empty");
        return Err(disk(folder)(error));
    }
    let brought = folder.join("brought");
    fs::create_dir(&brought).map_err(disk(&brought))?;
    Ok(brought)
}
