//! External capturers: what is refused, how they are run, what they bring.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod real;
mod site;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use witnessmark_capture::external::{
    ExternalCapture, ExternalEnding, ExternalError, ExternalSettings, FileRole, Refused, YtDlp,
};
use witnessmark_capture::{DoorSettings, Egress};
use witnessmark_model::{Digest, Entropy, Moment};

/// Every option the module may use.
const OPTIONS: &str = "--ignore-config --config-locations --no-cookies --no-cache-dir --no-playlist --flat-playlist \
    --dump-single-json --proxy --no-plugin-dirs --no-remote-components --no-write-comments --no-cookies-from-browser";

struct Fixed;

impl Entropy for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn door(egress: Egress, allow_private_network: bool) -> DoorSettings {
    DoorSettings {
        egress,
        allow_private_network,
        allow_unverified_tls: false,
        extra_authorities: Vec::new(),
        time_limit: Duration::from_secs(10),
        clock: Arc::new(|| Moment::from_unix_millis(1_795_385_461_007)),
    }
}

/// A stand-in in a folder of its own.
struct Stand {
    folder: TempDir,
    program: PathBuf,
}

impl Stand {
    fn new(options: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("yt-dlp");
        fs::write(&program, include_str!("yt-dlp.sh")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("options"), options).unwrap();
        Self { folder, program }
    }

    fn find(&self) -> Result<YtDlp, ExternalError> {
        let asking = TempDir::new().unwrap();
        YtDlp::find(None, self.folder.path().as_os_str(), asking.path())
    }

    fn told(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

fn settings(folder: &Path) -> ExternalSettings {
    ExternalSettings {
        door: door(Egress::Direct, false),
        folder: folder.to_owned(),
        time_limit: Duration::from_secs(60),
        byte_limit: 5_000_000,
    }
}

fn capture(stand: &Stand, name: &str) -> (Result<ExternalCapture, ExternalError>, TempDir) {
    let folder = TempDir::new().unwrap();
    let url = format!("https://video.example/{name}");
    let program = stand.find().unwrap();
    let mut limits = settings(folder.path());
    if name.starts_with("slow") {
        limits.time_limit = Duration::from_millis(1_500);
    }
    let captured = program.capture(&url, &limits, &mut Fixed, &AtomicBool::new(false));
    (captured, folder)
}

#[test]
fn an_item_and_how_it_was_fetched() {
    let stand = Stand::new(OPTIONS);
    let (captured, _folder) = capture(&stand, "one");
    let captured = captured.unwrap();
    assert_eq!(captured.ending, ExternalEnding::Finished, "{}", captured.messages);
    assert_eq!((captured.program.as_str(), captured.version.as_str()), ("yt-dlp", "2026.10.26"));
    assert_eq!(captured.exit_status, Some(101));
    assert_eq!(
        (captured.extractor.as_deref(), captured.item.as_deref()),
        (Some("Fake"), Some("item-1"))
    );
    assert_eq!(
        (captured.egress.as_str(), captured.began.as_str()),
        ("direct", "2026-11-22T22:11:01.007Z")
    );
    let files: Vec<(&str, FileRole, u64)> =
        captured.files.iter().map(|file| (file.name.as_str(), file.role, file.length)).collect();
    let expected = [
        ("item.info.json", FileRole::Metadata, 15),
        ("item.mp4", FileRole::Media, 15),
        ("item.webp", FileRole::Thumbnail, 9),
        ("item.zh.vtt", FileRole::Subtitles, 6),
    ];
    assert_eq!(files, expected, "links are not followed");
    assert_eq!(captured.files[1].digest, Digest::of(b"moving pictures"));
    let arguments = stand.told("arguments");
    for option in OPTIONS.split_whitespace().filter(|option| *option != "--proxy") {
        assert!(
            arguments.lines().any(|line| line == option),
            "{option} was not given:\n{arguments}"
        );
    }
    assert!(
        !arguments.contains("--no-update"),
        "options that its help does not name are not given"
    );
    assert!(!arguments.contains("--proxy"), "no list of processes shows the password");
    let config = stand.told("config");
    assert!(config.starts_with("--proxy http://capture:0707"), "{config}");
    assert!(captured.commands.iter().all(|command| !command.contains("0707")));
    assert_eq!(captured.commands.len(), 2);
    assert!(
        captured.commands[1]
            .ends_with("-- https://video.example/one <<< '--proxy http://…@127.0.0.1:…'"),
        "{}",
        captured.commands[1]
    );
    let json = serde_json::to_value(&captured).unwrap();
    assert_eq!(json["files"][1]["role"], "media");
}

/// Nothing of the person at the computer reaches the capturer: no home folder, no proxy variables, no Python paths.
#[test]
fn the_environment_is_bare() {
    let stand = Stand::new(OPTIONS);
    let (captured, folder) = capture(&stand, "one");
    captured.unwrap();
    let told = stand.told("environment");
    let known = [
        "HOME",
        "LANG",
        "LC_ALL",
        "PATH",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONNOUSERSITE",
        "YTDLP_NO_PLUGINS",
        "_",
    ];
    for line in told.lines() {
        let (name, value) = line.split_once('=').unwrap();
        assert!(known.contains(&name), "{line}");
        if matches!(name, "HOME" | "TMPDIR" | "XDG_CACHE_HOME" | "XDG_CONFIG_HOME") {
            assert!(Path::new(value).starts_with(folder.path()), "{line}");
        }
    }
    assert!(told.contains("PATH=/usr/local/bin:/usr/bin:/bin\n"), "{told}");
}

#[test]
fn every_other_ending() {
    let stand = Stand::new(OPTIONS);
    let cases = [
        ("missing", ExternalEnding::Failed, Some(1), "This video is gone [31m"),
        ("broken", ExternalEnding::Failed, Some(1), "connection lost"),
        ("nothing", ExternalEnding::NothingBrought, Some(0), "nothing to fetch"),
        ("large", ExternalEnding::TooLarge, None, ""),
        ("slow", ExternalEnding::TimedOut, None, ""),
        ("slow-look", ExternalEnding::TimedOut, None, ""),
    ];
    for (name, ending, status, message) in cases {
        let (captured, _folder) = capture(&stand, name);
        let captured = captured.unwrap();
        assert_eq!((captured.ending, captured.exit_status), (ending, status), "{name}");
        assert!(captured.messages.contains(message), "{name}: {}", captured.messages);
        let roles: Vec<FileRole> = captured.files.iter().map(|file| file.role).collect();
        let half = matches!(name, "broken" | "large" | "slow");
        assert_eq!(roles, if half { vec![FileRole::Unfinished] } else { vec![] }, "{name}");
    }
}

#[test]
fn what_is_not_one_item_is_refused_before_it_is_fetched() {
    let stand = Stand::new(OPTIONS);
    for (name, reason) in [
        ("list", Refused::NotOneItem("a playlist".to_owned())),
        ("live", Refused::Live),
        ("garbage", Refused::NotOneItem("nothing that the capturer describes".to_owned())),
        ("@name", Refused::Shape("a profile or channel")),
        ("channel/1", Refused::Shape("a channel")),
    ] {
        let (captured, _folder) = capture(&stand, name);
        match captured {
            Err(ExternalError::Refused { reason: found, .. }) => {
                assert_eq!(found, reason, "{name}")
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let told = stand.told("arguments");
    assert!(!told.contains("look=no"), "something was fetched:\n{told}");
    assert!(
        !told.contains("@name") && !told.contains("channel"),
        "it was run for an address that is refused by its looks"
    );
}

#[test]
fn private_hosts_are_refused_before_anything_runs() {
    let stand = Stand::new(OPTIONS);
    let folder = TempDir::new().unwrap();
    let captured = stand.find().unwrap().capture(
        "http://127.0.0.1:9/video.mp4",
        &settings(folder.path()),
        &mut Fixed,
        &AtomicBool::new(false),
    );
    assert!(matches!(
        captured,
        Err(ExternalError::Refused { reason: Refused::PrivateHost(_), .. })
    ));
    assert_eq!(stand.told("arguments"), "");
}

#[test]
fn ctrl_c_ends_the_whole_group() {
    let stand = Stand::new(OPTIONS);
    let folder = TempDir::new().unwrap();
    let program = stand.find().unwrap();
    let stop = AtomicBool::new(false);
    let captured = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Long enough for it to be fetching.
            std::thread::sleep(Duration::from_millis(1_500));
            stop.store(true, Ordering::Relaxed);
        });
        program.capture("https://video.example/slow", &settings(folder.path()), &mut Fixed, &stop)
    });
    assert_eq!(captured.unwrap().ending, ExternalEnding::Stopped);
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let stand = Stand::new(OPTIONS);
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("mine"), "x").unwrap();
    let captured = stand.find().unwrap().capture(
        "https://video.example/one",
        &settings(folder.path()),
        &mut Fixed,
        &AtomicBool::new(false),
    );
    assert!(matches!(captured, Err(ExternalError::Disk { .. })), "{captured:?}");
}

#[test]
fn programs_that_are_not_there_or_too_old() {
    let empty = TempDir::new().unwrap();
    let folder = TempDir::new().unwrap();
    let absent = YtDlp::find(None, empty.path().as_os_str(), folder.path()).unwrap_err();
    assert!(absent.to_string().contains("was not found in the folders of PATH"), "{absent}");
    assert!(absent.hint().is_some());
    let named = empty.path().join("yt-dlp");
    let absent = YtDlp::find(Some(&named), OsStr::new(""), folder.path()).unwrap_err();
    assert!(matches!(absent, ExternalError::Absent(_)), "{absent}");
    let old = Stand::new("--ignore-config --proxy --no-playlist");
    let error = old.find().unwrap_err();
    assert!(error.to_string().contains("version 2026.10.26 has no --config-locations"), "{error}");
    fs::write(&old.program, "#!/bin/sh\nexit 3\n").unwrap();
    assert!(matches!(old.find(), Err(ExternalError::Unusable { .. })));
}
