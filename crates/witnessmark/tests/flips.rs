//! Any byte changed, any file removed, any file added, in a case's evidence or in a dossier: `verify` says which.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::fs;
use std::path::{Path, PathBuf};

use program::{Seeded, demo, json, lines, make_case, one, run, status};

/// A small case with every kind of evidence, and its dossier with a text shown whole.
fn make(folder: &Path) {
    let (codebook, places) = (demo("codebook.toml"), demo("places.csv"));
    let codebook = ["--codebook", codebook.to_str().unwrap()];
    make_case(folder, &[&codebook[..], &["--gazetteer", places.to_str().unwrap()]].concat());
    let sources = demo("sources");
    for name in ["original-report.html", "notices.warc.gz"] {
        json(folder, 0, &["--case", "case", "add", sources.join(name).to_str().unwrap()]);
    }
    let url = "https://hemsolu.chunvelo.example/brda-tho/2021-07-06.html";
    for (capture, words, place) in [
        ("original-report.html", "300,000 people in Delvoru Province", "Delvoru"),
        (url, "མི་༤༨༧༠", "Hemsolu"),
    ] {
        let cited = one(json(folder, 0, &["--case", "case", "cite", capture, "--exact", words]));
        let passage = cited["passage"].as_str().unwrap();
        let claim = ["--act", "dna-collection", "--place", place, "--count", "4870"];
        let claim = [&["--case", "case", "claim", passage][..], &claim].concat();
        json(folder, 0, &[&claim[..], &["--unit", "people", "--bound", "exact"]].concat());
    }
    let policy = "[[clear]]\ncapture = \"original-report.html\"\nreason = \"invented\"\n";
    fs::write(folder.join("policy.toml"), policy).unwrap();
    json(folder, 0, &["--case", "case", "publish", "dossier", "--policy", "policy.toml"]);
}

/// Every file below a folder, sorted, as paths from there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Checks that `verify` fails, and that one of its findings names the object: its path or its digest.
fn assert_named(folder: &Path, what: &str, object: &Path, context: &str) {
    let output = run(folder, &["verify", what, "--json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(status(&output), 1, "{context} {}: {said}", object.display());
    let name = object.file_name().unwrap().to_str().unwrap();
    if output.stdout.is_empty() {
        // What no longer looks like a case or a dossier is refused with the reason.
        assert!(said.contains(name), "{context} {}: {said}", object.display());
        return;
    }
    let report = one(lines(&output.stdout));
    assert_eq!(report["verdict"], "failed", "{context} {}", object.display());
    let object = object.to_str().unwrap();
    let names = |text: &str| text.contains(object) || (name.len() == 64 && text.contains(name));
    let failed: Vec<String> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["ok"] == "no")
        .map(|check| {
            format!(
                "{} – {}",
                check["subject"].as_str().unwrap(),
                check["detail"].as_str().unwrap()
            )
        })
        .collect();
    assert!(failed.iter().any(|text| names(text)), "{context} {object}: only {failed:#?}");
}

/// Changes every file of `folder/what` below `parts`, one after another, and puts it back.
fn break_everything(folder: &Path, what: &str, parts: &[&str], random: &mut Seeded) -> usize {
    let root = folder.join(what);
    let evidence: Vec<PathBuf> = files(&root)
        .into_iter()
        .filter(|path| parts.iter().any(|part| part.is_empty() || path.starts_with(part)))
        .collect();
    for object in &evidence {
        let path = root.join(object);
        let bytes = fs::read(&path).unwrap();

        let mut flipped = bytes.clone();
        let at = random.below(bytes.len() as u64) as usize;
        flipped[at] ^= 1 << random.below(8);
        fs::write(&path, &flipped).unwrap();
        assert_named(folder, what, object, &format!("byte {at} flipped in"));

        fs::remove_file(&path).unwrap();
        assert_named(folder, what, object, "removed:");
        fs::write(&path, &bytes).unwrap();
    }
    // A stray file beside one file of every folder.
    let mut folders: Vec<&Path> = evidence.iter().filter_map(|path| path.parent()).collect();
    folders.dedup();
    for beside in folders {
        let stray = beside.join("stray");
        fs::write(root.join(&stray), "not ours").unwrap();
        assert_named(folder, what, &stray, "added:");
        fs::remove_file(root.join(&stray)).unwrap();
    }
    evidence.len()
}

#[test]
fn verify_names_whatever_was_changed() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    make(folder);
    let mut random = Seeded(6);
    let kept = break_everything(folder, "case", &["log", "blobs"], &mut random);
    let shown = break_everything(folder, "dossier", &[""], &mut random);
    println!("{kept} files of the case and {shown} of the dossier were flipped and removed");
    assert!(kept >= 20 && shown >= 35, "{kept} and {shown} are too few to say anything");
    program::assert_intact(folder, "case");
    program::assert_intact(folder, "dossier");
}
