//! Rules on the documents for people: the one-page map is true, and links lead somewhere.

use super::{File, files, finds, hold, read};
use crate::crates::MAY_DEPEND_ON;
use std::collections::{BTreeMap, BTreeSet};

/// Most lines of ARCHITECTURE.md: it is one page.
const MOST_MAP_LINES: usize = 100;

/// The crates' folders that a list of files holds.
fn folders(files: &[File]) -> BTreeSet<&str> {
    files
        .iter()
        .filter_map(|file| Some(file.path.strip_prefix("crates/")?.split_once('/')?.0))
        .collect()
}

/// The code map's rows: the crate in the first column, what the last column says it may depend on.
fn map_rows(page: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let section = page.split("\n## ").find(|section| section.starts_with("Code map")).unwrap_or("");
    let mut rows = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let [first, .., last] = cells.as_slice() {
            let names = last.split('`').skip(1).step_by(2).collect();
            rows.insert(first.trim_matches('`'), names);
        }
    }
    rows
}

fn map_breaches(page: &str, files: &[File]) -> Vec<String> {
    let mut breaches = Vec::new();
    let lines = page.lines().count();
    if lines > MOST_MAP_LINES {
        breaches.push(format!("ARCHITECTURE.md has {lines} lines, {MOST_MAP_LINES} at most"));
    }
    let folders = folders(files);
    let rows = map_rows(page);
    for folder in folders.iter().filter(|folder| !rows.contains_key(*folder)) {
        breaches.push(format!("crates/{folder} is not in the code map"));
    }
    for (name, printed) in &rows {
        if !folders.contains(name) {
            breaches
                .push(format!("the code map names `{name}`, but there is no folder crates/{name}"));
        }
        // The page speaks of what exists: a permission to use a crate that is not made yet is left out of it.
        let held: BTreeSet<&str> = MAY_DEPEND_ON
            .iter()
            .filter(|(folder, _)| folder == name)
            .flat_map(|(_, allowed)| allowed.iter().copied())
            .filter(|allowed| folders.contains(allowed))
            .collect();
        if *printed != held {
            breaches.push(format!(
                "the code map says `{name}` may depend on {printed:?}; the rule says {held:?}"
            ));
        }
    }
    breaches
}

/// Links in Markdown, `](path)` or `](path#part)`, that name no file of the checkout.
fn link_breaches(files: &[File]) -> Vec<String> {
    let mut breaches = Vec::new();
    for file in files.iter().filter(|file| file.has_extension(&["md"])) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, line) in file.text().lines().enumerate() {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let path = target.split('#').next().unwrap_or("");
                if path.is_empty() || path.contains(':') {
                    continue;
                }
                let full = resolve(folder, path);
                let there = files
                    .iter()
                    .any(|other| other.path == full || other.path.starts_with(&format!("{full}/")));
                if !there {
                    breaches.push(format!(
                        "{}, line {}: the link to {path} leads nowhere",
                        file.path,
                        number + 1
                    ));
                }
            }
        }
    }
    breaches
}

fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn the_map_is_one_page_and_matches_the_folders() {
    hold(
        &map_breaches(&read("ARCHITECTURE.md"), &files()),
        "edit the table under \"## Code map\" in ARCHITECTURE.md: one row a folder of crates/, its name in the first column, \
         the crates it may depend on in the last.",
    );
}

#[test]
fn links_between_documents_lead_somewhere() {
    hold(
        &link_breaches(&files()),
        "correct the path, which counts from the folder of the document, or remove the link.",
    );
}

#[test]
fn a_wrong_map_is_found() {
    let page = format!(
        "# Map\n\n## Code map\n| crate | does | may depend on |\n|---|---|---|\n| `model` | nouns | `archive` |\n\
         | `ghost` | - | - |\n| `verify` | checks | `model` |\n\n## Rest\n| `other` | x |\n{}",
        "\n".repeat(MOST_MAP_LINES)
    );
    let names = ["crates/model/src/lib.rs", "crates/verify/src/lib.rs", "crates/text/src/lib.rs"];
    let files: Vec<File> = names.iter().map(|name| file(name, "")).collect();
    finds(
        &map_breaches(&page, &files),
        &[
            "100 at most",
            "crates/text is not in",
            "no folder crates/ghost",
            "`model` may depend on {\"archive\"}",
        ],
    );
}

#[test]
fn a_dead_link_is_found() {
    let files = [
        file(
            "docs/a.md",
            "[b](b.md) [up](../README.md#top) [out](https://example.org/x.md) [here](#here)\n\n[gone](../gone.md)\n",
        ),
        file("docs/b.md", "[folder](../crates/model)"),
        file("README.md", "[self](docs/a.md)"),
        file("crates/model/src/lib.rs", ""),
    ];
    finds(&link_breaches(&files), &["docs/a.md, line 3: the link to ../gone.md"]);
}

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
}
