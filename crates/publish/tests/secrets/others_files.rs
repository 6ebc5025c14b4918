//! Other people's archives: no copy of them is unsound, and no secret is left in one.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use witnessmark_archive::Verdict;
use witnessmark_model::{Digest, Moment};
use witnessmark_publish::{ScrubError, ScrubSettings, scrub};

use crate::archives::{Counter, findings, report, settings};

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("WITNESSMARK_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = named.unwrap_or(beside).join("data/warc");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
    None
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            files(&path, found);
        } else if name.contains(".warc") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn copies_of_others_archives() {
    let Some(folder) = shared() else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let mut copied = 0;
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let settings = ScrubSettings {
            scan: settings(),
            original: Digest::of(&bytes),
            software: "witnessmark/test".to_owned(),
        };
        let mut copy = Vec::new();
        let now = Moment::from_unix_millis(1_795_385_461_007);
        match scrub(Cursor::new(&bytes), &mut copy, &settings, &mut Counter(0), now) {
            Ok(done) => {
                println!("{}: {:?}", path.display(), done.found.findings);
                for finding in findings(&bytes, &settings.scan).0 {
                    println!("  {} {} {}", finding.kind.word(), finding.place.word(), finding.hint);
                }
            }
            Err(ScrubError::NotWarc(_)) => continue,
            Err(error) => panic!("{}: {error}", path.display()),
        }
        copied += 1;
        let before = report(&bytes);
        let after = report(&copy);
        if before.verdict == Verdict::Sound {
            assert_eq!(after.verdict, Verdict::Sound, "{}: {:?}", path.display(), after.problems);
        }
        let (left, _) = findings(&copy, &settings.scan);
        assert_eq!(left, Vec::new(), "{}", path.display());
    }
    assert!(copied >= 12, "{copied}");
}
