//! What the programs that measure share: HTML files below a folder, and the processor's time.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each program uses its own part, and may stop anywhere"
)]

use std::path::{Path, PathBuf};

use witnessmark_text::{Extraction, Hints, extract};

/// All HTML files below a folder, sorted.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html") || e == "htm") {
        files.push(path.to_owned());
    }
}

/// What pages are read as.
pub(crate) fn hints() -> Hints {
    Hints { media_type: Some("text/html".to_owned()), ..Hints::default() }
}

/// A page, if it can be read.
pub(crate) fn read(file: &Path) -> Option<Extraction> {
    extract(&std::fs::read(file).ok()?, &hints()).ok()
}

/// Seconds that this thread has computed for, whatever else the machine does (proc_pid_schedstat(5)).
pub(crate) fn processor_time() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    told.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
