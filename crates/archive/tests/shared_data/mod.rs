//! Finds data of other owners, which is read where it lies and never copied.
#![allow(dead_code, reason = "each test file uses a part")]

use std::path::PathBuf;

/// The folder of other owners' web archives, or `None` with a line that says so.
pub(crate) fn web_archives() -> Option<PathBuf> {
    let shared = std::env::var_os("WITNESSMARK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/warc");
    if folder.join("manifest.tsv").is_file() {
        return Some(folder);
    }
    println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
    None
}

/// One row of `manifest.tsv`.
pub(crate) struct Row {
    /// Repository and path below it.
    pub(crate) name: String,
    /// The file's bytes.
    pub(crate) bytes: Vec<u8>,
    /// What the manifest's author measured with other tools.
    pub(crate) measured: String,
}

/// Every row whose file is an archive.
pub(crate) fn rows(folder: &std::path::Path) -> Vec<Row> {
    let text = std::fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let name = format!("{}/{}", cells[0], cells[1]);
            let bytes = std::fs::read(folder.join(&name)).unwrap();
            let measured = cells.last().copied().unwrap_or_default().to_owned();
            Row { name, bytes, measured }
        })
        .filter(|row| row.name.contains(".warc") || row.name.contains(".arc"))
        .collect()
}
