//! Names of files inside files: decoded, made harmless, and shown without the tricks of invisible characters.

use std::collections::HashMap;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;
use unicode_normalization::UnicodeNormalization;

/// Names longer than this are cut in warnings and places.
const MAX_NAME: usize = 500;

/// Whether a character turns the direction of text or hides in it.
fn is_trick(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}'
            | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// A name as warnings show it: what is invisible or turns the direction is written as `\u{202e}`.
pub(crate) fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for (at, c) in name.chars().enumerate() {
        if at == MAX_NAME {
            text.push('…');
            break;
        }
        if is_trick(c) { text.extend(c.escape_unicode()) } else { text.push(c) }
    }
    text
}

/// A name for a document's place, and what is wrong with the name that the file holds.
///
/// The place never leads out of the archive: parts that are empty, `.` or `..` are left out, and `\` parts like `/`.
pub(crate) fn place_name(name: &str) -> (String, Vec<String>) {
    let mut problems = Vec::new();
    let mut note = |what: &str| problems.push(format!("name: {} {what}", shown(name)));
    if name.contains('\0') {
        note("holds a NUL");
    }
    if name.chars().any(|c| c != '\0' && is_trick(c)) {
        note("holds characters that are invisible or turn the direction of writing");
    }
    if name.starts_with("\\\\") || name.starts_with("//") {
        note("is an address on another computer (UNC)");
    } else if name.starts_with(['/', '\\']) {
        note("is absolute");
    }
    let mut letters = name.chars();
    if letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next() == Some(':') {
        note("names a drive");
    }
    if name.split(['/', '\\']).any(|part| part == "..") {
        note("leads out of the archive");
    }
    let parts = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    let kept: Vec<String> = parts.map(shown).collect();
    let kept = if kept.is_empty() { "unnamed".to_owned() } else { kept.join("/") };
    (kept, problems)
}

/// Gives each file of one archive a place of its own, and notices names that others would take for the same.
#[derive(Debug, Default)]
pub(crate) struct Places {
    folded: HashMap<String, (String, u32)>,
}

impl Places {
    /// The place for a name; where one like it is there already, also a warning.
    pub(crate) fn add(&mut self, place: String) -> (String, Option<String>) {
        let folded: String = place.nfkc().flat_map(char::to_lowercase).collect();
        let Some((first, count)) = self.folded.get_mut(&folded) else {
            self.folded.insert(folded, (place.clone(), 1));
            return (place, None);
        };
        *count += 1;
        if *first == place {
            let warning = format!("name: {place} is there more than once");
            return (format!("{place} ({count})"), Some(warning));
        }
        let warning = format!(
            "name: {place} differs from {first} in nothing but case or Unicode form; many systems take them for the same"
        );
        (format!("{place} ({count})"), Some(warning))
    }
}

/// Text in an encoding that nothing names: UTF-8 where it is valid, else Firefox's guess.
pub(crate) fn guessed_encoding<'a>(samples: impl Iterator<Item = &'a [u8]>) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut valid = true;
    for sample in samples {
        valid &= std::str::from_utf8(sample).is_ok();
        detector.feed(sample, false);
        detector.feed(b"\n", false);
    }
    if valid {
        return encoding_rs::UTF_8;
    }
    detector.feed(b"", true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Decodes bytes without a declared encoding.
pub(crate) fn decode_guessed(bytes: &[u8]) -> String {
    let encoding = guessed_encoding(std::iter::once(bytes));
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}
