//! Words of a header as mailers write them (RFC 2047, RFC 2231), where the parser of mails bends them: letters that are cut in
//! two between encoded words, and letters that are not encoded at all.

use encoding_rs::{Encoding, UTF_8};
use mail_parser::decoders::base64::base64_decode;

use crate::names::decode_guessed;
use crate::office::rtf;

/// A longer encoded word is none; 75 bytes is what the standard allows.
const MAX_WORD: usize = 4000;

/// The encoding that a label names, as mailers write it.
pub(super) fn encoding_of(label: &str) -> Option<&'static Encoding> {
    let label = label.trim();
    let numbered = || {
        let lower = label.to_ascii_lowercase();
        let number = ["cp", "ms", "windows-"].iter().find_map(|start| lower.strip_prefix(start))?;
        rtf::codepage(number.parse().ok()?)
    };
    Encoding::for_label(label.as_bytes()).or_else(numbered)
}

/// A part of a header's value.
enum Part<'r> {
    /// Bytes as they stand there.
    Plain(&'r [u8]),
    /// An encoded word: its charset, and its bytes.
    Word(&'r [u8], Vec<u8>),
}

/// A header's value in letters. `fallback` is the encoding of letters that are not encoded, as far as the mail tells.
pub(super) fn decode(raw: &[u8], fallback: Option<&'static Encoding>) -> String {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut rest = raw;
    let mut plain_from = 0;
    let mut at = 0;
    while at < raw.len() {
        if let Some((charset, bytes, length)) = encoded_word(rest) {
            let plain = raw.get(plain_from..at).unwrap_or_default();
            // White space between two encoded words is no part of the value.
            let is_between =
                matches!(parts.last(), Some(Part::Word(..))) && plain.trim_ascii().is_empty();
            if !plain.is_empty() && !is_between {
                parts.push(Part::Plain(plain));
            }
            match parts.last_mut() {
                Some(Part::Word(last, whole)) if last.eq_ignore_ascii_case(charset) => {
                    whole.extend(bytes);
                }
                _ => parts.push(Part::Word(charset, bytes)),
            }
            at += length;
            plain_from = at;
        } else {
            at += 1;
        }
        rest = raw.get(at..).unwrap_or_default();
    }
    parts.push(Part::Plain(raw.get(plain_from..).unwrap_or_default()));
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Plain(bytes) => text.push_str(&bare(bytes, fallback)),
            Part::Word(charset, bytes) => {
                let charset = String::from_utf8_lossy(charset);
                let encoding = encoding_of(&charset).unwrap_or(UTF_8);
                text.push_str(&encoding.decode_without_bom_handling(&bytes).0);
            }
        }
    }
    text
}

/// Letters that are not encoded, as some mailers in China send them: UTF-8 where they are valid, else in the mail's own
/// encoding, else guessed.
fn bare(bytes: &[u8], fallback: Option<&'static Encoding>) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        // Some Chinese words in GBK are letters of other scripts in UTF-8, but no Chinese ones.
        let is_surely_utf_8 = text.is_ascii() || text.chars().any(|c| c >= '\u{800}');
        if is_surely_utf_8 || fallback.is_none_or(|own| own.is_single_byte() || own == UTF_8) {
            return text.to_owned();
        }
    }
    let own =
        fallback.and_then(|own| own.decode_without_bom_handling_and_without_replacement(bytes));
    own.map_or_else(|| decode_guessed(bytes), std::borrow::Cow::into_owned)
}

/// The encoded word that bytes begin with: its charset, its bytes, and how long it is.
fn encoded_word(bytes: &[u8]) -> Option<(&[u8], Vec<u8>, usize)> {
    let inner = bytes.strip_prefix(b"=?")?;
    let end = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'?');
    let charset_length = end(inner).filter(|length| (1..=40).contains(length))?;
    let charset = inner.get(..charset_length)?;
    if !charset.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let form = *inner.get(charset_length + 1)?;
    let data = inner.get(charset_length + 2..)?.strip_prefix(b"?")?;
    let data = data.get(..data.len().min(MAX_WORD)).unwrap_or_default();
    let data_length = data.windows(2).position(|two| two == b"?=")?;
    let data = data.get(..data_length)?;
    if data.contains(&b'\n') {
        return None;
    }
    let decoded = match form {
        b'b' | b'B' => base64_decode(data)?,
        b'q' | b'Q' => quoted(data),
        _ => return None,
    };
    // A language may follow the charset (RFC 2231, section 5).
    let charset = charset.split(|byte| *byte == b'*').next()?;
    Some((charset, decoded, charset_length + data_length + 7))
}

/// The encoding Q (RFC 2047, section 4.2).
fn quoted(data: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> =
        data.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
    unescaped(&spaced, b'=')
}

/// Bytes written as two figures behind a mark.
fn unescaped(data: &[u8], mark: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len());
    let mut rest = data;
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == mark => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

/// The value of a parameter of a header, such as the name of a file, with the pieces that it is cut into (RFC 2231, section 3)
/// joined before they are decoded.
pub(super) fn parameter(
    raw: &[u8],
    name: &str,
    fallback: Option<&'static Encoding>,
) -> Option<String> {
    let mut pieces: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut charset = None;
    for (key, value) in parameters(raw) {
        let key = key.to_ascii_lowercase();
        if key == name {
            return Some(decode(value, fallback)).filter(|name| !name.trim().is_empty());
        }
        let Some(order) = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('*')) else {
            continue;
        };
        // Encoded if a star ends it, or if the first star is all there is.
        let is_encoded = order.is_empty() || order.ends_with('*');
        let number = order.trim_end_matches('*').parse().unwrap_or(0);
        if !is_encoded {
            pieces.push((number, value.to_vec()));
            continue;
        }
        let mut marks = value.splitn(3, |byte| *byte == b'\'');
        let value = match (number, marks.next(), marks.next(), marks.next()) {
            (0, Some(label), Some(_), Some(rest)) => {
                charset = Some(String::from_utf8_lossy(label).into_owned());
                rest
            }
            _ => value,
        };
        pieces.push((number, unescaped(value, b'%')));
    }
    pieces.sort_by_key(|(number, _)| *number);
    let bytes: Vec<u8> = pieces.into_iter().flat_map(|(_, bytes)| bytes).collect();
    let encoding = charset.as_deref().and_then(encoding_of);
    let text = match encoding {
        Some(encoding) => encoding.decode_without_bom_handling(&bytes).0.into_owned(),
        None => bare(&bytes, fallback),
    };
    Some(text).filter(|name| !name.trim().is_empty())
}

/// The parameters of a header: names and values, without the quotes around these.
fn parameters(raw: &[u8]) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut in_quotes = false;
    let ends = raw.iter().enumerate().filter_map(|(at, byte)| {
        in_quotes ^= *byte == b'"';
        (*byte == b';' && !in_quotes).then_some(at)
    });
    for end in ends.chain([raw.len()]) {
        let part = raw.get(start..end).unwrap_or_default();
        start = end + 1;
        let Some(equals) = part.iter().position(|byte| *byte == b'=') else { continue };
        let name = part.get(..equals).unwrap_or_default().trim_ascii();
        let value = part.get(equals + 1..).unwrap_or_default().trim_ascii();
        let bare = value.strip_prefix(b"\"").map(|rest| rest.strip_suffix(b"\"").unwrap_or(rest));
        found.push((String::from_utf8_lossy(name).into_owned(), bare.unwrap_or(value)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{decode, parameter};

    /// A mailer cut a name in the middle of a letter: it came out as another name.
    #[test]
    fn letters_that_are_cut_between_words_are_whole() {
        for (raw, text) in [
            (&b"=?GB2312?B?1Q==?= =?gb2312?B?xcj9?="[..], "张三"),
            (b"=?UTF-8?Q?=E5=BC?=\r\n =?UTF-8?Q?=A0=E4=B8=89?=", "张三"),
            (b"=?GB18030?B?1cXI/Q==?= <a@b.c>", "张三 <a@b.c>"),
            (b"=?big5?B?sWmkVA==?=_=?utf-8?q?x_y?=", "張三_x y"),
            (b"a =?cp936?Q?=D5=C5?= b", "a 张 b"),
            (b"=?x?Z?a?= =?utf-8?B", "=?x?Z?a?= =?utf-8?B"),
            (b"\xe5\xbc\xa0", "张"),
            (b"", ""),
        ] {
            assert_eq!(decode(raw, None), text, "{raw:?}");
        }
        assert_eq!(decode(b"\xd5\xc5", Some(encoding_rs::GBK)), "张");
        assert_eq!(decode(b"\xcd\xa8\xd6\xaa", Some(encoding_rs::GBK)), "通知");
        assert_eq!(decode(b"\xc3\xa9\xe5\xbc\xa0", Some(encoding_rs::GBK)), "é张");
    }

    #[test]
    fn names_of_files_are_read_in_every_form() {
        for (raw, name) in [
            (&b"attachment; filename=\"\xd5\xc5.txt\""[..], "张.txt"),
            (b"attachment; filename*=GB18030''%D5%C5.txt", "张.txt"),
            (
                b"attachment; filename*0*=gbk''%D5;\r\n filename*1*=%C5; filename*2=\";.txt\"",
                "张;.txt",
            ),
            (b"attachment; filename=\"=?gbk?B?1Q==?= =?gbk?B?xQ==?=\"", "张"),
        ] {
            let found = parameter(raw, "filename", Some(encoding_rs::GBK));
            assert_eq!(found.as_deref(), Some(name), "{raw:?}");
        }
        assert_eq!(parameter(b"attachment", "filename", None), None);
    }
}
