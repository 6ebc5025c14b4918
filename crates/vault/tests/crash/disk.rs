//! The disk is full, at every amount of room that is left; or it is read-only.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::scratch_case::{
    KINDS, Seeded, commit, failures, files, look, make, open, unlocked, write,
};
use crate::worker::{self, Task};
use crate::{assert_goes_on, assert_kept, in_full};
use witnessmark_vault::Vault;

/// A small file system of its own, where the tests may mount one; unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "witnessmark-test"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            println!("skipped: needs the right to mount a small tmpfs");
            return None;
        }
        Some(Self(folder))
    }

    fn remount(&self, how: &str) {
        let how = format!("remount,{how}");
        let done = Command::new("mount").args(["-o", &how]).arg(self.0.path()).status().unwrap();
        assert!(done.success(), "{how}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// Fills the disk but for so many blocks of 4 KiB.
fn fill(path: &Path, spared: u64) {
    let mut filler = fs::File::create(path).unwrap();
    let block = [7; 4096];
    let mut blocks = 0u64;
    while std::io::Write::write_all(&mut filler, &block).is_ok() {
        blocks += 1;
    }
    filler.set_len(blocks.saturating_sub(spared) * 4096).unwrap();
}

#[test]
fn a_disk_that_is_full_at_any_point_loses_nothing() {
    for sealed in KINDS {
        let scratch = tempfile::tempdir().unwrap();
        let origin = scratch.path().join("case");
        let mut entropy = Seeded(31);
        make(&origin, sealed, &mut entropy);
        commit(&mut open(&origin), 252, &mut entropy);
        let base = files(&origin);
        let Some(disk) = SmallDisk::mount("6m") else { return };
        let (case, filler) = (disk.0.path().join("case"), disk.0.path().join("filler"));
        let (mut spared, mut full, mut said) = (0, 0, 0);
        loop {
            let _ = fs::remove_dir_all(&case);
            write(&case, &base);
            fill(&filler, spared);
            let environment = worker::worker(&case, Task::AddAFew, spared);
            let output = worker::command(&[], &environment).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            fs::remove_file(&filler).unwrap();
            let acknowledged = worker::acknowledged(&output.stdout);
            let context = format!("sealed: {sealed}, {spared} blocks left: {stderr}");
            assert_kept(&case, &acknowledged, 253, &context);
            if !in_full() || spared % 10 == 0 {
                assert_goes_on(&case, &context);
            }
            if output.status.success() {
                assert_eq!(acknowledged.len(), 5, "{context}");
                break;
            }
            full += 1;
            said += u32::from(stderr.contains("No space left on device"));
            spared += if in_full() { 1 } else { 9 };
        }
        assert_eq!(said, full, "each time it was said that the disk is full");
        assert!(full > 3);
        println!("sealed: {sealed}: the disk was full at {full} points");
    }
}

#[test]
fn a_disk_that_is_read_only_is_said_and_readers_go_on() {
    for sealed in KINDS {
        let Some(disk) = SmallDisk::mount("6m") else { return };
        let case = disk.0.path().join("case");
        let mut entropy = Seeded(41);
        make(&case, sealed, &mut entropy);
        commit(&mut open(&case), 3, &mut entropy);
        let before = files(&case);
        disk.remount("ro");
        let environment = worker::worker(&case, Task::AddAFew, 1);
        let output = worker::command(&[], &environment).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("Read-only file system"), "{said}");
        let error =
            Vault::open_for_writing(&case, "process 1 (test)", unlocked(&case)).unwrap_err();
        assert_eq!(error.hint(), Some("the file system is mounted read-only"), "{error}");
        // Who only looks, or verifies, is not in the way of anything.
        assert_eq!(look(&case).size(), 4);
        assert_eq!(look(&case).prove(&[0, 3]).unwrap().len(), 2);
        assert_eq!(failures(&case), [""; 0]);
        assert_eq!(files(&case), before);
        disk.remount("rw");
        assert_goes_on(&case, &"writable again");
    }
}
