//! The program is killed, interrupted, locked out, and runs out of disk: what it said it kept is kept.
//!
//! `WITNESSMARK_CRASH_ROUNDS` sets how often `add` is killed (20 if it is not set).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use program::{Seeded, assert_intact, json, lines, make_case, one, program, run, status};
use serde_json::Value;

/// More than one batch of `add`.
const PAGES: u64 = 160;

/// Writes `count` small pages, each unlike the others, and an archive among them.
fn pages(folder: &Path, count: u64) {
    fs::create_dir_all(folder.join("pages")).unwrap();
    for number in 0..count {
        let text =
            format!("Page {number}.\n西藏 བོད ئۇيغۇر\n{}\n", "words ".repeat(number as usize % 50));
        fs::write(folder.join(format!("pages/page-{number:04}.txt")), text).unwrap();
    }
    fs::copy(program::demo("sources/notices.warc.gz"), folder.join("pages/page-0140.warc.gz"))
        .unwrap();
}

/// `add` in the background, telling its outcomes as JSON lines.
fn start_add(folder: &Path) -> Child {
    program(folder)
        .args(["--case", "case", "add", "pages", "--json"])
        .stdout(Stdio::piped())
        .stderr(fs::File::create(folder.join("said.txt")).unwrap())
        .spawn()
        .unwrap()
}

/// What was told before the end: the whole lines of stdout.
fn told(child: &mut Child) -> Vec<Value> {
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    lines(&bytes[..whole])
}

/// The captures of the case, by id.
fn captures(folder: &Path) -> BTreeMap<String, Value> {
    let rows = one(json(folder, 0, &["--case", "case", "list", "captures"]));
    let by_id = |row: &Value| (row["capture"].as_str().unwrap().to_owned(), row.clone());
    rows.as_array().unwrap().iter().map(by_id).collect()
}

/// Checks that every page that was acknowledged is in the case with the bytes that were acknowledged.
fn assert_kept(folder: &Path, acknowledged: &[Value], context: &str) {
    let kept = captures(folder);
    for outcome in acknowledged {
        let id = outcome["capture"].as_str().unwrap();
        if id.starts_with("imp-") {
            continue; // `verify` reads the records of every import again.
        }
        let row = kept.get(id).unwrap_or_else(|| panic!("{context}: {outcome} is lost"));
        assert_eq!(row["digest"], outcome["digest"], "{context}");
    }
}

#[allow(clippy::disallowed_methods, reason = "a kill at a random moment needs a clock")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn whatever_moment_a_kill_picks_nothing_acknowledged_is_lost() {
    let rounds = std::env::var("WITNESSMARK_CRASH_ROUNDS").map_or(20, |n| n.parse().unwrap());
    let mut random = Seeded(20_261_122);
    let mut kills = [0; 3];
    // How long a run takes that nobody kills: the kills are spread over that, and a little more.
    let scratch = tempfile::tempdir().unwrap();
    pages(scratch.path(), PAGES);
    make_case(scratch.path(), &[]);
    let started = now();
    let mut child = start_add(scratch.path());
    assert_eq!(told(&mut child).len() as u64, PAGES + 1);
    assert!(child.wait().unwrap().success());
    let mut spread = started.elapsed().as_micros() as u64;

    for round in 0..rounds {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        std::os::unix::fs::symlink(program_pages(&scratch, round), folder.join("pages")).unwrap();
        make_case(folder, &[]);
        let mut child = start_add(folder);
        let moment = random.below(spread);
        std::thread::sleep(Duration::from_micros(moment));
        child.kill().unwrap();
        let acknowledged = told(&mut child);
        child.wait().unwrap();
        let context =
            format!("round {round}, killed after {moment} µs, {} told", acknowledged.len());
        // The machine is busier at some times than at others: the spread follows where the kills fall.
        let (when, factor) = match acknowledged.len() as u64 {
            0 => (0, 5),
            count if count <= PAGES => (1, 4),
            _ => (2, 3),
        };
        kills[when] += 1;
        spread = spread * factor / 4;

        // A writing command opens the case again and mends it.
        let output =
            run(folder, &["--case", "case", "origins", "declare", "--name", "N", "--reason", "R"]);
        assert_eq!(status(&output), 0, "{context}: {}", String::from_utf8_lossy(&output.stderr));
        assert_intact(folder, "case");
        assert_kept(folder, &acknowledged, &context);

        // The same run completes what was begun, and nothing is there twice.
        let mut child = start_add(folder);
        assert_eq!(told(&mut child).len() as u64, PAGES + 1, "{context}");
        let ended = child.wait().unwrap();
        let said = fs::read_to_string(folder.join("said.txt")).unwrap();
        assert!(ended.success(), "{context}, then: {said}");
        assert_kept(folder, &acknowledged, &context);
        assert_eq!(captures(folder).len() as u64, PAGES + 2, "{context}");
        let found = one(json(folder, 0, &["--case", "case", "search", "西藏"]));
        assert_eq!(found["total"], PAGES, "{context}");
        assert_eq!(found["warnings"], serde_json::json!([]), "{context}");
        if round % 5 == 0 {
            assert_intact(folder, "case");
        }
    }
    println!(
        "{rounds} rounds: {} killed before the first word, {} between, {} after the last",
        kills[0], kills[1], kills[2]
    );
}

/// The pages of a round: each round has its own folder, so that rounds do not depend on each other.
fn program_pages(scratch: &tempfile::TempDir, round: u64) -> std::path::PathBuf {
    let folder = scratch.path().join(format!("material-{round}"));
    pages(&folder, PAGES);
    folder.join("pages")
}

#[test]
fn an_interruption_stops_soon_and_the_same_command_goes_on() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    pages(folder, 1500);
    make_case(folder, &[]);
    let mut child = start_add(folder);
    // The first outcome is told: the run is in the middle.
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut told = String::new();
    stdout.read_line(&mut told).unwrap();
    let asked = now();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    stdout.read_to_string(&mut told).unwrap();
    let ended = child.wait().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(20), "it took {:?}", asked.elapsed());
    assert_eq!(ended.code(), Some(1), "a run that was stopped is not a success");
    let told = lines(told.as_bytes());
    assert!(!told.is_empty() && told.len() < 1501, "{} outcomes were told", told.len());
    assert_intact(folder, "case");
    assert_kept(folder, &told, "interrupted");

    let outcomes = json(folder, 0, &["--case", "case", "add", "pages"]);
    let again = outcomes.iter().filter(|outcome| outcome["verdict"] == "duplicate").count();
    assert_eq!((outcomes.len(), again), (1501, told.len()));
    assert_eq!(captures(folder).len(), 1502);
    assert_intact(folder, "case");
}

#[test]
fn the_second_writer_is_told_who_holds_the_case() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    pages(folder, 1500);
    make_case(folder, &[]);
    let mut child = start_add(folder);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    let output = run(folder, &["--case", "case", "add", "pages"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Looking works meanwhile.
    let looked = run(folder, &["--case", "case", "list", "captures", "--json"]);
    let still_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(still_running, "the first writer ended too early for this test to say anything");
    assert_eq!(status(&output), 3, "{said}");
    let holder = format!("error: the case is locked by process {} (witnessmark add", child.id());
    assert!(said.starts_with(&holder), "{said}");
    assert!(said.contains("hint: wait until that command has ended"), "{said}");
    assert_eq!(status(&looked), 0, "{}", String::from_utf8_lossy(&looked.stderr));
}

/// A file system of a few megabytes, where the tests may mount one; unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "witnessmark-test"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_said_and_what_was_added_stays() {
    let Some(disk) = SmallDisk::mount("3m") else {
        println!("skipped: needs the right to mount a small tmpfs");
        return;
    };
    let disk = disk.0.path();
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    std::os::unix::fs::symlink(disk.join("case"), folder.join("case")).unwrap();
    make_case(disk, &[]);
    pages(folder, 40);
    json(folder, 0, &["--case", "case", "add", "pages"]);
    let before = captures(folder);

    fs::create_dir(folder.join("large")).unwrap();
    for number in 0..40 {
        let text = format!("{number} {}", "more than fits on the disk ".repeat(8_000));
        fs::write(folder.join(format!("large/{number}.txt")), text).unwrap();
    }
    let output = run(folder, &["--case", "case", "add", "large"]);
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!([1, 3].contains(&status(&output)), "{said}");
    assert!(said.contains("hint: the disk is full; free some space"), "{said}");

    // Room again: the case opens, holds what it held, verifies, and goes on.
    let large: Vec<_> =
        fs::read_dir(folder.join("large")).unwrap().map(|e| e.unwrap().path()).collect();
    large.iter().skip(2).for_each(|path| fs::remove_file(path).unwrap());
    let remount = ["-o", "remount,size=60m"];
    assert!(Command::new("mount").args(remount).arg(disk).status().unwrap().success());
    json(folder, 0, &["--case", "case", "add", "large"]);
    let after = captures(folder);
    assert!(before.keys().all(|id| after.contains_key(id)), "a capture is lost");
    assert_intact(folder, "case");
    json(folder, 0, &["--case", "case", "rebuild"]);
    assert_eq!(captures(folder), after);
}

/// The same through a limit on the size of files, which needs no rights: the pack of a batch does not fit.
#[test]
fn a_file_that_cannot_grow_is_said_and_what_was_added_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    make_case(folder, &[]);
    pages(folder, 5);
    json(folder, 0, &["--case", "case", "add", "pages"]);
    let before = captures(folder);
    fs::write(folder.join("large.txt"), "too long for the limit\n".repeat(40_000)).unwrap();
    // Blocks of 512 bytes; SIGXFSZ is ignored, so that writing fails with EFBIG.
    let line = format!(
        "trap '' XFSZ; ulimit -f 400; exec '{}' --case case add large.txt",
        env!("CARGO_BIN_EXE_witnessmark")
    );
    let output = Command::new("sh").args(["-c", &line]).current_dir(folder).output().unwrap();
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!([1, 3].contains(&status(&output)), "{said}");
    assert!(said.contains("error") && said.contains("File too large"), "{said}");
    assert_eq!(captures(folder), before);
    assert_intact(folder, "case");
    json(folder, 0, &["--case", "case", "add", "large.txt"]);
    assert_eq!(captures(folder).len(), before.len() + 1);
    assert_intact(folder, "case");
}
