//! Archives: zip, gzip and tar, in each other, under limits.

pub(crate) mod directory;
pub(crate) mod gzip;
pub(crate) mod tar;
pub(crate) mod zip;

use witnessmark_text::{Content, Hints};

use crate::names::shown;

/// The name and version of this reader.
pub(crate) const READER: &str = "witnessmark-packed/1";

/// Names that the text of an archive lists.
const MAX_LISTED: usize = 100_000;

/// What an archive says: the names of its files, one on a line.
fn listing<'n>(
    media_type: &str,
    names: impl Iterator<Item = &'n str>,
    warnings: Vec<String>,
) -> Content {
    let mut text = String::new();
    for name in names.take(MAX_LISTED) {
        text.push_str(&shown(name));
        text.push('\n');
    }
    Content {
        media_type: media_type.to_owned(),
        extractor: READER.to_owned(),
        text,
        warnings,
        ..Content::default()
    }
}

/// What is known about a file in an archive: its name.
fn hints_for(name: &str) -> Hints {
    let last = name.rsplit('/').next().unwrap_or(name);
    Hints { file_name: Some(last.to_owned()), ..Hints::default() }
}

/// At most this many warnings of one kind; more are counted.
pub(crate) const MAX_ALIKE: usize = 20;

/// Cuts a list of warnings that an attacker could make endless.
pub(crate) fn curbed(mut warnings: Vec<String>, what: &str) -> Vec<String> {
    if warnings.len() > MAX_ALIKE {
        let more = warnings.len() - MAX_ALIKE;
        warnings.truncate(MAX_ALIKE);
        warnings.push(format!("{what}: {more} more warnings like these"));
    }
    warnings
}
