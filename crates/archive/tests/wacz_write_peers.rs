//! WACZ files of ours, read by py-wacz, warcio, fastwarc and pywb. `tests/peers.sh` installs them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod wacz_write_fixture;

use std::path::{Path, PathBuf};
use std::process::Command;

use wacz_write_fixture::{PAGE, URL, wacz};

#[test]
fn others_accept_it() {
    let Some(venv) = std::env::var_os("WITNESSMARK_PEERS").map(PathBuf::from) else {
        println!("skipped: needs other tools (run crates/archive/tests/peers.sh)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    std::fs::write(&page, PAGE).unwrap();
    let mut token = |_: &[u8; 32]| Ok(b"stands for a token".to_vec());
    let made = [
        ("gzip.wacz", wacz(true, 3, None)),
        ("plain.wacz", wacz(false, 3, None)),
        ("stamped.wacz", wacz(true, 3, Some(&mut token))),
        ("three-blocks.wacz", wacz(true, 7000, None)),
    ];
    let replay = folder.path().join("replay");
    std::fs::create_dir(&replay).unwrap();
    let mut command = Command::new(venv.join("bin/python"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wacz_write_peers.py")).args([
        &replay,
        Path::new(URL),
        &page,
    ]);
    for (name, bytes) in &made {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("\"py-wacz\": \"valid\"").count(), made.len());
    for records in ["\"warcio\": 9, \"fastwarc\": 9", "\"warcio\": 7006, \"fastwarc\": 7006"] {
        assert!(said.contains(records), "{said}");
    }
    assert!(said.contains("\"pywb\": \"replays 4\""), "{said}");
}
