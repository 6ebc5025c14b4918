//! Real pages and real web archives through the whole chain: the news pages of data/main-text and every sound WARC of data/warc.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use program::{assert_intact, json, make_case, one, shared};
use serde_json::Value;

/// The pages, unpacked into a folder: they are kept packed.
fn unpack(from: &Path, to: &Path) -> usize {
    fs::create_dir_all(to).unwrap();
    let mut count = 0;
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().trim_end_matches(".gz").to_owned();
        let mut bytes = Vec::new();
        flate2::read::MultiGzDecoder::new(fs::File::open(&path).unwrap())
            .read_to_end(&mut bytes)
            .unwrap();
        fs::write(to.join(name), bytes).unwrap();
        count += 1;
    }
    count
}

/// The archives of the manifest that `warc check` finds to be sound WARC files, with how many records they hold.
fn sound_archives(shared: &Path, folder: &Path) -> Vec<(PathBuf, u64)> {
    let root = shared.join("data/warc");
    let manifest = fs::read_to_string(root.join("manifest.tsv")).unwrap();
    let mut sound = Vec::new();
    for row in manifest.lines().skip(1) {
        let mut cells = row.split('\t');
        let path = root.join(cells.next().unwrap()).join(cells.next().unwrap());
        let output = program::run(folder, &["warc", "check", path.to_str().unwrap(), "--json"]);
        let report = one(program::lines(&output.stdout));
        if report["kind"] == "warc" && report["verdict"] == "sound" {
            sound.push((path, report["records"].as_u64().unwrap()));
        }
    }
    sound
}

fn python(folder: &Path, arguments: &[&str]) {
    let output = Command::new("python3").args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    assert!(said.contains("Integrity checks passed."), "{said}");
}

/// Words that stand exactly once in a text, on one line.
fn quotable(text: &str) -> Option<&str> {
    let lines = text.lines().map(str::trim).filter(|line| (60..400).contains(&line.len()));
    lines.into_iter().find(|line| !line.contains('"') && text.matches(line).count() == 1)
}

#[test]
fn real_pages_and_archives_go_the_whole_way() {
    let Some(shared) = shared() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    assert_eq!(unpack(&shared.join("data/main-text/html"), &folder.join("pages")), 102);
    let archives = sound_archives(&shared, folder);
    // data/warc/manifest.tsv, counted by the program that is tested: a change here is a change of what it takes for sound.
    assert_eq!(archives.len(), 15, "{archives:?}");
    let records: u64 = archives.iter().map(|(_, records)| records).sum();

    make_case(folder, &[]);
    let outcomes = json(folder, 0, &["--case", "case", "add", "pages"]);
    assert_eq!(outcomes.len(), 102);
    let of = |verdict: &str| outcomes.iter().filter(|o| o["verdict"] == verdict).count();
    assert_eq!(of("error"), 0, "{outcomes:#?}");
    let paths: Vec<&str> = archives.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    let imported = json(folder, 0, &[&["--case", "case", "add"][..], &paths].concat());
    assert_eq!(imported.len(), archives.len());
    let from_archives: u64 = imported.iter().map(|o| o["captures"].as_u64().unwrap()).sum();
    let imports = one(json(folder, 0, &["--case", "case", "list", "log", "--limit", "10000"]));
    let imports = imports.as_array().unwrap().iter().filter(|row| row["kind"] == "import").count();
    assert_eq!(imports, archives.len());

    let captures = one(json(folder, 0, &["--case", "case", "list", "captures"]));
    let captures = captures.as_array().unwrap().clone();
    assert_eq!(captures.len() as u64, 102 + from_archives);
    let status = one(json(folder, 0, &["--case", "case", "status"]));
    assert_eq!(status["unread"], 0);

    // Words that are known to stand in archives and in pages are found.
    let found = |query: &str| one(json(folder, 0, &["--case", "case", "search", query]));
    let domain = found("\"Example Domain\"");
    assert!(domain["total"].as_u64().unwrap() >= 2, "{domain}");
    assert!(found("police")["total"].as_u64().unwrap() >= 5);
    let hit = &domain["hits"][0];
    assert!(hit["passages"][0]["exact"].as_str().unwrap().contains("Example"), "{hit}");

    // Every tenth page, and a page of an archive, is quoted; each quotation becomes a claim.
    let archived = captures.iter().find(|row| row["url"] == "http://example.com/").unwrap();
    let chosen: Vec<&Value> = captures.iter().take(102).step_by(10).chain([archived]).collect();
    let mut claims = 0;
    for row in chosen {
        let id = row["capture"].as_str().unwrap();
        let shown = one(json(folder, 0, &["--case", "case", "show", id]));
        let Some(words) = shown["text"]["text"].as_str().and_then(quotable) else { continue };
        let cited = one(json(folder, 0, &["--case", "case", "cite", id, "--exact", words]));
        let (start, end) = (cited["start"].as_u64().unwrap(), cited["end"].as_u64().unwrap());
        assert_eq!((end - start) as usize, words.chars().count());
        let passage = cited["passage"].as_str().unwrap();
        json(folder, 0, &["--case", "case", "claim", passage, "--act", "dna-collection"]);
        claims += 1;
    }
    assert!(claims >= 10, "only {claims} pages could be quoted");

    let published = one(json(folder, 0, &["--case", "case", "publish", "dossier"]));
    assert_eq!(published["numbers"], claims);
    for what in ["case", "dossier", "dossier.zip"] {
        assert_intact(folder, what);
    }
    python(folder, &["dossier/check/check.py"]);
    python(folder, &["dossier/check/check.py", "--case", "case"]);
    println!(
        "102 pages, {} archives with {records} records and {from_archives} captures, {claims} claims",
        archives.len()
    );
}
