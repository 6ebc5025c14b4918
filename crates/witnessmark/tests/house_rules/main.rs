//! House rules: what a reviewer would otherwise have to remember, held by tests whose messages say how to mend a breach.
//!
//! Every rule is a function from what it reads to a list of breaches, so that each is also shown to find the breach it is for.
//! `cargo test -p witnessmark --test house_rules` runs them alone.

mod crates;
mod documents;
mod licences;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours: builds, version control, what `make demo` leaves.
const NOT_OURS: &[&str] = &[".git", "target", "node_modules", "__pycache__"];

/// One file of the checkout: its path from the checkout's root, with `/`, and its bytes.
struct File {
    path: String,
    bytes: Vec<u8>,
}

impl File {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or("")
    }

    fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }
}

/// The checkout's root: two folders above this package.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file of the checkout, sorted by path.
fn files() -> Vec<File> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "only {} files found under {}", found.len(), root().display());
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the checkout can be listed") {
        let entry = entry.expect("an entry of the checkout can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().expect("the kind of an entry is known");
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) && !name.starts_with("demo-case") {
            collect(&entry.path(), &format!("{prefix}{name}/"), found);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).expect("a file of the checkout can be read");
            found.push(File { path: format!("{prefix}{name}"), bytes });
        }
    }
}

/// Reads one file of the checkout that must be there.
fn read(path: &str) -> String {
    let read = fs::read_to_string(root().join(path));
    assert!(read.is_ok(), "{path} cannot be read: {:?}", read.err());
    read.unwrap_or_default()
}

/// Fails with every breach on a line of its own, and with what to do about them.
fn hold(breaches: &[String], mend: &str) {
    let list = breaches.join("\n  ");
    assert!(
        breaches.is_empty(),
        "{} breach(es) of a house rule:\n  {list}\nTo mend: {mend}\n",
        breaches.len()
    );
}

/// Shows that a rule finds exactly what it is for: one breach for each part of `expected`, in that order.
fn finds(breaches: &[String], expected: &[&str]) {
    assert_eq!(breaches.len(), expected.len(), "breaches found: {breaches:#?}");
    for (breach, part) in breaches.iter().zip(expected) {
        assert!(breach.contains(part), "`{breach}` does not name `{part}`");
    }
}
