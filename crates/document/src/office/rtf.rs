//! Rich Text Format (Microsoft, RTF 1.9.1): its letters, without its looks.

use encoding_rs::Encoding;
use witnessmark_text::Content;

/// Groups deeper than this are read as if they were this deep.
const MAX_DEPTH: usize = 1000;

/// Groups that hold no text of the document.
const NO_TEXT: &[&str] = &[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "themedata",
    "datastore",
    "listtable",
    "listoverridetable",
    "rsidtbl",
    "generator",
    "xmlnstbl",
    "fldinst",
    "header",
    "footer",
    "headerl",
    "headerr",
    "footerl",
    "footerr",
    "filetbl",
    "latentstyles",
    "pntext",
    "listtext",
    "bkmkstart",
    "bkmkend",
    "nonshppict",
    "mmathPr",
    "revtbl",
    "htmltag",
];

/// Text, and what was found wanting.
#[derive(Debug, Default)]
pub(crate) struct Rtf {
    pub(crate) text: String,
    pub(crate) warnings: Vec<String>,
}

/// The encoding of a Windows code page.
pub(crate) fn codepage(number: u64) -> Option<&'static Encoding> {
    let label = match number {
        936 => "gbk".to_owned(),
        54_936 => "gb18030".to_owned(),
        950 => "big5".to_owned(),
        932 => "shift_jis".to_owned(),
        949 => "euc-kr".to_owned(),
        874 | 1250..=1258 => format!("windows-{number}"),
        10_000 => "macintosh".to_owned(),
        20_866 => "koi8-r".to_owned(),
        20_932 | 51_932 => "euc-jp".to_owned(),
        50_220..=50_222 => "iso-2022-jp".to_owned(),
        65_001 => "utf-8".to_owned(),
        28_591..=28_606 => format!("iso-8859-{}", number - 28_590),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// The encoding of a font's character set (`\fcharset`).
fn charset(number: i64) -> Option<&'static Encoding> {
    codepage(match number {
        0 => 1252,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

#[derive(Clone, Debug)]
struct Group {
    is_skipped: bool,
    is_hidden: bool,
    is_font_table: bool,
    font: i64,
    /// How many bytes stand behind `\u` for older readers.
    fallback: usize,
}

struct Reader {
    out: Rtf,
    bytes: Vec<u8>,
    groups: Vec<Group>,
    now: Group,
    too_deep: usize,
    encoding: &'static Encoding,
    fonts: std::collections::HashMap<i64, &'static Encoding>,
    to_skip: usize,
    surrogate: Option<u16>,
    deleted: String,
    is_deleted: bool,
}

/// Reads the text.
pub(crate) fn text(source: &[u8]) -> Rtf {
    let now =
        Group { is_skipped: false, is_hidden: false, is_font_table: false, font: -1, fallback: 1 };
    let mut reader = Reader {
        out: Rtf::default(),
        bytes: Vec::new(),
        groups: Vec::new(),
        now,
        too_deep: 0,
        encoding: encoding_rs::WINDOWS_1252,
        fonts: std::collections::HashMap::new(),
        to_skip: 0,
        surrogate: None,
        deleted: String::new(),
        is_deleted: false,
    };
    reader.read(source);
    reader.flush();
    if !reader.groups.is_empty() {
        reader.out.warnings.push("damaged: it ends before its groups do".to_owned());
    }
    if !reader.deleted.trim().is_empty() {
        let words = crate::names::shown(reader.deleted.trim());
        reader.out.warnings.push(format!("deleted text, which is not part of the text: {words}"));
    }
    reader.out
}

/// Reads a file.
pub(crate) fn read(bytes: &[u8], mut warnings: Vec<String>) -> Content {
    let found = text(bytes);
    warnings.extend(found.warnings);
    let mut text = found.text;
    text.truncate(text.trim_end().len());
    Content {
        media_type: "application/rtf".to_owned(),
        extractor: super::READER.to_owned(),
        text,
        warnings,
        ..Content::default()
    }
}

impl Reader {
    fn read(&mut self, source: &[u8]) {
        let mut at = 0;
        while let Some(byte) = source.get(at) {
            at += 1;
            match byte {
                b'{' => {
                    self.flush();
                    if self.groups.len() < MAX_DEPTH {
                        self.groups.push(self.now.clone());
                    } else {
                        self.too_deep += 1;
                    }
                }
                b'}' => {
                    self.flush();
                    if self.too_deep > 0 {
                        self.too_deep -= 1;
                    } else if let Some(group) = self.groups.pop() {
                        self.now = group;
                    }
                }
                b'\r' | b'\n' => {}
                b'\\' => at = self.control(source, at),
                other => self.byte(*other),
            }
        }
    }

    /// Reads what follows a backslash; returns where to go on.
    fn control(&mut self, source: &[u8], start: usize) -> usize {
        let Some(first) = source.get(start) else { return start };
        if !first.is_ascii_alphabetic() {
            match first {
                b'\'' => {
                    let hex = source.get(start + 1..start + 3);
                    let hex = hex.and_then(|two| std::str::from_utf8(two).ok());
                    if let Some(byte) = hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
                        self.byte(byte);
                    }
                    return start + 3;
                }
                b'*' => self.now.is_skipped = true,
                b'~' => self.letter('\u{A0}'),
                b'_' => self.letter('\u{2011}'),
                b'-' => self.letter('\u{AD}'),
                b'\\' | b'{' | b'}' => self.byte(*first),
                b'\r' | b'\n' => self.letter('\n'),
                _ => {}
            }
            return start + 1;
        }
        let rest = source.get(start..).unwrap_or_default();
        let end = rest.iter().take(40).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        let mut next = end;
        if rest.get(next) == Some(&b'-') {
            next += 1;
        }
        while rest.get(next).is_some_and(u8::is_ascii_digit) && next < end + 12 {
            next += 1;
        }
        let digits = rest.get(end..next).and_then(|digits| std::str::from_utf8(digits).ok());
        let number: Option<i64> = digits.and_then(|digits| digits.parse().ok());
        if rest.get(next) == Some(&b' ') {
            next += 1;
        }
        let mut place = start + next;
        if word == "bin" {
            // Bytes that are not RTF follow.
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
            place = place.saturating_add(length);
        } else {
            self.word(&word, number);
        }
        place
    }

    fn word(&mut self, word: &str, number: Option<i64>) {
        match word {
            "par" | "line" | "sect" | "page" => self.letter('\n'),
            "row" => self.letter('\n'),
            "tab" | "cell" | "nestcell" => self.letter('\t'),
            "emdash" => self.letter('\u{2014}'),
            "endash" => self.letter('\u{2013}'),
            "lquote" => self.letter('\u{2018}'),
            "rquote" => self.letter('\u{2019}'),
            "ldblquote" => self.letter('\u{201C}'),
            "rdblquote" => self.letter('\u{201D}'),
            "bullet" => self.letter('\u{2022}'),
            "ansicpg" => {
                let found = number.and_then(|n| u64::try_from(n).ok()).and_then(codepage);
                self.encoding = found.unwrap_or(self.encoding);
            }
            "f" => {
                self.flush();
                self.now.font = number.unwrap_or(-1);
            }
            "fcharset" if self.now.is_font_table => {
                if let Some(found) = number.and_then(charset) {
                    self.fonts.insert(self.now.font, found);
                }
            }
            "plain" => {
                self.flush();
                self.now.is_hidden = false;
                self.is_deleted = false;
            }
            "v" => self.now.is_hidden = number != Some(0),
            "deleted" => {
                self.flush();
                self.is_deleted = number != Some(0);
            }
            "htmlrtf" => {
                self.flush();
                self.now.is_hidden = number != Some(0);
            }
            "uc" => self.now.fallback = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1),
            "u" => {
                let unit = number.unwrap_or(0).rem_euclid(65_536);
                self.unit(u16::try_from(unit).unwrap_or(0));
                self.to_skip = self.now.fallback;
            }
            "fonttbl" => {
                self.now.is_skipped = true;
                self.now.is_font_table = true;
            }
            other if NO_TEXT.contains(&other) => self.now.is_skipped = true,
            _ => {}
        }
    }

    /// One unit of UTF-16.
    fn unit(&mut self, unit: u16) {
        let before = self.surrogate.take();
        if (0xD800..0xDC00).contains(&unit) {
            self.surrogate = Some(unit);
            return;
        }
        let units: Vec<u16> = before.into_iter().chain([unit]).collect();
        for c in char::decode_utf16(units) {
            self.letter(c.unwrap_or('\u{FFFD}'));
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if !self.now.is_skipped {
            self.bytes.push(byte);
        }
    }

    fn letter(&mut self, c: char) {
        self.flush();
        self.put(c.encode_utf8(&mut [0; 4]));
    }

    /// Decodes the bytes gathered: a letter may be more than one byte.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let encoding = self.fonts.get(&self.now.font).copied().unwrap_or(self.encoding);
        let text = encoding.decode_without_bom_handling(&bytes).0.into_owned();
        self.put(&text);
    }

    fn put(&mut self, words: &str) {
        if self.now.is_skipped || self.now.is_hidden {
            return;
        }
        if !self.is_deleted {
            self.out.text.push_str(words);
        } else if self.deleted.len() < 2000 {
            self.deleted.push_str(words);
        }
    }
}
