//! Every system call of a writer fails once, by `strace`; after each the case opens, holds what was acknowledged, and verifies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::scratch_case::{Seeded, commit, files, make, open, write};
use crate::worker::{self, Task};
use crate::{assert_goes_on, assert_kept, in_full};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What a writer may ask the system for, as far as it touches files.
const CALLS: [&str; 17] = [
    "openat",
    "linkat",
    "rename",
    "renameat",
    "renameat2",
    "fsync",
    "write",
    "close",
    "ftruncate",
    "mkdir",
    "unlink",
    "rmdir",
    "lseek",
    "read",
    "statx",
    "flock",
    "getdents64",
];
const ERRORS: [&str; 2] = ["EIO", "ENOSPC"];

/// Whether `strace` is there and may trace; if not, that is said.
fn can_trace() -> bool {
    let tried = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    let can = tried.is_ok_and(|status| status.success());
    if !can {
        assert!(std::env::var_os("CI").is_none(), "in CI, .ci/tools installs strace");
        println!("skipped: needs strace, and the right to trace");
    }
    can
}

/// A case as it stands when a writer opens it.
struct Base {
    name: String,
    files: Files,
    /// How many entries were acknowledged.
    size: u64,
}

/// A case in good order, and one that a crash left in the middle of a batch, with all that a crash may leave.
fn bases(sealed: bool) -> [Base; 2] {
    let scratch = tempfile::tempdir().unwrap();
    let case = scratch.path().join("case");
    let mut entropy = Seeded(21);
    make(&case, sealed, &mut entropy);
    let mut vault = open(&case);
    // The next batch fills a tile.
    commit(&mut vault, 252, &mut entropy);
    drop(vault);
    let before = files(&case);
    let mut vault = open(&case);
    commit(&mut vault, 2, &mut entropy);
    drop(vault);
    let mut crashed = files(&case);
    // Promised, and not published; and what else may lie about.
    crashed.retain(|path, _| !path.starts_with("log/tile") && path != Path::new("log/checkpoint"));
    for (path, bytes) in &before {
        if path.starts_with("log") && path != Path::new("log/state") {
            crashed.insert(path.clone(), bytes.clone());
        }
    }
    let stray = witnessmark_model::Digest::of(b"stray").hex();
    for (path, bytes) in [
        ("lock".to_owned(), "process 4711 (a long name, so that what writes over it is shorter)"),
        (format!("blobs/{}/{stray}", &stray[..2]), "stray"),
        ("blobs/.tmp-4711-1".to_owned(), "half"),
        ("log/.tmp-4711-2".to_owned(), "half"),
        ("log/timestamps/253/checkpoint".to_owned(), "half"),
    ] {
        crashed.insert(path.into(), bytes.as_bytes().to_vec());
    }
    let kind = if sealed { "sealed" } else { "open" };
    [
        Base { name: format!("{kind}, in good order"), files: before, size: 253 },
        Base { name: format!("{kind}, after a crash"), files: crashed, size: 255 },
    ]
}

/// One call fails: the `number`-th of its kind. Whether it was made at all.
fn one_fault(base: &Base, call: &str, error: &str, number: u32, goes_on: bool) -> bool {
    let scratch = tempfile::tempdir().unwrap();
    let case = scratch.path().join("case");
    write(&case, &base.files);
    let log = scratch.path().join("strace.log");
    let inject = format!("inject={call}:error={error}:when={number}");
    let before: Vec<String> = [
        "strace",
        "-f",
        "-qq",
        "--seccomp-bpf",
        "-e",
        "signal=none",
        "-o",
        log.to_str().unwrap(),
        "-e",
        &format!("trace={call}"),
        "-e",
        &inject,
    ]
    .map(str::to_owned)
    .to_vec();
    let output = worker::command(&before, &worker::worker(&case, Task::AddAFew, number.into()))
        .output()
        .unwrap();
    let traced = std::fs::read_to_string(&log).unwrap();
    let hit: Vec<_> = traced.lines().filter(|line| line.contains("(INJECTED)")).collect();
    let context = format!(
        "{}: {inject}: {hit:?}\nthe worker ended with {:?} and said {}",
        base.name,
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let acknowledged = worker::acknowledged(&output.stdout);
    if hit.is_empty() {
        assert!(output.status.success() && acknowledged.len() == 5, "{context}");
    }
    assert_kept(&case, &acknowledged, base.size, &context);
    if goes_on {
        assert_goes_on(&case, &context);
    }
    !hit.is_empty()
}

#[test]
fn every_system_call_that_fails_loses_nothing() {
    if !can_trace() {
        return;
    }
    let bases: Vec<Base> = [false, true].into_iter().flat_map(bases).collect();
    let full = in_full();
    let mut jobs = Vec::new();
    for (place, base) in bases.iter().enumerate() {
        for (turn, call) in CALLS.into_iter().enumerate() {
            for (other, error) in ERRORS.into_iter().enumerate() {
                // In short, each call fails with one of the errors, in one of the cases, at a few places.
                if full || (turn + place) % bases.len() == 0 && other == turn / bases.len() % 2 {
                    jobs.push((base, call, error));
                }
            }
        }
    }
    let step = if full { 1 } else { 29 };
    let (jobs, done) = (Mutex::new(jobs), Mutex::new(BTreeMap::<&str, u32>::new()));
    let work = || {
        loop {
            let Some((base, call, error)) = jobs.lock().unwrap().pop() else { return };
            let mut faults = 0;
            let mut number = 1;
            while one_fault(base, call, error, number, number % 10 == 0) {
                faults += 1;
                number += step;
            }
            *done.lock().unwrap().entry(call).or_default() += faults;
        }
    };
    std::thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(work)));
    });
    let done = done.into_inner().unwrap();
    println!("{} system calls failed, one a run: {done:?}", done.values().sum::<u32>());
    for call in ["openat", "fsync", "write", "close", "rename"] {
        assert!(done.get(call).is_some_and(|faults| *faults > 0), "{call} was never made to fail");
    }
}
