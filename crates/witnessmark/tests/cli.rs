//! The command line, told by examples: each file of `tests/cli` is one story of commands typed one after another.
//!
//! ```toml
//! unprivileged = true                # run as somebody who is not root (needs setpriv where root runs the tests)
//! [[file]]                           # a file that lies there before
//! path = "claims.csv"
//! copy = "claims.csv"                # from the demonstration's material; or text = "…"
//! replace = [["Ankeviru", "Ankevir"]]; append = "…"; keep_bytes = 100; mode = 0
//! [[step]]
//! run = 'witnessmark --case case cite letter.txt --exact "two words"'
//! status = 0
//! stdout = "psg-…\n"                 # left out: nothing is printed there
//! stderr = "…\n"
//! fields = ["hits[].capture"]        # instead of stdout: every line is JSON and has these
//! name = "passage"                   # the first word printed is {passage} from here on
//! ```
//! In what is expected, `…` stands for anything within a line, and a line of `…` alone for any lines.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    #[serde(default)]
    unprivileged: bool,
    #[serde(default)]
    file: Vec<Before>,
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    path: String,
    copy: Option<String>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    replace: Vec<[String; 2]>,
    #[serde(default)]
    append: String,
    keep_bytes: Option<usize>,
    mode: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    run: String,
    #[serde(default)]
    stdin: String,
    status: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    fields: Option<Vec<String>>,
    name: Option<String>,
}

macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            tell(stringify!($name));
        })*

        #[test]
        fn every_story_is_told() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
            let mut found: Vec<String> = Vec::new();
            for entry in fs::read_dir(folder).unwrap() {
                found.push(entry.unwrap().path().file_stem().unwrap().to_string_lossy().into());
            }
            found.sort();
            let mut told = vec![$(stringify!($name).to_owned()),*];
            told.sort();
            assert_eq!(found, told, "list every file of tests/cli in `stories!`");
        }
    };
}

stories!(
    bad_input,
    bad_places,
    beginning,
    copies,
    coverage,
    estimates,
    first_hour,
    json_fields,
    no_rights,
    radicals,
    seal,
    sealed,
    sealed_dossier,
    web_archives
);

fn tell(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cli/{name}.toml"));
    let story: Story = toml::from_str(&fs::read_to_string(&path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let mut prefix = Vec::new();
    if story.unprivileged && fs::read_dir("/root").is_ok() {
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].to_vec();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        let mut probe = Command::new(prefix[0]);
        probe.args(&prefix[1..]).args([env!("CARGO_BIN_EXE_witnessmark"), "--version"]);
        if !probe.output().is_ok_and(|output| output.status.success()) {
            println!("skipped: needs setpriv, or a user other than root");
            return;
        }
    }
    story.file.iter().for_each(|file| lay(folder, file));
    let mut names = BTreeMap::new();
    for (number, step) in (1..).zip(&story.step) {
        let context = format!("{name}.toml, step {number}: {}", step.run);
        play(folder, &prefix, step, &mut names, &context);
    }
}

/// Puts a file where the story wants it.
fn lay(folder: &Path, file: &Before) {
    let path = folder.join(&file.path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut bytes = match &file.copy {
        Some(name) => fs::read(program::demo(name)).unwrap(),
        None => file.text.clone().into_bytes(),
    };
    for [old, new] in &file.replace {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(old), "{} holds no `{old}`", file.path);
        bytes = text.replace(old, new).into_bytes();
    }
    bytes.extend_from_slice(file.append.as_bytes());
    bytes.truncate(file.keep_bytes.unwrap_or(bytes.len()));
    fs::write(&path, bytes).unwrap();
    if let Some(mode) = file.mode {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Runs one command and compares.
fn play(
    folder: &Path,
    prefix: &[&str],
    step: &Step,
    names: &mut BTreeMap<String, String>,
    context: &str,
) {
    let words: Vec<String> = words(&step.run).iter().map(|word| fill(names, word)).collect();
    let start = match words[0].as_str() {
        "witnessmark" => env!("CARGO_BIN_EXE_witnessmark"),
        "python3" => "python3",
        other => panic!("{context}: a story runs witnessmark or python3, not {other}"),
    };
    let line: Vec<&str> = prefix
        .iter()
        .copied()
        .chain([start])
        .chain(words[1..].iter().map(String::as_str))
        .collect();
    let mut child = Command::new(line[0])
        .args(&line[1..])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(step.stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let got = format!("stdout:\n{stdout}\nstderr:\n{stderr}");
    assert_eq!(output.status.code(), Some(step.status), "{context}\n{got}");
    if let Some(name) = &step.name {
        let word = stdout.split_whitespace().next().unwrap_or_default().to_owned();
        names.insert(name.clone(), word);
    }
    let expected = fill(names, &step.stderr);
    assert!(fits(&expected, &stderr), "{context}: stderr is not\n{expected}\n{got}");
    if let Some(fields) = &step.fields {
        let values = program::lines(stdout.as_bytes());
        assert!(!values.is_empty(), "{context}\n{got}");
        for field in fields {
            let path: Vec<&str> = field.split('.').collect();
            let found: usize = values.iter().map(|value| count(value, &path)).sum();
            assert!(found > 0, "{context}: no `{field}` in\n{stdout}");
        }
    } else {
        let expected = fill(names, &step.stdout);
        assert!(fits(&expected, &stdout), "{context}: stdout is not\n{expected}\n{got}");
    }
}

/// A text with the ids in place of their names.
fn fill(names: &BTreeMap<String, String>, text: &str) -> String {
    names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
}

/// Splits a line into words; quotes keep words together.
fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, part) in line.split('"').enumerate() {
        match number % 2 {
            0 => found.extend(part.split_whitespace().map(str::to_owned)),
            _ => found.push(part.to_owned()),
        }
    }
    found
}

/// How often a value has a field: `name`, or `name[]` for every item of a list. An item without it is a failure.
fn count(value: &Value, path: &[&str]) -> usize {
    let Some((first, rest)) = path.split_first() else { return 1 };
    match first.strip_suffix("[]") {
        None => value.get(first).map_or(0, |inner| count(inner, rest)),
        Some(list) => {
            let items = value.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
            let found: Vec<usize> = items.iter().map(|item| count(item, rest)).collect();
            if found.contains(&0) { 0 } else { found.len() }
        }
    }
}

/// Whether a text is what is expected.
fn fits(expected: &str, text: &str) -> bool {
    let expected: Vec<&str> = expected.lines().collect();
    let text: Vec<&str> = text.lines().collect();
    lines_fit(&expected, &text)
}

fn lines_fit(expected: &[&str], text: &[&str]) -> bool {
    match (expected.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => {
            (0..=text.len()).any(|skipped| lines_fit(rest, &text[skipped..]))
        }
        (Some((line, rest)), Some((found, more))) => {
            line_fits(line, found) && lines_fit(rest, more)
        }
        _ => false,
    }
}

fn line_fits(expected: &str, text: &str) -> bool {
    match expected.split_once('…') {
        None => expected == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .any(|at| line_fits(rest, &text[at..]))
        }),
    }
}

#[test]
fn the_wildcards_mean_what_is_written() {
    for (expected, text, fit) in [
        ("clm-…\n", "clm-abc\n", true),
        ("clm-… changed", "clm-abc changed", true),
        ("clm-… changed", "clm-abc", false),
        ("a\n…\nb", "a\nb", true),
        ("a\n…\nb", "a\n1\n2\nb", true),
        ("a\n…", "b", false),
        ("", "a", false),
    ] {
        assert_eq!(fits(expected, text), fit, "{expected:?} and {text:?}");
    }
    let value = serde_json::json!({"hits": [{"a": null}, {"a": 1}], "none": []});
    for (path, found) in [("hits[].a", 2), ("hits[].b", 0), ("none[].a", 0), ("hits", 1)] {
        let path: Vec<&str> = path.split('.').collect();
        assert_eq!(count(&value, &path), found, "{path:?}");
    }
}
