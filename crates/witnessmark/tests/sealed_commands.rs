//! Every command that reads a case, on a sealed one: what it tells is of the bytes that people have, not of those that are stored.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use program::{demo, lines, one, program, status};
use serde_json::Value;
use witnessmark_capture::{LocalPage, LocalSite};

const PASSPHRASE: &str = "six words that nobody would guess";

fn sealed(folder: &Path) -> Command {
    let mut command = program(folder);
    command.env("WITNESSMARK_PASSPHRASE", PASSPHRASE).args(["--case", "case"]);
    command
}

/// What the program answers about the sealed case, which must end well.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = sealed(folder).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(status(&output), 0, "{arguments:?} said: {said}");
    output
}

fn json(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    lines(&run(folder, &[arguments, &["--json"]].concat()).stdout)
}

fn page(body: &str) -> LocalPage {
    LocalPage {
        status: 200,
        content_type: "text/html; charset=utf-8".to_owned(),
        fields: Vec::new(),
        body: body.as_bytes().to_vec(),
    }
}

fn article(subject: &str) -> LocalPage {
    page(&format!(
        "<!DOCTYPE html><html lang=en><title>{subject}</title><h1>{subject}</h1>\
         <p>The office wrote on Monday that work on {subject} went on in all six townships of the county, and that the \
         last of them would be done by the end of the month.</p>\
         <p>It named 4,120 households, gave no reason for the delay in the spring, and said that a second notice would \
         follow once the lists had been compared with those of the year before.</p></html>"
    ))
}

fn sha256(path: &Path) -> String {
    witnessmark_case::model::Digest::of(&fs::read(path).unwrap()).hex()
}

#[test]
fn files_and_claims_in_a_sealed_case() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let (codebook, gazetteer) = (demo("codebook.toml"), demo("places.csv"));
    let given =
        ["--codebook", codebook.to_str().unwrap(), "--gazetteer", gazetteer.to_str().unwrap()];
    let made = program(folder)
        .env("WITNESSMARK_PASSPHRASE", PASSPHRASE)
        .args(["init", "case"])
        .args(given)
        .output()
        .unwrap();
    assert_eq!(status(&made), 0, "{}", String::from_utf8_lossy(&made.stderr));
    json(folder, &["add", demo("sources").to_str().unwrap()]);
    json(folder, &["import", "claims", demo("claims.csv").to_str().unwrap()]);
    let (origins, edges) = (demo("origins.csv"), demo("edges.csv"));
    json(
        folder,
        &["import", "origins", origins.to_str().unwrap(), "--edges", edges.to_str().unwrap()],
    );
    let claims = one(json(folder, &["list", "claims"]));
    let claim = claims[0]["claim"].as_str().unwrap().to_owned();
    for what in ["captures", "sources", "passages", "claims", "origins", "places", "codes", "log"] {
        let rows = one(json(folder, &["list", what]));
        assert!(rows.to_string().len() > 20, "list {what}: {rows}");
    }
    assert!(!json(folder, &["corroborate", &claim]).is_empty());
    let found = one(json(folder, &["search", "blood", "--place", "Delvoru"]));
    assert!(!found["hits"].as_array().unwrap().is_empty(), "{found}");
    let units = ["--unit", "people", "--unit", "samples"];
    let estimate = ["estimate", "coverage", "--act", "dna-collection", "--as-of", "2021-06-30"];
    let answered = one(json(folder, &[&estimate[..], &units].concat()));
    assert!(!answered.is_null(), "{answered}");
    let compare = ["compare", "original-report.html", "reprint-english.html"];
    assert!(!one(json(folder, &compare))["texts"]["changes"].as_array().unwrap().is_empty());

    // Bytes and digests are those of the file that was added.
    let source = demo("sources/original-report.html");
    let shown = run(folder, &["show", "original-report.html", "--bytes"]).stdout;
    assert_eq!(shown, fs::read(&source).unwrap());
    let row = one(json(folder, &["show", "original-report.html"]));
    assert_eq!(row["content"]["digest"], sha256(&source).as_str());
    assert_eq!(row["content"]["bytes"], fs::metadata(&source).unwrap().len());
    let custody = one(json(folder, &["custody", "original-report.html"]));
    assert!(custody["events"].to_string().contains(&sha256(&source)), "{custody}");
    let archive = demo("sources/notices.warc.gz");
    let captures = one(json(folder, &["list", "captures"]));
    let record = captures.as_array().unwrap().iter().find(|row| {
        row["name"].as_str().is_some_and(|name| name.contains("notices.warc.gz (record"))
    });
    let record = record.unwrap()["capture"].as_str().unwrap().to_owned();
    let custody = one(json(folder, &["custody", &record]));
    assert!(custody["events"].to_string().contains(&sha256(&archive)), "{custody}");

    let before = one(json(folder, &["search", "blood"]));
    json(folder, &["rebuild"]);
    let after = one(json(folder, &["search", "blood"]));
    assert_eq!(before["hits"], after["hits"]);
    let published = one(json(folder, &["publish", "dossier"]));
    assert!(published["numbers"].as_u64().unwrap() > 5, "{published}");
    for dossier in ["dossier", "dossier.zip"] {
        program::assert_intact(folder, dossier);
    }
    let report = one(json(folder, &["verify"]));
    assert_eq!(report["verdict"], "intact");
}

#[test]
fn pages_of_the_web_in_a_sealed_case() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let pages = ["/roads", "/wells", "/schools"].map(|path| (path.to_owned(), article(path)));
    let site = LocalSite::serve(BTreeMap::from(pages), page("<title>404</title>")).unwrap();
    let made = program(folder)
        .env("WITNESSMARK_PASSPHRASE", PASSPHRASE)
        .args(["init", "case"])
        .output()
        .unwrap();
    assert_eq!(status(&made), 0, "{}", String::from_utf8_lossy(&made.stderr));
    json(folder, &["egress", "direct"]);
    let web = ["add", "--allow-private-network", "--rate", "1000"];
    let (roads, wells) = (site.url("/roads"), site.url("/wells"));
    let added = json(folder, &[&web[..], &[roads.as_str(), &wells]].concat());
    assert!(added.iter().all(|outcome| outcome["verdict"] == "content"), "{added:?}");
    let again = json(folder, &[&web[..], &[roads.as_str()]].concat());
    assert_eq!(again[0]["verdict"], "duplicate");
    // Two captures have the address by now: the first is named by its id.
    let first = added.iter().find(|outcome| outcome["source"] == roads.as_str()).unwrap();
    let roads = first["capture"].as_str().unwrap();
    json(folder, &["confirm", roads]);
    let cited = one(json(folder, &["cite", roads, "--exact", "4,120 households"]));
    assert_eq!(cited["exact"], "4,120 households");
    let differ = one(json(folder, &["compare", roads, &wells]));
    assert!(!differ["texts"]["changes"].as_array().unwrap().is_empty());
    let bytes = run(folder, &["show", &wells, "--bytes"]).stdout;
    assert!(String::from_utf8_lossy(&bytes).contains("work on /wells went on"));

    // What custody calls the digest of the recording is that of the file that leaves, not of its sealed form.
    let custody = one(json(folder, &["custody", &wells]));
    let exported = one(json(folder, &["export", "wacz", "out.wacz"]));
    assert_eq!(exported["secrets"], Value::Array(Vec::new()));
    json(folder, &["warc", "check", "out.wacz"]);
    let log = one(json(folder, &["list", "log"]));
    let recordings = log.as_array().unwrap().iter().filter(|row| row["kind"] == "recording");
    let kept = recordings.map(|row| one(json(folder, &["show", row["id"].as_str().unwrap()])));
    let kept: Vec<Value> = kept.map(|shown| shown["content"]["evidence"].clone()).collect();
    let told = custody["events"].to_string();
    let tells = |field: &str| kept.iter().any(|one| told.contains(one[field].as_str().unwrap()));
    assert!(tells("plain_sha256") && !tells("sha256"), "{told}: {kept:?}");

    let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    if browser.iter().any(|path| Path::new(path).exists()) {
        let schools = site.url("/schools");
        // Chromium runs as root only without its sandbox.
        let sandbox: &[&str] = if fs::read_dir("/root").is_ok() { &["--no-sandbox"] } else { &[] };
        let output = sealed(folder)
            .args([&web[..], &["--browser", &schools, "--json"], sandbox].concat())
            .output()
            .unwrap();
        let added = lines(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(added[0]["verdict"], "content", "{added:?} {said}");
        let row = one(json(folder, &["show", &schools]));
        assert_eq!(row["content"]["method"], "browser");
    } else {
        println!("skipped: needs chromium");
    }
    json(folder, &["rebuild"]);
    let report = one(json(folder, &["verify"]));
    assert_eq!(report["verdict"], "intact", "{report}");
}
