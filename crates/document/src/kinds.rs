//! Which files are read in a process of their own.

use witnessmark_text::Hints;

use crate::kind::{Kind, MAIL_FIELDS, kind_of};

/// Media types of documents that may begin like a text.
const TYPES: &[&str] = &["message/rfc822", "application/mbox", "application/rtf", "text/rtf"];
/// Endings of names of such documents, and of those whose first bytes say little.
const ENDINGS: &[&str] = &[
    ".pdf", ".eml", ".mbox", ".msg", ".mht", ".mhtml", ".rtf", ".tar", ".doc", ".docx", ".xls",
    ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".odp", ".epub", ".zip",
];

/// Whether a file is read in a process of its own (see [`crate::process`]), and never in the one that asks.
///
/// False only for pages of the web and plain text, whose reader is this project's own: what is in doubt is read apart.
pub fn is_read_apart(bytes: &[u8], hints: &Hints) -> bool {
    let label = hints.media_type.as_deref().and_then(|label| label.split(';').next());
    let label = label.unwrap_or("").trim().to_ascii_lowercase();
    let is_page = matches!(label.as_str(), "text/html" | "application/xhtml+xml");
    match kind_of(bytes, hints) {
        // Web archives are read by a reader of our own, and begin like a text.
        Kind::Text | Kind::Named("application/warc") => {}
        // A page may begin with words about such files.
        Kind::Mail => return !is_page,
        Kind::Pdf => return bytes.starts_with(b"%PDF-") || !label.contains("html"),
        _ => return true,
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return true;
    }
    if is_page {
        return false;
    }
    let name = hints.file_name.as_deref().unwrap_or("").to_ascii_lowercase();
    TYPES.contains(&label.as_str())
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || is_like_mail(bytes)
}

/// Whether the first lines are fields of a mail, two at least.
fn is_like_mail(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let lines = head.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let fields = lines.filter(|line| {
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        let field = line.split(':').next().filter(|field| field.len() < line.len());
        line.starts_with("from ")
            || field.is_some_and(|field| field.starts_with("x-") || MAIL_FIELDS.contains(&field))
    });
    fields.take(2).count() == 2
}

#[cfg(test)]
mod tests {
    use super::{Hints, is_read_apart};

    #[test]
    fn only_pages_and_plain_text_are_read_in_the_process_that_asks() {
        let named = |name: &str| Hints { file_name: Some(name.to_owned()), ..Hints::default() };
        let typed = |kind: &str| Hints { media_type: Some(kind.to_owned()), ..Hints::default() };
        let tar = [&[b'a'; 257][..], b"ustar\0"].concat();
        for (bytes, hints, apart) in [
            (&b"%PDF-1.7"[..], Hints::default(), true),
            (b"\xef\xbb\xbf\n%PDF-1.7", typed("application/octet-stream"), true),
            (b"<p>how a %PDF-1.7 begins", typed("text/html; charset=utf-8"), false),
            (b"PK\x03\x04", typed("text/html"), true),
            (b"\x1f\x8b\x08", named("a.txt.gz"), true),
            (b"{\\rtf1 }", named("a.txt"), true),
            (b"\x78\x9f\x3e\x22", named("winmail.dat"), true),
            (b"BMW were seen.", named("a.txt"), false),
            (b"WARC/1.0\r\n", Hints::default(), false),
            (&tar, Hints::default(), true),
            (b"From: a@example.org\nSubject: b\n\nc", Hints::default(), true),
            (b"Subject: only one\n\nSubject: two", Hints::default(), false),
            (b"hello", named("a.eml"), true),
            (b"hello", typed("message/rfc822"), true),
            (b"hello", named("a.txt"), false),
            (b"<html>", Hints::default(), false),
            (b"", Hints::default(), false),
        ] {
            assert_eq!(is_read_apart(bytes, &hints), apart, "{bytes:?} {hints:?}");
        }
    }
}
