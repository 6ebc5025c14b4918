//! Files that tests make by hand, and what reading them gives.

#![allow(dead_code, reason = "each test file uses its own part")]

use witnessmark_document::{Document, Limits, read};
use witnessmark_text::Hints;

/// A zip whose files are stored as they are, with no directory: it is read by the headers of its files.
pub(crate) fn stored(files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        // A name that begins with `!` is that of a file that says it is encrypted.
        let (flags, name) = match name.strip_prefix('!') {
            Some(name) => (1, name),
            None => (0, *name),
        };
        out.extend(b"PK\x03\x04\x14\0");
        out.extend([flags, 8]);
        out.extend([0; 10]);
        out.extend(length);
        out.extend(length);
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend([0; 2]);
        out.extend(name.as_bytes());
        out.extend(bytes.as_bytes());
    }
    out
}

/// Every document of a file, under limits.
pub(crate) fn read_with(bytes: &[u8], limits: &Limits) -> Vec<Document> {
    let mut found = Vec::new();
    read(bytes, &Hints::default(), limits, &mut |document| found.push(document));
    found
}

/// Every document of a file.
pub(crate) fn read_all(bytes: &[u8]) -> Vec<Document> {
    read_with(bytes, &Limits::default())
}

/// Each document as `place: text`, and all warnings as one text.
pub(crate) fn summary(found: &[Document]) -> (Vec<String>, String) {
    let mut warnings = String::new();
    let lines = found.iter().map(|document| {
        let place = document.inside.clone().unwrap_or_default();
        match &document.content {
            Ok(content) => {
                warnings.push_str(&content.warnings.join("\n"));
                warnings.push('\n');
                format!("{place}: {}", content.text.trim_end())
            }
            Err(error) => format!("{place}! {error}"),
        }
    });
    (lines.collect(), warnings)
}

/// Checks what each document says, and that the warnings hold these words.
pub(crate) fn check(bytes: &[u8], lines: &[&str], warned: &[&str]) {
    let (found, warnings) = summary(&read_all(bytes));
    assert_eq!(found, lines, "{warnings}");
    for words in warned {
        assert!(warnings.contains(words), "{words:?} is not in {warnings}");
    }
}
