//! The real yt-dlp, when `WITNESSMARK_YTDLP` names one, against a site on this computer.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use tempfile::TempDir;
use witnessmark_capture::Egress;
use witnessmark_capture::external::{ExternalEnding, ExternalSettings, FileRole, YtDlp};
use witnessmark_model::Digest;

use crate::{Fixed, door, settings, site};

fn real() -> Option<YtDlp> {
    let Some(path) = std::env::var_os("WITNESSMARK_YTDLP").map(PathBuf::from) else {
        println!("skipped: needs yt-dlp (set WITNESSMARK_YTDLP to its path)");
        return None;
    };
    let folder = TempDir::new().unwrap();
    Some(YtDlp::find(Some(&path), OsStr::new(""), folder.path()).unwrap())
}

#[test]
fn one_video_through_the_gate() {
    let Some(program) = real() else { return };
    let site = site::serve();
    let folder = TempDir::new().unwrap();
    let limits = ExternalSettings { door: door(Egress::Direct, true), ..settings(folder.path()) };
    let url = format!("http://{}/video.mp4", site.place);
    let captured = program.capture(&url, &limits, &mut Fixed, &AtomicBool::new(false)).unwrap();
    assert_eq!(captured.ending, ExternalEnding::Finished, "{}", captured.messages);
    let media = captured.files.iter().find(|file| file.role == FileRole::Media).unwrap();
    assert_eq!(media.digest, Digest::of(&site::video()), "the bytes are the site's");
    assert!(captured.files.iter().any(|file| file.name == "item.info.json"));
    assert_eq!(captured.extractor.as_deref(), Some("Generic"));
    assert!(!captured.connections.is_empty());
    assert_eq!(
        captured.connections.len(),
        site.asked.lock().unwrap().len(),
        "no way around the gate"
    );
    assert!(captured.connections.iter().all(|connection| connection.address == Some(site.place)));
}

/// The egress is a proxy that nobody keeps: nothing may go out another way.
#[test]
fn a_dead_egress_lets_nothing_out() {
    let Some(program) = real() else { return };
    let site = site::serve();
    let folder = TempDir::new().unwrap();
    let egress: Egress = "socks5://127.0.0.1:9".parse().unwrap();
    let limits = ExternalSettings { door: door(egress, true), ..settings(folder.path()) };
    let url = format!("http://{}/video.mp4", site.place);
    let captured = program.capture(&url, &limits, &mut Fixed, &AtomicBool::new(false)).unwrap();
    assert_eq!(captured.ending, ExternalEnding::Failed);
    assert!(captured.files.is_empty());
    assert!(captured.connections.iter().all(|connection| connection.failure.is_some()));
    assert!(site.asked.lock().unwrap().is_empty(), "it was asked past the egress");
}
