//! The program under test: running it in a folder of its own, and reading its JSON.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The program, to be started in `folder`.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_witnessmark"));
    command.current_dir(folder).env_remove("WITNESSMARK_CASE");
    command
}

/// What the program answers.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder).args(arguments).output().unwrap()
}

/// Its status: 0 well, 1 flawed, 2 usage, 3 machine.
pub(crate) fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// What the program answers with `--json`: one value a line. It must have ended with this status.
pub(crate) fn json(folder: &Path, expected: i32, arguments: &[&str]) -> Vec<Value> {
    let output = run(folder, &[arguments, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(status(&output), expected, "{arguments:?} said: {said}");
    lines(&output.stdout)
}

/// The lines of an output as JSON.
pub(crate) fn lines(stdout: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The one value of an answer.
pub(crate) fn one(mut values: Vec<Value>) -> Value {
    assert_eq!(values.len(), 1, "one JSON document was expected");
    values.remove(0)
}

/// A new open case in `folder/case`.
pub(crate) fn make_case(folder: &Path, more: &[&str]) {
    json(folder, 0, &[&["init", "case", "--open"], more].concat());
}

/// Checks that `verify` finds nothing wrong with a case or dossier.
pub(crate) fn assert_intact(folder: &Path, what: &str) {
    let output = run(folder, &["verify", what, "--json"]);
    let report = one(lines(&output.stdout));
    let failed: Vec<_> = report["checks"].as_array().unwrap().iter().collect();
    let failed: Vec<_> = failed.into_iter().filter(|check| check["ok"] == "no").collect();
    assert_eq!((status(&output), failed), (0, vec![]), "verify {what}");
    assert_eq!(report["verdict"], "intact");
}

/// A file of the demonstration's material.
pub(crate) fn demo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("demo").join(path)
}

/// The shared data of other owners; none where it is absent, which is said.
pub(crate) fn shared() -> Option<PathBuf> {
    let given = std::env::var_os("WITNESSMARK_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = given.unwrap_or(beside);
    if !folder.is_dir() {
        println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
        return None;
    }
    Some(folder)
}

/// Numbers that are the same in every run (splitmix64).
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}
