//! Which files are read in a process of their own.

use memchr::memmem;
use witnessmark_text::Hints;

/// First bytes of files whose readers are large, or that hold other files.
const APART: &[&[u8]] = &[
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"{\\rtf",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"BM",
    b"RIFF",
];

/// Media types of documents that may begin like a text.
const TYPES: &[&str] = &["message/rfc822", "application/mbox", "application/rtf", "text/rtf"];
/// Endings of names of such documents, and of those whose first bytes say little.
const ENDINGS: &[&str] = &[
    ".pdf", ".eml", ".mbox", ".msg", ".mht", ".mhtml", ".rtf", ".tar", ".doc", ".docx", ".xls",
    ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".odp", ".epub", ".zip",
];
/// Fields that mails begin with (RFC 5322, section 3.6).
const MAIL_FIELDS: &[&str] = &[
    "bcc:",
    "cc:",
    "content-type:",
    "date:",
    "delivered-to:",
    "from ",
    "from:",
    "message-id:",
    "mime-version:",
    "received:",
    "reply-to:",
    "return-path:",
    "subject:",
    "to:",
    "x-",
];

/// Whether a file is read in a process of its own (see [`crate::process`]), and never in the one that asks.
///
/// False only for pages of the web and plain text, whose reader is this project's own: what is in doubt is read apart.
pub fn is_read_apart(bytes: &[u8], hints: &Hints) -> bool {
    let label = hints.media_type.as_deref().and_then(|label| label.split(';').next());
    let label = label.unwrap_or("").trim().to_ascii_lowercase();
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    // A PDF file may begin with other bytes (ISO 32000-1, annex H, note 13).
    if APART.iter().any(|first| head.starts_with(first))
        || bytes.get(257..262) == Some(b"ustar")
        || memmem::find(head, b"%PDF-").is_some() && !label.contains("html")
    {
        return true;
    }
    if matches!(label.as_str(), "text/html" | "application/xhtml+xml") {
        return false;
    }
    let name = hints.file_name.as_deref().unwrap_or("").to_ascii_lowercase();
    TYPES.contains(&label.as_str())
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || is_like_mail(head)
}

/// Whether the first lines are fields of a mail, two at least.
fn is_like_mail(head: &[u8]) -> bool {
    let lines = head.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let fields = lines.filter(|line| {
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        MAIL_FIELDS.iter().any(|field| line.starts_with(field))
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
