//! Which files are meant: paths, folders, and lists of files with what is known of their sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{AddOptions, Item, Outcome};
use crate::CaseError;

/// One row of a list: a file, and what is known of its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// The file; relative paths count from the list's folder.
    pub file: PathBuf,
    /// The address that it was published at.
    pub url: Option<String>,
    /// When it was published: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub published: Option<String>,
}

/// What a list lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Files, with what is known of their sources.
    Files(Vec<SourceRow>),
    /// Addresses to capture.
    Addresses(Vec<String>),
}

impl SourceRow {
    /// Reads a list: of files, if its first line names a column `file`; otherwise of addresses, one a line or in the
    /// column `url` of a sheet.
    pub fn read_list(path: &Path) -> Result<Listed, CaseError> {
        let text = crate::workspace::read_text(path)?;
        let text = text.trim_start_matches('\u{feff}');
        let first = text.lines().next().unwrap_or_default();
        if !first.split([',', '\t']).any(|name| name.trim().trim_matches('"') == "file") {
            let shown = path.display();
            let malformed = |detail: String| {
                CaseError::input(
                    format!("{shown}: {detail}"),
                    "a list holds one address a line, or is a sheet with a column `url` (pages) or `file` (files)",
                )
            };
            let list = witnessmark_capture::urls::read_list(text.as_bytes())
                .map_err(|error| malformed(error.to_string()))?;
            if let Some(first) = list.faults.first() {
                return Err(malformed(first.to_string()));
            }
            return Ok(Listed::Addresses(
                list.urls.into_iter().map(|row| row.url.into()).collect(),
            ));
        }
        Self::read_files(path, text).map(Listed::Files)
    }

    /// The rows of a list of files: CSV, or tab-separated if its first line holds a tab, with the columns `file`, `url`
    /// and `published`; others are passed over. A file may be listed once.
    fn read_files(path: &Path, text: &str) -> Result<Vec<Self>, CaseError> {
        let tabs = text.lines().next().unwrap_or_default().contains('\t');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(if tabs { b'\t' } else { b',' })
            .flexible(true)
            .from_reader(text.as_bytes());
        let shown = path.display();
        let malformed = |detail: String| {
            CaseError::input(
                format!("{shown}: {detail}"),
                "a list has a header line with `file`, and optionally `url` and `published`",
            )
        };
        let header = reader.headers().map_err(|error| malformed(error.to_string()))?.clone();
        let column = |name: &str| header.iter().position(|found| found.trim() == name);
        let Some(file) = column("file") else {
            return Err(malformed("row 1: there is no column `file`".into()));
        };
        let (url, published) = (column("url"), column("published"));
        let folder = path.parent().unwrap_or(Path::new("."));
        let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
        for (number, record) in (2..).zip(reader.records()) {
            let record = record.map_err(|error| malformed(error.to_string()))?;
            let cell = |at: Option<usize>| {
                at.and_then(|at| record.get(at)).map(str::trim).filter(|cell| !cell.is_empty())
            };
            let Some(name) = cell(Some(file)) else {
                return Err(malformed(format!("row {number}: `file` is empty")));
            };
            let row = Self {
                file: folder.join(name),
                url: cell(url).map(str::to_owned),
                published: cell(published).map(str::to_owned),
            };
            if let Some(published) = &row.published
                && !is_date(published)
            {
                let detail = format!("row {number}, column published: `{published}` is no date");
                return Err(malformed(detail));
            }
            // An archive may be listed once for each page in it: the archive itself is added once.
            if seen.insert(row.file.clone()) {
                rows.push(row);
            } else if let Some(first) = rows.iter_mut().find(|first| first.file == row.file) {
                (first.url, first.published) = (None, None);
            }
        }
        Ok(rows)
    }
}

fn is_date(text: &str) -> bool {
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    witnessmark_model::moment::is_day(&full)
}

/// The files that are meant, in a fixed order, and what could not be looked into.
pub(super) fn expand(options: &AddOptions) -> Result<(Vec<Item>, Vec<Outcome>), CaseError> {
    let (mut items, mut failures) = (Vec::new(), Vec::new());
    let mut listed = BTreeSet::new();
    for row in &options.listed {
        listed.insert(row.file.canonicalize().unwrap_or_else(|_| row.file.clone()));
        items.push(Item {
            path: row.file.clone(),
            name: base_name(&row.file),
            url: row.url.clone(),
            published: row.published.clone(),
        });
    }
    for path in &options.paths {
        match path.metadata() {
            Ok(found) if found.is_dir() => walk(path, path, &mut items, &mut failures),
            Ok(_) => items.push(plain_item(path, base_name(path))),
            Err(cause) => {
                failures.push(Outcome::failure(path, &CaseError::file("read", path, &cause)));
            }
        }
    }
    // What a list says of a file goes before what its mere path says.
    let mut kept = BTreeSet::new();
    items.retain(|item| {
        let full = item.path.canonicalize().unwrap_or_else(|_| item.path.clone());
        let plain = item.url.is_none() && item.published.is_none();
        let superseded = plain && listed.contains(&full) && kept.contains(&full);
        !superseded && kept.insert(full)
    });
    Ok((items, failures))
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn plain_item(path: &Path, name: String) -> Item {
    Item { path: path.to_owned(), name, url: None, published: None }
}

/// Files below `folder`, sorted by name; links are not followed, and hidden files are passed over.
fn walk(top: &Path, folder: &Path, items: &mut Vec<Item>, failures: &mut Vec<Outcome>) {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(cause) => {
            failures.push(Outcome::failure(folder, &CaseError::file("look into", folder, &cause)));
            return;
        }
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(top, &path, items, failures),
            Ok(kind) if kind.is_file() => {
                let below = path.strip_prefix(top).unwrap_or(&path);
                let name = below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
                items.push(plain_item(&path, name));
            }
            Ok(_) => {}
            Err(cause) => {
                failures.push(Outcome::failure(&path, &CaseError::file("look at", &path, &cause)));
            }
        }
    }
}
