//! Which encoding a page or a text file is in, decided as browsers decide it, and decoded.
//!
//! Order (WHATWG HTML, section 13.2.3.2 "Determining the character encoding"): byte order mark,
//! the transport's word, the page's own `meta` or XML declaration, then a guess by `chardetng`,
//! which is Firefox's. One step is ours: bytes that are valid UTF-8 with many multi-byte
//! sequences, or that cannot be what their label says, are mislabelled, and read as what they are.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr, memchr_iter, memmem};

/// How far into a page its own declaration is looked for. Browsers look at the first 1,024 bytes
/// and start again when a later `meta` says otherwise; reading the head at once gives the same.
const PRESCAN_BYTES: usize = 64 * 1024;
/// Valid multi-byte UTF-8 sequences that make chance unlikely: a Chinese character of GBK is a
/// valid sequence of UTF-8 in about one of seven cases.
const CERTAIN_SEQUENCES: usize = 10;

/// Bytes as text, and how the encoding was found.
#[derive(Debug)]
pub(crate) struct Decoded<'b> {
    pub(crate) text: Cow<'b, str>,
    /// The name of the encoding, as the WHATWG Encoding Standard spells it.
    pub(crate) charset: &'static str,
    pub(crate) warnings: Vec<String>,
}

/// Decodes bytes. `label` is what HTTP said; `is_markup` allows a declaration inside the page;
/// `host` is the page's host name, whose last part helps the guess.
pub(crate) fn decode<'b>(
    bytes: &'b [u8],
    label: Option<&str>,
    is_markup: bool,
    host: Option<&str>,
) -> Decoded<'b> {
    let mut warnings = Vec::new();
    if let Some((encoding, mark_length)) = Encoding::for_bom(bytes) {
        return finish(bytes.get(mark_length..).unwrap_or_default(), encoding, warnings);
    }
    let labelled = match label.map(str::trim).filter(|label| !label.is_empty()) {
        Some(label) => {
            let found = encoding_for(label);
            if found.is_none() {
                warnings.push(format!("charset: HTTP names an unknown charset, {label:?}"));
            }
            found
        }
        None => None,
    };
    let declared = labelled.or_else(|| if is_markup { prescan(bytes) } else { None });
    let encoding = match declared {
        Some(encoding) => corrected(bytes, encoding, host, &mut warnings),
        None => guess(bytes, host),
    };
    finish(bytes, encoding, warnings)
}

fn encoding_for(label: &str) -> Option<&'static Encoding> {
    let label = label.trim_matches(['"', '\'']);
    Encoding::for_label(label.as_bytes()).filter(|found| *found != REPLACEMENT)
}

fn finish<'b>(
    bytes: &'b [u8],
    encoding: &'static Encoding,
    mut warnings: Vec<String>,
) -> Decoded<'b> {
    // GB18030 is read where GBK is named: the decoders of the two are the same.
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        let count = text.matches('\u{FFFD}').count();
        warnings.push(format!(
            "charset: {count} places are not valid {} and show as U+FFFD",
            encoding.name()
        ));
    }
    Decoded { text, charset: encoding.name(), warnings }
}

/// The declared encoding, unless the bytes prove it wrong.
fn corrected(
    bytes: &[u8],
    declared: &'static Encoding,
    host: Option<&str>,
    warnings: &mut Vec<String>,
) -> &'static Encoding {
    let mislabelled = |found: &'static Encoding, warnings: &mut Vec<String>| {
        warnings.push(format!(
            "charset: labelled {}, but the bytes are {}; read as {}",
            declared.name(),
            found.name(),
            found.name()
        ));
        found
    };
    if declared == UTF_16LE || declared == UTF_16BE {
        return match sixteen_bit(bytes) {
            Some(found) => found,
            // Chinese alone has no zeros. What no UTF-16 holds, and what is UTF-8 from end to end, is something else.
            None => {
                let is_eight_bit = memchr(0, bytes).is_none() && utf_8_sequences(bytes).0;
                if !is_eight_bit && !declared.decode_without_bom_handling(bytes).1 {
                    return declared;
                }
                mislabelled(guess(bytes, host), warnings)
            }
        };
    }
    if declared == ISO_2022_JP {
        return declared;
    }
    let (valid, sequences) = utf_8_sequences(bytes);
    if declared == UTF_8 {
        if valid {
            return UTF_8;
        }
        let errors = UTF_8.decode_without_bom_handling(bytes).0.matches('\u{FFFD}').count();
        // A page in UTF-8 with a few broken bytes is still UTF-8.
        if sequences > 4 * errors {
            return UTF_8;
        }
        let found = guess(bytes, host);
        if found == UTF_8 || found.decode_without_bom_handling(bytes).1 {
            return UTF_8;
        }
        return mislabelled(found, warnings);
    }
    if valid && sequences >= CERTAIN_SEQUENCES {
        return mislabelled(UTF_8, warnings);
    }
    if !declared.is_single_byte() && declared.decode_without_bom_handling(bytes).1 {
        let found = guess(bytes, host);
        let same = found == declared || (found == GBK && declared == GB18030);
        if !same && !found.decode_without_bom_handling(bytes).1 && !found.is_single_byte() {
            return mislabelled(found, warnings);
        }
    }
    declared
}

/// Whether the bytes are valid UTF-8 but for a sequence that the end cuts off, and how many
/// multi-byte sequences are valid before the first error (all, where there is none).
fn utf_8_sequences(bytes: &[u8]) -> (bool, usize) {
    let (valid, good) = match std::str::from_utf8(bytes) {
        Ok(_) => (true, bytes),
        Err(error) => {
            (error.error_len().is_none(), bytes.get(..error.valid_up_to()).unwrap_or_default())
        }
    };
    if valid {
        return (true, good.iter().filter(|byte| **byte >= 0xC0).count());
    }
    // With errors, count all that are well formed, also behind the first error.
    let sequences = bytes
        .utf8_chunks()
        .map(|chunk| chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count())
        .sum();
    (false, sequences)
}

fn guess(bytes: &[u8], host: Option<&str>) -> &'static Encoding {
    let (valid, sequences) = utf_8_sequences(bytes);
    if valid && (sequences > 0 || bytes.is_ascii()) && memchr(0, bytes).is_none() {
        // ISO-2022-JP is all ASCII bytes, with escapes.
        if memmem::find(bytes, b"\x1b$").is_none() {
            return UTF_8;
        }
    }
    if let Some(found) = sixteen_bit(bytes) {
        return found;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let top = host
        .and_then(|host| host.rsplit('.').next())
        .map(str::to_ascii_lowercase)
        .filter(|top| !top.is_empty() && top.is_ascii());
    detector.guess(top.as_deref().map(str::as_bytes), Utf8Detection::Allow)
}

/// UTF-16 without a mark: in markup and Western text every other byte is zero.
fn sixteen_bit(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    if sample.len() < 4 {
        return None;
    }
    let pairs = sample.len() / 2;
    let (mut even, mut odd) = (0, 0);
    for at in memchr_iter(0, sample) {
        if at % 2 == 0 {
            even += 1;
        } else {
            odd += 1;
        }
    }
    if odd * 5 >= pairs && even * 20 <= odd {
        Some(UTF_16LE)
    } else if even * 5 >= pairs && odd * 20 <= even {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The encoding a page declares about itself: an XML declaration or a `meta` element (HTML,
/// section 13.2.3.3 "Prescanning a byte stream to determine its encoding").
fn prescan(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(PRESCAN_BYTES)).unwrap_or_default();
    if head.starts_with(b"<?xml") {
        let declaration = head.get(..memchr(b'>', head)?).unwrap_or_default();
        if let Some(at) = memmem::find(declaration, b"encoding")
            && let Some(label) = attribute_value(declaration.get(at + 8..)?)
            && let Some(found) = declared_encoding(&label)
        {
            return Some(found);
        }
    }
    let mut at = 0;
    while let Some(found) = head.get(at..).and_then(|rest| memchr(b'<', rest)) {
        let from = at + found;
        let rest = head.get(from..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            // `<!-->` is a whole comment: the hyphens may be those of its start.
            at = from + 2 + memmem::find(rest.get(2..).unwrap_or_default(), b"-->")? + 3;
            continue;
        }
        if starts_with_name(rest, b"<body") {
            return None;
        }
        let end = from + tag_length(rest)?;
        if starts_with_name(rest, b"<meta") {
            let tag = head.get(from + 5..end).unwrap_or_default();
            if let Some(found) = meta_encoding(tag) {
                return Some(found);
            }
        }
        at = end.max(from + 1);
    }
    None
}

fn starts_with_name(rest: &[u8], name: &[u8]) -> bool {
    rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        && rest
            .get(name.len())
            .is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
}

/// The length of a tag up to its `>`, quotes minded.
fn tag_length(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'')
                if at > 0 && tag.get(at - 1).is_some_and(|b| *b == b'=' || *b == b' ') =>
            {
                quote = Some(*byte);
            }
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    None
}

fn meta_encoding(tag: &[u8]) -> Option<&'static Encoding> {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = memmem::find(lower.get(from..)?, b"charset") {
        let after = from + found + b"charset".len();
        if let Some(label) = attribute_value(tag.get(after..)?) {
            return declared_encoding(&label);
        }
        from = after;
    }
    None
}

/// The value after `=`, quoted or bare.
fn attribute_value(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let value = text.trim_start().strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let end = value
        .find(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | ';' | '>' | '/'))
        .unwrap_or(value.len());
    let value = value.get(..end)?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// A page that could be read as ASCII to find its declaration is not in UTF-16, whatever it says.
fn declared_encoding(label: &str) -> Option<&'static Encoding> {
    let found = encoding_for(label)?;
    Some(match found.name() {
        "UTF-16LE" | "UTF-16BE" => UTF_8,
        "x-user-defined" => encoding_rs::WINDOWS_1252,
        _ => found,
    })
}

/// Whether the bytes are UTF-16, by their mark or by their zeros.
pub(crate) fn is_sixteen_bit(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || sixteen_bit(bytes).is_some()
}
