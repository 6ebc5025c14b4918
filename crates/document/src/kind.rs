//! What kind of file bytes are. The bytes decide; a name or label only where they leave it open.

use witnessmark_text::Hints;

use crate::mail::tnef;
use crate::packed::directory;
use crate::{pdf, picture};

/// A kind of file that this crate reads itself, or names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Gzip,
    Tar,
    /// An OLE compound file: Outlook's messages, and Office before 2007.
    Compound,
    Mail,
    /// A mail as Outlook packs it for another Outlook.
    Tnef,
    Rtf,
    Pdf,
    /// A picture of a kind that is decoded.
    Picture,
    /// Read by nothing here, under the media type.
    Named(&'static str),
    /// Left to the reader of pages and plain text.
    Text,
}

/// Header fields that tell a mail (RFC 5322, section 3.6; RFC 2045; and what servers add).
pub(crate) const MAIL_FIELDS: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "received",
    "return-path",
    "message-id",
    "mime-version",
    "delivered-to",
    "reply-to",
    "sender",
    "content-type",
    "dkim-signature",
    "x-mailer",
    "references",
    "in-reply-to",
];

const NAMED: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"BZh", "application/x-bzip2"),
    (b"WARC/1.", "application/warc"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"!BDN", "application/vnd.ms-outlook-pst"),
];

/// The kind of file.
pub(crate) fn kind_of(bytes: &[u8], hints: &Hints) -> Kind {
    if is_zip(bytes) {
        return Kind::Zip;
    }
    if bytes.starts_with(b"\x1f\x8b") {
        return Kind::Gzip;
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Kind::Compound;
    }
    if bytes.starts_with(b"{\\rtf") {
        return Kind::Rtf;
    }
    if bytes.starts_with(tnef::SIGNATURE) {
        return Kind::Tnef;
    }
    if is_tar(bytes) {
        return Kind::Tar;
    }
    // `BM`, `MZ` and `BZh` alone could begin a text: they count with zeros or controls behind them.
    let head = bytes.get(..bytes.len().min(256)).unwrap_or_default();
    let is_binary = head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26));
    if picture::is_picture(bytes) && (is_binary || !bytes.starts_with(b"BM")) {
        return Kind::Picture;
    }
    if pdf::is_pdf(bytes) {
        return Kind::Pdf;
    }
    // Photographs of telephones, in a container that films come in too (ISO/IEC 23008-12).
    if let Some(brand) = bytes.get(4..12).and_then(|name| name.strip_prefix(b"ftyp")) {
        match brand {
            b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1" => {
                return Kind::Named("image/heic");
            }
            b"avif" | b"avis" => return Kind::Named("image/avif"),
            _ => {}
        }
    }
    for (signature, media_type) in NAMED {
        if bytes.starts_with(signature) && (is_binary || signature.len() > 4) {
            return Kind::Named(media_type);
        }
    }
    if is_mail(bytes, hints) { Kind::Mail } else { Kind::Text }
}

/// Whether bytes are a zip file: they begin as one (a part of several with a mark before), or are a program that unpacks itself.
fn is_zip(bytes: &[u8]) -> bool {
    let parted = bytes.strip_prefix(b"PK\x07\x08").or_else(|| bytes.strip_prefix(b"PK00"));
    let start = parted.unwrap_or(bytes);
    start.starts_with(b"PK\x03\x04")
        || bytes.starts_with(b"PK\x05\x06")
        || (is_program(bytes) && directory::ends(bytes))
}

/// Whether bytes begin as programs do, for Windows, Linux, or a shell.
pub(crate) fn is_program(bytes: &[u8]) -> bool {
    [&b"MZ"[..], b"\x7fELF", b"#!"].iter().any(|first| bytes.starts_with(first))
}

/// A tar header's checksum is right (POSIX.1-2017, pax, "ustar Interchange Format").
pub(crate) fn is_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..512) else { return false };
    let Some(field) = header.get(148..156) else { return false };
    let written = field
        .iter()
        .skip_while(|byte| **byte == b' ')
        .take_while(|byte| (b'0'..=b'7').contains(*byte))
        .fold(None, |sum, byte| Some(sum.unwrap_or(0) * 8 + u32::from(byte - b'0')));
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    header.first() != Some(&0) && written == Some(sum)
}

/// Whether bytes begin with the header of a mail: two of its fields (one, where a label says mail) and no other line.
fn is_mail(bytes: &[u8], hints: &Hints) -> bool {
    let media_type = hints.media_type.as_deref().unwrap_or("").to_ascii_lowercase();
    let name = hints.file_name.as_deref().unwrap_or("").to_ascii_lowercase();
    let is_labelled = media_type.starts_with("message/rfc822")
        || media_type.starts_with("application/mbox")
        || [".eml", ".mbox", ".mht", ".mhtml"].iter().any(|end| name.ends_with(end));
    let head = bytes.get(..bytes.len().min(64 << 10)).unwrap_or_default();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut found: Vec<String> = Vec::new();
    for (at, line) in head.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || (at == 0 && line.starts_with(b"From ")) {
            if line.is_empty() {
                break;
            }
            continue;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let field = colon.and_then(|end| line.get(..end)).unwrap_or_default();
        let is_field = !field.is_empty() && field.iter().all(|byte| (33..=126).contains(byte));
        if !is_field {
            break;
        }
        let field = String::from_utf8_lossy(field).to_ascii_lowercase();
        if MAIL_FIELDS.contains(&field.as_str()) && !found.contains(&field) {
            found.push(field);
        } else if at == 0 && !field.starts_with("x-") && !is_labelled {
            return false;
        }
    }
    found.len() >= if is_labelled { 1 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::{Hints, Kind, kind_of};

    #[test]
    fn the_bytes_say_what_a_file_is() {
        // A header of tar whose first member is a PDF file.
        let mut tar = vec![0_u8; 512];
        tar[..5].copy_from_slice(b"a.pdf");
        tar[148..156].fill(b' ');
        let sum: u32 = tar.iter().map(|byte| u32::from(*byte)).sum();
        tar[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        tar.extend(b"%PDF-1.4\n");
        let named = |name: &str| Hints { file_name: Some(name.to_owned()), ..Hints::default() };
        for (bytes, hints, kind) in [
            (&b"%PDF-1.7\n"[..], named("a.txt"), Kind::Pdf),
            (b"\n\n%PDF-1.7\n", Hints::default(), Kind::Pdf),
            (&tar, Hints::default(), Kind::Tar),
            (b"\x89PNG\r\n\x1a\n", named("a.pdf"), Kind::Picture),
            (b"BM\x36\0\0\0\0\0\0\0", Hints::default(), Kind::Picture),
            (b"BMW were seen on the road.", Hints::default(), Kind::Text),
            (b"{\\rtf1 a}", Hints::default(), Kind::Rtf),
            (b"words", named("a.pdf"), Kind::Text),
            (b"\0\0\0\x18ftypheic\0\0\0\0", named("a.jpg"), Kind::Named("image/heic")),
            (b"\0\0\0\x18ftypisom\0\0\0\0", Hints::default(), Kind::Text),
        ] {
            assert_eq!(kind_of(bytes, &hints), kind, "{bytes:?}");
        }
    }
}
