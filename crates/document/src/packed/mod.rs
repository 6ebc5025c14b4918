//! Archives: zip, gzip and tar, in each other, under limits.

pub(crate) mod directory;
pub(crate) mod gzip;
pub(crate) mod tar;
pub(crate) mod zip;

use std::collections::BTreeMap;

use witnessmark_text::{Content, Hints};

use crate::names::shown;

/// The name and version of this reader.
pub(crate) const READER: &str = "witnessmark-packed/2";

/// Names that the text of an archive lists.
const MAX_LISTED: usize = 100_000;

/// What an archive says: the names of its files, one on a line. `total` is how many it has.
fn listing<'n>(
    media_type: &str,
    names: impl Iterator<Item = &'n str>,
    total: u64,
    mut warnings: Vec<String>,
) -> Content {
    let mut text = String::new();
    let mut listed = 0;
    for name in names.take(MAX_LISTED) {
        text.push_str(&shown(name));
        text.push('\n');
        listed += 1;
    }
    if listed < total {
        warnings.push(format!("files: only the first {listed} of {total} names are listed"));
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
const MAX_ALIKE: usize = 20;
/// At most this many warnings of all kinds.
const MAX_WARNINGS: usize = 200;

/// Cuts a list of warnings that an attacker could make endless, so that many of one kind hide none of another. The words
/// before the colon are the kind.
pub(crate) fn curbed(warnings: Vec<String>, what: &str) -> Vec<String> {
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    let mut more = 0;
    for warning in warnings {
        let kind = warning.split(':').next().unwrap_or_default().to_owned();
        let count = alike.entry(kind).or_default();
        *count += 1;
        if *count <= MAX_ALIKE && kept.len() < MAX_WARNINGS {
            kept.push(warning);
        } else {
            more += 1;
        }
    }
    if more > 0 {
        kept.push(format!("{what}: {more} more warnings like these"));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::curbed;

    /// Twenty names with a NUL hid that the file was encrypted.
    #[test]
    fn many_warnings_of_one_kind_hide_none_of_another() {
        let many = (0..50).map(|n| format!("name: {n} holds a NUL"));
        let all = many.chain(["password: it is encrypted".to_owned()]).collect();
        let kept = curbed(all, "names");
        assert_eq!(kept.len(), 22);
        assert_eq!(kept[20], "password: it is encrypted");
        assert_eq!(kept[21], "names: 30 more warnings like these");
    }
}
