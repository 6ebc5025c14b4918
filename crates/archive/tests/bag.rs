//! Bags: those of the conformance suite of the Library of Congress, hostile ones, ours, and what bagit.py says of ours.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use witnessmark_archive::bag::{BagReport, BagWriter, check_bag};

fn check(bag: &Path) -> BagReport {
    check_bag(bag, &mut |_| true).unwrap()
}

/// A bag by the writer: two files, the second in a folder.
fn written(folder: &Path, second: &str) -> PathBuf {
    let out = folder.join("bag");
    let mut bag = BagWriter::create(&out).unwrap();
    bag.add("one.txt", &mut &b"one"[..], &mut |_| true).unwrap();
    bag.add(&format!("in/{second}"), &mut &b"two"[..], &mut |_| true).unwrap();
    let info = [("Bagging-Date", "2026-11-23"), ("External-Identifier", "西藏")];
    bag.finish(&info, &[("README.txt", "What this is.\n")]).unwrap();
    out
}

/// The suite sorts its bags into folders by what is to be said of them. The ones for one system only lead out of the bag on
/// that system; here they are refused on each.
#[test]
fn the_conformance_suite() {
    let given = std::env::var_os("WITNESSMARK_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let suite = given.unwrap_or(beside).join("data/integrity/bagit-conformance-suite");
    if !suite.is_dir() {
        println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
        return;
    }
    let sorts = [
        ("v0.97/valid", 12, true, false),
        ("v0.97/warning", 6, true, true),
        ("v0.97/invalid", 11, false, false),
        ("v0.97/linux-only", 6, false, false),
        ("v0.97/windows-only", 6, false, false),
        ("v1.0/valid", 1, true, false),
        ("v1.0/invalid", 4, false, false),
    ];
    let mut wrong = Vec::new();
    for (sort, expected, valid, warned) in sorts {
        let mut bags: Vec<PathBuf> =
            fs::read_dir(suite.join(sort)).unwrap().map(|entry| entry.unwrap().path()).collect();
        bags.retain(|bag| bag.is_dir());
        bags.sort();
        assert_eq!(bags.len(), expected, "bags in {sort}");
        for bag in bags {
            let report = check(&bag);
            let right =
                report.errors.is_empty() == valid && (!warned || !report.warnings.is_empty());
            if !right {
                wrong.push(format!("{}: {report:#?}", bag.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_written_is_read_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let report = check(&written(folder.path(), "a 100%\nfile"));
    assert_eq!((report.errors, report.warnings), (vec![], vec![]));
    assert_eq!(report.version, Some((1, 0)));
    assert_eq!(report.payload.keys().collect::<Vec<_>>(), ["in/a 100%\nfile", "one.txt"]);
    assert!(report.info.contains(&("Payload-Oxum".into(), "6.2".into())));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // One that is given up leaves nothing, and one that exists is not written over.
    let mut bag = BagWriter::create(&folder.path().join("other")).unwrap();
    assert!(bag.add("../x", &mut &b""[..], &mut |_| true).is_err());
    assert!(bag.add("x", &mut &b"abc"[..], &mut |_| false).is_err());
    drop(bag);
    assert!(BagWriter::create(&folder.path().join("bag")).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Each breaks one rule of a bag that was sound; the words are part of what must be said.
#[test]
fn hostile_bags_are_refused() {
    let append = |bag: &Path, name: &str, text: &str| {
        let path = bag.join(name);
        let old = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, old + text).unwrap();
    };
    let zeros = "0".repeat(64);
    type Break<'b> = Box<dyn Fn(&Path) + 'b>;
    let cases: Vec<(&str, Break<'_>, &str)> = vec![
        ("changed", Box::new(|bag| fs::write(bag.join("data/one.txt"), "onE").unwrap()), "digest"),
        (
            "missing",
            Box::new(|bag| fs::remove_file(bag.join("data/one.txt")).unwrap()),
            "not there",
        ),
        ("added", Box::new(|bag| fs::write(bag.join("data/new"), "x").unwrap()), "names it"),
        (
            "fetched-from-elsewhere",
            Box::new(|bag| append(bag, "fetch.txt", "http://h.example/x - data/more\n")),
            "nothing is fetched",
        ),
        (
            "fetched-to-elsewhere",
            Box::new(|bag| append(bag, "fetch.txt", "http://h.example/x 3 ../../x\n")),
            "leads out",
        ),
        (
            "fetched-over-a-tag-file",
            Box::new(|bag| append(bag, "fetch.txt", "http://h.example/x 3 bagit.txt\n")),
            "no name in the payload",
        ),
        (
            "listed-twice",
            Box::new(|bag| {
                let list = bag.join("manifest-sha256.txt");
                let text = fs::read_to_string(&list).unwrap();
                fs::write(list, format!("{text}{text}")).unwrap();
            }),
            "already",
        ),
        (
            "listed-with-two-digests",
            Box::new(|bag| append(bag, "manifest-sha256.txt", &format!("{zeros}  data/one.txt\n"))),
            "another digest",
        ),
        (
            "climbs-by-a-code",
            Box::new(|bag| {
                append(bag, "manifest-sha256.txt", &format!("{zeros}  data/%0A/../../x\n"))
            }),
            "leads out",
        ),
        (
            "a-link",
            Box::new(|bag| {
                std::os::unix::fs::symlink("/etc/passwd", bag.join("data/link")).unwrap()
            }),
            "link",
        ),
        (
            "a-link-for-a-list",
            Box::new(|bag| {
                fs::remove_file(bag.join("manifest-sha512.txt")).unwrap();
                std::os::unix::fs::symlink("/etc/passwd", bag.join("manifest-sha512.txt")).unwrap();
            }),
            "link",
        ),
        (
            "no-list",
            Box::new(|bag| {
                fs::remove_file(bag.join("manifest-sha256.txt")).unwrap();
                fs::remove_file(bag.join("manifest-sha512.txt")).unwrap();
            }),
            "no list of the payload",
        ),
        ("tag-changed", Box::new(|bag| append(bag, "README.txt", "more")), "digest"),
        ("other-sum", Box::new(|bag| append(bag, "bag-info.txt", "Payload-Oxum: 7.2\n")), "digest"),
        (
            "other-version",
            Box::new(|bag| {
                fs::write(
                    bag.join("bagit.txt"),
                    "BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n",
                )
                .unwrap()
            }),
            "no version",
        ),
    ];
    for (name, change, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        let bag = written(folder.path(), "two");
        change(&bag);
        let report = check(&bag);
        let said: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|line| line.contains(words)), "{name}: {said:?}");
    }
}

/// bagit.py of the Library of Congress agrees on what we write, and on what was done to it. (It does not know that `%25`
/// stands for a percent sign.)
#[test]
fn bagit_py_agrees() {
    let Some(venv) = std::env::var_os("WITNESSMARK_TEST_TOOLS").map(PathBuf::from) else {
        println!("skipped: needs bagit.py (`make test` installs it)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let bag = written(folder.path(), "a\nfile");
    let says = || {
        let mut command = Command::new(venv.join("bin/python"));
        let output = command.args(["-m", "bagit", "--validate"]).arg(&bag).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (valid, said) = says();
    assert!(valid, "{said}");
    fs::write(bag.join("data/one.txt"), "onE").unwrap();
    assert!(!says().0);
}
